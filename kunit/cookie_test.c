// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of cookie.c: what a cookie remembers of a SYN, for how long, and that the
 * connection made of it is the one that the SYN would have made.
 */

#include "../module/core/cookie.c"
#include <linux/kernel.h>
#include "atcp_test.h"

#define MAC	0x5a123456u	/* the lower 24 bits count */
#define ALL	(RICH)

static struct atcp_seg syn_with(u16 have)
{
	return (struct atcp_seg){
		.seq = 77, .ctl = SYN, .wnd = PEER_WND,
		.opt = { .have = have, .mss = PEER_MSS, .wscale = PEER_WSCALE, .tsval = 4711 },
	};
}

/* [MUST-16]: never more than the peer takes, and as little less as can be */
static void make__mss(struct kunit *test)
{
	struct atcp_cookie c;
	unsigned int mss, v6;

	for (v6 = 0; v6 < 2; v6++)
		for (mss = 1; mss <= U16_MAX; mss++) {
			struct atcp_seg syn = syn_with(ATCP_OPT_MSS);

			syn.opt.mss = mss;
			atcp_cookie_make(&c, &syn, ALL, v6, 0);
			KUNIT_ASSERT_LE(test, (unsigned int)syn.opt.mss,
					max(mss, (unsigned int)ATCP_MIN_MSS));
			if (c.mss < MSS_MASK)
				KUNIT_ASSERT_GT(test, (unsigned int)sizes(v6)[c.mss + 1], mss);
		}
}

/* What common paths carry is remembered to the octet. */
static void make__common_mss(struct kunit *test)
{
	static const u16 common[2][8] = {
		{ 48, 536, 1200, 1360, 1400, 1440, 1460, 8960 },
		{ 48, 536, 1220, 1340, 1380, 1420, 1440, 8940 },
	};
	struct atcp_cookie c;
	unsigned int i, v6;

	for (v6 = 0; v6 < 2; v6++)
		for (i = 0; i < 8; i++) {
			struct atcp_seg syn = syn_with(ATCP_OPT_MSS);

			syn.opt.mss = common[v6][i];
			atcp_cookie_make(&c, &syn, ALL, v6, 0);
			KUNIT_EXPECT_EQ(test, (int)syn.opt.mss, (int)common[v6][i]);
		}
}

/* Without the option the default holds, as the core has it. */
static void make__no_mss(struct kunit *test)
{
	struct atcp_seg syn = syn_with(0);
	struct atcp_cookie c;

	atcp_cookie_make(&c, &syn, ALL, false, 0);
	KUNIT_EXPECT_EQ(test, (int)syn.opt.mss, ATCP_DEFAULT_MSS4);
	syn = syn_with(0);
	atcp_cookie_make(&c, &syn, ALL, true, 0);
	KUNIT_EXPECT_EQ(test, (int)syn.opt.mss, ATCP_DEFAULT_MSS6);
}

/* What is not remembered is not agreed on: the SYN no longer offers it. */
static void make__plain_without_timestamps(struct kunit *test)
{
	struct atcp_seg syn = syn_with(ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM);
	struct atcp_cookie c;

	syn.ctl |= ATCP_ECE | ATCP_CWR | PSH;
	syn.text = 30;
	atcp_cookie_make(&c, &syn, ALL, false, 0);
	KUNIT_EXPECT_EQ(test, (int)c.note, ATCP_COOKIE_PLAIN);
	KUNIT_EXPECT_EQ(test, (int)syn.opt.have, ATCP_OPT_MSS);
	KUNIT_EXPECT_EQ(test, (int)syn.ctl, ATCP_SYN);
	KUNIT_EXPECT_EQ(test, syn.text, 0u);

	/* Nor where it is our side that has none. */
	syn = syn_with(ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_TS);
	atcp_cookie_make(&c, &syn, ALL & ~ATCP_F_TIMESTAMPS, false, 0);
	KUNIT_EXPECT_EQ(test, (int)c.note, ATCP_COOKIE_PLAIN);
	KUNIT_EXPECT_EQ(test, (int)syn.opt.have, ATCP_OPT_MSS);
}

