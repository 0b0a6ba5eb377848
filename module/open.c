// SPDX-License-Identifier: GPL-2.0
/*
 * Passive OPEN, carried out: from a SYN that meets a listener to a child of it, or
 * to a cookie, and from a cookie that comes back to a child.
 *
 * Owns nothing: the lists of children are listen.c's, and whose segment it is was
 * found in input.c.
 *
 * RFC 9293 sections 3.10.1 and 3.10.7.2; RFC 4987 sections 3.5 and 3.6.
 */

#include <linux/security.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/request_sock.h>
#include <atcp/inet.h>
#include <atcp/port.h>
#include <atcp/sock.h>
#include "compat.h"
#include "listen.h"

static struct request_sock_ops request_ops4 = { .family = AF_INET };
static struct request_sock_ops request_ops6 = { .family = AF_INET6 };

/* Security modules judge a SYN by a request_sock, which we have no other use for. */
static bool is_permitted(const struct sock *sk, struct sk_buff *skb, const struct atcp_flow *flow)
{
	struct inet_request_sock ireq;
	bool v4 = atcp_flow_is_v4(flow);
	int err;

	memset(&ireq, 0, sizeof(ireq));
	ireq.req.rsk_ops = v4 ? &request_ops4 : &request_ops6;
	ireq.ireq_family = v4 ? AF_INET : AF_INET6;
	ireq.ir_num = ntohs(flow->lport);
	ireq.ir_rmt_port = flow->rport;
	ireq.ir_loc_addr = flow->laddr.s6_addr32[3];
	ireq.ir_rmt_addr = flow->raddr.s6_addr32[3];
	atcp_ireq_set_v6(&ireq, &flow->laddr, &flow->raddr);
	err = security_inet_conn_request(sk, skb, &ireq.req);
	/* A label for the answer: it would go into IP options, which we send none of. */
	kfree(rcu_dereference_protected(ireq.ireq_opt, 1));
	return !err;
}

/* What is to become of a SYN. */
enum answer {
	DROP,
	OPEN,				/* a child */
	COOKIE,				/* and nothing is kept of it */
};

/*
 * Too many already? Asked before anything is spent on a SYN. One that ended a
 * TIME-WAIT needs an ISS beyond the old ones, which a cookie cannot be made to be.
 * [R4987-SYNCACHE] [R4987-COOKIES]
 */
static enum answer answer_to(struct atcp_conn *listener, bool reopens)
{
	struct atcp_net *an = listener->an;
	int cookies = READ_ONCE(an->syncookies);
	bool many = READ_ONCE(listener->listener->n_half_open) >= READ_ONCE(an->max_half_open);

	if (atcp_listen_full(listener)) {
		atcp_mib_inc(an, ATCP_MIB_LISTEN_OVERFLOWS);
		return DROP;
	}
	if (!many && (cookies != ATCP_SYNCOOKIES_ALWAYS || reopens))
		return OPEN;
	if (cookies != ATCP_SYNCOOKIES_ALWAYS)
		atcp_syncookie_warn(listener, cookies);
	if (cookies && !reopens) {
		atcp_mib_inc(an, ATCP_MIB_HALF_OPEN_COOKIES);
		return COOKIE;
	}
	atcp_mib_inc(an, ATCP_MIB_HALF_OPEN_DROPS);
	return DROP;
}

/*
 * Makes the child and enters it: in the listener's list, locked, its TCB a copy
 * of the listener's. The caller gets a reference besides the list's. NULL when
 * there is no memory, or the listener is closing.
 */
static struct atcp_conn *enter_child(struct atcp_visit *visit, struct atcp_conn *listener,
				     const struct sk_buff *skb, const struct atcp_flow *flow,
				     int dif)
{
	struct atcp_listener *l = listener->listener;
	bool ipv6 = !atcp_flow_is_v4(flow);
	struct atcp_conn *child;

	child = atcp_conn_alloc(listener->n.net, ipv6, GFP_ATOMIC | __GFP_NOWARN);
	if (!child)
		return NULL;
	child->n.flow = *flow;
	atcp_inet_child_opts(listener, skb, flow, dif, &child->ro);
	child->n.ifindex = child->ro.bound_if;

	spin_lock_bh(&listener->lock);
	if (!l->open || !listener->port) {
		spin_unlock_bh(&listener->lock);
		atcp_conn_put(child);
		return NULL;
	}
	child->port = atcp_port_get(listener->port);
	/* SO_RCVBUF of now, not of listen(): SYN,ACK offers a window by it. */
	atcp_recv_buffer(listener);
	child->tcb = listener->tcb;
	child->rmem_max = listener->rmem_max;
	child->parent = listener;
	atcp_conn_hold(listener);
	list_add_tail(&child->child, &l->half_open);
	l->n_half_open++;
	atcp_conn_hold(child);
	atcp_enter_nested(visit, child, ATCP_BY_SEGMENT);
	spin_unlock_bh(&listener->lock);

	child->tcb.ipv6 = ipv6;
	child->tcb.segs_in = 0;
	child->tcb.ts.offset = atcp_ts_offset(listener->n.net, flow);
	return child;
}

/* There is a route back, and no other connection has the flow. */
static bool child_settles(struct atcp_visit *visit)
{
	struct atcp_conn *child = visit->conn;
	struct dst_entry *dst = atcp_inet_dst(child);

	lockdep_assert_held(&child->lock);
	if (!dst)
		return false;
	atcp_set_path_mss(&child->tcb, atcp_inet_path_mss(child, dst), visit->now);
	child->hashed = !atcp_table_insert(&child->n);
	return child->hashed;
}

