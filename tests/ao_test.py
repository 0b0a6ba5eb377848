#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""RFC 5925 and RFC 5926: the authentication option, by the vectors of RFC 9235, and against the
kernel's TCP where that has it (CONFIG_TCP_AO)."""

import select
import socket
import struct
import threading

import rtnl
from ao_vectors import CLIENT_ID, MASTER_KEY, SERVER_ID, VECTORS
from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, FAMILY_NAME, LINUX, LOOPBACK, Log, Skip,
                      _compare, alone, attempt, equal, main, pattern, poll, reach, recv_exactly,
                      send_all, state, until)
from lab import Host
from signed import (AO, AO_ADD_KEY, AO_DEL_KEY, AO_EXCLUDE_OPT, AO_GET_KEYS, AO_INFO,
                    AO_REPAIR, CMAC, MD5SIG, SHA1, SHA256, TCP, Counted, Wire, ao_add, ao_del,
                    ao_info, ao_mac, ask_option, forge, get_ao_info, has_hash, kernel_has_ao, md5sig,
                    raw, sockaddr, traffic_key, usual_hash)
from wire import ACK, FIN, PSH, RST, SYN, Segment
from wire.segment import checksum, ip_packet, tcp_bytes

KEY = b"a master key"


def pairings(name, families=FAMILIES):
    """A case func(server, client, family) for each pair of stacks."""
    def add(func):
        for family in families:
            for server, client in ((ATCP, ATCP), (ATCP, LINUX), (LINUX, ATCP)):
                def run(server=server, client=client, family=family):
                    if LINUX in (server, client) and not kernel_has_ao():
                        raise Skip("this kernel's TCP has no TCP-AO")
                    func(server, client, family)
                alone(f"{name}, {FAMILY_NAME[family]}, server {server}, client {client}")(run)
        return func
    return add


def like_linux(name, families=FAMILIES):
    """A case func(stack, log, family), equal over both stacks."""
    def add(func):
        for family in families:
            def run(family=family):
                if not kernel_has_ao():
                    raise Skip("this kernel's TCP has no TCP-AO")
                logs = []
                for stack in (LINUX, ATCP):
                    logs.append(Log())
                    func(stack, logs[-1], family)
                _compare(*logs, LINUX, ATCP)
            alone(f"{name}, {FAMILY_NAME[family]}")(run)
        return func
    return add


def add_key(s, key=KEY, sndid=1, rcvid=2, peer=None, **more):
    s.setsockopt(TCP, AO_ADD_KEY, ao_add(s.family, peer or LOOPBACK[s.family], key, sndid, rcvid,
                                         **more))


def ends(server, client, family, **more):
    """A listener and a caller with the same key: IDs 100 of the server, 5 of the client."""
    lsn = server.listener(family)
    add_key(lsn, sndid=100, rcvid=5, **more)
    c = client.socket(family, socket.SOCK_NONBLOCK)
    add_key(c, sndid=5, rcvid=100, **more)
    return lsn, c


def join(lsn, c):
    attempt(c.connect, lsn.getsockname()[:2])
    assert poll(c, select.POLLOUT), "never connected"
    equal(c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0, "SO_ERROR")
    c.setblocking(True)
    s, _ = lsn.accept()
    return c, s


def exchange(c, s, n):
    """n octets each way, exact."""
    for a, b in ((c, s), (s, c)):
        text = pattern(n, n)
        thread = threading.Thread(target=send_all, args=(a, text))
        thread.start()
        got = recv_exactly(b, n)
        thread.join()
        assert got == text, "text differs"


