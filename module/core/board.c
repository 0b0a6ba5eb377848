// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard: bookkeeping only.  Who finds out that a run is lost is rack.c and
 * recovery.c, what then follows is prr.c's and congestion control's.
 *
 * Owns tcb->board.  RFC 6675 section 4 (the scoreboard); RFC 8985 section 4 (when
 * each octet was sent last). [R8985-TS] [R2018-RECORD]
 */

#include <atcp/core.h>

static u32 room(const struct atcp_board *b)
{
	return b->lent ? b->max : ATCP_RUNS_OWN;
}

/**
 * atcp_board_reset() - nothing is outstanding
 * @b:		the scoreboard; what is lent stays so
 * @seq:	the next octet to be sent
 */
void atcp_board_reset(struct atcp_board *b, u32 seq)
{
	b->first = 0;
	b->n = 0;
	b->end = seq;
	b->sacked = 0;
	b->lost = 0;
	b->lost_from = seq;
	b->again = 0;
}

/**
 * atcp_board_lend() - other memory for the runs
 * @b:		the scoreboard
 * @mem:	room for @max runs, or NULL to give back what was lent, with at most
 *		ATCP_RUNS_OWN runs left
 * @max:	runs, at least as many as there are
 *
 * The caller frees what was lent before.
 */
void atcp_board_lend(struct atcp_board *b, struct atcp_sent *mem, u16 max)
{
	memcpy(mem ?: b->own, atcp_board_peek(b), b->n * sizeof(*mem));
	b->lent = mem;
	b->max = max;
	b->first = 0;
}

/**
 * atcp_board_find() - the run that holds an octet
 * @b:		the scoreboard
 * @seq:	first run =< @seq
 *
 * Return: its index, or b->n when @seq was not sent.
 */
