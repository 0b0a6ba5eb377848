// SPDX-License-Identifier: GPL-2.0
/*
 * BBR's state machine (draft-ietf-ccwg-bbr-06, 5.3):
 *
 *	Startup -> Drain -> DOWN -> CRUISE -> REFILL -> UP -> DOWN ...
 *
 * and ProbeRTT from any of them, back to CRUISE, or to Startup.
 */

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <atcp/bbr.h>
#include <atcp/seq.h>

#define FULL_BW_ROUNDS		3
#define DRAIN_ROUNDS		3
#define STARTUP_FULL_LOSS_CNT	6
#define RENO_ROUNDS		63
#define PROBE_UP_ROUNDS		30
#define PROBE_WAIT_BASE		2000	/* milliseconds */
#define PROBE_WAIT_RANDOM	1000
#define PROBE_RTT_DURATION	200	/* milliseconds: ProbeRTTDuration */
#define PROBE_RTT_CWND_GAIN	50	/* percent: ProbeRTTCwndGain */

/* ---- volumes ---- */

/* Inflight(gain), of @bw */
static u32 inflight(const struct atcp_bbr_rs *rs, u64 bw, u32 gain)
{
	return atcp_bbr_quantized(rs->cc, rs->bbr, atcp_bbr_bdp(rs->cc, rs->bbr, bw, gain));
}

/* TargetInflight() */
static u32 target_inflight(const struct atcp_bbr_rs *rs)
{
	u32 bdp = atcp_bbr_bdp(rs->cc, rs->bbr, atcp_bbr_bw(rs->bbr), 100);

	return min(bdp, rs->cc->cwnd);
}

/**
 * atcp_bbr_with_headroom() - InflightWithHeadroom()
 * @cc:		for SMSS
 * @b:		its state
 *
 * Room for others, in the buffer or on the link. [BBR-HEADROOM]
 * Return: octets; U32_MAX: no bound.
 */
u32 atcp_bbr_with_headroom(const struct atcp_cc *cc, const struct atcp_bbr *b)
{
	u32 headroom;

	if (b->inflight_longterm == U32_MAX)
		return U32_MAX;
	headroom = (u32)div_u64((u64)b->inflight_longterm * ATCP_BBR_HEADROOM, 100);
	headroom = min(max(headroom, cc->mss), b->inflight_longterm);
	return max(b->inflight_longterm - headroom, atcp_bbr_min_pipe(cc));
}

/**
 * atcp_bbr_probe_rtt_cwnd() - ProbeRTTCwnd()
 * @cc:		for SMSS
 * @b:		its state
 *
 * Return: octets.
 */
u32 atcp_bbr_probe_rtt_cwnd(const struct atcp_cc *cc, const struct atcp_bbr *b)
{
	return max(atcp_bbr_bdp(cc, b, atcp_bbr_bw(b), PROBE_RTT_CWND_GAIN),
		   atcp_bbr_min_pipe(cc));
}

/* ---- is the pipe full? ---- */

/**
 * atcp_bbr_reset_full_bw() - ResetFullBW()
 * @b:		its state
 */
void atcp_bbr_reset_full_bw(struct atcp_bbr *b)
{
	b->full_bw = 0;
	b->full_bw_count = 0;
	b->full_bw_now = 0;
}

/* CheckFullBWReached(): three rounds without a quarter more. [BBR-FULLBW] */
static void check_full_bw(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	if (b->full_bw_now || !b->round_start || rs->app_limited || !rs->delivery_rate)
		return;
	if (rs->delivery_rate * 4 >= b->full_bw * 5) {
		atcp_bbr_reset_full_bw(b);
		b->full_bw = rs->delivery_rate;
		return;
	}
	b->full_bw_count++;
	b->full_bw_now = b->full_bw_count >= FULL_BW_ROUNDS;
	b->full_bw_reached |= b->full_bw_now;
}

/* ---- Startup and Drain ---- */

/**
 * atcp_bbr_enter_startup() - EnterStartup()
 * @b:		its state
 */
void atcp_bbr_enter_startup(struct atcp_bbr *b)
{
	b->state = ATCP_BBR_STARTUP;
}

/* A round of recovery has ended in which too much was lost, here and there. */
static bool startup_loss_is_high(const struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	if (!rs->recovery)
		return false;
	if (b->no_sack)
		return rs->newly_lost || b->is_loss_in_round;
	return b->loss_round_start && b->loss_events >= STARTUP_FULL_LOSS_CNT &&
	       atcp_bbr_inflight_too_high(rs);
}

