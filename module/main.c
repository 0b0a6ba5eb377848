// SPDX-License-Identifier: GPL-2.0
/*
 * The module: its parameters, its beginning and its end, and what each network
 * namespace is born with.
 *
 * The order matters at the end.  The doors close first, so that no program can
 * come in (the module's reference count was zero, so none is inside); then each
 * namespace loses its hook, so that no packet comes in, and its connections;
 * then whatever RCU and the devices still hold is waited for.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <linux/socket.h>
#include <linux/swap.h>
#include <net/net_namespace.h>
#include <atcp/conn.h>
#include <atcp/fastopen.h>
#include <atcp/hash.h>
#include <atcp/inet.h>
#include <atcp/net.h>
#include <atcp/port.h>
#include <atcp/sock.h>
#include <uapi/linux/atcp.h>

#define ATCP_LEAST_PROTOCOL	257	/* 256 is SMC, 262 is MPTCP */
#define ATCP_LAST_PROTOCOL	261

int atcp_family = AF_ATCP;
module_param_named(family, atcp_family, int, 0444);
MODULE_PARM_DESC(family, "Protocol family of socket(AF_ATCP, ...) (default 25)");

int atcp_protocol = IPPROTO_ATCP;
module_param_named(protocol, atcp_protocol, int, 0444);
MODULE_PARM_DESC(protocol,
		 "Protocol of socket(AF_INET, SOCK_STREAM, ...), 257 to 261 (default 261)");

unsigned int atcp_net_id;

/* What the kernel's TCP is set to in this namespace is what atcp begins with. */
static void atcp_net_defaults(struct atcp_net *an)
{
	const struct net *net = an->net;
	unsigned long pages = nr_free_buffer_pages();
	unsigned int i;

	atcp_params_default(&an->params);
	for (i = 0; i < 3; i++) {
		an->rmem[i] = READ_ONCE(net->ipv4.sysctl_tcp_rmem[i]);
		an->wmem[i] = READ_ONCE(net->ipv4.sysctl_tcp_wmem[i]);
	}
	an->no_ssthresh_metrics_save = 1;	/* as Linux */
	an->max_half_open = max(READ_ONCE(net->ipv4.sysctl_max_syn_backlog), 128);
	an->max_orphans = clamp_t(unsigned long, pages / 32, 1024, 65536);
	an->max_tw = clamp_t(unsigned long, pages / 16, 4096, 262144);
	an->abort_on_overflow = READ_ONCE(net->ipv4.sysctl_tcp_abort_on_overflow);
	an->pacing_ss_ratio = READ_ONCE(net->ipv4.sysctl_tcp_pacing_ss_ratio);
	an->pacing_ca_ratio = READ_ONCE(net->ipv4.sysctl_tcp_pacing_ca_ratio);
	an->syncookies = READ_ONCE(net->ipv4.sysctl_tcp_syncookies);
	an->fastopen = READ_ONCE(net->ipv4.sysctl_tcp_fastopen);
	an->fastopen_blackhole_sec = READ_ONCE(net->ipv4.sysctl_tcp_fastopen_blackhole_timeout);
	an->max_mem = max(pages / 32, 128UL) << PAGE_SHIFT;
}

/* The hook comes last: from then on packets find the namespace complete. */
static int __net_init atcp_net_init(struct net *net)
{
	struct atcp_net *an = atcp_net(net);
	int err;

	an->net = net;
	mutex_init(&an->hash_lock);
	an->mib = alloc_percpu(struct atcp_mib);
	if (!an->mib)
		return -ENOMEM;
	atcp_net_defaults(an);
	err = atcp_sysctl_net_init(an);
	if (err)
		goto free_mib;
	err = atcp_inet_net_init(an);
	if (err)
		goto exit_sysctl;
	err = atcp_proc_net_init(an);
	if (err)
		goto exit_inet;
	err = atcp_metrics_net_init(an);
	if (err)
		goto exit_proc;
	err = atcp_hook_net_init(an);
	if (err)
		goto exit_metrics;
	return 0;

exit_metrics:
	atcp_metrics_net_exit(an);
exit_proc:
	atcp_proc_net_exit(an);
exit_inet:
	atcp_inet_net_exit(an);
exit_sysctl:
	atcp_sysctl_net_exit(an);
free_mib:
	free_percpu(an->mib);
	return err;
}

/*
 * Orphans and TIME-WAIT hold no reference to their namespace: they end here,
 * while its devices still exist and before a grace period.
 */
