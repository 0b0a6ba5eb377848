#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Fast Open: text with the SYN, between the two stacks and with a scripted end; what is
asked, given, believed and refused, and what users see of it."""

import select
import socket
import struct
from socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_NONBLOCK, SOL_TCP

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, LINUX, PAIRINGS, alone, attempt, differential, equal,
                      errname, event_names, fails_with, main, pattern, poll, reach, readable,
                      recv_exactly, state, tcp_info, until)
from lab import Cable, Host
from scripted import FULL, alone_on_atcp, wire
from traffic import Worker, counters, since
from wire import ACK, FIN, RST, SYN, TS, options
from wire.segment import PSH, WSCALE

FASTOPEN, FASTOPEN_CONNECT, FASTOPEN_KEY, FASTOPEN_NO_COOKIE = 23, 30, 33, 34
MSG_FASTOPEN = 0x20000000
SYN_DATA = 32                       # TCPI_OPT_SYN_DATA
KIND, EXPERIMENT = 34, 254
MAGIC = b"\xf9\x89"


def fo_option(cookie=b"", exp=False):
    value = MAGIC + cookie if exp else cookie
    return struct.pack("!BB", EXPERIMENT if exp else KIND, 2 + len(value)) + value


def set_fastopen(host, value, **more):
    for prefix in ("ipv4/tcp_", "atcp/"):
        host.sysctl(prefix + "fastopen", value)
        for name, v in more.items():
            host.sysctl(f"{prefix}fastopen_{name}", v)


def listener_of(host, stack, family, address=None, port=0, pending=16, **more):
    s = host.listener(stack, family, address, port, **more)
    s.setsockopt(SOL_TCP, FASTOPEN, pending)
    return s


def fail_of(s):
    """tcpi_fastopen_client_fail."""
    return s.getsockopt(SOL_TCP, socket.TCP_INFO, 8)[7] >> 1 & 3


def syn_data(s):
    return bool(tcp_info(s)["options"] & SYN_DATA)


# --- between the stacks ---------------------------------------------------------------

class Ends:
    """A server and a client on two hosts, both stacks willing."""

    def __init__(self, server, client, family, how=3):
        self.cable, self.server, self.client, self.family = Cable(), server, client, family
        for host in (self.cable.a, self.cable.b):
            set_fastopen(host, how)
        self.listener = listener_of(self.cable.a, server, family,
                                    self.cable.address(self.cable.a, family))
        self.address = self.listener.getsockname()[:2]

    def socket(self, flags=0, connect=False):
        c = self.cable.b.socket(self.client, self.family, flags)
        if connect:
            c.setsockopt(SOL_TCP, FASTOPEN_CONNECT, 1)
        return c

    def exchange(self, c, first):
        """Server and client understand each other; (server's end)."""
        s, _ = self.listener.accept()
        equal(recv_exactly(s, len(first)), first, "what came with the SYN or after it")
        s.sendall(b"answer")
        equal(recv_exactly(c, 6), b"answer", "the answer")
        return s

    def learn(self):
        """The client gets its cookie."""
        c = self.socket()
        equal(c.sendto(b"first", MSG_FASTOPEN, self.address), 5, "octets sent")
        s = self.exchange(c, b"first")
        found = syn_data(s), syn_data(c), fail_of(c)
        c.close()
        s.close()
        return found

    def count(self, before=None):
        now = {}
        for host, stack in ((self.cable.a, self.server), (self.cable.b, self.client)):
            for name, value in counters(host, stack).items():
                if name.startswith("TCPFastOpen"):
                    now[name, host is self.cable.a] = value
        return {k[0] + ("" if k[1] else " of the client"): v - before[k]
                for k, v in now.items() if v != before[k]} if before else now

    def close(self):
        self.listener.close()
        self.cable.delete()


def between(name, families=FAMILIES, pairings=PAIRINGS):
    """A case func(ends, log), that sees the same of every pairing as of the kernel's TCP alone."""
    def add(func):
        for family in families:
            taken = {}

            def run(server, client, family=family, taken=taken):
                for pair in ((LINUX, LINUX), (server, client)):
                    if pair not in taken:
                        ends, log = Ends(*pair, family), []
                        func(ends, lambda *items, log=log: log.append(" ".join(map(str, items))))
                        ends.close()
                        taken[pair] = log
                equal(taken[server, client], taken[LINUX, LINUX], "what was seen")
            for server, client in pairings:
                alone(f"{name}, {FAMILY_NAME[family]}, server {server}, client {client}")(
                    lambda a=server, b=client, r=run: r(a, b))
        return func
    return add


# [R7413-REQ] [R7413-CACHE] [R7413-COOKIE] [R7413-ACKSYN]
@between("a cookie is asked for, given, kept, and lets text go with the SYN")
def _(ends, log):
    before = ends.count()
    log("first", ends.learn(), sorted(ends.count(before).items()))
    before = ends.count()
    for n in range(3):
        c = ends.socket()
        text = pattern(300, n)
        log("sendto", c.sendto(text, MSG_FASTOPEN, ends.address))
        s = ends.exchange(c, text)
        log("then", syn_data(s), syn_data(c), fail_of(c), c.getpeername()[:2] == ends.address)
        c.close()
        s.close()
    log(sorted(ends.count(before).items()))


@between("more than a SYN takes: the rest follows, and none is lost")
def _(ends, log):
    ends.learn()
    before = ends.count()
    text = pattern(100000)
    c = ends.socket()
    sending = Worker(lambda: c.sendto(text, MSG_FASTOPEN, ends.address))
    s, _ = ends.listener.accept()
    equal(recv_exactly(s, len(text)), text, "the text")
    log("sendto", sending.finish(), syn_data(s), syn_data(c), sorted(ends.count(before).items()))
    c.close()
    s.close()


@between("TCP_FASTOPEN_CONNECT: connect() returns at once and the SYN goes with what is written")
def _(ends, log):
    c = ends.socket(connect=True)           # no cookie yet: as any connect()
    c.connect(ends.address)
    log("first", state(c), fail_of(c))
    c.sendall(b"first")
    ends.exchange(c, b"first").close()
    c.close()
    for flags in (0, SOCK_NONBLOCK):
        c = ends.socket(flags, connect=True)
        log("connect", attempt(c.connect, ends.address), state(c),
            event_names(poll(c, select.POLLOUT | select.POLLIN)))
        if flags:                           # else it would wait for a SYN,ACK
            log("again", attempt(c.connect, ends.address))
        ends.listener.setblocking(False)
        log("accept", attempt(ends.listener.accept))
        ends.listener.setblocking(True)
        log("send", c.send(b"with the SYN"))
        c.setblocking(True)
        s = ends.exchange(c, b"with the SYN")
        log("then", syn_data(s), syn_data(c), state(c), state(s))
        c.close()
        s.close()
    c = ends.socket(connect=True)           # and if nothing is ever written
    c.connect(ends.address)
    log("option", c.getsockopt(SOL_TCP, FASTOPEN_CONNECT))
    c.close()
    ends.listener.setblocking(False)
    log("accept", attempt(ends.listener.accept))


@between("who does not wait: EINPROGRESS without a cookie, octets with one", families=(AF_INET,))
def _(ends, log):
    c = ends.socket(SOCK_NONBLOCK)
    log("sendto", attempt(c.sendto, b"first", MSG_FASTOPEN, ends.address))
    poll(c, select.POLLOUT)
    s, _ = ends.listener.accept()
    s.settimeout(0.05)
    log("server read", attempt(lambda: s.recv(10)))
    c.close()
    s.close()
    c = ends.socket(SOCK_NONBLOCK)
    log("sendto", attempt(c.sendto, b"second", MSG_FASTOPEN, ends.address))
    poll(c, select.POLLOUT)
    c.setblocking(True)
    s = ends.exchange(c, b"second")
    log("connected", attempt(c.sendto, b"fourth", MSG_FASTOPEN, ends.address))
    c.close()
    s.close()


@between("text without a cookie, where both ends want none", families=(AF_INET,))
def _(ends, log):
    for host in (ends.cable.a, ends.cable.b):
        set_fastopen(host, 3 | 4 | 0x200)
    before = ends.count()
    c = ends.socket()
    log("sendto", c.sendto(b"bare", MSG_FASTOPEN, ends.address))
    s = ends.exchange(c, b"bare")
    log(syn_data(s), syn_data(c), sorted(ends.count(before).items()))
    c.close()
    s.close()
    # The same by socket.
    for host in (ends.cable.a, ends.cable.b):
        set_fastopen(host, 3)
    ends.listener.setsockopt(SOL_TCP, FASTOPEN_NO_COOKIE, 1)
    c = ends.socket()
    c.setsockopt(SOL_TCP, FASTOPEN_NO_COOKIE, 1)
    log("sendto", c.sendto(b"bare", MSG_FASTOPEN, ends.address))
    s = ends.exchange(c, b"bare")
    log(syn_data(s), syn_data(c))
    c.close()
    s.close()


@between("the server has forgotten its key: the text goes again, and the next cookie is good",
         families=(AF_INET,))
def _(ends, log):
    ends.learn()
    key = "01234567-89abcdef-fedcba98-76543210"
    set_fastopen(ends.cable.a, 3, key=key)
    before = ends.count()
    c = ends.socket()
    log("sendto", c.sendto(b"stale", MSG_FASTOPEN, ends.address))
    s = ends.exchange(c, b"stale")
    log(syn_data(s), syn_data(c), fail_of(c), sorted(ends.count(before).items()))
    c.close()
    s.close()
    # A key that was in use before is still believed, and replaced.
    set_fastopen(ends.cable.a, 3, key=f"00000000-00000000-00000000-00000001,{key}")
    for _ in range(2):
        before = ends.count()
        c = ends.socket()
        c.sendto(b"good", MSG_FASTOPEN, ends.address)
        s = ends.exchange(c, b"good")
        log(syn_data(s), syn_data(c), fail_of(c), sorted(ends.count(before).items()))
        c.close()
        s.close()


@between("a client of one that does no Fast Open: text follows the handshake", families=(AF_INET,))
def _(ends, log):
    ends.learn()
    ends.listener.setsockopt(SOL_TCP, FASTOPEN, 0)
    before = ends.count()
    c = ends.socket()
    log("sendto", c.sendto(b"patience", MSG_FASTOPEN, ends.address))
    s = ends.exchange(c, b"patience")
    log(syn_data(s), syn_data(c), fail_of(c), sorted(ends.count(before).items()))
    c.close()
    s.close()


@alone("one key gives one cookie in both stacks, so either may stand behind an address")
def _():
    for family in FAMILIES:
        found = []
        for stack in (LINUX, ATCP):
            from scripted import Net
            net = Net(stack, family)
            set_fastopen(net.host, 3, key="0a0b0c0d-11121314-a1a2a3a4-deadbeef")
            listener = listener_of(net.host, stack, family, None if False else net.tun.near[family], 80)
            p = net.peer()
            p.send(SYN, opts=options(mss=1460) + fo_option())
            found.append(p.expect(SYN | ACK).options.get(KIND))
            listener.close()
            net.close()
        equal(found[1], found[0], "the cookie")
        equal(len(found[0]), 8, "octets")


# --- options and sysctls ------------------------------------------------------------------

def number(value):
    return struct.pack("i", value)


@differential("socket options: values, states and errors")
def _(st, log):
    s = st.socket()
    for name in (FASTOPEN, FASTOPEN_CONNECT, FASTOPEN_NO_COOKIE):
        log(name, "is", s.getsockopt(SOL_TCP, name))
        for value in (-1, 0, 1, 2, 1 << 30):
            log.attempt(f"{name} = {value}", s.setsockopt, SOL_TCP, name, value)
            log(name, "is", s.getsockopt(SOL_TCP, name))
        log.attempt("short", s.setsockopt, SOL_TCP, name, b"\1")
    log("key", s.getsockopt(SOL_TCP, FASTOPEN_KEY, 100))
    for length in (0, 1, 15, 16, 17, 31, 32, 33):
        log.attempt(f"key of {length}", s.setsockopt, SOL_TCP, FASTOPEN_KEY, pattern(length))
        log("key", s.getsockopt(SOL_TCP, FASTOPEN_KEY, 100))
    log("a part", s.getsockopt(SOL_TCP, FASTOPEN_KEY, 5))
    listener = st.listener()
    c = st.socket()
    c.connect(listener.getsockname())
    for t in (listener, c):
        for name in (FASTOPEN, FASTOPEN_CONNECT, FASTOPEN_NO_COOKIE):
            log.attempt(f"{name}", t.setsockopt, SOL_TCP, name, 1)
    log.attempt("key", c.setsockopt, SOL_TCP, FASTOPEN_KEY, pattern(16))
    accepted, _ = listener.accept()
    log("inherited", accepted.getsockopt(SOL_TCP, FASTOPEN),
        accepted.getsockopt(SOL_TCP, FASTOPEN_KEY, 32))
    log("info", fail_of(accepted), fail_of(c))
    for t in (s, listener, c, accepted):
        t.close()


@differential("sendto() with MSG_FASTOPEN: what is wrong with it")
def _(st, log):
    host = Host()
    with host:
        listener = st.listener()
        address = listener.getsockname()
        s = st.socket()
        log.attempt("nowhere", s.send, b"x", MSG_FASTOPEN)
        log.attempt("to no listener", s.sendto, b"x", MSG_FASTOPEN, ("127.0.0.1", 9))
        s.close()
        s = st.socket()
        log.attempt("a listener", listener.sendto, b"x", MSG_FASTOPEN, address)
        log.attempt("none", s.sendto, b"", MSG_FASTOPEN, address)
        log("state", state(s))
        log.attempt("connected", s.sendto, b"x", MSG_FASTOPEN, address)
        host.sysctl("ipv4/tcp_fastopen", 0)
        if st.is_atcp:
            host.sysctl("atcp/fastopen", 0)
        t = st.socket()
        log.attempt("switched off", t.sendto, b"x", MSG_FASTOPEN, address)
        log.attempt("option", t.setsockopt, SOL_TCP, FASTOPEN_CONNECT, 1)
        for u in (s, t, listener):
            u.close()
    host.delete()


@differential("the key of a namespace: what is read, what is taken")
def _(st, log):
    host = Host()
    path = "atcp/fastopen_key" if st.is_atcp else "ipv4/tcp_fastopen_key"

    def read():
        return host.read(f"/proc/sys/net/{path}").strip()
    log(read())
    for text in ("1-2-3-4", "deadbeef-0-0-1,2-3-4-5", "1-2-3", "", "x", "1-2-3-4,5",
                 "1-2-3-4,5-6-7-8", "1-2-3-4 ", "1-2-3-4,"):
        log(repr(text), attempt(host.sysctl, path, text), read())
    if st.is_atcp:                  # Linux takes what stands before it
        fails_with("EINVAL", host.sysctl, path, "1-2-3-4-5")
    host.delete()


# [R7413-DEFOFF]
@alone("every listener has it where the sysctl says so, none by itself")
def _():
    host = Host()
    with host:
        s = ATCP.listener()
        equal(s.getsockopt(SOL_TCP, FASTOPEN), 0, "by itself")
        s.close()
        set_fastopen(host, 0x402)
        for backlog in (5, 0):
            a, b = (st.listener(backlog=backlog) for st in (LINUX, ATCP))
            equal(b.getsockopt(SOL_TCP, FASTOPEN), a.getsockopt(SOL_TCP, FASTOPEN), "pending")
            a.close()
            b.close()
    host.delete()


# --- a server, segment by segment -------------------------------------------------------------

def cookie_for(net, port=9999, exp=False):
    """A cookie that the server gives to our address."""
    p = net.peer(port)
    p.send(SYN, opts=options(mss=1460) + fo_option(exp=exp))
    seg = p.expect(SYN | ACK, ack=p.iss + 1)
    value = seg.options[EXPERIMENT if exp else KIND]
    if exp:
        equal(value[:2], MAGIC, "whose experiment")
        value = value[2:]
    p.send(RST, seq=p.iss + 1)
    return value


def fast_syn(net, cookie, data=b"text on the SYN", port=1, exp=False, flags=0, opts=None):
    p = net.peer(port)
    p.send(SYN | flags, data, opts=(options(mss=1460) if opts is None else opts) +
           fo_option(cookie, exp))
    return p


def serve(net, how=2, pending=16, **more):
    set_fastopen(net.host, how)
    listener = net.listener(**more)
    listener.setsockopt(SOL_TCP, FASTOPEN, pending)
    return listener


# [R7413-ACKSYN] [R7413-OPT] LI-031
@wire("text with a good cookie is read, and answered, before the handshake ends", families=FAMILIES)
def _(net, log):
    listener = serve(net)
    for exp in (False, True):
        cookie = cookie_for(net, 50 + exp, exp)
        p = fast_syn(net, cookie, port=1 + exp, exp=exp)
        seg = p.expect(SYN | ACK, ack=p.seq)
        log("options", sorted(set(seg.options) - {TS, WSCALE}))
        s, peer = listener.accept()
        log("accepted", peer[1], state(s), syn_data(s), event_names(poll(s, select.POLLIN | select.POLLOUT)))
        log("read", s.recv(100))
        log("send", s.send(b"early answer"))
        seg = p.expect(ACK | PSH if False else ACK, ack=p.seq)
        log("came", seg.data)
        log("state", state(s))
        p.send(ACK)
        reach(s, "ESTABLISHED")
        p.send(ACK, b"more")
        log("read", s.recv(100))
        s.close()
        p.send(RST)
    listener.close()


# [R7413-OFFIGN] [R7413-COOKIE]
@wire("a cookie that is not good: the text is not taken, and a good one comes", families=FAMILIES)
def _(net, log):
    listener = serve(net)
    good = cookie_for(net)
    bad = [bytes(8), bytes([good[0] ^ 1]) + good[1:], good[:6], good + b"ab", good[:4]]
    for n, cookie in enumerate(bad):
        p = fast_syn(net, cookie, port=100 + n)
        seg = p.expect(SYN | ACK, ack=p.iss + 1)
        log("cookie comes", seg.options.get(KIND) == good)
        p.seq = p.iss + 1
        listener.setblocking(False)
        log("accept", attempt(listener.accept))
        listener.setblocking(True)
        p.send(ACK, b"text again")
        s, _ = listener.accept()
        log("read", s.recv(100), syn_data(s))
        s.close()
        p.send(RST)
    # Of a length that may not be, no cookie at all, or where nobody said it may.
    for n, opt in enumerate((struct.pack("!BB", KIND, 3) + b"a", struct.pack("!BB", KIND, 4) + b"ab",
                             fo_option(b"a" * 5), fo_option(b"a" * 18), b"\376\4\0\0", b"")):
        p = net.peer(200 + n)
        p.send(SYN, b"text", opts=options(mss=1460) + opt)
        seg = p.expect(SYN | ACK, ack=p.iss + 1)
        log("options", sorted(set(seg.options) - {TS, WSCALE}))
        p.send(RST, seq=p.iss + 1)
    listener.setsockopt(SOL_TCP, FASTOPEN, 0)
    p = fast_syn(net, good, port=300)
    log("options", sorted(p.expect(SYN | ACK, ack=p.iss + 1).options))
    listener.setsockopt(SOL_TCP, FASTOPEN, 5)
    set_fastopen(net.host, 1)
    p = fast_syn(net, good, port=301)
    log("options", sorted(p.expect(SYN | ACK, ack=p.iss + 1).options))
    listener.close()


@wire("another address cannot use a cookie", families=FAMILIES)
def _(net, log):
    listener = serve(net)
    good = cookie_for(net)
    far = {AF_INET: "10.8.0.77", AF_INET6: "fd08::77"}[net.family]
    p = net.peer(5, address=far)
    p.send(SYN, b"stolen", opts=options(mss=1460) + fo_option(good))
    seg = p.expect(SYN | ACK, ack=p.iss + 1)
    log("another comes", seg.options.get(KIND) not in (None, good))
    listener.close()


# [R7413-LIMIT]
@wire("no more pending than TCP_FASTOPEN says; one that is reset counts for a while")
def _(net, log):
    listener = serve(net, pending=2)
    good = cookie_for(net)
    peers = [fast_syn(net, good, port=1 + n) for n in range(4)]
    for p in peers:
        seg = p.expect(SYN | ACK)
        log("of the text", seg.ack == p.seq)
    log("overflows", counters(net.host, net.stack)["TCPFastOpenListenOverflow"])
    # One gets through: there is room for one.
    peers[0].send(ACK)
    s, _ = listener.accept()
    reach(s, "ESTABLISHED")
    p = fast_syn(net, good, port=10)
    log("of the text", p.expect(SYN | ACK).ack == p.seq)
    # One is reset, whose user has it: there is none.
    t, _ = listener.accept()
    peers[1].send(RST)
    reach(t, "CLOSED")
    p = fast_syn(net, good, port=11)
    log("of the text", p.expect(SYN | ACK).ack == p.seq)
    for u in (listener, s, t):
        u.close()


@wire("what ends a connection before its handshake does", families=(AF_INET,))
def _(net, log):
    listener = serve(net)
    good = cookie_for(net)
    # A RST: the user has it, or gets it.
    p = fast_syn(net, good, port=1)
    p.expect(SYN | ACK)
    s, _ = listener.accept()
    p.send(RST)
    reach(s, "CLOSED")
    log("read", s.recv(100) if not net.stack.is_atcp else s.recv(100))
    log("read", attempt(s.recv, 100))
    s.close()
    # close() with all read: a FIN; with text unread: a RST.
    p = fast_syn(net, good, port=2)
    p.expect(SYN | ACK)
    s, _ = listener.accept()
    log("read", s.recv(100))
    s.close()
    seg = p.receive()
    log("close", seg.flags & ~PSH == FIN | ACK)
    p.send(ACK)
    p = fast_syn(net, good, port=3)
    p.expect(SYN | ACK)
    s, _ = listener.accept()
    s.close()
    log("close unread", bool(p.receive().flags & RST))
    # The SYN again, with and without its text: the SYN,ACK again.
    p = fast_syn(net, good, port=4)
    first = p.expect(SYN | ACK)
    p.send(SYN, b"text on the SYN", seq=p.iss, opts=options(mss=1460) + fo_option(good))
    log("again", p.expect(SYN | ACK).ack == first.ack)
    p.send(SYN, seq=p.iss, opts=options(mss=1460))
    log("again", p.expect(SYN | ACK).ack == first.ack)
    p.send(ACK)
    s, _ = listener.accept()
    reach(s, "ESTABLISHED")
    log("read", s.recv(100))
    s.close()
    listener.close()


# --- a client, segment by segment ---------------------------------------------------------------

class Server:
    """The script as a server that gives cookies."""

    COOKIE = b"biscuits"

    def __init__(self, net, opts=b""):
        set_fastopen(net.host, 1)
        self.net, self.port, self.opts = net, 7000, opts

    def open(self, data=b"text on the SYN", flags=SOCK_NONBLOCK):
        """(socket, peer, SYN)."""
        s = self.net.socket(flags)
        self.port += 1
        p = self.net.peer(self.port, there=None)
        result = attempt(s.sendto, data, MSG_FASTOPEN, (self.net.tun.far[self.net.family], self.port))
        return s, p, p.expect(SYN), result

    def learn(self, cookie=COOKIE, exp=False, mss=1460):
        s, p, syn, result = self.open()
        p.send(SYN | ACK, ack=syn.seq + 1, opts=options(mss=mss) + fo_option(cookie, exp) if cookie
               is not None else options(mss=mss))
        p.expect(ACK)
        s.close()
        p.send(RST, seq=p.seq)
        p.send(RST, seq=p.seq)
        self.net.tun.drain()
        return syn, result


def shown(seg):
    """What of a SYN is told: cookie, its form, and text."""
    if KIND in seg.options:
        return "RFC", seg.options[KIND], seg.data
    if EXPERIMENT in seg.options:
        return "experiment", seg.options[EXPERIMENT][2:], seg.data
    return "none", b"", seg.data


# [R7413-REQ] [R7413-CACHE] [R7413-RTXDATA] SS-021
@wire("a cookie is asked for, and goes with the next SYN and its text", families=FAMILIES)
def _(net, log):
    server = Server(net)
    syn, result = server.learn()
    log("asks", shown(syn), result)
    # All of it acknowledged.
    s, p, syn, result = server.open()
    log("SYN", shown(syn), result, fail_of(s))
    p.send(SYN | ACK, ack=syn.end, opts=options(mss=1460))
    p.expect(ACK, seq=syn.end)
    log("then", state(s), syn_data(s), fail_of(s))
    s.close()
    # None; or a part.
    for n in (0, 4):
        s, p, syn, result = server.open()
        p.send(SYN | ACK, ack=syn.seq + 1 + n, opts=options(mss=1460))
        seg = p.expect(ACK)
        if not seg.data:
            seg = p.expect(ACK)
        log("again", seg.data, seg.seq - syn.seq, state(s), syn_data(s), fail_of(s))
        p.send(ACK, ack=syn.end)
        until(lambda: tcp_info(s)["unacked"] == 0, "all is acknowledged")
        s.close()
    # A RST, and another day.
    s, p, syn, result = server.open()
    p.send(RST | ACK, seq=0, ack=syn.end)
    log("refused", event_names(poll(s, 0)), errname(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))
    s.close()
    # With what came with the SYN,ACK.
    s, p, syn, result = server.open()
    p.send(SYN | ACK, b"served", ack=syn.end, opts=options(mss=1460))
    readable(s)
    log("with the SYN,ACK", s.recv(100))
    s.close()
    # An ACK of more than there is.
    s, p, syn, result = server.open()
    p.send(SYN | ACK, ack=syn.end + 1, opts=options(mss=1460))
    log("too much", p.expect(RST).seq - syn.end, state(s))
    s.close()


# [R7413-SYNRTX]
@wire("a SYN that is sent again has neither cookie nor text, and the text follows")
def _(net, log):
    server = Server(net)
    server.learn()
    s, p, syn, _ = server.open()
    again = p.expect(SYN)
    log("again", shown(again), again.seq == syn.seq)
    p.send(SYN | ACK, ack=syn.seq + 1, opts=options(mss=1460))
    seg = p.expect(ACK)
    if not seg.data:
        seg = p.expect(ACK)
    log("text", seg.data, fail_of(s), syn_data(s))
    s.close()


@wire("a server that knows the experimental option only", families=(AF_INET,))
def _(net, log):
    server = Server(net)
    log("asks", shown(server.learn(None)[0]))
    log("asks", shown(server.learn(b"old cookie", exp=True)[0]))
    s, p, syn, _ = server.open()
    log("SYN", shown(syn))
    s.close()
    p.send(RST | ACK, seq=0, ack=syn.end)


@wire("one that gives no cookie, whatever is asked", families=(AF_INET,))
def _(net, log):
    server = Server(net)
    for _ in range(4):
        syn, result = server.learn(None)
        log("asks", shown(syn), result)


@wire("what fits a SYN is what the cached MSS has room for", families=FAMILIES)
def _(net, log):
    server = Server(net)
    for mss in (1460, 700, 300):
        server.learn(mss=mss)
        s, p, syn, result = server.open(pattern(3000))
        log("MSS", mss, "octets", len(syn.data), "told", result)
        p.send(RST | ACK, seq=0, ack=syn.end)
        s.close()
        # the next cookie comes with another MSS
        s, p, syn, result = server.open(b"x")
        p.send(SYN | ACK, ack=syn.end, opts=options(mss=700 if mss == 1460 else 300) +
               fo_option(Server.COOKIE))
        p.expect(ACK)
        s.close()
        p.send(RST)


@alone_on_atcp("no more is kept than there is room for: the peer asked last is known, the first is not")
def _(net):
    server = Server(net)
    base = {AF_INET: "10.8.0.{}", AF_INET6: "fd08::{:x}"}[net.family]
    near = net.tun.near[net.family]
    for n in range(3, 200):
        far = base.format(n)
        if far == near:
            continue
        s = net.socket(SOCK_NONBLOCK)
        p = net.peer(80, there=None, address=far)
        attempt(s.sendto, b"x", MSG_FASTOPEN, (far, 80))
        syn = p.expect(SYN)
        p.send(SYN | ACK, ack=syn.seq + 1, opts=options(mss=1460) + fo_option(struct.pack("!Q", n)))
        p.expect(ACK)
        s.close()
        p.send(RST)
        net.tun.drain()
    kept = 0
    for n in range(3, 200):
        far = base.format(n)
        s = net.socket(SOCK_NONBLOCK)
        p = net.peer(80, there=None, address=far)
        attempt(s.sendto, b"x", MSG_FASTOPEN, (far, 80))
        syn = p.expect(SYN)
        found = syn.options.get(KIND)
        assert found in (b"", struct.pack("!Q", n)), f"a cookie of another: {found}"
        kept += found != b""
        p.send(RST | ACK, seq=0, ack=syn.end)
        s.close()
        net.tun.drain()
    assert kept > 150, f"{kept} of 197 cookies were kept"


# --- where it is not borne ----------------------------------------------------------------------

@wire("a path that lets no text through is given up for a while", families=(AF_INET,))
def _(net, log):
    server = Server(net)
    set_fastopen(net.host, 1, blackhole_timeout_sec=3600)
    server.learn()

    def blackholes():
        return counters(net.host, net.stack)["TCPFastOpenBlackhole"]
    # A RST out of order, and no text before it.
    s, p, syn, _ = server.open()
    log("SYN", shown(syn))
    p.send(SYN | ACK, ack=syn.end, opts=options(mss=1460))
    p.expect(ACK)
    p.send(RST, seq=p.seq + 100)
    p.expect(ACK)
    log("counted", blackholes())
    s.close()
    s, p, syn, result = server.open()
    log("SYN", shown(syn), result)
    p.send(RST | ACK, seq=0, ack=syn.end)
    s.close()
    # It is to be tried again when the sysctl says so.
    set_fastopen(net.host, 1, blackhole_timeout_sec=0)
    s, p, syn, result = server.open()
    log("SYN", shown(syn), result)
    p.send(RST | ACK, seq=0, ack=syn.end)
    s.close()


if __name__ == "__main__":
    main()
