// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors (RFC 9293, section 3.9.2.2; RFC 1191; RFC 8201; RFC 5927).
 *
 * The hook sees them before the kernel has looked at them, and the kernel's own
 * handlers will not find our connections (trap 16).  So the checksum is
 * verified here, the quoted segment is taken to its connection, and what the
 * message tells about the path is entered into the host's routes.  The packet
 * itself is left as it is: the kernel gets it too.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/skbuff.h>
#include <net/icmp.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/route.h>
#include <atcp/auth.h>
#include <atcp/inet.h>
#include <atcp/tcb.h>
#include "compat.h"

/**
 * struct icmp_news - what a message tells
 * @flow:	of the quoted segment, seen from here
 * @seq:	its SEG.SEQ
 * @quoted:	offset of the quoted IP header in the packet
 * @header:	offset of the ICMP header
 * @kind:	how it is to be taken
 * @error:	errno
 * @mtu:	of the next hop, for ATCP_ICMP_PTB
 * @redirect:	it names a better first hop, and nothing else counts
 * @forged_at_will: hard, and not for a connection that authenticates
 * @dev:	device it came by
 */
struct icmp_news {
	struct atcp_flow flow;
	u32 seq;
	unsigned int quoted;
	unsigned int header;
	enum atcp_icmp kind;
	u16 error;
	u32 mtu;
	bool redirect;
	bool forged_at_will;
	int dev;
};

/* The first 8 octets of TCP's header: all that a router must quote. */
struct icmp_quote {
	__be16 sport;
	__be16 dport;
	__be32 seq;
};

/* ---- what is to be done ---- */

/* [MUST-54] */
static struct atcp_node *icmp_find(struct net *net, const struct icmp_news *news, int dif, int sdif)
{
	struct atcp_node *node = atcp_table_lookup(net, &news->flow, dif, sdif);

	if (!node || node->kind != ATCP_KIND_TIMEWAIT)
		return node;
	/* TIME-WAIT has nothing to abort and nothing to send. */
	atcp_timewait_put(node);
	return NULL;
}

/* The kernel's functions find the quoted packet at skb->data. */
static struct sk_buff *icmp_copy(const struct sk_buff *skb, const struct icmp_news *news)
{
	struct sk_buff *copy = skb_copy(skb, GFP_ATOMIC);

	if (!copy)
		return NULL;
	skb_set_transport_header(copy, news->header);
	__skb_pull(copy, news->quoted);
	return copy;
}

static bool icmp_takes_pmtu(const struct atcp_conn *conn)
{
	struct atcp_route_opts ro;

	atcp_inet_route_opts(conn, &ro);
	return ro.pmtudisc != IP_PMTUDISC_DONT && ro.pmtudisc != IP_PMTUDISC_INTERFACE &&
	       ro.pmtudisc != IP_PMTUDISC_OMIT;
}

/*
 * The path became narrower.  Only ever narrower: a message that claims a
 * greater MTU than is in use is old or forged (RFC 5927, section 7.2).
 * [R9293-PMTUD]
 */
static void icmp_narrow(struct net *net, struct atcp_conn *conn, const struct icmp_news *news,
			struct sk_buff *copy, struct atcp_visit *visit)
{
	struct dst_entry *dst = atcp_inet_dst(conn);
	u32 mss;

	if (!dst || news->mtu > dst_mtu(dst) || !icmp_takes_pmtu(conn))
		return;
	atcp_inet_update_pmtu(net, copy, conn, news->mtu);
	dst = atcp_inet_dst(conn);
	if (!dst)
		return;
	mss = atcp_inet_path_mss(conn, dst);
	if (mss < conn->tcb.snd.mss_path)
		atcp_set_path_mss(&conn->tcb, mss, visit->now);
	atcp_mib_inc(atcp_net(net), ATCP_MIB_ICMP_PTB);
}

