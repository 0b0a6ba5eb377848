// SPDX-License-Identifier: GPL-2.0
/*
 * BBR's model of the path: how fast it delivers, how long that takes, how much it
 * holds (draft-ietf-ccwg-bbr-06, 5.5).
 *
 * The long-term model, max_bw and inflight_longterm, is what probing found; the
 * short-term one, bw_shortterm and inflight_shortterm, follows each loss until the
 * next probe.
 */

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <atcp/bbr.h>
#include <atcp/seq.h>

#define USEC			1000000
#define MIN_RTT_FILTER_LEN	10000	/* milliseconds: MinRTTFilterLen */
#define PROBE_RTT_INTERVAL	5000	/* milliseconds: ProbeRTTInterval */
#define EXTRA_ACKED_FILTER_LEN	10	/* rounds: ExtraAckedFilterLen */
#define MIN_PIPE		4	/* segments: MinPipeCwnd */

/**
 * atcp_bbr_stamp() - a time to keep
 * @now:	microseconds
 *
 * Return: milliseconds, modulo 2^32.
 */
u32 atcp_bbr_stamp(u64 now)
{
	return (u32)div_u64(now, 1000);
}

/* ---- bandwidth ---- */

/**
 * atcp_bbr_max_bw() - BBR.max_bw
 * @b:		its state
 *
 * Return: octets a second, 0 before the first sample.
 */
u64 atcp_bbr_max_bw(const struct atcp_bbr *b)
{
	return max(b->max_bw_filter[0], b->max_bw_filter[1]);
}

/**
 * atcp_bbr_bw() - BBR.bw, by BoundBWForModel()
 * @b:		its state
 *
 * Return: octets a second.
 */
u64 atcp_bbr_bw(const struct atcp_bbr *b)
{
	return min(atcp_bbr_max_bw(b), b->bw_shortterm);
}

/**
 * atcp_bbr_min_pipe() - BBR.MinPipeCwnd
 * @cc:		for SMSS
 *
 * Return: octets.
 */
u32 atcp_bbr_min_pipe(const struct atcp_cc *cc)
{
	return MIN_PIPE * cc->mss;
}

/**
 * atcp_bbr_bdp() - BDPMultiple()
 * @cc:		for SMSS
 * @b:		its state
 * @bw:		octets a second
 * @gain:	percent
 *
 * [BBR-MAXINFLIGHT]
 * Return: octets.
 */
u32 atcp_bbr_bdp(const struct atcp_cc *cc, const struct atcp_bbr *b, u64 bw, u32 gain)
{
	u64 bdp;

	if (b->min_rtt == U32_MAX)
		return atcp_cc_initial_window(cc->mss);
	/* 2^40 * 2^32 / 10^6 is below 2^53 */
	bdp = mul_u64_u32_div(bw, b->min_rtt, USEC);
	bdp = min_t(u64, bdp, ATCP_CWND_MAX);
	return (u32)min_t(u64, div_u64(bdp * gain, 100), ATCP_CWND_MAX);
}

/**
 * atcp_bbr_start_round() - StartRound()
 * @b:		its state
 */
void atcp_bbr_start_round(struct atcp_bbr *b)
{
	b->next_round_delivered = b->delivered;
}

/* UpdateRound() [BBR-ROUND] */
static void update_round(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	b->round_start = rs->has_data && seq_geq(rs->prior_delivered, b->next_round_delivered);
	if (!b->round_start)
		return;
	atcp_bbr_start_round(b);
	b->round_count++;
	if (b->rounds_since_probe_up < U8_MAX)
		b->rounds_since_probe_up++;
	b->cwnd_was_limited = b->cwnd_limited;
	b->cwnd_limited = 0;
}

/* UpdateMaxBw(): a sample that the user limited counts if it is the best. [BBR-MAXBW] */
static void update_max_bw(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	update_round(b, rs);
	if (rs->delivery_rate &&
	    (rs->delivery_rate >= atcp_bbr_max_bw(b) || !rs->app_limited))
		b->max_bw_filter[1] = max(b->max_bw_filter[1], rs->delivery_rate);
}

/**
 * atcp_bbr_advance_max_bw() - AdvanceMaxBwFilter(): a ProbeBW cycle has gone by
 * @b:		its state
 *
 * The filter is one of two cycles. One in which there was no sample does not count.
 * [BBR-MAXBWFILTER]
 */
void atcp_bbr_advance_max_bw(struct atcp_bbr *b)
{
	if (!b->max_bw_filter[1])
		return;
	b->max_bw_filter[0] = b->max_bw_filter[1];
	b->max_bw_filter[1] = 0;
}

