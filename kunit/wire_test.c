// SPDX-License-Identifier: GPL-2.0
/*
 * Suite of wire.c: headers, honest and hostile.
 */

#include "../module/core/wire.c"
#include <linux/kernel.h>
#include "atcp_test.h"

/* Ports, SEQ, ACK, Data Offset, control bits, window, checksum, urgent pointer */
static void header(u8 *hdr, u8 offset, u8 ctl)
{
	static const u8 fixed[] = {
		0x12, 0x34, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0xa1, 0xa2, 0xa3, 0xa4,
		0, 0, 0xff, 0xfe, 0x00, 0x00, 0x00, 0x07,
	};

	memcpy(hdr, fixed, sizeof(fixed));
	hdr[12] = offset << 4;
	hdr[13] = ctl;
}

/* Reads a header of 20 octets and the options given, on exactly that memory. */
static bool read_opts(struct kunit *test, struct atcp_seg *seg, const u8 *opts, u32 len)
{
	u32 padded = round_up(len, 4);
	u8 *hdr = kunit_kzalloc(test, 20 + padded, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, hdr);
	header(hdr, (20 + padded) / 4, ATCP_ACK);
	memcpy(hdr + 20, opts, len);
	memset(hdr + 20 + len, OPT_NOP, padded - len);
	return atcp_wire_read(seg, hdr, 20 + padded, 20 + padded);
}

static void read__fields(struct kunit *test)
{
	u8 hdr[20];
	struct atcp_seg seg;

	header(hdr, 5, ATCP_PSH | ATCP_ACK | ATCP_URG);
	memset(&seg, 0xa5, sizeof(seg));
	KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 20, 120));
	KUNIT_EXPECT_EQ(test, seg.seq, 0x01020304u);
	KUNIT_EXPECT_EQ(test, seg.ack, 0xa1a2a3a4u);
	KUNIT_EXPECT_EQ(test, seg.text, 100u);
	KUNIT_EXPECT_EQ(test, seg.wnd, (u16)0xfffe);	/* [MUST-1] */
	KUNIT_EXPECT_EQ(test, seg.up, (u16)7);
	KUNIT_EXPECT_EQ(test, seg.ctl, (u8)(ATCP_PSH | ATCP_ACK | ATCP_URG));
	KUNIT_EXPECT_EQ(test, seg.gso, (u16)0);
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)0);
	KUNIT_EXPECT_EQ(test, seg.opt.n_sack, (u8)0);
}

/* R9293-RSVD: reserved bits are not looked at, but for the one that RFC 9768 made AE. */
static void read__reserved_bits(struct kunit *test)
{
	u8 hdr[20];
	struct atcp_seg seg;

	header(hdr, 5, ATCP_SYN);
	hdr[12] |= 0x0e;
	KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 20, 20));
	KUNIT_EXPECT_EQ(test, seg.ctl, (u16)ATCP_SYN);
	hdr[12] |= 0x01;
	KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 20, 20));
	KUNIT_EXPECT_EQ(test, seg.ctl, (u16)(ATCP_SYN | ATCP_AE));
	KUNIT_EXPECT_EQ(test, seg.text, 0u);
}

static void read__cut_short(struct kunit *test)
{
	u8 hdr[60] = { 0 };
	struct atcp_seg seg;
	u32 len, off;

	header(hdr, 5, ATCP_ACK);
	for (len = 0; len < 20; len++) {
		u8 *exact = kunit_kzalloc(test, max(len, 1u), GFP_KERNEL);

		memcpy(exact, hdr, len);
		KUNIT_EXPECT_FALSE(test, atcp_wire_read(&seg, exact, len, 1000));
	}
	for (off = 0; off < 16; off++) {
		hdr[12] = off << 4;
		KUNIT_EXPECT_EQ(test, atcp_wire_read(&seg, hdr, 40, 1000),
				off >= 5 && off <= 10);
		KUNIT_EXPECT_EQ(test, atcp_wire_read(&seg, hdr, 60, 40),
				off >= 5 && off <= 10);
	}
	hdr[12] = 5 << 4;
	KUNIT_EXPECT_FALSE(test, atcp_wire_read(&seg, hdr, 60, 19));
}

