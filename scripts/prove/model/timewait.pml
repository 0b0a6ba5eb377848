/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME-WAIT: a connection ends, and another one between the same sockets begins,
 * while segments of the first may still be on their way, for MSL ticks at most.
 *
 * Peer 0 closes first.  Once both are CLOSED, peer 0 may open again with the very
 * sequence numbers of the old connection: 2 MSL alone must have emptied the
 * network.  Peer 1, which needs not wait, may open while peer 0 is in TIME-WAIT,
 * then with numbers beyond the old ones, as the clock of RFC 6528 gives them.  No
 * octet or FIN of the first connection counts in the second (is_of_now()).
 *
 * RFC 9293, sections 3.4.1 and 3.6.1; RFC 6191; RFC 1337.
 */

#ifndef TW_TICKS
/* Due when more than 2 MSL have passed: ticks are counted down to 1. */
#define TW_TICKS	(2 * MSL + 2)
#endif
#ifndef RFC1337
#define RFC1337		true
#endif

#define START		BOTH_ESTABLISHED; to_send[0] = 1

#define CAN_SEND(p)	(to_send[p] > 0)
#define CAN_CLOSE(p)	(era[p] == 1 && (p == 0 || st[p] == CLOSE_WAIT))
#define CAN_OPEN_ACTIVE(p)	(era[p] == 1 && (p == 0 -> \
				 st[0] == CLOSED && st[1] == LISTEN : \
				 st[1] == CLOSED && st[0] == TIME_WAIT))
#define CAN_OPEN_PASSIVE(p)	(p == 1 && era[1] == 1 && st[0] == CLOSED)
/* The same again; but an early peer 1 goes on where its clock is. */
#define NEW_ISS(p)	(p == 0 -> 1 : (st[0] == TIME_WAIT -> BEYOND : 7))
#ifndef BEYOND
#define BEYOND		10
#endif
#define ON_CALL(p) \
	if \
	:: ev == SEND -> to_send[p] = to_send[p] - 1 \
	:: ev == ACTIVE || ev == PASSIVE -> to_send[p] = (p == 1 -> 1 : 0) \
	:: else \
	fi
#define GOAL		true

byte to_send[2];

#include "tcp.pml"
