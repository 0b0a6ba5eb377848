#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml
# vm-args: --virtual-time
# timeout: 400
"""The state table's rows of timers, on the wire and in virtual time; see matrix_test.py."""

from wire import matrix

if __name__ == "__main__":
    matrix.run(timed=True)
