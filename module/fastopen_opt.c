// SPDX-License-Identifier: GPL-2.0
/*
 * Fast Open, as users set it: TCP_FASTOPEN and its like, with the ranges, states and
 * errors of tcp(7).
 *
 * RFC 7413 appendix A.
 */

#include <linux/tcp.h>
#include <net/tcp.h>
#include <atcp/fastopen.h>
#include <atcp/sock.h>

/**
 * atcp_fastopen_has_option() - is an option of SOL_TCP one of these
 * @name:	of the option
 *
 * Return: true when it is.
 */
bool atcp_fastopen_has_option(int name)
{
	return name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT ||
	       name == TCP_FASTOPEN_KEY || name == TCP_FASTOPEN_NO_COOKIE;
}

/* ---- set ---- */

static bool is_in(const struct sock *sk, unsigned int states)
{
	return (1 << sk->sk_state) & states;
}

static int set_connect(struct sock *sk, int val)
{
	const struct atcp_net *an = atcp_net(sock_net(sk));

	if (!(READ_ONCE(an->fastopen) & ATCP_FASTOPEN_CLIENT))
		return -EOPNOTSUPP;
	if (!is_in(sk, TCPF_CLOSE))
		return -EINVAL;
	atcp_sk(sk)->fastopen_connect = val;
	return 0;
}

static int set_number(struct sock *sk, int name, int val)
{
	if (val < 0 || (name != TCP_FASTOPEN && val > 1))
		return -EINVAL;
	if (name == TCP_FASTOPEN_CONNECT)
		return set_connect(sk, val);
	if (!is_in(sk, TCPF_CLOSE | TCPF_LISTEN))
		return -EINVAL;
	if (name == TCP_FASTOPEN)
		return atcp_fastopen_limit(sk, val);
	WRITE_ONCE(atcp_sk(sk)->fastopen_no_cookie, val);
	return 0;
}

static int set_keys(struct sock *sk, sockptr_t val, unsigned int len)
{
	u8 octets[ATCP_FO_KEYS * ATCP_FO_KEY_LEN];
	int err;

	if (len != ATCP_FO_KEY_LEN && len != sizeof(octets))
		return -EINVAL;
	if (copy_from_sockptr(octets, val, len))
		return -EFAULT;
	lock_sock(sk);
	err = atcp_fastopen_set_keys(atcp_net(sock_net(sk)), sk, octets, len / ATCP_FO_KEY_LEN);
	release_sock(sk);
	return err;
}

/**
 * atcp_fastopen_setsockopt() - set one of them
 * @sk:		the socket
 * @name:	of the option
 * @val:	its value
 * @len:	octets of @val
 *
 * Return: 0 or -errno.
 */
int atcp_fastopen_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	int number, err;

	if (name == TCP_FASTOPEN_KEY)
		return set_keys(sk, val, len);
	if (len < sizeof(number))
		return -EINVAL;
	if (copy_from_sockptr(&number, val, sizeof(number)))
		return -EFAULT;
	lock_sock(sk);
	err = set_number(sk, name, number);
	release_sock(sk);
	return err;
}

/* ---- get ---- */

static int get_number(const struct sock *sk, int name)
{
	switch (name) {
	case TCP_FASTOPEN:
		return atcp_fastopen_get_limit(sk);
	case TCP_FASTOPEN_CONNECT:
		return atcp_sk(sk)->fastopen_connect;
	default:
		return atcp_sk(sk)->fastopen_no_cookie;
	}
}

/**
 * atcp_fastopen_getsockopt() - read one of them
 * @sk:		the socket
 * @name:	of the option
 * @val:	where to
 * @len:	the length of the value afterwards
 * @wanted:	octets of room there
 *
 * Return: 0 or -EFAULT.
 */
int atcp_fastopen_getsockopt(struct sock *sk, int name, char __user *val, int __user *len,
			     int wanted)
{
	u8 octets[ATCP_FO_KEYS * ATCP_FO_KEY_LEN];
	int number, size = sizeof(number);
	const void *from = &number;

	lock_sock(sk);
	if (name == TCP_FASTOPEN_KEY) {
		size = atcp_fastopen_get_keys(atcp_net(sock_net(sk)), sk, octets) *
		       ATCP_FO_KEY_LEN;
		from = octets;
	} else {
		number = get_number(sk, name);
	}
	release_sock(sk);
	wanted = min(wanted, size);
	if (put_user(wanted, len) || copy_to_user(val, from, wanted))
		return -EFAULT;
	return 0;
}
