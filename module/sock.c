// SPDX-License-Identifier: GPL-2.0
/*
 * The handle's life: made, disconnected, shut down, closed; and its buffers.
 *
 * A handle always has a connection.  It begins with one in CLOSED; disconnect()
 * exchanges it for a fresh one, because the old may still be in the table, in a
 * packet or under RCU; close() leaves it to go on alone (RFC 9293, section
 * 3.10.4 and 3.10.5).
 *
 * Owns: struct atcp_sock, the memory pool of struct proto.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/swap.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/tcp.h>
#include <atcp/auth.h>
#include <atcp/fastopen.h>
#include <atcp/port.h>
#include <atcp/sock.h>
#include "compat.h"

/*
 * __sk_mem_schedule() charges a pool of pages that all sockets of a struct proto
 * share, and the memory cgroup.  TCP's own pool is not open to modules.
 */
static atomic_long_t atcp_memory_allocated;
static DEFINE_PER_CPU(int, atcp_memory_per_cpu);
static struct percpu_counter atcp_sockets_allocated;
static unsigned long atcp_memory_pressure;
static long atcp_sysctl_mem[3];

static void atcp_enter_memory_pressure(struct sock *sk)
{
	if (!READ_ONCE(atcp_memory_pressure))
		WRITE_ONCE(atcp_memory_pressure, jiffies ?: 1);
}

static void atcp_leave_memory_pressure(struct sock *sk)
{
	WRITE_ONCE(atcp_memory_pressure, 0);
}

/**
 * atcp_memory_init() - the pool that struct proto names
 *
 * Its limits are the kernel's for its own TCP: pressure from 1/16 of the low
 * memory on, nothing above 3/32.
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_memory_init(void)
{
	unsigned long limit = max(nr_free_buffer_pages() / 16, 128UL);
	int err;

	err = percpu_counter_init(&atcp_sockets_allocated, 0, GFP_KERNEL);
	if (err)
		return err;
	atcp_sysctl_mem[0] = limit / 4 * 3;
	atcp_sysctl_mem[1] = limit;
	atcp_sysctl_mem[2] = atcp_sysctl_mem[0] * 2;
	atcp_prot.memory_allocated = &atcp_memory_allocated;
	atcp_prot.per_cpu_fw_alloc = &atcp_memory_per_cpu;
	atcp_prot.sockets_allocated = &atcp_sockets_allocated;
	atcp_prot.memory_pressure = &atcp_memory_pressure;
	atcp_prot.enter_memory_pressure = atcp_enter_memory_pressure;
	atcp_prot.leave_memory_pressure = atcp_leave_memory_pressure;
	atcp_prot.sysctl_mem = atcp_sysctl_mem;
	return 0;
}

/**
 * atcp_memory_exit() - undo atcp_memory_init()
 */
void atcp_memory_exit(void)
{
	percpu_counter_destroy(&atcp_sockets_allocated);
}

/* Half of a buffer is for text, half for what carries it, as in the kernel. */
static u32 atcp_window_of(u32 rcvbuf)
{
	return rcvbuf / 2;
}

/**
 * atcp_buffers_init() - set receive window and shift count by the socket
 * @sk: under lock_sock
 * @conn: its connection, about to be opened
 *
 * RFC 7323, section 2.3: the shift count is for the greatest window that the
 * connection may come to offer.
 */
void atcp_buffers_init(struct sock *sk, struct atcp_conn *conn)
{
	const struct atcp_net *an = atcp_net(sock_net(sk));
	u32 clamp = atcp_sk(sk)->window_clamp ?: U32_MAX;
	u32 rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	u32 greatest = rcvbuf;
	struct atcp_tcb *tcb = &conn->tcb;

	spin_lock_bh(&conn->lock);
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		tcb->p.features &= ~ATCP_F_AUTOTUNE;
	else
		greatest = max_t(u32, rcvbuf, READ_ONCE(an->rmem[2]));
	conn->rmem_max = rcvbuf;
	atcp_set_rcvbuff(tcb, min(atcp_window_of(rcvbuf), clamp),
			 min(atcp_window_of(greatest), clamp));
	greatest = min(greatest, clamp);
	tcb->p.wscale = clamp_t(int, ilog2(max(greatest, 1U)) - 15, 0, ATCP_MAX_WSCALE);
	spin_unlock_bh(&conn->lock);
}

/**
 * atcp_grow_rcvbuf() - let SO_RCVBUF follow a window that has grown
 * @sk: under lock_sock
 */
