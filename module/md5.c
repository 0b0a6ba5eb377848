// SPDX-License-Identifier: GPL-2.0
/*
 * RFC 2385: the TCP MD5 signature option, with the socket options that Linux has
 * for it, TCP_MD5SIG and TCP_MD5SIG_EXT.
 *
 * Owns struct atcp_md5_key and the list auth->md5, changed under lock_sock and
 * conn->lock, read under RCU.  A key that is given anew replaces the old one.
 *
 * RFC 2385 sections 2.0 and 4.
 */

#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <atcp/auth.h>
#include <atcp/hash.h>
#include <atcp/sock.h>

/**
 * struct atcp_md5_key - a secret shared with some peers
 * @node:	in auth->md5
 * @rcu:	once it is out of there
 * @hash:	MD5
 * @addr:	of the peers, IPv4 mapped
 * @family:	AF_INET or AF_INET6: ::/0 does not hold mapped addresses
 * @prefix:	leading bits of @addr that count, of 32 or 128
 * @flags:	TCP_MD5SIG_FLAG_IFINDEX: for one L3 domain only, that of
 * @l3:		this L3 master device, or of none when 0
 * @charged:	octets charged to the user's socket
 * @len:	octets of @key
 * @key:	the secret
 */
struct atcp_md5_key {
	struct hlist_node node;
	struct rcu_head rcu;
	const struct atcp_hash *hash;
	struct in6_addr addr;
	u8 family;
	u8 prefix;
	u8 flags;
	int l3;
	u16 charged;
	u8 len;
	u8 key[TCP_MD5SIG_MAXKEYLEN];
};

static u8 family_of(const struct atcp_flow *flow)
{
	return atcp_flow_is_v4(flow) ? AF_INET : AF_INET6;
}

static unsigned int mapped_prefix(u8 family, u8 prefix)
{
	return family == AF_INET ? 96 + prefix : prefix;
}

/* ---- which key ---- */

static bool is_for(const struct atcp_md5_key *key, const struct atcp_peer *peer)
{
	if (key->family != family_of(peer->flow) ||
	    (key->flags & TCP_MD5SIG_FLAG_IFINDEX && key->l3 != peer->l3))
		return false;
	return ipv6_prefix_equal(&key->addr, &peer->flow->raddr,
				 mapped_prefix(key->family, key->prefix));
}

/* A key of one L3 domain goes before one of all, and the longest prefix first. */
static bool is_better(const struct atcp_md5_key *key, const struct atcp_md5_key *than)
{
	if (!than)
		return true;
	if (!key->l3 != !than->l3)
		return key->l3;
	return key->prefix > than->prefix;
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
	struct atcp_md5_key *key, *best = NULL;

	if (!auth)
		return NULL;
	hlist_for_each_entry_rcu(key, &auth->md5, node, true)
		if (is_for(key, peer) && is_better(key, best))
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
	hlist_for_each_entry_rcu(key, &auth->md5, node, true)
		if (key->family == family &&
		    (l3 < 0 || !(key->flags & TCP_MD5SIG_FLAG_IFINDEX) || key->l3 == l3) &&
		    ipv6_prefix_equal(&key->addr, addr, mapped_prefix(family, key->prefix)))
			return true;
	return false;
}

static struct atcp_md5_key *find_same(const struct atcp_auth *auth, const struct atcp_md5_key *as)
{
	struct atcp_md5_key *key;

	if (!auth)
		return NULL;
	hlist_for_each_entry_rcu(key, &auth->md5, node, true)
		if (key->family == as->family && key->flags == as->flags && key->l3 == as->l3 &&
		    key->prefix == as->prefix && ipv6_addr_equal(&key->addr, &as->addr))
			return key;
	return NULL;
}

/* ---- keys come and go ---- */

static void free_rcu_key(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct atcp_md5_key, rcu));
}

static void uncharge(struct atcp_md5_key *key, struct sock *sk)
{
	if (sk)
		atomic_sub(key->charged, &sk->sk_omem_alloc);
	key->charged = 0;
}

/* Under conn->lock; @sk is the connection's. */
static void drop_key(struct atcp_md5_key *key, struct sock *sk)
{
	uncharge(key, sk);
	hlist_del_rcu(&key->node);
	call_rcu(&key->rcu, free_rcu_key);
}

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
	struct atcp_md5_key *copy = kmemdup(key, sizeof(*key), GFP_ATOMIC | __GFP_NOWARN);

	if (!copy)
		return -ENOMEM;
	copy->charged = 0;
	if (peer) {
		copy->addr = peer->flow->raddr;
		copy->prefix = key->family == AF_INET ? 32 : 128;
	}
	hlist_add_head_rcu(&copy->node, &to->md5);
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

	hlist_for_each_entry_rcu(key, &from->md5, node, true)
		err = err ?: atcp_md5_copy(to, key, NULL);
	return err;
}

