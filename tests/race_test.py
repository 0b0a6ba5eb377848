#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debian-6.12
# vm-args: --smp 2
"""What only two processors show: softirq brings text and ends while a call looks."""

import mmap
import os
import signal
import socket
import subprocess
from pathlib import Path

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, IPPROTO_ATCP, LINUX, LOOPBACK, Skip, alone, equal,
                      main)
from traffic import Worker, children, exchange

ENDS = Path(__file__).resolve().parent.parent / "build" / "race_ends"
PROTOCOL = {LINUX: 6, ATCP: IPPROTO_ATCP}


def need_two():
    if os.cpu_count() < 2:
        raise Skip("one processor")


for _family in FAMILIES:
    @alone(f"the end of the stream is told after its text, {FAMILY_NAME[_family]}")
    def _(family=_family):
        need_two()
        for stack, n in ((LINUX, 500), (ATCP, 5000)):
            out = subprocess.run([ENDS, str(PROTOCOL[stack]), str(int(family)), str(n)],
                                 stdout=subprocess.PIPE, check=True, text=True).stdout
            equal(int(out), 0, f"{stack}: connections told of their end too early")

    @alone(f"many connections at once, both ways, {FAMILY_NAME[_family]}")
    def _(family=_family):
        need_two()
        pairs = [ATCP.pair(family) for _ in range(8)]
        work = [Worker(exchange, c, s, 500000, seed) for seed, (c, s) in enumerate(pairs)]
        for worker in work:
            worker.finish()
        for c, s in pairs:
            c.close()
            s.close()


def bind_together(number, places, family, protocol, turns):
    """Binds each of many ports at the moment when another process does."""
    for turn in range(turns):
        s = socket.socket(family, socket.SOCK_STREAM, protocol)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        name = LOOPBACK[family], 20000 + turn
        places[number] = turn % 251
        while places[1 - number] != turn % 251:
            pass
        s.bind(name)
        places[number + 2] = turn % 251         # both are bound before either closes
        while places[3 - number] != turn % 251:
            pass
        s.close()


for _family in FAMILIES:
    @alone(f"SO_REUSEPORT: none is in the way of another in the middle of bind(), {FAMILY_NAME[_family]}")
    def _(family=_family):
        need_two()
        for stack, turns in ((LINUX, 100), (ATCP, 1000)):
            places = mmap.mmap(-1, 4)           # where each of them is
            places[:] = b"\xff" * 4
            pids = children(2, bind_together, places, family, PROTOCOL[stack], turns)
            statuses = []
            while pids:
                pid, status = os.wait()
                pids.remove(pid)
                statuses.append(status)
                if status:                      # the other waits for it
                    for left in pids:
                        os.kill(left, signal.SIGKILL)
            equal(statuses, [0, 0], f"{stack}: status of those that bind")


if __name__ == "__main__":
    main()
