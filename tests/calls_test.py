#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""Every call on a socket, in every state it can be in, with every flag: the same
results and the same errno as the kernel's TCP gives."""

import array
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import termios
import threading
import time

from atcptest import (ANY, FAMILIES, LOOPBACK, attempt, differential, equal, event_names, main,
                      pairs, poll, reach, readable, recv_exactly, state, until)

AF_INET, AF_INET6 = FAMILIES
SOL, TCP = socket.SOL_SOCKET, socket.IPPROTO_TCP
LINGER0 = struct.pack("ii", 1, 0)


def inq(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, termios.FIONREAD, buf)
    return buf[0]


def outq(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, termios.TIOCOUTQ, buf)
    return buf[0]


def atmark(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, 0x8905, buf)
    return buf[0]


def arrived(s, n):
    until(lambda: inq(s) >= n, f"{n} octets queued")


def unconnected(st, family):
    s = st.socket(family)
    yield "new", s
    s = st.socket(family)
    s.bind((LOOPBACK[family], 0))
    yield "bound", s
    yield "listening", st.listener(family)


@differential("calls on sockets that are not connected", FAMILIES)
def _(st, log, family):
    calls = [
        ("send", lambda s: s.send(b"x")),
        ("send nothing", lambda s: s.send(b"")),
        ("recv", lambda s: s.recv(1)),
        ("recv 0", lambda s: s.recv(0)),
        ("peek", lambda s: s.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)),
        ("oob", lambda s: s.recv(1, socket.MSG_OOB)),
        ("getpeername", lambda s: s.getpeername()),
        ("shutdown RD", lambda s: s.shutdown(socket.SHUT_RD)),
        ("shutdown WR", lambda s: s.shutdown(socket.SHUT_WR)),
        ("shutdown RDWR", lambda s: s.shutdown(socket.SHUT_RDWR)),
        ("shutdown 3", lambda s: s.shutdown(3)),
        ("SIOCINQ", inq), ("SIOCOUTQ", outq), ("SIOCATMARK", atmark),
        ("accept", lambda s: (s.setblocking(False), s.accept())),
        ("poll", lambda s: event_names(poll(s, 0x203f, 0))),
        ("SO_ERROR", lambda s: s.getsockopt(SOL, socket.SO_ERROR)),
        ("SO_ACCEPTCONN", lambda s: s.getsockopt(SOL, socket.SO_ACCEPTCONN)),
        ("state", state),
    ]
    for name, call in calls:
        for kind, s in unconnected(st, family):
            log.attempt(f"{kind}: {name}", call, s)
            log(f"{kind}: after {name}", state(s), event_names(poll(s, 0x203f, 0)))
            s.close()


@differential("bind: bad addresses, twice, privileged, broadcast", FAMILIES)
def _(st, log, family):
    for address in ("192.0.2.1", "224.0.0.1", "255.255.255.255") if family == AF_INET else \
            ("2001:db8::1", "ff02::1", "fe80::1"):
        s = st.socket(family)
        log.attempt(f"bind {address}", s.bind, (address, 0))
    s = st.socket(family)
    log.attempt("bind", s.bind, (LOOPBACK[family], 0))
    log.attempt("again", s.bind, (LOOPBACK[family], 0))
    c, d = st.pair(family)
    log.attempt("connected", c.bind, (LOOPBACK[family], 0))
    s = st.socket(family)
    libc_bind = _raw_call("bind")
    log("short", libc_bind(s, b"\x02\0\0\0", 4))
    log("other family", libc_bind(s, struct.pack("=H26x", 99), 28))
    log("AF_UNSPEC, any", libc_bind(s, struct.pack("=H26x", 0), 28 if family == AF_INET6 else 16))
    d.close()


def _raw_call(name):
    """bind() or connect() with an address as raw octets."""
    import ctypes
    lib = ctypes.CDLL(None, use_errno=True)

    def call(s, raw, length):
        result = getattr(lib, name)(s.fileno(), raw, length)
        return "ok" if result == 0 else errno.errorcode[ctypes.get_errno()]
    return call


