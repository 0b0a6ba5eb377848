// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of rto.c: RFC 6298, by numbers worked out by hand and by a reference
 * computation.
 */

#include "../module/core/rto.c"
#include <linux/kernel.h>
#include <linux/string.h>
#include "atcp_test.h"

static struct atcp_tcb *fresh(struct kunit *test, u32 min_ms, u32 max_ms)
{
	struct atcp_tcb *tcb = kunit_kzalloc(test, sizeof(*tcb), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tcb);
	tcb->p.rto_min_ms = min_ms;
	tcb->p.rto_max_ms = max_ms;
	memset(&tcb->rtt, 0xa5, sizeof(tcb->rtt));	/* of an earlier attempt */
	atcp_rto_init(tcb);
	return tcb;
}

/* R6298-INIT */
static void init__one_second(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);

	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), SEC(1));
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 0u);
	KUNIT_EXPECT_EQ(test, tcb->rtt.rttvar, 0u);
	KUNIT_EXPECT_EQ(test, tcb->rtt.min, 0u);
}

/* R6298-SYN3 */
static void init__three_seconds_after_syn_timeout(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);

	tcb->rec.syn_backoff = 1;
	atcp_rto_init(tcb);
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), SEC(3));
}

/* R6298-FIRST: R = 400 ms gives 400 + 4 * 200 */
static void sample__first(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);

	atcp_rto_sample(tcb, 400000);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 400000u);
	KUNIT_EXPECT_EQ(test, tcb->rtt.rttvar, 200000u);
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), 1200000ULL);
}

/* R6298-NEXT: RTTVAR is worked out with the old SRTT. */
static void sample__second(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);

	atcp_rto_sample(tcb, 400000);
	atcp_rto_sample(tcb, 800000);
	/* 3/4 * 200 + 1/4 * |400 - 800| = 250; 7/8 * 400 + 1/8 * 800 = 450 */
	KUNIT_EXPECT_EQ(test, tcb->rtt.rttvar, 250000u);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 450000u);
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), 1450000ULL);
	atcp_rto_sample(tcb, 50000);
	/* 187.5 + 100 = 287.5; 393.75 + 6.25 = 400 */
	KUNIT_EXPECT_EQ(test, tcb->rtt.rttvar, 287500u);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 400000u);
}

static void sample__against_reference(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 1, 10000000);
	s64 srtt = 0, var = 0;		/* microseconds * 1024 */
	u32 seed = 7, i;

	for (i = 0; i < 2000; i++) {
		s64 r, rto;

		seed = seed * 1103515245 + 12345;
		r = 1000 + (seed >> 8) % (i < 1000 ? 100000 : 3000000);
		atcp_rto_sample(tcb, r);
		if (!i) {
			srtt = r * 1024;
			var = r * 512;
		} else {
			s64 err = srtt - r * 1024;

			var = (3 * var + (err < 0 ? -err : err)) / 4;
			srtt = (7 * srtt + r * 1024) / 8;
		}
		rto = (srtt + max_t(s64, 1000 * 1024, 4 * var)) / 1024;
		/* Whole microseconds lose less than 8 in SRTT, 4 * 8 in RTTVAR. */
		KUNIT_ASSERT_LE(test, (s64)atcp_rto_current(tcb), rto + 48);
		KUNIT_ASSERT_GE(test, (s64)atcp_rto_current(tcb), rto - 48);
	}
}

/* R6298-G: the variance dies out, the granularity stays. */
static void sample__constant(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 1, 120000);
	int i;

	for (i = 0; i < 200; i++)
		atcp_rto_sample(tcb, 300000);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 300000u);
	KUNIT_EXPECT_EQ(test, tcb->rtt.rttvar, 0u);
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), 301000ULL);
}

/* A long path without variation: an ACK that is delayed comes in time. */
static void sample__all_alike(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);
	int i;

	for (i = 0; i < 200; i++)
		atcp_rto_sample(tcb, 2000000);
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), MSEC(2200));
	tcb->route.rto_min_ms = 50;
	atcp_rto_sample(tcb, 2000000);
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), MSEC(2050));
}

/* A sample of 0 is a sample: SRTT 0 would mean that there was none. */
static void sample__zero(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);

	atcp_rto_sample(tcb, 0);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 1u);
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), MSEC(200) + 1);
	atcp_rto_sample(tcb, 1000);
	atcp_rto_sample(tcb, 0);
	while (tcb->rtt.srtt > 1)
		atcp_rto_sample(tcb, 0);
	atcp_rto_sample(tcb, 0);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 1u);
}

