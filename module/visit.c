// SPDX-License-Identifier: GPL-2.0
/*
 * The one door into a connection: lock it, and when an entry of the core has been
 * called, do what that asks for, send, arm the timer, unlock and wake.
 *
 * Owns conn->lock (the rules are in conn.h), and what struct sock shows of a
 * connection.  Every segment, call and time-out passes here.
 *
 * RFC 9293 section 3.10.
 */

#include <linux/rcupdate.h>
#include <atcp/fastopen.h>
#include <atcp/inet.h>
#include "trace.h"

static struct atcp_tcb *begin(struct atcp_visit *visit, struct atcp_conn *conn,
			      enum atcp_cause cause)
{
	lockdep_assert_held(&conn->lock);
	visit->conn = conn;
	visit->now = atcp_now();
	visit->freed = false;
	memset(&visit->fx, 0, sizeof(visit->fx));
	visit->fx.cause = cause;
	atcp_recv_buffer(conn);
	if (unlikely(atcp_board_wants(&conn->tcb.board)))
		atcp_lend(conn);
	return &conn->tcb;
}

/**
 * atcp_enter() - the door: lock a connection, read the clock
 * @visit:	filled in
 * @conn:	the caller has a reference
 * @cause:	what brings it here
 *
 * Return: the TCB, for one entry of the core; then atcp_leave().
 */
struct atcp_tcb *atcp_enter(struct atcp_visit *visit, struct atcp_conn *conn,
			    enum atcp_cause cause)
	__acquires(&conn->lock)
{
	spin_lock_bh(&conn->lock);
	return begin(visit, conn, cause);
}

/**
 * atcp_enter_nested() - the same for a child, below its listener's lock
 * @visit:	filled in
 * @conn:	the child
 * @cause:	what brings it here
 *
 * Return: the TCB.
 */
struct atcp_tcb *atcp_enter_nested(struct atcp_visit *visit, struct atcp_conn *conn,
				   enum atcp_cause cause)
	__acquires(&conn->lock)
{
	local_bh_disable();
	spin_lock_nested(&conn->lock, ATCP_CHILD_LOCK);
	return begin(visit, conn, cause);
}

/**
 * atcp_count_edge() - a change of state: count and trace it
 * @node:	of the connection or the TIME-WAIT record
 * @from:	enum atcp_state
 * @to:		enum atcp_state
 * @cause:	enum atcp_cause
 */
void atcp_count_edge(const struct atcp_node *node, u8 from, u8 to, u8 cause)
{
	struct atcp_net *an = atcp_net(node->net);
	int edge = atcp_edge_index(from, to);

	if (edge >= 0 && cause < ATCP_N_CAUSES)
		this_cpu_inc(an->mib->edge[edge][cause]);
	trace_atcp_set_state(node, from, to, cause);
}

/**
 * atcp_count_events() - add the core's events to the counters
 * @an:		namespace
 * @events:	bit mask of enum atcp_event
 *
 * Segments that arrive were counted by the hook, which knows of how many an
 * aggregate was made.
 */
void atcp_count_events(struct atcp_net *an, u64 events)
{
	events &= ~BIT_ULL(ATCP_EV_IN_SEGS);
	while (events) {
		unsigned int event = __ffs64(events);

		atcp_mib_inc(an, event);
		events &= events - 1;
	}
}

/* In CLOSED; or a child whose passive open failed, which went back to LISTEN. */
static bool has_ended(const struct atcp_conn *conn)
{
	return conn->tcb.state == ATCP_CLOSED ||
	       (conn->tcb.state == ATCP_LISTEN && !conn->listener);
}

static bool just_entered(const struct atcp_fx *fx, enum atcp_state state)
{
	return fx->n_edges && fx->edge[fx->n_edges - 1].to == state;
}

/* The changes of state from number @i on. */
static void count_edges(const struct atcp_visit *visit, unsigned int i)
{
	const struct atcp_conn *conn = visit->conn;
	const struct atcp_fx *fx = &visit->fx;

	/* A record in the table lives through the rest of TIME-WAIT. */
	for (; i < fx->n_edges && !conn->timewait; i++)
		atcp_count_edge(&conn->n, fx->edge[i].from, fx->edge[i].to, fx->cause);
}

