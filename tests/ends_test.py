#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""How a connection ends: shutdown, close and abort at either end, by whomever, and what calls
say then; the same as with the kernel's TCP."""

import errno
import os
import select
import signal
import socket
import struct
import threading
import time

from atcptest import (ANY, FAMILIES, LOOPBACK, attempt, differential, equal, event_names, main,
                      pairs, poll, readable, state, until)
from queues import arrived, inq

SOL = socket.SOL_SOCKET
LINGER0 = struct.pack("ii", 1, 0)


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
