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

/* ---- urgent ---- */

/* [MUST-30] [MUST-32] [MUST-62] */
static const struct row urg_rows[] = {
	{ "ES-052" }, { "F1-048" }, { "F2-045" },
};

ROWS(urg);
static void urg(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .text = 10, .up = 5));
		expect(t, t->was.state, .take = 10, .deliver = 10,
		       .wake = ATCP_WAKE_URG | ATCP_WAKE_READ);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->irs + 6);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 1);
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 11));
	}
}

/* The same pointer signals once; a later one again, an earlier one never. */
static const struct row urg_again_rows[] = {
	{ "ES-053" }, { "F1-049" }, { "F2-046" },
};

ROWS(urg_again);
static void urg_again(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 100));
		expect(t, t->was.state, .wake = ATCP_WAKE_URG);
		arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 100, .wnd = 31000));
		KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
		arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 99, .wnd = 32000));
		KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->irs + 101);
		arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 101, .wnd = 33000));
		KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, ATCP_WAKE_URG);
		/* Behind what was consumed: R9293-URGBACK */
		arrive(t, SEG(ACK, .seq = 1, .ack = snd_una(t), .text = 300));
		sent_whatever(t);
		user_receive(t, 300);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 0);
		arrive(t, SEG(ACK | URG, .seq = 301, .ack = snd_una(t), .up = 0));
		KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
		sent_no_more(t);
	}
}

/* [MUST-66] told in a closed window */
static const struct row urg_zero_window_rows[] = {
	{ "ES-054" }, { "F1-050" }, { "F2-047" },
};

ROWS(urg_zero_window);
static void urg_zero_window(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_shut(test, w);
		u32 nxt = rcv_nxt(t);

		arrive(t, SEG(ACK | URG, .seq = nxt, .ack = snd_una(t), .text = 1, .up = 1));
		expect(t, t->was.state, .wake = ATCP_WAKE_URG);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->tcb.rcv.nxt + 1);
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = nxt, .wnd = ZERO_WND));
	}
}

static const struct row urg_ignored_rows[] = {
	{ "CW-048" }, { "CG-041" }, { "LA-041" }, { "TW-041" },
};

ROWS(urg_ignored);
static void urg_ignored(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(ACK | URG, .seq = rcv_nxt(t), .ack = 1, .up = 10));
		KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->was.rcv.up);
		KUNIT_EXPECT_EQ(test, t->tcb.state, t->was.state);
		sent_no_more(t);
	}
}

/* [MUST-31] a mark beyond the segment, and beyond 65535 octets */
static void urg__of_any_length(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK | URG, .seq = 1, .ack = 1, .text = 1000, .up = 65535));
	expect(t, ATCP_ESTABLISHED, .take = 1000, .deliver = 1000, .wake = ATCP_WAKE_URG);
	sent_whatever(t);
	arrive(t, SEG(ACK | URG, .seq = 1001, .ack = 1, .text = 1000, .up = 65535));
	expect(t, ATCP_ESTABLISHED, .take = 1000, .deliver = 1000, .wake = ATCP_WAKE_URG);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->irs + 1001 + 65535);
	sent_whatever(t);
	user_receive(t, 2000);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 1);
}

/* The mark is compared with what is near, however long ago the last one was. */
static void urg__after_3_gib(struct kunit *test)
{
	static const struct world w = {
		.name = "large buffer", .passive = true, .irs = 55,
		.start = TRIAL_START, .features = RICH, .mss = 60000, .buff = 1 << 20,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	u64 total = 0;

	t->tcb.rcv.mss_adv = 60000;
	while (t->tcb.rcv.wnd < 1 << 19) {
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 30000));
		sent_whatever(t);
		user_receive(t, 30000);
		sent_whatever(t);
		total += 30000;
	}
	while (total < 9ULL << 30) {
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 1 << 19));
		KUNIT_ASSERT_EQ(test, t->fx.deliver, 1u << 19);
		sent_whatever(t);
		user_receive(t, 1 << 19);
		sent_whatever(t);
		total += 1 << 19;
		if (total % (3ULL << 30) >= 1 << 19)
			continue;
		arrive(t, SEG(ACK | URG, .seq = rcv_nxt(t), .ack = 1, .up = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_URG);
	}
	KUNIT_EXPECT_EQ(test, (u64)t->tcb.octets_rcvd, total);
}

