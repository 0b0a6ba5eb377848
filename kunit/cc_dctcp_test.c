// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of cc_dctcp.c: RFC 8257, sections 3.3 to 3.5 and 4.2.
 */

#include "../module/core/cc_dctcp.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define MSS	1000

static struct atcp_cc start(u32 cwnd)
{
	struct atcp_cc cc;

	atcp_cc_init(&cc, atcp_cc_find("dctcp"), MSS);
	cc.cwnd = cwnd;
	cc.ssthresh = cwnd;
	return cc;
}

/* A window of octets from una on is delivered in pieces, so many of them marked. */
static void window(struct atcp_cc *cc, u32 *una, u32 octets, u32 marked)
{
	struct atcp_cc_ack ack = {
		.una = *una + octets / 2, .nxt = *una + octets, .delivered = octets / 2,
		.ce = marked,
	};

	dctcp_seen(cc, &ack);
	*una += octets;
	ack.una = *una + 1;
	ack.nxt = *una + octets;
	ack.delivered = octets - octets / 2;
	ack.ce = 0;
	dctcp_seen(cc, &ack);
}

static u32 marks(struct atcp_cc *cc, u32 flight)
{
	struct atcp_cc_loss loss = { .flight = flight, .ecn = true };

	return dctcp_ssthresh(cc, &loss);
}

