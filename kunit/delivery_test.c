// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of delivery.c: what an ACK delivers, and to whom it is told.
 */

#include "../module/core/delivery.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* Ten full segments in flight, sent one after the other, a millisecond apart. */
static struct trial *ten_apart(struct kunit *test, u32 *mss)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	unsigned int i;

	*mss = atcp_eff_mss(&t->tcb);
	t->tcb.rtt.min = 0;
	for (i = 0; i < 10; i++) {
		user_send(t, *mss);
		sent_whatever(t);
		after(t, MSEC(1));
	}
	return t;
}

static struct atcp_ack tell(struct trial *t, const struct atcp_seg *seg)
{
	struct atcp_fx fx = { 0 };
	struct atcp_ack a;

	atcp_ack_begin(&t->tcb, &a, t->now);
	if (seq_gt(seg->ack, t->tcb.snd.una)) {
		atcp_ack_cumulative(&t->tcb, seg, &a);
		t->tcb.snd.una = seg->ack;
	}
	atcp_ack_sack(&t->tcb, seg, &a, &fx);
	KUNIT_EXPECT_EQ(t->test, !!(fx.events & BIT_ULL(ATCP_EV_DSACK_RECEIVED)), a.dsack);
	return a;
}

static struct atcp_seg ack_of(const struct trial *t, u32 ack)
{
	return (struct atcp_seg){ .ctl = ACK, .ack = t->iss + ack };
}

static void add_block(const struct trial *t, struct atcp_seg *seg, u32 left, u32 right)
{
	seg->opt.sack[seg->opt.n_sack].left = t->iss + left;
	seg->opt.sack[seg->opt.n_sack++].right = t->iss + right;
}

/* [R6675-UPDATE] [R2018-RECORD]: each octet is delivered once, however often it is told of. */
static void ack__delivers_once(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1);
	u32 before = t->tcb.rate.delivered;
	struct atcp_ack a;

	add_block(t, &seg, 1 + 3 * mss, 1 + 5 * mss);
	a = tell(t, &seg);
	KUNIT_EXPECT_EQ(test, a.sacked, 2 * mss);
	KUNIT_EXPECT_EQ(test, a.delivered, 2 * mss);
	KUNIT_EXPECT_FALSE(test, a.advanced);
	KUNIT_EXPECT_EQ(test, t->tcb.board.sacked, 2 * mss);
	a = tell(t, &seg);
	KUNIT_EXPECT_EQ(test, a.delivered, 0u);
	seg.opt.sack[0].right += 10;		/* a part of a segment */
	a = tell(t, &seg);
	KUNIT_EXPECT_EQ(test, a.sacked, 10u);
	seg.opt.n_sack = 0;
	seg.ack = t->iss + 1 + 4 * mss;		/* three more, and one known */
	a = tell(t, &seg);
	KUNIT_EXPECT_TRUE(test, a.advanced);
	KUNIT_EXPECT_EQ(test, a.delivered, 3 * mss);
	KUNIT_EXPECT_EQ(test, a.sacked, 0u);
	KUNIT_EXPECT_EQ(test, t->tcb.board.sacked, mss + 10);
	KUNIT_EXPECT_EQ(test, t->tcb.rate.delivered - before, 5 * mss + 10);
}

/* Blocks in any order, also over holes that are filled. */
static void sack__many_blocks(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1);

	add_block(t, &seg, 1 + 7 * mss, 1 + 8 * mss);
	add_block(t, &seg, 1 + mss, 1 + 2 * mss);
	add_block(t, &seg, 1 + 4 * mss, 1 + 5 * mss);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 3 * mss);
	/* Lower ones first: nothing was reordered. */
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.reordering, 0);
	seg.opt.n_sack = 0;
	add_block(t, &seg, 1 + mss, 1 + 9 * mss);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 5 * mss);
	KUNIT_EXPECT_EQ(test, t->tcb.board.sacked, 8 * mss);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.reordering, 1);
}

/* Room for @max runs, and no two neighbours that could become one. */
static void sacks_every_other(struct trial *t, u16 max)
{
	struct atcp_board *b = &t->tcb.board;
	unsigned int i;

	atcp_board_reset(b, t->iss + 1);
	atcp_board_lend(b, t->runs, max);
	for (i = 0; i < 10; i++) {
		struct atcp_sent run = { .at = t->now + i };

		atcp_board_add(b, b->end + atcp_eff_mss(&t->tcb), &run);
	}
	for (i = 1; i < 10; i += 2)
		atcp_board_set(b, i, ATCP_SACKED);
}

/* A block begins within what is known: nothing is cut there. */
static void sack__of_more(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1);

	add_block(t, &seg, 1 + 3 * mss, 1 + 5 * mss);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 2 * mss);
	seg.opt.sack[0].left += 10;
	seg.opt.sack[0].right += mss;
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, mss);
	seg.opt.sack[0].right -= mss + 10;
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 0u);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.board.n, 10);
}

