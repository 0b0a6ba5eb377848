// SPDX-License-Identifier: GPL-2.0
/*
 * Trials in each of the eleven states, reached as a connection reaches them:
 * by calls and segments (RFC 9293, Figure 5).
 */

#include <linux/kernel.h>
#include <linux/string.h>
#include "atcp_test.h"

struct trial *trial_at(struct trial *t, int line)
{
	t->line = line;
	return t;
}

/**
 * trial_new() - a TCB in CLOSED
 * @test: the case
 * @world: what it is set in
 *
 * Return: the trial; KUnit frees it.
 */
struct trial *trial_new(struct kunit *test, const struct world *world)
{
	struct trial *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	u32 buff = world->buff == NO_BUFF ? 0 : world->buff ?: TRIAL_BUFF;
	struct atcp_params p;

	KUNIT_ASSERT_NOT_NULL(test, t);
	if (test->priv)
		trial_sent_no_more(test->priv);
	test->priv = t;
	t->test = test;
	t->world = world;
	t->label = test->param_value ? row_of(test)->id : "-";
	t->iss = world->iss;
	t->irs = world->irs;
	t->now = world->start;
	t->room = 1 << 30;
	t->peer_clock = world->irs;
	atcp_params_default(&p);
	p.features = (p.features & ~RICH & ~ATCP_F_AUTOTUNE) | world->features;
	p.ecn = world->ecn;
	p.wscale = world->features & ATCP_F_WSCALE ? 3 : 0;
	p.cc = (u8)atcp_cc_find("reno");	/* whose figures RFC 5681 gives */
	/* Probes of the tail, and of time-outs, are for the suites that ask for them. */
	p.early_retrans = 0;
	p.frto = 0;
	atcp_tcb_init(&t->tcb, &p, world->ipv6);
	atcp_board_lend(&t->tcb.board, t->runs, TRIAL_RUNS);
	atcp_set_path_mss(&t->tcb, world->mss ?: TRIAL_MSS, t->now);
	atcp_set_rcvbuff(&t->tcb, buff, buff);
	t->tcb.rcv.mss_adv = world->mss ?: TRIAL_MSS;
	t->tcb.ts.offset = world->iss;
	return t;
}

static void to_syn_received(struct trial *t)
{
	u32 wnd = t->world->peer_wnd;

	if (t->world->passive)
		trial_open_passive(t);
	else
		trial_open_active(t);
	sent_whatever(t);
	arrive(t, SEG(SYN, .wnd = wnd));
	sent_whatever(t);
}

static void to_established(struct trial *t)
{
	const struct world *w = t->world;

	if (w->passive) {
		to_syn_received(t);
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = w->peer_wnd));
	} else {
		trial_open_active(t);
		sent_whatever(t);
		arrive(t, SEG(SYN | ACK, .ack = 1, .wnd = w->peer_wnd));
		sent_whatever(t);
		/* The first window that is scaled. */
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = w->peer_wnd));
	}
	sent_whatever(t);
	if (w->fill) {
		arrive(t, SEG(ACK, .seq = 1, .ack = 1, .wnd = w->peer_wnd,
			      .text = w->fill));
		sent_whatever(t);
	}
	if (w->text) {
		user_send(t, w->text);
		sent_whatever(t);
	}
}

static void reach(struct trial *t, enum atcp_state state)
{
	u32 wnd = t->world->peer_wnd;

	switch (state) {
	case ATCP_CLOSED:
	case ATCP_N_STATES:
		break;
	case ATCP_LISTEN:
		trial_open_passive(t);
		break;
	case ATCP_SYN_SENT:
		trial_open_active(t);
		break;
	case ATCP_SYN_RECEIVED:
		to_syn_received(t);
		break;
	case ATCP_ESTABLISHED:
		to_established(t);
		break;
	case ATCP_FIN_WAIT_1:
		reach(t, ATCP_ESTABLISHED);
		user_close(t);
		break;
	case ATCP_FIN_WAIT_2:
		reach(t, ATCP_FIN_WAIT_1);
		arrive(t, SEG(ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .wnd = wnd));
		break;
	case ATCP_CLOSING:
		reach(t, ATCP_FIN_WAIT_1);
		arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .ack = 1, .wnd = wnd));
		break;
	case ATCP_TIME_WAIT:
		reach(t, ATCP_FIN_WAIT_2);
		arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .ack = snd_nxt(t), .wnd = wnd));
		break;
	case ATCP_CLOSE_WAIT:
		reach(t, ATCP_ESTABLISHED);
		arrive(t, SEG(FIN | ACK, .seq = rcv_nxt(t), .ack = 1, .wnd = wnd));
		break;
	case ATCP_LAST_ACK:
		reach(t, ATCP_CLOSE_WAIT);
		user_close(t);
		break;
	}
	sent_whatever(t);
}