/* CheckStartupHighLoss() [BBR-STARTUPLOSS] */
static void check_startup_high_loss(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	if (b->full_bw_reached)
		return;
	if (rs->newly_lost && b->loss_events < 15)
		b->loss_events++;
	if (startup_loss_is_high(b, rs)) {
		b->undo_state = ATCP_BBR_STARTUP;
		b->full_bw_now = 1;
		b->full_bw_reached = 1;
		b->inflight_longterm = max(atcp_bbr_bdp(rs->cc, b, atcp_bbr_bw(b), 100),
					   b->inflight_latest);
	}
	if (b->loss_round_start)
		b->loss_events = 0;
}

/* CheckStartupDone() */
static void check_startup_done(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	check_startup_high_loss(b, rs);
	if (b->state != ATCP_BBR_STARTUP || !b->full_bw_reached)
		return;
	b->state = ATCP_BBR_DRAIN;
	b->drain_start_round = b->round_count;
}

/* ---- ProbeBW ---- */

/* A number below @n, of what is at hand: the core has no others. */
static u32 draw(const struct atcp_bbr_rs *rs, u32 n)
{
	u64 x = rs->now ^ (u64)rs->salt << 32 ^ rs->bbr->delivered;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (u32)((x >> 32) * n >> 32);
}

/* PickProbeWait() [BBR-PROBEWAIT] */
static void pick_probe_wait(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u32 n = draw(rs, 2 * PROBE_WAIT_RANDOM);

	b->rounds_since_probe_up = n & 1;
	b->bw_probe_wait = PROBE_WAIT_BASE + n / 2;
}

static void start_down(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	atcp_bbr_reset_congestion(b);
	b->probe_up_acked_per_inc = U32_MAX;
	pick_probe_wait(b, rs);
	b->cycle_stamp = atcp_bbr_stamp(rs->now);
	b->ack_phase = ATCP_BBR_ACKS_PROBE_STOPPING;
	atcp_bbr_start_round(b);
	b->state = ATCP_BBR_PROBE_BW_DOWN;
}

static void start_cruise(struct atcp_bbr *b)
{
	b->state = ATCP_BBR_PROBE_BW_CRUISE;
}

/**
 * atcp_bbr_start_refill() - StartProbeBW_REFILL()
 * @b:		its state
 */
void atcp_bbr_start_refill(struct atcp_bbr *b)
{
	atcp_bbr_reset_shortterm(b);
	b->bw_probe_up_rounds = 0;
	b->bw_probe_up_acked = 0;
	b->prev_probe_precautionary = 0;
	b->ack_phase = ATCP_BBR_ACKS_REFILLING;
	atcp_bbr_start_round(b);
	b->state = ATCP_BBR_PROBE_BW_REFILL;
}

/* RaiseInflightLongtermSlope(): twice as much each round. */
static void raise_slope(const struct atcp_cc *cc, struct atcp_bbr *b)
{
	u32 growth_this_round = 1U << b->bw_probe_up_rounds;

	b->bw_probe_up_rounds = min(b->bw_probe_up_rounds + 1, PROBE_UP_ROUNDS);
	b->probe_up_acked_per_inc = max(cc->cwnd / growth_this_round, cc->mss);
}

static void start_up(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	b->ack_phase = ATCP_BBR_ACKS_PROBE_STARTING;
	atcp_bbr_start_round(b);
	atcp_bbr_reset_full_bw(b);
	b->full_bw = rs->delivery_rate;
	b->state = ATCP_BBR_PROBE_BW_UP;
	raise_slope(rs->cc, b);
}

/* IsRenoCoexistenceProbeTime(): after as many rounds as Reno needs to come back. */
static bool is_reno_time(const struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u32 reno_rounds = target_inflight(rs) / rs->cc->mss;

	return b->rounds_since_probe_up >= min_t(u32, reno_rounds, RENO_ROUNDS);
}

/* IsTimeToProbeBW() */
static bool probe_if_time(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u32 waited = atcp_bbr_stamp(rs->now) - b->cycle_stamp;

	if (waited <= b->bw_probe_wait && !is_reno_time(b, rs))
		return false;
	atcp_bbr_start_refill(b);
	return true;
}

