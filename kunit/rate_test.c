// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of rate.c: samples of the delivery rate.
 */

#include "../module/core/rate.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* What congestion control is told of the last ACK, as recovery.c makes it. */
static struct atcp_rate sample_of(struct trial *t, u32 ack)
{
	struct atcp_seg seg = { .ctl = ACK, .ack = t->iss + ack };
	struct atcp_ack a;

	atcp_ack_begin(&t->tcb, &a, t->now);
	atcp_ack_cumulative(&t->tcb, &seg, &a);
	t->tcb.snd.una = seg.ack;
	atcp_rate_sample(&t->tcb, &a);
	return a.rate;
}

/* A flight begins with what is sent when nothing was in flight; what else is known of it stays. */
static void sent__since_when(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_tcb *tcb = &t->tcb;
	struct atcp_sent run = { .flags = ATCP_AGAIN };

	after(t, SEC(5));
	tcb->rate.app_limited = 1;
	atcp_rate_sent(tcb, &run, 1000, t->now);
	KUNIT_EXPECT_EQ(test, run.since_first, 0u);
	KUNIT_EXPECT_EQ(test, run.since_delivered, 0u);
	KUNIT_EXPECT_EQ(test, (int)run.flags, ATCP_AGAIN | ATCP_APP_LIMITED);
	tcb->rate.app_limited = 0;
	user_send(t, 1000);
	sent_whatever(t);
	atcp_rate_sent(tcb, &run, 1000, t->now + MSEC(3));
	KUNIT_EXPECT_EQ(test, (u64)run.since_first, MSEC(3));
	KUNIT_EXPECT_EQ(test, (u64)run.since_delivered, MSEC(3));
	KUNIT_EXPECT_EQ(test, run.in_flight, 2000u);
	atcp_rate_sent(tcb, &run, 1000, t->now + SEC(5000));
	KUNIT_EXPECT_EQ(test, run.since_first, U32_MAX);
	KUNIT_EXPECT_EQ(test, run.since_delivered, U32_MAX);
}

/* ACKs close to each other, of what was sent slowly. */
static void sample__sent_slowly(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_sent run = {
		.at = t->now, .since_first = 9000, .since_delivered = 100,
		.delivered = t->tcb.rate.delivered,
	};
	struct atcp_ack a;

	t->tcb.rtt.min = 100;
	atcp_ack_begin(&t->tcb, &a, t->now + 200);
	atcp_rate_delivered(&t->tcb, &a, &run, 1000, 1000);
	atcp_rate_sample(&t->tcb, &a);
	KUNIT_EXPECT_EQ(test, a.rate.delivered, 1000u);
	KUNIT_EXPECT_EQ(test, a.rate.interval_us, 9000u);
	t->lenient = true;
}

/* Sent at once, delivered a segment a millisecond after a round trip of ten. */
static void sample__of_the_path(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_rate r;
	unsigned int i;

	user_send(t, 10000);
	sent_whatever(t);
	t->tcb.rtt.min = MSEC(10);
	after(t, MSEC(9));
	for (i = 1; i <= 10; i++) {
		after(t, MSEC(1));
		r = sample_of(t, 1 + 1000 * i);
		KUNIT_EXPECT_EQ(test, r.delivered, 1000 * i);
		KUNIT_EXPECT_EQ(test, (u64)r.interval_us, MSEC(9 + i));
		KUNIT_EXPECT_EQ(test, r.tx_in_flight, 10000u);
		KUNIT_EXPECT_EQ(test, r.lost, 0u);
	}
	KUNIT_EXPECT_EQ(test, t->tcb.rate.last_delivered, 10000u);
}

/* Steady state: a segment each millisecond, in and out, is 1000 octets a millisecond. */
static void sample__steady(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_rate r = { 0 };
	unsigned int i;

	t->tcb.cc.cwnd = 30000;
	t->tcb.rtt.min = MSEC(10);
	for (i = 0; i < 60; i++) {
		if (i < 50) {
			user_send(t, 1000);
			sent_whatever(t);
		}
		if (i >= 10)
			r = sample_of(t, 1 + 1000 * (i - 9));
		after(t, MSEC(1));
		if (i >= 25) {
			KUNIT_EXPECT_EQ(test, r.interval_us, r.delivered);
			KUNIT_EXPECT_LE(test, (u64)r.interval_us, MSEC(11));
		}
	}
}

