// SPDX-License-Identifier: GPL-2.0
/*
 * bind() and connect(): from a sockaddr to a flow, and from a flow to what the
 * rest of the kernel reads in a struct sock.
 *
 * inet_bind(), inet6_bind() and __inet_stream_connect() check, wait and report;
 * they call the functions of struct proto that stand here.  RFC 9293, section
 * 3.10.1 (OPEN, active).
 *
 * Owns: addresses and ports of struct inet_sock and struct ipv6_pinfo.
 */
#include <linux/random.h>
#include <net/inet_common.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/transp_v6.h>
#include <atcp/auth.h>
#include <atcp/fastopen.h>
#include <atcp/inet.h>
#include <atcp/port.h>
#include <atcp/sock.h>
#include "compat.h"

static void atcp_map(struct in6_addr *to, __be32 addr)
{
	ipv6_addr_set_v4mapped(addr, to);
}

static __be32 atcp_unmap(const struct in6_addr *addr)
{
	return addr->s6_addr32[3];
}

static void atcp_show_v4(struct sock *sk, const struct atcp_flow *flow)
{
	inet_sk(sk)->inet_saddr = atcp_unmap(&flow->laddr);
	sk_rcv_saddr_set(sk, atcp_unmap(&flow->laddr));
	sk_daddr_set(sk, atcp_unmap(&flow->raddr));
}

static void atcp_show_v6(struct sock *sk, const struct atcp_flow *flow)
{
	/* As the kernel's TCP: an IPv4 address that no packet carries. */
	inet_sk(sk)->inet_saddr = LOOPBACK4_IPV6;
	WRITE_ONCE(inet_sk(sk)->inet_rcv_saddr, LOOPBACK4_IPV6);
	sk->sk_v6_rcv_saddr = flow->laddr;
	sk->sk_v6_daddr = flow->raddr;
}

/**
 * atcp_sock_show_flow() - mirror both ends of a connection in its socket
 * @sk: under lock_sock, or not yet visible
 * @flow: complete
 */
void atcp_sock_show_flow(struct sock *sk, const struct atcp_flow *flow)
{
	struct inet_sock *inet = inet_sk(sk);

	if (atcp_flow_is_v4(flow))
		atcp_show_v4(sk, flow);
	else
		atcp_show_v6(sk, flow);
	if (sk->sk_family == PF_INET6)
		inet6_sk(sk)->saddr = flow->laddr;
	inet->inet_num = ntohs(flow->lport);
	inet->inet_sport = flow->lport;
	inet->inet_dport = flow->rport;
	atomic_set(&inet->inet_id, get_random_u16());
	sk_set_txhash(sk);
}

/* Where the flow of a bound, not yet connected socket begins. */
static void atcp_bound_address(const struct sock *sk, struct in6_addr *addr)
{
	if (sk->sk_family == PF_INET6)
		*addr = sk->sk_v6_rcv_saddr;
	else
		atcp_map(addr, inet_sk(sk)->inet_rcv_saddr);
}

/**
 * atcp_sock_bound_flow() - tell a connection what its socket is bound to
 * @sk: under lock_sock
 * @conn: in no table
 */
void atcp_sock_bound_flow(struct sock *sk, struct atcp_conn *conn)
{
	struct in6_addr addr;

	atcp_bound_address(sk, &addr);
	spin_lock_bh(&conn->lock);
	conn->n.flow.laddr = addr;
	conn->n.ifindex = sk->sk_bound_dev_if;
	spin_unlock_bh(&conn->lock);
}

/**
 * atcp_get_port() - proto.get_port: bind() wants @port, or any when 0
 * @sk: under lock_sock, addresses set
 * @port: host order
 *
 * Return: 0, -EADDRINUSE ... [MUST-43]
 */
int atcp_get_port(struct sock *sk, unsigned short port)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);

	atcp_sock_bound_flow(sk, conn);
	return atcp_port_bind(sk, conn, port);
}

/**
 * atcp_forget_port() - bind() is called: has the port of an old connection gone?
 * @sk: a socket
 *
 * The last segment of a connection may give its port back, but inet_num belongs
 * to lock_sock, which segments do not wait for.
 */
void atcp_forget_port(struct sock *sk)
{
	lock_sock(sk);
	if (sk->sk_state == TCP_CLOSE && !READ_ONCE(atcp_sk_conn(sk)->port))
		inet_sk(sk)->inet_num = 0;
	release_sock(sk);
}

/**
 * atcp_put_port() - proto.put_port: a BPF program refused the bind()
 * @sk: under lock_sock
 */
void atcp_put_port(struct sock *sk)
{
	atcp_port_release(atcp_sk_conn(sk));
	inet_sk(sk)->inet_num = 0;
}

