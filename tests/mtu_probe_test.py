#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Path MTU probing over a router that cannot carry large packets and does not say so: with
mtu_probing a connection finds out what passes."""

from atcptest import SCALE, equal, fails_with, main, pattern, tcp_info, until
from router import HEADERS, TS, each_way, of_atcp, setting
from traffic import Worker, counters, digest, digest_until_end, send_and_end, since

NARROW = 1300           # more than IPv6's least
SIZE = max(400 << 10, int((2 << 20) * SCALE))


def fits(family, mtu=NARROW):
    """Octets of text in the largest packet that passes."""
    return mtu - HEADERS[family] - TS


def transfer(s, r, size=SIZE):
    data = pattern(size)
    reader, writer = Worker(digest_until_end, r), Worker(send_and_end, s, data)
    writer.finish()
    equal(reader.finish(), (size, digest(data)), "text")


# [R4821-BLACKHOLE]
@each_way("a black hole: after a few time-outs text goes on in segments that pass")
def _(path, sender, receiver, family):
    path.narrow(NARROW)
    path.black_hole()
    path.hurry()
    setting(path.near, sender, "mtu_probing", 1)
    s, r = path.pair(sender, receiver, family)
    equal(tcp_info(s)["snd_mss"], fits(family, 1500), "before it is known")
    before = counters(path.near, sender)
    transfer(s, r)
    mss = tcp_info(s)["snd_mss"]
    assert 400 < mss <= fits(family), f"segments of {mss}"
    new = since(before, counters(path.near, sender))
    assert new["TCPTimeouts"] >= 1, new["TCPTimeouts"]


@each_way("a black hole without probing: nothing passes, and the segments stay large")
def _(path, sender, receiver, family):
    path.narrow(NARROW)
    path.black_hole()
    path.hurry()
    s, r = path.pair(sender, receiver, family)
    s.send(pattern(20000))
    until(lambda: tcp_info(s)["backoff"] >= 4, "four time-outs")
    info = tcp_info(s)
    equal((info["snd_mss"], info["bytes_acked"]), (fits(family, 1500), info["bytes_acked"]), "mss")
    r.setblocking(False)
    fails_with("EAGAIN", r.recv, 1)


# [R4821-RANGE]
@of_atcp("always probing a narrow path: what passes is found")
def _(path, sender, receiver, family):
    path.narrow(NARROW)
    path.black_hole()
    for cable in (path.first, path.second):     # each packet behind a hole has its ACK
        cable.one_segment_a_packet()
    setting(path.near, sender, "mtu_probing", 2)
    s, r = path.pair(sender, receiver, family)
    equal(tcp_info(s)["snd_mss"], 1024, "base_mss")
    transfer(s, r)
    info = tcp_info(s)
    assert fits(family) - 8 < info["snd_mss"] <= fits(family), info["snd_mss"]
    count = counters(path.near, sender)
    assert count["TCPMTUPFail"] >= 1 and count["TCPMTUPSuccess"] >= 1, count
    equal((count["TCPTimeouts"], count["TCPSackRecovery"]), (0, 0), "time-outs and recoveries")


# [R4821-RESCALE]
@each_way("always probing a wide path: segments grow to what it carries, none is lost")
def _(path, sender, receiver, family):
    setting(path.near, sender, "mtu_probing", 2)
    s, r = path.pair(sender, receiver, family)
    equal(tcp_info(s)["snd_mss"], 1024, "base_mss")
    transfer(s, r)
    info = tcp_info(s)
    assert fits(family, 1500) - 16 < info["snd_mss"] <= fits(family, 1500), info["snd_mss"]
    count = counters(path.near, sender)
    equal((count["TCPMTUPFail"], count["TCPMTUPSuccess"] > 3, count["TCPSackRecovery"]), (0, True, 0),
          "probes, and recoveries")
    # A machine that stands still for a while lets a timer of the sender's run out.
    assert info["total_retrans"] <= count["TCPLossProbes"] + count["TCPTimeouts"], (info, count)


# [R4821-PTB]
@each_way("a router that does tell: its word bounds the search")
def _(path, sender, receiver, family):
    path.narrow(NARROW)
    setting(path.near, sender, "mtu_probing", 2)
    s, r = path.pair(sender, receiver, family)
    transfer(s, r)
    mss = tcp_info(s)["snd_mss"]
    assert 1024 <= mss <= fits(family), mss
    if sender.is_atcp:
        equal(tcp_info(s)["pmtu"], NARROW, "TCP_INFO's path MTU")


@each_way("base_mss and mtu_probe_floor are where the search begins and how far it falls")
def _(path, sender, receiver, family):
    path.narrow(NARROW)
    path.black_hole()
    path.hurry()
    for name, value in (("mtu_probing", 1), ("base_mss", 1400), ("mtu_probe_floor", 900)):
        setting(path.near, sender, name, value)
    s, r = path.pair(sender, receiver, family)
    transfer(s, r, 100000)
    mss = tcp_info(s)["snd_mss"]
    assert 900 <= mss <= fits(family), mss


if __name__ == "__main__":
    main()