static void read__text_length(struct kunit *test)
{
	u8 hdr[60] = { 0 };
	struct atcp_seg seg;

	header(hdr, 15, ATCP_ACK);
	KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 60, 60));
	KUNIT_EXPECT_EQ(test, seg.text, 0u);
	KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 60, 65535));
	KUNIT_EXPECT_EQ(test, seg.text, 65475u);
}

/* [MUST-4] [MUST-64] without padding, at odd offsets. */
static void options__all(struct kunit *test)
{
	static const u8 opts[] = {
		OPT_NOP, OPT_MSS, 4, 0x05, 0xb4, OPT_WSCALE, 3, 7,
		OPT_SACK_PERM, 2, OPT_TS, 10, 0xde, 0xad, 0xbe, 0xef, 0x80,
		0x00, 0x00, 0x01, OPT_EOL,
	};
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)(ATCP_OPT_MSS | ATCP_OPT_WSCALE |
						ATCP_OPT_SACK_PERM | ATCP_OPT_TS));
	KUNIT_EXPECT_EQ(test, seg.opt.mss, (u16)1460);
	KUNIT_EXPECT_EQ(test, seg.opt.wscale, (u8)7);
	KUNIT_EXPECT_EQ(test, seg.opt.tsval, 0xdeadbeefu);
	KUNIT_EXPECT_EQ(test, seg.opt.tsecr, 0x80000001u);
}

/* [MUST-64] */
static void options__every_alignment(struct kunit *test)
{
	u8 opts[20];
	u32 at;

	for (at = 0; at <= 16; at++) {
		struct atcp_seg seg;

		memset(opts, OPT_NOP, sizeof(opts));
		memcpy(opts + at, ((const u8[]){ OPT_MSS, 4, 0x11, 0x22 }), 4);
		KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
		KUNIT_EXPECT_EQ(test, seg.opt.mss, (u16)0x1122);
	}
}

static void options__nothing_after_eol(struct kunit *test)
{
	static const u8 opts[] = {
		OPT_EOL, OPT_MSS, 4, 0x05, 0xb4,
	};
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)0);
}

/* [MUST-6] */
static void options__unknown_passed_over(struct kunit *test)
{
	static const u8 opts[] = {
		253, 5, OPT_MSS, 4, 9, 200, 2, 255, 3, 0, 77, 4, 0x80, 1,
		OPT_MSS, 4, 0x05,
		0xb4,
	};
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)ATCP_OPT_MSS);
	KUNIT_EXPECT_EQ(test, seg.opt.mss, (u16)1460);
}

/* [R5482-FMT] the value is kept as it stands; another length voids it */
static void options__user_timeout(struct kunit *test)
{
	static const u8 right[] = { 28, 4, 0x81, 0x02 };
	static const u8 small[] = { 28, 3, 0x81, OPT_MSS, 4, 5, 0xb4 };
	static const u8 large[] = { 28, 5, 0x81, 0x02, 1 };
	struct atcp_out out = { .ctl = ATCP_ACK };
	u8 hdr[ATCP_HDR_MAX];
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, right, sizeof(right)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u16)ATCP_OPT_UTO);
	KUNIT_EXPECT_EQ(test, seg.opt.uto, (u16)0x8102);
	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, small, sizeof(small)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u16)ATCP_OPT_MSS);
	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, large, sizeof(large)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u16)0);

	out.opt.have = ATCP_OPT_UTO;
	out.opt.uto = 0x8102;
	KUNIT_EXPECT_EQ(test, atcp_wire_write(hdr, &out, 1, 2), 24u);
	KUNIT_EXPECT_EQ(test, memcmp(hdr + 20, right, sizeof(right)), 0);
	out.opt.have |= ATCP_OPT_TS;
	KUNIT_EXPECT_EQ(test, atcp_wire_opt_len(&out.opt), 16u);
}

