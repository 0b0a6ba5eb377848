// SPDX-License-Identifier: GPL-2.0
/*
 * Fast Open: text on the SYN, and before the handshake's end, for a peer that has
 * shown by a cookie that it is where it says.
 *
 * Whether a cookie is good, and which to send, is the shell's to know; what follows
 * of it is here.  A FIN on a SYN is not taken: the peer sends it again.
 *
 * RFC 7413 sections 4.1 and 4.2; RFC 9293 section 3.10.7.2 (text on a SYN).
 */

#include <atcp/core.h>

/* ---- our SYN ---- */

/**
 * atcp_fastopen_offer() - the SYN of an active OPEN carries the option
 * @tcb:	in SYN-SENT, nothing sent yet
 * @cookie:	what to send: a cookie of the peer's, or the wish for one; NULL: text
 *		alone, of a peer that asks for no cookie
 * @mss:	the peer's MSS when it gave the cookie, 0: not known
 * @text:	text may go with it
 *
 * Source: RFC 7413, 4.2.1. [R7413-REQ]
 */
void atcp_fastopen_offer(struct atcp_tcb *tcb, const struct atcp_fo_cookie *cookie, u16 mss,
			 bool text)
{
	tcb->fo.flags &= ~(ATCP_FO_OFFER | ATCP_FO_TEXT);
	if (cookie) {
		tcb->fo.flags |= ATCP_FO_OFFER;
		tcb->fo.cookie = *cookie;
	}
	if (text)
		tcb->fo.flags |= ATCP_FO_TEXT;
	tcb->snd.mss_peer = mss;	/* until its SYN tells */
}

/**
 * atcp_fastopen_room() - how much text may go with the SYN
 * @tcb:	in SYN-SENT, after atcp_fastopen_offer()
 *
 * What fits one segment with all the options there may be. Source: RFC 7413,
 * 4.2.1. Return: octets.
 */
u32 atcp_fastopen_room(const struct atcp_tcb *tcb)
{
	u32 mss = atcp_base_mss(tcb), options = ATCP_HDR_MAX - ATCP_HDR_MIN;

	if (!(tcb->fo.flags & ATCP_FO_TEXT))
		return 0;
	return mss > options ? mss - options : 0;
}

/**
 * atcp_fastopen_hold() - the SYN waits for the text that is to go with it
 * @tcb:	in SYN-SENT, nothing sent yet
 */
void atcp_fastopen_hold(struct atcp_tcb *tcb)
{
	tcb->send &= ~ATCP_SEND_SYN;
	tcb->snd.nxt = tcb->snd.iss;
	atcp_disarm(tcb, ATCP_TIMER_USER);
}

/**
 * atcp_fastopen_go() - it waits no longer
 * @tcb:	on hold; or whatever became of it, then nothing happens
 * @now:	microseconds
 */
void atcp_fastopen_go(struct atcp_tcb *tcb, u64 now)
{
	if (tcb->state != ATCP_SYN_SENT || tcb->snd.nxt != tcb->snd.iss)
		return;
	tcb->send |= ATCP_SEND_SYN;
	tcb->snd.nxt = tcb->snd.iss + 1;
	atcp_arm_user(tcb, now);
}

/**
 * atcp_fastopen_option() - put the option on a SYN or SYN,ACK
 * @tcb:	the connection
 * @out:	the segment
 *
 * Not on one that is sent again: a box on the way may have dropped it for that. Nor
 * where it does not fit beside a digest: then there is no Fast Open.
 * [R7413-SYNRTX] [R7413-OPT]
 */
void atcp_fastopen_option(struct atcp_tcb *tcb, struct atcp_out *out)
{
	if (!(tcb->fo.flags & ATCP_FO_OFFER) || out->rexmit)
		return;
	if (tcb->state != ATCP_SYN_SENT && !tcb->passive)
		return;
	out->opt.have |= ATCP_OPT_FASTOPEN;
	out->opt.fo = tcb->fo.cookie;
	if (atcp_wire_opt_len(&out->opt) > ATCP_HDR_MAX - ATCP_HDR_MIN) {
		out->opt.have &= ~ATCP_OPT_FASTOPEN;
		tcb->fo.flags &= ~ATCP_FO_TEXT;
		return;
	}
	if (tcb->state == ATCP_SYN_SENT)
		tcb->fo.flags |= ATCP_FO_TRIED;
}

