# SPDX-License-Identifier: GPL-2.0
"""What a storm is made of: random and mutated segments that never tell a lie about
the text they carry.

Every octet that either end sends is a function of its place (text()), so
that whatever mixture of segments a connection took, what its user reads can be
checked, and so can everything that it sends.  A Storm makes segments: harmless ones, of
which none may change a connection's fate, or any.
"""

import errno
import fcntl
import os
import random
import struct

from atcptest import AF_INET, AF_INET6
from lab import Tun
from wire import (ACK, FIN, MOD, PSH, RST, SYN, URG, Peer, Segment, checksum, ip_packet, options,
                  tcp_bytes)

PERIOD = 1 << 16                        # divides 2^32: text goes on across the wrap
_PATTERN = random.Random(9293).randbytes(PERIOD) * 2


def text(place, n):
    """The n octets whose first has the sequence number place; n up to 64 KiB."""
    place %= PERIOD
    return _PATTERN[place:place + n]


class Reader:
    """Checks that octets follow one another as text() says, wherever they begin."""

    def __init__(self, place=None):
        self.place, self.total = place, 0
        self.held = b""

    def take(self, data):
        if self.place is None:
            self.held += data
            if len(self.held) < 8:
                return
            data, self.held = self.held, b""
            self.place = _PATTERN.find(data[:8])
            assert self.place >= 0, f"not our text: {data[:8].hex()}"
        for i in range(0, len(data), 60000):
            part = data[i:i + 60000]
            assert part == text(self.place, len(part)), \
                f"wrong text {self.total} octets after the start"
            self.place += len(part)
            self.total += len(part)


class VnetTun(Tun):
    """A TUN device whose packets have a virtio-net header, so that they may be aggregates."""

    ZERO = b"\0" * 10

    def __init__(self, host, name="tun0", mtu=1500, napi=False):
        flags, ioctl = 0x1001 | 0x4000 | (0x10 if napi else 0), fcntl.ioctl

        def with_header(fd, request, arg):      # TUNSETIFF, and more in its flags
            return ioctl(fd, request, struct.pack("16sH22x", name.encode(), flags))
        fcntl.ioctl = with_header
        try:
            super().__init__(host, name, mtu)
        finally:
            fcntl.ioctl = ioctl
        host.ip(f"link set {name} txqueuelen 5000")

    def send(self, packet, header=ZERO):
        """False where the device itself refused the packet."""
        try:
            os.write(self.fd, header + packet)
            return True
        except OSError as e:
            if e.errno not in (errno.EINVAL, errno.EAGAIN, errno.ENOMEM, errno.ENOBUFS, errno.EIO):
                raise
            return False

    def receive(self, seconds):
        packet = super().receive(seconds)
        return packet and packet[10:]


class Remote(Peer):
    """A scripted end; what it sends on its own is text() too."""

    def say(self, n, flags=ACK | PSH):
        self.send(flags, text(self.seq, n))

    def send(self, flags, data=b"", header=VnetTun.ZERO, **more):
        self.tun.send(self.packet(flags, data, **more), header)
        if "seq" not in more:
            self.seq = (self.seq + len(data) + bool(flags & SYN) + bool(flags & FIN)) % MOD


class Watch:
    """Looks at all that the host sends: well formed, and the text in its place."""

    def __init__(self, tun, ports=None):
        self.tun, self.ports = tun, ports
        self.starts = {}                # (far port, near port) -> ISS of the near end
        self.seen = 0

    def look(self, packet):
        seg = Segment(packet)
        if not seg.is_tcp:
            return None
        self.seen += 1
        assert seg.sum_ok, f"bad checksum sent: {seg}"
        assert seg.reserved == 0, f"reserved bits sent: {seg}"
        assert not (seg.flags & SYN and seg.flags & (FIN | RST)), f"sent {seg}"
        assert seg.flags & (SYN | RST | ACK), f"sent without ACK: {seg}"
        assert not seg.flags & RST or not seg.data, f"sent RST with text: {seg}"
        key = (seg.family, seg.dport, seg.sport)
        if seg.flags & SYN:
            self.starts[key] = seg.seq
        elif seg.data and key in self.starts:
            place = seg.seq - self.starts[key] - 1
            assert seg.data == text(place, len(seg.data)), \
                f"text sent is not the user's at {place % MOD}: {seg}"
        return seg

    def drain(self):
        found = []
        while True:
            packet = self.tun.receive(0)
            if packet is None:
                return found
            seg = self.look(packet)
            if seg is not None:
                found.append(seg)


