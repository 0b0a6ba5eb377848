#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""The module loads and unloads: many times, under traffic, with orphans, TIME-WAIT and
packets under way; open sockets hold it; parameters are checked; aliases load it."""

import ctypes
import os
import socket
import subprocess
import threading

from atcptest import (AF_ATCP, ATCP, CLONE_NEWNET, FAMILIES, GUEST, IPPROTO_ATCP, LINUX, PAIRINGS,
                      SCALE, Skip, Stack, alone, attempt, equal, errname, fails_with, libc, main,
                      reach, readable, until)
from firewall import ACCEPT, Queue, Rules
from lab import MODULE, Cable, Host, Tun, delete_module, insmod, loaded, rmmod, run
from traffic import Background, Worker, exchange, pause
from wire import ACK, FIN, RST, SYN, Peer

AF_INET, AF_INET6 = FAMILIES
CYCLES = {"uml": 70}.get(GUEST, 10)     # a hundred in all the guests together
FILES = ("atcp", "atcp6", "atcp_fsm", "atcp_snmp", "atcp_netstat")


def kernel_says(func):
    """func()'s result, and what the kernel logged meanwhile."""
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(fd, 0, os.SEEK_END)
    result, text = func(), ""
    while True:
        try:
            text += os.read(fd, 8192).decode(errors="replace")
        except BlockingIOError:
            break
        except BrokenPipeError:
            continue
    os.close(fd)
    return result, text


def traces():
    """What the module has in the system: nothing, when it is not loaded."""
    found = [f"/proc/net/{f}" for f in FILES if os.path.exists(f"/proc/net/{f}")]
    for path in ("/proc/sys/net/atcp", "/sys/module/atcp", "/sys/kernel/tracing/events/atcp"):
        if os.path.exists(path):
            found.append(path)
    with open("/proc/net/protocols", encoding="ascii") as f:
        found += [line.split()[0] for line in f if line.split()[0].upper().startswith("ATCP")]
    try:
        with open("/proc/slabinfo", encoding="ascii") as f:
            found += [line.split()[0] for line in f if line.lower().startswith("atcp")]
    except OSError:
        pass                    # a kernel without the file
    return found


def doors():
    """errno of socket() at each door, "ok" where it opens."""
    def family(protocol):
        fd = libc.socket(AF_ATCP, socket.SOCK_STREAM, protocol)
        if fd < 0:
            return errname(ctypes.get_errno())
        os.close(fd)
        return "ok"

    def protocol(af):
        return attempt(lambda: socket.socket(af, socket.SOCK_STREAM, IPPROTO_ATCP).close())
    return [family(0), family(1), protocol(AF_INET), protocol(AF_INET6)]


def unload():
    rmmod()
    equal(traces(), [], "left behind by the module")


def need_module():
    if not ATCP.is_atcp:
        raise Skip("the kernel's TCP takes atcp's place")
    if not MODULE:
        raise AssertionError("ATCP_MODULE is not set")
    if not loaded():
        insmod()


def module(name):
    """A case that begins and ends with the module loaded."""
    def add(func):
        @alone(name)
        def _():
            need_module()
            try:
                func()
            finally:
                if not loaded():
                    insmod()
    return add


def echo(host=None):
    """The module works: text goes to and fro."""
    for family in FAMILIES:
        if host:
            with host:
                c, s = ATCP.pair(family)
        else:
            c, s = ATCP.pair(family)
        exchange(c, s, 20000)
        c.close()
        s.close()


@module(f"load and unload {CYCLES} times")
def _():
    for n in range(CYCLES):
        unload()
        insmod()
        if n % 5 == 0:
            echo()
    equal(doors(), ["ok"] * 4, "doors")


@module("unloaded: nothing is left, the doors are shut")
def _():
    assert len(traces()) >= len(FILES) + 3, traces()
    unload()
    # Autoload must not help: there is no installed module to find.
    want = ["EAFNOSUPPORT"] * 2 + ["EPROTONOSUPPORT"] * 2
    if subprocess.run(["modprobe", "-n", "-q", "net-pf-25"], check=False,
                      stderr=subprocess.DEVNULL).returncode:
        equal(doors(), want, "doors")
    insmod()
    equal(doors(), ["ok"] * 4, "doors")


