/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files share that deal with listeners: listen.c (children and limits),
 * open.c (what a SYN leads to), half.c (a record) and syncookie.c (nothing, when there
 * are too many).
 */
#ifndef _ATCP_LISTEN_H
#define _ATCP_LISTEN_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <atcp/conn.h>
#include <atcp/cookie.h>
#include <atcp/fastopen.h>

#define ATCP_HALF_LEVELS	8	/* from there on the time-out grows no more */

/**
 * struct atcp_listener - what a connection in LISTEN has besides
 * @open:	not yet stopped
 * @warned:	the log was told of a flood
 * @backlog:	most that may wait, less one, as Linux counts
 * @n_half_open: connections and records in SYN-RECEIVED
 * @n_waiting:	children that nobody has accepted
 * @half_open:	of the former, the connections
 * @waiting:	the latter, oldest first
 * @half:	the records of half.c, by how often their SYN,ACK was sent again
 * @timer:	of those
 * @armed:	for when, microseconds, 0: not
 * @scratch:	where one of them is made a TCB again
 * @conn:	the connection in LISTEN
 * @cookie_sent: when a SYN was last answered with a cookie, seconds, 0: never;
 *		without a lock
 */
struct atcp_listener {
	bool open;
	bool warned;
	unsigned int backlog;
	unsigned int n_half_open;
	unsigned int n_waiting;
	struct list_head half_open;
	struct list_head waiting;
	struct list_head half[ATCP_HALF_LEVELS];
	struct hrtimer timer;
	u64 armed;
	struct atcp_tcb *scratch;
	struct atcp_conn *conn;
	u32 cookie_sent;
};

/**
 * struct meeting - a segment that meets a listener
 * @listener:	with a reference
 * @skb:	the segment
 * @seg:	the same, parsed
 * @flow:	its flow
 * @dif:	device it came by
 * @was:	the RFC 6191 TIME-WAIT that it ended, or NULL
 * @consumed:	@skb was
 */
struct meeting {
	struct atcp_conn *listener;
	struct sk_buff *skb;
	const struct atcp_seg *seg;
	const struct atcp_flow *flow;
	int dif;
	struct atcp_node *was;
	bool consumed;
};

/* listen.c */
bool atcp_listen_full(const struct atcp_conn *listener);

/* half.c */
bool atcp_half_open(struct meeting *m, u32 iss, const struct atcp_fo_verdict *fo);
void atcp_half_stop(struct atcp_conn *listener);
int atcp_half_listener_init(struct atcp_listener *l, struct atcp_conn *conn);
void atcp_half_listener_exit(struct atcp_listener *l);

/* syncookie.c; RCU held, no lock */
void atcp_syncookie_warn(struct atcp_conn *listener, bool cookies);
void atcp_syncookie_answer(struct atcp_conn *listener, const struct sk_buff *skb,
			   const struct atcp_seg *syn, const struct atcp_flow *flow, int dif);
bool atcp_syncookie_read(const struct atcp_conn *listener, const struct atcp_seg *ack,
			 const struct atcp_flow *flow, struct atcp_cookie *cookie);

#endif /* _ATCP_LISTEN_H */
