// SPDX-License-Identifier: GPL-2.0
/*
 * HyStart++ (RFC 9406): the first slow start of a connection ends when the round
 * trip grows, before a queue overflows.  A growth that was none is found out in
 * conservative slow start, which then gives way to slow start again.
 *
 * By the time that a round trip has grown, though, as much is on its way as overflows
 * a queue of one bandwidth-delay product, and where round trips are short they never grow
 * by four milliseconds.  So slow start also ends, without more ado, when ACKs have come
 * without a pause for half a round trip: the ACK train of HyStart (S. Ha, I. Rhee, "Taming
 * the elephants: New TCP slow start", Computer Networks 55(9), 2011), which RFC 9438, 4.10
 * allows.  The window has then doubled what the path held half of.
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

#define TRAIN_LEAST		16	/* segments of cwnd */
#define TRAIN_PAUSE_DIVISOR	8	/* of a round trip: ACKs of two such segments each */
#define TRAIN_PAUSE_LEAST	500	/* microseconds */
#define TRAIN_SLACK		1000	/* of a round trip: what offloads make of it */

/*
 * With the first ACK of what was sent after windowEnd was set: so rounds begin where
 * flights do, after the pause, if there is one.
 */
static void begin_round(struct atcp_hystart *h, const struct atcp_cc_ack *ack)
{
	h->last_min = h->current_min;
	h->current_min = 0;
	h->samples = 0;
	h->window_end = ack->nxt;
	h->train_began = (u32)ack->now;
	h->train_last = (u32)ack->now;
}

static void sample(struct atcp_hystart *h, u32 rtt_us)
{
	if (!rtt_us)
		return;
	if (!h->current_min || rtt_us < h->current_min)
		h->current_min = rtt_us;
	if (!h->least || rtt_us < h->least)
		h->least = rtt_us;
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

/* Have ACKs come for half a round trip, and no pause among them? Then the path is full. */
static bool train_is_long(struct atcp_hystart *h, const struct atcp_cc *cc, u32 now)
{
	u32 pause = max_t(u32, h->least / TRAIN_PAUSE_DIVISOR, TRAIN_PAUSE_LEAST);

	if (!h->least || now - h->train_last > pause)
		return false;
	h->train_last = now;
	return cc->cwnd >= TRAIN_LEAST * cc->mss &&
	       now - h->train_began > (h->least + TRAIN_SLACK) / 2;
}

/* Rounds in conservative slow start; a part of one counts as one. */
static bool end_round(struct atcp_hystart *h, const struct atcp_cc_ack *ack)
{
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
		begin_round(h, ack);
	}
	sample(h, ack->rtt_us);
	if (!seq_gt(ack->una, h->window_end) && train_is_long(h, cc, (u32)ack->now))
		return true;
	cc->cwnd = min(cc->cwnd + ack->acked / divisor, ATCP_CWND_MAX);
	judge(h);
	return seq_gt(ack->una, h->window_end) && end_round(h, ack);
}
