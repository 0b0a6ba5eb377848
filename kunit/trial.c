// SPDX-License-Identifier: GPL-2.0
/*
 * A connection under test: giving it events, and what holds after each.
 *
 * Segments that nobody asked about fail the case when the next event begins or
 * the case ends, so that "and nothing else was sent" need not be written.
 */

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
 * next_server() - those where the connection is opened by the peer
 * @w:	as for next_world()
 *
 * Return: whether there is a next one.
 */
bool next_server(const struct world **w)
{
	while (next_world(w))
		if ((*w)->passive)
			return true;
	return false;
}

/**
 * next_client() - those where it is opened by us
 * @w:	as for next_world()
 *
 * Return: whether there is a next one.
 */
bool next_client(const struct world **w)
{
	while (next_world(w))
		if (!(*w)->passive)
			return true;
	return false;
}

/* ---- events ---- */

/* What holds for each segment that leaves (RFC 9293 3.1, 3.7; RFC 7323 3.2). */
static void check_out(struct trial *t, const struct atcp_out *out)
{
	const struct atcp_tcb *tcb = &t->tcb;
	u16 syn_only = ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM;
	u32 mss = tcb->snd.mss_peer;		/* 0: it has not told yet */

	if (out->ctl & RST)
		return;
	if (!(out->ctl & SYN) && (out->opt.have & syn_only))
		trial_complain(t, "option of a SYN on", out);		/* [MUST-65] [R2018-PERM] */
	if (!(out->ctl & SYN) && !(out->ctl & ACK))
		trial_complain(t, "no ACK on", out);			/* R9293-ACKALWAYS */
	if (!(out->ctl & SYN) &&
	    !!(out->opt.have & ATCP_OPT_TS) != !!(tcb->opts_on & ATCP_OPT_TS))
		trial_complain(t, "timestamps wrong on", out);
	if (out->opt.n_sack && !(tcb->opts_on & ATCP_OPT_SACK_PERM))
		trial_complain(t, "SACK not agreed on", out);		/* R2018-ONLYIF */
	if (out->text && !out->mss)
		trial_complain(t, "no size of pieces on", out);
	if (out->text && out->text_seq != out->seq + !!(out->ctl & SYN))
		trial_complain(t, "text from the wrong place on", out);
	if (out->text && seq_gt(out->text_seq + out->text, tcb->snd.end))
		trial_complain(t, "text that was never queued on", out);
	if (out->text > out->mss)
		return;
	if (!mss)
		mss = tcb->ipv6 ? ATCP_DEFAULT_MSS6 : ATCP_DEFAULT_MSS4;
	if (out->text && atcp_wire_opt_len(&out->opt) + out->text >
	    min_t(u32, mss, tcb->snd.mss_path))
		trial_complain(t, "larger than the effective MSS", out); /* [MUST-16] */
}

/* The fields that follow from the TCB (RFC 9293 3.1, 3.8.5; RFC 7323 2.2, 3.2). */
static void check_fields(struct trial *t, const struct atcp_out *out)
{
	const struct atcp_tcb *tcb = &t->tcb;
	u32 wnd = tcb->rcv.wnd >> (out->ctl & SYN ? 0 : tcb->rcv.wscale);
	bool urgent = tcb->snd_urgent && seq_gt(tcb->snd.up, out->seq) && !(out->ctl & SYN);
	u32 up = urgent ? min_t(u32, tcb->snd.up - out->seq, U16_MAX) : 0;

	if (out->ack != (out->ctl & ACK ? tcb->rcv.nxt : 0))
		trial_complain(t, "not RCV.NXT on", out);
	if (out->wnd != min_t(u32, wnd, U16_MAX))
		trial_complain(t, "not RCV.WND on", out);
	if (!(out->ctl & URG) == urgent || out->up != up)
		trial_complain(t, "not SND.UP on", out);
	if (out->opt.have & ATCP_OPT_TS &&
	    (out->opt.tsval != (u32)div_u64(t->now, 1000) + tcb->ts.offset ||
	     out->opt.tsecr != (out->ctl & ACK ? tcb->ts.recent : 0)))
		trial_complain(t, "not the clock, or not TS.Recent, on", out);
	if (out->ctl & ACK && (tcb->rcv.unacked || tcb->send & ATCP_SEND_ACK ||
			       tcb->rcv.last_ack_sent != tcb->rcv.nxt ||
			       tcb->deadline[ATCP_TIMER_DELACK]))
		trial_complain(t, "an ACK is owed still after", out);
}

/* What STATUS tells of it; @was is the TCB before. */
static void check_counts(struct trial *t, const struct atcp_tcb *was,
			 const struct atcp_out *out)
{
	u32 n = out->text > out->mss ? DIV_ROUND_UP(out->text, out->mss) : 1;
	bool again = out->ctl & SYN ? was->rec.retries :
		     (out->text || out->ctl & FIN) && seq_lt(out->seq, was->snd.nxt);

	if (t->tcb.segs_out != was->segs_out + n ||
	    t->tcb.octets_sent != was->octets_sent + out->text ||
	    t->tcb.data_segs_out != was->data_segs_out + (out->text ? n : 0))
		trial_complain(t, "not counted:", out);
	if (out->rexmit != again || t->tcb.rec.total != was->rec.total + (again ? n : 0))
		trial_complain(t, "not counted as sent again, or it was not:", out);
}

