// SPDX-License-Identifier: GPL-2.0
/*
 * Which ACKs are samples of the round-trip time: RFC 6298 section 3 (Karn), RFC
 * 7323 section 4.  What is made of a sample is in rto_test.c.
 */

#include <linux/kernel.h>
#include "atcp_test.h"

/* R7323-RTTM: by timestamps, only of an ACK that moves SND.UNA */
static void by_timestamps(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 echo;

	t->tcb.rtt.srtt = 0;
	user_send(t, 100);
	sent_whatever(t);
	echo = t->seen_tsval;
	after(t, MSEC(150));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .tsecr = echo - 5000));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, 0u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 101, .tsecr = echo));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, 150000u);
}

/* An echo of what was never sent is no sample; nor is 0. */
static void not_by_nonsense(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 srtt;

	user_send(t, 3000);
	sent_whatever(t);
	after(t, MSEC(1000));		/* a copy: only timestamps may tell */
	sent_whatever(t);
	srtt = t->tcb.rtt.srtt;
	arrive(t, SEG(ACK, .seq = 1, .ack = 501, .tsecr = t->seen_tsval + 1000));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, srtt);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .tsecr = t->seen_tsval - 4000000));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, srtt);
	sent_whatever(t);
}

/* R6298-KARN, MUST-18: without timestamps a copy spoils the sample. */
static void karn(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 srtt, var;

	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(80));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	srtt = t->tcb.rtt.srtt;
	var = t->tcb.rtt.rttvar;
	KUNIT_EXPECT_GT(test, srtt, 0u);
	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(1500));
	sent_whatever(t);
	KUNIT_EXPECT_GT(test, (int)t->tcb.rec.backoff, 0);
	arrive(t, SEG(ACK, .seq = 1, .ack = 201));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, srtt);
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.rttvar, var);
	/* R6298-KEEPBO: backed off until there is a sample of new text */
	KUNIT_EXPECT_GT(test, (int)t->tcb.rec.backoff, 0);
	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(30));
	arrive(t, SEG(ACK, .seq = 1, .ack = 301));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.backoff, 0);
	KUNIT_EXPECT_NE(test, t->tcb.rtt.srtt, srtt);
}

static void one_sample_a_round(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	/* R6298-RATE: steady traffic, a step of the round trip is followed. */
	for (i = 0; i < 40; i++) {
		user_send(t, 1000);
		sent_whatever(t);
		after(t, MSEC(i < 20 ? 20 : 120));
		arrive(t, SEG(ACK, .seq = 1, .ack = snd_nxt(t)));
		sent_whatever(t);
		if (i == 19)
			KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt / 1000, 18u);
	}
	KUNIT_EXPECT_GT(test, t->tcb.rtt.srtt, 100000u);
}

/* What was sent twice is timed by its echo, which ends the backoff. R7323-RTTM */
static void of_a_copy(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	user_send(t, 100);
	sent_whatever(t);
	next_deadline(t);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.backoff, 1);
	t->tcb.rtt.srtt = 0;
	after(t, MSEC(70));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, 70000u);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.backoff, 0);
}

/* SRTT takes one sample of a round trip; the next is of what was sent after it. */
static void one_of_a_round(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);

	t->tcb.rtt.srtt = 0;
	t->tcb.rtt.min = 0;
	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(50));
	arrive(t, SEG(ACK, .seq = 1, .ack = 51));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, 50000u);
	after(t, MSEC(50));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, 50000u);
	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(130));
	arrive(t, SEG(ACK, .seq = 1, .ack = 102));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, 60000u);
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.min, 50000u);
}

/* What the congestion control is told of is a sample of this ACK, or none. */
static void latest__of_this_ack(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 100);
	sent_whatever(t);
	after(t, MSEC(50));
	t->tcb.rtt.latest = 77;
	arrive(t, SEG(ACK, .seq = 1, .ack = 51));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.latest, 50000u);
	after(t, MSEC(10));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.latest, 60000u);
	user_send(t, 100);
	sent_whatever(t);
	next_deadline(t);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 201));	/* of either copy */
	KUNIT_EXPECT_EQ(test, t->tcb.rtt.latest, 0u);
}

static struct kunit_case rtt_cases[] = {
	KUNIT_CASE(by_timestamps),
	KUNIT_CASE(not_by_nonsense),
	KUNIT_CASE(karn),
	KUNIT_CASE(one_sample_a_round),
	KUNIT_CASE(of_a_copy),
	KUNIT_CASE(one_of_a_round),
	KUNIT_CASE(latest__of_this_ack),
	{}
};

TRIAL_SUITE(rtt, rtt_cases);
