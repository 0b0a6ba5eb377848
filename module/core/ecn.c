// SPDX-License-Identifier: GPL-2.0
/*
 * Explicit Congestion Notification: routers mark what they would have dropped; the
 * receiver echoes that until it hears of the answer, and the sender slows down once
 * a window.
 *
 * Owns tcb->ecn, but for its route.  The reduction itself is recovery.c's.
 *
 * [SHLD-8] RFC 3168 section 6.1; RFC 8311 section 4.3; RFC 8257 section 3.2 (DCTCP).  What
 * RFC 9768 adds is accecn.c.
 */

#include <atcp/core.h>

#define SETUP		(ATCP_ECE | ATCP_CWR)
#define QUICK_ACKS	2	/* the sender's window may be very small */

/**
 * atcp_ecn_forget() - a new attempt with this TCB
 * @tcb:	the connection
 */
void atcp_ecn_forget(struct atcp_tcb *tcb)
{
	u8 route = tcb->ecn.route;

	memset(&tcb->ecn, 0, sizeof(tcb->ecn));
	tcb->ecn.route = route;
}

/* DCTCP: ECN is asked for and agreed to in any case, and everything is ECT. [R8257-SYN] */
static bool wanted(const struct atcp_tcb *tcb)
{
	return atcp_cc_get(tcb->cc.algo)->flags & ATCP_CC_ECN;
}

/* ---- what the SYNs say: 6.1.1 ---- */

static bool asks(const struct atcp_tcb *tcb)
{
	return tcb->p.ecn == ATCP_ECN_ASK || tcb->p.ecn == ATCP_ACCECN_ASK ||
	       tcb->p.ecn == ATCP_ACCECN_ECN_ASK || tcb->ecn.route || wanted(tcb);
}

/*
 * A SYN that was lost may have been lost for what it asked: 6.1.1.1.  One that asks for
 * AccECN is tried twice (RFC 9768, 3.1.4.1). [R3168-FALLBACK] [R9768-SYNFB]
 */
static bool falls_back(const struct atcp_tcb *tcb)
{
	u8 most = atcp_accecn_asks(tcb) ? 1 : 0;

	return tcb->rec.retries > most && tcb->p.features & ATCP_F_ECN_FALLBACK;
}

/**
 * atcp_ecn_syn_out() - our SYN, or SYN,ACK, is being made
 * @tcb:	the connection
 * @out:	the segment, complete but for ECE, CWR and AE
 *
 * [R3168-SETUP] [R3168-NOECN] [R3168-SYNECT] [R9768-ASK] [R9768-NOSYNOPT]
 * Source: RFC 3168, 6.1.1; RFC 9768, 3.1.1.
 */
void atcp_ecn_syn_out(struct atcp_tcb *tcb, struct atcp_out *out)
{
	if (out->ctl & ATCP_ACK) {
		if (wanted(tcb) && tcb->ecn.mode != ATCP_ECN_NONE)
			out->ecn = ATCP_ECT_0;
		if (tcb->ecn.mode == ATCP_ECN_ACCECN)
			atcp_accecn_syn_ack_out(tcb, out);
		else if (tcb->ecn.mode == ATCP_ECN_RFC3168 && !tcb->ecn.plain)
			out->ctl |= ATCP_ECE;
	} else if (asks(tcb) && !falls_back(tcb)) {
		tcb->ecn.asked = 1;
		out->ctl |= SETUP;
		if (wanted(tcb))
			out->ecn = ATCP_ECT_0;
		if (atcp_accecn_asks(tcb)) {
			out->ctl |= ATCP_AE;
			tcb->ecn.acc.asked = 1;
			tcb->ecn.acc.sent_ecn = out->ecn;
		}
	} else {
		tcb->ecn.declined = 1;
	}
}

/*
 * A SYN that is ECT has been meddled with, and what its field says is not to be
 * believed; unless it has AE too, whose protocol allows that (RFC 8311, 4.3).
 */
static bool answers(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	if (wanted(tcb))
		return true;
	if (tcb->p.ecn == ATCP_ECN_REFUSE && !tcb->ecn.route)
		return false;
	return seg->ecn == ATCP_NOT_ECT || seg->ctl & ATCP_AE;
}

