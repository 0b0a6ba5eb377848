// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of ack.c: the fifth check of RFC 9293 section 3.10.7.4.
 */

#include "../module/core/ack.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* ---- ACKs of what was sent ---- */

static const struct row ack_new_rows[] = {
	{ "ES-042" }, { "F1-037" }, { "F1-043" }, { "CW-038" }, { "CG-032" },
	{ "CG-038" }, { "LA-032" },
};

ROWS(ack_new);
static void ack_new(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 300);
		enum atcp_state state = t->tcb.state;

		after(t, MSEC(50));
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 201));
		expect(t, state, .acked = 200, .wake = ATCP_WAKE_WRITE);
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->iss + 201);
		/* R6298-REARM: a full RTO from now */
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
				t->now + atcp_rto_current(&t->tcb));
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 301));
		expect(t, state, .acked = 100, .wake = ATCP_WAKE_WRITE);
		/* R6298-STOP, but for a FIN */
		KUNIT_EXPECT_EQ(test, !!t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
				(bool)t->tcb.fin);
	}
}

static const struct row ack_of_fin_rows[] = {
	{ "F1-042" }, { "CG-037" }, { "LA-037" },
};

ROWS(ack_of_fin);
EACH_ROW(ack_of_fin)
{
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t)));
	switch (t->was.state) {
	case ATCP_FIN_WAIT_1:
		expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
		KUNIT_EXPECT_FALSE(test, t->fx.wake & ATCP_WAKE_WRITE);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
		/* no limit while there is a user */
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
		break;
	case ATCP_CLOSING:
		expect(t, ATCP_TIME_WAIT, .wake = ATCP_WAKE_STATE);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT],
				t->now + SEC(60));
		break;
	default:
		expect(t, ATCP_CLOSED, .wake = ATCP_WAKE_STATE, .flush = true);
		break;
	}
	sent_no_more(t);
}

static const struct row ack_dup_rows[] = {
	{ "ES-043" }, { "F1-038" }, { "F2-038" }, { "CW-039" }, { "CG-033" },
	{ "LA-033" },
};

ROWS(ack_dup);
EACH_ROW(ack_dup)
{
	u32 una = t->tcb.snd.una - t->iss;

	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = una));
	expect(t, t->was.state);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->was.snd.una);
}

/* Old, but within MAX.SND.WND: the rest of the segment counts. */
static const struct row ack_old_rows[] = {
	{ "ES-044" }, { "F1-039" }, { "F2-039" }, { "CW-040" }, { "CG-034" },
	{ "LA-034" }, { "TW-036" },
};

ROWS(ack_old);
EACH_ROW(ack_old)
{
	u32 wnd = t->tcb.snd.wnd;
	bool text = !t->tcb.rcv_fin_done;

	t->tcb.octets_acked = U32_MAX;
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .text = text ? 10 : 0,
		      .ack = t->tcb.snd.una - t->tcb.snd.max_wnd - t->iss,
		      .wnd = 99));
	expect(t, t->was.state, .take = text ? 10 : 0, .deliver = text ? 10 : 0);
	if (text)
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, wnd);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->was.snd.una);
}

/* R5961-ACK [MAY-12] */
static const struct row ack_too_old_rows[] = {
	{ "ES-045" }, { "F1-040" }, { "F2-040" }, { "CW-041" }, { "CG-035" },
	{ "LA-035" }, { "TW-037" },
};

ROWS(ack_too_old);
EACH_ROW(ack_too_old)
{
	t->tcb.octets_acked = U32_MAX;
	arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .text = 10, .wnd = 99,
		      .ack = t->tcb.snd.una - t->tcb.snd.max_wnd - 1 - t->iss));
	expect(t, t->was.state);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	KUNIT_EXPECT_EQ(test, rcv_nxt(t), t->was.rcv.nxt - t->irs);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, t->was.snd.wnd);
}

/* D-29: our FIN counts, our SYN does not */
static const struct row ack_before_the_first_rows[] = {
	{ "ES-045" }, { "F1-040" }, { "F2-040" }, { "CW-041" }, { "CG-035" },
	{ "LA-035" },
};

ROWS(ack_before_the_first);
EACH_ROW(ack_before_the_first)
{
	arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .text = 10, .ack = 0));
	expect(t, t->was.state);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	KUNIT_EXPECT_EQ(test, rcv_nxt(t), t->was.rcv.nxt - t->irs);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1));
	sent_no_more(t);
}

