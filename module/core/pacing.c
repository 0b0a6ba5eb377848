// SPDX-License-Identifier: GPL-2.0
/*
 * How fast text is to go: what congestion control wants, or what its window amounts
 * to in a round trip; and in what pieces.  The shell, or the fq qdisc, keeps to it.
 *
 * draft-ietf-ccwg-bbr-06, 5.6.2 and 5.6.3; the ratios are those of Linux.
 */

#include <atcp/core.h>
#include <atcp/pacing.h>

#define QUANTA_A_SECOND		1000		/* pieces of a millisecond */
#define NEAR_SHIFT		9		/* half a millisecond, in microseconds */
#define RATE_MAX		BIT_ULL(62)

/**
 * atcp_pacing_quantum() - the most text that is to leave at once
 * @rate:	octets a second; 0: not paced
 * @most:	octets that may at all
 * @mss:	octets of a segment
 *
 * What a millisecond takes, so that bursts are short where the path is slow, and
 * offload has enough to do where it is fast; two segments at least, as the receiver
 * acknowledges every second one. SetSendQuantum(). [BBR-QUANTUM]
 * Return: octets.
 */
u32 atcp_pacing_quantum(u64 rate, u32 most, u32 mss)
{
	u64 piece = div_u64(rate, QUANTA_A_SECOND);

	if (!rate)
		return most;
	return (u32)max_t(u64, min_t(u64, piece, most), 2 * mss);
}

/**
 * atcp_paces() - does congestion control want to be paced, whatever the qdisc
 * @tcb:	the connection
 */
bool atcp_paces(const struct atcp_tcb *tcb)
{
	return atcp_cc_get(tcb->cc.algo)->flags & ATCP_CC_PACED;
}

/**
 * atcp_pacing_piece() - how large an aggregate to make of what is not paced
 * @tcb:	the connection
 * @rate:	octets a second that text goes at
 * @room:	octets that one may have
 * @mss:	octets of a segment
 *
 * The quantum, and more where the peer is near: all there is room for within half a
 * millisecond, half of that within a whole one, and so on, as bursts do no harm there,
 * and small pieces cost. Linux does the same.
 *
 * Return: octets.
 */
u32 atcp_pacing_piece(const struct atcp_tcb *tcb, u64 rate, u32 room, u32 mss)
{
	u32 piece = atcp_pacing_quantum(rate, room, mss);
	u32 near = tcb->rtt.min >> NEAR_SHIFT;

	if (near < 32)
		piece += room >> near;
	return min(piece, room);
}

/*
 * The window in a round trip, and @ss_ratio or @ca_ratio percent of that: in slow
 * start the window doubles meanwhile. It counts as slow start until half of ssthresh,
 * as in Linux.
 */
static u64 rate_of_window(const struct atcp_tcb *tcb, u32 ss_ratio, u32 ca_ratio)
{
	u32 cwnd = max(tcb->cc.cwnd, atcp_flight(tcb));
	u32 ratio = tcb->cc.cwnd < tcb->cc.ssthresh / 2 ? ss_ratio : ca_ratio;

	/* 2^31 * 10^4 * 10^3 is below 2^63 */
	return div_u64((u64)cwnd * ratio * (ATCP_USEC / 100), tcb->rtt.srtt);
}

/**
 * atcp_pacing_rate() - at what rate congestion control wants text to go
 * @tcb:	the connection
 * @ss_ratio:	percent of the window in a round trip, in slow start, at most 1000
 * @ca_ratio:	the same in congestion avoidance
 *
 * One that paces but has seen no ACK yet has no rate: its first window goes as in
 * slow start.
 *
 * Return: octets a second; 0: unknown, as no round trip was measured.
 */
u64 atcp_pacing_rate(const struct atcp_tcb *tcb, u32 ss_ratio, u32 ca_ratio)
{
	if (atcp_paces(tcb) && tcb->cc.pacing_rate)
		return min(tcb->cc.pacing_rate, RATE_MAX);
	if (!tcb->rtt.srtt)
		return 0;
	return max_t(u64, rate_of_window(tcb, ss_ratio, ca_ratio), 1);
}
