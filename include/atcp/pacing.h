/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How fast text is to go, and in what pieces.
 */
#ifndef _ATCP_PACING_H
#define _ATCP_PACING_H

#include <linux/types.h>

struct atcp_tcb;

u32 atcp_pacing_quantum(u64 rate, u32 most, u32 mss);
u32 atcp_pacing_piece(const struct atcp_tcb *tcb, u64 rate, u32 room, u32 mss);
bool atcp_paces(const struct atcp_tcb *tcb);
u64 atcp_pacing_rate(const struct atcp_tcb *tcb, u32 ss_ratio, u32 ca_ratio);

#endif /* _ATCP_PACING_H */
