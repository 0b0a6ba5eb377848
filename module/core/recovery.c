// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery: what state it is in, and what an ACK or a time-out makes of it.
 *
 *	OPEN		nothing is known to be lost
 *	REDUCING	congestion was told of (ECN): cwnd is being reduced
 *	FAST_RECOVERY	a loss was found by what arrived beyond it
 *	LOSS		the retransmission timer found it
 *
 * What is lost is found by rack.c (with SACK) or newreno.c (without); how much may be
 * sent meanwhile is for prr.c and congestion control to say; output.c sends again what
 * the scoreboard has as lost.
 *
 * Owns tcb->rec.  RFC 6675 section 5; RFC 8985; RFC 5682 (F-RTO); RFC 6298 section 5.4; RFC
 * 3168 section 6.1.2 (ECN).
 */

#include <atcp/core.h>

/* ---- what is lost ---- */

/**
 * atcp_deem_lost() - a run is lost
 * @tcb:	the connection
 * @i:		index of the run in the scoreboard, neither SACKED nor LOST
 * @now:	microseconds
 *
 * Return: its octets. [R8985-CC]
 */
u32 atcp_deem_lost(struct atcp_tcb *tcb, unsigned int i, u64 now)
{
	const struct atcp_cc_ops *ops = atcp_cc_get(tcb->cc.algo);
	struct atcp_board *b = &tcb->board;
	const struct atcp_sent *run = atcp_board_peek(b) + i;
	struct atcp_cc_lost lost = {
		.now = now,
		.octets = atcp_run_end(b, i) - run->seq,
		.tx_in_flight = run->in_flight,
		.app_limited = run->flags & ATCP_APP_LIMITED,
	};

	atcp_board_set(b, i, run->flags | ATCP_LOST);
	tcb->rate.lost += lost.octets;
	if (ops->lost) {
		lost.lost = tcb->rate.lost - run->lost;
		lost.total_lost = tcb->rate.lost;
		ops->lost(&tcb->cc, &lost);
	}
	return lost.octets;
}

/**
 * atcp_deem_lost_upto() - what the peer is not known to have of what lies before
 * @tcb:	the connection
 * @end:	this octet
 * @now:	microseconds
 *
 * Return: octets newly deemed lost.
 */
u32 atcp_deem_lost_upto(struct atcp_tcb *tcb, u32 end, u64 now)
{
	struct atcp_board *b = &tcb->board;
	unsigned int i;
	u32 lost = 0;

	if (seq_lt(end, b->end))
		atcp_board_cut(b, end);
	for (i = 0; i < b->n && seq_lt(atcp_board_peek(b)[i].seq, end); i++)
		if (!(atcp_board_peek(b)[i].flags & (ATCP_SACKED | ATCP_LOST)))
			lost += atcp_deem_lost(tcb, i, now);
	return lost;
}

/**
 * atcp_recovery_resend() - send all that is outstanding again
 * @tcb:	the connection
 *
 * Not for congestion: the segments were too big for the path, or the window was
 * closed when they came.
 */
void atcp_recovery_resend(struct atcp_tcb *tcb)
{
	struct atcp_board *b = &tcb->board;
	unsigned int i;

	atcp_mtu_probe_forget(tcb);
	for (i = 0; i < b->n; i++) {
		u8 flags = atcp_board_peek(b)[i].flags;

		/* What comes now may answer either copy (Karn). */
		if (!(flags & ATCP_SACKED))
			atcp_board_set(b, i, flags | ATCP_LOST | ATCP_AGAIN);
	}
}

/* ---- states ---- */

static void lower_ssthresh(struct atcp_tcb *tcb, u32 flight, bool timeout, bool ecn)
{
	const struct atcp_cc_ops *ops = atcp_cc_get(tcb->cc.algo);
	struct atcp_cc_loss loss = { .flight = flight, .timeout = timeout, .ecn = ecn };

	/* Once a window, be it for marks or for a loss (RFC 3168, 6.1.2). */
	if (tcb->ecn.reducing && seq_lt(tcb->snd.una, tcb->ecn.recover))
		return;
	atcp_ecn_reduced(tcb);
	tcb->cc.ssthresh = ops->ssthresh(&tcb->cc, &loss);
}

