// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of timeouts.c.
 */

#include "../module/core/timeouts.c"
