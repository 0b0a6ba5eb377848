/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files share that deal with listeners: listen.c (children and limits),
 * open.c (from a SYN to a child) and syncookie.c (to none, when there are too many).
 */
#ifndef _ATCP_LISTEN_H
#define _ATCP_LISTEN_H

#include <linux/list.h>
#include <atcp/conn.h>
#include <atcp/cookie.h>

/**
 * struct atcp_listener - what a connection in LISTEN has besides
 * @open:	not yet stopped
 * @warned:	the log was told of a flood
 * @backlog:	most that may wait, less one, as Linux counts
 * @n_half_open: children in SYN-RECEIVED
 * @n_waiting:	children that nobody has accepted
 * @half_open:	the former
 * @waiting:	the latter, oldest first
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
	u32 cookie_sent;
};

/* listen.c */
bool atcp_listen_full(const struct atcp_conn *listener);

/* syncookie.c; RCU held, no lock */
void atcp_syncookie_warn(struct atcp_conn *listener, bool cookies);
void atcp_syncookie_answer(struct atcp_conn *listener, const struct sk_buff *skb,
			   const struct atcp_seg *syn, const struct atcp_flow *flow, int dif);
bool atcp_syncookie_read(const struct atcp_conn *listener, const struct atcp_seg *ack,
			 const struct atcp_flow *flow, struct atcp_cookie *cookie);

#endif /* _ATCP_LISTEN_H */
