// SPDX-License-Identifier: GPL-2.0
/*
 * A connection under test: making it, giving it events, judging what came out.
 *
 * Segments that nobody asked about fail the case when the next event begins or
 * the case ends, so that "and nothing else was sent" need not be written.
 */

#include <linux/stdarg.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>
#include "atcp_test.h"

const struct world trial_worlds[] = {
	{
		.name = "passive plain", .passive = true,
		.iss = 1000, .irs = 5000,
		.start = TRIAL_START, .features = PLAIN, .peer_plain = true,
	}, {
		.name = "active plain wrapping", .passive = false,
		.iss = 0xffffffff, .irs = 0xfffffffe,
		.start = TRIAL_START, .features = PLAIN, .peer_plain = true,
		.ipv6 = true,
	}, {
		.name = "passive rich wrapping", .passive = true,
		.iss = 0xffffff00, .irs = 0xffffffff,
		/* The millisecond clock is about to wrap as well. */
		.start = 0xffffffffULL * ATCP_MSEC - 20, .features = RICH,
		.ipv6 = true,
	}, {
		.name = "active rich", .passive = false,
		.iss = 0x7fffff80, .irs = 0x80000000,
		.start = TRIAL_START, .features = RICH,
	},
};

/**
 * next_world() - the worlds, one after the other
 * @w:	the one before, or NULL; set to the next, after the last to NULL
 *
 * Return: whether there is a next one.
 */
bool next_world(const struct world **w)
{
	*w = *w ? *w + 1 : trial_worlds;
	if (*w == trial_worlds + ARRAY_SIZE(trial_worlds))
		*w = NULL;
	return *w;
}

/**
 * next_ts_world() - those where both ends use timestamps
 * @w:	as for next_world()
 *
 * Return: whether there is a next one.
 */
bool next_ts_world(const struct world **w)
{
	while (next_world(w))
		if (has_ts(*w))
			return true;
	return false;
}

/**
 * trial_fail() - the case fails; says where, for which row and in which world
 * @t: trial
 * @fmt: what is wrong
 */
void trial_fail(struct trial *t, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	KUNIT_FAIL(t->test, "line %d, %s, %s: %s", t->line, t->label, t->world->name, what);
}

/* ---- events ---- */

static void seg_print(char *buf, size_t size, const struct atcp_out *out,
		      u32 iss, u32 irs)
{
	snprintf(buf, size, "<SEQ=%u><ACK=%u><CTL=%s%s%s%s%s%s><LEN=%u><WND=%u><UP=%u><SACK=%u>",
		 out->seq - iss, out->ack - irs,
		 out->ctl & SYN ? "S" : "", out->ctl & FIN ? "F" : "",
		 out->ctl & RST ? "R" : "", out->ctl & PSH ? "P" : "",
		 out->ctl & ACK ? "." : "", out->ctl & URG ? "U" : "",
		 out->text, out->wnd, out->up, out->opt.n_sack);
}

static void complain(struct trial *t, const char *what, const struct atcp_out *out)
{
	char buf[128];

	seg_print(buf, sizeof(buf), out, t->iss, t->irs);
	trial_fail(t, "%s %s", what, buf);
}

/* What holds for each segment that leaves (RFC 9293 3.1, 3.7; RFC 7323 3.2). */
static void check_out(struct trial *t, const struct atcp_out *out)
{
	const struct atcp_tcb *tcb = &t->tcb;
	u8 syn_only = ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM;

	if (out->ctl & RST)
		return;
	if (!(out->ctl & SYN) && (out->opt.have & syn_only))
		complain(t, "option of a SYN on", out);		/* [MUST-65] [R2018-PERM] */
	if (!(out->ctl & SYN) && !(out->ctl & ACK))
		complain(t, "no ACK on", out);
	if (!(out->ctl & SYN) &&
	    !!(out->opt.have & ATCP_OPT_TS) != !!(tcb->opts_on & ATCP_OPT_TS))
		complain(t, "timestamps wrong on", out);
	if (out->opt.n_sack && !(tcb->opts_on & ATCP_OPT_SACK_PERM))
		complain(t, "SACK not agreed on", out);		/* R2018-ONLYIF */
	if (out->text && !out->mss)
		complain(t, "no size of pieces on", out);
	if (out->text && out->text_seq != out->seq + !!(out->ctl & SYN))
		complain(t, "text from the wrong place on", out);
	if (out->text && seq_gt(out->text_seq + out->text, tcb->snd.end))
		complain(t, "text that was never queued on", out);
	if (out->text > out->mss)
		return;
	if (out->text && atcp_wire_opt_len(&out->opt) + out->text >
	    min_t(u32, tcb->snd.mss_peer, tcb->snd.mss_path))
		complain(t, "larger than the effective MSS", out); /* [MUST-16] */
}

