# SPDX-License-Identifier: GPL-2.0
"""Networks inside a guest: namespaces as hosts, veth as cable, TUN as a scripted end."""

import ctypes
import errno
import fcntl
import itertools
import os
import socket
import struct
import subprocess

import rtnl
from atcptest import AF_INET, AF_INET6, CLONE_NEWNET, Skip, libc, until

_numbers = itertools.count(1)


def run(*argv, check=True, **more):
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **more)
    assert not check or not done.returncode, f"{argv}: status {done.returncode}: {done.stdout}"
    return done.stdout


def has_module(name):
    return os.path.exists(f"/sys/module/{name}") or \
        not subprocess.run(["modprobe", "-q", name], check=False, stderr=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL).returncode


class Host:
    """A network namespace.  'with host:' makes sockets and reads /proc/net there."""

    def __init__(self, *lines):
        self.name = f"t{os.getpid()}-{next(_numbers)}"
        self.links = 0
        self.fd = rtnl.add_namespace(self.name)
        self.saved = []
        with self:
            rtnl.link_up("lo")
        if lines:
            self.ip(*lines)

    def __enter__(self):
        self.saved.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))
        self._enter(self.fd)
        return self

    def __exit__(self, *_):
        fd = self.saved.pop()
        self._enter(fd)
        os.close(fd)

    @staticmethod
    def _enter(fd):
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def ip(self, *lines):
        return run("ip", "-n", self.name, "-batch", "-", input="\n".join(lines))

    def argv(self, *argv):
        return ["ip", "netns", "exec", self.name, *argv]

    def run(self, *argv, **more):
        """Runs a program there, with the mounts of here: /sys shows the devices of here."""
        with self:
            return run(*argv, **more)

    def read(self, path):
        with self, open(path, encoding="utf-8") as f:
            return f.read()

    def sysctl(self, name, value):
        with self, open(f"/proc/sys/net/{name}", "w", encoding="utf-8") as f:
            f.write(str(value))

    def socket(self, stack, family=AF_INET, flags=0):
        with self:
            return stack.socket(family, flags)

    def listener(self, stack, family=AF_INET, address=None, port=0, backlog=128, options=()):
        with self:
            return stack.listener(family, address, port, backlog, options)

    def delete(self):
        os.close(self.fd)
        rtnl.delete_namespace(self.name)


class Cable:
    """Two hosts joined by veth: a has 10.9.N.1 and fd09:N::1, b has .2 and ::2."""

    def __init__(self, a=None, b=None, mtu=None, device=None):
        self.a, self.b = a or Host(), b or Host()
        self.n = next(_numbers) % 250
        self.device = device or f"v{self.n}"
        with self.a:
            rtnl.add_veth(self.device, self.b.fd)
        for host in (self.a, self.b):
            with host:
                rtnl.add_address(self.device, self.address(host), 24)
                rtnl.add_address(self.device, self.address(host, AF_INET6), 64)
                rtnl.link_up(self.device, mtu)
        if (mtu or 1500) >= 1280:       # below there is no IPv6
            for host in (self.a, self.b):
                with host:
                    rtnl.await_address(self.address(host, AF_INET6))

    def address(self, host, family=AF_INET):
        last = 1 if host is self.a else 2
        return f"10.9.{self.n}.{last}" if family == AF_INET else f"fd09:{self.n:x}::{last}"

    def pair(self, server, client, family=AF_INET, options=(), listener_options=()):
        """Connects b (client) to a (server): (client's end, server's end)."""
        listener = self.a.listener(server, family, self.address(self.a, family),
                                   options=[*options, *listener_options])
        c = self.b.socket(client, family)
        for option in options:
            c.setsockopt(*option)
        c.connect(listener.getsockname()[:2])
        s, _ = listener.accept()
        listener.close()
        return c, s

    def netem(self, *words, hosts=None):
        for host in hosts or (self.a, self.b):
            out = host.run("tc", "qdisc", "replace", "dev", self.device, "root", "netem",
                           *words, check=False)
            if "Unknown qdisc" in out or "kind is unknown" in out:
                raise Skip("no sch_netem in this kernel")
            assert not out.strip(), out

    def ethtool(self, *words):
        for host in (self.a, self.b):
            host.run("ethtool", "-K", self.device, *words)

    def without(self, *features):
        """Switches off what rtnl.FEATURES has, without the start of a program."""
        for host in (self.a, self.b):
            with host:
                for feature in features:
                    rtnl.feature(self.device, feature, False)

    def one_segment_a_packet(self):
        """Also above the queue, where netem is: features alone only have aggregates cut behind it."""
        self.without("tso", "gso", "gro")
        for host in (self.a, self.b):
            with host:
                rtnl.longest_aggregate(self.device, 1)

    def delete(self):
        self.a.delete()
        self.b.delete()


