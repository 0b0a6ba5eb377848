// SPDX-License-Identifier: GPL-2.0
/*
 * Local ports (RFC 9293, section 3.9.1).
 *
 * Owns the table of struct atcp_port.  Each holds the port in the host's own
 * bind table through its holder (holder.c).  Conflicts among atcp sockets are
 * judged here, by the rules that the host has for its own.  Which port connect()
 * takes is up to ephemeral.c.
 */
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/netns/hash.h>
#include <atcp/port.h>
#include "compat.h"
#include "holder.h"

#define PORT_HASH_SIZE		1024

/**
 * struct atcp_port - a local port that somebody is bound to
 * @node:	in a bucket of the table, under its lock as all below
 * @ref:	each connection and TIME-WAIT record on it
 * @net:	its namespace
 * @holder:	our entry in the host's bind table; NULL once the namespace goes
 * @owner:	the socket that called bind(), while it lives
 * @conn:	and its connection
 * @l3mdev:	VRF it is bound in: those have port spaces of their own
 * @port:	host order
 * @ephemeral:	chosen by connect(), shared by flows that differ elsewhere
 * @listening:	in LISTEN
 * @reuse:	SO_REUSEADDR, as it was when @owner went
 * @reuseport:	SO_REUSEPORT, likewise
 */
struct atcp_port {
	struct hlist_node node;
	refcount_t ref;
	struct net *net;
	struct sock *holder;
	struct sock *owner;
	struct atcp_conn *conn;
	int l3mdev;
	u16 port;
	bool ephemeral;
	bool listening;
	bool reuse;
	bool reuseport;
};

static const struct atcp_port_rules port_named = { .relax = true, .reuseport = true };
static const struct atcp_port_rules port_any = { .relax = false, .reuseport = false };
static const struct atcp_port_rules port_any_reuse = { .relax = true, .reuseport = false };

struct port_bucket {
	spinlock_t lock;		/* the list, and the fields of what is on it */
	struct hlist_head head;
};

static struct port_bucket *port_table;

static struct port_bucket *port_bucket(const struct net *net, u16 port)
{
	u32 hash = jhash_2words(port, net_hash_mix(net), 0);

	return &port_table[hash % PORT_HASH_SIZE];
}

static bool port_same(const struct atcp_port *p, const struct net *net, u16 port, int l3mdev)
{
	return p->port == port && p->l3mdev == l3mdev && net_eq(p->net, net);
}

/* ---- one binding ---- */

static struct atcp_port *port_alloc(struct sock *sk, bool ephemeral)
{
	struct atcp_port *p = kzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

	if (!p)
		return NULL;
	p->holder = atcp_holder_alloc(sk);
	if (!p->holder) {
		kfree(p);
		return NULL;
	}
	refcount_set(&p->ref, 1);
	p->net = sock_net(sk);
	p->l3mdev = inet_sk_bound_l3mdev(sk);
	p->ephemeral = ephemeral;
	if (ephemeral)
		atcp_holder_wildcard(p->holder, p->l3mdev);
	else
		atcp_holder_like(p->holder, sk);
	return p;
}

static void port_free(struct atcp_port *p)
{
	if (!p)
		return;
	atcp_holder_free(p->holder);
	kfree(p);
}

/*
 * Whether @sk may not have the port beside @p, by the rules that the host has
 * for its own sockets.
 */
static bool port_conflict(const struct atcp_port *p, struct sock *sk, struct atcp_port_rules rules)
{
	bool reuse = p->owner ? p->owner->sk_reuse : p->reuse;
	bool reuseport = p->owner ? p->owner->sk_reuseport : p->reuseport;
	int dev = READ_ONCE(sk->sk_bound_dev_if);
	bool same_user, both_reuseport;
	int other_dev;

	if (!p->holder)
		return false;
	/* SO_BINDTODEVICE may have come after bind(). */
	other_dev = READ_ONCE((p->owner ?: p->holder)->sk_bound_dev_if);
	if (dev && other_dev && dev != other_dev)
		return false;

	/* Nobody is asked who he was once only his connections remain. */
	same_user = !p->owner || uid_eq(sock_i_uid(sk), sock_i_uid(p->owner));
	/* Whoever brings a program of his own cannot join a group that is there. */
	both_reuseport = sk->sk_reuseport && reuseport && same_user &&
			 !rcu_access_pointer(sk->sk_reuseport_cb);
	if (sk->sk_reuse && reuse && !p->listening) {
		if (rules.relax && (rules.reuseport || !both_reuseport))
			return false;
	} else if (rules.reuseport && both_reuseport) {
		return false;
	}
	return inet_rcv_saddr_equal(sk, p->holder, true);
}

