// SPDX-License-Identifier: GPL-2.0
/*
 * SEND: from the user's memory to the send queue (RFC 9293, section 3.10.2).
 *
 * A private skb is filled without the connection's lock, since copying may
 * sleep; it is linked under the lock and never touched again from here: softirq
 * may be sending what it holds.
 */
#include <linux/uio.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <atcp/fastopen.h>
#include <atcp/sock.h>
#include "compat.h"

#define ATCP_SKB_TEXT_MAX	(64 * 1024)	/* octets that one skb takes */

/* One sendmsg() call. */
struct atcp_writer {
	struct sock *sk;
	struct msghdr *msg;
	long timeo;
	size_t copied;
	u32 most;			/* octets that one skb takes */
	bool more;			/* the user said that more will follow */
	u32 tsflags;			/* SOF_TIMESTAMPING_* */
};

/* Copy up to @max octets into the page that the task keeps for this. */
static int atcp_fill_copy(struct sock *sk, struct sk_buff *skb, struct iov_iter *from,
			  unsigned int max)
{
	struct page_frag *pfrag = sk_page_frag(sk);
	unsigned int n = skb_shinfo(skb)->nr_frags;
	size_t got;
	bool merge;

	if (!sk_page_frag_refill(sk, pfrag))
		return -ENOBUFS;
	merge = skb_can_coalesce(skb, n, pfrag->page, pfrag->offset);
	if (!merge && n >= MAX_SKB_FRAGS)
		return -EMSGSIZE;
	max = min_t(unsigned int, max, pfrag->size - pfrag->offset);
	/* Never in high memory, see sk_page_frag_refill(): no need to go page by page. */
	got = _copy_from_iter(page_address(pfrag->page) + pfrag->offset, max, from);
	if (got != max) {		/* all or nothing, as in the kernel's TCP */
		iov_iter_revert(from, got);
		return -EFAULT;
	}
	if (merge) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[n - 1], max);
	} else {
		skb_fill_page_desc(skb, n, pfrag->page, pfrag->offset, max);
		get_page(pfrag->page);
	}
	pfrag->offset += max;
	skb->len += max;
	skb->data_len += max;
	skb->truesize += max;
	return max;
}

/* sendfile() and splice(): the pages themselves, whoever else sees them. */
static int atcp_fill_splice(struct sock *sk, struct sk_buff *skb, struct iov_iter *from,
			    unsigned int max)
{
	int n = atcp_splice_from_iter(skb, from, max, sk->sk_allocation);

	if (n > 0)
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	return n;
}

/* Fill @skb; 0 when it holds something, though perhaps not all there is. */
static int atcp_fill(struct atcp_writer *w, struct sk_buff *skb)
{
	struct iov_iter *from = &w->msg->msg_iter;
	bool splice = w->msg->msg_flags & MSG_SPLICE_PAGES;
	int n = 0;

	while (msg_data_left(w->msg) && skb->len < w->most) {
		unsigned int max = min_t(size_t, msg_data_left(w->msg), w->most - skb->len);

		n = splice ? atcp_fill_splice(w->sk, skb, from, max) :
			     atcp_fill_copy(w->sk, skb, from, max);
		if (n <= 0)
			break;
	}
	if (skb->len)
		return 0;
	return n ?: -EFAULT;
}

/*
 * Hand @skb to the connection.  All but the last text of this call is followed
 * by more at once, so that no small segment comes to stand in the middle.
 */
static int atcp_link(struct atcp_writer *w, struct sk_buff *skb)
{
	struct sock *sk = w->sk;
	struct atcp_visit visit __uninitialized;	/* atcp_enter() clears it */
	unsigned int flags = 0;
	struct atcp_tcb *tcb;
	u32 octets = skb->len;
	int err;

	if (msg_data_left(w->msg) || w->more)
		flags |= ATCP_USER_MORE;
	if (!msg_data_left(w->msg) && (w->msg->msg_flags & MSG_OOB))
		flags |= ATCP_USER_URGENT;
	tcb = atcp_enter(&visit, atcp_sk_conn(sk), ATCP_BY_CALL);
	err = -EPIPE;
	if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN) || atcp_user_may_send(tcb))
		goto out;
	err = -ENOMEM;
	if (!sk_wmem_schedule(sk, skb->truesize))
		goto out;
	if (unlikely(w->tsflags) && !msg_data_left(w->msg))
		atcp_stamp_note(skb, sk, w->tsflags);
	atcp_send_link(visit.conn, skb);
	skb = NULL;
	err = atcp_user_send(tcb, octets, flags, visit.now, &visit.fx);
	w->copied += octets;
