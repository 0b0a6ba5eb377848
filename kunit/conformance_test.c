// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of what the standards ask for across the files of the core: the
 * conversations of RFC 9293's figures between two TCBs, rows of the state table
 * that were decided rather than found in the text, and single requirements
 * (Documentation/conformance).
 */

#include <linux/kernel.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <atcp/core.h>
#include "atcp_test.h"

/* ---- two ends ---- */

static const struct world active_end = {
	.name = "A", .iss = 100, .irs = 300, .start = TRIAL_START, .features = RICH,
};

static const struct world passive_end = {
	.name = "B", .passive = true, .iss = 300, .irs = 100, .start = TRIAL_START,
	.features = RICH,
};

static void arrive_raw(struct trial *t, const struct atcp_seg *seg)
{
	trial_begin(t);
	atcp_segment_arrives(&t->tcb, seg, t->iss, t->room, t->now, &t->fx);
	trial_end(t);
}

/* The next segment that @from sent; it goes no further unless cross() takes it. */
static const struct atcp_out *last_out(struct trial *from)
{
	KUNIT_ASSERT_LT(from->test, from->n_read, from->n_out);
	return &from->out[from->n_read++];
}

/* One segment from end to end, as it is. */
static void cross(struct trial *from, struct trial *to)
{
	const struct atcp_out *out = last_out(from);
	struct atcp_seg seg = {
		.seq = out->seq, .ack = out->ack, .text = out->text, .wnd = out->wnd,
		.up = out->up, .ctl = out->ctl, .opt = out->opt,
	};

	to->now = from->now;
	arrive_raw(to, &seg);
}

