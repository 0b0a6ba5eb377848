/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RFC 5925: the TCP authentication option.  ao.c computes and verifies MACs and
 * derives traffic keys (RFC 5926), ao_keys.c keeps the master key tuples, and
 * ao_sockopt.c is what users see of them, as Linux has it since 6.7.
 */
#ifndef _ATCP_AO_H
#define _ATCP_AO_H

#include <linux/socket.h>
#include <linux/sockptr.h>
#include <crypto/hash.h>
#include <atcp/key.h>
#include <atcp/sne.h>

struct atcp_auth;
struct atcp_conn;
struct atcp_net;
struct atcp_peer;
struct atcp_seg;
struct sk_buff;
struct sock;

/*
 * The interface to programs, by Linux's numbers and layouts: <linux/tcp.h> of 6.1
 * does not have it yet, so the names are our own.
 */
#define ATCP_AO_ADD_KEY		38
#define ATCP_AO_DEL_KEY		39
#define ATCP_AO_INFO		40
#define ATCP_AO_GET_KEYS	41
#define ATCP_AO_REPAIR		42

#define ATCP_AO_MAXKEYLEN	80
#define ATCP_AO_KEYF_IFINDEX	0x01	/* for one L3 domain only */
#define ATCP_AO_KEYF_EXCLUDE_OPT 0x02	/* other options are not covered */

struct atcp_ao_add {
	struct __kernel_sockaddr_storage addr;
	char alg_name[64];
	__s32 ifindex;
	__u32 set_current : 1, set_rnext : 1, reserved : 30;
	__u16 reserved2;
	__u8 prefix;
	__u8 sndid;
	__u8 rcvid;
	__u8 maclen;
	__u8 keyflags;
	__u8 keylen;
	__u8 key[ATCP_AO_MAXKEYLEN];
} __aligned(8);

struct atcp_ao_del {
	struct __kernel_sockaddr_storage addr;
	__s32 ifindex;
	__u32 set_current : 1, set_rnext : 1, del_async : 1, reserved : 29;
	__u16 reserved2;
	__u8 prefix;
	__u8 sndid;
	__u8 rcvid;
	__u8 current_key;
	__u8 rnext;
	__u8 keyflags;
} __aligned(8);

struct atcp_ao_info {
	__u32 set_current : 1, set_rnext : 1, ao_required : 1, set_counters : 1,
	      accept_icmps : 1, reserved : 27;
	__u16 reserved2;
	__u8 current_key;
	__u8 rnext;
	__u64 pkt_good;
	__u64 pkt_bad;
	__u64 pkt_key_not_found;
	__u64 pkt_ao_required;
	__u64 pkt_dropped_icmp;
} __aligned(8);

struct atcp_ao_get {
	struct __kernel_sockaddr_storage addr;
	char alg_name[64];
	__u8 key[ATCP_AO_MAXKEYLEN];
	__u32 nkeys;
	__u16 is_current : 1, is_rnext : 1, get_all : 1, reserved : 13;
	__u8 sndid;
	__u8 rcvid;
	__u8 prefix;
	__u8 maclen;
	__u8 keyflags;
	__u8 keylen;
	__s32 ifindex;
	__u64 pkt_good;
	__u64 pkt_bad;
} __aligned(8);

/**
 * struct atcp_ao_key - a master key tuple (RFC 5925, section 3.1)
 * @k:		for whom, PRF and MAC; in ao->keys; of the ports all are meant
 * @flags:	ATCP_AO_KEYF_*
 * @sndid:	SendID, the KeyID of segments that go out
 * @rcvid:	RecvID, the KeyID of those that arrive
 * @maclen:	octets of a MAC
 * @keylen:	octets of @key
 * @key:	the master key
 * @snd_key:	traffic key of what goes out, once both ISNs are known
 * @rcv_key:	the same of what arrives
 * @good:	segments that were verified with it
 * @bad:	segments that were not
 */
