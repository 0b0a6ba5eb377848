/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A path for suites of congestion control: senders that share a link of some rate,
 * delay and buffer, in simulated time.
 *
 * No TCB has a part in it: a sender is a struct atcp_cc, and segments of one SMSS.
 * Each ACK gives it the rate sample of draft-ietf-ccwg-bbr, 4.1.  A segment is
 * deemed lost when three sent after it were delivered, or nothing more can come.
 * What is by chance comes from a generator that begins anew for each path.
 */
#ifndef _ATCP_PATH_H
#define _ATCP_PATH_H

#include <kunit/test.h>
#include <linux/math64.h>
#include <linux/types.h>
#include <atcp/cc.h>

#define PATH_MSS	1000
#define PATH_FLOWS	2
#define PATH_PACKETS	16384		/* in flight, at most; a power of two */

#define MBIT		125000ULL	/* octets a second */

/**
 * struct path_packet - a segment on its way
 * @ack_at:	when its ACK comes, nanoseconds; U64_MAX: never
 * @sent:	microseconds
 * @first_sent:	P.first_send_time
 * @delivered_time: P.delivered_time
 * @delivered:	P.delivered
 * @lost:	P.lost
 * @marked:	octets CE-marked of what was delivered, when it was sent
 * @tx_in_flight: P.tx_in_flight
 * @app_limited: P.is_app_limited
 * @ce:		marked on the way
 * @done:	acknowledged or deemed lost
 */
struct path_packet {
	u64 ack_at;
	u64 sent;
	u64 first_sent;
	u64 delivered_time;
	u32 delivered;
	u32 lost;
	u32 marked;
	u32 tx_in_flight;
	bool app_limited;
	bool ce;
	bool done;
};

/**
 * struct path_flow - a sender
 * @cc:		its congestion control
 * @begin:	when it begins to send, microseconds
 * @app_rate:	octets a second that its user writes; 0: more than can be sent
 * @silent:	the user writes nothing
 * @written:	octets that he may have sent so far, with @app_rate
 * @octets:	delivered, since it began
 * @octets_lost: deemed lost
 * @octets_sent: sent
 * @inflight:	octets
 * @srtt:	microseconds
 */
struct path_flow {
	struct atcp_cc cc;
	u64 begin;
	u64 app_rate;
	bool silent;
	u64 written;
	u64 octets;
	u64 octets_lost;
	u64 octets_sent;
	u32 inflight;
	u32 srtt;

	/* path.c */
	struct path_packet *packets;
	u32 head;			/* number of the next one */
	u32 tail;			/* of the first that is not done */
	u32 recover;
	bool recovery;
	bool cwnd_limited;
	u32 delivered;			/* C.*, modulo 2^32 */
	u32 lost;
	u32 marked;
	u32 app_limited;		/* C.app_limited, and whether it is */
	bool is_app_limited;
	u32 min_rtt;
	u64 delivered_time;
	u64 first_sent;
	u64 next_send;			/* nanoseconds */
	u64 wrote_at;			/* microseconds */
};

/**
 * struct path - a link, and who sends through it
 * @test:	the case
 * @rate:	octets a second
 * @rtt_us:	there and back, without a queue
 * @buffer:	octets that may wait before the link
 * @loss_ppm:	of a million packets so many are lost, by chance
 * @lose_next:	of the next packets so many are lost
 * @mark_above:	octets waiting from which on packets are CE-marked; 0: none are
 * @gather_us:	ACKs come at multiples of it; 0: as they are
 * @now:	nanoseconds
 * @watch:	called after each ACK and each loss, may be NULL
 * @priv:	the case's own
 * @flow:	the senders
 * @n:		how many
 * @free_at:	nanoseconds, when the link has sent all that waits
 * @random:	the generator
 */
struct path {
	struct kunit *test;
	u64 rate;
	u32 rtt_us;
	u32 buffer;
	u32 loss_ppm;
	u32 lose_next;
	u32 mark_above;
	u32 gather_us;
	u64 now;
	void (*watch)(struct path *p, struct path_flow *f);
	void *priv;
	struct path_flow flow[PATH_FLOWS];
	unsigned int n;
	u64 free_at;
	u32 random;
};

struct path *path_new(struct kunit *test, u64 rate, u32 rtt_us, u32 buffer);
struct path_flow *path_flow(struct path *p, const char *name, u64 begin_us);
void path_run(struct path *p, u64 us);

/* path_until(p, most, condition) runs until it holds after an ACK; false: it never did. */
#define path_until(p, most_us, cond) ({					\
	struct path *__p = (p);						\
	u64 __end = __p->now + (most_us) * 1000ULL;			\
	bool __held;							\
									\
	for (;;) {							\
		__held = (cond);					\
		if (__held || __p->now >= __end)			\
			break;						\
		path_step(__p, __end);					\
	}								\
	__held;								\
})

void path_step(struct path *p, u64 end_ns);

/* Octets that wait before the link. */
u32 path_queue(const struct path *p);

/* Octets that fill the path without a queue. */
static inline u32 path_bdp(const struct path *p)
{
	return (u32)div_u64(p->rate * p->rtt_us, 1000000);
}

#endif /* _ATCP_PATH_H */
