// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of reply.c.
 */

#include "../module/core/reply.c"
