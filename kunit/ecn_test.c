// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of ecn.c: RFC 3168, section 6.1, in its order.
 */

#include "../module/core/ecn.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define BOTH	(ECE | CWR)
#define ECT0	ATCP_ECT_0
#define CE	ATCP_CE

static const struct world asking = {
	.name = "asking", .iss = 0xffffff80, .irs = 7000, .start = TRIAL_START,
	.features = RICH, .ecn = ATCP_ECN_ASK,
};

static const struct world answering = {
	.name = "answering", .passive = true, .iss = 1000, .irs = 0xfffffff0,
	.start = TRIAL_START, .features = RICH, .ecn = ATCP_ECN_ANSWER,
};

/* In ESTABLISHED, and both ends have agreed on it. */
static struct trial *agreed(struct kunit *test)
{
	struct trial *t = trial_in(test, &answering, ATCP_LISTEN);

	arrive(t, SEG(SYN | BOTH));
	sent(t, SEG(SYN | ACK | ECE, .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, ATCP_ECN_RFC3168);
	t->tcb.quick_acks = 0;
	return t;
}

/* And @n full segments are out; one has 988 octets beside the timestamp. */
#define FULL	988

static struct trial *sending(struct kunit *test, u32 n)
{
	struct trial *t = agreed(test);

	user_send(t, n * FULL);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = n * FULL, .ecn = ECT0));
	return t;
}

/* ---- 6.1.1: the SYNs ---- */

/* [R3168-SETUP] [R3168-SYNECT]: the SYN asks, by policy or by route, and is Not-ECT */
static void syn_asks(struct kunit *test)
{
	u8 policy, route;

	for (policy = 0; policy <= ATCP_ECN_ANSWER; policy++)
		for (route = 0; route < 2; route++) {
			struct trial *t = trial_in(test, &asking, ATCP_CLOSED);
			bool asks = policy == ATCP_ECN_ASK || route;

			t->tcb.p.ecn = policy;
			t->tcb.ecn.route = route;
			trial_open_active(t);
			sent(t, SEG(SYN | (asks ? BOTH : 0)));
		}
}

/* [R3168-SETUP] [R3168-NONSETUP] [R3168-NOECN] LI-033: what a SYN says, and who answers it */
static void syn_answered(struct kunit *test)
{
	static const u16 bits[] = { 0, ECE, CWR, BOTH };
	unsigned int i;
	u8 policy, route, ecn;

	for (policy = 0; policy <= ATCP_ECN_ANSWER; policy++)
		for (route = 0; route < 2; route++)
			for (ecn = 0; ecn < 4; ecn++)
				for (i = 0; i < ARRAY_SIZE(bits); i++) {
					struct trial *t = trial_in(test, &answering, ATCP_LISTEN);
					bool yes = bits[i] == BOTH && !ecn && (policy || route);

					t->tcb.p.ecn = policy;
					t->tcb.ecn.route = route;
					arrive(t, SEG(SYN | bits[i], .ecn = ecn));
					sent(t, SEG(SYN | ACK | (yes ? ECE : 0), .ack = 1));
					KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, yes);
				}
}

/* RFC 8311, 4.3: a SYN of another protocol may be ECT */
static void syn_answered__ae(struct kunit *test)
{
	struct trial *t = trial_in(test, &answering, ATCP_LISTEN);

	arrive(t, SEG(SYN | BOTH | AE, .ecn = ECT0));
	sent(t, SEG(SYN | ACK | ECE, .ack = 1));
}

/* [R3168-SETUP] [R3168-ECTCOND]: what a SYN,ACK says, if we asked and if not */
static void syn_ack_in(struct kunit *test)
{
	static const u16 bits[] = { 0, ECE, CWR, BOTH };
	unsigned int i;
	u8 policy;

	for (policy = 0; policy <= ATCP_ECN_ANSWER; policy++)
		for (i = 0; i < ARRAY_SIZE(bits); i++) {
			struct trial *t = trial_in(test, &asking, ATCP_CLOSED);
			bool yes = policy == ATCP_ECN_ASK && bits[i] == ECE;

			t->tcb.p.ecn = policy;
			trial_open_active(t);
			sent_whatever(t);
			arrive(t, SEG(SYN | ACK | bits[i], .ack = 1));
			sent(t, SEG(ACK, .seq = 1, .ack = 1));
			user_send(t, 10);
			sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .ecn = yes ? ECT0 : 0));
		}
}

