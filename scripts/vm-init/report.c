// SPDX-License-Identifier: GPL-2.0
/*
 * What the host learns: the kernel log, and the files in ctl that scripts/vm
 * judges by.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>
#include "vm-init.h"

int ctl = -1;

void say(const char *fmt, ...)
{
	char line[512] = "<5>vm-init: ";
	size_t used = strlen(line);
	va_list ap;
	int fd, n;

	va_start(ap, fmt);
	n = vsnprintf(line + used, sizeof(line) - used, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, line, strlen(line)) < 0)
		perror("kmsg");
	close(fd);
}

/* Power off at once; without a status this is a failure for the host. */
void halt_guest(const struct job *job)
{
	sync();
	if (job && job->halt && !strcmp(job->halt, "off"))
		reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

/* A file in ctl appears whole or not at all. */
void report(const char *file, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int fd, n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || ctl < 0)
		return;
	if ((size_t)n >= sizeof(text))
		n = sizeof(text) - 1;
	fd = openat(ctl, "partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		say("no status written: %s", strerror(errno));
		return;
	}
	if (write(fd, text, n) != n)
		say("cannot write %s: %s", file, strerror(errno));
	close(fd);
	if (renameat(ctl, "partial", ctl, file))
		say("cannot name %s: %s", file, strerror(errno));
}

void fail(const struct job *job, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say("failed: %s", text);
	report("failure", "%s\n", text);
	halt_guest(job);
}
