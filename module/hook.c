// SPDX-License-Identifier: GPL-2.0
/*
 * Ingress: a netfilter hook on LOCAL_IN takes the segments that are ours.
 *
 * It comes last but for conntrack's confirmation.  A segment of nobody here is
 * accepted untouched, for the kernel's own TCP.  For one of ours the hooks that
 * remain are run from here, so that conntrack confirms it (trap 12); what then
 * is left of the way up is done here too (trap 13), until the segment is handed
 * to atcp_receive() of input.c.
 *
 * May run in process context with bottom halves on (trap 2); RCU is held.
 */
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/xfrm.h>
#include <atcp/inet.h>
#include <atcp/wire.h>
#include "compat.h"
#include "table.h"

static unsigned int hook_run(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);

/* ---- whose segment it is ---- */

/**
 * atcp_hook_flow4() - the flow of two IPv4 sockets, seen from here
 * @flow:	filled
 * @laddr:	local address
 * @raddr:	remote address
 * @lport:	local port
 * @rport:	remote port
 */
void atcp_hook_flow4(struct atcp_flow *flow, __be32 laddr, __be32 raddr, __be16 lport,
		     __be16 rport)
{
	ipv6_addr_set_v4mapped(laddr, &flow->laddr);
	ipv6_addr_set_v4mapped(raddr, &flow->raddr);
	flow->lport = lport;
	flow->rport = rport;
}

static void hook_flow6(struct atcp_flow *flow, const struct ipv6hdr *hdr, __be16 lport,
		       __be16 rport)
{
	flow->laddr = hdr->daddr;
	flow->raddr = hdr->saddr;
	flow->lport = lport;
	flow->rport = rport;
}

static int hook_dif(const struct sk_buff *skb, bool v4)
{
	return v4 ? inet_iif(skb) : inet6_iif(skb);
}

static int hook_sdif(const struct sk_buff *skb, bool v4)
{
	return v4 ? inet_sdif(skb) : inet6_sdif(skb);
}

/*
 * In an IPv6 header: it would be taken for a packet of IPv4 from here on, but no
 * such packet is on the wire, and no connection can have such an address.
 */
static bool hook_pretends_v4(const struct ipv6hdr *hdr)
{
	return ipv6_addr_v4mapped(&hdr->saddr) || ipv6_addr_v4mapped(&hdr->daddr);
}

/*
 * Reads the ports without a change to @skb, which may yet be the kernel's.
 * False when they cannot be read or are not ours; @node gets a reference to the
 * connection or TIME-WAIT record, or NULL when it is for a listener.
 */
static bool hook_ours(struct net *net, const struct sk_buff *skb, unsigned int offset, bool v4,
		      struct atcp_node **node)
{
	int dif = hook_dif(skb, v4), sdif = hook_sdif(skb, v4);
	struct atcp_flow flow;
	__be16 room[2];
	const __be16 *ports;

	ports = skb_header_pointer(skb, offset, sizeof(room), room);
	if (!ports || (!v4 && hook_pretends_v4(ipv6_hdr(skb))))
		return false;
	if (v4)
		atcp_hook_flow4(&flow, ip_hdr(skb)->daddr, ip_hdr(skb)->saddr, ports[1], ports[0]);
	else
		hook_flow6(&flow, ipv6_hdr(skb), ports[1], ports[0]);
	*node = atcp_table_lookup(net, &flow, dif, sdif);
	return *node || atcp_listeners_any(net, &flow, dif, sdif);
}

/* What the walk along the extension headers of IPv6 came to. */
enum hook_found {
	HOOK_OTHER,			/* not for TCP, or not yet */
	HOOK_TCP,
	HOOK_FRAGMENT,			/* TCP's header, in a first fragment */
	HOOK_BAD,			/* TCP behind a header that forbids it */
};

/* An option that we do not know, and whose type says to discard the packet. */
static bool hook_dest_forbids(const struct sk_buff *skb, unsigned int at, unsigned int len)
{
	unsigned int end = at + len;
	const u8 *opt;
	u8 room[2];

	at += sizeof(struct ipv6_opt_hdr);
	while (at < end) {
		opt = skb_header_pointer(skb, at, 1, room);
		if (opt && *opt == IPV6_TLV_PAD1) {
			at++;
			continue;
		}
		opt = skb_header_pointer(skb, at, 2, room);
		if (!opt || at + 2 + opt[1] > end || (opt[0] != IPV6_TLV_PADN && opt[0] & 0xc0))
			return true;
		at += 2 + opt[1];
	}
	return false;
}