/*
 * Under the bucket's lock: whether another binding is in the way of @sk;
 * @shared tells whether there is another at all.
 */
static bool port_in_the_way(struct port_bucket *bucket, const struct atcp_port *mine,
			    struct sock *sk, u16 port, struct atcp_port_rules rules, bool *shared)
{
	const struct atcp_port *p;

	lockdep_assert_held(&bucket->lock);
	*shared = false;
	hlist_for_each_entry(p, &bucket->head, node) {
		if (p == mine || !port_same(p, mine->net, port, mine->l3mdev))
			continue;
		*shared = true;
		if (port_conflict(p, sk, rules))
			return true;
	}
	return false;
}

static int port_take(struct atcp_port *mine, struct sock *sk, u16 port,
		     struct atcp_port_rules rules)
{
	struct port_bucket *bucket = port_bucket(mine->net, port);
	int err = -EADDRINUSE;
	bool shared;

	spin_lock_bh(&bucket->lock);
	if (!port_in_the_way(bucket, mine, sk, port, rules, &shared))
		err = atcp_holder_take(mine->holder, sk, port, rules, shared);
	if (!err) {
		mine->port = port;
		hlist_add_head(&mine->node, &bucket->head);
	}
	spin_unlock_bh(&bucket->lock);
	return err;
}

/* ---- bind() ---- */

/*
 * Ports of one parity in [@low, @low + @n), from @offset on.  bind() takes odd
 * ones first and connect() even ones, as the host does.
 */
static int port_scan(struct atcp_port *mine, struct sock *sk, int low, u32 n, u32 offset,
		     struct atcp_port_rules rules)
{
	int port = low + offset;
	u32 i;

	for (i = 0; i < n; i += 2, port += 2) {
		if (port >= low + (int)n)
			port -= n;
		if (inet_is_local_reserved_port(mine->net, port))
			continue;
		if (!port_take(mine, sk, port, rules))
			return 0;
		cond_resched();
	}
	return -EADDRINUSE;
}

static int port_scan_range(struct atcp_port *mine, struct sock *sk, int low, int high,
			   struct atcp_port_rules rules)
{
	u32 n = high - low;
	u32 offset;
	int err;

	if (n > 1)
		n &= ~1U;
	offset = get_random_u32_below(n) | 1;
	err = port_scan(mine, sk, low, n, offset % n, rules);
	return err && n > 1 ? port_scan(mine, sk, low, n, offset - 1, rules) : err;
}

/* A socket that asked for no port in particular. */
static int port_take_any(struct atcp_port *mine, struct sock *sk, struct atcp_port_rules rules)
{
	int low, high, half, err;

	atcp_port_range(sk, &low, &high);
	high++;
	/* SO_REUSEADDR: keep to the lower half while that lasts. */
	if (sk->sk_reuse != SK_CAN_REUSE || high - low < 4)
		return port_scan_range(mine, sk, low, high, rules);
	half = low + (((high - low) >> 2) << 1);
	err = port_scan_range(mine, sk, low, half, rules);
	return err ? port_scan_range(mine, sk, half, high, rules) : 0;
}

/**
 * atcp_port_bind() - bind a socket to a local port
 * @sk:		with the local address set (inet_bind() does)
 * @conn:	its connection, without a port
 * @port:	host order, 0 to have one chosen
 *
 * Return: 0, with conn->port and the port of conn and @sk set; -EADDRINUSE;
 * -ENOMEM.
 */
int atcp_port_bind(struct sock *sk, struct atcp_conn *conn, unsigned short port)
{
	struct atcp_port *mine = port_alloc(sk, false);
	int err;

	if (!mine)
		return -ENOMEM;
	/* Before others see it: they ask the owner for SO_REUSEPORT and the like. */
	mine->owner = sk;
	mine->conn = conn;
	if (port) {
		err = port_take(mine, sk, port, port_named);
	} else {
		err = port_take_any(mine, sk, port_any);
		if (err && READ_ONCE(mine->net->ipv4.sysctl_ip_autobind_reuse))
			err = port_take_any(mine, sk, port_any_reuse);
	}
	if (err) {
		port_free(mine);
		return err;
	}
	conn->port = mine;
	conn->n.flow.lport = htons(mine->port);
	inet_sk(sk)->inet_num = mine->port;
	return 0;
}

/* ---- listen() ---- */

