// SPDX-License-Identifier: GPL-2.0
/*
 * RFC 2385: the TCP MD5 signature option, with the socket options that Linux has
 * for it, TCP_MD5SIG and TCP_MD5SIG_EXT.
 *
 * Owns struct atcp_md5_key and the list auth->md5.  A key that is given anew replaces
 * the old one.
 *
 * RFC 2385 sections 2.0 and 4.
 */

#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <atcp/auth.h>
#include <atcp/hash.h>
#include <atcp/sock.h>

/**
 * struct atcp_md5_key - a secret shared with some peers
 * @k:		who they are; in auth->md5
 * @len:	octets of @key
 * @key:	the secret
 */
struct atcp_md5_key {
	struct atcp_key k;
	u8 len;
	u8 key[TCP_MD5SIG_MAXKEYLEN];
};

static_assert(!offsetof(struct atcp_md5_key, k));	/* it is freed by that */

/* ---- which key ---- */

/* A key of one L3 domain goes before one of all, and the longest prefix first. */
static bool is_better(const struct atcp_md5_key *key, const struct atcp_md5_key *than)
{
	if (!than)
		return true;
	if (!key->k.l3 != !than->k.l3)
		return key->k.l3;
	return key->k.prefix > than->k.prefix;
}

/**
 * atcp_md5_find() - the key for a peer
 * @auth:	where to look; NULL: nowhere
 * @peer:	whose
 *
 * Context: RCU held, or a lock under which keys change.
 * Return: the key, or NULL: its segments carry no digest.
 */
struct atcp_md5_key *atcp_md5_find(const struct atcp_auth *auth, const struct atcp_peer *peer)
{
	u8 family = atcp_key_family(peer->flow);
	struct atcp_md5_key *key, *best = NULL;

	if (!auth)
		return NULL;
	hlist_for_each_entry_rcu(key, &auth->md5, k.node, true)
		if (atcp_key_covers(&key->k, &peer->flow->raddr, family, U8_MAX, peer->l3) &&
		    is_better(key, best))
			best = key;
	return best;
}

/**
 * atcp_md5_has() - is there a key for an address?
 * @auth:	where to look, or NULL
 * @addr:	of a peer
 * @family:	AF_INET when that is a mapped address
 * @l3:		L3 master device, below zero: any
 *
 * Return: whether there is.
 */
bool atcp_md5_has(const struct atcp_auth *auth, const struct in6_addr *addr, u8 family, int l3)
{
	const struct atcp_md5_key *key;

	if (!auth)
		return false;
	hlist_for_each_entry_rcu(key, &auth->md5, k.node, true)
		if (atcp_key_covers(&key->k, addr, family, U8_MAX, l3))
			return true;
	return false;
}

static struct atcp_md5_key *find_same(const struct atcp_auth *auth, const struct atcp_key *as)
{
	struct atcp_md5_key *key;

	if (!auth)
		return NULL;
	hlist_for_each_entry_rcu(key, &auth->md5, k.node, true)
		if (key->k.family == as->family && key->k.of_l3 == as->of_l3 &&
		    key->k.l3 == as->l3 && key->k.prefix == as->prefix &&
		    ipv6_addr_equal(&key->k.addr, &as->addr))
			return key;
	return NULL;
}

/* ---- keys come to others ---- */

/**
 * atcp_md5_copy() - a child gets the key of its peer
 * @to:		of the child, not yet seen by others
 * @key:	the listener's
 * @peer:	for whom alone it then is
 *
 * Context: any. Return: 0 or -ENOMEM.
 */
int atcp_md5_copy(struct atcp_auth *to, const struct atcp_md5_key *key,
		  const struct atcp_peer *peer)
{
	struct atcp_md5_key *copy = atcp_key_copy(&key->k, sizeof(*key));

	if (!copy)
		return -ENOMEM;
	if (peer) {
		copy->k.addr = peer->flow->raddr;
		copy->k.prefix = key->k.family == AF_INET ? 32 : 128;
	}
	hlist_add_head_rcu(&copy->k.node, &to->md5);
	return 0;
}

/**
 * atcp_md5_copy_all() - a socket takes its keys over to a fresh connection
 * @to:		of the fresh one, not yet seen by others
 * @from:	of the old one
 *
 * Context: process, under lock_sock. Return: 0 or -ENOMEM.
 */
int atcp_md5_copy_all(struct atcp_auth *to, const struct atcp_auth *from)
{
	const struct atcp_md5_key *key;
	int err = 0;

	hlist_for_each_entry_rcu(key, &from->md5, k.node, true)
		err = err ?: atcp_md5_copy(to, key, NULL);
	return err;
}

/* ---- digests ---- */

/**
 * atcp_md5_digest() - what a segment's option should hold
 * @key:	of the peer
 * @flow:	both ends, seen from here
 * @arrived:	from the peer; else to it
 * @th:		its header; options do not count, nor does the checksum
 * @skb:	the segment
 * @from:	where its text begins, octets behind skb->data
 * @digest:	ATCP_MD5_SIZE octets
 *
 * [R2385-DIGEST]
 * Source: RFC 2385, 2.0. Return: 0 or -errno.
 */
