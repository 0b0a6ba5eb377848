// SPDX-License-Identifier: GPL-2.0
/*
 * The table of connections: which node a segment belongs to.
 *
 * Owns the hash table of connections and TIME-WAIT records over all namespaces,
 * by their flow; listeners are in that of listeners.c.  Readers hold RCU only;
 * writers hold the lock of the bucket, which is a leaf (see conn.h).  A node may leave
 * and come back without a grace period (a connect() that failed is tried
 * again), so the lists end in a value that names their bucket: a reader that
 * was carried into another list sees it at the end, and starts again.
 *
 * RFC 9293 section 3.3.1 (the local and remote sockets of a TCB) and 3.10.7.
 */

#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rculist_nulls.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/netns/hash.h>
#include <atcp/conn.h>
#include "table.h"

#define CONN_BUCKETS_MIN	1024
#define CONN_BUCKETS_MAX	(512 * 1024)
#define LOCKS			1024

static struct hlist_nulls_head *conns;
static unsigned int conn_mask;
static spinlock_t *locks;
static u32 secret;

/**
 * atcp_flow_hash() - hash of a flow, keyed by a secret of this boot
 * @net:	its namespace
 * @flow:	both ends
 *
 * Return: the hash.
 */
u32 atcp_flow_hash(const struct net *net, const struct atcp_flow *flow)
{
	u32 seed = secret ^ net_hash_mix(net);

	BUILD_BUG_ON(sizeof(*flow) % sizeof(u32));
	/* Every segment of the host comes here, and not to hash what never differs. */
	if (atcp_flow_is_v4(flow))
		return jhash_3words((__force u32)flow->laddr.s6_addr32[3],
				    (__force u32)flow->raddr.s6_addr32[3],
				    (__force u32)flow->lport << 16 | (__force u32)flow->rport,
				    seed);
	return jhash2((const u32 *)flow, sizeof(*flow) / sizeof(u32), seed);
}

static unsigned int conn_bucket(const struct net *net, const struct atcp_flow *flow)
{
	return atcp_flow_hash(net, flow) & conn_mask;
}

static spinlock_t *bucket_lock(unsigned int bucket)
{
	return &locks[bucket & (LOCKS - 1)];
}

/**
 * atcp_node_put() - give a reference back
 * @node:	what atcp_table_lookup() returned
 */
void atcp_node_put(struct atcp_node *node)
{
	if (node->kind == ATCP_KIND_CONN)
		atcp_conn_put(atcp_conn_of(node));
	else if (node->kind == ATCP_KIND_HALF)
		atcp_half_put(node);
	else
		atcp_timewait_put(node);
}

/**
 * atcp_node_bound_if() - the device a node is bound to
 * @node:	the node
 *
 * SO_BINDTODEVICE takes effect at once, and module code does not see it
 * happen, so the socket is asked where there is one.
 *
 * Context: RCU held. Return: index of the device, 0 when there is none.
 */
int atcp_node_bound_if(const struct atcp_node *node)
{
	const struct sock *sk;

	if (node->kind != ATCP_KIND_CONN)
		return node->ifindex;
	sk = READ_ONCE(atcp_conn_of(node)->sk);
	return sk ? READ_ONCE(sk->sk_bound_dev_if) : READ_ONCE(node->ifindex);
}

static bool node_matches(const struct atcp_node *node, struct net *net,
			 const struct atcp_flow *flow, int dif, int sdif)
{
	return node->net == net && atcp_flow_equal(&node->flow, flow) &&
	       inet_sk_bound_dev_eq(net, atcp_node_bound_if(node), dif, sdif);
}

/* Two nodes cannot both have the flow unless they are bound to two devices. */
static bool node_conflicts(const struct atcp_node *node, const struct net *net,
			   const struct atcp_flow *flow, int ifindex)
{
	int bound;

	if (node->net != net || !atcp_flow_equal(&node->flow, flow))
		return false;
	bound = atcp_node_bound_if(node);
	return !bound || !ifindex || bound == ifindex;
}

