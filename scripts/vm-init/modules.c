// SPDX-License-Identifier: GPL-2.0
/*
 * Modules: those that the kernel needs to find its root, and the one under test,
 * which goes again at the end, when whatever it did not free is lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "vm-init.h"

int load(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret, saved;

	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, params, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

/* The initramfs lists, one a line, the modules without which there is no root. */
void load_early_modules(void)
{
	char line[256];
	FILE *list = fopen("/modules", "re");

	if (!list)
		return;
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = '\0';
		if (load(line, "") && errno != EEXIST)
			say("cannot load %s: %s", line, strerror(errno));
	}
	fclose(list);
}

static int is_loaded(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	return !access(path, F_OK);
}

/* What the addresses of the module mean, for reports made when it is gone. */
static void keep_symbols(const char *name)
{
	char line[512], tag[128];
	FILE *from = fopen("/proc/kallsyms", "re");
	int fd = openat(ctl, "symbols", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (!from || !to) {
		say("no symbols of %s: %s", name, strerror(errno));
		return;
	}
	snprintf(tag, sizeof(tag), "[%s]", name);
	while (fgets(line, sizeof(line), from))
		if (strstr(line, tag))
			fputs(line, to);
	fclose(to);
	fclose(from);
}

void unload(const struct job *job)
{
	int i;

	if (!job->name || !is_loaded(job->name))
		return;
	if (!access(LEAKS, F_OK))
		keep_symbols(job->name);
	for (i = 0; i < 300; i++) {
		if (!syscall(SYS_delete_module, job->name, O_NONBLOCK))
			return;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EBUSY)
			break;
		pause_ms(100);
	}
	report("failure", "%s cannot be unloaded after the command: %s\n",
	       job->name, strerror(errno));
}

/*
 * With the module gone, whatever it allocated and did not free is lost.  Two
 * scans, as only what both miss counts, and objects count from their sixth
 * second.
 */
void scan_for_leaks(void)
{
	char text[4096];
	ssize_t n;
	int from, to;

	if (access(LEAKS, F_OK) || write_file(LEAKS, "scan"))
		return;
	pause_ms(5500);
	write_file(LEAKS, "scan");
	from = open(LEAKS, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return;
	n = read(from, text, sizeof(text));
	if (n > 0) {
		to = openat(ctl, "kmemleak", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		while (n > 0) {
			if (write(to, text, n) != n)
				break;
			n = read(from, text, sizeof(text));
		}
		close(to);
	}
	close(from);
	say("scanned for leaks");
}
