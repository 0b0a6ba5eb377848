// SPDX-License-Identifier: GPL-2.0
/*
 * The clock, initial sequence numbers and timestamp offsets: what a peer sees
 * of our time, and cannot guess.
 *
 * Owns the secrets behind them, which live as long as the module.
 *
 * RFC 9293 section 3.4.1; RFC 6528; RFC 7323 section 5.4; RFC 6191.
 */

#include <linux/random.h>
#include <linux/siphash.h>
#include <net/netns/hash.h>
#include <atcp/conn.h>

static siphash_key_t iss_key;
static siphash_key_t ts_key;

/**
 * atcp_now() - the clock of every TCB
 *
 * Return: microseconds of CLOCK_MONOTONIC, which the hrtimers use too.
 */
u64 atcp_now(void)
{
	return ktime_to_us(ktime_get());
}

/* [MUST-9] */
static u32 keyed_hash(const struct net *net, const struct atcp_flow *flow,
		      const siphash_key_t *key)
{
	struct {
		struct atcp_flow flow;
		u32 mix;
	} __aligned(SIPHASH_ALIGNMENT) data = {
		.flow = *flow,
		.mix = net_hash_mix(net),
	};

	return (u32)siphash(&data, sizeof(data), key);
}

/**
 * atcp_iss() - an initial sequence number
 * @net:	namespace
 * @flow:	both ends
 *
 * M + F(localip, localport, remoteip, remoteport, secretkey), where M is a
 * timer that ticks every four microseconds. Source: RFC 6528, section 3.
 * Return: the number. [MUST-8] [SHLD-1] [R6528-ISN]
 */
u32 atcp_iss(const struct net *net, const struct atcp_flow *flow)
{
	return (u32)(atcp_now() >> 2) + keyed_hash(net, flow, &iss_key);
}

/**
 * atcp_conn_iss() - an initial sequence number for an active OPEN
 * @conn:	in the table of connections
 *
 * Beyond what the old incarnation may have used, when TIME-WAIT was cut short
 * for this one (RFC 9293, 3.4.3). Return: the number.
 */
u32 atcp_conn_iss(const struct atcp_conn *conn)
{
	u32 iss = atcp_iss(conn->n.net, &conn->n.flow);

	return conn->has_least_iss ? seq_max(iss, conn->least_iss) : iss;
}

/**
 * atcp_ts_offset() - what is added to the clock that a peer sees
 * @net:	namespace
 * @flow:	both ends
 *
 * The same for each incarnation of a flow, so that timestamps tell them apart
 * (RFC 6191), but not for two flows. Source: RFC 7323, 5.4. Return: the offset.
 * [R7323-TSOFF]
 */
u32 atcp_ts_offset(const struct net *net, const struct atcp_flow *flow)
{
	return keyed_hash(net, flow, &ts_key);
}

/**
 * atcp_iss_init() - choose the secrets
 *
 * [R6528-SECRET]
 */
void atcp_iss_init(void)
{
	get_random_bytes(&iss_key, sizeof(iss_key));
	get_random_bytes(&ts_key, sizeof(ts_key));
}
