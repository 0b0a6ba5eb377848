/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between IPv4 and IPv6 (inet4.c, inet6.c), behind one door
 * (inet.c) that branches on atcp_flow_is_v4(); and what hook.c does with a
 * segment that is ours.  Routes are looked up with IPPROTO_TCP (trap 1).
 */
#ifndef _ATCP_INET_H
#define _ATCP_INET_H

#include <linux/netfilter.h>
#include <atcp/conn.h>

/* inet.c; with a connection, conn->lock is held, or it is not hashed yet. */
int atcp_inet_connect_route(struct atcp_conn *conn);
struct dst_entry *atcp_inet_dst(struct atcp_conn *conn);
void atcp_inet_forget_route(struct atcp_conn *conn);
u32 atcp_inet_path_mss(const struct atcp_conn *conn, const struct dst_entry *dst);
u32 atcp_inet_adv_mss(const struct atcp_conn *conn, const struct dst_entry *dst);
u32 atcp_inet_dst_adv_mss(const struct dst_entry *dst);
struct dst_entry *atcp_inet_flow_route(struct net *net, struct sock *sk,
				       const struct atcp_flow *flow,
				       const struct atcp_route_opts *ro);
bool atcp_inet_route_ecn(const struct dst_entry *dst);
unsigned int atcp_inet_header_len(const struct atcp_flow *flow);
int atcp_inet_xmit(struct atcp_conn *conn, u8 ecn, struct sk_buff *skb);
int atcp_inet_xmit_flow(struct net *net, const struct atcp_flow *flow,
			const struct atcp_route_opts *ro, struct dst_entry *dst, struct sock *sk,
			u8 ecn, struct sk_buff *skb);
u32 atcp_inet_mark(const struct atcp_conn *conn);
void atcp_inet_route_opts(const struct atcp_conn *conn, struct atcp_route_opts *ro);
void atcp_inet_freeze_opts(struct atcp_conn *conn);
void atcp_inet_listener_opts(const struct atcp_conn *listener, const struct atcp_flow *flow,
			     struct atcp_route_opts *ro);
void atcp_inet_child_opts(const struct atcp_conn *listener, const struct sk_buff *skb,
			  const struct atcp_flow *flow, int dif, struct atcp_route_opts *ro);
void atcp_inet_reply_opts(struct net *net, const struct sk_buff *skb,
			  const struct atcp_flow *flow, int dif, struct atcp_route_opts *ro);
bool atcp_inet_addresses_valid(struct net *net, const struct sk_buff *skb,
			       const struct atcp_flow *flow);
void atcp_inet_update_pmtu(struct net *net, struct sk_buff *icmp, struct atcp_conn *conn, u32 mtu);

int atcp_inet_init(void);
void atcp_inet_exit(void);

/* inet4.c and inet6.c, called through the above. */
struct dst_entry *atcp_inet4_route(struct net *net, struct sock *sk, struct atcp_flow *flow,
				   const struct atcp_route_opts *ro);
struct dst_entry *atcp_inet6_route(struct net *net, struct sock *sk, struct atcp_flow *flow,
				   const struct atcp_route_opts *ro);
void atcp_inet4_opts(const struct sock *sk, struct atcp_route_opts *ro);
void atcp_inet6_opts(const struct sock *sk, struct atcp_route_opts *ro);
bool atcp_inet4_valid(const struct sk_buff *skb, const struct atcp_flow *flow);
bool atcp_inet6_valid(const struct sk_buff *skb, const struct atcp_flow *flow);
int atcp_inet4_xmit(struct net *net, struct sock *sk, const struct atcp_flow *flow,
		    const struct atcp_route_opts *ro, u8 ecn, struct sk_buff *skb);
int atcp_inet6_xmit(struct net *net, struct sock *sk, const struct atcp_flow *flow,
		    const struct atcp_route_opts *ro, u8 ecn, struct sk_buff *skb);

/* hook.c; RCU held */
bool atcp_hook_admit(struct net *net, struct atcp_conn *conn, struct sk_buff *skb,
		     struct atcp_seg *seg);
void atcp_hook_flow4(struct atcp_flow *flow, __be32 laddr, __be32 raddr, __be16 lport,
		     __be16 rport);

/* icmp.c; RCU held, @skb as the hook found it */
void atcp_icmp4(struct net *net, struct sk_buff *skb);
void atcp_icmp6(struct net *net, struct sk_buff *skb, unsigned int offset);

#endif /* _ATCP_INET_H */
