// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of timeouts.c: RFC 9293 sections 3.10.8, 3.8.3, 3.8.4, 3.8.6 and RFC 6298
 * section 5.  Hours pass in no time: the clock is the trial's.
 */

#include "../module/core/timeouts.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* Text in flight, nothing else */
static struct trial *trial_with(struct kunit *test, u32 text)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, text);
	sent_whatever(t);
	return t;
}

/* ---- USER TIMEOUT ---- */

static const struct row user_timeout_rows[] = {
	{ "SS-046" }, { "SR-060" }, { "ES-067" }, { "F1-065" }, { "CW-059" },
	{ "CG-053" }, { "LA-053" },
};

ROWS(user_timeout);
static void user_timeout__aborts(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 100);
		bool child = t->tcb.state == ATCP_SYN_RECEIVED && w->passive;

		t->tcb.p.user_timeout_ms = 5000;
		atcp_user_options_changed(&t->tcb, t->now);
		after(t, MSEC(4999));
		expect(t, t->was.state);
		sent_whatever(t);
		after(t, MSEC(1));
		if (child)
			expect(t, ATCP_LISTEN, .flush = true);
		else
			expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true,
			       .wake = ATCP_WAKE_ERROR);
		sent_whatever(t);	/* D-10: RST or none */
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
	}
}

/* What is queued meanwhile does not put it off. */
static void user_timeout__of_the_oldest(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.p.user_timeout_ms = 1000;
	for (i = 0; i < 9; i++) {
		user_send(t, 10);
		sent_whatever(t);
		after(t, MSEC(110));
		sent_whatever(t);
		expect(t, ATCP_ESTABLISHED);
	}
	after(t, MSEC(10));
	expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
	sent_whatever(t);
}

/* [MUST-21] progress is what it waits for; without a limit R2 decides. */
static void user_timeout__restarts_with_progress(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.p.user_timeout_ms = 1000;
	user_send(t, 1000);
	sent_whatever(t);
	for (i = 1; i <= 10; i++) {
		after(t, MSEC(900));
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 100 * i));
		sent_whatever(t);
		expect(t, ATCP_ESTABLISHED, .acked = 100);
	}
	/* All is acknowledged: nothing to wait for. */
	after(t, SEC(3600));
	expect(t, ATCP_ESTABLISHED);
}

/* ---- RETRANSMISSION ---- */

/* R6298-FIRSTSEG, R6298-BACKOFF, R5681-RTOSSTH, R5681-LW */
static const struct row rto_rows[] = {
	{ "ES-068" }, { "F1-066" }, { "CW-060" }, { "CG-054" }, { "LA-054" },
};

ROWS(rto);
static void rto(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 100);
		u8 ctl = t->tcb.fin ? FIN | ACK : ACK;
		u64 rto = atcp_rto_current(&t->tcb);
		unsigned int i;

		for (i = 0; i < 5; i++) {
			KUNIT_EXPECT_EQ(test, next_deadline(t), rto);
			expect(t, t->was.state);
			sent(t, SEG(ctl, .seq = 1, .ack = rcv_nxt(t), .text = 100));
			sent_no_more(t);
			counted(t, ATCP_EV_RETRANS_TIMEOUT);
			KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, t->tcb.cc.mss);
			KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 2 * t->tcb.cc.mss);
			rto *= 2;
		}
	}
}

/* A FIN alone is sent again too. */
static void rto__fin(struct kunit *test)
{
	static const enum atcp_state states[] = {
		ATCP_FIN_WAIT_1, ATCP_CLOSING, ATCP_LAST_ACK,
	};
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(states); i++) {
			struct trial *t = trial_in(test, w, states[i]);

			next_deadline(t);
			expect(t, states[i]);
			sent(t, SEG(FIN | ACK, .seq = 1, .ack = rcv_nxt(t)));
			next_deadline(t);
			sent(t, SEG(FIN | ACK, .seq = 1, .ack = rcv_nxt(t)));
		}
}

