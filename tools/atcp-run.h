/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the launcher (atcp-run.c) and the preloaded library (libatcp-run.c)
 * agree on: the environment that carries the user's choices to every child,
 * and the range of protocol numbers that the module can be given.
 */
#ifndef TOOLS_ATCP_RUN_H
#define TOOLS_ATCP_RUN_H

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <linux/atcp.h>

#define ATCP_RUN_VERSION	"1.0"
#define ATCP_RUN_LIBRARY	"libatcp-run.so"

/* Where "make install" puts the library, should /proc not be mounted. */
#ifndef ATCP_LIBDIR
#define ATCP_LIBDIR		"/usr/local/lib/atcp"
#endif

#define __printf(fmt, args)	__attribute__((__format__(printf, fmt, args)))

/* Environment: the protocol number in decimal; "1" to report each socket. */
#define ATCP_ENV_PROTOCOL	"ATCP_PROTOCOL"
#define ATCP_ENV_VERBOSE	"ATCP_VERBOSE"

/*
 * Numbers the kernel can hold for a stream protocol: above what fits into an
 * IP header, below IPPROTO_MAX (263). 262 is the kernel's own multipath TCP.
 */
#define ATCP_PROTOCOL_FIRST	256
#define ATCP_PROTOCOL_LAST	262

/* Some machines also reach socket() through the older multiplexed call. */
#ifdef SYS_socketcall
#define NR_SOCKETCALL		SYS_socketcall
#else
#define NR_SOCKETCALL		(-1)
#endif

/* A 32-bit machine may have only the multiplexed call in its headers. */
#ifdef SYS_socket
#define NR_SOCKET		SYS_socket
#define NR_GETSOCKOPT		SYS_getsockopt
#else
#define NR_SOCKET		(-1)
#define NR_GETSOCKOPT		(-1)
#endif

/**
 * atcp_parse_protocol() - read a protocol number
 * @text: decimal digits, or NULL
 *
 * Return: the number, or -1 if @text is not a number in the module's range.
 */
static inline int atcp_parse_protocol(const char *text)
{
	char *end;
	long n;
	int saved = errno;

	if (!text || *text < '0' || *text > '9')
		return -1;
	n = strtol(text, &end, 10);
	errno = saved;
	if (*end || n < ATCP_PROTOCOL_FIRST || n > ATCP_PROTOCOL_LAST)
		return -1;
	return n;
}

#endif /* TOOLS_ATCP_RUN_H */
