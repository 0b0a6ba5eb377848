// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of rack.c: RFC 8985, section 6, with its examples, and the rule of RFC 6675.
 */

#include "../module/core/rack.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define RTT	MSEC(40)

/* Segments one to @n, sent a millisecond apart; a round trip is 40 ms. */
static struct trial *apart(struct kunit *test, unsigned int n, u32 *mss)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	unsigned int i;

	*mss = atcp_eff_mss(&t->tcb);
	t->tcb.rtt.min = RTT;
	t->tcb.rtt.min_at = t->now;
	t->tcb.rtt.srtt = RTT;
	for (i = 0; i < n; i++) {
		user_send(t, *mss);
		sent_whatever(t);
		after(t, MSEC(1));
	}
	return t;
}

/* Until segment @i (from 1) has been under way for a round trip. */
static void until_delivered(struct trial *t, unsigned int i, unsigned int n)
{
	after(t, RTT - MSEC(n - i + 1));
}

static u32 from(u32 i, u32 mss)
{
	return 1 + (i - 1) * mss;
}

#define SACKED(i, j)	BLOCKS(1, { from(i, mss), from((j) + 1, mss) })

/* RFC 8985, 6.2: by time, then by number; nothing is sent after itself. */
static void sent_after__order(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, sent_after(6, 10, 5, 20));
	KUNIT_EXPECT_FALSE(test, sent_after(5, 20, 6, 10));
	KUNIT_EXPECT_TRUE(test, sent_after(5, 3, 5, 0xfffffff0));
	KUNIT_EXPECT_FALSE(test, sent_after(5, 10, 5, 10));
}

/*
 * RFC 8985, 3.4, example: of P1 to P3 the first two are lost.  P3's SACK does not show it
 * yet, for they could be reordered; a quarter of the round trip later it does. [R8985-TIMER]
 */
static void detect__after_the_window(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 3, &mss);

	until_delivered(t, 3, 3);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(3, 3)));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	/* P2 was sent a millisecond before P3, P1 two: the timer is for the last. */
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_REORDER], t->now + RTT / 4 - MSEC(1));
	next_deadline(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost + t->tcb.board.again, 2 * mss);
	sent_text(t, 1, from(2, mss));
	sent_whatever(t);
}

/* [R8985-REOINIT]: three arrived beyond it: no waiting, where nothing was reordered yet. */
static void detect__at_once_by_dupthresh(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 5, &mss);

	until_delivered(t, 3, 5);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 3)));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 4)));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	sent_text(t, 1, from(2, mss));
	sent_no_more(t);
	/* Segment 5 was sent after all that arrived. */
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
}

/* A clock that stands still between segments and their ACKs: what leaves now is not lost yet. */
static void detect__where_no_time_passes(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 1, &mss);
	unsigned int i;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + mss));
	t->tcb.rtt.min = 0;
	t->tcb.rtt.srtt = 0;
	user_send(t, 8 * mss);
	sent_whatever(t);
	for (i = 3; i <= 9; i++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = from(2, mss), SACKED(3, i)));
		sent_no_more(t);
	}
	next_deadline(t);
	KUNIT_EXPECT_EQ(test, t->tcb.last_ack + 1, t->now);
	sent_text(t, from(2, mss), from(3, mss));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = from(2, mss), SACKED(3, 9)));
	sent_no_more(t);
}

/* A quarter of the round trip, once the path was seen to reorder; SRTT at most. */
static void reo_wnd__bounds(struct kunit *test)
{
	struct atcp_tcb *tcb = &in_state(test, ATCP_ESTABLISHED)->tcb;

	tcb->rtt.min = 40000;
	tcb->rtt.srtt = 100000;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 10000u);
	tcb->rec.dupacks = 3;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 0u);
	tcb->p.recovery |= ATCP_RACK_NO_DUPTHRESH;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 10000u);
	tcb->rec.state = ATCP_LOSS;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 0u);
	tcb->rec.state = ATCP_FAST_RECOVERY;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 0u);
	tcb->rack.reordering = 1;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 10000u);
	tcb->rack.mult = 9;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 90000u);
	tcb->rack.mult = 11;			/* [R8985-REOBOUND] */
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 100000u);
	tcb->rec.state = ATCP_OPEN;
	tcb->rec.dupacks = 0;
	tcb->rack.reordering = 0;
	tcb->rack.mult = 1;
	tcb->board.sacked = 2 * tcb->cc.mss;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 10000u);
	tcb->p.recovery &= ~ATCP_RACK_NO_DUPTHRESH;
	tcb->board.sacked++;
	KUNIT_EXPECT_EQ(test, reo_wnd(tcb), 0u);
	tcb->board.sacked = 0;
}

