// SPDX-License-Identifier: GPL-2.0
/*
 * What was taken back: a loss that was none.  The network reordered, or was late, and
 * the window was reduced for nothing.  It shows when the peer tells that each copy was
 * one too many (D-SACK), or that it answers the original (timestamps, Eifel), or,
 * after a time-out, that it got what was never sent again (F-RTO, in recovery.c).
 *
 * Owns tcb->undo.  RFC 3522 and RFC 4015 (Eifel), RFC 3708 (D-SACK), RFC 5682.
 */

#include <atcp/core.h>

/**
 * atcp_undo_begin() - cwnd and ssthresh are about to be reduced for a loss
 * @tcb:	the connection
 */
void atcp_undo_begin(struct atcp_tcb *tcb)
{
	tcb->undo.on = 1;
	tcb->undo.resent = 0;
	tcb->undo.marker = tcb->snd.una;
	tcb->undo.again = 0;
	tcb->undo.cwnd = tcb->cc.cwnd;
	tcb->undo.ssthresh = tcb->cc.ssthresh;
}

/**
 * atcp_undo_resent() - octets were sent again
 * @tcb:	the connection
 * @len:	octets
 * @now:	microseconds
 */
void atcp_undo_resent(struct atcp_tcb *tcb, u32 len, u64 now)
{
	if (!tcb->undo.on)
		return;
	tcb->undo.again += len;
	if (!tcb->undo.resent)
		tcb->undo.stamp = atcp_tsval(tcb, now);
	tcb->undo.resent = 1;
}

/**
 * atcp_undo_dsack() - the peer got octets twice
 * @tcb:	the connection
 * @block:	which
 */
void atcp_undo_dsack(struct atcp_tcb *tcb, const struct atcp_range *block)
{
	if (seq_gt(block->right, tcb->undo.marker))
		tcb->undo.again -= min(tcb->undo.again, block->right - block->left);
}

/* An echo of a time before anything was sent again: Eifel detection (RFC 3522, 3.2). */
static bool answers_the_original(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return tcb->opts_on & ATCP_OPT_TS && seg->opt.have & ATCP_OPT_TS && seg->opt.tsecr &&
	       seq_lt(seg->opt.tsecr, tcb->undo.stamp);
}

/**
 * atcp_undo_shown() - was the loss none
 * @tcb:	the connection
 * @seg:	the ACK
 *
 * Return: true when it shows so: nothing needed to be sent again.
 */
bool atcp_undo_shown(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return tcb->undo.on && tcb->undo.resent &&
	       (!tcb->undo.again || answers_the_original(tcb, seg));
}

/**
 * atcp_undo() - as it was before
 * @tcb:	the connection
 * @now:	microseconds
 *
 * What is still marked as lost is the caller's affair.
 * Source: RFC 4015, 3.2; the window never gets smaller by it. [R5682-RESP] [R9438-SPUR]
 */
void atcp_undo(struct atcp_tcb *tcb, u64 now)
{
	tcb->cc.cwnd = max(tcb->cc.cwnd, tcb->undo.cwnd);
	tcb->cc.ssthresh = max(tcb->cc.ssthresh, tcb->undo.ssthresh);
	tcb->undo.on = 0;
	atcp_cc_tell(&tcb->cc, ATCP_CC_SPURIOUS, now);
}
