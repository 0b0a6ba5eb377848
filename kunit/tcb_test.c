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

/* What Documentation/sysctl.md says of a fresh namespace */
static void params__documented(struct kunit *test)
{
	struct atcp_params p;
	struct atcp_params want = {
		.msl_ms = 30000, .fin_wait_ms = 60000, .rto_min_ms = 200,
		.rto_max_ms = 120000, .delack_ms = 40, .keep_idle_ms = 7200000,
		.keep_intvl_ms = 75000, .keep_probes = 9, .syn_retries = 7,
		.synack_retries = 7, .r1 = 3, .r2 = 15, .challenge_max = 10,
		.features = ATCP_F_TIMESTAMPS | ATCP_F_WSCALE | ATCP_F_SACK |
			    ATCP_F_DSACK | ATCP_F_TW_REUSE | ATCP_F_AUTOTUNE |
			    ATCP_F_ECN_FALLBACK,
		.ecn = ATCP_ECN_ANSWER, .ecn_option = ATCP_ACCECN_OPTION_ALWAYS, .ecn_beacon = 3,
	};

	memset(&p, 0xa5, sizeof(p));
	atcp_params_default(&p);
	KUNIT_EXPECT_EQ(test, p.msl_ms, want.msl_ms);
	KUNIT_EXPECT_EQ(test, p.fin_wait_ms, want.fin_wait_ms);
	KUNIT_EXPECT_EQ(test, p.rto_min_ms, want.rto_min_ms);
	KUNIT_EXPECT_EQ(test, p.rto_max_ms, want.rto_max_ms);
	KUNIT_EXPECT_EQ(test, p.delack_ms, want.delack_ms);
	KUNIT_EXPECT_EQ(test, p.user_timeout_ms, want.user_timeout_ms);
	KUNIT_EXPECT_EQ(test, p.keep_idle_ms, want.keep_idle_ms);
	KUNIT_EXPECT_EQ(test, p.keep_intvl_ms, want.keep_intvl_ms);
	KUNIT_EXPECT_EQ(test, p.keep_probes, want.keep_probes);
	KUNIT_EXPECT_EQ(test, p.syn_retries, want.syn_retries);
	KUNIT_EXPECT_EQ(test, p.synack_retries, want.synack_retries);
	KUNIT_EXPECT_EQ(test, p.frto, (typeof(p.frto))2);
	KUNIT_EXPECT_EQ(test, p.r1, want.r1);
	KUNIT_EXPECT_EQ(test, p.r2, want.r2);
	KUNIT_EXPECT_EQ(test, p.challenge_max, want.challenge_max);
	KUNIT_EXPECT_EQ(test, p.features, want.features);
	KUNIT_EXPECT_EQ(test, p.ecn, want.ecn);
	KUNIT_EXPECT_EQ(test, p.ecn_option, want.ecn_option);
	KUNIT_EXPECT_EQ(test, p.ecn_beacon, want.ecn_beacon);
	KUNIT_EXPECT_EQ(test, p.wscale, want.wscale);
	KUNIT_EXPECT_STREQ(test, atcp_cc_get(p.cc)->name, "cubic");
}

/* [MUST-15] until more is known */
static void init__sizes(struct kunit *test)
{
	struct atcp_params p;
	unsigned int ipv6;

	atcp_params_default(&p);
	for (ipv6 = 0; ipv6 < 2; ipv6++) {
		struct atcp_tcb *tcb = fresh(test, &p, ipv6);
		u32 mss = ipv6 ? 1220 : 536;

		KUNIT_EXPECT_EQ(test, (u32)tcb->snd.mss_path, mss);
		KUNIT_EXPECT_EQ(test, (u32)tcb->rcv.mss_adv, mss);
		KUNIT_EXPECT_EQ(test, tcb->cc.mss, mss);
		KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 10 * mss);
		KUNIT_EXPECT_EQ(test, tcb->rtt.rto, (u32)SEC(1));
	}
}

