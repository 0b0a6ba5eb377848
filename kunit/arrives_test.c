// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of arrives.c: SEGMENT ARRIVES in CLOSED, LISTEN and SYN-SENT.
 *
 * RFC 9293 sections 3.10.7.1 to 3.10.7.3 and 3.5.2.
 */

#include "../module/core/arrives.c"
#include <linux/kernel.h>
#include <linux/string.h>
#include "atcp_test.h"

/* ---- CLOSED: R9293-RSTGEN1 ---- */

static const struct row closed_rst_rows[] = {
	{ "CL-023" }, { "CL-024" }, { "CL-025" },
};

ROWS(closed_rst);
EACH_ROW(closed_rst)
{
	arrive(t, SEG(RST, .seq = 7));
	expect(t, ATCP_CLOSED);
	arrive(t, SEG(RST | ACK | SYN | FIN, .seq = 7, .ack = 9, .text = 4));
	expect(t, ATCP_CLOSED);
}

/* Without ACK: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
static const struct row closed_no_ack_rows[] = {
	{ "CL-026" }, { "CL-034" },
};

ROWS(closed_no_ack);
/* [R9293-RSTGEN1] */
static void closed_no_ack(struct kunit *test)
{
	static const u8 ctls[] = { 0, SYN, FIN, SYN | FIN, URG, PSH };
	const struct world *w = NULL;
	unsigned int i, text;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++)
			for (text = 0; text <= 10; text += 10) {
				struct trial *t = trial_row(test, w);
				u8 ctl = ctls[i];
				u32 len = text + !!(ctl & SYN) + !!(ctl & FIN);

				arrive(t, SEG(ctl, .seq = 70, .text = text));
				expect(t, ATCP_CLOSED);
				sent(t, SEG(RST | ACK, .seq = 0u - t->iss,
					    .ack = 70 + len));
			}
}

/* With ACK: <SEQ=SEG.ACK><CTL=RST> */
static const struct row closed_ack_rows[] = {
	{ "CL-027" }, { "CL-028" }, { "CL-029" }, { "CL-030" }, { "CL-031" },
	{ "CL-032" }, { "CL-033" }, { "CL-035" }, { "CL-036" }, { "CL-037" },
	{ "CL-038" }, { "CL-039" }, { "CL-041" },
};

ROWS(closed_ack);
/* [R9293-RSTGEN1] */
static void closed_ack(struct kunit *test)
{
	static const u8 ctls[] = { ACK, ACK | SYN, ACK | FIN, ACK | URG, ACK | PSH };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(ctls[i], .seq = 70, .ack = 90, .text = i * 3));
			expect(t, ATCP_CLOSED);
			sent(t, SEG(RST, .seq = 90));
		}
}

/* RFC 7323, 5.2: TSval=0, TSecr=SEG.TSval on a RST without a connection */
static void closed_rst_carries_timestamp(struct kunit *test)
{
	struct atcp_seg seg = {
		.seq = 1, .ack = 2, .ctl = ATCP_ACK,
		.opt = { .have = ATCP_OPT_TS, .tsval = 77, .tsecr = 88 },
	};
	struct atcp_fx fx = { 0 };

	atcp_arrives_closed(&seg, &fx);
	KUNIT_EXPECT_EQ(test, (int)fx.reply.ctl, ATCP_RST);
	KUNIT_EXPECT_EQ(test, (int)fx.reply.opt.have, ATCP_OPT_TS);
	KUNIT_EXPECT_EQ(test, fx.reply.opt.tsval, 0u);
	KUNIT_EXPECT_EQ(test, fx.reply.opt.tsecr, 77u);
}

/* ---- LISTEN ---- */

static const struct row listen_rst_rows[] = {
	{ "LI-014" }, { "LI-015" }, { "LI-016" },
};

ROWS(listen_rst);
static void listen_rst(struct kunit *test)
{
	static const u8 ctls[] = { RST, RST | SYN, RST | ACK, RST | SYN | ACK | FIN };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(ctls[i], .seq = 5, .ack = 6, .text = i));
			expect(t, ATCP_LISTEN);
			unchanged(t);
		}
}

