# SPDX-License-Identifier: GPL-2.0
"""TCP segments as octets, and a remote end that does what a script says."""

import socket
import struct
import time
from socket import AF_INET, AF_INET6

from atcptest import HANG

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


class Peer:
    """One end of a connection, beyond a TUN device, under the script's control.

    seq and ack are what the next segment carries unless the script says otherwise:
    seq moves over what was sent, ack over what was received in order.
    """

    def __init__(self, tun, family=AF_INET, port=9999, there=None, iss=1000, address=None):
        self.tun, self.family = tun, family
        self.port, self.there = port, there
        self.address = address or tun.far[family]
        self.near = tun.near[family]
        self.seq, self.ack = iss, 0
        self.iss, self.irs = iss, None
        self.window = 65535
        self.ts = None          # (own value, echoed value) once agreed on
        self.last = None

    def packet(self, flags, data=b"", seq=None, ack=None, opts=b"", window=None, ttl=64, tos=0,
               ip=None, **more):
        if self.ts is not None and not opts and not flags & SYN:
            opts = options(ts=self.ts)
        raw = tcp_bytes(self.family, self.address, self.near, self.port, self.there,
                        self.seq if seq is None else seq,
                        (self.ack if ack is None else ack) if flags & ACK or ack else 0,
                        flags, self.window if window is None else window, data, opts, **more)
        return ip_packet(self.family, self.address, self.near, 6, raw, ttl=ttl, tos=tos,
                         **(ip or {}))

    def send(self, flags, data=b"", **more):
        """Sends; moves seq unless the script gave one."""
        self.tun.send(self.packet(flags, data, **more))
        if "seq" not in more:
            self.seq = (self.seq + len(data) + bool(flags & SYN) + bool(flags & FIN)) % MOD

    def receive(self, seconds=HANG / 4):
        """The next segment of this connection, or None; follows its text."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            packet = self.tun.receive(max(0, left))
            if packet is None:
                if left <= 0:
                    return None
                continue
            seg = Segment(packet)
            if not seg.is_tcp or seg.dport != self.port or seg.dst != self.address or \
                    self.there is not None and seg.sport != self.there:
                continue
            assert seg.sum_ok, f"bad checksum: {seg}"
            assert seg.reserved == 0, f"reserved bits: {seg}"
            self.last = seg
            if self.there is None:
                self.there = seg.sport
            if seg.flags & SYN:
                self.irs = seg.seq
                self.ack = (seg.seq + 1) % MOD
            elif seg.seq == self.ack:
                self.ack = seg.end
            if TS in seg.options and self.ts is not None:
                self.ts = (self.ts[0], seg.options[TS][0])
            return seg

    def expect(self, flags, seconds=HANG / 4, **fields):
        """The next segment must have exactly these flags (PSH aside) and fields."""
        seg = self.receive(seconds)
        assert seg is not None, f"no segment came, expected {flag_names(flags)}"
        assert seg.flags & ~PSH == flags, f"got {seg}, expected {flag_names(flags)} {fields}"
        for name, value in fields.items():
            got = getattr(seg, name)
            assert got == value, f"{name} is {got}, expected {value}: {seg}"
        return seg

    def find(self, condition, what, seconds=HANG / 4):
        """Skips segments until one is as wanted."""
        end = time.monotonic() + seconds
        while True:
            seg = self.receive(max(0.01, end - time.monotonic()))
            assert seg is not None, f"never came: {what}"
            if condition(seg):
                return seg

    def silence(self, seconds=0.3):
        seg = self.receive(seconds)
        assert seg is None, f"unexpected {seg}"

    def connect(self, opts=None):
        """Opens actively; ends in ESTABLISHED on both sides."""
        self.send(SYN, opts=options(mss=1460) if opts is None else opts)
        seg = self.expect(SYN | ACK, ack=self.seq)
        self._agree(opts, seg)
        self.send(ACK)
        return seg

    def accept(self, opts=None):
        """Answers a SYN; ends in ESTABLISHED on both sides."""
        syn = self.expect(SYN)
        if self.ts is None and opts and TS in parse_options(opts + b"\1" * (-len(opts) % 4)):
            self.ts = (parse_options(opts + b"\1" * (-len(opts) % 4))[TS][0], syn.options[TS][0])
            opts = options(mss=1460, sack_ok=True, ts=self.ts)
        self.send(SYN | ACK, opts=options(mss=1460) if opts is None else opts)
        self.expect(ACK, seq=self.ack, ack=self.seq)
        return syn

    def _agree(self, opts, seg):
        if not opts:
            return
        mine = parse_options(opts + b"\1" * (-len(opts) % 4))
        if TS in mine and TS in seg.options:
            self.ts = (mine[TS][0], seg.options[TS][0])
