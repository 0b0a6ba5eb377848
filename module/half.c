// SPDX-License-Identifier: GPL-2.0
/*
 * Half-open connections kept small: a record in the table, that answers by the same
 * core code over a TCB rebuilt from it, and becomes a connection when the handshake's
 * ACK comes, so that nothing else is paid for before that.
 *
 * Owns struct half.  A record is alive while it is in the table of connections, which
 * holds the one reference that lasts, and in one of its listener's lists.  The lock of
 * the listener guards both, and the record; so they all share one timer, and one TCB to
 * be rebuilt in.  What has more to say than a record can keep (text of a Fast Open) is a
 * connection from the start.
 *
 * Locks: the listener's conn->lock; then that of the connection which a record becomes,
 * a wheel's of timewait.c, a bucket's of table.c.  Segments are sent with none held.
 *
 * RFC 9293 sections 3.10.7.2, 3.10.7.4 and 3.10.8; RFC 4987 section 3.5. [R4987-SYNCACHE]
 */

#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <atcp/half.h>
#include <atcp/inet.h>
#include <atcp/port.h>
#include <atcp/sock.h>
#include "compat.h"
#include "listen.h"

#define BATCH		64		/* records that one run of the timer looks at */
#define TIMER_SLACK_US	5000

/**
 * struct half - a half-open connection
 * @n:		in the table of connections
 * @link:	in a list of its listener; empty when it has ended
 * @rcu:	once the last reference was put
 * @listener:	whose it is, with a reference; constant
 * @was:	the TIME-WAIT that its SYN ended, or NULL
 * @saved_syn:	TCP_SAVE_SYN
 * @mark:	SO_MARK of what it sends
 * @mss_adv:	MSS option of its SYN,ACK
 * @route_ecn:	its route has the feature
 * @tos:	type of service, or traffic class, of what it sends
 * @h:		the rest
 */
struct half {
	struct atcp_node n;		/* first */
	union {
		struct list_head link;
		struct rcu_head rcu;
	};
	struct atcp_conn *listener;
	struct atcp_node *was;
	struct atcp_saved_syn *saved_syn;
	u32 mark;
	u16 mss_adv;
	bool route_ecn;
	u8 tos;
	struct atcp_half h;
};

/* What an event came to. */
struct outcome {
	struct atcp_fx fx;
	struct atcp_out out;
	bool answer;			/* @out is to be sent */
	bool ended;			/* the table's reference is to be put */
};

static struct kmem_cache *cache;

static struct half *half_of(const struct atcp_node *node)
{
	return container_of(node, struct half, n);
}

static bool is_alive(const struct half *h)
{
	return !list_empty(&h->link);
}

/* ---- references ---- */

static void free_rcu_record(struct rcu_head *rcu)
{
	struct half *h = container_of(rcu, struct half, rcu);
	struct atcp_net *an = atcp_net(h->n.net);

	kmem_cache_free(cache, h);
	atomic_dec(&an->half_records);	/* last: see atcp_conn_net_exit() */
}

/**
 * atcp_half_put() - give a reference back
 * @node:	of a record
 *
 * Context: any but under the lock of its listener, unless that has another reference.
 */
void atcp_half_put(struct atcp_node *node)
{
	struct half *h = half_of(node);

	if (!refcount_dec_and_test(&node->ref))
		return;
	WARN_ON_ONCE(h->was);
	kfree(h->saved_syn);
	atcp_conn_put(h->listener);
	call_rcu(&h->rcu, free_rcu_record);
}

/**
 * atcp_half_listener() - whose a record is
 * @node:	of the record, with a reference
 *
 * Return: the listener, which the record holds.
 */
struct atcp_conn *atcp_half_listener(const struct atcp_node *node)
{
	return half_of(node)->listener;
}

/* ---- the timer of a listener ---- */

static unsigned int level_of(const struct half *h)
{
	return min_t(unsigned int, h->h.retries, ATCP_HALF_LEVELS - 1);
}

/* Of the retransmission or of the USER TIMEOUT, whichever comes first. */
static u64 deadline_of(const struct half *h)
{
	u32 user = h->listener->tcb.p.user_timeout_ms;
	u64 limit = user ? h->h.born + user * ATCP_MSEC : U64_MAX;

	return min(h->h.deadline ?: U64_MAX, limit);
}

