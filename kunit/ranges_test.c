// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of ranges.c: against a bitmap, exhaustively in the small and across
 * the wrap, and at its limit.
 */

#include "../module/core/ranges.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define SPAN	8		/* octets of the small world */

/* Sorted, disjoint, not touching, and just the members of @bits. */
static void same(struct kunit *test, const struct atcp_ranges *set, u32 bits, u32 base)
{
	u32 seen = 0;
	u32 i, x;

	for (i = 0; i < set->n; i++) {
		KUNIT_ASSERT_TRUE(test, seq_lt(set->r[i].left, set->r[i].right));
		if (i)
			KUNIT_ASSERT_TRUE(test, seq_lt(set->r[i - 1].right,
						       set->r[i].left));
		for (x = set->r[i].left; x != set->r[i].right; x++)
			seen |= 1u << (x - base);
	}
	KUNIT_ASSERT_EQ_MSG(test, seen, bits, "base %u", base);
}

static u32 mask(u32 left, u32 right)
{
	return (1u << right) - (1u << left);
}

/* The set whose members are the bits, built from empty. */
static void make(struct atcp_ranges *set, u32 bits, u32 base)
{
	u32 i = 0, from;

	memset(set, 0, sizeof(*set));
	while (bits >> i) {
		if (!(bits >> i & 1)) {
			i++;
			continue;
		}
		for (from = i; bits >> i & 1; i++)
			;
		set->r[set->n++] = (struct atcp_range){ base + from, base + i };
	}
}

static const u32 bases[] = { 0, 1000, 0xfffffffc, 0x7ffffffc };

/* Every set of 8 octets, and every range added to it. */
static void add__every_set_and_range(struct kunit *test)
{
	struct atcp_ranges set;
	u32 b, bits, left, right;
	bool ok;

	for (b = 0; b < ARRAY_SIZE(bases); b++)
		for (bits = 0; bits < 1u << SPAN; bits++)
			for (left = 0; left < SPAN; left++)
				for (right = left + 1; right <= SPAN; right++) {
					u32 want = bits | mask(left, right);

					make(&set, bits, bases[b]);
					ok = atcp_ranges_add(&set, bases[b] + left,
							     bases[b] + right);
					KUNIT_ASSERT_TRUE(test, ok);
					same(test, &set, want, bases[b]);
				}
}

static void pop__every_set_and_place(struct kunit *test)
{
	struct atcp_ranges set;
	u32 b, bits, nxt, end;

	for (b = 0; b < ARRAY_SIZE(bases); b++)
		for (bits = 0; bits < 1u << SPAN; bits++)
			for (nxt = 0; nxt <= SPAN; nxt++) {
				for (end = nxt; bits >> end & 1; end++)
					;
				/* A range that ends at @nxt is used up as well. */
				make(&set, bits, bases[b]);
				KUNIT_ASSERT_EQ(test, atcp_ranges_pop(&set, bases[b] + nxt),
						bases[b] + end);
				same(test, &set, bits & ~((1u << end) - 1), bases[b]);
			}
}

static void find_and_cover(struct kunit *test, u32 bits, u32 base)
{
	const struct atcp_range *r;
	struct atcp_ranges set;
	u32 left, right;
	bool all;

	make(&set, bits, base);
	for (left = 0; left <= SPAN; left++) {
		r = atcp_ranges_find(&set, base + left);
		KUNIT_ASSERT_EQ(test, !!r, bits >> left & 1);
		if (r)
			KUNIT_ASSERT_TRUE(test, seq_within(base + left, r->left, r->right));
		for (right = left + 1; right <= SPAN; right++) {
			all = (bits & mask(left, right)) == mask(left, right);
			KUNIT_ASSERT_EQ(test, all, atcp_ranges_cover(&set, base + left,
								     base + right));
		}
	}
}

static void find_and_cover__every_set(struct kunit *test)
{
	u32 b, bits;

	for (b = 0; b < ARRAY_SIZE(bases); b++)
		for (bits = 0; bits < 1u << SPAN; bits++)
			find_and_cover(test, bits, bases[b]);
}

