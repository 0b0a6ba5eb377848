/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One side of a walk: a connection of one stack, the user's socket, and the
 * scripted peer's idea of it all.  Events go in, what could be seen comes out, in
 * numbers relative to where each sequence began.
 */
#ifndef WALKS_END_H
#define WALKS_END_H

#include "event.h"
#include "net.h"
#include "state.h"

#define MAX_OUT		24

/*
 * Of a segment that the stack sent, what may be compared.  ACK is relative to what was
 * acknowledged before the event, SACK blocks within the peer's last segment to that.
 */
struct seen {
	uint8_t flags;
	uint8_t opts;
	bool shut;			/* it tells of a window of 0 */
	bool acks_all;			/* ACK: all of the peer's last segment */
	bool false_text;		/* not what the user gave */
	bool clock_back;		/* its timestamp is older than the last one */
	uint8_t wscale;
	uint8_t n_sack;
	uint16_t len;
	uint16_t up;
	uint16_t mss;
	uint32_t seq;
	uint32_t ack;
	uint32_t tsecr;
	struct block sack[MAX_SACK];
};

/**
 * struct obs - what came of an event
 * @state:	entered, or stayed in
 * @result:	of a call: what it returned, or the negative errno
 * @text:	of a call: a digest of the text that was read
 * @poll:	revents of the socket
 * @waiting:	the listener has a connection to be accepted
 * @unread:	SIOCINQ, -1 without a socket
 * @options:	TCP_INFO: negotiated
 * @incarnation: how many initial sequence numbers were seen
 * @took_ms:	EV_TIMER: until something came
 * @shut:	the window last told is 0
 * @elastic:	text was sent up to the window's edge, which is another place in each
 *		stack: numbers of octets cannot be compared
 * @held:	text was sent that is not acknowledged, behind a gap
 * @fin_held:	a FIN as well
 * @syn_open:	its SYN was sent, and the peer has not acknowledged it
 * @idle:	nothing is in flight
 * @gone:	the socket is in CLOSED; @state is that of a newer connection, if there is one
 * @n_out:	segments
 * @out:	the segments
 */
struct obs {
	int state;
	int result;
	uint32_t text;
	short poll;
	bool waiting;
	int unread;
	uint8_t options;
	unsigned int incarnation;
	int64_t took_ms;
	bool shut;
	bool elastic;
	bool held;
	bool fin_held;
	bool syn_open;
	bool idle;
	bool gone;
	unsigned int n_out;
	struct seen out[MAX_OUT];
};

/**
 * struct end - one side of a walk
 * @stack:	whose
 * @setup:	how the walk began
 * @listener:	of all passive walks
 * @fd:		the connection's socket, or -1
 * @was_closed:	the user had a socket and closed it
 * @peer:	the far address
 * @peer_port:	the far port
 * @near_port:	the near port, 0 while not known
 * @sent:	octets the user gave, so that the next ones differ
 * @have_ack:	the stack acknowledged something
 * @acked:	the stack's RCV.NXT, as it told
 * @edge:	the right edge of the window it told
 * @shut:	the last window was 0
 * @have_iss:	its SYN was seen
 * @near_iss:	initial sequence number of the stack
 * @incarnation: how many of those there were
 * @nxt:	the peer's RCV.NXT
 * @high:	the highest number the stack used, and one more
 * @una:	what the peer has acknowledged
 * @syn_opts:	options of the stack's SYN
 * @near_wscale: its shift count
 * @ts_now:	the peer's timestamp clock
 * @clock_seen:	the stack sent a timestamp
 * @ts_last:	the last one, to be echoed
 * @elastic:	see struct obs
 * @last_seq:	SEG.SEQ of the peer's last segment
 * @last_end:	the number after its text and FIN
 * @last_acked:	the stack's RCV.NXT before it
 * @fin_sent:	a FIN was among what was sent in the window
 * @first:	the stack's first acknowledgment
 * @furthest:	the number after all text that the peer sent within the window
 */
struct end {
	enum tcp stack;
	const struct setup *setup;
	int listener;
	int fd;
	bool was_closed;
	uint32_t peer;
	uint16_t peer_port;
	uint16_t near_port;
	uint32_t sent;
	bool have_ack;
	uint32_t acked;
	uint32_t edge;
	bool shut;
	bool have_iss;
	uint32_t near_iss;
	unsigned int incarnation;
	uint32_t nxt;
	uint32_t high;
	uint32_t una;
	uint8_t syn_opts;
	uint8_t near_wscale;
	uint32_t ts_now;
	bool clock_seen;
	uint32_t ts_last;
	bool elastic;
	uint32_t last_seq;
	uint32_t last_end;
	uint32_t last_acked;
	uint32_t first;
	uint32_t furthest;
	bool fin_sent;
};

void end_begin(struct end *e, enum tcp stack, int listener, const struct setup *setup,
	       uint32_t serial);
void end_step(struct end *e, const struct event *ev, struct obs *obs);
void end_view(const struct end *e, const struct obs *obs, struct view *view);
void end_finish(struct end *e);

/* peer.c */
void peer_send(struct end *e, const struct event *ev);
void peer_icmp(struct end *e, bool hard);
void peer_reset(struct end *e);
bool peer_hears(struct end *e, const struct seg *seg);
void peer_look(struct end *e, const struct seg *seg, struct seen *seen);

/* user.c */
void user_open(struct end *e);
void user_call(struct end *e, const struct event *ev, struct obs *obs);
void user_look(struct end *e, struct obs *obs);
void user_finish(struct end *e);
uint8_t user_octet(uint32_t offset);

#endif