/* ---- round-trip time ---- */

/**
 * atcp_bbr_update_min_rtt() - UpdateMinRTT()
 * @rs:		of this ACK
 *
 * [BBR-MINRTT]
 */
void atcp_bbr_update_min_rtt(struct atcp_bbr_rs *rs)
{
	struct atcp_bbr *b = rs->bbr;
	u32 now = atcp_bbr_stamp(rs->now);

	b->probe_rtt_expired = now - b->probe_rtt_min_stamp > PROBE_RTT_INTERVAL;
	if (rs->rtt && (rs->rtt < b->probe_rtt_min_delay || b->probe_rtt_expired)) {
		b->probe_rtt_min_delay = rs->rtt;
		b->probe_rtt_min_stamp = now;
	}
	if (b->probe_rtt_min_delay < b->min_rtt ||
	    now - b->min_rtt_stamp > MIN_RTT_FILTER_LEN) {
		b->min_rtt = b->probe_rtt_min_delay;
		b->min_rtt_stamp = b->probe_rtt_min_stamp;
	}
}

/* ---- aggregation ---- */

/* What @bw delivers in @us microseconds; octets. */
static u32 expected(u64 bw, u32 us)
{
	return (u32)min_t(u64, mul_u64_u32_div(bw, us, USEC), U32_MAX);
}

/* UpdateACKAggregation() [BBR-EXTRAACKED] */
static void update_ack_aggregation(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u32 now = (u32)rs->now;
	u32 expected_delivered = expected(atcp_bbr_bw(b), now - b->extra_acked_interval_start);
	u32 extra;

	if (!rs->newly_acked)
		return;
	if (b->extra_acked_delivered <= expected_delivered) {
		b->extra_acked_delivered = 0;
		b->extra_acked_interval_start = now;
		expected_delivered = 0;
	}
	b->extra_acked_delivered = min_t(u64, (u64)b->extra_acked_delivered + rs->newly_acked,
					 U32_MAX);
	extra = min(b->extra_acked_delivered - expected_delivered, rs->cc->cwnd);
	atcp_maxfilter_update(&b->extra_acked_filter, extra, b->round_count,
			      b->full_bw_reached ? EXTRA_ACKED_FILTER_LEN : 1);
}

/* ---- losses ---- */

/* UpdateLatestDeliverySignals() */
static void update_latest(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	b->loss_round_start = 0;
	if (!rs->has_data)
		return;
	b->bw_latest = max(b->bw_latest, rs->delivery_rate);
	b->inflight_latest = max(b->inflight_latest, rs->delivered);
	if (seq_geq(rs->prior_delivered, b->loss_round_delivered)) {
		b->loss_round_delivered = b->delivered;
		b->loss_round_start = 1;
	}
}

/**
 * atcp_bbr_advance_latest() - AdvanceLatestDeliverySignals()
 * @rs:		of this ACK
 */
void atcp_bbr_advance_latest(struct atcp_bbr_rs *rs)
{
	struct atcp_bbr *b = rs->bbr;

	if (!b->loss_round_start)
		return;
	b->bw_latest = rs->delivery_rate;
	b->inflight_latest = rs->delivered;
}

/**
 * atcp_bbr_reset_congestion() - ResetCongestionSignals()
 * @b:		its state
 */
void atcp_bbr_reset_congestion(struct atcp_bbr *b)
{
	b->is_loss_in_round = 0;
	b->bw_latest = 0;
	b->inflight_latest = 0;
}

/**
 * atcp_bbr_reset_shortterm() - ResetShortTermModel()
 * @b:		its state
 */
void atcp_bbr_reset_shortterm(struct atcp_bbr *b)
{
	b->bw_shortterm = U64_MAX;
	b->inflight_shortterm = U32_MAX;
}

/* AdaptLowerBoundsFromCongestion(): by what is still delivered, or Beta. [BBR-SHORTTERM] */
static void adapt_lower_bounds(const struct atcp_cc *cc, struct atcp_bbr *b)
{
	u32 least;

	if (atcp_bbr_is_probing(b) || !b->is_loss_in_round)
		return;
	if (b->bw_shortterm == U64_MAX)
		b->bw_shortterm = atcp_bbr_max_bw(b);
	if (b->inflight_shortterm == U32_MAX)
		b->inflight_shortterm = cc->cwnd;
	b->bw_shortterm = max(b->bw_latest, div_u64(b->bw_shortterm * ATCP_BBR_BETA, 100));
	least = (u32)div_u64((u64)b->inflight_shortterm * ATCP_BBR_BETA, 100);
	b->inflight_shortterm = max(b->inflight_latest, least);
}

