# SPDX-License-Identifier: GPL-2.0
"""TCP segments as octets: made, and read again."""

import socket
import struct
from socket import AF_INET, AF_INET6

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))
NAMES = "FSRPAUEC"
MOD = 1 << 32


def flag_names(flags):
    return "".join(n for i, n in enumerate(NAMES) if flags & 1 << i) or "-"


def checksum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip_packet(family, src, dst, proto, payload, ttl=64, tos=0, ident=0, df=True, bad_sum=False,
              fragment=None):
    """An IP packet; fragment is (offset in octets, more)."""
    a, b = socket.inet_pton(family, src), socket.inet_pton(family, dst)
    if family == AF_INET:
        off = (0x4000 if df else 0) if fragment is None else \
            fragment[0] >> 3 | (0x2000 if fragment[1] else 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), ident, off, ttl,
                           proto, 0, a, b)
        total = checksum(head) ^ (0x5555 if bad_sum else 0)
        return head[:10] + struct.pack("!H", total) + head[12:] + payload
    if fragment is not None:
        payload = struct.pack("!BBHI", proto, 0, fragment[0] | bool(fragment[1]),
                              ident) + payload
        proto = 44
    return struct.pack("!IHBB16s16s", 6 << 28 | tos << 20, len(payload), proto, ttl,
                       a, b) + payload


def tcp_bytes(family, src, dst, sport, dport, seq, ack, flags, window=65535, data=b"",
              options=b"", urgent=0, bad_sum=False, offset=None, reserved=0):
    options += b"\1" * (-len(options) % 4)
    words = 5 + len(options) // 4 if offset is None else offset
    head = struct.pack("!HHIIBBHHH", sport, dport, seq % MOD, ack % MOD,
                       words << 4 | reserved, flags, window, 0, urgent) + options
    a, b = socket.inet_pton(family, src), socket.inet_pton(family, dst)
    length = len(head) + len(data)
    pseudo = a + b + (struct.pack("!BBH", 0, 6, length) if family == AF_INET else
                      struct.pack("!IHBB", length, 0, 0, 6))
    total = checksum(pseudo + head + data)
    if bad_sum:
        total ^= 0x1234
    return head[:16] + struct.pack("!H", total) + head[18:] + data


class Segment:
    """A TCP segment that the host sent."""

    def __init__(self, packet):
        version = packet[0] >> 4
        self.family = AF_INET if version == 4 else AF_INET6
        if version == 4:
            head = (packet[0] & 15) * 4
            self.proto, self.ttl, self.tos = packet[9], packet[8], packet[1]
            self.ident = struct.unpack_from("!H", packet, 4)[0]
            self.df = bool(packet[6] & 0x40)
            src, dst = packet[12:16], packet[16:20]
            packet = packet[:struct.unpack_from("!H", packet, 2)[0]]
        else:
            head = 40
            self.proto, self.ttl = packet[6], packet[7]
            self.tos = struct.unpack_from("!I", packet)[0] >> 20 & 255
            self.label = struct.unpack_from("!I", packet)[0] & 0xfffff
            src, dst = packet[8:24], packet[24:40]
        self.payload = packet[head:]
        self.src, self.dst = socket.inet_ntop(self.family, src), socket.inet_ntop(self.family, dst)
        self.is_tcp = self.proto == 6
        if not self.is_tcp:
            return
        (self.sport, self.dport, self.seq, self.ack, words, self.flags, self.window, self.sum,
         self.urgent) = struct.unpack_from("!HHIIBBHHH", self.payload)
        self.reserved = words & 15
        words = (words >> 4) * 4
        self.raw_options = self.payload[20:words]
        self.data = self.payload[words:]
        length = len(self.payload)
        pseudo = src + dst + (struct.pack("!BBH", 0, 6, length) if version == 4 else
                              struct.pack("!IHBB", length, 0, 0, 6))
        self.sum_ok = checksum(pseudo + self.payload) == 0
        self.options = parse_options(self.raw_options)

    @property
    def end(self):
        """The sequence number after the segment."""
        return (self.seq + len(self.data) + bool(self.flags & SYN) + bool(self.flags & FIN)) % MOD

    def __repr__(self):
        if not self.is_tcp:
            return f"<IP protocol {self.proto}, {len(self.payload)} octets>"
        return (f"<{flag_names(self.flags)} seq={self.seq} ack={self.ack} win={self.window} "
                f"len={len(self.data)} {self.options}>")


def parse_options(raw):
    """{kind: value}; raises ValueError where they are malformed."""
    found, i = {}, 0
    while i < len(raw):
        kind = raw[i]
        if kind == 0:
            break
        if kind == 1:
            i += 1
            continue
        if i + 1 >= len(raw) or raw[i + 1] < 2 or i + raw[i + 1] > len(raw):
            raise ValueError(f"malformed options {raw.hex()}")
        value = raw[i + 2:i + raw[i + 1]]
        if kind == 2:
            value = struct.unpack("!H", value)[0]
        elif kind == 3:
            value = value[0]
        elif kind == 8:
            value = struct.unpack("!II", value)
        elif kind == 5:
            n = struct.unpack(f"!{len(value) // 4}I", value)
            value = list(zip(n[::2], n[1::2]))
        found[kind] = value
        i += raw[i + 1]
    return found


MSS, WSCALE, SACK_OK, SACK, TS = 2, 3, 4, 5, 8


def options(mss=None, wscale=None, sack_ok=False, ts=None, sack=()):
    raw = b""
    if mss is not None:
        raw += struct.pack("!BBH", 2, 4, mss)
    if sack_ok:
        raw += b"\4\2"
    if ts is not None:
        raw += b"\1\1" + struct.pack("!BBII", 8, 10, *(n % MOD for n in ts))
    if wscale is not None:
        raw += b"\1" + struct.pack("!BBB", 3, 3, wscale)
    if sack:
        raw += b"\1\1" + struct.pack("!BB", 5, 2 + 8 * len(sack))
        raw += b"".join(struct.pack("!II", a % MOD, b % MOD) for a, b in sack)
    return raw
