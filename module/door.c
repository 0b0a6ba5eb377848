// SPDX-License-Identifier: GPL-2.0
/*
 * The two doors for programs: socket(AF_INET or AF_INET6, SOCK_STREAM,
 * IPPROTO_ATCP), and socket(AF_ATCP, SOCK_STREAM, 0 or 1).  Behind both stand
 * the same struct proto and the same struct proto_ops, for both families.
 *
 * Owns: struct proto atcp_prot, struct proto_ops atcp_stream_ops, and their
 * registration.
 */
#include <linux/module.h>
#include <linux/net.h>
#include <net/inet_common.h>
#include <net/protocol.h>
#include <net/tcp.h>
#include <net/transp_v6.h>
#include <atcp/sock.h>
#include <uapi/linux/atcp.h>
#include "compat.h"

/* struct proto keeps sockets in no table of its own. */
static int atcp_proto_hash(struct sock *sk)
{
	return 0;
}

static void atcp_proto_unhash(struct sock *sk)
{
}

static int atcp_release(struct socket *sock)
{
	/* The AF_ATCP door releases a struct socket whose sock was moved. */
	if (!sock->sk)
		return 0;
	return sock->sk->sk_family == PF_INET6 ? inet6_release(sock) : inet_release(sock);
}

static int atcp_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	atcp_forget_port(sock->sk);
	return sock->sk->sk_family == PF_INET6 ? inet6_bind(sock, addr, len) :
						 inet_bind(sock, addr, len);
}

static int atcp_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	return sock->sk->sk_family == PF_INET6 ? inet6_getname(sock, addr, peer) :
						 inet_getname(sock, addr, peer);
}

static int atcp_sock_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	return sock->sk->sk_family == PF_INET6 ? inet6_ioctl(sock, cmd, arg) :
						 inet_ioctl(sock, cmd, arg);
}

const struct proto_ops atcp_stream_ops = {
	.family		= PF_INET,
	.owner		= THIS_MODULE,
	.release	= atcp_release,
	.bind		= atcp_bind,
	.connect	= atcp_stream_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= inet_accept,
	.getname	= atcp_getname,
	.poll		= atcp_poll,
	.ioctl		= atcp_sock_ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= atcp_listen,
	.shutdown	= atcp_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= inet_sendmsg,
	.recvmsg	= inet_recvmsg,
	.mmap		= sock_no_mmap,
	ATCP_OPS_SENDPAGE
	.splice_read	= atcp_splice_read,
	.splice_eof	= inet_splice_eof,
	ATCP_OPS_PEEK_OFF
	.peek_len	= atcp_peek_len,
	.read_sock	= atcp_read_sock,
	.set_rcvlowat	= atcp_set_rcvlowat,
};

static struct inet_protosw atcp_protosw4 = {
	.type		= SOCK_STREAM,
	.prot		= &atcp_prot,
	.ops		= &atcp_stream_ops,
	.flags		= 0,
};

static struct inet_protosw atcp_protosw6 = {
	.type		= SOCK_STREAM,
	.prot		= &atcp_prot,
	.ops		= &atcp_stream_ops,
	.flags		= 0,
};

/*
 * inet_register_protosw() returns nothing and lets the newest entry of a number
 * win.  It puts ours directly after the permanent ones, of which TCP's is the
 * first, so an older entry of the same number stands between ours and the head
 * of the circular list.  The head is the node before TCP's entry; it is no
 * inet_protosw, so only its next pointer is followed.
 */
static bool atcp_protocol_busy(const struct inet_protosw *ours)
{
	const struct list_head *node, *next;
	bool busy = false;

	rcu_read_lock();
	for (node = READ_ONCE(ours->list.next); node != &ours->list; node = next) {
		next = READ_ONCE(node->next);
		if (list_entry(next, struct inet_protosw, list)->prot == &tcp_prot)
			break;
		if (list_entry(node, struct inet_protosw, list)->protocol == ours->protocol) {
			busy = true;
			break;
		}
	}
	rcu_read_unlock();
	return busy;
}

