// SPDX-License-Identifier: GPL-2.0
/*
 * RECEIVE: from the receive queue to the user (RFC 9293, section 3.10.3).
 *
 * The reader takes the queue over to a list of its own under the connection's
 * lock, so that softirq cannot change what is being copied, copies without the
 * lock, and comes back to say how much it consumed: only then the window opens.
 * The same walk serves recvmsg(), splice() and kernel readers; they differ in
 * where the octets go (struct atcp_reader.put).
 *
 * Urgent text (RFC 6093): one octet, left in the stream; reading stops before
 * it, and passes over it unless SO_OOBINLINE.
 */
#include <linux/uio.h>
#include <net/busy_poll.h>
#include <net/inet_common.h>
#include <net/tcp.h>
#include <atcp/sock.h>
#include "compat.h"

/* One call that reads. */
struct atcp_reader {
	struct sock *sk;
	struct atcp_conn *conn;
	int flags;			/* MSG_PEEK, MSG_TRUNC, MSG_WAITALL ... */
	long timeo;
	u32 seq;			/* next octet to take */
	u32 consumed;			/* octets behind it not yet told */
	u32 truesize;			/* of the skbs in @done */
	bool urgent;			/* octet @mark is urgent */
	u32 mark;
	size_t len;			/* octets still wanted */
	int copied;
	u32 hole;			/* urgent octets that a peek passed over */
	u32 peek_off;			/* SO_PEEK_OFF */
	struct sk_buff_head done;	/* wholly read, to be freed */
	/* Take @n octets of @skb from @off on: how many, or -errno. */
	int (*put)(struct atcp_reader *r, struct sk_buff *skb, u32 off, u32 n);
	struct msghdr *msg;		/* of recvmsg() */
	struct pipe_inode_info *pipe;	/* of splice() */
	unsigned int pipe_flags;
	read_descriptor_t *desc;	/* of read_sock() */
	sk_read_actor_t actor;
};

/*
 * What the connection has by now; all that was consumed is told.  A peek goes
 * on where it is, unless another reader was faster while it slept.
 */
static void atcp_reader_look_locked(struct atcp_reader *r)
{
	struct atcp_conn *conn = r->conn;
	u32 seq = atcp_read_seq(conn);

	lockdep_assert_held(&conn->lock);
	atcp_recv_splice(conn, &atcp_sk(r->sk)->rx);
	r->urgent = conn->tcb.rcv_urgent;
	r->mark = atcp_urgent_mark(conn);
	if (!(r->flags & MSG_PEEK)) {
		r->seq = seq;
		/* What lies behind the reader is urgent no more. */
		if (conn->urg_valid && seq_gt(seq, conn->urg_seq))
			conn->urg_valid = false;
	} else if (r->seq - r->peek_off - r->copied - r->hole != seq) {
		r->seq = seq + r->peek_off;
	}
}

static void atcp_reader_look(struct atcp_reader *r)
{
	spin_lock_bh(&r->conn->lock);
	atcp_reader_look_locked(r);
	spin_unlock_bh(&r->conn->lock);
}

static void atcp_reader_begin(struct atcp_reader *r)
{
	__skb_queue_head_init(&r->done);
	if (r->flags & MSG_PEEK)
		r->peek_off = max(sk_peek_offset(r->sk, r->flags), 0);
	r->conn = atcp_sk_conn(r->sk);
	atcp_reader_look(r);
}

/* Tell what was consumed, and take over what came meanwhile. */
static void atcp_reader_tell(struct atcp_reader *r)
{
	struct atcp_visit visit __uninitialized;	/* atcp_enter() clears it */
	struct atcp_tcb *tcb;

	if (!r->consumed && !r->truesize) {
		atcp_reader_look(r);
		return;
	}
	tcb = atcp_enter(&visit, r->conn, ATCP_BY_CALL);
	if (r->truesize)
		atcp_recv_uncharge(r->conn, r->truesize);
	atcp_user_receive(tcb, r->consumed, visit.now, &visit.fx);
	r->truesize = 0;
	r->consumed = 0;
	atcp_reader_look_locked(r);
	atcp_leave(&visit);
	atcp_grow_rcvbuf(r->sk);
	/* The last one stays, for its timestamp. */
	while (skb_queue_len(&r->done) > 1)
		kfree_skb(__skb_dequeue(&r->done));
}

