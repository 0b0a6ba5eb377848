// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of calls.c: the user's calls of RFC 9293 sections 3.10.1 to 3.10.6.
 *
 * Rows about memory, permission and addresses are the shell's.
 */

#include "../module/core/calls.c"
#include <linux/kernel.h>
#include "atcp_test.h"

static void nothing_happened(struct trial *t, int ret)
{
	returned(t, ret);
	expect(t, t->was.state);
	unchanged(t);
	sent_no_more(t);
}

/* ---- OPEN ---- */

static const struct row open_active_rows[] = {
	{ "CL-001" }, { "CL-007" }, { "LI-001" }, { "LI-005" },
};

ROWS(open_active);
static void open_active(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		trial_open_active(t);
		returned(t, 0);
		expect(t, ATCP_SYN_SENT);
		sent(t, SEG(SYN, .seq = 0, .mss = TRIAL_MSS, .wnd = 65535));
		KUNIT_EXPECT_EQ(test, (int)t->tcb.passive, 0);	/* [MUST-11] */
		KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->iss);
		KUNIT_EXPECT_EQ(test, snd_nxt(t), 1u);
		/* R6298-INIT */
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), t->now + SEC(1));
		counted(t, ATCP_EV_ACTIVE_OPENS);
	}
}

/* What the SYN offers: R7323-WSOFFER, R7323-TSECR0 */
static void open_active__options(struct kunit *test)
{
	u32 f;

	for (f = 0; f < 8; f++) {
		struct world w = { .name = "options", .start = TRIAL_START };
		const struct atcp_out *out;
		struct trial *t;
		u8 have = ATCP_OPT_MSS;

		if (f & 1) {
			w.features |= ATCP_F_TIMESTAMPS;
			have |= ATCP_OPT_TS;
		}
		if (f & 2) {
			w.features |= ATCP_F_WSCALE;
			have |= ATCP_OPT_WSCALE;
		}
		if (f & 4) {
			w.features |= ATCP_F_SACK;
			have |= ATCP_OPT_SACK_PERM;
		}
		t = trial_in(test, &w, ATCP_CLOSED);
		trial_open_active(t);
		KUNIT_ASSERT_EQ(test, t->n_out, 1u);
		out = &t->out[0];
		KUNIT_EXPECT_EQ(test, (int)out->opt.have, (int)have);
		KUNIT_EXPECT_EQ(test, out->opt.tsecr, 0u);
		KUNIT_EXPECT_EQ(test, (int)out->opt.mss, TRIAL_MSS);
		sent_whatever(t);
		trial_exit(test);
	}
}

static const struct row open_passive_rows[] = {
	{ "CL-008" },
};

ROWS(open_passive);
static void open_passive(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		trial_open_passive(t);
		returned(t, 0);
		expect(t, ATCP_LISTEN);
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.passive, 1);
	}
}

static const struct row open_again_rows[] = {
	{ "LI-004" }, { "SS-001" }, { "SS-002" }, { "SR-001" }, { "SR-002" },
	{ "ES-001" }, { "ES-002" }, { "F1-001" }, { "F1-002" }, { "F2-001" },
	{ "F2-002" }, { "CW-001" }, { "CW-002" }, { "CG-001" }, { "CG-002" },
	{ "LA-001" }, { "LA-002" }, { "TW-001" }, { "TW-002" },
};

ROWS(open_again);
static void open_again(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		trial_open_passive(t);
		nothing_happened(t, -EISCONN);
		if (t->tcb.state == ATCP_LISTEN)
			continue;
		trial_open_active(t);
		nothing_happened(t, -EISCONN);
	}
}

/* ---- SEND ---- */

static const struct row send_no_connection_rows[] = {
	{ "CL-012" }, { "LI-006" },
};

ROWS(send_no_connection);
static void send_no_connection(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_send(t, 10);
		nothing_happened(t, -ENOTCONN);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->was.snd.end);
	}
}

static const struct row send_queued_rows[] = {
	{ "SS-003" }, { "SR-003" },
};

ROWS(send_queued);
static void send_queued(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_send(t, 10);
		nothing_happened(t, 0);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->iss + 11);
	}
}