/* ACKs that come all at once are no faster than the segments were sent. */
static void sample__compressed_acks(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_rate r;
	unsigned int i;

	t->tcb.rtt.min = MSEC(1);
	user_send(t, 1000);
	sent_whatever(t);
	for (i = 1; i < 5; i++) {
		after(t, MSEC(2));
		user_send(t, 1000);
		sent_whatever(t);
	}
	after(t, MSEC(5));
	r = sample_of(t, 5001);
	KUNIT_EXPECT_EQ(test, r.delivered, 5000u);
	KUNIT_EXPECT_EQ(test, (u64)r.interval_us, MSEC(13));
}

/* Faster than the shortest round trip cannot be. */
static void sample__too_short(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.rtt.min = MSEC(10);
	user_send(t, 1000);
	sent_whatever(t);
	after(t, MSEC(10) - 1);
	KUNIT_EXPECT_EQ(test, sample_of(t, 501).interval_us, 0u);
	after(t, 1);
	KUNIT_EXPECT_EQ(test, (u64)sample_of(t, 1001).interval_us, MSEC(10));
}

/* When the user had no more to give, until that flight is delivered. */
static void sample__app_limited(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.rtt.min = MSEC(1);
	user_send(t, 20000);			/* more than cwnd */
	sent_whatever(t);
	after(t, MSEC(5));
	/* Before that there was nothing to send. */
	KUNIT_EXPECT_TRUE(test, sample_of(t, 1001).app_limited);
	trial_drain(t);
	sent_whatever(t);
	after(t, MSEC(5));
	KUNIT_EXPECT_FALSE(test, sample_of(t, snd_nxt(t)).app_limited);
	trial_drain(t);
	sent_whatever(t);
	after(t, MSEC(5));
	sample_of(t, 20001);
	user_send(t, 1000);			/* it had run dry */
	sent_whatever(t);
	user_send(t, 1000);
	sent_whatever(t);
	after(t, MSEC(5));
	KUNIT_EXPECT_TRUE(test, sample_of(t, 21001).app_limited);
	KUNIT_EXPECT_TRUE(test, sample_of(t, 22001).app_limited);
	t->tcb.cc.cwnd = 2000;
	user_send(t, 9000);			/* now cwnd holds it back */
	sent_whatever(t);
	after(t, MSEC(5));
	sample_of(t, 24001);
	trial_drain(t);
	sent_whatever(t);
	after(t, MSEC(5));
	KUNIT_EXPECT_FALSE(test, sample_of(t, 26001).app_limited);
}

/* Of what an ACK delivers, what was sent last; a copy counts from when it was sent. */
static void sample__of_the_newest(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_rate r;

	t->tcb.rtt.min = MSEC(1);
	user_send(t, 3000);
	sent_whatever(t);
	after(t, MSEC(10));
	sample_of(t, 1001);
	t->tcb.rate.lost += 700;
	user_send(t, 1000);
	sent_whatever(t);
	t->tcb.rate.lost += 300;
	after(t, MSEC(10));
	r = sample_of(t, 4001);
	/* the SYN is one */
	KUNIT_EXPECT_EQ(test, r.prior_delivered, 1001u);
	KUNIT_EXPECT_EQ(test, r.delivered, 3000u);
	KUNIT_EXPECT_EQ(test, r.tx_in_flight, 3000u);
	KUNIT_EXPECT_EQ(test, r.lost, 300u);
	KUNIT_EXPECT_EQ(test, (u64)r.interval_us, MSEC(10));
}

/*
 * Sent at one moment: in the order of their numbers, whichever of them is told of first;
 * else in that of sending.
 */
static void sample__of_one_moment(struct kunit *test)
{
	const struct atcp_sent low = { .at = 5000, .in_flight = 1000 };
	const struct atcp_sent high = { .at = 5000, .in_flight = 2000 };
	const struct atcp_sent before = { .at = 4999, .in_flight = 500 };
	const struct atcp_sent copy = { .at = 5001, .in_flight = 3000 };
	struct atcp_ack a = { 0 };

	take_newest(&a, &low, 0xfffffff0);
	take_newest(&a, &high, 16);		/* they wrap */
	KUNIT_EXPECT_EQ(test, a.rate.tx_in_flight, 2000u);
	take_newest(&a, &low, 0xfffffff0);
	KUNIT_EXPECT_EQ(test, a.rate.tx_in_flight, 2000u);
	KUNIT_EXPECT_EQ(test, a.rate_end, 16u);
	take_newest(&a, &before, 32);
	KUNIT_EXPECT_EQ(test, a.rate.tx_in_flight, 2000u);
	take_newest(&a, &copy, 0xfffffff0);
	KUNIT_EXPECT_EQ(test, a.rate.tx_in_flight, 3000u);
}

