// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of pacing.c.
 */

#include "../module/core/pacing.c"
#include <kunit/test.h>

#define MSS	1000

static struct atcp_tcb *new_tcb(struct kunit *test, const char *name)
{
	struct atcp_tcb *tcb = kunit_kzalloc(test, sizeof(*tcb), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tcb);
	atcp_cc_init(&tcb->cc, atcp_cc_find(name), MSS);
	tcb->cc.cwnd = 100 * MSS;
	tcb->rtt.srtt = 10000;
	return tcb;
}

/* A millisecond's worth, two segments at least. [BBR-QUANTUM] */
static void quantum__of_a_millisecond(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, atcp_pacing_quantum(0, 65536, MSS), 65536u);
	KUNIT_EXPECT_EQ(test, atcp_pacing_quantum(1, 65536, MSS), 2000u);
	KUNIT_EXPECT_EQ(test, atcp_pacing_quantum(2000999, 65536, MSS), 2000u);
	KUNIT_EXPECT_EQ(test, atcp_pacing_quantum(10000000, 65536, MSS), 10000u);
	KUNIT_EXPECT_EQ(test, atcp_pacing_quantum(65536000, 65536, MSS), 65536u);
	KUNIT_EXPECT_EQ(test, atcp_pacing_quantum(U64_MAX, 65536, MSS), 65536u);
}

/* All of an aggregate for a near peer. */
static void piece__of_a_near_peer(struct kunit *test)
{
	struct atcp_tcb *tcb = new_tcb(test, "reno");

	tcb->rtt.min = 511;
	KUNIT_EXPECT_EQ(test, atcp_pacing_piece(tcb, 4000000, 64000, MSS), 64000u);
	tcb->rtt.min = 512;
	KUNIT_EXPECT_EQ(test, atcp_pacing_piece(tcb, 4000000, 64000, MSS), 36000u);
	tcb->rtt.min = 1024;
	KUNIT_EXPECT_EQ(test, atcp_pacing_piece(tcb, 4000000, 64000, MSS), 20000u);
	tcb->rtt.min = 32 * 512;
	KUNIT_EXPECT_EQ(test, atcp_pacing_piece(tcb, 4000000, 64000, MSS), 4000u);
	KUNIT_EXPECT_EQ(test, atcp_pacing_piece(tcb, 1, MSS, MSS), (u32)MSS);
}

/* Twice the window in a round trip in slow start, 1.2 times after it, as Linux has it. */
static void rate__of_the_window(struct kunit *test)
{
	struct atcp_tcb *tcb = new_tcb(test, "reno");

	KUNIT_EXPECT_FALSE(test, atcp_paces(tcb));
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 20000000ULL);
	tcb->cc.ssthresh = 200 * MSS;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 12000000ULL);
	tcb->cc.ssthresh = 200 * MSS + 2;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 150, 120), 15000000ULL);
	tcb->snd.una = 0U - 100 * MSS;		/* more is outstanding than cwnd says */
	tcb->snd.nxt = 100 * MSS;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 40000000ULL);
	tcb->rtt.srtt = 0;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 0ULL);
	/* the algorithm's own is of no meaning */
	tcb->cc.pacing_rate = 5;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 0ULL);
}

/* Windows of 1 GiB, 1 us, 100 s, the greatest ratio: nothing overflows, nothing is 0. */
static void rate__at_the_edges(struct kunit *test)
{
	struct atcp_tcb *tcb = new_tcb(test, "reno");

	tcb->cc.cwnd = ATCP_CWND_MAX;
	tcb->rtt.srtt = 1;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 1000, 120), (10ULL << 30) * 1000000);
	tcb->cc.cwnd = MSS;
	tcb->rtt.srtt = 100000000;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 20ULL);
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 0, 120), 1ULL);
}

/* What the algorithm says; before it says anything, the window's. */
static void rate__of_the_algorithm(struct kunit *test)
{
	struct atcp_tcb *tcb = new_tcb(test, "bbr");

	KUNIT_EXPECT_TRUE(test, atcp_paces(tcb));
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 20000000ULL);
	tcb->cc.pacing_rate = 12345;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 12345ULL);
	tcb->cc.pacing_rate = U64_MAX;
	KUNIT_EXPECT_EQ(test, atcp_pacing_rate(tcb, 200, 120), 1ULL << 62);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(quantum__of_a_millisecond),
	KUNIT_CASE(piece__of_a_near_peer),
	KUNIT_CASE(rate__of_the_window),
	KUNIT_CASE(rate__at_the_edges),
	KUNIT_CASE(rate__of_the_algorithm),
	{}
};

static struct kunit_suite suite = {
	.name = "atcp_pacing",
	.test_cases = cases,
};

kunit_test_suite(suite);