/* [MUST-7] a length of 0, of 1, or past the end: the rest is not read. */
static void options__illegal_length(struct kunit *test)
{
	static const u8 kinds[] = { OPT_MSS, OPT_WSCALE, OPT_SACK_PERM, OPT_SACK,
				    OPT_TS, 99, 255 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		u32 len;

		for (len = 0; len < 256; len++) {
			const u8 opts[] = { OPT_SACK_PERM, 2, kinds[i], len,
					    0, 0, 0, 0 };
			struct atcp_seg seg;
			u8 have = ATCP_OPT_SACK_PERM;

			KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, 8));
			if (kinds[i] == OPT_WSCALE && len == LEN_WSCALE)
				have |= ATCP_OPT_WSCALE;
			KUNIT_EXPECT_EQ(test, seg.opt.have, have);
			KUNIT_EXPECT_EQ(test, seg.opt.n_sack, (u8)0);
		}
	}
}

/* Each option, its end cut off by the end of the header. */
static void options__cut_by_the_header(struct kunit *test)
{
	static const u8 lens[][2] = {
		{ OPT_MSS, LEN_MSS }, { OPT_WSCALE, LEN_WSCALE }, { OPT_TS, LEN_TS },
		{ OPT_SACK, 10 }, { OPT_SACK, 18 }, { OPT_SACK, 34 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		u32 have;

		for (have = 2; have < lens[i][1]; have++) {
			u32 len = round_up(have, 4);
			struct atcp_seg seg;
			u8 opts[40];

			memset(opts, OPT_NOP, sizeof(opts));
			opts[len - have] = lens[i][0];
			opts[len - have + 1] = lens[i][1];
			KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, len));
			KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)0);
			KUNIT_EXPECT_EQ(test, seg.opt.n_sack, (u8)0);
		}
	}
}

static void options__length_octet_missing(struct kunit *test)
{
	static const u8 opts[] = {
		OPT_NOP, OPT_NOP, OPT_NOP, OPT_MSS,
	};
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)0);
}

/* A wrong length voids that option only. */
static void options__wrong_length_is_not_taken(struct kunit *test)
{
	static const u8 opts[] = {
		OPT_MSS, 3, 1, OPT_MSS, 5, 1, 1, 1, OPT_WSCALE, 2,
		OPT_SACK_PERM, 3, 0, OPT_TS, 9, 1, 1, 1, 1, 1, 1, 1, OPT_WSCALE,
		3, 2,
	};
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)ATCP_OPT_WSCALE);
	KUNIT_EXPECT_EQ(test, seg.opt.wscale, (u8)2);
}

/* R7323-WS14 */
static void options__wscale_above_14(struct kunit *test)
{
	u32 shift;

	for (shift = 0; shift < 256; shift++) {
		const u8 opts[] = { OPT_WSCALE, 3, shift };
		struct atcp_seg seg;

		KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, 3));
		KUNIT_EXPECT_EQ(test, seg.opt.wscale, (u8)min(shift, 14u));
	}
}

static void options__mss_zero_is_none(struct kunit *test)
{
	static const u8 opts[] = {
		OPT_MSS, 4, 0, 0,
	};
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)0);
}

static void options__sack_blocks(struct kunit *test)
{
	u8 opts[40] = { OPT_NOP, OPT_NOP, OPT_SACK };
	u32 len, i;

	for (i = 4; i < sizeof(opts); i++)
		opts[i] = i;
	for (len = 2; len <= 37; len++) {
		bool whole = len > 2 && (len - 2) % 8 == 0;
		struct atcp_seg seg;

		opts[3] = len;
		/* What is beyond the option must not be read as options. */
		KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, 2 + len));
		KUNIT_EXPECT_EQ(test, seg.opt.n_sack, (u8)(whole ? (len - 2) / 8 : 0));
		if (!whole)
			continue;
		KUNIT_EXPECT_EQ(test, seg.opt.sack[0].left, 0x04050607u);
		KUNIT_EXPECT_EQ(test, seg.opt.sack[0].right, 0x08090a0bu);
		i = seg.opt.n_sack - 1;
		KUNIT_EXPECT_EQ(test, seg.opt.sack[i].right & 0xff, 8 * i + 0x0b);
	}
}

