// SPDX-License-Identifier: GPL-2.0
/*
 * The model behind the fuzz targets: what must hold after every event.
 *
 * Text is taken inside the window only, and delivered once and in order; text
 * that was freed is never asked for; the user learns what the TCB knows.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bug.h>
#include <linux/minmax.h>
#include <atcp/wire.h>
#include "../../../kunit/invariants.h"
#include "end.h"

bool fuzz_verbose;

__attribute__((constructor)) static void look_at_environment(void)
{
	fuzz_verbose = getenv("FUZZ_VERBOSE");
}

void broken(const char *fmt, ...)
{
	va_list args;

	fputs("BROKEN: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void host_warn(const char *file, int line, const char *what)
{
	broken("%s:%d: WARNING: %s", file, line, what);
}

u8 octet_at(int side, u32 place)
{
	return (u8)((place * 2654435761u >> 13) ^ place ^ (side ? 0x5a : 0));
}

/* Options and sizes from the input, biased to what is small and awkward. */
void end_setup(struct end *e, int side, struct input *in)
{
	static const u32 buffs[] = { 300, 600, 2048, 5000, 65535, 65536, 100000, 0x20000 };
	static const u16 sizes[] = { 48, 100, 536, 1000, 1460, 9000 };
	struct atcp_params p;
	u8 bits = in8(in);
	u8 more = in8(in);
	u8 ecn = in8(in);
	u32 buff;

	memset(e->have, 0, e->high);
	memset(e, 0, offsetof(struct end, have));
	e->side = side;
	atcp_params_default(&p);
	p.features = (p.features & ~0x0f) | (bits & 0x0f);
	if (bits & 0x10)
		p.features |= ATCP_F_RFC1337;
	if (!(bits & 0x20))
		p.features &= ~ATCP_F_AUTOTUNE;
	p.wscale = more & 3;
	p.ecn = (ecn & 7) % ATCP_N_ECN_POLICIES;
	p.ecn_option = ecn >> 3 & 3;
	p.ecn_beacon = ecn >> 5 & 3;
	if (ecn & 0x80)
		p.cc = (u8)atcp_cc_find("dctcp");
	atcp_tcb_init(&e->tcb, &p, bits & 0x40);
	e->tcb.nodelay = bits >> 7;
	if (more & 1)		/* else it makes do with what it has */
		atcp_board_lend(&e->tcb.board, e->runs, more & 2 ? 12 : FUZZ_RUNS);
	buff = buffs[more >> 2 & 7];
	atcp_set_path_mss(&e->tcb, sizes[(more >> 5) % 6], 0);
	atcp_set_rcvbuff(&e->tcb, buff, buff < 65535 ? buff : 0x20000);
	e->tcb.rcv.mss_adv = sizes[(more >> 5) % 6];
	e->tcb.ts.offset = (u32)in16(in) << 16 | 0xff00;
}

void end_begin(struct end *e)
{
	e->was = e->tcb;
	memset(&e->fx, 0, sizeof(e->fx));
}

/* Place in the peer's stream of a sequence number. */
static u32 place_of(const struct end *e, u32 seq)
{
	return seq - (e->tcb.rcv.irs + 1);
}

static void keep_taken(struct end *e, const struct packet *packet)
{
	u32 seq = e->fx.take.seq, len = e->fx.take.len, off = e->fx.take.off;
	u32 nxt = e->was.rcv.nxt, wnd = e->was.rcv.wnd;
	u32 at = place_of(e, seq);
	u32 i;

	if (!len)
		return;
	if (!packet)
		broken("text taken without a segment");
	if (off + len > packet->seg.text || off + len < off)
		broken("text taken beyond the segment");
	if (seq != packet->seg.seq + !!(packet->seg.ctl & ATCP_SYN) + off)
		broken("text taken from another place than it says");
	if (e->was.state != ATCP_SYN_SENT && e->was.state != ATCP_LISTEN &&
	    (seq_lt(seq, nxt) || seq_gt(seq + len, nxt + wnd)))
		broken("text taken outside the window");
	if (at + len > sizeof(e->value))
		broken("text taken far beyond what was sent");
	e->high = max(e->high, at + len);
	for (i = 0; i < len; i++) {
		e->have[at + i] = 1;
		e->value[at + i] = packet->text[off + i];
	}
}

static void check_delivered(struct end *e)
{
	u32 i;

	for (i = 0; i < e->fx.deliver; i++, e->delivered++) {
		if (!e->have[e->delivered])
			broken("delivered octet %u that was never taken", e->delivered);
		if (e->value[e->delivered] != octet_at(!e->side, e->delivered))
			broken("octet %u delivered with another's value", e->delivered);
	}
	if (e->tcb.state == ATCP_LISTEN || e->tcb.state == ATCP_SYN_SENT ||
	    e->tcb.state == ATCP_CLOSED)
		return;
	if (place_of(e, e->tcb.rcv.nxt) - e->tcb.rcv_fin_done != e->delivered)
		broken("RCV.NXT moved %u, delivered %u",
		       place_of(e, e->tcb.rcv.nxt), e->delivered);
	if (e->tcb.rcv.user != e->delivered - e->consumed)
		broken("RCV.USER is %u, unread are %u", e->tcb.rcv.user,
		       e->delivered - e->consumed);
}