/**
 * atcp_md5_uncharge() - the user of the keys goes
 * @auth:	the keys
 * @sk:		whose they were charged to
 *
 * Context: conn->lock held.
 */
void atcp_md5_uncharge(struct atcp_auth *auth, struct sock *sk)
{
	struct atcp_md5_key *key;

	hlist_for_each_entry(key, &auth->md5, node)
		uncharge(key, sk);
}

/**
 * atcp_md5_free_all() - nobody has these keys any more
 * @auth:	the keys
 */
void atcp_md5_free_all(struct atcp_auth *auth)
{
	struct atcp_md5_key *key;
	struct hlist_node *next;

	hlist_for_each_entry_safe(key, next, &auth->md5, node)
		kfree_sensitive(key);
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
	atcp_hash_begin(&h, key->hash, NULL, 0);
	atcp_auth_add_pseudo(&h, flow, arrived, __tcp_hdrlen(th) + skb->len - from);
	atcp_hash_add(&h, &header, sizeof(header));
	atcp_hash_add_text(&h, skb, from);
	atcp_hash_add(&h, key->key, key->len);
	return atcp_hash_end(&h, digest);
}

/* ---- setsockopt ---- */

/* Whose key it is to be; 0 or -errno. */
static int read_address(const struct sock *sk, const struct tcp_md5sig *cmd, bool ext,
			struct atcp_md5_key *key)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)&cmd->tcpm_addr;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)&cmd->tcpm_addr;

	if (cmd->tcpm_addr.ss_family != sk->sk_family)
		return -EINVAL;
	if (sk->sk_family == AF_INET)
		ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &key->addr);
	else
		key->addr = sin6->sin6_addr;
	key->family = ipv6_addr_v4mapped(&key->addr) ? AF_INET : AF_INET6;
	key->prefix = key->family == AF_INET ? 32 : 128;
	if (ext && cmd->tcpm_flags & TCP_MD5SIG_FLAG_PREFIX) {
		if (cmd->tcpm_prefixlen > key->prefix)
			return -EINVAL;
		key->prefix = cmd->tcpm_prefixlen;
	}
	return 0;
}

static int read_device(const struct sock *sk, const struct tcp_md5sig *cmd, bool ext,
		       struct atcp_md5_key *key)
{
	struct net_device *dev;

	key->flags = cmd->tcpm_flags & TCP_MD5SIG_FLAG_IFINDEX;
	if (!ext || !key->flags || !cmd->tcpm_ifindex)
		return 0;
	rcu_read_lock();
	dev = dev_get_by_index_rcu(sock_net(sk), cmd->tcpm_ifindex);
	if (dev && netif_is_l3_master(dev))
		key->l3 = dev->ifindex;
	rcu_read_unlock();
	return key->l3 ? 0 : -EINVAL;
}

static int delete_key(struct sock *sk, const struct atcp_md5_key *like)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_md5_key *key;
	struct atcp_visit visit;

	key = find_same(atcp_conn_auth(conn), like);
	if (!key)
		return -ENOENT;
	atcp_enter(&visit, conn, ATCP_BY_CALL);
	drop_key(key, sk);
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
	key->charged = sizeof(*key);
	key->hash = atcp_hash_get(atcp_net(sock_net(sk)), "md5");
	if (IS_ERR(key->hash)) {
		sock_kzfree_s(sk, key, sizeof(*key));
		return -ENOMEM;
	}
	old = find_same(auth, like);
	atcp_enter(&visit, conn, ATCP_BY_CALL);
	if (old)
		drop_key(old, sk);
	hlist_add_head_rcu(&key->node, &auth->md5);
	atcp_auth_changed(conn);
	atcp_leave(&visit);
	return 0;
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
	bool ext = name == TCP_MD5SIG_EXT;
	struct atcp_md5_key like = {};
	struct tcp_md5sig cmd;
	int err;

	if (len < sizeof(cmd))
		return -EINVAL;
	if (copy_from_sockptr(&cmd, val, sizeof(cmd)))
		return -EFAULT;
	err = read_address(sk, &cmd, ext, &like) ?: read_device(sk, &cmd, ext, &like);
	if (err)
		return err;
	if (!cmd.tcpm_keylen)
		return delete_key(sk, &like);
	if (cmd.tcpm_keylen > TCP_MD5SIG_MAXKEYLEN)
		return -EINVAL;
	if (atcp_ao_wanted(atcp_conn_auth(atcp_sk_conn(sk)), &like.addr, like.family,
			   like.flags ? like.l3 : -1))
		return -EKEYREJECTED;
	like.len = cmd.tcpm_keylen;
	memcpy(like.key, cmd.tcpm_key, like.len);
	err = add_key(sk, &like);
	memzero_explicit(&like, sizeof(like));
	memzero_explicit(&cmd, sizeof(cmd));
	return err;
}
