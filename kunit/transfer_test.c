// SPDX-License-Identifier: GPL-2.0
/*
 * Whole transfers through a channel that loses segments: all of it arrives, and it
 * ends (RFC 5681 section 3.2, RFC 6298 section 5).
 */

#include <linux/kernel.h>
#include <linux/string.h>
#include "atcp_test.h"

/* A whole transfer through a channel that drops every 7th segment. */
static void lossy(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);
		u32 got = 1, nth = 0, turn;
		bool *have = kunit_kzalloc(test, 60002, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, have);
		t->room = 0;			/* the shell's, for the moment */
		user_send(t, 60000);
		user_close(t);
		t->room = 1 << 30;
		trial_drain(t);
		for (turn = 0; turn < 4000 && t->tcb.state != ATCP_FIN_WAIT_2; turn++) {
			u32 seq, len;

			if (t->n_read == t->n_out) {
				next_deadline(t);
				continue;
			}
			seq = t->out[t->n_read].seq - t->iss;
			len = t->out[t->n_read].text + !!(t->out[t->n_read].ctl & FIN);
			t->n_read++;
			if (t->n_read < t->n_out) {
				/* Only the last of a burst is answered. */
				if (++nth % 7)
					memset(have + seq, 1, len);
				continue;
			}
			if (++nth % 7)
				memset(have + seq, 1, len);
			while (got < 60002 && have[got])
				got++;
			after(t, MSEC(1));
			if (t->n_read == t->n_out)
				arrive(t, SEG(ACK, .seq = 1, .ack = got));
		}
		expect(t, ATCP_FIN_WAIT_2, .acked = t->fx.acked);
		sent_whatever(t);
	}
}

static struct kunit_case transfer_cases[] = {
	KUNIT_CASE(lossy),
	{}
};

TRIAL_SUITE(transfer, transfer_cases);
