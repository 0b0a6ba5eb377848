# SPDX-License-Identifier: GPL-2.0
"""Strict reading of TAP and KTAP.

Cases are the innermost results.  A missing plan, a result too few or too many, a
number out of turn, or no result at all is a failure of its own: a program
that stops half way must not look like one that passed.
"""

import re

RESULT = re.compile(r"^( *)(not )?ok (\d+)(?: *- *| +)?(.*)$")
PLAN = re.compile(r"^( *)1\.\.(\d+)(?: *# *(.*))?$")
SUBTEST = re.compile(r"^ *# Subtest: (.*)$")


class Case:
    """One result: verdict is "passed", "failed" or "skipped"."""

    def __init__(self, name, verdict, why=""):
        self.name, self.verdict, self.why = name, verdict, why


class _Level:
    def __init__(self, indent):
        self.indent, self.plan, self.count = indent, None, 0
        self.name = ""


class Reader:
    """Reads the lines of one program's output into cases."""

    def __init__(self, name, nested_plans=True):
        self.name = name
        self.nested_plans = nested_plans
        self.cases = []
        self.levels = [_Level(0)]
        self.inner = False      # results one level deeper were just closed
        self.detail = []        # what a failing case said before its result
        self.skip_all = None

    def wrong(self, why):
        self.cases.append(Case(self.name, "failed", why))

    def close(self, level):
        """The plan must match; parameters of a KUnit case come without one."""
        if level.plan is None:
            if len(self.levels) < (3 if self.nested_plans else 2):
                self.wrong(f"no plan{' for ' + level.name if level.name else ''}")
        elif level.plan != level.count:
            self.wrong(f"{level.count} results of {level.plan} planned"
                       f"{' in ' + level.name if level.name else ''}")

    def descend(self, indent):
        """Makes the level of this indentation the current one."""
        while indent < self.levels[-1].indent:
            self.close(self.levels[-1])
            self.levels.pop()
            self.inner = True
        if indent > self.levels[-1].indent:
            self.levels.append(_Level(indent))

    def result(self, match):
        indent, bad, number, text = match.groups()
        self.descend(len(indent))
        level = self.levels[-1]
        level.count += 1
        name, _, directive = text.partition(" # ")
        if int(number) != level.count:
            self.wrong(f"result {number} ({name}) where {level.count} was due")
        words = directive.split(None, 1)
        skipped = bool(words) and words[0].upper().startswith("SKIP")
        if self.inner and not bad:
            pass                # its own results have been counted
        elif skipped and not bad:
            self.cases.append(Case(name, "skipped", " ".join(words[1:])))
        elif bad:
            if not self.inner or not any(c.verdict == "failed" for c in self.cases):
                self.cases.append(Case(name, "failed", " | ".join(self.detail[-3:])))
        else:
            self.cases.append(Case(name, "passed"))
        self.inner = False
        self.detail = []

    def feed(self, line):
        line = line.rstrip("\r\n")
        match = RESULT.match(line)
        if match:
            self.result(match)
            return
        match = PLAN.match(line)
        if match:
            self.descend(len(match.group(1)))
            level = self.levels[-1]
            if level.plan is not None:
                self.wrong("two plans")
            level.plan = int(match.group(2))
            if not level.plan:
                self.skip_all = match.group(3) or "no reason given"
            return
        match = SUBTEST.match(line)
        if match:
            self.descend(len(line) - len(line.lstrip()))
            self.levels[-1].name = match.group(1)
        elif line.strip().startswith("#"):
            self.detail.append(line.strip("# ").strip())

    def finish(self, status=0):
        """All cases; status is the program's own."""
        self.descend(0)
        self.close(self.levels[0])
        if self.skip_all is not None and not self.cases and not status:
            self.cases.append(Case(self.name, "skipped", self.skip_all))
        if status and not any(c.verdict == "failed" for c in self.cases):
            self.wrong(f"exit status {status}")
        if not self.cases:
            self.wrong("no result at all")
        return self.cases


def read(name, text, status=0, nested_plans=True):
    """The cases in the whole output of a program."""
    reader = Reader(name, nested_plans)
    for line in text.splitlines():
        reader.feed(line)
    return reader.finish(status)
