// SPDX-License-Identifier: GPL-2.0
/*
 * What users see of RFC 5925: TCP_AO_ADD_KEY, TCP_AO_DEL_KEY, TCP_AO_INFO,
 * TCP_AO_GET_KEYS and TCP_AO_REPAIR, with Linux's layouts, checks and errors.
 *
 * RFC 5925 sections 3.1, 3.3, 7.1 and 7.3.
 */

#include <linux/err.h>
#include <linux/inetdevice.h>
#include <linux/uaccess.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <atcp/ao.h>
#include <atcp/auth.h>
#include <atcp/hash.h>
#include <atcp/sock.h>

#define DEFAULT_MACLEN	12		/* octets: RFC 5926, 3.2 */
/* Of a SYN, what MSS, timestamps and window scale leave. */
#define MOST_ROOM	20

static struct atcp_ao *ao_of(const struct sock *sk)
{
	struct atcp_auth *auth = atcp_conn_auth(atcp_sk_conn(sk));

	return auth && auth->ao.on ? &auth->ao : NULL;
}

static bool is_unopened(const struct sock *sk)
{
	return (1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE);
}

/* ---- addresses ---- */

/* What stands behind the prefix must be 0; a prefix of 0 is for all, or none. */
static bool is_prefix(const struct atcp_key *key)
{
	const struct in6_addr *addr = &key->addr;
	const __be32 v4 = addr->s6_addr32[3];
	struct in6_addr leading;
	u8 prefix = key->prefix;

	if (key->family == AF_INET)
		return prefix <= 32 && !v4 == !prefix && !(v4 & ~inet_make_mask(prefix));
	if (prefix > 128 || ipv6_addr_any(addr) != !prefix)
		return false;
	ipv6_addr_prefix(&leading, addr, prefix);
	return ipv6_addr_equal(&leading, addr);
}

/* An address of the user's, IPv4 mapped; 0 or -EINVAL. */
static int read_address(unsigned short family, const struct __kernel_sockaddr_storage *from,
			u8 prefix, struct atcp_key *key)
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)from;

	if (from->ss_family != family || sin->sin_port)
		return -EINVAL;
	atcp_key_set_address(key, from);
	key->prefix = prefix;
	return 0;
}

/* Of a connected socket only its peer can have keys. */
static bool suits_peer(const struct sock *sk, const struct atcp_key *key)
{
	const struct in6_addr *raddr = &atcp_sk_conn(sk)->n.flow.raddr;

	if (is_unopened(sk) || ipv6_addr_any(raddr) || !key->prefix)
		return true;
	return atcp_key_covers(key, raddr, key->family, U8_MAX, -1);
}

static int read_device(const struct sock *sk, const struct atcp_ao_add *cmd,
		       struct atcp_ao_key *key)
{
	int bound = READ_ONCE(sk->sk_bound_dev_if);
	int err;

	key->flags = cmd->keyflags;
	key->k.of_l3 = cmd->keyflags & ATCP_AO_KEYF_IFINDEX;
	if (cmd->ifindex && !(cmd->keyflags & ATCP_AO_KEYF_IFINDEX))
		return -EINVAL;
	if (!cmd->ifindex)
		return 0;
	err = atcp_key_set_l3(&key->k, sock_net(sk), cmd->ifindex);
	if (err || (bound != cmd->ifindex && !is_unopened(sk)))
		return -EINVAL;
	if (bound && bound != cmd->ifindex)
		net_warn_ratelimited("atcp: AO key for L3 index %d, socket bound to %d\n",
				     cmd->ifindex, bound);
	return 0;
}

/* ---- TCP_AO_ADD_KEY ---- */

static int read_add(struct sock *sk, struct atcp_ao_add *cmd, sockptr_t val, unsigned int len,
		    struct atcp_ao_key *like)
{
	int err;

	if (len < sizeof(*cmd))
		return -EINVAL;
	if (copy_from_sockptr(cmd, val, sizeof(*cmd)))
		return -EFAULT;
	if (cmd->keylen > ATCP_AO_MAXKEYLEN || cmd->reserved || cmd->reserved2)
		return -EINVAL;
	err = read_address(sk->sk_family, &cmd->addr, cmd->prefix, &like->k);
	if (err)
		return err;
	if (!is_prefix(&like->k) || !suits_peer(sk, &like->k) ||
	    cmd->keyflags & ~(ATCP_AO_KEYF_IFINDEX | ATCP_AO_KEYF_EXCLUDE_OPT))
		return -EINVAL;
	if ((cmd->set_current || cmd->set_rnext) && sk->sk_state == TCP_LISTEN)
		return -EINVAL;
	like->sndid = cmd->sndid;
	like->rcvid = cmd->rcvid;
	like->maclen = cmd->maclen ?: DEFAULT_MACLEN;
	return read_device(sk, cmd, like);
}

