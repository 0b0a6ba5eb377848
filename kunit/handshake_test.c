// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of the fifth check in SYN-RECEIVED, in ack.c: the ACK that completes the
 * handshake (RFC 9293 section 3.10.7.4).
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- SYN-RECEIVED ---- */

static const struct row handshake_done_rows[] = {
	{ "SR-041" }, { "SR-047" },
};

ROWS(handshake_done);
EACH_ROW(handshake_done)
{
	u32 scale = t->world->features & ATCP_F_WSCALE ? PEER_WSCALE : 0;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 5000));
	expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE | ATCP_WAKE_WRITE);
	sent_no_more(t);
	/* R9293-ESTVARS, R7323-WSSHIFT */
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 5000u << scale);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wl1, t->irs + 1);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wl2, t->iss + 1);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
	/* R5681-IWHS */
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd,
			atcp_cc_initial_window(atcp_eff_mss(&t->tcb)));
}

/* Queued text goes out, in full, once the state allows. */
static void handshake_done__text_follows(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_RECEIVED);

		user_send(t, 100);
		returned(t, 0);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 1, .text = 100));
	}
}

/* A CLOSE that was put off is carried out. */
static const struct row handshake_done_close_rows[] = {
	{ "SR-042" },
};

ROWS(handshake_done_close);
EACH_ROW(handshake_done_close)
{
	user_send(t, 100);
	user_close(t);
	returned(t, 0);
	expect(t, ATCP_SYN_RECEIVED);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	expect(t, ATCP_FIN_WAIT_1, .wake = ATCP_WAKE_STATE);
	KUNIT_EXPECT_EQ(test, (int)t->fx.n_edges, 2);
	sent(t, SEG(FIN | ACK | PSH, .seq = 1, .ack = 1, .text = 100));
}

/* R9293-RSTGEN2; D-07: RST, and the right ACK still completes it */
static const struct row handshake_bad_ack_rows[] = {
	{ "SR-043" }, { "SR-044" }, { "SR-045" }, { "SR-050" }, { "SR-052" },
};

ROWS(handshake_bad_ack);
static void handshake_bad_ack(struct kunit *test)
{
	const u32 acks[] = { 0, 0u - 1, 2, 1u << 30, 0u - (1u << 30) };
	static const u8 ctls[] = { ACK, FIN | ACK, URG | ACK };
	const struct world *w = NULL;
	unsigned int i, k;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		for (i = 0; i < ARRAY_SIZE(acks); i++)
			for (k = 0; k < ARRAY_SIZE(ctls); k++) {
				arrive(t, SEG(ctls[k], .seq = 1, .ack = acks[i],
					      .text = 10 * k));
				expect(t, ATCP_SYN_RECEIVED);
				sent(t, SEG(RST, .seq = acks[i]));
				sent_no_more(t);
			}
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
	}
}

/* SC-21: the ACK was lost, text comes first. */
static const struct row handshake_with_text_rows[] = {
	{ "SR-025" }, { "SR-049" },
};

ROWS(handshake_with_text);
EACH_ROW(handshake_with_text)
{
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	expect(t, ATCP_ESTABLISHED, .take = 100, .deliver = 100,
	       .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ);
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
}

static const struct row handshake_out_of_order_rows[] = {
	{ "SR-026" },
};

ROWS(handshake_out_of_order);
EACH_ROW(handshake_out_of_order)
{
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100));
	expect(t, ATCP_ESTABLISHED, .take = 100, .wake = ATCP_WAKE_STATE);
	if (t->tcb.opts_on & ATCP_OPT_SACK_PERM)
		sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(1, { 101, 201 })));
	else
		sent(t, SEG(ACK, .seq = 1, .ack = 1));
}

static const struct row handshake_urgent_rows[] = {
	{ "SR-048" },
};

ROWS(handshake_urgent);
EACH_ROW(handshake_urgent)
{
	arrive(t, SEG(ACK | URG, .seq = 1, .ack = 1, .text = 10, .up = 10));
	expect(t, ATCP_ESTABLISHED, .take = 10, .deliver = 10,
	       .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ | ATCP_WAKE_URG);
	sent(t, SEG(ACK, .seq = 1, .ack = 11));
}

/* SC-18: three states in one segment */
static const struct row handshake_fin_rows[] = {
	{ "SR-051" }, { "SR-053" },
};

ROWS(handshake_fin);
static void handshake_fin(struct kunit *test)
{
	const struct world *w = NULL;
	u32 text;

	for_each_world(w)
		for (text = 0; text <= 30; text += 30) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = text));
			expect(t, ATCP_CLOSE_WAIT, .take = text, .deliver = text,
			       .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ);
			KUNIT_EXPECT_EQ(test, (int)t->fx.n_edges, 2);
			sent(t, SEG(ACK, .seq = 1, .ack = 2 + text));
		}
}

