// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of delivery.c.
 */

#include "../module/core/delivery.c"
