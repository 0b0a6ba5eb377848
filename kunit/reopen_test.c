// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of TIME-WAIT in checks.c: a new SYN (RFC 6191), and the FIN once more.
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- TIME-WAIT and a new SYN: RFC 6191 ---- */

struct reuse {
	const char *id;
	bool old_ts, new_ts;
	s32 tsval;		/* above TS.Recent */
	s32 seq;		/* above the peer's FIN */
	bool reopens;
};

static const struct reuse reuses[] = {
	{ "TW-6191-1", true, true, 1, 1, true },
	{ "TW-6191-1", true, true, 1, -1000000, true },
	{ "TW-6191-2", true, true, 0, 1, true },
	{ "TW-6191-3", true, true, 0, 0, false },
	{ "TW-6191-3", true, true, 0, -5, false },
	{ "TW-6191-4", true, true, -1, 1000, false },
	{ "TW-6191-4", true, true, -1, -1000, false },
	{ "TW-6191-5", true, false, 0, 1, true },
	{ "TW-6191-6", true, false, 0, 0, false },
	{ "TW-6191-7", false, true, 1, -1000, true },
	{ "TW-6191-7", false, true, 1, 1000, true },
	{ "TW-6191-8", false, false, 0, 1, true },
	{ "TW-6191-9", false, false, 0, 0, false },
	{ "TW-6191-9", false, false, 0, -1000, false },
};

static void reuse_desc(const struct reuse *r, char *desc)
{
	strscpy(desc, r->id, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reuse, reuses, reuse_desc);

/* [MAY-2] [SHLD-4] [R6191-TW] [SC-15] */
static void reuse(struct kunit *test)
{
	const struct reuse *r = test->param_value;
	static const struct world with = {
		.name = "TS", .passive = true, .iss = 0xffffff00, .irs = 0xfffffff8,
		.start = TRIAL_START, .features = RICH,
	};
	static const struct world without = {
		.name = "no TS", .iss = 0xffffff00, .irs = 0xfffffff8,
		.start = TRIAL_START, .features = PLAIN, .peer_plain = true,
	};
	struct trial *t = trial_in(test, r->old_ts ? &with : &without, ATCP_TIME_WAIT);
	u32 nxt = t->tcb.snd.nxt;
	struct atcp_seg syn = {
		.seq = t->tcb.rcv.fin + r->seq, .ctl = ATCP_SYN, .wnd = 1000,
	};

	t->tcb.p.features |= ATCP_F_TIMESTAMPS;	/* the listener's, for the new one */
	if (r->new_ts) {
		syn.opt.have = ATCP_OPT_TS;
		syn.opt.tsval = t->tcb.ts.recent + r->tsval;
	}
	after(t, SEC(5));
	trial_begin(t);
	atcp_segment_arrives(&t->tcb, &syn, 0, 0, t->now, &t->fx);
	trial_end(t);
	if (r->reopens) {
		expect(t, ATCP_CLOSED, .reopen = true, .flush = true);
		/* R9293-ISSREUSE */
		KUNIT_EXPECT_TRUE(test, seq_gt(t->fx.reopen_iss, nxt));
		KUNIT_EXPECT_TRUE(test, seq_gt(t->fx.reopen_iss, nxt + 65535));
	} else {
		only_dropped(t);			/* R6191-DROP */
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT],
				t->was.deadline[ATCP_TIMER_TIME_WAIT]);
	}
}

/* Without reuse a SYN is a doubtful segment like others. [TW-030] */
static void reuse__switched_off(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_TIME_WAIT);

	t->tcb.p.features &= ~ATCP_F_TW_REUSE;
	arrive(t, SEG(SYN, .seq = rcv_nxt(t) + 100));
	only_acked(t);
	arrive(t, SEG(SYN, .seq = rcv_nxt(t) - 100));
	only_acked(t);
}

/* D-02: the peer's FIN again starts 2 MSL anew; nothing else does. */
static const struct row fin_again_rows[] = {
	{ "CW-050" }, { "CG-043" }, { "LA-043" }, { "TW-043" }, { "TW-046" },
	{ "CG-045" }, { "LA-045" },
};

