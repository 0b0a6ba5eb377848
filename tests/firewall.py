# SPDX-License-Identifier: GPL-2.0
"""Rules of nftables in a namespace, what they counted, conntrack, and NFQUEUE.

All of it in this process: starting nft(8) or conntrack(8) costs seconds where every
check of the kernel is on."""

import ctypes
import errno
import re
import select
import socket
import struct
import threading

from atcptest import (AF_INET, ATCP, FAMILIES, FAMILY_NAME, GUEST, LINUX, PAIRINGS, SCALE, Log,
                      Pairing, Skip, alone, equal, until)
from rtnl import NETLINK_NETFILTER, acknowledged, attribute, attributes, message, request
from traffic import counters

# Two hosts with their rules take long where every check is on: there, atcp with atcp only.
FEW = PAIRINGS[:1] if GUEST == "debug" else PAIRINGS

CONNTRACK_DELETE = 1 << 8 | 2

_nftables = ctypes.CDLL("libnftables.so.1")
_nftables.nft_ctx_new.restype = ctypes.c_void_p
_nftables.nft_ctx_get_output_buffer.restype = ctypes.c_char_p
_nftables.nft_ctx_get_error_buffer.restype = ctypes.c_char_p


def nft(host, text):
    """Gives commands of nft(8) to a host; returns what they print."""
    with host:
        context = ctypes.c_void_p(_nftables.nft_ctx_new(0))
    try:
        _nftables.nft_ctx_buffer_output(context)
        _nftables.nft_ctx_buffer_error(context)
        status = _nftables.nft_run_cmd_from_buffer(context, text.encode())
        out = _nftables.nft_ctx_get_output_buffer(context).decode()
        wrong = _nftables.nft_ctx_get_error_buffer(context).decode()
    finally:
        _nftables.nft_ctx_free(context)
    if "not supported" in wrong or "No such file" in wrong and "Could not process" in wrong:
        raise Skip(f"this kernel's nftables cannot: {wrong.splitlines()[0]}")
    assert not status and not wrong, f"{wrong}\n{text}"
    return out


class Rules:
    """A table "t" of family inet in a host; its body may name counters by "count NAME",
    and every RST that leaves is counted as "rst"."""

    def __init__(self, host, body):
        self.host = host
        names = sorted(set(re.findall(r"count (\w+)", body)) | {"rst"})
        # Prefixed, for some names are words of nft's language.
        declared = "".join(f"counter n_{n} {{ }}\n" for n in names)
        body = self._named(body)
        self.nft("table inet t {\n" + declared + body + """
            chain rsts {
                type filter hook output priority 300; policy accept;
                meta l4proto tcp tcp flags & rst == rst counter name n_rst
            }
        }""")

    @staticmethod
    def _named(text):
        return re.sub(r"\bcount (\w+)", r"counter name n_\1", text)

    def nft(self, text):
        return nft(self.host, text)

    def add(self, chain, rule):
        self.nft(f"add rule inet t {chain} {self._named(rule)}")

    def insert(self, chain, rule):
        self.nft(f"insert rule inet t {chain} {self._named(rule)}")

    def flush(self, chain):
        self.nft(f"flush chain inet t {chain}")

    def counts(self):
        out = self.nft("list counters table inet t")
        return {name: int(n) for name, n in
                re.findall(r"counter n_(\w+) \{\s*packets (\d+) bytes", out)}

    def count(self, name):
        return self.counts()[name]

    def delete(self):
        self.nft("delete table inet t")


def tracked(host, port):
    """[(state, assured)] of the TCP connections that conntrack knows to a port."""
    found = []
    for line in host.read("/proc/net/nf_conntrack").splitlines():
        words = line.split()
        if words[2] == "tcp" and f"dport={port}" == words[9]:
            found.append((words[5], "[ASSURED]" in words))
    return found


def forget(*hosts):
    """Conntrack of these hosts forgets all connections."""
    for host in hosts:
        with host:
            request(NETLINK_NETFILTER, CONNTRACK_DELETE, struct.pack("!BBH", 0, 0, 0))


def is_tracked(host, port, state, n=1, assured=True):
    """Waits until conntrack has n connections to a port, all in a state."""
    want = [(state, assured)] * n
    try:
        until(lambda: tracked(host, port) == want)
    except AssertionError:
        raise AssertionError(f"conntrack has {tracked(host, port)}, expected {want}") from None


QUEUE = 3 << 8
PACKET, VERDICT, CONFIG = range(3)
DROP, ACCEPT = range(2)


