/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What atcp keeps in each network namespace: sysctl values, counters, limits.
 * There is no other mutable global state but the hash tables of table.c,
 * listeners.c and port.c, whose entries name their namespace.
 */
#ifndef _ATCP_NET_H
#define _ATCP_NET_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <atcp/tcb.h>

struct atcp_fo_cache;
struct atcp_fo_keys;

/* Counters that no enum atcp_event covers; see mib.c for their names. */
enum atcp_mib_item {
	ATCP_MIB_OUT_SEGS = ATCP_N_EVENTS,
	ATCP_MIB_RETRANS_SEGS,
	ATCP_MIB_SYN_RETRANS,		/* SYN and SYN,ACK among them */
	ATCP_MIB_IN_ERRS,		/* checksum, header, length */
	ATCP_MIB_OUT_RSTS,
	ATCP_MIB_LISTEN_OVERFLOWS,
	ATCP_MIB_LISTEN_DROPS,
	ATCP_MIB_HALF_OPEN_DROPS,
	ATCP_MIB_HALF_OPEN_COOKIES,	/* answered with a cookie instead */
	ATCP_MIB_COOKIES_SENT,
	ATCP_MIB_COOKIES_RECV,
	ATCP_MIB_COOKIES_FAILED,
	ATCP_MIB_FO_PASSIVE,		/* Fast Open: text of a SYN, or a cookie, taken */
	ATCP_MIB_FO_PASSIVE_FAIL,	/* a bad cookie */
	ATCP_MIB_FO_PASSIVE_ALT_KEY,	/* made with the key before */
	ATCP_MIB_FO_LISTEN_OVERFLOWS,
	ATCP_MIB_FO_COOKIE_REQD,
	ATCP_MIB_FO_BLACKHOLE,
	ATCP_MIB_DEFER_DROPS,		/* TCP_DEFER_ACCEPT */
	ATCP_MIB_MIN_TTL_DROPS,
	ATCP_MIB_FILTER_DROPS,
	ATCP_MIB_POLICY_DROPS,
	ATCP_MIB_TW_CREATED,
	ATCP_MIB_TW_EXPIRED,
	ATCP_MIB_TW_OVERFLOW,
	ATCP_MIB_ORPHANS_KILLED,	/* too many orphans, or no memory */
	ATCP_MIB_MEMORY_ABORTS,
	ATCP_MIB_LINGER_ABORTS,
	ATCP_MIB_XMIT_FAILS,		/* no skb, no route, ip_local_out failed */
	ATCP_MIB_ICMP_PTB,
	ATCP_MIB_ICMP_ERRS,
	ATCP_MIB_DELIVERED_CE,		/* segments of ours that arrived marked */
	ATCP_MIB_CSUM_ERRS,		/* among ATCP_MIB_IN_ERRS */
	ATCP_MIB_MD5_NOT_FOUND,		/* segments without the digest there should be, */
	ATCP_MIB_MD5_UNEXPECTED,	/* with one that nobody expects, */
	ATCP_MIB_MD5_FAILURE,		/* with a wrong one */
	ATCP_MIB_AO_REQUIRED,		/* segments without the option there should be, */
	ATCP_MIB_AO_BAD,		/* with a wrong MAC, */
	ATCP_MIB_AO_NOT_FOUND,		/* with a KeyID that nobody knows, */
	ATCP_MIB_AO_GOOD,		/* and verified */
	ATCP_MIB_AO_ICMPS,		/* errors that authentication has ignored */
	ATCP_N_MIB,
};

struct atcp_hash;

struct atcp_mib {
	u64 item[ATCP_N_MIB];
	u64 edge[ATCP_MAX_EDGES][ATCP_N_CAUSES];
};

