// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of cc_reno.c: RFC 5681, section 3.1.
 */

#include "../module/core/cc_reno.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define MSS	1000

static void ack(struct atcp_cc *cc, u32 acked)
{
	struct atcp_cc_ack a = {
		.acked = acked, .flight = cc->cwnd, .srtt_us = 1000,
		.cwnd_limited = true,
	};

	atcp_cc_reno.acked(cc, &a);
}

static u32 lose(struct atcp_cc *cc, u32 flight)
{
	struct atcp_cc_loss loss = { .flight = flight };

	return atcp_cc_reno.ssthresh(cc, &loss);
}

static struct atcp_cc start(u32 cwnd, u32 ssthresh)
{
	struct atcp_cc cc;

	atcp_cc_init(&cc, atcp_cc_find("reno"), MSS);
	cc.cwnd = cwnd;
	cc.ssthresh = ssthresh;
	return cc;
}

/*
 * R5681-SSINC, R5681-ABC: a segment for each segment acknowledged
 * [MUST-19] [R5681-SSCA]
 */
static void slow_start__doubles_each_round(struct kunit *test)
{
	struct atcp_cc cc = start(4 * MSS, U32_MAX);
	u32 round, i;

	for (round = 0; round < 5; round++) {
		u32 cwnd = cc.cwnd;

		for (i = 0; i < cwnd / MSS; i++)
			ack(&cc, MSS);
		KUNIT_EXPECT_EQ(test, cc.cwnd, 2 * cwnd);
	}
}

/* R5681-ABC: ACKs of single octets gain next to nothing. */
static void slow_start__ack_division(struct kunit *test)
{
	struct atcp_cc cc = start(4 * MSS, U32_MAX);
	u32 i;

	for (i = 0; i < MSS; i++)
		ack(&cc, 1);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5u * MSS);
}

static void slow_start__ends_at_ssthresh(struct kunit *test)
{
	struct atcp_cc cc = start(4 * MSS, 5 * MSS + 500);

	ack(&cc, MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5u * MSS);
	ack(&cc, MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5u * MSS + 500);
	ack(&cc, MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5u * MSS + 500);
}

/* R5681-CAINC: one segment a round, no more [R5681-SSCA] */
static void avoidance__one_segment_a_round(struct kunit *test)
{
	struct atcp_cc cc = start(10 * MSS, 10 * MSS);
	u32 round, i;

	for (round = 0; round < 20; round++) {
		u32 cwnd = cc.cwnd;

		for (i = 0; i < cwnd / MSS; i++)
			ack(&cc, MSS);
		KUNIT_EXPECT_EQ(test, cc.cwnd, cwnd + MSS);
	}
}

static void avoidance__ack_of_many_segments(struct kunit *test)
{
	struct atcp_cc cc = start(100 * MSS, 10 * MSS);
	u32 i;

	for (i = 0; i < 10; i++)
		ack(&cc, 10 * MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 101u * MSS);
}

/* R5681-CAROUND: a giant window still grows. */
static void avoidance__giant_window(struct kunit *test)
{
	struct atcp_cc cc = start(MSS * MSS * 2, MSS);
	u32 i;

	for (i = 0; i < 2 * MSS; i++)
		ack(&cc, MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, MSS * MSS * 2u + MSS);
}

static void acked__unused_window_does_not_grow(struct kunit *test)
{
	struct atcp_cc cc = start(4 * MSS, U32_MAX);
	struct atcp_cc_ack a = { .acked = MSS, .flight = MSS };

	atcp_cc_reno.acked(&cc, &a);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 4u * MSS);
}

static void acked__never_overflows(struct kunit *test)
{
	struct atcp_cc cc = start(1u << 29, U32_MAX);
	u32 i;

	for (i = 0; i < 64; i++) {
		u32 cwnd = cc.cwnd;

		ack(&cc, 1u << 28);
		KUNIT_ASSERT_GE(test, cc.cwnd, cwnd);
		KUNIT_ASSERT_LE(test, cc.cwnd, 1u << 30);
	}
}

/* R5681-RTOSSTH, equation (4) */
static void ssthresh__half_of_flight(struct kunit *test)
{
	struct atcp_cc cc = start(100 * MSS, U32_MAX);

	KUNIT_EXPECT_EQ(test, lose(&cc, 20 * MSS), 10u * MSS);
	KUNIT_EXPECT_EQ(test, lose(&cc, 3 * MSS), 2u * MSS);
	KUNIT_EXPECT_EQ(test, lose(&cc, 0), 2u * MSS);
}

/* What was acknowledged before a loss earns nothing after it. */
static void ssthresh__forgets_the_round(struct kunit *test)
{
	struct atcp_cc cc = start(10 * MSS, 10 * MSS);

	ack(&cc, 9 * MSS);
	lose(&cc, 10 * MSS);
	ack(&cc, MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 10u * MSS);
}

/* What is beyond ssthresh counts for the next segment, as RFC 3465, 2.1 has it. */
static void slow_start__the_rest_of_an_ack(struct kunit *test)
{
	struct atcp_cc cc = start(4 * MSS, 5 * MSS);

	ack(&cc, 3 * MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5u * MSS);
	ack(&cc, 3 * MSS - 1);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 5u * MSS);
	ack(&cc, 1);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 6u * MSS);
}

/* RFC 7323, 2.2: windows are below 2^30; octets counted do not outlive a loss. */
static void limits(struct kunit *test)
{
	struct atcp_cc cc = start(0x40000000 - 10, U32_MAX);

	ack(&cc, MSS);
	KUNIT_EXPECT_EQ(test, cc.cwnd, 0x40000000u);
	cc.priv[0] = 5;
	lose(&cc, 9000);
	KUNIT_EXPECT_EQ(test, cc.priv[0], 0ULL);
	cc.priv[0] = 5;
	atcp_cc_reno.init(&cc);
	KUNIT_EXPECT_EQ(test, cc.priv[0], 0ULL);
}

static struct kunit_case cc_reno_cases[] = {
	KUNIT_CASE(slow_start__doubles_each_round),
	KUNIT_CASE(slow_start__ack_division),
	KUNIT_CASE(slow_start__ends_at_ssthresh),
	KUNIT_CASE(avoidance__one_segment_a_round),
	KUNIT_CASE(avoidance__ack_of_many_segments),
	KUNIT_CASE(avoidance__giant_window),
	KUNIT_CASE(acked__unused_window_does_not_grow),
	KUNIT_CASE(acked__never_overflows),
	KUNIT_CASE(ssthresh__half_of_flight),
	KUNIT_CASE(ssthresh__forgets_the_round),
	KUNIT_CASE(slow_start__the_rest_of_an_ack),
	KUNIT_CASE(limits),
	{}
};

TRIAL_SUITE(cc_reno, cc_reno_cases);
