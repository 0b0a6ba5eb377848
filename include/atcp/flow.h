/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which connection a segment belongs to: the namespace and two sockets in the
 * RFC's sense (address and port), IPv4 as mapped IPv6 addresses, so that only
 * inet4.c and inet6.c know the difference.
 */
#ifndef _ATCP_FLOW_H
#define _ATCP_FLOW_H

#include <linux/types.h>
#include <linux/in6.h>
#include <net/ipv6.h>

struct net;

/**
 * struct atcp_flow - the two ends, seen from here
 * @laddr:	local address
 * @raddr:	remote address, :: for a listener
 * @lport:	local port, network order
 * @rport:	remote port, network order, 0 for a listener
 */
struct atcp_flow {
	struct in6_addr laddr;
	struct in6_addr raddr;
	__be16 lport;
	__be16 rport;
};

static inline bool atcp_flow_is_v4(const struct atcp_flow *flow)
{
	return ipv6_addr_v4mapped(&flow->raddr);
}

static inline bool atcp_flow_equal(const struct atcp_flow *a, const struct atcp_flow *b)
{
	return a->lport == b->lport && a->rport == b->rport &&
	       ipv6_addr_equal(&a->raddr, &b->raddr) &&
	       ipv6_addr_equal(&a->laddr, &b->laddr);
}

/* table.c: keyed by a secret of this boot. */
u32 atcp_flow_hash(const struct net *net, const struct atcp_flow *flow);

#endif /* _ATCP_FLOW_H */
