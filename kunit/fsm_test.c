// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of fsm.c: the table against Figure 5 of RFC 9293, written out here once
 * more as a reader of the figure would.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* Its warnings are noted: some cases here are about them. */
static bool warned;

static bool note(bool warning)
{
	warned |= warning;
	return warning;
}

#undef WARN_ON_ONCE
#define WARN_ON_ONCE(cond)	note(cond)
#include "../module/core/fsm.c"

#define ID(from, to)	((from) << 8 | (to))

/* The arrows of the figure and of its notes, and the ends that 3.10 adds. */
static bool in_figure(unsigned int from, unsigned int to)
{
	switch (ID(from, to)) {
	case ID(ATCP_CLOSED, ATCP_LISTEN):
	case ID(ATCP_CLOSED, ATCP_SYN_SENT):
	case ID(ATCP_LISTEN, ATCP_CLOSED):
	case ID(ATCP_LISTEN, ATCP_SYN_SENT):
	case ID(ATCP_LISTEN, ATCP_SYN_RECEIVED):
	case ID(ATCP_SYN_SENT, ATCP_CLOSED):
	case ID(ATCP_SYN_SENT, ATCP_SYN_RECEIVED):
	case ID(ATCP_SYN_SENT, ATCP_ESTABLISHED):
	case ID(ATCP_SYN_RECEIVED, ATCP_ESTABLISHED):
	case ID(ATCP_SYN_RECEIVED, ATCP_FIN_WAIT_1):
	case ID(ATCP_SYN_RECEIVED, ATCP_LISTEN):	/* note 1 */
	case ID(ATCP_SYN_RECEIVED, ATCP_CLOSED):
	case ID(ATCP_ESTABLISHED, ATCP_FIN_WAIT_1):
	case ID(ATCP_ESTABLISHED, ATCP_CLOSE_WAIT):
	case ID(ATCP_ESTABLISHED, ATCP_CLOSED):		/* RST, ABORT, time-out */
	case ID(ATCP_FIN_WAIT_1, ATCP_FIN_WAIT_2):
	case ID(ATCP_FIN_WAIT_1, ATCP_CLOSING):
	case ID(ATCP_FIN_WAIT_1, ATCP_CLOSED):
	case ID(ATCP_FIN_WAIT_2, ATCP_TIME_WAIT):
	case ID(ATCP_FIN_WAIT_2, ATCP_CLOSED):
	case ID(ATCP_CLOSE_WAIT, ATCP_LAST_ACK):
	case ID(ATCP_CLOSE_WAIT, ATCP_CLOSED):
	case ID(ATCP_CLOSING, ATCP_TIME_WAIT):
	case ID(ATCP_CLOSING, ATCP_CLOSED):
	case ID(ATCP_LAST_ACK, ATCP_CLOSED):
	case ID(ATCP_TIME_WAIT, ATCP_CLOSED):
		return true;
	}
	return false;
}

static void edges__are_those_of_the_figure(struct kunit *test)
{
	unsigned int from, to, n = 0;

	for (from = 0; from <= ATCP_N_STATES; from++)
		for (to = 0; to <= ATCP_N_STATES; to++) {
			int edge = atcp_edge_index(from, to);

			KUNIT_EXPECT_EQ_MSG(test, edge >= 0, in_figure(from, to),
					    "from %s to %s", atcp_state_name(from),
					    atcp_state_name(to));
			if (edge < 0)
				continue;
			n++;
			KUNIT_ASSERT_LT(test, (unsigned int)edge, atcp_n_edges);
			KUNIT_EXPECT_EQ(test, (unsigned int)atcp_edges[edge].from, from);
			KUNIT_EXPECT_EQ(test, (unsigned int)atcp_edges[edge].to, to);
			KUNIT_EXPECT_NE(test, (int)atcp_edges[edge].causes, 0);
			KUNIT_EXPECT_NULL(test, strchr(atcp_edges[edge].where, ' '));
		}
	KUNIT_EXPECT_EQ(test, n, atcp_n_edges);		/* none twice */
	KUNIT_EXPECT_LE(test, n, (unsigned int)ATCP_MAX_EDGES);
}

