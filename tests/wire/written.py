# SPDX-License-Identifier: GPL-2.0
"""The lines of a trace that stand for segments: made into octets, or compared with them."""

import re

from wire.segment import (ACK, CWR, ECE, FIN, MOD, MSS, PSH, RST, SACK, SACK_OK, SYN, TS, URG,
                          WSCALE, flag_names, options)

LETTERS = {"F": FIN, "S": SYN, "R": RST, "P": PSH, ".": ACK, "U": URG, "E": ECE, "C": CWR}
KINDS = {"mss": MSS, "ws": WSCALE, "sackok": SACK_OK, "ts": TS}
SEGMENT = re.compile(r"([SFRPUEC.]+|-) (\S+?)\((\d+)\)((?: .*)?)$")
# What is one word, and what has an argument.
FLAGS_ALONE = {"nots", "bad-sum"}
WITH_ARGUMENT = {"ack", "win", "up", "ts", "ecr", "sack", "from", "to"}


def signed(number):
    """A difference of sequence numbers, as one reads it."""
    number %= MOD
    return number - MOD if number >= MOD // 2 else number


class Written:
    """A segment as a trace writes it, its numbers not yet resolved."""

    def __init__(self, text):
        match = SEGMENT.match(text)
        assert match, f"no segment: {text}"
        self.flags = 0 if match.group(1) == "-" else sum(LETTERS[c] for c in match.group(1))
        self.seq, self.length = match.group(2), int(match.group(3))
        self.options, self.words = None, {}
        rest = match.group(4)
        found = re.search(r" <([a-z][^>]*|)>", rest)
        if found:
            self.options = [w for w in found.group(1).split(",") if w]
            rest = rest[:found.start()] + rest[found.end():]
        words = rest.split()
        while words:
            word = words.pop(0)
            assert word in FLAGS_ALONE or (word in WITH_ARGUMENT and words), f"{word}? {text}"
            self.words[word] = True if word in FLAGS_ALONE else words.pop(0)
        assert ("ack" in self.words) == bool(self.flags & ACK) or self.flags & RST, \
            f"ACK bit and number do not go together: {text}"


class Numbers:
    """What the relative numbers of a trace count from."""

    def __init__(self):
        self.snd = self.rcv = None      # SND.NXT and RCV.NXT as the case began
        self.iss = self.irs = self.una = self.edge = None

    def _value(self, text, base):
        """NAME, NAME+N, N or =N."""
        match = re.match(r"(=|[A-Z]+)?([+-]?\d+)?$", text)
        assert match and text, f"what number is {text}?"
        name, offset = match.group(1), int(match.group(2) or 0)
        if name == "=":
            return offset % MOD
        start = base if name is None else {"UNA": self.una, "ISS": self.iss, "IRS": self.irs,
                                           "W": self.edge}[name]
        assert start is not None, f"{text} means nothing yet"
        return (start + offset) % MOD

    def of_peer(self, text):
        """A number in the peer's sequence space."""
        return self._value(text, self.rcv)

    def of_stack(self, text):
        """A number in the stack's sequence space."""
        return self._value(text, self.snd)


def made_options(words, ts):
    """Octets of the options of a segment of ours; ts(word) gives the two timestamps."""
    more = {}
    for word in words:
        name, _, value = word.partition("=")
        if name == "mss":
            more["mss"] = int(value or 1460)
        elif name == "ws":
            more["wscale"] = int(value or 7)
        elif name == "sackok":
            more["sack_ok"] = True
        elif name == "ts":
            more["ts"] = ts(value or "0")
        else:
            raise AssertionError(f"no option {word}")
    return options(**more)


def same_options(written, seg, ts_on, numbers):
    """Compares the options; what a trace does not name must not be there."""
    want = set()
    if written.options is not None:
        for word in written.options:
            name, _, value = word.partition("=")
            want.add(KINDS[name])
            if value:
                got = seg.options.get(KINDS[name])
                assert got == int(value), f"{name} is {got}, expected {value}: {seg}"
    elif ts_on:
        want.add(TS)
    if "sack" in written.words:
        want.add(SACK)
        blocks = [tuple(numbers.of_peer(n) for n in block.split(":"))
                  for block in written.words["sack"].split(",")]
        got = seg.options.get(SACK)
        assert got == blocks, f"SACK blocks {relative(got, numbers)}, expected " \
            f"{written.words['sack']}: {seg}"
    got = set(seg.options)
    if seg.flags & RST:         # a timestamp may stand on it, or not (RFC 7323, 3.2)
        got.discard(TS)
        want.discard(TS)
    assert got == want, f"options {sorted(got)}, expected {sorted(want)}: {seg}"


def relative(blocks, numbers):
    return [(signed(a - numbers.rcv), signed(b - numbers.rcv)) for a, b in blocks or ()]


def same_window(text, seg):
    """N, <N or >N, as it stands in the header."""
    match = re.match(r"([<>]?)(\d+)$", text)
    assert match, f"what window is {text}?"
    number = int(match.group(2))
    good = {"": seg.window == number, "<": seg.window < number,
            ">": seg.window > number}[match.group(1)]
    assert good, f"window {seg.window}, expected {text}: {seg}"


def told(seg, numbers):
    """A segment of the stack's, in the numbers of the trace."""
    seq = signed(seg.seq - numbers.snd) if numbers.snd is not None else seg.seq
    ack = signed(seg.ack - numbers.rcv) if numbers.rcv is not None else seg.ack
    blocks = f" sack {relative(seg.options[SACK], numbers)}" if SACK in seg.options else ""
    return (f"{flag_names(seg.flags).replace('A', '.')} {seq}({len(seg.data)})"
            f"{f' ack {ack}' if seg.flags & ACK else ''} win {seg.window}"
            f"{f' up {seg.urgent}' if seg.flags & URG else ''}{blocks}"
            f" options {sorted(seg.options)} (absolute {seg.seq}, {seg.ack})")