/* What the core asked for, but for the wakes. */
static void perform(struct atcp_visit *visit)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_fx *fx = &visit->fx;

	lockdep_assert_held(&conn->lock);
	if (fx->events)
		atcp_count_events(conn->an, fx->events);
	count_edges(visit, 0);
	if (fx->acked)
		atcp_send_acked(conn, fx->acked);
	if (fx->delivered_ce)
		atcp_mib_add(conn->an, ATCP_MIB_DELIVERED_CE,
			     DIV_ROUND_UP(fx->delivered_ce, atcp_eff_mss(&conn->tcb)));
	if (fx->wake & ATCP_WAKE_URG)
		atcp_recv_urgent(conn);
	if (fx->reply.ctl)
		atcp_xmit_reply(conn, &fx->reply);
	if (fx->flush)
		atcp_send_purge(conn);
	if (fx->trouble)	/* RFC 9293, 3.8.3, R1: perhaps another route */
		atcp_inet_forget_route(conn);
	/* SO_TXREHASH: perhaps another path of equal cost. */
	if (unlikely(fx->events & BIT_ULL(ATCP_EV_RETRANS_TIMEOUT)) && conn->sk)
		sk_rethink_txhash(conn->sk);
	visit->freed |= fx->acked || fx->flush;
	if (!conn->sk && fx->error)
		conn->err = fx->error;
}

static void account(bool *was, bool is, atomic_t *n)
{
	if (*was == is)
		return;
	atomic_add(is ? 1 : -1, n);
	*was = is;
}

static void account_state(struct atcp_conn *conn)
{
	struct atcp_net *an = conn->an;
	u8 state = conn->tcb.state;

	lockdep_assert_held(&conn->lock);
	account(&conn->was_estab, state == ATCP_ESTABLISHED || state == ATCP_CLOSE_WAIT,
		&an->curr_estab);
	account(&conn->was_half_open, state == ATCP_SYN_RECEIVED, &an->half_open);
	if (conn->was_orphan && (state == ATCP_CLOSED || state == ATCP_TIME_WAIT))
		account(&conn->was_orphan, false, &an->orphans);
}

/* Connections without a user, and their memory, are limited: a RST ends this one. */
static void limit_orphans(struct atcp_visit *visit)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_net *an = conn->an;
	u8 state = conn->tcb.state;

	lockdep_assert_held(&conn->lock);
	if (!conn->tcb.orphan || conn->was_orphan || has_ended(conn) ||
	    state == ATCP_TIME_WAIT)
		return;
	conn->was_orphan = true;
	if (atomic_inc_return(&an->orphans) <= READ_ONCE(an->max_orphans) &&
	    atomic_long_read(&an->mem) <= READ_ONCE(an->max_mem))
		return;
	atcp_mib_inc(an, ATCP_MIB_ORPHANS_KILLED);
	memset(&visit->fx, 0, sizeof(visit->fx));
	atcp_user_abort(&conn->tcb, visit->now, &visit->fx);
	perform(visit);
}

static int visible_state(const struct atcp_conn *conn)
{
	return conn->tcb.state == ATCP_TIME_WAIT ? TCP_CLOSE : conn->tcb.state;
}

/*
 * An ACK takes back what ICMP said of the path, as in Linux's tcp_ack(). Why
 * segments were lost says more than that they were, as in its tcp_write_err().
 * [MUST-47] [SHLD-25]
 */
