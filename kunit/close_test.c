// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of the calls that end a connection, in calls.c: CLOSE, ABORT, and the
 * user who goes for good (RFC 9293 sections 3.10.4, 3.10.5 and 3.6.1).
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- CLOSE ---- */

static const struct row close_none_rows[] = {
	{ "CL-016" },
};

ROWS(close_none);
static void close_none(struct kunit *test)
{
	struct trial *t = trial_row(test, trial_worlds);

	user_close(t);
	nothing_happened(t, -ENOTCONN);
}

static const struct row close_early_rows[] = {
	{ "LI-010" }, { "SS-007" },
};

ROWS(close_early);
EACH_ROW(close_early)
{
	user_close(t);
	returned(t, 0);
	expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
	sent_no_more(t);			/* no FIN, no RST */
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
}

static const struct row close_now_rows[] = {
	{ "SR-007" }, { "ES-011" }, { "CW-009" },
};

ROWS(close_now);
EACH_ROW(close_now)
{
	enum atcp_state to;

	to = t->tcb.state == ATCP_CLOSE_WAIT ? ATCP_LAST_ACK : ATCP_FIN_WAIT_1;
	user_close(t);
	returned(t, 0);
	expect(t, to);
	edge(t, t->was.state, to, ATCP_BY_CALL);
	sent(t, SEG(FIN | ACK, .seq = 1, .ack = rcv_nxt(t)));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, snd_nxt(t), 2u);
	KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
}

static const struct row close_deferred_rows[] = {
	{ "SR-008" },
};

ROWS(close_deferred);
EACH_ROW(close_deferred)
{
	user_send(t, 10);
	user_close(t);
	nothing_happened(t, 0);
	user_close(t);
	nothing_happened(t, -EALREADY);
}

/* R9293-CLOSEFLUSH: text first, then FIN, by as many segments as it takes */
static const struct row close_with_text_rows[] = {
	{ "ES-012" }, { "CW-010" }, { "CW-011" },
};

ROWS(close_with_text);
static void close_with_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct world small = *w;
		u32 scale = w->features & ATCP_F_WSCALE ? PEER_WSCALE : 0;
		enum atcp_state closing;
		struct trial *t;
		u32 end = 0;

		small.peer_wnd = 2000 >> scale;
		t = trial_in(test, &small, row_state(row_of(test)));
		/* CLOSE-WAIT until the FIN is there, FIN-WAIT-1 "in any case". */
		closing = t->tcb.state == ATCP_CLOSE_WAIT ? ATCP_CLOSE_WAIT : ATCP_FIN_WAIT_1;
		user_send(t, 5000);
		sent_whatever(t);
		user_close(t);
		returned(t, 0);
		expect(t, closing);
		sent_no_more(t);
		user_send(t, 10);
		returned(t, -EPIPE);
		user_close(t);
		returned(t, -EALREADY);
		while (end < 5002) {
			const struct atcp_out *last;

			KUNIT_EXPECT_EQ(test, (int)t->tcb.state, (int)closing);
			arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t),
				      .wnd = 2000 >> scale));
			KUNIT_ASSERT_GT(test, t->n_out, 0u);
			last = &t->out[t->n_out - 1];
			end = last->seq + last->text + !!(last->ctl & FIN) - t->iss;
			/* FIN with the last octet, not before */
			KUNIT_EXPECT_EQ(test, !!(last->ctl & FIN), end == 5002);
			sent_whatever(t);
		}
		if (closing == ATCP_CLOSE_WAIT)
			edge(t, ATCP_CLOSE_WAIT, ATCP_LAST_ACK, ATCP_BY_SEGMENT);
		trial_exit(test);
	}
}

/* A passive close that waits, in a window of @wnd octets, behind @text. */
static struct trial *closing_behind(struct kunit *test, u32 text, u32 wnd)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct trial *t;

	KUNIT_ASSERT_NOT_NULL(test, w);
	*w = trial_worlds[0];
	w->peer_wnd = wnd;
	w->text = text;
	t = trial_in(test, w, ATCP_CLOSE_WAIT);
	user_close(t);
	expect(t, ATCP_CLOSE_WAIT);
	sent_no_more(t);
	return t;
}

/* All text is out, but the FIN has no place in the window. */
static void close__fin_waits_for_window(struct kunit *test)
{
	struct trial *t = closing_behind(test, 2000, 2000);

	arrive(t, SEG(ACK, .seq = 2, .ack = 1, .wnd = 2001));
	expect(t, ATCP_LAST_ACK);
	edge(t, ATCP_CLOSE_WAIT, ATCP_LAST_ACK, ATCP_BY_SEGMENT);
	sent(t, SEG(FIN | ACK, .seq = 2001, .ack = 2));
}

/* In a closed window it is a probe that carries it. */
static void close__fin_as_probe(struct kunit *test)
{
	struct trial *t = closing_behind(test, 0, ZERO_WND);

	next_deadline(t);
	expect(t, ATCP_LAST_ACK);
	edge(t, ATCP_CLOSE_WAIT, ATCP_LAST_ACK, ATCP_BY_TIMER);
	sent(t, SEG(FIN | ACK, .seq = 1, .ack = 2));
}

