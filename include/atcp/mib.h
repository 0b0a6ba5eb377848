/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of a namespace as text (mib.c): files below /proc/net.
 */
#ifndef _ATCP_MIB_H
#define _ATCP_MIB_H

struct seq_file;

int atcp_mib_show_fsm(struct seq_file *seq, void *v);
int atcp_mib_show_snmp(struct seq_file *seq, void *v);
int atcp_mib_show_netstat(struct seq_file *seq, void *v);

#endif /* _ATCP_MIB_H */