/**
 * atcp_recovery_enter() - congestion was found: once for one window of text
 * @tcb:	the connection, in ATCP_OPEN or ATCP_REDUCING
 * @state:	ATCP_FAST_RECOVERY or ATCP_REDUCING
 * @a:		the ACK that told of it, or NULL
 * @fx:		effects
 *
 * [R6675-ENTER] Source: RFC 6675, 5, (4); RFC 9937, 6.1.
 */
void atcp_recovery_enter(struct atcp_tcb *tcb, enum atcp_recovery state,
			 const struct atcp_ack *a, struct atcp_fx *fx)
{
	/* With what this ACK acknowledges: the loss was among all of it. */
	u32 flight = tcb->snd.nxt - (a ? a->una : tcb->snd.una);

	if (tcb->rec.state == ATCP_OPEN) {
		atcp_undo_begin(tcb);
		/* What limited transmit sent, beyond cwnd, MUST NOT be counted. */
		lower_ssthresh(tcb, min(flight, tcb->cc.cwnd), false, false);
		atcp_prr_start(tcb, a);
	}
	tcb->rec.recover = tcb->snd.nxt;
	tcb->rec.state = state;
	if (state == ATCP_FAST_RECOVERY)
		atcp_cc_tell(&tcb->cc, ATCP_CC_RECOVERY, a ? a->now : tcb->last_snd);
}

/**
 * atcp_recovery_cwr() - congestion was echoed
 * @tcb:	the connection, in ATCP_OPEN
 *
 * As for a loss, but that nothing is to be sent again, nor will it turn out to have
 * been for nothing; and where cwnd is no more than the least that ssthresh may be,
 * one segment is left of it. [R3168-RESP] [R9438-ECE1]
 * Source: RFC 3168, 6.1.2; RFC 9438, 4.6.
 */
void atcp_recovery_cwr(struct atcp_tcb *tcb)
{
	lower_ssthresh(tcb, min(tcb->snd.nxt - tcb->snd.una, tcb->cc.cwnd), false, true);
	if (tcb->cc.cwnd <= 2 * tcb->cc.mss) {
		tcb->cc.cwnd = min(tcb->cc.cwnd, tcb->cc.mss);
		return;
	}
	atcp_prr_start(tcb, NULL);
	tcb->rec.recover = tcb->snd.nxt;
	tcb->rec.state = ATCP_REDUCING;
}

/**
 * atcp_recovery_leave() - all that was outstanding when it began has arrived
 * @tcb:	the connection; cwnd is what it is to be
 * @now:	microseconds
 */
void atcp_recovery_leave(struct atcp_tcb *tcb, u64 now)
{
	if (tcb->rec.state != ATCP_REDUCING)
		atcp_rack_recovered(tcb);
	tcb->rec.state = ATCP_OPEN;
	tcb->rec.dupacks = 0;
	tcb->rec.frto = 0;
	atcp_cc_tell(&tcb->cc, ATCP_CC_RECOVERED, now);
}

static void undo(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	atcp_undo(tcb, now);
	atcp_fx_event(fx, ATCP_EV_UNDO);
}

/* ---- with SACK ---- */

static void enter_sack_recovery(struct atcp_tcb *tcb, const struct atcp_ack *a,
				struct atcp_fx *fx)
{
	atcp_recovery_enter(tcb, ATCP_FAST_RECOVERY, a, fx);
	atcp_fx_event(fx, ATCP_EV_SACK_RECOVERY);
}

/*
 * RFC 6675, 5, (A): past RecoveryPoint. What lies higher stays as it is. [R6675-EXIT]
 * Return: true when it was for nothing.
 */
static bool leave_sack_recovery(struct atcp_tcb *tcb, const struct atcp_seg *seg,
				const struct atcp_ack *a, struct atcp_fx *fx)
{
	bool undone = tcb->rec.state == ATCP_FAST_RECOVERY && atcp_undo_shown(tcb, seg);

	if (undone)
		undo(tcb, a->now, fx);
	else if (!atcp_cc_get(tcb->cc.algo)->control)
		atcp_prr_end(tcb);
	atcp_recovery_leave(tcb, a->now);
	return undone;
}

