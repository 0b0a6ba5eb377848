// SPDX-License-Identifier: GPL-2.0
/*
 * Events are drawn from a seed: mostly what a sane peer and a sane user would do
 * next, so that a walk gets far, and at every turn anything else.
 */

#include <stdio.h>
#include <string.h>
#include "event.h"
#include "state.h"
#include "wire.h"

static const char * const kind_names[N_EVENTS] = {
	[EV_SEGMENT] = "segment",
	[EV_CONNECT] = "connect",
	[EV_ACCEPT] = "accept",
	[EV_SEND] = "send",
	[EV_SEND_URGENT] = "send-urgent",
	[EV_RECEIVE] = "receive",
	[EV_PEEK] = "peek",
	[EV_RECEIVE_URGENT] = "receive-urgent",
	[EV_SHUT_RD] = "shut-rd",
	[EV_SHUT_WR] = "shut-wr",
	[EV_SHUT_BOTH] = "shut-both",
	[EV_CLOSE] = "close",
	[EV_ABORT] = "abort",
	[EV_ERROR] = "so-error",
	[EV_TIMER] = "timer",
	[EV_LONG] = "long",
	[EV_ICMP_SOFT] = "icmp-soft",
	[EV_ICMP_HARD] = "icmp-hard",
};

static const char * const seq_names[N_SEQ] = {
	"nxt", "nxt-1", "nxt-100", "irs", "nxt+1", "nxt+1000", "last", "edge", "edge+1000", "far",
};

static const char * const ack_names[N_ACK] = {
	"all", "una", "part", "una-1", "ancient", "iss", "nxt+1", "far",
};

static const char * const len_names[N_LEN] = {
	"0", "1", "100", "1000", "3000", "to-edge", "past-edge",
};

static const char * const ts_names[N_TS] = { "good", "same", "old", "none", "echo-wrong" };
static const char * const sack_names[N_SACKS] = { "none", "good", "false", "dup" };

static const char * const state_names[N_STATES] = {
	[ST_NONE] = "NONE",
	[ST_ESTABLISHED] = "ESTABLISHED",
	[ST_SYN_SENT] = "SYN-SENT",
	[ST_SYN_RECEIVED] = "SYN-RECEIVED",
	[ST_FIN_WAIT_1] = "FIN-WAIT-1",
	[ST_FIN_WAIT_2] = "FIN-WAIT-2",
	[ST_TIME_WAIT] = "TIME-WAIT",
	[ST_CLOSED] = "CLOSED",
	[ST_CLOSE_WAIT] = "CLOSE-WAIT",
	[ST_LAST_ACK] = "LAST-ACK",
	[ST_LISTEN] = "LISTEN",
	[ST_CLOSING] = "CLOSING",
};

/* splitmix64, the upper half. */
uint32_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) >> 32;
}

/* 0 to n-1 */
uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return (uint64_t)rng_next(rng) * n >> 32;
}

bool rng_percent(struct rng *rng, unsigned int percent)
{
	return rng_below(rng, 100) < percent;
}

/**
 * draw_setup() - how a walk begins
 * @rng:	the walk's
 * @setup:	filled in
 */
void draw_setup(struct rng *rng, struct setup *setup)
{
	static const uint32_t iss[] = { 0xfffffff8, 0x7ffffff8, 0 };
	static const uint8_t opts[] = {
		0, OPT_MSS, OPT_MSS | OPT_TS, OPT_MSS | OPT_WSCALE | OPT_SACK_OK,
		OPT_MSS | OPT_WSCALE | OPT_SACK_OK | OPT_TS,
		OPT_MSS | OPT_WSCALE | OPT_SACK_OK | OPT_TS, OPT_MSS | OPT_SACK_OK,
	};

	memset(setup, 0, sizeof(*setup));
	setup->six = rng_percent(rng, 33);
	setup->active = rng_percent(rng, 35);
	setup->iss = rng_next(rng);
	if (rng_percent(rng, 30))
		setup->iss = iss[rng_below(rng, 3)];
	setup->syn_opts = opts[rng_below(rng, sizeof(opts))];
	setup->mss = rng_percent(rng, 80) ? 1000 : 536;
	setup->wscale = rng_below(rng, 3) * 7;
	setup->nodelay = rng_percent(rng, 50);
	setup->keepalive = rng_percent(rng, 15);
	setup->inline_urg = rng_percent(rng, 50);
	if (rng_percent(rng, 5))
		setup->user_timeout = 20000;
}

