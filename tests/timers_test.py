#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml uml-debug
# vm-args: --virtual-time
# timeout: 400
"""Every timer, in virtual time: hours pass in seconds, and the guest's clock does not depend
on the machine's load, so that what is told here in seconds is exact."""

import select
import socket
import struct
import threading
import time

from atcptest import (AF_INET, ATCP, FAMILIES, Skip, alone, attempt, equal, hang_limit, main, poll,
                      reach, recv_exactly, state)
from lab import all_rows
from scripted import Net, wire
from wire import ACK, FIN, RST, SYN, options

DAY = 86400
SOL_TCP = socket.IPPROTO_TCP


def timed(name, families=(AF_INET,)):
    """A differential case whose alarm rings after months."""
    def add(func):
        def run(net, log):
            hang_limit(100 * DAY)
            func(net, log)
        return wire(name, families)(run)
    return add


def alone_on_atcp(name):
    def add(func):
        def run():
            if not ATCP.is_atcp:
                raise Skip("the kernel's figures are others")
            hang_limit(100 * DAY)
            net = Net(ATCP, AF_INET)
            try:
                func(net)
            finally:
                net.close()
        alone(name)(run)
    return add


def arrivals(p, condition=lambda g: True, patience=400):
    """[(time, segment)] until none comes for so long."""
    found = []
    while True:
        seg = p.receive(patience)
        if seg is None:
            return found
        if condition(seg):
            found.append((time.monotonic(), seg))


def steps(times):
    return [b - a for a, b in zip(times, times[1:])]


def near(net, value, want):
    """Exact for atcp; the kernel's timer wheel is late by up to an eighth."""
    if net.stack.is_atcp:
        assert want - 0.01 <= value <= want * 1.02 + 0.3, f"{value} s instead of {want} s"
    return want - 0.01 <= value <= want * 1.14 + 0.3


def gone(net, port, limit=1000, step=0.25):
    """Seconds until no connection with that far port is left."""
    t0 = time.monotonic()
    while True:
        with net.host:
            if not [r for r in all_rows(net.stack) if r[1][1] == port]:
                return time.monotonic() - t0
        assert time.monotonic() - t0 < limit, "it never ended"
        time.sleep(step)


def doubles(gaps, what):
    for a, b in zip(gaps, gaps[1:]):
        # The kernel's timer wheel is coarse.
        assert abs(b / a - 2) < 0.26 or b > 119, f"{what}: {gaps}"


@alone_on_atcp("SYN: sent at 1, 3, 7, 15 ... seconds, for more than three minutes [MUST-23]")
def _(net):
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    t0 = time.monotonic()
    attempt(s.connect, (net.tun.far[net.family], 9999))
    p.receive()
    times = [round(t - t0) for t, _ in arrivals(p)]
    equal(times[:7], [1, 3, 7, 15, 31, 63, 127], "when SYNs were sent again")
    equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 110, "ETIMEDOUT")


# [MUST-22]
@alone_on_atcp("SYN: R2 is told at its time, with TCP_SYNCNT as told")
def _(net):
    for count, want in ((None, 180), (2, 7)):
        s = net.socket()
        if count:
            s.setsockopt(SOL_TCP, socket.TCP_SYNCNT, count)
        t0 = time.monotonic()
        equal(attempt(s.connect, (net.tun.far[net.family], 9999)), "ETIMEDOUT", "connect")
        took = time.monotonic() - t0
        if count:
            equal(round(took), want, "seconds")
        else:
            assert want <= took < 300, f"gave up after {took} s"


@timed("SYN,ACK: sent again at 1, 3, 7 ... seconds, then the child is gone", FAMILIES)
def _(net, log):
    listener = net.listener()
    p = net.peer()
    p.send(SYN, opts=options(mss=1460))
    p.expect(SYN | ACK)
    t0 = time.monotonic()
    times = [t - t0 for t, _ in arrivals(p)]
    log([near(net, t, want) for t, want in zip(times, (1, 3, 7, 15, 31))])
    listener.close()
    with net.host:
        log([r for r in all_rows(net.stack) if r[2] != 10])


@timed("TCP_DEFER_ACCEPT: a peer that answers is waited for, longer than synack_retries", FAMILIES)
def _(net, log):
    net.host.sysctl("atcp/synack_retries" if net.stack.is_atcp else "ipv4/tcp_synack_retries", 1)
    listener = net.listener()
    listener.setsockopt(SOL_TCP, socket.TCP_DEFER_ACCEPT, 20)     # five time-outs, 31 seconds
    p = net.peer()
    p.connect()
    t0 = time.monotonic()
    while not poll(listener, select.POLLIN, 0) and p.receive(100):
        p.send(ACK)
    log(near(net, time.monotonic() - t0, 31))
    s, _ = listener.accept()
    p.send(ACK, b"late")
    log(recv_exactly(s, 4))