/* The connection is as new: a passive open went back to LISTEN. */
static void forget(struct end *e)
{
	e->queued = 0;
	e->freed = 0;
	e->delivered = 0;
	e->consumed = 0;
	memset(e->have, 0, e->high);
}

void end_done(struct end *e, const struct packet *packet)
{
	const char *what;

	e->freed += e->fx.acked;
	if (e->freed > e->queued)
		broken("%u octets acknowledged of %u queued", e->freed, e->queued);
	keep_taken(e, packet);
	check_delivered(e);
	if (e->fx.error) {
		if (e->tcb.state != ATCP_CLOSED)
			broken("an error and no end");
		e->error = e->fx.error;
	}
	what = atcp_broken(&e->was, &e->tcb, &e->fx);
	if (what)
		broken("%s (%s, side %d)", what, atcp_state_name(e->tcb.state), e->side);
	if (e->tcb.state == ATCP_LISTEN && e->was.state != ATCP_LISTEN)
		forget(e);
}

/* Text is ours to send: queued, not freed, and inside the peer's window. */
static void check_out(struct end *e, const struct atcp_out *out)
{
	const struct atcp_tcb *tcb = &e->tcb;
	u32 first = tcb->snd.iss + 1;

	if (!(out->ctl & ATCP_SYN) && !(out->ctl & ATCP_ACK))
		broken("a segment without ACK");
	if (out->text && !out->mss)
		broken("text without a size of pieces");
	if (!out->text)
		return;
	if (out->text_seq - first < e->freed)
		broken("text that was freed is asked for");
	if (out->text_seq - first + out->text > e->queued)
		broken("text that was never queued is asked for");
	if (out->text > 1 && seq_gt(out->text_seq + out->text,
				    e->was.snd.una + e->was.snd.wnd))
		broken("text beyond the peer's window");
	if (out->mss + atcp_wire_opt_len(&out->opt) > tcb->snd.mss_path)
		broken("segments larger than the path's");
}

/* The shortcut that the shell takes must equal the long way. */
static void check_shortcut(const struct end *e, bool asked, bool sent)
{
	if (asked)
		return;
	if (sent)
		broken("a segment that was not worth asking for");
	if (memcmp(&e->was, &e->tcb, sizeof(e->tcb)))
		broken("not worth asking, and yet the TCB changed");
}

bool end_next(struct end *e, u64 now, u32 room, struct atcp_out *out)
{
	bool asked = atcp_worth_asking(&e->tcb), sent;
	struct atcp_fx fx;
	const char *what;

	e->was = e->tcb;
	memset(out, 0xa5, sizeof(*out));
	memset(&fx, 0, sizeof(fx));
	fx.cause = e->fx.cause;
	sent = atcp_next_segment(&e->tcb, now, room, out, &fx);
	check_shortcut(e, asked, sent);
	if (sent) {
		check_out(e, out);
		if (e->tcb.state == ATCP_CLOSE_WAIT && out->ctl & ATCP_FIN)
			broken("a FIN out of CLOSE-WAIT");
		if (fx.n_edges && !(out->ctl & ATCP_FIN))
			broken("a change of state without a FIN");
		e->fx = fx;
		what = atcp_broken(&e->was, &e->tcb, &e->fx);
		if (what)
			broken("sending: %s", what);
		return true;
	}
	what = room ? atcp_stuck(&e->tcb) : NULL;
	if (what)
		broken("%s (%s, side %d)", what, atcp_state_name(e->tcb.state), e->side);
	if (atcp_deadline(&e->tcb) > now + 8000 * ATCP_USEC)
		broken("a deadline in the far future");
	return false;
}

void end_arrive(struct end *e, const struct packet *packet, u32 iss, u32 room, u64 now)
{
	end_begin(e);
	atcp_segment_arrives(&e->tcb, &packet->seg, iss, room, now, &e->fx);
	end_done(e, packet);
}

void end_send(struct end *e, u32 len, unsigned int flags, u64 now)
{
	len = min_t(u32, len, STREAM_MAX - e->queued);
	end_begin(e);
	if (!atcp_user_send(&e->tcb, len, flags, now, &e->fx))
		e->queued += len;
	end_done(e, NULL);
}

void end_receive(struct end *e, u32 len, u64 now)
{
	len = min(len, e->delivered - e->consumed);
	if (e->tcb.state == ATCP_LISTEN)
		return;
	end_begin(e);
	e->consumed += len;
	atcp_user_receive(&e->tcb, len, now, &e->fx);
	end_done(e, NULL);
}

void end_close(struct end *e, u64 now)
{
	end_begin(e);
	/* RFC 9293, 3.10.4: what was queued goes with the connection. */
	if (e->tcb.state == ATCP_SYN_SENT)
		e->aborted = true;
	atcp_user_close(&e->tcb, now, &e->fx);
	end_done(e, NULL);
}

void end_abort(struct end *e, u64 now)
{
	end_begin(e);
	e->aborted = true;
	atcp_user_abort(&e->tcb, now, &e->fx);
	end_done(e, NULL);
}

void end_timeouts(struct end *e, u64 now)
{
	end_begin(e);
	atcp_timeouts(&e->tcb, now, &e->fx);
	end_done(e, NULL);
}
