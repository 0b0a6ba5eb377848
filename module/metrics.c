// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of destinations: a table of each network namespace, filled by
 * connections that end as they should and used by those that begin; and what
 * routes say.
 *
 *	/proc/net/atcp_metrics	lists it as "ip tcp_metrics" does the kernel's;
 *				"flush", or an address, written to it forgets
 *
 * Owns struct atcp_metrics_table.  Readers are under RCU; an entry's addresses
 * never change, its numbers do one by one.  Each chain is short: one entry more
 * takes the place of the oldest.
 *
 * RFC 9040.
 */
#include <linux/hash.h>
#include <linux/inet.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/proc_fs.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <atcp/inet.h>

#define BUCKETS		1024
#define CHAIN_MAX	6		/* entries, as in Linux */
#define LIFETIME	(3600 * HZ)

struct atcp_metrics_entry {
	struct hlist_node node;
	struct in6_addr laddr;
	struct in6_addr raddr;
	unsigned long stamp;		/* jiffies, last written */
	struct atcp_metrics m;
	struct rcu_head rcu;
};

struct atcp_metrics_table {
	spinlock_t lock;		/* of those who write chains */
	u32 secret;
	struct hlist_head chain[BUCKETS];
};

/* ---- the table ---- */

static struct hlist_head *metrics_chain(struct atcp_metrics_table *table,
					const struct atcp_flow *flow)
{
	u32 hash = jhash2((__force const u32 *)flow->raddr.s6_addr32,
			  ARRAY_SIZE(flow->raddr.s6_addr32), table->secret);

	return &table->chain[hash % BUCKETS];
}

/* Under RCU, or the table's lock. */
static struct atcp_metrics_entry *metrics_find(struct hlist_head *chain,
					       const struct atcp_flow *flow)
{
	struct atcp_metrics_entry *entry;

	hlist_for_each_entry_rcu(entry, chain, node, true)
		if (ipv6_addr_equal(&entry->raddr, &flow->raddr) &&
		    ipv6_addr_equal(&entry->laddr, &flow->laddr))
			return entry;
	return NULL;
}

static void metrics_drop(struct atcp_metrics_entry *entry)
{
	hlist_del_rcu(&entry->node);
	kfree_rcu(entry, rcu);
}

/* Makes place for one more. */
static void metrics_limit(struct hlist_head *chain)
{
	struct atcp_metrics_entry *entry, *oldest = NULL;
	unsigned int n = 0;

	hlist_for_each_entry(entry, chain, node) {
		if (!oldest || time_before(entry->stamp, oldest->stamp))
			oldest = entry;
		n++;
	}
	if (n >= CHAIN_MAX)
		metrics_drop(oldest);
}

static struct atcp_metrics_entry *metrics_add(struct hlist_head *chain,
					      const struct atcp_flow *flow)
{
	struct atcp_metrics_entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC | __GFP_NOWARN);

	if (!entry)
		return NULL;
	entry->laddr = flow->laddr;
	entry->raddr = flow->raddr;
	metrics_limit(chain);
	hlist_add_head_rcu(&entry->node, chain);
	return entry;
}

static bool metrics_fresh(const struct atcp_metrics_entry *entry)
{
	return time_before(jiffies, READ_ONCE(entry->stamp) + LIFETIME);
}

/* ---- routes ---- */

/* The route's number; it is learnt from connections unless locked. */
static u32 route_metric(const struct dst_entry *dst, int which, u8 bit, struct atcp_metrics *m)
{
	if (dst_metric_locked(dst, which))
		m->locked |= bit;
	return dst_metric(dst, which);
}