void atcp_grow_rcvbuf(struct sock *sk)
{
	const struct atcp_conn *conn = atcp_sk_conn(sk);
	u32 want;

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		return;
	want = 2 * min_t(u32, READ_ONCE(conn->tcb.rcv.buff), INT_MAX / 4);
	want = min_t(u32, want, READ_ONCE(conn->an->rmem[2]));
	if (want > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, want);
}

/**
 * atcp_grow_sndbuf() - let the send buffer hold two congestion windows
 * @sk: under lock_sock, or the lock of its connection
 *
 * Less would leave the sender without text when a whole window is acknowledged
 * at once.  The user's own choice stands, also one made meanwhile.
 */
void atcp_grow_sndbuf(struct sock *sk)
{
	const struct atcp_conn *conn = atcp_sk_conn(sk);
	const struct atcp_tcb *tcb = &conn->tcb;
	int now = READ_ONCE(sk->sk_sndbuf);
	u32 mss, segments, each;
	u64 want;

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return;
	mss = max_t(u32, READ_ONCE(tcb->cc.mss), ATCP_MIN_MSS);
	segments = max(READ_ONCE(tcb->cc.cwnd) / mss, 10U);
	each = SKB_TRUESIZE(mss + MAX_TCP_HEADER);
	want = min_t(u64, 2ULL * segments * each, READ_ONCE(conn->an->wmem[2]));
	if (want > now)
		cmpxchg(&sk->sk_sndbuf, now, (int)want);
}

/**
 * atcp_memory_free() - may more text be queued, by TCP_NOTSENT_LOWAT?
 * @sk: the socket, under lock_sock, RCU or alive by the caller
 * @wake: 1 when asked in order to wake, which wants half of it free
 *
 * Return: whether so.
 */
bool atcp_memory_free(const struct sock *sk, int wake)
{
	u32 lowat = READ_ONCE(atcp_sk(sk)->notsent_lowat);
	const struct atcp_conn *conn;
	s32 waiting = 0;

	if (!lowat)
		return true;
	rcu_read_lock();
	conn = READ_ONCE(atcp_sk(sk)->conn);
	if (conn)
		waiting = READ_ONCE(conn->tcb.snd.end) - READ_ONCE(conn->tcb.snd.nxt);
	rcu_read_unlock();
	return ((u64)max(waiting, 0) << wake) < lowat;
}

/**
 * atcp_write_space() - sk_write_space: there may be room, tell who waits
 * @sk: the socket
 *
 * Runs in any context, also under some connection's lock, since freed packets
 * come here too: takes no such lock itself.
 */
void atcp_write_space(struct sock *sk)
{
	struct socket_wq *wq;
	struct socket *sock;

	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	/* Pairs with the barrier in atcp_poll(), after it has set the bit. */
	smp_mb();
	if (!sock || !test_bit(SOCK_NOSPACE, &sock->flags) || !__sk_stream_is_writeable(sk, 1))
		goto out;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
out:
	rcu_read_unlock();
}

static void atcp_sock_attach(struct sock *sk, struct atcp_conn *conn)
{
	struct atcp_visit visit;

	WRITE_ONCE(atcp_sk(sk)->conn, conn);
	atcp_enter(&visit, conn, ATCP_BY_CALL);
	atcp_conn_attach(conn, sk);
	atcp_leave(&visit);
}

/**
 * atcp_sock_init() - proto.init: socket() made @sk
 * @sk: the new socket
 *
 * Return: 0 or -ENOMEM; then the caller releases @sk.
 */
int atcp_sock_init(struct sock *sk)
{
	const struct atcp_net *an = atcp_net(sock_net(sk));
	struct atcp_sock *ask = atcp_sk(sk);
	struct atcp_conn *conn;

	__skb_queue_head_init(&ask->rx);
	conn = atcp_conn_alloc(sock_net(sk), sk->sk_family == PF_INET6, GFP_KERNEL);
	if (!conn)
		return -ENOMEM;
	ask->quickack = true;
	sk->sk_write_space = atcp_write_space;
	sk->sk_sndbuf = READ_ONCE(an->wmem[1]);
	sk->sk_rcvbuf = READ_ONCE(an->rmem[1]);
	/* conn->sk is read under RCU; freed skbs are no news to the writer. */
	sock_set_flag(sk, SOCK_RCU_FREE);
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	sk_sockets_allocated_inc(sk);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
	atcp_sock_attach(sk, conn);
	return 0;
}

/* Throw away what the reader had taken over; conn->lock held. */
static void atcp_purge_reader(struct atcp_sock *ask, struct atcp_conn *conn)
{
	struct sk_buff *skb;

	lockdep_assert_held(&conn->lock);
	while ((skb = __skb_dequeue(&ask->rx))) {
		atcp_recv_uncharge(conn, skb->truesize);
		kfree_skb(skb);
	}
}

