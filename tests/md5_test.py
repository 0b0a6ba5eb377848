#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""RFC 2385: the MD5 signature option, against the kernel's TCP and its socket options."""

import hashlib
import select
import socket
import struct

from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, HANG, LINUX, LOOPBACK, alone, attempt,
                      differential, equal, main, pairs, pattern, poll, reach, recv_exactly,
                      send_all, state, until)
from lab import Cable, all_rows
from scripted import alone_on_atcp
from signed import (IFINDEX, MD5, MD5SIG, MD5SIG_EXT, PREFIX, TCP, Counted, Wire, forge,
                    md5_digest, md5sig, set_md5)
from traffic import counters, since
from wire import ACK, FIN, PSH, RST, SYN, Segment, options

KEY = b"a key of BGP's"
OTHER = {AF_INET: "192.0.2.1", AF_INET6: "2001:db8::1"}


def listener(stack, family, key=KEY, peer=None, **more):
    s = stack.listener(family)
    if key:
        set_md5(s, peer or LOOPBACK[family], key, **more)
    return s


def caller(stack, family, key=KEY, peer=None, **more):
    s = stack.socket(family, socket.SOCK_NONBLOCK)
    if key:
        set_md5(s, peer or LOOPBACK[family], key, **more)
    return s


def join(server, client):
    """Connects the two sockets: (client's end, server's end)."""
    attempt(client.connect, server.getsockname()[:2])
    assert poll(client, select.POLLOUT), "never connected"
    equal(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0, "SO_ERROR")
    client.setblocking(True)
    s, _ = server.accept()
    return client, s


def pair(pairing, family, **more):
    server = listener(pairing.server, family, **more)
    c, s = join(server, caller(pairing.client, family, **more))
    server.close()
    return c, s


def exchange(c, s, n, seed=0):
    """n octets each way, exact."""
    import threading
    for a, b in ((c, s), (s, c)):
        text = pattern(n, seed)
        thread = threading.Thread(target=send_all, args=(a, text))
        thread.start()
        got = recv_exactly(b, n)
        thread.join()
        equal(hashlib.sha1(got).hexdigest(), hashlib.sha1(text).hexdigest(), "text")


# --- the socket options ------------------------------------------------------------


@differential("setsockopt: lengths, families, keys, prefixes, and the errno", FAMILIES)
def _(st, log, family):
    here = LOOPBACK[family]
    other = AF_INET6 if family == AF_INET else AF_INET
    for name in (MD5SIG, MD5SIG_EXT):
        s = st.socket(family)
        good = md5sig(family, here, KEY)
        for n in (0, 3, 4, 100, len(good) - 1, len(good) + 8):
            log(name, "length", n, attempt(s.setsockopt, TCP, name, good.ljust(300)[:n]))
        log(name, "delete, not there", attempt(s.setsockopt, TCP, name, md5sig(family, OTHER[family], b"")))
        log(name, "delete", attempt(s.setsockopt, TCP, name, md5sig(family, here, b"")))
        log(name, "again", attempt(s.setsockopt, TCP, name, md5sig(family, here, b"")))
        log(name, "other family", attempt(s.setsockopt, TCP, name, md5sig(other, LOOPBACK[other], KEY)))
        log(name, "no family", attempt(s.setsockopt, TCP, name, bytes(len(good))))
        for n in (1, 80, 81, 65535):            # [R2385-KEYLEN]
            log(name, "key of", n, attempt(s.setsockopt, TCP, name,
                                          md5sig(family, here, b"k" * 80, length=n)))
        log(name, "get", attempt(s.getsockopt, TCP, name, 300))
        s = st.socket(family)
        for flags in (0, PREFIX, IFINDEX, PREFIX | IFINDEX, 0xfc):
            for prefix in (0, 8, 32, 33, 128, 129):
                for ifindex in (0, 1, 9999):
                    what = name, "flags", flags, "prefix", prefix, "device", ifindex
                    for key in (KEY, b"another", b"", b""):
                        log(*what, key, attempt(s.setsockopt, TCP, name, md5sig(
                            family, here, key, flags, prefix, ifindex)))


