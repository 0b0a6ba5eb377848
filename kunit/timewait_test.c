// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of timewait.c.
 */

#include "../module/core/timewait.c"