/* Both SYNs ask: both agree */
static void simultaneous(struct kunit *test)
{
	u8 policy;

	for (policy = 0; policy <= ATCP_ECN_ANSWER; policy++) {
		struct trial *t = trial_in(test, &asking, ATCP_CLOSED);
		bool yes = policy == ATCP_ECN_ASK;

		t->tcb.p.ecn = policy;
		trial_open_active(t);
		sent_whatever(t);
		arrive(t, SEG(SYN | BOTH));
		sent(t, SEG(SYN | ACK | (yes ? ECE : 0), .ack = 1));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		user_send(t, 10);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .ecn = yes ? ECT0 : 0));
	}
}

/* ---- 6.1.1.1: a SYN that was lost ---- */

/* [R3168-FALLBACK] [R3168-ECTCOND]: then nothing goes out ECT, but marks are echoed */
static void fallback(struct kunit *test)
{
	struct trial *t = trial_in(test, &asking, ATCP_CLOSED);

	trial_open_active(t);
	sent(t, SEG(SYN | BOTH));
	next_deadline(t);
	sent(t, SEG(SYN));
	arrive(t, SEG(SYN | ACK | ECE, .ack = 1));	/* of the first */
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	user_send(t, 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10));
	arrive(t, SEG(ACK, .seq = 1, .ack = 11, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | ECE, .seq = 11, .ack = 101));
}

static void fallback__answered_without(struct kunit *test)
{
	struct trial *t = trial_in(test, &asking, ATCP_CLOSED);

	trial_open_active(t);
	sent_whatever(t);
	next_deadline(t);
	sent_whatever(t);
	arrive(t, SEG(SYN | ACK, .ack = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
}

static void fallback__off(struct kunit *test)
{
	struct trial *t = trial_in(test, &asking, ATCP_CLOSED);

	t->tcb.p.features &= ~ATCP_F_ECN_FALLBACK;
	trial_open_active(t);
	sent(t, SEG(SYN | BOTH));
	next_deadline(t);
	sent(t, SEG(SYN | BOTH));
	arrive(t, SEG(SYN | ACK | ECE, .ack = 1));
	sent(t, SEG(ACK, .seq = 1, .ack = 1));
	user_send(t, 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .ecn = ECT0));
}

/* The peer falls back: so does our SYN,ACK. Its place decides which check sees it. */
static void peer_falls_back(struct kunit *test)
{
	static const u32 buffs[] = { TRIAL_BUFF, NO_BUFF };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(buffs); i++) {
		struct world w = answering;
		struct trial *t;

		w.buff = buffs[i];
		t = trial_in(test, &w, ATCP_LISTEN);
		arrive(t, SEG(SYN | BOTH));
		sent(t, SEG(SYN | ACK | ECE, .ack = 1));
		arrive(t, SEG(SYN | BOTH));
		sent(t, SEG(SYN | ACK | ECE, .ack = 1));
		arrive(t, SEG(SYN));
		sent(t, SEG(SYN | ACK, .ack = 1));
		arrive(t, SEG(SYN | BOTH));		/* late */
		sent(t, SEG(SYN | ACK | ECE, .ack = 1));
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		user_send(t, 10);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10));
		if (buffs[i] == NO_BUFF)
			continue;
		arrive(t, SEG(ACK, .seq = 1, .ack = 11, .text = 100, .ecn = CE));
		sent(t, SEG(ACK | ECE, .seq = 11, .ack = 101));
	}
}

/* A SYN,ACK that is sent again says the same */
static void syn_ack_again(struct kunit *test)
{
	struct trial *t = trial_in(test, &answering, ATCP_LISTEN);

	arrive(t, SEG(SYN | BOTH));
	sent(t, SEG(SYN | ACK | ECE, .ack = 1));
	next_deadline(t);
	sent(t, SEG(SYN | ACK | ECE, .ack = 1));
}

/* ---- 6.1.2: the sender ---- */

/* [R3168-ECT0] [R3168-ACKECT]: new text, with FIN or without; no ACK, no FIN alone */
static void ect_on_new_text(struct kunit *test)
{
	struct trial *t = agreed(test);

	user_send(t, 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .ecn = ECT0));
	arrive(t, SEG(ACK, .seq = 1, .ack = 11, .text = 5));
	t->tcb.send |= ATCP_SEND_ACK;
	trial_drain(t);
	sent(t, SEG(ACK, .seq = 11, .ack = 6));
	t->tcb.cork = 1;
	user_send(t, 10);
	user_close(t);
	sent(t, SEG(FIN | ACK, .seq = 11, .ack = 6, .text = 10, .ecn = ECT0));

	t = agreed(test);
	user_close(t);
	sent(t, SEG(FIN | ACK, .seq = 1, .ack = 1));
}

