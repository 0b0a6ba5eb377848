// SPDX-License-Identifier: GPL-2.0
/*
 * Counters (RFC 4022 and the kernel's own), one set a namespace.
 *
 *	/proc/net/atcp_snmp	the Tcp: lines of /proc/net/snmp
 *	/proc/net/atcp_netstat	the TcpExt: lines of /proc/net/netstat
 *	/proc/net/atcp_fsm	each legal edge, and how often it was taken
 *
 * What has a name in the kernel goes by that name, so that nstat(8) and its
 * like need no other: PROC_NET_SNMP=/proc/net/atcp_snmp nstat.
 */
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <atcp/fsm.h>
#include <atcp/mib.h>
#include <atcp/net.h>

/* A column: its name and the counters that are added up for it. */
struct mib_column {
	const char *name;
	s16 item;
	s16 more;
};

#define COLUMN(_name, _item)		{ .name = (_name), .item = (_item), .more = -1 }
#define COLUMNS2(_name, _item, _more)	{ .name = (_name), .item = (_item), .more = (_more) }

static const struct mib_column mib_snmp[] = {
	COLUMN("ActiveOpens", ATCP_EV_ACTIVE_OPENS),
	COLUMN("PassiveOpens", ATCP_EV_PASSIVE_OPENS),
	COLUMN("AttemptFails", ATCP_EV_ATTEMPT_FAILS),
	COLUMN("EstabResets", ATCP_EV_ESTAB_RESETS),
};

static const struct mib_column mib_snmp_segs[] = {
	COLUMN("InSegs", ATCP_EV_IN_SEGS),
	COLUMN("OutSegs", ATCP_MIB_OUT_SEGS),
	COLUMN("RetransSegs", ATCP_MIB_RETRANS_SEGS),
	COLUMN("InErrs", ATCP_MIB_IN_ERRS),
	COLUMN("OutRsts", ATCP_MIB_OUT_RSTS),
	COLUMN("InCsumErrors", ATCP_MIB_CSUM_ERRS),
};