static bool open_child(struct atcp_conn *listener, struct sk_buff *skb,
		       const struct atcp_seg *seg, const struct atcp_flow *flow,
		       int dif, struct atcp_node **was)
{
	const struct sock *sk = READ_ONCE(listener->sk);
	u32 iss = atcp_iss(listener->n.net, flow);
	struct atcp_visit visit;
	struct atcp_conn *child;
	bool opened = false;

	if (*was)
		iss = seq_max(iss, atcp_timewait_least_iss(*was));
	child = enter_child(&visit, listener, skb, flow, dif);
	if (!child)
		return false;
	child->was = *was;
	*was = NULL;
	child->saved_syn = atcp_syn_save(sk, skb);
	if (child_settles(&visit)) {
		atcp_segment_arrives(&child->tcb, seg, iss, 0, visit.now, &visit.fx);
		opened = child->tcb.state == ATCP_SYN_RECEIVED;
	}
	/* Sends SYN,ACK; or, if it is in LISTEN still, takes it off the list. */
	atcp_leave(&visit);
	atcp_conn_put(child);
	return opened;
}

static bool take_syn(struct atcp_conn *listener, struct sk_buff *skb,
		     const struct atcp_seg *seg, const struct atcp_flow *flow,
		     int dif, struct atcp_node **was)
{
	const struct sock *sk = READ_ONCE(listener->sk);
	enum answer answer;

	if (!sk)
		return false;
	answer = answer_to(listener, *was);
	if (answer == DROP || !is_permitted(sk, skb, flow))
		return false;
	if (answer == OPEN)
		return open_child(listener, skb, seg, flow, dif, was);
	atcp_syncookie_answer(listener, skb, seg, flow, dif);
	return true;
}

/* The ACK of a cookie makes the child that its SYN did not. True: @skb was consumed. */
static bool open_by_cookie(struct atcp_conn *listener, struct sk_buff *skb,
			   const struct atcp_seg *seg, const struct atcp_flow *flow,
			   int dif, const struct atcp_cookie *cookie)
{
	struct atcp_visit visit;
	struct atcp_conn *child;
	bool consumed = false;
	struct atcp_tcb *tcb;
	u32 room;

	child = enter_child(&visit, listener, skb, flow, dif);
	if (!child)
		return false;
	if (child_settles(&visit)) {
		tcb = &child->tcb;
		tcb->rcv.mss_adv = atcp_inet_adv_mss(child, child->dst);
		room = atcp_recv_room(child, skb, seg);
		atcp_cookie_arrives(tcb, cookie, seg, room, visit.now, &visit.fx);
		consumed = atcp_recv_take(child, skb, &visit.fx);
	}
	atcp_leave(&visit);
	atcp_conn_put(child);
	return consumed;
}

static bool take_cookie(struct atcp_conn *listener, struct sk_buff *skb,
			const struct atcp_seg *seg, const struct atcp_flow *flow,
			int dif, const struct atcp_cookie *cookie)
{
	const struct sock *sk = READ_ONCE(listener->sk);

	if (!sk || !is_permitted(sk, skb, flow))
		return false;
	/* As if the ACK had been lost: text that follows brings the cookie again. */
	if (atcp_listen_full(listener)) {
		atcp_mib_inc(listener->an, ATCP_MIB_LISTEN_OVERFLOWS);
		atcp_mib_inc(listener->an, ATCP_MIB_LISTEN_DROPS);
		return false;
	}
	return open_by_cookie(listener, skb, seg, flow, dif, cookie);
}

/* Anything but a SYN: the core has an answer, the listener does not change. */
static void refuse(struct atcp_conn *listener, const struct sk_buff *skb,
		   const struct atcp_seg *seg, const struct atcp_flow *flow, int dif)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb = atcp_enter(&visit, listener, ATCP_BY_SEGMENT);
	struct atcp_out reply = { 0 };

	if (tcb->state == ATCP_LISTEN) {
		atcp_segment_arrives(tcb, seg, 0, 0, visit.now, &visit.fx);
		reply = visit.fx.reply;
		visit.fx.reply.ctl = 0;
	}
	atcp_leave(&visit);
	if (reply.ctl)
		atcp_xmit_answer(listener->n.net, skb, flow, dif, atcp_inet_mark(listener),
				 &reply);
}

/**
 * atcp_listen_segment() - a segment that meets a listener
 * @listener:	with a reference
 * @skb:	the segment
 * @seg:	the same, parsed
 * @flow:	its flow
 * @dif:	device it came by
 * @was:	the RFC 6191 TIME-WAIT that it ended, or NULL; a child takes it over,
 *		and it is NULL then
 *
 * Context: RCU held, no lock. Return: true when @skb was consumed.
 */
bool atcp_listen_segment(struct atcp_conn *listener, struct sk_buff *skb,
			 const struct atcp_seg *seg, const struct atcp_flow *flow,
			 int dif, struct atcp_node **was)
{
	u8 ctl = seg->ctl & (ATCP_SYN | ATCP_ACK | ATCP_RST);
	struct atcp_cookie cookie;

	if (ctl == ATCP_SYN) {
		if (!take_syn(listener, skb, seg, flow, dif, was))
			atcp_mib_inc(listener->an, ATCP_MIB_LISTEN_DROPS);
		return false;
	}
	if (ctl == ATCP_ACK && atcp_syncookie_read(listener, seg, flow, &cookie))
		return take_cookie(listener, skb, seg, flow, dif, &cookie);
	refuse(listener, skb, seg, flow, dif);
	return false;
}
