// SPDX-License-Identifier: GPL-2.0
/*
 * SO_MAX_PACING_RATE: text leaves no faster, in pieces of about a millisecond.
 *
 * Where the device has the fq qdisc, that paces by sk_pacing_rate, and says so in
 * sk_pacing_status; else it is done here, and the connection's timer fires when the
 * next piece may go.
 *
 * Owns conn->pace_rate, pace_next and pace_waits, under conn->lock.
 */
#include <net/sock.h>
#include <atcp/conn.h>

#define UNPACED		(~0UL)
#define PIECE_SHIFT	10		/* of a second */

/**
 * atcp_pace_look() - take over what the user wants by now
 * @conn:	under its lock
 */
void atcp_pace_look(struct atcp_conn *conn)
{
	struct sock *sk = conn->sk;
	unsigned long rate;

	lockdep_assert_held(&conn->lock);
	conn->pace_waits = false;
	if (!sk)
		return;
	rate = READ_ONCE(sk->sk_max_pacing_rate);
	if (unlikely(READ_ONCE(sk->sk_pacing_rate) != rate))
		WRITE_ONCE(sk->sk_pacing_rate, rate);
	conn->pace_rate = rate;
	if (READ_ONCE(sk->sk_pacing_status) != SK_PACING_NEEDED || !rate)
		conn->pace_rate = UNPACED;
}

/**
 * atcp_pace_keep() - the user goes; the rate stays
 * @conn:	under its lock, with a socket
 *
 * fq does not know whose the segments are that come after this.
 */
void atcp_pace_keep(struct atcp_conn *conn)
{
	conn->pace_rate = READ_ONCE(conn->sk->sk_max_pacing_rate) ?: UNPACED;
}

/**
 * atcp_pace_piece() - how much text may go at once
 * @conn:	under its lock
 * @room:	octets that one skb may carry
 * @mss:	octets of a segment
 *
 * Return: @room or less, two segments at least.
 */
u32 atcp_pace_piece(const struct atcp_conn *conn, u32 room, u32 mss)
{
	u64 piece = conn->pace_rate >> PIECE_SHIFT;

	if (likely(conn->pace_rate == UNPACED))
		return room;
	return min_t(u64, room, max_t(u64, piece, 2 * mss));
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
	if (likely(conn->pace_rate == UNPACED) || conn->pace_next <= now * NSEC_PER_USEC)
		return false;
	conn->pace_waits = true;
	return true;
}

/**
 * atcp_pace_sent() - text went
 * @conn:	under its lock
 * @text:	octets
 *
 * What the timer was late, up to half of what this text takes, is made up for.
 */
void atcp_pace_sent(struct atcp_conn *conn, u32 text)
{
	u64 takes, now;

	if (likely(conn->pace_rate == UNPACED))
		return;
	takes = div64_ul((u64)text * NSEC_PER_SEC, conn->pace_rate);
	now = atcp_now() * NSEC_PER_USEC;
	conn->pace_next = max(conn->pace_next, now - min(now, takes / 2)) + takes;
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
	return min_not_zero(deadline, div_u64(conn->pace_next, NSEC_PER_USEC) + 1);
}
