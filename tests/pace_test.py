#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml
# vm-args: --virtual-time
"""Pacing: text leaves as fast as SO_MAX_PACING_RATE and congestion control say and no
faster, whether fq or the connection's timer sees to it; and what is not paced is not
held up.

Time is the guest's, and passes only where somebody waits: rates do not depend on the
machine."""

import socket
import time

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, REFERENCE, alone, attempt, equal, main,
                      note, pattern, recv_exactly, tcp_info, until)
from lab import Cable
from traffic import Worker, know_neighbours

SOL, TCP = socket.SOL_SOCKET, socket.IPPROTO_TCP
SO_SNDBUFFORCE, MAX_PACING_RATE = 32, 47
QDISCS = ("noqueue", "fq")


def network(qdisc="noqueue", delay=None, more=()):
    """A cable whose end b sends; the delay is on the way back."""
    cable = Cable()
    know_neighbours(cable)
    if delay:
        cable.netem("delay", delay, "limit", "20000", hosts=(cable.a,))
    if more:
        cable.netem(*more, "limit", "20000", hosts=(cable.b,))
    elif qdisc == "fq":
        cable.b.run("tc", "qdisc", "replace", "dev", cable.device, "root", "fq")
    return cable


def connect(cable, family=socket.AF_INET, server=LINUX, rate=None, algorithm=None):
    """(client's end, server's end), the client being atcp's at b."""
    c, s = cable.pair(server, ATCP, family)
    c.setsockopt(SOL, SO_SNDBUFFORCE, 4 << 20)
    if rate:
        c.setsockopt(SOL, MAX_PACING_RATE, rate.to_bytes(8, "little"))
    if algorithm:
        c.setsockopt(TCP, socket.TCP_CONGESTION, algorithm)
    return c, s


def seconds_of(c, s, size, close=False):
    """How long so much takes, from the first octet to the last; what comes is compared."""
    data = pattern(size)
    began = time.monotonic()
    sender = Worker(lambda: (c.sendall(data), close and c.close()))
    equal(recv_exactly(s, size), data, "text")
    seconds = time.monotonic() - began
    sender.finish()
    return seconds


def between(value, least, most, what):
    note(f"{what}: {value:.4g}")
    assert least <= value <= most, f"{what}: {value}, expected {least} to {most}"


def rates():
    for qdisc in QDISCS:
        for family in FAMILIES:
            for rate in (100_000, 1_250_000, 12_500_000, 125_000_000, 1_250_000_000):
                @alone(f"{rate * 8 / 1e6:g} Mbit/s, {qdisc}, {FAMILY_NAME[family]}")
                def _(qdisc=qdisc, family=family, rate=rate):
                    cable = network(qdisc)
                    c, s = connect(cable, family, rate=rate)
                    # The first pieces are for nothing: fq's quantum, Linux's ten segments.
                    size = min(max(rate, 400_000), 4_000_000)
                    seconds_of(c, s, 40_000)
                    seconds = seconds_of(c, s, size)
                    # Headers count with fq, and half a millisecond may be made up for.
                    between(size / seconds / rate, 0.85, 1.1 + 0.001 * rate / size,
                            "of the rate")
                    info = tcp_info(c)
                    equal(info["max_pacing_rate"], rate, "tcpi_max_pacing_rate")
                    assert info["pacing_rate"] <= rate, info
                    c.close()
                    s.close()
                    cable.delete()


rates()


def orphans():
    for qdisc in QDISCS:
        @alone(f"the rate stays when the user has gone, {qdisc}")
        def _(qdisc=qdisc):
            cable = network(qdisc)
            c, s = connect(cable, rate=1_000_000)
            between(seconds_of(c, s, 1_000_000, close=True), 0.8, 1.2, "seconds for a second's worth")
            equal(s.recv(1), b"", "end")
            s.close()
            cable.delete()


orphans()