@differential("setsockopt: mapped addresses, and every state")
def _(st, log):
    s = st.socket(AF_INET6)
    for prefix in (0, 32, 33, 128):
        for address in ("::ffff:127.0.0.1", "::1"):
            for key in (KEY, b"", b""):
                log(prefix, address, key, attempt(s.setsockopt, TCP, MD5SIG_EXT,
                                                  md5sig(AF_INET6, address, key, PREFIX, prefix)))
    for name in ("new", "listening", "connected"):
        s = {"new": st.socket, "listening": st.listener, "connected": lambda: st.pair()[0]}[name]()
        for key in (KEY, KEY, b"x", b"", b""):
            log(name, key, attempt(s.setsockopt, TCP, MD5SIG, md5sig(AF_INET, "127.0.0.1", key)))


@differential("keys in number: what a socket may hold", FAMILIES)
def _(st, log, family):
    s = st.socket(family)
    results = set()
    for i in range(64):
        address = f"10.0.0.{i + 1}" if family == AF_INET else f"2001:db8::{i + 1:x}"
        results.add(attempt(set_md5, s, address, KEY))
    log(*results)
    for i in reversed(range(64)):
        address = f"10.0.0.{i + 1}" if family == AF_INET else f"2001:db8::{i + 1:x}"
        log(attempt(set_md5, s, address, b""))


# --- text ----------------------------------------------------------------------------


@pairs("a megabyte each way, exact", FAMILIES)
def _(p, log, family):
    c, s = pair(p, family)
    exchange(c, s, 1 << 20)
    c.close()
    equal(s.recv(1), b"", "end")
    s.close()


@pairs("a key given later, replaced and taken away, at both ends", FAMILIES)
def _(p, log, family):
    c, s = pair(p, family, key=None)
    for key in (KEY, b"k", b"x" * 80, b""):
        for end in (c, s):
            set_md5(end, LOOPBACK[family], key)
        exchange(c, s, 20000)
    c.close()
    equal(s.recv(1), b"", "end")


@pairs("mapped: an IPv6 listener, a key for an IPv4 peer")
def _(p, log, family):
    server = p.server.listener(AF_INET6, address="::ffff:127.0.0.1")
    set_md5(server, "::ffff:127.0.0.1", KEY)
    c = caller(p.client, AF_INET)
    attempt(c.connect, ("127.0.0.1", server.getsockname()[1]))
    assert poll(c, select.POLLOUT)
    c.setblocking(True)
    s, _ = server.accept()
    exchange(c, s, 50000)


@pairs("the longest prefix decides", FAMILIES)
def _(p, log, family):
    server = p.server.listener(family)
    wide = 8 if family == AF_INET else 0
    set_md5(server, LOOPBACK[family], b"wrong", flags=PREFIX, prefix=0)
    set_md5(server, LOOPBACK[family], KEY, flags=PREFIX, prefix=wide + 1)
    set_md5(server, LOOPBACK[family], b"wrong", flags=PREFIX, prefix=wide)
    c, s = join(server, caller(p.client, family, flags=PREFIX, prefix=wide))
    exchange(c, s, 50000)


# --- what the wire sees ----------------------------------------------------------------


def all_signed(segments, key=KEY):
    for segment in segments:
        assert segment.options.get(MD5) == md5_digest(segment, key), f"{segment} is not signed"
        assert len(segment.raw_options) <= 40


def kinds(segments, port):
    return {("server" if s.sport == port else "client",
             "RST" if s.flags & RST else "SYN" if s.flags & SYN else "FIN" if s.flags & FIN else
             "text" if s.data else "ACK") for s in segments}