static void ack_before_the_first__text(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 100);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	arrive(t, SEG(ACK, .seq = 1, .ack = 0, .text = 5));
	sent(t, SEG(ACK, .seq = 101, .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 5));
	sent(t, SEG(ACK, .seq = 101, .ack = 6));
}

/* R9293-RSTGEN3: an ACK, never a RST */
static const struct row ack_future_rows[] = {
	{ "ES-046" }, { "F1-041" }, { "F2-041" }, { "CW-042" }, { "CG-036" },
	{ "LA-036" }, { "TW-038" },
};

ROWS(ack_future);
EACH_ROW(ack_future)
{
	arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .text = 10, .wnd = 99,
		      .ack = snd_nxt(t) + 1));
	expect(t, t->was.state);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	KUNIT_EXPECT_EQ(test, rcv_nxt(t), t->was.rcv.nxt - t->irs);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->was.snd.una);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, t->was.snd.wnd);
}

/* R5961-MAXWND: the largest window ever, not the last */
static void ack_old__after_window_shrank(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 100));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 100u);
	t->tcb.octets_acked = PEER_WND;
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 - PEER_WND, .text = 5));
	expect(t, ATCP_ESTABLISHED, .take = 5, .deliver = 5);
	sent(t, SEG(ACK, .seq = 1, .ack = 6));
}

/* Half of all numbers away, which is neither ahead nor behind; no window yet. */
static void ack_future__half_way_round(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.snd.wnd = 0;
	t->tcb.snd.max_wnd = 0;
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + BIT(31), .text = 5));
	expect(t, ATCP_ESTABLISHED);
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->was.snd.una);
}

/* ---- the window ---- */

/* R9293-WUPD */
static const struct row window_update_rows[] = {
	{ "ES-048" }, { "F1-044" }, { "F2-043" }, { "CW-044" }, { "CG-039" },
	{ "LA-039" },
};

ROWS(window_update);
EACH_ROW(window_update)
{
	u32 scale = t->world->features & ATCP_F_WSCALE ? PEER_WSCALE : 0;
	u32 una = t->tcb.snd.una - t->iss;

	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = una, .wnd = 0xffff));
	expect(t, t->was.state);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 0xffffu << scale);	/* [MUST-1] */
	KUNIT_EXPECT_EQ(test, t->tcb.snd.max_wnd, 0xffffu << scale);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wl1, t->tcb.rcv.nxt);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wl2, t->tcb.snd.una);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = una, .wnd = 7));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 7u << scale);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.max_wnd, 0xffffu << scale);
}

/* WL1 > SEG.SEQ, or WL1 = SEG.SEQ and WL2 > SEG.ACK: reordered, not used */
static const struct row window_update_old_rows[] = {
	{ "ES-049" }, { "F1-045" }, { "F2-044" }, { "CW-045" }, { "CG-040" },
	{ "LA-040" },
};

ROWS(window_update_old);
/* [R9293-WUPD] */
EACH_ROW(window_update_old)
{
	u32 una = t->tcb.snd.una - t->iss;

	/* From the right of RCV.NXT: WL1 is ahead then. */
	arrive(t, SEG(ACK, .seq = rcv_nxt(t) + 50, .ack = una, .wnd = 1000));
	arrive(t, SEG(ACK, .seq = rcv_nxt(t) + 49, .ack = una, .wnd = 77));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, t->was.snd.wnd);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wl1, t->tcb.rcv.nxt + 50);
	t->tcb.octets_acked = 1;
	arrive(t, SEG(ACK, .seq = rcv_nxt(t) + 50, .ack = una - 1, .wnd = 77));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, t->was.snd.wnd);
	sent_no_more(t);
}

static const struct row window_update_time_wait_rows[] = {
	{ "TW-040" },
};

ROWS(window_update_time_wait);
/* [TW-035] */
EACH_ROW(window_update_time_wait)
{
	u64 end = t->tcb.deadline[ATCP_TIMER_TIME_WAIT];

	after(t, MSEC(5));
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .wnd = 9));
	expect(t, ATCP_TIME_WAIT);
	sent_no_more(t);			/* D-02: no loop of ACKs */
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT], end);
}

/* Opened or shrunk, with text waiting. [MUST-34] [SHLD-15] */
static const struct row window_shrunk_rows[] = {
	{ "ES-050" }, { "F1-046" }, { "CW-046" },
};

