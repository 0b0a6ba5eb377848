/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection: one struct for all eleven states, with or without a user.
 *
 * Lifetime
 *
 *   socket() makes a connection in CLOSED and the socket holds a reference to
 *   it to its end.  A SYN that meets a listener leaves a record in the table
 *   (half.c); the handshake's ACK makes a connection of it, without a socket and
 *   held by the listener's queue until accept() gives it one.  When the
 *   last of these lets go, the protocol may go on alone (FIN-WAIT-1 ...
 *   LAST-ACK); then only the table of connections holds it.  TIME-WAIT leaves
 *   a struct atcp_timewait in the table instead.
 *
 *   References (conn->ref) are held by: the table, while hashed; the socket;
 *   the listener's half-open list or accept queue; the deferred-transmit work
 *   while queued; each skb in flight whose destructor is ours; whoever looked it
 *   up; a listener also by each child that was not accepted.  The timer holds
 *   none: its callback tries to take one.  The last put calls call_rcu(); that
 *   callback cancels the timer and frees.
 *
 * Locks, outermost first
 *
 *   lock_sock(sk)		serialises system calls on one socket; softirq
 *				never takes it
 *   listener's conn->lock	SINGLE_DEPTH_NESTING is for a child below it
 *   child's conn->lock
 *   wheel of timewait.c	guards the TIME-WAIT records that hang in it
 *   buckets of table.c, lock of listeners.c
 *				leaves
 *   buckets of port.c		leaf; not below a wheel or a bucket of table.c
 *
 *   Destructors of our skbs and sk_write_space run under anybody's lock inside
 *   ip_local_out(): they take none, change atomics and queue work.
 *
 * One door
 *
 *	struct atcp_visit visit;
 *	struct atcp_tcb *tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);
 *	err = atcp_user_close(tcb, visit.now, &visit.fx);
 *	atcp_leave(&visit);
 *
 *   atcp_leave() performs the effects, transmits, arms the timer, unlocks and
 *   wakes.  After it the connection may be gone unless the caller holds a
 *   reference.
 */
#ifndef _ATCP_CONN_H
#define _ATCP_CONN_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/list_nulls.h>
#include <linux/llist.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/dst.h>
#include <net/sock.h>
#include <atcp/flow.h>
#include <atcp/net.h>
#include <atcp/tcb.h>

struct atcp_fo_queue;
struct atcp_auth;
struct atcp_listener;
struct atcp_port;
struct atcp_saved_syn;

/* What the table holds: a connection or a listener, or a record of half.c or timewait.c. */
enum atcp_kind {
	ATCP_KIND_CONN,
	ATCP_KIND_HALF,
	ATCP_KIND_TIMEWAIT,
};

/**
 * struct atcp_node - an entry of the table of connections
 * @node:	bucket of the table, or of the table of listeners; RCU
 * @net:	its namespace (no reference: killed in .pre_exit)
 * @flow:	both ends; constant while hashed
 * @ref:	see Lifetime; refcount_inc_not_zero() under RCU
 * @ifindex:	device it is bound to, 0 when none
 * @kind:	enum atcp_kind
 * @features:	of a TIME-WAIT record: ATCP_F_*; constant
 * @challenge_n: of a TIME-WAIT record: challenge ACKs of late
 * @ts_age:	of a TIME-WAIT record: when TS.Recent was set, the low bits of
 *		its seconds (these stand here because here is room to spare)
 */
struct atcp_node {
	struct hlist_nulls_node node;
	struct net *net;
	struct atcp_flow flow;
	refcount_t ref;
	int ifindex;
	u8 kind : 2;
	u8 features : 6;
	u8 challenge_n;
	u16 ts_age;
};

/*
 * How segments go out: read live from the socket where there is one, copied
 * when it goes and from the listener to its children.
 */
struct atcp_route_opts {
	u32 mark;
	u32 priority;
	int bound_if;
	kuid_t uid;
	u8 tos;				/* or traffic class */
	u8 ttl;				/* or hop limit, 0: default */
	u8 min_ttl;
	u8 pmtudisc : 7;
	u8 local_only : 1;		/* SO_DONTROUTE: hosts on the link, no gateway */
	__be32 flowlabel;
};

struct atcp_conn {
	/* Constant, or written under the table's rules. */
	struct atcp_node n;		/* first */
	struct atcp_net *an;		/* of n.net, which outlives it */

