// SPDX-License-Identifier: GPL-2.0
/*
 * bench-loss-ends: flows one after another from a sender in one network namespace to a
 * receiver in another, for scripts/bench-loss.
 *
 *   bench-loss-ends SENDER-NS RECEIVER-NS ADDRESS SENDER RECEIVER CC OCTETS FLOWS SECONDS
 *
 * SENDER and RECEIVER are protocol numbers: 6 the kernel's TCP, 261 atcp.  For each
 * flow one line: microseconds from connect() to the moment the receiver has read the
 * last octet, segments sent again, time-outs so far in a row (TCP_INFO) and the last
 * smoothed round trip in microseconds.  All flows together have SECONDS.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT	5201
#define PIECE	(64 << 10)

static char buf[PIECE];
static struct sockaddr_in name = { .sin_family = AF_INET };

/* What the receiver tells of one flow. */
struct arrived {
	uint64_t octets;
	uint64_t last;		/* microseconds, when the last of them was read */
};

static uint64_t microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "%s", path);
	close(fd);
}

static int tcp_socket(int protocol, const char *cc)
{
	int fd = socket(AF_INET, SOCK_STREAM, protocol);

	if (fd < 0)
		err(1, "socket of protocol %d", protocol);
	if (cc && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, strlen(cc)))
		err(2, "congestion control %s of protocol %d", cc, protocol);
	return fd;
}

static void tell(int fd, const void *what, size_t len)
{
	if (write(fd, what, len) != (ssize_t)len)
		err(1, "pipe");
}

static void hear(int fd, void *what, size_t len)
{
	ssize_t got = read(fd, what, len);

	if (got != (ssize_t)len)
		errx(1, "the receiver ended");
}

static void receive_flow(int fd, struct arrived *a)
{
	ssize_t got;

	memset(a, 0, sizeof(*a));
	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		a->octets += (uint64_t)got;
		a->last = microseconds();
	}
	if (got < 0)
		err(1, "read");
}

static void receiver(int protocol, long flows, int out)
{
	int listener = tcp_socket(protocol, NULL), one = 1, fd;
	struct arrived a = { 0 };

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)&name, sizeof(name)) || listen(listener, 16))
		err(1, "listener");
	tell(out, &a, sizeof(a));
	while (flows--) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			err(1, "accept");
		receive_flow(fd, &a);
		tell(out, &a, sizeof(a));
		close(fd);
	}
}

static void send_all(int fd, uint64_t octets)
{
	while (octets) {
		size_t len = octets < PIECE ? (size_t)octets : PIECE;
		ssize_t sent = write(fd, buf, len);

		if (sent < 0)
			err(1, "write");
		octets -= (uint64_t)sent;
	}
}

static void send_flow(int protocol, const char *cc, uint64_t octets, int in)
{
	int fd = tcp_socket(protocol, cc);
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	uint64_t began = microseconds();
	struct arrived a;

	if (connect(fd, (void *)&name, sizeof(name)))
		err(1, "connect");
	send_all(fd, octets);
	shutdown(fd, SHUT_WR);
	hear(in, &a, sizeof(a));
	if (a.octets != octets)
		errx(1, "%llu octets came of %llu", (unsigned long long)a.octets,
		     (unsigned long long)octets);
	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	printf("%llu %u %u %u\n", (unsigned long long)(a.last - began),
	       info.tcpi_total_retrans, info.tcpi_backoff, info.tcpi_rtt);
	close(fd);
}

int main(int argc, char **argv)
{
	int pipe_fd[2], status = 0;
	long flows;
	pid_t child;

	if (argc != 10 || inet_pton(AF_INET, argv[3], &name.sin_addr) != 1)
		errx(2, "nine arguments: see the head of bench-loss-ends.c");
	name.sin_port = htons(PORT);
	flows = atol(argv[8]);
	if (pipe(pipe_fd))
		err(1, "pipe");
	child = fork();
	alarm((unsigned int)atol(argv[9]));
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pipe_fd[0]);
		enter(argv[2]);
		receiver(atoi(argv[5]), flows, pipe_fd[1]);
		return 0;
	}
	close(pipe_fd[1]);
	enter(argv[1]);
	hear(pipe_fd[0], &(struct arrived){ 0 }, sizeof(struct arrived));
	while (flows--)
		send_flow(atoi(argv[4]), argv[6], strtoull(argv[7], NULL, 10), pipe_fd[0]);
	fflush(stdout);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return 0;
}