@module("each open socket holds the module")
def _():
    makers = [lambda: Stack("atcp", "family").socket(AF_INET), lambda: ATCP.socket(AF_INET),
              lambda: Stack("atcp", "family").socket(AF_INET6), lambda: ATCP.socket(AF_INET6),
              lambda: ATCP.listener(AF_INET), lambda: ATCP.pair(AF_INET)[0],
              lambda: ATCP.pair(AF_INET6)[1]]
    for make in makers:
        s = make()
        fails_with("EAGAIN", delete_module)
        s.close()
        # Only what is closed lets go; then nothing holds it.
        rmmod()
        insmod()


@module("a socket passed over a UNIX socket, and one that only a dead process had")
def _():
    a, b = socket.socketpair(socket.AF_UNIX)
    s = ATCP.listener()
    socket.send_fds(a, [b"x"], [s.fileno()])
    s.close()
    assert "in use" in run("rmmod", "atcp", check=False)        # what people see
    a.close()
    b.close()
    rmmod()
    insmod()
    pid = os.fork()
    if not pid:
        held = ATCP.pair()
        os.kill(os.getpid(), 9)
        held[0].close()
    os.waitpid(pid, 0)
    rmmod()


@module("orphans in every state at unload")
def _():
    host = Host()
    tun = Tun(host)
    for _ in range(3):
        port = 3000
        for family in FAMILIES:
            for how in ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT"):
                listener = host.listener(ATCP, family, tun.near[family])
                port += 1
                p = Peer(tun, family, port, listener.getsockname()[1])
                p.connect()
                s, _ = listener.accept()
                listener.close()
                if how == "FIN-WAIT-1":
                    s.send(b"x" * 20000)
                elif how == "LAST-ACK":
                    p.send(FIN | ACK)
                    reach(s, "CLOSE-WAIT")
                s.close()
                if how in ("FIN-WAIT-2", "CLOSING", "TIME-WAIT"):
                    fin = p.find(lambda seg: seg.flags & FIN, "FIN")
                    if how == "FIN-WAIT-2":
                        p.send(ACK)
                    elif how == "CLOSING":
                        p.send(FIN | ACK, ack=fin.seq)
                    else:
                        p.send(FIN | ACK)
        with host, open("/proc/net/atcp", encoding="ascii") as f:
            assert len(f.readlines()) > 4, "no orphans"
        unload()
        # What comes now is the kernel's to refuse.
        p.send(ACK)
        p.find(lambda seg: seg.flags & RST, "the kernel's RST")
        tun.drain()
        insmod()
        echo(host)
    tun.close()
    host.delete()


@module("half-open and unaccepted children at unload")
def _():
    host = Host()
    tun = Tun(host)
    for n in range(3):
        listener = host.listener(ATCP, AF_INET, tun.near[AF_INET])
        for i in range(5):
            p = Peer(tun, AF_INET, 5000 + n * 100 + i, listener.getsockname()[1])
            if i & 1:
                p.connect()
                p.send(ACK, b"text")
            else:
                p.send(SYN)
        listener.close()
        unload()
        insmod()
    tun.close()
    host.delete()


@module("unload in the middle of many connections' ends, traffic from outside going on")
def _():
    cable = Cable()
    for n in range(max(2, int(4 * SCALE))):
        sockets = []
        for server, client in PAIRINGS:
            for family in FAMILIES:
                sockets += [(server, client, *cable.pair(server, client, family))]
        for server, client, c, s in sockets:
            for end, stack in ((c, client), (s, server)):
                end.setblocking(False)
                attempt(end.send, b"x" * 100000)
        # atcp's ends close with text unsent; the kernel's ends go on sending.
        stay = []
        for server, client, c, s in sockets:
            for end, stack in ((c, client), (s, server)):
                if stack.is_atcp:
                    if n & 1:
                        attempt(end.shutdown, socket.SHUT_WR)   # or a reset came first
                    end.close()
                else:
                    end.setblocking(True)
                    stay.append(end)
        background = Background([(e, e) for e in stay])
        unload()
        insmod()
        background.stop()
        for e in stay:
            e.close()
    echo(cable.a)
    cable.delete()


@module("SYNs, text and resets keep coming while the module goes and comes")
def _():
    cable = Cable()
    stopping = threading.Event()
    calls = [0]

    def caller():
        # A thread of its own in the namespace: it is not left again.
        assert not libc.setns(cable.b.fd, CLONE_NEWNET)
        while not stopping.is_set():
            c = socket.socket(AF_INET)
            c.settimeout(0.2)
            try:
                c.connect((cable.address(cable.a), 4000))
                c.send(b"x" * 3000)
            except OSError:
                pause(0.01)
            calls[0] += 1
            c.close()
    threads = [Worker(caller) for _ in range(3)]
    for _ in range(max(3, int(8 * SCALE))):
        listener = cable.a.listener(ATCP, AF_INET, cable.address(cable.a), 4000,
                                    options=[(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)])
        for _ in range(2):
            readable(listener)
            listener.accept()[0].close()
        listener.close()
        unload()
        insmod()
    stopping.set()
    for t in threads:
        t.finish()
    assert calls[0] > 3, calls
    cable.delete()


