// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of checks.c: the first four checks of RFC 9293 section 3.10.7.4 in
 * SYN-RECEIVED and every later state, with RFC 5961, PAWS and RFC 6191.
 *
 * A case is a shape, its parameters are the rows of the state table that have
 * it; each row runs in every world.
 */

#include "../module/core/checks.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* ---- first: the sequence number ---- */

static const struct row seq_bad_empty_rows[] = {
	{ "SR-017" }, { "ES-022" }, { "F1-017" }, { "F2-017" }, { "CW-020" },
	{ "CG-014" }, { "LA-014" }, { "TW-014" },
};

ROWS(seq_bad_empty);
/* [R9293-UNACC-ACK] */
EACH_ROW(seq_bad_empty)
{
	const u32 bad[] = { 0u - 1, t->tcb.rcv.wnd, 0u - 1000, 1u << 31 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arrive(t, SEG(ACK, .seq = rcv_nxt(t) + bad[i], .ack = snd_nxt(t),
			      .wnd = 77));
		only_acked(t);
		counted(t, ATCP_EV_UNACCEPTABLE);
	}
}

static const struct row seq_bad_left_rows[] = {
	{ "SR-018" }, { "ES-023" }, { "F1-018" }, { "F2-018" }, { "CW-021" },
	{ "CG-015" }, { "LA-015" }, { "TW-015" },
};

ROWS(seq_bad_left);
EACH_ROW(seq_bad_left)
{
	u32 left = rcv_nxt(t) - 10;

	arrive(t, SEG(ACK, .seq = left, .ack = snd_nxt(t), .text = 10, .wnd = 77));
	expect(t, t->was.state);
	/* R2883-DSACK */
	if (t->tcb.opts_on & ATCP_OPT_SACK_PERM)
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t),
			    BLOCKS(1, { left, left + 10 })));
	else
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	unchanged(t);
}

static const struct row seq_bad_right_rows[] = {
	{ "SR-019" }, { "ES-024" }, { "F1-019" }, { "F2-019" }, { "CW-022" },
	{ "CG-016" }, { "LA-016" }, { "TW-016" },
};

ROWS(seq_bad_right);
EACH_ROW(seq_bad_right)
{
	arrive(t, SEG(ACK, .seq = rcv_nxt(t) + t->tcb.rcv.wnd, .ack = snd_nxt(t),
		      .text = 10, .wnd = 77));
	only_acked(t);
	arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t) + t->tcb.rcv.wnd,
		      .ack = snd_nxt(t)));
	only_acked(t);
}

static const struct row seq_keepalive_rows[] = {
	{ "SR-020" }, { "ES-025" }, { "F1-020" }, { "F2-020" }, { "CW-023" },
	{ "CG-017" }, { "LA-017" }, { "TW-017" },
};

ROWS(seq_keepalive);
EACH_ROW(seq_keepalive)
{
	arrive(t, SEG(ACK, .seq = rcv_nxt(t) - 1, .ack = snd_nxt(t)));
	only_acked(t);
}

/* Table 6, at its edges: R9293-SEGACC */
static void seq__every_edge(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);
		u32 nxt = t->tcb.rcv.nxt, wnd = t->tcb.rcv.wnd, len;

		for (len = 0; len <= 3; len++) {
			struct atcp_seg seg = { .text = len };
			s64 at;

			for (at = -5; at <= 5; at++) {
				s64 last = at + len - 1;

				seg.seq = nxt + at;
				KUNIT_EXPECT_EQ(test, acceptable(&t->tcb, &seg),
						len ? at >= 0 || last >= 0 : at >= 0);
				seg.seq = nxt + wnd + at;
				KUNIT_EXPECT_EQ(test, acceptable(&t->tcb, &seg), at < 0);
			}
		}
	}
}

