// SPDX-License-Identifier: GPL-2.0
/*
 * The transmission control block: its birth, its end, and the segment sizes it
 * works with.
 *
 * RFC 9293 sections 3.3.1 and 3.7.1 (MSS); RFC 7323 section 2.3 (shift count).
 */

#include <atcp/core.h>

#define TS_LEN		12	/* the timestamp option with its padding */
#define SACK_LEN	12	/* the SACK option of one block, with its padding */

/**
 * atcp_params_default() - the values a fresh namespace has
 * @p:	filled in
 */
void atcp_params_default(struct atcp_params *p)
{
	memset(p, 0, sizeof(*p));
	p->msl_ms = 30000;		/* 2 MSL is 60 s, as Linux has it */
	p->fin_wait_ms = 60000;
	p->rto_min_ms = 200;
	p->rto_max_ms = 120000;
	p->delack_ms = 40;
	p->user_timeout_ms = 0;
	p->keep_idle_ms = 7200 * 1000;	/* [MUST-28] two hours or more */
	p->keep_intvl_ms = 75000;
	p->keep_probes = 9;
	p->syn_retries = 7;		/* 247 s: [MUST-23] at least 3 minutes */
	p->synack_retries = 7;
	p->r1 = 3;			/* [SHLD-10] */
	p->r2 = 15;			/* [SHLD-11] at least 100 s */
	p->challenge_max = 10;		/* RFC 5961, section 7 */
	p->features = ATCP_F_TIMESTAMPS | ATCP_F_WSCALE | ATCP_F_SACK |
		      ATCP_F_DSACK | ATCP_F_TW_REUSE | ATCP_F_AUTOTUNE |
		      ATCP_F_ECN_FALLBACK;
	p->recovery = ATCP_RACK;
	p->early_retrans = 3;
	p->frto = 2;
	p->ecn = ATCP_ECN_ANSWER;
	p->ecn_option = ATCP_ACCECN_OPTION_ALWAYS;
	p->ecn_beacon = ATCP_MAX_BEACON;
	p->cc = (u8)atcp_cc_find("cubic");
	p->mtu.mode = ATCP_MTU_NEVER;
	p->mtu.base_mss = 1024;
	p->mtu.min_snd_mss = ATCP_MIN_MSS;
	p->mtu.floor = ATCP_MIN_MSS;
	p->mtu.threshold = 8;
	p->mtu.interval_s = 600;
	p->uto.lower_s = 100;		/* [SHLD-11] */
	p->uto.upper_s = 3600;
}

/**
 * atcp_tcb_init() - a TCB in CLOSED
 * @tcb:	filled in
 * @p:		what it is made with
 * @ipv6:	for the default MSS
 *
 * The shell then gives it a receive buffer, a path MSS, an MSS to advertise
 * and a timestamp offset.
 */
void atcp_tcb_init(struct atcp_tcb *tcb, const struct atcp_params *p, bool ipv6)
{
	memset(tcb, 0, sizeof(*tcb));
	tcb->state = ATCP_CLOSED;
	tcb->version = ATCP_TCB_VERSION;
	tcb->p = *p;
	tcb->ipv6 = ipv6;
	tcb->snd.mss_path = ipv6 ? ATCP_DEFAULT_MSS6 : ATCP_DEFAULT_MSS4;
	tcb->rcv.mss_adv = tcb->snd.mss_path;
	tcb->reordering = ATCP_DUPTHRESH;
	atcp_rto_init(tcb);
	atcp_cc_init(&tcb->cc, p->cc, atcp_eff_mss(tcb));
}