@pairs("every segment is signed: SYN to FIN", FAMILIES)      # [R2385-SIGN] [R2385-DIGEST]
def _(p, log, family):
    server = listener(p.server, family)
    port = server.getsockname()[1]
    with Wire(port) as seen:
        c, s = join(server, caller(p.client, family))
        exchange(c, s, 100000)
        c.close()
        equal(s.recv(1), b"", "end")
        s.close()
        until(lambda: [x for x in list(seen.segments) if x.flags & FIN and x.sport == port],
              "FIN")
        until(lambda: seen.segments[-1].sport != port, "its ACK")
    all_signed(seen.segments)
    found = kinds(seen.segments, port)
    for side in ("server", "client"):
        for kind in ("SYN", "text", "FIN"):
            assert (side, kind) in found, f"no {kind} of the {side}"
    for x in seen.segments:
        if x.flags & SYN:           # [R2385-TS]: SACK blocks would find no room
            assert 8 not in x.options and 4 in x.options, x
        # [R2385-MSS]: an aggregate could not be signed
        assert len(x.data) + len(x.raw_options) + 20 <= 65536 - 20


@pairs("an abort is signed", FAMILIES)
def _(p, log, family):
    for end in ("client", "server"):
        server = listener(p.server, family)
        port = server.getsockname()[1]
        with Wire(port) as seen:
            c, s = join(server, caller(p.client, family))
            a, b = (c, s) if end == "client" else (s, c)
            a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            a.close()
            reach(b, "CLOSED")
            log(end, attempt(b.recv, 1))
        all_signed(seen.segments)
        assert (end, "RST") in kinds(seen.segments, port)


@pairs("a segment for a connection that has gone: its RST, in TIME-WAIT too", FAMILIES)
def _(p, log, family):
    server = listener(p.server, family)
    port = server.getsockname()[1]
    with Wire(port) as seen:
        c, s = join(server, caller(p.client, family))
        mine = c.getsockname()[1]
        c.close()                       # the client goes to TIME-WAIT
        equal(s.recv(1), b"", "end")
        s.close()
        until(lambda: [x for x in list(seen.segments) if x.flags & FIN and x.sport == port],
              "FIN")
        fin = [x for x in list(seen.segments) if x.flags & FIN and x.sport == port][-1]
        n = len(seen.segments)
        # The same again, with its own digest: it is answered.
        sign = struct.pack("!BBBB", 1, 1, MD5, 18) + fin.options[MD5]
        equal(fin.raw_options[:len(sign)], sign, "options of the FIN")
        forge(family, port, mine, fin.seq, fin.ack, fin.flags, options=fin.raw_options,
              window=fin.window)
        until(lambda: [x for x in seen.segments[n:] if x.sport == mine], "an answer")
    all_signed([x for x in seen.segments if x.sport == mine])


# --- who is not believed -----------------------------------------------------------------


def seq_le(a, b):
    return (b - a) % (1 << 32) < 1 << 31


def nothing_through(p, log, family, ours, theirs, counter):
    """A listener with a key, a caller with another: who counts what, and nothing gets through."""
    server = listener(p.server, family, key=ours)
    count = Counted(p.server)
    c = caller(p.client, family, key=theirs)
    attempt(c.connect, server.getsockname()[:2])
    count.reaches(counter)
    log(counter, state(c), poll(server, select.POLLIN, 0.1))
    c.close()
    server.close()


@pairs("another key at the other end: nothing gets through", FAMILIES)    # [R2385-VERIFY]
def _(p, log, family):
    nothing_through(p, log, family, KEY, b"A key of BGP's", "TCPMD5Failure")


@pairs("a key that is longer at the other end", FAMILIES)
def _(p, log, family):
    nothing_through(p, log, family, KEY, KEY + b"\0", "TCPMD5Failure")


@pairs("no key at the other end", FAMILIES)
def _(p, log, family):
    nothing_through(p, log, family, KEY, None, "TCPMD5NotFound")