@differential("connect: twice, after failure, to bad addresses", FAMILIES)
def _(st, log, family):
    listener = st.listener(family)
    there = listener.getsockname()[:2]
    c = st.socket(family)
    log.attempt("connect", c.connect, there)
    log.attempt("again", c.connect, there)
    log.attempt("a listener", listener.connect, there)
    bad = st.socket(family)
    connect = _raw_call("connect")
    log("short", connect(bad, b"\x02\0\0\0", 4))                               # CL-002
    log("a listener, short", connect(listener, b"\x02\0\0\0", 4), state(listener))  # LI-002
    log("other family", connect(bad, struct.pack("=H26x", 99), 28))
    for address in ("224.0.0.1", "255.255.255.255") if family == AF_INET else ("ff02::1",):
        s = st.socket(family)
        log.attempt(f"connect {address}", s.connect, (address, 9))              # CL-003
    s = st.socket(family)
    log.attempt("no route", s.connect,
                ("192.0.2.9" if family == AF_INET else "2001:db8::9", 9))
    probe = st.socket(family)
    probe.bind((LOOPBACK[family], 0))
    s = st.socket(family)
    log.attempt("refused", s.connect, probe.getsockname()[:2])
    log.attempt("then to a listener", s.connect, there)
    log(state(s))


@differential("AF_UNSPEC: connect again after disconnect", FAMILIES)
def _(st, log, family):
    disconnect = _raw_call("connect")
    unspec = struct.pack("=H26x", 0)
    listener = st.listener(family)
    c = st.socket(family)
    log("new socket", disconnect(c, unspec, 16), state(c))
    c.connect(listener.getsockname()[:2])
    s, _ = listener.accept()
    s.send(b"unread")
    arrived(c, 6)
    log("connected", disconnect(c, unspec, 16), state(c))
    log.attempt("name", c.getpeername)
    readable(s)
    log.attempt("peer", s.recv, 1)
    log.attempt("again", c.connect, listener.getsockname()[:2])
    s2, _ = listener.accept()
    c.send(b"second life")
    log(recv_exactly(s2, 11))
    log("unread text is gone", attempt(c.recv, 10, socket.MSG_DONTWAIT))
    log("listener", disconnect(listener, unspec, 16), state(listener))


@differential("connect without blocking", FAMILIES)
def _(st, log, family):
    listener = st.listener(family)
    c = st.socket(family, socket.SOCK_NONBLOCK)
    first = attempt(c.connect, listener.getsockname()[:2])
    log("first", first)
    log("writable", event_names(poll(c, select.POLLOUT)))
    log("SO_ERROR", c.getsockopt(SOL, socket.SO_ERROR))
    log.attempt("again", c.connect, listener.getsockname()[:2])
    log.attempt("and again", c.connect, listener.getsockname()[:2])
    probe = st.socket(family)
    probe.bind((LOOPBACK[family], 0))
    c = st.socket(family, socket.SOCK_NONBLOCK)
    log.attempt("refused", c.connect, probe.getsockname()[:2])
    log("events", event_names(poll(c, 0x203f)))
    log("SO_ERROR", errno.errorcode.get(c.getsockopt(SOL, socket.SO_ERROR)))
    log("SO_ERROR is taken", c.getsockopt(SOL, socket.SO_ERROR))
    log.attempt("send", c.send, b"x")
    log.attempt("recv", c.recv, 1)


@differential("connect that waits: EINPROGRESS, EALREADY, interrupted, timed out, closed")
def _(st, log):
    full = st.listener(backlog=0)
    fillers = []
    for _ in range(3):          # until SYNs are dropped
        f = st.socket(AF_INET, socket.SOCK_NONBLOCK)
        attempt(f.connect, full.getsockname())
        if poll(f, select.POLLOUT, 0.2):
            fillers.append(f)
    c = st.socket(AF_INET, socket.SOCK_NONBLOCK)
    log.attempt("connect", c.connect, full.getsockname())
    log.attempt("again", c.connect, full.getsockname())
    log(state(c), "events", event_names(poll(c, 0x203f, 0)))
    log.attempt("send", c.send, b"x")
    log.attempt("recv", c.recv, 1)
    log.attempt("getpeername", lambda: c.getpeername()[0])
    log.attempt("listen", c.listen, 1)
    log.attempt("shutdown", c.shutdown, socket.SHUT_WR)
    log(state(c), event_names(poll(c, 0x203f, 0)))

    c = st.socket()
    c.setsockopt(SOL, socket.SO_SNDTIMEO, struct.pack("ll", 0, 200000))
    log.attempt("SO_SNDTIMEO", c.connect, full.getsockname())
    log(state(c))
    log.attempt("again", c.connect, full.getsockname())
    c.close()

    c = st.socket()
    got = []
    old = signal.signal(signal.SIGUSR1, lambda *_: got.append(1))
    me = threading.get_ident()
    connect = _raw_call("connect")
    raw = struct.pack("!2xH4s8x", full.getsockname()[1], socket.inet_aton("127.0.0.1"))
    raw = struct.pack("=H", AF_INET) + raw[2:]
    threading.Timer(0.3, lambda: signal.pthread_kill(me, signal.SIGUSR1)).start()
    log("interrupted", connect(c, raw, 16), state(c))
    threading.Timer(0.3, lambda: signal.pthread_kill(me, signal.SIGUSR1)).start()
    log("again", connect(c, raw, 16), state(c))
    signal.signal(signal.SIGUSR1, old)


