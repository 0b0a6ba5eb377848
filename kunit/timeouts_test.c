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
static void rto_syn(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
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
		if (!has_ts(w))
			KUNIT_EXPECT_EQ(test, atcp_rto_current(&t->tcb), SEC(3));
		sent_whatever(t);
	}
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

/* ---- zero window: [MUST-36] [MUST-37] [SHLD-29] [SHLD-30] ---- */

static struct trial *shut_by_peer(struct kunit *test, const struct world *w)
{
	struct world *shut = kunit_kzalloc(test, sizeof(*shut), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, shut);
	*shut = *w;
	shut->peer_wnd = ZERO_WND;
	shut->text = 100;
	return trial_in(test, shut, row_state(row_of(test)));
}

static const struct row probe_rows[] = {
	{ "ES-072" }, { "F1-070" }, { "CW-064" }, { "CG-058" }, { "LA-058" },
};

ROWS(probe);
static void probe(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = shut_by_peer(test, w);
		u64 gap = atcp_rto_current(&t->tcb);
		unsigned int i;

		KUNIT_EXPECT_LE(test, atcp_deadline(&t->tcb), t->now + gap);
		for (i = 0; i < 8; i++) {
			u64 took = next_deadline(t);

			if (i)
				KUNIT_EXPECT_EQ(test, took, gap);
			expect(t, t->was.state);
			sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t), .text = 1));
			sent_no_more(t);
			counted(t, ATCP_EV_ZERO_WINDOW_PROBE);
			gap = i ? min(2 * gap, SEC(120)) : 2 * gap;
		}
		/* The window opens: all follows, a FIN behind it. */
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1));
		sent_text(t, 1, 101);
		if (t->tcb.fin)
			KUNIT_EXPECT_EQ(test, snd_nxt(t), 102u);
		sent_whatever(t);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_PERSIST], 0ULL);
	}
}

/* Answered, it goes on for ever. */
static const struct row probe_answered_rows[] = {
	{ "ES-073" }, { "F1-071" }, { "CW-065" }, { "CG-059" }, { "LA-059" },
};

ROWS(probe_answered);
static void probe_answered(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = shut_by_peer(test, w);
		u64 start = t->now;
		unsigned int i;

		for (i = 0; i < 100; i++) {
			next_deadline(t);
			KUNIT_EXPECT_EQ(test, t->n_out, 1u);
			sent_whatever(t);
			arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .wnd = ZERO_WND));
			expect(t, t->was.state);
			sent_no_more(t);
		}
		KUNIT_EXPECT_GT(test, t->now - start, SEC(3 * 3600));
	}
}

static const struct row probe_unanswered_rows[] = {
	{ "ES-074" }, { "F1-072" }, { "CW-066" }, { "CG-060" }, { "LA-060" },
};

ROWS(probe_unanswered);
static void probe_unanswered(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = shut_by_peer(test, w);
		enum atcp_state state = t->tcb.state;
		u64 start = t->now;

		while (t->tcb.state == state) {
			sent_whatever(t);
			next_deadline(t);
			KUNIT_ASSERT_LT(test, t->now, start + SEC(4000));
		}
		sent_whatever(t);
		expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
		KUNIT_EXPECT_GE(test, t->now - start, SEC(100));
	}
}

/* The probe's octet is taken: the window may still be shut, or open. */
static void probe__octet_taken(struct kunit *test)
{
	static const struct world w = {
		.name = "shut", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .peer_wnd = ZERO_WND, .text = 100,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	next_deadline(t);
	sent_text(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .wnd = ZERO_WND));
	expect(t, ATCP_ESTABLISHED, .acked = 1);
	sent_no_more(t);
	next_deadline(t);
	sent_text(t, 2, 3);
	arrive(t, SEG(ACK, .seq = 1, .ack = 3, .wnd = 50));
	expect(t, ATCP_ESTABLISHED, .acked = 1);
	sent_whatever(t);
	after(t, SEC(1));
	KUNIT_EXPECT_GT(test, snd_nxt(t), 3u);
	sent_whatever(t);
}

/* The last octet went as a probe, the window stays shut: nothing is owed. */
static void probe__last_octet(struct kunit *test)
{
	static const struct world w = {
		.name = "shut", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .peer_wnd = ZERO_WND, .text = 1,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	next_deadline(t);
	sent_text(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .wnd = ZERO_WND));
	expect(t, ATCP_ESTABLISHED, .acked = 1);
	after(t, SEC(100000));
	expect(t, ATCP_ESTABLISHED);
	sent_no_more(t);
	/* More to send: probed anew, an RTO from now. */
	user_send(t, 10);
	KUNIT_EXPECT_LE(test, next_deadline(t), SEC(1));
	sent_text(t, 2, 3);
}

