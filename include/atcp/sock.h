/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user's handle: a struct sock for what programs and the rest of the
 * kernel expect of one, beside the struct atcp_conn that speaks TCP.
 *
 * sk_state mirrors the TCB's state, but never TCP_TIME_WAIT: sk_fullsock()
 * would take the socket for a minisock.  A socket whose connection has gone
 * to TIME-WAIT shows TCP_CLOSE, as the kernel's own does.
 *
 * Who writes what of struct sock
 *
 *   lock_sock		sk_flags, sk_userlocks, bit fields, sk_rcvbuf, sk_sndbuf,
 *			addresses and ports (inet_saddr ... sk_v6_daddr), sk_frag
 *   conn->lock		sk_state, sk_shutdown, sk_forward_alloc, sk_wmem_queued,
 *			sk_err (also cleared by sock_error(), atomically)
 */
#ifndef _ATCP_SOCK_H
#define _ATCP_SOCK_H

#include <linux/poll.h>
#include <linux/sockptr.h>
#include <net/inet_sock.h>
#include <atcp/conn.h>

struct atcp_writer;
struct pipe_inode_info;
struct tcp_info;
union tcp_cc_info;

struct atcp_sock {
	struct inet_sock inet;		/* first */
	struct atcp_conn *conn;		/* never NULL between init and destroy;
					 * changed under lock_sock by accept and
					 * disconnect only, read under it or RCU
					 */
	/* Under lock_sock. */
	struct sk_buff_head rx;		/* text taken over by the reader */
	u32 notsent_lowat;		/* TCP_NOTSENT_LOWAT, octets; 0: none */
	int linger2;			/* TCP_LINGER2: seconds, 0: the default,
					 * < 0: no FIN-WAIT-2 without a user
					 */
	u32 window_clamp;		/* TCP_WINDOW_CLAMP, 0: none */
	bool inq;			/* TCP_INQ */
	bool quickack;			/* TCP_QUICKACK */
	u8 defer_accept;		/* TCP_DEFER_ACCEPT, retransmissions of SYN,ACK;
					 * softirq reads it
					 */
	u8 save_syn;			/* TCP_SAVE_SYN; softirq reads it */
	bool fastopen_connect;		/* TCP_FASTOPEN_CONNECT */
	bool fastopen_no_cookie;	/* TCP_FASTOPEN_NO_COOKIE; softirq reads it */
	struct atcp_fo_queue *fastopen;	/* TCP_FASTOPEN and its key; RCU, NULL: none */
	struct atcp_writer *writer;	/* whose text is to go with the SYN */
	struct ipv6_pinfo inet6;	/* last, without tail padding: Linux 6.1
					 * finds it from the end of the object
					 */
};

static inline struct atcp_sock *atcp_sk(const struct sock *sk)
{
	return (struct atcp_sock *)sk;
}

/* Of a socket that the caller holds with lock_sock(). */
static inline struct atcp_conn *atcp_sk_conn(const struct sock *sk)
{
	return READ_ONCE(atcp_sk(sk)->conn);
}

/* The next octet that the reader gets: behind it all was consumed. */
static inline u32 atcp_read_seq(const struct atcp_conn *conn)
{
	const struct atcp_tcb *tcb = &conn->tcb;

	return READ_ONCE(tcb->rcv.nxt) - tcb->rcv_fin_done - READ_ONCE(tcb->rcv.user);
}

/* RCV.UP stands after the urgent octet (RFC 6093): the octet itself. */
static inline u32 atcp_urgent_mark(const struct atcp_conn *conn)
{
	return READ_ONCE(conn->tcb.rcv.up) - 1;
}

extern struct proto atcp_prot;
extern const struct proto_ops atcp_stream_ops;
extern int atcp_family;			/* module parameters */
extern int atcp_protocol;

/* sock.c */
int atcp_sock_init(struct sock *sk);
void atcp_sock_destroy(struct sock *sk);
void atcp_close(struct sock *sk, long timeout);
int atcp_disconnect(struct sock *sk, int flags);
int atcp_shutdown(struct socket *sock, int how);
void atcp_keepalive(struct sock *sk, int on);
void atcp_write_space(struct sock *sk);
bool atcp_memory_free(const struct sock *sk, int wake);
void atcp_buffers_init(struct sock *sk, struct atcp_conn *conn);
void atcp_grow_sndbuf(struct sock *sk);
void atcp_grow_rcvbuf(struct sock *sk);
int atcp_memory_init(void);
void atcp_memory_exit(void);

/* connect.c */
int atcp_pre_connect(struct sock *sk, struct sockaddr *addr, int len);
int atcp_connect(struct sock *sk, struct sockaddr *addr, int len);
int atcp_connect_to_send(struct socket *sock, struct sockaddr *addr, int len, int flags);
int atcp_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int atcp_get_port(struct sock *sk, unsigned short port);
void atcp_put_port(struct sock *sk);
void atcp_forget_port(struct sock *sk);
void atcp_sock_bound_flow(struct sock *sk, struct atcp_conn *conn);
void atcp_sock_show_flow(struct sock *sk, const struct atcp_flow *flow);

/* accept.c */
int atcp_listen(struct socket *sock, int backlog);
struct sock *atcp_accept(struct sock *sk, int flags, int *err);
void atcp_unlisten(struct sock *sk);

/* sockopt.c */
int atcp_setsockopt(struct sock *sk, int level, int name, sockptr_t val, unsigned int len);
int atcp_getsockopt(struct sock *sk, int level, int name, char __user *val, int __user *len);
void atcp_options_copy(struct atcp_tcb *to, const struct atcp_tcb *from);
int atcp_set_rcvlowat(struct sock *sk, int val);

/* saved_syn.c */
#define ATCP_SAVE_LINK	2		/* TCP_SAVE_SYN: from the link's header on */
struct atcp_saved_syn *atcp_syn_save(const struct sock *listener, const struct sk_buff *skb);
int atcp_syn_get(struct sock *sk, char __user *val, int __user *len, int room);

/* info.c */
void atcp_fill_info(struct sock *sk, struct tcp_info *info);	/* takes conn->lock */

/* cc_info.c */
int atcp_fill_cc_info(struct atcp_conn *conn, union tcp_cc_info *info);	/* likewise */

/* sendmsg.c */
void atcp_send_syn_text(struct sock *sk);
int atcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
void atcp_splice_eof(struct socket *sock);

/* stamp.c */
void atcp_stamp_begin(struct sock *sk, u32 tsflags);
void atcp_stamp_forget(struct sock *sk);
void atcp_stamp_note(struct sk_buff *skb, struct sock *sk, u32 tsflags);
void atcp_stamp_last(struct sock *sk, u32 tsflags);

/* recvmsg.c */
int atcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len);
ssize_t atcp_splice_read(struct socket *sock, loff_t *pos, struct pipe_inode_info *pipe,
			 size_t len, unsigned int flags);
int atcp_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor);
int atcp_inq(struct sock *sk);

/* poll.c, ioctl.c */
__poll_t atcp_poll(struct file *file, struct socket *sock, poll_table *wait);
int atcp_ioctl(struct sock *sk, int cmd, int *answer);
int atcp_peek_len(struct socket *sock);

/* door.c */
int atcp_door_init(void);
void atcp_door_exit(void);

#endif /* _ATCP_SOCK_H */
