#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml debian-6.12 debian-6.1
"""Text arrives as it was sent over a network that loses, delays, reorders, repeats and
spoils packets, in both directions at once, whoever is at the other end; and the
counters say what happened."""

import functools
import re
import socket

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, PAIRINGS, SCALE, Pairing, alone, equal,
                      fails_with, main, until)
from lab import Cable, Host
from traffic import Worker, counters, exchange, know_neighbours, settle, since

AF_INET, AF_INET6 = FAMILIES
SIZE = max(192 << 10, int((1 << 20) * SCALE))


class Run:
    """One condition of the network, with all pairings and families at once."""

    def __init__(self, words, offload=False, size=SIZE, mtu=None):
        self.cable = Cable(mtu=mtu)
        if not offload:
            self.cable.ethtool("tso", "off", "gso", "off", "gro", "off")
        know_neighbours(self.cable)
        self.cable.netem(*words.split())
        hosts = (self.cable.a, self.cable.b)
        before = [counters(h) for h in hosts]
        self.outcome = {}
        jobs = []
        for number, (server, client) in enumerate(PAIRINGS):
            for family in FAMILIES:
                sockets = self.sockets(server, client, family)
                job = Worker(self.one, number, *sockets, size)
                jobs.append(((server, client, family), job))
        for key, job in jobs:
            try:
                job.finish()
                self.outcome[key] = None
            except (OSError, AssertionError) as e:
                self.outcome[key] = e
        self.unclean = None
        try:
            settle(hosts, (ATCP, LINUX))
        except AssertionError as e:
            self.unclean = e
        self.counted = [since(b, counters(h)) for b, h in zip(before, hosts)]
        self.estab = [counters(h)["CurrEstab"] for h in hosts]
        self.dropped = [self.drops(h) for h in hosts]
        self.cable.delete()

    def sockets(self, server, client, family):
        """Made here: a namespace is entered by this thread only."""
        listener = self.cable.a.listener(server, family, self.cable.address(self.cable.a, family))
        return listener, self.cable.b.socket(client, family)

    @staticmethod
    def one(seed, listener, c, size):
        c.connect(listener.getsockname()[:2])
        s, _ = listener.accept()
        listener.close()
        exchange(c, s, size, seed)
        (c if seed & 1 else s).close()
        (s if seed & 1 else c).close()

    def drops(self, host):
        out = host.run("tc", "-s", "qdisc", "show", "dev", self.cable.device)
        return int(re.search(r"dropped (\d+)", out).group(1))

    def check(self, server, client):
        for family in FAMILIES:
            error = self.outcome[server, client, family]
            if error:
                raise AssertionError(f"{FAMILY_NAME[family]}: {error!r}") from error


run = functools.cache(Run)


def condition(name, words, **more):
    """A case for each pairing, and one for what was counted."""
    for server, client in PAIRINGS:
        @alone(f"{name}: {Pairing(server, client)!r}")
        def _(server=server, client=client):
            run(words, **more).check(server, client)

    def add(func):
        @alone(f"{name}: all end, and the counters tell")
        def _():
            done = run(words, **more)
            if done.unclean:
                raise done.unclean
            equal(done.estab, [0, 0], "CurrEstab")
            for ours in done.counted:
                assert ours["OutSegs"] > SIZE // 1500, ours
                assert ours["InSegs"] > SIZE // 1500, ours
                equal(ours["PassiveOpens"] + ours["ActiveOpens"], 4, "opens")
                equal(ours["AttemptFails"], 0, "AttemptFails")
                equal(ours["EstabResets"], 0, "EstabResets")
            func(done)
    return add


@condition("no harm", "limit 20000")
def _(done):
    for ours in done.counted:
        equal(ours["InErrs"], 0, "InErrs")
        # A guest that stalls for longer than an RTO has a few.
        assert ours["RetransSegs"] < ours["OutSegs"] // 20, ours
        equal(ours["OutRsts"], 0, "OutRsts")


@condition("loss of 1 %", "loss 1% limit 20000")
def _(done):
    for ours, dropped in zip(done.counted, done.dropped):
        assert dropped > 0, "nothing was lost"
        # A few lost packets may all have been ACKs.
        assert ours["RetransSegs"] > 0 or dropped < 20, "nothing was sent again"
        assert ours["RetransSegs"] < ours["OutSegs"] // 4, ours
        equal(ours["InErrs"], 0, "InErrs")


@condition("loss of 5 %", "loss 5% limit 20000")
def _(done):
    for ours in done.counted:
        assert ours["RetransSegs"] > SIZE // 1500 // 20, ours
        assert ours["TCPOFOQueue"] > 0, ours
        equal(ours["InErrs"], 0, "InErrs")