/* Nothing but a FIN waits: it is the probe. */
static void probe__fin(struct kunit *test)
{
	static const struct world w = {
		.name = "shut", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .peer_wnd = ZERO_WND,
	};
	struct trial *t = trial_in(test, &w, ATCP_FIN_WAIT_1);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, snd_nxt(t), 1u);
	for (i = 0; i < 5; i++) {
		next_deadline(t);
		expect(t, ATCP_FIN_WAIT_1);
		sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
		sent_no_more(t);
	}
	next_deadline(t);
	sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .wnd = ZERO_WND));
	expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
}

/* [MUST-35] shrunk to nothing with text in flight: probed, not timed out */
static void probe__window_shrank_to_zero(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	user_send(t, 3000);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = ZERO_WND));
	sent_no_more(t);
	for (i = 0; i < 40; i++) {
		next_deadline(t);
		expect(t, ATCP_ESTABLISHED);
		while (t->n_read < t->n_out)
			KUNIT_EXPECT_LE(test, t->out[t->n_read++].text, 1u);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = ZERO_WND));
		sent_whatever(t);
	}
	/* Congestion was it not. */
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001));
	sent_text(t, 1001, 3001);
}

/* SC-16: the update was lost; the probe finds the window open. */
static void scenario__lost_window_update(struct kunit *test)
{
	static const struct world w = {
		.name = "shut", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .peer_wnd = ZERO_WND, .text = 2000,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	next_deadline(t);
	sent_text(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .wnd = 5000));
	sent_text(t, 2, 2001);
}

/* ---- 2 MSL: [MUST-13] ---- */

static const struct row time_wait_rows[] = {
	{ "TW-059" },
};

ROWS(time_wait);
static void time_wait(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		t->tcb.keepalive = 1;	/* must not matter */
		KUNIT_EXPECT_EQ(test, next_deadline(t), SEC(60));
		expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
		sent_no_more(t);
	}
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

/* ---- keep-alive: [MUST-24] to [MUST-29], [SHLD-12] ---- */

static void want_keepalive(struct trial *t)
{
	t->tcb.keepalive = 1;
	atcp_user_options_changed(&t->tcb, t->now);
}

static const struct row keepalive_rows[] = {
	{ "ES-075" }, { "F2-066" }, { "CW-067" },
};

ROWS(keepalive);
static void keepalive(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
		unsigned int i;

		want_keepalive(t);
		for (i = 0; i < 3; i++) {
			KUNIT_EXPECT_EQ(test, next_deadline(t), SEC(7200));
			expect(t, t->was.state);
			sent(t, SEG(ACK, .seq = snd_nxt(t) - 1, .ack = rcv_nxt(t)));
			counted(t, ATCP_EV_KEEPALIVE_PROBE);
			arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t)));
			sent_no_more(t);
			/* The timer that runs was set by the probe. */
			after(t, SEC(75));
			sent_no_more(t);
			t->now -= SEC(75);
		}
	}
}

/* [MUST-29] one is lost, or two: nothing is concluded. */
static const struct row keepalive_lost_rows[] = {
	{ "ES-076" }, { "F2-067" }, { "CW-068" },
};

ROWS(keepalive_lost);
static void keepalive_lost(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
		unsigned int i;

		want_keepalive(t);
		next_deadline(t);
		sent(t, SEG(ACK, .seq = snd_nxt(t) - 1, .ack = rcv_nxt(t)));
		for (i = 0; i < 8; i++) {
			KUNIT_EXPECT_EQ(test, next_deadline(t), SEC(75));
			expect(t, t->was.state);
			sent(t, SEG(ACK, .seq = snd_nxt(t) - 1, .ack = rcv_nxt(t)));
		}
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t)));
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.keepalives, 0);
	}
}

static const struct row keepalive_dead_rows[] = {
	{ "ES-077" }, { "F2-068" }, { "CW-069" },
};

ROWS(keepalive_dead);
static void keepalive_dead__aborts(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
		unsigned int i;

		want_keepalive(t);
		for (i = 0; i < 9; i++) {
			next_deadline(t);
			sent_whatever(t);
		}
		expect(t, t->was.state);
		next_deadline(t);
		expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
		sent_whatever(t);	/* a RST, or none */
	}
}

/* [MUST-25] */
static const struct row keepalive_off_rows[] = {
	{ "ES-078" }, { "F2-069" }, { "CW-070" },
};

ROWS(keepalive_off);
static void keepalive_off(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], 0ULL);
		after(t, SEC(100 * 3600));
		expect(t, t->was.state);
		sent_no_more(t);
	}
}

