/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: the same numbers as in the kernel.
 */
#include_next <linux/errno.h>
