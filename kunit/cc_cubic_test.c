// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of cc_cubic.c: RFC 9438.
 */

#include "../module/core/cc_cubic.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define MSS	1000

/* A connection whose window is always in use. */
struct flow {
	struct atcp_cc cc;
	u64 now;
	u32 rtt_us;
};

static struct flow start(u32 segments, u32 rtt_us)
{
	struct flow f = { .now = 1000000, .rtt_us = rtt_us };

	atcp_cc_init(&f.cc, atcp_cc_find("cubic"), MSS);
	f.cc.cwnd = segments * MSS;
	return f;
}

static void ack(struct flow *f, u32 octets)
{
	struct atcp_cc_ack a = {
		.now = f->now, .acked = octets, .flight = f->cc.cwnd,
		.srtt_us = f->rtt_us, .rtt_us = f->rtt_us, .cwnd_limited = true,
	};

	atcp_cc_cubic.acked(&f->cc, &a);
}

/* A round trip: an ACK for each segment of the window, evenly spread. */
static void round_trip(struct flow *f)
{
	u32 n = f->cc.cwnd / MSS, i;
	u64 end = f->now + f->rtt_us;

	for (i = 0; i < n; i++) {
		f->now += f->rtt_us / n;
		ack(f, MSS);
	}
	f->now = end;
}

static void lose(struct flow *f, bool timeout)
{
	struct atcp_cc_loss loss = { .flight = f->cc.cwnd, .timeout = timeout };

	f->cc.ssthresh = atcp_cc_cubic.ssthresh(&f->cc, &loss);
	f->cc.cwnd = timeout ? MSS : f->cc.ssthresh;
}

static void run_for(struct flow *f, u64 us)
{
	u64 end = f->now + us;

	while (f->now < end)
		round_trip(f);
}

static void cube_root__exact(struct kunit *test)
{
	u64 y;

	KUNIT_EXPECT_EQ(test, cube_root(0), 0u);
	for (y = 1; y < 2000000; y += y / 7 + 1) {
		KUNIT_EXPECT_EQ(test, cube_root(y * y * y), (u32)y);
		KUNIT_EXPECT_EQ(test, cube_root(y * y * y - 1), (u32)y - 1);
	}
}

/*
 * Equation (2): K = cbrt((W_max - cwnd_epoch) / C); cbrt(30 / 0.4) s = 4.217 s.
 * [R9438-C]
 */
static void k__of_a_loss(struct kunit *test)
{
	struct flow f = start(70, 100000);

	KUNIT_EXPECT_EQ(test, time_to_plateau(&f.cc, 100 * MSS), 4217u);
	KUNIT_EXPECT_EQ(test, time_to_plateau(&f.cc, 70 * MSS), 0u);
	KUNIT_EXPECT_EQ(test, time_to_plateau(&f.cc, 60 * MSS), 0u);
	f.cc.cwnd = 700 * MSS;		/* cbrt(300 / 0.4) s = 9.086 s */
	KUNIT_EXPECT_EQ(test, time_to_plateau(&f.cc, 1000 * MSS), 9085u);
}

/* Equation (1), with W_max = 100 and K = 4.217 s. [R9438-WCUBIC] [R9438-C] */
static void w_cubic__values(struct kunit *test)
{
	struct flow f = start(70, 100000);
	struct cubic c = { .origin = 100 * MSS, .k = 4217 };

	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, 4217), 100u * MSS);
	/* 0.4 * 4.217^3 is 29.997 */
	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, 0), 70004u);
	/* 0.4 segments a second from the plateau, 3.2 at two, 50 at five */
	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, 5217), 100400u);
	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, 3217), 99600u);
	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, 6217), 103200u);
	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, 9217), 150000u);
	/* Far away nothing overflows. */
	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, U32_MAX), ATCP_CWND_MAX);
	c.k = MS_MAX;
	KUNIT_EXPECT_EQ(test, w_cubic(&f.cc, &c, 0), 0u);
}

/* 4.3: 9/17 of a segment for a window's worth, and one from cwnd_prior on. [R9438-ALPHA1] */
static void w_est__alpha(struct kunit *test)
{
	struct flow f = start(10, 100000);
	struct cubic c = { .prior = 20 * MSS };

	c.w_est = (20ULL * MSS << W_EST_SHIFT) - 1;
	KUNIT_EXPECT_EQ(test, grow_w_est(&f.cc, &c, 10 * MSS), 20529u);
	c.w_est = 20ULL * MSS << W_EST_SHIFT;
	KUNIT_EXPECT_EQ(test, grow_w_est(&f.cc, &c, 10 * MSS), 21u * MSS);
	c.w_est = (u64)(ATCP_CWND_MAX - 1) << W_EST_SHIFT;
	KUNIT_EXPECT_EQ(test, grow_w_est(&f.cc, &c, 10 * MSS), ATCP_CWND_MAX);
}