/* [R5925-NOMIX] [R5925-UNIQUE] */
static int is_taken(const struct sock *sk, const struct atcp_ao_key *like)
{
	const struct atcp_auth *auth = atcp_conn_auth(atcp_sk_conn(sk));
	int l3 = like->k.of_l3 ? like->k.l3 : -1;
	const struct atcp_ao *ao = ao_of(sk);

	if (atcp_md5_has(auth, &like->k.addr, like->k.family, l3))
		return -EKEYREJECTED;
	if (!ao)
		return 0;
	if (atcp_ao_find_overlap(ao, like, -1, like->rcvid) ||
	    atcp_ao_find_overlap(ao, like, like->sndid, -1))
		return -EEXIST;
	return 0;
}

/* [R5925-MACLEN] */
static int set_secret(struct sock *sk, struct atcp_ao_key *key, struct atcp_ao_add *cmd)
{
	bool aes128;
	int err;

	cmd->alg_name[sizeof(cmd->alg_name) - 1] = '\0';
	aes128 = !strcmp(cmd->alg_name, "cmac(aes128)");
	key->k.hash = atcp_hash_get(atcp_net(sock_net(sk)), aes128 ? "cmac(aes)" : cmd->alg_name);
	if (IS_ERR(key->k.hash))
		return PTR_ERR(key->k.hash);
	if (atcp_ao_room(key) > MOST_ROOM)
		return -EMSGSIZE;
	err = atcp_ao_master_key(key, cmd->key, cmd->keylen, aes128);
	if (err)
		return err;
	return key->maclen > key->k.hash->size ? -EINVAL : 0;
}

static struct atcp_ao_key *make_key(struct sock *sk, const struct atcp_ao_key *like,
				    struct atcp_ao_add *cmd)
{
	struct atcp_ao_key *key = sock_kmalloc(sk, sizeof(*key), GFP_KERNEL);
	int err;

	if (!key)
		return ERR_PTR(-ENOMEM);
	*key = *like;
	key->k.charged = sizeof(*key);
	err = set_secret(sk, key, cmd);
	if (!err)
		return key;
	sock_kzfree_s(sk, key, sizeof(*key));
	return ERR_PTR(err);
}

/* It signs at once where the user wants that, or where there was none. */
static void enter_key(struct sock *sk, struct atcp_auth *auth, struct atcp_ao_key *key,
		      const struct atcp_ao_add *cmd)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_peer peer = { .net = sock_net(sk), .flow = &conn->n.flow };
	struct atcp_ao *ao = &auth->ao;
	struct atcp_visit visit;

	atcp_enter(&visit, conn, ATCP_BY_CALL);
	if (ao->keyed)
		atcp_ao_derive(ao, key, &peer);
	atcp_ao_link(ao, key);
	WRITE_ONCE(ao->on, true);
	if (cmd->set_current)
		WRITE_ONCE(ao->current_key, key);
	if (cmd->set_rnext)
		WRITE_ONCE(ao->rnext_key, key);
	atcp_auth_changed(conn);
	atcp_leave(&visit);
}

static int add_key(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct atcp_ao_key like = {}, *key;
	struct atcp_ao_add cmd;
	struct atcp_auth *auth;
	int err;

	err = read_add(sk, &cmd, val, len, &like) ?: is_taken(sk, &like);
	auth = err ? NULL : atcp_auth_need(atcp_sk_conn(sk));
	if (auth) {
		key = make_key(sk, &like, &cmd);
		err = PTR_ERR_OR_ZERO(key);
		if (!err)
			enter_key(sk, auth, key, &cmd);
	} else {
		err = err ?: -ENOMEM;
	}
	memzero_explicit(&cmd, sizeof(cmd));
	return err;
}

/* ---- TCP_AO_DEL_KEY ---- */

/* Keys that are to take the place of those in use; 0 or -ENOENT. */
static int find_new(const struct atcp_ao *ao, int current_id, int rnext_id,
		    struct atcp_ao_key **current_key, struct atcp_ao_key **rnext_key)
{
	if (current_id >= 0)
		*current_key = atcp_ao_by_id(ao, current_id, -1);
	if (rnext_id >= 0)
		*rnext_key = atcp_ao_by_id(ao, -1, rnext_id);
	return (current_id >= 0 && !*current_key) || (rnext_id >= 0 && !*rnext_key) ? -ENOENT : 0;
}

