/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transmission control block and the entries of the core.
 *
 * struct atcp_tcb holds the RFC's variables under the RFC's names: SND.UNA is
 * tcb->snd.una.  It holds no pointer, so that it can be copied, rebuilt and
 * survive the replacement of the code that works on it.
 *
 * Conventions of every entry: the caller holds whatever lock protects the TCB;
 * nothing sleeps; @now is microseconds of a clock that never goes back; times
 * called deadlines are on that clock and 0 means "not armed"; sequence numbers
 * and lengths are in host order and octets; @fx was cleared by the caller.
 *
 * RFC 9293 sections 3.3.1 and 3.10; RFC 7323; RFC 2018; RFC 5961; RFC 6298;
 * RFC 5681; RFC 6582; RFC 6675; RFC 8985; RFC 9937; RFC 6191; RFC 6093.
 */
#ifndef _ATCP_TCB_H
#define _ATCP_TCB_H

#include <linux/types.h>
#include <atcp/seq.h>
#include <atcp/segment.h>
#include <atcp/board.h>
#include <atcp/ranges.h>
#include <atcp/fsm.h>
#include <atcp/fx.h>
#include <atcp/cc.h>
#include <atcp/ecn.h>
#include <atcp/metrics.h>
#include <atcp/plpmtud.h>
#include <atcp/uto.h>

#define ATCP_TCB_VERSION	1

#define ATCP_USEC		1000000ULL
#define ATCP_MSEC		1000ULL

#define ATCP_DEFAULT_MSS4	536	/* [MUST-15] */
#define ATCP_DEFAULT_MSS6	1220
#define ATCP_MIN_MSS		48	/* smaller ones are not believed */
#define ATCP_DUPTHRESH		3	/* RFC 5681, 3.2 */

/* Bits of atcp_params.features: what may be offered to the peer. */
#define ATCP_F_TIMESTAMPS	0x01
#define ATCP_F_WSCALE		0x02
#define ATCP_F_SACK		0x04
#define ATCP_F_DSACK		0x08
#define ATCP_F_RFC1337		0x10	/* ignore RST in TIME-WAIT */
#define ATCP_F_TW_REUSE		0x20	/* RFC 6191 */
#define ATCP_F_AUTOTUNE		0x40	/* RCV.BUFF follows the reader */
#define ATCP_F_ECN_FALLBACK	0x80	/* RFC 3168, 6.1.1.1 */

/**
 * struct atcp_params - what a TCB is made with; from sysctl and socket options
 *
 * Copied into the TCB at its birth; a socket option changes the copy.
 *
 * @msl_ms:	maximum segment lifetime, milliseconds
 * @fin_wait_ms: FIN-WAIT-2 limit once the user has gone; 0: none
 * @rto_min_ms:	least retransmission time-out
 * @rto_max_ms:	greatest retransmission time-out
 * @delack_ms:	longest an ACK is delayed, < 500 [MUST-40]
 * @user_timeout_ms: USER TIMEOUT; 0: R2 alone decides
 * @keep_idle_ms: idle time before the first keep-alive probe
 * @keep_intvl_ms: time between keep-alive probes
 * @keep_probes: unanswered probes that end the connection
 * @syn_retries: R2 for SYN
 * @synack_retries: R2 for SYN,ACK
 * @r1:		retransmissions that mean trouble (RFC 9293, 3.8.3)
 * @r2:		retransmissions after which to give up
 * @challenge_max: challenge ACKs allowed in 5 s (RFC 5961, section 7)
 * @wscale:	least shift count to offer; more when RCV.BUFF may grow so far
 * @cc:		index of the congestion control
 * @recovery:	ATCP_RACK...: how losses are found where SACK is on
 * @early_retrans: not 0: probe for losses of the tail (RFC 8985, 7)
 * @frto:	not 0: find out spurious time-outs (RFC 5682)
 * @ecn:	enum atcp_ecn_policy
 * @ecn_option:	enum atcp_ecn_option
 * @ecn_beacon:	AccECN options a round trip, at least; 0: no such rule
 * @features:	ATCP_F_*
 * @mtu:	path MTU probing
 * @uto:	the user timeout option
 */