static struct atcp_node *find_conflict(unsigned int bucket, const struct net *net,
				       const struct atcp_flow *flow, int ifindex)
{
	struct hlist_nulls_node *pos;
	struct atcp_node *node;

	hlist_nulls_for_each_entry_rcu(node, pos, &conns[bucket], node) {
		if (node_conflicts(node, net, flow, ifindex))
			return node;
	}
	return NULL;
}

/*
 * Adds @node unless another has its flow. Returns that one with a reference,
 * or NULL. The table takes a reference to @node.
 */
static struct atcp_node *insert_or_find(struct atcp_node *node)
{
	unsigned int bucket = conn_bucket(node->net, &node->flow);
	struct atcp_node *other;

	rcu_read_lock();
	spin_lock_bh(bucket_lock(bucket));
	other = find_conflict(bucket, node->net, &node->flow, node->ifindex);
	if (other) {
		refcount_inc(&other->ref);	/* the table's keeps it above 0 */
	} else {
		refcount_inc(&node->ref);
		hlist_nulls_add_head_rcu(&node->node, &conns[bucket]);
	}
	spin_unlock_bh(bucket_lock(bucket));
	rcu_read_unlock();
	return other;
}

/**
 * atcp_table_insert() - make a node known to arriving segments
 * @node:	the node, with net, flow and ifindex set
 *
 * The table takes a reference.
 *
 * Context: any. Return: 0, or -EADDRNOTAVAIL when another has the flow.
 */
int atcp_table_insert(struct atcp_node *node)
{
	struct atcp_node *other = insert_or_find(node);

	if (!other)
		return 0;
	atcp_node_put(other);
	return -EADDRNOTAVAIL;
}

/**
 * atcp_table_insert_conn() - the same, for an active OPEN
 * @conn:	in CLOSED, with its flow chosen, of interest to its user alone
 *
 * May take over the flow from TIME-WAIT: then atcp_conn_iss() will choose a
 * sequence number beyond those of the old incarnation (RFC 6191; RFC 9293,
 * 3.4.3).
 *
 * Context: any, conn->lock not held. Return: 0 or -EADDRNOTAVAIL.
 */
int atcp_table_insert_conn(struct atcp_conn *conn)
{
	const struct sock *sk = conn->sk;
	struct atcp_node *other;
	int tries, err = -EADDRNOTAVAIL;

	spin_lock_bh(&conn->lock);
	conn->n.ifindex = sk ? READ_ONCE(sk->sk_bound_dev_if) : conn->n.ifindex;
	conn->tcb.ts.offset = atcp_ts_offset(conn->n.net, &conn->n.flow);
	conn->has_least_iss = false;
	conn->timewait = false;
	conn->hashed = true;		/* before a segment can find it */
	for (tries = 0; tries < 2; tries++) {
		other = insert_or_find(&conn->n);
		if (!other) {
			err = 0;
			break;
		}
		if (other->kind == ATCP_KIND_TIMEWAIT &&
		    atcp_timewait_recycle(other, &conn->least_iss))
			conn->has_least_iss = true;
		else
			tries = 2;
		atcp_node_put(other);
	}
	if (err)
		conn->hashed = false;
	spin_unlock_bh(&conn->lock);
	return err;
}

/**
 * atcp_table_remove() - no segment will find the node any more
 * @node:	the node
 *
 * Context: any. Return: true when it was there: the caller then owns the
 * table's reference.
 */
bool atcp_table_remove(struct atcp_node *node)
{
	unsigned int bucket = conn_bucket(node->net, &node->flow);
	bool there;

	spin_lock_bh(bucket_lock(bucket));
	there = !hlist_nulls_unhashed(&node->node);
	if (there)
		hlist_nulls_del_init_rcu(&node->node);
	spin_unlock_bh(bucket_lock(bucket));
	return there;
}

/*
 * @with comes to stand where @old stood, in one step: were it added at the head
 * and @old then removed, a reader between the two would find neither.
 */
static void replace_rcu(struct hlist_nulls_node *old, struct hlist_nulls_node *with)
{
	struct hlist_nulls_node *next = old->next;

	with->next = next;
	WRITE_ONCE(with->pprev, old->pprev);
	rcu_assign_pointer(*(struct hlist_nulls_node __rcu **)with->pprev, with);
	if (!is_a_nulls(next))
		WRITE_ONCE(next->pprev, &with->next);
	WRITE_ONCE(old->pprev, NULL);
}

