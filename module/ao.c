// SPDX-License-Identifier: GPL-2.0
/*
 * RFC 5925: MACs of segments, and whether to believe one; RFC 5926: the traffic
 * keys that they are made with.
 *
 * A segment of a synchronized connection is verified without its lock: what is
 * needed of the TCB is copied first.
 *
 * RFC 5925 sections 2.2, 3.2, 5, 6.2 and 7.3 to 7.8; RFC 5926 section 3.
 */

#include <crypto/algapi.h>
#include <linux/err.h>
#include <linux/tcp.h>
#include <net/tcp.h>
#include <atcp/ao.h>
#include <atcp/auth.h>
#include <atcp/hash.h>

/* ---- keys: RFC 5926 ---- */

/* The two ends as one segment names them. */
struct ends {
	struct in6_addr saddr;
	struct in6_addr daddr;
	__be16 sport;
	__be16 dport;
	u32 sisn;
	u32 disn;
};

static void ends_of(struct ends *e, const struct atcp_flow *flow, bool arrived, u32 sisn, u32 disn)
{
	e->saddr = arrived ? flow->raddr : flow->laddr;
	e->daddr = arrived ? flow->laddr : flow->raddr;
	e->sport = arrived ? flow->rport : flow->lport;
	e->dport = arrived ? flow->lport : flow->rport;
	e->sisn = sisn;
	e->disn = disn;
}

/*
 * KDF_HMAC_SHA1 and KDF_AES_128_CMAC alike (RFC 5926, 3.1.1): the PRF over
 * i || Label || Context || Output_Length, where once is enough. [R5926-KDF]
 */
static int traffic_key(const struct atcp_ao_key *key, const struct ends *e, u8 *to)
{
	static const u8 label[] = { 1, 'T', 'C', 'P', '-', 'A', 'O' };
	__be32 isns[] = { cpu_to_be32(e->sisn), cpu_to_be32(e->disn) };
	unsigned int skip = key->k.family == AF_INET ? 12 : 0;
	__be16 out_bits = cpu_to_be16(key->k.hash->size * 8);
	struct atcp_hashing h;

	atcp_hash_begin(&h, key->k.hash, key->key, key->keylen);
	atcp_hash_add(&h, label, sizeof(label));
	atcp_hash_add(&h, e->saddr.s6_addr + skip, 16 - skip);
	atcp_hash_add(&h, e->daddr.s6_addr + skip, 16 - skip);
	atcp_hash_add(&h, &e->sport, sizeof(e->sport));
	atcp_hash_add(&h, &e->dport, sizeof(e->dport));
	atcp_hash_add(&h, isns, sizeof(isns));
	atcp_hash_add(&h, &out_bits, sizeof(out_bits));
	return atcp_hash_end(&h, to);
}

/* AES-128 takes 16 octets: others are made so by its MAC (RFC 5926, 3.1.1.2). */
static int shorten(struct atcp_ao_key *key, const u8 *secret, u8 len)
{
	static const u8 zero[16];
	struct atcp_hashing h;

	atcp_hash_begin(&h, key->k.hash, zero, sizeof(zero));
	atcp_hash_add(&h, secret, len);
	key->keylen = sizeof(zero);
	return atcp_hash_end(&h, key->key);
}

/**
 * atcp_ao_master_key() - set a key's master key
 * @key:	its hash is set
 * @secret:	as the user gave it
 * @len:	octets of @secret, at most ATCP_AO_MAXKEYLEN
 * @any_len:	for AES-128 of a length that it does not take
 *
 * Context: process. Return: 0, or -errno when the algorithm does not take it.
 * [R5926-CMACKEY]
 */
int atcp_ao_master_key(struct atcp_ao_key *key, const u8 *secret, u8 len, bool any_len)
{
	struct atcp_hashing h;
	u8 digest[HASH_MAX_DIGESTSIZE];
	int err = 0;

	key->keylen = len;
	memcpy(key->key, secret, len);
	if (any_len && len != 16)
		err = shorten(key, secret, len);
	if (err)
		return err;
	atcp_hash_begin(&h, key->k.hash, key->key, key->keylen);
	return atcp_hash_end(&h, digest);
}

