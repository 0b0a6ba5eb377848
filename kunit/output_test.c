// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of output.c: what is sent, when, and in what pieces.
 */

#include "../module/core/output.c"
#include <linux/kernel.h>
#include "atcp_test.h"

static const struct world plain_world = {
	.name = "plain", .passive = true, .iss = 100000, .irs = 500000,
	.start = TRIAL_START, .features = PLAIN, .peer_plain = true,
};

/* ---- sizes: [MUST-14] [MUST-15] [MUST-16] ---- */

struct size {
	const char *id;		/* first, as in struct row */
	u16 peer, path, user;
	bool ts;
	u32 mss;
};

static const struct size sizes[] = {
	{ "peer", 700, 1000, 0, false, 700 },
	{ "peer, timestamps", 700, 1000, 0, true, 688 },
	{ "path", 1460, 1000, 0, false, 1000 },
	{ "path, timestamps", 1460, 1000, 0, true, 988 },
	{ "jumbo", 9000, 8960, 0, true, 8948 },
	{ "user", 1460, 1460, 500, false, 500 },
	{ "user, timestamps", 1460, 1460, 500, true, 488 },
	{ "user asks for more", 1460, 1460, 9000, false, 1460 },
};

static void size_desc(const struct size *s, char *desc)
{
	strscpy(desc, s->id, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(size, sizes, size_desc);

/* [MUST-14] [MUST-15] [MUST-16] */
static void segment_size(struct kunit *test)
{
	const struct size *s = test->param_value;
	struct atcp_seg syn = {
		.ctl = ATCP_SYN, .wnd = 65535,
		.opt = { .have = ATCP_OPT_MSS, .mss = s->peer },
	};
	struct world w = plain_world;
	struct trial *t;

	w.mss = s->path;
	if (s->ts) {
		w.features = ATCP_F_TIMESTAMPS;
		syn.opt.have |= ATCP_OPT_TS;
	}
	syn.seq = w.irs;
	t = trial_in(test, &w, ATCP_LISTEN);
	t->tcb.snd.mss_user = s->user;
	trial_begin(t);
	atcp_segment_arrives(&t->tcb, &syn, t->iss, 0, t->now, &t->fx);
	trial_end(t);
	sent_whatever(t);
	t->peer_ts = s->ts;
	t->world = s->ts ? trial_worlds + 2 : &w;
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 65535));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, atcp_eff_mss(&t->tcb), s->mss);
	user_send(t, 20000);
	KUNIT_ASSERT_GT(test, t->n_out, 0u);
	KUNIT_EXPECT_EQ(test, (u32)t->out[0].mss, s->mss);
	KUNIT_EXPECT_EQ(test, t->out[0].text % s->mss, 0u);	/* [SHLD-28] */
	sent_whatever(t);
	trial_exit(test);
}

/* R7323-WSSYNWND, R7323-WSSHIFT */
static void window_field__scaled_after_syn(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_LISTEN);

	arrive(t, SEG(SYN));
	sent(t, SEG(SYN | ACK, .ack = 1, .wnd = 65535));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 8));
	KUNIT_ASSERT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, (u32)t->out[0].wnd, t->tcb.rcv.wnd >> t->tcb.rcv.wscale);
	KUNIT_EXPECT_EQ(test, (int)t->tcb.rcv.wscale, 3);
	sent_whatever(t);
}

/* ---- the send window, R5681-CWNDLIM ---- */

/* [R7323-WSNEW] [SHLD-28] */
static void text__within_the_window(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = 3500));
	user_send(t, 9000);
	sent_text(t, 1, 3001);			/* whole segments */
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = 3500));
	sent_text(t, 3001, 4001);
	sent_no_more(t);
}

/* [R5681-CWNDLIM] */
static void text__within_cwnd(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 40000);
	sent_text(t, 1, 10001);			/* IW of RFC 6928 */
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001));
	sent_text(t, 10001, 12001);		/* slow start */
	sent_no_more(t);
}

/* R5681-IDLE */
static void text__restart_after_idle(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 seq = 1;

	while (t->tcb.cc.cwnd < 25000) {
		user_send(t, t->tcb.cc.cwnd);
		sent_whatever(t);
		seq = snd_nxt(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = seq));
	}
	after(t, SEC(10));
	user_send(t, 30000);
	sent_text(t, seq, seq + 10000);
	sent_no_more(t);
}

