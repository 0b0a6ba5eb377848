// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of bbr_state.c: the decisions of the state machine, one by one; that the whole
 * works is cc_bbr_test.c's.
 */

#include "../module/core/bbr_state.c"
#include <kunit/test.h>

#define MSS	1000
#define SECOND	1000000ULL

struct machine {
	struct atcp_cc cc;
	struct atcp_bbr_rs rs;
};

/* A path of 1 MB/s and 100 ms: a BDP of 100 segments. */
static struct atcp_bbr *start(struct machine *m, enum atcp_bbr_state state)
{
	struct atcp_bbr *b;

	atcp_cc_init(&m->cc, atcp_cc_find("bbr"), MSS);
	b = (struct atcp_bbr *)m->cc.priv;
	m->cc.cwnd = 200 * MSS;
	m->cc.pacing_rate = 1000000;
	b->min_rtt = 100000;
	b->max_bw_filter[1] = 1000000;
	b->state = state;
	b->full_bw_reached = state != ATCP_BBR_STARTUP;
	b->bw_probe_wait = 2500;
	b->cycle_stamp = 100000;
	b->probe_rtt_min_stamp = 100000;
	b->started = 1;
	m->rs = (struct atcp_bbr_rs){
		.cc = &m->cc, .bbr = b, .now = 100 * SECOND, .has_data = true,
		.delivery_rate = 1000000, .newly_acked = MSS, .tx_in_flight = 100 * MSS,
		.inflight = 120 * MSS, .salt = 1,
	};
	return b;
}

/* One round of samples of @rate. */
static void round_of(struct machine *m, u64 rate)
{
	m->rs.bbr->round_start = 1;
	m->rs.delivery_rate = rate;
	atcp_bbr_update_state(&m->rs);
	m->rs.bbr->round_start = 0;
}

/* 5.3.1.2: three rounds of less than a quarter more, of the network's doing. [BBR-FULLBW] */
static void full_bw__after_three_rounds(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_STARTUP);

	round_of(&m, 1000);
	round_of(&m, 1250);
	KUNIT_EXPECT_EQ(test, (u8)b->full_bw_count, 0);
	round_of(&m, 1562);			/* 1562.5 would do */
	KUNIT_EXPECT_EQ(test, (u8)b->full_bw_count, 1);
	m.rs.app_limited = true;
	round_of(&m, 1250);
	m.rs.app_limited = false;
	round_of(&m, 0);			/* no sample */
	atcp_bbr_update_state(&m.rs);		/* no round */
	KUNIT_EXPECT_EQ(test, (u8)b->full_bw_count, 1);
	round_of(&m, 1250);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	KUNIT_EXPECT_FALSE(test, b->full_bw_reached);
	round_of(&m, 1250);
	KUNIT_EXPECT_TRUE(test, b->full_bw_now && b->full_bw_reached);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_DRAIN);
}

/* 5.3.1.3: each of the three criteria is needed. [BBR-STARTUPLOSS] */
static void startup__loss_criteria(struct kunit *test)
{
	unsigned int lacks, i;

	for (lacks = 0; lacks < 4; lacks++) {
		struct machine m;
		struct atcp_bbr *b = start(&m, ATCP_BBR_STARTUP);

		m.rs.recovery = lacks != 1;
		m.rs.newly_lost = MSS;
		m.rs.app_limited = true;
		for (i = 0; i < (lacks == 2 ? 4 : 5); i++)
			atcp_bbr_update_state(&m.rs);
		b->loss_round_start = 1;
		b->inflight_latest = 110 * MSS;
		m.rs.lost = lacks == 3 ? 2 * MSS : 3 * MSS;
		atcp_bbr_update_state(&m.rs);
		KUNIT_EXPECT_EQ(test, b->state, lacks ? ATCP_BBR_STARTUP : ATCP_BBR_DRAIN);
		KUNIT_EXPECT_EQ(test, b->inflight_longterm, lacks ? U32_MAX : 110u * MSS);
		KUNIT_EXPECT_EQ(test, (u8)b->loss_events, 0);
	}
}

