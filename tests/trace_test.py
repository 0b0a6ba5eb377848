#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""What can be watched: the tracepoints atcp:atcp_set_state and sock:inet_sock_set_state
through tracefs over whole lives of connections, and /proc/net/atcp_fsm beside them;
atcp:atcp_probe, segment by segment."""

import collections
import contextlib
import os
import re
import socket
import struct
import threading

from atcptest import (AF_INET, ATCP, FAMILIES, FAMILY_NAME, HANG, Skip, alone, attempt,
                      equal, main, tcp_info, until)
from scripted import Net
from wire import ACK, FIN, MOD, PSH, RST, SYN, options

TRACING = "/sys/kernel/tracing"
EVENTS = ("atcp/atcp_set_state", "atcp/atcp_probe", "sock/inet_sock_set_state")
LINE = re.compile(r"(atcp_set_state|atcp_probe|inet_sock_set_state): (.*)$", re.M)


def control(name, value):
    with open(f"{TRACING}/{name}", "w", encoding="utf-8") as f:
        f.write(value)


class Trace:
    """All tracepoints on; atcp's own for the namespace of a Net, for connections of
    others may end meanwhile."""

    def __init__(self, net):
        self.netns = str(os.fstat(net.host.fd).st_ino)

    def __enter__(self):
        if not os.path.exists(f"{TRACING}/events/atcp/atcp_set_state"):
            if not os.path.exists(f"{TRACING}/events/sock"):
                raise Skip("a kernel without tracepoints")
            assert not ATCP.is_atcp, "no tracepoint atcp:atcp_set_state"
            raise Skip("atcp's tracepoint, under the kernel's TCP")
        control("trace", "")
        for event in EVENTS:
            control(f"events/{event}/enable", "1")
        control("tracing_on", "1")
        return self

    def __exit__(self, *_):
        for event in EVENTS:
            control(f"events/{event}/enable", "0")
        control("trace", "")

    def events(self, name):
        """[{key: value}] of one tracepoint, in order."""
        with open(f"{TRACING}/trace", encoding="utf-8") as f:
            found = LINE.findall(f.read())
        events = [dict(w.split("=", 1) for w in words.split()) for event, words in found
                  if event == name]
        return [e for e in events if e.get("netns", self.netns) == self.netns]

    def path(self, port=None):
        """[(from, to, cause)] of the connections with this local or remote port."""
        return [(e["oldstate"], e["newstate"], e["cause"]) for e in self.events("atcp_set_state")
                if port is None or str(port) in (e["sport"], e["dport"])]

    def reaches(self, want):
        """Waits until as many edges were taken as wanted: they must be those."""
        until(lambda: len(self.path()) >= len(want), f"{want[-1]}, after {self.path()}")
        equal(self.path(), want, "path")


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


@contextlib.contextmanager
def traced(family):
    """A Net of atcp's and the Trace of what happens there."""
    net = Net(ATCP, family)
    try:
        with Trace(net) as trace:
            yield net, trace
    finally:
        net.close()


def watched(name):
    """A case func(net, trace) for each family."""
    def add(func):
        for family in FAMILIES:
            def run(family=family):
                with traced(family) as (net, trace):
                    func(net, trace)
            alone(f"{name}, {FAMILY_NAME[family]}")(run)
        return func
    return add


def life(name):
    """The same; afterwards the counters equal what was traced."""
    def add(func):
        @watched(name)
        def _(net, trace):
            func(net, trace)
            counted = {k: n for k, n in counts(net).items() if n}
            equal(dict(collections.Counter(trace.path())), counted, "edges traced, and counted")
        return func
    return add


SERVER = [("CLOSED", "LISTEN", "call"), ("LISTEN", "SYN-RECEIVED", "segment"),
          ("SYN-RECEIVED", "ESTABLISHED", "segment"), ("LISTEN", "CLOSED", "call")]
CLIENT = [("CLOSED", "SYN-SENT", "call"), ("SYN-SENT", "ESTABLISHED", "segment")]


def then(states, causes):
    return list(zip(states, states[1:], causes))


def left(net, **more):
    """A passive connection whose peer has ended."""
    s, p = net.passive(**more)
    p.send(FIN | ACK)
    p.expect(ACK, ack=p.seq)
    return s, p


