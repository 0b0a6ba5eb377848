// SPDX-License-Identifier: GPL-2.0
/*
 * Segments on their way out: the core says what to send, here it becomes an
 * skb with the pages of the send queue.
 *
 * Owns conn->in_qdisc, defer and defer_node.  What waits below us (in a qdisc,
 * in a driver) is limited for each connection, so that text stays where it can
 * still be acknowledged away, and a full queue is not filled by one.
 *
 * A destructor runs in any context and under any lock, also a connection's
 * (trap 3): it takes none, changes atomics, and has a tasklet go through the
 * door when there is room again.
 *
 * RFC 9293 sections 3.1 and 3.9.2.
 */

#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/percpu.h>
#include <linux/tcp.h>
#include <net/l3mdev.h>
#include <net/tcp.h>
#include <atcp/auth.h>
#include <atcp/inet.h>
#include <atcp/wire.h>

/* in_qdisc counts 2 KiB of truesize; at most 256 KiB wait below us, in fq less. */
#define UNIT_SHIFT		11
#define UNITS_LIMIT		128
/* So many does an skb tell of in the low bits of its pointer to the connection. */
#define UNITS_MASK		((unsigned long)ATCP_CONN_ALIGN - 1)

/* Bits of conn->defer. */
#define DEFER_MORE		0	/* stopped for the limit: more to send */
#define DEFER_QUEUED		1	/* on a list below, with a reference */

struct deferred {
	struct llist_head conns;
	struct tasklet_struct tasklet;
};

static DEFINE_PER_CPU(struct deferred, deferred);

/* ---- limits, destructor, deferred work ---- */

static int units_limit(const struct atcp_conn *conn)
{
	u32 below = READ_ONCE(conn->pace_below);

	return min_t(u32, UNITS_LIMIT, (below >> UNIT_SHIFT) + 2);
}

/* An skb let go: is there room again that somebody waits for? */
static bool wants_more(struct atcp_conn *conn, int in_qdisc)
{
	return in_qdisc < units_limit(conn) && test_bit(DEFER_MORE, &conn->defer) &&
	       test_and_clear_bit(DEFER_MORE, &conn->defer) &&
	       !test_and_set_bit(DEFER_QUEUED, &conn->defer);
}

static void segment_destructor(struct sk_buff *skb)
{
	unsigned long arg = (unsigned long)skb_shinfo(skb)->destructor_arg;
	struct atcp_conn *conn = (struct atcp_conn *)(arg & ~UNITS_MASK);
	struct sock *sk = skb->sk;
	struct deferred *d;

	/* sk_free() gives the last one back, and ends a closed socket. */
	WARN_ON_ONCE(refcount_sub_and_test(skb->truesize - 1, &sk->sk_wmem_alloc));
	sk_free(sk);

	if (wants_more(conn, atomic_sub_return(arg & UNITS_MASK, &conn->in_qdisc))) {
		d = raw_cpu_ptr(&deferred);	/* any will do */
		if (llist_add(&conn->defer_node, &d->conns))
			tasklet_schedule(&d->tasklet);
	} else {
		atcp_conn_put(conn);
	}
}

static void run_deferred(struct tasklet_struct *tasklet)
{
	struct deferred *d = from_tasklet(d, tasklet, tasklet);
	struct llist_node *list = llist_reverse_order(llist_del_all(&d->conns));
	struct atcp_conn *conn, *next;
	struct atcp_visit visit;

	llist_for_each_entry_safe(conn, next, list, defer_node) {
		clear_bit(DEFER_QUEUED, &conn->defer);
		smp_mb__after_atomic();		/* then look what is to be sent */
		atcp_enter(&visit, conn, ATCP_BY_TIMER);
		atcp_leave(&visit);
		atcp_conn_put(conn);
	}
}

static bool throttled(struct atcp_conn *conn)
{
	int limit = units_limit(conn);

	if (likely(atomic_read(&conn->in_qdisc) < limit))
		return false;
	set_bit(DEFER_MORE, &conn->defer);
	smp_mb__after_atomic();		/* a destructor may have run before */
	return atomic_read(&conn->in_qdisc) >= limit;
}

/*
 * On whose behalf: owner and cgroup rules ask the socket of a segment, that of
 * the listener before accept().  Each segment holds it by its sk_wmem_alloc.
 */
