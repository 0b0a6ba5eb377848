#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml
# vm-args: --virtual-time
# timeout: 400
"""Connections long and fat, and long lived: more than 4 GiB, sequence numbers that wrap amid
losses, windows up to 1 GiB, a window closed for hours, hours of silence.  In virtual time."""

import socket
import struct
import time

from atcptest import (AF_INET, ATCP, PAIRINGS, Pairing, alone, equal, hang_limit, main, pattern,
                      recv_exactly, send_all, state, tcp_info)
from lab import Cable, Host
from scripted import Net
from traffic import Worker, counters, digest, exchange, know_neighbours
from wire import ACK, SYN, WSCALE, options

MOD = 1 << 32
HOUR = 3600
GIB = 1 << 30
SOL_SOCKET = socket.SOL_SOCKET


def each_pairing(name, pairings=PAIRINGS):
    def add(func):
        for server, client in pairings:
            def run(pairing=Pairing(server, client)):
                hang_limit(1000 * HOUR)
                func(pairing)
            alone(f"{name}, server {server}, client {client}")(run)
        return func
    return add


def with_cable(func):
    def run(pairing):
        cable = Cable()
        try:
            know_neighbours(cable)
            func(pairing, cable)
        finally:
            cable.delete()
    return run


def say(a, b, text):
    """One end says something that the other hears, and the other answers."""
    for one, other in ((a, b), (b, a)):
        send_all(one, text)
        equal(recv_exactly(other, len(text)) == text, True, "text")


# --- more than 4 GiB -------------------------------------------------------------------

BLOCK = pattern(7919 * 1024)            # no divisor of any buffer's size


def send_blocks(sock, total):
    view = memoryview(BLOCK)
    while total:
        n = min(total, len(view))
        sock.sendall(view[:n])
        total -= n
    sock.shutdown(socket.SHUT_WR)


def compare_blocks(sock):
    """Octets until the end, each compared with what was sent."""
    room = bytearray(1 << 20)
    view, want, at, total = memoryview(room), memoryview(BLOCK), 0, 0
    while True:
        n = sock.recv_into(view, min(len(room), len(BLOCK) - at))
        if not n:
            return total
        assert view[:n] == want[at:at + n], f"wrong text within {n} octets from {total}"
        at = (at + n) % len(BLOCK)
        total += n


@each_pairing("more than 4 GiB: every octet is compared", PAIRINGS[:1])
def _(pairing):
    size = 4 * GIB + (200 << 20)
    with Host():
        c, s = pairing.pair()
    reader = Worker(compare_blocks, s)
    send_blocks(c, size)
    equal(reader.finish(), size, "octets")
    equal(tcp_info(c)["bytes_acked"] - size in (0, 1, 2), True, "octets acknowledged")


# --- the wrap ----------------------------------------------------------------------------

def isn_of_syn(tap):
    while True:
        packet = tap.recv(200)
        head = (packet[0] & 15) * 4
        if packet[0] >> 4 == 4 and packet[9] == 6 and packet[head + 13] & 2 and not packet[head + 13] & 16:
            return struct.unpack_from("!I", packet, head + 4)[0]


def connect_from(cable, stack, port, to):
    c = cable.b.socket(stack)
    c.setsockopt(SOL_SOCKET, socket.SO_REUSEADDR, 1)
    c.bind((cable.address(cable.b), port))
    c.connect(to)
    return c


