// SPDX-License-Identifier: GPL-2.0
/*
 * The table of known differences: differences.tsv, which says how it is read.
 */

#include <err.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compare.h"

#define MOST_ROWS	200
#define TABLE_SIZE	131072

struct row {
	const char *state;
	const char *event;
	const char *diff;
	enum verdict verdict;
	const char *reason;
	unsigned int hits;
};

static struct row rows[MOST_ROWS];
static unsigned int n_rows;

static const char *field(char **line, const char *path)
{
	char *text = strsep(line, "\t");

	if (!text || !*text)
		errx(2, "%s: row %u is cut short", path, n_rows + 1);
	return text;
}

static void read_row(char *line, const char *path)
{
	struct row *row = &rows[n_rows];
	const char *verdict;

	if (n_rows == MOST_ROWS)
		errx(2, "%s: too many rows", path);
	row->state = field(&line, path);
	row->event = field(&line, path);
	row->diff = field(&line, path);
	verdict = field(&line, path);
	row->reason = field(&line, path);
	if (!strcmp(verdict, "end"))
		row->verdict = END_WALK;
	else if (!strcmp(verdict, "on"))
		row->verdict = GO_ON;
	else
		errx(2, "%s: row %u: neither \"on\" nor \"end\"", path, n_rows + 1);
	n_rows++;
}

/**
 * known_read() - read the table
 * @path:	its file
 */
void known_read(const char *path)
{
	static char text[TABLE_SIZE];
	char *rest = text, *line;

	read_file(path, text, sizeof(text));
	while ((line = strsep(&rest, "\n")))
		if (*line && *line != '#')
			read_row(line, path);
}

static bool about_event(const char *diff)
{
	return !strcmp(diff, KNOWN_ANY) || !strcmp(diff, KNOWN_LATER);
}

/**
 * known_find() - whether a difference is in the table
 * @state:	before the event
 * @event:	its name
 * @diff:	the difference
 *
 * Return: what to do about it, by the first row that fits.
 */
enum verdict known_find(const char *state, const char *event, const char *diff)
{
	unsigned int i;

	for (i = 0; i < n_rows; i++) {
		struct row *row = &rows[i];

		if (about_event(row->diff) != about_event(diff) ||
		    fnmatch(row->diff, diff, FNM_EXTMATCH) ||
		    fnmatch(row->event, event, FNM_EXTMATCH) ||
		    fnmatch(row->state, state, FNM_EXTMATCH))
			continue;
		row->hits++;
		return row->verdict;
	}
	return UNDECIDED;
}

/**
 * known_print() - how often each known difference was met
 */
void known_print(void)
{
	unsigned int i;

	for (i = 0; i < n_rows; i++)
		printf("known %7u  %s | %s | %s: %s\n", rows[i].hits, rows[i].state,
		       rows[i].event, rows[i].diff, rows[i].reason);
}
