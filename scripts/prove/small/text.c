// SPDX-License-Identifier: GPL-2.0
/*
 * The seventh and eighth check: every segment near a small window, with every set
 * of octets held out of order.
 *
 * Octets are numbered from RCV.NXT on.  What a receiver has is a bit map of them;
 * reference() adds to it what of the segment lies in the window, before the peer's
 * FIN and within the memory there is, and lets RCV.NXT pass what is complete. A FIN
 * in order is believed before what was held or known beyond it.
 */

#include <string.h>

#include "../../../module/core/text.c"
#include "small.h"

#define WINDOW	5	/* widest */
#define BEFORE	3	/* how far before RCV.NXT a segment may begin */
#define TEXT	6	/* longest */
#define NONE	(-1)	/* no FIN known */

/* One case; places are counted from RCV.NXT. */
struct trial {
	int base;		/* RCV.NXT */
	int wnd;
	int held;		/* bit map */
	int fin_at;		/* where the peer's FIN is known to be, or NONE */
	int at;			/* where the segment begins */
	int text;
	bool fin;		/* and whether a FIN ends it */
	int room;
};

/* What has to come of it. */
struct outcome {
	int from;		/* what is wanted of the text: [from, to) */
	int to;
	int held;		/* from the new RCV.NXT on */
	int delivered;
	int fin_at;		/* from the old RCV.NXT on */
	bool fin_done;
};

static int top(int held)
{
	int end = 0;

	while (held >> end)
		end++;
	return end;
}

/* A FIN before which nothing is missing: what was held, or known, beyond it is void. */
static bool ends_text(const struct trial *t, bool cut)
{
	int place = t->at + t->text;

	return t->fin && !cut && t->at <= 0 && place < t->wnd &&
	       (t->fin_at == NONE || place <= t->fin_at);
}

static void find_fin(const struct trial *t, struct outcome *o, bool cut)
{
	int place = t->at + t->text;

	o->fin_at = t->fin_at;
	if (t->fin_at == NONE && t->fin && !cut && place < t->wnd && top(t->held) <= place)
		o->fin_at = place;
}

static struct outcome reference(const struct trial *t)
{
	struct outcome o = { 0 };
	int last = t->at + t->text, have;
	bool cut = false;

	if (t->fin_at != NONE && last > t->fin_at)
		last = t->fin_at;
	if (last > t->wnd)
		last = t->wnd;
	o.from = t->at > 0 ? t->at : 0;
	if (last > o.from && last - o.from > t->room) {
		last = o.from + t->room;
		cut = true;
	}
	o.to = last > o.from ? last : o.from;
	have = (1 << o.to) - (1 << o.from);
	if (ends_text(t, cut)) {
		o.fin_at = t->at + t->text;
	} else {
		find_fin(t, &o, cut);
		have |= t->held;
	}
	while (have >> o.delivered & 1)
		o.delivered++;
	/* Octets out of order bring nothing if all are there. */
	if (o.from > 0 && have == t->held)
		o.to = o.from;
	o.held = have >> o.delivered;
	o.fin_done = o.fin_at == o.delivered;
	return o;
}

static void hold_octets(struct atcp_ranges *set, int held, int base)
{
	int i;

	set->n = 0;
	for (i = 0; i < WINDOW; i++)
		if (held >> i & 1)
			atcp_ranges_add(set, base + i, base + i + 1);
}

static bool same(const struct atcp_ranges *a, const struct atcp_ranges *b)
{
	return a->n == b->n && !memcmp(a->r, b->r, a->n * sizeof(a->r[0]));
}

/* RFC 2883: a duplicate is told only of what was there. */
static bool was_here(const struct trial *t, const struct atcp_range *dup)
{
	int place, n = (u32)(dup->right - dup->left);
	s32 first = dup->left - (u32)t->base;
	int i;

	for (i = 0; i < n; i++) {
		place = (int)first + i;
		if (place >= 0 && !(t->held >> place & 1))
			return false;
	}
	return n > 0;
}

#define agrees(cond)							\
	holds(cond, "RCV.NXT %d WND %d held %#x FIN %d; SEG %d+%d FIN %d room %d", \
	      t->base, t->wnd, t->held, t->fin_at, t->at, t->text, t->fin, t->room)

