/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: divisions of 64 bits, which a 32-bit kernel cannot write as "/".
 */
#ifndef _HOST_LINUX_MATH64_H
#define _HOST_LINUX_MATH64_H

#include <linux/types.h>

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u64 mul_u64_u32_div(u64 a, u32 mul, u32 divisor)
{
	__extension__ typedef unsigned __int128 u128;

	return (u128)a * mul / divisor;
}

#endif /* _HOST_LINUX_MATH64_H */
