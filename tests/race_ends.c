// SPDX-License-Identifier: GPL-2.0
/*
 * race_ends PROTOCOL FAMILY N: a writer and a reader on two processors, for
 * race_test.py.
 *
 * N connections, each of one octet and its end, which the reader polls for: it must
 * never be told the end before the octet.  When both come differs from one to the
 * next.  Prints how many were told it.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATEST	3000	/* turns of a loop that the writer waits, at most */

static struct sockaddr_storage name;
static socklen_t name_len;
static int protocol, family;

static int listener(void)
{
	struct sockaddr_in6 *in6 = (void *)&name;
	struct sockaddr_in *in = (void *)&name;
	int fd = socket(family, SOCK_STREAM, protocol);

	memset(&name, 0, sizeof(name));
	name.ss_family = family;
	name_len = family == AF_INET ? sizeof(*in) : sizeof(*in6);
	if (family == AF_INET)
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		in6->sin6_addr = in6addr_loopback;
	if (fd < 0 || bind(fd, (void *)&name, name_len) || listen(fd, 100) ||
	    getsockname(fd, (void *)&name, &name_len))
		err(2, "listener");
	return fd;
}

static void write_and_end(int from, int n)
{
	volatile int turn;
	int i, fd;

	for (i = 0; i < n; i++) {
		fd = accept(from, NULL, NULL);
		if (fd < 0)
			err(2, "accept");
		for (turn = 0; turn < i * 7 % LATEST; turn++)
			;
		if (write(fd, "x", 1) != 1)
			err(2, "write");
		close(fd);
	}
	_exit(0);
}

/* What recv() says first, once it says something. */
static ssize_t first_news(void)
{
	int fd = socket(family, SOCK_STREAM, protocol);
	ssize_t got;
	char octet;

	if (fd < 0 || connect(fd, (void *)&name, name_len))
		err(2, "connect");
	do
		got = recv(fd, &octet, 1, MSG_DONTWAIT);
	while (got < 0 && errno == EAGAIN);
	close(fd);
	return got;
}

int main(int argc, char **argv)
{
	int n, from, status, i, wrong = 0;

	if (argc != 4)
		errx(2, "usage: race_ends PROTOCOL FAMILY N");
	protocol = atoi(argv[1]);
	family = atoi(argv[2]);
	n = atoi(argv[3]);
	from = listener();
	if (!fork())
		write_and_end(from, n);
	for (i = 0; i < n; i++)
		wrong += first_news() != 1;
	if (wait(&status) < 0 || status)
		errx(2, "the writer failed");
	printf("%d\n", wrong);
	return 0;
}
