// SPDX-License-Identifier: GPL-2.0
/*
 * vm-init: process 1 of the guests that scripts/vm boots.
 *
 * It runs from an initramfs: loads the modules that the kernel needs to reach
 * the host's files, lays a writable overlay over them, mounts what programs
 * expect, loads the module under test, runs the job's command, and reports.
 *
 * It owns the protocol with scripts/vm: a directory of the host, "ctl", which
 * holds the job (NUL-terminated strings "key=value", then "--" and the
 * arguments) and receives the status.  The directory is detached from the
 * guest's tree before the command starts, so that a command cannot write its
 * own verdict.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LEAKS "/sys/kernel/debug/kmemleak"
#define MAX_WORDS 4096

/* The job, as scripts/vm wrote it. */
struct job {
	char *fs;		/* "9p" or "hostfs" */
	char *out;		/* hostfs: the host's path of /out; 9p: any */
	char *cwd;
	char *tty;		/* where the command reads and writes */
	char *lib_modules;	/* bound to /lib/modules, or NULL */
	char *module;		/* the .ko to load, or NULL */
	char *name;		/* its name once loaded */
	char *params;
	char *halt;		/* "off" or "reboot" */
	char *rows, *cols;
	int interactive;
	char *env[MAX_WORDS];
	char *argv[MAX_WORDS];
};

static int ctl = -1;

static void say(const char *fmt, ...)
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
static __attribute__((noreturn)) void halt_guest(const struct job *job)
{
	sync();
	if (job && job->halt && !strcmp(job->halt, "off"))
		reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

/* A file in ctl appears whole or not at all. */
static void report(const char *file, const char *fmt, ...)
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

static void fail(const struct job *job, const char *fmt, ...)
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

static int write_file(const char *path, const char *text)
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
static void make_dirs(const char *path)
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

static int load(const char *path, const char *params)
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
static void load_early_modules(void)
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

/* A directory of the host: by tag over 9p, by path through hostfs. */
static int mount_host(const char *fs, const char *what, const char *where, int ro)
{
	unsigned long flags = ro ? MS_RDONLY : 0;

	make_dirs(where);
	if (!strcmp(fs, "hostfs"))
		return mount("none", where, fs, flags, what);
	return mount(what, where, fs, flags, ro ?
		     "trans=virtio,version=9p2000.L,msize=262144,cache=loose" :
		     "trans=virtio,version=9p2000.L,msize=262144,cache=none");
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

/* The host's root, read-only, under a tmpfs that takes every write. */
static void make_root(const struct job *job)
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

static void mount_usual(const struct job *job)
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

static void set_up_host_name_and_limits(void)
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

/* Bytes pass unchanged unless a person sits there. */
static void set_tty(int fd, const struct job *job)
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

static void run_command(const struct job *job)
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

static int wait_for(pid_t child)
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

static void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Nothing of the command's may hold the module any more. */
static void end_processes(void)
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

static int is_loaded(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	return !access(path, F_OK);
}

/* Named network namespaces are mounts: they would live on. */
static void drop_namespaces(void)
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

static void unload(const struct job *job)
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
static void scan_for_leaks(void)
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

static void open_ctl(struct job *job)
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
	umount2("/ctl", MNT_DETACH);
}

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
