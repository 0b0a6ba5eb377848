// SPDX-License-Identifier: GPL-2.0
/*
 * Userspace KUnit: runs the suites of kunit/ and prints KTAP.
 *
 *	kunit [-q] [-f PATTERN]
 *
 * -q prints a line a suite and the cases that failed; -f runs the cases whose
 * "suite.case" matches a shell pattern.  Exits 0 when at least one case ran and
 * none failed.  A warning raised by the code under test fails its case.
 */

#define _GNU_SOURCE		/* open_memstream(), fnmatch() */

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <kunit/test.h>

#define MAX_SUITES	128

struct memory {
	struct memory *next;
	max_align_t octets[];
};

struct counts {
	unsigned int ran;
	unsigned int failed;
};

static struct kunit_suite *suites[MAX_SUITES];
static size_t n_suites;

static bool quiet;
static const char *pattern;

/* Of the case that runs. */
static jmp_buf aborted;
static bool failed;
static struct memory *memory;
static FILE *report;		/* what the case had to say */

void host_kunit_register(struct kunit_suite *const *list, size_t n)
{
	for (; n; n--) {
		/* A suite that is left out in silence shows nothing. */
		if (n_suites == MAX_SUITES) {
			fputs("kunit: more than MAX_SUITES suites\n", stderr);
			abort();
		}
		suites[n_suites++] = *list++;
	}
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	struct memory *m = calloc(1, sizeof(*m) + size);

	(void)test;
	(void)gfp;
	if (!m)
		abort();
	m->next = memory;
	memory = m;
	return m->octets;
}

/* Filled, so that whoever relies on zeroes is found out. */
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return memset(kunit_kzalloc(test, size, gfp), 0xa5, size);
}

void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	return kunit_kzalloc(test, n * size, gfp);
}

static void free_memory(void)
{
	while (memory) {
		struct memory *next = memory->next;

		free(memory);
		memory = next;
	}
}

__printf(4, 5)
void host_kunit_fail(struct kunit *test, const char *file, int line,
		     const char *fmt, ...)
{
	va_list args;

	(void)test;
	failed = true;
	fprintf(report, "    # %s:%d: ", file, line);
	va_start(args, fmt);
	vfprintf(report, fmt, args);
	va_end(args);
	fputc('\n', report);
}

void host_kunit_abort(struct kunit *test)
{
	(void)test;
	longjmp(aborted, 1);
}

__printf(2, 3)
void kunit_info(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	(void)test;
	fputs("    # ", report);
	va_start(args, fmt);
	vfprintf(report, fmt, args);
	va_end(args);
	fputc('\n', report);
}

void host_warn(const char *file, int line, const char *what)
{
	host_kunit_fail(NULL, file, line, "WARNING: %s", what);
}

/* One run of a case, with one parameter where it takes some. */
static bool run_once(struct kunit_suite *suite, struct kunit_case *kase,
		     struct kunit *test)
{
	failed = false;
	if (!setjmp(aborted)) {
		if (suite->init && suite->init(test))
			host_kunit_fail(test, suite->name, 0, "init failed");
		else
			kase->run_case(test);
	}
	if (suite->exit)
		suite->exit(test);
	free_memory();
	return !failed;
}

static void run_params(struct kunit_suite *suite, struct kunit_case *kase,
		       struct counts *sum)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	struct kunit test = { 0 };
	const void *param = NULL;

	while ((param = kase->generate_params(param, desc))) {
		bool ok;

		test.param_value = param;
		ok = run_once(suite, kase, &test);
		sum->ran++;
		sum->failed += !ok;
		if (!ok || !quiet)
			fprintf(report, "        %s %d %s\n", ok ? "ok" : "not ok",
				test.param_index + 1, desc);
		test.param_index++;
		test.priv = NULL;
		*desc = 0;
	}
}

static struct counts run_case(struct kunit_suite *suite, struct kunit_case *kase,
			      unsigned int number)
{
	struct counts sum = { 0 };
	size_t len;
	char *text;

	report = open_memstream(&text, &len);
	if (!report)
		abort();
	if (kase->generate_params) {
		run_params(suite, kase, &sum);
	} else {
		struct kunit test = { 0 };

		sum.ran = 1;
		sum.failed = !run_once(suite, kase, &test);
	}
	fclose(report);
	fputs(text, stdout);
	free(text);
	if (!sum.ran)
		sum.failed = 1;	/* parameters without an end or a start */
	if (sum.failed || !quiet)
		printf("    %s %u %s.%s\n", sum.failed ? "not ok" : "ok", number,
		       suite->name, kase->name);
	fflush(stdout);
	return sum;
}

static struct counts run_suite(struct kunit_suite *suite)
{
	struct counts sum = { 0 };
	struct kunit_case *kase;
	unsigned int number = 0;
	char name[512];

	if (suite->suite_init && suite->suite_init(suite))
		return (struct counts){ 1, 1 };
	for (kase = suite->test_cases; kase->run_case; kase++) {
		struct counts one;

		snprintf(name, sizeof(name), "%s.%s", suite->name, kase->name);
		if (pattern && fnmatch(pattern, name, 0))
			continue;
		one = run_case(suite, kase, ++number);
		sum.ran += one.ran;
		sum.failed += one.failed;
	}
	if (suite->suite_exit)
		suite->suite_exit(suite);
	return sum;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct kunit_suite *const *)a)->name,
		      (*(struct kunit_suite *const *)b)->name);
}

int main(int argc, char **argv)
{
	struct counts all = { 0 };
	size_t i;
	int opt;

	while ((opt = getopt(argc, argv, "qf:")) != -1) {
		if (opt == '?')
			return 2;
		if (opt == 'q')
			quiet = true;
		else
			pattern = optarg;
	}
	/* The order of constructors is the linker's: sort. */
	qsort(suites, n_suites, sizeof(suites[0]), by_name);
	printf("KTAP version 1\n1..%zu\n", n_suites);
	for (i = 0; i < n_suites; i++) {
		struct counts one = run_suite(suites[i]);

		all.ran += one.ran;
		all.failed += one.failed;
		printf("%s %zu %s # %u cases\n", one.failed ? "not ok" : "ok",
		       i + 1, suites[i]->name, one.ran);
	}
	printf("# host: %u passed, %u failed\n", all.ran - all.failed, all.failed);
	return !all.ran || all.failed;
}