static struct atcp_ao_key *find_exact(const struct atcp_ao *ao, const struct atcp_ao_key *like,
				      const struct atcp_ao_key *not1,
				      const struct atcp_ao_key *not2)
{
	struct atcp_ao_key *key;

	hlist_for_each_entry_rcu(key, &ao->keys, k.node, true)
		if (key->sndid == like->sndid && key->rcvid == like->rcvid &&
		    key->k.family == like->k.family && key->k.prefix == like->k.prefix &&
		    ipv6_addr_equal(&key->k.addr, &like->k.addr) && key->k.l3 == like->k.l3 &&
		    key->k.of_l3 == like->k.of_l3 &&
		    key != not1 && key != not2)
			return key;
	return NULL;
}

static int read_del(struct sock *sk, struct atcp_ao_del *cmd, sockptr_t val, unsigned int len)
{
	if (len < sizeof(*cmd))
		return -EINVAL;
	if (copy_from_sockptr(cmd, val, sizeof(*cmd)))
		return -EFAULT;
	if (cmd->reserved || cmd->reserved2 || cmd->keyflags & ~ATCP_AO_KEYF_IFINDEX ||
	    (cmd->ifindex && !(cmd->keyflags & ATCP_AO_KEYF_IFINDEX)) ||
	    ((cmd->set_current || cmd->set_rnext) && sk->sk_state == TCP_LISTEN))
		return -EINVAL;
	return 0;
}

/* A key that signs, or that the peer was told of, cannot go. [R5925-INUSE] */
static int take_key(struct sock *sk, struct atcp_ao *ao, struct atcp_ao_key *key, bool async,
		    struct atcp_ao_key *current_key, struct atcp_ao_key *rnext_key)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_visit visit;
	int err = 0;

	atcp_enter(&visit, conn, ATCP_BY_CALL);
	if (current_key)
		WRITE_ONCE(ao->current_key, current_key);
	if (rnext_key)
		WRITE_ONCE(ao->rnext_key, rnext_key);
	if (!async && (key == ao->current_key || key == ao->rnext_key))
		err = -EBUSY;
	else
		atcp_ao_unlink(ao, key, sk);
	atcp_auth_changed(conn);
	atcp_leave(&visit);
	return err;
}

static int delete_key(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct atcp_ao_key like = {}, *key, *current_key = NULL, *rnext_key = NULL;
	struct atcp_ao *ao = ao_of(sk);
	struct atcp_ao_del cmd;
	int err;

	err = read_del(sk, &cmd, val, len);
	if (err)
		return err;
	if (!ao)
		return -ENOENT;
	err = find_new(ao, cmd.set_current ? cmd.current_key : -1, cmd.set_rnext ? cmd.rnext : -1,
		       &current_key, &rnext_key);
	if (err)
		return err;
	if (cmd.del_async && sk->sk_state != TCP_LISTEN)
		return -EINVAL;
	cmd.addr.ss_family = sk->sk_family;	/* Linux does not look */
	err = read_address(sk->sk_family, &cmd.addr, cmd.prefix, &like.k);
	if (err)
		return err;
	like.sndid = cmd.sndid;
	like.rcvid = cmd.rcvid;
	like.k.of_l3 = cmd.keyflags & ATCP_AO_KEYF_IFINDEX;
	like.k.l3 = like.k.of_l3 ? cmd.ifindex : 0;
	key = find_exact(ao, &like, current_key, rnext_key);
	return key ? take_key(sk, ao, key, cmd.del_async, current_key, rnext_key) : -ENOENT;
}

/* ---- TCP_AO_INFO ---- */

static void set_counters(struct atcp_ao *ao, const struct atcp_ao_info *cmd)
{
	atomic64_set(&ao->good, cmd->pkt_good);
	atomic64_set(&ao->bad, cmd->pkt_bad);
	atomic64_set(&ao->not_found, cmd->pkt_key_not_found);
	atomic64_set(&ao->unsigned_segs, cmd->pkt_ao_required);
	atomic64_set(&ao->icmps, cmd->pkt_dropped_icmp);
}

static void apply_info(struct sock *sk, struct atcp_ao *ao, const struct atcp_ao_info *cmd,
		       struct atcp_ao_key *current_key, struct atcp_ao_key *rnext_key)
{
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_visit visit;