/* What went out: how much of it for the second time, and how much with CWR. */
static u32 look(struct trial *t, u32 *cwr)
{
	u32 again = 0;

	for (; t->n_read < t->n_out; t->n_read++) {
		const struct atcp_out *out = &t->out[t->n_read];

		KUNIT_EXPECT_EQ(t->test, out->ecn, out->text && !out->rexmit ? ECT0 : 0);
		again += out->rexmit;
		*cwr += !!(out->ctl & CWR);
		if (out->ctl & CWR)
			KUNIT_EXPECT_TRUE(t->test, out->text && !out->rexmit);
	}
	return again;
}

/* [R3168-RTXECT]: not what is sent again, by time-out or by duplicate ACKs */
static void no_ect_again(struct kunit *test)
{
	struct trial *t = sending(test, 4);
	u32 again = 0, cwr = 0;
	int i;

	after(t, MSEC(1));
	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 1,
			      BLOCKS(1, { FULL + 1, (2 + i) * FULL + 1 })));
		again += look(t, &cwr);
	}
	KUNIT_EXPECT_GT(test, again, 0u);

	t = sending(test, 1);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = FULL));
}

/* [R3168-ZWPECT] [R3168-ACKECT]: not probes, be their octet new or not; not keep-alive */
static void no_ect_on_probes(struct kunit *test)
{
	struct trial *t = agreed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 1, .wnd = ZERO_WND));
	after(t, MSEC(40));
	sent_whatever(t);
	user_send(t, 10);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1, .ack = 2, .text = 1));
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1, .ack = 2, .text = 1));

	t = agreed(test);
	t->tcb.keepalive = 1;
	atcp_user_options_changed(&t->tcb, t->now);
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 0, .ack = 1));
}

/* [R3168-RESP] [R3168-CWR]: once a window, and CWR on the next new text, once */
static void ece_reduces(struct kunit *test)
{
	struct trial *t = sending(test, 10);
	u32 half = t->tcb.cc.cwnd / 2;
	u32 cwr = 0;

	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
	counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, half);
	KUNIT_EXPECT_EQ(test, t->fx.delivered_ce, (u32)FULL);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.delivered_ce, (u32)FULL);

	/* more of them, with SND.UNA moving or not, and none */
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 3 * FULL + 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 3 * FULL + 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 4 * FULL + 1));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, half);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.delivered_ce, (u32)(3 * FULL));

	user_send(t, 10 * FULL);
	look(t, &cwr);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 7 * FULL + 1));
	look(t, &cwr);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 10 * FULL + 1));
	look(t, &cwr);
	KUNIT_EXPECT_EQ(test, cwr, 1u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, half);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_OPEN);
	/* only an ACK of what had CWR ends it */
	KUNIT_EXPECT_TRUE(test, t->tcb.ecn.reducing);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 11 * FULL + 1));
	counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, half / 2);
	look(t, &cwr);
}

/* One ACK ends a reduction and tells of the next */
static void ece_reduces__at_its_end(struct kunit *test)
{
	struct trial *t = sending(test, 10);
	u32 half = t->tcb.cc.cwnd / 2, cwr = 0;

	user_send(t, 10 * FULL);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
	look(t, &cwr);
	arrive(t, SEG(ACK, .seq = 1, .ack = 8 * FULL + 1));
	look(t, &cwr);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_REDUCING);
	KUNIT_EXPECT_EQ(test, cwr, 1u);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 11 * FULL + 1));
	counted(t, ATCP_EV_ECN_REDUCED);
	look(t, &cwr);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_REDUCING);
	KUNIT_EXPECT_LT(test, t->tcb.cc.ssthresh, half);
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.owed);

	/* or there is nothing left to reduce for */
	t = sending(test, 10);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
	user_send(t, FULL);
	arrive(t, (look(t, &cwr), SEG(ACK, .seq = 1, .ack = 6 * FULL + 1)));
	arrive(t, (look(t, &cwr), SEG(ACK | ECE, .seq = 1, .ack = 11 * FULL + 1)));
	not_counted(t, ATCP_EV_ECN_REDUCED);
}