static int atcp_register_protocol(void)
{
	int err;

	atcp_protosw4.protocol = atcp_protocol;
	atcp_protosw6.protocol = atcp_protocol;
	inet_register_protosw(&atcp_protosw4);
	if (atcp_protocol_busy(&atcp_protosw4)) {
		pr_err("atcp: protocol=%d is in use by another module\n", atcp_protocol);
		inet_unregister_protosw(&atcp_protosw4);
		return -EBUSY;
	}
	err = inet6_register_protosw(&atcp_protosw6);
	if (err) {
		pr_err("atcp: protocol=%d cannot be registered for IPv6: %d\n",
		       atcp_protocol, err);
		inet_unregister_protosw(&atcp_protosw4);
	}
	return err;
}

/*
 * socket(AF_ATCP, SOCK_STREAM, 0 or 1): a socket of PF_INET or PF_INET6 is made
 * by the ordinary way, so that security modules and cgroups judge it as one,
 * and its sock moves over.
 */
static int atcp_family_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	struct socket *inner;
	int family, err;

	if (sock->type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	switch (protocol) {
	case ATCP_PROTO_IPV4:
		family = PF_INET;
		break;
	case ATCP_PROTO_IPV6:
		family = PF_INET6;
		break;
	default:
		return -EPROTONOSUPPORT;
	}
	err = __sock_create(net, family, SOCK_STREAM, atcp_protocol, &inner, kern);
	if (err)
		return err;
	sock->ops = inner->ops;
	sock->state = SS_UNCONNECTED;
	sock_graft(inner->sk, sock);
	inner->sk = NULL;
	sock_release(inner);
	return 0;
}

static struct net_proto_family atcp_family_ops = {
	.create		= atcp_family_create,
	.owner		= THIS_MODULE,
};

/* Bound by hand: no table of struct proto's, no PROTOSW_ICSK. */
struct proto atcp_prot = {
	.name			= "ATCP",
	.owner			= THIS_MODULE,
	.close			= atcp_close,
	.pre_connect		= atcp_pre_connect,
	.connect		= atcp_connect,
	.disconnect		= atcp_disconnect,
	.accept			= atcp_proto_accept,
	.ioctl			= atcp_proto_ioctl,
	.init			= atcp_sock_init,
	.destroy		= atcp_sock_destroy,
	.setsockopt		= atcp_setsockopt,
	.getsockopt		= atcp_getsockopt,
	.keepalive		= atcp_keepalive,
	.sendmsg		= atcp_sendmsg,
	.recvmsg		= atcp_recvmsg,
	.splice_eof		= atcp_splice_eof,
	.hash			= atcp_proto_hash,
	.unhash			= atcp_proto_unhash,
	.get_port		= atcp_get_port,
	.put_port		= atcp_put_port,
	.stream_memory_free	= atcp_memory_free,
	.no_autobind		= true,
	.max_header		= MAX_TCP_HEADER,
	.obj_size		= sizeof(struct atcp_sock),
	ATCP_PROTO_PINFO(offsetof(struct atcp_sock, inet6))
	.sysctl_wmem_offset	= offsetof(struct net, ipv4.sysctl_tcp_wmem),
	.sysctl_rmem_offset	= offsetof(struct net, ipv4.sysctl_tcp_rmem),
};

/**
 * atcp_door_init() - let programs in
 *
 * Return: 0, or -errno with the reason in the log.
 */
int atcp_door_init(void)
{
	int err;

	/* Linux 6.1 takes the last bytes of the object for struct ipv6_pinfo. */
	BUILD_BUG_ON(offsetof(struct atcp_sock, inet6) + sizeof(struct ipv6_pinfo) !=
		     sizeof(struct atcp_sock));

	err = proto_register(&atcp_prot, 1);
	if (err) {
		pr_err("atcp: no memory for the sockets' cache: %d\n", err);
		return err;
	}
	err = atcp_register_protocol();
	if (err)
		goto unregister_proto;
	atcp_family_ops.family = atcp_family;
	err = sock_register(&atcp_family_ops);
	if (err) {
		pr_err("atcp: family=%d is in use by another module\n", atcp_family);
		goto unregister_protosw;
	}
	return 0;

unregister_protosw:
	inet6_unregister_protosw(&atcp_protosw6);
	inet_unregister_protosw(&atcp_protosw4);
unregister_proto:
	proto_unregister(&atcp_prot);
	return err;
}

/**
 * atcp_door_exit() - no program comes in any more; none is inside
 */
void atcp_door_exit(void)
{
	sock_unregister(atcp_family);
	inet6_unregister_protosw(&atcp_protosw6);
	inet_unregister_protosw(&atcp_protosw4);
	proto_unregister(&atcp_prot);
}
