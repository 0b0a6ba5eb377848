#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml uml-debug
# vm-args: --virtual-time
# timeout: 400
"""What wraps: the clock of timestamps, which every connection has begin elsewhere, and sequence
numbers, whose beginning goes by a clock (RFC 6528).  A connection that stands shortly before
the wrap is looked for, and virtual time passed until it is behind."""

import socket
import time

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, Skip, alone, attempt, equal, hang_limit, main,
                      pattern, recv_exactly, send_all, state, tcp_info)
from scripted import FULL, Net, wire
from wire import ACK, FIN, RST, SYN, TS, options

MOD = 1 << 32
DAY = 86400


def each_family(name):
    def add(func):
        for family in FAMILIES:
            def run(family=family):
                if not ATCP.is_atcp:
                    raise Skip("the kernel's clocks begin elsewhere")
                hang_limit(100 * DAY)
                net = Net(ATCP, family)
                try:
                    func(net)
                finally:
                    net.close()
            alone(f"{name}, {FAMILY_NAME[family]}")(run)
        return func
    return add


def before_the_wrap(net):
    """An accepted connection whose timestamps wrap within forty minutes."""
    listener = net.listener()
    for port in range(1024, 65000):
        p = net.peer(port=port)
        p.send(SYN, opts=FULL)
        value = p.expect(SYN | ACK).options[TS][0]
        if MOD - 2400000 < value < MOD - 60000:
            p.ts = (5001, value)
            p.send(ACK)
            s, _ = listener.accept()
            return s, p, MOD - value
        p.send(RST, seq=p.seq)
    raise AssertionError("no connection's timestamps stand near the wrap")


@each_family("our timestamps wrap: the connection goes on, and so does what it knows of the round trip")
def _(net):
    s, p, left = before_the_wrap(net)
    before = p.ts[1]
    for wait in (left / 1000 - 20, 19.9, 0.05, 0.1, 0.1, 5):
        time.sleep(wait)
        p.ts = (p.ts[0] + 1000, p.ts[1])
        p.send(ACK, b"question")
        equal(recv_exactly(s, 8), b"question", "text")
        s.send(b"answer")
        p.find(lambda g: g.data == b"answer", "answer")
        time.sleep(0.03)
        p.send(ACK)
        time.sleep(0.01)
        rtt = tcp_info(s)["rtt"]
        assert 1000 < rtt < 100000, f"round trip of {rtt} us"
    assert p.ts[1] < before, "the timestamps did not wrap"
    equal((p.ts[1] - before) % MOD < left + 60000, True, "they count milliseconds")
    equal(state(s), "ESTABLISHED", "state")


@wire("the peer's timestamps wrap: newer ones are believed, older ones refused", FAMILIES)
def _(net, log):
    hang_limit(100 * DAY)
    s, p = net.passive(options(mss=1460, sack_ok=True, wscale=7, ts=(MOD - 1000, 0)))
    p.send(ACK, b"before", opts=options(ts=(MOD - 10, p.ts[1])))
    log(recv_exactly(s, 6))
    p.send(ACK, b"after", opts=options(ts=(500, p.ts[1])))
    log(recv_exactly(s, 5))
    p.send(ACK, b"old", seq=p.seq, opts=options(ts=(MOD - 5, p.ts[1])))
    time.sleep(1)
    log(attempt(s.recv, 3, socket.MSG_DONTWAIT))


@wire("the peer's sequence numbers pass 2^32", FAMILIES)
def _(net, log):
    listener = net.listener()
    p = net.peer(iss=MOD - 5000)
    p.connect()
    s, _ = listener.accept()
    text = pattern(20000)
    # Out of order across the wrap, too.
    for start in (1000, 0, 3000, 5000, 2000, 4000, *range(6000, 20000, 1000)):
        p.send(ACK, text[start:start + 1000], seq=MOD - 4999 + start)
    log(recv_exactly(s, 20000) == text)
    p.seq = (MOD - 4999 + 20000) % MOD
    p.send(FIN | ACK)
    p.find(lambda g: g.ack == p.seq, "ACK of the FIN")
    log(s.recv(1))


@each_family("our own sequence numbers pass 2^32: at the SYN, and amid text")
def _(net):
    def opened(local):
        s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
        s.bind((net.tun.near[net.family], local))
        attempt(s.connect, (net.tun.far[net.family], 9999))
        return s, p, p.expect(SYN).seq

    for short in (20000, 3000, 0):
        # RFC 6528: the ISS of a 4-tuple moves by one in 4 us, so the one wanted will come.
        nearest = None
        for local in range(4000, 4200):
            s, _, iss = opened(local)
            s.close()
            when = time.monotonic() + ((MOD - 1 - short - iss) % MOD) * 4e-6
            nearest = min(nearest or (when, local), (when, local))
        net.tun.drain()
        time.sleep(max(0, nearest[0] - time.monotonic()))
        s, p, iss = opened(nearest[1])
        past = (iss - (MOD - 1 - short)) % MOD
        assert past < 30000, f"ISS {iss} is {past} beyond what RFC 6528's clock would have"
        p.send(SYN | ACK, opts=options(mss=1460))
        p.expect(ACK)
        s.setblocking(True)
        text = pattern(60000)
        send_all(s, text)
        got = b""
        while len(got) < len(text):
            seg = p.receive()
            if (seg.seq - iss - 1) % MOD == len(got):
                got += seg.data
            p.ack = (iss + 1 + len(got)) % MOD
            p.send(ACK)
        equal(got == text, True, "text across the wrap")
        s.close()
        p.find(lambda g: g.flags & FIN, "FIN")
        p.send(RST, seq=p.seq)


if __name__ == "__main__":
    main()
