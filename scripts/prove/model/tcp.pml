/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two TCP peers, 0 and 1, and the network between them.
 *
 * A model defines what it wants of the macros below and includes this file: who
 * may make which call, how many faults the network commits, what has to hold
 * when nothing can happen any more (GOAL).  edges.pml is made from atcp_edges[]:
 * LEGAL() is the only way from a state to another.
 *
 * One step is one event, with all that a peer does and sends because of it: a
 * segment arrives (or is lost, or doubled), a call, a time-out.  Segments arrive
 * in any order.  Faults are counted; a timer that runs out too early is one.  It
 * runs out at no charge when the network is empty: then only it can help.  So no
 * run is endless unless the peers keep one another busy for nothing, and a search
 * without cycles, whose dead ends all satisfy GOAL, shows that every run ends well
 * whatever the order of its events: no assumption of fairness is made.
 *
 * RFC 9293, sections 3.8 and 3.10; RFC 5961, sections 3 to 5; RFC 6191; RFC 1337.
 * Sequence numbers are modulo SPACE.  A segment carries one octet at most.
 */

#include "edges.pml"

/* ---- what a model may change ---- */

#ifndef SPACE
#define SPACE		32	/* sequence numbers: no more, or KEY() overflows */
#endif
#ifndef SLOTS
#define SLOTS		3	/* segments in the network, each way */
#endif
#ifndef BUFF
#define BUFF		2	/* RCV.BUFF, at most 3 */
#endif
#ifndef LOSSES
#define LOSSES		1
#endif
#ifndef COPIES
#define COPIES		1	/* duplicates made by the network */
#endif
#ifndef EARLY
#define EARLY		1	/* time-outs while segments are under way */
#endif
#ifndef GIVE_UPS
#define GIVE_UPS	0	/* R2, USER TIMEOUT, FIN-WAIT-2 without a user */
#endif
#ifndef CHALLENGES
#define CHALLENGES	1	/* challenge ACKs before they are throttled */
#endif
#ifndef R2
#define R2		2	/* retransmissions of a SYN before it is given up */
#endif
#ifndef NEW_ISS
#define NEW_ISS(p)	MOD(1 + 12 * (p) + 5 * era[p])
#endif
#ifndef TW_TICKS
#define TW_TICKS	0	/* more than 0: time passes, segments age */
#endif
#ifndef MSL
#define MSL		1	/* ticks */
#endif
/* Guards of the calls. */
#ifndef CAN_OPEN_ACTIVE
#define CAN_OPEN_ACTIVE(p)	false
#endif
#ifndef CAN_OPEN_PASSIVE
#define CAN_OPEN_PASSIVE(p)	false
#endif
#ifndef CAN_SEND
#define CAN_SEND(p)		false
#endif
#ifndef CAN_CLOSE
#define CAN_CLOSE(p)		false
#endif
#ifndef CAN_ABORT
#define CAN_ABORT(p)		false
#endif
#ifndef CAN_CRASH
#define CAN_CRASH(p)		false	/* forgets all, tells nobody */
#endif
/* Done by a call beside what the RFC says: a model's own counting. */
#ifndef ON_CALL
#define ON_CALL(p)		skip
#endif
#ifndef START
#define START			skip
#endif

/* RFC 6191, without timestamps: a SYN beyond all of the old connection. */
#ifndef REOPENS
#define REOPENS(seq, rcv)	LEQ(rcv, seq)
#endif
#ifndef RFC1337
#define RFC1337			false
#endif
#ifndef PROBES
#define PROBES			true
#endif
#ifndef KEEPALIVES
#define KEEPALIVES		false	/* they find out who has gone */
#endif

/* ---- words ---- */

#define SYN		1
#define ACK		2
#define FIN		4
#define RST		8

#define MOD(x)		((x) & (SPACE - 1))
#define LT(a, b)	(MOD((a) - (b)) >= SPACE / 2)
#define LEQ(a, b)	(!LT(b, a))