/* After a FIN no text is to come: who has taken all of it has read the FIN. */
static void atcp_reader_mark_end(struct atcp_conn *conn)
{
	spin_lock_bh(&conn->lock);
	conn->fin_read = !conn->tcb.rcv.user;
	spin_unlock_bh(&conn->lock);
}

static void atcp_reader_end(struct atcp_reader *r)
{
	if (r->consumed || r->truesize)
		atcp_reader_tell(r);
	if (r->conn->tcb.rcv_fin_done && !(r->flags & MSG_PEEK))
		atcp_reader_mark_end(r->conn);
	__skb_queue_purge(&r->done);
}

/* The skb that holds octet r->seq; those before it are done with. */
static struct sk_buff *atcp_reader_find(struct atcp_reader *r)
{
	struct sk_buff_head *rx = &atcp_sk(r->sk)->rx;
	struct sk_buff *skb, *next;

	skb_queue_walk_safe(rx, skb, next) {
		if (seq_gt(ATCP_CB(skb)->end, r->seq))
			return skb;
		if (r->flags & MSG_PEEK)
			continue;
		__skb_unlink(skb, rx);
		r->truesize += skb->truesize;
		__skb_queue_tail(&r->done, skb);
	}
	return NULL;
}

static void atcp_reader_advance(struct atcp_reader *r, u32 n)
{
	r->seq += n;
	if (!(r->flags & MSG_PEEK))
		r->consumed += n;
}

/*
 * Take from @skb up to the urgent mark or to its end.  Return: octets taken,
 * 0 when only an urgent octet was passed over, or -errno.
 */
static int atcp_reader_take(struct atcp_reader *r, struct sk_buff *skb)
{
	u32 n = min_t(size_t, ATCP_CB(skb)->end - r->seq, r->len);
	u32 to_mark = r->mark - r->seq;
	int taken;

	if (r->urgent && to_mark < n) {
		if (to_mark) {
			n = to_mark;
		} else if (!sock_flag(r->sk, SOCK_URGINLINE)) {
			r->hole++;
			atcp_reader_advance(r, 1);
			return 0;
		}
	}
	taken = r->put(r, skb, r->seq - ATCP_CB(skb)->seq, n);
	if (taken <= 0)
		return taken ?: -EAGAIN;
	atcp_reader_advance(r, taken);
	r->copied += taken;
	r->len -= taken;
	if (r->flags & MSG_PEEK)
		sk_peek_offset_fwd(r->sk, taken);
	else
		sk_peek_offset_bwd(r->sk, taken);
	return taken;
}

/*
 * No more text will come: what is there now is the last. To be asked before the
 * look at what is there: softirq may bring text and the end after it at any time.
 */
static bool atcp_reader_ends(const struct atcp_reader *r)
{
	const struct sock *sk = r->sk;

	return READ_ONCE(sk->sk_err) || (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) ||
	       inet_sk_state_load(sk) == TCP_CLOSE;
}

/*
 * Nothing is to be read: 1 to end the call with what there is, 0 to wait, or
 * -errno.  The order of tcp_recvmsg(): text, end of the stream, the error,
 * once, and then the end again.
 */
static int atcp_reader_idle(struct atcp_reader *r, bool ends)
{
	struct sock *sk = r->sk;

	if (r->copied)
		return !r->timeo || ends || signal_pending(current);
	if (ends && r->conn->tcb.rcv_fin_done)
		return 1;
	if (ends && READ_ONCE(sk->sk_err))
		return sock_error(sk) ?: 1;
	if (ends)
		return READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ? 1 : -ENOTCONN;
	if (!r->timeo)
		return -EAGAIN;
	return signal_pending(current) ? sock_intr_errno(r->timeo) : 0;
}

/* Softirq may bring any of these between our last look and our sleep. */
static bool atcp_reader_wakes(const struct sock *sk, const struct atcp_conn *conn)
{
	return !skb_queue_empty_lockless(&conn->recvq) || READ_ONCE(sk->sk_err) ||
	       (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) ||
	       inet_sk_state_load(sk) == TCP_CLOSE;
}

