// SPDX-License-Identifier: GPL-2.0
/*
 * The sixth, seventh and eighth check of SEGMENT ARRIVES: urgent text, text
 * and its reassembly, FIN; and what of it is told in SACK blocks.
 *
 * RFC 9293 sections 3.10.7.4, 3.8.5 and 3.8.6.3; RFC 6093 (urgent); RFC 2018
 * and RFC 2883 (SACK generated); RFC 5681 section 4.2 (when to ACK).
 */

#include <atcp/core.h>

#define ACK_LEFT_MAX	(256 * 1024)	/* octets whose ACK may be left to RECEIVE */

static bool takes_text(const struct atcp_tcb *tcb)
{
	return tcb->state == ATCP_ESTABLISHED || tcb->state == ATCP_FIN_WAIT_1 ||
	       tcb->state == ATCP_FIN_WAIT_2 || atcp_fastopen_trusted(tcb);
}

/**
 * atcp_check_urg() - sixth, check the URG bit
 * @tcb:	the connection
 * @seg:	the segment
 * @fx:		effects
 *
 * The pointer is to the octet after the urgent text [MUST-62]; each advance is
 * signalled [MUST-32].  Source: RFC 9293, 3.10.7.4 and 3.8.5.
 * [MUST-30] [R6093-SUPPORT] [R9293-URGBACK]
 */
void atcp_check_urg(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_fx *fx)
{
	u32 up = seg->seq + seg->up;

	if (!(seg->ctl & ATCP_URG) || !takes_text(tcb))
		return;
	if (seq_leq(up, atcp_rcv_consumed(tcb)) ||
	    (tcb->rcv_urgent && seq_leq(up, tcb->rcv.up)))
		return;
	tcb->rcv.up = up;
	tcb->rcv_urgent = 1;
	fx->wake |= ATCP_WAKE_URG;
}

/**
 * atcp_dsack_report() - octets arrived that were here before
 * @tcb:	the connection
 * @left:	first of them
 * @right:	one past the last
 * @fx:		effects
 *
 * Told once, as first SACK block of the next ACK.  Source: RFC 2883, section 4.
 * [R2883-DSACK]
 */
void atcp_dsack_report(struct atcp_tcb *tcb, u32 left, u32 right, struct atcp_fx *fx)
{
	if (!(tcb->opts_on & ATCP_OPT_SACK_PERM) || !(tcb->p.features & ATCP_F_DSACK))
		return;
	tcb->sack.dsack.left = left;
	tcb->sack.dsack.right = right;
	tcb->sack.dsack_on = true;
	atcp_fx_event(fx, ATCP_EV_DSACK_SENT);
}

/* The block that holds @seq is to be told first (RFC 2018, section 4). [R2018-FIRST] */
static void sack_most_recent(struct atcp_tcb *tcb, u32 seq)
{
	memmove(&tcb->sack.recent[1], &tcb->sack.recent[0],
		(ATCP_MAX_SACK - 1) * sizeof(tcb->sack.recent[0]));
	tcb->sack.recent[0] = seq;
	tcb->sack.n_recent = min_t(u8, tcb->sack.n_recent + 1, ATCP_MAX_SACK);
}

/* What of an arriving segment is wanted: octets [seq, end), from offset off. */
struct wanted {
	u32 seq;
	u32 end;
	u32 off;
	bool fin;			/* the FIN behind it may be used */
};

/*
 * "Segments with higher beginning sequence numbers SHOULD be held for later
 * processing" [SHLD-31]; what lies outside the window, or behind the peer's
 * FIN, or has no room, is trimmed, and a FIN behind it with it. [R9293-TRIM]
 */
static struct wanted trim(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			  u32 room, struct atcp_fx *fx)
{
	struct wanted w = {
		.seq = seg->seq,
		.end = seg->seq + seg->text,
		.fin = seg->ctl & ATCP_FIN,
	};
	u32 edge = tcb->rcv.nxt + tcb->rcv.wnd;

	if (seq_lt(w.seq, tcb->rcv.nxt)) {
		w.off = tcb->rcv.nxt - w.seq;
		w.seq = tcb->rcv.nxt;
	}
	if (seq_gt(w.end + w.fin, edge)) {
		w.end = seq_min(w.end, edge);
		w.fin = false;
	}
	if (tcb->rcv_fin && seq_gt(w.end, tcb->rcv.fin))
		w.end = tcb->rcv.fin;
	if (seq_gt(w.end, w.seq) && w.end - w.seq > room) {
		w.end = w.seq + room;
		w.fin = false;
		atcp_fx_event(fx, ATCP_EV_RCV_PRUNED);
	}
	return w;
}