	spinlock_t lock;		/* all below, unless it says otherwise */
	bool hashed;
	bool was_orphan;		/* counted in atcp_net.orphans */
	bool was_half_open;		/* counted in atcp_net.half_open */
	bool was_estab;			/* counted in atcp_net.curr_estab */
	bool timewait;			/* a record answers for it in the table */
	bool text_started;		/* sendq_seq and sendq_end are set */
	bool established;		/* a child that waits to be accepted */
	bool has_least_iss;		/* least_iss is set */
	u16 err;			/* for the socket-to-be: positive errno */

	struct sock *sk;		/* its user; RCU, NULL when there is none */
	/* Of a child not yet accepted: its listener, with a reference. Written
	 * under both locks, so either suffices to read it.
	 */
	struct atcp_conn *parent;
	struct list_head child;		/* in parent's listener, under its lock */
	struct atcp_listener *listener;	/* once it listened; freed with it */
	struct atcp_saved_syn *saved_syn;	/* TCP_SAVE_SYN; saved_syn.c */
	struct atcp_fo_queue *fo_queue;	/* where it is pending; fastopen.c */
	struct atcp_auth *auth;		/* its keys; auth.h.  Set once, read under RCU */
	struct atcp_port *port;		/* the held local port; see port.c.  Set under
					 * lock_sock, cleared under conn->lock
					 */

	/* Route; owned by the connection. */
	struct dst_entry *dst;
	u32 dst_cookie;
	struct atcp_route_opts ro;	/* what dst was looked up with */

	/* Text: sendq.c and queue.c. */
	struct sk_buff_head sendq;	/* octets sendq_seq to sendq_end */
	struct sk_buff *send_from;	/* where atcp_send_find() was last */
	u32 sendq_seq;
	u32 sendq_end;
	struct sk_buff_head recvq;	/* in order, not yet with the reader */
	struct rb_root ofo;		/* out of order, by sequence number */
	u32 rmem;			/* truesize of recvq and ofo and reader's list */
	u32 wmem;			/* truesize of sendq */
	u32 rmem_max;			/* SO_RCVBUF, live */
	u32 rmem_low;			/* least rmem since it was last condensed */
	bool pressed;			/* RCV.BUFF was cut for want of memory */
	u8 urg_octet;			/* the urgent octet, once urg_valid */
	bool urg_valid;			/* cleared by the reader who took it */
	bool urg_seen;			/* urg_seq was found already */
	bool fin_read;			/* the reader met the end of the stream */
	u32 urg_seq;
	u32 least_iss;			/* after an RFC 6191 TIME-WAIT */
	struct atcp_node *was;		/* of a child: the TIME-WAIT that its SYN ended,
					 * till it is established; a reference
					 */

	/* SO_TIMESTAMPING: stamp.c. */
	u32 stamp_base;			/* octets are told counted from here */
	u32 stamped;			/* skbs in sendq with a stamp */

	/* Pacing: pace.c. */
	unsigned long pace_rate;	/* octets a second; ~0: unknown, or without limit */
	unsigned long pace_max;		/* SO_MAX_PACING_RATE of the user who has gone */
	u32 pace_below;			/* octets that may wait in fq; ~0: no matter */
	u64 pace_next;			/* nanoseconds: when the next text may go */
	bool paced;			/* text is to keep to pace_rate */
	bool pace_fq;			/* and it is fq, not we, who sees to it */
	bool pace_waits;		/* text waits for it, and the timer is for that */

	/* Transmit: xmit.c. */
	atomic_t in_qdisc;		/* below us, in units of xmit.c */
	unsigned long defer;		/* bits: work queued, more to send */
	struct llist_node defer_node;	/* on a list of xmit.c */

	struct hrtimer timer;		/* timer.c */
	u64 armed;			/* for when, 0: not */
	u64 armed_late;			/* and when at the latest */

	struct atcp_tcb tcb;
	struct rcu_head rcu;
};

/* A pointer to one has so many low bits to spare; see xmit.c. */
#define ATCP_CONN_ALIGN		128

/* Below the lock of a listener is that of its child. */
#define ATCP_CHILD_LOCK		SINGLE_DEPTH_NESTING

#define atcp_conn_of(node)	container_of(node, struct atcp_conn, n)

