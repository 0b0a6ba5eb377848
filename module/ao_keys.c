// SPDX-License-Identifier: GPL-2.0
/*
 * Master key tuples of RFC 5925: the list of a connection or a listener, who is
 * meant by each, and how they come to children and go.
 *
 * Owns ao->keys, changed under lock_sock and conn->lock, read under RCU.
 *
 * RFC 5925 sections 3.1, 3.3 and 7.3.
 */

#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <atcp/ao.h>
#include <atcp/auth.h>

static unsigned int bits(u8 family, u8 prefix)
{
	return family == AF_INET ? 96 + prefix : prefix;
}

/* ---- which key ---- */

static bool has_id(const struct atcp_ao_key *key, int sndid, int rcvid)
{
	return (sndid < 0 || key->sndid == sndid) && (rcvid < 0 || key->rcvid == rcvid);
}

/* @l3 below zero: of whatever L3 domain */
static bool covers(const struct atcp_ao_key *key, const struct in6_addr *addr, u8 family,
		   u8 prefix, int l3)
{
	if (key->family != family ||
	    (l3 >= 0 && key->flags & ATCP_AO_KEYF_IFINDEX && key->l3 != l3))
		return false;
	return ipv6_prefix_equal(&key->addr, addr, bits(family, min(prefix, key->prefix)));
}

static u8 family_of(const struct atcp_flow *flow)
{
	return atcp_flow_is_v4(flow) ? AF_INET : AF_INET6;
}

/**
 * atcp_ao_find() - the key for a peer
 * @ao:		where to look
 * @peer:	whose
 * @sndid:	its SendID, below zero: any
 * @rcvid:	its RecvID, below zero: any
 *
 * Context: RCU held, or a lock under which keys change. Return: the key or NULL.
 */
struct atcp_ao_key *atcp_ao_find(const struct atcp_ao *ao, const struct atcp_peer *peer,
				 int sndid, int rcvid)
{
	u8 family = family_of(peer->flow);
	struct atcp_ao_key *key;

	hlist_for_each_entry_rcu(key, &ao->keys, node, true)
		if (has_id(key, sndid, rcvid) &&
		    covers(key, &peer->flow->raddr, family, U8_MAX, peer->l3))
			return key;
	return NULL;
}

/**
 * atcp_ao_find_overlap() - a key some of whose peers are those of another
 * @ao:		where to look
 * @with:	the other, not in there
 * @sndid:	its SendID, below zero: any
 * @rcvid:	its RecvID, below zero: any
 *
 * Return: the key or NULL.
 */
struct atcp_ao_key *atcp_ao_find_overlap(const struct atcp_ao *ao, const struct atcp_ao_key *with,
					 int sndid, int rcvid)
{
	struct atcp_ao_key *key;

	hlist_for_each_entry_rcu(key, &ao->keys, node, true)
		if (has_id(key, sndid, rcvid) &&
		    covers(key, &with->addr, with->family, with->prefix, with->l3))
			return key;
	return NULL;
}

/**
 * atcp_ao_by_id() - a key of a connection, all of whose keys are the peer's
 * @ao:		where to look
 * @sndid:	its SendID, below zero: any
 * @rcvid:	its RecvID, below zero: any
 *
 * Return: the key or NULL.
 */
struct atcp_ao_key *atcp_ao_by_id(const struct atcp_ao *ao, int sndid, int rcvid)
{
	struct atcp_ao_key *key;

	hlist_for_each_entry_rcu(key, &ao->keys, node, true)
		if (has_id(key, sndid, rcvid))
			return key;
	return NULL;
}

/**
 * atcp_ao_wanted() - are segments of a peer to carry the option?
 * @auth:	or NULL
 * @addr:	of the peer
 * @family:	AF_INET when that is a mapped address
 * @l3:		L3 master device, below zero: any
 *
 * Return: whether so.
 */
bool atcp_ao_wanted(const struct atcp_auth *auth, const struct in6_addr *addr, u8 family, int l3)
{
	const struct atcp_ao_key *key;

	if (!auth || !READ_ONCE(auth->ao.on))
		return false;
	if (READ_ONCE(auth->ao.required))
		return true;
	hlist_for_each_entry_rcu(key, &auth->ao.keys, node, true)
		if (covers(key, addr, family, U8_MAX, l3))
			return true;
	return false;
}

/* ---- keys come and go ---- */

/**
 * atcp_ao_link() - a key is there from now on
 * @ao:		where; under conn->lock
 * @key:	the key
 */
void atcp_ao_link(struct atcp_ao *ao, struct atcp_ao_key *key)
{
	hlist_add_head_rcu(&key->node, &ao->keys);
}

static void free_rcu_key(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct atcp_ao_key, rcu));
}

static void uncharge(struct atcp_ao_key *key, struct sock *sk)
{
	if (sk)
		atomic_sub(key->charged, &sk->sk_omem_alloc);
	key->charged = 0;
}

/**
 * atcp_ao_unlink() - a key is there no longer
 * @ao:		where it was; under conn->lock
 * @key:	the key
 * @sk:		to whom it was charged, or NULL
 */
void atcp_ao_unlink(struct atcp_ao *ao, struct atcp_ao_key *key, struct sock *sk)
{
	uncharge(key, sk);
	if (ao->current_key == key)
		WRITE_ONCE(ao->current_key, NULL);
	if (ao->rnext_key == key)
		WRITE_ONCE(ao->rnext_key, NULL);
	hlist_del_rcu(&key->node);
	call_rcu(&key->rcu, free_rcu_key);
}

