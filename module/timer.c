// SPDX-License-Identifier: GPL-2.0
/*
 * Time: one hrtimer a connection, armed for the earliest deadline of its TCB.
 *
 * The timer holds no reference; its callback tries to take one.  It is started
 * anew only when the deadline moves earlier: one that moved later is found when
 * it fires, so that an ACK costs no timer.  Nobody waits for it but the RCU
 * callback that frees the connection (trap 9).
 *
 * RFC 9293 section 3.10.8.
 */

#include <linux/hrtimer.h>
#include <atcp/conn.h>
#include "compat.h"

/*
 * A sixteenth late at most, so that the processor wakes less often; what is paced is
 * to go on time.
 */
#define SLACK_SHIFT	4
#define SLACK_MIN_US	50
#define SLACK_MAX_US	20000

static enum hrtimer_restart timer_fires(struct hrtimer *timer)
{
	struct atcp_conn *conn = container_of(timer, struct atcp_conn, timer);
	struct atcp_visit visit;
	struct atcp_tcb *tcb;
	u64 deadline;

	rcu_read_lock();
	if (!refcount_inc_not_zero(&conn->n.ref))
		goto out;
	tcb = atcp_enter(&visit, conn, ATCP_BY_TIMER);
	conn->armed = 0;
	deadline = atcp_deadline(tcb);
	if (deadline && deadline <= visit.now && !conn->timewait)
		atcp_timeouts(tcb, visit.now, &visit.fx);
	atcp_leave(&visit);		/* arms it again */
	atcp_conn_put(conn);
out:
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/**
 * atcp_timer_init() - prepare the timer of a new connection
 * @conn:	the connection
 */
void atcp_timer_init(struct atcp_conn *conn)
{
	atcp_hrtimer_setup(&conn->timer, timer_fires);
}

/**
 * atcp_timer_arm() - see to it that the timer fires for a deadline
 * @conn:	under its lock
 * @deadline:	microseconds, not 0
 * @now:	microseconds
 */
void atcp_timer_arm(struct atcp_conn *conn, u64 deadline, u64 now)
{
	u64 delta = deadline > now ? deadline - now : 0;
	u64 slack = clamp_t(u64, delta >> SLACK_SHIFT, SLACK_MIN_US, SLACK_MAX_US);

	lockdep_assert_held(&conn->lock);
	if (conn->pace_waits)
		slack = 0;
	if (conn->armed && conn->armed <= deadline &&
	    (!conn->pace_waits || conn->armed_late <= deadline))
		return;
	conn->armed = deadline;
	conn->armed_late = deadline + slack;
	hrtimer_start_range_ns(&conn->timer, ns_to_ktime(deadline * NSEC_PER_USEC),
			       slack * NSEC_PER_USEC, HRTIMER_MODE_ABS_SOFT);
}

/**
 * atcp_timer_cancel() - the connection is being freed
 * @conn:	without a reference left, so that nothing arms it again
 */
void atcp_timer_cancel(struct atcp_conn *conn)
{
	hrtimer_cancel(&conn->timer);
}
