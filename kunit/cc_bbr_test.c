// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of cc_bbr.c: events, and the control parameters at their edges. How it does
 * on paths is shown by bbr_path_test.c and bbr_loss_test.c.
 */

#include "../module/core/cc_bbr.c"
#include <linux/kernel.h>
#include "bbr_path.h"

/* ---- losses that were none ---- */

/* What a recovery for nothing takes away, all in one: A.18, A.19. */
static struct atcp_bbr *lose_for_nothing(struct path_flow *f, bool timeout)
{
	struct atcp_cc_loss loss = { .flight = f->inflight, .timeout = timeout };
	struct atcp_cc_lost lost = {
		.now = 5000 * SECOND, .octets = 20 * PATH_MSS, .tx_in_flight = f->inflight,
		.lost = 20 * PATH_MSS, .total_lost = 20 * PATH_MSS,
	};

	bbr_lost(&f->cc, &lost);
	bbr_ssthresh(&f->cc, &loss);
	bbr_event(&f->cc, timeout ? ATCP_CC_TIMEOUT : ATCP_CC_RECOVERY, lost.now);
	bbr_lost(&f->cc, &lost);
	return bbr_of_flow(f);
}

/* To a probe again, with the bounds and the window of before. [BBR-SPURIOUS] */
static void spurious__in_probe_up(struct kunit *test)
{
	unsigned int timeout;

	for (timeout = 0; timeout < 2; timeout++) {
		struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
		struct path_flow *f = to_probe_bw(p);
		struct atcp_bbr *b;
		u32 cwnd;

		KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_UP));
		cwnd = f->cc.cwnd;
		b = lose_for_nothing(f, timeout);
		KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
		KUNIT_EXPECT_NE(test, b->inflight_longterm, U32_MAX);
		KUNIT_EXPECT_EQ(test, f->cc.cwnd, cwnd);
		b->bw_shortterm = 1;
		b->inflight_shortterm = 1;
		f->cc.cwnd = 1;
		bbr_event(&f->cc, ATCP_CC_SPURIOUS, 0);
		KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
		KUNIT_EXPECT_EQ(test, f->cc.cwnd, cwnd);
		KUNIT_EXPECT_EQ(test, b->inflight_longterm, U32_MAX);
		KUNIT_EXPECT_EQ(test, b->inflight_shortterm, U32_MAX);
		KUNIT_EXPECT_EQ(test, b->bw_shortterm, U64_MAX);
		bbr_event(&f->cc, ATCP_CC_SPURIOUS, 0);
		KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
	}
}

/* To Startup; out of ProbeRTT not before its time. [BBR-SPURIOUS] */
static void spurious__in_startup(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct atcp_bbr *b = bbr_of_flow(f);

	b->undo_state = ATCP_BBR_STARTUP;
	b->undo_saved = 1;
	bbr_event(&f->cc, ATCP_CC_SPURIOUS, 0);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	KUNIT_EXPECT_FALSE(test, b->full_bw_reached);
	b->state = ATCP_BBR_PROBE_RTT;
	b->full_bw_reached = 1;
	b->undo_state = ATCP_BBR_STARTUP;
	bbr_event(&f->cc, ATCP_CC_SPURIOUS, 0);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_RTT);
	KUNIT_EXPECT_FALSE(test, b->full_bw_reached);
	b->undo_state = ATCP_BBR_PROBE_BW_UP;
	bbr_event(&f->cc, ATCP_CC_SPURIOUS, 0);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_RTT);
}

/* A loss that was one is not undone, but the window of before comes back. [BBR-RTO] */
static void recovered__restores_cwnd(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct atcp_bbr *b = lose_for_nothing(f, true);
	u32 cwnd = b->prior_cwnd;

	KUNIT_EXPECT_TRUE(test, b->in_recovery);
	f->cc.cwnd = PATH_MSS;
	bbr_event(&f->cc, ATCP_CC_RECOVERED, 0);
	KUNIT_EXPECT_EQ(test, f->cc.cwnd, cwnd);
	KUNIT_EXPECT_FALSE(test, b->in_recovery || b->undo_saved);
}