static void compare(const struct trial *t, const struct atcp_tcb *tcb,
		    const struct atcp_fx *fx)
{
	struct outcome o = reference(t);
	struct atcp_ranges left;
	int wnd = t->wnd - o.delivered;

	hold_octets(&left, o.held, t->base + o.delivered);
	agrees((int)fx->deliver == o.delivered);
	agrees((int)tcb->rcv.user == o.delivered);
	agrees(tcb->rcv.nxt == (u32)(t->base + o.delivered + o.fin_done));
	agrees((int)tcb->rcv.wnd == (o.fin_done && wnd ? wnd - 1 : wnd));
	agrees(same(&tcb->ofo, &left));
	agrees((int)fx->take.len == o.to - o.from);
	agrees(!fx->take.len || fx->take.seq == (u32)(t->base + o.from));
	agrees(!fx->take.len || (int)fx->take.off == o.from - t->at);
	agrees(tcb->rcv_fin == (o.fin_at != NONE));
	agrees(!tcb->rcv_fin || tcb->rcv.fin == (u32)(t->base + o.fin_at));
	agrees(tcb->rcv_fin_done == o.fin_done);
	agrees(tcb->state == (o.fin_done ? ATCP_CLOSE_WAIT : ATCP_ESTABLISHED));
	agrees(!tcb->sack.dsack_on || was_here(t, &tcb->sack.dsack));
	/* Whatever came is answered, now or soon; but for a lone FIN in the wrong place. */
	agrees(!(t->text || (t->fin && o.fin_at == t->at)) || tcb->send & ATCP_SEND_ACK ||
	       tcb->deadline[ATCP_TIMER_DELACK]);
}

static void try_segment(const struct trial *t)
{
	struct atcp_tcb tcb = { .state = ATCP_ESTABLISHED };
	struct atcp_fx fx = { .cause = ATCP_BY_SEGMENT };
	struct atcp_seg seg = { 0 };

	tcb.opts_on = ATCP_OPT_SACK_PERM;
	tcb.p.features = ATCP_F_DSACK;
	tcb.p.delack_ms = 1;
	tcb.rcv.nxt = t->base;
	tcb.rcv.wnd = t->wnd;
	tcb.rcv_fin = t->fin_at != NONE;
	tcb.rcv.fin = t->base + t->fin_at;
	hold_octets(&tcb.ofo, t->held, t->base);
	seg.seq = t->base + t->at;
	seg.text = t->text;
	seg.ctl = ATCP_ACK | (t->fin ? ATCP_FIN : 0);

	n_cases++;
	if (atcp_check_text(&tcb, &seg, t->room, 1, &fx))
		atcp_check_fin(&tcb, 1, &fx);
	compare(t, &tcb, &fx);
}

/* What the first check lets through. */
static bool arrives(const struct trial *t)
{
	int len = t->text + t->fin;

	if (!t->wnd || !len)
		return t->at == 0 || (t->wnd && t->at > 0 && t->at < t->wnd);
	return t->at < t->wnd && t->at + len > 0;
}

static void try_segments(struct trial *t)
{
	for (t->at = -BEFORE; t->at <= WINDOW; t->at++)
		for (t->text = 0; t->text <= TEXT; t->text++)
			for (t->room = 0; t->room <= TEXT; t->room++)
				for (t->fin = 0;; t->fin = 1) {
					if (arrives(t))
						try_segment(t);
					if (t->fin)
						break;
				}
}

/* RCV.NXT itself is not held, nor is anything outside the window. */
static void try_receiver(struct trial *t)
{
	for (t->held = 0; t->held < 1 << t->wnd; t->held += 2)
		for (t->fin_at = NONE; t->fin_at < t->wnd; t->fin_at++) {
			if (t->fin_at == 0 || (t->fin_at > 0 && top(t->held) > t->fin_at))
				continue;
			try_segments(t);
		}
}

int main(void)
{
	struct trial t;

	for (t.base = 0; t.base < WORDS; t.base++)
		for (t.wnd = 0; t.wnd <= WINDOW; t.wnd++)
			try_receiver(&t);
	return report();
}
