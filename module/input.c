// SPDX-License-Identifier: GPL-2.0
/*
 * From the hook to a connection: who is it that a segment is for.
 *
 * A segment is for a connection, or for a TIME-WAIT record, or for a listener,
 * or for nobody.  Between the lookup and the lock the one may have become the
 * other, so it is looked up once more.
 *
 * May run on several processors at once, and in process context with bottom
 * halves on (trap 2).  RFC 9293 section 3.10.7.
 */

#include <linux/skbuff.h>
#include <net/busy_poll.h>
#include <atcp/auth.h>
#include <atcp/fastopen.h>
#include <atcp/inet.h>
#include "table.h"
#include "trace.h"

/* A segment, and where it came from. */
struct arrival {
	struct net *net;
	struct sk_buff *skb;
	const struct atcp_flow *flow;
	struct atcp_seg *seg;
	int dif;
	int sdif;
	struct atcp_node *was;		/* the TIME-WAIT that it ended, if nobody took it over */
};

enum outcome {
	DONE,				/* the skb was consumed */
	AGAIN,				/* that one had ended: look again */
	REOPEN,				/* a new SYN after TIME-WAIT: RFC 6191 */
};

static enum outcome drop(struct arrival *a)
{
	kfree_skb(a->skb);
	return DONE;
}

/* A SYN ends TIME-WAIT only if somebody listens for it. */
static bool may_reopen(const struct arrival *a)
{
	return (a->seg->ctl & (ATCP_SYN | ATCP_ACK | ATCP_RST)) == ATCP_SYN &&
	       atcp_listeners_any(a->net, a->flow, a->dif, a->sdif);
}

/* The ACK that would establish a child for which there is no place, or too soon. */
static bool overflows(struct atcp_visit *visit, const struct atcp_seg *seg)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_tcb *tcb = &conn->tcb;

	if (likely(tcb->state != ATCP_SYN_RECEIVED) || !tcb->passive ||
	    atcp_fastopen_trusted(tcb) ||
	    (seg->ctl & (ATCP_SYN | ATCP_ACK | ATCP_RST)) != ATCP_ACK)
		return false;
	if (atcp_listen_defers(conn->parent, tcb, seg))
		return true;
	if (atcp_listen_may_establish(conn->parent))
		return false;
	if (READ_ONCE(conn->an->abort_on_overflow))
		atcp_user_abort(tcb, visit->now, &visit->fx);
	return true;
}

/* Into the core; text that it takes goes into the queues. True: skb consumed. */
static bool feed(struct atcp_visit *visit, struct arrival *a)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_tcb *tcb = &conn->tcb;
	u32 features = tcb->p.features;
	bool opening = tcb->state == ATCP_SYN_SENT;
	u32 room;

	lockdep_assert_held(&conn->lock);
	/* There was no memory for a record: nothing that could come back. */
	if (unlikely(tcb->state == ATCP_TIME_WAIT))
		tcb->p.features &= ~ATCP_F_TW_REUSE;
	if (unlikely(a->seg->opt.n_sack) && atcp_board_short(&tcb->board))
		atcp_lend(conn);
	room = atcp_recv_room(conn, a->skb, a->seg);
	atcp_segment_arrives(tcb, a->seg, 0, room, visit->now, &visit->fx);
	tcb->p.features = features;
	if (atcp_synchronized(tcb->state))
		trace_atcp_probe(conn, a->seg);
	if (unlikely(opening) && tcb->fo.flags & ATCP_FO_TRIED && atcp_synchronized(tcb->state))
		atcp_fastopen_learn(conn, a->seg);
	return atcp_recv_take(conn, a->skb, &visit->fx);
}

/* For busy polling, and for who asks the socket by SO_INCOMING_CPU or _NAPI_ID. */
static void note_arrival(const struct atcp_conn *conn, const struct sk_buff *skb)
{
	struct sock *sk = READ_ONCE(conn->sk);

	if (!sk)
		return;
	sk_mark_napi_id(sk, skb);
	sk_incoming_cpu_update(sk);
}

/* @conn: NULL for a TIME-WAIT record */
static bool is_genuine(const struct arrival *a, struct atcp_auth *auth, struct atcp_conn *conn)
{
	struct atcp_peer peer;

	if (!atcp_auth_asks(auth, a->seg))
		return true;
	peer = atcp_peer_by(a->net, a->flow, a->dif);
	return atcp_auth_checks(auth, conn, &peer, a->skb, a->seg);
}

static enum outcome enter(struct arrival *a, struct atcp_conn *conn)
{
	struct atcp_visit visit __uninitialized;	/* atcp_enter() clears it */
	bool consumed = false;

	note_arrival(conn, a->skb);
	atcp_enter(&visit, conn, ATCP_BY_SEGMENT);
	if (!conn->hashed) {
		atcp_leave(&visit);
		return AGAIN;
	}
	if (!overflows(&visit, a->seg))
		consumed = feed(&visit, a);
	atcp_leave(&visit);
	if (!consumed)
		kfree_skb(a->skb);
	return DONE;
}

