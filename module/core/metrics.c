// SPDX-License-Identifier: GPL-2.0
/*
 * What a connection makes of what is known of its destination, and what others
 * may learn from it.  The shell keeps it (module/metrics.c).
 *
 * RFC 9040 (what may be shared, and how); RFC 6298 section 2; RFC 6928.  How values
 * are blended is as in Linux.
 */

#include <atcp/core.h>

static u32 octets(const struct atcp_tcb *tcb, u32 segments)
{
	return (u32)min_t(u64, (u64)segments * tcb->cc.mss, ATCP_CWND_MAX);
}

/**
 * atcp_initial_window() - the congestion window to start with
 * @tcb:	the connection
 *
 * The route's, else that of RFC 6928. Return: octets.
 */
u32 atcp_initial_window(const struct atcp_tcb *tcb)
{
	if (unlikely(tcb->route.initcwnd))
		return max(octets(tcb, tcb->route.initcwnd), tcb->cc.mss);
	return atcp_cc_initial_window(tcb->cc.mss);
}

/**
 * atcp_initial_rwnd() - the window of the SYN, and where autotuning begins
 * @tcb:	the connection; its SYN was not sent before
 * @limit:	octets
 */
void atcp_initial_rwnd(struct atcp_tcb *tcb, u32 limit)
{
	tcb->rcv.wnd = min(tcb->rcv.wnd, limit);
	if (tcb->p.features & ATCP_F_AUTOTUNE)
		tcb->rcv.buff = min(tcb->rcv.buff, limit);
}

/*
 * A SYN is small and its round trip a short one: the first time-out rather goes by
 * what text took.  The next sample is the connection's own again.
 */
static void use_rtt(struct atcp_tcb *tcb, u32 rtt)
{
	u64 rto_min = (u64)(tcb->route.rto_min_ms ?: tcb->p.rto_min_ms) * ATCP_MSEC;

	if (rtt > tcb->rtt.srtt)
		tcb->rtt.rto = (u32)min_t(u64, rtt + max(2ULL * rtt, rto_min), U32_MAX);
}

/**
 * atcp_metrics_use() - a connection begins with what is known
 * @tcb:	the connection, which has just been established
 * @m:		of its destination
 */
void atcp_metrics_use(struct atcp_tcb *tcb, const struct atcp_metrics *m)
{
	struct atcp_cc *cc = &tcb->cc;

	tcb->snd.cwnd_clamp = 0;
	if (m->locked & ATCP_METRIC_CWND && m->cwnd)
		tcb->snd.cwnd_clamp = max(octets(tcb, m->cwnd), cc->mss);
	if (m->ssthresh)
		cc->ssthresh = max(octets(tcb, m->ssthresh), 2 * cc->mss);
	if (tcb->snd.cwnd_clamp) {
		cc->cwnd = min(cc->cwnd, tcb->snd.cwnd_clamp);
		if (m->ssthresh)
			cc->ssthresh = min(cc->ssthresh, tcb->snd.cwnd_clamp);
	}
	if (m->reordering)
		tcb->reordering = (u8)min_t(u32, m->reordering, U8_MAX);
	use_rtt(tcb, m->rtt);
}

static void learn_rtt(const struct atcp_tcb *tcb, struct atcp_metrics *m)
{
	u32 srtt = tcb->rtt.srtt, was = m->rtt;
	u32 dev = max(was > srtt ? was - srtt : srtt - was, tcb->rtt.rttvar);

	/* Too long does less harm than too short: up at once, down slowly. */
	if (!(m->locked & ATCP_METRIC_RTT))
		m->rtt = was <= srtt ? srtt : was - (was - srtt) / 8;
	if (!(m->locked & ATCP_METRIC_RTTVAR))
		m->rttvar = dev >= m->rttvar ? dev : m->rttvar - (m->rttvar - dev) / 4;
}

static void learn_window(const struct atcp_tcb *tcb, struct atcp_metrics *m, bool ssthresh)
{
	u32 cwnd = tcb->cc.cwnd / tcb->cc.mss;
	u32 thresh = tcb->cc.ssthresh / tcb->cc.mss;
	bool keeps_cwnd = m->locked & ATCP_METRIC_CWND;

	ssthresh &= !(m->locked & ATCP_METRIC_SSTHRESH);
	if (tcb->cc.ssthresh == U32_MAX) {		/* still the first slow start */
		if (ssthresh && m->ssthresh && cwnd / 2 > m->ssthresh)
			m->ssthresh = cwnd / 2;
		if (!keeps_cwnd)
			m->cwnd = max(m->cwnd, cwnd);
	} else if (tcb->cc.cwnd >= tcb->cc.ssthresh && tcb->rec.state == ATCP_OPEN) {
		if (ssthresh)
			m->ssthresh = max(cwnd / 2, thresh);
		if (!keeps_cwnd)
			m->cwnd = (m->cwnd + cwnd) / 2;
	} else {			/* cwnd tells nothing now */
		if (ssthresh && m->ssthresh && thresh > m->ssthresh)
			m->ssthresh = thresh;
		if (!keeps_cwnd)
			m->cwnd = (m->cwnd + thresh) / 2;
		if (!(m->locked & ATCP_METRIC_REORDERING) && tcb->reordering > ATCP_DUPTHRESH)
			m->reordering = max_t(u32, m->reordering, tcb->reordering);
	}
}

/**
 * atcp_metrics_learn() - what a connection that ends as it should adds
 * @tcb:	the connection
 * @m:		of its destination, changed
 * @ssthresh:	learn ssthresh, too
 *
 * Return: false when it knows nothing of the round trip, and m->rtt is void.
 */
bool atcp_metrics_learn(const struct atcp_tcb *tcb, struct atcp_metrics *m, bool ssthresh)
{
	if (tcb->rec.backoff || !tcb->rtt.srtt) {
		if (!(m->locked & ATCP_METRIC_RTT))
			m->rtt = 0;
		return false;
	}
	learn_rtt(tcb, m);
	learn_window(tcb, m, ssthresh);
	return true;
}
