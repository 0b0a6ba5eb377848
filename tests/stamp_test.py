#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""SO_TIMESTAMPING of what is sent: scheduled, sent, acknowledged, told on the error queue; and
what a socket knows of where its segments come from."""

import ctypes
import fcntl
import os
import select
import socket
import struct

from atcptest import (ATCP, FAMILIES, alone, attempt, differential, equal, event_names, libc,
                      main, pairs, pattern, poll, recv_exactly, until)
from lab import Cable

SOL = socket.SOL_SOCKET
TCP = socket.IPPROTO_TCP
TIMESTAMPING = 37
SENT, SOFTWARE, OPT_ID, SCHEDULED, ACKED, CMSG, TSONLY = (1 << n for n in (1, 4, 7, 8, 9, 10, 11))
OPT_ID_TCP = 1 << 16
REPORT = SOFTWARE | OPT_ID | TSONLY
ALL = SENT | SCHEDULED | ACKED
KINDS = {0: "sent", 1: "scheduled", 2: "acked"}


def ask(s, flags):
    s.setsockopt(SOL, TIMESTAMPING, flags)


def reports(s):
    """[(kind, number, time, payload)] that wait on the error queue."""
    found = []
    while True:
        try:
            payload, ancillary, _flags, _from = s.recvmsg(1 << 16, 1024,
                                                          socket.MSG_ERRQUEUE)
        except BlockingIOError:
            return found
        stamp = number = kind = None
        for level, name, data in ancillary:
            if (level, name) == (SOL, TIMESTAMPING):
                sec, nsec = struct.unpack_from("=qq", data)
                stamp = sec * 10 ** 9 + nsec
            elif level in (socket.IPPROTO_IP, socket.IPPROTO_IPV6):
                code, origin, _type, _code, _pad, info, number = \
                    struct.unpack_from("=IBBBBII", data)
                equal((code, origin), (42, 4), "ENOMSG by SO_EE_ORIGIN_TIMESTAMPING")
                kind = KINDS[info]
        found.append((kind, number, stamp, payload))


class Told:
    """What the error queue has told so far: a segment sent again is told again."""

    def __init__(self, s):
        self.s = s
        self.found = []

    def await_all(self, wanted):
        def complete():
            self.found += reports(self.s)
            return set(wanted) <= {r[:2] for r in self.found}
        until(complete, f"reports {wanted}, of {[r[:2] for r in self.found]}")
        return sorted({r[:2] for r in self.found})


def acknowledged(s):
    """Waits till the peer has all."""
    until(lambda: not struct.unpack("i", fcntl.ioctl(s, 0x5411, b"\0" * 4))[0],
          "all acknowledged")


@pairs("each call's last octet: scheduled, sent, acknowledged", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    ask(c, REPORT | ALL)
    told, end = Told(c), 0
    for n in (10, 5000, 1, 100000):
        c.sendall(pattern(n))
        recv_exactly(s, n)
        end += n
        log(n, told.await_all([(kind, end - 1) for kind in KINDS.values()]))
    times = {r[:2]: r[2] for r in reversed(told.found)}
    for number in (9, 5009, 5010, end - 1):
        a, b, c_ = (times[kind, number] for kind in ("scheduled", "sent", "acked"))
        assert 0 < a <= b <= c_, f"octet {number}: {a} {b} {c_}"


@differential("only what was asked for", FAMILIES)
def _(st, log, family):
    for flag, name in ((SENT, "sent"), (SCHEDULED, "scheduled"), (ACKED, "acked")):
        c, s = st.pair(family)
        ask(c, REPORT | flag)
        c.sendall(b"x" * 77)
        recv_exactly(s, 77)
        told = Told(c)
        log(name, told.await_all([(name, 76)]))
        acknowledged(c)
        ask(c, REPORT)
        c.sendall(b"y")
        recv_exactly(s, 1)
        acknowledged(c)
        log("no more", [r[:2] for r in reports(c)])


@differential("for one call by a control message; without numbers", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    ask(c, SOFTWARE | TSONLY)
    for flags in (ACKED, 0, ACKED):
        ancillary = [(SOL, TIMESTAMPING, struct.pack("=I", flags))] if flags else []
        c.sendmsg([b"z" * 9], ancillary)
        recv_exactly(s, 9)
        acknowledged(c)
        log(flags, sorted(r[:2] for r in reports(c)))
    log("bad", attempt(c.sendmsg, [b"z"], [(SOL, TIMESTAMPING, struct.pack("=I", 1 << 30))]))


@differential("numbers count from where they were asked for", FAMILIES)
def _(st, log, family):
    for how in (0, OPT_ID_TCP):
        c, s = st.pair(family)
        # Kernels before 6.2 do not know it, and it is they who take the option.
        if log.attempt("asked for", ask, c, REPORT | ACKED | how) == "EINVAL":
            assert how == OPT_ID_TCP, "only this may be unknown"
            continue
        ask(c, 0)
        c.sendall(b"a" * 1000)
        recv_exactly(s, 1000)
        acknowledged(c)
        ask(c, REPORT | ACKED | how)
        told = Told(c)
        c.sendall(b"b" * 50)
        log(how, told.await_all([("acked", 49)]))
        c.sendall(b"c" * 50)
        log(told.await_all([("acked", 99)]))
        ask(c, SOFTWARE | TSONLY)
        c.sendall(b"d" * 50)
        recv_exactly(s, 150)
        acknowledged(c)
        ask(c, REPORT | ACKED | how)
        told = Told(c)
        c.sendall(b"e" * 7)
        log("anew", told.await_all([("acked", 6)]))


@alone("a connection of the same socket after a disconnect counts anew")
def _():
    listener = ATCP.listener()
    c = ATCP.socket()
    for n in (5, 8):
        c.connect(listener.getsockname())
        s, _ = listener.accept()
        if n == 5 or not ATCP.is_atcp:      # the kernel's TCP wants to be asked again
            ask(c, 0)
            ask(c, REPORT | ACKED)
        told = Told(c)
        c.sendall(b"q" * n)
        equal(told.await_all([("acked", n - 1)]), [("acked", n - 1)], "stamps")
        libc.connect(c.fileno(), ctypes.create_string_buffer(16), 16)   # AF_UNSPEC
        s.close()


@differential("text with a stamp behind text without, in one segment", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    c.setsockopt(TCP, socket.TCP_CORK, 1)
    ask(c, REPORT)
    c.send(b"plain")
    ask(c, REPORT | ALL)
    c.send(b"stamped")
    c.setsockopt(TCP, socket.TCP_CORK, 0)
    recv_exactly(s, 12)
    log(Told(c).await_all([(kind, 11) for kind in KINDS.values()]))


@differential("what the reports look like: text, POLLERR, an empty queue", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    log("empty", attempt(c.recvmsg, 100, 1000, socket.MSG_ERRQUEUE), event_names(poll(c, 0, 0)))
    ask(c, SOFTWARE | OPT_ID | ALL)
    c.sendall(b"look at this")
    recv_exactly(s, 12)
    told = Told(c)
    until(lambda: poll(c, 0, 0) & select.POLLERR, "POLLERR")
    log(told.await_all([(kind, 11) for kind in KINDS.values()]))
    for kind, _number, _time, payload in told.found:
        log(kind, payload[-12:])
    log("read", event_names(poll(c, 0, 0)), c.getsockopt(SOL, socket.SO_ERROR))


@differential("through a device that cannot cut aggregates: the stamped octet's own segment",
              FAMILIES)
def _(st, log, family):
    cable = Cable()
    cable.ethtool("tso", "off")
    c, s = cable.pair(st, st, family)
    ask(c, REPORT | ALL)
    told, end = Told(c), 0
    for n in (30000, 20000, 1448 * 3):
        c.sendall(pattern(n))
        equal(recv_exactly(s, n), pattern(n), "text")
        end += n
        log(n, told.await_all([(kind, end - 1) for kind in KINDS.values()]))
    c.close()
    s.close()
    cable.delete()


@alone("each of many small writes has its own stamp")
def _():
    c, s = ATCP.pair()
    ask(c, REPORT | ACKED)
    c.setsockopt(TCP, socket.TCP_CORK, 1)
    told = Told(c)
    for _ in range(20):
        c.send(b"small")
    c.setsockopt(TCP, socket.TCP_CORK, 0)
    equal(recv_exactly(s, 100), b"small" * 20, "text")
    wanted = [("acked", 5 * i + 4) for i in range(20)] if ATCP.is_atcp else [("acked", 99)]
    found = told.await_all(wanted)
    if ATCP.is_atcp:
        equal(found, sorted(wanted), "stamps")


@pairs("a write that is cut short: what was queued has a stamp", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family, options=[(SOL, socket.SO_SNDBUF, 20000)])
    ask(c, REPORT | ACKED)
    c.setblocking(False)
    told, end = Told(c), 0
    data = pattern(4000000)
    end = c.send(data)
    assert end < len(data), "the whole was queued"
    equal(recv_exactly(s, end), data[:end], "text")
    found = told.await_all([("acked", end - 1)])
    log("the last octet", found[-1][1] == end - 1)


@alone("a socket that closes with stamps outstanding; one that nobody reads")
def _():
    for family in FAMILIES:
        c, s = ATCP.pair(family)
        ask(c, SOFTWARE | OPT_ID | ALL)
        c.sendall(pattern(50000))
        c.close()
        equal(recv_exactly(s, 50000), pattern(50000), "text")
        s.close()
        c, s = ATCP.pair(family)
        ask(c, SOFTWARE | OPT_ID | ALL)
        for _ in range(300):
            c.sendall(b"unread")
        equal(recv_exactly(s, 1800), b"unread" * 300, "text")


# --- where segments come from -------------------------------------------------------

INCOMING_CPU, NAPI_ID, BUSY_POLL = 49, 56, 46


def number(s, option):
    return struct.unpack("i", s.getsockopt(SOL, option, 4))[0]


@differential("SO_INCOMING_CPU tells the processor of the last segment", FAMILIES)
def _(st, log, family):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        c, s = st.pair(family)
        log("before", number(st.socket(family), INCOMING_CPU))
        c.sendall(b"x")
        recv_exactly(s, 1)
        acknowledged(c)
        log(number(s, INCOMING_CPU) == min(before), number(c, INCOMING_CPU) == min(before))
    finally:
        os.sched_setaffinity(0, before)


def napi_cable():
    """A cable whose ends poll their device (veth does with GRO and without TSO)."""
    cable = Cable()
    cable.ethtool("gro", "on", "tso", "off")
    return cable


def polled(cable):
    """BusyPollRxPackets of the reader's namespace."""
    names, values = [line.split() for line in cable.a.read("/proc/net/netstat").splitlines()
                     if line.startswith("TcpExt:")]
    return int(values[names.index("BusyPollRxPackets")])


@differential("SO_INCOMING_NAPI_ID, and a reader that polls its device", FAMILIES)
def _(st, log, family):
    cable = napi_cable()
    c, s = cable.pair(st, st, family)
    c.sendall(b"x")
    recv_exactly(s, 1)
    log("has one", attempt(number, s, NAPI_ID) != 0)
    cable.netem("delay", "30ms", hosts=[cable.b])
    s.setsockopt(SOL, BUSY_POLL, 2 ** 31 - 1)    # it ends when text comes
    before = polled(cable)

    def once():
        c.sendall(b"y")
        equal(recv_exactly(s, 1), b"y", "text")
        return polled(cable) > before
    until(once, "the reader polled")
    s.setsockopt(SOL, BUSY_POLL, 0)
    log("with MSG_DONTWAIT", attempt(s.recv, 1, socket.MSG_DONTWAIT))
    c.close()
    s.close()
    cable.delete()


if __name__ == "__main__":
    main()