@each_pairing("sequence numbers wrap amid losses, with timestamps: all text arrives, both ways")
@with_cable
def _(pairing, cable):
    before = 300000                     # octets before the wrap
    cable.one_segment_a_packet()        # some of so many are lost, for sure
    listener = cable.a.listener(pairing.server, address=cable.address(cable.a))
    to = listener.getsockname()[:2]
    with cable.b:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        tap.bind((cable.device, 3))     # all protocols: others do not see what is sent
        tap.settimeout(60)
    # RFC 6528: the ISS of one pair of ends moves by one in 4 us (64 ns in Linux), so look, and
    # wait until it is where it is wanted.
    per_second = 250000 if pairing.client.is_atcp else 1e9 / 64
    for _ in range(8):
        c = connect_from(cable, pairing.client, 4567, to)
        s, _ = listener.accept()
        away = (MOD - before - isn_of_syn(tap)) % MOD
        if (MOD - away) % MOD < before // 2:        # there, or a little beyond
            break
        c.setsockopt(SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.close()
        s.close()
        time.sleep(away / per_second)
    else:
        raise AssertionError(f"the ISS is still {away} away")
    cable.netem("delay", "2ms", "1ms", "loss", "1%", "duplicate", "1%", "limit", "10000")
    exchange(c, s, 3 << 20)
    assert tcp_info(c)["bytes_acked"] > 2 * before, "it did not wrap"
    for host, stack in ((cable.a, pairing.server), (cable.b, pairing.client)):
        assert counters(host, stack)["RetransSegs"] > 0, "nothing was lost"


# --- windows -------------------------------------------------------------------------------

@each_pairing("a peer's window of 1 GiB, and ours: a shift of 14, and all of the field", PAIRINGS[:1])
def _(_pairing):
    net = Net(ATCP, AF_INET)
    try:
        net.host.sysctl("atcp/rmem", f"4096 131072 {GIB - 1}")
        listener = net.listener()
        listener.setsockopt(SOL_SOCKET, 33, GIB - 1)        # SO_RCVBUFFORCE
        p = net.peer()
        p.send(SYN, opts=options(mss=1460, wscale=14))
        seg = p.expect(SYN | ACK)
        equal((seg.options[WSCALE], seg.window), (14, 65535), "shift and window of the SYN,ACK")
        p.send(ACK, window=65535)
        s, _ = listener.accept()
        equal(tcp_info(s)["snd_wnd"], 65535 << 14, "SND.WND")
        p.send(ACK, b"x" * 1000)
        seg = p.receive()
        assert seg.window >= 65534, f"the window of an ACK: {seg.window}"
        equal(recv_exactly(s, 1000), b"x" * 1000, "text")
        # far ahead in the window, and the hole before it
        p.send(ACK, b"far", seq=(p.seq + 1000000000) % MOD)
        equal(p.receive().ack, p.seq, "a duplicate ACK")
        p.send(ACK, b"near")
        equal(recv_exactly(s, 4), b"near", "text")
    finally:
        net.close()


def wide(host, stack, octets):
    family = "atcp/{}" if stack.is_atcp else "ipv4/tcp_{}"
    for name in ("rmem", "wmem"):
        host.sysctl(family.format(name), f"4096 131072 {octets}")


@each_pairing("a path of two seconds: windows grow as the buffers allow, and text is as it was")
@with_cable
def _(pairing, cable):
    most = 16 << 20
    wide(cable.a, pairing.server, 2 * most)
    wide(cable.b, pairing.client, 2 * most)
    cable.netem("delay", "1s", "limit", "100000")
    c, s = cable.pair(pairing.server, pairing.client)
    reader = Worker(compare_blocks, s)
    began = time.monotonic()
    size = 80 << 20
    send_blocks(c, size)
    equal(reader.finish(), size, "octets")
    rounds = (time.monotonic() - began) / 2
    info = tcp_info(c)
    assert info["rtt"] > 1900000, info["rtt"]
    assert info["snd_wnd"] > 8 << 20, f"a window of {info['snd_wnd']}"
    # In virtual time: whatever the machine's load.
    assert rounds < 60, f"{rounds} round trips"
    assert info["total_retrans"] <= 2, f"{info['total_retrans']} retransmissions"   # SYNs


# --- long silence ------------------------------------------------------------------------

@each_pairing("a window closed for three hours: probed all the time, never given up, then opened")
@with_cable
def _(pairing, cable):
    c, s = cable.pair(pairing.server, pairing.client)
    for reader, writer in ((s, c), (c, s)):
        data = pattern(6 << 20, 5)
        job = Worker(send_all, writer, data)
        time.sleep(3 * HOUR)
        equal((state(c), state(s)), ("ESTABLISHED", "ESTABLISHED"), "states")
        equal(job.is_alive(), True, "the writer waits")
        got = recv_exactly(reader, len(data))
        job.finish()
        equal(digest(got), digest(data), "text")
    for host, stack in ((cable.a, pairing.server), (cable.b, pairing.client)):
        if stack.is_atcp:               # one in two minutes
            assert counters(host, stack)["TCPWinProbe"] > 85, counters(host)["TCPWinProbe"]


@each_pairing("ten hours of silence, as keep-alive has it: the peer's answers keep the connection")
@with_cable
def _(pairing, cable):
    c, s = cable.pair(pairing.server, pairing.client)
    c.setsockopt(SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    say(c, s, b"before")
    time.sleep(10 * HOUR)
    equal((state(c), state(s)), ("ESTABLISHED", "ESTABLISHED"), "states")
    if pairing.client.is_atcp:
        equal(counters(cable.b)["TCPKeepAlive"], 4, "probes, one in two hours")
    say(c, s, b"after")


if __name__ == "__main__":
    main()
