#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""A storm of random and mutated segments at every state, through TUN.

Harmless storms first: segments outside the window, with false acknowledgments,
broken checksums, lengths and options, true text in any order, forged ICMP errors.
None may move the state, and the connection then goes its way with its text whole.
Then storms of anything at all, while threads make calls: whatever becomes of the
connections, what was read is a true piece of what was sent, the edges taken are
legal and add up, and everything can be closed.

ATCP_SEED=N repeats the segments of a run (the threads' timing aside).
"""

import errno
import itertools
import os
import random
import socket
import struct
import threading
import time

import lab
from atcptest import (AF_INET, AF_INET6, ANY, ATCP, CLONE_NEWNET, FAMILIES, FAMILY_NAME, GUEST, Skip,
                      alone, attempt, equal, hang_limit, libc, main, note, until)
from lab import Host, all_rows
from storm import Reader, Remote, Storm, VnetTun, Watch, icmp_packet, text
from wire import ACK, FIN, MOD, PSH, RST, SYN, TS, Segment, ip_packet, options

SEED = int(os.environ.get("ATCP_SEED", random.SystemRandom().randrange(1 << 32)))
# Segments a case; emulation with every check on is slow.
SEGMENTS = {"debug": 40, "uml-debug": 200, "debian-6.12": 120, "debian-6.1": 120}.get(GUEST, 300)
WILD = SEGMENTS * (3 if GUEST == "debug" else 8)
STATES = ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2",
          "CLOSING", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK")
NUMBER = {"ESTABLISHED": 1, "SYN-SENT": 2, "SYN-RECEIVED": 3, "FIN-WAIT-1": 4, "FIN-WAIT-2": 5,
          "TIME-WAIT": 6, "CLOSE-WAIT": 8, "LAST-ACK": 9, "LISTEN": 10, "CLOSING": 11}
# The kernel's TCP puts true text aside for 15 minutes; ours too: all of it is sent again.
TRANSFER = 200000

_ports = itertools.count(2000)


class Sky:
    """The host under the storm, and the device through which it comes."""

    def __init__(self, napi=False):
        self.host = Host()
        self.tun = VnetTun(self.host, napi=napi)
        time.sleep(0.05)
        self.watch = Watch(self.tun)
        self.watch.drain()

    def listener(self, family, backlog=16):
        port = next(_ports)
        return self.host.listener(ATCP, family, ANY[family], port, backlog,
                                  options=[(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1),
                                           (socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)]), port

    def remote(self, family, there, rng):
        return Remote(self.tun, family, 9000 + next(_ports) % 20000, there,
                      iss=rng.getrandbits(32))

    def rows(self, p):
        with self.host:
            return [r[2] for r in all_rows(ATCP) if r[0][1] == p.there and
                    r[1][1] in ((0,) if p.port is None else (p.port,))]

    def fsm(self):
        text_of = self.host.read("/proc/net/atcp_fsm").splitlines()[1:]
        return {(w[0], w[1]): [int(n) for n in w[2:5]] for w in map(str.split, text_of)}


SKY = []


def sky():
    if not SKY:
        SKY.append(Sky())
    return SKY[0]


# --- one connection in the state wanted ------------------------------------------------


class Subject:
    """A connection (or what there is instead of one) under a storm."""

    def __init__(self, family, state, rng, full):
        self.sky, self.family, self.state = sky(), family, state
        self.opts = options(mss=1460, wscale=7, sack_ok=True, ts=(5000, 0)) if full else None
        self.s = self.listener = None
        self.said = 0                   # octets of ours that the peer has
        self.given = 0                  # octets that the user has sent
        self.p = None
        self.known = None
        getattr(self, state.lower().replace("-", "_"))(rng)
        self.reader = Reader(self.p.iss + 1)

    def open_passive(self, rng):
        self.listener, port = self.sky.listener(self.family)
        self.p = self.sky.remote(self.family, port, rng)
        self.p.connect(self.opts)
        self.s, _ = self.listener.accept()
        self.listener.close()

    def open_active(self, rng):
        self.s = self.sky.host.socket(ATCP, self.family, socket.SOCK_NONBLOCK)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)
        self.p = self.sky.remote(self.family, None, rng)
        attempt(self.s.connect, (self.sky.tun.far[self.family], self.p.port))
        self.p.expect(SYN)

    def closed(self, rng):
        self.p = self.sky.remote(self.family, next(_ports), rng)

    def listen(self, rng):
        self.listener, port = self.sky.listener(self.family)
        self.p = self.sky.remote(self.family, port, rng)

    def syn_sent(self, rng):
        self.open_active(rng)

    def syn_received(self, rng):
        if rng.random() < 0.5:          # simultaneous
            self.open_active(rng)
            self.p.send(SYN, opts=options(mss=1460) if self.opts is None else self.opts)
            self.p._agree(self.opts, self.p.expect(SYN | ACK))
            return
        self.listener, port = self.sky.listener(self.family)
        self.p = self.sky.remote(self.family, port, rng)
        self.p.send(SYN, opts=options(mss=1460) if self.opts is None else self.opts)
        self.p._agree(self.opts, self.p.expect(SYN | ACK))

    def established(self, rng):
        self.open_passive(rng)
        self.known = self.p.ack
        self.given = self.s.send(text(0, 2000))

    def fin_wait_1(self, rng):
        self.open_passive(rng)
        self.s.shutdown(socket.SHUT_WR)
        self.known = self.p.expect(FIN | ACK).seq

    def fin_wait_2(self, rng):
        self.fin_wait_1(rng)
        self.known = None
        self.p.send(ACK)
        until(lambda: NUMBER["FIN-WAIT-2"] in self.sky.rows(self.p), "FIN-WAIT-2")

    def closing(self, rng):
        self.fin_wait_1(rng)
        self.p.send(FIN | ACK, ack=self.known)
        self.p.expect(ACK, ack=self.p.seq)

    def time_wait(self, rng):
        self.closing(rng)
        self.known = None
        self.p.send(ACK)
        until(lambda: NUMBER["TIME-WAIT"] in self.sky.rows(self.p), "TIME-WAIT")

    def close_wait(self, rng):
        self.open_passive(rng)
        self.p.send(FIN | ACK)
        self.p.expect(ACK, ack=self.p.seq)

    def last_ack(self, rng):
        self.close_wait(rng)
        self.s.shutdown(socket.SHUT_WR)
        self.known = self.p.expect(FIN | ACK).seq

    # --- what is true of it ---

    def check_state(self, when):
        number = NUMBER.get(self.state)
        if self.state == "LISTEN":
            with self.sky.host:
                found = [r[2] for r in all_rows(ATCP) if r[0][1] == self.p.there]
        else:
            found = self.sky.rows(self.p)
        equal(found, [] if number is None else [number], f"{self.state} {when}")

    def read(self):
        """Takes what can be read; False at its end."""
        while self.s is not None:
            try:
                data = self.s.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.reader.take(data)
        return True

    def segments(self):
        """Segments of this connection that came since."""
        return [g for g in self.sky.watch.drain()
                if g.dport == self.p.port and g.sport == self.p.there]

    # --- how it goes on after the storm ---

    def finish(self):
        self.segments()                 # answers to the storm
        getattr(self, "after_" + self.state.lower().replace("-", "_"))()
        if self.s is not None:
            self.s.close()
        if self.listener is not None:
            self.listener.close()
        self.reset()

    def reset(self):
        """Ends what may be left (the peer's RST, in its right place)."""
        p = self.p

        def gone():
            if not self.sky.rows(p):
                return True
            p.send(ACK, b"?", seq=p.seq - 5000, ack=p.ack)
            time.sleep(0.01)
            for seg in self.segments():
                if seg.flags & ACK:
                    p.send(RST, seq=seg.ack)
            return False
        until(gone, f"the end of {self.state}")

    def transfer_in(self, n=TRANSFER):
        """All of n octets from p.seq on, though some came already."""
        p, start = self.p, self.p.seq
        acked = sent = 0
        before = self.reader.total - (self.reader.place - start)
        quiet = time.monotonic()
        while acked < n or self.reader.total - before < n:
            while sent < min(n, acked + 20 * 1400):
                size = min(1400, n - sent)
                p.send(ACK | PSH, text(start + sent, size), seq=start + sent)
                sent += size
            self.read()
            for seg in self.segments():
                assert not seg.flags & RST, f"reset: {seg}"
                self.heard(seg)
                got = (seg.ack - start) % MOD
                if acked < got < 1 << 31:
                    acked, quiet = got, time.monotonic()
                    sent = max(sent, acked)
            if time.monotonic() - quiet > 0.5:
                sent, quiet = acked, time.monotonic()
        equal(self.reader.total - before, n, "octets read")
        p.seq = (start + n) % MOD

    def heard(self, seg):
        """Takes the near end's text in order."""
        p = self.p
        if (seg.seq - p.ack) % MOD > 1 << 31 and (seg.end - p.ack) % MOD < 1 << 31 or \
                seg.seq == p.ack:
            p.ack = seg.end
        if TS in seg.options and p.ts is not None:
            p.ts = (p.ts[0], seg.options[TS][0])

    def transfer_out(self, n=TRANSFER):
        p = self.p
        end = (p.irs + 1 + n) % MOD
        while p.ack != end:
            while self.given < n:
                piece = text(self.given, min(40000, n - self.given))
                try:
                    self.given += self.s.send(piece, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    break
            found = self.segments()
            for seg in found:
                assert not seg.flags & RST, f"reset: {seg}"
                self.heard(seg)
            if not found:
                time.sleep(0.01)
            p.send(ACK)

    def after_closed(self):
        listener = self.sky.host.listener(ATCP, self.family, ANY[self.family], self.p.there)
        listener.close()

    def after_listen(self):
        p = self.p = self.sky.remote(self.family, self.p.there, random.Random(1))
        p.connect(self.opts)
        self.s, _ = self.listener.accept()
        self.reader = Reader(p.iss + 1)
        self.transfer_in(10000)
        self.transfer_out(10000)

    def after_syn_sent(self):
        p = self.p
        p.send(SYN | ACK, opts=options(mss=1460))
        until(lambda: any(g.ack == p.seq for g in self.segments()), "the ACK of our SYN")
        self.state = "ESTABLISHED"
        self.check_state("after the handshake")
        self.transfer_in(10000)
        self.transfer_out(10000)

    def after_syn_received(self):
        p = self.p
        p.send(ACK)
        if self.listener:
            self.s, _ = self.listener.accept()
        self.transfer_in(10000)
        self.transfer_out(10000)

    def after_established(self):
        self.transfer_in()
        self.transfer_out()

    def after_fin_wait_1(self):
        self.transfer_in()
        self.p.ack = (self.known + 1) % MOD
        self.p.send(ACK)
        until(lambda: NUMBER["FIN-WAIT-2"] in self.sky.rows(self.p), "FIN-WAIT-2")

    def after_fin_wait_2(self):
        self.transfer_in()
        p = self.p
        p.send(FIN | ACK)
        until(lambda: not self.read(), "end of stream")
        until(lambda: NUMBER["TIME-WAIT"] in self.sky.rows(p), "TIME-WAIT")

    def after_closing(self):
        self.p.ack = (self.known + 1) % MOD
        self.p.send(ACK)
        until(lambda: NUMBER["TIME-WAIT"] in self.sky.rows(self.p), "TIME-WAIT")
        self.nothing_more()

    def after_time_wait(self):
        p = self.p
        self.segments()
        p.send(FIN | ACK, seq=p.seq - 1)
        seg = until(self.segments, "an ACK in TIME-WAIT")[0]
        equal((seg.flags, seg.seq, seg.ack), (ACK, p.ack, p.seq), "its answer")
        self.nothing_more()

    def after_close_wait(self):
        self.nothing_more()
        self.transfer_out()

    def after_last_ack(self):
        self.nothing_more()
        self.p.ack = (self.known + 1) % MOD
        self.p.send(ACK)
        until(lambda: not self.sky.rows(self.p), "CLOSED")

    def nothing_more(self):
        """After the peer's FIN there is no text."""
        equal(self.read(), False, "end of stream")
        equal(self.reader.total, 0, "octets read")


def harmless_storm(family, state):
    hang_limit(60 if GUEST == "uml" else 200)
    for full in (False, True):
        rng = random.Random(f"{SEED} {family} {state} {full}")
        subject = Subject(family, state, rng, full)
        subject.check_state("before the storm")
        storm = Storm(rng, subject.p, state, subject.known)
        for i in range(SEGMENTS):
            kind = rng.random()
            if kind < 0.06:
                packets = storm.icmp()
            elif kind < 0.1 and state == "ESTABLISHED":
                packets = storm.aggregate()
            else:
                packets = storm.harmless()
            for packet, header in packets:
                subject.sky.tun.send(packet, header)
            if i % 16 == 15:
                if state != "TIME-WAIT" and rng.random() < 0.5 and subject.text_may_come():
                    subject.read()
                subject.sky.watch.drain()
        subject.check_state("after the storm")
        subject.finish()


Subject.text_may_come = lambda self: self.state in ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2")


for _state in STATES:
    for _family in FAMILIES:
        alone(f"a harmless storm at {_state}, {FAMILY_NAME[_family]}")(
            lambda f=_family, s=_state: harmless_storm(f, s))


# --- anything at all, and calls meanwhile ------------------------------------------------

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


def end_all(place):
    """Resets what is left of all connections; fails if something cannot be ended."""
    def gone():
        with place.host:
            left = [r for r in all_rows(ATCP) if r[2] != NUMBER["LISTEN"] and r[1][1]]
        for (local, remote, _) in left:
            family = AF_INET6 if ":" in remote[0] and not remote[0].startswith("::ffff:") else AF_INET
            p = Remote(place.tun, family, remote[1], local[1], iss=0)
            p.address = remote[0].removeprefix("::ffff:")
            for seq in (0, 1 << 30, 1 << 31, 3 << 30):
                p.send(ACK, b"?", seq=seq, ack=1)
        time.sleep(0.01)
        for seg in place.watch.drain():
            if seg.flags & (ACK | RST) == ACK:
                p = Remote(place.tun, seg.family, seg.dport, seg.sport, iss=0)
                p.address = seg.dst
                p.send(RST, seq=seg.ack)
            elif seg.flags & SYN:
                p = Remote(place.tun, seg.family, seg.dport, seg.sport, iss=0)
                p.address = seg.dst
                p.send(RST | ACK, seq=0, ack=seg.seq + 1)
        return not left
    until(gone, "the end of all connections")


def edges_add_up(place):
    """With no connection left, each state was left as often as it was entered."""
    if not ATCP.is_atcp:
        return
    table = place.fsm()
    for state in STATES[2:]:
        entered = sum(sum(n) for (_, to), n in table.items() if to == state)
        left = sum(sum(n) for (source, _), n in table.items() if source == state)
        equal(left, entered, f"how often {state} was left")
    opened = sum(table["CLOSED", "LISTEN"])
    equal(sum(table["LISTEN", "CLOSED"]) + sum(table["LISTEN", "SYN-SENT"]), opened,
          "how often LISTEN was left by a listener")


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
    place = sky()
    end_all(place)
    with place.host:
        equal([r for r in all_rows(ATCP) if r[2] != 10], [], "connections left")
    edges_add_up(place)
    place.tun.close()
    place.host.delete()
    SKY.clear()
    if not ATCP.is_atcp:
        raise Skip("nothing to unload")
    lab.rmmod()
    lab.insmod()


if __name__ == "__main__":
    note(f"ATCP_SEED={SEED}")
    main()
