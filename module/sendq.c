// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue: text from the first octet that is not acknowledged to the
 * last one that SEND gave, in pages that nobody changes once they are linked.
 *
 * Owns conn->sendq and wmem, under conn->lock.  The writer fills a private skb
 * without the lock and links it here; softirq then sends, and frees, what it
 * finds (trap 5).  An skb acknowledged in part stays whole: sendq_seq tells; but what of
 * it is acknowledged no longer counts as held, so that the writer goes on (as in the
 * kernel's TCP, which trims it).
 *
 * An skb of this queue is never seen by the stack: it holds references to pages,
 * and segments get references of their own.  So nobody else can have one, and
 * each processor keeps a few that were freed for the next writer: to allocate one
 * costs as much as to send what it holds.
 *
 * RFC 9293 sections 3.4 (send sequence space) and 3.9.1.2 (SEND).
 */

#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <atcp/conn.h>

#define APPEND_MAX	(16 * 1024)	/* octets in an skb of small writes */
#define SPARES		16		/* about 1 KiB each */

/* Empty skbs; with bottom halves off. */
struct spares {
	unsigned int n;
	struct sk_buff *skb[SPARES];
};

static DEFINE_PER_CPU(struct spares, spares);

/**
 * atcp_send_alloc() - an skb for a writer to fill
 * @gfp:	may it sleep
 *
 * Text goes into its frags only. Return: the skb, or NULL.
 */
struct sk_buff *atcp_send_alloc(gfp_t gfp)
{
	struct sk_buff *skb = NULL;
	struct spares *s;

	local_bh_disable();
	s = this_cpu_ptr(&spares);
	if (s->n)
		skb = s->skb[--s->n];
	local_bh_enable();
	return skb ?: alloc_skb(0, gfp);
}

/* Back to what alloc_skb() gave. */
static void empty(struct sk_buff *skb)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	unsigned int i;

	for (i = 0; i < info->nr_frags; i++)
		put_page(skb_frag_page(&info->frags[i]));
	info->nr_frags = 0;
	info->flags = 0;
	memset(ATCP_CB(skb), 0, sizeof(*ATCP_CB(skb)));
	skb->len = 0;
	skb->data_len = 0;
	skb->truesize = SKB_TRUESIZE(skb_end_offset(skb));
}

/* Bottom halves are off, as conn->lock is held. */
static void keep_or_free(struct sk_buff *skb)
{
	struct spares *s = this_cpu_ptr(&spares);

	empty(skb);
	if (s->n < SPARES)
		s->skb[s->n++] = skb;
	else
		consume_skb(skb);
}

/**
 * atcp_send_exit() - after the last connection
 */
void atcp_send_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct spares *s = per_cpu_ptr(&spares, cpu);

		while (s->n)
			kfree_skb(s->skb[--s->n]);
	}
}

static void uncharge(struct atcp_conn *conn, u32 truesize)
{
	lockdep_assert_held(&conn->lock);
	conn->wmem -= truesize;
	if (conn->sk) {
		sk_wmem_queued_add(conn->sk, -(int)truesize);
		sk_mem_uncharge(conn->sk, truesize);
	} else {
		atomic_long_sub(truesize, &conn->an->mem);
	}
}

static void charge(struct atcp_conn *conn, u32 truesize)
{
	lockdep_assert_held(&conn->lock);
	conn->wmem += truesize;
	if (conn->sk) {
		sk_wmem_queued_add(conn->sk, truesize);
		sk_mem_charge(conn->sk, truesize);
	} else {
		atomic_long_add(truesize, &conn->an->mem);
	}
}

/*
 * Small writes share an skb, whose overhead would else use SO_SNDBUF up.  Under
 * the lock the last one may grow: segments refer to pages, never to it.  One that
 * is stamped ends in the octet whose time is asked for.
 */
static bool append(struct sk_buff *tail, const struct sk_buff *skb)
{
	const struct skb_shared_info *from = skb_shinfo(skb);
	struct skb_shared_info *to = skb_shinfo(tail);
	const skb_frag_t *frag = from->frags;
	bool joins;
	int i = 0;

	if (tail->len + skb->len > APPEND_MAX || atcp_is_stamped(tail))
		return false;
	joins = skb_can_coalesce(tail, to->nr_frags, skb_frag_page(frag), skb_frag_off(frag));
	if (to->nr_frags + from->nr_frags - joins > MAX_SKB_FRAGS)
		return false;
	if (joins)
		skb_frag_size_add(&to->frags[to->nr_frags - 1], skb_frag_size(&frag[i++]));
	for (; i < from->nr_frags; i++) {
		get_page(skb_frag_page(&frag[i]));
		to->frags[to->nr_frags++] = frag[i];
	}
	to->flags |= from->flags & SKBFL_SHARED_FRAG;
	ATCP_CB(tail)->tx_flags = ATCP_CB(skb)->tx_flags;
	ATCP_CB(tail)->tells_ack = ATCP_CB(skb)->tells_ack;
	tail->len += skb->len;
	tail->data_len += skb->len;
	tail->truesize += skb->len;
	return true;
}