/* Text above SND.UNA was found to be lost, be it that it went again since. */
static bool still_lost(const struct atcp_board *b)
{
	u32 i;

	for (i = 0; i < b->n; i++) {
		u8 flags = atcp_board_peek(b)[i].flags;

		if (!(flags & ATCP_SACKED) && flags & (ATCP_LOST | ATCP_AGAIN))
			return true;
	}
	return false;
}

/*
 * What was lost above RecoveryPoint was sent after cwnd was reduced: that was not enough,
 * and it is reduced once more.  A part went again before, in what has just ended, so that
 * nothing could show later that this reduction was for nothing.
 */
static void recover_again(struct atcp_tcb *tcb, const struct atcp_ack *a, struct atcp_fx *fx)
{
	if (!still_lost(&tcb->board))
		return;
	enter_sack_recovery(tcb, a, fx);
	tcb->undo.on = 0;
}

/* Nothing was lost: all of it was late only. */
static bool all_was_late(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			 const struct atcp_ack *a, struct atcp_fx *fx)
{
	if (!a->advanced || !atcp_undo_shown(tcb, seg))
		return false;
	undo(tcb, a->now, fx);
	atcp_board_forgive(&tcb->board, ATCP_LOST);
	atcp_recovery_leave(tcb, a->now);
	return true;
}

/* [R6675-DUPACK] [R5681-LT-SACK]: what brings news is one, whatever else it carries. */
static void count_duplicates(struct atcp_tcb *tcb, const struct atcp_ack *a)
{
	if (a->advanced)
		tcb->rec.dupacks = 0;
	else if (a->sacked && tcb->rec.dupacks < U8_MAX)
		tcb->rec.dupacks++;
}

/* All that is lost was a probe of the path's MTU: it is sent again, and that is all. */
static bool only_a_probe(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	struct atcp_board *b = &tcb->board;
	u32 left;

	if (likely(!tcb->mtu.size) || tcb->rec.state != ATCP_OPEN)
		return false;
	left = atcp_board_lost_seq(b);
	if (atcp_board_lost_len(b, left) != b->lost)
		left = tcb->snd.una - 1;	/* in several places */
	if (!atcp_mtu_probe_lost(tcb, left, left + b->lost, fx))
		return false;
	/* It was one segment, though larger than what counts as one: all of it. */
	if (tcb->mtu.left == tcb->snd.una)
		atcp_deem_lost_upto(tcb, tcb->mtu.right, now);
	return true;
}

/* Past RecoveryPoint; @a: the ACK. */
static void end_episode(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			const struct atcp_ack *a, struct atcp_fx *fx)
{
	bool losses = tcb->rec.state == ATCP_FAST_RECOVERY;

	if (!leave_sack_recovery(tcb, seg, a, fx) && losses)
		recover_again(tcb, a, fx);
}

/* In ATCP_OPEN a D-SACK may show, late, that the last recovery was for nothing. */
static void sack_acked(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		       struct atcp_fx *fx)
{
	if (tcb->rec.state != ATCP_OPEN && seq_geq(tcb->snd.una, tcb->rec.recover))
		end_episode(tcb, seg, a, fx);
	else if (tcb->rec.state == ATCP_FAST_RECOVERY && all_was_late(tcb, seg, a, fx))
		return;
	else if (tcb->rec.state == ATCP_OPEN && a->dsack && atcp_undo_shown(tcb, seg))
		undo(tcb, a->now, fx);
	if (tcb->rec.state != ATCP_FAST_RECOVERY && a->lost && !only_a_probe(tcb, a->now, fx))
		enter_sack_recovery(tcb, a, fx);
}

/*
 * The ACK field stands where the peer has told that it has more: it threw that away
 * (RFC 2018, section 8).  A time-out, soon, sends all again. [R2018-RENEGE]
 */
static void check_reneging(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	u64 soon = now + max_t(u64, tcb->rtt.srtt / 2, 10 * ATCP_MSEC);

	if (!tcb->board.n || !(atcp_board_peek(&tcb->board)->flags & ATCP_SACKED))
		return;
	if (!atcp_armed(tcb, ATCP_TIMER_RETRANSMIT) ||
	    tcb->deadline[ATCP_TIMER_RETRANSMIT] <= soon)
		return;
	atcp_arm(tcb, ATCP_TIMER_RETRANSMIT, soon);
	atcp_fx_event(fx, ATCP_EV_RENEGING);
}

