// SPDX-License-Identifier: GPL-2.0
/*
 * atcp-run: runs an unmodified program with its TCP sockets on atcp.
 *
 * Makes sure beforehand that it will work: that the module is there (by making
 * a socket of it), and that a preloaded library reaches the program. Then puts
 * libatcp-run.so in front of LD_PRELOAD and becomes the program; the library
 * does the rest, in the program and in its children. The options are in
 * atcp-run(1).
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "atcp-run.h"
#include "target.h"

/* As a shell says it. */
#define EX_CANNOT_RUN	126
#define EX_NOT_FOUND	127

struct options {
	bool verbose;
	bool force;
	int protocol;
};

static void __printf(1, 2) say(const char *fmt, ...)
{
	va_list ap;

	fputs("atcp-run: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void print_usage(FILE *to)
{
	fputs("usage: atcp-run [-fv] [-p NUMBER] [--] PROGRAM [ARG...]\n"
	      "Runs PROGRAM with its TCP sockets on atcp.\n"
	      "\n"
	      "  -v, --verbose          report each socket that is placed on atcp\n"
	      "  -p, --protocol NUMBER  the module's protocol number (default 261)\n"
	      "  -f, --force            run even what a preloaded library does not reach\n"
	      "  -h, --help             print this text\n"
	      "  -V, --version          print the version\n"
	      "\n"
	      "Exit status: that of PROGRAM; 64 wrong usage, 69 the module is not loaded,\n"
	      "71 a socket cannot be made, 72 libatcp-run.so is missing,\n"
	      "126 PROGRAM cannot be run so, 127 PROGRAM was not found.\n", to);
}

static int parse_protocol(const char *text, const char *origin)
{
	int n = atcp_parse_protocol(text);

	if (n < 0) {
		say("%s: \"%s\" is not a number from %d to %d", origin, text,
		    ATCP_PROTOCOL_FIRST, ATCP_PROTOCOL_LAST);
		exit(EX_USAGE);
	}
	return n;
}

/* Returns the index of PROGRAM in argv. */
static int parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option longs[] = {
		{ "force", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "protocol", required_argument, NULL, 'p' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ },
	};
	const char *env = getenv(ATCP_ENV_PROTOCOL);
	int c;

	opt->protocol = -1;
	/* The plus sign: options that follow PROGRAM are the program's. */
	while ((c = getopt_long(argc, argv, "+fhp:vV", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			opt->force = true;
			break;
		case 'h':
			print_usage(stdout);
			exit(EX_OK);
		case 'p':
			opt->protocol = parse_protocol(optarg, "--protocol");
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'V':
			puts("atcp-run " ATCP_RUN_VERSION);
			exit(EX_OK);
		default:
			print_usage(stderr);
			exit(EX_USAGE);
		}
	}
	if (optind == argc) {
		say("no program was named");
		print_usage(stderr);
		exit(EX_USAGE);
	}
	if (opt->protocol < 0)
		opt->protocol = env && *env ?
			parse_protocol(env, ATCP_ENV_PROTOCOL) : IPPROTO_ATCP;
	return optind;
}

/*
 * Exits with the reason unless a socket of that protocol can be made. Making
 * one also lets the kernel load the module by itself, where it is installed.
 */
static void require_module(int protocol)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);

	if (fd < 0 && errno == EAFNOSUPPORT)
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (fd >= 0) {
		close(fd);
		return;
	}
	switch (errno) {
	case EPROTONOSUPPORT:
	case ESOCKTNOSUPPORT:
		say("the atcp module is not loaded; try \"modprobe atcp\" or \"insmod atcp.ko\"");
		if (protocol == IPPROTO_ATCP)
			say("if it is loaded with another number, give that with --protocol");
		else
			say("the number looked for is %d", protocol);
		exit(EX_UNAVAILABLE);
	case EINVAL:
		say("this kernel knows no protocol number %d: it is too old for atcp", protocol);
		exit(EX_UNAVAILABLE);
	default:
		say("cannot make a socket of atcp: %m");
		exit(EX_OSERR);
	}
}

/*
 * The library lies beside this program (in a checkout), in ../lib/atcp
 * (installed), or where it was to be installed.
 */
static bool find_library(char *path, size_t size)
{
	char dir[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	static const char *const places[] = {
		"/" ATCP_RUN_LIBRARY, "/../lib/atcp/" ATCP_RUN_LIBRARY,
	};
	size_t i;

	if (n > 0) {
		dir[n] = 0;
		*strrchr(dir, '/') = 0;
		for (i = 0; i < 2; i++) {
			n = snprintf(path, size, "%s%s", dir, places[i]);
			if ((size_t)n < size && !access(path, R_OK))
				return true;
		}
	}
	n = snprintf(path, size, "%s/%s", ATCP_LIBDIR, ATCP_RUN_LIBRARY);
	return (size_t)n < size && !access(path, R_OK);
}

/* In front of what is preloaded already, so that it comes first. */
static void preload(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char *value = NULL;

	if (!old || !*old) {
		if (setenv("LD_PRELOAD", library, 1))
			goto fail;
		return;
	}
	if (asprintf(&value, "%s:%s", library, old) < 0 ||
	    setenv("LD_PRELOAD", value, 1))
		goto fail;
	free(value);
	return;
fail:
	say("cannot set LD_PRELOAD: %m");
	exit(EX_OSERR);
}

static void require_library(char *path, size_t size)
{
	if (!find_library(path, size)) {
		say("%s is neither beside this program, nor in ../lib/atcp, nor in %s",
		    ATCP_RUN_LIBRARY, ATCP_LIBDIR);
		say("build it with \"make -C tools\"");
		exit(EX_OSFILE);
	}
	if (strpbrk(path, ": ")) {
		say("the path \"%s\" holds a colon or a space, which LD_PRELOAD cannot",
		    path);
		exit(EX_OSFILE);
	}
}

static void require_reachable(const char *program, const struct options *opt)
{
	char path[PATH_MAX];
	const char *obstacle;

	if (!target_find(program, path, sizeof(path)))
		return; /* execvp() says why */
	obstacle = target_obstacle(path);
	if (!obstacle)
		return;
	say("%s %s", program, obstacle);
	if (opt->force)
		return;
	say("its sockets would stay on the kernel's TCP; atcp-run(1) tells what to do");
	exit(EX_CANNOT_RUN);
}

static void export_choices(const struct options *opt)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", opt->protocol);
	if (setenv(ATCP_ENV_PROTOCOL, number, 1) ||
	    (opt->verbose && setenv(ATCP_ENV_VERBOSE, "1", 1))) {
		say("cannot set the environment: %m");
		exit(EX_OSERR);
	}
}

int main(int argc, char **argv)
{
	struct options opt = { .protocol = IPPROTO_ATCP };
	char library[PATH_MAX];
	char **program = argv + parse_options(argc, argv, &opt);
	int error;

	require_library(library, sizeof(library));
	require_module(opt.protocol);
	require_reachable(*program, &opt);
	export_choices(&opt);
	preload(library);
	execvp(*program, program);
	error = errno;
	say("%s: %m", *program);
	return error == ENOENT || error == ENOTDIR ? EX_NOT_FOUND : EX_CANNOT_RUN;
}
