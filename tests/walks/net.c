// SPDX-License-Identifier: GPL-2.0
/*
 * The host of both stacks, and the device through which the peers are heard.
 *
 * Where the two TCPs have the same switch, it is set alike, and what only one of
 * them does is turned off: a walk compares what the standards say of a segment, a
 * call or a time-out, not two heuristics.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "net.h"

#define IPPROTO_ATCP	261
#define BACKLOG		64
#define TAINT_WARN	9

const char * const stack_name[N_STACKS] = { "linux", "atcp" };
const uint16_t listen_port[N_STACKS] = { 80, 81 };

static int tun = -1;
static int proc[N_STACKS][2];	/* of IPv4, and of IPv6 */

struct setting {
	const char *name;
	const char *value;
};

/*
 * A retransmission time-out never ends while a delayed ACK is awaited, so that it
 * is its own event in both.  What the kernel's TCP makes of tcp_retries2 is a time:
 * that of five time-outs when the first is 8 s.
 */
static const struct setting settings[] = {
	{ "atcp/rto_min_ms", "8000" },
	{ "ipv4/tcp_rto_min_us", "8000000" },
	{ "atcp/challenge_ack_limit", "255" },
	{ "ipv4/tcp_invalid_ratelimit", "0" },
	{ "atcp/syn_retries", "3" },
	{ "ipv4/tcp_syn_retries", "3" },
	{ "atcp/synack_retries", "3" },
	{ "ipv4/tcp_synack_retries", "3" },
	{ "atcp/retries2", "4" },
	{ "ipv4/tcp_retries2", "9" },
	{ "ipv4/tcp_orphan_retries", "9" },
	{ "atcp/rmem", "4096 32768 32768" },
	{ "ipv4/tcp_rmem", "4096 32768 32768" },
	{ "atcp/wmem", "4096 65536 65536" },
	{ "ipv4/tcp_wmem", "4096 65536 65536" },
	{ "ipv4/tcp_congestion_control", "reno" },
	{ "ipv4/tcp_moderate_rcvbuf", "0" },
	{ "atcp/early_retrans", "0" },
	{ "ipv4/tcp_early_retrans", "0" },
	{ "atcp/recovery", "0" },
	{ "ipv4/tcp_recovery", "0" },
	{ "atcp/frto", "0" },
	{ "ipv4/tcp_frto", "0" },
	{ "ipv4/tcp_ecn", "0" },
	{ "atcp/ecn", "0" },
	{ "ipv4/tcp_syncookies", "0" },
	{ "ipv4/tcp_fastopen", "0" },
	{ "ipv4/tcp_autocorking", "0" },
	{ "ipv4/tcp_no_metrics_save", "1" },
	{ "atcp/no_metrics_save", "1" },
	{ "ipv4/tcp_max_syn_backlog", "4096" },
	{ "ipv4/tcp_tw_reuse", "1" },
	{ "ipv6/conf/tun0/accept_dad", "0" },
	{ "ipv6/conf/tun0/router_solicitations", "0" },
};

static void set(const struct setting *s)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", s->name);
	fd = open(path, O_WRONLY);
	if (fd < 0 && errno == ENOENT)		/* not in this kernel */
		return;
	if (fd < 0 || write(fd, s->value, strlen(s->value)) < 0)
		err(2, "%s", path);
	close(fd);
}

static void set_address(int fd, unsigned long what, struct ifreq *ifr, uint32_t value)
{
	struct sockaddr_in *in = (void *)&ifr->ifr_addr;

	memset(in, 0, sizeof(*in));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(value);
	if (ioctl(fd, what, ifr))
		err(2, "the device's address");
}

/**
 * net_address() - a socket address
 * @sa:		filled in
 * @six:	IPv6
 * @address:	the number of a host, 0: any
 * @port:	the port
 *
 * Return: its size.
 */
socklen_t net_address(struct sockaddr_storage *sa, bool six, uint32_t address, uint16_t port)
{
	struct sockaddr_in6 *in6 = (void *)sa;
	struct sockaddr_in *in = (void *)sa;

	memset(sa, 0, sizeof(*sa));
	if (!six) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(address);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	if (address)
		ip6_address(in6->sin6_addr.s6_addr, address);
	return sizeof(*in6);
}

/* struct in6_ifreq, which libc does not have */
struct address6 {
	uint8_t address[16];
	uint32_t prefix_len;
	int device;
};

static void set_address6(struct ifreq *ifr)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	struct address6 a = { .prefix_len = 96 };
	struct sockaddr_storage sa;
	socklen_t len;

	ip6_address(a.address, NEAR_ADDRESS);
	a.device = if_nametoindex(ifr->ifr_name);
	if (fd < 0 || ioctl(fd, SIOCSIFADDR, &a))
		err(2, "the device's IPv6 address");
	len = net_address(&sa, true, NEAR_ADDRESS, 0);
	while (bind(fd, (void *)&sa, len)) {		/* not in use at once */
		if (errno != EADDRNOTAVAIL)
			err(2, "the device's IPv6 address");
		usleep(10000);
	}
	close(fd);
}

static void open_tun(void)
{
	struct ifreq ifr = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr))
		err(2, "/dev/net/tun");
}