static uint8_t odd_flags(struct rng *rng)
{
	static const uint8_t flags[] = {
		0, SYN, SYN, SYN | ACK, RST, RST, RST | ACK, FIN, FIN | ACK, ACK, ACK, PSH | ACK,
		ACK | URG, SYN | FIN, SYN | RST, SYN | ACK | FIN, RST | FIN | ACK, PSH,
		ACK | ECE | CWR, SYN | ECE | CWR, SYN | PSH | ACK | URG | FIN,
	};

	return flags[rng_below(rng, sizeof(flags))];
}

/* What would bring the connection forward. */
static uint8_t sane_flags(struct rng *rng, const struct view *view)
{
	switch (view->state) {
	case ST_NONE:
	case ST_LISTEN:
	case ST_CLOSED:
		return SYN;
	case ST_SYN_SENT:
		return rng_percent(rng, 80) ? SYN | ACK : SYN;
	default:
		if (rng_percent(rng, 12))
			return FIN | ACK;
		return rng_percent(rng, 4) ? ACK | URG : ACK;
	}
}

static uint8_t sane_len(struct rng *rng, const struct view *view, uint8_t flags)
{
	static const uint8_t len[] = {
		LEN_0, LEN_0, LEN_0, LEN_0, LEN_0, LEN_0, LEN_1, LEN_1, LEN_100, LEN_100,
		LEN_100, LEN_1000, LEN_1000, LEN_1000, LEN_3000, LEN_TO_EDGE,
	};

	if (flags & (SYN | RST) || !(flags & ACK) || view->state == ST_SYN_SENT)
		return LEN_0;
	return len[rng_below(rng, sizeof(len))];
}

static uint16_t any_window(struct rng *rng)
{
	static const uint16_t wnd[] = { 0, 0, 1, 700, 5000, 20000, 40000, 65535 };

	return wnd[rng_below(rng, ARRAY_SIZE(wnd))];
}

/* 0 to n-1; those that the stacks are known to see otherwise come less often. */
static uint8_t any_of(struct rng *rng, uint8_t n, unsigned int seldom)
{
	uint8_t i = rng_below(rng, n);

	return seldom & 1U << i && rng_percent(rng, 75) ? 0 : i;
}

static void make_odd(struct rng *rng, const struct view *view, struct event *ev)
{
	do {
		switch (rng_below(rng, 8)) {
		case 0:
			ev->flags = odd_flags(rng);
			break;
		case 1:
			ev->seq = any_of(rng, N_SEQ, 1 << SEQ_EDGE | 1 << SEQ_IRS);
			break;
		case 2:
			ev->ack = any_of(rng, N_ACK, 1 << ACK_OLD | 1 << ACK_ISS);
			break;
		case 3:
			ev->len = any_of(rng, N_LEN, 1 << LEN_PAST_EDGE);
			break;
		case 4:
			ev->wnd = any_window(rng);
			break;
		case 5:
			if (view->options & OPT_TS)
				ev->ts = any_of(rng, N_TS, 1 << TS_NONE);
			break;
		case 6:
			if (view->options & OPT_SACK_OK)
				ev->sack = rng_below(rng, N_SACKS);
			break;
		case 7:
			ev->odd = rng_percent(rng, 10) ? OPT_BROKEN : OPT_UNKNOWN;
			break;
		}
	} while (rng_percent(rng, 40));
}

static void draw_segment(struct rng *rng, const struct view *view, struct event *ev)
{
	static const uint16_t up[] = { 1, 1, 50, 50, 100, 100, 101, 101, 5000, 5000, 0 };

	ev->kind = EV_SEGMENT;
	ev->flags = sane_flags(rng, view);
	ev->len = sane_len(rng, view, ev->flags);
	ev->ack = rng_percent(rng, 75) ? ACK_ALL : ACK_SAME;
	ev->wnd = rng_percent(rng, 92) ? 65535 : any_window(rng);
	if (rng_percent(rng, 33))
		make_odd(rng, view, ev);
	if (ev->flags & URG)
		ev->up = up[rng_below(rng, ARRAY_SIZE(up))];
	if (ev->len != LEN_0 && rng_percent(rng, 70))
		ev->flags |= PSH;
}

