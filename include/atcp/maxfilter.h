/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The greatest value of late, by Kathleen Nichols' algorithm: the three best samples
 * of a window, each later than the one before it.
 */
#ifndef _ATCP_MAXFILTER_H
#define _ATCP_MAXFILTER_H

#include <linux/types.h>

/**
 * struct atcp_maxfilter - a windowed maximum
 * @value:	the best, the best after it, and the best after that
 * @time:	when each came, in whatever the user counts, modulo 256
 *
 * All zero: nothing came yet.
 */
struct atcp_maxfilter {
	u32 value[3];
	u8 time[3];
};

u32 atcp_maxfilter_update(struct atcp_maxfilter *f, u32 value, u8 now, u8 window);

#endif /* _ATCP_MAXFILTER_H */
