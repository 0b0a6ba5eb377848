#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Explicit Congestion Notification, with the kernel's TCP at the other end: who asks and who
agrees, marks that are echoed and answered while the text arrives as it was sent, and a
firewall that drops SYNs which ask."""

import functools
import socket

from atcptest import (FAMILIES, FAMILY_NAME, GUEST, PAIRINGS, alone, attempt, equal, main,
                      pairs, recv_exactly, tcp_info, until)
from ecn import NOT_ECT, OPT_ECN, OPT_ECN_SEEN, Sight, handshake, judge, marks
from firewall import Rules
from lab import Cable
from traffic import counters, exchange, since
from wire import ACK, CWR, ECE, SYN

AF_INET, AF_INET6 = FAMILIES
FEW = PAIRINGS[:1] if GUEST == "debug" else PAIRINGS
SIZE = (128 if GUEST == "debug" else 512) << 10
POLICIES = 0, 1, 2


@functools.cache
def cable():
    """One for all cases."""
    return Cable()


def policy(host, stack, value):
    host.sysctl("atcp/ecn" if stack.is_atcp else "ipv4/tcp_ecn", value)


def fallback(host, stack, value):
    host.sysctl("atcp/ecn_fallback" if stack.is_atcp else "ipv4/tcp_ecn_fallback", value)


def pair(server, client, family, asked=2, asks=1, options=()):
    """(client's end, server's end), these being the policies; they are the defaults after it."""
    policy(cable().a, server, asked)
    policy(cable().b, client, asks)
    try:
        return cable().pair(server, client, family, options=options)
    finally:
        policy(cable().a, server, 2)
        policy(cable().b, client, 2)


def agreed(*ends):
    return [bool(tcp_info(s)["options"] & OPT_ECN) for s in ends]


def close(*ends):
    for s in ends:
        s.close()


# --- who asks, and who agrees -------------------------------------------------------

@pairs("who asks, and who agrees [LI-033]", FAMILIES)             # [SHLD-8]
def _(p, log, family):
    for asked in POLICIES:
        for asks in POLICIES:
            c, s = pair(p.server, p.client, family, asked, asks)
            log(asked, asks, *agreed(c, s))
            close(c, s)


@pairs("a route with the feature: asks, and agrees, whatever the policy")
def _(p, log, family):
    net = cable()
    for host, asked, asks in ((net.a, 0, 1), (net.b, 2, 2)):
        route = f"10.9.{net.n}.0/24 dev {net.device}"
        host.ip(f"route replace {route} proto kernel scope link src {net.address(host)} "
                "features ecn")
        try:
            c, s = pair(p.server, p.client, family, asked, asks)
            log(*agreed(c, s))
            close(c, s)
        finally:
            host.ip(f"route replace {route} proto kernel scope link src {net.address(host)}")
    c, s = pair(p.server, p.client, family, 2, 2)
    log(*agreed(c, s))
    close(c, s)


@pairs("the ECN bits of IP_TOS and IPV6_TCLASS are not the user's", FAMILIES)
def _(p, log, family):
    option = (socket.SOL_IP, socket.IP_TOS) if family == AF_INET else \
        (socket.IPPROTO_IPV6, socket.IPV6_TCLASS)
    for asks in (1, 2):
        sight = Sight(cable().a, cable().device)
        c, s = pair(p.server, p.client, family, 2, asks, options=[(*option, 0xb8 | 1)])
        for end, other in ((c, s), (s, c)):
            end.sendall(b"text")
            recv_exactly(other, 4)
        seen = sight.read(s.getsockname()[1])
        log(asks, sorted({(seg.tos >> 2, seg.ecn) for _, seg in seen if seg.data}),
            sorted({(seg.tos >> 2, seg.ecn) for _, seg in seen if not seg.data}))
        sight.close()
        close(c, s)


# --- marks ----------------------------------------------------------------------------

def marked(server, client, family, every, cwr=1 << 16):
    """No segment with CWR is longer than so many octets."""
    net = cable()
    ends = ((net.a, server), (net.b, client))
    rules = [Rules(host, marks(every)) for host, _ in ends]
    sights = [Sight(host, net.device) for host, _ in ends]
    was = [counters(host) for host, _ in ends]
    c, s = pair(server, client, family)
    exchange(c, s, SIZE)
    infos = [tcp_info(end) for end in (s, c)]
    port = s.getsockname()[1]
    close(c, s)
    for (host, stack), sight, info, before in zip(ends, sights, infos, was):
        packets = sight.read(port)
        equal(handshake(packets), [(SYN, ECE | CWR), (SYN | ACK, ECE)], "the SYNs")
        came, sent = judge(packets)
        assert all(len(seg.data) <= cwr for _, seg in packets if seg.flags & CWR), "CWR too long"
        came.lively(f"seen at {host.name}, {stack!r}: what came")
        equal(info["options"] & (OPT_ECN | OPT_ECN_SEEN), OPT_ECN | OPT_ECN_SEEN, "options")
        assert info["delivered_ce"], "no mark of ours was told"
        if stack.is_atcp:
            done = since(before, counters(host))
            assert done["AtcpEcnReductions"] and done["TCPDeliveredCE"], done
            # Each CWR answers a reduction, for a mark or for a loss.
            assert sent.answered <= done["AtcpEcnReductions"] + done["TCPTimeouts"] + \
                done["TCPRenoRecovery"] + done["TCPSackRecovery"] + done["TCPLossProbeRecovery"], (sent.answered, done)
        sight.close()
    for r in rules:
        r.delete()


for _server, _client in FEW:
    for _family in FAMILIES:
        @alone(f"marks are echoed and answered, {FAMILY_NAME[_family]}, server {_server!r}, "
               f"client {_client!r}")
        def _(server=_server, client=_client, family=_family):
            marked(server, client, family, 8)


@alone("CWR goes on the first piece of an aggregate only")
def _():
    # Cut before the device, each of them; then only those that it would cut wrong.
    for features in (("tso", "off", "gso", "off"), ("tx-tcp-ecn-segmentation", "off")):
        cable().ethtool(*features)
        try:
            for server, client in FEW:
                marked(server, client, AF_INET6, 5, cwr=1500)
        finally:
            cable().ethtool("tso", "on", "gso", "on", "tx-tcp-ecn-segmentation", "on")


@alone("without ECN nothing is ECT, and no mark is echoed")
def _():
    net = cable()
    rules = [Rules(host, marks(2, "ip ecn not-ect")) for host in (net.a, net.b)]
    for server, client in FEW:
        for family in FAMILIES:
            sights = [Sight(host, net.device) for host in (net.a, net.b)]
            c, s = pair(server, client, family, 2, 2)
            exchange(c, s, SIZE // 4)
            infos = [tcp_info(end) for end in (s, c)]
            port = s.getsockname()[1]
            close(c, s)
            for sight, info in zip(sights, infos):
                packets = sight.read(port)
                assert any(seg.ecn for out, seg in packets if not out), "nothing was marked"
                for out, seg in packets:
                    assert not seg.flags & (ECE | CWR), f"not agreed on: {seg}"
                equal(info["options"] & (OPT_ECN | OPT_ECN_SEEN), 0, "options")
                equal(info["delivered_ce"], 0, "delivered_ce")
                sight.close()
    for r in rules:
        r.delete()


# --- SYNs that are dropped for what they ask ---------------------------------------------

DROPS = """chain drops {
    type filter hook prerouting priority -400; policy accept;
    tcp flags & (syn | ack | ecn | cwr) == (syn | ecn | cwr) count asked drop
}"""


@pairs("a firewall that drops SYNs which ask: the next asks no more", FAMILIES)
def _(p, log, family):
    rules = Rules(cable().a, DROPS)
    sight = Sight(cable().b, cable().device)
    c, s = pair(p.server, p.client, family)
    seen = sight.read(s.getsockname()[1])
    log(handshake(seen), *agreed(c, s), rules.count("asked"))
    exchange(c, s, 1000)
    log(sorted({seg.ecn for _, seg in sight.read(s.getsockname()[1])}) == [NOT_ECT])
    close(c, s)
    sight.close()
    rules.delete()


@pairs("and without fallback it goes on asking")
def _(p, log, family):
    net = cable()
    rules = Rules(net.a, DROPS)
    listener = net.a.listener(p.server, family, net.address(net.a, family))
    policy(net.b, p.client, 1)
    fallback(net.b, p.client, 0)
    try:
        c = net.b.socket(p.client, family, socket.SOCK_NONBLOCK)
        log(attempt(c.connect, listener.getsockname()[:2]))
        until(lambda: rules.count("asked") >= 2, "a second SYN that asks")
    finally:
        policy(net.b, p.client, 2)
        fallback(net.b, p.client, 1)
    close(c, listener)
    rules.delete()


# --- values of the sysctls ------------------------------------------------------------

@alone("net.atcp.ecn and ecn_fallback: values")
def _():
    host = cable().a
    for name, good, bad in (("ecn", range(6), (-1, 6)), ("ecn_fallback", range(2), (-1, 2))):
        was = host.read(f"/proc/sys/net/atcp/{name}")
        equal(was, {"ecn": "2\n", "ecn_fallback": "1\n"}[name], f"default of {name}")
        for value in bad:
            equal(attempt(host.sysctl, f"atcp/{name}", value), "EINVAL", f"{name} = {value}")
        for value in good:
            host.sysctl(f"atcp/{name}", value)
            equal(host.read(f"/proc/sys/net/atcp/{name}"), f"{value}\n", name)
        host.sysctl(f"atcp/{name}", was)


if __name__ == "__main__":
    main()
