// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of tcb.c.
 */

#include "../module/core/tcb.c"
