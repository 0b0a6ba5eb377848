# SPDX-License-Identifier: GPL-2.0
"""How one allocation after the other, or a copy from or to the user, is made to fail."""

import ctypes
import errno
import functools
import os
import socket
import struct

from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, FAMILY_NAME, LOOPBACK, Skip, alone, equal,
                      note)
from storm import text

DEBUGFS = "/sys/kernel/debug"
FD = os.open("/proc/thread-self/fail-nth", os.O_RDWR) if \
    os.path.exists("/proc/thread-self/fail-nth") else None
# What a call may say when memory, or a copy, was refused.
REFUSED = {errno.ENOMEM, errno.ENOBUFS, errno.EAGAIN, errno.EFAULT, errno.ENFILE,
           errno.EADDRNOTAVAIL}
MOST = 400              # allocations in one call, at most
KINDS = ("failslab", "fail_page_alloc", "fail_usercopy")


def knob(path, value):
    with open(f"{DEBUGFS}/{path}", "w", encoding="utf-8") as f:
        f.write(str(value))


@functools.cache            # a hundred thousand lines to read
def extent(symbol):
    """Where a function of the kernel's begins, and where the next one does."""
    with open("/proc/kallsyms", encoding="ascii") as f:
        words = [line.split() for line in f]
    places = sorted(int(w[0], 16) for w in words if w[1] in "tT")
    start = next(int(w[0], 16) for w in words if w[2] == symbol)
    return start, next(place for place in places if place > start)


def spare(symbol):
    """No fault within this function of the kernel's own."""
    start, end = extent(symbol)
    for kind in ("failslab", "fail_page_alloc"):
        knob(f"{kind}/stacktrace-depth", 32)
        knob(f"{kind}/reject-start", f"{start:#x}")
        knob(f"{kind}/reject-end", f"{end:#x}")


def only_within(symbol):
    """Faults within this function only, or anywhere again.  What is outside does not
    count for fail-nth either: the stack is looked at first."""
    start, end = extent(symbol) if symbol else (0, (1 << 64) - 1)
    for kind in KINDS:
        knob(f"{kind}/stacktrace-depth", 32)
        knob(f"{kind}/require-start", f"{start:#x}")
        knob(f"{kind}/require-end", f"{end:#x}")


def prepare():
    if FD is None or not os.path.exists(f"{DEBUGFS}/failslab/reject-start"):
        raise Skip("a kernel without fault injection, or without its stack filter")
    # This one complains in the log.
    spare("ref_tracker_alloc")
    for kind in KINDS:
        knob(f"{kind}/verbose", 0)
        knob(f"{kind}/probability", 0)
    knob("failslab/ignore-gfp-wait", "N")
    knob("fail_page_alloc/ignore-gfp-wait", "N")
    knob("fail_page_alloc/min-order", 0)


def armed(nth, func, *args):
    """(result, errno, whether the fault was injected) of a call of libc's."""
    ctypes.set_errno(0)
    os.pwrite(FD, b"%d" % nth, 0)
    result = func(*args)
    error = ctypes.get_errno()
    try:
        hit = int(os.pread(FD, 20, 0)) == 0
    except OSError:                     # the fault was left for this very reading
        hit = False
    while True:
        try:
            os.pwrite(FD, b"0", 0)
            return result, error, hit
        except OSError:
            pass


def every_fault(call, check, fresh, ok=lambda r: r >= 0, more=()):
    """call(subject) with each fault in turn; then check(subject, result or None)."""
    prepare()
    for nth in range(1, MOST):
        subject = fresh()
        func, *args = call(subject)
        result, error, hit = armed(nth, func, *args)
        if not ok(result):
            assert hit, f"fails without a fault: {errno.errorcode.get(error, error)}"
            assert error in REFUSED or error in more, \
                f"fault {nth}: errno {errno.errorcode.get(error, error)}"
            result = None
        try:
            check(subject, result)
        except BaseException:
            note(f"after fault {nth}: result {result}, "
                 f"errno {errno.errorcode.get(error, error)}")
            raise
        if not hit:
            return nth - 1
    raise AssertionError(f"more than {MOST} allocations?")


def each_family(name):
    def add(func):
        for family in FAMILIES:
            alone(f"{name}, {FAMILY_NAME[family]}")(lambda f=family: func(f))
        return func
    return add


# --- that a connection is whole ----------------------------------------------------------


def exchange(a, b, n=3000):
    """Text both ways over a connected pair."""
    for x, y in ((a, b), (b, a)):
        x.sendall(text(7, n))
        got = b""
        while len(got) < n:
            part = y.recv(65536)
            assert part, "end of stream"
            got += part
        equal(got == text(7, n), True, "text")


class Pair:
    def __init__(self, family):
        self.a, self.b = ATCP.pair(family)
        for s in (self.a, self.b):
            s.settimeout(60)

    def close(self):
        self.a.close()
        self.b.close()


def name_of(family, port):
    if family == AF_INET:
        raw = struct.pack("=H", AF_INET) + struct.pack("!H", port) + \
            socket.inet_pton(AF_INET, LOOPBACK[AF_INET]) + bytes(8)
    else:
        raw = struct.pack("=H", AF_INET6) + struct.pack("!HI", port, 0) + \
            socket.inet_pton(AF_INET6, LOOPBACK[AF_INET6]) + bytes(4)
    return ctypes.create_string_buffer(raw, len(raw)), len(raw)


# --- the calls ------------------------------------------------------------------------------