/* RTT and RTTVAR of routes are in eighths and quarters of milliseconds. */
static void metrics_of_route(const struct dst_entry *dst, struct atcp_metrics *m)
{
	u64 rtt, rttvar;

	memset(m, 0, sizeof(*m));
	if (!dst)
		return;
	rtt = route_metric(dst, RTAX_RTT, ATCP_METRIC_RTT, m);
	rttvar = route_metric(dst, RTAX_RTTVAR, ATCP_METRIC_RTTVAR, m);
	m->rtt = min_t(u64, rtt * USEC_PER_MSEC / 8, U32_MAX);
	m->rttvar = min_t(u64, rttvar * USEC_PER_MSEC / 4, U32_MAX);
	m->ssthresh = route_metric(dst, RTAX_SSTHRESH, ATCP_METRIC_SSTHRESH, m);
	m->cwnd = route_metric(dst, RTAX_CWND, ATCP_METRIC_CWND, m);
	m->reordering = route_metric(dst, RTAX_REORDERING, ATCP_METRIC_REORDERING, m);
}

/**
 * atcp_metrics_route() - a connection has another route
 * @conn:	conn->lock is held, or it is not hashed yet; conn->dst is set
 */
void atcp_metrics_route(struct atcp_conn *conn)
{
	const struct dst_entry *dst = conn->dst;
	struct atcp_route_wants *route = &conn->tcb.route;

	route->rto_min_ms = dst_metric_locked(dst, RTAX_RTO_MIN) ?
			    dst_metric(dst, RTAX_RTO_MIN) : 0;
	route->initcwnd = dst_metric(dst, RTAX_INITCWND);
	route->quickack = dst_metric(dst, RTAX_QUICKACK);
}

/**
 * atcp_metrics_offer() - what the route says of the window that a SYN offers
 * @tcb:	of a connection, or half of one
 * @dst:	its route
 *
 * A second time it changes nothing more.
 */
void atcp_metrics_offer(struct atcp_tcb *tcb, const struct dst_entry *dst)
{
	u32 most = dst_metric(dst, RTAX_WINDOW);
	u64 initial = (u64)dst_metric(dst, RTAX_INITRWND) * tcb->rcv.mss_adv;

	if (most) {
		u32 wnd = tcb->rcv.wnd;

		atcp_set_rcvbuff(tcb, min(tcb->rcv.buff, most), min(tcb->rcv.buff_max, most));
		tcb->rcv.wnd = min(wnd, most);
	}
	if (initial)
		atcp_initial_rwnd(tcb, min_t(u64, initial, U32_MAX));
}

/**
 * atcp_metrics_syn() - the same, once for a connection
 * @conn:	about to send a SYN
 * @dst:	its route
 */
void atcp_metrics_syn(struct atcp_conn *conn, const struct dst_entry *dst)
{
	lockdep_assert_held(&conn->lock);
	if (!conn->tcb.rec.retries)
		atcp_metrics_offer(&conn->tcb, dst);
}

/* ---- connections that begin and end ---- */

/* Where the route has locked a number, that; else what was learnt of late. */
static void metrics_known(struct atcp_conn *conn, struct atcp_metrics *m)
{
	struct atcp_net *an = conn->an;
	const struct atcp_metrics_entry *entry;

	metrics_of_route(conn->dst, m);
	rcu_read_lock();
	entry = metrics_find(metrics_chain(an->metrics, &conn->n.flow), &conn->n.flow);
	if (entry && metrics_fresh(entry)) {
		const struct atcp_metrics *e = &entry->m;

		if (!(m->locked & ATCP_METRIC_RTT))
			m->rtt = READ_ONCE(e->rtt);
		if (!(m->locked & ATCP_METRIC_RTTVAR))
			m->rttvar = READ_ONCE(e->rttvar);
		if (!(m->locked & ATCP_METRIC_SSTHRESH))
			m->ssthresh = READ_ONCE(e->ssthresh);
		if (!(m->locked & ATCP_METRIC_CWND))
			m->cwnd = READ_ONCE(e->cwnd);
		if (!(m->locked & ATCP_METRIC_REORDERING))
			m->reordering = READ_ONCE(e->reordering);
	}
	rcu_read_unlock();
	if (READ_ONCE(an->no_ssthresh_metrics_save) && !(m->locked & ATCP_METRIC_SSTHRESH))
		m->ssthresh = 0;
}

