// SPDX-License-Identifier: GPL-2.0
/*
 * Holders: a port in the host's own bind table (trap 21).
 *
 * A holder is a bare struct inet_connection_sock that is in no other table of
 * the host: a native bind(), connect() or listen() meets it as it would meet a
 * native socket, and so do we meet native ones.
 *
 * Holders must get on with each other whatever their addresses, for conflicts
 * among atcp sockets are judged in port.c, and with nobody else beyond what the
 * user's SO_REUSEADDR allows.  The host lets sockets of one user share a port
 * when all have SO_REUSEPORT; so holders have it, and belong to a user that no
 * process can be.
 */
#include <linux/cred.h>
#include <net/inet_connection_sock.h>
#include <net/inet_hashtables.h>
#include <net/sock.h>
#include "holder.h"

/* The user that holders belong to: no process can have INVALID_UID. */
static struct socket_alloc holder_nobody;

static struct proto atcp_holder_prot = {
	.name		= "ATCP-PORT",
	.owner		= NULL,		/* holders do not pin the module */
	.obj_size	= sizeof(struct inet_connection_sock),
};

/**
 * atcp_holder_alloc() - make a holder, of no port yet
 * @sk:		for whom; only its namespace and family count
 *
 * Return: the holder, or NULL.
 */
struct sock *atcp_holder_alloc(const struct sock *sk)
{
	struct sock *holder;

	/* As a kernel socket it holds no reference to the namespace. */
	holder = sk_alloc(sock_net(sk), sk->sk_family, GFP_KERNEL, &atcp_holder_prot, 1);
	if (!holder)
		return NULL;
	sock_init_data(NULL, holder);
	holder->sk_socket = &holder_nobody.socket;
	holder->sk_uid = INVALID_UID;
	/* CLOSE is what sock_diag lists as bound and inactive: never that. */
	holder->sk_state = TCP_ESTABLISHED;
	return holder;
}

/**
 * atcp_holder_like() - take over what decides about conflicts
 * @holder:	of no port yet
 * @sk:		whose local address, device and family it gets
 */
void atcp_holder_like(struct sock *holder, const struct sock *sk)
{
	holder->sk_family = sk->sk_family;
	holder->sk_bound_dev_if = READ_ONCE(sk->sk_bound_dev_if);
	holder->sk_ipv6only = sk->sk_ipv6only;
	holder->sk_rcv_saddr = sk->sk_rcv_saddr;
	holder->sk_v6_rcv_saddr = sk->sk_v6_rcv_saddr;
	inet_sk(holder)->inet_saddr = sk->sk_rcv_saddr;
}

/**
 * atcp_holder_wildcard() - stand for every address of both families
 * @holder:	of no port yet
 * @l3mdev:	in this VRF, 0: outside of all
 */
void atcp_holder_wildcard(struct sock *holder, int l3mdev)
{
	holder->sk_family = AF_INET6;
	holder->sk_bound_dev_if = l3mdev;
	holder->sk_ipv6only = 0;
	holder->sk_rcv_saddr = 0;
	holder->sk_v6_rcv_saddr = in6addr_any;
}

/**
 * atcp_holder_take() - ask the host for a port, or once more for the one held
 * @holder:	in the state in which it is to be judged
 * @sk:		whose SO_REUSEADDR and SO_REUSEPORT count
 * @port:	host order
 * @rules:	whether they do
 * @shared:	other holders have the port, too
 *
 * Return: 0 or -EADDRINUSE, -ENOMEM.
 */
int atcp_holder_take(struct sock *holder, const struct sock *sk, u16 port,
		     struct atcp_port_rules rules, bool shared)
{
	int err;

	holder->sk_reuse = rules.relax ? sk->sk_reuse : SK_NO_REUSE;
	holder->sk_reuseport = shared || (rules.reuseport && sk->sk_reuseport);
	err = inet_csk_get_port(holder, port);
	holder->sk_reuse = sk->sk_reuse;
	holder->sk_reuseport = 1;
	return err;
}

/**
 * atcp_holder_retire() - only connections are left on the port
 * @holder:	of it
 * @reuse:	the socket that is gone had SO_REUSEADDR
 * @reuseport:	and SO_REUSEPORT
 *
 * The host may share the port with a socket that has the same option, whoever's
 * that is, as it may with what its own sockets leave in TIME-WAIT.
 */
void atcp_holder_retire(struct sock *holder, bool reuse, bool reuseport)
{
	holder->sk_reuse = reuse;
	holder->sk_reuseport = reuseport;
	WRITE_ONCE(holder->sk_state, TCP_TIME_WAIT);
}

/**
 * atcp_holder_free() - give the port back to the host
 * @holder:	may be NULL
 *
 * Context: any.
 */
void atcp_holder_free(struct sock *holder)
{
	if (!holder)
		return;
	if (inet_csk(holder)->icsk_bind_hash)
		inet_put_port(holder);
	sock_put(holder);
}

/**
 * atcp_holder_init() - before the first holder
 *
 * Return: 0 or -errno.
 */
int atcp_holder_init(void)
{
	holder_nobody.vfs_inode.i_uid = INVALID_UID;
	return proto_register(&atcp_holder_prot, 0);
}

/**
 * atcp_holder_exit() - after the last one
 */
void atcp_holder_exit(void)
{
	proto_unregister(&atcp_holder_prot);
}