struct atcp_params {
	u32 msl_ms;
	u32 fin_wait_ms;
	u32 rto_min_ms;
	u32 rto_max_ms;
	u32 delack_ms;
	u32 user_timeout_ms;
	u32 keep_idle_ms;
	u32 keep_intvl_ms;
	u8 keep_probes;
	u8 syn_retries;
	u8 synack_retries;
	u8 r1;
	u8 r2;
	u8 challenge_max;
	u8 wscale;
	u8 cc;
	u8 recovery;
	u8 early_retrans;
	u8 frto;
	u8 ecn;
	u8 ecn_option;
	u8 ecn_beacon;
	u32 features;
	struct atcp_mtu_params mtu;
	struct atcp_uto_params uto;
};

/* Bits of atcp_params.recovery, those of net.ipv4.tcp_recovery. */
#define ATCP_RACK		0x01
#define ATCP_RACK_STATIC	0x02	/* the reordering window stays minRTT / 4 */
#define ATCP_RACK_NO_DUPTHRESH	0x04	/* nor is it 0 once DupThresh is reached */

/* tcb->send: what atcp_next_segment() owes the peer beside text. */
#define ATCP_SEND_SYN		0x01	/* SYN, or SYN,ACK in SYN-RECEIVED */
#define ATCP_SEND_ACK		0x02	/* an ACK now */
#define ATCP_SEND_PROBE		0x04	/* zero-window probe */
#define ATCP_SEND_KEEPALIVE	0x08
#define ATCP_SEND_OVERRIDE	0x10	/* the SWS override timer ran out */
#define ATCP_SEND_TAIL		0x20	/* probe for a loss of the tail */

/* Deadlines, in the order in which section 3.10.8 lists them. */
enum atcp_timer {
	ATCP_TIMER_USER,		/* USER TIMEOUT */
	ATCP_TIMER_REORDER,		/* RFC 8985, 6.2; before RETRANSMIT, which they */
	ATCP_TIMER_TAIL,		/* RFC 8985, 7; put off */
	ATCP_TIMER_RETRANSMIT,
	ATCP_TIMER_TIME_WAIT,		/* 2 MSL; FIN-WAIT-2 limit of an orphan */
	ATCP_TIMER_PERSIST,
	ATCP_TIMER_DELACK,
	ATCP_TIMER_OVERRIDE,		/* sender SWS and cork */
	ATCP_TIMER_KEEPALIVE,
	ATCP_N_TIMERS,
};

/* tcb->fo.flags */
#define ATCP_FO_OFFER		0x01	/* the option goes with the first SYN or SYN,ACK */
#define ATCP_FO_TEXT		0x02	/* and text with the first SYN */
#define ATCP_FO_TRIED		0x04	/* a SYN with the option has gone */
#define ATCP_FO_TEXT_SENT	0x08	/* and text with it */
#define ATCP_FO_TRUSTED		0x10	/* the peer's SYN had a good cookie: text goes
					 * both ways before its ACK comes
					 */
#define ATCP_FO_TEXT_TAKEN	0x20	/* text of the SYN was acknowledged with it */

/* Why Fast Open did not come to be; the numbers are Linux's (tcp_info). */
enum atcp_fo_fail {
	ATCP_FO_NO_FAIL,
	ATCP_FO_NO_COOKIE,
	ATCP_FO_TEXT_NOT_ACKED,
	ATCP_FO_SYN_AGAIN,		/* nor after the SYN was sent again */
};

enum atcp_recovery {
	ATCP_OPEN,
	ATCP_REDUCING,			/* congestion without a loss: ECN */
	ATCP_FAST_RECOVERY,		/* RFC 6582, RFC 6675 */
	ATCP_LOSS,			/* after a retransmission time-out */
};

struct atcp_tcb {
	u8 state;			/* enum atcp_state; see atcp_set_state() */
	u8 version;			/* ATCP_TCB_VERSION */
	u16 opts_on;			/* ATCP_OPT_* agreed on, once synchronized */
	u8 auth;			/* octets of each header that authentication takes */
	u8 send;			/* ATCP_SEND_* */

	u8 passive:1;			/* came from LISTEN (origin) [MUST-11] */
	u8 fin:1;			/* the user has called CLOSE */
	u8 orphan:1;			/* the user has gone for good */
	u8 ipv6:1;			/* for default MSS */
	u8 nodelay:1;			/* Nagle off */
	u8 cork:1;			/* hold partial segments */
	u8 more:1;			/* the last SEND promised more */
	u8 keepalive:1;			/* keep-alive wanted */