static void metrics_begin(struct atcp_conn *conn)
{
	struct atcp_metrics m;

	metrics_known(conn, &m);
	atcp_metrics_use(&conn->tcb, &m);
}

static void metrics_write(struct atcp_metrics_entry *entry, const struct atcp_metrics *m)
{
	WRITE_ONCE(entry->m.rtt, m->rtt);
	WRITE_ONCE(entry->m.rttvar, m->rttvar);
	WRITE_ONCE(entry->m.ssthresh, m->ssthresh);
	WRITE_ONCE(entry->m.cwnd, m->cwnd);
	WRITE_ONCE(entry->m.reordering, m->reordering);
	WRITE_ONCE(entry->stamp, jiffies);
}

static void metrics_end(struct atcp_conn *conn)
{
	struct atcp_net *an = conn->an;
	struct atcp_metrics_table *table = an->metrics;
	struct hlist_head *chain = metrics_chain(table, &conn->n.flow);
	struct atcp_metrics_entry *entry;
	struct atcp_metrics m;
	bool knows;

	if (READ_ONCE(an->no_metrics_save))
		return;
	metrics_known(conn, &m);
	knows = atcp_metrics_learn(&conn->tcb, &m, !READ_ONCE(an->no_ssthresh_metrics_save));
	spin_lock_bh(&table->lock);
	entry = metrics_find(chain, &conn->n.flow);
	if (!entry && knows)
		entry = metrics_add(chain, &conn->n.flow);
	if (entry)
		metrics_write(entry, &m);
	spin_unlock_bh(&table->lock);
}

/**
 * atcp_metrics_visit() - after an event, before anything is sent for it
 * @visit:	the state has changed
 *
 * A connection that has just been established uses what is known, one that has
 * ended as it should adds to it: in TIME-WAIT, or from LAST-ACK.
 */
void atcp_metrics_visit(const struct atcp_visit *visit)
{
	const struct atcp_fx *fx = &visit->fx;
	struct atcp_conn *conn = visit->conn;
	unsigned int i;

	lockdep_assert_held(&conn->lock);
	for (i = 0; i < fx->n_edges; i++) {
		if (fx->edge[i].to == ATCP_ESTABLISHED)
			metrics_begin(conn);
		else if (fx->edge[i].to == ATCP_TIME_WAIT ||
			 (fx->edge[i].from == ATCP_LAST_ACK && !fx->error &&
			  fx->cause == ATCP_BY_SEGMENT))
			metrics_end(conn);
	}
}

/* ---- /proc/net/atcp_metrics: a line each, chain by chain ---- */

static void metrics_address(struct seq_file *s, const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		seq_printf(s, "%pI4", &addr->s6_addr32[3]);
	else
		seq_printf(s, "%pI6c", addr);
}

static void metrics_number(struct seq_file *s, const char *name, u32 value, const char *unit)
{
	if (value)
		seq_printf(s, " %s %u%s", name, value, unit);
}

static void metrics_line(struct seq_file *s, const struct atcp_metrics_entry *entry)
{
	unsigned int ms = jiffies_to_msecs(jiffies - READ_ONCE(entry->stamp));

	metrics_address(s, &entry->raddr);
	seq_printf(s, " age %u.%03usec", ms / 1000, ms % 1000);
	metrics_number(s, "ssthresh", READ_ONCE(entry->m.ssthresh), "");
	metrics_number(s, "cwnd", READ_ONCE(entry->m.cwnd), "");
	metrics_number(s, "reordering", READ_ONCE(entry->m.reordering), "");
	metrics_number(s, "rtt", READ_ONCE(entry->m.rtt), "us");
	metrics_number(s, "rttvar", READ_ONCE(entry->m.rttvar), "us");
	seq_puts(s, " source ");
	metrics_address(s, &entry->laddr);
	seq_putc(s, '\n');
}

