// SPDX-License-Identifier: GPL-2.0
/*
 * bench-ends PROTOCOL WHAT N: both ends of TCP connections over loopback, for
 * scripts/bench.  Prints nanoseconds a round trip, an octet, or a connection; in
 * a guest that counts instructions as nanoseconds, these are instructions.
 */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP		200	/* turns that do not count */

static struct sockaddr_in name = { .sin_family = AF_INET };
static socklen_t name_len = sizeof(name);
static int protocol;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, protocol);

	if (fd < 0)
		err(1, "socket of protocol %d", protocol);
	return fd;
}

static int listener(void)
{
	int fd = tcp_socket();

	name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	name.sin_port = 0;
	if (bind(fd, (void *)&name, sizeof(name)) || listen(fd, 16) ||
	    getsockname(fd, (void *)&name, &name_len))
		err(1, "listener");
	return fd;
}

static void connect_pair(int from, int *client, int *server)
{
	int one = 1;

	*client = tcp_socket();
	if (connect(*client, (void *)&name, sizeof(name)))
		err(1, "connect");
	*server = accept(from, NULL, NULL);
	if (*server < 0)
		err(1, "accept");
	setsockopt(*client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(*server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void pass(int from, int to)
{
	char octet = 'x';

	if (write(from, &octet, 1) != 1 || read(to, &octet, 1) != 1)
		err(1, "an octet");
}

/* An octet there and back, in one process: no scheduler in it. */
static double round_trip(long n)
{
	int from = listener(), client, server;
	double began = 0;
	long i;

	connect_pair(from, &client, &server);
	for (i = -WARM_UP; i < n; i++) {
		if (!i)
			began = seconds();
		pass(client, server);
		pass(server, client);
	}
	return (seconds() - began) / (double)n;
}

/* N MiB from one process to another. */
static double bulk(long n)
{
	static char buf[128 << 10];
	int from = listener(), client, server, i;
	double began, total = 0;
	ssize_t got;

	connect_pair(from, &client, &server);
	began = seconds();
	if (!fork()) {
		for (i = 0; i < n * 8; i++)
			if (write(client, buf, sizeof(buf)) != sizeof(buf))
				err(1, "write");
		_exit(0);
	}
	close(client);
	while ((got = read(server, buf, sizeof(buf))) > 0)
		total += (double)got;
	wait(NULL);
	if (got || total != (double)(n << 20))
		errx(1, "%.0f octets came", total);
	return (seconds() - began) / total;
}

/* connect(), accept(), both close(). */
static double connection(long n)
{
	int from = listener(), client, server;
	double began = 0;
	char octet;
	long i;

	for (i = -WARM_UP; i < n; i++) {
		if (!i)
			began = seconds();
		connect_pair(from, &client, &server);
		close(client);
		if (read(server, &octet, 1))
			errx(1, "no end");
		close(server);
	}
	return (seconds() - began) / (double)n;
}

int main(int argc, char **argv)
{
	double (*what)(long n) = NULL;

	if (argc == 4 && !strcmp(argv[2], "round-trip"))
		what = round_trip;
	else if (argc == 4 && !strcmp(argv[2], "bulk"))
		what = bulk;
	else if (argc == 4 && !strcmp(argv[2], "connection"))
		what = connection;
	if (!what)
		errx(2, "usage: bench-ends PROTOCOL round-trip|bulk|connection N");
	protocol = atoi(argv[1]);
	printf("%.3f\n", what(atol(argv[3])) * 1e9);
	return 0;
}
