// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT kept small: a record in place of the connection, which answers by
 * the same core code over a TCB rebuilt from it.
 *
 * Owns struct atcp_timewait.  A record is alive while it is in the table of
 * connections, which holds the one reference that lasts.  Records hang in the
 * slots of a few wheels (wheel.c); the lock of its wheel guards a record, and
 * whether it is in the table.
 *
 * Locks: conn->lock, then a wheel's, then a bucket's of table.c.  The port of a
 * record is put with none of the latter two held.
 *
 * RFC 9293 sections 3.4.2, 3.4.3, 3.6.1 and 3.10.7.4; RFC 6191; RFC 1337.
 */

#include <linux/slab.h>
#include <atcp/auth.h>
#include "timewait.h"

static struct kmem_cache *cache;

static struct atcp_timewait *tw_of(const struct atcp_node *node)
{
	return container_of(node, struct atcp_timewait, n);
}

static u32 to_seconds(u64 us)
{
	return (u32)div_u64(us, ATCP_USEC);
}

/* The milliseconds, or seconds, near @now of which only the low bits were kept. */
static u64 whole_ms(u32 low, u64 now)
{
	return now + (s32)(low - (u32)now);
}

static u32 whole_seconds(u16 low, u32 now)
{
	return now - (u16)((u16)now - low);
}

static u32 whole_period(u32 low, u32 now)
{
	return now - ((now - low) & 0x7f);
}

static bool is_alive(const struct atcp_timewait *tw)
{
	return !hlist_nulls_unhashed(&tw->n.node);
}

/* ---- record and TCB ---- */

static void pack(struct atcp_timewait *tw, const struct atcp_tcb *tcb)
{
	struct atcp_tw full;

	atcp_tw_pack(&full, tcb);
	tw->snd_nxt = full.snd_nxt;
	tw->rcv_nxt = full.rcv_nxt;
	tw->ts_recent = full.ts_recent;
	WRITE_ONCE(tw->n.ts_age, (u16)full.ts_recent_age);
	tw->challenge_age = full.challenge_age & 0x7f;
	tw->n.challenge_n = full.challenge_n;
	tw->rcv_wnd = (u16)min_t(u32, full.rcv_wnd >> full.rcv_wscale, U16_MAX);
	tw->wscale = full.rcv_wscale;
	tw->opts_on = full.opts_on;
}

static void unpack(struct atcp_tcb *tcb, const struct atcp_timewait *tw, u64 now)
{
	const struct atcp_net *an = atcp_net(tw->n.net);
	struct atcp_tw full = {
		.snd_nxt = tw->snd_nxt,
		.rcv_nxt = tw->rcv_nxt,
		.rcv_wnd = (u32)tw->rcv_wnd << tw->wscale,
		.ts_recent = tw->ts_recent,
		.ts_recent_age = whole_seconds(tw->n.ts_age, to_seconds(now)),
		.ts_offset = atcp_ts_offset(tw->n.net, &tw->n.flow),
		.twomsl_ms = 2 * READ_ONCE(an->params.msl_ms),
		.challenge_age = whole_period(tw->challenge_age, to_seconds(now)),
		.challenge_n = tw->n.challenge_n,
		.challenge_max = READ_ONCE(an->params.challenge_max),
		.rcv_wscale = tw->wscale,
		.opts_on = tw->opts_on,
		.features = tw->n.features,
		.ipv6 = !atcp_flow_is_v4(&tw->n.flow),
	};

	atcp_tw_unpack(tcb, &full, whole_ms(tw->deadline, atcp_tw_ms(now)) * 1000);
}

static struct signing_timewait *signing(struct atcp_timewait *tw)
{
	return container_of(tw, struct signing_timewait, tw);
}

/* @auth: with a reference for it; NULL: it signs nothing */
static struct atcp_timewait *record_alloc(struct atcp_auth *auth)
{
	struct signing_timewait *record;

	if (likely(!auth))
		return kmem_cache_zalloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	record = kzalloc(sizeof(*record), GFP_ATOMIC | __GFP_NOWARN);
	if (!record)
		return NULL;
	refcount_inc(&auth->ref);
	record->auth = auth;
	record->tw.signs = true;
	return &record->tw;
}

static void record_free(struct atcp_timewait *tw)
{
	if (likely(!tw->signs)) {
		kmem_cache_free(cache, tw);
		return;
	}
	atcp_auth_put(signing(tw)->auth);
	kfree(signing(tw));
}

