/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SEGMENT ARRIVES: RFC 9293, section 3.10.7, check by check.
 */

/* RFC 5961, section 7: not for ever.  Time that passes gives new ones. */
inline challenge_ack()
{
	if
	:: challenges[p] < CHALLENGES -> challenges[p] = challenges[p] + 1; o_ack = true
	:: else
	fi
}

inline start_time_wait()
{
	tw[p] = TW_TICKS
}

/* What passed the checks belongs to this incarnation. */
inline is_of_now()
{
	assert(m_era == peer_era[p])
}

/* Fifth, for all synchronized states; a window told by an old segment is not news. */
inline ack_established()
{
	if
	:: LT(una[p], m_ack) ->
		una[p] = m_ack;
		assert(LEQ(una[p], rcv_nxt[1 - p]) || !SYNCED(st[1 - p]) ||
		       era[1 - p] != peer_era[p]);
		wnd[p] = m_wnd; wl1[p] = m_seq; wl2[p] = m_ack
	:: else ->
		if
		:: !LT(m_ack, una[p]) && (LT(wl1[p], m_seq) ||
		   (wl1[p] == m_seq && LEQ(wl2[p], m_ack))) ->
			wnd[p] = m_wnd; wl1[p] = m_seq; wl2[p] = m_ack
		:: else
		fi
	fi
}

inline check_ack()
{
	if
	:: una[p] == iss[p] && m_ack != nxt[p] &&
	   !(LT(una[p], m_ack) && LEQ(m_ack, nxt[p])) ->
		reply_rst(); go = false
	:: else ->
		if
		:: st[p] == SYN_RECEIVED ->
			una[p] = m_ack; wnd[p] = m_wnd; wl1[p] = m_seq; wl2[p] = m_ack;
			enter(ESTABLISHED, BY_SEGMENT);
			if
			:: fin[p] -> enter(FIN_WAIT_1, BY_SEGMENT)
			:: else
			fi
		:: else ->
			if
			:: LT(nxt[p], m_ack) || LT(m_ack, MOD(una[p] - BUFF)) ||
			   !LT(iss[p], m_ack) ->
				challenge_ack(); go = false
			:: else -> check_ack_in_range()
			fi
		fi
	fi
}

inline check_ack_in_range()
{
	closes = false;
	if
	:: st[p] == TIME_WAIT ->
		if
		:: m_ctl & FIN -> o_ack = true;
			start_time_wait()
		:: else
		fi;
		go = false
	:: else ->
		ack_established();
		closes = (fin[p] && una[p] == MOD(END(p) + 1));
		if
		:: closes && st[p] == FIN_WAIT_1 -> enter(FIN_WAIT_2, BY_SEGMENT)
		:: closes && st[p] == CLOSING ->
			enter(TIME_WAIT, BY_SEGMENT); start_time_wait(); go = false
		:: closes && st[p] == LAST_ACK -> to_closed(BY_SEGMENT)
		:: else ->
			if
			:: st[p] == CLOSING || st[p] == LAST_ACK -> go = false
			:: else
			fi
		fi
	fi;
	closes = false
}

inline deliver(octet)
{
	is_of_now();
	assert(octet == delivered[p]);
	delivered[p] = delivered[p] + 1;
	rcv_nxt[p] = MOD(rcv_nxt[p] + 1);
	user[p] = user[p] + 1
}

/* What was held moves one place nearer to RCV.NXT. */
inline shift_held()
{
	held1[p] = held2[p];
	held2[p] = 0
}

/* Seventh. */
inline check_text()
{
	off = MOD(m_seq - rcv_nxt[p]);
	rw = RCV_WND(p);
	if
	:: m_ctl & FIN && !fin_known[p] && MOD(off + m_len) < rw &&
	   (m_len == 0 || off < rw || LT(m_seq, rcv_nxt[p])) ->
		is_of_now();
		fin_known[p] = true; fin_at[p] = MOD(m_seq + m_len)
	:: else
	fi;
	if
	:: m_len ->
		o_ack = true;
		if
		:: off == 0 && rw > 0 ->
			deliver(m_dat);
			do
			:: held1[p] ->
				r = held1[p] - 1;
				shift_held();
				deliver(r)
			:: else -> shift_held(); break
			od
		:: off == 1 && rw > 1 -> is_of_now(); held1[p] = m_dat + 1
		:: off == 2 && rw > 2 -> is_of_now(); held2[p] = m_dat + 1
		:: else
		fi
	:: else ->
		if
		:: m_ctl & FIN -> o_ack = true
		:: else
		fi
	fi
}

/* Eighth. */
inline check_fin()
{
	if
	:: fin_known[p] && fin_at[p] == rcv_nxt[p] ->
		rcv_nxt[p] = MOD(rcv_nxt[p] + 1);
		o_ack = true;
		if
		:: st[p] == ESTABLISHED -> enter(CLOSE_WAIT, BY_SEGMENT)
		:: st[p] == FIN_WAIT_1 -> enter(CLOSING, BY_SEGMENT)
		:: st[p] == FIN_WAIT_2 -> enter(TIME_WAIT, BY_SEGMENT); start_time_wait()
		:: else
		fi
	:: else
	fi
}

