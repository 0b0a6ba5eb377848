// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT kept small: what is needed of a TCB to answer for a connection
 * that is over, and the TCB made of it again when a segment arrives.
 *
 * RFC 9293 section 3.3.2 and 3.10.7.4; RFC 6191.
 */

#include <atcp/core.h>

/**
 * atcp_tw_pack() - keep what matters of a TCB in TIME-WAIT
 * @tw:		filled in
 * @tcb:	the connection
 */
void atcp_tw_pack(struct atcp_tw *tw, const struct atcp_tcb *tcb)
{
	tw->snd_nxt = tcb->snd.nxt;
	tw->rcv_nxt = tcb->rcv.nxt;
	tw->rcv_wnd = tcb->rcv.wnd;
	tw->ts_recent = tcb->ts.recent;
	tw->ts_recent_age = tcb->ts.recent_age;
	tw->ts_offset = tcb->ts.offset;
	tw->twomsl_ms = 2 * tcb->p.msl_ms;
	tw->challenge_age = atcp_seconds(tcb->challenge.since);
	tw->challenge_n = tcb->challenge.n;
	tw->challenge_max = tcb->p.challenge_max;
	tw->rcv_wscale = tcb->rcv.wscale;
	tw->opts_on = tcb->opts_on;
	tw->features = tcb->p.features;
	tw->ipv6 = tcb->ipv6;
}

/**
 * atcp_tw_unpack() - a TCB in TIME-WAIT that answers as the old one would
 * @tcb:	filled in
 * @tw:		what was kept
 * @deadline:	when 2 MSL end
 */
void atcp_tw_unpack(struct atcp_tcb *tcb, const struct atcp_tw *tw, u64 deadline)
{
	memset(tcb, 0, sizeof(*tcb));
	tcb->state = ATCP_TIME_WAIT;
	tcb->version = ATCP_TCB_VERSION;
	tcb->ipv6 = tw->ipv6;
	tcb->opts_on = tw->opts_on;
	tcb->fin = 1;
	tcb->syn_acked = 1;
	tcb->rcv_fin = 1;
	tcb->rcv_fin_done = 1;
	tcb->orphan = 1;
	tcb->snd.una = tw->snd_nxt;
	tcb->snd.nxt = tw->snd_nxt;
	tcb->snd.end = tw->snd_nxt - 1;
	tcb->snd.iss = tw->snd_nxt - 2;
	tcb->snd.wnd = U16_MAX;		/* what the peer offered was not kept */
	tcb->snd.max_wnd = U16_MAX;
	tcb->octets_acked = U16_MAX;	/* nor how much was sent */
	tcb->rcv.nxt = tw->rcv_nxt;
	tcb->rcv.fin = tw->rcv_nxt - 1;
	tcb->rcv.wnd = tw->rcv_wnd;
	tcb->rcv.buff = tw->rcv_wnd;
	tcb->rcv.wscale = tw->rcv_wscale;
	tcb->rcv.last_ack_sent = tw->rcv_nxt;
	tcb->ts.recent = tw->ts_recent;
	tcb->ts.recent_age = tw->ts_recent_age;
	tcb->ts.offset = tw->ts_offset;
	tcb->p.msl_ms = tw->twomsl_ms / 2;
	tcb->p.features = tw->features;
	tcb->p.challenge_max = tw->challenge_max;
	tcb->challenge.n = tw->challenge_n;
	tcb->challenge.since = tw->challenge_age * ATCP_USEC;
	tcb->deadline[ATCP_TIMER_TIME_WAIT] = deadline;
}
