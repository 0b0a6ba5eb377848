# SPDX-License-Identifier: GPL-2.0
"""Segments that carry a digest: keys, what the wire sees, and forgeries."""

import ctypes
import functools
import hashlib
import hmac
import os
import socket
import struct
import threading

from atcptest import AF_INET, AF_INET6, ATCP, LINUX, LOOPBACK, attempt, libc, until
from wire import SYN, Segment
from wire.segment import ip_packet, tcp_bytes

TCP = socket.IPPROTO_TCP
MD5SIG, MD5SIG_EXT = 14, 32
PREFIX, IFINDEX = 1, 2
MD5 = 19
MOD = 1 << 32
SO_RCVBUFFORCE = 33
SHA1, SHA256, CMAC = "hmac(sha1)", "hmac(sha256)", "cmac(aes128)"


def sockaddr(family, address, port=0):
    """struct sockaddr_storage."""
    if family == AF_INET:
        raw = struct.pack("=H", family) + struct.pack("!H", port) + \
            socket.inet_pton(family, address)
    else:
        raw = struct.pack("=H", family) + struct.pack("!HI", port, 0) + \
            socket.inet_pton(family, address)
    return raw.ljust(128, b"\0")


def md5sig(family, address, key, flags=0, prefix=0, ifindex=0, length=None):
    """struct tcp_md5sig."""
    return sockaddr(family, address) + struct.pack(
        "=BBHi80s", flags, prefix, len(key) if length is None else length, ifindex, key)


def set_md5(s, address, key, **more):
    """The key for a peer; with prefix= or so, by TCP_MD5SIG_EXT."""
    s.setsockopt(TCP, MD5SIG_EXT if more else MD5SIG, md5sig(s.family, address, key, **more))


def pseudo(segment, length):
    a = socket.inet_pton(segment.family, segment.src)
    b = socket.inet_pton(segment.family, segment.dst)
    return a + b + (struct.pack("!BBH", 0, 6, length) if segment.family == AF_INET else
                    struct.pack("!II", length, 6))


def md5_digest(segment, key):
    """RFC 2385, 2.0."""
    head = segment.payload[:16] + b"\0\0" + segment.payload[18:20]
    return hashlib.md5(pseudo(segment, len(segment.payload)) + head + segment.data + key).digest()


def counts(stack):
    """What the stack has counted in this namespace: {name: value}."""
    path = "/proc/net/atcp_netstat" if stack.is_atcp else "/proc/net/netstat"
    with open(path, encoding="utf-8") as f:
        names, values = [line.split()[1:] for line in f if line.startswith("TcpExt:")]
    return dict(zip(names, map(int, values)))


class Counted:
    """How a counter has moved since this was made; the two stacks count alike."""

    def __init__(self, stack):
        self.stack = stack
        self.before = counts(stack)

    def __call__(self, name):
        return counts(self.stack)[name] - self.before[name]

    def reaches(self, name, least=1):
        return until(lambda: self(name) >= least, f"{name} of {self.stack!r}")


class Wire:
    """All segments over loopback from or to a port, while 'with' lasts."""

    def __init__(self, port):
        self.port = port
        self.segments = []
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        # Beyond rmem_max, or a slow reader misses the FIN.
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        self.sock.bind(("lo", 0))
        self.end, self.wake = os.pipe()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.sock.settimeout(0)
        os.write(self.wake, b"x")
        self.thread.join()
        self._drain()
        self.sock.close()

    def _run(self):
        import select
        while True:
            ready = select.select([self.sock, self.end], [], [])[0]
            if self.end in ready:
                return
            self._take(self.sock.recvfrom(1 << 17))

    def _drain(self):
        while True:
            try:
                self._take(self.sock.recvfrom(1 << 17))
            except BlockingIOError:
                return

    def _take(self, packet):
        data, address = packet
        if address[2] == 4 or not data:     # PACKET_OUTGOING: it comes in, too
            return
        segment = Segment(data)
        if segment.is_tcp and self.port in (segment.sport, segment.dport):
            self.segments.append(segment)

    def syn(self, sport):
        """The SYN from a port."""
        return until(lambda: [s for s in list(self.segments) if s.sport == sport and
                              s.flags & SYN], "a SYN")[0]


