/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What programs see of atcp: the numbers of its two doors.
 *
 *	socket(AF_ATCP, SOCK_STREAM, 0)			IPv4 (protocol 1: IPv6)
 *	socket(AF_INET, SOCK_STREAM, IPPROTO_ATCP)	also AF_INET6
 *
 * Addresses are ordinary sockaddr_in and sockaddr_in6.  Options are those of
 * SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6 and IPPROTO_TCP (see tcp(7)).
 */
#ifndef _UAPI_LINUX_ATCP_H
#define _UAPI_LINUX_ATCP_H

/* Every family below AF_MAX is assigned, so a retired one is borrowed. */
#define AF_ATCP			25
#define PF_ATCP			AF_ATCP

/* Protocols of the AF_ATCP door. */
#define ATCP_PROTO_IPV4		0
#define ATCP_PROTO_IPV6		1

/* Protocol number of the AF_INET and AF_INET6 door. */
#define IPPROTO_ATCP		261

#endif /* _UAPI_LINUX_ATCP_H */
