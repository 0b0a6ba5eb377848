// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4: routes, the header, which addresses are those of a single host
 * (RFC 9293, section 3.9.2; RFC 1122, section 3.2.1.3).
 *
 * The header is built here and given to ip_local_out(): ip_queue_xmit() would
 * write the low eight bits of our socket's protocol number into it (trap 1).
 */
#include <linux/inetdevice.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/tcp.h>
#include <atcp/inet.h>
#include "compat.h"

/**
 * atcp_inet4_opts() - the options of a socket that go into an IPv4 header
 * @sk:		a socket of either family
 * @ro:		whose tos, ttl, min_ttl, pmtudisc and local_only are set
 *
 * [MUST-48] [MUST-49] [SHLD-21] [SHLD-22]
 */
void atcp_inet4_opts(const struct sock *sk, struct atcp_route_opts *ro)
{
	const struct inet_sock *inet = inet_sk(sk);
	int ttl = READ_ONCE(inet->uc_ttl);

	ro->tos = READ_ONCE(inet->tos) & ~INET_ECN_MASK;
	ro->ttl = ttl > 0 ? ttl : 0;
	ro->min_ttl = READ_ONCE(inet->min_ttl);
	ro->pmtudisc = READ_ONCE(inet->pmtudisc);
	ro->local_only = sock_flag(sk, SOCK_LOCALROUTE);
	ro->flowlabel = 0;
}

/**
 * atcp_inet4_route() - look a route up
 * @net:	namespace
 * @sk:		on whose behalf, or NULL
 * @flow:	both ends; unspecified addresses are filled in
 * @ro:		options
 *
 * Return: a referenced route, or ERR_PTR(): -ENETUNREACH also for broadcast and
 * multicast addresses, which no connection can have [MUST-46].
 */
struct dst_entry *atcp_inet4_route(struct net *net, struct sock *sk, struct atcp_flow *flow,
				   const struct atcp_route_opts *ro)
{
	__be32 laddr = flow->laddr.s6_addr32[3];
	struct flowi4 fl4;
	struct rtable *rt;

	memset(&fl4, 0, sizeof(fl4));
	flowi4_init_output(&fl4, ro->bound_if, ro->mark, atcp_route_tos(ro->tos),
			   ro->local_only ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
			   IPPROTO_TCP, sk ? inet_sk_flowi_flags(sk) : 0,
			   flow->raddr.s6_addr32[3], laddr, flow->rport, flow->lport, ro->uid);
	if (sk)
		security_sk_classify_flow(sk, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(net, &fl4, sk);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			IP_INC_STATS(net, IPSTATS_MIB_OUTNOROUTES);
		return ERR_CAST(rt);
	}
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	ipv6_addr_set_v4mapped(fl4.saddr, &flow->laddr);
	ipv6_addr_set_v4mapped(fl4.daddr, &flow->raddr);
	return &rt->dst;
}

/* As ip_dont_fragment(), without a socket to ask. [R7323-PMTUD] */
static bool inet4_dont_fragment(const struct atcp_route_opts *ro, const struct dst_entry *dst)
{
	return ro->pmtudisc == IP_PMTUDISC_DO ||
	       (ro->pmtudisc == IP_PMTUDISC_WANT && !ip_mtu_locked(dst));
}

/**
 * atcp_inet4_xmit() - put an IPv4 header before a segment and send it
 * @net:	namespace
 * @sk:		on whose behalf, or NULL
 * @flow:	both ends
 * @ro:		options
 * @ecn:	enum atcp_ect
 * @skb:	at its TCP header, with a route; consumed
 *
 * Return: what the device's queue said.
 */
int atcp_inet4_xmit(struct net *net, struct sock *sk, const struct atcp_flow *flow,
		    const struct atcp_route_opts *ro, u8 ecn, struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);
	struct tcphdr *th = tcp_hdr(skb);
	struct iphdr *iph;

	/* The device sums, or skb_checksum_help() where it cannot. */
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = ~tcp_v4_check(skb->len, flow->laddr.s6_addr32[3],
				  flow->raddr.s6_addr32[3], 0);

	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = ro->tos | ecn;
	iph->frag_off = inet4_dont_fragment(ro, dst) ? htons(IP_DF) : 0;
	iph->ttl = ro->ttl ?: ip4_dst_hoplimit(dst);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = flow->laddr.s6_addr32[3];
	iph->daddr = flow->raddr.s6_addr32[3];
	ip_select_ident_segs(net, skb, sk, skb_shinfo(skb)->gso_segs ?: 1);
	return ip_local_out(net, sk, skb);
}

/**
 * atcp_inet4_valid() - whether a packet is between two hosts
 * @skb:	a packet that arrived, with its route
 * @flow:	its addresses
 *
 * Return: false when either address is broadcast, multicast or this network's.
 */
bool atcp_inet4_valid(const struct sk_buff *skb, const struct atcp_flow *flow)
{
	__be32 raddr = flow->raddr.s6_addr32[3];

	/* Subnet broadcasts as source are stopped by the route of the input. */
	return !(skb_rtable(skb)->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) &&
	       !ipv4_is_multicast(raddr) && !ipv4_is_lbcast(raddr) && !ipv4_is_zeronet(raddr);
}
