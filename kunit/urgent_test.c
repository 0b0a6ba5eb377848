// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of the sixth check, in text.c: urgent text (RFC 9293 section 3.8.5; RFC
 * 6093).
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- urgent ---- */

/* [MUST-30] [MUST-32] [MUST-62] */
static const struct row urg_rows[] = {
	{ "ES-052" }, { "F1-048" }, { "F2-045" },
};

ROWS(urg);
/* [R6093-SUPPORT] */
EACH_ROW(urg)
{
	arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .text = 10, .up = 5));
	expect(t, t->was.state, .take = 10, .deliver = 10,
	       .wake = ATCP_WAKE_URG | ATCP_WAKE_READ);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->irs + 6);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 1);
	sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = 11));
}

/* The same pointer signals once; a later one again, an earlier one never. */
static const struct row urg_again_rows[] = {
	{ "ES-053" }, { "F1-049" }, { "F2-046" },
};

ROWS(urg_again);
EACH_ROW(urg_again)
{
	arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 100));
	expect(t, t->was.state, .wake = ATCP_WAKE_URG);
	arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 100, .wnd = 31000));
	KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
	arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 99, .wnd = 32000));
	KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->irs + 101);
	arrive(t, SEG(ACK | URG, .seq = 1, .ack = snd_una(t), .up = 101, .wnd = 33000));
	KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, ATCP_WAKE_URG);
	/* Behind what was consumed: R9293-URGBACK */
	arrive(t, SEG(ACK, .seq = 1, .ack = snd_una(t), .text = 300));
	sent_whatever(t);
	user_receive(t, 300);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 0);
	arrive(t, SEG(ACK | URG, .seq = 301, .ack = snd_una(t), .up = 0));
	KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
	sent_no_more(t);
}

/* [MUST-66] told in a closed window */
static const struct row urg_zero_window_rows[] = {
	{ "ES-054" }, { "F1-050" }, { "F2-047" },
};

ROWS(urg_zero_window);
static void urg_zero_window(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_shut(test, w);
		u32 nxt = rcv_nxt(t);

		arrive(t, SEG(ACK | URG, .seq = nxt, .ack = snd_una(t), .text = 1, .up = 1));
		expect(t, t->was.state, .wake = ATCP_WAKE_URG);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->tcb.rcv.nxt + 1);
		sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = nxt, .wnd = ZERO_WND));
	}
}

static const struct row urg_ignored_rows[] = {
	{ "CW-048" }, { "CG-041" }, { "LA-041" }, { "TW-041" },
};

ROWS(urg_ignored);
EACH_ROW(urg_ignored)
{
	arrive(t, SEG(ACK | URG, .seq = rcv_nxt(t), .ack = 1, .up = 10));
	KUNIT_EXPECT_EQ(test, t->fx.wake & ATCP_WAKE_URG, 0);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->was.rcv.up);
	KUNIT_EXPECT_EQ(test, t->tcb.state, t->was.state);
	sent_no_more(t);
}

/* [MUST-31] a mark beyond the segment, and beyond 65535 octets */
static void urg__of_any_length(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK | URG, .seq = 1, .ack = 1, .text = 1000, .up = 65535));
	expect(t, ATCP_ESTABLISHED, .take = 1000, .deliver = 1000, .wake = ATCP_WAKE_URG);
	sent_whatever(t);
	arrive(t, SEG(ACK | URG, .seq = 1001, .ack = 1, .text = 1000, .up = 65535));
	expect(t, ATCP_ESTABLISHED, .take = 1000, .deliver = 1000, .wake = ATCP_WAKE_URG);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, t->irs + 1001 + 65535);
	sent_whatever(t);
	user_receive(t, 2000);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv_urgent, 1);
}

/* The mark is compared with what is near, however long ago the last one was. */
static void urg__after_3_gib(struct kunit *test)
{
	static const struct world w = {
		.name = "large buffer", .passive = true, .irs = 55,
		.start = TRIAL_START, .features = RICH, .mss = 60000, .buff = 1 << 20,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	u64 total = 0;

	t->tcb.rcv.mss_adv = 60000;
	while (t->tcb.rcv.wnd < 1 << 19) {
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 30000));
		sent_whatever(t);
		user_receive(t, 30000);
		sent_whatever(t);
		total += 30000;
	}
	while (total < 9ULL << 30) {
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 1, .text = 1 << 19));
		KUNIT_ASSERT_EQ(test, t->fx.deliver, 1u << 19);
		sent_whatever(t);
		user_receive(t, 1 << 19);
		sent_whatever(t);
		total += 1 << 19;
		if (total % (3ULL << 30) >= 1 << 19)
			continue;
		arrive(t, SEG(ACK | URG, .seq = rcv_nxt(t), .ack = 1, .up = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_URG);
	}
	KUNIT_EXPECT_EQ(test, (u64)t->tcb.octets_rcvd, total);
}

/* Without the bit the pointer is nothing. */
static void urg__without_the_bit(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .up = 30));
	KUNIT_EXPECT_FALSE(test, t->tcb.rcv_urgent);
	KUNIT_EXPECT_FALSE(test, t->fx.wake & ATCP_WAKE_URG);
}

static struct kunit_case urgent_cases[] = {
	ROW_CASE(urg),
	ROW_CASE(urg_again),
	ROW_CASE(urg_zero_window),
	ROW_CASE(urg_ignored),
	KUNIT_CASE(urg__of_any_length),
	KUNIT_CASE(urg__after_3_gib),
	KUNIT_CASE(urg__without_the_bit),
	{}
};

TRIAL_SUITE(urgent, urgent_cases);