/* Parts of two segments; where there is room for one of them, the upper one. */
static void sack__of_parts(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1);

	add_block(t, &seg, 1 + 2 * mss + 10, 1 + 3 * mss + 20);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, mss + 10);
	sacks_every_other(t, 11);
	seg.opt.n_sack = 0;
	add_block(t, &seg, 1 + 6 * mss + 10, 1 + 8 * mss + 20);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 20u);
}

/* No room to cut a run: what is whole within the block is known all the same. */
static void sack__no_room_to_cut(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1);

	sacks_every_other(t, 10);
	add_block(t, &seg, 1 + 2 * mss + 10, 1 + 5 * mss);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, mss);
	KUNIT_EXPECT_EQ(test, t->tcb.board.sacked, 6 * mss);
	KUNIT_EXPECT_FALSE(test, atcp_board_peek(&t->tcb.board)[2].flags & ATCP_SACKED);
}

/* Room is made by joining what was sent first: each run of the block is met all the same. */
static void sack__joins_before(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1);

	atcp_board_lend(&t->tcb.board, t->runs, 10);
	add_block(t, &seg, 1 + 5 * mss, 1 + 7 * mss + 10);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 2 * mss + 10);
	KUNIT_EXPECT_EQ(test, t->tcb.board.n, 10);
}

/* All of it was told of before, and the memory for runs ends with the last of them. */
static void sack__of_all_again(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_sent *mem = kunit_kzalloc(test, 10 * sizeof(*mem), GFP_KERNEL);
	struct atcp_seg seg = ack_of(t, 1);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	atcp_board_lend(&t->tcb.board, mem, 10);
	add_block(t, &seg, 1, 1 + 10 * mss);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 10 * mss);
	KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 0u);
	atcp_board_lend(&t->tcb.board, t->runs, TRIAL_RUNS);
}

/* [R2883-SNDUNA]: what was never sent, lies below, is empty or the wrong way round */
static void sack__not_believed(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	const struct {
		u32 left, right, sacked;
	} blocks[] = {
		{ 1 + mss, 1 + 11 * mss, 0 }, { 10 * mss, 1 + 10 * mss + 1, 0 },
		{ 1 + 5 * mss, 1 + 5 * mss, 0 }, { 1 + 5 * mss, 1 + 4 * mss, 0 },
		{ 0, 1, 0 }, { 1 - 5000U, 1 + 2 * mss, 2 * mss },
		{ 1 + 9 * mss, 1 + 10 * mss, mss }, { 10 * mss, 2, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct atcp_seg seg = ack_of(t, 1);

		add_block(t, &seg, blocks[i].left, blocks[i].right);
		KUNIT_EXPECT_EQ_MSG(test, tell(t, &seg).sacked, blocks[i].sacked, "block %u", i);
	}
	t->tcb.opts_on &= ~ATCP_OPT_SACK_PERM;
	{
		struct atcp_seg seg = ack_of(t, 1);

		add_block(t, &seg, 1 + 5 * mss, 1 + 6 * mss);
		KUNIT_EXPECT_EQ(test, tell(t, &seg).sacked, 0u);
	}
}

/* RFC 2883, section 4: a first block below SEG.ACK, or within the second */
static void dsack__which_block(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	const struct {
		u8 n;
		struct atcp_range first, second;
		bool dsack;
	} cases[] = {
		{ 1, { 3001, 4001 }, { 0 }, false },
		{ 1, { 1001, 2001 }, { 0 }, true },
		{ 1, { 1001, 2002 }, { 0 }, false },
		{ 2, { 3001, 4001 }, { 2001, 5001 }, true },
		{ 2, { 2001, 4001 }, { 2001, 5001 }, true },
		{ 2, { 3001, 5001 }, { 2001, 5001 }, true },
		{ 2, { 3001, 5002 }, { 3001, 5001 }, false },
		{ 2, { 3000, 4001 }, { 3001, 5001 }, false },
		{ 2, { 6001, 7001 }, { 3001, 5001 }, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct atcp_seg seg = ack_of(t, 2001);
		struct atcp_ack a;

		t->tcb.board.n = 0;		/* what they deliver is another matter */
		add_block(t, &seg, cases[i].first.left, cases[i].first.right);
		if (cases[i].n > 1)
			add_block(t, &seg, cases[i].second.left, cases[i].second.right);
		a = tell(t, &seg);
		KUNIT_EXPECT_EQ_MSG(test, a.dsack, cases[i].dsack, "case %u", i);
		if (a.dsack)
			KUNIT_EXPECT_EQ(test, a.dsack_end, t->iss + cases[i].first.right);
	}
	sent_whatever(t);
	t->lenient = true;
}

/* One of long ago, or of nothing that was sent, tells nothing. */
static void dsack__of_long_ago(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1);

	t->tcb.snd.max_wnd = 100000;
	add_block(t, &seg, 1 - 100001U, 1 - 99000U);
	KUNIT_EXPECT_FALSE(test, tell(t, &seg).dsack);
	seg.opt.sack[0].left++;
	KUNIT_EXPECT_TRUE(test, tell(t, &seg).dsack);
	KUNIT_EXPECT_EQ(test, t->tcb.rack.dsacks, 1u);
	seg.opt.sack[0].left = seg.opt.sack[0].right;
	KUNIT_EXPECT_FALSE(test, tell(t, &seg).dsack);
}

/* [R6298-KARN]: what was sent once is timed, first and last of it. */
static void ack__times_what_was_sent_once(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1 + 3 * mss);
	struct atcp_ack a;

	after(t, MSEC(5));
	atcp_board_set(&t->tcb.board, 0, ATCP_AGAIN);
	atcp_board_set(&t->tcb.board, 2, ATCP_AGAIN);
	a = tell(t, &seg);
	KUNIT_EXPECT_EQ(test, a.first_at, t->now - MSEC(14));	/* the second of them */
	KUNIT_EXPECT_EQ(test, a.last_at, t->now - MSEC(14));
	KUNIT_EXPECT_TRUE(test, a.again);
	seg.ack += 2 * mss;
	a = tell(t, &seg);
	KUNIT_EXPECT_EQ(test, a.first_at, t->now - MSEC(12));
	KUNIT_EXPECT_EQ(test, a.last_at, t->now - MSEC(11));
	KUNIT_EXPECT_FALSE(test, a.again);
	atcp_board_set(&t->tcb.board, 0, ATCP_AGAIN);
	seg.ack += mss;
	a = tell(t, &seg);
	KUNIT_EXPECT_EQ(test, a.first_at, 0ULL);
}