/* SYN and FIN count in SEG.LEN. */
static void seq__control_counts(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_seg fin = { .seq = t->tcb.rcv.nxt, .ctl = ATCP_FIN };
	struct atcp_seg old = { .seq = t->tcb.rcv.nxt - 1, .ctl = ATCP_SYN };
	struct atcp_seg both = { .seq = t->tcb.rcv.nxt - 1, .ctl = ATCP_SYN | ATCP_FIN };

	KUNIT_EXPECT_TRUE(test, acceptable(&t->tcb, &fin));
	KUNIT_EXPECT_FALSE(test, acceptable(&t->tcb, &old));
	KUNIT_EXPECT_TRUE(test, acceptable(&t->tcb, &both));
}

/* "special allowance ... to accept valid ACKs, URGs, and RSTs" [MUST-66] */
static const struct row zero_window_probe_rows[] = {
	{ "SR-022" }, { "ES-027" }, { "F1-022" }, { "F2-022" }, { "CW-025" },
	{ "CG-019" }, { "LA-019" }, { "TW-019" },
};

ROWS(zero_window_probe);
/* [MAY-8] */
static void zero_window__text(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_shut(test, w);
		bool handshake = t->tcb.state == ATCP_SYN_RECEIVED;
		u32 nxt = rcv_nxt(t);

		arrive(t, SEG(ACK, .seq = nxt, .ack = 1, .text = 1));
		KUNIT_EXPECT_EQ(test, t->fx.take.len, 0u);
		KUNIT_EXPECT_EQ(test, rcv_nxt(t), nxt);
		if (!handshake)
			KUNIT_EXPECT_EQ(test, t->tcb.state, t->was.state);
		/* Past the peer's FIN there is no text to refuse. */
		if (!t->tcb.rcv_fin_done)
			sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = nxt, .wnd = ZERO_WND));
		sent_whatever(t);
	}
}

static const struct row zero_window_rst_rows[] = {
	{ "SR-023" }, { "SR-024" }, { "ES-028" }, { "F1-023" }, { "F2-023" },
	{ "CW-026" }, { "CG-020" }, { "LA-020" }, { "TW-020" },
};

ROWS(zero_window_rst);
static void zero_window__rst(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_shut(test, w);

		arrive(t, SEG(RST, .seq = rcv_nxt(t) + 1));
		only_dropped(t);
		arrive(t, SEG(RST, .seq = rcv_nxt(t)));
		KUNIT_EXPECT_TRUE(test, t->tcb.state == ATCP_CLOSED ||
				  (t->was.state == ATCP_SYN_RECEIVED && w->passive &&
				   t->tcb.state == ATCP_LISTEN));
		sent_no_more(t);
	}
}

/* The ACK field counts in a closed window. */
static void zero_window__ack_counts(struct kunit *test)
{
	static const struct world w = {
		.name = "shut, text out", .passive = true, .iss = 9, .irs = 4,
		.start = TRIAL_START, .peer_plain = true, .buff = 512, .fill = 512,
		.text = 200,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 513, .ack = 201));
	expect(t, ATCP_ESTABLISHED, .acked = 200, .wake = ATCP_WAKE_WRITE);
	/* ... also that of a probe, whose text is refused. */
	user_send(t, 100);
	sent(t, SEG(ACK, .seq = 201, .ack = 513, .text = 100));
	arrive(t, SEG(ACK, .seq = 513, .ack = 301, .text = 1));
	expect(t, ATCP_ESTABLISHED, .acked = 100);
	sent(t, SEG(ACK, .seq = 301, .ack = 513, .wnd = ZERO_WND));
}

/* D-03: another SYN,ACK for the peer's SYN */
static const struct row syn_again_rows[] = {
	{ "SR-037" },
};

ROWS(syn_again);
static void syn_received__syn_again(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(SYN));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .mss = TRIAL_MSS));
		unchanged(t);
	}
}

/* D-04, SC-02: strict; the peer completes on our ACK, and we on its. */
static const struct row synack_in_syn_received_rows[] = {
	{ "SR-038" },
};

