# SPDX-License-Identifier: GPL-2.0
"""The grid of scripts/bench-loss: what a path may be like, and what is sent over it."""

import itertools
from dataclasses import dataclass

PACKET = 1514                   # octets on the link of a full segment
LEAST_QUEUE = 4                 # packets
AHEAD = 1 / 8                   # of a round trip: by how much reordered packets are early

GRID = {"rtt": ["2", "20", "100"],
        "loss": ["0", "0.1r", "1r", "3r", "0.1b", "1b", "3b"],
        "reorder": ["0", "5"],
        "rate": ["10", "100"],
        "queue": ["1", "0.1"]}
# A diagonal: every value of every axis, each loss with and without reordering.
QUICK = [("20", "0", "0", "100", "1"), ("100", "0", "5", "10", "0.1"),
         ("2", "0.1r", "0", "100", "0.1"), ("20", "0.1r", "5", "100", "1"),
         ("100", "1r", "0", "10", "1"), ("2", "1r", "5", "100", "1"),
         ("20", "3r", "0", "100", "0.1"), ("100", "3r", "5", "10", "1"),
         ("100", "0.1b", "0", "100", "1"), ("2", "0.1b", "5", "10", "1"),
         ("20", "1b", "0", "100", "1"), ("100", "1b", "5", "100", "0.1"),
         ("2", "3b", "0", "10", "1"), ("20", "3b", "5", "10", "0.1")]


@dataclass(frozen=True)
class Cell:
    """One path: milliseconds, percent, Mbit/s, bandwidth-delay products."""
    rtt: float
    loss: float
    burst: bool
    reorder: float
    rate: float
    queue: float
    ahead: float = AHEAD

    def packets_a_trip(self):
        return self.rate * 1e6 / 8 * self.rtt / 1000 / PACKET

    def queue_packets(self):
        return max(LEAST_QUEUE, round(self.queue * self.packets_a_trip()))

    def loss_name(self):
        return f"{self.loss:g}{'b' if self.burst else 'r'}" if self.loss else "0"

    def words(self):
        return (f"rtt={self.rtt:g},loss={self.loss_name()},reorder={self.reorder:g},"
                f"rate={self.rate:g},queue={self.queue:g}")

    def bulk(self):
        """Octets that take some seconds where nothing is lost: thirty round trips and more."""
        least = 5 if self.rate <= 10 else 1
        return round(self.rate * 1e6 / 8 * max(least, 30 * self.rtt / 1000))


def make(values):
    rtt, loss, reorder, rate, queue = values
    share = float(loss.rstrip("rb"))
    return Cell(float(rtt), share, loss.endswith("b"), float(reorder), float(rate), float(queue))


def of_row(row):
    """The cell of a row of raw.csv."""
    return Cell(float(row["rtt"]), float(row["loss"]), row["burst"] == "1",
                float(row["reorder"]), float(row["rate"]), float(row["queue"]))


def grid(chosen=None):
    """All cells; those that a text like "rtt=20,loss=1r+1b" chooses, also beyond the grid."""
    axes = dict(GRID)
    for word in (chosen or "").split(","):
        name, _, values = word.partition("=")
        if not word:
            continue
        if name not in axes or not values:
            raise ValueError(f"{word}: not one of {', '.join(axes)} with a value")
        axes[name] = values.split("+")
    return [make(values) for values in itertools.product(*axes.values())]


def quick():
    return [make(values) for values in QUICK]


@dataclass(frozen=True)
class Work:
    """What is sent: flows one after another."""
    name: str
    octets: int                 # 0: as many as the cell says
    flows: int

    def size(self, cell):
        return self.octets or cell.bulk()


WORKS = {"bulk": Work("bulk", 0, 1), "10k": Work("10k", 10000, 50),
         "100k": Work("100k", 100000, 20)}
