// SPDX-License-Identifier: GPL-2.0
/*
 * Fast Open, the client: the cookies that peers gave us, and where text on a SYN had
 * better not be tried.
 *
 * Owns struct atcp_fo_cache of each namespace: a fixed number of places, made when
 * the first cookie comes.  A new one takes the place in its set that was used least
 * lately.
 *
 * RFC 7413 sections 4.1.3 and 4.2.1.
 */

#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <atcp/fastopen.h>
#include <atcp/inet.h>
#include <atcp/sock.h>

#define SETS		256
#define WAYS		4
#define BLACKHOLE_MAX	6		/* doublings */

/**
 * struct peer - what is known of one
 * @laddr:	our address
 * @raddr:	its own, :: while the place is free
 * @used:	when it was, in the cache's count of uses
 * @mss:	its MSS option, 0: none
 * @try_exp:	1: the experimental option is to be tried, 2: it was
 * @cookie:	the cookie, if its len is not 0
 */
struct peer {
	struct in6_addr laddr;
	struct in6_addr raddr;
	u32 used;
	u16 mss;
	u8 try_exp;
	struct atcp_fo_cookie cookie;
};

struct atcp_fo_cache {
	spinlock_t lock;		/* all below */
	u32 seed;
	u32 uses;
	struct peer peer[SETS][WAYS];
};

/* ---- the cache ---- */

/* Where a peer is, or is to be when @make. Ages are differences, so uses may wrap. */
static struct peer *find(struct atcp_fo_cache *cache, const struct atcp_flow *flow, bool make)
{
	u32 set = jhash2((__force const u32 *)flow->raddr.s6_addr32, 4,
			 jhash2((__force const u32 *)flow->laddr.s6_addr32, 4,
				cache->seed)) % SETS;
	struct peer *oldest = &cache->peer[set][0], *peer;
	unsigned int i;

	lockdep_assert_held(&cache->lock);
	for (i = 0; i < WAYS; i++) {
		peer = &cache->peer[set][i];
		if (ipv6_addr_equal(&peer->raddr, &flow->raddr) &&
		    ipv6_addr_equal(&peer->laddr, &flow->laddr)) {
			peer->used = ++cache->uses;
			return peer;
		}
		if (cache->uses - peer->used > cache->uses - oldest->used)
			oldest = peer;
	}
	if (!make)
		return NULL;
	memset(oldest, 0, sizeof(*oldest));
	oldest->laddr = flow->laddr;
	oldest->raddr = flow->raddr;
	oldest->used = ++cache->uses;
	return oldest;
}

/* A namespace where nobody wants cookies needs no room for any. May sleep. */
static void need_cache(struct atcp_net *an)
{
	struct atcp_fo_cache *cache;

	if (READ_ONCE(an->fastopen_cache))
		return;
	cache = kvzalloc(sizeof(*cache), GFP_KERNEL);
	if (!cache)
		return;
	spin_lock_init(&cache->lock);
	cache->seed = get_random_u32();
	if (cmpxchg(&an->fastopen_cache, NULL, cache))
		kvfree(cache);
}

/**
 * atcp_fastopen_forget() - a namespace ends
 * @an:		its struct
 */
void atcp_fastopen_forget(struct atcp_net *an)
{
	kvfree(an->fastopen_cache);
}

static void recall(struct atcp_net *an, const struct atcp_flow *flow, struct atcp_fo_plan *plan)
{
	struct atcp_fo_cache *cache = READ_ONCE(an->fastopen_cache);
	const struct peer *peer;

	if (!cache)
		return;
	spin_lock_bh(&cache->lock);
	peer = find(cache, flow, false);
	if (peer) {
		plan->mss = peer->mss;
		plan->cookie = peer->cookie;
		if (!peer->cookie.len && peer->try_exp == 1)
			plan->cookie.exp = true;
	}
	spin_unlock_bh(&cache->lock);
}

/* ---- where it is not borne ---- */

static u32 seconds_now(void)
{
	return (u32)div_u64(atcp_now(), ATCP_USEC);
}

/* Text on SYNs led nowhere: for a while, twice as long each time, none is sent. */
static void give_up(struct atcp_net *an)
{
	if (!READ_ONCE(an->fastopen_blackhole_sec))
		return;
	WRITE_ONCE(an->fastopen_given_up, seconds_now());
	atomic_inc(&an->fastopen_failures);
	atcp_mib_inc(an, ATCP_MIB_FO_BLACKHOLE);
}

static bool given_up(struct atcp_net *an)
{
	u64 period = READ_ONCE(an->fastopen_blackhole_sec);
	int failures = atomic_read(&an->fastopen_failures);

	if (!period || !failures)
		return false;
	period <<= min(failures - 1, BLACKHOLE_MAX);
	return seconds_now() - READ_ONCE(an->fastopen_given_up) < period;
}

/* Three time-outs in a row, or the last of fewer. */
static bool timed_out(const struct atcp_visit *visit)
{
	const struct atcp_tcb *tcb = &visit->conn->tcb;

	if (!(visit->fx.events & BIT_ULL(ATCP_EV_RETRANS_TIMEOUT)))
		return false;
	return tcb->rec.retries == 3 || (tcb->state == ATCP_CLOSED && tcb->rec.retries < 3);
}

