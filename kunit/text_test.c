// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of text.c: urgent text, text in and out of order, FIN, and the SACK
 * blocks that tell of it.
 */

#include "../module/core/text.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* A trial whose ACKs are no longer quick: 16 segments were ACKed at once. */
static void use_up_quick_acks(struct trial *t)
{
	while (t->tcb.quick_acks) {
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_una(t), .text = 1000));
		sent_whatever(t);
		user_receive(t, 1000);
		sent_whatever(t);
	}
}

/* ---- text in order ---- */

static const struct row data_rows[] = {
	{ "ES-055" }, { "F1-051" }, { "F2-048" },
};

ROWS(data);
EACH_ROW(data)
{
	u32 wnd = t->tcb.rcv.wnd;

	arrive(t, SEG(ACK, .seq = 1, .ack = snd_una(t), .text = 100));
	expect(t, t->was.state, .take = 100, .deliver = 100,
	       .wake = ATCP_WAKE_READ);
	KUNIT_EXPECT_EQ(test, t->fx.take.seq, t->irs + 1);
	KUNIT_EXPECT_EQ(test, rcv_nxt(t), 101u);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.user, 100u);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.wnd, wnd - 100);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 101));
}

/* [MUST-40] [SHLD-18] [SHLD-19] R5681-DACK: later, or for every second segment */
static const struct row delayed_ack_rows[] = {
	{ "ES-079" }, { "F1-074" }, { "F2-070" },
};

ROWS(delayed_ack);
/* [R5681-DACK500] */
EACH_ROW(delayed_ack)
{
	use_up_quick_acks(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_una(t), .text = 1000));
	sent_no_more(t);
	KUNIT_EXPECT_LT(test, atcp_deadline(&t->tcb), t->now + MSEC(500));
	after(t, MSEC(39));
	sent_no_more(t);
	after(t, MSEC(2));
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	counted(t, ATCP_EV_DELAYED_ACK);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.last_ack_sent, t->tcb.rcv.nxt);
	/* The second full segment is not delayed. */
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_una(t), .text = 1000));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_una(t), .text = 1000));
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_DELACK], 0ULL);
}

/* [MUST-58] it rides on text */
static void delayed_ack__rides(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	use_up_quick_acks(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 100));
	sent_no_more(t);
	user_send(t, 50);
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t), .text = 50));
	after(t, MSEC(100));
	sent_no_more(t);
}

/* An aggregate of nine segments, as one of the rest of this file's segments. */
static void nine_arrive(struct trial *t)
{
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 9000, .gso = 1000));
}

/* R5681-ONEACK, an aggregate's ACK goes with the RECEIVE that it wakes. */
static void delayed_ack__aggregate(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	use_up_quick_acks(t);
	nine_arrive(t);
	nine_arrive(t);
	sent_no_more(t);
	user_receive(t, 100);
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t)));
	sent_no_more(t);
	/* And the peer's segments are not thought to have 9000 octets. */
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 1000));
	user_receive(t, 1000);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 1000));
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t)));
}

/* [MUST-58] nor does it wait for a RECEIVE that does not come. */
static void delayed_ack__aggregate_unread(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	use_up_quick_acks(t);
	nine_arrive(t);
	after(t, MSEC(39));
	sent_no_more(t);
	after(t, MSEC(2));
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t)));
}

/* More than half of the window is used: the peer is not to run into its end. */
static void delayed_ack__aggregate_in_a_small_window(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 edge;

	use_up_quick_acks(t);
	edge = rcv_nxt(t) + t->tcb.rcv.wnd;
	while (edge - rcv_nxt(t) > t->tcb.rcv.unacked + 18000) {
		nine_arrive(t);
		sent_no_more(t);
	}
	nine_arrive(t);
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t)));
}

/* However large the window, some ACKs keep the peer's clock going. */
static void delayed_ack__aggregate_in_a_large_window(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 from;

	use_up_quick_acks(t);
	from = rcv_nxt(t);
	t->tcb.rcv.wnd = 1 << 20;
	while (rcv_nxt(t) - from < 252000) {
		nine_arrive(t);
		sent_no_more(t);
	}
	nine_arrive(t);
	sent_no_more(t);
	nine_arrive(t);
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t)));
}

/* SO_RCVLOWAT: the user is not woken, so nothing is left to its RECEIVE. [R5681-ONEACK] */
static void delayed_ack__aggregate_below_the_mark(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	use_up_quick_acks(t);
	t->tcb.patient = 1;
	nine_arrive(t);
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t)));
}