static void bring_up(void)
{
	struct ifreq ifr = { .ifr_name = "tun0" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ifr.ifr_mtu = TUN_MTU;
	if (ioctl(fd, SIOCSIFMTU, &ifr))
		err(2, "the device's MTU");
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		err(2, "the device");
	set_address(fd, SIOCSIFADDR, &ifr, NEAR_ADDRESS);
	set_address(fd, SIOCSIFNETMASK, &ifr, 0xff000000);
	set_address6(&ifr);
	close(fd);
}

/**
 * net_open() - a namespace of our own, both stacks ready in it
 */
void net_open(void)
{
	static const char * const tables[] = {
		"/proc/net/tcp", "/proc/net/tcp6", "/proc/net/atcp", "/proc/net/atcp6",
	};
	size_t i;

	if (unshare(CLONE_NEWNET))
		err(2, "unshare");
	open_tun();
	for (i = 0; i < ARRAY_SIZE(settings); i++)
		set(&settings[i]);
	bring_up();
	sleep(2);		/* to Linux a timestamp of the first second is none */
	for (i = 0; i < 2 * N_STACKS; i++) {
		proc[i / 2][i % 2] = open(tables[i], O_RDONLY);
		if (proc[i / 2][i % 2] < 0)
			err(2, "%s", tables[i]);
	}
}

/**
 * net_socket() - a socket that does not block
 * @stack:	whose
 * @six:	of IPv6
 */
int net_socket(enum tcp stack, bool six)
{
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK,
			stack == ATCP ? IPPROTO_ATCP : 0);

	if (fd < 0)
		err(2, "a socket of %s", stack_name[stack]);
	return fd;
}

/**
 * net_listener() - the listener of all passive walks
 * @stack:	whose
 * @six:	over IPv6
 */
int net_listener(enum tcp stack, bool six)
{
	int fd = net_socket(stack, six), only = 1;
	struct sockaddr_storage sa;
	socklen_t len = net_address(&sa, six, 0, listen_port[stack]);

	if ((six && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only))) ||
	    bind(fd, (void *)&sa, len) || listen(fd, BACKLOG))
		err(2, "a listener of %s", stack_name[stack]);
	return fd;
}

/**
 * net_send() - a peer's segment reaches the host
 * @seg:	the segment
 */
void net_send(const struct seg *seg)
{
	static uint8_t packet[MAX_PACKET + HEADERS];
	size_t size = seg_write(packet, seg);

	if (write(tun, packet, size) != (ssize_t)size)
		err(2, "tun: write");
}

/**
 * net_send_icmp() - "destination unreachable" reaches the host
 * @src:	who says so
 * @hard:	there is nobody at the port
 * @quoted:	what could not be delivered
 */
void net_send_icmp(uint32_t src, bool hard, const struct seg *quoted)
{
	uint8_t packet[2 * HEADERS];
	size_t size = icmp_write(packet, src, hard, quoted);

	if (write(tun, packet, size) != (ssize_t)size)
		err(2, "tun: write");
}

/**
 * net_receive() - the next segment that the host sends
 * @seg:	filled in; its text is good until the next call
 * @patience_ms: how long to wait for one
 *
 * Return: false when none came.
 */
bool net_receive(struct seg *seg, int64_t patience_ms)
{
	static uint8_t packet[MAX_PACKET + HEADERS];
	int64_t end = patience_ms ? now_ms() + patience_ms : 0;
	struct pollfd p = { .fd = tun, .events = POLLIN };
	ssize_t size;

	for (;;) {
		size = read(tun, packet, sizeof(packet));
		if (size < 0 && errno != EAGAIN)
			err(2, "tun: read");
		if (size > 0 && seg_read(seg, packet, size))
			return true;
		if (size > 0)
			continue;
		patience_ms = end ? end - now_ms() : 0;
		if (patience_ms <= 0 || poll(&p, 1, patience_ms) <= 0)
			return false;
	}
}

/**
 * proc_state() - a connection, as /proc/net shows it
 * @stack:	whose
 * @six:	of IPv6
 * @peer_port:	the far port, of which there is one at a time
 * @timer:	set when a timer runs
 *
 * Return: the number of the state, 0 where there is none.
 */
int proc_state(enum tcp stack, bool six, uint16_t peer_port, bool *timer)
{
	static char text[1 << 16];
	unsigned int port, state, which;
	ssize_t n, at = 0;
	char *line;

	*timer = false;
	while ((n = pread(proc[stack][six], text, sizeof(text) - 1, at)) > 0) {
		text[n] = '\0';
		at += n;
		for (line = text; line; line = strchr(line + 1, '\n')) {
			if (sscanf(line, " %*d: %*[^:]:%*x %*[^:]:%x %x %*x:%*x %x", &port,
				   &state, &which) != 3 || port != peer_port)
				continue;
			*timer = which;
			return state;
		}
	}
	if (n < 0)
		err(2, "/proc/net");
	return 0;
}

/**
 * kernel_warned() - whether the kernel has found fault with itself
 */
bool kernel_warned(void)
{
	static int fd = -1;
	char text[24];
	ssize_t n;

	if (fd < 0)
		fd = open("/proc/sys/kernel/tainted", O_RDONLY);
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		err(2, "/proc/sys/kernel/tainted");
	text[n] = '\0';
	return strtoul(text, NULL, 10) & 1 << TAINT_WARN;
}

/**
 * read_file() - a whole file, as a string
 * @path:	its name
 * @text:	where to
 * @size:	octets there
 *
 * Return: its length.
 */
size_t read_file(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		err(2, "%s", path);
	n = fread(text, 1, size - 1, f);
	if (n == size - 1 || ferror(f))
		errx(2, "%s cannot be read, or is too long", path);
	fclose(f);
	text[n] = '\0';
	return n;
}

/**
 * now_ms() - the guest's clock
 */
int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}
