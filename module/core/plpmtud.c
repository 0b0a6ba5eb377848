// SPDX-License-Identifier: GPL-2.0
/*
 * Packetization layer path MTU discovery: larger segments are tried with text that
 * waits anyway, so that no router needs to say what it can carry.
 *
 * Owns tcb->mtu.  output.c asks whether the next text is to be a probe; what
 * becomes of it is told by ack.c (acknowledged), recovery.c (lost) and timeouts.c.
 *
 * RFC 4821; RFC 8899 section 5 (black holes).  Modes and figures are those of
 * Linux: off; on after a black hole; always on.
 */

#include <atcp/core.h>

#define PROBE_CWND	11	/* segments: less and a loss costs a time-out */
#define PROBE_AFTER	4	/* segments behind a probe that tell of its loss */

/* What text of @mss octets takes with the options of every segment. */
static u32 size_of(const struct atcp_tcb *tcb, u32 mss)
{
	return min_t(u32, mss + atcp_base_opt_len(tcb), U16_MAX);
}

static void set_low(struct atcp_tcb *tcb, u32 low)
{
	tcb->mtu.low = (u16)min_t(u32, low, U16_MAX);
	atcp_mss_changed(tcb);
}

/* The search begins, or begins anew from what is in use (7.2, 7.3). */
static void start_search(struct atcp_tcb *tcb, u32 low, u64 now)
{
	tcb->mtu.on = true;
	tcb->mtu.high = U16_MAX;
	tcb->mtu.size = 0;
	tcb->mtu.before = 0;
	tcb->mtu.since = now;
	set_low(tcb, low);
}

/**
 * atcp_mtu_init() - the connection has just been established
 * @tcb:	the connection
 * @now:	microseconds
 *
 * Source: RFC 4821, 7.2.
 */
void atcp_mtu_init(struct atcp_tcb *tcb, u64 now)
{
	memset(&tcb->mtu, 0, sizeof(tcb->mtu));
	if (tcb->p.mtu.mode == ATCP_MTU_ALWAYS)
		start_search(tcb, size_of(tcb, tcb->p.mtu.base_mss), now);
}

/*
 * The next size to try: the middle of the range, whose upper end is also what
 * ICMP told of the path. [R4821-RANGE] [R4821-PTB]
 * Return: 0 when the search has ended.
 */
static u32 size_to_try(const struct atcp_tcb *tcb)
{
	u32 high = min_t(u32, tcb->mtu.high, atcp_most_mss(tcb));
	u32 low = tcb->mtu.low;

	if (high <= low || high - low < tcb->p.mtu.threshold)
		return 0;
	return (low + high + 1) / 2;
}

/* [R4821-CONV] */
static void search_anew(struct atcp_tcb *tcb, u64 now)
{
	if (now - tcb->mtu.since >= tcb->p.mtu.interval_s * ATCP_USEC)
		start_search(tcb, min_t(u32, tcb->mtu.low, atcp_most_mss(tcb)), now);
}

/* Nothing else goes on that a lost segment could be taken for. */
static bool all_is_quiet(const struct atcp_tcb *tcb)
{
	return tcb->mtu.on && !tcb->mtu.size && tcb->rec.state == ATCP_OPEN &&
	       !tcb->rec.dupacks && !tcb->snd_urgent &&
	       !tcb->board.lost && !tcb->board.sacked &&
	       tcb->cc.cwnd >= PROBE_CWND * tcb->cc.mss;
}

/**
 * atcp_mtu_probe_text() - whether the next text is to be a probe
 * @tcb:	the connection
 * @opt:	options that the segment will have
 * @now:	microseconds
 *
 * There must be enough text behind it, and window for that, so that its loss is
 * told by duplicate ACKs; and room in cwnd for it and one more.  A probe waits
 * for the latter. [R4821-COND] [R4821-LOSSREP]
 *
 * Source: RFC 4821, 7.4.
 * Return: octets of text, 0 for none, ATCP_MTU_WAIT to send nothing yet.
 */
u32 atcp_mtu_probe_text(struct atcp_tcb *tcb, const struct atcp_opts *opt, u64 now)
{
	u32 flight = atcp_flight(tcb);
	u32 mss = tcb->cc.mss;
	u32 size, need;

	/* The length of SACK blocks varies, and would say nothing of the path. */
	if (likely(!tcb->mtu.on) || !all_is_quiet(tcb) || opt->n_sack)
		return 0;
	size = size_to_try(tcb);
	if (!size) {
		search_anew(tcb, now);
		return 0;
	}
	need = size + PROBE_AFTER * mss;
	if (!seq_geq(tcb->snd.end, tcb->snd.nxt + need) || tcb->snd.wnd < need)
		return 0;
	if (seq_gt(tcb->snd.nxt + need, tcb->snd.una + tcb->snd.wnd) ||
	    flight + size + mss > tcb->cc.cwnd)
		return flight ? ATCP_MTU_WAIT : 0;
	return size - atcp_wire_opt_len(opt);
}

