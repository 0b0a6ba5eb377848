// SPDX-License-Identifier: GPL-2.0
/*
 * Time-outs: when they are due, and what happens then.
 *
 * RFC 9293 section 3.10.8 (USER, RETRANSMISSION, TIME-WAIT), 3.8.3 (R1, R2),
 * 3.8.4 (keep-alive), 3.8.6.1 (zero-window probes), 3.8.6.2.1 (override) and
 * 3.8.6.3 (delayed ACK); RFC 6298 section 5.
 */

#include <atcp/core.h>

#define PERSIST_MAX_BACKOFF	16

/* ---- arming ---- */

/* RFC 6298, (5.1): a segment was sent, or what is outstanding changed. [R6298-START] */
void atcp_arm_retransmit(struct atcp_tcb *tcb, u64 now)
{
	atcp_arm(tcb, ATCP_TIMER_RETRANSMIT, now + atcp_rto_current(tcb));
}

/* The USER TIMEOUT runs while something waits to be acknowledged. */
void atcp_arm_user(struct atcp_tcb *tcb, u64 now)
{
	bool all_acked = tcb->snd.una == tcb->snd.end + tcb->fin;
	u32 ms = atcp_user_timeout_ms(tcb);

	if (!ms || all_acked || atcp_armed(tcb, ATCP_TIMER_USER) ||
	    tcb->state == ATCP_CLOSED || tcb->state == ATCP_LISTEN ||
	    tcb->state == ATCP_TIME_WAIT)
		return;
	atcp_arm(tcb, ATCP_TIMER_USER, now + ms * ATCP_MSEC);
}

/* [MUST-24] [MUST-25] off unless the user asked for it */
void atcp_arm_keepalive(struct atcp_tcb *tcb, u64 now)
{
	if (!tcb->keepalive || !atcp_synchronized(tcb->state) ||
	    tcb->state == ATCP_TIME_WAIT)
		return;
	atcp_arm(tcb, ATCP_TIMER_KEEPALIVE, now + atcp_keep_idle(tcb));
}

static void disarm_all(struct atcp_tcb *tcb)
{
	memset(tcb->deadline, 0, sizeof(tcb->deadline));
}

/**
 * atcp_start_time_wait() - "start the time-wait timer, turn off the others"
 * @tcb:	the connection, in TIME-WAIT
 * @now:	microseconds
 *
 * Source: RFC 9293, 3.10.7.4 [MUST-13].
 */
void atcp_start_time_wait(struct atcp_tcb *tcb, u64 now)
{
	disarm_all(tcb);
	atcp_arm(tcb, ATCP_TIMER_TIME_WAIT, now + 2 * tcb->p.msl_ms * ATCP_MSEC);
}

/**
 * atcp_start_fin_wait_2() - FIN-WAIT-2 ends some time when nobody is left
 * @tcb:	the connection, in FIN-WAIT-2
 * @now:	microseconds
 *
 * The RFC sets no limit; without a user nothing else would.
 */
void atcp_start_fin_wait_2(struct atcp_tcb *tcb, u64 now)
{
	if (tcb->orphan && tcb->p.fin_wait_ms)
		atcp_arm(tcb, ATCP_TIMER_TIME_WAIT, now + tcb->p.fin_wait_ms * ATCP_MSEC);
}

/* ---- what happens ---- */

static void give_up(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->state != ATCP_SYN_SENT)
		atcp_fx_event(fx, ATCP_EV_ABORT_ON_TIMEOUT);
	if (tcb->state == ATCP_SYN_RECEIVED && tcb->passive && !atcp_fastopen_trusted(tcb))
		atcp_to_listen(tcb, fx);
	else
		atcp_to_closed(tcb, ETIMEDOUT, fx);
}

/* "For any state if the user timeout expires, flush all queues, signal the user ..." */
static void user_timeout(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	give_up(tcb, fx);
}

/* R2 for this segment: SYNs have their own [MUST-23]. [MUST-22] */
static u8 r2_of(const struct atcp_tcb *tcb)
{
	switch (tcb->state) {
	case ATCP_SYN_SENT:
		return tcb->p.syn_retries;
	case ATCP_SYN_RECEIVED:
		return tcb->p.synack_retries;
	default:
		return tcb->p.r2;
	}
}

/*
 * R1 and R2 [MUST-20] [MUST-21]; R2 of a time-out that both ends agreed on is that.
 * Return: true when that was the end.
 */
static bool count_retry(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->rec.retries >= r2_of(tcb) && !tcb->uto.adopted_ms) {
		give_up(tcb, fx);
		return true;
	}
	if (tcb->rec.retries == U8_MAX)
		return false;
	tcb->rec.retries++;
	if (tcb->rec.retries == tcb->p.r1)
		fx->trouble = true;
	return false;
}

static void start_persist(struct atcp_tcb *tcb, u64 now)
{
	tcb->persisting = 1;
	atcp_disarm(tcb, ATCP_TIMER_RETRANSMIT);
	atcp_arm(tcb, ATCP_TIMER_PERSIST,
		 now + atcp_rto_backed_off(tcb, tcb->rec.probes));
}

/*
 * "... send the segment at the front of the retransmission queue again"
 * [R6298-BACKOFF] [R1122-SYNALG] [R7413-SARTX]
 */