/* ---- after a time-out ---- */

static void leave_loss(struct atcp_tcb *tcb, const struct atcp_seg *seg,
		       const struct atcp_ack *a, struct atcp_fx *fx)
{
	bool undone = atcp_undo_shown(tcb, seg);

	if (undone)
		undo(tcb, a->now, fx);
	atcp_recovery_leave(tcb, a->now);
	if (!undone && tcb->opts_on & ATCP_OPT_SACK_PERM)
		recover_again(tcb, a, fx);
}

static void timeout_was_spurious(struct atcp_tcb *tcb, const struct atcp_ack *a,
				 struct atcp_fx *fx)
{
	undo(tcb, a->now, fx);
	atcp_board_forgive(&tcb->board, ATCP_LOST);
	atcp_fx_event(fx, ATCP_EV_SPURIOUS_TIMEOUT);
	atcp_recovery_leave(tcb, a->now);
}

/*
 * Without SACK what was acknowledged together with the copy may have been waiting for
 * it: only an ACK of nothing that was sent again shows that.
 */
static bool original_arrived(const struct atcp_tcb *tcb, const struct atcp_ack *a)
{
	return a->orig && (tcb->opts_on & ATCP_OPT_SACK_PERM || !a->again);
}

/*
 * F-RTO (RFC 5682, 2.1 and 3.1): is there text that was never sent again, and arrives?
 * Then the time-out was spurious.  To see it, new text goes before old.
 * Return: true when that was the end of it. [R5682-BASIC] [R5682-SACK]
 */
static bool frto(struct atcp_tcb *tcb, const struct atcp_ack *a, struct atcp_fx *fx)
{
	bool probed = seq_gt(tcb->snd.nxt, tcb->rec.recover);

	if (original_arrived(tcb, a) && tcb->undo.on) {		/* (3.b) [R5682-3] */
		timeout_was_spurious(tcb, a, fx);
		return true;
	}
	if (probed) {
		if (a->sacked || a->duplicate)			/* (3.a): lost, then */
			tcb->rec.frto = 0;
	} else if (a->advanced && seq_lt(tcb->snd.una, tcb->rec.recover)) {
		tcb->rec.hold = 1;				/* (2.b) [R5682-2B] */
	} else if (a->duplicate) {
		tcb->rec.frto = 0;				/* (2.a) [R5682-2A] */
	}
	return false;
}

/* [R6675-POSTRTO] */
static void loss_acked(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		       struct atcp_fx *fx)
{
	if (a->advanced && atcp_undo_shown(tcb, seg)) {
		timeout_was_spurious(tcb, a, fx);
		return;
	}
	if (tcb->rec.frto && frto(tcb, a, fx))
		return;
	if (seq_geq(tcb->snd.una, tcb->rec.recover))
		leave_loss(tcb, seg, a, fx);
}

/* ---- how much may be sent ---- */

static struct atcp_cc_ack told_of(const struct atcp_tcb *tcb, const struct atcp_ack *a)
{
	struct atcp_cc_ack ack = {
		.now = a->now,
		.acked = a->text,
		.flight = a->flight,
		.una = tcb->snd.una,
		.nxt = tcb->snd.nxt,
		.srtt_us = tcb->rtt.srtt,
		.rtt_us = tcb->rtt.latest,
		.delivered = a->delivered,
		.total_delivered = tcb->rate.delivered,
		.lost = a->lost,
		.total_lost = tcb->rate.lost,
		.inflight = atcp_flight(tcb),
		.ce = atcp_ecn_told(tcb, a->delivered),
		.ece = tcb->ecn.ece,
		.recovery = tcb->rec.state == ATCP_FAST_RECOVERY || tcb->rec.state == ATCP_LOSS,
		.sack = tcb->opts_on & ATCP_OPT_SACK_PERM,
		.cwnd_limited = tcb->cwnd_limited,
		.rate = a->rate,
	};

	ack.rate.lost += a->lost;	/* the sample was taken before they were found */
	return ack;
}

static void let_grow(struct atcp_tcb *tcb, const struct atcp_ack *a, struct atcp_cc_ack *ack)
{
	/* In slow start a window half used is about to be needed. */
	ack->cwnd_limited |= tcb->cc.cwnd < tcb->cc.ssthresh && tcb->cc.cwnd / 2 < a->flight;
	atcp_cc_acked(&tcb->cc, ack);
}