/**
 * atcp_pre_connect() - proto.pre_connect: cgroup programs may change @addr
 * @sk: under lock_sock
 * @addr: as the user gave it
 * @len: of @addr
 *
 * Return: 0 or -errno.
 */
int atcp_pre_connect(struct sock *sk, struct sockaddr *addr, int len)
{
	sock_owned_by_me(sk);
	if (len < (int)sizeof(addr->sa_family))		/* @addr may be NULL */
		return -EINVAL;
	if (sk->sk_family == PF_INET6 && addr->sa_family == AF_INET6) {
		if (len < SIN6_LEN_RFC2133)
			return -EINVAL;
		return atcp_cgroup_connect6(sk, addr, &len);
	}
	if (len < (int)sizeof(struct sockaddr_in))
		return -EINVAL;
	return atcp_cgroup_connect4(sk, addr, &len);
}

/* connect() to 0.0.0.0 means this host: where it is bound, else loopback. */
static int atcp_peer_v4(struct sock *sk, const struct sockaddr *addr, int len,
			struct atcp_flow *flow)
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)addr;
	__be32 to;

	if (len < (int)sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	to = sin->sin_addr.s_addr;
	if (!to)
		to = inet_sk(sk)->inet_saddr ?: htonl(INADDR_LOOPBACK);
	atcp_map(&flow->raddr, to);
	flow->rport = sin->sin_port;
	return 0;
}

/* The label of sin6_flowinfo must be one that the user has leased. */
static int atcp_peer_label(struct sock *sk, const struct sockaddr_in6 *sin6)
{
	__be32 label = sin6->sin6_flowinfo & IPV6_FLOWINFO_MASK;

	if (!atcp_ipv6_sends_flow(sk))
		return 0;
	IP6_ECN_flow_init(label);
	if (label & IPV6_FLOWLABEL_MASK) {
		struct ip6_flowlabel *held = fl6_sock_lookup(sk, label);

		if (IS_ERR(held))
			return -EINVAL;
		fl6_sock_release(held);
	}
	inet6_sk(sk)->flow_label = label;
	return 0;
}