/**
 * atcp_port_listen() - make a bound port one that is listened on
 * @sk:		the socket
 * @conn:	its connection; bound to a free port when it has none
 *
 * Connections of that port, in whatever state, are no hindrance [MUST-42].
 * Return: 0, or -EADDRINUSE when another socket listens there.
 */
int atcp_port_listen(struct sock *sk, struct atcp_conn *conn)
{
	struct port_bucket *bucket;
	struct atcp_port *mine;
	int err = -EADDRINUSE;
	bool shared;

	if (!conn->port) {
		err = atcp_port_bind(sk, conn, 0);
		if (err)
			return err;
		inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
		err = -EADDRINUSE;
	}
	mine = conn->port;
	bucket = port_bucket(mine->net, mine->port);
	spin_lock_bh(&bucket->lock);
	if (!port_in_the_way(bucket, mine, sk, mine->port, port_named, &shared)) {
		/* The host keeps the ports of each VRF apart, and this one where it is. */
		if (inet_sk_bound_l3mdev(sk) == mine->l3mdev)
			mine->holder->sk_bound_dev_if = READ_ONCE(sk->sk_bound_dev_if);
		/* As LISTEN, the host judges it anew, now without SO_REUSEADDR. */
		WRITE_ONCE(mine->holder->sk_state, TCP_LISTEN);
		err = atcp_holder_take(mine->holder, sk, mine->port, port_named, true);
		mine->listening = !err;
		if (err)
			WRITE_ONCE(mine->holder->sk_state, TCP_ESTABLISHED);
	}
	spin_unlock_bh(&bucket->lock);
	return err;
}

/* ---- connect() ---- */

/**
 * atcp_port_fresh() - a binding of no port yet, for connect()
 * @sk:		the socket
 *
 * Return: for atcp_port_share() or atcp_port_discard(); NULL without memory.
 */
struct atcp_port *atcp_port_fresh(struct sock *sk)
{
	return port_alloc(sk, true);
}

/**
 * atcp_port_discard() - free what atcp_port_share() did not use
 * @fresh:	may be NULL
 */
void atcp_port_discard(struct atcp_port *fresh)
{
	port_free(fresh);
}

/**
 * atcp_port_share() - find a binding that a connection may use
 * @sk:		the socket
 * @fresh:	taken when there is none for that port yet
 * @port:	host order
 *
 * Return: a reference to an ephemeral binding, maybe @fresh; NULL when the port
 * is explicitly bound, here or by the host.
 */
struct atcp_port *atcp_port_share(struct sock *sk, struct atcp_port *fresh, u16 port)
{
	struct port_bucket *bucket = port_bucket(fresh->net, port);
	struct atcp_port *p, *found = NULL;
	bool busy = false;

	spin_lock_bh(&bucket->lock);
	hlist_for_each_entry(p, &bucket->head, node) {
		if (!port_same(p, fresh->net, port, fresh->l3mdev))
			continue;
		if (p->ephemeral)
			found = p;
		else
			busy = true;
	}
	if (busy) {
		found = NULL;
	} else if (found) {
		refcount_inc(&found->ref);
	} else if (!atcp_holder_take(fresh->holder, sk, port, port_any, false)) {
		/* It belongs to its connections, of whatever socket. */
		fresh->holder->sk_reuse = SK_NO_REUSE;
		fresh->port = port;
		hlist_add_head(&fresh->node, &bucket->head);
		found = fresh;
	}
	spin_unlock_bh(&bucket->lock);
	return found;
}

/* ---- life ---- */

/* What changes when the socket that is bound lets go, as far as it does. */
static void port_change(struct atcp_conn *conn, void (*change)(struct atcp_port *mine))
{
	struct atcp_port *mine = conn->port;
	struct port_bucket *bucket;

	if (!mine)
		return;
	bucket = port_bucket(mine->net, mine->port);
	spin_lock_bh(&bucket->lock);
	if (mine->conn == conn)
		change(mine);
	spin_unlock_bh(&bucket->lock);
}

static void port_stop_listening(struct atcp_port *mine)
{
	mine->listening = false;
	if (mine->holder)
		WRITE_ONCE(mine->holder->sk_state, TCP_ESTABLISHED);
}

static void port_lose_owner(struct atcp_port *mine)
{
	const struct sock *owner = mine->owner;

	mine->reuse = owner->sk_reuse;
	mine->reuseport = owner->sk_reuseport;
	if (mine->holder) {
		WRITE_ONCE(mine->holder->sk_bound_dev_if, READ_ONCE(owner->sk_bound_dev_if));
		atcp_holder_retire(mine->holder, mine->reuse, mine->reuseport);
	}
	mine->owner = NULL;
	mine->conn = NULL;
}

