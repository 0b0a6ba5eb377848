// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners: the half-open connections that a SYN made, those that wait to be
 * accepted, and the limits on both.  How a SYN makes one is in open.c.
 *
 * Owns struct atcp_listener, guarded by its connection's lock.  A child is in
 * one of the two lists, which holds a reference to it, and itself holds one to
 * its listener (child->parent, written under both locks).  Locks: listener,
 * then child.
 *
 * RFC 9293 sections 3.10.1 (passive OPEN), 3.10.7.2 and 3.9.1.1.
 */

#include <linux/slab.h>
#include <atcp/inet.h>
#include <atcp/port.h>
#include <atcp/sock.h>
#include "listen.h"

/* ---- the listener itself ---- */

static struct atcp_listener *listener_alloc(struct atcp_conn *conn)
{
	struct atcp_listener *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l || atcp_half_listener_init(l, conn)) {
		kfree(l);
		return NULL;
	}
	INIT_LIST_HEAD(&l->half_open);
	INIT_LIST_HEAD(&l->waiting);
	return l;
}

/* listen() takes what is below zero, or too much, for somaxconn. */
static unsigned int limit_backlog(const struct atcp_conn *conn, int backlog)
{
	unsigned int most = READ_ONCE(conn->n.net->core.sysctl_somaxconn);

	return min_t(unsigned int, backlog, most);
}

/**
 * atcp_listen_start() - OPEN, passive
 * @conn:	in CLOSED, with its local address and a port held for LISTEN
 * @backlog:	as listen() got it
 *
 * Context: process, under lock_sock(). Return: 0, -ENOMEM, -EISCONN; then @conn
 * is in CLOSED, or in what state it was.
 */
int atcp_listen_start(struct atcp_conn *conn, int backlog)
{
	struct atcp_listener *l = conn->listener ?: listener_alloc(conn);
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	int err = 0;

	if (!l)
		return -ENOMEM;
	tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);
	conn->listener = l;
	if (tcb->state != ATCP_LISTEN)
		err = atcp_user_open_passive(tcb, &visit.fx);
	if (!err) {
		l->open = true;
		WRITE_ONCE(l->backlog, limit_backlog(conn, backlog));
	}
	atcp_leave(&visit);
	if (err)
		return err;
	err = atcp_table_listen(conn);
	if (err)
		atcp_listen_stop(conn);
	return err;
}

/**
 * atcp_listen_backlog() - listen() was called again
 * @conn:	in LISTEN
 * @backlog:	as listen() got it
 */
void atcp_listen_backlog(struct atcp_conn *conn, int backlog)
{
	spin_lock_bh(&conn->lock);
	if (conn->listener)
		WRITE_ONCE(conn->listener->backlog, limit_backlog(conn, backlog));
	spin_unlock_bh(&conn->lock);
}

/**
 * atcp_listen_free() - the connection is being freed
 * @conn:	the connection
 */
void atcp_listen_free(struct atcp_conn *conn)
{
	if (conn->listener)
		atcp_half_listener_exit(conn->listener);
	kfree(conn->listener);
}

/**
 * atcp_listen_waiting() - connections that wait for accept()
 * @listener:	in LISTEN, or not
 *
 * Context: any; no lock needed. Return: how many.
 */
unsigned int atcp_listen_waiting(const struct atcp_conn *listener)
{
	const struct atcp_listener *l = READ_ONCE(listener->listener);

	return l ? READ_ONCE(l->n_waiting) : 0;
}

/**
 * atcp_listen_max() - the backlog
 * @listener:	in LISTEN, or not
 *
 * Context: any; no lock needed. Return: connections.
 */
unsigned int atcp_listen_max(const struct atcp_conn *listener)
{
	const struct atcp_listener *l = READ_ONCE(listener->listener);

	return l ? READ_ONCE(l->backlog) : 0;
}

/**
 * atcp_listen_full() - is there no room for one more to wait for accept()
 * @listener:	in LISTEN, or not
 *
 * Context: any; no lock needed. Return: true when there is none.
 */
bool atcp_listen_full(const struct atcp_conn *listener)
{
	return atcp_listen_waiting(listener) > atcp_listen_max(listener);
}

/* ---- children ---- */

/* The child is the listener's no more; gives back the child's reference to it. */
static void disown(struct atcp_conn *listener, struct atcp_conn *child)
{
	lockdep_assert_held(&listener->lock);
	list_del_init(&child->child);
	spin_lock_nested(&child->lock, ATCP_CHILD_LOCK);
	WRITE_ONCE(child->parent, NULL);
	spin_unlock(&child->lock);
	atcp_conn_put(listener);	/* not the last: the caller has one */
}

/**
 * atcp_listen_may_establish() - is there room for one more to be accepted
 * @listener:	whose child is in SYN-RECEIVED, its SYN acknowledged; NULL: it is closing
 *
 * When there is not, the ACK is dropped as if it had been lost; the peer's next
 * segment, or our SYN,ACK sent again, asks once more.
 *
 * Return: true when it may go to ESTABLISHED.
 */
bool atcp_listen_may_establish(const struct atcp_conn *listener)
{
	if (!listener)
		return false;
	if (!atcp_listen_full(listener))
		return true;
	atcp_mib_inc(listener->an, ATCP_MIB_LISTEN_OVERFLOWS);
	atcp_mib_inc(listener->an, ATCP_MIB_LISTEN_DROPS);
	return false;
}