/* Without SACK any loss in recovery will do. [BBR-STARTUPLOSS] */
static void startup__loss_without_sack(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_STARTUP);

	b->no_sack = 1;
	m.rs.newly_lost = MSS;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	m.rs.recovery = true;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_DRAIN);
	KUNIT_EXPECT_EQ(test, b->inflight_longterm, 100u * MSS);
}

/* A.3, A.4: Drain ends with the queue, or after three rounds. [BBR-DRAIN] */
static void drain__ends(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_DRAIN);
	unsigned int i;

	b->round_count = 254;
	b->drain_start_round = 254;
	for (i = 0; i < 3; i++) {
		b->round_count++;
		atcp_bbr_update_state(&m.rs);
		KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_DRAIN);
	}
	b->round_count++;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
	b = start(&m, ATCP_BBR_DRAIN);
	m.rs.inflight = 100 * MSS + 1;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_DRAIN);
	m.rs.inflight = 100 * MSS;
	check_drain_done(b, &m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
}

/* A.8: a BDP or less, and with headroom below the bound. [BBR-HEADROOM] */
static void down__to_cruise(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_DOWN);

	m.rs.inflight = 100 * MSS + 1;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
	m.rs.inflight = 100 * MSS;
	b->inflight_longterm = 100 * MSS;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
	KUNIT_EXPECT_EQ(test, atcp_bbr_with_headroom(&m.cc, b), 85u * MSS);
	m.rs.inflight = 85 * MSS;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_CRUISE);
	b->inflight_longterm = 6 * MSS;		/* a segment at least is left */
	KUNIT_EXPECT_EQ(test, atcp_bbr_with_headroom(&m.cc, b), 5u * MSS);
	b->inflight_longterm = 0;
	KUNIT_EXPECT_EQ(test, atcp_bbr_with_headroom(&m.cc, b), 4u * MSS);
}

/*
 * A.9: after bw_probe_wait, from either; or after as many rounds as Reno takes.
 * [BBR-PROBEWAIT]
 */
static void wait__ends(struct kunit *test)
{
	static const u8 from[] = { ATCP_BBR_PROBE_BW_DOWN, ATCP_BBR_PROBE_BW_CRUISE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(from); i++) {
		struct machine m;
		struct atcp_bbr *b = start(&m, from[i]);

		b->rounds_since_probe_up = 62;
		m.rs.now = 102500999;
		atcp_bbr_update_state(&m.rs);
		KUNIT_EXPECT_EQ(test, b->state, from[i]);
		m.rs.now++;
		atcp_bbr_update_state(&m.rs);
		KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
		b = start(&m, from[i]);
		b->rounds_since_probe_up = 63;
		atcp_bbr_update_state(&m.rs);
		KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
		b = start(&m, from[i]);
		b->min_rtt = 20000;		/* a BDP of 20 segments: 20 rounds */
		b->rounds_since_probe_up = 19;
		atcp_bbr_update_state(&m.rs);
		KUNIT_EXPECT_EQ(test, b->state, from[i]);
		b->rounds_since_probe_up = 20;
		atcp_bbr_update_state(&m.rs);
		KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
	}
}

/* T_bbr: two to three seconds, all of them, and not the same for all flows. [BBR-PROBEWAIT] */
static void wait__drawn(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_UP);
	unsigned int i, tenths[10] = { 0 }, ones = 0;

	for (i = 0; i < 1000; i++) {
		m.rs.salt = i;
		pick_probe_wait(b, &m.rs);
		KUNIT_ASSERT_GE(test, b->bw_probe_wait, 2000);
		KUNIT_ASSERT_LT(test, b->bw_probe_wait, 3000);
		KUNIT_ASSERT_LE(test, b->rounds_since_probe_up, 1);
		tenths[(b->bw_probe_wait - 2000) / 100]++;
		ones += b->rounds_since_probe_up;
	}
	for (i = 0; i < ARRAY_SIZE(tenths); i++)
		KUNIT_EXPECT_GE(test, tenths[i], 50u);
	KUNIT_EXPECT_GE(test, ones, 400u);
	KUNIT_EXPECT_LE(test, ones, 600u);
}

