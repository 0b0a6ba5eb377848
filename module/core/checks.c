// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES in SYN-RECEIVED and all later states: the numbered checks,
 * in the RFC's order.  The fifth (ACK) is ack.c, the sixth to eighth (URG,
 * text, FIN) are text.c.
 *
 * RFC 9293 section 3.10.7.4; RFC 5961 sections 3 to 5; RFC 7323 section 5
 * (PAWS); RFC 6191 and RFC 1337 (TIME-WAIT); RFC 2883 (duplicates reported).
 *
 * Each check returns true to go on with the next.
 */

#include <atcp/core.h>

#define PAWS_IDLE_MAX	(24U * 24 * 3600)	/* seconds: RFC 7323, 5.5 */

/*
 * A SYN in TIME-WAIT may open a new incarnation, whatever its place in the old
 * window.  RFC 6191, section 2; [MAY-2] [SHLD-4]. [R6191-TW]
 */
static bool syn_reopens(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	bool old_ts = tcb->opts_on & ATCP_OPT_TS;
	bool new_ts = seg->opt.have & ATCP_OPT_TS &&
		      tcb->p.features & ATCP_F_TIMESTAMPS;

	if (new_ts && !old_ts)
		return true;
	if (new_ts && old_ts && seg->opt.tsval != tcb->ts.recent)
		return seq_gt(seg->opt.tsval, tcb->ts.recent);
	return seq_geq(seg->seq, tcb->rcv.nxt);	/* past the peer's FIN */
}

/* [R6191-DROP] [R9293-ISSREUSE] */
static bool check_time_wait_syn(struct atcp_tcb *tcb, const struct atcp_seg *seg,
				struct atcp_fx *fx)
{
	if (tcb->state != ATCP_TIME_WAIT || !(tcb->p.features & ATCP_F_TW_REUSE) ||
	    (seg->ctl & (ATCP_SYN | ATCP_ACK | ATCP_RST)) != ATCP_SYN)
		return true;
	if (syn_reopens(tcb, seg)) {
		fx->reopen = true;
		fx->reopen_iss = tcb->snd.nxt + U16_MAX + 2;
		atcp_fx_event(fx, ATCP_EV_TW_RECYCLED);
		atcp_to_closed(tcb, 0, fx);
	}
	return false;
}

/*
 * Timestamps stand before the first check (RFC 7323, 5.3, R1); a RST is never
 * judged by its timestamp.
 * [R7323-PAWS] [R7323-PAWSRST] [R7323-PAWS24D] [R7323-PAWSONCE] [R7323-TSMISS]
 * [R7323-TSMISS2] [R7323-TSUNNEG]
 */
static bool check_timestamp(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			    u64 now, struct atcp_fx *fx)
{
	if (!(tcb->opts_on & ATCP_OPT_TS) || seg->ctl & ATCP_RST)
		return true;
	if (!(seg->opt.have & ATCP_OPT_TS)) {
		atcp_fx_event(fx, ATCP_EV_NO_TS_DROP);
		return false;
	}
	if (!seq_lt(seg->opt.tsval, tcb->ts.recent))
		return true;
	if (atcp_seconds(now) - tcb->ts.recent_age > PAWS_IDLE_MAX) {
		tcb->ts.recent = seg->opt.tsval;
		tcb->ts.recent_age = atcp_seconds(now);
		return true;
	}
	atcp_fx_event(fx, ATCP_EV_PAWS_DROP);
	if (seg->text)
		atcp_ack_now(tcb);
	else
		atcp_challenge_ack(tcb, now, fx);	/* no loop of ACKs */
	return false;
}

/* Table 6 of RFC 9293. [R9293-SEGACC] */
static bool acceptable(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u32 len = atcp_seg_len(seg);
	u32 wnd = tcb->rcv.wnd;
	u32 first = seg->seq - tcb->rcv.nxt;	/* offsets into the window */
	u32 last = first + len - 1;

	if (!len)
		return wnd ? first < wnd : !first;
	if (!wnd || first < wnd || last < wnd)
		return wnd;
	/* One that reaches over both edges holds all the octets wanted. */
	return seq_lt(seg->seq, tcb->rcv.nxt) &&
	       seq_gt(seg->seq + len, tcb->rcv.nxt);
}

/*
 * A peer that has filled the window acknowledges from its right edge, where its
 * SND.NXT is, and Table 6 ends just before. Once a segment is lost on each side, two
 * ends that have filled each other's window would hear no ACK of the other until
 * they time out. It is heard there if it is an ACK and nothing else (D-28).
 */
static bool ack_at_the_edge(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return (seg->ctl & (ATCP_SYN | ATCP_FIN | ATCP_RST | ATCP_ACK)) == ATCP_ACK &&
	       !seg->text && seg->seq == tcb->rcv.nxt + tcb->rcv.wnd;
}

