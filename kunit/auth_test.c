// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of what authentication takes of a header: sizes of segments, and which
 * options still find room (RFC 2385, RFC 5925).
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* Octets of authentication, whether SACK is offered, and whether timestamps are. */
static const struct {
	u8 auth;
	bool sack;
	bool ts;
} offers[] = {
	{ 0, true, true },
	{ 8, true, true },		/* RFC 5925 with a MAC of 4 octets */
	{ 16, true, true },		/* of 12 */
	{ 20, true, false },		/* of 16; RFC 2385 */
	{ 20, false, true },
};

/* A connection in SYN-SENT or SYN-RECEIVED that authenticates. */
static struct trial *handshake(struct kunit *test, struct world *w, unsigned int i, bool passive)
{
	struct atcp_seg syn = {
		.ctl = ATCP_SYN, .wnd = 65535,
		.opt = {
			.have = ATCP_OPT_MSS | ATCP_OPT_TS | ATCP_OPT_WSCALE |
				(offers[i].sack ? ATCP_OPT_SACK_PERM : 0),
			.mss = 1460,
		},
	};
	struct trial *t;

	*w = trial_worlds[0];
	w->features = ATCP_F_TIMESTAMPS | ATCP_F_WSCALE | (offers[i].sack ? ATCP_F_SACK : 0);
	t = trial_in(test, w, passive ? ATCP_LISTEN : ATCP_CLOSED);
	atcp_set_auth(&t->tcb, offers[i].auth);
	trial_begin(t);
	if (passive) {
		syn.seq = w->irs;
		atcp_segment_arrives(&t->tcb, &syn, t->iss, 0, t->now, &t->fx);
	} else {
		atcp_user_open_active(&t->tcb, t->iss, t->now, &t->fx);
	}
	trial_end(t);
	return t;
}

/* [R2385-TS] in SYN and in SYN,ACK; the header always fits */
static void syn__timestamps_where_there_is_room(struct kunit *test)
{
	unsigned int i, passive;
	struct world w;

	for (i = 0; i < ARRAY_SIZE(offers); i++)
		for (passive = 0; passive < 2; passive++) {
			struct trial *t = handshake(test, &w, i, passive);
			const struct atcp_opts *opt = &t->out[0].opt;

			KUNIT_ASSERT_EQ(test, t->n_out, 1u);
			KUNIT_EXPECT_EQ(test, !!(opt->have & ATCP_OPT_TS), offers[i].ts);
			KUNIT_EXPECT_EQ(test, !!(opt->have & ATCP_OPT_SACK_PERM), offers[i].sack);
			KUNIT_EXPECT_EQ(test, opt->auth, offers[i].auth);
			KUNIT_EXPECT_LE(test, atcp_wire_opt_len(opt), 40u);
			if (passive)
				KUNIT_EXPECT_EQ(test, !!(t->tcb.opts_on & ATCP_OPT_TS),
						offers[i].ts);
			sent_whatever(t);
		}
}

/* [R2385-MSS] [R5925-MSS] it comes off each segment */
static void mss__less_what_it_takes(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 before = atcp_eff_mss(&t->tcb);

	atcp_set_auth(&t->tcb, 20);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), before - 20);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.mss, before - 20);
	user_send(t, 3 * before);
	KUNIT_ASSERT_GT(test, t->n_out, 0u);
	KUNIT_EXPECT_EQ(test, (u32)t->out[0].mss, before - 20);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.auth, 20);
	sent_whatever(t);
	atcp_set_auth(&t->tcb, 0);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), before);
}

static const struct world sack_alone = {
	.name = "SACK alone", .passive = true, .features = ATCP_F_SACK, .start = TRIAL_START,
};

/* [R2385-SACK] as many blocks as there is room for, with and without timestamps */
static void sack__as_many_as_fit(struct kunit *test)
{
	static const struct {
		u8 auth;
		bool ts;
		int most;
	} c[] = {
		{ 0, false, 4 }, { 0, true, 3 }, { 8, true, 2 }, { 16, false, 2 },
		{ 16, true, 1 }, { 20, false, 2 }, { 20, true, 0 },
	};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct trial *t = c[i].ts ? in_state(test, ATCP_ESTABLISHED) :
					    trial_in(test, &sack_alone, ATCP_ESTABLISHED);

		atcp_set_auth(&t->tcb, c[i].auth);
		for (k = 1; k < 6; k++) {
			arrive(t, SEG(ACK, .seq = 1 + 100 * k, .ack = 1, .text = 50));
			KUNIT_ASSERT_EQ(test, t->n_out, 1u);
			KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.n_sack, min_t(int, k, c[i].most));
			KUNIT_EXPECT_LE(test, atcp_wire_opt_len(&t->out[0].opt), 40u);
			sent_whatever(t);
		}
	}
}