@timed("text that nobody acknowledges: RTO doubles, R2 ends it after some 15 minutes", FAMILIES)
def _(net, log):
    s, p = net.passive()
    t0 = time.monotonic()
    s.send(b"lost")
    p.expect(ACK)
    times = [time.monotonic()] + [t for t, _ in arrivals(p)]
    gaps = steps(times)
    doubles(gaps, "RTO")
    log(round(gaps[0], 1), len(gaps) >= 13, all(g < 140 for g in gaps))
    log(attempt(s.recv, 1))
    end = gone(net, 9999)
    assert end < 1, f"it ended {end} s after the error"
    assert 600 < times[-1] - t0 < 1100, f"given up after {times[-1] - t0} s"


@timed("Karn: what was sent twice tells nothing of the round trip; the RTO stays backed off")
def _(net, log):
    s, p = net.passive()
    s.send(b"one")
    p.expect(ACK)
    times = [time.monotonic()]
    for _ in range(4):
        p.expect(ACK)
        times.append(time.monotonic())
    p.send(ACK)
    s.send(b"two")
    p.expect(ACK)
    first = time.monotonic()
    p.expect(ACK)
    again = time.monotonic() - first
    log("not less than before", again >= 0.9 * steps(times)[-1])
    p.send(ACK)
    time.sleep(0.5)
    s.send(b"three")
    p.expect(ACK)
    time.sleep(0.1)
    p.send(ACK)                         # a sample at last
    s.send(b"four")
    p.expect(ACK)
    first = time.monotonic()
    p.expect(ACK)
    log("from the samples again", time.monotonic() - first < 1)
    p.send(RST)


@timed("keep-alive: two hours, then nine probes 75 s apart, then ETIMEDOUT", FAMILIES)
def _(net, log):
    s, p = net.passive()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    t0 = time.monotonic()
    probes = arrivals(p, patience=8000)
    times = [t for t, g in probes if not g.flags & RST]
    log(near(net, times[0] - t0, 7200), [near(net, x, 75) for x in steps(times)])
    log("seq", all((g.seq - p.ack) % (1 << 32) == (1 << 32) - 1 for _, g in probes if not g.flags & RST))
    log(attempt(s.recv, 1), "reset",
        [near(net, t - t0, 7875) for t, g in probes if g.flags & RST])


@timed("keep-alive by options, answered: it goes on; then unanswered: it ends")
def _(net, log):
    s, p = net.passive()
    for name, value in ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 3), (socket.TCP_KEEPCNT, 4)):
        s.setsockopt(SOL_TCP, name, value)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    last = time.monotonic()
    for _ in range(20):
        p.expect(ACK, seconds=100)
        now = time.monotonic()
        log(near(net, now - last, 10))
        last = now
        p.send(ACK)
    times = [t for t, g in arrivals(p) if not g.flags & RST]
    log(near(net, times[0] - last, 10), [near(net, x, 3) for x in steps(times)], attempt(s.recv, 1))


def to_time_wait(net):
    s, p = net.passive()
    s.close()
    p.expect(FIN | ACK)
    p.send(ACK)
    p.send(FIN | ACK)
    p.expect(ACK, ack=p.seq)
    return p


@timed("TIME-WAIT: 60 seconds, and anew at each FIN", FAMILIES)
def _(net, log):
    to_time_wait(net)
    log(near(net, gone(net, 9999), 60))


@alone_on_atcp("TIME-WAIT: 2 MSL by sysctl, and anew when the FIN comes again")
def _(net):
    net.host.sysctl("atcp/msl_ms", 5000)
    p = to_time_wait(net)
    time.sleep(6)
    p.send(FIN | ACK, seq=p.seq - 1)
    p.expect(ACK)
    took = gone(net, 9999)
    assert 10 <= took <= 10.5, f"ended {took} s after the second FIN"


@timed("FIN-WAIT-2 without a user: 60 seconds, or as TCP_LINGER2 says, or a reset at once")
def _(net, log):
    for number, (linger, half) in enumerate(((None, False), (5, False), (-1, False),
                                             (None, True), (5, True), (-1, True))):
        s, p = net.passive(port=80 + number)
        if linger:
            s.setsockopt(SOL_TCP, socket.TCP_LINGER2, linger)
        (s.shutdown if half else lambda how: s.close())(socket.SHUT_WR)
        p.expect(FIN | ACK)
        p.send(ACK)
        if half:                        # the user goes when the FIN is acknowledged
            reach(s, "FIN-WAIT-2")
            s.close()
        log(linger, half, near(net, gone(net, 9999), {None: 60, 5: 5, -1: 0}[linger]))
        net.tun.drain()


