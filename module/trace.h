/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints.  atcp:atcp_set_state has the keys of sock:inet_sock_set_state,
 * so that what reads the one reads the other, and covers all eleven states,
 * each change with its cause (trap 29).  atcp:atcp_probe is what tcp:tcp_probe is
 * for the kernel's TCP: how a segment left a connection.  Their fields stand in
 * Documentation/tracepoints.md; new ones are added at the end.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM atcp

#if !defined(_ATCP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ATCP_TRACE_H

#include <linux/socket.h>
#include <linux/tracepoint.h>
#include <net/net_namespace.h>
#include <atcp/conn.h>
#include <atcp/fsm.h>
#include "compat.h"

TRACE_EVENT(atcp_set_state,
	    TP_PROTO(const struct atcp_node *node, u8 from, u8 to, u8 cause),
	    TP_ARGS(node, from, to, cause),
	    TP_STRUCT__entry(__field(const void *, node)
			     __field(unsigned int, netns)
			     __field(u16, family)
			     __field(u16, sport)
			     __field(u16, dport)
			     __field(u8, oldstate)
			     __field(u8, newstate)
			     __field(u8, cause)
			     __array(u8, saddr, 4)
			     __array(u8, daddr, 4)
			     __array(u8, saddr_v6, 16)
			     __array(u8, daddr_v6, 16)
			     __string(oldname, atcp_state_name(from))
			     __string(newname, atcp_state_name(to))
			     __string(causename, atcp_cause_name(cause))),
	    TP_fast_assign(__entry->node = node;
			   __entry->netns = node->net->ns.inum;
			   __entry->family = atcp_flow_is_v4(&node->flow) ? AF_INET : AF_INET6;
			   __entry->sport = ntohs(node->flow.lport);
			   __entry->dport = ntohs(node->flow.rport);
			   __entry->oldstate = from;
			   __entry->newstate = to;
			   __entry->cause = cause;
			   memcpy(__entry->saddr, __entry->family == AF_INET ?
				  &node->flow.laddr.s6_addr[12] : in6addr_any.s6_addr, 4);
			   memcpy(__entry->daddr, __entry->family == AF_INET ?
				  &node->flow.raddr.s6_addr[12] : in6addr_any.s6_addr, 4);
			   memcpy(__entry->saddr_v6, &node->flow.laddr, 16);
			   memcpy(__entry->daddr_v6, &node->flow.raddr, 16);
			   atcp_assign_str(oldname, atcp_state_name(from));
			   atcp_assign_str(newname, atcp_state_name(to));
			   atcp_assign_str(causename, atcp_cause_name(cause));),
	    TP_printk("family=%s sport=%u dport=%u saddr=%pI4 daddr=%pI4 saddrv6=%pI6c daddrv6=%pI6c oldstate=%s newstate=%s cause=%s netns=%u",
		      __entry->family == AF_INET ? "AF_INET" : "AF_INET6",
		      __entry->sport, __entry->dport, __entry->saddr, __entry->daddr,
		      __entry->saddr_v6, __entry->daddr_v6, __get_str(oldname),
		      __get_str(newname), __get_str(causename), __entry->netns)
);

TRACE_DEFINE_ENUM(ATCP_OPEN);
TRACE_DEFINE_ENUM(ATCP_REDUCING);
TRACE_DEFINE_ENUM(ATCP_FAST_RECOVERY);
TRACE_DEFINE_ENUM(ATCP_LOSS);