out:
	atcp_leave(&visit);
	kfree_skb(skb);
	return err;
}

/* PUSH: nothing follows for a while; @all also what Nagle or a cork holds. */
static void atcp_push(struct sock *sk, bool all)
{
	struct atcp_visit visit;
	struct atcp_tcb *tcb;

	tcb = atcp_enter(&visit, atcp_sk_conn(sk), ATCP_BY_CALL);
	if (all || tcb->more)
		atcp_user_push(tcb, visit.now);
	atcp_leave(&visit);
}

static int atcp_wait_room(struct atcp_writer *w)
{
	set_bit(SOCK_NOSPACE, &w->sk->sk_socket->flags);
	if (w->copied)
		atcp_push(w->sk, true);
	return sk_stream_wait_memory(w->sk, &w->timeo);
}

/* One skb's worth of the message.  0, or -errno; then @skb is gone. */
static int atcp_send_some(struct atcp_writer *w)
{
	struct sk_buff *skb;
	size_t left;
	int err;

	atcp_grow_sndbuf(w->sk);
	if (!sk_stream_memory_free(w->sk))
		return atcp_wait_room(w);
	skb = atcp_send_alloc(w->sk->sk_allocation);
	if (!skb)
		return atcp_wait_room(w);
	left = msg_data_left(w->msg);
	err = atcp_fill(w, skb);
	if (err) {
		kfree_skb(skb);
		return err == -ENOBUFS ? atcp_wait_room(w) : err;
	}
	err = atcp_link(w, skb);
	if (!err)
		return 0;
	/* The octets were not taken: the user still has them. */
	iov_iter_revert(&w->msg->msg_iter, left - msg_data_left(w->msg));
	return err == -ENOMEM ? atcp_wait_room(w) : err;
}

/*
 * Until the handshake is through.  sk_stream_wait_connect() would miss an end
 * that comes between its look and its sleep, since softirq does not wait for
 * lock_sock here.
 */
