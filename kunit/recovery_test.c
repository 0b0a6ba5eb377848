// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of recovery.c: what an ACK or a time-out makes of what was found to be lost,
 * with a peer that tells what it has.
 */

#include <atcp/core.h>

/* What the algorithm is told, is noted on the way. */
static struct atcp_cc_ack told;

static void tell(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	told = *ack;
	atcp_cc_acked(cc, ack);
}

#define atcp_cc_acked	tell
#include "../module/core/recovery.c"
#undef atcp_cc_acked
#include <linux/kernel.h>
#include "atcp_test.h"

#define RTT	MSEC(40)

static u32 mss;

/* Ten segments in flight, sent at once, a round trip ago. */
static struct trial *ten(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	mss = atcp_eff_mss(&t->tcb);
	t->tcb.rtt.min = RTT;
	t->tcb.rtt.min_at = t->now;
	t->tcb.rtt.srtt = RTT;
	user_send(t, 10 * mss);
	sent_whatever(t);
	after(t, RTT);
	return t;
}

/* The first octet of segment @i, from 1; one past the last of @j. */
static u32 from(u32 i)
{
	return 1 + (i - 1) * mss;
}

static u32 behind(u32 j)
{
	return from(j + 1);
}

static void sacked(struct trial *t, u32 ack, u32 i, u32 j)
{
	arrive(t, SEG(ACK, .seq = 1, .ack = ack, BLOCKS(1, { from(i), behind(j) })));
}

/* [R6675-ENTER] [R6675-SEND] [R6675-NEXTSEG] [R8985-CC] [R9937-RACK]: holes first, then new text */
static void recovery__two_holes(struct kunit *test)
{
	struct trial *t = ten(test);

	user_send(t, 10 * mss);			/* cwnd holds it back */
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1,
		      BLOCKS(2, { from(2), behind(3) }, { from(5), behind(6) })));
	counted(t, ATCP_EV_SACK_RECOVERY);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.recover, t->iss + behind(10));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5 * mss);
	/* 1 and 4 are lost, four are in flight, ssthresh is five */
	sent_text(t, from(1), behind(1));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1,
		      BLOCKS(2, { from(5), behind(7) }, { from(2), behind(3) })));
	sent_text(t, from(4), behind(4));
	sent_no_more(t);
	sacked(t, 1, 5, 8);
	sent_text(t, from(11), behind(11));	/* no hole is left */
	sent_no_more(t);
}

/* [R6675-EXIT] [R9937-END]: what was found beyond RecoveryPoint begins another one. */
static void recovery__ends(struct kunit *test)
{
	struct trial *t = ten(test);

	user_send(t, 10 * mss);
	sent_no_more(t);
	sacked(t, 1, 2, 10);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(10)));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 5 * mss);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 0);
}

/*
 * [R6675-EXIT]: text sent in a recovery is lost too, and goes again in the same: when the
 * recovery ends, that is a loss of a window of its own.
 */
static void recovery__lost_beyond_its_point(struct kunit *test)
{
	struct trial *t = ten(test);
	u32 ssthresh;

	user_send(t, 20 * mss);
	sent_no_more(t);
	sacked(t, 1, 2, 10);
	sent_text(t, from(1), behind(1));
	sent_text(t, from(11), behind(14));
	after(t, RTT);
	sacked(t, 1, 12, 12);			/* 11 is lost as well, and 1 again */
	sent_text(t, from(1), behind(1));
	sent_text(t, from(11), behind(11));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	ssthresh = t->tcb.cc.ssthresh;
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, ssthresh, 5 * mss);

	after(t, 1);
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(10), BLOCKS(1, { from(12), behind(13) })));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_LT(test, t->tcb.cc.ssthresh, ssthresh);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.undo.on, 0);
}

/* [R8985-TIMER]: what the reordering timer finds is answered at once. */
static void recovery__by_the_timer(struct kunit *test)
{
	struct trial *t = ten(test);

	sacked(t, 1, 3, 4);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, next_deadline(t), RTT / 4);
	counted(t, ATCP_EV_SACK_RECOVERY);
	sent_text(t, from(1), behind(1));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
}

