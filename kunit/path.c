// SPDX-License-Identifier: GPL-2.0
/*
 * See path.h.  The link is a clock of when it is free: what is sent now leaves then,
 * so when its ACK will come is known at once.
 */

#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <atcp/seq.h>
#include "path.h"

#define NSEC		1000000000ULL
#define DUPTHRESH	3
#define RTO_MIN_NS	200000000ULL
#define NEVER		U64_MAX

static u64 usec(u64 ns)
{
	return div_u64(ns, 1000);
}

static const struct atcp_cc_ops *ops_of(const struct path_flow *f)
{
	return atcp_cc_get(f->cc.algo);
}

static struct path_packet *packet(struct path_flow *f, u32 number)
{
	return &f->packets[number % PATH_PACKETS];
}

static void tell(struct path_flow *f, enum atcp_cc_event event, u64 now)
{
	if (ops_of(f)->event)
		ops_of(f)->event(&f->cc, event, usec(now));
}

static void watch(struct path *p, struct path_flow *f)
{
	if (p->watch)
		p->watch(p, f);
}

/**
 * path_queue() - octets that wait before the link
 * @p:	the path
 *
 * Return: how many.
 */
u32 path_queue(const struct path *p)
{
	return p->free_at > p->now ? (u32)div_u64((p->free_at - p->now) * div_u64(p->rate, 1000),
						  1000000) : 0;
}

/* ---- sending ---- */

static bool by_chance(struct path *p)
{
	p->random = p->random * 1664525 + 1013904223;
	return (u64)p->random * 1000000 >> 32 < p->loss_ppm;
}

/* Whether the link takes one more packet. */
static bool taken(struct path *p)
{
	if (p->lose_next) {
		p->lose_next--;
		return false;
	}
	return !by_chance(p) && path_queue(p) + PATH_MSS <= p->buffer;
}

static u64 through_link(struct path *p)
{
	u64 gather = p->gather_us * 1000ULL;
	u64 at;

	p->free_at = max(p->free_at, p->now) + div64_u64(PATH_MSS * NSEC, p->rate);
	at = p->free_at + p->rtt_us * 1000ULL;
	return gather ? div64_u64(at + gather - 1, gather) * gather : at;
}

/* Has the user something to send? */
static bool has_text(struct path *p, struct path_flow *f)
{
	u64 now = usec(p->now);

	if (f->app_rate && !f->silent) {
		f->written += div_u64(f->app_rate * (now - f->wrote_at), 1000000);
		/* He does not make up for what he could not write. */
		f->written = min(f->written, f->octets_sent + 2 * PATH_MSS);
	}
	if (!f->app_rate || f->written >= f->octets_sent + PATH_MSS || f->silent)
		f->wrote_at = now;
	if (f->silent)
		return false;
	return !f->app_rate || f->written >= f->octets_sent + PATH_MSS;
}

static void send_one(struct path *p, struct path_flow *f)
{
	struct path_packet *k = packet(f, f->head);
	u64 now = usec(p->now);

	KUNIT_ASSERT_LT(p->test, f->head - f->tail, (u32)PATH_PACKETS);
	f->head++;
	if (!f->inflight) {
		if (!f->recovery)
			tell(f, ATCP_CC_RESTART, p->now);
		f->first_sent = now;
		f->delivered_time = now;
	}
	f->inflight += PATH_MSS;
	f->octets_sent += PATH_MSS;
	*k = (struct path_packet){
		.sent = now, .first_sent = f->first_sent, .delivered_time = f->delivered_time,
		.delivered = f->delivered, .lost = f->lost, .marked = f->marked,
		.tx_in_flight = f->inflight,
		.app_limited = f->is_app_limited, .ack_at = NEVER,
	};
	k->ce = p->mark_above && path_queue(p) > p->mark_above;
	if (taken(p))
		k->ack_at = through_link(p);
	if (ops_of(f)->flags & ATCP_CC_PACED && f->cc.pacing_rate)
		f->next_send = max(p->now, f->next_send) +
			       div64_u64(PATH_MSS * NSEC, f->cc.pacing_rate);
}

/*
 * 4.1.2.4: looked at before a segment is written, too. The pacer has a part in it as
 * little as in the draft.
 */
static bool may_send(struct path *p, struct path_flow *f)
{
	bool text;

	if (f->inflight + PATH_MSS > f->cc.cwnd) {
		f->cwnd_limited = true;
		return false;
	}
	text = has_text(p, f);
	if (!text || (f->app_rate && f->written < f->octets_sent + 2 * PATH_MSS)) {
		f->is_app_limited = true;
		f->app_limited = f->delivered + f->inflight;
	}
	return text && p->now >= f->next_send;
}

