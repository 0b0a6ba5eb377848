// SPDX-License-Identifier: GPL-2.0
/*
 * When a segment that is not full may go: Nagle's algorithm and the sender's silly
 * window avoidance (RFC 9293 sections 3.7.4 and 3.8.6.2.1, appendix A.3).
 */

#include <linux/kernel.h>
#include "atcp_test.h"

/* ---- Nagle: [SHLD-7] [MUST-17] ---- */

/* [MAY-16] */
static void nagle__holds_the_second_small_segment(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	user_send(t, 10);
	sent_text(t, 1, 11);
	for (i = 0; i < 20; i++) {
		user_send(t, 10);
		sent_no_more(t);
	}
	/* [SHLD-27] they leave as one */
	arrive(t, SEG(ACK, .seq = 1, .ack = 11));
	sent(t, SEG(ACK, .seq = 11, .ack = 1, .text = 200));
}

static void nagle__full_segment_goes(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 10);
	sent_text(t, 1, 11);
	user_send(t, 999);
	sent_no_more(t);
	user_send(t, 1);
	sent(t, SEG(ACK, .seq = 11, .ack = 1, .text = 1000));
}

static void nagle__off(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	t->tcb.nodelay = 1;
	for (i = 0; i < 5; i++) {
		user_send(t, 10);
		sent_text(t, 1 + 10 * i, 11 + 10 * i);
	}
}

/* The tail of a large write does not wait for its beginning to be ACKed. */
static void nagle__tail_of_a_large_write(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 2300);
	sent_text(t, 1, 2301);
	user_send(t, 2300);
	sent_text(t, 2301, 4301);	/* but only one such tail at a time */
	sent_no_more(t);
}

/* The last partial segment may lie far back: full ones went since. */
static void nagle__after_3_gib(struct kunit *test)
{
	static const struct world w = {
		.name = "large", .passive = true, .peer_plain = true, .iss = 3,
		.start = TRIAL_START, .mss = 1000, .peer_wnd = 0xffff,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	u64 total = 0;

	t->tcb.cc.cwnd = 1 << 20;
	while (total < 9ULL << 30) {
		u32 nxt = snd_nxt(t);

		user_send(t, 64000);
		KUNIT_ASSERT_EQ(test, snd_nxt(t), nxt + 64000);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = nxt + 64000, .wnd = 0xffff));
		total += 64000;
		if (total % (3ULL << 30) >= 64000)
			continue;
		/* Something small leaves at once. */
		user_send(t, 1000);
		sent_whatever(t);
		user_send(t, 10);
		sent(t, SEG(ACK, .seq = nxt + 65000, .ack = 1, .text = 10));
		arrive(t, SEG(ACK, .seq = 1, .ack = nxt + 65010, .wnd = 0xffff));
	}
}

/* A FIN pushes what is held. */
static void nagle__close_pushes(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 10);
	sent_text(t, 1, 11);
	user_send(t, 10);
	user_close(t);
	sent(t, SEG(FIN | ACK, .seq = 11, .ack = 1, .text = 10));
}

/* ---- silly windows: [MUST-38] ---- */

static void sws__small_window_waits(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 edge;

	user_send(t, 3000);
	sent_text(t, 1, 3001);
	user_send(t, 5000);
	sent_text(t, 3001, 8001);
	arrive(t, SEG(ACK, .seq = 1, .ack = 8001, .wnd = ZERO_WND));
	user_send(t, 5000);
	/* The window opens by 100 octets at a time. */
	for (edge = 100; edge < 1000; edge += 100) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 8001, .wnd = edge));
		while (t->n_read < t->n_out)
			KUNIT_EXPECT_EQ(test, t->out[t->n_read++].text, 0u);
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = 8001, .wnd = 1000));
	sent_text(t, 8001, 9001);
}

/* Half of the largest window the peer ever had will do. */
static void sws__half_of_the_largest_window(struct kunit *test)
{
	static const struct world w = {
		.name = "small", .passive = true, .peer_plain = true, .iss = 100000,
		.irs = 500000, .start = TRIAL_START, .peer_wnd = 600,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);

	KUNIT_EXPECT_EQ(test, t->tcb.snd.max_wnd, 600u);
	user_send(t, 5000);
	sent_text(t, 1, 601);
	arrive(t, SEG(ACK, .seq = 1, .ack = 601, .wnd = 299));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 601, .wnd = 300));
	sent_text(t, 601, 901);
}