int atcp_md5_digest(const struct atcp_md5_key *key, const struct atcp_flow *flow, bool arrived,
		    const struct tcphdr *th, struct sk_buff *skb, unsigned int from, u8 *digest)
{
	struct tcphdr header = *th;
	struct atcp_hashing h;

	header.check = 0;
	atcp_hash_begin(&h, key->k.hash, NULL, 0);
	atcp_auth_add_pseudo(&h, flow, arrived, __tcp_hdrlen(th) + skb->len - from);
	atcp_hash_add(&h, &header, sizeof(header));
	atcp_hash_add_text(&h, skb, from);
	atcp_hash_add(&h, key->key, key->len);
	return atcp_hash_end(&h, digest);
}

/* ---- setsockopt ---- */

/* Whose key it is to be; 0 or -errno. */
static int read_peers(const struct sock *sk, const struct tcp_md5sig *cmd, bool ext,
		      struct atcp_key *key)
{
	if (cmd->tcpm_addr.ss_family != sk->sk_family)
		return -EINVAL;
	atcp_key_set_address(key, &cmd->tcpm_addr);
	key->prefix = key->family == AF_INET ? 32 : 128;
	if (ext && cmd->tcpm_flags & TCP_MD5SIG_FLAG_PREFIX) {
		if (cmd->tcpm_prefixlen > key->prefix)
			return -EINVAL;
		key->prefix = cmd->tcpm_prefixlen;
	}
	key->of_l3 = cmd->tcpm_flags & TCP_MD5SIG_FLAG_IFINDEX;
	if (!ext || !key->of_l3 || !cmd->tcpm_ifindex)
		return 0;
	return atcp_key_set_l3(key, sock_net(sk), cmd->tcpm_ifindex);
}

static int delete_key(struct sock *sk, const struct atcp_key *like)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_md5_key *key;
	struct atcp_visit visit;

	key = find_same(atcp_conn_auth(conn), like);
	if (!key)
		return -ENOENT;
	atcp_enter(&visit, conn, ATCP_BY_CALL);
	atcp_key_remove(&key->k, sk);
	atcp_auth_changed(conn);
	atcp_leave(&visit);
	return 0;
}

static int add_key(struct sock *sk, const struct atcp_md5_key *like)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_auth *auth = atcp_auth_need(conn);
	struct atcp_md5_key *key, *old;
	struct atcp_visit visit;

	if (!auth)
		return -ENOMEM;
	key = sock_kmalloc(sk, sizeof(*key), GFP_KERNEL);
	if (!key)
		return -ENOMEM;
	*key = *like;
	key->k.charged = sizeof(*key);
	key->k.hash = atcp_hash_get(atcp_net(sock_net(sk)), "md5");
	if (IS_ERR(key->k.hash)) {
		sock_kzfree_s(sk, key, sizeof(*key));
		return -ENOMEM;
	}
	old = find_same(auth, &like->k);
	atcp_enter(&visit, conn, ATCP_BY_CALL);
	if (old)
		atcp_key_remove(&old->k, sk);
	hlist_add_head_rcu(&key->k.node, &auth->md5);
	atcp_auth_changed(conn);
	atcp_leave(&visit);
	return 0;
}

static int set_key(struct sock *sk, const struct tcp_md5sig *cmd, struct atcp_md5_key *like)
{
	if (cmd->tcpm_keylen > TCP_MD5SIG_MAXKEYLEN)
		return -EINVAL;
	if (atcp_ao_wanted(atcp_conn_auth(atcp_sk_conn(sk)), &like->k.addr, like->k.family,
			   like->k.of_l3 ? like->k.l3 : -1))
		return -EKEYREJECTED;
	like->len = cmd->tcpm_keylen;
	memcpy(like->key, cmd->tcpm_key, like->len);
	return add_key(sk, like);
}

/**
 * atcp_md5_setsockopt() - TCP_MD5SIG, TCP_MD5SIG_EXT
 * @sk:		under lock_sock
 * @name:	which of them
 * @val:	struct tcp_md5sig; a key of no octets takes one away
 * @len:	octets at @val
 *
 * [R2385-KEYLEN]
 * Return: 0 or -errno.
 */
int atcp_md5_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	struct atcp_md5_key like = {};
	struct tcp_md5sig cmd;
	int err = -EFAULT;

	if (len < sizeof(cmd))
		return -EINVAL;
	if (!copy_from_sockptr(&cmd, val, sizeof(cmd)))
		err = read_peers(sk, &cmd, name == TCP_MD5SIG_EXT, &like.k);
	if (!err)
		err = cmd.tcpm_keylen ? set_key(sk, &cmd, &like) : delete_key(sk, &like.k);
	memzero_explicit(&like, sizeof(like));
	memzero_explicit(&cmd, sizeof(cmd));
	return err;
}
