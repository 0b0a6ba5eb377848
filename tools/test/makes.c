// SPDX-License-Identifier: GPL-2.0
/*
 * makes: a program that makes sockets in every way that libc has, for the test
 * of atcp-run. It knows nothing of atcp. Commands:
 *
 *	cases		make each socket of the table below, in order, and print
 *			for each "VIA DOMAIN TYPE PROTOCOL TCP LABEL", in hex;
 *			TCP is 1 where atcp-run is to give it atcp
 *	list		print the same lines, and make nothing
 *	protocol	what SO_PROTOCOL says, of several sockets
 *	own		the same, of a socket made with atcp's own number
 *	flags		that the flags of a socket are those asked for
 *	errno		that errno is as the call leaves it
 *	threads N M	N threads make M sockets each, all at the same time
 *	signal N	N sockets made in a signal handler
 *	children	sockets made in children of every kind
 *	reserved	rresvport() and rresvport_af(); needs the privilege
 *	one		one socket
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* --- Ways to make a socket ------------------------------------------------ */

static int via_libc(int domain, int type, int protocol)
{
	return socket(domain, type, protocol);
}

static int via_syscall(int domain, int type, int protocol)
{
	return syscall(SYS_socket, domain, type, protocol);
}

static int via_dlsym(int domain, int type, int protocol)
{
	int (*f)(int domain, int type, int protocol) = dlsym(RTLD_DEFAULT, "socket");

	return f(domain, type, protocol);
}

static const struct way {
	const char *name;
	int (*make)(int domain, int type, int protocol);
} ways[] = {
	{ "socket()", via_libc },
	{ "syscall()", via_syscall },
	{ "dlsym()", via_dlsym },
};

/* --- What is asked for, and whether it is TCP ------------------------------ */

struct request {
	int domain;
	int type;
	int protocol;
	bool tcp;
	const char *label;
};

static const int domains[] = { AF_INET, AF_INET6 };
static const int flag_sets[] = {
	0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC,
};

static const int protocols[] = { 0, IPPROTO_TCP };

static const struct request others[] = {
	{ AF_INET, SOCK_DGRAM, 0, false, "UDP" },
	{ AF_INET6, SOCK_DGRAM, 0, false, "UDP over IPv6" },
	{ AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP, false, "UDP by number" },
	{ AF_INET, SOCK_DGRAM, IPPROTO_TCP, false, "datagram of TCP" },
	{ AF_INET, SOCK_DGRAM, IPPROTO_ICMP, false, "ping" },
	{ AF_INET, SOCK_RAW, IPPROTO_ICMP, false, "raw ICMP" },
	{ AF_INET, SOCK_RAW, IPPROTO_TCP, false, "raw TCP" },
	{ AF_INET6, SOCK_RAW, IPPROTO_TCP, false, "raw TCP over IPv6" },
	{ AF_INET, SOCK_STREAM, IPPROTO_MPTCP, false, "multipath TCP" },
	{ AF_INET, SOCK_STREAM, IPPROTO_SCTP, false, "SCTP stream" },
	{ AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, false, "SCTP seqpacket" },
	{ AF_INET, SOCK_STREAM, IPPROTO_ICMP, false, "stream of ICMP" },
	{ AF_INET, SOCK_DCCP, IPPROTO_DCCP, false, "DCCP" },
	{ AF_INET, SOCK_STREAM | 0x100, 0, false, "unknown flag" },
	{ AF_INET, 0, IPPROTO_TCP, false, "no type" },
	{ AF_INET, -1, IPPROTO_TCP, false, "all bits of type" },
	{ AF_UNIX, SOCK_STREAM, 0, false, "unix stream" },
	{ AF_UNIX, SOCK_STREAM, IPPROTO_TCP, false, "unix stream, number 6" },
	{ AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, false, "unix datagram" },
	{ AF_NETLINK, SOCK_RAW, 0, false, "netlink" },
	{ AF_PACKET, SOCK_DGRAM, 0, false, "packet" },
	{ AF_VSOCK, SOCK_STREAM, 0, false, "vsock" },
	{ AF_UNSPEC, SOCK_STREAM, IPPROTO_TCP, false, "no family" },
	{ -1, SOCK_STREAM, IPPROTO_TCP, false, "family -1" },
	{ 25, SOCK_STREAM, 0, false, "family of atcp" },
	{ AF_INET, SOCK_STREAM, 261, false, "number of atcp" },
	{ AF_INET, SOCK_STREAM, -1, false, "number -1" },
};

static void one_case(const struct way *way, const struct request *r, bool make)
{
	int fd = -1;

	printf("%s 0x%x 0x%x 0x%x %d %s\n", way->name, r->domain, r->type,
	       r->protocol, r->tcp, r->label);
	if (make)
		fd = way->make(r->domain, r->type, r->protocol);
	if (fd >= 0)
		close(fd);
}

