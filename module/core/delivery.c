// SPDX-License-Identifier: GPL-2.0
/*
 * What an ACK delivers: octets before SEG.ACK, and octets in its SACK blocks.  Each
 * run of the scoreboard that the peer is now known to have is told to those who
 * learn from it: round-trip time, RACK, delivery rate.
 *
 * Owns struct atcp_ack, which gathers what one ACK tells.
 * RFC 2018 sections 4 and 5; RFC 2883; RFC 6675 section 4; RFC 8985 section 6.2, steps 1 to 3.
 */

#include <atcp/core.h>

/**
 * atcp_ack_begin() - an ACK begins to be looked at
 * @tcb:	the connection, as it was before
 * @a:		filled in
 * @now:	microseconds
 */
void atcp_ack_begin(const struct atcp_tcb *tcb, struct atcp_ack *a, u64 now)
{
	memset(a, 0, sizeof(*a));
	a->now = now;
	a->una = tcb->snd.una;
	a->flight = atcp_flight(tcb);
}

static void take_times(struct atcp_ack *a, u64 at)
{
	if (!a->first_at || at < a->first_at)
		a->first_at = at;
	a->last_at = max(a->last_at, at);
}

/*
 * Octets up to @end of a run were not known to be delivered, and now are.  Of one
 * that was sent twice nobody knows which copy it was (Karn); and where runs had to be
 * joined the first of them was sent nobody knows when: no round trip is taken of it.
 */
static void delivered(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		      const struct atcp_sent *run, u32 end)
{
	bool once = !(run->flags & ATCP_AGAIN);

	a->delivered += end - run->seq;
	if (once) {
		if (!(run->flags & ATCP_JOINED))
			take_times(a, run->at);
		a->orig |= seq_leq(end, tcb->rec.recover);
	} else {
		a->again = true;
	}
	atcp_rack_delivered(tcb, seg, run, end, a->now);
	atcp_rate_delivered(tcb, a, run, end, end - run->seq);
}

/**
 * atcp_ack_cumulative() - all before SEG.ACK has arrived
 * @tcb:	the connection, SND.UNA not yet moved
 * @seg:	the ACK: SND.UNA < SEG.ACK =< SND.NXT
 * @a:		what it tells
 */
void atcp_ack_cumulative(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a)
{
	struct atcp_board *b = &tcb->board;
	unsigned int i;

	a->advanced = true;
	for (i = 0; i < b->n; i++) {
		const struct atcp_sent *run = atcp_board_peek(b) + i;

		if (seq_geq(run->seq, seg->ack))
			break;
		if (!(run->flags & ATCP_SACKED))
			delivered(tcb, seg, a, run, seq_min(atcp_run_end(b, i), seg->ack));
	}
	atcp_board_acked(b, seg->ack);
}

/* Above SND.UNA, of what was sent. [R2883-SNDUNA] */
static bool is_valid(const struct atcp_tcb *tcb, const struct atcp_range *block)
{
	return seq_lt(block->left, block->right) && seq_leq(block->right, tcb->snd.nxt) &&
	       seq_gt(block->right, tcb->snd.una);
}

/* The peer has what lies in one block: what of it is news? [R6675-UPDATE] */
static void take_block(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		       const struct atcp_range *block)
{
	struct atcp_board *b = &tcb->board;
	u32 left = seq_max(block->left, tcb->snd.una);
	unsigned int i = atcp_board_find(b, left);

	/* Mostly it has grown by a little: look before cutting. */
	while (i < b->n && atcp_board_peek(b)[i].flags & ATCP_SACKED)
		left = atcp_run_end(b, i++);
	if (!seq_lt(left, block->right))
		return;
	atcp_board_cut(b, left);
	atcp_board_cut(b, block->right);
	i = atcp_board_find(b, left);
	for (; i < b->n && seq_leq(atcp_run_end(b, i), block->right); i++) {
		const struct atcp_sent *run = atcp_board_peek(b) + i;
		u32 len = atcp_run_end(b, i) - run->seq;

		/* Where there was no room to cut, what lies below is in one with it. */
		if (run->flags & ATCP_SACKED || seq_lt(run->seq, left))
			continue;
		delivered(tcb, seg, a, run, run->seq + len);
		a->sacked += len;
		atcp_board_set(b, i, (run->flags & ~ATCP_LOST) | ATCP_SACKED);
	}
}

/*
 * A first block below SEG.ACK, or within the second, tells of octets that came twice
 * (RFC 2883, section 4).
 */