static const struct mib_column mib_netstat[] = {
	COLUMN("SyncookiesSent", ATCP_MIB_COOKIES_SENT),
	COLUMN("SyncookiesRecv", ATCP_MIB_COOKIES_RECV),
	COLUMN("SyncookiesFailed", ATCP_MIB_COOKIES_FAILED),
	COLUMN("RcvPruned", ATCP_EV_RCV_PRUNED),
	COLUMN("OutOfWindowIcmps", ATCP_EV_ICMP_IGNORED),
	COLUMN("TW", ATCP_MIB_TW_CREATED),
	COLUMN("TWRecycled", ATCP_EV_TW_RECYCLED),
	COLUMN("TWKilled", ATCP_EV_TW_KILLED),
	COLUMN("PAWSEstab", ATCP_EV_PAWS_DROP),
	COLUMN("DelayedACKs", ATCP_EV_DELAYED_ACK),
	COLUMN("ListenOverflows", ATCP_MIB_LISTEN_OVERFLOWS),
	COLUMN("ListenDrops", ATCP_MIB_LISTEN_DROPS),
	COLUMN("TCPRenoRecovery", ATCP_EV_RENO_RECOVERY),
	COLUMN("TCPSackRecovery", ATCP_EV_SACK_RECOVERY),
	COLUMN("TCPSACKReneging", ATCP_EV_RENEGING),
	COLUMN("TCPFullUndo", ATCP_EV_UNDO),
	COLUMN("TCPSpuriousRTOs", ATCP_EV_SPURIOUS_TIMEOUT),
	COLUMN("TCPLossProbes", ATCP_EV_LOSS_PROBE),
	COLUMN("TCPLossProbeRecovery", ATCP_EV_LOSS_PROBE_RECOVERY),
	COLUMN("TCPDSACKRecv", ATCP_EV_DSACK_RECEIVED),
	COLUMN("TCPTimeouts", ATCP_EV_RETRANS_TIMEOUT),
	COLUMN("TCPDSACKOldSent", ATCP_EV_DSACK_SENT),
	COLUMN("TCPAbortOnData", ATCP_EV_ABORT_ON_DATA),
	COLUMN("TCPAbortOnClose", ATCP_EV_ABORT_ON_CLOSE),
	COLUMNS2("TCPAbortOnMemory", ATCP_MIB_MEMORY_ABORTS, ATCP_MIB_ORPHANS_KILLED),
	COLUMN("TCPAbortOnTimeout", ATCP_EV_ABORT_ON_TIMEOUT),
	COLUMN("TCPAbortOnLinger", ATCP_MIB_LINGER_ABORTS),
	COLUMN("TCPDeferAcceptDrop", ATCP_MIB_DEFER_DROPS),
	COLUMN("TCPMD5NotFound", ATCP_MIB_MD5_NOT_FOUND),
	COLUMN("TCPMD5Unexpected", ATCP_MIB_MD5_UNEXPECTED),
	COLUMN("TCPMD5Failure", ATCP_MIB_MD5_FAILURE),
	COLUMN("TCPAORequired", ATCP_MIB_AO_REQUIRED),
	COLUMN("TCPAOBad", ATCP_MIB_AO_BAD),
	COLUMN("TCPAOKeyNotFound", ATCP_MIB_AO_NOT_FOUND),
	COLUMN("TCPAOGood", ATCP_MIB_AO_GOOD),
	COLUMN("TCPAODroppedIcmps", ATCP_MIB_AO_ICMPS),
	COLUMN("TCPMinTTLDrop", ATCP_MIB_MIN_TTL_DROPS),
	COLUMN("TCPTimeWaitOverflow", ATCP_MIB_TW_OVERFLOW),
	COLUMN("TCPReqQFullDoCookies", ATCP_MIB_HALF_OPEN_COOKIES),
	COLUMN("TCPReqQFullDrop", ATCP_MIB_HALF_OPEN_DROPS),
	COLUMN("TCPSynRetrans", ATCP_MIB_SYN_RETRANS),
	COLUMN("TCPRetransFail", ATCP_MIB_XMIT_FAILS),
	COLUMN("TCPOFOQueue", ATCP_EV_OFO_QUEUE),
	COLUMN("TCPOFODrop", ATCP_EV_OFO_DROP),
	COLUMN("TCPFastOpenActive", ATCP_EV_FO_ACTIVE),
	COLUMN("TCPFastOpenActiveFail", ATCP_EV_FO_ACTIVE_FAIL),
	COLUMN("TCPFastOpenPassive", ATCP_MIB_FO_PASSIVE),
	COLUMN("TCPFastOpenPassiveFail", ATCP_MIB_FO_PASSIVE_FAIL),
	COLUMN("TCPFastOpenListenOverflow", ATCP_MIB_FO_LISTEN_OVERFLOWS),
	COLUMN("TCPFastOpenCookieReqd", ATCP_MIB_FO_COOKIE_REQD),
	COLUMN("TCPFastOpenBlackhole", ATCP_MIB_FO_BLACKHOLE),
	COLUMN("TCPFastOpenPassiveAltKey", ATCP_MIB_FO_PASSIVE_ALT_KEY),
	COLUMN("TCPChallengeACK", ATCP_EV_CHALLENGE_ACK),
	COLUMN("TCPSYNChallenge", ATCP_EV_SYN_CHALLENGE),
	COLUMN("TCPACKSkippedChallenge", ATCP_EV_CHALLENGE_SKIPPED),
	COLUMN("TCPMTUPFail", ATCP_EV_MTUP_FAIL),
	COLUMN("TCPMTUPSuccess", ATCP_EV_MTUP_SUCCESS),
	COLUMN("TCPWinProbe", ATCP_EV_ZERO_WINDOW_PROBE),
	COLUMN("TCPKeepAlive", ATCP_EV_KEEPALIVE_PROBE),
	COLUMN("TCPDeliveredCE", ATCP_MIB_DELIVERED_CE),
	/* What the kernel does not count. */
	COLUMN("AtcpPartialAcks", ATCP_EV_PARTIAL_ACK),
	COLUMN("AtcpNoTimestampDrops", ATCP_EV_NO_TS_DROP),
	COLUMN("AtcpUnacceptable", ATCP_EV_UNACCEPTABLE),
	COLUMN("AtcpEcnReductions", ATCP_EV_ECN_REDUCED),
	COLUMN("AtcpFilterDrops", ATCP_MIB_FILTER_DROPS),
	COLUMN("AtcpPolicyDrops", ATCP_MIB_POLICY_DROPS),
	COLUMN("AtcpTimeWaitExpired", ATCP_MIB_TW_EXPIRED),
	COLUMN("AtcpIcmpTooBig", ATCP_MIB_ICMP_PTB),
	COLUMN("AtcpIcmpErrors", ATCP_MIB_ICMP_ERRS),
};

