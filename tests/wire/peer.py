# SPDX-License-Identifier: GPL-2.0
"""A remote end that does, segment by segment, what a test says."""

import time
from socket import AF_INET

from atcptest import HANG
from wire.segment import (ACK, FIN, MOD, PSH, SYN, TS, Segment, flag_names, ip_packet, options,
                          parse_options, tcp_bytes)


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
