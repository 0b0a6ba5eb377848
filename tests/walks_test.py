#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml
# vm-args: --virtual-time
# timeout: 300
"""A few of the random walks of scripts/walks: the kernel's TCP and atcp go them, and no
difference is met that tests/walks/differences.tsv does not name."""

import re
import subprocess
from pathlib import Path

from atcptest import alone, hang_limit, main, note

TESTS = Path(__file__).resolve().parent
WALKS = TESTS.parent / "build" / "walks"
DAYS = 1000 * 86400         # the guest's, of which a walk may take an hour


def walks(*options):
    hang_limit(DAYS)
    done = subprocess.run([WALKS, "--known", TESTS / "walks" / "differences.tsv", *options],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    closing = re.search(r"^(\d+) walks, (\d+) steps: (\d+) undecided .*$", done.stdout, re.M)
    if done.returncode or not closing:
        note(done.stdout)
    assert done.returncode == 0, f"exit status {done.returncode}"
    note(closing.group())
    return done.stdout, int(closing.group(1)), int(closing.group(2))


@alone("2000 walks: no difference that is not known")
def _():
    text, count, steps = walks("--seed", "1", "--walks", "2000")
    assert count == 2000 and steps > 5 * count, f"{count} walks of {steps} steps"
    taken = int(re.search(r"^transitions taken: (\d+) of", text, re.M).group(1))
    assert taken >= 22, f"only {taken} transitions taken"


@alone("the kernel's TCP beside itself: not one difference, so the walks repeat exactly")
def _():
    walks("--seed", "1", "--walks", "300", "--subject", "linux")


if __name__ == "__main__":
    main(netns=False)
