// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of the eighth check, in text.c: the peer's FIN, in and out of order, and
 * what comes after it.
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- past the peer's FIN: D-25 ---- */

static const struct row text_past_fin_rows[] = {
	{ "CW-027" }, { "CW-028" }, { "CW-049" }, { "CG-021" }, { "CG-022" },
	{ "CG-042" }, { "LA-021" }, { "LA-022" }, { "LA-042" }, { "TW-021" },
	{ "TW-022" }, { "TW-042" }, { "CW-051" }, { "CG-044" }, { "LA-044" },
	{ "TW-044" },
};

ROWS(text_past_fin);
EACH_ROW(text_past_fin)
{
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

/* In order it counts, though text beyond it is held: that is what was false. */
static void fin_in_order__below_held_text(struct kunit *test)
{
	static const struct {
		u32 held;		/* where text is held */
		u32 text;		/* with the FIN */
	} rows[] = { { 101, 0 }, { 101, 20 }, { 11, 10 }, { 6, 10 }, { 2, 10 }, { 2, 0 } };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trial *t = in_state(test, ATCP_ESTABLISHED);
		u32 end = 1 + rows[i].text;

		arrive(t, SEG(ACK, .seq = rows[i].held, .ack = 1, .text = 100));
		sent_whatever(t);
		arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = rows[i].text));
		expect(t, ATCP_CLOSE_WAIT, .take = rows[i].text, .deliver = rows[i].text);
		KUNIT_ASSERT_EQ(test, t->n_out, 1u);
		KUNIT_EXPECT_EQ(test, t->out[0].ack, t->irs + end + 1);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.ofo.n, 0);
		sent_whatever(t);
	}
}

/* And though another, later place of the FIN was told before. */
static void fin_in_order__before_a_later_one(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(FIN | ACK, .seq = 101, .ack = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = 10));
	expect(t, ATCP_CLOSE_WAIT, .take = 10, .deliver = 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 12));

	/* One beyond the place that was told is not in order. */
	t = plain_in(test, ATCP_ESTABLISHED);
	arrive(t, SEG(FIN | ACK, .seq = 11, .ack = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .text = 20));
	expect(t, ATCP_CLOSE_WAIT, .take = 10, .deliver = 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 12));
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

/* The place of a FIN is what was told first. */
static void fin__once(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(FIN | ACK, .seq = 201, .ack = 1));	/* right behind it */
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.fin, t->irs + 201);
	sent_whatever(t);
	arrive(t, SEG(FIN | ACK, .seq = 301, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.fin, t->irs + 201);
	sent_whatever(t);
	/* Behind it there is no text, whatever arrives. */
	arrive(t, SEG(ACK, .seq = 251, .ack = 1, .text = 10));
	expect(t, ATCP_ESTABLISHED);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	expect(t, ATCP_CLOSE_WAIT, .take = 100, .deliver = 200);
	sent(t, SEG(ACK, .seq = 1, .ack = 202));
}

/* With text that was here before; and alone it is no reason to hurry the next ACKs. */
static void fin__with_old_text(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u8 quick;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(FIN | ACK, .seq = 91, .ack = 1, .text = 10));
	expect(t, ATCP_CLOSE_WAIT, .wake = ATCP_WAKE_STATE);
	sent(t, SEG(ACK, .seq = 1, .ack = 102, BLOCKS(1, { 91, 101 })));
	t = in_state(test, ATCP_ESTABLISHED);
	quick = t->tcb.quick_acks;
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
	expect(t, ATCP_CLOSE_WAIT);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.quick_acks, quick);
}

/* D-25: text after the FIN has been taken is ignored, not answered. */
static void text_past_fin__in_close_wait(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_CLOSE_WAIT);

	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 10));
	expect(t, ATCP_CLOSE_WAIT);
	sent_no_more(t);
}

static struct kunit_case fin_cases[] = {
	ROW_CASE(text_past_fin),
	ROW_CASE(fin_in_order),
	ROW_CASE(fin_and_ack_of_fin),
	ROW_CASE(fin_out_of_order),
	KUNIT_CASE(fin__below_held_text),
	KUNIT_CASE(fin_in_order__below_held_text),
	KUNIT_CASE(fin_in_order__before_a_later_one),
	KUNIT_CASE(scenario__simultaneous_close),
	KUNIT_CASE(scenario__half_close),
	KUNIT_CASE(fin__once),
	KUNIT_CASE(fin__with_old_text),
	KUNIT_CASE(text_past_fin__in_close_wait),
	{}
};

TRIAL_SUITE(fin, fin_cases);
