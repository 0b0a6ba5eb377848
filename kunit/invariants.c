// SPDX-License-Identifier: GPL-2.0
/*
 * What holds of a TCB after every event, whatever the event was: used by all
 * trials and by the fuzz targets.
 *
 * RFC 9293 sections 3.3.1, 3.4, 3.8.6; include/atcp/ranges.h.
 */

#include <linux/kernel.h>
#include <atcp/ranges.h>
#include <atcp/tcb.h>
#include "invariants.h"

static const char *broken_edges(const struct atcp_tcb *was,
				const struct atcp_tcb *tcb,
				const struct atcp_fx *fx)
{
	u8 state = was->state;
	int i;

	for (i = 0; i < fx->n_edges; i++) {
		int edge = atcp_edge_index(fx->edge[i].from, fx->edge[i].to);

		if (fx->edge[i].from != state)
			return "the edges do not follow one another";
		if (edge < 0)
			return "an edge that RFC 9293 does not have";
		if (!(atcp_edges[edge].causes & 1 << fx->cause))
			return "an edge that this cause cannot take";
		state = fx->edge[i].to;
	}
	return state == tcb->state ? NULL : "the edges do not lead to the state";
}

static const char *broken_ranges(const struct atcp_tcb *tcb)
{
	const struct atcp_range *r = tcb->ofo.r;
	u32 edge = tcb->rcv.nxt;
	unsigned int i;

	if (tcb->ofo.n > ATCP_RANGES_MAX)
		return "more ranges than there is room for";
	for (i = 0; i < tcb->ofo.n; i++) {
		if (!seq_gt(r[i].left, edge))
			return "a range touches what comes before it";
		if (!seq_gt(r[i].right, r[i].left))
			return "an empty range";
		edge = r[i].right;
	}
	/* The FIN beyond the text is no octet of the set. */
	if (tcb->ofo.n && seq_gt(edge, tcb->rcv.nxt + tcb->rcv.wnd))
		return "a range ends beyond the window";
	return NULL;
}

static const char *broken_send(const struct atcp_tcb *tcb)
{
	u32 end = tcb->snd.end + tcb->fin;

	if (seq_gt(tcb->snd.una, tcb->snd.nxt))
		return "SND.UNA > SND.NXT";
	if (tcb->state == ATCP_SYN_SENT || tcb->state == ATCP_SYN_RECEIVED) {
		if (tcb->snd.una != tcb->snd.iss)
			return "SND.UNA is not ISS before the SYN is acknowledged";
	} else if (seq_gt(tcb->snd.una, end)) {
		return "SND.UNA is beyond what was queued";
	}
	if (seq_gt(tcb->snd.nxt, end))
		return "SND.NXT is beyond what was queued";
	if (tcb->snd.max_wnd < tcb->snd.wnd)
		return "MAX.SND.WND < SND.WND";
	if (tcb->state != ATCP_TIME_WAIT &&	/* nothing left to send there */
	    (tcb->cc.cwnd < tcb->cc.mss || !tcb->cc.mss))
		return "cwnd below a segment";
	return NULL;
}

/* include/atcp/board.h: runs in order, without gaps, and the sums of their fates */
static const char *broken_board(const struct atcp_tcb *tcb)
{
	const struct atcp_board *b = &tcb->board;
	const struct atcp_sent *r = atcp_board_peek(b);
	u32 sacked = 0, lost = 0, again = 0;
	unsigned int i;

	if (b->first + b->n > (b->lent ? b->max : ATCP_RUNS_OWN))
		return "more runs than there is room for";
	if (b->end != tcb->snd.nxt)
		return "the scoreboard does not end with SND.NXT";
	if ((b->n ? r->seq : b->end) != tcb->snd.una)
		return "the scoreboard does not begin with SND.UNA";
	for (i = 0; i < b->n; i++) {
		u32 len = atcp_run_end(b, i) - r[i].seq;

		if (!seq_gt(atcp_run_end(b, i), r[i].seq))
			return "an empty run";
		if (r[i].flags & ATCP_SACKED && r[i].flags & ATCP_LOST)
			return "a run is lost that the peer has";
		if (r[i].flags & ATCP_LOST && seq_lt(r[i].seq, b->lost_from))
			return "a run is lost before the first one lost";
		if (r[i].flags & ATCP_SACKED)
			sacked += len;
		else if (r[i].flags & ATCP_LOST)
			lost += len;
		else if (r[i].flags & ATCP_AGAIN)
			again += len;
	}
	if (sacked != b->sacked || lost != b->lost || again != b->again)
		return "the sums of the scoreboard are wrong";
	return NULL;
}

static bool synchronizing(const struct atcp_tcb *tcb)
{
	return tcb->state != ATCP_CLOSED && tcb->state != ATCP_LISTEN &&
	       tcb->state != ATCP_SYN_SENT;
}

