// SPDX-License-Identifier: GPL-2.0
/*
 * The TCP header on the wire: reading what a peer sent, whatever it is, and
 * writing what we send.
 *
 * RFC 9293 sections 3.1 and 3.2; RFC 7323 (window scale, timestamps); RFC 2018
 * (SACK); RFC 9768 (AccECN); RFC 2385 and RFC 5925 (where a digest stands).  The
 * checksum, and what authenticates a segment, are the shell's: it knows the addresses
 * and the keys.
 */

#include <linux/math.h>
#include <linux/string.h>
#include <linux/types.h>
#include <atcp/wire.h>

enum {
	OPT_EOL = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WSCALE = 3,
	OPT_SACK_PERM = 4,
	OPT_SACK = 5,
	OPT_TS = 8,
	OPT_MD5 = ATCP_AUTH_MD5,
	OPT_AO = ATCP_AUTH_AO,
	OPT_UTO = 28,
	OPT_FASTOPEN = 34,		/* RFC 7413 */
	OPT_EXPERIMENT = 254,		/* RFC 6994: two octets tell whose */
	OPT_ACCECN0 = 172,
	OPT_ACCECN1 = 174,
};

#define EXPERIMENT_FASTOPEN	0xf989

enum {
	LEN_MSS = 4,
	LEN_WSCALE = 3,
	LEN_SACK_PERM = 2,
	LEN_SACK_BLOCK = 8,
	LEN_TS = 10,
	LEN_MD5 = 18,
	LEN_AO = 4,		/* and a MAC */
	LEN_UTO = 4,
	LEN_FASTOPEN = 2,		/* and the cookie */
	LEN_EXPERIMENT = 4,
	LEN_ACCECN_FIELD = 3,
};

static u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static u32 get32(const u8 *p)
{
	return (u32)get16(p) << 16 | get16(p + 2);
}

static u32 get24(const u8 *p)
{
	return (u32)get16(p) << 8 | p[2];
}

static u8 *put16(u8 *p, u16 v)
{
	*p++ = (u8)(v >> 8);
	*p++ = (u8)v;
	return p;
}

static u8 *put32(u8 *p, u32 v)
{
	return put16(put16(p, (u16)(v >> 16)), (u16)v);
}

static void read_sack(struct atcp_opts *opt, const u8 *p, u8 len)
{
	u8 n = (len - 2) / LEN_SACK_BLOCK;
	u8 i;

	if ((len - 2) % LEN_SACK_BLOCK || n == 0 || n > ATCP_MAX_SACK)
		return;
	for (i = 0; i < n; i++, p += LEN_SACK_BLOCK) {
		opt->sack[i].left = get32(p);
		opt->sack[i].right = get32(p + 4);
	}
	opt->n_sack = n;
}

/* A cookie of @len octets; another length than may be voids it. [R7413-OPT] */
static void read_cookie(struct atcp_opts *opt, const u8 *p, u8 len, bool exp)
{
	if (len % 2 || len > ATCP_FO_COOKIE_MAX || (len && len < ATCP_FO_COOKIE_MIN))
		return;
	opt->fo.len = len;
	opt->fo.exp = exp;
	memcpy(opt->fo.octet, p, len);
	opt->have |= ATCP_OPT_FASTOPEN;
}

/* As many fields as fit are there, whatever the length; what is left is padding. [R9768-LEN] */
static void read_accecn(struct atcp_opts *opt, u8 order, const u8 *p, u8 len)
{
	u8 n = (len - 2) / LEN_ACCECN_FIELD;
	u8 i;

	opt->accecn.order = order;
	opt->accecn.n = n > 3 ? 3 : n;
	for (i = 0; i < opt->accecn.n; i++, p += LEN_ACCECN_FIELD)
		opt->accecn.field[i] = get24(p);
	opt->have |= ATCP_OPT_ACCECN;
}

/*
 * Two of them, or one of each, authenticate nothing: whose word would it be?
 * [R2385-LEN] [R5925-LEN] [R5925-ONCE] [R5925-NOTMD5]
 */
static void read_auth(struct atcp_opts *opt, u8 kind, u8 len, u32 at)
{
	bool good = kind == OPT_MD5 ? len == LEN_MD5 : len > LEN_AO;

	opt->auth_kind = good && opt->auth_kind == ATCP_AUTH_NONE ? kind : ATCP_AUTH_BAD;
	opt->auth_at = (u8)at;
	opt->auth_len = len;
}

/*
 * One option of @len octets, its value at @p; a wrong length voids it.
 * [R7323-WS14] [R5482-SILENT]
 */
