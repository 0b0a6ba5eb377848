// SPDX-License-Identifier: GPL-2.0
/*
 * Segments that go again, and probes: what they carry and what they leave in the
 * TCB (RFC 9293 sections 3.8.1 and 3.8.6.1; RFC 6298 section 5).
 */

#include <linux/kernel.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* Text and FIN again: PSH too, and what Nagle and the timers know is as it was. */
static void resend__leaves(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 100);
	sent_whatever(t);
	user_close(t);
	sent_whatever(t);
	t->tcb.snd.small = t->iss + 5000;
	t->now += SEC(3);
	atcp_recovery_resend(&t->tcb);
	trial_drain(t);
	sent(t, SEG(FIN | PSH | ACK, .seq = 1, .ack = 1, .text = 100));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.small, t->iss + 5000);
	KUNIT_EXPECT_EQ(test, t->tcb.board.again, 101u);	/* R6298-KARN */
	KUNIT_EXPECT_EQ(test, t->tcb.last_snd, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
			t->now + atcp_rto_current(&t->tcb));
}

/* [R6298-START] a fast retransmission has a whole RTO. */
static void resend__restarts_the_timer(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	user_send(t, 5000);
	sent_whatever(t);
	after(t, MSEC(100));
	for (i = 0; i < 3; i++)
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 1, 1001);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
			t->now + atcp_rto_current(&t->tcb));
}

/* CLOSE in SYN-RECEIVED: until the SYN is acknowledged it alone goes again. */
static void resend__not_before_the_syn(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_RECEIVED);

	user_close(t);
	sent_whatever(t);
	atcp_set_path_mss(&t->tcb, 100, t->now);
	trial_drain(t);
	sent_no_more(t);
}

/* One octet is a whole segment, as probes go. [MUST-35] */
static void probe__is_one_octet(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 small = t->tcb.snd.small;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	user_send(t, 100);
	next_deadline(t);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].mss, 1);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.small, small);
}

/* Asked for a probe with nothing to probe with, there is none. */
static void probe__of_nothing(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.send = ATCP_SEND_PROBE;
	trial_drain(t);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
	/* What it carries is not timed: it may be refused, and go again. */
	user_send(t, 10);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.board.again, 0u);
	t->tcb.send = ATCP_SEND_PROBE;
	trial_drain(t);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.board.again, 1u);
}

/* While something is in flight an ACK will come: neither probe nor override is due. */
static void waiting__for_an_ack(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 10);
	sent_text(t, 1, 11);
	user_send(t, 10);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_OVERRIDE], 0ULL);
	t->tcb.cork = 1;
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_PERSIST], 0ULL);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_OVERRIDE], 0ULL);
}

/* The override is due 200 ms after what waited first. */
static void waiting__since_the_first(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 due;

	t->tcb.cork = 1;
	user_send(t, 10);
	due = t->tcb.deadline[ATCP_TIMER_OVERRIDE];
	KUNIT_EXPECT_EQ(test, due, t->now + MSEC(200));
	after(t, MSEC(100));
	user_send(t, 10);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_OVERRIDE], due);
}

/* A window that opens before the first probe calls it off. [SHLD-29] */
static void waiting__until_the_window_opens(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	user_send(t, 100);
	sent_no_more(t);
	KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_PERSIST], 0ULL);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 1, 101);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_PERSIST], 0ULL);
}

static struct kunit_case resend_cases[] = {
	KUNIT_CASE(resend__leaves),
	KUNIT_CASE(resend__restarts_the_timer),
	KUNIT_CASE(resend__not_before_the_syn),
	KUNIT_CASE(probe__is_one_octet),
	KUNIT_CASE(probe__of_nothing),
	KUNIT_CASE(waiting__for_an_ack),
	KUNIT_CASE(waiting__since_the_first),
	KUNIT_CASE(waiting__until_the_window_opens),
	{}
};

TRIAL_SUITE(resend, resend_cases);
