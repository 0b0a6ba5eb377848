// SPDX-License-Identifier: GPL-2.0
/*
 * The internet layer as connections see it (RFC 9293, section 3.9.2): routes,
 * the options they are looked up with, path MTU, and handing segments down.
 *
 * Owns conn->dst, conn->dst_cookie and conn->ro.  sk_dst_cache is not used: it
 * demands the socket lock (trap 10).
 */
#include <linux/module.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/inet_common.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <atcp/inet.h>
#include <atcp/port.h>
#include "compat.h"

/* ---- options ---- */

/* A connection's socket; that of its listener before accept(). RCU or lock. */
static struct sock *inet_sock_of(const struct atcp_conn *conn)
{
	struct sock *sk = READ_ONCE(conn->sk);
	const struct atcp_conn *parent;

	if (sk)
		return sk;
	parent = READ_ONCE(conn->parent);
	return parent ? READ_ONCE(parent->sk) : NULL;
}

/**
 * atcp_inet_route_opts() - the options that are in force
 * @conn:	a connection
 * @ro:		filled: live from its socket, or as they were when that went
 */
void atcp_inet_route_opts(const struct atcp_conn *conn, struct atcp_route_opts *ro)
{
	const struct sock *sk = READ_ONCE(conn->sk);

	if (!sk) {
		*ro = conn->ro;
		return;
	}
	memset(ro, 0, sizeof(*ro));
	ro->mark = READ_ONCE(sk->sk_mark);
	ro->priority = READ_ONCE(sk->sk_priority);
	ro->bound_if = READ_ONCE(sk->sk_bound_dev_if);
	ro->uid = sk->sk_uid;
	/* A listener on :: has no say in which family its children are of. */
	if (sk->sk_family == AF_INET || atcp_flow_is_v4(&conn->n.flow))
		atcp_inet4_opts(sk, ro);
	else
		atcp_inet6_opts(sk, ro);
}

/**
 * atcp_inet_mark() - SO_MARK of a connection
 * @conn:	a connection; RCU held, or its lock
 *
 * Return: the mark, live from its socket, or as it was when that went.
 */
u32 atcp_inet_mark(const struct atcp_conn *conn)
{
	const struct sock *sk = READ_ONCE(conn->sk);

	return sk ? READ_ONCE(sk->sk_mark) : conn->ro.mark;
}

/* Those that choose a route; the rest is written into each header. */
static bool inet_same_route(const struct atcp_route_opts *a, const struct atcp_route_opts *b)
{
	return a->mark == b->mark && a->bound_if == b->bound_if && a->tos == b->tos &&
	       a->flowlabel == b->flowlabel && a->local_only == b->local_only &&
	       uid_eq(a->uid, b->uid);
}

/**
 * atcp_inet_forget_route() - the next segment looks for another one
 * @conn:	its lock is held
 */
void atcp_inet_forget_route(struct atcp_conn *conn)
{
	dst_release(conn->dst);
	conn->dst = NULL;
}

/**
 * atcp_inet_freeze_opts() - keep the options of a socket that is leaving
 * @conn:	its connection, conn->sk still set
 */
void atcp_inet_freeze_opts(struct atcp_conn *conn)
{
	struct atcp_route_opts ro;

	atcp_inet_route_opts(conn, &ro);
	if (!inet_same_route(&ro, &conn->ro))
		atcp_inet_forget_route(conn);
	conn->ro = ro;
}

/* The device that answers to @skb must leave by, 0 where the route decides. */
static int inet_reply_if(struct net *net, const struct sk_buff *skb,
			 const struct atcp_flow *flow, int dif)
{
	if (!atcp_flow_is_v4(flow) && ipv6_addr_type(&flow->raddr) & IPV6_ADDR_LINKLOCAL)
		return dif;
	return netif_index_is_l3_master(net, skb->skb_iif) ? skb->skb_iif : 0;
}

