// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of metrics.c: what a connection begins with, and what it leaves behind
 * (RFC 9040), and what a route asks for.
 */

#include "../module/core/metrics.c"
#include <linux/kernel.h>
#include "atcp_test.h"

static const struct world plain = {
	.name = "plain", .passive = true, .iss = 100000, .irs = 500000,
	.start = TRIAL_START, .features = PLAIN, .peer_plain = true,
};

/* ESTABLISHED by way of a route that asks for something. */
static struct trial *routed(struct kunit *test, const struct atcp_route_wants *route)
{
	struct trial *t = trial_new(test, &plain);

	t->tcb.route = *route;
	trial_open_passive(t);
	arrive(t, SEG(SYN));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	KUNIT_ASSERT_EQ(test, (int)t->tcb.state, ATCP_ESTABLISHED);
	return t;
}

static void initcwnd(struct kunit *test)
{
	struct trial *t = routed(test, &(const struct atcp_route_wants){ .initcwnd = 25 });

	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 25000u);
	user_send(t, 30000);
	sent_text(t, 1, 25001);
	sent_no_more(t);

	t = routed(test, &(const struct atcp_route_wants){ .initcwnd = U32_MAX });
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, ATCP_CWND_MAX);
	t = routed(test, &(const struct atcp_route_wants){ 0 });
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10000u);
}

/* After a pause as well; a SYN that was lost says that the path is full. */
static void initcwnd__restart_and_lost_syn(struct kunit *test)
{
	struct trial *t = routed(test, &(const struct atcp_route_wants){ .initcwnd = 4 });
	unsigned int i;

	for (i = 0; i < 4; i++) {
		user_send(t, 8000);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t)));
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t)));
		sent_whatever(t);
	}
	KUNIT_ASSERT_GT(test, t->tcb.cc.cwnd, 4000u);
	after(t, SEC(30));
	user_send(t, 1000);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 4000u);

	t = trial_new(test, &plain);
	t->tcb.route.initcwnd = 4;
	trial_open_passive(t);
	arrive(t, SEG(SYN));
	sent_whatever(t);
	next_deadline(t);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 1000u);
}

static void rto_min(struct kunit *test)
{
	struct trial *t = routed(test, &(const struct atcp_route_wants){ .rto_min_ms = 50 });

	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(5));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	KUNIT_EXPECT_GE(test, atcp_rto_current(&t->tcb), MSEC(50));
	KUNIT_EXPECT_LT(test, atcp_rto_current(&t->tcb), MSEC(60));
	t->tcb.route.rto_min_ms = 0;
	KUNIT_EXPECT_EQ(test, atcp_rto_current(&t->tcb), MSEC(200));
	t->tcb.route.rto_min_ms = U32_MAX;
	KUNIT_EXPECT_EQ(test, atcp_rto_current(&t->tcb), SEC(120));
}

/* Each segment at once, however long the connection lasts. */
static void quickack(struct kunit *test)
{
	unsigned int quick, i;

	for (quick = 0; quick < 2; quick++) {
		struct trial *t = routed(test, &(const struct atcp_route_wants){
					 .quickack = quick });

		for (i = 0; i < 40; i++) {
			arrive(t, SEG(ACK, .seq = 1 + 10 * i, .ack = 1, .text = 10));
			sent_whatever(t);
			user_receive(t, 10);
			sent_whatever(t);
		}
		arrive(t, SEG(ACK, .seq = 401, .ack = 1, .text = 10));
		if (quick)
			sent(t, SEG(ACK, .seq = 1, .ack = 411));
		sent_no_more(t);
	}
}

/* A SYN came, and the shell has not sent the SYN,ACK. */
static struct trial *limited(struct kunit *test, bool autotune, u32 limit)
{
	struct trial *t = trial_new(test, &plain);
	struct atcp_seg syn = { .ctl = SYN, .seq = t->irs, .wnd = PEER_WND };

	t->tcb.p.features |= autotune ? ATCP_F_AUTOTUNE : 0;
	trial_open_passive(t);
	trial_begin(t);
	atcp_segment_arrives(&t->tcb, &syn, t->iss, t->room, t->now, &t->fx);
	atcp_initial_rwnd(&t->tcb, limit);
	trial_end(t);
	return t;
}

/* The window of the SYN; a buffer that follows its reader begins there, too. */
static void initrwnd(struct kunit *test)
{
	unsigned int autotune;

	for (autotune = 0; autotune < 2; autotune++) {
		struct trial *t = limited(test, autotune, 4000);

		sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .wnd = 4000));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.buff, autotune ? 4000u : TRIAL_BUFF);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1000));
		sent(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = autotune ? 3000 : 64536));
		user_receive(t, 1000);
		sent_whatever(t);
	}
	/* never more than there is */
	limited(test, false, 1 << 20);
	sent((struct trial *)test->priv, SEG(SYN | ACK, .seq = 0, .ack = 1, .wnd = 65535));
}