static void read_option(struct atcp_opts *opt, u8 kind, u8 len, const u8 *p)
{
	switch (kind) {
	case OPT_MSS:
		if (len != LEN_MSS || !get16(p))
			break;
		opt->mss = get16(p);
		opt->have |= ATCP_OPT_MSS;
		break;
	case OPT_WSCALE:
		if (len != LEN_WSCALE)
			break;
		/* RFC 7323, 2.3: more than 14 is taken as 14 */
		opt->wscale = *p > ATCP_MAX_WSCALE ? ATCP_MAX_WSCALE : *p;
		opt->have |= ATCP_OPT_WSCALE;
		break;
	case OPT_SACK_PERM:
		if (len == LEN_SACK_PERM)
			opt->have |= ATCP_OPT_SACK_PERM;
		break;
	case OPT_SACK:
		read_sack(opt, p, len);
		break;
	case OPT_TS:
		if (len != LEN_TS)
			break;
		opt->tsval = get32(p);
		opt->tsecr = get32(p + 4);
		opt->have |= ATCP_OPT_TS;
		break;
	case OPT_UTO:
		if (len != LEN_UTO)
			break;
		opt->uto = get16(p);
		opt->have |= ATCP_OPT_UTO;
		break;
	case OPT_FASTOPEN:
		read_cookie(opt, p, len - LEN_FASTOPEN, false);
		break;
	case OPT_EXPERIMENT:
		if (len >= LEN_EXPERIMENT && get16(p) == EXPERIMENT_FASTOPEN)
			read_cookie(opt, p + 2, len - LEN_EXPERIMENT, true);
		break;
	case OPT_ACCECN0:
	case OPT_ACCECN1:
		read_accecn(opt, kind == OPT_ACCECN1, p, len);
		break;
	default:
		break;		/* [MUST-6] unknown ones are passed over */
	}
}

/*
 * [MUST-5] options may stand in any segment; [MUST-7] one whose length is
 * illegal ends the reading, and what was read before it stands. [MUST-4] [MUST-64]
 */
static void read_options(struct atcp_opts *opt, const u8 *hdr, const u8 *end)
{
	const u8 *p = hdr + ATCP_HDR_MIN;

	while (p < end) {
		u8 kind = *p++;
		u8 len;

		if (kind == OPT_EOL)
			return;
		if (kind == OPT_NOP)
			continue;
		if (p == end)
			return;
		len = *p++;
		if (len < 2 || len - 2 > end - p)
			return;
		if (kind == OPT_MD5 || kind == OPT_AO)
			read_auth(opt, kind, len, p - 2 - hdr);
		else
			read_option(opt, kind, len, p);
		p += len - 2;
	}
}

/**
 * atcp_wire_read() - read the header of an arriving segment
 * @seg:	filled in
 * @hdr:	the header, linear
 * @hdr_len:	octets at @hdr
 * @total:	octets of the segment, header and text
 *
 * Context: any. Source: RFC 9293, section 3.1.
 * Return: false when the header is cut short or its Data Offset is impossible.
 * [R9293-RSVD]
 */
bool atcp_wire_read(struct atcp_seg *seg, const u8 *hdr, u32 hdr_len, u32 total)
{
	u32 off;

	if (hdr_len < ATCP_HDR_MIN || total < ATCP_HDR_MIN)
		return false;
	off = (hdr[12] >> 4) * 4;
	if (off < ATCP_HDR_MIN || off > hdr_len || off > total)
		return false;

	memset(seg, 0, sizeof(*seg));
	seg->seq = get32(hdr + 4);
	seg->ack = get32(hdr + 8);
	seg->ctl = hdr[13] | (hdr[12] & 1) << 8;
	seg->wnd = get16(hdr + 14);	/* [MUST-1] unsigned */
	seg->up = get16(hdr + 18);
	seg->text = total - off;
	read_options(&seg->opt, hdr, hdr + off);
	return true;
}

static u32 fastopen_len(const struct atcp_opts *opt)
{
	if (!(opt->have & ATCP_OPT_FASTOPEN))
		return 0;
	return opt->fo.len + (opt->fo.exp ? LEN_EXPERIMENT : LEN_FASTOPEN);
}

/**
 * atcp_wire_opt_len() - octets that the options take, with their padding
 * @opt:	options to send
 *
 * Context: any. Return: a multiple of 4, at most 40 for what the core asks for.
 */
u32 atcp_wire_opt_len(const struct atcp_opts *opt)
{
	u32 len = opt->auth;

	if (opt->have & ATCP_OPT_MSS)
		len += LEN_MSS;
	if (opt->have & ATCP_OPT_TS)
		len += 2 + LEN_TS;
	else if (opt->have & ATCP_OPT_SACK_PERM)
		len += 2 + LEN_SACK_PERM;
	if (opt->have & ATCP_OPT_WSCALE)
		len += 1 + LEN_WSCALE;
	if (opt->have & ATCP_OPT_UTO)
		len += LEN_UTO;
	if (opt->n_sack)
		len += 4 + LEN_SACK_BLOCK * opt->n_sack;
	if (opt->have & ATCP_OPT_ACCECN)
		len += (2 + LEN_ACCECN_FIELD * opt->accecn.n + 3) / 4 * 4;
	return len + round_up(fastopen_len(opt), 4);
}

