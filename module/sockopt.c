// SPDX-License-Identifier: GPL-2.0
/*
 * Socket options: those of SOL_TCP here, with the ranges, lengths and errors of
 * tcp(7); those of SOL_IP and SOL_IPV6 go to the kernel, but for the ones that
 * could not take effect, which are refused.  SOL_SOCKET is the kernel's alone:
 * what matters there is read live.
 *
 * An option that is not supported gives ENOPROTOOPT, never a silent success.
 *
 * Owns: the parameters of tcb->p that an option sets, and TCP_INFO's length.
 */
#include <linux/inet_diag.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <atcp/auth.h>
#include <atcp/fastopen.h>
#include <atcp/inet.h>
#include <atcp/sock.h>
#include "compat.h"

#define ATCP_LINGER2_MAX	120	/* seconds; TCP_FIN_TIMEOUT_MAX */

/**
 * atcp_options_copy() - what options have set, over to a fresh connection
 * @to: in CLOSED
 * @from: the one that it replaces
 */
void atcp_options_copy(struct atcp_tcb *to, const struct atcp_tcb *from)
{
	to->p = from->p;
	to->nodelay = from->nodelay;
	to->cork = from->cork;
	to->keepalive = from->keepalive;
	to->patient = from->patient;
	to->snd.mss_user = from->snd.mss_user;
	to->uto.fixed = from->uto.fixed;
}

/* ---- SOL_TCP, set: each within a visit ---- */

struct atcp_setting {
	struct sock *sk;
	struct atcp_visit visit;
	int val;
};

static bool atcp_between(int val, int least, int most)
{
	return val >= least && val <= most;
}

/* [MUST-17] */
static int atcp_set_nodelay(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	tcb->nodelay = !!set->val;
	/* An explicit push, which overrides even TCP_CORK for what waits. */
	if (set->val)
		atcp_user_push(tcb, set->visit.now);
	return 0;
}

static int atcp_set_cork(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	tcb->cork = !!set->val;
	return 0;
}

static int atcp_set_maxseg(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (set->val && !atcp_between(set->val, TCP_MIN_MSS, MAX_TCP_WINDOW))
		return -EINVAL;
	tcb->snd.mss_user = set->val;
	return 0;
}

/* [MUST-27] */
static int atcp_set_keepidle(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (!atcp_between(set->val, 1, MAX_TCP_KEEPIDLE))
		return -EINVAL;
	tcb->p.keep_idle_ms = set->val * MSEC_PER_SEC;
	return 0;
}

static int atcp_set_keepintvl(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (!atcp_between(set->val, 1, MAX_TCP_KEEPINTVL))
		return -EINVAL;
	tcb->p.keep_intvl_ms = set->val * MSEC_PER_SEC;
	return 0;
}

static int atcp_set_keepcnt(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (!atcp_between(set->val, 1, MAX_TCP_KEEPCNT))
		return -EINVAL;
	tcb->p.keep_probes = set->val;
	return 0;
}

static int atcp_set_syncnt(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (!atcp_between(set->val, 1, MAX_TCP_SYNCNT))
		return -EINVAL;
	tcb->p.syn_retries = set->val;
	return 0;
}

/* [MUST-21] */
static int atcp_set_user_timeout(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (set->val < 0)
		return -EINVAL;
	tcb->p.user_timeout_ms = set->val;
	atcp_uto_set(tcb);
	return 0;
}

static int atcp_set_linger2(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	const struct atcp_net *an = atcp_net(sock_net(set->sk));
	int seconds = clamp(set->val, -1, ATCP_LINGER2_MAX);

	atcp_sk(set->sk)->linger2 = seconds;
	if (seconds < 0)
		tcb->p.fin_wait_ms = 1;	/* one that comes to it later, too */
	else if (seconds)
		tcb->p.fin_wait_ms = seconds * MSEC_PER_SEC;
	else
		tcb->p.fin_wait_ms = READ_ONCE(an->params.fin_wait_ms);
	return 0;
}

static int atcp_set_quickack(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	atcp_sk(set->sk)->quickack = !!set->val;
	tcb->quick_acks = set->val ? U8_MAX : 0;
	/* An ACK that waits for company goes now. */
	if (set->val && tcb->deadline[ATCP_TIMER_DELACK])
		tcb->send |= ATCP_SEND_ACK;
	return 0;
}