/* [MUST-60] [MUST-61]; R6298-START */
static const struct row send_now_rows[] = {
	{ "ES-003" }, { "CW-003" },
};

ROWS(send_now);
static void send_now(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_send(t, 100);
		returned(t, 0);
		expect(t, t->was.state);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = rcv_nxt(t), .text = 100));
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, snd_nxt(t), 101u);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
				t->now + atcp_rto_current(&t->tcb));
	}
}

static const struct row send_held_rows[] = {
	{ "ES-004" }, { "CW-004" }, { "ES-051" }, { "CW-047" }, { "F1-047" },
};

ROWS(send_held);
static void send_held(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct world shut = *w;
		struct trial *t;

		shut.peer_wnd = ZERO_WND;
		if (row_state(row_of(test)) == ATCP_FIN_WAIT_1)
			shut.text = 100;
		t = trial_in(test, &shut, row_state(row_of(test)));
		if (!t->tcb.fin) {
			user_send(t, 100);
			returned(t, 0);
		}
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, snd_nxt(t), 1u);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_PERSIST],
				t->now + atcp_rto_current(&t->tcb));
		trial_exit(test);
	}
}

/* [MUST-62] D-18: SEG.SEQ + SEG.UP is the octet after the urgent text. */
static const struct row send_urgent_rows[] = {
	{ "ES-006" }, { "CW-006" },
};

ROWS(send_urgent);
static void send_urgent(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_urgent(t, 7);
		returned(t, 0);
		sent(t, SEG(ACK | URG, .seq = 1, .ack = rcv_nxt(t), .text = 7, .up = 7));
		/* Told until it is acknowledged, with what follows it no more. */
		user_send(t, 1500);
		for (; t->n_read < t->n_out; t->n_read++) {
			const struct atcp_out *out = &t->out[t->n_read];

			KUNIT_EXPECT_EQ(test, out->ctl & URG, 0);
		}
	}
}

/* Several segments, each telling of the mark. */
static void send_urgent__long(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 seq = 1;

	user_urgent(t, 3500);
	while (t->n_read < t->n_out) {
		const struct atcp_out *out = &t->out[t->n_read++];

		KUNIT_EXPECT_EQ(test, (int)(out->ctl & URG), URG);
		KUNIT_EXPECT_EQ(test, out->seq + out->up, t->iss + 3501);
		KUNIT_EXPECT_LE(test, out->text, (u32)out->mss);
		seq += out->text;
	}
	KUNIT_EXPECT_EQ(test, seq, 3501u);
}

/* More than the pointer can tell of: as far as it reaches. [MUST-31] */
static void send_urgent__70000(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_urgent(t, 70000);
	KUNIT_ASSERT_GT(test, t->n_out, 0u);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].up, 65535);
	sent_whatever(t);
}

/* Told though the window is shut. */
static void send_urgent__zero_window(struct kunit *test)
{
	static const struct world w = {
		.name = "shut", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .peer_wnd = ZERO_WND,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	user_urgent(t, 5);
	sent(t, SEG(ACK | URG, .seq = 1, .ack = 1, .up = 5));
}

static const struct row send_closing_rows[] = {
	{ "F1-003" }, { "F2-003" }, { "CG-003" }, { "LA-003" }, { "TW-003" },
};

ROWS(send_closing);
static void send_closing(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		KUNIT_EXPECT_EQ(test, atcp_user_may_send(&t->tcb), -EPIPE);
		user_send(t, 10);
		nothing_happened(t, -EPIPE);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->was.snd.end);
	}
}

/* After CLOSE in SYN-RECEIVED nothing more may be queued. */
static void send__after_deferred_close(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_RECEIVED);

	user_send(t, 10);
	user_close(t);
	user_send(t, 10);
	nothing_happened(t, -EPIPE);
}

/* ---- RECEIVE ---- */

/* 0: text may come, 1: the end of the stream */
struct receive {
	const char *id;
	int may;
};

static const struct receive receives[] = {
	{ "CL-014", -ENOTCONN }, { "LI-008", -ENOTCONN }, { "SS-005", 0 }, { "SR-005", 0 },
	{ "ES-008", 0 }, { "F1-005", 0 }, { "F2-005", 0 }, { "CW-008", 1 },
	{ "CG-004", 1 }, { "LA-004", 1 }, { "TW-004", 1 },
};