/* TOS or traffic class of a packet that arrived. */
static u8 inet_tos(const struct sk_buff *skb, const struct atcp_flow *flow)
{
	return atcp_flow_is_v4(flow) ? ip_hdr(skb)->tos : ipv6_get_dsfield(ipv6_hdr(skb));
}

/**
 * atcp_inet_listener_opts() - the options that a child has of its listener
 * @listener:	in LISTEN
 * @flow:	of the child
 * @ro:		filled
 *
 * The listener may be of both families: its child is of one.
 */
void atcp_inet_listener_opts(const struct atcp_conn *listener, const struct atcp_flow *flow,
			     struct atcp_route_opts *ro)
{
	const struct sock *sk = READ_ONCE(listener->sk);

	atcp_inet_route_opts(listener, ro);
	if (!sk)
		return;
	if (atcp_flow_is_v4(flow))
		atcp_inet4_opts(sk, ro);
	else
		atcp_inet6_opts(sk, ro);
}

/**
 * atcp_inet_child_opts() - the options that a new connection starts with
 * @listener:	whose child it becomes
 * @skb:	the SYN
 * @flow:	of the SYN
 * @dif:	device it came by
 * @ro:		filled
 */
void atcp_inet_child_opts(const struct atcp_conn *listener, const struct sk_buff *skb,
			  const struct atcp_flow *flow, int dif, struct atcp_route_opts *ro)
{
	struct net *net = listener->n.net;

	atcp_inet_listener_opts(listener, flow, ro);
	if (!ro->mark && READ_ONCE(net->ipv4.sysctl_tcp_fwmark_accept))
		ro->mark = skb->mark;
	if (READ_ONCE(net->ipv4.sysctl_tcp_reflect_tos))
		ro->tos = inet_tos(skb, flow) & ~INET_ECN_MASK;
	if (!ro->bound_if && !atcp_flow_is_v4(flow) &&
	    ipv6_addr_type(&flow->raddr) & IPV6_ADDR_LINKLOCAL)
		ro->bound_if = dif;
	if (!ro->bound_if && READ_ONCE(net->ipv4.sysctl_tcp_l3mdev_accept))
		ro->bound_if = l3mdev_master_ifindex_by_index(net, skb->skb_iif);
}

/**
 * atcp_inet_reply_opts() - the options for an answer that no connection sends
 * @net:	namespace
 * @skb:	what is answered
 * @flow:	its flow
 * @dif:	device it came by
 * @ro:		filled from @skb alone, as the host does for its own resets
 */
void atcp_inet_reply_opts(struct net *net, const struct sk_buff *skb,
			  const struct atcp_flow *flow, int dif, struct atcp_route_opts *ro)
{
	bool v4 = atcp_flow_is_v4(flow);

	memset(ro, 0, sizeof(*ro));
	ro->mark = v4 ? IP4_REPLY_MARK(net, skb->mark) : IP6_REPLY_MARK(net, skb->mark);
	ro->tos = inet_tos(skb, flow) & ~INET_ECN_MASK;
	ro->bound_if = inet_reply_if(net, skb, flow, dif);
	ro->uid = sock_net_uid(net, NULL);
	ro->pmtudisc = IP_PMTUDISC_WANT;
	if (!v4 && READ_ONCE(net->ipv6.sysctl.flowlabel_reflect) & FLOWLABEL_REFLECT_TCP_RESET)
		ro->flowlabel = ip6_flowlabel(ipv6_hdr(skb));
}

/* ---- routes ---- */

static struct dst_entry *inet_route(struct net *net, struct sock *sk, struct atcp_flow *flow,
				    const struct atcp_route_opts *ro)
{
	return atcp_flow_is_v4(flow) ? atcp_inet4_route(net, sk, flow, ro) :
				       atcp_inet6_route(net, sk, flow, ro);
}

static void inet_keep_route(struct atcp_conn *conn, struct dst_entry *dst,
			    const struct atcp_route_opts *ro)
{
	dst_release(conn->dst);
	conn->dst = dst;
	conn->dst_cookie = 0;
	if (!atcp_flow_is_v4(&conn->n.flow))
		conn->dst_cookie = rt6_get_cookie(dst_rt6_info(dst));
	conn->ro = *ro;
	atcp_metrics_route(conn);
}

