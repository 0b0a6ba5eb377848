/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user timeout option, RFC 5482: both ends tell how long they let text wait to
 * be acknowledged, and adapt to each other.
 */
#ifndef _ATCP_UTO_H
#define _ATCP_UTO_H

#include <linux/types.h>

#define ATCP_UTO_DEFAULT	300	/* seconds; USER TIMEOUT of RFC 9293, 3.10.1 */

/**
 * struct atcp_uto_params - from sysctl
 * @enabled:	ENABLED: the option is sent, and taken
 * @lower_s:	L_LIMIT, seconds
 * @upper_s:	U_LIMIT, seconds
 */
struct atcp_uto_params {
	u32 enabled;
	u32 lower_s;
	u32 upper_s;
};

/**
 * struct atcp_uto - of one connection
 * @remote_s:	REMOTE_UTO, seconds; 0: the peer has told nothing
 * @adopted_ms:	USER TIMEOUT by both, milliseconds; 0: none
 * @fixed:	the user has set its own: CHANGEABLE is false
 * @tell:	the next segment is to carry the option
 */
struct atcp_uto {
	u32 remote_s;
	u32 adopted_ms;
	bool fixed;
	bool tell;
};

#endif /* _ATCP_UTO_H */
