// SPDX-License-Identifier: GPL-2.0
/*
 * RACK: a segment is lost when one sent later has arrived, and that long enough ago for
 * the network not merely to have reordered them.
 *
 * Owns tcb->rack.  Detection only: recovery.c says what follows.  Where it is turned
 * off, the older rule of three is here too.
 *
 * RFC 8985 section 6; RFC 6675 section 4 (IsLost).
 */

#include <atcp/core.h>

#define REO_WND_PERSIST	16		/* recoveries */

/* Was (@at, @end) sent after what @at2, @end2 tell of? One moment sends in order. */
static bool sent_after(u64 at, u32 end, u64 at2, u32 end2)
{
	return at > at2 || (at == at2 && seq_gt(end, end2));
}

/*
 * Step 2: which copy of one that was sent again arrived is not known; an echo from
 * before the copy, or a round trip that is too short, tells that it was not the copy.
 * Of runs that were joined a part was sent before, too. What arrived out of order is
 * echoed by nobody (RFC 7323, 4.3): of what only a SACK block tells the echo says nothing.
 * [R8985-NOSPUR]
 */
static bool not_the_copy(const struct atcp_tcb *tcb, const struct atcp_seg *seg,
			 const struct atcp_sent *run, u64 now)
{
	if (!(run->flags & (ATCP_AGAIN | ATCP_JOINED)))
		return false;
	if (tcb->opts_on & ATCP_OPT_TS && seg->opt.have & ATCP_OPT_TS &&
	    seq_lt(run->seq, seg->ack) && seq_lt(seg->opt.tsecr, atcp_tsval(tcb, run->at)))
		return true;
	return now - run->at < tcb->rtt.min;
}

/* Step 3: one that was never sent again arrives after one sent later. */
static void detect_reordering(struct atcp_tcb *tcb, const struct atcp_sent *run, u32 end)
{
	if (seq_gt(end, tcb->rack.fack))
		tcb->rack.fack = end;
	if (!seq_lt(end, tcb->rack.fack) || run->flags & ATCP_AGAIN)
		return;
	tcb->rack.reordering = 1;
	tcb->rack.reorders++;
}

/**
 * atcp_rack_delivered() - RFC 8985, 6.2, steps 1 to 3, for one run
 * @tcb:	the connection
 * @seg:	the ACK
 * @run:	what it delivers, up to
 * @end:	this octet
 * @now:	microseconds
 */
void atcp_rack_delivered(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			 const struct atcp_sent *run, u32 end, u64 now)
{
	detect_reordering(tcb, run, end);
	if (not_the_copy(tcb, seg, run, now))
		return;
	/* Of less than the clock shows, but not of nothing: what leaves now is not overdue. */
	tcb->rack.rtt = (u32)clamp_t(u64, now - run->at, 1, U32_MAX);
	if (!sent_after(run->at, end, tcb->rack.at, tcb->rack.end))
		return;
	tcb->rack.at = run->at;
	tcb->rack.end = end;
}

/*
 * Step 4: D-SACKs tell that the window was too small, once a round; it stays larger for
 * sixteen recoveries. [R8985-REOADAPT]
 */
static void adapt(struct atcp_tcb *tcb, const struct atcp_ack *a)
{
	if (tcb->rack.in_round && seq_geq(tcb->snd.una, tcb->rack.dsack_round))
		tcb->rack.in_round = 0;
	if (!a->dsack || a->dsack_of_probe || tcb->rack.in_round ||
	    tcb->p.recovery & ATCP_RACK_STATIC)
		return;
	tcb->rack.in_round = 1;
	tcb->rack.dsack_round = tcb->snd.nxt;
	tcb->rack.mult = clamp_t(u8, tcb->rack.mult, 1, U8_MAX - 1) + 1;
	tcb->rack.persist = REO_WND_PERSIST;
}

/**
 * atcp_rack_recovered() - a recovery has ended
 * @tcb:	the connection
 */
void atcp_rack_recovered(struct atcp_tcb *tcb)
{
	if (tcb->rack.persist && !--tcb->rack.persist)
		tcb->rack.mult = 1;
}

/**
 * atcp_dupthresh() - as much has arrived beyond a gap as reordering seldom brings
 * @tcb:	the connection
 *
 * Source: RFC 6675, sections 2 and 5 (DupThresh). Return: whether it has.
 */
bool atcp_dupthresh(const struct atcp_tcb *tcb)
{
	return tcb->rec.dupacks >= tcb->reordering ||
	       tcb->board.sacked > (tcb->reordering - 1) * tcb->cc.mss;
}