static bool is_dsack(const struct atcp_seg *seg)
{
	const struct atcp_range *first = &seg->opt.sack[0];
	const struct atcp_range *second = &seg->opt.sack[1];

	if (seq_leq(first->right, seg->ack))
		return true;
	return seg->opt.n_sack > 1 && seq_geq(first->left, second->left) &&
	       seq_leq(first->right, second->right);
}

static void take_dsack(struct atcp_tcb *tcb, const struct atcp_range *block, struct atcp_ack *a,
		       struct atcp_fx *fx)
{
	u32 window = max(tcb->snd.max_wnd, tcb->snd.nxt - a->una);

	/* Of what was sent not long ago, or it is none of ours (RFC 2883, 4.1). */
	if (!seq_lt(block->left, block->right) || seq_gt(block->right, tcb->snd.nxt) ||
	    seq_lt(block->left, a->una - window))
		return;
	a->dsack = true;
	a->dsack_end = block->right;
	tcb->rack.dsacks++;
	atcp_fx_event(fx, ATCP_EV_DSACK_RECEIVED);
	atcp_undo_dsack(tcb, block);
}

/**
 * atcp_ack_sack() - the SACK blocks of an ACK
 * @tcb:	the connection, SND.UNA moved
 * @seg:	the ACK
 * @a:		what it tells
 * @fx:		effects
 *
 * Lower blocks first, so that what was reordered is seen.  Source: RFC 2018, 5.
 */
void atcp_ack_sack(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		   struct atcp_fx *fx)
{
	struct atcp_range block[ATCP_MAX_SACK];
	u8 i, j, n = 0;

	if (!(tcb->opts_on & ATCP_OPT_SACK_PERM) || !seg->opt.n_sack)
		return;
	if (is_dsack(seg))
		take_dsack(tcb, &seg->opt.sack[0], a, fx);
	for (i = 0; i < seg->opt.n_sack; i++) {
		if (!is_valid(tcb, &seg->opt.sack[i]))
			continue;
		for (j = n++; j && seq_lt(seg->opt.sack[i].left, block[j - 1].left); j--)
			block[j] = block[j - 1];
		block[j] = seg->opt.sack[i];
	}
	for (i = 0; i < n; i++)
		take_block(tcb, seg, a, &block[i]);
}

/* A round trip seen by timestamps: good even after a retransmission. [R7323-RTTM] */
static u32 rtt_by_timestamp(const struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now)
{
	u32 ms;

	if (!(tcb->opts_on & ATCP_OPT_TS) || !(seg->opt.have & ATCP_OPT_TS) || !seg->opt.tsecr)
		return 0;
	ms = atcp_tsval(tcb, now) - seg->opt.tsecr;
	if (ms > 3600 * 1000)			/* not an echo of ours */
		return 0;
	return max_t(u32, ms, 1) * (u32)ATCP_MSEC;
}

static u32 since(u64 now, u64 then)
{
	return (u32)min_t(u64, now - then, U32_MAX) ?: 1;
}

/**
 * atcp_ack_rtt() - the round trip that an ACK shows
 * @tcb:	the connection
 * @seg:	the ACK
 * @a:		all that it delivers
 *
 * SRTT has a memory of so many round trips, not ACKs, so it takes one sample of
 * each; of the longest, which delayed ACKs make longer.  What looks at queues gets the
 * shortest, of each ACK.  RFC 6298: backoff stays until a sample of new data was taken (Karn).
 * [R6298-KARN] [R6298-KEEPBO] [R6298-RATE] [R7323-RTTMRATE]
 */
void atcp_ack_rtt(struct atcp_tcb *tcb, const struct atcp_seg *seg, const struct atcp_ack *a)
{
	u32 rtt = 0;

	tcb->rtt.latest = 0;
	if (a->first_at)
		rtt = since(a->now, a->first_at);
	else if (a->advanced)
		rtt = rtt_by_timestamp(tcb, seg, a->now);
	if (!rtt)
		return;
	atcp_rtt_seen(tcb, a->first_at ? since(a->now, a->last_at) : rtt, a->now);
	tcb->rec.backoff = 0;
	tcb->tlp.sampled = 1;
	if (tcb->rtt.srtt && !seq_gt(tcb->snd.una, tcb->rtt.round))
		return;
	atcp_rto_sample(tcb, rtt);
	tcb->rtt.round = tcb->snd.nxt;
}