static void opt_len__is_padded_and_fits(struct kunit *test)
{
	struct atcp_opts opt = { 0 };
	u32 have;

	for (have = 0; have < 16; have++) {
		u32 len;

		opt.have = have;
		len = atcp_wire_opt_len(&opt);
		KUNIT_EXPECT_EQ(test, len % 4, 0u);
		KUNIT_EXPECT_LE(test, len, 40u);
		KUNIT_EXPECT_EQ(test, !len, !have);
	}
	opt.have = 0;
	opt.n_sack = 4;
	KUNIT_EXPECT_EQ(test, atcp_wire_opt_len(&opt), 36u);
	opt.have = ATCP_OPT_TS;
	opt.n_sack = 3;
	KUNIT_EXPECT_EQ(test, atcp_wire_opt_len(&opt), 40u);
}

static void write__fields(struct kunit *test)
{
	static const u8 want[] = {
		0x12, 0x34, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0xa1, 0xa2, 0xa3, 0xa4,
		0x50, ATCP_ACK | ATCP_URG, 0x80, 0x01, 0, 0, 0x12, 0x13,
	};
	struct atcp_out out = {
		.seq = 0x01020304, .ack = 0xa1a2a3a4, .wnd = 0x8001, .up = 0x1213,
		.ctl = ATCP_ACK | ATCP_URG,
	};
	u8 hdr[ATCP_HDR_MAX];

	memset(hdr, 0xff, sizeof(hdr));
	KUNIT_ASSERT_EQ(test, atcp_wire_write(hdr, &out, 0x1234, 80), 20u);
	KUNIT_EXPECT_MEMEQ(test, hdr, want, 20);
	KUNIT_EXPECT_EQ(test, hdr[20], (u8)0xff);
}

/* What is written is read again, for every set of options. [MUST-68] */
static void write__read_again(struct kunit *test)
{
	u32 have, n, i;

	for (have = 0; have < 16; have++)
		for (n = 0; n <= 3; n++) {
			struct atcp_out out = {
				.seq = 1, .ack = 2, .ctl = ATCP_SYN | ATCP_ACK,
				.opt = { .have = have, .mss = 1460, .wscale = 9,
					 .tsval = 0x80000000, .tsecr = 0xffffffff,
					 .n_sack = n },
			};
			struct atcp_seg seg;
			u8 hdr[ATCP_HDR_MAX];
			u32 len;

			for (i = 0; i < n; i++)
				out.opt.sack[i] = (struct atcp_range){ 1u << i, ~0u - i };
			if (20 + atcp_wire_opt_len(&out.opt) > ATCP_HDR_MAX)
				continue;
			memset(hdr, OPT_MSS, sizeof(hdr));
			len = atcp_wire_write(hdr, &out, 1, 2);
			KUNIT_EXPECT_EQ(test, len, 20 + atcp_wire_opt_len(&out.opt));
			KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, len, len));
			KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)have);
			KUNIT_EXPECT_EQ(test, seg.opt.n_sack, (u8)n);
			if (have & ATCP_OPT_MSS)
				KUNIT_EXPECT_EQ(test, seg.opt.mss, (u16)1460);
			if (have & ATCP_OPT_WSCALE)
				KUNIT_EXPECT_EQ(test, seg.opt.wscale, (u8)9);
			if (have & ATCP_OPT_TS)
				KUNIT_EXPECT_EQ(test, seg.opt.tsecr, 0xffffffffu);
			KUNIT_EXPECT_MEMEQ(test, seg.opt.sack, out.opt.sack,
					   n * sizeof(seg.opt.sack[0]));
		}
}

