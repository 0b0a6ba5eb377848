// SPDX-License-Identifier: GPL-2.0
/*
 * Passive OPEN, carried out: from a SYN that meets a listener to a record of half.c,
 * to a child or to a cookie, and from a cookie that comes back to a child.
 *
 * Owns nothing: the lists of children are listen.c's, and whose segment it is was
 * found in input.c.
 *
 * RFC 9293 sections 3.10.1 and 3.10.7.2; RFC 4987 sections 3.5 and 3.6; RFC 7413.
 */

#include <linux/security.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/request_sock.h>
#include <atcp/auth.h>
#include <atcp/fastopen.h>
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
 * TIME-WAIT needs an ISS beyond the old ones, which a cookie cannot be made to be; one
 * that was signed needs an answer that is, and a child that remembers by which key.
 * [R4987-SYNCACHE] [R4987-COOKIES]
 */
static enum answer answer_to(struct atcp_conn *listener, bool needs_child)
{
	struct atcp_net *an = listener->an;
	int cookies = READ_ONCE(an->syncookies);
	bool many = READ_ONCE(listener->listener->n_half_open) >= READ_ONCE(an->max_half_open);

	if (atcp_listen_full(listener)) {
		atcp_mib_inc(an, ATCP_MIB_LISTEN_OVERFLOWS);
		return DROP;
	}
	if (!many && (cookies != ATCP_SYNCOOKIES_ALWAYS || needs_child))
		return OPEN;
	if (cookies != ATCP_SYNCOOKIES_ALWAYS)
		atcp_syncookie_warn(listener, cookies);
	if (cookies && !needs_child) {
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
static struct atcp_conn *enter_child(struct atcp_visit *visit, const struct meeting *m)
{
	struct atcp_conn *listener = m->listener;
	struct atcp_listener *l = listener->listener;
	bool ipv6 = !atcp_flow_is_v4(m->flow);
	struct atcp_conn *child;

	child = atcp_conn_alloc(listener->n.net, ipv6, GFP_ATOMIC | __GFP_NOWARN);
	if (!child)
		return NULL;
	child->n.flow = *m->flow;
	atcp_inet_child_opts(listener, m->skb, m->flow, m->dif, &child->ro);
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
	child->tcb.ts.offset = atcp_ts_offset(listener->n.net, m->flow);
	return child;
}

/* There is a route back, and no other connection has the flow. */
static bool child_settles(struct atcp_visit *visit, const struct meeting *m)
{
	struct atcp_conn *child = visit->conn;
	struct dst_entry *dst = atcp_inet_dst(child);

	lockdep_assert_held(&child->lock);
	if (!dst || !atcp_auth_inherit(child, m->listener, m->skb, m->seg))
		return false;
	atcp_set_path_mss(&child->tcb, atcp_inet_path_mss(child, dst), visit->now);
	child->tcb.ecn.route = atcp_inet_route_ecn(dst);
	child->hashed = !atcp_table_insert(&child->n);
	return child->hashed;
}

/* The SYN that made it arrives at the child, and its text. */
static bool take_syn(struct atcp_visit *visit, struct meeting *m, u32 iss,
		     const struct atcp_fo_verdict *fo)
{
	struct atcp_conn *child = visit->conn;
	struct atcp_tcb *tcb = &child->tcb;
	u32 room;

	lockdep_assert_held(&child->lock);
	atcp_fastopen_apply(tcb, fo);
	if (fo->trusted)
		atcp_fastopen_pend(child, fo);
	room = atcp_recv_room(child, m->skb, m->seg);
	atcp_segment_arrives(tcb, m->seg, iss, room, visit->now, &visit->fx);
	m->consumed = atcp_recv_take(child, m->skb, &visit->fx);
	return tcb->state == ATCP_SYN_RECEIVED;
}

/*
 * A whole connection at once: its peer is trusted to be where it says (RFC 7413), or
 * has signed the SYN.
 */
static bool open_child(struct meeting *m, u32 iss, const struct atcp_fo_verdict *fo)
{
	struct atcp_visit visit;
	struct atcp_conn *child;
	bool opened = false;

	child = enter_child(&visit, m);
	if (!child)
		return false;
	child->was = m->was;
	m->was = NULL;
	child->saved_syn = atcp_syn_save(READ_ONCE(m->listener->sk), m->skb);
	if (child_settles(&visit, m))
		opened = take_syn(&visit, m, iss, fo);
	/* Sends SYN,ACK; or, if it is in LISTEN still, takes it off the list. */
	atcp_leave(&visit);
	atcp_conn_put(child);
	return opened;
}

/* It was verified, so there was a key for its peer, which the child is to have. */
static bool is_signed(const struct meeting *m)
{
	return unlikely(m->seg->opt.auth_kind != ATCP_AUTH_NONE);
}

static bool meet_syn(struct meeting *m)
{
	const struct sock *sk = READ_ONCE(m->listener->sk);
	u32 iss = atcp_iss(m->listener->n.net, m->flow);
	struct atcp_fo_verdict fo = { 0 };
	enum answer answer;

	if (!sk)
		return false;
	answer = answer_to(m->listener, m->was || is_signed(m));
	if (answer == DROP || !is_permitted(sk, m->skb, m->flow))
		return false;
	if (answer == COOKIE) {
		atcp_syncookie_answer(m->listener, m->skb, m->seg, m->flow, m->dif);
		return true;
	}
	if (m->was)
		iss = seq_max(iss, atcp_timewait_least_iss(m->was));
	if (is_signed(m))
		return open_child(m, iss, &fo);
	atcp_fastopen_judge(m->listener, m->flow, m->seg, &fo);
	return fo.trusted ? open_child(m, iss, &fo) : atcp_half_open(m, iss, &fo);
}

/* The ACK of a cookie makes the child that its SYN did not. */
static void open_by_cookie(struct meeting *m, const struct atcp_cookie *cookie)
{
	struct atcp_visit visit;
	struct atcp_conn *child;
	struct atcp_tcb *tcb;
	u32 room;

	child = enter_child(&visit, m);
	if (!child)
		return;
	if (child_settles(&visit, m)) {
		tcb = &child->tcb;
		tcb->rcv.mss_adv = atcp_inet_adv_mss(child, child->dst);
		room = atcp_recv_room(child, m->skb, m->seg);
		atcp_cookie_arrives(tcb, cookie, m->seg, room, visit.now, &visit.fx);
		m->consumed = atcp_recv_take(child, m->skb, &visit.fx);
	}
	atcp_leave(&visit);
	atcp_conn_put(child);
}

static void meet_cookie(struct meeting *m, const struct atcp_cookie *cookie)
{
	const struct sock *sk = READ_ONCE(m->listener->sk);
	struct atcp_net *an = m->listener->an;

	if (!sk || !is_permitted(sk, m->skb, m->flow))
		return;
	/* As if the ACK had been lost: text that follows brings the cookie again. */
	if (atcp_listen_full(m->listener)) {
		atcp_mib_inc(an, ATCP_MIB_LISTEN_OVERFLOWS);
		atcp_mib_inc(an, ATCP_MIB_LISTEN_DROPS);
		return;
	}
	open_by_cookie(m, cookie);
}

/* Anything but a SYN: the core has an answer, the listener does not change. */
static void refuse(const struct meeting *m)
{
	struct atcp_conn *listener = m->listener;
	struct atcp_visit visit;
	struct atcp_tcb *tcb = atcp_enter(&visit, listener, ATCP_BY_SEGMENT);
	struct atcp_auth *auth = atcp_conn_auth(listener);
	struct atcp_out reply = { 0 };

	if (tcb->state == ATCP_LISTEN) {
		atcp_segment_arrives(tcb, m->seg, 0, 0, visit.now, &visit.fx);
		reply = visit.fx.reply;
		visit.fx.reply.ctl = 0;
	}
	atcp_leave(&visit);
	if (reply.ctl)
		atcp_xmit_answer(listener->n.net, m->skb, m->flow, m->dif,
				 atcp_inet_mark(listener), auth, &reply);
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
	struct meeting m = {
		.listener = listener,
		.skb = skb,
		.seg = seg,
		.flow = flow,
		.dif = dif,
		.was = *was,
	};

	if (ctl == ATCP_SYN) {
		if (!meet_syn(&m))
			atcp_mib_inc(listener->an, ATCP_MIB_LISTEN_DROPS);
	} else if (ctl == ATCP_ACK && !is_signed(&m) &&
		   atcp_syncookie_read(listener, seg, flow, &cookie)) {
		meet_cookie(&m, &cookie);
	} else {
		refuse(&m);
	}
	*was = m.was;
	return m.consumed;
}