@differential("recv interrupted by a signal; SO_RCVTIMEO; SO_SNDTIMEO", FAMILIES)
def _(st, log, family):
    import ctypes
    lib = ctypes.CDLL(None, use_errno=True)
    c, s = st.pair(family)
    old = signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.siginterrupt(signal.SIGUSR1, True)
    me = threading.get_ident()
    buf = ctypes.create_string_buffer(10)
    threading.Timer(0.3, lambda: signal.pthread_kill(me, signal.SIGUSR1)).start()
    n = lib.recv(c.fileno(), buf, 10, 0)
    log("interrupted", n, errno.errorcode[ctypes.get_errno()])
    s.send(b"abc")
    arrived(c, 3)
    threading.Timer(0.3, lambda: signal.pthread_kill(me, signal.SIGUSR1)).start()
    log("WAITALL interrupted: what there is", lib.recv(c.fileno(), buf, 10, socket.MSG_WAITALL))
    signal.signal(signal.SIGUSR1, old)
    c.setsockopt(SOL, socket.SO_RCVTIMEO, struct.pack("ll", 0, 100000))
    log("value", struct.unpack("ll", c.getsockopt(SOL, socket.SO_RCVTIMEO, 16))[0])
    log.attempt("recv", c.recv, 1)
    s.send(b"12")
    arrived(c, 2)
    log.attempt("WAITALL", c.recv, 5, socket.MSG_WAITALL)
    c.setsockopt(SOL, socket.SO_SNDTIMEO, struct.pack("ll", 0, 100000))
    big = bytes(16 << 20)
    n = attempt(c.send, big)
    log("send of much: part of it", isinstance(n, int) and 0 < n < len(big))
    attempt(c.send, big)
    listener = st.listener(family)
    listener.setsockopt(SOL, socket.SO_RCVTIMEO, struct.pack("ll", 0, 100000))
    log.attempt("accept", listener.accept)
    log.attempt("bad timeval", c.setsockopt, SOL, socket.SO_RCVTIMEO,
                struct.pack("ll", 0, 1000000))
    log.attempt("short timeval", c.setsockopt, SOL, socket.SO_RCVTIMEO, b"\0" * 4)


@differential("accept4 flags; options that a child inherits", FAMILIES)
def _(st, log, family):
    import ctypes
    lib = ctypes.CDLL(None, use_errno=True)
    listener = st.listener(family)
    values = [(SOL, socket.SO_KEEPALIVE, 1), (TCP, socket.TCP_NODELAY, 1),
              (SOL, socket.SO_RCVLOWAT, 5), (SOL, socket.SO_PRIORITY, 3),
              (TCP, socket.TCP_KEEPIDLE, 77), (TCP, socket.TCP_KEEPCNT, 7),
              (TCP, socket.TCP_USER_TIMEOUT, 9999), (SOL, socket.SO_RCVBUF, 20000),
              (SOL, socket.SO_SNDBUF, 30000), (SOL, socket.SO_OOBINLINE, 1),
              (SOL, socket.SO_REUSEADDR, 1), (SOL, socket.SO_MARK, 42),
              (TCP, socket.TCP_LINGER2, 9), (TCP, socket.TCP_CORK, 1)]
    if family == AF_INET:
        values += [(socket.IPPROTO_IP, socket.IP_TOS, 0x10), (socket.IPPROTO_IP, socket.IP_TTL, 33)]
    else:
        values += [(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0x10),
                   (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 33)]
    for value in values:
        listener.setsockopt(*value)
    linger = struct.pack("ii", 1, 5)
    listener.setsockopt(SOL, socket.SO_LINGER, linger)
    for flags in (0, socket.SOCK_NONBLOCK, socket.SOCK_CLOEXEC,
                  socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, 1):
        c = st.socket(family)
        c.connect(listener.getsockname()[:2])
        fd = lib.accept4(listener.fileno(), None, None, flags)
        if fd < 0:
            log(flags, errno.errorcode[ctypes.get_errno()])
            continue
        log(flags, fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, fcntl.fcntl(fd, fcntl.F_GETFD))
        child = socket.socket(fileno=fd)
        for level, name, _value in values:
            log(level, name, child.getsockopt(level, name))
        log("linger", child.getsockopt(SOL, socket.SO_LINGER, 8) == linger)
        child.setsockopt(SOL, socket.SO_LINGER, LINGER0)
        child.close()