/* In order, and to the end, whatever the shell has room for. */
static void text__room_of_the_shell(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 nxt = 1;

	t->room = 0;
	user_send(t, 5000);
	sent_no_more(t);
	t->room = 2500;
	trial_drain(t);
	while (t->n_read < t->n_out) {
		const struct atcp_out *out = &t->out[t->n_read++];

		KUNIT_EXPECT_LE(test, out->text, 2500u);
		KUNIT_EXPECT_EQ(test, out->text_seq - t->iss, nxt);
		nxt += out->text;
	}
	KUNIT_EXPECT_EQ(test, nxt, 5001u);
}

/* PSH on what empties the queue, and on nothing else [MUST-61] */
static void psh__on_the_last(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	t->room = 1000;
	user_send(t, 2500);
	KUNIT_ASSERT_EQ(test, t->n_out, 3u);
	KUNIT_EXPECT_EQ(test, (int)(t->out[0].ctl & PSH), 0);
	KUNIT_EXPECT_EQ(test, (int)(t->out[1].ctl & PSH), 0);
	KUNIT_EXPECT_EQ(test, (int)(t->out[2].ctl & PSH), PSH);
	sent_whatever(t);
}

/* ---- urgent, sent again ---- */

static void urgent__sent_again(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_urgent(t, 2500);
	sent_whatever(t);
	next_deadline(t);
	sent(t, SEG(ACK | URG, .seq = 1, .ack = 1, .text = 1000, .up = 2500));
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001));
	sent(t, SEG(ACK | URG, .seq = 1001, .ack = 1, .text = 1000, .up = 1500));
	sent(t, SEG(ACK | URG, .seq = 2001, .ack = 1, .text = 500, .up = 500));
	/* All of it is there: no mark on what follows. */
	arrive(t, SEG(ACK, .seq = 1, .ack = 2501));
	KUNIT_EXPECT_EQ(test, (int)t->tcb.snd_urgent, 0);
	user_send(t, 100);
	sent(t, SEG(ACK, .seq = 2501, .ack = 1, .text = 100));
}

/* ---- closed windows ---- */

/*
 * SC-17: both ends shut and probing.  Neither may take the other's ACKs for
 * unacceptable, and a window that opens must be heard of.
 */
static void scenario__both_windows_closed(struct kunit *test)
{
	struct world w = plain_world;
	struct trial *t;
	unsigned int i;

	w.peer_wnd = ZERO_WND;
	w.buff = 512;
	w.fill = 512;
	w.text = 1000;
	t = trial_in(test, &w, ATCP_ESTABLISHED);
	KUNIT_ASSERT_EQ(test, t->tcb.rcv.wnd, 0u);
	for (i = 0; i < 30; i++) {
		u32 nxt = rcv_nxt(t);

		next_deadline(t);
		expect(t, ATCP_ESTABLISHED);
		/* Our probe, in a closed window: refused by the peer's ACK. */
		sent(t, SEG(ACK, .seq = 1, .ack = nxt, .text = 1));
		arrive(t, SEG(ACK, .seq = nxt, .ack = 1, .wnd = ZERO_WND));
		sent_no_more(t);
		/* The peer's probe; what we answer must fit its closed window. */
		arrive(t, SEG(ACK, .seq = nxt, .ack = 1, .text = 1, .wnd = ZERO_WND));
		sent(t, SEG(ACK, .seq = 1, .ack = nxt, .wnd = ZERO_WND));
		sent_no_more(t);
	}
	/* Our reader drains: the update has to reach the peer. */
	user_receive(t, 512);
	sent(t, SEG(ACK, .seq = 1, .ack = 513, .wnd = 512));
	/* And the peer opens. */
	arrive(t, SEG(ACK, .seq = 513, .ack = 1, .wnd = 5000));
	sent_text(t, 1, 1001);
	trial_exit(test);
}

/* A window that was shrunk: ACKs stay inside it. [MUST-34] */
static void ack__inside_a_shrunk_window(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 5000);
	sent_text(t, 1, 5001);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = 500));
	sent_no_more(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 1001, .wnd = 500, .text = 10));
	sent(t, SEG(ACK, .seq = 1501, .ack = 11));
}

