// SPDX-License-Identifier: GPL-2.0
/*
 * Congestion control: the table of algorithms, and what they share.
 *
 * RFC 5681; RFC 6928 (initial window).  A new algorithm is a file cc_NAME.c
 * and a line in this table.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <atcp/cc.h>

static const struct atcp_cc_ops * const table[] = {
	&atcp_cc_reno,
	&atcp_cc_cubic,
	&atcp_cc_bbr,
	&atcp_cc_dctcp,
};

/**
 * atcp_cc_find() - look an algorithm up by name
 * @name:	as given to TCP_CONGESTION
 *
 * Return: its index, or -ENOENT. [MAY-18]
 */
int atcp_cc_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i]->name, name))
			return i;
	return -ENOENT;
}

/**
 * atcp_cc_get() - an algorithm by index, for listing them
 * @algo:	index, from 0
 *
 * Return: the operations, or NULL past the last.
 */
const struct atcp_cc_ops *atcp_cc_get(unsigned int algo)
{
	return algo < ARRAY_SIZE(table) ? table[algo] : NULL;
}

/**
 * atcp_cc_initial_window() - IW
 * @mss:	SMSS, octets
 *
 * [R6928-IW10]
 * Source: RFC 6928, section 2. Return: octets.
 */
u32 atcp_cc_initial_window(u32 mss)
{
	return min_t(u32, 10 * mss, max_t(u32, 2 * mss, 14600));
}

/**
 * atcp_cc_init() - start congestion control
 * @cc:		the state to fill
 * @algo:	index of the algorithm; the first when there is none such
 * @mss:	SMSS, octets
 *
 * [R5681-SSTHINIT]
 */
void atcp_cc_init(struct atcp_cc *cc, unsigned int algo, u32 mss)
{
	memset(cc, 0, sizeof(*cc));
	cc->algo = algo < ARRAY_SIZE(table) ? algo : 0;
	cc->mss = mss;
	cc->cwnd = atcp_cc_initial_window(mss);
	cc->ssthresh = U32_MAX;		/* RFC 5681, 3.1: arbitrarily high */
	table[cc->algo]->init(cc);
}

/**
 * atcp_cc_acked() - let the algorithm grow the window
 * @cc:		congestion control state
 * @ack:	what the ACK told
 */
void atcp_cc_acked(struct atcp_cc *cc, const struct atcp_cc_ack *ack)
{
	table[cc->algo]->acked(cc, ack);
}

/**
 * atcp_cc_tell() - let the algorithm know of an event
 * @cc:		congestion control state
 * @event:	what happened
 * @now:	microseconds
 */
void atcp_cc_tell(struct atcp_cc *cc, enum atcp_cc_event event, u64 now)
{
	if (table[cc->algo]->event)
		table[cc->algo]->event(cc, event, now);
}

/**
 * atcp_cc_set_mss() - SMSS changed
 * @cc:		congestion control state
 * @mss:	octets
 *
 * A window below one segment would never let anything out, and equation (4) of
 * RFC 5681 holds for the SMSS of now: recovery ends at ssthresh.
 */
void atcp_cc_set_mss(struct atcp_cc *cc, u32 mss)
{
	cc->mss = mss;
	cc->cwnd = max(cc->cwnd, mss);
	cc->ssthresh = max(cc->ssthresh, 2 * mss);
}
