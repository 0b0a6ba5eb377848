// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of undo.c.
 */

#include "../module/core/undo.c"
