/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text: OCTETS0 from peer 0, OCTETS1 from peer 1, in an established connection.
 * The readers read when they like, so windows close and open again.
 *
 * RFC 9293, section 3.8: nothing lost, nothing doubled, in order; and no end
 * waits for ever, though ACKs, window updates and probes are lost.
 */

#ifndef OCTETS0
#define OCTETS0	3
#endif
#ifndef OCTETS1
#define OCTETS1	0
#endif

#define CAN_SEND(p)	(to_send[p] > 0)
#define ON_CALL(p) \
	if \
	:: ev == SEND -> to_send[p] = to_send[p] - 1 \
	:: else \
	fi

#define START	BOTH_ESTABLISHED; to_send[0] = OCTETS0; to_send[1] = OCTETS1

#define GOAL	(AGREED && ALL_READ && delivered[1] == OCTETS0 && delivered[0] == OCTETS1 && \
		 to_send[0] == 0 && to_send[1] == 0)

byte to_send[2];

#include "tcp.pml"
