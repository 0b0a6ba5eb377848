/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Effects: what the core asks of the shell after an event.
 *
 * The core requests, it never does.  The shell clears a struct atcp_fx, hands
 * it to one entry of the core, performs what it finds there, asks
 * atcp_next_segment() for segments until there is none, which may add an edge,
 * and arms its timer for atcp_deadline().
 */
#ifndef _ATCP_FX_H
#define _ATCP_FX_H

#include <linux/types.h>
#include <atcp/fsm.h>
#include <atcp/segment.h>

/* Whom to wake once the lock is released. */
#define ATCP_WAKE_STATE		0x01	/* connected, FIN, closed: sk_state_change */
#define ATCP_WAKE_READ		0x02	/* text became readable */
#define ATCP_WAKE_WRITE		0x04	/* room in the send queue */
#define ATCP_WAKE_URG		0x08	/* urgent data: SIGURG, EPOLLPRI */
#define ATCP_WAKE_ERROR		0x10	/* fx->error was set */

/* Events worth counting; the shell maps them to counters, one bit each. */
enum atcp_event {
	ATCP_EV_IN_SEGS,
	ATCP_EV_ACTIVE_OPENS,
	ATCP_EV_PASSIVE_OPENS,
	ATCP_EV_ATTEMPT_FAILS,
	ATCP_EV_ESTAB_RESETS,
	ATCP_EV_RETRANS_TIMEOUT,	/* RTO fired */
	ATCP_EV_RENO_RECOVERY,		/* fast retransmit, by duplicate ACKs */
	ATCP_EV_PARTIAL_ACK,
	ATCP_EV_SACK_RECOVERY,
	ATCP_EV_LOSS_PROBE,
	ATCP_EV_LOSS_PROBE_RECOVERY,	/* a probe of the tail repaired a loss */
	ATCP_EV_UNDO,			/* there was no loss */
	ATCP_EV_SPURIOUS_TIMEOUT,
	ATCP_EV_RENEGING,		/* what was SACKed was thrown away */
	ATCP_EV_DSACK_RECEIVED,
	ATCP_EV_PAWS_DROP,
	ATCP_EV_NO_TS_DROP,
	ATCP_EV_UNACCEPTABLE,		/* SEG.SEQ outside the window */
	ATCP_EV_CHALLENGE_ACK,
	ATCP_EV_CHALLENGE_SKIPPED,	/* throttled */
	ATCP_EV_SYN_CHALLENGE,
	ATCP_EV_DELAYED_ACK,		/* the timer sent it */
	ATCP_EV_OFO_QUEUE,
	ATCP_EV_OFO_DROP,		/* no range or room to keep it */
	ATCP_EV_DSACK_SENT,
	ATCP_EV_ZERO_WINDOW_PROBE,
	ATCP_EV_KEEPALIVE_PROBE,
	ATCP_EV_ABORT_ON_TIMEOUT,
	ATCP_EV_ABORT_ON_DATA,		/* text after the user has gone */
	ATCP_EV_ABORT_ON_CLOSE,		/* unread text when the user went */
	ATCP_EV_TW_RECYCLED,		/* RFC 6191 reuse */
	ATCP_EV_TW_KILLED,		/* by RST */
	ATCP_EV_ICMP_IGNORED,
	ATCP_EV_RCV_PRUNED,		/* text refused for want of memory */
	ATCP_EV_MTUP_SUCCESS,		/* a larger segment passed */
	ATCP_EV_MTUP_FAIL,		/* it did not */
	ATCP_EV_FO_ACTIVE,		/* text of our SYN was acknowledged with it */
	ATCP_EV_FO_ACTIVE_FAIL,		/* or not */
	ATCP_EV_FO_SUSPECT,		/* signs of a path that bears no Fast Open */
	ATCP_EV_ECN_REDUCED,		/* the window, for ECE */
	ATCP_N_EVENTS,
};

#define ATCP_FX_EDGES		4	/* most changes of state one event makes */

/**
 * struct atcp_fx - effects of one event
 * @cause:	enum atcp_cause, set by the entry that was called
 * @n_edges:	entries in @edge
 * @edge:	states gone through, in order
 * @wake:	ATCP_WAKE_*
 * @error:	positive errno that the user is to learn (sk_err), or 0
 * @soft_error:	positive errno to note (sk_err_soft), or 0
 * @reply:	a segment to send at once that does not follow from the TCB
 *		(RST); there is one when reply.ctl is not 0
 * @take:	text of the arriving segment to keep: @take.len octets from
 *		offset @take.off of its text, the first being octet @take.seq.
 *		In order when @take.seq was RCV.NXT, else out of order.
 * @deliver:	octets, taken now or kept before, that RCV.NXT moved over
 * @acked:	octets of text newly acknowledged: free them
 * @flush:	drop the send queue: nothing of it will be asked for again
 * @trouble:	R1 was reached: give IP negative advice [MUST-20]
 * @reopen:	TIME-WAIT ended for a new SYN (RFC 6191): hand the segment to
 *		the listener, with @reopen_iss as the least ISS
 * @reopen_iss:	see @reopen
 * @delivered_ce: octets of @acked whose receiver told of congestion
 * @events:	bit mask of enum atcp_event
 */
struct atcp_fx {
	u8 cause;
	u8 n_edges;
	struct {
		u8 from;
		u8 to;
	} edge[ATCP_FX_EDGES];
	u8 wake;
	bool flush;
	bool reopen;
	bool trouble;
	u16 error;
	u16 soft_error;
	u32 reopen_iss;
	struct {
		u32 off;
		u32 len;
		u32 seq;
	} take;
	u32 deliver;
	u32 acked;
	u32 delivered_ce;
	u64 events;
	struct atcp_out reply;
};

static inline void atcp_fx_event(struct atcp_fx *fx, enum atcp_event event)
{
	fx->events |= 1ULL << event;
}

#endif /* _ATCP_FX_H */
