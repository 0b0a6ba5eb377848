// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of reply.c: RST in its forms, ACK and challenge ACK.
 */

#include "../module/core/reply.c"
#include <linux/kernel.h>
#include <linux/math64.h>
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

/* R7323-TSRST: no clock of ours without timestamps of ours */
static void rst__timestamp_not_agreed_on(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_SENT);
	struct atcp_seg seg = {
		.ctl = ACK, .ack = 77, .opt.have = ATCP_OPT_TS, .opt.tsval = 1234,
	};

	trial_begin(t);
	atcp_reply_rst(&t->tcb, &seg, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->fx.reply.opt.have, ATCP_OPT_TS);
	KUNIT_EXPECT_EQ(test, t->fx.reply.opt.tsecr, 1234u);
	KUNIT_EXPECT_EQ(test, t->fx.reply.opt.tsval, 0u);
	KUNIT_EXPECT_EQ(test, t->fx.reply.seq, 77u);
}

static void abort__timestamp(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	user_abort(t);
	KUNIT_ASSERT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.have, ATCP_OPT_TS);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.tsval,
			(u32)div_u64(t->now, 1000) + t->tcb.ts.offset);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.tsecr, t->tcb.ts.recent);
	sent(t, SEG(RST, .seq = 1));
	t = plain_in(test, ATCP_ESTABLISHED);
	user_abort(t);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.have, 0);
	sent(t, SEG(RST, .seq = 1));
}

/* Before the SYN is acknowledged the window says nothing: SND.NXT, though it is shut. */
static void ack_seq__shut_by_the_syn(struct kunit *test)
{
	static const struct world shut = {
		.name = "shut", .passive = true, .peer_plain = true, .iss = 7,
		.irs = 8000, .start = TRIAL_START, .peer_wnd = ZERO_WND,
	};
	struct trial *t = trial_in(test, &shut, ATCP_SYN_RECEIVED);

	arrive(t, SEG(ACK, .seq = 100000, .ack = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
}

/* R5961-THROTTLE: so many in five seconds, which begin with the first of them */
static void challenge__five_seconds(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 first = t->now + SEC(2);

	t->tcb.p.challenge_max = 2;
	t->tcb.challenge.since = t->now;
	t->now = first;
	atcp_challenge_ack(&t->tcb, t->now, &t->fx);
	KUNIT_EXPECT_EQ(test, t->tcb.challenge.since, first);
	atcp_challenge_ack(&t->tcb, first + SEC(4), &t->fx);
	t->tcb.send = ATCP_SEND_KEEPALIVE;
	atcp_challenge_ack(&t->tcb, first + SEC(5) - 1, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_KEEPALIVE);
	atcp_challenge_ack(&t->tcb, first + SEC(5), &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, ATCP_SEND_KEEPALIVE | ATCP_SEND_ACK);
	KUNIT_EXPECT_EQ(test, t->tcb.challenge.since, first + SEC(5));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.challenge.n, 1);
}

static struct kunit_case reply_cases[] = {
	KUNIT_CASE(rst__every_control),
	KUNIT_CASE(rst__timestamp),
	KUNIT_CASE(challenge__limit_is_a_parameter),
	KUNIT_CASE(challenge__one_connection_each),
	KUNIT_CASE(challenge__no_loop_of_acks),
	KUNIT_CASE(rst__timestamp_not_agreed_on),
	KUNIT_CASE(abort__timestamp),
	KUNIT_CASE(ack_seq__shut_by_the_syn),
	KUNIT_CASE(challenge__five_seconds),
	{}
};

TRIAL_SUITE(reply, reply_cases);