/*
 * SACK-permitted takes the place of the padding before a timestamp.  Alone it
 * is padded there, too: behind it there would be three NOPs before the window
 * scale, and analysers take such a run for options that somebody removed.
 */
static u8 *write_ts_sack_perm(u8 *p, const struct atcp_opts *opt)
{
	u32 have = opt->have & (ATCP_OPT_TS | ATCP_OPT_SACK_PERM);

	if (have == ATCP_OPT_TS || have == ATCP_OPT_SACK_PERM) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
	}
	if (have & ATCP_OPT_SACK_PERM) {
		*p++ = OPT_SACK_PERM;
		*p++ = LEN_SACK_PERM;
	}
	if (!(have & ATCP_OPT_TS))
		return p;
	*p++ = OPT_TS;
	*p++ = LEN_TS;
	return put32(put32(p, opt->tsval), opt->tsecr);
}

static u8 *write_accecn(u8 *p, const struct atcp_accecn_opt *opt)
{
	u8 len = 2 + LEN_ACCECN_FIELD * opt->n;
	u8 i;

	for (i = len; i % 4; i++)
		*p++ = OPT_NOP;
	*p++ = opt->order ? OPT_ACCECN1 : OPT_ACCECN0;
	*p++ = len;
	for (i = 0; i < opt->n; i++) {
		*p++ = (u8)(opt->field[i] >> 16);
		p = put16(p, (u16)opt->field[i]);
	}
	return p;
}

static u8 *write_sack(u8 *p, const struct atcp_opts *opt)
{
	u8 i;

	if (!opt->n_sack)
		return p;
	*p++ = OPT_NOP;
	*p++ = OPT_NOP;
	*p++ = OPT_SACK;
	*p++ = 2 + LEN_SACK_BLOCK * opt->n_sack;
	for (i = 0; i < opt->n_sack; i++)
		p = put32(put32(p, opt->sack[i].left), opt->sack[i].right);
	return p;
}

static u8 *write_fastopen(u8 *p, const struct atcp_opts *opt)
{
	u32 len = fastopen_len(opt);

	if (!len)
		return p;
	for (; len % 4; len++)
		*p++ = OPT_NOP;
	*p++ = opt->fo.exp ? OPT_EXPERIMENT : OPT_FASTOPEN;
	*p++ = (u8)fastopen_len(opt);
	if (opt->fo.exp)
		p = put16(p, EXPERIMENT_FASTOPEN);
	memcpy(p, opt->fo.octet, opt->fo.len);
	return p + opt->fo.len;
}

/**
 * atcp_wire_write() - write the header of a segment
 * @hdr:	room for ATCP_HDR_MAX octets
 * @out:	the segment
 * @sport:	source port, host order
 * @dport:	destination port, host order
 *
 * The checksum field is left 0, and the place of authentication is padding.
 * Context: any. Source: RFC 9293, section 3.1.
 * Return: octets written, a multiple of 4. [R9293-RSVD] [MUST-68] [MUST-69]
 */
u32 atcp_wire_write(u8 *hdr, const struct atcp_out *out, u16 sport, u16 dport)
{
	u32 len = ATCP_HDR_MIN + atcp_wire_opt_len(&out->opt);
	u8 *p = hdr;

	p = put16(put16(p, sport), dport);
	p = put32(put32(p, out->seq), out->ack);
	/* the other reserved bits are 0 */
	*p++ = (u8)(len / 4 << 4 | (out->ctl & ATCP_AE) >> 8);
	*p++ = (u8)out->ctl;
	p = put16(p, out->wnd);
	p = put16(p, 0);
	p = put16(p, out->up);

	memset(p, OPT_NOP, out->opt.auth);
	p += out->opt.auth;
	if (out->opt.have & ATCP_OPT_MSS) {
		*p++ = OPT_MSS;
		*p++ = LEN_MSS;
		p = put16(p, out->opt.mss);
	}
	p = write_ts_sack_perm(p, &out->opt);
	if (out->opt.have & ATCP_OPT_WSCALE) {
		*p++ = OPT_NOP;
		*p++ = OPT_WSCALE;
		*p++ = LEN_WSCALE;
		*p++ = out->opt.wscale;
	}
	if (out->opt.have & ATCP_OPT_UTO) {
		*p++ = OPT_UTO;
		*p++ = LEN_UTO;
		p = put16(p, out->opt.uto);
	}
	p = write_fastopen(p, &out->opt);
	p = write_sack(p, &out->opt);
	if (out->opt.have & ATCP_OPT_ACCECN)
		write_accecn(p, &out->opt.accecn);
	return len;
}