/*
 * Slow start that ended without a loss may have ended too soon: a twentieth a round trip,
 * until the first loss shows where the path ends; after that the cubic, or Reno.
 */
static void avoidance__searches_before_the_first_loss(struct kunit *test)
{
	struct flow f = start(100, 100000);
	u32 before;

	f.cc.ssthresh = f.cc.cwnd;
	round_trip(&f);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 105u * MSS);
	before = f.cc.cwnd;
	ack(&f, 2 * f.cc.cwnd);			/* no more than a window's worth */
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, before + before / 20);
	f.cc.cwnd = ATCP_CWND_MAX - MSS;
	ack(&f, f.cc.cwnd);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, ATCP_CWND_MAX);

	f = start(100, 100000);
	lose(&f, false);
	f.cc.cwnd = 100 * MSS;			/* on the plateau */
	round_trip(&f);
	KUNIT_EXPECT_LT(test, f.cc.cwnd, 102u * MSS);
}

/* 4.6: by beta, and never below two segments. [R9438-BETA] */
static void ssthresh__by_beta(struct kunit *test)
{
	struct flow f = start(100, 100000);

	lose(&f, false);
	KUNIT_EXPECT_EQ(test, f.cc.ssthresh, 70u * MSS);
	f.cc.cwnd = 2 * MSS;
	lose(&f, false);
	KUNIT_EXPECT_EQ(test, f.cc.ssthresh, 2u * MSS);
}

/* 4.7: a loss below the last W_max gives up 15 % of what was reached. [R9438-FASTCONV] */
static void ssthresh__fast_convergence(struct kunit *test)
{
	struct flow f = start(100, 100000);

	lose(&f, false);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->w_max, 100u * MSS);
	f.cc.cwnd = 80 * MSS;
	lose(&f, false);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->w_max, 68u * MSS);
	f.cc.cwnd = 90 * MSS;
	lose(&f, false);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->w_max, 90u * MSS);
	f.cc.cwnd = 90 * MSS;
	lose(&f, false);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->w_max, 90u * MSS);
}

/* What was not used, or was let go in recovery alone, was not reached. */
static void ssthresh__of_what_was_outstanding(struct kunit *test)
{
	struct atcp_cc_loss loss = { .flight = 50 * MSS };
	struct flow f = start(100, 100000);

	KUNIT_EXPECT_EQ(test, atcp_cc_cubic.ssthresh(&f.cc, &loss), 35u * MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->w_max, 50u * MSS);
	loss.flight = 0;
	KUNIT_EXPECT_EQ(test, atcp_cc_cubic.ssthresh(&f.cc, &loss), 2u * MSS);
	f = start(100, 100000);
	loss.flight = 150 * MSS;
	KUNIT_EXPECT_EQ(test, atcp_cc_cubic.ssthresh(&f.cc, &loss), 105u * MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->w_max, 100u * MSS);
}

/* Concave to the plateau at K, and beyond it convex. [R9438-INC] */
static void avoidance__follows_the_cubic(struct kunit *test)
{
	struct flow f = start(1000, 100000);

	f.cc.ssthresh = f.cc.cwnd;
	lose(&f, false);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 700u * MSS);
	run_for(&f, 4500000);		/* 1000 - 0.4 * 4.586^3 = 961 */
	KUNIT_EXPECT_GT(test, f.cc.cwnd, 955u * MSS);
	KUNIT_EXPECT_LT(test, f.cc.cwnd, 966u * MSS);
	run_for(&f, 4600000);
	KUNIT_EXPECT_GT(test, f.cc.cwnd, 998u * MSS);
	KUNIT_EXPECT_LT(test, f.cc.cwnd, 1003u * MSS);
	run_for(&f, 10000000);		/* 1000 + 0.4 * 10^3 = 1400 */
	KUNIT_EXPECT_GT(test, f.cc.cwnd, 1380u * MSS);
	KUNIT_EXPECT_LT(test, f.cc.cwnd, 1430u * MSS);
}