static const struct row listen_ack_rows[] = {
	{ "LI-017" }, { "LI-018" }, { "LI-019" }, { "LI-020" }, { "LI-021" },
	{ "LI-022" }, { "LI-023" }, { "LI-036" }, { "LI-037" }, { "LI-038" },
	{ "LI-039" }, { "LI-040" }, { "LI-041" }, { "LI-042" }, { "LI-043" },
	{ "LI-044" },
};

ROWS(listen_ack);
static void listen_ack(struct kunit *test)
{
	static const u8 ctls[] = { ACK, ACK | SYN, ACK | FIN, ACK | URG };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(ctls[i], .seq = 5, .ack = 66, .text = i));
			expect(t, ATCP_LISTEN);
			sent(t, SEG(RST, .seq = 66));
			unchanged(t);
		}
}

static const struct row listen_nothing_rows[] = {
	{ "LI-035" },
};

ROWS(listen_nothing);
static void listen_nothing(struct kunit *test)
{
	static const u8 ctls[] = { 0, FIN, URG, PSH | FIN };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(ctls[i], .seq = 5, .text = i));
			expect(t, ATCP_LISTEN);
			unchanged(t);
		}
}

static const struct row listen_syn_rows[] = {
	{ "LI-024" }, { "LI-045" },
};

ROWS(listen_syn);
EACH_ROW(listen_syn)
{
	arrive(t, SEG(SYN, .mss = 700, .wnd = 4000));
	expect(t, ATCP_SYN_RECEIVED);
	/* [MUST-14] [SHLD-5] [MAY-3] and RFC 7323, 2.2: not scaled */
	sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .mss = TRIAL_MSS, .wnd = 65535,
		    .tsecr = has_ts(t->world) ? t->tcb.ts.recent : 0));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.passive, 1);	/* [MUST-11] */
	KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->iss);
	KUNIT_EXPECT_EQ(test, snd_nxt(t), 1u);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.irs, t->irs);
	KUNIT_EXPECT_EQ(test, rcv_nxt(t), 1u);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 4000u);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.snd.mss_peer, 700);
	if (has_ts(t->world))
		KUNIT_EXPECT_EQ(test, t->tcb.ts.recent,
				t->peer_clock + (u32)div_u64(t->now, 1000));
}

/* An option goes back if the SYN had it and we have it (R7323-WSREPLY ...). */
static void listen_syn__options(struct kunit *test)
{
	static const u8 features[] = { ATCP_F_TIMESTAMPS, ATCP_F_WSCALE, ATCP_F_SACK };
	static const u8 options[] = { ATCP_OPT_TS, ATCP_OPT_WSCALE, ATCP_OPT_SACK_PERM };
	unsigned int ours, theirs, i;

	for (ours = 0; ours < 8; ours++)
		for (theirs = 0; theirs < 8; theirs++) {
			struct atcp_seg syn = { .seq = 9, .ctl = ATCP_SYN, .wnd = 100 };
			struct world w = { .name = "options", .passive = true };
			u8 both = 0;
			struct trial *t;

			for (i = 0; i < 3; i++) {
				if (ours >> i & 1)
					w.features |= features[i];
				if (theirs >> i & 1)
					syn.opt.have |= options[i];
				syn.opt.wscale = 5;
				if ((ours & theirs) >> i & 1)
					both |= options[i];
			}
			t = trial_in(test, &w, ATCP_LISTEN);
			trial_begin(t);
			atcp_segment_arrives(&t->tcb, &syn, 0, 0, t->now, &t->fx);
			trial_end(t);
			KUNIT_ASSERT_EQ(test, t->n_out, 1u);
			KUNIT_EXPECT_EQ(test, (int)t->tcb.opts_on, (int)both);
			/* R7323-WSBOTH */
			if (!(both & ATCP_OPT_WSCALE))
				KUNIT_EXPECT_EQ(test, t->tcb.rcv.wscale + t->tcb.snd.wscale, 0);
			KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.have,
					(int)(both | ATCP_OPT_MSS));
			sent_whatever(t);
			trial_exit(test);	/* the world ends with this turn */
		}
}

