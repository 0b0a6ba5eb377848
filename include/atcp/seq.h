/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence numbers: comparison modulo 2^32 (RFC 9293, section 3.4).
 *
 * "a < b" holds when b lies less than 2^31 ahead of a.
 */
#ifndef _ATCP_SEQ_H
#define _ATCP_SEQ_H

#include <linux/types.h>

/* [R9293-MOD32] */
static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_leq(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool seq_gt(u32 a, u32 b)
{
	return seq_lt(b, a);
}

static inline bool seq_geq(u32 a, u32 b)
{
	return seq_leq(b, a);
}

/* left =< x < right, for any width of the interval */
static inline bool seq_within(u32 x, u32 left, u32 right)
{
	return x - left < right - left;
}

static inline u32 seq_max(u32 a, u32 b)
{
	return seq_lt(a, b) ? b : a;
}

static inline u32 seq_min(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

#endif /* _ATCP_SEQ_H */