/* [MUST-26]: never while text is outstanding; each arrival begins the wait anew */
static void keepalive__only_when_idle(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.p.keep_idle_ms = 1000;
	want_keepalive(t);
	user_send(t, 10);
	sent_whatever(t);
	for (i = 0; i < 5; i++) {
		after(t, MSEC(700));
		while (t->n_read < t->n_out)
			KUNIT_EXPECT_EQ(test, t->out[t->n_read++].text, 10u);
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = 11));
	for (i = 0; i < 5; i++) {
		after(t, MSEC(900));
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 11));
	}
	after(t, MSEC(1100));
	sent(t, SEG(ACK, .seq = 10, .ack = 1));
}

/* With a USER TIMEOUT, so much silence ends it, and not a single lost probe. */
static void keepalive__with_user_timeout(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 start = t->now;

	t->tcb.p.user_timeout_ms = 30000;
	t->tcb.p.keep_idle_ms = 10000;
	t->tcb.p.keep_intvl_ms = 5000;
	t->tcb.p.keep_probes = 1;
	want_keepalive(t);
	while (t->tcb.state == ATCP_ESTABLISHED) {
		next_deadline(t);
		KUNIT_ASSERT_LE(test, t->n_out, 1u);
		sent_whatever(t);
	}
	expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
	KUNIT_EXPECT_EQ(test, t->now - start, SEC(30));
}

/* A peer that is gone answers with RST. */
static void keepalive__answered_by_rst(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	want_keepalive(t);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 0, .ack = 1));
	arrive(t, SEG(RST, .seq = 1));
	expect(t, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
}

/* ---- override: ES-080 and its like ---- */

static const struct row override_rows[] = {
	{ "ES-080" }, { "F1-075" }, { "CW-072" },
};

ROWS(override);
static void override(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct world sliver = *w;
		u32 scale = w->features & ATCP_F_WSCALE ? PEER_WSCALE : 0;
		struct trial *t;
		u64 took;

		/* A window too small for a segment, small beside what it was. */
		t = trial_in(test, &sliver, row_state(row_of(test)) == ATCP_CLOSE_WAIT ?
			     ATCP_CLOSE_WAIT : ATCP_ESTABLISHED);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .wnd = 200 >> scale));
		user_send(t, 900);
		sent_no_more(t);
		if (row_state(row_of(test)) == ATCP_FIN_WAIT_1)
			user_close(t);
		sent_no_more(t);
		took = next_deadline(t);
		KUNIT_EXPECT_GE(test, took, MSEC(100));
		KUNIT_EXPECT_LE(test, took, SEC(1));
		sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t), .text = 200));
		sent_no_more(t);
		trial_exit(test);
	}
}

static void deadline__is_the_earliest(struct kunit *test)
{
	struct atcp_tcb *tcb = kunit_kzalloc(test, sizeof(*tcb), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, tcb);
	KUNIT_EXPECT_EQ(test, atcp_deadline(tcb), 0ULL);
	for (i = 0; i < ATCP_N_TIMERS; i++) {
		tcb->deadline[i] = 1000 - i;
		KUNIT_EXPECT_EQ(test, atcp_deadline(tcb), 1000ULL - i);
	}
}

/* Called early, they do nothing. */
static void timeouts__not_before_their_time(struct kunit *test)
{
	struct trial *t = trial_in(test, trial_worlds, ATCP_SYN_SENT);
	u64 due = atcp_deadline(&t->tcb);

	trial_begin(t);
	atcp_timeouts(&t->tcb, due - 1, &t->fx);
	trial_end(t);
	expect(t, ATCP_SYN_SENT);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), due);
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
	ROW_CASE(probe),
	ROW_CASE(probe_answered),
	ROW_CASE(probe_unanswered),
	KUNIT_CASE(probe__octet_taken),
	KUNIT_CASE(probe__last_octet),
	KUNIT_CASE(probe__fin),
	KUNIT_CASE(probe__window_shrank_to_zero),
	KUNIT_CASE(scenario__lost_window_update),
	ROW_CASE(time_wait),
	KUNIT_CASE(time_wait__msl_is_a_parameter),
	ROW_CASE(keepalive),
	ROW_CASE(keepalive_lost),
	KUNIT_CASE_PARAM(keepalive_dead__aborts, keepalive_dead_gen_params),
	ROW_CASE(keepalive_off),
	KUNIT_CASE(keepalive__only_when_idle),
	KUNIT_CASE(keepalive__with_user_timeout),
	KUNIT_CASE(keepalive__answered_by_rst),
	ROW_CASE(override),
	KUNIT_CASE(deadline__is_the_earliest),
	KUNIT_CASE(timeouts__not_before_their_time),
	{}
};

TRIAL_SUITE(timeouts, timeouts_cases);
