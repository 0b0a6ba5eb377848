// SPDX-License-Identifier: GPL-2.0
/*
 * Fast Open, the server: whose cookies are good, and how many connections may be
 * pending with text of a peer that has not shown yet that it is there.
 *
 * Owns struct atcp_fo_queue and struct atcp_fo_keys.  A queue belongs to a socket
 * and lives until the last pending connection has let go of it; keys are read under
 * RCU.  Cookies are what the kernel's TCP makes of the same key, so that servers of
 * both kinds can stand behind one address.
 *
 * RFC 7413 sections 4.1.2, 4.2 and 5.1.
 */

#include <linux/random.h>
#include <linux/slab.h>
#include <atcp/fastopen.h>
#include <atcp/sock.h>
#include "compat.h"

#define RST_PERIOD	4		/* seconds; for about a minute a RST counts */

/* ---- keys ---- */

static void replace_keys(struct atcp_fo_keys __rcu **where, struct atcp_fo_keys *keys)
{
	struct atcp_fo_keys *old;

	old = unrcu_pointer(xchg(where, RCU_INITIALIZER(keys)));
	if (old)
		kfree_rcu(old, rcu);
}

static struct atcp_fo_keys *keys_of(const u8 *octets, unsigned int n)
{
	struct atcp_fo_keys *keys = kzalloc(sizeof(*keys), GFP_KERNEL);
	unsigned int i;

	if (!keys)
		return NULL;
	keys->n = n;
	for (i = 0; i < n; i++, octets += ATCP_FO_KEY_LEN) {
		keys->key[i].key[0] = get_unaligned_le64(octets);
		keys->key[i].key[1] = get_unaligned_le64(octets + 8);
	}
	return keys;
}

/* A namespace has a key from when somebody wants one. */
static int need_key(struct atcp_net *an)
{
	u8 octets[ATCP_FO_KEY_LEN];
	struct atcp_fo_keys *keys;

	if (rcu_access_pointer(an->fastopen_keys))
		return 0;
	get_random_bytes(octets, sizeof(octets));
	keys = keys_of(octets, 1);
	if (!keys)
		return -ENOMEM;
	if (unrcu_pointer(cmpxchg(&an->fastopen_keys, NULL, RCU_INITIALIZER(keys))))
		kfree(keys);
	return 0;
}

/* ---- the queue of a socket ---- */

static struct atcp_fo_queue *queue_of(const struct sock *sk)
{
	return READ_ONCE(atcp_sk(sk)->fastopen);
}

static void queue_free_rcu(struct rcu_head *rcu)
{
	struct atcp_fo_queue *queue = container_of(rcu, struct atcp_fo_queue, rcu);

	replace_keys(&queue->keys, NULL);
	kfree(queue);
}

/**
 * atcp_fastopen_put() - give a reference back
 * @queue:	a queue, or NULL
 */
void atcp_fastopen_put(struct atcp_fo_queue *queue)
{
	if (queue && refcount_dec_and_test(&queue->ref))
		call_rcu(&queue->rcu, queue_free_rcu);
}

/* The queue that a socket has, or gets now. */
static struct atcp_fo_queue *need_queue(struct sock *sk)
{
	struct atcp_fo_queue *queue = queue_of(sk);

	sock_owned_by_me(sk);
	if (queue)
		return queue;
	queue = kzalloc(sizeof(*queue), GFP_KERNEL);
	if (!queue)
		return NULL;
	refcount_set(&queue->ref, 1);
	spin_lock_init(&queue->lock);
	smp_store_release(&atcp_sk(sk)->fastopen, queue);	/* read under RCU */
	return queue;
}

/**
 * atcp_fastopen_limit() - TCP_FASTOPEN: so many may be pending
 * @sk:		under lock_sock
 * @backlog:	0 or more; at most somaxconn
 *
 * Return: 0 or -ENOMEM. [R7413-DEFOFF]
 */
int atcp_fastopen_limit(struct sock *sk, int backlog)
{
	unsigned int most = READ_ONCE(sock_net(sk)->core.sysctl_somaxconn);
	struct atcp_fo_queue *queue = need_queue(sk);

	if (!queue)
		return -ENOMEM;
	WRITE_ONCE(queue->max, min_t(unsigned int, backlog, most));
	return need_key(atcp_net(sock_net(sk)));
}

/**
 * atcp_fastopen_get_limit() - what TCP_FASTOPEN was set to
 * @sk:		the socket
 *
 * Return: connections.
 */
int atcp_fastopen_get_limit(const struct sock *sk)
{
	const struct atcp_fo_queue *queue = queue_of(sk);

	return queue ? READ_ONCE(queue->max) : 0;
}