	u8 rcv_fin:1;			/* rcv.fin is known */
	u8 rcv_fin_done:1;		/* and RCV.NXT is past it */
	u8 snd_urgent:1;		/* SND.UP is to be told */
	u8 rcv_urgent:1;		/* RCV.UP is ahead of what the user read */
	u8 cwnd_limited:1;		/* cwnd held text back */
	u8 syn_acked:1;			/* SND.UNA is past our SYN */
	u8 persisting:1;		/* probing a closed window */
	u8 deaf:1;			/* the user reads no more */
	u8 patient:1;			/* the user is woken for many octets only */
	u8 quick_acks;			/* segments still to be ACKed at once */
	u8 reordering;			/* segments, duplicate ACKs that tell of a loss */
	struct atcp_route_wants route;	/* kept up to date by the shell */

	/* Send sequence variables. */
	struct {
		u32 una;
		u32 nxt;
		u32 wnd;		/* scaled [REC-1] */
		u32 up;			/* octet after the urgent text */
		u32 wl1;
		u32 wl2;
		u32 iss;
		u32 end;		/* octet after the last one queued by SEND */
		u32 max_wnd;		/* MAX.SND.WND */
		u32 small;		/* end of the last partial segment sent */
		u16 mss_peer;		/* SendMSS: MSS option received, or default */
		u16 mss_path;		/* MMS_S less 20: what the path carries */
		u16 mss_user;		/* TCP_MAXSEG, 0 when not set */
		u32 cwnd_clamp;		/* cwnd goes no further, 0: no limit */
		u8 wscale;		/* Snd.Wind.Shift */
	} snd;

	/* Receive sequence variables. */
	struct {
		u32 nxt;
		u32 wnd;		/* RCV.NXT + RCV.WND never recedes */
		u32 up;
		u32 irs;
		u32 fin;		/* sequence number of the peer's FIN */
		u32 buff;		/* RCV.BUFF, octets */
		u32 buff_max;		/* autotuning may go so far */
		u32 user;		/* RCV.USER: received, not yet consumed */
		u32 last_ack_sent;	/* RFC 7323, section 4.3 */
		u32 mss_seen;		/* largest segment of late, octets */
		u32 unacked;		/* octets since the last ACK went out */
		u16 mss_adv;		/* MSS option to send */
		u8 wscale;		/* Rcv.Wind.Shift */
		u32 round_copied;	/* autotuning: octets consumed this round, */
		u64 round_start;	/* which began then */
	} rcv;

	/* Timestamps, RFC 7323. */
	struct {
		u32 recent;		/* TS.Recent */
		u32 recent_age;		/* seconds, when it was set */
		u32 offset;		/* added to the clock, RFC 7323 5.4 */
	} ts;

	/* Round-trip time, RFC 6298; microseconds. */
	struct {
		u32 srtt;		/* 0 until the first sample */
		u32 rttvar;
		u32 rto;		/* without backoff */
		u32 min;		/* least of the last minutes */
		u32 latest;		/* what this ACK showed, 0: nothing */
		u32 round;		/* an ACK beyond it has the next sample */
		u64 min_at;		/* when min was seen */
	} rtt;

	struct atcp_board board;	/* what is outstanding */

	/* Loss recovery. */
	struct {
		u8 state;		/* enum atcp_recovery */
		u8 backoff;		/* time-outs in a row (Karn) */
		u8 dupacks;
		u8 retries;		/* of one segment, unanswered: R1 and R2 */
		u8 probes;		/* zero-window probes, for their backoff */
		u8 keepalives;		/* unanswered keep-alive probes */
		u8 syn_backoff;
		u8 frto:1;		/* was the time-out spurious? (RFC 5682) */
		u8 hold:1;		/* to find out, new text goes before old */
		u32 recover;		/* RFC 6582; RecoveryPoint of RFC 6675 */
		u32 total;		/* retransmitted segments, for STATUS */
	} rec;

	/* RACK: RFC 8985, 6. */
	struct {
		u64 at;			/* RACK.xmit_ts, microseconds */
		u32 end;		/* RACK.end_seq */
		u32 rtt;		/* RACK.rtt, microseconds */
		u32 fack;		/* RACK.fack */
		u32 dsack_round;	/* RACK.dsack_round, if */
		u8 in_round:1;		/* there is one */
		u8 reordering:1;	/* RACK.reordering_seen */
		u8 mult;		/* RACK.reo_wnd_mult, 0 as 1 */
		u8 persist;		/* RACK.reo_wnd_persist */
		u32 dsacks;		/* for STATUS: D-SACKs that came, */
		u32 reorders;		/* and segments out of order */
	} rack;