/**
 * atcp_listen_defers() - is the ACK of a child's SYN to be ignored, for it has no text
 * @listener:	of the child, or NULL
 * @tcb:	of the child, under its lock, in SYN-RECEIVED
 * @seg:	the ACK
 *
 * TCP_DEFER_ACCEPT: it counts as lost until our SYN,ACK was sent again so often.
 * Meanwhile the peer has shown that it is there, so the child lives that long.
 *
 * Context: RCU held. Return: true when it is.
 */
bool atcp_listen_defers(const struct atcp_conn *listener, struct atcp_tcb *tcb,
			const struct atcp_seg *seg)
{
	const struct sock *sk = listener ? READ_ONCE(listener->sk) : NULL;
	u8 defer = sk ? READ_ONCE(atcp_sk(sk)->defer_accept) : 0;

	if (likely(tcb->rec.syn_backoff >= defer) || seg->text || seg->ctl & ATCP_FIN ||
	    seg->ack != tcb->snd.iss + 1)
		return false;
	tcb->p.synack_retries = max(tcb->p.synack_retries, defer);
	atcp_mib_inc(listener->an, ATCP_MIB_DEFER_DROPS);
	return true;
}

/**
 * atcp_listen_child_established() - a child may be accepted
 * @parent:	its listener, with a reference
 * @child:	the child, synchronized
 *
 * Context: no lock held.
 */
void atcp_listen_child_established(struct atcp_conn *parent, struct atcp_conn *child)
{
	struct atcp_listener *l = parent->listener;
	struct sock *sk = NULL;

	spin_lock_bh(&parent->lock);
	if (child->parent == parent && !child->established) {
		WRITE_ONCE(child->established, true);
		list_move_tail(&child->child, &l->waiting);
		l->n_half_open--;
		WRITE_ONCE(l->n_waiting, l->n_waiting + 1);
		sk = parent->sk;
		if (sk)
			sock_hold(sk);
	}
	spin_unlock_bh(&parent->lock);
	if (sk) {
		rcu_read_lock();
		sk->sk_data_ready(sk);
		rcu_read_unlock();
		sock_put(sk);
	}
}

/**
 * atcp_listen_child_gone() - a child ended before it was established
 * @parent:	its listener, with a reference
 * @child:	the child, with a reference
 *
 * One that ended later waits to be accepted all the same: its user learns why
 * from the socket.
 *
 * Context: no lock held.
 */
void atcp_listen_child_gone(struct atcp_conn *parent, struct atcp_conn *child)
{
	struct atcp_visit visit;
	bool mine;

	spin_lock_bh(&parent->lock);
	mine = child->parent == parent && !child->established;
	if (mine) {
		parent->listener->n_half_open--;
		disown(parent, child);
	}
	spin_unlock_bh(&parent->lock);
	if (!mine)
		return;
	/* Nobody will have it: it lets go of its port now. */
	atcp_enter(&visit, child, ATCP_BY_CALL);
	atcp_leave(&visit);
	atcp_conn_put(child);
}

/**
 * atcp_listen_accept() - take the oldest connection that waits
 * @listener:	in LISTEN
 *
 * Return: the connection, with a reference, which has no socket yet; NULL when
 * none waits.
 */
struct atcp_conn *atcp_listen_accept(struct atcp_conn *listener)
{
	struct atcp_listener *l = listener->listener;
	struct atcp_conn *child = NULL;

	if (!l)
		return NULL;
	spin_lock_bh(&listener->lock);
	child = list_first_entry_or_null(&l->waiting, struct atcp_conn, child);
	if (child) {
		WRITE_ONCE(l->n_waiting, l->n_waiting - 1);
		disown(listener, child);
	}
	spin_unlock_bh(&listener->lock);
	return child;
}

static void reset_children(struct list_head *children)
{
	struct atcp_conn *child, *next;
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	list_for_each_entry_safe(child, next, children, child) {
		list_del_init(&child->child);
		tcb = atcp_enter(&visit, child, ATCP_BY_CALL);
		atcp_user_abort(tcb, visit.now, &visit.fx);
		atcp_leave(&visit);
		atcp_conn_put(child);
	}
}

/* Takes all children away from a listener that is being stopped. */
static bool take_children(struct atcp_conn *conn, struct list_head *children)
{
	struct atcp_listener *l = conn->listener;
	struct atcp_conn *child, *next;
	LIST_HEAD(all);

	lockdep_assert_held(&conn->lock);
	if (!l || !l->open)
		return false;
	l->open = false;
	WRITE_ONCE(l->n_waiting, 0);
	list_splice_init(&l->half_open, &all);
	list_splice_init(&l->waiting, &all);
	list_for_each_entry_safe(child, next, &all, child) {
		l->n_half_open -= !child->established;
		disown(conn, child);
		list_add_tail(&child->child, children);
	}
	return true;
}

/**
 * atcp_listen_stop() - no more SYNs; whoever was not accepted is reset
 * @conn:	a listener; the caller has a reference
 *
 * Leaves @conn in CLOSED. Does nothing when it was stopped before.
 *
 * Context: no connection's lock held.
 */
void atcp_listen_stop(struct atcp_conn *conn)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	LIST_HEAD(children);
	bool open;

	spin_lock_bh(&conn->lock);
	open = take_children(conn, &children);
	spin_unlock_bh(&conn->lock);
	if (!open)
		return;
	atcp_table_unlisten(conn);
	atcp_half_stop(conn);
	reset_children(&children);

	tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);
	if (tcb->state == ATCP_LISTEN)
		atcp_user_close(tcb, visit.now, &visit.fx);
	atcp_leave(&visit);
}
