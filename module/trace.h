/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints.  atcp:atcp_set_state has the keys of sock:inet_sock_set_state,
 * so that what reads the one reads the other, and covers all eleven states,
 * each change with its cause (trap 29).
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

#endif /* _ATCP_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
