// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of rack.c.
 */

#include "../module/core/rack.c"
