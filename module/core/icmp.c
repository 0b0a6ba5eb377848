// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors, as far as the protocol goes.
 *
 * RFC 9293 section 3.9.2.2; RFC 5461 and RFC 5927 (a quoted sequence number must
 * be one in flight; an established connection is not given up for an ICMP).
 */

#include <atcp/core.h>

/* [R5927-SEQCHK] */
static bool quotes_what_is_in_flight(const struct atcp_tcb *tcb, u32 seq)
{
	return seq_geq(seq, tcb->snd.una) && seq_lt(seq, tcb->snd.nxt);
}

/**
 * atcp_icmp_arrives() - an ICMP error quotes a segment of this connection
 * @tcb:	the connection
 * @kind:	what it says, as the shell classed it by type and code
 * @seq:	sequence number quoted
 * @error:	positive errno for the user
 * @now:	microseconds
 * @fx:		effects
 *
 * Soft errors are noted [MUST-56]; hard ones end an attempt to connect
 * [SHLD-26] and are noted otherwise, since anybody could forge them.
 * Return: true when it is to be believed; of ATCP_ICMP_PTB the shell then
 * lowers the path MTU.
 */
bool atcp_icmp_arrives(struct atcp_tcb *tcb, enum atcp_icmp kind, u32 seq,
		       u16 error, u64 now, struct atcp_fx *fx)
{
	fx->cause = ATCP_BY_SEGMENT;
	if (tcb->state == ATCP_CLOSED || tcb->state == ATCP_LISTEN ||
	    !quotes_what_is_in_flight(tcb, seq)) {	/* in TIME-WAIT nothing is */
		atcp_fx_event(fx, ATCP_EV_ICMP_IGNORED);
		return false;
	}
	if (kind == ATCP_ICMP_PTB)
		return true;
	if (atcp_fastopen_trusted(tcb))
		fx->soft_error = error;		/* text has gone both ways already */
	else if (kind == ATCP_ICMP_HARD && tcb->state == ATCP_SYN_RECEIVED && tcb->passive)
		atcp_to_listen(tcb, fx);
	else if (kind == ATCP_ICMP_HARD && !atcp_synchronized(tcb->state))
		atcp_to_closed(tcb, error, fx);
	else
		fx->soft_error = error;
	return true;
}
