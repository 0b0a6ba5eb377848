// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of bbr_model.c: the model of the path, sample by sample, and at the edges of
 * what numbers hold.
 */

#include "../module/core/bbr_model.c"
#include <linux/build_bug.h>
#include <kunit/test.h>

#define MSS	1000
#define SECOND	1000000ULL

struct model {
	struct atcp_cc cc;
	struct atcp_bbr_rs rs;
};

static struct atcp_bbr *start(struct model *m, u64 now, u32 delivered)
{
	struct atcp_bbr *b;

	atcp_cc_init(&m->cc, atcp_cc_find("bbr"), MSS);
	b = (struct atcp_bbr *)m->cc.priv;
	m->rs = (struct atcp_bbr_rs){
		.cc = &m->cc, .bbr = b, .now = now, .prior_delivered = delivered,
	};
	b->delivered = delivered;
	atcp_bbr_model_start(b, &m->rs);
	return b;
}

/* An ACK of @octets, sent when @prior was delivered, at @rate. */
static void ack(struct model *m, u32 octets, u32 prior, u64 rate)
{
	struct atcp_bbr *b = m->rs.bbr;

	b->delivered += octets;
	m->rs.has_data = true;
	m->rs.newly_acked = octets;
	m->rs.prior_delivered = prior;
	m->rs.delivered = b->delivered - prior;
	m->rs.delivery_rate = rate;
	atcp_bbr_update_model(&m->rs);
	atcp_bbr_update_min_rtt(&m->rs);
	atcp_bbr_advance_latest(&m->rs);
}

static void nothing(struct model *m)
{
	m->rs.has_data = false;
	m->rs.newly_acked = 0;
	m->rs.delivered = 0;
	m->rs.delivery_rate = 0;
	atcp_bbr_update_model(&m->rs);
}

/*
 * 5.5.1: a round ends with what was sent after it began, also where C.delivered wraps.
 * [BBR-ROUND]
 */
static void round__counted(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0U - 3000);
	u32 first = b->delivered, second;
	u8 rounds;

	ack(&m, 1000, first, 1000);
	rounds = b->round_count;
	KUNIT_EXPECT_TRUE(test, b->round_start);
	KUNIT_EXPECT_TRUE(test, b->loss_round_start);
	second = b->delivered;
	ack(&m, 1000, first, 1000);
	KUNIT_EXPECT_FALSE(test, b->round_start);
	KUNIT_EXPECT_FALSE(test, b->loss_round_start);
	ack(&m, 5000, first, 1000);
	KUNIT_EXPECT_FALSE(test, b->round_start);
	KUNIT_EXPECT_EQ(test, b->round_count, rounds);
	ack(&m, 1000, second, 1000);
	KUNIT_EXPECT_TRUE(test, b->round_start);
	KUNIT_EXPECT_EQ(test, b->round_count, rounds + 1);
	m.rs.prior_delivered = b->delivered;
	nothing(&m);
	KUNIT_EXPECT_FALSE(test, b->round_start);
	KUNIT_EXPECT_FALSE(test, b->loss_round_start);
	b->rounds_since_probe_up = U8_MAX;
	ack(&m, 1000, b->delivered, 1000);
	KUNIT_EXPECT_EQ(test, b->rounds_since_probe_up, U8_MAX);
}

/* C.is_cwnd_limited is of a round trip: of this round or the one before. */
static void cwnd_limited__for_a_round(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	b->cwnd_limited = 1;
	ack(&m, 1000, b->delivered, 1000);
	KUNIT_EXPECT_TRUE(test, atcp_bbr_is_cwnd_limited(b));
	ack(&m, 1000, b->delivered, 1000);
	KUNIT_EXPECT_FALSE(test, atcp_bbr_is_cwnd_limited(b));
}

