/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: assertions at compile time.
 */
#ifndef _HOST_LINUX_BUILD_BUG_H
#define _HOST_LINUX_BUILD_BUG_H

#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)
#undef static_assert
#define static_assert(expr, ...) __host_assert(expr, ##__VA_ARGS__, #expr)
#define __host_assert(expr, msg, ...) _Static_assert(expr, msg)

#endif /* _HOST_LINUX_BUILD_BUG_H */