/**
 * atcp_mtu_probe_sent() - the segment just made is a probe
 * @tcb:	the connection
 * @out:	the segment
 */
void atcp_mtu_probe_sent(struct atcp_tcb *tcb, const struct atcp_out *out)
{
	tcb->mtu.size = (u16)(out->text + atcp_wire_opt_len(&out->opt));
	tcb->mtu.left = out->text_seq;
	tcb->mtu.right = out->text_seq + out->text;
}

/**
 * atcp_mtu_probe_forget() - what becomes of the probe will tell nothing
 * @tcb:	the connection
 *
 * It went out in pieces; or it was sent again, or lost among others.
 * Source: RFC 4821, 7.6.4.
 */
void atcp_mtu_probe_forget(struct atcp_tcb *tcb)
{
	tcb->mtu.size = 0;
}

/* The size passes: cwnd stays what it was, in octets. [R4821-RESCALE] */
static void probe_passed(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	u16 size = tcb->mtu.size;

	tcb->mtu.size = 0;
	if (size <= tcb->mtu.low)
		return;
	tcb->mtu.before = tcb->mtu.low;
	tcb->mtu.verified = tcb->snd.nxt;
	set_low(tcb, size);
	atcp_fx_event(fx, ATCP_EV_MTUP_SUCCESS);
}

/**
 * atcp_mtu_probe_acked() - SND.UNA has moved
 * @tcb:	the connection
 * @fx:		effects
 *
 * Larger segments go from now on; they are verified when one window of them
 * was acknowledged without a time-out. [R4821-VERIFY]
 * Source: RFC 4821, 7.6.1 and 7.8.
 */
void atcp_mtu_probe_acked(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->mtu.before && seq_gt(tcb->snd.una, tcb->mtu.verified))
		tcb->mtu.before = 0;
	if (tcb->mtu.size && seq_geq(tcb->snd.una, tcb->mtu.right))
		probe_passed(tcb, fx);
	/* Marks left behind would be "ahead" again after 2 GiB. */
	if (!tcb->mtu.before)
		tcb->mtu.verified = tcb->snd.una;
}

/**
 * atcp_mtu_probe_lost() - whether a loss is that of a probe, and no congestion
 * @tcb:	the connection
 * @left:	what was lost is within [@left, @right)
 * @right:	see @left
 * @fx:		effects
 *
 * When it is, the size was too large: the caller sends the text again, in
 * segments of Eff.snd.MSS, and does not reduce cwnd.  A loss of anything else
 * is congestion, and the outcome of the probe says nothing. [R4821-CCEXC]
 *
 * Source: RFC 4821, 7.6.2 to 7.6.4.
 */
bool atcp_mtu_probe_lost(struct atcp_tcb *tcb, u32 left, u32 right, struct atcp_fx *fx)
{
	u16 size = tcb->mtu.size;

	if (!size)
		return false;
	tcb->mtu.size = 0;
	if (seq_lt(left, tcb->mtu.left) || seq_gt(right, tcb->mtu.right))
		return false;
	tcb->mtu.high = size - 1;
	atcp_fx_event(fx, ATCP_EV_MTUP_FAIL);
	return true;
}

/* The size was raised of late: back to what it was. [R4821-VERIFY] */
static void take_back(struct atcp_tcb *tcb)
{
	tcb->mtu.high = tcb->mtu.low - 1;
	set_low(tcb, tcb->mtu.before);
	tcb->mtu.before = 0;
}

/* "... a full-stop timeout": half of what is in use, but not below the floor. */
static void shrink(struct atcp_tcb *tcb)
{
	const struct atcp_mtu_params *p = &tcb->p.mtu;
	u32 options = atcp_base_opt_len(tcb);
	u32 mss = (max_t(u32, tcb->mtu.low, options) - options) / 2;

	mss = max(min(mss, p->base_mss), max(p->floor, p->min_snd_mss));
	set_low(tcb, mss + options);
}

/**
 * atcp_mtu_timed_out() - the retransmission timer expired
 * @tcb:	the connection; rec.retries counts this time
 * @now:	microseconds
 *
 * After R1 retransmissions in vain large segments may be what is lost: a router
 * drops them, and its ICMP messages are lost too. [R4821-BLACKHOLE] [R4821-VERIFY]
 * Source: RFC 4821, 7.6.3 and 7.7; RFC 8899, 4.3.
 */
void atcp_mtu_timed_out(struct atcp_tcb *tcb, u64 now)
{
	atcp_mtu_probe_forget(tcb);
	if (tcb->mtu.before)
		take_back(tcb);
	if (tcb->p.mtu.mode == ATCP_MTU_NEVER || tcb->rec.retries < tcb->p.r1)
		return;
	if (!tcb->mtu.on)
		start_search(tcb, size_of(tcb, tcb->p.mtu.base_mss), now);
	else
		shrink(tcb);
	tcb->cc.cwnd = atcp_flight(tcb) + tcb->cc.mss;	/* RFC 5681, 3.1: one segment */
}
