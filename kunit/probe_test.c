// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of what waits for a window: zero-window probes and the override, in
 * timeouts.c and output.c.
 *
 * RFC 9293 sections 3.8.6.1 and 3.8.6.2.1.
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- zero window: [MUST-36] [MUST-37] [SHLD-29] [SHLD-30] ---- */

/* LAST-ACK is entered with the FIN: so it went, and then the window shrank. */
static struct trial *shut_after_fin(struct kunit *test, const struct world *w)
{
	struct trial *t = trial_with_text(test, w, 100);

	KUNIT_EXPECT_EQ(test, snd_nxt(t), 102u);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .wnd = ZERO_WND));
	next_deadline(t);			/* refused, not lost */
	expect(t, ATCP_LAST_ACK);
	sent_no_more(t);
	return t;
}

static struct trial *shut_by_peer(struct kunit *test, const struct world *w)
{
	struct world *shut = kunit_kzalloc(test, sizeof(*shut), GFP_KERNEL);

	if (row_state(row_of(test)) == ATCP_LAST_ACK)
		return shut_after_fin(test, w);
	KUNIT_ASSERT_NOT_NULL(test, shut);
	*shut = *w;
	shut->peer_wnd = ZERO_WND;
	shut->text = 100;
	return trial_in(test, shut, row_state(row_of(test)));
}

/* A peer without options, whose SYN told a closed window. */
static struct trial *shut_with(struct kunit *test, enum atcp_state state, u32 text)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->name = "shut";
	w->passive = true;
	w->peer_plain = true;
	w->start = TRIAL_START;
	w->peer_wnd = ZERO_WND;
	w->text = text;
	return trial_in(test, w, state);
}

static const struct row probe_rows[] = {
	{ "ES-072" }, { "F1-070" }, { "CW-064" }, { "CG-058" }, { "LA-058" },
};

ROWS(probe);
/* [MUST-36] [SHLD-29] [SHLD-30] */
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
/* [R6429-ZWP] [MUST-37] */
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
	struct trial *t = shut_with(test, ATCP_ESTABLISHED, 100);

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
	struct trial *t = shut_with(test, ATCP_ESTABLISHED, 1);

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
	struct trial *t = shut_with(test, ATCP_FIN_WAIT_1, 0);
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
	struct trial *t = shut_with(test, ATCP_ESTABLISHED, 2000);

	next_deadline(t);
	sent_text(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .wnd = 5000));
	sent_text(t, 2, 2001);
}

/*
 * Both ends waited for a window, and each kept the octet with which the other probed:
 * each has its right edge an octet behind what the other expects, and the ACKs that
 * say so come from there.
 */
static struct trial *probes_crossed(struct kunit *test)
{
	struct trial *t = shut_with(test, ATCP_ESTABLISHED, 2000);

	next_deadline(t);
	sent_text(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND, .text = 1));
	expect(t, ATCP_ESTABLISHED, .take = 1, .deliver = 1, .wake = ATCP_WAKE_READ);
	KUNIT_EXPECT_EQ(test, rcv_nxt(t), 2u);
	sent_whatever(t);
	return t;
}

/* An ACK of our probe that opens the window, an octet too old to be acceptable. */
static void probes_cross__ack_is_heard(struct kunit *test)
{
	struct trial *t = probes_crossed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .wnd = 5000));
	expect(t, ATCP_ESTABLISHED, .acked = 1, .wake = ATCP_WAKE_WRITE);
	sent_text(t, 2, 2001);
}

/* So is that of the probe itself, when it comes again. */
static void probes_cross__probe_is_heard(struct kunit *test)
{
	struct trial *t = probes_crossed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .wnd = 5000, .text = 1));
	expect(t, ATCP_ESTABLISHED, .acked = 1, .wake = ATCP_WAKE_WRITE);
	sent_text(t, 2, 2001);
}

/* The window alone, without an octet acknowledged: the probe was refused. */
static void probes_cross__window_is_heard(struct kunit *test)
{
	struct trial *t = probes_crossed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 5000));
	expect(t, ATCP_ESTABLISHED);
	sent_text(t, 1, 2001);
}