/*
 * The connection loses its user.  Before the last put of a struct sock its
 * state must be TCP_CLOSE, or inet_sock_destruct() leaves everything behind.
 */
static void atcp_sock_detach(struct sock *sk, struct atcp_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	atcp_purge_reader(atcp_sk(sk), conn);
	atcp_conn_detach(conn);
	if (sk->sk_state != TCP_CLOSE)
		inet_sk_set_state(sk, TCP_CLOSE);
}

/**
 * atcp_sock_destroy() - proto.destroy: nobody uses @sk any more
 * @sk: a socket that was closed, or that socket() could not complete
 */
void atcp_sock_destroy(struct sock *sk)
{
	struct atcp_sock *ask = atcp_sk(sk);
	struct atcp_conn *conn = ask->conn;
	struct atcp_visit visit;

	if (!conn)
		return;
	/* Still its user when socket() could not complete, after proto.init. */
	if (READ_ONCE(conn->sk) == sk) {
		atcp_enter(&visit, conn, ATCP_BY_CALL);
		atcp_sock_detach(sk, conn);
		atcp_leave(&visit);
	}
	WRITE_ONCE(ask->conn, NULL);
	atcp_conn_put(conn);
	atcp_fastopen_put(ask->fastopen);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
	sk_sockets_allocated_dec(sk);
}

/* TCP_LINGER2 below zero: no FIN-WAIT-2 without a user, a RST instead. */
static void atcp_judge_orphan(struct sock *sk, struct atcp_visit *visit)
{
	struct atcp_tcb *tcb = &visit->conn->tcb;

	if (tcb->state != ATCP_FIN_WAIT_2 || atcp_sk(sk)->linger2 >= 0)
		return;
	atcp_mib_inc(atcp_net(sock_net(sk)), ATCP_MIB_LINGER_ABORTS);
	atcp_user_abort(tcb, visit->now, &visit->fx);
}

/* The last visit of the user. */
static void atcp_leave_for_good(struct sock *sk, struct atcp_conn *conn)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	bool unread;

	tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);
	unread = tcb->rcv.user > 0;
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (!unread && sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime)
		atcp_user_abort(tcb, visit.now, &visit.fx);
	else
		atcp_user_gone(tcb, unread, visit.now, &visit.fx);
	atcp_judge_orphan(sk, &visit);
	atcp_sock_detach(sk, conn);
	atcp_leave(&visit);
}

/*
 * As sk_stream_wait_close(), but that CLOSE-WAIT is a state in which a CLOSE may
 * wait for its text to go.
 */
static void atcp_wait_closed(struct sock *sk, long timeout)
{
	const unsigned int closing = TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK |
				     TCPF_CLOSE_WAIT;
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && !signal_pending(current))
		if (sk_wait_event(sk, &timeout,
				  !((1 << inet_sk_state_load(sk)) & closing), &wait))
			break;
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* SO_LINGER: close, and wait until the peer has acknowledged everything. */
static void atcp_linger(struct sock *sk, struct atcp_conn *conn, long timeout)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);
	if (tcb->rcv.user > 0 || tcb->state == ATCP_CLOSED) {
		atcp_leave(&visit);
		return;
	}
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	atcp_user_close(tcb, visit.now, &visit.fx);
	atcp_leave(&visit);
	atcp_wait_closed(sk, timeout);
}

/**
 * atcp_close() - proto.close: the last descriptor went
 * @sk: the socket; its last reference is dropped here
 * @timeout: jiffies to linger, 0 for none
 */
void atcp_close(struct sock *sk, long timeout)
{
	struct atcp_conn *conn;

	lock_sock(sk);
	conn = atcp_sk_conn(sk);
	if (sk->sk_state == TCP_LISTEN)
		atcp_unlisten(sk);
	else if (timeout)
		atcp_linger(sk, conn, timeout);
	atcp_leave_for_good(sk, conn);
	release_sock(sk);
	sk_common_release(sk);
}

/* The states in which the peer must be told that the connection is no more. */
static bool atcp_resets(int state)
{
	return (1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 |
			       TCPF_FIN_WAIT2 | TCPF_SYN_RECV | TCPF_SYN_SENT);
}

/*
 * What bind() fixed stays over a disconnect; what connect() chose does not, nor
 * does a port that bind() chose once it was used.
 */
