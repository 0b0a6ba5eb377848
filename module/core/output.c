// SPDX-License-Identifier: GPL-2.0
/*
 * What to send next: the one door for SYN, text, FIN, retransmissions, probes
 * and ACKs.
 *
 * RFC 9293 sections 3.7.4 (Nagle), 3.8.6.2.1 (sender's silly window avoidance),
 * 3.8.6.1 (probes), 3.8.4 (keep-alive) and 3.9.1 (PSH); RFC 5681 section 4.1
 * (restart after idle); RFC 2018 (SACK blocks); RFC 7323 section 4 (timestamps).
 */

#include <linux/build_bug.h>
#include <atcp/core.h>

#define OVERRIDE_TIMEOUT	(200 * ATCP_MSEC)	/* 0.1 to 1 s */

/* ---- what every segment carries ---- */

static bool add_sack(struct atcp_opts *opt, const struct atcp_range *block, u8 most)
{
	u8 i;

	for (i = 0; i < opt->n_sack; i++)
		if (opt->sack[i].left == block->left && opt->sack[i].right == block->right)
			return true;
	if (opt->n_sack == most)
		return false;
	opt->sack[opt->n_sack++] = *block;
	return true;
}

/* So many blocks fit behind the other options. [R2385-SACK] */
static u8 sack_room(const struct atcp_opts *opt)
{
	u32 left = ATCP_HDR_MAX - ATCP_HDR_MIN - atcp_wire_opt_len(opt);

	return left < 4 ? 0 : min_t(u32, (left - 4) / sizeof(struct atcp_range), ATCP_MAX_SACK);
}

/*
 * RFC 2018, section 4: first the block of the segment that caused this ACK,
 * then those told of before, then what else there is.  RFC 2883: a duplicate
 * comes before all of them, once. [R2018-ALL] [R2018-MANY] [R2018-REPEAT]
 */
static void sack_blocks(const struct atcp_tcb *tcb, struct atcp_opts *opt)
{
	u8 most = sack_room(opt);
	u8 i;

	if (!(tcb->opts_on & ATCP_OPT_SACK_PERM))
		return;
	if (tcb->sack.dsack_on)
		add_sack(opt, &tcb->sack.dsack, most);
	if (!tcb->ofo.n)
		return;
	for (i = 0; i < tcb->sack.n_recent; i++) {
		const struct atcp_range *block;

		block = atcp_ranges_find(&tcb->ofo, tcb->sack.recent[i]);
		if (block)
			add_sack(opt, block, most);
	}
	for (i = 0; i < tcb->ofo.n; i++)
		if (!add_sack(opt, &tcb->ofo.r[i], most))
			break;
}

static void common_options(const struct atcp_tcb *tcb, u64 now, struct atcp_opts *opt)
{
	opt->auth = tcb->auth;
	if (tcb->opts_on & ATCP_OPT_TS) {
		opt->have |= ATCP_OPT_TS;
		opt->tsval = atcp_tsval(tcb, now);
		opt->tsecr = tcb->ts.recent;
	}
	sack_blocks(tcb, opt);
	atcp_uto_option(tcb, opt);
	atcp_accecn_option(tcb, now, opt);
}

/* [R7323-WSSHIFT] */
static u16 window_field(const struct atcp_tcb *tcb, u8 shift)
{
	return (u16)min_t(u32, tcb->rcv.wnd >> shift, U16_MAX);
}

/* An ACK of all that arrived is about to go: nothing is owed any more. */
static void acknowledged(struct atcp_tcb *tcb)
{
	tcb->send &= ~ATCP_SEND_ACK;
	tcb->rcv.unacked = 0;
	tcb->rcv.last_ack_sent = tcb->rcv.nxt;
	atcp_disarm(tcb, ATCP_TIMER_DELACK);
}

/* ACK, window, options and urgent pointer. [R9293-ACKALWAYS] */
static void acknowledge(struct atcp_tcb *tcb, struct atcp_out *out, u64 now)
{
	atcp_window_offer(tcb);
	out->ctl |= ATCP_ACK;
	out->ack = tcb->rcv.nxt;
	out->wnd = window_field(tcb, tcb->rcv.wscale);
	common_options(tcb, now, &out->opt);
	atcp_ecn_out(tcb, out, now);
	if (tcb->snd_urgent && seq_gt(tcb->snd.up, out->seq)) {
		out->ctl |= ATCP_URG;
		out->up = (u16)min_t(u32, tcb->snd.up - out->seq, U16_MAX);
	}

	tcb->sack.dsack_on = false;
	if (unlikely(out->opt.have & ATCP_OPT_UTO))
		tcb->uto.tell = false;
	acknowledged(tcb);
}

