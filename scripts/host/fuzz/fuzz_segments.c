// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: one TCB against any sequence of segments, calls and time-outs.
 *
 * The peer is hostile: it sends any control bits at any place.  Where it sends
 * text, octet n of its stream has one value, so that what is delivered can be
 * judged.  A segment outside the window, by a test of this file's own, must
 * change nothing.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include "end.h"

static struct end *end;
static u64 now;
static u32 iss, irs, ts_base;

static void drain(void)
{
	struct atcp_out out;
	int n = 0;

	while (end_next(end, now, 1 << 20, &out)) {
		if (fuzz_verbose)
			fprintf(stderr, "%10llu %-12s SEQ=%u ACK=%u CTL=%02x LEN=%u WND=%u\n",
				now, atcp_state_name(end->tcb.state), out.seq - iss,
				out.ack - irs, out.ctl, out.text, out.wnd);
		if (++n > 10000)
			broken("atcp_next_segment() does not end");
	}
}

/* Places where something could go wrong, and any other. */
static u32 near(struct input *in, const u32 *places, unsigned int n)
{
	u8 how = in8(in);

	if (how >= 240)
		return in32(in);
	return places[how % n] + (s8)in8(in) * (how & 0x20 ? 97 : 1);
}

static u32 pick_seq(struct input *in)
{
	const struct atcp_tcb *tcb = &end->tcb;
	const u32 places[] = {
		tcb->rcv.nxt, tcb->rcv.nxt, tcb->rcv.nxt, tcb->rcv.nxt + tcb->rcv.wnd,
		tcb->rcv.irs, tcb->ofo.n ? tcb->ofo.r[0].left : tcb->rcv.nxt + 100,
		tcb->ofo.n ? tcb->ofo.r[tcb->ofo.n - 1].right : tcb->rcv.nxt + 500, irs,
	};

	return near(in, places, ARRAY_SIZE(places));
}

static u32 pick_ack(struct input *in)
{
	const struct atcp_tcb *tcb = &end->tcb;
	const u32 places[] = {
		tcb->snd.nxt, tcb->snd.nxt, tcb->snd.una, tcb->snd.una,
		tcb->snd.una - tcb->snd.max_wnd, tcb->snd.end + 1, tcb->board.lost_from,
		tcb->snd.una + tcb->cc.mss,
	};

	return near(in, places, ARRAY_SIZE(places));
}

static void pick_accecn(struct input *in, struct atcp_seg *seg)
{
	struct atcp_accecn_opt *opt = &seg->opt.accecn;
	u8 bits = in8(in), i;

	if (!(bits & 1))
		return;
	seg->opt.have |= ATCP_OPT_ACCECN;
	opt->order = bits >> 1 & 1;
	opt->n = bits >> 2 & 3;
	for (i = 0; i < opt->n; i++)
		opt->field[i] = (end->tcb.ecn.acc.s.ceb + in16(in)) & 0xffffff;
}

static void pick_options(struct input *in, struct atcp_seg *seg)
{
	u8 bits = in8(in);

	if (seg->ctl & ATCP_SYN) {
		seg->opt.have = bits & 7;
		seg->opt.mss = bits & 0x10 ? in16(in) | 1 : 1460;
		seg->opt.wscale = in8(in) % 15;
	}
	if (bits & 0x20 || end->tcb.opts_on & ATCP_OPT_TS) {
		seg->opt.have |= ATCP_OPT_TS;
		seg->opt.tsval = ts_base + (u32)(now / 1000) + (bits & 0x40 ? (s8)in8(in) : 0);
		seg->opt.tsecr = end->tcb.ts.offset + (u32)(now / 1000) - in8(in);
	}
	if (bits & 0x80) {
		seg->opt.have &= ~(bits & 0x08 ? ATCP_OPT_TS : 0);
		seg->opt.n_sack = 1 + bits % 3;
		seg->opt.sack[0].left = pick_ack(in);
		seg->opt.sack[0].right = seg->opt.sack[0].left + in16(in);
	}
}

/*
 * Table 6 of RFC 9293; the first or the last octet in the window stands for "some
 * of it", so one that reaches over both edges counts as well.  An ACK and nothing else is
 * heard at the right edge, too (D-28).
 */