@pairs("a key at the other end only", FAMILIES)
def _(p, log, family):
    nothing_through(p, log, family, None, KEY, "TCPMD5Unexpected")


@pairs("a caller with a key, a listener without: the RST or SYN,ACK is not believed")
def _(p, log, family):
    server = listener(p.server, family, peer=OTHER[family])     # a key, but for others
    count = Counted(p.server)
    c = caller(p.client, family)
    attempt(c.connect, server.getsockname()[:2])
    count.reaches("TCPMD5Unexpected")
    log(state(c))


@pairs("forgeries: without a digest, with a wrong one, with two", FAMILIES)   # [R2385-SILENT]
def _(p, log, family):
    server = listener(p.server, family)
    port = server.getsockname()[1]
    for end in ("server", "client"):
        stack = p.server if end == "server" else p.client
        with Wire(port) as seen:
            c, s = join(server, caller(p.client, family))
            exchange(c, s, 1000)
            mine = c.getsockname()[1]
            to, frm = (port, mine) if end == "server" else (mine, port)
            seq, ack = (seen.syn(x).end + 1000 for x in (frm, to))
            zero = struct.pack("!BBBB16s", 1, 1, MD5, 18, b"")
            count = Counted(stack)
            n = len(seen.segments)
            forge(family, frm, to, seq, ack, RST)
            log(end, count.reaches("TCPMD5NotFound"))
            forge(family, frm, to, seq, ack, RST, options=zero)
            forge(family, frm, to, seq, ack, PSH | ACK, data=b"forged", options=zero)
            log(end, count.reaches("TCPMD5Failure", 2))
            forge(family, frm, to, seq, ack, RST, options=zero + zero)
            forge(family, frm, to, seq, ack, RST,
                  options=struct.pack("!BBBB17s", 1, 1, MD5, 19, b""))
            until(lambda: len(seen.segments) >= n + 5, "five forgeries")
        for x in seen.segments:
            if x.sport == to and x.flags & ACK:
                assert not x.flags & RST and seq_le(x.ack, seq), f"{x} answers a forgery"
        exchange(c, s, 1000)
        log(end, state(c), state(s))


@pairs("a key taken away at one end: its segments are dropped", FAMILIES)
def _(p, log, family):
    c, s = pair(p, family)
    count = Counted(p.server)
    set_md5(c, LOOPBACK[family], b"")
    c.send(b"not signed")
    count.reaches("TCPMD5NotFound")
    log(poll(s, select.POLLIN, 0.05))
    set_md5(c, LOOPBACK[family], KEY)
    log(recv_exactly(s, 10))


@pairs("a RST from a listener that does not know the connection", FAMILIES)
def _(p, log, family):
    server = listener(p.server, family)
    port = server.getsockname()[1]
    with Wire(port) as seen:
        c, s = join(server, caller(p.client, family))
        # Gone without a word at the server's end: the key there goes, so its RST is dropped.
        set_md5(s, LOOPBACK[family], b"")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
        until(lambda: [x for x in list(seen.segments) if x.flags & RST and x.sport == port], "RST")
        log(state(c))
        c.send(b"hello?")
        reach(c, "CLOSED")
        log(attempt(c.recv, 1))
        rst = until(lambda: [x for x in list(seen.segments) if x.flags & RST and
                             x.sport == port and MD5 in x.options], "a signed RST")
    all_signed(rst)


# --- connections that are not there yet --------------------------------------------------

def signed(p, flags, key=KEY, data=b"", **more):
    """Sends a segment of this peer with its digest."""
    option = struct.pack("!BBBB", 1, 1, MD5, 18)
    digest = md5_digest(Segment(p.packet(flags, data, opts=option + bytes(16), **more)), key)
    p.send(flags, data, opts=option + digest, **more)