/*
 * All of one list have been sent as often, and wait as long, so the first of each is the
 * first that is due.
 */
static struct half *first_due(struct atcp_listener *l)
{
	struct half *h, *first = NULL;
	unsigned int i;

	for (i = 0; i < ATCP_HALF_LEVELS; i++) {
		h = list_first_entry_or_null(&l->half[i], struct half, link);
		if (h && (!first || deadline_of(h) < deadline_of(first)))
			first = h;
	}
	return first;
}

static void arm(struct atcp_listener *l)
{
	const struct half *h = first_due(l);
	u64 deadline = h ? deadline_of(h) : U64_MAX;

	lockdep_assert_held(&l->conn->lock);
	if (deadline == U64_MAX || (l->armed && l->armed <= deadline))
		return;
	l->armed = deadline;
	hrtimer_start_range_ns(&l->timer, ns_to_ktime(deadline * NSEC_PER_USEC),
			       TIMER_SLACK_US * NSEC_PER_USEC, HRTIMER_MODE_ABS_SOFT);
}

/* ---- record and TCB ---- */

static void fill(struct atcp_tcb *tcb, const struct half *h)
{
	struct atcp_conn *listener = h->listener;

	lockdep_assert_held(&listener->lock);
	*tcb = listener->tcb;
	tcb->ipv6 = !atcp_flow_is_v4(&h->n.flow);
	tcb->ts.offset = atcp_ts_offset(listener->n.net, &h->n.flow);
	tcb->rcv.mss_adv = h->mss_adv;
}

static struct atcp_tcb *rebuild(const struct half *h)
{
	struct atcp_tcb *tcb = h->listener->listener->scratch;

	atcp_recv_buffer(h->listener);
	fill(tcb, h);
	atcp_half_unpack(tcb, &h->h);
	return tcb;
}

static void half_opts(const struct half *h, struct atcp_route_opts *ro)
{
	atcp_inet_listener_opts(h->listener, &h->n.flow, ro);
	ro->mark = h->mark;
	ro->tos = h->tos;
	ro->bound_if = h->n.ifindex;
}

/* Out of the table, to which the TIME-WAIT returns that it was to replace. */
static bool leave_table(struct half *h)
{
	struct atcp_node *was = h->was;

	h->was = NULL;
	if (was)
		return atcp_timewait_return(was, &h->n);
	return atcp_table_remove(&h->n);
}

/* No segment finds it any more. True: the table's reference is to be put. */
static bool end(struct half *h)
{
	lockdep_assert_held(&h->listener->lock);
	list_del_init(&h->link);
	h->listener->listener->n_half_open--;
	atomic_dec(&h->listener->an->half_open);
	return leave_table(h);
}

static void count(const struct half *h, const struct atcp_fx *fx)
{
	unsigned int i;

	atcp_count_events(h->listener->an, fx->events);
	for (i = 0; i < fx->n_edges; i++)
		atcp_count_edge(&h->n, fx->edge[i].from, fx->edge[i].to, fx->cause);
}

/* The core was asked; what has become of the record? */
static void settle(struct half *h, struct atcp_tcb *tcb, u64 now, struct outcome *o)
{
	struct atcp_listener *l = h->listener->listener;

	lockdep_assert_held(&h->listener->lock);
	count(h, &o->fx);
	if (tcb->state != ATCP_SYN_RECEIVED) {
		o->ended = end(h);
		return;
	}
	o->answer = atcp_next_segment(tcb, now, 0, &o->out, &o->fx);
	atcp_half_pack(&h->h, tcb);
	list_move_tail(&h->link, &l->half[level_of(h)]);
	arm(l);
}

/* ---- sending ---- */

/* On behalf of the listener, as owner and cgroup rules see it. RCU held. */
static void send(const struct half *h, const struct atcp_out *out, struct dst_entry *dst)
{
	struct sock *sk = READ_ONCE(h->listener->sk);
	struct net *net = h->n.net;
	struct atcp_route_opts ro;

	half_opts(h, &ro);
	if (!dst)
		dst = atcp_inet_flow_route(net, sk, &h->n.flow, &ro);
	atcp_xmit_route(net, &h->n.flow, &ro, dst, sk, NULL, out);
}