static void dsack_comes(struct trial *t, bool of_probe)
{
	struct atcp_ack a = { .dsack = true, .dsack_of_probe = of_probe };

	adapt(&t->tcb, &a);
}

/* [R8985-REOADAPT]: wider by D-SACKs, once a round; as it was after sixteen recoveries */
static void adapt__by_dsacks(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 4, &mss);
	struct atcp_ack nothing = { 0 };
	unsigned int i;

	dsack_comes(t, true);			/* a probe of ours was one too many */
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 0);
	dsack_comes(t, false);
	dsack_comes(t, false);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 2);	/* it begins with 1 */
	t->tcb.snd.una = t->tcb.rack.dsack_round - 1;
	dsack_comes(t, false);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 2);
	t->tcb.snd.una = t->tcb.rack.dsack_round;
	dsack_comes(t, false);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 3);
	for (i = 1; i <= 16; i++) {
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 3);
		adapt(&t->tcb, &nothing);
		atcp_rack_recovered(&t->tcb);
	}
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 1);
	atcp_rack_recovered(&t->tcb);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.persist, 0);
	t->tcb.rack.in_round = 0;
	t->tcb.p.recovery |= ATCP_RACK_STATIC;
	dsack_comes(t, false);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 1);
	t->tcb.p.recovery &= ~ATCP_RACK_STATIC;
	t->tcb.rack.mult = 255;
	dsack_comes(t, false);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.mult, 255);
	t->lenient = true;
}

/* What arrives late, and was sent but once, shows that the path reorders. */
static void delivered__reordering_seen(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 4, &mss);

	until_delivered(t, 3, 4);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 3)));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.reordering, 0);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = from(4, mss)));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.reordering, 1);
	KUNIT_EXPECT_EQ(test, t->tcb.rack.reorders, 1u);
	sent_no_more(t);
}

static void delivered__copy_is_no_reordering(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 5, &mss);

	until_delivered(t, 4, 5);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 4)));
	sent_text(t, 1, from(2, mss));
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = from(6, mss)));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rack.reordering, 0);
	sent_no_more(t);
}

/* [R8985-NOSPUR]: an answer that came too soon, or echoes an older clock, is the original's. */
static void delivered__which_copy(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 2, &mss);
	struct atcp_sent run = { .seq = t->iss + 1, .at = t->now, .flags = ATCP_AGAIN };
	struct atcp_seg seg = {
		.opt = { .have = ATCP_OPT_TS, .tsecr = atcp_tsval(&t->tcb, t->now) },
	};

	KUNIT_EXPECT_TRUE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT - 1));
	KUNIT_EXPECT_FALSE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT));
	seg.opt.tsecr--;
	/* Of what a SACK block alone tells the echo says nothing (RFC 7323, 4.3). */
	KUNIT_EXPECT_FALSE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT));
	seg.ack = run.seq;
	KUNIT_EXPECT_FALSE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT));
	seg.ack = run.seq + 1;
	KUNIT_EXPECT_TRUE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT));
	t->tcb.opts_on &= ~ATCP_OPT_TS;
	KUNIT_EXPECT_FALSE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT));
	t->tcb.opts_on |= ATCP_OPT_TS;
	seg.opt.tsecr++;
	KUNIT_EXPECT_FALSE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT));
	seg.opt.tsecr--;
	seg.opt.have = 0;
	KUNIT_EXPECT_FALSE(test, not_the_copy(&t->tcb, &seg, &run, t->now + RTT));
	run.flags = 0;
	KUNIT_EXPECT_FALSE(test, not_the_copy(&t->tcb, &seg, &run, t->now));
	/* and RACK does not learn from it */
	run.flags = ATCP_AGAIN;
	t->tcb.rack.at = 5;
	atcp_rack_delivered(&t->tcb, &seg, &run, t->iss + 1 + mss, t->now + RTT - 1);
	KUNIT_EXPECT_EQ(test, t->tcb.rack.at, 5ULL);
	atcp_rack_delivered(&t->tcb, &seg, &run, t->iss + 1 + mss, t->now + RTT);
	KUNIT_EXPECT_EQ(test, t->tcb.rack.at, run.at);
	KUNIT_EXPECT_EQ(test, t->tcb.rack.rtt, (u32)RTT);
	/* nor which was sent last, from one that was sent before */
	run.flags = 0;
	run.at--;
	atcp_rack_delivered(&t->tcb, &seg, &run, t->iss + 1 + mss, t->now + RTT);
	KUNIT_EXPECT_EQ(test, t->tcb.rack.at, run.at + 1);
}

