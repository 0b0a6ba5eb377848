/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: a warning of the core fails the test that runs, or stops the
 * fuzz target.  Which of the two is decided by who defines host_warn().
 */
#ifndef _HOST_LINUX_BUG_H
#define _HOST_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>

void host_warn(const char *file, int line, const char *what);

#define WARN_ON(cond) ({						\
	int __warned = !!(cond);					\
									\
	if (__warned)							\
		host_warn(__FILE__, __LINE__, #cond);			\
	__warned;							\
})

#define WARN_ON_ONCE(cond)		WARN_ON(cond)
#define WARN(cond, ...)			WARN_ON(cond)
#define WARN_ONCE(cond, ...)		WARN_ON(cond)

#endif /* _HOST_LINUX_BUG_H */