static const struct world full_house = {
	.name = "all options", .passive = true, .irs = 4000, .start = TRIAL_START,
	.features = ATCP_F_TIMESTAMPS | ATCP_F_WSCALE | ATCP_F_SACK | ATCP_F_DSACK,
	.ecn = ATCP_ACCECN_ANSWER,
};

static void expect_fits(struct kunit *test, struct trial *t, u8 auth)
{
	unsigned int i;

	for (i = 0; i < t->n_out; i++) {
		KUNIT_EXPECT_EQ(test, t->out[i].opt.auth, auth);
		KUNIT_EXPECT_LE(test, atcp_wire_opt_len(&t->out[i].opt), 40u);
	}
}

/* What has no place beside it is left out: AccECN, the user timeout, a cookie. */
static void options__never_too_many(struct kunit *test)
{
	static const struct atcp_fo_cookie cookie = { .len = 16, .octet = "a long cookie .." };
	unsigned int k;
	u8 auth;

	for (auth = 0; auth <= 20; auth += 4) {
		struct trial *t = trial_in(test, &full_house, ATCP_LISTEN);

		atcp_set_auth(&t->tcb, auth);
		t->tcb.p.ecn_option = ATCP_ACCECN_OPTION_ALWAYS;
		t->tcb.p.uto.enabled = 1;
		t->tcb.fo.flags |= ATCP_FO_OFFER;
		t->tcb.fo.cookie = cookie;
		arrive(t, SEG(SYN | AE | CWR | ECE));
		KUNIT_ASSERT_EQ(test, t->n_out, 1u);
		KUNIT_EXPECT_EQ(test, t->tcb.ecn.mode, ATCP_ECN_ACCECN);
		expect_fits(test, t, auth);
		sent_whatever(t);
		arrive(t, SEG(ACK | (2 << 6), .seq = 1, .ack = 1));
		for (k = 1; k < 8; k++) {
			t->tcb.uto.tell = true;
			arrive(t, SEG(ACK | (5 << 6), .seq = 1 + 100 * k, .ack = 1, .text = 50,
				      .ecn = k % 4));
			KUNIT_ASSERT_GE(test, t->n_out, 1u);
			expect_fits(test, t, auth);
			sent_whatever(t);
		}
	}
}

/* A SYN that asks for Fast Open, too; without its cookie there is no text on it. */
static void syn__cookie_where_there_is_room(struct kunit *test)
{
	static const struct atcp_fo_cookie cookie = { .len = 8, .octet = "abcdefgh" };
	unsigned int auth;

	for (auth = 0; auth <= 20; auth += 4) {
		struct trial *t = in_state(test, ATCP_CLOSED);
		struct atcp_out out = { .opt = {
			.have = ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM, .auth = auth,
		} };
		bool room = auth + 12 + 12 <= 40;

		t->tcb.state = ATCP_SYN_SENT;
		atcp_fastopen_offer(&t->tcb, &cookie, 1460, true);
		atcp_fastopen_option(&t->tcb, &out);
		KUNIT_EXPECT_EQ(test, !!(out.opt.have & ATCP_OPT_FASTOPEN), room);
		KUNIT_EXPECT_EQ(test, !!(t->tcb.fo.flags & ATCP_FO_TEXT), room);
		KUNIT_EXPECT_LE(test, atcp_wire_opt_len(&out.opt), 40u);
	}
}

/* A RST has room for it too, but not where there is no connection. */
static void rst__has_room(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	struct atcp_seg seg = { .ctl = ATCP_ACK, .ack = 77 };
	struct atcp_fx fx = { 0 };

	atcp_set_auth(&t->tcb, 20);
	atcp_reply_abort(&t->tcb, t->now, &fx);
	KUNIT_EXPECT_EQ(test, (int)fx.reply.opt.auth, 20);
	memset(&fx, 0, sizeof(fx));
	atcp_reply_rst(&t->tcb, &seg, t->now, &fx);
	KUNIT_EXPECT_EQ(test, (int)fx.reply.opt.auth, 20);
	memset(&fx, 0, sizeof(fx));
	atcp_reply_rst(NULL, &seg, t->now, &fx);
	KUNIT_EXPECT_EQ(test, (int)fx.reply.opt.auth, 0);
}

static struct kunit_case auth_cases[] = {
	KUNIT_CASE(syn__timestamps_where_there_is_room),
	KUNIT_CASE(mss__less_what_it_takes),
	KUNIT_CASE(sack__as_many_as_fit),
	KUNIT_CASE(options__never_too_many),
	KUNIT_CASE(syn__cookie_where_there_is_room),
	KUNIT_CASE(rst__has_room),
	{}
};

TRIAL_SUITE(auth, auth_cases);
