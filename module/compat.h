/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that knows a kernel version or a kernel option: what differs
 * between Linux 6.1 and 6.12 is given one name here.
 */
#ifndef _ATCP_COMPAT_H
#define _ATCP_COMPAT_H

#include <linux/bpf-cgroup.h>
#include <linux/hrtimer.h>
#include <linux/memcontrol.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <net/busy_poll.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <atcp/sock.h>

/* ---- struct proto and struct proto_ops (door.c, sock.c, accept.c) ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
static inline struct sock *atcp_proto_accept(struct sock *sk, struct proto_accept_arg *arg)
{
	return atcp_accept(sk, arg->flags, &arg->err);
}
#else
static inline struct sock *atcp_proto_accept(struct sock *sk, int flags, int *err, bool kern)
{
	return atcp_accept(sk, flags, err);
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
static inline int atcp_proto_ioctl(struct sock *sk, int cmd, int *karg)
{
	return atcp_ioctl(sk, cmd, karg);
}
#else
static inline int atcp_proto_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	int answer = 0;
	int err = atcp_ioctl(sk, cmd, &answer);

	return err ?: put_user(answer, (int __user *)arg);
}
#endif

/* sendfile and splice into a socket: a call of its own before 6.5. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define ATCP_OPS_SENDPAGE
#define ATCP_MSG_NOT_LAST	0
#define atcp_splice_from_iter	skb_splice_from_iter
#else
#define ATCP_OPS_SENDPAGE	.sendpage = sock_no_sendpage,
#define ATCP_MSG_NOT_LAST	MSG_SENDPAGE_NOTLAST
static inline ssize_t atcp_splice_from_iter(struct sk_buff *skb, struct iov_iter *iter,
					    ssize_t max, gfp_t gfp)
{
	return -EOPNOTSUPP;
}
#endif

/* SO_PEEK_OFF of a stream: as the kernel's TCP, from 6.9 on. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define ATCP_OPS_PEEK_OFF	.set_peek_off = sk_set_peek_off,
#else
#define ATCP_OPS_PEEK_OFF
#endif

#ifndef TCP_IS_MPTCP
#define TCP_IS_MPTCP		43
#endif

/* 6.1 finds struct ipv6_pinfo at the end of the socket instead. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define ATCP_PROTO_PINFO(offset)	.ipv6_pinfo_offset = (offset),
#else
#define ATCP_PROTO_PINFO(offset)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define atcp_cgroup_connect4(sk, addr, len)	\
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr, len)
#define atcp_cgroup_connect6(sk, addr, len)	\
	BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr, len)
#define atcp_ipv6_sends_flow(sk)		inet6_test_bit(SNDFLOW, sk)
#define atcp_forget_flow_labels(sk)	\
	RCU_INIT_POINTER(inet_sk(sk)->ipv6_fl_list, NULL)
#define atcp_info_rcv_wnd(info, wnd)		((info)->tcpi_rcv_wnd = (wnd))
#else
#define atcp_cgroup_connect4(sk, addr, len)	\
	({ (void)(len); BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr); })
#define atcp_cgroup_connect6(sk, addr, len)	\
	({ (void)(len); BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr); })
#define atcp_ipv6_sends_flow(sk)		(inet6_sk(sk)->sndflow)
#define atcp_forget_flow_labels(sk)	\
	RCU_INIT_POINTER(atcp_sk(sk)->inet6.ipv6_fl_list, NULL)
#define atcp_info_rcv_wnd(info, wnd)		do { } while (0)
#endif

/* connect() returned, and the SYN goes with what is written first (TCP_FASTOPEN_CONNECT). */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define atcp_defers_connect(sk)			inet_test_bit(DEFER_CONNECT, sk)
#define atcp_set_defers_connect(sk, on)		inet_assign_bit(DEFER_CONNECT, sk, on)
#else
#define atcp_defers_connect(sk)			(inet_sk(sk)->defer_connect)
#define atcp_set_defers_connect(sk, on)		(inet_sk(sk)->defer_connect = (on))
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/*
 * sk_clone_lock() leaves a socket without a memory cgroup; accept() charges the
 * one of the caller, as inet_csk_accept() does.
 */