/* An ACK that delivers nothing has none. */
static void sample__none(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_ack a;

	user_send(t, 1000);
	sent_whatever(t);
	atcp_ack_begin(&t->tcb, &a, t->now + MSEC(3));
	atcp_rate_sample(&t->tcb, &a);
	KUNIT_EXPECT_EQ(test, a.rate.interval_us, 0u);
}

static void one_sample(struct trial *t, u32 octets, u32 us, bool limited)
{
	struct atcp_sent run = {
		.at = t->now, .since_first = us, .delivered = t->tcb.rate.delivered,
		.flags = limited ? ATCP_APP_LIMITED : ATCP_SACKED,
	};
	struct atcp_ack a;

	atcp_ack_begin(&t->tcb, &a, t->now);
	atcp_rate_delivered(&t->tcb, &a, &run, 1000, octets);
	atcp_rate_sample(&t->tcb, &a);
}

/* What STATUS tells: of a user that pauses, only what is no slower than before. */
static void sample__for_status(struct kunit *test)
{
	static const struct {
		u32 octets, us;
		bool limited;
		u32 last, last_us;
		bool last_limited;
	} samples[] = {
		{ 1000, 1000, false, 1000, 1000, false },
		{ 500, 1000, true, 1000, 1000, false },
		{ 2000, 2000, true, 2000, 2000, true },
		{ 9000, 1000, true, 9000, 1000, true },
		{ 10, 1000, false, 10, 1000, false },
		{ 9000, 99, false, 10, 1000, false },		/* too short */
	};
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.rtt.min = 100;
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		one_sample(t, samples[i].octets, samples[i].us, samples[i].limited);
		KUNIT_EXPECT_EQ(test, t->tcb.rate.last_delivered, samples[i].last);
		KUNIT_EXPECT_EQ(test, t->tcb.rate.last_interval, samples[i].last_us);
		KUNIT_EXPECT_EQ(test, !!t->tcb.rate.last_limited, samples[i].last_limited);
	}
	t->lenient = true;
}

/* Until more is delivered than was in flight when the user had no more. */
static void limited__until(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_tcb *tcb = &t->tcb;
	u32 mark = tcb->rate.delivered + 1000;

	tcb->rate.app_limited = mark;
	one_sample(t, 1000, 1000, true);
	KUNIT_EXPECT_EQ(test, tcb->rate.app_limited, mark);
	one_sample(t, 1, 1000, true);
	KUNIT_EXPECT_EQ(test, tcb->rate.app_limited, 0u);
	t->lenient = true;
}

/* All had been sent that there was, nothing is lost, and cwnd had room. */
static void limited__conditions(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_tcb *tcb = &t->tcb;

	user_send(t, 3000);
	sent_whatever(t);
	tcb->rate.app_limited = 0;
	tcb->cc.cwnd = 3000;
	atcp_rate_check_limited(tcb);
	KUNIT_EXPECT_EQ(test, tcb->rate.app_limited, 0u);
	tcb->cc.cwnd = 3001;
	tcb->snd.end++;
	atcp_rate_check_limited(tcb);
	KUNIT_EXPECT_EQ(test, tcb->rate.app_limited, 0u);
	tcb->snd.end--;
	atcp_board_set(&tcb->board, 0, ATCP_LOST);
	atcp_rate_check_limited(tcb);
	KUNIT_EXPECT_EQ(test, tcb->rate.app_limited, 0u);
	atcp_board_set(&tcb->board, 0, 0);
	atcp_rate_check_limited(tcb);
	KUNIT_EXPECT_EQ(test, tcb->rate.app_limited, tcb->rate.delivered + 3000);
	tcb->rate.delivered = 0U - 3000;
	atcp_rate_check_limited(tcb);
	KUNIT_EXPECT_EQ(test, tcb->rate.app_limited, 1u);	/* 0 would be none */
	t->lenient = true;
}

static struct kunit_case rate_cases[] = {
	KUNIT_CASE(sent__since_when),
	KUNIT_CASE(sample__sent_slowly),
	KUNIT_CASE(sample__of_the_path),
	KUNIT_CASE(sample__steady),
	KUNIT_CASE(sample__compressed_acks),
	KUNIT_CASE(sample__too_short),
	KUNIT_CASE(sample__app_limited),
	KUNIT_CASE(sample__of_the_newest),
	KUNIT_CASE(sample__of_one_moment),
	KUNIT_CASE(sample__none),
	KUNIT_CASE(sample__for_status),
	KUNIT_CASE(limited__until),
	KUNIT_CASE(limited__conditions),
	{}
};

TRIAL_SUITE(rate, rate_cases);