/* REFILL takes a round, and forgets the short-term model. [BBR-CYCLE] */
static void refill__for_a_round(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_CRUISE);

	b->bw_shortterm = 1;
	b->inflight_shortterm = 1;
	b->rounds_since_probe_up = 63;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, U64_MAX);
	KUNIT_EXPECT_EQ(test, b->inflight_shortterm, U32_MAX);
	KUNIT_EXPECT_FALSE(test, b->is_bw_probe_sample);
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
	round_of(&m, 900000);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_UP);
	KUNIT_EXPECT_TRUE(test, b->is_bw_probe_sample);
	KUNIT_EXPECT_EQ(test, b->full_bw, 900000ULL);
}

/* A.5: UP ends on the plateau, but not where the bound is what limits. [BBR-GODOWN] */
static void up__ends_on_plateau(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_UP);
	unsigned int i;

	b->full_bw = 1000000;
	b->cwnd_limited = 1;
	b->inflight_longterm = 200 * MSS;
	for (i = 0; i < 8; i++)
		round_of(&m, 1000000);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_UP);
	b->inflight_longterm = U32_MAX;
	for (i = 0; i < 3; i++)
		round_of(&m, 1000000);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
}

/* 5.3.3.5: by 1, 2, 4, 8 segments in a round, if cwnd is used up. [BBR-UPWARD] */
static void up__raises_the_bound(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_REFILL);
	unsigned int i, round;

	b->inflight_longterm = 200 * MSS;
	round_of(&m, 1000000);
	for (round = 0; round < 4; round++) {
		for (i = 0; i < 200; i++) {
			b->round_start = i == 199;
			atcp_bbr_update_state(&m.rs);
		}
		KUNIT_EXPECT_EQ(test, b->inflight_longterm, 200u * MSS);
	}
	b = start(&m, ATCP_BBR_PROBE_BW_REFILL);
	b->inflight_longterm = 200 * MSS;
	b->cwnd_limited = 1;
	round_of(&m, 1000000);
	for (round = 0; round < 4; round++) {
		u32 before = b->inflight_longterm, segments = m.cc.cwnd / MSS;

		for (i = 1; i <= segments; i++) {
			b->round_start = i == segments;
			atcp_bbr_update_state(&m.rs);
			m.cc.cwnd = b->inflight_longterm;
		}
		KUNIT_EXPECT_GE(test, b->inflight_longterm - before, (MSS << round));
		KUNIT_EXPECT_LE(test, b->inflight_longterm - before, (MSS << round) + MSS);
	}
	b->bw_probe_up_rounds = PROBE_UP_ROUNDS;
	raise_slope(&m.cc, b);
	KUNIT_EXPECT_EQ(test, b->bw_probe_up_rounds, PROBE_UP_ROUNDS);
	KUNIT_EXPECT_EQ(test, b->probe_up_acked_per_inc, (u32)MSS);
}

/*
 * What was in flight without too much loss is the bound from now on; 1 GiB at most.
 * [BBR-LONGTERM]
 */
static void bound__of_what_was_borne(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_CRUISE);

	b->inflight_longterm = 90 * MSS;
	m.rs.lost = 3 * MSS;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->inflight_longterm, 90u * MSS);
	m.rs.lost = 2 * MSS;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->inflight_longterm, 100u * MSS);
	m.rs.tx_in_flight = U32_MAX;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->inflight_longterm, ATCP_CWND_MAX);
	b->inflight_longterm = U32_MAX;
	m.rs.tx_in_flight = MSS;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_EQ(test, b->inflight_longterm, U32_MAX);
}

/*
 * The cycle of the filter ends a round after UP, unless the user limited it.
 * [BBR-MAXBWFILTER]
 */