static void icmp_redirect(struct net *net, struct atcp_conn *conn, const struct icmp_news *news,
			  struct sk_buff *copy)
{
	const struct atcp_tcb *tcb = &conn->tcb;
	struct atcp_route_opts ro;

	if (!seq_leq(tcb->snd.una, news->seq) || !seq_leq(news->seq, tcb->snd.nxt))
		return;
	atcp_inet_route_opts(conn, &ro);
	if (atcp_flow_is_v4(&news->flow))
		ipv4_redirect(copy, net, ro.bound_if, IPPROTO_TCP);
	else
		ip6_redirect(copy, net, news->dev, ro.mark, ro.uid);
	/* The route went stale; atcp_inet_dst() finds out. */
}

/*
 * An error that does not end a connection is told when that ends; with
 * IP_RECVERR or IPV6_RECVERR at once. [MUST-47] [SHLD-20]
 */
static void icmp_report(const struct atcp_conn *conn, struct atcp_visit *visit)
{
	const struct sock *sk = conn->sk;
	struct atcp_fx *fx = &visit->fx;

	if (!sk || !fx->soft_error || !atcp_synchronized(conn->tcb.state) ||
	    !(atcp_flow_is_v4(&conn->n.flow) ? atcp_recverr4(sk) : atcp_recverr6(sk)))
		return;
	fx->error = fx->soft_error;
	fx->soft_error = 0;
	fx->wake |= ATCP_WAKE_ERROR;
}

static void icmp_apply(struct net *net, struct atcp_conn *conn, const struct icmp_news *news,
		       const struct sk_buff *skb)
{
	struct sk_buff *copy = NULL;
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	if (news->redirect || news->kind == ATCP_ICMP_PTB) {
		copy = icmp_copy(skb, news);
		if (!copy)
			return;
	}
	tcb = atcp_enter(&visit, conn, ATCP_BY_SEGMENT);
	if (news->redirect) {
		icmp_redirect(net, conn, news, copy);
	} else if (news->forged_at_will && atcp_ao_ignores_icmp(conn)) {
		/* as if it had not come */
	} else if (atcp_icmp_arrives(tcb, news->kind, news->seq, news->error, visit.now,
				     &visit.fx)) {
		if (copy) {
			icmp_narrow(net, conn, news, copy, &visit);
		} else {
			atcp_mib_inc(atcp_net(net), ATCP_MIB_ICMP_ERRS);
			icmp_report(conn, &visit);
		}
	}
	atcp_leave(&visit);
	kfree_skb(copy);
}

static void icmp_to_node(struct net *net, struct atcp_node *node, const struct icmp_news *news,
			 const struct sk_buff *skb)
{
	struct atcp_conn *conn;

	if (node->kind == ATCP_KIND_CONN) {
		icmp_apply(net, atcp_conn_of(node), news, skb);
		return;
	}
	conn = atcp_half_quoted(node, news->seq);
	if (!conn)
		return;
	icmp_apply(net, conn, news, skb);
	atcp_conn_put(conn);
}

static void icmp_deliver(struct net *net, struct icmp_news *news, const struct sk_buff *skb,
			 bool (*sum_right)(const struct sk_buff *skb, unsigned int offset),
			 int dif, int sdif)
{
	struct atcp_node *node = icmp_find(net, news, dif, sdif);

	if (!node)
		return;
	news->dev = sdif ?: dif;
	/* Only now: most messages are not for us, and the sum costs a walk. */
	if (sum_right(skb, news->header))
		icmp_to_node(net, node, news, skb);
	atcp_node_put(node);
}

/* ---- IPv4 ---- */

static bool icmp4_sum_right(const struct sk_buff *skb, unsigned int offset)
{
	return !csum_fold(skb_checksum(skb, offset, skb->len - offset, 0));
}

/* net.ipv4.ip_no_pmtu_disc: 0 and, as we check the quote, 3 let it be done. */
static bool icmp4_pmtu_allowed(const struct net *net)
{
	u8 mode = READ_ONCE(net->ipv4.sysctl_ip_no_pmtu_disc);

	return mode == 0 || mode == 3;
}