/* No ACK tells of progress then: a segment may go, not two. [R9937-SAFEACK] */
static void recovery__timer_is_not_safe(struct kunit *test)
{
	struct trial *t = ten(test);

	sacked(t, 1, 9, 10);
	sent_no_more(t);
	next_deadline(t);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost + t->tcb.board.again, 8 * mss);
	sent_text(t, from(1), behind(1));
	sent_no_more(t);
}

/* A reduction for marks that is under way does not stand in for recovery. */
static void recovery__timer_in_a_reduction(struct kunit *test)
{
	struct trial *t = ten(test);
	struct atcp_fx fx = { 0 };

	sacked(t, 1, 3, 4);
	sent_no_more(t);
	t->tcb.rec.state = ATCP_REDUCING;
	atcp_recovery_reordered(&t->tcb, t->now + RTT, &fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
}

/*
 * It reduces nothing where slow start goes on after a time-out, nor where the algorithm
 * sets cwnd itself.
 */
static void recovery__timer_leaves_cwnd(struct kunit *test)
{
	struct trial *t = ten(test);
	struct atcp_fx fx = { 0 };

	sacked(t, 1, 3, 4);
	sent_no_more(t);
	t->tcb.rec.state = ATCP_LOSS;
	t->tcb.cc.cwnd = 3 * mss;
	atcp_recovery_reordered(&t->tcb, t->now + RTT, &fx);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 2 * mss);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 3 * mss);
	t = ten(test);
	sacked(t, 1, 3, 4);
	sent_no_more(t);
	atcp_cc_init(&t->tcb.cc, atcp_cc_find("bbr"), mss);
	t->tcb.cc.cwnd = 30 * mss;
	atcp_recovery_reordered(&t->tcb, t->now + RTT, &fx);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 2 * mss);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 30 * mss);
}

/* A cumulative ACK below RecoveryPoint keeps it going, and grows nothing. */
static void recovery__does_not_grow(struct kunit *test)
{
	struct trial *t = ten(test);

	sacked(t, 1, 3, 6);
	sent_whatever(t);
	told.acked = 4711;
	t->tcb.cwnd_limited = 1;
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(6)));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, told.acked, 4711u);
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(10)));
	KUNIT_EXPECT_EQ(test, told.acked, 4711u);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
}

/* All came, late: the timestamp tells that the original did it. */
static void recovery__undone_by_timestamp(struct kunit *test)
{
	struct trial *t = ten(test);
	u32 before = t->seen_tsval;

	sacked(t, 1, 3, 6);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(6), .tsecr = before));
	counted(t, ATCP_EV_UNDO);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10 * mss);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
}

/* D-SACKs for all that went again, after it was over. */
static void recovery__undone_late(struct kunit *test)
{
	struct trial *t = ten(test);

	sacked(t, 1, 2, 6);
	sent_text(t, from(1), behind(1));
	after(t, RTT);
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(10)));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 5 * mss);
	user_send(t, mss);
	sent_whatever(t);
	sacked(t, behind(10), 1, 1);
	counted(t, ATCP_EV_UNDO);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10 * mss);
}

/* [R2018-RENEGE]: the ACK field stands before what was SACKed: it was thrown away. */
static void reneging__soon_resent(struct kunit *test)
{
	struct trial *t = ten(test);

	sacked(t, 1, 3, 4);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.board.sacked, 2 * mss);
	arrive(t, SEG(ACK, .seq = 1, .ack = from(3)));
	counted(t, ATCP_EV_RENEGING);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], t->now + RTT / 2);
	atcp_disarm(&t->tcb, ATCP_TIMER_REORDER);
	next_deadline(t);
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	KUNIT_EXPECT_EQ(test, t->tcb.board.sacked, 0u);
	sent_text(t, from(3), behind(3));
	sent_whatever(t);
}

