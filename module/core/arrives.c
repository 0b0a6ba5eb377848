// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES, in CLOSED, LISTEN and SYN-SENT; the other states have their
 * numbered checks in checks.c.
 *
 * RFC 9293 sections 3.10.7.1 to 3.10.7.3; RFC 5961 section 3.2 (RST in
 * SYN-SENT); RFC 7323 sections 2.2 and 3.2 (negotiation).
 */

#include <atcp/core.h>

/**
 * atcp_arrives_closed() - a segment for which there is no connection
 * @seg:	the segment
 * @fx:		gets the RST
 *
 * [R9293-RSTGEN1]
 * Source: RFC 9293, 3.10.7.1.
 */
void atcp_arrives_closed(const struct atcp_seg *seg, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_SEGMENT;
	if (!(seg->ctl & ATCP_RST))
		atcp_reply_rst(NULL, seg, 0, fx);
}

/**
 * atcp_syn_options() - what the peer's SYN offers, and we agree to
 * @tcb:	the connection
 * @seg:	a SYN or SYN,ACK
 * @now:	microseconds
 *
 * An option is on when both SYNs had it.  Source: RFC 9293, 3.7.1; RFC 7323,
 * 2.2 and 3.2; RFC 2018, 2.
 * [R7323-WSBOTH] [R7323-TSNEG] [R7323-WSNONSYN] [R2018-ONLYIF]
 */
void atcp_syn_options(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now)
{
	const struct atcp_opts *opt = &seg->opt;
	u32 f = tcb->p.features;
	bool sack = f & ATCP_F_SACK &&
		    (tcb->state == ATCP_SYN_SENT || opt->have & ATCP_OPT_SACK_PERM);

	tcb->opts_on = 0;
	tcb->snd.mss_peer = opt->have & ATCP_OPT_MSS ? opt->mss : 0;
	if (opt->have & ATCP_OPT_WSCALE && f & ATCP_F_WSCALE) {
		tcb->opts_on |= ATCP_OPT_WSCALE;
		tcb->snd.wscale = opt->wscale;
	} else {
		tcb->snd.wscale = 0;
		tcb->rcv.wscale = 0;
	}
	if (opt->have & ATCP_OPT_TS && f & ATCP_F_TIMESTAMPS && atcp_ts_fits(tcb, sack)) {
		tcb->opts_on |= ATCP_OPT_TS;
		tcb->ts.recent = opt->tsval;
		tcb->ts.recent_age = atcp_seconds(now);
	}
	if (opt->have & ATCP_OPT_SACK_PERM && f & ATCP_F_SACK)
		tcb->opts_on |= ATCP_OPT_SACK_PERM;
	atcp_mss_changed(tcb);
}

/* RCV.NXT and RCV.WND start at the peer's SYN. [R7323-WSSYNWND] */
static void take_syn(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now)
{
	tcb->rcv.irs = seg->seq;
	tcb->rcv.nxt = seg->seq + 1;
	tcb->rcv.up = tcb->rcv.nxt;
	tcb->rcv.last_ack_sent = tcb->rcv.nxt;
	tcb->last_rcv = now;
	atcp_syn_options(tcb, seg, now);
	atcp_ecn_syn_in(tcb, seg);
	/* The window of a SYN is never scaled (RFC 7323, 2.2). */
	atcp_set_window(tcb, seg, seg->wnd);
	atcp_uto_arrives(tcb, &seg->opt, now);
}

static void enter_syn_received(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	tcb->send |= ATCP_SEND_SYN;
	atcp_set_state(tcb, ATCP_SYN_RECEIVED, fx);
	atcp_disarm(tcb, ATCP_TIMER_RETRANSMIT);
	atcp_arm_user(tcb, now);
}

/*
 * 3.10.7.2.  The TCB is the child's own, a copy of the listener's.  Text and
 * FIN on a SYN are not taken: the peer sends them again; but for the text of one
 * with a good cookie (RFC 7413).
 * [R9293-RSTGEN2] [R9293-NOEARLY] [R4987-DATA]
 */
