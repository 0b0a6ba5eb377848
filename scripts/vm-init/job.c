// SPDX-License-Identifier: GPL-2.0
/*
 * The job that scripts/vm gives us in ctl: NUL-terminated strings "key=value",
 * then "--" and the arguments.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "vm-init.h"

static char *slurp(int dir, const char *name, size_t *len)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;
	ssize_t n;
	size_t at = 0;

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	text = malloc(st.st_size + 1);
	if (!text)
		return NULL;
	while (at < (size_t)st.st_size) {
		n = read(fd, text + at, st.st_size - at);
		if (n <= 0)
			break;
		at += n;
	}
	text[at] = '\0';
	close(fd);
	*len = at;
	return text;
}

static void set_key(struct job *job, char *word)
{
	static const struct {
		const char *key;
		size_t at;
	} keys[] = {
		{ "fs=", offsetof(struct job, fs) },
		{ "out=", offsetof(struct job, out) },
		{ "cwd=", offsetof(struct job, cwd) },
		{ "tty=", offsetof(struct job, tty) },
		{ "lib_modules=", offsetof(struct job, lib_modules) },
		{ "module=", offsetof(struct job, module) },
		{ "name=", offsetof(struct job, name) },
		{ "params=", offsetof(struct job, params) },
		{ "halt=", offsetof(struct job, halt) },
		{ "rows=", offsetof(struct job, rows) },
		{ "cols=", offsetof(struct job, cols) },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strncmp(word, keys[i].key, strlen(keys[i].key)))
			continue;
		*(char **)((char *)job + keys[i].at) = word + strlen(keys[i].key);
		return;
	}
}

static void parse_job(struct job *job, char *text, size_t len)
{
	size_t envs = 0, args = 0;
	int in_args = 0;
	char *word;

	for (word = text; word < text + len; word += strlen(word) + 1) {
		if (in_args && args < MAX_WORDS - 1)
			job->argv[args++] = word;
		else if (!strcmp(word, "--"))
			in_args = 1;
		else if (!strncmp(word, "env=", 4) && envs < MAX_WORDS - 1)
			job->env[envs++] = word + 4;
		else if (!strcmp(word, "interactive"))
			job->interactive = 1;
		else
			set_key(job, word);
	}
}

static char *kernel_parameter(const char *key)
{
	static char line[4096];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	char *word, *rest = line;

	if (fd < 0)
		return NULL;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return NULL;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while ((word = strsep(&rest, " ")))
		if (!strncmp(word, key, strlen(key)))
			return word + strlen(key);
	return NULL;
}

void open_ctl(struct job *job)
{
	char *text, *where = kernel_parameter("vm.ctl=");
	size_t len;

	if (!where || !strcmp(where, "trial")) {
		say("trial boot reached process 1");
		halt_guest(NULL);
	}
	job->fs = strcmp(where, "9p") ? "hostfs" : "9p";
	if (mount_host(job->fs, strcmp(where, "9p") ? where : "ctl", "/ctl", 0)) {
		say("no ctl: %s", strerror(errno));
		halt_guest(NULL);
	}
	ctl = open("/ctl", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	text = slurp(ctl, "job", &len);
	if (!text) {
		say("no job: %s", strerror(errno));
		halt_guest(NULL);
	}
	parse_job(job, text, len);
	report("init", "%s\n", job->fs);
	umount2("/ctl", MNT_DETACH);
}
