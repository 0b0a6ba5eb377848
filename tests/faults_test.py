#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug
"""Every allocation fails in turn.

For each call, with the first, second, third ... allocation (or copy from or to the
user) within it failing, until nothing more is left to fail: the call either works
or gives an errno that says why, and the same call without a failure then works, with
the text whole.  Then one allocation in so many fails in softirq, under traffic.  At
last the module's own loading.  What leaks is found by kmemleak when the guest ends.
"""

import ctypes
import errno
import os
import select
import socket
import struct
import threading

import lab
from atcptest import (AF_ATCP, AF_INET, AF_INET6, ATCP, FAMILIES, FAMILY_NAME, GUEST, IPPROTO_ATCP,
                      LOOPBACK, alone, equal, hang_limit, libc, main, note, poll, until)
from faults import (REFUSED, knob, spare, only_within, prepare, armed,
                    every_fault, each_family, exchange, Pair, name_of)
from lab import all_rows
from signed import AO_ADD_KEY, AO_DEL_KEY, MD5SIG, SHA256, ao_add, ao_del, md5sig
from storm import text

FILES = ("atcp", "atcp6", "atcp_fsm", "atcp_snmp", "atcp_netstat")
DOORS = ((AF_INET, IPPROTO_ATCP), (AF_INET6, IPPROTO_ATCP), (AF_ATCP, 0), (AF_ATCP, 1))
NOTHING = ctypes.create_string_buffer(b"", 1)


@each_family("socket(): both doors")
def _(family):
    def check(_, fd):
        s = socket.socket(fileno=fd) if fd is not None else ATCP.socket(family)
        s.bind((LOOPBACK[family], 0))
        s.listen(1)
        s.close()
    for domain, protocol in ((family, IPPROTO_ATCP), (AF_ATCP, 1 if family == AF_INET6 else 0)):
        count = every_fault(lambda _, d=domain, p=protocol: (libc.socket, d, socket.SOCK_STREAM, p),
                            check, lambda: None)
        note(f"domain {domain}: {count} faults")
        assert count > 2, "hardly any allocation failed"


@each_family("bind(): a port given, and one chosen")
def _(family):
    for port in (0, 7777):
        addr, size = name_of(family, port)

        def check(s, result):
            if result is None:
                s.bind((LOOPBACK[family], port))
            s.listen(1)
            c = ATCP.socket(family)
            c.connect(s.getsockname()[:2])
            t, _ = s.accept()
            exchange(c, t)
            s.close()       # first, so that no TIME-WAIT holds the port
            t.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            t.close()
            c.close()
        count = every_fault(lambda s: (libc.bind, s.fileno(), addr, size), check,
                            lambda: ATCP.socket(family), more={errno.EADDRINUSE})
        note(f"port {port}: {count} faults")
        assert count > 0, "no allocation failed"


@each_family("listen()")                            # CL-010
def _(family):
    def fresh(shared):
        s = ATCP.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        s.bind((LOOPBACK[family], 0))
        return s

    def check(s, result):
        if result is None:
            s.listen(5)
        c = ATCP.socket(family)
        c.connect(s.getsockname()[:2])
        t, _ = s.accept()
        exchange(c, t)
        for x in (s, c, t):
            x.close()
    counts = [every_fault(lambda s: (libc.listen, s.fileno(), 5), check, lambda n=n: fresh(n))
              for n in (0, 1)]
    note(f"{counts} faults")
    assert counts[1] > counts[0], "nothing failed in making a group"


@each_family("connect(), the port chosen")          # CL-005
def _(family):
    listener = ATCP.listener(family)
    addr, size = name_of(family, listener.getsockname()[1])

    def check(c, result):
        if result is None:
            c.connect(listener.getsockname()[:2])
        s, _ = listener.accept()
        exchange(c, s)
        c.close()
        s.close()
    count = every_fault(lambda c: (libc.connect, c.fileno(), addr, size), check,
                        lambda: ATCP.socket(family), more={errno.EHOSTUNREACH, errno.ENETUNREACH})
    note(f"{count} faults")
    assert count > 2, "hardly any allocation failed"
    listener.close()