static int atcp_wait_connected(struct sock *sk, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	int err, state;

	add_wait_queue(sk_sleep(sk), &wait);
	for (;;) {
		err = sock_error(sk);
		state = inet_sk_state_load(sk);
		if (err || (1 << state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
			break;
		err = -EPIPE;
		if ((1 << state) & ~(TCPF_SYN_SENT | TCPF_SYN_RECV))
			break;
		err = *timeo ? sock_intr_errno(*timeo) : -EAGAIN;
		if (!*timeo || signal_pending(current))
			break;
		err = sk_wait_event(sk, timeo, inet_sk_state_load(sk) != state, &wait);
		if (err < 0)
			break;
	}
	remove_wait_queue(sk_sleep(sk), &wait);
	return err;
}

/* Whether sending can begin: as tcp_sendmsg_locked() judges it. */
static int atcp_send_ready(struct atcp_writer *w)
{
	struct sock *sk = w->sk;
	struct sockcm_cookie sockc;
	int err;

	if ((1 << sk->sk_state) & ~(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) &&
	    !atcp_fastopen_trusted(&atcp_sk_conn(sk)->tcb)) {
		err = atcp_wait_connected(sk, &w->timeo);
		if (err)
			return err;
	}
	sockcm_init(&sockc, sk);
	if (w->msg->msg_controllen && sock_cmsg_send(sk, w->msg, &sockc))
		return -EINVAL;
	w->tsflags = sockc.tsflags;
	if (unlikely(w->tsflags))
		atcp_stamp_begin(sk, w->tsflags);
	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
		return -EPIPE;
	return 0;
}

static int atcp_send_all(struct atcp_writer *w)
{
	struct sock *sk = w->sk;
	int err = atcp_send_ready(w);

	while (!err && msg_data_left(w->msg))
		err = atcp_send_some(w);
	if (!err)
		return w->copied;
	if (w->copied) {
		if (unlikely(w->tsflags))
			atcp_stamp_last(sk, w->tsflags);
		atcp_push(sk, false);
		return w->copied;
	}
	err = sk_stream_error(sk, w->msg->msg_flags, err);
	/* An edge-triggered waiter must hear of room that is there already. */
	if (err == -EAGAIN && !READ_ONCE(sk->sk_wmem_queued))
		sk->sk_write_space(sk);
	return err;
}

/* ---- text with the SYN (RFC 7413) ---- */

/* As much of the message as goes with the SYN; NULL when none does. */
static struct sk_buff *atcp_syn_skb(struct atcp_writer *w, u32 room)
{
	struct sk_buff *skb = NULL;

	if (room && msg_data_left(w->msg))
		skb = atcp_send_alloc(w->sk->sk_allocation);
	if (!skb)
		return NULL;
	w->most = room;
	if (atcp_fill(w, skb)) {
		kfree_skb(skb);
		skb = NULL;
	}
	w->most = ATCP_SKB_TEXT_MAX;
	return skb;
}

static u32 atcp_syn_room(struct atcp_conn *conn)
{
	u32 room;

	spin_lock_bh(&conn->lock);
	room = atcp_fastopen_room(&conn->tcb);
	spin_unlock_bh(&conn->lock);
	return room;
}

/**
 * atcp_send_syn_text() - a SYN that waited goes, with text of the writer's
 * @sk: under lock_sock, with its writer set
 *
 * Should there be no memory for the text, or should it not be readable, it goes alone.
 */
void atcp_send_syn_text(struct sock *sk)
{
	struct atcp_writer *w = atcp_sk(sk)->writer;
	struct atcp_conn *conn = atcp_sk_conn(sk);
	size_t left = msg_data_left(w->msg);
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	struct sk_buff *skb;
	u32 octets;

	skb = atcp_syn_skb(w, atcp_syn_room(conn));
	octets = skb ? skb->len : 0;
	tcb = atcp_enter(&visit, conn, ATCP_BY_CALL);
	if (skb && !atcp_user_may_send(tcb) && sk_wmem_schedule(sk, skb->truesize)) {
		atcp_send_link(conn, skb);
		skb = NULL;
		atcp_user_send(tcb, octets, 0, visit.now, &visit.fx);
		w->copied += octets;
	}
	atcp_fastopen_go(tcb, visit.now);
	atcp_leave(&visit);
	if (skb) {
		iov_iter_revert(&w->msg->msg_iter, left - msg_data_left(w->msg));
		kfree_skb(skb);
	}
}

/* connect() by the way: 0 when sending can go on. */
static int atcp_send_opening(struct atcp_writer *w)
{
	const struct atcp_net *an = atcp_net(sock_net(w->sk));
	int flags = w->msg->msg_flags & MSG_DONTWAIT ? O_NONBLOCK : 0;
	struct sockaddr *addr = w->msg->msg_name;
	struct sock *sk = w->sk;
	int err;

	if (!(READ_ONCE(an->fastopen) & ATCP_FASTOPEN_CLIENT) ||
	    (addr && w->msg->msg_namelen >= (int)sizeof(addr->sa_family) &&
	     addr->sa_family == AF_UNSPEC))
		return -EOPNOTSUPP;
	atcp_sk(sk)->writer = w;
	if (atcp_defers_connect(sk))
		atcp_send_syn_text(sk);
	err = atcp_connect_to_send(sk->sk_socket, addr, w->msg->msg_namelen, flags);
	atcp_set_defers_connect(sk, false);
	atcp_sk(sk)->writer = NULL;
	return err;
}

/**
 * atcp_sendmsg() - proto.sendmsg: SEND
 * @sk: the socket
 * @msg: what to send
 * @len: octets
 *
 * MSG_ZEROCOPY without SO_ZEROCOPY, which this protocol has not, copies: as
 * with the kernel's TCP.
 *
 * Return: octets queued, or -errno.
 */
int atcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	struct atcp_writer w = { .sk = sk, .msg = msg, .most = ATCP_SKB_TEXT_MAX };
	int ret = 0;

	lock_sock(sk);
	if (unlikely(msg->msg_flags & MSG_FASTOPEN || atcp_defers_connect(sk)))
		ret = atcp_send_opening(&w);
	if (ret == -EINPROGRESS && w.copied)
		ret = w.copied;
	if (ret) {
		if (ret < 0)
			ret = sk_stream_error(sk, msg->msg_flags, ret);
		goto out;
	}
	w.timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	w.more = msg->msg_flags & (MSG_MORE | ATCP_MSG_NOT_LAST);
	ret = atcp_send_all(&w);
out:
	release_sock(sk);
	return ret;
}

/**
 * atcp_splice_eof() - proto.splice_eof: a sendfile() that promised more ends
 * @sock: the socket
 */
void atcp_splice_eof(struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		atcp_push(sk, false);
	release_sock(sk);
}