/* R6298-INIT, R1122-SYNALG */
static const struct row rto_syn_rows[] = {
	{ "SS-047" }, { "SR-061" },
};

ROWS(rto_syn);
EACH_ROW(rto_syn)
{
	bool reply = t->tcb.state == ATCP_SYN_RECEIVED;
	u64 rto = SEC(1);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, next_deadline(t), rto);
		sent(t, SEG(reply ? SYN | ACK : SYN, .seq = 0, .ack = 1,
			    .mss = TRIAL_MSS));
		sent_no_more(t);
		rto *= 2;
	}
	/* R6298-SYN3, R5681-IWLOSS */
	if (reply)
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	else
		arrive(t, SEG(SYN | ACK, .seq = 0, .ack = 1));
	expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, atcp_eff_mss(&t->tcb));
	if (!has_ts(t->world))
		KUNIT_EXPECT_EQ(test, atcp_rto_current(&t->tcb), SEC(3));
	sent_whatever(t);
}

/* SC-19, the other way: in FIN-WAIT-1 the SYN is still ours to get through. */
static void rto__syn_in_fin_wait_1(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_RECEIVED);

		user_close(t);
		sent_whatever(t);
		next_deadline(t);
		expect(t, ATCP_FIN_WAIT_1);
		sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_FIN_WAIT_1);
		sent_whatever(t);
		next_deadline(t);
		sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
		arrive(t, SEG(ACK, .seq = 1, .ack = 2));
		expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
	}
}

/* [MUST-20] [SHLD-10]: trouble is told at the third, once */
static const struct row r1_rows[] = {
	{ "SS-048" }, { "SR-062" }, { "ES-069" }, { "F1-067" }, { "CW-061" },
	{ "CG-055" }, { "LA-055" },
};

ROWS(r1);
static void r1(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 100);
		unsigned int i;

		for (i = 1; i <= 6; i++) {
			next_deadline(t);
			expect(t, t->was.state);
			KUNIT_EXPECT_EQ(test, t->fx.trouble, i == 3);
			sent_whatever(t);
		}
	}
}

/* [MUST-20] [MUST-23] [SHLD-11] */
static const struct row r2_rows[] = {
	{ "SS-049" }, { "SR-064" }, { "SR-063" }, { "ES-070" }, { "F1-068" },
	{ "CW-062" }, { "CG-056" }, { "LA-056" },
};

ROWS(r2);
static void r2(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 100);
		enum atcp_state state = t->tcb.state;
		bool syn = state == ATCP_SYN_SENT || state == ATCP_SYN_RECEIVED;
		u64 start = t->now;

		while (t->tcb.state == state) {
			sent_whatever(t);
			next_deadline(t);
			KUNIT_ASSERT_LT(test, t->now, start + SEC(4000));
		}
		sent_whatever(t);
		KUNIT_EXPECT_GE(test, t->now - start, syn ? SEC(180) : SEC(100));
		if (state == ATCP_SYN_RECEIVED && w->passive)
			expect(t, ATCP_LISTEN, .flush = true);
		else
			expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true,
			       .wake = ATCP_WAKE_ERROR);
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
	}
}

/* [MUST-21] a setting of the user is followed. */
static void r2__set_by_the_user(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.p.r2 = 2;
	user_send(t, 10);
	sent_whatever(t);
	for (i = 0; i < 2; i++) {
		next_deadline(t);
		expect(t, ATCP_ESTABLISHED);
		sent_whatever(t);
	}
	next_deadline(t);
	expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
	sent_whatever(t);
}

/* An answer starts the count anew. */
static void r2__counts_one_segment(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i, k;

	t->tcb.p.r2 = 3;
	user_send(t, 1000);
	sent_whatever(t);
	for (i = 1; i <= 5; i++) {
		for (k = 0; k < 3; k++) {
			next_deadline(t);
			expect(t, ATCP_ESTABLISHED);
			sent_whatever(t);
		}
		arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 100 * i));
		sent_whatever(t);
	}
}

