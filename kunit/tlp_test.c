// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of tlp.c: RFC 8985, section 7.
 */

#include "../module/core/tlp.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define RTT	MSEC(50)

/* A round trip was seen: 50 ms; RTO is 200 ms. */
static struct trial *probing(struct kunit *test, u32 *mss)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	*mss = atcp_eff_mss(&t->tcb);
	t->tcb.p.early_retrans = 3;
	t->tcb.rtt.srtt = RTT;
	t->tcb.rtt.rttvar = 0;
	t->tcb.rtt.rto = MSEC(300);
	t->tcb.tlp.sampled = 1;
	return t;
}

static u64 due(const struct trial *t)
{
	u64 tail = t->tcb.deadline[ATCP_TIMER_TAIL];

	return tail ? tail - t->now : 0;
}

/* [R8985-PTO] [R8985-TIMEREXCL]: never later than the RTO */
static void schedule__when(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	user_send(t, 2 * mss);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, due(t), 2 * RTT + LEAST_PTO);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + mss));
	/* One segment: its ACK may be delayed; the RTO is the limit. */
	t->tcb.rtt.srtt = RTT;
	t->tcb.rtt.rto = MSEC(300);
	t->tcb.deadline[ATCP_TIMER_RETRANSMIT] = t->now + MSEC(300);
	atcp_tlp_schedule(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, due(t), MSEC(300));
	t->tcb.deadline[ATCP_TIMER_RETRANSMIT] = t->now + MSEC(301);
	atcp_tlp_schedule(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, due(t), MSEC(300));
	t->tcb.deadline[ATCP_TIMER_RETRANSMIT] = t->now + MSEC(250);
	atcp_tlp_schedule(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, due(t), MSEC(250));
	/* Nothing measured: a second */
	t->tcb.rtt.srtt = 0;
	t->tcb.deadline[ATCP_TIMER_RETRANSMIT] = t->now + SEC(3);
	atcp_tlp_schedule(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, due(t), SEC(1));
	/* New text puts it off. */
	t->tcb.rtt.srtt = RTT;
	after(t, MSEC(30));
	user_send(t, 2 * mss);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, due(t), 2 * RTT + LEAST_PTO);
}

/* Nor where the segment is the first in flight, whose RTO begins with it. */
static void schedule__of_the_first(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	t->tcb.rtt.rto = MSEC(220);
	user_send(t, mss);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, due(t), MSEC(220));
}

/* [R8985-PTOCOND] [R8985-SACKREQ], each by itself */
static void may_probe__conditions(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);
	struct atcp_tcb *tcb = &t->tcb, was;

	KUNIT_EXPECT_FALSE(test, may_probe(tcb));	/* nothing in flight */
	user_send(t, 3 * mss);
	sent_whatever(t);
	was = *tcb;
	KUNIT_EXPECT_TRUE(test, may_probe(tcb));
	tcb->rec.state = ATCP_REDUCING;
	KUNIT_EXPECT_TRUE(test, may_probe(tcb));
#define NOT_WITH(change) do {					\
		*tcb = was;					\
		change;						\
		KUNIT_EXPECT_FALSE(test, may_probe(tcb));	\
	} while (0)
	NOT_WITH(tcb->opts_on &= ~ATCP_OPT_SACK_PERM);
	NOT_WITH(tcb->p.early_retrans = 0);
	NOT_WITH(tcb->syn_acked = 0);
	NOT_WITH(tcb->rec.state = ATCP_FAST_RECOVERY);
	NOT_WITH(tcb->rec.state = ATCP_LOSS);
	NOT_WITH(tcb->board.sacked = 1);
	NOT_WITH(tcb->board.lost = 1);
	NOT_WITH(tcb->tlp.on = 1);
	NOT_WITH(tcb->tlp.sampled = 0);
	NOT_WITH(tcb->snd.wnd = 0);
	NOT_WITH(tcb->persisting = 1);
	NOT_WITH(tcb->state = ATCP_SYN_RECEIVED);
	*tcb = was;
	t->lenient = true;
}

/* [R8985-PROBE] [R8985-REARM]: the last segment again; then it is the RTO's turn. */
static void probe__last_segment(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	user_send(t, 3 * mss);
	sent_whatever(t);
	next_deadline(t);
	counted(t, ATCP_EV_LOSS_PROBE);
	sent(t, SEG(ACK, .seq = 1 + 2 * mss, .ack = 1, .text = mss));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, due(t), 0ULL);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
			t->now + atcp_rto_current(&t->tcb));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.tlp.again, 1);
	KUNIT_EXPECT_EQ(test, t->tcb.tlp.end, t->tcb.snd.nxt);
	next_deadline(t);
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	sent_whatever(t);
}

/* New text rather than old, whatever cwnd says; a FIN is text here. */
static void probe__new_text(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	t->tcb.cc.cwnd = 2 * mss;
	user_send(t, 5 * mss);
	sent_text(t, 1, 1 + 2 * mss);
	sent_no_more(t);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1 + 2 * mss, .ack = 1, .text = mss));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.tlp.again, 0);
	/* Its ACK, and that of all before, tells of no loss. */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 3 * mss));
	not_counted(t, ATCP_EV_LOSS_PROBE_RECOVERY);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.tlp.on, 0);
	sent_whatever(t);
}