class Listening:
    """A listener on port 80 beyond the TUN device, and what is counted there meanwhile."""

    def __init__(self, net):
        self.net = net
        self.listener = net.listener()
        self.listener.settimeout(HANG)
        self.before = counters(net.host)

    def counts(self, name, want):
        """It is as many, and stays so: what is counted is counted before the next answer."""
        until(lambda: since(self.before, counters(self.net.host))[name] >= want, f"{want} {name}")
        equal(since(self.before, counters(self.net.host))[name], want, name)

    def half_open(self):
        with self.net.host:
            return sum(r[0][1] == 80 and r[2] == 3 for r in all_rows(ATCP))

    def serves(self, p):
        """A signed handshake, and signed text both ways."""
        signed(p, SYN)
        all_signed([p.expect(SYN | ACK, ack=p.seq)])
        signed(p, ACK)
        s, _ = self.listener.accept()
        signed(p, PSH | ACK, data=b"signed")
        equal(s.recv(100), b"signed", "what was read")
        all_signed([p.expect(ACK, ack=p.seq)])
        s.send(b"and answered")
        seg = p.receive()
        all_signed([seg])
        equal(seg.data, b"and answered", "the answer")


@alone_on_atcp("a record of a SYN without a key, and a key that came then")
def _(net):
    here = Listening(net)
    p = net.peer(1)
    p.send(SYN, opts=options(mss=1460))
    equal(MD5 in p.expect(SYN | ACK, ack=p.seq).options, False, "a digest")
    equal(here.half_open(), 1, "records")
    set_md5(here.listener, p.address, KEY)
    p.send(ACK)
    here.counts("TCPMD5NotFound", 1)
    signed(p, ACK, key=b"another")
    here.counts("TCPMD5Failure", 1)
    equal(here.half_open(), 1, "records")
    # It did answer an unsigned SYN, so its word of before is worth nothing.
    signed(p, ACK)
    all_signed([p.expect(RST, seq=p.ack)])
    equal(here.half_open(), 0, "records")
    fresh = net.peer(2)
    here.serves(fresh)


@alone_on_atcp("SYN cookies for all: who has a key needs none")
def _(net):
    net.host.sysctl("atcp/syncookies", 2)
    here = Listening(net)
    p, q = net.peer(1), net.peer(2)
    p.send(SYN, opts=options(mss=1460))
    p.expect(SYN | ACK, ack=p.seq)
    here.counts("SyncookiesSent", 1)
    equal(here.half_open(), 0, "records")
    set_md5(here.listener, p.address, KEY)
    here.serves(q)
    here.counts("SyncookiesSent", 1)
    # A cookie from before the key: with a digest or without one it opens nothing.
    p.send(ACK)
    here.counts("TCPMD5NotFound", 1)
    signed(p, ACK)
    all_signed([p.expect(RST, seq=p.ack)])
    here.counts("SyncookiesRecv", 0)
    set_md5(here.listener, p.address, b"")
    signed(p, ACK)
    here.counts("TCPMD5Unexpected", 1)
    p.send(ACK)
    here.listener.accept()
    here.counts("SyncookiesRecv", 1)


# --- beyond loopback -----------------------------------------------------------------------


@alone("packets of 1500 octets, loss and disorder: text is exact, segments fit")
def _():
    cable = Cable()
    try:
        cable.netem("loss", "2%", "reorder", "10%", "delay", "1ms")
        for server, client in ((ATCP, LINUX), (LINUX, ATCP)):
            for family in FAMILIES:
                here, there = cable.address(cable.a, family), cable.address(cable.b, family)
                lsn = cable.a.listener(server, family, here)
                set_md5(lsn, there, KEY)
                c = cable.b.socket(client, family)
                set_md5(c, here, KEY)
                c.connect(lsn.getsockname()[:2])
                s, _ = lsn.accept()
                exchange(c, s, 100000)
                for x in (c, s, lsn):
                    x.close()
    finally:
        cable.delete()


main()