/* Sleep until something comes.  lock_sock is let go of meanwhile. */
static int atcp_reader_wait(struct atcp_reader *r)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct atcp_conn *conn = r->conn;
	struct sock *sk = r->sk;
	int rc;

	/* disconnect() in another thread may put the connection. */
	atcp_conn_hold(conn);
	add_wait_queue(sk_sleep(sk), &wait);
	sk_set_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	rc = sk_wait_event(sk, &r->timeo, atcp_reader_wakes(sk, conn), &wait);
	sk_clear_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	remove_wait_queue(sk_sleep(sk), &wait);
	if (rc >= 0 && atcp_sk_conn(sk) != conn)
		rc = -EPIPE;
	atcp_conn_put(conn);
	return min(rc, 0);
}

/* At urgent text: stop before it once something was read, or for SIGURG. */
static bool atcp_reader_at_mark(struct atcp_reader *r, int *err)
{
	if (!r->urgent || r->mark != r->seq)
		return false;
	if (r->copied)
		return true;
	if (!signal_pending(current))
		return false;
	*err = r->timeo ? sock_intr_errno(r->timeo) : -EAGAIN;
	return true;
}

/* Nothing in the private list: tell, look again, and if need be wait. */
static int atcp_reader_refill(struct atcp_reader *r, int target)
{
	bool ends = atcp_reader_ends(r);
	int err;

	atcp_reader_tell(r);
	if (atcp_reader_find(r))
		return 0;
	if (r->copied >= target)
		return 1;
	err = atcp_reader_idle(r, ends);
	if (err)
		return err;
	err = atcp_reader_wait(r);
	if (!err)
		atcp_reader_look(r);
	return err;
}

/* Until @target octets are there and no more is to be had at once. */
static int atcp_read(struct atcp_reader *r, int target)
{
	struct sk_buff *skb;
	int err = 0;

	/* A call for no octets at all waits, too, until some could be read. */
	while ((r->len || !r->copied) && !atcp_reader_at_mark(r, &err)) {
		skb = atcp_reader_find(r);
		if (!skb) {
			err = atcp_reader_refill(r, target);
			if (err)
				break;
			continue;
		}
		if (!r->len)
			return 0;
		err = atcp_reader_take(r, skb);
		if (err < 0)
			break;
	}
	return r->copied ?: min(err, 0);
}

static int atcp_put_msg(struct atcp_reader *r, struct sk_buff *skb, u32 off, u32 n)
{
	if (r->flags & MSG_TRUNC)
		return n;
	return skb_copy_datagram_msg(skb, off, r->msg, n) ? -EFAULT : n;
}

/* recv(MSG_OOB): the urgent octet by itself; never blocks. */
static int atcp_read_urgent(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	bool known, here;
	u8 octet;

	spin_lock_bh(&conn->lock);
	here = conn->urg_valid;
	octet = conn->urg_octet;
	known = here || (conn->tcb.rcv_urgent && !conn->urg_seen);
	if (here && known && !(flags & MSG_PEEK) && !sock_flag(sk, SOCK_URGINLINE))
		conn->urg_valid = false;
	spin_unlock_bh(&conn->lock);

	if (sock_flag(sk, SOCK_URGINLINE) || !known)
		return -EINVAL;
	if (here) {
		msg->msg_flags |= MSG_OOB;
		if (!len) {
			msg->msg_flags |= MSG_TRUNC;
			return 0;
		}
		if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &octet, 1))
			return -EFAULT;
		return 1;
	}
	if (sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN))
		return 0;
	return -EAGAIN;
}

/* SO_TIMESTAMP and the like: when the last of the text read had arrived. */
static void atcp_stamp(struct atcp_reader *r)
{
	struct sk_buff *skb = skb_peek(&atcp_sk(r->sk)->rx);

	if (!skb || seq_geq(ATCP_CB(skb)->seq, r->seq))
		skb = skb_peek_tail(&r->done);
	if (skb)
		sock_recv_timestamp(r->msg, r->sk, skb);
}

static int atcp_recvmsg_locked(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct atcp_reader r = {
		.sk = sk, .msg = msg, .flags = flags, .len = len, .put = atcp_put_msg,
	};
	int ret;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return atcp_read_urgent(sk, msg, len, flags);
	r.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	atcp_reader_begin(&r);
	ret = atcp_read(&r, sock_rcvlowat(sk, flags & MSG_WAITALL, len));
	if (ret > 0)
		atcp_stamp(&r);
	atcp_reader_end(&r);
	return ret;
}

/**
 * atcp_inq() - what TCP_INQ tells: octets that can be read, 1 at the end
 * @sk: the socket
 *
 * Return: octets.
 */