/* The size of the peer's full segments, to know when two of them came. */
static void learn_mss(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u32 piece = seg->gso ? seg->gso : seg->text;

	if (piece >= tcb->rcv.mss_seen ||
	    (piece >= ATCP_DEFAULT_MSS4 && !(seg->ctl & ATCP_PSH)))
		tcb->rcv.mss_seen = piece;
}

/*
 * An aggregate is one arrival.  The user is being woken for it and will take it
 * at once; its RECEIVE sends the ACK, with the window open again, and by then
 * more may have come.  One that is behind is not waited for once half of what it
 * was offered is used, nor one that wants to be woken for much (RFC 5681, 4.2, on
 * who may depart from [SHLD-19]; the delay stays bounded by [MUST-58]).
 */
static bool left_to_receive(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	return seg->gso && !tcb->patient && tcb->rcv.unacked < ACK_LEFT_MAX &&
	       tcb->rcv.unacked < tcb->rcv.wnd;
}

/*
 * An ACK for every second full segment, else within delack_ms [SHLD-18]
 * [SHLD-19] [MUST-58] [MUST-59]; at once where the peer learns of a gap or
 * its filling (RFC 5681, 4.2).
 * [MUST-40] [R5681-DACK] [R5681-DACK500] [R5681-ONEACK] [R5681-GAPACK]
 */
static void schedule_ack(struct atcp_tcb *tcb, const struct atcp_seg *seg, bool gap, u64 now)
{
	if (gap || (atcp_ack_due(tcb) && !left_to_receive(tcb, seg))) {
		atcp_ack_now(tcb);
	} else if (tcb->quick_acks || tcb->route.quickack) {
		tcb->quick_acks -= !!tcb->quick_acks;
		atcp_ack_now(tcb);
	} else if (!atcp_armed(tcb, ATCP_TIMER_DELACK)) {
		atcp_arm(tcb, ATCP_TIMER_DELACK, now + tcb->p.delack_ms * ATCP_MSEC);
	}
}

static void take(struct atcp_fx *fx, const struct wanted *w)
{
	fx->take.off = w->off;
	fx->take.seq = w->seq;
	fx->take.len = w->end - w->seq;
}

/* Part of it may be here already: before RCV.NXT, or behind a gap. [R2883-DSACK2] */
static void report_overlap(struct atcp_tcb *tcb, const struct wanted *w, struct atcp_fx *fx)
{
	u8 i;

	if (w->off) {
		atcp_dsack_report(tcb, w->seq - w->off, w->seq, fx);
		return;
	}
	for (i = 0; i < tcb->ofo.n; i++) {
		u32 left = seq_max(tcb->ofo.r[i].left, w->seq);
		u32 right = seq_min(tcb->ofo.r[i].right, w->end);

		if (seq_lt(left, right)) {
			atcp_dsack_report(tcb, left, right, fx);
			return;
		}
	}
}

static void take_in_order(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			  const struct wanted *w, u64 now, struct atcp_fx *fx)
{
	bool gap = tcb->ofo.n;
	u32 nxt, len;

	atcp_ecn_text_in(tcb, seg, now, fx);
	report_overlap(tcb, w, fx);
	nxt = atcp_ranges_pop(&tcb->ofo, w->end);
	len = nxt - tcb->rcv.nxt;
	take(fx, w);
	fx->deliver = len;
	fx->wake |= ATCP_WAKE_READ;
	tcb->rcv.nxt = nxt;
	tcb->rcv.wnd -= len;
	tcb->rcv.user += len;
	tcb->rcv.unacked += len;
	tcb->octets_rcvd += len;
	schedule_ack(tcb, seg, gap || tcb->sack.dsack_on, now);
}

/* [MAY-13] [R5681-OOOACK] */
static void hold(struct atcp_tcb *tcb, const struct atcp_seg *seg, const struct wanted *w,
		 u64 now, struct atcp_fx *fx)
{
	atcp_ecn_text_in(tcb, seg, now, fx);
	atcp_ack_now(tcb);
	report_overlap(tcb, w, fx);
	if (atcp_ranges_cover(&tcb->ofo, w->seq, w->end))
		return;
	if (!atcp_ranges_add(&tcb->ofo, w->seq, w->end)) {
		atcp_fx_event(fx, ATCP_EV_OFO_DROP);
		return;
	}
	sack_most_recent(tcb, w->seq);
	take(fx, w);
	atcp_fx_event(fx, ATCP_EV_OFO_QUEUE);
}

