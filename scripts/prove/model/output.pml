/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to send: text and FIN as far as the window goes, SYN, ACK; retransmissions and
 * probes.
 */

/* SEG.SEQ of a segment without text: never beyond the peer's window. */
inline ack_seq()
{
	r = nxt[p];
	if
	:: una[p] != iss[p] && LT(MOD(una[p] + wnd[p]), nxt[p]) -> r = MOD(una[p] + wnd[p])
	:: else
	fi
}

/* Octet or FIN @r once more, or for the first time. */
inline send_place()
{
	if
	:: r == END(p) -> put(FIN | ACK, r, rcv_nxt[p], 0)
	:: fin[p] && MOD(r + 1) == END(p) && MOD(r + 1 - una[p]) < wnd[p] ->
		put(FIN | ACK, r, rcv_nxt[p], 1);
		r = MOD(r + 1)
	:: else -> put(ACK, r, rcv_nxt[p], 1)
	fi;
	r = MOD(r + 1);
	o_ack = false
}

inline output()
{
	if
	:: o_syn ->
		if
		:: st[p] == SYN_SENT -> put(SYN, iss[p], 0, 0)
		:: else -> put(SYN | ACK, iss[p], rcv_nxt[p], 0); o_ack = false
		fi
	:: else
	fi;
	do
	:: SENDS_TEXT(st[p]) && nxt[p] != MOD(END(p) + fin[p]) &&
	   MOD(nxt[p] - una[p]) < wnd[p] && !LT(MOD(una[p] + wnd[p]), nxt[p]) ->
		r = nxt[p];
		send_place();
		nxt[p] = r
	:: else -> break
	od;
	if
	:: st[p] == CLOSE_WAIT && fin[p] && nxt[p] == MOD(END(p) + 1) ->
		enter(LAST_ACK, cause)
	:: else
	fi;
	if
	:: o_ack && st[p] != SYN_SENT && st[p] != CLOSED && st[p] != LISTEN ->
		ack_seq();
		put(ACK, r, rcv_nxt[p], 0)
	:: else
	fi
}



/* All that is outstanding, as far as the window goes. */
inline retransmit()
{
	if
	:: una[p] == iss[p] -> o_syn = true; retries[p] = retries[p] + on_time
	:: else ->
		r = una[p];
		do
		:: r != nxt[p] && MOD(r - una[p]) < wnd[p] -> send_place()
		:: else -> break
		od
	fi
}

inline probe()
{
	r = una[p];
	send_place();
	if
	:: LT(nxt[p], r) -> nxt[p] = r
	:: else
	fi
}
