// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of plpmtud.c: RFC 4821, with what output.c, ack.c, recovery.c and
 * timeouts.c make of it.
 */

#include "../module/core/plpmtud.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define BASE	1024		/* base_mss */
#define PATH	1460
#define TRY	1242		/* the middle of both */
#define NEED	(TRY + 4 * BASE)

static const struct world wide = {
	.name = "wide", .passive = true, .iss = 0xfffff000, .irs = 500000,
	.start = TRIAL_START, .features = PLAIN, .peer_plain = true, .mss = PATH,
};

static const struct world wide_rich = {
	.name = "wide rich", .passive = true, .iss = 100000, .irs = 0xfffffff0,
	.start = TRIAL_START, .features = RICH, .mss = PATH,
};

/* No packet is larger than the IP header can tell. */
static void size__fits_16_bits(struct kunit *test)
{
	struct trial *t = trial_in(test, &wide_rich, ATCP_ESTABLISHED);

	KUNIT_EXPECT_EQ(test, size_of(&t->tcb, 1000), 1012u);
	KUNIT_EXPECT_EQ(test, size_of(&t->tcb, U16_MAX), (u32)U16_MAX);
	set_low(&t->tcb, U16_MAX + 1);
	KUNIT_EXPECT_EQ(test, (u32)t->tcb.mtu.low, (u32)U16_MAX);
}

/* ESTABLISHED, with a mode of probing and a window of the peer's. */
static struct trial *probing(struct kunit *test, const struct world *w, u32 mode, u32 wnd)
{
	struct trial *t = trial_new(test, w);

	t->tcb.p.mtu.mode = mode;
	trial_open_passive(t);
	arrive(t, SEG(SYN, .mss = PATH, .wnd = wnd));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = wnd));
	KUNIT_ASSERT_EQ(test, (int)t->tcb.state, ATCP_ESTABLISHED);
	return t;
}

/* The same, once cwnd has grown to what a probe needs; nothing is in flight. */
static struct trial *ready_with(struct kunit *test, u32 wnd)
{
	struct trial *t = probing(test, &wide, ATCP_MTU_ALWAYS, 0xffff);

	user_send(t, 6 * BASE);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + BASE, .wnd = 0xffff));
	arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t), .wnd = wnd));
	KUNIT_ASSERT_EQ(test, t->tcb.cc.cwnd, 11u * BASE);
	KUNIT_ASSERT_EQ(test, snd_una(t), snd_nxt(t));
	return t;
}

static struct trial *ready(struct kunit *test)
{
	return ready_with(test, 0xffff);
}

/* A probe goes out with the next text, and all that cwnd allows behind it. */
static u32 probe(struct trial *t)
{
	u32 nxt = snd_nxt(t);

	user_send(t, 40000);
	sent(t, SEG(ACK, .seq = nxt, .ack = 1, .text = TRY));
	sent_text(t, nxt + TRY, nxt + TRY + 9 * BASE);
	sent_no_more(t);
	return nxt;
}

static void ack(struct trial *t, u32 number)
{
	arrive(t, SEG(ACK, .seq = 1, .ack = number, .wnd = 0xffff));
}

/* Acknowledges until nothing is in flight. Return: probes that passed. */
static unsigned int ack_all(struct trial *t)
{
	unsigned int passed = 0;

	while (snd_una(t) != snd_nxt(t)) {
		ack(t, snd_nxt(t));
		passed += t->fx.events >> ATCP_EV_MTUP_SUCCESS & 1;
		sent_whatever(t);
	}
	return passed;
}

/* The first segment of text from now on has so many octets. */
static u32 first_text(struct trial *t)
{
	u32 n = t->n_read < t->n_out ? min_t(u32, t->out[t->n_read].text,
					     t->out[t->n_read].mss) : 0;

	sent_whatever(t);
	return n;
}

static void off_by_default(struct kunit *test)
{
	struct atcp_params p;

	atcp_params_default(&p);
	KUNIT_EXPECT_EQ(test, p.mtu.mode, (u32)ATCP_MTU_NEVER);
	KUNIT_EXPECT_EQ(test, p.mtu.base_mss, 1024u);
	KUNIT_EXPECT_EQ(test, p.mtu.min_snd_mss, 48u);
	KUNIT_EXPECT_EQ(test, p.mtu.floor, 48u);
	KUNIT_EXPECT_EQ(test, p.mtu.threshold, 8u);
	KUNIT_EXPECT_EQ(test, p.mtu.interval_s, 600u);
}

