#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml debian-6.12 debian-6.1
# vm-args: --timeout 900
"""Traffic over a bad network: loss, reordering, duplication, corruption, delay, small MTU.
What arrives is what was sent, in both directions at once, for every pairing of stacks."""

import hashlib
import socket
import threading

from atcptest import FAMILIES, PAIRINGS, SCALE, Hang, alone, equal, main, pattern
from lab import Cable

AF_INET, AF_INET6 = FAMILIES
SIZE = max(150_000, int(1_000_000 * SCALE))

CONDITIONS = {
    "loss": ("limit", "2000", "delay", "3ms", "loss", "3%"),
    "bursts of loss": ("limit", "2000", "delay", "2ms", "loss", "gemodel", "2%", "30%"),
    "reordering": ("limit", "2000", "delay", "8ms", "reorder", "30%", "50%"),
    "duplication": ("limit", "2000", "delay", "2ms", "duplicate", "20%"),
    "corruption": ("limit", "2000", "delay", "2ms", "corrupt", "3%"),
    "everything": ("limit", "2000", "delay", "4ms", "3ms", "loss", "2%", "duplicate", "3%",
                   "corrupt", "1%", "reorder", "10%"),
}


def transfer(c, s):
    """Both directions at once; every octet by digest."""
    data = [pattern(SIZE, 1), pattern(SIZE, 2)]
    errors = []

    def guard(func, *args):
        def work():
            try:
                func(*args)
            except (Exception, Hang) as e:
                errors.append(e)
        t = threading.Thread(target=work, daemon=True)
        t.start()
        return t

    def write(sock, octets):
        sock.sendall(octets)
        sock.shutdown(socket.SHUT_WR)

    def read(sock, octets):
        digest, n = hashlib.sha256(), 0
        while True:
            part = sock.recv(1 << 16)
            if not part:
                break
            n += len(part)
            digest.update(part)
        equal((n, digest.hexdigest()), (len(octets), hashlib.sha256(octets).hexdigest()), "text")

    threads = [guard(write, c, data[0]), guard(read, s, data[0]),
               guard(write, s, data[1]), guard(read, c, data[1])]
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


def over(name, words, server, client, family, mtu=None):
    label = f"{name}, {'IPv6' if family == AF_INET6 else 'IPv4'}, server {server!r}, client {client!r}"

    @alone(label)
    def _():
        cable = Cable(mtu=mtu)
        try:
            if words:
                cable.netem(*words)
            # A checksum left to the device would hide what corruption does.
            cable.ethtool("tx", "off", "rx", "off")
            c, s = cable.pair(server, client, family)
            transfer(c, s)
        finally:
            cable.delete()


for condition, words_ in CONDITIONS.items():
    for i, (server_, client_) in enumerate(PAIRINGS):
        over(condition, words_, server_, client_, FAMILIES[(i + len(condition)) & 1])
for server_, client_ in PAIRINGS:
    over("MTU 600 and loss", CONDITIONS["loss"], server_, client_, AF_INET, 600)
    over("MTU 1280 and loss", CONDITIONS["loss"], server_, client_, AF_INET6, 1280)
    over("MTU 9000", None, server_, client_, AF_INET, 9000)


@alone("handshake and end survive heavy loss")
def _():
    for server, client in PAIRINGS:
        cable = Cable()
        try:
            cable.netem("loss", "25%")
            for _ in range(3):
                c, s = cable.pair(server, client)
                c.sendall(b"hello")
                c.shutdown(socket.SHUT_WR)
                got = b""
                while True:
                    part = s.recv(100)
                    if not part:
                        break
                    got += part
                equal(got, b"hello", "text")
                s.sendall(b"bye")
                s.close()
                equal(c.recv(10), b"bye", "answer")
                equal(c.recv(10), b"", "end")
                c.close()
        finally:
            cable.delete()


if __name__ == "__main__":
    main()
