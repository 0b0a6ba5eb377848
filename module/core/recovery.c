// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery: which octets are deemed lost, apart from what congestion
 * control makes of it.
 *
 * RFC 5681 section 3.2 (fast retransmit), RFC 6582 (NewReno), RFC 3042 (limited
 * transmit), RFC 6298 section 5.4 (time-out).
 *
 * What is to be sent again is the range [rec.nxt, rec.end); output.c sends it.
 */

#include <atcp/core.h>

#define DUPTHRESH	3

static void deem_lost(struct atcp_tcb *tcb, u32 len)
{
	u32 end = tcb->snd.una + min(len, tcb->snd.nxt - tcb->snd.una);

	tcb->rec.nxt = tcb->snd.una;
	tcb->rec.end = end;
	/* What comes now may answer either copy (Karn). */
	tcb->timing = 0;
}

static void lower_ssthresh(struct atcp_tcb *tcb, u32 flight, bool timeout)
{
	const struct atcp_cc_ops *ops = atcp_cc_get(tcb->cc.algo);
	struct atcp_cc_loss loss = { .flight = flight, .timeout = timeout };

	tcb->cc.ssthresh = ops->ssthresh(&tcb->cc, &loss);
}

/*
 * RFC 6582, 3.2, step 2: fast retransmit. [R5681-FRSSTH] [R5681-FRRTX] [R5681-LOSS2]
 * [R9438-LOSS]
 */
static void enter_fast_recovery(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	/* What limited transmit sent, beyond cwnd, MUST NOT be counted. */
	lower_ssthresh(tcb, min(tcb->snd.nxt - tcb->snd.una, tcb->cc.cwnd), false);
	tcb->cc.cwnd = tcb->cc.ssthresh + DUPTHRESH * tcb->cc.mss;
	tcb->rec.recover = tcb->snd.nxt;
	tcb->rec.state = ATCP_FAST_RECOVERY;
	deem_lost(tcb, atcp_eff_mss(tcb));
	atcp_fx_event(fx, ATCP_EV_FAST_RETRANS);
}

/**
 * atcp_recovery_dupack() - a duplicate ACK arrived
 * @tcb:	the connection
 * @fx:		effects
 *
 * [R5681-FR] [R5681-FRINFL] [R6582-RECOVER]
 * Source: RFC 5681, 3.2; RFC 6582, 3.2, steps 1 to 4.
 */
void atcp_recovery_dupack(struct atcp_tcb *tcb, struct atcp_fx *fx)
{
	if (tcb->rec.dupacks < U8_MAX)
		tcb->rec.dupacks++;
	switch (tcb->rec.state) {
	case ATCP_OPEN:
		/* no second cut for one window of data */
		if (tcb->rec.dupacks == DUPTHRESH &&
		    seq_gt(tcb->snd.una, tcb->rec.recover))
			enter_fast_recovery(tcb, fx);
		break;
	case ATCP_FAST_RECOVERY:	/* a segment has left the network */
		tcb->cc.cwnd += tcb->cc.mss;
		break;
	default:
		break;
	}
}

static void leave_recovery(struct atcp_tcb *tcb)
{
	tcb->rec.state = ATCP_OPEN;
	tcb->rec.dupacks = 0;
}

/*
 * RFC 6582, 3.2, step 3: the ACK covers all that was sent before.
 * [R6582-FULL] [R5681-FRDEFL]
 */
static void full_ack(struct atcp_tcb *tcb, u32 flight)
{
	tcb->cc.cwnd = min(tcb->cc.ssthresh,
			   max(flight, tcb->cc.mss) + tcb->cc.mss);
	leave_recovery(tcb);
}

/*
 * A part only: the next segment was lost too; deflate by what left.
 * [R6582-PARTIAL] [R5681-ADV]
 */
static void partial_ack(struct atcp_tcb *tcb, u32 acked, struct atcp_fx *fx)
{
	u32 cwnd = tcb->cc.cwnd;

	cwnd -= min(cwnd, acked);
	if (acked >= tcb->cc.mss)
		cwnd += tcb->cc.mss;
	tcb->cc.cwnd = max(cwnd, tcb->cc.mss);
	deem_lost(tcb, atcp_eff_mss(tcb));
	atcp_fx_event(fx, ATCP_EV_PARTIAL_ACK);
}

