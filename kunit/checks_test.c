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
	const u32 bad[] = { 0u - 1, t->tcb.rcv.wnd + 1, 0u - 1000, 1u << 31 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arrive(t, SEG(ACK, .seq = rcv_nxt(t) + bad[i], .ack = snd_nxt(t),
			      .wnd = 77));
		only_acked(t);
		counted(t, ATCP_EV_UNACCEPTABLE);
	}
}

/*
 * D-28: a peer that filled the window acknowledges from its right edge, and is heard
 * there, though one octet is missing at the left one.
 */
static void ack_at_the_edge__duplicates(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 edge = rcv_nxt(t) + t->tcb.rcv.wnd;
	unsigned int i;

	user_send(t, 4 * TRIAL_MSS);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = edge - 1, .ack = 1, .text = 1));
	sent_whatever(t);
	for (i = 0; i < 3; i++) {
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = edge, .ack = 1));
		not_counted(t, ATCP_EV_UNACCEPTABLE);
	}
	KUNIT_ASSERT_LT(test, t->n_read, t->n_out);
	KUNIT_EXPECT_EQ(test, t->out[t->n_read].seq - t->iss, 1u);
	sent_whatever(t);
}

static bool hears_edge(u8 ctl, s32 off, u32 text, u32 wnd)
{
	struct atcp_tcb tcb = { .state = ATCP_ESTABLISHED };
	struct atcp_seg seg = { .ctl = ctl, .text = text };

	tcb.rcv.nxt = 0u - 50;
	tcb.rcv.wnd = wnd;
	seg.seq = tcb.rcv.nxt + wnd + off;
	return ack_at_the_edge(&tcb, &seg);
}