TRACE_EVENT(atcp_probe,
	    TP_PROTO(const struct atcp_conn *conn, const struct atcp_seg *seg),
	    TP_ARGS(conn, seg),
	    TP_STRUCT__entry(__field(unsigned int, netns)
			     __field(u16, family)
			     __field(u16, sport)
			     __field(u16, dport)
			     __field(u8, state)
			     __field(u8, ctl)
			     __field(u8, recovery)
			     __field(u8, backoff)
			     __field(u32, seg_seq)
			     __field(u32, seg_ack)
			     __field(u32, seg_len)
			     __field(u32, snd_una)
			     __field(u32, snd_nxt)
			     __field(u32, snd_wnd)
			     __field(u32, rcv_nxt)
			     __field(u32, rcv_wnd)
			     __field(u32, cwnd)
			     __field(u32, ssthresh)
			     __field(u32, flight)
			     __field(u32, mss)
			     __field(u32, srtt)
			     __field(u32, rtt)
			     __field(u32, retrans)
			     __field(u64, pacing)
			     __array(u8, saddr, 16)
			     __array(u8, daddr, 16)
			     __string(cc, atcp_cc_get(conn->tcb.cc.algo)->name)),
	    TP_fast_assign(__entry->netns = conn->n.net->ns.inum;
			   __entry->family = atcp_flow_is_v4(&conn->n.flow) ? AF_INET : AF_INET6;
			   __entry->sport = ntohs(conn->n.flow.lport);
			   __entry->dport = ntohs(conn->n.flow.rport);
			   __entry->state = conn->tcb.state;
			   __entry->ctl = seg->ctl;
			   __entry->recovery = conn->tcb.rec.state;
			   __entry->backoff = conn->tcb.rec.backoff;
			   __entry->seg_seq = seg->seq;
			   __entry->seg_ack = seg->ack;
			   __entry->seg_len = seg->text;
			   __entry->snd_una = conn->tcb.snd.una;
			   __entry->snd_nxt = conn->tcb.snd.nxt;
			   __entry->snd_wnd = conn->tcb.snd.wnd;
			   __entry->rcv_nxt = conn->tcb.rcv.nxt;
			   __entry->rcv_wnd = conn->tcb.rcv.wnd;
			   __entry->cwnd = conn->tcb.cc.cwnd;
			   __entry->ssthresh = conn->tcb.cc.ssthresh;
			   __entry->flight = atcp_flight(&conn->tcb);
			   __entry->mss = atcp_eff_mss(&conn->tcb);
			   __entry->srtt = conn->tcb.rtt.srtt;
			   __entry->rtt = conn->tcb.rtt.latest;
			   __entry->retrans = conn->tcb.rec.total;
			   __entry->pacing = conn->paced ? conn->pace_rate : 0;
			   memcpy(__entry->saddr, &conn->n.flow.laddr, 16);
			   memcpy(__entry->daddr, &conn->n.flow.raddr, 16);
			   atcp_assign_str(cc, atcp_cc_get(conn->tcb.cc.algo)->name);),
	    TP_printk("family=%s saddr=%pI6c sport=%u daddr=%pI6c dport=%u state=%u ctl=%#x seg_seq=%u seg_ack=%u seg_len=%u snd_una=%u snd_nxt=%u snd_wnd=%u rcv_nxt=%u rcv_wnd=%u cwnd=%u ssthresh=%u flight=%u mss=%u srtt=%u rtt=%u recovery=%s backoff=%u retrans=%u pacing=%llu cc=%s netns=%u",
		      __entry->family == AF_INET ? "AF_INET" : "AF_INET6",
		      __entry->saddr, __entry->sport, __entry->daddr, __entry->dport,
		      __entry->state, __entry->ctl, __entry->seg_seq, __entry->seg_ack,
		      __entry->seg_len, __entry->snd_una, __entry->snd_nxt, __entry->snd_wnd,
		      __entry->rcv_nxt, __entry->rcv_wnd, __entry->cwnd, __entry->ssthresh,
		      __entry->flight, __entry->mss, __entry->srtt, __entry->rtt,
		      __print_symbolic(__entry->recovery, { ATCP_OPEN, "open" },
				       { ATCP_REDUCING, "reducing" },
				       { ATCP_FAST_RECOVERY, "fast-recovery" },
				       { ATCP_LOSS, "loss" }),
		      __entry->backoff, __entry->retrans, __entry->pacing,
		      __get_str(cc), __entry->netns)
);

#endif /* _ATCP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