static void receive_desc(const struct receive *r, char *desc)
{
	strscpy(desc, r->id, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(receive, receives, receive_desc);

static void receive__nothing_there(struct kunit *test)
{
	const struct receive *r = test->param_value;
	const struct row row = { r->id };
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, row_state(&row));

		KUNIT_EXPECT_EQ(test, atcp_user_may_receive(&t->tcb), r->may);
	}
}

static const struct row receive_text_rows[] = {
	{ "ES-007" }, { "F1-004" }, { "F2-004" }, { "CW-007" },
};

ROWS(receive_text);
static void receive_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct world filled = *w;
		struct trial *t;

		filled.fill = 300;
		t = trial_in(test, &filled, row_state(row_of(test)));
		user_receive(t, 200);
		returned(t, 0);
		expect(t, t->was.state);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.user, 100u);
		sent_no_more(t);			/* [MUST-39] not worth telling */
		trial_exit(test);
	}
}

/* [MUST-33]: urgent until the mark is reached, not an octet less */
static const struct row receive_urgent_rows[] = {
	{ "ES-010" }, { "F1-007" }, { "F2-007" },
};

ROWS(receive_urgent);
static void receive_urgent(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .text = 10, .up = 6));
		sent_whatever(t);
		user_receive(t, 5);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 1);
		user_receive(t, 1);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 0);
	}
}

static void receive__urgent_mark_before_fin(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(FIN | ACK | URG, .seq = 1, .ack = 1, .text = 10, .up = 10));
	expect(t, ATCP_CLOSE_WAIT, .take = 10, .deliver = 10, .wake = ATCP_WAKE_URG);
	sent_whatever(t);
	user_receive(t, 9);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 1);
	user_receive(t, 1);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 0);
}

/* D-16: what was acknowledged stays readable. */
static void receive__after_the_end(struct kunit *test)
{
	static const enum atcp_state states[] = {
		ATCP_CLOSE_WAIT, ATCP_CLOSING, ATCP_LAST_ACK, ATCP_TIME_WAIT,
	};
	static const struct world w = {
		.name = "unread", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .fill = 300,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		struct trial *t = trial_in(test, &w, states[i]);

		KUNIT_EXPECT_EQ(test, t->tcb.rcv.user, 300u);
		user_receive(t, 300);
		returned(t, 0);
		expect(t, states[i]);
		sent_no_more(t);
	}
}

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
static void close_early(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_close(t);
		returned(t, 0);
		expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
		sent_no_more(t);			/* no FIN, no RST */
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
	}
}

static const struct row close_now_rows[] = {
	{ "SR-007" }, { "ES-011" }, { "CW-009" },
};

ROWS(close_now);
static void close_now(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_close(t);
		returned(t, 0);
		expect(t, t->was.state == ATCP_CLOSE_WAIT ? ATCP_LAST_ACK : ATCP_FIN_WAIT_1);
		sent(t, SEG(FIN | ACK, .seq = 1, .ack = rcv_nxt(t)));
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, snd_nxt(t), 2u);
		KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
	}
}

static const struct row close_deferred_rows[] = {
	{ "SR-008" },
};

ROWS(close_deferred);
static void close_deferred(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_send(t, 10);
		user_close(t);
		nothing_happened(t, 0);
		user_close(t);
		nothing_happened(t, -EALREADY);
	}
}

/* R9293-CLOSEFLUSH: text first, then FIN, by as many segments as it takes */
static const struct row close_with_text_rows[] = {
	{ "ES-012" }, { "CW-011" },
};

ROWS(close_with_text);
static void close_with_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct world small = *w;
		u32 scale = w->features & ATCP_F_WSCALE ? PEER_WSCALE : 0;
		struct trial *t;
		u32 end = 0;

		small.peer_wnd = 2000 >> scale;
		t = trial_in(test, &small, row_state(row_of(test)));
		user_send(t, 5000);
		sent_whatever(t);
		user_close(t);
		returned(t, 0);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.fin, 1);
		sent_whatever(t);
		while (end < 5002) {
			const struct atcp_out *last;

			arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t),
				      .wnd = 2000 >> scale));
			KUNIT_ASSERT_GT(test, t->n_out, 0u);
			last = &t->out[t->n_out - 1];
			end = last->seq + last->text + !!(last->ctl & FIN) - t->iss;
			/* FIN with the last octet, not before */
			KUNIT_EXPECT_EQ(test, !!(last->ctl & FIN), end == 5002);
			sent_whatever(t);
		}
		trial_exit(test);
	}
}