static void note_sent_again(struct atcp_tcb *tcb, u32 seq, u32 end, u64 now)
{
	struct atcp_board *b = &tcb->board;
	unsigned int i;

	for (i = atcp_board_carve(b, seq, end); i < b->n; i++) {
		struct atcp_sent *run = atcp_board_runs(b) + i;
		u8 flags = run->flags & ATCP_SACKED;
		u32 len = atcp_run_end(b, i) - run->seq;

		if (seq_geq(run->seq, end))
			break;
		atcp_board_set(b, i, ATCP_LOST | ATCP_AGAIN | flags);
		atcp_rate_sent(tcb, run, len, now);
		atcp_board_set(b, i, (run->flags & ATCP_APP_LIMITED) | ATCP_AGAIN | flags);
	}
	atcp_undo_resent(tcb, end - seq, now);
}

/*
 * Octets go into the network, at @now: those sent before count as sent now, and all are
 * in flight again.
 */
static void note_sent(struct atcp_tcb *tcb, u32 seq, u32 end, u64 now)
{
	struct atcp_board *b = &tcb->board;
	struct atcp_sent run = { 0 };

	if (seq_lt(seq, b->end))
		note_sent_again(tcb, seq, seq_min(end, b->end), now);
	if (seq_gt(end, b->end)) {
		atcp_rate_sent(tcb, &run, end - b->end, now);
		atcp_board_add(b, end, &run);
		tcb->snd.nxt = seq_max(tcb->snd.nxt, end);
	}
	atcp_prr_sent(tcb, end - seq);
}

static void keep_timer(struct atcp_tcb *tcb, u64 now)
{
	if (!atcp_armed(tcb, ATCP_TIMER_RETRANSMIT) && !tcb->persisting)
		atcp_arm_retransmit(tcb, now);
}

/* ---- SYN ---- */

/* [MUST-65] [R2018-PERM] [R7323-WSOFFER] [R7323-WSREPLY] [R7323-TSECR0] */
static bool next_syn(struct atcp_tcb *tcb, u64 now, struct atcp_out *out)
{
	u32 f = tcb->p.features;
	bool reply = tcb->state != ATCP_SYN_SENT;
	u32 text;

	if (!(tcb->send & ATCP_SEND_SYN))
		return false;
	tcb->send &= ~ATCP_SEND_SYN;

	out->seq = tcb->snd.iss;
	out->ctl = ATCP_SYN;
	out->rexmit = tcb->rec.retries > 0;
	/* In a SYN,ACK only what the SYN had (RFC 7323, 2.2 and 3.2). */
	out->opt.have = ATCP_OPT_MSS;			/* [SHLD-5] [MAY-3] */
	out->opt.auth = tcb->auth;
	out->opt.mss = tcb->rcv.mss_adv;
	if (tcb->snd.mss_user)
		out->opt.mss = min(out->opt.mss, tcb->snd.mss_user);
	out->opt.wscale = tcb->rcv.wscale;
	if (reply ? tcb->opts_on & ATCP_OPT_WSCALE : f & ATCP_F_WSCALE)
		out->opt.have |= ATCP_OPT_WSCALE;
	if (reply ? tcb->opts_on & ATCP_OPT_SACK_PERM : f & ATCP_F_SACK)
		out->opt.have |= ATCP_OPT_SACK_PERM;
	if (reply ? tcb->opts_on & ATCP_OPT_TS :
		    f & ATCP_F_TIMESTAMPS && atcp_ts_fits(tcb, f & ATCP_F_SACK)) {
		out->opt.have |= ATCP_OPT_TS;
		out->opt.tsval = atcp_tsval(tcb, now);
	}
	atcp_fastopen_option(tcb, out);
	atcp_uto_option(tcb, &out->opt);
	out->wnd = window_field(tcb, 0);
	if (reply) {
		out->ctl |= ATCP_ACK;
		out->ack = tcb->rcv.nxt;
		out->opt.tsecr = tcb->ts.recent;
		acknowledged(tcb);
	}
	atcp_ecn_syn_out(tcb, out);
	text = atcp_fastopen_put_text(tcb, out);
	note_sent(tcb, tcb->snd.iss, tcb->snd.iss + 1 + text, now);
	keep_timer(tcb, now);
	return true;
}

