# SPDX-License-Identifier: GPL-2.0
"""Netlink messages, and namespaces and links made by them: where every check of the kernel
is on, starting ip(8) takes a hundred times as long as what it does."""

import ctypes
import errno
import fcntl
import os
import socket
import struct
import threading

from atcptest import AF_INET, AF_INET6, CLONE_NEWNET, libc, until

NETLINK_ROUTE = 0
NETLINK_NETFILTER = 12
NLMSG_ERROR = 2
REQUEST, ACKNOWLEDGE, EXCLUSIVE, CREATE = 1, 4, 0x200, 0x400
NEWLINK, NEWADDR = 16, 20

# attributes of links, and of addresses
IFLA_IFNAME, IFLA_MTU, IFLA_MASTER, IFLA_LINKINFO, IFLA_NET_NS_FD = 3, 4, 10, 18, 28
IFLA_GSO_MAX_SEGS = 40
INFO_KIND, INFO_DATA, VETH_INFO_PEER, VRF_TABLE = 1, 2, 1, 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
IFF_UP, IFA_F_NODAD = 1, 2

SIOCETHTOOL = 0x8946
FEATURES = {"tx": 0x17, "tso": 0x1f, "gso": 0x24, "gro": 0x2c}     # what sets them: ethtool.h

MS_BIND, MS_REC, MS_SHARED, MNT_DETACH = 4096, 16384, 1 << 20, 2
NETNS = "/run/netns"
_names = threading.Lock()


# --- messages --------------------------------------------------------------------

def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def attributes(raw):
    found = {}
    while len(raw) >= 4:
        length, kind = struct.unpack_from("=HH", raw)
        found[kind & 0x3fff] = raw[4:length]
        raw = raw[length + 3 & ~3:]
    return found


def message(kind, body, flags=REQUEST):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 0, 0) + body


def acknowledged(sock, kind, body, flags=0):
    """Sends a request and waits for its acknowledgement; raises what it says."""
    sock.send(message(kind, body, REQUEST | ACKNOWLEDGE | flags))
    reply = sock.recv(1 << 16)
    assert struct.unpack_from("=H", reply, 4)[0] == NLMSG_ERROR, "no acknowledgement"
    error = -struct.unpack_from("=i", reply, 16)[0]
    if error:
        raise OSError(error, f"netlink, message {kind}: {os.strerror(error)}")


def request(protocol, kind, body, flags=0):
    """One request in the current namespace."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as sock:
        sock.bind((0, 0))
        acknowledged(sock, kind, body, flags)


# --- links and addresses, in the current namespace -------------------------------------

def _link(name, flags=0, *attrs):
    head = struct.pack("=BxHiII", 0, 0, 0, flags, flags)
    return head + attribute(IFLA_IFNAME, name.encode() + b"\0") + b"".join(attrs)


def _info(kind, data):
    return attribute(IFLA_LINKINFO, attribute(INFO_KIND, kind.encode() + b"\0") +
                     attribute(INFO_DATA, data))


def add_veth(name, peer_fd):
    """A veth device; its peer has the same name, in the namespace of a descriptor."""
    peer = _link(name, 0, attribute(IFLA_NET_NS_FD, struct.pack("=i", peer_fd)))
    request(NETLINK_ROUTE, NEWLINK, _link(name, 0, _info("veth", attribute(VETH_INFO_PEER, peer))),
            CREATE | EXCLUSIVE)


def add_vrf(name, table):
    data = attribute(VRF_TABLE, struct.pack("=I", table))
    request(NETLINK_ROUTE, NEWLINK, _link(name, IFF_UP, _info("vrf", data)), CREATE | EXCLUSIVE)


def link_up(name, mtu=None, master=None):
    attrs = []
    if mtu:
        attrs.append(attribute(IFLA_MTU, struct.pack("=I", mtu)))
    if master:
        index = socket.if_nametoindex(master)
        attrs.append(attribute(IFLA_MASTER, struct.pack("=I", index)))
    request(NETLINK_ROUTE, NEWLINK, _link(name, IFF_UP, *attrs))


def longest_aggregate(name, segments):
    """Of what the device may be given, in segments."""
    request(NETLINK_ROUTE, NEWLINK,
            _link(name, 0, attribute(IFLA_GSO_MAX_SEGS, struct.pack("=I", segments))))


def feature(name, which, on):
    """Sets a feature of a device, as ethtool -K does."""
    value = ctypes.create_string_buffer(struct.pack("=II", FEATURES[which], on), 8)
    with socket.socket(AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCETHTOOL,
                    struct.pack("=16sQ16x", name.encode(), ctypes.addressof(value)))


def add_address(name, address, prefix):
    """An address of either family, without duplicate address detection."""
    family = AF_INET6 if ":" in address else AF_INET
    raw = socket.inet_pton(family, address)
    head = struct.pack("=BBBBI", family, prefix, IFA_F_NODAD if family == AF_INET6 else 0, 0,
                       socket.if_nametoindex(name))
    request(NETLINK_ROUTE, NEWADDR, head + attribute(IFA_LOCAL, raw) +
            attribute(IFA_ADDRESS, raw), CREATE | EXCLUSIVE)


def await_address(address):
    """Waits until packets to an IPv6 address are taken in: the kernel makes its route later
    than it says, from a work queue, once there is a carrier."""
    start = socket.inet_pton(AF_INET6, address).hex() + " 80 "

    def routed():
        with open("/proc/net/ipv6_route", encoding="ascii") as f:
            return any(line.startswith(start) for line in f)
    until(routed, f"a route to {address}")


# --- namespaces with names, as ip-netns(8) has them --------------------------------------

def _call(func, *args):
    if func(*args):
        error = ctypes.get_errno()
        raise OSError(error, f"{func.__name__}{args}: {os.strerror(error)}")


def _mount(source, target, flags):
    _call(libc.mount, source.encode(), target.encode(), b"none", ctypes.c_ulong(flags), None)


def _share_names():
    """Makes NETNS a shared mount: what has mounts of its own then lets go of a name with us."""
    os.makedirs(NETNS, exist_ok=True)
    try:
        _mount("", NETNS, MS_SHARED | MS_REC)
    except OSError as e:
        if e.errno != errno.EINVAL:     # not a mount yet
            raise
        _mount(NETNS, NETNS, MS_BIND | MS_REC)
        _mount("", NETNS, MS_SHARED | MS_REC)


def add_namespace(name):
    """Makes a namespace; returns a descriptor of it.  The calling thread stays where it is."""
    with _names:
        _share_names()
    path = f"{NETNS}/{name}"
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0))
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _call(libc.unshare, CLONE_NEWNET)
        try:
            _mount("/proc/thread-self/ns/net", path, MS_BIND)
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        finally:
            _call(libc.setns, before, CLONE_NEWNET)
    finally:
        os.close(before)


def delete_namespace(name):
    path = f"{NETNS}/{name}"
    _call(libc.umount2, path.encode(), MNT_DETACH)
    os.unlink(path)