class Judge:
    """Checks the MAC of each segment on the wire by what RFC 5925 says."""

    def __init__(self, seen, port, algorithm=None, key=KEY, covered=True, maclen=12):
        self.segments, self.port = list(seen.segments), port
        self.algorithm = algorithm or usual_hash()
        self.key, self.covered, self.maclen = key, covered, maclen
        self.isn = {}
        for x in self.segments:
            if x.flags & SYN:
                self.isn[x.sport] = x.seq
        self.keys = {}

    def traffic(self, x):           # [R5925-TRAFFIC]
        bare = x.flags & (SYN | ACK) == SYN
        which = x.sport, bare
        if which not in self.keys:
            self.keys[which] = traffic_key(self.algorithm, self.key, x, self.isn[x.sport],
                                           0 if bare else self.isn[x.dport])
        return self.keys[which]

    def check(self, segments=None):
        for x in self.segments if segments is None else segments:
            assert AO in x.options, f"{x} is not signed"
            value = x.options[AO]
            equal(value[:2], b"\x64\5" if x.sport == self.port else b"\5\x64", f"IDs of {x}")
            sne = 1 if x.seq < self.isn[x.sport] and not x.flags & SYN else 0
            equal(value[2:], ao_mac(self.algorithm, self.traffic(x), x, self.covered,
                                    sne)[:self.maclen], f"MAC of {x}")


# --- the vectors of RFC 9235 ---------------------------------------------------------------


@alone("RFC 9235: what these tests hold MACs against")     # [R5926-KDF] [R5925-MAC]
def _():
    for section, algorithm, covered, sisn, disn, key, packet in VECTORS:
        x = Segment(packet)
        got = traffic_key(algorithm, MASTER_KEY, x, sisn, disn)
        equal(got, key, f"{section}: traffic key")
        equal(ao_mac(algorithm, got, x, covered)[:12], x.options[AO][2:], f"{section}: MAC")


@alone("RFC 9235: each SYN is verified, and a flipped bit is not")   # [R5926-CMACKEY] [R5925-IN]
def _():
    if not (has_hash(SHA1) and has_hash(CMAC)):
        raise Skip("this kernel lacks SHA-1 or AES-CMAC")
    for section, algorithm, covered, _sisn, _disn, _key, packet in VECTORS:
        x = Segment(packet)
        if x.flags != 0x02:
            continue
        host = Host()
        try:
            with host:
                for address in (x.src, x.dst):
                    rtnl.add_address("lo", address, 32 if x.family == AF_INET else 128)
                if x.family == AF_INET6:
                    rtnl.await_address(x.dst)
                lsn = ATCP.listener(x.family, x.dst, x.dport)
                add_key(lsn, MASTER_KEY, SERVER_ID, CLIENT_ID, peer=x.src, algorithm=algorithm,
                        flags=0 if covered else AO_EXCLUDE_OPT)
                count = Counted(ATCP)
                with Wire(x.dport) as seen, raw(x.family) as out:
                    for bit in (1, 0):
                        options = bytearray(x.raw_options)
                        options[-1] ^= bit
                        text = tcp_bytes(x.family, x.src, x.dst, x.sport, x.dport, x.seq, x.ack,
                                         x.flags, x.window, x.data, bytes(options))
                        out.sendto(ip_packet(x.family, x.src, x.dst, 6, text), (x.dst, 0))
                        count.reaches("TCPAOBad" if bit else "TCPAOGood")
                    answer = seen.syn(x.dport)
                equal(count("TCPAOBad"), 1, f"{section}: TCPAOBad")
                # IDs change sides, and the MAC is the one of both ISNs.
                value = answer.options[AO]
                equal(value[:2], bytes([SERVER_ID, CLIENT_ID]), f"{section}: IDs")
                key = traffic_key(algorithm, MASTER_KEY, answer, answer.seq, x.seq)
                equal(value[2:], ao_mac(algorithm, key, answer, covered)[:12], f"{section}: MAC")
                lsn.close()
        finally:
            host.delete()


# --- text --------------------------------------------------------------------------------------


@pairings("half a megabyte each way, exact, all segments signed")   # [R5925-OUT] [R5925-SYNKEY]
def _(server, client, family):
    usual = usual_hash()
    for algorithm, maclen in ((usual, 12), (CMAC, 12), (SHA256, 16), (usual, 4)):
        if not has_hash(algorithm):
            continue
        lsn, c = ends(server, client, family, algorithm=algorithm, maclen=maclen)
        port = lsn.getsockname()[1]
        many = 1 << 19 if algorithm == usual and maclen == 12 else 3000
        with Wire(port) as seen:
            c, s = join(lsn, c)
            exchange(c, s, many)
            infos = [get_ao_info(x) for x in (c, s)]
            c.close()
            equal(s.recv(1), b"", "end")
            s.close()
            until(lambda: [x for x in list(seen.segments) if x.flags & FIN and x.sport == port],
                  "FIN")
        judge = Judge(seen, port, algorithm, maclen=maclen)
        if many == 3000:
            judge.check()
        else:                       # hashing in Python is slow
            judge.check(judge.segments[:8] + judge.segments[-4:])
        for info in infos:
            assert info["good"] > 1 and not info["bad"] and not info["required"], info


