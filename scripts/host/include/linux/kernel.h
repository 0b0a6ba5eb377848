/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: what the kernel's header of all trades gives the core.
 */
#ifndef _HOST_LINUX_KERNEL_H
#define _HOST_LINUX_KERNEL_H

#include <stdio.h>
#include <linux/types.h>
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>

#endif /* _HOST_LINUX_KERNEL_H */
