// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: two ends joined by a channel that loses, repeats, reorders and
 * delays, with calls at random on both.
 *
 * Whatever happens, octets arrive once and in order.  When the input is used
 * up the channel heals, both users read all there is and close; then all that
 * was sent must have arrived, and both ends must be in CLOSED or TIME-WAIT.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include <atcp/wire.h>
#include "end.h"

#define CHANNEL		128

struct channel {
	unsigned int n;
	struct packet p[CHANNEL];
};

struct pair {
	struct end end[2];
	struct channel to[2];		/* under way to this end */
	u64 now;
	u32 iss[2];
	u32 room;
	bool whole;			/* aggregates arrive as they left (GRO) */
};

static struct pair *pair;

static void drop(struct channel *c, unsigned int i)
{
	free(c->p[i].text);
	memmove(&c->p[i], &c->p[i + 1], (--c->n - i) * sizeof(c->p[0]));
}

static void put(struct channel *c, const struct atcp_seg *seg, const u8 *text)
{
	struct packet *p;

	if (c->n == CHANNEL)
		drop(c, 0);
	p = &c->p[c->n++];
	p->seg = *seg;
	p->text = malloc(seg->text + 1);
	memcpy(p->text, text, seg->text);
}

/* Through the real writer and reader of headers. */
static void transmit_piece(int from, const struct atcp_out *out, u32 off, u32 len, bool last)
{
	const struct end *e = &pair->end[from];
	static u8 text[STREAM_MAX];
	struct atcp_out piece = *out;
	u8 hdr[ATCP_HDR_MAX];
	struct atcp_seg seg;
	u32 hdr_len, i;

	piece.seq += off;
	if (!last)
		piece.ctl &= ~(ATCP_FIN | ATCP_PSH);
	if (off && e->tcb.ecn.mode != ATCP_ECN_ACCECN)
		piece.ctl &= ~ATCP_CWR;
	hdr_len = atcp_wire_write(hdr, &piece, 1, 2);
	if (!atcp_wire_read(&seg, hdr, hdr_len, hdr_len + len))
		broken("a header that we cannot read ourselves");
	if (len > out->mss)
		seg.gso = out->mss;
	/* One of four places is congested. */
	seg.ecn = out->ecn && !(piece.seq >> 4 & 3) ? ATCP_CE : out->ecn;
	for (i = 0; i < len; i++)
		text[i] = octet_at(from, out->text_seq + off + i - (e->tcb.snd.iss + 1));
	put(&pair->to[!from], &seg, text);
}

static void transmit(int from, const struct atcp_out *out)
{
	u32 off = 0;

	if (fuzz_verbose)
		fprintf(stderr, "%10llu %d %-12s SEQ=%u ACK=%u CTL=%02x LEN=%u WND=%u%s\n",
			pair->now, from, atcp_state_name(pair->end[from].tcb.state),
			out->seq - pair->iss[from], out->ack - pair->iss[!from],
			out->ctl, out->text, out->wnd, out->rexmit ? " again" : "");
	if (!out->text || pair->whole) {
		transmit_piece(from, out, 0, out->text, true);
		return;
	}
	while (off < out->text) {
		u32 len = min_t(u32, out->mss, out->text - off);

		transmit_piece(from, out, off, len, off + len == out->text);
		off += len;
	}
}

static void drain(int side)
{
	struct end *e = &pair->end[side];
	struct atcp_out out;
	int n = 0;

	if (e->fx.reply.ctl)
		transmit(side, &e->fx.reply);
	e->fx.reply.ctl = 0;
	while (end_next(e, pair->now, pair->room, &out)) {
		transmit(side, &out);
		if (++n > 10000)
			broken("atcp_next_segment() does not end");
	}
}

static void deliver(int side, unsigned int i, bool keep)
{
	struct channel *c = &pair->to[side];
	struct end *e = &pair->end[side];
	struct packet p;

	if (!c->n)
		return;
	i %= c->n;
	p = c->p[i];
	p.text = malloc(p.seg.text + 1);
	memcpy(p.text, c->p[i].text, p.seg.text);
	if (!keep)
		drop(c, i);
	if (fuzz_verbose)
		fprintf(stderr, "%10llu   -> %d SEQ=%u ACK=%u CTL=%02x LEN=%u\n", pair->now,
			side, p.seg.seq - pair->iss[!side], p.seg.ack - pair->iss[side],
			p.seg.ctl, p.seg.text);
	end_arrive(e, &p, pair->iss[side], 1 << 20, pair->now);
	free(p.text);
	drain(side);
}

/* Time passes, but never over a deadline. */
static void pass(u64 usec)
{
	u64 until = pair->now + usec;
	int side, turns = 0;

	for (;;) {
		u64 next = until;

		for (side = 0; side < 2; side++) {
			u64 d = atcp_deadline(&pair->end[side].tcb);

			if (d && d < next)
				next = d;
		}
		pair->now = max(pair->now, next);
		for (side = 0; side < 2; side++) {
			u64 d = atcp_deadline(&pair->end[side].tcb);

			if (!d || d > pair->now)
				continue;
			end_timeouts(&pair->end[side], pair->now);
			drain(side);
		}
		if (next == until)
			break;
		if (++turns > 100000)
			broken("time-outs without end");
	}
}

