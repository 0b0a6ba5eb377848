// SPDX-License-Identifier: GPL-2.0
/*
 * Authentication of segments: what is common to its kinds.  A segment that goes out
 * is signed once it is whole; one that arrives is verified before anything that
 * it says is believed.
 *
 * Owns struct atcp_auth and conn->auth.
 *
 * RFC 2385 sections 2.0 and 4.1; RFC 5925 sections 7.4 and 7.5.
 */

#include <crypto/algapi.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/l3mdev.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <atcp/auth.h>
#include <atcp/hash.h>
#include <atcp/sock.h>
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
	atcp_keys_free(&auth->md5);
	atcp_keys_free(&auth->ao.keys);
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

/**
 * atcp_peer_by() - a peer, for whom a key is looked for
 * @net:	namespace
 * @flow:	both ends
 * @dev:	by which its segments come or go, or the L3 master device of that; 0: any
 *
 * Return: the peer.
 */
struct atcp_peer atcp_peer_by(struct net *net, const struct atcp_flow *flow, int dev)
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

/* Whom the connection of a socket is, or is to be, with. */
static struct atcp_peer peer_of(const struct atcp_conn *conn, const struct sock *sk)
{
	return atcp_peer_by(conn->n.net, &conn->n.flow, sk->sk_bound_dev_if);
}

/**
 * atcp_auth_may_connect() - do a socket's keys allow a connection to a peer?
 * @conn:	its connection, whose flow has the peer
 * @sk:		under lock_sock
 *
 * Return: 0; -EKEYREJECTED when there are keys of RFC 5925, but none for the peer,
 * or keys of both kinds for it. [R5925-NOMIX]
 */
int atcp_auth_may_connect(const struct atcp_conn *conn, const struct sock *sk)
{
	const struct atcp_auth *auth = atcp_conn_auth(conn);
	bool has_ao, has_md5;
	struct atcp_peer peer;

	if (likely(!auth || !auth->ao.on))
		return 0;
	peer = peer_of(conn, sk);
	has_md5 = atcp_md5_find(auth, &peer);
	has_ao = atcp_ao_find(&auth->ao, &peer, -1, -1);
	if (has_md5)
		return has_ao || auth->ao.required ? -EKEYREJECTED : 0;
	return has_ao ? 0 : -EKEYREJECTED;
}

/**
 * atcp_auth_connect() - a connection is about to be opened to its peer
 * @conn:	within a visit, with its socket
 */
void atcp_auth_connect(struct atcp_conn *conn)
{
	struct atcp_peer peer;

	lockdep_assert_held(&conn->lock);
	if (likely(!conn->auth))
		return;
	peer = peer_of(conn, conn->sk);
	atcp_ao_connect(&conn->auth->ao, &peer, conn->sk);
	atcp_auth_changed(conn);
}

/**
 * atcp_auth_inherit() - a SYN made a child: it gets the key of its peer
 * @child:	under its lock, its flow and route options set
 * @listener:	in LISTEN
 * @skb:	the SYN, which was verified
 * @seg:	the same, parsed
 *
 * Which option it is, the SYN decides for good. [R5925-STATUS]
 *
 * Context: RCU held. Return: false when there is no memory for that, or the key went.
 */
bool atcp_auth_inherit(struct atcp_conn *child, const struct atcp_conn *listener,
		       const struct sk_buff *skb, const struct atcp_seg *seg)
{
	const struct atcp_auth *from = atcp_conn_auth(listener);
	struct atcp_peer peer = atcp_peer_by(child->n.net, &child->n.flow, child->ro.bound_if);
	const struct atcp_md5_key *key = atcp_md5_find(from, &peer);
	const u8 *opt;

	lockdep_assert_held(&child->lock);
	if (!from || (!key && seg->opt.auth_kind != ATCP_AUTH_AO))
		return true;
	child->auth = auth_alloc(GFP_ATOMIC | __GFP_NOWARN);
	if (!child->auth)
		return false;
	if (seg->opt.auth_kind == ATCP_AUTH_AO) {
		opt = skb_transport_header(skb) + seg->opt.auth_at;
		if (atcp_ao_inherit(&child->auth->ao, &from->ao, &peer, opt[2], opt[3]))
			return false;
	} else if (atcp_md5_copy(child->auth, key, &peer)) {
		return false;
	}
	atcp_auth_changed(child);
	return true;
}

/**
 * atcp_auth_move() - a socket keeps its keys when it begins anew
 * @to:		its fresh connection, not yet seen by others
 * @from:	the old one
 *
 * Context: process, under lock_sock. Return: 0; -ENOMEM: without them it would speak
 * unsigned, so it must not begin.
 */
int atcp_auth_move(struct atcp_conn *to, const struct atcp_conn *from)
{
	if (!from->auth)
		return 0;
	to->auth = auth_alloc(GFP_KERNEL);
	if (!to->auth)
		return -ENOMEM;
	return atcp_md5_copy_all(to->auth, from->auth) ?:
	       atcp_ao_copy_all(&to->auth->ao, &from->auth->ao);
}

/**
 * atcp_auth_uncharge() - the user of a connection goes
 * @conn:	under its lock, conn->sk still set
 */
void atcp_auth_uncharge(struct atcp_conn *conn)
{
	if (!conn->auth)
		return;
	atcp_keys_uncharge(&conn->auth->md5, conn->sk);
	atcp_keys_uncharge(&conn->auth->ao.keys, conn->sk);
}

/* ---- segments that go out ---- */

/**
 * atcp_auth_add_pseudo() - the pseudo-header of a segment, as TCP's checksum has it
 * @h:		begun
 * @flow:	both ends, seen from here
 * @arrived:	from the peer; else to it
 * @len:	octets of header and text
 */