static bool acceptable(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u32 len = seg->text + !!(seg->ctl & ATCP_SYN) + !!(seg->ctl & ATCP_FIN);

	if (!len && (seg->ctl & (ATCP_RST | ATCP_ACK)) == ATCP_ACK &&
	    seg->seq == tcb->rcv.nxt + tcb->rcv.wnd)
		return true;
	if (!len && !tcb->rcv.wnd)
		return seg->seq == tcb->rcv.nxt;
	if (!len)
		return seq_within(seg->seq, tcb->rcv.nxt, tcb->rcv.nxt + tcb->rcv.wnd);
	if (!tcb->rcv.wnd)	/* but its ACK, URG and RST count at RCV.NXT */
		return seg->seq == tcb->rcv.nxt;
	return seq_lt(seg->seq, tcb->rcv.nxt + tcb->rcv.wnd) &&
	       seq_geq(seg->seq + len - 1, tcb->rcv.nxt);
}

static void same(const void *a, const void *b, size_t size, const char *what)
{
	if (memcmp(a, b, size))
		broken("an unacceptable segment changed %s (%s)", what,
		       atcp_state_name(end->was.state));
}

/* The peer's FIN once more: TIME-WAIT begins anew. */
static bool restarts(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return tcb->state == ATCP_TIME_WAIT && seg->ctl & ATCP_FIN &&
	       seg->seq + atcp_seg_len(seg) == tcb->rcv.nxt;
}

/*
 * Sent from the edge of a window that does not hold all we sent: an old segment
 * whose ACK and window count if they are news, and nothing else of it does.
 */
static bool heard(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u32 beyond = tcb->snd.nxt - tcb->snd.una;

	return tcb->syn_acked && seg->ctl & ATCP_ACK && !(seg->ctl & (ATCP_SYN | ATCP_RST)) &&
	       beyond > tcb->snd.wnd && seq_leq(seg->seq + atcp_seg_len(seg), tcb->rcv.nxt);
}

static void must_not_receive(const struct atcp_tcb *a)
{
	same(&a->rcv, &end->tcb.rcv, sizeof(a->rcv), "rcv");
	same(&a->ofo, &end->tcb.ofo, sizeof(a->ofo), "ofo");
	if (end->fx.take.len || end->fx.deliver)
		broken("text of an unacceptable segment was taken");
}

static void must_be_same(const struct atcp_tcb *a, bool restarted)
{
	const struct atcp_tcb *b = &end->tcb;

	same(&a->state, &b->state, sizeof(a->state), "state");
	same(&a->snd, &b->snd, sizeof(a->snd), "snd");
	same(&a->rcv, &b->rcv, sizeof(a->rcv), "rcv");
	same(&a->rtt, &b->rtt, sizeof(a->rtt), "rtt");
	same(&a->rec, &b->rec, sizeof(a->rec), "rec");
	same(&a->cc, &b->cc, sizeof(a->cc), "cc");
	same(&a->ofo, &b->ofo, sizeof(a->ofo), "ofo");
	if (!restarted)
		same(&a->deadline, &b->deadline, sizeof(a->deadline), "deadline");
	if (a->rcv_fin != b->rcv_fin || a->fin != b->fin || a->persisting != b->persisting)
		broken("an unacceptable segment changed a bit");
	if (end->fx.take.len || end->fx.deliver || end->fx.acked || end->fx.error ||
	    end->fx.reply.ctl)
		broken("an unacceptable segment had an effect");
}