/* Where the peer does not tell what it has: it ends, and a loss is still repaired */
static void ece_reduces__plain(struct kunit *test)
{
	struct world plain = answering;
	struct trial *t;
	u32 half, i;

	plain.features = PLAIN;
	plain.peer_plain = true;
	t = trial_in(test, &plain, ATCP_LISTEN);
	arrive(t, SEG(SYN | BOTH));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	half = t->tcb.cc.cwnd / 2;
	user_send(t, 10000);
	sent_whatever(t);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 1001));
	counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_REDUCING);
	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 1001));
		trial_event(t, ATCP_EV_RENO_RECOVERY, i == 2);
	}
	sent(t, SEG(ACK, .seq = 1001, .ack = 1, .text = 1000));
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, half);
	arrive(t, SEG(ACK, .seq = 1, .ack = 10001));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_OPEN);

	t->tcb.cc.cwnd = 10000;
	user_send(t, 5000);
	sent_whatever(t);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 11001));
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_REDUCING);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 12001));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_REDUCING);
	arrive(t, SEG(ACK, .seq = 1, .ack = t->tcb.snd.nxt - t->iss));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_OPEN);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, t->tcb.cc.ssthresh);
}

/* Then the window grows again, and the next mark counts */
static void ece_reduces__next_window(struct kunit *test)
{
	struct trial *t = sending(test, 10);
	u32 cwnd;

	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 10 * FULL + 1));
	cwnd = t->tcb.cc.cwnd;
	user_send(t, 10 * FULL);
	sent(t, SEG(ACK | CWR, .seq = 10 * FULL + 1, .ack = 1, .text = 5 * FULL, .ecn = ECT0));
	arrive(t, SEG(ACK, .seq = 1, .ack = 15 * FULL + 1));
	KUNIT_EXPECT_GT(test, t->tcb.cc.cwnd, cwnd);
	sent(t, SEG(ACK, .seq = 15 * FULL + 1, .ack = 1, .text = 5 * FULL, .ecn = ECT0));
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 16 * FULL + 1));
	counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_LT(test, t->tcb.cc.cwnd, cwnd);
}

/* [R3168-RESP]: a loss of the same window is no other sign, be it found first or last */
static void ece_and_loss(struct kunit *test)
{
	struct trial *t = sending(test, 10);
	u32 ssthresh, again = 0, cwr = 0;
	int i;

	after(t, MSEC(1));
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
	ssthresh = t->tcb.cc.ssthresh;
	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1,
			      BLOCKS(1, { 2 * FULL + 1, (3 + i) * FULL + 1 })));
		again += look(t, &cwr);
	}
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_FAST_RECOVERY);
	KUNIT_EXPECT_GT(test, again, 0u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);
	KUNIT_EXPECT_FALSE(test, t->tcb.undo.on);	/* it was no mistake */
	next_deadline(t);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);

	t = sending(test, 10);
	after(t, MSEC(1));
	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 1,
			      BLOCKS(1, { FULL + 1, (2 + i) * FULL + 1 })));
		look(t, &cwr);
	}
	KUNIT_EXPECT_EQ(test, t->tcb.rec.state, ATCP_FAST_RECOVERY);
	ssthresh = t->tcb.cc.ssthresh;
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 5 * FULL + 1));
	sent_whatever(t);
	not_counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, ssthresh);
}

/* [R3168-CWR]: also after a loss, on the first new text */
static void cwr_after_loss(struct kunit *test)
{
	struct trial *t = sending(test, 4);

	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = FULL));
	user_send(t, FULL);
	arrive(t, SEG(ACK, .seq = 1, .ack = 4 * FULL + 1));
	sent(t, SEG(ACK | CWR, .seq = 4 * FULL + 1, .ack = 1, .text = FULL, .ecn = ECT0));
}

