// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: from a SYN to the few bits that the peer keeps for us, and back
 * to the SYN, which then arrives as if for the first time.
 *
 * Our ISS is IRS, and a number that nobody else can foretell, and
 *
 *	bits 27 to 31	the minute, modulo 32
 *	bits 24 to 26	which of the sizes below is the peer's MSS
 *	bits  0 to 23	of a MAC over all of it and what the note says
 *
 * The note (window scale, SACK, ECN) stands in the low bits of the SYN,ACK's
 * timestamp; without timestamps none of these is agreed on.  The MAC is the
 * shell's: it has the addresses and the secret.
 *
 * RFC 4987 section 3.6 and appendix A; RFC 7323 section 5.4.
 */

#include <atcp/cookie.h>
#include <atcp/core.h>

#define MINUTE_SHIFT	27
#define MINUTE_MASK	0x1fU
#define MSS_SHIFT	24
#define MSS_MASK	0x07U
#define MAC_MASK	0x00ffffffU

/*
 * Never more than the peer's MSS [MUST-16], so the first is the least that is
 * believed; the default without the option is among them, as are what Ethernet
 * carries, tunnels over it, and large frames.
 */
static const u16 sizes4[MSS_MASK + 1] = {
	ATCP_MIN_MSS, ATCP_DEFAULT_MSS4, 1200, 1360, 1400, 1440, 1460, 8960,
};

static const u16 sizes6[MSS_MASK + 1] = {
	ATCP_MIN_MSS, ATCP_DEFAULT_MSS4, ATCP_DEFAULT_MSS6, 1340, 1380, 1420, 1440, 8940,
};

static const u16 *sizes(bool ipv6)
{
	return ipv6 ? sizes6 : sizes4;
}

/* The largest that is not above @mss. */
static u8 size_for(u16 mss, bool ipv6)
{
	u8 i = MSS_MASK;

	while (i && sizes(ipv6)[i] > mss)
		i--;
	return i;
}

static u8 note_of(const struct atcp_seg *syn, u32 features)
{
	const struct atcp_opts *opt = &syn->opt;
	u8 note = ATCP_COOKIE_WSCALE;

	if (!(opt->have & ATCP_OPT_TS) || !(features & ATCP_F_TIMESTAMPS))
		return ATCP_COOKIE_PLAIN;
	if (opt->have & ATCP_OPT_WSCALE)
		note = opt->wscale;
	if (opt->have & ATCP_OPT_SACK_PERM)
		note |= ATCP_COOKIE_SACK;
	if ((syn->ctl & (ATCP_ECE | ATCP_CWR)) == (ATCP_ECE | ATCP_CWR))
		note |= ATCP_COOKIE_ECN;
	return note;
}

/* A SYN that says no more than the cookie does. */
static void write_syn(struct atcp_seg *syn, const struct atcp_cookie *cookie, bool ipv6)
{
	struct atcp_opts *opt = &syn->opt;

	syn->ctl = ATCP_SYN;
	syn->text = 0;
	opt->have = ATCP_OPT_MSS;
	opt->mss = sizes(ipv6)[cookie->mss];
	if (cookie->note & ATCP_COOKIE_PLAIN)
		return;
	opt->have |= ATCP_OPT_TS;
	opt->wscale = cookie->note & ATCP_COOKIE_WSCALE;
	if (opt->wscale <= ATCP_MAX_WSCALE)
		opt->have |= ATCP_OPT_WSCALE;
	if (cookie->note & ATCP_COOKIE_SACK)
		opt->have |= ATCP_OPT_SACK_PERM;
	if (cookie->note & ATCP_COOKIE_ECN)
		syn->ctl |= ATCP_ECE | ATCP_CWR;
}

/**
 * atcp_cookie_make() - what a cookie will remember of a SYN
 * @cookie:	filled in
 * @syn:	the SYN; loses what will not be remembered, so that the SYN,ACK does
 *		not agree to it
 * @features:	ATCP_F_* that we offer
 * @ipv6:	its addresses are not IPv4's
 * @minute:	now, in minutes
 *
 * Text is not remembered either: the peer sends it again. [R4987-COOKIES]
 */
