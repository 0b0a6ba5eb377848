// SPDX-License-Identifier: GPL-2.0
/*
 * Round-trip time and retransmission time-out.
 *
 * RFC 6298, whose rules are named where they stand.  [MUST-18] [MUST-19]
 */

#include <atcp/core.h>

#define RTO_INITIAL	(1000 * ATCP_MSEC)	/* (2.1) */
#define RTO_AFTER_SYN	(3000 * ATCP_MSEC)	/* (5.7) */
#define RTT_SANE	(120 * ATCP_USEC)	/* longer ones are not believed */
#define MIN_LASTS	(300 * ATCP_USEC)	/* then the path may have changed */

/*
 * Least RTO, and least of its part for variation: on a long path whose round trips
 * are all alike the latter would vanish, and each ACK that its sender delays would
 * come too late.  RFC 6298, 1 allows to be more conservative; Linux does the same.
 */
static u32 least_ms(const struct atcp_tcb *tcb)
{
	return tcb->route.rto_min_ms ?: tcb->p.rto_min_ms;
}

/**
 * atcp_rto_init() - no sample yet
 * @tcb:	the connection
 *
 * [R6298-INIT] [R6298-SYN3]
 */
void atcp_rto_init(struct atcp_tcb *tcb)
{
	tcb->rtt.srtt = 0;
	tcb->rtt.rttvar = 0;
	tcb->rtt.min = 0;
	tcb->rtt.rto = tcb->rec.syn_backoff ? RTO_AFTER_SYN : RTO_INITIAL;
}

/**
 * atcp_rto_sample() - a round trip was measured
 * @tcb:	the connection
 * @rtt_us:	microseconds; by Karn's rule not of a retransmitted segment
 *
 * The granularity of the clock is a millisecond, and rto_min no less.
 * [R6298-FIRST] [R6298-NEXT] [R6298-G]
 */
void atcp_rto_sample(struct atcp_tcb *tcb, u32 rtt_us)
{
	u32 srtt = tcb->rtt.srtt;
	u32 var = tcb->rtt.rttvar;

	if (rtt_us > RTT_SANE)
		return;
	rtt_us = max_t(u32, rtt_us, 1);	/* 0 means "none" in srtt */
	if (!srtt) {			/* (2.2) */
		srtt = rtt_us;
		var = rtt_us / 2;
	} else {			/* (2.3): RTTVAR first */
		u32 err = srtt > rtt_us ? srtt - rtt_us : rtt_us - srtt;

		var = (3 * var + err) / 4;
		srtt = (u32)div_u64(7ULL * srtt + rtt_us, 8);
	}
	tcb->rtt.srtt = srtt;		/* of samples of 1 and more: never 0 */
	tcb->rtt.rttvar = var;
	tcb->rtt.rto = srtt + max_t(u32, least_ms(tcb) * (u32)ATCP_MSEC, 4 * var);
}

/**
 * atcp_rtt_seen() - a round trip, for what looks at each of them
 * @tcb:	the connection
 * @rtt_us:	microseconds; not of a retransmitted segment
 * @now:	microseconds
 */
void atcp_rtt_seen(struct atcp_tcb *tcb, u32 rtt_us, u64 now)
{
	if (rtt_us > RTT_SANE)
		return;
	tcb->rtt.latest = max_t(u32, rtt_us, 1);
	if (tcb->rtt.min && tcb->rtt.latest > tcb->rtt.min && now - tcb->rtt.min_at <= MIN_LASTS)
		return;
	tcb->rtt.min = tcb->rtt.latest;
	tcb->rtt.min_at = now;
}

/**
 * atcp_rto_backed_off() - RTO after a number of time-outs in a row
 * @tcb:	the connection
 * @backoff:	time-outs, each of which doubled it (5.5)
 *
 * Return: microseconds, between rto_min (2.4) and rto_max (2.5). [R6298-MAX]
 */
u64 atcp_rto_backed_off(const struct atcp_tcb *tcb, unsigned int backoff)
{
	u64 rto = max_t(u64, tcb->rtt.rto, least_ms(tcb) * ATCP_MSEC);

	rto <<= min_t(unsigned int, backoff, 24);
	return min_t(u64, rto, tcb->p.rto_max_ms * ATCP_MSEC);
}

/**
 * atcp_rto_current() - RTO as it stands
 * @tcb:	the connection
 *
 * Return: microseconds.
 */
u64 atcp_rto_current(const struct atcp_tcb *tcb)
{
	return atcp_rto_backed_off(tcb, tcb->rec.backoff);
}
