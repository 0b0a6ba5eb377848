// SPDX-License-Identifier: GPL-2.0
/*
 * The scripted peer: makes the segments that an event names, and follows what the
 * stack answers.
 */

#include <string.h>
#include "end.h"

#define LONGEST		18000	/* octets of text in one packet */
#define TS_START	5000000
#define NOBODYS_PORT	4999

/* Text of the peer's: position in the stream tells each octet. */
static uint8_t peer_octet(uint32_t offset)
{
	return (offset * 31 + (offset >> 7)) & 0xff;
}

static uint32_t pick_seq(const struct end *e, uint8_t what)
{
	uint32_t nxt = e->have_ack ? e->acked : e->setup->iss;
	uint32_t edge = e->have_ack ? e->edge : nxt + 1;

	switch (what) {
	case SEQ_BEFORE:
		return nxt - 1;
	case SEQ_OLD:
		return nxt - 100;
	case SEQ_IRS:
		return e->setup->iss;
	case SEQ_NEXT1:
		return nxt + 1;
	case SEQ_AHEAD:
		return nxt + 1000;
	case SEQ_LAST:
		return edge - 1;
	case SEQ_EDGE:
		return edge;
	case SEQ_BEYOND:
		return edge + 1000;
	case SEQ_FAR:
		return nxt + 0x80000000;
	default:
		return nxt;
	}
}

static uint32_t pick_ack(const struct end *e, uint8_t what)
{
	switch (what) {
	case ACK_SAME:
		return e->una;
	case ACK_PART:
		return e->una + (e->nxt - e->una) / 2;
	case ACK_OLD:
		return e->una - 1;
	case ACK_ANCIENT:
		return e->una - 0x60000000;
	case ACK_ISS:
		return e->near_iss;
	case ACK_FUTURE:
		return e->high + 1;
	case ACK_FAR:
		return e->nxt + 0x80000000;
	default:
		return e->nxt;
	}
}

/* Text never leaves the window but where that is what the event is about. */
static uint16_t pick_len(struct end *e, uint8_t what, uint32_t seq)
{
	static const uint16_t plain[] = { 0, 1, 100, 1000, 3000 };
	uint32_t room;

	if (!e->have_ack || !seq_before(seq, e->edge))
		return what < LEN_TO_EDGE ? plain[what] : 0;
	room = e->edge - seq;
	if (what == LEN_PAST_EDGE)
		return room < LONGEST ? room + 10 : LONGEST;
	if (what < LEN_TO_EDGE && plain[what] <= room)
		return plain[what];
	e->elastic = true;
	return room < LONGEST ? room : LONGEST;
}

static void put_timestamp(struct end *e, const struct event *ev, struct seg *seg)
{
	if (ev->ts == TS_NONE)
		return;
	if (ev->ts != TS_SAME && ev->ts != TS_OLD)
		e->ts_now += 10;
	seg->opts |= OPT_TS;
	seg->tsval = ev->ts == TS_OLD ? e->ts_now - 1000 : e->ts_now;
	if (seg->flags & ACK)
		seg->tsecr = ev->ts == TS_ECHO_WRONG ? e->ts_last + 5000000 : e->ts_last;
}

static void put_sack(const struct end *e, uint8_t what, struct seg *seg)
{
	struct block *b = &seg->sack[0];

	if (what == SACK_GOOD) {
		b->left = e->una + (e->nxt - e->una) / 2;
		b->right = e->nxt;
	} else if (what == SACK_FALSE) {
		b->left = e->high + 100;
		b->right = e->high + 200;
	} else if (what == SACK_DUP) {
		b->left = e->una - 10;
		b->right = e->una;
	} else {
		return;
	}
	seg->opts |= OPT_SACK;
	seg->n_sack = 1;
}

static void put_options(struct end *e, const struct event *ev, struct seg *seg)
{
	uint8_t both = e->setup->syn_opts & e->syn_opts;

	if (ev->flags & SYN) {
		seg->opts = e->setup->syn_opts & ~OPT_TS;
		seg->mss = e->setup->mss;
		seg->wscale = e->setup->wscale;
		both = e->setup->syn_opts;
	} else if (both & OPT_SACK_OK) {
		put_sack(e, ev->sack, seg);
	}
	if (both & OPT_TS)
		put_timestamp(e, ev, seg);
	seg->opts |= ev->odd;
}

static void address(const struct end *e, struct seg *seg)
{
	memset(seg, 0, sizeof(*seg));
	seg->six = e->setup->six;
	seg->src = e->peer;
	seg->dst = NEAR_ADDRESS;
	seg->sport = e->peer_port;
	seg->dport = e->near_port ? e->near_port : NOBODYS_PORT;
}

/**
 * peer_send() - the segment that an event names
 * @e:	the side
 * @ev:	EV_SEGMENT
 */
void peer_send(struct end *e, const struct event *ev)
{
	static uint8_t text[LONGEST + 100];
	struct seg seg;
	uint16_t i;

	address(e, &seg);
	seg.flags = ev->flags;
	seg.seq = pick_seq(e, ev->seq);
	if (ev->flags & ACK)
		seg.ack = pick_ack(e, ev->ack);
	seg.wnd = ev->wnd;
	seg.up = ev->up;
	seg.len = pick_len(e, ev->len, seg.seq);
	for (i = 0; i < seg.len; i++)
		text[i] = peer_octet(seg.seq + i - (e->have_ack ? e->first : seg.seq));
	seg.text = text;
	e->last_seq = seg.seq;
	e->last_end = seg.seq + seg_len(&seg);
	if (seg_len(&seg) && e->have_ack && seq_before(seg.seq, e->edge) &&
	    seq_before(e->acked, e->last_end)) {
		e->fin_sent |= seg.flags & FIN;
		if (seq_before(e->furthest, e->last_end))
			e->furthest = e->last_end;
	}
	put_options(e, ev, &seg);
	net_send(&seg);
	if (ev->flags & ACK && e->have_iss && seq_before(e->una, seg.ack) &&
	    !seq_before(e->high, seg.ack))
		e->una = seg.ack;
}

