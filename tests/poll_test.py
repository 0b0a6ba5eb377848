#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""poll, select and epoll, level and edge triggered: which events come, and when."""

import select
import socket
import struct
import threading
import time

from atcptest import (FAMILIES, attempt, differential, event_names, main, pairs, poll, reach,
                      readable, recv_exactly, send_all, state, until)

AF_INET, AF_INET6 = FAMILIES
ALL = select.POLLIN | select.POLLPRI | select.POLLOUT | select.POLLRDHUP
EPOLLALL = select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT | select.EPOLLRDHUP


def events(s):
    return event_names(poll(s, ALL, 0))


def fill(s):
    """Sends until the socket takes no more; how much it took."""
    s.setblocking(False)
    n = idle = 0
    while idle < 10:
        try:
            n += s.send(b"f" * 65536)
            idle = 0
        except BlockingIOError:
            idle += 1
            time.sleep(0.03)
    s.setblocking(True)
    return n


@pairs("events through a connection's life", FAMILIES)
def _(p, log, family):
    listener = p.server.listener(family)
    log("listener", events(listener))
    c = p.client.socket(family)
    log("new", events(c))
    c.connect(listener.getsockname()[:2])
    log("listener, one waits", event_names(poll(listener, ALL)))
    s, _ = listener.accept()
    log("listener, none waits", events(listener))
    log("connected", events(c), events(s))
    c.send(b"x")
    readable(s)
    log("text", events(s))
    s.recv(10)
    log("read", events(s))
    c.shutdown(socket.SHUT_WR)
    readable(s)
    log("FIN came", events(s))
    reach(c, "FIN-WAIT-2")
    log("FIN sent", events(c))
    s.shutdown(socket.SHUT_WR)
    until(lambda: state(s) == "CLOSED", "closed")
    readable(c)
    log("both", events(c), events(s))


