// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of tcb.c: birth, segment sizes, buffers, ends.
 */

#include "../module/core/tcb.c"
#include <linux/kernel.h>
#include "atcp_test.h"

static struct atcp_tcb *fresh(struct kunit *test, const struct atcp_params *p, bool ipv6)
{
	struct atcp_tcb *tcb = kunit_kmalloc(test, sizeof(*tcb), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tcb);
	atcp_tcb_init(tcb, p, ipv6);
	return tcb;
}

/* What the RFC sets limits to */
static void params__default(struct kunit *test)
{
	struct atcp_params p;
	u64 total = 0;
	u32 i;

	memset(&p, 0xa5, sizeof(p));
	atcp_params_default(&p);
	KUNIT_EXPECT_LT(test, p.delack_ms, 500u);		/* [MUST-40] */
	KUNIT_EXPECT_GE(test, p.keep_idle_ms, 7200000u);	/* [MUST-28] */
	KUNIT_EXPECT_GE(test, (int)p.r1, 3);			/* [SHLD-10] */
	KUNIT_EXPECT_GT(test, p.r2, p.r1);			/* [MUST-20] */
	KUNIT_EXPECT_GE(test, p.rto_max_ms, 60000u);		/* R6298-MAX */
	KUNIT_EXPECT_LT(test, p.rto_min_ms, p.rto_max_ms);
	KUNIT_EXPECT_GT(test, (int)p.keep_probes, 1);		/* [MUST-29] */
	KUNIT_EXPECT_GT(test, (int)p.challenge_max, 0);
	for (i = 0; i <= p.syn_retries; i++)
		total += min_t(u64, 1000ULL << i, p.rto_max_ms);
	KUNIT_EXPECT_GE(test, total, 180000ULL);		/* [MUST-23] */
	KUNIT_EXPECT_EQ(test, p.user_timeout_ms, 0u);
	KUNIT_EXPECT_EQ(test, (int)(p.features & ATCP_F_RFC1337), 0);
}

static void init__closed(struct kunit *test)
{
	struct atcp_params p;
	struct atcp_tcb *tcb;

	atcp_params_default(&p);
	tcb = fresh(test, &p, false);
	KUNIT_EXPECT_EQ(test, (int)tcb->state, ATCP_CLOSED);
	KUNIT_EXPECT_EQ(test, (int)tcb->version, ATCP_TCB_VERSION);
	KUNIT_EXPECT_EQ(test, atcp_deadline(tcb), 0ULL);
	KUNIT_EXPECT_EQ(test, (int)tcb->keepalive, 0);		/* [MUST-25] */
	KUNIT_EXPECT_EQ(test, atcp_rto_current(tcb), SEC(1));
	KUNIT_EXPECT_MEMEQ(test, &tcb->p, &p, sizeof(p));
	/* [MUST-15] */
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(tcb), 536u);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(fresh(test, &p, true)), 1220u);
}

static void mss__never_absurd(struct kunit *test)
{
	static const u32 paths[] = { 0, 1, 47, 48, 100, 65535, 65536, U32_MAX };
	struct atcp_params p;
	struct atcp_tcb *tcb;
	unsigned int i;

	atcp_params_default(&p);
	tcb = fresh(test, &p, false);
	tcb->snd.mss_peer = 1;
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		atcp_set_path_mss(tcb, paths[i], 0);
		KUNIT_EXPECT_EQ(test, atcp_eff_mss(tcb), (u32)ATCP_MIN_MSS);
	}
	tcb->snd.mss_peer = 65535;
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		atcp_set_path_mss(tcb, paths[i], 0);
		KUNIT_EXPECT_EQ(test, atcp_eff_mss(tcb), clamp_t(u32, paths[i], 48, 65535));
		KUNIT_EXPECT_EQ(test, tcb->cc.mss, atcp_eff_mss(tcb));
		KUNIT_EXPECT_GE(test, tcb->cc.cwnd, tcb->cc.mss);
	}
	/* Room for the option comes off, however small it is. */
	tcb->opts_on = ATCP_OPT_TS;
	atcp_set_path_mss(tcb, 48, 0);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(tcb), 36u);
}

