// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of BBR as a whole, without losses: paths of path.c, mostly the cases of
 * draft-ietf-ccwg-bbr-06, appendix A.
 */

#include <linux/kernel.h>
#include "bbr_path.h"

static void note(struct path *p, struct path_flow *f)
{
	const struct atcp_bbr *b = bbr_of_flow(f);
	struct seen *seen = p->priv;

	if (b->state != seen->last)
		seen->entered[b->state]++;
	seen->last = b->state;
	if (b->state == ATCP_BBR_STARTUP)
		seen->rounds_of_startup = b->round_count;
	if (b->state == ATCP_BBR_PROBE_RTT)
		seen->least_cwnd_in_probe_rtt = min(seen->least_cwnd_in_probe_rtt, f->cc.cwnd);
	seen->most_queue = max(seen->most_queue, path_queue(p));
}

/**
 * bbr_watch() - note what happens from now on
 * @p:		the path
 */
struct seen *bbr_watch(struct path *p)
{
	struct seen *seen = kunit_kzalloc(p->test, sizeof(*seen), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(p->test, seen);
	seen->least_cwnd_in_probe_rtt = U32_MAX;
	p->priv = seen;
	p->watch = note;
	return seen;
}

/* ---- paths of many rates and delays ---- */

struct shape {
	u64 rate;
	u32 rtt_us;
};

static const struct shape path_shapes[] = {
	{ 8000, 1000 },			/* 64 kbit/s: a BDP of no packet (A.14) */
	{ 1 * MBIT, 100000 },
	{ 10 * MBIT, 200000 },
	{ 50 * MBIT, 20000 },
	{ 1000 * MBIT, 10000 },
	{ 1000 * MBIT, 100 },
	{ 10000 * MBIT, 100 },
};

static void shape_desc(const struct shape *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%llu octets a second, %u us",
		 (unsigned long long)s->rate, s->rtt_us);
}

KUNIT_ARRAY_PARAM(shape, path_shapes, shape_desc);

/*
 * A.1, A.3, A.14: Startup ends on the plateau, with the bandwidth known to 2 %, Drain
 * empties the queue, and the round-trip time is that of the path.
 * [BBR-FULLBW] [BBR-DRAIN] [BBR-MAXBW] [BBR-MINRTT] [BBR-ROUND]
 */
static void path__learnt(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct path *p = path_new(test, s->rate, s->rtt_us, 1U << 30);
	struct seen *seen = bbr_watch(p);
	struct path_flow *f = path_flow(p, "bbr", 0);
	const struct atcp_bbr *b = bbr_of_flow(f);
	u32 bdp = path_bdp(p), one = (u32)div64_u64(PATH_MSS * SECOND, s->rate);
	u32 doublings = 0;

	while (bdp >> doublings > 10 * PATH_MSS)
		doublings++;
	KUNIT_EXPECT_TRUE(test, path_until(p, 30 * SECOND, b->full_bw_reached));
	KUNIT_EXPECT_LE(test, seen->rounds_of_startup, doublings + 7);
	within(test, atcp_bbr_max_bw(b), s->rate, 2);
	within(test, b->min_rtt, s->rtt_us + one, 2);
	KUNIT_EXPECT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_CRUISE));
	KUNIT_EXPECT_LE(test, path_queue(p), atcp_bbr_quantized(&f->cc, b, bdp));
	KUNIT_EXPECT_GE(test, rate_in(p, f, 2 * SECOND + 20 * (u64)s->rtt_us), full(p));
	KUNIT_EXPECT_EQ(test, f->octets_lost, 0ULL);
}

/* 5.6.1: no queue but that of probing, which is less than a BDP and a half. [BBR-GAINS] */
static void queue__short(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct seen *seen = bbr_watch(p);
	u64 cruising = 0, queued = 0;
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		path_run(p, 5 * MSEC);
		if (bbr_of_flow(f)->state != ATCP_BBR_PROBE_BW_CRUISE)
			continue;
		cruising++;
		queued += path_queue(p) > 5 * PATH_MSS;
	}
	KUNIT_EXPECT_LE(test, seen->most_queue, path_bdp(p) * 3 / 2);
	KUNIT_EXPECT_GT(test, cruising, 1000ULL);
	KUNIT_EXPECT_LE(test, queued, cruising / 20);
}

/*
 * A.5, A.8: the cycle turns, every two to three seconds, or 63 rounds.
 * [BBR-CYCLE] [BBR-GODOWN]
 */
