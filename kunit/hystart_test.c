// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of hystart.c: RFC 9406.
 */

#include "../module/core/hystart.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define MSS	1000

struct path {
	struct atcp_hystart h;
	struct atcp_cc cc;
	u32 una;
	u32 nxt;
};

static struct path start(void)
{
	struct path p = { .cc = { .cwnd = 10 * MSS, .mss = MSS, .ssthresh = U32_MAX },
			  .una = U32_MAX - 5 * MSS };

	p.nxt = p.una + 10 * MSS;
	return p;
}

/* ACKs of a segment each; whether slow start ended. */
static bool acks(struct path *p, unsigned int n, u32 rtt_us)
{
	bool end = false;

	while (n--) {
		struct atcp_cc_ack ack = { .acked = MSS, .rtt_us = rtt_us };

		p->una += MSS;
		ack.una = p->una;
		p->nxt = p->una + p->cc.cwnd;
		ack.nxt = p->nxt;
		end |= atcp_hystart_acked(&p->h, &p->cc, &ack);
	}
	return end;
}

/* All that is outstanding, of the window as it is now. */
static bool round_of(struct path *p, u32 rtt_us)
{
	u32 left = p->h.started ? p->h.window_end - p->una : 10 * MSS;

	return acks(p, DIV_ROUND_UP(left, MSS), rtt_us);
}

static void constant_delay__doubles(struct kunit *test)
{
	struct path p = start();
	unsigned int i;

	for (i = 0; i < 8; i++) {
		u32 cwnd = p.cc.cwnd;
		u32 n = (p.h.started ? p.h.window_end - p.una : 10 * MSS) / MSS;

		KUNIT_EXPECT_FALSE(test, round_of(&p, 50000));
		KUNIT_EXPECT_EQ(test, p.cc.cwnd, cwnd + n * MSS);
		KUNIT_EXPECT_EQ(test, p.h.baseline, 0u);
	}
	KUNIT_EXPECT_GT(test, p.cc.cwnd, 1000u * MSS);
}

/* 4.2: RttThresh is an eighth of the last round's, 4 ms at least and 16 ms at most. */
static void delay_grows__by_the_threshold(struct kunit *test)
{
	static const struct {
		u32 rtt;
		u32 thresh;
	} rows[] = {
		{ 8000, 4000 }, { 32000, 4000 }, { 64000, 8000 }, { 128000, 16000 },
		{ 400000, 16000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct path p = start();

		round_of(&p, rows[i].rtt);
		round_of(&p, rows[i].rtt);
		round_of(&p, rows[i].rtt + rows[i].thresh - 1);
		KUNIT_EXPECT_EQ(test, p.h.baseline, 0u);

		p = start();
		round_of(&p, rows[i].rtt);
		round_of(&p, rows[i].rtt);
		acks(&p, 8, rows[i].rtt + rows[i].thresh);
		KUNIT_EXPECT_EQ(test, p.h.baseline, rows[i].rtt + rows[i].thresh);
	}
}

/* N_RTT_SAMPLE: seven are not enough, nor ACKs that show no round trip. */
static void delay_grows__few_samples(struct kunit *test)
{
	struct path p = start();

	round_of(&p, 50000);
	round_of(&p, 50000);
	acks(&p, 7, 90000);
	acks(&p, 3, 0);
	KUNIT_EXPECT_EQ(test, p.h.baseline, 0u);
	KUNIT_EXPECT_EQ(test, p.h.current_min, 90000u);
	acks(&p, 1, 90000);
	KUNIT_EXPECT_EQ(test, p.h.baseline, 90000u);
}

/* The least of a round counts, and more than 255 samples are no fewer than eight. */
static void sample__least_of_a_round(struct kunit *test)
{
	struct path p = start();

	p.cc.cwnd = 400 * MSS;
	p.nxt = p.una + p.cc.cwnd;
	acks(&p, 1, 60000);
	acks(&p, 1, 50000);
	acks(&p, 257, 70000);
	KUNIT_EXPECT_EQ(test, p.h.current_min, 50000u);
	KUNIT_EXPECT_EQ(test, p.h.samples, (u8)N_RTT_SAMPLE);
	KUNIT_EXPECT_EQ(test, p.h.last_min, 0u);
}

/* Wherever the sequence numbers are, a round ends with what was out at its beginning. */
static void round__ends(struct kunit *test)
{
	static const u32 unas[] = { 0, 1U << 31, (1U << 31) + 50 * MSS, U32_MAX };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unas); i++) {
		struct path p = start();

		p.una = unas[i];
		acks(&p, 10, 50000);
		KUNIT_EXPECT_EQ(test, p.h.last_min, 0u);
		acks(&p, 1, 51000);
		KUNIT_EXPECT_EQ(test, p.h.last_min, 50000u);
		KUNIT_EXPECT_EQ(test, p.h.samples, (u8)0);
	}
}

