# SPDX-License-Identifier: GPL-2.0
"""What the kernel's TCP does otherwise than a trace says, and why.

Small differences stand in the traces: a line of one stack's.  Where the kernel's TCP leaves
a trace for good, differences.tsv has: the case's title; the line of the trace at which it
leaves; what it does there, or the beginning of that; why.  It must
leave there and so, else the test fails.  The first column is a family, or "*".
"""

import csv
from pathlib import Path

from atcptest import FAMILY_NAME

FILE = Path(__file__).resolve().parent / "traces" / "differences.tsv"
_entries = []


class Difference:
    """A line of the file."""

    def __init__(self, family, title, line, does, why):
        self.family, self.title, self.line, self.does, self.why = family, title, line, does, why

    def is_of(self, case, family=None):
        return case.title == self.title and (family is None or self.family in ("*", family))

    def is_this(self, failure):
        return failure.line == self.line and failure.what.startswith(self.does)


def entries():
    """All of them, read once."""
    if not _entries:
        with open(FILE, encoding="ascii", newline="") as f:
            for row in csv.reader((line for line in f if not line.startswith("#")),
                                  delimiter="\t", quoting=csv.QUOTE_NONE):
                _entries.append(Difference(*row))
    return _entries


class Failure(AssertionError):
    """A trace was left at a line; what is what came instead."""

    def __init__(self, where, line, what):
        super().__init__(f"{where}: {line}: {what}")
        self.line, self.what = line, str(what)


def judge(case, stack, family, run):
    """Plays a case; the kernel's TCP must differ as declared, atcp must not differ."""
    declared = [] if stack.is_atcp else \
        [d for d in entries() if d.is_of(case, FAMILY_NAME[family])]
    try:
        run(case, stack, family)
    except Failure as e:
        if any(d.is_this(e) for d in declared):
            return
        raise AssertionError(f"{stack}: {e}") from e
    assert not declared, f"{stack}: it does as the trace says, but differs by differences.tsv"


def check(cases):
    """Each line of the file is of a case."""
    for d in entries():
        assert any(d.is_of(case) for case in cases), f"differences.tsv: no case {d.title}"


def show(cases):
    """All differences, for documentation."""
    for case in cases:
        said = [f"{line.stack}: {line.text} -- {line.reason}" for line in case.lines if line.stack]
        if case.only:
            said.append(f"{case.only} alone -- {case.reason}")
        said += [f"linux: at \"{d.line}\": {d.does} -- {d.why}" for d in entries()
                 if d.is_of(case)]
        if said:
            print(case.name, *said, sep="\n    ")
