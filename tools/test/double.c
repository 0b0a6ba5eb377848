// SPDX-License-Identifier: GPL-2.0
/*
 * double.so: stands in for a kernel that has atcp, so that atcp-run can be
 * tested where the module is not loaded. Preloaded behind libatcp-run.so, it
 * gets the calls that would go to the kernel:
 *
 *	- writes "PROGRAM DOMAIN TYPE PROTOCOL" of each to the file DOUBLE_LOG;
 *	- makes a socket of IPPROTO_ATCP from the kernel's TCP;
 *	- and has such a socket, and what it accepts, say so in SO_PROTOCOL.
 *
 * What it stands in for is the kernel's part only. That the real calls have
 * these arguments is shown by a trace of system calls, without this file.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/atcp.h>

/* Descriptors that were made as sockets of atcp, one byte each. */
static unsigned char is_atcp[65536];

static long (*real_syscall)(long nr, ...);
static int (*real_accept4)(int fd, struct sockaddr *addr, socklen_t *len, int flags);

static __attribute__((constructor)) void setup(void)
{
	if (real_syscall)
		return;
	real_syscall = dlsym(RTLD_NEXT, "syscall");
	real_accept4 = dlsym(RTLD_NEXT, "accept4");
}

static int made(int fd, bool atcp)
{
	if (fd >= 0 && (size_t)fd < sizeof(is_atcp))
		is_atcp[fd] = atcp;
	return fd;
}

static void record(int domain, int type, int protocol)
{
	const char *name = getenv("DOUBLE_LOG");
	int fd, n, saved = errno;
	char line[128];

	if (!name)
		return;
	n = snprintf(line, sizeof(line), "%s 0x%x 0x%x 0x%x\n",
		     program_invocation_short_name, domain, type, protocol);
	fd = real_syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_APPEND | O_CREAT, 0666);
	if (fd >= 0) {
		real_syscall(SYS_write, fd, line, n);
		real_syscall(SYS_close, fd);
	}
	errno = saved;
}

int socket(int domain, int type, int protocol)
{
	bool atcp = protocol == IPPROTO_ATCP;

	setup();
	record(domain, type, protocol);
	return made(real_syscall(SYS_socket, domain, type, atcp ? 0 : protocol), atcp);
}

static int say_atcp(int fd, int level, int name, void *val, const socklen_t *len)
{
	const int atcp = IPPROTO_ATCP;

	if (level == SOL_SOCKET && name == SO_PROTOCOL && fd >= 0 &&
	    (size_t)fd < sizeof(is_atcp) && is_atcp[fd])
		memcpy(val, &atcp, *len);
	return 0;
}

int getsockopt(int fd, int level, int name, void *restrict val,
	       socklen_t *restrict len)
{
	setup();
	if (real_syscall(SYS_getsockopt, fd, level, name, val, len))
		return -1;
	return say_atcp(fd, level, name, val, len);
}

int accept4(int fd, struct sockaddr *restrict addr, socklen_t *restrict len,
	    int flags)
{
	setup();
	return made(real_accept4(fd, addr, len, flags),
		    (size_t)fd < sizeof(is_atcp) && is_atcp[fd]);
}

int accept(int fd, struct sockaddr *restrict addr, socklen_t *restrict len)
{
	return accept4(fd, addr, len, 0);
}

long syscall(long nr, ...)
{
	long a[6], ret;
	va_list ap;
	int i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	setup();
	if (nr == SYS_socket)
		return socket(a[0], a[1], a[2]);
	ret = real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (nr == SYS_getsockopt && !ret)
		say_atcp(a[0], a[1], a[2], (void *)a[3], (void *)a[4]);
	return ret;
}
