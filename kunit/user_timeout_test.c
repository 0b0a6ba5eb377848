// SPDX-License-Identifier: GPL-2.0
/*
 * When the USER TIMEOUT begins to run, and when it stops (RFC 9293 sections 3.9.1
 * and 3.10.8): from what waits first to be acknowledged, in any state.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include "atcp_test.h"

#define LIMIT	5000

static struct trial *limited(struct kunit *test, const struct world *w,
			     enum atcp_state state)
{
	struct trial *t = trial_in(test, w, state);

	t->tcb.p.user_timeout_ms = LIMIT;
	return t;
}

static u64 ends(const struct trial *t)
{
	return t->tcb.deadline[ATCP_TIMER_USER];
}

static void begins__with_open(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = limited(test, w, ATCP_CLOSED);

		trial_open_active(t);
		expect(t, ATCP_SYN_SENT);
		KUNIT_EXPECT_EQ(test, ends(t), t->now + MSEC(LIMIT));
		sent_whatever(t);
	}
}

static void begins__with_a_syn(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = limited(test, w, ATCP_LISTEN);

		arrive(t, SEG(SYN));
		expect(t, ATCP_SYN_RECEIVED);
		KUNIT_EXPECT_EQ(test, ends(t), t->now + MSEC(LIMIT));
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		KUNIT_EXPECT_EQ(test, ends(t), 0ULL);
	}
}

/* It does not begin anew when the SYNs cross. */
static void goes_on__in_simultaneous_open(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = limited(test, w, ATCP_CLOSED);
		u64 end;

		trial_open_active(t);
		sent_whatever(t);
		end = ends(t);
		after(t, MSEC(300));
		arrive(t, SEG(SYN));
		expect(t, ATCP_SYN_RECEIVED);
		KUNIT_EXPECT_EQ(test, ends(t), end);
		/* R6298-REARM: but the SYN,ACK is a segment just sent */
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
				t->now + SEC(1));
		sent_whatever(t);
	}
}

static void begins__with_close(struct kunit *test)
{
	static const enum atcp_state states[] = { ATCP_ESTABLISHED, ATCP_CLOSE_WAIT };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(states); i++) {
			struct trial *t = limited(test, w, states[i]);

			KUNIT_EXPECT_EQ(test, ends(t), 0ULL);
			user_close(t);
			sent_whatever(t);
			KUNIT_EXPECT_EQ(test, ends(t), t->now + MSEC(LIMIT));
			after(t, MSEC(LIMIT - 1));
			sent_whatever(t);
			expect(t, t->was.state);
			after(t, MSEC(1));
			expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
			sent_whatever(t);
		}
}

/* What is left after an ACK has all the time again, and no more than that. */
static void begins_anew__with_progress(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = limited(test, w, ATCP_ESTABLISHED);

		user_send(t, 100);
		sent_whatever(t);
		after(t, MSEC(100));
		arrive(t, SEG(ACK, .seq = 1, .ack = 51));
		KUNIT_EXPECT_EQ(test, ends(t), t->now + MSEC(LIMIT));
		after(t, MSEC(LIMIT - 1));
		sent_whatever(t);
		expect(t, ATCP_ESTABLISHED);
		after(t, MSEC(1));
		expect(t, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
		sent_whatever(t);
	}
}

/* Never where nothing can wait, nor where it is not asked for. */
static void never(struct kunit *test)
{
	static const enum atcp_state states[] = {
		ATCP_CLOSED, ATCP_LISTEN, ATCP_ESTABLISHED, ATCP_FIN_WAIT_2,
		ATCP_CLOSE_WAIT, ATCP_TIME_WAIT,
	};
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(states); i++) {
			struct trial *t = limited(test, w, states[i]);

			if (states[i] == ATCP_CLOSED || states[i] == ATCP_LISTEN)
				t->tcb.snd.end += 7;	/* of an earlier attempt */
			if (states[i] == ATCP_TIME_WAIT)
				t->tcb.snd.end += 7;
			atcp_user_options_changed(&t->tcb, t->now);
			KUNIT_EXPECT_EQ(test, ends(t), 0ULL);
			t = trial_in(test, w, states[i]);
			user_send(t, 10);
			sent_whatever(t);
			KUNIT_EXPECT_EQ(test, ends(t), 0ULL);
		}
}

/* Changed, or taken off, while it runs. */
static void changed(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->tcb.p.user_timeout_ms = LIMIT;
	user_send(t, 100);
	sent_whatever(t);
	t->tcb.p.user_timeout_ms = 2 * LIMIT;
	user_send(t, 100);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, ends(t), t->now + MSEC(LIMIT));
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, ends(t), t->now + MSEC(2 * LIMIT));
	t->tcb.p.user_timeout_ms = 0;
	atcp_user_options_changed(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, ends(t), 0ULL);
}

static struct kunit_case user_timeout_cases[] = {
	KUNIT_CASE(begins__with_open),
	KUNIT_CASE(begins__with_a_syn),
	KUNIT_CASE(goes_on__in_simultaneous_open),
	KUNIT_CASE(begins__with_close),
	KUNIT_CASE(begins_anew__with_progress),
	KUNIT_CASE(never),
	KUNIT_CASE(changed),
	{}
};

TRIAL_SUITE(user_timeout, user_timeout_cases);
