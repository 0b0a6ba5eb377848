// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of BBR as a whole, with losses and marks: paths of path.c, mostly the cases
 * of draft-ietf-ccwg-bbr-06, appendix A.
 */

#include "bbr_path.h"

/* ---- losses ---- */

/*
 * The first aim: full throughput with losses of 1 %, where Reno falls to a tenth.
 * [BBR-LOSSTHRESH]
 */
static void loss__of_one_percent(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, 2 * RTT, 1U << 20);
	struct path *q = path_new(test, 100 * MBIT, 2 * RTT, 1U << 20);
	struct path_flow *f = path_flow(p, "bbr", 0);
	struct path_flow *reno = path_flow(q, "reno", 0);

	p->loss_ppm = 10000;
	q->loss_ppm = 10000;
	path_run(p, SECOND);
	path_run(q, SECOND);
	KUNIT_EXPECT_GE(test, rate_in(p, f, 20 * SECOND), p->rate * 75 / 100);
	KUNIT_EXPECT_LE(test, rate_in(q, reno, 20 * SECOND), q->rate * 15 / 100);
}

/*
 * Beyond LossThresh it yields: what is in flight is bounded, and falls.
 * [BBR-LOSSTHRESH] [BBR-TOOHIGH]
 */
static void loss__of_ten_percent(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 20);
	struct path_flow *f = to_probe_bw(p);
	const struct atcp_bbr *b = bbr_of_flow(f);

	p->loss_ppm = 100000;
	path_run(p, 10 * SECOND);
	KUNIT_EXPECT_NE(test, b->inflight_longterm, U32_MAX);
	KUNIT_EXPECT_LE(test, rate_in(p, f, 10 * SECOND), p->rate / 2);
}

/*
 * A.2: six ranges and 2 % in a round end Startup, though no sample is of the path.
 * [BBR-STARTUPLOSS]
 */
static void startup__ends_on_loss(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = path_flow(p, "bbr", 0);
	const struct atcp_bbr *b = bbr_of_flow(f);

	f->app_rate = 20 * MBIT;
	path_run(p, SECOND);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	p->loss_ppm = 15000;
	path_run(p, 2 * SECOND);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	p->loss_ppm = 200000;
	KUNIT_EXPECT_TRUE(test, path_until(p, SECOND, b->state != ATCP_BBR_STARTUP));
	KUNIT_EXPECT_TRUE(test, b->full_bw_reached);
	KUNIT_EXPECT_NE(test, b->inflight_longterm, U32_MAX);
	KUNIT_EXPECT_EQ(test, (u8)b->undo_state, ATCP_BBR_STARTUP);
}

/* A burst of losses, one after the other, is not six. [BBR-STARTUPLOSS] */
static void startup__survives_a_burst(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = path_flow(p, "bbr", 0);
	const struct atcp_bbr *b = bbr_of_flow(f);

	f->app_rate = 20 * MBIT;
	path_run(p, SECOND);
	p->lose_next = 20;
	path_run(p, SECOND);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	KUNIT_EXPECT_EQ(test, f->octets_lost, 20ULL * PATH_MSS);
}

/*
 * A.21, A.6: too much is lost in ProbeBW_UP: the bound falls, by Beta at most.
 * [BBR-TOOHIGH]
 */
static void probe_up__ends_on_loss(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	const struct atcp_bbr *b = bbr_of_flow(f);

	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_UP));
	p->lose_next = 20;
	KUNIT_EXPECT_TRUE(test, path_until(p, 60 * MSEC, b->state != ATCP_BBR_PROBE_BW_UP));
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_DOWN);
	KUNIT_EXPECT_TRUE(test, b->prev_probe_too_high);
	KUNIT_EXPECT_GE(test, b->inflight_longterm, path_bdp(p) * 7 / 10);
	KUNIT_EXPECT_LE(test, b->inflight_longterm, path_bdp(p) * 3 / 2);
}

/*
 * 5.3.3.6: after that the next probe stops at the bound; and when nothing is lost
 * the one after it follows at once, and goes beyond. [BBR-GODOWN] [BBR-LONGTERM]
 */
static void probe_up__careful_after_loss(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	const struct atcp_bbr *b = bbr_of_flow(f);
	struct seen *seen;
	u32 bound;

	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_UP));
	p->lose_next = 20;
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_DOWN));
	bound = b->inflight_longterm;
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_UP));
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_DOWN));
	KUNIT_EXPECT_TRUE(test, b->prev_probe_precautionary);
	KUNIT_EXPECT_FALSE(test, b->prev_probe_too_high);
	seen = bbr_watch(p);
	seen->last = ATCP_BBR_PROBE_BW_DOWN;
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_UP));
	KUNIT_EXPECT_EQ(test, seen->entered[ATCP_BBR_PROBE_BW_CRUISE], 0u);
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_DOWN));
	KUNIT_EXPECT_GE(test, b->inflight_longterm, bound);
}

/* A.17: a shallow buffer: the link is used, and little is lost. [BBR-HEADROOM] [BBR-BOUND] */
static void buffer__shallow(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 20 * PATH_MSS);
	struct path_flow *f = to_probe_bw(p);
	u64 lost, sent;

	path_run(p, 10 * SECOND);
	lost = f->octets_lost;
	sent = f->octets_sent;
	KUNIT_EXPECT_GE(test, rate_in(p, f, 20 * SECOND), p->rate * 85 / 100);
	KUNIT_EXPECT_LE(test, (f->octets_lost - lost) * 100, f->octets_sent - sent);
}

/* 3.7: CE marks count as losses. [BBR-ECN] */
static void marks__are_congestion(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f;
	const struct atcp_bbr *b;

	p->mark_above = 20 * PATH_MSS;
	f = to_probe_bw(p);
	b = bbr_of_flow(f);
	path_run(p, 6 * SECOND);
	KUNIT_EXPECT_NE(test, b->inflight_longterm, U32_MAX);
	KUNIT_EXPECT_LE(test, b->inflight_longterm, path_bdp(p) * 3 / 2);
	KUNIT_EXPECT_EQ(test, f->octets_lost, 0ULL);
	KUNIT_EXPECT_GE(test, rate_in(p, f, 5 * SECOND), p->rate * 85 / 100);
}

/* All is lost for a while: it starts again from one segment, and comes back. [BBR-RTO] */
static void timeout__and_back(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	u32 cwnd = f->cc.cwnd;

	p->loss_ppm = 1000000;
	path_run(p, 240 * MSEC);
	KUNIT_EXPECT_TRUE(test, f->recovery);
	KUNIT_EXPECT_EQ(test, f->cc.cwnd, (u32)PATH_MSS);
	KUNIT_EXPECT_GE(test, bbr_of_flow(f)->prior_cwnd, cwnd / 2);
	p->loss_ppm = 0;
	path_run(p, 4 * SECOND);
	KUNIT_EXPECT_FALSE(test, f->recovery);
	KUNIT_EXPECT_GE(test, rate_in(p, f, 2 * SECOND), full(p));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(loss__of_one_percent),
	KUNIT_CASE(loss__of_ten_percent),
	KUNIT_CASE(startup__ends_on_loss),
	KUNIT_CASE(startup__survives_a_burst),
	KUNIT_CASE(probe_up__ends_on_loss),
	KUNIT_CASE(probe_up__careful_after_loss),
	KUNIT_CASE(buffer__shallow),
	KUNIT_CASE(marks__are_congestion),
	KUNIT_CASE(timeout__and_back),
	{}
};

static struct kunit_suite suite = {
	.name = "atcp_bbr_loss",
	.test_cases = cases,
};

kunit_test_suite(suite);