/* Text that came over a real device shows that the network bears it again. */
static void see_success(const struct atcp_conn *conn)
{
	const struct net_device *dev = conn->dst ? conn->dst->dev : NULL;

	if (atomic_read(&conn->an->fastopen_failures) && conn->tcb.data_segs_in &&
	    !(dev && dev->flags & IFF_LOOPBACK))
		atomic_set(&conn->an->fastopen_failures, 0);
}

/**
 * atcp_fastopen_watch() - an event of a connection whose SYN tried Fast Open
 * @visit:	of the connection, its effects known
 */
void atcp_fastopen_watch(const struct atcp_visit *visit)
{
	struct atcp_conn *conn = visit->conn;
	u64 events = visit->fx.events;

	lockdep_assert_held(&conn->lock);
	if (timed_out(visit)) {
		give_up(conn->an);
		atcp_mib_inc(conn->an, ATCP_EV_FO_ACTIVE_FAIL);
	} else if (events & BIT_ULL(ATCP_EV_FO_SUSPECT)) {
		give_up(conn->an);
	} else if (visit->fx.n_edges) {
		see_success(conn);
	}
}

/* ---- a connection ---- */

static bool needs_cookie(const struct sock *sk, unsigned int how)
{
	return !(how & ATCP_FASTOPEN_CLIENT_BARE) && !atcp_sk(sk)->fastopen_no_cookie;
}

/**
 * atcp_fastopen_plan() - whether and how an active OPEN is to be fast
 * @sk:		under lock_sock
 * @conn:	its connection, the flow chosen
 * @plan:	with @wanted set; the rest is filled in
 *
 * Source: RFC 7413, 4.2.1. [R7413-REQ] [R7413-DEFOFF]
 */
void atcp_fastopen_plan(struct sock *sk, struct atcp_conn *conn, struct atcp_fo_plan *plan)
{
	struct atcp_net *an = conn->an;
	unsigned int how = READ_ONCE(an->fastopen);

	sock_owned_by_me(sk);
	if (!plan->wanted)
		return;
	need_cache(an);
	recall(an, &conn->n.flow, plan);
	if (given_up(an))
		plan->cookie.len = 0;
	else if (!needs_cookie(sk, how))
		plan->usable = true;
	else
		plan->usable = plan->cookie.len;
	/* Text without a cookie goes without the option. */
	plan->option = !given_up(an) && (!plan->usable || needs_cookie(sk, how));
}

/**
 * atcp_fastopen_start() - the SYN is to be sent by plan
 * @visit:	of a connection just opened, in SYN-SENT
 * @plan:	the plan, which comes to nothing for a connection that signs its segments:
 *		a cookie has no place beside a digest
 *
 * If text may go with it, the SYN waits for that: see atcp_fastopen_go().
 */
void atcp_fastopen_start(struct atcp_visit *visit, struct atcp_fo_plan *plan)
{
	struct atcp_conn *conn = visit->conn;
	struct atcp_tcb *tcb = &conn->tcb;
	struct dst_entry *dst;

	lockdep_assert_held(&conn->lock);
	memset(&tcb->fo, 0, sizeof(tcb->fo));
	if (!plan->wanted)
		return;
	if (unlikely(tcb->auth)) {
		plan->usable = false;
		plan->option = false;
	}
	if (!plan->usable)
		tcb->fo.fail = ATCP_FO_NO_COOKIE;
	atcp_fastopen_offer(tcb, plan->option ? &plan->cookie : NULL, plan->mss, plan->usable);
	if (!plan->usable)
		return;
	dst = atcp_inet_dst(conn);
	if (dst)
		atcp_set_path_mss(tcb, atcp_inet_path_mss(conn, dst), visit->now);
	atcp_fastopen_hold(tcb);
}

/**
 * atcp_fastopen_learn() - the SYN,ACK to a SYN that tried Fast Open
 * @conn:	under its lock, established by it
 * @synack:	the segment
 *
 * A cookie is kept for the next time [R7413-CACHE]. A peer that gives none when
 * asked in one form of the option may do so in the other.
 */
void atcp_fastopen_learn(struct atcp_conn *conn, const struct atcp_seg *synack)
{
	const struct atcp_tcb *tcb = &conn->tcb;
	bool given = synack->opt.have & ATCP_OPT_FASTOPEN && synack->opt.fo.len;
	struct atcp_fo_cache *cache = READ_ONCE(conn->an->fastopen_cache);
	u8 try_exp = tcb->fo.cookie.exp ? 2 : 1;
	struct peer *peer;

	lockdep_assert_held(&conn->lock);
	if (!cache || !(tcb->fo.flags & ATCP_FO_OFFER))
		return;
	spin_lock_bh(&cache->lock);
	peer = find(cache, &conn->n.flow, true);
	if (synack->opt.have & ATCP_OPT_MSS)
		peer->mss = synack->opt.mss;
	if (given)
		peer->cookie = synack->opt.fo;
	else if (!tcb->fo.cookie.len && !tcb->rec.syn_backoff && !peer->cookie.len &&
		 try_exp > peer->try_exp)
		peer->try_exp = try_exp;
	spin_unlock_bh(&cache->lock);
}