static void arrives_listen(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			   u32 iss, u32 room, u64 now, struct atcp_fx *fx)
{
	/* First, check for a RST. */
	if (seg->ctl & ATCP_RST)
		return;

	/* Second, check for an ACK: nothing was sent that it could mean. */
	if (seg->ctl & ATCP_ACK) {
		atcp_reply_rst(NULL, seg, now, fx);
		return;
	}

	/* Third, check for a SYN. */
	if (seg->ctl & ATCP_SYN) {
		atcp_choose_iss(tcb, iss);
		take_syn(tcb, seg, now);
		enter_syn_received(tcb, now, fx);
		atcp_fastopen_take_text(tcb, seg, room, now, fx);
	}

	/* Fourth, other text or control: drop. */
}

/* The peer's SYN acknowledged ours: the connection is there. [R9293-ESTVARS] */
static void syn_sent_established(struct atcp_tcb *tcb, const struct atcp_seg *seg,
				 u32 room, u64 now, struct atcp_fx *fx)
{
	atcp_una_advance(tcb, seg, now, fx);
	atcp_fastopen_answered(tcb, fx);
	atcp_set_state(tcb, ATCP_ESTABLISHED, fx);
	atcp_established(tcb, now, fx);
	atcp_ack_now(tcb);

	/* "... continue processing at the sixth step below" */
	if (seg->text || seg->ctl & (ATCP_FIN | ATCP_URG)) {
		struct atcp_seg rest = *seg;

		rest.ctl &= ~ATCP_SYN;
		rest.seq++;
		atcp_check_urg(tcb, seg, fx);
		if (atcp_check_text(tcb, &rest, room, now, fx))
			atcp_check_fin(tcb, now, fx);
	}
}

/* 3.10.7.3 [R9293-RSTGEN2] [R5961-RSTSS] */
static void arrives_syn_sent(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			     u32 room, u64 now, struct atcp_fx *fx)
{
	bool ack = seg->ctl & ATCP_ACK;
	bool ack_good = ack && seq_gt(seg->ack, tcb->snd.una) &&
			seq_leq(seg->ack, tcb->snd.nxt);

	/* First, check the ACK bit. */
	if (ack && !ack_good) {
		if (!(seg->ctl & ATCP_RST))
			atcp_reply_rst(tcb, seg, now, fx);
		return;
	}

	/* Second, check the RST bit: it counts if the ACK covers our SYN. */
	if (seg->ctl & ATCP_RST) {
		if (ack_good)
			atcp_to_closed(tcb, ECONNREFUSED, fx);
		return;
	}

	/* Third, check the security: not used (RFC 9293, appendix A.1). */

	/* Fourth, check the SYN bit. */
	if (seg->ctl & ATCP_SYN) {
		take_syn(tcb, seg, now);
		if (ack_good)
			syn_sent_established(tcb, seg, room, now, fx);
		else			/* [MUST-10] simultaneous open */
			enter_syn_received(tcb, now, fx);
	}

	/* Fifth, neither SYN nor RST: drop. */
}

/* For STATUS: an aggregate counts for the pieces that it was made of. */
static void count_in(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u32 n = seg->gso ? DIV_ROUND_UP(seg->text, seg->gso) : 1;

	tcb->segs_in += n;
	if (seg->text)
		tcb->data_segs_in += n;
}

/**
 * atcp_segment_arrives() - SEGMENT ARRIVES
 * @tcb:	the connection; in LISTEN, a copy of the listener's TCB that
 *		becomes the child's if it is then in SYN-RECEIVED
 * @seg:	the segment, its checksum and addresses found good
 * @iss:	initial send sequence number, used in LISTEN only
 * @room:	octets of the text that there is memory for
 * @now:	microseconds
 * @fx:		effects
 *
 * Context: the TCB's lock held; any. Source: RFC 9293, 3.10.7.
 */
void atcp_segment_arrives(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			  u32 iss, u32 room, u64 now, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_SEGMENT;
	atcp_fx_event(fx, ATCP_EV_IN_SEGS);
	count_in(tcb, seg);

	switch (tcb->state) {
	case ATCP_CLOSED:
		atcp_arrives_closed(seg, fx);
		break;
	case ATCP_LISTEN:
		arrives_listen(tcb, seg, iss, room, now, fx);
		break;
	case ATCP_SYN_SENT:
		arrives_syn_sent(tcb, seg, room, now, fx);
		break;
	default:
		atcp_arrives_otherwise(tcb, seg, room, now, fx);
		break;
	}
}
