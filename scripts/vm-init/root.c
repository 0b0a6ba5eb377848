// SPDX-License-Identifier: GPL-2.0
/*
 * The guest as programs find it: the host's files under a writable overlay, the
 * file systems that everybody expects, a name, limits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "vm-init.h"

/* The host's root, read-only, under a tmpfs that takes every write. */
void make_root(const struct job *job)
{
	make_dirs("/layer");
	if (mount("tmpfs", "/layer", "tmpfs", 0, "mode=755"))
		fail(job, "no tmpfs: %s", strerror(errno));
	make_dirs("/layer/upper");
	make_dirs("/layer/work");
	make_dirs("/new");
	if (mount_host(job->fs, strcmp(job->fs, "9p") ? "/" : "hostroot", "/host", 1))
		fail(job, "no root of the host: %s", strerror(errno));
	if (mount("overlay", "/new", "overlay", 0,
		  "lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work"))
		fail(job, "no overlay: %s", strerror(errno));
	if (chdir("/new") || mount("/new", "/", NULL, MS_MOVE, NULL) ||
	    chroot(".") || chdir("/"))
		fail(job, "cannot change root: %s", strerror(errno));
}

void mount_usual(const struct job *job)
{
	static const struct {
		const char *fs, *where, *options;
	} usual[] = {
		{ "proc", "/proc", NULL },
		{ "sysfs", "/sys", NULL },
		{ "devtmpfs", "/dev", "mode=755" },
		{ "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666" },
		{ "tmpfs", "/dev/shm", "mode=1777" },
		{ "tmpfs", "/run", "mode=755" },
		{ "debugfs", "/sys/kernel/debug", NULL },
		{ "tracefs", "/sys/kernel/tracing", NULL },
		{ "cgroup2", "/sys/fs/cgroup", NULL },
		{ "bpf", "/sys/fs/bpf", "mode=700" },
	};
	static const char * const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(usual); i++) {
		if (strncmp(usual[i].where, "/sys/", 5))
			make_dirs(usual[i].where);
		if (mount(usual[i].fs, usual[i].where, usual[i].fs, 0, usual[i].options))
			say("no %s: %s", usual[i].where, strerror(errno));
	}
	for (i = 0; i < ARRAY_SIZE(links); i++)
		if (symlink(links[i][0], links[i][1]) && errno != EEXIST)
			say("no %s: %s", links[i][1], strerror(errno));
	make_dirs("/run/lock");
	make_dirs("/run/netns");
	make_dirs("/dev/net");
	/* Opening it loads the driver where that is a module. */
	if (mknod("/dev/net/tun", S_IFCHR | 0666, makedev(10, 200)) && errno != EEXIST)
		say("no /dev/net/tun: %s", strerror(errno));
	make_dirs("/out");
	if (job->out && mount_host(job->fs, job->out, "/out", 0))
		fail(job, "no /out: %s", strerror(errno));
	if (!job->lib_modules)
		return;
	make_dirs("/lib/modules");
	if (mount(job->lib_modules, "/lib/modules", NULL, MS_BIND, NULL))
		fail(job, "no /lib/modules: %s", strerror(errno));
}

void set_up_host_name_and_limits(void)
{
	struct rlimit files = { .rlim_cur = 65536, .rlim_max = 1048576 };
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr))
		say("no lo: %s", strerror(errno));
	ifr.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		say("lo stays down: %s", strerror(errno));
	close(fd);
	if (sethostname("guest", 5))
		say("no host name: %s", strerror(errno));
	if (setrlimit(RLIMIT_NOFILE, &files))
		say("file limit: %s", strerror(errno));
	umask(022);
}
