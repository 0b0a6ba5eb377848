#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Stateful firewalls: conntrack sees the connections of atcp as it sees others, whichever
of the two was loaded first; what rules reject or drop ends as with the kernel's TCP."""

import select
import socket
import struct

from atcptest import (ATCP, FAMILIES, LINUX, alone, attempt, differential, equal, fails_with, main,
                      poll, recv_exactly, state, until)
from firewall import (FEW, PORT, SIZE, Rules, about, against, connect, filter_chains, forget,
                      is_tracked, no_resets)
from lab import MODULE, Cable, insmod, loaded, rmmod, run
from traffic import exchange, settle

AF_INET, AF_INET6 = FAMILIES

# Two rules, not a set: inserting into a set trips lockdep in nftables itself.
NEIGHBOURS = """icmpv6 type nd-neighbor-solicit accept
        icmpv6 type nd-neighbor-advert accept"""


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
            forget(host)
        insmod()
    elif order == "module first":
        a, b = Rules(cable.a, STATEFUL), Rules(cable.b, CLIENT)
    before = a.counts(), b.counts()
    n = 0
    for server, client in FEW:
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
                forget(host)
    after = a.counts(), b.counts()
    got = [{k: y[k] - x[k] for k in y} for x, y in zip(before, after)]
    about(got[0]["new"], n, (cable.b,), "SYNs let in as new")
    about(got[1]["began"], n, (cable.b,), "SYNs let out as new")
    for counted in got:
        assert counted["known"] > 6 * n, counted
        equal(counted["invalid"], 0, "invalid packets")
        equal(counted["other"], 0, "packets of no known connection")
    equal(got[1]["badout"], 0, "invalid packets sent")
    no_resets((cable.a, cable.b), a, b)
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
    for server, client in FEW:
        for family in FAMILIES:
            listener = cable.a.listener(server, family, cable.address(cable.a, family), PORT + 1)
            c = cable.b.socket(client, family, socket.SOCK_NONBLOCK)
            before = rules.count("other")
            fails_with("EINPROGRESS", c.connect, listener.getsockname()[:2])
            until(lambda: rules.count("other") > before, "the SYN was dropped")
            equal(state(c), "SYN-SENT", "state")
            listener.close()
            c.close()
    no_resets((cable.a, cable.b), rules)
    cable.delete()


@alone("conntrack entries: SYN_RECV, ESTABLISHED and assured, FIN_WAIT, CLOSE")
def _():
    cable = Cable()
    rules = Rules(cable.a, STATEFUL)
    for server, client in FEW:
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
            forget(cable.a)
            c, s = connect(cable, server, client, family)
            s.sendall(b"y")
            recv_exactly(c, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            is_tracked(cable.a, PORT, "CLOSE")
            equal(attempt(c.recv, 1), "ECONNRESET", "at the other end")
            forget(cable.a)
    equal(rules.count("rst"), 2 * len(FEW), "RSTs: those of SO_LINGER")
    cable.delete()


@alone("text that nobody has read yet holds no entry of conntrack")
def _():
    cable = Cable()
    Rules(cable.a, STATEFUL)
    # No new entry for the middle of a connection.
    cable.a.sysctl("netfilter/nf_conntrack_tcp_loose", 0)

    def entries():
        return int(cable.a.read("/proc/sys/net/netfilter/nf_conntrack_count"))
    for server, client in FEW:
        for family in FAMILIES:
            c, s = connect(cable, server, client, family)
            c.sendall(b"unread")
            assert poll(s, select.POLLIN), "no text came"
            equal(entries(), 1, "entries")
            forget(cable.a)
            until(lambda: not entries(), "the entry is gone")
            equal(recv_exactly(s, 6), b"unread", "text")
            c.close()
            s.close()
    cable.delete()


# --- what is not let in -------------------------------------------------------------

@against("a port nobody listens on: refused through stateful rules")
def _(p, log, family):
    cable = Cable()
    rules = Rules(cable.a, STATEFUL)
    c = cable.b.socket(p.client, family)
    log.attempt("connect", c.connect, (cable.address(cable.a, family), PORT))
    equal(rules.count("rst"), 1, "RSTs")
    cable.delete()


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
    for server, client in FEW:
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
    no_resets((cable.a, cable.b), rules)
    cable.delete()


# --- a router between ------------------------------------------------------------------

@against("through a router that lets established text pass and masquerades", (AF_INET,))
def _(p, log, _family):
    left = Cable()
    right = Cable(a=left.b)
    client, router, server = left.a, left.b, right.b
    router.sysctl("ipv4/ip_forward", 1)
    client.ip(f"route add default via {left.address(router)}")
    rules = Rules(router, f"""
    chain pass {{
        type filter hook forward priority 0; policy drop;
        ct state invalid count invalid drop
        ct state established,related count known accept
        tcp dport {PORT} ct state new count new accept
    }}
    chain post {{
        type nat hook postrouting priority srcnat;
        oifname {right.device} masquerade
    }}""")
    listener = server.listener(p.server, AF_INET, right.address(server), PORT)
    c = client.socket(p.client)
    c.connect((right.address(server), PORT))
    s, peer = listener.accept()
    equal(peer[0], right.address(router), "the client that the server sees")
    exchange(c, s, SIZE // 4)
    is_tracked(router, PORT, "TIME_WAIT")
    counts = rules.counts()
    about(counts["new"], 1, (client,), "SYNs let through as new")
    log(counts["invalid"], counts["rst"], counts["known"] > 6)
    for x in (listener, c, s):
        x.close()
    for host in (client, router, server):
        host.delete()


if __name__ == "__main__":
    if MODULE and not loaded():
        run("insmod", MODULE)
    main()