ROWS(window_shrunk);
static void window_shrunk(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 800);
		u32 scale = w->features & ATCP_F_WSCALE ? PEER_WSCALE : 0;
		u32 nxt = snd_nxt(t);

		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 101, .wnd = 400 >> scale));
		expect(t, t->was.state, .acked = 100, .wake = ATCP_WAKE_WRITE);
		if (!t->tcb.fin)
			user_send(t, 500);
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, snd_nxt(t), nxt);
		/* [SHLD-16] what is inside the window is sent again, no more */
		after(t, SEC(4));
		sent(t, SEG(ACK, .seq = 101, .ack = rcv_nxt(t), .text = 400));
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 501, .wnd = 5000));
		expect(t, t->was.state, .acked = 400);
		KUNIT_EXPECT_GT(test, t->n_out, 0u);
		sent_whatever(t);
	}
}

/* ---- what a duplicate ACK is ---- */

/* R5681-DUPDEF, each condition by itself */
static void duplicate_ack__each_condition(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_tcb *tcb = &t->tcb;
	struct atcp_seg seg = { .ack = 1000, .wnd = 100 };

	tcb->snd.una = 1000;
	tcb->snd.nxt = 2000;
	tcb->snd.wscale = 2;
	tcb->snd.wnd = 400;
	KUNIT_EXPECT_TRUE(test, duplicate_ack(tcb, &seg));
	seg.ack = 999;
	KUNIT_EXPECT_FALSE(test, duplicate_ack(tcb, &seg));
	seg.ack = 1000;
	seg.text = 1;
	KUNIT_EXPECT_FALSE(test, duplicate_ack(tcb, &seg));
	seg.text = 0;
	seg.ctl = FIN;
	KUNIT_EXPECT_FALSE(test, duplicate_ack(tcb, &seg));
	seg.ctl = ACK;
	tcb->snd.nxt = 1000;
	KUNIT_EXPECT_FALSE(test, duplicate_ack(tcb, &seg));
	tcb->snd.nxt = 2000;
	seg.wnd = 101;
	KUNIT_EXPECT_FALSE(test, duplicate_ack(tcb, &seg));
	seg.wnd = 0;
	tcb->snd.wnd = 0;
	KUNIT_EXPECT_FALSE(test, duplicate_ack(tcb, &seg));
}

/* ---- what else an ACK does ---- */

/* [MUST-21] an answer that acknowledges nothing does not put R2 off. */
static void ack_dup__counts_for_nothing(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.p.r2 = 3;
	user_send(t, 100);
	sent_whatever(t);
	for (i = 0; i < 3; i++) {
		next_deadline(t);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		KUNIT_EXPECT_EQ(test, t->tcb.last_ack, t->now);
	}
	next_deadline(t);
	expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
	sent_whatever(t);
}

/* Window and WL1 of a segment that acknowledges anew, though its SEQ is older. */
static void window_update__of_an_old_seq(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 100);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 51, .ack = 1, .wnd = 1000));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 1000u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 51, .wnd = 2000));
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 2000u);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wl1, t->irs + 1);
}

/* The last text and the FIN at once: the user hears of both. */
static void ack_of_fin__with_text(struct kunit *test)
{
	static const enum atcp_state states[] = { ATCP_FIN_WAIT_1, ATCP_CLOSING };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(states); i++) {
			struct world *with = kunit_kzalloc(test, sizeof(*with), GFP_KERNEL);
			struct trial *t;

			KUNIT_ASSERT_NOT_NULL(test, with);
			*with = *w;
			with->text = 100;
			t = trial_in(test, with, states[i]);
			arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 102));
			expect(t, i ? ATCP_TIME_WAIT : ATCP_FIN_WAIT_2, .acked = 100,
			       .wake = ATCP_WAKE_STATE | ATCP_WAKE_WRITE);
			sent_no_more(t);
		}
}

/* TIME-WAIT: the FIN that comes is acknowledged, and 2 MSL start again. */
static void fin_in_time_wait(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_TIME_WAIT);

		after(t, SEC(5));
		arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t)));
		expect(t, ATCP_TIME_WAIT);
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
		KUNIT_EXPECT_EQ(test, rcv_nxt(t), t->was.rcv.nxt - t->irs);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT],
				t->now + SEC(60));
	}
}

