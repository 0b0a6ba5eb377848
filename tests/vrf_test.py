#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""VRFs: a socket belongs to one by SO_BINDTODEVICE, and is reached from there alone, as
with the kernel's TCP."""

import functools
import select
import socket

import rtnl
from atcptest import (ANY, AF_INET, AF_INET6, ATCP, FAMILIES, LINUX, Skip, alone, attempt,
                      differential, equal, event_names, main, poll, recv_exactly)
from lab import Host, has_module
from wire import ACK, FIN, MOD, Segment, flag_names, ip_packet, tcp_bytes

NEAR = {AF_INET: "10.7.0.1", AF_INET6: "fd07::1"}
FAR = {AF_INET: "10.7.0.2", AF_INET6: "fd07::2"}
# The near and the far end of each link; those in VRFs have the same addresses.
LINKS = {"red": (NEAR, FAR), "blue": (NEAR, FAR),
         "plain": ({AF_INET: "10.6.0.1", AF_INET6: "fd06::1"},
                   {AF_INET: "10.6.0.2", AF_INET6: "fd06::2"})}
REUSE = (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
PORT = 4000
OUTGOING = 4            # a packet socket's word for what is sent


class Place:
    """A host with links to three others: in the VRFs "red" and "blue", and "plain", outside."""

    def __init__(self):
        if not has_module("vrf"):
            raise Skip("no VRF in this kernel")
        self.host = Host()
        with self.host:
            for table, name in enumerate(("red", "blue"), 10):
                rtnl.add_vrf(name, table)
        self.others = {name: self.link(name, *ends) for name, ends in LINKS.items()}

    def link(self, name, near, far):
        other = Host()
        device = f"{name}0"
        with self.host:
            rtnl.add_veth(device, other.fd)
            if name != "plain":         # before it has addresses: they would go
                rtnl.link_up(device, master=name)
        for host, addresses in ((self.host, near), (other, far)):
            with host:
                rtnl.add_address(device, addresses[AF_INET], 24)
                rtnl.add_address(device, addresses[AF_INET6], 64)
                rtnl.link_up(device)
        for host, addresses in ((self.host, near), (other, far)):
            with host:
                rtnl.await_address(addresses[AF_INET6])
        return other

    def socket(self, st, family, device=None, port=None, flags=0):
        """A socket of the host, in a VRF or on a device; bound to a port if one is given."""
        s = self.host.socket(st, family, flags)
        s.setsockopt(*REUSE)
        if device:
            bind_to(s, device)
        if port is not None:
            s.bind((ANY[family], port))
        return s

    def listener(self, st, family, device=None, port=PORT):
        s = self.socket(st, family, device, port, socket.SOCK_NONBLOCK)
        s.listen(5)
        return s

    def call(self, name, family, port=PORT):
        """What comes of a call from the host at the other end of a link."""
        c = self.others[name].socket(LINUX, family)
        return attempt(c.connect, (LINKS[name][0][family], port)), c

    def close(self):
        for host in (self.host, *self.others.values()):
            host.delete()


@functools.cache
def place_of(_stack):
    """A stack's own, for all cases: its ports, and what is in TIME-WAIT there, are its own."""
    return Place()


def bind_to(s, device):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")


def bound_to(s):
    return s.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0").decode()


def placed(name):
    """A case func(place, st, log, family), over both stacks."""
    def add(func):
        @differential(name, FAMILIES)
        def _(st, log, family):
            place = place_of(st)
            place.host.sysctl("ipv4/tcp_l3mdev_accept", 0)
            func(place, st, log, family)
    return add


def answered(place, log, listener, name, family, *words):
    """Calls the listener from a place; (its end, the caller's) if it answers, or None."""
    result, c = place.call(name, family)
    log(*words, name, result)
    if result != "ok":
        return None
    s, _ = listener.accept()
    s.setblocking(True)
    log("the child is bound to", bound_to(s))
    return s, c


def talk(a, b):
    """Text both ways, and the end."""
    for x, y, text in ((a, b, b"there"), (b, a, b"back")):
        x.sendall(text * 2000)
        equal(recv_exactly(y, 2000 * len(text)), text * 2000, "text")
    a.close()
    poll(b, select.POLLIN)
    equal(b.recv(1), b"", "end")
    b.close()


@placed("a listener outside is not reached from a VRF, but by tcp_l3mdev_accept")
def _(place, st, log, family):
    listener = place.listener(st, family)
    for accept in (0, 1, 0):
        place.host.sysctl("ipv4/tcp_l3mdev_accept", accept)
        for name in place.others:
            ends = answered(place, log, listener, name, family, "tcp_l3mdev_accept", accept)
            if ends:
                talk(*ends)
    listener.close()


@placed("a listener in a VRF, or on its device, is reached from there alone")
def _(place, st, log, family):
    for device in ("red", "red0", "blue", "plain0"):
        for accept in (0, 1):
            place.host.sysctl("ipv4/tcp_l3mdev_accept", accept)
            listener = place.listener(st, family, device)
            for name in place.others:
                ends = answered(place, log, listener, name, family, device, accept, "from")
                if ends:
                    talk(*reversed(ends))
            listener.close()


@placed("one port, held in two VRFs and outside: each call comes to its own listener")
def _(place, st, log, family):
    # By device before anything else, whoever listened first.  (With tcp_l3mdev_accept they
    # could not all bind the port.)
    for accept, order in ((0, 1), (1, 1), (1, -1), (1, 1)):
        place.host.sysctl("ipv4/tcp_l3mdev_accept", 0)
        listeners = {name: place.listener(st, family, name if name != "plain" else None)
                     for name in list(place.others)[::order]}
        place.host.sysctl("ipv4/tcp_l3mdev_accept", accept)
        for name in place.others:
            result, c = place.call(name, family)
            log(accept, order, name, result)
            for owner in place.others:
                try:
                    s, _ = listeners[owner].accept()
                except BlockingIOError:
                    continue
                log("comes to", owner)
                s.setblocking(True)
                talk(c, s)
        for listener in listeners.values():
            listener.close()


@placed("the same addresses and ports in two VRFs are two connections")
def _(place, st, log, family):
    ends = {}
    for name in ("red", "blue"):
        far = place.others[name].listener(LINUX, family, FAR[family], 5000)
        c = place.socket(st, family, name, 5001)
        log(name, attempt(c.connect, (FAR[family], 5000)))
        s, _ = far.accept()
        ends[name] = c, s
        log(c.getsockname(), c.getpeername())
        far.close()
    for name, (c, s) in ends.items():
        c.sendall(name.encode() * 3000)
        s.sendall(name.encode() * 2000)
    for name, (c, s) in ends.items():
        equal(recv_exactly(s, 3000 * len(name)), name.encode() * 3000, f"text out of {name}")
        equal(recv_exactly(c, 2000 * len(name)), name.encode() * 2000, f"text into {name}")
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        c.close()
        log(name, "reset:", attempt(s.recv, 1))
        s.close()


class Tap:
    """What the host sends to the far end of a link, and what is put into its mouth."""

    def __init__(self, place, name, family):
        self.near, self.far = (ends[family] for ends in LINKS[name])
        self.family = family
        with place.others[name]:
            self.packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
            self.packets.bind((f"{name}0", 3))
            self.raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def heard(self, port, count=1):
        """The last of so many segments that came to a port, or None."""
        while poll(self.packets, select.POLLIN, 10):
            packet, where = self.packets.recvfrom(1 << 16)
            seg = Segment(packet) if packet[0] >> 4 in (4, 6) and where[2] != OUTGOING else None
            if seg and seg.is_tcp and seg.dport == port:
                count -= 1
                if not count:
                    return seg
        return None

    def answer(self, port, seq, ack, flags):
        """Flags of what is said to a segment from a port."""
        while poll(self.packets, select.POLLIN, 0):
            self.packets.recv(1 << 16)
        segment = tcp_bytes(self.family, self.far, self.near, port, PORT, seq, ack, flags, 1000, b"")
        self.raw.sendto(ip_packet(self.family, self.far, self.near, 6, segment), (self.near, 0))
        seg = self.heard(port)
        return flag_names(seg.flags) if seg else "nothing"

    def close(self):
        self.packets.close()
        self.raw.close()


@placed("TIME-WAIT is in its VRF, and so are answers that no connection sends")
def _(place, st, log, family):
    # What is forged here bears none.
    place.others["red"].sysctl("ipv4/tcp_timestamps", 0)
    listener = place.listener(st, family, "red")
    red, blue = (Tap(place, name, family) for name in ("red", "blue"))
    result, c = place.call("red", family)
    log(result)
    s, _ = listener.accept()
    port = c.getsockname()[1]
    s.close()
    equal(c.recv(1), b"", "end")
    c.close()
    last = red.heard(port, 3)           # after SYN,ACK and FIN the ACK of the other FIN
    fin = (last.ack - 1) % MOD, last.seq, FIN | ACK
    log("FIN elsewhere", blue.answer(port, *fin))
    log("FIN again", red.answer(port, *fin))
    log("to the listener", red.answer(999, 1, 2, ACK))
    for x in (listener, red, blue):
        x.close()


@placed("SO_BINDTODEVICE moves a connection to another VRF: its segments go there")
def _(place, st, log, family):
    far = place.others["red"].listener(LINUX, family, FAR[family], 5000)
    c = place.socket(st, family, "red")
    c.connect((FAR[family], 5000))
    s, _ = far.accept()
    bind_to(c, "blue")
    c.send(b"to a stranger")
    log(event_names(poll(c, select.POLLIN, 10)), attempt(c.recv, 1))
    s.setblocking(False)
    log("in the other", attempt(s.recv, 20))    # not even the first time
    for x in (c, s, far):
        x.close()


@placed("a call into a VRF needs a socket in it")
def _(place, st, log, family):
    far = place.others["red"].listener(LINUX, family, FAR[family], 5000)
    for device in (None, "red", "red0", "blue", "plain0"):
        c = place.socket(st, family, device, flags=socket.SOCK_NONBLOCK)
        result = attempt(c.connect, (FAR[family], 5000))
        log(device, result)
        if result == "EINPROGRESS" and device != "plain0":
            poll(c, select.POLLOUT)
            log("SO_ERROR", c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        c.close()
    far.close()


@placed("ports: a VRF, its device, another VRF and outside have each their own")
def _(place, st, log, family):
    for first in (None, "red", "red0", "blue"):
        for second in (None, "red", "red0", "blue"):
            holder = place.listener(st, family, first)
            s = place.socket(st, family, second)
            log(first, second, attempt(s.bind, (ANY[family], PORT)),
                attempt(s.listen, 1))
            s.close()
            holder.close()


@placed("within the host: a VRF's own address, and who is not in it")
def _(place, st, log, family):
    listener = place.listener(st, family, "red")
    for device in ("red", None, "blue"):
        c = place.socket(st, family, device, flags=socket.SOCK_NONBLOCK)
        result = attempt(c.connect, (NEAR[family], PORT))
        log(device, result)
        if result == "EINPROGRESS" and device == "red":
            poll(c, select.POLLOUT)
            log("SO_ERROR", c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            poll(listener, select.POLLIN)
            s, _ = listener.accept()
            for x in (c, s):
                x.setblocking(True)
            talk(c, s)
    listener.close()


@alone("the namespaces end, and what is in TIME-WAIT in their VRFs with them")
def _():
    for st in (LINUX, ATCP):
        place = place_of(st)
        listener = place.listener(st, AF_INET, "red")
        result, c = place.call("red", AF_INET)
        equal(result, "ok", "a call")
        s, _ = listener.accept()
        talk(s, c)
        place.close()
        listener.close()


if __name__ == "__main__":
    main()