/* What an earlier attempt with this TCB left behind. */
static void forget_attempt(struct atcp_tcb *tcb)
{
	tcb->opts_on = 0;
	tcb->fin = 0;
	tcb->deaf = 0;
	tcb->more = 0;
	tcb->syn_acked = 0;
	tcb->rcv_fin = 0;
	tcb->rcv_fin_done = 0;
	tcb->snd_urgent = 0;
	tcb->rcv_urgent = 0;
	tcb->persisting = 0;
	tcb->snd.wnd = 0;
	tcb->snd.max_wnd = 0;
	tcb->snd.mss_peer = 0;
	tcb->snd.cwnd_clamp = 0;
	tcb->reordering = ATCP_DUPTHRESH;
	tcb->ofo.n = 0;
	memset(&tcb->rec, 0, sizeof(tcb->rec));
	memset(&tcb->rack, 0, sizeof(tcb->rack));
	memset(&tcb->tlp, 0, sizeof(tcb->tlp));
	memset(&tcb->prr, 0, sizeof(tcb->prr));
	memset(&tcb->undo, 0, sizeof(tcb->undo));
	memset(&tcb->rate, 0, sizeof(tcb->rate));
	memset(&tcb->mtu, 0, sizeof(tcb->mtu));
	atcp_uto_init(tcb);
	memset(&tcb->sack, 0, sizeof(tcb->sack));
	memset(&tcb->challenge, 0, sizeof(tcb->challenge));
	atcp_ecn_forget(tcb);
	atcp_rto_init(tcb);
	/* the shift count that is offered; a SYN without one clears it */
	atcp_set_rcvbuff(tcb, tcb->rcv.buff, tcb->rcv.buff_max);
}

/**
 * atcp_choose_iss() - our sequence numbers start at @iss
 * @tcb:	the connection
 * @iss:	initial send sequence number, which the SYN has
 */
void atcp_choose_iss(struct atcp_tcb *tcb, u32 iss)
{
	forget_attempt(tcb);
	tcb->snd.iss = iss;
	tcb->snd.una = iss;
	tcb->snd.nxt = iss + 1;
	tcb->snd.end = iss + 1;
	tcb->snd.up = iss;
	tcb->snd.small = iss;
	tcb->rec.recover = iss;
	tcb->rtt.round = iss;
	tcb->rack.fack = iss;
	tcb->rack.end = iss;
	atcp_board_reset(&tcb->board, iss);
}

/**
 * atcp_most_mss() - what the peer, the path as far as known, and the user allow
 * @tcb:	the connection
 *
 * Source: RFC 9293, 3.7.1 [MUST-14] [MUST-15]. Return: octets.
 */
u32 atcp_most_mss(const struct atcp_tcb *tcb)
{
	u32 mss = tcb->snd.mss_peer;

	if (!mss)
		mss = tcb->ipv6 ? ATCP_DEFAULT_MSS6 : ATCP_DEFAULT_MSS4;
	mss = min_t(u32, mss, tcb->snd.mss_path);
	if (tcb->snd.mss_user)
		mss = min_t(u32, mss, tcb->snd.mss_user);
	return mss;
}

/**
 * atcp_base_mss() - Eff.snd.MSS before options are taken off
 * @tcb:	the connection
 *
 * Source: RFC 9293, 3.7.1 [MUST-16]; RFC 4821, 7.2. Return: octets.
 */
u32 atcp_base_mss(const struct atcp_tcb *tcb)
{
	u32 mss = atcp_most_mss(tcb);

	if (unlikely(tcb->mtu.on))
		mss = min_t(u32, mss, tcb->mtu.low);
	/* A peer that asks for less is not believed; the path is. */
	mss = max(mss, min_t(u32, tcb->p.mtu.min_snd_mss, tcb->snd.mss_path));
	return max_t(u32, mss, ATCP_MIN_MSS);
}

/**
 * atcp_base_opt_len() - octets of the options that every segment has
 * @tcb:	the connection
 *
 * Return: octets.
 */
u32 atcp_base_opt_len(const struct atcp_tcb *tcb)
{
	return tcb->auth + (tcb->opts_on & ATCP_OPT_TS ? TS_LEN : 0);
}

/**
 * atcp_eff_mss() - octets of text in a full segment
 * @tcb:	the connection
 *
 * Without SACK blocks, which make single segments shorter still.
 * Return: octets.
 */
u32 atcp_eff_mss(const struct atcp_tcb *tcb)
{
	return atcp_base_mss(tcb) - atcp_base_opt_len(tcb);
}

/* Something that Eff.snd.MSS depends on has changed. */
void atcp_mss_changed(struct atcp_tcb *tcb)
{
	atcp_cc_set_mss(&tcb->cc, atcp_eff_mss(tcb));
}

/**
 * atcp_set_auth() - segments are authenticated from now on, or no longer
 * @tcb:	the connection
 * @octets:	of each header, padding included: a multiple of 4, at most 20; 0: none
 *
 * Source: RFC 2385, 4.3; RFC 5925, 7.6. [R2385-MSS] [R5925-MSS]
 */