/**
 * atcp_timewait_auth() - the keys of a record
 * @node:	of the record; RCU held
 *
 * Return: those of its connection, or NULL.
 */
struct atcp_auth *atcp_timewait_auth(const struct atcp_node *node)
{
	struct atcp_timewait *tw = tw_of(node);

	return unlikely(tw->signs) ? signing(tw)->auth : NULL;
}

static void free_rcu_record(struct rcu_head *rcu)
{
	struct atcp_timewait *tw = container_of(rcu, struct atcp_timewait, rcu);
	struct atcp_net *an = atcp_net(tw->n.net);

	record_free(tw);
	atomic_dec(&an->time_waits);	/* last: see atcp_conn_net_exit() */
}

/**
 * atcp_timewait_put() - give a reference back
 * @node:	of a record
 *
 * Context: any but under the locks of a wheel, a bucket or a port.
 */
void atcp_timewait_put(struct atcp_node *node)
{
	struct atcp_timewait *tw = tw_of(node);

	if (!refcount_dec_and_test(&node->ref))
		return;
	if (tw->port)
		atcp_port_put(tw->port);
	call_rcu(&tw->rcu, free_rcu_record);
}

static struct atcp_timewait *make(struct atcp_conn *conn)
{
	struct atcp_net *an = atcp_net(conn->n.net);
	struct atcp_timewait *tw = NULL;

	if (atomic_inc_return(&an->time_waits) > READ_ONCE(an->max_tw)) {
		atcp_mib_inc(an, ATCP_MIB_TW_OVERFLOW);
		/* The timer ends it at once: the limit is there for a reason. */
		conn->tcb.deadline[ATCP_TIMER_TIME_WAIT] = 1;
	} else {
		tw = record_alloc(conn->tcb.auth ? conn->auth : NULL);
	}
	if (!tw) {
		atomic_dec(&an->time_waits);
		return NULL;
	}
	tw->n.net = conn->n.net;
	tw->n.flow = conn->n.flow;
	tw->n.kind = ATCP_KIND_TIMEWAIT;
	tw->n.features = conn->tcb.p.features;
	tw->n.ifindex = atcp_node_bound_if(&conn->n);
	tw->mark = atcp_inet_mark(conn);
	refcount_set(&tw->n.ref, 1);
	INIT_HLIST_NODE(&tw->link);
	pack(tw, &conn->tcb);
	if (conn->port)
		tw->port = atcp_port_get(conn->port);
	return tw;
}

/**
 * atcp_timewait_start() - a record takes the place of a connection
 * @conn:	under its lock, in TIME-WAIT, its last ACK sent
 * @now:	microseconds
 *
 * Return: true when it did: the caller then owns the table's reference to
 * @conn. Else the connection stays in TIME-WAIT itself.
 */
bool atcp_timewait_start(struct atcp_conn *conn, u64 now)
{
	struct atcp_timewait *tw;
	struct atcp_wheel *w;
	bool done;

	lockdep_assert_held(&conn->lock);
	rcu_read_lock();
	tw = make(conn);
	rcu_read_unlock();
	if (!tw)
		return false;
	w = atcp_wheel_of(&tw->n);
	spin_lock_bh(&w->lock);
	done = atcp_table_replace(&conn->n, &tw->n);
	if (done)
		atcp_wheel_hang(w, tw, conn->tcb.deadline[ATCP_TIMER_TIME_WAIT] ?: now);
	spin_unlock_bh(&w->lock);
	if (done)
		atcp_mib_inc(atcp_net(conn->n.net), ATCP_MIB_TW_CREATED);
	atcp_timewait_put(&tw->n);
	return done;
}

/* The core's judgement of a segment, over a TCB rebuilt in the wheel. */
static bool judge(struct atcp_wheel *w, struct atcp_timewait *tw, const struct atcp_seg *seg,
		  bool may_reopen, struct atcp_fx *fx, struct atcp_out *out)
{
	struct atcp_tcb *tcb = &w->tcb;
	u64 now = atcp_now();
	u64 deadline;
	bool answer;

	lockdep_assert_held(&w->lock);
	unpack(tcb, tw, now);
	deadline = tcb->deadline[ATCP_TIMER_TIME_WAIT];
	if (!may_reopen)
		tcb->p.features &= ~ATCP_F_TW_REUSE;
	atcp_segment_arrives(tcb, seg, 0, 0, now, fx);
	answer = atcp_next_segment(tcb, now, 0, out, fx);
	if (tcb->state != ATCP_TIME_WAIT) {
		atcp_wheel_take_out(w, tw);
		return answer;
	}
	pack(tw, tcb);
	if (tcb->deadline[ATCP_TIMER_TIME_WAIT] != deadline) {
		hlist_del_init(&tw->link);
		atcp_wheel_hang(w, tw, tcb->deadline[ATCP_TIMER_TIME_WAIT]);
	}
	return answer;
}