/* ---- text in order ---- */

static const struct row data_rows[] = {
	{ "ES-055" }, { "F1-051" }, { "F2-048" },
};

ROWS(data);
static void data(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
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
}

/* [MUST-40] [SHLD-18] [SHLD-19] R5681-DACK: later, or for every second segment */
static const struct row delayed_ack_rows[] = {
	{ "ES-079" }, { "F1-074" }, { "F2-070" },
};

ROWS(delayed_ack);
static void delayed_ack(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

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

/* R5681-ONEACK, an aggregate counts as the segments it is made of. */
static void delayed_ack__aggregate(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	use_up_quick_acks(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 9000, .gso = 1000));
	sent(t, SEG(ACK, .seq = 1, .ack = rcv_nxt(t)));
	/* And the peer's segments are not thought to have 9000 octets. */
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 1000));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 1000));
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
static void no_room(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

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
static void overlap_left(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

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
static void out_of_order(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

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
}

/* R5681-GAPACK: at once; [MUST-59] one ACK over all */
static const struct row gap_filled_rows[] = {
	{ "ES-032" }, { "F1-027" }, { "F2-027" },
};

ROWS(gap_filled);
static void gap_filled(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
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

/* ---- SACK: RFC 2018, 4 ---- */

/* R2018-FIRST, R2018-MANY, R2018-REPEAT: three with timestamps */
static void sack__latest_first(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(1, { 101, 151 })));
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(2, { 301, 351 }, { 101, 151 })));
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1,
		    BLOCKS(3, { 201, 251 }, { 301, 351 }, { 101, 151 })));
	arrive(t, SEG(ACK, .seq = 401, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1,
		    BLOCKS(3, { 401, 451 }, { 201, 251 }, { 301, 351 })));
	/* It grows: the block as it is now, first, once */
	arrive(t, SEG(ACK, .seq = 251, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1,
		    BLOCKS(3, { 201, 351 }, { 401, 451 }, { 101, 151 })));
	/* R2018-ALL: also in an ACK that moves on */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 151, BLOCKS(2, { 201, 351 }, { 401, 451 })));
}

/* Four without timestamps */
static void sack__four_blocks(struct kunit *test)
{
	static const struct world w = {
		.name = "SACK alone", .passive = true, .features = ATCP_F_SACK,
		.start = TRIAL_START,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	unsigned int i;

	for (i = 1; i < 5; i++) {
		arrive(t, SEG(ACK, .seq = 1 + 100 * i, .ack = 1, .text = 50));
		sent_whatever(t);
	}
	arrive(t, SEG(ACK, .seq = 501, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(4, { 501, 551 }, { 401, 451 },
						    { 301, 351 }, { 201, 251 })));
}

/* R2018-ONLYIF */
static void sack__not_without_leave(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
}

/* Held text goes with text of ours too, and makes the segment shorter. */
static void sack__with_text(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent_whatever(t);
	user_send(t, 2000);
	KUNIT_EXPECT_GT(test, t->n_out, 0u);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.n_sack, 1);
	KUNIT_EXPECT_LE(test, t->out[0].mss + 12 + 12, TRIAL_MSS);
	sent_whatever(t);
}

/* R2883-DSACK: told once, before the others */
static void dsack__old_segment(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, BLOCKS(2, { 1, 101 }, { 201, 301 })));
	counted(t, ATCP_EV_DSACK_SENT);
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, BLOCKS(1, { 201, 401 })));
}

/* R2883-DSACK2: a duplicate inside a block, then that block */
static void dsack__inside_a_block(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 300));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 100));
	expect(t, ATCP_ESTABLISHED);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(2, { 301, 401 }, { 201, 501 })));
}

/* A part is new: the part that is not is told (RFC 2883, 4.2.2 and 4.2.3) */
static void dsack__of_a_part(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 251, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(2, { 251, 301 }, { 201, 351 })));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 51, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 151, BLOCKS(2, { 51, 101 }, { 201, 351 })));
	arrive(t, SEG(ACK, .seq = 151, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 351, BLOCKS(1, { 201, 251 })));
}