@pairings("options are not covered")                                 # [R5925-EXCLUDE]
def _(server, client, family):
    lsn, c = ends(server, client, family, flags=AO_EXCLUDE_OPT)
    port = lsn.getsockname()[1]
    with Wire(port) as seen:
        c, s = join(lsn, c)
        exchange(c, s, 3000)
    Judge(seen, port, covered=False).check()


@pairings("an abort is signed, by either end")
def _(server, client, family):
    for end in ("client", "server"):
        lsn, c = ends(server, client, family)
        port = lsn.getsockname()[1]
        with Wire(port) as seen:
            c, s = join(lsn, c)
            exchange(c, s, 1000)
            a, b = (c, s) if end == "client" else (s, c)
            a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            a.close()
            reach(b, "CLOSED")
        judge = Judge(seen, port)
        judge.check()
        assert [x for x in judge.segments if x.flags & RST], "no RST"


@pairings("TIME-WAIT answers what is signed, signed")
def _(server, client, family):
    lsn, c = ends(server, client, family)
    port = lsn.getsockname()[1]
    with Wire(port) as seen:
        c, s = join(lsn, c)
        mine = c.getsockname()[1]
        exchange(c, s, 1000)
        c.close()
        equal(s.recv(1), b"", "end")
        s.close()
        fin = until(lambda: [x for x in list(seen.segments)
                             if x.flags & FIN and x.sport == port], "FIN")[-1]
        n = len(seen.segments)
        forge(family, port, mine, fin.seq, fin.ack, fin.flags, options=fin.raw_options,
              window=fin.window)
        until(lambda: [x for x in seen.segments[n:] if x.sport == mine and x.ack == fin.end],
              "an answer")
    judge = Judge(seen, port)
    judge.check([x for x in judge.segments if x.sport == mine])


@pairings("a mapped address: a key of an IPv6 listener for an IPv4 peer", (AF_INET,))
def _(server, client, family):
    lsn = server.listener(AF_INET6, address="::ffff:127.0.0.1")
    add_key(lsn, sndid=100, rcvid=5, peer="::ffff:127.0.0.1")
    c = client.socket(family, socket.SOCK_NONBLOCK)
    add_key(c, sndid=5, rcvid=100)
    attempt(c.connect, ("127.0.0.1", lsn.getsockname()[1]))
    assert poll(c, select.POLLOUT)
    c.setblocking(True)
    s, _ = lsn.accept()
    exchange(c, s, 20000)


# --- who is not believed -------------------------------------------------------------------------


def nothing_through(server, client, family, counter, ours=(), theirs=(), **more):
    lsn, c = server.listener(family), client.socket(family, socket.SOCK_NONBLOCK)
    for s, keys in ((lsn, ours), (c, theirs)):
        for sndid, rcvid, key in keys:
            add_key(s, key, sndid, rcvid)
    if more.get("required"):
        lsn.setsockopt(TCP, AO_INFO, ao_info(required=1))
    count = Counted(server)
    attempt(c.connect, lsn.getsockname()[:2])
    count.reaches(counter)
    equal((state(c), poll(lsn, select.POLLIN, 0.05)), ("SYN-SENT", 0), "state, accept queue")
    lsn.close()
    c.close()


@pairings("another master key: nothing gets through")              # [R5925-SILENT]
def _(server, client, family):
    nothing_through(server, client, family, "TCPAOBad", [(1, 2, KEY)], [(2, 1, b"another")])


@pairings("a KeyID that nobody knows")
def _(server, client, family):
    nothing_through(server, client, family, "TCPAOKeyNotFound", [(1, 2, KEY)], [(3, 1, KEY)])


@pairings("no option, where a key is there")                       # [R5925-REQUIRED]
def _(server, client, family):
    nothing_through(server, client, family, "TCPAORequired", [(1, 2, KEY)])