/* A probe that is new and not full is what Nagle's algorithm waits for. */
static void probe__new_text_not_full(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	t->tcb.cc.cwnd = 2 * mss;
	user_send(t, 2 * mss + 100);
	sent_text(t, 1, 1 + 2 * mss);
	sent_no_more(t);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1 + 2 * mss, .ack = 1, .text = 100));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.small, t->tcb.snd.nxt);
}

static void probe__fin(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	user_send(t, 100);
	sent_whatever(t);
	user_close(t);
	sent_whatever(t);
	next_deadline(t);
	sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = 100));
	sent_no_more(t);
}

/* The window has no room for more: the old one it is. */
static void probe__window_full(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);
	u32 wnd = (2 * mss) >> PEER_WSCALE;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = wnd));
	user_send(t, 5 * mss);
	sent_text(t, 1, 1 + 2 * mss);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1 + mss, .ack = 1, .text = mss));
	sent_no_more(t);
}

/* The peer took back what the last segment lay in, or a part of that: not beyond it. [SHLD-17] */
static void probe__window_taken_back(struct kunit *test)
{
	static const int more[] = { -1, 1 };		/* units of the window field */
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(more); i++) {
		u32 mss;
		struct trial *t = probing(test, &mss);
		u32 wnd = (2 * mss >> PEER_WSCALE) + more[i];
		u32 edge = wnd << PEER_WSCALE;

		user_send(t, 3 * mss);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = wnd));
		KUNIT_ASSERT_GT(test, due(t), 0ULL);
		next_deadline(t);
		counted(t, ATCP_EV_LOSS_PROBE);
		if (edge > 2 * mss)
			sent(t, SEG(ACK, .seq = 1 + 2 * mss, .ack = 1, .text = edge - 2 * mss));
		sent_no_more(t);
		next_deadline(t);
		counted(t, ATCP_EV_RETRANS_TIMEOUT);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = mss));
		sent_no_more(t);
	}
}

/* [R8985-TLPCC]: the last was lost, the probe repaired it, and what came after tells so. */
static void acked__probe_repaired(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	user_send(t, 4 * mss);
	sent_whatever(t);
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 3 * mss));
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1 + 3 * mss, .ack = 1, .text = mss));
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 4 * mss));
	not_counted(t, ATCP_EV_LOSS_PROBE_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	user_send(t, mss);
	sent_whatever(t);
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 5 * mss));
	counted(t, ATCP_EV_LOSS_PROBE_RECOVERY);
	KUNIT_EXPECT_LT(test, t->tcb.cc.ssthresh, U32_MAX);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, t->tcb.cc.ssthresh);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.tlp.on, 0);
}

/* A D-SACK, or one ACK more: two copies arrived, nothing was lost. */
static void acked__probe_was_too_much(struct kunit *test)
{
	unsigned int how;

	for (how = 0; how < 2; how++) {
		u32 mss;
		struct trial *t = probing(test, &mss);

		user_send(t, 4 * mss);
		sent_whatever(t);
		next_deadline(t);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 4 * mss));
		KUNIT_EXPECT_EQ(test, (int)t->tcb.tlp.on, 1);
		user_send(t, mss);
		sent_whatever(t);
		if (how)
			arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 4 * mss,
				      BLOCKS(1, { 1 + 3 * mss, 1 + 4 * mss })));
		else
			arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 4 * mss));
		KUNIT_EXPECT_EQ(test, (int)t->tcb.tlp.on, 0);
		/* and it does not tell RACK that the path reorders more than it thought */
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 0);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 5 * mss));
		not_counted(t, ATCP_EV_LOSS_PROBE_RECOVERY);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	}
}

/* What it is for: its SACK shows that all before it is missing. */
static void probe__starts_recovery(struct kunit *test)
{
	u32 mss;
	struct trial *t = probing(test, &mss);

	t->tcb.rtt.min = RTT;
	t->tcb.rtt.min_at = t->now;
	user_send(t, 6 * mss);
	sent_whatever(t);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1 + 5 * mss, .ack = 1, .text = mss));
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(1, { 1 + 5 * mss, 1 + 6 * mss })));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	sent_text(t, 1, 1 + mss);
	sent_whatever(t);
}

static struct kunit_case tlp_cases[] = {
	KUNIT_CASE(may_probe__conditions),
	KUNIT_CASE(schedule__when),
	KUNIT_CASE(schedule__of_the_first),
	KUNIT_CASE(probe__last_segment),
	KUNIT_CASE(probe__new_text),
	KUNIT_CASE(probe__new_text_not_full),
	KUNIT_CASE(probe__fin),
	KUNIT_CASE(probe__window_full),
	KUNIT_CASE(probe__window_taken_back),
	KUNIT_CASE(probe__starts_recovery),
	KUNIT_CASE(acked__probe_repaired),
	KUNIT_CASE(acked__probe_was_too_much),
	{}
};

TRIAL_SUITE(tlp, tlp_cases);