/* UpdateCongestionSignals() */
static void update_congestion(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	update_max_bw(b, rs);
	if (!b->loss_round_start)
		return;
	adapt_lower_bounds(rs->cc, b);
	b->is_loss_in_round = 0;
	b->undo_saved &= b->in_recovery;
}

/**
 * atcp_bbr_update_model() - the steps of an ACK that come before the state machine
 * @rs:		of this ACK
 */
void atcp_bbr_update_model(struct atcp_bbr_rs *rs)
{
	struct atcp_bbr *b = rs->bbr;

	update_latest(b, rs);
	update_congestion(b, rs);
	update_ack_aggregation(b, rs);
}

/**
 * atcp_bbr_save_cwnd() - SaveCwnd()
 * @cc:		the window
 * @b:		its state
 *
 * The last one that neither recovery nor ProbeRTT made smaller.
 */
void atcp_bbr_save_cwnd(struct atcp_cc *cc, struct atcp_bbr *b)
{
	if (!b->in_recovery && b->state != ATCP_BBR_PROBE_RTT)
		b->prior_cwnd = cc->cwnd;
	else
		b->prior_cwnd = max(b->prior_cwnd, cc->cwnd);
}

/**
 * atcp_bbr_save_state() - SaveStateUponLoss()
 * @cc:		the window
 * @b:		its state
 *
 * Once for each recovery: before anything has changed.
 */
void atcp_bbr_save_state(struct atcp_cc *cc, struct atcp_bbr *b)
{
	atcp_bbr_save_cwnd(cc, b);
	if (b->undo_saved)
		return;
	b->undo_saved = 1;
	b->undo_state = ATCP_BBR_NONE;
	b->undo_bw_shortterm = b->bw_shortterm;
	b->undo_inflight_shortterm = b->inflight_shortterm;
	b->undo_inflight_longterm = b->inflight_longterm;
}

/**
 * atcp_bbr_note_loss() - NoteLoss()
 * @cc:		the window
 * @b:		its state
 */
void atcp_bbr_note_loss(struct atcp_cc *cc, struct atcp_bbr *b)
{
	if (b->is_loss_in_round)
		return;
	b->is_loss_in_round = 1;
	b->loss_is_fresh = 1;
	b->loss_round_delivered = b->delivered;
	atcp_bbr_save_state(cc, b);
}

/**
 * atcp_bbr_inflight_too_high() - IsInflightTooHigh()
 * @rs:		of an ACK or of a loss
 *
 * [BBR-LOSSTHRESH]
 */
bool atcp_bbr_inflight_too_high(const struct atcp_bbr_rs *rs)
{
	return (u64)rs->lost * 100 > (u64)rs->tx_in_flight * ATCP_BBR_LOSS_THRESH ||
	       (rs->lost && rs->bbr->no_sack);
}

/**
 * atcp_bbr_inflight_at_loss() - InflightAtLoss()
 * @rs:		of a loss that was too much
 * @octets:	of what was lost
 *
 * It may be an aggregate: how much was in flight when losses passed LossThresh
 * within it? [BBR-ATLOSS]
 * Return: octets.
 */
u32 atcp_bbr_inflight_at_loss(const struct atcp_bbr_rs *rs, u32 octets)
{
	u32 inflight_prev = rs->tx_in_flight - min(rs->tx_in_flight, octets);
	u32 lost_prev = rs->lost - min(rs->lost, octets);
	u64 tolerated = (u64)inflight_prev * ATCP_BBR_LOSS_THRESH;
	u64 before = (u64)lost_prev * 100;

	if (tolerated <= before)
		return inflight_prev;
	return inflight_prev + (u32)div_u64(tolerated - before, 100 - ATCP_BBR_LOSS_THRESH);
}

/**
 * atcp_bbr_model_start() - the model's part of OnInit(), at the first ACK
 * @b:		its state
 * @rs:		of that ACK
 */
void atcp_bbr_model_start(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u32 now = atcp_bbr_stamp(rs->now);

	b->min_rtt = rs->srtt ?: U32_MAX;
	b->min_rtt_stamp = now;
	b->probe_rtt_min_delay = b->min_rtt;
	b->probe_rtt_min_stamp = now;
	b->extra_acked_interval_start = (u32)rs->now;
	b->next_round_delivered = rs->prior_delivered;
	b->loss_round_delivered = rs->prior_delivered;
}
