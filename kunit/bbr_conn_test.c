// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of BBR within a connection: what the core tells it, and that nothing else
 * changes its window.
 */

#include <linux/kernel.h>
#include <linux/string.h>
#include <atcp/bbr.h>
#include "atcp_test.h"

/* From the handshake on, whose round trip took no time. */
static struct atcp_bbr *with_bbr(struct trial *t)
{
	memset(&t->tcb.rtt, 0, sizeof(t->tcb.rtt));
	t->tcb.p.cc = atcp_cc_find("bbr");
	atcp_cc_init(&t->tcb.cc, t->tcb.p.cc, t->tcb.cc.mss);
	return (struct atcp_bbr *)t->tcb.cc.priv;
}

/* A window of text, acknowledged after @rtt. */
static void round_trip(struct trial *t, u64 rtt)
{
	user_send(t, t->tcb.cc.cwnd);
	sent_whatever(t);
	after(t, rtt);
	arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t)));
	sent_whatever(t);
}

/* Each ACK tells it of bandwidth and round trip. */
static void conn__teaches_the_model(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_bbr *b = with_bbr(t);

	round_trip(t, MSEC(50));
	KUNIT_EXPECT_EQ(test, b->min_rtt, 50000u);
	KUNIT_EXPECT_EQ(test, atcp_bbr_max_bw(b), 10000ULL * 20);
	KUNIT_EXPECT_EQ(test, b->state, ATCP_BBR_STARTUP);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 20000u);
	KUNIT_EXPECT_TRUE(test, b->no_sack);
	round_trip(t, MSEC(50));
	KUNIT_EXPECT_EQ(test, atcp_bbr_max_bw(b), 20000ULL * 20);
	KUNIT_EXPECT_EQ(test, b->round_count, 2);
}

/* A pause leaves the window as it is, and is told of. [BBR-IDLE] */
static void conn__restarts_with_its_window(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_bbr *b = with_bbr(t);
	u32 seq;

	round_trip(t, MSEC(50));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 20000u);
	seq = snd_nxt(t);
	after(t, SEC(10));
	user_send(t, 25000);
	sent_text(t, seq, seq + 20000);
	sent_no_more(t);
	KUNIT_EXPECT_TRUE(test, b->idle_restart);
}

/* NewReno sends again what is lost, and leaves cwnd alone. */
static void conn__newreno_keeps_off(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_bbr *b = with_bbr(t);
	unsigned int i;

	user_send(t, 10000);
	sent_text(t, 1, 10001);
	after(t, MSEC(50));
	for (i = 0; i < 3; i++)
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1000));
	sent_no_more(t);
	KUNIT_EXPECT_TRUE(test, b->in_recovery);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10000u);
	after(t, MSEC(50));
	arrive(t, SEG(ACK, .seq = 1, .ack = 5001));	/* another one was lost */
	sent(t, SEG(ACK, .seq = 5001, .ack = 1, .text = 1000));
	sent_no_more(t);
	/* Startup has ended: what was delivered in the round bounds it. */
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, 5000u);
	KUNIT_EXPECT_LE(test, t->tcb.cc.cwnd, 10000u);
	after(t, MSEC(50));
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	KUNIT_EXPECT_FALSE(test, b->in_recovery);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, 5000u);
	KUNIT_EXPECT_LE(test, t->tcb.cc.cwnd, 10000u);
}

/*
 * A time-out: a segment more than is in flight, and the window of before when it is
 * over. [BBR-RTO]
 */
static void conn__times_out(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_bbr *b = with_bbr(t);
	u32 una;

	round_trip(t, MSEC(50));
	una = snd_nxt(t);
	user_send(t, 20000);
	sent_whatever(t);
	trial_next(t);
	sent(t, SEG(ACK, .seq = una, .ack = 1, .text = 1000));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 1000u);
	KUNIT_EXPECT_EQ(test, b->prior_cwnd, 20000u);
	after(t, MSEC(50));
	arrive(t, SEG(ACK, .seq = 1, .ack = una + 20000));
	KUNIT_EXPECT_FALSE(test, b->in_recovery);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, 20000u);
}

/* Losses that an ACK tells of count in its sample: five of ten segments. */
static void conn__loses_with_sack(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	struct atcp_bbr *b = with_bbr(t);

	user_send(t, 10000);
	sent_whatever(t);
	b->is_bw_probe_sample = 1;
	after(t, MSEC(50));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(1, { 5001, 9881 })));
	sent_whatever(t);
	KUNIT_EXPECT_TRUE(test, b->in_recovery);
	KUNIT_EXPECT_FALSE(test, b->no_sack);
	KUNIT_EXPECT_TRUE(test, b->prev_probe_too_high);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
}

/* What was sent at several times and kept as one shows no round trip. */
static void conn__joined_runs_show_no_rtt(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_bbr *b = with_bbr(t);
	unsigned int i;

	round_trip(t, MSEC(50));
	atcp_board_lend(&t->tcb.board, t->runs, 2);
	for (i = 0; i < 5; i++) {
		user_send(t, 1000);
		sent_whatever(t);
		after(t, MSEC(10));
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t) - 1000));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.latest, 0u);
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.min, 50000u);
	KUNIT_EXPECT_EQ(test, b->min_rtt, 50000u);
	after(t, MSEC(50));
	arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t)));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.latest, 60000u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(conn__teaches_the_model),
	KUNIT_CASE(conn__restarts_with_its_window),
	KUNIT_CASE(conn__newreno_keeps_off),
	KUNIT_CASE(conn__times_out),
	KUNIT_CASE(conn__loses_with_sack),
	KUNIT_CASE(conn__joined_runs_show_no_rtt),
	{}
};

TRIAL_SUITE(bbr_conn, cases);