static int cases(bool make)
{
	size_t w, d, f, p, i;

	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		for (d = 0; d < ARRAY_SIZE(domains); d++)
			for (f = 0; f < ARRAY_SIZE(flag_sets); f++)
				for (p = 0; p < ARRAY_SIZE(protocols); p++)
					one_case(&ways[w], &(struct request){
						domains[d], SOCK_STREAM | flag_sets[f],
						protocols[p], true, "TCP" }, make);
		for (i = 0; i < ARRAY_SIZE(others); i++)
			one_case(&ways[w], &others[i], make);
	}
	return 0;
}

/* --- What a socket says of itself ------------------------------------------ */

static int ask(int fd, int name)
{
	int val = -1;
	socklen_t len = sizeof(val);

	return getsockopt(fd, SOL_SOCKET, name, &val, &len) ? -errno : val;
}

static int ask_by_syscall(int fd, int name)
{
	int val = -1;
	socklen_t len = sizeof(val);

	return syscall(SYS_getsockopt, fd, SOL_SOCKET, name, &val, &len) ? -errno : val;
}

/* The accepted end of a connection that a listener of TCP has with itself. */
static int accepted(void)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len) ||
	    connect(client, (struct sockaddr *)&addr, len))
		return -1;
	return accept(listener, NULL, NULL);
}

static int protocol(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	int conn = accepted();
	int whole = 261, answer = 261;	/* so that one byte would complete it */
	socklen_t len = 1;

	printf("TCP %d %d\n", ask(tcp, SO_PROTOCOL), ask_by_syscall(tcp, SO_PROTOCOL));
	printf("accepted %d %d\n", ask(conn, SO_PROTOCOL),
	       ask_by_syscall(conn, SO_PROTOCOL));
	printf("UDP %d %d\n", ask(udp, SO_PROTOCOL), ask_by_syscall(udp, SO_PROTOCOL));
	printf("type %d domain %d\n", ask(tcp, SO_TYPE), ask(tcp, SO_DOMAIN));
	printf("bad descriptor %d %d\n", ask(-1, SO_PROTOCOL),
	       ask_by_syscall(-1, SO_PROTOCOL));
	if (getsockopt(tcp, SOL_SOCKET, SO_PROTOCOL, &answer, &len))
		return 1;
	printf("short answer of %d byte, the rest %s\n", len,
	       memcmp((char *)&answer + 1, (char *)&whole + 1, sizeof(int) - 1) ?
	       "changed" : "untouched");
	return 0;
}

static int own(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 261);

	printf("%d %d\n", ask(fd, SO_PROTOCOL), ask_by_syscall(fd, SO_PROTOCOL));
	return fd < 0;
}

static int flags(void)
{
	size_t w, d, f;
	int fd, nonblock, cloexec, bad = 0;

	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		for (d = 0; d < ARRAY_SIZE(domains); d++) {
			for (f = 0; f < ARRAY_SIZE(flag_sets); f++) {
				fd = ways[w].make(domains[d], SOCK_STREAM | flag_sets[f], 0);
				nonblock = fcntl(fd, F_GETFL) & O_NONBLOCK;
				cloexec = fcntl(fd, F_GETFD) & FD_CLOEXEC;
				bad += fd < 0 ||
				       !nonblock != !(flag_sets[f] & SOCK_NONBLOCK) ||
				       !cloexec != !(flag_sets[f] & SOCK_CLOEXEC);
				close(fd);
			}
		}
	}
	printf("%d wrong\n", bad);
	return bad != 0;
}

/* Success leaves errno alone; of failures the kernel's errno comes through. */
static int errno_kept(void)
{
	struct rlimit none = { .rlim_cur = 3, .rlim_max = 3 };
	size_t w;
	int fd, bad = 0;

	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		errno = 4242;
		fd = ways[w].make(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || errno != 4242)
			printf("%s: errno %d after success\n", ways[w].name, errno), bad++;
		close(fd);
	}
	setrlimit(RLIMIT_NOFILE, &none);
	for (w = 0; w < ARRAY_SIZE(ways); w++) {
		errno = 4242;
		fd = ways[w].make(AF_INET, SOCK_STREAM, 0);
		if (fd >= 0 || errno != EMFILE)
			printf("%s: errno %d after failure\n", ways[w].name, errno), bad++;
	}
	errno = 0;
	if (syscall(SYS_close, -1) != -1 || errno != EBADF)
		printf("syscall(SYS_close): errno %d\n", errno), bad++;
	printf("%d wrong\n", bad);
	return bad != 0;
}

/* --- Threads, signals, children --------------------------------------------- */

static int per_thread;
static pthread_barrier_t barrier;