static enum kind draw_call(struct rng *rng, const struct view *view)
{
	static const uint8_t calls[] = {
		EV_SEND, EV_SEND, EV_SEND, EV_SEND, EV_SEND, EV_RECEIVE, EV_RECEIVE, EV_RECEIVE,
		EV_PEEK, EV_SHUT_RD, EV_SHUT_WR, EV_SHUT_WR, EV_SHUT_BOTH, EV_CLOSE, EV_CLOSE,
		EV_ERROR, EV_CONNECT, EV_SEND_URGENT, EV_SEND, EV_RECEIVE,
	};

	if (view->unread && rng_percent(rng, 50))
		return EV_RECEIVE;
	if (rng_percent(rng, 4))
		return rng_percent(rng, 50) ? EV_ABORT : EV_RECEIVE_URGENT;
	return calls[rng_below(rng, sizeof(calls))];
}

/**
 * draw_event() - what happens next
 * @rng:	the walk's
 * @view:	the reference's side of the walk
 * @ev:		filled in
 */
void draw_event(struct rng *rng, const struct view *view, struct event *ev)
{
	static const uint32_t octets[] = { 1, 100, 100, 1000, 2500, 2500, 9000 };
	unsigned int what = rng_below(rng, 100);

	memset(ev, 0, sizeof(*ev));
	ev->octets = octets[rng_below(rng, ARRAY_SIZE(octets))];
	if (view->active && !view->step && what < 90)
		ev->kind = EV_CONNECT;
	else if (view->acceptable && !view->fd && what < 60)
		ev->kind = EV_ACCEPT;
	else if (what >= 90)
		ev->kind = rng_percent(rng, 8) ? EV_LONG : EV_TIMER;
	else if (what >= 88)
		ev->kind = rng_percent(rng, 60) ? EV_ICMP_HARD : EV_ICMP_SOFT;
	else if (view->fd && what < 40)
		ev->kind = draw_call(rng, view);
	else
		draw_segment(rng, view, ev);
}

/**
 * event_kind() - its name
 * @kind:	EV_SEGMENT and its like
 */
const char *event_kind(enum kind kind)
{
	return kind_names[kind];
}

/**
 * event_name() - an event in words
 * @ev:		the event
 * @text:	where to
 * @size:	octets there
 */
void event_name(const struct event *ev, char *text, size_t size)
{
	int n;

	switch (ev->kind) {
	case EV_SEGMENT:
		n = snprintf(text, size, "segment %s seq=%s ack=%s len=%s",
			     flag_names(ev->flags & ~PSH),
			     seq_names[ev->seq], ev->flags & ACK ? ack_names[ev->ack] : "none",
			     len_names[ev->len]);
		if (ev->wnd != 65535)
			n += snprintf(text + n, size - n, " wnd=%u", ev->wnd);
		if (ev->flags & URG)
			n += snprintf(text + n, size - n, " up=%u", ev->up);
		if (ev->ts)
			n += snprintf(text + n, size - n, " ts=%s", ts_names[ev->ts]);
		if (ev->sack)
			n += snprintf(text + n, size - n, " sack=%s", sack_names[ev->sack]);
		if (ev->odd)
			snprintf(text + n, size - n, " opt=%s",
				 ev->odd == OPT_BROKEN ? "broken" : "unknown");
		break;
	case EV_SEND:
	case EV_RECEIVE:
	case EV_PEEK:
		snprintf(text, size, "%s %u", kind_names[ev->kind], ev->octets);
		break;
	default:
		snprintf(text, size, "%s", kind_names[ev->kind]);
		break;
	}
}

/**
 * event_group() - what events fall together in a report
 * @ev:		the event
 * @text:	where to
 * @size:	octets there
 */
void event_group(const struct event *ev, char *text, size_t size)
{
	if (ev->kind == EV_SEGMENT)
		snprintf(text, size, "segment %s seq=%s ack=%s%s", flag_names(ev->flags & ~PSH),
			 seq_names[ev->seq], ev->flags & ACK ? ack_names[ev->ack] : "none",
			 ev->len != LEN_0 ? " text" : "");
	else
		snprintf(text, size, "%s", kind_names[ev->kind]);
}

/**
 * state_name() - the standard's name
 * @state:	as numbered in /proc/net/tcp
 */
const char *state_name(int state)
{
	return (unsigned int)state < N_STATES ? state_names[state] : "?";
}
