// SPDX-License-Identifier: GPL-2.0
/*
 * The user timeout option: USER TIMEOUT told to the peer, and adapted to the
 * peer's.
 *
 * RFC 5482.  Owns tcb->uto.  Off by default, as its section 3 has it.
 */

#include <atcp/core.h>

#define MINUTES		0x8000U		/* G: granularity */
#define VALUE_MAX	0x7fffU
#define OPTIONS_MAX	(ATCP_HDR_MAX - ATCP_HDR_MIN)
#define UTO_LEN		4

/* ADV_UTO, seconds: the user's own, or the system's. [R5482-APPSET] */
static u32 adv_uto(const struct atcp_tcb *tcb)
{
	return DIV_ROUND_UP(tcb->p.user_timeout_ms, 1000U) ?: ATCP_UTO_DEFAULT;
}

/* [R5482-FMT] Zero is reserved, and never sent. */
static u16 encode(u32 seconds)
{
	if (seconds <= VALUE_MAX)
		return (u16)max_t(u32, seconds, 1);
	return (u16)(MINUTES | min(DIV_ROUND_UP(seconds, 60U), VALUE_MAX));
}

static u32 decode(u16 field)
{
	u32 value = field & VALUE_MAX;

	return field & MINUTES ? value * 60 : value;
}

/**
 * atcp_uto_init() - a connection is about to be opened
 * @tcb:	the connection
 *
 * The option goes with the SYN, and again with the first segment without one: that
 * of the SYN may have met SYN cookies. [R5482-SEND]
 */
void atcp_uto_init(struct atcp_tcb *tcb)
{
	tcb->uto.remote_s = 0;
	tcb->uto.adopted_ms = 0;
	tcb->uto.tell = tcb->p.uto.enabled;
}

/**
 * atcp_uto_set() - the user has set TCP_USER_TIMEOUT; 0 takes it back
 * @tcb:	the connection
 *
 * Its value is not changed by what the peer tells, and is told. [R5482-APPSET]
 */
void atcp_uto_set(struct atcp_tcb *tcb)
{
	tcb->uto.fixed = tcb->p.user_timeout_ms;
	tcb->uto.adopted_ms = 0;
	tcb->uto.tell = tcb->p.uto.enabled;
}

/**
 * atcp_uto_option() - add the option where it is owed and there is room
 * @tcb:	the connection
 * @opt:	all other options of the segment
 *
 * [R5482-SEND]
 */
void atcp_uto_option(const struct atcp_tcb *tcb, struct atcp_opts *opt)
{
	if (likely(!tcb->uto.tell) || atcp_wire_opt_len(opt) + UTO_LEN > OPTIONS_MAX)
		return;
	opt->have |= ATCP_OPT_UTO;
	opt->uto = encode(adv_uto(tcb));
}

/**
 * atcp_uto_adopt() - USER TIMEOUT by what both ends told
 * @tcb:	the connection, synchronized
 * @now:	microseconds
 *
 * min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)), and more than the retransmission
 * time-out. [R5482-FORMULA] [R5482-LIMITS] [R5482-SYNTO]
 * Source: RFC 5482, 3.1.
 */
void atcp_uto_adopt(struct atcp_tcb *tcb, u64 now)
{
	u32 rto = (u32)div_u64(atcp_rto_current(tcb), ATCP_USEC) + 1;
	u32 seconds, ms;

	if (!tcb->uto.remote_s || tcb->uto.fixed)
		return;
	seconds = max3(adv_uto(tcb), tcb->uto.remote_s, tcb->p.uto.lower_s);
	seconds = max(min(seconds, tcb->p.uto.upper_s), rto);
	ms = (u32)min_t(u64, seconds * 1000ULL, INT_MAX);
	if (ms == tcb->uto.adopted_ms)
		return;
	tcb->uto.adopted_ms = ms;
	atcp_disarm(tcb, ATCP_TIMER_USER);
	atcp_arm_user(tcb, now);
}

/**
 * atcp_uto_arrives() - the peer may have told its USER TIMEOUT
 * @tcb:	the connection
 * @opt:	options of an acceptable segment
 * @now:	microseconds
 *
 * Of a SYN it is only noted: how often SYNs are sent again is not the peer's to
 * say. [R5482-SILENT] [R5482-FMT] [R5482-SYNTO]
 */
void atcp_uto_arrives(struct atcp_tcb *tcb, const struct atcp_opts *opt, u64 now)
{
	if (likely(!(opt->have & ATCP_OPT_UTO)) || !tcb->p.uto.enabled || !decode(opt->uto))
		return;
	tcb->uto.remote_s = decode(opt->uto);
	if (atcp_synchronized(tcb->state))
		atcp_uto_adopt(tcb, now);
}

/**
 * atcp_user_timeout_ms() - USER TIMEOUT as it stands
 * @tcb:	the connection
 *
 * Return: milliseconds; 0: none, R2 decides.
 */
u32 atcp_user_timeout_ms(const struct atcp_tcb *tcb)
{
	return tcb->uto.adopted_ms ?: tcb->p.user_timeout_ms;
}

/**
 * atcp_keep_idle() - silence before the first keep-alive probe
 * @tcb:	the connection
 *
 * Longer than a USER TIMEOUT that was agreed on, which lets an end be away for so
 * long. [R5482-KA]
 * Source: RFC 5482, 4.2. Return: microseconds.
 */
u64 atcp_keep_idle(const struct atcp_tcb *tcb)
{
	u64 idle = tcb->p.keep_idle_ms * ATCP_MSEC;

	if (likely(!tcb->uto.adopted_ms))
		return idle;
	return max_t(u64, idle, tcb->uto.adopted_ms * ATCP_MSEC + ATCP_USEC);
}
