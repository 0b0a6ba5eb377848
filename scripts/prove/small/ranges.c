// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of ranges: every set over SPAN neighbouring numbers, at every place of the
 * circle, and every range added to it, taken from its front or looked up.
 *
 * Against bit maps.  After each operation the set is sorted, and no two of its
 * ranges touch.  A full set is tried at all its places.
 */

#include <string.h>

#include "../../../module/core/ranges.c"
#include "small.h"

#define SPAN	11

static struct atcp_ranges make(uint64_t bits, int base)
{
	struct atcp_ranges set = { 0 };
	int i;

	for (i = 0; i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		if (!i || !(bits >> (i - 1) & 1))
			set.r[set.n].left = base + i;
		if (i == 63 || !(bits >> (i + 1) & 1))
			set.r[set.n++].right = base + i + 1;
	}
	return set;
}

static bool same(const struct atcp_ranges *set, uint64_t bits, int base)
{
	struct atcp_ranges want = make(bits, base);

	return set->n == want.n && !memcmp(set->r, want.r, want.n * sizeof(want.r[0]));
}

static uint64_t between(int left, int right)
{
	return (right > 63 ? 0 : 1ULL << right) - (1ULL << left);
}

static void try_add(uint64_t bits, int base, int left, int right)
{
	struct atcp_ranges set = make(bits, base);
	bool covered = !(between(left, right) & ~bits);

	n_cases++;
	holds(atcp_ranges_cover(&set, base + left, base + right) == covered,
	      "cover: set %llx base %d [%d, %d)", (unsigned long long)bits, base, left, right);
	holds(atcp_ranges_add(&set, base + left, base + right) &&
	      same(&set, bits | between(left, right), base),
	      "add: set %llx base %d [%d, %d)", (unsigned long long)bits, base, left, right);
}

/* All before @nxt is dropped, and what follows on it. */
static void try_pop(uint64_t bits, int base, int nxt)
{
	struct atcp_ranges set = make(bits, base);
	int end = nxt;
	u32 got;

	n_cases++;
	while (bits >> end & 1)
		end++;
	got = atcp_ranges_pop(&set, base + nxt);
	holds(got == (u32)(base + end) && same(&set, bits & ~between(0, end), base),
	      "pop: set %llx base %d nxt %d", (unsigned long long)bits, base, nxt);
}

static void try_find(uint64_t bits, int base, int at)
{
	struct atcp_ranges set = make(bits, base);
	const struct atcp_range *r = atcp_ranges_find(&set, base + at);
	u32 off;

	n_cases++;
	holds(!!r == (int)(bits >> at & 1), "find: set %llx base %d %d",
	      (unsigned long long)bits, base, at);
	if (!r)
		return;
	off = (u32)(base + at) - r->left;
	holds(off < (u32)(r->right - r->left), "find: set %llx base %d %d",
	      (unsigned long long)bits, base, at);
}

static void try_set(uint64_t bits, int base)
{
	int left, right;

	for (left = 0; left < SPAN; left++) {
		try_pop(bits, base, left);
		try_find(bits, base, left);
		for (right = left + 1; right <= SPAN; right++)
			try_add(bits, base, left, right);
	}
}

/* A full set, whose ranges lie two numbers apart, takes only what touches one. */
static void try_full(int base, int left, int right)
{
	struct atcp_ranges set = { .n = ATCP_RANGES_MAX };
	struct atcp_ranges before;
	bool touches = false;
	int i;

	for (i = 0; i < ATCP_RANGES_MAX; i++) {
		set.r[i].left = base + 3 * i;
		set.r[i].right = base + 3 * i + 1;
		touches |= left <= 3 * i + 1 && right >= 3 * i;
	}
	before = set;
	n_cases++;
	holds(atcp_ranges_add(&set, base + left, base + right) == touches,
	      "full: base %d [%d, %d)", base, left, right);
	if (!touches) {
		holds(!memcmp(&set, &before, sizeof(set)), "full: base %d [%d, %d)",
		      base, left, right);
		return;
	}
	holds(set.n <= ATCP_RANGES_MAX, "full: base %d [%d, %d)", base, left, right);
	holds(atcp_ranges_cover(&set, base + left, base + right),
	      "full: base %d [%d, %d)", base, left, right);
	for (i = 0; i < ATCP_RANGES_MAX; i++)
		holds(atcp_ranges_find(&set, base + 3 * i), "full: base %d [%d, %d)",
		      base, left, right);
}

int main(void)
{
	int base, left, right;
	uint64_t bits;

	for (base = 0; base < WORDS; base++) {
		for (left = -2; left <= 3 * ATCP_RANGES_MAX; left++)
			for (right = left + 1; right <= left + 4; right++)
				try_full(base, left, right);
		for (bits = 0; bits < 1ULL << SPAN; bits++)
			try_set(bits, base);
	}
	return report();
}
