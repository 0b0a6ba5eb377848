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
#define ATCP_CC_PRIV		8

/**
 * struct atcp_cc - the state of congestion control of one connection
 * @cwnd:	congestion window, octets
 * @ssthresh:	slow start threshold, octets
 * @mss:	SMSS, octets of text a full segment carries
 * @algo:	index into the table of algorithms
 * @priv:	the algorithm's own
 */
struct atcp_cc {
	u32 cwnd;
	u32 ssthresh;
	u32 mss;
	u8 algo;
	u64 priv[ATCP_CC_PRIV];
};

/**
 * struct atcp_cc_ack - what an ACK that advances SND.UNA told
 * @now:	microseconds
 * @acked:	octets newly acknowledged
 * @flight:	octets outstanding before this ACK
 * @una:	SND.UNA, with them acknowledged
 * @nxt:	SND.NXT
 * @srtt_us:	smoothed round-trip time, 0 when unknown
 * @rtt_us:	round-trip time that this ACK shows, 0 when it shows none
 * @cwnd_limited: the window, not the application, limited what was sent
 */
struct atcp_cc_ack {
	u64 now;
	u32 acked;
	u32 flight;
	u32 una;
	u32 nxt;
	u32 srtt_us;
	u32 rtt_us;
	bool cwnd_limited;
};

/**
 * struct atcp_cc_loss - that a loss was found
 * @flight:	octets outstanding
 * @timeout:	by the retransmission timer, so that slow start follows
 */
struct atcp_cc_loss {
	u32 flight;
	bool timeout;
};

/**
 * struct atcp_cc_ops - a congestion control algorithm
 * @name:	as given to TCP_CONGESTION
 * @init:	called at the start and when a connection changes to it
 * @acked:	an ACK arrived outside loss recovery: grow the window
 * @ssthresh:	a loss was found: the new ssthresh
 */
struct atcp_cc_ops {
	char name[ATCP_CC_NAME_MAX];
	void (*init)(struct atcp_cc *cc);
	void (*acked)(struct atcp_cc *cc, const struct atcp_cc_ack *ack);
	u32 (*ssthresh)(struct atcp_cc *cc, const struct atcp_cc_loss *loss);
};

#define ATCP_CWND_MAX		0x40000000U	/* no window is larger (RFC 7323, 2.2) */

extern const struct atcp_cc_ops atcp_cc_cubic;
extern const struct atcp_cc_ops atcp_cc_reno;

int atcp_cc_find(const char *name);
const struct atcp_cc_ops *atcp_cc_get(unsigned int algo);
void atcp_cc_init(struct atcp_cc *cc, unsigned int algo, u32 mss);
void atcp_cc_acked(struct atcp_cc *cc, const struct atcp_cc_ack *ack);
void atcp_cc_set_mss(struct atcp_cc *cc, u32 mss);
u32 atcp_cc_initial_window(u32 mss);

#endif /* _ATCP_CC_H */