/* [R8985-LOST], of a retransmission: what was sent after it has arrived. */
static void detect__lost_again(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 5, &mss);

	until_delivered(t, 4, 5);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 4)));
	sent_text(t, 1, from(2, mss));
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 5)));
	user_send(t, mss);			/* sent after the copy */
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, snd_nxt(t), from(7, mss));
	after(t, RTT - MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 5)));
	sent_no_more(t);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(2, 6)));
	sent_text(t, 1, from(2, mss));
	sent_no_more(t);
}

/* Sent at one moment: the order of the numbers is the order of sending. */
static void detect__of_one_burst(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 mss = atcp_eff_mss(&t->tcb);

	t->tcb.rtt.min = RTT;
	t->tcb.rtt.min_at = t->now;
	t->tcb.rtt.srtt = RTT;
	user_send(t, 8 * mss);
	sent_whatever(t);
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(3, 5)));
	/* the two before are lost, the three behind may be on their way */
	KUNIT_EXPECT_EQ(test, t->tcb.rate.lost, 2 * mss);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost + t->tcb.board.again, 2 * mss);
	/* [R8985-CC] ssthresh is 4 segments, and 3 are in flight */
	sent_text(t, 1, from(2, mss));
	sent_no_more(t);
}

/* [R6675-ISLOST], where RACK is off: three runs, or more than two segments, beyond it */
static void islost__thresholds(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 9, &mss);

	t->tcb.p.recovery = 0;
	until_delivered(t, 9, 9);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1,
		      BLOCKS(1, { from(2, mss), from(2, mss) + 10 })));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1,
		      BLOCKS(2, { from(4, mss), from(4, mss) + 10 },
			     { from(2, mss), from(2, mss) + 10 })));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	/* the third run: only what is below all three */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1,
		      BLOCKS(3, { from(6, mss), from(6, mss) + 10 },
			     { from(4, mss), from(4, mss) + 10 },
			     { from(2, mss), from(2, mss) + 10 })));
	sent_text(t, 1, from(2, mss));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
}

/* The same told by one ACK: it is the runs that count, not the duplicates. */
static void islost__by_runs(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 9, &mss);

	t->tcb.p.recovery = 0;
	until_delivered(t, 9, 9);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1,
		      BLOCKS(3, { from(2, mss), from(2, mss) + 10 },
			     { from(4, mss), from(4, mss) + 10 },
			     { from(6, mss), from(6, mss) + 10 })));
	KUNIT_EXPECT_EQ(test, t->tcb.rate.lost, mss);
	sent_text(t, 1, from(2, mss));
	sent_whatever(t);
}

static void islost__by_octets(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 9, &mss);

	t->tcb.p.recovery = 0;
	until_delivered(t, 9, 9);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(3, 4)));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(1, { from(3, mss), from(5, mss) + 1 })));
	sent_text(t, 1, from(2, mss));
	sent_whatever(t);
	/* Nothing beyond the last that arrived is lost. */
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost + t->tcb.board.again, 2 * mss);
}