@each_family("accept4(), with a name wanted and without")
def _(family):
    listener = ATCP.listener(family)
    listener.settimeout(60)
    for named in (False, True):
        name = ctypes.create_string_buffer(28) if named else None
        size = ctypes.byref(ctypes.c_int(28)) if named else None

        def fresh():
            c = ATCP.socket(family)
            c.connect(listener.getsockname()[:2])
            c.settimeout(60)
            assert poll(listener, select.POLLIN)
            return c

        def check(c, fd):
            if fd is None:
                # One that could not be made is put back, or is reset, never lost in silence.
                listener.setblocking(False)
                try:
                    s, _ = listener.accept()
                except BlockingIOError:
                    try:
                        data = c.recv(1)
                    except ConnectionResetError:
                        data = b""
                    equal(data, b"", "what the client of a lost connection reads")
                    c.close()
                    return
            else:
                s = socket.socket(fileno=fd)
            s.settimeout(60)
            exchange(c, s)
            c.close()
            s.close()
        count = every_fault(lambda c, a=name, n=size: (libc.accept4, listener.fileno(), a, n, 0),
                            check, fresh)
        note(f"{count} faults")
        assert count > 2, "hardly any allocation failed"
    listener.close()


@each_family("send() of all sizes")
def _(family):
    for n in (1, 1460, 20000, 65000):
        body = ctypes.create_string_buffer(text(0, n), n)

        def check(pair, sent, n=n):
            sent = sent or 0
            pair.a.sendall(text(sent, n - sent))
            got = b""
            while len(got) < n:
                got += pair.b.recv(65536) or exit_early()
            equal(got == text(0, n), True, f"text of {n} octets")
            exchange(pair.a, pair.b)
            pair.close()
        count = every_fault(lambda pair, b=body, n=n: (libc.send, pair.a.fileno(), b, n, 0), check,
                            lambda: Pair(family))
        note(f"{n} octets: {count} faults")
        assert count > 0, "no allocation failed"


def exit_early():
    raise AssertionError("end of stream")


def from_file(make_call, check_source):
    n = 30000
    path = "/tmp/faults-text"
    with open(path, "wb") as f:
        f.write(text(0, n))

    class Source(Pair):
        def __init__(self):
            super().__init__(AF_INET)
            self.file = os.open(path, os.O_RDONLY)
            self.offset = ctypes.c_longlong(0)
            self.pipe = os.pipe()
            self.taken = os.splice(self.file, self.pipe[1], 20000) if check_source else 0

    def check(pair, sent):
        sent = sent or 0
        os.lseek(pair.file, 0, os.SEEK_SET)
        while sent < (pair.taken or n):
            if check_source:
                sent += os.splice(pair.pipe[0], pair.a.fileno(), pair.taken - sent)
            else:
                sent += os.sendfile(pair.a.fileno(), pair.file, sent, n - sent)
        got = b""
        while len(got) < sent:
            got += pair.b.recv(65536) or exit_early()
        equal(got == text(0, sent), True, "text")
        exchange(pair.a, pair.b)
        for fd in (pair.file, *pair.pipe):
            os.close(fd)
        pair.close()
    count = every_fault(make_call, check, Source)
    note(f"{count} faults")
    assert count > 0, "no allocation failed"


@alone("sendfile()")
def _():
    from_file(lambda p: (libc.sendfile, p.a.fileno(), p.file, ctypes.byref(p.offset), 30000), False)


@alone("splice() from a pipe")
def _():
    from_file(lambda p: (libc.splice, p.pipe[0], None, p.a.fileno(), None, p.taken, 0), True)


@each_family("recv(), whole and peeking; splice() to a pipe")
def _(family):
    n = 30000
    room = ctypes.create_string_buffer(n)

    def fresh():
        pair = Pair(family)
        pair.a.sendall(text(0, n))
        pair.pipe = os.pipe()
        until(lambda: len(pair.b.recv(n, socket.MSG_PEEK)) == n, "the text")
        return pair

    def check(pair, got):
        # What a refused copy took is not lost: an errno means that nothing was taken.
        have = room.raw[:got or 0]
        if pair.how == "splice":
            have = os.read(pair.pipe[0], got) if got else b""
        elif pair.how == "peek":
            have = b""
        while len(have) < n:
            have += pair.b.recv(n) or exit_early()
        equal(have == text(0, n), True, "text")
        exchange(pair.a, pair.b)
        for fd in pair.pipe:
            os.close(fd)
        pair.close()

    def call(how):
        def make(pair):
            pair.how = how
            if how == "splice":
                return libc.splice, pair.b.fileno(), None, pair.pipe[1], None, 9000, 0
            return (libc.recv, pair.b.fileno(), room, n, socket.MSG_PEEK if how == "peek" else 0)
        return make
    for how in ("recv", "peek", "splice"):
        note(f"{how}: {every_fault(call(how), check, fresh)} faults")