/* A link-local address means something on one link only (RFC 4007). */
static int atcp_peer_scope(struct sock *sk, const struct sockaddr_in6 *sin6, int len)
{
	if (len >= (int)sizeof(*sin6) && sin6->sin6_scope_id) {
		if (!sk_dev_equal_l3scope(sk, sin6->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = sin6->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

static void atcp_this_host_v6(struct sock *sk, struct in6_addr *to)
{
	if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
		atcp_map(to, htonl(INADDR_LOOPBACK));
	else
		*to = in6addr_loopback;
}

static int atcp_peer_v6(struct sock *sk, const struct sockaddr *addr, int len,
			struct atcp_flow *flow)
{
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)addr;
	int err, type;

	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sin6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	err = atcp_peer_label(sk, sin6);
	if (err)
		return err;
	flow->raddr = sin6->sin6_addr;
	flow->rport = sin6->sin6_port;
	if (ipv6_addr_any(&flow->raddr))
		atcp_this_host_v6(sk, &flow->raddr);
	type = ipv6_addr_type(&flow->raddr);
	if (type & IPV6_ADDR_MULTICAST)
		return -ENETUNREACH;
	if (type & IPV6_ADDR_LINKLOCAL)
		return atcp_peer_scope(sk, sin6, len);
	if (type != IPV6_ADDR_MAPPED)
		return ipv6_addr_v4mapped(&flow->laddr) ? -EAFNOSUPPORT : 0;
	if (ipv6_only_sock(sk))
		return -ENETUNREACH;
	if (!atcp_unmap(&flow->raddr))
		atcp_map(&flow->raddr, htonl(INADDR_LOOPBACK));
	/* The unspecified address of the family in which packets will go. */
	if (ipv6_addr_any(&flow->laddr))
		atcp_map(&flow->laddr, 0);
	return 0;
}

/* Both ends as the user wants them; laddr unspecified when it has no wish. */
static int atcp_wanted_flow(struct sock *sk, const struct sockaddr *addr, int len,
			    struct atcp_flow *flow)
{
	atcp_bound_address(sk, &flow->laddr);
	flow->lport = htons(inet_sk(sk)->inet_num);
	if (sk->sk_family == PF_INET6)
		return atcp_peer_v6(sk, addr, len, flow);
	/* Bound to a group or to broadcast: packets come from elsewhere. */
	atcp_map(&flow->laddr, inet_sk(sk)->inet_saddr);
	return atcp_peer_v4(sk, addr, len, flow);
}

/* Route, port and place in the table; nothing is sent yet. */
static int atcp_prepare(struct sock *sk, struct atcp_conn *conn, const struct atcp_flow *flow)
{
	int err;

	spin_lock_bh(&conn->lock);
	conn->n.flow = *flow;
	conn->n.ifindex = sk->sk_bound_dev_if;
	spin_unlock_bh(&conn->lock);
	err = atcp_inet_connect_route(conn) ?: atcp_auth_may_connect(conn, sk);
	if (err)
		return err;
	atcp_buffers_init(sk, conn);
	if (!inet_sk(sk)->inet_num)
		return atcp_port_connect(sk, conn);
	return atcp_table_insert_conn(conn);
}

/* What bind() had set comes back. */
static void atcp_unprepare(struct sock *sk, struct atcp_conn *conn,
			   const struct atcp_flow *before)
{
	spin_lock_bh(&conn->lock);
	conn->n.flow = *before;
	spin_unlock_bh(&conn->lock);
	inet_sk(sk)->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_reset_saddr(sk);
}

/**
 * atcp_connect() - proto.connect: OPEN, active
 * @sk: under lock_sock, in TCP_CLOSE
 * @addr: whom to connect to
 * @len: of @addr
 *
 * Sends the SYN; __inet_stream_connect() waits. Where text may go with it, it is
 * that of ask->writer, or what is written first (RFC 7413).
 *
 * Return: 0 or -errno, then nothing was sent.
 */
int atcp_connect(struct sock *sk, struct sockaddr *addr, int len)
{
	struct atcp_sock *ask = atcp_sk(sk);
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_fo_plan plan = { .wanted = ask->writer || ask->fastopen_connect };
	struct atcp_flow before = conn->n.flow;
	struct atcp_flow flow = {};
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	int err;

	err = atcp_wanted_flow(sk, addr, len, &flow);
	if (err)
		return err;
	err = atcp_prepare(sk, conn, &flow);
	if (err) {
		atcp_unprepare(sk, conn, &before);
		return err;
	}
	atcp_sock_show_flow(sk, &conn->n.flow);
	atcp_fastopen_plan(sk, conn, &plan);

	tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);
	WRITE_ONCE(sk->sk_err, 0);	/* that of an earlier connection */
	atcp_auth_connect(conn);
	err = atcp_user_open_active(tcb, atcp_conn_iss(conn), visit.now, &visit.fx);
	if (!err)
		atcp_fastopen_start(&visit, &plan);
	atcp_leave(&visit);
	if (!err && plan.usable && ask->writer)
		atcp_send_syn_text(sk);
	else if (!err && plan.usable)
		atcp_set_defers_connect(sk, true);
	return err;
}

/* The SYN is out; how it went is told later, by poll() and SO_ERROR. */
static int atcp_begin_connect(struct socket *sock, struct sockaddr *addr, int len)
{
	struct sock *sk = sock->sk;
	int err;

	if (BPF_CGROUP_PRE_CONNECT_ENABLED(sk)) {
		err = atcp_pre_connect(sk, addr, len);
		if (err)
			return err;
	}
	err = atcp_connect(sk, addr, len);
	if (err)
		return err;
	sock->state = SS_CONNECTING;
	return atcp_defers_connect(sk) ? 0 : -EINPROGRESS;
}

static bool atcp_is_unconnected(const struct socket *sock)
{
	return sock->state == SS_UNCONNECTED && sock->sk->sk_state == TCP_CLOSE;
}

/**
 * atcp_connect_to_send() - connect(), of a sendmsg() with MSG_FASTOPEN
 * @sock: the socket, under lock_sock
 * @addr: whom to connect to; NULL when the SYN was only waiting for text
 * @len: of @addr
 * @flags: O_NONBLOCK
 *
 * Return: 0 when sending can go on, or -errno; -EINPROGRESS to one that does not
 * wait, see atcp_stream_connect().
 */
int atcp_connect_to_send(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	if ((flags & O_NONBLOCK) && atcp_is_unconnected(sock))
		return atcp_begin_connect(sock, addr, len);
	return __inet_stream_connect(sock, addr, len, flags, 1);
}

/**
 * atcp_stream_connect() - proto_ops.connect
 * @sock: the socket
 * @addr: whom to connect to; AF_UNSPEC disconnects
 * @len: of @addr
 * @flags: O_NONBLOCK
 *
 * Over loopback a handshake may be through, or refused, before the call could
 * return.  A program that asked not to wait expects EINPROGRESS all the same:
 * the kernel's TCP, whose answers wait for lock_sock, never gives it more.
 *
 * Return: 0 or -errno.
 */
int atcp_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	lock_sock(sk);
	if ((flags & O_NONBLOCK) && atcp_is_unconnected(sock) &&
	    len >= (int)sizeof(addr->sa_family) && addr->sa_family != AF_UNSPEC)
		err = atcp_begin_connect(sock, addr, len);
	else
		err = __inet_stream_connect(sock, addr, len, flags, 0);
	release_sock(sk);
	return err;
}