/**
 * atcp_ao_derive() - the traffic keys of a connection from one master key
 * @ao:		with both initial sequence numbers
 * @key:	the master key
 * @peer:	of the connection
 *
 * Context: conn->lock held. Source: RFC 5925, 5.2. Return: 0 or -errno. [R5925-TRAFFIC]
 */
int atcp_ao_derive(struct atcp_ao *ao, struct atcp_ao_key *key, const struct atcp_peer *peer)
{
	struct ends out, in;

	ends_of(&out, peer->flow, false, ao->iss, ao->irs);
	ends_of(&in, peer->flow, true, ao->irs, ao->iss);
	return traffic_key(key, &out, key->snd_key) ?: traffic_key(key, &in, key->rcv_key);
}

/**
 * atcp_ao_follow() - keep traffic keys and extensions up with a connection
 * @conn:	under its lock
 *
 * Often enough when each segment that goes out or arrives calls it.
 */
void atcp_ao_follow(struct atcp_conn *conn)
{
	const struct atcp_tcb *tcb = &conn->tcb;
	struct atcp_ao *ao = &conn->auth->ao;
	struct atcp_peer peer = { .net = conn->n.net, .flow = &conn->n.flow };
	struct atcp_ao_key *key;

	lockdep_assert_held(&conn->lock);
	if (!atcp_synchronized(tcb->state) && tcb->state != ATCP_SYN_RECEIVED)
		return;
	if (!ao->keyed || ao->iss != tcb->snd.iss || ao->irs != tcb->rcv.irs) {
		ao->iss = tcb->snd.iss;
		ao->irs = tcb->rcv.irs;
		atcp_sne_start(&ao->snd, ao->iss);
		atcp_sne_start(&ao->rcv, ao->irs);
		hlist_for_each_entry(key, &ao->keys, k.node)
			atcp_ao_derive(ao, key, &peer);
		ao->keyed = true;
	}
	atcp_sne_move(&ao->snd, tcb->snd.una);
	atcp_sne_move(&ao->rcv, tcb->rcv.nxt);
}

/* ---- MACs ---- */

/* What a segment's MAC depends on besides itself. */
struct mac_of {
	const struct atcp_ao_key *key;
	const u8 *traffic;		/* its traffic key */
	u32 sne;
	const struct atcp_flow *flow;
	bool arrived;
};

/*
 * The header with neither checksum nor MAC, of @th where the option begins at @opt;
 * without other options where the key says so (RFC 5925, 5.1).
 */
static void add_header(struct atcp_hashing *h, const struct atcp_ao_key *key,
		       const struct tcphdr *th, const u8 *opt)
{
	unsigned int at = opt - (const u8 *)th, len = __tcp_hdrlen(th);
	u8 header[ATCP_HDR_MAX];

	if (key->flags & ATCP_AO_KEYF_EXCLUDE_OPT) {
		memcpy(header, th, ATCP_HDR_MIN);
		memcpy(header + ATCP_HDR_MIN, opt, 4);
		at = ATCP_HDR_MIN;
		len = ATCP_HDR_MIN + atcp_ao_len(key);
	} else {
		memcpy(header, th, len);
	}
	memset(header + offsetof(struct tcphdr, check), 0, sizeof(th->check));
	memset(header + at + 4, 0, key->maclen);
	atcp_hash_add(h, header, len);
}

/* @text: where it begins, octets behind skb->data. [R5925-MAC] [R5925-EXCLUDE] */
static int compute(const struct mac_of *m, const struct tcphdr *th, const u8 *opt,
		   struct sk_buff *skb, unsigned int text, u8 *mac)
{
	__be32 sne = cpu_to_be32(m->sne);
	struct atcp_hashing h;

	atcp_hash_begin(&h, m->key->k.hash, m->traffic, m->key->k.hash->size);
	atcp_hash_add(&h, &sne, sizeof(sne));
	atcp_auth_add_pseudo(&h, m->flow, m->arrived, __tcp_hdrlen(th) + skb->len - text);
	add_header(&h, m->key, th, opt);
	atcp_hash_add_text(&h, skb, text);
	return atcp_hash_end(&h, mac);
}