static const char *broken_receive(const struct atcp_tcb *was,
				  const struct atcp_tcb *tcb)
{
	bool past_fin = tcb->state == ATCP_CLOSE_WAIT || tcb->state == ATCP_CLOSING ||
			tcb->state == ATCP_LAST_ACK || tcb->state == ATCP_TIME_WAIT;

	if (past_fin != tcb->rcv_fin_done)
		return "state and the peer's FIN disagree";
	if (tcb->rcv_fin && !tcb->rcv_fin_done && seq_lt(tcb->rcv.fin, tcb->rcv.nxt))
		return "RCV.NXT went past a FIN that was not taken";
	if (!synchronizing(was))
		return NULL;
	if (seq_lt(tcb->rcv.nxt, was->rcv.nxt))
		return "RCV.NXT went back";
	/* [SHLD-14] */
	if (seq_lt(tcb->rcv.nxt + tcb->rcv.wnd, was->rcv.nxt + was->rcv.wnd) &&
	    !tcb->rcv_fin_done)
		return "the right edge of the receive window receded";
	if (seq_lt(tcb->snd.una, was->snd.una))
		return "SND.UNA went back";
	return NULL;
}

/**
 * atcp_broken() - check a TCB after an event
 * @was:	the TCB before the event
 * @tcb:	the TCB after it
 * @fx:		the effects of the event
 *
 * Return: NULL, or what does not hold.
 */
const char *atcp_broken(const struct atcp_tcb *was, const struct atcp_tcb *tcb,
			const struct atcp_fx *fx)
{
	const char *broken = broken_edges(was, tcb, fx);
	unsigned int i;

	if (broken)
		return broken;
	if (tcb->version != ATCP_TCB_VERSION)
		return "no TCB";
	if (tcb->state == ATCP_CLOSED || tcb->state == ATCP_LISTEN) {
		for (i = 0; i < ATCP_N_TIMERS; i++)
			if (tcb->deadline[i])
				return "a timer runs without a connection";
		return NULL;
	}
	if (tcb->state == ATCP_TIME_WAIT && !tcb->deadline[ATCP_TIMER_TIME_WAIT])
		return "TIME-WAIT without an end";
	broken = broken_send(tcb);
	if (!broken && tcb->state != ATCP_TIME_WAIT && tcb->board.end != tcb->snd.iss)
		broken = broken_board(tcb);
	if (!broken && synchronizing(tcb))
		broken = broken_ranges(tcb);
	if (!broken && synchronizing(tcb))
		broken = broken_receive(was, tcb);
	return broken;
}

/**
 * atcp_stuck() - check that a connection can go on, once all that it wanted to
 *		  send was sent
 * @tcb:	the TCB, after atcp_next_segment() said that there is no more
 *
 * Return: NULL, or what it would wait for in vain.
 */
const char *atcp_stuck(const struct atcp_tcb *tcb)
{
	bool timer = tcb->deadline[ATCP_TIMER_RETRANSMIT] ||
		     tcb->deadline[ATCP_TIMER_PERSIST];
	u32 end = tcb->snd.end + tcb->fin;

	if (tcb->state == ATCP_CLOSED || tcb->state == ATCP_LISTEN ||
	    tcb->state == ATCP_TIME_WAIT)
		return NULL;
	if (tcb->snd.una != tcb->snd.nxt && !timer)
		return "something is in flight and no timer runs";
	if (atcp_synchronized(tcb->state) && tcb->snd.nxt != end &&
	    tcb->snd.una == tcb->snd.nxt && !timer &&
	    !tcb->deadline[ATCP_TIMER_OVERRIDE])
		return "something is to be sent and no timer runs";
	/* A timer that should have stopped would end the connection some day. */
	if (tcb->deadline[ATCP_TIMER_PERSIST] && tcb->snd.una == end)
		return "the window is probed with nothing to send";
	if (tcb->deadline[ATCP_TIMER_RETRANSMIT] && tcb->snd.una == tcb->snd.nxt)
		return "the retransmission timer runs with nothing in flight";
	if (tcb->deadline[ATCP_TIMER_USER] && tcb->snd.una == end)
		return "the user time-out runs with nothing to wait for";
	if (tcb->deadline[ATCP_TIMER_TIME_WAIT] && tcb->state != ATCP_FIN_WAIT_2)
		return "2 MSL run outside TIME-WAIT";
	if (tcb->deadline[ATCP_TIMER_KEEPALIVE] && !tcb->keepalive)
		return "keep-alive runs unasked for";
	if (tcb->rcv.unacked && !tcb->deadline[ATCP_TIMER_DELACK])
		return "something is to be acknowledged and no timer runs";
	return NULL;
}