/* IsTimeToCruise() */
static bool is_time_to_cruise(const struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	return rs->inflight <= atcp_bbr_with_headroom(rs->cc, b) &&
	       rs->inflight <= inflight(rs, atcp_bbr_max_bw(b), 100);
}

/*
 * C.inflight reaches inflight_longterm: as that bounds the window, there was no place
 * for another segment before this ACK made some.
 */
static bool reaches_longterm(const struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u64 before = (u64)rs->inflight + rs->newly_acked + rs->newly_lost;

	return before + rs->cc->mss > b->inflight_longterm;
}

/* IsTimeToGoDown() [BBR-GODOWN] */
static bool is_time_to_go_down(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	if (b->prev_probe_too_high && reaches_longterm(b, rs)) {
		b->prev_probe_precautionary = 1;
		return true;
	}
	if (atcp_bbr_is_cwnd_limited(b) && rs->cc->cwnd >= b->inflight_longterm) {
		atcp_bbr_reset_full_bw(b);	/* this bound is not the path's */
		b->full_bw = rs->delivery_rate;
		return false;
	}
	return b->full_bw_now;
}

/* ProbeInflightLongtermUpward() [BBR-UPWARD] */
static void probe_upward(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u32 mss = rs->cc->mss, delta;

	if (!atcp_bbr_is_cwnd_limited(b) || rs->cc->cwnd < b->inflight_longterm)
		return;
	b->bw_probe_up_acked += rs->newly_acked;
	if (b->bw_probe_up_acked >= b->probe_up_acked_per_inc) {
		delta = b->bw_probe_up_acked / b->probe_up_acked_per_inc;
		b->bw_probe_up_acked -= delta * b->probe_up_acked_per_inc;
		b->inflight_longterm = min_t(u64, b->inflight_longterm + (u64)delta * mss,
					     ATCP_CWND_MAX);
	}
	if (b->round_start)
		raise_slope(rs->cc, b);
}

/* What was sent in a probe has all been told of. True: another one begins. */
static bool probe_has_ended(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	b->is_bw_probe_sample = 0;
	b->ack_phase = ATCP_BBR_ACKS_INIT;
	if (!atcp_bbr_in_probe_bw(b))
		return false;
	if (!rs->app_limited)
		atcp_bbr_advance_max_bw(b);
	if (!b->prev_probe_precautionary || b->prev_probe_too_high)
		return false;
	atcp_bbr_start_refill(b);	/* the careful one was harmless */
	return true;
}

/* AdaptLongTermModel(). True: a state was entered. [BBR-LONGTERM] */
static bool adapt_longterm(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	if (b->ack_phase == ATCP_BBR_ACKS_PROBE_STARTING && b->round_start)
		b->ack_phase = ATCP_BBR_ACKS_PROBE_FEEDBACK;
	if (b->ack_phase == ATCP_BBR_ACKS_PROBE_STOPPING && b->round_start &&
	    probe_has_ended(b, rs))
		return true;
	if (atcp_bbr_inflight_too_high(rs) || b->inflight_longterm == U32_MAX)
		return false;
	b->inflight_longterm = min_t(u32, max(b->inflight_longterm, rs->tx_in_flight),
				     ATCP_CWND_MAX);
	if (b->state == ATCP_BBR_PROBE_BW_UP)
		probe_upward(b, rs);
	return false;
}

/* UpdateProbeBWCyclePhase() [BBR-CYCLE] */
static void update_cycle_phase(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	if (!b->full_bw_reached || adapt_longterm(b, rs))
		return;
	switch (b->state) {
	case ATCP_BBR_PROBE_BW_DOWN:
		if (!probe_if_time(b, rs) && is_time_to_cruise(b, rs))
			start_cruise(b);
		break;
	case ATCP_BBR_PROBE_BW_CRUISE:
		probe_if_time(b, rs);
		break;
	case ATCP_BBR_PROBE_BW_REFILL:
		if (b->round_start) {
			b->is_bw_probe_sample = 1;
			start_up(b, rs);
		}
		break;
	case ATCP_BBR_PROBE_BW_UP:
		if (is_time_to_go_down(b, rs)) {
			b->prev_probe_too_high = 0;
			start_down(b, rs);
		}
		break;
	}
}

/* CheckDrainDone() [BBR-DRAIN] */
static void check_drain_done(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	u8 rounds = b->round_count - b->drain_start_round;

	if (b->state != ATCP_BBR_DRAIN)
		return;
	if (rs->inflight <= inflight(rs, atcp_bbr_bw(b), 100) || rounds > DRAIN_ROUNDS)
		start_down(b, rs);		/* EnterProbeBW() */
}

