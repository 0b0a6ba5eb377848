// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of recovery.c.
 */

#include "../module/core/recovery.c"
