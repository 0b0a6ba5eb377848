// SPDX-License-Identifier: GPL-2.0
/*
 * Tail loss probes: when the last segments of a flight are lost, nothing arrives after
 * them to tell of it.  So the last of them, or a new one, is sent before the
 * retransmission time-out, and its ACK starts recovery.
 *
 * Owns tcb->tlp and the timer ATCP_TIMER_TAIL.  RFC 8985 section 7.
 */

#include <atcp/core.h>

#define MAX_ACK_DELAY	(200 * ATCP_MSEC)
#define LEAST_PTO	(2 * ATCP_MSEC)	/* a reader has to run before its ACK is sent */

/* 7.2: the probe time-out. [R8985-PTO] */
static u64 probe_timeout(const struct atcp_tcb *tcb)
{
	u64 pto = 2ULL * tcb->rtt.srtt;

	if (!tcb->rtt.srtt)
		return ATCP_USEC;
	return pto + (atcp_flight(tcb) <= tcb->cc.mss ? MAX_ACK_DELAY : LEAST_PTO);
}

/*
 * 7.3: one probe at a time, in a flight that nothing is known to be missing of.
 * [R8985-PTOCOND] [R8985-SACKREQ]
 */
static bool may_probe(const struct atcp_tcb *tcb)
{
	return tcb->snd.una != tcb->snd.nxt && tcb->tlp.sampled && !tcb->tlp.on &&
	       tcb->opts_on & ATCP_OPT_SACK_PERM && tcb->p.early_retrans &&
	       (tcb->rec.state == ATCP_OPEN || tcb->rec.state == ATCP_REDUCING) &&
	       !tcb->board.sacked && !tcb->board.lost && tcb->snd.wnd && !tcb->persisting &&
	       !atcp_syn_unacked(tcb) && atcp_synchronized(tcb->state);
}

/**
 * atcp_tlp_schedule() - new text was sent, or an ACK came
 * @tcb:	the connection
 * @now:	microseconds
 *
 * No later than the retransmission time-out would be, which the probe puts off.
 * [R8985-TIMEREXCL]
 */
void atcp_tlp_schedule(struct atcp_tcb *tcb, u64 now)
{
	u64 due;

	atcp_disarm(tcb, ATCP_TIMER_TAIL);
	if (!may_probe(tcb))
		return;
	due = now + probe_timeout(tcb);
	if (atcp_armed(tcb, ATCP_TIMER_RETRANSMIT))
		due = min(due, tcb->deadline[ATCP_TIMER_RETRANSMIT]);
	atcp_arm(tcb, ATCP_TIMER_TAIL, due);
}

/**
 * atcp_tlp_timeout() - the probe time-out has come
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * After the probe it is the retransmission timer's turn. [R8985-REARM]
 */
void atcp_tlp_timeout(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	if (!may_probe(tcb))
		return;
	tcb->send |= ATCP_SEND_TAIL;
	atcp_fx_event(fx, ATCP_EV_LOSS_PROBE);
	atcp_arm_retransmit(tcb, now);
}

/**
 * atcp_tlp_sent() - the probe has gone
 * @tcb:	the connection, SND.NXT behind the probe
 * @again:	it was sent before
 */
void atcp_tlp_sent(struct atcp_tcb *tcb, bool again)
{
	tcb->send &= ~ATCP_SEND_TAIL;
	tcb->tlp.on = 1;
	tcb->tlp.again = again;
	tcb->tlp.sampled = 0;
	tcb->tlp.end = tcb->snd.nxt;
}

/**
 * atcp_tlp_acked() - an ACK arrived: what does it say of the probe
 * @tcb:	the connection, SND.UNA moved
 * @a:		what the ACK tells
 *
 * 7.4: it told of no loss if it was new text, or if two copies arrived.
 * Return: true when the probe repaired a loss, for which cwnd is to be reduced.
 * [R8985-TLPCC]
 */
bool atcp_tlp_acked(struct atcp_tcb *tcb, struct atcp_ack *a)
{
	if (!tcb->tlp.on)
		return false;
	a->dsack_of_probe = a->dsack && tcb->tlp.again && a->dsack_end == tcb->tlp.end;
	if (seq_lt(tcb->snd.una, tcb->tlp.end))
		return false;
	if (!tcb->tlp.again || a->dsack_of_probe) {
		tcb->tlp.on = 0;
		return false;
	}
	if (seq_gt(tcb->snd.una, tcb->tlp.end)) {
		tcb->tlp.on = 0;
		return true;
	}
	/* Up to the probe: was it the probe? An ACK that says no more shows two copies. */
	if (!a->advanced && !a->sacked)
		tcb->tlp.on = 0;
	return false;
}
