// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of maxfilter.c.
 */

#include "../module/core/maxfilter.c"
#include <kunit/test.h>

#define WINDOW	10

/* The greatest of the last @window + 1 of @n values, the plain way. */
static u32 greatest(const u32 *values, unsigned int n, unsigned int window)
{
	u32 most = 0;
	unsigned int i;

	for (i = n > window ? n - window - 1 : 0; i < n; i++)
		most = most > values[i] ? most : values[i];
	return most;
}

/*
 * Never above the true maximum of the window; as much as the best of its last quarter;
 * and exact while values rise. Time wraps meanwhile.
 */
static void maxfilter__within_the_window(struct kunit *test)
{
	static u32 values[1000];
	struct atcp_maxfilter f = { { 0 } };
	u32 x = 1, got;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		x = x * 1664525 + 1013904223;
		values[i] = i % 97 < 40 ? x >> 8 : (x >> 8) / (i % 97);
		got = atcp_maxfilter_update(&f, values[i], i, WINDOW);
		KUNIT_EXPECT_EQ(test, got, f.value[0]);
		KUNIT_EXPECT_LE(test, got, greatest(values, i + 1, WINDOW));
		KUNIT_EXPECT_GE(test, got, greatest(values, i + 1, WINDOW / 4));
		KUNIT_EXPECT_GE(test, f.value[0], f.value[1]);
		KUNIT_EXPECT_GE(test, f.value[1], f.value[2]);
	}
}

/* A peak counts for the window, and is forgotten after it. */
static void maxfilter__forgets_a_peak(struct kunit *test)
{
	struct atcp_maxfilter f = { { 0 } };
	unsigned int i;

	atcp_maxfilter_update(&f, 1000, 250, WINDOW);
	for (i = 1; i <= WINDOW; i++)
		KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 500 - i, 250 + i, WINDOW), 1000u);
	KUNIT_EXPECT_LT(test, atcp_maxfilter_update(&f, 300, (u8)(251 + WINDOW), WINDOW), 500u);
	KUNIT_EXPECT_GE(test, f.value[0], 490u);
}

/*
 * While values fall: the second is of the first that came a quarter of the window after
 * the best, the third of half of it after the second.
 */
static void maxfilter__spreads(struct kunit *test)
{
	static const struct {
		u8 at;
		u32 value, second, third;
	} samples[] = {
		{ 25, 990, 1000, 1000 }, { 26, 980, 980, 980 },
		{ 76, 970, 980, 980 }, { 77, 960, 980, 960 },
		{ 100, 950, 980, 960 },
	};
	struct atcp_maxfilter f = { { 0 } };
	unsigned int i;

	atcp_maxfilter_update(&f, 1000, 0, 100);
	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, samples[i].value, samples[i].at,
							    100), 1000u);
		KUNIT_EXPECT_EQ(test, f.value[1], samples[i].second);
		KUNIT_EXPECT_EQ(test, f.value[2], samples[i].third);
	}
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 940, 101, 100), 980u);
	KUNIT_EXPECT_EQ(test, f.value[1], 960u);
	KUNIT_EXPECT_EQ(test, f.value[2], 940u);
}

/* The best is forgotten: the second follows with its own time, or, too old as well, the third. */
static void maxfilter__moves_up(struct kunit *test)
{
	struct atcp_maxfilter f = { { 0 } }, later;

	atcp_maxfilter_update(&f, 10, 0, 10);
	atcp_maxfilter_update(&f, 8, 3, 10);
	atcp_maxfilter_update(&f, 6, 9, 10);
	later = f;
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 1, 11, 10), 8u);
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 1, 14, 10), 6u);
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 1, 19, 10), 6u);
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&later, 1, 14, 10), 6u);
}

/* After a long silence only the new sample counts; with a window of 1, the last two. */
static void maxfilter__starts_anew(struct kunit *test)
{
	struct atcp_maxfilter f = { { 0 } };

	atcp_maxfilter_update(&f, 1000, 0, WINDOW);
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 5, 2 * WINDOW, WINDOW), 5u);
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 3, 2 * WINDOW + 1, 1), 5u);
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 2, 2 * WINDOW + 2, 1), 3u);
	KUNIT_EXPECT_EQ(test, atcp_maxfilter_update(&f, 7, 2 * WINDOW + 3, 1), 7u);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(maxfilter__within_the_window),
	KUNIT_CASE(maxfilter__forgets_a_peak),
	KUNIT_CASE(maxfilter__spreads),
	KUNIT_CASE(maxfilter__moves_up),
	KUNIT_CASE(maxfilter__starts_anew),
	{}
};

static struct kunit_suite suite = {
	.name = "atcp_maxfilter",
	.test_cases = cases,
};

kunit_test_suite(suite);