static struct sock *charge_owner(struct atcp_conn *conn, unsigned int truesize)
{
	struct atcp_net *an = conn->an;
	struct sock *sk = conn->sk;

	if (!sk && conn->parent) {
		rcu_read_lock();
		sk = READ_ONCE(conn->parent->sk);
		if (sk && refcount_inc_not_zero(&sk->sk_refcnt)) {
			refcount_add(truesize, &sk->sk_wmem_alloc);
			sock_put(sk);
			rcu_read_unlock();
			return sk;
		}
		rcu_read_unlock();
		sk = NULL;
	}
	if (!sk)
		sk = atcp_flow_is_v4(&conn->n.flow) ? an->ctl4 : an->ctl6;
	refcount_add(truesize, &sk->sk_wmem_alloc);
	return sk;
}

static void set_owner(struct atcp_conn *conn, struct sk_buff *skb)
{
	unsigned long units = (skb->truesize >> UNIT_SHIFT) + 1;

	units = min(units, UNITS_MASK);
	skb->sk = charge_owner(conn, skb->truesize);
	skb->destructor = segment_destructor;
	skb_shinfo(skb)->destructor_arg = (void *)((unsigned long)conn | units);
	atomic_add(units, &conn->in_qdisc);
	atcp_conn_hold(conn);
}

/* ---- segments ---- */

static struct sk_buff *new_segment(void)
{
	struct sk_buff *skb = alloc_skb(MAX_TCP_HEADER, GFP_ATOMIC | __GFP_NOWARN);

	if (skb)
		skb_reserve(skb, MAX_TCP_HEADER);
	return skb;
}

static void push_header(struct sk_buff *skb, const struct atcp_flow *flow,
			const struct atcp_out *out)
{
	u32 len = ATCP_HDR_MIN + atcp_wire_opt_len(&out->opt);

	atcp_wire_write(skb_push(skb, len), out, ntohs(flow->lport), ntohs(flow->rport));
	skb_reset_transport_header(skb);
}

/* The pieces that the stack or the device is to cut it into. */
static unsigned int set_gso(struct sk_buff *skb, const struct atcp_flow *flow,
			    const struct atcp_out *out)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (out->text <= out->mss)
		return 1;
	info->gso_size = out->mss;
	info->gso_segs = DIV_ROUND_UP(out->text, out->mss);
	info->gso_type = atcp_flow_is_v4(flow) ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	if (out->ctl & ATCP_CWR)	/* of the first piece only */
		info->gso_type |= SKB_GSO_TCP_ECN;
	return info->gso_segs;
}

static void count_out(struct atcp_net *an, const struct atcp_out *out, unsigned int segs)
{
	atcp_mib_add(an, ATCP_MIB_OUT_SEGS, segs);
	if (out->rexmit) {
		atcp_mib_add(an, ATCP_MIB_RETRANS_SEGS, segs);
		if (out->ctl & ATCP_SYN)
			atcp_mib_inc(an, ATCP_MIB_SYN_RETRANS);
	}
	if (out->ctl & ATCP_RST)
		atcp_mib_inc(an, ATCP_MIB_OUT_RSTS);
}

/* [MUST-2] */
static bool transmit(struct atcp_conn *conn, struct sk_buff *skb, const struct atcp_out *out)
{
	struct atcp_net *an = conn->an;
	int err;

	push_header(skb, &conn->n.flow, out);
	if (unlikely(out->opt.auth) && !atcp_auth_sign_for(conn, skb)) {
		atcp_mib_inc(an, ATCP_MIB_XMIT_FAILS);
		kfree_skb(skb);
		return false;
	}
	count_out(an, out, set_gso(skb, &conn->n.flow, out));
	if (out->text && unlikely(conn->stamped))
		atcp_stamp_segment(conn, skb, out);
	if (out->text || out->ctl & ATCP_FIN)
		atcp_pace_sent(conn, skb, out->text);
	set_owner(conn, skb);
	err = atcp_inet_xmit(conn, out->ecn, skb);
	err = net_xmit_eval(err);	/* a macro that evaluates twice */
	if (err)
		atcp_mib_inc(an, ATCP_MIB_XMIT_FAILS);
	return !err;
}

