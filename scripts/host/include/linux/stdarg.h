/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: variable arguments.
 */
#include <stdarg.h>
