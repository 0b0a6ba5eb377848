// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine: which edges exist, and the one function that takes them.
 *
 * RFC 9293 section 3.3.2, Figure 5 with its notes, and the events of section
 * 3.10.  FIN-WAIT-1 to TIME-WAIT of the figure's notes is passed through
 * FIN-WAIT-2, as the order of the checks in 3.10.7.4 has it (fifth, then
 * eighth); likewise SYN-RECEIVED to CLOSE-WAIT through ESTABLISHED.
 */

#include <atcp/core.h>

#define SEGMENT		BIT(ATCP_BY_SEGMENT)
#define CALL		BIT(ATCP_BY_CALL)
#define TIMER		BIT(ATCP_BY_TIMER)
#define ANY		(SEGMENT | CALL | TIMER)

const struct atcp_edge atcp_edges[] = {
	{ ATCP_CLOSED,       ATCP_LISTEN,       CALL,            "3.10.1" },
	{ ATCP_CLOSED,       ATCP_SYN_SENT,     CALL,            "3.10.1" },
	{ ATCP_LISTEN,       ATCP_SYN_SENT,     CALL,            "3.10.1" },
	{ ATCP_LISTEN,       ATCP_SYN_RECEIVED, SEGMENT,         "3.10.7.2" },
	{ ATCP_LISTEN,       ATCP_CLOSED,       CALL,            "3.10.4,3.10.5" },
	{ ATCP_SYN_SENT,     ATCP_SYN_RECEIVED, SEGMENT,         "3.10.7.3" },
	{ ATCP_SYN_SENT,     ATCP_ESTABLISHED,  SEGMENT,         "3.10.7.3" },
	{ ATCP_SYN_SENT,     ATCP_CLOSED,       ANY,             "3.10.4,3.10.7.3,3.10.8" },
	{ ATCP_SYN_RECEIVED, ATCP_ESTABLISHED,  SEGMENT,         "3.10.7.4" },
	{ ATCP_SYN_RECEIVED, ATCP_FIN_WAIT_1,   CALL,            "3.10.4" },
	{ ATCP_SYN_RECEIVED, ATCP_LISTEN,       SEGMENT | TIMER, "3.10.7.4" },
	{ ATCP_SYN_RECEIVED, ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
	{ ATCP_ESTABLISHED,  ATCP_FIN_WAIT_1,   SEGMENT | CALL,  "3.10.4" },
	{ ATCP_ESTABLISHED,  ATCP_CLOSE_WAIT,   SEGMENT,         "3.10.7.4" },
	{ ATCP_ESTABLISHED,  ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
	{ ATCP_FIN_WAIT_1,   ATCP_FIN_WAIT_2,   SEGMENT,         "3.10.7.4" },
	{ ATCP_FIN_WAIT_1,   ATCP_CLOSING,      SEGMENT,         "3.10.7.4" },
	{ ATCP_FIN_WAIT_1,   ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
	{ ATCP_FIN_WAIT_2,   ATCP_TIME_WAIT,    SEGMENT,         "3.10.7.4" },
	{ ATCP_FIN_WAIT_2,   ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
	{ ATCP_CLOSE_WAIT,   ATCP_LAST_ACK,     ANY,             "3.10.4" },
	{ ATCP_CLOSE_WAIT,   ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
	{ ATCP_CLOSING,      ATCP_TIME_WAIT,    SEGMENT,         "3.10.7.4" },
	{ ATCP_CLOSING,      ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
	{ ATCP_LAST_ACK,     ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
	{ ATCP_TIME_WAIT,    ATCP_CLOSED,       ANY,             "3.10.5,3.10.7.4,3.10.8" },
};

const unsigned int atcp_n_edges = ARRAY_SIZE(atcp_edges);

static const char * const state_names[ATCP_N_STATES] = {
	[ATCP_ESTABLISHED]  = "ESTABLISHED",
	[ATCP_SYN_SENT]     = "SYN-SENT",
	[ATCP_SYN_RECEIVED] = "SYN-RECEIVED",
	[ATCP_FIN_WAIT_1]   = "FIN-WAIT-1",
	[ATCP_FIN_WAIT_2]   = "FIN-WAIT-2",
	[ATCP_TIME_WAIT]    = "TIME-WAIT",
	[ATCP_CLOSED]       = "CLOSED",
	[ATCP_CLOSE_WAIT]   = "CLOSE-WAIT",
	[ATCP_LAST_ACK]     = "LAST-ACK",
	[ATCP_LISTEN]       = "LISTEN",
	[ATCP_CLOSING]      = "CLOSING",
};

static const char * const cause_names[ATCP_N_CAUSES] = {
	[ATCP_BY_SEGMENT] = "segment",
	[ATCP_BY_CALL]    = "call",
	[ATCP_BY_TIMER]   = "timer",
};

/**
 * atcp_edge_index() - where an edge stands in atcp_edges[]
 * @from:	state left
 * @to:		state entered
 *
 * Return: the index, or -ENOENT when RFC 9293 has no such edge.
 */
int atcp_edge_index(enum atcp_state from, enum atcp_state to)
{
	unsigned int i;

	for (i = 0; i < atcp_n_edges; i++)
		if (atcp_edges[i].from == from && atcp_edges[i].to == to)
			return i;
	return -ENOENT;
}

/* What RFC 4022 counts of the edges. */
static void count_edge(enum atcp_state from, enum atcp_state to, struct atcp_fx *fx)
{
	if (from == ATCP_LISTEN && to == ATCP_SYN_RECEIVED)
		atcp_fx_event(fx, ATCP_EV_PASSIVE_OPENS);
	else if (to == ATCP_SYN_SENT)
		atcp_fx_event(fx, ATCP_EV_ACTIVE_OPENS);
	else if (to == ATCP_LISTEN && from != ATCP_CLOSED)
		atcp_fx_event(fx, ATCP_EV_ATTEMPT_FAILS);
	else if (to == ATCP_CLOSED && (from == ATCP_SYN_SENT || from == ATCP_SYN_RECEIVED))
		atcp_fx_event(fx, ATCP_EV_ATTEMPT_FAILS);
	else if (to == ATCP_CLOSED && (from == ATCP_ESTABLISHED || from == ATCP_CLOSE_WAIT))
		atcp_fx_event(fx, ATCP_EV_ESTAB_RESETS);
}

/**
 * atcp_set_state() - change the state; nothing else writes tcb->state
 * @tcb:	the connection
 * @to:		state to enter
 * @fx:		notes the edge; fx->cause tells what took it
 *
 * Context: the TCB's lock held. Source: RFC 9293, Figure 5.
 */
void atcp_set_state(struct atcp_tcb *tcb, enum atcp_state to, struct atcp_fx *fx)
{
	int edge = atcp_edge_index(tcb->state, to);

	WARN_ON_ONCE(edge < 0 || !(atcp_edges[edge].causes & BIT(fx->cause)));
	WARN_ON_ONCE(fx->n_edges == ATCP_FX_EDGES);
	if (fx->n_edges < ATCP_FX_EDGES) {
		fx->edge[fx->n_edges].from = tcb->state;
		fx->edge[fx->n_edges].to = to;
		fx->n_edges++;
	}
	count_edge(tcb->state, to, fx);
	tcb->state = to;
}

/**
 * atcp_state_name() - the RFC's name of a state
 * @state:	any value
 *
 * Return: a constant string, "?" for no state.
 */
const char *atcp_state_name(enum atcp_state state)
{
	if ((unsigned int)state >= ATCP_N_STATES || !state_names[state])
		return "?";
	return state_names[state];
}

/**
 * atcp_cause_name() - "segment", "call" or "timer"
 * @cause:	any value
 *
 * Return: a constant string, "?" for no cause.
 */
const char *atcp_cause_name(enum atcp_cause cause)
{
	return (unsigned int)cause < ATCP_N_CAUSES ? cause_names[cause] : "?";
}