/* [R8985-RTOMARK] [R6675-RTO]: the first, and what is overdue; not what just went. */
static void timeout__marks(struct kunit *test)
{
	struct trial *t = ten(test);

	t->tcb.rack.rtt = RTT;
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(5)));
	sent_whatever(t);
	after(t, t->tcb.deadline[ATCP_TIMER_RETRANSMIT] - t->now - MSEC(20));
	user_send(t, 3 * mss);
	sent_whatever(t);
	next_deadline(t);
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost + t->tcb.board.again, 5 * mss);
	KUNIT_EXPECT_EQ(test, atcp_flight(&t->tcb), 4 * mss);	/* three, and the copy */
	sent_text(t, from(6), behind(6));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
}

/* [R6675-POSTRTO] [R2018-RECORD]: only holes go again, and slow start counts what arrives. */
static void timeout__holes_only(struct kunit *test)
{
	struct trial *t = ten(test);

	t->tcb.rack.reordering = 1;
	t->tcb.rtt.srtt = SEC(1);		/* the reordering window: no help from RACK */
	t->tcb.rtt.min = SEC(1);
	sacked(t, 1, 4, 8);
	sent_whatever(t);
	atcp_disarm(&t->tcb, ATCP_TIMER_REORDER);
	next_deadline(t);
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	sent_text(t, from(1), behind(1));
	sent_no_more(t);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(1)));
	sent_text(t, from(2), behind(3));
	sent_no_more(t);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(8)));
	sent_text(t, from(9), behind(10));
	sent_no_more(t);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(10)));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
}

/* R5681-SSINC: much that was sent before the time-out and is told of late lets out no burst. */
static void timeout__late_news(struct kunit *test)
{
	struct trial *t = ten(test);

	next_deadline(t);
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	sent_text(t, from(1), behind(1));
	sent_no_more(t);
	after(t, RTT);
	sacked(t, behind(1), 5, 10);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
	KUNIT_EXPECT_EQ(test, t->tcb.board.sacked, 6 * mss);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 2 * mss);
	sent_text(t, from(2), behind(3));
	sent_no_more(t);
}

/* ---- F-RTO ---- */

static struct trial *timed_out(struct kunit *test)
{
	struct trial *t = ten(test);

	t->tcb.p.frto = 2;
	user_send(t, 5 * mss);
	sent_no_more(t);
	next_deadline(t);
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	sent_text(t, from(1), behind(1));
	sent_no_more(t);
	return t;
}

/* [R5682-BASIC] [R5682-2B] [R5682-3]: nothing was lost, the path was slow for a while. */
static void frto__spurious(struct kunit *test)
{
	struct trial *t = timed_out(test);

	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(1), .tsecr = t->seen_tsval + 1));
	sent_text(t, from(11), behind(12));	/* new text goes first */
	sent_no_more(t);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(2)));
	counted(t, ATCP_EV_SPURIOUS_TIMEOUT);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, 10 * mss);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	while (t->n_read < t->n_out)		/* nothing goes again */
		KUNIT_EXPECT_FALSE(test, t->out[t->n_read++].rexmit);
}

/* The echo is older than what went again: the originals arrive, whatever F-RTO would say. */
static void timeout__undone_by_timestamp(struct kunit *test)
{
	struct trial *t = ten(test);
	u32 before = t->seen_tsval;

	next_deadline(t);
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	sent_text(t, from(1), behind(1));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(1), .tsecr = before));
	counted(t, ATCP_EV_SPURIOUS_TIMEOUT);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, 10 * mss);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	sent_no_more(t);
}

/* [R5682-SACK]: a block of what was sent but once shows the same. */
static void frto__spurious_by_sack(struct kunit *test)
{
	struct trial *t = timed_out(test);

	after(t, MSEC(1));
	sacked(t, 1, 3, 3);
	counted(t, ATCP_EV_SPURIOUS_TIMEOUT);
	sent_whatever(t);
}

/* [R5682-3]: after the new text a duplicate: it was lost, then; all goes again. */
static void frto__genuine(struct kunit *test)
{
	struct trial *t = timed_out(test);

	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(1), .tsecr = t->seen_tsval + 1));
	sent_text(t, from(11), behind(12));
	after(t, MSEC(1));
	sacked(t, behind(1), 11, 11);
	not_counted(t, ATCP_EV_SPURIOUS_TIMEOUT);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.frto, 0);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
	sent_text(t, from(2), behind(2));
	sent_whatever(t);
}

