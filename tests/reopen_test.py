#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""TIME-WAIT, and the SYN that may end it: what the record answers, and what comes of it when
that SYN was an old duplicate after all (RFC 9293, section 3.6.1; RFC 6191)."""

import socket

from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, FAMILY_NAME, alone, equal, main, until)
from lab import all_rows
from scripted import FULL, Net, wire
from wire import ACK, FIN, RST, SYN, TS, options

SOL = socket.SOL_SOCKET
TIME_WAIT, SYN_RECV = 6, 3


def to_time_wait(net, p, s):
    """Closes here first; returns what an old FIN is answered with: (seq, ack)."""
    s.close()
    fin = p.expect(FIN | ACK)
    p.send(ACK, ack=fin.end)
    p.send(FIN | ACK, ack=fin.end)
    last = p.expect(ACK)
    return last.seq, last.ack


def states(net):
    with net.host:
        return sorted(state for _local, remote, state in all_rows(net.stack) if remote[1])


@wire("an answer of TIME-WAIT has the mark of its connection", FAMILIES)
def _(net, log):
    listener = net.listener(options=[(SOL, socket.SO_MARK, 7)])
    p = net.peer()
    p.connect()
    s, _ = listener.accept()
    six = "-6 " if net.family == AF_INET6 else ""
    far = net.tun.far[net.family]
    # Without the mark there is no way back.
    net.host.run("ip", *six.split(), "route", "add", "default", "dev", "tun0", "table", "100")
    net.host.run("ip", *six.split(), "rule", "add", "fwmark", "7", "lookup", "100", "pref", "5")
    net.host.run("ip", *six.split(), "route", "add", "unreachable", far)
    seq, ack = to_time_wait(net, p, s)
    for _ in range(2):
        p.send(FIN | ACK, seq=p.seq - 1)
        log("again", p.expect(ACK, seq=seq, ack=ack).options)
    # A SYN before the window is challenged, or dropped: not by a RST.
    log(states(net) == [TIME_WAIT])


def reopened(name, families=FAMILIES, msl=None):
    """A case func(net, listener, p, seq, ack): a SYN that was good for a new incarnation came to
    TIME-WAIT, and its SYN,ACK is the last segment."""
    def add(func):
        for family in families:
            def run(family=family):
                if not ATCP.is_atcp:
                    return          # the kernel's TCP never goes back
                net = Net(ATCP, family)
                try:
                    net.host.sysctl("atcp/synack_retries", 1)   # less than TIME-WAIT lasts
                    if msl:
                        net.host.sysctl("atcp/msl_ms", msl)
                    listener = net.listener()
                    p = net.peer()
                    p.connect(FULL)
                    s, _ = listener.accept()
                    seq, ack = to_time_wait(net, p, s)
                    equal(states(net), [TIME_WAIT], "states")
                    ahead = (syn(p, ack).seq - seq) % (1 << 32)
                    assert 65536 < ahead < 1 << 31, f"ISS is {ahead} beyond the old SND.NXT"
                    equal(states(net), [SYN_RECV], "states")
                    func(net, listener, p, seq, ack)
                finally:
                    net.close()
            alone(f"{name}, {FAMILY_NAME[family]}")(run)
        return func
    return add


def syn(p, ack, ahead=0):
    """Another incarnation's SYN, which TIME-WAIT lets in."""
    p.ts = None
    p.seq = ack + 1000 + ahead
    p.send(SYN, opts=options(mss=1460, wscale=7, sack_ok=True, ts=(9000 + ahead, 0)))
    return p.expect(SYN | ACK, ack=p.seq)


def is_old(net, p, seq, ack):
    """The record answers an old FIN as it did before."""
    equal(states(net), [TIME_WAIT], "states")
    p.ts = (6000, 0)
    p.send(FIN | ACK, seq=ack - 1)
    seg = p.expect(ACK, seq=seq, ack=ack)
    assert TS in seg.options, seg


# TW-6191-10: [MAY-2]
@reopened("the SYN was old: a RST brings TIME-WAIT back")
def _(net, listener, p, seq, ack):
    p.send(RST)
    is_old(net, p, seq, ack)
    # And it may be left again in the same way.
    again = syn(p, ack, 5000)
    p.ts = (14001, again.options[TS][0])
    p.send(ACK)
    s, _ = listener.accept()
    s.send(b"new")
    equal(p.expect(ACK).data, b"new", "text")


# TW-6191-10
@reopened("the SYN was old: nobody completes it, and TIME-WAIT comes back")
def _(net, listener, p, seq, ack):
    until(lambda: states(net) == [TIME_WAIT], "SYN-RECEIVED given up")
    p.tun.drain()
    is_old(net, p, seq, ack)


@reopened("the listener goes, and TIME-WAIT comes back")
def _(net, listener, p, seq, ack):
    listener.close()
    p.expect(RST)
    is_old(net, p, seq, ack)


@reopened("the SYN was new: TIME-WAIT does not come back")
def _(net, listener, p, seq, ack):
    p.ts = (9001, p.last.options[TS][0])
    p.send(ACK)
    s, _ = listener.accept()
    s.setsockopt(SOL, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.close()
    p.expect(RST)
    equal(states(net), [], "states")


@reopened("what came back ends when it would have ended", (AF_INET,), 5000)
def _(net, listener, p, seq, ack):
    p.send(RST)
    equal(states(net), [TIME_WAIT], "states")   # and nothing that would begin 2 MSL anew
    until(lambda: states(net) == [], "the end of TIME-WAIT", 200)


@alone("a SYN for which there is no place leaves TIME-WAIT as it is")
def _():
    if not ATCP.is_atcp:
        return
    net = Net(ATCP, AF_INET)
    listener = net.listener(backlog=0)
    p, q = net.peer(), net.peer(port=9998)
    p.connect(FULL)
    s, _ = listener.accept()
    seq, ack = to_time_wait(net, p, s)
    q.connect(FULL)             # it fills the backlog
    p.ts, p.seq = None, ack + 1000
    p.send(SYN, opts=options(mss=1460, ts=(9000, 0)))
    p.silence()
    p.ts = (6000, 0)
    p.send(FIN | ACK, seq=ack - 1)
    p.expect(ACK, seq=seq, ack=ack)
    net.close()


if __name__ == "__main__":
    main()