static void dsack__switched_off(struct kunit *test)
{
	static const struct world w = {
		.name = "no D-SACK", .passive = true, .start = TRIAL_START,
		.features = ATCP_F_SACK,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
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

/* ---- past the peer's FIN: D-25 ---- */

static const struct row text_past_fin_rows[] = {
	{ "CW-027" }, { "CW-028" }, { "CW-049" }, { "CG-021" }, { "CG-022" },
	{ "CG-042" }, { "LA-021" }, { "LA-022" }, { "LA-042" }, { "TW-021" },
	{ "TW-022" }, { "TW-042" }, { "CW-051" }, { "CG-044" }, { "LA-044" },
	{ "TW-044" },
};

ROWS(text_past_fin);
static void text_past_fin(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);
		u32 nxt = t->tcb.rcv.nxt;

		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 10));
		expect(t, t->was.state);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t) - 1, .ack = 1, .text = 10));
		expect(t, t->was.state);
		sent_whatever(t);
		arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t) + 20, .ack = 1, .text = 10));
		expect(t, t->was.state);
		sent_whatever(t);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.nxt, nxt);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.ofo.n, 0);
	}
}

/* ---- FIN ---- */

static const struct row fin_in_order_rows[] = {
	{ "ES-057" }, { "ES-060" }, { "ES-061" }, { "F1-054" }, { "F1-058" },
	{ "F2-051" }, { "F2-053" }, { "F2-054" },
};

ROWS(fin_in_order);
static void fin_in_order(struct kunit *test)
{
	static const u8 next[ATCP_N_STATES] = {
		[ATCP_ESTABLISHED] = ATCP_CLOSE_WAIT,
		[ATCP_FIN_WAIT_1] = ATCP_CLOSING,
		[ATCP_FIN_WAIT_2] = ATCP_TIME_WAIT,
	};
	const struct world *w = NULL;
	u32 text;

	for_each_world(w)
		for (text = 0; text <= 40; text += 40) {
			struct trial *t = trial_row(test, w);
			u32 una = t->tcb.snd.una - t->iss;

			arrive(t, SEG(FIN | ACK, .seq = 1, .ack = una, .text = text));
			expect(t, next[t->was.state], .take = text, .deliver = text,
			       .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ);
			sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 2 + text));
			if (t->tcb.state == ATCP_TIME_WAIT)	/* [MUST-13] */
				KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb),
						t->now + SEC(60));
		}
}

/* SC-09: the same segment acknowledges ours; FIN-WAIT-2 is passed through. */
static const struct row fin_and_ack_of_fin_rows[] = {
	{ "F1-057" }, { "F1-059" },
};

ROWS(fin_and_ack_of_fin);
static void fin_and_ack_of_fin(struct kunit *test)
{
	const struct world *w = NULL;
	u32 text;

	for_each_world(w)
		for (text = 0; text <= 40; text += 40) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 2, .text = text));
			expect(t, ATCP_TIME_WAIT, .take = text, .deliver = text,
			       .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ);
			KUNIT_EXPECT_EQ(test, (int)t->fx.n_edges, 2);
			sent(t, SEG(ACK, .seq = 2, .ack = 2 + text));
			KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
		}
}

/* Before its turn it waits; the gap closed, it counts. */
static const struct row fin_out_of_order_rows[] = {
	{ "ES-058" }, { "F1-056" }, { "F2-052" },
};

ROWS(fin_out_of_order);
static void fin_out_of_order(struct kunit *test)
{
	const struct world *w = NULL;
	u32 text;

	for_each_world(w)
		for (text = 0; text <= 40; text += 40) {
			struct trial *t = trial_row(test, w);
			u32 una = t->tcb.snd.una - t->iss;

			arrive(t, SEG(FIN | ACK, .seq = 11, .ack = una, .text = text));
			expect(t, t->was.state, .take = text);
			KUNIT_EXPECT_EQ(test, t->n_out, 1u);
			KUNIT_EXPECT_EQ(test, t->out[0].ack, t->irs + 1);
			sent_whatever(t);
			/* Nothing beyond it will be taken. */
			arrive(t, SEG(ACK, .seq = 11 + text, .ack = una, .text = 30));
			expect(t, t->was.state);
			sent_whatever(t);
			arrive(t, SEG(ACK, .seq = 1, .ack = una, .text = 10));
			KUNIT_EXPECT_EQ(test, t->fx.deliver, 10 + text);
			KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_fin_done, 1);
			KUNIT_EXPECT_NE(test, t->tcb.state, t->was.state);
			sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 12 + text));
		}
}

