/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of module/core share among themselves.  The shell includes
 * <atcp/tcb.h> instead.
 */
#ifndef _ATCP_CORE_H
#define _ATCP_CORE_H

#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <atcp/rto.h>
#include <atcp/tcb.h>
#include <atcp/wire.h>

/* ---- timers (timeouts.c) ---- */

static inline void atcp_arm(struct atcp_tcb *tcb, enum atcp_timer timer, u64 deadline)
{
	tcb->deadline[timer] = deadline;
}

static inline void atcp_disarm(struct atcp_tcb *tcb, enum atcp_timer timer)
{
	tcb->deadline[timer] = 0;
}

static inline bool atcp_armed(const struct atcp_tcb *tcb, enum atcp_timer timer)
{
	return tcb->deadline[timer] != 0;
}

void atcp_arm_retransmit(struct atcp_tcb *tcb, u64 now);
void atcp_arm_user(struct atcp_tcb *tcb, u64 now);
void atcp_arm_keepalive(struct atcp_tcb *tcb, u64 now);
void atcp_start_time_wait(struct atcp_tcb *tcb, u64 now);
void atcp_start_fin_wait_2(struct atcp_tcb *tcb, u64 now);

/* ---- the TCB (tcb.c) ---- */

static inline bool atcp_syn_unacked(const struct atcp_tcb *tcb)
{
	return !tcb->syn_acked;
}

/* The next octet that the user will read; a FIN is not one. */
static inline u32 atcp_rcv_consumed(const struct atcp_tcb *tcb)
{
	return tcb->rcv.nxt - tcb->rcv_fin_done - tcb->rcv.user;
}

/* The FIN follows the last octet of text: it has sequence number snd.end. */
static inline bool atcp_fin_sent(const struct atcp_tcb *tcb)
{
	return tcb->fin && seq_gt(tcb->snd.nxt, tcb->snd.end);
}

static inline bool atcp_fin_acked(const struct atcp_tcb *tcb)
{
	return tcb->fin && seq_gt(tcb->snd.una, tcb->snd.end);
}

/*
 * TSval now: a clock of 1 ms (RFC 7323, section 5.4), offset per connection.
 * [R7323-TSCLK]
 */
static inline u32 atcp_tsval(const struct atcp_tcb *tcb, u64 now)
{
	return (u32)div_u64(now, ATCP_MSEC) + tcb->ts.offset;
}

static inline u32 atcp_seconds(u64 now)
{
	return (u32)div_u64(now, ATCP_USEC);
}

void atcp_choose_iss(struct atcp_tcb *tcb, u32 iss);
void atcp_to_closed(struct atcp_tcb *tcb, u16 error, struct atcp_fx *fx);
void atcp_to_listen(struct atcp_tcb *tcb, struct atcp_fx *fx);
void atcp_mss_changed(struct atcp_tcb *tcb);
u32 atcp_most_mss(const struct atcp_tcb *tcb);
bool atcp_ts_fits(const struct atcp_tcb *tcb, bool sack);
u32 atcp_base_mss(const struct atcp_tcb *tcb);
u32 atcp_base_opt_len(const struct atcp_tcb *tcb);

/* ---- output.c ---- */

void atcp_ack_before(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);

/* ---- RST and ACK (reply.c) ---- */