/* Without a black hole the path's size is used, and none is tried. */
static void only_always_searches_at_once(struct kunit *test)
{
	unsigned int mode, i;

	for (mode = ATCP_MTU_NEVER; mode <= ATCP_MTU_BLACK_HOLE; mode++) {
		struct trial *t = probing(test, &wide, mode, 0xffff);

		for (i = 0; i < 10; i++) {
			user_send(t, 20000);
			KUNIT_EXPECT_EQ(test, first_text(t), (u32)PATH);
			ack(t, snd_nxt(t));
			sent_whatever(t);
		}
		KUNIT_EXPECT_FALSE(test, t->tcb.mtu.on);
	}
}

/* Options are beside base_mss, as in Linux; a path or a user below it counts. */
static void begins_at_base_mss(struct kunit *test)
{
	struct trial *t = probing(test, &wide, ATCP_MTU_ALWAYS, 0xffff);

	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 1024u);
	t = probing(test, &wide_rich, ATCP_MTU_ALWAYS, 0xffff);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 1024u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.mss, 1024u);
	user_send(t, 3000);
	KUNIT_EXPECT_EQ(test, first_text(t), 1024u);
	t->tcb.snd.mss_user = 600;
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 588u);
}

/* R4821-RANGE: the middle, with new text that was waiting [R4821-COND] */
static void tries_the_middle(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 left = probe(t);

	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, TRY);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.left - t->iss, left);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.right - t->iss, left + TRY);
}

/* [R4821-RANGE] options count, or the packet would be larger than meant */
static void options_count(struct kunit *test)
{
	struct trial *t = probing(test, &wide_rich, ATCP_MTU_ALWAYS, 0xffff);
	u32 low = BASE + 12, nxt;
	unsigned int i;

	for (i = 0; i < 20 && t->tcb.cc.cwnd < 11 * BASE; i++) {
		user_send(t, 10 * BASE);
		sent_whatever(t);
		ack(t, snd_nxt(t));
	}
	nxt = snd_nxt(t);
	user_send(t, 20000);
	sent(t, SEG(ACK, .seq = nxt, .ack = 1, .text = (low + PATH + 1) / 2 - 12));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, (low + PATH + 1) / 2);
}

/* R4821-COND, R4821-LOSSREP: as much text behind it as duplicate ACKs take */
static void needs_text(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = snd_nxt(t);

	user_send(t, NEED - 1);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
	ack(t, nxt + NEED - 1);
	user_send(t, NEED);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)TRY);
}

/* [R4821-COND] */
static void needs_window(struct kunit *test)
{
	struct trial *t = ready_with(test, NEED - 1);

	user_send(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	t = ready_with(test, NEED);
	user_send(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)TRY);
}

/* [R4821-COND] fewer than eleven segments: a loss might cost a time-out */
static void needs_cwnd(struct kunit *test)
{
	struct trial *t = probing(test, &wide, ATCP_MTU_ALWAYS, 0xffff);

	KUNIT_ASSERT_EQ(test, t->tcb.cc.cwnd, 10u * BASE);
	user_send(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
}

/* [R4821-COND] what is in flight must leave room for it and one more: it waits */
static void waits_for_room(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = snd_nxt(t);

	user_send(t, 4 * BASE);		/* too little for a probe */
	sent_whatever(t);
	user_send(t, 4 * BASE);
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, snd_nxt(t), nxt + 8 * BASE);
	user_send(t, 20000);		/* of cwnd three segments are left */
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, TRY);
	sent_whatever(t);

	t = ready(test);
	nxt = snd_nxt(t);
	user_send(t, 4 * BASE);
	sent_whatever(t);
	user_send(t, 5 * BASE);
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, snd_nxt(t), nxt + 9 * BASE);
	user_send(t, 20000);		/* two: a probe and one more do not fit */
	sent_no_more(t);
	ack(t, nxt + 2 * BASE);
	sent(t, SEG(ACK, .seq = nxt + 9 * BASE, .ack = 1, .text = TRY));
	sent_whatever(t);
}

/* [R4821-COND] no second one, none that a loss may be confused with */
static void needs_quiet(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = probe(t);

	ack(t, nxt + 1);		/* of half the probe, say */
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.right - t->iss, nxt + TRY);

	t = ready(test);
	user_send(t, 2 * BASE);
	sent_whatever(t);
	ack(t, snd_una(t));		/* a duplicate ACK */
	user_send(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);

	t = ready(test);
	user_urgent(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
}

