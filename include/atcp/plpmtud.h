/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packetization layer path MTU discovery: what a connection knows of sizes that
 * were tried, RFC 4821.
 *
 * All sizes here are as tcb->snd.mss_path: the MTU less both fixed headers, so
 * octets of text and of TCP options together.
 */
#ifndef _ATCP_PLPMTUD_H
#define _ATCP_PLPMTUD_H

#include <linux/types.h>

/* struct atcp_mtu_params, @mode: names as of net.ipv4.tcp_mtu_probing. */
#define ATCP_MTU_NEVER		0
#define ATCP_MTU_BLACK_HOLE	1	/* once large segments seem to vanish */
#define ATCP_MTU_ALWAYS		2

/**
 * struct atcp_mtu_params - how to probe; from sysctl
 * @mode:	ATCP_MTU_*
 * @base_mss:	octets of text that the search begins with
 * @min_snd_mss: octets, Eff.snd.MSS never falls below
 * @floor:	octets, a black hole does not take the search below
 * @threshold:	octets, a search ends when this little is left of its range
 * @interval_s:	seconds after which a new one begins
 */
struct atcp_mtu_params {
	u32 mode;
	u32 base_mss;
	u32 min_snd_mss;
	u32 floor;
	u32 threshold;
	u32 interval_s;
};

/**
 * struct atcp_mtu - the search of one connection
 * @on:		it is searching: segments are no larger than @low
 * @low:	search_low: a size that is known to pass
 * @high:	search_high: above it sizes failed; the path and the peer set
 *		their own limits
 * @size:	of the probe in flight, 0: none
 * @before:	@low before it was raised, while that is verified (7.8), or 0
 * @left:	the probe's text is [@left, @right)
 * @right:	see @left
 * @verified:	@low is taken as good once SND.UNA gets there
 * @since:	microseconds, when the search began
 */
struct atcp_mtu {
	bool on;
	u16 low;
	u16 high;
	u16 size;
	u16 before;
	u32 left;
	u32 right;
	u32 verified;
	u64 since;
};

#endif /* _ATCP_PLPMTUD_H */