/**
 * trial_in() - a connection in a state, with nothing in flight but what the
 *		state itself implies
 * @test: the case
 * @world: what it is set in; its origin matters
 * @state: any of the eleven
 *
 * Return: the trial.
 */
struct trial *trial_in(struct kunit *test, const struct world *world,
		       enum atcp_state state)
{
	struct trial *t = trial_new(test, world);

	reach(t, state);
	KUNIT_ASSERT_EQ_MSG(test, (int)t->tcb.state, (int)state, "%s: no way to %s",
			    world->name, atcp_state_name(state));
	return t;
}

struct trial *in_state(struct kunit *test, enum atcp_state state)
{
	static const struct world usual = {
		.name = "usual", .passive = true, .iss = 100000, .irs = 500000,
		.start = TRIAL_START, .features = RICH,
	};

	return trial_in(test, &usual, state);
}

struct trial *plain_in(struct kunit *test, enum atcp_state state)
{
	static const struct world plain = {
		.name = "plain", .passive = true, .iss = 100000, .irs = 500000,
		.start = TRIAL_START, .features = PLAIN, .peer_plain = true,
	};

	return trial_in(test, &plain, state);
}

/**
 * row_state() - the state that the first letters of a row's id name
 * @row: the row
 */
enum atcp_state row_state(const struct row *row)
{
	static const struct {
		char letters[3];
		u8 state;
	} names[] = {
		{ "CL", ATCP_CLOSED }, { "LI", ATCP_LISTEN },
		{ "SS", ATCP_SYN_SENT }, { "SR", ATCP_SYN_RECEIVED },
		{ "ES", ATCP_ESTABLISHED }, { "F1", ATCP_FIN_WAIT_1 },
		{ "F2", ATCP_FIN_WAIT_2 }, { "CW", ATCP_CLOSE_WAIT },
		{ "CG", ATCP_CLOSING }, { "LA", ATCP_LAST_ACK },
		{ "TW", ATCP_TIME_WAIT },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(row->id, names[i].letters, 2))
			return names[i].state;
	return ATCP_N_STATES;
}

void row_desc(const struct row *row, char *desc)
{
	strscpy(desc, row->id, KUNIT_PARAM_DESC_SIZE);
}

/**
 * trial_row() - a connection in the state of the row that a case runs for
 * @test: the case
 * @world: what it is set in
 *
 * Return: the trial.
 */
struct trial *trial_row(struct kunit *test, const struct world *world)
{
	return trial_in(test, world, row_state(row_of(test)));
}

/**
 * trial_each_world() - the row that a case runs for, in each world
 * @test: the case
 * @body: what happens there, from the state of the row on
 */
void trial_each_world(struct kunit *test,
		      void (*body)(struct kunit *test, struct trial *t))
{
	const struct world *w = NULL;

	for_each_world(w)
		body(test, trial_row(test, w));
}

/**
 * trial_shut() - a connection in the state of the row, with RCV.WND at 0
 * @test: the case
 * @world: what it is set in; changed in a copy
 *
 * Return: the trial.
 */
struct trial *trial_shut(struct kunit *test, const struct world *world)
{
	enum atcp_state state = row_state(row_of(test));
	bool past_fin = state == ATCP_CLOSE_WAIT || state == ATCP_CLOSING ||
			state == ATCP_LAST_ACK || state == ATCP_TIME_WAIT;
	struct world *shut = kunit_kzalloc(test, sizeof(*shut), GFP_KERNEL);
	struct trial *t;

	KUNIT_ASSERT_NOT_NULL(test, shut);
	*shut = *world;
	shut->buff = state == ATCP_SYN_RECEIVED ? NO_BUFF : 512;
	shut->fill = state == ATCP_SYN_RECEIVED ? 0 : 512 - past_fin;
	t = trial_in(test, shut, state);
	KUNIT_ASSERT_EQ(test, t->tcb.rcv.wnd, 0u);
	return t;
}

/**
 * trial_with_text() - a connection in the state of the row, some text of ours
 *		       not acknowledged
 * @test: the case
 * @world: what it is set in; changed in a copy
 * @text: octets
 *
 * Return: the trial.
 */
struct trial *trial_with_text(struct kunit *test, const struct world *world, u32 text)
{
	struct world *with = kunit_kzalloc(test, sizeof(*with), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, with);
	*with = *world;
	with->text = text;
	return trial_in(test, with, row_state(row_of(test)));
}

/* For every suite: what the last trial sent must have been expected. */
void trial_exit(struct kunit *test)
{
	if (test->priv)
		trial_sent_no_more(test->priv);
	test->priv = NULL;
}