/*
 * The octets that an ACK of progress lets the window grow by.  After a time-out, where
 * the peer does not tell what it has, one that acknowledges much was not much news
 * (RFC 3465, 2.3: L = 1 * SMSS); nor is one that tells of much that was sent before.
 */
static u32 growth(const struct atcp_tcb *tcb, const struct atcp_ack *a,
		  enum atcp_recovery was)
{
	bool sack = tcb->opts_on & ATCP_OPT_SACK_PERM;

	if (!a->advanced && !tcb->rack.reordering)
		return 0;
	if (was != ATCP_LOSS)
		return sack ? a->delivered : a->text;
	return sack ? min(a->delivered, max(a->text, tcb->cc.mss)) : min(a->text, tcb->cc.mss);
}

/*
 * @was: the state before; the ACK that ends a reduction does not undo a part of it, nor
 * does any in a window of which marks were told.
 */
static void control(struct atcp_tcb *tcb, const struct atcp_ack *a, enum atcp_recovery was)
{
	const struct atcp_cc_ops *ops = atcp_cc_get(tcb->cc.algo);
	struct atcp_cc_ack ack;

	if (ops->seen) {
		ack = told_of(tcb, a);
		ops->seen(&tcb->cc, &ack);
	}
	if (ops->control) {
		ack = told_of(tcb, a);
		ops->control(&tcb->cc, &ack);
		return;
	}
	switch (tcb->rec.state) {
	case ATCP_FAST_RECOVERY:
		if (tcb->opts_on & ATCP_OPT_SACK_PERM)
			atcp_prr_acked(tcb, a->delivered, a->advanced && !a->lost);
		break;
	case ATCP_REDUCING:
		atcp_prr_acked(tcb, a->delivered, a->advanced && !a->lost);
		break;
	default:
		if (was == ATCP_FAST_RECOVERY || was == ATCP_REDUCING || tcb->ecn.reducing)
			break;
		if (!growth(tcb, a, was))
			break;
		ack = told_of(tcb, a);
		ack.acked = growth(tcb, a, was);
		let_grow(tcb, a, &ack);
		break;
	}
}

/* A probe of the tail repaired a loss: that is congestion as any loss is. */
static void reduce_for_probe(struct atcp_tcb *tcb, const struct atcp_ack *a, struct atcp_fx *fx)
{
	atcp_fx_event(fx, ATCP_EV_LOSS_PROBE_RECOVERY);
	if (tcb->rec.state != ATCP_OPEN)
		return;
	atcp_recovery_enter(tcb, ATCP_REDUCING, a, fx);
	atcp_prr_end(tcb);
	atcp_recovery_leave(tcb, a->now);
}

/* ---- doors ---- */

/**
 * atcp_recovery_acked() - an acceptable ACK arrived, and all that it delivers was seen
 * @tcb:	the connection, SND.UNA and the scoreboard moved
 * @seg:	the ACK
 * @a:		what it tells
 * @fx:		effects
 */
void atcp_recovery_acked(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			 struct atcp_ack *a, struct atcp_fx *fx)
{
	bool sack = tcb->opts_on & ATCP_OPT_SACK_PERM;
	enum atcp_recovery was = tcb->rec.state;

	tcb->rec.hold = 0;
	atcp_rate_sample(tcb, a);
	if (sack) {
		count_duplicates(tcb, a);
		if (atcp_tlp_acked(tcb, a))
			reduce_for_probe(tcb, a, fx);
		a->lost = atcp_detect_losses(tcb, a);
	}
	if (tcb->rec.state == ATCP_LOSS)
		loss_acked(tcb, seg, a, fx);
	else if (sack)
		sack_acked(tcb, seg, a, fx);
	else
		atcp_newreno_acked(tcb, seg, a, fx);
	if (sack)
		check_reneging(tcb, a->now, fx);
	if (tcb->rec.state == ATCP_OPEN)	/* near enough never to be "ahead" after 2 GiB */
		tcb->rec.recover = seq_max(tcb->rec.recover, tcb->snd.una - 1);
	control(tcb, a, was);
	if (unlikely(tcb->snd.cwnd_clamp))
		tcb->cc.cwnd = min(tcb->cc.cwnd, max(tcb->snd.cwnd_clamp, tcb->cc.mss));
}