/* Refer to octets [off, off + n) of @frag. False: no place for another frag. */
static bool add_frag(struct sk_buff *skb, const skb_frag_t *frag, u32 off, u32 n)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	struct page *page = skb_frag_page(frag);
	u32 page_off = skb_frag_off(frag) + off;
	int i = info->nr_frags;

	if (skb_can_coalesce(skb, i, page, page_off)) {
		skb_frag_size_add(&info->frags[i - 1], n);
	} else if (i < MAX_SKB_FRAGS) {
		get_page(page);
		skb_fill_page_desc(skb, i, page, page_off, n);
	} else {
		return false;
	}
	skb->len += n;
	skb->data_len += n;
	skb->truesize += n;
	return true;
}

/* Refer to up to @n octets of @from, from octet @off on. */
static u32 add_from(struct sk_buff *skb, const struct sk_buff *from, u32 off, u32 n)
{
	const struct skb_shared_info *info = skb_shinfo(from);
	u32 added = 0;
	int i;

	for (i = 0; i < info->nr_frags && added < n; i++) {
		u32 size = skb_frag_size(&info->frags[i]);
		u32 piece;

		if (off >= size) {
			off -= size;
			continue;
		}
		piece = min(size - off, n - added);
		if (!add_frag(skb, &info->frags[i], off, piece))
			break;
		added += piece;
		off = 0;
	}
	return added;
}

/* Refer to up to @n octets of the send queue from @seq on. Returns how many. */
static u32 add_text(struct atcp_conn *conn, struct sk_buff *skb, u32 seq, u32 n)
{
	u32 added = 0;

	while (added < n) {
		struct sk_buff *from = atcp_send_find(conn, seq + added);
		u32 off, piece, got;

		if (WARN_ON_ONCE(!from))
			break;
		off = seq + added - ATCP_CB(from)->seq;
		piece = min(n - added, ATCP_CB(from)->end - (seq + added));
		got = add_from(skb, from, off, piece);
		added += got;
		if (got < piece)
			break;
	}
	return added;
}

/* Text that lies in too many pages goes out in parts, cut between segments. */
static u32 whole_segments(struct sk_buff *skb, u32 text, u32 mss)
{
	u32 whole = text - text % mss;

	if (!whole)
		return text;		/* not even one: a short one, then */
	return pskb_trim(skb, whole) ? text : whole;
}

/* The first @text octets of @out go alone; it then tells of what is left. */
static bool transmit_part(struct atcp_conn *conn, struct sk_buff *skb, struct atcp_out *out,
			  u32 text)
{
	struct atcp_out part = *out;

	atcp_mtu_probe_forget(&conn->tcb);	/* if it is one, it is none now */
	part.text = text;
	part.ctl &= ~(ATCP_PSH | ATCP_FIN);
	if (conn->tcb.ecn.mode != ATCP_ECN_ACCECN)	/* there a digit of a count */
		out->ctl &= ~ATCP_CWR;
	out->seq += text;
	out->text_seq += text;
	out->text -= text;
	if (text < out->up) {
		out->up -= text;
	} else {
		out->up = 0;
		out->ctl &= ~ATCP_URG;
	}
	return transmit(conn, skb, &part);
}

static bool transmit_text(struct atcp_conn *conn, struct atcp_out *out)
{
	for (;;) {
		struct sk_buff *skb = new_segment();
		u32 text, most = out->text;

		if (!skb)
			return false;
		if (unlikely(conn->stamped))
			most = atcp_stamp_cut(conn, out);
		if (unlikely(out->opt.auth))	/* each segment its own digest */
			most = min_t(u32, most, out->mss);
		text = add_text(conn, skb, out->text_seq, most);
		if (likely(text == out->text))
			return transmit(conn, skb, out);
		if (!text) {
			kfree_skb(skb);
			return false;
		}
		if (text < most)
			text = whole_segments(skb, text, out->mss);
		if (!transmit_part(conn, skb, out, text))
			return false;
	}
}

/* @out may be changed */
static bool transmit_out(struct atcp_conn *conn, struct atcp_out *out)
{
	struct sk_buff *skb;

	lockdep_assert_held(&conn->lock);
	if (out->text)
		return transmit_text(conn, out);
	skb = new_segment();
	if (!skb) {
		atcp_mib_inc(conn->an, ATCP_MIB_XMIT_FAILS);
		return false;
	}
	return transmit(conn, skb, out);
}

