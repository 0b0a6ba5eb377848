#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""What nftables does besides filtering meets atcp's segments as any other TCP's: NAT, queue,
clamp, owner and cgroup rules apply, packet sockets see the segments, and the kernel's TCP
never answers one with a reset."""

import os
import select
import socket

from atcptest import (ATCP, FAMILIES, LINUX, alone, attempt, differential, equal, main,
                      recv_exactly, tcp_info, until)
from firewall import (ACCEPT, DROP, FEW, PORT, SIZE, Queue, Rules, about, against, connect,
                      filter_chains, forget, no_resets)
from lab import MODULE, Cable, Host, loaded, run
from traffic import Worker, exchange, settle
from wire import ACK, FIN, RST, SYN, Segment

AF_INET, AF_INET6 = FAMILIES

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
        for server, client in FEW:
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
        no_resets((cable.a, cable.b), *rules)
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


# --- NFQUEUE ------------------------------------------------------------------------

def queue_case(name, chains_a, expected_hooks, gso=True):
    @alone(f"NFQUEUE {name}")
    def _():
        cable = Cable()
        rules = Rules(cable.a, chains_a)
        queue = Queue(cable.a, 7, gso=gso)
        jobs = []
        for number, (server, client) in enumerate(FEW):
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
        assert queue.seen > 4 * len(jobs), queue.seen
        no_resets((cable.a, cable.b), rules)
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
        """Of a connection to an even port SYNs are lost, of others what follows: whose SYN
        was lost has a time-out of seconds (RFC 6298, 5.7)."""
        seg = Segment(packet)
        port = min(seg.sport, seg.dport)
        if not seg.flags & (SYN | FIN) and not seg.data or bool(seg.flags & SYN) == port % 2:
            return ACCEPT
        key = hook, seg.seq, seg.flags & (SYN | FIN), len(seg.data) > 0
        times = seen[port].setdefault(key, 0)
        seen[port][key] = times + 1
        return ACCEPT if times else DROP
    queue = Queue(cable.a, 7, first_time)
    jobs = []
    for number, (server, client) in enumerate(FEW):
        for port in (PORT + 2 * number, PORT + 2 * number + 1):
            seen[port] = {}
            listener = cable.a.listener(server, AF_INET, cable.address(cable.a), port)
            jobs.append(Worker(echo_and_end, listener, cable.b.socket(client)))
    for job in jobs:
        job.finish()
    settle((cable.a, cable.b), (ATCP,))
    queue.close()
    for port, keys in seen.items():
        assert len(keys) == (4 if port % 2 else 2) and min(keys.values()) >= 2, (port, keys)
    cable.delete()


@alone("packets held in NFQUEUE while their sockets close and their namespace ends")
def _():
    for server, client in FEW:
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


@alone("text that waits for its reader holds no entry of conntrack")
def _():
    cable = Cable()
    Rules(cable.a, filter_chains(("input", "ct state new count new")))

    def entries():
        return int(cable.a.read("/proc/sys/net/netfilter/nf_conntrack_count"))
    for stack in (LINUX, ATCP):
        for family in FAMILIES:
            c, s = connect(cable, stack, LINUX, family)
            c.sendall(b"x" * 3000)
            until(lambda s=s: len(s.recv(3000, socket.MSG_PEEK)) == 3000, "the text")
            assert entries() > 0, "nothing was tracked"
            # An ACK that was late makes another entry.
            until(lambda: forget(cable.a) or not entries(), f"conntrack is empty, {stack!r}")
            equal(recv_exactly(s, 3000), b"x" * 3000, "text")
            c.close()
            s.close()
            settle((cable.a, cable.b), (ATCP, LINUX))
            forget(cable.a)
    cable.delete()


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
    log("SYN,ACK", rules.count("synack") > 0, "text", rules.count("text") > 0)
    before = rules.counts()
    far = cable.b.listener(LINUX, family, cable.address(cable.b, family))
    c.connect(far.getsockname()[:2])
    e, _ = far.accept()
    log("SYN", rules.count("syn") > 0, "text", rules.count("text") > before["text"])
    # The FIN of close() goes out while the socket is being let go.
    s.close()
    equal(peer.recv(1), b"", "end")
    peer.close()
    c.shutdown(socket.SHUT_WR)
    equal(e.recv(1), b"", "end")
    log("FIN of shutdown()", rules.count("fin") > 0)
    about(rules.count("allfin"), 2, (cable.a,), "FINs in all")
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
        once = {(x.sport, x.seq, x.flags & (SYN | FIN | RST)): x.flags for x in tcp}.values()
        log(*(sum(flags & mask == what for flags in once) for mask, what in
              ((SYN | ACK, SYN), (SYN | ACK, SYN | ACK), (FIN, FIN), (RST, RST))),
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
        exchange(c, s, 10000)
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
    for server, client in FEW:
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
    no_resets((cable.a, cable.b), rules, far)
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
    for server, client in FEW:
        for family in FAMILIES:
            # The port is that of the connection before, which may be in TIME-WAIT.
            listener = host.listener(server, family, None, PORT,
                                     options=((socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),))
            c = host.socket(client, family)
            c.connect(listener.getsockname()[:2])
            s, _ = listener.accept()
            listener.close()
            exchange(c, s, SIZE // 4)
            c.close()
            s.close()
            settle((host,), (ATCP, LINUX))
    counts = rules.counts()
    about(counts["new"], 2 * len(FEW), (host,), "SYNs let in as new")
    equal(counts["other"], 0, "others")
    assert counts["known"] > 8 * len(FEW), counts
    no_resets((host,), rules)
    host.delete()


if __name__ == "__main__":
    if MODULE and not loaded():
        run("insmod", MODULE)
    main()