/* A routing header that names more hops: the packet is not at its end yet. */
static bool hook_travels_on(const struct sk_buff *skb, unsigned int at)
{
	struct ipv6_rt_hdr room;
	const struct ipv6_rt_hdr *rt = skb_header_pointer(skb, at, sizeof(room), &room);

	return !rt || rt->segments_left;
}

/* Finds TCP's header behind those that the kernel has not parsed yet. [MUST-50] */
static enum hook_found hook_find_tcp(const struct sk_buff *skb, unsigned int *offset)
{
	u8 next = ipv6_hdr(skb)->nexthdr;
	unsigned int at = sizeof(struct ipv6hdr);
	enum hook_found found = HOOK_TCP;
	const struct ipv6_opt_hdr *hdr;
	struct ipv6_opt_hdr room;
	unsigned int len, depth;

	for (depth = 0; depth < 16 && next != IPPROTO_TCP; depth++) {
		hdr = skb_header_pointer(skb, at, sizeof(room), &room);
		if (!hdr)
			return HOOK_OTHER;
		len = ipv6_optlen(hdr);
		if (next == NEXTHDR_FRAGMENT) {
			struct frag_hdr buf;
			const struct frag_hdr *frag;

			frag = skb_header_pointer(skb, at, sizeof(buf), &buf);
			if (!frag || frag->frag_off & htons(IP6_OFFSET))
				return HOOK_OTHER;
			len = sizeof(*frag);
			found = HOOK_FRAGMENT;
		} else if (next == NEXTHDR_ROUTING) {
			if (hook_travels_on(skb, at))
				return HOOK_OTHER;
		} else if (next == NEXTHDR_DEST) {
			if (found == HOOK_TCP && hook_dest_forbids(skb, at, len))
				found = HOOK_BAD;
		} else if (next != NEXTHDR_HOP) {
			/* Behind AH and ESP, xfrm brings it here again. */
			return HOOK_OTHER;
		}
		next = hdr->nexthdr;
		at += len;
	}
	*offset = at;
	return next == IPPROTO_TCP ? found : HOOK_OTHER;
}

/* ---- the way up ---- */

/* IPv4: the header gone, its length, options counted, known to the stack. [MUST-50] */
static bool hook_pull4(struct sk_buff *skb)
{
	return pskb_may_pull(skb, ip_hdrlen(skb) + ATCP_HDR_MIN) &&
	       __skb_pull(skb, ip_hdrlen(skb));
}

/* IPv6: CHECKSUM_COMPLETE counts the headers, so they are taken off it. */
static bool hook_pull6(struct sk_buff *skb)
{
	unsigned int offset = 0;

	if (hook_find_tcp(skb, &offset) != HOOK_TCP || !pskb_may_pull(skb, offset + ATCP_HDR_MIN))
		return false;
	__skb_pull(skb, offset);
	skb_postpull_rcsum(skb, skb_network_header(skb), offset);
	return true;
}

/* The whole TCP header in the linear part. */
static bool hook_header(struct sk_buff *skb)
{
	unsigned int len = __tcp_hdrlen((const struct tcphdr *)skb->data);

	skb_reset_transport_header(skb);
	return len >= ATCP_HDR_MIN && pskb_may_pull(skb, len);
}

/* [MUST-3] */
static bool hook_sum_right(struct sk_buff *skb, bool v4)
{
	if (v4 ? skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo) :
		 skb_checksum_init(skb, IPPROTO_TCP, ip6_compute_pseudo))
		return false;
	return skb_csum_unnecessary(skb) || !__skb_checksum_complete(skb);
}

static void hook_count_delivered(struct net *net, const struct sk_buff *skb, bool v4)
{
	if (v4)
		IP_INC_STATS(net, IPSTATS_MIB_INDELIVERS);
	else
		IP6_INC_STATS(net, ip6_dst_idev(skb_dst(skb)), IPSTATS_MIB_INDELIVERS);
}

/* From IP's to TCP's text; false: dropped. */
static bool hook_parse(struct net *net, struct sk_buff *skb, bool v4, struct atcp_flow *flow,
		       struct atcp_seg *seg)
{
	const struct tcphdr *th;

	if (!(v4 ? hook_pull4(skb) : hook_pull6(skb)) || !hook_header(skb))
		return false;
	if (!hook_sum_right(skb, v4)) {
		atcp_mib_inc(atcp_net(net), ATCP_MIB_CSUM_ERRS);
		return false;
	}
	th = tcp_hdr(skb);
	if (v4)
		atcp_hook_flow4(flow, ip_hdr(skb)->daddr, ip_hdr(skb)->saddr, th->dest,
				th->source);
	else
		hook_flow6(flow, ipv6_hdr(skb), th->dest, th->source);
	if (!atcp_wire_read(seg, (const u8 *)th, __tcp_hdrlen(th), skb->len))
		return false;
	seg->ecn = (v4 ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb))) & INET_ECN_MASK;
	seg->gso = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : 0;
	return true;
}