/* The override sends one piece, and then the rules hold again. */
static void override__once(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 100));
	user_send(t, 5000);
	sent_no_more(t);
	after(t, MSEC(250));
	sent_text(t, 1, 101);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 101, .wnd = 100));
	sent_no_more(t);
	after(t, MSEC(90));
	sent_no_more(t);
	after(t, MSEC(150));
	sent_text(t, 101, 201);
}

/* Not full by one octet, or by all but one: what is full goes, the rest waits. */
static void nagle__full_ones_of_it(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 10);
	sent_text(t, 1, 11);
	user_send(t, 2001);
	sent_text(t, 11, 2011);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2011));
	sent_text(t, 2011, 2012);
}

/* Urgent text is not held back. [MUST-31] */
static void nagle__urgent_goes(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 10);
	sent_text(t, 1, 11);
	user_urgent(t, 5);
	sent(t, SEG(ACK | URG, .seq = 11, .ack = 1, .text = 5, .up = 5));
}

/* cwnd holds back the last octet like any other. */
static void cwnd__not_one_octet_more(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.nodelay = 1;
	user_send(t, 10000);
	sent_text(t, 1, 10001);
	KUNIT_EXPECT_FALSE(test, t->tcb.cwnd_limited);
	user_send(t, 1);
	sent_no_more(t);
	KUNIT_EXPECT_TRUE(test, t->tcb.cwnd_limited);
}

/* Text that is held back goes 200 ms later at the latest. */
static void override__after_200_ms(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.cork = 1;
	user_send(t, 10);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, next_deadline(t), MSEC(200));
	sent_text(t, 1, 11);
}

/* The end of a write that is not acknowledged still counts as a small segment. */
static void nagle__tail_not_acknowledged(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 1010);
	sent_text(t, 1, 1011);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001));
	user_send(t, 10);
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1011));
	sent_text(t, 1011, 1021);
}

/* All that was held goes by one override, and the override with the last of it. */
static void override__all_that_waited(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.cork = 1;
	t->room = 0;
	user_send(t, 1500);
	sent_no_more(t);
	t->tcb.send |= ATCP_SEND_OVERRIDE;
	t->room = 1000;
	trial_drain(t);
	sent_text(t, 1, 1501);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
	t->room = 0;
	user_send(t, 1000);
	t->tcb.send |= ATCP_SEND_OVERRIDE;
	t->room = 1000;
	trial_drain(t);
	sent_text(t, 1501, 2501);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
	t->room = 0;
	user_send(t, 1000);
	user_close(t);
	t->tcb.send |= ATCP_SEND_OVERRIDE;
	t->room = 1000;
	trial_drain(t);
	sent(t, SEG(FIN | ACK, .seq = 2501, .ack = 1, .text = 1000));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.send, 0);
}

/* What goes for another reason needs no override any more. */
static void override__called_off(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	trial_send(t, 10, ATCP_USER_MORE);
	sent_no_more(t);
	KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_OVERRIDE], 0ULL);
	user_send(t, 10);
	sent_text(t, 1, 21);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_OVERRIDE], 0ULL);
}

static struct kunit_case nagle_cases[] = {
	KUNIT_CASE(nagle__holds_the_second_small_segment),
	KUNIT_CASE(nagle__full_segment_goes),
	KUNIT_CASE(nagle__off),
	KUNIT_CASE(nagle__tail_of_a_large_write),
	KUNIT_CASE(nagle__after_3_gib),
	KUNIT_CASE(nagle__close_pushes),
	KUNIT_CASE(sws__small_window_waits),
	KUNIT_CASE(sws__half_of_the_largest_window),
	KUNIT_CASE(override__once),
	KUNIT_CASE(nagle__full_ones_of_it),
	KUNIT_CASE(nagle__urgent_goes),
	KUNIT_CASE(cwnd__not_one_octet_more),
	KUNIT_CASE(override__after_200_ms),
	KUNIT_CASE(nagle__tail_not_acknowledged),
	KUNIT_CASE(override__all_that_waited),
	KUNIT_CASE(override__called_off),
	{}
};

TRIAL_SUITE(nagle, nagle_cases);