void atcp_cookie_make(struct atcp_cookie *cookie, struct atcp_seg *syn, u32 features,
		      bool ipv6, u32 minute)
{
	u16 mss = ipv6 ? ATCP_DEFAULT_MSS6 : ATCP_DEFAULT_MSS4;

	if (syn->opt.have & ATCP_OPT_MSS)
		mss = syn->opt.mss;
	cookie->minute = minute;
	cookie->mss = size_for(mss, ipv6);
	cookie->note = note_of(syn, features);
	write_syn(syn, cookie, ipv6);
}

/**
 * atcp_cookie_number() - the number that goes into our ISS
 * @cookie:	what is to be remembered
 * @mac:	over it, the flow and the SYN's sequence number
 *
 * Return: the number, to be added to what else the ISS is made of.
 */
u32 atcp_cookie_number(const struct atcp_cookie *cookie, u32 mac)
{
	return (cookie->minute & MINUTE_MASK) << MINUTE_SHIFT |
	       (u32)cookie->mss << MSS_SHIFT | (mac & MAC_MASK);
}

/**
 * atcp_cookie_read() - what an ACK says that we once sent
 * @cookie:	filled in; true only if atcp_cookie_number() of it and of the MAC
 *		over it is @number again
 * @number:	what an ISS one below SEG.ACK would have held
 * @ack:	the segment
 * @features:	ATCP_F_* that we offer
 * @minute:	now, in minutes
 *
 * Return: false when it is too old, or was never made.
 */
bool atcp_cookie_read(struct atcp_cookie *cookie, u32 number, const struct atcp_seg *ack,
		      u32 features, u32 minute)
{
	u32 age = (minute - (number >> MINUTE_SHIFT)) & MINUTE_MASK;

	cookie->minute = minute - age;
	cookie->mss = number >> MSS_SHIFT & MSS_MASK;
	cookie->note = ATCP_COOKIE_PLAIN;
	if (ack->opt.have & ATCP_OPT_TS && features & ATCP_F_TIMESTAMPS)
		cookie->note = ack->opt.tsecr & ATCP_COOKIE_NOTE;
	return age <= ATCP_COOKIE_MAX_AGE;
}

/**
 * atcp_cookie_tsval() - a timestamp for the SYN,ACK, with the note in it
 * @cookie:	what is to be remembered
 * @tsval:	the clock
 *
 * Return: a timestamp not later than the clock, so that those to come are not
 * before it.
 */
u32 atcp_cookie_tsval(const struct atcp_cookie *cookie, u32 tsval)
{
	u32 with = (tsval & ~(u32)ATCP_COOKIE_NOTE) | (cookie->note & ATCP_COOKIE_NOTE);

	return seq_gt(with, tsval) ? with - (ATCP_COOKIE_NOTE + 1) : with;
}

/* The SYN,ACK was sent when the SYN came; should this ACK not do, it goes again. */
static void synack_was_sent(struct atcp_tcb *tcb, u64 now)
{
	tcb->send &= ~ATCP_SEND_SYN;
	tcb->segs_out++;
	atcp_arm_retransmit(tcb, now);
}

/**
 * atcp_cookie_arrives() - an ACK brings its SYN back
 * @tcb:	in LISTEN, a copy of the listener's that becomes the child's
 * @cookie:	read from the ACK, and found to be ours
 * @ack:	the ACK, its text behind it
 * @room:	octets of the text that there is memory for
 * @now:	microseconds
 * @fx:		effects of both
 *
 * The SYN that the cookie remembers arrives, by the code that every SYN passes, and
 * then the ACK. Its timestamp tells of the note, not of a round trip.
 *
 * Context: the TCB's lock held; any. Source: RFC 4987, 3.6. [R4987-COOKIES]
 */
void atcp_cookie_arrives(struct atcp_tcb *tcb, const struct atcp_cookie *cookie,
			 const struct atcp_seg *ack, u32 room, u64 now, struct atcp_fx *fx)
{
	struct atcp_seg seg = *ack;

	write_syn(&seg, cookie, tcb->ipv6);
	seg.seq = ack->seq - 1;
	seg.ack = 0;
	seg.gso = 0;
	seg.up = 0;
	seg.opt.n_sack = 0;
	atcp_segment_arrives(tcb, &seg, ack->ack - 1, 0, now, fx);
	synack_was_sent(tcb, now);
	seg = *ack;
	seg.opt.tsecr = 0;
	atcp_segment_arrives(tcb, &seg, 0, room, now, fx);
}