static void __net_exit atcp_net_pre_exit(struct net *net)
{
	atcp_hook_net_exit(atcp_net(net));
	atcp_kill_namespace(net);
}

/*
 * A killed connection lives until RCU readers, and packets of its that wait in
 * some device, let go of it; its counters are in the namespace that goes now.
 */
static void __net_exit atcp_net_exit(struct net *net)
{
	struct atcp_net *an = atcp_net(net);

	atcp_conn_net_exit(an);
	atcp_hash_net_exit(an);
	atcp_port_net_exit(net);
	atcp_metrics_net_exit(an);
	atcp_proc_net_exit(an);
	atcp_inet_net_exit(an);
	atcp_sysctl_net_exit(an);
	atcp_fastopen_net_exit(an);
	atcp_fastopen_forget(an);
	free_percpu(an->mib);
}

static struct pernet_operations atcp_net_ops = {
	.init = atcp_net_init,
	.pre_exit = atcp_net_pre_exit,
	.exit = atcp_net_exit,
	.id = &atcp_net_id,
	.size = sizeof(struct atcp_net),
};

static int __init atcp_check_parameters(void)
{
	if (atcp_family <= AF_UNSPEC || atcp_family >= AF_MAX) {
		pr_err("atcp: family=%d: a number from 1 to %d is needed\n",
		       atcp_family, AF_MAX - 1);
		return -EINVAL;
	}
	if (atcp_protocol < ATCP_LEAST_PROTOCOL || atcp_protocol > ATCP_LAST_PROTOCOL) {
		pr_err("atcp: protocol=%d: a number from %d to %d is needed, others belong to other protocols\n",
		       atcp_protocol, ATCP_LEAST_PROTOCOL, ATCP_LAST_PROTOCOL);
		return -EINVAL;
	}
	return 0;
}

/* The parts, in the order in which they need each other. */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} atcp_parts[] = {
	{ atcp_memory_init, atcp_memory_exit },
	{ atcp_inet_init, atcp_inet_exit },
	{ atcp_table_init, atcp_table_exit },
	{ atcp_port_init, atcp_port_exit },
	{ atcp_conn_init, atcp_conn_exit },
	{ atcp_xmit_init, atcp_xmit_exit },
	{ atcp_timewait_init, atcp_timewait_exit },
	{ atcp_half_init, atcp_half_exit },
};

static void atcp_parts_exit(unsigned int n)
{
	while (n)
		atcp_parts[--n].exit();
}

static int __init atcp_init(void)
{
	unsigned int n;
	int err;

	err = atcp_check_parameters();
	if (err)
		return err;
	for (n = 0; n < ARRAY_SIZE(atcp_parts); n++) {
		err = atcp_parts[n].init();
		if (err)
			goto exit_parts;
	}
	err = register_pernet_subsys(&atcp_net_ops);
	if (err)
		goto exit_parts;
	err = atcp_door_init();
	if (err)
		goto exit_net;
	pr_info("atcp: family %d, protocol %d\n", atcp_family, atcp_protocol);
	return 0;

exit_net:
	unregister_pernet_subsys(&atcp_net_ops);
exit_parts:
	atcp_parts_exit(n);
	rcu_barrier();
	return err;
}

static void __exit atcp_exit(void)
{
	atcp_door_exit();
	unregister_pernet_subsys(&atcp_net_ops);
	atcp_parts_exit(ARRAY_SIZE(atcp_parts));
	/* Callbacks that the parts themselves left are in this module's text. */
	rcu_barrier();
	/*
	 * And so may be a task that was preempted in the destructor of the last
	 * segment in flight, after that had let go of its connection.
	 */
	synchronize_rcu_tasks();
}

module_init(atcp_init);
module_exit(atcp_exit);

MODULE_AUTHOR("The atcp authors");
MODULE_DESCRIPTION("An alternative TCP (RFC 9293) beside the kernel's own");
MODULE_LICENSE("GPL");
MODULE_VERSION("1");
/* socket() asks for these by name; they are of the default parameters. */
MODULE_ALIAS_NETPROTO(25);
MODULE_ALIAS_NET_PF_PROTO(2, 261);
MODULE_ALIAS_NET_PF_PROTO_TYPE(2, 261, 1);
MODULE_ALIAS_NET_PF_PROTO(10, 261);
MODULE_ALIAS_NET_PF_PROTO_TYPE(10, 261, 1);