@alone("setsockopt() and getsockopt()")
def _():
    one = ctypes.create_string_buffer(struct.pack("i", 1), 4)
    name = ctypes.create_string_buffer(b"reno", 4)
    room = ctypes.create_string_buffer(512)

    def check(pair, _):
        pair.a.setsockopt(6, socket.TCP_NODELAY, 1)
        exchange(pair.a, pair.b)
        pair.close()
    for level, option, value, size in (
            (6, socket.TCP_NODELAY, one, 4), (6, socket.TCP_CORK, one, 4), (6, 13, name, 4),
            (6, socket.TCP_KEEPIDLE, one, 4), (6, 18, one, 4), (1, socket.SO_KEEPALIVE, one, 4),
            (1, socket.SO_RCVBUF, one, 4), (1, socket.SO_SNDBUF, one, 4), (0, socket.IP_TOS, one, 4)):
        every_fault(lambda p, x=(level, option, value, size): (libc.setsockopt, p.a.fileno(), *x), check,
                    lambda: Pair(AF_INET))
        length = ctypes.c_int(512)
        every_fault(lambda p, x=(level, option): (libc.getsockopt, p.a.fileno(), *x, room,
                                                  ctypes.byref(length)), check,
                    lambda: Pair(AF_INET))
    length = ctypes.c_int(512)
    count = every_fault(lambda p: (libc.getsockopt, p.a.fileno(), 6, 11, room, ctypes.byref(length)),
                        check, lambda: Pair(AF_INET))
    note(f"TCP_INFO: {count} faults")
    assert count > 0, "no copy failed"


# --- keys ---------------------------------------------------------------------------------

KEY = b"a secret"
OTHER = {AF_INET: "192.0.2.1", AF_INET6: "2001:db8::1"}


class Md5:
    """How keys of RFC 2385 are given to a socket, and taken away again."""
    name = "MD5"

    @staticmethod
    def give(s, address, _n):
        return MD5SIG, md5sig(s.family, address, KEY)

    @staticmethod
    def take(s, address, _n):
        return MD5SIG, md5sig(s.family, address, b"")


class Ao:
    """The same of RFC 5925."""
    name = "AO"

    @staticmethod
    def give(s, address, n):
        return AO_ADD_KEY, ao_add(s.family, address, KEY, n, n, SHA256)

    @staticmethod
    def take(s, address, n):
        return AO_DEL_KEY, ao_del(s.family, address, n, n)


def keyed(kind, family, s=None):
    """A socket with two keys."""
    s = s or ATCP.socket(family)
    for n, address in enumerate((LOOPBACK[family], OTHER[family]), 1):
        s.setsockopt(6, *kind.give(s, address, n))
    return s


def has_keys(kind, s):
    """Each of them can be taken away: ENOENT else."""
    for n, address in enumerate((LOOPBACK[s.family], OTHER[s.family]), 1):
        s.setsockopt(6, *kind.take(s, address, n))
    s.close()


def each_kind(name):
    def add(func):
        for kind in (Md5, Ao):
            for family in FAMILIES:
                alone(f"{kind.name}: {name}, {FAMILY_NAME[family]}")(
                    lambda k=kind, f=family: func(k, f))
        return func
    return add


@each_kind("a key is given, or given anew")
def _(kind, family):
    def call(s):
        option, value = kind.give(s, LOOPBACK[family], 1)
        buffer = ctypes.create_string_buffer(value, len(value))
        return libc.setsockopt, s.fileno(), 6, option, buffer, len(value)

    def check(s, result):
        if result is None:
            s.setsockopt(6, *kind.give(s, LOOPBACK[family], 1))
        s.setsockopt(6, *kind.give(s, OTHER[family], 2))
        has_keys(kind, s)
    assert every_fault(call, check, lambda: ATCP.socket(family)) > 1, "no allocation failed"