	atcp_enter(&visit, conn, ATCP_BY_CALL);
	WRITE_ONCE(ao->on, true);
	WRITE_ONCE(ao->required, cmd->ao_required);
	ao->accept_icmps = cmd->accept_icmps;
	if (cmd->set_counters)
		set_counters(ao, cmd);
	if (current_key)
		WRITE_ONCE(ao->current_key, current_key);
	if (rnext_key)
		WRITE_ONCE(ao->rnext_key, rnext_key);
	atcp_auth_changed(conn);
	atcp_leave(&visit);
}

static int set_info(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct atcp_ao_key *current_key = NULL, *rnext_key = NULL;
	struct atcp_conn *conn = atcp_sk_conn(sk);
	struct atcp_ao_info cmd;
	struct atcp_auth *auth;
	int err;

	if (len < sizeof(cmd))
		return -EINVAL;
	if (copy_from_sockptr(&cmd, val, sizeof(cmd)))
		return -EFAULT;
	if (((cmd.set_current || cmd.set_rnext) && sk->sk_state == TCP_LISTEN) ||
	    cmd.reserved || cmd.reserved2)
		return -EINVAL;
	auth = atcp_auth_need(conn);
	if (!auth)
		return -ENOMEM;
	if (cmd.ao_required && !hlist_empty(&auth->md5))
		return -EKEYREJECTED;
	err = find_new(&auth->ao, cmd.set_current ? cmd.current_key : -1,
		       cmd.set_rnext ? cmd.rnext : -1, &current_key, &rnext_key);
	if (!err)
		apply_info(sk, &auth->ao, &cmd, current_key, rnext_key);
	return err;
}

/**
 * atcp_ao_setsockopt() - what sets keys of RFC 5925
 * @sk:		under lock_sock
 * @name:	ATCP_AO_ADD_KEY, ATCP_AO_DEL_KEY, ATCP_AO_INFO or ATCP_AO_REPAIR
 * @val:	its struct
 * @len:	octets there
 *
 * A connection cannot begin to authenticate once it was opened. [R5925-NOTLATER]
 *
 * Return: 0 or -errno.
 */
int atcp_ao_setsockopt(struct sock *sk, int name, sockptr_t val, unsigned int len)
{
	if (len < sizeof(int))
		return -EINVAL;
	if (name == ATCP_AO_REPAIR)
		return -EPERM;		/* of a socket under repair only */
	if (!is_unopened(sk) && !ao_of(sk))
		return -EISCONN;
	if (name == ATCP_AO_ADD_KEY)
		return add_key(sk, val, len);
	if (name == ATCP_AO_DEL_KEY)
		return delete_key(sk, val, len);
	return set_info(sk, val, len);
}

/* ---- getsockopt ---- */

static int get_info(const struct atcp_ao *ao, char __user *val, int len)
{
	const struct atcp_ao_key *current_key, *rnext_key;
	struct atcp_ao_info out = {};
	int err;

	err = copy_struct_from_user(&out, sizeof(out), val, len);
	if (err)
		return err;
	if (out.reserved || out.reserved2)
		return -EINVAL;
	if (!ao)
		return -ENOENT;
	memset(&out, 0, sizeof(out));
	out.ao_required = ao->required;
	out.accept_icmps = ao->accept_icmps;
	out.pkt_good = atomic64_read(&ao->good);
	out.pkt_bad = atomic64_read(&ao->bad);
	out.pkt_key_not_found = atomic64_read(&ao->not_found);
	out.pkt_ao_required = atomic64_read(&ao->unsigned_segs);
	out.pkt_dropped_icmp = atomic64_read(&ao->icmps);
	current_key = READ_ONCE(ao->current_key);
	rnext_key = READ_ONCE(ao->rnext_key);
	if (current_key) {
		out.set_current = 1;
		out.current_key = current_key->sndid;
	}
	if (rnext_key) {
		out.set_rnext = 1;
		out.rnext = rnext_key->rcvid;
	}
	return copy_to_user(val, &out, min_t(size_t, len, sizeof(out))) ? -EFAULT : 0;
}