/*
 * An OPEN is a call; a connection comes about by segments alone, and ends by
 * anything. A probe may carry the FIN that brings LAST-ACK.
 */
static u8 causes_of(unsigned int from, unsigned int to)
{
	const u8 segment = BIT(ATCP_BY_SEGMENT), call = BIT(ATCP_BY_CALL);
	const u8 timer = BIT(ATCP_BY_TIMER);

	if (from == ATCP_CLOSED || from == ATCP_LISTEN)
		return to == ATCP_SYN_RECEIVED ? segment : call;
	switch (to) {
	case ATCP_CLOSED:
	case ATCP_LAST_ACK:
		return segment | call | timer;
	case ATCP_LISTEN:
		return segment | timer;
	case ATCP_FIN_WAIT_1:		/* a CLOSE that waited for the handshake */
		return from == ATCP_ESTABLISHED ? segment | call : call;
	default:
		return segment;
	}
}

static void edges__causes(struct kunit *test)
{
	const struct atcp_edge *e;

	for (e = atcp_edges; e < atcp_edges + atcp_n_edges; e++)
		KUNIT_EXPECT_EQ_MSG(test, e->causes, causes_of(e->from, e->to),
				    "from %s to %s", atcp_state_name(e->from),
				    atcp_state_name(e->to));
}

/* RFC 4022: tcpPassiveOpens, tcpActiveOpens, tcpAttemptFails, tcpEstabResets */
static u64 counted_as(unsigned int from, unsigned int to)
{
	switch (ID(from, to)) {
	case ID(ATCP_LISTEN, ATCP_SYN_RECEIVED):
		return BIT(ATCP_EV_PASSIVE_OPENS);
	case ID(ATCP_CLOSED, ATCP_SYN_SENT):
	case ID(ATCP_LISTEN, ATCP_SYN_SENT):
		return BIT(ATCP_EV_ACTIVE_OPENS);
	case ID(ATCP_SYN_SENT, ATCP_CLOSED):
	case ID(ATCP_SYN_RECEIVED, ATCP_CLOSED):
	case ID(ATCP_SYN_RECEIVED, ATCP_LISTEN):
		return BIT(ATCP_EV_ATTEMPT_FAILS);
	case ID(ATCP_ESTABLISHED, ATCP_CLOSED):
	case ID(ATCP_CLOSE_WAIT, ATCP_CLOSED):
		return BIT(ATCP_EV_ESTAB_RESETS);
	}
	return 0;
}

static void set_state__counts(struct kunit *test)
{
	struct atcp_tcb *tcb = kunit_kzalloc(test, sizeof(*tcb), GFP_KERNEL);
	unsigned int i, cause;

	KUNIT_ASSERT_NOT_NULL(test, tcb);
	for (i = 0; i < atcp_n_edges; i++)
		for (cause = 0; cause < ATCP_N_CAUSES; cause++) {
			const struct atcp_edge *e = &atcp_edges[i];
			struct atcp_fx fx = { .cause = cause };

			warned = false;
			tcb->state = e->from;
			atcp_set_state(tcb, e->to, &fx);
			KUNIT_EXPECT_EQ(test, tcb->state, e->to);
			KUNIT_EXPECT_EQ(test, fx.events, counted_as(e->from, e->to));
			KUNIT_EXPECT_EQ(test, warned, !(e->causes & BIT(cause)));
		}
}