@each_kind("a socket that begins anew has its keys, or stays as it was")
def _(kind, family):
    nobody = ctypes.create_string_buffer(bytes(16), 16)         # AF_UNSPEC
    assert every_fault(lambda s: (libc.connect, s.fileno(), nobody, 16),
                       lambda s, _: has_keys(kind, s), lambda: keyed(kind, family),
                       more=(errno.EIO,)) > 2, "hardly an allocation failed"


@each_kind("SYNs while atomic allocations fail: whoever gets in has its keys")
def _(kind, family):
    prepare()
    knob("failslab/ignore-gfp-wait", "Y")
    knob("failslab/task-filter", "N")
    knob("failslab/interval", 1)
    listener = keyed(kind, family, ATCP.listener(family))
    listener.settimeout(90)
    for _ in range(4):
        c = keyed(kind, family, ATCP.socket(family, socket.SOCK_NONBLOCK))
        # Few: whatever was refused comes again with the next SYN, seconds later.
        knob("failslab/times", 3)
        knob("failslab/probability", 40)
        try:
            try:
                c.connect(listener.getsockname()[:2])
            except OSError as e:
                assert e.errno in REFUSED | {errno.EINPROGRESS}, e
                if e.errno != errno.EINPROGRESS:
                    continue
            assert poll(c, select.POLLOUT, 90), "never connected"
        finally:
            knob("failslab/probability", 0)
        s, _ = listener.accept()
        c.settimeout(60)
        exchange(c, s)
        for end in (c, s):
            end.close()
    listener.close()


@each_family("shutdown() and close(): the end is the same whatever fails")
def _(family):
    def check_shutdown(pair, result):
        if result is None:
            pair.a.shutdown(socket.SHUT_WR)
        equal(pair.b.recv(1), b"", "end of stream")
        pair.b.sendall(b"answer")
        equal(pair.a.recv(10), b"answer", "the other direction")
        pair.close()
    every_fault(lambda p: (libc.shutdown, p.a.fileno(), socket.SHUT_WR), check_shutdown,
                lambda: Pair(family))

    def check_close(pair, _):
        equal(pair.b.recv(1), b"", "end of stream")
        pair.b.close()
    for linger in (False, True):
        def fresh(linger=linger):
            pair = Pair(family)
            pair.a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", linger, 30))
            return pair
        every_fault(lambda p: (libc.close, p.a.detach()), check_close, fresh)


@alone("/proc/net/atcp, atcp6, atcp_fsm, atcp_snmp, atcp_netstat and a sysctl")
def _():
    pair = Pair(AF_INET)
    room = ctypes.create_string_buffer(8192)
    for name in FILES:
        path = f"/proc/thread-self/net/{name}".encode()

        def check(_, fd):
            if fd is not None:
                os.close(fd)
        count = every_fault(lambda _, p=path: (libc.open, p, os.O_RDONLY), check, lambda: None,
                            more={errno.ENOENT})
        note(f"open {name}: {count} faults")

        def check_read(fd, _):
            os.lseek(fd, 0, os.SEEK_SET)
            assert os.read(fd, 8192), "nothing to read"
            os.close(fd)
        count = every_fault(lambda fd: (libc.read, fd, room, 8192), check_read,
                            lambda p=path: os.open(p, os.O_RDONLY))
        note(f"read {name}: {count} faults")
        assert count > 0, "no allocation failed"
    one = ctypes.create_string_buffer(b"1\n", 2)
    every_fault(lambda fd: (libc.write, fd, one, 2), lambda fd, _: os.close(fd),
                lambda: os.open("/proc/sys/net/atcp/sack", os.O_WRONLY))
    exchange(pair.a, pair.b)
    pair.close()


# --- in softirq, under traffic ------------------------------------------------------------


def echo_back(listener, failures):
    try:
        while True:
            try:
                s, _ = listener.accept()
            except BlockingIOError:
                return
            while True:
                data = s.recv(65536)
                if not data:
                    break
                s.sendall(data)
            s.close()
    except OSError as e:
        if e.errno not in (errno.EAGAIN, errno.EINVAL):     # stopped
            failures.append(e)