/*
 * "If RCV.WND is zero, no segments will be acceptable, but special allowance
 * should be made to accept valid ACKs, URGs, and RSTs."
 */
static bool zero_window_probe(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return !tcb->rcv.wnd && seg->seq == tcb->rcv.nxt &&
	       (!(seg->ctl & ATCP_SYN) || seg->ctl & ATCP_RST);
}

/* The peer's SYN again: our SYN,ACK was lost, and another serves it best. */
static bool syn_again(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return tcb->state == ATCP_SYN_RECEIVED && seg->seq == tcb->rcv.irs &&
	       (seg->ctl & (ATCP_SYN | ATCP_ACK)) == ATCP_SYN;
}

static void answer_syn_again(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
			     struct atcp_fx *fx)
{
	if (atcp_ecn_syn_again(tcb, seg)) {
		tcb->send |= ATCP_SEND_SYN;
		return;
	}
	atcp_reply_rst(tcb, seg, now, fx);
	if (tcb->passive)
		atcp_to_listen(tcb, fx);
	else
		atcp_to_closed(tcb, ECONNRESET, fx);
}

/* [R9293-UNACC-ACK] */
static void answer_unacceptable(struct atcp_tcb *tcb, const struct atcp_seg *seg,
				u64 now, struct atcp_fx *fx)
{
	u32 end = seg->seq + seg->text;

	if (syn_again(tcb, seg)) {
		answer_syn_again(tcb, seg, now, fx);
		return;
	}
	if (!seg->text && !(seg->ctl & ATCP_FIN)) {
		/* Two ends that disagree could answer each other for ever. */
		atcp_challenge_ack(tcb, now, fx);
		atcp_accecn_syn_ack_again(tcb, seg);
		return;
	}
	if (seg->text && !(seg->ctl & ATCP_SYN) && seq_leq(end, tcb->rcv.nxt)) {
		atcp_dsack_report(tcb, seg->seq, end, fx);
		atcp_accecn_repeated(tcb);
	}
	/* The peer's FIN once more: 2 MSL start again. */
	if (tcb->state == ATCP_TIME_WAIT && seg->ctl & ATCP_FIN &&
	    seg->seq + atcp_seg_len(seg) == tcb->rcv.nxt)
		atcp_start_time_wait(tcb, now);
	atcp_ack_now(tcb);
}

/*
 * What lies beyond the peer's window (it shrank, or a probe went there) it may have
 * kept or not, so our ACKs come from the window's right edge (atcp_ack_seq()). When
 * both ends are in that place, and each kept something, each finds the ACKs of the
 * other too old, and would wait for its window for ever: the allowance for valid
 * ACKs at a closed window is due on this side too. Only news are heard.
 */
static bool news_from_the_edge(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u32 wnd = (u32)seg->wnd << tcb->snd.wscale;

	if (atcp_syn_unacked(tcb) || (seg->ctl & (ATCP_SYN | ATCP_ACK)) != ATCP_ACK ||
	    seq_leq(tcb->snd.nxt, tcb->snd.una + tcb->snd.wnd) ||
	    seq_gt(seg->seq + atcp_seg_len(seg), tcb->rcv.nxt))
		return false;
	return seq_gt(seg->ack, tcb->snd.una) ||
	       (seg->ack == tcb->snd.una && wnd > tcb->snd.wnd);
}

/* First, check the sequence number. [MUST-66] [SHLD-31] [R5961-RST1] */
static bool check_sequence(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			   u64 now, struct atcp_fx *fx)
{
	if (acceptable(tcb, seg) || ack_at_the_edge(tcb, seg))
		return true;
	if (zero_window_probe(tcb, seg)) {
		/* Behind the peer's FIN no later check would answer it. */
		if (tcb->rcv_fin_done && !(seg->ctl & ATCP_RST))
			atcp_ack_now(tcb);
		return true;
	}
	if (seg->ctl & ATCP_RST)
		return false;
	atcp_fx_event(fx, ATCP_EV_UNACCEPTABLE);
	answer_unacceptable(tcb, seg, now, fx);
	if (news_from_the_edge(tcb, seg) && atcp_ack_acceptable(tcb, seg, now, fx))
		atcp_check_ack(tcb, seg, now, fx);
	return false;
}

