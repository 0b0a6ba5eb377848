#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""SO_REUSEPORT groups: which listener gets a connection, by a BPF program, by the processor or
by hash; who is in the group, and when."""

import ctypes
import errno
import os
import socket
import struct

from atcptest import (AF_INET, ATCP, FAMILIES, LOOPBACK, alone, attempt, differential, equal,
                      libc, main)
from lab import Host

SOL = socket.SOL_SOCKET
CBPF, EBPF, DETACH, INCOMING_CPU = 51, 52, 68, 49
SOCKET_FILTER, SK_REUSEPORT = 1, 21
NETWORK_HEADER = -0x100000              # SKF_NET_OFF
SHARED = ((SOL, socket.SO_REUSEPORT, 1),)


def classic(*instructions):
    """The value of SO_ATTACH_REUSEPORT_CBPF, and what must live as long."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", op, 0, 0, k & 0xffffffff)
                                                for op, k in instructions))
    return struct.pack("=HxxxxxxQ", len(instructions), ctypes.addressof(code)), code


def always(index):
    return classic((0x06, index))


def by_port(family):
    """The two low bits of the remote port, which lies behind the network header's start."""
    at = 20 if family == AF_INET else 40
    return classic((0x28, NETWORK_HEADER + at), (0x54, 3), (0x16, 0))


def attach(s, program):
    return attempt(s.setsockopt, SOL, CBPF, program[0])


def detach(s):
    return attempt(s.setsockopt, SOL, DETACH, 0)


def extended(kind, index):
    """A descriptor of an eBPF program that returns the index: r0 = index; exit."""
    code = ctypes.create_string_buffer(struct.pack("=BBhi", 0xb7, 0, 0, index) +
                                       struct.pack("=BBhi", 0x95, 0, 0, 0))
    name = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("=IIQQ44xI", kind, 2, ctypes.addressof(code),
                             ctypes.addressof(name), 0)
    buffer = ctypes.create_string_buffer(attributes)
    fd = libc.syscall(321, 5, buffer, len(attributes))
    if fd < 0:
        raise OSError(ctypes.get_errno(), "bpf")
    return fd


class Group:
    """Listeners that share a port."""

    def __init__(self, st, family, n=4, port=0):
        self.st, self.family = st, family
        self.members = []
        self.port = port
        for _ in range(n):
            self.add()

    def add(self):
        s = self.st.listener(self.family, port=self.port, options=SHARED)
        s.setblocking(False)
        self.port = s.getsockname()[1]
        self.members.append(s)
        return s

    def connect(self):
        """Connects once: (number of the member that got it, the client's port)."""
        with self.st.socket(self.family) as c:
            c.connect((LOOPBACK[self.family], self.port))
            port = c.getsockname()[1]
            took = [i for i, s in enumerate(self.members)
                    if s.fileno() >= 0 and self.accepts(s, port)]
        equal(len(took), 1, "listeners that got the connection")
        return took[0], port

    @staticmethod
    def accepts(listener, port):
        try:
            s, peer = listener.accept()
        except OSError as e:
            assert e.errno in (errno.EAGAIN, errno.EINVAL), e   # EINVAL: it does not listen
            return False
        s.close()
        equal(peer[1], port, "the connection's port")
        return True

    def takers(self, n):
        return sorted({self.connect()[0] for _ in range(n)})

    def close(self):
        for s in self.members:
            s.close()


@differential("a classic program picks the listener by its number", FAMILIES)
def _(st, log, family):
    group = Group(st, family)
    for index in (2, 0, 3, 1):
        log(index, attach(group.members[index ^ 1], always(index)), group.takers(6))
    group.close()


@differential("a program reads the headers of the SYN", FAMILIES)
def _(st, log, family):
    group = Group(st, family)
    log(attach(group.members[0], by_port(family)))
    for _ in range(24):
        taker, port = group.connect()
        equal(taker, port & 3, f"taker of a connection from port {port}")
    group.close()


@differential("no such number: the hash decides, as without a program", FAMILIES)
def _(st, log, family):
    group = Group(st, family)
    for what in ("none", "attached", "detached"):
        if what == "attached":
            log(attach(group.members[0], always(4)))
        elif what == "detached":
            log(attach(group.members[0], always(1)), group.takers(4), detach(group.members[3]))
        log(what, len(group.takers(48)) > 1)
    group.close()


@differential("an eBPF program of a socket filter's type", FAMILIES)
def _(st, log, family):
    group = Group(st, family)
    for index in (3, 1):
        fd = extended(SOCKET_FILTER, index)
        log(index, attempt(group.members[0].setsockopt, SOL, EBPF, fd))
        os.close(fd)
        log(group.takers(6))
    log(detach(group.members[2]), len(group.takers(48)) > 1)
    log(attempt(group.members[0].setsockopt, SOL, EBPF, 9999))
    group.close()


@alone("an eBPF program of type SK_REUSEPORT is refused, for it asks for protocol 6")
def _():
    fd = extended(SK_REUSEPORT, 1)
    s = ATCP.listener(options=SHARED)
    result = attempt(s.setsockopt, SOL, EBPF, fd)
    equal(result, "errno 524" if ATCP.is_atcp else "ok", "SO_ATTACH_REUSEPORT_EBPF")