/* @node: whose it was when the hook looked, NULL when that is not known */
static void hook_deliver(struct net *net, struct sk_buff *skb, bool v4, struct atcp_node *node)
{
	int dif = hook_dif(skb, v4), sdif = hook_sdif(skb, v4);
	struct atcp_net *an = atcp_net(net);
	struct atcp_flow flow __uninitialized;		/* hook_parse() fills both */
	struct atcp_seg seg __uninitialized;

	skb_clear_delivery_time(skb);
	atcp_mib_add(an, ATCP_EV_IN_SEGS, max_t(u16, 1, skb_shinfo(skb)->gso_segs));
	if (!hook_parse(net, skb, v4, &flow, &seg)) {
		atcp_mib_inc(an, ATCP_MIB_IN_ERRS);
		kfree_skb(skb);
		return;
	}
	if (!atcp_inet_addresses_valid(net, skb, &flow)) {
		kfree_skb(skb);
		return;
	}
	hook_count_delivered(net, skb, v4);
	__skb_pull(skb, tcp_hdrlen(skb));
	atcp_receive(net, skb, &flow, &seg, dif, sdif, node);
}

/*
 * Where a packet goes that another hook, behind ours, queued to user space
 * and got back.
 */
static int hook_okfn(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	rcu_read_lock();
	hook_deliver(net, skb, skb->protocol == htons(ETH_P_IP), NULL);
	rcu_read_unlock();
	return 0;
}

/* Runs the hooks behind ours; 1 when the packet passed them all. */
static int hook_rest(struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct nf_hook_entries *entries;
	struct nf_hook_state rest = *state;
	unsigned int i;

	entries = state->pf == NFPROTO_IPV4 ?
		  rcu_dereference(state->net->nf.hooks_ipv4[NF_INET_LOCAL_IN]) :
		  rcu_dereference(state->net->nf.hooks_ipv6[NF_INET_LOCAL_IN]);
	for (i = 0; entries && i < entries->num_hook_entries; i++)
		if (entries->hooks[i].hook == hook_run)
			break;
	if (!entries || i == entries->num_hook_entries) {
		/* We are being unregistered: nothing can be ours any more. */
		kfree_skb(skb);
		return 0;
	}
	if (i + 1 == entries->num_hook_entries)
		return 1;
	rest.okfn = hook_okfn;
	return nf_hook_slow(skb, &rest, entries, i + 1);
}

static unsigned int hook_take(struct sk_buff *skb, const struct nf_hook_state *state,
			      struct atcp_node *node)
{
	if (hook_rest(skb, state) == 1)
		hook_deliver(state->net, skb, state->pf == NFPROTO_IPV4, node);
	if (node)
		atcp_node_put(node);
	return NF_STOLEN;
}

/* ---- the hook ---- */

static unsigned int hook_run4(struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct atcp_node *node = NULL;

	if (iph->protocol == IPPROTO_ICMP) {
		atcp_icmp4(state->net, skb);
		return NF_ACCEPT;
	}
	if (iph->protocol != IPPROTO_TCP ||
	    !hook_ours(state->net, skb, ip_hdrlen(skb), true, &node))
		return NF_ACCEPT;
	return hook_take(skb, state, node);
}

static unsigned int hook_run6(struct sk_buff *skb, const struct nf_hook_state *state)
{
	unsigned int offset = sizeof(struct ipv6hdr);
	enum hook_found found = HOOK_TCP;
	struct atcp_node *node = NULL;

	if (ipv6_hdr(skb)->nexthdr == IPPROTO_ICMPV6) {
		atcp_icmp6(state->net, skb, offset);
		return NF_ACCEPT;
	}
	if (ipv6_hdr(skb)->nexthdr != IPPROTO_TCP)
		found = hook_find_tcp(skb, &offset);
	if (found == HOOK_OTHER || !hook_ours(state->net, skb, offset, false, &node))
		return NF_ACCEPT;
	if (found == HOOK_TCP)
		return hook_take(skb, state, node);
	if (node)
		atcp_node_put(node);
	/* Ours, but the kernel would have dropped it, or reassembled it itself. */
	atcp_mib_inc(atcp_net(state->net), ATCP_MIB_IN_ERRS);
	return NF_DROP;
}