/* A segment is one number; 0 is none.  The octet and the incarnation are ghosts. */
#define KEY(ctl, seq, ack, wnd, seg_len, dat, era) \
	((ctl) | (seq) << 4 | (ack) << 9 | (wnd) << 14 | (seg_len) << 16 | \
	 (dat) << 17 | (era) << 21)
#define AGE		(1 << 24)

#define EMPTY		(slot[0] == 0 && slot[SLOTS] == 0)
#define SYNCED(s)	((s) != CLOSED && (s) != LISTEN && (s) != SYN_SENT && \
			 (s) != SYN_RECEIVED)
#define GONE(s)		((s) == CLOSED || (s) == LISTEN)
#define SENDS_TEXT(s)	((s) == ESTABLISHED || (s) == CLOSE_WAIT || \
			 (s) == FIN_WAIT_1 || (s) == CLOSING || (s) == LAST_ACK)
#define TAKES_TEXT(s)	((s) == ESTABLISHED || (s) == FIN_WAIT_1 || (s) == FIN_WAIT_2)
#define END(p)		MOD(iss[p] + 1 + queued[p])	/* the FIN's place */
#define RCV_WND(p)	(BUFF - user[p])
#define PENDING(p)	(SENDS_TEXT(st[p]) && una[p] != MOD(END(p) + fin[p]))
#define OUTSTANDING(p)	((st[p] == SYN_SENT || st[p] == SYN_RECEIVED || \
			  SENDS_TEXT(st[p])) && una[p] != nxt[p])

/* Both know the same connection, and all that was sent is there. */
#define AGREED		(st[0] == ESTABLISHED && st[1] == ESTABLISHED && \
			 irs[0] == iss[1] && irs[1] == iss[0] && \
			 rcv_nxt[0] == nxt[1] && rcv_nxt[1] == nxt[0] && \
			 una[0] == nxt[0] && una[1] == nxt[1])
#define ALL_READ	(user[0] == 0 && user[1] == 0)

/* Where a model that is not about opening begins. */
#define BOTH_ESTABLISHED \
	iss[0] = 1; una[0] = 2; nxt[0] = 2; irs[1] = 1; rcv_nxt[1] = 2; \
	iss[1] = 7; una[1] = 8; nxt[1] = 8; irs[0] = 7; rcv_nxt[0] = 8; \
	wnd[0] = BUFF; wl1[0] = 8; wl2[0] = 2; \
	wnd[1] = BUFF; wl1[1] = 2; wl2[1] = 8; \
	era[0] = 1; era[1] = 1; peer_era[0] = 1; peer_era[1] = 1; \
	st[0] = ESTABLISHED; st[1] = ESTABLISHED; passive[1] = true

/* ---- state, under the RFC's names ---- */

byte st[2] = CLOSED;
byte iss[2], una[2], nxt[2], wnd[2], wl1[2], wl2[2];
byte irs[2], rcv_nxt[2];
byte queued[2];			/* octets the user gave to SEND */
byte user[2];			/* RCV.USER: octets received, not yet read */
byte held1[2], held2[2];	/* octets held at RCV.NXT + 1 and + 2: ghost + 1 */
byte fin_at[2];			/* the peer's FIN */
bool fin_known[2];
bool passive[2], fin[2];
byte delivered[2];		/* ghost: octets that the reader was given */
byte era[2], peer_era[2];	/* ghost: incarnations */
byte tw[2];			/* ticks until 2 MSL are over */
byte challenges[2];		/* ACKs sent of late by challenge_ack() */
byte retries[2];		/* of a SYN, in vain */
byte turn;			/* whose timer ran out last */
int slot[2 * SLOTS];		/* the network: to 0, then to 1; sorted */
byte losses = LOSSES, copies = COPIES, early = EARLY, give_ups = GIVE_UPS;

