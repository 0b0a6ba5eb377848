// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of board.c: runs of octets, cut, joined and summed up; against a model that
 * keeps each octet by itself.
 */

#include "../module/core/board.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define ISS	0xffffff00U		/* they wrap on the way */
#define OCTETS	1200
#define ROOM	64

struct model {
	struct kunit *test;
	struct atcp_board b;
	struct atcp_sent mem[ROOM];
	u64 at[OCTETS];
	u8 flags[OCTETS];
	u32 una;			/* offsets from ISS */
	u32 nxt;
	u64 now;
	u32 seed;
};

static struct model *model_new(struct kunit *test, u16 max)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	atcp_board_reset(&m->b, ISS);
	if (max)
		atcp_board_lend(&m->b, m->mem, max);
	m->now = 1;
	m->seed = 1;
	return m;
}

static u32 dice(struct model *m, u32 below)
{
	m->seed = m->seed * 1664525 + 1013904223;
	return below ? (m->seed >> 8) % below : 0;
}

static void send(struct model *m, u32 len)
{
	struct atcp_sent run = { .at = m->now };
	u32 i;

	len = min_t(u32, len, OCTETS - m->nxt);
	if (!len)
		return;
	for (i = m->nxt; i < m->nxt + len; i++) {
		m->at[i] = m->now;
		m->flags[i] = 0;
	}
	m->nxt += len;
	atcp_board_add(&m->b, ISS + m->nxt, &run);
}

/* All runs between two places get other flags. */
static void mark(struct model *m, u32 from, u32 to, u8 off, u8 on)
{
	unsigned int i;
	u32 k;

	if (from >= to)
		return;
	atcp_board_cut(&m->b, ISS + from);
	if (to < m->nxt)
		atcp_board_cut(&m->b, ISS + to);
	for (i = atcp_board_find(&m->b, ISS + from); i < m->b.n; i++) {
		struct atcp_sent *r = atcp_board_runs(&m->b) + i;

		if (seq_geq(r->seq, ISS + to))
			break;
		atcp_board_set(&m->b, i, (r->flags & ~off) | on);
	}
	for (k = from; k < to; k++)
		m->flags[k] = (m->flags[k] & ~off) | on;
}

static void compare_sums(struct model *m)
{
	u32 i, sacked = 0, lost = 0, again = 0, first_lost = m->nxt;

	for (i = m->una; i < m->nxt; i++) {
		sacked += !!(m->flags[i] & ATCP_SACKED);
		lost += !!(m->flags[i] & ATCP_LOST);
		again += m->flags[i] == ATCP_AGAIN;
		if (m->flags[i] & ATCP_LOST && first_lost == m->nxt)
			first_lost = i;
	}
	KUNIT_EXPECT_EQ(m->test, m->b.sacked, sacked);
	KUNIT_EXPECT_EQ(m->test, m->b.lost, lost);
	KUNIT_EXPECT_EQ(m->test, m->b.again, again);
	KUNIT_EXPECT_EQ(m->test, atcp_board_lost_seq(&m->b), ISS + first_lost);
	for (i = first_lost; i < m->nxt && m->flags[i] & ATCP_LOST; i++)
		;
	if (lost)
		KUNIT_EXPECT_EQ(m->test, atcp_board_lost_len(&m->b, ISS + first_lost),
				i - first_lost);
}

static void compare_octets(struct model *m)
{
	u32 i;

	for (i = m->una; i < m->nxt; i++) {
		unsigned int run = atcp_board_find(&m->b, ISS + i);
		const struct atcp_sent *r = atcp_board_peek(&m->b) + run;

		KUNIT_ASSERT_LT(m->test, run, (unsigned int)m->b.n);
		if (r->flags != m->flags[i] || r->at != m->at[i])
			KUNIT_FAIL(m->test, "octet %u: sent at %llu, not %llu; flags %#x, not %#x",
				   i, r->at, m->at[i], r->flags, m->flags[i]);
	}
	KUNIT_EXPECT_EQ(m->test, atcp_board_find(&m->b, ISS + m->nxt), (unsigned int)m->b.n);
}

