// SPDX-License-Identifier: GPL-2.0
/*
 * Files and directories, of the guest and of the host.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vm-init.h"

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* mkdir -p */
void make_dirs(const char *path)
{
	char part[512];
	size_t i;

	for (i = 1; i < sizeof(part) && path[i]; i++) {
		if (path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		mkdir(part, 0755);
	}
	mkdir(path, 0755);
}

/* A directory of the host: by tag over 9p, by path through hostfs. */
int mount_host(const char *fs, const char *what, const char *where, int ro)
{
	unsigned long flags = ro ? MS_RDONLY : 0;

	make_dirs(where);
	if (!strcmp(fs, "hostfs"))
		return mount("none", where, fs, flags, what);
	return mount(what, where, fs, flags, ro ?
		     "trans=virtio,version=9p2000.L,msize=262144,cache=loose" :
		     "trans=virtio,version=9p2000.L,msize=262144,cache=none");
}
