// SPDX-License-Identifier: GPL-2.0
/*
 * libatcp-run.so: gives an unmodified program atcp where it asks for TCP.
 *
 * Preloaded by atcp-run(1). It stands in front of every libc function by which
 * a program makes a TCP socket, changes the protocol number of the request and
 * nothing else, and hands the request on:
 *
 *	socket()			the usual way
 *	syscall(SYS_socket, ...)	also SYS_socketcall where there is one
 *	rresvport(), rresvport_af()	a TCP socket on a reserved port
 *
 * Sockets that accept() returns are of the listener's protocol already. What
 * libc does for itself (a DNS query over TCP) does not pass through these
 * symbols and stays on the kernel's TCP, on purpose.
 *
 * A program that asks with SO_PROTOCOL what it has is told IPPROTO_TCP, since
 * that is what it asked for: asyncio, for one, sets TCP_NODELAY only then, and
 * others copy the answer into their next socket().
 *
 * There is no state but what the constructor finds out, so every function here
 * is as safe in threads, signal handlers and forked children as the one that
 * it stands for. A request that fails fails: no socket silently comes from the
 * kernel's TCP instead.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atcp-run.h"
#include "libatcp-run.h"

#define SOCKET_FLAGS	(SOCK_NONBLOCK | SOCK_CLOEXEC)

/* The numbers of the calls inside SYS_socketcall, part of the kernel's ABI. */
#define CALL_SOCKET	1
#define CALL_GETSOCKOPT	15

/*
 * What the constructor found out. Written once with the same values by whoever
 * comes first, then only read; @ready is stored last and loaded first.
 */
static struct {
	bool ready;
	bool verbose;
	int protocol;
	dev_t stderr_dev;
	ino_t stderr_ino;
	int (*socket)(int domain, int type, int protocol);
	int (*getsockopt)(int fd, int level, int name, void *val, socklen_t *len);
	long (*syscall)(long nr, ...);
} self;

/*
 * The next object's function of that name: libc's, or that of another
 * preloaded library which wants to see these calls as well.
 */
static void *next_symbol(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static __attribute__((constructor)) void setup(void)
{
	const char *verbose = getenv(ATCP_ENV_VERBOSE);
	int protocol = atcp_parse_protocol(getenv(ATCP_ENV_PROTOCOL));
	int saved = errno;
	struct stat st;

	if (__atomic_load_n(&self.ready, __ATOMIC_ACQUIRE))
		return;
	self.protocol = protocol < 0 ? IPPROTO_ATCP : protocol;
	self.socket = next_symbol("socket");
	self.getsockopt = next_symbol("getsockopt");
	self.syscall = next_symbol("syscall");
	if (verbose && !strcmp(verbose, "1") && !fstat(STDERR_FILENO, &st)) {
		self.stderr_dev = st.st_dev;
		self.stderr_ino = st.st_ino;
		self.verbose = true;
	}
	errno = saved;
	__atomic_store_n(&self.ready, true, __ATOMIC_RELEASE);
}

/* The constructor of another library may make a socket before ours has run. */
static void need_setup(void)
{
	if (!__atomic_load_n(&self.ready, __ATOMIC_ACQUIRE))
		setup();
}

static bool is_tcp_request(int domain, int type, int protocol)
{
	return (domain == AF_INET || domain == AF_INET6) &&
	       (type & ~SOCKET_FLAGS) == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP);
}

/*
 * The report of one socket. snprintf() may allocate and write() is a
 * cancellation point, neither of which socket() is, hence the longer way. The
 * line goes only to the standard error output that the program was started
 * with: a daemon may have put a connection there since.
 */
static void report(int domain, int type, int fd, int error)
{
	struct line line = { .len = 0 };
	struct stat st;

	if (fstat(STDERR_FILENO, &st) || st.st_dev != self.stderr_dev ||
	    st.st_ino != self.stderr_ino)
		return;
	line_add(&line, "atcp-run: ");
	line_add(&line, program_invocation_short_name);
	line_add(&line, "[");
	line_add_number(&line, getpid());
	line_add(&line, domain == AF_INET6 ? "]: IPv6 socket" : "]: IPv4 socket");
	line_add(&line, type & SOCK_NONBLOCK ? " nonblock" : "");
	line_add(&line, type & SOCK_CLOEXEC ? " cloexec" : "");
	if (fd < 0) {
		line_add(&line, " refused, errno ");
		line_add_number(&line, error);
	} else {
		line_add(&line, " on atcp, descriptor ");
		line_add_number(&line, fd);
	}
	line_add(&line, "\n");
	self.syscall(SYS_write, STDERR_FILENO, line.text, line.len);
}

/* Reports if that was asked for; errno is as the call left it. */
static int placed(int domain, int type, int fd)
{
	int saved = errno;

	if (self.verbose && self.syscall)
		report(domain, type, fd, saved);
	errno = saved;
	return fd;
}

