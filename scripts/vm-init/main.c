// SPDX-License-Identifier: GPL-2.0
/*
 * vm-init: process 1 of the guests that scripts/vm boots.
 *
 * It runs from an initramfs: loads the modules that the kernel needs to reach
 * the host's files, lays a writable overlay over them, mounts what programs
 * expect, loads the module under test, runs the job's command, and reports.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <termios.h>
#include <unistd.h>
#include "vm-init.h"

int main(void)
{
	static struct job job;
	int status, tty;
	pid_t child;

	if (getpid() != 1)
		return 2;
	make_dirs("/proc");
	make_dirs("/dev");
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	load_early_modules();
	open_ctl(&job);
	make_root(&job);
	mount_usual(&job);
	/* Scans happen when we ask: the periodic one would take the time of tests. */
	if (!access(LEAKS, F_OK))
		write_file(LEAKS, "scan=off");
	set_up_host_name_and_limits();
	if (job.module && load(job.module, job.params ? job.params : ""))
		fail(&job, "%s does not load: %s", job.module, strerror(errno));
	report("started", "%s\n", job.argv[0]);
	tty = open(job.tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0)
		fail(&job, "no %s: %s", job.tty, strerror(errno));
	set_tty(tty, &job);
	child = fork();
	if (!child)
		run_command(&job);
	status = wait_for(child);
	tcdrain(tty);
	say("the command ended with status %d", status);
	report("exit", "%d\n", status);
	end_processes();
	drop_namespaces();
	unload(&job);
	scan_for_leaks();
	tcdrain(tty);
	report("done", "%d\n", status);
	halt_guest(&job);
}