/**
 * atcp_table_replace() - one node takes the place of another
 * @old:	in the table
 * @with:	with the same net and flow
 *
 * The table takes a reference to @with.
 *
 * Context: any. Return: false when @old was not there; when it was, the caller
 * owns the table's reference to it.
 */
bool atcp_table_replace(struct atcp_node *old, struct atcp_node *with)
{
	unsigned int bucket = conn_bucket(old->net, &old->flow);
	bool there;

	spin_lock_bh(bucket_lock(bucket));
	there = !hlist_nulls_unhashed(&old->node);
	if (there) {
		refcount_inc(&with->ref);
		replace_rcu(&old->node, &with->node);
	}
	spin_unlock_bh(bucket_lock(bucket));
	return there;
}

/**
 * atcp_table_lookup() - the connection or record that a segment belongs to
 * @net:	namespace
 * @flow:	both ends, seen from here
 * @dif:	device it came in by
 * @sdif:	the same below an L3 master device
 *
 * Context: RCU held. Return: the node with a reference, or NULL.
 */
struct atcp_node *atcp_table_lookup(struct net *net, const struct atcp_flow *flow,
				    int dif, int sdif)
{
	unsigned int bucket = conn_bucket(net, flow);
	struct hlist_nulls_node *pos;
	struct atcp_node *node;

again:
	hlist_nulls_for_each_entry_rcu(node, pos, &conns[bucket], node) {
		if (!node_matches(node, net, flow, dif, sdif) ||
		    !refcount_inc_not_zero(&node->ref))
			continue;
		/* It may have left and come back for another flow. */
		if (likely(node_matches(node, net, flow, dif, sdif)))
			return node;
		atcp_node_put(node);
		goto again;
	}
	if (get_nulls_value(pos) != bucket)
		goto again;
	return NULL;
}

/**
 * atcp_table_taken() - whether an active OPEN may not use the flow
 * @net:	namespace
 * @flow:	both ends
 *
 * A first look only: atcp_table_insert_conn() decides.
 *
 * Context: any. Return: true when another has it.
 */
bool atcp_table_taken(struct net *net, const struct atcp_flow *flow)
{
	struct atcp_node *node;
	bool taken;

	rcu_read_lock();
	node = find_conflict(conn_bucket(net, flow), net, flow, 0);
	taken = node && !(node->kind == ATCP_KIND_TIMEWAIT &&
			  atcp_timewait_recyclable(node));
	rcu_read_unlock();
	return taken;
}

static void walk(struct hlist_nulls_head *head, struct net *net,
		 void (*fn)(struct atcp_node *node, void *arg), void *arg)
{
	struct hlist_nulls_node *pos;
	struct atcp_node *node;

	rcu_read_lock();
	hlist_nulls_for_each_entry_rcu(node, pos, head, node) {
		if (!net || node->net == net)
			fn(node, arg);
	}
	rcu_read_unlock();
}

/**
 * atcp_table_walk() - visit every node, listeners too
 * @net:	of this namespace; NULL: of all
 * @fn:		called under RCU; may remove the node, must not keep it
 * @arg:	passed to @fn
 *
 * A node that is added or moved meanwhile may be missed.
 */
void atcp_table_walk(struct net *net, void (*fn)(struct atcp_node *node, void *arg),
		     void *arg)
{
	struct hlist_nulls_head *head;
	unsigned int i;

	for (i = 0; (head = atcp_listeners_head(i)); i++)
		walk(head, net, fn, arg);
	for (i = 0; i <= conn_mask; i++) {
		if (!hlist_nulls_empty(&conns[i]))
			walk(&conns[i], net, fn, arg);
		cond_resched();
	}
}

static struct hlist_nulls_head *iter_bucket(const struct atcp_table_iter *it)
{
	if (it->listening)
		return atcp_listeners_head(it->bucket);
	return it->bucket <= conn_mask ? &conns[it->bucket] : NULL;
}

