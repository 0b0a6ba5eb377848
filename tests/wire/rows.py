# SPDX-License-Identifier: GPL-2.0
"""The rows of the state table that traces must show, and those that they cannot."""

import csv
import re
from pathlib import Path

TABLE = Path(__file__).resolve().parents[2] / "Documentation" / "conformance" / "states.tsv"
SCENARIOS = [f"SC-{n:02}" for n in range(1, 23)]
# Rows that no segment, call or timer reaches here, and what shows them instead.
ELSEWHERE = {
    "CL-005": "faults_test.py: allocations are made to fail",
    "CL-010": "faults_test.py: allocations are made to fail",
    "LI-031": "fastopen_test.py: a cookie is good only if it was given",
    "LI-033": "ecn_test.py: traces do not tell of the IP header",
    "SS-021": "fastopen_test.py: the cookie comes from the connection before",
    "SR-008": "kunit/close_test.c: no socket queues text before the handshake is done",
    "SR-042": "kunit/handshake_test.c: the same",
    "SR-022": "kunit/checks_test.c: no socket's buffer is so small that its first window is zero",
    "SR-023": "kunit/checks_test.c: the same",
    "SR-024": "kunit/checks_test.c: the same",
    "TW-006": "kunit/close_test.c: in TIME-WAIT the connection has left its socket",
}


def wanted():
    """The rows of the table that are to be shown: {row: state}."""
    with open(TABLE, encoding="utf-8", newline="") as f:
        table = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = {}
    for row in table:
        decision = row["decision"] or ""
        if row["kind"] not in ("norm", "alt", "inferred") or \
           re.match("left out|not taken", decision):
            continue
        found[row["row"]] = row["state"]
    return found


def check(cases):
    """Every row is claimed, or said to be shown elsewhere; nothing claims what is not there."""
    want = wanted()
    claimed = {row for case in cases for row in case.rows}
    missing = sorted(set(want) - claimed - set(ELSEWHERE)) + \
        sorted(set(SCENARIOS) - claimed)
    assert not missing, f"{len(missing)} rows without a trace: {' '.join(missing)}"
    unknown = sorted(claimed - set(want) - set(SCENARIOS))
    assert not unknown, f"no such rows, or left out in the table: {' '.join(unknown)}"
    both = sorted(claimed & set(ELSEWHERE))
    assert not both, f"said to be shown elsewhere, and shown here: {' '.join(both)}"