/* R6298-MAX: doubled up to the limit, not beyond */
static void rto__limit(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 gap = 0;
	unsigned int i;

	user_send(t, 10);
	sent_whatever(t);
	for (i = 0; i < 15; i++) {
		gap = next_deadline(t);
		sent_whatever(t);
		KUNIT_EXPECT_LE(test, gap, SEC(120));
	}
	KUNIT_EXPECT_EQ(test, gap, SEC(120));
}

/* R5681-RTOSSTH2: the second time-out of a segment does not halve again. */
static void rto__ssthresh_once(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 ssthresh;

	user_send(t, 10000);
	sent_text(t, 1, 10001);
	next_deadline(t);
	ssthresh = t->tcb.cc.ssthresh;
	KUNIT_EXPECT_EQ(test, ssthresh, 5000u);
	sent_text(t, 1, 1001);		/* one segment: the window is one */
	sent_no_more(t);
	next_deadline(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);
	sent_text(t, 1, 1001);
}

/* R6298-EARLY, R6298-REARM: each ACK of new text gives a whole RTO. */
static void rto__restarts_with_each_ack(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	user_send(t, 5000);
	sent_whatever(t);
	for (i = 1; i < 5; i++) {
		after(t, MSEC(190));
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 1000 * i));
		sent_no_more(t);
	}
}

/* ---- 2 MSL: [MUST-13] ---- */

static const struct row time_wait_rows[] = {
	{ "TW-059" },
};

ROWS(time_wait);
EACH_ROW(time_wait)
{
	t->tcb.keepalive = 1;	/* must not matter */
	KUNIT_EXPECT_EQ(test, next_deadline(t), SEC(60));
	expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
	sent_no_more(t);
}

static void time_wait__msl_is_a_parameter(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_FIN_WAIT_2);

	t->tcb.p.msl_ms = 120000;
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 2));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, next_deadline(t), SEC(240));
	expect(t, ATCP_CLOSED, .flush = true);
}

/* ---- the parts of it ---- */

/* [MUST-23] SYNs have limits of their own. */
static void r2_of__each_state(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int state;

	for_each_world(w)
		for (state = ATCP_ESTABLISHED; state < ATCP_N_STATES; state++) {
			struct atcp_tcb *tcb = &trial_in(test, w, state)->tcb;

			tcb->p.syn_retries = 2;
			tcb->p.synack_retries = 3;
			tcb->p.r2 = 4;
			KUNIT_EXPECT_EQ(test, (int)r2_of(tcb),
					state == ATCP_SYN_SENT ? 2 :
					state == ATCP_SYN_RECEIVED ? 3 : 4);
		}
}

/* What was given up is counted, but for attempts to connect, which are elsewhere. */
static void give_up__counts(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int state;

	for_each_world(w)
		for (state = ATCP_SYN_SENT; state <= ATCP_FIN_WAIT_1; state++) {
			struct trial *t = trial_in(test, w, state);

			sent_whatever(t);
			trial_begin(t);
			t->fx.cause = ATCP_BY_TIMER;
			give_up(&t->tcb, &t->fx);
			trial_event(t, ATCP_EV_ABORT_ON_TIMEOUT, state != ATCP_SYN_SENT);
		}
}

/* TIME-WAIT has one timer; none that was running before. [MUST-13] */
static void time_wait__no_other_timer(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_FIN_WAIT_2);
	unsigned int i;

	for (i = 0; i < ATCP_N_TIMERS; i++)
		t->tcb.deadline[i] = t->now + SEC(1);
	t->tcb.keepalive = 1;
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 2));
	expect(t, ATCP_TIME_WAIT);
	sent_whatever(t);
	for (i = 0; i < ATCP_N_TIMERS; i++)
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[i],
				i == ATCP_TIMER_TIME_WAIT ? t->now + SEC(60) : 0);
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], 0ULL);
	t = plain_in(test, ATCP_SYN_RECEIVED);
	t->tcb.keepalive = 1;
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], 0ULL);
}

