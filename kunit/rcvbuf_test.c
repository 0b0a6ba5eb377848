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

/* ---- bounds ---- */

/* A TCB whose window is @wnd, with @buff octets of which @user are taken. */
static struct atcp_tcb *with(struct kunit *test, u32 buff, u32 user, u32 wnd)
{
	struct atcp_tcb *tcb = &trial_in(test, &small, ATCP_ESTABLISHED)->tcb;

	tcb->rcv.buff = buff;
	tcb->rcv.buff_max = buff;
	tcb->rcv.user = user;
	tcb->rcv.wnd = wnd;
	tcb->rcv.mss_seen = 0;
	tcb->rcv.mss_adv = 1000;
	return tcb;
}

static u32 offered(struct kunit *test, u32 buff, u32 user, u32 wnd)
{
	struct atcp_tcb *tcb = with(test, buff, user, wnd);

	atcp_window_offer(tcb);
	return tcb->rcv.wnd;
}

static bool told(struct kunit *test, u32 buff, u32 user, u32 wnd)
{
	return atcp_window_worth_telling(with(test, buff, user, wnd));
}

static void rcv_mss__bounds(struct kunit *test)
{
	struct atcp_tcb *tcb = with(test, 4000, 0, 0);

	KUNIT_EXPECT_EQ(test, atcp_rcv_mss(tcb), 536u);
	tcb->rcv.mss_adv = 300;
	KUNIT_EXPECT_EQ(test, atcp_rcv_mss(tcb), 300u);
	tcb->rcv.mss_seen = 301;
	KUNIT_EXPECT_EQ(test, atcp_rcv_mss(tcb), 301u);
}

/* [MUST-39]: by half the buffer or by a segment, whichever is less */
static void offer__bounds(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, offered(test, 1000, 501, 0), 0u);
	KUNIT_EXPECT_EQ(test, offered(test, 1000, 500, 0), 500u);
	KUNIT_EXPECT_EQ(test, offered(test, 1000, 1001, 0), 0u);
	KUNIT_EXPECT_EQ(test, offered(test, 9000, 8465, 0), 0u);
	KUNIT_EXPECT_EQ(test, offered(test, 9000, 8464, 0), 536u);
	KUNIT_EXPECT_EQ(test, offered(test, 9000, 0, 8464), 9000u);
	KUNIT_EXPECT_EQ(test, offered(test, 9000, 0, 8465), 8465u);
	KUNIT_EXPECT_EQ(test, offered(test, 9000, 8000, 2000), 2000u);
	/* never more than the field can tell */
	KUNIT_EXPECT_EQ(test, offered(test, 1 << 20, 0, 0), 65535u);
}

/* The same, and the window at least doubles. */
static void worth_telling__bounds(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, told(test, 0, 0, 0));
	KUNIT_EXPECT_FALSE(test, told(test, 1000, 501, 0));
	KUNIT_EXPECT_TRUE(test, told(test, 1000, 500, 0));
	KUNIT_EXPECT_TRUE(test, told(test, 9000, 0, 4500));
	KUNIT_EXPECT_FALSE(test, told(test, 9000, 0, 4501));
	KUNIT_EXPECT_FALSE(test, told(test, 9000, 8400, 200));
	KUNIT_EXPECT_TRUE(test, told(test, 9000, 8264, 200));
	KUNIT_EXPECT_FALSE(test, told(test, 9000, 8265, 200));
}

/* RCV.BUFF after one more octet was read, at @took after the round began */
static u32 buff_after(struct kunit *test, u32 buff, u32 copied, u32 srtt, u64 took)
{
	struct atcp_tcb *tcb = with(test, buff, 0, 0);

	tcb->p.features |= ATCP_F_AUTOTUNE;
	tcb->rcv.buff_max = 1000000;
	tcb->rtt.srtt = srtt;
	tcb->rcv.round_start = 5000;
	tcb->rcv.round_copied = 0;
	atcp_rcvbuf_consumed(tcb, copied - 1, 5000);
	atcp_rcvbuf_consumed(tcb, 1, 5000 + took);
	/* A round ends, and the next begins, or it goes on. */
	KUNIT_EXPECT_EQ(test, tcb->rcv.round_start, 5000 + (tcb->rcv.round_copied ? 0 : took));
	return tcb->rcv.buff;
}

/* Twice what was taken in a round trip, and sixteen segments of 536 */
static void tune__bounds(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, buff_after(test, 9000, 10000, 2000, 1999), 9000u);
	KUNIT_EXPECT_EQ(test, buff_after(test, 9000, 10000, 2000, 2000), 28576u);
	KUNIT_EXPECT_EQ(test, buff_after(test, 9000, 10000, 2000, 4000), 18576u);
	KUNIT_EXPECT_EQ(test, buff_after(test, 9000, 900000, 2000, 2000), 1000000u);
	KUNIT_EXPECT_EQ(test, buff_after(test, 50000, 10000, 2000, 2000), 50000u);
	/* no round is shorter than a millisecond */
	KUNIT_EXPECT_EQ(test, buff_after(test, 9000, 10000, 0, 999), 9000u);
	KUNIT_EXPECT_EQ(test, buff_after(test, 9000, 10000, 0, 1000), 28576u);
}

static void tune__does_not_wrap(struct kunit *test)
{
	struct atcp_tcb *tcb = with(test, 9000, 0, 0);

	tcb->rcv.round_start = 0;
	tcb->rcv.round_copied = U32_MAX - 10;
	atcp_rcvbuf_consumed(tcb, 100, 0);
	KUNIT_EXPECT_EQ(test, tcb->rcv.round_copied, U32_MAX);
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
	KUNIT_CASE(rcv_mss__bounds),
	KUNIT_CASE(offer__bounds),
	KUNIT_CASE(worth_telling__bounds),
	KUNIT_CASE(tune__bounds),
	KUNIT_CASE(tune__does_not_wrap),
	{}
};

TRIAL_SUITE(rcvbuf, rcvbuf_cases);