def raw(family):
    """For packets made by hand."""
    if family == AF_INET:
        return socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.setsockopt(socket.IPPROTO_IPV6, 36, 1)        # IPV6_HDRINCL
    return s


def forge(family, sport, dport, seq, ack, flags, data=b"", **more):
    """Sends a segment over loopback that no TCP made."""
    here = LOOPBACK[family]
    text = tcp_bytes(family, here, here, sport, dport, seq, ack, flags, data=data, **more)
    with raw(family) as s:
        s.sendto(ip_packet(family, here, here, socket.IPPROTO_TCP, text),
                 (here, 0))


# --- RFC 5925 and RFC 5926 ------------------------------------------------------------

AO_ADD_KEY, AO_DEL_KEY, AO_INFO, AO_GET_KEYS, AO_REPAIR = range(38, 43)
AO_IFINDEX, AO_EXCLUDE_OPT = 1, 2
AO = 29


def prefix_of(family, address):
    return 32 if family == AF_INET else 32 if address.startswith("::ffff:") else 128


def kernel_has_ao():
    """Was it built with CONFIG_TCP_AO?"""
    with LINUX.socket() as s:
        return attempt(s.setsockopt, TCP, AO_INFO, ao_info()) != "ENOPROTOOPT"


@functools.cache
def has_hash(algorithm):
    """Does the kernel's crypto have it? atcp takes what it finds there."""
    with ATCP.socket() as s:
        return attempt(s.setsockopt, TCP, AO_ADD_KEY,
                       ao_add(AF_INET, "127.0.0.1", b"key", 1, 2, algorithm)) != "ENOENT"


def usual_hash():
    """That of RFC 5926; where the kernel lacks it, one that must be there."""
    return SHA1 if has_hash(SHA1) else SHA256


def ao_add(family, address, key, sndid, rcvid, algorithm=None, maclen=12, prefix=None, flags=0,
            ifindex=0, current=0, rnext=0, reserved=0, keylen=None, port=0):
    """struct tcp_ao_add."""
    prefix = prefix_of(family, address) if prefix is None else prefix
    algorithm = usual_hash() if algorithm is None else algorithm
    return (sockaddr(family, address, port) + algorithm.encode().ljust(64, b"\0") +
            struct.pack("=iIHBBBBBB80s", ifindex, current | rnext << 1 | reserved << 2, 0, prefix,
                        sndid, rcvid, maclen, flags, len(key) if keylen is None else keylen,
                        key)).ljust(288, b"\0")


def ao_del(family, address, sndid, rcvid, prefix=None, flags=0, ifindex=0, current=None,
           rnext=None, asynchronous=0, reserved=0, port=0):
    """struct tcp_ao_del."""
    prefix = prefix_of(family, address) if prefix is None else prefix
    bits = (current is not None) | (rnext is not None) << 1 | asynchronous << 2 | reserved << 3
    return (sockaddr(family, address, port) +
            struct.pack("=iIHBBBBBB", ifindex, bits, 0, prefix, sndid, rcvid, current or 0,
                        rnext or 0, flags)).ljust(144, b"\0")


def ao_info(current=None, rnext=None, required=0, accept_icmps=0, counters=None, reserved=0):
    """struct tcp_ao_info_opt."""
    bits = (current is not None) | (rnext is not None) << 1 | required << 2 | \
        (counters is not None) << 3 | accept_icmps << 4 | reserved << 5
    return struct.pack("=IHBB5Q", bits, 0, current or 0, rnext or 0, *(counters or (0,) * 5))


def ask_option(s, name, ask, room=None):
    """getsockopt() whose value is read, too: (length, value)."""
    value = ctypes.create_string_buffer(ask, max(room or len(ask), 1))
    length = ctypes.c_int(len(ask))
    if libc.getsockopt(s.fileno(), TCP, name, value, ctypes.byref(length)):
        raise OSError(ctypes.get_errno(), "getsockopt")
    return length.value, value.raw