/* ---- text and FIN, sent the first time ---- */

/* Octets of text in a full segment with these options: there is always room. */
static u32 mss_with(const struct atcp_tcb *tcb, const struct atcp_opts *opt)
{
	BUILD_BUG_ON(ATCP_HDR_MAX - ATCP_HDR_MIN >= ATCP_MIN_MSS);
	return atcp_base_mss(tcb) - atcp_wire_opt_len(opt);
}

/* a - b, none when b is ahead */
static u32 room_to(u32 a, u32 b)
{
	return seq_gt(a, b) ? a - b : 0;
}

/*
 * RFC 5681, 4.1: what was learnt before a pause of more than an RTO is stale. What
 * sets its window itself has its own way to go on. [BBR-IDLE]
 * [R5681-IDLE]
 */
static void restart_after_idle(struct atcp_tcb *tcb, u64 now)
{
	if (tcb->snd.una != tcb->snd.nxt)
		return;
	if (tcb->last_snd && now - tcb->last_snd > atcp_rto_current(tcb) &&
	    !atcp_cc_get(tcb->cc.algo)->control)
		tcb->cc.cwnd = min(tcb->cc.cwnd, atcp_initial_window(tcb));
	atcp_cc_tell(&tcb->cc, ATCP_CC_RESTART, now);
}

/*
 * May a segment go that is not full, and holds all text there is?
 *
 * Nagle's algorithm [SHLD-7] with the modification of RFC 9293, appendix A.3:
 * one partial segment may be outstanding, so that the end of a large write does
 * not wait for the ACK of its beginning. [MUST-17] [MAY-16]
 */
static bool partial_may_go(const struct atcp_tcb *tcb)
{
	if (tcb->fin || tcb->send & ATCP_SEND_OVERRIDE || tcb->snd_urgent)
		return true;
	if (tcb->cork || tcb->more)
		return false;
	return tcb->nodelay || seq_leq(tcb->snd.small, tcb->snd.una);
}

/*
 * How much new text may go now, by 3.8.6.2.1: full segments; or all there is;
 * or half of the largest window the peer ever had.
 * [SHLD-15] [SHLD-27] [SHLD-28] [R5681-CWNDLIM] [R7323-WSNEW]
 */
static u32 text_to_send(struct atcp_tcb *tcb, u32 mss, u32 room)
{
	u32 d = room_to(tcb->snd.end, tcb->snd.nxt);
	u32 u = room_to(tcb->snd.una + tcb->snd.wnd, tcb->snd.nxt);
	u32 flight = atcp_flight(tcb);
	u32 cwnd = atcp_recovery_cwnd(tcb);
	u32 c = cwnd > flight ? cwnd - flight : 0;
	u32 n = min(min(d, u), room);

	/* queues count packets: one that is not full takes the place of one that is */
	if (flight)
		c -= c % mss;
	tcb->cwnd_limited = n > c;
	n = min(n, c);
	if (tcb->snd_urgent)			/* GSO would smear the pointer */
		n = min(n, mss);
	if (n == d)
		return partial_may_go(tcb) ? n : n - n % mss;
	if (n >= mss)
		return n - n % mss;
	if (n < u || !n)		/* cwnd or the queue below: wait for it */
		return 0;
	if (tcb->send & ATCP_SEND_OVERRIDE)
		return n;
	/* [MUST-38] rule (3), with Nagle's clause */
	if (n >= tcb->snd.max_wnd / 2 && (tcb->nodelay || tcb->snd.una == tcb->snd.nxt))
		return n;
	return 0;
}

/*
 * The FIN goes with the last text, or alone; it needs a place in the window. A CLOSE
 * that waits in SYN-RECEIVED for text to go waits for ESTABLISHED.
 */
static bool fin_may_go(const struct atcp_tcb *tcb, u32 nxt)
{
	return tcb->fin && nxt == tcb->snd.end && tcb->state != ATCP_SYN_RECEIVED &&
	       seq_gt(tcb->snd.una + tcb->snd.wnd, nxt);
}

static void put_text(struct atcp_tcb *tcb, struct atcp_out *out, u32 seq, u32 n, u32 mss)
{
	out->seq = seq;
	out->text_seq = seq;
	out->text = n;
	out->mss = (u16)mss;
	if (n && seq + n == tcb->snd.end)	/* [MUST-60] [MUST-61] */
		out->ctl |= ATCP_PSH;
	if (n % mss)
		tcb->snd.small = seq + n;
}

