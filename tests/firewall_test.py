#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Stateful firewalls: conntrack sees connections of atcp as it sees others, whichever of
the two was loaded first; drops, rejects and translations work."""

import socket
import time

from atcptest import (ATCP, FAMILIES, GUEST, LINUX, PAIRINGS, Pairing, alone, attempt, equal, main, pairs,
                      pattern, poll, recv_exactly, until)
from lab import Cable, insmod, loaded, rmmod

import select

AF_INET, AF_INET6 = FAMILIES
# Two hosts with their rules take long to make where every check is on.
FEW = PAIRINGS[:1] if GUEST == "debug" else PAIRINGS

RULES = """
table inet firewall {
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        ct state invalid counter drop
        meta l4proto icmpv6 accept
        tcp dport { 80, 81 } ct state new counter accept
        tcp dport 82 reject with tcp reset
        tcp dport 83 drop
    }
    chain output {
        type filter hook output priority 0; policy drop;
        ct state established,related accept
        meta l4proto icmpv6 accept
        tcp dport { 80, 81, 82, 83, 8080 } ct state new accept
    }
}
"""
NAT = """
table inet translate {
    chain prerouting {
        type nat hook prerouting priority -100;
        tcp dport 8080 redirect to :80
    }
}
"""


def rules(host, text):
    host.run("nft", "-f", "-", input=text)


def conntrack(host, port):
    """The lines of this connection in the host's table."""
    return [line for line in host.read("/proc/net/nf_conntrack").splitlines()
            if f"dport={port} " in line and " tcp " in line]


def walled(text=RULES):
    cable = Cable()
    for host in (cable.a, cable.b):
        rules(host, text)
    return cable


def connect(p, cable, family, port, flags=0):
    c = cable.b.socket(p.client, family, flags)
    return c, attempt(c.connect, (cable.address(cable.a, family), port))


def exchange(c, s):
    data = pattern(100_000)
    c.sendall(data[:50_000])
    equal(recv_exactly(s, 50_000), data[:50_000], "to the server")
    s.sendall(data[50_000:])
    equal(recv_exactly(c, 50_000), data[50_000:], "to the client")


@pairs("default drop, established accepted: traffic flows, conntrack shows ESTABLISHED", FAMILIES, FEW)
def _(p, log, family):
    cable = walled()
    try:
        listener = cable.a.listener(p.server, family, cable.address(cable.a, family), 80)
        c, result = connect(p, cable, family, 80)
        log(result)
        s, _ = listener.accept()
        exchange(c, s)
        for host in (cable.a, cable.b):
            rows = conntrack(host, 80)
            log(len(rows), ["ESTABLISHED" in r for r in rows], ["[ASSURED]" in r for r in rows])
        c.close()
        s.recv(1)
        s.close()
        for host in (cable.a, cable.b):
            until(lambda h=host: all(" TIME_WAIT " in r for r in conntrack(h, 80)), "conntrack TIME_WAIT")
        counters = cable.a.run("nft", "list", "ruleset")
        invalid = [line for line in counters.splitlines() if "ct state invalid" in line][0]
        log("invalid", " packets 0 " in invalid)
        new = [line for line in counters.splitlines() if "ct state new" in line][0]
        log("new", " packets 1 " in new)
    finally:
        cable.delete()


@pairs("a closed door: rejected with RST, or dropped without a word", FAMILIES, FEW)
def _(p, log, family):
    cable = walled()
    try:
        keep = [cable.a.listener(p.server, family, cable.address(cable.a, family), port)
                for port in (82, 83)]
        log("rejected", connect(p, cable, family, 82)[1])
        c, result = connect(p, cable, family, 83, socket.SOCK_NONBLOCK)
        log("dropped", result, poll(c, select.POLLOUT, 0.5), len(keep))
    finally:
        cable.delete()


@pairs("a port nobody listens on: refused through the firewall", FAMILIES, FEW)
def _(p, log, family):
    cable = walled()
    try:
        log(connect(p, cable, family, 81)[1])
    finally:
        cable.delete()