static void mirror_errors(struct sock *sk, const struct atcp_visit *visit)
{
	const struct atcp_fx *fx = &visit->fx;
	int error = fx->error;

	if (unlikely(READ_ONCE(sk->sk_err_soft)) &&
	    (visit->conn->tcb.last_ack == visit->now || just_entered(fx, ATCP_ESTABLISHED)))
		WRITE_ONCE(sk->sk_err_soft, 0);
	if (likely(!fx->soft_error && !error))
		return;
	if (fx->soft_error)
		WRITE_ONCE(sk->sk_err_soft, fx->soft_error);
	if (error == ETIMEDOUT && READ_ONCE(sk->sk_err_soft))
		error = READ_ONCE(sk->sk_err_soft);
	if (error)
		WRITE_ONCE(sk->sk_err, error);
}

/*
 * What struct sock shows. Never its flags (SOCK_DONE): they are not atomic, and
 * belong to the socket lock.
 */
static void mirror(const struct atcp_visit *visit)
{
	struct atcp_conn *conn = visit->conn;
	const struct atcp_tcb *tcb = &conn->tcb;
	const struct atcp_fx *fx = &visit->fx;
	struct sock *sk = conn->sk;
	u8 shutdown;

	lockdep_assert_held(&conn->lock);
	if (!sk)
		return;
	mirror_errors(sk, visit);
	shutdown = sk->sk_shutdown;
	if (tcb->rcv_fin_done)
		shutdown |= RCV_SHUTDOWN;
	if (tcb->fin)
		shutdown |= SEND_SHUTDOWN;
	if (just_entered(fx, ATCP_TIME_WAIT) ||
	    (just_entered(fx, ATCP_CLOSED) && fx->edge[fx->n_edges - 1].from != ATCP_LISTEN))
		shutdown |= SHUTDOWN_MASK;
	if (sk->sk_shutdown != shutdown)
		WRITE_ONCE(sk->sk_shutdown, shutdown);
	smp_wmb();		/* who sees the state sees why */
	if (sk->sk_state != visible_state(conn))
		inet_sk_set_state(sk, visible_state(conn));
}

/* Would the reader be content? Linux's tcp_data_ready(). */
static bool enough_to_read(const struct atcp_conn *conn, const struct sock *sk)
{
	const struct atcp_tcb *tcb = &conn->tcb;
	int lowat = READ_ONCE(sk->sk_rcvlowat);

	return lowat <= 1 || tcb->rcv.user >= lowat || tcb->rcv_fin_done ||
	       tcb->rcv.wnd <= tcb->rcv.mss_seen || conn->urg_valid;
}

static void tell_urgent(struct sock *sk)
{
	/* Without the socket lock it is this that keeps its file. */
	read_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_socket)
		sk_send_sigurg(sk);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void wake_user(struct sock *sk, unsigned int wake)
{
	if (wake & ATCP_WAKE_ERROR)
		sk_error_report(sk);
	if (wake & ATCP_WAKE_STATE) {
		u8 shutdown = READ_ONCE(sk->sk_shutdown);

		sk->sk_state_change(sk);
		if (shutdown == SHUTDOWN_MASK)
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_HUP);
		else if (shutdown & RCV_SHUTDOWN)
			sk_wake_async(sk, SOCK_WAKE_WAITD, POLL_IN);
		else
			sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	}
	if (wake & ATCP_WAKE_URG)
		tell_urgent(sk);
	if (wake & ATCP_WAKE_READ)
		sk->sk_data_ready(sk);
	if (wake & ATCP_WAKE_WRITE)
		sk->sk_write_space(sk);
}

/*
 * Whether the writer has met the end of its room. The kernel's TCP asks the same
 * before it calls sk_write_space(), see tcp_check_space(): who sleeps for room, or
 * polls for it, sets the bit first and then looks again. Pairs with the barriers
 * after that.
 */
static bool writer_waits(const struct sock *sk)
{
	const struct socket *sock;
	bool waits;

	smp_mb();		/* sk_wmem_queued fell before */
	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	waits = sock && test_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_unlock();
	return waits;
}

/*
 * What of the wakes the core asked for the user would make use of.  A writer that waits
 * gets the room that the window of now asks for.
 */