/* Small segments do not make every second octet an ACK (silly). */
static void delayed_ack__small_segments(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i, acks = 0;

	for (i = 0; i < 16; i++) {
		arrive(t, SEG(ACK | PSH, .seq = rcv_nxt(t), .ack = 1, .text = 1));
		sent_whatever(t);
	}
	for (i = 0; i < 40; i++) {
		arrive(t, SEG(ACK | PSH, .seq = rcv_nxt(t), .ack = 1, .text = 1));
		acks += t->n_out;
		sent_whatever(t);
	}
	KUNIT_EXPECT_LE(test, acks, 2u);
}

/* What has no room is left to the peer. */
static const struct row no_room_rows[] = {
	{ "ES-056" }, { "F1-052" }, { "F2-049" },
};

ROWS(no_room);
EACH_ROW(no_room)
{
	t->room = 60;
	arrive(t, SEG(ACK, .seq = 1, .ack = snd_una(t), .text = 100));
	expect(t, t->was.state, .take = 60, .deliver = 60, .wake = ATCP_WAKE_READ);
	counted(t, ATCP_EV_RCV_PRUNED);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 61));
	t->room = 0;
	arrive(t, SEG(FIN | ACK, .seq = 61, .ack = snd_una(t), .text = 40));
	expect(t, t->was.state);
	t->room = 1000;
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 61));
	arrive(t, SEG(ACK, .seq = 61, .ack = snd_una(t), .text = 40));
	expect(t, t->was.state, .take = 40, .deliver = 40);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 101));
}

/* The window closes octet by octet and never recedes [SHLD-14]. */
static void data__fills_the_window(struct kunit *test)
{
	static const struct world w = {
		.name = "small buffer", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .buff = 2500,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1000));
	sent(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = 1500));
	arrive(t, SEG(ACK, .seq = 1001, .ack = 1, .text = 1000));
	sent(t, SEG(ACK, .seq = 1, .ack = 2001, .wnd = 500));
	arrive(t, SEG(ACK, .seq = 2001, .ack = 1, .text = 1000));
	expect(t, ATCP_ESTABLISHED, .take = 500, .deliver = 500);
	sent(t, SEG(ACK, .seq = 1, .ack = 2501, .wnd = ZERO_WND));
}

/* ---- overlaps: R9293-TRIM ---- */

static const struct row overlap_left_rows[] = {
	{ "ES-029" }, { "F1-024" }, { "F2-024" },
};

ROWS(overlap_left);
EACH_ROW(overlap_left)
{
	arrive(t, SEG(ACK, .seq = 1, .ack = snd_una(t), .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 51, .ack = snd_una(t), .text = 100));
	expect(t, t->was.state, .take = 50, .take_off = 50, .deliver = 50,
	       .wake = ATCP_WAKE_READ);
	KUNIT_EXPECT_EQ(test, t->fx.take.seq, t->irs + 101);
	KUNIT_EXPECT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, t->out[0].ack, t->irs + 151);
	sent_whatever(t);
}

static const struct row overlap_right_rows[] = {
	{ "ES-030" }, { "F1-025" }, { "F2-025" }, { "ES-059" },
};

ROWS(overlap_right);
static void overlap_right(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct world small = *w;
		struct trial *t;

		small.buff = 512;
		t = trial_in(test, &small, row_state(row_of(test)));
		arrive(t, SEG(ACK, .seq = 1, .ack = snd_una(t), .text = 312));
		sent_whatever(t);
		/* 200 fit; the rest, and the FIN behind it, do not. */
		arrive(t, SEG(FIN | ACK, .seq = 313, .ack = snd_una(t), .text = 300));
		expect(t, t->was.state, .take = 200, .deliver = 200, .wake = ATCP_WAKE_READ);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_fin, 0);
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 513, .wnd = ZERO_WND));
		trial_exit(test);		/* @small ends with this turn */
	}
}

