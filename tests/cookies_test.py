#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml
"""SYN cookies: under a flood a peer gets in and memory stays bounded; what comes back is
believed if it was sent, and nothing else is."""

import os
import socket
import threading
from socket import AF_INET, AF_INET6

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, SCALE, alone, equal, fails_with, main,
                      readable, recv_exactly, tcp_info)
from lab import Cable, all_rows
from scripted import FULL, alone_on_atcp
from traffic import Worker, counters, exchange, since
from wire import ACK, FIN, RST, SYN, options
from wire.segment import MSS, SACK_OK, TS, WSCALE, ip_packet, tcp_bytes

FLOOD = max(300, int(3000 * SCALE))
MOST = 8                    # half-open connections of a listener


def set_cookies(host, value, most=MOST):
    host.sysctl("atcp/syncookies", value)
    host.sysctl("atcp/max_syn_backlog", most)


def half_open(host, port):
    with host:
        return sum(r[0][1] == port and r[2] == 3 for r in all_rows(ATCP))


# --- a flood -----------------------------------------------------------------------

SPOOFED = {AF_INET: "10.66.{}.{}", AF_INET6: "fd66::{:x}:{:x}"}


class Flood:
    """SYNs from addresses where nobody is, sent from b of a cable."""

    def __init__(self, cable, family, port):
        self.cable, self.family, self.port = cable, family, port
        self.sent, self.stop = 0, threading.Event()
        to = cable.address(cable.b, family)
        cable.a.ip(f"route add {'10.66.0.0/16' if family == AF_INET else 'fd66::/64'} via {to}")
        with cable.b:
            self.raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def syn(self):
        n = self.sent
        src = SPOOFED[self.family].format(n >> 8 & 255, n & 255)
        dst = self.cable.address(self.cable.a, self.family)
        raw = tcp_bytes(self.family, src, dst, 1024 + n % 60000, self.port, n * 7919, 0, SYN,
                        options=FULL)
        self.raw.sendto(ip_packet(self.family, src, dst, 6, raw), (dst, 0))
        self.sent += 1

    def run(self):
        """Till stop is set, and FLOOD at least."""
        while self.sent < FLOOD or not self.stop.is_set():
            self.syn()


def served(listener, client_socket, address):
    """One client gets in and is understood both ways: the accepted socket's tcp_info."""
    client_socket.connect(address)
    client_socket.sendall(b"hello")
    s, _ = listener.accept()
    equal(recv_exactly(s, 5), b"hello", "what the server read")
    s.sendall(b"well met")
    equal(recv_exactly(client_socket, 8), b"well met", "what the client read")
    info = tcp_info(s)
    s.close()
    client_socket.close()
    return info


# [R4987-COOKIES]
def flooded(family):
    cable = Cable()
    set_cookies(cable.a, 1)
    listener = cable.a.listener(ATCP, family, cable.address(cable.a, family))
    address = listener.getsockname()[:2]
    flood = Flood(cable, family, address[1])
    while half_open(cable.a, address[1]) < MOST:
        flood.syn()
    before = counters(cable.a)
    flooding = Worker(flood.run)
    clients = 0
    while flood.sent < FLOOD or clients < 5:
        info = served(listener, cable.b.socket(LINUX, family), address)
        clients += 1
        assert half_open(cable.a, address[1]) <= MOST + 1, "more half-open than there may be"
        # Timestamps, window scale and SACK: all that the client offers.
        equal(info["options"] & 7, 7, "options that are on")
        assert info["snd_wscale"], "the client's window scale was lost"
    flood.stop.set()
    flooding.finish()
    count = since(before, counters(cable.a))
    assert count["SyncookiesSent"] >= FLOOD // 2, f"{count['SyncookiesSent']} cookies"
    assert count["SyncookiesRecv"] > 0, "no cookie came back"
    equal(count["TCPReqQFullDoCookies"], count["SyncookiesSent"], "SYNs for which there was no place")
    equal(count["SyncookiesFailed"], 0, "cookies that were not believed")
    with cable.a:
        equal([r for r in all_rows(ATCP) if r[2] not in (3, 6, 10)], [], "connections left")
    listener.setblocking(False)
    fails_with("EAGAIN", listener.accept)
    listener.close()
    flood.raw.close()
    cable.delete()


for _f in FAMILIES:
    alone(f"under a flood of SYNs the kernel's TCP gets in, and no more is kept, {FAMILY_NAME[_f]}")(
        lambda f=_f: flooded(f))


