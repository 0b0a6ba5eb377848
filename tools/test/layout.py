#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Checks a drawing of atcp-fsm: no text lies on another text, on a box that is not
its own, on an arrow, or outside the drawing. Prints what does; exit status 1.

The width of text is estimated for DejaVu Sans, the widest of the usual fonts.
"""

import re
import sys
import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"title": 20, "head": 14, "state": 14, "small": 11}


def text_box(node):
    kinds = node.get("class", "").split()
    size = next((SIZES[k] for k in kinds if k in SIZES), 12)
    bold = any(k in ("title", "head", "state", "count") for k in kinds)
    width = len(node.text) * size * (0.66 if bold else 0.6)
    anchor = "middle" if "state" in kinds else node.get("text-anchor", "start")
    x = float(node.get("x")) - {"start": 0, "middle": width / 2, "end": width}[anchor]
    y = float(node.get("y"))
    return x, y - size * 0.75, x + width, y + size * 0.2


def rect_box(node):
    x, y = float(node.get("x")), float(node.get("y"))
    return x, y, x + float(node.get("width")), y + float(node.get("height"))


def bezier(p, t):
    u = 1 - t
    return tuple(u * u * u * p[0][i] + 3 * u * u * t * p[1][i]
                 + 3 * u * t * t * p[2][i] + t * t * t * p[3][i] for i in (0, 1))


def points(path):
    """Points along a path of one M and then C, H or V."""
    commands = re.findall(r"([MCHV])([^MCHV]*)", path)
    numbers = [[float(n) for n in re.findall(r"-?[\d.]+", c[1])] for c in commands]
    start = tuple(numbers[0])
    kind, rest = commands[1][0], numbers[1]
    if kind == "C":
        ends = [start, tuple(rest[:2]), tuple(rest[2:4]), tuple(rest[4:])]
    else:
        end = (rest[0], start[1]) if kind == "H" else (start[0], rest[0])
        ends = [start, start, end, end]
    return [bezier(ends, i / 400) for i in range(401)]


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(a, b):
    return a[0] >= b[0] and a[2] <= b[2] and a[1] >= b[1] and a[3] <= b[3]


def main():
    root = ET.parse(sys.argv[1]).getroot()
    frame = (0, 0, float(root.get("width")), float(root.get("height")))
    texts = [(n.text, text_box(n)) for n in root.iter(SVG + "text")]
    boxes = [rect_box(n) for n in root.iter(SVG + "rect") if n.get("x")]
    arrows = [(n.findtext(SVG + "title"), points(n.get("d")))
              for n in root.findall(SVG + "path") if n.find(SVG + "title") is not None]
    bad = []
    for i, (words, box) in enumerate(texts):
        if not inside(box, frame):
            bad.append(f"outside the drawing: {words}")
        bad += [f"overlap: {words} / {other}" for other, b in texts[i + 1:] if overlap(box, b)]
        bad += [f"on a box: {words}" for b in boxes if overlap(box, b) and not inside(box, b)]
        bad += [f"on the arrow {name}: {words}" for name, line in arrows
                if any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in line)]
    print(f"{len(texts)} texts, {len(boxes)} boxes, {len(arrows)} arrows, {len(bad)} bad")
    print("\n".join(bad))
    return 1 if bad or not (texts and boxes and arrows) else 0


sys.exit(main())
