// SPDX-License-Identifier: GPL-2.0
/*
 * listen() and accept(): the passive side of a socket.
 *
 * A connection that came from a SYN has no handle until accept() clones one
 * from the listener's, so that it inherits its options; the memory it holds is
 * then charged to whoever accepts.  RFC 9293, section 3.10.1 (OPEN, passive).
 */
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <atcp/fastopen.h>
#include <atcp/port.h>
#include <atcp/sock.h>
#include "compat.h"

/* OPEN, passive: what is to be decided before the listener is seen. */
static int atcp_start_listening(struct sock *sk, struct atcp_conn *conn, int backlog)
{
	struct inet_sock *inet = inet_sk(sk);
	int err;

	atcp_buffers_init(sk, conn);
	/* SO_BINDTODEVICE may have come after bind(). */
	atcp_sock_bound_flow(sk, conn);
	/* A socket without a port gets any, as from bind() to port 0. */
	err = atcp_fastopen_listen(sk, backlog);
	if (!err)
		err = atcp_port_listen(sk, conn);
	if (err)
		return err;
	inet->inet_sport = htons(inet->inet_num);
	err = atcp_listen_start(conn, backlog);
	if (err)
		atcp_port_unlisten(conn);
	return err;
}

/**
 * atcp_listen() - proto_ops.listen
 * @sock: the socket
 * @backlog: connections that may wait for accept(), at most somaxconn
 *
 * Return: 0, -EINVAL in a state in which it makes no sense, -EADDRINUSE.
 */
int atcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	struct atcp_conn *conn;
	int err = -EINVAL;

	lock_sock(sk);
	conn = atcp_sk_conn(sk);
	if (sock->state != SS_UNCONNECTED)
		goto out;
	if (sk->sk_state == TCP_LISTEN) {
		WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
		atcp_listen_backlog(conn, backlog);
		err = 0;
	} else if (sk->sk_state == TCP_CLOSE) {
		WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
		err = atcp_start_listening(sk, conn, backlog);
	}
out:
	release_sock(sk);
	return err;
}

/**
 * atcp_unlisten() - a listener closes or disconnects: its children go
 * @sk: under lock_sock
 */
void atcp_unlisten(struct sock *sk)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);

	atcp_listen_stop(conn);
	atcp_port_unlisten(conn);
}

/* Pointers of the listener that its clone must not free a second time. */
static void atcp_forget_inet(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);

	RCU_INIT_POINTER(inet->inet_opt, NULL);
	RCU_INIT_POINTER(inet->mc_list, NULL);
	atcp_forget_flow_labels(sk);
	inet->pinet6 = NULL;
	memset(&inet->cork, 0, sizeof(inet->cork));
}

static void atcp_inherit_ipv6(struct sock *sk, const struct sock *listener)
{
	struct ipv6_pinfo *np = &atcp_sk(sk)->inet6;
	struct ipv6_txoptions *opt;

	inet_sk(sk)->pinet6 = np;
	np->ipv6_mc_list = NULL;
	np->ipv6_ac_list = NULL;
	np->pktoptions = NULL;
	np->rxpmtu = NULL;
	RCU_INIT_POINTER(np->opt, NULL);

	rcu_read_lock();
	opt = rcu_dereference(inet6_sk(listener)->opt);
	if (opt) {
		opt = ipv6_dup_options(sk, opt);
		RCU_INIT_POINTER(np->opt, opt);
	}
	rcu_read_unlock();
}

/*
 * The handle for a child-to-be.  sk_clone_lock() takes the new socket's
 * spinlock, which belongs to a class that softirq takes too: hence no bottom
 * halves, and no sleeping allocation.
 */
static struct sock *atcp_clone(struct sock *listener)
{
	struct atcp_sock *ask;
	struct sock *sk;

	local_bh_disable();
	sk = sk_clone_lock(listener, GFP_ATOMIC);
	if (sk) {
		ask = atcp_sk(sk);
		ask->conn = NULL;
		ask->fastopen = NULL;
		__skb_queue_head_init(&ask->rx);
		atcp_forget_inet(sk);
		if (sk->sk_family == PF_INET6)
			atcp_inherit_ipv6(sk, listener);
		__acquire(&sk->sk_lock.slock);	/* sparse: the clone came locked */
		bh_unlock_sock(sk);
	}
	local_bh_enable();
	if (sk)
		sock_put(sk);		/* sk_clone_lock() gave two references */
	return sk;
}