/* [SC-01]: the text begins where the ACK of the handshake stood */
static void scenario__three_way_handshake(struct kunit *test)
{
	struct trial *a = trial_new(test, &active_end);
	struct trial *b = trial_new(test, &passive_end);

	trial_open_passive(b);
	trial_open_active(a);
	cross(a, b);
	expect(b, ATCP_SYN_RECEIVED);
	cross(b, a);
	expect(a, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
	KUNIT_EXPECT_EQ(test, a->out[a->n_read].seq, 101u);
	cross(a, b);
	expect(b, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
	sent_no_more(b);
	user_send(a, 10);
	KUNIT_EXPECT_EQ(test, a->out[a->n_read].seq, 101u);
	cross(a, b);
	expect(b, ATCP_ESTABLISHED, .take = 10, .deliver = 10);
	sent(b, SEG(ACK, .seq = 1, .ack = 11));
	sent_no_more(a);
}

/* [SC-05] */
static void scenario__half_open_found_by_text(struct kunit *test)
{
	struct trial *b = trial_in(test, &passive_end, ATCP_ESTABLISHED);
	struct trial *a = trial_new(test, &active_end);

	user_send(b, 10);
	cross(b, a);			/* which has forgotten, and is in CLOSED */
	expect(a, ATCP_CLOSED);
	KUNIT_ASSERT_EQ(test, a->n_out, 1u);
	KUNIT_EXPECT_EQ(test, a->out[0].ctl, (u8)RST);
	KUNIT_EXPECT_EQ(test, a->out[0].seq, 101u);
	cross(a, b);
	expect(b, ATCP_CLOSED, .error = ECONNRESET, .flush = true);
	sent_no_more(b);
}

/*
 * [SC-13]: a SYN one before RCV.NXT. The challenge looks like an ACK of it, which
 * only a SYN or RST could make use of: nothing breaks, and nothing begins.
 */
static void scenario__restart_before_rcv_nxt(struct kunit *test)
{
	static const struct world again = {
		.name = "again", .iss = 300, .irs = 100, .start = TRIAL_START,
		.features = RICH,
	};
	struct world old = passive_end;
	struct trial *a, *b;
	unsigned int syns = 0;

	old.iss = 100;
	old.irs = 300;
	a = trial_in(test, &old, ATCP_ESTABLISHED);
	b = trial_new(test, &again);
	trial_open_active(b);
	while (b->tcb.state == ATCP_SYN_SENT) {
		cross(b, a);
		expect(a, ATCP_ESTABLISHED);
		sent_no_more(b);
		KUNIT_EXPECT_EQ(test, a->out[0].ctl, (u8)ACK);
		KUNIT_EXPECT_EQ(test, a->out[0].ack, 301u);
		cross(a, b);
		expect(b, ATCP_SYN_SENT);
		sent_no_more(b);
		syns++;
		next_deadline(b);
	}
	expect(b, ATCP_CLOSED, .error = ETIMEDOUT, .flush = true);
	KUNIT_EXPECT_EQ(test, syns, 8u);
}

/* [SC-20] */
static void scenario__nobody_listens(struct kunit *test)
{
	struct trial *a = trial_new(test, &active_end);
	struct trial *b = trial_new(test, &passive_end);

	trial_open_active(a);
	cross(a, b);
	expect(b, ATCP_CLOSED);
	KUNIT_ASSERT_EQ(test, b->n_out, 1u);
	KUNIT_EXPECT_EQ(test, b->out[0].ctl, (u8)(RST | ACK));
	KUNIT_EXPECT_EQ(test, b->out[0].seq, 0u);
	KUNIT_EXPECT_EQ(test, b->out[0].ack, 101u);
	cross(b, a);
	expect(a, ATCP_CLOSED, .error = ECONNREFUSED, .flush = true);
	sent_no_more(a);
}

/* [SC-22]: the SYN,ACK comes again, and its answer completes it */
static void scenario__ack_of_handshake_lost(struct kunit *test)
{
	struct trial *a = trial_new(test, &active_end);
	struct trial *b = trial_new(test, &passive_end);

	trial_open_passive(b);
	trial_open_active(a);
	cross(a, b);
	cross(b, a);
	last_out(a);			/* lost */
	sent_no_more(a);
	next_deadline(b);
	expect(b, ATCP_SYN_RECEIVED);
	cross(b, a);
	expect(a, ATCP_ESTABLISHED);
	cross(a, b);
	expect(b, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
	sent_no_more(b);
}

/* ---- rows that were decided ---- */

/*
 * [F1-055] [CG-063]: D-22, the peer's FIN comes while text and FIN of ours wait for
 * the window: they go from CLOSING, and nothing is lost.
 */
static void fin_wait_1__fin_before_ours_went(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 100));
	user_send(t, 300);
	sent_no_more(t);			/* a silly window */
	user_close(t);
	expect(t, ATCP_FIN_WAIT_1);
	sent_no_more(t);
	arrive(t, SEG(FIN | ACK, .seq = 1, .ack = 1, .wnd = 100));
	expect(t, ATCP_CLOSING, .wake = ATCP_WAKE_READ);
	sent(t, SEG(ACK, .seq = 1, .ack = 2));
	sent_no_more(t);
	next_deadline(t);			/* the override */
	sent(t, SEG(ACK, .seq = 1, .ack = 2, .text = 100));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 2, .ack = 101, .wnd = 1000));
	expect(t, ATCP_CLOSING, .acked = 100);
	sent(t, SEG(FIN | ACK | PSH, .seq = 101, .ack = 2, .text = 200));
	arrive(t, SEG(ACK, .seq = 2, .ack = 302));
	expect(t, ATCP_TIME_WAIT, .acked = 200);
	sent_no_more(t);
}

/* [LA-038]: D-22, text is acknowledged in LAST-ACK, then the FIN */
static void last_ack__text_acknowledged(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_CLOSE_WAIT);
		u32 end;

		user_send(t, 1500);
		sent_whatever(t);
		user_close(t);
		sent_whatever(t);
		expect(t, ATCP_LAST_ACK);
		end = snd_nxt(t);
		KUNIT_EXPECT_EQ(test, end, 1502u);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = 501));
		expect(t, ATCP_LAST_ACK, .acked = 500);
		KUNIT_EXPECT_EQ(test, snd_una(t), 501u);
		sent_no_more(t);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = end - 1));
		expect(t, ATCP_LAST_ACK, .acked = 1000);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = end));
		expect(t, ATCP_CLOSED, .flush = true);
		sent_no_more(t);
	}
}