/**
 * atcp_timewait_segment() - a segment for a record
 * @node:	of the record, with a reference
 * @skb:	the segment
 * @seg:	the same, parsed
 * @dif:	device it came by
 * @may_reopen:	there is a listener for it
 *
 * Context: RCU held. Return: after ATCP_TW_REOPEN the caller owns the table's
 * reference, for atcp_timewait_over() or atcp_timewait_return().
 */
enum atcp_tw_verdict atcp_timewait_segment(struct atcp_node *node, struct sk_buff *skb,
					   const struct atcp_seg *seg, int dif, bool may_reopen)
{
	struct atcp_timewait *tw = tw_of(node);
	struct atcp_auth *auth = atcp_timewait_auth(node);
	struct atcp_wheel *w = atcp_wheel_of(node);
	struct atcp_out out = { 0 };
	struct atcp_fx fx = { 0 };
	bool answer, ended;

	spin_lock_bh(&w->lock);
	if (!is_alive(tw)) {
		spin_unlock_bh(&w->lock);
		return ATCP_TW_GONE;
	}
	answer = judge(w, tw, seg, may_reopen, &fx, &out);
	ended = !is_alive(tw);
	spin_unlock_bh(&w->lock);

	atcp_count_events(atcp_net(node->net), fx.events);
	if (fx.reply.ctl)
		atcp_xmit_answer(node->net, skb, &node->flow, dif, tw->mark, auth, &fx.reply);
	if (answer)
		atcp_xmit_answer(node->net, skb, &node->flow, dif, tw->mark, auth, &out);
	if (fx.reopen)
		return ATCP_TW_REOPEN;
	if (ended) {
		atcp_count_edge(node, ATCP_TIME_WAIT, ATCP_CLOSED, fx.cause);
		atcp_timewait_put(node);
	}
	return ATCP_TW_DONE;
}

/**
 * atcp_timewait_least_iss() - beyond what the old incarnation has used
 * @node:	of its record
 *
 * Return: a sequence number.
 */
u32 atcp_timewait_least_iss(const struct atcp_node *node)
{
	return tw_of(node)->snd_nxt + U16_MAX + 2;
}

/**
 * atcp_timewait_over() - the SYN that reopened it has led to a connection
 * @node:	of a record that is out of the table; gives the reference back
 */
void atcp_timewait_over(struct atcp_node *node)
{
	atcp_count_edge(node, ATCP_TIME_WAIT, ATCP_CLOSED, ATCP_BY_SEGMENT);
	atcp_timewait_put(node);
}

/* Who still stands on the old one under RCU must go on where that stood. */
static struct atcp_timewait *copy_of(const struct atcp_timewait *old)
{
	struct atcp_timewait *tw = record_alloc(atcp_timewait_auth(&old->n));

	if (!tw)
		return NULL;
	memcpy(tw, old, sizeof(*tw));	/* but for what is behind it */
	memset(&tw->n.node, 0, sizeof(tw->n.node));
	INIT_HLIST_NODE(&tw->link);
	refcount_set(&tw->n.ref, 1);
	tw->port = atcp_port_get(old->port);
	atomic_inc(&atcp_net(tw->n.net)->time_waits);
	return tw;
}

/**
 * atcp_timewait_return() - the SYN that reopened it was an old duplicate
 * @node:	of a record that is out of the table; gives the reference back
 * @in_place_of: what came of that SYN, in the table; or NULL
 *
 * RFC 9293, section 3.6.1 [MAY-2]: then TIME-WAIT goes on, for as long as it had to.
 *
 * Return: @in_place_of was in the table and no longer is; the caller then owns
 * that reference.
 */