/**
 * struct atcp_net - one network namespace
 * @params:	what new connections are made with (sysctl)
 * @no_metrics_save: ended connections leave nothing in @metrics
 * @no_ssthresh_metrics_save: nor their ssthresh
 * @metrics:	what is known of destinations
 * @mem:	octets of truesize of connections that have no socket
 * @orphans:	connections without a user
 * @time_waits:	records in TIME-WAIT
 * @half_open:	connections in SYN-RECEIVED
 * @curr_estab:	connections in ESTABLISHED or CLOSE-WAIT (CurrEstab)
 * @hash_lock:	guards the list of @hashes
 * @hashes:	algorithms that authenticate (hash.c)
 */
struct atcp_net {
	struct net *net;
	struct atcp_params params;
	int max_orphans;
	int max_tw;
	int max_half_open;		/* per listener (tcp_max_syn_backlog) */
	int abort_on_overflow;
	u32 pacing_ss_ratio;		/* percent of a window in a round trip */
	u32 pacing_ca_ratio;
	int no_metrics_save;
	int no_ssthresh_metrics_save;
	int syncookies;			/* 0: never, 1: when half-open ones are too many, */
#define ATCP_SYNCOOKIES_ALWAYS	2
	u32 cookie_sent;		/* the last, by one with SO_REUSEPORT: seconds */
	int fastopen;			/* ATCP_FASTOPEN_*, see fastopen.h */
	int fastopen_blackhole_sec;
	u32 fastopen_given_up;		/* seconds: when last */
	atomic_t fastopen_failures;	/* and how often in a row */
	struct atcp_fo_keys __rcu *fastopen_keys;
	struct atcp_fo_cache *fastopen_cache;	/* once there is one it stays */
	int rmem[3];			/* least, initial, greatest octets */
	int wmem[3];
	unsigned long max_mem;		/* octets */
	atomic_long_t mem;
	atomic_t orphans;
	atomic_t time_waits;
	atomic_t half_open;
	atomic_t curr_estab;
	struct atcp_metrics_table *metrics;	/* metrics.c */
	atomic_t half_records;		/* of half.c, alive in this namespace */
	atomic_t conns;			/* struct atcp_conn alive in this namespace */
	struct atcp_mib __percpu *mib;
	struct sock *ctl4;		/* kernel sockets for segments that have */
	struct sock *ctl6;		/* no socket of their own */
	struct ctl_table_header *sysctl;
	struct ctl_table *sysctl_table;
	struct mutex hash_lock;		/* hashes */
	struct atcp_hash *hashes;
};

extern unsigned int atcp_net_id;

static inline struct atcp_net *atcp_net(const struct net *net)
{
	return net_generic(net, atcp_net_id);
}

/* Safe from any context (the hook may run with bottom halves enabled). */
static inline void atcp_mib_add(struct atcp_net *an, unsigned int item, u64 n)
{
	this_cpu_add(an->mib->item[item], n);
}

static inline void atcp_mib_inc(struct atcp_net *an, unsigned int item)
{
	this_cpu_inc(an->mib->item[item]);
}

u64 atcp_mib_sum(const struct atcp_net *an, unsigned int item);
u64 atcp_mib_edge_sum(const struct atcp_net *an, unsigned int edge, unsigned int cause);

/* main.c, sysctl.c, proc.c, hook.c: per-namespace halves */
int atcp_sysctl_net_init(struct atcp_net *an);
void atcp_sysctl_net_exit(struct atcp_net *an);
int atcp_proc_net_init(struct atcp_net *an);
void atcp_proc_net_exit(struct atcp_net *an);
int atcp_metrics_net_init(struct atcp_net *an);
void atcp_metrics_net_exit(struct atcp_net *an);
int atcp_hook_net_init(struct atcp_net *an);
void atcp_hook_net_exit(struct atcp_net *an);
int atcp_inet_net_init(struct atcp_net *an);	/* control sockets, IPv6 defrag */
void atcp_inet_net_exit(struct atcp_net *an);

#endif /* _ATCP_NET_H */
