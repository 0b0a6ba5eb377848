/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Secrets shared with peers: what those of RFC 2385 (md5.c) and RFC 5925 (ao_keys.c)
 * have in common, which is for whom they are, and how they come and go.
 */
#ifndef _ATCP_KEY_H
#define _ATCP_KEY_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>

struct atcp_flow;
struct atcp_hash;
struct net;
struct sock;

/**
 * struct atcp_key - the first member of a key of either kind
 * @node:	in a list of such keys, changed under lock_sock and conn->lock, read
 *		under RCU
 * @rcu:	once it is out of there
 * @hash:	the algorithm
 * @addr:	of the peers, IPv4 mapped
 * @family:	AF_INET or AF_INET6: ::/0 does not hold mapped addresses
 * @prefix:	leading bits of @addr that count, of 32 or 128
 * @of_l3:	for one L3 domain only, that of
 * @l3:		this L3 master device, or of none when 0
 * @charged:	octets charged to the user's socket
 */
struct atcp_key {
	struct hlist_node node;
	struct rcu_head rcu;
	const struct atcp_hash *hash;
	struct in6_addr addr;
	u8 family;
	u8 prefix;
	bool of_l3;
	int l3;
	u16 charged;
};

u8 atcp_key_family(const struct atcp_flow *flow);
bool atcp_key_covers(const struct atcp_key *key, const struct in6_addr *addr, u8 family,
		     u8 prefix, int l3);
void atcp_key_set_address(struct atcp_key *key, const struct __kernel_sockaddr_storage *from);
int atcp_key_set_l3(struct atcp_key *key, struct net *net, int ifindex);
void *atcp_key_copy(const struct atcp_key *key, size_t size);
void atcp_key_remove(struct atcp_key *key, struct sock *sk);
void atcp_keys_uncharge(struct hlist_head *keys, struct sock *sk);
void atcp_keys_free(struct hlist_head *keys);

#endif /* _ATCP_KEY_H */
