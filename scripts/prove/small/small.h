/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the enumerations share: counting cases, and stopping at the first that
 * does not hold.
 */
#ifndef _SMALL_H
#define _SMALL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/bits.h>

#define WORDS		((int)BIT(BITS))	/* sequence numbers there are */

static unsigned long n_cases;

#define holds(cond, ...) do {						\
	if (!(cond)) {							\
		printf("does not hold: %s:", #cond);			\
		printf(" " __VA_ARGS__);				\
		printf("\n");						\
		exit(1);						\
	}								\
} while (0)

void host_warn(const char *file, int line, const char *what)
{
	printf("does not hold: no warning: %s:%d: %s\n", file, line, what);
	exit(1);
}

static inline int report(void)
{
	printf("cases %lu\n", n_cases);
	return 0;
}

#endif /* _SMALL_H */
