#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""More accurate ECN feedback (RFC 9768), between two of atcp, for these kernels' TCP does not
know it: with that, what is asked for falls back to RFC 3168.  And DCTCP (RFC 8257)."""

import functools
import socket

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, alone, attempt, equal, main,
                      tcp_info)
from ecn import CE, ECT_0, NOT_ECT, OPT_ECN, Sight, judge, marks
from firewall import Rules
from lab import Cable
from traffic import counters, exchange, since
from wire import CWR, ECE, FIN, SYN

AF_INET, AF_INET6 = FAMILIES
SIZE = 384 << 10
POLICIES = range(6)
ANSWERS_ACCECN = 3, 4, 5
ASKS = {0: 0, 1: 3, 2: 0, 3: 7, 4: 3, 5: 0}     # AE, CWR, ECE of the SYN, as a number
ACCECN0, ACCECN1 = 172, 174


@functools.cache
def cable():
    """One for all cases; packets as they are on the wire."""
    made = Cable()
    made.one_segment_a_packet()
    return made


def policy(host, stack, value):
    host.sysctl("atcp/ecn" if stack.is_atcp else "ipv4/tcp_ecn", value)


def pair(server, client, family, asked, asks, options=(), net=None):
    """(client's end, server's end), these being the policies; they are the defaults after it."""
    net = net or cable()
    policy(net.a, server, asked)
    policy(net.b, client, asks)
    try:
        return net.pair(server, client, family, options=options)
    finally:
        policy(net.a, server, 2)
        policy(net.b, client, 2)


def close(*ends):
    for s in ends:
        s.close()


def ace(seg):
    """AE, CWR and ECE as a number."""
    return (seg.reserved & 1) << 2 | bool(seg.flags & CWR) << 1 | bool(seg.flags & ECE)


def handshake(packets):
    """That of the SYN, the SYN,ACK and the ACK of it."""
    syns = [ace(seg) for _, seg in packets if seg.flags & SYN]
    return syns + [next(ace(seg) for _, seg in packets if not seg.flags & SYN)]


def expected(asked, asks, linux):
    """What the three segments say, and whether ECN is on."""
    if ASKS[asks] == 7 and asked in ANSWERS_ACCECN:
        return [7, 2, 2], True
    if ASKS[asks] and asked:
        # The kernel's TCP may have another look at bits that it does not know.
        return [ASKS[asks], 1, 0], True
    return [ASKS[asks], 0, 0], False


@alone("who asks for what, and who agrees to what")
def _():
    for server, client in ((ATCP, ATCP), (LINUX, ATCP), (ATCP, LINUX)):
        for asked in POLICIES if server.is_atcp else (0, 1, 2):
            for asks in POLICIES if client.is_atcp else (0, 1):
                sight = Sight(cable().a, cable().device)
                c, s = pair(server, client, AF_INET, asked, asks)
                c.sendall(b"x")
                s.recv(1)
                got = handshake(sight.read(s.getsockname()[1]))
                want, on = expected(asked, asks, LINUX in (server, client))
                what = f"server {server!r} {asked}, client {client!r} {asks}"
                equal(got, want, what)
                equal([bool(tcp_info(e)["options"] & OPT_ECN) for e in (c, s)], [on, on], what)
                sight.close()
                close(c, s)


# --- counts --------------------------------------------------------------------------

class Counts:
    """What one end must have counted of what came, and what it told."""

    def __init__(self):
        self.cep, self.ceb, self.e0b = 5, 0, 1
        self.told = self.told_octets = None
        self.nxt = None
        self.again = 0

    def came(self, seg):
        self.cep += seg.ecn == CE
        self.ceb += len(seg.data) * (seg.ecn == CE)
        self.e0b += len(seg.data) * (seg.ecn == ECT_0)

    def sent(self, seg):
        if seg.data:
            new = self.nxt is None or (seg.seq - self.nxt) % (1 << 32) < 1 << 31
            self.again += not new
            assert seg.ecn in ((ECT_0, CE) if new else (NOT_ECT,)) or len(seg.data) == 1, seg
            if new:
                self.nxt = (seg.seq + len(seg.data)) % (1 << 32)
        else:
            assert seg.ecn == NOT_ECT, f"ECT on {seg}"
        self.told = ace(seg)
        for kind in (ACCECN0, ACCECN1):
            if kind in seg.options:
                raw = seg.options[kind]
                self.told_octets = kind, [int.from_bytes(raw[i:i + 3], "big")
                                          for i in range(0, len(raw) - 2, 3)]


def transfer(family, every, size=SIZE, options=(), sysctls=(), net=None):
    """[(what an end counted, its tcp_info, what its namespace counted)], server first."""
    net = net or cable()
    hosts = net.a, net.b
    rules = [Rules(host, marks(every)) for host in hosts]
    sights = [Sight(host, net.device) for host in hosts]
    was = [counters(host) for host in hosts]
    for host in hosts:
        for name, value in sysctls:
            host.sysctl(name, value)
    c, s = pair(ATCP, ATCP, family, 3, 3, options, net)
    exchange(c, s, size)
    infos = [tcp_info(end) for end in (s, c)]
    port = s.getsockname()[1]
    close(c, s)
    done = []
    for host, sight, info, before in zip(hosts, sights, infos, was):
        packets = sight.read(port)
        counts = Counts()
        equal([ace(seg) for _, seg in packets if seg.flags & SYN], [7, 2], "the SYNs")
        # The client's pure ACK tells how the SYN,ACK came: it is no count.
        rest = [p for p in packets if not p[1].flags & SYN]
        equal(ace(rest[0][1]), 2, "the ACK of the SYN,ACK")
        for out, seg in rest[1:]:
            if out:
                counts.sent(seg)
            else:
                counts.came(seg)
        counts.packets = rest
        done.append((counts, info, since(before, counters(host))))
        sight.close()
    for r in rules:
        r.delete()
    return done


for _family in FAMILIES:
    @alone(f"each mark is counted and told, {FAMILY_NAME[_family]}")
    def _(family=_family):
        for (counts, info, done), peer in zip(*(lambda d: (d, [d[1][0], d[0][0]]))(
                transfer(family, 8))):
            assert counts.cep > 15, "hardly a mark"
            equal(counts.told, counts.cep & 7, "the last ACE")
            kind, octets = counts.told_octets
            equal(kind, ACCECN0, "order of the fields")
            equal(octets, [counts.e0b & 0xffffff, counts.ceb & 0xffffff], "octets")
            # What the peer counted was told to us, but for what was still on its way.
            assert info["delivered_ce"] > (peer.cep - 5) / 2, (info["delivered_ce"], peer.cep)
            assert done["AtcpEcnReductions"] and done["TCPDeliveredCE"], done


@alone("without options marks are told and answered all the same")
def _():
    for counts, info, done in transfer(AF_INET, 8, SIZE // 2, sysctls=[("atcp/ecn_option", 0)]):
        equal(counts.told, counts.cep & 7, "the last ACE")
        equal(counts.told_octets, None, "options")
        assert info["delivered_ce"] and done["AtcpEcnReductions"], done
    for host in (cable().a, cable().b):
        host.sysctl("atcp/ecn_option", 2)


@alone("sparingly: an option where something is new")
def _():
    few = transfer(AF_INET6, 8, SIZE // 2, sysctls=[("atcp/ecn_option", 1)])
    for counts, _info, _done in few:
        with_option = sum(ACCECN0 in seg.options for out, seg in counts.packets if out)
        equal(counts.told, counts.cep & 7, "the last ACE")
        assert 0 < with_option < sum(out for out, _ in counts.packets), with_option
    for host in (cable().a, cable().b):
        host.sysctl("atcp/ecn_option", 2)


@alone("aggregates: the flags are the same on all pieces")
def _():
    net = Cable()
    for counts, info, done in transfer(AF_INET, 3, SIZE, net=net):
        assert info["delivered_ce"] and done["AtcpEcnReductions"], done
        for out, seg in counts.packets:
            # A device would leave CWR on the first only.
            assert not seg.flags & CWR or len(seg.data) <= 1460, f"CWR on an aggregate: {seg}"
    net.delete()


# --- a network that meddles -----------------------------------------------------------

@alone("a SYN whose field was changed on its way: its sender sends no ECT, the other does")
def _():
    net = cable()
    rules = Rules(net.b, """chain mangle {
        type filter hook postrouting priority 0; policy accept;
        tcp flags & (syn | ack) == syn ip ecn set ect1
    }""")
    sight = Sight(net.a, net.device)
    c, s = pair(ATCP, ATCP, AF_INET, 3, 3)
    exchange(c, s, 20000)
    seen = sight.read(s.getsockname()[1])
    equal(handshake(seen), [7, 3, 2], "the handshake")
    equal({seg.ecn for out, seg in seen if seg.data and not out}, {NOT_ECT}, "the client's text")
    assert {seg.ecn for out, seg in seen if seg.data and out} >= {ECT_0}, "the server's text"
    close(c, s)
    sight.close()
    rules.delete()


@alone("a firewall that drops SYNs which ask: the third asks no more")
def _():
    net = cable()
    rules = Rules(net.a, """chain drops {
        type filter hook prerouting priority -400; policy accept;
        tcp flags & (syn | ack | ecn | cwr) == (syn | ecn | cwr) count asked drop
    }""")
    sight = Sight(net.b, net.device)
    c, s = pair(ATCP, ATCP, AF_INET, 3, 3)
    equal([ace(seg) for _, seg in sight.read(s.getsockname()[1]) if seg.flags & SYN],
          [7, 7, 0, 0], "the SYNs")
    equal(rules.count("asked"), 2, "SYNs dropped")
    exchange(c, s, 1000)
    equal({seg.ecn for _, seg in sight.read(s.getsockname()[1])}, {NOT_ECT}, "marks")
    close(c, s)
    sight.close()
    rules.delete()


# --- the kernel's TCP at the other end ---------------------------------------------------

for _server, _client, _asked, _asks in ((ATCP, LINUX, 3, 1), (LINUX, ATCP, 1, 3)):
    @alone(f"with the kernel's TCP it is RFC 3168, server {_server!r}, client {_client!r}")
    def _(server=_server, client=_client, asked=_asked, asks=_asks):
        net = cable()
        rules = [Rules(host, marks(8)) for host in (net.a, net.b)]
        sight = Sight(net.a, net.device)
        c, s = pair(server, client, AF_INET6, asked, asks)
        exchange(c, s, SIZE // 2)
        seen = sight.read(s.getsockname()[1])
        equal([ace(seg) for _, seg in seen if seg.flags & SYN], [ASKS[asks], 1], "the SYNs")
        assert not any(seg.reserved for _, seg in seen if not seg.flags & SYN), "AE in RFC 3168"
        came, _sent = judge(seen)
        came.lively("what came")
        close(c, s)
        sight.close()
        for r in rules:
            r.delete()


# --- DCTCP ------------------------------------------------------------------------------

# Here ACKs are ECT, too: where each answers a segment, an even number might mark nothing else.
ODD = 7
DCTCP = [(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"dctcp")]


@alone("DCTCP: everything is ECT; text that is marked is told of, each octet, at both ends")
def _():
    net = cable()
    for family in FAMILIES:
        rules = [Rules(host, marks(ODD)) for host in (net.a, net.b)]
        sights = [Sight(host, net.device) for host in (net.a, net.b)]
        was = [counters(host) for host in (net.a, net.b)]
        c, s = pair(ATCP, ATCP, family, 0, 0, DCTCP)
        equal([e.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0")
               for e in (c, s)], [b"dctcp"] * 2, "congestion control")
        exchange(c, s, SIZE)
        infos = [tcp_info(e) for e in (s, c)]
        port = s.getsockname()[1]
        close(c, s)
        for host, sight, info, before in zip((net.a, net.b), sights, infos, was):
            packets = sight.read(port)
            equal([ace(seg) for _, seg in packets if seg.flags & SYN], [3, 1], "the SYNs")
            assert all(seg.ecn in (ECT_0, CE) for _, seg in packets), "not ECT"
            dctcp_echo(packets)
            done = since(before, counters(host))
            assert info["delivered_ce"] and done["AtcpEcnReductions"] > 3, done
            sight.close()
        for r in rules:
            r.delete()


def dctcp_echo(packets):
    """Each ACK that goes back has ECE exactly if the last text it covers was marked, till CWR
    ends it, and covers text of one kind only (RFC 8257, 3.2)."""
    marked, order, nxt = {}, [], None
    for out, seg in packets:
        if seg.flags & SYN or seg.flags & FIN and not out:
            continue
        if not out and seg.data:
            end = (seg.seq + len(seg.data)) % (1 << 32)
            if nxt is not None and seg.seq != nxt:
                return                  # lost or resent: another law
            nxt = end
            marked[end] = seg.ecn == CE
            order.append(end)
        elif out and seg.ack in marked:
            covered = order[:order.index(seg.ack) + 1] if seg.ack in order else []
            assert bool(seg.flags & ECE) == marked[seg.ack], f"{seg} of text marked or not"
            assert len({marked[e] for e in covered}) < 2, f"{seg} covers both kinds"
            del order[:len(covered)]


@alone("DCTCP with the kernel's TCP: both, one of them, and the text arrives in any case")
def _():
    net = cable()
    for server, client, both, asks, on in ((ATCP, LINUX, True, 2, True),
                                           (LINUX, ATCP, True, 2, True),
                                           (ATCP, LINUX, False, 1, True),
                                           (ATCP, LINUX, False, 2, False),
                                           (LINUX, ATCP, False, 2, False)):
        rules = [Rules(host, marks(ODD)) for host in (net.a, net.b)]
        policy(net.b, client, asks)
        listener = net.a.listener(server, AF_INET, net.address(net.a))
        c = net.b.socket(client)
        for end, stack in ((listener, server), (c, client)):
            if both or stack.is_atcp:
                end.setsockopt(*DCTCP[0])
        c.connect(listener.getsockname())
        s, _ = listener.accept()
        listener.close()
        policy(net.b, client, 2)
        what = f"server {server!r}, client {client!r}, both {both}, {asks}"
        equal([bool(tcp_info(e)["options"] & OPT_ECN) for e in (c, s)], [on, on], what)
        exchange(c, s, SIZE // 4)
        told = [tcp_info(e)["delivered_ce"] for e in (c, s)]
        assert not on or all(told), f"marks told to client and server: {told}; {what}"
        close(c, s)
        for r in rules:
            r.delete()


# --- values of the sysctls ------------------------------------------------------------

@alone("net.atcp.ecn, ecn_option, ecn_option_beacon: values; dctcp is there")
def _():
    host = cable().a
    for name, default, most in (("ecn", 2, 5), ("ecn_option", 2, 3), ("ecn_option_beacon", 3, 3)):
        equal(host.read(f"/proc/sys/net/atcp/{name}"), f"{default}\n", f"default of {name}")
        for value in (-1, most + 1):
            equal(attempt(host.sysctl, f"atcp/{name}", value), "EINVAL", f"{name} = {value}")
        for value in range(most + 1):
            host.sysctl(f"atcp/{name}", value)
            equal(host.read(f"/proc/sys/net/atcp/{name}"), f"{value}\n", name)
        host.sysctl(f"atcp/{name}", default)
    assert "dctcp" in host.read("/proc/sys/net/atcp/available_congestion_control").split()


if __name__ == "__main__":
    main()
