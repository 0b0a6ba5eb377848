/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Invariants of a TCB; see invariants.c.
 */
#ifndef _ATCP_INVARIANTS_H
#define _ATCP_INVARIANTS_H

struct atcp_tcb;
struct atcp_fx;

const char *atcp_broken(const struct atcp_tcb *was, const struct atcp_tcb *tcb,
			const struct atcp_fx *fx);
const char *atcp_stuck(const struct atcp_tcb *tcb);

#endif /* _ATCP_INVARIANTS_H */