def leaving(net):
    """An active connection that was closed, and its FIN."""
    net.host.sysctl("atcp/msl_ms", 100)
    s, p = net.active()
    s.close()
    return p, p.expect(FIN | ACK)


def opening(net):
    """A socket in SYN-SENT."""
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    attempt(s.connect, (net.tun.far[net.family], p.port))
    p.expect(SYN)
    return s, p


@life("a server that is left by its client: through CLOSE-WAIT and LAST-ACK")
def _(net, trace):
    s, p = left(net)
    s.close()
    fin = p.expect(FIN | ACK)
    p.send(ACK, ack=fin.end)
    want = SERVER + then(("ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"),
                         ("segment", "call", "segment"))
    trace.reaches(want)


@life("CLOSE behind text that waits: CLOSE-WAIT until the FIN goes, SO_LINGER to the end")
def _(net, trace):
    s, p = left(net, window=2000)
    s.send(b"x" * 2000, socket.MSG_MORE)
    full = p.find(lambda g: len(g.data) > 1000, "a full segment")
    p.send(ACK, window=(p.irs + 2001 - full.end) % MOD)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1000))
    closing = threading.Thread(target=s.close, daemon=True)
    closing.start()
    p.find(lambda g: g.end == (p.irs + 2001) % MOD, "all text")      # and no place for a FIN
    assert trace.path()[-1][1] == "CLOSE-WAIT", trace.path()
    p.send(ACK, window=1)
    fin = p.find(lambda g: g.flags & FIN, "FIN")
    until(lambda: [e["newstate"] for e in trace.events("inet_sock_set_state")][-2:] ==
          ["TCP_CLOSE_WAIT", "TCP_LAST_ACK"], "the socket's states")
    closing.join(0.3)
    assert closing.is_alive(), "close() did not wait"
    p.send(ACK, ack=fin.end)
    want = SERVER + then(("ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"),
                         ("segment", "segment", "segment"))
    trace.reaches(want)
    closing.join(HANG)
    assert not closing.is_alive(), "close() waits for ever"


@life("a client that leaves: through FIN-WAIT-1, FIN-WAIT-2 and TIME-WAIT, to the end")
def _(net, trace):
    p, fin = leaving(net)
    p.send(ACK, ack=fin.end)
    p.send(FIN | ACK)
    p.expect(ACK, ack=p.seq)
    want = CLIENT + then(("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED"),
                         ("call", "segment", "segment", "timer"))
    trace.reaches(want)


@life("both close at once: through CLOSING")
def _(net, trace):
    p, fin = leaving(net)
    p.send(FIN | ACK, ack=fin.seq)
    p.expect(ACK, ack=p.seq)
    p.send(ACK, ack=fin.end)
    want = CLIENT + then(("ESTABLISHED", "FIN-WAIT-1", "CLOSING", "TIME-WAIT", "CLOSED"),
                         ("call", "segment", "segment", "timer"))
    trace.reaches(want)