/* ---- doors ---- */

static bool text_waits(const struct atcp_tcb *tcb)
{
	return seq_lt(tcb->snd.nxt, tcb->snd.end) || tcb->board.lost ||
	       tcb->send & ATCP_SEND_TAIL;
}

/* Octets of text that one skb may carry on this route (trap 27). */
static u32 gso_room(const struct atcp_conn *conn, const struct dst_entry *dst)
{
	const struct net_device *dev = dst->dev;
	u32 mss = atcp_eff_mss(&conn->tcb);
	u32 size = min_t(u32, READ_ONCE(dev->gso_max_size), GSO_LEGACY_MAX_SIZE) - 1;
	u32 segs = min_t(u32, READ_ONCE(dev->gso_max_segs), GSO_MAX_SEGS);
	u32 headers = atcp_inet_header_len(&conn->n.flow) + ATCP_HDR_MAX;

	size = size > headers ? size - headers : 0;
	return atcp_pace_piece(conn, max(min(size, segs * mss), mss), mss);
}

/*
 * The core is told of the path before it makes segments for it. Without a route
 * text is sent all the same, and lost: so the retransmission time-out runs.
 */
static u32 prepare_path(struct atcp_conn *conn, u64 now)
{
	struct atcp_tcb *tcb = &conn->tcb;
	struct dst_entry *dst;
	u32 mss;

	dst = atcp_inet_dst(conn);
	if (!(tcb->send & ATCP_SEND_SYN) && !text_waits(tcb))
		return 0;
	if (!dst)
		return atcp_eff_mss(tcb);
	mss = atcp_inet_path_mss(conn, dst);
	if (mss != tcb->snd.mss_path)
		atcp_set_path_mss(tcb, mss, now);
	if (tcb->send & ATCP_SEND_SYN) {
		tcb->rcv.mss_adv = atcp_inet_adv_mss(conn, dst);
		atcp_metrics_syn(conn, dst);
		tcb->ecn.route = atcp_inet_route_ecn(dst);
	}
	return gso_room(conn, dst);
}

static bool held_back(struct atcp_conn *conn, u64 now)
{
	return throttled(conn) || atcp_pace_holds(conn, now);
}

/* What goes again in part is told apart from what does not. */
static void lend_room(struct atcp_conn *conn)
{
	if (unlikely(atcp_board_wants(&conn->tcb.board)))
		atcp_lend(conn);
}

/**
 * atcp_xmit_all() - send what the core wants sent, until it wants no more
 * @conn:	under its lock
 * @now:	microseconds
 * @fx:		of the event before; an edge may be added
 *
 * When a device takes no more, or memory is short, only what costs nothing is
 * still sent; text goes on when the device is done with some, or the
 * retransmission time-out sends it again.
 */
void atcp_xmit_all(struct atcp_conn *conn, u64 now, struct atcp_fx *fx)
{
	struct atcp_tcb *tcb = &conn->tcb;
	struct atcp_out out __uninitialized;	/* the core clears it */
	u32 room;

	lockdep_assert_held(&conn->lock);
	atcp_pace_look(conn, now);
	if (!atcp_worth_asking(tcb))
		return;
	lend_room(conn);
	room = prepare_path(conn, now);
	while (atcp_worth_asking(tcb) &&
	       atcp_next_segment(tcb, now, room && held_back(conn, now) ? 0 : room, &out, fx)) {
		if (!transmit_out(conn, &out))
			room = 0;
		lend_room(conn);
	}
}

/**
 * atcp_xmit_reply() - send a segment that does not follow from the TCB
 * @conn:	under its lock
 * @out:	the segment, without text
 */
void atcp_xmit_reply(struct atcp_conn *conn, const struct atcp_out *out)
{
	struct atcp_out copy = *out;

	atcp_inet_dst(conn);
	transmit_out(conn, &copy);
}

/* On whose behalf, unless that has gone: it holds the socket by its sk_wmem_alloc. */
static void lend_to(struct sk_buff *skb, struct sock *sk)
{
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return;
	skb_set_owner_w(skb, sk);
	sock_put(sk);
}