@pairings("no option, where it is required of all")
def _(server, client, family):
    nothing_through(server, client, family, "TCPAORequired", required=True)


@pairings("the option, where there is no key at all")
def _(server, client, family):
    nothing_through(server, client, family, "TCPAOKeyNotFound", (), [(2, 1, KEY)])


@pairings("forgeries into a connection: without the option, with a wrong MAC, old ones")
def _(server, client, family):
    for end in ("server", "client"):
        lsn, c = ends(server, client, family)
        port = lsn.getsockname()[1]
        with Wire(port) as seen:
            c, s = join(lsn, c)
            exchange(c, s, 1000)
            mine = c.getsockname()[1]
            to, frm = (port, mine) if end == "server" else (mine, port)
            count = Counted(server if end == "server" else client)
            seq, ack = (seen.syn(x).end + 1000 for x in (frm, to))
            ids = b"\5\x64" if frm == mine else b"\x64\5"
            wrong = bytes([AO, 16]) + ids + bytes(12)
            forge(family, frm, to, seq, ack, RST)
            count.reaches("TCPAORequired")
            forge(family, frm, to, seq, ack, RST, options=wrong)
            forge(family, frm, to, seq, ack, PSH | ACK, data=b"forged", options=wrong)
            forge(family, frm, to, seq, ack, RST, options=bytes([AO, 12]) + ids + bytes(8))
            count.reaches("TCPAOBad", 3)
            forge(family, frm, to, seq, ack, RST, options=bytes([AO, 16, 77, 77]) + bytes(12))
            count.reaches("TCPAOKeyNotFound")
            forge(family, frm, to, seq, ack, RST, options=wrong + wrong)
        exchange(c, s, 1000)
        info = get_ao_info(s if end == "server" else c)
        equal((info["bad"], info["not_found"], info["required"]), (3, 1, 1), "counters")
        for x in (lsn, c, s):
            x.close()


# --- keys change -----------------------------------------------------------------------------------


def two_keys(server, client, family):
    """A connection whose ends have keys 1/1 and 2/2, the first in use."""
    lsn, c = server.listener(family), client.socket(family, socket.SOCK_NONBLOCK)
    for s in (lsn, c):
        add_key(s, b"second", 2, 2, maclen=16)
        add_key(s, b"first", 1, 1)
    c.setsockopt(TCP, AO_INFO, ao_info(current=1, rnext=1))
    c, s = join(lsn, c)
    return lsn, c, s


def in_use(s):
    info = get_ao_info(s)
    return info["current"], info["rnext"]


@pairings("rotation: asked for by RNextKeyID, done, and the old key deleted")   # [R5925-ROTATE]
def _(server, client, family):
    lsn, c, s = two_keys(server, client, family)
    exchange(c, s, 5000)
    equal((in_use(c), in_use(s)), ((1, 1), (1, 1)), "keys at first")
    here = LOOPBACK[family]
    gone = ao_del(family, here, 1, 1)
    equal(attempt(s.setsockopt, TCP, AO_DEL_KEY, gone), "EBUSY", "delete what is in use")  # [R5925-INUSE]
    # The server wants key 2 used; the client follows with its next segments.
    s.setsockopt(TCP, AO_INFO, ao_info(rnext=2))
    exchange(c, s, 5000)
    exchange(c, s, 5000)
    equal((in_use(c), in_use(s)), ((2, 1), (1, 2)), "keys of one direction")
    c.setsockopt(TCP, AO_INFO, ao_info(rnext=2))
    exchange(c, s, 5000)
    exchange(c, s, 5000)
    equal((in_use(c), in_use(s)), ((2, 2), (2, 2)), "keys of both")
    for x in (c, s):
        x.setsockopt(TCP, AO_DEL_KEY, gone)
        equal(attempt(x.setsockopt, TCP, AO_DEL_KEY, gone), "ENOENT", "again")
    exchange(c, s, 50000)
    # A third, added while the connection lives.
    for x in (c, s):
        add_key(x, b"third", 3, 3, algorithm=CMAC if has_hash(CMAC) else None)
    s.setsockopt(TCP, AO_INFO, ao_info(rnext=3))
    exchange(c, s, 5000)
    exchange(c, s, 5000)
    equal((in_use(c), in_use(s)), ((3, 2), (2, 3)), "keys with a third")
    lsn.close()


