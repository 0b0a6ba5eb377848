#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Half-open connections are kept small until the handshake's ACK: what they answer, what
becomes of them, and what they cost."""

import os
import socket

from atcptest import FAMILIES, equal, fails_with, main, tcp_info, until
from lab import all_rows
from scripted import FULL, alone_on_atcp, wire
from traffic import counters
from wire import ACK, FIN, MSS, RST, SACK_OK, SYN, TS, WSCALE, options

MANY = 200
IP_TOS, IPV6_TCLASS = 1, 67


def half_open(net, n=MANY, opts=FULL, first=1000):
    """n peers whose SYN was answered: [(peer, SYN,ACK)]."""
    net.host.sysctl("ipv4/tcp_max_syn_backlog", 4096)
    net.host.sysctl("atcp/max_syn_backlog", 4096)
    found = []
    for port in range(first, first + n):
        p = net.peer(port, iss=port * 65537)
        p.send(SYN, opts=opts)
        seg = p.expect(SYN | ACK, ack=p.seq)
        if TS in seg.options:
            p.ts = (5001, seg.options[TS][0])
        found.append((p, seg))
    return found


def states(net):
    with net.host:
        return [r[2] for r in all_rows(net.stack)]


# [R4987-SYNCACHE]
@wire("many half-open: each listed, each answers for itself, each becomes its connection", families=FAMILIES)
def _(net, log):
    listener = net.listener(backlog=2 * MANY)
    peers = half_open(net)
    log("listed", states(net).count(3))
    log("options", {tuple(sorted(seg.options)) for _, seg in peers})
    log("numbers", len({seg.seq for _, seg in peers}) > MANY // 2)
    for p, seg in peers[:20]:                   # the SYN again
        p.send(SYN, seq=p.iss, opts=FULL)
        again = p.expect(SYN | ACK, ack=p.iss + 1)
        log(again.seq == seg.seq, again.window == seg.window,
            {k: v for k, v in again.options.items() if k != TS} ==
            {k: v for k, v in seg.options.items() if k != TS})
    for p, _ in peers[20:40]:                   # a RST
        p.send(RST)
    log("listed", states(net).count(3))
    for p, _ in peers[40:60]:                   # no ACK of ours, and maybe the SYN,ACK again
        p.send(ACK, ack=p.ack + 5)
        equal(p.find(lambda g: g.flags & RST, "RST").seq, p.ack + 5, "SEG.SEQ of RST")
    log("listed", states(net).count(3))
    for n, (p, seg) in enumerate(peers[60:80]):  # the ACK, with and without text, and FIN
        if n % 3 == 0:
            p.send(ACK)
        p.send(ACK | (FIN if n % 3 == 2 else 0), b"text %d" % n)
        p.find(lambda g, p=p: g.flags & ACK and g.ack == p.seq, "its ACK")
    log("listed", states(net).count(3))
    for n in range(20):
        s, peer = listener.accept()
        log(peer[1], s.recv(20))
        info = tcp_info(s)
        log(info["options"], info["snd_wscale"], info["snd_mss"], info["retrans"])
        s.close()
    listener.setblocking(False)
    fails_with("EAGAIN", listener.accept)
    listener.close()


@wire("what a SYN offered is what the connection has, SYN,ACK sent again or not", families=FAMILIES)
def _(net, log):
    listener = net.listener()
    offers = [b"", options(mss=700), options(mss=1460, wscale=3), options(mss=536, sack_ok=True),
              options(mss=1400, ts=(7, 0)), FULL]
    for n, opts in enumerate(offers):
        for again in (False, True):
            p = net.peer(100 + 2 * n + again)
            p.send(SYN, opts=opts, window=3000)
            seg = p.expect(SYN | ACK)
            if again:
                p.send(SYN, seq=p.iss, opts=opts, window=3000)
                seg = p.expect(SYN | ACK)
            if TS in seg.options:
                p.ts = (5001, seg.options[TS][0])
            p.send(ACK, window=6000)
            s, _ = listener.accept()
            info = tcp_info(s)
            log(sorted(set(seg.options) & {MSS, WSCALE, SACK_OK, TS}), info["options"], info["snd_mss"],
                info["snd_wscale"])
            s.send(bytes(9000))
            got = 0
            while got < min(6000 << info["snd_wscale"], 9000) - 1400:
                got += len(p.receive().data)
            log("in flight", got <= 6000 << info["snd_wscale"])
            s.close()
            p.send(RST)
            net.tun.drain()
    listener.close()


@alone_on_atcp("a listener that closes resets them, and none is left")
def _(net):
    listener = net.listener(backlog=MANY)
    peers = half_open(net, 50)
    listener.close()
    for p, seg in peers:
        p.expect(RST, seq=seg.seq + 1)
    equal(states(net), [], "connections left")


@alone_on_atcp("one that nobody answers ends, and is counted")
def _(net):
    net.host.sysctl("atcp/synack_retries", 0)
    listener = net.listener()
    before = counters(net.host)
    half_open(net, 10)
    until(lambda: states(net).count(3) == 0, "half-open ones end")
    after = counters(net.host)
    equal(after["AttemptFails"] - before["AttemptFails"], 10, "AttemptFails")
    equal(after["PassiveOpens"] - before["PassiveOpens"], 10, "PassiveOpens")
    listener.close()


@alone_on_atcp("a namespace goes with half-open ones in it")
def _(net):
    net.keep = net.listener(backlog=MANY)
    half_open(net, 50)
    net.tun.close()
    net.tun.close = lambda: None
    net.host.delete()               # the listener holds it till it closes
    net.host.delete = lambda: None
    net.keep.close()


@wire("type of service of the SYN,ACK, once and again", families=FAMILIES)
def _(net, log):
    listener = net.listener()
    level, name = ((socket.SOL_IP, IP_TOS) if net.family == socket.AF_INET else
                   (socket.IPPROTO_IPV6, IPV6_TCLASS))
    listener.setsockopt(level, name, 0x48)
    p = net.peer()
    p.send(SYN, opts=FULL)
    log(p.expect(SYN | ACK).tos)
    p.send(SYN, seq=p.iss, opts=FULL)
    log(p.expect(SYN | ACK).tos)
    listener.close()


@alone_on_atcp("TCP_SAVE_SYN outlives the record")
def _(net):
    listener = net.listener(options=[(socket.SOL_TCP, 27, 1)])
    (p, _), = half_open(net, 1)
    p.send(SYN, seq=p.iss, opts=options(mss=99))    # another that is alike is not the one
    p.expect(SYN | ACK)
    p.send(ACK)
    s, _ = listener.accept()
    saved = s.getsockopt(socket.SOL_TCP, 28, 200)
    assert FULL in saved, f"not the SYN: {saved.hex()}"
    s.close()
    listener.close()


def slab(name):
    """(objects in use, octets of one)."""
    with open("/proc/slabinfo", encoding="ascii") as f:
        for line in f:
            words = line.split()
            if words[0] == name:
                return int(words[1]), int(words[3])
    return None


# [R4987-SYNCACHE]
@alone_on_atcp("what one costs: a small record, and no connection")
def _(net):
    if not os.path.exists("/proc/slabinfo"):
        return
    listener = net.listener(backlog=MANY)
    before = slab("atcp_conn")
    half_open(net)
    found = slab("atcp_half")
    # Caches of equal size may be one, under the name of another.
    assert found is None or found[1] <= 512, f"{found[1]} octets"
    after = slab("atcp_conn")
    if before and after:
        assert after[0] - before[0] < MANY, f"{after[0] - before[0]} connections for {MANY} SYNs"
    equal(states(net).count(3), MANY, "listed")
    listener.close()


if __name__ == "__main__":
    main()