/* 4.4: the target is where the cubic will be a round trip from now. [R9438-TARGET] */
static void avoidance__target(struct kunit *test)
{
	struct flow f = start(1000, 4000000);

	f.cc.ssthresh = f.cc.cwnd;
	lose(&f, false);
	ack(&f, 1);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->k, 9085u);
	f.now += 15085000;
	f.cc.ssthresh = 2 * MSS;
	f.cc.cwnd = 1300 * MSS;
	ack(&f, 1300 * MSS);		/* 1000 + 0.4 * (15.085 + 4 - 9.085)^3 */
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 1400u * MSS);
	f.cc.cwnd = 500 * MSS;		/* half as much again is the most, */
	ack(&f, 500 * MSS);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 750u * MSS);
	f.cc.cwnd = 1500 * MSS;		/* and nothing the least */
	ack(&f, 1500 * MSS);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 1500u * MSS);
}

/* 4.4: no more than half of itself in a round trip, however late it is. [R9438-TARGET] */
static void avoidance__bounded_in_a_round(struct kunit *test)
{
	struct flow f = start(100, 100000);
	u32 cwnd;

	f.cc.ssthresh = f.cc.cwnd;
	lose(&f, false);
	round_trip(&f);
	f.now += 100 * 1000000ULL;
	cubic_of(&f.cc)->last = f.now;
	cwnd = f.cc.cwnd;
	round_trip(&f);
	KUNIT_EXPECT_GT(test, f.cc.cwnd, cwnd + cwnd / 4);
	KUNIT_EXPECT_LE(test, f.cc.cwnd, 2 * cwnd);
}

/*
 * 4.3: where Reno is faster, a short path with a small window, as fast as Reno.
 * [R9438-WEST] [R9438-ALPHA1]
 */
static void avoidance__as_fast_as_reno(struct kunit *test)
{
	struct flow f = start(20, 10000);
	u32 i;

	f.cc.ssthresh = f.cc.cwnd;
	lose(&f, false);
	/* 9/17 of a segment a round trip, until cwnd_prior is reached: 11.3 rounds */
	for (i = 0; i < 8; i++)
		round_trip(&f);
	KUNIT_EXPECT_GE(test, f.cc.cwnd, 14000u + 8 * 500);
	KUNIT_EXPECT_LE(test, f.cc.cwnd, 14000u + 8 * 529);
	/* and then one */
	for (i = 0; i < 4; i++)
		round_trip(&f);
	i = f.cc.cwnd;
	for (; f.now < 1400000;)
		round_trip(&f);
	KUNIT_EXPECT_GT(test, f.cc.cwnd, i + 20 * 900);
	KUNIT_EXPECT_LE(test, f.cc.cwnd, i + 30 * MSS);
}

/*
 * 4.8: after a time-out slow start to beta of the window, and from there the plateau.
 * [R9438-RTO]
 */
static void timeout__starts_over(struct kunit *test)
{
	struct flow f = start(100, 100000);
	u32 i;

	lose(&f, true);
	KUNIT_EXPECT_EQ(test, f.cc.ssthresh, 70u * MSS);
	for (i = 0; i < 69; i++)
		ack(&f, MSS);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 70u * MSS);
	ack(&f, MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->k, 0u);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->origin, 70u * MSS);
	/* The next loss is like any other. */
	f.cc.cwnd = 100 * MSS;
	lose(&f, false);
	ack(&f, MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->k, 4217u);
}

/* The ACK that reaches ssthresh counts, for what is left of it, as one of after. */
static void slow_start__ends_at_ssthresh(struct kunit *test)
{
	struct flow f = start(4, 100000);

	f.cc.ssthresh = 5 * MSS + 500;
	ack(&f, MSS);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 5u * MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->epoch, 0ULL);
	ack(&f, MSS);
	KUNIT_EXPECT_GE(test, f.cc.cwnd, 5u * MSS + 500);
	KUNIT_EXPECT_LT(test, f.cc.cwnd, 6u * MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->epoch, f.now);
}

/*
 * The first slow start ends by HyStart++, and congestion avoidance begins there.
 * [R9438-SS]
 */
