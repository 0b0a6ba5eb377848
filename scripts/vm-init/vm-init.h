/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of vm-init share.
 *
 * The protocol with scripts/vm: a directory of the host, "ctl", which holds the
 * job and receives the status.  It is detached from the guest's tree before the
 * command starts, so that a command cannot write its own verdict.
 */
#ifndef VM_INIT_H
#define VM_INIT_H

#include <sys/types.h>

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

/* report.c */
extern int ctl;			/* the directory of that name */

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report(const char *file, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void fail(const struct job *job, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void halt_guest(const struct job *job) __attribute__((noreturn));

/* files.c */
int write_file(const char *path, const char *text);
void make_dirs(const char *path);
int mount_host(const char *fs, const char *what, const char *where, int ro);

/* job.c */
void open_ctl(struct job *job);

/* root.c */
void make_root(const struct job *job);
void mount_usual(const struct job *job);
void set_up_host_name_and_limits(void);

/* modules.c */
int load(const char *path, const char *params);
void load_early_modules(void);
void unload(const struct job *job);
void scan_for_leaks(void);

/* command.c */
void set_tty(int fd, const struct job *job);
void run_command(const struct job *job);
int wait_for(pid_t child);
void end_processes(void);
void drop_namespaces(void);
void pause_ms(long ms);

#endif /* VM_INIT_H */
