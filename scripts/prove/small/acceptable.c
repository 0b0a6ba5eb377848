// SPDX-License-Identifier: GPL-2.0
/*
 * Table 6 of RFC 9293: every RCV.NXT, RCV.WND, SEG.SEQ, SEG.LEN.
 *
 * Against the sets that the table speaks of: the numbers a segment occupies and
 * those of the window.  A segment is acceptable if the two meet.  The table itself
 * asks for the first or the last number to lie in the window, which leaves out a
 * segment that reaches over both edges; the RFC's text wants what is in it.
 * Windows and segments are up to a quarter of all numbers, as RFC 7323 has it.
 */

#include "../../../module/core/checks.c"
#include "small.h"

#define MOST	(WORDS / 4)

static bool in_window(int x, int nxt, int wnd)
{
	/* on the line of integers, once as it stands and once a turn further */
	return (x >= nxt && x < nxt + wnd) ||
	       (x + WORDS >= nxt && x + WORDS < nxt + wnd);
}

static bool meets(int seq, int len, int nxt, int wnd)
{
	int i;

	for (i = 0; i < len; i++)
		if (in_window((seq + i) % WORDS, nxt, wnd))
			return true;
	return false;
}

/* The four rows of the table, in its order. */
static bool reference(int seq, int len, int nxt, int wnd)
{
	if (len == 0 && wnd == 0)
		return seq == nxt;
	if (len == 0)
		return in_window(seq, nxt, wnd);
	if (wnd == 0)
		return false;
	return meets(seq, len, nxt, wnd);
}

static void try_segment(struct atcp_tcb *tcb, struct atcp_seg *seg)
{
	int nxt = tcb->rcv.nxt;
	int wnd = tcb->rcv.wnd;
	int from = seg->seq;
	int len = (int)seg->text + !!(seg->ctl & ATCP_SYN) + !!(seg->ctl & ATCP_FIN);

	n_cases++;
	holds((int)atcp_seg_len(seg) == len, "len %d", len);
	holds(acceptable(tcb, seg) == reference(from, len, nxt, wnd),
	      "RCV.NXT %d RCV.WND %d SEG.SEQ %d SEG.LEN %d", nxt, wnd, from, len);
	holds(zero_window_probe(tcb, seg) ==
	      (wnd == 0 && from == nxt && !(seg->ctl & ATCP_SYN)),
	      "RCV.NXT %d RCV.WND %d SEG.SEQ %d SEG.LEN %d", nxt, wnd, from, len);
}

int main(void)
{
	static const u8 ctl[] = { ATCP_ACK, ATCP_FIN, ATCP_SYN, ATCP_SYN | ATCP_FIN };
	struct atcp_tcb tcb = { .state = ATCP_ESTABLISHED };
	struct atcp_seg seg = { 0 };
	int nxt, wnd, from, text;
	unsigned int c;

	for (nxt = 0; nxt < WORDS; nxt++)
		for (wnd = 0; wnd <= MOST; wnd++)
			for (from = 0; from < WORDS; from++)
				for (text = 0; text <= MOST; text++)
					for (c = 0; c < ARRAY_SIZE(ctl); c++) {
						tcb.rcv.nxt = nxt;
						tcb.rcv.wnd = wnd;
						seg.seq = from;
						seg.text = text;
						seg.ctl = ctl[c];
						try_segment(&tcb, &seg);
					}
	return report();
}
