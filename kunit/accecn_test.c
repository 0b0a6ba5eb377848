// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of accecn.c: RFC 9768, in its order.
 */

#include "../module/core/accecn.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define ALL	(AE | CWR | ECE)
#define ECT0	ATCP_ECT_0
#define ECT1	ATCP_ECT_1
#define CE	ATCP_CE
#define FULL	988

/* The ACE field as flags: 5 is where counts begin. */
#define COUNT(_n)	((u16)((_n) << 6))
#define FIVE		COUNT(5)

static const struct world client = {
	.name = "client", .iss = 0xffffff80, .irs = 7000, .start = TRIAL_START,
	.features = RICH, .ecn = ATCP_ACCECN_ASK,
};

static const struct world server = {
	.name = "server", .passive = true, .iss = 1000, .irs = 0xfffffff0,
	.start = TRIAL_START, .features = RICH, .ecn = ATCP_ACCECN_ANSWER,
};

static void options(struct trial *t)
{
	t->tcb.p.ecn_option = ATCP_ACCECN_OPTION_ALWAYS;
	t->tcb.p.ecn_beacon = ATCP_MAX_BEACON;
}

/* In ESTABLISHED, both in AccECN mode, nothing mangled. */
static struct trial *serving(struct kunit *test)
{
	struct trial *t = trial_in(test, &server, ATCP_LISTEN);

	arrive(t, SEG(SYN | ALL));
	sent(t, SEG(SYN | ACK | COUNT(2), .ack = 1, ACCECN(0, 3, 1, 0, 1)));
	arrive(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, ATCP_ECN_ACCECN);
	t->tcb.quick_acks = 0;
	return t;
}

static struct trial *calling(struct kunit *test)
{
	struct trial *t = trial_in(test, &client, ATCP_CLOSED);

	trial_open_active(t);
	sent(t, SEG(SYN | ALL, NO_ACCECN));
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1));
	sent(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1, ACCECN(0, 3, 1, 0, 1)));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, ATCP_ECN_ACCECN);
	t->tcb.quick_acks = 0;
	return t;
}

/* And @n full segments are out, without options to spoil their size. */
static struct trial *sending(struct kunit *test, u32 n)
{
	struct trial *t = serving(test);

	t->tcb.cc.cwnd = 40 * t->tcb.cc.mss;
	user_send(t, n * FULL);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = n * FULL, .ecn = ECT0));
	return t;
}

/* ---- 3.1: the handshake ---- */

/* [R9768-ASK] [R9768-NOSYNOPT]: what the SYN says under each policy */
static void syn_out(struct kunit *test)
{
	static const u16 want[ATCP_N_ECN_POLICIES] = {
		[ATCP_ECN_ASK] = CWR | ECE,
		[ATCP_ACCECN_ASK] = ALL,
		[ATCP_ACCECN_ECN_ASK] = CWR | ECE,
	};
	u8 policy, route;

	for (policy = 0; policy < ATCP_N_ECN_POLICIES; policy++)
		for (route = 0; route < 2; route++) {
			struct trial *t = trial_in(test, &client, ATCP_CLOSED);

			t->tcb.p.ecn = policy;
			t->tcb.ecn.route = route;
			trial_open_active(t);
			sent(t, SEG(SYN | (want[policy] ?: route ? CWR | ECE : 0), NO_ACCECN));
		}
}

static const u16 answer_to[] = {
	[ATCP_NOT_ECT] = COUNT(2), [ATCP_ECT_1] = COUNT(3), [ATCP_ECT_0] = COUNT(4),
	[ATCP_CE] = COUNT(6),
};

/*
 * [R9768-TABLE2] [R9768-SYNACK] [R9768-FORWARD] [R9768-SYNCE]: all that a SYN may say,
 * however it comes, under each policy
 */
static void syn_in(struct kunit *test)
{
	u8 policy, ace, ecn;

	for (policy = 0; policy < ATCP_N_ECN_POLICIES; policy++)
		for (ace = 0; ace < 8; ace++)
			for (ecn = 0; ecn < 4; ecn++) {
				struct trial *t = trial_in(test, &server, ATCP_LISTEN);
				bool both = (ace & 3) == 3;
				u16 want = 0;

				t->tcb.p.ecn = policy;
				if (policy >= ATCP_ACCECN_ASK && ace && ace != 3)
					want = answer_to[ecn];
				else if (policy && both && (!ecn || ace == 7))
					want = ECE;
				arrive(t, SEG(SYN | COUNT(ace), .ecn = ecn));
				sent(t, SEG(SYN | ACK | want, .ack = 1));
				KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode,
						!want ? ATCP_ECN_NONE : want == ECE ?
						ATCP_ECN_RFC3168 : ATCP_ECN_ACCECN);
				if (t->tcb.ecn.mode == ATCP_ECN_ACCECN)
					KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.r.cep, 5u);
			}
}

/*
 * [R9768-TABLE2] [R9768-CLIENT] [R9768-BROKEN] [R9768-RESERVED] [R9768-MANGLED]
 * [R9768-SYNRESP] [R9768-ENCODE] [R9768-INIT]: all that a SYN,ACK may say, however it comes
 */