# --- with the kernel's TCP -----------------------------------------------------------

def against_kernel(server, client, family, timestamps):
    """Every connection by a cookie of the server's stack; text both ways."""
    cable = Cable()
    for host in (cable.a, cable.b):
        host.sysctl("ipv4/tcp_timestamps", timestamps)
        host.sysctl("ipv4/tcp_syncookies", 2)
        host.sysctl("atcp/syncookies", 2)
        host.sysctl("atcp/timestamps", timestamps)
    before, asked = counters(cable.a, server), counters(cable.b, client)
    for n in range(3):
        c, s = cable.pair(server, client, family)
        exchange(c, s, 200000, n)
        for end in (c, s):
            equal(tcp_info(end)["options"] & 7, 7 if timestamps else 0, "options that are on")
            end.close()
    count = since(before, counters(cable.a, server))
    equal(count["SyncookiesRecv"], 3, "cookies that came back")
    # On a machine that stands still for a second a SYN is sent again, and answered again.
    again = since(asked, counters(cable.b, client))["TCPSynRetrans"]
    assert 3 <= count["SyncookiesSent"] <= 3 + again, (count["SyncookiesSent"], again)
    cable.delete()


for _server, _client in ((ATCP, LINUX), (LINUX, ATCP), (ATCP, ATCP)):
    for _f in FAMILIES:
        for _ts in (1, 0):
            alone(f"each connection by a cookie, server {_server}, client {_client}, {FAMILY_NAME[_f]}, "
                  f"timestamps {'on' if _ts else 'off'}")(
                lambda a=_server, b=_client, f=_f, t=_ts: against_kernel(a, b, f, t))


# --- what comes back, segment by segment ------------------------------------------------

def cookie_of(net, opts=FULL, port=9999, data=b"", flags=0):
    """(peer, SYN,ACK) of a SYN that is answered with a cookie."""
    p = net.peer(port)
    p.send(SYN | flags, data, opts=opts)
    p.seq = p.iss + 1
    seg = p.expect(SYN | ACK, ack=p.iss + 1)
    if TS in seg.options:
        p.ts = (5001, seg.options[TS][0])
    return p, seg


@alone_on_atcp("a cookie is believed, with its options, and its text is read")
def _(net):
    set_cookies(net.host, 2)
    listener = net.listener()
    for port, opts, on in ((1, FULL, 7), (2, options(mss=1460), 0),
                           (3, options(mss=1460, ts=(1, 0)), 1),
                           (4, options(mss=1460, ts=(1, 0), sack_ok=True), 3),
                           (5, options(mss=1460, wscale=3, sack_ok=True), 0), (6, b"", 0)):
        p, seg = cookie_of(net, opts, port)
        equal(half_open(net.host, 80), 0, "connections kept")
        if not on & 1:
            equal(set(seg.options), {MSS}, "options of the SYN,ACK")
        else:
            equal({k for k in seg.options if k != MSS},
                  {TS} | ({SACK_OK} if on & 2 else set()) | ({WSCALE} if on & 4 else set()),
                  "options of the SYN,ACK")
        p.send(ACK, b"text at once")
        s, peer = listener.accept()
        equal(peer[1], port, "who got in")
        equal(s.recv(100), b"text at once", "what was read")
        p.expect(ACK, ack=p.seq)
        info = tcp_info(s)
        equal(info["options"] & 7, on, "options that are on")
        s.send(b"answer")
        equal(p.receive().data, b"answer", "what came")
        s.close()
    listener.close()


@alone_on_atcp("no segment is larger than the MSS that a SYN told, whatever it was")
def _(net):
    set_cookies(net.host, 2)
    listener = net.listener()
    for port, mss in enumerate((64, 100, 535, 536, 537, 1219, 1220, 1300, 1439, 1440, 1459, 1460), 1):
        for opts in (options(mss=mss), options(mss=mss, ts=(1, 0))):
            p, _ = cookie_of(net, opts, port)
            p.send(ACK)
            s, _ = listener.accept()
            s.send(bytes(3000))
            seg = p.receive()
            size = len(seg.data) + len(seg.raw_options)
            assert size <= mss, f"{size} octets, options counted, where the MSS is {mss}"
            if mss in (536, 1220, 1440, 1460) and size < mss:
                # what the network itself allows may be less
                assert mss > 1440 or net.family == AF_INET and mss == 1220, f"only {size} of {mss}"
            s.close()
            p.send(RST, seq=p.seq)
            p.ts = None
            port += 100
    listener.close()