static void cycle__turns(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct seen *seen = bbr_watch(p);

	seen->last = bbr_of_flow(f)->state;
	path_run(p, 20 * SECOND);
	KUNIT_EXPECT_GE(test, seen->entered[ATCP_BBR_PROBE_BW_UP], 6u);
	KUNIT_EXPECT_LE(test, seen->entered[ATCP_BBR_PROBE_BW_UP], 16u);
	KUNIT_EXPECT_LE(test, seen->entered[ATCP_BBR_PROBE_BW_REFILL] -
			      seen->entered[ATCP_BBR_PROBE_BW_UP], 1u);
	KUNIT_EXPECT_EQ(test, seen->entered[ATCP_BBR_STARTUP], 0u);
	KUNIT_EXPECT_EQ(test, seen->entered[ATCP_BBR_DRAIN], 0u);
}

/* ---- ProbeRTT ---- */

/*
 * A.10: with a queue that somebody else makes, so that min_rtt is not met, ProbeRTT
 * comes every five seconds, with half a BDP, for 200 ms. [BBR-PROBERTT]
 */
static void probe_rtt__every_five_seconds(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct seen *seen = bbr_watch(p);
	const struct atcp_bbr *b = bbr_of_flow(f);
	u64 entered, left;
	u32 bdp = path_bdp(p);

	p->rtt_us += 3000;
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_RTT));
	KUNIT_ASSERT_TRUE(test, path_until(p, SECOND, b->probe_rtt_waits));
	entered = p->now;
	KUNIT_EXPECT_LE(test, f->inflight, atcp_bbr_probe_rtt_cwnd(&f->cc, b));
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_CRUISE));
	left = p->now;
	KUNIT_EXPECT_GE(test, left - entered, 195 * MSEC * 1000);
	KUNIT_EXPECT_LE(test, left - entered, 300 * MSEC * 1000);
	KUNIT_EXPECT_GE(test, seen->least_cwnd_in_probe_rtt, 4u * PATH_MSS);
	within(test, seen->least_cwnd_in_probe_rtt, bdp / 2, 10);
	path_run(p, 10 * SECOND);
	KUNIT_EXPECT_GE(test, seen->entered[ATCP_BBR_PROBE_RTT], 2u);
	KUNIT_EXPECT_LE(test, seen->entered[ATCP_BBR_PROBE_RTT], 3u);
	/* The longer path is believed once two of them have found nothing shorter. */
	within(test, b->min_rtt, p->rtt_us + 80, 2);
	KUNIT_EXPECT_GE(test, rate_in(p, f, 4 * SECOND), full(p));
}

/* What ProbeRTT measured with little in flight does not lower max_bw. [BBR-PROBERTT] */
static void probe_rtt__shows_no_bandwidth(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct atcp_bbr *b = bbr_of_flow(f);

	p->rtt_us += 3000;
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_RTT));
	memset(b->max_bw_filter, 0, sizeof(b->max_bw_filter));
	b->max_bw_filter[0] = 100 * MBIT;
	KUNIT_ASSERT_TRUE(test, path_until(p, SECOND, b->probe_rtt_waits));
	path_run(p, 100 * MSEC);
	b->max_bw_filter[1] = 0;
	path_run(p, 90 * MSEC);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_RTT);
	KUNIT_EXPECT_EQ(test, b->max_bw_filter[1], 0ULL);
	path_run(p, SECOND);
	KUNIT_EXPECT_FALSE(test, b->quiet);
	within(test, b->max_bw_filter[1], 100 * MBIT, 5);
}

/* A.20: from Startup, and back to it. [BBR-PROBERTT] */
static void probe_rtt__in_startup(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = path_flow(p, "bbr", 0);
	const struct atcp_bbr *b = bbr_of_flow(f);

	f->app_rate = MBIT;		/* never limited by the path: no plateau */
	path_run(p, SECOND);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	p->rtt_us += 3000;
	KUNIT_EXPECT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_RTT));
	KUNIT_EXPECT_FALSE(test, b->full_bw_reached);
	KUNIT_EXPECT_TRUE(test, path_until(p, SECOND, b->state == ATCP_BBR_STARTUP));
	f->app_rate = 0;
	KUNIT_EXPECT_TRUE(test, run_to(p, f, ATCP_BBR_DRAIN));
	within(test, atcp_bbr_max_bw(b), p->rate, 2);
}