/* All that an earlier attempt may have left in the TCB */
static void leave_traces(struct atcp_tcb *tcb)
{
	tcb->opts_on = 0xff;
	tcb->fin = 1;
	tcb->deaf = 1;
	tcb->more = 1;
	tcb->syn_acked = 1;
	tcb->rcv_fin = 1;
	tcb->rcv_fin_done = 1;
	tcb->snd_urgent = 1;
	tcb->rcv_urgent = 1;
	tcb->persisting = 1;
	tcb->snd.una = 9;
	tcb->snd.nxt = 9;
	tcb->snd.wnd = 9;
	tcb->snd.up = 9;
	tcb->snd.iss = 9;
	tcb->snd.end = 9;
	tcb->snd.max_wnd = 9;
	tcb->snd.small = 9;
	tcb->snd.mss_peer = 9;
	tcb->ofo.n = 9;
	memset(&tcb->rec, 9, sizeof(tcb->rec));
	memset(&tcb->rack, 9, sizeof(tcb->rack));
	memset(&tcb->tlp, 9, sizeof(tcb->tlp));
	memset(&tcb->prr, 9, sizeof(tcb->prr));
	memset(&tcb->undo, 9, sizeof(tcb->undo));
	memset(&tcb->rate, 9, sizeof(tcb->rate));
	tcb->board.n = 1;
	tcb->board.sacked = 9;
	tcb->board.lost = 9;
	tcb->board.again = 9;
	memset(&tcb->sack, 1, sizeof(tcb->sack));
	memset(&tcb->challenge, 9, sizeof(tcb->challenge));
	memset(&tcb->rtt, 9, sizeof(tcb->rtt));
	tcb->rcv.wscale = 9;
	tcb->rcv.wnd = 9;
}

static void expect_no_traces(struct kunit *test, const struct atcp_tcb *tcb, u32 iss)
{
	KUNIT_EXPECT_EQ(test, tcb->opts_on | tcb->fin | tcb->deaf | tcb->more |
			tcb->syn_acked | tcb->rcv_fin | tcb->rcv_fin_done |
			tcb->snd_urgent | tcb->rcv_urgent | tcb->persisting, 0);
	KUNIT_EXPECT_EQ(test, tcb->snd.wnd, 0u);
	KUNIT_EXPECT_EQ(test, tcb->snd.max_wnd, 0u);
	KUNIT_EXPECT_EQ(test, (int)tcb->snd.mss_peer, 0);
	KUNIT_EXPECT_EQ(test, tcb->snd.iss, iss);
	KUNIT_EXPECT_EQ(test, tcb->snd.una, iss);
	KUNIT_EXPECT_EQ(test, tcb->snd.nxt, iss + 1);
	KUNIT_EXPECT_EQ(test, tcb->snd.end, iss + 1);
	KUNIT_EXPECT_EQ(test, tcb->snd.up, iss);
	KUNIT_EXPECT_EQ(test, tcb->snd.small, iss);
	KUNIT_EXPECT_EQ(test, tcb->rec.recover, iss);
	KUNIT_EXPECT_EQ(test, tcb->rack.fack, iss);
	KUNIT_EXPECT_EQ(test, tcb->rack.end, iss);
	KUNIT_EXPECT_EQ(test, tcb->rack.reordering | tcb->rack.mult | tcb->rack.persist |
			tcb->rack.in_round, 0);
	KUNIT_EXPECT_EQ(test, tcb->tlp.on | tcb->tlp.sampled | tcb->undo.on, 0);
	KUNIT_EXPECT_EQ(test, tcb->rate.delivered | tcb->rate.lost | tcb->rate.app_limited, 0u);
	KUNIT_EXPECT_EQ(test, tcb->board.end, iss);
	KUNIT_EXPECT_EQ(test, tcb->board.n | tcb->board.sacked | tcb->board.lost |
			tcb->board.again, 0u);
	KUNIT_EXPECT_EQ(test, tcb->rec.state | tcb->rec.backoff | tcb->rec.dupacks |
			tcb->rec.retries | tcb->rec.probes | tcb->rec.keepalives |
			tcb->rec.syn_backoff, 0);
	KUNIT_EXPECT_EQ(test, tcb->rec.total, 0u);
	KUNIT_EXPECT_EQ(test, (int)tcb->ofo.n, 0);
	KUNIT_EXPECT_EQ(test, tcb->sack.n_recent | tcb->sack.dsack_on, 0);
	KUNIT_EXPECT_EQ(test, (int)tcb->challenge.n, 0);
	KUNIT_EXPECT_EQ(test, tcb->rtt.srtt, 0u);
	KUNIT_EXPECT_EQ(test, tcb->rtt.rto, (u32)SEC(1));
}