static void segment(struct input *in)
{
	static u8 text[0x10000];
	struct atcp_tcb was = end->tcb;
	struct packet p = { .text = text };
	bool reopens, resets;
	u32 first, i;

	p.seg.ctl = in8(in);
	p.seg.ecn = in8(in) & ATCP_CE;
	p.seg.ctl |= in8(in) & 1 ? ATCP_AE : 0;
	p.seg.seq = pick_seq(in);
	p.seg.ack = pick_ack(in);
	p.seg.wnd = in8(in) << (in8(in) & 8);
	p.seg.up = p.seg.ctl & ATCP_URG ? in16(in) : 0;
	p.seg.text = in8(in);
	if (p.seg.text >= 128)
		p.seg.text = (p.seg.text - 127) * 100;
	p.seg.gso = p.seg.text > 1500 ? 1400 : 0;
	pick_options(in, &p.seg);
	pick_accecn(in, &p.seg);
	if (was.state == ATCP_LISTEN || was.state == ATCP_SYN_SENT)
		irs = p.seg.seq;
	first = p.seg.seq + !!(p.seg.ctl & ATCP_SYN) - (irs + 1);
	for (i = 0; i < p.seg.text; i++)
		text[i] = octet_at(1, first + i);
	if (fuzz_verbose)
		fprintf(stderr, "%10llu   -> %-12s SEQ=%u ACK=%u CTL=%02x LEN=%u WND=%u\n", now,
			atcp_state_name(was.state), p.seg.seq - irs, p.seg.ack - iss,
			p.seg.ctl, p.seg.text, p.seg.wnd);
	/* Beyond what the model has room for. */
	if (was.state != ATCP_LISTEN && was.state != ATCP_SYN_SENT &&
	    end->delivered > STREAM_MAX)
		return;

	end_arrive(end, &p, iss, in8(in) ? 1 << 20 : in8(in) * 8, now);
	reopens = was.state == ATCP_TIME_WAIT && end->fx.reopen;
	/* A SYN that asks for another kind of ECN than the first: RFC 9768, 3.1.5. */
	resets = was.state == ATCP_SYN_RECEIVED && was.ecn.mode != ATCP_ECN_NONE &&
		 p.seg.seq == was.rcv.irs && (p.seg.ctl & (ATCP_SYN | ATCP_ACK)) == ATCP_SYN;
	if (was.state != ATCP_CLOSED && was.state != ATCP_LISTEN &&
	    was.state != ATCP_SYN_SENT && !reopens && !resets && !acceptable(&was, &p.seg) &&
	    was.ts.recent == end->tcb.ts.recent) {
		if (heard(&was, &p.seg))
			must_not_receive(&was);
		else
			must_be_same(&was, restarts(&was, &p.seg));
	}
}

static void step(struct input *in)
{
	u8 op = in8(in);
	u64 next;

	switch (op & 15) {
	case 0:
		end_send(end, in16(in) % 9000, op & 0x10 ? ATCP_USER_URGENT : 0, now);
		break;
	case 1:
		end_receive(end, in16(in), now);
		break;
	case 2:
		if (op & 0x40)
			end_close(end, now);
		break;
	case 3:
		if (op == 0xf3)
			end_abort(end, now);
		break;
	case 4:
		next = atcp_deadline(&end->tcb);
		if (next)
			now = max(now, next);
		end_timeouts(end, now);
		break;
	case 5:
		now += in16(in) * 100ULL;
		end_timeouts(end, now);
		break;
	case 6:
		end_begin(end);
		atcp_icmp_arrives(&end->tcb, op >> 4 & 1, pick_ack(in), 113, now, &end->fx);
		end_done(end, NULL);
		break;
	case 7:
		atcp_set_path_mss(&end->tcb, in16(in), now);
		break;
	case 8:
		end->tcb.keepalive = op >> 4 & 1;
		end->tcb.cork = op >> 5 & 1;
		end->tcb.nodelay = op >> 6 & 1;
		end->tcb.p.user_timeout_ms = op >> 7 ? 5000 : 0;
		atcp_user_options_changed(&end->tcb, now);
		break;
	default:
		segment(in);
		break;
	}
	drain();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };
	u8 how;

	if (!end)
		end = calloc(1, sizeof(*end));
	end_setup(end, 0, &in);
	how = in8(&in);
	now = how & 2 ? 0xffffffffULL * 1000 - 3000000 : 5000000;
	iss = how & 4 ? 0xffffff00u + in8(&in) : in32(&in);
	ts_base = how & 8 ? 0xfffffff0 - (u32)(now / 1000) : in32(&in);
	irs = 0;
	end_begin(end);
	if (how & 1)
		atcp_user_open_active(&end->tcb, iss, now, &end->fx);
	else
		atcp_user_open_passive(&end->tcb, &end->fx);
	end_done(end, NULL);
	drain();
	while (in.p < in.end)
		step(&in);
	return 0;
}