static void syn_ack_in(struct kunit *test)
{
	static const u8 mode[8] = {
		ATCP_ECN_NONE, ATCP_ECN_RFC3168, ATCP_ECN_ACCECN, ATCP_ECN_ACCECN,
		ATCP_ECN_ACCECN, ATCP_ECN_ACCECN, ATCP_ECN_ACCECN, ATCP_ECN_NONE,
	};
	u8 ace, ecn;

	for (ace = 0; ace < 8; ace++)
		for (ecn = 0; ecn < 4; ecn++) {
			struct trial *t = trial_in(test, &client, ATCP_CLOSED);
			bool acc = mode[ace] == ATCP_ECN_ACCECN;
			bool ect = mode[ace] == ATCP_ECN_RFC3168 || ace == 2 || ace == 5;
			u16 digit = acc ? COUNT(ecn == CE ? 6 : 5) : 0;

			trial_open_active(t);
			sent_whatever(t);
			arrive(t, SEG(SYN | ACK | COUNT(ace), .ack = 1, .ecn = ecn));
			KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, mode[ace]);
			sent(t, SEG(ACK | (acc ? answer_to[ecn] : 0), .seq = 1, .ack = 1));
			KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd > t->tcb.cc.mss, ace != 6);
			user_send(t, 10);
			sent(t, SEG(ACK | digit, .seq = 1, .ack = 1, .text = 10,
				    .ecn = ect ? ECT0 : 0));
		}
}

/* Who did not ask for it takes no SYN,ACK for an agreement. */
static void syn_ack_in__not_asked(struct kunit *test)
{
	u8 policy, ace;

	for (policy = 0; policy < ATCP_N_ECN_POLICIES; policy++)
		for (ace = 0; ace < 8; ace++) {
			struct trial *t = trial_in(test, &client, ATCP_CLOSED);
			bool asked = policy == ATCP_ECN_ASK || policy == ATCP_ACCECN_ECN_ASK;

			if (policy == ATCP_ACCECN_ASK)
				continue;
			t->tcb.p.ecn = policy;
			trial_open_active(t);
			sent_whatever(t);
			arrive(t, SEG(SYN | ACK | COUNT(ace), .ack = 1));
			sent(t, SEG(ACK, .seq = 1, .ack = 1));
			KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, asked && (ace & 3) == 1);
		}
}

/* [R9768-SIMULTANEOUS]: as if the peer alone had asked; for RFC 3168 if that was asked */
static void simultaneous(struct kunit *test)
{
	u8 policy, ace;

	for (policy = 0; policy < ATCP_N_ECN_POLICIES; policy++)
		for (ace = 0; ace < 8; ace++) {
			struct trial *t = trial_in(test, &client, ATCP_CLOSED);
			bool both = (ace & 3) == 3;
			u16 want = 0;

			t->tcb.p.ecn = policy;
			trial_open_active(t);
			sent_whatever(t);
			if (policy == ATCP_ACCECN_ASK)
				want = ace == 3 ? ECE : ace ? COUNT(2) : 0;
			else if (policy == ATCP_ECN_ASK || policy == ATCP_ACCECN_ECN_ASK)
				want = both ? ECE : 0;
			arrive(t, SEG(SYN | COUNT(ace)));
			sent(t, SEG(SYN | ACK | want, .ack = 1));
		}
}

/* [R9768-SYNFB] [R9768-CLIENTECT]: it asks twice; then it may still turn out that it is on */
static void syn_lost(struct kunit *test)
{
	struct trial *t = trial_in(test, &client, ATCP_CLOSED);

	trial_open_active(t);
	sent(t, SEG(SYN | ALL));
	next_deadline(t);
	sent(t, SEG(SYN | ALL));
	next_deadline(t);
	sent(t, SEG(SYN));
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1));
	sent(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1));
	user_send(t, 10);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 10, .ecn = ECT0));

	t = trial_in(test, &client, ATCP_CLOSED);
	t->tcb.p.features &= ~ATCP_F_ECN_FALLBACK;
	trial_open_active(t);
	sent_whatever(t);
	next_deadline(t);
	sent_whatever(t);
	next_deadline(t);
	sent(t, SEG(SYN | ALL));
}

/* [R9768-SYNACKFB] [R9768-SYNACKOPT] [R9768-SERVERECT]: without option, without flags */
static void syn_ack_lost(struct kunit *test)
{
	struct trial *t = trial_in(test, &server, ATCP_LISTEN);

	arrive(t, SEG(SYN | ALL));
	sent(t, SEG(SYN | ACK | COUNT(2), .ack = 1, ACCECN(0, 3, 1, 0, 1)));
	next_deadline(t);
	sent(t, SEG(SYN | ACK | COUNT(2), .ack = 1, NO_ACCECN));
	next_deadline(t);
	sent(t, SEG(SYN | ACK, .ack = 1, NO_ACCECN));
	arrive(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1));	/* of the first */
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, ATCP_ECN_ACCECN);
	user_send(t, 10);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 10));
	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 11, .text = 10, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 11, .ack = 11));

	t = trial_in(test, &server, ATCP_LISTEN);
	t->tcb.p.features &= ~ATCP_F_ECN_FALLBACK;
	arrive(t, SEG(SYN | ALL));
	sent_whatever(t);
	next_deadline(t);
	sent_whatever(t);
	next_deadline(t);
	sent(t, SEG(SYN | ACK | COUNT(2), .ack = 1, NO_ACCECN));
}