	/* Tail loss probe: RFC 8985, 7. */
	struct {
		u32 end;		/* TLP.end_seq, if */
		u8 on:1;		/* a probe is in flight */
		u8 again:1;		/* TLP.is_retrans */
		u8 sampled:1;		/* a round trip was seen since the last one */
	} tlp;

	/* Proportional rate reduction: RFC 9937. */
	struct {
		u32 recover_fs;		/* RecoverFS, octets */
		u32 delivered;		/* prr_delivered */
		u32 out;		/* prr_out */
	} prr;

	/* What to go back to when there was no loss. */
	struct {
		u32 marker;		/* SND.UNA when it was found */
		u32 again;		/* octets sent again, not told of by D-SACK */
		u32 stamp;		/* TSval of the first of them */
		u32 cwnd;
		u32 ssthresh;
		u8 on:1;
		u8 resent:1;		/* something was sent again */
	} undo;

	/* Delivery rate. */
	struct {
		u32 delivered;		/* octets, modulo 2^32 */
		u32 lost;		/* likewise */
		u32 app_limited;	/* until delivered is past it; 0: not */
		u64 delivered_at;	/* microseconds */
		u64 first_sent;		/* of the flight that is sampled */
		u32 last_delivered;	/* for STATUS: the last sample */
		u32 last_interval;
		bool last_limited;
	} rate;

	struct atcp_cc cc;
	struct atcp_mtu mtu;
	struct atcp_uto uto;

	/* Fast Open, RFC 7413: core/fastopen.c. */
	struct {
		u8 flags;		/* ATCP_FO_* */
		u8 fail;		/* enum atcp_fo_fail */
		struct atcp_fo_cookie cookie;	/* to go with the next SYN */
	} fo;
	struct atcp_ecn ecn;

	/* SACK to be sent: RFC 2018, 2883. */
	struct atcp_ranges ofo;		/* text held out of order */
	struct {
		u32 recent[ATCP_MAX_SACK]; /* an octet of each block, latest first */
		u8 n_recent;
		bool dsack_on;
		struct atcp_range dsack;
	} sack;

	struct {
		u64 since;		/* start of the current 5 s */
		u8 n;
	} challenge;			/* RFC 5961, section 7 */

	u64 deadline[ATCP_N_TIMERS];
	u64 last_rcv;			/* any segment; for keep-alive and STATUS */
	u64 last_snd;			/* text; for idle restart and STATUS */
	u64 last_ack;			/* an ACK arrived */

	struct atcp_params p;

	/* For STATUS. */
	u64 octets_rcvd;
	u64 octets_acked;
	u64 octets_sent;
	u32 segs_in;
	u32 segs_out;
	u32 data_segs_in;
	u32 data_segs_out;
};

/* ---- life of a TCB ---- */

void atcp_params_default(struct atcp_params *p);
void atcp_tcb_init(struct atcp_tcb *tcb, const struct atcp_params *p, bool ipv6);
void atcp_set_path_mss(struct atcp_tcb *tcb, u32 mss, u64 now);
void atcp_set_rcvbuff(struct atcp_tcb *tcb, u32 buff, u32 buff_max);
void atcp_set_auth(struct atcp_tcb *tcb, u8 octets);
u32 atcp_eff_mss(const struct atcp_tcb *tcb);

/**
 * atcp_flight() - octets believed to be in the network
 * @tcb:	the connection
 *
 * FlightSize, less what the peer told that it has, and less what was declared lost and
 * not yet sent again: pipe of RFC 6675, inflight of RFC 9937. [R6675-PIPE]
 */
static inline u32 atcp_flight(const struct atcp_tcb *tcb)
{
	return tcb->snd.nxt - tcb->snd.una - tcb->board.sacked - tcb->board.lost;
}

void atcp_mtu_probe_forget(struct atcp_tcb *tcb);

/* ---- user calls, section 3.10.1 to 3.10.6; 0 or -errno ---- */

#define ATCP_USER_URGENT	0x01
#define ATCP_USER_MORE		0x02

