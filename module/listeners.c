// SPDX-License-Identifier: GPL-2.0
/*
 * The table of listeners: who answers a SYN.
 *
 * Owns the hash table of listeners over all namespaces, by their local port.
 * Readers hold RCU only; writers hold one lock for all, a leaf as those of
 * table.c, for listen() and close() are rare.  The lists end in a value that
 * names their bucket, as there.
 *
 * Sockets with SO_REUSEPORT that listen at one place are a group in the kernel's
 * own sense (struct sock_reuseport): it has the BPF program that may choose among
 * them, and else their number for the hash of a flow to choose by.
 *
 * RFC 9293 section 3.10.7.2.
 */

#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rculist_nulls.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/inet_sock.h>
#include <net/netns/hash.h>
#include <net/sock_reuseport.h>
#include <atcp/sock.h>
#include "table.h"

#define BUCKETS			1024

static struct hlist_nulls_head *listeners;
static DEFINE_SPINLOCK(lock);
static HLIST_HEAD(hashed);		/* by sk_node, for sk_unhashed() alone */
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

static bool any_address(const struct in6_addr *addr)
{
	return ipv6_addr_any(addr) ||
	       (ipv6_addr_v4mapped(addr) && !addr->s6_addr32[3]);
}

/* Do two sockets listen at one place, by the rules of the kernel's own TCP? */
static bool same_place(const struct sock *a, const struct sock *b)
{
	return a->sk_family == b->sk_family && ipv6_only_sock(a) == ipv6_only_sock(b) &&
	       READ_ONCE(a->sk_bound_dev_if) == READ_ONCE(b->sk_bound_dev_if) &&
	       inet_rcv_saddr_equal(a, b, false);
}

/* With SO_REUSEPORT: into the group of those of the same user, or one of its own. */
static int join_group(struct atcp_conn *conn, struct sock *sk, unsigned int bucket)
{
	bool any = any_address(&conn->n.flow.laddr);
	struct hlist_nulls_node *pos;
	kuid_t uid = sock_i_uid(sk);
	struct atcp_node *node;

	lockdep_assert_held(&lock);
	hlist_nulls_for_each_entry(node, pos, &listeners[bucket], node) {
		struct sock *other = atcp_conn_of(node)->sk;

		if (other && net_eq(node->net, conn->n.net) &&
		    node->flow.lport == conn->n.flow.lport && other->sk_reuseport &&
		    uid_eq(uid, sock_i_uid(other)) && same_place(sk, other))
			return reuseport_add_sock(sk, other, any);
	}
	return reuseport_alloc(sk, any);
}

/**
 * atcp_table_listen() - make a listener known to arriving SYNs
 * @conn:	in LISTEN, with its local address and port
 *
 * The table takes a reference.
 *
 * Context: process, under lock_sock(). Return: 0; -EALREADY when it is there;
 * -ENOMEM and the like when the group takes no more.
 */
int atcp_table_listen(struct atcp_conn *conn)
{
	struct atcp_node *node = &conn->n;
	unsigned int bucket = bucket_of(node->net, node->flow.lport);
	struct sock *sk = conn->sk;
	int err = -EALREADY;

	spin_lock_bh(&lock);
	if (!hlist_nulls_unhashed(&node->node))
		goto out;
	err = sk->sk_reuseport ? join_group(conn, sk, bucket) : 0;
	if (err)
		goto out;
	refcount_inc(&node->ref);
	hlist_nulls_add_head_rcu(&node->node, &listeners[bucket]);
	/* A program is for those alone who were in a group when they were hashed. */
	hlist_add_head(&sk->sk_node, &hashed);
out:
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
	struct sock *sk;
	bool there;

	spin_lock_bh(&lock);
	there = !hlist_nulls_unhashed(&conn->n.node);
	if (there) {
		sk = conn->sk;		/* which closes only after this */
		hlist_nulls_del_init_rcu(&conn->n.node);
		hlist_del_init(&sk->sk_node);
		if (rcu_access_pointer(sk->sk_reuseport_cb))
			reuseport_detach_sock(sk);
	}
	spin_unlock_bh(&lock);
	if (there)
		atcp_conn_put(conn);
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

/* Among equals the last to listen; the rest is up to their group. RCU held. */
static struct atcp_conn *best_listener(struct net *net, const struct atcp_flow *flow,
				       int dif, int sdif)
{
	unsigned int bucket = bucket_of(net, flow->lport);
	struct hlist_nulls_node *pos;
	struct atcp_node *node;
	struct atcp_conn *best;
	int score, high;

again:
	best = NULL;
	high = 0;
	hlist_nulls_for_each_entry_rcu(node, pos, &listeners[bucket], node) {
		struct atcp_conn *conn = atcp_conn_of(node);

		score = listener_score(conn, net, flow, dif, sdif);
		if (score > high) {
			high = score;
			best = conn;
		}
	}
	if (get_nulls_value(pos) != bucket)
		goto again;
	return best;
}

/*
 * Whom the program of an SO_REUSEPORT group chooses, which sees the text of the
 * segment and, before it, the headers; or the hash of the flow, when it does not.
 */
static struct atcp_conn *of_its_group(struct atcp_conn *one, const struct atcp_flow *flow,
				      struct sk_buff *skb)
{
	struct sock *sk = READ_ONCE(one->sk), *chosen;
	struct atcp_conn *conn;

	if (!sk || !sk->sk_reuseport)
		return one;
	chosen = reuseport_select_sock(sk, atcp_flow_hash(one->n.net, flow), skb, 0);
	if (!chosen)
		return one;
	conn = READ_ONCE(atcp_sk(chosen)->conn);
	/* It may have left the group since. */
	return conn && READ_ONCE(conn->tcb.state) == ATCP_LISTEN ? conn : one;
}

/**
 * atcp_table_lookup_listener() - who is to have a SYN
 * @net:	namespace
 * @flow:	both ends, seen from here
 * @skb:	the segment, skb->data at its text
 * @dif:	device it came in by
 * @sdif:	the same below an L3 master device
 *
 * Context: RCU held. Return: the listener with a reference, or NULL.
 */
struct atcp_conn *atcp_table_lookup_listener(struct net *net, const struct atcp_flow *flow,
					     struct sk_buff *skb, int dif, int sdif)
{
	struct atcp_conn *conn;

	do {
		conn = best_listener(net, flow, dif, sdif);
		if (conn)
			conn = of_its_group(conn, flow, skb);
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
