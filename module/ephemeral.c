// SPDX-License-Identifier: GPL-2.0
/*
 * Ephemeral ports: which one connect() takes (RFC 6056).
 *
 * One binding a port is shared by all connections from it, so what is looked
 * for is a port that makes the flow unique (trap 22).  The kernel's own
 * connect() passes over our ports, as we do over its: the two never share one.
 */
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/netns/hash.h>
#include <atcp/port.h>
#include "compat.h"

#define PERTURB_SIZE		4096

/* The table of RFC 6056, section 3.3.4: where each class of flows got to. */
static u32 ephemeral_perturb[PERTURB_SIZE];
static siphash_aligned_key_t ephemeral_key;

static int ephemeral_try(struct sock *sk, struct atcp_conn *conn, u16 port,
			 struct atcp_port **fresh)
{
	struct atcp_port *p;
	int err;

	if (!*fresh)
		*fresh = atcp_port_fresh(sk);
	if (!*fresh)
		return -ENOMEM;
	p = atcp_port_share(sk, *fresh, port);
	if (!p)
		return -EADDRNOTAVAIL;
	if (p == *fresh)
		*fresh = NULL;
	conn->port = p;
	conn->n.flow.lport = htons(port);
	err = atcp_table_insert_conn(conn);
	if (err) {
		conn->port = NULL;
		conn->n.flow.lport = 0;
		atcp_port_put(p);
	}
	return err;
}

/* F() and G() of RFC 6056, section 3.3.4, out of one keyed hash. */
static u64 ephemeral_hash(const struct atcp_conn *conn)
{
	const struct atcp_flow *flow = &conn->n.flow;
	struct {
		struct in6_addr laddr;
		struct in6_addr raddr;
		u64 net;
		u64 rport;
	} in = {
		.laddr = flow->laddr,
		.raddr = flow->raddr,
		.net = net_hash_mix(conn->n.net),
		.rport = (__force u16)flow->rport,
	};

	return siphash(&in, sizeof(in), &ephemeral_key);
}

static int ephemeral_search(struct sock *sk, struct atcp_conn *conn, struct atcp_port **fresh)
{
	u64 hash = ephemeral_hash(conn);
	u32 *perturb = &ephemeral_perturb[hash % PERTURB_SIZE];
	int low, high, port, pass, err;
	bool own_range = atcp_port_range(sk, &low, &high);
	u32 step = own_range ? 1 : 2;
	u32 n = high - low + 1;
	u32 i, offset;

	if (!own_range && n > 1)
		n &= ~1U;
	offset = (u32)(READ_ONCE(*perturb) + (hash >> 32)) % n;
	if (!own_range)
		offset &= ~1U;
	for (pass = 0; pass < (step == 2 && n > 1 ? 2 : 1); pass++) {
		for (i = 0; i < n; i += step) {
			port = low + (offset + pass + i) % n;
			if (inet_is_local_reserved_port(sock_net(sk), port))
				continue;
			err = ephemeral_try(sk, conn, port, fresh);
			if (!err) {
				i = max_t(u32, i, get_random_u32_below(8) * step);
				WRITE_ONCE(*perturb, READ_ONCE(*perturb) + i + step);
			}
			if (err != -EADDRNOTAVAIL)
				return err;
			cond_resched();
		}
	}
	return -EADDRNOTAVAIL;
}

/**
 * atcp_port_connect() - choose a port for a connection and enter it in the table
 * @sk:		a socket that has no port
 * @conn:	its connection, flow complete but for the local port
 *
 * The double-hash port selection of RFC 6056, section 3.3.4, over the host's
 * range of ephemeral ports; a port that is explicitly bound is passed over.
 *
 * Return: 0, with the connection in the table of connections; -EADDRNOTAVAIL;
 * -ENOMEM.
 */
int atcp_port_connect(struct sock *sk, struct atcp_conn *conn)
{
	struct atcp_port *fresh = NULL;
	int err = ephemeral_search(sk, conn, &fresh);

	atcp_port_discard(fresh);
	if (!err)
		inet_sk(sk)->inet_num = ntohs(conn->n.flow.lport);
	return err;
}

/**
 * atcp_ephemeral_init() - draw the secrets
 *
 * Return: 0.
 */
int atcp_ephemeral_init(void)
{
	get_random_bytes(ephemeral_perturb, sizeof(ephemeral_perturb));
	get_random_bytes(&ephemeral_key, sizeof(ephemeral_key));
	return 0;
}