static void grow(struct atcp_tcb *tcb, u32 acked, u32 flight, u64 now)
{
	/* In slow start a window half used is about to be needed. */
	bool limited = tcb->cwnd_limited ||
		       (tcb->cc.cwnd < tcb->cc.ssthresh && tcb->cc.cwnd / 2 < flight);
	struct atcp_cc_ack ack = {
		.now = now,
		.acked = acked,
		.flight = flight,
		.una = tcb->snd.una,
		.nxt = tcb->snd.nxt,
		.srtt_us = tcb->rtt.srtt,
		.rtt_us = tcb->rtt.latest,
		.cwnd_limited = limited,
	};

	atcp_cc_acked(&tcb->cc, &ack);
}

/**
 * atcp_recovery_acked() - SND.UNA moved
 * @tcb:	the connection, SND.UNA already moved
 * @acked:	octets of text acknowledged
 * @flight:	octets outstanding before
 * @now:	microseconds
 * @fx:		effects
 */
void atcp_recovery_acked(struct atcp_tcb *tcb, u32 acked, u32 flight, u64 now,
			 struct atcp_fx *fx)
{
	switch (tcb->rec.state) {
	case ATCP_OPEN:
		tcb->rec.dupacks = 0;
		/* near enough never to be "ahead" after 2 GiB */
		tcb->rec.recover = seq_max(tcb->rec.recover, tcb->snd.una - 1);
		grow(tcb, acked, flight, now);
		break;
	case ATCP_FAST_RECOVERY:
		if (seq_geq(tcb->snd.una, tcb->rec.recover))
			full_ack(tcb, atcp_flight(tcb));
		else
			partial_ack(tcb, acked, fx);
		break;
	case ATCP_LOSS:			/* RFC 3465, 2.3: L = 1 * SMSS */
		grow(tcb, min(acked, tcb->cc.mss), flight, now);
		if (seq_geq(tcb->snd.una, tcb->rec.recover))
			leave_recovery(tcb);
		break;
	}
}

/**
 * atcp_recovery_timeout() - the retransmission timer expired
 * @tcb:	the connection
 *
 * All that is outstanding is deemed lost, and sent again as slow start allows.
 * [R5681-RTOSSTH2] [R5681-LW]
 * Source: RFC 5681, 3.1, equation (4); RFC 6582, 4; RFC 6298, (5.4).
 */
void atcp_recovery_timeout(struct atcp_tcb *tcb)
{
	if (!tcb->rec.retries)		/* once for one loss */
		lower_ssthresh(tcb, tcb->snd.nxt - tcb->snd.una, true);
	tcb->cc.cwnd = tcb->cc.mss;
	tcb->rec.state = ATCP_LOSS;
	tcb->rec.dupacks = 0;
	tcb->rec.recover = tcb->snd.nxt;
	deem_lost(tcb, tcb->snd.nxt - tcb->snd.una);
}

/**
 * atcp_recovery_resend() - send all that is outstanding again
 * @tcb:	the connection
 *
 * Not for congestion: the segments were too big for the path, or the window was
 * closed when they came.
 */
void atcp_recovery_resend(struct atcp_tcb *tcb)
{
	deem_lost(tcb, tcb->snd.nxt - tcb->snd.una);
}

/**
 * atcp_recovery_cwnd() - what may be in flight now
 * @tcb:	the connection
 *
 * cwnd, and two segments more on the first two duplicate ACKs (RFC 3042).
 * Return: octets. [R5681-LT] [R3042-LT]
 */
u32 atcp_recovery_cwnd(const struct atcp_tcb *tcb)
{
	if (tcb->rec.state != ATCP_OPEN)
		return tcb->cc.cwnd;
	return tcb->cc.cwnd + min_t(u32, tcb->rec.dupacks, 2) * tcb->cc.mss;
}
