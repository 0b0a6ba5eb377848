// SPDX-License-Identifier: GPL-2.0
/*
 * Counts of a run, and how they are printed.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net.h"
#include "report.h"
#include "state.h"
#include "wire.h"

#define MOST_GROUPS	4096
#define KEY_SIZE	320
#define SEGMENT_KINDS	9
#define N_CELLS		(N_EVENTS + SEGMENT_KINDS)

struct group {
	char key[KEY_SIZE];
	unsigned int count;
	unsigned int steps;		/* of the shortest example */
	uint64_t seed;			/* which that is */
};

static struct group groups[MOST_GROUPS];
static unsigned int n_groups;
static unsigned int cells[N_STATES][N_CELLS];

static const char * const segment_kinds[SEGMENT_KINDS] = {
	"SYN", "SYN,ACK", "RST", "FIN", "no ACK", "URG", "text", "not in order", "ACK",
};

static unsigned int segment_kind(const struct event *ev)
{
	if (ev->flags & RST)
		return 2;
	if (ev->flags & SYN)
		return ev->flags & ACK ? 1 : 0;
	if (!(ev->flags & ACK))
		return 4;
	if (ev->seq != SEQ_NXT)
		return 7;
	if (ev->flags & FIN)
		return 3;
	if (ev->flags & URG)
		return 5;
	return ev->len != LEN_0 ? 6 : 8;
}

/**
 * report_cell() - an event met a state
 * @state:	before it
 * @ev:		the event
 */
void report_cell(int state, const struct event *ev)
{
	unsigned int column = N_EVENTS + segment_kind(ev);

	cells[state][ev->kind == EV_SEGMENT ? column : ev->kind]++;
}

/**
 * report_undecided() - a difference that no row of the table knows
 * @state:	before the event
 * @ev:		the event
 * @diff:	the difference
 * @seed:	of the walk
 * @steps:	its length so far
 */
void report_undecided(const char *state, const struct event *ev, const char *diff, uint64_t seed,
		      unsigned int steps)
{
	char key[KEY_SIZE], event[80];
	unsigned int i;

	event_group(ev, event, sizeof(event));
	snprintf(key, sizeof(key), "%s | %s | %s", state, event, diff);
	for (i = 0; i < n_groups; i++)
		if (!strcmp(groups[i].key, key))
			break;
	if (i == MOST_GROUPS)
		return;
	if (i == n_groups) {
		n_groups++;
		strcpy(groups[i].key, key);
		groups[i].steps = steps;
		groups[i].seed = seed;
	}
	groups[i].count++;
	if (steps < groups[i].steps) {
		groups[i].steps = steps;
		groups[i].seed = seed;
	}
}

static int by_count(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->key, y->key);
}

/**
 * report_groups() - the undecided differences, the commonest first
 * @seeds:	gets the seeds of the shortest examples
 * @most:	how many
 *
 * Return: how many groups there are.
 */
unsigned int report_groups(uint64_t *seeds, unsigned int most)
{
	unsigned int i;

	qsort(groups, n_groups, sizeof(groups[0]), by_count);
	for (i = 0; i < n_groups; i++) {
		printf("undecided %6u  %s  (seed %llu, %u steps)\n", groups[i].count,
		       groups[i].key, (unsigned long long)groups[i].seed, groups[i].steps);
		if (i < most)
			seeds[i] = groups[i].seed;
	}
	return n_groups;
}

static const char *column_name(unsigned int i)
{
	return i < N_EVENTS ? event_kind(i) : segment_kinds[i - N_EVENTS];
}

/**
 * report_cells() - how many cells of state and event were visited
 * @matrix:	each with its count, too
 */
void report_cells(bool matrix)
{
	unsigned int i, visited = 0, rows = 0;
	int state;

	for (state = 0; state < N_STATES; state++) {
		unsigned int row = 0;

		for (i = 0; i < N_CELLS; i++)
			row += !!cells[state][i];
		visited += row;
		rows += !!row;
		if (!matrix || !row)
			continue;
		printf("%s:", state ? state_name(state) : "CLOSED, LISTEN");
		for (i = 0; i < N_CELLS; i++)
			if (cells[state][i])
				printf(" %s=%u", column_name(i), cells[state][i]);
		printf("\n");
	}
	printf("cells of state and event visited: %u, in %u states\n", visited, rows);
}

/**
 * report_transitions() - the module's own count of the edges of the state diagram
 */
void report_transitions(void)
{
	static char text[1 << 14];
	unsigned int edges = 0, taken = 0;
	unsigned long n[3];
	char from[20], to[20];
	char *rest = text, *line;

	read_file("/proc/net/atcp_fsm", text, sizeof(text));
	while ((line = strsep(&rest, "\n"))) {
		if (sscanf(line, "%19s %19s %lu %lu %lu", from, to, &n[0], &n[1], &n[2]) != 5)
			continue;
		edges++;
		if (n[0] + n[1] + n[2])
			taken++;
		printf("%s: %s to %s\n", n[0] + n[1] + n[2] ? "taken" : "not taken", from, to);
	}
	printf("transitions taken: %u of %u\n", taken, edges);
}