ROWS(fin_again);
EACH_ROW(fin_again)
{
	u64 was = t->tcb.deadline[ATCP_TIMER_TIME_WAIT];

	after(t, MSEC(10));
	arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t) - 1, .ack = snd_nxt(t)));
	only_acked(t);
	if (t->tcb.state == ATCP_TIME_WAIT)
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT],
				was + MSEC(10));
}

static const struct row fin_again_with_text_rows[] = {
	{ "CW-053" }, { "CG-047" }, { "LA-047" }, { "TW-045" },
};

ROWS(fin_again_with_text);
EACH_ROW(fin_again_with_text)
{
	u64 was = t->tcb.deadline[ATCP_TIMER_TIME_WAIT];
	u32 left = rcv_nxt(t) - 11;

	after(t, MSEC(10));
	arrive(t, SEG(FIN | ACK, .seq = left, .ack = snd_nxt(t), .text = 10));
	expect(t, t->was.state);
	if (t->tcb.opts_on & ATCP_OPT_SACK_PERM)
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t),
			    BLOCKS(1, { left, left + 10 })));
	else
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	unchanged(t);
	if (t->tcb.state == ATCP_TIME_WAIT)
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT],
				was + MSEC(10));
}

/* A FIN from any other place was never the peer's: TIME-WAIT ends in its time. */
static void fin_again__from_elsewhere(struct kunit *test)
{
	static const u32 before[] = { 2, 3, 1000, 1u << 30 };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_TIME_WAIT);
		u64 was = t->tcb.deadline[ATCP_TIMER_TIME_WAIT];

		after(t, MSEC(10));
		for (i = 0; i < ARRAY_SIZE(before); i++) {
			arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t) - before[i],
				      .ack = snd_nxt(t)));
			only_acked(t);
			KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT], was);
		}
	}
}

/* Beyond all numbers of the old one; and a RST opens nothing. [MAY-2] */
static void reuse__iss_and_rst(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_TIME_WAIT);
		u32 nxt = t->tcb.snd.nxt;

		arrive(t, SEG(SYN | RST, .seq = rcv_nxt(t) + 100));
		expect(t, ATCP_TIME_WAIT);
		not_counted(t, ATCP_EV_TW_RECYCLED);
		sent_whatever(t);
		arrive(t, SEG(SYN, .seq = rcv_nxt(t) + 100));
		expect(t, ATCP_CLOSED, .reopen = true, .flush = true);
		counted(t, ATCP_EV_TW_RECYCLED);
		KUNIT_EXPECT_EQ(test, t->fx.reopen_iss, nxt + 0xffff + 2);
	}
}

static void rst__is_counted(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_TIME_WAIT);

	arrive(t, SEG(RST, .seq = rcv_nxt(t)));
	expect(t, ATCP_CLOSED, .flush = true);
	counted(t, ATCP_EV_TW_KILLED);
}

/* What ends where the peer's FIN did, but is none, does not start 2 MSL again. */
static void no_fin_again(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_TIME_WAIT);
	u64 end = t->tcb.deadline[ATCP_TIMER_TIME_WAIT];

	after(t, SEC(5));
	arrive(t, SEG(ACK, .seq = rcv_nxt(t) - 5, .ack = snd_nxt(t), .text = 5));
	only_acked(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT], end);
}

static struct kunit_case reopen_cases[] = {
	KUNIT_CASE_PARAM(reuse, reuse_gen_params),
	KUNIT_CASE(reuse__switched_off),
	ROW_CASE(fin_again),
	ROW_CASE(fin_again_with_text),
	KUNIT_CASE(fin_again__from_elsewhere),
	KUNIT_CASE(reuse__iss_and_rst),
	KUNIT_CASE(rst__is_counted),
	KUNIT_CASE(no_fin_again),
	{}
};

TRIAL_SUITE(reopen, reopen_cases);
