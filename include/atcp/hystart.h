/* SPDX-License-Identifier: GPL-2.0 */
/*
 * HyStart++, and the ACK train of HyStart: to leave slow start before it overruns the
 * path.
 */
#ifndef _ATCP_HYSTART_H
#define _ATCP_HYSTART_H

#include <linux/types.h>
#include <atcp/cc.h>

/**
 * struct atcp_hystart - the state of one slow start; all zero at its beginning
 * @last_min:	lastRoundMinRTT, microseconds, 0 when unknown
 * @current_min: currentRoundMinRTT, microseconds, 0 when unknown
 * @baseline:	cssBaselineMinRtt, microseconds, 0 outside conservative slow start
 * @least:	shortest round trip of all, microseconds, 0 when unknown
 * @train_began: when the first ACK of this round came, microseconds, modulo 2^32
 * @train_last:	the last of those that came without a pause since, likewise
 * @window_end:	windowEnd: the round ends when this octet is acknowledged
 * @samples:	rttSampleCount
 * @rounds:	rounds in conservative slow start
 * @started:	@window_end is set
 */
struct atcp_hystart {
	u32 last_min;
	u32 current_min;
	u32 baseline;
	u32 least;
	u32 train_began;
	u32 train_last;
	u32 window_end;
	u8 samples;
	u8 rounds;
	bool started;
};

bool atcp_hystart_acked(struct atcp_hystart *h, struct atcp_cc *cc,
			const struct atcp_cc_ack *ack);

#endif /* _ATCP_HYSTART_H */
