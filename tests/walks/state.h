/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states, numbered as the kernel does in /proc/net/tcp; 0 stands for a
 * connection that is nowhere to be seen.
 */
#ifndef WALKS_STATE_H
#define WALKS_STATE_H

enum {
	ST_NONE,
	ST_ESTABLISHED,
	ST_SYN_SENT,
	ST_SYN_RECEIVED,
	ST_FIN_WAIT_1,
	ST_FIN_WAIT_2,
	ST_TIME_WAIT,
	ST_CLOSED,
	ST_CLOSE_WAIT,
	ST_LAST_ACK,
	ST_LISTEN,
	ST_CLOSING,
	N_STATES,
};

const char *state_name(int state);

#endif