/* ---- header fields ---- */

/* R7323-TSNEG: in every segment once agreed on; R7323-TSECHO */
static void timestamps__in_every_segment(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_ESTABLISHED);
	u32 tsval;

	user_send(t, 10);
	KUNIT_ASSERT_EQ(test, t->n_out, 1u);
	tsval = t->out[0].opt.tsval;
	KUNIT_EXPECT_EQ(test, tsval, (u32)div_u64(t->now, 1000) + t->tcb.ts.offset);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.tsecr, t->tcb.ts.recent);
	sent_whatever(t);
	after(t, MSEC(7));
	arrive(t, SEG(ACK, .seq = 1, .ack = 11, .text = 10));
	KUNIT_ASSERT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, t->out[0].opt.tsval, tsval + 7);
	sent_whatever(t);
	user_abort(t);
	KUNIT_ASSERT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.have, ATCP_OPT_TS);	/* R7323-TSRST */
	sent_whatever(t);
}

/* The clock of milliseconds goes round in 49.7 days. */
static void timestamps__clock_wraps(struct kunit *test)
{
	struct world w = {
		.name = "clock", .passive = true, .features = RICH,
		.start = 0xffffffffULL * ATCP_MSEC - SEC(10), .irs = 0xffffffff - 20000,
	};
	struct trial *t = trial_in(test, &w, ATCP_ESTABLISHED);
	unsigned int i;

	/* The peer's clock starts there too, and wraps meanwhile. */
	for (i = 0; i < 40; i++) {
		user_send(t, 1000);
		sent_whatever(t);
		after(t, MSEC(100));
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .text = 500));
		KUNIT_EXPECT_EQ(test, t->fx.deliver, 500u);
		KUNIT_EXPECT_EQ(test, t->fx.acked, 1000u);
		sent_whatever(t);
		KUNIT_EXPECT_LE(test, t->tcb.rtt.srtt, 101000u);
		after(t, MSEC(400));
		sent_whatever(t);
	}
	KUNIT_EXPECT_GE(test, t->tcb.rtt.srtt, 80000u);
	trial_exit(test);
}

/* R9293-ACKALWAYS and no room for what is not there: asked in every state */
static void next_segment__idle(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int state;

	for_each_world(w)
		for (state = ATCP_ESTABLISHED; state < ATCP_N_STATES; state++) {
			struct trial *t = trial_in(test, w, state);
			struct atcp_out out;

			KUNIT_EXPECT_FALSE(test, atcp_next_segment(&t->tcb, t->now, t->room,
								   &out, &t->fx));
		}
}

static void counters(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u32 out = t->tcb.segs_out, in = t->tcb.segs_in;

	user_send(t, 500);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 501, .text = 20));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.segs_out, out + 2);
	KUNIT_EXPECT_EQ(test, t->tcb.data_segs_out, 1u);
	KUNIT_EXPECT_EQ(test, t->tcb.segs_in, in + 1);
	KUNIT_EXPECT_EQ(test, t->tcb.data_segs_in, 1u);
	KUNIT_EXPECT_EQ(test, t->tcb.octets_sent, 500ULL);
	KUNIT_EXPECT_EQ(test, t->tcb.octets_acked, 500ULL);
	KUNIT_EXPECT_EQ(test, t->tcb.octets_rcvd, 20ULL);
}

/* ---- the parts of it ---- */

/* A block goes once, and none goes that has no room. */
static void add_sack__once(struct kunit *test)
{
	const struct atcp_range a = { 100, 200 }, b = { 100, 300 }, c = { 150, 200 };
	struct atcp_opts opt = { 0 };

	KUNIT_EXPECT_TRUE(test, add_sack(&opt, &a, 3));
	KUNIT_EXPECT_TRUE(test, add_sack(&opt, &a, 3));
	KUNIT_EXPECT_EQ(test, (int)opt.n_sack, 1);
	KUNIT_EXPECT_TRUE(test, add_sack(&opt, &b, 3));
	KUNIT_EXPECT_TRUE(test, add_sack(&opt, &c, 3));
	KUNIT_EXPECT_EQ(test, (int)opt.n_sack, 3);
	KUNIT_EXPECT_FALSE(test, add_sack(&opt, &(const struct atcp_range){ 1, 2 }, 3));
	KUNIT_EXPECT_TRUE(test, add_sack(&opt, &b, 3));
	KUNIT_EXPECT_EQ(test, (int)opt.n_sack, 3);
}