@timed("FIN-WAIT-2 without a user, by sysctl")
def _(net, log):
    net.host.sysctl("atcp/fin_timeout" if net.stack.is_atcp else "ipv4/tcp_fin_timeout", 20)
    s, p = net.passive()
    s.close()
    p.expect(FIN | ACK)
    p.send(ACK)
    log(near(net, gone(net, 9999), 20))


@timed("FIN-WAIT-2 with a user lasts for hours", FAMILIES)
def _(net, log):
    s, p = net.passive()
    s.shutdown(socket.SHUT_WR)
    p.expect(FIN | ACK)
    p.send(ACK)
    time.sleep(4 * 3600)
    p.send(ACK, b"after all")
    log(recv_exactly(s, 9), state(s))


@timed("TCP_USER_TIMEOUT ends a connection whose text is not acknowledged", FAMILIES)
def _(net, log):
    s, p = net.passive()
    s.setsockopt(SOL_TCP, socket.TCP_USER_TIMEOUT, 10000)
    t0 = time.monotonic()
    s.send(b"lost")
    poll(s, select.POLLIN, 1000)
    took = time.monotonic() - t0
    log(attempt(s.recv, 1), 9.9 <= took < 14)


@timed("zero window, answered: probes for hours, backed off; then the text", FAMILIES)
def _(net, log):
    s, p = net.passive()
    p.window = 0
    p.send(ACK)
    s.send(b"patience")
    t0 = time.monotonic()
    times = []
    while time.monotonic() - t0 < 2 * 3600:
        seg = p.receive(1000)
        assert seg is not None, "no more probes"
        times.append(time.monotonic())
        # It is not taken: the window is closed.
        p.ack = (p.irs + 1) % (1 << 32)
        p.send(ACK)
    gaps = steps(times)
    doubles(gaps, "probes")
    log("last", near(net, gaps[-1], 120), state(s))
    p.window = 1000
    p.send(ACK)
    got = b""
    while got != b"patience":
        seg = p.receive(1000)
        assert seg is not None, f"only {got}"
        if (seg.seq - p.irs - 1) % (1 << 32) == len(got):
            got += seg.data
        p.ack = (p.irs + 1 + len(got)) % (1 << 32)
        p.send(ACK)
    log(got)


@timed("zero window, not answered: ETIMEDOUT")
def _(net, log):
    s, p = net.passive()
    p.window = 0
    p.send(ACK)
    s.send(b"patience")
    t0 = time.monotonic()
    arrivals(p)
    log(attempt(s.recv, 1), 300 < time.monotonic() - t0 < 3000)


@timed("delayed ACK: within half a second", FAMILIES)
def _(net, log):
    s, p = net.passive()
    for _ in range(40):                 # out of quick ACKs, and interactive
        p.send(ACK, b"q")
        p.find(lambda g: g.ack == p.seq, "ACK")
        s.recv(10)
        s.send(b"r")
        p.find(lambda g: g.data == b"r", "reply")
        p.send(ACK)
        time.sleep(0.01)
    p.send(ACK, b"one more")
    t0 = time.monotonic()
    p.find(lambda g: g.ack == p.seq, "ACK")
    log(0.001 < time.monotonic() - t0 < 0.5)


@alone_on_atcp("override: a window smaller than a segment is used, after a moment and within a second")
def _(net):
    s, p = net.passive(options(mss=1000))
    p.window = 400
    p.send(ACK, b"x")
    p.find(lambda g: g.ack == p.seq, "ACK")
    t0 = time.monotonic()
    s.send(b"w" * 3000)
    seg = p.receive()
    took = time.monotonic() - t0
    assert 0 < len(seg.data) <= 400 and 0.09 < took < 1.01, f"{seg} after {took} s"


@timed("SO_LINGER: close() waits for the acknowledgment, or its seconds")
def _(net, log):
    for answered in (False, True):
        s, p = net.passive(port=80 + answered)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 7))
        s.send(b"linger")
        p.expect(ACK)
        t0 = time.monotonic()
        closer = threading.Thread(target=s.close, daemon=True)
        closer.start()
        if answered:
            time.sleep(2)
            while p.receive(0):
                pass
            p.ack = (p.irs + 1 + 6 + 1) % (1 << 32)
            p.send(ACK)
        closer.join(1000)
        took = time.monotonic() - t0
        # The user's wait is by the kernel's timer wheel in both.
        log(answered, closer.is_alive(), 1.9 < took < 2.4 if answered else 6.9 < took < 8.5)
        net.tun.drain()


if __name__ == "__main__":
    main()
