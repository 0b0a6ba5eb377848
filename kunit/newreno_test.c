// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of newreno.c: RFC 5681 section 3.2, RFC 6582, RFC 3042, and what a time-out does
 * where the peer does not tell what it has.
 */

#include "../module/core/newreno.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* Ten segments of 1000 octets in flight, numbers 1 to 10000. */
static struct trial *ten_in_flight(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 10000);
	sent_text(t, 1, 10001);
	return t;
}

static void dupacks(struct trial *t, u32 ack, unsigned int n)
{
	while (n--) {
		arrive(t, SEG(ACK, .seq = 1, .ack = ack));
		sent_no_more(t);
	}
}

/* R5681-FR, R5681-FRSSTH, R5681-FRRTX [R9438-LOSS] */
static void dupack__third_retransmits(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	dupacks(t, 1, 2);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	counted(t, ATCP_EV_RENO_RECOVERY);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1000));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 8000u);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.recover, t->iss + 10001);
}

/* R5681-DUPDEF: what is no duplicate ACK */
static void dupack__definition(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);
	unsigned int i;

	for (i = 0; i < 5; i++) {		/* text */
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 10));
		sent_whatever(t);
	}
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 0);
	for (i = 1; i <= 5; i++)		/* another window */
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .wnd = PEER_WND + i));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 0);
	arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 10001));
	sent_no_more(t);
	for (i = 1; i <= 5; i++)		/* nothing outstanding */
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 10001));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 0);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
}

/* Three in a row, that is: an ACK of new text begins the count anew. */
static void dupack__in_a_row(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);
	unsigned int i;

	for (i = 1; i <= 5; i++) {
		dupacks(t, 1000 * i - 999, 2);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1000 * i + 1));
		sent_no_more(t);
	}
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
}

/* The end of the last recovery may lie far back. R9293-MOD32 */
static void dupack__after_3_gib(struct kunit *test)
{
	static const struct world w = {
		.name = "large", .passive = true, .peer_plain = true, .iss = 3,
		.start = TRIAL_START, .mss = 1000, .peer_wnd = 0xffff,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	u64 total = 0;
	u32 nxt;

	t->tcb.cc.cwnd = 1 << 20;
	while (total < 3ULL << 30) {
		nxt = snd_nxt(t);
		user_send(t, 64000);
		KUNIT_ASSERT_EQ(test, snd_nxt(t), nxt + 64000);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = nxt + 64000, .wnd = 0xffff));
		total += 64000;
	}
	nxt = snd_nxt(t);
	user_send(t, 10000);
	sent_whatever(t);
	for (total = 0; total < 2; total++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = nxt, .wnd = 0xffff));
		sent_no_more(t);
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = nxt, .wnd = 0xffff));
	sent_text(t, nxt, nxt + 1000);
	arrive(t, SEG(ACK, .seq = 1, .ack = nxt + 10000, .wnd = 0xffff));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
}

/* R5681-LT, R3042-LT: two segments of new text, cwnd as it was */
static void dupack__limited_transmit(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	user_send(t, 5000);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 10001, 11001);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 11001, 12001);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10000u);
}

/* R5681-FRINFL: each further one lets a segment of new text out, in time */
static void fast_recovery__inflates(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);
	unsigned int i;
	u32 nxt;

	dupacks(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 1, 1001);
	user_send(t, 8000);
	sent_no_more(t);
	for (i = 1; i <= 7; i++) {
		nxt = snd_nxt(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 8000 + 1000 * i);
		if (t->tcb.cc.cwnd > 10000)
			sent_text(t, nxt, nxt + 1000);
		sent_no_more(t);
	}
}

/* R6582-FULL [R5681-FRDEFL] */
static void fast_recovery__full_ack(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	dupacks(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 1, 1001);
	dupacks(t, 1, 6);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	expect(t, ATCP_ESTABLISHED, .acked = 10000);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	/* min(ssthresh, max(FlightSize, SMSS) + SMSS), or ssthresh */
	KUNIT_EXPECT_LE(test, t->tcb.cc.cwnd, 5000u);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, 2000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5000u);
	sent_no_more(t);
}

/* R6582-PARTIAL: the next hole at once, cwnd deflated, the same recovery [R5681-ADV] */
static void fast_recovery__partial_ack(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	dupacks(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 1, 1001);
	dupacks(t, 1, 4);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 12000u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 3001));
	counted(t, ATCP_EV_PARTIAL_ACK);
	sent(t, SEG(ACK, .seq = 3001, .ack = 1, .text = 1000));
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 12000u - 3000 + 1000);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5000u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 6001));
	sent(t, SEG(ACK, .seq = 6001, .ack = 1, .text = 1000));
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5000u);
	sent_no_more(t);
}

/* R6582-RECOVER: three duplicates below recover are of the old loss. */
static void dupack__after_timeout_not_before_recover(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	next_deadline(t);
	sent_text(t, 1, 1001);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
	dupacks(t, 1, 5);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
	/* All of it is acknowledged, but nothing beyond. */
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	user_send(t, 3000);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	not_counted(t, ATCP_EV_RENO_RECOVERY);
	sent_whatever(t);
}