@condition("loss of 5 %, with segmentation offload", "loss 5% limit 20000", offload=True)
def _(done):
    for ours in done.counted:
        assert ours["RetransSegs"] > 0, ours


@condition("delay with jitter and reordering", "delay 5ms 3ms reorder 25% 50% limit 20000")
def _(done):
    for ours in done.counted:
        assert ours["TCPOFOQueue"] > 0, "nothing came out of order"
        equal(ours["InErrs"], 0, "InErrs")


@condition("duplication of 10 %", "duplicate 10% limit 20000")
def _(done):
    for ours in done.counted:
        assert ours["TCPDSACKOldSent"] > 0, "no duplicate was told of"
        assert ours["RetransSegs"] < ours["OutSegs"] // 20, ours
        equal(ours["InErrs"], 0, "InErrs")


@condition("one bit in 2 % of the packets wrong", "corrupt 2% limit 20000")
def _(done):
    for ours in done.counted:
        assert ours["InCsumErrors"] > 0, "no checksum was wrong"
        assert ours["InErrs"] >= ours["InCsumErrors"], ours
        assert ours["RetransSegs"] > 0, ours


@condition("all at once",
           "delay 3ms 2ms reorder 10% loss 1% duplicate 2% corrupt 1% limit 20000")
def _(done):
    for ours in done.counted:
        for name in ("RetransSegs", "TCPOFOQueue", "InCsumErrors"):
            assert ours[name] > 0, f"{name} is 0"


class Path:
    """a - router - b: what the router spoils came linear from a, so it may be text."""

    def __init__(self):
        self.r = Host()
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.r.sysctl(name, 1)
        self.left = Cable(b=self.r)
        self.right = Cable(a=self.r)
        for cable in (self.left, self.right):
            cable.ethtool("tso", "off", "gso", "off", "gro", "off", "sg", "off", "tx", "off")
        know_neighbours(self.left, self.right)
        for end, near, far in ((self.left.a, self.left, self.right),
                               (self.right.b, self.right, self.left)):
            for family, wide in ((AF_INET, "0.0.0.0/0"), (AF_INET6, "::/0")):
                end.ip(f"route add {wide} via {near.address(self.r, family)}")

    def delete(self):
        for host in (self.left.a, self.right.b, self.r):
            host.delete()


@functools.cache
def spoiled():
    path = Path()
    a, b = path.left.a, path.right.b
    path.left.netem(*"corrupt 2% limit 20000".split(), hosts=(path.r,))
    path.right.netem(*"corrupt 2% limit 20000".split(), hosts=(path.r,))
    before = [counters(h) for h in (a, b)]
    jobs, outcome = [], {}
    for number, (server, client) in enumerate(PAIRINGS):
        for family in FAMILIES:
            listener = a.listener(server, family, path.left.address(a, family))
            job = Worker(Run.one, number, listener, b.socket(client, family), SIZE)
            jobs.append(((server, client, family), job))
    for key, job in jobs:
        try:
            job.finish()
            outcome[key] = None
        except (OSError, AssertionError) as e:
            outcome[key] = e
    counted = [since(x, counters(h)) for x, h in zip(before, (a, b))]
    path.delete()
    return outcome, counted


for _server, _client in PAIRINGS:
    @alone(f"text spoiled by a router: {Pairing(_server, _client)!r}")
    def _(server=_server, client=_client):
        outcome, counted = spoiled()
        for family in FAMILIES:
            error = outcome[server, client, family]
            if error:
                raise AssertionError(f"{FAMILY_NAME[family]}: {error!r}") from error
        for ours in counted:
            assert ours["InCsumErrors"] > SIZE // 1500 // 100, ours


@alone("the link loses everything for a while, and comes back")
def _():
    cable = Cable()
    for server, client in PAIRINGS:
        c, s = cable.pair(server, client)
        cable.netem("loss", "100%")
        c.sendall(b"x" * 20000)
        s.sendall(b"y" * 20000)
        before = cable.a.run("tc", "-s", "qdisc", "show", "dev", cable.device)
        until(lambda seen=before: "dropped 0" not in
              cable.a.run("tc", "-s", "qdisc", "show", "dev", cable.device), "something is lost")
        fails_with("EAGAIN", s.recv, 1, socket.MSG_DONTWAIT)
        cable.netem("loss", "0%")
        for end, octet in ((s, b"x"), (c, b"y")):
            got = b""
            while len(got) < 20000:
                got += end.recv(20000)
            equal(got, octet * 20000, "text")
        c.close()
        equal(s.recv(1), b"", "end")
        s.close()
    settle((cable.a, cable.b), (ATCP,))
    cable.delete()


if __name__ == "__main__":
    main()