/* The numbers of IANA's registry, not this file's names for them. */
static void options__by_number(struct kunit *test)
{
	static const u8 opts[] = {
		8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2,
		5, 10, 0, 0, 0, 9, 0, 0, 0, 10,
	};
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, seg.opt.have, (u8)(ATCP_OPT_TS | ATCP_OPT_MSS |
						 ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM));
	KUNIT_EXPECT_EQ(test, seg.opt.tsval, 0x01020304u);
	KUNIT_EXPECT_EQ(test, seg.opt.tsecr, 0x05060708u);
	KUNIT_EXPECT_EQ(test, (u32)seg.opt.mss, 1460u);
	KUNIT_EXPECT_EQ(test, (u32)seg.opt.wscale, 7u);
	KUNIT_EXPECT_EQ(test, (u32)seg.opt.n_sack, 1u);
	KUNIT_EXPECT_EQ(test, seg.opt.sack[0].left, 9u);
	KUNIT_EXPECT_EQ(test, seg.opt.sack[0].right, 10u);
}

/* What a SYN and an ACK of ours look like, octet by octet */
static void write__by_number(struct kunit *test)
{
	static const u8 syn[] = {
		0x12, 0x34, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0xa0, 0x02, 0xff, 0xff,
		0, 0, 0, 0, 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0,
		1, 3, 3, 7,
	};
	static const u8 ack[] = {
		0x12, 0x34, 0, 80, 0, 0, 0, 7, 0, 0, 0, 8, 0xb0, 0x10, 1, 2,
		0, 0, 0, 3, 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 6, 1, 1, 5, 10,
		0, 0, 0, 20, 0, 0, 0, 30,
	};
	struct atcp_out out = {
		.seq = 7, .ctl = ATCP_SYN, .wnd = 0xffff,
		.opt = {
			.have = ATCP_OPT_MSS | ATCP_OPT_TS | ATCP_OPT_SACK_PERM |
				ATCP_OPT_WSCALE,
			.mss = 1460, .tsval = 9, .wscale = 7,
		},
	};
	u8 hdr[ATCP_HDR_MAX];

	memset(hdr, 0xa5, sizeof(hdr));
	KUNIT_ASSERT_EQ(test, atcp_wire_write(hdr, &out, 0x1234, 80), (u32)sizeof(syn));
	KUNIT_EXPECT_MEMEQ(test, hdr, syn, sizeof(syn));
	out = (struct atcp_out){
		.seq = 7, .ack = 8, .ctl = ATCP_ACK, .wnd = 0x0102, .up = 3,
		.opt = {
			.have = ATCP_OPT_TS, .tsval = 9, .tsecr = 6,
			.n_sack = 1, .sack = { { 20, 30 } },
		},
	};
	KUNIT_ASSERT_EQ(test, atcp_wire_write(hdr, &out, 0x1234, 80), (u32)sizeof(ack));
	KUNIT_EXPECT_MEMEQ(test, hdr, ack, sizeof(ack));
}

/* Without a timestamp, too, no option has more padding than a word before it. */
static void write__padding_is_before(struct kunit *test)
{
	static const u8 syn[] = { 2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7 };
	static const u8 bare[] = { 1, 1, 4, 2 };
	struct atcp_out out = {
		.ctl = ATCP_SYN,
		.opt = { .have = ATCP_OPT_MSS | ATCP_OPT_SACK_PERM | ATCP_OPT_WSCALE,
			 .mss = 1460, .wscale = 7 },
	};
	u8 hdr[ATCP_HDR_MAX];

	KUNIT_ASSERT_EQ(test, atcp_wire_write(hdr, &out, 1, 2), (u32)(20 + sizeof(syn)));
	KUNIT_EXPECT_MEMEQ(test, hdr + 20, syn, sizeof(syn));
	out.opt.have = ATCP_OPT_SACK_PERM;
	KUNIT_ASSERT_EQ(test, atcp_wire_write(hdr, &out, 1, 2), (u32)(20 + sizeof(bare)));
	KUNIT_EXPECT_MEMEQ(test, hdr + 20, bare, sizeof(bare));
}

