/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Of libatcp-run.c: what it exports, and a line of text put together without
 * stdio and without allocation, so that it may be done in a signal handler.
 */
#ifndef TOOLS_LIBATCP_RUN_H
#define TOOLS_LIBATCP_RUN_H

#include <stddef.h>

/* The library hides its symbols but for those that stand for libc's. */
#define ATCP_PUBLIC	__attribute__((visibility("default")))

/**
 * struct line - text being put together
 * @len: bytes used
 * @text: the bytes, without a terminating zero; what does not fit is dropped
 */
struct line {
	size_t len;
	char text[160];
};

static inline void line_add(struct line *line, const char *s)
{
	while (*s && line->len < sizeof(line->text))
		line->text[line->len++] = *s++;
}

/* @n is not negative: a descriptor, a process, an errno. */
static inline void line_add_number(struct line *line, unsigned int n)
{
	char digits[12];
	char *p = digits + sizeof(digits) - 1;

	*p = 0;
	do {
		*--p = '0' + n % 10;
		n /= 10;
	} while (n);
	line_add(line, p);
}

#endif /* TOOLS_LIBATCP_RUN_H */