/* [R8985-REOINIT] [R8985-REOBOUND] microseconds */
static u32 reo_wnd(const struct atcp_tcb *tcb)
{
	u64 wnd;

	if (!tcb->rack.reordering &&
	    (tcb->rec.state == ATCP_FAST_RECOVERY || tcb->rec.state == ATCP_LOSS ||
	     (atcp_dupthresh(tcb) && !(tcb->p.recovery & ATCP_RACK_NO_DUPTHRESH))))
		return 0;
	wnd = (u64)tcb->rtt.min / 4 * max_t(u8, tcb->rack.mult, 1);
	return (u32)min_t(u64, wnd, tcb->rtt.srtt);
}

/**
 * atcp_rack_overdue() - could it still arrive, if it is merely reordered
 * @tcb:	the connection
 * @run:	what was sent
 * @now:	microseconds
 *
 * Return: 0 when it is overdue, else how long it is not, microseconds.
 */
u64 atcp_rack_overdue(const struct atcp_tcb *tcb, const struct atcp_sent *run, u64 now)
{
	u64 due = run->at + tcb->rack.rtt + reo_wnd(tcb);

	return due > now ? due - now : 0;
}

/*
 * Nothing arrived out of order, and nothing was sent out of order; nor has a copy arrived
 * of what was sent before all that is left: nothing to look for.
 */
static bool nothing_to_find(const struct atcp_tcb *tcb)
{
	const struct atcp_board *b = &tcb->board;

	if (b->sacked || b->again)
		return false;
	return !b->n || !sent_after(tcb->rack.at, tcb->rack.end, atcp_board_peek(b)->at,
				    atcp_run_end(b, 0));
}

/**
 * atcp_rack_detect() - step 5: what is overdue is lost
 * @tcb:	the connection
 * @now:	microseconds
 *
 * Arms the reordering timer for what may be so soon. [R8985-LOST] [R8985-TIMER]
 * Return: octets newly deemed lost.
 */
u32 atcp_rack_detect(struct atcp_tcb *tcb, u64 now)
{
	struct atcp_board *b = &tcb->board;
	u64 wait = 0;
	u32 lost = 0;
	unsigned int i;

	atcp_disarm(tcb, ATCP_TIMER_REORDER);
	if (likely(nothing_to_find(tcb)))
		return 0;
	for (i = 0; i < b->n; i++) {
		const struct atcp_sent *run = atcp_board_peek(b) + i;
		u64 left;

		if (run->flags & (ATCP_SACKED | ATCP_LOST) ||
		    !sent_after(tcb->rack.at, tcb->rack.end, run->at, atcp_run_end(b, i)))
			continue;
		left = atcp_rack_overdue(tcb, run, now);
		if (left)
			wait = max(wait, left);
		else
			lost += atcp_deem_lost(tcb, i, now);
	}
	if (wait)
		atcp_arm(tcb, ATCP_TIMER_REORDER, now + wait);
	return lost;
}

/*
 * RFC 6675, IsLost(): DupThresh runs, or more than DupThresh - 1 segments, arrived
 * beyond it. [R6675-ISLOST]
 */
static u32 detect_by_dupthresh(struct atcp_tcb *tcb, u64 now)
{
	struct atcp_board *b = &tcb->board;
	u32 sacked = 0, lost = 0;
	unsigned int i = b->n, runs = 0;
	bool inside = false;

	if (!b->sacked)
		return 0;
	while (i--) {
		const struct atcp_sent *run = atcp_board_peek(b) + i;

		if (run->flags & ATCP_SACKED) {
			sacked += atcp_run_end(b, i) - run->seq;
			runs += !inside;
			inside = true;
			continue;
		}
		inside = false;
		if (run->flags & (ATCP_LOST | ATCP_AGAIN))
			continue;
		if (runs >= tcb->reordering || sacked > (tcb->reordering - 1) * tcb->cc.mss)
			lost += atcp_deem_lost(tcb, i, now);
	}
	if (!lost && !b->lost && !b->again && tcb->rec.dupacks >= tcb->reordering)
		lost = atcp_deem_lost_upto(tcb, tcb->snd.una + tcb->cc.mss, now);
	return lost;
}

/**
 * atcp_detect_losses() - what an ACK shows to be lost
 * @tcb:	the connection, where SACK is on
 * @a:		what the ACK tells
 *
 * Return: octets newly deemed lost.
 */
u32 atcp_detect_losses(struct atcp_tcb *tcb, const struct atcp_ack *a)
{
	adapt(tcb, a);
	if (tcb->p.recovery & ATCP_RACK)
		return atcp_rack_detect(tcb, a->now);
	return detect_by_dupthresh(tcb, a->now);
}
