// SPDX-License-Identifier: GPL-2.0
/*
 * Pacing: text leaves no faster than congestion control and SO_MAX_PACING_RATE say, in
 * pieces of about a millisecond.
 *
 * Where the device has the fq qdisc, that holds each skb until the time which we set for
 * it, and says in sk_pacing_status that it is there.  (Since 6.7 it goes by
 * sk_pacing_rate no more, but for other protocols' sockets with SO_MAX_PACING_RATE.)
 * Else it is done here, if the user has set a rate or congestion control wants it
 * (ATCP_CC_PACED), and the connection's timer fires when the next piece may go.  Others
 * are not paced without fq, as in Linux; but what their window amounts to in a round
 * trip is in sk_pacing_rate all the same, and measures the pieces.
 *
 * Retransmissions are paced too; ACKs and SYN are not.
 *
 * Owns conn->pace_*, under conn->lock, and sk_pacing_rate.
 */
#include <net/sock.h>
#include <atcp/conn.h>
#include <atcp/pacing.h>
#include "compat.h"

#define UNPACED		(~0UL)
#define LATE_MOST	(500 * NSEC_PER_USEC)
#define IN_FQ_MOST	NSEC_PER_SEC	/* its horizon is farther */

/* What congestion control wants. */
static unsigned long wanted_rate(const struct atcp_conn *conn)
{
	const struct atcp_net *an = conn->an;
	u64 rate = atcp_pacing_rate(&conn->tcb, READ_ONCE(an->pacing_ss_ratio),
				    READ_ONCE(an->pacing_ca_ratio));

	return rate && rate < UNPACED ? rate : UNPACED;
}

static unsigned long users_rate(const struct atcp_conn *conn)
{
	return conn->sk ? READ_ONCE(conn->sk->sk_max_pacing_rate) : conn->pace_max;
}

/* Without a socket fq does not know whose the segments are. */
static bool fq_paces(const struct atcp_conn *conn)
{
	return conn->sk && READ_ONCE(conn->sk->sk_pacing_status) == SK_PACING_FQ;
}

/*
 * What waits in fq counts into the round trip, so it is to be little: a millisecond's
 * worth, two pieces at least. Linux does the same (tcp_small_queue_check()).
 */
static u32 most_below(const struct atcp_conn *conn)
{
	u32 quantum;

	if (!conn->paced || !conn->pace_fq)
		return U32_MAX;
	quantum = atcp_pacing_quantum(conn->pace_rate, GSO_LEGACY_MAX_SIZE,
				      atcp_eff_mss(&conn->tcb));
	return (u32)clamp_t(u64, conn->pace_rate / MSEC_PER_SEC, 2 * quantum, U32_MAX);
}

/**
 * atcp_pace_look() - before text is sent: how fast it is to go by now
 * @conn:	under its lock
 * @now:	microseconds
 */
void atcp_pace_look(struct atcp_conn *conn, u64 now)
{
	struct sock *sk = conn->sk;
	unsigned long most = users_rate(conn), rate;

	lockdep_assert_held(&conn->lock);
	conn->pace_waits = false;
	if (!atcp_worth_asking(&conn->tcb) && conn->tcb.last_ack != now)
		return;
	rate = min(wanted_rate(conn), most);
	if (sk && READ_ONCE(sk->sk_pacing_rate) != rate)
		WRITE_ONCE(sk->sk_pacing_rate, rate);
	conn->pace_rate = rate ?: UNPACED;
	conn->pace_fq = fq_paces(conn);
	conn->paced = conn->pace_rate != UNPACED &&
		      (conn->pace_fq || most != UNPACED || atcp_paces(&conn->tcb));
	WRITE_ONCE(conn->pace_below, most_below(conn));
}

/**
 * atcp_pace_keep() - the user goes; his rate stays
 * @conn:	under its lock, with a socket
 */
void atcp_pace_keep(struct atcp_conn *conn)
{
	conn->pace_max = READ_ONCE(conn->sk->sk_max_pacing_rate) ?: UNPACED;
}

/**
 * atcp_pace_piece() - how much text may go at once
 * @conn:	under its lock, after atcp_pace_look()
 * @room:	octets that one skb may carry
 * @mss:	octets of a segment
 *
 * Return: @room or less, two segments at least.
 */
u32 atcp_pace_piece(const struct atcp_conn *conn, u32 room, u32 mss)
{
	if (conn->pace_rate == UNPACED)
		return room;
	if (users_rate(conn) != UNPACED || atcp_paces(&conn->tcb))
		return min(room, atcp_pacing_quantum(conn->pace_rate, room, mss));
	return atcp_pacing_piece(&conn->tcb, conn->pace_rate, room, mss);
}

/**
 * atcp_pace_holds() - is it too early for the next piece
 * @conn:	under its lock
 * @now:	microseconds
 *
 * Return: true when it is: it goes when the timer has fired.
 */
bool atcp_pace_holds(struct atcp_conn *conn, u64 now)
{
	u64 from = now * NSEC_PER_USEC;

	if (likely(!conn->paced))
		return false;
	if (conn->pace_fq)
		from += IN_FQ_MOST;
	if (conn->pace_next <= from)
		return false;
	conn->pace_waits = true;
	return true;
}

/**
 * atcp_pace_sent() - text goes, or a FIN
 * @conn:	under its lock
 * @skb:	with it
 * @text:	octets
 *
 * What was late is made up for: up to half of what this text takes, or half a
 * millisecond. At 10 Gbit/s a piece takes 50 us, and timers are later than that.
 */
void atcp_pace_sent(struct atcp_conn *conn, struct sk_buff *skb, u32 text)
{
	u64 takes, late, now;

	if (likely(!conn->paced))
		return;
	now = atcp_now() * NSEC_PER_USEC;
	if (conn->pace_fq && conn->pace_next > now)
		skb_set_delivery_time(skb, ns_to_ktime(conn->pace_next), ATCP_MONOTONIC);
	takes = div64_ul((u64)text * NSEC_PER_SEC, conn->pace_rate);
	late = max_t(u64, takes / 2, LATE_MOST);
	if (text)
		conn->pace_next = max(conn->pace_next, now - min(now, late)) + takes;
}

/**
 * atcp_pace_deadline() - when the timer is to fire
 * @conn:	under its lock
 * @deadline:	microseconds, of the TCB; 0: none
 *
 * Return: the same, or earlier.
 */
u64 atcp_pace_deadline(const struct atcp_conn *conn, u64 deadline)
{
	if (likely(!conn->pace_waits))
		return deadline;
	return min_not_zero(deadline, div_u64(conn->pace_next - (conn->pace_fq ? IN_FQ_MOST : 0),
					      NSEC_PER_USEC) + 1);
}