static void keep(struct trial *t, const struct atcp_out *out)
{
	check_out(t, out);
	if (t->n_out == TRIAL_OUTS) {
		trial_complain(t, "no end of segments, now", out);
		t->n_out = 0;
		t->n_read = 0;
	}
	if (out->opt.have & ATCP_OPT_TS)
		t->seen_tsval = out->opt.tsval;
	t->out[t->n_out++] = *out;
}

void trial_drain(struct trial *t)
{
	struct atcp_tcb was;
	struct atcp_out out;
	int n;

	for (n = 0; n < TRIAL_OUTS; n++) {
		memset(&out, 0xa5, sizeof(out));
		was = t->tcb;
		if (!atcp_next_segment(&t->tcb, t->now, t->room, &out, &t->fx))
			return;
		check_fields(t, &out);
		check_counts(t, &was, &out);
		keep(t, &out);
	}
	trial_fail(t, "atcp_next_segment() does not end");
}

void trial_begin(struct trial *t)
{
	trial_sent_no_more(t);
	t->was = t->tcb;
	memset(&t->fx, 0, sizeof(t->fx));
	t->fx.cause = ATCP_N_CAUSES;		/* the entry is to set it */
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

/* An event of this kind ends. */
static void end_of(struct trial *t, enum atcp_cause cause)
{
	if (t->fx.cause != cause)
		trial_fail(t, "the cause is %u, not %u", t->fx.cause, cause);
	trial_end(t);
}

static void check_arrival(struct trial *t, const struct atcp_seg *seg)
{
	u32 n = seg->gso ? DIV_ROUND_UP(seg->text, seg->gso) : 1;

	if (!(t->fx.events >> ATCP_EV_IN_SEGS & 1) ||
	    t->tcb.segs_in != t->was.segs_in + n ||
	    t->tcb.data_segs_in != t->was.data_segs_in + (seg->text ? n : 0))
		trial_fail(t, "the segment is not counted");
}

static void add_options(struct trial *t, const struct seg *lit, struct atcp_seg *seg)
{
	const struct world *w = t->world;
	struct atcp_opts *opt = &seg->opt;
	u32 clock = t->peer_clock + (u32)div_u64(t->now, 1000);

	if (lit->bare)
		return;
	if (lit->uto) {
		opt->have |= ATCP_OPT_UTO;
		opt->uto = lit->uto == UTO_ZERO ? 0 : lit->uto;
	}
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
		.ecn = lit->ecn,
	};
	unsigned int i;

	add_options(t, lit, &seg);
	seg.opt.n_sack = lit->n_sack;
	for (i = 0; i < lit->n_sack; i++) {
		seg.opt.sack[i].left = t->iss + lit->sack[i].left;
		seg.opt.sack[i].right = t->iss + lit->sack[i].right;
	}
	if (lit->acc_n) {
		seg.opt.have |= ATCP_OPT_ACCECN;
		seg.opt.accecn.n = lit->acc_n - 1;
		seg.opt.accecn.order = lit->acc_order;
		memcpy(seg.opt.accecn.field, lit->acc, sizeof(lit->acc));
	}
	trial_begin(t);
	atcp_segment_arrives(&t->tcb, &seg, t->iss, t->room, t->now, &t->fx);
	check_arrival(t, &seg);
	end_of(t, ATCP_BY_SEGMENT);
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

	trial_sent_no_more(t);
	trial_begin(t);
	while ((next = atcp_deadline(&t->tcb)) && next <= until) {
		if (++turns > 10000) {
			trial_fail(t, "time-outs without end");
			break;
		}
		t->now = max(t->now, next);
		t->was = t->tcb;
		memset(&t->fx, 0, sizeof(t->fx));
		t->fx.cause = ATCP_N_CAUSES;
		atcp_timeouts(&t->tcb, t->now, &t->fx);
		end_of(t, ATCP_BY_TIMER);
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
	end_of(t, ATCP_BY_CALL);
}

void trial_receive(struct trial *t, u32 len)
{
	trial_begin(t);
	t->ret = atcp_user_receive(&t->tcb, len, t->now, &t->fx);
	end_of(t, ATCP_BY_CALL);
}

void trial_close(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_close(&t->tcb, t->now, &t->fx);
	end_of(t, ATCP_BY_CALL);
}

void trial_abort(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_abort(&t->tcb, t->now, &t->fx);
	end_of(t, ATCP_BY_CALL);
}

void trial_gone(struct trial *t, bool unread)
{
	trial_begin(t);
	t->ret = atcp_user_gone(&t->tcb, unread, t->now, &t->fx);
	end_of(t, ATCP_BY_CALL);
}

void trial_open_active(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_open_active(&t->tcb, t->iss, t->now, &t->fx);
	end_of(t, ATCP_BY_CALL);
}

void trial_open_passive(struct trial *t)
{
	trial_begin(t);
	t->ret = atcp_user_open_passive(&t->tcb, &t->fx);
	end_of(t, ATCP_BY_CALL);
}

void trial_icmp(struct trial *t, enum atcp_icmp kind, u32 seq, u16 error)
{
	trial_begin(t);
	t->ret = atcp_icmp_arrives(&t->tcb, kind, t->iss + seq, error, t->now, &t->fx);
	end_of(t, ATCP_BY_SEGMENT);
}

