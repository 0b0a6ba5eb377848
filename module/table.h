/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tables of connections and of listeners share (table.c, listeners.c).
 */
#ifndef _ATCP_TABLE_H
#define _ATCP_TABLE_H

#include <linux/list_nulls.h>
#include <linux/types.h>

struct atcp_flow;
struct net;

/* table.c */
struct hlist_nulls_head *atcp_table_heads(unsigned int n);

/* listeners.c */
struct hlist_nulls_head *atcp_listeners_head(unsigned int i);
bool atcp_listeners_any(struct net *net, const struct atcp_flow *flow, int dif, int sdif);
int atcp_listeners_init(void);
void atcp_listeners_exit(void);

#endif /* _ATCP_TABLE_H */
