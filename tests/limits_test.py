#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""Limits: of connections that wait for accept(), of those whose user has gone, of the memory
of those that have no socket.  What was acknowledged is never lost by any of them."""

import select
import socket
import threading
import time

from atcptest import (ATCP, FAMILIES, LOOPBACK, REFERENCE, alone, attempt, equal, fails_with,
                      main, pattern, poll, reach, readable, recv_exactly, state, until)
from lab import Host
from scripted import wire
from wire import ACK, FIN, PSH, RST, SYN, options


def counter(host, name):
    names, values = (line.split() for line in host.read("/proc/net/atcp_netstat").splitlines())
    return int(values[names.index(name)])


def fill_up(net):
    """A listener whose backlog is full, those that wait, and one half open that came first.
    Never more half open than the backlog: the kernel's TCP would resort to cookies."""
    listener = net.listener(backlog=2)
    late, *early = [net.peer(port=9000 + i) for i in range(4)]
    late.send(SYN, opts=options(mss=1460))
    late.expect(SYN | ACK)
    for p in early:
        p.connect()
    return listener, late, early


def overflow_sysctl(net, value):
    net.host.sysctl("atcp/abort_on_overflow" if net.stack.is_atcp else
                    "ipv4/tcp_abort_on_overflow", value)


@wire("the backlog is full when a handshake ends: the ACK counts as lost", FAMILIES)
def _(net, log):
    listener, late, early = fill_up(net)
    late.send(ACK)
    late.send(ACK | PSH, b"too early", seq=late.seq)
    seg = late.receive(0.2)
    log("no ACK of text", seg is None or seg.ack == (late.iss + 1) % (1 << 32))
    first, _ = listener.accept()
    late.send(ACK | PSH, b"in time")
    late.find(lambda g: g.ack == late.seq, "ACK of text")
    for _ in early[1:]:
        listener.accept()[0].close()
    fourth, where = listener.accept()
    log(where[1], recv_exactly(fourth, 7))
    listener.setblocking(False)
    log(attempt(listener.accept))
    first.close()


@wire("the same with abort_on_overflow: RST, and the others are as they were", FAMILIES)
def _(net, log):
    overflow_sysctl(net, 1)
    listener, late, early = fill_up(net)
    late.send(ACK)
    log("RST", late.find(lambda g: g.flags & RST, "RST").seq == late.ack)
    for p in early:
        s, where = listener.accept()
        p.send(ACK | PSH, b"waited")
        log(where[1], recv_exactly(s, 6))
        s.close()


def deferring(net, seconds, port=80):
    listener = net.listener(port)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, seconds)
    p = net.peer(there=port)
    p.connect()
    return listener, p


@wire("TCP_DEFER_ACCEPT: text, or FIN, makes it a connection; an ACK alone does not", FAMILIES)
def _(net, log):
    for port, flags, text in ((80, ACK | PSH, b"text"), (81, ACK | FIN, b"")):
        listener, p = deferring(net, 5, port)
        log("ACK", poll(listener, select.POLLIN, 0.3))
        p.send(ACK)
        log("again", poll(listener, select.POLLIN, 0.1))
        p.send(flags, text)
        readable(listener)
        s, _ = listener.accept()
        log(s.recv(10))
        s.close()
        listener.close()


@wire("TCP_DEFER_ACCEPT: over when SYN,ACK was sent again so often; a bad ACK gets its RST",
      FAMILIES)
def _(net, log):
    listener, p = deferring(net, 3)
    p.send(ACK, ack=p.ack + 1)
    log(p.expect(RST).seq == (p.ack + 1) % (1 << 32))
    times = 0
    while not poll(listener, select.POLLIN, 0):
        seg = p.receive()
        assert seg, "never readable, and no SYN,ACK again"
        p.send(ACK)
        times += 1
    s, _ = listener.accept()
    log("not at once", times > 0)
    p.send(ACK | PSH, b"late")
    log(recv_exactly(s, 4))


@alone("max_orphans: one more is reset, those there are go on; one less makes room")
def _():
    if REFERENCE:
        return
    host = Host()
    with host:
        host.sysctl("atcp/max_orphans", 2)
        pairs = [ATCP.pair(family) for family in FAMILIES * 2]
        for c, _ in pairs[:3]:
            c.close()
        fails_with("ECONNRESET", pairs[2][1].recv, 1)
        equal(counter(host, "TCPAbortOnMemory"), 1, "TCPAbortOnMemory")
        for _, s in pairs[:2]:
            equal(s.recv(1), b"", "end of the stream")
            equal(state(s), "CLOSE-WAIT", "an orphan within the limit")
        pairs[0][1].shutdown(socket.SHUT_WR)
        reach(pairs[0][1], "CLOSED")    # and its peer is in TIME-WAIT, no orphan any more
        c, s = pairs[3]
        c.close()
        reach(s, "CLOSE-WAIT")
        equal(s.recv(1), b"", "an orphan again within the limit")
        equal(counter(host, "TCPAbortOnMemory"), 1, "TCPAbortOnMemory")
    host.delete()


def waiting_text(family):
    """Octets that connections without a socket hold, by their rx_queue."""
    total = 0
    path = "/proc/net/atcp6" if family == socket.AF_INET6 else "/proc/net/atcp"
    with open(path, encoding="utf-8") as f:
        for words in (line.split() for line in f.readlines()[1:]):
            if words[3] != "0A" and words[9] == "0":
                total += int(words[4].split(":")[1], 16)
    return total


@alone("mem_kb bounds what nobody has accepted; nothing acknowledged is lost")
def _():
    if REFERENCE:
        return
    text = pattern(300_000)
    for family in FAMILIES:
        host = Host()
        with host:
            host.sysctl("atcp/mem_kb", 128)
            listener = ATCP.listener(family, LOOPBACK[family])
            clients = []
            for _ in range(4):
                c = ATCP.socket(family)
                c.connect(listener.getsockname()[:2])
                clients.append(c)
            writers = [threading.Thread(target=c.sendall, args=(text,), daemon=True)
                       for c in clients]
            for t in writers:
                t.start()
            until(lambda: waiting_text(family) > 20_000, "text of unaccepted connections")
            for _ in range(20):
                held = waiting_text(family)
                assert held <= 128 << 10, f"{held} octets held beyond mem_kb"
                time.sleep(0.02)
            for c in clients:
                s, _ = listener.accept()
                equal(recv_exactly(s, len(text)), text, "text")
                s.close()
            for t in writers:
                t.join()
        host.delete()


if __name__ == "__main__":
    main()