/* What settle() left to be done without the lock. */
static void finish(struct half *h, const struct outcome *o)
{
	rcu_read_lock();
	if (o->fx.reply.ctl)
		send(h, &o->fx.reply, NULL);
	if (o->answer)
		send(h, &o->out, NULL);
	rcu_read_unlock();
	if (o->ended)
		atcp_half_put(&h->n);
}

/* ---- a SYN ---- */

static struct half *make(const struct meeting *m, struct atcp_route_opts *ro)
{
	struct atcp_conn *listener = m->listener;
	struct half *h = kmem_cache_zalloc(cache, GFP_ATOMIC | __GFP_NOWARN);

	if (!h)
		return NULL;
	atomic_inc(&listener->an->half_records);
	atcp_inet_child_opts(listener, m->skb, m->flow, m->dif, ro);
	h->n.net = listener->n.net;
	h->n.flow = *m->flow;
	h->n.kind = ATCP_KIND_HALF;
	h->n.ifindex = ro->bound_if;
	refcount_set(&h->n.ref, 1);
	INIT_LIST_HEAD(&h->link);
	h->mark = ro->mark;
	h->tos = ro->tos;
	h->listener = listener;
	atcp_conn_hold(listener);
	return h;
}

/* The SYN arrives. False when the listener is closing, or another has the flow. */
static bool begin(struct half *h, struct meeting *m, u32 iss, const struct atcp_fo_verdict *fo,
		  const struct dst_entry *dst, struct outcome *o)
{
	struct atcp_conn *listener = h->listener;
	struct atcp_listener *l = listener->listener;
	struct atcp_tcb *tcb = l->scratch;
	u64 now = atcp_now();

	lockdep_assert_held(&listener->lock);
	if (!l->open || !listener->port || atcp_table_insert(&h->n))
		return false;
	h->was = m->was;
	m->was = NULL;
	atcp_recv_buffer(listener);
	fill(tcb, h);
	atcp_fastopen_apply(tcb, fo);
	tcb->ecn.route = h->route_ecn;
	tcb->segs_in = 0;
	atcp_half_syn(&h->h, m->seg, iss, now);
	atcp_segment_arrives(tcb, m->seg, iss, 0, now, &o->fx);
	atcp_metrics_offer(tcb, dst);
	list_add_tail(&h->link, &l->half[0]);
	l->n_half_open++;
	atomic_inc(&listener->an->half_open);
	settle(h, tcb, now, o);
	return true;
}

/**
 * atcp_half_open() - a SYN opens a connection, by half
 * @m:		the SYN and the listener that it meets
 * @iss:	initial send sequence number
 * @fo:		what Fast Open has to say
 *
 * Context: RCU held, no lock. Return: false when it could not.
 */
bool atcp_half_open(struct meeting *m, u32 iss, const struct atcp_fo_verdict *fo)
{
	struct outcome o = { .answer = false };
	struct atcp_route_opts ro;
	struct dst_entry *dst;
	struct half *h = make(m, &ro);
	bool begun;

	if (!h)
		return false;
	dst = atcp_inet_flow_route(h->n.net, READ_ONCE(m->listener->sk), m->flow, &ro);
	if (IS_ERR(dst)) {
		atcp_half_put(&h->n);
		return false;
	}
	h->mss_adv = atcp_inet_dst_adv_mss(dst);
	h->route_ecn = atcp_inet_route_ecn(dst);
	h->saved_syn = atcp_syn_save(READ_ONCE(m->listener->sk), m->skb);
	spin_lock_bh(&m->listener->lock);
	begun = begin(h, m, iss, fo, dst, &o);
	spin_unlock_bh(&m->listener->lock);
	if (begun && o.answer)
		send(h, &o.out, dst);
	else
		dst_release(dst);
	o.answer = false;
	finish(h, &o);
	atcp_half_put(&h->n);
	return begun;
}

/* ---- other segments ---- */

/*
 * It becomes a connection: in its listener's list, and in the table where the record
 * was. The caller gets a reference, and puts the table's to the record. NULL when there
 * is no memory.
 */
static struct atcp_conn *promote(struct half *h)
{
	struct atcp_conn *listener = h->listener, *conn;
	struct atcp_listener *l = listener->listener;
	struct dst_entry *dst;

