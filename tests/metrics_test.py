#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""What connections leave behind for those that follow to the same destination, and what a
route asks of them: its metrics, as ip-route(8) sets them."""

import re
import socket

from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, FAMILY_NAME, LINUX, Skip, alone, attempt,
                      equal, fails_with, main, pattern, recv_exactly, send_all, tcp_info, until)
from lab import Cable, Host
from scripted import Net
from traffic import counters
from wire import ACK, MSS, SYN, options

FILE = "/proc/net/atcp_metrics"


def each_family(name):
    def add(func):
        for family in FAMILIES:
            def run(family=family):
                if not ATCP.is_atcp:
                    raise Skip("of atcp only")
                cable = Cable()
                try:
                    func(cable, family)
                finally:
                    cable.delete()
            alone(f"{name}, {FAMILY_NAME[family]}")(run)
        return func
    return add


def known(host):
    """{(destination, source): {name: number}} of the file."""
    found = {}
    for line in host.read(FILE).splitlines():
        words = line.split()
        dst, words = words[0], words[1:]
        fields = dict(zip(words[::2], words[1::2]))
        src = fields.pop("source")
        found[dst, src] = {k: float(re.sub("[a-z]+$", "", v)) for k, v in fields.items()}
    return found


def write(host, text):
    with host, open(FILE, "w", encoding="utf-8") as f:
        f.write(text)


def converse(cable, family, octets=60000, options_=()):
    """A connection of atcp from b to the kernel's at a, that ends as it should; a's close first."""
    c, s = cable.pair(LINUX, ATCP, family, options=options_)
    data = pattern(octets)
    send_all(c, data)
    equal(recv_exactly(s, octets) == data, True, "text")
    s.close()
    equal(c.recv(1), b"", "end")
    c.close()


def entry(cable, family):
    """What b knows of a."""
    ends = cable.address(cable.a, family), cable.address(cable.b, family)
    return known(cable.b).get(ends)


def await_entry(cable, family):
    return until(lambda: entry(cable, family), "an entry")


@each_family("a connection that ends as it should leaves its metrics, from either end")
def _(cable, family):
    equal(entry(cable, family), None, "before")
    converse(cable, family)                         # LAST-ACK
    m = await_entry(cable, family)
    equal(m["cwnd"] >= 10 and 0 < m["rtt"] < 1e6 and 0 < m["rttvar"] < 1e6, True, m)
    equal("ssthresh" in m, False, "ssthresh was never set")
    write(cable.b, "flush")
    equal(known(cable.b), {}, "flushed")
    c, s = cable.pair(LINUX, ATCP, family)          # TIME-WAIT
    c.close()
    s.close()
    await_entry(cable, family)


@each_family("a connection that is reset leaves nothing")
def _(cable, family):
    c, s = cable.pair(LINUX, ATCP, family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.close()
    fails_with("ECONNRESET", c.recv, 1)
    c.close()
    equal(known(cable.b), {}, "metrics")


@each_family("no_metrics_save: nothing is learnt")
def _(cable, family):
    cable.b.sysctl("atcp/no_metrics_save", 1)
    converse(cable, family)
    equal(known(cable.b), {}, "metrics")
    cable.b.sysctl("atcp/no_metrics_save", 0)
    converse(cable, family)
    await_entry(cable, family)


@each_family("what was learnt is used: the first time-out, and with no_ssthresh_metrics_save=0 ssthresh")
def _(cable, family):
    to = cable.address(cable.a, family)
    cable.b.ip(f"route replace {to} dev {cable.device} rtt 300ms ssthresh 14")
    c, s = cable.pair(LINUX, ATCP, family)
    info = tcp_info(c)
    # Not locked, so learnt by the first: it is the route's as long as nothing is known.
    equal(info["rto"], 900000, "RTO by the route's RTT")
    equal(info["snd_ssthresh"] > 1 << 20, True, "ssthresh is not used unless asked for")
    cable.b.sysctl("atcp/no_ssthresh_metrics_save", 0)
    c2, s2 = cable.pair(LINUX, ATCP, family)
    equal(tcp_info(c2)["snd_ssthresh"], 14, "ssthresh")
    send_all(c2, b"x" * 100000)
    recv_exactly(s2, 100000)
    equal(tcp_info(c2)["rto"] < 900000, True, "RTO by what is measured")
    s2.close()
    c2.recv(1)
    c2.close()
    m = await_entry(cable, family)
    assert 14 <= m["ssthresh"] < 1000 and m["rtt"] < 300000, m
    c3, _s3 = cable.pair(LINUX, ATCP, family)
    equal(tcp_info(c3)["snd_ssthresh"], int(m["ssthresh"]), "ssthresh, learnt")
    c.close()
    s.close()


@each_family("the file: an address forgets that destination, other words are refused")
def _(cable, family):
    converse(cable, family)
    converse(cable, AF_INET if family == AF_INET6 else AF_INET6)
    until(lambda: len(known(cable.b)) == 2, "two entries")
    for bad in (" ", "all", "1.2.3", "flush all", "fd00:::1"):
        fails_with("EINVAL", write, cable.b, bad)
    fails_with("ESRCH", write, cable.b, "10.1.2.3")
    fails_with("ESRCH", write, cable.b, "fd00::77")
    write(cable.b, cable.address(cable.a, family) + "\n")
    equal((entry(cable, family), len(known(cable.b))), (None, 1), "left")
    equal(known(Host()), {}, "of another namespace")


@alone("the table is bounded: of many destinations the latest are known")
def _():
    if not ATCP.is_atcp:
        raise Skip("of atcp only")
    host = Host()
    with host:
        listener = LINUX.listener(address="0.0.0.0")
        port = listener.getsockname()[1]
        for i in range(300):
            c = ATCP.socket()
            c.bind(("127.0.0.1", 0))
            c.connect((f"127.1.{i // 250}.{i % 250 + 1}", port))
            s, _ = listener.accept()
            s.close()
            c.close()
        until(lambda: len(known(host)) >= 290, "entries")
        for _ in range(2):
            for i in range(3):      # the same again: no more of them
                c = ATCP.socket()
                c.bind(("127.0.0.1", 0))
                c.connect((f"127.1.0.{i + 1}", port))
                s, _ = listener.accept()
                s.close()
                c.close()
        assert len(known(host)) <= 300, len(known(host))
    listener.close()
    host.delete()


# --- what a route asks for ------------------------------------------------------------

# The kernel's TCP takes some of it only where it has met the destination before.
BOTH, OURS = (LINUX, ATCP), (ATCP,)


def route(name, words, stacks=BOTH):
    """A case func(net) over a scripted peer, the route to which has metrics."""
    def add(func):
        for family in FAMILIES:
            for stack in stacks:
                def run(family=family, stack=stack):
                    net = Net(stack, family)
                    try:
                        net.host.ip("route replace "
                                    f"{net.tun.far[family]} dev {net.tun.name} {words}")
                        func(net)
                    finally:
                        net.close()
                alone(f"ip route ... {words}: {name}, {FAMILY_NAME[family]}, {stack}")(run)
        return func
    return add


@route("the initial window", "initcwnd 3")
def _(net):
    s, p = net.passive(options(mss=1460))
    equal(tcp_info(s)["snd_cwnd"], 3, "cwnd")
    s, p = net.active(options(mss=1460))
    equal(tcp_info(s)["snd_cwnd"], 3, "cwnd")


@route("cwnd never goes beyond", "cwnd lock 4", OURS)
def _(net):
    s, p = net.passive(options(mss=1460))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    s.setblocking(False)
    for _ in range(5):
        attempt(s.send, b"x" * 30000)
        first = p.receive()
        while (p.ack - first.seq) % (1 << 32) < 4 * len(first.data):
            p.receive()
        equal(p.receive(0.05), None, "a fifth segment")
        p.send(ACK)
    equal(tcp_info(s)["snd_cwnd"], 4, "cwnd")


@route("the window of the SYN", "initrwnd 3")
def _(net):
    p = net.peer(9000)
    listener = net.listener()
    p.send(SYN, opts=options(mss=1460, wscale=7))
    seg = p.expect(SYN | ACK)
    equal(seg.window, 3 * seg.options[MSS], "the window of a SYN,ACK")
    s = net.socket(socket.SOCK_NONBLOCK)
    q = net.peer(9001, there=None)
    attempt(s.connect, (net.tun.far[net.family], 9001))
    seg = q.expect(SYN)
    equal(seg.window, 3 * seg.options[MSS], "the window of a SYN")
    q.send(SYN | ACK, opts=options(mss=1460, wscale=7))
    q.expect(ACK)
    listener.close()


@route("no window is larger", "window 5000")
def _(net):
    s, p = net.passive(options(mss=1460))
    p.send(ACK, b"x" * 100)
    seg = p.receive()
    assert seg.window <= 5000, seg


@route("the least time-out", "rto_min 60ms")
def _(net):
    s, p = net.passive(options(mss=1460))
    for _ in range(8):
        s.send(b"x")
        p.expect(ACK)
        p.send(ACK)
    until(lambda: tcp_info(s)["unacked"] == 0, "ACK")
    rto = tcp_info(s)["rto"]
    assert 60000 <= rto < 200000, rto


@route("each segment is acknowledged at once", "quickack 1")
def _(net):
    s, p = net.passive(options(mss=1460))
    for _ in range(30):
        p.send(ACK, b"x" * 10)
        recv_exactly(s, 10)
        seg = p.receive()
        equal((seg.ack, seg.data), (p.seq, b""), "ACK")
    equal(tcp_info(s)["ato"] >= 0, True, "ato")
    if net.stack.is_atcp:
        equal(counters(net.host)["DelayedACKs"], 0, "delayed ACKs")


@route("the MSS option", "advmss 777")
def _(net):
    listener = net.listener()
    p = net.peer()
    p.send(SYN, opts=options(mss=1460))
    equal(p.expect(SYN | ACK).options[MSS], 777, "of a SYN,ACK")
    s = net.socket(socket.SOCK_NONBLOCK)
    q = net.peer(9001, there=None)
    attempt(s.connect, (net.tun.far[net.family], 9001))
    equal(q.expect(SYN).options[MSS], 777, "of a SYN")
    listener.close()


@route("the hop limit", "hoplimit 33")
def _(net):
    p = net.peer()
    listener = net.listener()
    p.send(SYN, opts=options(mss=1460))
    equal(p.expect(SYN | ACK).ttl, 33, "TTL")
    listener.close()


@route("reordering that is known", "reordering lock 7", OURS)
def _(net):
    s, _p = net.passive(options(mss=1460))
    equal(tcp_info(s)["reordering"], 7, "TCP_INFO")


if __name__ == "__main__":
    main()