/**
 * atcp_inet_connect_route() - find the way to the peer of an active open
 * @conn:	not hashed yet; the flow may lack the local address and port
 *
 * Chooses the local address where the user did not [MUST-44], and takes the
 * loopback address for an unspecified remote one.
 *
 * Return: 0, or -errno: -ENETUNREACH also for a peer that is not a single host
 * [MUST-46].
 */
int atcp_inet_connect_route(struct atcp_conn *conn)
{
	struct atcp_route_opts ro;
	struct dst_entry *dst;

	atcp_inet_route_opts(conn, &ro);
	dst = inet_route(conn->n.net, READ_ONCE(conn->sk), &conn->n.flow, &ro);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	/* Rules and policies may look at the port, so look again once it is known. */
	if (conn->n.flow.lport) {
		inet_keep_route(conn, dst, &ro);
	} else {
		dst_release(dst);
		atcp_inet_forget_route(conn);
	}
	return 0;
}

/* The addresses of the connection stay, whatever the route [MUST-45]. */
static struct dst_entry *inet_route_anew(struct atcp_conn *conn, const struct atcp_route_opts *ro)
{
	struct atcp_flow flow = conn->n.flow;
	struct dst_entry *dst = inet_route(conn->n.net, inet_sock_of(conn), &flow, ro);

	if (IS_ERR(dst)) {
		atcp_inet_forget_route(conn);
		return NULL;
	}
	inet_keep_route(conn, dst, ro);
	return dst;
}

/**
 * atcp_inet_dst() - the route of a connection, valid now
 * @conn:	its lock is held
 *
 * Looks it up again when it went stale or when the socket's options changed.
 *
 * Return: the route, which stays the connection's; NULL when there is none.
 */
struct dst_entry *atcp_inet_dst(struct atcp_conn *conn)
{
	struct atcp_route_opts ro __uninitialized;	/* filled at once */

	atcp_inet_route_opts(conn, &ro);
	if (unlikely(!conn->dst || !inet_same_route(&ro, &conn->ro) ||
		     !dst_check(conn->dst, conn->dst_cookie)))
		return inet_route_anew(conn, &ro);
	conn->ro = ro;
	return conn->dst;
}

/**
 * atcp_inet_header_len() - octets of the IP header of what we send
 * @flow:	tells the family
 *
 * Return: 20 or 40.
 */