static void retransmission_timeout(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	if (tcb->snd.una == tcb->snd.nxt)
		return;
	if (!atcp_syn_unacked(tcb) && !tcb->snd.wnd) {
		/* not lost but refused: probe, and wait for the window */
		start_persist(tcb, now);
		return;
	}
	atcp_fx_event(fx, ATCP_EV_RETRANS_TIMEOUT);
	if (atcp_syn_unacked(tcb)) {
		if (count_retry(tcb, fx))
			return;
		tcb->send |= ATCP_SEND_SYN;
		tcb->rec.syn_backoff++;
	} else {
		atcp_recovery_timeout(tcb, now);
		if (count_retry(tcb, fx))
			return;
		atcp_mtu_timed_out(tcb, now);
	}
	if (tcb->rec.backoff < U8_MAX)
		tcb->rec.backoff++;		/* RFC 6298, (5.5) */
	atcp_arm_retransmit(tcb, now);		/* (5.6) */
}

/* TIME-WAIT: "... delete the TCB, enter CLOSED"; and FIN-WAIT-2 without a user. */
static void time_wait_timeout(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	atcp_to_closed(tcb, 0, fx);
}

/* [MUST-35] [MUST-36] [SHLD-29] [SHLD-30]: the gap between probes doubles. */
static void persist_timeout(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	if (count_retry(tcb, fx))
		return;
	tcb->rec.probes = min_t(u8, tcb->rec.probes + 1, PERSIST_MAX_BACKOFF);
	tcb->send |= ATCP_SEND_PROBE;
	atcp_fx_event(fx, ATCP_EV_ZERO_WINDOW_PROBE);
	start_persist(tcb, now);
}

static void delack_timeout(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	atcp_ack_now(tcb);
	atcp_fx_event(fx, ATCP_EV_DELAYED_ACK);
}

/* Unanswered probes, or with a USER TIMEOUT so much silence, end it. */
static bool keepalive_dead(const struct atcp_tcb *tcb, u64 now)
{
	if (tcb->p.user_timeout_ms)
		return tcb->rec.keepalives &&
		       now - tcb->last_rcv >= tcb->p.user_timeout_ms * ATCP_MSEC;
	return tcb->rec.keepalives >= tcb->p.keep_probes;
}

/*
 * [MUST-26] [MUST-27] [MUST-29]: only on an idle connection, never at one loss.
 * [MAY-5]
 */
static void keepalive_timeout(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	u64 idle = atcp_keep_idle(tcb);

	if (!tcb->keepalive)
		return;
	if (tcb->snd.una != tcb->snd.nxt || tcb->snd.nxt != tcb->snd.end + tcb->fin) {
		atcp_arm_keepalive(tcb, now);
		return;
	}
	if (now - tcb->last_rcv < idle) {
		atcp_arm(tcb, ATCP_TIMER_KEEPALIVE, tcb->last_rcv + idle);
		return;
	}
	if (keepalive_dead(tcb, now)) {
		atcp_reply_abort(tcb, now, fx);
		give_up(tcb, fx);
		return;
	}
	tcb->rec.keepalives++;
	tcb->send |= ATCP_SEND_KEEPALIVE;
	atcp_fx_event(fx, ATCP_EV_KEEPALIVE_PROBE);
	atcp_arm(tcb, ATCP_TIMER_KEEPALIVE, now + tcb->p.keep_intvl_ms * ATCP_MSEC);
}

static void expire(struct atcp_tcb *tcb, enum atcp_timer timer, u64 now, struct atcp_fx *fx)
{
	switch (timer) {
	case ATCP_TIMER_USER:
		user_timeout(tcb, fx);
		break;
	case ATCP_TIMER_REORDER:
		atcp_recovery_reordered(tcb, now, fx);
		break;
	case ATCP_TIMER_TAIL:
		atcp_tlp_timeout(tcb, now, fx);
		break;
	case ATCP_TIMER_RETRANSMIT:
		retransmission_timeout(tcb, now, fx);
		break;
	case ATCP_TIMER_TIME_WAIT:
		time_wait_timeout(tcb, fx);
		break;
	case ATCP_TIMER_PERSIST:
		persist_timeout(tcb, now, fx);
		break;
	case ATCP_TIMER_DELACK:
		delack_timeout(tcb, fx);
		break;
	case ATCP_TIMER_OVERRIDE:
		tcb->send |= ATCP_SEND_OVERRIDE;
		break;
	case ATCP_TIMER_KEEPALIVE:
		keepalive_timeout(tcb, now, fx);
		break;
	default:
		break;
	}
}

/**
 * atcp_timeouts() - run what is due
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * Context: the TCB's lock held; any. Source: RFC 9293, 3.10.8.
 */
void atcp_timeouts(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	unsigned int i;

	fx->cause = ATCP_BY_TIMER;
	for (i = 0; i < ATCP_N_TIMERS; i++) {
		if (!tcb->deadline[i] || tcb->deadline[i] > now)
			continue;
		tcb->deadline[i] = 0;
		expire(tcb, i, now, fx);	/* the end of all clears the others */
	}
}

/**
 * atcp_deadline() - when atcp_timeouts() is to be called next
 * @tcb:	the connection
 *
 * Return: microseconds, or 0 for never.
 */
u64 atcp_deadline(const struct atcp_tcb *tcb)
{
	u64 before = U64_MAX;		/* less one, so that 0 is the latest */
	unsigned int i;

	for (i = 0; i < ATCP_N_TIMERS; i++)
		before = min(before, tcb->deadline[i] - 1);
	return before + 1;
}