def rain(kind, probability, total, rounds):
    """Connections in a row that echo total octets while allocations fail."""
    for family in FAMILIES:
        listener = ATCP.listener(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 90, 0))
        failures = []
        server = threading.Thread(target=echo_back, args=(listener, failures), daemon=True)
        server.start()
        for _ in range(rounds):
            c = ATCP.socket(family)
            # A refused call may be made again; what counts is that nothing is lost.
            while True:
                try:
                    c.connect(listener.getsockname()[:2])
                    break
                except OSError as e:
                    assert e.errno in REFUSED, e
            knob(f"{kind}/times", 3000)
            knob(f"{kind}/probability", probability)
            try:
                got, sent = b"", 0
                while len(got) < total:
                    if sent < total and sent - len(got) < 200000:
                        try:
                            sent += c.send(text(sent, min(16000, total - sent)), socket.MSG_DONTWAIT)
                        except OSError as e:
                            assert e.errno in REFUSED, e
                    try:
                        got += c.recv(65536, 0 if sent == total else socket.MSG_DONTWAIT) or exit_early()
                    except OSError as e:
                        assert e.errno in REFUSED, e
            finally:
                knob(f"{kind}/probability", 0)
            equal(got == b"".join(text(i, min(60000, total - i)) for i in range(0, total, 60000)), True,
                  "what came back")
            c.close()
        listener.shutdown(socket.SHUT_RDWR)
        server.join(100)
        assert not failures, failures


@alone("one atomic allocation in so many fails, under traffic: slab")
def _():
    prepare()
    knob("failslab/ignore-gfp-wait", "Y")
    knob("failslab/task-filter", "N")
    knob("failslab/interval", 1)
    rain("failslab", 3, 300000 if GUEST != "debug" else 100000, 2)


@alone("one atomic allocation in so many fails, under traffic: pages")
def _():
    prepare()
    knob("fail_page_alloc/ignore-gfp-wait", "Y")
    knob("fail_page_alloc/task-filter", "N")
    knob("fail_page_alloc/interval", 1)
    rain("fail_page_alloc", 20, 300000 if GUEST != "debug" else 100000, 2)


# --- the module itself ----------------------------------------------------------------------


def closing_down():
    return not [r for r in all_rows(ATCP) if r[2] not in (6, 10)]


def lacking():
    """What a module that is loaded whole has, and this one has not."""
    paths = [f"/proc/thread-self/net/{name}" for name in FILES] + \
        ["/proc/sys/net/atcp/msl_ms", "/sys/kernel/tracing/events/atcp/atcp_set_state"]
    gone = [path for path in paths if not os.path.exists(path)]
    for domain, protocol in DOORS:
        fd = libc.socket(domain, socket.SOCK_STREAM, protocol)
        if fd < 0:
            gone.append(f"socket({domain}, SOCK_STREAM, {protocol})")
        else:
            os.close(fd)
    return gone


def loading(fd, nth):
    """finit_module() with a fault: whether it was refused, and whether it was hit."""
    hang_limit(400)
    result, error, hit = armed(nth, libc.syscall, lab.FINIT_MODULE, fd, NOTHING, 0)
    if result:
        assert hit and error in REFUSED, f"fault {nth}: errno {errno.errorcode.get(error, error)}"
        assert not lab.loaded(), f"fault {nth}: loaded all the same"
        left = [name for name in FILES if os.path.exists(f"/proc/thread-self/net/{name}")]
        assert not left and not os.path.exists("/proc/sys/net/atcp"), f"fault {nth}: left {left}"
    else:
        equal(lacking(), [], f"fault {nth}: loaded without")
        lab.rmmod()
    return bool(result), hit


@alone("the module's loading with each fault in it: refused cleanly, or loaded whole")
def _():
    prepare()
    # Without memory it loses a name (it does not put the kobject), whoever makes the cache.
    spare("sysfs_slab_add")
    until(closing_down, "the end of earlier connections")
    lab.rmmod()
    fd = os.open(lab.MODULE, os.O_RDONLY)
    try:
        equal(loading(fd, 1000000), (False, False), "loading without a fault")
        # The loader's and the tracer's own allocations are not ours to test.
        only_within("do_one_initcall")
        nth, refused = 0, 0
        while True:
            nth += 1
            result, hit = loading(fd, nth)
            if not hit:
                break
            refused += result
        note(f"{nth - 1} faults in turn; refused {refused} times")
        assert refused > 20, "it was hardly ever refused"
    finally:
        os.close(fd)
        only_within(None)
        if not lab.loaded():
            lab.insmod()
    pair = Pair(AF_INET)
    exchange(pair.a, pair.b)
    pair.close()


if __name__ == "__main__":
    main()
