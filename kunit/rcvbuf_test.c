// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of rcvbuf.c.
 */

#include "../module/core/rcvbuf.c"
