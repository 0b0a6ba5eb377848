// SPDX-License-Identifier: GPL-2.0
/*
 * Master key tuples of RFC 5925: the list of a connection or a listener, who is
 * meant by each, and how they come to children and go.
 *
 * Owns ao->keys.
 *
 * RFC 5925 sections 3.1, 3.3 and 7.3.
 */

#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <atcp/ao.h>
#include <atcp/auth.h>

/* ---- which key ---- */

static bool has_id(const struct atcp_ao_key *key, int sndid, int rcvid)
{
	return (sndid < 0 || key->sndid == sndid) && (rcvid < 0 || key->rcvid == rcvid);
}

static bool is_for(const struct atcp_ao_key *key, const struct atcp_peer *peer)
{
	return atcp_key_covers(&key->k, &peer->flow->raddr, atcp_key_family(peer->flow), U8_MAX,
			       peer->l3);
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
	struct atcp_ao_key *key;

	hlist_for_each_entry_rcu(key, &ao->keys, k.node, true)
		if (has_id(key, sndid, rcvid) && is_for(key, peer))
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

	hlist_for_each_entry_rcu(key, &ao->keys, k.node, true)
		if (has_id(key, sndid, rcvid) &&
		    atcp_key_covers(&key->k, &with->k.addr, with->k.family, with->k.prefix,
				    with->k.l3))
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

	hlist_for_each_entry_rcu(key, &ao->keys, k.node, true)
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
	hlist_for_each_entry_rcu(key, &auth->ao.keys, k.node, true)
		if (atcp_key_covers(&key->k, addr, family, U8_MAX, l3))
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
	hlist_add_head_rcu(&key->k.node, &ao->keys);
}

/**
 * atcp_ao_unlink() - a key is there no longer
 * @ao:		where it was; under conn->lock
 * @key:	the key
 * @sk:		to whom it was charged, or NULL
 */
void atcp_ao_unlink(struct atcp_ao *ao, struct atcp_ao_key *key, struct sock *sk)
{
	if (ao->current_key == key)
		WRITE_ONCE(ao->current_key, NULL);
	if (ao->rnext_key == key)
		WRITE_ONCE(ao->rnext_key, NULL);
	atcp_key_remove(&key->k, sk);
}

/* At the end, so that the order stays: which of two is the first matters. */
static int copy_key(struct atcp_ao *to, const struct atcp_ao_key *key, struct hlist_node **last)
{
	struct atcp_ao_key *copy = atcp_key_copy(&key->k, sizeof(*key));

	if (!copy)
		return -ENOMEM;
	atomic64_set(&copy->good, 0);
	atomic64_set(&copy->bad, 0);
	if (*last)
		hlist_add_behind_rcu(&copy->k.node, *last);
	else
		hlist_add_head_rcu(&copy->k.node, &to->keys);
	*last = &copy->k.node;
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
	struct hlist_node *last = NULL;
	const struct atcp_ao_key *key;
	struct atcp_ao_key *first;
	int err = 0;

	hlist_for_each_entry_rcu(key, &from->keys, k.node, true)
		if (!err && is_for(key, peer))
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

	hlist_for_each_entry_rcu(copy, &to->keys, k.node, true)
		if (key && copy->sndid == key->sndid && copy->rcvid == key->rcvid &&
		    copy->k.prefix == key->k.prefix && copy->k.l3 == key->k.l3 &&
		    ipv6_addr_equal(&copy->k.addr, &key->k.addr))
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

	hlist_for_each_entry_rcu(key, &from->keys, k.node, true)
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
	struct atcp_ao_key *key;
	struct hlist_node *next;

	if (!ao->on)
		return;
	hlist_for_each_entry_safe(key, next, &ao->keys, k.node)
		if (!is_for(key, peer))
			atcp_ao_unlink(ao, key, sk);
	key = atcp_ao_by_id(ao, -1, -1);
	ao->keyed = false;
	WRITE_ONCE(ao->on, key);
	if (!ao->current_key)
		WRITE_ONCE(ao->current_key, key);
	if (!ao->rnext_key)
		WRITE_ONCE(ao->rnext_key, key);
}