int atcp_inq(struct sock *sk)
{
	const struct atcp_conn *conn;
	int inq = 0;

	rcu_read_lock();
	conn = READ_ONCE(atcp_sk(sk)->conn);
	if (conn)
		inq = READ_ONCE(conn->tcb.rcv.user) ?: conn->tcb.rcv_fin_done;
	rcu_read_unlock();
	return inq;
}

/* Whether a reader that polls the device has polled enough. */
static bool atcp_reader_polls(void *arg, unsigned long began)
{
	struct sock *sk = arg;

	return atcp_inq(sk) || READ_ONCE(sk->sk_err) || sk_busy_loop_timeout(sk, began);
}

/**
 * atcp_recvmsg() - proto.recvmsg: RECEIVE
 * @sk: the socket
 * @msg: where to
 * @len: octets wanted
 * @flags: MSG_PEEK, MSG_WAITALL, MSG_TRUNC, MSG_OOB, MSG_DONTWAIT, MSG_ERRQUEUE
 * @addr_len: of the address, of which there is none but for MSG_ERRQUEUE
 *
 * Return: octets, 0 at the end of the stream, or -errno.
 */
int atcp_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags, int *addr_len)
{
	int ret, inq;

	if (unlikely(flags & MSG_ERRQUEUE))
		return inet_recv_error(sk, msg, len, addr_len);
	if (sk_can_busy_loop(sk) && !atcp_inq(sk) && sk->sk_state == TCP_ESTABLISHED)
		atcp_sk_busy_loop(sk, flags & MSG_DONTWAIT, atcp_reader_polls);
	lock_sock(sk);
	ret = atcp_recvmsg_locked(sk, msg, len, flags);
	if (ret >= 0 && (atcp_sk(sk)->inq || msg->msg_get_inq)) {
		inq = atcp_inq(sk);
		msg->msg_inq = inq;
		if (atcp_sk(sk)->inq)
			put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
	}
	release_sock(sk);
	return ret;
}

static int atcp_put_pipe(struct atcp_reader *r, struct sk_buff *skb, u32 off, u32 n)
{
	return skb_splice_bits(skb, r->sk, off, r->pipe, n, r->pipe_flags);
}

/**
 * atcp_splice_read() - proto_ops.splice_read: from the socket into a pipe
 * @sock: the socket
 * @pos: file position, must be 0
 * @pipe: where to
 * @len: octets wanted
 * @flags: SPLICE_F_*
 *
 * Return: octets, 0 at the end of the stream, or -errno.
 */
ssize_t atcp_splice_read(struct socket *sock, loff_t *pos, struct pipe_inode_info *pipe,
			 size_t len, unsigned int flags)
{
	struct sock *sk = sock->sk;
	struct atcp_reader r = {
		.sk = sk, .pipe = pipe, .pipe_flags = flags,
		.len = min_t(size_t, len, INT_MAX), .put = atcp_put_pipe,
	};
	ssize_t ret;

	if (unlikely(*pos))
		return -ESPIPE;
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN) {
		ret = -ENOTCONN;
	} else {
		r.timeo = sock_rcvtimeo(sk, sock->file->f_flags & O_NONBLOCK);
		atcp_reader_begin(&r);
		ret = atcp_read(&r, 1);
		atcp_reader_end(&r);
	}
	release_sock(sk);
	return ret;
}

static int atcp_put_actor(struct atcp_reader *r, struct sk_buff *skb, u32 off, u32 n)
{
	int taken = r->actor(r->desc, skb, off, n);

	if (!r->desc->count)
		r->len = max(taken, 0);	/* the last of it */
	return taken;
}

/**
 * atcp_read_sock() - proto_ops.read_sock: a kernel reader, under lock_sock
 * @sk: the socket
 * @desc: counts for @actor; it ends when desc->count is 0
 * @actor: takes octets of an skb
 *
 * Return: octets taken, or -errno.
 */
int atcp_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor)
{
	struct atcp_reader r = {
		.sk = sk, .desc = desc, .actor = actor, .len = INT_MAX,
		.put = atcp_put_actor,
	};
	int ret;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	atcp_reader_begin(&r);
	ret = atcp_read(&r, 1);
	atcp_reader_end(&r);
	return ret == -EAGAIN ? 0 : ret;
}