/* First: Table 6, an ACK at the right edge, and a closed window's allowance. */
inline check_sequence()
{
	seg_len = m_len + (m_ctl & SYN -> 1 : 0) + (m_ctl & FIN -> 1 : 0);
	off = MOD(m_seq - rcv_nxt[p]);
	rw = RCV_WND(p);
	go = ((seg_len == 0 && (rw -> off < rw : off == 0)) ||
	      (seg_len > 0 && rw > 0 && (off < rw || MOD(off + seg_len - 1) < rw ||
	       (LT(m_seq, rcv_nxt[p]) && LT(rcv_nxt[p], MOD(m_seq + seg_len))))) ||
	      (m_ctl == ACK && !m_len && off == rw) ||
	      (rw == 0 && off == 0 && !(m_ctl & SYN)))
}

inline answer_unacceptable()
{
	if
	:: m_ctl & RST
	:: else ->
		if
		:: st[p] == SYN_RECEIVED && m_seq == irs[p] && m_ctl & SYN &&
		   !(m_ctl & ACK) -> o_syn = true
		:: else ->
			if
			:: m_len || m_ctl & FIN -> o_ack = true
			:: else -> challenge_ack()
			fi;
			if
			:: st[p] == TIME_WAIT && m_ctl & FIN &&
			   MOD(m_seq + seg_len) == rcv_nxt[p] ->
				start_time_wait()
			:: else
			fi;
			/* Beyond a closed window on both sides: hear the ACK. */
			if
			:: una[p] != iss[p] && !(m_ctl & SYN) && m_ctl & ACK &&
			   LT(MOD(una[p] + wnd[p]), nxt[p]) &&
			   !LT(rcv_nxt[p], MOD(m_seq + seg_len)) &&
			   (LT(una[p], m_ack) || (una[p] == m_ack && m_wnd > wnd[p])) ->
				go = true; check_ack(); go = false
			:: else
			fi
		fi
	fi
}

/* Second: RFC 5961, 3.2. */
inline check_rst()
{
	if
	:: st[p] == TIME_WAIT && RFC1337
	:: m_seq != rcv_nxt[p] -> challenge_ack()
	:: else ->
		if
		:: st[p] == SYN_RECEIVED -> fail_open(BY_SEGMENT)
		:: else -> to_closed(BY_SEGMENT)
		fi
	fi;
	go = false
}

/* RFC 6191, without timestamps: the SYN lies beyond all of the old connection. */
inline check_reopen()
{
	if
	:: st[p] == TIME_WAIT && TW_TICKS && m_ctl == SYN ->
		if
		:: REOPENS(m_seq, rcv_nxt[p]) ->
			r = MOD(nxt[p] + BUFF + 1);
			enter(CLOSED, BY_SEGMENT);
			forget();
			enter(LISTEN, BY_CALL);
			passive[p] = true;
			arrives_listen();
			iss[p] = r; una[p] = r; nxt[p] = MOD(r + 1)
		:: else
		fi;
		go = false
	:: else
	fi
}

inline arrives_otherwise()
{
	check_reopen();
	if
	:: go ->
		check_sequence();
		if
		:: !go -> answer_unacceptable()
		:: else ->
			if
			:: m_ctl & RST -> check_rst()
			:: else
			fi;
			if
			:: go && m_ctl & SYN ->		/* fourth: RFC 5961, 4.2 */
				go = false;
				if
				:: st[p] == SYN_RECEIVED && passive[p] ->
					fail_open(BY_SEGMENT)
				:: else -> challenge_ack()
				fi
			:: else
			fi;
			if
			:: go && m_ctl & ACK ->
				check_ack();
				if
				:: go && TAKES_TEXT(st[p]) -> check_text(); check_fin()
				:: else
				fi
			:: else
			fi
		fi
	:: else
	fi
}

inline arrives_listen()
{
	if
	:: m_ctl & RST
	:: !(m_ctl & RST) && m_ctl & ACK -> reply_rst()
	:: !(m_ctl & RST) && !(m_ctl & ACK) && m_ctl & SYN ->
		choose_iss();
		take_syn();
		o_syn = true;
		enter(SYN_RECEIVED, BY_SEGMENT)
	:: else
	fi
}

inline arrives_syn_sent()
{
	if
	:: m_ctl & ACK && m_ack != nxt[p] ->
		if
		:: !(m_ctl & RST) -> reply_rst()
		:: else
		fi
	:: else ->
		if
		:: m_ctl & RST ->
			if
			:: m_ctl & ACK -> to_closed(BY_SEGMENT)
			:: else
			fi
		:: else ->
			if
			:: m_ctl & SYN ->
				take_syn();
				if
				:: m_ctl & ACK ->
					una[p] = m_ack;
					enter(ESTABLISHED, BY_SEGMENT);
					o_ack = true
				:: else ->
					enter(SYN_RECEIVED, BY_SEGMENT);
					o_syn = true
				fi
			:: else
			fi
		fi
	fi
}

inline arrives()
{
	go = true;
	if
	:: st[p] == CLOSED ->
		if
		:: !(m_ctl & RST) -> reply_rst()
		:: else
		fi
	:: st[p] == LISTEN -> arrives_listen()
	:: st[p] == SYN_SENT -> arrives_syn_sent()
	:: else -> arrives_otherwise()
	fi
}
