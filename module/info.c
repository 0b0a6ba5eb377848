// SPDX-License-Identifier: GPL-2.0
/*
 * STATUS: TCP_INFO, in the kernel's struct tcp_info (RFC 9293, section 3.10.6).
 *
 * Every field that is not zero is true of this connection; what atcp does not
 * know stays zero.  Counts of segments are octets divided by the segment size, as cwnd is
 * kept in octets.
 */
#include <linux/tcp.h>
#include <net/tcp.h>
#include <atcp/inet.h>
#include <atcp/rto.h>
#include <atcp/sock.h>
#include "compat.h"

static u8 atcp_info_options(const struct atcp_tcb *tcb)
{
	u8 options = 0;

	if (tcb->opts_on & ATCP_OPT_TS)
		options |= TCPI_OPT_TIMESTAMPS;
	if (tcb->opts_on & ATCP_OPT_SACK_PERM)
		options |= TCPI_OPT_SACK;
	if (tcb->opts_on & ATCP_OPT_WSCALE)
		options |= TCPI_OPT_WSCALE;
	if (tcb->fo.flags & ATCP_FO_TEXT_TAKEN)
		options |= TCPI_OPT_SYN_DATA;
	if (tcb->ecn.mode != ATCP_ECN_NONE)
		options |= TCPI_OPT_ECN;
	if (tcb->ecn.seen)
		options |= TCPI_OPT_ECN_SEEN;
	return options;
}

static u8 atcp_info_ca_state(const struct atcp_tcb *tcb)
{
	switch (tcb->rec.state) {
	case ATCP_REDUCING:
		return TCP_CA_CWR;
	case ATCP_FAST_RECOVERY:
		return TCP_CA_Recovery;
	case ATCP_LOSS:
		return TCP_CA_Loss;
	}
	return tcb->rec.dupacks || tcb->board.sacked ? TCP_CA_Disorder : TCP_CA_Open;
}

/* Milliseconds since @then; 0 when it never was. */
static u32 atcp_ago(u64 now, u64 then)
{
	return then && now > then ? div_u64(now - then, USEC_PER_MSEC) : 0;
}

static void atcp_info_times(const struct atcp_tcb *tcb, struct tcp_info *info)
{
	u64 now = atcp_now();

	info->tcpi_rto = min_t(u64, atcp_rto_current(tcb), U32_MAX);
	info->tcpi_ato = tcb->p.delack_ms * USEC_PER_MSEC;
	info->tcpi_rtt = tcb->rtt.srtt;
	info->tcpi_rttvar = tcb->rtt.rttvar;
	info->tcpi_min_rtt = tcb->rtt.min;
	info->tcpi_last_data_sent = atcp_ago(now, tcb->last_snd);
	info->tcpi_last_data_recv = atcp_ago(now, tcb->last_rcv);
	info->tcpi_last_ack_recv = atcp_ago(now, tcb->last_ack);
}

