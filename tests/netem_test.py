#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Text arrives as it was sent over a network that loses, delays, reorders, repeats and
spoils packets, in both directions at once, whoever is at the other end; and the
counters say what happened.

What the network does is chance.  Sizes and rates are such that what a case demands to
have happened at least once does not happen in one run of 10^8; the rest is counted, and holds always.
"""

import functools
import math
import re
import socket

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, GUEST, HANG, LINUX, PAIRINGS, SCALE, Pairing,
                      alone, equal, fails_with, hang_limit, main, note, until)
from lab import Cable, Host
from traffic import Worker, counters, exchange, know_neighbours, settle, since

AF_INET, AF_INET6 = FAMILIES
# Where every check is on, one connection of a family, and only the conditions marked so.
FEW = PAIRINGS[:1] if GUEST == "debug" else PAIRINGS
SIZE = max(256 << 10 if GUEST == "debug" else 192 << 10, int((1 << 20) * SCALE))
# Listeners' ports, known before: atcp serves the first four, and calls the last four.
ORDER = ((ATCP, LINUX), (ATCP, ATCP), (LINUX, ATCP))
SERVED, CALLED = "5000-5003", "5002-5005"
FULL = 1500             # octets of a packet that is full
MOST = 1448             # octets of text in it, at most
LEAST = 1400            # and at least, with all options in IPv6
# Full segments that atcp sends, and is sent, at each end; each connection with atcp at
# both ends counts at both.
SEGMENTS = len(FAMILIES) * min(2, len(FEW)) * (SIZE // MOST)


def percent(share=1.0):
    """Of so many packets that of all segments, this share of which tells, none is hit in
    one run of 10^8."""
    return math.ceil(100 * (1 - 1e-8 ** (1 / (SEGMENTS * share))))


# A spoilt bit is seen by TCP's checksum where TCP's header is hit: about half of what
# is linear, and all that is spoilt, is headers.
LOSS, GAPS, SPOILT, SPOILT_TEXT = percent(), max(5, percent(0.5)), percent(0.4), percent(0.9)


class Tally:
    """Full segments on a cable, as nftables counts them before the one end's queue and behind the other."""

    def __init__(self, cable):
        self.hosts = cable.a, cable.b
        ways = (f"sport {SERVED}", f"dport {CALLED}")       # what atcp sends at a, and at b
        back = (f"dport {SERVED}", f"sport {CALLED}")       # what is sent to atcp at a, and at b
        for host, out, other, own, to in ((cable.a, ways[0], ways[1], back[0], back[1]),
                                          (cable.b, ways[1], ways[0], back[1], back[0])):
            host.run("nft", "-f", "-", input=f"""table inet tally {{
                counter left {{ }}
                counter came {{ }}
                counter sent {{ }}
                counter got {{ }}
                chain out {{
                    type filter hook postrouting priority 0
                    meta length >= {FULL} tcp {out} counter name left
                    meta length >= {FULL} tcp {to} counter name sent
                }}
                chain in {{
                    type filter hook prerouting priority 0
                    meta length >= {FULL} tcp {other} counter name came
                    meta length >= {FULL} tcp {own} counter name got
                }}
            }}""")

    def read(self):
        """For each end: what of atcp's did not reach the other (packets, octets), and how many
        more packets reached atcp than had been sent to it."""
        a, b = (self.counters(host) for host in self.hosts)
        return [{"left": near["left"][0],
                 "lost": near["left"][0] - far["came"][0],
                 "octets": near["left"][1] - far["came"][1],
                 "more": near["got"][0] - far["sent"][0]} for near, far in ((a, b), (b, a))]

    @staticmethod
    def counters(host):
        out = host.run("nft", "list", "table", "inet", "tally")
        found = {name: (int(packets), int(octets)) for name, packets, octets in
                 re.findall(r"counter (\w+) \{\s*packets (\d+) bytes (\d+)", out)}
        assert len(found) == 4, out
        return found