/* [R4821-COND] room 0: the shell can send no text now */
static void needs_the_shell(struct kunit *test)
{
	struct trial *t = ready(test);

	t->room = 0;
	user_send(t, 20000);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
}

/* R4821-RESCALE: segments are larger, and as many octets as before in flight */
static void passes(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = probe(t);
	u32 cwnd = t->tcb.cc.cwnd;

	ack(t, nxt + TRY);
	counted(t, ATCP_EV_MTUP_SUCCESS);
	not_counted(t, ATCP_EV_MTUP_FAIL);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), (u32)TRY);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.mss, (u32)TRY);
	/* slow start's, for one segment */
	KUNIT_EXPECT_LE(test, t->tcb.cc.cwnd, cwnd + TRY);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)TRY);
}

/* R4821-CCEXC: sent again in smaller segments, cwnd and ssthresh as they were */
static void is_lost(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 cwnd, ssthresh, nxt = probe(t);

	cwnd = t->tcb.cc.cwnd;
	ssthresh = t->tcb.cc.ssthresh;
	ack(t, nxt);
	sent_whatever(t);
	ack(t, nxt);
	sent_whatever(t);
	ack(t, nxt);
	counted(t, ATCP_EV_MTUP_FAIL);
	not_counted(t, ATCP_EV_RENO_RECOVERY);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	KUNIT_EXPECT_EQ(test, t->out[0].text_seq - t->iss, nxt);
	KUNIT_EXPECT_TRUE(test, t->out[0].rexmit);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, cwnd);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.high, TRY - 1);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), (u32)BASE);
	/* what was behind it goes on telling of the same hole */
	ack(t, nxt);
	ack(t, nxt);
	ack(t, nxt);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);
	ack(t, snd_nxt(t));
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, cwnd);
	sent_whatever(t);
	user_send(t, 40000);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, (BASE + TRY - 1 + 1) / 2);
}

/* A probe in flight to a peer that tells what it has; its left edge. */
static struct trial *sack_probe(struct kunit *test, u32 *left, u32 *text)
{
	struct trial *t = probing(test, &wide_rich, ATCP_MTU_ALWAYS, 0xffff);
	unsigned int i;

	for (i = 0; i < 20 && t->tcb.cc.cwnd < 11 * BASE; i++) {
		user_send(t, 10 * BASE);
		sent_whatever(t);
		after(t, MSEC(20));
		ack(t, snd_nxt(t));
	}
	*left = snd_nxt(t);
	user_send(t, 20000);
	sent_whatever(t);
	KUNIT_ASSERT_GT(test, t->tcb.mtu.size, BASE + 12);
	*text = t->tcb.mtu.right - t->tcb.mtu.left;
	after(t, MSEC(20));
	return t;
}

/* R4821-CCEXC with SACK: all that is behind the probe has arrived */
static void is_lost__sack(struct kunit *test)
{
	u32 left, text, cwnd, ssthresh;
	struct trial *t = sack_probe(test, &left, &text);
	u32 end = snd_nxt(t);

	cwnd = t->tcb.cc.cwnd;
	ssthresh = t->tcb.cc.ssthresh;
	arrive(t, SEG(ACK, .seq = 1, .ack = left, .wnd = 0xffff,
		      BLOCKS(1, { left + text, left + text + 4 * BASE })));
	counted(t, ATCP_EV_MTUP_FAIL);
	not_counted(t, ATCP_EV_SACK_RECOVERY);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, cwnd);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);
	KUNIT_EXPECT_EQ(test, t->out[0].text_seq - t->iss, left);
	KUNIT_EXPECT_LE(test, t->out[0].mss, BASE);
	KUNIT_EXPECT_TRUE(test, t->out[0].rexmit);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	sent_whatever(t);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = left + BASE, .wnd = 0xffff,
		      BLOCKS(1, { left + text, end })));
	not_counted(t, ATCP_EV_RENEGING);
	not_counted(t, ATCP_EV_SACK_RECOVERY);
	sent_whatever(t);
	ack(t, snd_nxt(t));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);
	sent_whatever(t);
}

/*
 * The same, found by the third duplicate ACK, which tells of one segment of MSS: what
 * the probe has beyond that is lost as well.
 */
