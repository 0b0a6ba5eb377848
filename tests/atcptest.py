# SPDX-License-Identifier: GPL-2.0
"""What every test shares: cases, the two stacks, and strict TAP.

A case is a function that takes a stack, or a pair of stacks, and a transcript:

    @differential("a second bind is refused")
    def _(st, log): ...

runs it over the kernel's TCP and over atcp, and demands equal transcripts.  What
it asserts holds for both.  @pairs runs a case for atcp with atcp, and for atcp with
the kernel's TCP in both directions, and compares with the kernel's TCP alone; @alone
runs a case once.

With ATCP_REFERENCE=1 the kernel's TCP takes atcp's place, to prove the tests.

Nothing passes or fails by elapsed time: limits are there to find what hangs.
"""

import ctypes
import errno
import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
from socket import AF_INET, AF_INET6

AF_ATCP = 25
IPPROTO_ATCP = 261

REFERENCE = os.environ.get("ATCP_REFERENCE") == "1"
GUEST = os.environ.get("ATCP_GUEST", "host")
# How much work a guest bears: emulation with every check on is slowest.
SCALE = {"debug": 0.1, "uml-debug": 0.3, "kunit": 0.5,
         "debian-6.12": 0.12, "debian-6.1": 0.12}.get(GUEST, 1.0)
HANG = 120 if SCALE == 1.0 else 400     # seconds without an end mean a hang

LOOPBACK = {AF_INET: "127.0.0.1", AF_INET6: "::1"}
ANY = {AF_INET: "0.0.0.0", AF_INET6: "::"}
FAMILIES = (AF_INET, AF_INET6)
FAMILY_NAME = {AF_INET: "IPv4", AF_INET6: "IPv6"}

libc = ctypes.CDLL(None, use_errno=True)


class Skip(Exception):
    """The guest truly lacks what a case needs."""


class Hang(BaseException):
    """A case did not end.  Not an Exception, so that no case can swallow it."""


class Stack:
    """A TCP to open sockets of."""

    def __init__(self, name, door="protocol"):
        self.name = name
        self.door = door
        self.is_atcp = name == "atcp" and not REFERENCE

    def __repr__(self):
        return self.name

    def socket(self, family=AF_INET, flags=0):
        kind = socket.SOCK_STREAM | flags
        if not self.is_atcp:
            return socket.socket(family, kind, 0)
        if self.door == "protocol":
            return socket.socket(family, kind, IPPROTO_ATCP)
        fd = libc.socket(AF_ATCP, kind, 1 if family == AF_INET6 else 0)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "socket(AF_ATCP)")
        return socket.socket(fileno=fd)

    def listener(self, family=AF_INET, address=None, port=0, backlog=128, options=()):
        s = self.socket(family)
        for option in options:
            s.setsockopt(*option)
        s.bind((LOOPBACK[family] if address is None else address, port))
        s.listen(backlog)
        return s

    def pair(self, family=AF_INET, client=None, options=()):
        """A connected pair over loopback: (client's end, server's end)."""
        listener = self.listener(family)
        for option in options:
            listener.setsockopt(*option)
        c = (client or self).socket(family)
        for option in options:
            c.setsockopt(*option)
        c.connect(listener.getsockname()[:2])
        s, _ = listener.accept()
        listener.close()
        return c, s


LINUX = Stack("linux")
ATCP = Stack("atcp")
# (server, client)
PAIRINGS = ((ATCP, ATCP), (ATCP, LINUX), (LINUX, ATCP))


class Pairing:
    """The stacks of a server and its client."""

    def __init__(self, server, client):
        self.server = server
        self.client = client

    def __repr__(self):
        return f"server {self.server}, client {self.client}"

    def pair(self, family=AF_INET, **more):
        return self.server.pair(family, client=self.client, **more)


class Log(list):
    """A transcript: what a case saw, in order."""

    def __call__(self, *items):
        self.append(" ".join(str(i) for i in items))

    def attempt(self, what, func, *args):
        """Calls, notes what came of it under that name, and returns it."""
        result = attempt(func, *args)
        self(what, "->", result)
        return result


def errname(error):
    return errno.errorcode.get(error, f"errno {error}")


def attempt(func, *args):
    """The result of a call, or the name of its errno."""
    try:
        result = func(*args)
    except OSError as e:
        if e.errno is None:
            return str(e)
        return errname(e.errno)
    return "ok" if result is None else result