static void make__rich(struct kunit *test)
{
	unsigned int shift, sack, ecn;
	struct atcp_cookie c;

	for (shift = 0; shift <= ATCP_MAX_WSCALE + 1; shift++)
		for (sack = 0; sack < 2; sack++)
			for (ecn = 0; ecn < 2; ecn++) {
				u16 have = ATCP_OPT_MSS | ATCP_OPT_TS;
				struct atcp_seg syn;

				if (shift <= ATCP_MAX_WSCALE)
					have |= ATCP_OPT_WSCALE;
				if (sack)
					have |= ATCP_OPT_SACK_PERM;
				syn = syn_with(have | 0x8000);	/* unknown here */
				syn.opt.wscale = shift;
				if (ecn)
					syn.ctl |= ATCP_ECE | ATCP_CWR;
				atcp_cookie_make(&c, &syn, ALL, true, 0);
				KUNIT_EXPECT_EQ(test, c.note & ATCP_COOKIE_PLAIN, 0);
				KUNIT_EXPECT_EQ(test, (int)syn.opt.have, (int)have);
				KUNIT_EXPECT_EQ(test, !!(syn.ctl & ATCP_ECE), (int)ecn);
				KUNIT_EXPECT_EQ(test, !!(syn.ctl & ATCP_CWR), (int)ecn);
				if (have & ATCP_OPT_WSCALE)
					KUNIT_EXPECT_EQ(test, (unsigned int)syn.opt.wscale, shift);
			}
}

/* Half of the two bits is no offer of ECN (RFC 3168, 6.1.1). */
static void make__half_ecn(struct kunit *test)
{
	struct atcp_seg syn = syn_with(ATCP_OPT_MSS | ATCP_OPT_TS);
	struct atcp_cookie c;

	syn.ctl |= ATCP_ECE;
	atcp_cookie_make(&c, &syn, ALL, false, 0);
	KUNIT_EXPECT_EQ(test, c.note & ATCP_COOKIE_ECN, 0);
}

/* An ACK gives back what the SYN,ACK was given. */
static void read__gives_back(struct kunit *test)
{
	struct atcp_seg ack = { .ctl = ACK, .opt.have = ATCP_OPT_TS };
	unsigned int mss, note, minute;

	for (mss = 0; mss <= MSS_MASK; mss++)
		for (note = 0; note <= ATCP_COOKIE_NOTE; note++)
			for (minute = 0; minute < 70; minute++) {
				struct atcp_cookie c = {
					.minute = minute, .mss = mss, .note = note,
				}, got;
				u32 number = atcp_cookie_number(&c, MAC);

				ack.opt.tsecr = atcp_cookie_tsval(&c, 0x12345678);
				KUNIT_ASSERT_TRUE(test, atcp_cookie_read(&got, number, &ack, ALL,
									 minute + 1));
				KUNIT_ASSERT_EQ(test, got.minute, c.minute);
				KUNIT_ASSERT_EQ(test, (int)got.mss, (int)c.mss);
				KUNIT_ASSERT_EQ(test, (int)got.note, (int)c.note);
				KUNIT_ASSERT_EQ(test, atcp_cookie_number(&got, MAC), number);
				KUNIT_ASSERT_NE(test, atcp_cookie_number(&got, MAC ^ 1), number);
				KUNIT_ASSERT_NE(test, atcp_cookie_number(&got, MAC ^ 1 << 23),
						number);
			}
}

/* Two minutes and what is left of the third; older, or of the future, is none. */
static void read__age(struct kunit *test)
{
	struct atcp_seg ack = { .ctl = ACK };
	struct atcp_cookie c = { .minute = 0xfffffffe, .note = ATCP_COOKIE_PLAIN }, got;
	u32 number = atcp_cookie_number(&c, MAC);
	unsigned int age;

	for (age = 0; age < 32; age++)
		KUNIT_EXPECT_EQ(test, (int)atcp_cookie_read(&got, number, &ack, ALL,
							    c.minute + age),
				(int)(age <= 2));
	/* 32 minutes on it says so of another minute, whose MAC is another. */
	KUNIT_EXPECT_TRUE(test, atcp_cookie_read(&got, number, &ack, ALL, c.minute + 32));
	KUNIT_EXPECT_NE(test, got.minute, c.minute);
}

