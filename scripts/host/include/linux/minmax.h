/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: min() and friends; both sides are of one type, as in the kernel.
 */
#ifndef _HOST_LINUX_MINMAX_H
#define _HOST_LINUX_MINMAX_H

#define __host_pick(type, a, op, b) ({					\
	type __a = (a);							\
	type __b = (b);							\
									\
	__a op __b ? __a : __b;						\
})

#define min_t(type, a, b)	__host_pick(type, a, <, b)
#define max_t(type, a, b)	__host_pick(type, a, >, b)
#define min(a, b)		__host_pick(__typeof__((a) + 0), a, <, b)
#define max(a, b)		__host_pick(__typeof__((a) + 0), a, >, b)
#define min3(a, b, c)		min(min(a, b), c)
#define max3(a, b, c)		max(max(a, b), c)
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)

#define swap(a, b) do {							\
	__typeof__(a) __tmp = (a);					\
									\
	(a) = (b);							\
	(b) = __tmp;							\
} while (0)

#endif /* _HOST_LINUX_MINMAX_H */