void atcp_set_auth(struct atcp_tcb *tcb, u8 octets)
{
	tcb->auth = octets;
	atcp_mss_changed(tcb);
}

/**
 * atcp_ts_fits() - is there room for timestamps beside authentication?
 * @tcb:	the connection
 * @sack:	SACK is to be had
 *
 * Not when with them no SACK block would ever fit, which is worth more.
 * Source: RFC 5925, 7.6. Return: whether they may be agreed on. [R2385-TS]
 */
bool atcp_ts_fits(const struct atcp_tcb *tcb, bool sack)
{
	return !sack || tcb->auth + TS_LEN + SACK_LEN <= ATCP_HDR_MAX - ATCP_HDR_MIN;
}

/**
 * atcp_set_path_mss() - the path's MTU was learnt or has changed
 * @tcb:	the connection
 * @mss:	MTU less the network and TCP headers without options, octets
 * @now:	microseconds
 *
 * When it fell, what is in flight was probably too big and is sent again in
 * smaller pieces; what fits, a lone FIN say, was not what was complained of.
 * Source: RFC 9293, 3.7.2; RFC 1191, 6.5; RFC 8201, 5.4.
 */
void atcp_set_path_mss(struct atcp_tcb *tcb, u32 mss, u64 now)
{
	u32 old = atcp_eff_mss(tcb);

	tcb->snd.mss_path = min_t(u32, max_t(u32, mss, ATCP_MIN_MSS), U16_MAX);
	atcp_mss_changed(tcb);
	if (atcp_synchronized(tcb->state) && atcp_eff_mss(tcb) < old &&
	    atcp_flight(tcb) > atcp_eff_mss(tcb))
		atcp_recovery_resend(tcb);
}

/* Smallest shift count with which the window field can tell of @buff octets. */
static u8 wscale_for(u32 buff)
{
	u8 shift = 0;

	while (shift < ATCP_MAX_WSCALE && buff >> shift > U16_MAX)
		shift++;
	return shift;
}

/**
 * atcp_set_rcvbuff() - RCV.BUFF
 * @tcb:	the connection
 * @buff:	octets of text to be buffered
 * @buff_max:	how far autotuning may take it; @buff when it is fixed
 *
 * A smaller buffer closes the window only as text arrives: its right edge
 * never recedes [SHLD-14].
 */
void atcp_set_rcvbuff(struct atcp_tcb *tcb, u32 buff, u32 buff_max)
{
	const u32 most = (u32)U16_MAX << ATCP_MAX_WSCALE;

	tcb->rcv.buff = min(buff, most);
	tcb->rcv.buff_max = min(max(buff, buff_max), most);
	if (tcb->state != ATCP_CLOSED && tcb->state != ATCP_LISTEN)
		return;
	if (tcb->p.features & ATCP_F_WSCALE)
		tcb->rcv.wscale = max(min_t(u8, tcb->p.wscale, ATCP_MAX_WSCALE),
				      wscale_for(tcb->rcv.buff_max));
	else
		tcb->rcv.wscale = 0;
	tcb->rcv.wnd = min_t(u32, tcb->rcv.buff, U16_MAX);
}

static void stop_everything(struct atcp_tcb *tcb)
{
	tcb->send = 0;
	memset(tcb->deadline, 0, sizeof(tcb->deadline));
}

/**
 * atcp_to_closed() - delete the TCB, enter CLOSED
 * @tcb:	the connection
 * @error:	positive errno for the user, 0 when it ended as it should
 * @fx:		effects
 */
void atcp_to_closed(struct atcp_tcb *tcb, u16 error, struct atcp_fx *fx)
{
	if (error) {
		fx->error = error;
		fx->wake |= ATCP_WAKE_ERROR;
	}
	fx->wake |= ATCP_WAKE_STATE;
	fx->flush = true;
	stop_everything(tcb);
	atcp_set_state(tcb, ATCP_CLOSED, fx);
}

/**
 * atcp_to_listen() - a passive open that failed goes back to LISTEN
 * @tcb:	the connection, in SYN-RECEIVED
 * @fx:		effects
 *
 * In a socket stack the half-open connection goes and the listener never
 * changed; the shell sees that a child is in LISTEN and drops it.
 */
void atcp_to_listen(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	fx->flush = true;
	stop_everything(tcb);
	atcp_set_state(tcb, ATCP_LISTEN, fx);
}
