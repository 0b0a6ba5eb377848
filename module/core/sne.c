// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence number extension: which turn of the 32 bits a sequence number is of.
 *
 * RFC 5925 section 6.2, which keeps a flag for each half of the space; one number
 * that follows the connection comes to the same.
 */

#include <atcp/seq.h>
#include <atcp/sne.h>

/**
 * atcp_sne_start() - a direction begins
 * @sne:	filled in
 * @isn:	its initial sequence number
 */
void atcp_sne_start(struct atcp_sne *sne, u32 isn)
{
	sne->upper = 0;
	sne->at = isn;
}

/**
 * atcp_sne_of() - the extension of a sequence number
 * @sne:	the direction
 * @seq:	less than 2^31 before or behind where that is
 *
 * Source: RFC 5925, 6.2. Return: the upper 32 bits; what would be before the first
 * turn is of turn 2^32-1. [R5925-SNE]
 */
u32 atcp_sne_of(const struct atcp_sne *sne, u32 seq)
{
	if (seq_lt(seq, sne->at))
		return seq > sne->at ? sne->upper - 1 : sne->upper;
	return seq < sne->at ? sne->upper + 1 : sne->upper;
}

/**
 * atcp_sne_move() - a direction has come to @seq
 * @sne:	the direction
 * @seq:	SND.UNA or RCV.NXT; called at least every 2^31 octets
 */
void atcp_sne_move(struct atcp_sne *sne, u32 seq)
{
	sne->upper = atcp_sne_of(sne, seq);
	sne->at = seq;
}