/* A.11: silence has emptied the queue: no ProbeRTT. [BBR-IDLE] */
static void idle__needs_no_probe_rtt(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	struct seen *seen = bbr_watch(p);
	const struct atcp_bbr *b = bbr_of_flow(f);
	u32 cwnd;

	f->silent = true;
	path_run(p, 7 * SECOND);
	KUNIT_EXPECT_EQ(test, f->inflight, 0u);
	cwnd = f->cc.cwnd;
	f->silent = false;
	path_run(p, 10);
	KUNIT_EXPECT_TRUE(test, b->idle_restart);
	KUNIT_EXPECT_EQ(test, f->cc.cwnd, cwnd);
	within(test, f->cc.pacing_rate, p->rate * 99 / 100, 2);
	path_run(p, RTT);
	KUNIT_EXPECT_LE(test, path_queue(p), 5u * PATH_MSS);
	path_run(p, SECOND);
	KUNIT_EXPECT_FALSE(test, b->idle_restart);
	KUNIT_EXPECT_EQ(test, seen->entered[ATCP_BBR_PROBE_RTT], 0u);
	KUNIT_EXPECT_EQ(test, seen->entered[ATCP_BBR_STARTUP], 0u);
	KUNIT_EXPECT_GE(test, rate_in(p, f, SECOND), full(p));
}

/* A connection that falls silent in ProbeRTT leaves it when it speaks again. [BBR-IDLE] */
static void idle__ends_probe_rtt(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);
	const struct atcp_bbr *b = bbr_of_flow(f);
	u32 before;

	p->rtt_us += 3000;
	KUNIT_ASSERT_TRUE(test, path_until(p, 30 * SECOND, b->probe_rtt_waits));
	before = b->prior_cwnd;
	f->silent = true;
	path_run(p, SECOND);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_RTT);
	f->silent = false;
	path_run(p, 10);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_PROBE_BW_CRUISE);
	KUNIT_EXPECT_EQ(test, f->cc.cwnd, before);
}

/* ---- users that send little ---- */

/*
 * A.7, A.22: what the user limits is no plateau, and lowers nothing.
 * [BBR-MAXBW] [BBR-FULLBW]
 */
static void app_limited__teaches_nothing(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 1U << 30);
	struct path_flow *f = path_flow(p, "bbr", 0);
	const struct atcp_bbr *b = bbr_of_flow(f);

	f->app_rate = 5 * MBIT;
	path_run(p, 4 * SECOND);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	KUNIT_EXPECT_FALSE(test, b->full_bw_now);
	f->app_rate = 0;
	KUNIT_ASSERT_TRUE(test, run_to(p, f, ATCP_BBR_PROBE_BW_CRUISE));
	f->app_rate = 5 * MBIT;
	path_run(p, 20 * SECOND);
	within(test, atcp_bbr_max_bw(b), p->rate, 2);
	f->app_rate = 0;
	KUNIT_EXPECT_GE(test, rate_in(p, f, SECOND), full(p) * 9 / 10);
}

/* ---- a path that changes ---- */

/* A.15 [BBR-UPWARD] */
static void bandwidth__ten_times_more(struct kunit *test)
{
	struct path *p = path_new(test, 10 * MBIT, RTT, 1U << 30);
	struct path_flow *f = to_probe_bw(p);

	p->rate = 100 * MBIT;
	path_run(p, 8 * SECOND);
	KUNIT_EXPECT_GE(test, rate_in(p, f, 2 * SECOND), full(p));
}

/* A.15 with a bound that losses have set before: it doubles its steps. [BBR-UPWARD] */
static void bandwidth__ten_times_more_after_losses(struct kunit *test)
{
	struct path *p = path_new(test, 10 * MBIT, RTT, 10 * PATH_MSS);
	struct path_flow *f = to_probe_bw(p);
	struct atcp_bbr *b = bbr_of_flow(f);

	KUNIT_ASSERT_TRUE(test, path_until(p, 30 * SECOND, b->inflight_longterm != U32_MAX));
	KUNIT_EXPECT_LE(test, b->inflight_longterm, path_bdp(p) + 12 * PATH_MSS);
	p->rate = 100 * MBIT;
	p->buffer = 1U << 30;
	path_run(p, 12 * SECOND);
	KUNIT_EXPECT_GE(test, b->inflight_longterm, path_bdp(p));
	KUNIT_EXPECT_GE(test, rate_in(p, f, 2 * SECOND), full(p));
}