/* RFC 7413, 4.1.1, and the experiment before it: a request, a cookie, NOPs in front */
static void write__fastopen(struct kunit *test)
{
	static const struct {
		bool exp;
		u8 len, total, octet[16];
	} cases[] = {
		{ false, 0, 4, { 1, 1, 34, 2 } },
		{ false, 8, 12, { 1, 1, 34, 10, 11, 12, 13, 14, 15, 16, 17, 18 } },
		{ true, 0, 4, { 254, 4, 0xf9, 0x89 } },
		{ true, 8, 12, { 254, 12, 0xf9, 0x89, 11, 12, 13, 14, 15, 16, 17, 18 } },
		{ true, 6, 12, { 1, 1, 254, 10, 0xf9, 0x89, 11, 12, 13, 14, 15, 16 } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct atcp_out out = {
			.ctl = ATCP_SYN,
			.opt = { .have = ATCP_OPT_FASTOPEN,
				 .fo = { .exp = cases[i].exp, .len = cases[i].len,
					 .octet = { 11, 12, 13, 14, 15, 16, 17, 18 } } },
		};
		u8 hdr[ATCP_HDR_MAX];

		KUNIT_ASSERT_EQ(test, atcp_wire_write(hdr, &out, 1, 2), 20u + cases[i].total);
		KUNIT_EXPECT_MEMEQ(test, hdr + 20, cases[i].octet, cases[i].total);
	}
}

/* What follows the header is text, whatever it looks like. [MUST-7] */
static void options__not_from_the_text(struct kunit *test)
{
	u8 hdr[28] = { 0 };
	struct atcp_seg seg;

	header(hdr, 6, ATCP_ACK);
	memset(hdr + 20, 1, 3);
	hdr[23] = 4;		/* SACK-permitted, its length cut off */
	hdr[24] = 2;
	KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 28, 28));
	KUNIT_EXPECT_EQ(test, (u32)seg.opt.have, 0u);
	KUNIT_EXPECT_EQ(test, seg.text, 4u);
}

/* [MUST-4]: after the end there is nothing, though it would make sense. */
static void options__sense_after_eol(struct kunit *test)
{
	static const u8 opts[] = { 0, 2, 2, 4, 5, 0xb4, 1, 1 };
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, (u32)seg.opt.have, 0u);
}

/* No more blocks than there is place for, even if a header could hold them. */
static void read_sack__five_blocks(struct kunit *test)
{
	static const u8 blocks[40] = { 0 };
	struct atcp_opts opt = { 0 };

	read_sack(&opt, blocks, 42);
	KUNIT_EXPECT_EQ(test, (u32)opt.n_sack, 0u);
	read_sack(&opt, blocks, 34);
	KUNIT_EXPECT_EQ(test, (u32)opt.n_sack, 4u);
}

/* Nothing is read that is not there, however short it is. */
static void read__exact_memory(struct kunit *test)
{
	struct atcp_seg seg;
	u32 len;

	for (len = 1; len < 20; len++) {
		u8 *hdr = kunit_kzalloc(test, len, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, hdr);
		KUNIT_EXPECT_FALSE(test, atcp_wire_read(&seg, hdr, len, 100));
	}
}

/* [MUST-7] a length of 1 is illegal, not a step back. */
static void options__length_of_one(struct kunit *test)
{
	static const u8 opts[] = { 9, 1, 2, 4, 5, 0xb4, 1, 1 };
	struct atcp_seg seg;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
	KUNIT_EXPECT_EQ(test, (u32)seg.opt.have, 0u);
}