/* What empties the pipe in recovery is not the user. [BBR-IDLE] */
static void idle__not_in_recovery(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct atcp_bbr *b = lose_for_nothing(f, true);

	bbr_event(&f->cc, ATCP_CC_RESTART, 6000 * SECOND);
	KUNIT_EXPECT_FALSE(test, b->idle_restart);
}

/* ---- gains ---- */

/* The table of 5.6.1, in percent [BBR-GAINS] */
static void gains__of_each_state(struct kunit *test)
{
	static const struct {
		enum atcp_bbr_state state;
		u32 pacing, cwnd;
	} gains[] = {
		{ ATCP_BBR_STARTUP, 277, 200 }, { ATCP_BBR_DRAIN, 50, 200 },
		{ ATCP_BBR_PROBE_BW_DOWN, 90, 200 }, { ATCP_BBR_PROBE_BW_CRUISE, 100, 200 },
		{ ATCP_BBR_PROBE_BW_REFILL, 100, 200 }, { ATCP_BBR_PROBE_BW_UP, 125, 225 },
		{ ATCP_BBR_PROBE_RTT, 100, 50 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gains); i++) {
		struct atcp_bbr b = { .state = gains[i].state };

		KUNIT_EXPECT_EQ(test, atcp_bbr_pacing_gain(&b), gains[i].pacing);
		KUNIT_EXPECT_EQ(test, atcp_bbr_cwnd_gain(&b), gains[i].cwnd);
	}
}

/* A rate of delivery, and none without an interval; more than there can be is cut off. */
static void rate__of_a_sample(struct kunit *test)
{
	struct atcp_rate rate = { .delivered = 1000000, .interval_us = 1000000 };

	KUNIT_EXPECT_EQ(test, delivery_rate(&rate), 1000000ULL);
	rate.interval_us = 1;
	rate.delivered = U32_MAX;
	KUNIT_EXPECT_EQ(test, delivery_rate(&rate), ATCP_BBR_BW_MAX);
	rate.interval_us = 0;
	KUNIT_EXPECT_EQ(test, delivery_rate(&rate), 0ULL);
}

/* ---- rates and windows, at the edges ---- */

/* 5.6.4.3: four segments, however little the path holds. [BBR-CWND] */
static void cwnd__of_four_segments_at_least(struct kunit *test)
{
	struct path *p = path_new(test, 8000, 1000, 1U << 20);
	struct path_flow *f = to_probe_bw(p);
	struct atcp_bbr *b = bbr_of_flow(f);

	KUNIT_EXPECT_GE(test, f->cc.cwnd, 4u * PATH_MSS);
	b->inflight_shortterm = 1;
	set_cwnd(&f->cc, b, PATH_MSS);
	KUNIT_EXPECT_EQ(test, f->cc.cwnd, 4u * PATH_MSS);
}

/* 5.6.4.7: with headroom where it cruises and in ProbeRTT, else where it probed. [BBR-BOUND] */
static void cap__of_the_state(struct kunit *test)
{
	static const struct {
		enum atcp_bbr_state state;
		u32 cap;
	} states[] = {
		{ ATCP_BBR_STARTUP, 60 * PATH_MSS }, { ATCP_BBR_DRAIN, 60 * PATH_MSS },
		{ ATCP_BBR_PROBE_BW_DOWN, 40 * PATH_MSS },
		{ ATCP_BBR_PROBE_BW_CRUISE, 34 * PATH_MSS },
		{ ATCP_BBR_PROBE_BW_REFILL, 40 * PATH_MSS },
		{ ATCP_BBR_PROBE_BW_UP, 40 * PATH_MSS },
		{ ATCP_BBR_PROBE_RTT, 34 * PATH_MSS },
	};
	struct atcp_cc cc;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		struct atcp_bbr *b;

		atcp_cc_init(&cc, atcp_cc_find("bbr"), PATH_MSS);
		b = bbr_of(&cc);
		b->state = states[i].state;
		b->inflight_longterm = 40 * PATH_MSS;
		b->inflight_shortterm = 60 * PATH_MSS;
		KUNIT_EXPECT_EQ_MSG(test, model_cap(&cc, b), states[i].cap, "state %u",
				    states[i].state);
		b->inflight_shortterm = 20 * PATH_MSS;
		KUNIT_EXPECT_EQ(test, model_cap(&cc, b), 20u * PATH_MSS);
	}
}

