// SPDX-License-Identifier: GPL-2.0
/*
 * The table of listeners: who answers a SYN.
 *
 * Owns the hash table of listeners over all namespaces, by their local port.
 * Readers hold RCU only; writers hold one lock for all, a leaf as those of
 * table.c, for listen() and close() are rare.  The lists end in a value that
 * names their bucket, as there.
 *
 * RFC 9293 section 3.10.7.2.
 */

#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rculist_nulls.h>
#include <linux/reciprocal_div.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/netns/hash.h>
#include <atcp/conn.h>
#include "table.h"

#define BUCKETS			1024

static struct hlist_nulls_head *listeners;
static DEFINE_SPINLOCK(lock);
static u32 secret;

static unsigned int bucket_of(const struct net *net, __be16 lport)
{
	return jhash_1word((__force u32)lport, secret ^ net_hash_mix(net)) & (BUCKETS - 1);
}

/**
 * atcp_listeners_head() - for those who visit every listener
 * @i:		number of a bucket
 *
 * Return: the bucket, to be read under RCU; NULL behind the last one.
 */
struct hlist_nulls_head *atcp_listeners_head(unsigned int i)
{
	return i < BUCKETS ? &listeners[i] : NULL;
}

/**
 * atcp_table_listen() - make a listener known to arriving SYNs
 * @conn:	in LISTEN, with its local address and port
 *
 * The table takes a reference.
 *
 * Context: any. Return: 0, or -EALREADY when it is there.
 */
int atcp_table_listen(struct atcp_conn *conn)
{
	struct atcp_node *node = &conn->n;
	unsigned int bucket = bucket_of(node->net, node->flow.lport);
	int err = -EALREADY;

	spin_lock_bh(&lock);
	if (hlist_nulls_unhashed(&node->node)) {
		refcount_inc(&node->ref);
		hlist_nulls_add_head_rcu(&node->node, &listeners[bucket]);
		err = 0;
	}
	spin_unlock_bh(&lock);
	return err;
}

/**
 * atcp_table_unlisten() - no SYN will find the listener any more
 * @conn:	one that atcp_table_listen() entered, or that was never hashed
 *
 * Gives the table's reference back. Context: any; the caller has a reference.
 */
void atcp_table_unlisten(struct atcp_conn *conn)
{
	bool there;

	spin_lock_bh(&lock);
	there = !hlist_nulls_unhashed(&conn->n.node);
	if (there)
		hlist_nulls_del_init_rcu(&conn->n.node);
	spin_unlock_bh(&lock);
	if (there)
		atcp_conn_put(conn);
}

static bool any_address(const struct in6_addr *addr)
{
	return ipv6_addr_any(addr) ||
	       (ipv6_addr_v4mapped(addr) && !addr->s6_addr32[3]);
}

/*
 * How well a listener suits a SYN: an exact address before any, then a device
 * before none, then IPv4's own before one that takes both. 0: not at all.
 */
static int listener_score(struct atcp_conn *conn, struct net *net,
			  const struct atcp_flow *flow, int dif, int sdif)
{
	const struct atcp_flow *own = &conn->n.flow;
	const struct sock *sk = READ_ONCE(conn->sk);
	bool v4 = atcp_flow_is_v4(flow);
	int score = 1;

	if (!sk || conn->n.net != net || own->lport != flow->lport ||
	    READ_ONCE(conn->tcb.state) != ATCP_LISTEN ||
	    !inet_sk_bound_dev_eq(net, READ_ONCE(sk->sk_bound_dev_if), dif, sdif))
		return 0;
	if (sk->sk_family == AF_INET ? !v4 : v4 && ipv6_only_sock(sk))
		return 0;
	if (ipv6_addr_equal(&own->laddr, &flow->laddr))
		score += 8;
	else if (!any_address(&own->laddr) ||
		 (ipv6_addr_v4mapped(&own->laddr) && !v4))
		return 0;
	if (READ_ONCE(sk->sk_bound_dev_if))
		score += 4;
	if (sk->sk_family == AF_INET)
		score += 2;
	return score;
}

/* Among equals of an SO_REUSEPORT group the flow's hash decides. RCU held. */
static struct atcp_conn *best_listener(struct net *net, const struct atcp_flow *flow,
				       int dif, int sdif)
{
	unsigned int bucket = bucket_of(net, flow->lport);
	struct hlist_nulls_node *pos;
	struct atcp_node *node;
	struct atcp_conn *best;
	u32 equals, hash;
	int score, high;

again:
	best = NULL;
	high = 0;
	equals = 0;
	hash = 0;
	hlist_nulls_for_each_entry_rcu(node, pos, &listeners[bucket], node) {
		struct atcp_conn *conn = atcp_conn_of(node);

		score = listener_score(conn, net, flow, dif, sdif);
		if (score > high) {
			high = score;
			best = conn;
			equals = 1;
			hash = atcp_flow_hash(net, flow);
		} else if (score && score == high) {
			equals++;
			if (!reciprocal_scale(hash, equals))
				best = conn;
			hash = jhash_1word(hash, secret);
		}
	}
	if (get_nulls_value(pos) != bucket)
		goto again;
	return best;
}

/**
 * atcp_table_lookup_listener() - who listens for a SYN
 * @net:	namespace
 * @flow:	both ends, seen from here
 * @dif:	device it came in by
 * @sdif:	the same below an L3 master device
 *
 * Context: RCU held. Return: the listener with a reference, or NULL.
 */
struct atcp_conn *atcp_table_lookup_listener(struct net *net, const struct atcp_flow *flow,
					     int dif, int sdif)
{
	struct atcp_conn *conn;

	do {
		conn = best_listener(net, flow, dif, sdif);
	} while (conn && !refcount_inc_not_zero(&conn->n.ref));
	return conn;
}

/**
 * atcp_listeners_any() - whether somebody listens for a SYN
 * @net:	namespace
 * @flow:	both ends, seen from here
 * @dif:	device it came in by
 * @sdif:	the same below an L3 master device
 *
 * Context: RCU held. Return: true when there is one.
 */
bool atcp_listeners_any(struct net *net, const struct atcp_flow *flow, int dif, int sdif)
{
	return best_listener(net, flow, dif, sdif);
}

/**
 * atcp_listeners_init() - make the table
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_listeners_init(void)
{
	secret = get_random_u32();
	listeners = atcp_table_heads(BUCKETS);
	return listeners ? 0 : -ENOMEM;
}

/**
 * atcp_listeners_exit() - free the table, which is empty
 */
void atcp_listeners_exit(void)
{
	kvfree(listeners);
}