/**
 * atcp_mib_sum() - a counter of a namespace, over all processors
 * @an:		namespace
 * @item:	enum atcp_event or enum atcp_mib_item
 *
 * Return: the sum.
 */
u64 atcp_mib_sum(const struct atcp_net *an, unsigned int item)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(an->mib, cpu)->item[item]);
	return sum;
}

/**
 * atcp_mib_edge_sum() - how often an edge was taken, over all processors
 * @an:		namespace
 * @edge:	index into atcp_edges[]
 * @cause:	enum atcp_cause
 *
 * Return: the sum.
 */
u64 atcp_mib_edge_sum(const struct atcp_net *an, unsigned int edge, unsigned int cause)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(an->mib, cpu)->edge[edge][cause]);
	return sum;
}

static u64 column_value(const struct atcp_net *an, const struct mib_column *column)
{
	u64 value = atcp_mib_sum(an, column->item);

	return column->more < 0 ? value : value + atcp_mib_sum(an, column->more);
}

static void put_names(struct seq_file *seq, const struct mib_column *column, unsigned int n)
{
	for (; n; n--, column++)
		seq_printf(seq, " %s", column->name);
}

static void put_values(struct seq_file *seq, const struct atcp_net *an,
		       const struct mib_column *column, unsigned int n)
{
	for (; n; n--, column++)
		seq_printf(seq, " %llu", column_value(an, column));
}

/**
 * atcp_mib_show_snmp() - /proc/net/atcp_snmp
 * @seq:	the file
 * @v:		not used
 *
 * Return: 0.
 */
int atcp_mib_show_snmp(struct seq_file *seq, void *v)
{
	const struct atcp_net *an = atcp_net(seq_file_single_net(seq));

	seq_puts(seq, "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn");
	put_names(seq, mib_snmp, ARRAY_SIZE(mib_snmp));
	seq_puts(seq, " CurrEstab");
	put_names(seq, mib_snmp_segs, ARRAY_SIZE(mib_snmp_segs));
	/* 5: the algorithm of RFC 2988, of which RFC 6298 is the successor. */
	seq_printf(seq, "\nTcp: 5 %u %u -1", READ_ONCE(an->params.rto_min_ms),
		   READ_ONCE(an->params.rto_max_ms));
	put_values(seq, an, mib_snmp, ARRAY_SIZE(mib_snmp));
	seq_printf(seq, " %d", atomic_read(&an->curr_estab));
	put_values(seq, an, mib_snmp_segs, ARRAY_SIZE(mib_snmp_segs));
	seq_putc(seq, '\n');
	return 0;
}

/**
 * atcp_mib_show_netstat() - /proc/net/atcp_netstat
 * @seq:	the file
 * @v:		not used
 *
 * Return: 0.
 */
int atcp_mib_show_netstat(struct seq_file *seq, void *v)
{
	const struct atcp_net *an = atcp_net(seq_file_single_net(seq));

	seq_puts(seq, "TcpExt:");
	put_names(seq, mib_netstat, ARRAY_SIZE(mib_netstat));
	seq_puts(seq, "\nTcpExt:");
	put_values(seq, an, mib_netstat, ARRAY_SIZE(mib_netstat));
	seq_putc(seq, '\n');
	return 0;
}

/**
 * atcp_mib_show_fsm() - /proc/net/atcp_fsm
 * @seq:	the file
 * @v:		not used
 *
 * Return: 0.
 */
int atcp_mib_show_fsm(struct seq_file *seq, void *v)
{
	const struct atcp_net *an = atcp_net(seq_file_single_net(seq));
	unsigned int i;

	BUILD_BUG_ON(ATCP_N_CAUSES != 3);
	seq_puts(seq, "from to segment call timer rfc\n");
	for (i = 0; i < atcp_n_edges; i++)
		seq_printf(seq, "%s %s %llu %llu %llu %s\n",
			   atcp_state_name(atcp_edges[i].from), atcp_state_name(atcp_edges[i].to),
			   atcp_mib_edge_sum(an, i, ATCP_BY_SEGMENT),
			   atcp_mib_edge_sum(an, i, ATCP_BY_CALL),
			   atcp_mib_edge_sum(an, i, ATCP_BY_TIMER), atcp_edges[i].where);
	return 0;
}
