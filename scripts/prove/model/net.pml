/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The network: SLOTS segments each way, in no order.
 */

/* Into the slots of @to, kept in order so that equal networks look equal. */
inline insert(to)
{
	i = 0;
	do
	:: i < SLOTS ->
		if
		:: slot[(to) * SLOTS + i] < key ->
			other = slot[(to) * SLOTS + i];
			slot[(to) * SLOTS + i] = key;
			key = other
		:: else
		fi;
		i++
	:: else -> break
	od;
	if
	:: key != 0 -> c_code { n_full++; }	/* one segment too many: lost */
	:: else
	fi;
	i = 0; key = 0; other = 0
}

/* A step's segments are gathered, and sent when it ends. */
inline put(ctl, seq, ack, octets)
{
	box[n_box] = KEY(ctl, seq, ack, RCV_WND(p), octets,
			 (octets * MOD((seq) - iss[p] - 1)), era[p]);
	n_box++
}

inline send_all()
{
	do
	:: n_box > 0 ->
		n_box--;
		key = box[n_box];
		insert(1 - p)
	:: else -> break
	od
}

/* Take segment @at of peer @p out, shifting the ones behind it. */
inline take_out()
{
	key = slot[p * SLOTS + at];
	i = at;
	do
	:: i < SLOTS - 1 -> slot[p * SLOTS + i] = slot[p * SLOTS + i + 1]; i++
	:: else -> break
	od;
	slot[p * SLOTS + SLOTS - 1] = 0
}

inline decode()
{
	m_ctl = key & 15;
	m_seq = (key >> 4) & 31;
	m_ack = (key >> 9) & 31;
	m_wnd = (key >> 14) & 3;
	m_len = (key >> 16) & 1;
	m_dat = (key >> 17) & 15;
	m_era = (key >> 21) & 7
}

/* Time passes: what has lived for MSL is gone. */
inline tick()
{
	p = 0;
	do
	:: p < 2 ->
		at = 0;
		do
		:: at < SLOTS && slot[p * SLOTS + at] / AGE >= MSL -> take_out()
		:: at < SLOTS && slot[p * SLOTS + at] / AGE < MSL ->
			if
			:: slot[p * SLOTS + at] != 0 ->
				slot[p * SLOTS + at] = slot[p * SLOTS + at] + AGE
			:: else
			fi;
			at++
		:: else -> break
		od;
		if
		:: tw[p] > 1 -> tw[p] = tw[p] - 1
		:: else
		fi;
		p++
	:: else -> break
	od;
	key = 0; i = 0
}