/* At the end, so that the order stays: which of two is the first matters. */
static int copy_key(struct atcp_ao *to, const struct atcp_ao_key *key, struct hlist_node **last)
{
	struct atcp_ao_key *copy = kmemdup(key, sizeof(*key), GFP_ATOMIC | __GFP_NOWARN);

	if (!copy)
		return -ENOMEM;
	copy->charged = 0;
	atomic64_set(&copy->good, 0);
	atomic64_set(&copy->bad, 0);
	if (*last)
		hlist_add_behind_rcu(&copy->node, *last);
	else
		hlist_add_head_rcu(&copy->node, &to->keys);
	*last = &copy->node;
	return 0;
}

/**
 * atcp_ao_inherit() - a SYN with the option made a child
 * @to:		the child's, not yet seen by others
 * @from:	the listener's
 * @peer:	whose keys alone it gets
 * @keyid:	KeyID of the SYN: the key that the peer uses
 * @rnext:	its RNextKeyID: the key that the peer wants used
 *
 * Context: any; RCU held. Return: 0, -ENOMEM, -ENOENT.
 */
int atcp_ao_inherit(struct atcp_ao *to, const struct atcp_ao *from, const struct atcp_peer *peer,
		    u8 keyid, u8 rnext)
{
	u8 family = family_of(peer->flow);
	struct hlist_node *last = NULL;
	const struct atcp_ao_key *key;
	struct atcp_ao_key *first;
	int err = 0;

	hlist_for_each_entry_rcu(key, &from->keys, node, true)
		if (!err && covers(key, &peer->flow->raddr, family, U8_MAX, peer->l3))
			err = copy_key(to, key, &last);
	first = atcp_ao_by_id(to, -1, -1);
	if (err || !first)
		return err ?: -ENOENT;
	to->on = true;
	to->required = from->required;
	to->accept_icmps = from->accept_icmps;
	to->current_key = atcp_ao_by_id(to, rnext, -1) ?: first;
	to->rnext_key = atcp_ao_by_id(to, -1, keyid) ?: first;
	return 0;
}

static struct atcp_ao_key *same_in(const struct atcp_ao *to, const struct atcp_ao_key *key)
{
	struct atcp_ao_key *copy;

	hlist_for_each_entry_rcu(copy, &to->keys, node, true)
		if (key && copy->sndid == key->sndid && copy->rcvid == key->rcvid &&
		    copy->prefix == key->prefix && copy->l3 == key->l3 &&
		    ipv6_addr_equal(&copy->addr, &key->addr))
			return copy;
	return NULL;
}

/**
 * atcp_ao_copy_all() - a socket takes its keys over to a fresh connection
 * @to:		the fresh one's, not yet seen by others
 * @from:	the old one's
 *
 * Context: process, under lock_sock. Return: 0 or -ENOMEM.
 */
int atcp_ao_copy_all(struct atcp_ao *to, const struct atcp_ao *from)
{
	struct hlist_node *last = NULL;
	const struct atcp_ao_key *key;
	int err = 0;

	hlist_for_each_entry_rcu(key, &from->keys, node, true)
		err = err ?: copy_key(to, key, &last);
	to->on = from->on;
	to->required = from->required;
	to->accept_icmps = from->accept_icmps;
	to->current_key = same_in(to, from->current_key);
	to->rnext_key = same_in(to, from->rnext_key);
	return err;
}

/**
 * atcp_ao_connect() - there is a peer now: only its keys stay
 * @ao:		of a connection about to be opened, under its lock
 * @peer:	the peer
 * @sk:		the socket
 *
 * Without any the connection does without the option.
 */
void atcp_ao_connect(struct atcp_ao *ao, const struct atcp_peer *peer, struct sock *sk)
{
	u8 family = family_of(peer->flow);
	struct atcp_ao_key *key;
	struct hlist_node *next;

	if (!ao->on)
		return;
	hlist_for_each_entry_safe(key, next, &ao->keys, node)
		if (!covers(key, &peer->flow->raddr, family, U8_MAX, peer->l3))
			atcp_ao_unlink(ao, key, sk);
	key = atcp_ao_by_id(ao, -1, -1);
	ao->keyed = false;
	WRITE_ONCE(ao->on, key);
	if (!ao->current_key)
		WRITE_ONCE(ao->current_key, key);
	if (!ao->rnext_key)
		WRITE_ONCE(ao->rnext_key, key);
}

/**
 * atcp_ao_uncharge() - the user of the keys goes
 * @ao:		whose keys
 * @sk:		to whom they were charged
 *
 * Context: conn->lock held.
 */
void atcp_ao_uncharge(struct atcp_ao *ao, struct sock *sk)
{
	struct atcp_ao_key *key;

	hlist_for_each_entry(key, &ao->keys, node)
		uncharge(key, sk);
}

/**
 * atcp_ao_free_all() - nobody has these keys any more
 * @ao:		whose keys
 */
void atcp_ao_free_all(struct atcp_ao *ao)
{
	struct atcp_ao_key *key;
	struct hlist_node *next;

	hlist_for_each_entry_safe(key, next, &ao->keys, node)
		kfree_sensitive(key);
}
