# SPDX-License-Identifier: GPL-2.0
"""What scripts/bench-loss found, as a table, a CSV and plots."""

import csv
import itertools
import math
import statistics
from dataclasses import dataclass

import lossplot

MATERIAL = 0.01         # of a ratio: less than that is no difference
KEY = ("work", "rtt", "loss", "burst", "reorder", "rate", "queue")


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


@dataclass
class Result:
    """A cell and a work: what both stacks made of it; greater is better."""
    key: dict
    rate: dict          # stack: [Mbit/s of goodput] by repeat
    p95: dict           # stack: [milliseconds]
    retrans: dict       # stack: [segments]
    timeouts: dict      # stack: [time-outs]
    failed: dict        # stack: runs that did not end

    def middle(self, stack):
        return statistics.median(self.rate[stack])

    @property
    def whole(self):
        return all(self.rate[s] for s in ("atcp", "kernel"))

    @property
    def ratio(self):
        return self.middle("atcp") / self.middle("kernel")

    @property
    def mark(self):
        """Below or above beyond noise: the ranges between the quartiles do not overlap."""
        if not self.whole:
            return "FAILED"
        a_low, _, a_high = quartiles(self.rate["atcp"])
        k_low, _, k_high = quartiles(self.rate["kernel"])
        if abs(self.ratio - 1) < MATERIAL:
            return "equal"
        return "BELOW" if a_high < k_low else "above" if a_low > k_high else "equal"

    @property
    def loss_name(self):
        loss = float(self.key["loss"])
        return f"{loss:g}{'b' if self.key['burst'] == '1' else 'r'}" if loss else "0"


def read(path):
    with open(path, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    results = []
    for key, group in itertools.groupby(rows, lambda r: [r[k] for k in KEY]):
        result = Result(dict(zip(KEY, key)), *({s: [] for s in ("atcp", "kernel")}
                                               for _ in range(4)), {"atcp": 0, "kernel": 0})
        for row in group:
            stack = row["stack"]
            if not row["mean_us"]:
                result.failed[stack] += 1
                continue
            result.rate[stack].append(int(row["octets"]) * 8 / int(row["mean_us"]))
            result.p95[stack].append(int(row["p95_us"]) / 1000)
            result.retrans[stack].append(int(row["retrans"]))
            result.timeouts[stack].append(int(row["timeouts"]))
        results.append(result)
    return results


HEAD = (f"{'RTT':>4} {'loss%':>5} {'reord%':>6} {'rate':>4} {'queue':>5} | "
        f"{'atcp':>8} {'quartiles':>17} | {'kernel':>8} {'quartiles':>17} | {'ratio':>6} {'':6} | "
        f"{'sent again':>11} | {'time-outs':>9} | p95 ms atcp/kernel")


def figures(result, stack, unit):
    low, middle, high = (unit(v) for v in quartiles(result.rate[stack]))
    return f"{middle:8.3f} {min(low, high):8.3f}-{max(low, high):<8.3f}"


def line(result):
    """Bulk in Mbit/s; short flows in milliseconds; the ratio is of speed in both."""
    k = result.key
    text = (f"{float(k['rtt']):4g} {result.loss_name:>5} {float(k['reorder']):6g} "
            f"{float(k['rate']):4g} {float(k['queue']):5g} | ")
    if not result.whole:
        return text + f"FAILED: runs that did not end: {result.failed}"
    unit = unit_of(result)
    again, out, p95 = ({s: statistics.median(d[s]) for s in d}
                       for d in (result.retrans, result.timeouts, result.p95))
    tail = "" if k["work"] == "bulk" else f"{p95['atcp']:.1f}/{p95['kernel']:.1f}"
    return text + (f"{figures(result, 'atcp', unit)} | {figures(result, 'kernel', unit)} | "
                   f"{result.ratio:6.3f} {result.mark if result.mark != 'equal' else '':6} | "
                   f"{again['atcp']:5g}/{again['kernel']:<5g} | "
                   f"{out['atcp']:4g}/{out['kernel']:<4g} | {tail}").rstrip()


def unit_of(result):
    if result.key["work"] == "bulk":
        return lambda rate: rate
    octets = {"10k": 10000, "100k": 100000}[result.key["work"]]
    return lambda rate: octets * 8 / rate / 1000


def count(results):
    marks = [r.mark for r in results]
    whole = [r.ratio for r in results if r.whole]
    mean = math.exp(statistics.fmean(map(math.log, whole))) if whole else math.nan
    return (f"{len(results):4} cells: {marks.count('BELOW'):3} below, {marks.count('equal'):3} "
            f"equal, {marks.count('above'):3} above, {marks.count('FAILED')} failed; "
            f"geometric mean of ratios {mean:.3f}")


def groups(results):
    """The cells of each loss, with and without reordering; nothing for so few as a diagonal."""
    found = {}
    for r in results:
        name = f"loss {r.loss_name}" + (", reordered" if float(r.key["reorder"]) else "")
        found.setdefault(name, []).append(r)
    return found if any(len(some) > 2 for some in found.values()) else {}


def summary(results):
    yield "Summary: atcp's speed to the kernel's"
    for work in dict.fromkeys(r.key["work"] for r in results):
        mine = [r for r in results if r.key["work"] == work]
        yield f"  {work:24} {count(mine)}"
        yield from (f"    {name:22} {count(some)}" for name, some in groups(mine).items())
    yield f"  {'all':24} {count(results)}"
    worst = sorted((r for r in results if r.mark == "BELOW"), key=lambda r: r.ratio)[:10]
    if worst:
        yield "Furthest below:"
        yield from (f"  {r.key['work']:5} {line(r)}" for r in worst)


def table(results, how):
    yield f"atcp and the kernel's TCP over one path: {how}"
    yield ("RTT ms, rate Mbit/s, queue in bandwidth-delay products; loss r random, b in bursts; "
           "BELOW, above: quartiles do not overlap")
    for work in dict.fromkeys(r.key["work"] for r in results):
        yield ""
        yield (f"{work}: goodput in Mbit/s" if work == "bulk" else
               f"flows of {work}: mean completion time in ms (the ratio is of speed)")
        yield HEAD
        yield from (line(r) for r in results if r.key["work"] == work)
    yield ""
    yield from summary(results)


def write_csv(path, results):
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow([*KEY, *(f"{s}_{what}" for s in ("atcp", "kernel") for what in (
            "q1_mbit", "median_mbit", "q3_mbit", "retrans", "timeouts")), "ratio", "mark"])
        for r in results:
            cells = []
            for s in ("atcp", "kernel"):
                cells += ([*(f"{q:.4f}" for q in quartiles(r.rate[s])),
                           statistics.median(r.retrans[s]), statistics.median(r.timeouts[s])]
                          if r.rate[s] else [""] * 5)
            out.writerow([*r.key.values(), *cells, f"{r.ratio:.4f}" if r.whole else "", r.mark])


def write(folder, how):
    """Of the raw.csv in a folder, all the rest."""
    results = read(folder / "raw.csv")
    text = "".join(f"{words}\n" for words in table(results, how))
    (folder / "table.txt").write_text(text, encoding="utf-8")
    write_csv(folder / "cells.csv", results)
    lossplot.draw(folder, results)
    print(text, end="")