/*
 * A.16: the short-term model at once, max_bw after two cycles.
 * [BBR-SHORTTERM] [BBR-MAXBWFILTER]
 */
static void bandwidth__ten_times_less(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, RTT, 100000);
	struct path_flow *f = to_probe_bw(p);
	const struct atcp_bbr *b = bbr_of_flow(f);

	path_run(p, SECOND);
	p->rate = 10 * MBIT;
	KUNIT_EXPECT_TRUE(test, path_until(p, SECOND, atcp_bbr_bw(b) <= 40 * MBIT));
	path_run(p, 12 * SECOND);
	KUNIT_EXPECT_LE(test, atcp_bbr_max_bw(b), p->rate * 115 / 100);
	KUNIT_EXPECT_GE(test, rate_in(p, f, 4 * SECOND), p->rate * 85 / 100);
	KUNIT_EXPECT_LE(test, f->octets_lost * 20, f->octets_sent);
}

/* ---- others ---- */

/*
 * One that comes later gets its share, without a loss: within a minute Jain's index is
 * above 0.95, and the link is in use.
 */
static void flows__share(struct kunit *test)
{
	struct path *p = path_new(test, 50 * MBIT, RTT, 250000);
	struct path_flow *f = path_flow(p, "bbr", 0);
	struct path_flow *g = path_flow(p, "bbr", 2 * SECOND);
	u64 x, y;

	path_run(p, 60 * SECOND);
	KUNIT_EXPECT_EQ(test, f->octets_lost + g->octets_lost, 0ULL);
	x = f->octets;
	y = g->octets;
	path_run(p, 10 * SECOND);
	x = div_u64(f->octets - x, 10000);
	y = div_u64(g->octets - y, 10000);
	KUNIT_EXPECT_GE(test, (x + y) * (x + y) * 100, 2 * (x * x + y * y) * 95);
	KUNIT_EXPECT_GE(test, (x + y) * 1000, full(p));
}

/* Beside CUBIC neither starves. */
static void flows__share_with_cubic(struct kunit *test)
{
	struct path *p = path_new(test, 50 * MBIT, RTT, 125000);
	struct path_flow *f = path_flow(p, "bbr", 0);
	struct path_flow *g = path_flow(p, "cubic", 0);

	path_run(p, 40 * SECOND);
	KUNIT_EXPECT_GE(test, div_u64(f->octets, 40), p->rate / 10);
	KUNIT_EXPECT_GE(test, div_u64(g->octets, 40), p->rate / 10);
}

/*
 * A.12, A.13: ACKs that come in heaps: cwnd makes up for the silence between them.
 * [BBR-EXTRAACKED]
 */
static void aggregation__made_up_for(struct kunit *test)
{
	struct path *p = path_new(test, 100 * MBIT, 4000, 1U << 30);
	struct path_flow *f;
	const struct atcp_bbr *b;

	p->gather_us = 10000;
	f = path_flow(p, "bbr", 0);
	b = bbr_of_flow(f);
	path_run(p, 4 * SECOND);
	KUNIT_EXPECT_GE(test, b->extra_acked_filter.value[0], 20u * PATH_MSS);
	KUNIT_EXPECT_GE(test, rate_in(p, f, 2 * SECOND), p->rate * 90 / 100);
	p->gather_us = 0;
	path_run(p, 2 * SECOND);
	KUNIT_EXPECT_LE(test, b->extra_acked_filter.value[0], 10u * PATH_MSS);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(path__learnt, shape_gen_params),
	KUNIT_CASE(queue__short),
	KUNIT_CASE(cycle__turns),
	KUNIT_CASE(probe_rtt__every_five_seconds),
	KUNIT_CASE(probe_rtt__shows_no_bandwidth),
	KUNIT_CASE(probe_rtt__in_startup),
	KUNIT_CASE(idle__needs_no_probe_rtt),
	KUNIT_CASE(idle__ends_probe_rtt),
	KUNIT_CASE(app_limited__teaches_nothing),
	KUNIT_CASE(bandwidth__ten_times_more),
	KUNIT_CASE(bandwidth__ten_times_more_after_losses),
	KUNIT_CASE(bandwidth__ten_times_less),
	KUNIT_CASE(flows__share),
	KUNIT_CASE(flows__share_with_cubic),
	KUNIT_CASE(aggregation__made_up_for),
	{}
};

static struct kunit_suite suite = {
	.name = "atcp_bbr_path",
	.test_cases = cases,
};

kunit_test_suite(suite);