/* [R5682-2A]: all is acknowledged at once; or a duplicate comes first: as without it */
static void frto__conventional(struct kunit *test)
{
	struct trial *t = timed_out(test);

	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(10), .tsecr = t->seen_tsval + 1));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	sent_whatever(t);
}

/* No new text, or no room for it at the peer: old text it is. */
static void frto__nothing_new(struct kunit *test)
{
	struct trial *t = ten(test);

	t->tcb.p.frto = 2;
	next_deadline(t);
	sent_text(t, from(1), behind(1));
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = behind(1), .tsecr = t->seen_tsval + 1));
	sent_text(t, from(2), behind(3));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.frto, 0);
}

/* [R5682-SACK]: not where recovery was under way; [R5682-RESP] nor where it is off. */
static void frto__not_in_recovery(struct kunit *test)
{
	struct trial *t = ten(test);

	t->tcb.p.frto = 2;
	sacked(t, 1, 3, 6);
	sent_whatever(t);
	atcp_recovery_timeout(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.frto, 0);
	sent_whatever(t);
	t = ten(test);
	t->tcb.p.frto = 0;
	atcp_recovery_timeout(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.frto, 0);
	sent_whatever(t);
	t = ten(test);
	t->tcb.p.frto = 1;
	atcp_recovery_timeout(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.frto, 1);
	t->tcb.rec.retries = 1;
	atcp_recovery_timeout(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.frto, 1);
	sent_whatever(t);
}

/* Without SACK what came with the copy may have waited for it. */
static void original_arrived__without_sack(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;
	struct atcp_ack a = { .orig = true };

	KUNIT_EXPECT_TRUE(test, original_arrived(tcb, &a));
	a.again = true;
	KUNIT_EXPECT_FALSE(test, original_arrived(tcb, &a));
	tcb->opts_on |= ATCP_OPT_SACK_PERM;
	KUNIT_EXPECT_TRUE(test, original_arrived(tcb, &a));
	a.orig = false;
	KUNIT_EXPECT_FALSE(test, original_arrived(tcb, &a));
}

/* ---- what congestion control is told ---- */

/* RFC 7661's concern, and RFC 5681's: a window counts as used, or it does not grow. */
static void told_of__cwnd_limited(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;
	static const struct {
		u32 cwnd, flight;
		bool held_back, grows;
	} cases[] = {
		{ 8000, 4001, false, true }, { 8000, 4000, false, false },
		{ 8000, 3000, false, false }, { 10000, 9000, false, false },
		{ 10000, 1, true, true }, { 8000, 1, true, true },
	};
	unsigned int i;

	tcb->rtt.srtt = 4711;
	tcb->rtt.latest = 4712;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct atcp_ack a = {
			.now = 99, .text = 700, .flight = cases[i].flight, .advanced = true,
			.delivered = 650, .lost = 3, .rate.delivered = 17,
		};

		tcb->cc.ssthresh = 10000;
		tcb->cc.cwnd = cases[i].cwnd;
		tcb->cwnd_limited = cases[i].held_back;
		tcb->rec.state = ATCP_OPEN;
		control(tcb, &a, ATCP_OPEN);
		KUNIT_EXPECT_EQ(test, told.cwnd_limited, cases[i].grows);
		KUNIT_EXPECT_EQ(test, told.acked, 700u);
		KUNIT_EXPECT_EQ(test, told.flight, cases[i].flight);
		KUNIT_EXPECT_EQ(test, told.srtt_us, 4711u);
		KUNIT_EXPECT_EQ(test, told.now, 99ULL);
		KUNIT_EXPECT_EQ(test, told.una, tcb->snd.una);
		KUNIT_EXPECT_EQ(test, told.nxt, tcb->snd.nxt);
		KUNIT_EXPECT_EQ(test, told.rtt_us, 4712u);
		KUNIT_EXPECT_EQ(test, told.delivered, 650u);
		KUNIT_EXPECT_EQ(test, told.lost, 3u);
		KUNIT_EXPECT_EQ(test, told.rate.delivered, 17u);
		KUNIT_EXPECT_FALSE(test, told.recovery);
	}
}

