// SPDX-License-Identifier: GPL-2.0
/*
 * Proportional rate reduction: from what was in flight down to ssthresh, as what is
 * in flight is delivered, whatever else happens on the way.
 *
 * Owns tcb->prr, and cwnd while it is at work.  RFC 9937 (which replaces RFC 6937).
 */

#include <atcp/core.h>

/**
 * atcp_prr_start() - an episode begins; ssthresh is set
 * @tcb:	the connection
 * @a:		the ACK it begins with, or NULL
 *
 * Source: RFC 9937, 6.1. [R9937-INIT] [R9937-RACK]
 */
void atcp_prr_start(struct atcp_tcb *tcb, const struct atcp_ack *a)
{
	u32 outstanding = tcb->snd.nxt - tcb->snd.una;

	tcb->prr.delivered = 0;
	tcb->prr.out = 0;
	tcb->prr.recover_fs = outstanding - min(tcb->board.sacked, outstanding) +
			      (a ? a->delivered : 0);
	tcb->prr.recover_fs = max(tcb->prr.recover_fs, tcb->cc.mss);
}

/*
 * 6.2.  More is in flight than shall be: in proportion.  Less: as much as was delivered,
 * and one segment more when the ACK tells of progress and of no new loss.
 * [R9937-NORM] [R9937-BOUND] [R9937-SAFEACK]
 */
static u32 allowance(const struct atcp_tcb *tcb, u32 flight, u32 delivered, bool safe)
{
	u32 ssthresh = tcb->cc.ssthresh;
	u64 due;
	u32 n;

	if (flight > ssthresh) {
		due = div_u64((u64)tcb->prr.delivered * ssthresh + tcb->prr.recover_fs - 1,
			      tcb->prr.recover_fs);
		return due > tcb->prr.out ? (u32)min_t(u64, due - tcb->prr.out, U32_MAX) : 0;
	}
	n = tcb->prr.delivered > tcb->prr.out ? tcb->prr.delivered - tcb->prr.out : 0;
	n = max(n, delivered);
	if (safe)
		n += tcb->cc.mss;
	return min(n, ssthresh - flight);
}

/**
 * atcp_prr_acked() - octets were delivered: how many may be sent for them
 * @tcb:	the connection, in an episode
 * @delivered:	octets
 * @safe:	SND.UNA moved, and no new loss was found
 *
 * [R9937-FORCE] [R9937-INFLIGHT]
 */
void atcp_prr_acked(struct atcp_tcb *tcb, u32 delivered, bool safe)
{
	u32 flight = atcp_flight(tcb);
	u32 n;

	if (!delivered)
		return;
	tcb->prr.delivered += delivered;
	n = allowance(tcb, flight, delivered, safe);
	if (!tcb->prr.out && tcb->rec.state == ATCP_FAST_RECOVERY)
		n = max(n, tcb->cc.mss);
	tcb->cc.cwnd = max(flight + n, tcb->cc.mss);
}

/**
 * atcp_prr_sent() - text was sent, for the first time or again
 * @tcb:	the connection
 * @len:	octets
 */
void atcp_prr_sent(struct atcp_tcb *tcb, u32 len)
{
	if (tcb->rec.state == ATCP_FAST_RECOVERY || tcb->rec.state == ATCP_REDUCING)
		tcb->prr.out += len;
}

/**
 * atcp_prr_end() - the episode is over
 * @tcb:	the connection
 *
 * Source: RFC 9937, 6.4. [R9937-END]
 */
void atcp_prr_end(struct atcp_tcb *tcb)
{
	if (tcb->cc.ssthresh < ATCP_CWND_MAX)
		tcb->cc.cwnd = max(tcb->cc.ssthresh, tcb->cc.mss);
}