static bool next_text(struct atcp_tcb *tcb, u64 now, u32 room, struct atcp_out *out)
{
	struct atcp_opts opt = { 0 };
	u32 nxt = tcb->snd.nxt;
	u32 mss, n, probe;
	bool fin;

	if (seq_gt(nxt, tcb->snd.end) || (nxt == tcb->snd.end && !tcb->fin))
		return false;
	restart_after_idle(tcb, now);
	common_options(tcb, now, &opt);
	probe = room ? atcp_mtu_probe_text(tcb, &opt, now) : 0;
	if (probe == ATCP_MTU_WAIT)
		return false;
	mss = probe ?: mss_with(tcb, &opt);
	room = now < tcb->ecn.hold ? 0 : atcp_ecn_room(tcb, room, mss);	/* [R3168-CWND1] */
	n = probe ?: text_to_send(tcb, mss, room);
	fin = fin_may_go(tcb, nxt + n);
	if (!n && !fin)
		return false;

	put_text(tcb, out, nxt, n, mss);
	if (fin)
		out->ctl |= ATCP_FIN;
	acknowledge(tcb, out, now);
	if (probe)
		atcp_mtu_probe_sent(tcb, out);
	if (n)
		atcp_ecn_new_text(tcb, out);
	note_sent(tcb, nxt, nxt + n + fin, now);
	if (n % mss || tcb->snd.nxt == tcb->snd.end + fin)
		tcb->send &= ~ATCP_SEND_OVERRIDE;	/* what was held has gone */
	atcp_disarm(tcb, ATCP_TIMER_OVERRIDE);
	tcb->last_snd = now;
	keep_timer(tcb, now);
	atcp_tlp_schedule(tcb, now);
	return true;
}

/* ---- retransmission ---- */

/*
 * How much of what is deemed lost to send again, from @seq on.  Where the peer does not
 * tell what it has, the first segment goes whatever cwnd says (RFC 5681, 3.2), and a
 * segment is filled up with what follows, sent before or not. [R6675-SEND] [R6675-NEXTSEG]
 */
static u32 text_to_resend(const struct atcp_tcb *tcb, u32 seq, u32 mss, u32 room)
{
	bool sack = tcb->opts_on & ATCP_OPT_SACK_PERM;
	u32 lost = atcp_board_lost_len(&tcb->board, seq);
	u32 n = room_to(tcb->snd.end, seq);
	u32 flight = atcp_flight(tcb);
	u32 c = tcb->cc.cwnd > flight ? tcb->cc.cwnd - flight : 0;

	if (seq == tcb->snd.una || (!sack && tcb->rec.state == ATCP_FAST_RECOVERY))
		c = max(c, mss);
	if (tcb->snd_urgent)
		c = min(c, mss);
	n = min(n, room_to(tcb->snd.una + tcb->snd.wnd, seq));	/* [SHLD-16] [SHLD-17] */
	n = min(n, sack ? lost : max(lost, mss));
	if (n > mss)
		n -= n % mss;
	if (n > c)
		n = c - c % mss;
	return min(n, room >= mss ? room - room % mss : room);
}

/* [R6298-FIRSTSEG] */
static bool next_rexmit(struct atcp_tcb *tcb, u64 now, u32 room, struct atcp_out *out)
{
	struct atcp_opts opt = { 0 };
	u32 small = tcb->snd.small;
	u32 seq, mss, n;
	bool fin;

	if (!tcb->board.lost || atcp_syn_unacked(tcb))
		return false;
	seq = atcp_board_lost_seq(&tcb->board);
	atcp_accecn_resends(tcb, seq);
	common_options(tcb, now, &opt);
	mss = mss_with(tcb, &opt);
	n = text_to_resend(tcb, seq, mss, atcp_ecn_room(tcb, room, mss));
	fin = fin_may_go(tcb, seq + n);
	if (!n && !fin)
		return false;

	put_text(tcb, out, seq, n, mss);
	tcb->snd.small = small;
	out->rexmit = true;
	if (fin)
		out->ctl |= ATCP_FIN;
	acknowledge(tcb, out, now);
	note_sent(tcb, seq, seq + n + fin, now);
	tcb->last_snd = now;
	/* Of those that follow each would put the time-out off. */
	if (seq == tcb->snd.una)
		atcp_disarm(tcb, ATCP_TIMER_RETRANSMIT);
	keep_timer(tcb, now);
	return true;
}