ROWS(synack_in_syn_received);
EACH_ROW(synack_in_syn_received)
{
	arrive(t, SEG(SYN | ACK, .seq = 0, .ack = 1));
	only_acked(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
}

/* ---- second: RST, RFC 5961, 3.2 ---- */

/* R5961-RST2; what is told depends on the state */
static const struct row rst_exact_rows[] = {
	{ "ES-033" }, { "F1-028" }, { "F2-028" }, { "CW-029" }, { "CG-023" },
	{ "LA-023" }, { "TW-023" },
};

ROWS(rst_exact);
static void rst_exact(struct kunit *test)
{
	static const u8 ctls[] = { RST, RST | ACK, RST | FIN | URG };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);
			u16 error = 0;

			if (t->tcb.state == ATCP_ESTABLISHED ||
			    t->tcb.state == ATCP_FIN_WAIT_1 ||
			    t->tcb.state == ATCP_FIN_WAIT_2)
				error = ECONNRESET;
			if (t->tcb.state == ATCP_CLOSE_WAIT)
				error = EPIPE;
			/* [SHLD-2] with text too */
			arrive(t, SEG(ctls[i], .seq = rcv_nxt(t), .ack = 12345,
				      .text = 20 * i));
			expect(t, ATCP_CLOSED, .error = error, .flush = true,
			       .wake = ATCP_WAKE_STATE);
			sent_no_more(t);
		}
}

/* [MUST-11] */
static const struct row rst_exact_syn_received_rows[] = {
	{ "SR-027" }, { "SR-028" },
};

ROWS(rst_exact_syn_received);
EACH_ROW(rst_exact_syn_received)
{
	arrive(t, SEG(RST, .seq = 1));
	if (t->world->passive)
		expect(t, ATCP_LISTEN, .flush = true);
	else
		expect(t, ATCP_CLOSED, .error = ECONNREFUSED, .flush = true,
		       .wake = ATCP_WAKE_ERROR);
	sent_no_more(t);
}

/* R5961-RST3 */
static const struct row rst_in_window_rows[] = {
	{ "SR-029" }, { "ES-034" }, { "F1-029" }, { "F2-029" }, { "CW-030" },
	{ "CG-024" }, { "LA-024" }, { "TW-025" },
};

ROWS(rst_in_window);
EACH_ROW(rst_in_window)
{
	arrive(t, SEG(RST, .seq = rcv_nxt(t) + 1));
	only_acked(t);
	counted(t, ATCP_EV_CHALLENGE_ACK);
	arrive(t, SEG(RST | ACK, .seq = rcv_nxt(t) + t->tcb.rcv.wnd - 1,
		      .ack = snd_nxt(t), .text = 5));
	only_acked(t);
}

/* R5961-RST1 */
static const struct row rst_outside_rows[] = {
	{ "SR-032" }, { "ES-036" }, { "F1-031" }, { "F2-031" }, { "CW-032" },
	{ "CG-026" }, { "LA-026" }, { "TW-027" },
};

ROWS(rst_outside);
EACH_ROW(rst_outside)
{
	const u32 bad[] = { 0u - 1, t->tcb.rcv.wnd, 0u - 10000, 1u << 31 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arrive(t, SEG(RST, .seq = rcv_nxt(t) + bad[i]));
		only_dropped(t);
	}
	/* Its text reaches into the window, its number does not. */
	arrive(t, SEG(RST, .seq = rcv_nxt(t) - 1, .text = 10));
	only_dropped(t);
}

/* R1337-F1 [TW-024] [SC-14] */
static void rst_exact__rfc1337(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_TIME_WAIT);

	t->tcb.p.features |= ATCP_F_RFC1337;
	arrive(t, SEG(RST, .seq = rcv_nxt(t)));
	only_dropped(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT],
			t->was.deadline[ATCP_TIMER_TIME_WAIT]);
}

/* SC-11, SC-12: the peer's answer to a challenge ends it. R5961-SYN-RST */
static void scenario__challenge_and_exact_rst(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);

		arrive(t, SEG(SYN, .seq = 4000));
		only_acked(t);
		arrive(t, SEG(RST, .seq = rcv_nxt(t)));
		expect(t, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
	}
}

/* ---- fourth: SYN, RFC 5961, 4.2 ---- */

static const struct row syn_anywhere_rows[] = {
	{ "ES-038" }, { "F1-033" }, { "F2-033" }, { "CW-034" }, { "CG-028" },
	{ "LA-028" },
};