static void is_lost__sack_all_of_it(struct kunit *test)
{
	u32 left, text, n;
	struct trial *t = sack_probe(test, &left, &text);

	t->tcb.p.recovery = 0;
	for (n = 1; n <= 3; n++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = left, .wnd = 0xffff,
			      BLOCKS(1, { left + text, left + text + 100 * n })));
		if (n < 3)
			sent_whatever(t);
	}
	counted(t, ATCP_EV_MTUP_FAIL);
	for (n = 0; t->n_read < t->n_out && t->out[t->n_read].rexmit; t->n_read++)
		n += t->out[t->n_read].text;
	KUNIT_EXPECT_EQ(test, n + t->tcb.board.lost, text);
	KUNIT_EXPECT_GT(test, text, (u32)BASE);
	sent_whatever(t);
}

/* [R4821-CCEXC] the probe, and something else */
static void is_lost__sack_with_another(struct kunit *test)
{
	u32 left, text, ssthresh;
	struct trial *t = sack_probe(test, &left, &text);
	u16 high = t->tcb.mtu.high;

	ssthresh = t->tcb.cc.ssthresh;
	arrive(t, SEG(ACK, .seq = 1, .ack = left, .wnd = 0xffff,
		      BLOCKS(1, { left + text + BASE, left + text + 5 * BASE })));
	counted(t, ATCP_EV_SACK_RECOVERY);
	not_counted(t, ATCP_EV_MTUP_FAIL);
	KUNIT_EXPECT_LT(test, t->tcb.cc.ssthresh, ssthresh);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.high, high);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
	sent_whatever(t);
}

/* [R4821-CCEXC] a part of it, as if it had been cut on the way, and something else */
static void is_lost__sack_in_places(struct kunit *test)
{
	u32 left, text;
	struct trial *t = sack_probe(test, &left, &text);

	arrive(t, SEG(ACK, .seq = 1, .ack = left, .wnd = 0xffff,
		      BLOCKS(2, { left + 100, left + text },
			     { left + text + BASE, left + text + 5 * BASE })));
	counted(t, ATCP_EV_SACK_RECOVERY);
	not_counted(t, ATCP_EV_MTUP_FAIL);
	sent_whatever(t);
}

/* [R4821-COND] our own SACK blocks: their length varies */
static void needs_no_sack(struct kunit *test)
{
	struct trial *t = probing(test, &wide_rich, ATCP_MTU_ALWAYS, 0xffff);
	unsigned int i;

	for (i = 0; i < 20 && t->tcb.cc.cwnd < 11 * BASE; i++) {
		user_send(t, 10 * BASE);
		sent_whatever(t);
		ack(t, snd_nxt(t));
	}
	arrive(t, SEG(ACK, .seq = 101, .ack = snd_una(t), .text = 100, .wnd = 0xffff));
	sent_whatever(t);
	user_send(t, 20000);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
}

/* [R4821-CCEXC] the next one is lost, too, right behind what the first held up */
static void is_lost_twice(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = snd_nxt(t);
	unsigned int i;

	user_send(t, NEED);		/* all of it goes */
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, snd_nxt(t), nxt + NEED);
	for (i = 0; i < 3; i++) {
		ack(t, nxt);
		sent_whatever(t);
	}
	KUNIT_ASSERT_EQ(test, t->tcb.mtu.high, TRY - 1);
	nxt = snd_nxt(t);
	ack(t, nxt);
	user_send(t, 40000);
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, t->tcb.mtu.left - t->iss, nxt);
	for (i = 0; i < 2; i++) {
		ack(t, nxt);
		sent_whatever(t);
	}
	ack(t, nxt);
	counted(t, ATCP_EV_MTUP_FAIL);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
}

/* [R4821-CCEXC] the loss of anything else is congestion, probe or not */
static void another_is_lost(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = snd_nxt(t), high = t->tcb.mtu.high;
	unsigned int i;

	user_send(t, 2 * BASE);
	sent_whatever(t);
	user_send(t, 40000);
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, t->tcb.mtu.size, TRY);
	for (i = 0; i < 3; i++) {
		ack(t, nxt);
		sent_whatever(t);
	}
	counted(t, ATCP_EV_RENO_RECOVERY);
	not_counted(t, ATCP_EV_MTUP_FAIL);
	KUNIT_EXPECT_LT(test, t->tcb.cc.ssthresh, 11u * BASE);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.high, high);
}

