// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of keep-alive, in timeouts.c: RFC 9293 section 3.8.4.
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

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
/* [MAY-5] [MUST-24] [SHLD-12] */
EACH_ROW(keepalive)
{
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

/* [MUST-29] one is lost, or two: nothing is concluded. */
static const struct row keepalive_lost_rows[] = {
	{ "ES-076" }, { "F2-067" }, { "CW-068" },
};

ROWS(keepalive_lost);
EACH_ROW(keepalive_lost)
{
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
EACH_ROW(keepalive_off)
{
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], 0ULL);
	after(t, SEC(100 * 3600));
	expect(t, t->was.state);
	sent_no_more(t);
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

/*
 * With a USER TIMEOUT, so much silence ends it, and not a single lost probe.  In
 * FIN-WAIT-2 nothing waits to be acknowledged: this is the only way to run out.
 */
static const struct row keepalive_user_rows[] = {
	{ "ES-067" }, { "F2-060" },
};

ROWS(keepalive_user);
static void keepalive__with_user_timeout(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
		enum atcp_state state = t->tcb.state;
		u64 start = t->now;

		t->tcb.p.user_timeout_ms = 30000;
		atcp_user_options_changed(&t->tcb, t->now);
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
		t->tcb.p.keep_idle_ms = 10000;
		t->tcb.p.keep_intvl_ms = 5000;
		t->tcb.p.keep_probes = 1;
		want_keepalive(t);
		while (t->tcb.state == state) {
			next_deadline(t);
			KUNIT_ASSERT_LE(test, t->n_out, 1u);
			KUNIT_ASSERT_LE(test, t->now, start + SEC(30));
			sent_whatever(t);
		}
		expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true,
		       .wake = ATCP_WAKE_ERROR);
		edge(t, state, ATCP_CLOSED, ATCP_BY_TIMER);
		KUNIT_EXPECT_EQ(test, t->now - start, SEC(30));
	}
}

/* Silence before the first probe proves nothing, however long it was. */
static void keepalive__probes_before_it_gives_up(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.p.user_timeout_ms = 5000;
	t->tcb.p.keep_idle_ms = 10000;
	t->tcb.p.keep_intvl_ms = 1000;
	want_keepalive(t);
	KUNIT_EXPECT_EQ(test, next_deadline(t), SEC(10));
	expect(t, ATCP_ESTABLISHED);
	sent(t, SEG(ACK, .seq = 0, .ack = 1));
	KUNIT_EXPECT_EQ(test, next_deadline(t), SEC(1));
	expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
	sent(t, SEG(RST, .seq = 1));
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

/* Not while text waits for a window, and not once it is switched off. [MUST-26] */
static void keepalive__not_while_text_waits(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = ZERO_WND));
	user_send(t, 100);
	t->tcb.p.keep_idle_ms = 1000;
	t->tcb.keepalive = 1;
	trial_begin(t);
	t->tcb.deadline[ATCP_TIMER_KEEPALIVE] = t->now;
	atcp_timeouts(&t->tcb, t->now + SEC(7200), &t->fx);
	not_counted(t, ATCP_EV_KEEPALIVE_PROBE);
	t = plain_in(test, ATCP_ESTABLISHED);
	trial_begin(t);
	t->tcb.deadline[ATCP_TIMER_KEEPALIVE] = t->now;
	atcp_timeouts(&t->tcb, t->now + SEC(7200), &t->fx);
	not_counted(t, ATCP_EV_KEEPALIVE_PROBE);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], 0ULL);
}

static struct kunit_case keepalive_cases[] = {
	ROW_CASE(keepalive),
	ROW_CASE(keepalive_lost),
	KUNIT_CASE_PARAM(keepalive_dead__aborts, keepalive_dead_gen_params),
	ROW_CASE(keepalive_off),
	KUNIT_CASE(keepalive__only_when_idle),
	KUNIT_CASE_PARAM(keepalive__with_user_timeout, keepalive_user_gen_params),
	KUNIT_CASE(keepalive__probes_before_it_gives_up),
	KUNIT_CASE(keepalive__answered_by_rst),
	KUNIT_CASE(keepalive__not_while_text_waits),
	{}
};

TRIAL_SUITE(keepalive, keepalive_cases);