/* 5.5.4, 5.5.6 [BBR-MAXBW] [BBR-MAXBWFILTER] */
static void max_bw__of_two_cycles(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	ack(&m, 1000, 0, 5000);
	ack(&m, 1000, 0, 4000);
	KUNIT_EXPECT_EQ(test, atcp_bbr_max_bw(b), 5000ULL);
	atcp_bbr_advance_max_bw(b);
	KUNIT_EXPECT_EQ(test, atcp_bbr_max_bw(b), 5000ULL);
	atcp_bbr_advance_max_bw(b);		/* nothing was measured: it stays */
	KUNIT_EXPECT_EQ(test, atcp_bbr_max_bw(b), 5000ULL);
	m.rs.app_limited = true;
	ack(&m, 1000, 0, 3000);
	KUNIT_EXPECT_EQ(test, b->max_bw_filter[1], 0ULL);
	ack(&m, 1000, 0, 5000);			/* as good as the best */
	KUNIT_EXPECT_EQ(test, b->max_bw_filter[1], 5000ULL);
	ack(&m, 1000, 0, 6000);
	KUNIT_EXPECT_EQ(test, atcp_bbr_max_bw(b), 6000ULL);
	m.rs.app_limited = false;
	atcp_bbr_advance_max_bw(b);
	ack(&m, 1000, 0, 3000);
	atcp_bbr_advance_max_bw(b);
	KUNIT_EXPECT_EQ(test, atcp_bbr_max_bw(b), 3000ULL);
	b->bw_shortterm = 2000;
	KUNIT_EXPECT_EQ(test, atcp_bbr_bw(b), 2000ULL);
}

/* 5.3.4.3: less at once; more after ten seconds, if five have not shown less. [BBR-MINRTT] */
static void min_rtt__of_ten_seconds(struct kunit *test)
{
	struct model m;
	/* The stamp of milliseconds wraps within it. */
	struct atcp_bbr *b = start(&m, ((1ULL << 32) - 2000) * 1000, 0);
	u64 begin = m.rs.now;

	m.rs.rtt = 5000;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 5000u);
	m.rs.rtt = 4000;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 4000u);
	m.rs.rtt = 6000;
	m.rs.now = begin + 5 * SECOND;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_FALSE(test, b->probe_rtt_expired);
	m.rs.now += 1000;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_TRUE(test, b->probe_rtt_expired);
	KUNIT_EXPECT_EQ(test, b->probe_rtt_min_delay, 6000u);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 4000u);
	m.rs.rtt = 0;			/* no sample */
	m.rs.now = begin + 10 * SECOND;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 4000u);
	m.rs.now += 1000;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 6000u);
	m.rs.rtt = 7000;		/* that was measured five seconds ago */
	m.rs.now += 2000;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_EQ(test, b->probe_rtt_min_delay, 7000u);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 6000u);
}

/* What is only as little as before does not make it last longer. [BBR-MINRTT] */
static void min_rtt__met_again(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.rs.rtt = 4000;
	ack(&m, 1000, 0, 1000);
	m.rs.now += 5 * SECOND + 1000;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_TRUE(test, b->probe_rtt_expired);
	m.rs.rtt = 6000;
	m.rs.now += 5 * SECOND + 1000;
	ack(&m, 1000, 0, 1000);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 6000u);
}

/* 5.5.9: what comes beyond bw; of ten rounds, of one in Startup. [BBR-EXTRAACKED] */
static void extra_acked__measured(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.cc.cwnd = 50000;
	b->max_bw_filter[0] = 1000000;		/* an octet a microsecond */
	b->full_bw_reached = 1;
	ack(&m, 1000, 0, 1);
	KUNIT_EXPECT_EQ(test, b->extra_acked_filter.value[0], 1000u);
	m.rs.now += 5000;
	ack(&m, 20000, 0, 1);			/* below the rate so far: begins here */
	KUNIT_EXPECT_EQ(test, b->extra_acked_filter.value[0], 20000u);
	m.rs.now += 5000;
	ack(&m, 20000, 0, 1);			/* 15000 too many before, 20000 now */
	KUNIT_EXPECT_EQ(test, b->extra_acked_filter.value[0], 35000u);
	m.rs.now += 1000;
	ack(&m, 60000, 0, 1);			/* no more than cwnd */
	KUNIT_EXPECT_EQ(test, b->extra_acked_filter.value[0], 50000u);
	b->full_bw_reached = 0;
	b->round_count += 2;
	m.rs.now += SECOND;
	ack(&m, 1000, 0, 1);
	KUNIT_EXPECT_EQ(test, b->extra_acked_filter.value[0], 1000u);
}

