/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hashes and message authentication codes over octets and segments (hash.c), by
 * the kernel's synchronous, software transforms: softirq computes them too.
 */
#ifndef _ATCP_HASH_H
#define _ATCP_HASH_H

#include <crypto/hash.h>
#include <linux/types.h>

struct atcp_net;
struct sk_buff;

#define ATCP_HASH_NAME_MAX	64

/**
 * struct atcp_hash - an algorithm that this namespace has used
 * @next:	another one
 * @size:	octets of a digest, at most HASH_MAX_DIGESTSIZE
 * @tfm:	a transform for each processor, as a key is set in it
 * @name:	as the kernel's crypto knows it
 *
 * Made once and kept while the namespace lives: keys refer to it.
 */
struct atcp_hash {
	struct atcp_hash *next;
	unsigned int size;
	struct crypto_shash * __percpu *tfm;
	char name[ATCP_HASH_NAME_MAX];
};

/**
 * struct atcp_hashing - one digest on its way
 * @err:	0, or the -errno of the first step that failed
 * @desc:	the kernel's, with room for any algorithm's state
 *
 * Bottom halves are off from atcp_hash_begin() to atcp_hash_end().
 */
struct atcp_hashing {
	int err;
	union {
		struct shash_desc desc;
		u8 room[sizeof(struct shash_desc) + HASH_MAX_DESCSIZE];
	} __aligned(__alignof__(unsigned long long));
};

const struct atcp_hash *atcp_hash_get(struct atcp_net *an, const char *name);
void atcp_hash_begin(struct atcp_hashing *h, const struct atcp_hash *hash, const u8 *key,
		     unsigned int len);
void atcp_hash_add(struct atcp_hashing *h, const void *octets, unsigned int len);
void atcp_hash_add_text(struct atcp_hashing *h, struct sk_buff *skb, unsigned int from);
int atcp_hash_end(struct atcp_hashing *h, u8 *digest);
void atcp_hash_net_exit(struct atcp_net *an);

#endif /* _ATCP_HASH_H */