/* [R9768-LATEST] [R9768-MODES] [R9768-SERVERECT]: the SYN once more, asking or not */
static void syn_again(struct kunit *test)
{
	struct trial *t = trial_in(test, &server, ATCP_LISTEN);

	arrive(t, SEG(SYN | ALL));
	sent(t, SEG(SYN | ACK | COUNT(2), .ack = 1, ACCECN(0, 3, 1, 0, 1)));
	arrive(t, SEG(SYN | ALL, .ecn = CE));
	sent(t, SEG(SYN | ACK | COUNT(6), .ack = 1, NO_ACCECN));
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.declined);
	arrive(t, SEG(SYN, .ecn = ECT1));
	sent(t, SEG(SYN | ACK | COUNT(3), .ack = 1, NO_ACCECN));
	arrive(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1));
	user_send(t, 10);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 10));

	/* one that did not ask at first does not get it later */
	t = trial_in(test, &server, ATCP_LISTEN);
	arrive(t, SEG(SYN));
	sent(t, SEG(SYN | ACK, .ack = 1));
	arrive(t, SEG(SYN | ALL));
	sent(t, SEG(SYN | ACK, .ack = 1));
}

/* [R9768-RESET]: two modes in one handshake; who has but one mode does not mind */
static void syn_again__other_mode(struct kunit *test)
{
	struct trial *t = trial_in(test, &server, ATCP_LISTEN);

	arrive(t, SEG(SYN | ALL));
	sent_whatever(t);
	arrive(t, SEG(SYN | CWR | ECE));
	sent(t, SEG(RST | ACK, .seq = 0u - t->iss, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.state, ATCP_LISTEN);

	t = trial_in(test, &server, ATCP_LISTEN);
	arrive(t, SEG(SYN | CWR | ECE));
	sent_whatever(t);
	arrive(t, SEG(SYN | ALL));
	sent(t, SEG(RST | ACK, .seq = 0u - t->iss, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.state, ATCP_LISTEN);

	t = trial_in(test, &server, ATCP_LISTEN);
	t->tcb.p.ecn = ATCP_ECN_ANSWER;
	arrive(t, SEG(SYN | CWR | ECE));
	sent_whatever(t);
	arrive(t, SEG(SYN | ALL));
	sent(t, SEG(SYN | ACK | ECE, .ack = 1));

	t = trial_in(test, &client, ATCP_CLOSED);
	trial_open_active(t);
	sent_whatever(t);
	arrive(t, SEG(SYN | ALL));
	sent_whatever(t);
	arrive(t, SEG(SYN | CWR | ECE));
	sent(t, SEG(RST | ACK, .seq = 0u - t->iss, .ack = 1));
	expect(t, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
}

/* [R9768-ENCODE] [R9768-LATEST]: the SYN,ACK once more; r.cep counts it once */
static void syn_ack_again(struct kunit *test)
{
	struct trial *t = calling(test);

	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 1));
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 1));
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, .ecn = ECT1));
	sent(t, SEG(ACK | COUNT(3), .seq = 1, .ack = 1));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.r.cep, 6u);
	/* not so that what comes next is taken for it */
	t->tcb.p.challenge_max = t->tcb.challenge.n;
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, .ecn = ECT1));
	sent_no_more(t);
	arrive(t, SEG(FIN | ACK | FIVE, .seq = 1, .ack = 1));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 2));
}

/* [R9768-ENCODE]: text that waits for the handshake goes behind a pure ACK */
static void pure_ack_first(struct kunit *test)
{
	struct trial *t = trial_in(test, &client, ATCP_CLOSED);

	trial_open_active(t);
	sent_whatever(t);
	user_send(t, 10);
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 1, ACCECN(0, 3, 1, 0, 1)));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 1, .text = 10, .ecn = ECT0,
		    ACCECN(0, 3, 1, 0, 1)));
	user_send(t, 10);
	after(t, MSEC(200));
	sent_whatever(t);
}

/* [R9768-TABLE4] [R9768-FIRSTZERO] [R9768-MANGLED]: all that the pure ACK may say */
static void first_ack(struct kunit *test)
{
	u8 ace;

	for (ace = 0; ace < 8; ace++) {
		struct trial *t = trial_in(test, &server, ATCP_LISTEN);
		bool mangled = ace == 3 || ace == 4 || ace == 6;

		arrive(t, SEG(SYN | ALL));
		sent_whatever(t);
		arrive(t, SEG(ACK | COUNT(ace), .seq = 1, .ack = 1));
		KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, ace == 6 ? 6u : 5u);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd > t->tcb.cc.mss, ace != 6);
		KUNIT_EXPECT_EQ(test, (bool)t->tcb.ecn.acc.ignore, !ace);
		t->tcb.cc.cwnd = 10 * t->tcb.cc.mss;
		user_send(t, 2 * FULL);
		sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 2 * FULL,
			    .ecn = mangled || !ace ? 0 : ECT0));
		arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = FULL + 1));
		trial_event(t, ATCP_EV_ECN_REDUCED, ace != 0);
		/* what comes marked is told all the same */
		arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = FULL + 1, .text = 10, .ecn = CE));
		sent(t, SEG(ACK | COUNT(6), .seq = 2 * FULL + 1, .ack = 11));
	}
}