/* Just the FIN does not fit. */
static void overlap_right__fin_alone(struct kunit *test)
{
	static const struct world w = {
		.name = "512", .passive = true, .peer_plain = true,
		.start = TRIAL_START, .buff = 512,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = 512));
	expect(t, ATCP_ESTABLISHED, .take = 512, .deliver = 512);
	sent(t, SEG(ACK, .seq = 1, .ack = 513, .wnd = ZERO_WND));
	user_receive(t, 512);
	sent(t, SEG(ACK, .seq = 1, .ack = 513, .wnd = 512));
	arrive(t, SEG(FIN | ACK, .seq = 513, .ack = 1));
	expect(t, ATCP_CLOSE_WAIT, .wake = ATCP_WAKE_READ);
	sent(t, SEG(ACK, .seq = 1, .ack = 514));
}

/* ---- out of order ---- */

/* [SHLD-31] R5681-OOOACK R2018-FIRST */
static const struct row out_of_order_rows[] = {
	{ "ES-031" }, { "F1-026" }, { "F2-026" },
};

ROWS(out_of_order);
/* [MAY-13] */
EACH_ROW(out_of_order)
{
	arrive(t, SEG(ACK, .seq = 101, .ack = snd_una(t), .text = 100));
	expect(t, t->was.state, .take = 100);
	KUNIT_EXPECT_EQ(test, t->fx.take.seq, t->irs + 101);
	counted(t, ATCP_EV_OFO_QUEUE);
	if (t->tcb.opts_on & ATCP_OPT_SACK_PERM)
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 1,
			    BLOCKS(1, { 101, 201 })));
	else
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 1));
}

/* R5681-GAPACK: at once; [MUST-59] one ACK over all */
static const struct row gap_filled_rows[] = {
	{ "ES-032" }, { "F1-027" }, { "F2-027" },
};

ROWS(gap_filled);
EACH_ROW(gap_filled)
{
	u32 base;

	use_up_quick_acks(t);
	base = rcv_nxt(t);
	arrive(t, SEG(ACK, .seq = base + 100, .ack = snd_una(t), .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = base + 300, .ack = snd_una(t), .text = 100));
	sent_whatever(t);
	/* A part of the gap */
	arrive(t, SEG(ACK, .seq = base, .ack = snd_una(t), .text = 50));
	expect(t, t->was.state, .take = 50, .deliver = 50);
	KUNIT_EXPECT_EQ(test, t->n_out, 1u);
	sent_whatever(t);
	/* Its rest, and beyond: 50 + 100 held */
	arrive(t, SEG(ACK, .seq = base + 50, .ack = snd_una(t), .text = 50));
	expect(t, t->was.state, .take = 50, .deliver = 150, .wake = ATCP_WAKE_READ);
	KUNIT_EXPECT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, t->out[0].ack - t->irs, base + 200);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = base + 200, .ack = snd_una(t), .text = 100));
	expect(t, t->was.state, .take = 100, .deliver = 200, .wake = ATCP_WAKE_READ);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = base + 400));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.ofo.n, 0);
}

/* The set of ranges is full: what would need another is dropped, told as such. */
static void out_of_order__no_range_left(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	unsigned int i;

	for (i = 0; i < ATCP_RANGES_MAX; i++) {
		arrive(t, SEG(ACK, .seq = 11 + 20 * i, .ack = 1, .text = 10));
		expect(t, ATCP_ESTABLISHED, .take = 10);
		sent_whatever(t);
	}
	arrive(t, SEG(ACK, .seq = 11 + 20 * i, .ack = 1, .text = 10));
	expect(t, ATCP_ESTABLISHED);
	counted(t, ATCP_EV_OFO_DROP);
	KUNIT_EXPECT_EQ(test, t->n_out, 1u);
	sent_whatever(t);
	/* In order it is taken all the same. */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10));
	expect(t, ATCP_ESTABLISHED, .take = 10, .deliver = 20);
	sent_whatever(t);
}

/* ---- nobody to read ---- */

/* [SHLD-3] MAY-1 */
static const struct row text_for_nobody_rows[] = {
	{ "F1-053" }, { "F2-050" },
};

ROWS(text_for_nobody);
static void text_for_nobody__reset(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
		u32 una = t->tcb.snd.una - t->iss;

		user_gone(t, false);
		returned(t, 0);
		arrive(t, SEG(ACK, .seq = 1, .ack = una, .text = 10));
		expect(t, ATCP_CLOSED, .flush = true);
		counted(t, ATCP_EV_ABORT_ON_DATA);
		sent(t, SEG(RST, .seq = una));
	}
}

static void text_for_nobody__fin_is_fine(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_FIN_WAIT_2);

	user_gone(t, false);
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 2));
	expect(t, ATCP_TIME_WAIT, .wake = ATCP_WAKE_STATE);
	sent(t, SEG(ACK, .seq = 2, .ack = 2));
}

