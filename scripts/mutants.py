# SPDX-License-Identifier: GPL-2.0
"""Ways to break a C file of the core, one at a time.

The source is cut into tokens and statements, so that nothing is changed within
comments, strings, declarations of types or preprocessor lines other than the body
of a #define.  A mutant is a span of the file with a text in its place; the list of
them depends on the text of the file alone.
"""

import bisect
import re
from dataclasses import dataclass

TOKEN = re.compile(r"""
    (?P<space>\s+|/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<define>\#[ \t]*define[ \t]+\w+(?:\([^)]*\))?)
  | (?P<directive>\#[^\n]*)
  | (?P<op><<=|>>=|->|\+\+|--|&&|\|\||[-<>=!+*/%&|^]=|<<|>>|.)
""", re.S | re.X)

TYPES = {"const", "static", "struct", "enum", "union", "unsigned", "signed", "int", "char",
         "long", "bool", "void", "u8", "u16", "u32", "u64", "s32", "s64", "size_t"}
OPEN = {"(": ")", "[": "]", "{": "}"}

# What stands for an operator or a function instead.
OPERATORS = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"],
    "|": ["&"], "++": ["--"], "--": ["++"], "+=": ["-=", "="], "-=": ["+=", "="],
    "|=": ["="], "&=": ["="], "<<=": [">>="], ">>=": ["<<="], "~": [""], "!": [""],
}
BINARY = {"+": ["-"], "-": ["+"], "*": ["/"], "&": ["|"]}
NAMES = {
    "seq_lt": "seq_leq", "seq_leq": "seq_lt", "seq_gt": "seq_geq", "seq_geq": "seq_gt",
    "min": "max", "max": "min", "min_t": "max_t", "max_t": "min_t",
    "seq_min": "seq_max", "seq_max": "seq_min", "true": "false", "false": "true",
}
ORDERED = {"seq_lt", "seq_leq", "seq_gt", "seq_geq", "seq_within"}
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*[A-Z0-9]$")
# One bit each: the next one is twice as much; of others, the next one is one more.
BITS = re.compile(r"ATCP_(F|OPT|SEND|WAKE|USER)_|ATCP_(FIN|SYN|RST|PSH|ACK|URG|ECE|CWR)$")
# Which of two comes first makes no difference; what only warns is missed by nobody.
UNORDERED = {"atcp_fx_event"}
WARNINGS = {"WARN_ON_ONCE"}
# Where an expression begins, or one part of it ends.
LIMITS = {"(", "[", "{", "}", ")", "]", ",", ";", "?", ":", "=", "return", "+=", "-=", "|=", "&="}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int

    @property
    def end(self):
        return self.start + len(self.text)


@dataclass(frozen=True)
class Mutant:
    """One change; its name holds for as long as the text around it does."""
    file: str
    line: int
    function: str
    start: int
    end: int
    text: str
    name: str

    def apply(self, source):
        return source[:self.start] + self.text + source[self.end:]


def tokens(source):
    """All but blanks and comments."""
    return [Token(m.lastgroup, m.group(), m.start()) for m in TOKEN.finditer(source)
            if m.lastgroup != "space"]


def pairs(toks):
    """For each bracket, where its counterpart stands."""
    found, stack = {}, []
    for i, tok in enumerate(toks):
        if tok.kind != "op":
            continue
        if tok.text in OPEN:
            stack.append(i)
        elif tok.text in OPEN.values():
            found[i] = stack.pop()
            found[found[i]] = i
    return found


