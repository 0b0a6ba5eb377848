// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of board.c.
 */

#include "../module/core/board.c"
