#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""Connections are made, carry text both ways and end: both doors, both families,
IPv4 mapped into IPv6, atcp with itself and with the kernel's TCP."""

import select
import socket
import threading

from atcptest import (ANY, ATCP, FAMILIES, LINUX, LOOPBACK, Stack, alone, attempt,
                      differential, equal, fails_with, main, pairs, reach, readable,
                      recv_exactly, state)

AF_INET, AF_INET6 = FAMILIES
V6ONLY = (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def echo(c, s, log=None):
    c.sendall(b"ping" * 100)
    got = recv_exactly(s, 400)
    equal(got, b"ping" * 100, "text to the server")
    s.sendall(got[::-1])
    equal(recv_exactly(c, 400), got[::-1], "text to the client")
    if log is not None:
        log("echoed", len(got))


@pairs("connect, accept, echo, close", FAMILIES)
def _(p, log, family):
    listener = p.server.listener(family)
    c = p.client.socket(family)
    log.attempt("connect", c.connect, listener.getsockname()[:2])
    s, peer = listener.accept()
    equal(peer[:2], c.getsockname()[:2], "address that accept returned")
    equal(s.getpeername(), c.getsockname(), "names of the client's end")
    equal(c.getpeername(), s.getsockname(), "names of the server's end")
    equal(s.getsockname()[:2], listener.getsockname()[:2], "local name of a child")
    echo(c, s, log)
    c.close()
    log("server reads", s.recv(10))
    log("server's state", state(s))
    s.close()
    fails_with("EAGAIN", lambda: (listener.setblocking(False), listener.accept()))


@pairs("the server closes first", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    s.sendall(b"bye")
    s.close()
    log(recv_exactly(c, 3), c.recv(1), state(c))
    log.attempt("send after FIN", c.send, b"x")
    c.close()


@pairs("half-close: the other direction stays open", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    c.shutdown(socket.SHUT_WR)
    log("s reads", s.recv(1))
    reach(c, "FIN-WAIT-2")
    log(state(s))
    s.sendall(b"z" * 70000)
    log(len(recv_exactly(c, 70000)))
    s.shutdown(socket.SHUT_WR)
    log("c reads", c.recv(1))
    log.attempt("s sends", s.send, b"x")
    log.attempt("c sends", c.send, b"x")


@pairs("refused where nobody listens", FAMILIES)
def _(p, log, family):
    free = p.server.socket(family)
    free.bind((LOOPBACK[family], 0))
    c = p.client.socket(family)
    log.attempt("connect", c.connect, free.getsockname()[:2])
    log("pending error", c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


@alone("the door AF_ATCP: both protocols, an unknown one, other types")
def _():
    if not ATCP.is_atcp:
        return
    family_door = Stack("atcp", "family")
    for family in FAMILIES:
        s = family_door.socket(family)
        equal(s.family, family, "family of the name")
        equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN), family, "SO_DOMAIN")
        equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE), socket.SOCK_STREAM, "SO_TYPE")
        equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL), 261, "SO_PROTOCOL")
    fails_with("EPROTONOSUPPORT", socket.socket, 25, socket.SOCK_STREAM, 7)
    fails_with("ESOCKTNOSUPPORT", socket.socket, 25, socket.SOCK_DGRAM, 0)
    s = socket.socket(AF_INET, socket.SOCK_STREAM, 261)
    equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL), 261, "SO_PROTOCOL")
    fails_with("EPROTONOSUPPORT", socket.socket, AF_INET, socket.SOCK_DGRAM, 261)


@alone("both doors meet each other and the kernel's TCP")
def _():
    doors = [Stack("atcp", "family"), ATCP, LINUX]
    for server in doors:
        for client in doors:
            for family in FAMILIES:
                c, s = server.pair(family, client=client)
                echo(c, s)
                c.close()
                s.close()