static void window_field__is_16_bits(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;

	tcb->rcv.wnd = 0x10000;
	KUNIT_EXPECT_EQ(test, (int)window_field(tcb, 0), 0xffff);
	KUNIT_EXPECT_EQ(test, (int)window_field(tcb, 1), 0x8000);
	tcb->rcv.wnd = 0xffff;
	KUNIT_EXPECT_EQ(test, (int)window_field(tcb, 0), 0xffff);
}

/* RFC 6298, (5.1): a timer that runs is left alone; so is one that probes. */
static void keep_timer__runs_already(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 due;

	user_send(t, 1000);
	sent_whatever(t);
	due = t->tcb.deadline[ATCP_TIMER_RETRANSMIT];
	KUNIT_EXPECT_EQ(test, due, t->now + atcp_rto_current(&t->tcb));
	after(t, MSEC(20));
	user_send(t, 1000);
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], due);
	arrive(t, SEG(ACK, .seq = 1, .ack = 2001));
	t->tcb.persisting = 1;
	keep_timer(&t->tcb, t->now);
	KUNIT_EXPECT_EQ(test, t->tcb.deadline[ATCP_TIMER_RETRANSMIT], 0ULL);
}

/* [R8985-TS] each octet has the time when it was sent last. */
static void note_sent__when(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_SENT);
	const struct atcp_board *b = &t->tcb.board;
	u64 sent = t->now;

	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)->seq, t->iss);
	KUNIT_EXPECT_EQ(test, b->end, t->iss + 1);
	arrive(t, SEG(SYN | ACK, .ack = 1));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, (int)b->n, 0);
	user_send(t, 1000);
	sent_whatever(t);
	after(t, MSEC(20));
	user_send(t, 1000);
	sent_whatever(t);
	KUNIT_ASSERT_EQ(test, (int)b->n, 2);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)[0].at, sent);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)[1].at, t->now);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)[1].seq, t->iss + 1001);
	/* The first half of the first goes again. */
	after(t, MSEC(20));
	note_sent(&t->tcb, t->iss + 1, t->iss + 501, t->now);
	KUNIT_ASSERT_EQ(test, (int)b->n, 3);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)[0].at, t->now);
	KUNIT_EXPECT_EQ(test, (int)atcp_board_peek(b)[0].flags & ATCP_AGAIN, ATCP_AGAIN);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)[1].at, sent);
	KUNIT_EXPECT_EQ(test, atcp_board_peek(b)[1].seq, t->iss + 501);
	KUNIT_EXPECT_EQ(test, (int)atcp_board_peek(b)[1].flags & ATCP_AGAIN, 0);
	KUNIT_EXPECT_EQ(test, b->again, 500u);
}

/* TCP_MAXSEG can only lower what is advertised; [SHLD-5] */
static void syn__mss_of_the_user(struct kunit *test)
{
	struct trial *t = in_state(test, ATCP_CLOSED);

	t->tcb.snd.mss_user = 600;
	trial_open_active(t);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].opt.wscale, (int)t->tcb.rcv.wscale);
	KUNIT_EXPECT_GT(test, (int)t->tcb.rcv.wscale, 0);
	sent(t, SEG(SYN, .mss = 600));
	t = in_state(test, ATCP_CLOSED);
	t->tcb.snd.mss_user = 1001;
	trial_open_active(t);
	sent(t, SEG(SYN, .mss = 1000));
}

/* An ACK that was owed goes with the SYN. */
static void syn__acknowledges(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_SYN_RECEIVED);

	t->tcb.send = ATCP_SEND_SYN | ATCP_SEND_ACK;
	trial_drain(t);
	sent(t, SEG(SYN | ACK, .ack = 1));
	sent_no_more(t);
}

