// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of icmp.c: RFC 9293 section 3.9.2.2, with the check of RFC 5927.
 */

#include "../module/core/icmp.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* [MUST-56] [SHLD-25]: noted, and no more */
static const struct row soft_rows[] = {
	{ "SS-042" }, { "SR-055" }, { "ES-062" }, { "F1-060" }, { "CW-054" },
	{ "CG-048" }, { "LA-048" },
};

ROWS(soft);
static void soft(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 100);
		u32 una = snd_una(t);

		icmp(t, ATCP_ICMP_SOFT, una, EHOSTUNREACH);
		returned(t, true);
		expect(t, t->was.state, .soft_error = EHOSTUNREACH);
		unchanged(t);
		sent_no_more(t);
	}
}

/* [SHLD-26] while it is being set up */
static const struct row hard_rows[] = {
	{ "SS-043" }, { "SR-056" }, { "SR-057" },
};

ROWS(hard);
EACH_ROW(hard)
{
	icmp(t, ATCP_ICMP_HARD, 0, ECONNREFUSED);
	returned(t, true);
	if (t->was.state == ATCP_SYN_RECEIVED && t->world->passive)
		expect(t, ATCP_LISTEN, .flush = true);
	else
		expect(t, ATCP_CLOSED, .error = ECONNREFUSED, .flush = true,
		       .wake = ATCP_WAKE_ERROR);
	sent_no_more(t);
}

/* D-09: anybody could forge it; a connection that stands is not given up. */
static const struct row hard_synchronized_rows[] = {
	{ "ES-064" }, { "F1-062" }, { "CW-056" }, { "CG-050" }, { "LA-050" },
};

ROWS(hard_synchronized);
static void hard_synchronized(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 100);

		icmp(t, ATCP_ICMP_HARD, 1, ECONNREFUSED);
		returned(t, true);
		expect(t, t->was.state, .soft_error = ECONNREFUSED);
		unchanged(t);
		sent_no_more(t);
	}
}

/* R5927-SEQCHK: what quotes nothing in flight is not believed. */
static const struct row not_in_flight_rows[] = {
	{ "TW-047" }, { "TW-048" }, { "TW-049" }, { "F2-055" }, { "F2-058" },
};

ROWS(not_in_flight);
static void not_in_flight(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int kind;

	for_each_world(w)
		for (kind = ATCP_ICMP_SOFT; kind <= ATCP_ICMP_PTB; kind++) {
			struct trial *t = trial_row(test, w);

			icmp(t, kind, snd_una(t) - 1, EHOSTUNREACH);
			returned(t, false);
			expect(t, t->was.state);
			counted(t, ATCP_EV_ICMP_IGNORED);
			icmp(t, kind, snd_nxt(t), EHOSTUNREACH);
			returned(t, false);
			expect(t, t->was.state);
			unchanged(t);
			sent_no_more(t);
		}
}

static void sequence__every_edge(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int kind;

	for_each_world(w)
		for (kind = ATCP_ICMP_SOFT; kind <= ATCP_ICMP_PTB; kind++) {
			struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);

			user_send(t, 100);
			sent_whatever(t);
			icmp(t, kind, 0, EHOSTUNREACH);
			returned(t, false);
			icmp(t, kind, 101, EHOSTUNREACH);
			returned(t, false);
			icmp(t, kind, 1u << 31, EHOSTUNREACH);
			returned(t, false);
			icmp(t, kind, 1, EHOSTUNREACH);
			returned(t, true);
			icmp(t, kind, 100, EHOSTUNREACH);
			returned(t, true);
		}
}

/* Believed; the shell then lowers the path's MTU, and what was too big goes again. */
static const struct row too_big_rows[] = {
	{ "ES-065" }, { "F1-063" }, { "CW-057" }, { "LA-051" }, { "CG-051" },
};

ROWS(too_big);
static void too_big(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_with_text(test, w, 900);
		u32 cwnd = t->tcb.cc.cwnd, seq = 1;

		icmp(t, ATCP_ICMP_PTB, 1, EMSGSIZE);
		returned(t, true);
		expect(t, t->was.state);
		trial_begin(t);
		atcp_set_path_mss(&t->tcb, 400, t->now);
		trial_end(t);
		while (t->n_read < t->n_out) {
			const struct atcp_out *out = &t->out[t->n_read++];

			KUNIT_EXPECT_LE(test, (int)out->mss, 400);
			KUNIT_EXPECT_EQ(test, out->text_seq - t->iss, seq);
			seq += out->text;
		}
		KUNIT_EXPECT_EQ(test, seq, 901u);
		KUNIT_EXPECT_LE(test, t->tcb.cc.cwnd, cwnd);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, U32_MAX);
	}
}

/* D-08: while connecting nothing can be split, and nothing is given up. */
static const struct row too_big_syn_rows[] = {
	{ "SS-044" }, { "SR-058" },
};

ROWS(too_big_syn);
EACH_ROW(too_big_syn)
{
	icmp(t, ATCP_ICMP_PTB, 0, EMSGSIZE);
	returned(t, true);
	expect(t, t->was.state);
	trial_begin(t);
	atcp_set_path_mss(&t->tcb, 400, t->now);
	trial_end(t);
	sent_no_more(t);
	KUNIT_EXPECT_LE(test, atcp_eff_mss(&t->tcb), 400u);
}

/* What a connection that ended had in flight is nobody's any more. */
static void after_the_end(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int kind;

	for_each_world(w)
		for (kind = ATCP_ICMP_SOFT; kind <= ATCP_ICMP_PTB; kind++) {
			struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);

			user_send(t, 100);
			sent_whatever(t);
			user_abort(t);
			sent_whatever(t);
			icmp(t, kind, 1, EHOSTUNREACH);
			returned(t, false);
			expect(t, ATCP_CLOSED);
			counted(t, ATCP_EV_ICMP_IGNORED);
			t = trial_in(test, w, ATCP_LISTEN);
			arrive(t, SEG(SYN));
			sent_whatever(t);
			arrive(t, SEG(RST, .seq = 1));
			icmp(t, kind, 0, EHOSTUNREACH);
			returned(t, false);
			expect(t, ATCP_LISTEN);
			counted(t, ATCP_EV_ICMP_IGNORED);
		}
}

static struct kunit_case icmp_cases[] = {
	ROW_CASE(soft),
	ROW_CASE(hard),
	ROW_CASE(hard_synchronized),
	ROW_CASE(not_in_flight),
	KUNIT_CASE(sequence__every_edge),
	ROW_CASE(too_big),
	ROW_CASE(too_big_syn),
	KUNIT_CASE(after_the_end),
	{}
};

TRIAL_SUITE(icmp, icmp_cases);
