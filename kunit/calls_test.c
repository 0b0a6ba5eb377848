// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of calls.c: the user's calls of RFC 9293 sections 3.10.1 to 3.10.6.
 *
 * Rows about memory, permission and addresses are the shell's.
 */

#include "../module/core/calls.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* ---- OPEN ---- */

static const struct row open_active_rows[] = {
	{ "CL-001" }, { "CL-007" }, { "LI-001" }, { "LI-005" },
};

ROWS(open_active);
EACH_ROW(open_active)
{
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
EACH_ROW(open_passive)
{
	trial_open_passive(t);
	returned(t, 0);
	expect(t, ATCP_LISTEN);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.passive, 1);
}

static const struct row open_again_rows[] = {
	{ "LI-004" }, { "SS-001" }, { "SS-002" }, { "SR-001" }, { "SR-002" },
	{ "ES-001" }, { "ES-002" }, { "F1-001" }, { "F1-002" }, { "F2-001" },
	{ "F2-002" }, { "CW-001" }, { "CW-002" }, { "CG-001" }, { "CG-002" },
	{ "LA-001" }, { "LA-002" }, { "TW-001" }, { "TW-002" },
};

ROWS(open_again);
/* [MUST-41] */
EACH_ROW(open_again)
{
	trial_open_passive(t);
	nothing_happened(t, -EISCONN);
	if (t->tcb.state == ATCP_LISTEN)
		return;
	trial_open_active(t);
	nothing_happened(t, -EISCONN);
}

/* ---- SEND ---- */

static const struct row send_no_connection_rows[] = {
	{ "CL-012" }, { "LI-006" },
};

ROWS(send_no_connection);
EACH_ROW(send_no_connection)
{
	user_send(t, 10);
	nothing_happened(t, -ENOTCONN);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->was.snd.end);
}

static const struct row send_queued_rows[] = {
	{ "SS-003" }, { "SR-003" },
};

ROWS(send_queued);
EACH_ROW(send_queued)
{
	user_send(t, 10);
	nothing_happened(t, 0);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->iss + 11);
}

/*
 * SEND in LISTEN becomes OPEN, active, and a SEND that waits for ESTABLISHED. (A
 * socket does not offer it: the shell, like Linux, answers ENOTCONN.)
 */
static const struct row send_opens_rows[] = {
	{ "LI-005" },
};

ROWS(send_opens);
EACH_ROW(send_opens)
{
	trial_open_active(t);
	edge(t, ATCP_LISTEN, ATCP_SYN_SENT, ATCP_BY_CALL);
	sent(t, SEG(SYN, .seq = 0));
	user_urgent(t, 10);
	nothing_happened(t, 0);
	arrive(t, SEG(SYN | ACK, .ack = 1));
	expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
	sent(t, SEG(ACK | URG | PSH, .seq = 1, .ack = 1, .text = 10, .up = 10));
}

/* [MUST-60] [MUST-61]; R6298-START */
static const struct row send_now_rows[] = {
	{ "ES-003" }, { "CW-003" },
};

ROWS(send_now);
EACH_ROW(send_now)
{
	user_send(t, 100);
	returned(t, 0);
	expect(t, t->was.state);
	sent(t, SEG(ACK | PSH, .seq = 1, .ack = rcv_nxt(t), .text = 100));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, snd_nxt(t), 101u);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
			t->now + atcp_rto_current(&t->tcb));
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
EACH_ROW(send_urgent)
{
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
EACH_ROW(send_closing)
{
	KUNIT_EXPECT_EQ(test, atcp_user_may_send(&t->tcb), -EPIPE);
	user_send(t, 10);
	nothing_happened(t, -EPIPE);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->was.snd.end);
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
EACH_ROW(receive_urgent)
{
	arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .text = 10, .up = 6));
	sent_whatever(t);
	user_receive(t, 5);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 1);
	user_receive(t, 1);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 0);
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

