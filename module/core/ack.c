// SPDX-License-Identifier: GPL-2.0
/*
 * The fifth check of SEGMENT ARRIVES: the ACK field.
 *
 * RFC 9293 section 3.10.7.4 and 3.8.6 (window); RFC 5961 section 5; RFC 6298
 * section 5 (timer); RFC 7323 section 4 (round-trip time); RFC 5681 section 2
 * (what a duplicate ACK is).
 */

#include <atcp/core.h>

#define QUICK_ACKS	16	/* a peer in slow start wants its ACKs */

/* Of what was acknowledged, the octets that are text: not SYN, not FIN. */
static u32 text_acked(const struct atcp_tcb *tcb, u32 ack)
{
	bool fin = tcb->fin && ack == tcb->snd.end + 1;

	return ack - tcb->snd.una - atcp_syn_unacked(tcb) - fin;
}

/* Whatever the window: no probe is owed when nothing waits for it. */
static void stop_persist(struct atcp_tcb *tcb)
{
	tcb->persisting = 0;
	tcb->rec.probes = 0;
	atcp_disarm(tcb, ATCP_TIMER_PERSIST);
}

/* [R6298-STOP] [R6298-REARM] [R6298-EARLY] */
static void restart_timers(struct atcp_tcb *tcb, u64 now)
{
	atcp_disarm(tcb, ATCP_TIMER_RETRANSMIT);
	if (tcb->snd.una == tcb->snd.end + tcb->fin)
		stop_persist(tcb);
	if (tcb->snd.una != tcb->snd.nxt)	/* RFC 6298, (5.2), (5.3) */
		atcp_arm_retransmit(tcb, now);
	atcp_disarm(tcb, ATCP_TIMER_USER);
	atcp_arm_user(tcb, now);
}

/* SND.UNA = SEG.ACK. [R2018-RENEGE] [R6675-KEEP] */
static void advance(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		    struct atcp_fx *fx)
{
	a->text = text_acked(tcb, seg->ack);
	a->syn = atcp_syn_unacked(tcb);
	atcp_ack_cumulative(tcb, seg, a);
	tcb->snd.una = seg->ack;
	tcb->syn_acked = 1;
	atcp_ecn_advanced(tcb);
	/* A mark left behind would be "ahead" again after 2 GiB. */
	tcb->snd.small = seq_max(tcb->snd.small, tcb->snd.una);
	tcb->rec.retries = 0;
	if (tcb->snd_urgent && seq_geq(tcb->snd.una, tcb->snd.up))
		tcb->snd_urgent = 0;
	tcb->octets_acked += a->text;
	fx->acked = a->text;
	if (a->text) {
		fx->wake |= ATCP_WAKE_WRITE;
		atcp_mtu_probe_acked(tcb, fx);
	}
}

/* What of an ACK is for the sender of text: what is delivered, what lost, how fast. */
static void delivers(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		     struct atcp_fx *fx)
{
	atcp_ack_sack(tcb, seg, a, fx);
	atcp_ack_rtt(tcb, seg, a);
	if (a->advanced)
		restart_timers(tcb, a->now);
	if (a->syn)
		return;
	atcp_recovery_acked(tcb, seg, a, fx);
	if (a->advanced || a->sacked)
		atcp_tlp_schedule(tcb, a->now);
}

/**
 * atcp_una_advance() - SND.UNA = SEG.ACK
 * @tcb:	the connection
 * @seg:	SND.UNA < SEG.ACK =< SND.NXT
 * @now:	microseconds
 * @fx:		effects
 *
 * Source: RFC 9293, 3.10.7.4, fifth check.
 */
void atcp_una_advance(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		      struct atcp_fx *fx)
{
	struct atcp_ack a;

	atcp_ack_begin(tcb, &a, now);
	advance(tcb, seg, &a, fx);
	delivers(tcb, seg, &a, fx);
}

/**
 * atcp_established() - the connection has just entered ESTABLISHED
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * A CLOSE that waited in SYN-RECEIVED for its text to go first is carried out.
 * [R5681-IWHS] [R5681-IWLOSS]
 */
