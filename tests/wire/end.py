# SPDX-License-Identifier: GPL-2.0
"""The peer of a trace: what it sends and hears, and what must hold of each segment heard."""

import itertools
import time

from atcptest import HANG, pattern
from wire.segment import (ACK, FIN, MOD, MSS, PSH, RST, SYN, TS, URG, WSCALE, Segment, ip_packet,
                          options, parse_options, tcp_bytes)
from wire.written import Numbers, signed

NOBODY = 9                      # a port where no one listens: it answers at once
TS_BASE = 1 << 20               # the peer's TSval as a case begins
OUR_TEXT, THEIR_TEXT = (pattern(1 << 17, seed) for seed in (3, 4))
with open("/proc/cmdline", encoding="ascii") as _f:
    VIRTUAL = "time-travel" in _f.read()
# Seconds within which an answer comes: before a calm net's timers could send it again.
PATIENCE = 5 if VIRTUAL else HANG / 4
_fences = itertools.count(20000)


def text_at(table, at, length):
    """Octets of a stream; at counts from the octet after the SYN."""
    parts = b""
    while length > 0:
        part = table[at % len(table):][:length]
        parts += part
        at += len(part)
        length -= len(part)
    return parts


class End:
    """One connection's far end.  Everything that the stack sends to it is kept in inbox
    until the trace has asked for it."""

    def __init__(self, net, port, there, far=None, iss=1 << 30):
        self.net, self.family = net, net.family
        self.port, self.there = port, there
        self.far, self.near = far or net.tun.far[net.family], net.tun.near[net.family]
        self.numbers = Numbers()
        self.seq, self.iss, self.ack = iss, iss, 0
        self.window = 65535
        self.offered = b""              # options of our SYN
        self.ts_on, self.tsval, self.tsecr = False, TS_BASE, 0
        self.scale = 0                  # of the stack's windows
        self.highest = None             # after all that the stack sent
        self.edge = None                # of its receive window
        self.inbox, self.last_packet = [], None
        self.first = None               # packet: the SYN or SYN,ACK
        self.stamp = time.monotonic()   # of the last event

    # --- to the stack ---

    def send(self, flags, length=0, seq=None, ack=None, win=None, up=0, opts=None, src=None,
             dst=None, bad_sum=False, data=None):
        """A segment; seq moves over what was sent in order."""
        seq = self.seq if seq is None else seq % MOD
        ack = (self.ack if ack is None else ack) if flags & ACK else ack or 0
        if opts is None:
            opts = options(ts=(self.tsval, self.tsecr)) if self.ts_on else b""
        if data is None:
            data = text_at(OUR_TEXT, signed(seq + bool(flags & SYN) - self.iss - 1), length)
        src, dst = src or self.far, dst or self.near
        raw = tcp_bytes(self.family, src, dst, self.port, self.there, seq, ack, flags,
                        self.window if win is None else win, data, opts, urgent=up,
                        bad_sum=bad_sum)
        self.stamp = time.monotonic()
        self.net.tun.send(ip_packet(self.family, src, dst, 6, raw))
        if flags & SYN and not self.offered:
            self.offered, self.seq, self.iss = opts, seq, seq
        if seq == self.seq:
            self.seq = (seq + len(data) + bool(flags & SYN) + bool(flags & FIN)) % MOD

    def syn(self, opts, flags=SYN):
        self.send(flags, opts=opts)

    # --- from the stack ---

    def _sort(self, packet):
        """Takes a packet in; True if it answers the fence."""
        seg = Segment(packet)
        if not seg.is_tcp:
            kind = seg.payload[0] if seg.payload else 0
            assert not (seg.proto == 1 or seg.proto == 58 and kind < 128), \
                f"an ICMP error, type {kind}, from the stack"
            return False
        if seg.sport == NOBODY:
            return seg.dport
        if seg.dport != self.port:
            assert seg.dport < self.port, f"a segment for nobody: {seg}"
            return False                # of a case that is over
        if self.there is None:
            self.there = seg.sport
        assert seg.sport == self.there, f"from another port: {seg}"
        if self._is_repeated_syn(seg):
            return False
        self._note(seg, packet)
        return False

    def _is_repeated_syn(self, seg):
        """Where time is real the one second of a SYN may pass, in an emulator."""
        return not VIRTUAL and seg.flags & SYN and self.numbers.iss == seg.seq and \
            self.first is not None and Segment(self.first).ack == seg.ack and \
            not self.hear_syns

    hear_syns = False

    def _note(self, seg, packet):
        self.last_packet = packet
        self.inbox.append((time.monotonic(), seg, packet))
        assert seg.sum_ok, f"bad checksum: {seg}"
        assert not seg.reserved, f"reserved bits: {seg}"
        assert seg.flags & URG or not seg.urgent, f"urgent pointer without URG: {seg}"
        assert seg.src == self.near, f"source {seg.src}: {seg}"
        if seg.flags & RST:
            assert not seg.data, f"text on a RST: {seg}"
            return
        if seg.flags & SYN:
            self._note_syn(seg, packet)
        self._note_progress(seg)

    def _note_syn(self, seg, packet):
        self.first = packet
        self.numbers.iss = seg.seq
        self.highest = seg.end
        self.scale = 0
        if self.offered:
            mine = parse_options(self.offered + b"\1" * (-len(self.offered) % 4))
            self.agree(mine, seg)
        if MSS not in seg.options:
            raise AssertionError(f"no MSS option: {seg}")

    def forget(self):
        """Another connection begins: what is known of the stack was of the last."""
        self.highest = self.edge = self.numbers.iss = self.first = None
        self.offered = b""

    def agree(self, mine, seg):
        """What both SYNs had is on."""
        self.ts_on = TS in mine and TS in seg.options
        if WSCALE in mine and WSCALE in seg.options:
            self.scale = seg.options[WSCALE]

    def _note_progress(self, seg):
        if TS in seg.options:
            self.tsecr = seg.options[TS][0]
        if self.highest is None or signed(seg.end - self.highest) > 0:
            self.highest = seg.end
        self.ack = self.highest
        if not seg.flags & ACK:
            return
        # The right edge never moves left [SHLD-14].
        scale = 0 if seg.flags & SYN else self.scale
        edge = (seg.ack + (seg.window << scale)) % MOD
        # What scaling cannot tell is no shrinking (RFC 7323, 2.4); and Linux takes its window
        # for scaled after a simultaneous open even where no scaling was agreed on.
        if self.edge is not None and not seg.flags & SYN and self.net.stack.is_atcp:
            assert signed(edge - self.edge) > -(1 << scale), f"the window shrank by " \
                f"{signed(self.edge - edge)}: {seg}"
        self.edge = edge
        if seg.data and self.numbers.iss is not None:
            want = text_at(THEIR_TEXT, signed(seg.seq - self.numbers.iss - 1), len(seg.data))
            assert seg.data == want, f"other text than was sent: {seg}"

    def fence(self):
        """All that the stack has to say by now is in inbox after this."""
        port = next(_fences) % 20000 + 1
        raw = tcp_bytes(self.family, self.far, self.near, port, NOBODY, 1, 0, SYN)
        self.net.tun.send(ip_packet(self.family, self.far, self.near, 6, raw))
        end = time.monotonic() + HANG / 4
        while True:
            packet = self.net.tun.receive(max(0, end - time.monotonic()))
            assert packet is not None or time.monotonic() < end, "the stack does not answer at all"
            if packet is not None and self._sort(packet) == port:
                return

    def hear(self, seconds=PATIENCE):
        """(time, segment): the next one, or None."""
        end = time.monotonic() + seconds
        while not self.inbox:
            left = end - time.monotonic()
            packet = self.net.tun.receive(max(0, left))
            if packet is not None:
                self._sort(packet)
            elif left <= 0:
                return None
        when, seg, _ = self.inbox.pop(0)
        return when, seg

    def await_segment(self, flags, what):
        """While a state is being set up: the next segment, which must have these flags."""
        heard = self.hear()
        assert heard, f"setting up: no {what} came"
        seg = heard[1]
        assert seg.flags & ~PSH == flags, f"setting up: {seg} instead of {what}"
        return seg

    def reset(self):
        """Ends whatever is left."""
        self.send(RST | ACK, seq=self.seq)
