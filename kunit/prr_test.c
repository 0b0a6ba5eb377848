// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of prr.c.
 */

#include "../module/core/prr.c"
