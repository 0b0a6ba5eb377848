// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/atcp and /proc/net/atcp6: every listener, connection and TIME-WAIT
 * record, in the columns of /proc/net/tcp and tcp6, to the character, so that
 * programs made for those read these too (trap 30):
 *
 *	PROC_NET_TCP=/proc/net/atcp PROC_NET_TCP6=/proc/net/atcp6 ss -tan
 *
 * The counters are in mib.c.  STATUS of RFC 9293, section 3.10.6, for all.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <net/inet_sock.h>
#include <atcp/conn.h>
#include <atcp/mib.h>
#include <atcp/rto.h>

#define LINE_WIDTH		149	/* /proc/net/tcp fills its lines */

/* tr: which timer runs. */
enum proc_timer {
	TR_NONE = 0,
	TR_RETRANSMIT = 1,
	TR_KEEPALIVE = 2,
	TR_TIME_WAIT = 3,
	TR_PERSIST = 4,
};

/**
 * struct proc_list - one reading of the file
 * @p:		namespace; first, as seq_file_net wants it
 * @it:		listeners, then all others
 * @others:	the listeners are through
 * @listeners:	there were so many; others may come and go meanwhile
 * @line:	number of the next line
 */
struct proc_list {
	struct seq_net_private p;
	struct atcp_table_iter it[2];
	bool others;
	loff_t listeners;
	unsigned int line;
};

/* What a line tells. */
struct proc_line {
	const struct atcp_flow *flow;
	const void *who;
	bool ipv6;
	u8 state;
	u32 tx_queue;
	u32 rx_queue;
	enum proc_timer timer;
	u64 when;			/* microseconds from now */
	u32 retransmits;
	u32 probes;
	kuid_t uid;
	unsigned long inode;
	u32 refs;
	bool details;			/* the columns below */
	u64 rto;			/* microseconds */
	u64 ato;
	u32 quick;
	u32 cwnd;			/* segments */
	int ssthresh;
};

/* ---- what there is to tell ---- */

static void line_timer(struct proc_line *line, const struct atcp_tcb *tcb, u64 now)
{
	static const struct {
		u8 timer;
		u8 tr;
	} order[] = {
		{ ATCP_TIMER_RETRANSMIT, TR_RETRANSMIT },
		{ ATCP_TIMER_PERSIST, TR_PERSIST },
		{ ATCP_TIMER_TIME_WAIT, TR_TIME_WAIT },
		{ ATCP_TIMER_KEEPALIVE, TR_KEEPALIVE },
	};
	unsigned int i;
	u64 at;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		at = tcb->deadline[order[i].timer];
		if (!at)
			continue;
		line->timer = order[i].tr;
		line->when = at > now ? at - now : 0;
		return;
	}
}

static void line_queues(struct proc_line *line, const struct atcp_conn *conn)
{
	const struct atcp_tcb *tcb = &conn->tcb;

	if (tcb->state == ATCP_LISTEN) {
		line->rx_queue = atcp_listen_waiting(conn);
		return;
	}
	if (tcb->state == ATCP_CLOSED)
		return;
	/* As of the kernel's: a SYN or FIN that is not acknowledged counts, so does a FIN
	 * that is not read; half-open children, mere requests there, have nothing.
	 */
	line->rx_queue = tcb->rcv.user + (tcb->rcv_fin_done && !conn->fin_read);
	if (tcb->state == ATCP_SYN_RECEIVED && !conn->sk)
		return;
	if (seq_geq(tcb->snd.end + tcb->fin, tcb->snd.una))
		line->tx_queue = tcb->snd.end - tcb->snd.una + tcb->fin;
}

static void line_details(struct proc_line *line, const struct atcp_tcb *tcb)
{
	u32 mss = tcb->cc.mss ?: 1;

	line->details = true;
	line->rto = atcp_rto_current(tcb);
	line->ato = tcb->data_segs_in ? tcb->p.delack_ms * ATCP_MSEC : 0;
	line->quick = tcb->quick_acks << 1;
	/* Both ends having opened, it begins when the connection is established. */
	line->cwnd = (tcb->state == ATCP_SYN_RECEIVED ? atcp_cc_initial_window(mss) :
							tcb->cc.cwnd) / mss;
	if (tcb->state == ATCP_LISTEN)
		line->ssthresh = 0;
	else
		line->ssthresh = tcb->cc.ssthresh >= U32_MAX / 2 ? -1 :
								   tcb->cc.ssthresh / mss;
}

