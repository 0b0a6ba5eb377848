#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""The send buffer: text that is acknowledged makes room, whatever call gave it, and who
waits for room gets as much as the congestion window asks for."""

import select
import socket

from atcptest import FAMILIES, attempt, event_names, main, poll, until
from scripted import FULL, alone_on_atcp, wire
from wire import ACK

SOL, SNDBUF = socket.SOL_SOCKET, socket.SO_SNDBUF
PIECE = b"s" * (64 << 10)


def fill(s):
    """Writes until nothing fits; octets."""
    s.setblocking(False)
    n = 0
    while isinstance(sent := attempt(s.send, PIECE), int):
        n += sent
    return n


def acknowledge(p, octets):
    """The peer takes so many, and tells of each segment."""
    begin = p.ack
    while p.ack - begin < octets:
        assert p.receive(), f"only {p.ack - begin} octets came of {octets}"
        p.send(ACK)


@wire("a part of what one call gave is acknowledged: there is room again", FAMILIES)
def _(net, log):
    s, p = net.passive(FULL)
    s.setsockopt(SOL, SNDBUF, 32 << 10)
    n = fill(s)
    log("full", n > 16 << 10, event_names(poll(s, select.POLLOUT, 0)))
    acknowledge(p, n * 3 // 4)
    log("in part", event_names(poll(s, select.POLLOUT)), attempt(s.send, b"more"))
    acknowledge(p, n + 4 - n * 3 // 4 - 1448)
    log("the rest", event_names(poll(s, select.POLLOUT)))


@alone_on_atcp("who waits for room gets it for the window as it is then")
def _(net):
    s, p = net.passive(FULL)
    fill(s)
    before = s.getsockopt(SOL, SNDBUF)
    begin = p.ack
    while p.ack - begin < 10 * 1400:
        assert p.receive(), "less than the initial window came"
    p.send(ACK)
    until(lambda: s.getsockopt(SOL, SNDBUF) >= before * 3 // 2, "a larger SO_SNDBUF")
    assert event_names(poll(s, select.POLLOUT)) == event_names(select.POLLOUT)


@alone_on_atcp("the size that the user chose stands, whatever the window")
def _(net):
    s, p = net.passive(FULL)
    s.setsockopt(SOL, SNDBUF, 32 << 10)
    before = s.getsockopt(SOL, SNDBUF)
    acknowledge(p, fill(s) * 3 // 4)
    s.send(b"more")
    assert s.getsockopt(SOL, SNDBUF) == before


main()
