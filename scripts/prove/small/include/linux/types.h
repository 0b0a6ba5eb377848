/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's names for integers, where sequence numbers have BITS bits.
 *
 * An _BitInt is never promoted to int: it wraps at its own width as a u32 wraps
 * at 32 bits, so the core's arithmetic modulo 2^32 becomes the same arithmetic
 * modulo 2^BITS, of which all cases can be tried.
 */
#ifndef _SMALL_LINUX_TYPES_H
#define _SMALL_LINUX_TYPES_H

#include_next <linux/types.h>

typedef _BitInt(BITS) small_s32;
typedef unsigned _BitInt(BITS) small_u32;

#define u32 small_u32
#define s32 small_s32

#endif /* _SMALL_LINUX_TYPES_H */