static void toggle(struct end *e, u8 what)
{
	switch (what % 6) {
	case 0:
		e->tcb.nodelay = !e->tcb.nodelay;
		break;
	case 1:
		e->tcb.cork = !e->tcb.cork;
		break;
	case 2:
		e->tcb.keepalive = !e->tcb.keepalive;
		atcp_user_options_changed(&e->tcb, pair->now);
		break;
	case 3:
		atcp_set_rcvbuff(&e->tcb, 256 + what * 64, 0x20000);
		break;
	case 4:
		atcp_set_path_mss(&e->tcb, 100 + what * 8, pair->now);
		break;
	case 5:
		pair->room = what & 64 ? 1 << 20 : what * 16;
		break;
	}
	if (!e->tcb.cork)
		atcp_user_push(&e->tcb, pair->now);
}

static void step(struct input *in)
{
	u8 op = in8(in);
	int side = op & 1;
	struct end *e = &pair->end[side];

	switch (op >> 1 & 15) {
	case 0: case 1:
		end_send(e, in16(in) % 6000, op & 0x20 ? ATCP_USER_URGENT : 0, pair->now);
		break;
	case 2:
		end_send(e, in8(in), op & 0x20 ? ATCP_USER_MORE : 0, pair->now);
		break;
	case 3: case 4:
		end_receive(e, in16(in), pair->now);
		break;
	case 5:
		if (op & 0x20)
			end_close(e, pair->now);
		break;
	case 6:
		if ((op >> 5) == 7)
			end_abort(e, pair->now);
		break;
	case 7: case 8: case 9:
		deliver(side, 0, false);
		return;
	case 10:
		deliver(side, in8(in), false);
		return;
	case 11:
		deliver(side, in8(in), true);
		return;
	case 12:
		if (pair->to[side].n)
			drop(&pair->to[side], in8(in) % pair->to[side].n);
		return;
	case 13:
		pass(in16(in) * 10ULL);
		return;
	case 14:
		pass(in16(in) * 1000ULL);
		return;
	case 15:
		toggle(e, in8(in));
		break;
	}
	drain(side);
}

static bool over(const struct end *e)
{
	return e->tcb.state == ATCP_CLOSED || e->tcb.state == ATCP_TIME_WAIT ||
	       e->tcb.state == ATCP_LISTEN;
}

/* No more trouble: what is under way arrives, users read and close. */
static void heal(void)
{
	int turn, side, n;

	pair->room = 1 << 20;
	for (side = 0; side < 2; side++) {
		pair->end[side].tcb.cork = 0;
		atcp_user_push(&pair->end[side].tcb, pair->now);
		drain(side);
	}
	for (turn = 0; turn < 4000; turn++) {
		bool moved = false;

		for (side = 0; side < 2; side++) {
			struct end *e = &pair->end[side];

			for (n = pair->to[side].n; n > 0; n--) {
				deliver(side, 0, false);
				moved = true;
			}
			end_receive(e, ~0u, pair->now);
			drain(side);
			if (e->tcb.state != ATCP_SYN_SENT && e->tcb.state != ATCP_LISTEN &&
			    e->tcb.state != ATCP_CLOSED && !e->tcb.fin)
				end_close(e, pair->now);
			drain(side);
		}
		if (over(&pair->end[0]) && over(&pair->end[1]))
			return;
		pass(moved ? 20 : 500000);
	}
	broken("not over: %s and %s", atcp_state_name(pair->end[0].tcb.state),
	       atcp_state_name(pair->end[1].tcb.state));
}

static void all_arrived(void)
{
	int side;

	for (side = 0; side < 2; side++) {
		const struct end *from = &pair->end[side], *to = &pair->end[!side];

		if (from->aborted || to->aborted || from->error || to->error ||
		    from->tcb.state == ATCP_LISTEN || to->tcb.state == ATCP_LISTEN)
			return;
		if (to->tcb.orphan || from->tcb.orphan)
			return;
	}
	for (side = 0; side < 2; side++)
		if (pair->end[!side].delivered != pair->end[side].queued)
			broken("%u octets sent, %u delivered", pair->end[side].queued,
			       pair->end[!side].delivered);
}

static void open_both(u8 how)
{
	struct end *a = &pair->end[0], *b = &pair->end[1];

	end_begin(b);
	if (how & 1)
		atcp_user_open_active(&b->tcb, pair->iss[1], pair->now, &b->fx);
	else
		atcp_user_open_passive(&b->tcb, &b->fx);
	end_done(b, NULL);
	drain(1);
	end_begin(a);
	atcp_user_open_active(&a->tcb, pair->iss[0], pair->now, &a->fx);
	end_done(a, NULL);
	drain(0);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, data + size };
	int side;
	u8 how;

	if (!pair)
		pair = calloc(1, sizeof(*pair));
	for (side = 0; side < 2; side++)
		end_setup(&pair->end[side], side, &in);
	how = in8(&in);
	pair->whole = how & 2;
	pair->room = 1 << 20;
	pair->now = how & 4 ? 0xffffffffULL * 1000 - 3000000 : 5000000;
	pair->iss[0] = how & 8 ? 0xffffff00u + in8(&in) : in32(&in);
	pair->iss[1] = how & 16 ? 0xffffff00u + in8(&in) : in32(&in);
	open_both(how);
	while (in.p < in.end)
		step(&in);
	heal();
	all_arrived();
	for (side = 0; side < 2; side++)
		while (pair->to[side].n)
			drop(&pair->to[side], 0);
	return 0;
}
