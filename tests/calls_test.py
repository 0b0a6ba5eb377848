#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""Every call on a socket, in every state it can be in, with every flag: the same
results and the same errno as the kernel's TCP gives.  Text and the end of it have files
of their own: messages_test.py and ends_test.py."""

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

from atcptest import (FAMILIES, LOOPBACK, attempt, differential, event_names, main, poll, readable,
                      recv_exactly, state, until)
from queues import arrived, atmark, inq, outq

AF_INET, AF_INET6 = FAMILIES
SOL, TCP = socket.SOL_SOCKET, socket.IPPROTO_TCP
LINGER0 = struct.pack("ii", 1, 0)


def raw_call(name):
    """bind() or connect() with an address as raw octets."""
    import ctypes
    lib = ctypes.CDLL(None, use_errno=True)

    def call(s, raw, length):
        result = getattr(lib, name)(s.fileno(), raw, length)
        return "ok" if result == 0 else errno.errorcode[ctypes.get_errno()]
    return call


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
    libc_bind = raw_call("bind")
    log("short", libc_bind(s, b"\x02\0\0\0", 4))
    log("other family", libc_bind(s, struct.pack("=H26x", 99), 28))
    log("AF_UNSPEC, any", libc_bind(s, struct.pack("=H26x", 0), 28 if family == AF_INET6 else 16))
    d.close()


@differential("connect: twice, after failure, to bad addresses", FAMILIES)
def _(st, log, family):
    listener = st.listener(family)
    there = listener.getsockname()[:2]
    c = st.socket(family)
    log.attempt("connect", c.connect, there)
    log.attempt("again", c.connect, there)
    log.attempt("a listener", listener.connect, there)
    bad = st.socket(family)
    connect = raw_call("connect")
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
    disconnect = raw_call("connect")
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
    connect = raw_call("connect")
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


if __name__ == "__main__":
    main()
