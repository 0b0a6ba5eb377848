/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A half-open connection kept small: what its SYN said, and what has happened since
 * (core/half.c); the record that the table holds is in module/half.c.
 */
#ifndef _ATCP_HALF_H
#define _ATCP_HALF_H

#include <linux/types.h>
#include <atcp/tcb.h>

/**
 * struct atcp_half - what a TCB in SYN-RECEIVED is made of again
 * @born:	when the SYN came, microseconds
 * @sent:	when our SYN,ACK last went, microseconds
 * @deadline:	when it is to go again, microseconds, 0: not
 * @iss:	ours
 * @irs:	the peer's
 * @tsval:	of the SYN
 * @challenge_since: seconds, start of the current 5 s
 * @wnd:	of the SYN
 * @mss:	of the SYN
 * @have:	ATCP_OPT_* of the SYN
 * @rcv_wnd:	RCV.WND as the SYN,ACK told it
 * @segs_in:	for STATUS
 * @segs_out:	for STATUS
 * @ctl:	of the SYN
 * @wscale:	of the SYN
 * @rcv_wscale:	of the SYN,ACK
 * @retries:	SYN,ACKs sent again by the timer
 * @synack_retries: R2 for SYN,ACK
 * @challenge_n: challenge ACKs in the current 5 s
 * @resent:	segments sent again, for STATUS
 * @again:	the SYN,ACK went more than once, be it for a SYN that came again
 * @uto:	of the SYN
 * @ecn:	what of tcb->ecn does not follow from the SYN
 */
struct atcp_half {
	u64 born;
	u64 sent;
	u64 deadline;
	u32 iss;
	u32 irs;
	u32 tsval;
	u32 challenge_since;
	u16 wnd;
	u16 mss;
	u16 have;
	u16 rcv_wnd;
	u16 segs_in;
	u16 segs_out;
	u16 ctl;
	u16 uto;
	u8 wscale;
	u8 rcv_wscale;
	u8 retries;
	u8 synack_retries;
	u8 challenge_n;
	u8 resent;
	bool again;
	struct {
		u8 syn:2;		/* enum atcp_ect of the SYN */
		u8 route:1;		/* from here on as in struct atcp_ecn */
		u8 plain:1;
		u8 declined:1;
		u8 syn_ecn:2;
		u8 sent_ecn:2;
		u8 syn_acks;
	} ecn;
};

void atcp_half_syn(struct atcp_half *half, const struct atcp_seg *syn, u32 iss, u64 now);
void atcp_half_pack(struct atcp_half *half, const struct atcp_tcb *tcb);
void atcp_half_unpack(struct atcp_tcb *tcb, const struct atcp_half *half);

#endif /* _ATCP_HALF_H */