/* ---- the parts of it ---- */

static u32 learnt(u32 seen, u8 ctl, u32 text, u16 gso)
{
	static struct atcp_tcb tcb;
	struct atcp_seg seg = { .ctl = ctl, .text = text, .gso = gso };

	tcb.rcv.mss_seen = seen;
	learn_mss(&tcb, &seg);
	return tcb.rcv.mss_seen;
}

/* The largest; or a smaller one, if it is large enough and did not end a write. */
static void learn_mss__conditions(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, learnt(1000, ACK | PSH, 1001, 0), 1001u);
	KUNIT_EXPECT_EQ(test, learnt(100, ACK | PSH, 101, 0), 101u);
	KUNIT_EXPECT_EQ(test, learnt(1000, ACK | PSH, 600, 0), 1000u);
	KUNIT_EXPECT_EQ(test, learnt(1000, ACK, 600, 0), 600u);
	KUNIT_EXPECT_EQ(test, learnt(1000, ACK, 536, 0), 536u);
	KUNIT_EXPECT_EQ(test, learnt(1000, ACK, 535, 0), 1000u);
	KUNIT_EXPECT_EQ(test, learnt(1000, ACK | PSH, 2800, 1400), 1400u);
}

/* [MUST-58]: the delay is the first octet's, and 40 ms as sysctl has it */
static void delayed_ack__from_the_first(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 due;

	use_up_quick_acks(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 10));
	sent_no_more(t);
	due = t->now + MSEC(40);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_DELACK], due);
	after(t, MSEC(10));
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 10));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_DELACK], due);
}

/* R2883-DSACK: also when the rest of the segment is new, and then at once */
static void dsack__at_once(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 nxt;

	use_up_quick_acks(t);
	nxt = rcv_nxt(t);
	arrive(t, SEG(ACK, .seq = nxt - 50, .ack = 1, .text = 60));
	sent(t, SEG(ACK, .seq = 1, .ack = nxt + 10, BLOCKS(1, { nxt - 50, nxt })));
	t = plain_in(test, ATCP_ESTABLISHED);
	use_up_quick_acks(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t) - 50, .ack = 1, .text = 60));
	sent_no_more(t);
	not_counted(t, ATCP_EV_DSACK_SENT);
	KUNIT_EXPECT_FALSE(test, t->tcb.sack.dsack_on);
}

/* Of several parts that were here before, the first is told. */
static void dsack__first_part(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 50));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.sack.n_recent, 1);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 50));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 290, .ack = 1, .text = 70));
	KUNIT_EXPECT_EQ(test, t->out[0].opt.sack[0].left, t->irs + 301);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.sack[0].right, t->irs + 351);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 190, .ack = 1, .text = 200));
	KUNIT_EXPECT_EQ(test, t->out[0].opt.sack[0].left, t->irs + 201);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.sack[0].right, t->irs + 251);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 51, .ack = 1, .text = 300));
	KUNIT_EXPECT_EQ(test, t->out[0].opt.sack[0].left, t->irs + 51);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.sack[0].right, t->irs + 101);
	sent_whatever(t);
}

/* A second FIN, beyond the one that is known, makes nothing of what is held untrue. */
static void dsack__behind_a_second_fin(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(FIN | ACK, .seq = 201, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent_whatever(t);
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = 400));
	expect(t, ATCP_CLOSE_WAIT, .take = 300, .deliver = 300);
	sent(t, SEG(ACK, .seq = 1, .ack = 302, BLOCKS(1, { 101, 151 })));
}

/* Text alone would be acknowledged later; its end is not. */
static void fin__is_acknowledged_at_once(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 nxt;

	use_up_quick_acks(t);
	nxt = rcv_nxt(t);
	arrive(t, SEG(FIN | ACK, .seq = nxt, .ack = 1, .text = 10));
	expect(t, ATCP_CLOSE_WAIT, .take = 10, .deliver = 10);
	sent(t, SEG(ACK, .seq = 1, .ack = nxt + 11));
}

