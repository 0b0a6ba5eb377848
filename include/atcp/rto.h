/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Round-trip time and retransmission time-out (RFC 6298); see rto.c.
 */
#ifndef _ATCP_RTO_H
#define _ATCP_RTO_H

#include <linux/types.h>

struct atcp_tcb;

void atcp_rto_init(struct atcp_tcb *tcb);
void atcp_rto_sample(struct atcp_tcb *tcb, u32 rtt_us);
void atcp_rtt_seen(struct atcp_tcb *tcb, u32 rtt_us, u64 now);
u64 atcp_rto_current(const struct atcp_tcb *tcb);
u64 atcp_rto_backed_off(const struct atcp_tcb *tcb, unsigned int backoff);

#endif /* _ATCP_RTO_H */
