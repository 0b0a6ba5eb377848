/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host of both stacks: a network namespace, its TUN device with the scripted
 * peers behind it, and the two TCPs made alike where they can be.
 */
#ifndef WALKS_NET_H
#define WALKS_NET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "wire.h"

enum tcp {
	LINUX,
	ATCP,
	N_STACKS,
};

/* 10.8.0.1, and fd00:8::a08:1; all of 10/8 and of fd00:8::/96 is behind the device */
#define NEAR_ADDRESS	0x0a080001
#define FIRST_PEER	0x0a090001
#define TUN_MTU		20000
#define BUFFER		32768		/* of a receiver, unless a walk changes it */

extern const char * const stack_name[N_STACKS];
extern const uint16_t listen_port[N_STACKS];

void net_open(void);
int net_socket(enum tcp stack, bool six);
socklen_t net_address(struct sockaddr_storage *sa, bool six, uint32_t address, uint16_t port);
int net_listener(enum tcp stack, bool six);
void net_send(const struct seg *seg);
void net_send_icmp(uint32_t src, bool hard, const struct seg *quoted);
bool net_receive(struct seg *seg, int64_t patience_ms);
int proc_state(enum tcp stack, bool six, uint16_t peer_port, bool *timer);
bool kernel_warned(void);
size_t read_file(const char *path, char *text, size_t size);
int64_t now_ms(void);

#endif
