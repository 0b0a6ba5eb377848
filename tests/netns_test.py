#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Namespaces end with connections alive in every state, devices come and go, addresses
and links fail under traffic, and nothing is left behind."""

import os
import select
import socket
import struct
import threading

from atcptest import (ATCP, CLONE_NEWNET, FAMILIES, LINUX, PAIRINGS, SCALE, alone, attempt, equal,
                      errname, fails_with, libc, link_up, main, note, poll, reach, recv_exactly,
                      state, until)
from lab import Cable, Host, Tun, all_rows, run
from traffic import Worker, children, counters, exchange, settle
from wire import ACK, FIN, RST, SYN, Peer

AF_INET, AF_INET6 = FAMILIES
ROUNDS = max(2, int(10 * SCALE))
STATES = ("LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-1",
          "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT")
NUMBER = {"ESTABLISHED": 1, "SYN-SENT": 2, "SYN-RECEIVED": 3, "FIN-WAIT-1": 4, "FIN-WAIT-2": 5,
          "TIME-WAIT": 6, "CLOSE-WAIT": 8, "LAST-ACK": 9, "LISTEN": 10, "CLOSING": 11}


class Place:
    """A namespace with a scripted peer, where connections are brought to any state."""

    def __init__(self):
        self.host = Host()
        self.tun = Tun(self.host)
        self.port = 20000
        self.sockets = []

    def peer(self, family, there):
        self.port += 1
        return Peer(self.tun, family, self.port, there)

    def accepted(self, family, orphan=False):
        """(peer, socket) of an established connection that a listener took."""
        listener = self.host.listener(ATCP, family, self.tun.near[family])
        p = self.peer(family, listener.getsockname()[1])
        p.connect()
        s, _ = listener.accept()
        listener.close()
        if not orphan:
            self.sockets.append(s)
        return p, s

    def reach(self, name, family, orphan=False):
        """Leaves a connection in a state; with orphan nobody has it any more."""
        make = getattr(self, name.replace("-", "_").lower())
        make(family, orphan)

    def listen(self, family, _orphan):
        """With a half-open child, one to be accepted, and one of those with text."""
        listener = self.host.listener(ATCP, family, self.tun.near[family], backlog=10)
        self.sockets.append(listener)
        there = listener.getsockname()[1]
        self.peer(family, there).send(SYN)
        self.peer(family, there).connect()
        p = self.peer(family, there)
        p.connect()
        p.send(ACK, b"early")
        poll(listener, select.POLLIN)

    syn_received = listen

    def syn_sent(self, family, _orphan):
        s = self.host.socket(ATCP, family, socket.SOCK_NONBLOCK)
        fails_with("EINPROGRESS", s.connect, (self.tun.far[family], 5))
        self.sockets.append(s)

    def established(self, family, _orphan):
        """Text waits in both directions, some of it out of order."""
        p, s = self.accepted(family)
        s.send(b"x" * 50000)
        p.send(ACK, b"y" * 1000)
        p.send(ACK, b"gap" * 100, seq=p.seq + 500)

    def fin_wait_1(self, family, orphan):
        _, s = self.accepted(family, orphan)
        s.send(b"x" * 30000)
        self.end(s, orphan)

    def fin_wait_2(self, family, orphan):
        p, s = self.accepted(family, orphan)
        self.end(s, orphan)
        p.find(lambda seg: seg.flags & FIN, "FIN")
        p.send(ACK)

    def closing(self, family, orphan):
        p, s = self.accepted(family, orphan)
        self.end(s, orphan)
        fin = p.find(lambda seg: seg.flags & FIN, "FIN")
        p.send(FIN | ACK, ack=fin.seq)

    def close_wait(self, family, _orphan):
        p, s = self.accepted(family)
        p.send(FIN | ACK)
        reach(s, "CLOSE-WAIT")

    def last_ack(self, family, orphan):
        p, s = self.accepted(family, orphan)
        p.send(FIN | ACK)
        reach(s, "CLOSE-WAIT")
        self.end(s, orphan)

    def time_wait(self, family, orphan):
        p, s = self.accepted(family, orphan)
        self.end(s, orphan)
        p.find(lambda seg: seg.flags & FIN, "FIN")
        p.send(FIN | ACK)

    @staticmethod
    def end(s, orphan):
        if orphan:
            s.close()
        else:
            s.shutdown(socket.SHUT_WR)

    def states(self):
        with self.host:
            return sorted(row[2] for row in all_rows(ATCP))

    def end_host(self):
        self.tun.close()
        self.host.delete()


def gone(name):
    """Whether a namespace's end has been carried out: its cleanup is not instant, but
    a new one is made only after those that wait, so the next waits for it."""
    assert not os.path.exists(f"/run/netns/{name}")


def everything(orphan):
    place = Place()
    want = []
    for family in FAMILIES:
        for name in STATES:
            place.reach(name, family, orphan)
            # What is in LISTEN has a half-open child and two established.
            want += [10, 3, 1, 1] if name in ("LISTEN", "SYN-RECEIVED") else [NUMBER[name]]
    want.sort()
    try:
        until(lambda: place.states() == want)
    except AssertionError:
        raise AssertionError(f"states {place.states()}, expected {want}") from None
    return place


@alone("a namespace ends with sockets closed just before: orphans in every state")
def _():
    for _ in range(ROUNDS):
        place = everything(True)
        for s in place.sockets:
            s.close()
        place.end_host()


@alone("a namespace's name goes while sockets in every state stay open; they close later")
def _():
    for n in range(ROUNDS):
        place = everything(bool(n & 1))
        place.end_host()
        for s in place.sockets:
            s.close()


@alone("sockets of a namespace without a name go on working")
def _():
    for server, client in PAIRINGS:
        cable = Cable()
        c, s = cable.pair(server, client)
        cable.delete()
        exchange(c, s, 100000)
        listener_error = attempt(c.connect, ("127.0.0.1", 1))
        assert listener_error in ("EISCONN", "ECONNREFUSED", "ENETUNREACH"), listener_error
        c.close()
        s.close()


@alone("a process dies with its namespace and connections in every state")
def _():
    def child(_i):
        place = everything(False)
        run("ip", "netns", "del", place.host.name)
        os.kill(os.getpid(), 9)
    for _ in range(max(1, ROUNDS // 3)):
        for pid in children(1, child):
            status = os.waitpid(pid, 0)[1]
            equal(os.WTERMSIG(status), 9, "signal that ended the child")


@alone("unshare, connect over loopback, exit: many processes at once")
def _():
    def child(i):
        for family in FAMILIES:
            if libc.unshare(CLONE_NEWNET):
                raise OSError("unshare")
            link_up("lo")
            pairs = [ATCP.pair(family) for _ in range(3)]
            for c, s in pairs:
                c.send(b"x" * 70000, socket.MSG_DONTWAIT)
                s.send(b"y" * 100)
            pairs[0][0].close()
            pairs[1][1].close()
            pairs[2][1].shutdown(socket.SHUT_WR)
            if i & 1:
                del pairs
    for _ in range(ROUNDS):
        for pid in children(6, child):
            equal(os.waitpid(pid, 0)[1], 0, "status of a child")


@alone("text in flight in a slow qdisc when both namespaces end")
def _():
    for _ in range(ROUNDS):
        cable = Cable()
        sockets = []
        for server, client in PAIRINGS:
            for family in FAMILIES:
                sockets += cable.pair(server, client, family)
        cable.netem("delay", "1s", "limit", "1000")
        for s in sockets:
            s.send(b"x" * 20000, socket.MSG_DONTWAIT)
        for s in sockets[::2]:
            s.close()
        cable.delete()
        for s in sockets[1::2]:
            s.close()


def downloads(cable, size, family=AF_INET):
    """Workers that exchange over the cable, one for each pairing."""
    jobs = []
    for number, (server, client) in enumerate(PAIRINGS):
        c, s = cable.pair(server, client, family)

        def work(c=c, s=s, number=number):
            exchange(c, s, size, number)
            c.close()
            s.close()
        jobs.append(Worker(work))
    return jobs


@alone("links go down and up during transfers")
def _():
    cable = Cable()
    jobs = downloads(cable, max(300000, int(8e6 * SCALE)))
    for n in range(4):
        host = (cable.a, cable.b)[n & 1]
        host.ip(f"link set {cable.device} down", f"link set {cable.device} up")
    for job in jobs:
        job.finish()
    settle((cable.a, cable.b), (ATCP,))
    cable.delete()


@alone("addresses go during transfers, and come back")
def _():
    cable = Cable()
    cable.netem("rate", "20mbit", "limit", "10000")
    jobs = downloads(cable, 200000)
    address = f"{cable.address(cable.b)}/24"
    cable.b.ip(f"addr del {address} dev {cable.device}",
               f"addr add {address} dev {cable.device}")
    for job in jobs:
        job.finish()
    settle((cable.a, cable.b), (ATCP,))
    cable.delete()


@alone("routes go, and others come, during transfers")
def _():
    cable = Cable()
    cable.netem("rate", "20mbit", "limit", "10000")
    jobs = downloads(cable, 200000)
    net = f"10.9.{cable.n}.0/24"
    cable.b.ip(f"route del {net} dev {cable.device}",
               f"route add {net} dev {cable.device} mtu 900")
    cable.a.ip(f"route replace {net} dev {cable.device} mtu 800")
    for job in jobs:
        job.finish()
    settle((cable.a, cable.b), (ATCP,))
    cable.delete()


@alone("a device is deleted under connections; another takes its place")
def _():
    cable = Cable()
    ends = [cable.pair(server, client) for server, client in PAIRINGS]
    for c, s in ends:
        c.send(b"x" * 60000, socket.MSG_DONTWAIT)
    cable.a.ip(f"link del {cable.device}")
    for c, s in ends:
        attempt(s.send, b"y" * 5000)
    again = Cable(cable.a, cable.b)
    for host, last in ((cable.a, 1), (cable.b, 2)):
        host.ip(f"addr add 10.9.{cable.n}.{last}/24 dev {again.device}")
    for c, s in ends:
        c.shutdown(socket.SHUT_WR)
        n = 0
        while True:
            part = s.recv(1 << 16)
            if not part:
                break
            n += len(part)
        assert n >= 2000 and set(part) <= {120}, n
        s.close()
        c.close()
    cable.delete()


@alone("a device moves to another namespace under connections")
def _():
    cable, other = Cable(), Host()
    ends = [cable.pair(server, client, family) for server, client in PAIRINGS
            for family in FAMILIES]
    for c, s in ends:
        c.send(b"x" * 60000, socket.MSG_DONTWAIT)
    cable.b.ip(f"link set {cable.device} netns {other.name}")
    for c, s in ends:
        attempt(c.send, b"y" * 100)
        c.close()
        s.close()
    cable.delete()
    other.delete()


@alone("a socket bound to a device that goes")
def _():
    for family in FAMILIES:
        cable = Cable()
        dev = (socket.SOL_SOCKET, socket.SO_BINDTODEVICE, cable.device.encode())
        listener = cable.a.listener(ATCP, family, options=[dev],
                                    address=cable.address(cable.a, family))
        c = cable.b.socket(ATCP, family)
        c.setsockopt(*dev)
        c.connect(listener.getsockname()[:2])
        s, _ = listener.accept()
        c.send(b"x" * 1000)
        cable.b.ip(f"link del {cable.device}")
        attempt(c.send, b"y" * 1000)
        equal(recv_exactly(s, 1000), b"x" * 1000, "text")
        equal(state(c), "ESTABLISHED", "state")
        c.close()
        s.close()
        listener.close()
        cable.delete()


@alone("counters come back to zero when all has ended")
def _():
    place = Place()
    host = place.host
    host.sysctl("atcp/msl_ms", 50)
    host.sysctl("atcp/fin_timeout", 1)
    host.sysctl("atcp/keepalive_time", 1)
    for family in FAMILIES:
        for name in STATES:
            place.reach(name, family, False)
    assert counters(host)["CurrEstab"] > 0
    for s in place.sockets:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    with host:
        until(lambda: not all_rows(ATCP), "no connection is left")
    equal(counters(host)["CurrEstab"], 0, "CurrEstab")
    # A port that anything still held could not be bound by the kernel's TCP.
    for family in FAMILIES:
        for s in place.sockets:
            s = host.listener(LINUX, family, place.tun.near[family])
            s.close()
    place.end_host()


@alone("connections in one namespace are not seen from another")
def _():
    one, two = Host(), Host()
    listener = one.listener(ATCP, port=4444)
    c = two.socket(ATCP)
    equal(attempt(c.connect, ("127.0.0.1", 4444)), "ECONNREFUSED", "connect elsewhere")
    other = two.listener(ATCP, port=4444)
    d = two.socket(ATCP)
    d.connect(("127.0.0.1", 4444))
    other.accept()[0].close()
    fails_with("EAGAIN", lambda: (listener.setblocking(False), listener.accept()))
    with one:
        equal(len(all_rows(ATCP)), 1, "sockets of the one")
    for s in (listener, c, other, d):
        s.close()
    one.delete()
    two.delete()


@alone("the same two ends in many namespaces: text stays in each")
def _():
    hosts, ends = [Host() for _ in range(4)], []
    for host in hosts:
        listener = host.listener(ATCP, port=4445)
        c = host.socket(ATCP)
        c.bind(("127.0.0.1", 5555))
        c.connect(("127.0.0.1", 4445))
        ends.append((c, listener.accept()[0]))
        listener.close()
    for number, (c, s) in enumerate(ends):
        c.sendall(bytes([number]) * 1000)
        s.sendall(bytes([100 + number]) * 1000)
    for number, (c, s) in enumerate(ends):
        equal(recv_exactly(s, 1000), bytes([number]) * 1000, "to the server")
        equal(recv_exactly(c, 1000), bytes([100 + number]) * 1000, "to the client")
        c.close()
        equal(s.recv(1), b"", "end")
        s.close()
    for host in hosts:
        host.delete()


@alone("namespaces end while others are made and used, from many threads")
def _():
    def work(seed):
        for n in range(ROUNDS):
            host = Host()
            with host:
                c, s = ATCP.pair(FAMILIES[(n + seed) & 1])
            c.send(b"x" * 50000, socket.MSG_DONTWAIT)
            if n & 1:
                s.close()
            host.delete()
            if n & 2:
                c.close()
                s.close()
    jobs = [Worker(work, seed) for seed in range(4)]
    for job in jobs:
        job.finish()


@alone("no namespace of a test is left, once all sockets are closed")
def _():
    import gc
    gc.collect()
    names = [n for n in os.listdir("/run/netns") if n.startswith(f"t{os.getpid()}-")]
    if names:
        note(f"left after cases that failed: {names}")
        for n in names:
            run("ip", "netns", "del", n)
    # The cleanup worker has done its work when a device that went with one is gone.
    host = Host()
    run("ip", "link", "add", "mark0", "type", "veth", "peer", "name", "mark0", "netns", host.name)
    host.delete()
    until(lambda: "mark0" not in run("ip", "link"), "namespaces are cleaned up")


if __name__ == "__main__":
    main()