static void slow_start__hystart(struct kunit *test)
{
	struct flow f = start(10, 50000);
	u32 una = 0, i;

	for (i = 0; i < 4000 && f.cc.ssthresh == U32_MAX; i++) {
		struct atcp_cc_ack a = {
			.now = f.now += 100, .acked = MSS, .flight = f.cc.cwnd,
			.srtt_us = 50000, .cwnd_limited = true,
		};

		una += MSS;
		a.una = una;
		a.nxt = una + f.cc.cwnd;
		a.rtt_us = 50000 + (f.cc.cwnd > 100 * MSS ? 10000 : 0);
		atcp_cc_cubic.acked(&f.cc, &a);
	}
	KUNIT_EXPECT_EQ(test, f.cc.ssthresh, f.cc.cwnd);
	KUNIT_EXPECT_GT(test, f.cc.cwnd, 100u * MSS);
	KUNIT_EXPECT_LT(test, f.cc.cwnd, 800u * MSS);
	ack(&f, MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->k, 0u);
	KUNIT_EXPECT_GE(test, cubic_of(&f.cc)->origin, f.cc.ssthresh);
}

/* 5.8: while the application sends little the cubic stands still. [R9438-APPLIM] */
static void idle__does_not_count(struct kunit *test)
{
	struct flow f = start(100, 100000), g;
	struct atcp_cc_ack idle = { .acked = MSS };
	u32 i;

	f.cc.ssthresh = f.cc.cwnd;
	lose(&f, false);
	run_for(&f, 1000000);
	g = f;
	for (i = 0; i < 600; i++) {
		idle.now = f.now += 100000;
		atcp_cc_cubic.acked(&f.cc, &idle);
	}
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, g.cc.cwnd);
	run_for(&f, 2000000);
	run_for(&g, 2000000);
	KUNIT_EXPECT_LE(test, f.cc.cwnd, g.cc.cwnd + MSS);
	KUNIT_EXPECT_GE(test, f.cc.cwnd + MSS, g.cc.cwnd);
}

/* Nor does it begin; and a window that was not used does not grow. [R9438-CWNDUSE] */
static void idle__begins_nothing(struct kunit *test)
{
	struct atcp_cc_ack idle = { .acked = MSS };
	struct flow f = start(100, 100000);

	idle.now = f.now += 1000000;
	atcp_cc_cubic.acked(&f.cc, &idle);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 100u * MSS);
	lose(&f, false);
	idle.now = f.now += 1000000;
	atcp_cc_cubic.acked(&f.cc, &idle);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->epoch, 0ULL);
	KUNIT_EXPECT_EQ(test, f.cc.cwnd, 70u * MSS);
	f.now += 1000000;
	ack(&f, MSS);
	KUNIT_EXPECT_EQ(test, cubic_of(&f.cc)->epoch, f.now);
}

static void acked__never_overflows(struct kunit *test)
{
	struct flow f = start(1, 100000);
	u32 i;

	f.cc.mss = 65535;
	f.cc.cwnd = 1U << 29;
	f.cc.ssthresh = MSS;
	for (i = 0; i < 64; i++) {
		u32 cwnd = f.cc.cwnd;

		f.now += 3600 * 1000000ULL;
		ack(&f, 1U << 30);
		KUNIT_ASSERT_GE(test, f.cc.cwnd, cwnd);
		KUNIT_ASSERT_LE(test, f.cc.cwnd, ATCP_CWND_MAX);
	}
	lose(&f, false);
	KUNIT_EXPECT_LT(test, f.cc.cwnd, ATCP_CWND_MAX);
}

static struct kunit_case cc_cubic_cases[] = {
	KUNIT_CASE(cube_root__exact),
	KUNIT_CASE(k__of_a_loss),
	KUNIT_CASE(w_cubic__values),
	KUNIT_CASE(w_est__alpha),
	KUNIT_CASE(slow_start__ends_at_ssthresh),
	KUNIT_CASE(slow_start__hystart),
	KUNIT_CASE(avoidance__follows_the_cubic),
	KUNIT_CASE(avoidance__target),
	KUNIT_CASE(avoidance__bounded_in_a_round),
	KUNIT_CASE(avoidance__as_fast_as_reno),
	KUNIT_CASE(avoidance__searches_before_the_first_loss),
	KUNIT_CASE(idle__does_not_count),
	KUNIT_CASE(idle__begins_nothing),
	KUNIT_CASE(ssthresh__by_beta),
	KUNIT_CASE(ssthresh__fast_convergence),
	KUNIT_CASE(ssthresh__of_what_was_outstanding),
	KUNIT_CASE(timeout__starts_over),
	KUNIT_CASE(acked__never_overflows),
	{}
};

TRIAL_SUITE(cc_cubic, cc_cubic_cases);
