#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""Much text, in every size and both directions, arrives as it was sent."""

import hashlib
import os
import random
import select
import socket

from atcptest import (FAMILIES, SCALE, equal, main, pairs, pattern, poll, recv_exactly,
                      send_all, tcp_info)
from traffic import Worker

AF_INET, AF_INET6 = FAMILIES
TOTAL = max(1 << 20, int((16 << 20) * SCALE))


def digest_until_end(sock, size=1 << 18):
    digest, n = hashlib.sha256(), 0
    while True:
        part = sock.recv(size)
        if not part:
            return n, digest.hexdigest()
        n += len(part)
        digest.update(part)


@pairs("one direction", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    data = pattern(TOTAL, 1)
    for sender, receiver in ((c, s), (s, c)):
        reader = Worker(digest_until_end, receiver)
        sender.sendall(data)
        sender.shutdown(socket.SHUT_WR)
        n, digest = reader.finish()
        log(n, digest == hashlib.sha256(data).hexdigest())


@pairs("both directions at once", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    data = [pattern(TOTAL // 2, seed) for seed in (2, 3)]
    readers = [Worker(digest_until_end, e) for e in (c, s)]
    writers = [Worker(e.sendall, d) for e, d in zip((c, s), data)]
    for w, e in zip(writers, (c, s)):
        w.finish()
        e.shutdown(socket.SHUT_WR)
    for r, d in zip(readers, reversed(data)):
        n, digest = r.finish()
        log(n, digest == hashlib.sha256(d).hexdigest())


@pairs("writes and reads of random sizes")
def _(p, log, family):
    c, s = p.pair(family)
    data = pattern(TOTAL // 8, 4)
    rnd = random.Random(5)

    def write():
        view = memoryview(data)
        while view:
            n = rnd.choice((1, 2, 3, 7, 100, 535, 536, 537, 1447, 1448, 1449, 4096, 65535,
                            65536, 100000))
            send_all(c, view[:n])
            view = view[n:]
        c.shutdown(socket.SHUT_WR)

    writer = Worker(write)
    got = []
    reads = random.Random(6)
    while True:
        part = s.recv(reads.choice((1, 2, 10, 999, 1448, 5000, 70000, 1 << 20)))
        if not part:
            break
        got.append(part)
    writer.finish()
    equal(hashlib.sha256(b"".join(got)).digest(), hashlib.sha256(data).digest(), "digest")
    log("whole")


@pairs("each length from 1 to 300, and around powers of two")
def _(p, log, family):
    c, s = p.pair(family)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lengths = [*range(1, 301)]
    for power in range(9, 18):
        lengths += [(1 << power) - 1, 1 << power, (1 << power) + 1]
    for n in lengths:
        data = pattern(n, n)
        writer = Worker(c.sendall, data) if n > 30000 else c.sendall(data)
        equal(recv_exactly(s, n), data, f"{n} octets")
        if writer:
            writer.finish()
    log(len(lengths))


@pairs("request and response, alternating", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    rounds = max(200, int(2000 * SCALE))

    def serve():
        for _ in range(rounds):
            s.sendall(recv_exactly(s, 64)[::-1])

    server = Worker(serve)
    for i in range(rounds):
        data = b"%064d" % i
        c.sendall(data)
        equal(recv_exactly(c, 64), data[::-1], f"round {i}")
    server.finish()
    log("all")


@pairs("a slow reader: the window closes and opens again, and nothing is lost")
def _(p, log, family):
    listener = p.server.listener(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    c = p.client.socket(family)
    c.connect(listener.getsockname())
    s, _ = listener.accept()
    # Else the sender waits, each time, for half of a window that there never will be.
    log("offered no more", tcp_info(c)["snd_wnd"] <= 8192)
    data = pattern(1 << 19, 7)
    writer = Worker(c.sendall, data)
    got = b""
    rnd = random.Random(8)
    while len(got) < len(data):
        part = s.recv(rnd.choice((1, 100, 3000, 8192)))
        assert part, "end of stream"
        got += part
    writer.finish()
    equal(hashlib.sha256(got).digest(), hashlib.sha256(data).digest(), "digest")
    log("whole")


@pairs("the window stays closed until the reader starts")
def _(p, log, family):
    c, s = p.pair(family)
    c.setblocking(False)
    sent = 0
    data = pattern(16 << 20, 9)
    while sent < len(data) and poll(c, select.POLLOUT, 0.5):
        sent += c.send(data[sent:sent + 65536])
    assert sent, "nothing could be sent"
    log("stopped", sent < len(data))
    c.setblocking(True)
    c.shutdown(socket.SHUT_WR)
    equal(digest_until_end(s), (sent, hashlib.sha256(data[:sent]).hexdigest()), "text")


@pairs("sendfile: a file to a socket", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    data = pattern(TOTAL // 4 + 12345, 10)
    with open("/tmp/bulk-file", "w+b") as f:
        f.write(data)
        f.flush()

        def send():
            offset = 0
            while offset < len(data):
                offset += os.sendfile(c.fileno(), f.fileno(), offset, 1 << 20)
            c.shutdown(socket.SHUT_WR)
        sender = Worker(send)
        n, digest = digest_until_end(s)
        sender.finish()
    os.unlink("/tmp/bulk-file")
    log(n == len(data), digest == hashlib.sha256(data).hexdigest())


@pairs("sendfile: more pages than one segment can refer to", FAMILIES)
def _(p, log, family):
    data = pattern(200 * 8192, 14)
    with open("/tmp/bulk-file", "w+b") as f:
        f.write(data)
        f.flush()
        for pieces in 200, 20:          # 20: all of it in one segment, with the FIN
            c, s = p.pair(family)
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            places = [(i * 8192 + 1096, 3000) for i in range(pieces)]

            def send(c=c, places=places):
                for offset, n in places:
                    equal(os.sendfile(c.fileno(), f.fileno(), offset, n), n, "sendfile")
                c.shutdown(socket.SHUT_WR)
            sender = Worker(send)
            n, digest = digest_until_end(s)
            sender.finish()
            sent = b"".join(data[offset:offset + n] for offset, n in places)
            log(n == len(sent), digest == hashlib.sha256(sent).hexdigest())
    os.unlink("/tmp/bulk-file")


@pairs("splice: pipe to socket, socket to pipe", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    data = pattern(TOTAL // 8 + 777, 11)
    in_r, in_w = os.pipe()
    out_r, out_w = os.pipe()

    def feed():
        view = memoryview(data)
        while view:
            view = view[os.write(in_w, view[:65536]):]
        os.close(in_w)

    def to_socket():
        while os.splice(in_r, c.fileno(), 65536):
            pass
        c.shutdown(socket.SHUT_WR)

    def from_socket():
        total = 0
        while True:
            n = os.splice(s.fileno(), out_w, 65536)
            if not n:
                os.close(out_w)
                return total
            total += n

    workers = [Worker(f) for f in (feed, to_socket, from_socket)]
    digest = hashlib.sha256()
    while True:
        part = os.read(out_r, 65536)
        if not part:
            break
        digest.update(part)
    totals = [w.finish() for w in workers]
    os.close(in_r)
    os.close(out_r)
    log(totals[2] == len(data), digest.hexdigest() == hashlib.sha256(data).hexdigest())


@pairs("many connections at once, all busy")
def _(p, log, family):
    ends = [p.pair(family) for _ in range(16)]
    data = [pattern(max(65536, TOTAL // 64), i) for i in range(16)]
    readers = [Worker(digest_until_end, s) for _, s in ends]
    writers = [Worker(lambda c, d: (c.sendall(d), c.shutdown(socket.SHUT_WR)), c, d)
               for (c, _), d in zip(ends, data)]
    for w in writers:
        w.finish()
    for r, d in zip(readers, data):
        equal(r.finish(), (len(d), hashlib.sha256(d).hexdigest()), "text")
    log("all")


if __name__ == "__main__":
    main()
