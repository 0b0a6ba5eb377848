/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Closing: from ESTABLISHED each end sends OCTETS and closes when it likes, so
 * that one closes first, or both at once, or one goes on sending after the other
 * has closed.  With FROM_CLOSED the connection is opened first, and CLOSE, ABORT
 * and the end of all patience may come at any moment of its life.
 *
 * RFC 9293, section 3.6: Figures 12 and 13.
 */

#ifndef OCTETS
#define OCTETS	1
#endif

#define CAN_SEND(p)	(to_send[p] > 0 && (SYNCED(st[p]) || st[p] == SYN_RECEIVED))
#define CAN_CLOSE(p)	(open_now[p])

#ifdef FROM_CLOSED
#define KEEPALIVES	true
#define START		to_send[0] = OCTETS; to_send[1] = OCTETS; \
			to_open[0] = true; to_open[1] = true
#define CAN_OPEN_ACTIVE(p)	(to_open[p] && p == 0)
#define CAN_OPEN_PASSIVE(p)	(to_open[p] && p == 1)
#define CAN_ABORT(p)	(aborts > 0)
/* Nothing is left on one end that the other knows nothing of. */
#define GOAL		((!SYNCED(st[0]) && !SYNCED(st[1]) && IDLE(st[0]) && IDLE(st[1])))
#define IDLE(s)		(s == CLOSED || s == LISTEN)
#else
#define START		BOTH_ESTABLISHED; to_send[0] = OCTETS; to_send[1] = OCTETS; \
			open_now[0] = true; open_now[1] = true
#define GOAL		(st[0] == CLOSED && st[1] == CLOSED)
#endif

#define ON_CALL(p) \
	if \
	:: ev == ACTIVE || ev == PASSIVE -> to_open[p] = false; open_now[p] = true \
	:: ev == SEND -> to_send[p] = to_send[p] - 1 \
	:: ev == ABORT -> aborts = aborts - 1; open_now[p] = false \
	:: ev == CLOSE -> open_now[p] = false; to_send[p] = 0 \
	:: else \
	fi

#ifndef ABORTS
#define ABORTS	0
#endif

bool to_open[2], open_now[2];
byte to_send[2];
byte aborts = ABORTS;

#include "tcp.pml"
