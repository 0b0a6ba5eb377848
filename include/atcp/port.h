/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Local ports, held in the host's own bind table so that neither stack can
 * take the other's; conflicts among atcp's own sockets are judged here.
 *
 * A struct atcp_port is one binding: that of a socket that called bind(),
 * shared by the connections that come from its listener, or an ephemeral port,
 * shared by every connection that was made from it.  Its lock is a leaf, taken
 * with bottom halves disabled: get and put are for any context.
 */
#ifndef _ATCP_PORT_H
#define _ATCP_PORT_H

#include <atcp/conn.h>

/* Process context, lock_sock() held, no conn->lock. */
int atcp_port_bind(struct sock *sk, struct atcp_conn *conn, unsigned short port);
int atcp_port_connect(struct sock *sk, struct atcp_conn *conn);
int atcp_port_listen(struct sock *sk, struct atcp_conn *conn);
void atcp_port_unlisten(struct atcp_conn *conn);
void atcp_port_unbind(struct atcp_conn *conn);
void atcp_port_release(struct atcp_conn *conn);
void atcp_port_move(struct atcp_conn *from, struct atcp_conn *to);

/* Any context. */
struct atcp_port *atcp_port_get(struct atcp_port *port);
void atcp_port_put(struct atcp_port *port);

/* For ephemeral.c. */
struct atcp_port *atcp_port_fresh(struct sock *sk);
struct atcp_port *atcp_port_share(struct sock *sk, struct atcp_port *fresh, u16 port);
void atcp_port_discard(struct atcp_port *fresh);
int atcp_ephemeral_init(void);

void atcp_port_net_exit(const struct net *net);
int atcp_port_init(void);
void atcp_port_exit(void);

#endif /* _ATCP_PORT_H */