@pairs("redirected: the server sees its own port, the client the one it asked for", FAMILIES, FEW)
def _(p, log, family):
    cable = walled()
    rules(cable.a, NAT)
    try:
        listener = cable.a.listener(p.server, family, cable.address(cable.a, family), 80)
        c, result = connect(p, cable, family, 8080)
        log(result)
        s, _ = listener.accept()
        log(s.getsockname()[1], c.getpeername()[1])
        exchange(c, s)
    finally:
        cable.delete()


@pairs("a rule that counts by socket mark, and one that drops in the middle", (AF_INET,), FEW)
def _(p, log, family):
    cable = walled()
    try:
        listener = cable.a.listener(p.server, family, cable.address(cable.a, family), 80)
        c = cable.b.socket(p.client, family)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
        rules(cable.b, "table inet count { chain o { type filter hook output priority 10;"
              " meta mark 7 counter accept; }; }")
        c.connect(listener.getsockname())
        s, _ = listener.accept()
        exchange(c, s)
        text = cable.b.run("nft", "list", "table", "inet", "count")
        log("marked", "counter packets 0 " not in text)
        rules(cable.a, "table inet cut { chain i { type filter hook input priority -10;"
              " tcp dport 80 drop; }; }")
        c.send(b"lost, and sent again")
        time.sleep(0.3)
        log(attempt(s.recv, 1, socket.MSG_DONTWAIT))
        cable.a.run("nft", "delete", "table", "inet", "cut")
        log(recv_exactly(s, 20))
    finally:
        cable.delete()


@alone("conntrack first, then the module; and the other way round")
def _():
    if not ATCP.is_atcp:
        return
    cable = Cable()
    try:
        rmmod()
        for host in (cable.a, cable.b):
            rules(host, RULES)
        insmod()
        for first in ("conntrack", "module"):
            for pairing in (Pairing(ATCP, ATCP), Pairing(ATCP, LINUX), Pairing(LINUX, ATCP)):
                listener = cable.a.listener(pairing.server, AF_INET, cable.address(cable.a), 80,
                                            options=[(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)])
                c, result = connect(pairing, cable, AF_INET, 80)
                equal(result, "ok", f"{first} first, {pairing!r}")
                s, _ = listener.accept()
                exchange(c, s)
                assert any("ESTABLISHED" in r for r in conntrack(cable.a, 80)), \
                    f"{first} first, {pairing!r}: {conntrack(cable.a, 80)}"
                c.close()
                s.recv(1)
                s.close()
                listener.close()
            for host in (cable.a, cable.b):
                host.run("nft", "flush", "ruleset")
                rules(host, RULES)
    finally:
        if not loaded():
            insmod()
        cable.delete()


@alone("conntrack in the middle: a router that only lets established text through")
def _():
    for pairing in (Pairing(LINUX, LINUX), Pairing(ATCP, ATCP), Pairing(ATCP, LINUX),
                    Pairing(LINUX, ATCP)):
        left = Cable()
        right = Cable(a=left.b)
        try:
            client, router, server = left.a, left.b, right.b
            router.sysctl("ipv4/ip_forward", 1)
            client.ip(f"route add default via {left.address(router)}")
            server.ip(f"route add default via {right.address(router)}")
            rules(router, "table ip r { chain f { type filter hook forward priority 0; policy drop;"
                  " ct state established,related accept; ct state invalid drop;"
                  " tcp dport 80 ct state new accept; };"
                  " chain n { type nat hook postrouting priority 100;"
                  f" oifname {right.device} masquerade; }}; }}")
            listener = server.listener(pairing.server, AF_INET, "0.0.0.0", 80)
            c = client.socket(pairing.client)
            c.connect((right.address(server), 80))
            s, peer = listener.accept()
            equal(peer[0], right.address(router), "masqueraded")
            exchange(c, s)
            c.close()
            equal(s.recv(1), b"", "end")
        finally:
            client.delete()
            router.delete()
            server.delete()


if __name__ == "__main__":
    main()