/* What begins with the connection. */
static void established__starts(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_RECEIVED);
	unsigned int i;

	t->tcb.keepalive = 1;
	after(t, MSEC(5));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE | ATCP_WAKE_WRITE);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], t->now + SEC(7200));
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.round_start, t->now);
	/* A peer in slow start: sixteen ACKs at once, then they may wait. */
	for (i = 0; i < 16; i++) {
		arrive(t, SEG(ACK, .seq = 1 + i, .ack = 1, .text = 1));
		sent(t, SEG(ACK, .seq = 1, .ack = 2 + i));
	}
	arrive(t, SEG(ACK, .seq = 17, .ack = 1, .text = 1));
	sent_no_more(t);
}

/* ---- far ahead ---- */

#define PIECE	0x20000u

/*
 * Numbers wrap: 9 GiB in pieces of 128 KiB, each acknowledged, each freed.
 * R9293-MOD32
 */
static void una_advance__beyond_4_gib(struct kunit *test)
{
	static const struct world w = {
		.name = "large window", .passive = true, .iss = 77, .irs = 99,
		.start = TRIAL_START, .features = RICH, .mss = 60000,
		.peer_wnd = 0xffff,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	u64 total = 0;

	t->tcb.cc.cwnd = 1 << 20;
	while (total < 9ULL << 30) {
		u32 nxt = snd_nxt(t), n = 0;

		user_send(t, PIECE);
		KUNIT_ASSERT_EQ(test, snd_nxt(t), nxt + (PIECE));
		sent_whatever(t);
		while (n < PIECE) {
			n += PIECE / 2;
			arrive(t, SEG(ACK, .seq = 1, .ack = nxt + n, .wnd = 0xffff));
			KUNIT_ASSERT_EQ(test, t->fx.acked, PIECE / 2);
			sent_no_more(t);
		}
		total += PIECE;
	}
	KUNIT_EXPECT_EQ(test, (u64)t->tcb.octets_acked, total);
	user_close(t);
	sent(t, SEG(FIN | ACK, .seq = (u32)(total + 1), .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = (u32)(total + 2)));
	expect(t, ATCP_FIN_WAIT_2, .wake = ATCP_WAKE_STATE);
}

/* SND.UNA is ISS once more, and that is no SYN on the way. */
static void una_advance__to_iss_again(struct kunit *test)
{
	static const struct world w = {
		.name = "large", .passive = true, .peer_plain = true, .iss = 3,
		.start = TRIAL_START, .mss = 1000, .peer_wnd = 0xffff,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	u64 left = (1ULL << 32) - 1;

	t->tcb.cc.cwnd = 1 << 20;
	t->tcb.nodelay = 1;
	while (left) {
		u32 n = min_t(u64, left, 65000), nxt = snd_nxt(t);

		user_send(t, n);
		KUNIT_ASSERT_EQ(test, snd_nxt(t), nxt + n);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = nxt + n, .wnd = 0xffff));
		left -= n;
	}
	KUNIT_ASSERT_EQ(test, t->tcb.snd.una, t->tcb.snd.iss);
	user_send(t, 500);
	sent(t, SEG(ACK, .seq = 0, .ack = 1, .text = 500));
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 0, .ack = 1, .text = 500));
	arrive(t, SEG(ACK, .seq = 1, .ack = 500, .wnd = 0xffff));
	expect(t, ATCP_ESTABLISHED, .acked = 500);
}

static struct kunit_case ack_cases[] = {
	ROW_CASE(ack_new),
	ROW_CASE(ack_of_fin),
	ROW_CASE(ack_dup),
	ROW_CASE(ack_old),
	ROW_CASE(ack_too_old),
	ROW_CASE(ack_before_the_first),
	KUNIT_CASE(ack_before_the_first__text),
	ROW_CASE(ack_future),
	KUNIT_CASE(ack_old__after_window_shrank),
	KUNIT_CASE(ack_future__half_way_round),
	ROW_CASE(window_update),
	ROW_CASE(window_update_old),
	ROW_CASE(window_update_time_wait),
	ROW_CASE(window_shrunk),
	KUNIT_CASE(duplicate_ack__each_condition),
	KUNIT_CASE(ack_dup__counts_for_nothing),
	KUNIT_CASE(window_update__of_an_old_seq),
	KUNIT_CASE(ack_of_fin__with_text),
	KUNIT_CASE(fin_in_time_wait),
	KUNIT_CASE(established__starts),
	KUNIT_CASE(una_advance__beyond_4_gib),
	KUNIT_CASE(una_advance__to_iss_again),
	{}
};

TRIAL_SUITE(ack, ack_cases);
