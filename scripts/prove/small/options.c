// SPDX-License-Identifier: GPL-2.0
/*
 * The option parser: every list of options of up to 40 octets, by induction.
 *
 * What read_options() does at an octet depends on nothing that came before it but
 * how much is left.  So one option of every kind and length is tried with every
 * number of octets left: it must stop, or go on within the list, and find in it
 * what the RFC says.  The octets end where a page ends that may not be read further,
 * and begin where one ends that may not be read at all.
 *
 * How far it went shows by an MSS option placed behind: read, or not.
 */

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BITS	32
#include "../../../module/core/wire.c"
#include "small.h"

#define MOST		(ATCP_HDR_MAX - ATCP_HDR_MIN)
#define MARK		0x1234	/* an MSS */

/* Three values for what is in an option. */
static const u8 fills[] = { 0x00, 0xff, 0x5a };

static u8 *page_end;

static void make_pages(void)
{
	size_t size = sysconf(_SC_PAGESIZE);
	u8 *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + size, size, PROT_NONE)) {
		perror("mmap");
		exit(2);
	}
	page_end = pages + size;
}

static u32 number(const u8 *p, int octets)
{
	u32 v = 0;

	while (octets--)
		v = v << 8 | *p++;
	return v;
}

/* Octets that an option takes; 0 when the list ends with it. */
static int taken(const u8 *p, int left)
{
	if (p[0] == 0)
		return 0;
	if (p[0] == 1)
		return 1;
	if (left < 2 || p[1] < 2 || p[1] > left)
		return 0;
	return p[1];
}

static void find_sack(struct atcp_opts *want, const u8 *p)
{
	int i, n = (p[1] - 2) / 8;

	if (n < 1 || n > ATCP_MAX_SACK || p[1] != 2 + 8 * n)
		return;
	want->n_sack = n;
	for (i = 0; i < n; i++) {
		want->sack[i].left = number(p + 2 + 8 * i, 4);
		want->sack[i].right = number(p + 6 + 8 * i, 4);
	}
}

/* RFC 7413, 2: none, or an even number of octets from 4 to 16; RFC 6994 before there was a kind. */
static void find_cookie(struct atcp_opts *want, const u8 *p, bool exp)
{
	int head = exp ? 4 : 2, n = p[1] - head;

	if (n < 0 || n % 2 || n > 16 || n == 2 || (exp && number(p + 2, 2) != 0xf989))
		return;
	want->have |= ATCP_OPT_FASTOPEN;
	want->fo.len = n;
	want->fo.exp = exp;
	memcpy(want->fo.octet, p + head, n);
}

/* RFC 9768, 3.2.3: as many fields of three octets as fit, three at most. */
static void find_accecn(struct atcp_opts *want, const u8 *p)
{
	int i, n = (p[1] - 2) / 3;

	want->have |= ATCP_OPT_ACCECN;
	want->accecn.order = p[0] == 174;
	want->accecn.n = n < 3 ? n : 3;
	for (i = 0; i < want->accecn.n; i++)
		want->accecn.field[i] = number(p + 2 + 3 * i, 3);
}

/* RFC 2385, 3.0; RFC 5925, 2.2: no MAC is no option. */
static void find_auth(struct atcp_opts *want, const u8 *p)
{
	want->auth_kind = (p[0] == 19 ? p[1] == 18 : p[1] > 4) ? p[0] : ATCP_AUTH_BAD;
	want->auth_at = ATCP_HDR_MIN;
	want->auth_len = p[1];
}

