#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""net.atcp takes what is in range and nothing else, for its own namespace."""

import os
import socket

from atcptest import (ATCP, CLONE_NEWNET, SCALE, alone, attempt, equal, fails_with, libc, main,
                      until)
from lab import Host
from traffic import Worker, counters

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Documentation",
                      "sysctl.md")
RANGES = {
    "msl_ms": (1, 600000), "rto_min_ms": (1, 60000), "rto_max_ms": (1000, 3600000),
    "delack_ms": (0, 499), "user_timeout_ms": (0, 2147483647), "fin_timeout": (0, 86400),
    "keepalive_time": (1, 24 * 86400), "keepalive_intvl": (1, 32767),
    "keepalive_probes": (1, 127), "syn_retries": (1, 127), "synack_retries": (0, 127),
    "retries1": (1, 255), "retries2": (1, 255), "challenge_ack_limit": (1, 255),
    "timestamps": (0, 1), "window_scaling": (0, 1), "sack": (0, 1), "dsack": (0, 1),
    "rfc1337": (0, 1), "tw_reuse": (0, 1), "moderate_rcvbuf": (0, 1),
    "ecn": (0, 5), "ecn_fallback": (0, 1), "ecn_option": (0, 3), "ecn_option_beacon": (0, 3),
    "recovery": (0, 7), "early_retrans": (0, 4), "frto": (0, 2),
    "pacing_ss_ratio": (0, 1000), "pacing_ca_ratio": (0, 1000),
    "max_orphans": (0, 2147483647), "max_tw_buckets": (0, 2147483647),
    "max_syn_backlog": (1, 2147483647), "abort_on_overflow": (0, 1), "syncookies": (0, 2),
    "fastopen": (0, 2147483647), "fastopen_blackhole_timeout_sec": (0, 2147483647),
    "mem_kb": (64, 2147483647),
    "mtu_probing": (0, 2), "base_mss": (48, 65535), "min_snd_mss": (48, 65535),
    "mtu_probe_floor": (48, 65535), "probe_threshold": (1, 65535), "probe_interval": (1, 86400),
    "user_timeout_option": (0, 1), "user_timeout_lower": (1, 2147483),
    "user_timeout_upper": (1, 2147483),
    "no_metrics_save": (0, 1), "no_ssthresh_metrics_save": (0, 1),
}
OTHERS = {"rmem", "wmem", "congestion_control", "available_congestion_control", "fastopen_key"}


def sysctl(name, value=None):
    path = f"/proc/sys/net/atcp/{name}"
    if value is None:
        with open(path, encoding="ascii") as f:
            return f.read().strip()
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, f"{value}\n".encode())
    finally:
        os.close(fd)
    return None


def manual():
    """[(name, default, range)] as people are told, "" where they are not."""
    rows = []
    with open(MANUAL, encoding="ascii") as f:
        for line in f:
            if line.startswith("| `"):
                names, default, values, _ = (word.strip() for word in line.split("|")[1:5])
                rows += [(name.strip("`"), default, values) for name in names.split(", ")]
    return rows


@alone("sysctls: names, defaults and ranges are those of the manual")
def _():
    host = Host()
    with host:
        equal({name for name, _, _ in manual()}, set(RANGES) | OTHERS, "names")
        for name, default, values in manual():
            if default:
                equal(sysctl(name), default, f"{name} at first")
            if values:
                least, most = RANGES[name]
                equal(values, f"{least} to {most}" if most > 1 else "0, 1", f"range of {name}")
    host.delete()