/* Set and used within one step. */
hidden byte e_from, e_to, e_why;
hidden byte ev, p, at, i, r, rw, off, seg_len;
hidden byte m_ctl, m_seq, m_ack, m_wnd, m_len, m_dat, m_era;
hidden byte on_time, go, o_syn, o_ack, closes;
hidden int key, other;
hidden int box[8];
hidden byte n_box, cause;

mtype = { ARRIVES, LOST, COPIED, RTO, PERSIST, GIVE_UP, R2_OUT, TW_OUT, KEEPALIVE, TICK,
	  ACTIVE, PASSIVE, SEND, RECEIVE, CLOSE, ABORT, CRASH };

#include "net.pml"
#include "state.pml"
#include "arrives.pml"
#include "output.pml"
#include "calls.pml"

/* ---- one step ---- */

inline event()
{
	if
	:: ev == ARRIVES || ev == LOST -> take_out()
	:: ev == COPIED -> copies = copies - 1; key = slot[p * SLOTS + at]
	:: else
	fi;
	if
	:: ev == ARRIVES || ev == COPIED -> cause = BY_SEGMENT; decode(); arrives()
	:: ev == LOST -> losses = losses - 1
	:: ev == RTO -> cause = BY_TIMER; retransmit()
	:: ev == PERSIST -> cause = BY_TIMER; probe()
	:: ev == GIVE_UP -> give_ups = give_ups - 1; give_up()
	:: ev == R2_OUT -> give_up()
	:: ev == TW_OUT -> to_closed(BY_TIMER)
	:: ev == KEEPALIVE -> put(ACK, MOD(nxt[p] - 1), rcv_nxt[p], 0)
	:: ev == TICK -> tick(); p = 0
	:: else -> cause = BY_CALL; call()
	fi
}

inline call()
{
	ON_CALL(p);
	if
	:: ev == ACTIVE || ev == PASSIVE -> open_call(ev)
	:: ev == SEND -> queued[p] = queued[p] + 1
	:: ev == RECEIVE ->
		o_ack = (user[p] == BUFF && TAKES_TEXT(st[p]));
		user[p] = user[p] - 1
	:: ev == CLOSE -> close_call()
	:: ev == ABORT -> abort_call()
	:: ev == CRASH -> st[p] = CLOSED; passive[p] = false
	:: else
	fi
}

inline step()
{
	go = false; o_syn = false; o_ack = false; n_box = 0;
	event();
	output();
	send_all();
	if
	:: st[p] == CLOSED || st[p] == LISTEN -> forget()
	:: else
	fi;
	if
	:: st[p] != SYN_SENT && st[p] != SYN_RECEIVED -> retries[p] = 0
	:: else
	fi;
	if
	:: (ev == RTO || ev == PERSIST) && on_time || ev == KEEPALIVE || ev == TICK ->
		challenges[0] = 0; challenges[1] = 0
	:: else
	fi;
	printf("event %d of %d (ctl %d seq %d ack %d wnd %d len %d): %d %d nxt %d %d una %d %d rcv %d %d\n",
	       ev, p, m_ctl, m_seq, m_ack, m_wnd, m_len, st[0], st[1], nxt[0], nxt[1],
	       una[0], una[1], rcv_nxt[0], rcv_nxt[1]);
	m_ctl = 0; m_seq = 0; m_ack = 0; m_wnd = 0; m_len = 0;
	key = 0; other = 0; i = 0; r = 0; seg_len = 0; off = 0; rw = 0
}

#define EV(e, q)	ev = e; p = q; at = 0
#define EV_AT(e, q, n)	ev = e; p = q; at = n

/* Equal segments are picked once. */
#define HAS(q, n)	(slot[(q) * SLOTS + n] != 0 && (n == 0 || \
			 slot[(q) * SLOTS + n] != slot[(q) * SLOTS + n - (n > 0)]))

