/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Congestion control: operations over a plain struct, never over a socket.
 *
 * A new one is a file module/core/cc_NAME.c that defines a struct atcp_cc_ops,
 * and a line in the table of module/core/cc.c.  All windows are in octets.
 */
#ifndef _ATCP_CC_H
#define _ATCP_CC_H

#include <linux/types.h>

#define ATCP_CC_NAME_MAX	16
#define ATCP_CC_PRIV		20	/* of u64: what the largest algorithm needs */

/**
 * struct atcp_cc - the state of congestion control of one connection
 * @cwnd:	congestion window, octets
 * @ssthresh:	slow start threshold, octets
 * @mss:	SMSS, octets of text a full segment carries
 * @algo:	index into the table of algorithms
 * @pacing_rate: octets a second that text is to be paced at; 0: not
 * @priv:	the algorithm's own
 */
struct atcp_cc {
	u32 cwnd;
	u32 ssthresh;
	u32 mss;
	u8 algo;
	u64 pacing_rate;
	u64 priv[ATCP_CC_PRIV];
};

/**
 * struct atcp_rate - a sample of the delivery rate
 * @prior_delivered: octets that had been delivered when the segment was sent,
 *		modulo 2^32
 * @delivered:	octets delivered since
 * @interval_us: over so long; 0: there is no sample
 * @lost:	octets deemed lost since it was sent
 * @ce:		octets of @delivered that the network marked
 * @tx_in_flight: octets in flight when it was sent, itself included
 * @app_limited: it was sent when the user had not enough to send
 */
struct atcp_rate {
	u32 prior_delivered;
	u32 delivered;
	u32 interval_us;
	u32 lost;
	u32 ce;
	u32 tx_in_flight;
	bool app_limited;
};

/**
 * struct atcp_cc_ack - what an ACK told
 * @now:	microseconds
 * @acked:	octets that the window may grow by: newly delivered ones
 * @flight:	octets outstanding before this ACK
 * @una:	SND.UNA, with them acknowledged
 * @nxt:	SND.NXT
 * @srtt_us:	smoothed round-trip time, 0 when unknown
 * @rtt_us:	round-trip time that this ACK shows, 0 when it shows none
 * @delivered:	octets that it delivered, by SEG.ACK or by SACK
 * @total_delivered: octets delivered in all, modulo 2^32
 * @lost:	octets deemed lost by it
 * @total_lost:	octets deemed lost in all, modulo 2^32
 * @inflight:	octets in flight after it
 * @ce:		octets of @delivered that the network marked
 * @ece:	it echoes congestion
 * @recovery:	in loss recovery
 * @sack:	the peer tells what it has, so that more than one loss is seen in a round trip
 * @cwnd_limited: the window, not the application, limited what was sent
 * @rate:	a sample of the delivery rate
 */
struct atcp_cc_ack {
	u64 now;
	u32 acked;
	u32 flight;
	u32 una;
	u32 nxt;
	u32 srtt_us;
	u32 rtt_us;
	u32 delivered;
	u32 total_delivered;
	u32 lost;
	u32 total_lost;
	u32 inflight;
	u32 ce;
	bool ece;
	bool recovery;
	bool sack;
	bool cwnd_limited;
	struct atcp_rate rate;
};

/**
 * struct atcp_cc_loss - that a loss was found
 * @flight:	octets outstanding
 * @timeout:	by the retransmission timer, so that slow start follows
 * @ecn:	none was: the network marked what it might have dropped
 */
struct atcp_cc_loss {
	u32 flight;
	bool timeout;
	bool ecn;
};

/**
 * struct atcp_cc_lost - octets that were sent at one moment are deemed lost
 * @now:	microseconds
 * @octets:	how many
 * @tx_in_flight: octets in flight when they were sent, these included
 * @lost:	octets deemed lost since they were sent, these included
 * @total_lost:	octets deemed lost in all, modulo 2^32
 * @app_limited: they were sent when the user had not enough to send
 */
struct atcp_cc_lost {
	u64 now;
	u32 octets;
	u32 tx_in_flight;
	u32 lost;
	u32 total_lost;
	bool app_limited;
};

enum atcp_cc_event {
	ATCP_CC_RESTART,	/* text goes when nothing was in flight */
	ATCP_CC_RECOVERY,	/* fast recovery begins */
	ATCP_CC_TIMEOUT,	/* a retransmission time-out */
	ATCP_CC_RECOVERED,	/* what was outstanding then has arrived */
	ATCP_CC_SPURIOUS,	/* there was no loss: cwnd and ssthresh are back */
};

/* atcp_cc_ops.flags */
#define ATCP_CC_PACED		0x01	/* text is paced at pacing_rate */
#define ATCP_CC_ECN		0x02	/* wants ECN, whatever the namespace says */

/**
 * struct atcp_cc_ops - a congestion control algorithm
 * @name:	as given to TCP_CONGESTION
 * @flags:	ATCP_CC_*
 * @init:	called at the start and when a connection changes to it
 * @seen:	an ACK arrived, in any state, and cwnd is not touched; optional
 * @acked:	an ACK arrived outside loss recovery: grow the window
 * @ssthresh:	a loss was found: the new ssthresh
 * @control:	an ACK arrived, in any state: set cwnd and pacing_rate; @acked is
 *		not called then, nor does PRR reduce cwnd; optional
 * @lost:	octets are deemed lost; optional
 * @event:	something happened; optional
 */
struct atcp_cc_ops {
	char name[ATCP_CC_NAME_MAX];
	u8 flags;
	void (*init)(struct atcp_cc *cc);
	void (*seen)(struct atcp_cc *cc, const struct atcp_cc_ack *ack);
	void (*acked)(struct atcp_cc *cc, const struct atcp_cc_ack *ack);
	u32 (*ssthresh)(struct atcp_cc *cc, const struct atcp_cc_loss *loss);
	void (*control)(struct atcp_cc *cc, const struct atcp_cc_ack *ack);
	void (*lost)(struct atcp_cc *cc, const struct atcp_cc_lost *lost);
	void (*event)(struct atcp_cc *cc, enum atcp_cc_event event, u64 now);
};

#define ATCP_CWND_MAX		0x40000000U	/* no window is larger (RFC 7323, 2.2) */

extern const struct atcp_cc_ops atcp_cc_bbr;
extern const struct atcp_cc_ops atcp_cc_cubic;
extern const struct atcp_cc_ops atcp_cc_dctcp;
extern const struct atcp_cc_ops atcp_cc_reno;

int atcp_cc_find(const char *name);
const struct atcp_cc_ops *atcp_cc_get(unsigned int algo);
void atcp_cc_init(struct atcp_cc *cc, unsigned int algo, u32 mss);
void atcp_cc_acked(struct atcp_cc *cc, const struct atcp_cc_ack *ack);
void atcp_cc_tell(struct atcp_cc *cc, enum atcp_cc_event event, u64 now);
void atcp_cc_set_mss(struct atcp_cc *cc, u32 mss);
u32 atcp_cc_initial_window(u32 mss);

#endif /* _ATCP_CC_H */
