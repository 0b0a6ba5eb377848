// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of fastopen.c: text on a SYN, ours and the peer's, and before the end of the
 * handshake (RFC 7413, section 4.2).
 */

#include "../module/core/fastopen.c"
#include <linux/kernel.h>
#include <linux/errno.h>
#include "atcp_test.h"

static const struct atcp_fo_cookie a_cookie = { .len = 8, .octet = "abcdefgh" };
static const struct atcp_fo_cookie no_cookie = { .exp = true };

static const struct atcp_out *last_out(const struct trial *t)
{
	return &t->out[t->n_out - 1];
}

/* ---- the peer's SYN ---- */

/* In SYN-RECEIVED by a SYN with @text octets and a good cookie. */
static struct trial *trusted(struct kunit *test, const struct world *w, u32 text)
{
	struct trial *t = trial_in(test, w, ATCP_LISTEN);

	t->tcb.fo.flags |= ATCP_FO_TRUSTED;
	arrive(t, SEG(SYN, .text = text));
	return t;
}

/* [R7413-ACKSYN] */
static const struct row syn_text_taken_rows[] = {
	{ "LI-031" },
};

ROWS(syn_text_taken);
static void syn_text_taken(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trusted(test, w, 100);

		expect(t, ATCP_SYN_RECEIVED, .take = 100, .deliver = 100,
		       .wake = ATCP_WAKE_READ);
		sent(t, SEG(SYN | ACK, .ack = 101));
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.user, 100u);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 0);
		KUNIT_EXPECT_TRUE(test, t->tcb.fo.flags & ATCP_FO_TEXT_TAKEN);
		arrive(t, SEG(ACK, .seq = 101, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
		expect(t, ATCP_ESTABLISHED, .take = 50, .deliver = 50, .wake = ATCP_WAKE_READ);
		sent(t, SEG(ACK, .seq = 1, .ack = 151));
	}
}

/* Whatever else the SYN has: without a good cookie nothing of it is taken. */
static void syn_text__not_trusted(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trial_in(test, w, ATCP_LISTEN);

		arrive(t, SEG(SYN, .text = 100));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(SYN | ACK, .ack = 1));
		user_send(t, 10);
		sent_no_more(t);
		KUNIT_EXPECT_FALSE(test, t->tcb.fo.flags & ATCP_FO_TEXT_TAKEN);
	}
}

/* No more of it than there is window, or memory; the rest comes again. */
static void syn_text__trimmed(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trial_in(test, w, ATCP_LISTEN);

		t->tcb.fo.flags |= ATCP_FO_TRUSTED;
		t->room = 0;
		arrive(t, SEG(SYN, .text = 100));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(SYN | ACK, .ack = 1));
		KUNIT_EXPECT_FALSE(test, t->tcb.fo.flags & ATCP_FO_TEXT_TAKEN);
		t->room = U32_MAX;
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
		expect(t, ATCP_ESTABLISHED, .take = 100, .deliver = 100,
		       .wake = ATCP_WAKE_READ);
		sent_whatever(t);
	}
}

/* A FIN behind it comes again, too; an urgent pointer does not. */
static void syn_text__fin_and_urg(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trial_in(test, w, ATCP_LISTEN);

		t->tcb.fo.flags |= ATCP_FO_TRUSTED;
		arrive(t, SEG(SYN | FIN | URG, .text = 100, .up = 100));
		expect(t, ATCP_SYN_RECEIVED, .take = 100, .deliver = 100,
		       .wake = ATCP_WAKE_READ | ATCP_WAKE_URG);
		sent(t, SEG(SYN | ACK, .ack = 101));
		arrive(t, SEG(ACK, .seq = 101, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		arrive(t, SEG(FIN | ACK, .seq = 101, .ack = 1));
		expect(t, ATCP_CLOSE_WAIT, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK, .seq = 1, .ack = 102));
	}
}

/* RFC 7413, 4.2.2: the server may send before the handshake ends. */
static void trusted__sends_at_once(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trusted(test, w, 100);

		sent_whatever(t);
		user_send(t, 300);
		returned(t, 0);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 101, .text = 300));
		arrive(t, SEG(ACK, .seq = 101, .ack = 301));
		expect(t, ATCP_ESTABLISHED, .acked = 300, .wake = ATCP_WAKE_STATE);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
	}
	for_each_server(w) {			/* a cookie and no text */
		struct trial *t = trusted(test, w, 0);

		sent(t, SEG(SYN | ACK, .ack = 1));
		user_send(t, 300);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 1, .text = 300));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
	}
}