void atcp_established(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	u32 mss;

	atcp_mtu_init(tcb, now);
	mss = atcp_eff_mss(tcb);
	if (!tcb->rtt.srtt)
		atcp_rto_init(tcb);
	tcb->rec.backoff = 0;
	atcp_cc_init(&tcb->cc, tcb->p.cc, mss);
	tcb->cc.cwnd = atcp_initial_window(tcb);
	if (tcb->rec.syn_backoff || tcb->ecn.syn_ce)	/* RFC 5681, 3.1 */
		tcb->cc.cwnd = mss;
	tcb->quick_acks = QUICK_ACKS;
	tcb->rcv.round_start = now;
	atcp_uto_adopt(tcb, now);
	atcp_arm_keepalive(tcb, now);
	fx->wake |= ATCP_WAKE_STATE | ATCP_WAKE_WRITE;
	if (tcb->fin)
		atcp_set_state(tcb, ATCP_FIN_WAIT_1, fx);
}

/* The window opened: what probes carried was refused, so send it again. */
static void window_opened(struct atcp_tcb *tcb)
{
	stop_persist(tcb);
	if (tcb->snd.nxt != tcb->snd.una)
		atcp_recovery_resend(tcb);
}

/**
 * atcp_set_window() - SND.WND, SND.WL1, SND.WL2 and MAX.SND.WND
 * @tcb:	the connection
 * @seg:	where the window was told
 * @wnd:	octets, scaled
 *
 * [R5961-MAXWND]
 */
void atcp_set_window(struct atcp_tcb *tcb, const struct atcp_seg *seg, u32 wnd)
{
	tcb->snd.wnd = wnd;
	tcb->snd.wl1 = seg->seq;
	tcb->snd.wl2 = seg->ack;
	tcb->snd.max_wnd = max(tcb->snd.max_wnd, wnd);
	if (wnd && tcb->persisting)
		window_opened(tcb);
}

/*
 * "... the send window should be updated", unless the segment is an old one. One
 * that acknowledges anew is not old, whatever WL1 says: else a single segment
 * far ahead would close a window that its sender could never open again.
 * [R9293-WUPD] [R7323-WSSHIFT]
 */
static void update_window(struct atcp_tcb *tcb, const struct atcp_seg *seg, bool acks)
{
	if (seq_lt(seg->ack, tcb->snd.una))
		return;
	if (acks || seq_lt(tcb->snd.wl1, seg->seq) ||
	    (tcb->snd.wl1 == seg->seq && seq_leq(tcb->snd.wl2, seg->ack)))
		atcp_set_window(tcb, seg, (u32)seg->wnd << tcb->snd.wscale);
}

/*
 * RFC 5681, section 2; where SACK is on, its blocks say it better.  A closed window is
 * answered by probes, whose answers tell of no loss. [R5681-DUPDEF]
 */
static bool duplicate_ack(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return seg->ack == tcb->snd.una && tcb->snd.una != tcb->snd.nxt && !seg->text &&
	       !(seg->ctl & ATCP_FIN) && tcb->snd.wnd &&
	       (u32)seg->wnd << tcb->snd.wscale == tcb->snd.wnd;
}

/* Our SYN is not acknowledged yet: only an ACK of it shows who is there. */
static bool ack_of_syn(const struct atcp_tcb *tcb, u32 ack)
{
	return seq_gt(ack, tcb->snd.una) && seq_leq(ack, tcb->snd.nxt);
}

/* SYN-RECEIVED: the ACK completes the handshake. [R9293-ESTVARS] */
static bool ack_syn_received(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			     u64 now, struct atcp_fx *fx)
{
	atcp_set_window(tcb, seg, (u32)seg->wnd << tcb->snd.wscale);
	atcp_accecn_first_ack(tcb, seg);
	atcp_una_advance(tcb, seg, now, fx);
	atcp_fastopen_answered(tcb, fx);
	atcp_set_state(tcb, ATCP_ESTABLISHED, fx);
	atcp_established(tcb, now, fx);
	return true;
}

/*
 * RFC 5961, 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT, but nothing below the
 * first octet ever sent: where little was, a blind attacker has to guess that (D-29).
 * By distance: half of all numbers away, an ACK compares as ahead and as behind at once.
 * [MAY-12] [R5961-ACK]
 */
