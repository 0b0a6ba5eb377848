# SPDX-License-Identifier: GPL-2.0
#
# Files of the core, and every case there is: with sequence numbers of a few bits
# where 32 are too many.
#
# The core is compiled as it stands, but u32 is then an unsigned _BitInt, which wraps
# at its own width.  Each program tries all its inputs against a reference that knows
# no modular arithmetic, under ASan and UBSan, and says how many there were.

import os
import re

from proof import HERE, OUT, TOP, Break, Failure, break_copy, must, run

UNSIGNED = "-fsanitize=unsigned-integer-overflow,unsigned-shift-base"

# Name, program, bits of a sequence number, the file of the core that the program
# includes, whether it needs the others, and more flags.
PROOFS = (
    ("seq", "seq", 6, None, False, ()),
    ("acceptable", "acceptable", 7, "checks", True, ()),
    ("ranges", "ranges", 8, "ranges", False, ()),
    ("text", "text", 8, "text", True, ()),
    ("options", "options", 32, "wire", False, ()),
    ("rto", "rto", 32, "rto", False, (UNSIGNED,)),
)

BREAKS = (
    Break("seq-leq", "seq", "include/atcp/seq.h",
          "return (s32)(a - b) <= 0;", "return (s32)(a - b) < 0;", "does not hold"),
    Break("seq-within", "seq", "include/atcp/seq.h",
          "return x - left < right - left;", "return x - left <= right - left;",
          "does not hold"),
    Break("right-edge", "acceptable", "module/core/checks.c",
          "return wnd ? first < wnd : !first;", "return wnd ? first <= wnd : !first;",
          "does not hold"),
    Break("both-edges", "acceptable", "module/core/checks.c",
          "	return seq_lt(seg->seq, tcb->rcv.nxt) &&\n"
          "	       seq_gt(seg->seq + len, tcb->rcv.nxt);", "	return false;", "does not hold"),
    Break("neighbours", "ranges", "module/core/ranges.c",
          "if (seq_geq(set->r[i].right, left))", "if (seq_gt(set->r[i].right, left))",
          "does not hold"),
    Break("full-set", "ranges", "module/core/ranges.c",
          "if (set->n == ATCP_RANGES_MAX)", "if (set->n == ATCP_RANGES_MAX - 1)",
          "AddressSanitizer"),
    Break("fin-outside", "text", "module/core/text.c",
          "if (seq_gt(w.end + w.fin, edge)) {", "if (seq_gt(w.end, edge)) {",
          "does not hold"),
    Break("text-after-fin", "text", "module/core/text.c",
          "if (tcb->rcv_fin && seq_gt(w.end, tcb->rcv.fin))",
          "if (tcb->rcv_fin && seq_gt(w.end, tcb->rcv.fin + 1))", "does not hold"),
    Break("option-too-long", "options", "module/core/wire.c",
          "if (len < 2 || len - 2 > end - p)", "if (len < 2)", "AddressSanitizer"),
    Break("lone-kind", "options", "module/core/wire.c",
          "		if (p == end)\n			return;\n", "", "AddressSanitizer"),
    Break("half-a-block", "options", "module/core/wire.c",
          "(len - 2) % LEN_SACK_BLOCK || ", "", "does not hold"),
    Break("rttvar", "rto", "module/core/rto.c",
          "var = (3 * var + err) / 4;", "var = (7 * var + err) / 8;", "does not hold"),
    Break("sane-samples", "rto", "module/core/rto.c",
          "#define RTT_SANE	(120 * ATCP_USEC)", "#define RTT_SANE	(4000 * ATCP_USEC)",
          "does not hold"),
    Break("backoff-bound", "rto", "module/core/rto.c",
          "rto <<= min_t(unsigned int, backoff, 24);", "rto <<= backoff;", "runtime error"),
)


def build(sources, out, proof):
    _, program, bits, included, others, more = proof
    flags = ["clang", "-std=gnu2x", "-O2", "-w", "-fsanitize=address,undefined",
             "-fno-sanitize-recover=all", *more]
    if bits < 32:
        flags += ["-DBITS=%d" % bits, "-I", HERE + "/small/include"]
    files = [HERE + "/small/%s.c" % program]
    if others:
        core = sorted(os.listdir(os.path.join(sources, "module/core")))
        files += ["module/core/" + f for f in core
                  if f.endswith(".c") and f != included + ".c"]
    binary = os.path.join(out, "small-" + program)
    os.makedirs(out, exist_ok=True)
    must(flags + ["-I", "scripts/host/include", "-I", "include", "-o", binary] + files,
         binary + "-cc.log", cwd=sources)
    return binary


def attempt(sources, out, proof):
    binary = build(sources, out, proof)
    return run([binary], binary + ".log")


def prove_one(name):
    proof = next(p for p in PROOFS if p[0] == name)
    status, output = attempt(TOP, OUT, proof)
    cases = re.search(r"^cases (\d+)$", output, re.M)
    if status or not cases:
        raise Failure("%s: %s" % (name, output.strip()[:2000]))
    return "%s: %s cases at %d bits" % (name, cases.group(1), proof[2])


def summary(say):
    pass


def prove_broken(brk):
    where = os.path.join(OUT, "broken", brk.name)
    break_copy(where, brk)
    proof = next(p for p in PROOFS if p[0] == brk.proof)
    status, output = attempt(where, where, proof)
    if not status or brk.expect not in output:
        raise Failure("%s: broken, and %s says: %s" % (brk.name, brk.proof,
                                                     output.strip()[:200] or "nothing"))
    line = next(x for x in output.splitlines() if brk.expect in x)
    return "%s: %s" % (brk.name, line.replace(TOP + "/", ""))
