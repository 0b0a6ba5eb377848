// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of icmp.c.
 */

#include "../module/core/icmp.c"
