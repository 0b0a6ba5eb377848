// SPDX-License-Identifier: GPL-2.0
/*
 * poll(), epoll and the ioctls that ask how much there is: what a program may
 * do without waiting, told without locks.  STATUS (RFC 9293, section 3.10.6) in
 * small.
 */
#include <linux/poll.h>
#include <linux/sockios.h>
#include <net/tcp.h>
#include <asm/ioctls.h>
#include <atcp/sock.h>
#include "compat.h"

/* Enough for SO_RCVLOWAT, or as much as there can be. */
static bool atcp_readable(const struct sock *sk, const struct atcp_conn *conn, int target)
{
	const struct atcp_tcb *tcb = &conn->tcb;
	u32 user = READ_ONCE(tcb->rcv.user);

	if (!user)
		return false;
	return user >= target || READ_ONCE(tcb->rcv.wnd) <= READ_ONCE(tcb->rcv.mss_seen) ||
	       READ_ONCE(*sk->sk_prot->memory_pressure);
}

/* Urgent text next: the octet itself is not what a reader would get. */
static bool atcp_at_mark(const struct atcp_conn *conn)
{
	return conn->tcb.rcv_urgent && atcp_urgent_mark(conn) == atcp_read_seq(conn);
}

static __poll_t atcp_poll_write(struct sock *sk)
{
	if ((READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN) || __sk_stream_is_writeable(sk, 1))
		return EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	/* Room may have come before the bit was seen: pairs with atcp_write_space(). */
	smp_mb__after_atomic();
	return __sk_stream_is_writeable(sk, 1) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static __poll_t atcp_poll_conn(struct sock *sk, const struct atcp_conn *conn)
{
	int target = sock_rcvlowat(sk, 0, INT_MAX);
	__poll_t mask;

	if (atcp_at_mark(conn) && !sock_flag(sk, SOCK_URGINLINE))
		target++;
	mask = atcp_poll_write(sk);
	if (atcp_readable(sk, conn, target))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(conn->urg_valid))
		mask |= EPOLLPRI;
	return mask;
}

/**
 * atcp_poll() - proto_ops.poll, with the events of tcp_poll()
 * @file: the descriptor's
 * @sock: the socket
 * @wait: where to wait
 *
 * Return: EPOLL*
 */
__poll_t atcp_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	const struct atcp_conn *conn;
	__poll_t mask = 0;
	u8 shutdown;
	int state;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	shutdown = READ_ONCE(sk->sk_shutdown);
	rcu_read_lock();
	conn = READ_ONCE(atcp_sk(sk)->conn);
	if (state == TCP_LISTEN) {
		if (atcp_listen_waiting(conn))
			mask = EPOLLIN | EPOLLRDNORM;
		rcu_read_unlock();
		return mask;
	}
	if (state != TCP_SYN_SENT && (state != TCP_SYN_RECV || atcp_fastopen_trusted(&conn->tcb)))
		mask = atcp_poll_conn(sk, conn);
	else if (state == TCP_SYN_SENT && atcp_defers_connect(sk))
		mask = EPOLLOUT | EPOLLWRNORM;	/* the SYN goes with what is written */
	rcu_read_unlock();
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	/* Pairs with the write barrier between sk_err and sk_state. */
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}

/* Octets that recv() would give before it stops at an urgent one. */
static int atcp_ioctl_inq(struct sock *sk, struct atcp_conn *conn)
{
	struct atcp_tcb *tcb = &conn->tcb;
	u32 to_mark;
	int inq;

	spin_lock_bh(&conn->lock);
	inq = tcb->rcv.user;
	to_mark = atcp_urgent_mark(conn) - atcp_read_seq(conn);
	if (tcb->rcv_urgent && to_mark < inq && !sock_flag(sk, SOCK_URGINLINE))
		inq = to_mark;
	spin_unlock_bh(&conn->lock);
	return inq;
}

/* Octets given to SEND and not acknowledged; a FIN counts, as in the kernel. */
static int atcp_ioctl_outq(struct atcp_conn *conn, bool unsent)
{
	struct atcp_tcb *tcb = &conn->tcb;
	u32 end, from;

	spin_lock_bh(&conn->lock);
	end = tcb->snd.end + tcb->fin;
	from = unsent ? tcb->snd.nxt : tcb->snd.una;
	spin_unlock_bh(&conn->lock);
	return seq_gt(end, from) ? end - from : 0;
}

/**
 * atcp_ioctl() - proto.ioctl: SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK
 * @sk: the socket
 * @cmd: which
 * @answer: what the user gets
 *
 * Return: 0, -EINVAL for a listener, -ENOIOCTLCMD. [MUST-33]
 */
int atcp_ioctl(struct sock *sk, int cmd, int *answer)
{
	struct atcp_conn *conn;
	int err = 0, state;

	lock_sock(sk);
	conn = atcp_sk_conn(sk);
	state = sk->sk_state;
	switch (cmd) {
	case SIOCINQ:
		if (state == TCP_LISTEN)
			err = -EINVAL;
		else
			*answer = atcp_ioctl_inq(sk, conn);
		break;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		if (state == TCP_LISTEN)
			err = -EINVAL;
		else if ((1 << state) & (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_CLOSE))
			*answer = 0;
		else
			*answer = atcp_ioctl_outq(conn, cmd == SIOCOUTQNSD);
		break;
	case SIOCATMARK:
		spin_lock_bh(&conn->lock);
		*answer = atcp_at_mark(conn);
		spin_unlock_bh(&conn->lock);
		break;
	default:
		err = -ENOIOCTLCMD;
	}
	release_sock(sk);
	return err;
}

/**
 * atcp_peek_len() - proto_ops.peek_len: octets that a reader would get
 * @sock: the socket
 *
 * Return: octets.
 */
int atcp_peek_len(struct socket *sock)
{
	return atcp_inq(sock->sk);
}
