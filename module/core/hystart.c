// SPDX-License-Identifier: GPL-2.0
/*
 * HyStart++ (RFC 9406): the first slow start of a connection ends when the round
 * trip grows, before a queue overflows.  A growth that was none is found out in
 * conservative slow start, which then gives way to slow start again.
 *
 * Departure: section 4.2 recommends that one ACK add no more than L = 8 segments
 * where nothing is paced.  An ACK of an aggregate counts for all that it covers,
 * as in slow start elsewhere here.
 */

#include <linux/minmax.h>
#include <atcp/hystart.h>
#include <atcp/seq.h>

/* RFC 9406, section 4.3 */
#define MIN_RTT_THRESH		4000	/* microseconds */
#define MAX_RTT_THRESH		16000
#define MIN_RTT_DIVISOR		8
#define N_RTT_SAMPLE		8
#define CSS_GROWTH_DIVISOR	4
#define CSS_ROUNDS		5

static void begin_round(struct atcp_hystart *h, const struct atcp_cc_ack *ack)
{
	h->last_min = h->current_min;
	h->current_min = 0;
	h->samples = 0;
	h->window_end = ack->nxt;
}

static void sample(struct atcp_hystart *h, u32 rtt_us)
{
	if (!rtt_us)
		return;
	if (!h->current_min || rtt_us < h->current_min)
		h->current_min = rtt_us;
	if (h->samples < N_RTT_SAMPLE)
		h->samples++;
}

/* RttThresh: an eighth of what the last round took at least, within bounds. */
static bool delay_grew(const struct atcp_hystart *h)
{
	u32 thresh = clamp_t(u32, h->last_min / MIN_RTT_DIVISOR, MIN_RTT_THRESH,
			     MAX_RTT_THRESH);

	return h->last_min && h->current_min >= h->last_min + thresh;
}

/* Into conservative slow start, or out of it again. */
static void judge(struct atcp_hystart *h)
{
	if (h->samples < N_RTT_SAMPLE)
		return;
	if (!h->baseline && delay_grew(h)) {
		h->baseline = h->current_min;
		h->rounds = 0;
	} else if (h->current_min < h->baseline) {
		h->baseline = 0;
	}
}

/* Rounds in conservative slow start; a part of one counts as one. */
static bool end_round(struct atcp_hystart *h, const struct atcp_cc_ack *ack)
{
	if (seq_lt(ack->una, h->window_end))
		return false;
	begin_round(h, ack);
	return h->baseline && ++h->rounds >= CSS_ROUNDS;
}

/**
 * atcp_hystart_acked() - grow cwnd by an ACK of the first slow start
 * @h:		its state
 * @cc:		cwnd below ssthresh, which is arbitrarily high
 * @ack:	what the ACK told
 *
 * Source: RFC 9406, section 4.2. Return: true when slow start is to end here.
 */
bool atcp_hystart_acked(struct atcp_hystart *h, struct atcp_cc *cc,
			const struct atcp_cc_ack *ack)
{
	u32 divisor = h->baseline ? CSS_GROWTH_DIVISOR : 1;

	if (!h->started) {
		h->started = true;
		h->window_end = ack->nxt;
	}
	cc->cwnd = min(cc->cwnd + ack->acked / divisor, ATCP_CWND_MAX);
	sample(h, ack->rtt_us);
	judge(h);
	return end_round(h, ack);
}
