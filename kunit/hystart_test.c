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
	u64 now;
	u32 gap;		/* microseconds between ACKs */
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
		struct atcp_cc_ack ack = { .acked = MSS, .rtt_us = rtt_us, .now = p->now };

		p->now += p->gap;
		p->nxt = p->una + p->cc.cwnd;
		p->una += MSS;
		ack.una = p->una;
		ack.nxt = p->nxt;
		end |= atcp_hystart_acked(&p->h, &p->cc, &ack);
	}
	return end;
}

/* ACKs up to the one that ends the round: the first of what was not yet sent when it began. */
static u32 left(const struct path *p)
{
	return (p->h.started ? p->h.window_end - p->una : p->cc.cwnd) / MSS + 1;
}

static bool round_of(struct path *p, u32 rtt_us)
{
	return acks(p, left(p), rtt_us);
}

static void constant_delay__doubles(struct kunit *test)
{
	struct path p = start();
	unsigned int i;

	for (i = 0; i < 8; i++) {
		u32 cwnd = p.cc.cwnd;
		u32 n = left(&p);

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

/* ACKs until slow start ends, at most @most; how many. */
static unsigned int acks_to_the_end(struct path *p, unsigned int most, u32 rtt_us)
{
	unsigned int n = 0;

	while (n < most)
		if (n++, acks(p, 1, rtt_us))
			break;
	return n;
}

/*
 * Slow start over a path of @rtt microseconds whose bottleneck takes @each for a
 * segment: the window, in segments, when slow start ends, or @most before it does.
 */
static u32 window_at_the_end(u32 rtt, u32 each, u32 most)
{
	static u64 sent_at[1024], acked_at[1024];
	struct path p = start();
	u64 now = U32_MAX - 3ULL * rtt;		/* 32 bits of the clock go round */
	u64 last = 0;
	u32 nxt = 0, una = 0;
	bool end = false;

	while (!end && p.cc.cwnd < most * MSS) {
		struct atcp_cc_ack ack = { .acked = MSS };

		for (; nxt - una < p.cc.cwnd / MSS; nxt++) {
			last = max(now + rtt, last + each);
			sent_at[nxt % 1024] = now;
			acked_at[nxt % 1024] = last;
		}
		now = acked_at[una % 1024];
		ack.now = now;
		ack.rtt_us = (u32)(now - sent_at[una % 1024]);
		ack.una = ++una * MSS;
		ack.nxt = nxt * MSS;
		end = atcp_hystart_acked(&p.h, &p.cc, &ack);
	}
	return p.cc.cwnd / MSS;
}

/*
 * A round trip in segments and half of one more are enough; what would overflow a queue of
 * one is too much.  Where the delay grows by less than 4 ms nothing else would tell.
 */
static void train__path_is_full(struct kunit *test)
{
	static const struct {
		u32 rtt;
		u32 each;
	} rows[] = {
		{ 20000, 120 }, { 20000, 1200 }, { 2000, 40 }, { 100000, 500 }, { 100000, 5000 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 path = rows[i].rtt / rows[i].each;
		u32 window = window_at_the_end(rows[i].rtt, rows[i].each, 2 * path);

		KUNIT_EXPECT_GE(test, window, path);
		KUNIT_EXPECT_LE(test, window, path * 8 / 5 + TRAIN_SLACK / rows[i].each);
		KUNIT_EXPECT_LT(test, window, 2 * path);
	}
}

/* Half a millisecond or an eighth of a round trip are no pause; more ends a train. */
static void train__pauses(struct kunit *test)
{
	static const struct {
		u32 rtt;
		u32 gap;
		unsigned int ends;		/* by this ACK of a round; 19: it does not */
	} rows[] = {
		{ 2000, 500, 5 }, { 2000, 501, 19 }, { 160000, 20000, 6 }, { 160000, 20001, 19 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct path p = start();

		p.cc.cwnd = 20 * MSS;
		acks(&p, 20, rows[i].rtt);
		p.gap = rows[i].gap;
		KUNIT_EXPECT_EQ(test, acks_to_the_end(&p, 19, rows[i].rtt), rows[i].ends);
	}
}

static void train__pause_ends_it(struct kunit *test)
{
	struct path p = start();

	p.cc.cwnd = 100 * MSS;
	acks(&p, 30, 20000);
	p.gap = 500;
	acks(&p, 10, 20000);
	p.now += 3000;
	KUNIT_EXPECT_FALSE(test, acks(&p, 60, 20000));
}

/* Sixteen segments of cwnd are the least, and without a round trip there is no measure. */
static void train__too_little_known(struct kunit *test)
{
	struct path p = start();

	p.gap = 1000;
	p.cc.cwnd = 10 * MSS;
	KUNIT_EXPECT_EQ(test, acks_to_the_end(&p, 10, 8000), 7u);
	KUNIT_EXPECT_EQ(test, p.cc.cwnd, 16u * MSS);
	/* What ends it adds no more to a window that is enough. */
	p = start();
	p.gap = 1000;
	p.cc.cwnd = 20 * MSS;
	KUNIT_EXPECT_EQ(test, acks_to_the_end(&p, 10, 8000), 6u);
	KUNIT_EXPECT_EQ(test, p.cc.cwnd, 25u * MSS);
	p = start();
	p.gap = 500;
	KUNIT_EXPECT_FALSE(test, acks(&p, 50, 0));
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
	KUNIT_CASE(train__path_is_full),
	KUNIT_CASE(train__pauses),
	KUNIT_CASE(train__pause_ends_it),
	KUNIT_CASE(train__too_little_known),
	KUNIT_CASE(acked__bounded),
	{}
};

TRIAL_SUITE(hystart, hystart_cases);