def fails_with(name, func, *args):
    got = attempt(func, *args)
    assert got == name, f"expected {name}, got {got!r}"


def equal(got, want, what=""):
    assert got == want, f"{what}: got {got!r}, expected {want!r}"


# --- cases ---------------------------------------------------------------------

_cases = []


def alone(name):
    """A case that runs once, as func(); it may return nothing."""
    def add(func):
        _cases.append((name, func))
        return func
    return add


def _compare(want, got, reference, subject):
    if want == got:
        return
    for i in range(max(len(want), len(got))):
        a = want[i] if i < len(want) else "(nothing)"
        b = got[i] if i < len(got) else "(nothing)"
        mark = "  " if a == b else "# "
        note(f"{mark}{reference!r}: {a}")
        if a != b:
            note(f"{mark}{subject!r}: {b}")
    raise AssertionError(f"{subject!r} differs from {reference!r}")


def _same(name, func, reference, subject, taken=None):
    """Runs func over both; the two transcripts must be equal.  Cases that share taken
    share the reference's."""
    taken = {} if taken is None else taken

    def run():
        if reference not in taken:
            log = Log()
            func(reference, log)
            taken[reference] = log
        got = Log()
        func(subject, got)
        _compare(taken[reference], got, reference, subject)
    _cases.append((name, run))


def differential(name, families=(None,)):
    """A case func(stack, log) [or func(stack, log, family)], equal over both stacks."""
    def add(func):
        for family in families:
            if family is None:
                _same(name, func, LINUX, ATCP)
            else:
                _same(f"{name}, {FAMILY_NAME[family]}",
                      lambda st, log, f=family: func(st, log, f), LINUX, ATCP)
        return func
    return add


def pairs(name, families=(AF_INET,), pairings=PAIRINGS):
    """A case func(pairing, log, family), equal for every pairing of stacks; the kernel's TCP
    alone runs it once a family."""
    def add(func):
        reference = Pairing(LINUX, LINUX)
        for family in families:
            taken = {}
            for server, client in pairings:
                pairing = Pairing(server, client)
                _same(f"{name}, {FAMILY_NAME[family]}, {pairing!r}",
                      lambda p, log, f=family: func(p, log, f), reference, pairing, taken)
        return func
    return add


def note(text):
    for line in str(text).splitlines():
        print(f"# {line}", flush=True)


def _on_alarm(_number, _frame):
    raise Hang(f"no end after {HANG} s")


def hang_limit(seconds):
    """Another limit for the rest of the running case (virtual hours, say)."""
    signal.alarm(int(seconds))


class KernelLog:
    """New records of the kernel log that mean a mistake of the kernel's."""

    def __init__(self):
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                        "..", "scripts"))
        try:
            import splats
            self.find = splats.find
            self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        except (ImportError, OSError):
            self.fd = None
            return
        os.lseek(self.fd, 0, os.SEEK_END)

    def mistakes(self):
        if self.fd is None:
            raise Skip("no /dev/kmsg here")
        text = []
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BlockingIOError:
                break
            except BrokenPipeError:         # records were overwritten
                continue
            text.append(record.split(";", 1)[-1].split("\n", 1)[0])
        return self.find("\n".join(text))


def _run_case(func):
    """None, or ("skip" or "fail", why)."""
    signal.alarm(HANG)
    try:
        func()
    except Skip as e:
        return "skip", str(e)
    except Hang as e:
        return "fail", f"{e}\n{traceback.format_exc()}"
    except AssertionError as e:
        where = traceback.extract_tb(e.__traceback__)[-1]
        return "fail", f"{os.path.basename(where.filename)}:{where.lineno}: {e}\n" + \
            traceback.format_exc(limit=-4)
    except Exception:               # a case must not end the others
        return "fail", traceback.format_exc()
    finally:
        signal.alarm(0)
    return None


def is_chosen(name):
    """Does a case run?  Those whose names hold sys.argv[1], if given."""
    return len(sys.argv) < 2 or sys.argv[1] in name