static enum atcp_ecn_mode rfc3168_if(bool agreed)
{
	return agreed ? ATCP_ECN_RFC3168 : ATCP_ECN_NONE;
}

/*
 * Both bits on a SYN ask for ECN, ECE alone on a SYN,ACK agrees to it, and any other
 * mixture means none. [R3168-SETUP] [R3168-NONSETUP]
 */
static enum atcp_ecn_mode agree(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u16 bits = seg->ctl & SETUP;

	if (seg->ctl & ATCP_ACK && tcb->ecn.acc.asked)
		return atcp_accecn_syn_ack_in(tcb, seg);
	if (seg->ctl & ATCP_ACK)
		return rfc3168_if(bits == ATCP_ECE && tcb->ecn.asked);
	/* Both asked at once: for RFC 3168 only that can come of it, */
	if (tcb->state == ATCP_SYN_SENT && !tcb->ecn.acc.asked)
		return rfc3168_if(bits == SETUP && tcb->ecn.asked);
	/* for AccECN whatever would if the peer alone had [R9768-SIMULTANEOUS] */
	if (!atcp_accecn_answers(tcb, seg))
		return rfc3168_if(bits == SETUP && answers(tcb, seg));
	atcp_accecn_syn_in(tcb, seg);
	return ATCP_ECN_ACCECN;
}

/**
 * atcp_ecn_syn_in() - the peer's SYN, or SYN,ACK, arrived
 * @tcb:	the connection, in LISTEN or SYN-SENT
 * @seg:	the segment
 *
 * Source: RFC 3168, 6.1.1; RFC 9768, 3.1. [R9768-TABLE2]
 */
void atcp_ecn_syn_in(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	tcb->ecn.mode = agree(tcb, seg);
}

/**
 * atcp_ecn_syn_again() - the peer's SYN came once more, in SYN-RECEIVED
 * @tcb:	the connection
 * @seg:	the SYN
 *
 * The peer may have fallen back, and may yet get our first answer: what it marks
 * is echoed, but nothing goes out ECT. [R3168-ECTCOND]
 *
 * Return: false when the connection is to be reset; see atcp_accecn_syn_again().
 */
bool atcp_ecn_syn_again(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	if (tcb->ecn.mode == ATCP_ECN_NONE)
		return true;
	if (!atcp_accecn_syn_again(tcb, seg))
		return false;
	tcb->ecn.plain = (seg->ctl & SETUP) != SETUP;
	if (tcb->ecn.plain && tcb->ecn.mode == ATCP_ECN_RFC3168)
		tcb->ecn.declined = 1;
	return true;
}

/* ---- what we send ---- */

static bool sends_ect(const struct atcp_tcb *tcb)
{
	return tcb->ecn.mode != ATCP_ECN_NONE && !tcb->ecn.declined;
}

/**
 * atcp_ecn_out() - a segment with ACK is being made
 * @tcb:	the connection
 * @out:	the segment, complete but for ECE, CWR and AE
 * @now:	microseconds
 *
 * It stays Not-ECT, but for DCTCP; see atcp_ecn_new_text(). [R3168-ECE] [R3168-ACKECT]
 * Source: RFC 3168, 6.1.3 and 6.1.4.
 */
void atcp_ecn_out(struct atcp_tcb *tcb, struct atcp_out *out, u64 now)
{
	if (wanted(tcb) && sends_ect(tcb))
		out->ecn = ATCP_ECT_0;
	if (tcb->ecn.mode == ATCP_ECN_ACCECN)
		atcp_accecn_out(tcb, out, now);
	else if (tcb->ecn.echo)
		out->ctl |= ATCP_ECE;
}

/**
 * atcp_ecn_room() - octets of text that the next segment may have
 * @tcb:	the connection
 * @room:	without ECN
 * @mss:	octets of a piece
 *
 * Devices and GSO leave CWR on the first piece of an aggregate only, but in AccECN it
 * is a digit, and the same on all. Source: RFC 9768, 3.3.4.
 *
 * Return: octets. [R9768-TSO]
 */
