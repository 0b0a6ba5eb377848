/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Changes of state, by the edges of atcp_edges[] only, and the life of a TCB.
 */

inline enter(to, by)
{
	e_from = st[p]; e_to = to; e_why = by;
	c_code { edge_seen[e_from][e_to] |= 1 << e_why; };
	assert(LEGAL(e_from, e_to, e_why));
	st[p] = to
}

inline forget()
{
	iss[p] = 0; una[p] = 0; nxt[p] = 0; wnd[p] = 0; wl1[p] = 0; wl2[p] = 0;
	irs[p] = 0; rcv_nxt[p] = 0; queued[p] = 0; user[p] = 0;
	held1[p] = 0; held2[p] = 0; fin_at[p] = 0; fin_known[p] = false;
	fin[p] = false; delivered[p] = 0; peer_era[p] = 0; tw[p] = 0;
	challenges[p] = 0; retries[p] = 0
}

/* The TCB is deleted when the step ends. */
inline to_closed(why)
{
	enter(CLOSED, why);
	passive[p] = false; o_syn = false; o_ack = false; go = false
}

/* Where a passive open that failed goes. */
inline fail_open(event)
{
	if
	:: passive[p] -> enter(LISTEN, event); o_ack = false; go = false
	:: else -> to_closed(event)
	fi
}

inline choose_iss()
{
	era[p] = era[p] + 1;
	iss[p] = NEW_ISS(p);
	una[p] = iss[p];
	nxt[p] = MOD(iss[p] + 1)
}

inline take_syn()
{
	irs[p] = m_seq;
	rcv_nxt[p] = MOD(m_seq + 1);
	peer_era[p] = m_era;
	wnd[p] = m_wnd; wl1[p] = m_seq; wl2[p] = m_ack
}

inline reply_rst()
{
	if
	:: m_ctl & ACK -> put(RST, m_ack, 0, 0)
	:: else ->
		seg_len = m_len + (m_ctl & SYN -> 1 : 0) + (m_ctl & FIN -> 1 : 0);
		put(RST | ACK, 0, MOD(m_seq + seg_len), 0)
	fi
}