/*
 * Codes 2 to 4 of Destination Unreachable are hard errors, 0, 1 and 5 are not
 * [SHLD-26, MUST-56]; nor are Time Exceeded and Parameter Problem.  Of codes
 * that are younger than RFC 1122 the host's table tells.
 */
static bool icmp4_classify(const struct net *net, const struct icmphdr *icmph,
			   struct icmp_news *news)
{
	news->kind = ATCP_ICMP_SOFT;
	switch (icmph->type) {
	case ICMP_DEST_UNREACH:
		if (icmph->code > NR_ICMP_UNREACH)
			return false;
		news->error = icmp_err_convert[icmph->code].errno;
		news->forged_at_will = icmph->code >= ICMP_PROT_UNREACH &&
				       icmph->code <= ICMP_FRAG_NEEDED;
		if (icmph->code == ICMP_FRAG_NEEDED) {
			news->kind = ATCP_ICMP_PTB;
			news->mtu = ntohs(icmph->un.frag.mtu);
			return icmp4_pmtu_allowed(net);
		}
		if (icmp_err_convert[icmph->code].fatal)
			news->kind = ATCP_ICMP_HARD;
		return true;
	case ICMP_TIME_EXCEEDED:
		news->error = EHOSTUNREACH;
		return icmph->code == ICMP_EXC_TTL;
	case ICMP_PARAMETERPROB:
		news->error = EPROTO;
		return true;
	case ICMP_REDIRECT:
		news->redirect = true;
		return true;
	default:
		/* Source Quench among them [MUST-55]. */
		return false;
	}
}

static bool icmp4_quote(const struct sk_buff *skb, struct icmp_news *news)
{
	struct iphdr iph_room;
	const struct iphdr *iph;
	struct icmp_quote room;
	const struct icmp_quote *quote;

	iph = skb_header_pointer(skb, news->quoted, sizeof(iph_room), &iph_room);
	if (!iph || iph->version != 4 || iph->ihl < 5 || iph->protocol != IPPROTO_TCP ||
	    iph->frag_off & htons(IP_OFFSET))
		return false;
	quote = skb_header_pointer(skb, news->quoted + iph->ihl * 4, sizeof(room), &room);
	if (!quote)
		return false;
	atcp_hook_flow4(&news->flow, iph->saddr, iph->daddr, quote->sport, quote->dport);
	news->seq = ntohl(quote->seq);
	return true;
}

/**
 * atcp_icmp4() - take an ICMP message to the connection that it is about
 * @net:	namespace
 * @skb:	at its IP header; not changed
 */
void atcp_icmp4(struct net *net, struct sk_buff *skb)
{
	struct icmp_news news = { .header = ip_hdrlen(skb) };
	const struct icmphdr *icmph;
	struct icmphdr room;

	icmph = skb_header_pointer(skb, news.header, sizeof(room), &room);
	news.quoted = news.header + sizeof(*icmph);
	if (!icmph || !icmp4_classify(net, icmph, &news) || !icmp4_quote(skb, &news))
		return;
	icmp_deliver(net, &news, skb, icmp4_sum_right, inet_iif(skb), inet_sdif(skb));
}

/* ---- IPv6 ---- */

static bool icmp6_sum_right(const struct sk_buff *skb, unsigned int offset)
{
	unsigned int len = skb->len - offset;

	return !csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, len, IPPROTO_ICMPV6,
				skb_checksum(skb, offset, len, 0));
}

/*
 * Where the redirected packet is quoted: in an option of the message, which
 * counts only from a neighbour (RFC 4861, section 8.1).
 */
