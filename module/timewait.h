/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What timewait.c and wheel.c share: the record of a connection in TIME-WAIT, and
 * the wheels that it hangs in.
 */
#ifndef _ATCP_TIMEWAIT_H
#define _ATCP_TIMEWAIT_H

#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <atcp/inet.h>
#include <atcp/port.h>

#define ATCP_WHEEL_SLOTS	1024

/**
 * struct atcp_timewait - what is left of a connection
 * @n:		in the table of connections; with features, challenge_n and ts_age
 * @link:	in a slot of its wheel
 * @rcu:	once the last reference was put
 * @port:	the local port, with a reference
 * @snd_nxt:	SND.NXT
 * @rcv_nxt:	RCV.NXT
 * @ts_recent:	TS.Recent
 * @deadline:	end of 2 MSL, the low bits of its milliseconds
 * @mark:	SO_MARK, by which the last ACK was routed
 * @rcv_wnd:	RCV.WND, shifted by @wscale
 * @challenge_age: start of the period of challenge ACKs, the low bits of its
 *		seconds: one that is long past may be taken for this one
 * @signs:	it is a struct signing_timewait
 * @wscale:	Rcv.Wind.Shift
 * @opts_on:	ATCP_OPT_*
 *
 * What follows from the flow or the namespace is not kept.
 */
struct atcp_timewait {
	struct atcp_node n;		/* first */
	union {
		struct hlist_node link;
		struct rcu_head rcu;
	};
	struct atcp_port *port;
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 ts_recent;
	u32 deadline;
	u32 mark;
	u16 rcv_wnd;
	u8 challenge_age : 7;
	u8 signs : 1;
	u8 wscale : 4;
	u8 opts_on : 4;
};

/* The record of a connection that authenticates its segments. */
struct signing_timewait {
	struct atcp_timewait tw;	/* first */
	struct atcp_auth *auth;		/* with a reference */
};

/**
 * struct atcp_wheel - records by the time they end
 * @lock:	all below, and the records in the slots
 * @timer:	fires when the next slot that holds records is past
 * @armed:	for when, milliseconds, 0: not
 * @tick:	first slot of time not gone through
 * @busy:	slots that may hold records
 * @slot:	the records that end within 64 ms, in this turn or another
 * @tcb:	where one is rebuilt
 */
struct atcp_wheel {
	spinlock_t lock;		/* all of it, and its records */
	struct hrtimer timer;
	u64 armed;
	u64 tick;
	DECLARE_BITMAP(busy, ATCP_WHEEL_SLOTS);
	struct hlist_head slot[ATCP_WHEEL_SLOTS];
	struct atcp_tcb tcb;
} ____cacheline_aligned_in_smp;

struct atcp_wheel *atcp_wheel_of(const struct atcp_node *node);
void atcp_wheel_hang(struct atcp_wheel *w, struct atcp_timewait *tw, u64 deadline_us);
void atcp_wheel_take_out(struct atcp_wheel *w, struct atcp_timewait *tw);
int atcp_wheels_init(void);
void atcp_wheels_exit(void);

static inline u64 atcp_tw_ms(u64 us)
{
	return div_u64(us, 1000);
}

#endif