/* One without a connection, ready to go; NULL when it cannot be made, or signed. */
static struct sk_buff *whole_segment(struct net *net, const struct atcp_flow *flow,
				     const struct atcp_route_opts *ro,
				     const struct atcp_auth *auth, const struct atcp_out *out)
{
	struct sk_buff *skb = new_segment();

	if (!skb)
		return NULL;
	push_header(skb, flow, out);
	if (likely(!out->opt.auth) || atcp_auth_sign(auth, net, flow, ro->bound_if, skb))
		return skb;
	kfree_skb(skb);
	return NULL;
}

/**
 * atcp_xmit_route() - send a segment that belongs to no connection by a route
 * @net:	namespace
 * @flow:	both ends
 * @ro:		options to send it with
 * @dst:	what atcp_inet_flow_route() returned; consumed
 * @sk:		on whose behalf, or NULL
 * @auth:	keys to sign it with, where @out has room for that
 * @out:	the segment, without text
 *
 * Context: RCU held; no lock needed.
 */
void atcp_xmit_route(struct net *net, const struct atcp_flow *flow,
		     const struct atcp_route_opts *ro, struct dst_entry *dst, struct sock *sk,
		     const struct atcp_auth *auth, const struct atcp_out *out)
{
	struct atcp_net *an = atcp_net(net);
	struct sk_buff *skb = whole_segment(net, flow, ro, auth, out);
	int err = -ENOMEM;

	if (skb) {
		if (sk)
			lend_to(skb, sk);
		count_out(an, out, 1);
		/* Into the qdisc with bottom halves off, as from a lock. */
		local_bh_disable();
		err = atcp_inet_xmit_flow(net, flow, ro, dst, sk, out->ecn, skb);
		err = net_xmit_eval(err);
		local_bh_enable();
	} else if (!IS_ERR(dst)) {
		dst_release(dst);
	}
	if (err)
		atcp_mib_inc(an, ATCP_MIB_XMIT_FAILS);
}

/**
 * atcp_xmit_flow() - the same, by whatever route there is
 * @net:	namespace
 * @flow:	both ends
 * @ro:		options to send it with
 * @sk:		on whose behalf, or NULL
 * @auth:	keys to sign it with, where @out has room for that
 * @out:	the segment, without text
 *
 * Context: any; no lock needed, but RCU where there is @auth.
 */
void atcp_xmit_flow(struct net *net, const struct atcp_flow *flow,
		    const struct atcp_route_opts *ro, struct sock *sk,
		    const struct atcp_auth *auth, const struct atcp_out *out)
{
	rcu_read_lock();
	atcp_xmit_route(net, flow, ro, atcp_inet_flow_route(net, sk, flow, ro), sk, auth,
			out);
	rcu_read_unlock();
}

/**
 * atcp_xmit_answer() - answer a segment that has no connection
 * @net:	namespace
 * @skb:	the segment
 * @flow:	its flow
 * @dif:	device it came by
 * @mark:	SO_MARK of whose answer it is; that of @skb, where the host reflects
 *		it, comes first
 * @auth:	whose keys sign the answer; NULL: it is not signed
 * @out:	the answer
 *
 * Context: RCU held.
 */
void atcp_xmit_answer(struct net *net, const struct sk_buff *skb,
		      const struct atcp_flow *flow, int dif, u32 mark,
		      const struct atcp_auth *auth, const struct atcp_out *out)
{
	struct atcp_out answer = *out;
	struct atcp_route_opts ro;

	atcp_inet_reply_opts(net, skb, flow, dif, &ro);
	ro.mark = ro.mark ?: mark;
	answer.opt.auth = atcp_auth_room(auth, net, flow, ro.bound_if);
	atcp_xmit_flow(net, flow, &ro, NULL, auth, &answer);
}

/**
 * atcp_xmit_init() - before the first connection
 *
 * Return: 0.
 */
int atcp_xmit_init(void)
{
	int cpu;

	BUILD_BUG_ON(UNITS_LIMIT > ATCP_CONN_ALIGN);
	for_each_possible_cpu(cpu) {
		struct deferred *d = per_cpu_ptr(&deferred, cpu);

		init_llist_head(&d->conns);
		tasklet_setup(&d->tasklet, run_deferred);
	}
	return 0;
}

/**
 * atcp_xmit_exit() - after the last connection
 */
void atcp_xmit_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(&deferred, cpu)->tasklet);
}