/* SYN,ACK first, and alone, until it is acknowledged; then what was lost. [R7413-SARTX] */
static void trusted__sends_again(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trusted(test, w, 100);

		sent_whatever(t);
		user_send(t, 300);
		sent_whatever(t);
		next_deadline(t);
		sent(t, SEG(SYN | ACK, .ack = 101));
		sent_no_more(t);
		arrive(t, SEG(SYN, .text = 100));		/* it had not come */
		sent(t, SEG(SYN | ACK, .ack = 101));
		arrive(t, SEG(SYN));
		sent(t, SEG(SYN | ACK, .ack = 101));
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = 101, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		sent_no_more(t);
		next_deadline(t);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 101, .text = 300));
	}
}

/* The window of a SYN is not scaled, and holds for what goes at once. */
static void trusted__window(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trial_in(test, w, ATCP_LISTEN);

		t->tcb.fo.flags |= ATCP_FO_TRUSTED;
		arrive(t, SEG(SYN, .text = 10, .wnd = 700));
		sent_whatever(t);
		t->tcb.nodelay = 1;
		user_send(t, 5000);
		KUNIT_EXPECT_LE(test, snd_nxt(t), 701u);
		sent_whatever(t);
	}
}

/* A user may have it already, so it does not go back to LISTEN. */
static void trusted__ends(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trusted(test, w, 100);

		sent_whatever(t);
		arrive(t, SEG(RST, .seq = 101));
		expect(t, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
		edge(t, ATCP_SYN_RECEIVED, ATCP_CLOSED, ATCP_BY_SEGMENT);

		t = trusted(test, w, 100);
		sent_whatever(t);
		arrive(t, SEG(SYN, .seq = 150));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(ACK, .seq = 1, .ack = 101));
		counted(t, ATCP_EV_SYN_CHALLENGE);

		icmp(t, ATCP_ICMP_HARD, 0, EHOSTUNREACH);
		expect(t, ATCP_SYN_RECEIVED, .soft_error = EHOSTUNREACH);

		while (t->tcb.state == ATCP_SYN_RECEIVED) {
			next_deadline(t);
			sent_whatever(t);
		}
		expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
	}
}

static void trusted__close(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trusted(test, w, 100);

		sent_whatever(t);
		user_close(t);
		expect(t, ATCP_FIN_WAIT_1);
		sent(t, SEG(FIN | ACK, .seq = 1, .ack = 101));
		arrive(t, SEG(ACK, .seq = 101, .ack = 2));
		expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);

		/* "Otherwise, queue for processing after entering ESTABLISHED state" */
		t = trusted(test, w, 100);
		sent_whatever(t);
		user_send(t, 10);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 101, .text = 10));
		user_close(t);
		expect(t, ATCP_SYN_RECEIVED);
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = 101, .ack = 11));
		expect(t, ATCP_FIN_WAIT_1, .acked = 10, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(FIN | ACK, .seq = 11, .ack = 101));
	}
}

/* A cookie that was asked for goes with the SYN,ACK, and not with one sent again. */
static const struct row cookie_given_rows[] = {
	{ "LI-032" },
};

ROWS(cookie_given);
static void cookie_given(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct trial *t = trial_in(test, w, ATCP_LISTEN);

		t->tcb.fo.flags |= ATCP_FO_OFFER;
		t->tcb.fo.cookie = a_cookie;
		arrive(t, SEG(SYN, .text = 100));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(SYN | ACK, .ack = 1));
		KUNIT_EXPECT_TRUE(test, last_out(t)->opt.have & ATCP_OPT_FASTOPEN);
		KUNIT_EXPECT_EQ(test, memcmp(&last_out(t)->opt.fo, &a_cookie,
					     sizeof(a_cookie)), 0);
		next_deadline(t);
		sent(t, SEG(SYN | ACK, .ack = 1));
		KUNIT_EXPECT_FALSE(test, last_out(t)->opt.have & ATCP_OPT_FASTOPEN);
	}
}

