// SPDX-License-Identifier: GPL-2.0
/*
 * Delivery rate: how many octets arrive at the peer in how long, as one sees it from
 * when the octets that an ACK tells of were sent, and from when what went before was
 * delivered.  The slower of both is believed.
 *
 * Owns tcb->rate, and what a run of the scoreboard remembers of it.
 * draft-ietf-ccwg-bbr, "Delivery Rate Samples"; before that it was
 * draft-cheng-iccrg-delivery-rate-estimation.
 */

#include <atcp/core.h>

/**
 * atcp_rate_sent() - octets are being sent: remember how things stand
 * @tcb:	the connection
 * @run:	filled in, but for @seq and the flags that tell of its fate
 * @len:	octets, not yet counted as in flight
 * @now:	microseconds
 */
void atcp_rate_sent(struct atcp_tcb *tcb, struct atcp_sent *run, u32 len, u64 now)
{
	u32 flight = atcp_flight(tcb);

	if (!flight) {
		tcb->rate.first_sent = now;
		tcb->rate.delivered_at = now;
	}
	run->at = now;
	run->delivered = tcb->rate.delivered;
	run->lost = tcb->rate.lost;
	run->in_flight = flight + len;
	run->since_delivered = (u32)min_t(u64, now - tcb->rate.delivered_at, U32_MAX);
	run->since_first = (u32)min_t(u64, now - tcb->rate.first_sent, U32_MAX);
	if (tcb->rate.app_limited)
		run->flags |= ATCP_APP_LIMITED;
}

/* Of all that an ACK delivers, what was sent last tells most. */
static void take_newest(struct atcp_ack *a, const struct atcp_sent *run, u32 end)
{
	if (a->rate_at && (run->at < a->rate_at ||
			   (run->at == a->rate_at && seq_lt(end, a->rate_end))))
		return;
	a->rate_at = run->at;
	a->rate_end = end;
	a->rate_before = run->since_delivered;
	a->rate_lost = run->lost;
	a->rate.prior_delivered = run->delivered;
	a->rate.interval_us = run->since_first;
	a->rate.tx_in_flight = run->in_flight;
	a->rate.app_limited = run->flags & ATCP_APP_LIMITED;
}

/**
 * atcp_rate_delivered() - octets were delivered
 * @tcb:	the connection
 * @a:		what the ACK tells
 * @run:	they are of this run
 * @end:	the octet after them
 * @len:	octets
 */
void atcp_rate_delivered(struct atcp_tcb *tcb, struct atcp_ack *a,
			 const struct atcp_sent *run, u32 end, u32 len)
{
	tcb->rate.delivered += len;
	tcb->rate.delivered_at = a->now;
	take_newest(a, run, end);
}

/**
 * atcp_rate_sample() - the sample of an ACK, once all it delivers was seen
 * @tcb:	the connection
 * @a:		gets the sample; an interval of 0 when there is none
 *
 * What was delivered in less than the shortest round trip tells of compressed ACKs,
 * or of a segment that was sent twice.
 */
void atcp_rate_sample(struct atcp_tcb *tcb, struct atcp_ack *a)
{
	struct atcp_rate *r = &a->rate;
	u64 acked_in;

	if (!a->rate_at)
		return;
	tcb->rate.first_sent = a->rate_at;
	if (tcb->rate.app_limited && seq_gt(tcb->rate.delivered, tcb->rate.app_limited))
		tcb->rate.app_limited = 0;
	acked_in = tcb->rate.delivered_at - (a->rate_at - a->rate_before);
	r->delivered = tcb->rate.delivered - r->prior_delivered;
	r->interval_us = (u32)min_t(u64, max_t(u64, acked_in, r->interval_us), U32_MAX);
	r->lost = tcb->rate.lost - a->rate_lost;
	if (r->interval_us < tcb->rtt.min)
		r->interval_us = 0;
	if (!r->interval_us)
		return;
	/* For STATUS: a sample of a pause tells nothing but of the pause. */
	if (!r->app_limited || (u64)r->delivered * tcb->rate.last_interval >=
			       (u64)tcb->rate.last_delivered * r->interval_us) {
		tcb->rate.last_delivered = r->delivered;
		tcb->rate.last_interval = r->interval_us;
		tcb->rate.last_limited = r->app_limited;
	}
}

/**
 * atcp_rate_check_limited() - the user gives more: had all been sent that there was
 * @tcb:	the connection, before
 *
 * Then until what is in flight now is delivered, rates tell of the user, not of the path.
 */
void atcp_rate_check_limited(struct atcp_tcb *tcb)
{
	u32 flight = atcp_flight(tcb);

	if (seq_lt(tcb->snd.nxt, tcb->snd.end) || tcb->board.lost || flight >= tcb->cc.cwnd)
		return;
	tcb->rate.app_limited = (tcb->rate.delivered + flight) ?: 1;
}