# [R4987-COOKIES]
@alone_on_atcp("an ACK that brings no cookie of ours is answered with RST")
def _(net):
    set_cookies(net.host, 2)
    listener = net.listener()
    listener.setblocking(False)
    before = counters(net.host)["SyncookiesFailed"]
    wrong = 0
    for delta in (1, -1, 1 << 23, 1 << 24, 3 << 24, 1 << 27, 16 << 27, 1 << 31):
        p, seg = cookie_of(net, port=2000 + wrong)
        good = seg.seq + 1
        p.send(ACK, ack=(good + delta) % (1 << 32))
        p.expect(RST, seq=(good + delta) % (1 << 32))
        wrong += 1
    # Another SYN's; another port's; with another note; without timestamps.
    p, seg = cookie_of(net, port=3000)
    p.send(ACK, seq=p.seq + 1)
    p.expect(RST, seq=seg.seq + 1)
    q = net.peer(3001)
    q.ts = p.ts
    q.send(ACK, seq=p.seq, ack=seg.seq + 1)
    q.expect(RST, seq=seg.seq + 1)
    for bit in (1, 8, 16, 32):
        p.send(ACK, opts=options(ts=(5001, seg.options[TS][0] ^ bit)))
        p.expect(RST, seq=seg.seq + 1)
    p.ts = None
    p.send(ACK)
    p.expect(RST, seq=seg.seq + 1)
    fails_with("EAGAIN", listener.accept)
    equal(counters(net.host)["SyncookiesFailed"] - before, wrong + 7, "SyncookiesFailed")
    # A RST or a SYN,ACK with the right number opens nothing; the right ACK still does.
    p.send(RST | ACK)
    p.send(SYN | ACK, seq=p.seq - 1)
    p.expect(RST, seq=seg.seq + 1)
    fails_with("EAGAIN", listener.accept)
    p.ts = (5001, seg.options[TS][0])
    p.send(ACK)
    readable(listener)
    s, _ = listener.accept()
    s.close()
    listener.close()


@alone_on_atcp("where no cookie was sent of late none is looked for")
def _(net):
    set_cookies(net.host, 1)
    listener = net.listener()
    before = counters(net.host)
    p = net.peer()
    for n in range(10):
        p.send(ACK, seq=1000 + n, ack=n << 27, data=b"x")
        p.expect(RST, seq=n << 27)
    count = since(before, counters(net.host))
    equal((count["SyncookiesFailed"], count["SyncookiesSent"]), (0, 0), "cookies")
    # One sent by another listener is none of this one's.
    set_cookies(net.host, 2)
    other = net.listener(81)
    q = net.peer(5, there=81)
    q.send(SYN, opts=FULL)
    q.expect(SYN | ACK)
    p.send(ACK, seq=1, ack=1, data=b"x")
    p.expect(RST, seq=1)
    equal(counters(net.host)["SyncookiesFailed"], before["SyncookiesFailed"], "SyncookiesFailed")
    other.close()
    listener.close()


@alone_on_atcp("switched off, a SYN for which there is no place is dropped")
def _(net):
    set_cookies(net.host, 0)
    listener = net.listener()
    peers = [net.peer(1000 + n) for n in range(MOST + 3)]
    for p in peers:
        p.send(SYN, opts=FULL)
    for p in peers[:MOST]:
        p.expect(SYN | ACK)
    for p in peers[MOST:]:
        p.silence(0.05)
    equal(counters(net.host)["TCPReqQFullDrop"], 3, "TCPReqQFullDrop")
    equal(counters(net.host)["SyncookiesSent"], 0, "SyncookiesSent")
    listener.close()


def kernel_log():
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(fd, 0, os.SEEK_END)

    def new():
        lines = []
        while True:
            try:
                lines.append(os.read(fd, 8192).decode(errors="replace").split(";", 1)[-1])
            except BlockingIOError:
                return [line.strip() for line in lines if "SYN flooding" in line]
            except BrokenPipeError:
                continue
    return new


@alone_on_atcp("the log is told once for a listener, and not where cookies are for all")
def _(net):
    log = kernel_log()
    where = {AF_INET: "0.0.0.0:80", AF_INET6: "[::]:80"}[net.family]
    for value, what in ((1, "Sending cookies"), (0, "Dropping request"), (2, None)):
        set_cookies(net.host, value, 1)
        listener = net.listener()
        for n in range(5):
            net.peer(2000 + n).send(SYN, opts=FULL)
        net.peer(3000).send(ACK, seq=1, ack=1)     # what came before it is through
        net.peer(3000).expect(RST)
        want = [f"atcp: Possible SYN flooding on port {where}. {what}."] if what else []
        equal(log(), want, "the log")
        listener.close()
        net.tun.drain()


