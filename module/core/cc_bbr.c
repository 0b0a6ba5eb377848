// SPDX-License-Identifier: GPL-2.0
/*
 * BBR version 3 (draft-ietf-ccwg-bbr-06): the rate at which text goes and how much may
 * be in flight follow from a model of the path, its bandwidth and its round-trip time,
 * and losses count once they pass a share of what is sent.
 *
 * This file has what is done on each ACK, loss and event (5.2), and the control
 * parameters (5.6); include/atcp/bbr.h has the rest of the map.
 */

#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <atcp/bbr.h>
#include <atcp/pacing.h>
#include <atcp/seq.h>

#define STARTUP_PACING_GAIN	277	/* percent: 4 * ln(2) */
#define DRAIN_PACING_GAIN	50
#define DOWN_PACING_GAIN	90
#define UP_PACING_GAIN		125
#define DEFAULT_CWND_GAIN	200
#define UP_CWND_GAIN		225
#define PROBE_RTT_CWND_GAIN	50
#define PACING_MARGIN		1	/* percent: PacingMarginPercent */
#define SEND_QUANTUM_MAX	65536	/* octets */
#define OFFLOAD_QUANTA		3
#define NOMINAL_RTT		1000	/* microseconds, before one was measured */
#define USEC			1000000U

static struct atcp_bbr *bbr_of(struct atcp_cc *cc)
{
	BUILD_BUG_ON(sizeof(struct atcp_bbr) > sizeof(cc->priv));
	return (struct atcp_bbr *)cc->priv;
}

/* ---- gains, by the table of 5.6.1 [BBR-GAINS] ---- */

/**
 * atcp_bbr_pacing_gain() - BBR.pacing_gain
 * @b:		its state
 *
 * Return: percent.
 */
u32 atcp_bbr_pacing_gain(const struct atcp_bbr *b)
{
	switch (b->state) {
	case ATCP_BBR_STARTUP:
		return STARTUP_PACING_GAIN;
	case ATCP_BBR_DRAIN:
		return DRAIN_PACING_GAIN;
	case ATCP_BBR_PROBE_BW_DOWN:
		return DOWN_PACING_GAIN;
	case ATCP_BBR_PROBE_BW_UP:
		return UP_PACING_GAIN;
	default:
		return 100;
	}
}

/**
 * atcp_bbr_cwnd_gain() - BBR.cwnd_gain
 * @b:		its state
 *
 * Return: percent.
 */
u32 atcp_bbr_cwnd_gain(const struct atcp_bbr *b)
{
	switch (b->state) {
	case ATCP_BBR_PROBE_BW_UP:
		return UP_CWND_GAIN;
	case ATCP_BBR_PROBE_RTT:
		return PROBE_RTT_CWND_GAIN;
	default:
		return DEFAULT_CWND_GAIN;
	}
}

/* ---- pacing rate ---- */

/* InitPacingRate() [BBR-INITPACING] */
static void init_pacing_rate(struct atcp_cc *cc, struct atcp_bbr *b, u32 srtt)
{
	u64 iw = atcp_cc_initial_window(cc->mss);

	b->has_seen_rtt = srtt != 0;
	cc->pacing_rate = div_u64(iw * STARTUP_PACING_GAIN * (USEC / 100), srtt ?: NOMINAL_RTT);
}

/* SetPacingRateWithGain(): until the pipe was full once, it only rises. [BBR-PACING] */
static void set_pacing_rate(struct atcp_cc *cc, const struct atcp_bbr *b, u32 gain)
{
	u64 rate = div_u64(atcp_bbr_bw(b) * gain * (100 - PACING_MARGIN), 100 * 100);

	if (rate && (b->full_bw_reached || rate > cc->pacing_rate))
		cc->pacing_rate = rate;
}

/* ---- window ---- */

/**
 * atcp_bbr_quantized() - QuantizationBudget()
 * @cc:		for SMSS and the pacing rate
 * @b:		its state
 * @inflight_cap: octets
 *
 * Return: octets, no less.
 */
