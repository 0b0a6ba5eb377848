// SPDX-License-Identifier: GPL-2.0
/*
 * The receive queue: text in order for the reader, text out of order behind a
 * gap, the urgent octet, and the memory all that takes.
 *
 * Owns conn->recvq, ofo, rmem and urg_*, under conn->lock.  What the core has
 * acknowledged, or reported in a SACK block, is never dropped: whether there is
 * memory for a segment is asked before the core sees it (atcp_recv_room()).
 * A stream of tiny segments is packed together, so that it cannot take many
 * times its length; sk_forward_alloc is a plain int that only conn->lock guards.
 *
 * RFC 9293 sections 3.8.6 (window, reneging) and 3.10.7.4 (segment text);
 * RFC 2018 section 8; RFC 6093 (urgent).
 */

#include <linux/skbuff.h>
#include <atcp/conn.h>
#include <atcp/sock.h>

#define SLACK		(64U * 1024)	/* the largest aggregate beyond the limit */
#define DENSE_SIZE	SKB_MAX_ORDER(0, 0)

static u32 text_len(const struct sk_buff *skb)
{
	return ATCP_CB(skb)->end - ATCP_CB(skb)->seq;
}

static void charge(struct atcp_conn *conn, u32 truesize)
{
	lockdep_assert_held(&conn->lock);
	conn->rmem += truesize;
	if (conn->sk)
		sk_mem_charge(conn->sk, truesize);
	else
		atomic_long_add(truesize, &conn->an->mem);
}

static void uncharge(struct atcp_conn *conn, u32 truesize)
{
	lockdep_assert_held(&conn->lock);
	conn->rmem -= truesize;
	conn->rmem_low = min(conn->rmem_low, conn->rmem);
	if (conn->sk)
		sk_mem_uncharge(conn->sk, truesize);
	else
		atomic_long_sub(truesize, &conn->an->mem);
}

/**
 * atcp_charge_move() - memory goes to another account
 * @conn:	under its lock
 * @from:	the socket that was charged so far; NULL: the namespace
 * @to:		the socket to charge from now on; NULL: the namespace
 *
 * The memory is in use already, so the charge cannot be refused: without
 * credit sk_forward_alloc falls below zero until text is freed.
 */
void atcp_charge_move(struct atcp_conn *conn, struct sock *from, struct sock *to)
{
	struct atcp_net *an = conn->an;
	u32 all = conn->rmem + conn->wmem;

	lockdep_assert_held(&conn->lock);
	if (from) {
		sk_wmem_queued_add(from, -(int)conn->wmem);
		sk_mem_uncharge(from, all);
	} else {
		atomic_long_sub(all, &an->mem);
	}
	if (to) {
		if (all)
			sk_wmem_schedule(to, all);
		sk_wmem_queued_add(to, conn->wmem);
		sk_mem_charge(to, all);
	} else {
		atomic_long_add(all, &an->mem);
	}
}

/* RCV.BUFF is within what TCP_WINDOW_CLAMP allows, whoever would have more. */
static void set_buffer(struct atcp_conn *conn, u32 buff, u32 most)
{
	u32 clamp = conn->sk ? READ_ONCE(atcp_sk(conn->sk)->window_clamp) : 0;

	clamp = clamp ?: U32_MAX;
	atcp_set_rcvbuff(&conn->tcb, min(buff, clamp), min(most, clamp));
}

/**
 * atcp_recv_clamp() - follow TCP_WINDOW_CLAMP
 * @conn:	under its lock, with a socket
 *
 * A buffer that was held down may be as large as SO_RCVBUF allows, and be tuned up.
 */
