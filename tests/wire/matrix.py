# SPDX-License-Identifier: GPL-2.0
"""The traces as cases of a test program."""

import sys

from atcptest import ATCP, FAMILIES, FAMILY_NAME, LINUX, alone, hang_limit, main
from wire import differences, play, rows, trace
from wire.end import VIRTUAL


def add(case, family, stacks):
    """Plays a case over each of the stacks that it is for."""
    played = [s for s in stacks if case.only in (None, "atcp" if s.is_atcp else "linux")]
    if not played or case.family not in (None, FAMILY_NAME[family]):
        return

    @alone(case.named(FAMILY_NAME[family]))
    def _():
        if VIRTUAL:
            hang_limit(1 << 30)
        for stack in played:
            differences.judge(case, stack, family, play.run)


def run(timed):
    """A program's main(): cases that let time pass, or the others.

    --stack=linux, --stack=atcp: over that one alone; --differences: lists what the
    kernel's TCP does otherwise.
    """
    cases = trace.load()
    stacks = [LINUX, ATCP] if VIRTUAL else [ATCP]
    for arg in [a for a in sys.argv[1:] if a.startswith("--")]:
        sys.argv.remove(arg)
        if arg == "--differences":
            differences.show(cases)
            return
        stacks = [{"--stack=linux": LINUX, "--stack=atcp": ATCP}[arg]]

    if not timed:
        @alone("each row of the table is played, or said to be shown elsewhere")
        def _():
            rows.check(cases)
            differences.check(cases)

    for family in FAMILIES:
        for case in cases:
            if case.timed == timed:
                add(case, family, stacks)
    main()
