// SPDX-License-Identifier: GPL-2.0
/*
 * Authentication of segments: what is common to its kinds.  A segment that goes out
 * is signed once it is whole; one that arrives is verified before anything that
 * it says is believed.
 *
 * Owns struct atcp_auth and conn->auth.
 *
 * RFC 2385 sections 2.0 and 4.1.
 */

#include <crypto/algapi.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/l3mdev.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <atcp/auth.h>
#include "compat.h"

/* ---- lifetime ---- */

static struct atcp_auth *auth_alloc(gfp_t gfp)
{
	struct atcp_auth *auth = kzalloc(sizeof(*auth), gfp);

	if (auth)
		refcount_set(&auth->ref, 1);
	return auth;
}

/**
 * atcp_auth_put() - give a reference back
 * @auth:	or NULL
 *
 * Context: any, once nobody can look at it under RCU any more.
 */
void atcp_auth_put(struct atcp_auth *auth)
{
	if (!auth || !refcount_dec_and_test(&auth->ref))
		return;
	atcp_md5_free_all(auth);
	kfree(auth);
}

/**
 * atcp_auth_need() - a connection is about to get a key
 * @conn:	of a socket, under lock_sock
 *
 * Context: process. Return: where keys go, NULL when there is no memory.
 */
struct atcp_auth *atcp_auth_need(struct atcp_conn *conn)
{
	if (!conn->auth)	/* who sees it under RCU sees it empty */
		smp_store_release(&conn->auth, auth_alloc(GFP_KERNEL));
	return conn->auth;
}

/* @dev: by which its segments come or go, or an L3 master device of that */
static struct atcp_peer peer_by(struct net *net, const struct atcp_flow *flow, int dev)
{
	return (struct atcp_peer) {
		.net = net,
		.flow = flow,
		.l3 = l3mdev_master_ifindex_by_index(net, dev),
	};
}

/**
 * atcp_auth_changed() - keys, or the peer, have changed: what it takes of a header
 * @conn:	within a visit
 */
void atcp_auth_changed(struct atcp_conn *conn)
{
	u8 room = 0;

	lockdep_assert_held(&conn->lock);
	if (conn->auth && conn->n.flow.rport)
		room = atcp_auth_room(conn->auth, conn->n.net, &conn->n.flow, conn->ro.bound_if);
	if (room != conn->tcb.auth)
		atcp_set_auth(&conn->tcb, room);
}

/**
 * atcp_auth_inherit() - a SYN made a child: it gets the key of its peer
 * @child:	under its lock, its flow and route options set
 * @listener:	in LISTEN
 *
 * Context: RCU held. Return: false when there is no memory for that.
 */
bool atcp_auth_inherit(struct atcp_conn *child, const struct atcp_conn *listener)
{
	const struct atcp_auth *from = atcp_conn_auth(listener);
	struct atcp_peer peer = peer_by(child->n.net, &child->n.flow, child->ro.bound_if);
	const struct atcp_md5_key *key = atcp_md5_find(from, &peer);

	lockdep_assert_held(&child->lock);
	if (!key)
		return true;
	child->auth = auth_alloc(GFP_ATOMIC | __GFP_NOWARN);
	if (!child->auth || atcp_md5_copy(child->auth, key, &peer))
		return false;
	atcp_auth_changed(child);
	return true;
}

/**
 * atcp_auth_move() - a socket keeps its keys when it begins anew
 * @to:		its fresh connection, not yet seen by others
 * @from:	the old one
 *
 * Context: process, under lock_sock.
 */
void atcp_auth_move(struct atcp_conn *to, const struct atcp_conn *from)
{
	if (!from->auth)
		return;
	to->auth = auth_alloc(GFP_KERNEL);
	if (to->auth)
		atcp_md5_copy_all(to->auth, from->auth);
}

/**
 * atcp_auth_uncharge() - the user of a connection goes
 * @conn:	under its lock, conn->sk still set
 */
void atcp_auth_uncharge(struct atcp_conn *conn)
{
	if (conn->auth)
		atcp_md5_uncharge(conn->auth, conn->sk);
}

/* ---- segments that go out ---- */

/**
 * atcp_auth_room() - what authentication takes of a header to a peer
 * @auth:	keys, or NULL
 * @net:	namespace
 * @flow:	both ends
 * @dev:	device that it must go out by, 0: any
 *
 * Context: RCU or conn->lock held. Return: octets, padding included.
 */
