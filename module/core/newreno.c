// SPDX-License-Identifier: GPL-2.0
/*
 * Fast recovery with a peer that does not tell what it has: duplicate ACKs are
 * counted, and each stands for a segment that left the network.
 *
 * RFC 5681 section 3.2 (fast retransmit and fast recovery); RFC 6582 (NewReno); RFC
 * 3042 (limited transmit).  With SACK recovery.c does better.
 */

#include <atcp/core.h>

/* Congestion control that has control() leaves cwnd to nobody else. */
static bool sets_window(const struct atcp_tcb *tcb)
{
	return !atcp_cc_get(tcb->cc.algo)->control;
}

/*
 * RFC 6582, 3.2, step 2: fast retransmit. [R5681-FRSSTH] [R5681-FRRTX] [R5681-LOSS2]
 * [R9438-LOSS]
 */
static void enter_fast_recovery(struct atcp_tcb *tcb, struct atcp_ack *a, struct atcp_fx *fx)
{
	atcp_recovery_enter(tcb, ATCP_FAST_RECOVERY, a, fx);
	if (sets_window(tcb))
		tcb->cc.cwnd = tcb->cc.ssthresh + tcb->rec.dupacks * tcb->cc.mss;
	a->lost = atcp_deem_lost_upto(tcb, tcb->snd.una + atcp_eff_mss(tcb), a->now);
	atcp_fx_event(fx, ATCP_EV_RENO_RECOVERY);
}

/* The segment at SND.UNA is lost: if that was a probe, only its size was wrong. */
static void first_lost(struct atcp_tcb *tcb, struct atcp_ack *a, struct atcp_fx *fx)
{
	u32 una = tcb->snd.una;

	if (likely(!atcp_mtu_probe_lost(tcb, una, una + atcp_eff_mss(tcb), fx))) {
		enter_fast_recovery(tcb, a, fx);
		return;
	}
	atcp_deem_lost_upto(tcb, tcb->mtu.right, a->now);
	/* All in flight now tells of this hole; a loss behind it is another. */
	tcb->rec.recover = tcb->snd.nxt - 1;
}

/*
 * A duplicate ACK. [R5681-FR] [R5681-FRINFL] [R6582-RECOVER]
 * Source: RFC 5681, 3.2; RFC 6582, 3.2, steps 1 to 4.
 */
static void dupack(struct atcp_tcb *tcb, struct atcp_ack *a, struct atcp_fx *fx)
{
	if (tcb->rec.dupacks < U8_MAX)
		tcb->rec.dupacks++;
	switch (tcb->rec.state) {
	case ATCP_OPEN:
	case ATCP_REDUCING:
		/* no second cut for one window of data */
		if (tcb->rec.dupacks == tcb->reordering &&
		    (tcb->rec.state == ATCP_REDUCING ||
		     seq_gt(tcb->snd.una, tcb->rec.recover)))
			first_lost(tcb, a, fx);
		break;
	case ATCP_FAST_RECOVERY:	/* a segment has left the network */
		if (sets_window(tcb))
			tcb->cc.cwnd += tcb->cc.mss;
		break;
	default:
		break;
	}
}

/*
 * RFC 6582, 3.2, step 3: the ACK covers all that was sent before.
 * [R6582-FULL] [R5681-FRDEFL]
 */
static void full_ack(struct atcp_tcb *tcb, u32 flight, u64 now)
{
	if (sets_window(tcb))
		tcb->cc.cwnd = min(tcb->cc.ssthresh,
				   max(flight, tcb->cc.mss) + tcb->cc.mss);
	atcp_recovery_leave(tcb, now);
}

/*
 * A part only: the next segment was lost too; deflate by what left.
 * [R6582-PARTIAL] [R5681-ADV]
 */
static void partial_ack(struct atcp_tcb *tcb, struct atcp_ack *a, struct atcp_fx *fx)
{
	u32 cwnd = tcb->cc.cwnd;

	cwnd -= min(cwnd, a->text);
	if (a->text >= tcb->cc.mss)
		cwnd += tcb->cc.mss;
	if (sets_window(tcb))
		tcb->cc.cwnd = max(cwnd, tcb->cc.mss);
	a->lost = atcp_deem_lost_upto(tcb, tcb->snd.una + atcp_eff_mss(tcb), a->now);
	atcp_fx_event(fx, ATCP_EV_PARTIAL_ACK);
}

/* All that was outstanding when congestion was echoed has arrived, or is deemed lost. */
static void end_reduction(struct atcp_tcb *tcb, const struct atcp_ack *a)
{
	if (tcb->rec.state != ATCP_REDUCING || seq_lt(tcb->snd.una, tcb->rec.recover))
		return;
	if (!atcp_cc_get(tcb->cc.algo)->control)
		atcp_prr_end(tcb);
	atcp_recovery_leave(tcb, a->now);
}

/**
 * atcp_newreno_acked() - an ACK arrived outside loss recovery after a time-out
 * @tcb:	the connection, where SACK is off
 * @seg:	the ACK
 * @a:		what it tells
 * @fx:		effects
 */
void atcp_newreno_acked(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			struct atcp_ack *a, struct atcp_fx *fx)
{
	if (!a->advanced) {
		if (a->duplicate)
			dupack(tcb, a, fx);
		return;
	}
	if (tcb->rec.state != ATCP_FAST_RECOVERY) {
		tcb->rec.dupacks = 0;
		end_reduction(tcb, a);
		return;
	}
	if (atcp_undo_shown(tcb, seg)) {
		atcp_undo(tcb, a->now);
		atcp_board_forgive(&tcb->board, ATCP_LOST);
		atcp_recovery_leave(tcb, a->now);
		atcp_fx_event(fx, ATCP_EV_UNDO);
	} else if (seq_geq(tcb->snd.una, tcb->rec.recover)) {
		full_ack(tcb, atcp_flight(tcb), a->now);
	} else {
		partial_ack(tcb, a, fx);
	}
}
