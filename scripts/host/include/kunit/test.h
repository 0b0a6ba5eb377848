/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host build: the part of KUnit that the suites use, in userspace.
 *
 * The suites are the kernel's own files, unchanged: names, arguments and
 * semantics here are those of the kernel's <kunit/test.h>.  An expectation that
 * fails lets the case go on, an assertion ends it.  The runner is kunit.c.
 */
#ifndef _HOST_KUNIT_TEST_H
#define _HOST_KUNIT_TEST_H

#include <string.h>
#include <stdlib.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE	128
#define GFP_KERNEL		0

typedef unsigned int gfp_t;

/**
 * struct kunit - a test case while it runs
 * @priv:	the suite's own
 * @param_value: parameter of this run, or NULL
 * @param_index: its place among the parameters
 */
struct kunit {
	void *priv;
	const void *param_value;
	int param_index;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(fn)			{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_SLOW(fn)		KUNIT_CASE(fn)
#define KUNIT_CASE_PARAM(fn, gen)	\
	{ .run_case = fn, .name = #fn, .generate_params = gen }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)			\
	static const void *name##_gen_params(const void *prev, char *desc) \
	{								\
		__typeof__(&(array)[0]) __next = prev;			\
		void (*__desc)(__typeof__(__next), char *) = get_desc;	\
									\
		__next = prev ? __next + 1 : (array);			\
		if (__next == (array) + ARRAY_SIZE(array))		\
			return NULL;					\
		if (__desc)						\
			__desc(__next, desc);				\
		return __next;						\
	}

void host_kunit_register(struct kunit_suite *const *suites, size_t n);

/* Each file's suites join the list before main() starts. */
#define kunit_test_suites(...)						\
	static struct kunit_suite *const host_suites[] = { __VA_ARGS__ }; \
	static __attribute__((constructor)) void host_suites_add(void)	\
	{								\
		host_kunit_register(host_suites, ARRAY_SIZE(host_suites)); \
	}								\
	struct kunit

#define kunit_test_suite(suite)		kunit_test_suites(&(suite))

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp);

__printf(4, 5)
void host_kunit_fail(struct kunit *test, const char *file, int line,
		     const char *fmt, ...);
__attribute__((noreturn)) void host_kunit_abort(struct kunit *test);
__printf(2, 3)
void kunit_info(struct kunit *test, const char *fmt, ...);
#define kunit_err		kunit_info
#define kunit_warn		kunit_info

#define KUNIT_FAIL(test, fmt, ...)					\
	host_kunit_fail(test, __FILE__, __LINE__, fmt, ##__VA_ARGS__)
#define KUNIT_FAIL_AND_ABORT(test, fmt, ...) do {			\
	KUNIT_FAIL(test, fmt, ##__VA_ARGS__);				\
	host_kunit_abort(test);						\
} while (0)
#define KUNIT_SUCCEED(test)	((void)(test))

/* "fmt" with its arguments follows the values; it may be left out. */
#define __HOST_COMPARE(test, stop, a, op, b, fmt, ...) do {		\
	__typeof__((a) + 0) __a = (a);					\
	__typeof__((b) + 0) __b = (b);					\
									\
	if (!(__a op __b)) {						\
		host_kunit_fail(test, __FILE__, __LINE__,		\
				"%s " #op " %s; values %lld and %lld " fmt, \
				#a, #b, (long long)__a, (long long)__b,	\
				##__VA_ARGS__);				\
		if (stop)						\
			host_kunit_abort(test);				\
	}								\
} while (0)

#define __HOST_TRUTH(test, stop, cond, fmt, ...) do {			\
	if (!(cond)) {							\
		host_kunit_fail(test, __FILE__, __LINE__,		\
				"%s " fmt, #cond, ##__VA_ARGS__);	\
		if (stop)						\
			host_kunit_abort(test);				\
	}								\
} while (0)

#define KUNIT_EXPECT_EQ(t, a, b)	__HOST_COMPARE(t, 0, a, ==, b, "")
#define KUNIT_EXPECT_NE(t, a, b)	__HOST_COMPARE(t, 0, a, !=, b, "")
#define KUNIT_EXPECT_LT(t, a, b)	__HOST_COMPARE(t, 0, a, <, b, "")
#define KUNIT_EXPECT_LE(t, a, b)	__HOST_COMPARE(t, 0, a, <=, b, "")
#define KUNIT_EXPECT_GT(t, a, b)	__HOST_COMPARE(t, 0, a, >, b, "")
#define KUNIT_EXPECT_GE(t, a, b)	__HOST_COMPARE(t, 0, a, >=, b, "")
#define KUNIT_EXPECT_EQ_MSG(t, a, b, fmt, ...)				\
	__HOST_COMPARE(t, 0, a, ==, b, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(t, a, b, fmt, ...)				\
	__HOST_COMPARE(t, 0, a, <=, b, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(t, a, b, fmt, ...)				\
	__HOST_COMPARE(t, 0, a, >=, b, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_TRUE(t, cond)	__HOST_TRUTH(t, 0, cond, "")
#define KUNIT_EXPECT_FALSE(t, cond)	__HOST_TRUTH(t, 0, !(cond), "")
#define KUNIT_EXPECT_TRUE_MSG(t, cond, fmt, ...)			\
	__HOST_TRUTH(t, 0, cond, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(t, cond, fmt, ...)			\
	__HOST_TRUTH(t, 0, !(cond), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NULL(t, p)		__HOST_TRUTH(t, 0, (p) == NULL, "")
#define KUNIT_EXPECT_NOT_NULL(t, p)	__HOST_TRUTH(t, 0, (p) != NULL, "")
#define KUNIT_EXPECT_PTR_EQ(t, a, b)	__HOST_TRUTH(t, 0, (a) == (b), "")
#define KUNIT_EXPECT_STREQ(t, a, b)	__HOST_TRUTH(t, 0, !strcmp(a, b), "")
#define KUNIT_EXPECT_MEMEQ(t, a, b, n)	__HOST_TRUTH(t, 0, !memcmp(a, b, n), "")

#define KUNIT_ASSERT_EQ(t, a, b)	__HOST_COMPARE(t, 1, a, ==, b, "")
#define KUNIT_ASSERT_NE(t, a, b)	__HOST_COMPARE(t, 1, a, !=, b, "")
#define KUNIT_ASSERT_LT(t, a, b)	__HOST_COMPARE(t, 1, a, <, b, "")
#define KUNIT_ASSERT_LE(t, a, b)	__HOST_COMPARE(t, 1, a, <=, b, "")
#define KUNIT_ASSERT_GT(t, a, b)	__HOST_COMPARE(t, 1, a, >, b, "")
#define KUNIT_ASSERT_GE(t, a, b)	__HOST_COMPARE(t, 1, a, >=, b, "")
#define KUNIT_ASSERT_EQ_MSG(t, a, b, fmt, ...)				\
	__HOST_COMPARE(t, 1, a, ==, b, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE(t, cond)	__HOST_TRUTH(t, 1, cond, "")
#define KUNIT_ASSERT_FALSE(t, cond)	__HOST_TRUTH(t, 1, !(cond), "")
#define KUNIT_ASSERT_TRUE_MSG(t, cond, fmt, ...)			\
	__HOST_TRUTH(t, 1, cond, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(t, p)	__HOST_TRUTH(t, 1, (p) != NULL, "")
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(t, p) KUNIT_ASSERT_NOT_NULL(t, p)

#endif /* _HOST_KUNIT_TEST_H */