ROWS(syn_anywhere);
/* [R5961-SYN] */
EACH_ROW(syn_anywhere)
{
	const u32 at[] = { 0u - 1000, 0u - 1, 0, 1, t->tcb.rcv.wnd - 1,
			   t->tcb.rcv.wnd, 1u << 31 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		arrive(t, SEG(SYN, .seq = rcv_nxt(t) + at[i]));
		only_acked(t);
	}
}

static const struct row synack_anywhere_rows[] = {
	{ "ES-040" }, { "F1-035" }, { "F2-035" }, { "CW-036" }, { "CG-030" },
	{ "LA-030" }, { "TW-032" },
};

ROWS(synack_anywhere);
EACH_ROW(synack_anywhere)
{
	const u32 at[] = { 0u - rcv_nxt(t), 0u - 1, 0, 1, t->tcb.rcv.wnd };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		arrive(t, SEG(SYN | ACK, .seq = rcv_nxt(t) + at[i], .ack = 1));
		only_acked(t);
	}
}

/* A SYN inside the window of SYN-RECEIVED */
static const struct row syn_in_syn_received_rows[] = {
	{ "SR-034" }, { "SR-035" },
};

ROWS(syn_in_syn_received);
EACH_ROW(syn_in_syn_received)
{
	arrive(t, SEG(SYN, .seq = 10));
	if (t->world->passive) {
		expect(t, ATCP_LISTEN, .flush = true);
		sent_no_more(t);
	} else {
		only_acked(t);
	}
}

/* ---- fifth: "if the ACK bit is off, drop the segment" ---- */

static const struct row no_ack_rows[] = {
	{ "SR-040" }, { "ES-041" }, { "F1-036" }, { "F2-036" }, { "CW-037" },
	{ "CG-031" }, { "LA-031" }, { "TW-033" },
};

ROWS(no_ack);
static void no_ack(struct kunit *test)
{
	static const u8 ctls[] = { 0, FIN, URG, PSH };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(ctls[i], .seq = rcv_nxt(t), .text = 5 * i, .up = 9));
			only_dropped(t);
		}
}

/* R5961-THROTTLE: ten in five seconds, then silence, then ten more */
static void challenge__throttled(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 10; i++) {
			arrive(t, SEG(RST, .seq = 2));
			only_acked(t);
			after(t, MSEC(10));
		}
		for (i = 0; i < 50; i++) {
			arrive(t, SEG(RST, .seq = 2));
			only_dropped(t);
			counted(t, ATCP_EV_CHALLENGE_SKIPPED);
			arrive(t, SEG(SYN, .seq = 100));
			only_dropped(t);
		}
		after(t, SEC(5));
	}
}

static struct kunit_case checks_cases[] = {
	ROW_CASE(seq_bad_empty),
	ROW_CASE(seq_bad_left),
	ROW_CASE(seq_bad_right),
	ROW_CASE(seq_keepalive),
	KUNIT_CASE(seq__every_edge),
	KUNIT_CASE(seq__control_counts),
	KUNIT_CASE_PARAM(zero_window__text, zero_window_probe_gen_params),
	KUNIT_CASE_PARAM(zero_window__rst, zero_window_rst_gen_params),
	KUNIT_CASE(zero_window__ack_counts),
	KUNIT_CASE_PARAM(syn_received__syn_again, syn_again_gen_params),
	ROW_CASE(synack_in_syn_received),
	ROW_CASE(rst_exact),
	ROW_CASE(rst_exact_syn_received),
	ROW_CASE(rst_in_window),
	ROW_CASE(rst_outside),
	KUNIT_CASE(rst_exact__rfc1337),
	KUNIT_CASE(scenario__challenge_and_exact_rst),
	ROW_CASE(syn_anywhere),
	ROW_CASE(synack_anywhere),
	ROW_CASE(syn_in_syn_received),
	ROW_CASE(no_ack),
	KUNIT_CASE(challenge__throttled),
	{}
};

TRIAL_SUITE(checks, checks_cases);
