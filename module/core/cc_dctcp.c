// SPDX-License-Identifier: GPL-2.0
/*
 * DCTCP: reduces by the share of octets that came marked, in a network whose switches
 * mark early.  Grows as Reno does, and takes a loss as Reno does; without ECN it is Reno.
 * What it asks of the receiver is ecn.c's.
 *
 * RFC 8257 sections 3.3 to 3.5 and 4.2.
 */

#include <linux/build_bug.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <atcp/cc.h>
#include <atcp/seq.h>

#define SHIFT		10		/* alpha is in units of 1 / 1024 */
#define ALPHA_MAX	1024U
#define G_SHIFT		4		/* g = 1 / 16 */

/**
 * struct dctcp - its state, in priv[] behind Reno's
 * @alpha:	DCTCP.Alpha, an estimate of the share that is marked
 * @window_end:	DCTCP.WindowEnd
 * @acked:	DCTCP.BytesAcked, of this window
 * @marked:	DCTCP.BytesMarked
 * @started:	@window_end is set
 */
struct dctcp {
	u32 alpha;
	u32 window_end;
	u32 acked;
	u32 marked;
	bool started;
};

static struct dctcp *dctcp_of(struct atcp_cc *cc)
{
	BUILD_BUG_ON(sizeof(u64) + sizeof(struct dctcp) > sizeof(cc->priv));
	return (struct dctcp *)&cc->priv[1];
}

/* 4.2: as long as nothing is known, a mark is taken as a loss. [R8257-ALPHA1] */
static void dctcp_init(struct atcp_cc *cc)
{
	atcp_cc_reno.init(cc);
	*dctcp_of(cc) = (struct dctcp){ .alpha = ALPHA_MAX };
}

/*
 * 3.3: Alpha = Alpha * (1 - g) + g * M, where M is the share of the last window. It comes
 * down to 0 in the end, whatever is lost by rounding. [R8257-ALPHA] [R8257-G]
 */
static u32 estimate(u32 alpha, u32 acked, u32 marked)
{
	u32 decay = alpha >> G_SHIFT;

	alpha -= decay ? decay : !!alpha;
	if (marked && acked)
		alpha += (u32)div_u64((u64)marked << (SHIFT - G_SHIFT), acked);
	return min(alpha, ALPHA_MAX);
}

/* 3.3, (1) to (7): whatever state the connection is in. [R8257-WINDOW] */
static void dctcp_seen(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	struct dctcp *d = dctcp_of(cc);

	d->acked += ack->delivered;
	d->marked += min(ack->ce, ack->delivered);
	if (d->started && seq_leq(ack->una, d->window_end))
		return;
	d->alpha = estimate(d->alpha, d->acked, d->marked);
	d->window_end = ack->nxt;
	d->acked = 0;
	d->marked = 0;
	d->started = true;
}

/* [R8257-GROWTH] */
static void dctcp_acked(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	atcp_cc_reno.acked(cc, ack);
}

/* 3.3: cwnd = cwnd * (1 - Alpha / 2) for marks; 3.5 for a loss. [R8257-CWND] [R8257-LOSS] */
static u32 dctcp_ssthresh(struct atcp_cc *cc, const struct atcp_cc_loss *loss)
{
	u64 less = (u64)cc->cwnd * dctcp_of(cc)->alpha >> (SHIFT + 1);
	u32 reno = atcp_cc_reno.ssthresh(cc, loss);

	return loss->ecn ? max(cc->cwnd - (u32)less, 2 * cc->mss) : reno;
}

const struct atcp_cc_ops atcp_cc_dctcp = {
	.name = "dctcp",
	.flags = ATCP_CC_ECN,
	.init = dctcp_init,
	.seen = dctcp_seen,
	.acked = dctcp_acked,
	.ssthresh = dctcp_ssthresh,
};
