#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Text arrives as it was sent whatever the device offloads and whatever its MTU;
segments have the size they should; fragments and extension headers are ours too."""

import functools
import itertools
import os
import select
import socket
import struct
import tempfile
import time

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, GUEST, LINUX, PAIRINGS, SCALE, Pairing, alone,
                      equal, main, recv_exactly, tcp_info)
from firewall import Rules
from lab import Cable, Host, Tun
from traffic import Worker, counters, exchange, settle, since
from wire import ACK, SYN, Peer, Segment, ip_packet, tcp_bytes

AF_INET, AF_INET6 = FAMILIES
SLOW = GUEST == "debug"         # every check is on: fewer pairings and features, less text
FEW = PAIRINGS[:1] if SLOW else PAIRINGS
SIZE = 64 << 10 if SLOW else max(128 << 10, int((1 << 20) * SCALE))

FEATURES = [
    "tso on gso on gro on tx on rx on sg on",
    "tso off gso on gro on",
    "tso on gso off gro off",
    "tso off gso off gro off",
    "tx off",
    "rx off",
    "tx off rx off gro off",
    "sg off",
    "tx off sg off rx off",
    "gro on rx-gro-list on",
]
if SLOW:
    FEATURES = [FEATURES[0], "tx off sg off rx off", FEATURES[-1]]
BASE = "tx on rx on sg on tso on gso on gro on rx-gro-list off"


def over_base(features):
    """The words that set all features, for one start of ethtool(8)."""
    words = BASE.split() + features.split()
    values = dict(zip(words[::2], words[1::2]))
    return [word for pair in values.items() for word in pair]


def transfers(host_a, host_b, address, size):
    """All pairings and families at once between two hosts; {key: error or None}."""
    outcome, jobs = {}, []
    for number, (server, client) in enumerate(FEW):
        for family in FAMILIES:
            listener = host_a.listener(server, family, address(family))
            c = host_b.socket(client, family)

            def work(listener=listener, c=c, number=number):
                c.connect(listener.getsockname()[:2])
                s, _ = listener.accept()
                listener.close()
                exchange(c, s, size, number)
                c.close()
                s.close()
            jobs.append(((server, client, family), Worker(work)))
    for key, job in jobs:
        try:
            job.finish()
            outcome[key] = None
        except (OSError, AssertionError) as e:
            outcome[key] = e
    return outcome


def judge(outcome):
    for (server, client, family), error in outcome.items():
        if error:
            raise AssertionError(f"{Pairing(server, client)!r}, {FAMILY_NAME[family]}: "
                                 f"{error!r}") from error


@functools.cache
def cable_with(mtu):
    return Cable(mtu=mtu)


for _features in FEATURES:
    @alone(f"veth: {_features}")
    def _(features=_features):
        cable = cable_with(None)
        cable.ethtool(*over_base(features))
        before = [counters(h) for h in (cable.a, cable.b)]
        judge(transfers(cable.a, cable.b, lambda f: cable.address(cable.a, f), SIZE))
        settle((cable.a, cable.b), (ATCP, LINUX))
        for b, h in zip(before, (cable.a, cable.b)):
            equal(counters(h)["InErrs"], b["InErrs"], "InErrs")


@alone("offloads change during a transfer")
def _():
    cable = cable_with(None)
    cable.ethtool(*BASE.split())
    jobs = [Worker(lambda: judge(transfers_in(cable)))]
    for features in itertools.islice(itertools.cycle(FEATURES), 2 if SLOW else 6):
        cable.ethtool(*features.split())
    for job in jobs:
        job.finish()
    cable.ethtool(*BASE.split())


def transfers_in(cable):
    return transfers(cable.a, cable.b, lambda f: cable.address(cable.a, f), SIZE)


@alone("a transfer over loopback, offloads on and off")
def _():
    host = Host()
    for features in (BASE.replace(" rx-gro-list off", ""), "tso off gso off", "tx off", "sg off")[SLOW * 2:]:
        host.run("ethtool", "-K", "lo", *features.split(), check=False)
        judge(transfers(host, host, lambda f: "127.0.0.1" if f == AF_INET else "::1", SIZE // 2))
    settle((host,), (ATCP,))
    host.delete()


def sizes(mtu, families):
    @alone(f"MTU of {mtu}: sizes of segments, and a transfer")
    def _():
        cable = cable_with(mtu)
        for family in families:
            head = 40 if family == AF_INET else 60
            for server, client in FEW:
                c, s = cable.pair(server, client, family)
                if mtu >= 576:
                    for end in (c, s):
                        equal(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), mtu - head - 12,
                              f"TCP_MAXSEG, {FAMILY_NAME[family]}, {Pairing(server, client)!r}")
                        equal(tcp_info(end)["snd_mss"], mtu - head - 12, "tcpi_snd_mss")
                        # The kernel's passive end does not take the timestamps off.
                        assert tcp_info(end)["advmss"] in (mtu - head, mtu - head - 12), \
                            tcp_info(end)["advmss"]
                        equal(tcp_info(end)["pmtu"], mtu, "tcpi_pmtu")
                exchange(c, s, min(SIZE, mtu * 50), 3)
                c.close()
                s.close()
        settle((cable.a, cable.b), (ATCP, LINUX))


sizes(1500, FAMILIES)
if not SLOW:
    sizes(9000, FAMILIES)
    sizes(1280, FAMILIES)
    sizes(576, (AF_INET,))
sizes(68, (AF_INET,))


def kinds(mtu, server, client):
    """The sizes of packets and fragments that carry text both ways, and whether DF and MF are set."""
    cable = Cable(mtu=mtu)
    cable.one_segment_a_packet()
    with cable.b:
        capture = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    c, s = cable.pair(server, client)
    for a, b in ((c, s), (s, c)):
        a.sendall(b"x" * 200)
        equal(recv_exactly(b, 200), b"x" * 200, "text")
    seen = set()
    while select.select([capture], [], [], 0.2)[0]:
        packet = capture.recv(1 << 16)
        flags = struct.unpack_from("!H", packet, 6)[0]
        # ACKs alone may tell of what came twice, or not.
        if packet[0] >> 4 == 4 and packet[9] == 6 and \
           (flags & 0x3fff or len(packet) > 20 + (packet[32] >> 4) * 4):
            seen.add((len(packet), "DF" if flags & 0x4000 else "MF" if flags & 0x2000 else ""))
    for x in (capture, c, s):
        x.close()
    cable.delete()
    return seen


# The least MTU of IPv4 has no room for the least segment: it goes in fragments, when
# the host has told itself so.
for _mtu in (68,) if SLOW else (68, 80, 92):
    for _server, _client in FEW:
        @alone(f"MTU of {_mtu}: packets as the kernel's TCP sends them, {Pairing(_server, _client)!r}")
        def _(mtu=_mtu, server=_server, client=_client):
            equal(kinds(mtu, server, client), kinds(mtu, LINUX, LINUX), "packets")



def send_copied(sock, size):
    sock.sendall(b"x" * size)


def send_scattered(sock, size):
    """From so many places of a file that one segment cannot refer to all of its text."""
    with tempfile.TemporaryFile() as f:
        f.write(b"x" * (3 * size))
        f.flush()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for offset in range(0, size, 1000):
            os.sendfile(sock.fileno(), f.fileno(), offset * 3, 1000)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


@alone("packets on the wire are as large as the MTU, and counted; offloads off")
def _():
    cable = Cable(mtu=1400)
    cable.without("tso", "gso", "gro")
    for family, send in itertools.product(FAMILIES, (send_copied, send_scattered)):
        with cable.b:
            capture = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
            capture.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)      # SO_RCVBUFFORCE
            capture.bind((cable.device, 3))
        before = counters(cable.a)
        c, s = cable.pair(ATCP, LINUX, family)
        # The reader of a slow guest else makes room for a piece at a time.
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        began = time.monotonic()
        Worker(send, s, 100000).finish()
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        took = time.monotonic() - began
        recv_exactly(c, 100000)
        lengths, count = [], 0
        while select.select([capture], [], [], 0.2)[0]:
            packet = capture.recv(1 << 17)
            seg = Segment(packet) if packet[0] >> 4 in (4, 6) else None
            if seg and seg.is_tcp and seg.src == s.getsockname()[0]:
                count += 1
                if seg.data:
                    lengths.append((len(packet), len(seg.data)))
        what = f"{FAMILY_NAME[family]}, {send.__name__}"
        done = since(before, counters(cable.a))
        equal(count, done["OutSegs"], f"packets seen and counted, {what}")
        equal(max(n for n, _ in lengths), 1400, f"the largest packet, {what}")
        if not done["RetransSegs"]:
            equal(sum(n for _, n in lengths), 100000, f"text in all, {what}")
            short = [n for n, _ in lengths if n < 1400]
            # A cork holds what is short for 200 ms, which a machine may take for the next piece.
            assert len(short) <= 2 + took / 0.2, f"packets of {short} octets, {what}"
        capture.close()
        c.close()
        s.close()
    cable.delete()


@alone("with offload, packets leave as aggregates")
def _():
    cable = cable_with(None)
    cable.ethtool(*BASE.split())
    for family in FAMILIES:
        with cable.b:
            capture = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
            capture.bind((cable.device, 3))
        c, s = cable.pair(ATCP, LINUX, family)
        s.sendall(b"x" * 100000)
        recv_exactly(c, 100000)
        largest = 0
        while select.select([capture], [], [], 0.2)[0]:
            largest = max(largest, len(capture.recv(1 << 17)))
        # Two segments at least: how many is a matter of the round trip, and so of the machine.
        assert largest > 2000, f"the largest is of {largest} octets"
        capture.close()
        c.close()
        s.close()


@alone("the MTU becomes smaller and larger during transfers")
def _():
    cable = Cable()
    cable.netem("rate", "50mbit", "limit", "10000")
    jobs = []
    for number, (server, client) in enumerate(FEW):
        c, s = cable.pair(server, client)
        jobs.append((Worker(exchange, c, s, 64000 if SLOW else 200000, number), c, s))
    for mtu in (1300, 900, 1500):
        for host in (cable.b, cable.a):
            host.ip(f"link set {cable.device} mtu {mtu}")
    for work, c, s in jobs:
        work.finish()
        c.close()
        s.close()
    settle((cable.a, cable.b), (ATCP,))
    cable.delete()


# --- fragments and extension headers ------------------------------------------------------

class Odd(Peer):
    """A peer whose packets go through a function before they are sent."""

    def __init__(self, *args, change=None, **more):
        super().__init__(*args, **more)
        self.change = change

    def send(self, flags, data=b"", **more):
        raw = tcp_bytes(self.family, self.address, self.near, self.port, self.there, self.seq,
                        self.ack if flags & ACK else 0, flags, self.window, data)
        for packet in self.change(self, raw):
            self.tun.send(packet)
        self.seq = (self.seq + len(data) + bool(flags & SYN) + bool(flags & 1)) % (1 << 32)


IDENT = itertools.count(100)


def fragmented(p, raw):
    """In fragments, the last first; in IPv6 the first holds the TCP header (RFC 7112)."""
    ident = next(IDENT)
    step = max(8 if p.family == AF_INET else 24, (len(raw) // 3) & ~7)
    pieces = [(at, raw[at:at + step]) for at in range(0, len(raw), step)]
    packets = [ip_packet(p.family, p.address, p.near, 6, piece, ident=ident, df=False,
                         fragment=(at, at + len(piece) < len(raw))) for at, piece in pieces]
    return packets[::-1]


def header(kind, following):
    """An extension header of 8 octets that asks for nothing: PadN."""
    if kind == 43:          # routing, of type 0 with no segments left: nothing to do
        return struct.pack("!BBBBI", following, 0, 0, 0, 0)
    return struct.pack("!BBBBI", following, 0, 1, 4, 0)


def behind(*kinds):
    def change(p, raw):
        chain = list(kinds) + [6]
        body = b"".join(header(kind, chain[i + 1]) for i, kind in enumerate(kinds)) + raw
        return [ip_packet(p.family, p.address, p.near, chain[0], body)]
    return change


def atomic(p, raw):
    """A fragment header on a packet that is whole (RFC 6946)."""
    return [ip_packet(p.family, p.address, p.near, 6, raw, ident=next(IDENT),
                      fragment=(0, False))]


def odd_case(name, family, change, always=False):
    """Both stacks take such segments, and never answer them as those of nobody."""
    if SLOW and not always:
        return
    for stack in (ATCP,) if SLOW else (LINUX, ATCP):
        @alone(f"{name}, {FAMILY_NAME[family]}: {stack!r}")
        def _(stack=stack):
            host = Host()
            rules = Rules(host, "")
            tun = Tun(host)
            listener = host.listener(stack, family, tun.near[family])
            p = Odd(tun, family, 7000, listener.getsockname()[1], change=change)
            p.send(SYN)
            p.expect(SYN | ACK)
            p.send(ACK)
            s, _ = listener.accept()
            p.send(ACK, b"text " * 200)
            equal(recv_exactly(s, 1000), b"text " * 200, "text")
            s.send(b"answer")
            equal(p.find(lambda seg: seg.data, "an answer").data, b"answer", "answer")
            s.close()
            equal(rules.count("rst"), 0, "RSTs")
            listener.close()
            tun.close()
            host.delete()


odd_case("segments in fragments", AF_INET, fragmented, always=True)
odd_case("segments in fragments", AF_INET6, fragmented, always=True)
odd_case("atomic fragments", AF_INET6, atomic)
odd_case("behind a hop-by-hop header", AF_INET6, behind(0))
odd_case("behind a destination header", AF_INET6, behind(60))
odd_case("behind hop-by-hop and destination headers", AF_INET6, behind(0, 60), always=True)
odd_case("behind a routing header with nothing left", AF_INET6, behind(43))

@alone("a device that goes to a smaller MTU on the way: path MTU discovery")
def _():
    narrow(1300, FAMILIES)


@alone("one that goes to a smaller MTU than the host believes in (552): in fragments")
def _():
    narrow(400, (AF_INET,))


def narrow(mtu, families):
    router = Host()
    router.sysctl("ipv4/ip_forward", 1)
    router.sysctl("ipv6/conf/all/forwarding", 1)
    left, right = Cable(b=router), Cable(a=router, mtu=mtu)
    for end, near in ((left.a, left), (right.b, right)):
        end.ip(f"route add 0.0.0.0/0 via {near.address(router)}")
        if AF_INET6 in families:
            end.ip(f"route add ::/0 via {near.address(router, AF_INET6)}")
    for server, client in FEW:
        for family in families:
            listener = left.a.listener(server, family, left.address(left.a, family))
            c = right.b.socket(client, family)
            c.connect(listener.getsockname()[:2])
            s, _ = listener.accept()
            listener.close()
            exchange(c, s, 64000 if SLOW else 200000)
            c.close()
            s.close()
    for host in (left.a, right.b, router):
        host.delete()


@alone("IPv4 options on the way in are no obstacle")
def _():
    host = Host()
    tun = Tun(host)
    listener = host.listener(ATCP, AF_INET, tun.near[AF_INET])
    p = Peer(tun, AF_INET, 7100, listener.getsockname()[1])

    def with_options(flags, data=b""):
        packet = p.packet(flags, data)
        head = bytearray(packet[:20] + b"\1\1\1\0")
        head[0] = 0x46
        head[2:4] = struct.pack("!H", len(packet) + 4)
        head[10:12] = b"\0\0"
        total = sum(struct.unpack("!12H", bytes(head)))
        total = (total & 0xffff) + (total >> 16)
        head[10:12] = struct.pack("!H", ~(total + (total >> 16)) & 0xffff)
        tun.send(bytes(head) + packet[20:])
        p.seq += len(data) + bool(flags & SYN)
    with_options(SYN)
    p.expect(SYN | ACK)
    with_options(ACK)
    s, _ = listener.accept()
    with_options(ACK, b"text")
    equal(recv_exactly(s, 4), b"text", "text")
    for x in (s, listener):
        x.close()
    tun.close()
    host.delete()


if __name__ == "__main__":
    main()
