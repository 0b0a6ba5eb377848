# SPDX-License-Identifier: GPL-2.0
"""A path inside a guest that is slow, narrow and loses: for scripts/bench-loss.

    sender --- bottleneck --- wire --- receiver

Four network namespaces joined by veth.  The bottleneck's egress towards the receiver has
the rate and the queue, in packets, drop-tail; the wire's the losses, the reordering and a
part of the delay; the rest of the delay is on the way back, which loses nothing.  None of
these queues is in the sender's own namespace, where a full one would hold the sender back
rather than drop (TSQ, NET_XMIT_DROP), and every packet is one segment.

All queues are netem, told by netlink: its seed has no word in tc(8) before 6.7, and with
the same seed the n-th packet of the way there has the same fate, whoever sends it.  Losses
in bursts go by time, see outage.py.
"""

import socket
import struct

import outage
import rtnl
from lab import Host

NEWQDISC, DELQDISC = 36, 37
ROOT, TCA_KIND, TCA_OPTIONS = 0xffffffff, 1, 2
REORDER, RATE, ECN, LATENCY64, SEED = 3, 6, 7, 10, 14
MANY = 1000000                  # packets that a delay may hold
PACKET = 1514                   # octets of a full one, with its Ethernet header
BURST = 4                       # packets that a slot of an outage takes


def fraction(share):
    return min(int(share * (1 << 32)), (1 << 32) - 1)


def netem(delay=0.0, limit=MANY, rate=0, loss=0.0, reorder=0.0, seed=None, ecn=False):
    """Options of a netem queue: seconds, packets, octets a second, shares of one."""
    gap = 1 if reorder else 0
    options = struct.pack("=6I", 0, limit, fraction(loss), gap, 0, 0)
    options += rtnl.attribute(LATENCY64, struct.pack("=q", round(delay * 1e9)))
    if rate:
        options += rtnl.attribute(RATE, struct.pack("=IiIi", round(rate), 0, 0, 0))
    if reorder:
        options += rtnl.attribute(REORDER, struct.pack("=II", fraction(reorder), 0))
    if ecn:
        options += rtnl.attribute(ECN, struct.pack("=I", 1))
    if seed is not None:
        options += rtnl.attribute(SEED, struct.pack("=Q", seed))
    return options


def set_queue(device, options):
    """A fresh queue at the root of a device of the current namespace."""
    head = struct.pack("=BxxxiIII", 0, socket.if_nametoindex(device), 0, ROOT, 0)
    try:
        rtnl.request(rtnl.NETLINK_ROUTE, DELQDISC, head)
    except OSError:             # there was none of ours
        pass
    rtnl.request(rtnl.NETLINK_ROUTE, NEWQDISC, head + rtnl.attribute(TCA_KIND, b"netem\0") +
                 rtnl.attribute(TCA_OPTIONS, options), rtnl.CREATE | rtnl.EXCLUSIVE)


class Path:
    """The four hosts."""

    ADDRESS = "10.3.0.2"        # of the receiver

    def __init__(self):
        self.hosts = [Host() for _ in range(4)]
        self.sender, self.bottleneck, self.wire, self.receiver = self.hosts
        for host in self.hosts:         # what it says of itself would take part in the chances
            host.sysctl("ipv6/conf/default/disable_ipv6", 1)
            host.sysctl("ipv4/ip_forward", 1)
            host.sysctl("ipv4/tcp_no_metrics_save", 1)
            host.sysctl("atcp/no_metrics_save", 1)
        for i in range(3):
            self._join(i, self.hosts[i], self.hosts[i + 1])
        self.sender.ip("route add default via 10.1.0.2")
        self.bottleneck.ip("route add 10.3.0.0/24 via 10.2.0.2")
        self.wire.ip("route add 10.1.0.0/24 via 10.2.0.1")
        self.receiver.ip("route add default via 10.3.0.1")

    def _join(self, i, a, b):
        """Devices r (of a, to the right) and l (of b); nothing is ever asked by ARP."""
        mac = [f"02:00:00:00:{i + 1:02x}:{n:02x}" for n in (1, 2)]
        a.ip(f"link add r address {mac[0]} type veth peer name l address {mac[1]} "
             f"netns {b.name}")
        for host, device, here, there in ((a, "r", 1, 2), (b, "l", 2, 1)):
            host.ip(f"addr add 10.{i + 1}.0.{here}/24 dev {device}",
                    f"link set dev {device} gso_max_segs 1",
                    f"link set dev {device} up",
                    f"neigh replace 10.{i + 1}.0.{there} lladdr {mac[there - 1]} dev {device} "
                    "nud permanent")
            host.run("ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off")

    def shape(self, cell, seed):
        """Fresh queues for a cell of bench-loss."""
        rtt = cell.rtt / 1000
        there = rtt * cell.ahead
        with self.bottleneck:
            set_queue("r", netem(limit=cell.queue_packets(), rate=cell.rate * 1e6 / 8))
            set_queue("l", netem(delay=rtt - there))
        with self.wire:
            set_queue("r", netem(delay=there, loss=0 if cell.burst else cell.loss / 100,
                                 reorder=cell.reorder / 100, seed=seed))
            outage.clear("l")
            if cell.burst:
                outage.outages("l", BURST * PACKET * 8 / cell.rate / 1e6, cell.loss / 100, seed)

    def buffers(self, octets):
        """Of sockets, so large that they hold nobody back."""
        for host in (self.sender, self.receiver):
            for name in ("ipv4/tcp_rmem", "ipv4/tcp_wmem", "atcp/rmem", "atcp/wmem"):
                host.sysctl(name, f"4096 {octets // 4} {octets}")

    def counters(self, stack):
        """{name: n} of the sender's /proc/net/netstat, or atcp's."""
        name = "atcp_netstat" if stack == "atcp" else "netstat"
        lines = self.sender.read(f"/proc/net/{name}").splitlines()
        found = {}
        for names, values in zip(lines[::2], lines[1::2]):
            found.update(zip(names.split()[1:], map(int, values.split()[1:])))
        return found

    def delete(self):
        for host in self.hosts:
            host.delete()
