// SPDX-License-Identifier: GPL-2.0
/*
 * A connection under test: judging what came out of an event.
 */

#include <linux/stdarg.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "atcp_test.h"

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

static void seg_print(char *buf, size_t size, const struct atcp_out *out,
		      u32 iss, u32 irs)
{
	snprintf(buf, size, "SEQ %u ACK %u CTL=%s%s%s%s%s%s%s%s%s %u LEN=%u WND=%u UP=%u SACK=%u",
		 out->seq - iss, out->ack - irs,
		 out->ctl & SYN ? "S" : "", out->ctl & FIN ? "F" : "",
		 out->ctl & RST ? "R" : "", out->ctl & PSH ? "P" : "",
		 out->ctl & ACK ? "." : "", out->ctl & URG ? "U" : "",
		 out->ctl & ECE ? "E" : "", out->ctl & CWR ? "C" : "",
		 out->ctl & AE ? "A" : "", out->ecn,
		 out->text, out->wnd, out->up, out->opt.n_sack);
}

/**
 * trial_complain() - the case fails for a segment
 * @t: trial
 * @what: is wrong with it
 * @out: the segment
 */
void trial_complain(struct trial *t, const char *what, const struct atcp_out *out)
{
	char buf[128];

	seg_print(buf, sizeof(buf), out, t->iss, t->irs);
	trial_fail(t, "%s %s", what, buf);
}

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

static bool same_accecn(const struct atcp_opts *opt, const struct seg *lit)
{
	const struct atcp_accecn_opt *a = &opt->accecn;

	if (!lit->acc_n)
		return true;
	if (lit->acc_n == U8_MAX || !(opt->have & ATCP_OPT_ACCECN))
		return lit->acc_n == U8_MAX && !(opt->have & ATCP_OPT_ACCECN);
	return a->n == lit->acc_n - 1 && a->order == lit->acc_order &&
	       !memcmp(a->field, lit->acc, a->n * sizeof(a->field[0]));
}

static bool same_segment(const struct trial *t, const struct atcp_out *out,
			 const struct seg *lit)
{
	u32 wnd = lit->wnd == ZERO_WND ? 0 : lit->wnd;
	unsigned int i;

	if ((out->ctl & ~PSH) != (lit->ctl & ~PSH) ||
	    (lit->ctl & PSH && !(out->ctl & PSH)))
		return false;
	if (out->seq != t->iss + lit->seq || out->text != lit->text || out->ecn != lit->ecn)
		return false;
	if (lit->ctl & ACK && out->ack != t->irs + lit->ack)
		return false;
	if (lit->wnd && out->wnd != wnd)
		return false;
	if (lit->ctl & URG && out->up != lit->up)
		return false;
	if (lit->mss && (!(out->opt.have & ATCP_OPT_MSS) || out->opt.mss != lit->mss))
		return false;
	if (lit->uto != (out->opt.have & ATCP_OPT_UTO ? out->opt.uto : 0))
		return false;
	if (lit->tsval && out->opt.tsval != lit->tsval)
		return false;
	if (lit->tsecr && out->opt.tsecr != lit->tsecr)
		return false;
	if (out->opt.n_sack != lit->n_sack || !same_accecn(&out->opt, lit))
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
		.ctl = lit->ctl, .ecn = lit->ecn, .text = lit->text, .up = lit->up,
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
	if (!same_accecn(&out->opt, lit))
		trial_fail(t, "  with AccECN option %d, order %u, n %u: %u %u %u",
			   !!(out->opt.have & ATCP_OPT_ACCECN), out->opt.accecn.order,
			   out->opt.accecn.n, out->opt.accecn.field[0],
			   out->opt.accecn.field[1], out->opt.accecn.field[2]);
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
		trial_complain(t, "text out of place:", &t->out[t->n_read]);
	trial_fail(t, "text from %u to %u not sent", from, to);
}

/* Whatever went out since must have been expected. */
void trial_sent_no_more(struct trial *t)
{
	while (t->n_read < t->n_out)
		trial_complain(t, "unexpected", &t->out[t->n_read++]);
	t->n_out = 0;
	t->n_read = 0;
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