/* With text, FIN or SACK blocks the field is a count */
static void first_ack__not_pure(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct trial *t = trial_in(test, &server, ATCP_LISTEN);

		arrive(t, SEG(SYN | ALL));
		sent_whatever(t);
		if (i == 0)
			arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 1, .text = 10));
		else if (i == 1)
			arrive(t, SEG(FIN | ACK | COUNT(6), .seq = 1, .ack = 1));
		else
			arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 1, BLOCKS(1, { 5, 6 })));
		sent_whatever(t);
		KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, 6u);
		KUNIT_EXPECT_FALSE(test, t->tcb.ecn.declined);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, t->tcb.cc.mss);
	}
}

/* ---- 3.2: feedback that arrives ---- */

/* [R9768-ACE] [R9768-RESPOND] [R9768-NOCWR]: counts, once a window, and no CWR for it */
static void ack_in(struct kunit *test)
{
	struct trial *t = sending(test, 10);
	u32 cwnd = t->tcb.cc.cwnd;

	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = FULL + 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 2 * FULL + 1));
	counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_EQ(test, t->fx.delivered_ce, (u32)FULL);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.ce, (u32)FULL);
	KUNIT_EXPECT_LT(test, t->tcb.cc.ssthresh, cwnd);
	cwnd = t->tcb.cc.ssthresh;
	arrive(t, SEG(ACK | COUNT(0), .seq = 1, .ack = 4 * FULL + 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, cwnd);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, 8u);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.delivered_ce, (u32)(3 * FULL));
	arrive(t, SEG(ACK | COUNT(0), .seq = 1, .ack = 10 * FULL + 1));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.ce, 0u);
	user_send(t, FULL);
	sent(t, SEG(ACK | FIVE, .seq = 10 * FULL + 1, .ack = 1, .text = FULL, .ecn = ECT0));
}

/* [R9768-SUPERSEDED]: neither news in the ACK field nor in the timestamp: it may be old */
static void ack_in__superseded(struct kunit *test)
{
	struct trial *t = sending(test, 4);
	u32 clock = t->peer_clock + (u32)div_u64(t->now, 1000);

	arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = FULL + 1, .tsval = clock + 5));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, 6u);
	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = FULL + 1, .tsval = clock + 5));
	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .tsval = clock + 5));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, 6u);
	arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = FULL + 1, .tsval = clock + 6));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, 7u);
	arrive(t, SEG(ACK | COUNT(0), .seq = 1, .ack = 2 * FULL + 1, .tsval = clock + 6));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, 8u);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.tsval, clock + 6);
}

/* [R9768-ZERO]: the first count is 0: no ECT any more, no answer, but counts go out */
static void ack_in__zero(struct kunit *test)
{
	struct trial *t = serving(test);

	user_send(t, 2 * FULL);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = FULL + 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	arrive(t, SEG(ACK | COUNT(3), .seq = 1, .ack = 2 * FULL + 1));
	not_counted(t, ATCP_EV_ECN_REDUCED);
	user_send(t, 10);
	sent(t, SEG(ACK | FIVE, .seq = 2 * FULL + 1, .ack = 1, .text = 10));
	arrive(t, SEG(ACK, .seq = 1, .ack = 2 * FULL + 11, .text = 10, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 2 * FULL + 11, .ack = 11));
}

/* Once one was not, 0 is a count as any other */
static void ack_in__zero_later(struct kunit *test)
{
	struct trial *t = sending(test, 4);

	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = FULL + 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 3 * FULL + 1));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.cep, 8u);
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.acc.ignore);
}

struct cycle {
	u8 ace;
	u32 packets;
	bool told;
	u32 ceb;
	u32 want;
};

/* [R9768-CYCLE]: A.2's rule, from s.cep = 5 and segments of 1000 octets */
static void cycles(struct kunit *test)
{
	static const struct cycle cases[] = {
		{ 5, 1, false, 0, 0 }, { 6, 1, false, 0, 1 }, { 4, 1, false, 0, 7 },
		{ 5, 7, false, 0, 0 }, { 4, 7, false, 0, 7 },
		{ 5, 8, false, 0, 8 }, { 6, 8, false, 0, 1 }, { 6, 9, false, 0, 9 },
		{ 6, 16, false, 0, 9 }, { 6, 17, false, 0, 17 }, { 4, 8, false, 0, 7 },
		/* nothing came marked */
		{ 5, 8, true, 0, 0 }, { 6, 17, true, 0, 1 },
		/* as many octets as few packets have, and too few for many */
		{ 6, 9, true, 1000, 1 }, { 6, 9, true, 1001, 9 }, { 6, 9, true, 4500, 9 },
		{ 7, 10, true, 2000, 2 },
		/* it is not known that they are not many small ones */
		{ 3, 14, true, 6000, 6 }, { 3, 14, true, 7000, 14 },
		{ 6, 9, true, 9000, 9 },
	};
	struct trial *t = serving(test);
	unsigned int i;

	t->tcb.cc.mss = 1000;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct cycle *c = &cases[i];

		KUNIT_EXPECT_EQ_MSG(test, packets_marked(&t->tcb, c->ace, c->packets, c->told,
							 c->ceb), c->want, "case %u", i);
	}
}

