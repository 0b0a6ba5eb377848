/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The eleven states and the legal edges between them (RFC 9293, Figure 5 and
 * its notes, section 3.10).  One table feeds the code, the counters of
 * /proc/net/atcp_fsm, the drawn diagram and the tests.
 */
#ifndef _ATCP_FSM_H
#define _ATCP_FSM_H

#include <linux/types.h>

struct atcp_tcb;
struct atcp_fx;

/* Numbered as TCP_ESTABLISHED ... TCP_CLOSING are, for /proc and tcp_info. */
enum atcp_state {
	ATCP_ESTABLISHED = 1,
	ATCP_SYN_SENT,
	ATCP_SYN_RECEIVED,
	ATCP_FIN_WAIT_1,
	ATCP_FIN_WAIT_2,
	ATCP_TIME_WAIT,
	ATCP_CLOSED,
	ATCP_CLOSE_WAIT,
	ATCP_LAST_ACK,
	ATCP_LISTEN,
	ATCP_CLOSING,
	ATCP_N_STATES,			/* one past the last */
};

/* What made an edge be taken: the three kinds of event of section 3.10. */
enum atcp_cause {
	ATCP_BY_SEGMENT,
	ATCP_BY_CALL,
	ATCP_BY_TIMER,
	ATCP_N_CAUSES,
};

/**
 * struct atcp_edge - a legal change of state
 * @from:	enum atcp_state
 * @to:		enum atcp_state
 * @causes:	bit mask of enum atcp_cause that may take it
 * @where:	section of RFC 9293, a single word
 */
struct atcp_edge {
	u8 from;
	u8 to;
	u8 causes;
	const char *where;
};

extern const struct atcp_edge atcp_edges[];
extern const unsigned int atcp_n_edges;

#define ATCP_MAX_EDGES		40	/* at least atcp_n_edges, for arrays */

int atcp_edge_index(enum atcp_state from, enum atcp_state to);
void atcp_set_state(struct atcp_tcb *tcb, enum atcp_state to, struct atcp_fx *fx);
const char *atcp_state_name(enum atcp_state state);
const char *atcp_cause_name(enum atcp_cause cause);

/* A state in which both ends know each other's sequence numbers. */
static inline bool atcp_synchronized(enum atcp_state state)
{
	return state != ATCP_CLOSED && state != ATCP_LISTEN &&
	       state != ATCP_SYN_SENT && state != ATCP_SYN_RECEIVED;
}

#endif /* _ATCP_FSM_H */
