# SPDX-License-Identifier: GPL-2.0
"""Rules of nftables in a namespace, what they counted, conntrack, and NFQUEUE."""

import errno
import re
import select
import socket
import struct
import threading

from atcptest import Skip, until
from lab import run

# Two rules, not a set: inserting into a set trips lockdep in nftables itself.
NEIGHBOURS = """icmpv6 type nd-neighbor-solicit accept
        icmpv6 type nd-neighbor-advert accept"""


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

    def nft(self, text, check=True):
        with self.host:         # not "ip netns exec": that hides the cgroups
            out = run("nft", "-f", "-", input=text, check=False)
        if "not supported" in out or "No such file" in out and "Could not process" in out:
            raise Skip(f"this kernel's nftables cannot: {out.splitlines()[0]}")
        assert not check or "Error" not in out, f"{out}\n{text}"
        return out

    def add(self, chain, rule):
        self.nft(f"add rule inet t {chain} {self._named(rule)}")

    def insert(self, chain, rule):
        self.nft(f"insert rule inet t {chain} {self._named(rule)}")

    def flush(self, chain):
        self.nft(f"flush chain inet t {chain}")

    def counts(self):
        with self.host:
            out = run("nft", "list", "table", "inet", "t")
        return {name: int(n) for name, n in
                re.findall(r"counter n_(\w+) \{\s*packets (\d+) bytes", out)}

    def count(self, name):
        return self.counts()[name]

    def delete(self):
        self.nft("delete table inet t")


def conntrack(host, *words):
    """conntrack(8) there; what it says on both outputs."""
    with host:
        return run("conntrack", *words, check=False)


def tracked(host, port):
    """[(state, assured)] of the TCP connections that conntrack knows to a port."""
    out = conntrack(host, "-L", "-p", "tcp", "--dport", port)
    if "Operation not supported" in out or "not found" in out:
        raise Skip("conntrack does not list here")
    found = []
    for line in out.splitlines():
        words = line.split()
        if words and words[0] == "tcp":
            found.append((words[3], "[ASSURED]" in line))
    return found


def is_tracked(host, port, state, n=1, assured=True):
    """Waits until conntrack has n connections to a port, all in a state."""
    want = [(state, assured)] * n
    try:
        until(lambda: tracked(host, port) == want)
    except AssertionError:
        raise AssertionError(f"conntrack has {tracked(host, port)}, expected {want}") from None


NETLINK_NETFILTER = 12
QUEUE = 3 << 8
PACKET, VERDICT, CONFIG = range(3)
DROP, ACCEPT = range(2)


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def attributes(raw):
    found = {}
    while len(raw) >= 4:
        length, kind = struct.unpack_from("=HH", raw)
        found[kind & 0x3fff] = raw[4:length]
        raw = raw[length + 3 & ~3:]
    return found


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

    def _message(self, kind, body, flags=1):
        general = struct.pack("!BBH", 0, 0, self.number)
        self.sock.send(struct.pack("=IHHII", 20 + len(body), QUEUE | kind, flags, 0, 0) +
                       general + body)

    def _config(self, body):
        self._message(CONFIG, body, flags=5)    # acknowledged
        error = struct.unpack_from("=i", self.sock.recv(4096), 16)[0]
        if error == -95 or error == -22:
            raise Skip("no NFQUEUE in this kernel")
        assert not error, f"NFQUEUE: errno {-error}"

    def verdict(self, number, what):
        self._message(VERDICT, attribute(2, struct.pack("!II", what, number)))

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