/*
 * To find out whether a time-out was spurious, new text goes before what is deemed lost
 * (RFC 5682).  There is none, or no room for it: then the text that was deemed lost goes.
 */
static bool next_held(struct atcp_tcb *tcb, u64 now, u32 room, struct atcp_out *out)
{
	if (!tcb->rec.hold || !room || !tcb->board.lost ||
	    seq_gt(tcb->snd.nxt, tcb->rec.recover))
		return false;
	tcb->rec.hold = 0;
	tcb->rec.frto = 0;
	return next_rexmit(tcb, now, room, out);
}

/* ---- a probe of the tail ---- */

/*
 * RFC 8985, 7.3: a new segment if there is one and the peer has room for it, whatever
 * cwnd says; else the last one again, unless the window has been taken back from
 * it. [R8985-PROBE] [SHLD-17]
 */
static bool next_tail(struct atcp_tcb *tcb, u64 now, u32 room, struct atcp_out *out)
{
	u32 seq = tcb->snd.nxt, small = tcb->snd.small;
	u32 edge = tcb->snd.una + tcb->snd.wnd;
	struct atcp_opts opt = { 0 };
	bool again, fin;
	u32 mss, n;

	if (!(tcb->send & ATCP_SEND_TAIL) || !room)
		return false;
	common_options(tcb, now, &opt);
	mss = min(mss_with(tcb, &opt), room);
	n = min(room_to(tcb->snd.end, seq), room_to(edge, seq));
	again = !n;
	if (again) {
		u32 end = seq - atcp_fin_sent(tcb);

		seq = end - min(end - tcb->snd.una, mss);
		n = min(end - seq, room_to(edge, seq));
	}
	n = min(n, mss);
	fin = fin_may_go(tcb, seq + n);
	if (!n && !fin) {
		tcb->send &= ~ATCP_SEND_TAIL;
		return false;
	}
	out->rexmit = again;
	put_text(tcb, out, seq, n, mss);
	if (again)
		tcb->snd.small = small;
	if (fin)
		out->ctl |= ATCP_FIN;
	acknowledge(tcb, out, now);
	if (n && !again)
		atcp_ecn_new_text(tcb, out);
	note_sent(tcb, seq, seq + n + fin, now);
	tcb->last_snd = now;
	keep_timer(tcb, now);
	atcp_tlp_sent(tcb, again);
	return true;
}

/* ---- probes ---- */

/*
 * A zero-window probe: one octet, that was sent before if there is one, else a
 * new one, else the FIN.  RFC 9293, 3.8.6.1 [MUST-35] [MUST-36].
 */
static bool next_probe(struct atcp_tcb *tcb, u64 now, struct atcp_out *out)
{
	u32 seq = tcb->snd.una;

	if (!(tcb->send & ATCP_SEND_PROBE))
		return false;
	tcb->send &= ~ATCP_SEND_PROBE;
	out->rexmit = seq_lt(seq, tcb->snd.nxt);
	if (seq_lt(seq, tcb->snd.end)) {
		put_text(tcb, out, seq, 1, 1);
	} else if (tcb->fin && seq == tcb->snd.end) {
		out->seq = seq;
		out->ctl = ATCP_FIN;
	} else {
		return false;
	}
	note_sent(tcb, seq, seq + 1, now);
	acknowledge(tcb, out, now);
	return true;
}

/* SEG.SEQ = SND.NXT-1, no text: outside the window, so it is answered. [SHLD-12] */
static bool next_keepalive(struct atcp_tcb *tcb, u64 now, struct atcp_out *out)
{
	if (!(tcb->send & ATCP_SEND_KEEPALIVE))
		return false;
	tcb->send &= ~ATCP_SEND_KEEPALIVE;
	out->seq = tcb->snd.nxt - 1;
	acknowledge(tcb, out, now);
	return true;
}

static bool next_ack(struct atcp_tcb *tcb, u64 now, struct atcp_out *out)
{
	if (!(tcb->send & ATCP_SEND_ACK))
		return false;
	out->seq = atcp_ack_seq(tcb);
	acknowledge(tcb, out, now);
	return true;
}

/* For STATUS: an aggregate counts for the pieces that it is cut into. */
static void count_out(struct atcp_tcb *tcb, const struct atcp_out *out)
{
	u32 n = out->text > out->mss ? DIV_ROUND_UP(out->text, out->mss) : 1;

	tcb->segs_out += n;
	tcb->octets_sent += out->text;
	if (out->text)
		tcb->data_segs_out += n;
	if (out->rexmit)
		tcb->rec.total += n;
}

