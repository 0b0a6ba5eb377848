// SPDX-License-Identifier: GPL-2.0
/*
 * IPv6: routes, the header, which addresses are those of a single host
 * (RFC 9293, section 3.9.2; RFC 8200).
 *
 * The header is built here, as that of IPv4 is: ip6_xmit() wants a socket to
 * take the hop limit from, and most of a connection's last segments have none.
 */
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <atcp/inet.h>
#include "compat.h"

/**
 * atcp_inet6_opts() - the options of a socket that go into an IPv6 header
 * @sk:		a socket of AF_INET6
 * @ro:		whose tos (traffic class), ttl (hop limit), min_ttl, pmtudisc
 *		and flowlabel are set
 *
 * [MUST-48] [MUST-49] [SHLD-21] [SHLD-22]
 */
void atcp_inet6_opts(const struct sock *sk, struct atcp_route_opts *ro)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	int hops = atcp_ipv6_hops(np);

	ro->tos = READ_ONCE(np->tclass) & ~INET_ECN_MASK;
	ro->ttl = hops > 0 ? hops : 0;
	ro->min_ttl = READ_ONCE(np->min_hopcount);
	ro->pmtudisc = np->pmtudisc;
	ro->flowlabel = READ_ONCE(np->flow_label);
}

static void inet6_fill(struct flowi6 *fl6, const struct atcp_flow *flow,
		       const struct atcp_route_opts *ro)
{
	memset(fl6, 0, sizeof(*fl6));
	fl6->flowi6_proto = IPPROTO_TCP;
	fl6->daddr = flow->raddr;
	fl6->saddr = flow->laddr;
	fl6->flowlabel = ip6_make_flowinfo(ro->tos, ro->flowlabel);
	fl6->flowi6_oif = ro->bound_if;
	fl6->flowi6_mark = ro->mark;
	fl6->fl6_dport = flow->rport;
	fl6->fl6_sport = flow->lport;
	fl6->flowi6_uid = ro->uid;
}

/**
 * atcp_inet6_route() - look a route up
 * @net:	namespace
 * @sk:		on whose behalf, or NULL
 * @flow:	both ends; unspecified addresses are filled in
 * @ro:		options
 *
 * Return: a referenced route, or ERR_PTR(): -ENETUNREACH also for a multicast
 * address [MUST-46].
 */
struct dst_entry *atcp_inet6_route(struct net *net, struct sock *sk, struct atcp_flow *flow,
				   const struct atcp_route_opts *ro)
{
	struct dst_entry *dst;
	struct flowi6 fl6;

	if (ipv6_addr_any(&flow->raddr))
		flow->raddr = in6addr_loopback;
	if (ipv6_addr_is_multicast(&flow->raddr))
		return ERR_PTR(-ENETUNREACH);
	inet6_fill(&fl6, flow, ro);
	if (sk)
		security_sk_classify_flow(sk, flowi6_to_flowi_common(&fl6));
	dst = ip6_dst_lookup_flow(net, sk, &fl6, NULL);
	if (!IS_ERR(dst))
		flow->laddr = fl6.saddr;
	return dst;
}

/**
 * atcp_inet6_xmit() - put an IPv6 header before a segment and send it
 * @net:	namespace
 * @sk:		on whose behalf, or NULL
 * @flow:	both ends
 * @ro:		options
 * @ecn:	enum atcp_ect
 * @skb:	at its TCP header, with a route; consumed
 *
 * Return: what the device's queue said; -EMSGSIZE when the path became too
 * narrow since the segment was made.
 */
int atcp_inet6_xmit(struct net *net, struct sock *sk, const struct atcp_flow *flow,
		    const struct atcp_route_opts *ro, u8 ecn, struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);
	struct tcphdr *th = tcp_hdr(skb);
	unsigned int len = skb->len;
	struct ipv6hdr *hdr;
	struct flowi6 fl6;

	if (!skb_is_gso(skb) && len + sizeof(*hdr) > dst_mtu(dst)) {
		IP6_INC_STATS(net, ip6_dst_idev(dst), IPSTATS_MIB_FRAGFAILS);
		kfree_skb(skb);
		return -EMSGSIZE;
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = ~tcp_v6_check(len, &flow->laddr, &flow->raddr, 0);

	inet6_fill(&fl6, flow, ro);
	hdr = skb_push(skb, sizeof(*hdr));
	skb_reset_network_header(skb);
	ip6_flow_hdr(hdr, ro->tos | ecn,
		     ip6_make_flowlabel(net, skb, ro->flowlabel,
					atcp_ipv6_autoflowlabel(net, sk), &fl6));
	hdr->nexthdr = IPPROTO_TCP;
	hdr->hop_limit = ro->ttl ?: ip6_dst_hoplimit(dst);
	hdr->saddr = flow->laddr;
	hdr->daddr = flow->raddr;
	atcp_ipv6_count_out(net, ip6_dst_idev(dst), skb);
	return ip6_local_out(net, sk, skb);
}

/**
 * atcp_inet6_valid() - whether a packet is between two hosts
 * @skb:	a packet that arrived, with its route
 * @flow:	its addresses
 *
 * Return: false when either address is multicast or unspecified, or we are
 * reached by an anycast address.
 */
bool atcp_inet6_valid(const struct sk_buff *skb, const struct atcp_flow *flow)
{
	return !ipv6_addr_is_multicast(&flow->laddr) && !ipv6_addr_is_multicast(&flow->raddr) &&
	       !ipv6_addr_any(&flow->raddr) && !ipv6_addr_v4mapped(&flow->laddr) &&
	       !ipv6_anycast_destination(skb_dst(skb), &flow->laddr);
}