static int atcp_set_window_clamp(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (!set->val) {
		if (tcb->state != ATCP_CLOSED)
			return -EINVAL;
		atcp_sk(set->sk)->window_clamp = 0;
		return 0;
	}
	atcp_sk(set->sk)->window_clamp = max_t(u32, set->val, SOCK_MIN_RCVBUF / 2);
	atcp_recv_clamp(atcp_sk_conn(set->sk));
	return 0;
}

static int atcp_set_notsent_lowat(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	WRITE_ONCE(atcp_sk(set->sk)->notsent_lowat, set->val);
	set->visit.fx.wake |= ATCP_WAKE_WRITE;
	return 0;
}

/* The time that so many retransmissions of a SYN,ACK take, in seconds. */
static int atcp_synack_seconds(unsigned int retransmissions)
{
	int wait = TCP_TIMEOUT_INIT / HZ, seconds = 0;

	while (retransmissions--) {
		seconds += wait;
		wait = min(2 * wait, (int)(TCP_RTO_MAX / HZ));
	}
	return seconds;
}

static int atcp_set_defer_accept(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	u8 n = 0;

	while (n < U8_MAX && atcp_synack_seconds(n) < set->val)
		n++;
	WRITE_ONCE(atcp_sk(set->sk)->defer_accept, n);
	return 0;
}

static int atcp_set_inq(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (!atcp_between(set->val, 0, 1))
		return -EINVAL;
	atcp_sk(set->sk)->inq = set->val;
	return 0;
}

static int atcp_set_save_syn(struct atcp_setting *set, struct atcp_tcb *tcb)
{
	if (!atcp_between(set->val, 0, ATCP_SAVE_LINK))
		return -EINVAL;
	WRITE_ONCE(atcp_sk(set->sk)->save_syn, set->val);
	return 0;
}

static int atcp_set_one(struct atcp_setting *set, struct atcp_tcb *tcb, int name)
{
	switch (name) {
	case TCP_NODELAY:
		return atcp_set_nodelay(set, tcb);
	case TCP_CORK:
		return atcp_set_cork(set, tcb);
	case TCP_MAXSEG:
		return atcp_set_maxseg(set, tcb);
	case TCP_KEEPIDLE:
		return atcp_set_keepidle(set, tcb);
	case TCP_KEEPINTVL:
		return atcp_set_keepintvl(set, tcb);
	case TCP_KEEPCNT:
		return atcp_set_keepcnt(set, tcb);
	case TCP_SYNCNT:
		return atcp_set_syncnt(set, tcb);
	case TCP_USER_TIMEOUT:
		return atcp_set_user_timeout(set, tcb);
	case TCP_LINGER2:
		return atcp_set_linger2(set, tcb);
	case TCP_QUICKACK:
		return atcp_set_quickack(set, tcb);
	case TCP_WINDOW_CLAMP:
		return atcp_set_window_clamp(set, tcb);
	case TCP_NOTSENT_LOWAT:
		return atcp_set_notsent_lowat(set, tcb);
	case TCP_DEFER_ACCEPT:
		return atcp_set_defer_accept(set, tcb);
	case TCP_INQ:
		return atcp_set_inq(set, tcb);
	case TCP_SAVE_SYN:
		return atcp_set_save_syn(set, tcb);
	case TCP_TIMESTAMP:
		return -EPERM;		/* of a socket under repair only */
	}
	return -ENOPROTOOPT;
}

static int atcp_set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	char name[TCP_CA_NAME_MAX];
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	long n;
	int cc;

	if (len < 1)
		return -EINVAL;
	n = strncpy_from_sockptr(name, val, min_t(size_t, sizeof(name) - 1, len));
	if (n < 0)
		return -EFAULT;
	name[n] = '\0';
	cc = atcp_cc_find(name);
	if (cc < 0)
		return cc;
	lock_sock(sk);
	tcb = atcp_enter(&visit, atcp_sk_conn(sk), ATCP_BY_CALL);
	tcb->p.cc = cc;
	/* A live connection begins anew with it; a new one will, when opened. */
	if (tcb->cc.algo != cc)
		atcp_cc_init(&tcb->cc, cc, atcp_eff_mss(tcb));
	atcp_leave(&visit);
	release_sock(sk);
	return 0;
}

