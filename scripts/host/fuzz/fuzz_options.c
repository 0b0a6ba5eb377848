// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: the reader of headers on any octets at all, and what it read
 * written and read again.
 */

#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include <atcp/wire.h>
#include "end.h"

static void check(const struct atcp_seg *seg, u32 total)
{
	if (seg->text > total - ATCP_HDR_MIN)
		broken("more text than there are octets");
	if (seg->opt.n_sack > ATCP_MAX_SACK)
		broken("more SACK blocks than there can be");
	if (seg->opt.have & ATCP_OPT_WSCALE && seg->opt.wscale > ATCP_MAX_WSCALE)
		broken("a shift count above 14");
	if (seg->opt.have & ATCP_OPT_MSS && !seg->opt.mss)
		broken("an MSS of 0");
	if (seg->opt.have & ATCP_OPT_FASTOPEN && seg->opt.fo.len > ATCP_FO_COOKIE_MAX)
		broken("a cookie longer than it may be");
	if (seg->opt.accecn.n > ARRAY_SIZE(seg->opt.accecn.field))
		broken("more AccECN fields than there can be");
	if (seg->opt.have & ~(ATCP_OPT_MSS | ATCP_OPT_WSCALE | ATCP_OPT_SACK_PERM |
			      ATCP_OPT_TS | ATCP_OPT_ACCECN | ATCP_OPT_UTO |
			      ATCP_OPT_FASTOPEN))
		broken("an option that there is not");
}

/* What fits a header comes back as it was. */
static void again(const struct atcp_seg *seg)
{
	struct atcp_out out = {
		.seq = seg->seq, .ack = seg->ack, .wnd = seg->wnd, .up = seg->up,
		.ctl = seg->ctl, .opt = seg->opt,
	};
	struct atcp_seg back;
	u8 hdr[ATCP_HDR_MAX];
	u32 len;

	if (ATCP_HDR_MIN + atcp_wire_opt_len(&seg->opt) > ATCP_HDR_MAX)
		return;
	len = atcp_wire_write(hdr, &out, 1, 2);
	if (len % 4 || len > ATCP_HDR_MAX)
		broken("a header of %u octets", len);
	if (!atcp_wire_read(&back, hdr, len, len + seg->text))
		broken("our own header is not read");
	if (back.seq != seg->seq || back.ack != seg->ack || back.wnd != seg->wnd ||
	    back.up != seg->up || back.ctl != seg->ctl || back.text != seg->text ||
	    back.opt.have != seg->opt.have || back.opt.n_sack != seg->opt.n_sack)
		broken("what was written is not what was read");
	if (seg->opt.have & ATCP_OPT_MSS && back.opt.mss != seg->opt.mss)
		broken("another MSS");
	if (seg->opt.have & ATCP_OPT_WSCALE && back.opt.wscale != seg->opt.wscale)
		broken("another shift count");
	if (seg->opt.have & ATCP_OPT_TS && (back.opt.tsval != seg->opt.tsval ||
					    back.opt.tsecr != seg->opt.tsecr))
		broken("another timestamp");
	if (seg->opt.have & ATCP_OPT_ACCECN &&
	    (back.opt.accecn.n != seg->opt.accecn.n ||
	     back.opt.accecn.order != seg->opt.accecn.order ||
	     memcmp(back.opt.accecn.field, seg->opt.accecn.field,
		    seg->opt.accecn.n * sizeof(seg->opt.accecn.field[0]))))
		broken("another AccECN option");
	if (seg->opt.have & ATCP_OPT_UTO && back.opt.uto != seg->opt.uto)
		broken("another user timeout");
	if (seg->opt.have & ATCP_OPT_FASTOPEN &&
	    (back.opt.fo.len != seg->opt.fo.len || back.opt.fo.exp != seg->opt.fo.exp ||
	     memcmp(back.opt.fo.octet, seg->opt.fo.octet, seg->opt.fo.len)))
		broken("another cookie");
	if (memcmp(back.opt.sack, seg->opt.sack,
		   seg->opt.n_sack * sizeof(seg->opt.sack[0])))
		broken("other SACK blocks");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct atcp_seg seg;
	u32 hdr_len = size;
	u32 total;
	u8 *hdr;

	if (size < 2)
		return 0;
	/* The header in memory of just its size, and text that is not there. */
	total = data[0] << 8 | data[1];
	hdr_len -= 2;
	hdr = malloc(hdr_len + !hdr_len);
	memcpy(hdr, data + 2, hdr_len);
	memset(&seg, 0, sizeof(seg));
	if (atcp_wire_read(&seg, hdr, hdr_len, total)) {
		check(&seg, total);
		again(&seg);
	}
	free(hdr);
	return 0;
}