@life("both open at once: SYN-SENT to SYN-RECEIVED; an abort: by call")
def _(net, trace):
    s, p = opening(net)
    p.send(SYN, opts=options(mss=1460))
    p.expect(SYN | ACK)
    p.send(ACK)
    until(lambda: len(trace.path()) >= 3, "ESTABLISHED")
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.close()
    p.find(lambda g: g.flags & RST, "RST")
    equal(trace.path(), then(("CLOSED", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSED"),
                             ("call", "segment", "segment", "call")), "path")


@life("resets: of SYN-SENT, of SYN-RECEIVED (back to LISTEN), of ESTABLISHED")
def _(net, trace):
    s, p = opening(net)
    p.send(RST | ACK)
    want = then(("CLOSED", "SYN-SENT", "CLOSED"), ("call", "segment"))
    trace.reaches(want)
    listener, q = net.listener(80), net.peer(port=9998)
    q.send(SYN)
    q.expect(SYN | ACK)
    q.send(RST)
    want += [*SERVER[:2], ("SYN-RECEIVED", "LISTEN", "segment")]
    trace.reaches(want)
    r = net.peer(port=9997)
    r.connect()
    t, _ = listener.accept()
    r.send(RST)
    want += [*SERVER[1:3], ("ESTABLISHED", "CLOSED", "segment")]
    trace.reaches(want)
    for x in (s, t, listener):
        x.close()
    trace.reaches([*want, SERVER[3]])


@watched("every field of atcp_set_state, as inet_sock_set_state has it for the same connection")
def _(net, trace):
    s, p = net.active()
    port = s.getsockname()[1]
    s.close()
    p.expect(FIN | ACK)
    ours = [e for e in trace.events("atcp_set_state") if e["newstate"] == "SYN-SENT"]
    theirs = [e for e in trace.events("inet_sock_set_state") if e["newstate"] == "TCP_SYN_SENT"]
    equal((len(ours), len(theirs)), (1, 1), "events")
    a, b = ours[0], theirs[0]
    equal(int(b["protocol"], 16), 261, "protocol")
    equal((a["sport"], a["dport"]), (str(port), "9999"), "ports")
    far, near = net.tun.far[net.family], net.tun.near[net.family]
    if net.family == AF_INET:
        equal((a["saddr"], a["daddr"]), (near, far), "addresses")
        equal((a["saddrv6"], a["daddrv6"]), (f"::ffff:{near}", f"::ffff:{far}"), "mapped")
    else:
        equal((a["saddrv6"], a["daddrv6"]), (near, far), "addresses")
        equal((a["saddr"], a["daddr"]), ("0.0.0.0", "0.0.0.0"), "IPv4 addresses")
    # (The kernel's own event leaves something in the IPv4 fields of IPv6.)
    for key in ("family", "sport", "dport", "saddrv6", "daddrv6") + \
            (("saddr", "daddr") if net.family == AF_INET else ()):
        equal(a[key], b[key], key)


@watched("filters find states and causes by number")
def _(net, trace):
    path = "events/atcp/atcp_set_state/filter"
    causes = {"segment": 0, "call": 1, "timer": 2}
    # ESTABLISHED is 1 and CLOSE-WAIT 8, as in tcp(7).
    try:
        for filtered, want in (
                ("newstate == 1", ("SYN-RECEIVED", "ESTABLISHED", "segment")),
                ("oldstate == 8", ("CLOSE-WAIT", "LAST-ACK", "call")),
                (f"cause == {causes['call']} && oldstate == 8", ("CLOSE-WAIT", "LAST-ACK", "call")),
                (f"cause == {causes['segment']} && oldstate == 8", None)):
            control("trace", "")
            control(path, filtered)
            s, p = left(net)
            s.close()
            p.expect(FIN | ACK)
            equal(trace.path(), [want] if want else [], filtered)
            p.send(RST)
            net.tun.drain()
    finally:
        control(path, "0")


@watched("inet_sock_set_state follows the sockets, from the first state to the last")
def _(net, trace):
    s, _ = left(net)
    s.close()
    seen = {}
    for e in trace.events("inet_sock_set_state"):
        if e["protocol"] == "0x105":
            seen.setdefault(e["dport"], []).append((e["oldstate"], e["newstate"]))
    for port, states in (("0", ("CLOSE", "LISTEN", "CLOSE")),
                         ("9999", ("LISTEN", "SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "CLOSE"))):
        names = [f"TCP_{state}" for state in states]
        equal(seen[port], list(zip(names, names[1:])), f"states with peer {port}")


def probed(trace, keys):
    """Of each event of atcp_probe these fields, those of numbers as numbers."""
    return [tuple(int(e[k], 0) if e[k].isdigit() or e[k].startswith("0x") else e[k]
                  for k in keys.split()) for e in trace.events("atcp_probe")]


@watched("atcp_probe: each segment for a synchronized connection, in order, and how it left that")
def _(net, trace):
    s, p = net.passive(window=20000)
    text = b"q" * 100
    p.send(PSH | ACK, text)
    p.expect(ACK, ack=p.seq)
    s.send(b"a" * 3000)
    seg = p.find(lambda g: g.end == (p.irs + 3001) % MOD, "all text")
    p.send(ACK, ack=(p.irs + 1001) % MOD, window=15000)
    p.send(ACK, ack=seg.end)
    until(lambda: len(trace.events("atcp_probe")) >= 4, "four segments")
    mine, his = (p.irs + 1) % MOD, (p.iss + 1) % MOD
    equal(probed(trace, "ctl seg_seq seg_ack seg_len"),
          [(ACK, his, mine, 0), (PSH | ACK, his, mine, 100),
           (ACK, his + 100, (mine + 1000) % MOD, 0), (ACK, his + 100, seg.end, 0)], "segments")
    equal(probed(trace, "snd_una snd_nxt snd_wnd rcv_nxt flight"),
          [(mine, mine, 20000, his, 0), (mine, mine, 20000, his + 100, 0),
           ((mine + 1000) % MOD, seg.end, 15000, his + 100, 2000),
           (seg.end, seg.end, 20000, his + 100, 0)], "sequence numbers and windows")
    info, last = tcp_info(s), trace.events("atcp_probe")[-1]
    equal([int(last[k]) for k in ("mss", "srtt", "state", "retrans", "backoff", "pacing")],
          [info["snd_mss"], info["rtt"], 1, 0, 0, 0], "what STATUS has too")
    equal(int(last["cwnd"]) // info["snd_mss"], info["snd_cwnd"], "cwnd")
    equal((last["recovery"], last["cc"], last["ssthresh"]), ("open", "cubic", str(MOD - 1)),
          "congestion control at its start")
    ends = net.tun.near[net.family], net.tun.far[net.family]
    if net.family == AF_INET:
        ends = tuple(f"::ffff:{a}" for a in ends)
    equal((last["saddr"], last["daddr"], last["sport"], last["dport"]), (*ends, "80", "9999"),
          "ends")


@watched("atcp_probe: a loss that duplicate ACKs tell, and one that the timer finds")
def _(net, trace):
    s, p = net.passive()
    s.send(b"x" * 14000)
    seg = p.find(lambda g: g.end == (p.irs + 14001) % MOD, "all text")
    lost = (p.irs + 1001) % MOD
    for _ in range(4):
        p.send(ACK, ack=lost)
    until(lambda: len(trace.events("atcp_probe")) >= 5, "four ACKs")
    p.find(lambda g: g.seq == lost, "the segment again")
    p.send(ACK, ack=seg.end)
    until(lambda: len(trace.events("atcp_probe")) >= 6, "an ACK of all")
    states = [r for r, in probed(trace, "recovery")]
    equal(states, ["open"] * 4 + ["fast-recovery", "open"], "states")
    before, within, after = trace.events("atcp_probe")[-3:]
    equal(int(before["ssthresh"]), MOD - 1, "ssthresh before the loss")
    assert int(within["ssthresh"]) < int(before["cwnd"]), f"ssthresh was not lowered: {within}"
    equal([int(e["retrans"]) for e in (before, within, after)], [0, 0, 1], "sent again")
    s.send(b"y" * 1000)
    p.expect(ACK)
    for n in range(1, 4):               # a probe may come before the time-out
        p.find(lambda g: g.data == b"y" * 1000, "the same, by a timer")
        p.send(ACK, ack=(seg.end - 1) % MOD)
        until(lambda n=n: len(trace.events("atcp_probe")) >= 6 + n, "an ACK of nothing new")
        last = trace.events("atcp_probe")[-1]
        equal(int(last["retrans"]), 1 + n, "sent again")
        if last["recovery"] == "loss":
            break
    equal((last["recovery"], last["backoff"] != "0"), ("loss", True), "after a time-out")


@watched("atcp_probe: none of a handshake before its last ACK, none for a stranger")
def _(net, trace):
    listener, p = net.listener(80), net.peer(port=9998)
    p.send(SYN)
    p.expect(SYN | ACK)
    p.send(SYN, seq=p.iss)
    p.find(lambda g: g.flags & ACK, "an answer to the SYN that came again")
    q = net.peer(port=9997)
    q.send(ACK, b"hello", ack=1)
    q.find(lambda g: g.flags & RST, "RST")
    equal(trace.events("atcp_probe"), [], "events")
    p.send(ACK)
    until(lambda: trace.events("atcp_probe"), "the ACK that established it")
    equal([e["dport"] for e in trace.events("atcp_probe")], ["9998"], "whose")
    listener.close()


if __name__ == "__main__":
    main()
