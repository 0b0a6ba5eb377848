#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""ICMP errors from a router: hard ones end an attempt to connect, soft ones are told at its
end, established connections survive all of them; path MTU; what nobody may believe."""

import select
import socket
import struct
import time

from atcptest import (AF_INET, AF_INET6, FAMILIES, attempt, equal,
                      event_names, main, pattern, poll, reach, recv_exactly, state)
from scripted import alone_on_atcp, wire
from wire import ACK, FIN, RST, SYN, Segment, checksum, ip_packet, options

ROUTER = {AF_INET: "10.8.0.9", AF_INET6: "fd08::9"}
# (type, code) of each, by family.
PORT = {AF_INET: (3, 3), AF_INET6: (1, 4)}
HOST = {AF_INET: (3, 1), AF_INET6: (1, 3)}
NO_ROUTE = {AF_INET: (3, 0), AF_INET6: (1, 0)}
PROHIBITED = {AF_INET: (3, 13), AF_INET6: (1, 1)}
EXCEEDED = {AF_INET: (11, 0), AF_INET6: (3, 0)}
TOO_BIG = {AF_INET: (3, 4), AF_INET6: (2, 0)}
PARAMETER = {AF_INET: (12, 0), AF_INET6: (4, 0)}


def error(family, what, quote, mtu=0, bad_sum=False, dst=None, rest=None):
    """An ICMP error that quotes a packet."""
    near = "10.8.0.1" if family == AF_INET else "fd08::1"
    kind, code = what[family] if isinstance(what, dict) else what
    if rest is None:
        rest = struct.pack("!HH", 0, mtu) if family == AF_INET else struct.pack("!I", mtu)
    body = struct.pack("!BBH", kind, code, 0) + rest + quote[:500]
    pseudo = b""
    if family == AF_INET6:
        pseudo = socket.inet_pton(family, ROUTER[family]) + \
            socket.inet_pton(family, dst or near) + struct.pack("!IHBB", len(body), 0, 0, 58)
    total = checksum(pseudo + body) ^ (0x2222 if bad_sum else 0)
    body = body[:2] + struct.pack("!H", total) + body[4:]
    return ip_packet(family, ROUTER[family], dst or near, 1 if family == AF_INET else 58, body)


class Wire:
    """Keeps what the host sent as it was, to quote it."""

    def __init__(self, net):
        self.net, self.last = net, None
        receive = net.tun.receive

        def keep(seconds):
            packet = receive(seconds)
            if packet is not None and Segment(packet).is_tcp:
                self.last = packet
            return packet
        net.tun.receive = keep

    def error(self, what, quote=None, **more):
        self.net.tun.send(error(self.net.family, what, quote or self.last, **more))


def connecting(net):
    w = Wire(net)
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    attempt(s.connect, (net.tun.far[net.family], 9999))
    p.expect(SYN)
    return w, s, p


def outcome(s):
    import errno
    poll(s, 4, 30)
    e = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.errorcode.get(e, e)


def with_seq(packet, delta):
    """The quoted packet, its sequence number moved."""
    at = (20 if packet[0] >> 4 == 4 else 40) + 4
    seq = (struct.unpack_from("!I", packet, at)[0] + delta) % (1 << 32)
    return packet[:at] + struct.pack("!I", seq) + packet[at + 4:]


# [MUST-54] [SHLD-26]
@wire("port unreachable, administratively prohibited: the attempt to connect ends", FAMILIES)
def _(net, log):
    for what in (PORT, PROHIBITED):
        w, s, _ = connecting(net)
        w.error(what)
        log(outcome(s), state(s))
        s.close()


# [MUST-47] [SHLD-20]
@wire("IP_RECVERR, IPV6_RECVERR: an error is told at once, and the connection lives", FAMILIES)
def _(net, log):
    option = (socket.IPPROTO_IP, 11) if net.family == AF_INET else (socket.IPPROTO_IPV6, 25)
    s, p = net.passive()
    w = Wire(net)
    for value in (0, 1, 0):
        s.setsockopt(*option, value)
        for what in (HOST, PORT, EXCEEDED, PARAMETER):
            s.send(b"x")
            p.expect(ACK)
            w.error(what)
            log(value, what[net.family], event_names(poll(s, select.POLLIN, 0)),
                attempt(s.recv, 1, socket.MSG_DONTWAIT),
                s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), state(s))
            p.send(ACK)
    p.send(ACK, b"alive")
    log(recv_exactly(s, 5))


@wire("ICMPv6 has no say in a connection of IPv4")
def _(net, log):
    _w, s, p = connecting(net)
    syn = p.last.payload
    quote = ip_packet(AF_INET6, "::ffff:10.8.0.1", "::ffff:10.8.0.2", 6, syn)
    for what in (PORT, TOO_BIG):
        net.tun.send(error(AF_INET6, what, quote, mtu=1280))
    time.sleep(0.1)
    log(state(s), attempt(s.getsockopt, socket.SOL_SOCKET, socket.SO_ERROR))
    p.send(SYN | ACK, opts=options(mss=1460))
    p.find(lambda g: g.flags == ACK, "ACK")
    log(state(s))


# Where the kernel's TCP gives up, and RFC 9293 [MUST-56] does not.
@alone_on_atcp("soft errors: the attempt goes on and succeeds, and no error is left")
def _(net):
    for number, what in enumerate((HOST, NO_ROUTE, EXCEEDED)):
        w, s, p = connecting(net)
        w.error(what)
        p.expect(SYN)                   # again
        equal(state(s), "SYN-SENT", f"after soft error {number}")
        p.send(SYN | ACK, opts=options(mss=1460))
        p.expect(ACK)
        reach(s, "ESTABLISHED")
        equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0, "SO_ERROR")
        s.close()
        p.find(lambda g: g.flags & FIN, "FIN")
        p.send(RST, seq=p.seq)


# [MUST-47] [SHLD-25]
@wire("a soft error is what the user hears when the attempt ends in time", FAMILIES)
def _(net, log):
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    w = Wire(net)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1500)
    attempt(s.connect, (net.tun.far[net.family], 9999))
    p.expect(SYN)
    w.error(HOST)
    log(outcome(s), state(s))


# [MUST-54] [R5927-SEQCHK]
@wire("a quoted sequence number that was not sent, another port, half a quote: not believed", FAMILIES)
def _(net, log):
    w, s, p = connecting(net)
    syn = w.last
    head = 20 if net.family == AF_INET else 40
    for delta in (2, -1, 1 << 31, 70000):
        w.error(PORT, with_seq(syn, delta))
    other = syn[:head] + struct.pack("!H", 1) + syn[head + 2:]
    for quote in (other, syn[:head + 4], syn[:head + 7], syn[:head], syn[:10], b"x" * 60):
        w.error(PORT, quote)
    time.sleep(0.1)
    log(state(s))
    p.send(SYN | ACK, opts=options(mss=1460))
    p.find(lambda g: g.flags == ACK, "ACK")
    reach(s, "ESTABLISHED")


@wire("a bad ICMP checksum: not believed", FAMILIES)
def _(net, log):
    w, s, p = connecting(net)
    w.error(PORT, bad_sum=True)
    time.sleep(0.1)
    log(state(s))
    w.error(PORT)
    log(outcome(s))


@wire("an established connection survives errors of every kind, in and out of window", FAMILIES)
def _(net, log):
    s, p = net.passive()
    w = Wire(net)
    s.send(b"first")
    p.expect(ACK)
    for what in (PORT, HOST, NO_ROUTE, PROHIBITED, EXCEEDED, PARAMETER):
        w.error(what)
        for delta in (1000, -1000, 1 << 31):
            w.error(what, with_seq(w.last, delta))
    time.sleep(0.1)
    log(state(s))
    p.send(ACK, b"still there")
    log(recv_exactly(s, 11))
    s.send(b"yes")
    p.find(lambda g: g.data.endswith(b"yes"), "text")
    p.send(ACK)
    log(state(s))


def largest(p, wanted):
    """Follows and acknowledges a transfer; the longest segment (header and text)."""
    most, start = 0, p.ack
    while (p.ack - start) % (1 << 32) < wanted:
        seg = p.receive()
        assert seg is not None, "the transfer stopped"
        most = max(most, len(seg.payload))
        p.send(ACK)
    return most


def too_big(net, log, mtu, want, sane=True):
    s, p = net.passive(options(mss=1460))
    w = Wire(net)
    head = 20 if net.family == AF_INET else 40
    text = pattern(5000)
    s.send(text)
    first = p.receive()
    assert len(first.payload) > 1400, first
    big = w.last
    # They are lost on the way, and the router says so.
    p.ack = first.seq
    net.tun.drain()
    w.error(TOO_BIG, big, mtu=mtu)
    got, most = b"", 0
    while len(got) < len(text):
        seg = p.receive()
        assert seg is not None, "the transfer stopped"
        if (seg.seq - first.seq) % (1 << 32) == len(got):
            got += seg.data
            most = max(most, len(seg.payload))
            p.ack = seg.end
        p.send(ACK)
    equal(got == text, True, "text")
    log("fits", head + most <= want, "is used", head + most > want - 100)
    if sane:
        equal(s.getsockopt(socket.IPPROTO_TCP, 2) < first.data.__len__(), True, "TCP_MAXSEG fell")
    s.close()


# [R9293-PMTUD]
@wire("too big: segments shrink to the path's MTU, all text arrives", FAMILIES)
def _(net, log):
    too_big(net, log, 1300 if net.family == AF_INET6 else 1000,
            1300 if net.family == AF_INET6 else 1000)


@wire("too big, of an absurd MTU: no smaller than what the host allows", FAMILIES)
def _(net, log):
    # RFC 8201: one that tells of less than 1280 is discarded.
    if net.family == AF_INET6:
        too_big(net, log, 60, 1500, sane=False)
    else:
        too_big(net, log, 60, 552)


@wire("too big, of what was not sent, or larger than the path: nothing changes", FAMILIES)
def _(net, log):
    s, p = net.passive(options(mss=1460))
    w = Wire(net)
    before = s.getsockopt(socket.IPPROTO_TCP, 2)
    s.send(b"x" * 1000)
    p.expect(ACK)
    mtu = 1300 if net.family == AF_INET6 else 1000
    w.error(TOO_BIG, with_seq(w.last, 100000), mtu=mtu)
    w.error(TOO_BIG, with_seq(w.last, -100000), mtu=mtu)
    w.error(TOO_BIG, w.last, mtu=mtu, bad_sum=True)
    w.error(TOO_BIG, w.last, mtu=9000)
    time.sleep(0.1)
    p.send(ACK)
    s.send(b"y" * 3000)
    log("segments as before", largest(p, 3000) > 1000 if net.family == AF_INET else
        largest(p, 3000) > 1300)
    equal(s.getsockopt(socket.IPPROTO_TCP, 2), before, "TCP_MAXSEG")


# [MUST-55]
@wire("redirects and source quench: the connection goes on", (AF_INET,))
def _(net, log):
    s, p = net.passive()
    w = Wire(net)
    s.send(b"one")
    p.expect(ACK)
    w.error((4, 0))
    for code in range(4):
        w.error((5, code), rest=socket.inet_aton("10.8.0.77"))
    p.send(ACK)
    s.send(b"two")
    log(p.find(lambda g: g.data == b"two", "text").data, state(s))


@wire("a hard error for a half-open child: the listener lives on", FAMILIES)
def _(net, log):
    listener = net.listener()
    w, p = Wire(net), net.peer()
    p.send(SYN, opts=options(mss=1460))
    p.expect(SYN | ACK)
    w.error(PORT)
    q = net.peer(port=9997)
    q.connect()
    s, peer = listener.accept()
    log(peer[1], state(s))


if __name__ == "__main__":
    main()