@alone("sysctls: each has its range; what is outside gives EINVAL and changes nothing")
def _():
    host = Host()
    with host:
        names = set(os.listdir("/proc/sys/net/atcp"))
        equal(names - OTHERS, set(RANGES), "the numbers that there are")
        for name, (least, most) in RANGES.items():
            was = sysctl(name)
            assert least <= int(was) <= most, f"{name} is {was} at first"
            wrong = {least - 1, most + 1, -1, -2147483648, 1 << 31, 1 << 32, 1 << 63, "x", "1x"}
            for bad in wrong:
                if isinstance(bad, int) and least <= bad <= most:
                    continue
                got = attempt(sysctl, name, bad)
                equal(got, "EINVAL", f"{name}={bad}")
                equal(sysctl(name), was, f"{name} after {bad}")
            if name in ("rto_min_ms", "rto_max_ms"):
                continue
            others = {other: sysctl(other) for other in RANGES if other != name}
            for good in (least, most, (least + most) // 2, int(was)):
                sysctl(name, good)
                equal(sysctl(name), str(good), name)
            equal({other: sysctl(other) for other in others}, others, f"others after {name}")
    host.delete()


@alone("sysctls: the least RTO is not above the greatest")
def _():
    host = Host()
    with host:
        sysctl("rto_max_ms", 5000)
        fails_with("EINVAL", sysctl, "rto_min_ms", 5001)
        sysctl("rto_min_ms", 5000)
        fails_with("EINVAL", sysctl, "rto_max_ms", 4999)
        sysctl("rto_min_ms", 1)
        sysctl("rto_max_ms", 1000)
        equal((sysctl("rto_min_ms"), sysctl("rto_max_ms")), ("1", "1000"), "least and greatest")
    host.delete()


@alone("sysctls: buffers in order, congestion control by name")
def _():
    host = Host()
    with host:
        for name in ("rmem", "wmem"):
            was = sysctl(name)
            equal(len(was.split()), 3, name)
            for bad in ("4096 2048 8192", "4096 8192 6000", "0 1 2", "-1 4096 8192",
                        "4096 8192 99999999999", "x"):
                equal(attempt(sysctl, name, bad), "EINVAL", f"{name}={bad}")
                equal(sysctl(name).split(), was.split(), f"{name} after {bad}")
            sysctl(name, "8192 20000 3000000")
            equal(sysctl(name).split(), ["8192", "20000", "3000000"], name)
        sysctl("rmem", "4096 50000 6000000")
        s = ATCP.socket()
        equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF), 50000, "SO_RCVBUF")
        equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), 20000, "SO_SNDBUF")
        s.close()
        names = sysctl("available_congestion_control").split()
        assert "reno" in names and sysctl("congestion_control") in names, names
        for name in names:
            sysctl("congestion_control", name)
            s = ATCP.socket()
            got = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
            equal(got.rstrip(b"\0").decode(), name, "TCP_CONGESTION")
            s.close()
        equal(attempt(sysctl, "congestion_control", "nobody"), "ENOENT", "an unknown one")
    host.delete()


@alone("sysctls are a namespace's own, and new ones begin with the defaults")
def _():
    one, two = Host(), Host()
    with one:
        first = {name: sysctl(name) for name in RANGES}
        sysctl("msl_ms", 1234)
        sysctl("timestamps", 0)
    with two:
        equal({name: sysctl(name) for name in RANGES}, first, "values of the other")
    three = Host()
    with three:
        equal({name: sysctl(name) for name in RANGES}, first, "values of a new one")
        c, s = ATCP.pair()
        equal(bool(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[5] & 1), True,
              "timestamps")
        c.close()
        s.close()
    with one:
        c, s = ATCP.pair()
        equal(bool(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[5] & 1), False,
              "timestamps")
        c.close()
        s.close()
        equal(sysctl("msl_ms"), "1234", "msl_ms")
    for host in (one, two, three):
        host.delete()


@alone("sysctls: switches act on new connections")
def _():
    host = Host()
    with host:
        for name, bit in (("timestamps", 1), ("sack", 2), ("window_scaling", 4)):
            for value in (0, 1):
                sysctl(name, value)
                c, s = ATCP.pair()
                for end in (c, s):
                    got = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)[5]
                    equal(bool(got & bit), bool(value), f"{name}={value}")
                    end.close()
        # TIME-WAIT of 2 MSL.
        sysctl("msl_ms", 20)
        c, s = ATCP.pair()
        c.close()
        s.recv(1)
        s.close()
        until(lambda: counters(host)["AtcpTimeWaitExpired"] >= 1, "TIME-WAIT is over")
        sysctl("max_tw_buckets", 0)
        before = counters(host)["TCPTimeWaitOverflow"]
        c, s = ATCP.pair()
        c.close()
        s.recv(1)
        s.close()
        until(lambda: counters(host)["TCPTimeWaitOverflow"] > before, "no room for TIME-WAIT")
    host.delete()


@alone("sysctls: two writers of different switches lose nothing")
def _():
    host = Host()
    with host:
        def flip(name, last):
            assert not libc.setns(host.fd, CLONE_NEWNET)
            for n in range(max(50, int(500 * SCALE)) | 1):
                sysctl(name, n & 1 ^ last)
        names = {"timestamps": 0, "sack": 1, "dsack": 0, "window_scaling": 1}
        for worker in [Worker(flip, name, last) for name, last in names.items()]:
            worker.finish()
        equal({name: int(sysctl(name)) for name in names}, names, "after the last write of each")
    host.delete()


if __name__ == "__main__":
    main()