@alone("ACKs, and the other direction, are not paced")
def _():
    cable = network(delay="1ms")
    c, s = connect(cable, rate=1000)
    data = pattern(3_000_000)
    began = time.monotonic()
    sender = Worker(s.sendall, data)
    equal(recv_exactly(c, len(data)), data, "text")
    sender.finish()
    # So many ACKs at 1000 octets a second would take minutes.
    between(time.monotonic() - began, 0, 2, "seconds")
    c.close()
    equal(s.recv(1), b"", "end")
    s.close()
    cable.delete()


@alone("what is sent again is paced too")
def _():
    cable = network(delay="5ms", more=("loss", "5%"))
    cable.one_segment_a_packet()
    c, s = connect(cable, rate=500_000)
    seconds = seconds_of(c, s, 1_000_000)
    until(lambda: not tcp_info(c)["unacked"], "all is acknowledged")
    again = tcp_info(c)["total_retrans"]
    assert again > 5, f"{again} were sent again"
    # Alone the text takes two seconds; recovery may take longer, but nothing is faster.
    between((1_000_000 + again * 1448) / seconds, 0, 560_000, "octets a second")
    c.close()
    s.close()
    cable.delete()


@alone("a rate that is changed holds from then on, and can be taken back")
def _():
    cable = network()
    c, s = connect(cable, rate=200_000)
    between(seconds_of(c, s, 100_000), 0.4, 0.6, "seconds at 200,000")
    c.setsockopt(SOL, MAX_PACING_RATE, (2_000_000).to_bytes(8, "little"))
    between(seconds_of(c, s, 1_000_000), 0.4, 0.6, "seconds at 2,000,000")
    c.setsockopt(SOL, MAX_PACING_RATE, b"\xff" * 8)
    between(seconds_of(c, s, 2_000_000), 0, 0.3, "seconds without")
    c.close()
    s.close()
    cable.delete()


def near_formula(c, percent, what):
    info = tcp_info(c)
    window = max(info["snd_cwnd"], info["unacked"]) * info["snd_mss"]
    between(info["pacing_rate"] / (window * 1e6 / info["rtt"]), 0.8 * percent / 100,
            1.25 * percent / 100, what)


def set_ratios(cable, ss, ca):
    for name, value in (("ss", ss), ("ca", ca)):
        if not REFERENCE:
            cable.b.sysctl(f"atcp/pacing_{name}_ratio", value)
        cable.b.sysctl(f"ipv4/tcp_pacing_{name}_ratio", value)


@alone("TCP_INFO tells the rate that fq would keep to: twice the window, then 1.2 times")
def _():
    for ss, ca in ((200, 120), (300, 70)):
        cable = network(delay="20ms")
        set_ratios(cable, ss, ca)
        c, s = connect(cable, algorithm=b"reno")
        # More than the window, so that the rate is looked at on each ACK.
        seconds_of(c, s, 300_000)
        info = tcp_info(c)
        assert info["snd_cwnd"] < info["snd_ssthresh"] // 2, info
        near_formula(c, ss, f"slow start, of a window in a round trip, at {ss}")
        cable.netem("loss", "100%", hosts=(cable.b,))
        loser = Worker(c.sendall, pattern(200_000))
        until(lambda: tcp_info(c)["retransmits"], "a time-out")
        cable.netem("delay", "0ms", hosts=(cable.b,))
        recv_exactly(s, 200_000)
        loser.finish()
        seconds_of(c, s, 400_000)
        info = tcp_info(c)
        assert info["snd_cwnd"] >= info["snd_ssthresh"] // 2, info
        near_formula(c, ca, f"congestion avoidance, at {ca}")
        c.close()
        s.close()
        cable.delete()


@alone("sysctls of the ratios take 0 to 1000")
def _():
    cable = network()
    for name in ("ss", "ca"):
        path = f"{'ipv4/tcp' if REFERENCE else 'atcp/'}{'_' if REFERENCE else ''}pacing_{name}_ratio"
        for value in (0, 1000):
            cable.b.sysctl(path, value)
            equal(cable.b.read(f"/proc/sys/net/{path}").strip(), str(value), path)
        for value in (-1, 1001):
            equal(attempt(cable.b.sysctl, path, value), "EINVAL", path)
    cable.delete()


if __name__ == "__main__":
    main()