u32 atcp_bbr_quantized(const struct atcp_cc *cc, const struct atcp_bbr *b, u32 inflight_cap)
{
	u32 quantum = atcp_pacing_quantum(cc->pacing_rate, SEND_QUANTUM_MAX, cc->mss);

	inflight_cap = max(inflight_cap, OFFLOAD_QUANTA * quantum);
	inflight_cap = max(inflight_cap, atcp_bbr_min_pipe(cc));
	if (b->state == ATCP_BBR_PROBE_BW_UP)
		inflight_cap += 2 * cc->mss;
	return min_t(u32, inflight_cap, ATCP_CWND_MAX);
}

/* UpdateMaxInflight() */
static u32 max_inflight(const struct atcp_cc *cc, const struct atcp_bbr *b)
{
	u32 inflight_cap = atcp_bbr_bdp(cc, b, atcp_bbr_bw(b), atcp_bbr_cwnd_gain(b));

	return atcp_bbr_quantized(cc, b, inflight_cap + b->extra_acked_filter.value[0]);
}

/**
 * atcp_bbr_restore_cwnd() - RestoreCwnd()
 * @cc:		the window
 * @b:		its state
 */
void atcp_bbr_restore_cwnd(struct atcp_cc *cc, const struct atcp_bbr *b)
{
	cc->cwnd = max(cc->cwnd, b->prior_cwnd);
}

/* BoundCwndForModel() [BBR-BOUND] */
static u32 model_cap(const struct atcp_cc *cc, const struct atcp_bbr *b)
{
	u32 cap = U32_MAX;

	if (b->state == ATCP_BBR_PROBE_RTT || b->state == ATCP_BBR_PROBE_BW_CRUISE)
		cap = atcp_bbr_with_headroom(cc, b);
	else if (atcp_bbr_in_probe_bw(b))
		cap = b->inflight_longterm;
	cap = min(cap, b->inflight_shortterm);
	return max(cap, atcp_bbr_min_pipe(cc));
}

/* SetCwnd() [BBR-CWND] */
static void set_cwnd(struct atcp_cc *cc, const struct atcp_bbr *b, u32 newly_acked)
{
	u32 most = max_inflight(cc, b);
	u32 cwnd = (u32)min_t(u64, (u64)cc->cwnd + newly_acked, ATCP_CWND_MAX);

	if (b->full_bw_reached)
		cc->cwnd = min(cwnd, most);
	else if (cc->cwnd < most || b->delivered < atcp_cc_initial_window(cc->mss))
		cc->cwnd = cwnd;
	cc->cwnd = max(cc->cwnd, atcp_bbr_min_pipe(cc));
	if (b->state == ATCP_BBR_PROBE_RTT)
		cc->cwnd = min(cc->cwnd, atcp_bbr_probe_rtt_cwnd(cc, b));
	cc->cwnd = min(cc->cwnd, model_cap(cc, b));
}

/* ---- 5.2.1: at the beginning ---- */

/* What has no part in it without a clock waits for the first ACK: start(). */
static void bbr_init(struct atcp_cc *cc)
{
	struct atcp_bbr *b = bbr_of(cc);

	*b = (struct atcp_bbr){
		.min_rtt = U32_MAX,
		.probe_rtt_min_delay = U32_MAX,
		.inflight_longterm = U32_MAX,
		.probe_up_acked_per_inc = U32_MAX,
		.ack_phase = ATCP_BBR_ACKS_INIT,
		.undo_state = ATCP_BBR_NONE,
	};
	cc->pacing_rate = 0;
	atcp_bbr_reset_shortterm(b);
	atcp_bbr_enter_startup(b);
}

static void start(struct atcp_bbr_rs *rs)
{
	rs->bbr->started = 1;
	atcp_bbr_model_start(rs->bbr, rs);
	init_pacing_rate(rs->cc, rs->bbr, rs->srtt);
}

/* ---- 5.2.3: ACKs ---- */

