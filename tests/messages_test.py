#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""Sending and receiving: every flag, gathered and scattered, urgent, held back, spliced; the
same results and errno as with the kernel's TCP."""

import errno
import fcntl
import os
import select
import signal
import socket
import struct
import threading
import time

from atcptest import (FAMILIES, attempt, differential, event_names, main, pairs, poll, reach,
                      readable, recv_exactly, until)
from queues import arrived, atmark, inq, outq

SOL, TCP = socket.SOL_SOCKET, socket.IPPROTO_TCP


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


if __name__ == "__main__":
    main()