static void keep(struct trial *t, const struct atcp_out *out)
{
	check_out(t, out);
	if (t->n_out == TRIAL_OUTS) {
		complain(t, "no end of segments, now", out);
		t->n_out = 0;
		t->n_read = 0;
	}
	if (out->opt.have & ATCP_OPT_TS)
		t->seen_tsval = out->opt.tsval;
	t->out[t->n_out++] = *out;
}

void trial_drain(struct trial *t)
{
	struct atcp_out out;
	int n;

	for (n = 0; n < TRIAL_OUTS; n++) {
		memset(&out, 0, sizeof(out));
		if (!atcp_next_segment(&t->tcb, t->now, t->room, &out, &t->fx))
			return;
		keep(t, &out);
	}
	trial_fail(t, "atcp_next_segment() does not end");
}

/* Whatever went out since must have been expected. */
static void nothing_unread(struct trial *t)
{
	while (t->n_read < t->n_out)
		complain(t, "unexpected", &t->out[t->n_read++]);
	t->n_out = 0;
	t->n_read = 0;
}

void trial_begin(struct trial *t)
{
	nothing_unread(t);
	t->was = t->tcb;
	memset(&t->fx, 0, sizeof(t->fx));
	t->ret = 0;
}

void trial_end(struct trial *t)
{
	const char *broken;

	if (t->fx.reply.ctl)
		keep(t, &t->fx.reply);
	broken = atcp_broken(&t->was, &t->tcb, &t->fx);
	if (broken && !t->lenient)
		trial_fail(t, "after the event: %s", broken);
	trial_drain(t);
	if (!broken)
		broken = atcp_broken(&t->was, &t->tcb, &t->fx);
	if (!broken)
		broken = atcp_stuck(&t->tcb);
	if (broken && !t->lenient)
		trial_fail(t, "after sending: %s", broken);
}

static void add_options(struct trial *t, const struct seg *lit, struct atcp_seg *seg)
{
	const struct world *w = t->world;
	struct atcp_opts *opt = &seg->opt;
	u32 clock = t->peer_clock + (u32)div_u64(t->now, 1000);

	if (lit->bare)
		return;
	if (lit->ctl & SYN && !w->no_mss) {
		opt->have |= ATCP_OPT_MSS;
		opt->mss = lit->mss ?: PEER_MSS;
	}
	if (w->peer_plain)
		return;
	if (lit->ctl & SYN) {
		opt->have |= ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM;
		opt->wscale = PEER_WSCALE;
		t->peer_ts = true;
	}
	if (t->peer_ts) {
		opt->have |= ATCP_OPT_TS;
		opt->tsval = lit->tsval ?: clock;
		opt->tsecr = lit->tsecr;
		if (!lit->tsecr && lit->ctl & ACK)
			opt->tsecr = t->seen_tsval;
	}
}

/**
 * trial_arrive() - a segment arrives
 * @t: trial
 * @lit: the segment, in relative numbers
 */
void trial_arrive(struct trial *t, const struct seg *lit)
{
	struct atcp_seg seg = {
		.seq = t->irs + lit->seq,
		.ack = lit->ctl & ACK ? t->iss + lit->ack : 0,
		.text = lit->text,
		.wnd = lit->wnd == ZERO_WND ? 0 : lit->wnd ?: PEER_WND,
		.up = lit->up,
		.gso = lit->gso,
		.ctl = lit->ctl,
	};
	unsigned int i;

	add_options(t, lit, &seg);
	seg.opt.n_sack = lit->n_sack;
	for (i = 0; i < lit->n_sack; i++) {
		seg.opt.sack[i].left = t->iss + lit->sack[i].left;
		seg.opt.sack[i].right = t->iss + lit->sack[i].right;
	}
	trial_begin(t);
	atcp_segment_arrives(&t->tcb, &seg, t->iss, t->room, t->now, &t->fx);
	trial_end(t);
}