unsigned int atcp_board_find(const struct atcp_board *b, u32 seq)
{
	const struct atcp_sent *r = atcp_board_peek(b);
	unsigned int low = 0, high = b->n;

	if (!b->n || seq_geq(seq, b->end))
		return b->n;
	while (high - low > 1) {
		unsigned int mid = (low + high) / 2;

		if (seq_leq(r[mid].seq, seq))
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* Octets of run @i enter (or leave) the sums that its flags name. */
static void count(struct atcp_board *b, unsigned int i, bool enters)
{
	u8 flags = atcp_board_peek(b)[i].flags;
	u32 len = atcp_run_end(b, i) - atcp_board_peek(b)[i].seq;

	if (!enters)
		len = -len;
	if (flags & ATCP_SACKED)
		b->sacked += len;
	if (flags & ATCP_LOST)
		b->lost += len;
	if ((flags & (ATCP_AGAIN | ATCP_SACKED | ATCP_LOST)) == ATCP_AGAIN)
		b->again += len;
}

/* Run @i + 1 joins run @i, which counts as sent when the later of them was. */
static void join(struct atcp_board *b, unsigned int i)
{
	struct atcp_sent *r = atcp_board_runs(b) + i;
	struct atcp_sent later = r[1].at > r[0].at ? r[1] : r[0];

	count(b, i, false);
	count(b, i + 1, false);
	later.seq = r->seq;
	later.flags |= r[0].flags | r[1].flags;
	if (r[0].at != r[1].at)
		later.flags |= ATCP_JOINED;
	*r = later;
	memmove(r + 1, r + 2, (b->n - i - 2) * sizeof(*r));
	b->n--;
	count(b, i, true);
}

/* That some of it was sent again counts for all of it, then: nobody is to time it. */
#define FATE	(ATCP_SACKED | ATCP_LOST)

/* Room for one run more: two neighbours of one fate, sent soonest one after the other. */
static bool make_room(struct atcp_board *b)
{
	struct atcp_sent *r;
	unsigned int i, best = 0;
	u64 least = U64_MAX;

	if (b->n < room(b))
		return true;
	r = atcp_board_runs(b);
	for (i = 0; i + 1 < b->n; i++) {
		u64 apart = r[i].at > r[i + 1].at ? r[i].at - r[i + 1].at : r[i + 1].at - r[i].at;

		if ((r[i].flags ^ r[i + 1].flags) & FATE || apart >= least)
			continue;
		least = apart;
		best = i;
	}
	if (least == U64_MAX)
		return false;
	join(b, best);
	return true;
}

/* To the beginning of the memory, so that there is place at the end. */
static void pull_up(struct atcp_board *b)
{
	struct atcp_sent *mem = b->lent ?: b->own;

	if (b->first + b->n < room(b))
		return;
	memmove(mem, mem + b->first, b->n * sizeof(*mem));
	b->first = 0;
}

/* The last run grows. */
static void extend(struct atcp_board *b, u32 end)
{
	count(b, b->n - 1, false);
	b->end = end;
	count(b, b->n - 1, true);
}

static bool same_moment(const struct atcp_sent *a, const struct atcp_sent *b)
{
	return a->at == b->at && a->flags == b->flags;
}

/**
 * atcp_board_add() - octets were sent for the first time
 * @b:		the scoreboard
 * @end:	the octet after them; they begin at b->end
 * @run:	when and how, without @seq
 */
void atcp_board_add(struct atcp_board *b, u32 end, const struct atcp_sent *run)
{
	struct atcp_sent *last;
	u32 seq = b->end;

	if (b->n) {
		last = &atcp_board_runs(b)[b->n - 1];
		if (same_moment(last, run)) {
			last->in_flight = run->in_flight;
			extend(b, end);
			return;
		}
	}
	if (!make_room(b)) {		/* forget what is known of the last */
		last = &atcp_board_runs(b)[b->n - 1];
		atcp_board_set(b, b->n - 1, (last->flags & ATCP_AGAIN) | ATCP_JOINED);
		last->at = run->at;
		extend(b, end);
		return;
	}
	pull_up(b);
	last = &atcp_board_runs(b)[b->n++];
	*last = *run;
	last->seq = seq;
	b->end = end;
}

/**
 * atcp_board_cut() - let a run begin at an octet
 * @b:		the scoreboard
 * @seq:	the octet
 *
 * Return: index of the run that begins with @seq; b->n when it was not sent, or
 * there is no room: then nothing changed that counts.
 */
unsigned int atcp_board_cut(struct atcp_board *b, u32 seq)
{
	unsigned int i = atcp_board_find(b, seq);
	struct atcp_sent *r;

	if (i == b->n || atcp_board_peek(b)[i].seq == seq)
		return i;
	if (seq_lt(seq, atcp_board_peek(b)[i].seq) || !make_room(b))
		return b->n;
	pull_up(b);
	i = atcp_board_find(b, seq);	/* what joined may lie before it */
	r = atcp_board_runs(b) + i;
	memmove(r + 1, r, (b->n - i) * sizeof(*r));
	b->n++;
	r[1].seq = seq;
	return i + 1;
}

/* Octets of run @i up to @end go to the run before it. */
static void move_boundary(struct atcp_board *b, unsigned int i, u32 end)
{
	count(b, i - 1, false);
	count(b, i, false);
	atcp_board_runs(b)[i].seq = end;
	count(b, i - 1, true);
	count(b, i, true);
}

/* What the peer told of beyond an octet is forgotten, so that it is lost as the rest is. */
static void forget_beyond(struct atcp_board *b, unsigned int i)
{
	for (; i < b->n; i++)
		if (atcp_board_peek(b)[i].flags & ATCP_SACKED)
			atcp_board_set(b, i, (atcp_board_peek(b)[i].flags & ~ATCP_SACKED) |
				       ATCP_LOST);
}

/**
 * atcp_board_carve() - a range is about to be sent again: let it be runs of its own
 * @b:		the scoreboard
 * @seq:	first octet
 * @end:	one past the last, at most b->end
 *
 * Without room it becomes a part of what is in flight before it; or what the peer told
 * of beyond it is forgotten.
 *
 * Return: index of its first run, which then ends no later than @end, but where @seq
 * itself could not be made to begin a run.
 */
unsigned int atcp_board_carve(struct atcp_board *b, u32 seq, u32 end)
{
	unsigned int i;

	atcp_board_cut(b, seq);
	if (end == b->end || atcp_board_cut(b, end) < b->n)
		return atcp_board_find(b, seq);
	i = atcp_board_find(b, seq);
	if (i && atcp_board_peek(b)[i].seq == seq &&
	    !(atcp_board_peek(b)[i - 1].flags & FATE)) {
		move_boundary(b, i, end);
		return i - 1;
	}
	forget_beyond(b, i);
	atcp_board_cut(b, end);
	return atcp_board_find(b, seq);
}

/**
 * atcp_board_set() - another fate
 * @b:		the scoreboard
 * @i:		index of the run
 * @flags:	all of them
 */
void atcp_board_set(struct atcp_board *b, unsigned int i, u8 flags)
{
	struct atcp_sent *r = atcp_board_runs(b) + i;

	count(b, i, false);
	if (flags & ATCP_LOST && (!b->lost || seq_lt(r->seq, b->lost_from)))
		b->lost_from = r->seq;
	r->flags = flags;
	count(b, i, true);
}

/**
 * atcp_board_acked() - the runs before SND.UNA go
 * @b:		the scoreboard
 * @una:	SND.UNA, at most b->end
 */
void atcp_board_acked(struct atcp_board *b, u32 una)
{
	while (b->n && seq_leq(atcp_run_end(b, 0), una)) {
		count(b, 0, false);
		b->first++;
		if (!--b->n)
			b->first = 0;
	}
	if (b->n && seq_lt(atcp_board_peek(b)->seq, una)) {
		count(b, 0, false);
		atcp_board_runs(b)->seq = una;
		count(b, 0, true);
	}
}

/**
 * atcp_board_forgive() - take a mark off all runs
 * @b:		the scoreboard
 * @flags:	ATCP_SACKED: the peer threw away what it had told of;
 *		ATCP_LOST: nothing was lost after all
 */
void atcp_board_forgive(struct atcp_board *b, u8 flags)
{
	unsigned int i;

	for (i = 0; i < b->n; i++)
		if (atcp_board_peek(b)[i].flags & flags)
			atcp_board_set(b, i, atcp_board_peek(b)[i].flags & ~flags);
}

/**
 * atcp_board_lost_seq() - the first octet that is deemed lost
 * @b:		the scoreboard, with b->lost > 0
 *
 * Return: its sequence number; b->end if there is none.
 */
u32 atcp_board_lost_seq(struct atcp_board *b)
{
	const struct atcp_sent *r = atcp_board_peek(b);
	u32 from = b->n && seq_lt(b->lost_from, r->seq) ? r->seq : b->lost_from;
	unsigned int i;

	for (i = atcp_board_find(b, from); i < b->n; i++) {
		if (!(r[i].flags & ATCP_LOST))
			continue;
		b->lost_from = r[i].seq;
		return r[i].seq;
	}
	return b->end;
}

/**
 * atcp_board_lost_len() - how much is lost from an octet on, without a gap
 * @b:		the scoreboard
 * @seq:	of a run that is LOST
 *
 * Return: octets.
 */
u32 atcp_board_lost_len(const struct atcp_board *b, u32 seq)
{
	unsigned int i = atcp_board_find(b, seq);

	while (i < b->n && atcp_board_peek(b)[i].flags & ATCP_LOST)
		i++;
	return (i < b->n ? atcp_board_peek(b)[i].seq : b->end) - seq;
}
