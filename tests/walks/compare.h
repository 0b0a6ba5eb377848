/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How two sides of a walk differ, in few words, so that equal differences fall
 * together; and the differences that are known, each with its reason.
 */
#ifndef WALKS_COMPARE_H
#define WALKS_COMPARE_H

#include "end.h"

#define MAX_DIFFS	12
#define DIFF_SIZE	160

struct diffs {
	unsigned int n;
	char text[MAX_DIFFS][DIFF_SIZE];
};

void compare(const struct obs *linux_obs, const struct obs *atcp_obs, struct diffs *diffs);
void obs_print(const char *who, const struct obs *obs);

/* What is to be done about a difference. */
enum verdict {
	UNDECIDED,
	GO_ON,				/* known, and of no consequence for what follows */
	END_WALK,			/* known, and what follows cannot be compared */
};

/* Instead of a difference: the event as such, or what it does to those after it. */
#define KNOWN_ANY	"any"
#define KNOWN_LATER	"later"

void known_read(const char *path);
enum verdict known_find(const char *state, const char *event, const char *diff);
void known_print(void);

#endif
