#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml
# vm-args: --virtual-time
"""BBR on sockets: chosen by name, paced with and without fq, over a bottleneck that loses,
queues or idles, to the kernel's TCP and to its own kind; exact text all the while.

Time is the guest's, and passes only where somebody waits: rates do not depend on the
machine."""

import socket
import struct
import time

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, alone, attempt, equal, main, note,
                      pattern, recv_exactly, tcp_info)
from lab import Cable, Host
from traffic import Worker, know_neighbours

AF_INET, AF_INET6 = FAMILIES
TCP = socket.IPPROTO_TCP
TCP_CC_INFO = 26
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
MBIT = 125_000                  # octets a second
if not ATCP.is_atcp:
    raise SystemExit("1..0 # SKIP the kernel's BBR is another one")


class Path:
    """b, which sends, with or without fq; a router, whose way to a is the bottleneck; a."""

    def __init__(self, *bottleneck, back="10ms", fq=False, aggregates=False):
        self.r = Host()
        for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.r.sysctl(name, 1)
        self.far, self.near = Cable(b=self.r), Cable(a=self.r)
        self.a, self.b = self.far.a, self.near.b
        know_neighbours(self.far, self.near)
        if not aggregates:
            for cable in (self.far, self.near):
                cable.one_segment_a_packet()
        for end, near, via in ((self.a, self.far, self.r), (self.b, self.near, self.r)):
            for family, wide in ((AF_INET, "0.0.0.0/0"), (AF_INET6, "::/0")):
                end.ip(f"route add {wide} via {near.address(via, family)}")
        self.bottleneck(*bottleneck)
        self.far.netem("delay", back, "limit", "20000", hosts=(self.a,))
        if fq:
            self.b.run("tc", "qdisc", "replace", "dev", self.near.device, "root", "fq")

    def bottleneck(self, *words):
        self.far.netem(*words, hosts=(self.r,))

    def connect(self, algorithm, server=LINUX, client=ATCP, family=AF_INET):
        """(sender, receiver): b's end, a's end."""
        # Buffers are to hold what the path does.
        listener = self.a.listener(server, family, self.far.address(self.a, family),
                                   options=[(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)])
        c = self.b.socket(client, family)
        c.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 8 << 20)
        c.setsockopt(TCP, socket.TCP_CONGESTION, algorithm)
        c.connect(listener.getsockname()[:2])
        s, _ = listener.accept()
        listener.close()
        return c, s

    def delete(self):
        for host in (self.a, self.b, self.r):
            host.delete()


def seconds_of(c, s, size, seed=0):
    """How long so much takes, from the first octet to the last; what comes is compared."""
    data = pattern(size, seed)
    began = time.monotonic()
    sender = Worker(c.sendall, data)
    equal(recv_exactly(s, size), data, "text")
    seconds = time.monotonic() - began
    sender.finish()
    return seconds


def between(value, least, most, what):
    note(f"{what}: {value:.4g}")
    assert least <= value <= most, f"{what}: {value}, expected {least} to {most}"


def close(*sockets):
    for sock in sockets:
        sock.close()


# --- chosen by name ---------------------------------------------------------------------