static int atcp_set_tcp(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	struct atcp_setting set = { .sk = sk };
	struct atcp_tcb *tcb;
	int err;

	if (name == TCP_CONGESTION)
		return atcp_set_congestion(sk, val, len);
	if (atcp_auth_has_option(name))
		return atcp_auth_setsockopt(sk, name, val, len);
	if (atcp_fastopen_has_option(name))
		return atcp_fastopen_setsockopt(sk, name, val, len);
	if (len < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&set.val, val, sizeof(set.val)))
		return -EFAULT;
	lock_sock(sk);
	tcb = atcp_enter(&set.visit, atcp_sk_conn(sk), ATCP_BY_CALL);
	err = atcp_set_one(&set, tcb, name);
	if (!err)
		atcp_user_options_changed(tcb, set.visit.now);
	atcp_leave(&set.visit);
	release_sock(sk);
	return err;
}

/* ---- SOL_TCP, get ---- */

static int atcp_get_maxseg(const struct sock *sk, const struct atcp_tcb *tcb)
{
	if (tcb->snd.mss_user && (1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return tcb->snd.mss_user;
	return sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN ?
	       TCP_MSS_DEFAULT : atcp_eff_mss(tcb);
}

static int atcp_get_linger2(const struct sock *sk, const struct atcp_tcb *tcb)
{
	int seconds = atcp_sk(sk)->linger2;

	return seconds ?: tcb->p.fin_wait_ms / MSEC_PER_SEC;
}

static int atcp_get_one(struct sock *sk, const struct atcp_tcb *tcb, int name, int *val)
{
	switch (name) {
	case TCP_NODELAY:
		*val = tcb->nodelay;
		return 0;
	case TCP_CORK:
		*val = tcb->cork;
		return 0;
	case TCP_MAXSEG:
		*val = atcp_get_maxseg(sk, tcb);
		return 0;
	case TCP_KEEPIDLE:
		*val = tcb->p.keep_idle_ms / MSEC_PER_SEC;
		return 0;
	case TCP_KEEPINTVL:
		*val = tcb->p.keep_intvl_ms / MSEC_PER_SEC;
		return 0;
	case TCP_KEEPCNT:
		*val = tcb->p.keep_probes;
		return 0;
	case TCP_SYNCNT:
		*val = tcb->p.syn_retries;
		return 0;
	case TCP_USER_TIMEOUT:
		*val = atcp_user_timeout_ms(tcb);
		return 0;
	case TCP_LINGER2:
		*val = atcp_get_linger2(sk, tcb);
		return 0;
	case TCP_QUICKACK:
		*val = atcp_sk(sk)->quickack;
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = atcp_sk(sk)->window_clamp;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*val = atcp_sk(sk)->notsent_lowat;
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = atcp_synack_seconds(atcp_sk(sk)->defer_accept);
		return 0;
	case TCP_INQ:
		*val = atcp_sk(sk)->inq;
		return 0;
	case TCP_SAVE_SYN:
		*val = atcp_sk(sk)->save_syn;
		return 0;
	case TCP_TIMESTAMP:
		*val = (u32)div_u64(atcp_now(), ATCP_MSEC) + tcb->ts.offset;
		return 0;
	case TCP_IS_MPTCP:
		*val = 0;
		return 0;
	}
	return -ENOPROTOOPT;
}

/* Copy out a value of up to @size octets: the user's length cuts it. */
static int atcp_put_value(const void *from, size_t size, char __user *val, int __user *len,
			  int wanted)
{
	wanted = min_t(size_t, wanted, size);
	if (put_user(wanted, len) || copy_to_user(val, from, wanted))
		return -EFAULT;
	return 0;
}

static int atcp_get_congestion(struct sock *sk, char __user *val, int __user *len, int wanted)
{
	char name[TCP_CA_NAME_MAX] = {};

	strscpy(name, atcp_cc_get(READ_ONCE(atcp_sk_conn(sk)->tcb.p.cc))->name, sizeof(name));
	return atcp_put_value(name, sizeof(name), val, len, wanted);
}

static int atcp_get_info(struct sock *sk, char __user *val, int __user *len, int wanted)
{
	struct tcp_info info;

	lock_sock(sk);
	atcp_fill_info(sk, &info);
	release_sock(sk);
	return atcp_put_value(&info, sizeof(info), val, len, wanted);
}

static int atcp_get_cc_info(struct sock *sk, char __user *val, int __user *len, int wanted)
{
	union tcp_cc_info info;
	int size;

	lock_sock(sk);
	size = atcp_fill_cc_info(atcp_sk_conn(sk), &info);
	release_sock(sk);
	return atcp_put_value(&info, size, val, len, wanted);
}

static int atcp_get_tcp(struct sock *sk, int name, char __user *val, int __user *len)
{
	struct atcp_conn *conn;
	int wanted, value, err;

	if (get_user(wanted, len))
		return -EFAULT;
	if (wanted < 0)
		return -EINVAL;
	if (name == TCP_INFO)
		return atcp_get_info(sk, val, len, wanted);
	if (name == TCP_CONGESTION)
		return atcp_get_congestion(sk, val, len, wanted);
	if (atcp_fastopen_has_option(name))
		return atcp_fastopen_getsockopt(sk, name, val, len, wanted);
	if (name == TCP_SAVED_SYN)
		return atcp_syn_get(sk, val, len, wanted);
	if (name == ATCP_AO_INFO || name == ATCP_AO_GET_KEYS || name == ATCP_AO_REPAIR)
		return atcp_ao_getsockopt(sk, name, val, len);
	if (name == TCP_CC_INFO)
		return atcp_get_cc_info(sk, val, len, wanted);
	lock_sock(sk);
	conn = atcp_sk_conn(sk);
	spin_lock_bh(&conn->lock);
	err = atcp_get_one(sk, &conn->tcb, name, &value);
	spin_unlock_bh(&conn->lock);
	release_sock(sk);
	return err ?: atcp_put_value(&value, sizeof(value), val, len, wanted);
}

/* ---- SOL_IP and SOL_IPV6 ---- */

/* Options of either level that make a socket a member of a group. */
static bool atcp_of_groups(int name)
{
	switch (name) {
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
	case MCAST_JOIN_SOURCE_GROUP:
	case MCAST_LEAVE_SOURCE_GROUP:
	case MCAST_BLOCK_SOURCE:
	case MCAST_UNBLOCK_SOURCE:
	case MCAST_MSFILTER:
		return true;
	}
	return false;
}

/*
 * No IP option is sent, so none is taken.  Groups are refused as the kernel
 * refuses them to a TCP socket.
 */
static int atcp_refuses_ip(int name, unsigned int len)
{
	if (atcp_of_groups(name))
		return -EPROTO;
	switch (name) {
	case IP_OPTIONS:
		return len ? -ENOPROTOOPT : 0;
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP:
	case IP_ADD_SOURCE_MEMBERSHIP:
	case IP_DROP_SOURCE_MEMBERSHIP:
	case IP_BLOCK_SOURCE:
	case IP_UNBLOCK_SOURCE:
	case IP_MSFILTER:
		return -EPROTO;
	}
	return 0;
}

/* IPV6_ADDRFORM would put tcp_prot on our socket; extension headers are not sent. */
static int atcp_refuses_ipv6(int name, unsigned int len)
{
	if (atcp_of_groups(name))
		return -EPROTO;
	switch (name) {
	case IPV6_ADDRFORM:
	case IPV6_2292PKTOPTIONS:
		return -ENOPROTOOPT;
	case IPV6_HOPOPTS:
	case IPV6_RTHDRDSTOPTS:
	case IPV6_RTHDR:
	case IPV6_DSTOPTS:
		return len ? -ENOPROTOOPT : 0;
	case IPV6_ADD_MEMBERSHIP:
	case IPV6_DROP_MEMBERSHIP:
	case IPV6_JOIN_ANYCAST:
	case IPV6_LEAVE_ANYCAST:
		return -EPROTO;
	}
	return 0;
}

/*
 * The MTU of the path, which the kernel would look for in sk_dst_cache (trap 10).
 * 0: there is no connection.
 */
static u32 atcp_path_mtu(struct sock *sk)
{
	struct dst_entry *dst = NULL;
	struct atcp_conn *conn;
	u32 mtu = 0;

	lock_sock(sk);
	conn = atcp_sk_conn(sk);
	spin_lock_bh(&conn->lock);
	if (!((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN)))
		dst = atcp_inet_dst(conn);
	if (dst)
		mtu = dst_mtu(dst);
	spin_unlock_bh(&conn->lock);
	release_sock(sk);
	return mtu;
}

static int atcp_get_mtu(struct sock *sk, int level, int name, char __user *val, int __user *len)
{
	struct ip6_mtuinfo info = {};
	int wanted;

	if (get_user(wanted, len))
		return -EFAULT;
	if (wanted < 0)
		return -EINVAL;
	info.ip6m_mtu = atcp_path_mtu(sk);
	if (level == SOL_IPV6 && name == IPV6_PATHMTU) {
		if (wanted < (int)sizeof(info))
			return -EINVAL;
		if (!info.ip6m_mtu)
			return -ENOTCONN;
		return atcp_put_value(&info, sizeof(info), val, len, wanted);
	}
	if (!info.ip6m_mtu)
		return -ENOTCONN;
	return atcp_put_value(&info.ip6m_mtu, sizeof(info.ip6m_mtu), val, len, wanted);
}

static bool atcp_tells_mtu(const struct sock *sk, int level, int name)
{
	if (level == SOL_IP)
		return name == IP_MTU;
	return level == SOL_IPV6 && sk->sk_family == PF_INET6 &&
	       (name == IPV6_MTU || name == IPV6_PATHMTU);
}

/**
 * atcp_setsockopt() - proto.setsockopt
 * @sk: the socket
 * @level: SOL_TCP, SOL_IP or SOL_IPV6
 * @name: of the option
 * @val: its value
 * @len: octets of @val
 *
 * Return: 0 or -errno.
 */
int atcp_setsockopt(struct sock *sk, int level, int name, sockptr_t val, unsigned int len)
{
	int err;

	switch (level) {
	case SOL_TCP:
		return atcp_set_tcp(sk, name, val, len);
	case SOL_IP:
		err = atcp_refuses_ip(name, len);
		return err ?: ip_setsockopt(sk, level, name, val, len);
	case SOL_IPV6:
		if (sk->sk_family != PF_INET6)
			return -ENOPROTOOPT;
		err = atcp_refuses_ipv6(name, len);
		return err ?: ipv6_setsockopt(sk, level, name, val, len);
	}
	return -ENOPROTOOPT;
}

/**
 * atcp_getsockopt() - proto.getsockopt
 * @sk: the socket
 * @level: SOL_TCP, SOL_IP or SOL_IPV6
 * @name: of the option
 * @val: where to
 * @len: octets of room there; the length of the value afterwards
 *
 * Return: 0 or -errno.
 */
int atcp_getsockopt(struct sock *sk, int level, int name, char __user *val, int __user *len)
{
	if (level == SOL_TCP)
		return atcp_get_tcp(sk, name, val, len);
	if (atcp_tells_mtu(sk, level, name))
		return atcp_get_mtu(sk, level, name, val, len);
	/* Each has an error of its own for a level that it does not know. */
	if (level == SOL_IP || sk->sk_family == PF_INET)
		return ip_getsockopt(sk, level, name, val, len);
	return ipv6_getsockopt(sk, level, name, val, len);
}

/**
 * atcp_set_rcvlowat() - proto_ops.set_rcvlowat: SO_RCVLOWAT
 * @sk: under lock_sock
 * @val: octets
 *
 * A reader that waits for more than the window holds would wait for ever: the
 * buffer grows to twice of it, within what SO_RCVBUF allows.
 *
 * Return: 0.
 */
int atcp_set_rcvlowat(struct sock *sk, int val)
{
	const struct atcp_net *an = atcp_net(sock_net(sk));
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	int cap;

	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		cap = sk->sk_rcvbuf >> 1;
	else
		cap = READ_ONCE(an->rmem[2]) >> 1;
	val = min(val, cap);
	WRITE_ONCE(sk->sk_rcvlowat, val ?: 1);
	if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && val > sk->sk_rcvbuf / 2)
		WRITE_ONCE(sk->sk_rcvbuf, val * 2);
	tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);	/* takes SO_RCVBUF over */
	tcb->patient = val > 1;
	if (tcb->rcv.user)
		visit.fx.wake |= ATCP_WAKE_READ;
	atcp_leave(&visit);
	return 0;
}
