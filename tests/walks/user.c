// SPDX-License-Identifier: GPL-2.0
/*
 * The user of a walk: one socket that never blocks, its calls and what they tell.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "end.h"

#define MOST	100000		/* octets a call */

static uint8_t buffer[MOST];

/* Text of the user's: position in the stream tells each octet. */
uint8_t user_octet(uint32_t offset)
{
	return (offset * 17 + (offset >> 8)) & 0xff;
}

static void option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		err(2, "setsockopt %d, %d", level, name);
}

static void set_options(const struct end *e)
{
	const struct setup *s = e->setup;

	if (s->nodelay)
		option(e->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (s->inline_urg)
		option(e->fd, SOL_SOCKET, SO_OOBINLINE, 1);
	if (s->user_timeout)
		option(e->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, s->user_timeout);
	if (s->keepalive) {
		option(e->fd, IPPROTO_TCP, TCP_KEEPIDLE, 20);
		option(e->fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
		option(e->fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
		option(e->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	}
}

/**
 * user_open() - the socket of a walk that connects
 * @e:	the side
 */
void user_open(struct end *e)
{
	e->fd = net_socket(e->stack, e->setup->six);
	set_options(e);
}

static int told(ssize_t n)
{
	return n < 0 ? -errno : (int)n;
}

static int user_connect(struct end *e)
{
	struct sockaddr_storage sa;
	socklen_t len = net_address(&sa, e->setup->six, e->peer, e->peer_port);

	return told(connect(e->fd, (void *)&sa, len));
}

static int user_accept(struct end *e)
{
	int fd = accept4(e->listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (e->fd >= 0)
		close(e->fd);
	e->fd = fd;
	e->sent = 0;
	set_options(e);
	return 0;
}

static int user_send(struct end *e, uint32_t octets, int flags)
{
	uint32_t i;
	int n;

	for (i = 0; i < octets; i++)
		buffer[i] = user_octet(e->sent + i);
	n = told(send(e->fd, buffer, octets, flags | MSG_NOSIGNAL));
	if (n > 0)
		e->sent += n;
	return n;
}

static int user_receive(struct end *e, uint32_t octets, int flags, uint32_t *digest)
{
	int n = told(recv(e->fd, buffer, octets, flags));
	int i;

	for (i = 0; i < n; i++)
		*digest = (*digest ^ buffer[i]) * 16777619;
	return n;
}

static int user_error(const struct end *e)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(e->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return -errno;
	return error;
}

static void user_close(struct end *e, bool abort)
{
	static const struct linger now = { .l_onoff = 1 };

	if (abort && setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)))
		err(2, "SO_LINGER");
	close(e->fd);
	e->fd = -1;
	e->was_closed = true;
}

/**
 * user_call() - the call that an event names
 * @e:		the side
 * @ev:		the event; without a socket nothing but accept() is called
 * @obs:	gets the result
 */
void user_call(struct end *e, const struct event *ev, struct obs *obs)
{
	if (ev->kind == EV_ACCEPT) {
		obs->result = user_accept(e);
		return;
	}
	if (e->fd < 0)
		return;
	switch (ev->kind) {
	case EV_CONNECT:
		obs->result = user_connect(e);
		break;
	case EV_SEND:
		obs->result = user_send(e, ev->octets, 0);
		break;
	case EV_SEND_URGENT:
		obs->result = user_send(e, 1, MSG_OOB);
		break;
	case EV_RECEIVE:
		obs->result = user_receive(e, ev->octets, 0, &obs->text);
		break;
	case EV_PEEK:
		obs->result = user_receive(e, ev->octets, MSG_PEEK, &obs->text);
		break;
	case EV_RECEIVE_URGENT:
		obs->result = user_receive(e, 1, MSG_OOB, &obs->text);
		break;
	case EV_SHUT_RD:
	case EV_SHUT_WR:
	case EV_SHUT_BOTH:
		obs->result = told(shutdown(e->fd, ev->kind - EV_SHUT_RD));
		break;
	case EV_CLOSE:
	case EV_ABORT:
		user_close(e, ev->kind == EV_ABORT);
		break;
	case EV_ERROR:
		obs->result = user_error(e);
		break;
	default:
		break;
	}
}

static int socket_state(struct end *e, struct obs *obs)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(e->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		err(2, "TCP_INFO");
	obs->options = info.tcpi_options;
	return info.tcpi_state;
}

/**
 * user_look() - what the user can find out: state, poll(), what is to be read
 * @e:		the side
 * @obs:	filled in
 */
void user_look(struct end *e, struct obs *obs)
{
	struct pollfd p[2] = {
		{ .fd = e->listener, .events = POLLIN },
		{ .fd = e->fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP },
	};
	bool timer;

	poll(p, 2, 0);
	obs->waiting = p[0].revents & POLLIN;
	obs->poll = p[1].revents;
	obs->unread = -1;
	obs->state = ST_NONE;
	if (e->fd >= 0) {
		obs->state = socket_state(e, obs);
		obs->gone = obs->state == ST_CLOSED;
		if (ioctl(e->fd, SIOCINQ, &obs->unread))
			obs->unread = -1;
	}
	/* TIME-WAIT, half-open and what was closed have no socket. */
	if (e->fd < 0 || obs->state == ST_CLOSED) {
		int state = proc_state(e->stack, e->setup->six, e->peer_port, &timer);

		if (state)
			obs->state = state;
	}
}

/**
 * user_finish() - no socket is left of a walk
 * @e:	the side
 */
void user_finish(struct end *e)
{
	int fd;

	if (e->fd >= 0)
		user_close(e, true);
	if (e->setup->active)
		return;
	for (;;) {
		fd = accept4(e->listener, NULL, NULL, SOCK_NONBLOCK);
		if (fd >= 0)
			close(fd);
		else if (errno == EAGAIN || errno == EWOULDBLOCK)
			break;
		else if (errno != ECONNABORTED)
			err(2, "accept");
	}
}