/* Without a timestamp, or where we take none, the note says so. */
static void read__plain(struct kunit *test)
{
	struct atcp_seg ack = { .ctl = ACK, .opt.tsecr = 0x15 };
	struct atcp_cookie got;

	atcp_cookie_read(&got, 0, &ack, ALL, 0);
	KUNIT_EXPECT_EQ(test, (int)got.note, ATCP_COOKIE_PLAIN);
	ack.opt.have = ATCP_OPT_TS;
	atcp_cookie_read(&got, 0, &ack, ALL & ~ATCP_F_TIMESTAMPS, 0);
	KUNIT_EXPECT_EQ(test, (int)got.note, ATCP_COOKIE_PLAIN);
	atcp_cookie_read(&got, 0, &ack, ALL, 0);
	KUNIT_EXPECT_EQ(test, (int)got.note, 0x15);
}

/* RFC 7323, 5.4: later timestamps must not seem older. */
static void tsval__not_ahead(struct kunit *test)
{
	struct atcp_cookie c = { 0 };
	u32 clock, tsval;

	for (clock = 0u - 200; clock != 200; clock++)
		for (c.note = 0; c.note <= ATCP_COOKIE_NOTE; c.note++) {
			tsval = atcp_cookie_tsval(&c, clock);
			KUNIT_ASSERT_EQ(test, tsval & ATCP_COOKIE_NOTE, (u32)c.note);
			KUNIT_ASSERT_TRUE(test, seq_leq(tsval, clock));
			KUNIT_ASSERT_LT(test, clock - tsval, 64u);
		}
}

/* ---- the connection ---- */

/* A child of @t, in LISTEN, by way of a cookie: its SYN,ACK in @synack. */
static struct atcp_cookie by_cookie(struct trial *t, struct atcp_seg *syn,
				    struct atcp_out *synack)
{
	struct atcp_tcb tcb = t->tcb;
	struct atcp_fx fx = { 0 };
	struct atcp_cookie c;

	atcp_cookie_make(&c, syn, tcb.p.features, tcb.ipv6, 5);
	atcp_segment_arrives(&tcb, syn, t->iss, 0, t->now, &fx);
	KUNIT_ASSERT_TRUE(t->test, atcp_next_segment(&tcb, t->now, 0, synack, &fx));
	if (synack->opt.have & ATCP_OPT_TS)
		synack->opt.tsval = atcp_cookie_tsval(&c, synack->opt.tsval);
	return c;
}

static struct atcp_seg syn_of(const struct world *w, u32 irs)
{
	struct atcp_seg syn = syn_with(ATCP_OPT_MSS);

	syn.seq = irs;
	if (!w->peer_plain)
		syn.opt.have |= ATCP_OPT_TS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM;
	return syn;
}

static struct atcp_seg ack_of(const struct trial *t, const struct atcp_out *synack,
			      const struct atcp_cookie *c)
{
	struct atcp_seg ack = {
		.seq = t->irs + 1, .ack = t->iss + 1, .ctl = ACK, .wnd = 500,
	};

	if (!(c->note & ATCP_COOKIE_PLAIN)) {
		ack.opt.have = ATCP_OPT_TS;
		ack.opt.tsval = 4800;
		ack.opt.tsecr = synack->opt.tsval;
	}
	return ack;
}

static void come_back(struct trial *t, const struct atcp_cookie *c, const struct atcp_seg *ack)
{
	trial_begin(t);
	atcp_cookie_arrives(&t->tcb, c, ack, t->room, t->now, &t->fx);
	trial_end(t);
}