@alone("TCP_CONGESTION takes bbr, and tells so; the sysctl makes it the default")
def _():
    host = Host()
    names = host.read("/proc/sys/net/atcp/available_congestion_control").split()
    assert {"bbr", "cubic", "reno"} <= set(names), names
    s = host.socket(ATCP)
    equal(s.getsockopt(TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0"), b"cubic", "default")
    s.setsockopt(TCP, socket.TCP_CONGESTION, b"bbr")
    equal(s.getsockopt(TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0"), b"bbr", "TCP_CONGESTION")
    equal(attempt(s.setsockopt, TCP, socket.TCP_CONGESTION, b"bbr4"), "ENOENT", "no such")
    s.close()
    host.sysctl("atcp/congestion_control", "bbr")
    s = host.socket(ATCP)
    equal(s.getsockopt(TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0"), b"bbr", "default")
    s.close()
    host.delete()


@alone("TCP_CC_INFO: struct tcp_bbr_info of the path; shorter if asked; nothing of reno")
def _():
    path = Path("delay", "10ms", "rate", "20mbit", "limit", "1000")
    c, s = path.connect(b"bbr")
    # Not of a window alone: several round trips past Startup.
    seconds_of(c, s, 2_000_000)
    raw = c.getsockopt(TCP, TCP_CC_INFO, 64)
    equal(len(raw), 20, "octets")
    low, high, min_rtt, pacing, cwnd = struct.unpack("=5I", raw)
    equal(high, 0, "bw_hi")
    between(low / (20 * MBIT), 0.85, 1.05, "bw, of the link's")
    between(min_rtt, 20_000, 21_500, "min_rtt")
    assert pacing in [g * 256 // 100 for g in (277, 50, 90, 100, 125)], pacing
    assert cwnd in [g * 256 // 100 for g in (200, 225, 50)], cwnd
    equal(c.getsockopt(TCP, TCP_CC_INFO, 6), raw[:6], "six octets")
    c.setsockopt(TCP, socket.TCP_CONGESTION, b"reno")
    equal(c.getsockopt(TCP, TCP_CC_INFO, 64), b"", "of reno")
    equal(attempt(c.setsockopt, TCP, TCP_CC_INFO, 1), "ENOPROTOOPT", "set")
    close(c, s)
    path.delete()


# --- paths ------------------------------------------------------------------------------


def each_peer(name):
    def add(func):
        for server in (LINUX, ATCP):
            for family in FAMILIES if server is LINUX else FAMILIES[:1]:
                for fq in (False, True):
                    alone(f"{name}: to {server!r}, {FAMILY_NAME[family]}, "
                          f"{'fq' if fq else 'the timer'} paces")(
                        lambda a=server, b=family, c=fq: func(a, b, c))
        return func
    return add


@each_peer("the link is in use, and its queue short")
def _(server, family, fq):
    path = Path("delay", "10ms", "rate", "40mbit", "limit", "1000", fq=fq)
    c, s = path.connect(b"bbr", server, family=family)
    seconds_of(c, s, 1_000_000)
    seconds = seconds_of(c, s, 3_000_000, 1)
    between(3_000_000 / seconds / (40 * MBIT), 0.85, 1, "of the link")
    info = tcp_info(c)
    # The queue would take 300 ms: Startup fills a BDP of it, and Drain takes it away.
    between(info["rtt"], 20_000, 30_000, "tcpi_rtt")
    between(info["pacing_rate"] / (40 * MBIT), 0.8, 1.3, "tcpi_pacing_rate, of the link's")
    between(info["delivery_rate"] / (40 * MBIT), 0.8, 1, "tcpi_delivery_rate, of the link's")
    equal(info["total_retrans"], 0, "sent again")
    close(c, s)
    path.delete()


@alone("beside it Reno fills the queue: what was measured is BBR's doing")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "limit", "1000")
    c, s = path.connect(b"reno")
    seconds_of(c, s, 4_000_000)
    between(tcp_info(c)["rtt"], 40_000, 500_000, "tcpi_rtt")
    close(c, s)
    path.delete()


@each_peer("a loss of 1 % costs little")
def _(server, family, fq):
    path = Path("delay", "10ms", "rate", "40mbit", "loss", "1%", "limit", "1000", fq=fq)
    c, s = path.connect(b"bbr", server, family=family)
    seconds = seconds_of(c, s, 3_000_000)
    between(3_000_000 / seconds / (40 * MBIT), 0.5, 1, "of the link")
    assert tcp_info(c)["total_retrans"] > 3, tcp_info(c)
    close(c, s)
    path.delete()


@alone("and Reno much")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "loss", "1%", "limit", "1000")
    c, s = path.connect(b"reno")
    seconds = seconds_of(c, s, 3_000_000)
    between(3_000_000 / seconds / (40 * MBIT), 0, 0.45, "of the link")
    close(c, s)
    path.delete()


@alone("1 Gbit/s is reached, by the timer and by fq")
def _():
    for fq in (False, True):
        path = Path("delay", "2ms", "rate", "1gbit", "limit", "20000", back="2ms", fq=fq,
                    aggregates=True)
        c, s = path.connect(b"bbr")
        seconds_of(c, s, 8_000_000)
        seconds = seconds_of(c, s, 16_000_000, 1)
        between(16_000_000 / seconds / (1000 * MBIT), 0.8, 1, f"of the link, fq {fq}")
        close(c, s)
        path.delete()


@alone("a shallow buffer: the link is in use, and little is lost")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "limit", "90")
    c, s = path.connect(b"bbr")
    seconds_of(c, s, 1_500_000)
    before = tcp_info(c)["total_retrans"]
    seconds = seconds_of(c, s, 5_000_000, 1)
    between(5_000_000 / seconds / (40 * MBIT), 0.7, 1, "of the link")
    between((tcp_info(c)["total_retrans"] - before) / 3450, 0, 0.05, "of the segments again")
    close(c, s)
    path.delete()


@alone("after ten seconds of silence it goes on as fast as before")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "limit", "1000")
    c, s = path.connect(b"bbr")
    seconds_of(c, s, 2_000_000)
    cwnd = tcp_info(c)["snd_cwnd"]
    time.sleep(10)
    equal(tcp_info(c)["snd_cwnd"], cwnd, "cwnd")
    seconds = seconds_of(c, s, 1_000_000, 1)
    between(1_000_000 / seconds / (40 * MBIT), 0.7, 1, "of the link, with the first round trip")
    close(c, s)
    path.delete()


@alone("the link becomes four times slower, and faster again")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "limit", "300")
    c, s = path.connect(b"bbr")
    seconds_of(c, s, 1_500_000)
    path.bottleneck("delay", "10ms", "rate", "10mbit", "limit", "300")
    seconds_of(c, s, 1_000_000, 1)
    seconds = seconds_of(c, s, 2_000_000, 2)
    between(2_000_000 / seconds / (10 * MBIT), 0.7, 1, "of the slow link")
    path.bottleneck("delay", "10ms", "rate", "40mbit", "limit", "300")
    seconds_of(c, s, 6_000_000, 3)
    seconds = seconds_of(c, s, 3_000_000, 4)
    between(3_000_000 / seconds / (40 * MBIT), 0.7, 1, "of the fast one")
    close(c, s)
    path.delete()


@alone("ProbeRTT on the way: half a minute of text")
def _():
    path = Path("delay", "10ms", "rate", "4mbit", "limit", "300")
    c, s = path.connect(b"bbr")
    seconds_of(c, s, 500_000)
    # The path becomes longer: min_rtt is not met any more.
    path.bottleneck("delay", "15ms", "rate", "4mbit", "limit", "300")
    seconds = seconds_of(c, s, 12_000_000, 1)
    between(12_000_000 / seconds / (4 * MBIT), 0.8, 1, "of the link")
    min_rtt = struct.unpack("=5I", c.getsockopt(TCP, TCP_CC_INFO, 64))[2]
    between(min_rtt, 25_000, 32_000, "min_rtt, which is that of the longer path")
    close(c, s)
    path.delete()


@alone("without SACK and timestamps it gets everything through, losses or not")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "loss", "0.5%", "limit", "1000")
    for name in ("sack", "timestamps"):
        path.b.sysctl(f"atcp/{name}", 0)
    c, s = path.connect(b"bbr")
    seconds = seconds_of(c, s, 1_500_000)
    between(seconds, 0.3, 20, "seconds")
    close(c, s)
    path.delete()


@alone("algorithms change on a live connection")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "loss", "0.2%", "limit", "1000")
    c, s = path.connect(b"cubic")
    for seed, name in enumerate((b"bbr", b"reno", b"bbr", b"cubic")):
        data = pattern(1_000_000, seed)
        sender = Worker(c.sendall, data)
        half = recv_exactly(s, 500_000)
        c.setsockopt(TCP, socket.TCP_CONGESTION, name)
        equal(half + recv_exactly(s, 500_000), data, "text")
        sender.finish()
    close(c, s)
    path.delete()


@alone("the user goes, and what is left is paced to the end")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "limit", "1000")
    c, s = path.connect(b"bbr")
    data = pattern(3_000_000)
    began = time.monotonic()
    sender = Worker(lambda: (c.sendall(data), c.close()))
    equal(recv_exactly(s, len(data)), data, "text")
    equal(s.recv(1), b"", "end")
    sender.finish()
    between(len(data) / (time.monotonic() - began) / (40 * MBIT), 0.6, 1, "of the link")
    s.close()
    path.delete()


@alone("two connections share the link")
def _():
    path = Path("delay", "10ms", "rate", "40mbit", "limit", "200")
    first, second = path.connect(b"bbr"), path.connect(b"bbr")
    began = time.monotonic()
    work = [Worker(seconds_of, *pair, 4_000_000, n) for n, pair in enumerate((first, second))]
    took = [w.finish() for w in work]
    between(8_000_000 / (time.monotonic() - began) / (40 * MBIT), 0.7, 1, "of the link")
    between(min(took) / max(took), 0.5, 1, "the one's time, of the other's")
    close(*first, *second)
    path.delete()


if __name__ == "__main__":
    main()