/* R9293-FINONCE */
static const struct row close_again_rows[] = {
	{ "F1-008" }, { "F2-008" }, { "CG-005" }, { "LA-005" }, { "TW-005" },
};

ROWS(close_again);
static void close_again(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_close(t);
		nothing_happened(t, -EALREADY);
	}
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
static void abort_silent(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		user_abort(t);
		returned(t, 0);
		expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
		sent_no_more(t);
	}
}

/* R9293-ABORTRST */
static const struct row abort_rst_rows[] = {
	{ "SR-009" }, { "ES-014" }, { "F1-009" }, { "F2-009" }, { "CW-012" },
};

ROWS(abort_rst);
static void abort_rst(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
		u32 nxt = snd_nxt(t);

		user_abort(t);
		returned(t, 0);
		expect(t, ATCP_CLOSED, .flush = true, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(RST, .seq = nxt));
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
	}
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

/* ---- held back, and pushed ---- */

static void push__cork(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.cork = 1;
	user_send(t, 1500);
	sent_text(t, 1, 1001);
	sent_no_more(t);
	t->tcb.cork = 0;
	trial_begin(t);
	atcp_user_push(&t->tcb, t->now);
	trial_end(t);
	sent_text(t, 1001, 1501);
}

static void send__more(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	trial_send(t, 300, ATCP_USER_MORE);
	sent_no_more(t);
	trial_send(t, 300, ATCP_USER_MORE);
	sent_no_more(t);
	user_send(t, 100);
	sent_text(t, 1, 701);
	/* A promise that is not kept does not hold text for ever [MUST-60]. */
	arrive(t, SEG(ACK, .seq = 1, .ack = 701));
	trial_send(t, 300, ATCP_USER_MORE);
	sent_no_more(t);
	after(t, MSEC(250));
	sent_text(t, 701, 1001);
}

static void options_changed__timers(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);	/* [MUST-25] */
	t->tcb.keepalive = 1;
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), t->now + SEC(7200)); /* [MUST-28] */
	t->tcb.p.keep_idle_ms = 5000;
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), t->now + SEC(5));	/* [MUST-27] */
	t->tcb.keepalive = 0;
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
}

static struct kunit_case calls_cases[] = {
	ROW_CASE(open_active),
	KUNIT_CASE(open_active__options),
	ROW_CASE(open_passive),
	ROW_CASE(open_again),
	ROW_CASE(send_no_connection),
	ROW_CASE(send_queued),
	ROW_CASE(send_now),
	ROW_CASE(send_held),
	ROW_CASE(send_urgent),
	KUNIT_CASE(send_urgent__long),
	KUNIT_CASE(send_urgent__70000),
	KUNIT_CASE(send_urgent__zero_window),
	ROW_CASE(send_closing),
	KUNIT_CASE(send__after_deferred_close),
	KUNIT_CASE_PARAM(receive__nothing_there, receive_gen_params),
	ROW_CASE(receive_text),
	ROW_CASE(receive_urgent),
	KUNIT_CASE(receive__urgent_mark_before_fin),
	KUNIT_CASE(receive__after_the_end),
	ROW_CASE(close_none),
	ROW_CASE(close_early),
	ROW_CASE(close_now),
	ROW_CASE(close_deferred),
	ROW_CASE(close_with_text),
	ROW_CASE(close_again),
	ROW_CASE(abort_none),
	ROW_CASE(abort_silent),
	ROW_CASE(abort_rst),
	KUNIT_CASE_PARAM(gone__unread, gone_unread_gen_params),
	KUNIT_CASE(gone__read_all),
	KUNIT_CASE(gone__fin_wait_2_ends),
	KUNIT_CASE(push__cork),
	KUNIT_CASE(send__more),
	KUNIT_CASE(options_changed__timers),
	{}
};

TRIAL_SUITE(calls, calls_cases);