/* R5681-IDLE: longer than an RTO, and with nothing in flight */
static void restart_after_idle__conditions(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);
	u64 rto = atcp_rto_current(&t->tcb);

	t->tcb.cc.cwnd = 50000;
	restart_after_idle(&t->tcb, t->now);		/* nothing was sent yet */
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 50000u);
	t->tcb.last_snd = t->now;
	restart_after_idle(&t->tcb, t->now + rto);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 50000u);
	t->tcb.snd.nxt++;
	restart_after_idle(&t->tcb, t->now + rto + 1);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 50000u);
	t->tcb.snd.nxt--;
	restart_after_idle(&t->tcb, t->now + rto + 1);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 10000u);
	t->tcb.cc.cwnd = 7000;
	restart_after_idle(&t->tcb, t->now + rto + 1);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 7000u);
}

/* What is cut short by cwnd or by the queue below waits, half a window or not. */
static void text_to_send__cut_short(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;

	tcb->nodelay = 1;
	tcb->snd.end += 5000;
	tcb->snd.wnd = 900;
	tcb->snd.max_wnd = 900;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 500), 0u);
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 900), 900u);
	tcb->snd.wnd = 450;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 900), 450u);
	tcb->snd.wnd = 449;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 900), 0u);
	/* [MUST-38] (3) with Nagle's clause: without it, or with nothing in flight */
	tcb->snd.wnd = 450;
	tcb->nodelay = 0;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 900), 450u);
	tcb->snd.una--;
	tcb->snd.wnd++;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 900), 0u);
	tcb->nodelay = 1;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 900), 450u);
	tcb->snd.wnd--;
	tcb->send |= ATCP_SEND_OVERRIDE;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 900), 449u);
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 448), 0u);
}

/* A packet has its place in a queue, full or not: the tail of text waits for one. */
static void text_to_send__tail_takes_a_whole_place(struct kunit *test)
{
	struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;

	tcb->nodelay = 1;
	tcb->fin = 1;
	tcb->snd.wnd = 20000;
	note_sent(tcb, tcb->snd.nxt, tcb->snd.nxt + 4000, 1);
	tcb->snd.end = tcb->snd.nxt + 1088;
	tcb->cc.cwnd = 5999;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 20000), 1000u);
	KUNIT_EXPECT_TRUE(test, tcb->cwnd_limited);
	tcb->cc.cwnd = 6000;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 20000), 1088u);
	KUNIT_EXPECT_FALSE(test, tcb->cwnd_limited);
	tcb->snd.end = tcb->snd.nxt + 88;
	tcb->cc.cwnd = 4999;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 20000), 0u);
	KUNIT_EXPECT_TRUE(test, tcb->cwnd_limited);
	/* With nothing in flight no ACK would make room. */
	tcb->snd.una = tcb->snd.nxt;
	tcb->cc.cwnd = 999;
	KUNIT_EXPECT_EQ(test, text_to_send(tcb, 1000, 20000), 88u);
}

/* PSH is of text: a FIN alone has none. [MUST-61] */
static void psh__not_on_a_lone_fin(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_close(t);
	KUNIT_ASSERT_EQ(test, t->n_out, 1u);
	KUNIT_EXPECT_EQ(test, (int)t->out[0].ctl, FIN | ACK);
	sent_whatever(t);
}

/* R5681-IDLE: it is the next text that finds cwnd stale, not an ACK. */
static void restart_after_idle__not_for_an_ack(struct kunit *test)
{
	struct trial *t = plain_in(test, ATCP_ESTABLISHED);

	user_send(t, 100);
	sent_whatever(t);
	arrive(t, SEG(ACK, .seq = 1, .ack = 101));
	t->tcb.cc.cwnd = 50000;
	after(t, SEC(100));
	arrive(t, SEG(ACK, .seq = 1, .ack = 101, .text = 5));
	sent_whatever(t);
	KUNIT_EXPECT_EQ(test, t->tcb.cc.cwnd, 50000u);
}

/*
 * Of 9000 octets sent those from @from to @to are deemed lost, segments of 1000:
 * how many go at once?  R6298-FIRSTSEG, R5681-FRRTX: the first segment whatever
 * cwnd says, the others as it allows.
 */