static u64 delivery_rate(const struct atcp_rate *rate)
{
	if (!rate->interval_us)
		return 0;
	return min(div_u64((u64)rate->delivered * USEC, rate->interval_us), ATCP_BBR_BW_MAX);
}

static struct atcp_bbr_rs sample_of(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	const struct atcp_rate *rate = &ack->rate;

	return (struct atcp_bbr_rs){
		.cc = cc,
		.bbr = bbr_of(cc),
		.now = ack->now,
		.delivery_rate = delivery_rate(rate),
		.has_data = ack->delivered && rate->delivered,
		.app_limited = rate->app_limited,
		.recovery = ack->recovery,
		.delivered = rate->delivered,
		.prior_delivered = rate->prior_delivered,
		.newly_acked = ack->delivered,
		.newly_lost = ack->lost,
		.lost = rate->lost,
		.tx_in_flight = rate->tx_in_flight,
		.inflight = ack->inflight,
		.rtt = ack->rtt_us,
		.srtt = ack->srtt_us,
		.salt = ack->nxt,
	};
}

/* In ProbeRTT little is in flight: what was sent then shows no bandwidth. */
static void mark_quiet(struct atcp_bbr *b, struct atcp_bbr_rs *rs)
{
	if (!b->quiet || !rs->has_data)
		return;
	if (seq_gt(rs->prior_delivered, b->quiet_to))
		b->quiet = 0;
	else if (seq_geq(rs->prior_delivered, b->quiet_from))
		rs->app_limited = true;
}

/*
 * 3.7: "the congestion controller response MUST treat any CE marks as congestion".
 * [BBR-ECN]
 */
static void note_marks(struct atcp_bbr_rs *rs, const struct atcp_cc_ack *ack)
{
	struct atcp_bbr *b = rs->bbr;

	if (!ack->ece || !ack->ce)
		return;
	atcp_bbr_note_loss(rs->cc, b);
	rs->recovery = true;
	rs->newly_lost += ack->ce;
	rs->lost = (u32)min_t(u64, (u64)rs->lost + max(ack->ce, ack->rate.ce), U32_MAX);
	if (b->is_bw_probe_sample && atcp_bbr_inflight_too_high(rs))
		atcp_bbr_too_high(rs);
}

/* Before the steps of the draft: what is kept from ACK to ACK. */
static void look(struct atcp_bbr_rs *rs, const struct atcp_cc_ack *ack)
{
	struct atcp_bbr *b = rs->bbr;

	b->delivered = ack->total_delivered;
	if (!b->started)
		start(rs);
	b->no_sack = !ack->sack;
	b->cwnd_limited |= ack->cwnd_limited;
	mark_quiet(b, rs);
	note_marks(rs, ack);
	/* Losses that this ACK told of came before it was counted as delivered. */
	if (b->loss_is_fresh && rs->newly_lost)
		b->loss_round_delivered = b->delivered;
	b->loss_is_fresh = 0;
}

/* UpdateOnACK() */
static void bbr_control(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	struct atcp_bbr_rs rs = sample_of(cc, ack);
	struct atcp_bbr *b = rs.bbr;

	look(&rs, ack);
	atcp_bbr_update_model(&rs);
	if (rs.has_data)
		atcp_bbr_update_state(&rs);
	atcp_bbr_update_min_rtt(&rs);
	atcp_bbr_check_probe_rtt(&rs);
	atcp_bbr_advance_latest(&rs);
	if (!b->has_seen_rtt && rs.srtt)
		init_pacing_rate(cc, b, rs.srtt);
	set_pacing_rate(cc, b, atcp_bbr_pacing_gain(b));
	set_cwnd(cc, b, rs.newly_acked);
}

/* ---- 5.2.4: losses ---- */