/* What is news of an ACK: with SACK what it delivers, without what it acknowledges. */
static void growth__by_what(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;
	struct atcp_ack a = { .text = 5000, .delivered = 3000, .advanced = true };

	tcb->cc.mss = 1000;
	KUNIT_EXPECT_EQ(test, growth(tcb, &a, ATCP_OPEN), 5000u);
	KUNIT_EXPECT_EQ(test, growth(tcb, &a, ATCP_LOSS), 1000u);
	tcb->opts_on |= ATCP_OPT_SACK_PERM;
	KUNIT_EXPECT_EQ(test, growth(tcb, &a, ATCP_OPEN), 3000u);
	KUNIT_EXPECT_EQ(test, growth(tcb, &a, ATCP_LOSS), 3000u);
	/* Without progress of SND.UNA: only on a path that is known to reorder */
	a.advanced = false;
	KUNIT_EXPECT_EQ(test, growth(tcb, &a, ATCP_OPEN), 0u);
	tcb->rack.reordering = 1;
	KUNIT_EXPECT_EQ(test, growth(tcb, &a, ATCP_OPEN), 3000u);
}

/* [R6675-DUPACK] [R5681-LT-SACK]: news count, also on a segment with text. */
static void duplicates__by_news(struct kunit *test)
{
	struct trial *t = ten(test);

	t->tcb.rack.reordering = 1;
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, BLOCKS(1, { from(9), behind(9) })));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 1);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 11, .ack = 1, BLOCKS(1, { from(9), behind(9) })));
	arrive(t, SEG(ACK, .seq = 11, .ack = 1));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 1);
	arrive(t, SEG(ACK, .seq = 11, .ack = 1, BLOCKS(1, { from(9), behind(10) })));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 2);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 11, .ack = behind(1)));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 0);
	sent_whatever(t);
}

/* [R6675-PIPE] [R9937-INFLIGHT]: less what arrived, less what is lost, plus what went again */
static void flight__of_all_fates(struct kunit *test)
{
	struct trial *t = ten(test);

	sacked(t, 1, 4, 7);
	KUNIT_EXPECT_EQ(test, atcp_flight(&t->tcb),
			10 * mss - 4 * mss - t->tcb.board.lost);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost + t->tcb.board.again, 3 * mss);
	sent_whatever(t);
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(recovery__two_holes),
	KUNIT_CASE(recovery__ends),
	KUNIT_CASE(recovery__lost_beyond_its_point),
	KUNIT_CASE(recovery__by_the_timer),
	KUNIT_CASE(recovery__timer_is_not_safe),
	KUNIT_CASE(recovery__timer_in_a_reduction),
	KUNIT_CASE(recovery__timer_leaves_cwnd),
	KUNIT_CASE(recovery__does_not_grow),
	KUNIT_CASE(recovery__undone_by_timestamp),
	KUNIT_CASE(recovery__undone_late),
	KUNIT_CASE(reneging__soon_resent),
	KUNIT_CASE(timeout__marks),
	KUNIT_CASE(timeout__holes_only),
	KUNIT_CASE(timeout__late_news),
	KUNIT_CASE(frto__spurious),
	KUNIT_CASE(timeout__undone_by_timestamp),
	KUNIT_CASE(frto__spurious_by_sack),
	KUNIT_CASE(frto__genuine),
	KUNIT_CASE(frto__conventional),
	KUNIT_CASE(frto__nothing_new),
	KUNIT_CASE(frto__not_in_recovery),
	KUNIT_CASE(original_arrived__without_sack),
	KUNIT_CASE(told_of__cwnd_limited),
	KUNIT_CASE(growth__by_what),
	KUNIT_CASE(duplicates__by_news),
	KUNIT_CASE(flight__of_all_fates),
	{}
};

TRIAL_SUITE(recovery, recovery_cases);
