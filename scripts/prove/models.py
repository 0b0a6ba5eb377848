# SPDX-License-Identifier: GPL-2.0
#
# The SPIN models: what is explored, and what is broken to see that it shows.

import os
import re

from proof import HERE, OUT, TOP, Break, Failure, break_copy, must, run

MODEL = HERE + "/model/"
FSM = "module/core/fsm.c"
MEMORY_MB = 3500

# Name, file, what it is given, and whether it is searched for cycles too (where time
# passes there are some by nature: a clock ticks on).
MODELS = (
    ("open-passive", "opening", "LOSSES=2 EARLY=2", True),
    ("open-old-syn", "opening", "OLD_SYN EARLY=2", True),
    ("open-both", "opening", "BOTH OPENS=2", True),
    ("open-half-open", "opening", "CRASHES=1 OPENS=2 LOSSES=2", True),
    ("data-window-1", "data", "BUFF=1 OCTETS0=3 LOSSES=2", True),
    ("data-both-ways", "data", "BUFF=1 OCTETS0=2 OCTETS1=2 COPIES=0", True),
    ("data-reordered", "data", "BUFF=3 OCTETS0=4", True),
    ("close", "closing", "OCTETS=0 LOSSES=2 COPIES=2 EARLY=2", True),
    ("close-text", "closing", "COPIES=0", True),
    ("close-anytime", "closing", "FROM_CLOSED OCTETS=0 GIVE_UPS=1 ABORTS=1", True),
    ("close-in-time", "closing", "FROM_CLOSED OCTETS=1 GIVE_UPS=1 LOSSES=0 COPIES=0 EARLY=0",
     True),
    ("time-wait", "timewait", "EARLY=0", False),
    ("time-wait-same-iss", "timewait", "EARLY=0 BEYOND=7", False),
)

ASSERTION = "assertion violated"
CYCLE = "non-progress cycle"

BREAKS = (
    Break("edge-established", "open-passive", FSM,
          "	{ ATCP_SYN_RECEIVED, ATCP_ESTABLISHED,  SEGMENT,         \"3.10.7.4\" },\n", "",
          ASSERTION),
    Break("edge-closing", "close", FSM,
          "	{ ATCP_FIN_WAIT_1,   ATCP_CLOSING,      SEGMENT,         \"3.10.7.4\" },\n", "",
          ASSERTION),
    Break("edge-cause", "close-anytime", FSM,
          "{ ATCP_SYN_RECEIVED, ATCP_LISTEN,       SEGMENT | TIMER,",
          "{ ATCP_SYN_RECEIVED, ATCP_LISTEN,       SEGMENT,", ASSERTION),
    Break("never-retransmit", "open-passive", MODEL + "tcp.pml",
          "(OUTSTANDING(q) && !PERSISTS(q))", "false", ASSERTION),
    Break("any-syn-ack", "open-old-syn", MODEL + "arrives.pml",
          ":: m_ctl & ACK && m_ack != nxt[p] ->", ":: false ->", ASSERTION),
    Break("syn-received-for-ever", "open-both", MODEL + "tcp.pml",
          "			 retries[q] == R2)", "			 false)", CYCLE),
    Break("closed-is-silent", "open-half-open", MODEL + "arrives.pml",
          "	:: st[p] == CLOSED ->\n		if\n		:: !(m_ctl & RST) -> reply_rst()",
          "	:: st[p] == CLOSED ->\n		if\n		:: !(m_ctl & RST)", CYCLE),
    Break("no-probe", "data-window-1", MODEL + "tcp.pml",
          "#define PROBES			true", "#define PROBES			false", ASSERTION),
    Break("deaf-at-the-edge", "data-both-ways", MODEL + "arrives.pml",
          "(LT(una[p], m_ack) || (una[p] == m_ack && m_wnd > wnd[p]))", "false", CYCLE),
    Break("octet-twice", "data-reordered", MODEL + "arrives.pml",
          "	held1[p] = held2[p];\n	held2[p] = 0", "	held1[p] = held2[p]", ASSERTION),
    Break("octet-too-soon", "data-reordered", MODEL + "arrives.pml",
          ":: off == 0 && rw > 0 ->", ":: off <= 1 && rw > off ->", ASSERTION),
    Break("octet-lost", "data-reordered", MODEL + "arrives.pml",
          ":: off == 2 && rw > 2 -> is_of_now(); held2[p] = m_dat + 1",
          ":: off == 2 && rw > 2 -> is_of_now(); held1[p] = m_dat + 1", ASSERTION),
    Break("last-ack-stays", "close", MODEL + "arrives.pml",
          ":: closes && st[p] == LAST_ACK -> to_closed(BY_SEGMENT)",
          ":: closes && st[p] == LAST_ACK -> go = false", ASSERTION),
    Break("endless-challenges", "close-text", MODEL + "arrives.pml",
          ("challenges[p] = challenges[p] + 1; o_ack = true", "off == rw)"),
          ("o_ack = true", "false)"), CYCLE),
    Break("one-msl", "time-wait", MODEL + "timewait.pml",
          "#define TW_TICKS	(2 * MSL + 2)", "#define TW_TICKS	(MSL + 2)", ASSERTION),
    Break("assassination", "time-wait", MODEL + "timewait.pml",
          "#define RFC1337		true", "#define RFC1337		false", ASSERTION),
    Break("any-syn-reopens", "time-wait-same-iss", MODEL + "arrives.pml",
          ":: REOPENS(m_seq, rcv_nxt[p]) ->\n			r = MOD(nxt[p] + BUFF + 1);",
          ":: true ->\n			r = nxt[p];", ASSERTION),
)


