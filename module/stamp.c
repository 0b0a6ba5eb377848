// SPDX-License-Identifier: GPL-2.0
/*
 * SO_TIMESTAMPING of what is sent: when text was queued, left, was acknowledged.
 *
 * A stamp belongs to the last octet of what one call has given to SEND.  The skb
 * of the send queue that ends in it has a note of it in its cb, and no further
 * text joins that skb.  The segment with the octet goes out by itself, never as
 * part of an aggregate, so that its time is its own; qdisc and driver then report
 * it to the socket that owns it.  What an ACK says of it is reported here.
 *
 * Owns conn->stamped and stamp_base, and the notes, under conn->lock.
 */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/sock.h>
#include <atcp/sock.h>

/**
 * atcp_stamp_begin() - a call of SEND begins
 * @sk: under lock_sock, with a connection that is established
 * @tsflags: SOF_TIMESTAMPING_* for this call
 *
 * SOF_TIMESTAMPING_OPT_ID tells the number of the octet, from when it was set on.
 * The kernel clears sk_tskey when it is set, and reads it for protocol 6 only:
 * so it is a mark here that the first call after that was seen.  What was still
 * unacknowledged at that time does not count, as with OPT_ID_TCP.
 */
void atcp_stamp_begin(struct sock *sk, u32 tsflags)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);

	if (!(tsflags & SOF_TIMESTAMPING_OPT_ID) || atomic_read(&sk->sk_tskey))
		return;
	atomic_set(&sk->sk_tskey, 1);
	spin_lock_bh(&conn->lock);
	conn->stamp_base = conn->tcb.snd.end;
	spin_unlock_bh(&conn->lock);
}

/**
 * atcp_stamp_forget() - octets will be counted anew
 * @sk: under lock_sock, gets another connection
 */
void atcp_stamp_forget(struct sock *sk)
{
	atomic_set(&sk->sk_tskey, 0);
}

/**
 * atcp_stamp_note() - the text in an skb ends what the user gave
 * @skb: of a writer, not yet linked, or the last one of the send queue
 * @sk: the socket
 * @tsflags: SOF_TIMESTAMPING_* for this call
 */
void atcp_stamp_note(struct sk_buff *skb, struct sock *sk, u32 tsflags)
{
	struct atcp_skb_cb *cb = ATCP_CB(skb);

	sock_tx_timestamp(sk, tsflags, &cb->tx_flags);
	cb->tells_ack = !!(tsflags & SOF_TIMESTAMPING_TX_ACK);
}

/**
 * atcp_stamp_last() - the same for text that turned out to be the last
 * @sk: under lock_sock, after a call that could not queue all it was given
 * @tsflags: SOF_TIMESTAMPING_* for that call
 */
void atcp_stamp_last(struct sock *sk, u32 tsflags)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct sk_buff *tail;

	spin_lock_bh(&conn->lock);
	tail = skb_peek_tail(&conn->sendq);
	if (tail) {
		conn->stamped -= atcp_is_stamped(tail);
		atcp_stamp_note(tail, sk, tsflags);
		conn->stamped += atcp_is_stamped(tail);
	}
	spin_unlock_bh(&conn->lock);
}

/* The octet that a stamp is for. */
static u32 octet_of(const struct sk_buff *skb)
{
	return ATCP_CB(skb)->end - 1;
}

/* The next stamped octet of the queue in [@seq, @end), or NULL. */
static struct sk_buff *next_stamped(struct atcp_conn *conn, u32 seq, u32 end)
{
	struct sk_buff *skb = atcp_send_find(conn, seq);

	lockdep_assert_held(&conn->lock);
	for (; skb && seq_lt(ATCP_CB(skb)->seq, end); skb = skb_peek_next(skb, &conn->sendq))
		if (atcp_is_stamped(skb) && seq_lt(octet_of(skb), end))
			return skb;
	return NULL;
}

/**
 * atcp_stamp_cut() - how much of a segment may go into one skb
 * @conn: under its lock
 * @out: with text
 *
 * Return: octets: up to the segment with a stamped octet, or that alone, or all.
 */
u32 atcp_stamp_cut(struct atcp_conn *conn, const struct atcp_out *out)
{
	const struct sk_buff *skb;
	u32 before;

	skb = next_stamped(conn, out->text_seq, out->text_seq + out->text);
	if (!skb)
		return out->text;
	before = octet_of(skb) - out->text_seq;
	before -= before % out->mss;
	return before ?: min_t(u32, out->text, out->mss);
}

/**
 * atcp_stamp_segment() - tell qdisc and driver what is to be reported
 * @conn: under its lock
 * @skb: the segment, of one piece
 * @out: what it is
 *
 * Of several stamped octets in one segment the last is told, by all that ask.
 */
void atcp_stamp_segment(struct atcp_conn *conn, struct sk_buff *skb, const struct atcp_out *out)
{
	u32 seq = out->text_seq, end = seq + out->text;
	struct skb_shared_info *info = skb_shinfo(skb);
	const struct sk_buff *from;

	if (!conn->sk)
		return;			/* nobody reads it */
	while (seq_lt(seq, end) && (from = next_stamped(conn, seq, end))) {
		info->tx_flags |= ATCP_CB(from)->tx_flags;
		info->tskey = octet_of(from) - conn->stamp_base;
		seq = octet_of(from) + 1;
	}
}

/* A private copy: skbs of the send queue are never seen by the stack. */
static struct sk_buff *copy_for_user(const struct sk_buff *from, bool text)
{
	const struct skb_shared_info *info = skb_shinfo(from);
	struct sk_buff *skb = alloc_skb(0, GFP_ATOMIC | __GFP_NOWARN);
	unsigned int i;

	for (i = 0; skb && text && i < info->nr_frags; i++) {
		const skb_frag_t *frag = &info->frags[i];

		get_page(skb_frag_page(frag));
		skb_add_rx_frag(skb, i, skb_frag_page(frag), skb_frag_off(frag),
				skb_frag_size(frag), skb_frag_size(frag));
	}
	return skb;
}

/**
 * atcp_stamp_acked() - the peer has all text of an skb
 * @conn: under its lock
 * @skb: stamped, of the send queue
 */
void atcp_stamp_acked(struct atcp_conn *conn, const struct sk_buff *skb)
{
	struct sock *sk = conn->sk;
	struct sk_buff *copy;
	bool text;

	lockdep_assert_held(&conn->lock);
	if (!sk || !ATCP_CB(skb)->tells_ack)
		return;
	text = !(READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_OPT_TSONLY);
	copy = copy_for_user(skb, text);
	if (!copy)
		return;
	skb_shinfo(copy)->tx_flags = ATCP_CB(skb)->tx_flags;
	skb_shinfo(copy)->tskey = octet_of(skb) - conn->stamp_base;
	__skb_tstamp_tx(copy, NULL, NULL, sk, SCM_TSTAMP_ACK);
	consume_skb(copy);
}
