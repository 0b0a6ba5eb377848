# SPDX-License-Identifier: GPL-2.0
"""Text through connections, from several threads, and the counters of those who carried it."""

import hashlib
import os
import socket
import threading
import time

from atcptest import ATCP, FAMILIES, HANG, Hang, pattern, until


class Worker(threading.Thread):
    """A thread whose exception reaches the case that joins it."""

    def __init__(self, func, *args):
        super().__init__(daemon=True)
        self.func, self.args, self.error, self.result = func, args, None, None
        self.start()

    def run(self):
        try:
            self.result = self.func(*self.args)
        except (Exception, Hang) as e:
            self.error = e

    def finish(self):
        self.join()
        if self.error:
            raise self.error
        return self.result


def digest(data):
    return hashlib.sha256(data).hexdigest()


def digest_until_end(sock, size=1 << 18):
    """(octets, digest) of all that comes before the end of the stream."""
    sha, n = hashlib.sha256(), 0
    while True:
        part = sock.recv(size)
        if not part:
            return n, sha.hexdigest()
        n += len(part)
        sha.update(part)


def send_and_end(sock, data):
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


def exchange(c, s, size, seed=0, both=True):
    """Sends size octets from c to s, and from s to c at the same time; both
    streams end; digests are compared.  Leaves the sockets open."""
    work = []
    for number, (a, b) in enumerate(((c, s), (s, c))):
        data = pattern(size if both or not number else 0, seed * 2 + number)
        work.append((data, Worker(digest_until_end, b), Worker(send_and_end, a, data)))
    for number, (data, reader, writer) in enumerate(work):
        writer.finish()
        got = reader.finish()
        want = len(data), digest(data)
        way = "to the client" if number else "to the server"
        assert got[0] == want[0], f"{got[0]} octets of {want[0]} came {way}"
        assert got == want, f"the text that came {way} is not that which was sent"


def counters(host, stack=ATCP):
    """What a namespace has counted, {name: value}, of snmp and netstat."""
    found = {}
    prefix = "atcp_" if stack.is_atcp else ""
    for name, key in (("snmp", "Tcp:"), ("netstat", "TcpExt:")):
        lines = [line.split() for line in host.read(f"/proc/net/{prefix}{name}").splitlines()
                 if line.startswith(key)]
        assert len(lines) == 2 and len(lines[0]) == len(lines[1]), lines
        found.update(zip(lines[0][1:], map(int, lines[1][1:])))
    return found


def since(before, after):
    return {name: after[name] - before[name] for name in after}


def settle(hosts, stacks, what="connections end", seconds=HANG / 4):
    """Waits until only TIME-WAIT (and listeners) are left of the stacks' connections."""
    import lab
    for host in hosts:
        for stack in stacks:
            def rows(host=host, stack=stack):
                with host:
                    return [r for r in lab.all_rows(stack) if r[2] not in (6, 10)]
            try:
                until(lambda f=rows: not f(), what, seconds)
            except AssertionError:
                raise AssertionError(f"never: {what}; left at {host.name}: {rows()}") from None


def know_neighbours(*cables):
    """Each end of a cable knows the other's hardware address for good: no checksum
    guards ARP, so a network that spoils packets may spoil what is learnt."""
    import lab
    for cable in cables:
        hardware = {}
        for host in (cable.a, cable.b):
            out = lab.run("ip", "-n", host.name, "-o", "link", "show", "dev", cable.device)
            hardware[host] = out.split("link/ether ")[1].split()[0]
        for host, other in ((cable.a, cable.b), (cable.b, cable.a)):
            host.ip(*(f"neigh replace {cable.address(other, family)} lladdr {hardware[other]} "
                      f"dev {cable.device} nud permanent" for family in FAMILIES))


class Background:
    """Connections that carry text until stop(); errors are kept, not raised, for
    the module may be taken from under them."""

    def __init__(self, pairs):
        self.stopping = threading.Event()
        self.moved = 0
        self.threads = []
        for c, s in pairs:
            for func, sock in ((self._write, c), (self._read, s)):
                t = threading.Thread(target=func, args=(sock,), daemon=True)
                t.start()
                self.threads.append(t)

    def _write(self, sock):
        block = bytes(16384)
        try:
            while not self.stopping.is_set():
                sock.send(block)
        except OSError:
            pass

    def _read(self, sock):
        try:
            while not self.stopping.is_set():
                self.moved += len(sock.recv(1 << 16))
        except OSError:
            pass

    def stop(self):
        self.stopping.set()


def children(n, func, *args):
    """Forks n processes that run func(i, *args); returns their numbers."""
    pids = []
    for i in range(n):
        pid = os.fork()
        if not pid:
            status = 1
            try:
                func(i, *args)
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)
    return pids


def pause(seconds):
    time.sleep(seconds)