static unsigned int hook_run(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	/*
	 * Not for this host: no segment (RFC 9293, MUST-57).  With a socket set,
	 * the kernel's early demux, TPROXY or BPF has claimed it (trap 15).
	 */
	if (skb->pkt_type != PACKET_HOST || skb->sk)
		return NF_ACCEPT;
	return state->pf == NFPROTO_IPV4 ? hook_run4(skb, state) : hook_run6(skb, state);
}

static const struct nf_hook_ops hook_ops[] = {
	{
		.hook		= hook_run,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= INT_MAX - 1,
	},
	{
		.hook		= hook_run,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_LOCAL_IN,
		.priority	= INT_MAX - 1,
	},
};

/**
 * atcp_hook_net_init() - begin to see the segments of a namespace
 * @an:		its struct
 *
 * Return: 0 or -errno.
 */
int atcp_hook_net_init(struct atcp_net *an)
{
	return nf_register_net_hooks(an->net, hook_ops, ARRAY_SIZE(hook_ops));
}

/**
 * atcp_hook_net_exit() - see no more of them
 * @an:		namespace
 *
 * Packets that wait in NFQUEUE for a verdict are dropped.
 */
void atcp_hook_net_exit(struct atcp_net *an)
{
	nf_unregister_net_hooks(an->net, hook_ops, ARRAY_SIZE(hook_ops));
}

/* ---- what the socket has to say ---- */

static struct sock *hook_sock(const struct atcp_conn *conn)
{
	const struct atcp_conn *parent;
	struct sock *sk;

	if (!conn)
		return NULL;
	sk = READ_ONCE(conn->sk);
	if (sk)
		return sk;
	parent = READ_ONCE(conn->parent);
	return parent ? READ_ONCE(parent->sk) : NULL;
}

static u8 hook_min_ttl(const struct atcp_conn *conn, const struct sock *sk, bool v4)
{
	if (!conn)
		return 0;
	if (!sk)
		return conn->ro.min_ttl;
	return v4 ? READ_ONCE(inet_sk(sk)->min_ttl) : READ_ONCE(inet6_sk(sk)->min_hopcount);
}

/* LSM, cgroup and the filter of the socket; they see the TCP header. */
static bool hook_filter(struct sock *sk, struct sk_buff *skb, struct atcp_seg *seg)
{
	unsigned int len = skb->data - skb_transport_header(skb);

	skb_push(skb, len);
	if (sk_filter_trim_cap(sk, skb, len))
		return false;
	__skb_pull(skb, len);
	seg->text = skb->len;
	return true;
}

/*
 * The policy that the packet's way here must satisfy; then what refers to that
 * way is let go of, which may not outlive the packet's stay under RCU.  Once: a
 * segment that comes here again (its connection ended meanwhile, or a SYN that
 * ends TIME-WAIT goes on to the listener) has nothing left to be judged by.
 */
static bool hook_policy(struct sock *sk, struct sk_buff *skb, bool v4)
{
	if (!skb->dev)
		return true;
	if (v4 ? !xfrm4_policy_check(sk, XFRM_POLICY_IN, skb) :
		 !xfrm6_policy_check(sk, XFRM_POLICY_IN, skb))
		return false;
	nf_reset_ct(skb);
	return true;
}

static void hook_let_go(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	skb->dev = NULL;
}

/**
 * atcp_hook_admit() - whether socket, policy and filters let a segment in
 * @net:	namespace
 * @conn:	whose it is, NULL when that is no connection
 * @skb:	at its text
 * @seg:	its text may become shorter, as the filter says
 *
 * In the order of the host's own TCP; then lets go of what refers to the
 * packet's way here.
 *
 * Return: false when it is to be dropped; it was counted.
 */
bool atcp_hook_admit(struct net *net, struct atcp_conn *conn, struct sk_buff *skb,
		     struct atcp_seg *seg)
{
	bool v4 = skb->protocol == htons(ETH_P_IP);
	u8 ttl = v4 ? ip_hdr(skb)->ttl : ipv6_hdr(skb)->hop_limit;
	struct atcp_net *an = atcp_net(net);
	struct sock *sk = hook_sock(conn);

	if (ttl < hook_min_ttl(conn, sk, v4)) {
		atcp_mib_inc(an, ATCP_MIB_MIN_TTL_DROPS);
		return false;
	}
	if (!hook_policy(sk, skb, v4)) {
		atcp_mib_inc(an, ATCP_MIB_POLICY_DROPS);
		return false;
	}
	if (sk && !hook_filter(sk, skb, seg)) {
		atcp_mib_inc(an, ATCP_MIB_FILTER_DROPS);
		return false;
	}
	hook_let_go(skb);
	return true;
}