static void *thread(void *arg)
{
	const struct way *way = &ways[(size_t)arg % ARRAY_SIZE(ways)];
	long bad = 0;
	int i, fd;

	pthread_barrier_wait(&barrier);
	for (i = 0; i < per_thread; i++) {
		fd = way->make(domains[i & 1], SOCK_STREAM | SOCK_CLOEXEC, 0);
		bad += fd < 0 || ask(fd, SO_PROTOCOL) != IPPROTO_TCP;
		close(fd);
	}
	return (void *)bad;
}

static int many_threads(size_t n, int m)
{
	pthread_t *ids = calloc(n, sizeof(*ids));
	long bad = 0;
	void *ret;
	size_t i;

	per_thread = m;
	pthread_barrier_init(&barrier, NULL, n);
	for (i = 0; i < n; i++)
		if (pthread_create(&ids[i], NULL, thread, (void *)i))
			return 1;
	for (i = 0; i < n; i++) {
		pthread_join(ids[i], &ret);
		bad += (long)ret;
	}
	printf("%zu threads, %ld wrong\n", n, bad);
	return bad != 0;
}

static volatile sig_atomic_t in_handler, handler_failures;

static void handler(int sig)
{
	int saved = errno;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)sig;
	handler_failures += fd < 0;
	close(fd);
	in_handler++;
	errno = saved;
}

/* The handler interrupts malloc(), stdio and socket() itself. */
static int from_signal(int n)
{
	struct itimerval every = { { 0, 200 }, { 0, 200 } };
	int fd;

	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &every, NULL);
	while (in_handler < n) {
		free(malloc(in_handler + 1));
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		close(fd);
	}
	every = (struct itimerval){ };
	setitimer(ITIMER_REAL, &every, NULL);
	printf("%d failed\n", handler_failures);
	return handler_failures != 0;
}

static int one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 || close(fd);
}

static int wait_all(void)
{
	int status, bad = 0;

	while (wait(&status) > 0)
		bad += status != 0;
	return bad;
}

/* vfork() is kept apart, as its child shares this function's variables. */
static void vfork_and_exec(char *me, char **argv)
{
	if (!vfork()) {
		execv(me, argv);
		_exit(1);
	}
}

static int children(char *me)
{
	char *const argv[] = { me, (char *)"one", NULL };
	char command[4096];
	pid_t pid;
	FILE *pipe;
	int bad = 0;

	if (!fork())				/* 1: a forked child itself */
		_exit(one());
	bad += wait_all();
	if (!fork()) {				/* 2: fork and exec */
		execv(me, argv);
		_exit(1);
	}
	bad += wait_all();
	vfork_and_exec(me, argv);		/* 3 */
	bad += wait_all();
	bad += posix_spawn(&pid, me, NULL, NULL, argv, environ) != 0;	/* 4 */
	bad += wait_all();
	snprintf(command, sizeof(command), "'%s' one", me);
	bad += system(command) != 0;		/* 5: by way of a shell */
	pipe = popen(command, "r");		/* 6 */
	bad += !pipe || pclose(pipe) != 0;
	printf("%d failed\n", bad);
	return bad != 0;
}

static int reserved(void)
{
	int port = 1023, bad = 0, fd;
	struct sockaddr_in6 addr;
	socklen_t len = sizeof(addr);

	fd = rresvport(&port);
	bad += fd < 0 || port < 512 || port > 1023;
	fd = rresvport_af(&port, AF_INET6);
	bad += fd < 0 || getsockname(fd, (struct sockaddr *)&addr, &len) ||
	       ntohs(addr.sin6_port) != port;
	port = 100;				/* below the range: from 512 */
	fd = rresvport_af(&port, AF_INET);
	bad += fd < 0 || port < 512;
	bad += rresvport_af(&port, AF_UNIX) != -1 || errno != EAFNOSUPPORT;
	printf("%d wrong\n", bad);
	return bad != 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(command, "cases") || !strcmp(command, "list"))
		return cases(!strcmp(command, "cases"));
	if (!strcmp(command, "protocol"))
		return protocol();
	if (!strcmp(command, "own"))
		return own();
	if (!strcmp(command, "flags"))
		return flags();
	if (!strcmp(command, "errno"))
		return errno_kept();
	if (!strcmp(command, "threads") && argc > 3)
		return many_threads(atoi(argv[2]), atoi(argv[3]));
	if (!strcmp(command, "signal") && argc > 2)
		return from_signal(atoi(argv[2]));
	if (!strcmp(command, "children"))
		return children(argv[0]);
	if (!strcmp(command, "reserved"))
		return reserved();
	if (!strcmp(command, "one"))
		return one();
	fprintf(stderr, "makes: unknown command \"%s\"\n", command);
	return 2;
}
