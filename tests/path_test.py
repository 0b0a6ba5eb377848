#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""The path changes under a connection: its MTU, by a route, a device or a router; the link is
lost for a while; the route moves to another device, or there is none.  Text goes on arriving."""

from atcptest import (AF_INET, AF_INET6, FAMILIES, equal, fails_with, main, pattern, poll,
                      recv_exactly, send_all, state, tcp_info, until)
from lab import Cable
from router import HEADERS, TS, Path, each_way
from traffic import Worker, know_neighbours

SIZE = 100000


def fits(family, mtu):
    return mtu - HEADERS[family] - TS


def moves(s, r, size=SIZE):
    """Text goes from s to r, as it was."""
    data = pattern(size)
    reader = Worker(recv_exactly, r, size)
    send_all(s, data)
    equal(reader.finish() == data, True, "text")


def mss(s):
    return tcp_info(s)["snd_mss"]


def follows(s, r, want, what):
    """The kernel's TCP looks for its route when a segment leaves, and so at the MTU before the next."""
    until(lambda: moves(s, r) or mss(s) == want, what)


# [R9293-PMTUD]
@each_way("a route is given an MTU, and loses it: segments follow")
def _(path, sender, receiver, family):
    s, r = path.pair(sender, receiver, family)
    moves(s, r)
    equal(mss(s), fits(family, 1500), "before")
    path.routes(path.near, path.first, "mtu 1300")
    follows(s, r, fits(family, 1300), "narrow")
    path.routes(path.near, path.first)
    follows(s, r, fits(family, 1500), "wide again")


@each_way("a device's MTU falls and rises: segments follow")
def _(path, sender, receiver, family):
    s, r = path.pair(sender, receiver, family)
    moves(s, r)
    for mtu in (1300, 1500):
        path.near.ip(f"link set {path.first.device} mtu {mtu}")
        moves(s, r)
        equal(mss(s), fits(family, mtu), f"at {mtu}")


# [R9293-PMTUD]
@each_way("a router can carry less and says so; when that is forgotten, more is tried again")
def _(path, sender, receiver, family):
    path.narrow(1300)
    s, r = path.pair(sender, receiver, family)
    equal(mss(s), fits(family, 1500), "before it is known")
    moves(s, r)
    equal(mss(s), fits(family, 1300), "narrow")
    equal(tcp_info(s)["pmtu"], 1300, "TCP_INFO's path MTU")
    s2, r2 = path.pair(sender, receiver, family)
    moves(s2, r2)
    equal((mss(s2), tcp_info(s2)["total_retrans"]), (fits(family, 1300), 0), "the next knows")
    path.narrow(1500)
    with path.near:
        path.near.run("ip", "-6" if family == AF_INET6 else "-4", "route", "flush", "cache")
    moves(s, r)
    equal(mss(s), fits(family, 1500), "wide again")


@each_way("the link is down for a while: the connection waits, and goes on")
def _(path, sender, receiver, family):
    path.hurry()
    path.near.sysctl("ipv6/conf/all/keep_addr_on_down", 1)
    s, r = path.pair(sender, receiver, family)
    moves(s, r)
    path.near.ip(f"link set {path.first.device} down")
    data = pattern(20000, 1)
    send_all(s, data)
    until(lambda: tcp_info(s)["backoff"] >= 1, "a time-out")
    equal(state(s), "ESTABLISHED", "state")
    r.setblocking(False)
    fails_with("EAGAIN", r.recv, 1)
    r.setblocking(True)
    path.near.ip(f"link set {path.first.device} up")
    know_neighbours(path.first)
    path.routes(path.near, path.first)
    equal(recv_exactly(r, len(data)) == data, True, "text")
    moves(s, r)


@each_way("no route to the peer for a while: no error, the connection lives, and goes on")
def _(path, sender, receiver, family):
    path.hurry()
    s, r = path.pair(sender, receiver, family)
    moves(s, r)
    to = f"{path.address(family)}/{32 if family == AF_INET else 128}"
    path.near.ip(f"route add unreachable {to}")
    data = pattern(20000, 1)
    send_all(s, data)
    until(lambda: tcp_info(s)["backoff"] >= 2, "time-outs")
    equal((state(s), poll(s, 8, 0)), ("ESTABLISHED", 0), "state, POLLERR")
    path.near.ip(f"route del unreachable {to}")
    equal(recv_exactly(r, len(data)) == data, True, "text")
    moves(s, r)


class TwoWays(Path):
    """near has a second way to the router, and an address that belongs to neither."""

    OWN = {AF_INET: "10.99.0.1", AF_INET6: "fd99::1"}

    def __init__(self):
        super().__init__()
        self.other = Cable(a=self.router, b=self.near)
        know_neighbours(self.other)
        for family in FAMILIES:
            bits = 32 if family == AF_INET else 128
            self.near.ip(f"addr add {self.OWN[family]}/{bits} dev lo")
        self.by(self.first)

    def by(self, cable):
        """Both directions go over this cable."""
        for family in FAMILIES:
            bits = 32 if family == AF_INET else 128
            self.near.ip(f"route replace default via {cable.address(self.router, family)} "
                         f"src {self.OWN[family]}")
            self.router.ip(f"route replace {self.OWN[family]}/{bits} via "
                           f"{cable.address(self.near, family)}")

    def sent(self, cable):
        """Octets that near has sent over it."""
        with self.near, open("/proc/net/dev", encoding="ascii") as f:
            for line in f:
                name, _, numbers = line.partition(":")
                if name.strip() == cable.device:
                    return int(numbers.split()[8])
        raise AssertionError(cable.device)


@each_way("the route moves to another device: text follows it, the addresses stay", place=TwoWays)
def _(path, sender, receiver, family):
    s, r = path.pair(sender, receiver, family)
    equal(s.getsockname()[0], path.OWN[family], "address")
    ways = path.first, path.other
    for turn in range(3):
        before = [path.sent(way) for way in ways]
        moves(s, r)
        grown = [path.sent(way) - n for way, n in zip(ways, before)]
        used = turn % 2
        assert grown[used] >= SIZE and grown[1 - used] < SIZE // 10, (turn, grown)
        path.by(ways[1 - used])
    equal(tcp_info(s)["backoff"], 0, "time-outs")


@each_way("the other device has a smaller MTU: segments follow", place=TwoWays)
def _(path, sender, receiver, family):
    for host in (path.near, path.router):
        host.ip(f"link set {path.other.device} mtu 1300")
    s, r = path.pair(sender, receiver, family)
    for way, mtu in ((path.first, 1500), (path.other, 1300), (path.first, 1500)):
        path.by(way)
        moves(s, r)
        equal(mss(s), fits(family, mtu), "segments")


@each_way("the device is taken away: the connection goes on over another", place=TwoWays)
def _(path, sender, receiver, family):
    s, r = path.pair(sender, receiver, family)
    moves(s, r)
    path.near.ip(f"link del {path.first.device}")
    path.by(path.other)
    moves(s, r)
    equal(state(s), "ESTABLISHED", "state")


if __name__ == "__main__":
    main()