/* An interval ends when no more has come than bw accounts for. [BBR-EXTRAACKED] */
static void extra_acked__as_expected(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.cc.cwnd = 50000;
	b->max_bw_filter[0] = 1000000;
	ack(&m, 1000, 0, 1);
	m.rs.now += 1000;
	ack(&m, 500, 0, 1);
	KUNIT_EXPECT_EQ(test, b->extra_acked_interval_start, (u32)m.rs.now);
	KUNIT_EXPECT_EQ(test, b->extra_acked_delivered, 500u);
	m.rs.now += 499;
	ack(&m, 500, 0, 1);
	KUNIT_EXPECT_EQ(test, b->extra_acked_interval_start, (u32)m.rs.now - 499);
}

/* An ACK that delivers nothing begins no interval. [BBR-EXTRAACKED] */
static void extra_acked__of_nothing(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.cc.cwnd = 50000;
	b->max_bw_filter[0] = 1000000;
	ack(&m, 1000, 0, 1);
	m.rs.now += 5000;
	nothing(&m);
	KUNIT_EXPECT_EQ(test, b->extra_acked_interval_start, (u32)SECOND);
	KUNIT_EXPECT_EQ(test, b->extra_acked_delivered, 1000u);
}

/* ExtraAckedFilterLen: the tenth round after still counts it. [BBR-EXTRAACKED] */
static void extra_acked__of_ten_rounds(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.cc.cwnd = 50000;
	b->max_bw_filter[0] = 1000000;
	b->full_bw_reached = 1;
	ack(&m, 20000, 0, 1);
	b->round_count += 10;
	m.rs.now += SECOND;
	ack(&m, 1000, 0, 1);
	KUNIT_EXPECT_EQ(test, b->extra_acked_filter.value[0], 20000u);
	b->round_count++;
	m.rs.now += SECOND;
	ack(&m, 1000, 0, 1);
	KUNIT_EXPECT_EQ(test, b->extra_acked_filter.value[0], 1000u);
}

/*
 * 5.5.10.3: once a round with a loss, by what was still delivered, or Beta; not while
 * it probes. [BBR-SHORTTERM]
 */
static void shortterm__follows_losses(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.cc.cwnd = 100000;
	b->state = ATCP_BBR_PROBE_BW_CRUISE;
	b->max_bw_filter[0] = 10000;
	ack(&m, 1000, 0, 1000);
	atcp_bbr_note_loss(&m.cc, b);
	ack(&m, 1000, 0, 9000);			/* sent before the loss */
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, U64_MAX);
	ack(&m, 1000, b->delivered, 1000);
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, 9000ULL);
	KUNIT_EXPECT_EQ(test, b->inflight_shortterm, 70000u);
	KUNIT_EXPECT_FALSE(test, b->is_loss_in_round);
	ack(&m, 1000, b->delivered, 1000);	/* a round without */
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, 9000ULL);
	atcp_bbr_note_loss(&m.cc, b);
	ack(&m, 1000, b->delivered, 1000);
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, 6300ULL);
	KUNIT_EXPECT_EQ(test, b->inflight_shortterm, 49000u);
	b->state = ATCP_BBR_PROBE_BW_UP;
	atcp_bbr_note_loss(&m.cc, b);
	ack(&m, 1000, b->delivered, 1000);
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, 6300ULL);
	atcp_bbr_reset_shortterm(b);
	KUNIT_EXPECT_EQ(test, b->bw_shortterm, U64_MAX);
	atcp_bbr_reset_congestion(b);
	KUNIT_EXPECT_EQ(test, b->bw_latest, 0ULL);
	KUNIT_EXPECT_EQ(test, b->inflight_latest, 0u);
}

