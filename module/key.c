// SPDX-License-Identifier: GPL-2.0
/*
 * Secrets shared with peers, of whatever kind: for whom they are, and how they come
 * to a list and go.
 *
 * The lists belong to struct atcp_auth; a key is freed a grace period after it has
 * left one.
 */

#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <atcp/conn.h>
#include <atcp/key.h>

/**
 * atcp_key_family() - of a peer
 * @flow:	with it
 *
 * Return: AF_INET, when the address is a mapped one, or AF_INET6.
 */
u8 atcp_key_family(const struct atcp_flow *flow)
{
	return atcp_flow_is_v4(flow) ? AF_INET : AF_INET6;
}

/**
 * atcp_key_covers() - is a key for these peers, or some of them?
 * @key:	the key
 * @addr:	of the peers
 * @family:	AF_INET when that is a mapped address
 * @prefix:	leading bits of @addr that count; U8_MAX: it is one peer
 * @l3:		L3 master device, 0: none; below zero: any
 *
 * Return: whether so.
 */
bool atcp_key_covers(const struct atcp_key *key, const struct in6_addr *addr, u8 family,
		     u8 prefix, int l3)
{
	unsigned int bits = min(prefix, key->prefix);

	if (key->family != family || (l3 >= 0 && key->of_l3 && key->l3 != l3))
		return false;
	return ipv6_prefix_equal(&key->addr, addr, family == AF_INET ? 96 + bits : bits);
}

/**
 * atcp_key_set_address() - for whom it is, as the user has it
 * @key:	gets address and family
 * @from:	of AF_INET or AF_INET6
 */
void atcp_key_set_address(struct atcp_key *key, const struct __kernel_sockaddr_storage *from)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *sin = (const struct sockaddr_in *)from;

	if (from->ss_family == AF_INET)
		ipv6_addr_set_v4mapped(sin->sin_addr.s_addr, &key->addr);
	else
		key->addr = sin6->sin6_addr;
	key->family = ipv6_addr_v4mapped(&key->addr) ? AF_INET : AF_INET6;
}

/**
 * atcp_key_set_l3() - in which L3 domain its peers are
 * @key:	gets it
 * @net:	namespace
 * @ifindex:	of the L3 master device
 *
 * Return: 0, or -EINVAL when that is none.
 */
int atcp_key_set_l3(struct atcp_key *key, struct net *net, int ifindex)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, ifindex);
	if (dev && netif_is_l3_master(dev))
		key->l3 = dev->ifindex;
	rcu_read_unlock();
	return key->l3 ? 0 : -EINVAL;
}

/**
 * atcp_key_copy() - for a child, or for another connection of the same socket
 * @key:	the key
 * @size:	octets of the whole of it
 *
 * Context: any. Return: the copy, which nobody pays for; NULL without memory.
 */
void *atcp_key_copy(const struct atcp_key *key, size_t size)
{
	struct atcp_key *copy = kmemdup(key, size, GFP_ATOMIC | __GFP_NOWARN);

	if (copy)
		copy->charged = 0;
	return copy;
}

static void uncharge(struct atcp_key *key, struct sock *sk)
{
	if (sk)
		atomic_sub(key->charged, &sk->sk_omem_alloc);
	key->charged = 0;
}

static void free_rcu_key(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct atcp_key, rcu));
}

/**
 * atcp_key_remove() - a key is there no longer
 * @key:	in a list; under conn->lock
 * @sk:		to whom it was charged, or NULL
 */
void atcp_key_remove(struct atcp_key *key, struct sock *sk)
{
	uncharge(key, sk);
	hlist_del_rcu(&key->node);
	call_rcu(&key->rcu, free_rcu_key);
}

/**
 * atcp_keys_uncharge() - the user of keys goes
 * @keys:	the list
 * @sk:		to whom they were charged
 *
 * Context: conn->lock held.
 */
void atcp_keys_uncharge(struct hlist_head *keys, struct sock *sk)
{
	struct atcp_key *key;

	hlist_for_each_entry(key, keys, node)
		uncharge(key, sk);
}

/**
 * atcp_keys_free() - nobody has these keys any more
 * @keys:	the list
 */
void atcp_keys_free(struct hlist_head *keys)
{
	struct hlist_node *next;
	struct atcp_key *key;

	hlist_for_each_entry_safe(key, next, keys, node)
		kfree_sensitive(key);
}