/* [MUST-42] OPEN begins anew, whatever was before. */
static void choose_iss__begins_anew(struct kunit *test)
{
	struct atcp_params p;
	struct atcp_tcb *tcb;

	atcp_params_default(&p);
	p.wscale = 3;
	tcb = fresh(test, &p, false);
	atcp_set_rcvbuff(tcb, 50000, 50000);
	leave_traces(tcb);
	atcp_choose_iss(tcb, 777);
	expect_no_traces(test, tcb, 777);
	KUNIT_EXPECT_EQ(test, tcb->rtt.round, 777u);
	/* The shift count and the window that are offered */
	KUNIT_EXPECT_EQ(test, (int)tcb->rcv.wscale, 3);
	KUNIT_EXPECT_EQ(test, tcb->rcv.wnd, 50000u);
}

/* RFC 7323, 2.3: 14 at most, whatever the buffer; and no window beyond that */
static void set_rcvbuff__limits(struct kunit *test)
{
	struct atcp_params p;
	struct atcp_tcb *tcb;

	KUNIT_EXPECT_EQ(test, (int)wscale_for(U32_MAX), 14);
	atcp_params_default(&p);
	tcb = fresh(test, &p, false);
	tcb->state = ATCP_LISTEN;
	atcp_set_rcvbuff(tcb, U32_MAX, U32_MAX);
	KUNIT_EXPECT_EQ(test, tcb->rcv.buff, 0xffffu << 14);
	KUNIT_EXPECT_EQ(test, tcb->rcv.buff_max, 0xffffu << 14);
	KUNIT_EXPECT_EQ(test, (int)tcb->rcv.wscale, 14);
	tcb->p.features &= ~ATCP_F_WSCALE;
	atcp_set_rcvbuff(tcb, 70000, 70000);
	KUNIT_EXPECT_EQ(test, (int)tcb->rcv.wscale, 0);
}

/* Nothing goes again for a path that did not get smaller, nor before the SYN is there. */
static void set_path_mss__without_need(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 3000);
	sent_whatever(t);
	atcp_set_path_mss(&t->tcb, TRIAL_MSS, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	atcp_set_path_mss(&t->tcb, TRIAL_MSS - 1, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 3000u);
	t = plain_in(test, ATCP_SYN_SENT);
	atcp_set_path_mss(&t->tcb, 100, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
}

/* What fits the path that got smaller was not what it complained of. */
static void set_path_mss__what_fits(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 400);
	sent_whatever(t);
	atcp_set_path_mss(&t->tcb, 400, t->now);
	trial_begin(t);
	trial_end(t);
	sent_no_more(t);
	atcp_set_path_mss(&t->tcb, 399, t->now);
	trial_begin(t);
	trial_end(t);
	sent_text(t, 1, 401);
}

/* A connection that ended as it should owes nothing, and tells of no error. */
static void to_closed__without_error(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_LAST_ACK);

	trial_begin(t);
	t->fx.cause = ATCP_BY_SEGMENT;
	t->tcb.send = ATCP_SEND_ACK;
	atcp_to_closed(&t->tcb, 0, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
	KUNIT_EXPECT_EQ(test, (int)t->fx.wake, ATCP_WAKE_STATE);
	KUNIT_EXPECT_EQ(test, (int)t->fx.error, 0);
}

static struct kunit_case tcb_cases[] = {
	KUNIT_CASE(params__default),
	KUNIT_CASE(init__closed),
	KUNIT_CASE(mss__never_absurd),
	KUNIT_CASE(rcvbuff__window_and_scale),
	KUNIT_CASE(rcvbuff__scale_is_fixed),
	KUNIT_CASE(flight__less_what_is_lost),
	KUNIT_CASE(to_closed__from_every_state),
	KUNIT_CASE(params__documented),
	KUNIT_CASE(init__sizes),
	KUNIT_CASE(choose_iss__begins_anew),
	KUNIT_CASE(set_rcvbuff__limits),
	KUNIT_CASE(set_path_mss__without_need),
	KUNIT_CASE(set_path_mss__what_fits),
	KUNIT_CASE(to_closed__without_error),
	{}
};

TRIAL_SUITE(tcb, tcb_cases);