/* SC-19: CLOSE in SYN-RECEIVED; the SYN is acknowledged alone, then the FIN. */
static const struct row close_in_syn_received_rows[] = {
	{ "F1-076" }, { "F1-077" },
};

ROWS(close_in_syn_received);
static void scenario__close_in_syn_received(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_RECEIVED);

		user_close(t);
		expect(t, ATCP_FIN_WAIT_1);
		sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_FIN_WAIT_1);
		arrive(t, SEG(ACK, .seq = 1, .ack = 2));
		expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
	}
	for_each_world(w) {		/* both at once */
		struct trial *t = trial_in(test, w, ATCP_SYN_RECEIVED);

		user_close(t);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 2));
		expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
	}
}

/*
 * SC-19 once more: before our SYN is acknowledged no text is believed. But FIN-WAIT-1 is
 * a synchronized state, where a false ACK gets an empty one, never a RST. R9293-RSTGEN3
 */
static const struct row close_in_syn_received_bad_ack_rows[] = {
	{ "F1-040" }, { "F1-041" },
};

ROWS(close_in_syn_received_bad_ack);
static void scenario__close_in_syn_received_bad_ack(struct kunit *test)
{
	const u32 acks[] = { 0, 0u - 1, 3, 1u << 30, 0u - (1u << 30), 1u << 31 };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_RECEIVED);

		user_close(t);
		sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
		for (i = 0; i < ARRAY_SIZE(acks); i++) {
			arrive(t, SEG(FIN | ACK, .seq = 1, .ack = acks[i], .text = 10));
			expect(t, ATCP_FIN_WAIT_1);
			sent(t, SEG(ACK, .seq = 2, .ack = 1));
			counted(t, ATCP_EV_CHALLENGE_ACK);
		}
		arrive(t, SEG(ACK, .seq = 1, .ack = 2));
		expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
	}
}

/* A SYN,ACK with FIN or URG and no text: they count like those with text. [MAY-10] */
static void synack__without_text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_SENT);

		arrive(t, SEG(SYN | FIN | ACK, .ack = 1));
		expect(t, ATCP_CLOSE_WAIT, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK, .seq = 1, .ack = 2));
		not_counted(t, ATCP_EV_UNACCEPTABLE);
		t = trial_in(test, w, ATCP_SYN_SENT);
		arrive(t, SEG(SYN | URG | ACK, .ack = 1, .up = 30));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_URG);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->irs + 30);
		sent(t, SEG(ACK, .seq = 1, .ack = 1));
		not_counted(t, ATCP_EV_UNACCEPTABLE);
	}
}

/* SYN-SENT: a RST ends the reading of the segment. */
static void syn_sent__rst_and_syn(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_SENT);

		arrive(t, SEG(SYN | RST));
		only_dropped(t);
		arrive(t, SEG(SYN | RST | ACK, .ack = 1));
		expect(t, ATCP_CLOSED, .error = ECONNREFUSED, .flush = true);
		KUNIT_EXPECT_EQ(test, (int)t->fx.n_edges, 1);
		sent_no_more(t);
	}
}

/* [MUST-25] asked for before there was a connection */
static void keepalive__begins_with_established(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_SENT);

		t->tcb.keepalive = 1;
		arrive(t, SEG(SYN | ACK, .ack = 1));
		sent_whatever(t);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE],
				t->now + SEC(7200));
	}
}

/* A SYN in the window ends SYN-RECEIVED, and nothing else of it counts. R5961-SYN */
static void syn_received__syn_in_window(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_RECEIVED);

	arrive(t, SEG(SYN | ACK, .seq = 1, .ack = 500));
	expect(t, ATCP_LISTEN, .flush = true);
	sent_no_more(t);
}

static struct kunit_case handshake_cases[] = {
	ROW_CASE(handshake_done),
	KUNIT_CASE(handshake_done__text_follows),
	ROW_CASE(handshake_done_close),
	ROW_CASE(handshake_bad_ack),
	ROW_CASE(handshake_with_text),
	ROW_CASE(handshake_out_of_order),
	ROW_CASE(handshake_urgent),
	ROW_CASE(handshake_fin),
	KUNIT_CASE_PARAM(scenario__close_in_syn_received, close_in_syn_received_gen_params),
	KUNIT_CASE_PARAM(scenario__close_in_syn_received_bad_ack,
			 close_in_syn_received_bad_ack_gen_params),
	KUNIT_CASE(synack__without_text),
	KUNIT_CASE(syn_sent__rst_and_syn),
	KUNIT_CASE(keepalive__begins_with_established),
	KUNIT_CASE(syn_received__syn_in_window),
	{}
};

TRIAL_SUITE(handshake, handshake_cases);
