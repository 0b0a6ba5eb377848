// SPDX-License-Identifier: GPL-2.0
/*
 * CUBIC (RFC 9438): after a loss the window returns along a cubic function of
 * time to where the loss was, stays there a while, and then looks for more; where
 * Reno would be faster, it is as fast as Reno.  The first slow start is that of
 * HyStart++ (RFC 9406).
 *
 * Windows are in octets, times in milliseconds within the cubic, so that the
 * figures of the RFC, in segments and seconds, are scaled by SMSS and by 1000.
 */

#include <linux/build_bug.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <atcp/cc.h>
#include <atcp/hystart.h>

/* C = 0.4 segments a cubic second, as 2 / 5; beta = 0.7; alpha = 9 / 17 (4.6, 4.3) */
#define C_NUM		2
#define C_DEN		5
#define BETA_NUM	7
#define BETA_DEN	10
#define ALPHA_NUM	9
#define ALPHA_DEN	17
#define SEARCH_PART	20		/* of cwnd a round trip, before the first loss */
#define W_EST_SHIFT	16		/* w_est has this many binary places */
#define MS_MAX		1000000		/* further from K the cubic is beyond any window */

/*
 * An epoch is a stretch of congestion avoidance without a loss.
 * @epoch:	its beginning, microseconds; 0 when none has begun
 * @last:	the last ACK that found the window in use, microseconds
 * @w_est:	W_est, octets, shifted by W_EST_SHIFT
 * @w_max:	W_max, octets: the window before the last reduction
 * @origin:	W_max of this epoch: the plateau of its cubic
 * @prior:	cwnd_prior, octets
 * @k:		K, milliseconds from the beginning to the plateau
 * @hystart:	of the first slow start
 * @timed_out:	the last loss was found by a time-out
 */
struct cubic {
	u64 epoch;
	u64 last;
	u64 w_est;
	u32 w_max;
	u32 origin;
	u32 prior;
	u32 k;
	struct atcp_hystart hystart;
	bool timed_out;
};

static struct cubic *cubic_of(struct atcp_cc *cc)
{
	BUILD_BUG_ON(sizeof(struct cubic) > sizeof(cc->priv));
	return (struct cubic *)cc->priv;
}

/* The largest y with y^3 <= a, for a below 2^63. */
static u32 cube_root(u64 a)
{
	u32 y = 0, bit;

	for (bit = 1U << 20; bit; bit >>= 1) {
		u64 t = y + bit;

		if (t * t * t <= a)
			y += bit;
	}
	return y;
}

/* Octets that the cubic rises in @ms from its plateau: C * ms^3, in SMSS. */
static u64 rise(const struct atcp_cc *cc, u32 ms)
{
	u64 t = min_t(u32, ms, MS_MAX);
	u64 milli_segments = div_u64(t * t * t * C_NUM, C_DEN * 1000000);

	return div_u64(milli_segments * cc->mss, 1000);
}

/*
 * RFC 9438, equation (1), at @ms after the beginning of the epoch; octets.
 * [R9438-WCUBIC] [R9438-C]
 */
static u32 w_cubic(const struct atcp_cc *cc, const struct cubic *c, u32 ms)
{
	u64 d = rise(cc, ms > c->k ? ms - c->k : c->k - ms);

	if (ms < c->k)
		return d < c->origin ? c->origin - (u32)d : 0;
	return (u32)min_t(u64, c->origin + d, ATCP_CWND_MAX);
}

/* RFC 9438, equation (2): K = cbrt((W_max - cwnd_epoch) / C). */
static u32 time_to_plateau(const struct atcp_cc *cc, u32 w_max)
{
	u64 milli_segments;

	if (w_max <= cc->cwnd)
		return 0;
	milli_segments = div_u64((w_max - cc->cwnd) * 1000ULL, cc->mss);
	return cube_root(div_u64(milli_segments * (1000000 * C_DEN), C_NUM));
}

/*
 * 4.2; after a time-out, and when there was no loss, from the plateau on (4.8, 4.10).
 * [R9438-RTO]
 */
static void begin_epoch(struct atcp_cc *cc, struct cubic *c, u64 now)
{
	if (c->timed_out)
		c->w_max = cc->cwnd;
	c->epoch = now;
	c->k = time_to_plateau(cc, c->w_max);
	c->origin = max(c->w_max, cc->cwnd);
	c->w_est = (u64)cc->cwnd << W_EST_SHIFT;
}

/*
 * RFC 9438, equation (4): what Reno, with the same beta, would have; octets.
 * [R9438-WEST] [R9438-ALPHA1]
 */