/* [R9768-LEN]: fields that fit are read, whatever else there is; a wrong order is an order */
static void read__accecn(struct kunit *test)
{
	static const u8 kinds[] = { 172, 174 };
	u8 hdr[60];
	struct atcp_seg seg;
	u8 k, len, i;

	for (k = 0; k < 2; k++)
		for (len = 2; len <= 40; len++) {
			u8 n = min((len - 2) / 3, 3);

			header(hdr, 15, ATCP_ACK);
			memset(hdr + 20, 0, 40);
			hdr[20] = kinds[k];
			hdr[21] = len;
			for (i = 22; i < 20 + len; i++)
				hdr[i] = i;
			KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 60, 60));
			KUNIT_EXPECT_EQ(test, seg.opt.have, (u16)ATCP_OPT_ACCECN);
			KUNIT_EXPECT_EQ(test, seg.opt.accecn.order, k);
			KUNIT_EXPECT_EQ(test, seg.opt.accecn.n, n);
			for (i = 0; i < n; i++)
				KUNIT_EXPECT_EQ(test, seg.opt.accecn.field[i],
						0x161718u + 0x030303 * i);
		}
}

/* [R9768-OPTION]: written, read, and of a length that is a multiple of 4 */
static void write__accecn(struct kunit *test)
{
	static const u32 lens[] = { 4, 8, 8, 12 };
	struct atcp_out out = { .ctl = ATCP_ACK };
	u8 hdr[ATCP_HDR_MAX];
	struct atcp_seg seg;
	u8 n, order, i;

	out.opt.have = ATCP_OPT_ACCECN;
	out.opt.accecn.field[0] = 0xfedcba;
	out.opt.accecn.field[1] = 1;
	out.opt.accecn.field[2] = 0x800000;
	for (order = 0; order < 2; order++)
		for (n = 0; n < 4; n++) {
			out.opt.accecn.n = n;
			out.opt.accecn.order = order;
			KUNIT_EXPECT_EQ(test, atcp_wire_opt_len(&out.opt), lens[n]);
			memset(hdr, 0xee, sizeof(hdr));
			KUNIT_EXPECT_EQ(test, atcp_wire_write(hdr, &out, 1, 2), 20 + lens[n]);
			KUNIT_EXPECT_EQ(test, hdr[20 + lens[n]], (u8)0xee);
			KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 20 + lens[n],
							       20 + lens[n]));
			KUNIT_EXPECT_EQ(test, seg.opt.accecn.n, n);
			KUNIT_EXPECT_EQ(test, seg.opt.accecn.order, order);
			for (i = 0; i < n; i++)
				KUNIT_EXPECT_EQ(test, seg.opt.accecn.field[i],
						out.opt.accecn.field[i]);
		}
}

/* [R9768-ACEOUT]: AE has a place beside the length */
static void write__ae(struct kunit *test)
{
	struct atcp_out out = { .ctl = ATCP_ACK | ATCP_AE | ATCP_CWR };
	u8 hdr[ATCP_HDR_MAX];

	atcp_wire_write(hdr, &out, 1, 2);
	KUNIT_EXPECT_EQ(test, hdr[12], (u8)0x51);
	KUNIT_EXPECT_EQ(test, hdr[13], (u8)(ATCP_ACK | ATCP_CWR));
}

/* Where a digest stands: [R2385-LEN] [R5925-LEN] */
static void options__where_the_digest_is(struct kunit *test)
{
	u8 opts[40] = { 1, 1, 19, 18, 1, 2, 3 };
	u8 ao[16] = { 29, 16, 7, 9 };
	struct atcp_seg seg;
	u8 len;

	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, 20));
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_kind, ATCP_AUTH_MD5);
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_at, 22);
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_len, 18);
	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, ao, sizeof(ao)));
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_kind, ATCP_AUTH_AO);
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_at, 20);
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_len, 16);
	KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, 2));
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_kind, ATCP_AUTH_NONE);
	for (len = 2; len <= 38; len++) {
		opts[3] = len;
		KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
		KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_kind,
				len == 18 ? ATCP_AUTH_MD5 : ATCP_AUTH_BAD);
		opts[2] = 29;
		KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
		KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_kind,
				len > 4 ? ATCP_AUTH_AO : ATCP_AUTH_BAD);
		opts[2] = 19;
	}
}