def get_ao_info(s):
    """What TCP_AO_INFO tells: {field: value}."""
    bits, _pad, current, rnext, *counters = struct.unpack("=IHBB5Q", ask_option(s, AO_INFO,
                                                                               bytes(48))[1])
    info = dict(zip(("good", "bad", "not_found", "required", "icmps"), counters))
    info["current"] = current if bits & 1 else None
    info["rnext"] = rnext if bits & 2 else None
    info["ao_required"], info["accept_icmps"] = bits >> 2 & 1, bits >> 4 & 1
    return info


def aes128(key):
    """An AES-128 encryption of one block (FIPS 197), slow and plain."""
    def double(x):
        return (x << 1 ^ 0x11b) & 0xff if x & 0x80 else x << 1

    def times(x, y):
        product = 0
        while y:
            product ^= x if y & 1 else 0
            x, y = double(x), y >> 1
        return product

    def substitute(x):
        inverse = next((y for y in range(256) if times(x, y) == 1), 0)
        out = 0
        for i in range(5):
            out ^= inverse << i | inverse >> (8 - i)
        return (out ^ 0x63) & 0xff

    box = aes128.box = getattr(aes128, "box", None) or [substitute(x) for x in range(256)]
    words, rcon = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = list(words[-1])
        if i % 4 == 0:
            word = [box[x] for x in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = double(rcon)
        words.append([a ^ b for a, b in zip(word, words[i - 4])])
    keys = [sum(words[i:i + 4], []) for i in range(0, 44, 4)]

    def encrypt(block):
        state = [a ^ b for a, b in zip(block, keys[0])]
        for n in range(1, 11):
            state = [box[x] for x in state]
            state = [state[(i + 4 * (i % 4)) % 16] for i in range(16)]
            if n < 10:
                state = [double(c[i]) ^ double(c[(i + 1) % 4]) ^ c[(i + 1) % 4] ^ c[(i + 2) % 4] ^
                         c[(i + 3) % 4] for c in (state[j:j + 4] for j in range(0, 16, 4))
                         for i in range(4)]
            state = [a ^ b for a, b in zip(state, keys[n])]
        return bytes(state)
    return encrypt


def cmac(key, text):
    """AES-CMAC (RFC 4493)."""
    encrypt = aes128(key)

    def double(block):
        value = int.from_bytes(block, "big") << 1
        return ((value ^ 0x87 if value >> 128 else value) & ((1 << 128) - 1)).to_bytes(16, "big")
    k1 = double(encrypt(bytes(16)))
    n = max(1, (len(text) + 15) // 16)
    last = text[16 * (n - 1):]
    mask = k1
    if len(last) < 16:
        last, mask = (last + b"\x80").ljust(16, b"\0"), double(k1)
    state = bytes(16)
    for block in [text[i:i + 16] for i in range(0, 16 * (n - 1), 16)] + \
            [bytes(a ^ b for a, b in zip(last, mask))]:
        state = encrypt(bytes(a ^ b for a, b in zip(state, block)))
    return state


def prf(algorithm, key, text):
    if algorithm == "cmac(aes128)":
        return cmac(key, text)
    return hmac.new(key, text, algorithm[5:-1]).digest()


def traffic_key(algorithm, master, segment, sisn, disn):
    """RFC 5926, 3.1."""
    if algorithm == "cmac(aes128)" and len(master) != 16:
        master = cmac(bytes(16), master)
    size = {"cmac(aes128)": 16}.get(algorithm) or hashlib.new(algorithm[5:-1]).digest_size
    context = pseudo(segment, 0)[:8 if segment.family == AF_INET else 32] + \
        struct.pack("!HHII", segment.sport, segment.dport, sisn, disn)
    return prf(algorithm, master, b"\1TCP-AO" + context + struct.pack("!H", size * 8))


def ao_mac(algorithm, key, segment, covered=True, sne=0):
    """RFC 5925, 5.1, with a traffic key: the whole of it."""
    value = segment.options[AO]
    option = bytes([AO, len(value) + 2]) + value[:2]
    at = segment.raw_options.index(option)
    empty = option + bytes(len(value) - 2)
    rest = segment.raw_options[:at] + empty + segment.raw_options[at + len(empty):]
    head = segment.payload[:16] + b"\0\0" + segment.payload[18:20] + (rest if covered else empty)
    return prf(algorithm, key, struct.pack("!I", sne) + pseudo(segment, len(segment.payload)) +
               head + segment.data)