/* ---- the header ---- */

/* [MUST-5]: in every segment, text or none */
static void options__in_any_segment(struct kunit *test)
{
	static const u8 opts[] = {
		1, 1, 8, 10, 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 9, 254, 4, 7, 7,
	};
	unsigned int ctl, text;

	for (ctl = 0; ctl < 64; ctl++)
		for (text = 0; text < 2; text++) {
			u8 hdr[36] = { [12] = 9 << 4 };
			struct atcp_seg seg;

			hdr[13] = ctl;
			memcpy(hdr + 20, opts, sizeof(opts));
			KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 36, 36 + text));
			KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)ATCP_OPT_TS);
			KUNIT_EXPECT_EQ(test, seg.opt.tsval, 0x11223344u);
			KUNIT_EXPECT_EQ(test, seg.opt.tsecr, 9u);
		}
}

/* [MUST-7]: what follows an option of illegal length is not read, whatever it looks like */
static void options__illegal_length_ends_them(struct kunit *test)
{
	static const u8 lens[] = { 0, 1, 41, 255 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		const u8 opts[] = { 3, 3, 5, 254, lens[i], 2, 4, 5, 180, 4, 2 };
		u8 hdr[60] = { [12] = 15 << 4, [13] = SYN };
		struct atcp_seg seg;

		memcpy(hdr + 20, opts, sizeof(opts));
		KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 60, 60));
		KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)ATCP_OPT_WSCALE);
		KUNIT_EXPECT_EQ(test, (int)seg.opt.wscale, 5);
	}
}

/* Walks a list of options as a stranger would. Return: whether it ends where it must. */
static bool well_formed(const u8 *p, const u8 *end)
{
	while (p < end && *p) {
		if (*p == 1) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return false;
		p += p[1];
	}
	while (p < end)			/* after the end of the list */
		if (*p++)
			return false;
	return true;
}

/* [MUST-68] [MUST-69]: whatever options there are, a length on each, and zeros behind */
static void options__well_formed(struct kunit *test)
{
	u32 have, n;

	for (have = 0; have < 16; have++)
		for (n = 0; n <= ATCP_MAX_SACK; n++) {
			struct atcp_out out = {
				.ctl = SYN,
				.opt = { .have = have, .mss = 1460, .wscale = 9,
					 .tsval = U32_MAX, .tsecr = U32_MAX,
					 .n_sack = n },
			};
			u8 hdr[ATCP_HDR_MAX];
			u32 len;

			memset(out.opt.sack, 0xee, n * sizeof(out.opt.sack[0]));
			if (20 + atcp_wire_opt_len(&out.opt) > ATCP_HDR_MAX)
				continue;
			memset(hdr, 0xee, sizeof(hdr));
			len = atcp_wire_write(hdr, &out, 1, 2);
			KUNIT_EXPECT_EQ(test, (u32)(hdr[12] >> 4) * 4, len);
			KUNIT_EXPECT_TRUE(test, well_formed(hdr + 20, hdr + len));
		}
}

/* [R3168-NONSETUP]: whatever ECE and CWR a SYN or SYN,ACK has, none comes back */
static void syn__ecn_bits(struct kunit *test)
{
	static const u8 bits[] = { ATCP_ECE, ATCP_CWR, ATCP_ECE | ATCP_CWR };
	struct trial *t;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		t = in_state(test, ATCP_LISTEN);
		arrive(t, SEG(SYN | bits[i]));
		expect(t, ATCP_SYN_RECEIVED);
		sent(t, SEG(SYN | ACK, .ack = 1));
		sent_no_more(t);
		t = in_state(test, ATCP_SYN_SENT);
		sent_whatever(t);
		arrive(t, SEG(SYN | ACK | bits[i], .ack = 1));
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE);
		sent(t, SEG(ACK, .seq = 1, .ack = 1));
		user_send(t, 10);
		sent(t, SEG(ACK, .seq = 1, .ack = 1, .text = 10));
	}
}

