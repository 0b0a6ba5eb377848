// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of timestamps in checks.c: PAWS and TS.Recent (RFC 7323 sections 4.3 and
 * 5).
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- timestamps: RFC 7323, 5.3 ---- */

/* R7323-PAWS, before the sequence number is looked at */
static const struct row paws_rows[] = {
	{ "SR-013" }, { "ES-018" }, { "F1-013" }, { "F2-013" }, { "CW-016" },
	{ "CG-010" }, { "LA-010" }, { "TW-010" },
};

ROWS(paws);
static void paws(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_ts_world(w) {
		struct trial *t = trial_row(test, w);
		u32 old = t->tcb.ts.recent - 1;

		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .text = 10,
			      .tsval = old));
		only_acked(t);
		counted(t, ATCP_EV_PAWS_DROP);
		arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t),
			      .tsval = old - 1000));
		only_acked(t);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t) + (1u << 30), .ack = snd_nxt(t),
			      .text = 10, .tsval = old - (1u << 30)));
		only_acked(t);
	}
}

/* R7323-TSMISS, R7323-TSMISS2 */
static const struct row no_timestamp_rows[] = {
	{ "SR-016" }, { "ES-021" }, { "F1-016" }, { "F2-016" }, { "CW-019" },
	{ "CG-013" }, { "LA-013" }, { "TW-013" },
};

ROWS(no_timestamp);
static void no_timestamp(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_ts_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .text = 10,
			      .bare = true));
		only_dropped(t);
		counted(t, ATCP_EV_NO_TS_DROP);
		arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .bare = true));
		only_dropped(t);
	}
}

/* R7323-TSUNNEG */
static void timestamp_not_agreed_on(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_seg seg = {
		.seq = t->irs + 1, .ack = t->iss + 1, .text = 5, .wnd = 100,
		.ctl = ATCP_ACK, .opt = { .have = ATCP_OPT_TS, .tsval = 1, .tsecr = 1 },
	};

	trial_begin(t);
	atcp_segment_arrives(&t->tcb, &seg, 0, 1000, t->now, &t->fx);
	trial_end(t);
	expect(t, ATCP_ESTABLISHED, .take = 5, .deliver = 5, .wake = ATCP_WAKE_READ);
	sent(t, SEG(ACK, .seq = 1, .ack = 6));
}

/* R7323-PAWS24D: TS.Recent that old is worth nothing. */
static void paws__idle_for_24_days(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_ts_world(w) {
		struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);
		u32 old = t->tcb.ts.recent - 1000;

		after(t, SEC(24ULL * 24 * 3600 - 3600));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .tsval = old));
		only_acked(t);
		after(t, SEC(2 * 3600));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .tsval = old));
		expect(t, ATCP_ESTABLISHED, .take = 10, .deliver = 10);
		KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, old);
		sent(t, SEG(ACK, .seq = 1, .ack = 11, .tsecr = old));
	}
}

/* R7323-PAWSRST: an exact RST counts, however old its timestamp. */
static const struct row paws_rst_rows[] = {
	{ "SR-015" }, { "ES-020" }, { "F1-015" }, { "F2-015" }, { "CW-018" },
	{ "CG-012" }, { "LA-012" }, { "TW-012" },
};

ROWS(paws_rst);
static void paws_rst(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_ts_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(RST, .seq = rcv_nxt(t), .tsval = t->tcb.ts.recent - 1000));
		KUNIT_EXPECT_TRUE(test, t->tcb.state == ATCP_CLOSED ||
				  t->tcb.state == ATCP_LISTEN);
	}
}

/* R7323-TSECHO */
static void ts_recent__moves_for_what_spans_the_last_ack(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 ts = t->tcb.ts.recent;

	/* Beyond Last.ACK.sent: not taken. */
	arrive(t, SEG(ACK, .seq = 11, .ack = 1, .text = 10, .tsval = ts + 5));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .tsecr = ts, BLOCKS(1, { 11, 21 })));
	KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, ts);
	/* At it, and newer: taken. */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .tsval = ts + 3));
	sent(t, SEG(ACK, .seq = 1, .ack = 21, .tsecr = ts + 3));
	KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, ts + 3);
	/* A window update with a newer one as well. */
	arrive(t, SEG(ACK, .seq = 21, .ack = 1, .tsval = ts + 9));
	KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, ts + 9);
}

/* What is dropped for its ACK field leaves no trace. */
static void ts_recent__not_by_a_false_ack(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 ts = t->tcb.ts.recent;

	arrive(t, SEG(ACK, .seq = 1, .ack = 2, .text = 10, .tsval = ts + 9));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .tsecr = ts));
	arrive(t, SEG(ACK, .seq = 1, .ack = -t->tcb.snd.max_wnd, .text = 10,
		      .tsval = ts + 9));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .tsecr = ts));
	KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, ts);

	t = in_state(test, ATCP_SYN_RECEIVED);
	ts = t->tcb.ts.recent;
	arrive(t, SEG(ACK, .seq = 1, .ack = 0, .tsval = ts + 9));
	sent(t, SEG(RST, .seq = 0));
	KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, ts);
}

/* RFC 7323, 5.5: TS.Recent is out of date after 24 days, to the second. */
static void paws__24_days_to_the_second(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u64 since = (u64)t->tcb.ts.recent_age * ATCP_USEC;

	t->now = since + SEC(24ULL * 86400);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .tsval = t->tcb.ts.recent - 9));
	counted(t, ATCP_EV_PAWS_DROP);
	sent_whatever(t);
	t->now += SEC(1);
	/* beyond the last ACK sent, so that this check alone moves TS.Recent */
	arrive(t, SEG(ACK, .seq = 9, .ack = 1, .tsval = t->tcb.ts.recent - 9));
	not_counted(t, ATCP_EV_PAWS_DROP);
	KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, t->was.ts.recent - 9);
	KUNIT_EXPECT_EQ(test, (u64)t->tcb.ts.recent_age, since / ATCP_USEC + 24 * 86400 + 1);
}

/* Text is always answered; what is none, only as often as challenges may go. */
static void paws__no_loop_of_acks(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.p.challenge_max = 1;
	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 5,
			      .tsval = t->tcb.ts.recent - 9));
		not_counted(t, ATCP_EV_CHALLENGE_ACK);
		sent(t, SEG(ACK, .seq = 1, .ack = 1));
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .tsval = t->tcb.ts.recent - 9));
	counted(t, ATCP_EV_CHALLENGE_ACK);
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .tsval = t->tcb.ts.recent - 9));
	counted(t, ATCP_EV_CHALLENGE_SKIPPED);
	sent_no_more(t);
}

static struct kunit_case paws_cases[] = {
	ROW_CASE(paws),
	ROW_CASE(no_timestamp),
	KUNIT_CASE(timestamp_not_agreed_on),
	KUNIT_CASE(paws__idle_for_24_days),
	ROW_CASE(paws_rst),
	KUNIT_CASE(ts_recent__moves_for_what_spans_the_last_ack),
	KUNIT_CASE(ts_recent__not_by_a_false_ack),
	KUNIT_CASE(paws__24_days_to_the_second),
	KUNIT_CASE(paws__no_loop_of_acks),
	{}
};

TRIAL_SUITE(paws, paws_cases);