	lockdep_assert_held(&listener->lock);
	if (!listener->port)
		return NULL;
	conn = atcp_conn_alloc(h->n.net, !atcp_flow_is_v4(&h->n.flow), GFP_ATOMIC | __GFP_NOWARN);
	if (!conn)
		return NULL;
	conn->n.flow = h->n.flow;
	conn->n.ifindex = h->n.ifindex;
	half_opts(h, &conn->ro);
	conn->port = atcp_port_get(listener->port);
	spin_lock_nested(&conn->lock, ATCP_CHILD_LOCK);
	fill(&conn->tcb, h);
	atcp_half_unpack(&conn->tcb, &h->h);
	conn->rmem_max = listener->rmem_max;
	conn->parent = listener;
	atcp_conn_hold(listener);
	conn->was = h->was;
	conn->saved_syn = h->saved_syn;
	conn->was_half_open = true;
	conn->hashed = true;
	list_add_tail(&conn->child, &l->half_open);
	atcp_conn_hold(conn);
	WARN_ON_ONCE(!atcp_table_replace(&h->n, &conn->n));
	dst = atcp_inet_dst(conn);
	if (dst) {
		atcp_set_path_mss(&conn->tcb, atcp_inet_path_mss(conn, dst), atcp_now());
		atcp_metrics_offer(&conn->tcb, dst);
	}
	spin_unlock(&conn->lock);
	h->was = NULL;
	h->saved_syn = NULL;
	list_del_init(&h->link);
	return conn;
}

/* The ACK that would establish it, but there is no place, or it comes too soon. */
static bool overflows(struct half *h, struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		      struct outcome *o)
{
	if ((seg->ctl & (ATCP_SYN | ATCP_ACK | ATCP_RST)) != ATCP_ACK)
		return false;
	if (atcp_listen_defers(h->listener, tcb, seg))
		return true;
	if (atcp_listen_may_establish(h->listener))
		return false;
	if (READ_ONCE(h->listener->an->abort_on_overflow))
		atcp_user_abort(tcb, now, &o->fx);
	return true;
}

/**
 * atcp_half_segment() - a segment for a record
 * @node:	of the record, with a reference
 * @seg:	the segment
 * @conn:	what the record has become by it, with a reference: the segment is for that
 *
 * Context: RCU held.
 */
enum atcp_half_verdict atcp_half_segment(struct atcp_node *node, const struct atcp_seg *seg,
					 struct atcp_conn **conn)
{
	struct half *h = half_of(node);
	struct outcome o = { .answer = false };
	u64 now = atcp_now();
	struct atcp_tcb *tcb;

	spin_lock_bh(&h->listener->lock);
	if (!is_alive(h)) {
		spin_unlock_bh(&h->listener->lock);
		return ATCP_HALF_GONE;
	}
	tcb = rebuild(h);
	if (!overflows(h, tcb, seg, now, &o))
		atcp_segment_arrives(tcb, seg, 0, 0, now, &o.fx);
	if (atcp_synchronized(tcb->state)) {
		*conn = promote(h);
		spin_unlock_bh(&h->listener->lock);
		if (!*conn)
			return ATCP_HALF_DONE;	/* as if it had been lost */
		atcp_half_put(node);
		return ATCP_HALF_WHOLE;
	}
	settle(h, tcb, now, &o);
	spin_unlock_bh(&h->listener->lock);
	finish(h, &o);
	return ATCP_HALF_DONE;
}

/**
 * atcp_half_quoted() - an ICMP message quotes a segment of a record
 * @node:	of the record, with a reference
 * @seq:	sequence number quoted
 *
 * Return: the connection that the record becomes for this, with a reference; NULL when
 * the segment is none that it sent, or it has ended.
 */
struct atcp_conn *atcp_half_quoted(struct atcp_node *node, u32 seq)
{
	struct half *h = half_of(node);
	struct atcp_conn *conn = NULL;

	if (seq != h->h.iss) {
		atcp_mib_inc(h->listener->an, ATCP_EV_ICMP_IGNORED);
		return NULL;
	}
	spin_lock_bh(&h->listener->lock);
	if (is_alive(h))
		conn = promote(h);
	spin_unlock_bh(&h->listener->lock);
	if (conn)
		atcp_half_put(node);
	return conn;
}

/* ---- time-outs and the end ---- */