u8 atcp_auth_room(const struct atcp_auth *auth, struct net *net, const struct atcp_flow *flow,
		  int dev)
{
	struct atcp_peer peer;

	if (!auth)
		return 0;
	peer = peer_by(net, flow, dev);
	return atcp_md5_find(auth, &peer) ? ATCP_MD5_ROOM : 0;
}

/* The option stands first, behind two octets of padding. */
static bool sign_md5(const struct atcp_md5_key *key, const struct atcp_flow *flow,
		     struct sk_buff *skb)
{
	struct tcphdr *th = (struct tcphdr *)skb->data;
	u8 *opt = (u8 *)(th + 1) + 2;

	opt[0] = TCPOPT_MD5SIG;
	opt[1] = TCPOLEN_MD5SIG;
	return !atcp_md5_digest(key, flow, false, th, skb, __tcp_hdrlen(th), opt + 2);
}

/**
 * atcp_auth_sign() - fill in what authenticates a segment
 * @auth:	keys
 * @net:	namespace
 * @flow:	both ends
 * @dev:	device that it must go out by, 0: any
 * @skb:	at its header, complete but for the checksum, with room for the option
 *		first; not to be cut any more
 *
 * Context: conn->lock, or RCU, held. [R2385-SIGN]
 * Return: false when it cannot be: then nobody would believe it.
 */
bool atcp_auth_sign(const struct atcp_auth *auth, struct net *net, const struct atcp_flow *flow,
		    int dev, struct sk_buff *skb)
{
	struct atcp_peer peer = peer_by(net, flow, dev);
	const struct atcp_md5_key *key = atcp_md5_find(auth, &peer);

	return key && sign_md5(key, flow, skb);
}

/* ---- segments that arrive ---- */

static bool drop(const struct atcp_peer *peer, enum atcp_mib_item item, const char *why)
{
	const struct atcp_flow *flow = peer->flow;

	atcp_mib_inc(atcp_net(peer->net), item);
	net_info_ratelimited("atcp: %s: [%pI6c]:%u -> [%pI6c]:%u, L3 index %d\n", why,
			     &flow->raddr, ntohs(flow->rport), &flow->laddr,
			     ntohs(flow->lport), peer->l3);
	return false;
}

/* [R2385-VERIFY] [R2385-SILENT] */
static bool check_md5(const struct atcp_auth *auth, const struct atcp_peer *peer,
		      struct sk_buff *skb, const struct atcp_seg *seg)
{
	const struct atcp_md5_key *key = atcp_md5_find(auth, peer);
	const struct tcphdr *th = tcp_hdr(skb);
	u8 digest[ATCP_MD5_SIZE];

	if (!key && seg->opt.auth_kind != ATCP_AUTH_MD5)
		return true;
	if (!key)
		return drop(peer, ATCP_MIB_MD5_UNEXPECTED, "MD5 digest, but no key");
	if (seg->opt.auth_kind != ATCP_AUTH_MD5)
		return drop(peer, ATCP_MIB_MD5_NOT_FOUND, "no MD5 digest");
	if (atcp_md5_digest(key, peer->flow, true, th, skb, 0, digest) ||
	    crypto_memneq(digest, (const u8 *)th + seg->opt.auth_at + 2, sizeof(digest)))
		return drop(peer, ATCP_MIB_MD5_FAILURE, "wrong MD5 digest");
	return true;
}

/**
 * atcp_auth_checks() - the long way of atcp_auth_admits()
 * @auth:	of whom the segment is for, or NULL
 * @net:	namespace
 * @skb:	at its text
 * @seg:	the same, parsed
 * @flow:	its flow
 * @dif:	device it came by
 *
 * Return: false when it is to be dropped; it was counted.
 */
bool atcp_auth_checks(const struct atcp_auth *auth, struct net *net, struct sk_buff *skb,
		      const struct atcp_seg *seg, const struct atcp_flow *flow, int dif)
{
	struct atcp_peer peer = peer_by(net, flow, dif);

	if (seg->opt.auth_kind == ATCP_AUTH_BAD)
		return drop(&peer, ATCP_MIB_IN_ERRS, "bad option of authentication");
	return check_md5(auth, &peer, skb, seg);
}

/* ---- setsockopt ---- */

/**
 * atcp_auth_setsockopt() - options of SOL_TCP that set keys
 * @sk:		the socket
 * @name:	of the option
 * @val:	its value
 * @len:	octets there
 *
 * Return: 0 or -errno.
 */
int atcp_auth_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int err;

	lock_sock(sk);
	err = atcp_md5_setsockopt(sk, name, val, len);
	release_sock(sk);
	return err;
}
