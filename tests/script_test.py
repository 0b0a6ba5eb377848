#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Random scripts of calls on a connected pair, the same over the kernel's TCP and over
atcp: every result, errno, event and state is equal, and every octet is accounted for."""

import array
import fcntl
import random
import select
import socket
import struct
import termios

from atcptest import (FAMILIES, FAMILY_NAME, PAIRINGS, SCALE, Log, Pairing, LINUX, alone, attempt,
                      event_names, main, note, pattern, poll, state, until)

AF_INET, AF_INET6 = FAMILIES
SCRIPTS = max(4, int(30 * SCALE))
MOST = 8000             # octets in flight in one direction: no buffer is ever full
EVENTS = select.POLLIN | select.POLLPRI | select.POLLOUT | select.POLLRDHUP


def inq(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, termios.FIONREAD, buf)
    return buf[0]


class Script:
    """One connection, the calls made on it, and a model of what must be readable."""

    def __init__(self, seed, pairing, family):
        self.rnd = random.Random(seed)
        self.log = Log()
        self.ends = pairing.pair(family)
        self.text = pattern(1 << 16, seed)
        self.sent, self.read = [0, 0], [0, 0]   # octets, by who sent them
        self.shut = [False, False]              # FIN sent
        for s in self.ends:
            s.setblocking(False)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def settle(self):
        """Loopback is quick, not instant: waits for what the model knows must come."""
        for i, s in enumerate(self.ends):
            want = self.sent[1 - i] - self.read[1 - i]
            until(lambda s=s, w=want: inq(s) == w, f"{want} octets readable (are {inq(s)})")
            if self.shut[1 - i]:
                until(lambda s=s: poll(s, select.POLLRDHUP, 0), "the peer's FIN")

    def send(self, i):
        n = self.rnd.choice((1, 2, 100, 1448, 1449, 3000))
        if self.sent[i] - self.read[i] + n > MOST:
            return
        flags = self.rnd.choice((0, 0, socket.MSG_NOSIGNAL, socket.MSG_MORE))
        result = attempt(self.ends[i].send, self.text[self.sent[i]:self.sent[i] + n], flags)
        if isinstance(result, int):
            self.sent[i] += result
            if flags == socket.MSG_MORE:        # let go of what was held back
                self.ends[i].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.log(i, "send", n, int(flags), result)

    def recv(self, i):
        n = self.rnd.choice((1, 50, 1448, 5000, 20000))
        flags = self.rnd.choice((0, 0, socket.MSG_PEEK, socket.MSG_WAITALL))
        result = attempt(self.ends[i].recv, n, flags)
        self.log(i, "recv", n, int(flags), result)
        if isinstance(result, bytes):
            at = self.read[1 - i]
            assert result == self.text[at:at + len(result)], f"wrong text at {at}"
            if flags != socket.MSG_PEEK:
                self.read[1 - i] += len(result)

    def shutdown(self, i):
        if self.rnd.random() < 0.8:
            return
        self.log(i, "shutdown", attempt(self.ends[i].shutdown, socket.SHUT_WR))
        self.shut[i] = True

    def option(self, i):
        level, name, values = self.rnd.choice((
            (socket.IPPROTO_TCP, socket.TCP_CORK, (0,)),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, (0, 1)),
            (socket.SOL_SOCKET, socket.SO_OOBINLINE, (0, 1)),
            (socket.SOL_SOCKET, socket.SO_RCVLOWAT, (1,)),
            (socket.SOL_SOCKET, socket.SO_PRIORITY, (0, 3)),
            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, (0, 60)),
            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, (-1, 60000))))
        value = self.rnd.choice(values)
        self.log(i, "option", level, name, value, attempt(self.ends[i].setsockopt, level, name, value),
                 self.ends[i].getsockopt(level, name))

    def wrong(self, i):
        call = self.rnd.choice(("connect", "listen", "bind", "accept", "oob"))
        s = self.ends[i]
        self.log(i, call, attempt(*{
            "connect": (s.connect, s.getpeername()[:2]) if not all(self.shut) else (lambda: 0,),
            "listen": (s.listen, 1), "bind": (s.bind, s.getsockname()[:2]),
            "accept": (s.accept,), "oob": (s.recv, 1, socket.MSG_OOB)}[call]))

    def run(self, steps):
        calls = (self.send, self.send, self.send, self.recv, self.recv, self.recv, self.shutdown,
                 self.option, self.wrong)
        for _ in range(steps):
            i = self.rnd.randrange(2)
            self.rnd.choice(calls)(i)
            self.settle()
            for s in self.ends:
                self.log(inq(s), event_names(poll(s, EVENTS, 0)))
            if all(self.shut):
                break
        self.end()
        return self.log

    def end(self):
        """Reads all, then closes in one of the ways there are."""
        for i, s in enumerate(self.ends):
            while self.read[1 - i] < self.sent[1 - i]:
                part = s.recv(1 << 16)
                at = self.read[1 - i]
                assert part == self.text[at:at + len(part)], f"wrong text at {at}"
                self.read[1 - i] += len(part)
        first = self.rnd.randrange(2)
        one, other = self.ends[first], self.ends[1 - first]
        if self.rnd.random() < 0.5:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()
        assert poll(other, select.POLLIN), "the end never came"
        self.log("end", attempt(other.recv, 1), attempt(other.recv, 1), state(other))
        other.close()


def scripts(pairing, family):
    @alone(f"{SCRIPTS} random scripts, {FAMILY_NAME[family]}, {pairing!r}")
    def _():
        for seed in range(SCRIPTS):
            want = Script(seed, Pairing(LINUX, LINUX), family).run(60)
            got = Script(seed, pairing, family).run(60)
            if want != got:
                at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b),
                          min(len(want), len(got)))
                for line in want[max(0, at - 8):at]:
                    note(f"  {line}"[:160])
                note(f"linux: {want[at:at + 1]}"[:200])
                note(f"here:  {got[at:at + 1]}"[:200])
                raise AssertionError(f"seed {seed}: results differ at line {at}")


for server_, client_ in PAIRINGS:
    for family_ in FAMILIES:
        scripts(Pairing(server_, client_), family_)

if __name__ == "__main__":
    main()