static void step(struct model *m)
{
	u32 span = m->nxt - m->una;
	u32 from = m->una + dice(m, span), to = from + dice(m, m->nxt - from + 1);

	m->now += dice(m, 2);
	switch (dice(m, 6)) {
	case 0:
	case 1:
		send(m, dice(m, 40));
		break;
	case 2:
		mark(m, from, to, ATCP_LOST, ATCP_SACKED);
		break;
	case 3:
		mark(m, from, to, ATCP_SACKED, ATCP_LOST);
		break;
	case 4:
		mark(m, from, to, ATCP_LOST | ATCP_SACKED, ATCP_AGAIN);
		break;
	default:
		to = m->una + dice(m, span / 3 + 1);
		atcp_board_acked(&m->b, ISS + to);
		m->una = to;
		break;
	}
}

/* With room for all of it the board tells of each octet what the model does. */
static void board__as_octet_by_octet(struct kunit *test)
{
	struct model *m;
	u32 seed, i;

	for (seed = 0; seed < 40; seed++) {
		m = model_new(test, ROOM);
		m->seed = seed;
		for (i = 0; i < 300 && m->b.n < ROOM - 4; i++) {
			step(m);
			compare_sums(m);
			if (i % 16 == 0)
				compare_octets(m);
		}
		compare_octets(m);
	}
}

/* [R8985-TS] without room neighbours join, and count as sent no sooner than they were. */
static void board__without_room(struct kunit *test)
{
	u32 seed, i, k;

	for (seed = 0; seed < 20; seed++) {
		struct model *m = model_new(test, seed % 3 ? 5 : 0);

		for (i = 0; i < 30; i++) {
			m->now++;
			send(m, 1 + dice(m, 30));
			if (i % 7 == 3)
				atcp_board_acked(&m->b, ISS + (m->una += dice(m, 20)));
		}
		KUNIT_EXPECT_LE(test, (u32)m->b.n, room(&m->b));
		KUNIT_EXPECT_EQ(test, m->b.end, ISS + m->nxt);
		KUNIT_EXPECT_EQ(test, atcp_board_peek(&m->b)->seq, ISS + m->una);
		for (k = m->una; k < m->nxt; k++) {
			u64 at = atcp_board_peek(&m->b)[atcp_board_find(&m->b, ISS + k)].at;

			KUNIT_EXPECT_GE(test, at, m->at[k]);
		}
	}
}

/* No two of one fate, and no room: what is new joins the last, which is plain then. */
static void board__nothing_to_join(struct kunit *test)
{
	struct model *m = model_new(test, 0);
	struct atcp_board *b = &m->b;

	send(m, 10);
	m->now++;
	send(m, 10);
	atcp_board_set(b, 1, ATCP_SACKED);
	KUNIT_EXPECT_EQ(test, atcp_board_cut(b, ISS + 5), 2u);
	KUNIT_EXPECT_EQ(test, (int)b->n, 2);
	m->now++;
	send(m, 10);
	KUNIT_EXPECT_EQ(test, (int)b->n, 2);
	KUNIT_EXPECT_EQ(test, b->sacked, 0u);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)[1].at, m->now);
	KUNIT_EXPECT_EQ(test, atcp_run_end(b, 1), ISS + 30);
	/* What was sent again stays so: nobody is to time it. */
	atcp_board_set(b, 1, ATCP_LOST | ATCP_AGAIN);
	m->now++;
	send(m, 10);
	KUNIT_EXPECT_EQ(test, (int)atcp_board_peek(b)[1].flags, ATCP_AGAIN | ATCP_JOINED);
	KUNIT_EXPECT_EQ(test, b->lost, 0u);
	KUNIT_EXPECT_EQ(test, b->again, 30u);
}

