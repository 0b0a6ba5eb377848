#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""/proc/net/atcp_snmp, atcp_netstat and atcp_fsm: the counters of the kernel's names, counted as
the kernel counts, read by nstat; and every edge of the state machine that was taken."""

import os
import select
import socket
import struct
import subprocess

from atcptest import (ATCP, FAMILIES, LINUX, Skip, alone, attempt, differential, equal, fails_with,
                      main, recv_exactly, until)
from lab import Host
from traffic import counters, since

AF_INET = FAMILIES[0]


def nstat(host, *words):
    env = {**os.environ, "PROC_NET_SNMP": "/proc/net/atcp_snmp",
           "PROC_NET_NETSTAT": "/proc/net/atcp_netstat", "NSTAT_HISTORY": "/tmp/nstat-atcp"}
    done = subprocess.run(host.argv("nstat", *words), stdout=subprocess.PIPE, text=True,
                          check=False, env=env, stderr=subprocess.STDOUT)
    return {row[0]: int(row[1]) for row in (line.split() for line in done.stdout.splitlines())
            if len(row) == 3 and row[1].isdigit()}


@alone("nstat reads the counters, and they agree with the files")
def _():
    if not ATCP.is_atcp:
        raise Skip("the kernel's TCP takes atcp's place")
    host = Host()
    with host:
        c, s = ATCP.pair()
    c.sendall(b"x" * 50000)
    recv_exactly(s, 50000)
    c.close()
    equal(s.recv(1), b"", "end")
    s.close()
    until(lambda: counters(host)["CurrEstab"] == 0, "the end")
    seen, ours = nstat(host, "-asz"), counters(host)
    for name in ("ActiveOpens", "PassiveOpens", "InSegs", "OutSegs", "RetransSegs"):
        equal(seen[f"Tcp{name}"], ours[name], name)
    equal((ours["ActiveOpens"], ours["PassiveOpens"]), (1, 1), "opens")
    for name in ("TW", "DelayedACKs", "TCPTimeouts"):
        equal(seen[f"TcpExt{name}"], ours[name], name)
    equal(ours["TW"], 1, "TW")
    host.delete()


@differential("names of the counters of snmp, in order")
def _(st, log):
    with open("/proc/net/" + ("atcp_snmp" if st.is_atcp else "snmp"), encoding="ascii") as f:
        log([line.split() for line in f if line.startswith("Tcp:")][0])


@alone("each name of atcp_netstat is the kernel's own, or says that it is not")
def _():
    if not ATCP.is_atcp:
        raise Skip("the kernel's TCP takes atcp's place")
    host = Host()
    known, ours = counters(host, LINUX), counters(host, ATCP)
    for name in ours:
        # Those of TCP-AO came with Linux 6.7.
        assert name in known or name.startswith(("Atcp", "TCPAO")), name
    host.delete()


def counted(stack, func):
    host = Host()
    with host:
        before = counters(host, stack)
        func(host)
        after = counters(host, stack)
    host.delete()
    return since(before, after)


@differential("opens, failures and resets are counted alike", FAMILIES)
def _(st, log, family):
    def act(_host):
        free = st.socket(family)
        free.bind(("127.0.0.1" if family == AF_INET else "::1", 0))
        c = st.socket(family)
        fails_with("ECONNREFUSED", c.connect, free.getsockname()[:2])
        for _ in range(3):
            c, s = st.pair(family)
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.close()
            fails_with("ECONNRESET", s.recv, 1)
            s.close()
        c, s = st.pair(family)
        s.send(b"unread")
        select.select([c], [], [], 10)
        c.close()
        attempt(s.recv, 1)
        s.close()
    got = counted(st, act)
    for name in ("ActiveOpens", "PassiveOpens", "AttemptFails", "EstabResets", "CurrEstab",
                 "InErrs", "TCPAbortOnClose", "ListenDrops", "ListenOverflows"):
        log(name, got[name])


@differential("a SYN that is sent again, and the connection it does not make", FAMILIES)
def _(st, log, family):
    def act(host):
        host.run("nft", "-f", "-", input="""table inet shut {
            chain in { type filter hook prerouting priority 0; tcp dport 9 drop; }
        }""")
        c = st.socket(family)
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        fails_with("ETIMEDOUT", c.connect, ("127.0.0.1" if family == AF_INET else "::1", 9))
        c.close()
    got = counted(st, act)
    equal(got["TCPSynRetrans"], got["RetransSegs"], "SYNs, of what was sent again")
    assert got["TCPSynRetrans"] > 0, "no SYN was sent again"
    for name in ("ActiveOpens", "AttemptFails", "CurrEstab"):
        log(name, got[name])


# --- the edges -------------------------------------------------------------------------------

def edges(host):
    lines = [line.split() for line in host.read("/proc/net/atcp_fsm").splitlines()]
    equal(lines[0], ["from", "to", "segment", "call", "timer", "rfc"], "header")
    return {(w[0], w[1]): tuple(map(int, w[2:5])) for w in lines[1:]}


@alone("atcp_fsm: the edges of one connection, each once, by their causes")
def _():
    if not ATCP.is_atcp:
        raise Skip("the kernel's TCP takes atcp's place")
    host = Host()
    host.sysctl("atcp/msl_ms", 50)
    equal({e for e, n in edges(host).items() if any(n)}, set(), "edges taken at first")
    with host:
        c, s = ATCP.pair()
    c.close()
    equal(s.recv(1), b"", "end")
    s.close()
    until(lambda: edges(host)[("TIME-WAIT", "CLOSED")][2], "TIME-WAIT is over")
    got = {e: n for e, n in edges(host).items() if any(n)}
    segment, call, timer = (1, 0, 0), (0, 1, 0), (0, 0, 1)
    want = {("CLOSED", "LISTEN"): call, ("CLOSED", "SYN-SENT"): call,
            ("LISTEN", "SYN-RECEIVED"): segment, ("SYN-RECEIVED", "ESTABLISHED"): segment,
            ("SYN-SENT", "ESTABLISHED"): segment, ("LISTEN", "CLOSED"): call,
            ("ESTABLISHED", "FIN-WAIT-1"): call, ("ESTABLISHED", "CLOSE-WAIT"): segment,
            ("FIN-WAIT-1", "FIN-WAIT-2"): segment, ("FIN-WAIT-2", "TIME-WAIT"): segment,
            ("CLOSE-WAIT", "LAST-ACK"): call, ("LAST-ACK", "CLOSED"): segment,
            ("TIME-WAIT", "CLOSED"): timer}
    equal(got, want, "edges taken")
    host.delete()


if __name__ == "__main__":
    main()