/* [MUST-15] */
static void listen_syn__no_mss(struct kunit *test)
{
	struct world w = {
		.name = "no MSS", .passive = true, .no_mss = true, .peer_plain = true,
		.start = TRIAL_START, .mss = 9000,
	};
	struct trial *t = trial_in(test, &w, ATCP_SYN_RECEIVED);

	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 536u);
	trial_exit(test);
	w.ipv6 = true;
	t = trial_in(test, &w, ATCP_SYN_RECEIVED);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), 1220u);
	trial_exit(test);
}

/* R9293-NOEARLY: text and FIN of a SYN are not for the user. */
static const struct row listen_syn_and_more_rows[] = {
	{ "LI-025" }, { "LI-026" },
};

ROWS(listen_syn_and_more);
/* [R4987-DATA] */
static void listen_syn_and_more(struct kunit *test)
{
	static const u8 ctls[] = { SYN, SYN | FIN, SYN | PSH | URG };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(ctls[i], .text = 10));
			expect(t, ATCP_SYN_RECEIVED);
			sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1));
			arrive(t, SEG(ACK, .seq = 1, .ack = 1));
			expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		}
}

/* Trap 18: ECE, CWR and what else there may be are no reason to refuse. */
static const struct row listen_syn_ecn_rows[] = {
	{ "LI-032" },
};

ROWS(listen_syn_ecn);
static void listen_syn_ecn(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_LISTEN);

	arrive(t, SEG(SYN | ATCP_ECE | ATCP_CWR));
	expect(t, ATCP_SYN_RECEIVED);
	sent(t, SEG(SYN | ACK, .ack = 1));	/* R3168-NOECN */
}

/* ---- SYN-SENT ---- */

/* First, the ACK: R9293-RSTGEN2 */
static const struct row syn_sent_bad_ack_rows[] = {
	{ "SS-011" }, { "SS-012" }, { "SS-013" }, { "SS-024" },
};

ROWS(syn_sent_bad_ack);
static void syn_sent_bad_ack(struct kunit *test)
{
	static const u8 ctls[] = { ACK, SYN | ACK, FIN | ACK, URG | ACK };
	const u32 acks[] = { 0u - 1, 2, 0, 0u - 100, 1u << 31 };
	const struct world *w = NULL;
	unsigned int i, k;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++)
			for (k = 0; k < ARRAY_SIZE(acks); k++) {
				struct trial *t = trial_row(test, w);

				arrive(t, SEG(ctls[i], .seq = 40, .ack = acks[k], .text = k));
				expect(t, ATCP_SYN_SENT);
				sent(t, SEG(RST, .seq = acks[k]));
				unchanged(t);
				KUNIT_EXPECT_NE(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT],
						0ULL);
			}
}

/* R5961-RSTSS */
static const struct row syn_sent_rst_ignored_rows[] = {
	{ "SS-014" }, { "SS-017" },
};

ROWS(syn_sent_rst_ignored);
static void syn_sent_rst_ignored(struct kunit *test)
{
	const u32 acks[] = { 0, 2, 0u - 1, 1u << 31 };
	const struct world *w = NULL;
	unsigned int k;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		for (k = 0; k < ARRAY_SIZE(acks); k++) {
			arrive(t, SEG(RST | ACK, .seq = 0u - t->irs, .ack = acks[k]));
			expect(t, ATCP_SYN_SENT);
			unchanged(t);
		}
		arrive(t, SEG(RST, .seq = 0u - t->irs));
		expect(t, ATCP_SYN_SENT);
		unchanged(t);
	}
}

static const struct row syn_sent_refused_rows[] = {
	{ "SS-015" },
};

ROWS(syn_sent_refused);
EACH_ROW(syn_sent_refused)
{
	arrive(t, SEG(RST | ACK, .seq = 0u - t->irs, .ack = 1));
	expect(t, ATCP_CLOSED, .error = ECONNREFUSED, .flush = true,
	       .wake = ATCP_WAKE_ERROR | ATCP_WAKE_STATE);
}