/* A FIN in the midst of text that is held: nonsense, and no end of the stream. */
static void fin__below_held_text(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(FIN | ACK, .seq = 141, .ack = 1, .text = 10));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	expect(t, ATCP_ESTABLISHED, .take = 100, .deliver = 200);
	sent_whatever(t);
	arrive(t, SEG(FIN | ACK, .seq = 201, .ack = 1, .text = 10));
	expect(t, ATCP_CLOSE_WAIT, .take = 10, .deliver = 10);
	sent_whatever(t);
}

/* SC-08: both close at once, no loop of ACKs */
static void scenario__simultaneous_close(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_FIN_WAIT_1);

		arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_CLOSING, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK, .seq = 2, .ack = 2));
		arrive(t, SEG(ACK, .seq = 2, .ack = 2));
		expect(t, ATCP_TIME_WAIT, .wake = ATCP_WAKE_STATE);
		sent_no_more(t);
		after(t, SEC(60));
		expect(t, ATCP_CLOSED, .wake = ATCP_WAKE_STATE, .flush = true);
	}
}

/* SC-07: closed one way, text flows the other */
static void scenario__half_close(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_FIN_WAIT_2);

		arrive(t, SEG(ACK, .seq = 1, .ack = 2, .text = 50));
		expect(t, ATCP_FIN_WAIT_2, .take = 50, .deliver = 50);
		sent(t, SEG(ACK, .seq = 2, .ack = 51));
		arrive(t, SEG(FIN | ACK, .seq = 51, .ack = 2));
		expect(t, ATCP_TIME_WAIT, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK, .seq = 2, .ack = 52));
		/* SC-10: our last ACK was lost */
		after(t, SEC(30));
		arrive(t, SEG(FIN | ACK, .seq = 51, .ack = 2));
		sent(t, SEG(ACK, .seq = 2, .ack = 52));
		after(t, SEC(59));
		expect(t, ATCP_TIME_WAIT);
		after(t, SEC(2));
		expect(t, ATCP_CLOSED, .wake = ATCP_WAKE_STATE, .flush = true);
	}
}

static struct kunit_case text_cases[] = {
	ROW_CASE(urg),
	ROW_CASE(urg_again),
	ROW_CASE(urg_zero_window),
	ROW_CASE(urg_ignored),
	KUNIT_CASE(urg__of_any_length),
	KUNIT_CASE(urg__after_3_gib),
	ROW_CASE(data),
	ROW_CASE(delayed_ack),
	KUNIT_CASE(delayed_ack__rides),
	KUNIT_CASE(delayed_ack__aggregate),
	KUNIT_CASE(delayed_ack__small_segments),
	ROW_CASE(no_room),
	KUNIT_CASE(data__fills_the_window),
	ROW_CASE(overlap_left),
	ROW_CASE(overlap_right),
	KUNIT_CASE(overlap_right__fin_alone),
	ROW_CASE(out_of_order),
	ROW_CASE(gap_filled),
	KUNIT_CASE(out_of_order__no_range_left),
	KUNIT_CASE(sack__latest_first),
	KUNIT_CASE(sack__four_blocks),
	KUNIT_CASE(sack__not_without_leave),
	KUNIT_CASE(sack__with_text),
	KUNIT_CASE(dsack__old_segment),
	KUNIT_CASE(dsack__inside_a_block),
	KUNIT_CASE(dsack__of_a_part),
	KUNIT_CASE(dsack__switched_off),
	KUNIT_CASE_PARAM(text_for_nobody__reset, text_for_nobody_gen_params),
	KUNIT_CASE(text_for_nobody__fin_is_fine),
	ROW_CASE(text_past_fin),
	ROW_CASE(fin_in_order),
	ROW_CASE(fin_and_ack_of_fin),
	ROW_CASE(fin_out_of_order),
	KUNIT_CASE(fin__below_held_text),
	KUNIT_CASE(scenario__simultaneous_close),
	KUNIT_CASE(scenario__half_close),
	{}
};

TRIAL_SUITE(text, text_cases);
