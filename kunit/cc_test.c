// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of cc.c: the table, the initial window, a change of SMSS.
 */

#include "../module/core/cc.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* [MAY-18] */
static void table__names(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, atcp_cc_find("reno"), 0);
	KUNIT_EXPECT_EQ(test, atcp_cc_find("no such"), -ENOENT);
	KUNIT_EXPECT_EQ(test, atcp_cc_find(""), -ENOENT);
	for (i = 0; atcp_cc_get(i); i++)
		KUNIT_EXPECT_EQ(test, atcp_cc_find(atcp_cc_get(i)->name), (int)i);
	KUNIT_EXPECT_GE(test, i, 1u);
	KUNIT_EXPECT_NULL(test, atcp_cc_get(i));
	KUNIT_EXPECT_NULL(test, atcp_cc_get(255));
}

/* RFC 6928, section 2: min(10 * MSS, max(2 * MSS, 14600)) [R6928-IW10] */
static void initial_window(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, atcp_cc_initial_window(536), 5360u);
	KUNIT_EXPECT_EQ(test, atcp_cc_initial_window(1000), 10000u);
	KUNIT_EXPECT_EQ(test, atcp_cc_initial_window(1460), 14600u);
	KUNIT_EXPECT_EQ(test, atcp_cc_initial_window(4000), 14600u);
	KUNIT_EXPECT_EQ(test, atcp_cc_initial_window(7300), 14600u);
	KUNIT_EXPECT_EQ(test, atcp_cc_initial_window(8960), 17920u);
	KUNIT_EXPECT_EQ(test, atcp_cc_initial_window(65483), 130966u);
}

static void init__starts_over(struct kunit *test)
{
	unsigned int n = 0;
	struct atcp_cc cc;

	memset(&cc, 0xa5, sizeof(cc));
	atcp_cc_init(&cc, 0, 1000);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 10000u);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, U32_MAX);	/* R5681-SSTHINIT */
	KUNIT_EXPECT_EQ(test, cc.mss, 1000u);
	KUNIT_EXPECT_EQ(test, cc.priv[ATCP_CC_PRIV - 1], 0ULL);
	/* An index from elsewhere must not lead out of the table. */
	atcp_cc_init(&cc, 200, 1000);
	KUNIT_EXPECT_EQ(test, (int)cc.algo, 0);
	for (; atcp_cc_get(n); n++) {
		atcp_cc_init(&cc, n, 1000);
		KUNIT_EXPECT_EQ(test, (int)cc.algo, (int)n);
	}
	atcp_cc_init(&cc, n, 1000);
	KUNIT_EXPECT_EQ(test, (int)cc.algo, 0);
}

static void acked__reaches_the_algorithm(struct kunit *test)
{
	struct atcp_cc_ack ack = { .acked = 1000, .flight = 10000, .cwnd_limited = true };
	struct atcp_cc cc;

	atcp_cc_init(&cc, 0, 1000);
	atcp_cc_acked(&cc, &ack);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 11000u);
}

static void set_mss__keeps_a_segment(struct kunit *test)
{
	struct atcp_cc cc;

	atcp_cc_init(&cc, 0, 1000);
	atcp_cc_set_mss(&cc, 500);
	KUNIT_EXPECT_EQ(test, cc.mss, 500u);
	/* R5681-IWPMTU: octets stay; what is taken back is for the caller */
	KUNIT_EXPECT_LE(test, cc.cwnd, 10000u);
	KUNIT_EXPECT_GE(test, cc.cwnd, 5000u);
	cc.cwnd = 500;
	atcp_cc_set_mss(&cc, 9000);
	KUNIT_EXPECT_GE(test, cc.cwnd, 9000u);
}

/* RFC 5681, equation (4): ssthresh is never below 2 * SMSS; recovery ends at it. */
static void set_mss__keeps_the_floor_of_ssthresh(struct kunit *test)
{
	struct atcp_cc cc;

	atcp_cc_init(&cc, 0, 500);
	cc.ssthresh = 1000;
	atcp_cc_set_mss(&cc, 9000);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 18000u);
	atcp_cc_set_mss(&cc, 500);
	KUNIT_EXPECT_EQ(test, cc.ssthresh, 18000u);
}

static struct kunit_case cc_cases[] = {
	KUNIT_CASE(table__names),
	KUNIT_CASE(initial_window),
	KUNIT_CASE(init__starts_over),
	KUNIT_CASE(acked__reaches_the_algorithm),
	KUNIT_CASE(set_mss__keeps_a_segment),
	KUNIT_CASE(set_mss__keeps_the_floor_of_ssthresh),
	{}
};

TRIAL_SUITE(cc, cc_cases);