#define PICK(q, n) \
	:: HAS(q, n) -> EV_AT(ARRIVES, q, n) \
	:: HAS(q, n) && losses > 0 -> EV_AT(LOST, q, n) \
	:: HAS(q, n) && copies > 0 -> EV_AT(COPIED, q, n)

#define PERSISTS(q)	(una[q] != iss[q] && wnd[q] == 0 && PENDING(q))
#define TIMES_OUT(q)	(OUTSTANDING(q) && !PERSISTS(q))

/* Of two timers that nothing forestalls neither overtakes the other twice. */
#define TURN(q)		(turn != q || !(TIMES_OUT(1 - q) || PERSISTS(1 - q)))

#define TIRED(q)		((st[q] == SYN_SENT || st[q] == SYN_RECEIVED) && \
			 retries[q] == R2)

#define EVENTS(q) \
	:: TIMES_OUT(q) && EMPTY && TURN(q) && !TIRED(q) -> \
		turn = q; on_time = true; EV(RTO, q) \
	:: TIMES_OUT(q) && EMPTY && TURN(q) && TIRED(q) -> turn = q; EV(R2_OUT, q) \
	:: TIMES_OUT(q) && !EMPTY && early > 0 -> early = early - 1; on_time = false; EV(RTO, q) \
	:: PERSISTS(q) && EMPTY && (user[1 - q] == 0 || GONE(st[1 - q])) && PROBES && \
	   TURN(q) -> turn = q; on_time = true; EV(PERSIST, q) \
	:: PERSISTS(q) && early > 0 && (!EMPTY || user[1 - q] != 0) && PROBES -> \
		early = early - 1; on_time = false; EV(PERSIST, q) \
	:: give_ups > 0 && (OUTSTANDING(q) || PENDING(q) || st[q] == FIN_WAIT_2) -> \
		EV(GIVE_UP, q) \
	:: st[q] == TIME_WAIT && (TW_TICKS -> tw[q] == 1 : EMPTY) -> EV(TW_OUT, q) \
	:: SYNCED(st[q]) && st[q] != TIME_WAIT && GONE(st[1 - q]) && EMPTY && \
	   !OUTSTANDING(q) && !PENDING(q) && KEEPALIVES -> EV(KEEPALIVE, q) \
	:: user[q] > 0 -> EV(RECEIVE, q) \
	:: CAN_OPEN_ACTIVE(q) && (st[q] == CLOSED || st[q] == LISTEN) -> EV(ACTIVE, q) \
	:: CAN_OPEN_PASSIVE(q) && st[q] == CLOSED -> EV(PASSIVE, q) \
	:: CAN_SEND(q) && !fin[q] && (st[q] == ESTABLISHED || st[q] == CLOSE_WAIT || \
	   st[q] == SYN_SENT || st[q] == SYN_RECEIVED) -> EV(SEND, q) \
	:: CAN_CLOSE(q) && !fin[q] && (st[q] == LISTEN || st[q] == SYN_SENT || \
	   st[q] == SYN_RECEIVED || st[q] == ESTABLISHED || st[q] == CLOSE_WAIT) -> \
		EV(CLOSE, q) \
	:: CAN_ABORT(q) && st[q] != CLOSED -> EV(ABORT, q) \
	:: CAN_CRASH(q) && st[q] != CLOSED -> EV(CRASH, q)

active proctype world()
{
	d_step {
		c_code { atexit(report_edges); };
		START;
		key = 0; i = 0; other = 0; p = 0
	};
	do
	:: atomic {
		if
		PICK(0, 0)
		PICK(0, 1)
		PICK(0, 2)
		PICK(1, 0)
		PICK(1, 1)
		PICK(1, 2)
		EVENTS(0)
		EVENTS(1)
		:: TW_TICKS && (!EMPTY || tw[0] > 1 || tw[1] > 1) -> EV(TICK, 0)
		fi;
		d_step { step() }
	}
	:: timeout -> assert(GOAL); break
	od
}
