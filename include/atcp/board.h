/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scoreboard: what of SND.UNA =< x < SND.NXT was sent when, and what became of
 * it.  Runs of octets, in the order of their numbers, without gaps; one run is what
 * was sent last at one moment and has one fate, so that nothing is lost of it by
 * keeping it as one.
 *
 * A TCB has room for few runs, which is enough for most.  The shell lends more
 * (atcp_board_lend()); where there are too many all the same, neighbours of one fate
 * become one run that counts as sent when the later of them was.
 *
 * RFC 6675 section 4; RFC 8985 section 4; delivery rates: draft-ietf-ccwg-bbr.
 */
#ifndef _ATCP_BOARD_H
#define _ATCP_BOARD_H

#include <linux/types.h>

/* Fate of a run. */
#define ATCP_SACKED		0x01	/* the peer has it */
#define ATCP_LOST		0x02	/* deemed lost, and not sent again since */
#define ATCP_AGAIN		0x04	/* it was sent more than once */
#define ATCP_APP_LIMITED	0x08	/* sent when there was not enough to send */
#define ATCP_JOINED		0x10	/* parts of it were sent before the time it has */

/**
 * struct atcp_sent - a run of octets
 * @seq:	the first; the run ends where the next begins
 * @at:		microseconds, when they were sent last
 * @delivered:	atcp_rate.delivered then
 * @lost:	atcp_rate.lost then
 * @in_flight:	octets in flight then, these included
 * @since_delivered: microseconds since the delivery before
 * @since_first: microseconds since the first of the flight was sent
 * @flags:	ATCP_SACKED ...
 */
struct atcp_sent {
	u32 seq;
	u32 delivered;
	u64 at;
	u32 lost;
	u32 in_flight;
	u32 since_delivered;
	u32 since_first;
	u8 flags;
};

#define ATCP_RUNS_OWN		2	/* runs that a TCB has room for itself */
#define ATCP_RUNS_MAX		3276	/* most that can be lent: 128 KiB */
#define ATCP_RUNS_SPARE		10	/* as many new ones as one ACK can make, and more */

/**
 * struct atcp_board - the scoreboard of a connection
 * @lent:	memory that the shell lends, or NULL: the one pointer of a TCB, not
 *		into it
 * @max:	runs there is room for in @lent
 * @first:	where the runs begin
 * @n:		runs
 * @end:	octet after the last run
 * @sacked:	octets of runs that are SACKED
 * @lost:	octets of runs that are LOST: to be sent again
 * @lost_from:	no run before it is LOST
 * @again:	octets in flight that were sent again
 * @own:	used while nothing is lent
 */
struct atcp_board {
	struct atcp_sent *lent;
	u16 max;
	u16 first;
	u16 n;
	u32 end;
	u32 sacked;
	u32 lost;
	u32 lost_from;
	u32 again;
	struct atcp_sent own[ATCP_RUNS_OWN];
};

static inline struct atcp_sent *atcp_board_runs(struct atcp_board *b)
{
	return (b->lent ?: b->own) + b->first;
}

static inline const struct atcp_sent *atcp_board_peek(const struct atcp_board *b)
{
	return (b->lent ?: b->own) + b->first;
}

/* Octet after run @i. */
static inline u32 atcp_run_end(const struct atcp_board *b, unsigned int i)
{
	return i + 1 < b->n ? atcp_board_peek(b)[i + 1].seq : b->end;
}

/**
 * atcp_board_short() - whether the shell should lend more room to tell runs apart
 * @b:	the scoreboard
 *
 * There is to be room for all that a segment with SACK blocks can bring.
 * Context: the TCB's lock held; any.
 */
static inline bool atcp_board_short(const struct atcp_board *b)
{
	u32 max = b->lent ? b->max : ATCP_RUNS_OWN;

	return b->n + ATCP_RUNS_SPARE > max && max < ATCP_RUNS_MAX;
}

/**
 * atcp_board_wants() - the same, where a few runs may be all there will be
 * @b:	the scoreboard
 */
static inline bool atcp_board_wants(const struct atcp_board *b)
{
	return (b->n >= ATCP_RUNS_OWN || b->lost || b->sacked) && atcp_board_short(b);
}

void atcp_board_reset(struct atcp_board *b, u32 seq);
void atcp_board_lend(struct atcp_board *b, struct atcp_sent *mem, u16 max);
unsigned int atcp_board_find(const struct atcp_board *b, u32 seq);
void atcp_board_add(struct atcp_board *b, u32 end, const struct atcp_sent *run);
unsigned int atcp_board_cut(struct atcp_board *b, u32 seq);
unsigned int atcp_board_carve(struct atcp_board *b, u32 seq, u32 end);
void atcp_board_set(struct atcp_board *b, unsigned int i, u8 flags);
void atcp_board_acked(struct atcp_board *b, u32 una);
void atcp_board_forgive(struct atcp_board *b, u8 flags);
u32 atcp_board_lost_seq(struct atcp_board *b);
u32 atcp_board_lost_len(const struct atcp_board *b, u32 seq);

#endif /* _ATCP_BOARD_H */
