// SPDX-License-Identifier: GPL-2.0
/*
 * Reno: slow start and congestion avoidance (RFC 5681, section 3.1), by octets
 * acknowledged (RFC 3465), since receivers acknowledge aggregates.
 */

#include <linux/minmax.h>
#include <linux/types.h>
#include <atcp/cc.h>

enum { ACKED };				/* priv[]: octets since cwnd last grew */

static void reno_init(struct atcp_cc *cc)
{
	cc->priv[ACKED] = 0;
}

/* [R5681-ABC] */
static u32 slow_start(struct atcp_cc *cc, u32 acked)
{
	u32 room = cc->ssthresh - cc->cwnd;
	u32 n = min(acked, room);

	cc->cwnd += n;
	return acked - n;
}

/* [R5681-CAINC] [R5681-CAROUND] */
static void avoid_congestion(struct atcp_cc *cc, u32 acked)
{
	cc->priv[ACKED] += acked;
	if (cc->priv[ACKED] >= cc->cwnd) {
		cc->priv[ACKED] -= cc->cwnd;
		cc->cwnd += cc->mss;
	}
}

/* [R5681-SSCA] */
static void reno_acked(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	u32 acked = ack->acked;

	/* RFC 7661's concern: a window that was not used proves nothing. */
	if (!ack->cwnd_limited)
		return;
	if (cc->cwnd < cc->ssthresh)
		acked = slow_start(cc, acked);
	if (acked)
		avoid_congestion(cc, acked);
	cc->cwnd = min_t(u32, cc->cwnd, ATCP_CWND_MAX);
}

/* RFC 5681, equation (4). [R5681-RTOSSTH] */
static u32 reno_ssthresh(struct atcp_cc *cc, const struct atcp_cc_loss *loss)
{
	cc->priv[ACKED] = 0;
	return max(loss->flight / 2, 2 * cc->mss);
}

const struct atcp_cc_ops atcp_cc_reno = {
	.name = "reno",
	.init = reno_init,
	.acked = reno_acked,
	.ssthresh = reno_ssthresh,
};