/* [R9768-OPTION]: fields in either order, any number of them, over the edge of 24 bits */
static void option_in(struct kunit *test)
{
	struct trial *t = sending(test, 10);
	struct atcp_accecn *acc = &t->tcb.ecn.acc;

	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = FULL + 1, ACCECN(0, 1, 1 + FULL)));
	KUNIT_EXPECT_EQ(test, acc->s.e0b, 1u + FULL);
	not_counted(t, ATCP_EV_ECN_REDUCED);
	arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 3 * FULL + 1,
		      ACCECN(0, 2, 1 + 2 * FULL, 500)));
	KUNIT_EXPECT_EQ(test, acc->s.ceb, 500u);
	KUNIT_EXPECT_EQ(test, t->fx.delivered_ce, 500u);
	counted(t, ATCP_EV_ECN_REDUCED);
	arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = 4 * FULL + 1,
		      ACCECN(1, 3, 7, 501, 2 + 2 * FULL)));
	KUNIT_EXPECT_EQ(test, acc->s.e1b, 7u);
	KUNIT_EXPECT_EQ(test, acc->s.ceb, 501u);
	KUNIT_EXPECT_EQ(test, acc->s.e0b, 2u + 2 * FULL);
	arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = 5 * FULL + 1, ACCECN(0, 3, 2, 501, 9)));
	KUNIT_EXPECT_EQ(test, acc->s.e1b, 9u);
	KUNIT_EXPECT_EQ(test, acc->s.e0b, 2u + 2 * FULL);	/* it does not shrink */
	acc->s.e0b = 0x2fffffe;
	arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = 6 * FULL + 1, ACCECN(0, 1, 3)));
	KUNIT_EXPECT_EQ(test, acc->s.e0b, 0x3000003u);
	arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = 7 * FULL + 1, ACCECN(1, 1, 11)));
	KUNIT_EXPECT_EQ(test, acc->s.e1b, 11u);
	/* no field: as no option */
	arrive(t, SEG(ACK | COUNT(0), .seq = 1, .ack = 8 * FULL + 1, ACCECN(0, 0)));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.ce, (u32)FULL);
	/* no more can have been marked than came */
	arrive(t, SEG(ACK | COUNT(1), .seq = 1, .ack = 9 * FULL + 1, ACCECN(0, 2, 3, 90000)));
	KUNIT_EXPECT_EQ(test, atcp_ecn_told(&t->tcb, FULL), (u32)FULL);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.ce, 90000u - 501);
	KUNIT_EXPECT_EQ(test, acc->s.ceb, 90000u);
}

/* [R9768-CONSISTENT]: octets that came marked in packets that did not */
static void option_in__lie(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct trial *t = sending(test, 10);

		t->tcb.nodelay = i == 1;
		if (i == 2)		/* told before, without an option */
			arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = FULL + 1));
		arrive(t, SEG(ACK | COUNT(i == 2 ? 6 : 5), .seq = 1,
			      .ack = (i == 3 ? 6 : 2) * FULL + 1, ACCECN(0, 2, 1, 500)));
		KUNIT_EXPECT_EQ(test, (bool)t->tcb.ecn.declined, i == 0);
		if (i != 2)
			continue;
		arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 3 * FULL + 1, ACCECN(0, 1, 1)));
		arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 4 * FULL + 1,
			      ACCECN(0, 2, 1, 501)));
		KUNIT_EXPECT_TRUE(test, t->tcb.ecn.declined);
	}
}

/* [R9768-OPTZERO]: on the SYN,ACK, and on its ACK */
static void option_in__zeroed(struct kunit *test)
{
	struct trial *t = trial_in(test, &server, ATCP_LISTEN);

	arrive(t, SEG(SYN | ALL));
	sent_whatever(t);
	arrive(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1, ACCECN(0, 3, 1, 0, 0)));
	KUNIT_EXPECT_TRUE(test, t->tcb.ecn.acc.void_option);
	user_send(t, 2 * FULL);
	sent_whatever(t);
	arrive(t, SEG(ACK | COUNT(6), .seq = 1, .ack = FULL + 1, ACCECN(0, 2, 1, 1)));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.ce, (u32)FULL);
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.s.ceb, 0u);

	t = trial_in(test, &client, ATCP_CLOSED);
	trial_open_active(t);
	sent_whatever(t);
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, ACCECN(1, 1, 0)));
	sent_whatever(t);
	KUNIT_EXPECT_TRUE(test, t->tcb.ecn.acc.void_option);

	t = trial_in(test, &client, ATCP_CLOSED);
	trial_open_active(t);
	sent_whatever(t);
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, ACCECN(1, 3, 9, 0, 9)));
	sent_whatever(t);
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.acc.void_option);
}