/* A FIN counts once all before it is here; until then its place is kept. */
static void note_fin(struct atcp_tcb *tcb, u32 seq)
{
	const struct atcp_ranges *ofo = &tcb->ofo;

	/* Nothing comes after a FIN: one before text that is here is a lie. */
	if (tcb->rcv_fin || (ofo->n && seq_gt(ofo->r[ofo->n - 1].right, seq)))
		return;
	tcb->rcv_fin = 1;
	tcb->rcv.fin = seq;
}

/*
 * All before this FIN is here: it ends the text, whatever else is held or was told.
 * Were it the lie, others could keep a connection from its end by a guess at the
 * window; to guess RCV.NXT is harder.
 */
static void end_text(struct atcp_tcb *tcb, u32 seq)
{
	tcb->ofo.n = 0;
	tcb->rcv_fin = 1;
	tcb->rcv.fin = seq;
}

/* Text, or a FIN, that is not wanted: an old duplicate, or no room for it. */
static void refuse(struct atcp_tcb *tcb, const struct atcp_seg *seg,
		   const struct wanted *w, struct atcp_fx *fx)
{
	u32 end = seg->seq + seg->text;

	if (seg->text && seq_leq(end, tcb->rcv.nxt) && w->off)
		atcp_dsack_report(tcb, seg->seq, end, fx);
	atcp_ack_now(tcb);
}

/*
 * The user has gone, or neither sends nor reads any more: nobody will read this,
 * and the peer is to know [SHLD-3].
 */
static bool text_for_nobody(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
			    struct atcp_fx *fx)
{
	bool nobody = tcb->orphan || (tcb->deaf && tcb->fin);

	if (!nobody || !seg->text || seq_leq(seg->seq + seg->text, tcb->rcv.nxt))
		return false;
	atcp_fx_event(fx, ATCP_EV_ABORT_ON_DATA);
	atcp_reply_rst(tcb, seg, now, fx);
	atcp_to_closed(tcb, tcb->orphan ? 0 : ECONNRESET, fx);
	return true;
}

/**
 * atcp_check_text() - seventh, process the segment text
 * @tcb:	the connection
 * @seg:	the segment
 * @room:	octets of it that there is memory for
 * @now:	microseconds
 * @fx:		tells what to keep and what became readable
 *
 * Source: RFC 9293, 3.10.7.4. Return: true to go on with the eighth check.
 */
bool atcp_check_text(struct atcp_tcb *tcb, const struct atcp_seg *seg, u32 room,
		     u64 now, struct atcp_fx *fx)
{
	struct wanted w;

	if (!takes_text(tcb))	/* "should not occur ... ignore" */
		return false;
	if (!seg->text && !(seg->ctl & ATCP_FIN))
		return true;
	if (text_for_nobody(tcb, seg, now, fx))
		return false;

	if (seg->text)
		learn_mss(tcb, seg);
	w = trim(tcb, seg, room, fx);
	if (w.fin && w.seq == tcb->rcv.nxt && w.end == seg->seq + seg->text)
		end_text(tcb, w.end);
	else if (w.fin)
		note_fin(tcb, seg->seq + seg->text);
	if (seg->text && !seq_lt(w.seq, w.end))
		refuse(tcb, seg, &w, fx);
	else if (seg->text && w.seq == tcb->rcv.nxt)
		take_in_order(tcb, seg, &w, now, fx);
	else if (seg->text)
		hold(tcb, seg, &w, now, fx);
	else
		atcp_ack_now(tcb);	/* a lone FIN, in order or not */
	return true;
}

/**
 * atcp_check_fin() - eighth, check the FIN bit
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * The FIN may have come with this segment or, out of order, before it.
 * Source: RFC 9293, 3.10.7.4.
 */
void atcp_check_fin(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	if (!tcb->rcv_fin || tcb->rcv_fin_done || tcb->rcv.fin != tcb->rcv.nxt)
		return;
	tcb->rcv_fin_done = 1;
	tcb->rcv.nxt++;
	tcb->rcv.wnd--;			/* trim() saw to it that there was place */
	atcp_ack_now(tcb);
	fx->wake |= ATCP_WAKE_STATE | ATCP_WAKE_READ;

	switch (tcb->state) {
	case ATCP_ESTABLISHED:
		atcp_set_state(tcb, ATCP_CLOSE_WAIT, fx);
		break;
	case ATCP_FIN_WAIT_1:		/* our FIN is not acknowledged */
		atcp_set_state(tcb, ATCP_CLOSING, fx);
		break;
	case ATCP_FIN_WAIT_2:
		atcp_set_state(tcb, ATCP_TIME_WAIT, fx);
		atcp_start_time_wait(tcb, now);
		break;
	default:
		break;
	}
}
