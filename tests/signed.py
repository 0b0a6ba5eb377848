# SPDX-License-Identifier: GPL-2.0
"""Segments that carry a digest: keys, what the wire sees, and forgeries."""

import hashlib
import os
import socket
import struct
import threading

from atcptest import AF_INET, AF_INET6, LOOPBACK, until
from wire import SYN, Segment
from wire.segment import ip_packet, tcp_bytes

TCP = socket.IPPROTO_TCP
MD5SIG, MD5SIG_EXT = 14, 32
PREFIX, IFINDEX = 1, 2
MD5 = 19
MOD = 1 << 32


def sockaddr(family, address, port=0):
    """struct sockaddr_storage."""
    if family == AF_INET:
        raw = struct.pack("=H", family) + struct.pack("!H", port) + \
            socket.inet_pton(family, address)
    else:
        raw = struct.pack("=H", family) + struct.pack("!HI", port, 0) + \
            socket.inet_pton(family, address)
    return raw.ljust(128, b"\0")


def md5sig(family, address, key, flags=0, prefix=0, ifindex=0, length=None):
    """struct tcp_md5sig."""
    return sockaddr(family, address) + struct.pack(
        "=BBHi80s", flags, prefix, len(key) if length is None else length, ifindex, key)


def set_md5(s, address, key, **more):
    """The key for a peer; with prefix= or so, by TCP_MD5SIG_EXT."""
    s.setsockopt(TCP, MD5SIG_EXT if more else MD5SIG, md5sig(s.family, address, key, **more))


def pseudo(segment, length):
    a = socket.inet_pton(segment.family, segment.src)
    b = socket.inet_pton(segment.family, segment.dst)
    return a + b + (struct.pack("!BBH", 0, 6, length) if segment.family == AF_INET else
                    struct.pack("!II", length, 6))


def md5_digest(segment, key):
    """RFC 2385, 2.0."""
    head = segment.payload[:16] + b"\0\0" + segment.payload[18:20]
    return hashlib.md5(pseudo(segment, len(segment.payload)) + head + segment.data + key).digest()


def counts(stack):
    """What the stack has counted in this namespace: {name: value}."""
    path = "/proc/net/atcp_netstat" if stack.is_atcp else "/proc/net/netstat"
    with open(path, encoding="utf-8") as f:
        names, values = [line.split()[1:] for line in f if line.startswith("TcpExt:")]
    return dict(zip(names, map(int, values)))


class Counted:
    """How a counter has moved since this was made; the two stacks count alike."""

    def __init__(self, stack):
        self.stack = stack
        self.before = counts(stack)

    def __call__(self, name):
        return counts(self.stack)[name] - self.before[name]

    def reaches(self, name, least=1):
        return until(lambda: self(name) >= least, f"{name} of {self.stack!r}")


class Wire:
    """All segments over loopback from or to a port, while 'with' lasts."""

    def __init__(self, port):
        self.port = port
        self.segments = []
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.sock.bind(("lo", 0))
        self.end, self.wake = os.pipe()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.sock.settimeout(0)
        os.write(self.wake, b"x")
        self.thread.join()
        self._drain()
        self.sock.close()

    def _run(self):
        import select
        while True:
            ready = select.select([self.sock, self.end], [], [])[0]
            if self.end in ready:
                return
            self._take(self.sock.recvfrom(1 << 17))

    def _drain(self):
        while True:
            try:
                self._take(self.sock.recvfrom(1 << 17))
            except BlockingIOError:
                return

    def _take(self, packet):
        data, address = packet
        if address[2] == 4 or not data:     # PACKET_OUTGOING: it comes in, too
            return
        segment = Segment(data)
        if segment.is_tcp and self.port in (segment.sport, segment.dport):
            self.segments.append(segment)

    def syn(self, sport):
        """The SYN from a port."""
        return until(lambda: [s for s in list(self.segments) if s.sport == sport and
                              s.flags & SYN], "a SYN")[0]


def raw(family):
    """For packets made by hand."""
    if family == AF_INET:
        return socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.setsockopt(socket.IPPROTO_IPV6, 36, 1)        # IPV6_HDRINCL
    return s


def forge(family, sport, dport, seq, ack, flags, data=b"", **more):
    """Sends a segment over loopback that no TCP made."""
    here = LOOPBACK[family]
    text = tcp_bytes(family, here, here, sport, dport, seq, ack, flags, data=data, **more)
    with raw(family) as s:
        s.sendto(ip_packet(family, here, here, socket.IPPROTO_TCP, text),
                 (here, 0))
