// SPDX-License-Identifier: GPL-2.0
/*
 * A TCP segment in an IP packet: written for the stack under test, and read
 * back from it.  It knows nothing of connections.
 */

#include <string.h>
#include "wire.h"

#define TCP_FIXED	20
#define IP_FIXED	20
#define IP6_FIXED	40
#define PROTO_ICMP	1
#define PROTO_TCP	6
#define PROTO_ICMP6	58

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t add16(uint32_t sum, const uint8_t *p, size_t len)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get16(p + i);
	return len & 1 ? sum + (p[len - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16)) & 0xffff;
}

static size_t ip_fixed(bool six)
{
	return six ? IP6_FIXED : IP_FIXED;
}

/* Of so many octets behind the IP header, with their pseudo header. */
static uint16_t upper_sum(const uint8_t *packet, bool six, uint8_t protocol, size_t len)
{
	uint32_t sum = six ? add16(0, packet + 8, 32) : add16(0, packet + 12, 8);

	return fold(add16(sum + protocol + len, packet + ip_fixed(six), len));
}

/* Options in the order that most stacks use; the odd ones come first. */
static size_t write_options(uint8_t *p, const struct seg *seg)
{
	const uint8_t *start = p;
	uint8_t i;

	if (seg->opts & OPT_UNKNOWN) {
		memcpy(p, "\376\4\1\2", 4);
		p += 4;
	}
	if (seg->opts & OPT_BROKEN) {
		memcpy(p, "\2\1\1\1", 4);
		p += 4;
	}
	if (seg->opts & OPT_MSS) {
		put32(p, 0x02040000 | seg->mss);
		p += 4;
	}
	if (seg->opts & OPT_SACK_OK) {
		put32(p, 0x04020101);
		p += 4;
	}
	if (seg->opts & OPT_TS) {
		put32(p, 0x0101080a);
		put32(p + 4, seg->tsval);
		put32(p + 8, seg->tsecr);
		p += 12;
	}
	if (seg->opts & OPT_WSCALE) {
		put32(p, 0x01030300 | seg->wscale);
		p += 4;
	}
	if (seg->opts & OPT_SACK) {
		put32(p, 0x01010500 | (2 + 8 * seg->n_sack));
		p += 4;
		for (i = 0; i < seg->n_sack; i++, p += 8) {
			put32(p, seg->sack[i].left);
			put32(p + 4, seg->sack[i].right);
		}
	}
	return p - start;
}

/**
 * ip6_address() - the IPv6 address of a number
 * @p:		16 octets
 * @address:	as of IPv4
 */
void ip6_address(uint8_t *p, uint32_t address)
{
	static const uint8_t prefix[12] = IP6_PREFIX;

	memcpy(p, prefix, sizeof(prefix));
	put32(p + sizeof(prefix), address);
}

static void write_ip4(uint8_t *packet, uint8_t protocol, uint32_t src, uint32_t dst, size_t total)
{
	memset(packet, 0, IP_FIXED);
	packet[0] = 0x45;
	put16(packet + 2, total);
	packet[6] = 0x40;
	packet[8] = 64;
	packet[9] = protocol;
	put32(packet + 12, src);
	put32(packet + 16, dst);
	put16(packet + 10, fold(add16(0, packet, IP_FIXED)));
}

static void write_ip6(uint8_t *packet, uint8_t protocol, uint32_t src, uint32_t dst, size_t total)
{
	memset(packet, 0, IP6_FIXED);
	packet[0] = 0x60;
	put16(packet + 4, total - IP6_FIXED);
	packet[6] = protocol;
	packet[7] = 64;
	ip6_address(packet + 8, src);
	ip6_address(packet + 24, dst);
}

/**
 * seg_write() - the packet that carries a segment
 * @packet:	room for HEADERS and the text
 * @seg:	the segment; its text is copied
 *
 * Return: octets of the packet.
 */
size_t seg_write(uint8_t *packet, const struct seg *seg)
{
	uint8_t *tcp = packet + ip_fixed(seg->six);
	size_t head, total;

	memset(tcp, 0, TCP_FIXED);
	head = TCP_FIXED + write_options(tcp + TCP_FIXED, seg);
	total = ip_fixed(seg->six) + head + seg->len;
	if (seg->six)
		write_ip6(packet, PROTO_TCP, seg->src, seg->dst, total);
	else
		write_ip4(packet, PROTO_TCP, seg->src, seg->dst, total);
	put16(tcp, seg->sport);
	put16(tcp + 2, seg->dport);
	put32(tcp + 4, seg->seq);
	put32(tcp + 8, seg->ack);
	tcp[12] = head / 4 << 4;
	tcp[13] = seg->flags;
	put16(tcp + 14, seg->wnd);
	put16(tcp + 18, seg->up);
	if (seg->len)
		memcpy(tcp + head, seg->text, seg->len);
	put16(tcp + 16, upper_sum(packet, seg->six, PROTO_TCP, head + seg->len));
	return total;
}