/* D-11: the limit of an orphan in FIN-WAIT-2 is a parameter, and may be none. */
static void fin_wait_2__limit(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_FIN_WAIT_2);

	user_gone(t, false);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT], t->now + SEC(60));
	t = plain_in(test, ATCP_FIN_WAIT_2);
	t->tcb.p.fin_wait_ms = 0;
	user_gone(t, false);
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
}

/* From a retransmission to probes: one timer takes the place of the other. */
static void start_persist__instead(struct kunit *test)
{
	struct trial *t = trial_with(test, 1000);

	KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
	start_persist(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_PERSIST],
			t->now + atcp_rto_current(&t->tcb));
}

/* (5.5), (5.6): counted without end; the timer runs though nothing can be sent. */
static void rto__counts(struct kunit *test)
{
	struct trial *t = trial_with(test, 1000);

	t->tcb.p.r2 = 255;
	t->tcb.rec.backoff = 254;
	retransmission_timeout(&t->tcb, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.backoff, 255);
	retransmission_timeout(&t->tcb, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.backoff, 255);
	t->tcb.deadline[ATCP_TIMER_RETRANSMIT] = 0;
	retransmission_timeout(&t->tcb, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], t->now + SEC(120));
	/* Nothing in flight, nothing lost. */
	t = plain_in(test, ATCP_ESTABLISHED);
	trial_begin(t);
	retransmission_timeout(&t->tcb, t->now, &t->fx);
	not_counted(t, ATCP_EV_RETRANS_TIMEOUT);
	t = plain_in(test, ATCP_SYN_SENT);
	t->tcb.send = ATCP_SEND_KEEPALIVE;
	retransmission_timeout(&t->tcb, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_KEEPALIVE | ATCP_SEND_SYN);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.syn_backoff, 1);
}

/* Each does its own, and what is due together is done together. */
static void expire__one_and_all(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.keepalive = 1;
	t->tcb.p.keep_idle_ms = 1;
	expire(&t->tcb, ATCP_TIMER_DELACK, t->now + SEC(1), &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_ACK);
	expire(&t->tcb, ATCP_TIMER_OVERRIDE, t->now + SEC(1), &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_ACK | ATCP_SEND_OVERRIDE);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], 0ULL);
	expire(&t->tcb, ATCP_TIMER_KEEPALIVE, t->now + SEC(1), &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send,
			ATCP_SEND_ACK | ATCP_SEND_OVERRIDE | ATCP_SEND_KEEPALIVE);
	t->tcb.send = 0;
	t->tcb.deadline[ATCP_TIMER_DELACK] = t->now;
	t->tcb.deadline[ATCP_TIMER_OVERRIDE] = t->now;
	atcp_timeouts(&t->tcb, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_ACK | ATCP_SEND_OVERRIDE);
}

static struct kunit_case timeouts_cases[] = {
	KUNIT_CASE_PARAM(user_timeout__aborts, user_timeout_gen_params),
	KUNIT_CASE(user_timeout__of_the_oldest),
	KUNIT_CASE(user_timeout__restarts_with_progress),
	ROW_CASE(rto),
	KUNIT_CASE(rto__fin),
	ROW_CASE(rto_syn),
	KUNIT_CASE(rto__syn_in_fin_wait_1),
	ROW_CASE(r1),
	ROW_CASE(r2),
	KUNIT_CASE(r2__set_by_the_user),
	KUNIT_CASE(r2__counts_one_segment),
	KUNIT_CASE(rto__limit),
	KUNIT_CASE(rto__ssthresh_once),
	KUNIT_CASE(rto__restarts_with_each_ack),
	ROW_CASE(time_wait),
	KUNIT_CASE(time_wait__msl_is_a_parameter),
	KUNIT_CASE(r2_of__each_state),
	KUNIT_CASE(give_up__counts),
	KUNIT_CASE(time_wait__no_other_timer),
	KUNIT_CASE(fin_wait_2__limit),
	KUNIT_CASE(start_persist__instead),
	KUNIT_CASE(rto__counts),
	KUNIT_CASE(expire__one_and_all),
	{}
};

TRIAL_SUITE(timeouts, timeouts_cases);
