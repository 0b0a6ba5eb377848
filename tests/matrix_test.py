#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml
# vm-args uml: --virtual-time
# timeout: 400
"""The state table, row by row, on the wire: the traces of wire/traces, over both families.

The rows that a case shows stand behind its title.  Where time is virtual the kernel's TCP
plays each trace too.  Cases that let time pass are those of matrix_timers_test.py.

    matrix_test.py [--stack=linux|atcp] [PART OF A CASE'S NAME]
    matrix_test.py --differences        what the kernel's TCP does otherwise, and why
"""

from wire import matrix

if __name__ == "__main__":
    matrix.run(timed=False)
