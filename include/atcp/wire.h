/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The TCP header on the wire: reading and writing it (RFC 9293, section 3.1).
 */
#ifndef _ATCP_WIRE_H
#define _ATCP_WIRE_H

#include <linux/types.h>
#include <atcp/segment.h>

bool atcp_wire_read(struct atcp_seg *seg, const u8 *hdr, u32 hdr_len, u32 total);
u32 atcp_wire_opt_len(const struct atcp_opts *opt);
u32 atcp_wire_write(u8 *hdr, const struct atcp_out *out, u16 sport, u16 dport);

#endif /* _ATCP_WIRE_H */