/* Adds the effects of one time-out to those of the period. */
static void merge(struct atcp_fx *sum, const struct atcp_fx *fx)
{
	if (fx->error)
		sum->error = fx->error;
	if (fx->soft_error)
		sum->soft_error = fx->soft_error;
	sum->cause = fx->cause;
	if (fx->n_edges) {		/* those of the last that had any */
		sum->n_edges = fx->n_edges;
		memcpy(sum->edge, fx->edge, sizeof(sum->edge));
	}
	sum->wake |= fx->wake;
	sum->flush |= fx->flush;
	sum->trouble |= fx->trouble;
	sum->events |= fx->events;
}

/**
 * trial_after() - time passes, and every deadline on the way is met
 * @t: trial
 * @usec: how long
 */
void trial_after(struct trial *t, u64 usec)
{
	u64 until = t->now + usec;
	struct atcp_fx sum = { 0 };
	unsigned int turns = 0;
	u64 next;

	nothing_unread(t);
	trial_begin(t);
	while ((next = atcp_deadline(&t->tcb)) && next <= until) {
		if (++turns > 10000) {
			trial_fail(t, "time-outs without end");
			break;
		}
		t->now = max(t->now, next);
		t->was = t->tcb;
		memset(&t->fx, 0, sizeof(t->fx));
		atcp_timeouts(&t->tcb, t->now, &t->fx);
		trial_end(t);
		merge(&sum, &t->fx);
	}
	t->now = until;
	t->fx = sum;
}

/**
 * trial_next() - time passes to the next deadline, which is met
 * @t: trial
 *
 * Return: how long that took, microseconds.
 */
u64 trial_next(struct trial *t)
{
	u64 was = t->now, due = atcp_deadline(&t->tcb);

	if (!due)
		trial_fail(t, "no timer runs");
	KUNIT_ASSERT_NE(t->test, due, 0ULL);	/* or a loop would not end */
	trial_after(t, due > t->now ? due - t->now : 0);
	return t->now - was;
}

void trial_send(struct trial *t, u32 len, unsigned int flags)
{
	trial_begin(t);
	t->ret = atcp_user_send(&t->tcb, len, flags, t->now, &t->fx);
	trial_end(t);
}

void trial_receive(struct trial *t, u32 len)
{
	trial_begin(t);
	t->ret = atcp_user_receive(&t->tcb, len, t->now, &t->fx);
	trial_end(t);
}

void trial_close(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_close(&t->tcb, t->now, &t->fx);
	trial_end(t);
}

void trial_abort(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_abort(&t->tcb, t->now, &t->fx);
	trial_end(t);
}

void trial_gone(struct trial *t, bool unread)
{
	trial_begin(t);
	t->ret = atcp_user_gone(&t->tcb, unread, t->now, &t->fx);
	trial_end(t);
}

void trial_open_active(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_open_active(&t->tcb, t->iss, t->now, &t->fx);
	trial_end(t);
}

void trial_open_passive(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_open_passive(&t->tcb, &t->fx);
	trial_end(t);
}

void trial_icmp(struct trial *t, enum atcp_icmp kind, u32 seq, u16 error)
{
	trial_begin(t);
	t->ret = atcp_icmp_arrives(&t->tcb, kind, t->iss + seq, error, t->now, &t->fx);
	trial_end(t);
}

/* ---- expectations ---- */

#define compare(t, what, got, wanted) do {				\
	unsigned long long __got = (got), __wanted = (wanted);		\
									\
	if (__got != __wanted)						\
		trial_fail(t, what " is %llu, not %llu", __got, __wanted); \
} while (0)

/**
 * trial_expect() - the effects of the last event, all of them
 * @t: trial
 * @state: the state it led to
 * @want: effects; those left out must not be there
 */
