// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of uto.c: the user timeout option, RFC 5482.
 */

#include "../module/core/uto.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define IN_MINUTES(n)		(0x8000 | (n))

/* A trial whose side has the option on; in CLOSED. */
static struct trial *telling(struct kunit *test, const struct world *w, u32 user_ms)
{
	struct trial *t = trial_new(test, w);

	t->tcb.p.uto.enabled = 1;
	t->tcb.p.user_timeout_ms = user_ms;
	return t;
}

/* The handshake, the peer's SYN with an option, and what we say in it. */
static void handshake(struct trial *t, u16 theirs, u16 ours)
{
	if (t->world->passive) {
		trial_open_passive(t);
		arrive(t, SEG(SYN, .uto = theirs));
		sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .uto = ours));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	} else {
		trial_open_active(t);
		sent(t, SEG(SYN, .seq = 0, .uto = ours));
		arrive(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .uto = theirs));
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .uto = ours));
	}
	KUNIT_ASSERT_EQ(t->test, (int)t->tcb.state, ATCP_ESTABLISHED);
	sent_no_more(t);
}

static void off_by_default(struct kunit *test)
{
	struct atcp_params p;

	atcp_params_default(&p);
	KUNIT_EXPECT_EQ(test, p.uto.enabled, 0u);
	KUNIT_EXPECT_GE(test, p.uto.lower_s, 100u);
	KUNIT_EXPECT_GT(test, p.uto.upper_s, p.uto.lower_s);
}

/* R5482-SILENT: where it is not used nothing is sent, and nothing taken */
static void silent(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_new(test, w);

		handshake(t, 500, 0);
		user_send(t, 100);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
		arrive(t, SEG(ACK, .seq = 1, .ack = 51, .uto = 600));
		KUNIT_EXPECT_EQ(test, t->tcb.uto.remote_s, 0u);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_USER], 0ULL);
	}
}

/* R5482-SEND: with the SYN, and the first segment without one; no more */
static void sent_twice(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = telling(test, w, 0);

		handshake(t, 0, 300);
		user_send(t, 100);
		if (w->passive)
			sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .uto = 300));
		else
			sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
		user_send(t, 100);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 101, .text = 10));
		sent_whatever(t);
		KUNIT_EXPECT_FALSE(test, t->tcb.uto.tell);
	}
}

/* [R5482-SEND] a SYN that is sent again has it again */
static void sent__syn_again(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[3], 0);

	trial_open_active(t);
	sent(t, SEG(SYN, .seq = 0, .uto = 300));
	next_deadline(t);
	sent(t, SEG(SYN, .seq = 0, .uto = 300));
}

/* [R5482-SEND] [R5482-APPSET] a change by the user is told */
static void sent__when_changed(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[3], 0);

	handshake(t, 0, 300);
	t->tcb.p.user_timeout_ms = 1500;
	atcp_uto_set(&t->tcb);
	user_send(t, 100);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .uto = 2));
	user_send(t, 2000);
	sent_whatever(t);
	KUNIT_EXPECT_FALSE(test, t->tcb.uto.tell);
}

/* No room beside the SACK blocks: it waits for the next segment. */
static void sent__no_room(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[3], 0);
	unsigned int i;

	handshake(t, 0, 300);
	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK, .seq = 1001 + 1000 * i, .ack = 1, .text = 100));
		sent_whatever(t);
	}
	atcp_uto_set(&t->tcb);
	arrive(t, SEG(ACK, .seq = 5001, .ack = 1, .text = 100));
	KUNIT_EXPECT_EQ(test, t->out[0].opt.n_sack, 3);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.have & ATCP_OPT_UTO, 0);
	KUNIT_EXPECT_LE(test, atcp_wire_opt_len(&t->out[0].opt), 40u);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 6000));
	KUNIT_EXPECT_EQ(test, t->out[0].opt.uto, 300);
	sent_whatever(t);
}

