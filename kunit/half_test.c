// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of half.c: a TCB in SYN-RECEIVED that was packed and unpacked answers as the
 * one that was not.
 */

#include "../module/core/half.c"
#include <linux/kernel.h>
#include <linux/errno.h>
#include "atcp_test.h"

/* A half-open connection and its record. */
struct pair {
	struct trial *t;
	struct atcp_tcb listener;
	struct atcp_tcb was;
	struct atcp_half half;
};

static struct pair *half_open(struct kunit *test, const struct world *w)
{
	struct pair *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct atcp_seg syn = {
		.seq = w->irs, .ctl = SYN, .wnd = PEER_WND,
		.opt = { .have = ATCP_OPT_MSS, .mss = PEER_MSS },
	};

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->t = trial_in(test, w, ATCP_LISTEN);
	if (!w->peer_plain) {
		syn.opt.have |= ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM | ATCP_OPT_TS;
		syn.opt.wscale = PEER_WSCALE;
		syn.opt.tsval = p->t->peer_clock + (u32)div_u64(p->t->now, 1000);
	}
	p->listener = p->t->tcb;
	atcp_half_syn(&p->half, &syn, p->t->iss, p->t->now);
	arrive(p->t, SEG(SYN));
	sent(p->t, SEG(SYN | ACK, .ack = 1));
	atcp_half_pack(&p->half, &p->t->tcb);
	return p;
}

/* The record comes in place of the TCB that it was made of. */
static void repack(struct pair *p)
{
	atcp_half_pack(&p->half, &p->t->tcb);
	p->t->tcb = p->listener;
	atcp_half_unpack(&p->t->tcb, &p->half);
}

/* All of the TCB comes back, but for what time alone has done to it. */
static void unpack__is_the_same(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int i;

	for_each_server(w) {
		struct pair *p = half_open(test, w);

		for (i = 0; i < 4; i++) {
			struct atcp_tcb *is = &p->t->tcb, *was = &p->was;
			u64 sent_at = atcp_board_peek(&is->board)->at;

			*was = *is;
			repack(p);
			KUNIT_EXPECT_EQ(test, (int)is->state, ATCP_SYN_RECEIVED);
			KUNIT_EXPECT_EQ(test, memcmp(&is->snd, &was->snd, sizeof(was->snd)), 0);
			KUNIT_EXPECT_EQ(test, memcmp(&is->rcv, &was->rcv, sizeof(was->rcv)), 0);
			KUNIT_EXPECT_EQ(test, memcmp(&is->ts, &was->ts, sizeof(was->ts)), 0);
			KUNIT_EXPECT_EQ(test, memcmp(&is->rec, &was->rec, sizeof(was->rec)), 0);
			KUNIT_EXPECT_EQ(test, memcmp(&is->rtt, &was->rtt, sizeof(was->rtt)), 0);
			KUNIT_EXPECT_EQ(test, memcmp(&is->p, &was->p, sizeof(was->p)), 0);
			KUNIT_EXPECT_EQ(test, memcmp(&is->cc, &was->cc, sizeof(was->cc)), 0);
			KUNIT_EXPECT_EQ(test, memcmp(is->deadline, was->deadline,
						     sizeof(was->deadline)), 0);
			KUNIT_EXPECT_EQ(test, (int)is->opts_on, (int)was->opts_on);
			KUNIT_EXPECT_EQ(test, (int)is->send, (int)was->send);
			KUNIT_EXPECT_EQ(test, (int)is->passive, 1);
			KUNIT_EXPECT_EQ(test, is->segs_in, was->segs_in);
			KUNIT_EXPECT_EQ(test, is->segs_out, was->segs_out);
			KUNIT_EXPECT_EQ(test, (int)is->board.n, (int)was->board.n);
			KUNIT_EXPECT_EQ(test, is->board.end, was->board.end);
			KUNIT_EXPECT_EQ(test, is->board.again, was->board.again);
			KUNIT_EXPECT_EQ(test, atcp_board_peek(&is->board)->at, sent_at);
			next_deadline(p->t);
			sent(p->t, SEG(SYN | ACK, .ack = 1));
		}
	}
}

/* Each of what the handshake knows of ECN, alone. */
static void unpack__keeps_ecn(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int i;

	for_each_server(w) {
		for (i = 0; i < 5; i++) {
			struct pair *p = half_open(test, w);
			struct atcp_ecn *ecn = &p->t->tcb.ecn;

			ecn->route = i == 0;
			ecn->plain = i == 1;
			ecn->declined = i == 2;
			ecn->acc.syn_ecn = i == 3 ? 3 : 0;
			ecn->acc.sent_ecn = i == 4 ? 2 : 0;
			ecn->acc.syn_acks = i;
			repack(p);
			KUNIT_EXPECT_EQ(test, (int)ecn->route, i == 0);
			KUNIT_EXPECT_EQ(test, (int)ecn->plain, i == 1);
			KUNIT_EXPECT_EQ(test, (int)ecn->declined, i == 2);
			KUNIT_EXPECT_EQ(test, (int)ecn->acc.syn_ecn, i == 3 ? 3 : 0);
			KUNIT_EXPECT_EQ(test, (int)ecn->acc.sent_ecn, i == 4 ? 2 : 0);
			KUNIT_EXPECT_EQ(test, (unsigned int)ecn->acc.syn_acks, i);
		}
	}
}

