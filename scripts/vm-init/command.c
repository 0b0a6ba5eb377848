// SPDX-License-Identifier: GPL-2.0
/*
 * The job's command: its terminal, its status, and the end of what it leaves
 * behind.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "vm-init.h"

/* Bytes pass unchanged unless a person sits there. */
void set_tty(int fd, const struct job *job)
{
	struct winsize ws = { 0 };
	struct termios t;

	if (tcgetattr(fd, &t))
		return;
	if (!job->interactive)
		t.c_oflag &= ~OPOST;
	else
		t.c_oflag |= OPOST | ONLCR;
	tcsetattr(fd, TCSANOW, &t);
	if (!job->interactive || !job->rows || !job->cols)
		return;
	ws.ws_row = atoi(job->rows);
	ws.ws_col = atoi(job->cols);
	ioctl(fd, TIOCSWINSZ, &ws);
}

void run_command(const struct job *job)
{
	int fd;

	setsid();
	fd = open(job->tty, O_RDWR);
	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	ioctl(fd, TIOCSCTTY, 0);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
	if (!job->interactive) {
		fd = open("/dev/null", O_RDONLY);
		dup2(fd, 0);
		close(fd);
	}
	if (chdir(job->cwd)) {
		dprintf(2, "vm: cannot go to %s: %s\n", job->cwd, strerror(errno));
		_exit(126);
	}
	environ = (char **)job->env;
	execvp(job->argv[0], job->argv);
	dprintf(2, "vm: cannot run %s: %s\n", job->argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int wait_for(pid_t child)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = wait(&status);
		if (pid < 0 && errno == ECHILD)
			return 255;
		if (pid != child)
			continue;
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		return WEXITSTATUS(status);
	}
}

void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Nothing of the command's may hold the module any more. */
void end_processes(void)
{
	int i;

	kill(-1, SIGKILL);
	for (i = 0; i < 200; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		pause_ms(10);
	}
	say("processes outlive SIGKILL");
}

/* Named network namespaces are mounts: they would live on. */
void drop_namespaces(void)
{
	char path[512];
	struct dirent *e;
	DIR *dir = opendir("/run/netns");

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/run/netns/%s", e->d_name);
		umount2(path, MNT_DETACH);
	}
	closedir(dir);
}