static void line_of_conn(struct proc_line *line, struct atcp_conn *conn, u64 now)
{
	const struct atcp_tcb *tcb = &conn->tcb;
	struct sock *sk;

	spin_lock_bh(&conn->lock);
	sk = conn->sk;
	line->state = tcb->state;
	line->retransmits = tcb->state == ATCP_SYN_SENT || tcb->state == ATCP_SYN_RECEIVED ?
			    tcb->rec.syn_backoff : tcb->rec.backoff;
	line->probes = tcb->rec.probes ?: tcb->rec.keepalives;
	line_timer(line, tcb, now);
	line_queues(line, conn);
	/* The kernel keeps half-open ones as mere requests, with less to tell. */
	if (tcb->state != ATCP_SYN_RECEIVED || sk)
		line_details(line, tcb);
	spin_unlock_bh(&conn->lock);

	/* The socket stays for as long as RCU is held. */
	if (sk) {
		line->ipv6 = sk->sk_family == AF_INET6;
		line->uid = sock_i_uid(sk);
		line->inode = sock_i_ino(sk);
	}
}

static void line_of(struct proc_line *line, struct atcp_node *node)
{
	u64 now = atcp_now(), at;

	memset(line, 0, sizeof(*line));
	line->flow = &node->flow;
	line->who = node;
	line->ipv6 = !atcp_flow_is_v4(&node->flow);
	line->uid = GLOBAL_ROOT_UID;
	line->refs = refcount_read(&node->ref);
	if (node->kind == ATCP_KIND_CONN) {
		line_of_conn(line, atcp_conn_of(node), now);
		return;
	}
	if (node->kind == ATCP_KIND_HALF) {
		line->state = ATCP_SYN_RECEIVED;
		line->timer = TR_RETRANSMIT;
		line->retransmits = atcp_half_status(node, &at);
	} else {
		at = atcp_timewait_deadline(node);
		line->state = ATCP_TIME_WAIT;
		line->timer = TR_TIME_WAIT;
	}
	line->when = at > now ? at - now : 0;
}

/* ---- how it is written ---- */

static void put_ends4(struct seq_file *seq, const struct atcp_flow *flow)
{
	seq_printf(seq, "%08X:%04X %08X:%04X",
		   flow->laddr.s6_addr32[3], ntohs(flow->lport),
		   flow->raddr.s6_addr32[3], ntohs(flow->rport));
}

static void put_ends6(struct seq_file *seq, const struct atcp_flow *flow)
{
	const __be32 *l = flow->laddr.s6_addr32, *r = flow->raddr.s6_addr32;

	seq_printf(seq, "%08X%08X%08X%08X:%04X %08X%08X%08X%08X:%04X",
		   l[0], l[1], l[2], l[3], ntohs(flow->lport),
		   r[0], r[1], r[2], r[3], ntohs(flow->rport));
}

/* Times are told in ticks of the clock that user space knows. */
static unsigned long clock_ticks(u64 us)
{
	return div_u64(us, USEC_PER_SEC / USER_HZ);
}

static void put_line(struct seq_file *seq, const struct proc_line *line, unsigned int n)
{
	seq_printf(seq, "%4d: ", n);
	if (line->ipv6)
		put_ends6(seq, line->flow);
	else
		put_ends4(seq, line->flow);
	seq_printf(seq, " %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %pK",
		   line->state, line->tx_queue, line->rx_queue, line->timer,
		   clock_ticks(line->when), line->retransmits,
		   from_kuid_munged(seq_user_ns(seq), line->uid), line->probes, line->inode,
		   line->refs, line->who);
	if (line->details)
		seq_printf(seq, " %lu %lu %u %u %d",
			   clock_ticks(line->rto), clock_ticks(line->ato), line->quick,
			   line->cwnd, line->ssthresh);
}

static void put_header(struct seq_file *seq, bool ipv6)
{
	seq_printf(seq,
		   "  sl  %-*s%-*sst tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
		   ipv6 ? 38 : 14, "local_address", ipv6 ? 38 : 14,
		   ipv6 ? "remote_address" : "rem_address");
}