/**
 * atcp_recovery_reordered() - the reordering timer: what was waited for is lost
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * Source: RFC 8985, 6.2.
 */
void atcp_recovery_reordered(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	struct atcp_ack a;

	atcp_ack_begin(tcb, &a, now);
	a.lost = atcp_rack_detect(tcb, now);
	if (!a.lost || only_a_probe(tcb, now, fx))
		return;
	if (tcb->rec.state == ATCP_OPEN || tcb->rec.state == ATCP_REDUCING)
		enter_sack_recovery(tcb, &a, fx);
	if (tcb->rec.state == ATCP_FAST_RECOVERY && !atcp_cc_get(tcb->cc.algo)->control)
		atcp_prr_acked(tcb, tcb->cc.mss, false);
}

/*
 * RFC 8985, 6.3: the first, and what RACK would say is overdue; what was sent of late
 * may still arrive. [R8985-RTOMARK] [R6675-RTO]
 */
static void deem_timed_out(struct atcp_tcb *tcb, u64 now)
{
	struct atcp_board *b = &tcb->board;
	bool rack = tcb->opts_on & ATCP_OPT_SACK_PERM && tcb->p.recovery & ATCP_RACK;
	unsigned int i;

	if (b->n && atcp_board_peek(b)->flags & ATCP_SACKED)
		atcp_board_forgive(b, ATCP_SACKED);	/* [R2018-RTO] */
	for (i = 0; i < b->n; i++) {
		const struct atcp_sent *run = atcp_board_peek(b) + i;

		if (run->flags & (ATCP_SACKED | ATCP_LOST) ||
		    (i && rack && atcp_rack_overdue(tcb, run, now)))
			continue;
		atcp_deem_lost(tcb, i, now);
	}
}

/**
 * atcp_recovery_timeout() - the retransmission timer expired
 * @tcb:	the connection
 * @now:	microseconds
 *
 * What is outstanding is deemed lost, and sent again as slow start allows.
 * [R5681-RTOSSTH2] [R5681-LW]
 * Source: RFC 5681, 3.1, equation (4); RFC 6582, 4; RFC 6298, (5.4).
 */
void atcp_recovery_timeout(struct atcp_tcb *tcb, u64 now)
{
	bool anew = tcb->rec.state == ATCP_OPEN || tcb->rec.state == ATCP_REDUCING;

	if (!tcb->rec.retries) {		/* once for one loss */
		if (anew || seq_geq(tcb->snd.una, tcb->rec.recover))
			atcp_undo_begin(tcb);
		lower_ssthresh(tcb, tcb->snd.nxt - tcb->snd.una, true, false);
	}
	/* Not when recovery was under way already (RFC 5682, 3.1). */
	tcb->rec.frto = tcb->p.frto && (anew || tcb->rec.frto);
	tcb->rec.hold = 0;
	tcb->rec.state = ATCP_LOSS;
	tcb->rec.dupacks = 0;
	tcb->rec.recover = tcb->snd.nxt;
	tcb->tlp.on = 0;
	atcp_disarm(tcb, ATCP_TIMER_TAIL);
	atcp_disarm(tcb, ATCP_TIMER_REORDER);
	deem_timed_out(tcb, now);
	tcb->cc.cwnd = atcp_flight(tcb) + tcb->cc.mss;
	atcp_cc_tell(&tcb->cc, ATCP_CC_TIMEOUT, now);
}

/**
 * atcp_recovery_cwnd() - what may be in flight now
 * @tcb:	the connection
 *
 * cwnd, and where the peer does not tell what it has, two segments more on the first
 * two duplicate ACKs (RFC 3042).
 * Return: octets. [R5681-LT] [R3042-LT]
 */
u32 atcp_recovery_cwnd(const struct atcp_tcb *tcb)
{
	if (tcb->rec.state != ATCP_OPEN || tcb->opts_on & ATCP_OPT_SACK_PERM)
		return tcb->cc.cwnd;
	return tcb->cc.cwnd + min_t(u32, tcb->rec.dupacks, 2) * tcb->cc.mss;
}