int atcp_user_open_passive(struct atcp_tcb *tcb, struct atcp_fx *fx);
int atcp_user_open_active(struct atcp_tcb *tcb, u32 iss, u64 now, struct atcp_fx *fx);
int atcp_user_send(struct atcp_tcb *tcb, u32 len, unsigned int flags, u64 now,
		   struct atcp_fx *fx);
int atcp_user_may_send(const struct atcp_tcb *tcb);
int atcp_user_receive(struct atcp_tcb *tcb, u32 len, u64 now, struct atcp_fx *fx);
int atcp_user_may_receive(const struct atcp_tcb *tcb);
int atcp_user_close(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
int atcp_user_abort(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
int atcp_user_gone(struct atcp_tcb *tcb, bool unread, u64 now, struct atcp_fx *fx);
void atcp_user_push(struct atcp_tcb *tcb, u64 now);
void atcp_uto_set(struct atcp_tcb *tcb);
u32 atcp_user_timeout_ms(const struct atcp_tcb *tcb);
void atcp_user_options_changed(struct atcp_tcb *tcb, u64 now);

/* ---- Fast Open, RFC 7413 ---- */

void atcp_fastopen_offer(struct atcp_tcb *tcb, const struct atcp_fo_cookie *cookie, u16 mss,
			 bool text);
u32 atcp_fastopen_room(const struct atcp_tcb *tcb);
void atcp_fastopen_hold(struct atcp_tcb *tcb);
void atcp_fastopen_go(struct atcp_tcb *tcb, u64 now);

/* May the user send before the peer has acknowledged our SYN? */
static inline bool atcp_fastopen_trusted(const struct atcp_tcb *tcb)
{
	return tcb->state == ATCP_SYN_RECEIVED && tcb->fo.flags & ATCP_FO_TRUSTED;
}

/* ---- segments, section 3.10.7 ---- */

void atcp_segment_arrives(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			  u32 iss, u32 room, u64 now, struct atcp_fx *fx);
void atcp_arrives_closed(const struct atcp_seg *seg, struct atcp_fx *fx);

enum atcp_icmp {
	ATCP_ICMP_SOFT,
	ATCP_ICMP_HARD,
	ATCP_ICMP_PTB,			/* fragmentation needed, packet too big */
};

bool atcp_icmp_arrives(struct atcp_tcb *tcb, enum atcp_icmp kind, u32 seq,
		       u16 error, u64 now, struct atcp_fx *fx);

/* ---- time-outs, section 3.10.8 ---- */

void atcp_timeouts(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
u64 atcp_deadline(const struct atcp_tcb *tcb);

/* ---- what to send ---- */

/**
 * atcp_worth_asking() - whether atcp_next_segment() may have something
 * @tcb:	the connection
 *
 * Something is owed to the peer, or text or a FIN waits that was never sent or is
 * to be sent again.  If not, atcp_next_segment() has nothing to send and nothing to
 * watch over, and changes nothing, so it need not be asked: most events end so.
 *
 * Context: the TCB's lock held; any.
 */
static inline bool atcp_worth_asking(const struct atcp_tcb *tcb)
{
	return tcb->send || tcb->board.lost || seq_lt(tcb->snd.nxt, tcb->snd.end + tcb->fin);
}

bool atcp_next_segment(struct atcp_tcb *tcb, u64 now, u32 room, struct atcp_out *out,
		       struct atcp_fx *fx);

/* ---- what is known of the destination ---- */

void atcp_initial_rwnd(struct atcp_tcb *tcb, u32 limit);
void atcp_metrics_use(struct atcp_tcb *tcb, const struct atcp_metrics *m);
bool atcp_metrics_learn(const struct atcp_tcb *tcb, struct atcp_metrics *m, bool ssthresh);

/* ---- TIME-WAIT kept small ---- */

/**
 * struct atcp_tw - what of a TCB in TIME-WAIT is needed to answer for it
 */
struct atcp_tw {
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 rcv_wnd;
	u32 ts_recent;
	u32 ts_recent_age;
	u32 ts_offset;
	u32 twomsl_ms;
	u32 challenge_age;		/* seconds, start of the current 5 s */
	u8 challenge_n;
	u8 challenge_max;
	u8 rcv_wscale;
	u8 opts_on;
	u8 features;
	bool ipv6;
};

void atcp_tw_pack(struct atcp_tw *tw, const struct atcp_tcb *tcb);
void atcp_tw_unpack(struct atcp_tcb *tcb, const struct atcp_tw *tw, u64 deadline);

#endif /* _ATCP_TCB_H */