static int list_show(struct seq_file *seq, void *v)
{
	bool ipv6 = pde_data(file_inode(seq->file));
	struct proc_list *list = seq->private;
	struct proc_line line;

	if (v != SEQ_START_TOKEN) {
		line_of(&line, v);
		if (line.ipv6 != ipv6 || line.state == ATCP_CLOSED)
			return SEQ_SKIP;
	}
	if (!ipv6)
		seq_setwidth(seq, LINE_WIDTH);
	if (v == SEQ_START_TOKEN)
		put_header(seq, ipv6);
	else
		put_line(seq, &line, list->line);
	if (ipv6)
		seq_putc(seq, '\n');
	else
		seq_pad(seq, '\n');
	/* A line that did not fit is written again. */
	if (v != SEQ_START_TOKEN && !seq_has_overflowed(seq))
		list->line++;
	return 0;
}

/* ---- the listing ---- */

/* From the listeners to the others. */
static void list_turn(struct proc_list *list)
{
	list->others = true;
	list->listeners = list->it[0].pos;
}

static void *list_start(struct seq_file *seq, loff_t *pos) __acquires(RCU)
{
	struct proc_list *list = seq->private;
	loff_t n = *pos - 1;
	void *node;

	rcu_read_lock();
	if (!*pos) {
		list->it[0].net = seq_file_net(seq);
		list->it[0].listening = true;
		list->it[1].net = seq_file_net(seq);
		list->others = false;
		list->line = 0;
		return SEQ_START_TOKEN;
	}
	if (!list->others || n < list->listeners) {
		list->others = false;
		node = atcp_table_iter_start(&list->it[0], n);
		if (node)
			return node;
		list_turn(list);
	}
	return atcp_table_iter_start(&list->it[1], n - list->listeners);
}

static void *list_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct proc_list *list = seq->private;
	void *node;

	++*pos;
	if (list->others)
		return atcp_table_iter_next(&list->it[1], v);
	node = v == SEQ_START_TOKEN ? atcp_table_iter_start(&list->it[0], 0) :
				      atcp_table_iter_next(&list->it[0], v);
	if (node)
		return node;
	list_turn(list);
	return atcp_table_iter_start(&list->it[1], 0);
}

static void list_stop(struct seq_file *seq, void *v) __releases(RCU)
{
	rcu_read_unlock();
}

static const struct seq_operations list_ops = {
	.start	= list_start,
	.next	= list_next,
	.stop	= list_stop,
	.show	= list_show,
};

/* ---- per namespace ---- */

static const struct {
	const char *name;
	int (*show)(struct seq_file *seq, void *v);
} proc_files[] = {
	{ "atcp_fsm", atcp_mib_show_fsm },
	{ "atcp_snmp", atcp_mib_show_snmp },
	{ "atcp_netstat", atcp_mib_show_netstat },
};

/**
 * atcp_proc_net_init() - make the files of a namespace
 * @an:		its struct
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_proc_net_init(struct atcp_net *an)
{
	struct proc_dir_entry *dir = an->net->proc_net;
	unsigned int i;

	if (!proc_create_net_data("atcp", 0444, dir, &list_ops, sizeof(struct proc_list), NULL) ||
	    !proc_create_net_data("atcp6", 0444, dir, &list_ops, sizeof(struct proc_list),
				  (void *)1))
		goto fail;
	for (i = 0; i < ARRAY_SIZE(proc_files); i++)
		if (!proc_create_net_single(proc_files[i].name, 0444, dir, proc_files[i].show,
					    NULL))
			goto fail;
	return 0;
fail:
	atcp_proc_net_exit(an);
	return -ENOMEM;
}

/**
 * atcp_proc_net_exit() - remove the files of a namespace
 * @an:		its struct
 */
void atcp_proc_net_exit(struct atcp_net *an)
{
	struct proc_dir_entry *dir = an->net->proc_net;
	unsigned int i;

	/* Those that were not made are not missed: by subtree, not by entry. */
	remove_proc_subtree("atcp", dir);
	remove_proc_subtree("atcp6", dir);
	for (i = 0; i < ARRAY_SIZE(proc_files); i++)
		remove_proc_subtree(proc_files[i].name, dir);
}
