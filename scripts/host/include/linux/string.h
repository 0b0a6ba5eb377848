/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: memory and strings come from libc, except for what it lacks.
 */
#ifndef _HOST_LINUX_STRING_H
#define _HOST_LINUX_STRING_H

#include <string.h>
#include <stdio.h>
#include <linux/array_size.h>
#include <linux/limits.h>
#include <linux/types.h>

/* The host's strscpy(): copies what fits and always ends the string. */
static inline long strscpy(char *to, const char *from, size_t size)
{
	return snprintf(to, size, "%s", from);
}

#endif /* _HOST_LINUX_STRING_H */
