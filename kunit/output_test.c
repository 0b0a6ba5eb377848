// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of output.c.
 */

#include "../module/core/output.c"
