#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml debian-6.12 debian-6.1
"""Firewalls treat atcp's segments as any other TCP's: conntrack knows the connections,
NAT, reject, queue, clamp and owner rules apply, packet sockets see the segments, and
the kernel's TCP never answers one with a reset."""

import os
import select
import socket
import struct

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, PAIRINGS, SCALE, Log, Pairing, alone,
                      attempt, differential, equal, fails_with, main, poll, recv_exactly, state,
                      tcp_info, until)
from firewall import ACCEPT, DROP, NEIGHBOURS, Queue, Rules, conntrack, is_tracked
from lab import MODULE, Cable, Host, insmod, loaded, rmmod, run
from traffic import Worker, exchange, settle
from wire import ACK, FIN, RST, SYN, Segment

AF_INET, AF_INET6 = FAMILIES
SIZE = max(128 << 10, int((1 << 20) * SCALE))
PORT = 4000

STATEFUL = f"""
    chain in {{
        type filter hook input priority 0; policy drop;
        {NEIGHBOURS}
        ct state invalid count invalid drop
        ct state established,related count known accept
        tcp dport {PORT} ct state new count new accept
        count other
    }}"""
# The client's side: nothing may begin from outside.
CLIENT = f"""
    chain in {{
        type filter hook input priority 0; policy drop;
        {NEIGHBOURS}
        ct state invalid count invalid drop
        ct state established,related count known accept
        count other
    }}
    chain out {{
        type filter hook output priority 0; policy accept;
        ct state invalid count badout drop
        tcp dport {PORT} ct state new count began
    }}"""


def connect(cable, server, client, family=AF_INET, port=PORT, to=None):
    """(client's end, server's end) of a connection to a port; to is another name of it."""
    listener = cable.a.listener(server, family, cable.address(cable.a, family), port,
                                options=[(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)])
    c = cable.b.socket(client, family)
    c.connect((cable.address(cable.a, family), port) if to is None else to)
    s, _ = listener.accept()
    listener.close()
    return c, s


def against(name):
    """A case func(pairing, log, family) a family: all pairings do as the kernel's TCP does."""
    def add(func):
        for family in FAMILIES:
            @alone(f"{name}, {FAMILY_NAME[family]}")
            def _(family=family):
                want = Log()
                func(Pairing(LINUX, LINUX), want, family)
                for pairing in PAIRINGS:
                    got = Log()
                    func(Pairing(*pairing), got, family)
                    equal(got, want, f"transcript of {Pairing(*pairing)!r}")
    return add


def no_resets(*rules):
    for r in rules:
        equal(r.count("rst"), 0, f"RSTs that left {r.host.name}")