/* What would be a mistake of the core is warned of, and does no further harm. */
static void set_state__warns(struct kunit *test)
{
	struct atcp_tcb *tcb = kunit_kzalloc(test, sizeof(*tcb), GFP_KERNEL);
	struct {
		struct atcp_fx fx;
		u64 behind;
	} f = { .fx.cause = ATCP_BY_CALL };
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, tcb);
	for (i = 0; i < ATCP_FX_EDGES; i++) {
		warned = false;
		tcb->state = ATCP_CLOSED;
		atcp_set_state(tcb, ATCP_LISTEN, &f.fx);
		KUNIT_EXPECT_FALSE(test, warned);
		f.fx.wake = 0;
	}
	tcb->state = ATCP_CLOSED;
	atcp_set_state(tcb, ATCP_LISTEN, &f.fx);	/* one too many */
	KUNIT_EXPECT_TRUE(test, warned);
	KUNIT_EXPECT_EQ(test, (int)f.fx.n_edges, ATCP_FX_EDGES);
	KUNIT_EXPECT_EQ(test, (int)f.fx.wake, 0);
	/* No such edge */
	KUNIT_EXPECT_EQ(test, atcp_edge_index(ATCP_CLOSED, ATCP_CLOSING), -ENOENT);
	f.fx.n_edges = 0;
	warned = false;
	tcb->state = ATCP_CLOSED;
	atcp_set_state(tcb, ATCP_CLOSING, &f.fx);
	KUNIT_EXPECT_TRUE(test, warned);
}

static void set_state__notes_the_edges(struct kunit *test)
{
	struct atcp_fx fx = { .cause = ATCP_BY_SEGMENT };
	struct atcp_tcb *tcb = kunit_kzalloc(test, sizeof(*tcb), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tcb);
	tcb->state = ATCP_SYN_RECEIVED;
	atcp_set_state(tcb, ATCP_ESTABLISHED, &fx);
	atcp_set_state(tcb, ATCP_CLOSE_WAIT, &fx);
	KUNIT_EXPECT_EQ(test, (int)tcb->state, ATCP_CLOSE_WAIT);
	KUNIT_ASSERT_EQ(test, (int)fx.n_edges, 2);
	KUNIT_EXPECT_EQ(test, (int)fx.edge[0].from, ATCP_SYN_RECEIVED);
	KUNIT_EXPECT_EQ(test, (int)fx.edge[0].to, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, (int)fx.edge[1].from, ATCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, (int)fx.edge[1].to, ATCP_CLOSE_WAIT);
}

/* Numbered as the kernel's TCP_* are: ss and /proc print them so. */
static void names__and_numbers(struct kunit *test)
{
	static const char * const names[] = {
		"?", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1",
		"FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK",
		"LISTEN", "CLOSING", "?", "?",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_STREQ(test, atcp_state_name(i), names[i]);
	KUNIT_EXPECT_STREQ(test, atcp_cause_name(ATCP_BY_SEGMENT), "segment");
	KUNIT_EXPECT_STREQ(test, atcp_cause_name(ATCP_BY_CALL), "call");
	KUNIT_EXPECT_STREQ(test, atcp_cause_name(ATCP_BY_TIMER), "timer");
	KUNIT_EXPECT_STREQ(test, atcp_cause_name(ATCP_N_CAUSES), "?");
}

static void synchronized__states(struct kunit *test)
{
	unsigned int state;

	for (state = ATCP_ESTABLISHED; state < ATCP_N_STATES; state++)
		KUNIT_EXPECT_EQ(test, atcp_synchronized(state),
				state == ATCP_ESTABLISHED || state == ATCP_FIN_WAIT_1 ||
				state == ATCP_FIN_WAIT_2 || state == ATCP_CLOSE_WAIT ||
				state == ATCP_CLOSING || state == ATCP_LAST_ACK ||
				state == ATCP_TIME_WAIT);
}

/* Each of the eleven is reached by events, in every world. */
static void states__are_all_reached(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int state;

	for_each_world(w)
		for (state = ATCP_ESTABLISHED; state < ATCP_N_STATES; state++)
			trial_in(test, w, state);
}

static struct kunit_case fsm_cases[] = {
	KUNIT_CASE(edges__are_those_of_the_figure),
	KUNIT_CASE(edges__causes),
	KUNIT_CASE(set_state__counts),
	KUNIT_CASE(set_state__warns),
	KUNIT_CASE(set_state__notes_the_edges),
	KUNIT_CASE(names__and_numbers),
	KUNIT_CASE(synchronized__states),
	KUNIT_CASE(states__are_all_reached),
	{}
};

TRIAL_SUITE(fsm, fsm_cases);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit suites of the core of atcp");