/**
 * atcp_ack_before() - acknowledge what came before the segment that is being looked at
 * @tcb:	the connection, RCV.NXT not yet moved
 * @now:	microseconds
 * @fx:		gets the ACK, which goes out before all else
 *
 * Source: RFC 8257, 3.2.
 */
void atcp_ack_before(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	struct atcp_out *out = &fx->reply;

	out->seq = atcp_ack_seq(tcb);
	acknowledge(tcb, out, now);
	count_out(tcb, out);
}

/* ---- nothing more to send ---- */

/*
 * Text that waits with nothing in flight would wait for ever: probe a closed
 * window, override one that is merely small.
 */
static void watch_what_waits(struct atcp_tcb *tcb, u64 now)
{
	bool waits = seq_lt(tcb->snd.nxt, tcb->snd.end + tcb->fin);

	if (!waits || atcp_syn_unacked(tcb) || tcb->persisting)
		return;
	if (tcb->snd.una != tcb->snd.nxt && !tcb->cork && !tcb->more)
		return;				/* an ACK will come */
	if (!tcb->snd.wnd) {
		if (tcb->snd.una != tcb->snd.nxt)
			return;
		tcb->persisting = 1;
		atcp_arm(tcb, ATCP_TIMER_PERSIST, now + atcp_rto_current(tcb));
	} else if (!atcp_armed(tcb, ATCP_TIMER_OVERRIDE)) {
		atcp_arm(tcb, ATCP_TIMER_OVERRIDE,
			 max(now + OVERRIDE_TIMEOUT, tcb->ecn.hold));
	}
}

static bool may_send_text(const struct atcp_tcb *tcb)
{
	u8 state = tcb->state;

	return state == ATCP_ESTABLISHED || state == ATCP_CLOSE_WAIT ||
	       state == ATCP_FIN_WAIT_1 || state == ATCP_CLOSING ||
	       state == ATCP_LAST_ACK || atcp_fastopen_trusted(tcb);
}

static bool next(struct atcp_tcb *tcb, u64 now, u32 room, struct atcp_out *out)
{
	if (next_syn(tcb, now, out))
		return true;
	if (tcb->state == ATCP_SYN_SENT)
		return false;
	/* RFC 9768, 3.2.2.1: how the SYN,ACK came is told before there is text. */
	if (tcb->ecn.acc.encode && next_ack(tcb, now, out))
		return true;
	if (may_send_text(tcb)) {
		if ((!tcb->rec.hold && next_rexmit(tcb, now, room, out)) ||
		    next_tail(tcb, now, room, out) ||
		    next_text(tcb, now, room, out) ||
		    next_held(tcb, now, room, out) ||
		    next_probe(tcb, now, out))
			return true;
		watch_what_waits(tcb, now);
	}
	return next_keepalive(tcb, now, out) || next_ack(tcb, now, out);
}

/*
 * "Queue this request until all preceding SENDs have been segmentized; then send
 * a FIN segment, enter LAST-ACK state": whatever event it was that let it go.
 * [R9293-CLOSEFLUSH]
 */
static void close_queued(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->state == ATCP_CLOSE_WAIT && atcp_fin_sent(tcb))
		atcp_set_state(tcb, ATCP_LAST_ACK, fx);
}

/**
 * atcp_next_segment() - what to send now
 * @tcb:	the connection
 * @now:	microseconds
 * @room:	most octets of text the segment may have; 0: no text now, ask
 *		again when there is room
 * @out:	filled in
 * @fx:		effects of the event before: an edge is added when the segment
 *		carries the FIN of a CLOSE that waited in CLOSE-WAIT
 *
 * To be asked until it says none, after every event.
 *
 * Context: the TCB's lock held; any. Source: RFC 9293, 3.10.4.
 * Return: false when there is nothing.
 */
bool atcp_next_segment(struct atcp_tcb *tcb, u64 now, u32 room, struct atcp_out *out,
		       struct atcp_fx *fx)
{
	if (tcb->state == ATCP_CLOSED || tcb->state == ATCP_LISTEN)
		return false;
	memset(out, 0, sizeof(*out));
	if (!next(tcb, now, room, out))
		return false;
	close_queued(tcb, fx);
	count_out(tcb, out);
	return true;
}