unsigned int atcp_inet_header_len(const struct atcp_flow *flow)
{
	return atcp_flow_is_v4(flow) ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/**
 * atcp_inet_path_mss() - octets of text that fit the path in one packet
 * @conn:	a connection
 * @dst:	its route
 *
 * Return: the path MTU less both headers without options, at least
 * ATCP_MIN_MSS.
 */
u32 atcp_inet_path_mss(const struct atcp_conn *conn, const struct dst_entry *dst)
{
	u32 headers = atcp_inet_header_len(&conn->n.flow) + ATCP_HDR_MIN;
	u32 mtu = dst_mtu(dst);

	return clamp_t(u32, mtu > headers ? mtu - headers : 0, ATCP_MIN_MSS, U16_MAX);
}

/**
 * atcp_inet_adv_mss() - the MSS option to send
 * @conn:	a connection
 * @dst:	its route
 *
 * Return: the route's advmss, by default the device's MTU less both fixed
 * headers (RFC 9293, section 3.7.1; options of either do not count). [MUST-67]
 */
u32 atcp_inet_adv_mss(const struct atcp_conn *conn, const struct dst_entry *dst)
{
	return atcp_inet_dst_adv_mss(dst);
}

/**
 * atcp_inet_dst_adv_mss() - the same, where there is no connection yet
 * @dst:	the route
 *
 * Return: octets.
 */
u32 atcp_inet_dst_adv_mss(const struct dst_entry *dst)
{
	return clamp_t(u32, dst_metric_advmss(dst), ATCP_MIN_MSS, U16_MAX);
}

/**
 * atcp_inet_route_ecn() - whether a route has the feature "ecn"
 * @dst:	the route
 *
 * Return: true when ECN is to be asked for, and agreed to, whatever net.atcp.ecn says.
 */
bool atcp_inet_route_ecn(const struct dst_entry *dst)
{
	return dst_feature(dst, RTAX_FEATURE_ECN);
}

/**
 * atcp_inet_update_pmtu() - note a smaller path MTU in the host's routes
 * @net:	namespace
 * @icmp:	private copy of the ICMP message, skb->data at the quoted packet
 * @conn:	whose packet was too big; its lock is held
 * @mtu:	octets; 0 from a router that does not know RFC 1191
 */
void atcp_inet_update_pmtu(struct net *net, struct sk_buff *icmp, struct atcp_conn *conn, u32 mtu)
{
	struct atcp_route_opts ro;

	atcp_inet_route_opts(conn, &ro);
	if (atcp_flow_is_v4(&conn->n.flow))
		ipv4_update_pmtu(icmp, net, mtu, ro.bound_if, IPPROTO_TCP);
	else
		ip6_update_pmtu(icmp, net, htonl(mtu), ro.bound_if, ro.mark, ro.uid);
}

/* ---- sending and receiving ---- */

static int inet_xmit(struct net *net, struct sock *sk, const struct atcp_flow *flow,
		     const struct atcp_route_opts *ro, u8 ecn, struct sk_buff *skb)
{
	/* A clone of what the send queue holds still has its notes there. */
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->priority = ro->priority;
	skb->mark = ro->mark;
	if (sk)
		skb_set_hash_from_sk(skb, sk);
	skb_reset_transport_header(skb);
	return atcp_flow_is_v4(flow) ? atcp_inet4_xmit(net, sk, flow, ro, ecn, skb) :
				       atcp_inet6_xmit(net, sk, flow, ro, ecn, skb);
}

/**
 * atcp_inet_xmit() - send a segment of a connection
 * @conn:	its lock is held, and since then atcp_inet_dst() was asked
 * @ecn:	enum atcp_ect for the IP header
 * @skb:	skb->data at the TCP header, checksum not yet set, room for the
 *		lower headers; gso_* and skb->sk set; consumed
 *
 * Return: what the device's queue said, or -EHOSTUNREACH.
 */
int atcp_inet_xmit(struct atcp_conn *conn, u8 ecn, struct sk_buff *skb)
{
	int err;

	rcu_read_lock();
	if (conn->dst) {
		skb_dst_set_noref(skb, conn->dst);
		err = inet_xmit(conn->n.net, skb->sk, &conn->n.flow, &conn->ro, ecn, skb);
	} else {
		kfree_skb(skb);
		err = -EHOSTUNREACH;
	}
	rcu_read_unlock();
	return err;
}

/**
 * atcp_inet_flow_route() - the way for segments that belong to no connection
 * @net:	namespace
 * @sk:		on whose behalf, or NULL
 * @flow:	both ends
 * @ro:		options to look it up with
 *
 * Context: RCU held. Return: the route, with a reference, or ERR_PTR.
 */
struct dst_entry *atcp_inet_flow_route(struct net *net, struct sock *sk,
				       const struct atcp_flow *flow,
				       const struct atcp_route_opts *ro)
{
	struct atcp_flow route_flow = *flow;

	return inet_route(net, sk, &route_flow, ro);
}

/**
 * atcp_inet_xmit_flow() - send a segment that belongs to no connection
 * @net:	namespace
 * @flow:	both ends
 * @ro:		options to send it with
 * @dst:	what atcp_inet_flow_route() returned; consumed
 * @sk:		on whose behalf, or NULL
 * @ecn:	enum atcp_ect for the IP header
 * @skb:	see atcp_inet_xmit()
 *
 * Return: what the device's queue said, or -errno when there is no route.
 */
int atcp_inet_xmit_flow(struct net *net, const struct atcp_flow *flow,
			const struct atcp_route_opts *ro, struct dst_entry *dst, struct sock *sk,
			u8 ecn, struct sk_buff *skb)
{
	int err;

	rcu_read_lock();
	if (IS_ERR(dst)) {
		kfree_skb(skb);
		err = PTR_ERR(dst);
	} else {
		skb_dst_set(skb, dst);
		err = inet_xmit(net, sk, flow, ro, ecn, skb);
	}
	rcu_read_unlock();
	return err;
}

/**
 * atcp_inet_addresses_valid() - whether a packet is between two hosts
 * @net:	namespace
 * @skb:	a packet that arrived, with its route
 * @flow:	its addresses
 *
 * What comes from or goes to a broadcast or multicast address is to be dropped
 * in silence [MUST-57, MUST-63].
 *
 * Return: true when both addresses are of single hosts.
 */
bool atcp_inet_addresses_valid(struct net *net, const struct sk_buff *skb,
			       const struct atcp_flow *flow)
{
	return atcp_flow_is_v4(flow) ? atcp_inet4_valid(skb, flow) : atcp_inet6_valid(skb, flow);
}

/* ---- per namespace ---- */

/*
 * Without reassembly before LOCAL_IN the kernel would reassemble there, and its
 * own TCP would reset our connection (trap 14).  By symbol_get(), so that a
 * plain insmod of this module does not ask for another one first.
 */
static int (*inet_defrag_enable)(struct net *net);
static void (*inet_defrag_disable)(struct net *net);

/**
 * atcp_inet_init() - find the reassembly of IPv6 fragments
 *
 * Before the namespaces are set up: loading a module there would deadlock.
 *
 * Return: 0.
 */
int atcp_inet_init(void)
{
	if (!ipv6_mod_enabled())
		return 0;
	inet_defrag_enable = try_then_request_module(symbol_get(nf_defrag_ipv6_enable),
						     "nf_defrag_ipv6");
	if (!inet_defrag_enable) {
		pr_warn("atcp: no nf_defrag_ipv6: fragments of IPv6 will be dropped\n");
		return 0;
	}
	inet_defrag_disable = symbol_get(nf_defrag_ipv6_disable);
	return 0;
}

/**
 * atcp_inet_exit() - undo atcp_inet_init()
 */
void atcp_inet_exit(void)
{
	if (inet_defrag_disable)
		symbol_put(nf_defrag_ipv6_disable);
	if (inet_defrag_enable)
		symbol_put(nf_defrag_ipv6_enable);
}

/*
 * Kernel sockets own the segments that have no other: they hold no reference to
 * their namespace (trap 26), and are not hashed, so that they receive nothing.
 */
static int inet_control_sock(struct net *net, int family, struct sock **sk)
{
	int err = inet_ctl_sock_create(sk, family, SOCK_RAW, IPPROTO_TCP, net);

	if (err)
		*sk = NULL;
	return err;
}

static void inet_close_control(struct atcp_net *an)
{
	if (an->ctl4)
		inet_ctl_sock_destroy(an->ctl4);
	if (an->ctl6)
		inet_ctl_sock_destroy(an->ctl6);
	an->ctl4 = NULL;
	an->ctl6 = NULL;
}

/**
 * atcp_inet_net_init() - prepare a namespace
 * @an:		its struct
 *
 * Return: 0 or -errno.
 */
int atcp_inet_net_init(struct atcp_net *an)
{
	int err = inet_control_sock(an->net, AF_INET, &an->ctl4);

	if (!err && ipv6_mod_enabled())
		err = inet_control_sock(an->net, AF_INET6, &an->ctl6);
	if (!err && inet_defrag_enable)
		err = inet_defrag_enable(an->net);
	if (err)
		inet_close_control(an);
	return err;
}

/**
 * atcp_inet_net_exit() - undo atcp_inet_net_init()
 * @an:		namespace; all its connections are dead
 */
void atcp_inet_net_exit(struct atcp_net *an)
{
	if (inet_defrag_disable)
		inet_defrag_disable(an->net);
	inet_close_control(an);
}
