/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BBR version 3, draft-ietf-ccwg-bbr-06: its state, and what its files share.
 *
 *	bbr_model.c	the model of the path (5.5): max_bw, min_rtt, extra_acked, bounds
 *	bbr_state.c	the state machine (5.3): Startup, Drain, ProbeBW, ProbeRTT
 *	cc_bbr.c	what follows from both (5.2, 5.6): pacing rate, quantum, cwnd
 *
 * Names are the draft's.  Volumes are octets, those of C.delivered modulo 2^32;
 * bandwidths octets a second; round-trip times microseconds; stamps milliseconds,
 * modulo 2^32, as they are compared with intervals of seconds; gains percent.
 * Infinity is the greatest value of a type.  No bandwidth is above
 * ATCP_BBR_BW_MAX, no volume above ATCP_CWND_MAX: no product overflows then.
 *
 * What differs from the draft's words:
 *
 * - T_reno, a BDP taken as a number of round trips, is in segments (5.3.3.8.2).
 * - The core has no random numbers: the waits between probes are drawn from the
 *   time, SND.NXT and C.delivered of the moment, which differ from flow to flow.
 * - Ranges lost in a round of Startup are counted by ACKs that told of losses.
 * - While ProbeRTT lasts, that samples are application-limited is noted here.
 * - What a spurious recovery gives back is saved once for each recovery, before the
 *   first loss changes anything; the pseudocode would save again after that.
 * - CE marks, where a connection has ECN, count as losses (3.7).
 */
#ifndef _ATCP_BBR_H
#define _ATCP_BBR_H

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/types.h>
#include <atcp/cc.h>
#include <atcp/maxfilter.h>

#define ATCP_BBR_BW_MAX		BIT_ULL(40)	/* octets a second: 8.8 Tbit/s */

#define ATCP_BBR_LOSS_THRESH	2	/* percent: LossThresh */
#define ATCP_BBR_BETA		70	/* percent: Beta */
#define ATCP_BBR_HEADROOM	15	/* percent: Headroom */

enum atcp_bbr_state {
	ATCP_BBR_STARTUP,
	ATCP_BBR_DRAIN,
	ATCP_BBR_PROBE_BW_DOWN,
	ATCP_BBR_PROBE_BW_CRUISE,
	ATCP_BBR_PROBE_BW_REFILL,
	ATCP_BBR_PROBE_BW_UP,
	ATCP_BBR_PROBE_RTT,
	ATCP_BBR_NONE,			/* of undo_state */
};

enum atcp_bbr_ack_phase {
	ATCP_BBR_ACKS_INIT,		/* not probing bandwidth */
	ATCP_BBR_ACKS_REFILLING,
	ATCP_BBR_ACKS_PROBE_STARTING,
	ATCP_BBR_ACKS_PROBE_FEEDBACK,
	ATCP_BBR_ACKS_PROBE_STOPPING,	/* stopped; what was sent before is still told of */
};