/* [R5925-ONCE] [R5925-NOTMD5] of two nobody knows which counts */
static void options__two_digests(struct kunit *test)
{
	static const u8 kinds[] = { 19, 29 };
	unsigned int i, k;
	struct atcp_seg seg;

	for (i = 0; i < 2; i++)
		for (k = 0; k < 2; k++) {
			u8 opts[40] = { 0 };

			opts[0] = kinds[i];
			opts[1] = 18;
			opts[18] = kinds[k];
			opts[19] = 18;
			KUNIT_ASSERT_TRUE(test, read_opts(test, &seg, opts, sizeof(opts)));
			KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_kind, ATCP_AUTH_BAD);
		}
}

/* Its room is padding, before all other options. */
static void write__room_for_a_digest(struct kunit *test)
{
	struct atcp_out out = {
		.ctl = ATCP_ACK,
		.opt = { .have = ATCP_OPT_TS, .tsval = 9, .auth = 20 },
	};
	struct atcp_seg seg;
	u8 hdr[ATCP_HDR_MAX];
	u32 i;

	memset(hdr, 0xa5, sizeof(hdr));
	KUNIT_EXPECT_EQ(test, atcp_wire_opt_len(&out.opt), 32u);
	KUNIT_ASSERT_EQ(test, atcp_wire_write(hdr, &out, 1, 2), 52u);
	for (i = 20; i < 40; i++)
		KUNIT_EXPECT_EQ(test, (int)hdr[i], OPT_NOP);
	KUNIT_ASSERT_TRUE(test, atcp_wire_read(&seg, hdr, 52, 52));
	KUNIT_EXPECT_EQ(test, seg.opt.tsval, 9u);
	KUNIT_EXPECT_EQ(test, (int)seg.opt.auth_kind, ATCP_AUTH_NONE);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE(read__fields),
	KUNIT_CASE(read__reserved_bits),
	KUNIT_CASE(read__cut_short),
	KUNIT_CASE(read__text_length),
	KUNIT_CASE(options__all),
	KUNIT_CASE(options__every_alignment),
	KUNIT_CASE(options__nothing_after_eol),
	KUNIT_CASE(options__unknown_passed_over),
	KUNIT_CASE(options__user_timeout),
	KUNIT_CASE(options__illegal_length),
	KUNIT_CASE(options__cut_by_the_header),
	KUNIT_CASE(options__length_octet_missing),
	KUNIT_CASE(options__wrong_length_is_not_taken),
	KUNIT_CASE(options__wscale_above_14),
	KUNIT_CASE(options__mss_zero_is_none),
	KUNIT_CASE(options__sack_blocks),
	KUNIT_CASE(opt_len__is_padded_and_fits),
	KUNIT_CASE(write__fields),
	KUNIT_CASE(write__read_again),
	KUNIT_CASE(options__by_number),
	KUNIT_CASE(write__by_number),
	KUNIT_CASE(write__padding_is_before),
	KUNIT_CASE(write__fastopen),
	KUNIT_CASE(read__accecn),
	KUNIT_CASE(write__accecn),
	KUNIT_CASE(write__ae),
	KUNIT_CASE(options__not_from_the_text),
	KUNIT_CASE(options__sense_after_eol),
	KUNIT_CASE(read_sack__five_blocks),
	KUNIT_CASE(read__exact_memory),
	KUNIT_CASE(options__length_of_one),
	KUNIT_CASE(options__where_the_digest_is),
	KUNIT_CASE(options__two_digests),
	KUNIT_CASE(write__room_for_a_digest),
	{}
};

TRIAL_SUITE(wire, wire_cases);