static void nothing_known(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_tcb was = t->tcb;
	struct atcp_metrics m = { 0 };

	atcp_metrics_use(&t->tcb, &m);
	KUNIT_EXPECT_EQ(test, memcmp(&was, &t->tcb, sizeof(was)), 0);
}

static void ssthresh_and_cwnd(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){ .ssthresh = 20, .cwnd = 7 });
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 20000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10000u);	/* what it was says nothing */

	t = plain_in(test, ATCP_ESTABLISHED);
	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){ .ssthresh = 1 });
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 2000u);

	t = plain_in(test, ATCP_ESTABLISHED);
	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){
			 .ssthresh = 20, .cwnd = 7, .locked = ATCP_METRIC_CWND });
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 7000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 7000u);
}

/* A locked cwnd is as far as it ever goes. */
static void cwnd__locked(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){
			 .cwnd = 12, .locked = ATCP_METRIC_CWND });
	for (i = 0; i < 10; i++) {
		user_send(t, 20000);
		sent_whatever(t);
		KUNIT_EXPECT_LE(test, snd_nxt(t) - snd_una(t), 12000u);
		arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t)));
		sent_whatever(t);
	}
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 12000u);
	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){
			 .cwnd = 12, .locked = 0xff & ~ATCP_METRIC_CWND });
	KUNIT_EXPECT_EQ(test, t->tcb.snd.cwnd_clamp, 0u);
}

/* The first time-out only: a sample makes it the connection's own. */
static void rtt(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){ .rtt = 400000 });
	KUNIT_EXPECT_EQ(test, atcp_rto_current(&t->tcb), MSEC(1200));
	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(5));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	KUNIT_EXPECT_LT(test, atcp_rto_current(&t->tcb), MSEC(300));

	t = plain_in(test, ATCP_ESTABLISHED);
	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){ .rtt = 30000 });
	KUNIT_EXPECT_EQ(test, atcp_rto_current(&t->tcb), MSEC(230));

	t->tcb.rtt.srtt = 50000;	/* the SYN took longer than that */
	t->tcb.rtt.rto = 150000;
	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){ .rtt = 30000 });
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.rto, 150000u);
}

/* More duplicate ACKs before a segment is taken for lost. */
static void reordering(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){ .reordering = 5 });
	user_send(t, 10000);
	sent_whatever(t);
	for (i = 1; i <= 5; i++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		KUNIT_EXPECT_EQ(test, t->tcb.rec.state == ATCP_FAST_RECOVERY, i == 5);
	}
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10000u);

	t = plain_in(test, ATCP_ESTABLISHED);
	atcp_metrics_use(&t->tcb, &(const struct atcp_metrics){ .reordering = 1000 });
	KUNIT_EXPECT_EQ(test, t->tcb.reordering, U8_MAX);
}

/* ---- learning ---- */

struct learning {
	u32 cwnd;		/* of the connection, segments */
	u32 ssthresh;		/* 0: never set */
	bool recovering;
	u8 reordering;
	struct atcp_metrics before;
	u32 want_cwnd;
	u32 want_ssthresh;
	u32 want_reordering;
};

static const struct learning learnings[] = {
	/* in the first slow start cwnd may only be too small */
	{ .cwnd = 30, .want_cwnd = 30 },
	{ .cwnd = 30, .before = { .cwnd = 40, .ssthresh = 10 },
	  .want_cwnd = 40, .want_ssthresh = 15 },
	{ .cwnd = 30, .before = { .cwnd = 10, .ssthresh = 20 },
	  .want_cwnd = 30, .want_ssthresh = 20 },
	/* in congestion avoidance both are good */
	{ .cwnd = 30, .ssthresh = 20, .want_cwnd = 15, .want_ssthresh = 20 },
	{ .cwnd = 30, .ssthresh = 10, .before = { .cwnd = 50, .ssthresh = 40 },
	  .want_cwnd = 40, .want_ssthresh = 15 },
	/* else ssthresh tells more, and reordering is worth to be known */
	{ .cwnd = 5, .ssthresh = 20, .reordering = 9, .before = { .cwnd = 10, .ssthresh = 12 },
	  .want_cwnd = 15, .want_ssthresh = 20, .want_reordering = 9 },
	{ .cwnd = 30, .ssthresh = 20, .recovering = true, .reordering = 3,
	  .before = { .cwnd = 10, .ssthresh = 25, .reordering = 0 },
	  .want_cwnd = 15, .want_ssthresh = 25 },
	{ .cwnd = 5, .ssthresh = 20, .reordering = 9, .before = { .reordering = 12 },
	  .want_cwnd = 10, .want_reordering = 12 },
	/* what the route has locked stays */
	{ .cwnd = 5, .ssthresh = 20, .reordering = 9,
	  .before = { .cwnd = 3, .ssthresh = 4, .reordering = 5, .locked = 0x1f },
	  .want_cwnd = 3, .want_ssthresh = 4, .want_reordering = 5 },
	{ .cwnd = 30, .ssthresh = 20, .before = { .cwnd = 3, .ssthresh = 4, .locked = 0x1f },
	  .want_cwnd = 3, .want_ssthresh = 4 },
	{ .cwnd = 30, .before = { .cwnd = 3, .ssthresh = 4, .locked = 0x1f },
	  .want_cwnd = 3, .want_ssthresh = 4 },
};

