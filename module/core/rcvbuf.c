// SPDX-License-Identifier: GPL-2.0
/*
 * The receive window: when it is opened, when that is told, and how the buffer
 * behind it follows a fast reader.
 *
 * RFC 9293 section 3.8.6.2.2 (receiver's silly window avoidance) [MUST-39];
 * RFC 7323 section 2.4 (a scaled window is told in steps).
 */

#include <atcp/core.h>

#define ROUND_MIN	(1 * ATCP_MSEC)

/**
 * atcp_rcv_mss() - size of the peer's full segments
 * @tcb:	the connection
 *
 * Return: octets, as last seen, but never so few that small segments would
 * count as full ones.
 */
u32 atcp_rcv_mss(const struct atcp_tcb *tcb)
{
	return max_t(u32, tcb->rcv.mss_seen,
		     min_t(u32, tcb->rcv.mss_adv, ATCP_DEFAULT_MSS4));
}

/**
 * atcp_ack_due() - whether text of two full segments has not been acknowledged
 * @tcb:	the connection
 *
 * Source: RFC 9293, 3.8.6.3 [SHLD-19].
 */
bool atcp_ack_due(const struct atcp_tcb *tcb)
{
	return tcb->rcv.unacked >= 2 * atcp_rcv_mss(tcb);
}

/* RCV.WND if it were opened as far as the buffer goes, in steps of the scale. */
static u32 window_possible(const struct atcp_tcb *tcb)
{
	u32 wnd;

	if (tcb->rcv.buff <= tcb->rcv.user)
		return 0;
	wnd = min(tcb->rcv.buff - tcb->rcv.user, (u32)U16_MAX << tcb->rcv.wscale);
	return wnd >> tcb->rcv.wscale << tcb->rcv.wscale;
}

/**
 * atcp_window_offer() - open RCV.WND for a segment that is about to go out
 * @tcb:	the connection
 *
 * "... RCV.BUFF - RCV.USER - RCV.WND >= min(Fr * RCV.BUFF, Eff.snd.MSS)", with
 * Fr = 1/2.  The right edge never moves left [SHLD-14]. [MAY-8] [R7323-WSSHRINK]
 */
void atcp_window_offer(struct atcp_tcb *tcb)
{
	u32 wnd = window_possible(tcb);

	if (wnd > tcb->rcv.wnd &&
	    wnd - tcb->rcv.wnd >= min(tcb->rcv.buff / 2, atcp_rcv_mss(tcb)))
		tcb->rcv.wnd = wnd;
}

/**
 * atcp_window_worth_telling() - whether a reader freed enough for an ACK
 * @tcb:	the connection
 *
 * The window at least doubles, so that a peer that waits for it goes on and
 * one that does not is not disturbed.
 */
bool atcp_window_worth_telling(const struct atcp_tcb *tcb)
{
	u32 wnd = window_possible(tcb);
	u32 now = tcb->rcv.wnd;

	return wnd > now && wnd / 2 >= now &&
	       wnd - now >= min(tcb->rcv.buff / 2, atcp_rcv_mss(tcb));
}

/**
 * atcp_rcvbuf_consumed() - the reader took octets: grow a buffer that is short
 * @tcb:	the connection
 * @len:	octets
 * @now:	microseconds
 *
 * A sender can fill one window a round trip.  When the reader took more than
 * half of RCV.BUFF within one, the buffer may soon be what limits; it becomes
 * twice what was taken, up to buff_max (dynamic right-sizing).
 */
void atcp_rcvbuf_consumed(struct atcp_tcb *tcb, u32 len, u64 now)
{
	u64 round = max_t(u64, tcb->rtt.srtt, ROUND_MIN);
	u64 took = now - tcb->rcv.round_start;
	u64 want;

	tcb->rcv.round_copied += min(len, U32_MAX - tcb->rcv.round_copied);
	if (took < round)
		return;
	/* what was taken in one round trip: "took" may have been many */
	want = 2 * div64_u64(tcb->rcv.round_copied * round, took) +
	       16 * atcp_rcv_mss(tcb);
	if (tcb->p.features & ATCP_F_AUTOTUNE && want > tcb->rcv.buff)
		tcb->rcv.buff = (u32)min_t(u64, want, tcb->rcv.buff_max);
	tcb->rcv.round_copied = 0;
	tcb->rcv.round_start = now;
}