/* [MUST-66] is for a closed window: with an open one the text tells, in its turn. */
static void send_urgent__no_room_in_cwnd(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 10000);
	sent_text(t, 1, 10001);
	user_urgent(t, 100);
	sent_no_more(t);
}

/* The window of a peer that sends no more is nobody's concern. */
static void receive__tells_no_window_after_the_end(struct kunit *test)
{
	static const struct world w = {
		.name = "full", .passive = true, .peer_plain = true, .iss = 9,
		.start = TRIAL_START, .buff = 3000, .fill = 2900,
	};
	struct trial *t = trial_in(test, &w, ATCP_CLOSE_WAIT);

	user_receive(t, 2900);
	returned(t, 0);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, atcp_user_may_receive(&t->tcb), 1);
	arrive(t, SEG(RST, .seq = rcv_nxt(t)));
	expect(t, ATCP_CLOSED, .error = EPIPE, .flush = true);
	KUNIT_EXPECT_EQ(test, atcp_user_may_receive(&t->tcb), 1);

	t = trial_in(test, &w, ATCP_ESTABLISHED);
	arrive(t, SEG(RST, .seq = rcv_nxt(t)));
	KUNIT_EXPECT_EQ(test, atcp_user_may_receive(&t->tcb), -ENOTCONN);
	user_receive(t, 2900);
	returned(t, 0);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
}

/* Whoever has gone leaves nothing to abort where all was said. */
static void gone__after_the_end(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_TIME_WAIT);

	user_gone(t, true);
	returned(t, 0);
	expect(t, ATCP_TIME_WAIT);
	not_counted(t, ATCP_EV_ABORT_ON_CLOSE);
	t = plain_in(test, ATCP_CLOSED);
	user_gone(t, true);
	returned(t, -ENOTCONN);
	not_counted(t, ATCP_EV_ABORT_ON_CLOSE);
	t = plain_in(test, ATCP_ESTABLISHED);
	user_gone(t, true);
	returned(t, 0);
	expect(t, ATCP_CLOSED, .flush = true);
	counted(t, ATCP_EV_ABORT_ON_CLOSE);
	sent(t, SEG(RST, .seq = 1));
}

static void push(struct trial *t)
{
	trial_begin(t);
	atcp_user_push(&t->tcb, t->now);
	trial_end(t);
}

/* What Nagle's algorithm holds goes at once, and only that. */
static void push__nagle(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	push(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
	user_send(t, 100);
	sent_text(t, 1, 101);
	trial_send(t, 100, ATCP_USER_MORE);
	sent_no_more(t);
	push(t);
	sent_text(t, 101, 201);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.more, 0);
	/* An ACK that is owed besides is not forgotten. */
	t->tcb.send |= ATCP_SEND_KEEPALIVE;
	t->tcb.snd.end += 10;
	atcp_user_push(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_KEEPALIVE | ATCP_SEND_OVERRIDE);
}

/* CLOSE takes a promise of more text back. */
static void close__more(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	trial_send(t, 100, ATCP_USER_MORE);
	sent_no_more(t);
	user_close(t);
	sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = 100));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.more, 0);
}

static void options_changed__mss(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.snd.mss_user = 600;
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.mss, 600u);
}

static struct kunit_case calls_cases[] = {
	ROW_CASE(open_active),
	KUNIT_CASE(open_active__options),
	ROW_CASE(open_passive),
	ROW_CASE(open_again),
	ROW_CASE(send_no_connection),
	ROW_CASE(send_queued),
	ROW_CASE(send_opens),
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
	KUNIT_CASE(push__cork),
	KUNIT_CASE(send__more),
	KUNIT_CASE(options_changed__timers),
	KUNIT_CASE(send_urgent__no_room_in_cwnd),
	KUNIT_CASE(receive__tells_no_window_after_the_end),
	KUNIT_CASE(gone__after_the_end),
	KUNIT_CASE(push__nagle),
	KUNIT_CASE(close__more),
	KUNIT_CASE(options_changed__mss),
	{}
};

TRIAL_SUITE(calls, calls_cases);
