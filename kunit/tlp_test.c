// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of tlp.c.
 */

#include "../module/core/tlp.c"