/**
 * atcp_fastopen_listen() - a socket begins to listen
 * @sk:		under lock_sock
 * @backlog:	as listen() got it
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_fastopen_listen(struct sock *sk, int backlog)
{
	const unsigned int all = ATCP_FASTOPEN_SERVER | ATCP_FASTOPEN_ALL_LISTENERS;
	const struct atcp_net *an = atcp_net(sock_net(sk));

	if ((READ_ONCE(an->fastopen) & all) != all || atcp_fastopen_get_limit(sk))
		return 0;
	return atcp_fastopen_limit(sk, max(backlog, 0));
}

/**
 * atcp_fastopen_set_keys() - TCP_FASTOPEN_KEY, or net.atcp.fastopen_key
 * @an:		namespace, whose keys they become if @sk is NULL
 * @sk:		socket, under lock_sock; or NULL
 * @octets:	the keys
 * @n:		how many, 1 or 2
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_fastopen_set_keys(struct atcp_net *an, struct sock *sk, const u8 *octets,
			   unsigned int n)
{
	struct atcp_fo_queue *queue = sk ? need_queue(sk) : NULL;
	struct atcp_fo_keys *keys;

	if (sk && !queue)
		return -ENOMEM;
	keys = keys_of(octets, n);
	if (!keys)
		return -ENOMEM;
	replace_keys(queue ? &queue->keys : &an->fastopen_keys, keys);
	return 0;
}

/**
 * atcp_fastopen_get_keys() - the same, read
 * @an:		namespace
 * @sk:		socket; or NULL
 * @octets:	room for two keys
 *
 * Return: how many there are.
 */
unsigned int atcp_fastopen_get_keys(struct atcp_net *an, const struct sock *sk, u8 *octets)
{
	const struct atcp_fo_queue *queue = sk ? queue_of(sk) : NULL;
	const struct atcp_fo_keys *keys = NULL;
	unsigned int i, n = 0;

	rcu_read_lock();
	if (queue)
		keys = rcu_dereference(queue->keys);
	else if (!sk)
		keys = rcu_dereference(an->fastopen_keys);
	for (i = 0; keys && i < keys->n; i++, octets += ATCP_FO_KEY_LEN) {
		put_unaligned_le64(keys->key[i].key[0], octets);
		put_unaligned_le64(keys->key[i].key[1], octets + 8);
		n++;
	}
	rcu_read_unlock();
	return n;
}

/**
 * atcp_fastopen_net_exit() - a namespace ends
 * @an:		its struct
 */
void atcp_fastopen_net_exit(struct atcp_net *an)
{
	replace_keys(&an->fastopen_keys, NULL);
}

/* ---- how many are pending ---- */

static u32 tick_now(void)
{
	return (u32)div_u64(atcp_now(), RST_PERIOD * ATCP_USEC);
}

/* Those that a RST ended are pending no more when it is a minute past. */
static void forget_resets(struct atcp_fo_queue *queue)
{
	u32 now = tick_now(), i;

	lockdep_assert_held(&queue->lock);
	for (i = 0; queue->tick != now && i < ATCP_FO_RST_SLOTS; i++) {
		unsigned int *slot = &queue->rst[++queue->tick % ATCP_FO_RST_SLOTS];

		atomic_sub(*slot, &queue->pending);
		*slot = 0;
	}
	queue->tick = now;
}

static void note_reset(struct atcp_fo_queue *queue)
{
	spin_lock_bh(&queue->lock);
	forget_resets(queue);
	queue->rst[queue->tick % ATCP_FO_RST_SLOTS]++;
	spin_unlock_bh(&queue->lock);
}

/* [R7413-LIMIT] */
static bool has_place(struct atcp_net *an, struct atcp_fo_queue *queue)
{
	unsigned int max = READ_ONCE(queue->max);

	if (!max)
		return false;
	if (atomic_read(&queue->pending) < max)
		return true;
	spin_lock_bh(&queue->lock);
	forget_resets(queue);
	spin_unlock_bh(&queue->lock);
	if (atomic_read(&queue->pending) < max)
		return true;
	atcp_mib_inc(an, ATCP_MIB_FO_LISTEN_OVERFLOWS);
	return false;
}

/**
 * atcp_fastopen_settle() - the handshake of a pending connection is over
 * @visit:	of a connection with conn->fo_queue
 *
 * Whoever can send SYNs from an address that resets them could have any number
 * pending, were those not counted for a while (RFC 7413, 5.1).
 */
void atcp_fastopen_settle(struct atcp_visit *visit)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_fo_queue *queue = conn->fo_queue;

	lockdep_assert_held(&conn->lock);
	if (conn->tcb.state == ATCP_SYN_RECEIVED)
		return;
	if (conn->tcb.state == ATCP_CLOSED && visit->fx.cause == ATCP_BY_SEGMENT)
		note_reset(queue);
	else
		atomic_dec(&queue->pending);
	conn->fo_queue = NULL;
	atcp_fastopen_put(queue);
}

/* ---- cookies ---- */

