# SPDX-License-Identifier: GPL-2.0
"""The host under a storm of segments, and what must hold of it when that is over.

ATCP_SEED=N repeats the segments of a run (the threads' timing aside).
"""

import itertools
import os
import random
import socket
import time

import lab
from atcptest import AF_INET, AF_INET6, ANY, ATCP, GUEST, Skip, equal, until
from lab import Host, all_rows
from storm import Remote, VnetTun, Watch
from wire import ACK, RST, SYN

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

ports = itertools.count(2000)


class Sky:
    """The host under the storm, and the device through which it comes."""

    def __init__(self, napi=False):
        self.host = Host()
        self.tun = VnetTun(self.host, napi=napi)
        time.sleep(0.05)
        self.watch = Watch(self.tun)
        self.watch.drain()

    def listener(self, family, backlog=16):
        port = next(ports)
        return self.host.listener(ATCP, family, ANY[family], port, backlog,
                                  options=[(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1),
                                           (socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)]), port

    def remote(self, family, there, rng):
        return Remote(self.tun, family, 9000 + next(ports) % 20000, there,
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


def nothing_left():
    """All is closed, nothing is left, and the module unloads."""
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
