// SPDX-License-Identifier: GPL-2.0
/*
 * A half-open connection kept small: its SYN is kept, and arrives again, by the code
 * that every SYN passes, whenever there is something to answer.  What has happened
 * since then is put on top.
 *
 * RFC 9293 section 3.10.7.2; RFC 4987 section 3.5 (a SYN cache).
 */

#include <atcp/half.h>
#include <atcp/core.h>

/**
 * atcp_half_syn() - keep what a SYN said
 * @half:	filled in
 * @syn:	the SYN, which has no text that is to be taken
 * @iss:	our initial sequence number
 * @now:	microseconds
 */
void atcp_half_syn(struct atcp_half *half, const struct atcp_seg *syn, u32 iss, u64 now)
{
	memset(half, 0, sizeof(*half));
	half->born = now;
	half->iss = iss;
	half->irs = syn->seq;
	half->tsval = syn->opt.tsval;
	half->wnd = syn->wnd;
	half->mss = syn->opt.mss;
	half->have = syn->opt.have & ~ATCP_OPT_FASTOPEN;
	half->ctl = syn->ctl;
	half->wscale = syn->opt.wscale;
	half->uto = syn->opt.uto;
	half->ecn.syn = syn->ecn;
}

static void pack_ecn(struct atcp_half *half, const struct atcp_ecn *ecn)
{
	half->ecn.route = ecn->route;
	half->ecn.plain = ecn->plain;
	half->ecn.declined = ecn->declined;
	half->ecn.syn_ecn = ecn->acc.syn_ecn;
	half->ecn.sent_ecn = ecn->acc.sent_ecn;
	half->ecn.syn_acks = ecn->acc.syn_acks;
}

static void unpack_ecn(struct atcp_ecn *ecn, const struct atcp_half *half)
{
	ecn->plain = half->ecn.plain;
	ecn->declined = half->ecn.declined;
	ecn->acc.syn_ecn = half->ecn.syn_ecn;
	ecn->acc.sent_ecn = half->ecn.sent_ecn;
	ecn->acc.syn_acks = half->ecn.syn_acks;
}

/**
 * atcp_half_pack() - keep what has happened since
 * @half:	of atcp_half_syn()
 * @tcb:	the connection, in SYN-RECEIVED
 */
void atcp_half_pack(struct atcp_half *half, const struct atcp_tcb *tcb)
{
	if (tcb->board.n)
		half->sent = atcp_board_peek(&tcb->board)->at;
	half->again = tcb->board.again != 0;
	half->deadline = tcb->deadline[ATCP_TIMER_RETRANSMIT];
	half->challenge_since = atcp_seconds(tcb->challenge.since);
	half->rcv_wnd = (u16)min_t(u32, tcb->rcv.wnd, U16_MAX);
	half->segs_in = (u16)min_t(u32, tcb->segs_in, U16_MAX);
	half->segs_out = (u16)min_t(u32, tcb->segs_out, U16_MAX);
	half->rcv_wscale = tcb->rcv.wscale;
	half->retries = tcb->rec.retries;
	half->synack_retries = tcb->p.synack_retries;
	half->challenge_n = tcb->challenge.n;
	half->resent = (u8)min_t(u32, tcb->rec.total, U8_MAX);
	pack_ecn(half, &tcb->ecn);
}

/* The SYN,ACK is in flight, since it was sent last. */
static void put_in_flight(struct atcp_tcb *tcb, const struct atcp_half *half)
{
	struct atcp_sent run = { .at = half->sent };

	tcb->send &= ~ATCP_SEND_SYN;
	atcp_board_add(&tcb->board, half->iss + 1, &run);
	if (half->again)
		atcp_board_set(&tcb->board, 0, ATCP_AGAIN);
	tcb->rate.first_sent = half->sent;
	tcb->rate.delivered_at = half->sent;
	tcb->rec.retries = half->retries;
	tcb->rec.backoff = half->retries;
	tcb->rec.syn_backoff = half->retries;
	tcb->rec.total = half->resent;
	tcb->p.synack_retries = half->synack_retries;
	tcb->deadline[ATCP_TIMER_RETRANSMIT] = half->deadline;
}

/**
 * atcp_half_unpack() - a TCB in SYN-RECEIVED that goes on where it was
 * @tcb:	a copy of the listener's, its address family and the offset of its
 *		timestamps set
 * @half:	what was kept
 *
 * What options of the listener have changed since then counts, but for the window that
 * the SYN,ACK has told.
 */
void atcp_half_unpack(struct atcp_tcb *tcb, const struct atcp_half *half)
{
	struct atcp_seg syn = {
		.seq = half->irs,
		.wnd = half->wnd,
		.ctl = half->ctl,
		.ecn = half->ecn.syn,
		.opt.have = half->have,
		.opt.mss = half->mss,
		.opt.wscale = half->wscale,
		.opt.tsval = half->tsval,
		.opt.uto = half->uto,
	};
	struct atcp_fx fx = { 0 };

	tcb->ecn.route = half->ecn.route;
	tcb->state = ATCP_LISTEN;	/* also when the listener has just closed */
	atcp_segment_arrives(tcb, &syn, half->iss, 0, half->born, &fx);
	unpack_ecn(&tcb->ecn, half);
	put_in_flight(tcb, half);
	tcb->rcv.wnd = half->rcv_wnd;
	tcb->rcv.wscale = half->rcv_wscale;
	tcb->challenge.since = half->challenge_since * ATCP_USEC;
	tcb->challenge.n = half->challenge_n;
	tcb->segs_in = half->segs_in;
	tcb->segs_out = half->segs_out;
}