/* D-28: nothing but an ACK, nowhere else */
static void ack_at_the_edge__conditions(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, hears_edge(ACK, 0, 0, 100));
	KUNIT_EXPECT_TRUE(test, hears_edge(ACK | ATCP_PSH, 0, 0, 100));
	KUNIT_EXPECT_TRUE(test, hears_edge(ACK | URG, 0, 0, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(ACK, 1, 0, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(ACK, -1, 0, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(ACK, 0, 1, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(0, 0, 0, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(ACK | SYN, 0, 0, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(ACK | FIN, 0, 0, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(ACK | RST, 0, 0, 100));
	KUNIT_EXPECT_FALSE(test, hears_edge(RST, 0, 0, 100));
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

/* A SYN beside it is looked at later, if at all. */
static void zero_window__rst_with_syn(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.rcv.wnd = 0;
	arrive(t, SEG(RST | SYN, .seq = 1));
	expect(t, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
	sent_no_more(t);
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
		if (at[i] < t->tcb.rcv.wnd)
			counted(t, ATCP_EV_SYN_CHALLENGE);
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

/*
 * The peer's SYN once more, whose text reaches into the window: the SYN is trimmed
 * with what lies below it, and our SYN,ACK was lost.
 */
static void syn_received__syn_again_with_text(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_SYN_RECEIVED);

	arrive(t, SEG(SYN, .seq = 0, .text = 100));
	expect(t, ATCP_SYN_RECEIVED);
	sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1));
	sent_no_more(t);
	arrive(t, SEG(SYN, .seq = -5, .text = 100));
	expect(t, ATCP_SYN_RECEIVED);
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_no_more(t);
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

/* ---- the conditions, one at a time ---- */

static bool in_window(u32 wnd, u32 seq, u32 text)
{
	static struct atcp_tcb tcb;
	struct atcp_seg seg = { .seq = seq, .text = text, .ctl = ACK };

	tcb.rcv.nxt = 100;
	tcb.rcv.wnd = wnd;
	return acceptable(&tcb, &seg);
}

/* Table 6, and what reaches over both edges. [SHLD-31] */
static void acceptable__table(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, in_window(0, 100, 0));
	KUNIT_EXPECT_FALSE(test, in_window(0, 101, 0));
	KUNIT_EXPECT_FALSE(test, in_window(0, 99, 0));
	KUNIT_EXPECT_FALSE(test, in_window(0, 100, 1));
	KUNIT_EXPECT_FALSE(test, in_window(0, 90, 100));
	KUNIT_EXPECT_TRUE(test, in_window(10, 109, 0));
	KUNIT_EXPECT_FALSE(test, in_window(10, 110, 0));
	KUNIT_EXPECT_FALSE(test, in_window(10, 90, 10));
	KUNIT_EXPECT_TRUE(test, in_window(10, 90, 11));
	KUNIT_EXPECT_TRUE(test, in_window(10, 90, 20));
	KUNIT_EXPECT_TRUE(test, in_window(10, 90, 100));
	KUNIT_EXPECT_TRUE(test, in_window(10, 109, 100));
	KUNIT_EXPECT_FALSE(test, in_window(10, 110, 100));
}

static void zero_window_probe__conditions(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_seg seg = { .seq = t->tcb.rcv.nxt, .ctl = ACK, .text = 1 };

	KUNIT_EXPECT_FALSE(test, zero_window_probe(&t->tcb, &seg));
	t->tcb.rcv.wnd = 0;
	KUNIT_EXPECT_TRUE(test, zero_window_probe(&t->tcb, &seg));
	seg.seq++;
	KUNIT_EXPECT_FALSE(test, zero_window_probe(&t->tcb, &seg));
	seg.seq--;
	seg.ctl = ACK | SYN;
	KUNIT_EXPECT_FALSE(test, zero_window_probe(&t->tcb, &seg));
	seg.ctl = ACK | RST;
	KUNIT_EXPECT_TRUE(test, zero_window_probe(&t->tcb, &seg));
}

/* The peer's own SYN again is answered by ours, and by nothing else. */
static void syn_again__conditions(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_RECEIVED);
	struct atcp_seg seg = { .seq = t->tcb.rcv.irs, .ctl = SYN };

	KUNIT_EXPECT_TRUE(test, syn_again(&t->tcb, &seg));
	seg.seq++;
	KUNIT_EXPECT_FALSE(test, syn_again(&t->tcb, &seg));
	seg.seq--;
	seg.ctl = SYN | ACK;
	KUNIT_EXPECT_FALSE(test, syn_again(&t->tcb, &seg));
	t->tcb.send = ATCP_SEND_KEEPALIVE;
	trial_begin(t);
	seg.ctl = SYN;
	answer_unacceptable(&t->tcb, &seg, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_KEEPALIVE | ATCP_SEND_SYN);
	not_counted(t, ATCP_EV_CHALLENGE_ACK);
}

/* A SYN takes a number: with one, the text is not where a D-SACK would say. */
static void seq_bad_left__syn_with_text(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .text = 10));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
	unchanged(t);
}

static bool edge_news(u8 ctl, u32 ack, u16 wnd, u32 text)
{
	static struct atcp_tcb tcb = {
		.syn_acked = 1, .rcv.nxt = 500,
		.snd = { .una = 1000, .nxt = 2001, .wnd = 1000, .wscale = 2 },
	};
	struct atcp_seg seg = {
		.seq = 400, .ctl = ctl, .ack = ack, .wnd = wnd, .text = text,
	};
	bool news = news_from_the_edge(&tcb, &seg);

	/* Never while our SYN is not acknowledged, nor inside the window. */
	tcb.syn_acked = 0;
	if (news_from_the_edge(&tcb, &seg))
		return !news;
	tcb.syn_acked = 1;
	tcb.snd.nxt--;
	if (news_from_the_edge(&tcb, &seg))
		return !news;
	tcb.snd.nxt++;
	return news;
}

/* [MUST-66]: an ACK of more, or of a larger window, where ours was overrun */
static void news_from_the_edge__conditions(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, edge_news(ACK, 1000, 251, 0));
	KUNIT_EXPECT_FALSE(test, edge_news(ACK, 1000, 250, 0));
	KUNIT_EXPECT_TRUE(test, edge_news(ACK, 1001, 9, 0));
	KUNIT_EXPECT_FALSE(test, edge_news(ACK, 999, 251, 0));
	KUNIT_EXPECT_FALSE(test, edge_news(SYN | ACK, 1000, 251, 0));
	KUNIT_EXPECT_FALSE(test, edge_news(FIN, 1000, 251, 0));
	KUNIT_EXPECT_TRUE(test, edge_news(RST | ACK, 1000, 251, 0));
	KUNIT_EXPECT_TRUE(test, edge_news(ACK, 1000, 251, 100));
	KUNIT_EXPECT_FALSE(test, edge_news(ACK, 1000, 251, 101));
}

static bool moves(struct trial *t, u8 have, u32 seq, u32 tsval)
{
	struct atcp_seg seg = { .seq = seq, .opt.have = have, .opt.tsval = tsval };

	t->tcb.ts.recent = 500;
	t->tcb.ts.recent_age = 0;
	t->tcb.rcv.last_ack_sent = 7000;
	update_ts_recent(&t->tcb, &seg, SEC(77));
	return t->tcb.ts.recent == tsval && t->tcb.ts.recent_age == 77;
}

/* RFC 7323, 4.3: agreed on, there, not older, at or before the last ACK sent */
static void update_ts_recent__conditions(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	KUNIT_EXPECT_TRUE(test, moves(t, ATCP_OPT_TS, 7000, 501));
	KUNIT_EXPECT_TRUE(test, moves(t, ATCP_OPT_TS, 6000, 500));
	KUNIT_EXPECT_FALSE(test, moves(t, ATCP_OPT_TS, 7001, 501));
	KUNIT_EXPECT_FALSE(test, moves(t, ATCP_OPT_TS, 7000, 499));
	KUNIT_EXPECT_FALSE(test, moves(t, ATCP_OPT_MSS, 7000, 501));
	t->tcb.opts_on &= ~ATCP_OPT_TS;
	KUNIT_EXPECT_FALSE(test, moves(t, ATCP_OPT_TS, 7000, 501));
}

static bool reopens(u8 on, u8 features, u8 have, u32 tsval, u32 seq)
{
	static struct atcp_tcb tcb;
	struct atcp_seg seg = { .seq = seq, .opt.have = have, .opt.tsval = tsval };

	tcb.opts_on = on;
	tcb.p.features = features;
	tcb.ts.recent = 500;
	tcb.rcv.nxt = 7000;
	return syn_reopens(&tcb, &seg);
}

/* RFC 6191, section 2, case by case */
static void syn_reopens__cases(struct kunit *test)
{
	const u8 ts = ATCP_OPT_TS, f = ATCP_F_TIMESTAMPS;

	KUNIT_EXPECT_TRUE(test, reopens(0, f, ts, 400, 6999));
	KUNIT_EXPECT_FALSE(test, reopens(0, 0, ts, 400, 6999));
	KUNIT_EXPECT_TRUE(test, reopens(0, 0, ts, 400, 7000));
	KUNIT_EXPECT_TRUE(test, reopens(ts, f, ts, 501, 6999));
	KUNIT_EXPECT_FALSE(test, reopens(ts, f, ts, 499, 7000));
	KUNIT_EXPECT_FALSE(test, reopens(ts, f, ts, 500, 6999));
	KUNIT_EXPECT_TRUE(test, reopens(ts, f, ts, 500, 7000));
	KUNIT_EXPECT_FALSE(test, reopens(ts, f, 0, 501, 6999));
	KUNIT_EXPECT_TRUE(test, reopens(ts, f, 0, 499, 7000));
}

static struct kunit_case checks_cases[] = {
	ROW_CASE(seq_bad_empty),
	KUNIT_CASE(ack_at_the_edge__duplicates),
	KUNIT_CASE(ack_at_the_edge__conditions),
	ROW_CASE(seq_bad_left),
	ROW_CASE(seq_bad_right),
	ROW_CASE(seq_keepalive),
	KUNIT_CASE(seq__every_edge),
	KUNIT_CASE(seq__control_counts),
	KUNIT_CASE_PARAM(zero_window__text, zero_window_probe_gen_params),
	KUNIT_CASE_PARAM(zero_window__rst, zero_window_rst_gen_params),
	KUNIT_CASE(zero_window__rst_with_syn),
	KUNIT_CASE(zero_window__ack_counts),
	KUNIT_CASE_PARAM(syn_received__syn_again, syn_again_gen_params),
	ROW_CASE(synack_in_syn_received),
	ROW_CASE(syn_anywhere),
	ROW_CASE(synack_anywhere),
	ROW_CASE(syn_in_syn_received),
	KUNIT_CASE(syn_received__syn_again_with_text),
	ROW_CASE(no_ack),
	KUNIT_CASE(challenge__throttled),
	KUNIT_CASE(acceptable__table),
	KUNIT_CASE(zero_window_probe__conditions),
	KUNIT_CASE(syn_again__conditions),
	KUNIT_CASE(seq_bad_left__syn_with_text),
	KUNIT_CASE(news_from_the_edge__conditions),
	KUNIT_CASE(update_ts_recent__conditions),
	KUNIT_CASE(syn_reopens__cases),
	{}
};

TRIAL_SUITE(checks, checks_cases);