/* ---- what arrives is counted, and told ---- */

/* [R9768-COUNT] [R9768-ACEOUT] [R9768-FIELDS]: packets of any kind, octets of text */
static void counts(struct kunit *test)
{
	struct trial *t = serving(test);
	const struct atcp_accecn *acc = &t->tcb.ecn.acc;

	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100));
	after(t, MSEC(40));
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 101, NO_ACCECN));
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.seen);
	arrive(t, SEG(ACK | FIVE, .seq = 101, .ack = 1, .text = 100, .ecn = ECT0));
	after(t, MSEC(40));
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 201, ACCECN(0, 1, 101)));
	KUNIT_EXPECT_TRUE(test, t->tcb.ecn.seen);
	arrive(t, SEG(ACK | FIVE, .seq = 201, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 301, ACCECN(0, 2, 101, 100)));
	arrive(t, SEG(ACK | FIVE, .seq = 301, .ack = 1, .text = 100, .ecn = ECT1));
	after(t, MSEC(40));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 401, ACCECN(0, 3, 101, 100, 101)));
	/* an aggregate, a pure ACK, text out of order, and what is not acceptable */
	arrive(t, SEG(ACK | FIVE, .seq = 401, .ack = 1, .text = 950, .gso = 100, .ecn = CE));
	sent(t, SEG(ACK | COUNT(0), .seq = 1, .ack = 1351, ACCECN(0, 3, 101, 1050, 101)));
	KUNIT_EXPECT_EQ(test, acc->r.cep, 16u);
	arrive(t, SEG(ACK | FIVE, .seq = 1351, .ack = 1, .ecn = CE));
	KUNIT_EXPECT_EQ(test, acc->r.cep, 17u);
	arrive(t, SEG(ACK | FIVE, .seq = 2000, .ack = 1, .text = 10, .ecn = ECT0));
	sent(t, SEG(ACK | COUNT(1), .seq = 1, .ack = 1351, ACCECN(0, 3, 111, 1050, 101),
		    BLOCKS(1, { 2000, 2010 })));
	arrive(t, SEG(ACK | FIVE, .seq = 401, .ack = 1, .text = 950, .gso = 100, .ecn = CE));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, acc->r.cep, 17u);
}

/* Orders: of what never came nothing is told at the end */
static void fields(struct kunit *test)
{
	static const struct {
		u8 counted, order, n;
	} cases[] = {
		{ 1 << ATCP_ECT_0, 0, 1 }, { 1 << ATCP_ECT_1, 1, 1 }, { 1 << ATCP_CE, 0, 2 },
		{ 1 << ATCP_ECT_0 | 1 << ATCP_CE, 0, 2 },
		{ 1 << ATCP_ECT_1 | 1 << ATCP_CE, 1, 2 },
		{ 1 << ATCP_ECT_1 | 1 << ATCP_ECT_0, 0, 3 },
		{ 1 << ATCP_ECT_1 | 1 << ATCP_ECT_0 | 1 << ATCP_CE, 0, 3 },
	};
	struct atcp_accecn acc = {
		.r = { .e0b = 0x5123456, .ceb = 0x6654321, .e1b = 0x7111111 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		bool order = cases[i].order;
		struct atcp_accecn_opt opt;

		acc.counted = cases[i].counted;
		opt = needed_fields(&acc);
		KUNIT_EXPECT_EQ(test, opt.order, order);
		KUNIT_EXPECT_EQ(test, opt.n, cases[i].n);
		KUNIT_EXPECT_EQ(test, opt.field[0], order ? 0x111111u : 0x123456u);
		KUNIT_EXPECT_EQ(test, opt.field[1], 0x654321u);
		KUNIT_EXPECT_EQ(test, opt.field[2], order ? 0x123456u : 0x111111u);
	}
}

/* [R9768-CHANGE] [R9768-INCREMENT]: where marks begin, and after the second */
static void acks_at_once(struct kunit *test)
{
	struct trial *t = serving(test);

	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100, .ecn = ECT0));
	sent_no_more(t);
	arrive(t, SEG(ACK | FIVE, .seq = 101, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 201));
	arrive(t, SEG(ACK | FIVE, .seq = 201, .ack = 1, .text = 100, .ecn = CE));
	sent_no_more(t);
	arrive(t, SEG(ACK | FIVE, .seq = 301, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | COUNT(0), .seq = 1, .ack = 401));
	arrive(t, SEG(ACK | FIVE, .seq = 401, .ack = 1, .text = 100, .ecn = ECT0));
	sent_no_more(t);
	/* a pure ACK that is marked is no text, but counts as the one before */
	arrive(t, SEG(ACK | FIVE, .seq = 501, .ack = 1, .ecn = CE));
	sent_no_more(t);
	arrive(t, SEG(ACK | FIVE, .seq = 501, .ack = 1, .ecn = CE));
	sent(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 501));
}