/* [R4987-COOKIES] */
static void arrives__as_the_syn_would(struct kunit *test)
{
	struct atcp_tcb *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	const struct world *w = NULL;

	KUNIT_ASSERT_NOT_NULL(test, other);
	for_each_server(w) {
		struct trial *t = trial_in(test, w, ATCP_LISTEN);
		struct atcp_seg syn = syn_of(w, t->irs), ack, kept;
		struct atcp_cookie c;
		struct atcp_out synack;
		struct atcp_fx fx = { 0 };

		*other = t->tcb;
		c = by_cookie(t, &syn, &synack);
		kept = syn;
		ack = ack_of(t, &synack, &c);
		t->now += MSEC(300);
		t->lenient = true;		/* from LISTEN on: it sees one event */
		come_back(t, &c, &ack);
		expect(t, ATCP_ESTABLISHED, .wake = ATCP_WAKE_STATE | ATCP_WAKE_WRITE);
		KUNIT_EXPECT_EQ(test, (int)t->fx.n_edges, 2);
		KUNIT_EXPECT_EQ(test, (int)t->fx.edge[0].to, ATCP_SYN_RECEIVED);
		sent_no_more(t);

		/* And what would have come of it had it been kept. */
		atcp_segment_arrives(other, &kept, t->iss, 0, t->now, &fx);
		atcp_next_segment(other, t->now, 0, &synack, &fx);
		memset(&fx, 0, sizeof(fx));
		atcp_segment_arrives(other, &ack, 0, t->room, t->now, &fx);
		KUNIT_EXPECT_EQ(test, (int)other->state, ATCP_ESTABLISHED);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.opts_on, (int)other->opts_on);
		KUNIT_EXPECT_EQ(test, memcmp(&t->tcb.rcv, &other->rcv, sizeof(other->rcv)), 0);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.una, other->snd.una);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.nxt, other->snd.nxt);
		KUNIT_EXPECT_EQ(test, t->tcb.snd.wnd, other->snd.wnd);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.snd.wscale, (int)other->snd.wscale);
		KUNIT_EXPECT_EQ(test, (int)t->tcb.snd.mss_peer, (int)other->snd.mss_peer);
		KUNIT_EXPECT_EQ(test, t->tcb.ts.recent, other->ts.recent);
		KUNIT_EXPECT_EQ(test, t->tcb.segs_out, other->segs_out);
		KUNIT_EXPECT_EQ(test, t->tcb.segs_in, other->segs_in);
		KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, other->cc.cwnd);
		KUNIT_EXPECT_EQ(test, atcp_deadline(&t->tcb), atcp_deadline(other));
		/* The low bits of a timestamp are no round trip. */
		KUNIT_EXPECT_EQ(test, t->tcb.rtt.srtt, 0u);
		KUNIT_EXPECT_EQ(test, t->tcb.rtt.rto, (u32)SEC(1));
	}
}

/* Text, and a FIN behind it, are taken as with any ACK of a SYN. */
static void arrives__with_text(struct kunit *test)
{
	const struct world *w = NULL;
	u8 fin;

	for_each_world(w)
		for (fin = 0; fin < 2; fin++) {
			struct trial *t = trial_in(test, w, ATCP_LISTEN);
			struct atcp_seg syn = syn_of(w, t->irs), ack;
			struct atcp_cookie c;
			struct atcp_out synack;

			if (!w->passive)
				continue;
			c = by_cookie(t, &syn, &synack);
			ack = ack_of(t, &synack, &c);
			ack.text = 100;
			if (fin)
				ack.ctl |= FIN;
			if (!(c.note & ATCP_COOKIE_PLAIN))
				t->seen_tsval = synack.opt.tsval;
			t->lenient = true;
			come_back(t, &c, &ack);
			expect(t, fin ? ATCP_CLOSE_WAIT : ATCP_ESTABLISHED, .take = 100,
			       .deliver = 100, .wake = ATCP_WAKE_STATE | ATCP_WAKE_READ);
			sent(t, SEG(ACK, .seq = 1, .ack = 101 + fin));
		}
}

static struct kunit_case cookie_cases[] = {
	KUNIT_CASE(make__mss),
	KUNIT_CASE(make__common_mss),
	KUNIT_CASE(make__no_mss),
	KUNIT_CASE(make__plain_without_timestamps),
	KUNIT_CASE(make__rich),
	KUNIT_CASE(make__half_ecn),
	KUNIT_CASE(read__gives_back),
	KUNIT_CASE(read__age),
	KUNIT_CASE(read__plain),
	KUNIT_CASE(tsval__not_ahead),
	KUNIT_CASE(arrives__as_the_syn_would),
	KUNIT_CASE(arrives__with_text),
	{}
};

TRIAL_SUITE(cookie, cookie_cases);