/* ---- our SYN ---- */

/* In SYN-SENT, @text octets given; with the cookie, or the wish for one. */
static struct trial *opening(struct kunit *test, const struct world *w,
			     const struct atcp_fo_cookie *cookie, u16 mss, bool with_text,
			     u32 text)
{
	struct trial *t = trial_in(test, w, ATCP_CLOSED);

	trial_begin(t);
	t->ret = atcp_user_open_active(&t->tcb, t->iss, t->now, &t->fx);
	atcp_fastopen_offer(&t->tcb, cookie, mss, with_text);
	if (text)
		atcp_user_send(&t->tcb, text, 0, t->now, &t->fx);
	trial_end(t);
	return t;
}

static void syn__with_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = opening(test, w, &a_cookie, 1000, true, 300);

		expect(t, ATCP_SYN_SENT);
		sent(t, SEG(SYN, .text = 300));
		KUNIT_EXPECT_EQ(test, memcmp(&last_out(t)->opt.fo, &a_cookie,
					     sizeof(a_cookie)), 0);
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, snd_nxt(t), 301u);
		arrive(t, SEG(SYN | ACK, .ack = 301));
		expect(t, ATCP_ESTABLISHED, .acked = 300, .wake = ATCP_WAKE_STATE);
		counted(t, ATCP_EV_FO_ACTIVE);
		not_counted(t, ATCP_EV_FO_ACTIVE_FAIL);
		sent(t, SEG(ACK, .seq = 301, .ack = 1));
		sent_no_more(t);
		KUNIT_EXPECT_TRUE(test, t->tcb.fo.flags & ATCP_FO_TEXT_TAKEN);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.fo.fail, ATCP_FO_NO_FAIL);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
	}
}

/* Room for every option is left, and what does not fit follows. */
static void syn__as_much_as_fits(struct kunit *test)
{
	static const u16 sizes[] = { 0, 48, 536, 1000 };
	const struct world *w = NULL;
	unsigned int i;

	for_each_client(w)
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct trial *t;
			u32 fits;

			t = opening(test, w, &a_cookie, sizes[i], true, 3000);
			fits = sizes[i] ? sizes[i] - 40 : w->ipv6 ? 1000 - 40 : 536 - 40;
			sent(t, SEG(SYN, .text = fits));
			KUNIT_EXPECT_LE(test, atcp_wire_opt_len(&last_out(t)->opt), 40u);
			sent_no_more(t);
			arrive(t, SEG(SYN | ACK, .ack = 1 + fits));
			expect(t, ATCP_ESTABLISHED, .acked = fits, .wake = ATCP_WAKE_STATE);
			sent_text(t, 1 + fits, 3001);
		}
}

/* [R7413-REQ]: the wish for a cookie goes without text */
static void syn__asks_for_a_cookie(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = opening(test, w, &no_cookie, 0, false, 300);

		sent(t, SEG(SYN));
		KUNIT_EXPECT_TRUE(test, last_out(t)->opt.have & ATCP_OPT_FASTOPEN);
		KUNIT_EXPECT_EQ(test, (int)last_out(t)->opt.fo.len, 0);
		KUNIT_EXPECT_TRUE(test, last_out(t)->opt.fo.exp);
		KUNIT_EXPECT_TRUE(test, t->tcb.fo.flags & ATCP_FO_TRIED);
		KUNIT_EXPECT_FALSE(test, t->tcb.fo.flags & ATCP_FO_TEXT_SENT);
		arrive(t, SEG(SYN | ACK, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		not_counted(t, ATCP_EV_FO_ACTIVE_FAIL);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 1, .text = 300));
	}
}

/* Of a peer that asks for no cookie: text alone. */
static void syn__bare_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = opening(test, w, NULL, 0, true, 30);

		sent(t, SEG(SYN, .text = 30));
		KUNIT_EXPECT_FALSE(test, last_out(t)->opt.have & ATCP_OPT_FASTOPEN);
		arrive(t, SEG(SYN | ACK, .ack = 31));
		expect(t, ATCP_ESTABLISHED, .acked = 30, .wake = ATCP_WAKE_STATE);
		sent_whatever(t);
	}
}

/* [R7413-RTXDATA]: what was not acknowledged goes at once, with the ACK */
static const struct row text_refused_rows[] = {
	{ "SS-021" },
};