def garbage_options(rng):
    """Options as they should not be: lengths 0, 1 and 255, truncated, repeated, unknown."""
    parts = [
        lambda: bytes([rng.choice((2, 3, 4, 5, 8, 19, 30, 34, 253, rng.randrange(256))),
                       rng.choice((0, 1, 2, 3, 4, 10, 255, rng.randrange(256)))]),
        lambda: rng.randbytes(rng.randrange(1, 12)),
        lambda: b"\1" * rng.randrange(1, 8),
        lambda: b"\0",
        lambda: bytes([8, 10]),
        lambda: options(mss=rng.choice((0, 1, 40, 536, 65535))),
        lambda: options(wscale=rng.choice((0, 14, 15, 255))),
        lambda: options(sack=[(rng.getrandbits(32), rng.getrandbits(32))
                              for _ in range(rng.randrange(1, 4))]),
    ]
    raw = b"".join(rng.choice(parts)() for _ in range(rng.randrange(1, 5)))
    return raw[:40]


# An aggregate as a virtual machine hands it over, and as it should not.
NEEDS_CSUM, DATA_VALID = 1, 2
GSO_NONE, GSO_TCP4, GSO_UDP, GSO_TCP6, GSO_UDP_L4, GSO_ECN = 0, 1, 3, 4, 5, 0x80


def vnet_header(rng, family, ip_length, tcp_length, honest):
    kind = GSO_TCP4 if family == AF_INET else GSO_TCP6
    size, head = 1400, ip_length + tcp_length
    flags, start, offset = NEEDS_CSUM, ip_length, 16
    if not honest:
        for what in rng.sample(range(6), rng.randrange(1, 4)):
            if what == 0:
                kind = rng.choice((GSO_NONE, GSO_TCP4, GSO_UDP, GSO_TCP6, GSO_UDP_L4)) | \
                    rng.choice((0, 0, GSO_ECN))
            elif what == 1:
                size = rng.choice((0, 1, 2, 7, 48, 536, 1460, 9000, 65535, rng.randrange(65536)))
            elif what == 2:
                head = rng.choice((0, 1, ip_length, head - 1, head + 1, head + 100, 65535))
            elif what == 3:
                flags = rng.choice((0, NEEDS_CSUM, DATA_VALID))
            elif what == 4:
                start = rng.choice((0, 1, start - 1, start + 1, start + 20, 1400, 65535))
            else:
                offset = rng.choice((0, 1, 15, 17, 1000, 65535))
    return struct.pack("=BBHHHH", flags, kind, head, size, start, offset)