class Queue:
    """Whoever gives the verdicts for an NFQUEUE: decide(hook, packet) says DROP,
    ACCEPT, or None to hold the packet until release()."""

    def __init__(self, host, number, decide=lambda hook, packet: ACCEPT, gso=True):
        self.number, self.decide = number, decide
        self.seen, self.held, self.hooks = 0, [], set()
        self.error = None
        with host:
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.sock.bind((0, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._config(attribute(1, struct.pack("!BBH", 1, 0, 0)))
        params = attribute(2, struct.pack("!IB", 0xffff, 2))
        if gso:
            params += attribute(4, struct.pack("!I", 4)) + attribute(5, struct.pack("!I", 4))
        self._config(params + attribute(3, struct.pack("!I", 4096)))
        self.stopping = False
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _body(self, body):
        return struct.pack("!BBH", 0, 0, self.number) + body

    def _config(self, body):
        try:
            acknowledged(self.sock, QUEUE | CONFIG, self._body(body))
        except OSError as e:
            if e.errno in (errno.EOPNOTSUPP, errno.EINVAL):
                raise Skip("no NFQUEUE in this kernel") from None
            raise

    def verdict(self, number, what):
        body = attribute(2, struct.pack("!II", what, number))
        self.sock.send(message(QUEUE | VERDICT, self._body(body)))

    def _work(self):
        while not self.stopping:
            if not select.select([self.sock], [], [], 0.05)[0]:
                continue
            try:
                raw = self.sock.recv(1 << 18)
            except OSError as e:        # ENOBUFS: the kernel dropped some, as networks do
                if e.errno != errno.ENOBUFS:
                    self.error = e
                continue
            while len(raw) >= 16:
                length, kind = struct.unpack_from("=IH", raw)
                if kind == QUEUE | PACKET:
                    self._packet(attributes(raw[20:length]))
                raw = raw[length + 3 & ~3:]

    def _packet(self, attrs):
        number, _protocol, hook = struct.unpack_from("!IHB", attrs[1])
        self.seen += 1
        self.hooks.add(hook)
        what = self.decide(hook, attrs.get(10, b""))
        if what is None:
            self.held.append(number)
        else:
            self.verdict(number, what)

    def release(self, what=ACCEPT):
        while self.held:
            self.verdict(self.held.pop(0), what)

    def close(self):
        """What is still held is dropped by the kernel."""
        self.stopping = True
        self.thread.join()
        self.sock.close()


# --- what cases share ----------------------------------------------------------------

SIZE = max(128 << 10, int((1 << 20) * SCALE))
PORT = 4000


def filter_chains(*rules):
    return "".join(f"""
    chain {hook} {{
        type filter hook {hook} priority 0; policy accept;
        {rule}
    }}""" for hook, rule in rules)


def connect(cable, server, client, family=AF_INET, port=PORT, to=None):
    """(client's end, server's end) of a connection to a port; to is another name of it."""
    listener = cable.a.listener(server, family, cable.address(cable.a, family), port,
                                options=[(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)])
    c = cable.b.socket(client, family)
    c.connect((cable.address(cable.a, family), port) if to is None else to)
    s, _ = listener.accept()
    listener.close()
    return c, s


def against(name, families=FAMILIES, pairings=FEW):
    """A case func(pairing, log, family) for each family and pairing; its transcript
    equals that of the kernel's TCP, which is taken once a family."""
    def add(func):
        wanted = {}

        def run(family, pairing):
            if family not in wanted:
                log = Log()
                func(Pairing(LINUX, LINUX), log, family)
                wanted[family] = log
            got = Log()
            func(pairing, got, family)
            equal(got, wanted[family], f"transcript of {pairing!r}")
        for family in families:
            for pairing in (Pairing(*p) for p in pairings):
                alone(f"{name}, {FAMILY_NAME[family]}, {pairing!r}")(
                    lambda f=family, p=pairing: run(f, p))
        return func
    return add


def about(got, least, hosts, what):
    """A count of segments is what it must be, and no more than what was sent twice
    exceeds it: where the machine is slow, timers may run out."""
    again = sum(counters(h, stack)["RetransSegs"] for h in hosts for stack in (ATCP, LINUX))
    assert least <= got <= least + again, f"{what}: {got}, expected {least} (+{again})"


def no_resets(hosts, *rules):
    """But for answers to what was sent twice and came after its connection's end."""
    for r in rules:
        about(r.count("rst"), 0, hosts, f"RSTs that left {r.host.name}")