static void css__grows_by_a_quarter(struct kunit *test)
{
	struct path p = start();
	u32 cwnd;

	round_of(&p, 50000);
	round_of(&p, 50000);
	acks(&p, 8, 60000);
	KUNIT_ASSERT_NE(test, p.h.baseline, 0u);
	cwnd = p.cc.cwnd;
	acks(&p, 4, 60000);
	KUNIT_EXPECT_EQ(test, p.cc.cwnd, cwnd + MSS);
}

/* CSS_ROUNDS, of which the part that was left of the first is one. */
static void css__ends_after_five_rounds(struct kunit *test)
{
	struct path p = start();
	unsigned int i;

	round_of(&p, 50000);
	round_of(&p, 50000);
	KUNIT_EXPECT_FALSE(test, acks(&p, 8, 60000));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_FALSE(test, round_of(&p, 60000));
	KUNIT_EXPECT_TRUE(test, round_of(&p, 60000));
}

/* A queue that goes on growing does not put the end off. */
static void css__ends_though_delay_grows(struct kunit *test)
{
	struct path p = start();
	unsigned int i;

	round_of(&p, 50000);
	round_of(&p, 50000);
	acks(&p, 8, 60000);
	for (i = 1; i < 5; i++)
		KUNIT_EXPECT_FALSE(test, round_of(&p, 60000 + i * 20000));
	KUNIT_EXPECT_TRUE(test, round_of(&p, 200000));
}

/* It had been jitter: slow start goes on, and the next growth counts anew. */
static void css__given_up(struct kunit *test)
{
	struct path p = start();
	unsigned int i;
	u32 cwnd;

	round_of(&p, 50000);
	round_of(&p, 50000);
	round_of(&p, 60000);
	round_of(&p, 60000);
	KUNIT_ASSERT_NE(test, p.h.baseline, 0u);
	acks(&p, 8, 52000);
	KUNIT_EXPECT_EQ(test, p.h.baseline, 0u);
	cwnd = p.cc.cwnd;
	acks(&p, 4, 52000);
	KUNIT_EXPECT_EQ(test, p.cc.cwnd, cwnd + 4 * MSS);
	round_of(&p, 52000);
	acks(&p, 8, 62000);
	KUNIT_ASSERT_EQ(test, p.h.baseline, 62000u);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_FALSE(test, round_of(&p, 62000));
	KUNIT_EXPECT_TRUE(test, round_of(&p, 62000));
}

static void acked__bounded(struct kunit *test)
{
	struct path p = start();
	struct atcp_cc_ack ack = { .acked = ATCP_CWND_MAX };

	p.cc.cwnd = ATCP_CWND_MAX;
	atcp_hystart_acked(&p.h, &p.cc, &ack);
	KUNIT_EXPECT_EQ(test, p.cc.cwnd, ATCP_CWND_MAX);
}

static struct kunit_case hystart_cases[] = {
	KUNIT_CASE(constant_delay__doubles),
	KUNIT_CASE(delay_grows__by_the_threshold),
	KUNIT_CASE(delay_grows__few_samples),
	KUNIT_CASE(sample__least_of_a_round),
	KUNIT_CASE(round__ends),
	KUNIT_CASE(css__grows_by_a_quarter),
	KUNIT_CASE(css__ends_after_five_rounds),
	KUNIT_CASE(css__ends_though_delay_grows),
	KUNIT_CASE(css__given_up),
	KUNIT_CASE(acked__bounded),
	{}
};

TRIAL_SUITE(hystart, hystart_cases);