/* [R9438-ECE1]: below what ssthresh may be marks still reduce cwnd, to one segment */
static void ece_at_two_segments(struct kunit *test)
{
	static const char * const names[] = { "reno", "cubic" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct trial *t = sending(test, 2);
		u32 mss = t->tcb.cc.mss;

		atcp_cc_init(&t->tcb.cc, atcp_cc_find(names[i]), mss);
		t->tcb.cc.cwnd = 2 * mss;
		user_send(t, 3 * FULL);
		arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
		counted(t, ATCP_EV_ECN_REDUCED);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 2 * mss);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, mss);
		sent_no_more(t);
		/* and it grows again when they end */
		arrive(t, SEG(ACK, .seq = 1, .ack = 2 * FULL + 1));
		sent(t, SEG(ACK | CWR, .seq = 2 * FULL + 1, .ack = 1, .text = FULL, .ecn = ECT0));
		arrive(t, SEG(ACK, .seq = 1, .ack = 3 * FULL + 1));
		sent(t, SEG(ACK, .seq = 3 * FULL + 1, .ack = 1, .text = 2 * FULL, .ecn = ECT0));
	}
}

/* [R3168-CWND1]: the next new segment waits for the time of a time-out */
static void ece_at_one_segment(struct kunit *test)
{
	struct trial *t = sending(test, 1);
	u64 rto;

	t->tcb.cc.cwnd = t->tcb.cc.mss;
	user_send(t, 3 * FULL);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
	rto = atcp_rto_current(&t->tcb);
	t->tcb.cc.cwnd = t->tcb.cc.mss;	/* Reno never leaves less than two */
	sent_no_more(t);
	after(t, rto - 1);
	sent_no_more(t);
	after(t, 1);
	sent(t, SEG(ACK | CWR, .seq = FULL + 1, .ack = 1, .text = FULL, .ecn = ECT0));

	/* with two there is no need to wait */
	t = sending(test, 2);
	t->tcb.cc.cwnd = 2 * t->tcb.cc.mss;
	user_send(t, 3 * FULL);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 2 * FULL + 1));
	sent(t, SEG(ACK | CWR, .seq = 2 * FULL + 1, .ack = 1, .text = FULL, .ecn = ECT0));
}

/* ECE means nothing where nothing is out, or was sent ECT, or in an old segment */
static void ece_ignored(struct kunit *test)
{
	struct trial *t = agreed(test);
	u32 cwnd = t->tcb.cc.cwnd;

	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	user_send(t, 2 * FULL);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = FULL + 1));
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2 * FULL + 1));

	t->tcb.ecn.declined = 1;
	user_send(t, FULL);
	sent(t, SEG(ACK, .seq = 2 * FULL + 1, .ack = 1, .text = FULL));
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 3 * FULL + 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, cwnd);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.delivered_ce, 0u);
}

/* A FIN that is acknowledged is no octet of text */
static void ece_of_fin(struct kunit *test)
{
	struct trial *t = sending(test, 1);

	user_close(t);
	sent_whatever(t);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 2));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.delivered_ce, (u32)FULL);

	t = sending(test, 1);
	user_close(t);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = FULL + 1));
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 2));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.delivered_ce, 0u);
}

/* ---- 6.1.3: the receiver ---- */

/* [R3168-ECE]: on all ACKs, with text or without, until CWR; at once where it begins */
static void echo_until_cwr(struct kunit *test)
{
	struct trial *t = agreed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .ecn = ECT0));
	after(t, MSEC(40));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 201));
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 100, .ecn = ECT0));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 301));
	user_send(t, 10);
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 301, .text = 10, .ecn = ECT0));
	arrive(t, SEG(ACK, .seq = 301, .ack = 11, .text = 100, .ecn = ATCP_ECT_1));
	after(t, MSEC(40));
	sent(t, SEG(ACK | ECE, .seq = 11, .ack = 401));
	arrive(t, SEG(ACK | CWR, .seq = 401, .ack = 11, .text = 100, .ecn = ECT0));
	sent(t, SEG(ACK, .seq = 11, .ack = 501));
	arrive(t, SEG(ACK, .seq = 501, .ack = 11, .text = 100, .ecn = ECT0));
	after(t, MSEC(40));
	sent(t, SEG(ACK, .seq = 11, .ack = 601));
}

/* CWR that was marked itself begins it anew; CWR on a pure ACK ends it as well */
static void echo__cwr_and_ce(struct kunit *test)
{
	struct trial *t = agreed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 101));
	arrive(t, SEG(ACK | CWR, .seq = 101, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 201));
	arrive(t, SEG(ACK | CWR, .seq = 201, .ack = 1));
	sent_no_more(t);
	user_send(t, 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 201, .text = 10, .ecn = ECT0));
}

/* Out of order it counts, too */
static void echo__out_of_order(struct kunit *test)
{
	struct trial *t = agreed(test);

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 1, BLOCKS(1, { 101, 201 })));
}

