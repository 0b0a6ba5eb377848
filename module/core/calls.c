// SPDX-License-Identifier: GPL-2.0
/*
 * The user's calls: OPEN, SEND, RECEIVE, CLOSE, ABORT; STATUS is the reading
 * of the TCB under its lock.
 *
 * RFC 9293 sections 3.9.1 and 3.10.1 to 3.10.6.  Each call has its cases in
 * the order of the RFC.  Errors are the errno that a Linux program expects.
 */

#include <atcp/core.h>

/**
 * atcp_user_open_passive() - OPEN, passive
 * @tcb:	in CLOSED
 * @fx:		effects
 *
 * Source: RFC 9293, 3.10.1. Return: 0, or -EISCONN when there is a connection.
 */
int atcp_user_open_passive(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_CALL;
	if (tcb->state != ATCP_CLOSED)
		return -EISCONN;	/* [MUST-41] the other one stays */
	tcb->passive = 1;
	atcp_set_state(tcb, ATCP_LISTEN, fx);
	return 0;
}

/**
 * atcp_user_open_active() - OPEN, active
 * @tcb:	in CLOSED or LISTEN
 * @iss:	initial send sequence number (RFC 6528)
 * @now:	microseconds
 * @fx:		effects
 *
 * Source: RFC 9293, 3.10.1. Return: 0, or -EISCONN.
 */
int atcp_user_open_active(struct atcp_tcb *tcb, u32 iss, u64 now, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_CALL;
	if (tcb->state != ATCP_CLOSED && tcb->state != ATCP_LISTEN)
		return -EISCONN;
	atcp_choose_iss(tcb, iss);
	tcb->passive = 0;
	tcb->send = ATCP_SEND_SYN;
	atcp_set_state(tcb, ATCP_SYN_SENT, fx);
	atcp_arm_user(tcb, now);
	return 0;
}

/**
 * atcp_user_may_send() - whether SEND would be taken
 * @tcb:	the connection
 *
 * Source: RFC 9293, 3.10.2. Return: 0, -ENOTCONN or -EPIPE.
 */
int atcp_user_may_send(const struct atcp_tcb *tcb)
{
	switch (tcb->state) {
	case ATCP_CLOSED:
	case ATCP_LISTEN:
		return -ENOTCONN;
	case ATCP_SYN_SENT:
	case ATCP_SYN_RECEIVED:
	case ATCP_ESTABLISHED:
	case ATCP_CLOSE_WAIT:
		return tcb->fin ? -EPIPE : 0;
	default:
		return -EPIPE;
	}
}

/**
 * atcp_user_send() - SEND: octets were put at the end of the send queue
 * @tcb:	the connection
 * @len:	octets
 * @flags:	ATCP_USER_URGENT: the last of them ends urgent text;
 *		ATCP_USER_MORE: more will follow at once
 * @now:	microseconds
 * @fx:		effects
 *
 * Source: RFC 9293, 3.10.2. Return: 0, -ENOTCONN or -EPIPE, and then the shell
 * takes the octets back.
 */
int atcp_user_send(struct atcp_tcb *tcb, u32 len, unsigned int flags, u64 now,
		   struct atcp_fx *fx)
{
	int err = atcp_user_may_send(tcb);

	fx->cause = ATCP_BY_CALL;
	if (err)
		return err;
	atcp_rate_check_limited(tcb);
	tcb->snd.end += len;
	tcb->more = !!(flags & ATCP_USER_MORE);
	if (flags & ATCP_USER_URGENT) {		/* [MUST-31] [MUST-62] */
		tcb->snd.up = tcb->snd.end;
		tcb->snd_urgent = 1;
		if (!tcb->snd.wnd)	/* [MUST-66] told though no text may go */
			atcp_ack_now(tcb);
	}
	atcp_arm_user(tcb, now);
	return 0;
}

/**
 * atcp_user_may_receive() - what RECEIVE meets when nothing is to be read
 * @tcb:	the connection
 *
 * [MUST-12]
 * Source: RFC 9293, 3.10.3. Return: 0 when text may still come, 1 at the end of
 * the stream, -ENOTCONN.
 */
int atcp_user_may_receive(const struct atcp_tcb *tcb)
{
	switch (tcb->state) {
	case ATCP_CLOSED:
		return tcb->rcv_fin_done ? 1 : -ENOTCONN;
	case ATCP_LISTEN:
		return -ENOTCONN;
	case ATCP_SYN_SENT:
	case ATCP_SYN_RECEIVED:
	case ATCP_ESTABLISHED:
	case ATCP_FIN_WAIT_1:
	case ATCP_FIN_WAIT_2:
		return 0;
	default:
		return 1;
	}
}

/**
 * atcp_user_receive() - RECEIVE: the user took octets out of the buffer
 * @tcb:	the connection
 * @len:	octets
 * @now:	microseconds
 * @fx:		effects
 *
 * [MUST-33]
 * Source: RFC 9293, 3.10.3 and 3.8.6.2.2. Return: 0.
 */