/* HandleLostPacket() */
static void bbr_lost(struct atcp_cc *cc, const struct atcp_cc_lost *lost)
{
	struct atcp_bbr *b = bbr_of(cc);
	struct atcp_bbr_rs rs = {
		.cc = cc,
		.bbr = b,
		.now = lost->now,
		.app_limited = lost->app_limited,
		.lost = lost->lost,
		.tx_in_flight = lost->tx_in_flight,
		.salt = lost->total_lost,
	};

	atcp_bbr_note_loss(cc, b);
	if (!b->is_bw_probe_sample || !atcp_bbr_inflight_too_high(&rs))
		return;
	rs.tx_in_flight = atcp_bbr_inflight_at_loss(&rs, lost->octets);
	atcp_bbr_too_high(&rs);
}

/* Nothing of ssthresh: BBR has none. OnEnterRTO(), OnEnterFastRecovery() [BBR-RTO] */
static u32 bbr_ssthresh(struct atcp_cc *cc, const struct atcp_cc_loss *loss)
{
	struct atcp_bbr *b = bbr_of(cc);

	atcp_bbr_save_state(cc, b);
	return cc->ssthresh;
}

/* ---- 5.2.2 and 5.2.5: events ---- */

/* HandleRestartFromIdle() [BBR-IDLE] */
static void restart_from_idle(struct atcp_cc *cc, struct atcp_bbr *b, u64 now)
{
	struct atcp_bbr_rs rs = { .cc = cc, .bbr = b, .now = now };

	/* In recovery it was losses that emptied the pipe, not the user. */
	if (!b->started || b->in_recovery)
		return;
	b->idle_restart = 1;
	b->extra_acked_interval_start = (u32)now;
	if (atcp_bbr_in_probe_bw(b))
		set_pacing_rate(cc, b, 100);
	else if (b->state == ATCP_BBR_PROBE_RTT)
		atcp_bbr_check_probe_rtt_done(&rs);
}

static void return_to_undone_state(struct atcp_bbr *b)
{
	u8 state = b->undo_state;

	b->undo_state = ATCP_BBR_NONE;
	if (state == ATCP_BBR_NONE || state == b->state)
		return;
	if (state == ATCP_BBR_STARTUP)
		b->full_bw_reached = 0;
	if (b->state == ATCP_BBR_PROBE_RTT)
		return;
	if (state == ATCP_BBR_STARTUP)
		atcp_bbr_enter_startup(b);
	else
		atcp_bbr_start_refill(b);
}

/* HandleSpuriousLossDetection() [BBR-SPURIOUS] */
static void handle_spurious(struct atcp_cc *cc, struct atcp_bbr *b)
{
	atcp_bbr_restore_cwnd(cc, b);
	b->is_loss_in_round = 0;
	atcp_bbr_reset_full_bw(b);
	b->bw_shortterm = max(b->bw_shortterm, b->undo_bw_shortterm);
	b->inflight_shortterm = max(b->inflight_shortterm, b->undo_inflight_shortterm);
	b->inflight_longterm = max(b->inflight_longterm, b->undo_inflight_longterm);
	return_to_undone_state(b);
}

static void end_recovery(struct atcp_bbr *b)
{
	b->in_recovery = 0;
	b->undo_saved = 0;
}

static void bbr_event(struct atcp_cc *cc, enum atcp_cc_event event, u64 now)
{
	struct atcp_bbr *b = bbr_of(cc);

	switch (event) {
	case ATCP_CC_RESTART:
		restart_from_idle(cc, b, now);
		break;
	case ATCP_CC_RECOVERY:
	case ATCP_CC_TIMEOUT:		/* cwnd is a segment more than is in flight */
		b->in_recovery = 1;
		break;
	case ATCP_CC_RECOVERED:
		end_recovery(b);
		atcp_bbr_restore_cwnd(cc, b);
		break;
	case ATCP_CC_SPURIOUS:
		end_recovery(b);
		handle_spurious(cc, b);
		break;
	}
}

const struct atcp_cc_ops atcp_cc_bbr = {
	.name = "bbr",
	.flags = ATCP_CC_PACED,
	.init = bbr_init,
	.control = bbr_control,
	.ssthresh = bbr_ssthresh,
	.lost = bbr_lost,
	.event = bbr_event,
};