@alone_on_atcp("no cookie opens what cannot be accepted: the next text tries again")
def _(net):
    set_cookies(net.host, 2)
    listener = net.listener(backlog=0)
    first, _ = cookie_of(net, port=1)
    second, _ = cookie_of(net, port=2)
    first.send(ACK)
    second.send(ACK)                # one waits, and no more may
    second.send(ACK, b"hello", seq=second.seq)
    second.silence()
    assert counters(net.host)["ListenOverflows"] == 2, "ACKs for which there was no room"
    s, peer = listener.accept()
    equal(peer[1], 1, "who got in")
    s.close()
    second.send(ACK, b"hello")
    second.expect(ACK, ack=second.seq)
    s, peer = listener.accept()
    equal((peer[1], s.recv(10)), (2, b"hello"), "who got in, and what it said")
    s.close()
    listener.close()


@alone_on_atcp("the same ACK once more is that of the connection; of one that ended, it is not believed twice")
def _(net):
    set_cookies(net.host, 2)
    listener = net.listener()
    p, seg = cookie_of(net)
    p.send(ACK)
    s, _ = listener.accept()
    p.send(ACK, seq=p.seq)
    p.send(ACK, b"x")
    p.expect(ACK, ack=p.seq)
    equal(s.recv(10), b"x", "what was read")
    listener.setblocking(False)
    fails_with("EAGAIN", listener.accept)
    s.close()
    p.find(lambda g: g.flags & FIN, "its FIN")
    p.send(ACK | FIN, ack=p.ack)
    p.expect(ACK, ack=p.seq)
    # In TIME-WAIT it is too old.
    p.send(ACK, seq=p.iss + 1, ack=seg.seq + 1)
    fails_with("EAGAIN", listener.accept)
    listener.close()


@alone_on_atcp("a SYN that ends TIME-WAIT is kept, cookies or not")
def _(net):
    listener = net.listener()
    p = net.peer()
    p.ts = None
    p.connect(FULL)
    s, _ = listener.accept()
    s.close()
    p.expect(ACK | FIN)
    p.ts = (5100, p.ts[1])
    p.send(ACK | FIN, ack=p.ack)
    p.expect(ACK)
    set_cookies(net.host, 2)
    before = counters(net.host)["SyncookiesSent"]
    q = net.peer(iss=p.seq + 1000)
    q.send(SYN, opts=options(mss=1460, wscale=7, sack_ok=True, ts=(9000, 0)))
    q.expect(SYN | ACK)
    equal(half_open(net.host, 80), 1, "connections kept")
    equal(counters(net.host)["SyncookiesSent"] - before, 0, "SyncookiesSent")
    listener.close()


@alone_on_atcp("a cookie sent by one of an SO_REUSEPORT group is good for its next")
def _(net):
    set_cookies(net.host, 2)
    reuse = (socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    one = net.listener(options=[reuse])
    waiting = [cookie_of(net, port=1000 + n) for n in range(4)]
    two = net.listener(options=[reuse])
    one.close()
    for p, _ in waiting:
        p.send(ACK, b"hello")
        p.expect(ACK, ack=p.seq)
        s, _ = two.accept()
        equal(s.recv(10), b"hello", "what was read")
        s.close()
    two.close()


@alone_on_atcp("garbage for options, text and FIN on SYN and ACK: answered as they are without")
def _(net):
    set_cookies(net.host, 2)
    listener = net.listener()
    junk = (b"\2\4\0\0", b"\3\3\377\1", b"\10\12" + b"\1" * 6, b"\2\50", b"\42\12abcdefgh",
            b"\376\14\371\211abcdefgh", b"\4\2\5\12" + b"\7" * 8 + b"\1\1")
    for n, opts in enumerate(junk):
        p, seg = cookie_of(net, opts, 1000 + n, data=b"t" * n, flags=FIN if n & 1 else 0)
        equal(set(seg.options), {MSS}, "options of the SYN,ACK")
        p.send(ACK | FIN, b"end", opts=opts)
        p.expect(ACK, ack=p.seq)
        s, _ = listener.accept()
        equal(s.recv(10), b"end", "what was read")
        equal(s.recv(10), b"", "what was read after it")
        s.close()
    listener.close()


if __name__ == "__main__":
    main()