bool atcp_timewait_return(struct atcp_node *node, struct atcp_node *in_place_of)
{
	u64 deadline = atcp_timewait_deadline(node);
	struct atcp_timewait *tw = NULL;
	struct atcp_wheel *w = atcp_wheel_of(node);
	bool done = false;

	if (deadline > atcp_now())
		tw = copy_of(tw_of(node));
	if (tw) {
		spin_lock_bh(&w->lock);
		done = in_place_of ? atcp_table_replace(in_place_of, &tw->n) :
				     !atcp_table_insert(&tw->n);
		if (done)
			atcp_wheel_hang(w, tw, deadline);
		spin_unlock_bh(&w->lock);
		atcp_timewait_put(&tw->n);
	}
	if (!done)
		atcp_count_edge(node, ATCP_TIME_WAIT, ATCP_CLOSED, ATCP_BY_SEGMENT);
	atcp_timewait_put(node);
	return in_place_of && (done || atcp_table_remove(in_place_of));
}

/**
 * atcp_timewait_recyclable() - may an active OPEN take over the flow
 * @node:	of a record
 *
 * When the peer tells the two incarnations apart by their timestamps: it has
 * seen one that is older than ours will be (RFC 6191, section 2; RFC 7323).
 *
 * Return: true when it may.
 */
bool atcp_timewait_recyclable(const struct atcp_node *node)
{
	const struct atcp_timewait *tw = tw_of(node);
	u16 age = (u16)to_seconds(atcp_now()) - READ_ONCE(node->ts_age);

	return node->features & ATCP_F_TW_REUSE &&
	       tw->opts_on & ATCP_OPT_TS && age > 1;
}

/**
 * atcp_timewait_recycle() - end a record for an active OPEN
 * @node:	of the record, with a reference
 * @least_iss:	beyond what the old incarnation has used
 *
 * Return: false when it may not be.
 */
bool atcp_timewait_recycle(struct atcp_node *node, u32 *least_iss)
{
	struct atcp_timewait *tw = tw_of(node);
	struct atcp_wheel *w = atcp_wheel_of(node);
	bool done;

	spin_lock_bh(&w->lock);
	done = is_alive(tw) && atcp_timewait_recyclable(node);
	if (done) {
		*least_iss = tw->snd_nxt + U16_MAX + 2;
		atcp_wheel_take_out(w, tw);
	}
	spin_unlock_bh(&w->lock);
	if (done) {
		atcp_mib_inc(atcp_net(node->net), ATCP_EV_TW_RECYCLED);
		atcp_count_edge(node, ATCP_TIME_WAIT, ATCP_CLOSED, ATCP_BY_CALL);
		atcp_timewait_put(node);
	}
	return done;
}

/**
 * atcp_timewait_kill() - end a record: its namespace, or the module, goes
 * @node:	of the record; RCU held
 */
void atcp_timewait_kill(struct atcp_node *node)
{
	struct atcp_timewait *tw = tw_of(node);
	struct atcp_wheel *w = atcp_wheel_of(node);
	bool alive;

	if (!refcount_inc_not_zero(&node->ref))
		return;
	spin_lock_bh(&w->lock);
	alive = is_alive(tw);
	if (alive)
		atcp_wheel_take_out(w, tw);
	spin_unlock_bh(&w->lock);
	if (alive) {
		atcp_count_edge(node, ATCP_TIME_WAIT, ATCP_CLOSED, ATCP_BY_CALL);
		atcp_timewait_put(node);
	}
	atcp_timewait_put(node);
}

/**
 * atcp_timewait_deadline() - when a record ends
 * @node:	of the record
 *
 * Return: microseconds of atcp_now().
 */
u64 atcp_timewait_deadline(const struct atcp_node *node)
{
	return whole_ms(READ_ONCE(tw_of(node)->deadline), atcp_tw_ms(atcp_now())) * 1000;
}

/**
 * atcp_timewait_init() - before the first record
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_timewait_init(void)
{
	BUILD_BUG_ON(sizeof(struct atcp_timewait) > 120);
	if (atcp_wheels_init())
		return -ENOMEM;
	cache = KMEM_CACHE(atcp_timewait, 0);
	if (!cache) {
		atcp_wheels_exit();
		return -ENOMEM;
	}
	return 0;
}

/**
 * atcp_timewait_exit() - after the last record
 *
 * Context: process, may sleep.
 */
void atcp_timewait_exit(void)
{
	atcp_wheels_exit();
	rcu_barrier();		/* free_rcu_record() is code of this module */
	kmem_cache_destroy(cache);
}