static void send_all(struct path *p, struct path_flow *f)
{
	while (usec(p->now) >= f->begin && may_send(p, f))
		send_one(p, f);
}

/* ---- losses ---- */

static void enter_recovery(struct path_flow *f, u64 now, bool timeout)
{
	struct atcp_cc_loss loss = { .flight = f->inflight, .timeout = timeout };

	f->cc.ssthresh = ops_of(f)->ssthresh(&f->cc, &loss);
	if (timeout)
		f->cc.cwnd = f->inflight + PATH_MSS;
	else if (!ops_of(f)->control)
		f->cc.cwnd = f->cc.ssthresh;
	f->recovery = true;
	f->recover = f->head;
	tell(f, timeout ? ATCP_CC_TIMEOUT : ATCP_CC_RECOVERY, now);
}

static void deem_lost(struct path *p, struct path_flow *f, struct path_packet *k)
{
	struct atcp_cc_lost lost;

	k->done = true;
	f->inflight -= PATH_MSS;
	f->lost += PATH_MSS;
	f->octets_lost += PATH_MSS;
	lost = (struct atcp_cc_lost){
		.now = usec(p->now), .octets = PATH_MSS, .tx_in_flight = k->tx_in_flight,
		.lost = f->lost - k->lost, .total_lost = f->lost,
		.app_limited = k->app_limited,
	};
	if (ops_of(f)->lost)
		ops_of(f)->lost(&f->cc, &lost);
	watch(p, f);
}

static void skip_done(struct path_flow *f)
{
	while (f->tail != f->head && packet(f, f->tail)->done)
		f->tail++;
}

/* Those sent so long before @newest that it was not reordering. Returns octets. */
static u32 find_losses(struct path *p, struct path_flow *f, u32 newest)
{
	u32 before = f->lost, i;

	for (i = f->tail; seq_lt(i + DUPTHRESH - 1, newest); i++)
		if (!packet(f, i)->done)
			deem_lost(p, f, packet(f, i));
	return f->lost - before;
}

static void time_out(struct path *p, struct path_flow *f)
{
	u32 i;

	for (i = f->tail; i != f->head; i++)
		if (!packet(f, i)->done)
			deem_lost(p, f, packet(f, i));
	f->tail = f->head;
	enter_recovery(f, p->now, true);
}

/* ---- ACKs ---- */

static void measure_rtt(struct path_flow *f, u32 rtt)
{
	f->min_rtt = f->min_rtt ? min(f->min_rtt, rtt) : rtt;
	f->srtt = f->srtt ? f->srtt - f->srtt / 8 + rtt / 8 : rtt;
}

/* draft-ietf-ccwg-bbr, 4.1.2.3, with @k the newest that was delivered */
static struct atcp_rate sample(struct path_flow *f, const struct path_packet *k, u64 now)
{
	u64 send_elapsed = k->sent - k->first_sent;
	u64 ack_elapsed = now - k->delivered_time;
	u64 interval = max(send_elapsed, ack_elapsed);
	struct atcp_rate rate = {
		.prior_delivered = k->delivered,
		.delivered = f->delivered - k->delivered,
		.interval_us = (u32)interval,
		.lost = f->lost - k->lost,
		.ce = f->marked - k->marked,
		.tx_in_flight = k->tx_in_flight,
		.app_limited = k->app_limited,
	};

	f->first_sent = k->sent;
	if (rate.interval_us < f->min_rtt)
		rate.interval_us = 0;
	if (f->is_app_limited && seq_gt(f->delivered, f->app_limited))
		f->is_app_limited = false;
	return rate;
}

/* What has arrived by now, in one ACK. Returns the number of the newest. */
static u32 take(struct path *p, struct path_flow *f, struct atcp_cc_ack *ack)
{
	u32 newest = f->tail, i;

	for (i = f->tail; i != f->head; i++) {
		struct path_packet *k = packet(f, i);

		if (k->done || k->ack_at > p->now) {
			if (!k->done && k->ack_at != NEVER)
				break;
			continue;
		}
		k->done = true;
		newest = i;
		f->inflight -= PATH_MSS;
		ack->delivered += PATH_MSS;
		ack->ce += k->ce ? PATH_MSS : 0;
	}
	return newest;
}

