# SPDX-License-Identifier: GPL-2.0
"""Traces: conversations with a TCP, written down one segment or call a line.

    case TITLE [ROW ...]                    one case, and the rows of the state table it shows
        from STATE[/active] [with WORD ...]
        LINE ...

    shape TITLE                             one case for each row of a table, which share lines;
        row STATE[/active] ROW[,ROW] [with WORD ...] [NAME=VALUE ...]
        ...
        --
        LINE ...                            $NAME is the row's VALUE, $state the row's state

A line is one of

    < FLAGS SEQ(LEN) [ack N] [WORD ...]     the peer sends
    < icmp KIND quoting SEQ [mtu N]         a router answers what the stack sent
    > FLAGS SEQ(LEN) [ack N] [WORD ...]     the stack sends exactly this, and sent nothing before it
    +A..B > ...                             the same, so many seconds after the line before
    > nothing                               the stack is silent
    wait N                                  so many seconds pass, and the stack is silent
    = STATE                                 what /proc shows
    CALL(ARGS) = RESULT                     a user's call: a number, "ok", or the name of an errno
    poll = EVENT ...                        all that poll() reports

FLAGS are S F R P U E C and "." for ACK, or "-" for none.  Numbers count from SND.NXT and
RCV.NXT of the stack as the case begins; UNA, ISS, IRS, W (the right edge of its receive
window) may stand for them, with +N or -N behind, and =N is N itself.

"linux:" or "atcp:" before a line makes it that stack's alone; " -- " and the reason must
follow it.  "set NAME VALUE" is a sysctl of the stack, before it begins.
"only linux: REASON" among the lines leaves a case to one stack, "only IPv4: REASON" to a family.
"""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent / "traces"
STATES = ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
          "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT")
NUMBERED = {"mss", "win", "data", "unsent", "backlog", "opt"}     # words of a state, with a number
ROW = re.compile(r"(CL|LI|SS|SR|ES|F1|F2|CW|CG|LA|TW)-(\d{3}|6191-\d+)$|SC-\d\d$")


class Mistake(Exception):
    """A trace that says nothing clear."""


class Line:
    """One line of a trace: kind is the first character or word."""

    def __init__(self, text, where):
        self.text, self.where = text, where
        self.stack = self.reason = None
        match = re.match(r"(linux|atcp): (.*?) -- (.+)$", text)
        if match:
            self.stack, self.text, self.reason = match.groups()
        elif re.match(r"(linux|atcp):", text):
            raise Mistake(f"{where}: no reason given")

    def filled_in(self, values):
        """The same line with a row's values."""
        def value(match):
            if match.group(1) not in values:
                raise Mistake(f"{self.where}: no value for ${match.group(1)}")
            return values[match.group(1)]
        line = Line.__new__(Line)
        line.where, line.stack, line.reason = self.where, self.stack, self.reason
        line.text = re.sub(r"\$(\w+)", value, self.text)
        return line


class Case:
    """A conversation from a state on."""

    def __init__(self, title, rows, where):
        self.title, self.rows, self.where = title, rows, where
        self.state, self.origin, self.words, self.lines = None, None, [], []
        self.only = self.reason = self.family = None
        self.sysctls = []
        for row in rows:
            if not ROW.match(row):
                raise Mistake(f"{where}: {row} is no row")

    def start(self, text):
        """STATE[/active|/passive] [with WORD ...]"""
        state, _, words = text.partition(" with ")
        self.state, _, origin = state.strip().partition("/")
        self.origin = origin or None
        self.words = words.split()
        if self.state not in STATES or self.origin not in (None, "active", "passive"):
            raise Mistake(f"{self.where}: what is {text}?")

    def add(self, line):
        match = re.match(r"only (linux|atcp|IPv4|IPv6): (.+)$", line.text)
        if match and match.group(1).startswith("IP"):
            self.family = match.group(1)
        elif match:
            self.only, self.reason = match.groups()
        elif line.text.startswith("set "):
            self.sysctls.append(line.text.split(None, 2)[1:])
        else:
            self.lines.append(line)

    @property
    def spoils_route(self):
        return any("too-big" in line.text for line in self.lines)

    @property
    def timed(self):
        """Minutes may pass: for a guest whose time is virtual."""
        return any(re.match(r"wait |\+", line.text) for line in self.lines) or \
            "timers" in self.words

    @property
    def name(self):
        return f"{self.title} [{' '.join(self.rows)}]" if self.rows else self.title

    def named(self, family):
        """With the family, before the rows."""
        return f"{self.title}, {family}" + self.name[len(self.title):]


def _row_case(title, text, where):
    """A line of a shape's table: (case, values)."""
    words = text.split()
    state, rows, rest = words[1], words[2], words[3:]
    given = [w for w in rest if re.match(r"\w+=", w) and w.split("=")[0] not in NUMBERED]
    values = {w.split("=", 1)[0]: w.split("=", 1)[1].replace("_", " ") for w in given}
    start = " ".join([state] + [w for w in rest if w not in given])
    case = Case(f"{title}: {state.replace('/', ', ')}", [] if rows == "-" else rows.split(","),
                where)
    case.start(start)
    values["state"] = case.state
    return case, values


def parse(path):
    """The cases of a file."""
    cases, made, title, table = [], [], None, False
    for number, text in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        where = f"{path.name}:{number}"
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        if text[0] != " ":
            made, table = [], line.startswith("shape ")
            match = re.match(r"(?:case|shape) (.*?)(?: \[([^]]*)\])?$", line)
            if not match:
                raise Mistake(f"{where}: neither case nor shape: {line}")
            title = match.group(1)
            if not table:
                made = [(Case(title, (match.group(2) or "").split(), where), {})]
                cases.append(made[0][0])
        elif table and line.startswith("row "):
            made.append(_row_case(title, line, where))
            cases.append(made[-1][0])
        elif table and line == "--":
            table = False
        elif line.startswith("from "):
            made[0][0].start(line[5:])
        elif table or not made:
            raise Mistake(f"{where}: out of place: {line}")
        else:
            parsed = Line(line, where)
            for case, values in made:
                case.add(parsed.filled_in(values))
    return cases


def load():
    """The cases of all files, in order of the files' names."""
    cases = []
    for path in sorted(HERE.glob("*.trace")):
        cases += parse(path)
    titles = [case.title for case in cases]
    for case in cases:
        if titles.count(case.title) > 1 and case.rows:
            case.title += f", {case.rows[0]}"
        if not case.state or not case.lines:
            raise Mistake(f"{case.where}: a case without beginning or without lines")
    titles = {}
    for case in cases:
        if case.title in titles:
            raise Mistake(f"{case.where}: {titles[case.title]} has this title")
        titles[case.title] = case.where
    return cases