@alone("SOCK_NONBLOCK and SOCK_CLOEXEC at both doors")
def _():
    import fcntl
    for door in ("family", "protocol"):
        s = Stack("atcp", door).socket(AF_INET, socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        assert fcntl.fcntl(s, fcntl.F_GETFL) & 0o4000, "O_NONBLOCK is not set"
        assert fcntl.fcntl(s, fcntl.F_GETFD) & 1, "FD_CLOEXEC is not set"


@pairs("IPv4 client of a dual-stack listener", (AF_INET6,))
def _(p, log, _family):
    listener = p.server.socket(AF_INET6)
    listener.setsockopt(*V6ONLY, 0)
    listener.bind(("::", 0))
    listener.listen(5)
    c = p.client.socket(AF_INET)
    c.connect(("127.0.0.1", listener.getsockname()[1]))
    s, peer = listener.accept()
    log(peer[0], s.getsockname()[0], s.getpeername()[0])
    log("domain", s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN))
    echo(c, s, log)
    s.close()
    log("end", c.recv(1))


@pairs("IPv6 socket connects to a mapped address", (AF_INET6,))
def _(p, log, _family):
    listener = p.server.listener(AF_INET)
    c = p.client.socket(AF_INET6)
    c.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
    s, peer = listener.accept()
    log(peer[0], c.getsockname()[0], c.getpeername()[0])
    echo(c, s, log)


@pairs("a dual-stack listener takes both families, V6ONLY only one", (AF_INET6,))
def _(p, log, _family):
    for only in (0, 1):
        listener = p.server.socket(AF_INET6)
        listener.setsockopt(*V6ONLY, only)
        listener.bind(("::", 0))
        listener.listen(5)
        port = listener.getsockname()[1]
        for family in FAMILIES:
            c = p.client.socket(family)
            log.attempt(f"only={only} family={family}", c.connect, (LOOPBACK[family], port))
            c.close()
        log("V6ONLY is", listener.getsockopt(*V6ONLY))
        listener.close()


@differential("V6ONLY socket refuses mapped addresses")
def _(st, log):
    c = st.socket(AF_INET6)
    c.setsockopt(*V6ONLY, 1)
    log.attempt("connect mapped", c.connect, ("::ffff:127.0.0.1", 9))
    b = st.socket(AF_INET6)
    b.setsockopt(*V6ONLY, 1)
    log.attempt("bind mapped", b.bind, ("::ffff:127.0.0.1", 0))
    b.bind(("::1", 0))
    log.attempt("V6ONLY once bound", b.setsockopt, *V6ONLY, 0)


@differential("bound mapped: only IPv4")
def _(st, log):
    b = st.socket(AF_INET6)
    b.bind(("::ffff:127.0.0.1", 0))
    log("name", b.getsockname()[0])
    b.listen(4)
    c = st.socket(AF_INET)
    log.attempt("IPv4", c.connect, ("127.0.0.1", b.getsockname()[1]))
    c6 = st.socket(AF_INET6)
    log.attempt("IPv6", c6.connect, ("::1", b.getsockname()[1]))
    d = st.socket(AF_INET6)
    d.bind(("::1", 0))
    log.attempt("bound to IPv6, connect mapped", d.connect,
                ("::ffff:127.0.0.1", b.getsockname()[1]))


