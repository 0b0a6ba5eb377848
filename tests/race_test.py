#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debian-6.12
# vm-args: --smp 2
"""What only two processors show: softirq brings text and ends while a call looks."""

import os
import subprocess
from pathlib import Path

from atcptest import ATCP, FAMILIES, FAMILY_NAME, IPPROTO_ATCP, LINUX, Skip, alone, equal, main
from traffic import Worker, exchange

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


if __name__ == "__main__":
    main()