void trial_expect(struct trial *t, enum atcp_state state, const struct want *want)
{
	const struct atcp_fx *fx = &t->fx;

	if (t->tcb.state != state)
		trial_fail(t, "state is %s, not %s", atcp_state_name(t->tcb.state),
			   atcp_state_name(state));
	compare(t, "error", fx->error, want->error);
	compare(t, "soft error", fx->soft_error, want->soft_error);
	compare(t, "text taken", fx->take.len, want->take);
	if (want->take)
		compare(t, "text taken from", fx->take.off, want->take_off);
	compare(t, "text delivered", fx->deliver, want->deliver);
	compare(t, "text acked", fx->acked, want->acked);
	compare(t, "flush", fx->flush, want->flush);
	compare(t, "reopen", fx->reopen, want->reopen);
	if ((fx->wake & want->wake) != want->wake)
		trial_fail(t, "wakes %#x, without %#x", fx->wake, want->wake);
}

static bool same_segment(const struct trial *t, const struct atcp_out *out,
			 const struct seg *lit)
{
	u32 wnd = lit->wnd == ZERO_WND ? 0 : lit->wnd;
	unsigned int i;

	if ((out->ctl & ~PSH) != (lit->ctl & ~PSH) ||
	    (lit->ctl & PSH && !(out->ctl & PSH)))
		return false;
	if (out->seq != t->iss + lit->seq || out->text != lit->text)
		return false;
	if (lit->ctl & ACK && out->ack != t->irs + lit->ack)
		return false;
	if (lit->wnd && out->wnd != wnd)
		return false;
	if (lit->ctl & URG && out->up != lit->up)
		return false;
	if (lit->mss && (!(out->opt.have & ATCP_OPT_MSS) || out->opt.mss != lit->mss))
		return false;
	if (lit->tsval && out->opt.tsval != lit->tsval)
		return false;
	if (lit->tsecr && out->opt.tsecr != lit->tsecr)
		return false;
	if (out->opt.n_sack != lit->n_sack)
		return false;
	for (i = 0; i < lit->n_sack; i++)
		if (out->opt.sack[i].left != t->irs + lit->sack[i].left ||
		    out->opt.sack[i].right != t->irs + lit->sack[i].right)
			return false;
	return true;
}

/**
 * trial_sent() - the next segment that was sent
 * @t: trial
 * @lit: as it must have been
 */
void trial_sent(struct trial *t, const struct seg *lit)
{
	struct atcp_out want = {
		.seq = t->iss + lit->seq, .ack = t->irs + lit->ack,
		.ctl = lit->ctl, .text = lit->text, .up = lit->up,
		.wnd = lit->wnd == ZERO_WND ? 0 : lit->wnd,
		.opt.n_sack = lit->n_sack,
	};
	const struct atcp_out *out = &t->out[t->n_read];
	char got[128], wanted[128];
	unsigned int i;

	seg_print(wanted, sizeof(wanted), &want, t->iss, t->irs);
	if (t->n_read == t->n_out) {
		trial_fail(t, "not sent: %s", wanted);
		return;
	}
	t->n_read++;
	if (same_segment(t, out, lit))
		return;
	seg_print(got, sizeof(got), out, t->iss, t->irs);
	trial_fail(t, "sent %s, not %s", got, wanted);
	for (i = 0; i < out->opt.n_sack; i++)
		trial_fail(t, "  with block %u-%u", out->opt.sack[i].left - t->irs,
			   out->opt.sack[i].right - t->irs);
}

/**
 * trial_sent_text() - segments that together carry a range of text, in order
 * @t: trial
 * @from: first octet
 * @to: one past the last
 *
 * How many segments that takes (aggregates or single ones) does not matter.
 */
void trial_sent_text(struct trial *t, u32 from, u32 to)
{
	while (t->n_read < t->n_out) {
		const struct atcp_out *out = &t->out[t->n_read];

		if (from == to && !out->text)
			return;
		if (out->text_seq - t->iss != from || !out->text ||
		    from + out->text > to)
			break;
		from += out->text;
		t->n_read++;
		if (from == to)
			return;
	}
	if (t->n_read < t->n_out)
		complain(t, "text out of place:", &t->out[t->n_read]);
	trial_fail(t, "text from %u to %u not sent", from, to);
}

