/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: what may happen to a connection, in terms that mean the same to both
 * stacks: places relative to a window's edges, never absolute numbers.
 */
#ifndef WALKS_EVENT_H
#define WALKS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	EV_SEGMENT,
	EV_CONNECT,
	EV_ACCEPT,
	EV_SEND,
	EV_SEND_URGENT,
	EV_RECEIVE,
	EV_PEEK,
	EV_RECEIVE_URGENT,
	EV_SHUT_RD,
	EV_SHUT_WR,
	EV_SHUT_BOTH,
	EV_CLOSE,
	EV_ABORT,
	EV_ERROR,			/* SO_ERROR is read */
	EV_TIMER,			/* until the stack does something by itself */
	EV_LONG,			/* longer than any time-out */
	EV_ICMP_SOFT,
	EV_ICMP_HARD,
	N_EVENTS,
};

/* SEG.SEQ */
enum {
	SEQ_NXT,			/* RCV.NXT */
	SEQ_BEFORE,			/* RCV.NXT-1 */
	SEQ_OLD,			/* RCV.NXT-100 */
	SEQ_IRS,			/* the peer's SYN */
	SEQ_NEXT1,			/* RCV.NXT+1 */
	SEQ_AHEAD,			/* RCV.NXT+1000 */
	SEQ_LAST,			/* the last octet of the window */
	SEQ_EDGE,			/* the first one after it */
	SEQ_BEYOND,			/* 1000 octets after it */
	SEQ_FAR,			/* half of all numbers away */
	N_SEQ,
};

/* SEG.ACK */
enum {
	ACK_ALL,			/* all that came in order */
	ACK_SAME,			/* what was acknowledged before */
	ACK_PART,			/* half of what is outstanding */
	ACK_OLD,			/* one less than SND.UNA */
	ACK_ANCIENT,			/* more than any window below it */
	ACK_ISS,
	ACK_FUTURE,			/* SND.NXT+1 */
	ACK_FAR,			/* half of all numbers away */
	N_ACK,
};

/* Octets of text. */
enum {
	LEN_0,
	LEN_1,
	LEN_100,
	LEN_1000,
	LEN_3000,
	LEN_TO_EDGE,			/* what the window has room for */
	LEN_PAST_EDGE,			/* ten octets more */
	N_LEN,
};

/* The timestamp. */
enum {
	TS_GOOD,			/* newer than the last, which is echoed */
	TS_SAME,
	TS_OLD,				/* older */
	TS_NONE,
	TS_ECHO_WRONG,
	N_TS,
};

/* SACK blocks. */
enum {
	SACK_NONE,
	SACK_GOOD,			/* the last octets outstanding */
	SACK_FALSE,			/* octets that were never sent */
	SACK_DUP,			/* octets that were acknowledged: a D-SACK */
	N_SACKS,
};

/**
 * struct event - one step of a walk
 * @kind:	what
 * @flags:	EV_SEGMENT: control bits
 * @seq:	EV_SEGMENT: SEQ_NXT and its like
 * @ack:	EV_SEGMENT: ACK_ALL and its like
 * @len:	EV_SEGMENT: LEN_0 and its like
 * @ts:		EV_SEGMENT: TS_GOOD and its like
 * @sack:	EV_SEGMENT: SACK_NONE and its like
 * @odd:	EV_SEGMENT: OPT_BROKEN or OPT_UNKNOWN
 * @wnd:	EV_SEGMENT: the field
 * @up:		EV_SEGMENT: the urgent pointer
 * @octets:	calls: how many
 */
struct event {
	enum kind kind;
	uint8_t flags;
	uint8_t seq;
	uint8_t ack;
	uint8_t len;
	uint8_t ts;
	uint8_t sack;
	uint8_t odd;
	uint16_t wnd;
	uint16_t up;
	uint32_t octets;
};

/**
 * struct setup - what a walk starts with
 * @six:	over IPv6
 * @active:	the user connects; else a listener is there
 * @iss:	the peer's initial sequence number
 * @syn_opts:	options of the peer's SYN
 * @mss:	the MSS it tells
 * @wscale:	the shift count it tells
 * @nodelay:	TCP_NODELAY
 * @keepalive:	SO_KEEPALIVE, after 20 seconds
 * @inline_urg:	SO_OOBINLINE
 * @user_timeout: TCP_USER_TIMEOUT, milliseconds, or 0
 */
struct setup {
	bool six;
	bool active;
	uint32_t iss;
	uint8_t syn_opts;
	uint16_t mss;
	uint8_t wscale;
	bool nodelay;
	bool keepalive;
	bool inline_urg;
	uint32_t user_timeout;
};

/* What the reference's side looks like, to choose an event that makes sense. */
struct view {
	bool active;
	bool fd;			/* the user has a socket */
	bool closed;			/* ... and has closed it */
	bool acceptable;		/* a connection waits to be accepted */
	bool unread;
	bool outstanding;
	uint8_t options;		/* of the peer's SYN */
	int state;
	unsigned int step;
};

struct rng {
	uint64_t state;
};

uint32_t rng_next(struct rng *rng);
uint32_t rng_below(struct rng *rng, uint32_t n);
bool rng_percent(struct rng *rng, unsigned int percent);

void draw_setup(struct rng *rng, struct setup *setup);
void draw_event(struct rng *rng, const struct view *view, struct event *ev);
const char *event_kind(enum kind kind);
void event_group(const struct event *ev, char *text, size_t size);
void event_name(const struct event *ev, char *text, size_t size);

#endif
