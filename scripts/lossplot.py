# SPDX-License-Identifier: GPL-2.0
"""Drawings of what scripts/bench-loss found, by gnuplot, as PNG and SVG.

A drawing for each work: a panel for each rate, queue and reordering; across, the losses;
up, the ratio of speeds, or the speeds themselves; a colour for each round trip.
"""

import shutil
import subprocess

COLOURS = ("#0060ad", "#c04000", "#208020", "#8030a0", "#806000")
LEAST = 0.01            # of a ratio that is drawn


def values_of(results, name):
    return list(dict.fromkeys(r.key[name] for r in results))


def panels(results):
    """[(title, its results)], rows of one rate and queue, columns of one reordering."""
    found = {}
    for r in results:
        k = r.key
        title = (f"{float(k['rate']):g} Mbit/s, queue {float(k['queue']):g} BDP, "
                 f"{float(k['reorder']):g} % reordered")
        found.setdefault(title, []).append(r)
    return sorted(found.items())


def block(name, rows):
    """A named table inside the script."""
    return f"${name} << EOD\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows) + "EOD\n"


def ratio_rows(results, losses):
    for r in results:
        if r.whole:
            yield losses.index(r.loss_name), f"{max(r.ratio, LEAST):.5f}"


def speed_rows(results, losses, stack):
    from lossreport import quartiles    # which draws by this
    for r in results:
        if r.rate[stack]:
            low, middle, high = quartiles(r.rate[stack])
            yield losses.index(r.loss_name), f"{middle:.5f}", f"{low:.5f}", f"{high:.5f}"


def draw_panel(n, title, results, losses, trips, speeds):
    text, plots = "", []
    for i, trip in enumerate(trips):
        mine = [r for r in results if r.key["rtt"] == trip]
        look = f'lc rgb "{COLOURS[i % len(COLOURS)]}" lw 2'
        name = f"{float(trip):g} ms"
        if not speeds:
            rows = list(ratio_rows(mine, losses))
            text += block(f"r{n}_{i}", rows)
            if rows:
                plots.append(f'$r{n}_{i} using 1:2 with linespoints pt 7 {look} title "{name}"')
            continue
        for stack, more in (("atcp", "pt 7 dt 1"), ("kernel", "pt 6 dt 2")):
            rows = list(speed_rows(mine, losses, stack))
            text += block(f"s{n}_{i}{stack}", rows)
            if rows:
                plots.append(f'$s{n}_{i}{stack} using 1:2:3:4 with yerrorlines {more} {look} '
                             f'title "{stack}, {name}"')
    if not plots:
        return ""
    if not speeds:
        plots.append('1 with lines lc rgb "#808080" notitle')
    return text + f'set title "{title}"\nplot ' + ", \\\n  ".join(plots) + "\n"


def script(results, work, speeds, path):
    losses = [n for n in ("0", "0.1r", "1r", "3r", "0.1b", "1b", "3b")
              if any(r.loss_name == n for r in results)]
    losses += [n for n in dict.fromkeys(r.loss_name for r in results) if n not in losses]
    trips = sorted(values_of(results, "rtt"), key=float)
    drawn = panels(results)
    columns = 2 if len(drawn) > 1 else 1
    rows = -(-len(drawn) // columns)
    size = (620 * columns, 330 * rows + 50)
    for kind, terminal in (("png", "pngcairo"), ("svg", "svg")):
        what = "goodput, Mbit/s" if speeds else "speed, atcp to the kernel's TCP"
        yield (f'set terminal {terminal} size {size[0]},{size[1]} font "Helvetica,10" '
               f'background rgb "white"\nset output "{path}.{kind}"\n'
               f'set multiplot layout {rows},{columns} title "{work}: {what}"\n'
               f"set logscale y\nset grid\nset key outside right\n"
               f"set xrange [-0.5:{len(losses) - 0.5}]\nset xlabel \"loss, %\"\n"
               "set xtics (" + ", ".join(f'"{n}" {i}' for i, n in enumerate(losses)) + ")\n")
        for n, (title, some) in enumerate(drawn):
            yield draw_panel(n, title, some, losses, trips, speeds)
        yield "unset multiplot\nunset output\n"


def draw(folder, results):
    """All drawings, into a folder; says so where there is no gnuplot."""
    if not shutil.which("gnuplot"):
        print("bench-loss: no gnuplot, no drawings (scripts/need plots)")
        return
    for work in dict.fromkeys(r.key["work"] for r in results):
        mine = [r for r in results if r.key["work"] == work]
        for speeds in (False, True):
            path = folder / f"{work}-{'speed' if speeds else 'ratio'}"
            text = "".join(script(mine, work, speeds, path))
            subprocess.run(["gnuplot"], input=text, text=True, check=True)
