/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a run of walks found: undecided differences in groups, the cells of state
 * and event that were visited, the transitions taken.
 */
#ifndef WALKS_REPORT_H
#define WALKS_REPORT_H

#include "event.h"

void report_cell(int state, const struct event *ev);
void report_undecided(const char *state, const struct event *ev, const char *diff, uint64_t seed,
		      unsigned int steps);
unsigned int report_groups(uint64_t *seeds, unsigned int most);
void report_cells(bool matrix);
void report_transitions(void);

#endif