/* R5482-FMT: seconds as far as they go, then minutes; never 0 */
static void format(struct kunit *test)
{
	static const struct {
		u32 ms;
		u16 field;
		u32 seconds;
	} cases[] = {
		{ 1, 1, 1 }, { 1000, 1, 1 }, { 1001, 2, 2 }, { 100000, 100, 100 },
		{ 32767000, 32767, 32767 }, { 32768000, IN_MINUTES(547), 32820 },
		{ 32820000, IN_MINUTES(547), 32820 }, { INT_MAX, IN_MINUTES(32767), 1966020 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trial *t = telling(test, &trial_worlds[3], cases[i].ms);

		trial_open_active(t);
		KUNIT_EXPECT_EQ_MSG(test, t->out[0].opt.uto, cases[i].field, "%u", i);
		sent_whatever(t);
		KUNIT_EXPECT_EQ(test, decode(cases[i].field), cases[i].seconds);
	}
	KUNIT_EXPECT_EQ(test, decode(0xffff), 32767u * 60);
	KUNIT_EXPECT_EQ(test, encode(0), 1);
}

/* [R5482-FMT] zero is reserved */
static void format__zero(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[3], 0);

	handshake(t, 400, 300);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .uto = UTO_ZERO));
	KUNIT_EXPECT_EQ(test, t->tcb.uto.remote_s, 400u);
}

/* R5482-FORMULA, R5482-LIMITS */
static void formula(struct kunit *test)
{
	static const struct {
		u32 user_ms;		/* not set by the user: the system's */
		u16 remote;
		u32 lower, upper;
		u32 want;
	} cases[] = {
		{ 0, 200, 100, 3600, 300 }, { 0, 400, 100, 3600, 400 },
		{ 0, IN_MINUTES(10), 100, 3600, 600 }, { 0, 5000, 100, 3600, 3600 },
		{ 50000, 60, 100, 3600, 100 }, { 50000, 60, 10, 3600, 60 },
		{ 50000, 20, 10, 3600, 50 }, { 1000, 1, 1, 3600, 2 },
		{ 1000, 1, 1, 1, 2 },	/* more than the RTO of 1 s */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trial *t = telling(test, &trial_worlds[0], cases[i].user_ms);

		t->tcb.p.uto.lower_s = cases[i].lower;
		t->tcb.p.uto.upper_s = cases[i].upper;
		t->tcb.p.rto_min_ms = 1000;
		handshake(t, cases[i].remote, encode(adv_uto(&t->tcb)));
		KUNIT_EXPECT_EQ_MSG(test, t->tcb.uto.adopted_ms, cases[i].want * 1000, "%u", i);
		user_send(t, 100);
		sent_whatever(t);
		KUNIT_EXPECT_EQ_MSG(test, t->tcb.deadline[ATCP_TIMER_USER],
				    t->now + SEC(cases[i].want), "%u", i);
	}
}

/* R5482-SYNTO: what the SYN told holds once the connection is there */
static void not_for_syns(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[0], 0);

	t->tcb.p.uto.upper_s = 200;
	trial_open_passive(t);
	arrive(t, SEG(SYN, .uto = 150));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.uto.adopted_ms, 0u);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_USER], 0ULL);
	after(t, SEC(100));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.state, ATCP_SYN_RECEIVED);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.uto.adopted_ms, 200000u);
}

/* Later, too; and a timer that runs follows. [R5482-FORMULA] */
static void told_later(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[0], 0);

	handshake(t, 0, 300);
	user_send(t, 200);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_USER], 0ULL);
	after(t, MSEC(10));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101, .uto = 400));
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_USER], t->now + SEC(400));
	/* only of a segment that is acceptable */
	arrive(t, SEG(ACK, .seq = 70000, .ack = 101, .uto = 500));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.uto.remote_s, 400u);
	/* the same again moves nothing */
	after(t, MSEC(10));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101, .uto = 400));
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_USER], t->now - MSEC(10) + SEC(400));
}

