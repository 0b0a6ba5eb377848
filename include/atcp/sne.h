/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence number extension (RFC 5925, section 6.2): the upper 32 bits of a
 * sequence number of 64, which count how often the lower ones have wrapped.
 */
#ifndef _ATCP_SNE_H
#define _ATCP_SNE_H

#include <linux/types.h>

/**
 * struct atcp_sne - how far one direction of a connection has come
 * @upper:	the extension of
 * @at:		this sequence number, which is near to all that are still told of
 */
struct atcp_sne {
	u32 upper;
	u32 at;
};

void atcp_sne_start(struct atcp_sne *sne, u32 isn);
void atcp_sne_move(struct atcp_sne *sne, u32 seq);
u32 atcp_sne_of(const struct atcp_sne *sne, u32 seq);

#endif /* _ATCP_SNE_H */
