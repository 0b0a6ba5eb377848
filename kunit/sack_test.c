// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of the SACK blocks that text.c tells of: RFC 2018 and RFC 2883.
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- SACK: RFC 2018, 4 ---- */

/* R2018-FIRST, R2018-MANY, R2018-REPEAT: three with timestamps */
static void sack__latest_first(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(1, { 101, 151 })));
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(2, { 301, 351 }, { 101, 151 })));
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1,
		    BLOCKS(3, { 201, 251 }, { 301, 351 }, { 101, 151 })));
	arrive(t, SEG(ACK, .seq = 401, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1,
		    BLOCKS(3, { 401, 451 }, { 201, 251 }, { 301, 351 })));
	/* It grows: the block as it is now, first, once */
	arrive(t, SEG(ACK, .seq = 251, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1,
		    BLOCKS(3, { 201, 351 }, { 401, 451 }, { 101, 151 })));
	/* R2018-ALL: also in an ACK that moves on */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 151, BLOCKS(2, { 201, 351 }, { 401, 451 })));
}

/* Four without timestamps */
static void sack__four_blocks(struct kunit *test)
{
	static const struct world w = {
		.name = "SACK alone", .passive = true, .features = ATCP_F_SACK,
		.start = TRIAL_START,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	unsigned int i;

	for (i = 1; i < 5; i++) {
		arrive(t, SEG(ACK, .seq = 1 + 100 * i, .ack = 1, .text = 50));
		sent_whatever(t);
	}
	arrive(t, SEG(ACK, .seq = 501, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(4, { 501, 551 }, { 401, 451 },
						    { 301, 351 }, { 201, 251 })));
}

/* R2018-ONLYIF */
static void sack__not_without_leave(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
}

/* Held text goes with text of ours too, and makes the segment shorter. */
/* [R2018-ALL] */
static void sack__with_text(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 50));
	sent_whatever(t);
	user_send(t, 2000);
	KUNIT_EXPECT_GT(test, t->n_out, 0u);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.n_sack, 1);
	KUNIT_EXPECT_LE(test, t->out[0].mss + 12 + 12, TRIAL_MSS);
	sent_whatever(t);
}

/* R2883-DSACK: told once, before the others */
static void dsack__old_segment(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, BLOCKS(2, { 1, 101 }, { 201, 301 })));
	counted(t, ATCP_EV_DSACK_SENT);
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, BLOCKS(1, { 201, 401 })));
}

/* R2883-DSACK2: a duplicate inside a block, then that block */
static void dsack__inside_a_block(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 300));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 100));
	expect(t, ATCP_ESTABLISHED);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(2, { 301, 401 }, { 201, 501 })));
}

/* A part is new: the part that is not is told (RFC 2883, 4.2.2 and 4.2.3) */
static void dsack__of_a_part(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 251, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(2, { 251, 301 }, { 201, 351 })));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 51, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 151, BLOCKS(2, { 51, 101 }, { 201, 351 })));
	arrive(t, SEG(ACK, .seq = 151, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 351, BLOCKS(1, { 201, 251 })));
}

static void dsack__switched_off(struct kunit *test)
{
	static const struct world w = {
		.name = "no D-SACK", .passive = true, .start = TRIAL_START,
		.features = ATCP_F_SACK,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
}

/* Blocks that no late segment touched come last, as many as there is room for. */
static void sack__the_others_last(struct kunit *test)
{
	static const struct world w = {
		.name = "SACK alone", .passive = true, .features = ATCP_F_SACK,
		.start = TRIAL_START,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	unsigned int i;

	for (i = 1; i < 7; i++) {
		arrive(t, SEG(ACK, .seq = 1 + 100 * i, .ack = 1, .text = 50));
		sent_whatever(t);
	}
	arrive(t, SEG(ACK, .seq = 351, .ack = 1, .text = 50));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 551, .ack = 1, .text = 50));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(4, { 501, 651 }, { 301, 451 },
						    { 101, 151 }, { 201, 251 })));
}

/* R2018-ONLYIF: D-SACK is SACK; without it a duplicate is an old segment. */
static void dsack__not_without_leave(struct kunit *test)
{
	static const struct world w = {
		.name = "D-SACK alone", .passive = true,
		.features = ATCP_F_DSACK | ATCP_F_TIMESTAMPS,
		.start = TRIAL_START,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	not_counted(t, ATCP_EV_DSACK_SENT);
	KUNIT_EXPECT_FALSE(test, t->tcb.sack.dsack_on);
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
}

static struct kunit_case sack_cases[] = {
	KUNIT_CASE(sack__latest_first),
	KUNIT_CASE(sack__four_blocks),
	KUNIT_CASE(sack__not_without_leave),
	KUNIT_CASE(sack__with_text),
	KUNIT_CASE(dsack__old_segment),
	KUNIT_CASE(dsack__inside_a_block),
	KUNIT_CASE(dsack__of_a_part),
	KUNIT_CASE(dsack__switched_off),
	KUNIT_CASE(sack__the_others_last),
	KUNIT_CASE(dsack__not_without_leave),
	{}
};

TRIAL_SUITE(sack, sack_cases);