static void add__full(struct kunit *test)
{
	struct atcp_ranges set = { 0 }, was;
	u32 base = 0u - 5 * ATCP_RANGES_MAX;
	u32 i;

	for (i = 0; i < ATCP_RANGES_MAX; i++)
		KUNIT_ASSERT_TRUE(test, atcp_ranges_add(&set, base + 10 * i,
							base + 10 * i + 5));
	KUNIT_EXPECT_EQ(test, (int)set.n, ATCP_RANGES_MAX);
	was = set;
	/* Between, before and after: refused, and nothing moved. */
	KUNIT_EXPECT_FALSE(test, atcp_ranges_add(&set, base + 7, base + 8));
	KUNIT_EXPECT_FALSE(test, atcp_ranges_add(&set, base - 9, base - 8));
	KUNIT_EXPECT_FALSE(test, atcp_ranges_add(&set, base + 10 * i, base + 10 * i + 1));
	KUNIT_EXPECT_MEMEQ(test, &set, &was, sizeof(set));
	/* What touches is taken, even so. */
	KUNIT_EXPECT_TRUE(test, atcp_ranges_add(&set, base + 5, base + 6));
	KUNIT_EXPECT_EQ(test, (int)set.n, ATCP_RANGES_MAX);
	KUNIT_EXPECT_TRUE(test, atcp_ranges_add(&set, base + 6, base + 10));
	KUNIT_EXPECT_EQ(test, (int)set.n, ATCP_RANGES_MAX - 1);
	KUNIT_EXPECT_TRUE(test, atcp_ranges_add(&set, base, base + 10 * i));
	KUNIT_EXPECT_EQ(test, (int)set.n, 1);
	KUNIT_EXPECT_EQ(test, set.r[0].left, base);
	KUNIT_EXPECT_EQ(test, set.r[0].right, base + 10 * i);
}

/* Long random walks, with the capacity in play. */
static void add_and_pop__random(struct kunit *test)
{
	struct atcp_ranges set = { 0 };
	u8 *have = kunit_kzalloc(test, 8192, GFP_KERNEL);
	u32 seed = 12345, nxt = 0, base = 0xfffff800;
	u32 step;

	KUNIT_ASSERT_NOT_NULL(test, have);
	for (step = 0; step < 20000 && nxt < 3900; step++) {
		u32 left, right, x, n = 0;

		seed = seed * 1103515245 + 12345;
		left = nxt + 1 + (seed >> 16) % 180;
		right = left + 1 + (seed >> 8) % 3;
		if (atcp_ranges_add(&set, base + left, base + right))
			memset(have + left, 1, right - left);
		if (!(step % 7)) {
			for (x = ++nxt; have[x]; x++)
				;
			KUNIT_ASSERT_EQ(test, atcp_ranges_pop(&set, base + nxt) - base, x);
			nxt = x;
		}
		for (x = nxt; x < 4096; x++)
			n += have[x] && !have[x - (x > 0)];
		KUNIT_ASSERT_EQ(test, (u32)set.n, n);
		for (x = nxt; x < nxt + 200; x++)
			KUNIT_ASSERT_EQ(test, (int)have[x],
					!!atcp_ranges_find(&set, base + x));
	}
	KUNIT_EXPECT_GT(test, nxt, 1000u);
}

/* The last place is used, and what lies behind the set is left alone. */
static void add__up_to_the_end(struct kunit *test)
{
	static const struct atcp_range mark = { 0x5a5a5a5a, 0xa5a5a5a5 };
	struct {
		struct atcp_ranges set;
		struct atcp_range behind;
	} s = { .behind = mark };
	u32 i;

	for (i = ATCP_RANGES_MAX; i > 0; i--)
		KUNIT_EXPECT_TRUE(test, atcp_ranges_add(&s.set, 10 * i, 10 * i + 5));
	KUNIT_EXPECT_EQ(test, (u32)s.set.n, (u32)ATCP_RANGES_MAX);
	KUNIT_EXPECT_FALSE(test, atcp_ranges_add(&s.set, 1, 2));
	KUNIT_EXPECT_MEMEQ(test, &s.behind, &mark, sizeof(mark));
	for (i = 0; i < ATCP_RANGES_MAX; i++)
		KUNIT_EXPECT_EQ(test, s.set.r[i].left, 10 * (i + 1));
}

static struct kunit_case ranges_cases[] = {
	KUNIT_CASE(add__every_set_and_range),
	KUNIT_CASE(add__full),
	KUNIT_CASE(pop__every_set_and_place),
	KUNIT_CASE(find_and_cover__every_set),
	KUNIT_CASE(add_and_pop__random),
	KUNIT_CASE(add__up_to_the_end),
	{}
};

TRIAL_SUITE(ranges, ranges_cases);