void atcp_recv_clamp(struct atcp_conn *conn)
{
	struct atcp_tcb *tcb = &conn->tcb;
	u32 most = conn->rmem_max;

	if (!(conn->sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		most = max_t(u32, most, READ_ONCE(conn->an->rmem[2]));
	set_buffer(conn, max(tcb->rcv.buff, conn->rmem_max / 2), most / 2);
}

/**
 * atcp_recv_buffer() - follow SO_RCVBUF
 * @conn:	under its lock
 *
 * Module code does not see the option being set (trap 10), so each visit looks.
 * RCV.BUFF is half of it: the rest is for what holds the text.
 */
void atcp_recv_buffer(struct atcp_conn *conn)
{
	const struct sock *sk = conn->sk;
	struct atcp_tcb *tcb = &conn->tcb;
	u32 rcvbuf;

	if (!sk)
		return;
	rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	if (likely(rcvbuf == conn->rmem_max))
		return;
	conn->rmem_max = rcvbuf;
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK) {
		tcb->p.features &= ~ATCP_F_AUTOTUNE;
		set_buffer(conn, rcvbuf / 2, rcvbuf / 2);
	} else {
		set_buffer(conn, max(tcb->rcv.buff, rcvbuf / 2), tcb->rcv.buff_max);
	}
}

/* Copy what @skb has beyond the tail of recvq there. False: no memory, see it as not done. */
static bool pack(struct atcp_conn *conn, const struct sk_buff *skb)
{
	const struct atcp_skb_cb *cb = ATCP_CB(skb);
	struct sk_buff *tail = skb_peek_tail(&conn->recvq);
	u32 at = tail ? seq_max(cb->seq, ATCP_CB(tail)->end) : cb->seq;

	while (seq_lt(at, cb->end)) {
		u32 n;

		if (!tail || skb_cloned(tail) || skb_is_nonlinear(tail) ||
		    tail->len != text_len(tail) || !skb_tailroom(tail)) {
			tail = alloc_skb(DENSE_SIZE, GFP_ATOMIC | __GFP_NOWARN);
			if (!tail)
				return false;
			ATCP_CB(tail)->seq = at;
			ATCP_CB(tail)->end = at;
			charge(conn, tail->truesize);
			__skb_queue_tail(&conn->recvq, tail);
		}
		n = min_t(u32, skb_tailroom(tail), cb->end - at);
		if (WARN_ON_ONCE(skb_copy_bits(skb, at - cb->seq, skb_put(tail, n), n))) {
			skb_trim(tail, tail->len - n);
			return false;
		}
		ATCP_CB(tail)->end += n;
		at += n;
	}
	return true;
}

static bool is_sparse(const struct sk_buff *skb)
{
	return skb->truesize / 3 * 2 > text_len(skb);
}

/*
 * Too much memory for too little text: pack it anew.  An skb that was copied in
 * part only, for want of memory, stays behind the copy: overlaps are allowed.
 */
static void condense(struct atcp_conn *conn)
{
	struct sk_buff_head old;
	struct sk_buff *skb;

	lockdep_assert_held(&conn->lock);
	__skb_queue_head_init(&old);
	skb_queue_splice_init(&conn->recvq, &old);
	while ((skb = __skb_dequeue(&old))) {
		if (is_sparse(skb) && pack(conn, skb)) {
			uncharge(conn, skb->truesize);
			kfree_skb(skb);
		} else {
			__skb_queue_tail(&conn->recvq, skb);
		}
	}
	conn->rmem_low = conn->rmem;
}

/* Octets of truesize that the connection may hold. */
static u32 rmem_limit(const struct atcp_conn *conn)
{
	return max(conn->rmem_max, 2 * conn->tcb.rcv.buff) + SLACK;
}

/* May the account that pays for it be charged? */
static bool affordable(struct atcp_conn *conn, const struct sk_buff *skb)
{
	struct atcp_net *an = conn->an;
	struct sock *sk = conn->sk;

	if (!sk)
		return atomic_long_read(&an->mem) + skb->truesize <= READ_ONCE(an->max_mem);
	/* One segment is always taken, or the reader would wait for ever. */
	return sk_rmem_schedule(sk, (struct sk_buff *)skb, skb->truesize) || !conn->rmem;
}

/**
 * atcp_recv_room() - is there memory for the text of a segment
 * @conn:	under its lock
 * @skb:	the segment
 * @seg:	the same, parsed
 *
 * Text that fills a gap may go a quarter beyond the limit: it frees what waits
 * behind the gap. On refusal the receive buffer shrinks, which closes the
 * window as text arrives, but never takes back what was offered.
 *
 * Return: octets of its text that may be kept: all or nothing.
 */
u32 atcp_recv_room(struct atcp_conn *conn, const struct sk_buff *skb,
		   const struct atcp_seg *seg)
{
	struct atcp_tcb *tcb = &conn->tcb;
	u32 limit = rmem_limit(conn);

	lockdep_assert_held(&conn->lock);
	if (!seg->text)
		return U32_MAX;
	if (conn->rmem + skb->truesize > limit && conn->rmem > tcb->rcv.user / 2 * 3 &&
	    conn->rmem - conn->rmem_low >= limit / 8)
		condense(conn);
	if (seq_leq(seg->seq, tcb->rcv.nxt))
		limit += limit / 4;
	if (conn->rmem + skb->truesize <= limit && affordable(conn, skb))
		return U32_MAX;
	if (!conn->pressed) {
		conn->pressed = true;
		atcp_set_rcvbuff(tcb, max(tcb->rcv.buff / 2, 2 * (u32)ATCP_DEFAULT_MSS6),
				 tcb->rcv.buff_max);
	}
	return 0;
}

/* Add @skb, which is charged already, at the end of the text before it. */
static bool merge(struct atcp_conn *conn, struct sk_buff *to, struct sk_buff *skb)
{
	u32 len = text_len(skb);
	bool stolen;
	int delta;

	if (ATCP_CB(to)->end != ATCP_CB(skb)->seq || to->len != text_len(to) ||
	    skb->len != len || to->len + len > 2 * SLACK)
		return false;
	uncharge(conn, skb->truesize);
	if (!skb_try_coalesce(to, skb, &stolen, &delta)) {
		charge(conn, skb->truesize);
		return false;
	}
	charge(conn, delta);
	ATCP_CB(to)->end += len;
	kfree_skb_partial(skb, stolen);
	return true;
}

static void append(struct atcp_conn *conn, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&conn->recvq);

	if (!tail || !merge(conn, tail, skb))
		__skb_queue_tail(&conn->recvq, skb);
}