/* LossThresh: two in a hundred are borne, and without SACK none. [BBR-LOSSTHRESH] */
static void loss__too_high(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.rs.tx_in_flight = 100000;
	m.rs.lost = 2000;
	KUNIT_EXPECT_FALSE(test, atcp_bbr_inflight_too_high(&m.rs));
	m.rs.lost = 2001;
	KUNIT_EXPECT_TRUE(test, atcp_bbr_inflight_too_high(&m.rs));
	m.rs.lost = 1;
	b->no_sack = 1;
	KUNIT_EXPECT_TRUE(test, atcp_bbr_inflight_too_high(&m.rs));
	m.rs.lost = 0;
	KUNIT_EXPECT_FALSE(test, atcp_bbr_inflight_too_high(&m.rs));
	b->no_sack = 0;
	m.rs.tx_in_flight = U32_MAX;
	m.rs.lost = U32_MAX;
	KUNIT_EXPECT_TRUE(test, atcp_bbr_inflight_too_high(&m.rs));
}

/*
 * InflightAtLoss(): of an aggregate of 10000, before which 1000 of 90000 were lost:
 * (0.02 * 90000 - 1000) / 0.98 = 816 of it were borne. [BBR-ATLOSS]
 */
static void loss__within_an_aggregate(struct kunit *test)
{
	struct model m;

	start(&m, SECOND, 0);
	m.rs.tx_in_flight = 100000;
	m.rs.lost = 11000;
	KUNIT_EXPECT_EQ(test, atcp_bbr_inflight_at_loss(&m.rs, 10000), 90816u);
	m.rs.lost = 15000;		/* too much before it already */
	KUNIT_EXPECT_EQ(test, atcp_bbr_inflight_at_loss(&m.rs, 10000), 90000u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_inflight_at_loss(&m.rs, 200000), 0u);
}

/* 5.5.11.1: once for a recovery; for a loss without one, once a round. [BBR-SPURIOUS] */
static void undo__saved_once(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	m.cc.cwnd = 80000;
	b->inflight_longterm = 70000;
	b->inflight_shortterm = 60000;
	b->bw_shortterm = 5000;
	atcp_bbr_save_state(&m.cc, b);
	b->in_recovery = 1;
	b->inflight_longterm = 50000;
	m.cc.cwnd = 50000;
	atcp_bbr_note_loss(&m.cc, b);
	KUNIT_EXPECT_EQ(test, b->undo_inflight_longterm, 70000u);
	KUNIT_EXPECT_EQ(test, b->undo_inflight_shortterm, 60000u);
	KUNIT_EXPECT_EQ(test, b->undo_bw_shortterm, 5000ULL);
	KUNIT_EXPECT_EQ(test, b->prior_cwnd, 80000u);
	b->undo_state = ATCP_BBR_PROBE_BW_UP;
	ack(&m, 1000, b->delivered, 1000);
	atcp_bbr_note_loss(&m.cc, b);
	KUNIT_EXPECT_EQ(test, b->undo_inflight_longterm, 70000u);
	b->in_recovery = 0;
	ack(&m, 1000, b->delivered, 1000);
	atcp_bbr_note_loss(&m.cc, b);
	KUNIT_EXPECT_EQ(test, b->undo_inflight_longterm, 50000u);
	KUNIT_EXPECT_EQ(test, (int)b->undo_state, ATCP_BBR_NONE);
	KUNIT_EXPECT_EQ(test, b->prior_cwnd, 50000u);
	b->in_recovery = 1;		/* the window of before is the largest of them */
	m.cc.cwnd = 60000;
	atcp_bbr_save_cwnd(&m.cc, b);
	KUNIT_EXPECT_EQ(test, b->prior_cwnd, 60000u);
	m.cc.cwnd = 40000;
	atcp_bbr_save_cwnd(&m.cc, b);
	KUNIT_EXPECT_EQ(test, b->prior_cwnd, 60000u);
	b->undo_saved = 0;		/* undone: nothing is there to be undone again */
	ack(&m, 1000, b->delivered, 1000);
	KUNIT_EXPECT_FALSE(test, b->undo_saved);
}