/* Of both addresses; a MAC that nobody without the key can make. [R7413-COOKIE] */
static void make_cookie(struct atcp_fo_cookie *cookie, const siphash_key_t *key,
			const struct atcp_flow *flow)
{
	struct {
		struct in6_addr from;
		struct in6_addr to;
	} v6 = { .from = flow->raddr, .to = flow->laddr };
	__be32 v4[2] = { flow->raddr.s6_addr32[3], flow->laddr.s6_addr32[3] };
	u64 mac;

	mac = atcp_flow_is_v4(flow) ? siphash(v4, sizeof(v4), key) :
				      siphash(&v6, sizeof(v6), key);
	cookie->len = sizeof(mac);
	put_unaligned_le64(mac, cookie->octet);
}

static bool same_cookie(const struct atcp_fo_cookie *a, const struct atcp_fo_cookie *b)
{
	return a->len == b->len && !memcmp(a->octet, b->octet, a->len);
}

/* Which key made @cookie: 1 the first, 2 the one before it, 0 none. @good: as it should be. */
static unsigned int which_key(const struct atcp_fo_keys *keys, const struct atcp_flow *flow,
			      const struct atcp_fo_cookie *cookie, struct atcp_fo_cookie *good)
{
	struct atcp_fo_cookie other;
	unsigned int i;

	make_cookie(good, &keys->key[0], flow);
	if (same_cookie(good, cookie))
		return 1;
	for (i = 1; i < keys->n; i++) {
		make_cookie(&other, &keys->key[i], flow);
		if (same_cookie(&other, cookie))
			return i + 1;
	}
	return 0;
}

static void judge_cookie(struct atcp_net *an, struct atcp_fo_queue *queue,
			 const struct atcp_flow *flow, const struct atcp_fo_cookie *cookie,
			 struct atcp_fo_verdict *verdict)
{
	const struct atcp_fo_keys *keys = rcu_dereference(queue->keys);
	unsigned int which;

	if (!keys)
		keys = rcu_dereference(an->fastopen_keys);
	if (!keys)
		return;
	which = which_key(keys, flow, cookie, &verdict->cookie);
	verdict->trusted = which;
	verdict->offer = which != 1;
	verdict->cookie.exp = cookie->exp;
	if (!which && cookie->len)
		atcp_mib_inc(an, ATCP_MIB_FO_PASSIVE_FAIL);
	if (which > 1)
		atcp_mib_inc(an, ATCP_MIB_FO_PASSIVE_ALT_KEY);
}

/**
 * atcp_fastopen_judge() - is the text of a SYN to be taken
 * @listener:	that it meets
 * @flow:	its flow
 * @syn:	the SYN
 * @verdict:	filled in
 *
 * Context: RCU held. Source: RFC 7413, 4.2.2. [R7413-OFFIGN]
 */
void atcp_fastopen_judge(struct atcp_conn *listener, const struct atcp_flow *flow,
			 const struct atcp_seg *syn, struct atcp_fo_verdict *verdict)
{
	bool option = syn->opt.have & ATCP_OPT_FASTOPEN;
	const struct sock *sk = READ_ONCE(listener->sk);
	struct atcp_net *an = listener->an;
	unsigned int how = READ_ONCE(an->fastopen);
	struct atcp_fo_queue *queue;

	memset(verdict, 0, sizeof(*verdict));
	if (likely(!option && !syn->text))
		return;
	if (option && !syn->opt.fo.len)
		atcp_mib_inc(an, ATCP_MIB_FO_COOKIE_REQD);
	queue = sk ? queue_of(sk) : NULL;
	if (!(how & ATCP_FASTOPEN_SERVER) || !queue || !has_place(an, queue))
		return;
	verdict->queue = queue;
	if (how & ATCP_FASTOPEN_SERVER_BARE || READ_ONCE(atcp_sk(sk)->fastopen_no_cookie))
		verdict->trusted = true;
	else if (option)
		judge_cookie(an, queue, flow, &syn->opt.fo, verdict);
}

/**
 * atcp_fastopen_apply() - tell the core of a verdict
 * @tcb:	in LISTEN, for the SYN that was judged
 * @verdict:	the verdict
 */
void atcp_fastopen_apply(struct atcp_tcb *tcb, const struct atcp_fo_verdict *verdict)
{
	if (verdict->trusted)
		tcb->fo.flags |= ATCP_FO_TRUSTED;
	if (verdict->offer) {
		tcb->fo.flags |= ATCP_FO_OFFER;
		tcb->fo.cookie = verdict->cookie;
	}
}

/**
 * atcp_fastopen_pend() - a connection whose SYN is trusted counts as pending
 * @child:	under its lock
 * @verdict:	the verdict
 *
 * Context: RCU held since it was given.
 */
void atcp_fastopen_pend(struct atcp_conn *child, const struct atcp_fo_verdict *verdict)
{
	struct atcp_fo_queue *queue = verdict->queue;

	lockdep_assert_held(&child->lock);
	if (!refcount_inc_not_zero(&queue->ref))
		return;			/* the listener has gone, and will reset it */
	atomic_inc(&queue->pending);
	child->fo_queue = queue;
	atcp_mib_inc(child->an, ATCP_MIB_FO_PASSIVE);
}