struct atcp_ao_key {
	struct atcp_key k;
	u8 flags;
	u8 sndid;
	u8 rcvid;
	u8 maclen;
	u8 keylen;
	u8 key[ATCP_AO_MAXKEYLEN];
	u8 snd_key[HASH_MAX_DIGESTSIZE];
	u8 rcv_key[HASH_MAX_DIGESTSIZE];
	atomic64_t good;
	atomic64_t bad;
};

static_assert(!offsetof(struct atcp_ao_key, k));	/* it is freed by that */

/**
 * struct atcp_ao - a connection's, or a listener's, state of the option
 * @keys:	master key tuples; RCU
 * @on:		there is such a state: the user has asked for it
 * @required:	segments of who has no key are not believed either
 * @accept_icmps: hard ICMP errors count
 * @keyed:	traffic keys were derived for @iss and @irs
 * @iss:	our initial sequence number
 * @irs:	the peer's
 * @snd:	extension of our sequence numbers
 * @rcv:	of the peer's
 * @current_key: that signs what goes out; not of a listener
 * @rnext_key:	that the peer is to use next
 * @good:	segments verified
 * @bad:	not verified
 * @not_found:	for which there was no key
 * @unsigned_segs: without the option, where there should be one
 * @icmps:	messages that were ignored
 *
 * @on, @current_key and @rnext_key are written under conn->lock, and read under RCU.
 */
struct atcp_ao {
	struct hlist_head keys;
	bool on;
	bool required;
	bool accept_icmps;
	bool keyed;
	u32 iss;
	u32 irs;
	struct atcp_sne snd;
	struct atcp_sne rcv;
	struct atcp_ao_key *current_key;
	struct atcp_ao_key *rnext_key;
	atomic64_t good;
	atomic64_t bad;
	atomic64_t not_found;
	atomic64_t unsigned_segs;
	atomic64_t icmps;
};

/* Octets of the option, and those with padding. */
static inline unsigned int atcp_ao_len(const struct atcp_ao_key *key)
{
	return 4 + key->maclen;
}

static inline unsigned int atcp_ao_room(const struct atcp_ao_key *key)
{
	return round_up(atcp_ao_len(key), 4);
}

/* ao_keys.c */
struct atcp_ao_key *atcp_ao_find(const struct atcp_ao *ao, const struct atcp_peer *peer,
				 int sndid, int rcvid);
struct atcp_ao_key *atcp_ao_find_overlap(const struct atcp_ao *ao, const struct atcp_ao_key *with,
					 int sndid, int rcvid);
struct atcp_ao_key *atcp_ao_by_id(const struct atcp_ao *ao, int sndid, int rcvid);
void atcp_ao_link(struct atcp_ao *ao, struct atcp_ao_key *key);
void atcp_ao_unlink(struct atcp_ao *ao, struct atcp_ao_key *key, struct sock *sk);
int atcp_ao_inherit(struct atcp_ao *to, const struct atcp_ao *from, const struct atcp_peer *peer,
		    u8 keyid, u8 rnext);
int atcp_ao_copy_all(struct atcp_ao *to, const struct atcp_ao *from);
void atcp_ao_connect(struct atcp_ao *ao, const struct atcp_peer *peer, struct sock *sk);
bool atcp_ao_wanted(const struct atcp_auth *auth, const struct in6_addr *addr, u8 family, int l3);

/* ao.c */
int atcp_ao_master_key(struct atcp_ao_key *key, const u8 *secret, u8 len, bool any_len);
int atcp_ao_derive(struct atcp_ao *ao, struct atcp_ao_key *key, const struct atcp_peer *peer);
void atcp_ao_follow(struct atcp_conn *conn);
bool atcp_ao_sign(const struct atcp_ao *ao, const struct atcp_peer *peer, struct sk_buff *skb);
bool atcp_ao_verify(struct atcp_auth *auth, struct atcp_conn *conn, const struct atcp_peer *peer,
		    struct sk_buff *skb, const struct atcp_seg *seg);
bool atcp_ao_ignores_icmp(struct atcp_conn *conn);

/* ao_sockopt.c */
int atcp_ao_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len);
int atcp_ao_getsockopt(struct sock *sk, int name, char __user *val, int __user *len);

#endif /* _ATCP_AO_H */