/**
 * icmp_write() - "destination unreachable", told to who sent a segment
 * @packet:	room for two times HEADERS
 * @src:	who says so
 * @hard:	there is nobody at the port; else the host is not reached
 * @quoted:	the segment, whose first octets are quoted
 *
 * Source: RFC 792; RFC 4443, 3.1.  Return: octets of the packet.
 */
size_t icmp_write(uint8_t *packet, uint32_t src, bool hard, const struct seg *quoted)
{
	bool six = quoted->six;
	size_t quote = ip_fixed(six) + 8, len = 8 + quote;
	uint8_t *icmp = packet + ip_fixed(six), inside[HEADERS];

	seg_write(inside, quoted);
	memset(icmp, 0, 8);
	memcpy(icmp + 8, inside, quote);
	if (six) {
		write_ip6(packet, PROTO_ICMP6, src, quoted->src, IP6_FIXED + len);
		icmp[0] = 1;
		icmp[1] = hard ? 4 : 3;
		put16(icmp + 2, upper_sum(packet, six, PROTO_ICMP6, len));
	} else {
		write_ip4(packet, PROTO_ICMP, src, quoted->src, IP_FIXED + len);
		icmp[0] = 3;
		icmp[1] = hard ? 3 : 1;
		put16(icmp + 2, fold(add16(0, icmp, len)));
	}
	return ip_fixed(six) + len;
}

static void read_sack(struct seg *seg, const uint8_t *p, uint8_t len)
{
	seg->opts |= OPT_SACK;
	for (; len >= 8 && seg->n_sack < MAX_SACK; p += 8, len -= 8) {
		seg->sack[seg->n_sack].left = get32(p);
		seg->sack[seg->n_sack].right = get32(p + 4);
		seg->n_sack++;
	}
	if (len)
		seg->opts |= OPT_BROKEN;
}

static void read_option(struct seg *seg, uint8_t kind, uint8_t len, const uint8_t *p)
{
	if (kind == 2 && len == 4) {
		seg->opts |= OPT_MSS;
		seg->mss = get16(p);
	} else if (kind == 3 && len == 3) {
		seg->opts |= OPT_WSCALE;
		seg->wscale = *p;
	} else if (kind == 4 && len == 2) {
		seg->opts |= OPT_SACK_OK;
	} else if (kind == 5) {
		read_sack(seg, p, len - 2);
	} else if (kind == 8 && len == 10) {
		seg->opts |= OPT_TS;
		seg->tsval = get32(p);
		seg->tsecr = get32(p + 4);
	} else {
		seg->opts |= OPT_UNKNOWN;
	}
}

static void read_options(struct seg *seg, const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p) {
		if (*p == 1) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p) {
			seg->opts |= OPT_BROKEN;
			return;
		}
		read_option(seg, p[0], p[1], p + 2);
		p += p[1];
	}
}

/* Return: octets of the IP header before TCP's, 0 where that is not what follows. */
static size_t read_ip(struct seg *seg, const uint8_t *packet, size_t size)
{
	if (size >= IP_FIXED && packet[0] == 0x45) {
		seg->src = get32(packet + 12);
		seg->dst = get32(packet + 16);
		return packet[9] == PROTO_TCP && get16(packet + 2) == size ? IP_FIXED : 0;
	}
	if (size < IP6_FIXED || packet[0] >> 4 != 6 || packet[6] != PROTO_TCP)
		return 0;
	seg->six = true;
	seg->src = get32(packet + 20);
	seg->dst = get32(packet + 36);
	return get16(packet + 4) + IP6_FIXED == (int)size ? IP6_FIXED : 0;
}

/**
 * seg_read() - the segment in a packet
 * @seg:	filled in; its text stays in the packet
 * @packet:	what the stack sent
 * @size:	octets
 *
 * Return: false when it is no TCP, or is damaged.
 */
bool seg_read(struct seg *seg, const uint8_t *packet, size_t size)
{
	const uint8_t *tcp;
	size_t ip, head;

	memset(seg, 0, sizeof(*seg));
	ip = read_ip(seg, packet, size);
	if (!ip || size < ip + TCP_FIXED)
		return false;
	tcp = packet + ip;
	head = (tcp[12] >> 4) * 4;
	if (head < TCP_FIXED || ip + head > size ||
	    upper_sum(packet, seg->six, PROTO_TCP, size - ip))
		return false;

	seg->sport = get16(tcp);
	seg->dport = get16(tcp + 2);
	seg->seq = get32(tcp + 4);
	seg->ack = get32(tcp + 8);
	seg->flags = tcp[13];
	seg->wnd = get16(tcp + 14);
	seg->up = get16(tcp + 18);
	seg->text = tcp + head;
	seg->len = size - ip - head;
	read_options(seg, tcp + TCP_FIXED, tcp + head);
	return true;
}

/**
 * flag_names() - one letter a control bit
 * @flags:	FIN and its like
 *
 * Return: the letters, "-" for none; good until the fourth call after.
 */
const char *flag_names(uint8_t flags)
{
	static const char letters[] = "FSRPAUEC";
	static char names[4][9];
	static unsigned int turn;
	char *name = names[turn++ % 4], *p = name;
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (flags & 1U << i)
			*p++ = letters[i];
	if (p == name)
		*p++ = '-';
	*p = '\0';
	return name;
}