static unsigned int wanted_wakes(const struct atcp_visit *visit)
{
	const struct atcp_conn *conn = visit->conn;
	unsigned int wake = visit->fx.wake | (visit->freed ? ATCP_WAKE_WRITE : 0);
	struct sock *sk = conn->sk;

	if (!sk || !wake)
		return 0;
	if (wake & ATCP_WAKE_READ && !enough_to_read(conn, sk))
		wake &= ~ATCP_WAKE_READ;
	if (wake & ATCP_WAKE_WRITE && !writer_waits(sk))
		wake &= ~ATCP_WAKE_WRITE;
	if (wake & ATCP_WAKE_WRITE)
		atcp_grow_sndbuf(sk);
	return wake;
}

/* Transmit, go to TIME-WAIT, retire, arm the timer: what the new state needs. */
static void settle(struct atcp_visit *visit)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_tcb *tcb = &conn->tcb;
	unsigned int counted = visit->fx.n_edges;
	u64 deadline;

	lockdep_assert_held(&conn->lock);
	if (unlikely(conn->was) && atcp_synchronized(tcb->state)) {
		atcp_timewait_over(conn->was);
		conn->was = NULL;
	}
	if (has_ended(conn) || conn->timewait) {
		/* In the table already: connect() is about to call OPEN. */
		if (tcb->state == ATCP_CLOSED && conn->hashed && !counted)
			return;
		if (counted)
			atcp_conn_leave_port(conn);
		atcp_conn_retire(conn);
		return;
	}
	if (tcb->state == ATCP_LISTEN)
		return;
	atcp_xmit_all(conn, visit->now, &visit->fx);
	count_edges(visit, counted);
	if (just_entered(&visit->fx, ATCP_TIME_WAIT) &&
	    atcp_timewait_start(conn, visit->now)) {
		conn->timewait = true;
		atcp_conn_leave_port(conn);
		atcp_conn_retire(conn);
		return;
	}
	if (unlikely(tcb->board.lent) && !tcb->board.n)
		atcp_lend_back(conn);
	deadline = atcp_pace_deadline(conn, atcp_deadline(tcb));
	if (deadline)
		atcp_timer_arm(conn, deadline, visit->now);
}

/* What the listener is to learn, once the lock of its child is released. */
static void tell_parent(struct atcp_conn *parent, struct atcp_conn *child, bool ended)
{
	if (ended)
		atcp_listen_child_gone(parent, child);
	else
		atcp_listen_child_established(parent, child);
	atcp_conn_put(parent);
}

/**
 * atcp_leave() - the door: perform the effects, unlock, wake
 * @visit:	begun with atcp_enter()
 */
void atcp_leave(struct atcp_visit *visit)
	__releases(&visit->conn->lock)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_conn *parent = NULL;
	bool ended, unlisten;
	unsigned int wake;
	struct sock *sk = NULL;

	perform(visit);
	limit_orphans(visit);
	if (visit->fx.n_edges)
		atcp_metrics_visit(visit);
	settle(visit);
	if (visit->fx.n_edges)	/* there is no other way to change state */
		account_state(conn);
	if (unlikely(conn->fo_queue))
		atcp_fastopen_settle(visit);
	if (unlikely(conn->tcb.fo.flags & ATCP_FO_TRIED))
		atcp_fastopen_watch(visit);
	mirror(visit);

	wake = wanted_wakes(visit);
	if (wake) {
		sk = conn->sk;
		sock_hold(sk);		/* trap: it may be closed meanwhile */
	}
	ended = has_ended(conn);
	unlisten = conn->tcb.state == ATCP_CLOSED && conn->listener;
	if (conn->parent && !READ_ONCE(conn->established) &&
	    (ended || atcp_synchronized(conn->tcb.state) ||
	     atcp_fastopen_trusted(&conn->tcb))) {
		parent = conn->parent;
		atcp_conn_hold(parent);
	}
	spin_unlock_bh(&conn->lock);

	if (sk) {
		rcu_read_lock();
		wake_user(sk, wake);
		rcu_read_unlock();
		sock_put(sk);
	}
	if (parent)
		tell_parent(parent, conn, ended);
	if (unlisten)
		atcp_listen_stop(conn);
}