@pairings("a listener's keys go and its children stay")             # [R5925-STATUS]
def _(server, client, family):
    lsn, c = ends(server, client, family)
    c, s = join(lsn, c)
    lsn.setsockopt(TCP, AO_DEL_KEY, ao_del(family, LOOPBACK[family], 100, 5, asynchronous=1))
    exchange(c, s, 5000)
    equal(attempt(get_ao_info, s)["current"], 100, "current key of the child")


@pairings("hard ICMP errors are ignored, unless they are wanted")    # [R5925-ICMP]
def _(server, client, family):
    lsn, c = ends(server, client, family)
    port = lsn.getsockname()[1]
    with Wire(port) as seen:
        c, s = join(lsn, c)
        exchange(c, s, 100)
        syn = seen.syn(port)
    quoted = ip_packet(family, LOOPBACK[family], LOOPBACK[family], 6, tcp_bytes(
        family, LOOPBACK[family], LOOPBACK[family], port, c.getsockname()[1], syn.end + 100, 0,
        ACK))
    for wanted in (0, 1):
        s.setsockopt(TCP, AO_INFO, ao_info(accept_icmps=wanted))
        before = get_ao_info(s)["icmps"]
        unreachable(family, quoted)
        if not wanted:
            until(lambda: get_ao_info(s)["icmps"] > before, "an ignored message")
        exchange(c, s, 100)
        equal(get_ao_info(s)["icmps"] > before, not wanted, "ignored")
        quoted = ip_packet(family, LOOPBACK[family], LOOPBACK[family], 6, tcp_bytes(
            family, LOOPBACK[family], LOOPBACK[family], port, c.getsockname()[1],
            syn.end + 200, 0, ACK))


def unreachable(family, quoted):
    """Sends: port unreachable."""
    here = LOOPBACK[family]
    if family == AF_INET:
        message = struct.pack("!BBHI", 3, 3, 0, 0) + quoted
        total = checksum(message)
        protocol = socket.IPPROTO_ICMP
    else:
        message = struct.pack("!BBHI", 1, 4, 0, 0) + quoted
        a = socket.inet_pton(family, here)
        total = checksum(a + a + struct.pack("!II", len(message), 58) + message)
        protocol = 58
    message = message[:2] + struct.pack("!H", total) + message[4:]
    with raw(family) as s:
        s.sendto(ip_packet(family, here, here, protocol, message), (here, 0))


# --- the socket options ----------------------------------------------------------------------------


@like_linux("TCP_AO_ADD_KEY: what is taken and what is not")        # [R5925-MACLEN] [R5925-UNIQUE]
def _(st, log, family):
    here, other = LOOPBACK[family], AF_INET6 if family == AF_INET else AF_INET
    good = ao_add(family, here, KEY, 1, 2)

    def fresh(what, value):
        log(what, attempt(st.socket(family).setsockopt, TCP, AO_ADD_KEY, value))
    for n in (0, 4, 100, 280, 287, 288, 289, 400):
        fresh(f"length {n}", good.ljust(400, b"\0")[:n])
    fresh("length, trailing", good + b"\1")
    fresh("other family", ao_add(other, LOOPBACK[other], KEY, 1, 2))
    fresh("port", ao_add(family, here, KEY, 1, 2, port=80))
    fresh("reserved", ao_add(family, here, KEY, 1, 2, reserved=1))
    for flags in (0, 1, 2, 3, 4, 0x80):
        for ifindex in (0, 1, 9999):
            fresh(f"flags {flags} {ifindex}", ao_add(family, here, KEY, 1, 2, flags=flags,
                                                    ifindex=ifindex))
    for algorithm in ("hmac(sha1)", "cmac(aes128)", "cmac(aes)", "hmac(sha256)", "hmac(md5)", "md5",
                      "nonsense", "", "hmac(nonsense)"):
        # The kernel's own TCP makes a scatterlist of no octets of an empty key for AES-CMAC,
        # and where the kernel checks lists, it stops there: see the next case.
        for keylen in (0, 1, 15, 16, 17, 80, 81)[algorithm == CMAC:]:
            fresh(f"{algorithm} {keylen}", ao_add(family, here, b"k" * 80, 1, 2, algorithm,
                                                  keylen=keylen))
    for maclen in (0, 1, 4, 12, 15, 16, 17, 20, 21, 32, 255):
        for algorithm in (SHA1, CMAC, SHA256):
            fresh(f"MAC {maclen} {algorithm}", ao_add(family, here, b"k" * 16, 1, 2, algorithm,
                                                      maclen=maclen))
    any_of = "0.0.0.0" if family == AF_INET else "::"
    for address in (here, any_of, "10.0.0.0" if family == AF_INET else "fd00::",
                    here if family == AF_INET else "::ffff:10.1.0.0"):
        for prefix in (0, 1, 8, 16, 24, 31, 32, 33, 64, 127, 128, 129, 255):
            fresh(f"{address}/{prefix}", ao_add(family, address, KEY, 1, 2, prefix=prefix))
    s = st.socket(family)
    for sndid, rcvid in ((1, 2), (1, 2), (1, 3), (3, 2), (3, 3), (0, 255), (255, 0)):
        for prefix in (None, 0):
            log("IDs", sndid, rcvid, prefix, attempt(s.setsockopt, TCP, AO_ADD_KEY, ao_add(
                family, here if prefix is None else any_of, KEY, sndid, rcvid, prefix=prefix)))