static bool icmp6_redirect(const struct sk_buff *skb, struct icmp_news *news)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	unsigned int at = news->header + sizeof(struct rd_msg);
	const u8 *opt;
	u8 room[2];

	if (hdr->hop_limit != 255 || !(ipv6_addr_type(&hdr->saddr) & IPV6_ADDR_LINKLOCAL))
		return false;
	for (;; at += opt[1] * 8) {
		opt = skb_header_pointer(skb, at, sizeof(room), room);
		if (!opt || !opt[1])
			return false;
		if (opt[0] == ND_OPT_REDIRECT_HDR)
			break;
	}
	news->quoted = at + 8;
	news->redirect = true;
	return true;
}

/*
 * No route and address unreachable are soft, as their like in ICMP for IPv4;
 * port unreachable, a prohibition and an unknown next header are hard.
 */
static bool icmp6_classify(const struct sk_buff *skb, const struct icmp6hdr *icmp6h,
			   struct icmp_news *news)
{
	u8 code = icmp6h->icmp6_code;
	int err;

	news->kind = ATCP_ICMP_SOFT;
	icmpv6_err_convert(icmp6h->icmp6_type, code, &err);
	news->error = err;
	switch (icmp6h->icmp6_type) {
	case ICMPV6_DEST_UNREACH:
		news->forged_at_will = code == ICMPV6_ADM_PROHIBITED ||
				       code == ICMPV6_PORT_UNREACH;
		if (code != ICMPV6_NOROUTE && code != ICMPV6_ADDR_UNREACH &&
		    code != ICMPV6_NOT_NEIGHBOUR)
			news->kind = ATCP_ICMP_HARD;
		return true;
	case ICMPV6_PKT_TOOBIG:
		news->kind = ATCP_ICMP_PTB;
		news->mtu = ntohl(icmp6h->icmp6_mtu);
		return news->mtu >= IPV6_MIN_MTU;
	case ICMPV6_TIME_EXCEED:
		return code == ICMPV6_EXC_HOPLIMIT;
	case ICMPV6_PARAMPROB:
		if (code == ICMPV6_UNK_NEXTHDR)
			news->kind = ATCP_ICMP_HARD;
		return true;
	case NDISC_REDIRECT:
		return code == 0 && icmp6_redirect(skb, news);
	default:
		return false;
	}
}

static bool icmp6_quote(const struct sk_buff *skb, struct icmp_news *news)
{
	struct ipv6hdr hdr_room;
	const struct ipv6hdr *hdr;
	struct icmp_quote room;
	const struct icmp_quote *quote;

	/* What we send has no extension header. */
	hdr = skb_header_pointer(skb, news->quoted, sizeof(hdr_room), &hdr_room);
	if (!hdr || hdr->version != 6 || hdr->nexthdr != IPPROTO_TCP)
		return false;
	/* Such a flow is one of IPv4, which this message has no say in. */
	if (ipv6_addr_v4mapped(&hdr->saddr) || ipv6_addr_v4mapped(&hdr->daddr))
		return false;
	quote = skb_header_pointer(skb, news->quoted + sizeof(*hdr), sizeof(room), &room);
	if (!quote)
		return false;
	news->flow.laddr = hdr->saddr;
	news->flow.raddr = hdr->daddr;
	news->flow.lport = quote->sport;
	news->flow.rport = quote->dport;
	news->seq = ntohl(quote->seq);
	return true;
}

/**
 * atcp_icmp6() - take an ICMPv6 message to the connection that it is about
 * @net:	namespace
 * @skb:	at its IP header; not changed
 * @offset:	of the ICMP header
 */
void atcp_icmp6(struct net *net, struct sk_buff *skb, unsigned int offset)
{
	struct icmp_news news = { .header = offset };
	const struct icmp6hdr *icmp6h;
	struct icmp6hdr room;

	icmp6h = skb_header_pointer(skb, offset, sizeof(room), &room);
	news.quoted = offset + sizeof(*icmp6h);
	if (!icmp6h || !icmp6_classify(skb, icmp6h, &news) || !icmp6_quote(skb, &news))
		return;
	icmp_deliver(net, &news, skb, icmp6_sum_right, inet6_iif(skb), inet6_sdif(skb));
}
