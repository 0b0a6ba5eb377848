// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: when too many connections are half open, a SYN is answered and
 * forgotten, and what its ACK brings back is believed if only we can have sent it.
 *
 * Owns the secrets behind cookies, which live as long as the module.  What a cookie
 * says is core/cookie.c's affair; here are the addresses, the MAC and the clock.
 *
 * RFC 4987 section 3.6; RFC 6528 (our ISS stays beyond foretelling).
 */

#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/netns/hash.h>
#include <atcp/inet.h>
#include <atcp/sock.h>
#include "listen.h"

static siphash_key_t number_key;
static siphash_key_t mac_key;

/* What of a SYN a cookie vouches for. */
struct vouched {
	struct atcp_flow flow;
	u32 irs;
	u32 net;
	u32 minute;
	u8 mss;
	u8 note;
	u8 rcv_wscale;			/* as the SYN,ACK told it */
	u8 zero;
} __aligned(SIPHASH_ALIGNMENT);

static u32 minute_now(void)
{
	return (u32)div_u64(atcp_now(), ATCP_COOKIE_MINUTE);
}

static u32 seconds_now(void)
{
	return (u32)div_u64(atcp_now(), ATCP_USEC) ?: 1;
}

/* What is added to the number of a cookie, and that the peer cannot know. */
static u32 base(const struct atcp_conn *listener, const struct atcp_flow *flow, u32 irs)
{
	struct vouched v = {
		.flow = *flow,
		.net = net_hash_mix(listener->n.net),
	};

	return irs + (u32)siphash(&v, sizeof(v), &number_key);
}

static u32 mac(const struct atcp_conn *listener, const struct atcp_flow *flow, u32 irs,
	       const struct atcp_cookie *cookie)
{
	struct vouched v = {
		.flow = *flow,
		.irs = irs,
		.net = net_hash_mix(listener->n.net),
		.minute = cookie->minute,
		.mss = cookie->mss,
		.note = cookie->note,
		.rcv_wscale = READ_ONCE(listener->tcb.rcv.wscale),
	};

	return (u32)siphash(&v, sizeof(v), &mac_key);
}

/* ---- was one sent of late? ---- */

/* The ACK may come to another of a group than the SYN. */
static bool in_group(const struct atcp_conn *listener)
{
	const struct sock *sk = READ_ONCE(listener->sk);

	return sk && sk->sk_reuseport;
}

static void note_sent(struct atcp_conn *listener)
{
	u32 now = seconds_now();

	if (READ_ONCE(listener->listener->cookie_sent) != now)
		WRITE_ONCE(listener->listener->cookie_sent, now);
	if (in_group(listener) && READ_ONCE(listener->an->cookie_sent) != now)
		WRITE_ONCE(listener->an->cookie_sent, now);
}

/* Else an ACK is not worth a hash, and nobody gets to guess. */
static bool sent_of_late(const struct atcp_conn *listener)
{
	u32 sent = READ_ONCE(listener->listener->cookie_sent);

	if (in_group(listener))
		sent = READ_ONCE(listener->an->cookie_sent);
	return sent && seconds_now() - sent <= 60 * (ATCP_COOKIE_MAX_AGE + 1);
}

/* ---- the answer to a SYN ---- */

/**
 * atcp_syncookie_warn() - tell the log, once for a listener, that SYNs are too many
 * @listener:	with too many half-open children
 * @cookies:	they are answered all the same
 */
void atcp_syncookie_warn(struct atcp_conn *listener, bool cookies)
{
	const struct atcp_flow *flow = &listener->n.flow;
	const char *what = cookies ? "Sending cookies" : "Dropping request";
	bool *warned = &listener->listener->warned;

	if (READ_ONCE(*warned) || xchg(warned, true))
		return;
	if (ipv6_addr_v4mapped(&flow->laddr))
		net_info_ratelimited("atcp: Possible SYN flooding on port %pI4:%u. %s.\n",
				     &flow->laddr.s6_addr32[3], ntohs(flow->lport), what);
	else
		net_info_ratelimited("atcp: Possible SYN flooding on port [%pI6c]:%u. %s.\n",
				     &flow->laddr, ntohs(flow->lport), what);
}

/*
 * What the core would answer to the SYN with a child of @listener, which there will
 * be none of: made of a TCB that is thrown away.
 */