/* An ACK of nothing new, and one of octets that nothing is remembered of, end no round. */
static void sample__has_data(struct kunit *test)
{
	struct atcp_cc_ack ack = { .delivered = PATH_MSS };
	struct atcp_cc cc;

	atcp_cc_init(&cc, atcp_cc_find("bbr"), PATH_MSS);
	KUNIT_EXPECT_FALSE(test, sample_of(&cc, &ack).has_data);
	ack.rate.delivered = 2 * PATH_MSS;
	KUNIT_EXPECT_TRUE(test, sample_of(&cc, &ack).has_data);
	ack.delivered = 0;
	KUNIT_EXPECT_FALSE(test, sample_of(&cc, &ack).has_data);
}

/* 2.77 times the window in a round trip, or in a millisecond. [BBR-INITPACING] */
static void pacing__at_first(struct kunit *test)
{
	struct atcp_cc_ack ack = {
		.now = SECOND, .delivered = PATH_MSS, .total_delivered = PATH_MSS,
		.rate = { .delivered = PATH_MSS },
	};
	struct atcp_cc cc;

	atcp_cc_init(&cc, atcp_cc_find("bbr"), PATH_MSS);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, 0ULL);
	bbr_control(&cc, &ack);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, 27700000ULL);
	ack.srtt_us = 100000;
	bbr_control(&cc, &ack);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, 277000ULL);
	ack.srtt_us = 10;
	bbr_control(&cc, &ack);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, 277000ULL);
}

/*
 * Until the pipe was full it only rises; then it is 99 % of what bw and gain make.
 * [BBR-PACING]
 */
static void pacing__rises_until_full(struct kunit *test)
{
	struct atcp_cc cc;
	struct atcp_bbr *b;

	atcp_cc_init(&cc, atcp_cc_find("bbr"), PATH_MSS);
	b = bbr_of(&cc);
	cc.pacing_rate = 100000;
	b->max_bw_filter[1] = 10000;
	set_pacing_rate(&cc, b, 277);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, 100000ULL);
	b->full_bw_reached = 1;
	set_pacing_rate(&cc, b, 277);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, 27423ULL);
	b->max_bw_filter[1] = 0;		/* without a sample there is none to follow */
	set_pacing_rate(&cc, b, 100);
	KUNIT_EXPECT_EQ(test, cc.pacing_rate, 27423ULL);
	b->max_bw_filter[1] = ATCP_BBR_BW_MAX;
	set_pacing_rate(&cc, b, 277);
	KUNIT_EXPECT_GE(test, cc.pacing_rate, 2 * ATCP_BBR_BW_MAX);
}

/* Three quanta, which at 400 Gbit/s are of 64 KiB. [BBR-QUANTUM] */
static void quantum__of_offload(struct kunit *test)
{
	struct atcp_cc cc;
	struct atcp_bbr *b;

	atcp_cc_init(&cc, atcp_cc_find("bbr"), PATH_MSS);
	b = bbr_of(&cc);
	cc.pacing_rate = 50000000000ULL;
	KUNIT_EXPECT_EQ(test, atcp_bbr_quantized(&cc, b, 1), 196608u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_quantized(&cc, b, 200000), 200000u);
	cc.pacing_rate = 1000;
	KUNIT_EXPECT_EQ(test, atcp_bbr_quantized(&cc, b, 1), 6u * PATH_MSS);
	b->state = ATCP_BBR_PROBE_BW_UP;
	KUNIT_EXPECT_EQ(test, atcp_bbr_quantized(&cc, b, 1), 8u * PATH_MSS);
	KUNIT_EXPECT_EQ(test, atcp_bbr_quantized(&cc, b, ATCP_CWND_MAX), ATCP_CWND_MAX);
}