/* [R9768-INCREMENT]: pure ACKs, with nothing to acknowledge, after the third */
static void acks_of_acks(struct kunit *test)
{
	struct world plain = server;
	struct trial *t = serving(test);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		sent_no_more(t);
		arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .ecn = CE));
	}
	sent(t, SEG(ACK | COUNT(0), .seq = 1, .ack = 1));

	plain.features = PLAIN;
	plain.peer_plain = true;
	t = trial_in(test, &plain, ATCP_LISTEN);
	arrive(t, SEG(SYN | ALL));
	sent_whatever(t);
	for (i = 0; i < 4; i++)
		arrive(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1, .ecn = CE));
	sent_no_more(t);
}

/* [R9768-SACK]: beside timestamps an option and a block fit, or two blocks */
static void option_and_sack(struct kunit *test)
{
	struct trial *t = serving(test);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		arrive(t, SEG(ACK | FIVE, .seq = 101 + 200 * i, .ack = 1, .text = 100,
			      .ecn = ECT0));
		if (i == 0)
			sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, ACCECN(0, 1, 101),
				    BLOCKS(1, { 101, 201 })));
		else if (i == 1)
			sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, ACCECN(0, 1, 201),
				    BLOCKS(2, { 301, 401 }, { 101, 201 })));
		else			/* a third gives way */
			sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, ACCECN(0, 1, 301),
				    BLOCKS(2, { 501, 601 }, { 301, 401 })));
	}
	/* three fields do not fit beside two blocks */
	arrive(t, SEG(ACK | FIVE, .seq = 701, .ack = 1, .text = 100, .ecn = ECT1));
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, NO_ACCECN,
		    BLOCKS(3, { 701, 801 }, { 501, 601 }, { 301, 401 })));
}

/* [R9768-WHEN]: never; sparingly */
static void option_when(struct kunit *test)
{
	struct trial *t = serving(test);
	unsigned int i;

	t->tcb.p.ecn_option = ATCP_ACCECN_OPTION_NEVER;
	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 101, NO_ACCECN));

	t = serving(test);
	t->tcb.p.ecn_option = ATCP_ACCECN_OPTION_SPARE;
	t->tcb.p.ecn_beacon = 0;
	for (i = 0; i < 3; i++) {	/* a change, and the next */
		arrive(t, SEG(ACK | FIVE, .seq = 1 + i * 100, .ack = 1, .text = 100,
			      .ecn = ECT0));
		after(t, MSEC(40));
		if (i < 2)
			sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 101 + i * 100,
				    ACCECN(0, 1, 101 + i * 100)));
		else
			sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 301, NO_ACCECN));
	}
	t->tcb.p.ecn_beacon = 3;	/* three a round trip */
	t->tcb.rtt.srtt = 3000000;
	t->tcb.ecn.acc.told_at = t->now - SEC(1) + 1;
	t->tcb.send |= ATCP_SEND_ACK;
	trial_drain(t);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 301, NO_ACCECN));
	t->now++;
	t->tcb.send |= ATCP_SEND_ACK;
	trial_drain(t);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 301, ACCECN(0, 1, 301)));
	t->now += SEC(10);		/* nothing new: none */
	t->tcb.send |= ATCP_SEND_ACK;
	trial_drain(t);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 301, NO_ACCECN));
	t->tcb.p.ecn_beacon = 0;
	t->tcb.ecn.acc.told.e0b -= (1 << 22) - 1;
	t->tcb.send |= ATCP_SEND_ACK;
	trial_drain(t);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 301, NO_ACCECN));
	t->tcb.ecn.acc.told.e0b--;
	t->tcb.send |= ATCP_SEND_ACK;
	trial_drain(t);
	sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 301, ACCECN(0, 1, 301)));
	arrive(t, SEG(ACK | FIVE, .seq = 301, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 401, ACCECN(0, 2, 301, 100)));
}

/* [R9768-OPTLOSS]: the first text was lost, with its option: no more of them */
static void option_lost(struct kunit *test)
{
	u8 option;

	for (option = 0; option < ATCP_N_ACCECN_OPTIONS; option++) {
		struct trial *t = trial_in(test, &client, ATCP_CLOSED);
		bool off = option != ATCP_ACCECN_OPTION_PERSIST;

		t->tcb.p.ecn_option = option;
		trial_open_active(t);
		sent_whatever(t);
		arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1));
		if (option)
			sent(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1, ACCECN(0, 3, 1, 0, 1)));
		else
			sent(t, SEG(ACK | COUNT(2), .seq = 1, .ack = 1, NO_ACCECN));
		user_send(t, 10);
		if (option)
			sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 10, .ecn = ECT0,
				    ACCECN(0, 3, 1, 0, 1)));
		else
			sent_whatever(t);
		next_deadline(t);
		sent(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 10, NO_ACCECN));
		arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 11, .text = 10, .ecn = CE));
		KUNIT_EXPECT_EQ(test, !(t->out[0].opt.have & ATCP_OPT_ACCECN), off);
		sent_whatever(t);
	}
}

