// SPDX-License-Identifier: GPL-2.0
/*
 * The program that atcp-run is asked to run. A preloaded library is loaded by
 * the program's dynamic linker, so it does nothing, and says nothing, where
 * there is none (a static program), where the linker must ignore the wish (a
 * program with privileges of its own) or where the program goes round libc
 * (Go's runtime). All of that can be seen in the file beforehand.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "native-elf.h"
#include "target.h"

/* As many scripts as the kernel follows from one to the next. */
#define SCRIPTS_MAX	5

static const char msg_static[] =
	"is statically linked: it has no dynamic linker to load a library";
static const char msg_foreign[] =
	"is built for another kind of machine than this atcp-run is";
static const char msg_go[] =
	"is a Go program: it makes its sockets without asking libc";
static const char msg_setuid[] =
	"is set-user-ID or set-group-ID: its dynamic linker ignores LD_PRELOAD";
static const char msg_caps[] =
	"has file capabilities: its dynamic linker ignores LD_PRELOAD";

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

bool target_find(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH");
	const char *end;
	int n;

	if (strchr(name, '/')) {
		n = snprintf(path, size, "%s", name);
		return n > 0 && (size_t)n < size && is_program(path);
	}
	if (!dir)
		dir = "/bin:/usr/bin";
	for (;; dir = end + 1) {
		end = strchrnul(dir, ':');
		n = snprintf(path, size, "%.*s%s%s", (int)(end - dir), dir,
			     end == dir ? "" : "/", name);
		if (n > 0 && (size_t)n < size && is_program(path))
			return true;
		if (!*end)
			return false;
	}
}

/* The kernel honours neither where the mount or the process forbids it. */
static bool gains_nothing(const char *path)
{
	struct statvfs fs;

	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	       (!statvfs(path, &fs) && fs.f_flag & ST_NOSUID);
}

static const char *privilege_obstacle(const char *path)
{
	struct stat st;

	if (stat(path, &st) || gains_nothing(path))
		return NULL;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		return msg_setuid;
	/* S_ISGID without the group's execute bit means something else. */
	if ((st.st_mode & 02010) == 02010 && st.st_gid != getgid())
		return msg_setuid;
	if (getuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return msg_caps;
	return NULL;
}

static size_t note_padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* A note named "Go" holds the build identity that Go's linker writes. */
static bool has_go_note(int fd, const struct native_phdr *ph)
{
	char notes[1024];
	struct native_note head;
	size_t want = ph->p_filesz < sizeof(notes) ? ph->p_filesz : sizeof(notes);
	ssize_t have = pread(fd, notes, want, ph->p_offset);
	size_t at = 0;

	while (have > 0 && at + sizeof(head) + 4 <= (size_t)have) {
		memcpy(&head, notes + at, sizeof(head));
		at += sizeof(head);
		if (head.n_namesz == 4 && !memcmp(notes + at, "Go\0", 4))
			return true;
		at += note_padded(head.n_namesz) + note_padded(head.n_descsz);
	}
	return false;
}

static const char *elf_obstacle(int fd, const struct native_hdr *eh)
{
	bool interpreter = false;
	struct native_phdr ph;
	int i;

	if (eh->e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
	    eh->e_machine != __ehdr_start.e_machine)
		return msg_foreign;
	for (i = 0; i < eh->e_phnum; i++) {
		off_t at = eh->e_phoff + (off_t)i * eh->e_phentsize;

		if (pread(fd, &ph, sizeof(ph), at) != sizeof(ph))
			return NULL;
		if (ph.p_type == PT_INTERP)
			interpreter = true;
		if (ph.p_type == PT_NOTE && has_go_note(fd, &ph))
			return msg_go;
	}
	return interpreter ? NULL : msg_static;
}

/* From a script's first line to its interpreter, in place; false if none. */
static bool script_interpreter(char *line)
{
	char *start = line + 2;
	char *end;

	while (*start == ' ' || *start == '\t')
		start++;
	end = start;
	while (*end && !isspace((unsigned char)*end))
		end++;
	if (end == start)
		return false;
	*end = 0;
	memmove(line, start, end - start + 1);
	return true;
}

const char *target_obstacle(const char *path)
{
	union {
		struct native_hdr elf;
		char text[256];
	} head, script;
	const char *obstacle;
	ssize_t n;
	int fd, i;

	for (i = 0; i <= SCRIPTS_MAX; i++) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return privilege_obstacle(path);
		n = read(fd, &head, sizeof(head) - 1);
		if (n >= (ssize_t)sizeof(head.elf) && !memcmp(&head, ELFMAG, SELFMAG)) {
			obstacle = elf_obstacle(fd, &head.elf);
			close(fd);
			return obstacle ? obstacle : privilege_obstacle(path);
		}
		close(fd);
		if (n < 2 || memcmp(&head, "#!", 2))
			return NULL;
		head.text[n] = 0;
		script = head;
		if (!script_interpreter(script.text))
			return NULL;
		path = script.text;
	}
	return NULL;
}
