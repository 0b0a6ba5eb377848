/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The holder of a port: our entry in the host's bind table (holder.c).
 */
#ifndef _ATCP_HOLDER_H
#define _ATCP_HOLDER_H

#include <net/sock.h>

/* How freely a port may be shared; see inet_bind_conflict() of the host. */
struct atcp_port_rules {
	bool relax;			/* SO_REUSEADDR counts */
	bool reuseport;			/* SO_REUSEPORT counts */
};

struct sock *atcp_holder_alloc(const struct sock *sk);
void atcp_holder_like(struct sock *holder, const struct sock *sk);
void atcp_holder_wildcard(struct sock *holder, int l3mdev);
int atcp_holder_take(struct sock *holder, const struct sock *sk, u16 port,
		     struct atcp_port_rules rules, bool shared);
void atcp_holder_retire(struct sock *holder, bool reuse, bool reuseport);
void atcp_holder_free(struct sock *holder);
int atcp_holder_init(void);
void atcp_holder_exit(void);

#endif /* _ATCP_HOLDER_H */
