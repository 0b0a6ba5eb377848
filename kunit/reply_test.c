// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of reply.c: RST in its forms, ACK and challenge ACK.
 */

#include "../module/core/reply.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* RFC 9293, 3.10.7.1, with every combination of control bits */
static void rst__every_control(struct kunit *test)
{
	unsigned int ctl;

	for (ctl = 0; ctl < 256; ctl++) {
		struct atcp_seg seg = {
			.seq = 0xfffffffb, .ack = 0x12345678, .text = 10, .ctl = ctl,
		};
		struct atcp_fx fx = { 0 };
		u32 len = 10 + !!(ctl & ATCP_SYN) + !!(ctl & ATCP_FIN);

		atcp_arrives_closed(&seg, &fx);
		if (ctl & ATCP_RST) {
			KUNIT_EXPECT_EQ(test, (int)fx.reply.ctl, 0);
		} else if (ctl & ATCP_ACK) {
			KUNIT_EXPECT_EQ(test, (int)fx.reply.ctl, ATCP_RST);
			KUNIT_EXPECT_EQ(test, fx.reply.seq, seg.ack);
		} else {
			KUNIT_EXPECT_EQ(test, (int)fx.reply.ctl, ATCP_RST | ATCP_ACK);
			KUNIT_EXPECT_EQ(test, fx.reply.seq, 0u);
			KUNIT_EXPECT_EQ(test, fx.reply.ack, seg.seq + len);
		}
		KUNIT_EXPECT_EQ(test, fx.reply.text, 0u);
		KUNIT_EXPECT_EQ(test, (int)fx.reply.opt.have, 0);
	}
}

/* R7323-TSRST: with a clock of ours when there is a connection */
static void rst__timestamp(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_SYN_RECEIVED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 0));
	KUNIT_ASSERT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].ctl, RST);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.have, ATCP_OPT_TS);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.tsval,
			(u32)div_u64(t->now, 1000) + t->tcb.ts.offset);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.tsecr,
			t->peer_clock + (u32)div_u64(t->now, 1000));
	sent_whatever(t);
}

/* R5961-TUNE */
static void challenge__limit_is_a_parameter(struct kunit *test)
{
	static const u8 limits[] = { 0, 1, 3, 255 };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		struct trial *t = plain_in(test, ATCP_ESTABLISHED);
		unsigned int acks = 0;

		t->tcb.p.challenge_max = limits[i];
		for (k = 0; k < 400; k++) {
			arrive(t, SEG(RST, .seq = 2));
			acks += t->n_out;
			sent_whatever(t);
		}
		KUNIT_EXPECT_EQ(test, acks, (unsigned int)limits[i]);
	}
}

/* One connection's throttle says nothing of another's (Errata 4772). */
static void challenge__one_connection_each(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED), *other;
	unsigned int k;

	for (k = 0; k < 20; k++) {
		arrive(t, SEG(RST, .seq = 2));
		sent_whatever(t);
	}
	other = plain_in(test, ATCP_ESTABLISHED);
	arrive(other, SEG(RST, .seq = 2));
	sent(other, SEG(ACK, .seq = 1, .ack = 1));
}

/* Two ends that find each other unacceptable do not talk for ever. */
static void challenge__no_loop_of_acks(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int k, acks = 0;

	for (k = 0; k < 1000; k++) {
		arrive(t, SEG(ACK, .seq = 100000, .ack = 1));
		acks += t->n_out;
		sent_whatever(t);
	}
	KUNIT_EXPECT_LE(test, acks, 10u);
}

static struct kunit_case reply_cases[] = {
	KUNIT_CASE(rst__every_control),
	KUNIT_CASE(rst__timestamp),
	KUNIT_CASE(challenge__limit_is_a_parameter),
	KUNIT_CASE(challenge__one_connection_each),
	KUNIT_CASE(challenge__no_loop_of_acks),
	{}
};

TRIAL_SUITE(reply, reply_cases);
