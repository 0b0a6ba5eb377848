#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Socket options: the values they take and give, and the errno for values, lengths and
options that are not to be had.  An option without support fails, it never pretends."""

import errno
import socket
import struct
import threading
import time

from atcptest import (ATCP, FAMILIES, LOOPBACK, alone, attempt, differential, equal, main, pairs,
                      pattern, poll, reach, recv_exactly, state, tcp_info, until)
from lab import Cable, Host
from scripted import FULL, alone_on_atcp, wire
from wire import ACK, PSH, SYN, TS, Segment, options

AF_INET, AF_INET6 = FAMILIES
SOL, TCP, IP, IP6 = (socket.SOL_SOCKET, socket.IPPROTO_TCP, socket.IPPROTO_IP,
                     socket.IPPROTO_IPV6)
TCP_NAMES = {
    "NODELAY": 1, "MAXSEG": 2, "CORK": 3, "KEEPIDLE": 4, "KEEPINTVL": 5, "KEEPCNT": 6,
    "SYNCNT": 7, "LINGER2": 8, "DEFER_ACCEPT": 9, "WINDOW_CLAMP": 10, "QUICKACK": 12,
    "USER_TIMEOUT": 18, "FASTOPEN": 23, "SAVE_SYN": 27, "SAVED_SYN": 28, "FASTOPEN_CONNECT": 30,
    "FASTOPEN_NO_COOKIE": 34, "INQ": 36,
}
# R2 of a SYN must be three minutes at least (RFC 9293, 3.8.3): seven retransmissions.
SYNCNT = {0: b"\6\0\0\0", socket.IPPROTO_TCP: b"\6\0\0\0", 261: b"\7\0\0\0"}
# What atcp does not have: each must fail with ENOPROTOOPT.
TCP_ABSENT = {
    "THIN_LINEAR_TIMEOUTS": 16, "THIN_DUPACK": 17, "REPAIR": 19, "ULP": 31,
    "ZEROCOPY_RECEIVE": 35,
    "TX_DELAY": 37, "unknown": 999,
}


def get(s, level, name, length=4):
    """What getsockopt gives, as raw octets in hex, or the errno."""
    value = attempt(s.getsockopt, level, name, length)
    if (level, name) == (TCP, TCP_NAMES["SYNCNT"]) and value == SYNCNT[s.proto][:length]:
        return "default"
    return value.hex() if isinstance(value, bytes) else value


def sockets(st, family):
    yield "new", st.socket(family)
    yield "listening", st.listener(family)
    c, s = st.pair(family)
    yield "connected", c
    s.close()


@differential("TCP options: defaults", FAMILIES)
def _(st, log, family):
    for kind, s in sockets(st, family):
        for name, number in TCP_NAMES.items():
            if kind == "connected" and name in ("MAXSEG", "WINDOW_CLAMP", "QUICKACK"):
                continue        # these follow the route and the buffers
            log(kind, name, get(s, TCP, number))


@differential("TCP options: values taken, refused, and read back", FAMILIES)
def _(st, log, family):
    values = (0, 1, 2, 3, 9, 10, 47, 48, 87, 88, 536, 1000, 1460, 32767, 32768, 65535, 65536,
              -1, -2, 127, 128, 255, 256, 2147483647, -2147483648)
    for name, number in TCP_NAMES.items():
        for value in values:
            if name == "WINDOW_CLAMP" and value < 0:
                continue        # the kernel's TCP takes it for 4 GiB
            s = st.socket(family)
            log(name, value, attempt(s.setsockopt, TCP, number, value), get(s, TCP, number))
            s.close()


@differential("TCP options: short, long and absent values", FAMILIES)
def _(st, log, family):
    for name, number in TCP_NAMES.items():
        s = st.socket(family)
        for length in (0, 1, 3, 5, 8):
            log(name, "set", length, attempt(s.setsockopt, TCP, number, b"\x05\0\0\0\0\0\0\0"[:length]))
        for length in (0, 1, 2, 3, 5, 8):
            log(name, "get", length, get(s, TCP, number, length) if length else "-")
        log(name, "none", attempt(s.setsockopt, TCP, number, None, 4))


@alone("options without support give ENOPROTOOPT, both ways")
def _():
    if not ATCP.is_atcp:
        return
    for family in FAMILIES:
        for kind, s in sockets(ATCP, family):
            for name, number in TCP_ABSENT.items():
                equal(attempt(s.setsockopt, TCP, number, struct.pack("64s", b"\1")),
                      "ENOPROTOOPT", f"set {name} on a {kind} socket")
                equal(attempt(s.getsockopt, TCP, number, 64), "ENOPROTOOPT",
                      f"get {name} on a {kind} socket")
    s = ATCP.socket()
    equal(get(s, TCP, 43), "00000000", "TCP_IS_MPTCP")
    equal(attempt(s.setsockopt, IP, 4, b"\x01\x01\x01\x00"), "ENOPROTOOPT", "IP_OPTIONS")


@differential("an option's level that nobody has", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    for level in (3, 7, 17, 132, 255, 263, 999, -1):
        log(level, attempt(s.setsockopt, level, 1, 1), attempt(s.getsockopt, level, 1))


@differential("SOL_SOCKET: values taken and read back", FAMILIES)
def _(st, log, family):
    names = {n: getattr(socket, n) for n in
             ("SO_REUSEADDR", "SO_KEEPALIVE", "SO_BROADCAST", "SO_OOBINLINE", "SO_REUSEPORT",
              "SO_RCVBUF", "SO_SNDBUF", "SO_RCVLOWAT", "SO_SNDLOWAT", "SO_PRIORITY", "SO_MARK",
              "SO_DEBUG", "SO_DONTROUTE", "SO_TYPE", "SO_ERROR", "SO_ACCEPTCONN",
              "SO_DOMAIN", "SO_INCOMING_CPU")}
    names.update(SO_NO_CHECK=11, SO_BSDCOMPAT=14, SO_PASSCRED=16, SO_TIMESTAMP=29,
                 SO_SNDBUFFORCE=32, SO_RCVBUFFORCE=33, SO_RXQ_OVFL=40, SO_PEEK_OFF=42,
                 SO_BUSY_POLL=46, SO_MAX_PACING_RATE=47, unknown=9999)
    for name, number in names.items():
        for value in (0, 1, 2, 5, 4096, 100000, -1, 2147483647):
            s = st.socket(family)
            log(name, value, attempt(s.setsockopt, SOL, number, value), get(s, SOL, number))
            s.close()


@differential("SO_TYPE, SO_DOMAIN, SO_ACCEPTCONN of each socket", FAMILIES)
def _(st, log, family):
    for kind, s in sockets(st, family):
        log(kind, s.getsockopt(SOL, socket.SO_TYPE), s.getsockopt(SOL, socket.SO_DOMAIN),
            s.getsockopt(SOL, socket.SO_ACCEPTCONN))
        equal(s.getsockopt(SOL, socket.SO_PROTOCOL), 261 if st.is_atcp else 6, "SO_PROTOCOL")


@differential("SO_LINGER", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    for on, seconds in ((1, 5), (0, 5), (1, 0), (1, -1), (1, 100000), (7, 3)):
        log(on, seconds, attempt(s.setsockopt, SOL, socket.SO_LINGER, struct.pack("ii", on, seconds)),
            get(s, SOL, socket.SO_LINGER, 8))
    log.attempt("short", s.setsockopt, SOL, socket.SO_LINGER, 1)


@differential("time-outs: values, rounding, errors", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        for sec, usec in ((0, 0), (1, 0), (0, 500000), (5, 999999), (-1, 0), (0, 1000000), (0, -1)):
            log(option, sec, usec,
                attempt(s.setsockopt, SOL, option, struct.pack("ll", sec, usec)),
                struct.unpack("ll", s.getsockopt(SOL, option, 16))[0])


@differential("SO_RCVBUF and SO_SNDBUF: doubled, bounded, and fixed after", FAMILIES)
def _(st, log, family):
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        for value in (0, 1, 1000, 5000, 60000, 10 << 20, -5):
            s = st.socket(family)
            log(option, value, attempt(s.setsockopt, SOL, option, value), s.getsockopt(SOL, option))
    c, s = st.pair(family, options=[(SOL, socket.SO_RCVBUF, 30000), (SOL, socket.SO_SNDBUF, 20000)])
    log([e.getsockopt(SOL, o) for e in (c, s) for o in (socket.SO_RCVBUF, socket.SO_SNDBUF)])


@differential("IP options", (AF_INET,))
def _(st, log, family):
    names = {"TOS": 1, "TTL": 2, "HDRINCL": 3, "RECVOPTS": 6, "RETOPTS": 7, "PKTINFO": 8,
             "MTU_DISCOVER": 10, "RECVERR": 11, "RECVTTL": 12, "RECVTOS": 13, "MTU": 14,
             "FREEBIND": 15, "TRANSPARENT": 19, "MINTTL": 21, "NODEFRAG": 22,
             "BIND_ADDRESS_NO_PORT": 24, "MULTICAST_TTL": 33, "MULTICAST_LOOP": 34,
             "UNICAST_IF": 50, "LOCAL_PORT_RANGE": 51, "unknown": 200}
    for name, number in names.items():
        for value in (0, 1, 2, 64, 255, 256, -1):
            s = st.socket(family)
            log(name, value, attempt(s.setsockopt, IP, number, value), get(s, IP, number))
            s.close()


@differential("IPv6 options", (AF_INET6,))
def _(st, log, family):
    names = {"UNICAST_HOPS": 16, "MULTICAST_HOPS": 18, "MTU_DISCOVER": 23, "MTU": 24,
             "RECVERR": 25, "V6ONLY": 26, "RECVPKTINFO": 49, "RECVHOPLIMIT": 51,
             "RECVTCLASS": 66, "TCLASS": 67, "DONTFRAG": 62, "MINHOPCOUNT": 73,
             "TRANSPARENT": 75, "FREEBIND": 78, "unknown": 250}
    for name, number in names.items():
        for value in (0, 1, 2, 64, 255, 256, -1):
            s = st.socket(family)
            log(name, value, attempt(s.setsockopt, IP6, number, value), get(s, IP6, number))
            s.close()
    s = st.socket(family)
    log("IPv4 option on it", attempt(s.setsockopt, IP, 1, 16), get(s, IP, 1))


@differential("SO_DONTROUTE: no gateway, but for IPv6", FAMILIES)
def _(st, log, family):
    host = Host("link add d0 type dummy", "link set d0 up", "addr add 10.1.1.1/24 dev d0",
                "addr add fd01::1/64 dev d0 nodad", "route add default via 10.1.1.2",
                "route add ::/0 via fd01::2")
    near, far = ("10.1.1.7", "10.7.7.7") if family == AF_INET else ("fd01::7", "fd07::7")
    for value in (0, 1):
        for where in (near, far):
            s = host.socket(st, family, socket.SOCK_NONBLOCK)
            s.setsockopt(SOL, socket.SO_DONTROUTE, value)
            log(value, where, attempt(s.connect, (where, 80)))
            s.close()
    host.delete()


@differential("IP_MTU, IPV6_MTU and IPV6_PATHMTU tell the path's of a connection", FAMILIES)
def _(st, log, family):
    cable = Cable(mtu=1400)
    c, s = cable.pair(st, st, family)
    asked = [("IP_MTU", IP, 14, n) for n in (4, 8, 3, 2, 1)]
    if family == AF_INET6:
        asked += [("IPV6_MTU", IP6, 24, n) for n in (4, 8, 3)]
        asked += [("IPV6_PATHMTU", IP6, 61, n) for n in (32, 64, 31, 4)]
    for name, level, number, length in asked:
        log(name, length, get(c, level, number, length))
    remote = cable.address(cable.a, family)
    words = ("-6",) if family == AF_INET6 else ()
    cable.b.run("ip", *words, "route", "replace", f"{remote}/{128 if words else 32}", "dev",
                cable.device, "mtu", "lock", "1300")
    c.send(b"x")            # the kernel's TCP looks at its route again when it sends
    recv_exactly(s, 1)
    for name, level, number, length in asked:
        log(name, "narrower", get(c, level, number, length))
    for kind, t in (("new", st.socket(family)), ("listening", st.listener(family))):
        for name, level, number, length in asked:
            log(kind, name, length, get(t, level, number, length))
    c.close()
    s.close()
    cable.delete()


@alone("IPV6_ADDRFORM is refused: the socket stays ours")
def _():
    listener = ATCP.listener(AF_INET)
    c = ATCP.socket(AF_INET6)
    c.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
    s, _ = listener.accept()
    result = attempt(c.setsockopt, IP6, 1, AF_INET)
    if ATCP.is_atcp:
        assert result in ("ENOPROTOOPT", "ENOTCONN", "EADDRNOTAVAIL", "EINVAL"), result
    c.send(b"alive")
    equal(recv_exactly(s, 5), b"alive", "after IPV6_ADDRFORM")


@differential("TCP_MAXSEG bounds the segments", FAMILIES)
def _(st, log, family):
    listener = st.socket(family)
    listener.setsockopt(TCP, socket.TCP_MAXSEG, 600)
    listener.bind((LOOPBACK[family], 0))
    listener.listen(1)
    c = st.socket(family)
    c.setsockopt(TCP, socket.TCP_MAXSEG, 800)
    c.connect(listener.getsockname()[:2])
    s, _ = listener.accept()
    log(c.getsockopt(TCP, socket.TCP_MAXSEG), s.getsockopt(TCP, socket.TCP_MAXSEG))
    data = pattern(100000)
    import threading
    t = threading.Thread(target=c.sendall, args=(data,), daemon=True)
    t.start()
    equal(recv_exactly(s, len(data)), data, "text")
    t.join()
    info = tcp_info(c)
    log("sent in small segments", info["snd_mss"], info["data_segs_out"] >= 100000 // 600)
    log(attempt(c.setsockopt, TCP, socket.TCP_MAXSEG, 200))


@differential("TCP_CONGESTION: names, unknown ones, lengths", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    name = s.getsockopt(TCP, socket.TCP_CONGESTION, 16)
    assert name.rstrip(b"\0"), "no name"
    log("length", len(name))
    if st.is_atcp:
        equal(name.rstrip(b"\0"), b"cubic", "the default")
    log.attempt("reno", s.setsockopt, TCP, socket.TCP_CONGESTION, b"reno")
    log(s.getsockopt(TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0"))
    log(s.getsockopt(TCP, socket.TCP_CONGESTION, 2))
    log.attempt("unknown", s.setsockopt, TCP, socket.TCP_CONGESTION, b"nosuchthing")
    log.attempt("empty", s.setsockopt, TCP, socket.TCP_CONGESTION, b"")
    log(s.getsockopt(TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0"))
    c, p = st.pair(family)
    log.attempt("connected", c.setsockopt, TCP, socket.TCP_CONGESTION, b"reno")
    c.sendall(b"x")
    log(recv_exactly(p, 1))


@pairs("TCP_SAVE_SYN: the headers of the SYN, once", FAMILIES)
def _(p, log, family):
    cable = Cable()
    for how in (0, 1, 2):
        c, s = cable.pair(p.server, p.client, family,
                          listener_options=[(TCP, TCP_NAMES["SAVE_SYN"], how)])
        need = s.getsockopt(TCP, TCP_NAMES["SAVED_SYN"], 1024) if not how else None
        log(how, "inherited", get(s, TCP, TCP_NAMES["SAVE_SYN"]), "of who connects",
            c.getsockopt(TCP, TCP_NAMES["SAVED_SYN"], 1024), need)
        if how:
            log("too little room", attempt(s.getsockopt, TCP, TCP_NAMES["SAVED_SYN"], 30))
            raw = s.getsockopt(TCP, TCP_NAMES["SAVED_SYN"], 1024)
            link, packet = (raw[:14], raw[14:]) if how == 2 else (b"", raw)
            log(len(raw), link[12:].hex(), packet[0] >> 4)
            syn = Segment(packet)
            equal((syn.src, syn.sport), c.getsockname()[:2], "whose SYN it is")
            equal((syn.dst, syn.dport), s.getsockname()[:2], "whose SYN it is")
            log(syn.flags == SYN, sorted(syn.options), syn.data)
            log("again", s.getsockopt(TCP, TCP_NAMES["SAVED_SYN"], 1024))
        c.close()
        s.close()
    cable.delete()


@pairs("TCP_TIMESTAMP is what the next segment has", FAMILIES)
def _(p, log, family):
    c, s = p.pair(family)
    for e in (c, s):
        a, b = (struct.unpack("I", e.getsockopt(TCP, 24, 4))[0] for _ in range(2))
        assert (b - a) % (1 << 32) < 1 << 30, (a, b)
        log(attempt(e.setsockopt, TCP, 24, 5))


@wire("TCP_TIMESTAMP: the clock of the timestamps option", (AF_INET6,))
def _(net, log):
    s, p = net.passive(FULL)
    before, = struct.unpack("I", s.getsockopt(TCP, 24, 4))
    s.send(b"x")
    sent = p.expect(ACK, data=b"x").options[TS][0]
    after, = struct.unpack("I", s.getsockopt(TCP, 24, 4))
    # The kernel's TCP, from 6.7 on, clears the lowest bit, which tells of another unit.
    assert (sent - (before & ~1)) % (1 << 32) < 1 << 31, (before, sent, after)
    assert ((after | 1) - sent) % (1 << 32) < 1 << 31, (before, sent, after)
    log("between")


@differential("TCP_CC_INFO of an algorithm that has nothing to tell", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    s.setsockopt(TCP, socket.TCP_CONGESTION, b"reno")
    log([get(s, TCP, 26, n) for n in (1, 20, 64)], attempt(s.setsockopt, TCP, 26, 1))


def takes(c, s, total, close=False):
    """Seconds from the first octet's way into the socket to the last one's out of its peer."""
    began = time.monotonic()
    sender = threading.Thread(target=lambda: (c.sendall(b"p" * total), close and c.close()),
                              daemon=True)
    sender.start()
    recv_exactly(s, total)
    sender.join()
    return time.monotonic() - began


@differential("SO_MAX_PACING_RATE: no faster, whoever paces, also once the socket is closed",
              FAMILIES)
def _(st, log, family):
    cable = Cable()
    for qdisc in ("noqueue", "fq"):
        if qdisc == "fq":
            cable.b.run("tc", "qdisc", "replace", "dev", cable.device, "root", "fq")
        for close in (False, True):
            c, s = cable.pair(st, st, family)
            c.setsockopt(SOL, 47, 200000)
            c.setsockopt(SOL, socket.SO_SNDBUF, 1 << 20)
            # The kernel's TCP makes up for up to half, and does not count ten segments.
            seconds = takes(c, s, 100000, close)
            assert seconds > 0.2, f"{qdisc}: 100,000 octets in {seconds} s"
            if not close:
                log(qdisc, tcp_info(c)["max_pacing_rate"], tcp_info(c)["pacing_rate"] <= 200000)
                c.setsockopt(SOL, 47, struct.pack("Q", (1 << 64) - 1))
                takes(c, s, 500000)
                log("without", tcp_info(c)["max_pacing_rate"])
                c.close()
            s.close()
    cable.delete()


@differential("SO_BINDTODEVICE", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    log.attempt("lo", s.setsockopt, SOL, socket.SO_BINDTODEVICE, b"lo\0")
    log(s.getsockopt(SOL, socket.SO_BINDTODEVICE, 16))
    log.attempt("none such", s.setsockopt, SOL, socket.SO_BINDTODEVICE, b"nosuch0\0")
    listener = st.socket(family)
    listener.setsockopt(SOL, socket.SO_BINDTODEVICE, b"lo\0")
    listener.bind((LOOPBACK[family], 0))
    listener.listen(1)
    log.attempt("connect over lo", s.connect, listener.getsockname()[:2])
    log.attempt("off", s.setsockopt, SOL, socket.SO_BINDTODEVICE, b"")


def resent(stack):
    """RetransSegs of this namespace."""
    with open(f"/proc/net/{'atcp_' if stack.is_atcp else ''}snmp", encoding="ascii") as f:
        names, values = (line.split() for line in f if line.startswith("Tcp:"))
    return int(values[names.index("RetransSegs")])


@pairs("TCP_INFO: what it counts is true", FAMILIES)
def _(p, log, family):
    before = resent(p.client)
    c, s = p.pair(family)
    data = pattern(200000)
    import threading
    t = threading.Thread(target=c.sendall, args=(data,), daemon=True)
    t.start()
    equal(recv_exactly(s, len(data)), data, "text")
    t.join()
    until(lambda: tcp_info(c)["unacked"] == 0, "all acknowledged")
    a, b = tcp_info(c), tcp_info(s)
    for info in (a, b):
        equal(info["state"], 1, "state")
        assert info["length"] >= 232, info["length"]
        assert info["options"] & 7 == 7, f"timestamps, SACK, window scale: {info['options']}"
        assert 200000 <= info["rto"] <= 2000000, f"rto {info['rto']}"
        assert 0 < info["rtt"] < 10 ** 7, f"rtt {info['rtt']}"
        assert 500 <= info["snd_mss"] <= 65535, f"snd_mss {info['snd_mss']}"
        assert 536 <= info["pmtu"] <= 65536, f"pmtu {info['pmtu']}"
        assert info["snd_cwnd"] >= 2, f"cwnd {info['snd_cwnd']}"
        assert info["min_rtt"] <= info["rtt"] * 8 + 1000, (info["min_rtt"], info["rtt"])
        log("quiet", info["unacked"], info["sacked"], info["lost"], info["retransmits"],
            info["probes"], info["backoff"], info["notsent_bytes"])
        log("scales", 0 < info["snd_wscale"] < 15, 0 < info["rcv_wscale"] < 15)
    equal(a["snd_wscale"], b["rcv_wscale"], "one end's scale is the other's")
    # A SYN counts as one octet acknowledged in the kernel's TCP.
    assert a["bytes_acked"] - len(data) in (0, 1), a["bytes_acked"]
    equal(b["bytes_received"], len(data), "bytes_received")
    equal(a["bytes_sent"] - a["bytes_retrans"], len(data), "bytes_sent")
    assert a["segs_out"] >= a["data_segs_out"] > 0, (a["segs_out"], a["data_segs_out"])
    assert b["segs_in"] >= b["data_segs_in"] > 0, (b["segs_in"], b["data_segs_in"])
    # None over loopback, unless the guest stalled for longer than an RTO.
    assert a["total_retrans"] <= resent(p.client) - before, a["total_retrans"]
    equal(a["total_retrans"] > 0, a["bytes_retrans"] > 0, "octets sent again")


@differential("TCP_INFO: lengths; state through a connection's life", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    for length in (1, 8, 100, 104, 192):
        log(length, len(s.getsockopt(TCP, socket.TCP_INFO, length)))
    log(state(s))
    listener = st.listener(family, backlog=7)
    log(state(listener))
    info = tcp_info(listener)
    log("backlog", info["sacked"], "waiting", info["unacked"])
    c = st.socket(family)
    c.connect(listener.getsockname()[:2])
    until(lambda: tcp_info(listener)["unacked"] == 1, "one waits")
    a, _ = listener.accept()
    log("waiting", tcp_info(listener)["unacked"], state(a), state(c))
    c.shutdown(socket.SHUT_WR)
    reach(c, "FIN-WAIT-2")
    reach(a, "CLOSE-WAIT")
    log(state(c), state(a))
    a.shutdown(socket.SHUT_WR)
    until(lambda: state(a) == "CLOSED", "closed")
    log(state(c), state(a))


@pairs("TCP_NODELAY sends at once, Nagle waits for the ACK but loses nothing")
def _(p, log, family):
    c, s = p.pair(family)
    for value in (0, 1):
        c.setsockopt(TCP, socket.TCP_NODELAY, value)
        for _ in range(50):
            c.send(b"t")
        log(value, len(recv_exactly(s, 50)))


@pairs("TCP_QUICKACK and TCP_WINDOW_CLAMP do not harm traffic")
def _(p, log, family):
    c, s = p.pair(family)
    for value in (1, 0):
        attempt(s.setsockopt, TCP, socket.TCP_QUICKACK, value)
        c.sendall(b"quick" * 100)
        log(len(recv_exactly(s, 500)))
    attempt(s.setsockopt, TCP, socket.TCP_WINDOW_CLAMP, 4096)
    import threading
    data = pattern(100000)
    t = threading.Thread(target=c.sendall, args=(data,), daemon=True)
    t.start()
    equal(recv_exactly(s, len(data)), data, "text")
    t.join()
    log("whole")


@alone_on_atcp("TCP_WINDOW_CLAMP bounds the window, whatever SO_RCVBUF; a greater one opens it")
def _(net):
    def widest():
        windows = []
        for _ in range(20):
            p.send(ACK | PSH, bytes(1000))
            recv_exactly(s, 1000)
            windows.append(p.find(lambda g: g.ack == p.seq, "ACK").window)
        return max(windows)

    listener = net.listener()
    listener.setsockopt(TCP, socket.TCP_WINDOW_CLAMP, 4096)
    p = net.peer()
    p.send(SYN, opts=options(mss=1460))
    equal(p.expect(SYN | ACK).window <= 4096, True, "bounded from the SYN on")
    p.send(ACK)
    s, _ = listener.accept()
    equal(s.getsockopt(TCP, socket.TCP_WINDOW_CLAMP), 4096, "inherited")
    equal(widest() <= 4096, True, "bounded")
    s.setsockopt(TCP, socket.TCP_WINDOW_CLAMP, 20000)
    equal(4096 < widest() <= 20000, True, "a greater one")
    s.setsockopt(TCP, socket.TCP_WINDOW_CLAMP, 3000)
    widest()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100000)
    equal(widest() <= 3000, True, "not opened by SO_RCVBUF")
    s.setsockopt(TCP, socket.TCP_WINDOW_CLAMP, 30000)
    equal(3000 < widest() <= 30000, True, "a greater one of a fixed buffer")


@differential("SO_ERROR and EPIPE after a keep-alive or user time-out option was set", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    for option, value in ((4, 1), (5, 1), (6, 1), (18, 60000)):
        log(option, attempt(c.setsockopt, TCP, option, value), c.getsockopt(TCP, option))
    c.setsockopt(SOL, socket.SO_KEEPALIVE, 1)
    time.sleep(1.5)         # the peer lives, and answers a probe
    log("alive", state(c), c.getsockopt(SOL, socket.SO_ERROR))
    c.send(b"x")
    log(recv_exactly(s, 1))
    log(event_after_probe := poll(c, 0x2001, 0), event_after_probe == 0)


@differential("SO_PEERCRED, SO_COOKIE, SO_PEERNAME, SO_PEERSEC, SO_MEMINFO", FAMILIES)
def _(st, log, family):
    c, s = st.pair(family)
    log("SO_PEERNAME", attempt(lambda: len(c.getsockopt(SOL, 28, 28))))
    log("SO_PEERCRED", attempt(lambda: len(c.getsockopt(SOL, 17, 12))))
    log("SO_COOKIE", attempt(lambda: c.getsockopt(SOL, 57, 8) != s.getsockopt(SOL, 57, 8)))
    log("SO_MEMINFO", attempt(lambda: len(c.getsockopt(SOL, 55, 64))))
    log("SO_BUF_LOCK", get(c, SOL, 72))
    log("SO_INCOMING_NAPI_ID", attempt(lambda: len(c.getsockopt(SOL, 56, 4))))


@wire("SO_TXREHASH: what is sent again takes another path, or the same", (AF_INET6,))
def _(net, log):
    for value in (0, 1):
        s, p = net.passive(port=80 + value)
        log(value, attempt(s.setsockopt, SOL, 74, value), get(s, SOL, 74))
        s.send(b"lost")
        labels = [p.expect(ACK, data=b"lost").label for _ in range(4)]
        log("labels", "one" if len(set(labels)) == 1 else "several", labels[0] != 0)
        s.close()


@alone("SO_ZEROCOPY and SO_RESERVE_MEM: refused, or harmless")
def _():
    c, s = ATCP.pair()
    for option in (60, 73):
        result = attempt(c.setsockopt, SOL, option, 1)
        assert result in ("ok", "EOPNOTSUPP", "ENOTSUP", errno.errorcode[524] if 524 in
                          errno.errorcode else "errno 524"), result
    attempt(c.send, b"zero", 0x4000000)
    c.send(b"after")
    assert recv_exactly(s, 5), "text"


if __name__ == "__main__":
    main()