/*
 * After a successful getsockopt(): says IPPROTO_TCP where the kernel said
 * IPPROTO_ATCP. An answer cut short by a small buffer names no protocol.
 */
static void hide_protocol(int level, int name, void *val, const socklen_t *len)
{
	const int tcp = IPPROTO_TCP;
	int protocol;

	if (level != SOL_SOCKET || name != SO_PROTOCOL || *len != sizeof(protocol))
		return;
	memcpy(&protocol, val, sizeof(protocol));
	if (protocol == self.protocol)
		memcpy(val, &tcp, sizeof(tcp));
}

/* --- Interposed functions: as in libc, but for the protocol --------------- */

ATCP_PUBLIC int socket(int domain, int type, int protocol)
{
	need_setup();
	if (!self.socket) {
		errno = ELIBACC;
		return -1;
	}
	if (!is_tcp_request(domain, type, protocol))
		return self.socket(domain, type, protocol);
	return placed(domain, type, self.socket(domain, type, self.protocol));
}

ATCP_PUBLIC int getsockopt(int fd, int level, int name, void *restrict val,
			   socklen_t *restrict len)
{
	int ret;

	need_setup();
	if (!self.getsockopt) {
		errno = ELIBACC;
		return -1;
	}
	ret = self.getsockopt(fd, level, name, val, len);
	if (!ret)
		hide_protocol(level, name, val, len);
	return ret;
}

/* SYS_socketcall: the arguments lie in memory, and are not ours to change. */
static long multiplexed_socket(const long *from)
{
	long args[3] = { from[0], from[1], from[2] };

	if (!is_tcp_request(args[0], args[1], args[2]))
		return self.syscall(NR_SOCKETCALL, CALL_SOCKET, args);
	args[2] = self.protocol;
	return placed(args[0], args[1],
		      self.syscall(NR_SOCKETCALL, CALL_SOCKET, args));
}

static long multiplexed_call(long call, long *args)
{
	long ret;

	if (call == CALL_SOCKET && args)
		return multiplexed_socket(args);
	ret = self.syscall(NR_SOCKETCALL, call, args);
	if (!ret && call == CALL_GETSOCKOPT)
		hide_protocol(args[1], args[2], (void *)args[3], (void *)args[4]);
	return ret;
}

/*
 * Seven arguments are read and passed on, whatever their number is: no call of
 * any machine has more, and those that were not given are never looked at.
 */
ATCP_PUBLIC long syscall(long nr, ...)
{
	long a[7];
	long ret;
	va_list ap;
	int i;

	va_start(ap, nr);
	for (i = 0; i < 7; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	need_setup();
	if (!self.syscall) {
		errno = ELIBACC;
		return -1;
	}
	if (NR_SOCKETCALL >= 0 && nr == NR_SOCKETCALL)
		return multiplexed_call(a[0], (long *)a[1]);
	if (NR_SOCKET >= 0 && nr == NR_SOCKET && is_tcp_request(a[0], a[1], a[2])) {
		a[2] = self.protocol;
		return placed(a[0], a[1], self.syscall(nr, a[0], a[1], a[2]));
	}
	ret = self.syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
	if (NR_GETSOCKOPT >= 0 && nr == NR_GETSOCKOPT && !ret)
		hide_protocol(a[1], a[2], (void *)a[3], (void *)a[4]);
	return ret;
}

/*
 * rcmd(3): a stream socket bound to a free port from 512 to 1023, the search
 * going down from *@port and round. libc's makes its socket by a symbol that
 * cannot be interposed, so this is the whole function.
 */
ATCP_PUBLIC int rresvport_af(int *port, sa_family_t family)
{
	struct sockaddr_storage addr = { .ss_family = family };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr;
	struct sockaddr_in *in = (struct sockaddr_in *)&addr;
	const bool v6 = family == AF_INET6;
	int fd, start;

	if (!v6 && family != AF_INET) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	if (*port < IPPORT_RESERVED / 2)
		*port = IPPORT_RESERVED / 2;
	else if (*port > IPPORT_RESERVED - 1)
		*port = IPPORT_RESERVED - 1;
	start = *port;
	do {
		*(v6 ? &in6->sin6_port : &in->sin_port) = htons(*port);
		if (!bind(fd, (struct sockaddr *)&addr, v6 ? sizeof(*in6) : sizeof(*in)))
			return fd;
		if (errno != EADDRINUSE)
			goto fail;
		if (--*port < IPPORT_RESERVED / 2)
			*port = IPPORT_RESERVED - 1;
	} while (*port != start);
	errno = EAGAIN;
fail:
	start = errno;
	close(fd);
	errno = start;
	return -1;
}

ATCP_PUBLIC int rresvport(int *port)
{
	return rresvport_af(port, AF_INET);
}
