/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies: what a SYN told, kept by the peer instead of here.  It comes back
 * in the ACK of our SYN,ACK: the time and the MSS in SEG.ACK, the rest in the low
 * bits of the timestamp that is echoed (core/cookie.c).
 */
#ifndef _ATCP_COOKIE_H
#define _ATCP_COOKIE_H

#include <linux/types.h>
#include <atcp/tcb.h>

#define ATCP_COOKIE_MINUTE	(60 * ATCP_USEC)
#define ATCP_COOKIE_MAX_AGE	2	/* minutes gone over: good for two to three */

/* Bits of atcp_cookie.note; those below PLAIN travel in a timestamp. */
#define ATCP_COOKIE_WSCALE	0x0f	/* shift count, all ones when there is none */
#define ATCP_COOKIE_SACK	0x10
#define ATCP_COOKIE_ECN		0x20
#define ATCP_COOKIE_PLAIN	0x40	/* no timestamps, so nothing of these */
#define ATCP_COOKIE_NOTE	(ATCP_COOKIE_PLAIN - 1)

/**
 * struct atcp_cookie - what of a SYN comes back
 * @minute:	when it was made
 * @mss:	which of the sizes in cookie.c the peer's MSS was cut to
 * @note:	ATCP_COOKIE_*
 */
struct atcp_cookie {
	u32 minute;
	u8 mss;
	u8 note;
};

void atcp_cookie_make(struct atcp_cookie *cookie, struct atcp_seg *syn, u32 features,
		      bool ipv6, u32 minute);
u32 atcp_cookie_number(const struct atcp_cookie *cookie, u32 mac);
bool atcp_cookie_read(struct atcp_cookie *cookie, u32 number, const struct atcp_seg *ack,
		      u32 features, u32 minute);
u32 atcp_cookie_tsval(const struct atcp_cookie *cookie, u32 tsval);
void atcp_cookie_arrives(struct atcp_tcb *tcb, const struct atcp_cookie *cookie,
			 const struct atcp_seg *ack, u32 room, u64 now, struct atcp_fx *fx);

#endif /* _ATCP_COOKIE_H */