static void acknowledge(struct path *p, struct path_flow *f)
{
	u64 now = usec(p->now);
	struct atcp_cc_ack ack = { .now = now, .flight = f->inflight };
	u32 newest = take(p, f, &ack);
	const struct path_packet *k = packet(f, newest);

	f->delivered += ack.delivered;
	f->marked += ack.ce;
	f->octets += ack.delivered;
	f->delivered_time = now;
	ack.rtt_us = (u32)(now - k->sent);
	measure_rtt(f, ack.rtt_us);
	ack.lost = find_losses(p, f, newest);
	skip_done(f);
	ack.rate = sample(f, k, now);
	if (ack.lost && !f->recovery) {
		enter_recovery(f, p->now, false);
	} else if (f->recovery && seq_geq(f->tail, f->recover)) {
		f->recovery = false;
		tell(f, ATCP_CC_RECOVERED, p->now);
	}
	ack.acked = ack.delivered;
	ack.una = f->delivered;
	ack.nxt = (u32)f->octets_sent + (u32)(f - p->flow);
	ack.srtt_us = f->srtt;
	ack.total_delivered = f->delivered;
	ack.total_lost = f->lost;
	ack.inflight = f->inflight;
	ack.ece = ack.ce > 0;
	ack.recovery = f->recovery;
	ack.sack = true;
	ack.cwnd_limited = f->cwnd_limited;
	f->cwnd_limited = false;
	if (ops_of(f)->control)
		ops_of(f)->control(&f->cc, &ack);
	else if (!f->recovery)
		ops_of(f)->acked(&f->cc, &ack);
	watch(p, f);
}

/* ---- time ---- */

static u64 next_ack(struct path_flow *f)
{
	u32 i;

	for (i = f->tail; i != f->head; i++)
		if (!packet(f, i)->done && packet(f, i)->ack_at != NEVER)
			return packet(f, i)->ack_at;
	return NEVER;
}

static u64 next_send(struct path *p, struct path_flow *f)
{
	if (usec(p->now) < f->begin)
		return f->begin * 1000;
	if (f->silent || f->inflight + PATH_MSS > f->cc.cwnd)
		return NEVER;
	if (f->app_rate)		/* look again when there may be another segment */
		return max(f->next_send, p->now + div64_u64(PATH_MSS * NSEC, f->app_rate));
	return max(f->next_send, p->now);
}

static void step_flow(struct path *p, struct path_flow *f)
{
	if (next_ack(f) <= p->now)
		acknowledge(p, f);
	send_all(p, f);
}

/**
 * path_step() - go on to what happens next
 * @p:		the path
 * @end_ns:	but not beyond
 */
void path_step(struct path *p, u64 end_ns)
{
	u64 at = end_ns;
	unsigned int i;

	for (i = 0; i < p->n; i++) {
		struct path_flow *f = &p->flow[i];
		u64 ack = next_ack(f);

		at = min3(at, ack, next_send(p, f));
		if (ack != NEVER || !f->inflight)
			continue;
		/* All that is in flight was lost. */
		at = min(at, max(p->now, f->delivered_time * 1000 + RTO_MIN_NS));
		if (p->now >= f->delivered_time * 1000 + RTO_MIN_NS)
			time_out(p, f);
	}
	p->now = max(p->now, at);
	for (i = 0; i < p->n; i++)
		step_flow(p, &p->flow[i]);
}

/**
 * path_run() - go on
 * @p:		the path
 * @us:		for so many microseconds
 */
void path_run(struct path *p, u64 us)
{
	u64 end = p->now + us * 1000;

	while (p->now < end)
		path_step(p, end);
}

/**
 * path_new() - a link without senders
 * @test:	the case
 * @rate:	octets a second
 * @rtt_us:	there and back
 * @buffer:	octets that may wait before it
 */
struct path *path_new(struct kunit *test, u64 rate, u32 rtt_us, u32 buffer)
{
	struct path *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->test = test;
	p->rate = rate;
	p->rtt_us = rtt_us;
	p->buffer = buffer;
	p->now = 1000 * NSEC;
	return p;
}

/**
 * path_flow() - one more sender
 * @p:		the path
 * @name:	of its congestion control
 * @begin_us:	from now
 */
struct path_flow *path_flow(struct path *p, const char *name, u64 begin_us)
{
	struct path_flow *f = &p->flow[p->n++];

	KUNIT_ASSERT_LE(p->test, p->n, (unsigned int)PATH_FLOWS);
	f->packets = kunit_kcalloc(p->test, PATH_PACKETS, sizeof(*f->packets), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(p->test, f->packets);
	f->begin = usec(p->now) + begin_us;
	f->wrote_at = f->begin;
	/* so that C.delivered wraps within a case */
	f->delivered = 0U - 3000 * PATH_MSS;
	f->lost = 0U - 100 * PATH_MSS;
	atcp_cc_init(&f->cc, atcp_cc_find(name), PATH_MSS);
	return f;
}