@module("packets of ours in a qdisc (2 s of delay) at unload")
def _():
    cable = Cable()
    for _ in range(2):
        ends = [cable.pair(*p) for p in PAIRINGS]
        cable.netem("delay", "2s", "limit", "1000")
        for c, s in ends:
            for e in (c, s):
                e.setblocking(False)
                attempt(e.send, b"x" * 50000)
                e.close()
        unload()
        insmod()
        cable.netem("delay", "0ms")
    # Their qdisc has sent or dropped all of them: the path works again.
    c, s = cable.pair(ATCP, LINUX)
    exchange(c, s, 10000)
    c.close()
    s.close()
    cable.delete()


# A rule that queues behind our hook has its place in the list remembered by number;
# Linux 6.1 itself warns (nf_reinject) when any hook before it goes meanwhile.
QUEUES = (("input", 0), ("output", 0), ("postrouting", 300)) + \
    (() if GUEST == "debian-6.1" else (("input", 2147483647),))


@module("packets of ours held in NFQUEUE at unload, on the way in and out")
def _():
    for hook, priority in QUEUES:
        cable = Cable()
        Rules(cable.a, f"""
            chain q {{
                type filter hook {hook} priority {priority}; policy accept;
                tcp dport 4000 queue num 7
                tcp sport 4000 queue num 7
            }}""")
        holding = [False]
        queue = Queue(cable.a, 7, lambda h, p, on=holding: None if on[0] else ACCEPT)
        listener = cable.a.listener(ATCP, AF_INET, cable.address(cable.a), 4000)
        ends = []
        for stack in (ATCP, LINUX):
            c = cable.b.socket(stack)
            c.connect((cable.address(cable.a), 4000))
            ends += [c, listener.accept()[0]]
        holding[0] = True
        for e in ends:
            e.setblocking(False)
            attempt(e.send, b"x" * 5000)
        until(lambda q=queue: q.held, f"packets are held at {hook}")
        listener.close()
        for e in ends:
            e.close()
        # The packets that hold nothing of ours may stay; the others are dropped or awaited.
        release = threading.Timer(0.3, queue.release)
        release.start()
        unload()
        insmod()
        release.join()
        queue.release()
        queue.close()
        echo(cable.a)
        cable.delete()


@module("TIME-WAIT by the hundred at unload")
def _():
    host = Host()
    host.sysctl("atcp/msl_ms", 600000)      # none expires while we wait for the unload
    n = max(50, int(300 * SCALE))
    with host:
        listener = ATCP.listener(backlog=n)
        for _ in range(n):
            c = ATCP.socket()
            c.connect(listener.getsockname())
            s, _ = listener.accept()
            s.close()
            c.recv(1)
            c.close()
        listener.close()
        with open("/proc/net/atcp", encoding="ascii") as f:
            waiting = sum(line.split()[3] == "06" for line in f.readlines()[1:])
    equal(waiting, n, "in TIME-WAIT")
    unload()
    insmod()
    echo(host)
    host.delete()


@module("namespaces made before the load, after it, and gone between")
def _():
    unload()
    before = [Host() for _ in range(3)]
    insmod()
    after = [Host() for _ in range(3)]
    for h in before + after:
        echo(h)
    before.pop().delete()
    after.pop().delete()
    unload()
    for h in before + after:
        assert not os.path.exists("/proc/sys/net/atcp")
    before.pop().delete()
    insmod()
    for h in before + after:
        echo(h)
        h.delete()


# --- parameters and aliases -----------------------------------------------------------

BAD = [("protocol=6", "protocol=6"), ("protocol=262", "protocol=262"),
       ("protocol=256", "protocol=256"), ("protocol=300", "protocol=300"),
       ("protocol=-1", "protocol=-1"), ("protocol=0", "protocol=0"), ("protocol=x", "invalid"),
       ("family=2", "family"), ("family=10", "family"), ("family=1", "family"),
       ("family=0", "family=0"), ("family=46", "family=46"), ("family=-3", "family=-3"),
       ("family=4000", "family=4000"), ("nonsense=1", "nonsense")]