#ifdef CONFIG_MEMCG
static inline void atcp_memcg_join(struct sock *sk)
{
	struct mem_cgroup *memcg;

	if (!mem_cgroup_sockets_enabled || !cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return;
	rcu_read_lock();
	memcg = mem_cgroup_from_task(current);
	if (memcg && memcg->css.parent && css_tryget(&memcg->css))
		sk->sk_memcg = memcg;
	rcu_read_unlock();
}
#else
static inline void atcp_memcg_join(struct sock *sk)
{
}
#endif

/* As sk_busy_loop(), which looks whether to end into a queue that stays empty here. */
#ifdef CONFIG_NET_RX_BUSY_POLL
static inline void atcp_sk_busy_loop(struct sock *sk, bool once,
				     bool (*ends)(void *arg, unsigned long began))
{
	unsigned int id = READ_ONCE(sk->sk_napi_id);

	if (id >= MIN_NAPI_ID)
		napi_busy_loop(id, once ? NULL : ends, sk, READ_ONCE(sk->sk_prefer_busy_poll),
			       READ_ONCE(sk->sk_busy_poll_budget) ?: BUSY_POLL_BUDGET);
}
#else
static inline void atcp_sk_busy_loop(struct sock *sk, bool once,
				     bool (*ends)(void *arg, unsigned long began))
{
}
#endif

/* ---- the internet layer (inet.c, inet4.c, inet6.c, port.c) ---- */

/* What of TOS a route depends on. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define atcp_route_tos(tos)	((tos) & INET_DSCP_MASK)
#else
#define atcp_route_tos(tos)	RT_TOS(tos)
#endif

/* A bitfield before 6.6, so that READ_ONCE() is not for it. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define atcp_ipv6_hops(np)	READ_ONCE((np)->hop_limit)
#else
#define atcp_ipv6_hops(np)	((np)->hop_limit)
#endif

/* ip6_autoflowlabel() is not for modules. */
static inline bool atcp_ipv6_autoflowlabel(struct net *net, const struct sock *sk)
{
	if (!sk || sk->sk_family != AF_INET6)
		return ip6_default_np_autolabel(net);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return inet6_test_bit(AUTOFLOWLABEL_SET, sk) ? inet6_test_bit(AUTOFLOWLABEL, sk) :
						       ip6_default_np_autolabel(net);
#else
	return inet6_sk(sk)->autoflowlabel_set ? inet6_sk(sk)->autoflowlabel :
						 ip6_default_np_autolabel(net);
#endif
}

/* Whether the socket has a range of its own, which then is used to the full. */
static inline bool atcp_port_range(const struct sock *sk, int *low, int *high)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return inet_sk_get_local_port_range(sk, low, high);
#else
	inet_sk_get_local_port_range(sk, low, high);
	return false;
#endif
}

/* IP_RECVERR, IPV6_RECVERR: bits of their own since 6.6 and 6.7. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define atcp_recverr4(sk)	inet_test_bit(RECVERR, sk)
#else
#define atcp_recverr4(sk)	(inet_sk(sk)->recverr)
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define atcp_recverr6(sk)	inet6_test_bit(RECVERR6, sk)
#else
#define atcp_recverr6(sk)	(inet6_sk(sk)->recverr)
#endif

/* What ip6_xmit() counts; 6.7 split what is asked for from what is sent. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define atcp_ipv6_count_out(net, idev, skb)	\
	IP6_INC_STATS(net, idev, IPSTATS_MIB_OUTREQUESTS)
#else
#define atcp_ipv6_count_out(net, idev, skb)	\
	IP6_UPD_PO_STATS(net, idev, IPSTATS_MIB_OUT, (skb)->len)
#endif

/* ---- pace.c ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define ATCP_MONOTONIC		SKB_CLOCK_MONOTONIC
#else
#define ATCP_MONOTONIC		true
#endif

/* ---- sysctl.c ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define ATCP_CTL_CONST		const
#else
#define ATCP_CTL_CONST
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define atcp_register_sysctl(net, path, table, n)	register_net_sysctl_sz(net, path, table, n)
#else
#define atcp_register_sysctl(net, path, table, n)	register_net_sysctl(net, path, table)
#endif

/* ---- trace.h ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define atcp_assign_str(field, src)	__assign_str(field)
#else
#define atcp_assign_str(field, src)	__assign_str(field, src)
#endif

/* ---- timers (timer.c, timewait.c) ---- */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
static inline void atcp_hrtimer_setup(struct hrtimer *timer,
				      enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
}
#else
static inline void atcp_hrtimer_setup(struct hrtimer *timer,
				      enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	timer->function = fn;
}
#endif

/* ---- the request_sock that security modules are shown (listen.c) ---- */

#if IS_ENABLED(CONFIG_IPV6)
static inline void atcp_ireq_set_v6(struct inet_request_sock *ireq, const struct in6_addr *laddr,
				    const struct in6_addr *raddr)
{
	ireq->ir_v6_loc_addr = *laddr;
	ireq->ir_v6_rmt_addr = *raddr;
}
#else
static inline void atcp_ireq_set_v6(struct inet_request_sock *ireq, const struct in6_addr *laddr,
				    const struct in6_addr *raddr)
{
}
#endif

#endif /* _ATCP_COMPAT_H */