ROWS(text_refused);
static void text_refused(struct kunit *test)
{
	static const u32 taken[] = { 0, 1, 100, 299 };
	const struct world *w = NULL;
	unsigned int i;

	for_each_client(w)
		for (i = 0; i < ARRAY_SIZE(taken); i++) {
			struct trial *t = opening(test, w, &a_cookie, 1000, true, 300);
			u32 n = taken[i];

			sent_whatever(t);
			arrive(t, SEG(SYN | ACK, .ack = 1 + n));
			expect(t, ATCP_ESTABLISHED, .acked = n, .wake = ATCP_WAKE_STATE);
			counted(t, ATCP_EV_FO_ACTIVE_FAIL);
			not_counted(t, ATCP_EV_FO_ACTIVE);
			sent(t, SEG(ACK | PSH, .seq = 1 + n, .ack = 1, .text = 300 - n));
			sent_no_more(t);
			KUNIT_EXPECT_EQ(test, (int)t->tcb.fo.fail, ATCP_FO_TEXT_NOT_ACKED);
			KUNIT_EXPECT_FALSE(test, t->tcb.fo.flags & ATCP_FO_TEXT_TAKEN);
			KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
			arrive(t, SEG(ACK, .seq = 1, .ack = 301));
			expect(t, ATCP_ESTABLISHED, .acked = 300 - n, .wake = ATCP_WAKE_WRITE);
		}
}

/* An ACK of more than there was is none of ours. */
static void synack__beyond_the_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = opening(test, w, &a_cookie, 1000, true, 300);

		sent_whatever(t);
		arrive(t, SEG(SYN | ACK, .ack = 302));
		expect(t, ATCP_SYN_SENT);
		sent(t, SEG(RST, .seq = 302));
		arrive(t, SEG(RST | ACK, .ack = 301));
		expect(t, ATCP_CLOSED, .error = ECONNREFUSED, .flush = true);
	}
}

/* [R7413-SYNRTX]: a SYN sent again has neither option nor text */
static void syn_again__is_bare(struct kunit *test)
{
	const struct world *w = NULL;
	u32 acked;

	for_each_client(w)
		for (acked = 0; acked <= 300; acked += 300) {
			struct trial *t = opening(test, w, &a_cookie, 1000, true, 300);

			sent_whatever(t);
			next_deadline(t);
			sent(t, SEG(SYN));
			KUNIT_EXPECT_FALSE(test, last_out(t)->opt.have & ATCP_OPT_FASTOPEN);
			next_deadline(t);
			sent(t, SEG(SYN));
			/* The answer may be to the first all the same. */
			arrive(t, SEG(SYN | ACK, .ack = 1 + acked));
			expect(t, ATCP_ESTABLISHED, .acked = acked, .wake = ATCP_WAKE_STATE);
			if (acked)
				sent(t, SEG(ACK, .seq = 301, .ack = 1));
			else
				sent(t, SEG(ACK | PSH, .seq = 1, .ack = 1, .text = 300));
			KUNIT_EXPECT_EQ(test, (int)t->tcb.fo.fail,
					acked ? ATCP_FO_NO_FAIL : ATCP_FO_SYN_AGAIN);
		}
}

/* Both open at once: our SYN,ACK has no text, and the peer takes it after. */
static void simultaneous__text_follows(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = opening(test, w, &a_cookie, 1000, true, 300);

		sent_whatever(t);
		arrive(t, SEG(SYN));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(SYN | ACK, .ack = 1));
		KUNIT_EXPECT_FALSE(test, last_out(t)->opt.have & ATCP_OPT_FASTOPEN);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 1, .text = 300));
	}
}