/* [R7323-WSNONSYN]: agreed on or not */
static void window_scale__only_of_a_syn(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_world(w) {
		struct trial *t = trial_in(test, w, ATCP_ESTABLISHED);
		u32 scale = w->features & ATCP_F_WSCALE ? PEER_WSCALE : 0;
		struct atcp_seg seg = {
			.seq = t->tcb.rcv.nxt, .ack = t->tcb.snd.una, .wnd = 5000, .ctl = ACK,
			.opt = { .have = ATCP_OPT_WSCALE | (t->tcb.opts_on & ATCP_OPT_TS),
				 .wscale = 7, .tsval = t->tcb.ts.recent },
		};

		arrive_raw(t, &seg);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 5000u << scale);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 6000));
		KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, 6000u << scale);
		sent_no_more(t);
	}
}

/* ---- windows ---- */

/* [REC-1]: more than 65535 octets in flight, and offered */
static void windows__beyond_16_bits(struct kunit *test)
{
	static const struct world w = {
		.name = "large", .passive = true, .start = TRIAL_START, .features = RICH,
		.buff = 1 << 20, .peer_wnd = 0xffff,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	const struct atcp_out *out;

	t->tcb.cc.cwnd = 1 << 20;	/* let the window decide */
	user_send(t, 400000);
	KUNIT_EXPECT_GT(test, snd_nxt(t), 0xffffu << PEER_WSCALE >> 1);
	KUNIT_EXPECT_LE(test, snd_nxt(t), (0xffffu << PEER_WSCALE) + 1);
	out = last_out(t);
	KUNIT_EXPECT_GT(test, (u32)out->wnd << t->tcb.rcv.wscale, 500100u);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 500001, .ack = 1, .text = 100));
	expect(t, ATCP_ESTABLISHED, .take = 100);
	sent_whatever(t);
}

/* [MUST-34] [SHLD-15]: below zero is not wide open; cwnd and Nagle would let it go */
static void window_shrunk__no_new_text(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 3000);
	sent_text(t, 1, 3001);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = 1000));
	sent_no_more(t);
	user_send(t, 5000);
	sent_no_more(t);
	KUNIT_EXPECT_EQ(test, snd_nxt(t), 3001u);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2001, .wnd = 999));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 3001, .wnd = 2000));
	sent_text(t, 3001, 5001);
	sent_no_more(t);
}

/*
 * [SHLD-17]: what lies past a window that shrank stays unacknowledged far longer
 * than R2, while the peer answers; no octet of it is sent but for the probe's.
 */
static void window_shrunk__no_time_out(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 start = t->now;
	unsigned int i;

	user_send(t, 3000);
	sent_text(t, 1, 3001);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = 1000));
	arrive(t, SEG(ACK, .seq = 1, .ack = 2001, .wnd = ZERO_WND));
	sent_no_more(t);
	while (t->now - start < SEC(2 * 3600)) {
		next_deadline(t);
		expect(t, ATCP_ESTABLISHED);
		for (i = t->n_read; i < t->n_out; i++)
			KUNIT_EXPECT_LE(test, t->out[i].text, 1u);
		sent_whatever(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 2001, .wnd = ZERO_WND));
		expect(t, ATCP_ESTABLISHED);
		sent_no_more(t);
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = 2001, .wnd = 5000));
	sent_text(t, 2001, 3001);
}

/* ---- loss, and what is known of it ---- */

/* [R5681-FRSSTH]: what limited transmit sent is not of the flight that is halved */
static void ssthresh__without_limited_transmit(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	unsigned int i;

	user_send(t, 20000);
	sent_text(t, 1, 10001);
	for (i = 0; i < 2; i++) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 1));
		sent_text(t, 10001 + 1000 * i, 11001 + 1000 * i);
	}
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	counted(t, ATCP_EV_RENO_RECOVERY);
	sent_text(t, 1, 1001);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.ssthresh, 5000u);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 8000u);
}

/*
 * [R2018-RENEGE] [R6675-KEEP]: nothing is given up for a SACK block; after a time-out
 * the peer, which may have discarded what it told of, gets it all again.
 */