@differential("attached before bind, after it, and after listen", FAMILIES)
def _(st, log, family):
    for when in ("new", "bound", "listening"):
        for other in (False, True):
            group = Group(st, family, 1 if other else 0)
            s = st.socket(family)
            s.setsockopt(SOL, socket.SO_REUSEPORT, 1)
            if when == "new":
                log(when, other, attach(s, always(0)))
            log("bind", bound := attempt(s.bind, (LOOPBACK[family], group.port)))
            if when == "bound":
                log(when, other, attach(s, always(0)))
            log("listen", listens := attempt(s.listen, 8) if bound == "ok" else "-")
            if when == "listening":
                log(when, other, attach(s, always(0)))
            if listens == "ok":
                s.setblocking(False)
                group.port = s.getsockname()[1]
                group.members.append(s)
                group.add()
                log("the first takes all", group.takers(8))
            s.close()
            group.close()


@differential("no program without SO_REUSEPORT, and none to detach", FAMILIES)
def _(st, log, family):
    plain, shared = st.socket(family), st.socket(family)
    shared.setsockopt(SOL, socket.SO_REUSEPORT, 1)
    for name, s in (("plain", plain), ("shared", shared)):
        log(name, "detach", detach(s), "attach", attach(s, always(0)), "detach", detach(s),
            "again", detach(s))
    late = st.listener(family)
    log("late", attach(late, always(0)), detach(late))
    late.setsockopt(SOL, socket.SO_REUSEPORT, 1)
    log("SO_REUSEPORT after listen", attach(late, always(0)), detach(late))
    log("malformed", attach(shared, classic((0xffff, 0))), attach(shared, classic((0x16, 0))))
    log("short", attempt(shared.setsockopt, SOL, CBPF, b"1234"))
    for s in (plain, shared, late):
        s.close()


@differential("who closes, or stops listening, leaves; who comes stands last", FAMILIES)
def _(st, log, family):
    group = Group(st, family)
    log(attach(group.members[0], always(1)), group.takers(4))
    group.members[1].close()
    log("the last takes the place of the second", group.takers(4))
    group.members[3].shutdown(socket.SHUT_RD)
    log("stopped", group.takers(4))
    group.add()
    group.add()
    log("two more", group.takers(4), attach(group.members[5], always(3)), group.takers(4))
    log("again", attempt(group.members[3].listen, 8), attach(group.members[5], always(4)),
        group.takers(4))
    group.close()


@differential("a program goes with the last of its group", FAMILIES)
def _(st, log, family):
    group = Group(st, family, 2)
    log(attach(group.members[0], always(1)), group.takers(4))
    group.close()
    fresh = Group(st, family, 4, group.port)
    log(detach(fresh.members[0]), len(fresh.takers(48)) > 1)
    fresh.close()


@differential("another namespace, another address, another family: other groups")
def _(st, log):
    host = Host()
    here = Group(st, AF_INET)
    with host:
        there = Group(st, AF_INET, 4, here.port)
    elsewhere = st.listener(address="127.0.0.2", port=here.port, options=SHARED)
    log(attach(here.members[0], always(2)), here.takers(4), detach(elsewhere))
    with host:
        log("there", detach(there.members[0]), attach(there.members[0], always(3)),
            there.takers(4))
    log("here", here.takers(4))
    six = Group(st, FAMILIES[1], 2, here.port)
    log("IPv6", detach(six.members[0]), attach(six.members[0], always(1)), six.takers(4),
        here.takers(4))
    for group in (here, there, six):
        group.close()
    elsewhere.close()
    host.delete()


@differential("any address and one address are two groups; the narrower takes", FAMILIES)
def _(st, log, family):
    narrow = Group(st, family, 2)
    wide = [st.listener(family, address="", port=narrow.port, options=SHARED) for _ in range(2)]
    log(attach(narrow.members[0], always(1)), narrow.takers(4), detach(wide[0]))
    for s in wide:
        s.close()
    narrow.close()


@differential("another user cannot join", FAMILIES)
def _(st, log, family):
    group = Group(st, family, 2)
    os.seteuid(1000)
    try:
        s = st.socket(family)
    finally:
        os.seteuid(0)
    s.setsockopt(SOL, socket.SO_REUSEPORT, 1)
    log("as another", attempt(s.bind, (LOOPBACK[family], group.port)))
    s.close()
    log(attach(group.members[0], always(1)), group.takers(4))
    group.close()


@differential("SO_INCOMING_CPU: who wants this processor's connections gets them", FAMILIES)
def _(st, log, family):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        group = Group(st, family)
        for i in (2, 1):
            for n, s in enumerate(group.members):
                s.setsockopt(SOL, INCOMING_CPU, min(before) if n == i else 4095)
            log(i, group.takers(12))
        group.close()
    finally:
        os.sched_setaffinity(0, before)


@differential("a group of a hundred and thirty, more than it was made for")
def _(st, log):
    group = Group(st, AF_INET, 130)
    log(attach(group.members[7], always(129)), group.takers(3))
    log(attach(group.members[7], always(3)), group.takers(3))
    group.close()


if __name__ == "__main__":
    main()