static void ofo_unlink(struct atcp_conn *conn, struct sk_buff *skb)
{
	rb_erase(&skb->rbnode, &conn->ofo);
	RB_CLEAR_NODE(&skb->rbnode);
	skb->dev = NULL;		/* it shares its place with the rbnode */
}

static void ofo_drop(struct atcp_conn *conn, struct sk_buff *skb)
{
	ofo_unlink(conn, skb);
	uncharge(conn, skb->truesize);
	kfree_skb(skb);
}

/* RCV.NXT reached @nxt: append what has become contiguous, up to @end: there may be a FIN. */
static void ofo_pull(struct atcp_conn *conn, u32 nxt, u32 end)
{
	struct sk_buff *skb;

	while ((skb = skb_rb_first(&conn->ofo)) && seq_leq(ATCP_CB(skb)->seq, nxt)) {
		if (seq_leq(ATCP_CB(skb)->end, nxt)) {
			ofo_drop(conn, skb);
			continue;
		}
		if (nxt == end)
			break;
		ofo_unlink(conn, skb);
		nxt = ATCP_CB(skb)->end;
		append(conn, skb);
	}
	WARN_ON_ONCE(nxt != end);
}

/* The last skb of the store that begins at or before @seq; *link is where one goes. */
static struct sk_buff *ofo_search(struct atcp_conn *conn, u32 seq, struct rb_node **parent,
				  struct rb_node ***link)
{
	struct sk_buff *before = NULL;

	*parent = NULL;
	*link = &conn->ofo.rb_node;
	while (**link) {
		struct sk_buff *at = rb_to_skb(**link);

		*parent = **link;
		if (seq_lt(seq, ATCP_CB(at)->seq)) {
			*link = &(**link)->rb_left;
		} else {
			before = at;
			*link = &(**link)->rb_right;
		}
	}
	return before;
}

/* Keep @skb, which is charged already, until the gap before it is filled. */
static void ofo_insert(struct atcp_conn *conn, struct sk_buff *skb)
{
	struct rb_node *parent, **link;
	struct sk_buff *before, *after;

	before = ofo_search(conn, ATCP_CB(skb)->seq, &parent, &link);
	if (before && merge(conn, before, skb)) {
		skb = before;
	} else {
		rb_link_node(&skb->rbnode, parent, link);
		rb_insert_color(&skb->rbnode, &conn->ofo);
	}
	/* What it covers is here twice. */
	while ((after = skb_rb_next(skb)) && seq_leq(ATCP_CB(after)->end, ATCP_CB(skb)->end))
		ofo_drop(conn, after);
}