/* [R3168-OOW]: outside the window it does not; nor on a segment without text */
static void echo__out_of_window(struct kunit *test)
{
	struct trial *t = agreed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .ecn = ECT0));
	after(t, MSEC(40));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, BLOCKS(1, { 1, 101 })));
	arrive(t, SEG(ACK, .seq = 101 + (1 << 20), .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .ecn = CE));
	sent_no_more(t);
	user_send(t, 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 101, .text = 10, .ecn = ECT0));
}

/* Text Not-ECT after text that was ECT was sent again: its sender waits for the ACK */
static void quick_ack_of_resent(struct kunit *test)
{
	struct trial *t = agreed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100, .ecn = ECT0));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 100));
	sent(t, SEG(ACK, .seq = 1, .ack = 301));
	KUNIT_EXPECT_TRUE(test, t->tcb.ecn.seen);
}

/* ---- DCTCP: RFC 8257 ---- */

static void use_dctcp(struct trial *t)
{
	t->tcb.p.cc = (u8)atcp_cc_find("dctcp");
	atcp_cc_init(&t->tcb.cc, t->tcb.p.cc, atcp_eff_mss(&t->tcb));
}

/* [R8257-SYN]: it is asked for whatever the policy, and all is ECT if it is agreed to */
static void dctcp__all_ect(struct kunit *test)
{
	struct trial *t = trial_in(test, &asking, ATCP_CLOSED);
	int i;

	t->tcb.p.ecn = ATCP_ECN_REFUSE;
	use_dctcp(t);
	trial_open_active(t);
	sent(t, SEG(SYN | BOTH, .ecn = ECT0));
	arrive(t, SEG(SYN | ACK | ECE, .ack = 1, .ecn = ECT0));
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .ecn = ECT0));
	user_send(t, 10);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .ecn = ECT0));
	next_deadline(t);
	sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10, .ecn = ECT0));

	for (i = 0; i < 2; i++) {	/* not agreed to; and asked no more */
		t = trial_in(test, &asking, ATCP_CLOSED);
		use_dctcp(t);
		trial_open_active(t);
		sent_whatever(t);
		if (i) {
			next_deadline(t);
			sent(t, SEG(SYN));
		}
		arrive(t, SEG(SYN | ACK, .ack = 1));
		sent(t, SEG(ACK, .seq = 1, .ack = 1));
		user_send(t, 10);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10));
	}

	t = trial_in(test, &answering, ATCP_LISTEN);
	t->tcb.p.ecn = ATCP_ECN_REFUSE;
	use_dctcp(t);
	arrive(t, SEG(SYN | BOTH, .ecn = CE));
	sent(t, SEG(SYN | ACK | ECE, .ack = 1, .ecn = ECT0));
	t = trial_in(test, &answering, ATCP_LISTEN);
	use_dctcp(t);
	arrive(t, SEG(SYN));
	sent(t, SEG(SYN | ACK, .ack = 1));
}

static struct trial *dctcp_agreed(struct kunit *test)
{
	struct trial *t = trial_in(test, &answering, ATCP_LISTEN);

	use_dctcp(t);
	arrive(t, SEG(SYN | BOTH, .ecn = ECT0));
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .ecn = ECT0));
	t->tcb.quick_acks = 0;
	return t;
}

/* [R8257-CE] [R8257-TWOACKS]: each ACK tells of octets that came alike, at once at a change */
static void dctcp__receiver(struct kunit *test)
{
	struct trial *t = dctcp_agreed(test);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .ecn = ECT0));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, .ecn = ECT0));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 201, .ecn = ECT0));
	arrive(t, SEG(ACK, .seq = 201, .ack = 1, .text = 100, .ecn = CE));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 301, .ack = 1, .text = 100, .ecn = ATCP_ECT_1));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 301, .ecn = ECT0));
	sent(t, SEG(ACK, .seq = 1, .ack = 401, .ecn = ECT0));
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.unacked, 0u);
	/* nothing waits: one ACK; CWR comes before CE */
	arrive(t, SEG(ACK | CWR, .seq = 401, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 501, .ecn = ECT0));
	arrive(t, SEG(ACK | CWR, .seq = 501, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 601, .ecn = ECT0));
	/* Not-ECT tells nothing */
	arrive(t, SEG(ACK, .seq = 601, .ack = 1, .text = 100));
	sent(t, SEG(ACK | ECE, .seq = 1, .ack = 701, .ecn = ECT0));
	/* out of order */
	arrive(t, SEG(ACK, .seq = 801, .ack = 1, .text = 100, .ecn = ECT0));
	sent(t, SEG(ACK, .seq = 1, .ack = 701, .ecn = ECT0, BLOCKS(1, { 801, 901 })));
}