/*
 * The node to be listed next in a bucket: the one after it->last.  New nodes
 * come in at the head, so a place counted from there would not last from one
 * read() to the next; it has to do only when that node is gone.
 */
static struct atcp_node *iter_in_bucket(struct atcp_table_iter *it, struct hlist_nulls_head *head)
{
	struct hlist_nulls_node *pos;
	struct atcp_node *node;
	bool passed = false;
	loff_t i = 0;

	hlist_nulls_for_each_entry_rcu(node, pos, head, node) {
		if (passed && node->net == it->net)
			return node;
		if (node == it->last)
			passed = true;
	}
	if (passed)
		return NULL;
	if (it->last && it->skip)
		it->skip--;
	it->last = NULL;
	hlist_nulls_for_each_entry_rcu(node, pos, head, node) {
		if (node->net == it->net && i++ == it->skip)
			return node;
	}
	return NULL;
}

/* The same, or the first one after that bucket. */
static struct atcp_node *iter_find(struct atcp_table_iter *it)
{
	struct hlist_nulls_head *head;
	struct atcp_node *node;

	while ((head = iter_bucket(it))) {
		node = iter_in_bucket(it, head);
		if (node)
			return node;
		it->bucket++;
		it->skip = 0;
		it->last = NULL;
	}
	return NULL;
}

/**
 * atcp_table_iter_start() - begin, or go on, listing the nodes of a namespace
 * @it:		with net and listening set, else zero the first time
 * @pos:	which one; goes on where it stopped when that is next
 *
 * Context: RCU held until the listing is done with what it returned.
 * Return: struct atcp_node, or NULL at the end.
 */
void *atcp_table_iter_start(struct atcp_table_iter *it, loff_t pos)
{
	struct atcp_node *node;

	if (!pos || pos != it->pos) {
		it->bucket = 0;
		it->skip = 0;
		it->pos = 0;
		it->last = NULL;
	}
	node = iter_find(it);
	while (node && it->pos < pos)
		node = atcp_table_iter_next(it, node);
	return node;
}

/**
 * atcp_table_iter_next() - the node after the one at hand
 * @it:		the listing
 * @cur:	what it returned last
 *
 * Context: RCU held. Return: struct atcp_node, or NULL at the end.
 */
void *atcp_table_iter_next(struct atcp_table_iter *it, void *cur)
{
	it->skip++;
	it->pos++;
	it->last = cur;
	return iter_find(it);
}

/* One bucket for 64 KiB of memory. */
static unsigned int conn_buckets(void)
{
	unsigned long n = totalram_pages() >> (16 - PAGE_SHIFT);

	n = clamp_t(unsigned long, n, CONN_BUCKETS_MIN, CONN_BUCKETS_MAX);
	return roundup_pow_of_two(n);
}

/**
 * atcp_table_heads() - make the buckets of a hash table
 * @n:		how many
 *
 * Return: empty lists, each with its number as its end; NULL without memory.
 */
struct hlist_nulls_head *atcp_table_heads(unsigned int n)
{
	struct hlist_nulls_head *heads = kvmalloc_array(n, sizeof(*heads), GFP_KERNEL);
	unsigned int i;

	for (i = 0; heads && i < n; i++)
		INIT_HLIST_NULLS_HEAD(&heads[i], i);
	return heads;
}

/**
 * atcp_table_init() - make the tables
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_table_init(void)
{
	unsigned int i, n = conn_buckets();

	secret = get_random_u32();
	conn_mask = n - 1;
	conns = atcp_table_heads(n);
	locks = kvmalloc_array(LOCKS, sizeof(*locks), GFP_KERNEL);
	if (!conns || !locks || atcp_listeners_init()) {
		atcp_table_exit();
		return -ENOMEM;
	}
	for (i = 0; i < LOCKS; i++)
		spin_lock_init(&locks[i]);
	return 0;
}

/**
 * atcp_table_exit() - free the tables, which are empty
 */
void atcp_table_exit(void)
{
	kvfree(conns);
	atcp_listeners_exit();
	kvfree(locks);
}
