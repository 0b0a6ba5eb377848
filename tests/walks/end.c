// SPDX-License-Identifier: GPL-2.0
/*
 * One step of one side: the event, what the stack sends, what the user sees.
 *
 * In virtual time nothing happens between two looks unless a timer is due, so that
 * a step is over when the device is empty; only a delayed ACK is waited for.
 */

#include <string.h>
#include "end.h"

#define SETTLE_MS	230		/* a delayed ACK has gone by then */
#define TIMER_MS	80000		/* longer than TIME-WAIT and any one time-out */
#define LONG_MS		350000		/* longer than all retries */
#define IDLE_MS		1000		/* when no such timer runs: others are short */

/**
 * end_begin() - a fresh connection's side
 * @e:		filled in
 * @stack:	whose
 * @listener:	where passive walks come in
 * @setup:	how the walk begins
 * @serial:	tells apart the peers of all walks
 */
void end_begin(struct end *e, enum tcp stack, int listener, const struct setup *setup,
	       uint32_t serial)
{
	memset(e, 0, sizeof(*e));
	e->stack = stack;
	e->setup = setup;
	e->listener = listener;
	e->fd = -1;
	e->peer = FIRST_PEER + serial / 50000;
	e->peer_port = 5000 + serial % 50000;
	e->ts_now = 5000000;
	if (setup->active)
		user_open(e);
	else
		e->near_port = listen_port[stack];
}

static bool same(const struct seen *a, const struct seen *b)
{
	return a->flags == b->flags && a->seq == b->seq && a->ack == b->ack && a->len == b->len &&
	       a->acks_all == b->acks_all && a->shut == b->shut &&
	       a->false_text == b->false_text;
}

/* What is sent again and again while time passes is told once. */
static bool told_before(const struct obs *obs, const struct seen *seen)
{
	unsigned int i;

	for (i = 0; i < obs->n_out; i++)
		if (same(&obs->out[i], seen))
			return true;
	return false;
}

/* Return: false when nothing more came. */
static bool hear(struct end *e, struct obs *obs, int64_t patience_ms, bool once)
{
	struct seen seen;
	struct seg seg;

	if (!net_receive(&seg, patience_ms))
		return false;
	if (!peer_hears(e, &seg))
		return true;
	peer_look(e, &seg, &seen);
	if (obs->n_out < MAX_OUT && !(once && told_before(obs, &seen)))
		obs->out[obs->n_out++] = seen;
	return true;
}

static void hear_all(struct end *e, struct obs *obs)
{
	while (hear(e, obs, 0, false))
		;
}

static bool owes_ack(const struct end *e, const struct event *ev, const struct obs *obs)
{
	unsigned int i;

	for (i = 0; i < obs->n_out; i++)
		if (obs->out[i].flags & (ACK | RST))
			return false;
	return e->have_ack && (ev->len != LEN_0 || ev->flags & FIN);
}

static void let_time_pass(struct end *e, struct obs *obs, int64_t most_ms, bool whole)
{
	int64_t began = now_ms(), left;
	bool timer;

	proc_state(e->stack, e->setup->six, e->peer_port, &timer);
	if (!timer)
		most_ms = IDLE_MS;
	left = most_ms;
	while (left > 0 && hear(e, obs, left, whole)) {
		if (obs->n_out && !whole)
			break;
		left = began + most_ms - now_ms();
	}
	obs->took_ms = now_ms() - began;
	hear_all(e, obs);
}

/**
 * end_step() - an event, and what comes of it
 * @e:		the side
 * @ev:		the event
 * @obs:	filled in
 */
void end_step(struct end *e, const struct event *ev, struct obs *obs)
{
	memset(obs, 0, sizeof(*obs));
	e->last_acked = e->have_ack ? e->acked : e->setup->iss;
	switch (ev->kind) {
	case EV_SEGMENT:
		peer_send(e, ev);
		hear_all(e, obs);
		if (owes_ack(e, ev, obs) && hear(e, obs, SETTLE_MS, false))
			hear_all(e, obs);
		break;
	case EV_TIMER:
		let_time_pass(e, obs, TIMER_MS, false);
		break;
	case EV_LONG:
		let_time_pass(e, obs, LONG_MS, true);
		break;
	case EV_ICMP_SOFT:
	case EV_ICMP_HARD:
		peer_icmp(e, ev->kind == EV_ICMP_HARD);
		hear_all(e, obs);
		break;
	default:
		user_call(e, ev, obs);
		hear_all(e, obs);
		break;
	}
	user_look(e, obs);
	obs->incarnation = e->incarnation;
	obs->elastic = e->elastic;
	obs->held = e->have_ack && seq_before(e->acked, e->furthest);
	obs->fin_held = obs->held && e->fin_sent;
	obs->shut = e->have_ack && e->shut;
	obs->idle = e->nxt == e->una;
	obs->syn_open = e->have_iss && e->una == e->near_iss;
}

/**
 * end_view() - what to choose the next event by
 * @e:		the side
 * @obs:	of the step before; NULL at the beginning
 * @view:	filled in, but for the number of the step
 */
void end_view(const struct end *e, const struct obs *obs, struct view *view)
{
	memset(view, 0, sizeof(*view));
	view->active = e->setup->active;
	view->fd = e->fd >= 0;
	view->closed = e->was_closed;
	view->outstanding = e->nxt != e->una;
	view->options = e->setup->syn_opts;
	if (obs) {
		view->state = obs->state;
		view->acceptable = obs->waiting;
		view->unread = obs->unread > 0;
	}
}

/**
 * end_finish() - leave nothing behind
 * @e:	the side
 */
void end_finish(struct end *e)
{
	struct seg seg;

	peer_reset(e);
	user_finish(e);
	while (net_receive(&seg, 0))
		;
}