/* DupAcks >= DupThresh though IsLost() is false: the first segment goes. */
static void islost__by_duplicates(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 9, &mss);
	unsigned int i;

	t->tcb.p.recovery = 0;
	until_delivered(t, 9, 9);
	for (i = 1; i <= 3; i++) {
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1,
			      BLOCKS(1, { from(2, mss), from(2, mss) + 10 * i })));
	}
	sent_text(t, 1, from(2, mss));
	sent_whatever(t);
}

/* The octets of all runs that were found, once. */
static void islost__sums(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 9, &mss);
	unsigned int i;

	for (i = 3; i < 6; i++)
		atcp_board_set(&t->tcb.board, i, ATCP_SACKED);
	KUNIT_EXPECT_EQ(test, detect_by_dupthresh(&t->tcb, t->now), 3 * mss);
	KUNIT_EXPECT_EQ(test, detect_by_dupthresh(&t->tcb, t->now), 0u);
	t->lenient = true;
}

/* A copy is not deemed lost by this rule; and what is lost is lost once. [R6675-ISLOST] */
static void islost__only_once(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 9, &mss);

	t->tcb.p.recovery = 0;
	until_delivered(t, 9, 9);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(4, 6)));
	KUNIT_EXPECT_EQ(test, t->tcb.rate.lost, 3 * mss);
	sent_text(t, 1, from(2, mss));
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 2 * mss);	/* not sent yet */
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(4, 7)));
	KUNIT_EXPECT_EQ(test, t->tcb.rate.lost, 3 * mss);
	sent_text(t, from(2, mss), from(3, mss));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(4, 8)));
	sent_text(t, from(3, mss), from(4, mss));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, SACKED(4, 9)));
	KUNIT_EXPECT_EQ(test, t->tcb.rate.lost, 3 * mss);
	sent_no_more(t);
}

/*
 * The copy arrives, and with it all that was sent after the rest: it leaves nothing on
 * the scoreboard that tells so, but what was sent before it is lost all the same.
 */
static void detect__after_a_copy_is_gone(struct kunit *test)
{
	u32 mss;
	struct trial *t = apart(test, 4, &mss);

	until_delivered(t, 4, 4);
	atcp_recovery_resend(&t->tcb);
	t->tcb.cc.cwnd = mss;
	trial_drain(t);
	sent_text(t, 1, from(2, mss));
	sent_no_more(t);
	atcp_board_forgive(&t->tcb.board, ATCP_LOST);	/* say it was so: on their way */
	atcp_board_forgive(&t->tcb.board, ATCP_AGAIN);
	after(t, RTT);
	t->tcb.rack.at = t->now - RTT;
	t->tcb.rack.end = t->iss + from(2, mss);
	t->tcb.rack.rtt = RTT;
	t->tcb.snd.una += mss;
	atcp_board_acked(&t->tcb.board, t->tcb.snd.una);
	t->tcb.rack.reordering = 0;
	t->tcb.rec.dupacks = 3;
	KUNIT_EXPECT_EQ(test, atcp_rack_detect(&t->tcb, t->now), 3 * mss);
	t->lenient = true;
	sent_whatever(t);
}

static struct kunit_case rack_cases[] = {
	KUNIT_CASE(sent_after__order),
	KUNIT_CASE(delivered__reordering_seen),
	KUNIT_CASE(delivered__copy_is_no_reordering),
	KUNIT_CASE(delivered__which_copy),
	KUNIT_CASE(adapt__by_dsacks),
	KUNIT_CASE(reo_wnd__bounds),
	KUNIT_CASE(detect__after_the_window),
	KUNIT_CASE(detect__at_once_by_dupthresh),
	KUNIT_CASE(detect__where_no_time_passes),
	KUNIT_CASE(detect__lost_again),
	KUNIT_CASE(detect__of_one_burst),
	KUNIT_CASE(detect__after_a_copy_is_gone),
	KUNIT_CASE(islost__thresholds),
	KUNIT_CASE(islost__by_runs),
	KUNIT_CASE(islost__by_octets),
	KUNIT_CASE(islost__by_duplicates),
	KUNIT_CASE(islost__sums),
	KUNIT_CASE(islost__only_once),
	{}
};

TRIAL_SUITE(rack, rack_cases);