class Generator:
    """The mutants of one file."""

    def __init__(self, file, source):
        self.file, self.source = file, source
        self.toks = tokens(source)
        self.pair = pairs(self.toks)
        self.lines = [m.end() for m in re.finditer("\n", source)]
        self.owner = [""] * len(self.toks)      # function, table or macro
        self.labels = set()                     # tokens of "case X:"
        self.types = set()                      # tokens that declare, or name a type
        self.begins = set()                     # first tokens of statements
        self.returns_bool = set()               # functions
        self.found = {}                         # (start, end, text), in no order
        self.find_owners()

    # ---- what is where ----

    def text(self, i):
        return self.toks[i].text if 0 <= i < len(self.toks) else ""

    def close(self, i):
        """The token after a group that begins at i, or after i."""
        return self.pair[i] + 1 if self.text(i) in OPEN else i + 1

    def find_owners(self):
        """The name of what each token belongs to; statements of what is a function."""
        i = 0
        while i < len(self.toks):
            if self.toks[i].kind == "define":
                i = self.own_macro(i)
                continue
            if self.toks[i].kind == "directive":
                i += 1
                continue
            end = i
            while self.text(end) not in (";", "{", ""):
                end = self.close(end)
            self.types.update(range(i, end))
            if self.text(end) == "{":
                i = self.own_braces(i, end)
            else:
                i = end + 1

    def own_macro(self, i):
        """A macro ends with its line."""
        name = re.split(r"\s+|\(", self.toks[i].text.replace("#", " "))[2]
        stop = self.source.index("\n", self.toks[i].start)
        self.types.add(i)
        i += 1
        while i < len(self.toks) and self.toks[i].start < stop:
            self.owner[i] = name
            i += 1
        return i

    def own_braces(self, start, at):
        """A function with its statements, or the members of a table or an enum."""
        stop = self.pair[at]
        function = self.text(at - 1) == ")"
        head = range(start, self.pair[at - 1] if function else at)
        names = [self.text(j) for j in head if self.toks[j].kind == "name" and
                 self.text(j + 1) in ("(", "[", "=", "{")]
        for j in range(start, stop + 1):
            self.owner[j] = self.text(self.pair[at - 1] - 1) if function else \
                (names or ["enum"])[0]
        if function:
            if "bool" in [self.text(j) for j in head]:
                self.returns_bool.add(self.owner[at])
            self.block(at)
            return stop + 1
        if "enum" in [self.text(j) for j in head] and "=" not in [self.text(at - 1)]:
            self.types.update(j for j in range(at, stop) if self.toks[j].kind == "name")
        if "struct" in self.text(start) and self.text(at - 1) != "=":
            self.types.update(range(at, stop + 1))
        else:
            self.members(at)
        return stop + (2 if self.text(stop + 1) == ";" else 1)

    # ---- statements ----

    def block(self, at):
        """The statements between braces; what of them could be out of order."""
        i, before = at + 1, None
        while i < self.pair[at]:
            begin = i
            i = self.statement(i)
            simple = self.is_simple(begin, i)
            if simple and before is not None and self.depends(before, begin, i):
                self.swap(before, begin, i)
            before = begin if simple else None

    def statement(self, i):
        """Takes one statement; where the next begins."""
        self.begins.add(i)
        word = self.text(i)
        if word == "{":
            self.block(i)
            return self.pair[i] + 1
        if word in ("if", "while", "switch", "for"):
            return self.compound(i, word)
        if word == "else":
            return self.statement(i + 1)
        if word in ("case", "default"):
            return self.label(i)
        end = i
        while self.text(end) != ";":
            end = self.close(end)
        if word == "return":
            self.returned(i, end)
        elif word in WARNINGS:
            pass
        elif word in ("break", "continue") or not self.is_declaration(i):
            self.put(i, end, ";")               # missing action
        else:
            self.declaration(i, end)
        return end + 1

    def compound(self, i, word):
        stop = self.pair[i + 1]
        if word == "for":
            self.types.add(i)
            first = i + 2
            while self.text(first) != ";":
                first = self.close(first)
            last = first + 1
            while self.text(last) != ";":
                last = self.close(last)
        else:
            first, last = i + 1, stop
        if word == "if":
            self.put(first + 1, last - 1, "1")
        if word != "switch":
            self.put(first + 1, last - 1, "0")
        if word == "if":
            self.negate(first + 1, last - 1)
        return self.statement(stop + 1)

    def label(self, i):
        end = i
        while self.text(end) != ":":
            end += 1
        self.labels.update(range(i, end + 1))
        if self.text(i) == "case":
            self.put(i, end, "")
        return end + 1

    def returned(self, i, end):
        if end == i + 1:
            self.put(i, end, ";")
        elif self.owner[i] in self.returns_bool:
            if self.text(i + 1) not in NAMES or end > i + 2:
                self.negate(i + 1, end - 1)
        elif end > i + 2 and not (self.text(i + 1) == "-" and end == i + 3):
            self.put(i + 1, end - 1, "0")

    def is_declaration(self, i):
        return self.text(i) in TYPES or self.toks[i].kind == self.toks[i + 1].kind == "name"

    def declaration(self, i, end):
        """Up to the first "=" it is about types, unless more names follow."""
        eq = next((j for j in range(i, end) if self.text(j) == "="), end)
        self.types.update(range(i, eq))
        if self.text(eq + 1) == "{":
            self.members(eq + 1)

    def members(self, at):
        """Of a table, an enum or an initializer: each may be missing."""
        i = at + 1
        while i < self.pair[at]:
            begin = i
            while i < self.pair[at] and self.text(i) != ",":
                i = self.close(i)
            if self.text(begin) in (".", "[", "{") and self.text(i) == ",":
                self.put(begin, i, "")
            if self.text(begin) == "[":
                self.types.update(range(begin, self.pair[begin]))
            i += 1

    def is_simple(self, begin, end):
        return self.text(end - 1) == ";" and self.text(begin) not in \
            {"if", "while", "for", "switch", "return", "break", "continue", "case",
             "default", "else", "{", *UNORDERED, *WARNINGS} and not self.is_declaration(begin)

    def depends(self, first, second, end):
        """Both act, or the one writes what the other names."""
        one = [t.text for t in self.toks[first:second]]
        two = [t.text for t in self.toks[second:end]]
        writes = [self.written(one), self.written(two)]
        if writes == [None, None]:
            return True
        return bool((writes[0] and self.within(writes[0], two)) or
                    (writes[1] and self.within(writes[1], one)))

    @staticmethod
    def written(words):
        """What an assignment writes, as words; of a call nothing is known."""
        for i, word in enumerate(words):
            if word == "(":
                return None
            if word.endswith("=") and word not in ("==", "!=", "<=", ">=") or \
               word in ("++", "--"):
                return words[:i]
        return None

    @staticmethod
    def within(part, words):
        return any(words[i:i + len(part)] == part for i in range(len(words)))

    # ---- changes ----

    def put(self, first, last, text):
        """Tokens first to last are replaced; lines keep their numbers."""
        start, end = self.toks[first].start, self.toks[last].end
        old = self.source[start:end]
        text += "\n" * (old.count("\n") - text.count("\n"))
        if text != old:
            self.found[start, end, text] = first

    def span(self, first, last):
        return self.source[self.toks[first].start:self.toks[last].end]

    def negate(self, first, last):
        self.put(first, last, f"!({self.span(first, last)})")

    def swap(self, first, second, end):
        one, two = self.span(first, second - 1), self.span(second, end - 1)
        between = self.source[self.toks[second - 1].end:self.toks[second].start]
        self.put(first, end - 1, two + between + one)

    def is_binary(self, i):
        before = self.toks[i - 1]
        if i in self.begins:
            return False
        return before.kind in ("name", "number") and before.text not in ("return", "case") or \
            before.text in (")", "]") and not self.is_cast(i - 1)

    def is_cast(self, i):
        return self.text(i) == ")" and self.text(i - 1) in TYPES | {"*"} and \
            self.text(self.pair[i] - 1) != "sizeof"

    def one_token(self, i):
        """Operators, names and numbers."""
        tok = self.toks[i]
        if tok.kind == "op":
            for text in OPERATORS.get(tok.text, []):
                self.put(i, i, text)
            if tok.text in BINARY and self.is_binary(i):
                for text in BINARY[tok.text]:
                    self.put(i, i, text)
        elif tok.kind == "number":
            self.number(i)
        elif tok.kind == "name" and tok.text in NAMES:
            self.put(i, i, NAMES[tok.text])
        elif tok.kind == "name" and CONSTANT.match(tok.text) and tok.text != "NULL" and \
                self.text(i + 1) != "(":
            self.put(i, i, f"({tok.text} {'<< 1' if BITS.match(tok.text) else '+ 1'})")
        if tok.text in ORDERED and self.text(i + 1) == "(":
            self.reverse(i + 1)
        if tok.text == "?":
            self.ternary(i)

    def number(self, i):
        text = self.toks[i].text
        digits = text.rstrip("uUlL")
        value, suffix = int(digits, 0), text[len(digits):]
        flag = value == 1 and self.text(i - 1) == "=" and self.text(i + 1) == ";"
        if not flag:
            self.put(i, i, f"{value + 1}{suffix}")
        if value > 1:
            self.put(i, i, f"{value - 1}{suffix}")
        elif value == 1:
            self.put(i, i, "0")

    def reverse(self, at):
        """The first two arguments change places."""
        comma = at + 1
        while self.text(comma) != ",":
            comma = self.close(comma)
        end = comma + 1
        while end < self.pair[at] and self.text(end) != ",":
            end = self.close(end)
        self.put(at + 1, end - 1,
                 f"{self.span(comma + 1, end - 1)}, {self.span(at + 1, comma - 1)}")

    def ternary(self, i):
        """Its two results change places."""
        colon = i + 1
        while self.text(colon) != ":":
            colon = self.close(colon)
        end = colon + 1
        while self.text(end) not in (";", ",", ")", "]", "}", ":"):
            end = self.close(end)
        self.put(i + 1, end - 1,
                 f"{self.span(colon + 1, end - 1)} : {self.span(i + 1, colon - 1)}")

    def logical(self, i):
        """Of "a && b || c", each of a, b, c and a && b may be missing."""
        begin = i
        while self.text(begin - 1) not in LIMITS or self.text(begin - 1) in (")", "]"):
            begin = self.pair[begin - 1] if self.text(begin - 1) in (")", "]") else begin - 1
        end = i
        while self.text(end) not in LIMITS or self.text(end) in ("(", "["):
            end = self.close(end)
        for word, instead in (("||", "0"), ("&&", "1")):
            for first, last in self.parts(begin, end, word):
                self.put(first, last, instead)

    def parts(self, begin, end, word):
        """The operands of one operator; those of || hold those of &&."""
        ends = {"||": ("||",), "&&": ("||", "&&")}[word]
        cuts = [begin - 1]
        j = begin
        while j < end:
            if self.text(j) in ends:
                cuts.append(j)
            j = self.close(j)
        cuts.append(end)
        for a, b in zip(cuts, cuts[1:]):
            if word in (self.text(a) if a >= begin else "", self.text(b) if b < end else ""):
                yield a + 1, b - 1

    # ---- all of it ----

    def mutants(self):
        """In the order of the text."""
        for i, tok in enumerate(self.toks):
            if i in self.types or i in self.labels or not self.owner[i]:
                continue
            if self.in_sizeof(i):
                continue
            self.one_token(i)
            if tok.text in ("&&", "||"):
                self.logical(i)
        seen = {}
        out = []
        for (start, end, text), i in sorted(self.found.items()):
            name = self.name(i, start, end, text)
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name += f" [{seen[name]}]"
            out.append(Mutant(self.file, self.line(start), self.owner[i], start, end, text,
                              name))
        return out

    def in_sizeof(self, i):
        j = i
        while j > 0 and self.text(j) not in (";", "{", "}"):
            if self.text(j) == "sizeof" and self.pair[j + 1] > i:
                return True
            j -= 1
        return False

    def line(self, at):
        return bisect.bisect_right(self.lines, at) + 1

    def name(self, i, start, end, text):
        """FUNCTION: the lines before -> the lines after"""
        left = self.source.rfind("\n", 0, start) + 1
        right = self.source.find("\n", end)
        before = self.source[left:right]
        after = self.source[left:start] + text + self.source[end:right]
        return f"{self.owner[i]}: {squeeze(before)} -> {squeeze(after)}"


def squeeze(text):
    """One line, without comments."""
    text = re.sub(r"/\*.*?(\*/|$)|^[^/\"]*\*/", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", text).strip() or "(nothing)"


def generate(file, source):
    """All mutants of a file."""
    return Generator(file, source).mutants()
