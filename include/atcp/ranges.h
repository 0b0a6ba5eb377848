/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fixed-size set of ranges of sequence numbers, sorted, disjoint and never
 * touching: what has arrived out of order, and later the SACK scoreboard.
 */
#ifndef _ATCP_RANGES_H
#define _ATCP_RANGES_H

#include <atcp/segment.h>

#define ATCP_RANGES_MAX		32

struct atcp_ranges {
	u8 n;
	struct atcp_range r[ATCP_RANGES_MAX];
};

bool atcp_ranges_add(struct atcp_ranges *set, u32 left, u32 right);
u32 atcp_ranges_pop(struct atcp_ranges *set, u32 nxt);
const struct atcp_range *atcp_ranges_find(const struct atcp_ranges *set, u32 seq);
bool atcp_ranges_cover(const struct atcp_ranges *set, u32 left, u32 right);

#endif /* _ATCP_RANGES_H */