@differential("names before and after bind, connect, listen", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    log("new", s.getsockname()[:2], attempt(s.getpeername))
    s.bind((ANY[family], 0))
    log("bound", s.getsockname()[0], s.getsockname()[1] > 0, attempt(s.getpeername))
    s.listen(1)
    log("listening", s.getsockname()[0], attempt(s.getpeername))
    c = st.socket(family)
    c.connect((LOOPBACK[family], s.getsockname()[1]))
    log("connected", c.getsockname()[0], c.getpeername()[0])
    a, _ = s.accept()
    log("accepted", a.getsockname()[0])
    a.close()
    c.recv(1)
    log("peer has closed", attempt(c.getpeername)[0] == LOOPBACK[family])


@differential("connect to the any address reaches loopback", FAMILIES)
def _(st, log, family):
    listener = st.listener(family)
    c = st.socket(family)
    log.attempt("connect", c.connect, (ANY[family], listener.getsockname()[1]))
    log(c.getpeername()[0], c.getsockname()[0])


@pairs("a socket connected to itself", FAMILIES, pairings=((ATCP, ATCP),))
def _(p, log, family):
    s = p.client.socket(family)
    s.bind((LOOPBACK[family], 0))
    log.attempt("self-connect", s.connect, s.getsockname()[:2])
    equal(s.getsockname(), s.getpeername(), "names")
    s.sendall(b"narcissus")
    log(recv_exactly(s, 9), state(s))
    s.shutdown(socket.SHUT_WR)
    log(s.recv(1))
    s.close()


@pairs("many connections at once", (AF_INET,))
def _(p, log, family):
    listener = p.server.listener(family, backlog=64)
    clients = [p.client.socket(family) for _ in range(50)]
    for c in clients:
        c.connect(listener.getsockname())
    servers = {}
    for _ in clients:
        s, peer = listener.accept()
        servers[peer] = s
    log(len(servers))
    for i, c in enumerate(clients):
        c.sendall(b"%d" % i * 3)
    for i, c in enumerate(clients):
        equal(recv_exactly(servers[c.getsockname()], len(b"%d" % i * 3)), b"%d" % i * 3, "text")
    for i, c in enumerate(clients):
        first, last = (c, servers[c.getsockname()])[::1 if i & 1 else -1]
        first.close()
        equal(last.recv(1), b"", "end of stream")


@pairs("simultaneous traffic in both directions", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    block = bytes(range(256)) * 64
    total = 20 * len(block)

    def work(sock, result):
        def reader():
            result.append(recv_exactly(sock, total))
        t = threading.Thread(target=reader, daemon=True)
        t.start()
        for _ in range(20):
            sock.sendall(block)
        t.join()

    a, b = [], []
    t = threading.Thread(target=work, args=(c, a), daemon=True)
    t.start()
    work(s, b)
    t.join()
    equal(a[0], block * 20, "at the client")
    equal(b[0], block * 20, "at the server")
    log("done")


@pairs("a listener that closes resets what it has not accepted", FAMILIES)
def _(p, log, family):
    listener = p.server.listener(family)
    c = p.client.socket(family)
    c.connect(listener.getsockname()[:2])
    listener.close()
    readable(c)
    log.attempt("recv", c.recv, 1)


@pairs("text sent before accept waits", FAMILIES)
def _(p, log, family):
    listener = p.server.listener(family)
    c = p.client.socket(family)
    c.connect(listener.getsockname()[:2])
    c.sendall(b"early")
    c.shutdown(socket.SHUT_WR)
    reach(c, "FIN-WAIT-2")
    s, _ = listener.accept()
    log(recv_exactly(s, 5), s.recv(1))


@pairs("backlog: no more than allowed wait to be accepted", (AF_INET,),
       pairings=((ATCP, ATCP), (ATCP, LINUX)))
def _(p, log, family):
    listener = p.server.listener(family, backlog=2)
    clients = []
    for _ in range(3):      # backlog + 1, as Linux counts
        c = p.client.socket(family)
        c.connect(listener.getsockname())
        clients.append(c)
    extra = p.client.socket(family, socket.SOCK_NONBLOCK)
    log.attempt("one more", extra.connect, listener.getsockname())      # LI-027
    log("state", state(extra))
    for _ in range(3):
        s, _ = listener.accept()
        s.close()
    # Its SYN is sent again, and now there is room.
    p4 = select.poll()
    p4.register(extra, select.POLLOUT)
    assert p4.poll(60000), "the late one never connected"
    log("late", extra.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    log("accepted", bool(listener.accept()))


@differential("TIME-WAIT at the end that closes first", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    name = c.getsockname()[:2]
    c.close()
    s.recv(1)
    s.close()
    b = st.socket(family)
    log.attempt("bind to a port in TIME-WAIT", b.bind, name)
    r = st.socket(family)
    r.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    log.attempt("with SO_REUSEADDR", r.bind, name)


if __name__ == "__main__":
    main(netns=False)
