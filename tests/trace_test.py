#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""What can be watched: the tracepoints atcp:atcp_set_state and sock:inet_sock_set_state
through tracefs over whole lives of connections, and /proc/net/atcp_fsm beside them."""

import collections
import os
import re
import socket

from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, FAMILY_NAME, Skip, alone, attempt, equal,
                      main, until)
from scripted import Net
from wire import ACK, FIN, RST, SYN, options

TRACING = "/sys/kernel/tracing"
LINE = re.compile(r"(atcp_set_state|inet_sock_set_state): (.*)$", re.M)


def control(name, value):
    with open(f"{TRACING}/{name}", "w", encoding="utf-8") as f:
        f.write(value)


class Trace:
    """Both tracepoints on, for the namespace of a Net."""

    def __enter__(self):
        if not os.path.exists(f"{TRACING}/events/atcp/atcp_set_state"):
            if not os.path.exists(f"{TRACING}/events/sock"):
                raise Skip("a kernel without tracepoints")
            assert not ATCP.is_atcp, "no tracepoint atcp:atcp_set_state"
            raise Skip("atcp's tracepoint, under the kernel's TCP")
        control("trace", "")
        for event in ("atcp/atcp_set_state", "sock/inet_sock_set_state"):
            control(f"events/{event}/enable", "1")
        control("tracing_on", "1")
        return self

    def __exit__(self, *_):
        for event in ("atcp/atcp_set_state", "sock/inet_sock_set_state"):
            control(f"events/{event}/enable", "0")
        control("trace", "")

    @staticmethod
    def events(name):
        """[{key: value}] of one tracepoint, in order."""
        with open(f"{TRACING}/trace", encoding="utf-8") as f:
            found = LINE.findall(f.read())
        return [dict(w.split("=", 1) for w in words.split()) for event, words in found
                if event == name]

    def path(self, port=None):
        """[(from, to, cause)] of the connections with this local or remote port."""
        return [(e["oldstate"], e["newstate"], e["cause"]) for e in self.events("atcp_set_state")
                if port is None or str(port) in (e["sport"], e["dport"])]


def counts(net):
    """{(from, to, cause): n} of /proc/net/atcp_fsm, the legal edges."""
    lines = net.host.read("/proc/net/atcp_fsm").splitlines()
    equal(lines[0], "from to segment call timer rfc", "heading")
    table = {}
    for line in lines[1:]:
        source, to, *numbers, _ = line.split()
        for cause, n in zip(("segment", "call", "timer"), numbers):
            table[source, to, cause] = int(n)
    return table


def life(families=FAMILIES):
    """A case func(net, trace); afterwards the counters equal what was traced."""
    def add(name):
        def decorate(func):
            for family in families:
                def run(family=family):
                    net = Net(ATCP, family)
                    try:
                        with Trace() as trace:
                            func(net, trace)
                            traced = collections.Counter(trace.path())
                            counted = {k: n for k, n in counts(net).items() if n}
                            equal(dict(traced), counted, "edges traced, and counted")
                    finally:
                        net.close()
                alone(f"{name}, {FAMILY_NAME[family]}")(run)
            return func
        return decorate
    return add


SERVER = [("CLOSED", "LISTEN", "call"), ("LISTEN", "SYN-RECEIVED", "segment"),
          ("SYN-RECEIVED", "ESTABLISHED", "segment"), ("LISTEN", "CLOSED", "call")]
CLIENT = [("CLOSED", "SYN-SENT", "call"), ("SYN-SENT", "ESTABLISHED", "segment")]


def then(states, causes):
    return list(zip(states, states[1:], causes))


@life()("a server that is left by its client: through CLOSE-WAIT and LAST-ACK")
def _(net, trace):
    s, p = net.passive()
    p.send(FIN | ACK)
    p.expect(ACK, ack=p.seq)
    s.close()
    fin = p.expect(FIN | ACK)
    p.send(ACK, ack=fin.end)
    want = SERVER + then(("ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"),
                         ("segment", "call", "segment"))
    until(lambda: len(trace.path()) >= len(want), "LAST-ACK to CLOSED")
    equal(trace.path(), want, "path")


@life()("a client that leaves: through FIN-WAIT-1, FIN-WAIT-2 and TIME-WAIT, to the end")
def _(net, trace):
    net.host.sysctl("atcp/msl_ms", 100)
    s, p = net.active()
    s.close()
    fin = p.expect(FIN | ACK)
    p.send(ACK, ack=fin.end)
    p.send(FIN | ACK)
    p.expect(ACK, ack=p.seq)
    want = CLIENT + then(("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED"),
                         ("call", "segment", "segment", "timer"))
    until(lambda: len(trace.path()) >= len(want), "TIME-WAIT to CLOSED")
    equal(trace.path(), want, "path")


@life()("both close at once: through CLOSING")
def _(net, trace):
    net.host.sysctl("atcp/msl_ms", 100)
    s, p = net.active()
    s.close()
    fin = p.expect(FIN | ACK)
    p.send(FIN | ACK, ack=fin.seq)
    p.expect(ACK, ack=p.seq)
    p.send(ACK, ack=fin.end)
    want = CLIENT + then(("ESTABLISHED", "FIN-WAIT-1", "CLOSING", "TIME-WAIT", "CLOSED"),
                         ("call", "segment", "segment", "timer"))
    until(lambda: len(trace.path()) >= len(want), "TIME-WAIT to CLOSED")
    equal(trace.path(), want, "path")


@life()("both open at once: SYN-SENT to SYN-RECEIVED; an abort: by call")
def _(net, trace):
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    attempt(s.connect, (net.tun.far[net.family], 9999))
    p.expect(SYN)
    p.send(SYN, opts=options(mss=1460))
    p.expect(SYN | ACK)
    p.send(ACK)
    until(lambda: len(trace.path()) >= 3, "ESTABLISHED")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.close()
    p.find(lambda g: g.flags & RST, "RST")
    equal(trace.path(), then(("CLOSED", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSED"),
                             ("call", "segment", "segment", "call")), "path")


@life()("resets: of SYN-SENT, of SYN-RECEIVED (back to LISTEN), of ESTABLISHED")
def _(net, trace):
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    attempt(s.connect, (net.tun.far[net.family], 9999))
    p.expect(SYN)
    p.send(RST | ACK)
    want = then(("CLOSED", "SYN-SENT", "CLOSED"), ("call", "segment"))
    until(lambda: len(trace.path()) >= 2, "refused")
    listener, q = net.listener(80), net.peer(port=9998)
    q.send(SYN)
    q.expect(SYN | ACK)
    q.send(RST)
    want += [*SERVER[:2], ("SYN-RECEIVED", "LISTEN", "segment")]
    until(lambda: len(trace.path()) >= len(want), "back to LISTEN")
    r = net.peer(port=9997)
    r.connect()
    t, _ = listener.accept()
    r.send(RST)
    want += [*SERVER[1:3], ("ESTABLISHED", "CLOSED", "segment")]
    until(lambda: len(trace.path()) >= len(want), "reset")
    equal(trace.path(), want, "path")
    for x in (s, t, listener):
        x.close()
    want += [SERVER[3]]
    equal(trace.path(), want, "path")


@alone("every field of atcp_set_state, as inet_sock_set_state has it for the same connection")
def _():
    for family in FAMILIES:
        net = Net(ATCP, family)
        try:
            with Trace() as trace:
                s, p = net.active()
                port = s.getsockname()[1]
                s.close()
                p.expect(FIN | ACK)
                ours, theirs = trace.events("atcp_set_state"), trace.events("inet_sock_set_state")
        finally:
            net.close()
        ours = [e for e in ours if e["newstate"] == "SYN-SENT"]
        theirs = [e for e in theirs if e["newstate"] == "TCP_SYN_SENT"]
        equal((len(ours), len(theirs)), (1, 1), "events")
        a, b = ours[0], theirs[0]
        equal(int(b["protocol"], 16), 261, "protocol")
        equal((a["sport"], a["dport"]), (str(port), "9999"), "ports")
        far, near = net.tun.far[family], net.tun.near[family]
        if family == AF_INET:
            equal((a["saddr"], a["daddr"]), (near, far), "addresses")
            equal((a["saddrv6"], a["daddrv6"]), (f"::ffff:{near}", f"::ffff:{far}"), "mapped")
        else:
            equal((a["saddrv6"], a["daddrv6"]), (near, far), "addresses")
            equal((a["saddr"], a["daddr"]), ("0.0.0.0", "0.0.0.0"), "IPv4 addresses")
        # (The kernel's own event leaves something in the IPv4 fields of IPv6.)
        for key in ("family", "sport", "dport", "saddrv6", "daddrv6") + \
                (("saddr", "daddr") if family == AF_INET else ()):
            equal(a[key], b[key], key)


@alone("inet_sock_set_state follows the socket: the states it may show, in order")
def _():
    for family in (AF_INET, AF_INET6):
        net = Net(ATCP, family)
        try:
            with Trace() as trace:
                s, p = net.passive()
                p.send(FIN | ACK)
                p.expect(ACK, ack=p.seq)
                s.close()
                events = trace.events("inet_sock_set_state")
            seen = [e["newstate"].removeprefix("TCP_") for e in events if e["protocol"] == "0x105"]
            assert seen[0] == "LISTEN" and "ESTABLISHED" in seen and "CLOSE_WAIT" in seen and \
                seen[-1] in ("LAST_ACK", "CLOSE"), seen
        finally:
            net.close()


if __name__ == "__main__":
    main()
