/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known of a destination beforehand: from earlier connections, and from
 * the route to it.
 */
#ifndef _ATCP_METRICS_H
#define _ATCP_METRICS_H

#include <linux/types.h>

/* Bits of atcp_metrics.locked: the route says so, and nothing is learnt. */
#define ATCP_METRIC_RTT		0x01
#define ATCP_METRIC_RTTVAR	0x02
#define ATCP_METRIC_SSTHRESH	0x04
#define ATCP_METRIC_CWND	0x08
#define ATCP_METRIC_REORDERING	0x10

/**
 * struct atcp_metrics - of a destination; 0 means "not known"
 * @rtt:	smoothed round-trip time, microseconds
 * @rttvar:	its variation, microseconds
 * @ssthresh:	segments
 * @cwnd:	segments; what it was in the end, and when locked no more than that
 * @reordering:	segments that came late without being lost
 * @locked:	ATCP_METRIC_*
 */
struct atcp_metrics {
	u32 rtt;
	u32 rttvar;
	u32 ssthresh;
	u32 cwnd;
	u32 reordering;
	u8 locked;
};

/**
 * struct atcp_route_wants - what a route asks of connections; 0: nothing
 * @rto_min_ms:	least retransmission time-out, instead of atcp_params'
 * @initcwnd:	segments of the initial window
 * @quickack:	acknowledge each segment at once
 */
struct atcp_route_wants {
	u32 rto_min_ms;
	u32 initcwnd;
	bool quickack;
};

#endif /* _ATCP_METRICS_H */
