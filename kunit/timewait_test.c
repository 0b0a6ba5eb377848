// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of timewait.c: a TCB that was packed and unpacked answers as the one
 * that was not.
 */

#include "../module/core/timewait.c"
#include <linux/kernel.h>
#include "atcp_test.h"

static void repack(struct trial *t)
{
	struct atcp_tw tw;

	memset(&tw, 0xa5, sizeof(tw));
	atcp_tw_pack(&tw, &t->tcb);
	memset(&t->tcb, 0xa5, sizeof(t->tcb));
	atcp_tw_unpack(&t->tcb, &tw, t->was.deadline[ATCP_TIMER_TIME_WAIT]);
}

static void unpack__is_a_time_wait(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_TIME_WAIT);

		t->was = t->tcb;
		repack(t);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.state, ATCP_TIME_WAIT);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.version, ATCP_TCB_VERSION);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->was.snd.una);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.nxt, t->was.snd.nxt);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.nxt, t->was.rcv.nxt);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.wnd, t->was.rcv.wnd);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.fin, t->was.rcv.fin);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv.wscale, (int)t->was.rcv.wscale);
		KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, t->was.ts.recent);
		KUNIT_EXPECT_EQ(test, t->tcb.ts.recent_age, t->was.ts.recent_age);
		KUNIT_EXPECT_EQ(test, t->tcb.ts.offset, t->was.ts.offset);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.opts_on, (int)t->was.opts_on);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.ipv6, (int)t->was.ipv6);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->was.snd.end);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 65535u);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.max_wnd, 65535u);
		KUNIT_EXPECT_EQ(test, t->tcb.octets_acked, 65535ULL);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.buff, t->was.rcv.wnd);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_fin, 1);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.orphan, 1);
		/* As of a connection that sent nothing but SYN and FIN */
		KUNIT_EXPECT_EQ(test, t->tcb.snd.iss, t->was.snd.nxt - 2);
		KUNIT_EXPECT_EQ(test, t->tcb.p.msl_ms, t->was.p.msl_ms);
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), atcp_deadline(&t->was));
	}
}

/* Segments at each place, with each control: the same answers from both. */
static void answer(struct trial *t, const struct seg *seg, struct atcp_out *out,
		   struct atcp_tcb *after, struct atcp_fx *fx, unsigned int *n)
{
	arrive(t, seg);
	*n = t->n_out;
	if (t->n_out)
		*out = t->out[0];
	sent_whatever(t);
	*after = t->tcb;
	*fx = t->fx;
}

static void same_answer(struct trial *t, const struct seg *seg)
{
	struct atcp_tcb *one = kunit_kzalloc(t->test, 3 * sizeof(*one), GFP_KERNEL);
	struct atcp_tcb *start = one + 1, *two = one + 2;
	struct atcp_out a = { 0 }, b = { 0 };
	struct atcp_fx fa, fb;
	unsigned int na, nb;

	KUNIT_ASSERT_NOT_NULL(t->test, one);
	*start = t->tcb;
	answer(t, seg, &a, one, &fa, &na);
	t->tcb = *start;
	t->was = *start;
	repack(t);
	answer(t, seg, &b, two, &fb, &nb);
	t->tcb = *start;

	KUNIT_EXPECT_EQ(t->test, na, nb);
	KUNIT_EXPECT_EQ(t->test, (int)a.ctl, (int)b.ctl);
	KUNIT_EXPECT_EQ(t->test, a.seq, b.seq);
	KUNIT_EXPECT_EQ(t->test, a.ack, b.ack);
	KUNIT_EXPECT_EQ(t->test, (int)a.wnd, (int)b.wnd);
	KUNIT_EXPECT_EQ(t->test, (int)a.opt.have, (int)b.opt.have);
	KUNIT_EXPECT_EQ(t->test, a.opt.tsval, b.opt.tsval);
	KUNIT_EXPECT_EQ(t->test, a.opt.tsecr, b.opt.tsecr);
	KUNIT_EXPECT_EQ(t->test, (int)one->state, (int)two->state);
	KUNIT_EXPECT_EQ(t->test, atcp_deadline(one), atcp_deadline(two));
	KUNIT_EXPECT_EQ(t->test, fa.reopen, fb.reopen);
	KUNIT_EXPECT_EQ(t->test, fa.reopen_iss, fb.reopen_iss);
	KUNIT_EXPECT_EQ(t->test, fa.events, fb.events);
}

static void unpack__answers_the_same(struct kunit *test)
{
	static const u8 ctls[] = {
		ACK, FIN | ACK, SYN, SYN | ACK, RST, RST | ACK, 0, FIN, URG | ACK,
	};
	static const s32 places[] = { -100, -11, -1, 0, 1, 30000, 70000, 1 << 30 };
	const struct world *w = NULL;
	unsigned int c, p, text;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_TIME_WAIT);

		after(t, MSEC(300));
		for (c = 0; c < ARRAY_SIZE(ctls); c++)
			for (p = 0; p < ARRAY_SIZE(places); p++)
				for (text = 0; text <= 10; text += 10)
					same_answer(t, SEG(ctls[c], .text = text,
							   .seq = rcv_nxt(t) + places[p],
							   .ack = snd_nxt(t)));
	}
}

static void unpack__old_timestamps(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_ts_world(w) {
		struct trial *t = trial_in(test, w, ATCP_TIME_WAIT);

		same_answer(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .text = 5,
				   .tsval = t->tcb.ts.recent - 10));
		same_answer(t, SEG(SYN, .seq = rcv_nxt(t) + 5,
				   .tsval = t->tcb.ts.recent - 10));
		same_answer(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .bare = true));
	}
}

/* What decides about reuse and assassination is kept. */
static void unpack__switches(struct kunit *test)
{
	static const u8 features[] = { 0, ATCP_F_TW_REUSE, ATCP_F_RFC1337,
				       ATCP_F_TW_REUSE | ATCP_F_RFC1337 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		struct trial *t = in_state(test, ATCP_TIME_WAIT);

		t->tcb.p.features = (t->tcb.p.features & RICH) | features[i];
		same_answer(t, SEG(SYN, .seq = rcv_nxt(t) + 5000));
		same_answer(t, SEG(RST, .seq = rcv_nxt(t)));
	}
}

/* The throttle of challenge ACKs is not forgotten between two segments. */
static void unpack__challenges(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_TIME_WAIT);
	unsigned int i, acks = 0;

	for (i = 0; i < 40; i++) {
		arrive(t, SEG(RST, .seq = rcv_nxt(t) + 1));
		acks += t->n_out;
		sent_whatever(t);
		t->was = t->tcb;
		repack(t);
	}
	KUNIT_EXPECT_LE(test, acks, 11u);
	KUNIT_EXPECT_GE(test, acks, 9u);
}

static void pack__is_small(struct kunit *test)
{
	KUNIT_EXPECT_LE(test, sizeof(struct atcp_tw), 48u);
}

static struct kunit_case timewait_cases[] = {
	KUNIT_CASE(unpack__is_a_time_wait),
	KUNIT_CASE(unpack__answers_the_same),
	KUNIT_CASE(unpack__old_timestamps),
	KUNIT_CASE(unpack__switches),
	KUNIT_CASE(unpack__challenges),
	KUNIT_CASE(pack__is_small),
	{}
};

TRIAL_SUITE(timewait, timewait_cases);