/* NoteLoss(): a round of losses begins with the first. [BBR-SHORTTERM] */
static void loss__begins_a_round(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	ack(&m, 1000, 0, 1000);
	ack(&m, 1000, 0, 1000);
	atcp_bbr_note_loss(&m.cc, b);
	KUNIT_EXPECT_TRUE(test, b->loss_is_fresh);
	KUNIT_EXPECT_EQ(test, b->loss_round_delivered, 2000u);
	ack(&m, 1000, 1000, 1000);
	atcp_bbr_note_loss(&m.cc, b);
	KUNIT_EXPECT_EQ(test, b->loss_round_delivered, 2000u);
}

/* OnInit(): min_rtt is SRTT, if there is one. */
static void start__from_srtt(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);

	KUNIT_EXPECT_EQ(test, b->min_rtt, U32_MAX);
	m.rs.srtt = 5000;
	m.rs.prior_delivered = 700;
	atcp_bbr_model_start(b, &m.rs);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 5000u);
	KUNIT_EXPECT_EQ(test, b->probe_rtt_min_delay, 5000u);
	KUNIT_EXPECT_EQ(test, b->min_rtt_stamp, 1000u);
	KUNIT_EXPECT_EQ(test, b->probe_rtt_min_stamp, 1000u);
	KUNIT_EXPECT_EQ(test, b->extra_acked_interval_start, (u32)SECOND);
	KUNIT_EXPECT_EQ(test, b->next_round_delivered, 700u);
	KUNIT_EXPECT_EQ(test, b->loss_round_delivered, 700u);
}

/* 400 Gbit/s, 1 us to 100 s, windows of 1 GiB, and what is beyond. [BBR-MAXINFLIGHT] */
static void bdp__at_the_edges(struct kunit *test)
{
	struct model m;
	struct atcp_bbr *b = start(&m, SECOND, 0);
	u64 bw = 50000000000ULL;

	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 200), atcp_cc_initial_window(MSS));
	b->min_rtt = 1;
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 100), 50000u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 225), 112500u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, 10, 200), 0u);
	b->min_rtt = 10000;
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 100), 500000000u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 200), 1000000000u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 225), ATCP_CWND_MAX);
	b->min_rtt = 100000000;
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 50), ATCP_CWND_MAX / 2);
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, bw, 90), 966367641u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, 8000, 100), 800000u);
	b->min_rtt = U32_MAX - 1;
	KUNIT_EXPECT_EQ(test, atcp_bbr_bdp(&m.cc, b, ATCP_BBR_BW_MAX, 225), ATCP_CWND_MAX);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(round__counted),
	KUNIT_CASE(cwnd_limited__for_a_round),
	KUNIT_CASE(max_bw__of_two_cycles),
	KUNIT_CASE(min_rtt__of_ten_seconds),
	KUNIT_CASE(min_rtt__met_again),
	KUNIT_CASE(extra_acked__measured),
	KUNIT_CASE(extra_acked__as_expected),
	KUNIT_CASE(extra_acked__of_nothing),
	KUNIT_CASE(extra_acked__of_ten_rounds),
	KUNIT_CASE(shortterm__follows_losses),
	KUNIT_CASE(loss__too_high),
	KUNIT_CASE(loss__within_an_aggregate),
	KUNIT_CASE(undo__saved_once),
	KUNIT_CASE(loss__begins_a_round),
	KUNIT_CASE(start__from_srtt),
	KUNIT_CASE(bdp__at_the_edges),
	{}
};

static struct kunit_suite suite = {
	.name = "atcp_bbr_model",
	.test_cases = cases,
};

kunit_test_suite(suite);