class Tun:
    """A TUN device of a host; the test is everything beyond it."""

    def __init__(self, host, name="tun0", mtu=1500):
        self.host, self.name = host, name
        if not os.path.exists("/dev/net/tun"):
            raise Skip("no /dev/net/tun")
        with host:
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, 0x400454ca, struct.pack("16sH22x", name.encode(), 0x1001))
            rtnl.add_address(name, "10.8.0.1", 24)
            rtnl.add_address(name, "fd08::1", 64)
            rtnl.link_up(name, mtu)
            if mtu >= 1280:
                rtnl.await_address("fd08::1")
        self.near = {AF_INET: "10.8.0.1", AF_INET6: "fd08::1"}
        self.far = {AF_INET: "10.8.0.2", AF_INET6: "fd08::2"}

    def send(self, packet):
        os.write(self.fd, packet)

    def receive(self, seconds):
        """The next packet that the host sends, or None."""
        import select
        if not select.select([self.fd], [], [], seconds)[0]:
            return None
        try:
            return os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return None

    def drain(self):
        packets = []
        while True:
            packet = self.receive(0)
            if packet is None:
                return packets
            packets.append(packet)

    def close(self):
        os.close(self.fd)


# --- the module ------------------------------------------------------------------

MODULE = os.environ.get("ATCP_MODULE")


def loaded():
    return os.path.exists("/sys/module/atcp")


# Calls, not programs: where every check of the kernel is on, those take a second to start.
FINIT_MODULE, DELETE_MODULE = (313, 176) if os.uname().machine == "x86_64" else (273, 106)


def insmod(*params):
    fd = os.open(MODULE, os.O_RDONLY)
    try:
        if libc.syscall(FINIT_MODULE, fd, " ".join(params).encode(), 0):
            raise OSError(ctypes.get_errno(), "finit_module")
    finally:
        os.close(fd)


def delete_module():
    if libc.syscall(DELETE_MODULE, b"atcp", os.O_NONBLOCK):
        raise OSError(ctypes.get_errno(), "delete_module")


def rmmod():
    """Unloads; sockets that are being freed may hold the module for a moment."""
    def gone():
        try:
            delete_module()
        except OSError as e:
            if e.errno not in (errno.EAGAIN, errno.EBUSY):
                raise
        return not loaded()
    until(gone, "rmmod atcp")


# --- /proc/net/tcp and its like -----------------------------------------------------

def _address(text):
    raw, port = text.split(":")
    octets = b"".join(struct.pack("=I", int(raw[i:i + 8], 16)) for i in range(0, len(raw), 8))
    family = AF_INET if len(octets) == 4 else AF_INET6
    return socket.inet_ntop(family, octets), int(port, 16)


def proc_table(path):
    """[(local, remote, state)] of a file in the format of /proc/net/tcp."""
    with open(path, encoding="utf-8") as f:
        return [(_address(w[1]), _address(w[2]), int(w[3], 16))
                for w in (line.split() for line in f.readlines()[1:])]


def tables(stack):
    """The files that list a stack's sockets."""
    name = "atcp" if stack.is_atcp else "tcp"
    return f"/proc/net/{name}", f"/proc/net/{name}6"


def all_rows(stack):
    return [row for path in tables(stack) for row in proc_table(path)]
