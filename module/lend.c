// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the scoreboard of a connection that has more in flight than its TCB has
 * room to tell apart: lent while it is needed, taken back once all is acknowledged.
 *
 * Owns what tcb->board.lent points to, under conn->lock.  Where there is no memory
 * the scoreboard makes do with what it has (include/atcp/board.h).
 */

#include <linux/slab.h>
#include <atcp/conn.h>

#define SIZE_FIRST	2048U		/* octets; four times as many, each time */
#define SIZE_MOST	(ATCP_RUNS_MAX * sizeof(struct atcp_sent))

/**
 * atcp_lend() - more room
 * @conn:	under its lock, where atcp_board_wants() says so
 */
void atcp_lend(struct atcp_conn *conn)
{
	struct atcp_board *b = &conn->tcb.board;
	size_t size = b->lent ? b->max * sizeof(struct atcp_sent) * 4 : SIZE_FIRST;
	struct atcp_sent *old = b->lent, *mem;

	lockdep_assert_held(&conn->lock);
	size = min_t(size_t, roundup_pow_of_two(size), roundup_pow_of_two(SIZE_MOST));
	mem = kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);
	if (!mem)
		return;
	atcp_board_lend(b, mem, size / sizeof(*mem));
	kfree(old);
}

/**
 * atcp_lend_back() - take back what is lent
 * @conn:	under its lock with nothing outstanding, or about to be freed
 */
void atcp_lend_back(struct atcp_conn *conn)
{
	struct atcp_board *b = &conn->tcb.board;
	struct atcp_sent *mem = b->lent;

	if (b->n)
		atcp_board_reset(b, b->end);
	atcp_board_lend(b, NULL, 0);
	kfree(mem);
}