static struct atcp_metrics_table *metrics_of(struct seq_file *s)
{
	return atcp_net(seq_file_net(s))->metrics;
}

static void *metrics_at(struct seq_file *s, loff_t pos)
{
	return pos < BUCKETS ? &metrics_of(s)->chain[pos] : NULL;
}

static void *metrics_start(struct seq_file *s, loff_t *pos)
	__acquires(RCU)
{
	rcu_read_lock();
	return metrics_at(s, *pos);
}

static void *metrics_next(struct seq_file *s, void *cur, loff_t *pos)
{
	return metrics_at(s, ++*pos);
}

static void metrics_stop(struct seq_file *s, void *cur)
	__releases(RCU)
{
	rcu_read_unlock();
}

static int metrics_show(struct seq_file *s, void *cur)
{
	struct hlist_head *chain = cur;
	struct atcp_metrics_entry *entry;

	hlist_for_each_entry_rcu(entry, chain, node)
		if (metrics_fresh(entry))
			metrics_line(s, entry);
	return 0;
}

static const struct seq_operations metrics_ops = {
	.start = metrics_start,
	.next = metrics_next,
	.stop = metrics_stop,
	.show = metrics_show,
};

/* @raddr: of that destination only, NULL: all. Return: whether there was any. */
static bool metrics_flush(struct atcp_metrics_table *table, const struct in6_addr *raddr)
{
	struct atcp_metrics_entry *entry;
	struct hlist_node *next;
	bool any = false;
	unsigned int i;

	spin_lock_bh(&table->lock);
	for (i = 0; i < BUCKETS; i++)
		hlist_for_each_entry_safe(entry, next, &table->chain[i], node) {
			if (raddr && !ipv6_addr_equal(raddr, &entry->raddr))
				continue;
			metrics_drop(entry);
			any = true;
		}
	spin_unlock_bh(&table->lock);
	return any;
}

static int metrics_write_file(struct file *file, char *buf, size_t size)
{
	struct atcp_metrics_table *table = metrics_of(file->private_data);
	char *word = strim(buf);
	struct in6_addr raddr;
	__be32 v4;

	if (!strcmp(word, "flush")) {
		metrics_flush(table, NULL);
		return 0;
	}
	if (in4_pton(word, -1, (u8 *)&v4, -1, NULL))
		ipv6_addr_set_v4mapped(v4, &raddr);
	else if (!in6_pton(word, -1, raddr.s6_addr, -1, NULL))
		return -EINVAL;
	return metrics_flush(table, &raddr) ? 0 : -ESRCH;
}

/* ---- per namespace ---- */

/**
 * atcp_metrics_net_init() - prepare a namespace
 * @an:		its struct
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_metrics_net_init(struct atcp_net *an)
{
	struct atcp_metrics_table *table = kvzalloc(sizeof(*table), GFP_KERNEL_ACCOUNT);

	if (!table)
		return -ENOMEM;
	spin_lock_init(&table->lock);
	table->secret = get_random_u32();
	an->metrics = table;
	if (proc_create_net_data_write("atcp_metrics", 0644, an->net->proc_net, &metrics_ops,
				       metrics_write_file, sizeof(struct seq_net_private), NULL))
		return 0;
	kvfree(table);
	an->metrics = NULL;
	return -ENOMEM;
}

/**
 * atcp_metrics_net_exit() - undo atcp_metrics_net_init()
 * @an:		namespace; all its connections are gone
 */
void atcp_metrics_net_exit(struct atcp_net *an)
{
	remove_proc_subtree("atcp_metrics", an->net->proc_net);
	metrics_flush(an->metrics, NULL);
	kvfree(an->metrics);
}
