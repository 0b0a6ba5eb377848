/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: a userspace program has no module information.
 */
#ifndef _HOST_LINUX_MODULE_H
#define _HOST_LINUX_MODULE_H

#include <linux/kernel.h>

#define MODULE_LICENSE(text)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)

#endif /* _HOST_LINUX_MODULE_H */
