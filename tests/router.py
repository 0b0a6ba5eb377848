# SPDX-License-Identifier: GPL-2.0
"""Two hosts with a router between them, whose way to the far one may be made narrow."""

from atcptest import (AF_INET, AF_INET6, FAMILIES, FAMILY_NAME, GUEST, ATCP, LINUX, Skip, alone,
                      hang_limit)
from lab import Cable, Host
from traffic import know_neighbours

# Who sends, who receives.
WAYS = ((ATCP, LINUX), (ATCP, ATCP), (LINUX, ATCP))
HEADERS = {AF_INET: 40, AF_INET6: 60}
TS = 12                 # octets of the timestamp option in each segment

HOLE = """table inet hole {
    chain out {
        type filter hook output priority 0
        icmp type destination-unreachable drop
        icmpv6 type packet-too-big drop
    }
}"""


class Path:
    """near - router - far."""

    def __init__(self):
        self.router = Host()
        self.router.sysctl("ipv4/ip_forward", 1)
        self.router.sysctl("ipv6/conf/all/forwarding", 1)
        self.first, self.second = Cable(a=self.router), Cable(a=self.router)
        self.near, self.far = self.first.b, self.second.b
        know_neighbours(self.first, self.second)
        self.routes(self.near, self.first)
        self.routes(self.far, self.second)

    def routes(self, host, cable, words=""):
        host.ip(*(f"route replace default via {cable.address(self.router, family)} {words}"
                  for family in FAMILIES))

    def address(self, family=AF_INET):
        return self.second.address(self.far, family)

    def narrow(self, mtu):
        """What the router can send to the far host; that does not know."""
        self.router.ip(f"link set {self.second.device} mtu {mtu}")

    def black_hole(self):
        """The router tells nobody what does not fit."""
        self.router.run("nft", "-f", "-", input=HOLE)

    def hurry(self):
        """Time-outs, and what is concluded from them, come soon at near."""
        self.routes(self.near, self.first, "rto_min 20ms")
        for stack in {ATCP, LINUX}:
            setting(self.near, stack, "retries1", 1)

    def pair(self, sender, receiver, family=AF_INET, options=()):
        """Connects near (sender) to far (receiver): (near's end, far's end)."""
        listener = self.far.listener(receiver, family, self.address(family))
        s = self.near.socket(sender, family)
        for option in options:
            s.setsockopt(*option)
        s.connect(listener.getsockname()[:2])
        r, _ = listener.accept()
        listener.close()
        return s, r

    def delete(self):
        self.router.delete()
        self.near.delete()
        self.far.delete()


def each_way(name, families=FAMILIES, ways=WAYS, limit=None, place=Path):
    """A case func(path, sender, receiver, family), for each of ways and families."""
    if GUEST != "uml":          # minutes where all is emulated: who sends is the one that acts
        ways = ways[:1]
    def add(func):
        for sender, receiver in ways:
            for family in families:
                def run(sender=sender, receiver=receiver, family=family):
                    if limit:
                        hang_limit(limit)
                    path = place()
                    try:
                        func(path, sender, receiver, family)
                    finally:
                        path.delete()
                alone(f"{name}, {FAMILY_NAME[family]}, {sender} to {receiver}")(run)
        return func
    return add


def of_atcp(name, families=FAMILIES, **more):
    """The same, of what only atcp counts or tells so."""
    def add(func):
        def run(path, sender, receiver, family):
            if not ATCP.is_atcp:
                raise Skip("of atcp only")
            func(path, sender, receiver, family)
        each_way(name, families, ways=((ATCP, LINUX),), **more)(run)
        return func
    return add


def setting(host, stack, name, value):
    """A sysctl that both stacks have by the same name."""
    host.sysctl(f"atcp/{name}" if stack.is_atcp else f"ipv4/tcp_{name}", value)