static bool time_out(struct atcp_conn *listener, u64 now)
{
	struct outcome o = { .answer = false };
	struct atcp_tcb *tcb;
	struct half *h;

	spin_lock_bh(&listener->lock);
	h = first_due(listener->listener);
	if (!h || deadline_of(h) > now) {
		spin_unlock_bh(&listener->lock);
		return false;
	}
	refcount_inc(&h->n.ref);	/* the table's keeps it above 0 */
	tcb = rebuild(h);
	atcp_timeouts(tcb, now, &o.fx);
	settle(h, tcb, now, &o);
	spin_unlock_bh(&listener->lock);
	finish(h, &o);
	atcp_half_put(&h->n);
	return true;
}

static enum hrtimer_restart timer_fires(struct hrtimer *timer)
{
	struct atcp_listener *l = container_of(timer, struct atcp_listener, timer);
	struct atcp_conn *listener = l->conn;
	u64 now = atcp_now();
	unsigned int n = 0;

	rcu_read_lock();
	if (!refcount_inc_not_zero(&listener->n.ref))
		goto out;
	while (n < BATCH && time_out(listener, now))
		n++;
	spin_lock_bh(&listener->lock);
	l->armed = 0;
	arm(l);
	spin_unlock_bh(&listener->lock);
	atcp_conn_put(listener);
out:
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/* ABORT, of one that the caller holds; in silence, or with a RST. */
static void abort_one(struct half *h, bool silent)
{
	struct outcome o = { .answer = false };
	struct atcp_tcb *tcb;
	u64 now = atcp_now();

	spin_lock_bh(&h->listener->lock);
	if (is_alive(h)) {
		tcb = rebuild(h);
		atcp_user_abort(tcb, now, &o.fx);
		if (silent)
			o.fx.reply.ctl = 0;
		settle(h, tcb, now, &o);
	}
	spin_unlock_bh(&h->listener->lock);
	finish(h, &o);
}

/**
 * atcp_half_kill() - end a record at once and without a segment
 * @node:	of the record, with a reference
 */
void atcp_half_kill(struct atcp_node *node)
{
	abort_one(half_of(node), true);
}

/**
 * atcp_half_stop() - a listener has closed: its records are reset
 * @listener:	no longer open
 *
 * Context: no connection's lock held.
 */
void atcp_half_stop(struct atcp_conn *listener)
{
	struct half *h;

	for (;;) {
		spin_lock_bh(&listener->lock);
		h = first_due(listener->listener);
		if (h)
			refcount_inc(&h->n.ref);
		spin_unlock_bh(&listener->lock);
		if (!h)
			return;
		abort_one(h, false);
		atcp_half_put(&h->n);
	}
}

/**
 * atcp_half_status() - STATUS of a record, for proc.c
 * @node:	of the record, under RCU or with a reference
 * @deadline:	when its SYN,ACK goes again, microseconds
 *
 * Return: how often it did.
 */
unsigned int atcp_half_status(const struct atcp_node *node, u64 *deadline)
{
	const struct half *h = half_of(node);

	*deadline = READ_ONCE(h->h.deadline);
	return READ_ONCE(h->h.retries);
}

/**
 * atcp_half_listener_init() - before a listener's first SYN
 * @l:		the listener
 * @conn:	its connection
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_half_listener_init(struct atcp_listener *l, struct atcp_conn *conn)
{
	unsigned int i;

	l->scratch = kmalloc(sizeof(*l->scratch), GFP_KERNEL);
	if (!l->scratch)
		return -ENOMEM;
	l->conn = conn;
	for (i = 0; i < ATCP_HALF_LEVELS; i++)
		INIT_LIST_HEAD(&l->half[i]);
	atcp_hrtimer_setup(&l->timer, timer_fires);
	return 0;
}

/**
 * atcp_half_listener_exit() - a listener is being freed
 * @l:		the listener, without a reference left
 */
void atcp_half_listener_exit(struct atcp_listener *l)
{
	hrtimer_cancel(&l->timer);
	kfree(l->scratch);
}

/**
 * atcp_half_init() - before the first record
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_half_init(void)
{
	cache = kmem_cache_create("atcp_half", sizeof(struct half), 0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * atcp_half_exit() - after the last record
 */
void atcp_half_exit(void)
{
	rcu_barrier();			/* free_rcu_record() */
	kmem_cache_destroy(cache);
}