/**
 * atcp_bbr_too_high() - HandleInflightTooHigh()
 * @rs:		of a loss that was too much, tx_in_flight being InflightAtLoss()
 *
 * [BBR-TOOHIGH]
 */
void atcp_bbr_too_high(struct atcp_bbr_rs *rs)
{
	struct atcp_bbr *b = rs->bbr;
	u32 least = (u32)div_u64((u64)target_inflight(rs) * ATCP_BBR_BETA, 100);

	b->prev_probe_too_high = 1;
	b->is_bw_probe_sample = 0;		/* once for a probe */
	if (!rs->app_limited)
		b->inflight_longterm = max(rs->tx_in_flight, least);
	if (b->state == ATCP_BBR_PROBE_BW_UP) {
		b->undo_state = ATCP_BBR_PROBE_BW_UP;
		start_down(b, rs);
	}
}

/**
 * atcp_bbr_update_state() - the state machine's steps of an ACK that delivered something
 * @rs:		of this ACK
 */
void atcp_bbr_update_state(struct atcp_bbr_rs *rs)
{
	struct atcp_bbr *b = rs->bbr;

	check_full_bw(b, rs);
	check_startup_done(b, rs);
	check_drain_done(b, rs);
	update_cycle_phase(b, rs);
}

/* ---- ProbeRTT ---- */

/* ExitProbeRTT() */
static void exit_probe_rtt(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	atcp_bbr_reset_shortterm(b);
	if (!b->full_bw_reached) {
		atcp_bbr_enter_startup(b);
		return;
	}
	start_down(b, rs);
	start_cruise(b);
}

/**
 * atcp_bbr_check_probe_rtt_done() - CheckProbeRTTDone()
 * @rs:		of an ACK, or of text that goes out after silence
 */
void atcp_bbr_check_probe_rtt_done(struct atcp_bbr_rs *rs)
{
	struct atcp_bbr *b = rs->bbr;
	u32 now = atcp_bbr_stamp(rs->now);

	if (!b->probe_rtt_waits || (s32)(now - b->probe_rtt_done_stamp) <= 0)
		return;
	b->probe_rtt_min_stamp = now;		/* the next one is five seconds from now */
	atcp_bbr_restore_cwnd(rs->cc, b);
	exit_probe_rtt(b, rs);
}

/* MarkConnectionAppLimited(): what is sent now shows no bandwidth. */
static void mark_app_limited(struct atcp_bbr *b, const struct atcp_bbr_rs *rs)
{
	if (!b->quiet)
		b->quiet_from = b->delivered;
	b->quiet = 1;
	b->quiet_to = b->delivered + rs->inflight;
}

/* HandleProbeRTT() */
static void handle_probe_rtt(struct atcp_bbr *b, struct atcp_bbr_rs *rs)
{
	mark_app_limited(b, rs);
	if (b->probe_rtt_waits) {
		if (b->round_start)
			b->probe_rtt_round_done = 1;
		if (b->probe_rtt_round_done)
			atcp_bbr_check_probe_rtt_done(rs);
	} else if (rs->inflight <= atcp_bbr_probe_rtt_cwnd(rs->cc, b)) {
		b->probe_rtt_done_stamp = atcp_bbr_stamp(rs->now) + PROBE_RTT_DURATION;
		b->probe_rtt_waits = 1;
		b->probe_rtt_round_done = 0;
		atcp_bbr_start_round(b);
	}
}

/**
 * atcp_bbr_check_probe_rtt() - CheckProbeRTT()
 * @rs:		of this ACK
 *
 * [BBR-PROBERTT]
 */
void atcp_bbr_check_probe_rtt(struct atcp_bbr_rs *rs)
{
	struct atcp_bbr *b = rs->bbr;

	if (b->state != ATCP_BBR_PROBE_RTT && b->probe_rtt_expired && !b->idle_restart) {
		atcp_bbr_save_cwnd(rs->cc, b);
		b->state = ATCP_BBR_PROBE_RTT;
		b->probe_rtt_waits = 0;
		b->ack_phase = ATCP_BBR_ACKS_PROBE_STOPPING;
		atcp_bbr_start_round(b);
	}
	if (b->state == ATCP_BBR_PROBE_RTT)
		handle_probe_rtt(b, rs);
	if (rs->has_data)
		b->idle_restart = 0;
}