static bool ack_in_range(const struct atcp_tcb *tcb, u32 ack)
{
	u64 acked = tcb->octets_acked + atcp_fin_acked(tcb);
	u32 back = (u32)min_t(u64, tcb->snd.max_wnd, acked);

	return tcb->snd.nxt - ack <= tcb->snd.nxt - tcb->snd.una + back;
}

/* What every synchronized state does with an ACK. [R6429-ZWP] */
static void ack_established(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			    u64 now, struct atcp_fx *fx)
{
	struct atcp_ack a;

	atcp_ack_begin(tcb, &a, now);
	atcp_ecn_ack_in(tcb, seg, now, fx);	/* before the window grows */
	if (seq_gt(seg->ack, tcb->snd.una)) {
		advance(tcb, seg, &a, fx);
		delivers(tcb, seg, &a, fx);
	} else if (tcb->snd.una != tcb->snd.nxt) {
		a.duplicate = duplicate_ack(tcb, seg);
		delivers(tcb, seg, &a, fx);
	}
	atcp_ecn_ack_done(tcb, fx);
	update_window(tcb, seg, a.advanced);
	if (tcb->persisting)		/* the peer lives: probe on [MUST-37] */
		tcb->rec.retries = 0;
	tcb->last_ack = now;
}

/* TIME-WAIT: "the only thing that can arrive is a retransmission of the FIN" */
static void ack_time_wait(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now)
{
	if (!(seg->ctl & ATCP_FIN))
		return;
	atcp_start_time_wait(tcb, now);
	atcp_ack_now(tcb);
}

/**
 * atcp_ack_acceptable() - fifth, check the ACK field: may it be believed?
 * @tcb:	the connection
 * @seg:	the segment; the ACK bit is on
 * @now:	microseconds
 * @fx:		effects: the answer to one that may not
 *
 * Source: RFC 9293, 3.10.7.4; RFC 5961, 5.2. Return: false to drop the segment.
 */
bool atcp_ack_acceptable(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
			 struct atcp_fx *fx)
{
	/* Also in FIN-WAIT-1, when CLOSE was called in SYN-RECEIVED. */
	if (atcp_syn_unacked(tcb) ? ack_of_syn(tcb, seg->ack) : ack_in_range(tcb, seg->ack))
		return true;
	if (tcb->state == ATCP_SYN_RECEIVED)
		atcp_reply_rst(tcb, seg, now, fx);
	else			/* a synchronized state sends no RST (3.5.2) */
		atcp_challenge_ack(tcb, now, fx);
	return false;
}

/**
 * atcp_check_ack() - fifth, check the ACK field: what it acknowledges
 * @tcb:	the connection
 * @seg:	the segment, whose ACK field is acceptable
 * @now:	microseconds
 * @fx:		effects
 *
 * [R9293-RSTGEN2] [R9293-RSTGEN3]
 * Source: RFC 9293, 3.10.7.4.
 * Return: true to go on with the sixth check.
 */
bool atcp_check_ack(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		    struct atcp_fx *fx)
{
	if (tcb->state == ATCP_SYN_RECEIVED)
		return ack_syn_received(tcb, seg, now, fx);

	switch (tcb->state) {
	case ATCP_ESTABLISHED:
	case ATCP_FIN_WAIT_2:
	case ATCP_CLOSE_WAIT:
		ack_established(tcb, seg, now, fx);
		return true;
	case ATCP_FIN_WAIT_1:
		ack_established(tcb, seg, now, fx);
		if (atcp_fin_acked(tcb)) {
			atcp_set_state(tcb, ATCP_FIN_WAIT_2, fx);
			fx->wake |= ATCP_WAKE_STATE;
			atcp_start_fin_wait_2(tcb, now);
		}
		return true;
	case ATCP_CLOSING:
		ack_established(tcb, seg, now, fx);
		if (atcp_fin_acked(tcb)) {
			atcp_set_state(tcb, ATCP_TIME_WAIT, fx);
			atcp_start_time_wait(tcb, now);
			fx->wake |= ATCP_WAKE_STATE;
		}
		return false;
	case ATCP_LAST_ACK:
		ack_established(tcb, seg, now, fx);
		if (atcp_fin_acked(tcb))
			atcp_to_closed(tcb, 0, fx);
		return false;
	case ATCP_TIME_WAIT:
		ack_time_wait(tcb, seg, now);
		return false;
	default:
		return false;
	}
}
