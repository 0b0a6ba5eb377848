// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of rate.c.
 */

#include "../module/core/rate.c"