/**
 * struct atcp_visit - one passage through the door
 * @conn:	the connection, locked
 * @now:	microseconds, read after the lock was taken
 * @freed:	text left the send queue: the writer may have room
 * @fx:		what the core asks for
 */
struct atcp_visit {
	struct atcp_conn *conn;
	u64 now;
	bool freed;
	struct atcp_fx fx;
};

/* conn.c */
struct atcp_conn *atcp_conn_alloc(struct net *net, bool ipv6, gfp_t gfp);
void atcp_conn_put(struct atcp_conn *conn);
static inline void atcp_conn_hold(struct atcp_conn *conn)
{
	refcount_inc(&conn->n.ref);
}

void atcp_conn_retire(struct atcp_conn *conn);			/* under conn->lock */
void atcp_conn_leave_port(struct atcp_conn *conn);		/* under conn->lock */
void atcp_conn_kill(struct atcp_conn *conn, int err);	/* abort without a segment */
void atcp_conn_attach(struct atcp_conn *conn, struct sock *sk);	/* under conn->lock */
void atcp_conn_detach(struct atcp_conn *conn);			/* under conn->lock */
void atcp_kill_namespace(struct net *net);
void atcp_kill_all(void);
void atcp_conn_net_exit(struct atcp_net *an);	/* waits until nothing is left */
int atcp_conn_init(void);
void atcp_conn_exit(void);

/* visit.c */
struct atcp_tcb *atcp_enter(struct atcp_visit *visit, struct atcp_conn *conn,
			    enum atcp_cause cause);
struct atcp_tcb *atcp_enter_nested(struct atcp_visit *visit, struct atcp_conn *conn,
				   enum atcp_cause cause);
void atcp_leave(struct atcp_visit *visit);
void atcp_count_edge(const struct atcp_node *node, u8 from, u8 to, u8 cause);
void atcp_count_events(struct atcp_net *an, u64 events);

/* iss.c */
u64 atcp_now(void);			/* microseconds, ktime_get() */
u32 atcp_iss(const struct net *net, const struct atcp_flow *flow);	/* RFC 6528 */
u32 atcp_conn_iss(const struct atcp_conn *conn);	/* after a TIME-WAIT: RFC 6191 */
u32 atcp_ts_offset(const struct net *net, const struct atcp_flow *flow);
void atcp_iss_init(void);

/* table.c */
int atcp_table_insert(struct atcp_node *node);		/* -EADDRNOTAVAIL when taken */
/* may take over an RFC 6191 TIME-WAIT */
int atcp_table_insert_conn(struct atcp_conn *conn);
void atcp_node_put(struct atcp_node *node);
int atcp_node_bound_if(const struct atcp_node *node);
bool atcp_table_remove(struct atcp_node *node);		/* false: was not there */
bool atcp_table_replace(struct atcp_node *old, struct atcp_node *with);
struct atcp_node *atcp_table_lookup(struct net *net, const struct atcp_flow *flow,
				    int dif, int sdif);
bool atcp_table_taken(struct net *net, const struct atcp_flow *flow);
/* walks every node; @fn may sleep is false: it runs under RCU and must not keep @node */
void atcp_table_walk(struct net *net, void (*fn)(struct atcp_node *node, void *arg), void *arg);
/* for seq_file: RCU-held iteration over buckets */
struct atcp_table_iter {
	struct net *net;
	unsigned int bucket;
	bool listening;
	const void *last;		/* listed last in the bucket; only compared */
	loff_t skip;			/* and its number there */
	loff_t pos;			/* in all */
};

void *atcp_table_iter_start(struct atcp_table_iter *it, loff_t pos);
void *atcp_table_iter_next(struct atcp_table_iter *it, void *cur);
int atcp_table_init(void);
void atcp_table_exit(void);

/* listeners.c */
int atcp_table_listen(struct atcp_conn *conn);
void atcp_table_unlisten(struct atcp_conn *conn);
struct atcp_conn *atcp_table_lookup_listener(struct net *net, const struct atcp_flow *flow,
					     struct sk_buff *skb, int dif, int sdif);

/* listen.c, open.c */
int atcp_listen_start(struct atcp_conn *conn, int backlog);
void atcp_listen_backlog(struct atcp_conn *conn, int backlog);
void atcp_listen_stop(struct atcp_conn *conn);
bool atcp_listen_segment(struct atcp_conn *listener, struct sk_buff *skb,
			 const struct atcp_seg *seg, const struct atcp_flow *flow,
			 int dif, struct atcp_node **was);
