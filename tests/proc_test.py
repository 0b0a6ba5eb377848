#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""/proc/net/atcp and atcp6 say what /proc/net/tcp and tcp6 would, character by
character; ss reads them.  The counters have a file of their own: counters_test.py."""

import os
import socket
import subprocess
import threading

from atcptest import (ANY, ATCP, CLONE_NEWNET, FAMILIES, LINUX, SCALE, Skip, alone, attempt,
                      differential, equal, libc, main, reach, recv_exactly, until)
from lab import Host, Tun, tables
from traffic import Worker
from wire import ACK, FIN, SYN, URG, Peer, options

AF_INET, AF_INET6 = FAMILIES


# --- the columns, in every state -------------------------------------------------------

def lines_of(host, stack, family):
    with host, open(tables(stack)[family == AF_INET6], encoding="ascii") as f:
        return f.read().split("\n")


def shape(line):
    """What must be equal: where each column stands, and each column that does not
    depend on time, on addresses in memory, or on the inode."""
    words = line.split()
    words[0] = "N:"
    # local, remote, state, queues stay; of the timer: which; retransmits stay.
    timer, when = words[5].split(":")
    words[5] = f"{timer}:{'0' * 8 if int(when, 16) == 0 else 'later'}"
    words[9] = "inode" if int(words[9]) else "0"
    # How many hold it is each stack's own affair, as is the address of what they hold.
    assert int(words[10]) >= (len(words) > 12), line
    words[10] = "refs"
    words[11] = "pointer"
    if len(words) > 12:
        # What was measured, and how ACKs are delayed: of sound size.  cwnd and
        # ssthresh, the last two, must be equal.
        rto, ato, quick = map(int, words[12:15])
        assert 20 <= rto <= 12000 and 0 <= ato <= 50 and 0 <= quick <= 64, line
        words[12:15] = ["rto", "ato", "quick"]
    return words


class Place:
    """A namespace for one stack, with scripted peers; the port numbers are the same for
    both stacks, so that the lines can be."""

    def __init__(self, stack, family):
        self.stack, self.family = stack, family
        self.host = Host()
        self.tun = Tun(self.host)
        self.peers = 30000
        self.there = 4000
        self.kept = []

    def peer(self, there):
        self.peers += 1
        return Peer(self.tun, self.family, self.peers, there)

    def listener(self, backlog=10):
        self.there += 1
        s = self.host.listener(self.stack, self.family, self.tun.near[self.family], self.there,
                               backlog)
        self.kept.append(s)
        return s

    def established(self, opts=None):
        listener = self.listener()
        p = self.peer(self.there)
        p.connect(opts)
        s, _ = listener.accept()
        listener.close()
        self.kept.append(s)
        return p, s

    def rows(self):
        return [line for line in lines_of(self.host, self.stack, self.family)[1:] if line]

    def note(self, log, what, condition=lambda rows: True):
        def found():
            rows = [shape(row) for row in self.rows()]
            return condition(rows) and (rows or [[]])
        try:
            rows = until(found)
        except AssertionError:
            rows = [shape(row) for row in self.rows()]
        for row in sorted(rows):
            log(what, *row)

    def close(self):
        for s in self.kept:
            s.close()
        self.tun.close()
        self.host.delete()


def columns(name):
    """A case func(place, log): the lines of both stacks, compared word by word."""
    def add(func):
        @differential(name, FAMILIES)
        def _(st, log, family):
            place = Place(st, family)
            try:
                func(place, log)
            finally:
                place.close()
    return add


def has_state(*states):
    want = sorted(f"{s:02X}" for s in states)
    return lambda rows: sorted(row[3] for row in rows) == want


@columns("line of a listener: backlog in the queues")
def _(place, log):
    listener = place.listener(backlog=7)
    place.note(log, "fresh", has_state(10))
    for _ in range(3):
        place.peer(place.there).connect()
    place.note(log, "three wait", has_state(10, 1, 1, 1))
    listener.accept()[0].close()


@columns("line of a SYN-SENT one")
def _(place, log):
    s = place.host.socket(place.stack, place.family, socket.SOCK_NONBLOCK)
    place.kept.append(s)
    place.there += 1
    s.bind((place.tun.near[place.family], place.there))
    attempt(s.connect, (place.tun.far[place.family], 9))
    place.note(log, "first SYN", has_state(2))


@columns("line of a half-open child")
def _(place, log):
    place.listener()
    p = place.peer(place.there)
    p.send(SYN, opts=options(mss=1460))
    p.expect(SYN | ACK)
    place.note(log, "half-open", has_state(10, 3))


@columns("lines of established ones: idle, text to be read, text sent, none of it acknowledged")
def _(place, log):
    p, s = place.established()
    place.note(log, "idle", has_state(1))
    p.send(ACK, b"x" * 300)
    place.note(log, "300 to be read", lambda rows: rows and rows[0][4].endswith(":0000012C"))
    log("ACKs go at once", int(place.rows()[0].split()[14]) > 0)
    recv_exactly(s, 100)
    place.note(log, "200 to be read", lambda rows: rows and rows[0][4].endswith(":000000C8"))
    recv_exactly(s, 200)
    s.send(b"y" * 1000)
    place.note(log, "1000 sent", lambda rows: rows and rows[0][4].startswith("000003E8"))
    p.find(lambda seg: len(seg.data) == 1000, "the text")
    p.send(ACK)
    place.note(log, "acknowledged", lambda rows: rows and rows[0][5].startswith("00"))


@columns("line of one in the persist state")
def _(place, log):
    p, s = place.established()
    # Linux 6.1 does not believe in a window that shrinks for no new text.
    s.send(b"z")
    p.find(lambda seg: seg.data, "text")
    p.window = 0
    p.send(ACK)
    s.send(b"z" * 10)
    place.note(log, "window shut", lambda rows: rows and rows[0][5].startswith("04"))
    until(lambda: int(place.rows()[0].split()[8]) > 0, "a probe is counted")


@columns("line of one with keep-alive")
def _(place, log):
    p, s = place.established()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    place.note(log, "keep-alive", lambda rows: rows and rows[0][5].startswith("02"))
    # Hundredths of a second until two hours of silence are over.
    log(700000 < int(place.rows()[0].split()[5].split(":")[1], 16) <= 720000)


def whole_end(name, states, steps):
    @columns(f"line of one in {name}")
    def _(place, log):
        p, s = place.established()
        steps(p, s, place)
        place.note(log, name, has_state(*states))


def our_fin(p, s, _place):
    s.shutdown(socket.SHUT_WR)


def our_fin_taken(p, s, _place):
    s.shutdown(socket.SHUT_WR)
    p.find(lambda seg: seg.flags & FIN, "FIN")
    p.send(ACK)


def their_fin(p, s, _place):
    p.send(FIN | ACK)
    reach(s, "CLOSE-WAIT")


def both_fins(p, s, _place):
    s.shutdown(socket.SHUT_WR)
    fin = p.find(lambda seg: seg.flags & FIN, "FIN")
    p.send(FIN | ACK, ack=fin.seq)


def their_fin_ours_next(p, s, place):
    their_fin(p, s, place)
    s.shutdown(socket.SHUT_WR)


def time_wait(p, s, place):
    our_fin_taken(p, s, place)
    p.send(FIN | ACK)


def orphan(p, s, _place):
    s.close()


def left_with_fin(p, s, place):
    their_fin(p, s, place)
    s.close()


def crossed(p, s, _place):
    s.close()
    fin = p.find(lambda seg: seg.flags & FIN, "FIN")
    p.send(FIN | ACK, ack=fin.seq)


whole_end("FIN-WAIT-1", (4,), our_fin)
whole_end("FIN-WAIT-2", (5,), our_fin_taken)
whole_end("CLOSE-WAIT", (8,), their_fin)
whole_end("CLOSING", (11,), both_fins)
whole_end("LAST-ACK", (9,), their_fin_ours_next)
whole_end("TIME-WAIT", (6,), time_wait)
whole_end("FIN-WAIT-1, an orphan", (4,), orphan)
whole_end("LAST-ACK, an orphan that left the FIN unread", (9,), left_with_fin)
whole_end("CLOSING, an orphan", (11,), crossed)


@columns("a FIN counts in the receive queue until it was read")
def _(place, log):
    p, s = place.established()
    p.send(ACK, b"x" * 10)
    p.send(FIN | ACK, b"y" * 5)
    reach(s, "CLOSE-WAIT")
    place.note(log, "15 and a FIN")
    log(s.recv(100, socket.MSG_PEEK))
    place.note(log, "peeked at")
    recv_exactly(s, 10)
    place.note(log, "5 and a FIN")
    recv_exactly(s, 5)
    place.note(log, "the last octet takes the FIN with it")
    p, s = place.established()
    p.send(ACK, b"x" * 10)
    recv_exactly(s, 10)
    p.send(FIN | ACK)
    reach(s, "CLOSE-WAIT")
    place.note(log, "a FIN alone")
    log(s.recv(10, socket.MSG_PEEK), s.recv(10, socket.MSG_PEEK))
    place.note(log, "peeked at")
    log(s.recv(10))
    place.note(log, "read")
    p, s = place.established()
    p.send(FIN | ACK, b"z" * 10)
    reach(s, "CLOSE-WAIT")
    fd, to = os.pipe()
    log(os.splice(s.fileno(), to, 100))
    place.note(log, "spliced")
    os.close(fd)
    os.close(to)


@columns("urgent text counts in the receive queue until it was passed over")
def _(place, log):
    p, s = place.established()
    p.send(ACK | URG, b"abc", urgent=2)
    place.note(log, "urgent", lambda rows: rows and rows[0][4] != "00000000:00000000")
    log(s.recv(10))
    place.note(log, "before it")
    log(s.recv(1, socket.MSG_OOB))
    place.note(log, "taken by itself")
    p.send(ACK, b"d")
    log(recv_exactly(s, 2))
    place.note(log, "passed over")


@columns("line of a SYN-RECEIVED one, both ends having opened")
def _(place, log):
    s = place.host.socket(place.stack, place.family, socket.SOCK_NONBLOCK)
    place.kept.append(s)
    place.there += 1
    s.bind((place.tun.near[place.family], place.there))
    p = place.peer(place.there)
    attempt(s.connect, (place.tun.far[place.family], p.port))
    p.expect(SYN)
    p.send(SYN, opts=options(mss=1460))
    p.expect(SYN | ACK)
    place.note(log, "opening", has_state(3))


@differential("the header, its width, and the width of each line", FAMILIES)
def _(st, log, family):
    host = Host()
    log(repr(lines_of(host, st, family)))
    place = Place(st, family)
    place.established()
    place.listener()
    for line in lines_of(place.host, st, family):
        if family == AF_INET:       # tcp6 has no padding, and pointers differ in length
            log(len(line))
    place.close()
    host.delete()


@differential("uid and inode are those of the socket", FAMILIES)
def _(st, log, family):
    host = Host()
    with host:
        os.seteuid(65534)
        try:
            s = st.socket(family)
        finally:
            os.seteuid(0)
        s.bind((ANY[family], 0))
        s.listen(3)
    row = [line for line in lines_of(host, st, family)[1:] if line][0].split()
    log("uid", row[7], "inode", int(row[9]) == os.fstat(s.fileno()).st_ino)
    s.close()
    host.delete()


@differential("a dual-stack listener and its mapped child are in the file of IPv6")
def _(st, log):
    host = Host()
    with host:
        listener = st.socket(AF_INET6)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::", 4100))
        listener.listen(4)
        c = st.socket(AF_INET)
        c.bind(("127.0.0.1", 4101))
        c.connect(("127.0.0.1", 4100))
        s, _ = listener.accept()
    for family in FAMILIES:
        for line in lines_of(host, st, family)[1:]:
            if line:
                log(family, *shape(line)[1:5])
    for x in (listener, c, s):
        x.close()
    host.delete()


# --- big tables, and tables that change -------------------------------------------------

@alone("a big table comes whole through reads of every size")
def _():
    n = max(150, int(900 * SCALE))
    host = Host()
    with host:
        listeners = [ATCP.listener(backlog=2) for _ in range(n // 3)]
        ends = [ATCP.pair() for _ in range(n // 3)]
        want = sorted([x.getsockname()[1] for x in listeners] +
                      [x.getsockname()[1] for pair in ends for x in pair])
        path = tables(ATCP)[0]
        for size in (61, 150, 4096, 65536, 1 << 20):
            fd = os.open(path, os.O_RDONLY)
            text = b""
            while True:
                part = os.read(fd, size)
                if not part:
                    break
                text += part
            os.close(fd)
            lines = text.decode().splitlines()
            ports = sorted(int(line.split()[1].split(":")[1], 16) for line in lines[1:]
                           if line.split()[3] != "06")
            equal(ports, want, f"ports, by reads of {size}")
            numbers = [int(line.split(":")[0]) for line in lines[1:]]
            equal(numbers, list(range(len(numbers))), f"numbers, by reads of {size}")
            equal({len(line) for line in lines}, {149}, "widths")
        # From the middle on, as programs that seek do.
        fd = os.open(path, os.O_RDONLY)
        whole = b"".join(iter(lambda: os.read(fd, 65536), b""))
        for at in (150, 1500, 15000):
            os.lseek(fd, at, os.SEEK_SET)
            equal(os.read(fd, 149).split()[1:4], whole[at:at + 149].split()[1:4],
                  f"line at {at}")
        os.lseek(fd, 0, os.SEEK_SET)
        equal(os.read(fd, 149), whole[:149], "rewound")
        os.close(fd)
    for s in listeners + [x for pair in ends for x in pair]:
        s.close()
    host.delete()


@alone("tables are read while connections come and go: what stays is shown once")
def _():
    host = Host()
    with host:
        stay = [x for _ in range(60) for x in ATCP.pair()]
        door = {f: ATCP.listener(f) for f in FAMILIES}
        want = {(s.getsockname()[1], s.getpeername()[1]) for s in stay}
        stopping = threading.Event()

        def churn(family):
            assert not libc.setns(host.fd, CLONE_NEWNET)
            made = 0
            while not stopping.is_set():
                c = ATCP.socket(family)
                c.connect(door[family].getsockname()[:2])
                s, _ = door[family].accept()
                (c if made & 1 else s).close()
                (s if made & 1 else c).close()
                made += 1
            return made
        workers = [Worker(churn, f) for f in FAMILIES]
        for n in range(max(6, int(25 * SCALE))):
            for path in tables(ATCP):
                fd = os.open(path, os.O_RDONLY)
                text = b"".join(iter(lambda fd=fd: os.read(fd, 512 << (n & 3)), b""))
                os.close(fd)
                lines = text.decode().splitlines()[1:]
                for line in lines:
                    assert len(line.split()) in (12, 17), line
                if path.endswith("6"):
                    continue
                keys = [tuple(int(end.split(":")[1], 16) for end in line.split()[1:3])
                        for line in lines]
                for ports in want:
                    equal(keys.count(ports), 1, f"times that {ports} were listed")
        stopping.set()
        made = [w.finish() for w in workers]
        assert min(made) > 0, made
    for s in stay + list(door.values()):
        s.close()
    host.delete()


# --- programs that read them ---------------------------------------------------------------

def ss(host, *words, **env):
    done = subprocess.run(host.argv("ss", *words), stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, **env})
    return done.stdout


@alone("ss -tan shows the sockets of atcp, in their states, and the kernel's not")
def _():
    if not ATCP.is_atcp:
        raise Skip("the kernel's TCP takes atcp's place")
    host = Host()
    env = {"PROC_NET_TCP": "/proc/net/atcp", "PROC_NET_TCP6": "/proc/net/atcp6"}
    with host:
        listener = ATCP.listener(backlog=9)
        six = ATCP.listener(AF_INET6)
        c, s = ATCP.pair()
        s.send(b"x" * 123)
        other = LINUX.listener()
    until(lambda: " 123 " in ss(host, "-Htan", **env), "123 octets to be read")
    rows = [line.split() for line in ss(host, "-Htan", **env).splitlines()]
    name = lambda x: "{}:{}".format(*x.getsockname()[:2])   # noqa: E731
    by_local = {row[3]: row for row in rows}
    equal(by_local[name(listener)][:3], ["LISTEN", "0", "0"], "the listener")
    equal(by_local[f"[::1]:{six.getsockname()[1]}"][0], "LISTEN", "the IPv6 listener")
    equal(by_local[name(c)], ["ESTAB", "123", "0", name(c), name(s)], "the client")
    equal(by_local[name(s)][0], "ESTAB", "the server")
    equal(len(rows), 4, "sockets in all")
    assert name(other) not in by_local, "a socket of the kernel's TCP"
    assert name(listener) not in ss(host, "-Htan"), "ss without the files shows atcp's"
    owners = ss(host, "-Htanp", **env)
    assert f"pid={os.getpid()},fd={c.fileno()}" in owners, owners
    for x in (listener, six, c, s, other):
        x.close()
    host.delete()


if __name__ == "__main__":
    main()
