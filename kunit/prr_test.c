// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of prr.c: RFC 9937, section 6, and its examples (section 7).
 */

#include "../module/core/prr.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* Twenty segments of 1000 octets in flight, ssthresh 10, as in the RFC's figures. */
static struct trial *episode(struct kunit *test, u32 ssthresh)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_sent run = { .at = 1 };

	t->tcb.snd.end += 20000;
	atcp_board_add(&t->tcb.board, t->tcb.snd.end, &run);
	t->tcb.snd.nxt = t->tcb.snd.end;
	t->tcb.cc.cwnd = 20000;
	t->tcb.cc.ssthresh = ssthresh;
	t->tcb.rec.state = ATCP_FAST_RECOVERY;
	t->lenient = true;
	return t;
}

static void fate(struct trial *t, u32 from, u32 to, u8 flags)
{
	struct atcp_board *b = &t->tcb.board;
	unsigned int i;

	atcp_board_cut(b, t->iss + 1 + from);
	if (to < 20000)
		atcp_board_cut(b, t->iss + 1 + to);
	i = atcp_board_find(b, t->iss + 1 + from);
	atcp_board_set(b, i, flags);
}

/* [R9937-INIT]: what was delivered before the episode does not count for it. */
static void start__recover_fs(struct kunit *test)
{
	struct trial *t = episode(test, 10000);
	struct atcp_ack a = { .delivered = 1000, .sacked = 1000 };

	atcp_prr_start(&t->tcb, NULL);
	KUNIT_EXPECT_EQ(test, t->tcb.prr.recover_fs, 20000u);
	fate(t, 1000, 4000, ATCP_SACKED);
	t->tcb.prr.out = 5;
	t->tcb.prr.delivered = 5;
	atcp_prr_start(&t->tcb, &a);
	KUNIT_EXPECT_EQ(test, t->tcb.prr.recover_fs, 18000u);
	KUNIT_EXPECT_EQ(test, t->tcb.prr.out + t->tcb.prr.delivered, 0u);
	t->tcb.snd.una = t->tcb.snd.nxt;	/* never a division by nothing */
	t->tcb.board.sacked = 0;
	atcp_prr_start(&t->tcb, NULL);
	KUNIT_EXPECT_GT(test, t->tcb.prr.recover_fs, 0u);
}

/* [R9937-NORM] [R9937-FORCE]: one segment lost; then one goes for two that arrive */
static void acked__in_proportion(struct kunit *test)
{
	struct trial *t = episode(test, 10000);
	struct atcp_tcb *tcb = &t->tcb;
	u32 sacked = 1000, sent = 0, n;

	atcp_prr_start(tcb, NULL);
	while (sacked < 20000) {
		tcb->board.sacked = sacked;
		tcb->board.lost = sent ? 0 : 1000;
		atcp_prr_acked(tcb, 1000, false);
		n = tcb->cc.cwnd - atcp_flight(tcb);
		if (!sent)
			KUNIT_EXPECT_EQ(test, n, 1000u);
		n -= n % 1000;
		tcb->snd.nxt += sent ? n : 0;	/* new text, but for the copy */
		sent += n;
		atcp_prr_sent(tcb, n);
		sacked += 1000;
	}
	/* 19 arrived of 20: ten went, and are in flight */
	KUNIT_EXPECT_EQ(test, sent, 10000u);
	KUNIT_EXPECT_EQ(test, atcp_flight(tcb), 10000u);
	atcp_prr_end(tcb);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 10000u);
}

/* [R9937-BOUND] [R9937-SAFEACK]: much is lost; as much goes as arrives, or one more */
static void acked__after_a_burst(struct kunit *test)
{
	struct trial *t = episode(test, 10000);
	struct atcp_tcb *tcb = &t->tcb;

	fate(t, 0, 15000, ATCP_LOST);		/* 5 in flight */
	atcp_prr_start(tcb, NULL);
	atcp_prr_acked(tcb, 1000, false);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 6000u);
	atcp_prr_sent(tcb, 1000);
	atcp_prr_acked(tcb, 1000, false);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 6000u);
	atcp_prr_sent(tcb, 1000);
	atcp_prr_acked(tcb, 1000, true);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 7000u);
	/* What was not sent when it might have been, may go later. */
	atcp_prr_acked(tcb, 2000, false);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 5000u + 3000);
	atcp_prr_acked(tcb, 4000, true);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 10000u);	/* ssthresh */
	atcp_prr_acked(tcb, 0, true);			/* nothing delivered: nothing done */
	KUNIT_EXPECT_EQ(test, tcb->prr.delivered, 9000u);
}

/* Rounded up, never more than U32_MAX, never below what went out already. */
static void allowance__arithmetic(struct kunit *test)
{
	struct trial *t = episode(test, 7000);
	struct atcp_tcb *tcb = &t->tcb;

	tcb->prr.recover_fs = 10000;
	tcb->prr.delivered = 1001;
	KUNIT_EXPECT_EQ(test, allowance(tcb, 20000, 1, false), 701u);
	tcb->prr.out = 701;
	KUNIT_EXPECT_EQ(test, allowance(tcb, 20000, 1, false), 0u);
	tcb->prr.out = 5000;
	KUNIT_EXPECT_EQ(test, allowance(tcb, 20000, 1, false), 0u);
	KUNIT_EXPECT_EQ(test, allowance(tcb, 7000, 500, false), 0u);
	KUNIT_EXPECT_EQ(test, allowance(tcb, 6000, 500, false), 500u);
	KUNIT_EXPECT_EQ(test, allowance(tcb, 6000, 500, true), 1000u);
	tcb->cc.ssthresh = 0x40000000;
	tcb->prr.delivered = 0x40000000;
	tcb->prr.recover_fs = 1000;
	tcb->prr.out = 0;
	KUNIT_EXPECT_EQ(test, allowance(tcb, 0x40000001, 1, false), U32_MAX);
}

/* Only what goes in an episode counts; cwnd never falls below a segment. */
static void sent__in_an_episode(struct kunit *test)
{
	struct trial *t = episode(test, 10000);
	struct atcp_tcb *tcb = &t->tcb;

	atcp_prr_start(tcb, NULL);
	tcb->rec.state = ATCP_OPEN;
	atcp_prr_sent(tcb, 1000);
	tcb->rec.state = ATCP_LOSS;
	atcp_prr_sent(tcb, 1000);
	KUNIT_EXPECT_EQ(test, tcb->prr.out, 0u);
	tcb->rec.state = ATCP_REDUCING;
	atcp_prr_sent(tcb, 1000);
	KUNIT_EXPECT_EQ(test, tcb->prr.out, 1000u);
	/* without a loss nothing is forced out */
	atcp_prr_start(tcb, NULL);
	atcp_prr_acked(tcb, 2, false);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 20001u);
	fate(t, 0, 20000, ATCP_LOST);
	tcb->cc.ssthresh = 100;
	atcp_prr_acked(tcb, 2, false);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 1000u);
	/* [R9937-END]; arbitrarily high is no window */
	tcb->cc.cwnd = 5000;
	tcb->cc.ssthresh = U32_MAX;
	atcp_prr_end(tcb);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 5000u);
	tcb->cc.ssthresh = 3000;
	atcp_prr_end(tcb);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 3000u);
}

static struct kunit_case prr_cases[] = {
	KUNIT_CASE(start__recover_fs),
	KUNIT_CASE(acked__in_proportion),
	KUNIT_CASE(acked__after_a_burst),
	KUNIT_CASE(allowance__arithmetic),
	KUNIT_CASE(sent__in_an_episode),
	{}
};

TRIAL_SUITE(prr, prr_cases);