/* It may go for the first time behind text that goes for the second. */
static void close__fin_on_retransmission(struct kunit *test)
{
	struct trial *t = closing_behind(test, 1500, 1500);

	next_deadline(t);
	expect(t, ATCP_CLOSE_WAIT);
	sent(t, SEG(ACK, .seq = 1, .ack = 2, .text = 1000));
	arrive(t, SEG(ACK, .seq = 2, .ack = 1001, .wnd = 2000));
	expect(t, ATCP_LAST_ACK, .acked = 1000);
	edge(t, ATCP_CLOSE_WAIT, ATCP_LAST_ACK, ATCP_BY_SEGMENT);
	sent(t, SEG(FIN | ACK, .seq = 1001, .ack = 2, .text = 500));
	arrive(t, SEG(ACK, .seq = 2, .ack = 1502));
	expect(t, ATCP_CLOSED, .acked = 500, .flush = true);
}

/* Until then the connection is one that ABORT tells the peer of. */
static void close__abort_while_it_waits(struct kunit *test)
{
	struct trial *t = closing_behind(test, 2000, 2000);

	user_abort(t);
	expect(t, ATCP_CLOSED, .flush = true);
	edge(t, ATCP_CLOSE_WAIT, ATCP_CLOSED, ATCP_BY_CALL);
	sent(t, SEG(RST, .seq = 2001));
}

/* R9293-FINONCE */
static const struct row close_again_rows[] = {
	{ "F1-008" }, { "F2-008" }, { "CG-005" }, { "LA-005" }, { "TW-005" },
};

ROWS(close_again);
EACH_ROW(close_again)
{
	user_close(t);
	nothing_happened(t, -EALREADY);
}

/* ---- ABORT ---- */

static const struct row abort_none_rows[] = {
	{ "CL-018" },
};

ROWS(abort_none);
static void abort_none(struct kunit *test)
{
	struct trial *t = trial_row(test, trial_worlds);

	user_abort(t);
	nothing_happened(t, -ENOTCONN);
}

static const struct row abort_silent_rows[] = {
	{ "LI-011" }, { "SS-008" }, { "CG-006" }, { "LA-006" }, { "TW-006" },
};

ROWS(abort_silent);
EACH_ROW(abort_silent)
{
	user_abort(t);
	returned(t, 0);
	expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
	sent_no_more(t);
}

/* R9293-ABORTRST */
static const struct row abort_rst_rows[] = {
	{ "SR-009" }, { "ES-014" }, { "F1-009" }, { "F2-009" }, { "CW-012" },
};

ROWS(abort_rst);
EACH_ROW(abort_rst)
{
	u32 nxt = snd_nxt(t);

	user_abort(t);
	returned(t, 0);
	expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
	sent(t, SEG(RST, .seq = nxt));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
}

/* ---- the user goes for good ---- */

/* [SHLD-3] */
static const struct row gone_unread_rows[] = {
	{ "ES-013" },
};

ROWS(gone_unread);
static void gone__unread(struct kunit *test)
{
	static const struct world w = {
		.name = "unread", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .fill = 300,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	user_gone(t, true);
	expect(t, ATCP_CLOSED, .flush = true);
	sent(t, SEG(RST, .seq = 1));
}

static void gone__read_all(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_gone(t, false);
	returned(t, 0);
	expect(t, ATCP_FIN_WAIT_1);
	sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.orphan, 1);
}

/* FIN-WAIT-2 without a user ends: D-11 */
static void gone__fin_wait_2_ends(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_FIN_WAIT_2);

	after(t, SEC(3600));
	expect(t, ATCP_FIN_WAIT_2);
	user_gone(t, false);
	returned(t, 0);
	after(t, SEC(59));
	expect(t, ATCP_FIN_WAIT_2);
	after(t, SEC(2));
	expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);

	t = plain_in(test, ATCP_FIN_WAIT_1);
	user_gone(t, false);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2));
	expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
	after(t, SEC(61));
	expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
}

static struct kunit_case close_cases[] = {
	ROW_CASE(close_none),
	ROW_CASE(close_early),
	ROW_CASE(close_now),
	ROW_CASE(close_deferred),
	ROW_CASE(close_with_text),
	KUNIT_CASE(close__fin_waits_for_window),
	KUNIT_CASE(close__fin_as_probe),
	KUNIT_CASE(close__fin_on_retransmission),
	KUNIT_CASE(close__abort_while_it_waits),
	ROW_CASE(close_again),
	ROW_CASE(abort_none),
	ROW_CASE(abort_silent),
	ROW_CASE(abort_rst),
	KUNIT_CASE_PARAM(gone__unread, gone_unread_gen_params),
	KUNIT_CASE(gone__read_all),
	KUNIT_CASE(gone__fin_wait_2_ends),
	{}
};

TRIAL_SUITE(close, close_cases);