int atcp_user_receive(struct atcp_tcb *tcb, u32 len, u64 now, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_CALL;
	WARN_ON_ONCE(len > tcb->rcv.user);
	tcb->rcv.user -= min(len, tcb->rcv.user);
	if (tcb->rcv_urgent && seq_leq(tcb->rcv.up, atcp_rcv_consumed(tcb)))
		tcb->rcv_urgent = 0;
	if (tcb->rcv_fin_done || tcb->state == ATCP_CLOSED)
		return 0;
	atcp_rcvbuf_consumed(tcb, len, now);
	if (atcp_ack_due(tcb) || atcp_window_worth_telling(tcb))
		atcp_ack_now(tcb);
	return 0;
}

/* SYN-RECEIVED: a FIN may go at once only if no text is to go before it. */
static void close_syn_received(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->snd.end == tcb->snd.iss + 1)
		atcp_set_state(tcb, ATCP_FIN_WAIT_1, fx);
	/* else atcp_established() carries it out */
}

/**
 * atcp_user_close() - CLOSE: the user has no more to send
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * [R9293-FINONCE]
 * Source: RFC 9293, 3.10.4. Return: 0, -ENOTCONN, or -EALREADY when
 * it was called before.
 */
int atcp_user_close(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_CALL;
	if (tcb->state == ATCP_CLOSED)
		return -ENOTCONN;
	if (tcb->fin)
		return -EALREADY;
	switch (tcb->state) {
	case ATCP_LISTEN:
	case ATCP_SYN_SENT:
		atcp_to_closed(tcb, 0, fx);
		return 0;
	case ATCP_SYN_RECEIVED:
		tcb->fin = 1;
		close_syn_received(tcb, fx);
		break;
	case ATCP_ESTABLISHED:
		tcb->fin = 1;
		atcp_set_state(tcb, ATCP_FIN_WAIT_1, fx);
		break;
	case ATCP_CLOSE_WAIT:		/* LAST-ACK is entered with the FIN */
		tcb->fin = 1;
		break;
	default:
		return -EALREADY;
	}
	tcb->more = 0;
	atcp_arm_user(tcb, now);
	return 0;
}

/**
 * atcp_user_abort() - ABORT
 * @tcb:	the connection
 * @now:	microseconds
 * @fx:		effects
 *
 * [R9293-ABORTRST]
 * Source: RFC 9293, 3.10.5. Return: 0 or -ENOTCONN.
 */
int atcp_user_abort(struct atcp_tcb *tcb, u64 now, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_CALL;
	switch (tcb->state) {
	case ATCP_CLOSED:
		return -ENOTCONN;
	case ATCP_SYN_RECEIVED:
	case ATCP_ESTABLISHED:
	case ATCP_FIN_WAIT_1:
	case ATCP_FIN_WAIT_2:
	case ATCP_CLOSE_WAIT:
		atcp_reply_abort(tcb, now, fx);
		break;
	default:			/* nobody to tell, or all was said */
		break;
	}
	atcp_to_closed(tcb, 0, fx);
	return 0;
}

/**
 * atcp_user_gone() - the user closed its socket and will never come back
 * @tcb:	the connection
 * @unread:	text that was received is thrown away with it
 * @now:	microseconds
 * @fx:		effects
 *
 * Text lost, or arriving after this, is told to the peer with a RST
 * [MAY-1] [SHLD-3]; else this is a CLOSE, and FIN-WAIT-2 gets a limit, since
 * nobody would ever end it.
 * Source: RFC 9293, 3.6.1. Return: 0 or -ENOTCONN.
 */
int atcp_user_gone(struct atcp_tcb *tcb, bool unread, u64 now, struct atcp_fx *fx)
{
	int err;

	fx->cause = ATCP_BY_CALL;
	tcb->orphan = 1;
	if (tcb->rcv_fin && !tcb->rcv_fin_done)
		atcp_fastopen_suspect(tcb, fx);
	if (unread && tcb->state != ATCP_TIME_WAIT && tcb->state != ATCP_CLOSED) {
		atcp_fx_event(fx, ATCP_EV_ABORT_ON_CLOSE);
		return atcp_user_abort(tcb, now, fx);
	}
	err = atcp_user_close(tcb, now, fx);
	if (tcb->state == ATCP_FIN_WAIT_2)
		atcp_start_fin_wait_2(tcb, now);
	return err == -EALREADY ? 0 : err;
}

/**
 * atcp_user_push() - send what is held back for a full segment
 * @tcb:	the connection
 * @now:	microseconds
 *
 * TCP_NODELAY was set, or TCP_CORK taken off. Source: RFC 9293, 3.9.1.2 (PUSH).
 */
void atcp_user_push(struct atcp_tcb *tcb, u64 now)
{
	tcb->more = 0;
	if (tcb->snd.end != tcb->snd.nxt)
		tcb->send |= ATCP_SEND_OVERRIDE;
}

/**
 * atcp_user_options_changed() - tcb->p or a flag was changed by an option
 * @tcb:	the connection
 * @now:	microseconds
 *
 * Brings the timers of keep-alive and user time-out in line.
 */
void atcp_user_options_changed(struct atcp_tcb *tcb, u64 now)
{
	atcp_disarm(tcb, ATCP_TIMER_USER);
	atcp_arm_user(tcb, now);
	atcp_disarm(tcb, ATCP_TIMER_KEEPALIVE);
	atcp_arm_keepalive(tcb, now);
	atcp_mss_changed(tcb);
}