u32 atcp_ecn_room(const struct atcp_tcb *tcb, u32 room, u32 mss)
{
	bool digit = tcb->ecn.mode == ATCP_ECN_ACCECN && tcb->ecn.acc.r.cep & 2;

	return digit ? min(room, mss) : room;
}

/**
 * atcp_ecn_new_text() - text is being sent the first time, and not as a probe
 * @tcb:	the connection
 * @out:	the segment; is ECT(0) then, and has CWR if the window was reduced
 *
 * What is sent again, probes and pure ACKs never come here, and are Not-ECT.
 * [R3168-ECT0] [R3168-ECTCOND] [R3168-CWR] [R3168-RTXECT] [R3168-ZWPECT]
 * Source: RFC 3168, 6.1.2, 6.1.5 and 6.1.6.
 */
void atcp_ecn_new_text(struct atcp_tcb *tcb, struct atcp_out *out)
{
	if (!sends_ect(tcb))
		return;
	out->ecn = ATCP_ECT_0;
	if (tcb->ecn.cwr)
		out->ctl |= ATCP_CWR;
	tcb->ecn.cwr = 0;
}

/* ---- what we receive ---- */

static void ack_quickly(struct atcp_tcb *tcb)
{
	tcb->quick_acks = max_t(u8, tcb->quick_acks, QUICK_ACKS);
}

/*
 * RFC 8257, 3.2: each ACK tells of octets that came alike.  At a change the ACK that was
 * delayed goes first, with what was to be told of those. [R8257-CE] [R8257-TWOACKS]
 */
static void dctcp_text_in(struct atcp_tcb *tcb, bool ce, u64 now, struct atcp_fx *fx)
{
	if (ce != tcb->ecn.ce_state) {
		tcb->ecn.echo = tcb->ecn.ce_state;
		if (tcb->rcv.unacked)
			atcp_ack_before(tcb, now, fx);
		atcp_ack_now(tcb);
	}
	tcb->ecn.ce_state = ce;
	tcb->ecn.echo = ce;
}

/**
 * atcp_ecn_text_in() - text inside the window was taken
 * @tcb:	the connection
 * @seg:	the segment it came in
 * @now:	microseconds
 * @fx:		effects
 *
 * What lies outside never comes here: a blind attacker could slow the peer down
 * with it. [R3168-ECE] [R3168-OOW]
 * Source: RFC 3168, 6.1.3 and 6.1.5.
 */
void atcp_ecn_text_in(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		      struct atcp_fx *fx)
{
	if (tcb->ecn.mode != ATCP_ECN_RFC3168)
		return;
	if (seg->ecn == ATCP_NOT_ECT) {
		if (tcb->ecn.seen)	/* sent again, most likely */
			ack_quickly(tcb);
		return;
	}
	tcb->ecn.seen = 1;
	if (wanted(tcb)) {
		dctcp_text_in(tcb, seg->ecn == ATCP_CE, now, fx);
	} else if (seg->ecn == ATCP_CE && !tcb->ecn.echo) {
		tcb->ecn.echo = 1;
		ack_quickly(tcb);
	}
}

/* How much of our text this ACK is the first to acknowledge. */
static u32 text_acked(const struct atcp_tcb *tcb, u32 ack)
{
	return seq_min(ack, tcb->snd.end) - tcb->snd.una;
}

static void reduce(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	atcp_recovery_cwr(tcb);
	tcb->ecn.reducing = 1;
	tcb->ecn.recover = tcb->snd.nxt;
	atcp_fx_event(fx, ATCP_EV_ECN_REDUCED);
}

/**
 * atcp_ecn_respond() - the peer tells of congestion on our way to it
 * @tcb:	the connection, SND.UNA not yet moved
 * @ack:	SEG.ACK, not below it
 * @ce:		octets that came marked
 * @now:	microseconds
 * @fx:		effects
 *
 * The window is reduced once for all marks of a window, and not where a loss of the
 * same window did so.  At a cwnd of one segment there is nothing to reduce: then the
 * next one waits for as long as the retransmission timer, begun anew, would run.
 * [R3168-RESP] [R3168-CWND1] [R9768-RESPOND]
 * Source: RFC 3168, 6.1.2; RFC 9768, 3.1.5.
 */
