// SPDX-License-Identifier: GPL-2.0
/*
 * The second check of SEGMENT ARRIVES, the RST bit: RFC 9293 section 3.10.7.4, RFC
 * 5961 section 3.2, RFC 1337.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include "atcp_test.h"

/* R5961-RST2; what is told depends on the state */
static const struct row rst_exact_rows[] = {
	{ "ES-033" }, { "F1-028" }, { "F2-028" }, { "CW-029" }, { "CG-023" },
	{ "LA-023" }, { "TW-023" },
};

ROWS(rst_exact);
static void rst_exact(struct kunit *test)
{
	static const u8 ctls[] = { RST, RST | ACK, RST | FIN | URG };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);
			u16 error = 0;

			if (t->tcb.state == ATCP_ESTABLISHED ||
			    t->tcb.state == ATCP_FIN_WAIT_1 ||
			    t->tcb.state == ATCP_FIN_WAIT_2)
				error = ECONNRESET;
			if (t->tcb.state == ATCP_CLOSE_WAIT)
				error = EPIPE;
			/* [SHLD-2] with text too */
			arrive(t, SEG(ctls[i], .seq = rcv_nxt(t), .ack = 12345,
				      .text = 20 * i));
			expect(t, ATCP_CLOSED, .error = error, .flush = true,
			       .wake = ATCP_WAKE_STATE);
			sent_no_more(t);
		}
}

/* [MUST-11] */
static const struct row rst_exact_syn_received_rows[] = {
	{ "SR-027" }, { "SR-028" },
};

ROWS(rst_exact_syn_received);
EACH_ROW(rst_exact_syn_received)
{
	arrive(t, SEG(RST, .seq = 1));
	if (t->world->passive)
		expect(t, ATCP_LISTEN, .flush = true);
	else
		expect(t, ATCP_CLOSED, .error = ECONNREFUSED, .flush = true,
		       .wake = ATCP_WAKE_ERROR);
	sent_no_more(t);
}

/* R5961-RST3 */
static const struct row rst_in_window_rows[] = {
	{ "SR-029" }, { "ES-034" }, { "F1-029" }, { "F2-029" }, { "CW-030" },
	{ "CG-024" }, { "LA-024" }, { "TW-025" },
};

ROWS(rst_in_window);
EACH_ROW(rst_in_window)
{
	arrive(t, SEG(RST, .seq = rcv_nxt(t) + 1));
	only_acked(t);
	counted(t, ATCP_EV_CHALLENGE_ACK);
	arrive(t, SEG(RST | ACK, .seq = rcv_nxt(t) + t->tcb.rcv.wnd - 1,
		      .ack = snd_nxt(t), .text = 5));
	only_acked(t);
}

/* R5961-RST1 */
static const struct row rst_outside_rows[] = {
	{ "SR-032" }, { "ES-036" }, { "F1-031" }, { "F2-031" }, { "CW-032" },
	{ "CG-026" }, { "LA-026" }, { "TW-027" },
};

ROWS(rst_outside);
EACH_ROW(rst_outside)
{
	const u32 bad[] = { 0u - 1, t->tcb.rcv.wnd, 0u - 10000, 1u << 31 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arrive(t, SEG(RST, .seq = rcv_nxt(t) + bad[i]));
		only_dropped(t);
	}
	/* Its text reaches into the window, its number does not. */
	arrive(t, SEG(RST, .seq = rcv_nxt(t) - 1, .text = 10));
	only_dropped(t);
}

/* R1337-F1 [TW-024] [SC-14] */
static void rst_exact__rfc1337(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_TIME_WAIT);

	t->tcb.p.features |= ATCP_F_RFC1337;
	arrive(t, SEG(RST, .seq = rcv_nxt(t)));
	only_dropped(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_TIME_WAIT],
			t->was.deadline[ATCP_TIMER_TIME_WAIT]);
}

/* SC-11, SC-12: the peer's answer to a challenge ends it. R5961-SYN-RST */
static void scenario__challenge_and_exact_rst(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);

		arrive(t, SEG(SYN, .seq = 4000));
		only_acked(t);
		arrive(t, SEG(RST, .seq = rcv_nxt(t)));
		expect(t, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
	}
}

/* It ends far in the window, but begins left of it by more than a window. R5961-RST2 */
static void rst__around_the_window(struct kunit *test)
{
	static const struct world small = {
		.name = "small", .passive = true, .peer_plain = true, .iss = 7,
		.irs = 8000, .start = TRIAL_START, .buff = 10,
	};
	struct trial *t = trial_in(test, &small, ATCP_ESTABLISHED);

	arrive(t, SEG(RST, .seq = rcv_nxt(t) - 20, .text = 25));
	only_dropped(t);
}

/* Without a connection too an arrival says what it is, and a RST is not answered. */
static void closed__without_a_tcb(struct kunit *test)
{
	struct atcp_fx fx = { .cause = ATCP_N_CAUSES };
	struct atcp_seg seg = { .seq = 5, .ctl = SYN };

	atcp_arrives_closed(&seg, &fx);
	KUNIT_EXPECT_EQ(test, (int)fx.cause, ATCP_BY_SEGMENT);
	KUNIT_EXPECT_EQ(test, (int)fx.reply.ctl, RST | ACK);
	KUNIT_EXPECT_EQ(test, fx.reply.ack, 6u);
	fx.reply.ctl = 0;
	seg.ctl = RST;
	atcp_arrives_closed(&seg, &fx);
	KUNIT_EXPECT_EQ(test, (int)fx.reply.ctl, 0);
}

static struct kunit_case rst_cases[] = {
	ROW_CASE(rst_exact),
	ROW_CASE(rst_exact_syn_received),
	ROW_CASE(rst_in_window),
	ROW_CASE(rst_outside),
	KUNIT_CASE(rst_exact__rfc1337),
	KUNIT_CASE(scenario__challenge_and_exact_rst),
	KUNIT_CASE(rst__around_the_window),
	KUNIT_CASE(closed__without_a_tcb),
	{}
};

TRIAL_SUITE(rst, rst_cases);