@alone("TCP_AO_ADD_KEY: an empty key for AES-CMAC")                 # [R5926-CMACKEY]
def _():
    if not has_hash(CMAC):
        raise Skip("this kernel lacks AES-CMAC")
    for server, client in ((b"", b""), (b"", bytes(16))):
        lsn, c = ATCP.listener(AF_INET), ATCP.socket(AF_INET, socket.SOCK_NONBLOCK)
        port = lsn.getsockname()[1]
        add_key(lsn, server, 100, 5, algorithm=CMAC)
        add_key(c, client, 5, 100, algorithm=CMAC)
        with Wire(port) as seen:
            if server != client:
                attempt(c.connect, lsn.getsockname())
                assert not poll(c, select.POLLOUT, 0.2), "connected, with another key"
                continue
            exchange(*join(lsn, c), 100)
        Judge(seen, port, CMAC, server).check()


@like_linux("every option in every state, and with MD5 keys")        # [R5925-NOMIX] [R5925-NOTLATER]
def _(st, log, family):
    here = LOOPBACK[family]
    for name in ("new", "listening", "connected"):
        for current in (0, 1):
            s = {"new": st.socket, "listening": st.listener,
                 "connected": lambda f: st.pair(f)[0]}[name](family)
            log(name, "add", attempt(s.setsockopt, TCP, AO_ADD_KEY, ao_add(
                family, here, KEY, 1, 2, current=current, rnext=current)))
            for info in (ao_info(), ao_info(current=1), ao_info(rnext=2), ao_info(current=9),
                         ao_info(rnext=9), ao_info(required=1), ao_info(reserved=1),
                         ao_info(accept_icmps=1, counters=(1, 2, 3, 4, 5)), b"", b"\0" * 20,
                         ao_info() + b"\0", ao_info() + b"\1"):
                log(name, "info", attempt(s.setsockopt, TCP, AO_INFO, info))
                log(name, attempt(get_ao_info, s))
            log(name, "MD5", attempt(s.setsockopt, TCP, MD5SIG, md5sig(family, here, KEY)))
            for rest in ((1, 3, {}), (1, 2, {"flags": 1}), (1, 2, {"flags": 2}),
                         (1, 2, {"prefix": 0}), (1, 2, {"port": 1}), (1, 2, {"reserved": 1}),
                         (1, 2, {"current": 1}), (1, 2, {"current": 9}), (1, 2, {"rnext": 9}),
                         (1, 2, {"asynchronous": 1}), (1, 2, {}), (1, 2, {})):
                log(name, "del", rest, attempt(s.setsockopt, TCP, AO_DEL_KEY, ao_del(
                    family, here, *rest[:2], **rest[2])))
            log(name, "repair", attempt(s.setsockopt, TCP, AO_REPAIR, bytes(16)),
                attempt(ask_option, s, AO_REPAIR, bytes(16)))
    s = st.socket(family)
    log("MD5 first", attempt(s.setsockopt, TCP, MD5SIG, md5sig(family, here, KEY)))
    log(attempt(s.setsockopt, TCP, AO_ADD_KEY, ao_add(family, here, KEY, 1, 2)))
    log(attempt(s.setsockopt, TCP, AO_INFO, ao_info(required=1)))
    log(attempt(s.setsockopt, TCP, AO_INFO, ao_info()))
    s = st.socket(family)
    for name in (AO_INFO, AO_GET_KEYS, AO_ADD_KEY, AO_DEL_KEY):
        log("get of none", name, attempt(ask_option, s, name, bytes(360)))