/* What was agreed on is R2: neither sooner by retries nor later. */
static void ends_the_connection(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[0], 0);

	handshake(t, 2000, 300);
	t->tcb.p.r2 = 3;
	user_send(t, 100);
	sent_whatever(t);
	after(t, SEC(1999));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.state, ATCP_ESTABLISHED);
	after(t, SEC(1));
	expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true, .wake = ATCP_WAKE_ERROR);
	sent_whatever(t);
}

/* [R5482-FORMULA] so many retransmissions that their count ends */
static void many_retries(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[0], 0);

	t->tcb.p.uto.upper_s = 86400;
	t->tcb.p.rto_max_ms = 1000;
	handshake(t, 2000, 300);
	user_send(t, 100);
	sent_whatever(t);
	t->lenient = false;
	while (t->now < TRIAL_START + SEC(1900)) {
		after(t, SEC(10));
		sent_whatever(t);
	}
	KUNIT_EXPECT_EQ(test, (int)t->tcb.state, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.retries, U8_MAX);
}

/* R5482-APPSET: the user's own value stays, and is told */
static void user_first(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[0], 150000);

	atcp_uto_set(&t->tcb);
	handshake(t, 500, 150);
	KUNIT_EXPECT_EQ(test, atcp_user_timeout_ms(&t->tcb), 150000u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .uto = 600));
	KUNIT_EXPECT_EQ(test, atcp_user_timeout_ms(&t->tcb), 150000u);
	/* taken back: both again, with what the peer tells then */
	t->tcb.p.user_timeout_ms = 0;
	atcp_uto_set(&t->tcb);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .uto = 700));
	KUNIT_EXPECT_EQ(test, atcp_user_timeout_ms(&t->tcb), 700000u);
	/* and set when both had agreed */
	t->tcb.p.user_timeout_ms = 7000;
	atcp_uto_set(&t->tcb);
	KUNIT_EXPECT_EQ(test, atcp_user_timeout_ms(&t->tcb), 7000u);
}

/* R5482-KA: keep-alive does not undercut it */
static void keepalive(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[0], 0);

	t->tcb.keepalive = 1;
	t->tcb.p.keep_idle_ms = 60000;
	handshake(t, 500, 300);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_KEEPALIVE], t->now + SEC(501));
	after(t, SEC(500));
	sent_no_more(t);
	after(t, SEC(1));
	sent(t, SEG(ACK, .seq = 0, .ack = 1, .uto = 300));
	t->tcb.p.keep_idle_ms = 600000;
	KUNIT_EXPECT_EQ(test, atcp_keep_idle(&t->tcb), SEC(600));
}

/* An attempt that begins anew knows nothing of the last one's peer. */
static void begins_anew(struct kunit *test)
{
	struct trial *t = telling(test, &trial_worlds[0], 0);

	trial_open_passive(t);
	arrive(t, SEG(SYN, .uto = 400));
	sent_whatever(t);
	arrive(t, SEG(RST, .seq = 1));
	arrive(t, SEG(SYN));
	sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .uto = 300));
	KUNIT_EXPECT_EQ(test, t->tcb.uto.remote_s, 0u);
}

static struct kunit_case uto_cases[] = {
	KUNIT_CASE(off_by_default),
	KUNIT_CASE(silent),
	KUNIT_CASE(sent_twice),
	KUNIT_CASE(sent__syn_again),
	KUNIT_CASE(sent__when_changed),
	KUNIT_CASE(sent__no_room),
	KUNIT_CASE(format),
	KUNIT_CASE(format__zero),
	KUNIT_CASE(formula),
	KUNIT_CASE(not_for_syns),
	KUNIT_CASE(told_later),
	KUNIT_CASE(ends_the_connection),
	KUNIT_CASE(many_retries),
	KUNIT_CASE(user_first),
	KUNIT_CASE(keepalive),
	KUNIT_CASE(begins_anew),
	{}
};

TRIAL_SUITE(uto, uto_cases);