/* What keys are asked for: all, those in use, or a peer's. */
static int read_get(const struct atcp_ao_get *in, struct atcp_ao_key *like)
{
	bool by_use = in->get_all || in->is_current || in->is_rnext;
	int err;

	if (in->pkt_good || in->pkt_bad || in->keyflags & ~ATCP_AO_KEYF_IFINDEX ||
	    (in->ifindex && !(in->keyflags & ATCP_AO_KEYF_IFINDEX)) || in->reserved ||
	    (in->get_all && (in->is_current || in->is_rnext)))
		return -EINVAL;
	if (in->addr.ss_family == AF_INET || in->addr.ss_family == AF_INET6) {
		/* Ports are not looked at here, but for that there is none. */
		err = read_address(in->addr.ss_family, &in->addr, in->prefix, &like->k);
		if (err || by_use)
			return -EINVAL;
		return is_prefix(&like->k) ? 0 : -EINVAL;
	}
	if (in->addr.ss_family || !by_use)
		return -EAFNOSUPPORT;
	return in->prefix || in->sndid || in->rcvid ? -EINVAL : 0;
}

static bool is_asked(const struct atcp_ao *ao, const struct atcp_ao_key *key,
		     const struct atcp_ao_get *in, const struct atcp_ao_key *like)
{
	int l3 = in->keyflags & ATCP_AO_KEYF_IFINDEX ? max(in->ifindex, 0) : -1;

	if (in->get_all)
		return true;
	if (in->is_current || in->is_rnext)
		return (in->is_current && key == ao->current_key) ||
		       (in->is_rnext && key == ao->rnext_key);
	return key->sndid == in->sndid && key->rcvid == in->rcvid &&
	       atcp_key_covers(&key->k, &like->k.addr, like->k.family, like->k.prefix, l3);
}

static void tell_key(const struct atcp_ao *ao, const struct atcp_ao_key *key,
		     struct atcp_ao_get *out)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&out->addr;
	struct sockaddr_in *sin = (struct sockaddr_in *)&out->addr;

	memset(out, 0, sizeof(*out));
	out->addr.ss_family = key->k.family;
	if (key->k.family == AF_INET)
		sin->sin_addr.s_addr = key->k.addr.s6_addr32[3];
	else
		sin6->sin6_addr = key->k.addr;
	out->sndid = key->sndid;
	out->rcvid = key->rcvid;
	out->prefix = key->k.prefix;
	out->keyflags = key->flags;
	out->is_current = key == ao->current_key;
	out->is_rnext = key == ao->rnext_key;
	out->maclen = key->maclen;
	out->keylen = key->keylen;
	out->ifindex = key->k.l3;
	out->pkt_good = atomic64_read(&key->good);
	out->pkt_bad = atomic64_read(&key->bad);
	memcpy(out->key, key->key, key->keylen);
	strscpy(out->alg_name, key->k.hash->name, sizeof(out->alg_name));
}

/* An array, of which the first asks, and says how many there is room for. */
static int get_keys(const struct atcp_ao *ao, char __user *val, int __user *len, int each)
{
	struct atcp_ao_get in = {}, out;
	struct atcp_ao_key like = {}, *key;
	u32 n = 0;
	int err;

	if (!ao)
		return -ENOENT;
	err = copy_struct_from_user(&in, sizeof(in), val, each) ?: read_get(&in, &like);
	if (err)
		return err;
	hlist_for_each_entry_rcu(key, &ao->keys, k.node, true) {
		if (!is_asked(ao, key, &in, &like) || n++ >= in.nkeys)
			continue;
		tell_key(ao, key, &out);
		if (copy_to_user(val + (size_t)(n - 1) * each, &out,
				 min_t(size_t, each, sizeof(out))))
			err = -EFAULT;
		memzero_explicit(&out, sizeof(out));
	}
	if (err || put_user((int)sizeof(out), len) ||
	    put_user(n, (u32 __user *)(val + offsetof(struct atcp_ao_get, nkeys))))
		return -EFAULT;
	return 0;
}

/**
 * atcp_ao_getsockopt() - what tells of keys of RFC 5925
 * @sk:		the socket
 * @name:	ATCP_AO_INFO, ATCP_AO_GET_KEYS or ATCP_AO_REPAIR
 * @val:	its struct, or an array of them
 * @len:	octets of one
 *
 * Return: 0 or -errno.
 */
int atcp_ao_getsockopt(struct sock *sk, int name, char __user *val, int __user *len)
{
	int n, err;

	if (get_user(n, len))
		return -EFAULT;
	if (n <= 0)
		return -EINVAL;
	if (name == ATCP_AO_REPAIR)
		return -EPERM;
	lock_sock(sk);
	if (name == ATCP_AO_INFO)
		err = get_info(ao_of(sk), val, n);
	else
		err = get_keys(ao_of(sk), val, len, n);
	release_sock(sk);
	return err;
}