/* A clone for which no child was left. */
static void atcp_clone_free(struct sock *sk)
{
	inet_sk_set_state(sk, TCP_CLOSE);
	sk_sockets_allocated_dec(sk);
	sk_common_release(sk);
}

/* As the SYN decided: mark, device and type of service of the child's route. */
static void atcp_inherit_route(struct sock *sk, const struct atcp_conn *child)
{
	WRITE_ONCE(sk->sk_mark, child->ro.mark);
	sk->sk_bound_dev_if = child->ro.bound_if;
	if (atcp_flow_is_v4(&child->n.flow))
		inet_sk(sk)->tos = child->ro.tos;
	else
		inet6_sk(sk)->tclass = child->ro.tos;
}

/* From here on the child has a user. */
static void atcp_adopt(struct sock *sk, struct atcp_conn *child)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	atcp_sock_show_flow(sk, &child->n.flow);
	atcp_inherit_route(sk, child);
	atcp_memcg_join(sk);
	/* The port was the listener's to bind; the child only shares it. */
	sk->sk_userlocks &= ~(SOCK_BINDPORT_LOCK | SOCK_BINDADDR_LOCK);
	WRITE_ONCE(sk->sk_shutdown, 0);
	WRITE_ONCE(atcp_sk(sk)->conn, child);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);

	tcb = atcp_enter(&visit, child, ATCP_BY_CALL);
	/* As the kernel shows a child to tracers, which do not know SYN_RECV's. */
	inet_sk_set_state(sk, TCP_SYN_RECV);
	atcp_conn_attach(child, sk);
	tcb->keepalive = sock_flag(sk, SOCK_KEEPOPEN);
	tcb->patient = sk->sk_rcvlowat > 1;
	atcp_user_options_changed(tcb, visit.now);
	atcp_leave(&visit);
}

/* Sleep until a child waits; every sleeper but one stays asleep then. */
static int atcp_wait_child(struct sock *sk, struct atcp_conn *conn, long timeo)
{
	DEFINE_WAIT(wait);
	int err;

	for (;;) {
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (!atcp_listen_waiting(conn))
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		err = 0;
		if (sk->sk_state != TCP_LISTEN || atcp_sk_conn(sk) != conn) {
			err = -EINVAL;
			break;
		}
		if (atcp_listen_waiting(conn))
			break;
		err = sock_intr_errno(timeo);
		if (signal_pending(current))
			break;
		err = -EAGAIN;
		if (!timeo)
			break;
	}
	finish_wait(sk_sleep(sk), &wait);
	return err;
}

/* A child and its handle, or NULL with @err when none came. */
static struct sock *atcp_take_child(struct sock *listener, struct atcp_conn *conn, int *err)
{
	struct atcp_conn *child;
	struct sock *sk;

	*err = -ENOBUFS;
	sk = atcp_clone(listener);
	if (!sk)
		return NULL;
	child = atcp_listen_accept(conn);
	if (!child) {
		atcp_clone_free(sk);
		*err = 0;
		return NULL;
	}
	atcp_adopt(sk, child);
	return sk;
}

/**
 * atcp_accept() - proto.accept: the oldest connection that waits
 * @sk: the listener
 * @flags: O_NONBLOCK
 * @err: -errno when NULL is returned
 *
 * Return: its socket, or NULL.
 */
struct sock *atcp_accept(struct sock *sk, int flags, int *err)
{
	struct atcp_conn *conn;
	struct sock *newsk = NULL;
	long timeo;

	lock_sock(sk);
	conn = atcp_sk_conn(sk);
	timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	/* The listener may be closed while we sleep, in another thread. */
	atcp_conn_hold(conn);
	do {
		*err = -EINVAL;
		if (sk->sk_state != TCP_LISTEN)
			break;
		if (!atcp_listen_waiting(conn)) {
			*err = -EAGAIN;
			if (!timeo)
				break;
			*err = atcp_wait_child(sk, conn, timeo);
			if (*err)
				break;
		}
		newsk = atcp_take_child(sk, conn, err);
	} while (!newsk && !*err);
	release_sock(sk);
	atcp_conn_put(conn);
	return newsk;
}