static void sack__frees_nothing(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 mss = atcp_eff_mss(&t->tcb);

	user_send(t, 3 * mss);
	sent_text(t, 1, 1 + 3 * mss);
	after(t, MSEC(1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, BLOCKS(1, { 1 + mss, 1 + 3 * mss })));
	expect(t, ATCP_ESTABLISHED);
	sent_text(t, 1, 1 + mss);
	KUNIT_EXPECT_EQ(test, snd_una(t), 1u);
	KUNIT_EXPECT_EQ(test, t->tcb.snd.end, t->iss + 1 + 3 * mss);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + mss));
	expect(t, ATCP_ESTABLISHED, .acked = mss);
	counted(t, ATCP_EV_RENEGING);
	sent_no_more(t);
	KUNIT_EXPECT_LT(test, next_deadline(t), MSEC(20));
	counted(t, ATCP_EV_RETRANS_TIMEOUT);
	sent_text(t, 1 + mss, 1 + 2 * mss);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1 + 2 * mss));
	sent_text(t, 1 + 2 * mss, 1 + 3 * mss);
}

/* [R7323-RTTMRATE]: ten ACKs in a round trip that let text out make one sample */
static void rtt__one_sample_of_many_acks(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 mss = atcp_eff_mss(&t->tcb);
	unsigned int i, samples = 0;
	u32 var;

	user_send(t, 60 * mss);
	sent_whatever(t);
	for (i = 1; i <= 20; i++) {
		after(t, MSEC(i % 10 == 1 ? 100 : 7));
		var = t->tcb.rtt.rttvar;
		arrive(t, SEG(ACK, .seq = 1, .ack = 1 + i * mss));
		sent_whatever(t);
		samples += t->tcb.rtt.rttvar != var;
	}
	KUNIT_EXPECT_GE(test, samples, 1u);
	KUNIT_EXPECT_LE(test, samples, 2u);
}

/* [R7323-PAWSONCE]: what was held keeps, though TS.Recent has passed it meanwhile */
static void paws__once_at_arrival(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 recent = t->tcb.ts.recent;

	arrive(t, SEG(ACK, .seq = 101, .ack = 1, .text = 100, .tsval = recent + 1));
	expect(t, ATCP_ESTABLISHED, .take = 100);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 50, .tsval = recent + 1000));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, recent + 1000);
	arrive(t, SEG(ACK, .seq = 51, .ack = 1, .text = 50, .tsval = recent + 2000));
	expect(t, ATCP_ESTABLISHED, .take = 50, .deliver = 150);
	KUNIT_EXPECT_EQ(test, rcv_nxt(t), 201u);
	sent_whatever(t);
}

static struct kunit_case conformance_cases[] = {
	KUNIT_CASE(scenario__three_way_handshake),
	KUNIT_CASE(scenario__half_open_found_by_text),
	KUNIT_CASE(scenario__restart_before_rcv_nxt),
	KUNIT_CASE(scenario__nobody_listens),
	KUNIT_CASE(scenario__ack_of_handshake_lost),
	KUNIT_CASE(fin_wait_1__fin_before_ours_went),
	KUNIT_CASE(last_ack__text_acknowledged),
	KUNIT_CASE(options__in_any_segment),
	KUNIT_CASE(options__illegal_length_ends_them),
	KUNIT_CASE(options__well_formed),
	KUNIT_CASE(syn__ecn_bits),
	KUNIT_CASE(window_scale__only_of_a_syn),
	KUNIT_CASE(windows__beyond_16_bits),
	KUNIT_CASE(window_shrunk__no_new_text),
	KUNIT_CASE(window_shrunk__no_time_out),
	KUNIT_CASE(ssthresh__without_limited_transmit),
	KUNIT_CASE(sack__frees_nothing),
	KUNIT_CASE(rtt__one_sample_of_many_acks),
	KUNIT_CASE(paws__once_at_arrival),
	{}
};

TRIAL_SUITE(conformance, conformance_cases);