void atcp_ecn_respond(struct atcp_tcb *tcb, u32 ack, u32 ce, u64 now, struct atcp_fx *fx)
{
	tcb->ecn.ece = 1;
	tcb->ecn.ce = ce;
	tcb->ecn.delivered_ce += ce;
	fx->delivered_ce += ce;
	if (tcb->snd.una == tcb->snd.nxt)
		return;
	tcb->undo.on = 0;		/* the congestion was real */
	if (tcb->cc.cwnd <= tcb->cc.mss)
		tcb->ecn.hold = now + atcp_rto_current(tcb);
	if (tcb->ecn.reducing && seq_leq(ack, tcb->ecn.recover))
		return;
	if (tcb->rec.state == ATCP_OPEN)
		reduce(tcb, fx);
	else if (tcb->rec.state == ATCP_REDUCING)
		tcb->ecn.owed = 1;	/* this ACK is about to end the last one */
}

/**
 * atcp_ecn_ack_done() - all that an ACK tells was taken in
 * @tcb:	the connection
 * @fx:		effects
 */
void atcp_ecn_ack_done(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->ecn.owed && tcb->rec.state == ATCP_OPEN && tcb->snd.una != tcb->snd.nxt)
		reduce(tcb, fx);
	tcb->ecn.owed = 0;
}

/**
 * atcp_ecn_ack_in() - an acceptable segment with ACK, before SND.UNA moves
 * @tcb:	the connection
 * @seg:	the segment, no SYN
 * @now:	microseconds
 * @fx:		effects
 *
 * CWR belongs on text, but many put it on a pure ACK. Text with it is acknowledged
 * at once: its sender may be waiting with a very small window.
 * Source: RFC 3168, 6.1.2 and 6.1.3. [R3168-ECE]
 */
void atcp_ecn_ack_in(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		     struct atcp_fx *fx)
{
	tcb->ecn.ece = 0;
	tcb->ecn.ce = 0;
	if (seq_lt(seg->ack, tcb->snd.una))
		return;
	if (tcb->ecn.mode == ATCP_ECN_ACCECN)
		atcp_accecn_ack_in(tcb, seg, now, fx);
	if (tcb->ecn.mode != ATCP_ECN_RFC3168)
		return;
	if (seg->ctl & ATCP_CWR) {
		tcb->ecn.echo = 0;
		if (seg->text)
			atcp_ack_now(tcb);
	}
	if (seg->ctl & ATCP_ECE && sends_ect(tcb) && tcb->snd.una != tcb->snd.nxt)
		atcp_ecn_respond(tcb, seg->ack, text_acked(tcb, seg->ack), now, fx);
}

/**
 * atcp_ecn_advanced() - SND.UNA moved
 * @tcb:	the connection
 *
 * Only an ACK past all that was out when the window was reduced has seen our CWR.
 */
void atcp_ecn_advanced(struct atcp_tcb *tcb)
{
	if (seq_gt(tcb->snd.una, tcb->ecn.recover))
		tcb->ecn.reducing = 0;
}

/**
 * atcp_ecn_reduced() - the congestion window was reduced, for whatever reason
 * @tcb:	the connection
 *
 * [R3168-CWR]
 * Source: RFC 3168, 6.1.2.
 */
void atcp_ecn_reduced(struct atcp_tcb *tcb)
{
	if (tcb->ecn.mode == ATCP_ECN_RFC3168 && sends_ect(tcb))
		tcb->ecn.cwr = 1;
}

/**
 * atcp_ecn_told() - how much of what an ACK delivers came marked
 * @tcb:	the connection; atcp_ecn_ack_in() has seen the ACK
 * @delivered:	octets
 *
 * ECE is said of all of them.
 *
 * Return: octets.
 */
u32 atcp_ecn_told(const struct atcp_tcb *tcb, u32 delivered)
{
	if (tcb->ecn.ece && tcb->ecn.mode == ATCP_ECN_RFC3168)
		return delivered;
	return min(tcb->ecn.ce, delivered);
}