@module("bad parameters: a clear word in the log, and nothing is left")
def _():
    unload()
    for words, says in BAD:
        (result, log) = kernel_says(lambda w=words: attempt(insmod, w))
        if words.startswith("nonsense"):
            # The kernel ignores those it does not know, and says so.
            assert loaded() and says in log, log
            rmmod()
            continue
        assert not loaded(), f"{words} was taken"
        equal(result, "EEXIST" if says == "family" else "EINVAL", words)
        assert says in log and "atcp" in log, f"{words}: the log says {log!r}"
        equal(traces(), [], f"left after {words}")
    insmod()
    echo()


@module("a busy family gives EEXIST, and the doors of the other are as they were")
def _():
    unload()
    result, log = kernel_says(lambda: attempt(insmod, "family=2"))
    equal(result, "EEXIST", "family=2")
    assert "family" in log and not loaded(), log
    c, s = LINUX.pair()
    exchange(c, s, 1000)
    fails_with("EEXIST", insmod, "family=1")
    a, b = socket.socketpair(socket.AF_UNIX)
    a.send(b"x")
    equal(b.recv(1), b"x", "over AF_UNIX")


@module("other numbers: family=26 protocol=257")
def _():
    unload()
    insmod("family=26", "protocol=257")
    equal(doors(), ["EAFNOSUPPORT"] * 2 + ["EPROTONOSUPPORT"] * 2, "the usual doors")
    for name, value in (("family", "26"), ("protocol", "257")):
        with open(f"/sys/module/atcp/parameters/{name}", encoding="ascii") as f:
            equal(f.read().strip(), value, name)
    for af in FAMILIES:
        s = socket.socket(af, socket.SOCK_STREAM, 257)
        equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL), 257, "SO_PROTOCOL")
        s.bind(("127.0.0.1" if af == AF_INET else "::1", 0))
        s.listen(1)
        c = socket.socket(af, socket.SOCK_STREAM, 257)
        c.connect(s.getsockname()[:2])
        d, _ = s.accept()
        exchange(c, d, 1000)
        c.close()
        d.close()
        s.close()
    fd = libc.socket(26, socket.SOCK_STREAM, 0)
    assert fd >= 0, errname(ctypes.get_errno())
    os.close(fd)
    rmmod()


@module("what the module says of itself: licence, version, description, parameters, aliases")
def _():
    out = run("modinfo", MODULE)
    fields = {}
    for line in out.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), []).append(value.strip())
    equal(fields["license"], ["GPL"], "license")
    for name in ("author", "description", "version", "vermagic"):
        assert fields.get(name) and fields[name][0], f"no {name}"
    parameters = " ".join(fields["parm"])
    assert "family:" in parameters and "protocol:" in parameters, parameters
    # Named as net/socket.c, af_inet.c and af_inet6.c ask for them.
    want = {"net-pf-25"} | {f"net-pf-{f}-proto-261{t}" for f in (2, 10) for t in ("", "-type-1")}
    equal(set(fields["alias"]), want, "aliases")


@module("the aliases are those that socket() asks for")
def _():
    unload()
    kernel_name = os.uname().release
    base = f"/lib/modules/{kernel_name}"
    os.makedirs(base, exist_ok=True)
    # Ours alone: depmod reads every module there is.
    run("mount", "-t", "tmpfs", "none", base)
    for name in ("modules.order", "modules.builtin"):
        with open(f"{base}/{name}", "w", encoding="ascii"):
            pass
    os.mkdir(f"{base}/extra")
    target = f"{base}/extra/atcp.ko"
    try:
        with open(MODULE, "rb") as f, open(target, "wb") as g:
            g.write(f.read())
        run("depmod", kernel_name)
        with open("/proc/sys/kernel/modprobe", encoding="ascii") as f:
            if not os.access(f.read().strip() or "/", os.X_OK):
                raise Skip("the kernel has no modprobe to call")
        for door in range(4):
            if loaded():
                rmmod()
            assert not loaded()
            if door < 2:
                fd = libc.socket(AF_ATCP, socket.SOCK_STREAM, door)
                assert fd >= 0, errname(ctypes.get_errno())
                os.close(fd)
            else:
                socket.socket(FAMILIES[door - 2], socket.SOCK_STREAM, IPPROTO_ATCP).close()
            assert loaded(), "it came from elsewhere"
    finally:
        run("umount", base)


if __name__ == "__main__":
    main()
