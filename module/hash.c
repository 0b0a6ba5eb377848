// SPDX-License-Identifier: GPL-2.0
/*
 * Hashes and message authentication codes over octets and segments.
 *
 * Owns an->hashes: the algorithms that a namespace has used.  A transform is
 * made by a system call, as that may load a module; each processor has one, for
 * a key is set in it, so that segments need no lock and no memory.
 */

#include <linux/err.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <atcp/hash.h>
#include <atcp/net.h>

#define MOST_HASHES	32	/* more names for the same few algorithms are mischief */

static void hash_free(struct atcp_hash *hash)
{
	int cpu;

	if (hash->tfm) {
		for_each_possible_cpu(cpu)
			crypto_free_shash(*per_cpu_ptr(hash->tfm, cpu));
		free_percpu(hash->tfm);
	}
	kfree(hash);
}

static int make_transforms(struct atcp_hash *hash)
{
	struct crypto_shash *tfm;
	int cpu;

	hash->tfm = alloc_percpu(struct crypto_shash *);
	if (!hash->tfm)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		tfm = crypto_alloc_shash(hash->name, 0, 0);
		if (IS_ERR(tfm))
			return PTR_ERR(tfm);
		*per_cpu_ptr(hash->tfm, cpu) = tfm;
		hash->size = crypto_shash_digestsize(tfm);
	}
	return 0;
}

static struct atcp_hash *hash_new(const char *name)
{
	struct atcp_hash *hash = kzalloc(sizeof(*hash), GFP_KERNEL);
	int err;

	if (!hash)
		return ERR_PTR(-ENOMEM);
	strscpy(hash->name, name, sizeof(hash->name));
	err = make_transforms(hash);
	if (!err)
		return hash;
	hash_free(hash);
	return ERR_PTR(err);
}

/**
 * atcp_hash_get() - an algorithm, ready for use in softirq
 * @an:		namespace, which keeps it
 * @name:	"md5", "hmac(sha1)" ...
 *
 * Context: process; may sleep and load a module.
 * Return: the algorithm, or ERR_PTR: -ENOENT when there is none of that name,
 * -ENOSPC when the namespace has used too many, -ENOMEM.
 */
const struct atcp_hash *atcp_hash_get(struct atcp_net *an, const char *name)
{
	struct atcp_hash *hash;
	unsigned int n = 0;

	mutex_lock(&an->hash_lock);
	for (hash = an->hashes; hash && strcmp(hash->name, name); hash = hash->next)
		n++;
	if (!hash) {
		hash = n < MOST_HASHES ? hash_new(name) : ERR_PTR(-ENOSPC);
		if (!IS_ERR(hash)) {
			hash->next = an->hashes;
			an->hashes = hash;
		}
	}
	mutex_unlock(&an->hash_lock);
	return hash;
}

/**
 * atcp_hash_begin() - start a digest
 * @h:		filled in
 * @hash:	the algorithm
 * @key:	its key; NULL for one that takes none
 * @len:	octets of @key
 *
 * Context: any but hard interrupt; bottom halves are off until atcp_hash_end().
 */
void atcp_hash_begin(struct atcp_hashing *h, const struct atcp_hash *hash, const u8 *key,
		     unsigned int len)
{
	local_bh_disable();
	h->err = 0;
	h->desc.tfm = *this_cpu_ptr(hash->tfm);
	if (key)
		h->err = crypto_shash_setkey(h->desc.tfm, key, len);
	if (!h->err)
		h->err = crypto_shash_init(&h->desc);
}

/**
 * atcp_hash_add() - octets that the digest covers
 * @h:		begun
 * @octets:	where they are
 * @len:	how many
 */
void atcp_hash_add(struct atcp_hashing *h, const void *octets, unsigned int len)
{
	if (!h->err)
		h->err = crypto_shash_update(&h->desc, octets, len);
}

/**
 * atcp_hash_add_text() - the octets of a segment from @from to its end
 * @h:		begun
 * @skb:	the segment, in whatever pieces; not changed
 * @from:	offset from skb->data
 */
void atcp_hash_add_text(struct atcp_hashing *h, struct sk_buff *skb, unsigned int from)
{
	struct skb_seq_state walk;
	unsigned int done = 0, len;
	const u8 *piece;

	if (from >= skb->len)
		return;
	skb_prepare_seq_read(skb, from, skb->len, &walk);
	while ((len = skb_seq_read(done, &piece, &walk)) != 0) {
		atcp_hash_add(h, piece, len);
		done += len;
	}
}

/**
 * atcp_hash_end() - the digest
 * @h:		begun
 * @digest:	hash->size octets
 *
 * Return: 0 or -errno, then @digest means nothing.
 */
int atcp_hash_end(struct atcp_hashing *h, u8 *digest)
{
	if (!h->err)
		h->err = crypto_shash_final(&h->desc, digest);
	memzero_explicit(&h->room, sizeof(h->room));
	local_bh_enable();
	return h->err;
}

/**
 * atcp_hash_net_exit() - the namespace goes, with all that had keys
 * @an:		namespace
 */
void atcp_hash_net_exit(struct atcp_net *an)
{
	struct atcp_hash *hash;

	while ((hash = an->hashes) != NULL) {
		an->hashes = hash->next;
		hash_free(hash);
	}
}