/* Lost is what lies within the probe, to its last octet. */
static void lost_exactly(struct kunit *test)
{
	static const struct {
		s32 left, right;
		bool is;
	} cases[] = {
		{ 0, TRY, true }, { 0, 1, true }, { TRY - 1, TRY, true },
		{ -1, TRY, false }, { 0, TRY + 1, false }, { TRY, TRY + 1, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trial *t = ready(test);
		u32 at = probe(t) + t->iss;
		struct atcp_fx fx = { 0 };

		KUNIT_EXPECT_EQ_MSG(test, cases[i].is,
				    atcp_mtu_probe_lost(&t->tcb, at + cases[i].left,
							at + cases[i].right, &fx),
				    "case %u", i);
		KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
		KUNIT_EXPECT_EQ(test, t->tcb.mtu.high == TRY - 1, cases[i].is);
		/* told once */
		KUNIT_EXPECT_FALSE(test, atcp_mtu_probe_lost(&t->tcb, at, at + 1, &fx));
	}
}

/* A time-out with a probe in flight says nothing of its size (7.6.3). */
static void times_out(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = probe(t);

	next_deadline(t);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, 0);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.high, U16_MAX);
	sent(t, SEG(ACK, .seq = nxt, .ack = 1, .text = BASE));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, (u32)BASE);
}

/* The search ends in time; a new one may begin later. [R4821-CONV] */
static void ends_and_begins_anew(struct kunit *test)
{
	struct trial *t = ready(test);
	unsigned int i, probes = 0;
	u16 low;

	for (i = 0; i < 40; i++) {
		user_send(t, 20000);
		sent_whatever(t);
		probes += ack_all(t);
		after(t, MSEC(100));
	}
	low = t->tcb.mtu.low;
	/* halves of 436 until fewer than 8 are left */
	KUNIT_EXPECT_EQ(test, probes, 6u);
	KUNIT_EXPECT_GT(test, low, PATH - 8);
	KUNIT_EXPECT_LE(test, low, PATH);

	/* The path became wider: found out after probe_interval. */
	t->tcb.snd.mss_peer = 2000;
	atcp_set_path_mss(&t->tcb, 2000, t->now);
	t->tcb.mtu.high = low + 2;
	user_send(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)low);
	ack_all(t);
	after(t, SEC(600));
	for (i = 0; i < 10 && !t->tcb.mtu.size; i++) {
		ack_all(t);
		user_send(t, 30000);
		sent_whatever(t);
	}
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, (low + 2000 + 1) / 2);
}

static void threshold_and_interval(struct kunit *test)
{
	struct trial *t = ready(test);

	t->tcb.p.mtu.threshold = PATH - BASE + 1;
	user_send(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)BASE);
	t = ready(test);
	t->tcb.p.mtu.threshold = PATH - BASE;
	user_send(t, 20000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)TRY);
}

/* R4821-BLACKHOLE: after R1 time-outs smaller segments, and smaller still */
static void black_hole(struct kunit *test)
{
	struct trial *t = probing(test, &wide, ATCP_MTU_BLACK_HOLE, 0xffff);
	static const u32 want[] = { PATH, PATH, BASE, BASE / 2, BASE / 4, BASE / 8,
				    BASE / 16, 48, 48 };
	unsigned int i;

	user_send(t, 5000);
	KUNIT_EXPECT_EQ(test, first_text(t), (u32)PATH);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		next_deadline(t);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = want[i]));
		sent_no_more(t);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, want[i]);
	}
}

/* [R4821-BLACKHOLE] found, the search begins: larger ones are tried again */
static void black_hole__searches(struct kunit *test)
{
	struct trial *t = probing(test, &wide, ATCP_MTU_BLACK_HOLE, 0xffff);
	unsigned int i;

	user_send(t, 5000);
	sent_whatever(t);
	for (i = 0; i < 3; i++) {
		next_deadline(t);
		sent_whatever(t);
	}
	for (i = 0; i < 40 && !t->tcb.mtu.size; i++) {
		ack(t, snd_nxt(t));
		sent_whatever(t);
		user_send(t, 20000);
		sent_whatever(t);
	}
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, TRY);
}

/* [R4821-BLACKHOLE] only where it is asked for */
static void black_hole__off(struct kunit *test)
{
	struct trial *t = probing(test, &wide, ATCP_MTU_NEVER, 0xffff);
	unsigned int i;

	user_send(t, 5000);
	sent_whatever(t);
	for (i = 0; i < 8; i++) {
		next_deadline(t);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = PATH));
		sent_no_more(t);
	}
}