/**
 * atcp_fastopen_put_text() - put text on a SYN
 * @tcb:	the connection
 * @out:	the segment, with its options
 *
 * Return: octets. [R7413-SYNRTX]
 */
u32 atcp_fastopen_put_text(struct atcp_tcb *tcb, struct atcp_out *out)
{
	u32 first = tcb->snd.iss + 1;
	u32 n = min(tcb->snd.end - first, atcp_fastopen_room(tcb));

	if (!n || out->rexmit || tcb->state != ATCP_SYN_SENT)
		return 0;
	out->text_seq = first;
	out->text = n;
	out->mss = (u16)n;
	tcb->fo.flags |= ATCP_FO_TRIED | ATCP_FO_TEXT_SENT;
	return n;
}

/**
 * atcp_fastopen_answered() - our SYN was acknowledged: was its text?
 * @tcb:	the connection, SND.UNA moved
 * @fx:		effects
 *
 * What was not has not been taken, and goes again as if for the first time.
 * Source: RFC 7413, 4.2.1 and 4.2.2. [R7413-RTXDATA]
 */
void atcp_fastopen_answered(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (!(tcb->fo.flags & ATCP_FO_TEXT_SENT))
		return;
	if (tcb->snd.una == tcb->snd.nxt) {
		tcb->fo.flags |= ATCP_FO_TEXT_TAKEN;
		atcp_fx_event(fx, ATCP_EV_FO_ACTIVE);
		return;
	}
	tcb->snd.nxt = tcb->snd.una;
	tcb->rtt.round = tcb->snd.una;
	atcp_board_reset(&tcb->board, tcb->snd.una);
	atcp_disarm(tcb, ATCP_TIMER_RETRANSMIT);
	tcb->fo.fail = tcb->rec.syn_backoff ? ATCP_FO_SYN_AGAIN : ATCP_FO_TEXT_NOT_ACKED;
	atcp_fx_event(fx, ATCP_EV_FO_ACTIVE_FAIL);
}

/**
 * atcp_fastopen_suspect() - what came from the peer seems to follow text that did not
 * @tcb:	the connection
 * @fx:		effects
 *
 * Perhaps something on the way lets SYNs with text through and then no text. Fast
 * Open is what is to be given up, for a while.
 */
void atcp_fastopen_suspect(const struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->fo.flags & ATCP_FO_TRIED && !tcb->data_segs_in)
		atcp_fx_event(fx, ATCP_EV_FO_SUSPECT);
}

/* ---- the peer's SYN ---- */

/**
 * atcp_fastopen_take_text() - text of a SYN whose cookie was good
 * @tcb:	the connection, in SYN-RECEIVED by this SYN
 * @seg:	the SYN
 * @room:	octets of the text that there is memory for
 * @now:	microseconds
 * @fx:		effects
 *
 * The sixth and the seventh check; its ACK is our SYN,ACK. Source: RFC 7413, 4.2.2.
 * [R7413-ACKSYN]
 */
void atcp_fastopen_take_text(struct atcp_tcb *tcb, const struct atcp_seg *seg, u32 room,
			     u64 now, struct atcp_fx *fx)
{
	struct atcp_seg text = *seg;

	if (!(tcb->fo.flags & ATCP_FO_TRUSTED))
		return;
	atcp_cc_init(&tcb->cc, tcb->p.cc, atcp_eff_mss(tcb));
	if (!seg->text)
		return;
	text.seq++;
	text.ctl &= ~(ATCP_SYN | ATCP_FIN);
	atcp_check_urg(tcb, &text, fx);
	atcp_check_text(tcb, &text, room, now, fx);
	if (fx->deliver)
		tcb->fo.flags |= ATCP_FO_TEXT_TAKEN;
}