/* [R8257-ALPHA] [R8257-G]: (1 - 1/16) * alpha + M / 16, in units of 1/1024 */
static void alpha(struct kunit *test)
{
	static const struct {
		u32 alpha, acked, marked, want;
	} cases[] = {
		{ 1024, 10000, 0, 960 }, { 960, 10000, 0, 900 },
		{ 1024, 10000, 10000, 1024 }, { 0, 10000, 10000, 64 },
		{ 0, 10000, 5000, 32 }, { 512, 10000, 5000, 512 }, { 512, 10000, 2500, 496 },
		/* all the way down, and not below */
		{ 16, 1, 0, 15 }, { 15, 1, 0, 14 }, { 1, 1, 0, 0 }, { 0, 1, 0, 0 },
		/* nothing was acknowledged; more than that was marked; very much */
		{ 512, 0, 0, 480 }, { 512, 0, 7, 480 }, { 1024, 10, 20, 1024 },
		{ 0, 0xffffffff, 0xffffffff, 64 }, { 0, 0xffffffff, 0x80000000, 32 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, estimate(cases[i].alpha, cases[i].acked,
						   cases[i].marked), cases[i].want, "case %u", i);
}

/* It converges to the share that is marked, from above and from below */
static void alpha__converges(struct kunit *test)
{
	u32 share;

	for (share = 0; share <= 10000; share += 1250) {
		u32 high = ALPHA_MAX, low = 0, want = share * 1024 / 10000;
		int i;

		for (i = 0; i < 400; i++) {
			high = estimate(high, 10000, share);
			low = estimate(low, 10000, share);
		}
		KUNIT_EXPECT_LE(test, high, want + 16);
		KUNIT_EXPECT_GE(test, high, want);
		KUNIT_EXPECT_LE(test, low, want + 16);
		KUNIT_EXPECT_GE(test, low + 1, want);
	}
}

/* [R8257-WINDOW] [R8257-ALPHA1]: once a window of text, from 1 on; the first ACK ends one */
static void windows(struct kunit *test)
{
	struct atcp_cc cc = start(10 * MSS);
	struct dctcp *d = dctcp_of(&cc);
	struct atcp_cc_ack ack = { .una = 0xfffffc00, .nxt = 0x400, .delivered = 100 };

	KUNIT_EXPECT_EQ(test, d->alpha, 1024u);
	dctcp_seen(&cc, &ack);
	KUNIT_EXPECT_EQ(test, d->alpha, 960u);
	ack.una = 0x400;		/* not past it */
	ack.nxt = 0x10000;
	ack.ce = 50;
	dctcp_seen(&cc, &ack);
	KUNIT_EXPECT_EQ(test, d->alpha, 960u);
	ack.una = 0x401;
	ack.ce = 200;			/* no more than came */
	dctcp_seen(&cc, &ack);
	KUNIT_EXPECT_EQ(test, d->alpha, 960u - 60 + 48);	/* 150 of 200 */
	ack.una = 0x10001;
	ack.ce = 0;
	dctcp_seen(&cc, &ack);
	KUNIT_EXPECT_EQ(test, d->alpha, 948u - 59);
}

/* [R8257-CWND]: cwnd * (1 - alpha / 2), whatever is in flight, and no less than two */
static void cwnd(struct kunit *test)
{
	struct atcp_cc cc = start(100 * MSS);
	struct dctcp *d = dctcp_of(&cc);

	KUNIT_EXPECT_EQ(test, marks(&cc, MSS), 50u * MSS);
	d->alpha = 512;
	KUNIT_EXPECT_EQ(test, marks(&cc, MSS), 75u * MSS);
	d->alpha = 1;
	KUNIT_EXPECT_EQ(test, marks(&cc, MSS), 100000u - 48);
	d->alpha = 0;
	KUNIT_EXPECT_EQ(test, marks(&cc, MSS), 100u * MSS);
	d->alpha = 1024;
	cc.cwnd = 3 * MSS;
	KUNIT_EXPECT_EQ(test, marks(&cc, MSS), 2u * MSS);
	cc.cwnd = ATCP_CWND_MAX;
	KUNIT_EXPECT_EQ(test, marks(&cc, MSS), ATCP_CWND_MAX / 2);
}

/* [R8257-LOSS]: a loss, or a time-out, is taken as Reno takes it */
static void loss(struct kunit *test)
{
	struct atcp_cc cc = start(100 * MSS);
	struct atcp_cc_loss loss = { .flight = 80 * MSS };

	dctcp_of(&cc)->alpha = 1;
	KUNIT_EXPECT_EQ(test, dctcp_ssthresh(&cc, &loss), 40u * MSS);
	loss.timeout = true;
	loss.flight = MSS;
	KUNIT_EXPECT_EQ(test, dctcp_ssthresh(&cc, &loss), 2u * MSS);
	KUNIT_EXPECT_EQ(test, dctcp_of(&cc)->alpha, 1u);
}

/* [R8257-GROWTH]: slow start, then a segment a window */
static void growth(struct kunit *test)
{
	struct atcp_cc cc = start(10 * MSS), reno;
	int i;

	atcp_cc_init(&reno, atcp_cc_find("reno"), MSS);
	reno.cwnd = cc.cwnd;
	cc.ssthresh = 15 * MSS;
	reno.ssthresh = 15 * MSS;
	for (i = 0; i < 100; i++) {
		struct atcp_cc_ack ack = {
			.acked = MSS, .flight = cc.cwnd, .cwnd_limited = true, .una = i, .nxt = i,
		};

		dctcp_seen(&cc, &ack);
		dctcp_acked(&cc, &ack);
		atcp_cc_reno.acked(&reno, &ack);
		KUNIT_EXPECT_EQ(test, cc.cwnd, reno.cwnd);
	}
	KUNIT_EXPECT_GT(test, cc.cwnd, 15u * MSS);
}

/* Of several windows: half of each marked, alpha moves to one half, and cuts less and less */
static void together(struct kunit *test)
{
	struct atcp_cc cc = start(100 * MSS);
	u32 una = 5000, cut, last = U32_MAX;
	int i;

	for (i = 0; i < 60; i++) {
		window(&cc, &una, 10 * MSS, 4 * MSS);
		cut = cc.cwnd - marks(&cc, 10 * MSS);
		KUNIT_EXPECT_LE(test, cut, last);
		last = cut;
	}
	KUNIT_EXPECT_GE(test, last, 20000u);
	KUNIT_EXPECT_LE(test, last, 22000u);
}

static struct kunit_case cc_dctcp_cases[] = {
	KUNIT_CASE(alpha),
	KUNIT_CASE(alpha__converges),
	KUNIT_CASE(windows),
	KUNIT_CASE(cwnd),
	KUNIT_CASE(loss),
	KUNIT_CASE(growth),
	KUNIT_CASE(together),
	{}
};

TRIAL_SUITE(cc_dctcp, cc_dctcp_cases);