static const struct resent {
	u32 from, to, cwnd, wnd, room;
	u8 state;
	bool urgent;
	u32 want;
} resent[] = {
	{ 0, 5000, 1000, 20000, 20000, ATCP_LOSS, false, 1000 },
	{ 1000, 5000, 1000, 20000, 20000, ATCP_LOSS, false, 0 },
	{ 8999, 9000, 1000, 20000, 20000, ATCP_LOSS, false, 0 },
	{ 8999, 9000, 9000, 20000, 20000, ATCP_LOSS, false, 1 },
	{ 1000, 5000, 1000, 20000, 20000, ATCP_FAST_RECOVERY, false, 1000 },
	{ 1000, 5000, 7500, 20000, 20000, ATCP_LOSS, false, 2000 },
	{ 1000, 5000, 30000, 20000, 20000, ATCP_LOSS, false, 4000 },
	{ 1000, 5000, 30000, 20000, 20000, ATCP_LOSS, true, 1000 },
	{ 0, 5000, 30000, 2500, 20000, ATCP_LOSS, false, 2000 },
	{ 1000, 1300, 30000, 20000, 20000, ATCP_LOSS, false, 1000 },
	{ 8500, 9000, 30000, 20000, 20000, ATCP_LOSS, false, 500 },
	{ 1000, 5000, 30000, 20000, 1500, ATCP_LOSS, false, 1000 },
	{ 1000, 5000, 30000, 20000, 1000, ATCP_LOSS, false, 1000 },
	{ 1000, 5000, 30000, 20000, 700, ATCP_LOSS, false, 700 },
};

static void text_to_resend__bounds(struct kunit *test)
{
	const struct resent *r;

	for (r = resent; r < resent + ARRAY_SIZE(resent); r++) {
		struct atcp_tcb *tcb = &plain_in(test, ATCP_ESTABLISHED)->tcb;

		tcb->snd.end += 9000;
		note_sent(tcb, tcb->snd.nxt, tcb->snd.nxt + 9000, 1);
		tcb->snd.wnd = r->wnd;
		tcb->snd_urgent = r->urgent;
		tcb->rec.state = r->state;
		atcp_board_cut(&tcb->board, tcb->snd.una + r->from);
		if (r->to < 9000)
			atcp_board_cut(&tcb->board, tcb->snd.una + r->to);
		atcp_board_set(&tcb->board, r->from > 0, ATCP_LOST);
		tcb->cc.cwnd = r->cwnd;
		KUNIT_EXPECT_EQ_MSG(test, text_to_resend(tcb, tcb->snd.una + r->from, 1000,
							 r->room), r->want,
				    "row %u", (unsigned int)(r - resent));
		if (r->want && r->to - r->from < r->want)
			continue;	/* what it was filled up with */
		tcb->opts_on |= ATCP_OPT_SACK_PERM;
		if (r->state == ATCP_LOSS)
			KUNIT_EXPECT_EQ(test, text_to_resend(tcb, tcb->snd.una + r->from, 1000,
							     r->room), r->want);
	}
}

static struct kunit_case output_cases[] = {
	KUNIT_CASE_PARAM(segment_size, size_gen_params),
	KUNIT_CASE(window_field__scaled_after_syn),
	KUNIT_CASE(text__within_the_window),
	KUNIT_CASE(text__within_cwnd),
	KUNIT_CASE(text__restart_after_idle),
	KUNIT_CASE(text__room_of_the_shell),
	KUNIT_CASE(psh__on_the_last),
	KUNIT_CASE(urgent__sent_again),
	KUNIT_CASE(scenario__both_windows_closed),
	KUNIT_CASE(ack__inside_a_shrunk_window),
	KUNIT_CASE(timestamps__in_every_segment),
	KUNIT_CASE(timestamps__clock_wraps),
	KUNIT_CASE(next_segment__idle),
	KUNIT_CASE(counters),
	KUNIT_CASE(add_sack__once),
	KUNIT_CASE(window_field__is_16_bits),
	KUNIT_CASE(keep_timer__runs_already),
	KUNIT_CASE(note_sent__when),
	KUNIT_CASE(syn__mss_of_the_user),
	KUNIT_CASE(syn__acknowledges),
	KUNIT_CASE(restart_after_idle__conditions),
	KUNIT_CASE(text_to_send__cut_short),
	KUNIT_CASE(text_to_send__tail_takes_a_whole_place),
	KUNIT_CASE(restart_after_idle__not_for_an_ack),
	KUNIT_CASE(psh__not_on_a_lone_fin),
	KUNIT_CASE(text_to_resend__bounds),
	{}
};

TRIAL_SUITE(output, output_cases);