bool atcp_listen_may_establish(const struct atcp_conn *listener);
bool atcp_listen_defers(const struct atcp_conn *listener, struct atcp_tcb *tcb,
			const struct atcp_seg *seg);
void atcp_listen_child_established(struct atcp_conn *parent, struct atcp_conn *child);
void atcp_listen_child_gone(struct atcp_conn *parent, struct atcp_conn *child);
void atcp_listen_free(struct atcp_conn *conn);
struct atcp_conn *atcp_listen_accept(struct atcp_conn *listener);	/* NULL: none waiting */
unsigned int atcp_listen_waiting(const struct atcp_conn *listener);
unsigned int atcp_listen_max(const struct atcp_conn *listener);

/* syncookie.c */
void atcp_syncookie_init(void);

/* half.c */

/* What became of a segment that met a record. */
enum atcp_half_verdict {
	ATCP_HALF_DONE,			/* answered or not */
	ATCP_HALF_GONE,			/* the record had ended meanwhile: look again */
	ATCP_HALF_WHOLE,		/* the record is a connection now: it is for that */
};

enum atcp_half_verdict atcp_half_segment(struct atcp_node *node, const struct atcp_seg *seg,
					 struct atcp_conn **conn);
struct atcp_conn *atcp_half_quoted(struct atcp_node *node, u32 seq);
struct atcp_conn *atcp_half_listener(const struct atcp_node *node);
void atcp_half_kill(struct atcp_node *node);
void atcp_half_put(struct atcp_node *node);
unsigned int atcp_half_status(const struct atcp_node *node, u64 *deadline);
int atcp_half_init(void);
void atcp_half_exit(void);

/* queue.c (received) and sendq.c: text; conn->lock held */

/**
 * struct atcp_skb_cb - of skbs in sendq, recvq and ofo, and with the reader
 * @seq:	sequence number of the octet at skb->data
 * @end:	of the octet after the last one that counts
 * @tx_flags:	SKBTX_*_TSTAMP that the user wants for octet @end - 1; in sendq
 * @tells_ack:	he also wants to know when that was acknowledged; likewise
 *
 * Received skbs may overlap, so @seq may lie before the next octet to be read,
 * and the skb may be longer than to @end.
 */
struct atcp_skb_cb {
	u32 seq;
	u32 end;
	u8 tx_flags;
	bool tells_ack;
};

#define ATCP_CB(skb)	((struct atcp_skb_cb *)((skb)->cb))

static inline bool atcp_is_stamped(const struct sk_buff *skb)
{
	return ATCP_CB(skb)->tx_flags || ATCP_CB(skb)->tells_ack;
}

u32 atcp_recv_room(struct atcp_conn *conn, const struct sk_buff *skb, const struct atcp_seg *seg);
bool atcp_recv_take(struct atcp_conn *conn, struct sk_buff *skb, struct atcp_fx *fx);
void atcp_recv_urgent(struct atcp_conn *conn);
void atcp_recv_buffer(struct atcp_conn *conn);		/* SO_RCVBUF, live */
void atcp_recv_clamp(struct atcp_conn *conn);		/* TCP_WINDOW_CLAMP, live */
void atcp_recv_splice(struct atcp_conn *conn, struct sk_buff_head *to);	/* to the reader */
void atcp_recv_uncharge(struct atcp_conn *conn, u32 truesize);
void atcp_recv_purge(struct atcp_conn *conn, bool in_order);
struct sk_buff *atcp_send_alloc(gfp_t gfp);
void atcp_send_exit(void);
void atcp_send_link(struct atcp_conn *conn, struct sk_buff *skb);
void atcp_send_acked(struct atcp_conn *conn, u32 octets);
struct sk_buff *atcp_send_find(struct atcp_conn *conn, u32 seq);
void atcp_send_purge(struct atcp_conn *conn);
void atcp_charge_move(struct atcp_conn *conn, struct sock *from, struct sock *to);

/* lend.c: memory for the scoreboard; conn->lock held */
void atcp_lend(struct atcp_conn *conn);
void atcp_lend_back(struct atcp_conn *conn);