void trial_sent_no_more(struct trial *t)
{
	nothing_unread(t);
}

void trial_returned(struct trial *t, int ret)
{
	if (t->ret != ret)
		trial_fail(t, "returned %d, not %d", t->ret, ret);
}

/**
 * trial_unchanged() - the last event did nothing to the connection
 * @t: trial
 *
 * Counters, the challenge throttle and the times of arrival may move.
 */
void trial_unchanged(struct trial *t)
{
	const struct atcp_tcb *a = &t->was, *b = &t->tcb;

	if (a->state != b->state)
		trial_fail(t, "state moved to %s", atcp_state_name(b->state));
	compare(t, "SND.UNA", b->snd.una, a->snd.una);
	compare(t, "SND.NXT", b->snd.nxt, a->snd.nxt);
	compare(t, "SND.WND", b->snd.wnd, a->snd.wnd);
	compare(t, "SND.WL1", b->snd.wl1, a->snd.wl1);
	compare(t, "SND.WL2", b->snd.wl2, a->snd.wl2);
	compare(t, "RCV.NXT", b->rcv.nxt, a->rcv.nxt);
	compare(t, "RCV.UP", b->rcv.up, a->rcv.up);
	compare(t, "RCV.USER", b->rcv.user, a->rcv.user);
	compare(t, "TS.Recent", b->ts.recent, a->ts.recent);
	compare(t, "ranges", b->ofo.n, a->ofo.n);
	compare(t, "cwnd", b->cc.cwnd, a->cc.cwnd);
	compare(t, "ssthresh", b->cc.ssthresh, a->cc.ssthresh);
	compare(t, "SRTT", b->rtt.srtt, a->rtt.srtt);
	compare(t, "backoff", b->rec.backoff, a->rec.backoff);
	compare(t, "text taken", t->fx.take.len, 0);
	compare(t, "text delivered", t->fx.deliver, 0);
	compare(t, "text acked", t->fx.acked, 0);
	compare(t, "error", t->fx.error, 0);
}

void trial_event(struct trial *t, enum atcp_event event, bool counted)
{
	bool there = t->fx.events >> event & 1;

	if (there != counted)
		trial_fail(t, "event %d is %scounted", event, there ? "" : "not ");
}

/**
 * trial_edge() - the change of state that the last event ended with
 * @t: trial
 * @from: state left
 * @to: state entered
 * @cause: what took the edge
 */
void trial_edge(struct trial *t, enum atcp_state from, enum atcp_state to,
		enum atcp_cause cause)
{
	const struct atcp_fx *fx = &t->fx;
	unsigned int last = fx->n_edges - 1;

	if (!fx->n_edges)
		trial_fail(t, "no change of state, not even to %s", atcp_state_name(to));
	else if (fx->edge[last].from != from || fx->edge[last].to != to || fx->cause != cause)
		trial_fail(t, "from %s to %s by a %s, not from %s to %s by a %s",
			   atcp_state_name(fx->edge[last].from),
			   atcp_state_name(fx->edge[last].to), atcp_cause_name(fx->cause),
			   atcp_state_name(from), atcp_state_name(to),
			   atcp_cause_name(cause));
}

/**
 * trial_only_acked() - <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, and nothing moved
 * @t: trial
 */
void trial_only_acked(struct trial *t)
{
	trial_expect(t, t->was.state, &(const struct want){});
	trial_sent(t, SEG(ACK, .seq = snd_nxt(t), .ack = rcv_nxt(t)));
	trial_unchanged(t);
}

/**
 * trial_only_dropped() - not even that
 * @t: trial
 */
void trial_only_dropped(struct trial *t)
{
	trial_expect(t, t->was.state, &(const struct want){});
	trial_unchanged(t);
	trial_sent_no_more(t);
}

/**
 * trial_refused() - the last call returned, and that was all
 * @t: trial
 * @ret: what it returned
 */
void trial_refused(struct trial *t, int ret)
{
	trial_returned(t, ret);
	trial_only_dropped(t);
}