static struct atcp_tcb learnt_from(struct kunit *test, const struct learning *l)
{
	struct atcp_tcb tcb = plain_in(test, ATCP_ESTABLISHED)->tcb;

	tcb.rtt.srtt = 8000;
	tcb.rtt.rttvar = 1000;
	tcb.cc.cwnd = l->cwnd * 1000;
	tcb.cc.ssthresh = l->ssthresh ? l->ssthresh * 1000 : U32_MAX;
	tcb.rec.state = l->recovering ? ATCP_FAST_RECOVERY : ATCP_OPEN;
	if (l->reordering)
		tcb.reordering = l->reordering;
	return tcb;
}

static void learns_windows(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(learnings); i++) {
		const struct learning *l = &learnings[i];
		struct atcp_tcb tcb = learnt_from(test, l);
		struct atcp_metrics m = l->before;

		KUNIT_EXPECT_TRUE(test, atcp_metrics_learn(&tcb, &m, true));
		KUNIT_EXPECT_EQ_MSG(test, m.cwnd, l->want_cwnd, "%u", i);
		KUNIT_EXPECT_EQ_MSG(test, m.ssthresh, l->want_ssthresh, "%u", i);
		KUNIT_EXPECT_EQ_MSG(test, m.reordering, l->want_reordering, "%u", i);

		m = l->before;
		atcp_metrics_learn(&tcb, &m, false);
		KUNIT_EXPECT_EQ_MSG(test, m.ssthresh, l->before.ssthresh, "%u", i);
	}
}

static void learns_rtt(struct kunit *test)
{
	static const struct learning usual = { .cwnd = 10 };
	struct atcp_tcb tcb = learnt_from(test, &usual);
	struct atcp_metrics m = { 0 };

	atcp_metrics_learn(&tcb, &m, false);
	KUNIT_EXPECT_EQ(test, m.rtt, 8000u);
	KUNIT_EXPECT_EQ(test, m.rttvar, 8000u);		/* all is new */
	m.rtt = 16000;					/* down by an eighth */
	m.rttvar = 2000;
	atcp_metrics_learn(&tcb, &m, false);
	KUNIT_EXPECT_EQ(test, m.rtt, 15000u);
	KUNIT_EXPECT_EQ(test, m.rttvar, 8000u);
	m.rtt = 8000;
	m.rttvar = 5000;				/* and by a quarter */
	atcp_metrics_learn(&tcb, &m, false);
	KUNIT_EXPECT_EQ(test, m.rtt, 8000u);
	KUNIT_EXPECT_EQ(test, m.rttvar, 4000u);
	m.locked = ATCP_METRIC_RTT | ATCP_METRIC_RTTVAR;
	m.rtt = 1;
	m.rttvar = 2;
	atcp_metrics_learn(&tcb, &m, false);
	KUNIT_EXPECT_EQ(test, m.rtt, 1u);
	KUNIT_EXPECT_EQ(test, m.rttvar, 2u);
}

/* It ended without a round trip, or in time-outs: what was known is in doubt. */
static void learns_nothing(struct kunit *test)
{
	static const struct learning usual = { .cwnd = 10 };
	struct atcp_tcb tcb = learnt_from(test, &usual);
	struct atcp_metrics m = { .rtt = 5, .cwnd = 6 };

	tcb.rec.backoff = 1;
	KUNIT_EXPECT_FALSE(test, atcp_metrics_learn(&tcb, &m, true));
	KUNIT_EXPECT_EQ(test, m.rtt, 0u);
	KUNIT_EXPECT_EQ(test, m.cwnd, 6u);
	tcb.rec.backoff = 0;
	tcb.rtt.srtt = 0;
	m.rtt = 5;
	m.locked = ATCP_METRIC_RTT;
	KUNIT_EXPECT_FALSE(test, atcp_metrics_learn(&tcb, &m, true));
	KUNIT_EXPECT_EQ(test, m.rtt, 5u);
}

static struct kunit_case metrics_cases[] = {
	KUNIT_CASE(initcwnd),
	KUNIT_CASE(initcwnd__restart_and_lost_syn),
	KUNIT_CASE(rto_min),
	KUNIT_CASE(quickack),
	KUNIT_CASE(initrwnd),
	KUNIT_CASE(nothing_known),
	KUNIT_CASE(ssthresh_and_cwnd),
	KUNIT_CASE(cwnd__locked),
	KUNIT_CASE(rtt),
	KUNIT_CASE(reordering),
	KUNIT_CASE(learns_windows),
	KUNIT_CASE(learns_rtt),
	KUNIT_CASE(learns_nothing),
	{}
};

TRIAL_SUITE(metrics, metrics_cases);