class Traffic:
    """Connections of all pairings and families at once, from host b to host a."""

    def __init__(self, a, b, address):
        hosts = a, b
        before = [counters(h) for h in hosts]
        known = [counters(h, LINUX) for h in hosts]
        jobs = []
        for server, client in FEW:
            for family in FAMILIES:
                number = ORDER.index((server, client)) * 2 + FAMILIES.index(family)
                listener = a.listener(server, family, address(family), 5000 + number)
                # Made here: a namespace is entered by this thread only.
                job = Worker(self.one, number, listener, b.socket(client, family))
                jobs.append(((server, client, family), job))
        self.outcome = {}
        for key, job in jobs:
            try:
                job.finish()
                self.outcome[key] = None
            except (OSError, AssertionError) as e:
                self.outcome[key] = e
        self.unclean = None
        try:
            settle(hosts, (ATCP, LINUX), seconds=HANG)
        except AssertionError as e:
            self.unclean = e
        self.counted = [since(b, counters(h)) for b, h in zip(before, hosts)]
        self.linux = [since(b, counters(h, LINUX)) for b, h in zip(known, hosts)]
        self.estab = [counters(h)["CurrEstab"] for h in hosts]

    @staticmethod
    def one(seed, listener, c):
        c.connect(listener.getsockname()[:2])
        s, _ = listener.accept()
        listener.close()
        exchange(c, s, SIZE, seed)
        (c if seed & 2 else s).close()
        (s if seed & 2 else c).close()

    def check(self, server, client):
        for family in FAMILIES:
            error = self.outcome[server, client, family]
            if error:
                raise AssertionError(f"{FAMILY_NAME[family]}: {error!r}") from error


@functools.cache
def run(words, features):
    """The traffic under one condition of the network; its tally is in it."""
    hang_limit(4 * HANG)
    cable = Cable()
    if features:
        cable.ethtool(*features.split())
    else:
        cable.one_segment_a_packet()
    know_neighbours(cable)
    cable.netem(*words.split(), "limit", "20000")
    tally = Tally(cable)
    done = Traffic(cable.a, cable.b, lambda family: cable.address(cable.a, family))
    done.tally = tally.read()
    cable.delete()
    return done


def condition(name, words, features=None, always=False):
    """A case for each pairing, and one for what was counted."""
    if GUEST == "debug" and not always:
        return lambda func: None
    for server, client in FEW:
        @alone(f"{name}: {Pairing(server, client)!r}")
        def _(server=server, client=client):
            run(words, features).check(server, client)

    def add(func):
        @alone(f"{name}: all end, and the counters tell")
        def _():
            done = run(words, features)
            if done.unclean:
                raise done.unclean
            equal(done.estab, [0, 0], "CurrEstab")
            for ours, tally in zip(done.counted, done.tally):
                # At least: some full segments are in aggregates.
                assert 0 < tally["left"] <= ours["OutSegs"], (tally, ours)
                assert ours["InSegs"] > SEGMENTS // 64, ours
                equal(ours["PassiveOpens"] + ours["ActiveOpens"],
                      len(FAMILIES) * min(2, len(FEW)), "opens")
                equal(ours["AttemptFails"], 0, "AttemptFails")
                equal(ours["EstabResets"], 0, "EstabResets")
                note(f"RetransSegs {ours['RetransSegs']} of {ours['OutSegs']}, "
                     f"TCPTimeouts {ours['TCPTimeouts']}, {tally}")
            func(done)
    return add


def sent_again(ours, tally, rate):
    """What was lost was sent again: octet by octet, so segment by segment."""
    assert tally["lost"] > 0 or (1 - rate / 100) ** tally["left"] > 1e-8, f"nothing was lost: {tally}"
    assert ours["RetransSegs"] * MOST * FULL >= tally["octets"] * LEAST, (tally, ours)


def without_reason(ours):
    """Whether more than a few were sent again though no guest stalled for an RTO."""
    return not ours["TCPTimeouts"] and ours["RetransSegs"] >= ours["OutSegs"] // 20


@condition("no harm", "delay 0ms")
def _(done):
    for ours, tally in zip(done.counted, done.tally):
        equal(ours["InErrs"], 0, "InErrs")
        # Where a reader is late, the tail is probed (RFC 8985, 7).
        assert ours["RetransSegs"] <= ours["TCPLossProbes"] or ours["TCPTimeouts"] or \
            tally["lost"], (tally, ours)
        equal(ours["OutRsts"], 0, "OutRsts")