@differential("listen: twice, other backlog, after close of children", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    log.attempt("unbound", s.listen, 1)
    log("a port was chosen", s.getsockname()[1] > 0)
    log.attempt("again", s.listen, 5)
    c = st.socket(family)
    c.connect((LOOPBACK[family], s.getsockname()[1]))
    a, _ = s.accept()
    log.attempt("a connected one", a.listen, 1)
    log.attempt("-1", s.listen, -1)
    d = st.socket(family)
    d.connect((LOOPBACK[family], s.getsockname()[1]))
    log.attempt("shutdown of a listener", s.shutdown, socket.SHUT_RD)
    log(state(s))
    log.attempt("accept", lambda: (s.setblocking(False), s.accept()))
    log.attempt("listen again", s.listen, 1)
    log(state(s))
    e = st.socket(family)
    log.attempt("connect", e.connect, (LOOPBACK[family], s.getsockname()[1]))


@differential("shutdown wakes a waiting accept", FAMILIES)
def _(st, log, family):
    s = st.listener(family)
    result = []
    t = threading.Thread(target=lambda: result.append(attempt(s.accept)), daemon=True)
    t.start()
    time.sleep(0.3)
    s.shutdown(socket.SHUT_RD)
    t.join(60)
    log(result)


@pairs("shutdown in each way, both ends", FAMILIES)
def _(p, log, family):
    for how in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
        c, s = p.pair(family)
        log.attempt(f"shutdown {how}", c.shutdown, how)
        if how != socket.SHUT_RD:
            readable(s)
            log("peer reads", s.recv(1))
        log.attempt("send", c.send, b"abc")
        log.attempt("recv", c.recv, 1, socket.MSG_DONTWAIT)
        log("events", event_names(poll(c, 0x203f, 0)))
        if how != socket.SHUT_RDWR:
            log.attempt("peer sends", s.send, b"defg")
            time.sleep(0.05)
            log.attempt("recv", c.recv, 10, socket.MSG_DONTWAIT)
        log.attempt("again", c.shutdown, how)
        log.attempt("the rest", c.shutdown, socket.SHUT_RDWR)
        log.attempt("after all", c.shutdown, socket.SHUT_RDWR)


@pairs("text arrives after shutdown(SHUT_RDWR): it is not delivered, the peer is reset or told")
def _(p, log, family):
    c, s = p.pair(family)
    c.shutdown(socket.SHUT_RDWR)
    readable(s)
    log(s.recv(1))
    log.attempt("peer sends", s.send, b"late")
    time.sleep(0.1)
    log("events", event_names(poll(s, 0x203f, 0)))
    log.attempt("recv", c.recv, 10, socket.MSG_DONTWAIT)


@pairs("close with unread text sends RST", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    c.send(b"nobody reads this")
    arrived(s, 17)
    s.close()
    log("events", event_names(poll(c, select.POLLIN | 0x2000)))
    log.attempt("recv", c.recv, 1)
    log.attempt("again", c.recv, 1)
    log.attempt("send", c.send, b"x")
    log("SO_ERROR", c.getsockopt(SOL, socket.SO_ERROR))
    log(state(c))


@pairs("SO_LINGER 0 sends RST, text or none", FAMILIES)
def _(p, log, family):
    for text in (b"", b"text"):
        c, s = p.pair(family)
        if text:
            c.send(text)
            arrived(s, len(text))
        c.setsockopt(SOL, socket.SO_LINGER, LINGER0)
        c.close()
        until(lambda: state(s) == "CLOSED", "RST arrived")
        log("events", event_names(poll(s, 0x203f, 0)))
        log.attempt("recv", s.recv, 10)
        log.attempt("recv", s.recv, 10)
        log.attempt("send", s.send, b"x")


@pairs("SO_LINGER waits until all is acknowledged")
def _(p, log, family):
    c, s = p.pair(family)
    c.setsockopt(SOL, socket.SO_LINGER, struct.pack("ii", 1, 60))
    c.send(b"z" * 100)
    s_name = s.getpeername()
    c.close()
    log("arrived before close returned", inq(s), s_name[0])
    log(len(s.recv(200)), s.recv(1))


@pairs("RST in the middle: what was read, and what comes next", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    c.sendall(b"12345")
    arrived(s, 5)
    log(s.recv(2))
    c.setsockopt(SOL, socket.SO_LINGER, LINGER0)
    c.close()
    until(lambda: state(s) == "CLOSED", "RST")
    log.attempt("getpeername", s.getpeername)
    log.attempt("SO_ERROR", lambda: errno.errorcode[s.getsockopt(SOL, socket.SO_ERROR)])
    log.attempt("recv", s.recv, 10)
    log.attempt("recv", s.recv, 10)
    log.attempt("send", s.send, b"x")
    log.attempt("shutdown", s.shutdown, socket.SHUT_RDWR)


@pairs("writing to a peer that has closed: first succeeds, then EPIPE")
def _(p, log, family):
    c, s = p.pair(family)
    s.close()
    readable(c)
    log.attempt("send", c.send, b"x")
    until(lambda: state(c) == "CLOSED", "RST")
    log("events", event_names(poll(c, 0x203f, 0)))
    log.attempt("send", c.send, b"x")
    log.attempt("send", c.send, b"x")
    log.attempt("recv", c.recv, 1)
    log.attempt("SO_ERROR", c.getsockopt, SOL, socket.SO_ERROR)


@differential("SIGPIPE and MSG_NOSIGNAL")
def _(st, log):
    got = []
    old = signal.signal(signal.SIGPIPE, lambda *_: got.append("SIGPIPE"))
    try:
        c, s = st.pair()
        c.shutdown(socket.SHUT_WR)
        log.attempt("NOSIGNAL", c.send, b"x", socket.MSG_NOSIGNAL)
        log(got)
        log.attempt("without", c.send, b"x")
        until(lambda: got, "SIGPIPE")
        log(got)
        s.close()
    finally:
        signal.signal(signal.SIGPIPE, old)


@pairs("MSG_PEEK, MSG_WAITALL, MSG_DONTWAIT, MSG_TRUNC", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    log.attempt("nothing", s.recv, 5, socket.MSG_DONTWAIT)
    log.attempt("nothing to peek", s.recv, 5, socket.MSG_DONTWAIT | socket.MSG_PEEK)
    c.sendall(b"abcdefgh")
    arrived(s, 8)
    log(s.recv(3, socket.MSG_PEEK), s.recv(20, socket.MSG_PEEK), inq(s))
    log(s.recv(3), s.recv(2, socket.MSG_PEEK))
    log("TRUNC", s.recv_into(bytearray(2), 2, socket.MSG_TRUNC), inq(s))
    log("peek again", s.recv(10, socket.MSG_PEEK))
    log.attempt("WAITALL and DONTWAIT", s.recv, 20, socket.MSG_WAITALL | socket.MSG_DONTWAIT)
    threading.Timer(0.2, lambda: c.sendall(b"67890")).start()
    c.sendall(b"12345")
    log("WAITALL", s.recv(10, socket.MSG_WAITALL))
    c.sendall(b"tail")
    threading.Timer(0.2, lambda: c.shutdown(socket.SHUT_WR)).start()
    log("WAITALL to the end", s.recv(10, socket.MSG_WAITALL), s.recv(1, socket.MSG_PEEK))
    log("WAITALL at the end", s.recv(10, socket.MSG_WAITALL))


@pairs("MSG_PEEK with WAITALL; SO_PEEK_OFF")
def _(p, log, family):
    c, s = p.pair(family)
    c.sendall(b"0123456789")
    arrived(s, 10)
    log("WAITALL PEEK", s.recv(10, socket.MSG_PEEK | socket.MSG_WAITALL))
    log.attempt("SO_PEEK_OFF", s.setsockopt, SOL, 42, 3)
    if attempt(s.getsockopt, SOL, 42) == 3:
        log(s.recv(2, socket.MSG_PEEK), s.recv(2, socket.MSG_PEEK), s.getsockopt(SOL, 42))
        log(s.recv(4), s.getsockopt(SOL, 42), s.recv(2, socket.MSG_PEEK))


@pairs("iovecs: sendmsg gathers, recvmsg scatters; flags and addresses of recvmsg")
def _(p, log, family):
    c, s = p.pair(family)
    log(c.sendmsg([b"one", b"", b"two", b"three" * 1000]))
    arrived(s, 5006)
    a, b, d = bytearray(4), bytearray(3), bytearray(5000)
    n, anc, flags, address = s.recvmsg_into([a, b, d])
    log(n, bytes(a), bytes(b), anc, flags, address)
    log.attempt("sendto with an address", c.sendto, b"x", ("127.0.0.1", 1))
    log.attempt("empty", c.sendmsg, [b""])
    log.attempt("empty recv", s.recv, 0)
    log(s.recv(5))
    c.send(b"q")
    arrived(s, 1)
    data, anc, flags, address = s.recvmsg(10, 100)
    log(data, anc, flags, address)


@pairs("control messages: an unknown level, a known one, timestamps asked for")
def _(p, log, family):
    c, s = p.pair(family)
    log.attempt("SOL_UDP", c.sendmsg, [b"x"], [(17, 1, b"\0\0\0\0")])
    log.attempt("SO_MARK", c.sendmsg, [b"y"], [(SOL, socket.SO_MARK, struct.pack("I", 1))])
    log.attempt("bad SOL_SOCKET", c.sendmsg, [b"z"], [(SOL, 9999, struct.pack("I", 1))])
    log.attempt("IP_TTL", c.sendmsg, [b"w"], [(socket.IPPROTO_IP, socket.IP_TTL,
                                            struct.pack("i", 5))])
    time.sleep(0.05)
    log(s.recv(10))
    s.setsockopt(TCP, socket.TCP_INQ if hasattr(socket, "TCP_INQ") else 36, 1)
    c.send(b"12345678")
    arrived(s, 8)
    data, anc, flags, _ = s.recvmsg(3, 100)
    log(data, anc, flags)


@pairs("bad pointers: EFAULT, and nothing is lost")
def _(p, log, family):
    import ctypes
    lib = ctypes.CDLL(None, use_errno=True)

    def call(func, sock, address, n, flags=0):
        r = func(sock.fileno(), ctypes.c_void_p(address), ctypes.c_size_t(n), flags)
        return r if r >= 0 else errno.errorcode[ctypes.get_errno()]

    c, s = p.pair(family)
    log("send", call(lib.send, c, 8, 100))
    c.send(b"precious")
    arrived(s, 8)
    log("recv", call(lib.recv, s, 8, 100))
    log("still there", s.recv(20))
    log("send from the null page", call(lib.send, c, 0, 10))
    import mmap
    page = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    base = ctypes.addressof(ctypes.c_char.from_buffer(page))
    lib.mprotect(ctypes.c_void_p(base + mmap.PAGESIZE), mmap.PAGESIZE, 0)
    n = call(lib.send, c, base + mmap.PAGESIZE - 10, 20)    # what was good, or nothing
    got = b"" if n == "EFAULT" else recv_exactly(s, n)
    log("send over a hole", n in ("EFAULT", 10), got == bytes(len(got)),
        attempt(s.recv, 20, socket.MSG_DONTWAIT))
    c.sendall(b"a" * 10 + b"b" * 10)
    arrived(s, 20)
    log("recv into a hole", call(lib.recv, s, base + mmap.PAGESIZE - 10, 20))
    log("the rest", len(attempt(s.recv, 40, socket.MSG_DONTWAIT)))
    lib.mprotect(ctypes.c_void_p(base + mmap.PAGESIZE), mmap.PAGESIZE, 3)


@pairs("urgent data: OOB, inline, mark, SIGURG, poll", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    got = []
    old = signal.signal(signal.SIGURG, lambda *_: got.append("SIGURG"))
    fcntl.fcntl(s, fcntl.F_SETOWN, os.getpid())
    log.attempt("no urgent data", s.recv, 1, socket.MSG_OOB)
    c.send(b"abc")
    c.send(b"U", socket.MSG_OOB)
    c.send(b"def")
    log("events", event_names(poll(s, select.POLLPRI)))
    until(lambda: got, "SIGURG")
    arrived(s, 3)               # what is before the mark
    time.sleep(0.1)             # and what is behind it
    log(got, atmark(s), inq(s))
    log("peek", s.recv(1, socket.MSG_OOB | socket.MSG_PEEK))
    log("take", s.recv(1, socket.MSG_OOB))
    log.attempt("take again", s.recv, 1, socket.MSG_OOB)
    log("up to the mark", s.recv(20), "mark", atmark(s))
    log("after it", s.recv(20), "mark", atmark(s))
    s.setsockopt(SOL, socket.SO_OOBINLINE, 1)
    c.send(b"12")
    c.send(b"!", socket.MSG_OOB)
    c.send(b"34")
    arrived(s, 2)
    time.sleep(0.1)
    log.attempt("OOB when inline", s.recv, 1, socket.MSG_OOB)
    log(s.recv(20), atmark(s), s.recv(20), atmark(s))
    c.send(b"x1", socket.MSG_OOB)
    c.send(b"y2", socket.MSG_OOB)
    time.sleep(0.1)
    s.setsockopt(SOL, socket.SO_OOBINLINE, 0)
    log("second replaces the first", s.recv(20), attempt(s.recv, 20, socket.MSG_DONTWAIT),
        attempt(s.recv, 1, socket.MSG_OOB))
    log.attempt("bad flag", c.send, b"", socket.MSG_OOB)
    signal.signal(signal.SIGURG, old)


@pairs("SIOCINQ and SIOCOUTQ count truly")
def _(p, log, family):
    c, s = p.pair(family)
    c.sendall(b"x" * 1000)
    arrived(s, 1000)
    log(inq(s))
    s.recv(300)
    log(inq(s))
    until(lambda: outq(c) == 0, "all acknowledged")
    log(outq(c))
    c.shutdown(socket.SHUT_WR)
    reach(c, "FIN-WAIT-2")
    log("with FIN", inq(s), outq(c))
    s.recv(1000)
    log("at the end", inq(s))


@pairs("MSG_MORE and TCP_CORK hold back, and let go")
def _(p, log, family):
    c, s = p.pair(family)
    c.send(b"a" * 10, socket.MSG_MORE)
    c.send(b"b" * 10)
    log(len(recv_exactly(s, 20)))
    c.setsockopt(TCP, socket.TCP_CORK, 1)
    c.send(b"c" * 10)
    c.send(b"d" * 10)
    log(c.getsockopt(TCP, socket.TCP_CORK))
    c.setsockopt(TCP, socket.TCP_CORK, 0)
    log(len(recv_exactly(s, 20)))
    c.setsockopt(TCP, socket.TCP_CORK, 1)
    c.send(b"e" * 10)
    log("and by itself after a while", len(recv_exactly(s, 10)))
    c.send(b"f" * 10)
    c.close()
    log("close flushes", len(recv_exactly(s, 10)), s.recv(1))


@pairs("SO_RCVLOWAT", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    s.setsockopt(SOL, socket.SO_RCVLOWAT, 10)
    log(s.getsockopt(SOL, socket.SO_RCVLOWAT))
    c.send(b"12345")
    arrived(s, 5)
    log("five", event_names(poll(s, select.POLLIN, 0.3)))
    threading.Timer(0.2, lambda: c.send(b"67890")).start()
    log("ten", event_names(poll(s, select.POLLIN)), s.recv(20))
    c.send(b"abc")
    arrived(s, 3)
    log("DONTWAIT", attempt(s.recv, 20, socket.MSG_DONTWAIT))
    c.send(b"abc")
    c.shutdown(socket.SHUT_WR)
    log("the end counts", event_names(poll(s, select.POLLIN)), s.recv(20))


@pairs("splice and tee flags; sendfile to a closed end")
def _(p, log, family):
    c, s = p.pair(family)
    r, w = os.pipe()
    s.setblocking(False)
    log.attempt("nothing there", os.splice, s.fileno(), w, 100)
    s.setblocking(True)
    c.sendall(b"spliced text")
    arrived(s, 12)
    log.attempt("some", os.splice, s.fileno(), w, 7)
    log(os.read(r, 100))
    log("rest", s.recv(20))
    c.shutdown(socket.SHUT_WR)
    readable(s)
    log.attempt("at the end", os.splice, s.fileno(), w, 100)
    os.write(w, b"back")
    log.attempt("pipe to socket", os.splice, r, s.fileno(), 100)
    log(c.recv(10))
    os.write(w, b"again")
    log.attempt("to a shut end", os.splice, r, c.fileno(), 100)
    os.close(r)
    os.close(w)


@differential("dup, fork and close: the last close ends the connection")
def _(st, log):
    c, s = st.pair()
    d = c.dup()
    c.close()
    d.send(b"still open")
    log(s.recv(20))
    pid = os.fork()
    if pid == 0:
        d.send(b"child")
        os._exit(0)
    os.waitpid(pid, 0)
    log(s.recv(20))
    d.close()
    log(s.recv(1))


@differential("a process killed with connections open: FIN, or RST with unread text")
def _(st, log):
    for unread in (False, True):
        listener = st.listener()
        pid = os.fork()
        if pid == 0:
            c = st.socket()
            c.connect(listener.getsockname())
            c.send(b"up")
            signal.pause()
            os._exit(0)
        s, _ = listener.accept()
        s.recv(2)
        if unread:
            s.send(b"never read")
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        readable(s)
        log.attempt(f"unread={unread}", s.recv, 10)


@differential("close while another thread waits in recv; and in send")
def _(st, log):
    for what in ("recv", "send"):
        c, s = st.pair()
        result = []

        def work(c=c, what=what, result=result):
            if what == "recv":
                result.append(attempt(c.recv, 10))
            else:
                result.append(isinstance(attempt(c.sendall, bytes(16 << 20)), str))
        t = threading.Thread(target=work, daemon=True)
        t.start()
        time.sleep(0.3)
        c.shutdown(socket.SHUT_RDWR)
        t.join(60)
        log(what, result, t.is_alive())
        s.close()


@differential("msg flags that do not belong here", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    c.send(b"abcdef")
    arrived(s, 6)
    log.attempt("ERRQUEUE", s.recv, 1, 0x2000 | socket.MSG_DONTWAIT)
    log.attempt("CMSG_CLOEXEC", s.recv, 1, 0x40000000)
    log.attempt("EOR", c.send, b"x", 0x80)
    log.attempt("CONFIRM", c.send, b"x", 0x800)
    log.attempt("DONTROUTE", c.send, b"x", socket.MSG_DONTROUTE)
    time.sleep(0.05)
    log(s.recv(20))


@differential("ioctl: unknown ones, FIONBIO, FIOASYNC", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    log.attempt("unknown", fcntl.ioctl, c, 0x89FF, bytearray(4))
    log.attempt("terminal", fcntl.ioctl, c, termios.TCGETS, bytearray(64))
    log.attempt("SIOCGIFCONF", fcntl.ioctl, c, 0x8912, bytearray(16))
    fcntl.ioctl(c, 0x5421, struct.pack("i", 1))
    log.attempt("FIONBIO", c.recv, 1)
    log("O_NONBLOCK", bool(fcntl.fcntl(c, fcntl.F_GETFL) & os.O_NONBLOCK))
    got = []
    old = signal.signal(signal.SIGIO, lambda *_: got.append(1))
    fcntl.fcntl(c, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(c, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
    s.send(b"x")
    until(lambda: got, "SIGIO")
    log("SIGIO")
    signal.signal(signal.SIGIO, old)


@differential("fstat, lseek, read and write, fsync, mmap of a socket")
def _(st, log):
    import stat
    c, s = st.pair()
    log(stat.S_ISSOCK(os.fstat(c.fileno()).st_mode))
    log.attempt("lseek", os.lseek, c.fileno(), 0, 0)
    log.attempt("fsync", os.fsync, c.fileno())
    log.attempt("ftruncate", os.ftruncate, c.fileno(), 0)
    log.attempt("write", os.write, c.fileno(), b"by write")
    log.attempt("read", os.read, s.fileno(), 20)
    log.attempt("writev", os.writev, c.fileno(), [b"a", b"b"])
    a, b = bytearray(1), bytearray(5)
    log(os.readv(s.fileno(), [a, b]), bytes(a), bytes(b[:1]))
    log.attempt("pwrite", os.pwrite, c.fileno(), b"x", 0)


@differential("a pair sees ANY, names after shutdown, and after RST", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    s.bind((ANY[family], 0))
    s.listen(1)
    c = st.socket(family)
    c.connect((LOOPBACK[family], s.getsockname()[1]))
    a, _ = s.accept()
    equal(a.getsockname()[0], LOOPBACK[family], "child's name")
    c.shutdown(socket.SHUT_RDWR)
    log.attempt("getpeername", lambda: c.getpeername()[0])
    a.shutdown(socket.SHUT_RDWR)
    until(lambda: state(c) in ("CLOSED", "TIME-WAIT"), "closed")
    log.attempt("after TIME-WAIT began", lambda: c.getpeername()[0])
    log("own", c.getsockname()[0], c.getsockname()[1] > 0)
    log(state(c), state(a))


if __name__ == "__main__":
    main()
