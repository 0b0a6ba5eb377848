// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of undo.c: when a loss was none, and what goes back.
 */

#include <atcp/core.h>

/* What the algorithm is told, is noted. */
static enum atcp_cc_event told;

static void tell(struct atcp_cc *cc, enum atcp_cc_event event, u64 now)
{
	told = event;
}

#define atcp_cc_tell	tell
#include "../module/core/undo.c"
#undef atcp_cc_tell
#include <linux/kernel.h>
#include "atcp_test.h"

static struct trial *reduced(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	t->tcb.cc.cwnd = 20000;
	t->tcb.cc.ssthresh = 30000;
	atcp_undo_begin(&t->tcb);
	t->tcb.cc.cwnd = 7000;
	t->tcb.cc.ssthresh = 10000;
	return t;
}

static struct atcp_seg echo(const struct trial *t, u32 tsecr)
{
	return (struct atcp_seg){
		.opt = { .have = ATCP_OPT_TS, .tsecr = tsecr },
	};
}

/* Every octet that went again was one too many; not before any did. */
static void shown__by_dsack(struct kunit *test)
{
	struct trial *t = reduced(test);
	struct atcp_tcb *tcb = &t->tcb;
	struct atcp_seg seg = echo(t, 0);
	u32 una = tcb->snd.una;

	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
	atcp_undo_resent(tcb, 1000, t->now);
	atcp_undo_resent(tcb, 500, t->now);
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
	atcp_undo_dsack(tcb, &(struct atcp_range){ una - 1000, una });	/* of before */
	KUNIT_EXPECT_EQ(test, tcb->undo.again, 1500u);
	atcp_undo_dsack(tcb, &(struct atcp_range){ una, una + 1000 });
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
	atcp_undo_dsack(tcb, &(struct atcp_range){ una + 1000, una + 2000 });
	KUNIT_EXPECT_EQ(test, tcb->undo.again, 0u);
	KUNIT_EXPECT_TRUE(test, atcp_undo_shown(tcb, &seg));
	tcb->undo.on = 0;
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
}

/* Eifel: the echo is older than the first that went again. */
static void shown__by_timestamp(struct kunit *test)
{
	struct trial *t = reduced(test);
	struct atcp_tcb *tcb = &t->tcb;
	u32 first = atcp_tsval(tcb, t->now);
	struct atcp_seg seg = echo(t, first - 1);

	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
	atcp_undo_resent(tcb, 1000, t->now);
	atcp_undo_resent(tcb, 1000, t->now + SEC(1));
	KUNIT_EXPECT_TRUE(test, atcp_undo_shown(tcb, &seg));
	seg.opt.tsecr = first;
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
	seg.opt.tsecr = 0;
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
	seg.opt.tsecr = first - 1;
	seg.opt.have = 0;
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
	seg.opt.have = ATCP_OPT_TS;
	tcb->opts_on &= ~ATCP_OPT_TS;
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));
}

/* Each reduction begins anew: what went again for the one before is not asked about. */
static void begin__forgets_the_last(struct kunit *test)
{
	struct trial *t = reduced(test);
	struct atcp_tcb *tcb = &t->tcb;
	struct atcp_seg seg = echo(t, 0);
	u32 una = tcb->snd.una;

	atcp_undo_resent(tcb, 1000, t->now);
	atcp_undo_begin(tcb);
	KUNIT_EXPECT_FALSE(test, atcp_undo_shown(tcb, &seg));	/* nothing went again yet */
	atcp_undo_resent(tcb, 500, t->now);
	atcp_undo_dsack(tcb, &(struct atcp_range){ una, una + 500 });
	KUNIT_EXPECT_TRUE(test, atcp_undo_shown(tcb, &seg));
}

/* The window as it was, or as it grew meanwhile; once. [R9438-SPUR] */
static void undo__goes_back(struct kunit *test)
{
	struct trial *t = reduced(test);

	atcp_undo(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, (int)told, ATCP_CC_SPURIOUS);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 20000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 30000u);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.undo.on, 0);
	t = reduced(test);
	t->tcb.cc.cwnd = 25000;
	t->tcb.cc.ssthresh = 35000;
	atcp_undo(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 25000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 35000u);
}

/* Nothing is kept where there is nothing to go back to. */
static void resent__without_a_loss(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	atcp_undo_resent(&t->tcb, 1000, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.undo.again, 0u);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.undo.resent, 0);
}

static struct kunit_case undo_cases[] = {
	KUNIT_CASE(shown__by_dsack),
	KUNIT_CASE(shown__by_timestamp),
	KUNIT_CASE(begin__forgets_the_last),
	KUNIT_CASE(undo__goes_back),
	KUNIT_CASE(resent__without_a_loss),
	{}
};

TRIAL_SUITE(undo, undo_cases);
