// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of calls.c.
 */

#include "../module/core/calls.c"
