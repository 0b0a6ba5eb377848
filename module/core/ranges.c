// SPDX-License-Identifier: GPL-2.0
/*
 * Ranges of sequence numbers: a small sorted set.
 *
 * All members lie within 2^31 of one another, as everything inside a window
 * does, so that comparison modulo 2^32 orders them.  RFC 9293 section 3.10.7.4
 * (segments held for later), RFC 2018 section 4.
 */

#include <linux/string.h>
#include <linux/types.h>
#include <atcp/ranges.h>
#include <atcp/seq.h>

/* First range that ends at or after @left: the first one that could touch. */
static unsigned int first_touching(const struct atcp_ranges *set, u32 left)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (seq_geq(set->r[i].right, left))
			break;
	return i;
}

static void remove_span(struct atcp_ranges *set, unsigned int at, unsigned int n)
{
	memmove(&set->r[at], &set->r[at + n],
		(set->n - at - n) * sizeof(set->r[0]));
	set->n -= n;
}

/**
 * atcp_ranges_add() - add left =< x < right, merging what it touches
 * @set:	the set
 * @left:	first member
 * @right:	one past the last member; @right - @left < 2^31
 *
 * Return: false when the set is full and the range touches no other; the set
 * is then as it was.
 */
bool atcp_ranges_add(struct atcp_ranges *set, u32 left, u32 right)
{
	unsigned int at = first_touching(set, left);
	unsigned int end = at;

	while (end < set->n && seq_leq(set->r[end].left, right)) {
		left = seq_min(left, set->r[end].left);
		right = seq_max(right, set->r[end].right);
		end++;
	}
	if (end > at) {
		remove_span(set, at + 1, end - at - 1);
	} else {
		if (set->n == ATCP_RANGES_MAX)
			return false;
		memmove(&set->r[at + 1], &set->r[at],
			(set->n - at) * sizeof(set->r[0]));
		set->n++;
	}
	set->r[at].left = left;
	set->r[at].right = right;
	return true;
}

/**
 * atcp_ranges_pop() - all before @nxt has arrived: take out what now follows on
 * @set:	the set
 * @nxt:	next octet expected
 *
 * Return: the next octet expected after what the set held next to @nxt.
 */
u32 atcp_ranges_pop(struct atcp_ranges *set, u32 nxt)
{
	unsigned int n = 0;

	while (n < set->n && seq_leq(set->r[n].left, nxt)) {
		nxt = seq_max(nxt, set->r[n].right);
		n++;
	}
	remove_span(set, 0, n);
	return nxt;
}

/**
 * atcp_ranges_find() - the range that holds @seq
 * @set:	the set
 * @seq:	a sequence number
 *
 * Return: the range, valid until the set changes, or NULL.
 */
const struct atcp_range *atcp_ranges_find(const struct atcp_ranges *set, u32 seq)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (seq_geq(seq, set->r[i].left) && seq_lt(seq, set->r[i].right))
			return &set->r[i];
	return NULL;
}

/**
 * atcp_ranges_cover() - whether all of left =< x < right is in the set
 * @set:	the set
 * @left:	first member asked for
 * @right:	one past the last
 */
bool atcp_ranges_cover(const struct atcp_ranges *set, u32 left, u32 right)
{
	const struct atcp_range *r = atcp_ranges_find(set, left);

	return r && seq_leq(right, r->right);
}