static u32 grow_w_est(const struct atcp_cc *cc, struct cubic *c, u32 acked)
{
	u64 part = div_u64(((u64)acked * cc->mss) << W_EST_SHIFT, cc->cwnd);

	if (c->w_est >> W_EST_SHIFT < c->prior)		/* else alpha is 1 */
		part = div_u64(part * ALPHA_NUM, ALPHA_DEN);
	c->w_est = min_t(u64, c->w_est + part, (u64)ATCP_CWND_MAX << W_EST_SHIFT);
	return c->w_est >> W_EST_SHIFT;
}

/*
 * 4.4 and 4.5: by (target - cwnd) / cwnd for each segment acknowledged.
 * [R9438-TARGET] [R9438-INC]
 */
static u32 toward_target(const struct atcp_cc *cc, const struct cubic *c, u32 ms,
			 const struct atcp_cc_ack *ack)
{
	u32 target = w_cubic(cc, c, ms + ack->srtt_us / 1000);

	target = clamp(target, cc->cwnd, cc->cwnd + cc->cwnd / 2);
	return (u32)div_u64((u64)(target - cc->cwnd) * min(ack->acked, cc->cwnd), cc->cwnd);
}

/*
 * The cubic that begins where slow start ended without a loss is flat there (4.10),
 * though nothing but a guess ended it: the path may hold far more, and a loss by chance
 * would cost a window that was never large.  Until there was a loss cwnd grows by a
 * twentieth a round trip at least, as Linux has it; octets.
 */
static u32 searching(const struct atcp_cc *cc, const struct cubic *c, u32 acked)
{
	if (c->w_max)
		return 0;
	return min_t(u32, cc->cwnd + min(acked, cc->cwnd) / SEARCH_PART, ATCP_CWND_MAX);
}

static void avoid_congestion(struct atcp_cc *cc, struct cubic *c,
			     const struct atcp_cc_ack *ack)
{
	u32 search = searching(cc, c, ack->acked);
	u32 w_est, ms;

	if (!c->epoch)
		begin_epoch(cc, c, ack->now);
	ms = (u32)min_t(u64, div_u64(ack->now - c->epoch, 1000), MS_MAX);
	w_est = grow_w_est(cc, c, ack->acked);
	if (w_cubic(cc, c, ms) < w_est)			/* 4.3 */
		cc->cwnd = max(cc->cwnd, w_est);
	else
		cc->cwnd += toward_target(cc, c, ms, ack);
	cc->cwnd = max(cc->cwnd, search);
}

/*
 * 5.8: time in which the application did not use the window does not count.
 * [R9438-APPLIM]
 */
static void skip_idle(struct cubic *c, u64 now)
{
	if (c->epoch)
		c->epoch += now - c->last;
	c->last = now;
}

/* [R9438-SS] */
static u32 slow_start(struct atcp_cc *cc, struct cubic *c, const struct atcp_cc_ack *ack)
{
	u32 n;

	if (cc->ssthresh == U32_MAX) {
		if (atcp_hystart_acked(&c->hystart, cc, ack))
			cc->ssthresh = cc->cwnd;
		return 0;
	}
	n = min(ack->acked, cc->ssthresh - cc->cwnd);
	cc->cwnd += n;
	return ack->acked - n;
}

/* [R9438-CWNDUSE] */
static void cubic_acked(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	struct cubic *c = cubic_of(cc);
	struct atcp_cc_ack rest = *ack;

	if (!ack->cwnd_limited) {
		skip_idle(c, ack->now);
		return;
	}
	c->last = ack->now;
	if (cc->cwnd < cc->ssthresh)
		rest.acked = slow_start(cc, c, ack);
	if (rest.acked)
		avoid_congestion(cc, c, &rest);
}

/*
 * 4.6; and 4.7, fast convergence: one that yields makes room for others.
 * [R9438-BETA] [R9438-FASTCONV]
 */
static u32 cubic_ssthresh(struct atcp_cc *cc, const struct atcp_cc_loss *loss)
{
	struct cubic *c = cubic_of(cc);
	u32 cwnd = min(cc->cwnd, max(loss->flight, cc->mss));

	c->w_max = cwnd < c->w_max ?
		   (u32)div_u64((u64)cwnd * (BETA_DEN + BETA_NUM), 2 * BETA_DEN) : cwnd;
	c->prior = cwnd;
	c->epoch = 0;
	c->timed_out = loss->timeout;
	return max((u32)div_u64((u64)loss->flight * BETA_NUM, BETA_DEN), 2 * cc->mss);
}

static void cubic_init(struct atcp_cc *cc)
{
	*cubic_of(cc) = (struct cubic){ 0 };
}

const struct atcp_cc_ops atcp_cc_cubic = {
	.name = "cubic",
	.init = cubic_init,
	.acked = cubic_acked,
	.ssthresh = cubic_ssthresh,
};