/**
 * atcp_ao_sign() - fill in the option of a segment that goes out
 * @ao:		of the connection, which atcp_ao_follow() has seen
 * @peer:	to whom
 * @skb:	at its header, with the option's place first in it
 *
 * A SYN alone has a key of its own, as nobody knows the peer's ISN yet.
 *
 * Context: conn->lock or RCU held. Source: RFC 5925, 7.4.
 * Return: false when it cannot be. [R5925-OUT] [R5925-SYNKEY]
 */
bool atcp_ao_sign(const struct atcp_ao *ao, const struct atcp_peer *peer, struct sk_buff *skb)
{
	const struct atcp_ao_key *key = READ_ONCE(ao->current_key);
	const struct atcp_ao_key *rnext = READ_ONCE(ao->rnext_key);
	struct tcphdr *th = (struct tcphdr *)skb->data;
	u8 mac[HASH_MAX_DIGESTSIZE], syn_key[HASH_MAX_DIGESTSIZE];
	struct mac_of m = { .key = key, .flow = peer->flow };
	u32 seq = ntohl(th->seq);
	u8 *opt = (u8 *)(th + 1);
	struct ends e;

	if (!key || !rnext)
		return false;
	opt[0] = ATCP_AUTH_AO;
	opt[1] = atcp_ao_len(key);
	opt[2] = key->sndid;
	opt[3] = rnext->rcvid;
	if (th->syn && !th->ack) {
		ends_of(&e, peer->flow, false, seq, 0);
		if (traffic_key(key, &e, syn_key))
			return false;
		m.traffic = syn_key;
	} else if (ao->keyed) {
		m.traffic = key->snd_key;
		m.sne = atcp_sne_of(&ao->snd, seq);
	} else {
		return false;
	}
	if (compute(&m, th, opt, skb, __tcp_hdrlen(th), mac))
		return false;
	memcpy(opt + 4, mac, key->maclen);
	return true;
}

/* ---- segments that arrive ---- */

/* What a segment is to be verified with. */
struct verdict {
	struct atcp_ao_key *key;
	bool known;			/* @isns are known, or need not be */
	bool cached;			/* the traffic key is at hand */
	u32 sisn;
	u32 disn;
	u32 sne;
};

static bool bare_syn(const struct atcp_seg *seg)
{
	return (seg->ctl & (ATCP_SYN | ATCP_ACK)) == ATCP_SYN;
}

/* Both initial sequence numbers, as the state and the segment tell; @iss: ours. */
static void find_isns(struct verdict *v, const struct atcp_ao *ao, u8 state, u32 iss,
		      const struct atcp_seg *seg)
{
	v->known = true;
	v->sisn = seg->seq;
	if (bare_syn(seg))
		return;			/* disn and sne are 0 */
	if (state == ATCP_SYN_SENT) {
		v->disn = iss;
	} else if (state == ATCP_LISTEN) {
		/* The first ACK of a handshake, whose child is gone. */
		v->known = (seg->ctl & (ATCP_SYN | ATCP_ACK)) == ATCP_ACK;
		v->sisn = seg->seq - 1;
		v->disn = seg->ack - 1;
		v->sne = v->sisn == U32_MAX;
	} else {
		v->known = ao->keyed;
		v->cached = true;
		v->sne = atcp_sne_of(&ao->rcv, seg->seq);
	}
}

static void find_isns_of(struct verdict *v, struct atcp_conn *conn, const struct atcp_seg *seg)
{
	spin_lock_bh(&conn->lock);
	atcp_ao_follow(conn);
	find_isns(v, &conn->auth->ao, conn->tcb.state, conn->tcb.snd.iss, seg);
	spin_unlock_bh(&conn->lock);
}

