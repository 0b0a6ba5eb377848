// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_CC_INFO: what congestion control knows of the path, in the kernel's union
 * tcp_cc_info, as inet_diag(7) has it.
 */
#include <linux/inet_diag.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <atcp/bbr.h>
#include <atcp/conn.h>
#include <atcp/sock.h>

/* Gains are shifted left by 8 bits there. */
static u32 shifted_gain(u32 percent)
{
	return percent * 256 / 100;
}

static int bbr_info(const struct atcp_cc *cc, struct tcp_bbr_info *info)
{
	const struct atcp_bbr *b = (const struct atcp_bbr *)cc->priv;
	u64 bw = atcp_bbr_bw(b);

	info->bbr_bw_lo = (u32)bw;
	info->bbr_bw_hi = (u32)(bw >> 32);
	info->bbr_min_rtt = b->min_rtt;
	info->bbr_pacing_gain = shifted_gain(atcp_bbr_pacing_gain(b));
	info->bbr_cwnd_gain = shifted_gain(atcp_bbr_cwnd_gain(b));
	return sizeof(*info);
}

/**
 * atcp_fill_cc_info() - TCP_CC_INFO
 * @conn:	the connection
 * @info:	to be filled
 *
 * Return: octets of it that say something; 0: the algorithm has nothing to tell.
 */
int atcp_fill_cc_info(struct atcp_conn *conn, union tcp_cc_info *info)
{
	const struct atcp_cc *cc = &conn->tcb.cc;
	int size = 0;

	memset(info, 0, sizeof(*info));
	spin_lock_bh(&conn->lock);
	if (atcp_cc_get(cc->algo) == &atcp_cc_bbr)
		size = bbr_info(cc, &info->bbr);
	spin_unlock_bh(&conn->lock);
	return size;
}