/* The cut is by alpha, and alpha by what was told of each octet */
static void dctcp__sender(struct kunit *test)
{
	struct trial *t = dctcp_agreed(test);
	u32 cwnd, i;

	t->tcb.cc.cwnd = 20 * t->tcb.cc.mss;
	user_send(t, 10 * FULL);
	sent_whatever(t);
	for (i = 1; i <= 10; i++)
		arrive(t, SEG(ACK, .seq = 1, .ack = i * FULL + 1));
	user_send(t, 10 * FULL);
	sent_whatever(t);
	cwnd = t->tcb.cc.cwnd;
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 11 * FULL + 1));
	counted(t, ATCP_EV_ECN_REDUCED);
	/* 1024 less a sixteenth at the first ACK; then another, and a sixteenth of all */
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, cwnd - cwnd * 960 / 2048);
	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = 12 * FULL + 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
}

/* Not agreed on: no mark is echoed, and no echo heard */
static void without(struct kunit *test)
{
	struct trial *t = trial_in(test, &answering, ATCP_ESTABLISHED);
	u32 cwnd = t->tcb.cc.cwnd;

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK, .seq = 1, .ack = 101));
	user_send(t, 3 * FULL);
	sent(t, SEG(ACK, .seq = 1, .ack = 101, .text = 3 * FULL));
	arrive(t, SEG(ACK | ECE, .seq = 101, .ack = 3 * FULL + 1));
	KUNIT_EXPECT_GE(test, t->tcb.cc.cwnd, cwnd);
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.seen);
}

/* An attempt that failed leaves nothing to the next, but for what the route says */
static void forget(struct kunit *test)
{
	struct trial *t = sending(test, 1);
	static const struct atcp_ecn none;

	arrive(t, SEG(ACK | ECE, .seq = 1, .ack = FULL + 1));
	t->tcb.ecn.route = 1;
	atcp_ecn_forget(&t->tcb);
	KUNIT_EXPECT_TRUE(test, t->tcb.ecn.route);
	t->tcb.ecn.route = 0;
	KUNIT_EXPECT_EQ(test, memcmp(&t->tcb.ecn, &none, sizeof(none)), 0);
}

static struct kunit_case ecn_cases[] = {
	KUNIT_CASE(syn_asks),
	KUNIT_CASE(syn_answered),
	KUNIT_CASE(syn_answered__ae),
	KUNIT_CASE(syn_ack_in),
	KUNIT_CASE(simultaneous),
	KUNIT_CASE(fallback),
	KUNIT_CASE(fallback__answered_without),
	KUNIT_CASE(fallback__off),
	KUNIT_CASE(peer_falls_back),
	KUNIT_CASE(syn_ack_again),
	KUNIT_CASE(ect_on_new_text),
	KUNIT_CASE(no_ect_again),
	KUNIT_CASE(no_ect_on_probes),
	KUNIT_CASE(ece_reduces),
	KUNIT_CASE(ece_reduces__at_its_end),
	KUNIT_CASE(ece_reduces__plain),
	KUNIT_CASE(ece_reduces__next_window),
	KUNIT_CASE(ece_and_loss),
	KUNIT_CASE(cwr_after_loss),
	KUNIT_CASE(ece_at_two_segments),
	KUNIT_CASE(ece_at_one_segment),
	KUNIT_CASE(ece_ignored),
	KUNIT_CASE(ece_of_fin),
	KUNIT_CASE(echo_until_cwr),
	KUNIT_CASE(echo__cwr_and_ce),
	KUNIT_CASE(echo__out_of_order),
	KUNIT_CASE(echo__out_of_window),
	KUNIT_CASE(quick_ack_of_resent),
	KUNIT_CASE(dctcp__all_ect),
	KUNIT_CASE(dctcp__receiver),
	KUNIT_CASE(dctcp__sender),
	KUNIT_CASE(without),
	KUNIT_CASE(forget),
	{}
};

TRIAL_SUITE(ecn, ecn_cases);