static bool is_genuine(const struct verdict *v, const struct atcp_peer *peer, struct sk_buff *skb,
		       const struct atcp_seg *seg)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const u8 *opt = (const u8 *)th + seg->opt.auth_at;
	u8 mac[HASH_MAX_DIGESTSIZE], once[HASH_MAX_DIGESTSIZE];
	struct mac_of m = {
		.key = v->key,
		.traffic = v->cached ? v->key->rcv_key : once,
		.sne = v->sne,
		.flow = peer->flow,
		.arrived = true,
	};
	struct ends e;

	if (seg->opt.auth_len != atcp_ao_len(v->key))
		return false;
	ends_of(&e, peer->flow, true, v->sisn, v->disn);
	if (!v->cached && traffic_key(v->key, &e, once))
		return false;
	return !compute(&m, th, opt, skb, 0, mac) && !crypto_memneq(mac, opt + 4, v->key->maclen);
}

/* The peer asks for another key: it can verify that already. [R5925-ROTATE] */
static void rotate(struct atcp_ao *ao, struct atcp_conn *conn, u8 wanted)
{
	struct atcp_ao_key *key = READ_ONCE(ao->current_key);

	if (likely(key && key->sndid == wanted))
		return;
	spin_lock_bh(&conn->lock);
	key = atcp_ao_by_id(ao, wanted, -1);
	if (key && atcp_synchronized(conn->tcb.state)) {
		WRITE_ONCE(ao->current_key, key);
		atcp_auth_changed(conn);
	}
	spin_unlock_bh(&conn->lock);
}

static bool not_found(struct atcp_ao *ao, const struct atcp_peer *peer)
{
	if (ao)
		atomic64_inc(&ao->not_found);
	return atcp_auth_drop(peer, ATCP_MIB_AO_NOT_FOUND, "no key for the AO");
}

/**
 * atcp_ao_verify() - whether a segment with the option is from whom it says
 * @auth:	of whom it is for, or NULL
 * @conn:	the same, NULL for a TIME-WAIT record
 * @peer:	from whom
 * @skb:	at its text
 * @seg:	the same, parsed
 *
 * Context: RCU held. Source: RFC 5925, 7.5.
 * Return: false when it is to be dropped; it was counted. [R5925-IN] [R5925-SILENT]
 */
bool atcp_ao_verify(struct atcp_auth *auth, struct atcp_conn *conn, const struct atcp_peer *peer,
		    struct sk_buff *skb, const struct atcp_seg *seg)
{
	const u8 *opt = skb_transport_header(skb) + seg->opt.auth_at;
	struct atcp_ao *ao = auth ? &auth->ao : NULL;
	struct verdict v = {};

	if (!ao || !READ_ONCE(ao->on))
		return not_found(NULL, peer);
	v.key = atcp_ao_find(ao, peer, -1, opt[2]);
	if (!v.key)
		return not_found(ao, peer);
	if (conn)
		find_isns_of(&v, conn, seg);
	else
		find_isns(&v, ao, ATCP_TIME_WAIT, 0, seg);
	if (!v.known)
		return false;
	if (!is_genuine(&v, peer, skb, seg)) {
		atomic64_inc(&ao->bad);
		atomic64_inc(&v.key->bad);
		return atcp_auth_drop(peer, ATCP_MIB_AO_BAD, "wrong MAC in the AO");
	}
	atomic64_inc(&ao->good);
	atomic64_inc(&v.key->good);
	atcp_mib_inc(atcp_net(peer->net), ATCP_MIB_AO_GOOD);
	if (conn && v.cached)
		rotate(ao, conn, opt[3]);
	return true;
}

/**
 * atcp_ao_ignores_icmp() - a hard error for a connection that authenticates
 * @conn:	the connection, under its lock
 *
 * Anybody can send one. Source: RFC 5925, 7.8.
 * Return: true when it is not to count. [R5925-ICMP]
 */
bool atcp_ao_ignores_icmp(struct atcp_conn *conn)
{
	struct atcp_ao *ao = conn->auth ? &conn->auth->ao : NULL;

	lockdep_assert_held(&conn->lock);
	if (!ao || !ao->on || ao->accept_icmps || !atcp_synchronized(conn->tcb.state))
		return false;
	atomic64_inc(&ao->icmps);
	atcp_mib_inc(conn->an, ATCP_MIB_AO_ICMPS);
	return true;
}
