// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: their birth and end; who comes in between is in visit.c.
 *
 * Owns struct atcp_conn and its reference count (the rules are in conn.h).
 *
 * RFC 9293 section 3.3.1.
 */

#include <linux/delay.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <atcp/auth.h>
#include <atcp/inet.h>
#include <atcp/port.h>

#define NAP_MS		20
#define NOTICE_MS	10000

static struct kmem_cache *cache;

/**
 * atcp_conn_alloc() - a connection in CLOSED
 * @net:	namespace
 * @ipv6:	its addresses are not IPv4's
 * @gfp:	may it sleep
 *
 * Return: the connection with one reference, or NULL.
 */
struct atcp_conn *atcp_conn_alloc(struct net *net, bool ipv6, gfp_t gfp)
{
	struct atcp_net *an = atcp_net(net);
	struct atcp_conn *conn = kmem_cache_zalloc(cache, gfp);

	if (!conn)
		return NULL;
	refcount_set(&conn->n.ref, 1);
	conn->n.net = net;
	conn->an = an;
	conn->n.kind = ATCP_KIND_CONN;
	spin_lock_init(&conn->lock);
	INIT_LIST_HEAD(&conn->child);
	__skb_queue_head_init(&conn->sendq);
	__skb_queue_head_init(&conn->recvq);
	conn->ofo = RB_ROOT;
	conn->pace_rate = ~0UL;
	conn->pace_max = ~0UL;
	conn->pace_below = U32_MAX;
	atcp_timer_init(conn);
	atcp_tcb_init(&conn->tcb, &an->params, ipv6);
	conn->rmem_max = READ_ONCE(an->rmem[1]);
	atcp_set_rcvbuff(&conn->tcb, conn->rmem_max / 2, READ_ONCE(an->rmem[2]) / 2);
	atomic_inc(&an->conns);
	return conn;
}

static void drop_port(struct atcp_conn *conn)
{
	struct atcp_port *port = conn->port;

	WRITE_ONCE(conn->port, NULL);
	atcp_port_put(port);
}

static void conn_free_rcu(struct rcu_head *rcu)
{
	struct atcp_conn *conn = container_of(rcu, struct atcp_conn, rcu);
	struct atcp_net *an = conn->an;

	WARN_ON_ONCE(conn->hashed || conn->sk || conn->was);
	atcp_timer_cancel(conn);
	spin_lock_bh(&conn->lock);
	atcp_recv_purge(conn, true);
	atcp_send_purge(conn);
	atcp_inet_forget_route(conn);
	drop_port(conn);
	spin_unlock_bh(&conn->lock);
	if (conn->parent)
		atcp_conn_put(conn->parent);
	atcp_listen_free(conn);
	atcp_lend_back(conn);
	kfree(conn->saved_syn);
	atcp_auth_put(conn->auth);
	kmem_cache_free(cache, conn);
	atomic_dec(&an->conns);		/* last: see atcp_conn_net_exit() */
}

/**
 * atcp_conn_put() - give a reference back
 * @conn:	the connection
 *
 * Context: any, also under locks.
 */
void atcp_conn_put(struct atcp_conn *conn)
{
	if (refcount_dec_and_test(&conn->n.ref))
		call_rcu(&conn->rcu, conn_free_rcu);
}

/* Out of the table, to which the TIME-WAIT returns that it was to replace. */
static bool leave_table(struct atcp_conn *conn)
{
	struct atcp_node *was = conn->was;
	bool hashed = conn->hashed;

	lockdep_assert_held(&conn->lock);
	conn->was = NULL;
	conn->hashed = false;
	if (was)
		return atcp_timewait_return(was, hashed ? &conn->n : NULL);
	return hashed && (conn->timewait || atcp_table_remove(&conn->n));
}

/**
 * atcp_conn_retire() - let go of what a connection has that has ended
 * @conn:	under its lock, of a visitor with a reference; no segment and no
 *		user call will change it any more
 */
void atcp_conn_retire(struct atcp_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	atcp_recv_purge(conn, !conn->sk && !conn->parent);
	atcp_inet_forget_route(conn);
	if (!conn->sk && !conn->parent)
		drop_port(conn);
	/* The visitor has a reference too, so this is never the last. */
	if (leave_table(conn))
		atcp_conn_put(conn);
}

/**
 * atcp_conn_leave_port() - the connection has just ended, its user is still there
 * @conn:	within a visit; in CLOSED, or a record took over its TIME-WAIT
 *
 * A port that no bind() named is free again now, as with the kernel's own TCP.
 * inet_num goes on to tell its number until the user calls bind(), see
 * atcp_forget_port().
 */