/* [MUST-11] [R1337-F1] */
static void take_rst(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	switch (tcb->state) {
	case ATCP_SYN_RECEIVED:
		if (atcp_fastopen_trusted(tcb))	/* it may have a user already */
			atcp_to_closed(tcb, ECONNRESET, fx);
		else if (tcb->passive)
			atcp_to_listen(tcb, fx);
		else
			atcp_to_closed(tcb, ECONNREFUSED, fx);
		return;
	case ATCP_ESTABLISHED:
	case ATCP_FIN_WAIT_1:
	case ATCP_FIN_WAIT_2:
		atcp_to_closed(tcb, ECONNRESET, fx);
		return;
	case ATCP_CLOSE_WAIT:		/* the reader has seen the end */
		atcp_to_closed(tcb, EPIPE, fx);
		return;
	case ATCP_CLOSING:
	case ATCP_LAST_ACK:
		atcp_to_closed(tcb, 0, fx);
		return;
	case ATCP_TIME_WAIT:
		if (tcb->p.features & ATCP_F_RFC1337)
			return;
		atcp_fx_event(fx, ATCP_EV_TW_KILLED);
		atcp_to_closed(tcb, 0, fx);
		return;
	default:
		return;
	}
}

/*
 * Second, check the RST bit: RFC 5961, 3.2.
 * [SHLD-2] [R5961-RST2] [R5961-RST3] [R5961-SYN-RST]
 */
static bool check_rst(struct atcp_tcb *tcb, const struct atcp_seg *seg,
		      u64 now, struct atcp_fx *fx)
{
	if (!(seg->ctl & ATCP_RST))
		return true;
	if (seg->seq == tcb->rcv.nxt) {
		take_rst(tcb, fx);
	} else if (seq_within(seg->seq, tcb->rcv.nxt, tcb->rcv.nxt + tcb->rcv.wnd)) {
		atcp_fastopen_suspect(tcb, fx);
		atcp_challenge_ack(tcb, now, fx);
	}
	return false;
}

/* Third, check security: not used (RFC 9293, appendix A.1). */

/* Fourth, check the SYN bit: RFC 5961, 4.2. [R5961-SYN] */
static bool check_syn(struct atcp_tcb *tcb, const struct atcp_seg *seg,
		      u64 now, struct atcp_fx *fx)
{
	if (!(seg->ctl & ATCP_SYN))
		return true;
	if (syn_again(tcb, seg)) {
		answer_syn_again(tcb, seg, now, fx);
		return false;
	}
	/* One below the window was trimmed with what lies there. */
	if (tcb->state == ATCP_SYN_RECEIVED && tcb->passive &&
	    !atcp_fastopen_trusted(tcb) && seq_geq(seg->seq, tcb->rcv.nxt)) {
		atcp_to_listen(tcb, fx);
		return false;
	}
	atcp_fx_event(fx, ATCP_EV_SYN_CHALLENGE);
	atcp_challenge_ack(tcb, now, fx);
	return false;
}

/*
 * TS.Recent moves for a segment that spans the last ACK sent, once it is known to be
 * acceptable (RFC 7323, 4.3 and 5.3, R3), its ACK field too: else a blind attacker
 * could push it ahead, and PAWS would drop all that the peer sends. [R7323-TSECHO]
 */
static void update_ts_recent(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now)
{
	if (!(tcb->opts_on & ATCP_OPT_TS) || !(seg->opt.have & ATCP_OPT_TS))
		return;
	if (seq_lt(seg->opt.tsval, tcb->ts.recent) ||
	    seq_gt(seg->seq, tcb->rcv.last_ack_sent))
		return;
	tcb->ts.recent = seg->opt.tsval;
	tcb->ts.recent_age = atcp_seconds(now);
}

/**
 * atcp_arrives_otherwise() - SEGMENT ARRIVES, "otherwise"
 * @tcb:	in SYN-RECEIVED or any later state
 * @seg:	the segment
 * @room:	octets of text that there is memory for
 * @now:	microseconds
 * @fx:		effects
 *
 * Source: RFC 9293, 3.10.7.4.
 */
void atcp_arrives_otherwise(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			    u32 room, u64 now, struct atcp_fx *fx)
{
	if (!check_time_wait_syn(tcb, seg, fx) ||
	    !check_timestamp(tcb, seg, now, fx) ||
	    !check_sequence(tcb, seg, now, fx) ||
	    !check_rst(tcb, seg, now, fx) ||
	    !check_syn(tcb, seg, now, fx))
		return;

	tcb->last_rcv = now;
	tcb->rec.keepalives = 0;
	if (!(seg->ctl & ATCP_ACK))	/* fifth: "if the ACK bit is off, drop" */
		return;
	if (!atcp_ack_acceptable(tcb, seg, now, fx))
		return;
	update_ts_recent(tcb, seg, now);
	atcp_uto_arrives(tcb, &seg->opt, now);
	atcp_accecn_in(tcb, seg);

	if (!atcp_check_ack(tcb, seg, now, fx))
		return;
	atcp_check_urg(tcb, seg, fx);
	if (atcp_check_text(tcb, seg, room, now, fx))
		atcp_check_fin(tcb, now, fx);
}