/* A number of @bits bits at most, small ones as often as large ones. */
static u32 any(u32 *random, unsigned int bits)
{
	u32 n;

	*random = *random * 1664525 + 1013904223;
	n = *random >> (32 - bits);
	*random = *random * 1664525 + 1013904223;
	return n >> ((*random >> 16) % bits);
}

static void any_event(struct atcp_cc *cc, u64 now, u32 *random)
{
	struct atcp_cc_loss loss = { .flight = any(random, 31) };
	struct atcp_cc_lost lost = {
		.now = now, .octets = any(random, 20), .tx_in_flight = any(random, 31),
		.lost = any(random, 31), .app_limited = any(random, 1),
	};

	switch (any(random, 4)) {
	case 0:
		bbr_lost(cc, &lost);
		break;
	case 1:
		bbr_ssthresh(cc, &loss);
		break;
	case 2:
		bbr_event(cc, any(random, 8) % (ATCP_CC_SPURIOUS + 1), now);
		break;
	}
}

/* Whatever it is told, window and rate stay within what there can be. [BBR-CWND] */
static void anything__stays_in_range(struct kunit *test)
{
	unsigned int run, i;
	u32 random = 1;

	for (run = 0; run < 50; run++) {
		u64 now = any(&random, 31);
		u32 delivered = any(&random, 31) * 2, mss = 48 + any(&random, 16);
		struct atcp_cc cc;

		atcp_cc_init(&cc, atcp_cc_find("bbr"), mss);
		for (i = 0; i < 2000; i++) {
			struct atcp_cc_ack ack = {
				.delivered = any(&random, 24), .lost = any(&random, 20),
				.inflight = any(&random, 31), .rtt_us = any(&random, 31),
				.srtt_us = any(&random, 31), .ce = any(&random, 20),
				.ece = any(&random, 4) == 1, .recovery = any(&random, 1),
				.cwnd_limited = any(&random, 1), .nxt = i, .sack = run % 4,
				.rate = {
					.prior_delivered = delivered - any(&random, 24),
					.interval_us = any(&random, 31),
					.lost = any(&random, 31), .ce = any(&random, 31),
					.tx_in_flight = any(&random, 31),
					.app_limited = any(&random, 1),
				},
			};

			now += any(&random, 24);
			ack.now = now;
			delivered += ack.delivered;
			ack.total_delivered = delivered;
			ack.rate.delivered = delivered - ack.rate.prior_delivered;
			bbr_control(&cc, &ack);
			KUNIT_ASSERT_GE(test, cc.cwnd, 4 * mss);
			KUNIT_ASSERT_LE(test, cc.cwnd, ATCP_CWND_MAX);
			KUNIT_ASSERT_GT(test, cc.pacing_rate, 0ULL);
			KUNIT_ASSERT_LE(test, cc.pacing_rate, 4 * ATCP_BBR_BW_MAX);
			KUNIT_ASSERT_LT(test, bbr_of(&cc)->state, ATCP_BBR_NONE);
			any_event(&cc, now, &random);
			KUNIT_ASSERT_GE(test, cc.cwnd, mss);
		}
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(spurious__in_probe_up),
	KUNIT_CASE(spurious__in_startup),
	KUNIT_CASE(recovered__restores_cwnd),
	KUNIT_CASE(idle__not_in_recovery),
	KUNIT_CASE(gains__of_each_state),
	KUNIT_CASE(rate__of_a_sample),
	KUNIT_CASE(cwnd__of_four_segments_at_least),
	KUNIT_CASE(cap__of_the_state),
	KUNIT_CASE(sample__has_data),
	KUNIT_CASE(pacing__at_first),
	KUNIT_CASE(pacing__rises_until_full),
	KUNIT_CASE(quantum__of_offload),
	KUNIT_CASE(anything__stays_in_range),
	{}
};

static struct kunit_suite suite = {
	.name = "atcp_cc_bbr",
	.test_cases = cases,
};

kunit_test_suite(suite);