def stateful(order):
    """All pairings through stateful rules at both ends."""
    if order == "conntrack first":
        rmmod()
    cable = Cable()
    if order == "conntrack first":
        a, b = Rules(cable.a, STATEFUL), Rules(cable.b, CLIENT)
        # Conntrack is at work before the module is there.
        c, s = connect(cable, LINUX, LINUX, port=PORT)
        c.close()
        s.close()
        for host in (cable.a, cable.b):
            conntrack(host, "-F")
        insmod()
    elif order == "module first":
        a, b = Rules(cable.a, STATEFUL), Rules(cable.b, CLIENT)
    before = a.counts(), b.counts()
    n = 0
    for server, client in PAIRINGS:
        for family in FAMILIES:
            n += 1
            c, s = connect(cable, server, client, family)
            for host in (cable.a, cable.b):
                is_tracked(host, PORT, "ESTABLISHED")
            exchange(c, s, SIZE // 4, n)
            c.close()
            s.close()
            for host in (cable.a, cable.b):
                is_tracked(host, PORT, "TIME_WAIT")
                conntrack(host, "-F")
    after = a.counts(), b.counts()
    got = [{k: y[k] - x[k] for k in y} for x, y in zip(before, after)]
    equal(got[0]["new"], n, "SYNs let in as new")
    equal(got[1]["began"], n, "SYNs let out as new")
    for counted in got:
        assert counted["known"] > 6 * n, counted
        equal(counted["invalid"], 0, "invalid packets")
        equal(counted["other"], 0, "packets of no known connection")
    equal(got[1]["badout"], 0, "invalid packets sent")
    no_resets(a, b)
    cable.delete()


@alone("stateful rules at both ends, the module loaded before conntrack")
def _():
    stateful("module first")


@alone("stateful rules at both ends, conntrack before the module")
def _():
    if not ATCP.is_atcp:
        return
    if not MODULE:
        raise AssertionError("ATCP_MODULE is not set")
    stateful("conntrack first")


@alone("what is not allowed in never connects, and nobody answers")
def _():
    cable = Cable()
    rules = Rules(cable.a, STATEFUL)
    for server, client in PAIRINGS:
        for family in FAMILIES:
            listener = cable.a.listener(server, family, cable.address(cable.a, family), PORT + 1)
            c = cable.b.socket(client, family, socket.SOCK_NONBLOCK)
            before = rules.count("other")
            fails_with("EINPROGRESS", c.connect, listener.getsockname()[:2])
            until(lambda: rules.count("other") > before, "the SYN was dropped")
            equal(state(c), "SYN-SENT", "state")
            listener.close()
            c.close()
    no_resets(rules)
    cable.delete()


@alone("conntrack entries: SYN_RECV, ESTABLISHED and assured, FIN_WAIT, CLOSE")
def _():
    cable = Cable()
    rules = Rules(cable.a, STATEFUL)
    for server, client in PAIRINGS:
        for family in FAMILIES:
            c, s = connect(cable, server, client, family)
            c.sendall(b"x")
            recv_exactly(s, 1)
            is_tracked(cable.a, PORT, "ESTABLISHED")
            c.shutdown(socket.SHUT_WR)
            s.recv(1)
            is_tracked(cable.a, PORT, "CLOSE_WAIT")
            s.close()
            is_tracked(cable.a, PORT, "TIME_WAIT")
            c.close()
            conntrack(cable.a, "-F")
            c, s = connect(cable, server, client, family)
            s.sendall(b"y")
            recv_exactly(c, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            is_tracked(cable.a, PORT, "CLOSE")
            equal(attempt(c.recv, 1), "ECONNRESET", "at the other end")
            conntrack(cable.a, "-F")
    equal(rules.count("rst"), 6, "RSTs: those of SO_LINGER")
    cable.delete()


# --- NAT -------------------------------------------------------------------------

def nat_case(name, body_a, body_b, to_port, check=lambda cable, c, s, family: None):
    @alone(name)
    def _():
        cable = Cable()
        words = {"A4": cable.address(cable.a), "A6": cable.address(cable.a, AF_INET6),
                 "B4": cable.address(cable.b), "B6": cable.address(cable.b, AF_INET6)}

        def filled(body):
            for k, v in words.items():
                body = body.replace(k, v)
            return body
        rules = [Rules(h, filled(b)) for h, b in ((cable.a, body_a), (cable.b, body_b))]
        for server, client in PAIRINGS:
            for family in FAMILIES:
                c, s = connect(cable, server, client, family,
                               to=(cable.address(cable.a, family), to_port))
                equal(c.getpeername()[1], to_port, "port that the client called")
                equal(s.getsockname()[1], PORT, "port that the server has")
                check(cable, c, s, family)
                exchange(c, s, SIZE // 4)
                c.close()
                s.close()
        settle((cable.a, cable.b), (ATCP,))
        no_resets(*rules)
        cable.delete()


nat_case("dnat to an atcp listener", f"""
    chain pre {{
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr A4 tcp dport 80 dnat ip to A4:{PORT}
        ip6 daddr A6 tcp dport 80 dnat ip6 to [A6]:{PORT}
    }}""", "", 80)

nat_case("redirect to an atcp listener", f"""
    chain pre {{
        type nat hook prerouting priority dstnat; policy accept;
        tcp dport 81 redirect to :{PORT}
    }}""", "", 81)

nat_case("snat of the client's port and address", "", """
    chain post {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr B4 tcp dport 4000 snat ip to B4:7000-7100
        ip6 saddr B6 tcp dport 4000 snat ip6 to [B6]:7000-7100
    }""", PORT, lambda cable, c, s, family:
         equal(7000 <= s.getpeername()[1] <= 7100, True, "port is of the snat range"))

nat_case("dnat in the client's output: the route is looked up again", "", f"""
    chain out {{
        type nat hook output priority -100; policy accept;
        tcp dport 83 ip daddr A4 dnat ip to A4:{PORT}
        tcp dport 83 ip6 daddr A6 dnat ip6 to [A6]:{PORT}
    }}""", 83)


# --- reject, drop ------------------------------------------------------------------

def filter_chains(*rules):
    return "".join(f"""
    chain {hook} {{
        type filter hook {hook} priority 0; policy accept;
        {rule}
    }}""" for hook, rule in rules)


@differential("rejected SYNs: by reset and by ICMP, at the far input and the own output", FAMILIES)
def _(st, log, family):
    icmp = "icmp" if family == AF_INET else "icmpv6"
    kinds = {"far": ["with tcp reset", f"with {icmp} type port-unreachable",
                     f"with {icmp} type admin-prohibited"],
             "near": ["with tcp reset", f"with {icmp} type port-unreachable"]}
    cable = Cable()
    rules = {"far": Rules(cable.a, filter_chains(("input", ""))),
             "near": Rules(cable.b, filter_chains(("output", "")))}
    match = "ip daddr" if family == AF_INET else "ip6 daddr"
    listener = cable.a.listener(LINUX, family, cable.address(cable.a, family), PORT)
    for where, chain in (("far", "input"), ("near", "output")):
        for kind in kinds[where]:
            rules[where].flush(chain)
            rules[where].add(chain, f"{match} {cable.address(cable.a, family)} "
                             f"tcp dport {PORT} reject {kind}")
            c = cable.b.socket(st, family)
            log.attempt(f"{where} {kind}", c.connect, (cable.address(cable.a, family), PORT))
            c.close()
    listener.close()
    cable.delete()


@alone("a soft error does not end an attempt to connect [RFC 9293, MUST-56]")
def _():
    if not ATCP.is_atcp:
        return
    cable = Cable()
    rules = Rules(cable.a, filter_chains(("input", ""), ("forward", "count seen")))
    for family, kind in ((AF_INET, "icmp type host-unreachable"),
                         (AF_INET6, "icmpv6 type no-route")):
        rules.add("input", f"tcp dport {PORT} count seen reject with {kind}")
        listener = cable.a.listener(LINUX, family, cable.address(cable.a, family), PORT)
        c = cable.b.socket(ATCP, family, socket.SOCK_NONBLOCK)
        fails_with("EINPROGRESS", c.connect, listener.getsockname()[:2])
        until(lambda: rules.count("seen"), "the SYN was rejected")
        rules.flush("input")
        assert poll(c, select.POLLOUT) == select.POLLOUT, "it did not connect"
        equal(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0, "SO_ERROR")
        c.close()
        listener.close()
        rules.nft("reset counters table inet t")
    cable.delete()


@differential("a reject rule hits a connection: reset ends it, ICMP does not", FAMILIES)
def _(st, log, family):
    icmp = "icmp" if family == AF_INET else "icmpv6"
    cable = Cable()
    rules = Rules(cable.a, filter_chains(("input", "")))
    for kind in ("with tcp reset", f"with {icmp} type port-unreachable"):
        c, s = connect(cable, LINUX, st, family)
        c.sendall(b"1")
        log(recv_exactly(s, 1))
        rules.add("input", f"tcp dport {PORT} reject {kind}")
        c.send(b"2")
        if "reset" in kind:
            poll(c, select.POLLIN)
            log.attempt("recv", c.recv, 1)
        rules.flush("input")
        if "reset" not in kind:
            log("text came in the end", recv_exactly(s, 1))
        c.close()
        s.close()
    cable.delete()


@alone("a drop rule holds text up; without it the text comes")
def _():
    cable = Cable()
    rules = Rules(cable.a, filter_chains(("input", "")))
    for server, client in PAIRINGS:
        for family in FAMILIES:
            c, s = connect(cable, server, client, family)
            rules.add("input", f"tcp dport {PORT} drop")
            c.sendall(b"z" * 5000)
            s.sendall(b"w" * 5000)
            recv_exactly(c, 5000)
            fails_with("EAGAIN", s.recv, 1, socket.MSG_DONTWAIT)
            rules.flush("input")
            equal(recv_exactly(s, 5000), b"z" * 5000, "text")
            c.close()
            s.close()
    settle((cable.a, cable.b), (ATCP,))
    no_resets(rules)
    cable.delete()


# --- NFQUEUE ------------------------------------------------------------------------

def queue_case(name, chains_a, expected_hooks, gso=True):
    @alone(f"NFQUEUE {name}")
    def _():
        cable = Cable()
        rules = Rules(cable.a, chains_a)
        queue = Queue(cable.a, 7, gso=gso)
        jobs = []
        for number, (server, client) in enumerate(PAIRINGS):
            for family in FAMILIES:
                listener = cable.a.listener(server, family, cable.address(cable.a, family),
                                            PORT + number)
                jobs.append(Worker(queued_exchange, listener, cable.b.socket(client, family),
                                   number))
        for job in jobs:
            job.finish()
        settle((cable.a, cable.b), (ATCP,))
        queue.close()
        if queue.error:
            raise queue.error
        equal(queue.hooks, expected_hooks, "hooks that queued")
        assert queue.seen > 6 * 4, queue.seen
        no_resets(rules)
        cable.delete()


def queued_exchange(listener, c, seed):
    c.connect(listener.getsockname()[:2])
    s, _ = listener.accept()
    listener.close()
    exchange(c, s, SIZE // 8, seed)
    c.close()
    s.close()


def queue_chain(hook, priority):
    return f"""
    chain q{hook} {{
        type filter hook {hook} priority {priority}; policy accept;
        tcp dport {PORT}-{PORT + 9} queue num 7
        tcp sport {PORT}-{PORT + 9} queue num 7
    }}"""


queue_case("before atcp's hook: the verdict comes in process context",
           queue_chain("input", 0), {1})
queue_case("after atcp's hook", queue_chain("input", 2147483647), {1})
queue_case("of what is sent", queue_chain("output", 0), {3})
queue_case("before and after routing, packets segmented",
           queue_chain("prerouting", -300) + queue_chain("postrouting", 300), {0, 4}, gso=False)


def echo_and_end(listener, c):
    c.connect(listener.getsockname()[:2])
    s, _ = listener.accept()
    listener.close()
    c.sendall(b"a" * 100)
    equal(recv_exactly(s, 100), b"a" * 100, "text to the server")
    s.sendall(b"b" * 100)
    equal(recv_exactly(c, 100), b"b" * 100, "text to the client")
    c.close()
    equal(s.recv(1), b"", "end")
    s.close()


@alone("NFQUEUE that drops: SYN, SYN,ACK, text and FIN are sent again")
def _():
    cable = Cable()
    Rules(cable.a, queue_chain("input", 0) + queue_chain("output", 0))
    seen = {}

    def first_time(hook, packet):
        seg = Segment(packet)
        if seg.flags == ACK and not seg.data:
            return ACCEPT
        key = hook, seg.seq, seg.flags & (SYN | FIN), len(seg.data) > 0
        times = seen[min(seg.sport, seg.dport)].setdefault(key, 0)
        seen[min(seg.sport, seg.dport)][key] = times + 1
        return ACCEPT if times else DROP
    queue = Queue(cable.a, 7, first_time)
    jobs = []
    for number, (server, client) in enumerate(PAIRINGS):
        seen[PORT + number] = {}
        listener = cable.a.listener(server, AF_INET, cable.address(cable.a), PORT + number)
        jobs.append(Worker(echo_and_end, listener, cable.b.socket(client)))
    for job in jobs:
        job.finish()
    settle((cable.a, cable.b), (ATCP,))
    queue.close()
    for port, keys in seen.items():
        assert len(keys) == 6 and min(keys.values()) >= 2, (port, keys)
    cable.delete()


@alone("packets held in NFQUEUE while their sockets close and their namespace ends")
def _():
    for server, client in PAIRINGS:
        cable = Cable()
        Rules(cable.a, queue_chain("input", 0) + queue_chain("output", 0))
        holding = [False]
        queue = Queue(cable.a, 7, lambda hook, packet, h=holding: None if h[0] else ACCEPT)
        c, s = connect(cable, server, client)
        holding[0] = True
        c.sendall(b"x" * 3000)
        s.sendall(b"y" * 3000)
        until(lambda q=queue: len(q.held) >= 2, "packets are held")
        s.close()
        c.close()
        queue.release()
        c, s = cable.b.socket(client), cable.a.listener(server, AF_INET, None, PORT + 5)
        c.setblocking(False)
        attempt(c.connect, (cable.address(cable.a), PORT + 5))
        until(lambda q=queue: q.held, "the SYN is held")
        s.close()
        c.close()
        cable.delete()
        queue.release()
        queue.close()


# --- owners, marks, capture, clamping -------------------------------------------------

def as_user(uid, func, *args):
    os.seteuid(uid)
    try:
        return func(*args)
    finally:
        os.seteuid(0)


@differential("skuid in output: a client, a listener's SYN,ACK, an accepted socket, an orphan",
              FAMILIES)
def _(st, log, family):
    cable = Cable()
    rules = Rules(cable.a, filter_chains(("output", """
        meta skuid 65534 tcp flags & (syn|ack) == syn count syn
        meta skuid 65534 tcp flags & (syn|ack) == (syn|ack) count synack
        meta skuid 65534 tcp flags & fin == fin count fin
        meta skuid 65534 tcp flags & (syn|fin) == 0x0 count text
        tcp flags & fin == fin count allfin""")))
    address = cable.address(cable.a, family)
    cable.a.sysctl("ipv4/ip_unprivileged_port_start", 1)
    with cable.a:
        listener = as_user(65534, st.listener, family, address)
        c = as_user(65534, st.socket, family)
    peer = cable.b.socket(LINUX, family)
    peer.connect(listener.getsockname()[:2])
    s, _ = as_user(65534, listener.accept)
    s.sendall(b"from the server")
    recv_exactly(peer, 15)
    log("SYN,ACK", rules.count("synack"), "text", rules.count("text") > 0)
    before = rules.counts()
    far = cable.b.listener(LINUX, family, cable.address(cable.b, family))
    c.connect(far.getsockname()[:2])
    e, _ = far.accept()
    log("SYN", rules.count("syn"), "text", rules.count("text") > before["text"])
    # The FIN of close() goes out while the socket is being let go.
    s.close()
    equal(peer.recv(1), b"", "end")
    peer.close()
    c.shutdown(socket.SHUT_WR)
    equal(e.recv(1), b"", "end")
    log("FIN of shutdown()", rules.count("fin") > 0)
    equal(rules.count("allfin"), 2, "FINs in all")
    cable.delete()


@alone("cgroup in output: sockets match as the kernel's TCP does")
def _():
    path = "/sys/fs/cgroup/atcp-test"
    os.makedirs(path, exist_ok=True)
    cable = Cable()
    rules = Rules(cable.a, filter_chains(("output", """
        meta l4proto tcp socket cgroupv2 level 1 "atcp-test" count inside""")))
    for st in (LINUX, ATCP):
        for family in FAMILIES:
            before = rules.count("inside")
            with open(f"{path}/cgroup.procs", "w", encoding="ascii") as f:
                f.write(str(os.getpid()))
            try:
                c = cable.a.socket(st, family)
            finally:
                with open("/sys/fs/cgroup/cgroup.procs", "w", encoding="ascii") as f:
                    f.write(str(os.getpid()))
            far = cable.b.listener(LINUX, family, cable.address(cable.b, family))
            c.connect(far.getsockname()[:2])
            e, _ = far.accept()
            c.sendall(b"x" * 100)
            recv_exactly(e, 100)
            assert rules.count("inside") >= before + 3, f"{st!r}: SYN, ACK and text did not match"
            outside = cable.a.socket(st, family)
            middle = rules.count("inside")
            outside.connect(far.getsockname()[:2])
            equal(rules.count("inside"), middle, f"{st!r}: matches of another group's socket")
    cable.delete()


@against("SO_MARK is on every segment")
def _(p, log, family):
    cable = Cable()
    chains = filter_chains(("output", """
        meta l4proto tcp count all
        meta l4proto tcp meta mark 77 count marked"""))
    a, b = Rules(cable.a, chains), Rules(cable.b, chains)
    mark = (socket.SOL_SOCKET, 36, 77)
    listener = cable.a.listener(p.server, family, cable.address(cable.a, family), PORT,
                                options=[mark])
    c = cable.b.socket(p.client, family)
    c.setsockopt(*mark)
    c.connect(listener.getsockname()[:2])
    s, _ = listener.accept()
    log("mark of the accepted", s.getsockopt(socket.SOL_SOCKET, 36))
    exchange(c, s, 5000)
    for r in (a, b):
        counts = r.counts()
        log(counts["all"] == counts["marked"], counts["all"] > 3)
    cable.delete()


@against("packet sockets see every segment at both ends; raw TCP sockets see the kernel's only")
def _(p, log, family):
    cable = Cable()
    captures = []
    for host in (cable.a, cable.b):
        with host:
            packet = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                   socket.htons(0x800 if family == AF_INET else 0x86dd))
            raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
            packet.bind((cable.device, 0x800 if family == AF_INET else 0x86dd))
        captures.append((packet, raw))
    c, s = connect(cable, p.server, p.client, family)
    c.sendall(b"seen")
    recv_exactly(s, 4)
    c.close()
    equal(s.recv(1), b"", "end")
    s.close()
    settle((cable.a, cable.b), (ATCP, LINUX))
    for (packet, raw), stack in zip(captures, (p.server, p.client)):
        segments = []
        while select.select([packet], [], [], 0.1)[0]:
            segments.append(Segment(packet.recv(65536)))
        tcp = [x for x in segments if x.is_tcp]
        log(sum(x.flags == SYN for x in tcp), sum(x.flags == SYN | ACK for x in tcp),
            sum(bool(x.flags & FIN) for x in tcp), sum(bool(x.flags & RST) for x in tcp),
            b"seen" in [x.data for x in tcp])
        got = bool(select.select([raw], [], [], 0.1)[0])
        equal(got, not stack.is_atcp, f"a raw socket beside {stack!r} has something")
    cable.delete()


@against("the MSS is clamped, whoever sets it")
def _(p, log, family):
    for hook, at in (("output", "b"), ("prerouting", "a")):
        cable = Cable()
        Rules(cable.a if at == "a" else cable.b, f"""
        chain clamp {{
            type filter hook {hook} priority mangle; policy accept;
            tcp flags & syn == syn tcp option maxseg size set 600
        }}""")
        c, s = connect(cable, p.server, p.client, family)
        log(hook, at, "client", tcp_info(c)["snd_mss"], "server", tcp_info(s)["snd_mss"])
        exchange(c, s, 30000)
        c.close()
        s.close()
        cable.delete()


@alone("counters of output and postrouting see each segment once")
def _():
    cable = Cable()
    body = filter_chains(("output", f"tcp dport {PORT} count out"),
                         ("postrouting", f"tcp dport {PORT} count post"))
    rules = Rules(cable.b, body)
    far = Rules(cable.a, filter_chains(("prerouting", f"tcp dport {PORT} count pre"),
                                       ("input", f"tcp dport {PORT} count in")) + f"""
    chain last {{
        type filter hook input priority 2147483647; policy accept;
        tcp dport {PORT} count last
    }}""")
    for server, client in PAIRINGS:
        c, s = connect(cable, server, client)
        exchange(c, s, 20000)
        c.close()
        s.close()
        settle((cable.a, cable.b), (ATCP, LINUX))
        mine, theirs = rules.counts(), far.counts()
        assert mine["out"] > 5, mine
        equal(mine["post"], mine["out"], "after and before routing")
        equal(theirs["pre"], mine["out"], "arrived")
        equal(theirs["in"], mine["out"], "came in")
        equal(theirs["last"], mine["out"], "came to the last hook")
    no_resets(rules, far)
    cable.delete()


@alone("rules on loopback: stateful, and a transparent listener is left alone")
def _():
    host = Host()
    rules = Rules(host, """
    chain in {
        type filter hook input priority 0; policy drop;
        ct state established,related count known accept
        tcp dport 4000 ct state new count new accept
        count other
    }""")
    for server, client in PAIRINGS:
        for family in FAMILIES:
            listener = host.listener(server, family, None, PORT)
            c = host.socket(client, family)
            c.connect(listener.getsockname()[:2])
            s, _ = listener.accept()
            listener.close()
            exchange(c, s, SIZE // 4)
            c.close()
            s.close()
    settle((host,), (ATCP,))
    counts = rules.counts()
    equal(counts["new"], 6, "new")
    equal(counts["other"], 0, "others")
    assert counts["known"] > 24, counts
    no_resets(rules)
    host.delete()


if __name__ == "__main__":
    if MODULE and not loaded():
        run("insmod", MODULE)
    main()