def get_keys(s, ask, each=360, room=8):
    """What TCP_AO_GET_KEYS gives: (length, matches, structures), or the errno."""
    got = attempt(ask_option, s, AO_GET_KEYS, ask.ljust(each, b"\0"), each * room)
    if isinstance(got, str):
        return got
    found = struct.unpack_from("=I", got[1], 272)[0]
    return got[0], found, [got[1][i * each:(i + 1) * each].hex() for i in range(min(found, room))]


def ask_for(address=b"", nkeys=8, bits=0, sndid=0, rcvid=0, prefix=0, flags=0, ifindex=0):
    """struct tcp_ao_getsockopt."""
    return (address.ljust(128, b"\0") + bytes(144) +
            struct.pack("=IHBBBBBBi", nkeys, bits, sndid, rcvid, prefix, 0, flags, 0, ifindex))


@like_linux("connect() with keys, but none for the peer, or of both kinds")
def _(st, log, family):
    here = LOOPBACK[family]
    lsn = st.listener(family)
    for keys in ("AO for another", "required, none", "AO and MD5 for another", "AO for another, MD5",
                 "info alone"):
        s = st.socket(family, socket.SOCK_NONBLOCK)
        other = "192.0.2.1" if family == AF_INET else "2001:db8::1"
        if keys.startswith("AO"):
            add_key(s, peer=here if keys == "AO and MD5 for another" else other)
        if "required" in keys:
            s.setsockopt(TCP, AO_INFO, ao_info(required=1))
        if "alone" in keys:
            s.setsockopt(TCP, AO_INFO, ao_info())
        if "MD5" in keys:
            s.setsockopt(TCP, MD5SIG, md5sig(family, other if "another" == keys[-7:] else here, KEY))
        log(keys, attempt(s.connect, lsn.getsockname()[:2]), state(s))
        log(attempt(ask_option, s, AO_INFO, bytes(48)))


@like_linux("TCP_AO_GET_KEYS")
def _(st, log, family):
    here, s = LOOPBACK[family], st.socket(family)
    log("none", get_keys(s, ask_for(bits=4)))
    for i, algorithm in enumerate((SHA1, CMAC, SHA256)):
        add_key(s, b"k%d" % i, i, i + 10, algorithm=algorithm, maclen=4 + i)
    add_key(s, KEY, 77, 78, prefix=0, peer="0.0.0.0" if family == AF_INET else "::")
    s.setsockopt(TCP, AO_INFO, ao_info(current=1, rnext=12))
    a = sockaddr(family, here)
    size = 32 if family == AF_INET else 128
    for ask in (ask_for(bits=4), ask_for(bits=4, nkeys=2), ask_for(bits=1), ask_for(bits=2),
                ask_for(bits=3), ask_for(bits=5), ask_for(bits=8), ask_for(), ask_for(a, bits=4),
                ask_for(a, prefix=size), ask_for(a, sndid=1, rcvid=11, prefix=size),
                ask_for(a, sndid=1, rcvid=11, prefix=size + 1), ask_for(a, sndid=1, rcvid=11),
                ask_for(a, sndid=77, rcvid=78, prefix=size), ask_for(bits=4, sndid=1),
                ask_for(b"\x11\0", bits=4),
                ask_for(bits=4, flags=2), ask_for(bits=4, ifindex=1),
                ask_for(bits=4, flags=1, ifindex=1)):
        log(ask.hex(), get_keys(s, ask))
    for each in (0, 100, 272, 276, 360, 400):
        log(each, get_keys(s, ask_for(bits=4)[:max(each, 1)], each) if each else "-")



main()