@pairs("RST: ERR and HUP", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    until(lambda: state(c) == "CLOSED", "RST")
    log(events(c))
    log(attempt(c.recv, 1), events(c), attempt(c.recv, 1))


@pairs("not writable when full, writable again when drained", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    n = fill(c)
    log("full", events(c))
    got = len(recv_exactly(s, n))
    log("drained", got == n, event_names(poll(c, select.POLLOUT)))
    fill(c)
    c.shutdown(socket.SHUT_WR)
    log("full, and ended", events(c))


@pairs("not writable before any call failed: who waits is told when it is", FAMILIES)
def _(p, log, family):
    small = [(socket.SOL_SOCKET, name, 8192) for name in (socket.SO_RCVBUF, socket.SO_SNDBUF)]
    c, s = p.pair(family, options=small)
    n = 0
    while poll(c, select.POLLOUT, 0.3):
        n += c.send(b"f" * 500)
    told = []
    waiting = select.poll()
    waiting.register(c, select.POLLOUT)
    t = threading.Thread(target=lambda: told.extend(waiting.poll()), daemon=True)
    t.start()
    time.sleep(0.1)
    recv_exactly(s, n)
    t.join(60)
    log(n > 0, [event_names(mask) for _, mask in told])


@differential("nothing to be told of while a connection opens", FAMILIES)
def _(st, log, family):
    listener = st.listener(family, backlog=0)
    opening = []
    while len(opening) < 4:             # more than its queue has places
        opening.append(st.socket(family, socket.SOCK_NONBLOCK))
        attempt(opening[-1].connect, listener.getsockname()[:2])
    log(state(opening[-1]), events(opening[-1]))


@pairs("select")
def _(p, log, family):
    c, s = p.pair(family)
    log([len(x) for x in select.select([c, s], [c, s], [c, s], 0)])
    c.send(b"!", socket.MSG_OOB)
    poll(s, select.POLLPRI)
    time.sleep(0.05)
    log([len(x) for x in select.select([c, s], [], [c, s], 0)])


@pairs("epoll, level: again and again until read", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    ep = select.epoll()
    ep.register(s, select.EPOLLIN)
    log("quiet", ep.poll(0))
    c.send(b"abc")
    for _ in range(3):
        log([event_names(e) for _, e in ep.poll(30)])
    s.recv(10)
    log("read", ep.poll(0))


@pairs("epoll, edge: once for each arrival", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    ep = select.epoll()
    ep.register(s, select.EPOLLIN | select.EPOLLET)
    log("quiet", ep.poll(0.05))
    c.send(b"abc")
    log([event_names(e) for _, e in ep.poll(30)])
    log("no new text", ep.poll(0.1))
    s.recv(1)
    log("still none", ep.poll(0.1))
    c.send(b"d")
    log([event_names(e) for _, e in ep.poll(30)])
    log(s.recv(10))
    c.shutdown(socket.SHUT_WR)
    log([event_names(e) for _, e in ep.poll(30)])
    log("no more", ep.poll(0.1))


@pairs("epoll, edge: writable once more after being full", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    ep = select.epoll()
    ep.register(c, select.EPOLLOUT | select.EPOLLET)
    log([event_names(e) for _, e in ep.poll(30)])
    log("once", ep.poll(0.1))
    n = fill(c)
    ep.poll(0)
    t = threading.Thread(target=recv_exactly, args=(s, n), daemon=True)
    t.start()
    log([event_names(e) for _, e in ep.poll(30)])
    t.join()


@pairs("epoll, one shot")
def _(p, log, family):
    c, s = p.pair(family)
    ep = select.epoll()
    ep.register(s, select.EPOLLIN | select.EPOLLONESHOT)
    c.send(b"a")
    log([event_names(e) for _, e in ep.poll(30)])
    log("spent", ep.poll(0.1))
    ep.modify(s, select.EPOLLIN | select.EPOLLONESHOT)
    log([event_names(e) for _, e in ep.poll(30)])


@differential("epoll: connect without blocking, success and refusal", FAMILIES)
def _(st, log, family):
    listener = st.listener(family)
    c = st.socket(family, socket.SOCK_NONBLOCK)
    ep = select.epoll()
    ep.register(c, EPOLLALL | select.EPOLLET)
    log("new", [event_names(e) for _, e in ep.poll(0)])
    log(attempt(c.connect, listener.getsockname()[:2]))
    log([event_names(e) for _, e in ep.poll(30)])
    probe = st.socket(family)
    probe.bind(("127.0.0.1" if family == AF_INET else "::1", 0))
    d = st.socket(family, socket.SOCK_NONBLOCK)
    log(attempt(d.connect, probe.getsockname()[:2]))
    log(event_names(poll(d, ALL)))


@differential("epoll of a listener: one event for each that waits")
def _(st, log):
    listener = st.listener()
    listener.setblocking(False)
    ep = select.epoll()
    ep.register(listener, select.EPOLLIN | select.EPOLLET)
    ends = []
    for i in range(3):
        c = st.socket()
        c.connect(listener.getsockname())
        log(i, [event_names(e) for _, e in ep.poll(30)])
        ends.append((c, listener.accept()))
    log("none waits", attempt(listener.accept), ep.poll(0.1))


@pairs("wake of a thread that waits in poll: text, FIN, RST")
def _(p, log, family):
    for how in ("text", "FIN", "RST"):
        c, s = p.pair(family)
        result = []
        t = threading.Thread(target=lambda s=s, r=result: r.append(poll(s, ALL & ~select.POLLOUT)),
                             daemon=True)
        t.start()
        time.sleep(0.1)
        if how == "text":
            c.send(b"x")
        elif how == "FIN":
            c.shutdown(socket.SHUT_WR)
        else:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.close()
        t.join(60)
        log(how, [event_names(e) for e in result])


@pairs("shutdown at this end: RDHUP and HUP", FAMILIES)
def _(p, log, family):
    for how in (socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR):
        c, s = p.pair(family)
        c.shutdown(how)
        log(how, events(c))
        s.close()


@pairs("EPOLLEXCLUSIVE and many waiters: each arrival is taken once")
def _(p, log, family):
    listener = p.server.listener(family)
    listener.setblocking(False)
    taken, stop = [], threading.Event()

    def wait():
        ep = select.epoll()
        ep.register(listener, select.EPOLLIN | select.EPOLLEXCLUSIVE)
        while not stop.is_set():
            if ep.poll(0.2):
                try:
                    taken.append(listener.accept()[0])
                except BlockingIOError:
                    pass

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(4)]
    for t in threads:
        t.start()
    clients = []
    for _ in range(20):
        c = p.client.socket(family)
        c.connect(listener.getsockname())
        clients.append(c)
    until(lambda: len(taken) == 20, "all accepted")
    stop.set()
    for t in threads:
        t.join()
    send_all(clients[0], b"x")
    log(len(taken))


if __name__ == "__main__":
    main()