/* F-RTO asks: was it outstanding when the timer ran out, and sent but once? */
static void ack__tells_originals(struct kunit *test)
{
	u32 mss;
	struct trial *t = ten_apart(test, &mss);
	struct atcp_seg seg = ack_of(t, 1 + mss);

	t->tcb.rec.recover = t->iss + 1 + 2 * mss;
	KUNIT_EXPECT_TRUE(test, tell(t, &seg).orig);
	seg.ack += 2 * mss;
	KUNIT_EXPECT_TRUE(test, tell(t, &seg).orig);
	seg.ack += mss;
	KUNIT_EXPECT_FALSE(test, tell(t, &seg).orig);
	t->tcb.rec.recover = t->tcb.snd.nxt;
	atcp_board_set(&t->tcb.board, 0, ATCP_AGAIN);
	seg.ack += mss;
	KUNIT_EXPECT_FALSE(test, tell(t, &seg).orig);
}

static u32 echo_of(struct trial *t, u8 have, u32 ago)
{
	struct atcp_seg seg = {
		.opt.have = have,
		.opt.tsecr = atcp_tsval(&t->tcb, t->now) - ago,
	};

	return rtt_by_timestamp(&t->tcb, &seg, t->now);
}

/* Up to an hour old, present and agreed on; 0 is none, as in a SYN. [R7323-RTTM] */
static void rtt__which_echo(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_TS, 0), 1000u);	/* the clock's grain */
	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_TS, 3), 3000u);
	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_TS, 3600000), 3600000000u);
	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_TS, 3600001), 0u);
	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_MSS, 3), 0u);
	t->tcb.ts.offset -= atcp_tsval(&t->tcb, t->now) - 7;
	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_TS, 6), 6000u);
	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_TS, 7), 0u);
	t->tcb.opts_on &= ~ATCP_OPT_TS;
	KUNIT_EXPECT_EQ(test, echo_of(t, ATCP_OPT_TS, 3), 0u);
}

static struct kunit_case delivery_cases[] = {
	KUNIT_CASE(ack__delivers_once),
	KUNIT_CASE(sack__many_blocks),
	KUNIT_CASE(sack__of_more),
	KUNIT_CASE(sack__of_parts),
	KUNIT_CASE(sack__no_room_to_cut),
	KUNIT_CASE(sack__joins_before),
	KUNIT_CASE(sack__of_all_again),
	KUNIT_CASE(sack__not_believed),
	KUNIT_CASE(dsack__which_block),
	KUNIT_CASE(dsack__of_long_ago),
	KUNIT_CASE(ack__times_what_was_sent_once),
	KUNIT_CASE(ack__tells_originals),
	KUNIT_CASE(rtt__which_echo),
	{}
};

TRIAL_SUITE(delivery, delivery_cases);