/* A later segment that was lost says nothing of options */
static void option_lost__later(struct kunit *test)
{
	struct trial *t = calling(test);

	user_send(t, 10);
	sent_whatever(t);
	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 11));
	user_send(t, 10);
	sent_whatever(t);
	next_deadline(t);
	sent_whatever(t);
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.acc.no_option);
}

/* [R9768-OPTLOSS]: text that comes again and again, though its ACK had an option */
static void option_lost__of_acks(struct kunit *test)
{
	struct trial *t = serving(test);

	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100, .ecn = CE));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 101, ACCECN(0, 2, 1, 100)));
	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100));
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 101, BLOCKS(1, { 1, 101 }),
		    ACCECN(0, 2, 1, 100)));
	arrive(t, SEG(ACK | FIVE, .seq = 101, .ack = 1, .text = 100, .ecn = CE));
	after(t, MSEC(40));
	sent_whatever(t);
	arrive(t, SEG(ACK | FIVE, .seq = 101, .ack = 1, .text = 100));
	sent(t, SEG(ACK | COUNT(7), .seq = 1, .ack = 201, BLOCKS(1, { 101, 201 }),
		    ACCECN(0, 2, 1, 200)));
	arrive(t, SEG(ACK | FIVE, .seq = 101, .ack = 1, .text = 100));
	sent(t, SEG(ACK | COUNT(7), .seq = 1, .ack = 201, BLOCKS(1, { 101, 201 }), NO_ACCECN));

	/* without an option it is not the option's fault */
	t = serving(test);
	t->tcb.p.ecn_option = ATCP_ACCECN_OPTION_NEVER;
	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100, .ecn = CE));
	arrive(t, (sent_whatever(t), SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100)));
	arrive(t, (sent_whatever(t), SEG(ACK | FIVE, .seq = 1, .ack = 1, .text = 100)));
	sent_whatever(t);
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.acc.no_option);
}

/* [R9768-TSO]: CWR is a digit: where it is set, no aggregate */
static void no_aggregate(struct kunit *test)
{
	struct trial *t = serving(test);
	unsigned int i;

	arrive(t, SEG(ACK | FIVE, .seq = 1, .ack = 1, .ecn = CE));
	user_send(t, 3 * FULL);
	for (i = 0; i < 3; i++)
		sent(t, SEG(ACK | COUNT(6), .seq = 1 + i * FULL, .ack = 1, .text = FULL,
			    .ecn = ECT0));
	next_deadline(t);
	sent(t, SEG(ACK | COUNT(6), .seq = 1, .ack = 1, .text = FULL));
	t->tcb.cc.cwnd = 10 * t->tcb.cc.mss;
	trial_drain(t);
	for (i = 1; i < 3; i++)
		sent(t, SEG(ACK | COUNT(6), .seq = 1 + i * FULL, .ack = 1, .text = FULL));
}

/* Without AccECN none of it, whatever the segments have */
static void without(struct kunit *test)
{
	struct trial *t = trial_in(test, &server, ATCP_ESTABLISHED);

	options(t);
	arrive(t, SEG(ACK | COUNT(7), .seq = 1, .ack = 1, .text = 100, .ecn = CE,
		      ACCECN(0, 3, 5, 5, 5)));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, NO_ACCECN));
	arrive(t, SEG(SYN | ACK | COUNT(2), .ack = 1, .ecn = CE));
	sent(t, SEG(ACK, .seq = 1, .ack = 101, NO_ACCECN));
	KUNIT_EXPECT_EQ(test, t->tcb.ecn.acc.r.cep, 0u);
	KUNIT_EXPECT_FALSE(test, t->tcb.ecn.acc.encode);
}

static struct kunit_case accecn_cases[] = {
	KUNIT_CASE(syn_out),
	KUNIT_CASE(syn_in),
	KUNIT_CASE(syn_ack_in),
	KUNIT_CASE(syn_ack_in__not_asked),
	KUNIT_CASE(simultaneous),
	KUNIT_CASE(syn_lost),
	KUNIT_CASE(syn_ack_lost),
	KUNIT_CASE(syn_again),
	KUNIT_CASE(syn_again__other_mode),
	KUNIT_CASE(syn_ack_again),
	KUNIT_CASE(pure_ack_first),
	KUNIT_CASE(first_ack),
	KUNIT_CASE(first_ack__not_pure),
	KUNIT_CASE(ack_in),
	KUNIT_CASE(ack_in__superseded),
	KUNIT_CASE(ack_in__zero),
	KUNIT_CASE(ack_in__zero_later),
	KUNIT_CASE(cycles),
	KUNIT_CASE(option_in),
	KUNIT_CASE(option_in__lie),
	KUNIT_CASE(option_in__zeroed),
	KUNIT_CASE(counts),
	KUNIT_CASE(fields),
	KUNIT_CASE(acks_at_once),
	KUNIT_CASE(acks_of_acks),
	KUNIT_CASE(option_and_sack),
	KUNIT_CASE(option_when),
	KUNIT_CASE(option_lost),
	KUNIT_CASE(option_lost__later),
	KUNIT_CASE(option_lost__of_acks),
	KUNIT_CASE(no_aggregate),
	KUNIT_CASE(without),
	{}
};

TRIAL_SUITE(accecn, accecn_cases);