static void rcvbuff__window_and_scale(struct kunit *test)
{
	static const struct {
		u32 buff, max;
		u8 offer, shift;
		u32 wnd;
	} c[] = {
		{ 0, 0, 0, 0, 0 },
		{ 65535, 65535, 0, 0, 65535 },
		{ 65536, 65536, 0, 1, 65535 },
		{ 20000, 6 << 20, 0, 7, 20000 },
		{ 20000, 20000, 9, 9, 20000 },
		{ 1 << 30, 1 << 30, 0, 14, 65535 },
		{ U32_MAX, U32_MAX, 0, 14, 65535 },
		{ 1000, 1000, 200, 14, 1000 },
	};
	struct atcp_params p;
	unsigned int i;

	atcp_params_default(&p);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct atcp_tcb *tcb;

		p.wscale = c[i].offer;
		p.features |= ATCP_F_WSCALE;
		tcb = fresh(test, &p, false);
		atcp_set_rcvbuff(tcb, c[i].buff, c[i].max);
		KUNIT_EXPECT_EQ(test, (int)tcb->rcv.wscale, (int)c[i].shift);
		KUNIT_EXPECT_EQ(test, tcb->rcv.wnd, c[i].wnd);
		KUNIT_EXPECT_LE(test, tcb->rcv.buff, tcb->rcv.buff_max);
		p.features &= ~ATCP_F_WSCALE;
		tcb = fresh(test, &p, false);
		atcp_set_rcvbuff(tcb, c[i].buff, c[i].max);
		KUNIT_EXPECT_EQ(test, (int)tcb->rcv.wscale, 0);
	}
}

/* The shift count is the SYN's: it does not move with a connection open. */
static void rcvbuff__scale_is_fixed(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u8 shift = t->tcb.rcv.wscale;
	u32 wnd = t->tcb.rcv.wnd;

	atcp_set_rcvbuff(&t->tcb, 64 << 20, 64 << 20);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv.wscale, (int)shift);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.wnd, wnd);
	atcp_set_rcvbuff(&t->tcb, 100, 100);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.wnd, wnd);	/* [SHLD-14] */
}

static void flight__less_what_is_lost(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	KUNIT_EXPECT_EQ(test, atcp_flight(&t->tcb), 0u);
	user_send(t, 10000);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, atcp_flight(&t->tcb), 10000u);
	next_deadline(t);
	sent_text(t, 1, 1001);
	KUNIT_EXPECT_EQ(test, atcp_flight(&t->tcb), 1000u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	KUNIT_EXPECT_EQ(test, atcp_flight(&t->tcb), 0u);
}

/* CLOSED leaves nothing behind that could still act. */
static void to_closed__from_every_state(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int state;

	for_each_world(w)
		for (state = ATCP_ESTABLISHED; state < ATCP_N_STATES; state++) {
			struct trial *t = trial_in(test, w, state);

			if (state == ATCP_CLOSED)
				continue;
			t->tcb.keepalive = 1;
			user_abort(t);
			sent_whatever(t);
			KUNIT_EXPECT_EQ(test, (int)t->tcb.state, ATCP_CLOSED);
			KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), 0ULL);
			after(t, SEC(100000));
			sent_no_more(t);
			arrive(t, SEG(ACK, .seq = 1, .ack = 5));
			sent(t, SEG(RST, .seq = 5));
		}
}

static struct kunit_case tcb_cases[] = {
	KUNIT_CASE(params__default),
	KUNIT_CASE(init__closed),
	KUNIT_CASE(mss__never_absurd),
	KUNIT_CASE(rcvbuff__window_and_scale),
	KUNIT_CASE(rcvbuff__scale_is_fixed),
	KUNIT_CASE(flight__less_what_is_lost),
	KUNIT_CASE(to_closed__from_every_state),
	{}
};

TRIAL_SUITE(tcb, tcb_cases);