/**
 * struct atcp_bbr - BBR.* of the draft, section 2, in atcp_cc.priv
 * @max_bw_filter: greatest delivery rate of the ProbeBW cycle before, and of this one
 * @bw_latest:	greatest of the round
 * @bw_shortterm: what losses of late suggest is safe
 * @full_bw:	baseline of the plateau that is looked for
 * @undo_bw_shortterm: as it was before losses that may turn out spurious
 * @extra_acked_filter: aggregation in the path, by round_count
 * @extra_acked_interval_start: microseconds, modulo 2^32
 * @extra_acked_delivered: octets since
 * @min_rtt:	of MinRTTFilterLen
 * @min_rtt_stamp: when it was measured
 * @probe_rtt_min_delay: of ProbeRTTInterval
 * @probe_rtt_min_stamp: when it was measured
 * @probe_rtt_done_stamp: when ProbeRTT may end, once @probe_rtt_waits
 * @cycle_stamp: when this ProbeBW cycle began
 * @inflight_latest: greatest volume delivered in the round
 * @inflight_longterm: what the path takes, by the last probes
 * @inflight_shortterm: what losses of late suggest is safe
 * @undo_inflight_longterm: as it was before losses that may turn out spurious
 * @undo_inflight_shortterm: likewise
 * @prior_cwnd:	cwnd before recovery or ProbeRTT
 * @delivered:	C.delivered, at the last ACK
 * @next_round_delivered: the round ends when what was sent after it is delivered
 * @loss_round_delivered: likewise, of the round of the first loss
 * @bw_probe_up_acked: octets acknowledged since inflight_longterm grew
 * @probe_up_acked_per_inc: so many for a segment more
 * @quiet_from:	what was sent at C.delivered from here
 * @quiet_to:	to here was so in ProbeRTT, once @quiet: samples of it are low
 * @bw_probe_wait: milliseconds, from cycle_stamp to the next probe
 * @round_count: modulo 256
 * @drain_start_round: round_count when Drain began
 * @rounds_since_probe_up: stops at 255
 * @bw_probe_up_rounds: rounds in which inflight_longterm grew in this ProbeBW_UP
 * @state:	enum atcp_bbr_state
 * @ack_phase:	enum atcp_bbr_ack_phase
 * @undo_state:	enum atcp_bbr_state
 * @loss_events: ACKs of the round that told of losses, in Startup; stops at 15
 * @full_bw_count: rounds without growth
 * @full_bw_reached: once in this connection
 * @full_bw_now: since it was last looked for
 * @round_start: this ACK begins a round
 * @loss_round_start: this ACK ends a round of loss_round_delivered
 * @idle_restart: nothing was delivered yet after silence
 * @is_loss_in_round: loss was seen in this round
 * @loss_is_fresh: and loss_round_delivered is of the ACK before
 * @is_bw_probe_sample: what is delivered now was sent to probe
 * @prev_probe_too_high: the last probe lost too much
 * @prev_probe_precautionary: the last one was stopped at inflight_longterm
 * @probe_rtt_waits: in ProbeRTT, with little in flight since probe_rtt_done_stamp was set
 * @probe_rtt_round_done: and that for a round
 * @probe_rtt_expired: probe_rtt_min_delay was not measured for ProbeRTTInterval
 * @cwnd_limited: cwnd was used up in this round
 * @cwnd_was_limited: or in the one before
 * @in_recovery: in fast recovery or after a time-out
 * @undo_saved:	undo_* are of this recovery, or of losses of this round
 * @quiet:	see @quiet_from
 * @no_sack:	one loss is told in a round trip
 * @started:	the first ACK came
 * @has_seen_rtt: the pacing rate is of a measured round-trip time
 */
struct atcp_bbr {
	u64 max_bw_filter[2];
	u64 bw_latest;
	u64 bw_shortterm;
	u64 full_bw;
	u64 undo_bw_shortterm;
	u32 extra_acked_interval_start;
	u32 extra_acked_delivered;
	u32 min_rtt;
	u32 min_rtt_stamp;
	u32 probe_rtt_min_delay;
	u32 probe_rtt_min_stamp;
	u32 probe_rtt_done_stamp;
	u32 cycle_stamp;
	u32 inflight_latest;
	u32 inflight_longterm;
	u32 inflight_shortterm;
	u32 undo_inflight_longterm;
	u32 undo_inflight_shortterm;
	u32 prior_cwnd;
	u32 delivered;
	u32 next_round_delivered;
	u32 loss_round_delivered;
	u32 bw_probe_up_acked;
	u32 probe_up_acked_per_inc;
	u32 quiet_from;
	u32 quiet_to;
	struct atcp_maxfilter extra_acked_filter;
	u16 bw_probe_wait;
	u8 round_count;
	u8 drain_start_round;
	u8 rounds_since_probe_up;
	u8 bw_probe_up_rounds;
	u8 state;
	u8 ack_phase;
	u8 undo_state : 4;
	u8 loss_events : 4;
	u8 full_bw_count : 2;
	u8 full_bw_reached : 1;
	u8 full_bw_now : 1;
	u8 round_start : 1;
	u8 loss_round_start : 1;
	u8 idle_restart : 1;
	u8 is_loss_in_round : 1;
	u8 loss_is_fresh : 1;
	u8 is_bw_probe_sample : 1;
	u8 prev_probe_too_high : 1;
	u8 prev_probe_precautionary : 1;
	u8 probe_rtt_waits : 1;
	u8 probe_rtt_round_done : 1;
	u8 probe_rtt_expired : 1;
	u8 cwnd_limited : 1;
	u8 cwnd_was_limited : 1;
	u8 in_recovery : 1;
	u8 undo_saved : 1;
	u8 quiet : 1;
	u8 no_sack : 1;
	u8 started : 1;
	u8 has_seen_rtt : 1;
};