/* The handshake's ACK, by a TCB that was kept small, after some SYN,ACKs. */
static void unpack__is_established(struct kunit *test)
{
	const struct world *w = NULL;
	unsigned int again;

	for_each_server(w)
		for (again = 0; again < 3; again++) {
			struct pair *p = half_open(test, w);
			struct atcp_fx fx = { 0 };
			unsigned int i;

			for (i = 0; i < again; i++) {
				repack(p);
				next_deadline(p->t);
				sent(p->t, SEG(SYN | ACK, .ack = 1));
			}
			p->t->now += MSEC(70);
			p->was = p->t->tcb;
			repack(p);
			arrive(p->t, SEG(ACK, .seq = 1, .ack = 1, .text = 10));
			expect(p->t, ATCP_ESTABLISHED, .take = 10, .deliver = 10,
			       .wake = ATCP_WAKE_STATE);
			sent(p->t, SEG(ACK, .seq = 1, .ack = 11));
			/* As the one that was not. */
			if (w->peer_plain) {
				struct atcp_seg ack = {
					.seq = p->t->irs + 1, .ack = p->t->iss + 1, .ctl = ACK,
					.wnd = PEER_WND, .text = 10,
				};

				atcp_segment_arrives(&p->was, &ack, 0, U32_MAX, p->t->now, &fx);
				KUNIT_EXPECT_EQ(test, p->t->tcb.rtt.srtt, p->was.rtt.srtt);
				KUNIT_EXPECT_EQ(test, p->t->tcb.rtt.rto, p->was.rtt.rto);
				KUNIT_EXPECT_EQ(test, p->t->tcb.cc.cwnd, p->was.cc.cwnd);
			}
		}
}

/* R2 counts on, and the user time-out from the SYN on. */
static void unpack__gives_up(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct pair *p = half_open(test, w);
		unsigned int n = 0;

		while (p->t->tcb.state == ATCP_SYN_RECEIVED && n < 20) {
			repack(p);
			next_deadline(p->t);
			n++;
			if (p->t->tcb.state == ATCP_SYN_RECEIVED)
				sent(p->t, SEG(SYN | ACK, .ack = 1));
		}
		expect(p->t, ATCP_LISTEN, .flush = true);
		KUNIT_EXPECT_EQ(test, n, p->listener.p.synack_retries + 1u);
	}
	for_each_server(w) {
		struct pair *p = half_open(test, w);
		u64 born = p->t->now;

		p->listener.p.user_timeout_ms = 2500;
		while (p->t->tcb.state == ATCP_SYN_RECEIVED) {
			repack(p);
			next_deadline(p->t);
			sent_whatever(p->t);
		}
		KUNIT_EXPECT_EQ(test, p->t->now, born + MSEC(2500));
	}
}

/* What the table of states says of a half-open one holds of its record. */
static void unpack__answers(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct pair *p = half_open(test, w);

		repack(p);
		arrive(p->t, SEG(SYN));
		sent(p->t, SEG(SYN | ACK, .ack = 1));
		repack(p);
		arrive(p->t, SEG(ACK, .seq = 1, .ack = 7));
		sent(p->t, SEG(RST, .seq = 7));
		repack(p);
		arrive(p->t, SEG(RST, .seq = 5));
		sent(p->t, SEG(ACK, .seq = 1, .ack = 1));
		KUNIT_EXPECT_EQ(test, (int)p->t->tcb.challenge.n, 1);
		repack(p);
		KUNIT_EXPECT_EQ(test, (int)p->t->tcb.challenge.n, 1);
		arrive(p->t, SEG(RST, .seq = 1));
		expect(p->t, ATCP_LISTEN, .flush = true);
	}
}

/* The listener's buffer shrinks meanwhile: what was told stays told. [SHLD-14] */
static void unpack__keeps_the_window(struct kunit *test)
{
	const struct world *w = NULL;

	for_each_server(w) {
		struct pair *p = half_open(test, w);
		u32 wnd = p->t->tcb.rcv.wnd;
		u8 scale = p->t->tcb.rcv.wscale;

		atcp_set_rcvbuff(&p->listener, 3000, 3000);
		repack(p);
		KUNIT_EXPECT_EQ(test, p->t->tcb.rcv.wnd, wnd);
		p->t->tcb.rcv.wnd = 5000;
		repack(p);
		KUNIT_EXPECT_EQ(test, p->t->tcb.rcv.wnd, 5000u);
		KUNIT_EXPECT_EQ(test, p->t->tcb.rcv.buff, 3000u);
		KUNIT_EXPECT_EQ(test, (int)p->t->tcb.rcv.wscale, (int)scale);
	}
}

static struct kunit_case half_cases[] = {
	KUNIT_CASE(unpack__is_the_same),
	KUNIT_CASE(unpack__keeps_ecn),
	KUNIT_CASE(unpack__is_established),
	KUNIT_CASE(unpack__gives_up),
	KUNIT_CASE(unpack__answers),
	KUNIT_CASE(unpack__keeps_the_window),
	{}
};

TRIAL_SUITE(half, half_cases);