class Storm:
    """Makes segments for one connection (a Remote that knows how far it got).

    known is the highest ACK that is true so far, taken the lowest RCV.NXT that the
    near end can have.  A harmless storm may carry text, old or to come, all of it
    true; but no FIN, SYN or RST that counts, and no ACK of what was not received.
    """

    def __init__(self, rng, remote, state, known=None):
        self.rng, self.remote, self.state = rng, remote, state
        self.known = remote.ack if known is None else known
        self.taken = remote.seq
        self.text_counts = state in ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2")
        self.sent = 0

    # --- sequence numbers ---

    def outside(self):
        """A place that is in no window: below it, or far above."""
        rng = self.rng
        if rng.random() < 0.5:
            return self.taken - rng.choice((1, 2, 3, 1460, 65536, rng.randrange(1, 1 << 31)))
        return self.taken + rng.choice((1000000, 1 << 30, (1 << 31) - 70000,
                                        rng.randrange(1000000, 1 << 31)))

    def near_edges(self):
        rng = self.rng
        return self.taken + rng.choice(
            (0, 0, 0, 1, 2, -1, -2, -1000, 1000, 65534, 65535, 65536, 65537, 32768,
             rng.randrange(-3000, 70000), rng.randrange(-3000, 70000)))

    def ack(self):
        """An ACK that acknowledges nothing new, or what was never sent."""
        rng = self.rng
        if self.state in ("SYN-SENT", "SYN-RECEIVED"):
            return self.remote.ack + rng.choice((-1, -2, -70000, 1, 2, 70000, 1 << 30))
        return self.known + rng.choice(
            (0, 0, 0, 0, -1, -2, -1460, -65535, -70000, -(1 << 30), 200000, 1 << 30))

    # --- segments ---

    def harmless(self):
        rng = self.rng
        flags = rng.choice((ACK, ACK, ACK, ACK | PSH, ACK | URG, 0, URG, PSH,
                            rng.randrange(256)))
        n = rng.choice((0, 0, 1, 2, 536, 1000, rng.randrange(1400)))
        if self.state == "SYN-SENT":
            flags |= ACK
        elif self.state == "LISTEN" and not flags & (ACK | RST):
            flags &= ~SYN
        fatal = flags & (SYN | FIN | RST)
        if fatal and self.state not in ("CLOSED", "LISTEN", "SYN-SENT"):
            if self.state == "TIME-WAIT":
                flags &= ~SYN
            place = self.outside()
            if (place - self.taken) % MOD > 1 << 31:    # below: it must end there
                n = min(n, (self.taken - place) % MOD - (flags & SYN) - (flags & FIN))
                if n < 0:
                    n, flags = 0, flags & ~(SYN | FIN)
        else:
            place = self.near_edges() if rng.random() < 0.8 else self.outside()
        if not self.text_counts and rng.random() < 0.7:
            n = 0
        return self.build(flags, place, self.ack(), n)

    def any(self):
        rng = self.rng
        flags = rng.choice((ACK, ACK, ACK | PSH, ACK | FIN, SYN, SYN | ACK, RST, RST | ACK, FIN,
                            ACK | URG, rng.randrange(256), rng.randrange(256)))
        place = self.near_edges() if rng.random() < 0.8 else self.outside()
        if flags & RST and rng.random() < 0.9:
            place += rng.randrange(1, 60000)
        ack = self.remote.ack + rng.choice((0, 0, 0, 0, 1, -1, -1460, 1460, -70000, 70000, 1 << 30))
        return self.build(flags, place, ack, rng.choice((0, 0, 1, 536, 1000, rng.randrange(1400))))

    def build(self, flags, place, ack, n):
        """[(packet, virtio-net header)] of one segment with these fields."""
        rng, p = self.rng, self.remote
        opts, more = b"", {}
        if p.ts is not None:
            # A random timestamp, once believed, would have true ones refused: those
            # here are no newer than the last, and what follows their end is not read.
            if rng.random() < 0.8:
                opts = options(ts=(p.ts[0] - rng.choice((0, 0, 0, 1, 1000, 1 << 30)), p.ts[1]))
                if rng.random() < 0.3:
                    opts += b"\0" + garbage_options(rng)[:27]
        elif rng.random() < 0.3:
            opts = garbage_options(rng)
        if flags & URG:
            more["urgent"] = rng.choice((0, 1, n, n + 1, 65535, rng.randrange(65536)))
        body = text(place + bool(flags & SYN), n)
        # By RFC 9293 the window of a segment ahead of RCV.NXT outranks all that come
        # before it in sequence, so a peer that has no more to say could not open it again.
        more["window"] = 65535 if 0 < (place - self.taken) % MOD < 1 << 18 else \
            rng.choice((0, 1, 500, 5000, 32768, 65535, rng.randrange(65536)))
        if rng.random() < 0.06:
            more["bad_sum"] = True
        if rng.random() < 0.05:                         # dropped, or it has no text
            more["offset"] = rng.choice((0, 1, 4, 15, 15))
            if more["offset"] == 15 and n + (len(opts) + 3) // 4 * 4 >= 40:
                more["offset"] = 3
        if rng.random() < 0.1:
            more["reserved"] = rng.randrange(16)
        whole = tcp_bytes(p.family, p.address, p.near, p.port, p.there, place, ack, flags,
                          data=body, options=opts, **more)
        self.sent += 1
        return self.wrap(whole, 20 + (len(opts) + 3) // 4 * 4)

    def wrap(self, whole, tcp_length):
        rng, p = self.rng, self.remote
        choice = rng.random()
        if choice < 0.08 and len(whole) > 24:
            return self.fragments(whole)
        packet = ip_packet(p.family, p.address, p.near, 6, whole, ttl=rng.choice((64, 1, 255)))
        if choice < 0.14:
            return [(self.spoil(packet), VnetTun.ZERO)]
        if choice < 0.22:
            ip = 20 if p.family == AF_INET else 40
            return [(packet, vnet_header(rng, p.family, ip, tcp_length, rng.random() < 0.3))]
        return [(packet, VnetTun.ZERO)]

    def fragments(self, whole):
        rng, p = self.rng, self.remote
        cuts = sorted({0, *(8 * rng.randrange(1, max(2, len(whole) // 8))
                            for _ in range(rng.randrange(1, 3)))})
        ident = rng.randrange(1, 65536)
        parts = [ip_packet(p.family, p.address, p.near, 6, whole[a:b], ident=ident, df=False,
                           fragment=(a, b < len(whole)))
                 for a, b in zip(cuts, [*cuts[1:], len(whole)])]
        if rng.random() < 0.2:
            parts.remove(rng.choice(parts))
        rng.shuffle(parts)
        if parts and rng.random() < 0.2:
            parts.append(parts[0])
        return [(x, VnetTun.ZERO) for x in parts]

    def spoil(self, packet):
        """One that must be dropped: a bit turned over, cut short, or of a false length."""
        rng, what = self.rng, self.rng.randrange(3)
        if what == 0:
            # Within the segment, which the checksum covers.
            first = 20 if self.remote.family == AF_INET else 40
            i = rng.randrange(first, len(packet))
            return packet[:i] + bytes([packet[i] ^ 1 << rng.randrange(8)]) + packet[i + 1:]
        if what == 1:
            return packet[:rng.randrange(1, len(packet))]
        if self.remote.family == AF_INET6:
            return packet[:4] + struct.pack("!H", rng.choice(
                (1, 19, len(packet) - 39, 65535))) + packet[6:]
        head = packet[:2] + struct.pack("!H", rng.choice(
            (0, 19, 21, 39, len(packet) + 1, 65535))) + packet[4:10] + b"\0\0" + packet[12:20]
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + packet[20:]

    def aggregate(self):
        """True text ahead of what was taken, larger than any MTU."""
        rng, p = self.rng, self.remote
        n = rng.choice((3000, 20000, 40000, rng.randrange(2, 60000)))
        place = self.taken + rng.choice((0, 0, 1, -1, 1400, rng.randrange(-5000, 60000)))
        whole = tcp_bytes(p.family, p.address, p.near, p.port, p.there, place, self.known,
                          ACK | PSH, data=text(place, n),
                          options=b"" if p.ts is None else options(ts=p.ts))
        packet = ip_packet(p.family, p.address, p.near, 6, whole)
        ip = 20 if p.family == AF_INET else 40
        self.sent += 1
        return [(packet, vnet_header(rng, p.family, ip, len(whole) - n, rng.random() < 0.5))]

    def icmp(self, harmless=True):
        """An error that quotes this connection, more or less."""
        rng, p = self.rng, self.remote
        opening = self.state in ("SYN-SENT", "SYN-RECEIVED")
        seq = p.ack + rng.choice((0, -1, -2, 1, -1000, 1000, 1 << 30))
        if harmless and opening:
            seq = p.ack + rng.choice((1000, -1000, 1 << 30))
        quote = tcp_bytes(p.family, p.near, p.address, p.there, p.port, seq, p.seq, ACK,
                          data=text(0, 100))
        quote = ip_packet(p.family, p.near, p.address, 6, quote)
        cut = rng.random()
        if cut < 0.2:
            quote = quote[:rng.randrange(len(quote))]
        elif cut < 0.4:
            i = rng.randrange(len(quote) - 60)
            if not opening or i < 20:
                quote = quote[:i] + rng.randbytes(rng.randrange(1, 9)) + quote[i + 8:]
        elif cut < 0.5:
            quote = rng.randbytes(rng.randrange(80))
        return [(icmp_packet(rng, p, quote), VnetTun.ZERO)]


def icmp_packet(rng, p, quote):
    if p.family == AF_INET:
        kind, code = rng.choice(((3, rng.randrange(16)), (3, 3), (3, 4), (4, 0), (5, 1), (11, 0),
                                 (12, 0), (rng.randrange(256), rng.randrange(256))))
        rest = struct.pack("!HH", 0, rng.choice((0, 68, 552, 576, 1300, 65535))) if code == 4 else \
            rng.randbytes(4)
        body = struct.pack("!BBH", kind, code, 0) + rest + quote
        total = checksum(body)
        if rng.random() < 0.1:
            total ^= 0x1111
        body = body[:2] + struct.pack("!H", total) + body[4:]
        return ip_packet(AF_INET, p.address, p.near, 1, body)
    kind, code = rng.choice(((1, rng.randrange(8)), (1, 4), (2, 0), (3, 0), (4, rng.randrange(4)),
                             (rng.randrange(128), rng.randrange(256))))
    rest = struct.pack("!I", rng.choice((0, 68, 1000, 1280, 1300, 1 << 31))) if kind == 2 else \
        rng.randbytes(4)
    body = struct.pack("!BBH", kind, code, 0) + rest + quote
    import socket
    pseudo = socket.inet_pton(AF_INET6, p.address) + socket.inet_pton(AF_INET6, p.near) + \
        struct.pack("!IHBB", len(body), 0, 0, 58)
    total = checksum(pseudo + body)
    if rng.random() < 0.1:
        total ^= 0x1111
    body = body[:2] + struct.pack("!H", total) + body[4:]
    return ip_packet(AF_INET6, p.address, p.near, 58, body)
