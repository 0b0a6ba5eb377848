/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may speak for a peer: segments carry a digest that only holders of a key can
 * make (RFC 2385: md5.c; RFC 5925: ao.c).
 *
 * A connection has a struct atcp_auth once its user has set a key, and a child once
 * its listener has one for the peer.  It is written under lock_sock and conn->lock,
 * and read under RCU or either; a TIME-WAIT record goes on with that of its
 * connection.  The core knows how many octets of a header it takes (tcb->auth), and
 * leaves them free; they are filled in when the segment is whole.
 */
#ifndef _ATCP_AUTH_H
#define _ATCP_AUTH_H

#include <linux/refcount.h>
#include <linux/sockptr.h>
#include <atcp/ao.h>
#include <atcp/conn.h>

struct atcp_hashing;

/**
 * struct atcp_auth - the keys of a connection
 * @ref:	the connection, its TIME-WAIT record
 * @md5:	keys of RFC 2385; RCU
 * @ao:		what there is of RFC 5925
 */
struct atcp_auth {
	refcount_t ref;
	struct hlist_head md5;
	struct atcp_ao ao;
};

/**
 * struct atcp_peer - for whom a key is looked for
 * @net:	namespace
 * @flow:	both ends, seen from here
 * @l3:		index of the L3 master device that the segment came by, or goes out
 *		by; 0: none
 */
struct atcp_peer {
	struct net *net;
	const struct atcp_flow *flow;
	int l3;
};

/* auth.c */
struct atcp_auth *atcp_auth_need(struct atcp_conn *conn);
void atcp_auth_put(struct atcp_auth *auth);
void atcp_auth_changed(struct atcp_conn *conn);
int atcp_auth_may_connect(const struct atcp_conn *conn, const struct sock *sk);
void atcp_auth_connect(struct atcp_conn *conn);
bool atcp_auth_inherit(struct atcp_conn *child, const struct atcp_conn *listener,
		       const struct sk_buff *skb, const struct atcp_seg *seg);
int atcp_auth_move(struct atcp_conn *to, const struct atcp_conn *from);
void atcp_auth_uncharge(struct atcp_conn *conn);
u8 atcp_auth_room(const struct atcp_auth *auth, struct net *net, const struct atcp_flow *flow,
		  int dev);
bool atcp_auth_sign(const struct atcp_auth *auth, struct net *net, const struct atcp_flow *flow,
		    int dev, struct sk_buff *skb);
bool atcp_auth_sign_for(struct atcp_conn *conn, struct sk_buff *skb);
bool atcp_auth_checks(struct atcp_auth *auth, struct atcp_conn *conn,
		      const struct atcp_peer *peer, struct sk_buff *skb,
		      const struct atcp_seg *seg);
bool atcp_auth_drop(const struct atcp_peer *peer, unsigned int item, const char *why);
void atcp_auth_add_pseudo(struct atcp_hashing *h, const struct atcp_flow *flow, bool arrived,
			  unsigned int len);
struct atcp_peer atcp_peer_by(struct net *net, const struct atcp_flow *flow, int dev);
bool atcp_auth_has_option(int name);
int atcp_auth_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len);

/**
 * atcp_auth_asks() - must it be looked at, from whom a segment is
 * @auth:	of whom it is for, or NULL
 * @seg:	the segment
 *
 * Return: false: nothing is asked of it, and it says nothing.
 */
static inline bool atcp_auth_asks(const struct atcp_auth *auth, const struct atcp_seg *seg)
{
	return unlikely(auth || seg->opt.auth_kind != ATCP_AUTH_NONE);
}

static inline struct atcp_auth *atcp_conn_auth(const struct atcp_conn *conn)
{
	return READ_ONCE(conn->auth);
}

/* md5.c */
#define ATCP_MD5_SIZE	16
#define ATCP_MD5_ROOM	20		/* the option, and two octets of padding */

struct atcp_md5_key;

bool atcp_md5_has(const struct atcp_auth *auth, const struct in6_addr *addr, u8 family, int l3);
struct atcp_md5_key *atcp_md5_find(const struct atcp_auth *auth, const struct atcp_peer *peer);
int atcp_md5_copy(struct atcp_auth *to, const struct atcp_md5_key *key,
		  const struct atcp_peer *peer);
int atcp_md5_copy_all(struct atcp_auth *to, const struct atcp_auth *from);
int atcp_md5_digest(const struct atcp_md5_key *key, const struct atcp_flow *flow, bool arrived,
		    const struct tcphdr *th, struct sk_buff *skb, unsigned int from, u8 *digest);
int atcp_md5_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len);

#endif /* _ATCP_AUTH_H */