def main(netns=True):
    """Runs the cases that are chosen."""
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.stdout.reconfigure(line_buffering=True)
    chosen = [c for c in _cases if is_chosen(c[0])]
    log = KernelLog()
    if netns:
        new_namespace()
    print(f"1..{len(chosen) + 1}")
    failed = 0
    for number, (name, func) in enumerate(chosen, 1):
        began = time.monotonic()
        outcome = _run_case(func)
        if time.monotonic() - began > 3:
            note(f"case {number} took {time.monotonic() - began:.1f} s")
        if outcome is None:
            print(f"ok {number} - {name}")
        elif outcome[0] == "skip":
            print(f"ok {number} - {name} # SKIP {outcome[1]}")
        else:
            failed += 1
            note(outcome[1])
            print(f"not ok {number} - {name}")
    number = len(chosen) + 1
    try:
        found = log.mistakes()
        for line in found:
            note(line)
        print(f"{'not ok' if found else 'ok'} {number} - the kernel log is clean")
        failed += bool(found)
    except Skip as e:
        print(f"ok {number} - the kernel log is clean # SKIP {e}")
    sys.stdout.flush()
    os._exit(1 if failed else 0)    # threads of a case that hung do not hold us


# --- helpers -------------------------------------------------------------------

CLONE_NEWNET = 0x40000000


def new_namespace():
    """Moves the calling thread into a new network namespace with lo up."""
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    link_up("lo")


def link_up(name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        import fcntl
        req = struct.pack("16sh22x", name.encode(), 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(s, 0x8913, req))[1]
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", name.encode(), flags | 1))


def poll(s, events, seconds=HANG / 4):
    """What poll() reports within the limit, 0 if nothing."""
    p = select.poll()
    p.register(s, events)
    ready = p.poll(int(seconds * 1000))
    return ready[0][1] if ready else 0


def until(condition, what="condition", seconds=HANG / 4):
    """Waits till the condition is true; returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.005)


def readable(s, seconds=HANG / 4):
    assert poll(s, select.POLLIN, seconds), "never became readable"


def send_all(s, data):
    view = memoryview(data)
    while view:
        view = view[s.send(view):]


def recv_exactly(s, n):
    parts = []
    while n:
        part = s.recv(min(n, 1 << 20))
        assert part, f"end of stream, {n} octets early"
        parts.append(part)
        n -= len(part)
    return b"".join(parts)


def pattern(n, seed=0):
    """n octets that a shift by any distance, or a swap, would spoil."""
    import random
    return random.Random(seed).randbytes(n)


EVENTS = [(getattr(select, "POLL" + n), n) for n in
          ("IN", "PRI", "OUT", "ERR", "HUP", "RDHUP")]


def event_names(mask):
    return "|".join(n for bit, n in EVENTS if mask & bit) or "0"


def tcp_info(s):
    """The fields of struct tcp_info, by name (those that Linux 6.1 has)."""
    names8 = ("state", "ca_state", "retransmits", "probes", "backoff", "options",
              "wscale", "flags")
    names32 = ("rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans",
               "fackets", "last_data_sent", "last_ack_sent", "last_data_recv",
               "last_ack_recv", "pmtu", "rcv_ssthresh", "rtt", "rttvar", "snd_ssthresh",
               "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space", "total_retrans")
    names64 = ("pacing_rate", "max_pacing_rate", "bytes_acked", "bytes_received")
    more32 = ("segs_out", "segs_in", "notsent_bytes", "min_rtt", "data_segs_in",
              "data_segs_out")
    raw = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 512)
    info = {"length": len(raw)}
    info.update(zip(names8, raw[:8]))
    info["snd_wscale"], info["rcv_wscale"] = raw[6] & 15, raw[6] >> 4
    info.update(zip(names32, struct.unpack_from("=24I", raw, 8)))
    info.update(zip(names64, struct.unpack_from("=4Q", raw, 104)))
    info.update(zip(more32, struct.unpack_from("=6I", raw, 136)))
    if len(raw) >= 232:
        names = ("delivery_rate", "busy_time", "rwnd_limited", "sndbuf_limited")
        info.update(zip(names, struct.unpack_from("=4Q", raw, 160)))
        names = ("delivered", "delivered_ce")
        info.update(zip(names, struct.unpack_from("=2I", raw, 192)))
        info["bytes_sent"], info["bytes_retrans"] = struct.unpack_from("=2Q", raw, 200)
        names = ("dsack_dups", "reord_seen", "rcv_ooopack", "snd_wnd")
        info.update(zip(names, struct.unpack_from("=4I", raw, 216)))
    return info


STATES = {1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1",
          5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK",
          10: "LISTEN", 11: "CLOSING"}


def state(s):
    """The state of a socket, as TCP_INFO says."""
    raw = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)
    return STATES[raw[0]]


def reach(s, name):
    until(lambda: state(s) == name, f"{name} (is {state(s)})")
