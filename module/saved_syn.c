// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_SAVE_SYN: the headers of the SYN that made a connection, kept for its user.
 *
 * Owns conn->saved_syn, written before a child is entered, and by its user under
 * lock_sock after accept().
 */
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <atcp/sock.h>

/**
 * struct atcp_saved_syn - headers of a SYN
 * @len:	octets
 * @headers:	from the link's or IP's, as the listener wanted, to the end of TCP's
 */
struct atcp_saved_syn {
	u32 len;
	u8 headers[];
};

/**
 * atcp_syn_save() - keep the headers of a SYN if the listener asked for that
 * @listener: socket
 * @skb: the SYN, at its text
 *
 * Context: RCU held. Return: for conn->saved_syn; NULL also when there is no memory.
 */
struct atcp_saved_syn *atcp_syn_save(const struct sock *listener, const struct sk_buff *skb)
{
	u8 how = READ_ONCE(atcp_sk(listener)->save_syn);
	const u8 *from = skb_network_header(skb);
	struct atcp_saved_syn *saved;
	u32 len;

	if (likely(!how))
		return NULL;
	if (how == ATCP_SAVE_LINK && skb_mac_header_was_set(skb))
		from = skb_mac_header(skb);
	len = skb_transport_header(skb) + tcp_hdrlen(skb) - from;
	saved = kmalloc(struct_size(saved, headers, len), GFP_ATOMIC | __GFP_NOWARN);
	if (!saved)
		return NULL;
	saved->len = len;
	memcpy(saved->headers, from, len);
	return saved;
}

/**
 * atcp_syn_get() - TCP_SAVED_SYN: given once, then forgotten
 * @sk: the socket
 * @val: where to
 * @len: octets of room there; those needed, or given, afterwards
 * @room: what stood in @len
 *
 * Return: 0, with no octets when there is none; -EINVAL when there is not enough
 * room; -EFAULT.
 */
int atcp_syn_get(struct sock *sk, char __user *val, int __user *len, int room)
{
	struct atcp_saved_syn *saved;
	struct atcp_conn *conn;
	int n, err = 0;

	lock_sock(sk);
	conn = atcp_sk_conn(sk);
	saved = conn->saved_syn;
	n = saved ? saved->len : 0;
	if (put_user(n, len))
		err = -EFAULT;
	else if (room < n)
		err = -EINVAL;
	else if (n && copy_to_user(val, saved->headers, n))
		err = -EFAULT;
	if (!err) {
		conn->saved_syn = NULL;
		kfree(saved);
	}
	release_sock(sk);
	return err;
}
