/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fast Open outside the core (RFC 7413): whose cookies are good and how many may be
 * pending (module/fastopen.c), what cookies peers gave us and where text on a SYN
 * is not borne (module/fastopen_client.c).
 */
#ifndef _ATCP_FASTOPEN_H
#define _ATCP_FASTOPEN_H

#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/siphash.h>
#include <linux/sockptr.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <atcp/segment.h>

struct atcp_conn;
struct atcp_flow;
struct atcp_net;
struct atcp_tcb;
struct atcp_visit;
struct sk_buff;
struct sock;

/* net.atcp.fastopen, as net.ipv4.tcp_fastopen has it. */
#define ATCP_FASTOPEN_CLIENT		0x001
#define ATCP_FASTOPEN_SERVER		0x002
#define ATCP_FASTOPEN_CLIENT_BARE	0x004	/* text without a cookie */
#define ATCP_FASTOPEN_SERVER_BARE	0x200	/* is taken */
#define ATCP_FASTOPEN_ALL_LISTENERS	0x400	/* without TCP_FASTOPEN */

#define ATCP_FO_KEY_LEN		16		/* octets */
#define ATCP_FO_KEYS		2		/* that in use, and the one before */
#define ATCP_FO_RST_SLOTS	16

/* Keys that cookies are made with; read under RCU. */
struct atcp_fo_keys {
	struct rcu_head rcu;
	unsigned int n;
	siphash_key_t key[ATCP_FO_KEYS];
};

/**
 * struct atcp_fo_queue - the Fast Opens of a listener
 * @ref:	held by its socket and by each pending connection
 * @max:	so many may be pending (TCP_FASTOPEN), 0: none
 * @pending:	connections with text whose peer has not shown yet that it is there,
 *		and those that a RST ended of late
 * @keys:	its own, or NULL (TCP_FASTOPEN_KEY)
 * @lock:	what follows
 * @tick:	the period that rst[tick % ATCP_FO_RST_SLOTS] counts
 * @rst:	ended by RST, by the period in which they were
 */
struct atcp_fo_queue {
	refcount_t ref;
	unsigned int max;
	atomic_t pending;
	struct atcp_fo_keys __rcu *keys;
	spinlock_t lock;		/* tick and rst */
	u32 tick;
	unsigned int rst[ATCP_FO_RST_SLOTS];
	struct rcu_head rcu;
};

/* fastopen.c: the server */
int atcp_fastopen_limit(struct sock *sk, int backlog);		/* under lock_sock */
int atcp_fastopen_get_limit(const struct sock *sk);
int atcp_fastopen_listen(struct sock *sk, int backlog);		/* under lock_sock */
void atcp_fastopen_put(struct atcp_fo_queue *queue);
int atcp_fastopen_set_keys(struct atcp_net *an, struct sock *sk, const u8 *octets,
			   unsigned int n);
unsigned int atcp_fastopen_get_keys(struct atcp_net *an, const struct sock *sk, u8 *octets);

/**
 * struct atcp_fo_verdict - what becomes of a SYN by Fast Open
 * @queue:	of the listener, when @trusted; under RCU
 * @trusted:	text of the SYN is to be taken
 * @offer:	the SYN,ACK carries @cookie
 * @cookie:	the one that the peer should have
 */
struct atcp_fo_verdict {
	struct atcp_fo_queue *queue;
	bool trusted;
	bool offer;
	struct atcp_fo_cookie cookie;
};

void atcp_fastopen_judge(struct atcp_conn *listener, const struct atcp_flow *flow,
			 const struct atcp_seg *syn, struct atcp_fo_verdict *verdict);
void atcp_fastopen_apply(struct atcp_tcb *tcb, const struct atcp_fo_verdict *verdict);
void atcp_fastopen_pend(struct atcp_conn *child, const struct atcp_fo_verdict *verdict);
void atcp_fastopen_settle(struct atcp_visit *visit);
void atcp_fastopen_net_exit(struct atcp_net *an);

/* fastopen_client.c */
struct atcp_fo_cache;

/**
 * struct atcp_fo_plan - how the SYN to a peer is to be
 * @wanted:	by the user
 * @usable:	text may go with it
 * @option:	the option is on it
 * @cookie:	what it carries
 * @mss:	of the peer when it gave the cookie, 0: not known
 */
struct atcp_fo_plan {
	bool wanted;
	bool usable;
	bool option;
	u16 mss;
	struct atcp_fo_cookie cookie;
};

void atcp_fastopen_plan(struct sock *sk, struct atcp_conn *conn, struct atcp_fo_plan *plan);
void atcp_fastopen_start(struct atcp_visit *visit, struct atcp_fo_plan *plan);
void atcp_fastopen_learn(struct atcp_conn *conn, const struct atcp_seg *synack);
void atcp_fastopen_watch(const struct atcp_visit *visit);
void atcp_fastopen_forget(struct atcp_net *an);

/* fastopen_opt.c: how users set it */
bool atcp_fastopen_has_option(int name);
int atcp_fastopen_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len);
int atcp_fastopen_getsockopt(struct sock *sk, int name, char __user *val, int __user *len,
			     int wanted);

#endif /* _ATCP_FASTOPEN_H */
