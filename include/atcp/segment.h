/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments as the core sees them: parsed, in host order, without addresses.
 *
 * struct atcp_seg is one that arrived (SEG.SEQ, SEG.ACK, ... of RFC 9293);
 * struct atcp_out is one that is to be sent.  Neither holds text: text is a
 * range of octets that the shell keeps.
 */
#ifndef _ATCP_SEGMENT_H
#define _ATCP_SEGMENT_H

#include <linux/types.h>

/* Control bits (RFC 9293, section 3.1; RFC 3168 for ECE and CWR). */
#define ATCP_FIN		0x01
#define ATCP_SYN		0x02
#define ATCP_RST		0x04
#define ATCP_PSH		0x08
#define ATCP_ACK		0x10
#define ATCP_URG		0x20
#define ATCP_ECE		0x40
#define ATCP_CWR		0x80
#define ATCP_AE			0x100	/* RFC 9768; before, a reserved bit */

/* Which options a segment carries. */
#define ATCP_OPT_MSS		0x01
#define ATCP_OPT_WSCALE		0x02
#define ATCP_OPT_SACK_PERM	0x04
#define ATCP_OPT_TS		0x08
#define ATCP_OPT_UTO		0x8000	/* RFC 5482 */
#define ATCP_OPT_FASTOPEN	0x100
#define ATCP_OPT_ACCECN		0x200	/* RFC 9768 */

/* Which option authenticates a segment that arrived. */
#define ATCP_AUTH_NONE		0
#define ATCP_AUTH_MD5		19	/* RFC 2385 */
#define ATCP_AUTH_AO		29	/* RFC 5925 */
#define ATCP_AUTH_BAD		255	/* more than one, or of an illegal length */

#define ATCP_MAX_SACK		4	/* blocks that fit in 40 octets */
#define ATCP_MAX_WSCALE		14	/* RFC 7323, section 2.3 */
#define ATCP_HDR_MIN		20
#define ATCP_HDR_MAX		60

/* A range of sequence numbers: left =< x < right. */
struct atcp_range {
	u32 left;
	u32 right;
};

#define ATCP_FO_COOKIE_MIN	4	/* octets; RFC 7413, 4.1.1 */
#define ATCP_FO_COOKIE_MAX	16

/**
 * struct atcp_fo_cookie - a Fast Open cookie
 * @len:	octets, an even number; 0: one is asked for
 * @exp:	in the experimental option, kind 254, that was before kind 34
 * @octet:	the cookie, which means something to its maker only
 */
struct atcp_fo_cookie {
	u8 len;
	bool exp;
	u8 octet[ATCP_FO_COOKIE_MAX];
};

/* The AccECN option: fields EE0B, ECEB, EE1B, or in the opposite order; some may lack. */
struct atcp_accecn_opt {
	u8 order;			/* 1: EE1B first */
	u8 n;				/* fields in @field */
	u32 field[3];			/* of 24 bits */
};

/* Options of a segment; a field means something when its bit is set. */
struct atcp_opts {
	u16 have;			/* ATCP_OPT_* */
	u8 wscale;			/* shift count, at most 14 */
	u16 mss;			/* octets */
	u16 uto;			/* user timeout, as it stands in the option */
	u32 tsval;
	u32 tsecr;
	struct atcp_accecn_opt accecn;
	u8 n_sack;			/* blocks in @sack */
	u8 auth;			/* to send: octets left for authentication, which
					 * the shell fills; they come first
					 */
	u8 auth_kind;			/* arrived: ATCP_AUTH_*, */
	u8 auth_at;			/* where in the header that option stands, */
	u8 auth_len;			/* and its octets, kind and length included */
	struct atcp_range sack[ATCP_MAX_SACK];
	struct atcp_fo_cookie fo;	/* ATCP_OPT_FASTOPEN */
};

/*
 * A segment that arrived.  An aggregate made by GRO is one segment here, with
 * the header fields of the merged packet; @gso then tells the size of the
 * pieces it came in.
 */
struct atcp_seg {
	u32 seq;
	u32 ack;
	u32 text;			/* octets of text, without SYN and FIN */
	u16 wnd;			/* the field as it stands, not scaled */
	u16 up;				/* urgent pointer */
	u16 gso;			/* octets of text a piece, 0 when single */
	u16 ctl;			/* ATCP_FIN ... */
	u8 ecn;				/* enum atcp_ect of the IP header */
	struct atcp_opts opt;
};

/* SEG.LEN: octets of text, and one each for SYN and FIN. */
static inline u32 atcp_seg_len(const struct atcp_seg *seg)
{
	return seg->text + !!(seg->ctl & ATCP_SYN) + !!(seg->ctl & ATCP_FIN);
}

/*
 * A segment to send.  Its text is the range [text_seq, text_seq + text) of the
 * send queue; with @text above @mss it is an aggregate to be cut into pieces
 * of @mss octets (GSO), where URG, PSH and FIN belong to the last piece, and CWR
 * to the first.
 */
struct atcp_out {
	u32 seq;
	u32 ack;
	u32 text;			/* octets */
	u32 text_seq;			/* of the first octet of text */
	u16 wnd;			/* the field as it goes out */
	u16 up;
	u16 mss;			/* octets of text a piece, > 0 when text > 0 */
	u16 ctl;
	u8 ecn;				/* enum atcp_ect for the IP header */
	bool rexmit;			/* some of it was sent before */
	struct atcp_opts opt;
};

#endif /* _ATCP_SEGMENT_H */