static const struct row syn_sent_established_rows[] = {
	{ "SS-020" },
};

ROWS(syn_sent_established);
static void syn_sent__established(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_row(test, w);

		arrive(t, SEG(SYN | ACK, .seq = 0, .ack = 1, .wnd = 5000));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE | ATCP_WAKE_WRITE);
		sent(t, SEG(ACK, .seq = 1, .ack = 1));
		/* R9293-ESTVARS, D-17; the window of a SYN is not scaled */
		KUNIT_EXPECT_EQ(test, t->tcb.snd.una, t->iss + 1);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 5000u);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.wl1, t->irs);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.wl2, t->iss + 1);
		KUNIT_EXPECT_EQ(test, t->tcb.rcv.irs, t->irs);
		KUNIT_EXPECT_EQ(test, rcv_nxt(t), 1u);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.passive, 0);
		KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
		KUNIT_EXPECT_EQ(test, !!(t->tcb.opts_on & ATCP_OPT_TS), has_ts(w));
	}
}

/* Text that was queued meanwhile goes with the ACK. */
static void syn_sent__queued_text_follows(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_SENT);

		user_send(t, 300);
		arrive(t, SEG(SYN | ACK, .ack = 1));
		sent(t, SEG(ACK | PSH, .seq = 1, .ack = 1, .text = 300));
	}
}

static const struct row syn_sent_synack_text_rows[] = {
	{ "SS-022" },
};

ROWS(syn_sent_synack_text);
EACH_ROW(syn_sent_synack_text)
{
	arrive(t, SEG(SYN | ACK, .ack = 1, .text = 20));
	expect(t, ATCP_ESTABLISHED, .take = 20, .deliver = 20,
	       .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ);
	sent(t, SEG(ACK, .seq = 1, .ack = 21));
}

static const struct row syn_sent_synack_fin_rows[] = {
	{ "SS-023" },
};

ROWS(syn_sent_synack_fin);
EACH_ROW(syn_sent_synack_fin)
{
	arrive(t, SEG(SYN | ACK | FIN, .ack = 1, .text = 20));
	expect(t, ATCP_CLOSE_WAIT, .take = 20, .deliver = 20,
	       .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ);
	sent(t, SEG(ACK, .seq = 1, .ack = 22));
}

/* [MUST-10] simultaneous open */
static const struct row syn_sent_syn_rows[] = {
	{ "SS-025" },
};

ROWS(syn_sent_syn);
EACH_ROW(syn_sent_syn)
{
	arrive(t, SEG(SYN, .wnd = 3000));
	expect(t, ATCP_SYN_RECEIVED);
	sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.passive, 0);	/* [MUST-11] */
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 3000u);
	/* SC-02, the way of a strict peer: our SYN,ACK is answered by ACK */
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
}

static const struct row syn_sent_syn_and_more_rows[] = {
	{ "SS-026" },
};

ROWS(syn_sent_syn_and_more);
EACH_ROW(syn_sent_syn_and_more)
{
	arrive(t, SEG(SYN | FIN, .text = 20));
	expect(t, ATCP_SYN_RECEIVED);
	sent(t, SEG(SYN | ACK, .seq = 0, .ack = 1));
}

/* Fifth: neither SYN nor RST. */
static const struct row syn_sent_dropped_rows[] = {
	{ "SS-027" }, { "SS-029" }, { "SS-030" }, { "SS-031" }, { "SS-032" },
	{ "SS-033" }, { "SS-034" }, { "SS-035" }, { "SS-036" }, { "SS-037" },
	{ "SS-038" }, { "SS-039" },
};

ROWS(syn_sent_dropped);
static void syn_sent_dropped(struct kunit *test)
{
	static const u8 ctls[] = { ACK, 0, FIN, FIN | ACK, URG, URG | ACK, PSH | ACK };
	const struct world *w = NULL;
	unsigned int i;

	for_each_world(w)
		for (i = 0; i < ARRAY_SIZE(ctls); i++) {
			struct trial *t = trial_row(test, w);

			arrive(t, SEG(ctls[i], .seq = 1, .ack = 1, .text = i, .up = 3,
				      .wnd = 999));
			expect(t, ATCP_SYN_SENT);
			unchanged(t);
		}
}