static void atcp_keep_binding(struct sock *sk, struct atcp_conn *from, struct atcp_conn *to)
{
	bool unused = sk->sk_state == TCP_CLOSE && !from->n.flow.rport;

	inet_sk(sk)->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
	if (unused || sk->sk_userlocks & SOCK_BINDPORT_LOCK) {
		atcp_port_move(from, to);
		atcp_sock_bound_flow(sk, to);
	} else {
		spin_lock_bh(&from->lock);
		atcp_port_unbind(from);
		spin_unlock_bh(&from->lock);
		inet_sk(sk)->inet_num = 0;
	}
}

/**
 * atcp_disconnect() - proto.disconnect: ABORT, and begin anew
 * @sk: under lock_sock
 * @flags: not used
 *
 * Return: 0 or -ENOMEM, when nothing was done.
 */
int atcp_disconnect(struct sock *sk, int flags)
{
	struct atcp_conn *old = atcp_sk_conn(sk), *fresh;
	int old_state = sk->sk_state;
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	fresh = atcp_conn_alloc(sock_net(sk), sk->sk_family == PF_INET6, GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	if (atcp_auth_move(fresh, old)) {
		atcp_conn_put(fresh);
		return -ENOMEM;
	}
	if (old_state == TCP_LISTEN)
		atcp_unlisten(sk);
	atcp_set_defers_connect(sk, false);
	atcp_keep_binding(sk, old, fresh);

	tcb = atcp_enter(&visit, old, ATCP_BY_CALL);
	atcp_user_abort(tcb, visit.now, &visit.fx);
	atcp_sock_detach(sk, old);
	atcp_options_copy(&fresh->tcb, tcb);
	atcp_leave(&visit);

	atcp_sock_attach(sk, fresh);
	atcp_conn_put(old);

	spin_lock_bh(&fresh->lock);
	if (atcp_resets(old_state))
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	WRITE_ONCE(sk->sk_shutdown, 0);
	spin_unlock_bh(&fresh->lock);
	sk_set_peek_off(sk, -1);
	atcp_stamp_forget(sk);
	if (sk->sk_frag.page) {
		put_page(sk->sk_frag.page);
		sk->sk_frag.page = NULL;
		sk->sk_frag.offset = 0;
	}
	sk_error_report(sk);
	return 0;
}

/*
 * CLOSE (RFC 9293, section 3.10.4) for SHUT_WR; nothing on the wire for SHUT_RD,
 * but after both, text that still comes is answered with a RST.
 */
static void atcp_shut(struct sock *sk, int how)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	tcb = atcp_enter(&visit, atcp_sk_conn(sk), ATCP_BY_CALL);
	/* Softirq sets RCV_SHUTDOWN: the OR must not lose it. */
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | how);
	if (how & RCV_SHUTDOWN)
		tcb->deaf = 1;
	if ((how & SEND_SHUTDOWN) && tcb->state != ATCP_CLOSED)
		atcp_user_close(tcb, visit.now, &visit.fx);
	atcp_leave(&visit);
}

/**
 * atcp_shutdown() - proto_ops.shutdown, with the rules of inet_shutdown()
 * @sock: the socket
 * @how: SHUT_RD, SHUT_WR or SHUT_RDWR
 *
 * Return: 0, -EINVAL, -ENOTCONN, or -ENOMEM.
 */
int atcp_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int state, err = 0;

	how++;				/* now a mask of RCV_ and SEND_SHUTDOWN */
	if ((how & ~SHUTDOWN_MASK) || !how)
		return -EINVAL;

	lock_sock(sk);
	state = READ_ONCE(sk->sk_state);
	if (sock->state == SS_CONNECTING)
		sock->state = (1 << state) & (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE) ?
			      SS_DISCONNECTING : SS_CONNECTED;
	if (state == TCP_SYN_SENT || (state == TCP_LISTEN && (how & RCV_SHUTDOWN))) {
		err = atcp_disconnect(sk, O_NONBLOCK);
		sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
	} else if (state != TCP_LISTEN) {
		atcp_shut(sk, how);
		if (state == TCP_CLOSE)
			err = -ENOTCONN;
	}
	/* Whoever sleeps in poll() looks again. */
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}

/**
 * atcp_keepalive() - proto.keepalive: SO_KEEPALIVE was set
 * @sk: under lock_sock
 * @on: whether on
 *
 * [MUST-24]
 */
void atcp_keepalive(struct sock *sk, int on)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	tcb = atcp_enter(&visit, atcp_sk_conn(sk), ATCP_BY_CALL);
	tcb->keepalive = !!on;
	atcp_user_options_changed(tcb, visit.now);
	atcp_leave(&visit);
}