/* What is sent at one moment is one run; what tells of it is what was sent last. */
static void board_add__one_moment(struct kunit *test)
{
	struct model *m = model_new(test, ROOM);
	struct atcp_sent run = { .at = 7, .in_flight = 100 };

	atcp_board_add(&m->b, ISS + 10, &run);
	run.in_flight = 110;
	atcp_board_add(&m->b, ISS + 20, &run);
	KUNIT_EXPECT_EQ(test, (int)m->b.n, 1);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(&m->b)->in_flight, 110u);
	run.flags = ATCP_APP_LIMITED;
	atcp_board_add(&m->b, ISS + 30, &run);
	run.at = 8;
	atcp_board_add(&m->b, ISS + 40, &run);
	KUNIT_EXPECT_EQ(test, (int)m->b.n, 3);
}

/* The shell lends, lends more, and takes back. */
static void board_lend__keeps_all(struct kunit *test)
{
	struct model *m = model_new(test, 0);
	struct atcp_sent more[4];
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, atcp_board_wants(&m->b));
	for (i = 0; i < 2; i++, m->now++)
		send(m, 10);
	KUNIT_EXPECT_TRUE(test, atcp_board_wants(&m->b));
	atcp_board_lend(&m->b, m->mem, ROOM);
	KUNIT_EXPECT_FALSE(test, atcp_board_wants(&m->b));
	for (i = 0; i < 30; i++, m->now++)
		send(m, 10);
	compare_octets(m);
	m->una = 300;
	atcp_board_acked(&m->b, ISS + 300);
	KUNIT_EXPECT_EQ(test, (int)m->b.first, 30);
	atcp_board_lend(&m->b, more, ARRAY_SIZE(more));
	compare_octets(m);
	atcp_board_lend(&m->b, NULL, 0);
	KUNIT_EXPECT_PTR_EQ(test, m->b.lent, NULL);
	compare_octets(m);
	m->una = 320;
	atcp_board_acked(&m->b, ISS + 320);
	KUNIT_EXPECT_EQ(test, (int)m->b.n, 0);
	compare_octets(m);
}

/* Places at the end of the memory are used again. */
static void board_add__pulls_up(struct kunit *test)
{
	struct model *m = model_new(test, 4);
	unsigned int i;

	for (i = 0; i < 40; i++) {
		m->now++;
		send(m, 10);
		if (m->b.n == 4) {
			m->una += 20;
			atcp_board_acked(&m->b, ISS + m->una);
		}
		compare_octets(m);
	}
}

static void board_forgive__one_mark(struct kunit *test)
{
	struct model *m = model_new(test, ROOM);

	send(m, 100);
	mark(m, 10, 20, 0, ATCP_SACKED);
	mark(m, 20, 30, 0, ATCP_LOST);
	mark(m, 30, 40, 0, ATCP_LOST | ATCP_AGAIN);
	atcp_board_forgive(&m->b, ATCP_LOST);
	mark(m, 20, 40, ATCP_LOST, 0);
	compare_sums(m);
	KUNIT_EXPECT_EQ(test, m->b.lost, 0u);
	KUNIT_EXPECT_EQ(test, m->b.sacked, 10u);
	atcp_board_forgive(&m->b, ATCP_SACKED);
	KUNIT_EXPECT_EQ(test, m->b.sacked, 0u);
	KUNIT_EXPECT_EQ(test, m->b.again, 10u);
}

static struct kunit_case board_cases[] = {
	KUNIT_CASE(board__as_octet_by_octet),
	KUNIT_CASE(board__without_room),
	KUNIT_CASE(board__nothing_to_join),
	KUNIT_CASE(board_add__one_moment),
	KUNIT_CASE(board_add__pulls_up),
	KUNIT_CASE(board_lend__keeps_all),
	KUNIT_CASE(board_forgive__one_mark),
	{}
};

TRIAL_SUITE(board, board_cases);