/* RCV.UP may have moved since the last urgent octet. */
static bool urgent_wanted(struct atcp_conn *conn)
{
	u32 mark = conn->tcb.rcv.up - 1;

	if (!conn->tcb.rcv_urgent)
		return false;
	if (conn->urg_seq != mark) {
		conn->urg_seq = mark;
		conn->urg_seen = false;
		conn->urg_valid = false;
	}
	return !conn->urg_seen;
}

/* The urgent octet, if it is in @skb. */
static bool urgent_in(struct atcp_conn *conn, const struct sk_buff *skb)
{
	u32 off = conn->urg_seq - ATCP_CB(skb)->seq;

	if (off >= text_len(skb) || skb_copy_bits(skb, off, &conn->urg_octet, 1))
		return false;
	conn->urg_seen = true;
	WRITE_ONCE(conn->urg_valid, true);
	return true;
}

/**
 * atcp_recv_urgent() - the peer has told of urgent text: is it here already
 * @conn:	under its lock
 */
void atcp_recv_urgent(struct atcp_conn *conn)
{
	struct sk_buff *skb;

	lockdep_assert_held(&conn->lock);
	if (!urgent_wanted(conn))
		return;
	skb_queue_walk(&conn->recvq, skb) {
		if (urgent_in(conn, skb))
			return;
	}
	for (skb = skb_rb_first(&conn->ofo); skb; skb = skb_rb_next(skb)) {
		if (urgent_in(conn, skb))
			return;
	}
}

/**
 * atcp_recv_take() - keep the text that the core has taken
 * @conn:	under its lock, between the core and atcp_leave()
 * @skb:	the segment, its text at skb->data
 * @fx:		the core's word: fx->take and fx->deliver
 *
 * Return: true when @skb was consumed.
 */
bool atcp_recv_take(struct atcp_conn *conn, struct sk_buff *skb, struct atcp_fx *fx)
{
	u32 end = fx->take.seq + fx->take.len;

	lockdep_assert_held(&conn->lock);
	if (!fx->take.len)
		return false;
	/* No header is needed any more, and no route or device is held. */
	ATCP_CB(skb)->seq = fx->take.seq;
	ATCP_CB(skb)->end = end;
	if (fx->take.off <= skb_headlen(skb))
		__skb_pull(skb, fx->take.off);
	else
		ATCP_CB(skb)->seq -= fx->take.off;
	if (urgent_wanted(conn) && urgent_in(conn, skb))
		fx->wake |= ATCP_WAKE_READ;
	charge(conn, skb->truesize);
	if (fx->deliver) {
		append(conn, skb);
		ofo_pull(conn, end, fx->take.seq + fx->deliver);
	} else {
		ofo_insert(conn, skb);
	}
	return true;
}

/**
 * atcp_recv_splice() - give the text in order to the reader
 * @conn:	under its lock
 * @to:		the reader's own list, which nobody else sees
 *
 * What is copied from without the lock must not be coalesced into (trap 5).
 */
void atcp_recv_splice(struct atcp_conn *conn, struct sk_buff_head *to)
{
	lockdep_assert_held(&conn->lock);
	skb_queue_splice_tail_init(&conn->recvq, to);
}

/**
 * atcp_recv_uncharge() - the reader is done with text
 * @conn:	under its lock
 * @truesize:	of the skbs that it freed
 */
void atcp_recv_uncharge(struct atcp_conn *conn, u32 truesize)
{
	struct atcp_tcb *tcb = &conn->tcb;

	uncharge(conn, truesize);
	if (conn->pressed && conn->rmem <= conn->rmem_max / 4) {
		conn->pressed = false;
		set_buffer(conn, max(tcb->rcv.buff, conn->rmem_max / 2), tcb->rcv.buff_max);
	}
}

/**
 * atcp_recv_purge() - throw text away
 * @conn:	under its lock
 * @in_order:	also what the reader could still read
 */
void atcp_recv_purge(struct atcp_conn *conn, bool in_order)
{
	struct sk_buff *skb;

	lockdep_assert_held(&conn->lock);
	while ((skb = skb_rb_first(&conn->ofo)))
		ofo_drop(conn, skb);
	while (in_order && (skb = __skb_dequeue(&conn->recvq))) {
		uncharge(conn, skb->truesize);
		kfree_skb(skb);
	}
}
