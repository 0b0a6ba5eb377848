/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opening: who calls what is chosen by BOTH; an old duplicate SYN may be on its
 * way to peer 1; CRASHES lets a peer lose its memory, so that the connection is
 * half-open.
 *
 * RFC 9293, section 3.5: Figures 6 to 12.
 */

#ifdef BOTH
/* Simultaneous open, and LISTEN turned into an active open. */
#define CAN_OPEN_ACTIVE(p)	(opens[p] > 0)
#define CAN_OPEN_PASSIVE(p)	(p == 1 && opens[p] > 1)
#else
/* Whoever calls before the other listens is refused, and calls again. */
#define CAN_OPEN_ACTIVE(p)	(p == 0 && opens[p] > 0 && (st[1] != CLOSED || opens[0] > 1))
#define CAN_OPEN_PASSIVE(p)	(p == 1 && opens[p] > 0)
#endif
#ifndef OPENS
#define OPENS		1
#endif

#define CAN_CRASH(p)	(crashes > 0 && st[1 - p] == ESTABLISHED && st[p] == ESTABLISHED)
#define ON_CALL(p) \
	if \
	:: ev == CRASH -> crashes = crashes - 1 \
	:: else -> opens[p] = opens[p] - 1 \
	fi

/* The RFC's example: the old SYN lies elsewhere. */
#ifdef OLD_SYN
#define START \
	p = 0; key = KEY(SYN, 25, 0, 1, 0, 0, 7); insert(1)
#endif

/* Both there, or neither; without a crash, both. */
#if defined(CRASHES) || defined(BOTH)
#define KEEPALIVES	true
#define GOAL	(AGREED || (!SYNCED(st[0]) && !SYNCED(st[1]) && \
		 st[0] != SYN_RECEIVED && st[1] != SYN_RECEIVED && st[0] != SYN_SENT && \
		 st[1] != SYN_SENT))
#else
#define GOAL	AGREED
#endif
#ifdef CRASHES
#define START		BOTH_ESTABLISHED
#else
#define CRASHES	0
#endif

byte opens[2] = OPENS;
byte crashes = CRASHES;

#include "tcp.pml"