void atcp_reply_rst(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		    struct atcp_fx *fx);
void atcp_reply_abort(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
u32 atcp_ack_seq(const struct atcp_tcb *tcb);
void atcp_ack_now(struct atcp_tcb *tcb);
void atcp_challenge_ack(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);

/* ---- checks.c, ack.c, text.c: section 3.10.7.4 ---- */

void atcp_arrives_otherwise(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			    u32 room, u64 now, struct atcp_fx *fx);
bool atcp_ack_acceptable(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
			 struct atcp_fx *fx);
bool atcp_check_ack(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		    struct atcp_fx *fx);
void atcp_check_urg(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_fx *fx);
bool atcp_check_text(struct atcp_tcb *tcb, const struct atcp_seg *seg, u32 room,
		     u64 now, struct atcp_fx *fx);
void atcp_check_fin(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
void atcp_dsack_report(struct atcp_tcb *tcb, u32 left, u32 right, struct atcp_fx *fx);
void atcp_syn_options(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now);
void atcp_established(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
void atcp_set_window(struct atcp_tcb *tcb, const struct atcp_seg *seg, u32 wnd);
void atcp_una_advance(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		      struct atcp_fx *fx);

/* ---- fastopen.c ---- */

void atcp_fastopen_option(struct atcp_tcb *tcb, struct atcp_out *out);
u32 atcp_fastopen_put_text(struct atcp_tcb *tcb, struct atcp_out *out);
void atcp_fastopen_take_text(struct atcp_tcb *tcb, const struct atcp_seg *seg, u32 room,
			     u64 now, struct atcp_fx *fx);
void atcp_fastopen_answered(struct atcp_tcb *tcb, struct atcp_fx *fx);
void atcp_fastopen_suspect(const struct atcp_tcb *tcb, struct atcp_fx *fx);

/* ---- delivery.c: what an ACK delivers ---- */

/**
 * struct atcp_ack - what one ACK tells
 * @now:	microseconds
 * @first_at:	when the first of what it delivers, and was sent but once, was sent
 * @last_at:	and the last of it; microseconds, 0: there is none
 * @una:	SND.UNA before
 * @flight:	octets in flight before
 * @text:	octets of text by which SND.UNA moved
 * @delivered:	octets that were not known to be delivered, and are
 * @sacked:	of them, those in SACK blocks
 * @lost:	octets newly deemed lost
 * @dsack_end:	octet after what arrived twice, if @dsack
 * @advanced:	SND.UNA moved
 * @syn:	over our SYN
 * @duplicate:	a duplicate ACK, by RFC 5681, where SACK is off
 * @dsack:	something arrived twice
 * @dsack_of_probe: namely the probe of the tail
 * @orig:	it delivers what was sent but once, below recover
 * @again:	it delivers what was sent again
 * @rate:	the sample of the delivery rate, made of
 * @rate_at:	what was sent then, microseconds, the newest of all
 * @rate_before: so many microseconds after the delivery before
 * @rate_end:	its last octet, and one
 * @rate_lost:	octets that had been lost then
 */
struct atcp_ack {
	u64 now;
	u64 first_at;
	u64 last_at;
	u32 una;
	u32 flight;
	u32 text;
	u32 delivered;
	u32 sacked;
	u32 lost;
	u32 dsack_end;
	bool advanced;
	bool syn;
	bool duplicate;
	bool dsack;
	bool dsack_of_probe;
	bool orig;
	bool again;
	struct atcp_rate rate;
	u64 rate_at;
	u32 rate_before;
	u32 rate_end;
	u32 rate_lost;
};

void atcp_ack_begin(const struct atcp_tcb *tcb, struct atcp_ack *a, u64 now);
void atcp_ack_cumulative(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a);
void atcp_ack_sack(struct atcp_tcb *tcb, const struct atcp_seg *seg, struct atcp_ack *a,
		   struct atcp_fx *fx);
void atcp_ack_rtt(struct atcp_tcb *tcb, const struct atcp_seg *seg, const struct atcp_ack *a);

/* ---- rate.c ---- */

void atcp_rate_sent(struct atcp_tcb *tcb, struct atcp_sent *run, u32 len, u64 now);
void atcp_rate_delivered(struct atcp_tcb *tcb, struct atcp_ack *a,
			 const struct atcp_sent *run, u32 end, u32 len);
void atcp_rate_sample(struct atcp_tcb *tcb, struct atcp_ack *a);
void atcp_rate_check_limited(struct atcp_tcb *tcb);

/* ---- rack.c ---- */

void atcp_rack_delivered(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			 const struct atcp_sent *run, u32 end, u64 now);
void atcp_rack_recovered(struct atcp_tcb *tcb);
u64 atcp_rack_overdue(const struct atcp_tcb *tcb, const struct atcp_sent *run, u64 now);
u32 atcp_rack_detect(struct atcp_tcb *tcb, u64 now);
bool atcp_dupthresh(const struct atcp_tcb *tcb);
u32 atcp_detect_losses(struct atcp_tcb *tcb, const struct atcp_ack *a);

/* ---- tlp.c ---- */

void atcp_tlp_schedule(struct atcp_tcb *tcb, u64 now);
void atcp_tlp_timeout(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
void atcp_tlp_sent(struct atcp_tcb *tcb, bool again);
bool atcp_tlp_acked(struct atcp_tcb *tcb, struct atcp_ack *a);

/* ---- prr.c ---- */

void atcp_prr_start(struct atcp_tcb *tcb, const struct atcp_ack *a);
void atcp_prr_acked(struct atcp_tcb *tcb, u32 delivered, bool safe);
void atcp_prr_sent(struct atcp_tcb *tcb, u32 len);
void atcp_prr_end(struct atcp_tcb *tcb);

/* ---- undo.c ---- */

void atcp_undo_begin(struct atcp_tcb *tcb);
void atcp_undo_resent(struct atcp_tcb *tcb, u32 len, u64 now);
void atcp_undo_dsack(struct atcp_tcb *tcb, const struct atcp_range *block);
bool atcp_undo_shown(const struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_undo(struct atcp_tcb *tcb, u64 now);

/* ---- recovery.c, newreno.c ---- */

u32 atcp_deem_lost(struct atcp_tcb *tcb, unsigned int i, u64 now);
u32 atcp_deem_lost_upto(struct atcp_tcb *tcb, u32 end, u64 now);
void atcp_recovery_enter(struct atcp_tcb *tcb, enum atcp_recovery state,
			 const struct atcp_ack *a, struct atcp_fx *fx);
void atcp_recovery_leave(struct atcp_tcb *tcb, u64 now);
void atcp_recovery_acked(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			 struct atcp_ack *a, struct atcp_fx *fx);
void atcp_newreno_acked(struct atcp_tcb *tcb, const struct atcp_seg *seg,
			struct atcp_ack *a, struct atcp_fx *fx);
void atcp_recovery_reordered(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx);
void atcp_recovery_timeout(struct atcp_tcb *tcb, u64 now);
void atcp_recovery_resend(struct atcp_tcb *tcb);
void atcp_recovery_cwr(struct atcp_tcb *tcb);
u32 atcp_recovery_cwnd(const struct atcp_tcb *tcb);

/* ---- metrics.c ---- */

u32 atcp_initial_window(const struct atcp_tcb *tcb);

/* ---- uto.c ---- */

void atcp_uto_init(struct atcp_tcb *tcb);
void atcp_uto_option(const struct atcp_tcb *tcb, struct atcp_opts *opt);
void atcp_uto_adopt(struct atcp_tcb *tcb, u64 now);
void atcp_uto_arrives(struct atcp_tcb *tcb, const struct atcp_opts *opt, u64 now);
u64 atcp_keep_idle(const struct atcp_tcb *tcb);

/* ---- plpmtud.c ---- */

#define ATCP_MTU_WAIT		U32_MAX

void atcp_mtu_init(struct atcp_tcb *tcb, u64 now);
u32 atcp_mtu_probe_text(struct atcp_tcb *tcb, const struct atcp_opts *opt, u64 now);
void atcp_mtu_probe_sent(struct atcp_tcb *tcb, const struct atcp_out *out);
void atcp_mtu_probe_acked(struct atcp_tcb *tcb, struct atcp_fx *fx);
bool atcp_mtu_probe_lost(struct atcp_tcb *tcb, u32 left, u32 right, struct atcp_fx *fx);
void atcp_mtu_timed_out(struct atcp_tcb *tcb, u64 now);

/* ---- rcvbuf.c: the receive window ---- */

u32 atcp_rcv_mss(const struct atcp_tcb *tcb);
void atcp_window_offer(struct atcp_tcb *tcb);
bool atcp_ack_due(const struct atcp_tcb *tcb);
bool atcp_window_worth_telling(const struct atcp_tcb *tcb);
void atcp_rcvbuf_consumed(struct atcp_tcb *tcb, u32 len, u64 now);

#endif /* _ATCP_CORE_H */
