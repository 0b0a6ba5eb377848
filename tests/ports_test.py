#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""Ports: neither stack takes what the other has; among its own sockets atcp decides as
the kernel's TCP does; ephemeral ports come from the host's range."""

import ctypes
import itertools
import os
import socket
import struct

from atcptest import (ATCP, FAMILIES, LINUX, LOOPBACK, PAIRINGS, REFERENCE, Pairing, alone,
                      attempt, differential, equal, libc, main, pairs, reach, recv_exactly,
                      state, until)
from lab import Cable, Host

AF_INET, AF_INET6 = FAMILIES
SOL = socket.SOL_SOCKET
V6ONLY = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
_ports = itertools.count(31000)
PORT = 0


def fresh_port():
    """Another port than those that earlier cases have left in TIME-WAIT."""
    global PORT
    PORT = next(_ports)


def try_bind(stack, where, options=(), listen=False):
    """(socket, what bind said, what listen said)"""
    family, address, *only = where
    s = stack.socket(family)
    if only:
        s.setsockopt(*V6ONLY, only[0])
    for option in options:
        s.setsockopt(SOL, option, 1)
    bound = attempt(s.bind, (address, PORT))
    return s, bound, attempt(s.listen, 5) if listen and bound == "ok" else "-"


PLACES = {"any4": (AF_INET, "0.0.0.0"), "lo4": (AF_INET, "127.0.0.1"),
          "two4": (AF_INET, "127.0.0.2"), "any6": (AF_INET6, "::", 0),
          "only6": (AF_INET6, "::", 1), "lo6": (AF_INET6, "::1", 0),
          "mapped": (AF_INET6, "::ffff:127.0.0.1", 0)}
REUSE = {"plain": (), "REUSEADDR": (socket.SO_REUSEADDR,), "REUSEPORT": (socket.SO_REUSEPORT,),
         "both": (socket.SO_REUSEADDR, socket.SO_REUSEPORT)}


@differential("two sockets of one stack: every pair of places, with and without listening")
def _(st, log):
    fresh_port()
    for (n1, p1), (n2, p2) in itertools.product(PLACES.items(), PLACES.items()):
        for l1 in (False, True):
            a, b1, x1 = try_bind(st, p1, (), l1)
            b, b2, x2 = try_bind(st, p2, (), True)
            log(n1, "listens" if l1 else "bound", b1, x1, "then", n2, b2, x2)
            a.close()
            b.close()


@differential("two sockets of one stack: SO_REUSEADDR and SO_REUSEPORT")
def _(st, log):
    fresh_port()
    for (n1, o1), (n2, o2) in itertools.product(REUSE.items(), REUSE.items()):
        for l1, l2 in itertools.product((False, True), (False, True)):
            for where in ("lo4", "any4", "lo6"):
                a, b1, x1 = try_bind(st, PLACES["lo4" if where != "lo6" else "any6"], o1, l1)
                b, b2, x2 = try_bind(st, PLACES[where], o2, l2)
                log(n1, l1, b1, x1, "then", where, n2, l2, b2, x2)
                a.close()
                b.close()


@differential("SO_BINDTODEVICE keeps sockets apart, set before bind or after", FAMILIES)
def _(st, log, family):
    fresh_port()
    host = Host("link add d0 type dummy", "link set d0 up")
    for first, second in itertools.product((b"lo\0", b""), (b"lo\0", b"d0\0", b"")):
        for late, listens in itertools.product((False, True), (False, True)):
            a, b = host.socket(st, family), host.socket(st, family)
            if not late:
                a.setsockopt(SOL, socket.SO_BINDTODEVICE, first)
            a.bind(("", PORT))
            a.setsockopt(SOL, socket.SO_BINDTODEVICE, first)
            if listens:
                a.listen(1)
            b.setsockopt(SOL, socket.SO_BINDTODEVICE, second)
            log(first, "late" if late else "early", "listens" if listens else "bound",
                "then", second, bound := attempt(b.bind, ("", PORT)),
                attempt(b.listen, 1) if bound == "ok" else "-")
            a.close()
            b.close()
    host.delete()


class BindRefused:
    """While in use a BPF program refuses every bind(), after the port was taken."""

    LOAD, ATTACH, DETACH = 5, 8, 9
    CGROUP_SOCK, POST_BIND = 9, {AF_INET: 12, AF_INET6: 13}

    def __init__(self, family):
        self.type = self.POST_BIND[family]
        self.cgroup = os.open("/sys/fs/cgroup", os.O_RDONLY)
        # r0 = 0; exit
        program = ctypes.create_string_buffer(bytes.fromhex("b700000000000000 9500000000000000"))
        name = ctypes.create_string_buffer(b"GPL")
        self.program = self.bpf(self.LOAD, struct.pack(
            "=IIQQ44xI", self.CGROUP_SOCK, 2, ctypes.addressof(program), ctypes.addressof(name),
            self.type))

    @staticmethod
    def bpf(command, attributes):
        buffer = ctypes.create_string_buffer(attributes)
        result = libc.syscall(321, command, buffer, len(attributes))
        if result < 0:
            raise OSError(ctypes.get_errno(), "bpf")
        return result

    def __enter__(self):
        self.bpf(self.ATTACH, struct.pack("=IIII", self.cgroup, self.program, self.type, 0))

    def __exit__(self, *_):
        self.bpf(self.DETACH, struct.pack("=IIII", self.cgroup, self.program, self.type, 0))
        os.close(self.program)
        os.close(self.cgroup)


@differential("a bind() that a BPF program refuses leaves the port free", FAMILIES)
def _(st, log, family):
    fresh_port()
    where = (LOOPBACK[family], PORT)
    a, b = st.socket(family), st.socket(family)
    with BindRefused(family):
        log("refused", attempt(a.bind, where))
    log("another socket", attempt(b.bind, where))
    b.close()
    log("the same socket", attempt(a.bind, where), attempt(a.listen, 1))
    a.close()
    c = st.socket(family)
    log("once it is closed", attempt(c.bind, where))
    c.close()


@differential("both bound with SO_REUSEADDR: the first to listen wins")
def _(st, log):
    fresh_port()
    a, b1, _x = try_bind(st, PLACES["lo4"], (socket.SO_REUSEADDR,))
    b, b2, _x = try_bind(st, PLACES["lo4"], (socket.SO_REUSEADDR,))
    log(b1, b2, attempt(a.listen, 1), attempt(b.listen, 1))
    a.close()
    log("the first closed", attempt(b.listen, 1))


@alone("across the stacks: what conflicts for one stack conflicts for two")
def _():
    fresh_port()
    for (n1, p1), (n2, p2) in itertools.product(PLACES.items(), PLACES.items()):
        for l1 in (False, True):
            outcome = {}
            for pairing in [Pairing(LINUX, LINUX), Pairing(ATCP, LINUX), Pairing(LINUX, ATCP)]:
                a, b1, x1 = try_bind(pairing.server, p1, (), l1)
                b, b2, x2 = try_bind(pairing.client, p2, (), True)
                outcome[repr(pairing)] = (b1, x1, b2, x2)
                a.close()
                b.close()
            want, *got = outcome.values()
            assert all(g == want for g in got), f"{n1} {'listens' if l1 else 'bound'}, {n2}: {outcome}"


@alone("across the stacks: no option lets both listen on one address and port")
def _():
    if REFERENCE:
        return
    fresh_port()
    for first, second in ((ATCP, LINUX), (LINUX, ATCP)):
        for (n1, o1), (n2, o2) in itertools.product(REUSE.items(), REUSE.items()):
            for where in ("lo4", "any4", "lo6", "any6"):
                a, b1, x1 = try_bind(first, PLACES[where], o1, True)
                b, b2, x2 = try_bind(second, PLACES[where], o2, True)
                equal((b1, x1), ("ok", "ok"), f"{first!r} alone, {n1}, {where}")
                assert "EADDRINUSE" in (b2, x2), \
                    f"{first!r} ({n1}) and {second!r} ({n2}) both listen at {where}"
                a.close()
                b.close()
                c, b3, x3 = try_bind(second, PLACES[where], o2, True)
                equal((b3, x3), ("ok", "ok"), "once the first is closed")
                c.close()


@alone("across the stacks: late listeners, bound with SO_REUSEADDR on both")
def _():
    if REFERENCE:
        return
    fresh_port()
    for first, second in ((ATCP, LINUX), (LINUX, ATCP)):
        a, b1, _x = try_bind(first, PLACES["lo4"], (socket.SO_REUSEADDR,))
        b, b2, _x = try_bind(second, PLACES["lo4"], (socket.SO_REUSEADDR,))
        equal(b1, "ok", "first bind")
        listens = [attempt(s.listen, 1) for s, bound in ((a, b1), (b, b2)) if bound == "ok"]
        assert listens.count("ok") == 1, f"{first!r} first: {b1} {b2} {listens}"
        a.close()
        b.close()


@pairs("SO_REUSEPORT: listeners of one stack share the load", pairings=((ATCP, ATCP), (ATCP, LINUX)))
def _(p, log, family):
    fresh_port()
    listeners = []
    for _ in range(4):
        s, bound, listening = try_bind(p.server, PLACES["lo4"], REUSE["REUSEPORT"], True)
        log(bound, listening)
        s.listen(64)
        s.setblocking(False)
        listeners.append(s)
    clients = []
    for _ in range(64):
        c = p.client.socket(family)
        c.connect(("127.0.0.1", PORT))
        clients.append(c)
    counts = []
    for s in listeners:
        n = 0
        while True:
            try:
                s.accept()
                n += 1
            except BlockingIOError:
                break
        counts.append(n)
    log("all came", sum(counts), "more than one took some", sum(1 for n in counts if n) > 1)


@pairs("a port is free again after close, and connections of its own survive")
def _(p, log, family):
    fresh_port()
    a, _b, _x = try_bind(p.server, PLACES["lo4"], REUSE["REUSEADDR"], True)
    c = p.client.socket(family)
    c.connect(("127.0.0.1", PORT))
    s, _ = a.accept()
    a.close()
    b, bound, listening = try_bind(p.server, PLACES["lo4"], REUSE["REUSEADDR"], True)
    log(bound, listening)
    c.send(b"old one lives")
    log(recv_exactly(s, 13))
    d = p.client.socket(family)
    d.connect(("127.0.0.1", PORT))
    log("new one", b.accept()[1][0])
    for e in (c, s, d):
        e.setsockopt(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
        e.close()


@pairs("a port is free again once its connection has ended, though its socket is open", FAMILIES)
def _(p, log, family):
    for how in ("RST", "FIN", "our FIN"):
        for where in (None, 0, "named"):
            fresh_port()
            listener = p.server.listener(family, port=PORT if where == "named" else 0)
            c = p.client.socket(family)
            if where is not None:
                c.bind((LOOPBACK[family], 0 if where == 0 else PORT + 5000))
            c.connect(listener.getsockname()[:2])
            s, _ = listener.accept()
            listener.close()
            name, served = c.getsockname(), s.getsockname()
            if how == "RST":
                s.setsockopt(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
                s.close()
            else:
                first, second = (s, c) if how == "FIN" else (c, s)
                first.shutdown(socket.SHUT_WR)
                second.recv(1)
                second.shutdown(socket.SHUT_WR)
            reach(c, "CLOSED")
            log(how, where, "name stays", c.getsockname() == name)
            for what, at, end in (("its", name, c), ("the server's", served, s)):
                if end.fileno() < 0:
                    continue
                until(lambda end=end: state(end) == "CLOSED", "CLOSED")
                other = LINUX.socket(family)
                log(what, attempt(other.bind, at[:2]))
                other.close()
            log("bound again", again := attempt(c.bind, (LOOPBACK[family], 0)),
                c.getsockname()[1] != name[1] or again != "ok")
            if again == "ok":
                other = LINUX.socket(family)
                log("for good", attempt(other.bind, c.getsockname()[:2]))
                other.close()
            c.close()
            s.close()


@pairs("a server is started again over the other stack, its old connections in TIME-WAIT")
def _(p, log, _family):
    for name in ("REUSEADDR", "REUSEPORT"):
        fresh_port()
        a, bound, listening = try_bind(p.server, PLACES["lo4"], REUSE[name], True)
        log(name, bound, listening)
        c = LINUX.socket()
        c.connect(("127.0.0.1", PORT))
        s, _ = a.accept()
        s.close()
        c.recv(1)
        c.close()
        a.close()
        b, bound, listening = try_bind(p.client, PLACES["lo4"], REUSE[name], True)
        log("again", bound, listening)
        plain, bound, listening = try_bind(p.client, PLACES["lo4"], (), True)
        log("without the option", bound, listening)
        d = LINUX.socket()
        log.attempt("connect", d.connect, ("127.0.0.1", PORT))
        if bound == "ok":
            log("accepted", b.accept()[1][0])
        plain.close()


@alone("a connected port: the other stack cannot listen on it")
def _():
    if REFERENCE:
        return
    for first, second in ((ATCP, LINUX), (LINUX, ATCP)):
        listener = first.listener()
        c = first.socket()
        c.connect(listener.getsockname())
        port = c.getsockname()[1]
        other = second.socket()
        equal(attempt(other.bind, ("127.0.0.1", port)), "EADDRINUSE", f"{second!r} on a port of {first!r}")
        other = second.socket()
        equal(attempt(other.bind, ("127.0.0.1", listener.getsockname()[1])), "EADDRINUSE",
              "the listener's")


class Ranged:
    """A host with a small range of ephemeral ports."""

    def __init__(self, low, high, reserved=""):
        self.host = Host()
        self.host.sysctl("ipv4/ip_local_port_range", f"{low} {high}")
        if reserved:
            self.host.sysctl("ipv4/ip_local_reserved_ports", reserved)

    def __enter__(self):
        self.host.__enter__()
        return self

    def __exit__(self, *_):
        self.host.__exit__()
        self.host.delete()


@differential("ephemeral ports: from the range, not reserved, then EADDRINUSE", FAMILIES)
def _(st, log, family):
    with Ranged(40000, 40019, "40003,40010-40014"):
        bound = []
        while True:
            s = st.socket(family)
            result = attempt(s.bind, ("::1" if family == AF_INET6 else "127.0.0.1", 0))
            if result != "ok":
                break
            bound.append(s)
        ports = sorted(s.getsockname()[1] for s in bound)
        log(result, ports)


@alone("ephemeral ports: two stacks in one range never share one")
def _():
    with Ranged(41000, 41063):
        kept, ports = [], set()
        for i in range(200):
            s = (ATCP if i & 1 else LINUX).socket()
            result = attempt(s.bind, ("127.0.0.1", 0))
            if result != "ok":
                equal(result, "EADDRINUSE", "when all are taken")
                continue
            port = s.getsockname()[1]
            assert port not in ports, f"{port} given twice"
            assert 41000 <= port <= 41063, port
            ports.add(port)
            kept.append(s)
        equal(len(ports), 64, "all ports of the range were given")


@differential("ephemeral ports of connect: range, exhaustion, one port to two places")
def _(st, log):
    with Ranged(42000, 42007):
        listeners = [st.listener(port=p) for p in (50001, 50002)]
        for listener in listeners:
            kept, ports = [], []
            while True:
                c = st.socket()
                result = attempt(c.connect, listener.getsockname())
                if result != "ok":
                    break
                ports.append(c.getsockname()[1])
                kept.append(c)
            log(result, sorted(ports))
            if listener is listeners[0]:
                first = kept
        log(len(first))


@alone("ephemeral ports of connect: the two stacks keep apart")
def _():
    if REFERENCE:
        return
    with Ranged(43000, 43015):
        listener = LINUX.listener(port=50003, backlog=64)
        used = {}
        kept = []
        for i in range(40):
            st = (ATCP, LINUX)[i & 1]
            c = st.socket()
            if attempt(c.connect, listener.getsockname()) == "ok":
                port = c.getsockname()[1]
                assert port not in used, f"port {port}: {used.get(port)} and {st!r}"
                used[port] = repr(st)
                kept.append(c)
        equal(len(used), 16, "every port of the range was used")


@differential("ephemeral ports are not in sequence (RFC 6056)")
def _(st, log):
    listener = st.listener()
    ports = []
    for _ in range(12):
        c = st.socket()
        c.connect(listener.getsockname())
        ports.append(c.getsockname()[1])
        listener.accept()
    steps = {b - a for a, b in zip(ports, ports[1:])}
    # The kernel's own choice moves by small steps for one destination, after a secret offset.
    log(len(set(ports)), len(steps) > 1)


@differential("IP_BIND_ADDRESS_NO_PORT")
def _(st, log):
    s = st.socket()
    s.setsockopt(socket.IPPROTO_IP, 24, 1)
    log.attempt("bind", s.bind, ("127.0.0.1", 0))
    log("port", s.getsockname()[1])
    listener = st.listener()
    log.attempt("connect", s.connect, listener.getsockname())
    log(s.getsockname()[0], s.getsockname()[1] > 0)


@differential("privileged ports")
def _(st, log):
    import os
    with Ranged(32768, 60999):
        pid = os.fork()
        if pid == 0:
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                s = st.socket()
                ok = attempt(s.bind, ("127.0.0.1", 80)) == "EACCES"     # CL-004 CL-009
                os._exit(0 if ok else 1)
            finally:
                os._exit(2)
        log("EACCES", os.waitpid(pid, 0)[1])
        s = st.socket()
        log.attempt("root", s.bind, ("127.0.0.1", 80))


@pairs("explicitly bound clients: the same 4-tuple twice is refused")
def _(p, log, family):
    cable = Cable()
    try:
        listener = cable.a.listener(p.server, family, cable.address(cable.a))
        ends = []
        for _ in range(2):
            c = cable.b.socket(p.client, family)
            c.setsockopt(SOL, socket.SO_REUSEADDR, 1)
            log.attempt("bind", c.bind, (cable.address(cable.b), 45678))
            log.attempt("connect", c.connect, listener.getsockname())
            ends.append(c)
        assert PAIRINGS
    finally:
        cable.delete()


if __name__ == "__main__":
    main()