/* stamp.c: what of SO_TIMESTAMPING is the connection's; conn->lock held */
u32 atcp_stamp_cut(struct atcp_conn *conn, const struct atcp_out *out);
void atcp_stamp_segment(struct atcp_conn *conn, struct sk_buff *skb, const struct atcp_out *out);
void atcp_stamp_acked(struct atcp_conn *conn, const struct sk_buff *skb);

/* pace.c; conn->lock held */
void atcp_pace_look(struct atcp_conn *conn, u64 now);
void atcp_pace_keep(struct atcp_conn *conn);
u32 atcp_pace_piece(const struct atcp_conn *conn, u32 room, u32 mss);
bool atcp_pace_holds(struct atcp_conn *conn, u64 now);
void atcp_pace_sent(struct atcp_conn *conn, struct sk_buff *skb, u32 text);
u64 atcp_pace_deadline(const struct atcp_conn *conn, u64 deadline);

/* xmit.c; conn->lock held */
/* asks the core until it has no more */
void atcp_xmit_all(struct atcp_conn *conn, u64 now, struct atcp_fx *fx);
void atcp_xmit_reply(struct atcp_conn *conn, const struct atcp_out *out);
void atcp_xmit_flow(struct net *net, const struct atcp_flow *flow, const struct atcp_route_opts *ro,
		    struct sock *sk, const struct atcp_auth *auth,
		    const struct atcp_out *out);	/* no lock needed */
/* by a route that was looked up before, which it consumes */
void atcp_xmit_route(struct net *net, const struct atcp_flow *flow,
		     const struct atcp_route_opts *ro, struct dst_entry *dst, struct sock *sk,
		     const struct atcp_auth *auth, const struct atcp_out *out);
/* to skb, without a connection */
void atcp_xmit_answer(struct net *net, const struct sk_buff *skb, const struct atcp_flow *flow,
		      int dif, u32 mark, const struct atcp_auth *auth, const struct atcp_out *out);
int atcp_xmit_init(void);
void atcp_xmit_exit(void);

/* metrics.c; conn->lock held */
void atcp_metrics_route(struct atcp_conn *conn);
void atcp_metrics_offer(struct atcp_tcb *tcb, const struct dst_entry *dst);
void atcp_metrics_syn(struct atcp_conn *conn, const struct dst_entry *dst);
void atcp_metrics_visit(const struct atcp_visit *visit);

/* timer.c; conn->lock held */
void atcp_timer_init(struct atcp_conn *conn);
void atcp_timer_arm(struct atcp_conn *conn, u64 deadline, u64 now);
void atcp_timer_cancel(struct atcp_conn *conn);		/* no lock, no reference left */

/* timewait.c */

/* What became of a segment that met a record. */
enum atcp_tw_verdict {
	ATCP_TW_DONE,			/* answered or not */
	ATCP_TW_GONE,			/* the record had ended meanwhile: look again */
	ATCP_TW_REOPEN,			/* a SYN for the listener (RFC 6191): the record is
					 * out of the table, and the caller's
					 */
};

/* conn->lock held; replaces it in the table */
bool atcp_timewait_start(struct atcp_conn *conn, u64 now);
enum atcp_tw_verdict atcp_timewait_segment(struct atcp_node *node, struct sk_buff *skb,
					   const struct atcp_seg *seg, int dif, bool may_reopen);
u32 atcp_timewait_least_iss(const struct atcp_node *node);
struct atcp_auth *atcp_timewait_auth(const struct atcp_node *node);
void atcp_timewait_over(struct atcp_node *node);
bool atcp_timewait_return(struct atcp_node *node, struct atcp_node *in_place_of);
bool atcp_timewait_recyclable(const struct atcp_node *node);	/* for an active OPEN */
bool atcp_timewait_recycle(struct atcp_node *node, u32 *least_iss);
void atcp_timewait_kill(struct atcp_node *node);
void atcp_timewait_put(struct atcp_node *node);
u64 atcp_timewait_deadline(const struct atcp_node *node);	/* microseconds, for proc.c */
int atcp_timewait_init(void);
void atcp_timewait_exit(void);

/* input.c: from the hook to a connection */
void atcp_receive(struct net *net, struct sk_buff *skb, const struct atcp_flow *flow,
		  struct atcp_seg *seg, int dif, int sdif, struct atcp_node *node);

#endif /* _ATCP_CONN_H */