class Search:
    """What one run of a verifier did."""

    def __init__(self, output):
        self.output = output
        self.states = self.number(r"(\d+) states, stored")
        self.transitions = self.number(r"(\d+) transitions")
        self.depth = self.number(r"depth reached (\d+)")
        self.full = self.number(r"^full (\d+)")
        self.memory = re.search(r"([\d.]+)\s+total actual memory usage", output)
        self.edges = [tuple(map(int, e)) for e in
                      re.findall(r"^edge (\d+) (\d+) (\d+)$", output, re.M)]

    def number(self, pattern):
        found = re.search(pattern, self.output, re.M)
        return int(found.group(1)) if found else 0

    def complaint(self):
        """Why the search shows nothing, or shows the contrary; None when it is fine."""
        errors = re.findall(r"^pan:\d+: (.*)$", self.output, re.M)
        if errors:
            return errors[0]
        if "errors: 0" not in self.output:
            return "no verdict"
        for sign in ("Search not completed", "max search depth too small", "Bit statespace",
                     "hash-compact", "out of memory"):
            if sign in self.output:
                return "not exhaustive: " + sign
        return None


def build_edges(sources, out):
    """edges.pml of the sources' own table; returns the table's list."""
    program = os.path.join(out, "edges")
    os.makedirs(out, exist_ok=True)
    must(["cc", "-O1", "-Wall", "-I", "scripts/host/include", "-I", "include",
          "-o", program, HERE + "/edges.c"], program + ".log", cwd=sources)
    with open(os.path.join(out, "edges.pml"), "w", encoding="utf-8") as f:
        f.write(must([program], program + "-pml.log"))
    return must([program, "--list"], program + "-list.log").splitlines()


def verifier(sources, out, model, cycles):
    """Makes and compiles the verifier of a model; returns its path."""
    name, source, defines, _ = model
    where = os.path.join(out, name + ("-cycles" if cycles else ""))
    os.makedirs(where, exist_ok=True)
    flags = ["-D" + d for d in defines.split()]
    text = must(["cpp", "-P", "-undef", "-nostdinc", "-I", out, *flags,
                 os.path.join(sources, HERE, "model", source + ".pml")], where + "/cpp.log")
    with open(where + "/model.pml", "w", encoding="utf-8") as f:
        f.write(text)
    must(["spin", "-a", "model.pml"], where + "/spin.log", cwd=where)
    must(["cc", "-O2", "-w", "-DMEMLIM=%d" % MEMORY_MB, "-DVECTORSZ=2048",
          "-DNP" if cycles else "-DSAFETY", "-o", "pan", "pan.c"],
         where + "/cc.log", cwd=where)
    return where


def search(sources, out, model, cycles=False):
    where = verifier(sources, out, model, cycles)
    _, output = run(["./pan", "-m2000000", "-w22"] + (["-l"] if cycles else []),
                    where + "/pan.log", cwd=where)
    return Search(output)


def described(found):
    return "%d states, %d transitions, depth %d" % (found.states, found.transitions,
                                                    found.depth)


def prove(model):
    """Searches one model; returns (what was explored, edges taken)."""
    name, _, defines, cycles = model
    found = search(TOP, OUT, model)
    text = "%s: %s" % (name, described(found))
    why = found.complaint()
    if not why and cycles:
        again = search(TOP, OUT, model, cycles=True)
        why = again.complaint()
        text += "; no cycle among %d with the claim" % again.states
    if why:
        raise Failure("%s (%s): %s" % (name, defines, why))
    return text + ("; %d segments lost to a full network" % found.full if found.full else ""), \
        found.edges


def taken(table, edges):
    """Edges of the table that no model took, by state and by cause."""
    causes = {}
    for start, end, by in edges:
        causes[start, end] = causes.get((start, end), 0) | by
    never, partly = [], []
    for line in table:
        start, end, by, first, second = line.split()
        seen = causes.get((int(start), int(end)), 0)
        if not seen:
            never.append("%s to %s" % (first, second))
        for bit, cause in enumerate(("segment", "call", "timer")):
            if seen and int(by) & ~seen & 1 << bit:
                partly.append("%s to %s by %s" % (first, second, cause))
    return len(table), never, partly


EDGES = []          # taken by the models searched so far


def prove_one(name):
    build_edges(TOP, OUT)
    text, edges = prove(next(m for m in MODELS if m[0] == name))
    EDGES.extend(edges)
    return text


def summary(say):
    total, never, partly = taken(build_edges(TOP, OUT), EDGES)
    say("edges of the table taken: %d of %d" % (total - len(never), total))
    if never:
        say("never taken: " + ", ".join(never))
    if partly:
        say("legal, but taken by no model: " + ", ".join(partly))


def prove_broken(brk):
    """The search has to find what was broken."""
    where = os.path.join(OUT, "broken", brk.name)
    break_copy(where, brk)
    build_edges(where, where)
    model = next(m for m in MODELS if m[0] == brk.proof)
    found = search(where, where, model, cycles=brk.expect == CYCLE)
    why = found.complaint()
    if not why or brk.expect not in why:
        raise Failure("%s: broken, and %s says: %s" % (brk.name, brk.proof, why or "fine"))
    return "%s: %s, after %d states" % (brk.name, brk.expect, found.states)
