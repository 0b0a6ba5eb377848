#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Storms of anything at all, through TUN, while threads make calls: whatever becomes of the
connections, what was read is a true piece of what was sent, the edges taken are legal and add
up, and everything can be closed."""

import errno
import random
import socket
import struct
import threading
import time

from atcptest import (AF_INET, AF_INET6, ATCP, CLONE_NEWNET, FAMILIES, FAMILY_NAME, alone, attempt,
                      equal, libc, main, note, until)
from lab import all_rows
from sky import SEED, SEGMENTS, WILD, Sky, edges_add_up, end_all, nothing_left, ports, sky
from storm import Reader, Remote, Storm, icmp_packet, text
from wire import ACK, FIN, MOD, RST, SYN, Segment, ip_packet, options

# What a call may say after a storm: an end by the peer, by ICMP, or not yet.
LEGAL = {getattr(errno, n) for n in (
    "EAGAIN", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED", "ENOTCONN", "EHOSTUNREACH",
    "ENETUNREACH", "EINPROGRESS", "EALREADY", "EISCONN", "EPROTO", "ENOPROTOOPT", "EHOSTDOWN",
    "ENONET", "EACCES", "EOPNOTSUPP", "EMSGSIZE", "EADDRNOTAVAIL", "ECONNABORTED", "EINVAL",
    "ENOBUFS")}


class User(threading.Thread):
    """Makes calls, one connection after the other, until told to stop."""

    def __init__(self, place, family, seed, listener=None):
        super().__init__(daemon=True)
        self.sky, self.family, self.rng = place, family, random.Random(seed)
        self.listener = listener
        self.stop = False
        self.failure = None
        self.lives = self.octets = 0

    def run(self):
        try:
            assert not libc.setns(self.sky.host.fd, CLONE_NEWNET), "setns"
            while not self.stop:
                s = self.open()
                if s is not None:
                    self.lives += 1
                    self.live(s)
                    s.close()
        except BaseException as e:      # pylint: disable=broad-except
            self.failure = e

    def open(self):
        try:
            if self.listener is not None:
                s, _ = self.listener.accept()
                return s
            s = ATCP.socket(self.family, self.rng.choice((0, socket.SOCK_NONBLOCK)))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 30000))
            self.attempt(s.connect, (self.sky.tun.far[self.family], self.rng.randrange(100, 140)))
            return s
        except OSError as e:
            assert e.errno is None or e.errno in LEGAL, e
            return None

    @staticmethod
    def attempt(func, *args):
        try:
            return func(*args)
        except OSError as e:
            assert e.errno is None or e.errno in LEGAL, e
            return None

    def live(self, s):
        rng, reader, given = self.rng, Reader(), 0
        wait = struct.pack("ll", 0, rng.choice((1000, 20000)))
        s.settimeout(None if rng.random() < 0.7 else 0)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
        for _ in range(rng.randrange(2, 40)):
            time.sleep(0.002)           # let the storm come
            what = rng.randrange(14)
            if what < 4:
                given += self.attempt(s.send, text(given, rng.choice((1, 100, 5000, 60000)))) or 0
            elif what < 8:
                flags = rng.choice((0, 0, socket.MSG_DONTWAIT, socket.MSG_WAITALL))
                data = self.attempt(s.recv, rng.choice((1, 100, 70000)), flags)
                reader.take(data or b"")
            elif what == 8:
                self.attempt(s.recv, 100, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            elif what == 9:
                self.attempt(s.getsockopt, socket.IPPROTO_TCP, socket.TCP_INFO, 256)
                s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            elif what == 10:
                level, name, value = rng.choice((
                    (6, socket.TCP_NODELAY, rng.randrange(2)), (6, socket.TCP_CORK, rng.randrange(2)),
                    (6, socket.TCP_KEEPIDLE, 1), (1, socket.SO_KEEPALIVE, 1),
                    (6, socket.TCP_USER_TIMEOUT, 500), (1, socket.SO_RCVBUF, rng.choice((2000, 99999))),
                    (1, socket.SO_SNDBUF, rng.choice((4000, 99999))), (6, socket.TCP_MAXSEG, 700),
                    (6, socket.TCP_LINGER2, rng.choice((-1, 1))), (1, socket.SO_RCVLOWAT, 50)))
                self.attempt(s.setsockopt, level, name, value)
            elif what == 11:
                select_events(s)
            elif what == 12 and rng.random() < 0.4:
                self.attempt(s.shutdown, rng.randrange(3))
            elif what == 13 and rng.random() < 0.15:
                break
        self.octets += reader.total
        if rng.random() < 0.3:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def select_events(s):
    import select
    p = select.poll()
    p.register(s, select.POLLIN | select.POLLOUT | select.POLLPRI | select.POLLRDHUP)
    p.poll(1)


class Chaos:
    """The other ends of all connections: sometimes sensible, sometimes not."""

    def __init__(self, place, families, rng, ports):
        self.sky, self.families, self.rng, self.ports = place, families, rng, ports
        self.remotes = {}
        self.recent = []

    def remote(self, family, port, there):
        key = (family, port, there)
        if key not in self.remotes:
            while len(self.remotes) >= 60:
                del self.remotes[next(iter(self.remotes))]
            p = Remote(self.sky.tun, family, port, there, iss=self.rng.getrandbits(32))
            self.remotes[key] = Storm(self.rng, p, "ESTABLISHED")
        return self.remotes[key]

    def knock(self):
        """A new SYN for a listener, from a port that may have been used."""
        family, there = self.rng.choice(self.ports)
        port = self.rng.randrange(5000, 5200)
        self.remotes.pop((family, port, there), None)
        storm = self.remote(family, port, there)
        p = storm.p = storm.remote
        p.send(SYN, opts=self.rng.choice((b"", options(mss=1460), options(
            mss=1400, wscale=7, sack_ok=True))))
        storm.taken = storm.remote.seq

    def answer(self, seg):
        """What a peer in its right mind does, most of the time."""
        rng = self.rng
        storm = self.remote(seg.family, seg.dport, seg.sport)
        p = storm.remote
        if seg.flags & RST:
            return
        if seg.flags & ACK and (seg.ack - storm.taken) % MOD < 1 << 31:
            storm.taken = seg.ack
        if seg.flags & SYN:
            p.irs, p.ack = seg.seq, (seg.seq + 1) % MOD
        elif seg.seq == p.ack or rng.random() < 0.2:
            p.ack = seg.end
        if rng.random() < 0.35:
            return
        if seg.flags & SYN and not seg.flags & ACK:
            p.seq = p.iss
            flags = SYN | ACK if rng.random() < 0.8 else SYN
            p.send(flags, opts=options(mss=1460), seq=p.iss)
            p.seq = (p.iss + 1) % MOD
        elif seg.end != seg.seq:
            p.send(ACK, window=rng.choice((65535, 65535, 65535, 10000, 0)))

    def step(self):
        rng = self.rng
        for seg in self.sky.watch.drain():
            self.answer(seg)
        if rng.random() < 0.08 or not self.remotes:
            self.knock()
            return
        storm = rng.choice(list(self.remotes.values()))
        p, what = storm.remote, rng.random()
        if what < 0.3:
            p.say(rng.choice((1, 100, 1400)))
        elif what < 0.33:
            p.send(FIN | ACK)
        elif what < 0.34:
            p.send(RST, seq=storm.taken)
        elif what < 0.40:
            self.send(storm.icmp(harmless=False))
        elif what < 0.45:
            self.send(storm.aggregate())
        else:
            self.send(storm.any())

    def send(self, packets):
        for packet, header in packets:
            self.sky.tun.send(packet, header)


def wild_storm(families, napi, steps):
    rng = random.Random(f"{SEED} {families} {napi}")
    place = Sky(napi)
    listeners, users = [], []
    for family in families:
        listener, port = place.listener(family, 3)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 50000))
        listeners.append((listener, (family, port)))
        users += [User(place, family, rng.random(), listener), User(place, family, rng.random())]
    for user in users:
        user.start()
    chaos = Chaos(place, families, rng, [x[1] for x in listeners])
    for i in range(steps):
        chaos.step()
        if i % 64 == 0:
            failures = [u.failure for u in users if u.failure]
            if failures:
                raise failures[0]
            time.sleep(0.001)
    for user in users:
        user.stop = True
    for user in users:
        until(lambda u=user: chaos.step() or not u.is_alive(), "a call's return")
        if user.failure:
            raise user.failure
    for listener, _ in listeners:
        listener.close()
    end_all(place)
    note(f"{sum(u.lives for u in users)} connections, {sum(u.octets for u in users)} octets read, "
         f"{place.watch.seen} segments seen")
    assert sum(u.lives for u in users) > 3, "hardly anything happened"
    edges_add_up(place)
    if ATCP.is_atcp:
        taken = [e for e, n in place.fsm().items() if sum(n)]
        note(f"{len(taken)} of {len(place.fsm())} edges taken")
    place.tun.close()
    place.host.delete()


for _families in ((AF_INET,), (AF_INET6,)):
    alone(f"a storm of anything, with calls meanwhile, {FAMILY_NAME[_families[0]]}")(
        lambda f=_families: wild_storm(f, False, WILD))
alone("a storm of anything, both families, received through NAPI and GRO")(
    lambda: wild_storm(FAMILIES, True, WILD))


@alone("random octets, and ICMP of every kind, at no connection in particular")
def _():
    place, rng = sky(), random.Random(f"{SEED} octets")
    for family in FAMILIES:
        p = place.remote(family, 7, rng)
        for _ in range(SEGMENTS):
            body = rng.randbytes(rng.randrange(60))
            place.tun.send(ip_packet(family, p.address, p.near, rng.choice((6, 6, 1, 58, 44, 0, 60)),
                                     body))
            place.tun.send(icmp_packet(rng, p, rng.randbytes(rng.randrange(100))))
        place.watch.drain()


# [R4987-SYNCACHE]
@alone("a flood of SYNs: half-open connections and the queue are bounded, and then a peer gets in")
def _():
    for family in FAMILIES:
        flood(family)


def counter(place, name):
    names, values = [line.split() for line in
                     place.host.read("/proc/net/atcp_netstat").splitlines()]
    return int(values[names.index(name)])


def flood(family, most=32, backlog=4):
    place, rng = Sky(), random.Random(f"{SEED} flood {family}")
    if ATCP.is_atcp:
        place.host.sysctl("atcp/max_syn_backlog", most)
        place.host.sysctl("atcp/syncookies", 0)
    listener, port = place.listener(family, backlog)
    remotes = {}

    def states():
        with place.host:
            return [r[2] for r in all_rows(ATCP) if r[0][1] == port]
    for i in range(SEGMENTS * 2):
        p = remotes[1024 + i] = Remote(place.tun, family, 1024 + i, port, iss=rng.getrandbits(32))
        p.send(SYN, opts=options(mss=1460))
        if i % 16 == 0:
            remotes.update((g.dport, g) for g in place.watch.drain() if g.flags == SYN | ACK)
    found = states()
    assert 0 < found.count(3) <= most, f"{found.count(3)} half-open"
    remotes.update((g.dport, g) for g in place.watch.drain() if g.flags == SYN | ACK)
    answered = [g for g in remotes.values() if isinstance(g, Segment)]
    for seg in answered:
        p = Remote(place.tun, family, seg.dport, port, iss=seg.ack)
        p.send(ACK, ack=seg.seq + 1)
    equal(states().count(1), backlog + 1, "how many wait to be accepted")
    if ATCP.is_atcp:
        for name in ("TCPReqQFullDrop", "ListenOverflows"):
            assert counter(place, name) > 0, f"nothing was dropped: {name}"
    # Those that flooded go away; one in its right mind is served.
    end_all(place)
    p = Remote(place.tun, family, 60000, port, iss=1)
    listener.setblocking(False)
    while attempt(listener.accept) != "EAGAIN":
        pass
    listener.setblocking(True)
    p.connect()
    s, peer = listener.accept()
    equal(peer[1], 60000, "who got in")
    p.say(1000)
    reader = Reader(p.iss + 1)
    while reader.total < 1000:
        reader.take(s.recv(4096))
    s.close()
    listener.close()
    end_all(place)
    edges_add_up(place)
    place.tun.close()
    place.host.delete()


@alone("after all storms nothing is left, each state was left as often as entered, and the module unloads")
def _():
    nothing_left()


if __name__ == "__main__":
    note(f"ATCP_SEED={SEED}")
    main()