static void black_hole__floor(struct kunit *test)
{
	unsigned int i, which;

	for (which = 0; which < 2; which++) {
		struct trial *t = probing(test, &wide, ATCP_MTU_BLACK_HOLE, 0xffff);

		*(which ? &t->tcb.p.mtu.floor : &t->tcb.p.mtu.min_snd_mss) = 300;
		user_send(t, 5000);
		sent_whatever(t);
		for (i = 0; i < 8; i++) {
			next_deadline(t);
			sent_whatever(t);
		}
		KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 300u);
	}
}

/* R4821-VERIFY: a time-out among the first larger ones takes them back */
static void raised_and_taken_back(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = probe(t);

	ack(t, nxt + TRY);
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, atcp_eff_mss(&t->tcb), (u32)TRY);
	next_deadline(t);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), (u32)BASE);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.high, TRY - 1);
}

/* [R4821-VERIFY] one window of them came through */
static void raised_and_verified(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = probe(t);

	t->tcb.p.mtu.threshold = 400;		/* no second probe */
	ack(t, nxt + TRY);
	sent_whatever(t);
	ack(t, snd_nxt(t));
	sent_whatever(t);
	KUNIT_ASSERT_NE(test, snd_una(t), snd_nxt(t));
	next_deadline(t);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), (u32)TRY);
}

/* R4821-PTB: what a router says bounds the search, and takes nothing else */
static void packet_too_big(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 cwnd, nxt = probe(t);
	unsigned int i;

	cwnd = t->tcb.cc.cwnd;
	atcp_set_path_mss(&t->tcb, 1200, t->now);
	trial_drain(t);
	sent_no_more(t);
	for (i = 0; i < 3; i++) {
		ack(t, nxt);
		sent_whatever(t);
	}
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, cwnd);
	ack(t, snd_nxt(t));
	sent_whatever(t);
	user_send(t, 40000);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.size, (BASE + 1200 + 1) / 2);
}

/* A peer that asks for tiny segments is believed as far as min_snd_mss. */
static void min_snd_mss(struct kunit *test)
{
	struct trial *t = probing(test, &wide, ATCP_MTU_NEVER, 0xffff);

	t->tcb.snd.mss_peer = 100;
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 100u);
	t->tcb.p.mtu.min_snd_mss = 500;
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 500u);
	t->tcb.snd.mss_path = 400;
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 400u);
}

/* A probe that had to be cut is none: its ACK raises nothing. */
static void cut_by_the_shell(struct kunit *test)
{
	struct trial *t = ready(test);
	u32 nxt = probe(t);

	atcp_mtu_probe_forget(&t->tcb);
	ack(t, nxt + TRY);
	KUNIT_EXPECT_EQ(test, t->tcb.mtu.low, BASE);
	not_counted(t, ATCP_EV_MTUP_SUCCESS);
	sent_whatever(t);
}

static struct kunit_case plpmtud_cases[] = {
	KUNIT_CASE(size__fits_16_bits),
	KUNIT_CASE(off_by_default),
	KUNIT_CASE(only_always_searches_at_once),
	KUNIT_CASE(begins_at_base_mss),
	KUNIT_CASE(tries_the_middle),
	KUNIT_CASE(options_count),
	KUNIT_CASE(needs_text),
	KUNIT_CASE(needs_window),
	KUNIT_CASE(needs_cwnd),
	KUNIT_CASE(waits_for_room),
	KUNIT_CASE(needs_quiet),
	KUNIT_CASE(needs_no_sack),
	KUNIT_CASE(needs_the_shell),
	KUNIT_CASE(passes),
	KUNIT_CASE(is_lost),
	KUNIT_CASE(is_lost__sack),
	KUNIT_CASE(is_lost__sack_all_of_it),
	KUNIT_CASE(is_lost__sack_with_another),
	KUNIT_CASE(is_lost__sack_in_places),
	KUNIT_CASE(is_lost_twice),
	KUNIT_CASE(another_is_lost),
	KUNIT_CASE(lost_exactly),
	KUNIT_CASE(times_out),
	KUNIT_CASE(ends_and_begins_anew),
	KUNIT_CASE(threshold_and_interval),
	KUNIT_CASE(black_hole),
	KUNIT_CASE(black_hole__searches),
	KUNIT_CASE(black_hole__off),
	KUNIT_CASE(black_hole__floor),
	KUNIT_CASE(raised_and_taken_back),
	KUNIT_CASE(raised_and_verified),
	KUNIT_CASE(packet_too_big),
	KUNIT_CASE(min_snd_mss),
	KUNIT_CASE(cut_by_the_shell),
	{}
};

TRIAL_SUITE(plpmtud, plpmtud_cases);
