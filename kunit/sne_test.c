// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of sne.c: the sequence number extension of RFC 5925, section 6.2.
 */

#include "../module/core/sne.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* [R5925-SNE] on each side of a wrap, and half the space away from it */
static void of__around_the_wrap(struct kunit *test)
{
	static const struct {
		u32 at, seq, upper;
	} c[] = {
		{ 0, 0, 7 },
		{ 0, 0x7fffffff, 7 },
		{ 0, 0xffffffff, 6 },
		{ 0, 0x80000001, 6 },
		{ 1, 0, 7 },
		{ 100, 99, 7 },
		{ 100, 0xfffffff0, 6 },
		{ 0xffffffff, 0, 8 },
		{ 0xffffffff, 0xfffffffe, 7 },
		{ 0xffffffff, 0x7ffffffe, 8 },
		{ 0xffffffff, 0x80000000, 7 },
		{ 0x80000000, 0x7fffffff, 7 },
		{ 0x80000000, 0xffffffff, 7 },
		{ 0x80000000, 1, 7 },
		{ 0x80000001, 0, 8 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct atcp_sne sne = { .upper = 7, .at = c[i].at };

		KUNIT_EXPECT_EQ(test, atcp_sne_of(&sne, c[i].seq), c[i].upper);
	}
}

/* As a count of 64 bits, in steps of all sizes, through many wraps */
static void move__counts_as_64_bits(struct kunit *test)
{
	static const u32 isns[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(isns); i++) {
		u64 at = isns[i], step = 1;
		struct atcp_sne sne;

		atcp_sne_start(&sne, isns[i]);
		KUNIT_EXPECT_EQ(test, atcp_sne_of(&sne, isns[i]), 0u);
		for (k = 0; k < 2000; k++) {
			step = step * 6364136223846793005ULL + 1442695040888963407ULL;
			at += (step >> 33) & 0x7fffffff;
			atcp_sne_move(&sne, (u32)at);
			KUNIT_ASSERT_EQ(test, sne.upper, (u32)(at >> 32));
			/* what is sent again, and what is in the window */
			KUNIT_ASSERT_EQ(test, atcp_sne_of(&sne, (u32)(at - 0x3fffffff)),
					(u32)((at - 0x3fffffff) >> 32));
			KUNIT_ASSERT_EQ(test, atcp_sne_of(&sne, (u32)(at + 0x3fffffff)),
					(u32)((at + 0x3fffffff) >> 32));
			KUNIT_ASSERT_EQ(test, sne.at, (u32)at);
		}
	}
}

static struct kunit_case sne_cases[] = {
	KUNIT_CASE(of__around_the_wrap),
	KUNIT_CASE(move__counts_as_64_bits),
	{}
};

TRIAL_SUITE(sne, sne_cases);