static void sample__huge(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);

	atcp_rto_sample(tcb, 100000);
	atcp_rto_sample(tcb, U32_MAX);
	KUNIT_EXPECT_LE(test, atcp_rto_current(tcb), SEC(120));
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 100000u);	/* not believed */
	atcp_rto_sample(tcb, 120000001);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 100000u);
	atcp_rto_sample(tcb, 120000000);		/* two minutes are */
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 15087500u);
}

/* R6298-MIN, R6298-MAX */
static void bounds(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 60000);

	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), SEC(1));
	tcb->rtt.rto = 1000;
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), MSEC(200));
	tcb->p.rto_min_ms = 1000;
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), SEC(1));
	tcb->rtt.rto = 90000000;
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), SEC(60));
}

/* R6298-BACKOFF */
static void backed_off__doubles_up_to_the_limit(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 200, 120000);
	u64 rto = SEC(1);
	unsigned int n;

	for (n = 0; n < 256; n++) {
		KUNIT_EXPECT_EQ(test, atcp_rto_backed_off(tcb, n), rto);
		tcb->rec.backoff = n;
		KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), rto);
		rto = min_t(u64, 2 * rto, SEC(120));
	}
}

/* However many time-outs, the shift stays within the 64 bits of any RTO. */
static void backed_off__stops_to_double(struct kunit *test)
{
	struct atcp_tcb *tcb = fresh(test, 0, U32_MAX);

	tcb->rtt.rto = 1;
	KUNIT_EXPECT_EQ(test, atcp_rto_backed_off(tcb, 23), 1ULL << 23);
	KUNIT_EXPECT_EQ(test, atcp_rto_backed_off(tcb, 24), 1ULL << 24);
	KUNIT_EXPECT_EQ(test, atcp_rto_backed_off(tcb, 25), 1ULL << 24);
	tcb->rtt.rto = U32_MAX;
	KUNIT_EXPECT_EQ(test, atcp_rto_backed_off(tcb, 255), U32_MAX * ATCP_MSEC);
}

/* The least of five minutes, at least of a microsecond; and what this ACK showed */
static void rtt_seen__least(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;
	static const struct {
		u64 now;
		u32 rtt, latest, min;
	} steps[] = {
		{ SEC(1), 50000, 50000, 50000 }, { SEC(2), 70000, 70000, 50000 },
		{ SEC(3), 40000, 40000, 40000 }, { SEC(4), 120000001, 40000, 40000 },
		{ SEC(303), 60000, 60000, 40000 }, { SEC(303) + 1, 60000, 60000, 60000 },
		{ SEC(304), 0, 1, 1 },
	};
	unsigned int i;

	tcb->rtt.min = 0;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		atcp_rtt_seen(tcb, steps[i].rtt, steps[i].now);
		KUNIT_EXPECT_EQ(test, tcb->rtt.latest, steps[i].latest);
		KUNIT_EXPECT_EQ(test, tcb->rtt.min, steps[i].min);
	}
}

/* Met again, it is that of the five minutes from now on. */
static void rtt_seen__met_again(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;

	tcb->rtt.min = 0;
	atcp_rtt_seen(tcb, 50000, SEC(1));
	atcp_rtt_seen(tcb, 50000, SEC(200));
	atcp_rtt_seen(tcb, 60000, SEC(400));
	KUNIT_EXPECT_EQ(test, tcb->rtt.min, 50000u);
}

static struct kunit_case rto_cases[] = {
	KUNIT_CASE(init__one_second),
	KUNIT_CASE(init__three_seconds_after_syn_timeout),
	KUNIT_CASE(sample__first),
	KUNIT_CASE(sample__second),
	KUNIT_CASE(sample__against_reference),
	KUNIT_CASE(sample__constant),
	KUNIT_CASE(sample__all_alike),
	KUNIT_CASE(sample__zero),
	KUNIT_CASE(sample__huge),
	KUNIT_CASE(bounds),
	KUNIT_CASE(backed_off__doubles_up_to_the_limit),
	KUNIT_CASE(backed_off__stops_to_double),
	KUNIT_CASE(rtt_seen__least),
	KUNIT_CASE(rtt_seen__met_again),
	{}
};

TRIAL_SUITE(rto, rto_cases);
