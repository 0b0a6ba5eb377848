// SPDX-License-Identifier: GPL-2.0
/*
 * Comparison of sequence numbers: every pair, against its definition.
 *
 * "a < b" is that some d, 0 < d < half of all numbers, leads from a up to b; for
 * pairs exactly half apart both hold, which is why no window may be so wide.
 */

#include <atcp/seq.h>
#include "small.h"

static bool ahead(int a, int b)
{
	int d;

	for (d = 1; d < WORDS / 2; d++)
		if ((a + d) % WORDS == b)
			return true;
	return false;
}

static void try_pair(int a, int b)
{
	bool opposite = (a + WORDS / 2) % WORDS == b;

	n_cases++;
	holds(seq_lt(a, b) == (ahead(a, b) || opposite), "a %d b %d", a, b);
	holds(seq_gt(a, b) == (ahead(b, a) || opposite), "a %d b %d", a, b);
	holds(seq_leq(a, b) == (a == b || ahead(a, b) || opposite), "a %d b %d", a, b);
	holds(seq_geq(a, b) == (a == b || ahead(b, a) || opposite), "a %d b %d", a, b);
	if (opposite)
		return;
	holds((int)seq_max(a, b) == (ahead(a, b) ? b : a), "a %d b %d", a, b);
	holds((int)seq_min(a, b) == (ahead(a, b) ? a : b), "a %d b %d", a, b);
}

/* left =< x < right: walking up from left one meets x before right. */
static void try_within(int x, int left, int right)
{
	int at = left;

	n_cases++;
	while (at != right && at != x)
		at = (at + 1) % WORDS;
	holds(seq_within(x, left, right) == (at != right),
	      "x %d left %d right %d", x, left, right);
}

int main(void)
{
	int a, b, x;

	for (a = 0; a < WORDS; a++)
		for (b = 0; b < WORDS; b++) {
			try_pair(a, b);
			for (x = 0; x < WORDS; x++)
				try_within(x, a, b);
		}
	return report();
}