/**
 * peer_icmp() - a router says that the peer cannot be reached
 * @e:		the side
 * @hard:	port unreachable; else host unreachable
 *
 * It quotes the oldest segment that may be on its way.
 */
void peer_icmp(struct end *e, bool hard)
{
	struct seg quoted = {
		.six = e->setup->six,
		.src = NEAR_ADDRESS,
		.dst = e->peer,
		.sport = e->near_port ? e->near_port : NOBODYS_PORT,
		.dport = e->peer_port,
		.seq = e->have_ack ? e->una : e->near_iss,
		.flags = ACK,
	};

	net_send_icmp(e->peer, hard, &quoted);
}

/**
 * peer_reset() - the end of a walk, for whatever is left of the connection
 * @e:	the side
 */
void peer_reset(struct end *e)
{
	struct seg seg;

	if (!e->have_ack)
		return;
	address(e, &seg);
	seg.flags = RST;
	seg.seq = e->acked;
	net_send(&seg);
}

static void new_incarnation(struct end *e, const struct seg *seg)
{
	e->incarnation++;
	e->have_iss = true;
	e->near_iss = seg->seq;
	e->near_port = seg->sport;
	e->una = seg->seq;
	e->nxt = seg->seq + 1;
	e->high = seg->seq + 1;
	e->have_ack = false;
	e->clock_seen = false;
	e->syn_opts = seg->opts;
	e->near_wscale = seg->wscale;
}

static void follow_ack(struct end *e, const struct seg *seg)
{
	uint8_t shift = 0;
	uint32_t edge;

	if (e->setup->syn_opts & e->syn_opts & OPT_WSCALE && !(seg->flags & SYN))
		shift = e->near_wscale;
	edge = seg->ack + ((uint32_t)seg->wnd << shift);
	e->shut = !seg->wnd;
	if (!e->have_ack) {
		e->have_ack = true;
		e->first = seg->ack;
		e->furthest = seg->ack;
		e->fin_sent = false;
		e->acked = seg->ack;
		e->edge = edge;
		return;
	}
	if (seq_before(e->acked, seg->ack))
		e->acked = seg->ack;
	if (seq_before(e->edge, edge))
		e->edge = edge;
}

/**
 * peer_hears() - a packet left the host
 * @e:		the side
 * @seg:	the segment
 *
 * Return: false when it is not for this peer.
 */
bool peer_hears(struct end *e, const struct seg *seg)
{
	uint32_t end = seg->seq + seg_len(seg);

	if (seg->six != e->setup->six || seg->dst != e->peer || seg->dport != e->peer_port)
		return false;
	if (seg->flags & RST)
		return true;
	if (seg->flags & SYN && (!e->have_iss || seg->seq != e->near_iss))
		new_incarnation(e, seg);
	else if (seg->seq == e->nxt)
		e->nxt = end;
	if (seq_before(e->high, end))
		e->high = end;
	if (seg->flags & ACK)
		follow_ack(e, seg);
	return true;
}

/* Numbers of our own, of theirs, and those that mean none. */
static uint32_t relative(uint32_t n, uint32_t start)
{
	return n ? n - start : 0xdead;
}

/* A number of the peer's. */
static uint32_t place(const struct end *e, uint32_t n)
{
	if (n - e->last_seq <= e->last_end - e->last_seq)
		return n - e->last_seq;
	return n - e->setup->iss;
}

/**
 * peer_look() - a segment as it is compared
 * @e:		the side, which has heard it
 * @seg:	the segment
 * @seen:	filled in
 */
void peer_look(struct end *e, const struct seg *seg, struct seen *seen)
{
	uint16_t i;

	memset(seen, 0, sizeof(*seen));
	seen->flags = seg->flags;
	seen->opts = seg->opts;
	seen->len = seg->len;
	seen->up = seg->flags & URG ? seg->up : 0;
	seen->mss = seg->mss;
	seen->shut = !seg->wnd && !(seg->flags & RST);
	seen->seq = relative(seg->seq, e->have_iss ? e->near_iss : 0);
	seen->acks_all = seg->flags & ACK && seg->ack == e->last_end;
	if (seg->flags & ACK && !seen->acks_all)
		seen->ack = seg->ack - e->last_acked;
	if (seg->opts & OPT_TS) {
		seen->tsecr = relative(seg->tsecr, TS_START);
		seen->clock_back = e->clock_seen && seg->tsval &&
				   seq_before(seg->tsval, e->ts_last);
		if (seg->tsval)
			e->ts_last = seg->tsval;
		e->clock_seen |= seg->tsval;
	}
	seen->n_sack = seg->n_sack;
	for (i = 0; i < seg->n_sack; i++) {
		seen->sack[i].left = place(e, seg->sack[i].left);
		seen->sack[i].right = place(e, seg->sack[i].right);
	}
	for (i = 0; i < seg->len; i++)
		if (seg->text[i] != user_octet(seg->seq + i - e->near_iss - 1))
			seen->false_text = true;
}