/* What brings no news is answered, and changes nothing. */
static void probes_cross__no_news(struct kunit *test)
{
	struct trial *t = probes_crossed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	expect(t, ATCP_ESTABLISHED);
	sent(t, SEG(ACK, .seq = 1, .ack = 2));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, snd_nxt(t), 2u);
}

/* A window that holds all we sent needs no allowance: an old ACK is an old ACK. */
static void probes_cross__not_with_an_open_window(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 1000);
	sent_text(t, 1, 1001);
	arrive(t, SEG(ACK, .seq = 0, .ack = 1001));
	expect(t, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->iss + 1);
	sent_whatever(t);
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

/* Sixteen doublings at most, and what else is owed is not forgotten. */
static void persist_timeout__bounds(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	user_send(t, 100);
	sent_no_more(t);
	for (i = 1; i < 40; i++) {
		next_deadline(t);
		sent_whatever(t);
		KUNIT_EXPECT_EQ(test, (u32)t->tcb.rec.probes, min(i, 16u));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	}
	t->tcb.send = ATCP_SEND_KEEPALIVE;
	t->now = t->tcb.deadline[ATCP_TIMER_PERSIST];
	atcp_timeouts(&t->tcb, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_KEEPALIVE | ATCP_SEND_PROBE);
}

/* [SHLD-30] the intervals begin anew with the next window that closes. */
static void persist__begins_anew(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;
	u64 rto;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	user_send(t, 100);
	for (i = 0; i < 4; i++) {
		next_deadline(t);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 101, .wnd = ZERO_WND));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.probes, 0);
	user_send(t, 100);
	sent_no_more(t);
	rto = atcp_rto_current(&t->tcb);
	KUNIT_EXPECT_EQ(test, next_deadline(t), rto);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, next_deadline(t), 2 * rto);
	sent_whatever(t);
}

/* [SHLD-30] while the octets of the probes are taken, the window stays shut. */
static void persist__goes_on(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 rto = atcp_rto_current(&t->tcb);
	unsigned int i;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	user_send(t, 100);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, next_deadline(t), rto << i);
		sent_text(t, 1 + i, 2 + i);
		arrive(t, SEG(ACK, .seq = 1, .ack = 2 + i, .wnd = ZERO_WND));
		sent_no_more(t);
	}
}

/* [MUST-37] each answer begins the count of those without one anew. */
static void persist__counts_unanswered_ones(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.p.r2 = 1;
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	user_send(t, 100);
	for (i = 0; i < 5; i++) {
		next_deadline(t);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
		expect(t, ATCP_ESTABLISHED);
	}
	next_deadline(t);
	sent_whatever(t);
	next_deadline(t);
	expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
}

/* What was never sent cannot be acknowledged, from the edge neither. R5961-ACK */
static void probes_cross__of_nothing_sent(struct kunit *test)
{
	struct trial *t = probes_crossed(test);
	u32 una = t->tcb.snd.una;

	arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t) + 1));
	expect(t, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.una, una);
	sent_whatever(t);
}

static struct kunit_case probe_cases[] = {
	ROW_CASE(probe),
	ROW_CASE(probe_answered),
	ROW_CASE(probe_unanswered),
	KUNIT_CASE(probe__octet_taken),
	KUNIT_CASE(probe__last_octet),
	KUNIT_CASE(probe__fin),
	KUNIT_CASE(probe__window_shrank_to_zero),
	KUNIT_CASE(scenario__lost_window_update),
	KUNIT_CASE(probes_cross__ack_is_heard),
	KUNIT_CASE(probes_cross__probe_is_heard),
	KUNIT_CASE(probes_cross__window_is_heard),
	KUNIT_CASE(probes_cross__no_news),
	KUNIT_CASE(probes_cross__not_with_an_open_window),
	ROW_CASE(override),
	KUNIT_CASE(deadline__is_the_earliest),
	KUNIT_CASE(timeouts__not_before_their_time),
	KUNIT_CASE(persist_timeout__bounds),
	KUNIT_CASE(persist__begins_anew),
	KUNIT_CASE(persist__goes_on),
	KUNIT_CASE(persist__counts_unanswered_ones),
	KUNIT_CASE(probes_cross__of_nothing_sent),
	{}
};

TRIAL_SUITE(probe, probe_cases);