/**
 * atcp_send_link() - text of the user comes to the end of the queue
 * @conn:	under its lock, with a socket and its ISS chosen
 * @skb:	of atcp_send_alloc(), with text; the caller has asked
 *		sk_wmem_schedule() for its truesize
 */
void atcp_send_link(struct atcp_conn *conn, struct sk_buff *skb)
{
	struct sk_buff *tail;
	u32 seq;

	lockdep_assert_held(&conn->lock);
	if (!conn->text_started) {
		conn->text_started = true;
		conn->sendq_seq = conn->tcb.snd.iss + 1;
		conn->sendq_end = conn->sendq_seq;
	}
	tail = skb_peek_tail(&conn->sendq);
	seq = conn->sendq_end;
	conn->sendq_end += skb->len;
	conn->stamped += atcp_is_stamped(skb);
	if (tail && append(tail, skb)) {
		ATCP_CB(tail)->end = conn->sendq_end;
		charge(conn, skb->len);
		keep_or_free(skb);
		return;
	}
	ATCP_CB(skb)->seq = seq;
	ATCP_CB(skb)->end = conn->sendq_end;
	__skb_queue_tail(&conn->sendq, skb);
	charge(conn, skb->truesize);
}

static void free_head(struct atcp_conn *conn, struct sk_buff *skb)
{
	if (conn->send_from == skb)
		conn->send_from = NULL;
	conn->stamped -= atcp_is_stamped(skb);
	__skb_unlink(skb, &conn->sendq);
	uncharge(conn, skb->truesize);
	keep_or_free(skb);
}

/* Of the first skb a part is acknowledged: it counts for as much less. */
static void count_rest(struct atcp_conn *conn, struct sk_buff *skb)
{
	u32 rest = SKB_TRUESIZE(skb_end_offset(skb)) + ATCP_CB(skb)->end - conn->sendq_seq;

	uncharge(conn, skb->truesize - rest);
	skb->truesize = rest;
}

/**
 * atcp_send_acked() - the peer has octets: free them
 * @conn:	under its lock
 * @octets:	how many more
 */
void atcp_send_acked(struct atcp_conn *conn, u32 octets)
{
	struct sk_buff *skb;

	lockdep_assert_held(&conn->lock);
	conn->sendq_seq += octets;
	WARN_ON_ONCE(seq_gt(conn->sendq_seq, conn->sendq_end));
	while ((skb = skb_peek(&conn->sendq)) &&
	       seq_leq(ATCP_CB(skb)->end, conn->sendq_seq)) {
		if (unlikely(conn->stamped))
			atcp_stamp_acked(conn, skb);
		free_head(conn, skb);
	}
	if (skb && seq_lt(ATCP_CB(skb)->seq, conn->sendq_seq))
		count_rest(conn, skb);
}

/**
 * atcp_send_find() - where an octet is
 * @conn:	under its lock
 * @seq:	its sequence number
 *
 * Searches on from where it was last: what is sent next mostly follows what was
 * sent last, and what is sent again is near the head.
 *
 * Return: the skb that holds it; NULL when it was never given.
 */
struct sk_buff *atcp_send_find(struct atcp_conn *conn, u32 seq)
{
	struct sk_buff *skb = conn->send_from;

	lockdep_assert_held(&conn->lock);
	if (!skb || seq_lt(seq, ATCP_CB(skb)->seq))
		skb = skb_peek(&conn->sendq);
	while (skb && seq_geq(seq, ATCP_CB(skb)->end))
		skb = skb_peek_next(skb, &conn->sendq);
	if (!skb || seq_lt(seq, ATCP_CB(skb)->seq))
		return NULL;
	conn->send_from = skb;
	return skb;
}

/**
 * atcp_send_purge() - drop all text: nothing of it will be asked for again
 * @conn:	under its lock
 */
void atcp_send_purge(struct atcp_conn *conn)
{
	struct sk_buff *skb;

	lockdep_assert_held(&conn->lock);
	while ((skb = skb_peek(&conn->sendq)))
		free_head(conn, skb);
	WARN_ON_ONCE(conn->stamped);
	conn->text_started = false;	/* a new OPEN has another ISS */
}