/* RFC 9293, 3.2; RFC 7323, 2.2 and 3.2; RFC 2018, 2 and 3; RFC 5482, 3. */
static void find(struct atcp_opts *want, const u8 *p, int left)
{
	if (taken(p, left) < 2)
		return;
	if (p[0] == 2 && p[1] == 4 && number(p + 2, 2)) {
		want->have |= ATCP_OPT_MSS;
		want->mss = number(p + 2, 2);
	} else if (p[0] == 3 && p[1] == 3) {
		want->have |= ATCP_OPT_WSCALE;
		want->wscale = p[2] < 14 ? p[2] : 14;
	} else if (p[0] == 4 && p[1] == 2) {
		want->have |= ATCP_OPT_SACK_PERM;
	} else if (p[0] == 5) {
		find_sack(want, p);
	} else if (p[0] == 8 && p[1] == 10) {
		want->have |= ATCP_OPT_TS;
		want->tsval = number(p + 2, 4);
		want->tsecr = number(p + 6, 4);
	} else if (p[0] == 28 && p[1] == 4) {
		want->have |= ATCP_OPT_UTO;
		want->uto = number(p + 2, 2);
	} else if (p[0] == 34 || p[0] == 254) {
		find_cookie(want, p, p[0] == 254);
	} else if (p[0] == 172 || p[0] == 174) {
		find_accecn(want, p);
	} else if (p[0] == 19 || p[0] == 29) {
		find_auth(want, p);
	}
}

static void try_list(int kind, int len, int left, u8 fill)
{
	struct atcp_opts got = { 0 }, want = { 0 };
	u8 *p = page_end - left;
	int next;

	memset(p, fill, left);
	p[0] = kind;
	if (left > 1)
		p[1] = len;
	if (kind == 254 && fill == fills[2] && left >= 4)
		memcpy(p + 2, "\xf9\x89", 2);
	find(&want, p, left);
	next = taken(p, left);
	/* behind it a mark, or the end of the list */
	if (next && left - next >= 4) {
		memcpy(p + next, "\2\4\x12\x34", 4);
		if (left - next > 4)
			p[next + 4] = 0;
		want.have |= ATCP_OPT_MSS;
		want.mss = MARK;
	} else if (next && next < left) {
		p[next] = 0;
	}
	n_cases++;
	read_options(&got, p - ATCP_HDR_MIN, page_end);
	holds(!memcmp(&got, &want, sizeof(got)), "kind %d length %d of %d left, fill %#x",
	      kind, len, left, fill);
}

/* Every value of the options that have few. */
static void try_values(void)
{
	struct atcp_opts got;
	u8 *p = page_end - 4;
	int v;

	for (v = 0; v <= 0xffff; v++) {
		memcpy(p, (u8[]){ 2, 4, v >> 8, v }, 4);
		memset(&got, 0, sizeof(got));
		n_cases++;
		read_options(&got, p - ATCP_HDR_MIN, page_end);
		holds(got.mss == v && got.have == (v ? ATCP_OPT_MSS : 0), "MSS %d", v);
	}
	for (v = 0; v <= 0xff; v++) {
		memcpy(p, (u8[]){ 1, 3, 3, v }, 4);
		memset(&got, 0, sizeof(got));
		n_cases++;
		read_options(&got, p - ATCP_HDR_MIN, page_end);
		holds(got.wscale == (v < 14 ? v : 14) && got.have == ATCP_OPT_WSCALE,
		      "shift count %d", v);
	}
}

/* Data Offset: every one, with every length of header and segment near it. */
static void try_offsets(void)
{
	int off, hdr_len, total;
	struct atcp_seg seg;

	for (off = 0; off < 16; off++)
		for (hdr_len = 0; hdr_len <= ATCP_HDR_MAX; hdr_len++)
			for (total = 0; total <= ATCP_HDR_MAX + 4; total++) {
				u8 *hdr = page_end - hdr_len;
				bool fits = off >= 5 && 4 * off <= hdr_len && 4 * off <= total;

				memset(hdr, 1, hdr_len);
				if (hdr_len > 12)
					hdr[12] = off << 4;
				n_cases++;
				holds(atcp_wire_read(&seg, hdr, hdr_len, total) == fits,
				      "offset %d of %d and %d", off, hdr_len, total);
				holds(!fits || seg.text == total - 4 * off,
				      "offset %d of %d and %d", off, hdr_len, total);
			}
}

int main(void)
{
	int kind, len, left;
	unsigned int i;

	make_pages();
	for (left = 1; left <= MOST; left++)
		for (kind = 0; kind < 256; kind++)
			for (len = 0; len < 256; len++)
				for (i = 0; i < ARRAY_SIZE(fills); i++)
					try_list(kind, len, left, fills[i]);
	try_values();
	try_offsets();
	return report();
}