/**
 * atcp_port_unlisten() - the socket does not listen any more
 * @conn:	its connection
 */
void atcp_port_unlisten(struct atcp_conn *conn)
{
	port_change(conn, port_stop_listening);
}

/**
 * atcp_port_unbind() - the socket that was bound goes
 * @conn:	its connection
 *
 * Connections that came from it may still be on the port.
 */
void atcp_port_unbind(struct atcp_conn *conn)
{
	port_change(conn, port_lose_owner);
}

/**
 * atcp_port_release() - the socket is bound no more, and nothing came of it
 * @conn:	its connection, in no table
 */
void atcp_port_release(struct atcp_conn *conn)
{
	struct atcp_port *mine = conn->port;

	atcp_port_unbind(conn);
	conn->port = NULL;
	conn->n.flow.lport = 0;
	atcp_port_put(mine);
}

/**
 * atcp_port_move() - a binding goes to another connection of the same socket
 * @from:	the connection that has it, and gives up its reference
 * @to:		one without a port
 */
void atcp_port_move(struct atcp_conn *from, struct atcp_conn *to)
{
	struct atcp_port *mine = from->port;
	struct port_bucket *bucket;

	if (!mine)
		return;
	bucket = port_bucket(mine->net, mine->port);
	spin_lock_bh(&bucket->lock);
	if (mine->conn == from)
		mine->conn = to;
	to->port = mine;
	to->n.flow.lport = from->n.flow.lport;
	from->port = NULL;
	spin_unlock_bh(&bucket->lock);
}

/**
 * atcp_port_get() - take another reference to a port
 * @port:	a port that the caller has a reference to, or NULL
 *
 * Return: @port.
 */
struct atcp_port *atcp_port_get(struct atcp_port *port)
{
	if (port)
		refcount_inc(&port->ref);
	return port;
}

/**
 * atcp_port_put() - let go of a port; the last to do so gives it back to the host
 * @port:	may be NULL
 *
 * Done at once, whatever the context, so that close() and bind() in a row
 * succeed.
 */
void atcp_port_put(struct atcp_port *port)
{
	struct port_bucket *bucket;
	bool last;

	if (!port)
		return;
	bucket = port_bucket(port->net, port->port);
	spin_lock_bh(&bucket->lock);
	last = refcount_dec_and_test(&port->ref);
	if (last) {
		hlist_del(&port->node);
		atcp_holder_free(port->holder);
	}
	spin_unlock_bh(&bucket->lock);
	if (last)
		kfree(port);
}

/**
 * atcp_port_net_exit() - give every port of a namespace back to the host
 * @net:	a namespace that is being destroyed
 *
 * Whoever still has a reference lets go of it later, without the host's tables,
 * which may be gone by then.
 */
void atcp_port_net_exit(const struct net *net)
{
	struct atcp_port *p;
	unsigned int i;

	for (i = 0; i < PORT_HASH_SIZE; i++) {
		spin_lock_bh(&port_table[i].lock);
		hlist_for_each_entry(p, &port_table[i].head, node) {
			if (!net_eq(p->net, net))
				continue;
			atcp_holder_free(p->holder);
			p->holder = NULL;
		}
		spin_unlock_bh(&port_table[i].lock);
	}
}

/**
 * atcp_port_init() - make the table of ports
 *
 * Return: 0 or -errno.
 */
int atcp_port_init(void)
{
	unsigned int i;
	int err;

	port_table = kvmalloc_array(PORT_HASH_SIZE, sizeof(*port_table), GFP_KERNEL);
	err = port_table ? atcp_ephemeral_init() : -ENOMEM;
	if (!err)
		err = atcp_holder_init();
	if (err) {
		kvfree(port_table);
		return err;
	}
	for (i = 0; i < PORT_HASH_SIZE; i++) {
		spin_lock_init(&port_table[i].lock);
		INIT_HLIST_HEAD(&port_table[i].head);
	}
	return 0;
}

/**
 * atcp_port_exit() - free the table of ports
 *
 * Every connection is gone, and with it every reference.
 */
void atcp_port_exit(void)
{
	unsigned int i;

	for (i = 0; i < PORT_HASH_SIZE; i++)
		WARN_ON_ONCE(!hlist_empty(&port_table[i].head));
	atcp_holder_exit();
	kvfree(port_table);
}