static bool make_synack(struct atcp_conn *listener, struct atcp_seg *syn,
			const struct atcp_flow *flow, const struct dst_entry *dst,
			struct atcp_out *out)
{
	struct atcp_tcb *tcb = kmalloc(sizeof(*tcb), GFP_ATOMIC | __GFP_NOWARN);
	struct atcp_cookie cookie;
	struct atcp_fx fx = { 0 };
	u64 now = atcp_now();
	bool made;
	u32 iss;

	if (!tcb)
		return false;
	spin_lock_bh(&listener->lock);
	atcp_recv_buffer(listener);
	*tcb = listener->tcb;
	spin_unlock_bh(&listener->lock);
	tcb->ipv6 = !atcp_flow_is_v4(flow);
	tcb->ts.offset = atcp_ts_offset(listener->n.net, flow);
	tcb->rcv.mss_adv = atcp_inet_dst_adv_mss(dst);

	atcp_cookie_make(&cookie, syn, tcb->p.features, tcb->ipv6, minute_now());
	iss = base(listener, flow, syn->seq) +
	      atcp_cookie_number(&cookie, mac(listener, flow, syn->seq, &cookie));
	atcp_segment_arrives(tcb, syn, iss, 0, now, &fx);
	made = atcp_next_segment(tcb, now, 0, out, &fx);
	if (made && out->opt.have & ATCP_OPT_TS)
		out->opt.tsval = atcp_cookie_tsval(&cookie, out->opt.tsval);
	kfree(tcb);
	return made;
}

/**
 * atcp_syncookie_answer() - a SYN,ACK with a cookie, and nothing kept
 * @listener:	with a reference
 * @skb:	the SYN
 * @syn:	the same, parsed
 * @flow:	its flow
 * @dif:	device it came by
 *
 * It has no socket: under a flood its count of references would be fought for.
 *
 * Context: RCU held, no lock. Source: RFC 4987, 3.6. [R4987-COOKIES]
 */
void atcp_syncookie_answer(struct atcp_conn *listener, const struct sk_buff *skb,
			   const struct atcp_seg *syn, const struct atcp_flow *flow, int dif)
{
	struct net *net = listener->n.net;
	struct atcp_seg reduced = *syn;
	struct atcp_route_opts ro;
	struct dst_entry *dst;
	struct atcp_out out;

	atcp_inet_child_opts(listener, skb, flow, dif, &ro);
	dst = atcp_inet_flow_route(net, READ_ONCE(listener->sk), flow, &ro);
	if (IS_ERR(dst)) {
		atcp_mib_inc(listener->an, ATCP_MIB_XMIT_FAILS);
		return;
	}
	if (!make_synack(listener, &reduced, flow, dst, &out)) {
		dst_release(dst);
		return;
	}
	note_sent(listener);
	atcp_mib_inc(listener->an, ATCP_MIB_COOKIES_SENT);
	atcp_xmit_route(net, flow, &ro, dst, NULL, NULL, &out);
}

/* ---- and its ACK ---- */

/**
 * atcp_syncookie_read() - does an ACK bring a cookie of ours
 * @listener:	that it meets, having no connection
 * @ack:	the segment, with ACK and without SYN and RST
 * @flow:	its flow
 * @cookie:	filled in
 *
 * Context: RCU held, no lock. Return: true when it does.
 */
bool atcp_syncookie_read(const struct atcp_conn *listener, const struct atcp_seg *ack,
			 const struct atcp_flow *flow, struct atcp_cookie *cookie)
{
	struct atcp_net *an = listener->an;
	u32 irs = ack->seq - 1, number;

	if (!READ_ONCE(an->syncookies) || !sent_of_late(listener))
		return false;
	number = ack->ack - 1 - base(listener, flow, irs);
	if (!atcp_cookie_read(cookie, number, ack, READ_ONCE(listener->tcb.p.features),
			      minute_now()) ||
	    atcp_cookie_number(cookie, mac(listener, flow, irs, cookie)) != number) {
		atcp_mib_inc(an, ATCP_MIB_COOKIES_FAILED);
		return false;
	}
	atcp_mib_inc(an, ATCP_MIB_COOKIES_RECV);
	return true;
}

/**
 * atcp_syncookie_init() - choose the secrets
 */
void atcp_syncookie_init(void)
{
	get_random_bytes(&number_key, sizeof(number_key));
	get_random_bytes(&mac_key, sizeof(mac_key));
}
