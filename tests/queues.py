# SPDX-License-Identifier: GPL-2.0
"""What a socket's queues hold, as its ioctls tell."""

import array
import fcntl
import termios

from atcptest import until

def inq(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, termios.FIONREAD, buf)
    return buf[0]


def outq(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, termios.TIOCOUTQ, buf)
    return buf[0]


def atmark(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, 0x8905, buf)
    return buf[0]


def arrived(s, n):
    until(lambda: inq(s) >= n, f"{n} octets queued")