/* SC-06, SC-03: an old duplicate SYN costs nothing but a RST. */
static void scenario__old_duplicate_syn(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_RECEIVED);

	arrive(t, SEG(RST, .seq = 1));
	expect(t, ATCP_LISTEN, .flush = true);
	/* The real one, with another ISS of the peer. */
	t->irs += 1000;
	arrive(t, SEG(SYN));
	expect(t, ATCP_SYN_RECEIVED);
	sent(t, SEG(SYN | ACK, .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
}

/* An option counts where it is there, whatever else its fields hold. */
static void syn_options__none(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_SYN_RECEIVED);
	struct atcp_seg seg = { .opt.mss = 700, .opt.wscale = 5, .opt.tsval = 99 };

	t->tcb.opts_on = 0xff;
	t->tcb.snd.wscale = 7;
	t->tcb.rcv.wscale = 7;
	atcp_syn_options(&t->tcb, &seg, t->now);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.opts_on, 0);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.snd.mss_peer, 0);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.snd.wscale, 0);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv.wscale, 0);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.mss, 536u);	/* [MUST-15] */
	seg.opt.have = ATCP_OPT_MSS;
	atcp_syn_options(&t->tcb, &seg, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.mss, 700u);
}

/* Where a SYN puts the receive variables, whatever they were. */
static void take_syn__receive_variables(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_LISTEN);
	struct atcp_seg seg = { .seq = 70000, .wnd = 500, .ctl = SYN };

	memset(&t->tcb.rcv, 0xa5, sizeof(t->tcb.rcv));
	t->tcb.rcv.mss_adv = 1000;
	take_syn(&t->tcb, &seg, 12345);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.irs, 70000u);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.nxt, 70001u);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.up, 70001u);
	KUNIT_EXPECT_EQ(test, t->tcb.rcv.last_ack_sent, 70001u);
	KUNIT_EXPECT_EQ(test, t->tcb.last_rcv, 12345ULL);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 500u);
}

/* SC-04: the peer restarted and opens again. */
static void scenario__half_open_found(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_SYN_SENT);

		/* What the living end answers to our SYN: an ACK of old numbers. */
		arrive(t, SEG(ACK, .seq = 300, .ack = 0u - 300));
		expect(t, ATCP_SYN_SENT);
		sent(t, SEG(RST, .seq = 0u - 300));
		after(t, SEC(1));
		sent(t, SEG(SYN));
		arrive(t, SEG(SYN | ACK, .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK, .seq = 1, .ack = 1));
	}
}

static struct kunit_case arrives_cases[] = {
	ROW_CASE(closed_rst),
	ROW_CASE(closed_no_ack),
	ROW_CASE(closed_ack),
	KUNIT_CASE(closed_rst_carries_timestamp),
	ROW_CASE(listen_rst),
	ROW_CASE(listen_ack),
	ROW_CASE(listen_syn),
	KUNIT_CASE(listen_syn__options),
	KUNIT_CASE(listen_syn__no_mss),
	ROW_CASE(listen_syn_and_more),
	ROW_CASE(listen_syn_ecn),
	ROW_CASE(listen_nothing),
	ROW_CASE(syn_sent_bad_ack),
	ROW_CASE(syn_sent_rst_ignored),
	ROW_CASE(syn_sent_refused),
	KUNIT_CASE_PARAM(syn_sent__established, syn_sent_established_gen_params),
	KUNIT_CASE(syn_sent__queued_text_follows),
	ROW_CASE(syn_sent_synack_text),
	ROW_CASE(syn_sent_synack_fin),
	ROW_CASE(syn_sent_syn),
	ROW_CASE(syn_sent_syn_and_more),
	ROW_CASE(syn_sent_dropped),
	KUNIT_CASE(scenario__old_duplicate_syn),
	KUNIT_CASE(scenario__half_open_found),
	KUNIT_CASE(syn_options__none),
	KUNIT_CASE(take_syn__receive_variables),
	{}
};

TRIAL_SUITE(arrives, arrives_cases);