static void atcp_info_send(const struct atcp_tcb *tcb, struct tcp_info *info)
{
	u32 mss = max_t(u32, atcp_eff_mss(tcb), 1);
	const struct atcp_board *board = &tcb->board;
	u32 outstanding = tcb->snd.nxt - tcb->snd.una;
	u64 first = tcb->octets_acked + outstanding;
	s32 unsent = tcb->snd.end - tcb->snd.nxt;

	info->tcpi_snd_mss = mss;
	info->tcpi_unacked = DIV_ROUND_UP(outstanding, mss);
	info->tcpi_sacked = DIV_ROUND_UP(board->sacked, mss);
	info->tcpi_lost = DIV_ROUND_UP(board->lost, mss);
	info->tcpi_retrans = DIV_ROUND_UP(board->again, mss);
	info->tcpi_dsack_dups = tcb->rack.dsacks;
	info->tcpi_reord_seen = tcb->rack.reorders;
	info->tcpi_delivered = DIV_ROUND_UP(tcb->rate.delivered, mss);
	if (tcb->rate.last_interval)
		info->tcpi_delivery_rate = div_u64((u64)tcb->rate.last_delivered * USEC_PER_SEC,
						   tcb->rate.last_interval);
	info->tcpi_delivery_rate_app_limited = tcb->rate.last_limited;
	info->tcpi_retransmits = tcb->rec.backoff;
	info->tcpi_probes = max(tcb->rec.probes, tcb->rec.keepalives);
	info->tcpi_backoff = tcb->rec.backoff;
	info->tcpi_total_retrans = tcb->rec.total;
	info->tcpi_snd_cwnd = tcb->cc.cwnd / mss;
	info->tcpi_snd_ssthresh = tcb->cc.ssthresh == U32_MAX ? TCP_INFINITE_SSTHRESH :
				  tcb->cc.ssthresh / mss;
	info->tcpi_snd_wnd = tcb->snd.wnd;
	info->tcpi_notsent_bytes = max(unsent, 0);
	info->tcpi_bytes_sent = tcb->octets_sent;
	info->tcpi_bytes_acked = tcb->octets_acked;
	info->tcpi_delivered_ce = DIV_ROUND_UP(tcb->ecn.delivered_ce, mss);
	if (tcb->octets_sent > first)
		info->tcpi_bytes_retrans = tcb->octets_sent - first;
	info->tcpi_segs_out = tcb->segs_out;
	info->tcpi_data_segs_out = tcb->data_segs_out;
}

static void atcp_info_receive(const struct atcp_tcb *tcb, struct tcp_info *info)
{
	info->tcpi_rcv_mss = tcb->rcv.mss_seen;
	info->tcpi_advmss = tcb->rcv.mss_adv;
	info->tcpi_rcv_ssthresh = tcb->rcv.buff;
	info->tcpi_rcv_space = tcb->rcv.buff;
	atcp_info_rcv_wnd(info, tcb->rcv.wnd);
	info->tcpi_bytes_received = tcb->octets_rcvd;
	info->tcpi_segs_in = tcb->segs_in;
	info->tcpi_data_segs_in = tcb->data_segs_in;
}

/* In 64 bits where unsigned long has 32, too. */
static u64 atcp_info_rate(unsigned long rate)
{
	return rate == ~0UL ? ~0ULL : rate;
}

/**
 * atcp_fill_info() - TCP_INFO
 * @sk: under lock_sock
 * @info: to be filled
 */
void atcp_fill_info(struct sock *sk, struct tcp_info *info)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	const struct atcp_tcb *tcb = &conn->tcb;

	memset(info, 0, sizeof(*info));
	info->tcpi_state = inet_sk_state_load(sk);
	info->tcpi_max_pacing_rate = atcp_info_rate(READ_ONCE(sk->sk_max_pacing_rate));
	info->tcpi_pacing_rate = atcp_info_rate(READ_ONCE(sk->sk_pacing_rate));
	info->tcpi_reordering = conn->tcb.reordering;
	if (info->tcpi_state == TCP_LISTEN) {
		info->tcpi_unacked = atcp_listen_waiting(conn);
		info->tcpi_sacked = atcp_listen_max(conn);
		return;
	}
	spin_lock_bh(&conn->lock);
	info->tcpi_ca_state = atcp_info_ca_state(tcb);
	info->tcpi_options = atcp_info_options(tcb);
	info->tcpi_fastopen_client_fail = tcb->fo.fail;
	if (tcb->opts_on & ATCP_OPT_WSCALE) {
		info->tcpi_snd_wscale = tcb->snd.wscale;
		info->tcpi_rcv_wscale = tcb->rcv.wscale;
	}
	if (tcb->snd.mss_path)
		info->tcpi_pmtu = tcb->snd.mss_path + ATCP_HDR_MIN +
				  atcp_inet_header_len(&conn->n.flow);
	atcp_info_times(tcb, info);
	atcp_info_send(tcb, info);
	atcp_info_receive(tcb, info);
	spin_unlock_bh(&conn->lock);
}
