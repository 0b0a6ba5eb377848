// SPDX-License-Identifier: GPL-2.0
/*
 * Answers that do not wait: RST, ACK and the throttled challenge ACK.
 *
 * RFC 9293 sections 3.5.2 and 3.10.7; RFC 5961 sections 3 to 5 and 7; RFC 7323
 * section 3.2 (timestamps on a RST).
 */

#include <atcp/core.h>

#define CHALLENGE_PERIOD	(5 * ATCP_USEC)

/*
 * RFC 7323, 3.2: a RST carries a timestamp when the segment it answers did;
 * without a connection there is no clock to tell, so TSval is 0 [R7323-TSRST].
 */
static void rst_timestamp(const struct atcp_tcb *tcb, const struct atcp_seg *seg,
			  u64 now, struct atcp_out *out)
{
	if (!(seg->opt.have & ATCP_OPT_TS))
		return;
	out->opt.have |= ATCP_OPT_TS;
	out->opt.tsecr = seg->opt.tsval;
	if (tcb && tcb->opts_on & ATCP_OPT_TS)
		out->opt.tsval = atcp_tsval(tcb, now);
}

/**
 * atcp_reply_rst() - answer a segment with RST, in the RFC's two forms
 * @tcb:	the connection, or NULL in CLOSED
 * @seg:	the segment, which is not itself a RST
 * @now:	microseconds
 * @fx:		gets the reply
 *
 * [R9293-RSTGEN1]
 * Source: RFC 9293, 3.10.7.1.
 */
void atcp_reply_rst(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		    struct atcp_fx *fx)
{
	struct atcp_out *out = &fx->reply;

	if (seg->ctl & ATCP_ACK) {
		out->seq = seg->ack;
		out->ctl = ATCP_RST;
	} else {
		out->seq = 0;
		out->ack = seg->seq + atcp_seg_len(seg);
		out->ctl = ATCP_RST | ATCP_ACK;
	}
	if (tcb)
		out->opt.auth = tcb->auth;
	rst_timestamp(tcb, seg, now, out);
}

/**
 * atcp_ack_seq() - SEG.SEQ of a segment without text
 * @tcb:	the connection
 *
 * SND.NXT; but where the window was closed behind it, or a probe lies beyond
 * it, the right edge: further on the peer would find the segment unacceptable,
 * and two ends that both wait for a window would never hear of it.
 * Source: RFC 9293, 3.8.6 [MUST-34]. Return: the sequence number.
 */
u32 atcp_ack_seq(const struct atcp_tcb *tcb)
{
	if (atcp_syn_unacked(tcb))
		return tcb->snd.nxt;
	return seq_min(tcb->snd.nxt, tcb->snd.una + tcb->snd.wnd);
}

/**
 * atcp_reply_abort() - tell the peer that we give up: <SEQ=SND.NXT><CTL=RST>
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		gets the segment
 *
 * Source: RFC 9293, 3.10.5.
 */
void atcp_reply_abort(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	struct atcp_out *out = &fx->reply;

	out->seq = atcp_ack_seq(tcb);
	out->ctl = ATCP_RST;
	out->opt.auth = tcb->auth;
	if (tcb->opts_on & ATCP_OPT_TS) {
		out->opt.have |= ATCP_OPT_TS;
		out->opt.tsval = atcp_tsval(tcb, now);
		out->opt.tsecr = tcb->ts.recent;
	}
}

/**
 * atcp_ack_now() - <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> without delay
 * @tcb:	the connection
 */
void atcp_ack_now(struct atcp_tcb *tcb)
{
	tcb->send |= ATCP_SEND_ACK;
}

/**
 * atcp_challenge_ack() - an ACK that asks a doubtful sender to prove itself
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * Throttled per connection, so that nothing can be learnt of one connection
 * from another.  Source: RFC 5961, section 7. [R5961-THROTTLE] [R5961-TUNE]
 */
void atcp_challenge_ack(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	if (!tcb->challenge.n || now - tcb->challenge.since >= CHALLENGE_PERIOD) {
		tcb->challenge.since = now;
		tcb->challenge.n = 0;
	}
	if (tcb->challenge.n >= tcb->p.challenge_max) {
		atcp_fx_event(fx, ATCP_EV_CHALLENGE_SKIPPED);
		return;
	}
	tcb->challenge.n++;
	atcp_fx_event(fx, ATCP_EV_CHALLENGE_ACK);
	atcp_ack_now(tcb);
}