@condition(f"loss of {LOSS} %", f"loss {LOSS}%")
def _(done):
    for ours, tally in zip(done.counted, done.tally):
        sent_again(ours, tally, LOSS)
        assert ours["RetransSegs"] < ours["OutSegs"] // 2, ours
        equal(ours["InErrs"], 0, "InErrs")


# Behind every second segment that is lost, at least, comes another.
@condition(f"loss of {GAPS} %, with gaps", f"loss {GAPS}%", always=True)
def _(done):
    for ours, tally in zip(done.counted, done.tally):
        sent_again(ours, tally, GAPS)
        assert ours["TCPOFOQueue"] > 0, ours
        equal(ours["InErrs"], 0, "InErrs")


@condition("loss of 5 % of aggregates", "loss 5%", "tso on gso on gro off")
def _(done):
    for ours, tally in zip(done.counted, done.tally):
        sent_again(ours, tally, 5)


@condition("delay with jitter and reordering", "delay 5ms 3ms reorder 25% 50%")
def _(done):
    for ours in done.counted:
        assert ours["TCPOFOQueue"] > 0, "nothing came out of order"
        equal(ours["InErrs"], 0, "InErrs")


@condition("duplication of 10 %", "duplicate 10%")
def _(done):
    for ours, tally in zip(done.counted, done.tally):
        assert tally["more"] > 0, "nothing came twice"
        assert ours["TCPDSACKOldSent"] >= tally["more"], (tally, ours)
        assert not without_reason(ours), ours
        equal(ours["InErrs"], 0, "InErrs")
    for theirs in done.linux:
        assert FEW != PAIRINGS or theirs["TCPDSACKRecv"] > 0, "the kernel's TCP was told of no duplicate"


@condition(f"one bit in {SPOILT} % of the packets wrong", f"corrupt {SPOILT}%")
def _(done):
    for ours in done.counted:
        assert ours["InCsumErrors"] > 0, "no checksum was wrong"
        assert ours["InErrs"] >= ours["InCsumErrors"], ours
        assert ours["RetransSegs"] > 0, ours


ALL = f"delay 3ms 2ms reorder 10% loss 1% duplicate 2% corrupt {SPOILT}%"


@condition("all at once", ALL, always=True)
def _(done):
    for ours in done.counted:
        for name in ("RetransSegs", "TCPOFOQueue", "InCsumErrors"):
            assert ours[name] > 0, f"{name} is 0"


@condition("all at once, and aggregates", ALL, "tso on gso on gro on")
def _(done):
    assert sum(ours["RetransSegs"] for ours in done.counted) > 0, "nothing was sent again"


class Path:
    """a - router - b: what the router spoils came linear from a, so it may be text."""

    def __init__(self):
        self.r = Host()
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.r.sysctl(name, 1)
        self.left = Cable(b=self.r)
        self.right = Cable(a=self.r)
        for cable in (self.left, self.right):
            cable.one_segment_a_packet()
            cable.ethtool("sg", "off", "tx", "off")
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
    hang_limit(4 * HANG)
    path = Path()
    for cable in (path.left, path.right):
        cable.netem("corrupt", f"{SPOILT_TEXT}%", "limit", "20000", hosts=(path.r,))
    done = Traffic(path.left.a, path.right.b,
                   lambda family: path.left.address(path.left.a, family))
    path.delete()
    return done


def spoiled_text():
    """A case for each pairing, and one for what was counted."""
    for server, client in FEW:
        @alone(f"text spoiled by a router: {Pairing(server, client)!r}")
        def _(server=server, client=client):
            spoiled().check(server, client)

    @alone("text spoiled by a router: all end, and the counters tell")
    def _():
        done = spoiled()
        if done.unclean:
            raise done.unclean
        for ours in done.counted:
            assert ours["InCsumErrors"] > 0 and ours["RetransSegs"] > 0, ours


if GUEST != "debug":
    spoiled_text()


@alone("the link loses everything for a while, and comes back")
def _():
    cable = Cable()
    for server, client in FEW:
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