/* A SYN that waits for text runs no timer, and is sent with it. */
static void hold__until_there_is_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = trial_in(test, w, ATCP_CLOSED);

		trial_begin(t);
		t->tcb.p.user_timeout_ms = 5000;
		atcp_user_open_active(&t->tcb, t->iss, t->now, &t->fx);
		atcp_fastopen_offer(&t->tcb, &a_cookie, 1000, true);
		atcp_fastopen_hold(&t->tcb);
		trial_end(t);
		sent_no_more(t);
		expect(t, ATCP_SYN_SENT);
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
		arrive(t, SEG(SYN | ACK, .ack = 1));	/* of what? */
		sent(t, SEG(RST, .seq = 1));
		expect(t, ATCP_SYN_SENT);

		trial_begin(t);
		atcp_user_send(&t->tcb, 30, 0, t->now, &t->fx);
		atcp_fastopen_go(&t->tcb, t->now);
		trial_end(t);
		sent(t, SEG(SYN, .text = 30));
		KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_USER], 0ULL);
		trial_begin(t);
		atcp_fastopen_go(&t->tcb, t->now);	/* it went */
		t->fx.cause = ATCP_BY_CALL;
		trial_end(t);
		sent_no_more(t);
		arrive(t, SEG(SYN | ACK, .ack = 31));
		expect(t, ATCP_ESTABLISHED, .acked = 30, .wake = ATCP_WAKE_STATE);
		sent_whatever(t);
		trial_begin(t);
		atcp_fastopen_go(&t->tcb, t->now);	/* too late */
		t->fx.cause = ATCP_BY_CALL;
		trial_end(t);
		sent_no_more(t);
	}
}

/* The peer's SYN comes while ours waits. */
static void hold__simultaneous(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = trial_in(test, w, ATCP_CLOSED);

		trial_begin(t);
		atcp_user_open_active(&t->tcb, t->iss, t->now, &t->fx);
		atcp_fastopen_offer(&t->tcb, &a_cookie, 1000, true);
		atcp_fastopen_hold(&t->tcb);
		trial_end(t);
		arrive(t, SEG(SYN));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(SYN | ACK, .ack = 1));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
	}
}

/* What points at a path that lets no text through. */
static void suspect__fin_or_rst_first(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_client(w) {
		struct trial *t = opening(test, w, &a_cookie, 1000, true, 300);

		sent_whatever(t);
		arrive(t, SEG(SYN | ACK, .ack = 301));
		sent_whatever(t);
		arrive(t, SEG(RST, .seq = 100));
		counted(t, ATCP_EV_FO_SUSPECT);
		sent_whatever(t);
		arrive(t, SEG(FIN | ACK, .seq = 100, .ack = 301));
		not_counted(t, ATCP_EV_FO_SUSPECT);
		sent_whatever(t);
		user_gone(t, false);
		counted(t, ATCP_EV_FO_SUSPECT);
		sent_whatever(t);

		/* Text came: then it is not. Nor is it of one that did not try. */
		t = opening(test, w, &a_cookie, 1000, true, 300);
		sent_whatever(t);
		arrive(t, SEG(SYN | ACK, .ack = 301));
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 301, .text = 10));
		sent_whatever(t);
		arrive(t, SEG(RST, .seq = 100));
		not_counted(t, ATCP_EV_FO_SUSPECT);
		sent_whatever(t);
		t = trial_in(test, w, ATCP_ESTABLISHED);
		arrive(t, SEG(RST, .seq = 100));
		not_counted(t, ATCP_EV_FO_SUSPECT);
		sent_whatever(t);
	}
}

static struct kunit_case fastopen_cases[] = {
	ROW_CASE(syn_text_taken),
	KUNIT_CASE(syn_text__not_trusted),
	KUNIT_CASE(syn_text__trimmed),
	KUNIT_CASE(syn_text__fin_and_urg),
	KUNIT_CASE(trusted__sends_at_once),
	KUNIT_CASE(trusted__sends_again),
	KUNIT_CASE(trusted__window),
	KUNIT_CASE(trusted__ends),
	KUNIT_CASE(trusted__close),
	ROW_CASE(cookie_given),
	KUNIT_CASE(syn__with_text),
	KUNIT_CASE(syn__as_much_as_fits),
	KUNIT_CASE(syn__asks_for_a_cookie),
	KUNIT_CASE(syn__bare_text),
	ROW_CASE(text_refused),
	KUNIT_CASE(synack__beyond_the_text),
	KUNIT_CASE(syn_again__is_bare),
	KUNIT_CASE(simultaneous__text_follows),
	KUNIT_CASE(hold__until_there_is_text),
	KUNIT_CASE(hold__simultaneous),
	KUNIT_CASE(suspect__fin_or_rst_first),
	{}
};

TRIAL_SUITE(fastopen, fastopen_cases);