/* R5681-LOSS2: a loss in the next window cuts again. */
static void fast_recovery__twice(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	dupacks(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	sent_no_more(t);
	t->tcb.cc.cwnd = 5000;
	user_send(t, 5000);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 11001));
	sent_whatever(t);
	dupacks(t, 11001, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 11001));
	counted(t, ATCP_EV_RENO_RECOVERY);
	KUNIT_EXPECT_LT(test, t->tcb.cc.ssthresh, 5000u);
	sent_whatever(t);
}

/* ---- after a time-out ---- */

/* Timestamps without SACK: an echo of before the copy tells that nothing was lost (RFC 3522). */
static void fast_recovery__undone(struct kunit *test)
{
	static const struct world w = {
		.name = "timestamps alone", .passive = true, .iss = 3, .irs = 9,
		.start = TRIAL_START, .features = ATCP_F_TIMESTAMPS, .mss = 1000,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	u32 mss = atcp_eff_mss(&t->tcb), before;

	user_send(t, 10 * mss);
	sent_text(t, 1, 10 * mss + 1);
	before = t->seen_tsval;
	after(t, MSEC(10));
	dupacks(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent_text(t, 1, mss + 1);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	atcp_board_set(&t->tcb.board, t->tcb.board.n - 1, ATCP_LOST);	/* and not sent yet */
	arrive(t, SEG(ACK, .seq = 1, .ack = 3 * mss + 1, .tsecr = before));
	counted(t, ATCP_EV_UNDO);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, t->tcb.board.lost, 0u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10 * mss);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
}

/* All is deemed lost and sent again in slow start; what arrived is skipped. */
static void timeout__go_back(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	next_deadline(t);
	sent_text(t, 1, 1001);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001));
	sent_text(t, 1001, 3001);
	sent_no_more(t);
	/* 3001 to 6000 had arrived after all. */
	arrive(t, SEG(ACK, .seq = 1, .ack = 6001));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5000u);
	while (t->n_read < t->n_out)
		KUNIT_EXPECT_TRUE(test, seq_geq(t->out[t->n_read++].text_seq, t->iss + 6001));
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	sent_no_more(t);
}

/* One segment an ACK, however much it acknowledges: no burst (RFC 3465, 2.3) */
static void timeout__slow_start_is_slow(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);
	u32 text = 0;

	next_deadline(t);
	sent_text(t, 1, 1001);
	user_send(t, 9000);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	while (t->n_read < t->n_out)
		text += t->out[t->n_read++].text;
	KUNIT_EXPECT_LE(test, text, 3000u);
}

/* A larger PSH-less segment than before does not come of it. */
static void resend__in_smaller_pieces(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 seq = 1;

	user_send(t, 3000);
	sent_text(t, 1, 3001);
	trial_begin(t);
	atcp_set_path_mss(&t->tcb, 500, t->now);
	trial_end(t);
	while (t->n_read < t->n_out) {
		const struct atcp_out *out = &t->out[t->n_read++];

		KUNIT_EXPECT_EQ(test, (int)out->mss, 500);
		KUNIT_EXPECT_EQ(test, out->text_seq - t->iss, seq);
		KUNIT_EXPECT_TRUE(test, out->rexmit);
		seq += out->text;
	}
	KUNIT_EXPECT_EQ(test, seq, 3001u);
	/* Not congestion */
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	KUNIT_EXPECT_EQ(test, snd_nxt(t), 3001u);
}

/* The path took larger segments meanwhile: recovery ends with room for one. */
static void fast_recovery__mss_grows(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	trial_begin(t);
	atcp_set_path_mss(&t->tcb, 100, t->now);
	trial_end(t);
	user_send(t, 400);
	sent_whatever(t);
	dupacks(t, 1, 2);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	trial_begin(t);
	atcp_set_path_mss(&t->tcb, 1000, t->now);
	trial_end(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 401));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, 1000u);
}

/* Copies of what was lost stay inside the window the peer offers now. */
static void resend__within_the_window(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = 1500));
	sent_no_more(t);
	next_deadline(t);
	sent_text(t, 1001, 2001);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2001, .wnd = 1500));
	while (t->n_read < t->n_out) {
		const struct atcp_out *out = &t->out[t->n_read++];

		KUNIT_EXPECT_TRUE(test, seq_leq(out->text_seq + out->text,
						t->iss + 2001 + 1500));
	}
}

/* Counting does not wrap. */
static void dupack__many(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);
	unsigned int i;
	struct atcp_ack a = { .duplicate = true };

	t->tcb.rec.recover = t->tcb.snd.nxt;
	for (i = 0; i < 300; i++)
		dupack(&t->tcb, &a, &t->fx);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 255);
}

/* ---- the parts of it ---- */

