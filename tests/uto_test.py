#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""The user timeout option of RFC 5482: told and taken where the sysctl says so, and between
two ends; the kernel's TCP, which does not know it, is not disturbed."""

import select
import socket

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, alone, attempt, equal, fails_with, main,
                      poll, recv_exactly)
from lab import Cable
from scripted import FULL, alone_on_atcp
from traffic import exchange
from wire import ACK, SYN, TS, options

UTO = 28
OPTION = (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)


def option(value):
    return bytes((UTO, 4, value >> 8, value & 255))


def told(seg):
    """The option of a segment: a number as on the wire, or None."""
    value = seg.options.get(UTO)
    return int.from_bytes(value, "big") if isinstance(value, bytes) else value


def enable(host, lower=100, upper=3600):
    for name, value in (("option", 1), ("lower", lower), ("upper", upper)):
        host.sysctl(f"atcp/user_timeout_{name}", value)


# [R5482-SILENT]
@alone_on_atcp("by default nothing is told, and nothing taken")
def _(net):
    s, p = net.passive(options(mss=1460) + option(200))
    s.send(b"text")
    equal(told(p.expect(ACK)), None, "our option")
    p.send(ACK, opts=option(300))
    equal(s.getsockopt(*OPTION), 0, "TCP_USER_TIMEOUT")


# [R5482-SEND] [R5482-FMT]
@alone_on_atcp("told with SYN and SYN,ACK, and with the first segment after them; not again")
def _(net):
    enable(net.host)
    listener = net.listener()
    p = net.peer()
    p.send(SYN, opts=FULL)
    seg = p.expect(SYN | ACK)
    equal(told(seg), 300, "of SYN,ACK")
    p.ts = (5001, seg.options[TS][0])
    p.send(ACK)
    s, _ = listener.accept()
    s.send(b"one")
    equal(told(p.expect(ACK)), 300, "of the first segment")
    p.send(ACK)
    s.send(b"two")
    equal(told(p.expect(ACK)), None, "of the second")
    p.send(ACK)
    s.setsockopt(*OPTION, 40000 * 1000)
    s.send(b"three")
    equal(told(p.expect(ACK)), 0x8000 | 667, "of the next, once it has changed")

    c, q = net.socket(socket.SOCK_NONBLOCK), net.peer(9001, there=None)
    attempt(c.connect, (net.tun.far[net.family], 9001))
    equal(told(q.expect(SYN)), 300, "of a SYN")
    q.send(SYN | ACK, opts=options(mss=1460))
    equal(told(q.expect(ACK)), 300, "of the ACK behind it")


# [R5482-FORMULA] [R5482-LIMITS]
@alone_on_atcp("taken: the greater of both, within the limits; of a SYN once the connection is there")
def _(net):
    cases = (((100, 3600), 200, 300), ((100, 3600), 500, 500), ((100, 3600), 0x8000 | 20, 1200),
             ((100, 3600), 9999, 3600), ((400, 3600), 200, 400))
    for number, (limits, theirs, want) in enumerate(cases):
        enable(net.host, *limits)
        s, _p = net.passive(options(mss=1460) + option(theirs), port=80 + number)
        equal(s.getsockopt(*OPTION), want * 1000, f"{limits}, {theirs}")
        s.close()
        net.tun.drain()


# [R5482-APPSET]
@alone_on_atcp("the user's own value stays")
def _(net):
    enable(net.host)
    s, p = net.passive(options(mss=1460))
    s.setsockopt(*OPTION, 123000)
    s.send(b"x")
    equal(told(p.expect(ACK)), 123, "our option")
    p.send(ACK, b"y", opts=option(900))
    recv_exactly(s, 1)
    equal(s.getsockopt(*OPTION), 123000, "TCP_USER_TIMEOUT")
    s.setsockopt(*OPTION, 0)
    p.send(ACK, b"y", opts=option(900))
    recv_exactly(s, 1)
    equal(s.getsockopt(*OPTION), 900000, "both again")


# [R5482-LIMITS]
@alone_on_atcp("what was agreed on ends the connection")
def _(net):
    net.host.sysctl("atcp/user_timeout_ms", 1000)
    enable(net.host, 2, 3)
    s, p = net.passive(options(mss=1460) + option(1))
    equal(s.getsockopt(*OPTION), 2000, "TCP_USER_TIMEOUT")
    s.send(b"never acknowledged")
    p.expect(ACK)
    assert poll(s, select.POLLIN), "it never ended"
    fails_with("ETIMEDOUT", s.recv, 1)


def over_a_cable(name, server, client):
    for family in FAMILIES:
        def run(family=family):
            cable = Cable()
            try:
                for host, stack, ms in ((cable.a, server, 0), (cable.b, client, 700000)):
                    if stack.is_atcp:
                        enable(host)
                        host.sysctl("atcp/user_timeout_ms", ms)
                c, s = cable.pair(server, client, family)
                exchange(c, s, 300000)
                both = server.is_atcp and client.is_atcp
                for sock, stack, alone_ms in ((c, client, 700000), (s, server, 0)):
                    if stack.is_atcp:
                        equal(sock.getsockopt(*OPTION), 700000 if both else alone_ms, repr(stack))
                c.close()
                s.close()
            finally:
                cable.delete()
        alone(f"{name}, {FAMILY_NAME[family]}, server {server}, client {client}")(run)


over_a_cable("both ends agree on the longer", ATCP, ATCP)
over_a_cable("the kernel's TCP passes over it", ATCP, LINUX)
over_a_cable("the kernel's TCP passes over it", LINUX, ATCP)


if __name__ == "__main__":
    main()
