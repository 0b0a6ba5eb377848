/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user's calls, and the end of all patience: RFC 9293, sections 3.10.1 to 3.10.6
 * and 3.10.8.
 */

inline give_up()
{
	if
	:: st[p] == SYN_RECEIVED -> fail_open(BY_TIMER)
	:: else -> to_closed(BY_TIMER)
	fi
}

inline close_call()
{
	if
	:: st[p] == LISTEN || st[p] == SYN_SENT -> to_closed(BY_CALL)
	:: st[p] == SYN_RECEIVED ->
		fin[p] = true;
		if
		:: queued[p] == 0 -> enter(FIN_WAIT_1, BY_CALL)
		:: else		/* once ESTABLISHED, the text first */
		fi
	:: st[p] == ESTABLISHED -> fin[p] = true; enter(FIN_WAIT_1, BY_CALL)
	:: st[p] == CLOSE_WAIT -> fin[p] = true
	:: else
	fi
}

inline abort_call()
{
	if
	:: SYNCED(st[p]) && st[p] != TIME_WAIT && st[p] != LAST_ACK && st[p] != CLOSING ||
	   st[p] == SYN_RECEIVED ->
		ack_seq();
		put(RST, r, 0, 0)
	:: else
	fi;
	to_closed(BY_CALL)
}

inline open_call(how)
{
	if
	:: how == ACTIVE ->
		choose_iss(); passive[p] = false; enter(SYN_SENT, BY_CALL); o_syn = true
	:: else -> passive[p] = true; enter(LISTEN, BY_CALL)
	fi
}