void atcp_conn_leave_port(struct atcp_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	if (!conn->sk || !conn->n.flow.rport || conn->sk->sk_userlocks & SOCK_BINDPORT_LOCK)
		return;
	atcp_port_unbind(conn);
	drop_port(conn);
}

/**
 * atcp_conn_kill() - end a connection at once and without a segment
 * @conn:	the caller has a reference
 * @err:	positive errno for its user
 *
 * Context: any, no connection lock held.
 */
void atcp_conn_kill(struct atcp_conn *conn, int err)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);

	if (!atcp_user_abort(tcb, visit.now, &visit.fx)) {
		visit.fx.reply.ctl = 0;
		visit.fx.error = err;
		visit.fx.wake |= ATCP_WAKE_ERROR;
	}
	atcp_leave(&visit);
}

/**
 * atcp_conn_attach() - give a connection its user
 * @conn:	within a visit
 * @sk:		the socket, which takes over the charge for memory
 */
void atcp_conn_attach(struct atcp_conn *conn, struct sock *sk)
{
	lockdep_assert_held(&conn->lock);
	WARN_ON_ONCE(conn->sk);
	atcp_charge_move(conn, NULL, sk);
	smp_store_release(&conn->sk, sk);	/* read under RCU */
	if (conn->err)
		WRITE_ONCE(sk->sk_err, conn->err);
	if (conn->err || conn->tcb.state == ATCP_TIME_WAIT)
		WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	conn->err = 0;
}

/**
 * atcp_conn_detach() - the user goes, the protocol may go on alone
 * @conn:	within a visit, after atcp_user_gone() if it closed the socket
 *
 * What the socket says about routes is copied, its charge for memory moves to
 * the namespace.  Text that nobody will read is thrown away.
 */
void atcp_conn_detach(struct atcp_conn *conn)
{
	struct sock *sk = conn->sk;

	lockdep_assert_held(&conn->lock);
	if (!sk)
		return;
	atcp_inet_freeze_opts(conn);
	atcp_pace_keep(conn);
	atcp_auth_uncharge(conn);
	atcp_port_unbind(conn);
	WRITE_ONCE(conn->n.ifindex, READ_ONCE(sk->sk_bound_dev_if));
	atcp_recv_purge(conn, true);
	atcp_charge_move(conn, sk, NULL);
	WRITE_ONCE(conn->sk, NULL);
}

static void kill_node(struct atcp_node *node, void *arg)
{
	bool *any = arg;

	*any = true;
	if (node->kind == ATCP_KIND_TIMEWAIT) {
		atcp_timewait_kill(node);
	} else if (refcount_inc_not_zero(&node->ref)) {
		if (node->kind == ATCP_KIND_HALF)
			atcp_half_kill(node);
		else
			atcp_conn_kill(atcp_conn_of(node), ECONNABORTED);
		atcp_node_put(node);
	}
}

/**
 * atcp_kill_namespace() - end all connections of a namespace
 * @net:	the namespace, whose hooks are off; NULL: all namespaces
 *
 * Context: process.
 */
void atcp_kill_namespace(struct net *net)
{
	bool any;

	do {
		any = false;
		atcp_table_walk(net, kill_node, &any);
	} while (any);
}

/**
 * atcp_kill_all() - end all connections
 *
 * Context: process.
 */
void atcp_kill_all(void)
{
	atcp_kill_namespace(NULL);
}

/**
 * atcp_conn_net_exit() - wait until nothing of a namespace is left
 * @an:		the namespace, after atcp_kill_namespace()
 *
 * Segments that still wait in a queue of a device hold their connection.
 *
 * Context: process, may sleep.
 */
void atcp_conn_net_exit(struct atcp_net *an)
{
	unsigned int naps = 0;

	while (atomic_read(&an->conns) || atomic_read(&an->half_records) ||
	       atomic_read(&an->time_waits)) {
		msleep(NAP_MS);
		if (++naps % (NOTICE_MS / NAP_MS) == 0)
			pr_notice("atcp: waiting for %d connections with segments in a device's queue\n",
				  atomic_read(&an->conns));
	}
}

/**
 * atcp_conn_init() - before the first connection
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_conn_init(void)
{
	atcp_iss_init();
	atcp_syncookie_init();
	/* xmit.c keeps a number in the low bits of a pointer to one. */
	cache = kmem_cache_create("atcp_conn", sizeof(struct atcp_conn),
				  ATCP_CONN_ALIGN, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * atcp_conn_exit() - after the last connection
 *
 * Context: process, may sleep.
 */
void atcp_conn_exit(void)
{
	rcu_barrier();		/* conn_free_rcu() is code of this module */
	atcp_send_exit();
	kmem_cache_destroy(cache);
}