/**
 * struct atcp_bbr_rs - RS.* and what else of an ACK, or of a loss, the steps read
 * @cc:		window and pacing rate
 * @bbr:	its state
 * @now:	microseconds
 * @delivery_rate: octets a second; 0: no sample
 * @has_data:	something was delivered
 * @app_limited: what was delivered was sent when there was not more to send
 * @recovery:	in fast recovery or after a time-out
 * @delivered:	octets, from the sending of what was delivered to now
 * @prior_delivered: C.delivered when it was sent
 * @newly_acked: octets delivered by this ACK
 * @newly_lost:	octets deemed lost at this ACK
 * @lost:	octets lost since what was delivered, or lost, was sent
 * @tx_in_flight: octets in flight when it was sent
 * @inflight:	octets in flight now
 * @rtt:	what this ACK shows, 0 when it shows none
 * @srtt:	smoothed, 0 when unknown
 * @salt:	for the waits between probes
 */
struct atcp_bbr_rs {
	struct atcp_cc *cc;
	struct atcp_bbr *bbr;
	u64 now;
	u64 delivery_rate;
	bool has_data;
	bool app_limited;
	bool recovery;
	u32 delivered;
	u32 prior_delivered;
	u32 newly_acked;
	u32 newly_lost;
	u32 lost;
	u32 tx_in_flight;
	u32 inflight;
	u32 rtt;
	u32 srtt;
	u32 salt;
};

static inline bool atcp_bbr_in_probe_bw(const struct atcp_bbr *b)
{
	return b->state >= ATCP_BBR_PROBE_BW_DOWN && b->state <= ATCP_BBR_PROBE_BW_UP;
}

/* IsProbingBW() */
static inline bool atcp_bbr_is_probing(const struct atcp_bbr *b)
{
	return b->state == ATCP_BBR_STARTUP || b->state == ATCP_BBR_PROBE_BW_REFILL ||
	       b->state == ATCP_BBR_PROBE_BW_UP;
}

/* C.is_cwnd_limited: in the last round trip, that is in this or the one before */
static inline bool atcp_bbr_is_cwnd_limited(const struct atcp_bbr *b)
{
	return b->cwnd_limited || b->cwnd_was_limited;
}

/* bbr_model.c */
void atcp_bbr_model_start(struct atcp_bbr *b, const struct atcp_bbr_rs *rs);
u32 atcp_bbr_stamp(u64 now);
u64 atcp_bbr_max_bw(const struct atcp_bbr *b);
u64 atcp_bbr_bw(const struct atcp_bbr *b);
u32 atcp_bbr_bdp(const struct atcp_cc *cc, const struct atcp_bbr *b, u64 bw, u32 gain);
u32 atcp_bbr_min_pipe(const struct atcp_cc *cc);
void atcp_bbr_start_round(struct atcp_bbr *b);
void atcp_bbr_advance_max_bw(struct atcp_bbr *b);
void atcp_bbr_update_model(struct atcp_bbr_rs *rs);
void atcp_bbr_update_min_rtt(struct atcp_bbr_rs *rs);
void atcp_bbr_advance_latest(struct atcp_bbr_rs *rs);
void atcp_bbr_reset_congestion(struct atcp_bbr *b);
void atcp_bbr_reset_shortterm(struct atcp_bbr *b);
void atcp_bbr_save_cwnd(struct atcp_cc *cc, struct atcp_bbr *b);
void atcp_bbr_save_state(struct atcp_cc *cc, struct atcp_bbr *b);
void atcp_bbr_note_loss(struct atcp_cc *cc, struct atcp_bbr *b);
bool atcp_bbr_inflight_too_high(const struct atcp_bbr_rs *rs);
u32 atcp_bbr_inflight_at_loss(const struct atcp_bbr_rs *rs, u32 octets);

/* bbr_state.c */
void atcp_bbr_enter_startup(struct atcp_bbr *b);
void atcp_bbr_reset_full_bw(struct atcp_bbr *b);
void atcp_bbr_start_refill(struct atcp_bbr *b);
void atcp_bbr_update_state(struct atcp_bbr_rs *rs);
void atcp_bbr_check_probe_rtt(struct atcp_bbr_rs *rs);
void atcp_bbr_check_probe_rtt_done(struct atcp_bbr_rs *rs);
void atcp_bbr_too_high(struct atcp_bbr_rs *rs);
u32 atcp_bbr_with_headroom(const struct atcp_cc *cc, const struct atcp_bbr *b);
u32 atcp_bbr_probe_rtt_cwnd(const struct atcp_cc *cc, const struct atcp_bbr *b);

/* cc_bbr.c */
u32 atcp_bbr_quantized(const struct atcp_cc *cc, const struct atcp_bbr *b, u32 inflight_cap);
u32 atcp_bbr_pacing_gain(const struct atcp_bbr *b);
u32 atcp_bbr_cwnd_gain(const struct atcp_bbr *b);
void atcp_bbr_restore_cwnd(struct atcp_cc *cc, const struct atcp_bbr *b);

#endif /* _ATCP_BBR_H */
