/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A TCP segment in an IPv4 or IPv6 packet, as the scripted peer writes and reads it.
 * RFC 9293, section 3.1; RFC 7323; RFC 2018; RFC 8200, section 8.1.
 */
#ifndef WALKS_WIRE_H
#define WALKS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
	URG = 32,
	ECE = 64,
	CWR = 128,
};

/* Which options a segment has. */
enum {
	OPT_MSS = 1,
	OPT_WSCALE = 2,
	OPT_SACK_OK = 4,
	OPT_TS = 8,
	OPT_SACK = 16,
	OPT_BROKEN = 32,		/* one whose length is impossible, first of all */
	OPT_UNKNOWN = 64,		/* one that no TCP knows, first of all */
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MAX_SACK	4
#define MAX_PACKET	65535
#define HEADERS		(40 + 20 + 40)	/* at most */
#define IP6_PREFIX	{ 0xfd, 0, 0, 8 }	/* fd00:8::/96, and a number as in IPv4 */

struct block {
	uint32_t left;
	uint32_t right;
};

/**
 * struct seg - a segment, in host order
 * @six:	IPv6
 * @src:	address it comes from; of IPv6, what is behind the prefix
 * @dst:	address it goes to
 * @sport:	port it comes from
 * @dport:	port it goes to
 * @seq:	sequence number
 * @ack:	acknowledgment number
 * @flags:	FIN and its like
 * @wnd:	window field
 * @up:		urgent pointer
 * @len:	octets of text
 * @text:	the text
 * @opts:	OPT_MSS and its like
 * @mss:	OPT_MSS
 * @wscale:	OPT_WSCALE
 * @tsval:	OPT_TS
 * @tsecr:	OPT_TS
 * @n_sack:	OPT_SACK: blocks
 * @sack:	the blocks
 */
struct seg {
	bool six;
	uint32_t src;
	uint32_t dst;
	uint16_t sport;
	uint16_t dport;
	uint32_t seq;
	uint32_t ack;
	uint8_t flags;
	uint16_t wnd;
	uint16_t up;
	uint16_t len;
	const uint8_t *text;
	uint8_t opts;
	uint16_t mss;
	uint8_t wscale;
	uint32_t tsval;
	uint32_t tsecr;
	uint8_t n_sack;
	struct block sack[MAX_SACK];
};

size_t seg_write(uint8_t *packet, const struct seg *seg);
size_t icmp_write(uint8_t *packet, uint32_t src, bool hard, const struct seg *quoted);
void ip6_address(uint8_t *p, uint32_t address);
bool seg_read(struct seg *seg, const uint8_t *packet, size_t size);
const char *flag_names(uint8_t flags);

/* Octets of sequence space. */
static inline uint32_t seg_len(const struct seg *seg)
{
	return seg->len + !!(seg->flags & SYN) + !!(seg->flags & FIN);
}

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
