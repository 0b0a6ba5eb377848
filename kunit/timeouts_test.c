// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of timeouts.c: RFC 9293 sections 3.10.8, 3.8.3, 3.8.4, 3.8.6 and RFC 6298
 * section 5.  Hours pass in no time: the clock is the trial's.
 */

#include "../module/core/timeouts.c"
#include <linux/kernel.h>
#include "atcp_test.h"

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
	{}
};

TRIAL_SUITE(timeouts, timeouts_cases);