/* R6582-FULL: min(ssthresh, max(FlightSize, SMSS) + SMSS) */
static void full_ack__bounds(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;

	tcb->cc.ssthresh = 5000;
	tcb->rec.dupacks = 7;
	full_ack(tcb, 0, 1);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 2000u);
	KUNIT_EXPECT_EQ(test, (int)tcb->rec.dupacks, 0);
	full_ack(tcb, 3000, 1);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 4000u);
	full_ack(tcb, 9000, 1);
	KUNIT_EXPECT_EQ(test, tcb->cc.cwnd, 5000u);
}

/* R6582-PARTIAL: a segment goes back in for a segment acknowledged, not for less. */
static void partial_ack__bounds(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	struct atcp_cc *cc = &t->tcb.cc;
	struct atcp_ack a = { .text = 1000 };

	cc->cwnd = 8000;
	partial_ack(&t->tcb, &a, &t->fx);
	KUNIT_EXPECT_EQ(test, cc->cwnd, 8000u);
	a.text = 999;
	partial_ack(&t->tcb, &a, &t->fx);
	KUNIT_EXPECT_EQ(test, cc->cwnd, 7001u);
	a.text = 7001;
	partial_ack(&t->tcb, &a, &t->fx);
	KUNIT_EXPECT_EQ(test, cc->cwnd, 1000u);
	a.text = 9000;
	partial_ack(&t->tcb, &a, &t->fx);
	KUNIT_EXPECT_EQ(test, cc->cwnd, 1000u);
}

/* In fast recovery the algorithm has no say. */
static void fast_recovery__does_not_grow(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);
	unsigned int i;
	u32 cwnd;

	user_send(t, 20000);
	sent_no_more(t);
	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		sent_whatever(t);
	}
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_FAST_RECOVERY);
	t->tcb.cwnd_limited = 1;
	cwnd = t->tcb.cc.cwnd;
	arrive(t, SEG(ACK, .seq = 1, .ack = 2001));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, cwnd - 2000 + 1000);
	arrive(t, SEG(ACK, .seq = 1, .ack = t->tcb.rec.recover - t->iss));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_LE(test, t->tcb.cc.cwnd, t->tcb.cc.ssthresh);
}

/* R6582-RECOVER: the loss is over when all that was out then is acknowledged. */
static void timeout__until_recover(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	t->tcb.rec.dupacks = 2;
	next_deadline(t);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.dupacks, 0);
	arrive(t, SEG(ACK, .seq = 1, .ack = 5001));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_LOSS);
	t->tcb.cc.cwnd = 20000;
	user_send(t, 3000);
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, snd_nxt(t), 13001u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 12001));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rec.state, ATCP_OPEN);
}

/* RFC 5681, 3.1: one loss lowers ssthresh once, however many time-outs it takes. */
static void timeout__lowers_ssthresh_once(struct kunit *test)
{
	struct trial *t = ten_in_flight(test);

	atcp_recovery_timeout(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5000u);
	t->tcb.rec.retries = 1;
	t->tcb.cc.ssthresh = 12345;
	atcp_recovery_timeout(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 12345u);
	sent_whatever(t);
}

/* R3042-LT: two segments and no more, also where the third changes nothing */
static void recovery_cwnd__bounds(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;
	static const u32 most[] = { 10000, 11000, 12000, 12000, 12000 };

	for (tcb->rec.dupacks = 0; tcb->rec.dupacks < 5; tcb->rec.dupacks++)
		KUNIT_EXPECT_EQ(test, atcp_recovery_cwnd(tcb), most[tcb->rec.dupacks]);
	tcb->rec.state = ATCP_LOSS;
	KUNIT_EXPECT_EQ(test, atcp_recovery_cwnd(tcb), 10000u);
}

static struct kunit_case newreno_cases[] = {
	KUNIT_CASE(dupack__third_retransmits),
	KUNIT_CASE(dupack__definition),
	KUNIT_CASE(dupack__in_a_row),
	KUNIT_CASE(dupack__after_3_gib),
	KUNIT_CASE(dupack__limited_transmit),
	KUNIT_CASE(dupack__after_timeout_not_before_recover),
	KUNIT_CASE(fast_recovery__inflates),
	KUNIT_CASE(fast_recovery__full_ack),
	KUNIT_CASE(fast_recovery__partial_ack),
	KUNIT_CASE(fast_recovery__twice),
	KUNIT_CASE(fast_recovery__undone),
	KUNIT_CASE(timeout__go_back),
	KUNIT_CASE(timeout__slow_start_is_slow),
	KUNIT_CASE(resend__in_smaller_pieces),
	KUNIT_CASE(fast_recovery__mss_grows),
	KUNIT_CASE(resend__within_the_window),
	KUNIT_CASE(dupack__many),
	KUNIT_CASE(full_ack__bounds),
	KUNIT_CASE(partial_ack__bounds),
	KUNIT_CASE(fast_recovery__does_not_grow),
	KUNIT_CASE(timeout__until_recover),
	KUNIT_CASE(timeout__lowers_ssthresh_once),
	KUNIT_CASE(recovery_cwnd__bounds),
	{}
};

TRIAL_SUITE(newreno, newreno_cases);