/* No room: what is new of it is not told as received. R2883-DSACK */
static void no_room__is_no_dsack(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	t->room = 0;
	arrive(t, SEG(ACK, .seq = 51, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
	/* Just enough of it: the FIN counts, and nothing was refused. */
	t->room = 10;
	arrive(t, SEG(FIN | ACK, .seq = 101, .ack = 1, .text = 10));
	expect(t, ATCP_CLOSE_WAIT, .take = 10, .deliver = 10);
	not_counted(t, ATCP_EV_RCV_PRUNED);
	sent_whatever(t);
}

/* Whoever neither reads nor sends is like one who has gone, but hears of it. */
static void text_for_nobody__deaf(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.deaf = 1;
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10));
	expect(t, ATCP_ESTABLISHED, .take = 10, .deliver = 10);
	sent_whatever(t);
	user_close(t);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 11, .ack = 1, .text = 10));
	expect(t, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
	sent(t, SEG(RST, .seq = 1));
}

/* A FIN out of order is no text, nor is what was here before. */
static void text_for_nobody__no_text(struct kunit *test)
{
	static const struct world w = {
		.name = "read", .passive = true, .peer_plain = true, .iss = 7,
		.irs = 9, .start = TRIAL_START, .fill = 100,
	};
	struct trial *t = trial_in(test, &w, ATCP_FIN_WAIT_2);

	user_receive(t, 100);
	user_gone(t, false);
	arrive(t, SEG(FIN | ACK, .seq = 111, .ack = 2));
	expect(t, ATCP_FIN_WAIT_2);
	sent(t, SEG(ACK, .seq = 2, .ack = 101));
	t = trial_in(test, &w, ATCP_FIN_WAIT_2);
	user_receive(t, 100);
	user_gone(t, false);
	arrive(t, SEG(FIN | ACK, .seq = 91, .ack = 2, .text = 10));
	expect(t, ATCP_TIME_WAIT, .wake = ATCP_WAKE_STATE);
	sent(t, SEG(ACK, .seq = 2, .ack = 102));
}

/* Octets of an aggregate that wait for RECEIVE: fewer than 256 KiB, and than RCV.WND */
static void left_to_receive__bounds(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;
	struct atcp_seg seg = { .gso = 1000 };

	tcb->rcv.wnd = 1 << 20;
	tcb->rcv.unacked = 262143;
	KUNIT_EXPECT_TRUE(test, left_to_receive(tcb, &seg));
	tcb->rcv.unacked = 262144;
	KUNIT_EXPECT_FALSE(test, left_to_receive(tcb, &seg));
	tcb->rcv.unacked = 5000;
	tcb->rcv.wnd = 5001;
	KUNIT_EXPECT_TRUE(test, left_to_receive(tcb, &seg));
	tcb->rcv.wnd = 5000;
	KUNIT_EXPECT_FALSE(test, left_to_receive(tcb, &seg));
}

static struct kunit_case text_cases[] = {
	ROW_CASE(data),
	ROW_CASE(delayed_ack),
	KUNIT_CASE(delayed_ack__rides),
	KUNIT_CASE(delayed_ack__aggregate),
	KUNIT_CASE(delayed_ack__aggregate_unread),
	KUNIT_CASE(delayed_ack__aggregate_in_a_small_window),
	KUNIT_CASE(delayed_ack__aggregate_in_a_large_window),
	KUNIT_CASE(delayed_ack__aggregate_below_the_mark),
	KUNIT_CASE(delayed_ack__small_segments),
	ROW_CASE(no_room),
	KUNIT_CASE(data__fills_the_window),
	ROW_CASE(overlap_left),
	ROW_CASE(overlap_right),
	KUNIT_CASE(overlap_right__fin_alone),
	ROW_CASE(out_of_order),
	ROW_CASE(gap_filled),
	KUNIT_CASE(out_of_order__no_range_left),
	KUNIT_CASE_PARAM(text_for_nobody__reset, text_for_nobody_gen_params),
	KUNIT_CASE(text_for_nobody__fin_is_fine),
	KUNIT_CASE(learn_mss__conditions),
	KUNIT_CASE(delayed_ack__from_the_first),
	KUNIT_CASE(dsack__at_once),
	KUNIT_CASE(dsack__first_part),
	KUNIT_CASE(dsack__behind_a_second_fin),
	KUNIT_CASE(fin__is_acknowledged_at_once),
	KUNIT_CASE(no_room__is_no_dsack),
	KUNIT_CASE(text_for_nobody__deaf),
	KUNIT_CASE(text_for_nobody__no_text),
	KUNIT_CASE(left_to_receive__bounds),
	{}
};

TRIAL_SUITE(text, text_cases);
