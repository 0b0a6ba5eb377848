// SPDX-License-Identifier: GPL-2.0
/*
 * early.so: a library whose constructor makes a socket before the constructor
 * of libatcp-run.so has run. Preloaded behind it, it is initialised first.
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static __attribute__((constructor)) void early(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);

	if (fd >= 0)
		close(fd);
}
