// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of rcvbuf.c: the window that is offered, [MUST-39] [SHLD-14], and the
 * buffer that follows its reader.
 */

#include "../module/core/rcvbuf.c"
#include <linux/kernel.h>
#include "atcp_test.h"

static const struct world small = {
	.name = "4000 octets", .passive = true, .peer_plain = true,
	.start = TRIAL_START, .buff = 4000,
};

static void fill(struct trial *t, u32 text)
{
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_una(t), .text = text));
	sent_whatever(t);
}

/* The right edge as the peer knows it, from the last segment. */
static u32 told_edge(const struct trial *t)
{
	const struct atcp_out *out = &t->out[t->n_out - 1];

	return out->ack - t->irs + ((u32)out->wnd << t->tcb.rcv.wscale);
}

/* Read in slivers: told when half the buffer or a segment is free, not before. */
static void offer__not_in_slivers(struct kunit *test)
{
	struct trial *t = trial_in(test, &small, ATCP_ESTABLISHED);
	unsigned int i, told = 0;

	for (i = 0; i < 4; i++)
		fill(t, 1000);
	KUNIT_ASSERT_EQ(test, t->tcb.rcv.wnd, 0u);
	for (i = 0; i < 400; i++) {
		user_receive(t, 10);
		told += t->n_out;
		if (t->n_out && told == 1)
			KUNIT_EXPECT_GE(test, (u32)t->out[0].wnd, 1000u);
		sent_whatever(t);
	}
	KUNIT_EXPECT_GE(test, told, 1u);
	KUNIT_EXPECT_LE(test, told, 4u);
}

/* The answer to a probe does not open a sliver either. */
static void offer__not_for_a_probe(struct kunit *test)
{
	struct trial *t = trial_in(test, &small, ATCP_ESTABLISHED);
	unsigned int i;

	for (i = 0; i < 4; i++)
		fill(t, 1000);
	user_receive(t, 500);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 4001, .ack = 1, .text = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 4001, .wnd = ZERO_WND));
	user_receive(t, 500);
	sent(t, SEG(ACK, .seq = 1, .ack = 4001, .wnd = 1000));
}

/* Small segments of the peer do not make small steps right. */
static void offer__not_silly_after_small_segments(struct kunit *test)
{
	struct trial *t = trial_in(test, &small, ATCP_ESTABLISHED);
	unsigned int i;
	u32 edge;

	for (i = 0; i < 40; i++)
		fill(t, 1);
	for (i = 0; i < 3; i++)
		fill(t, 1000);
	fill(t, 960);
	KUNIT_ASSERT_EQ(test, t->tcb.rcv.wnd, 0u);
	edge = rcv_nxt(t);
	for (i = 0; i < 10; i++) {
		user_receive(t, 10);
		sent_no_more(t);
	}
	arrive(t, SEG(ACK, .seq = edge, .ack = 1, .text = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = edge, .wnd = ZERO_WND));
}

/* [SHLD-14] whatever happens to the buffer */
static void edge__never_recedes(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);
		u32 seed = 99, edge = 0, step;

		for (step = 0; step < 2000; step++) {
			u32 len;

			seed = seed * 1103515245 + 12345;
			len = (seed >> 16) % 3000;
			if (seed >> 29 == 0)
				atcp_set_rcvbuff(&t->tcb, 1000 + (seed >> 12) % 60000, 0);
			user_receive(t, min(t->tcb.rcv.user, (seed >> 10) % 4000));
			sent_whatever(t);
			arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 1 + len));
			if (!t->n_out)
				continue;
			/* The step of the scale is all it may lose. */
			KUNIT_ASSERT_GE(test, told_edge(t) + (1u << t->tcb.rcv.wscale),
					edge + 1);
			edge = max(edge, told_edge(t));
			sent_whatever(t);
		}
	}
}

/* R7323-WSSHRINK: what was ever offered is taken. */
static void edge__offered_is_honoured(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 edge;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1001));
	edge = told_edge(t);
	sent_whatever(t);
	atcp_set_rcvbuff(&t->tcb, 2000, 2000);
	while (rcv_nxt(t) < edge) {
		u32 text = min(edge - rcv_nxt(t), 1000u);

		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = text));
		KUNIT_ASSERT_EQ(test, t->fx.deliver, text);
		sent_whatever(t);
	}
}

/* A window that doubles at least is told, even to a peer that does not ask. */
static void worth_telling__after_zero(struct kunit *test)
{
	struct trial *t = trial_in(test, &small, ATCP_ESTABLISHED);
	unsigned int i;

	for (i = 0; i < 4; i++)
		fill(t, 1000);
	user_receive(t, 4000);
	sent(t, SEG(ACK, .seq = 1, .ack = 4001, .wnd = 4000));
}

static void worth_telling__not_in_a_stream(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		fill(t, 1000);
		user_receive(t, 1000);
		sent_no_more(t);
	}
}

/* ---- autotuning ---- */

static struct trial *tuned(struct kunit *test, u8 feature)
{
	static const struct world w = {
		.name = "tuned", .passive = true, .features = RICH, .start = TRIAL_START,
	};
	struct trial *t = trial_in(test, &w, ATCP_LISTEN);

	t->tcb.p.features |= feature;
	atcp_set_rcvbuff(&t->tcb, 20000, 400000);
	arrive(t, SEG(SYN));
	sent_whatever(t);
	after(t, MSEC(20));			/* the round trip */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	return t;
}

/* Windows are filled, and read at once. */
static void read_fast(struct trial *t)
{
	unsigned int i, k;

	for (i = 0; i < 20; i++) {
		for (k = 0; t->tcb.rcv.wnd > 1000 && k < 300; k++)
			fill(t, 1000);
		user_receive(t, t->tcb.rcv.user);
		sent_whatever(t);
		after(t, MSEC(20));
		sent_whatever(t);
	}
}

static void autotune__follows_a_fast_reader(struct kunit *test)
{
	struct trial *t = tuned(test, ATCP_F_AUTOTUNE);

	read_fast(t);
	KUNIT_EXPECT_GT(test, t->tcb.rcv.buff, 200000u);
	KUNIT_EXPECT_LE(test, t->tcb.rcv.buff, 400000u);
}

static void autotune__not_for_a_slow_reader(struct kunit *test)
{
	struct trial *t = tuned(test, ATCP_F_AUTOTUNE);
	unsigned int i;

	for (i = 0; i < 50; i++) {
		fill(t, 500);
		user_receive(t, 500);
		sent_whatever(t);
		after(t, MSEC(50));
		sent_whatever(t);
	}
	KUNIT_EXPECT_LE(test, t->tcb.rcv.buff, 40000u);
}

static void autotune__off(struct kunit *test)
{
	struct trial *t = tuned(test, 0);

	read_fast(t);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.buff, 20000u);
}

static struct kunit_case rcvbuf_cases[] = {
	KUNIT_CASE(offer__not_in_slivers),
	KUNIT_CASE(offer__not_for_a_probe),
	KUNIT_CASE(offer__not_silly_after_small_segments),
	KUNIT_CASE(edge__never_recedes),
	KUNIT_CASE(edge__offered_is_honoured),
	KUNIT_CASE(worth_telling__after_zero),
	KUNIT_CASE(worth_telling__not_in_a_stream),
	KUNIT_CASE(autotune__follows_a_fast_reader),
	KUNIT_CASE(autotune__not_for_a_slow_reader),
	KUNIT_CASE(autotune__off),
	{}
};

TRIAL_SUITE(rcvbuf, rcvbuf_cases);