static void filter__turns_after_up(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_DOWN);

	b->ack_phase = ATCP_BBR_ACKS_PROBE_STOPPING;
	b->is_bw_probe_sample = 1;
	atcp_bbr_update_state(&m.rs);
	KUNIT_EXPECT_TRUE(test, b->is_bw_probe_sample);
	m.rs.app_limited = true;
	round_of(&m, 1000);
	KUNIT_EXPECT_FALSE(test, b->is_bw_probe_sample);
	KUNIT_EXPECT_EQ(test, b->max_bw_filter[0], 0ULL);
	b->ack_phase = ATCP_BBR_ACKS_PROBE_STOPPING;
	m.rs.app_limited = false;
	round_of(&m, 1000);
	KUNIT_EXPECT_EQ(test, b->max_bw_filter[0], 1000000ULL);
	KUNIT_EXPECT_EQ(test, b->ack_phase, ATCP_BBR_ACKS_INIT);
}

/* HandleInflightTooHigh(): Beta at most; no bound of what the user limited. [BBR-TOOHIGH] */
static void too_high__lowers_the_bound(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_UP);

	b->is_bw_probe_sample = 1;
	m.rs.tx_in_flight = 10 * MSS;
	atcp_bbr_too_high(&m.rs);
	KUNIT_EXPECT_EQ(test, b->inflight_longterm, 70u * MSS);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
	KUNIT_EXPECT_EQ(test, (u8)b->undo_state, ATCP_BBR_PROBE_BW_UP);
	KUNIT_EXPECT_FALSE(test, b->is_bw_probe_sample);
	b = start(&m, ATCP_BBR_PROBE_BW_REFILL);
	m.rs.app_limited = true;
	atcp_bbr_too_high(&m.rs);
	KUNIT_EXPECT_EQ(test, b->inflight_longterm, U32_MAX);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_REFILL);
	KUNIT_EXPECT_TRUE(test, b->prev_probe_too_high);
}

/* 200 ms and a round, from when little is in flight. [BBR-PROBERTT] */
static void probe_rtt__lasts(struct kunit *test)
{
	struct machine m;
	struct atcp_bbr *b = start(&m, ATCP_BBR_PROBE_BW_CRUISE);

	b->probe_rtt_expired = 1;
	b->idle_restart = 1;
	atcp_bbr_check_probe_rtt(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_CRUISE);
	KUNIT_EXPECT_FALSE(test, b->idle_restart);
	atcp_bbr_check_probe_rtt(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_RTT);
	KUNIT_EXPECT_EQ(test, b->prior_cwnd, 200u * MSS);
	KUNIT_EXPECT_FALSE(test, b->probe_rtt_waits);
	m.cc.cwnd = 50 * MSS;
	m.rs.inflight = 50 * MSS;
	atcp_bbr_check_probe_rtt(&m.rs);
	KUNIT_EXPECT_TRUE(test, b->probe_rtt_waits);
	m.rs.now += 201000;
	atcp_bbr_check_probe_rtt(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_RTT);	/* no round yet */
	m.rs.now -= 1000;
	b->round_start = 1;
	atcp_bbr_check_probe_rtt(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_RTT);	/* 200 ms, no more */
	b->round_start = 0;
	b->bw_shortterm = 1;
	m.rs.now += 1000;
	atcp_bbr_check_probe_rtt(&m.rs);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_CRUISE);
	KUNIT_EXPECT_EQ(test, m.cc.cwnd, 200u * MSS);
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, U64_MAX);
	KUNIT_EXPECT_EQ(test, b->probe_rtt_min_stamp, atcp_bbr_stamp(m.rs.now));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(full_bw__after_three_rounds),
	KUNIT_CASE(startup__loss_criteria),
	KUNIT_CASE(startup__loss_without_sack),
	KUNIT_CASE(drain__ends),
	KUNIT_CASE(down__to_cruise),
	KUNIT_CASE(wait__ends),
	KUNIT_CASE(wait__drawn),
	KUNIT_CASE(refill__for_a_round),
	KUNIT_CASE(up__ends_on_plateau),
	KUNIT_CASE(up__raises_the_bound),
	KUNIT_CASE(bound__of_what_was_borne),
	KUNIT_CASE(filter__turns_after_up),
	KUNIT_CASE(too_high__lowers_the_bound),
	KUNIT_CASE(probe_rtt__lasts),
	{}
};

static struct kunit_suite suite = {
	.name = "atcp_bbr_state",
	.test_cases = cases,
};

kunit_test_suite(suite);