static enum outcome to_conn(struct arrival *a, struct atcp_conn *conn)
{
	if (!is_genuine(a, atcp_conn_auth(conn), conn) ||
	    !atcp_hook_admit(a->net, conn, a->skb, a->seg))
		return drop(a);
	return enter(a, conn);
}

/*
 * As to the listener, for its socket judges what comes to its children, and so do its
 * keys. A record has none itself, for its SYN was not signed: it gives way to a peer
 * that has shown that it knows a key by now.
 */
static enum outcome to_half(struct arrival *a, struct atcp_node *node)
{
	struct atcp_conn *listener = atcp_half_listener(node);
	enum outcome outcome;
	struct atcp_conn *conn;

	if (!is_genuine(a, atcp_conn_auth(listener), listener) ||
	    !atcp_hook_admit(a->net, listener, a->skb, a->seg))
		return drop(a);
	if (unlikely(a->seg->opt.auth_kind != ATCP_AUTH_NONE)) {
		atcp_half_kill(node);
		return AGAIN;
	}
	switch (atcp_half_segment(node, a->seg, &conn)) {
	case ATCP_HALF_GONE:
		return AGAIN;
	case ATCP_HALF_WHOLE:
		outcome = enter(a, conn);
		atcp_conn_put(conn);
		return outcome;
	case ATCP_HALF_DONE:
		break;
	}
	return drop(a);
}

static enum outcome to_timewait(struct arrival *a, struct atcp_node *node)
{
	if (!is_genuine(a, atcp_timewait_auth(node), NULL) ||
	    !atcp_hook_admit(a->net, NULL, a->skb, a->seg))
		return drop(a);
	switch (atcp_timewait_segment(node, a->skb, a->seg, a->dif, may_reopen(a))) {
	case ATCP_TW_GONE:
		return AGAIN;
	case ATCP_TW_REOPEN:
		a->was = node;		/* the table's reference */
		return REOPEN;
	case ATCP_TW_DONE:
		break;
	}
	return drop(a);
}

static enum outcome to_listener(struct arrival *a)
{
	struct atcp_conn *listener;
	bool consumed = false;

	listener = atcp_table_lookup_listener(a->net, a->flow, a->skb, a->dif, a->sdif);
	if (!listener)
		return AGAIN;
	if (is_genuine(a, atcp_conn_auth(listener), listener) &&
	    atcp_hook_admit(a->net, listener, a->skb, a->seg))
		consumed = atcp_listen_segment(listener, a->skb, a->seg, a->flow, a->dif,
					       &a->was);
	atcp_conn_put(listener);
	return consumed ? DONE : drop(a);
}

/* It was for us when the hook looked; now there is nobody. */
static void to_nobody(struct arrival *a)
{
	struct atcp_fx fx = { 0 };

	if (atcp_hook_admit(a->net, NULL, a->skb, a->seg)) {
		atcp_arrives_closed(a->seg, &fx);
		if (fx.reply.ctl)
			atcp_xmit_answer(a->net, a->skb, a->flow, a->dif, 0, NULL, &fx.reply);
	}
	drop(a);
}

static enum outcome to_its_node(struct arrival *a, struct atcp_node *node)
{
	switch (node->kind) {
	case ATCP_KIND_CONN:
		return to_conn(a, atcp_conn_of(node));
	case ATCP_KIND_HALF:
		return to_half(a, node);
	default:
		return to_timewait(a, node);
	}
}

/**
 * atcp_receive() - a segment arrived that the hook claimed
 * @net:	namespace
 * @skb:	skb->data at its text; headers readable; consumed
 * @flow:	its flow, seen from here
 * @seg:	the same, parsed; checksum and addresses were found good
 * @dif:	device it came by
 * @sdif:	the same below an L3 master device
 * @node:	whose it was when the hook looked, with a reference of the caller's;
 *		NULL: somebody's
 *
 * Context: RCU held; any but hard interrupt.
 */
void atcp_receive(struct net *net, struct sk_buff *skb, const struct atcp_flow *flow,
		  struct atcp_seg *seg, int dif, int sdif, struct atcp_node *node)
{
	struct arrival a = {
		.net = net,
		.skb = skb,
		.flow = flow,
		.seg = seg,
		.dif = dif,
		.sdif = sdif,
	};
	enum outcome outcome = AGAIN;
	int tries;

	/* Another hook between may have given it other ends. */
	if (likely(node && atcp_flow_equal(&node->flow, flow)))
		outcome = to_its_node(&a, node);
	for (tries = 0; tries < 2 && outcome == AGAIN; tries++) {
		node = atcp_table_lookup(net, flow, dif, sdif);
		if (!node)
			break;
		outcome = to_its_node(&a, node);
		atcp_node_put(node);
	}
	if (outcome != DONE)
		outcome = to_listener(&a);
	if (outcome != DONE)
		to_nobody(&a);
	if (a.was)
		atcp_timewait_return(a.was, NULL);
}