void atcp_auth_add_pseudo(struct atcp_hashing *h, const struct atcp_flow *flow, bool arrived,
			  unsigned int len)
{
	const struct in6_addr *from = arrived ? &flow->raddr : &flow->laddr;
	const struct in6_addr *to = arrived ? &flow->laddr : &flow->raddr;
	struct {
		struct in6_addr saddr;
		struct in6_addr daddr;
		__be32 len;
		__be32 protocol;
	} v6 = { *from, *to, cpu_to_be32(len), cpu_to_be32(IPPROTO_TCP) };
	struct {
		__be32 saddr;
		__be32 daddr;
		u8 zero;
		u8 protocol;
		__be16 len;
	} v4 = { from->s6_addr32[3], to->s6_addr32[3], 0, IPPROTO_TCP, cpu_to_be16(len) };

	if (atcp_flow_is_v4(flow))
		atcp_hash_add(h, &v4, sizeof(v4));
	else
		atcp_hash_add(h, &v6, sizeof(v6));
}

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
	const struct atcp_ao_key *key;
	struct atcp_peer peer;

	if (!auth)
		return 0;
	key = READ_ONCE(auth->ao.current_key);
	if (READ_ONCE(auth->ao.on) && key)
		return atcp_ao_room(key);
	peer = atcp_peer_by(net, flow, dev);
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
	struct atcp_peer peer = atcp_peer_by(net, flow, dev);
	const struct atcp_md5_key *key;

	if (READ_ONCE(auth->ao.on) && READ_ONCE(auth->ao.current_key))
		return atcp_ao_sign(&auth->ao, &peer, skb);
	key = atcp_md5_find(auth, &peer);
	return key && sign_md5(key, flow, skb);
}

/**
 * atcp_auth_sign_for() - the same for a segment of a connection
 * @conn:	the connection, under its lock
 * @skb:	the segment
 *
 * Return: false when it cannot be.
 */
bool atcp_auth_sign_for(struct atcp_conn *conn, struct sk_buff *skb)
{
	lockdep_assert_held(&conn->lock);
	if (!conn->auth)
		return false;
	if (conn->auth->ao.on)
		atcp_ao_follow(conn);
	return atcp_auth_sign(conn->auth, conn->n.net, &conn->n.flow, conn->ro.bound_if, skb);
}

/* ---- segments that arrive ---- */

/**
 * atcp_auth_drop() - a segment is not believed: count it, and say so in the log
 * @peer:	from whom it says it is
 * @item:	enum atcp_mib_item
 * @why:	in words
 *
 * Return: false.
 */
bool atcp_auth_drop(const struct atcp_peer *peer, unsigned int item, const char *why)
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
		return atcp_auth_drop(peer, ATCP_MIB_MD5_UNEXPECTED, "MD5 digest, but no key");
	if (seg->opt.auth_kind != ATCP_AUTH_MD5)
		return atcp_auth_drop(peer, ATCP_MIB_MD5_NOT_FOUND, "no MD5 digest");
	if (atcp_md5_digest(key, peer->flow, true, th, skb, 0, digest) ||
	    crypto_memneq(digest, (const u8 *)th + seg->opt.auth_at + 2, sizeof(digest)))
		return atcp_auth_drop(peer, ATCP_MIB_MD5_FAILURE, "wrong MD5 digest");
	return true;
}

/* Of an unsigned one, is there a key of RFC 5925 for its peer? [R5925-REQUIRED] */
static bool lacks_ao(struct atcp_auth *auth, const struct atcp_peer *peer)
{
	if (!atcp_ao_wanted(auth, &peer->flow->raddr, atcp_key_family(peer->flow), peer->l3))
		return false;
	atomic64_inc(&auth->ao.unsigned_segs);
	return true;
}

/**
 * atcp_auth_checks() - is a segment from whom it says it is
 * @auth:	of whom it is for; NULL: nothing is asked of it
 * @conn:	the same, a connection or a listener; NULL: a TIME-WAIT record
 * @peer:	from whom
 * @skb:	the segment, at its text, as it came
 * @seg:	the same, parsed
 *
 * Context: RCU held, no lock. Return: false when it is to be dropped; it was counted.
 */
bool atcp_auth_checks(struct atcp_auth *auth, struct atcp_conn *conn,
		      const struct atcp_peer *peer, struct sk_buff *skb,
		      const struct atcp_seg *seg)
{
	if (seg->opt.auth_kind == ATCP_AUTH_BAD)
		return atcp_auth_drop(peer, ATCP_MIB_IN_ERRS, "bad option of authentication");
	if (seg->opt.auth_kind == ATCP_AUTH_AO)
		return atcp_ao_verify(auth, conn, peer, skb, seg);
	if (seg->opt.auth_kind == ATCP_AUTH_NONE && lacks_ao(auth, peer))
		return atcp_auth_drop(peer, ATCP_MIB_AO_REQUIRED, "no AO");
	return check_md5(auth, peer, skb, seg);
}

/* ---- setsockopt ---- */

/**
 * atcp_auth_has_option() - is an option of SOL_TCP of ours
 * @name:	of the option
 *
 * Return: whether atcp_auth_setsockopt() sets it.
 */
bool atcp_auth_has_option(int name)
{
	return name == TCP_MD5SIG || name == TCP_MD5SIG_EXT || name == ATCP_AO_ADD_KEY ||
	       name == ATCP_AO_DEL_KEY || name == ATCP_AO_INFO || name == ATCP_AO_REPAIR;
}

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
	if (name == TCP_MD5SIG || name == TCP_MD5SIG_EXT)
		err = atcp_md5_setsockopt(sk, name, val, len);
	else
		err = atcp_ao_setsockopt(sk, name, val, len);
	release_sock(sk);
	return err;
}
