# SPDX-License-Identifier: GPL-2.0
"""A host with a TUN device behind which the test plays the remote TCP."""

import select
import socket
import time

from atcptest import (AF_INET, ANY, ATCP, FAMILIES, FAMILY_NAME, LINUX, Skip, alone, attempt,
                      poll, _same)
from lab import Host, Tun
from wire import Peer, options

# Every option that a modern peer offers.
FULL = options(mss=1460, wscale=7, sack_ok=True, ts=(5000, 0))


class Net:
    """A host of one stack, with a TUN device behind which the script plays the peer."""

    def __init__(self, stack, family):
        self.stack, self.family = stack, family
        self.host = Host()
        self.tun = Tun(self.host)
        time.sleep(0.02)
        self.tun.drain()

    def listener(self, port=80, backlog=16, **more):
        return self.host.listener(self.stack, self.family, ANY[self.family], port, backlog,
                                  **more)

    def socket(self, flags=0):
        return self.host.socket(self.stack, self.family, flags)

    def peer(self, port=9999, there=80, **more):
        return Peer(self.tun, self.family, port, there, **more)

    def passive(self, opts=None, port=80, window=65535, **more):
        """An accepted connection: (socket, its scripted peer)."""
        listener = self.listener(port, **more)
        p = self.peer(there=port)
        p.window = window
        p.connect(opts)
        s, _ = listener.accept()
        listener.close()
        return s, p

    def active(self, opts=None, port=9999):
        s = self.socket(socket.SOCK_NONBLOCK)
        p = self.peer(port, there=None)
        attempt(s.connect, (self.tun.far[self.family], port))
        p.accept(opts)
        assert poll(s, select.POLLOUT), "never connected"
        s.setblocking(True)
        return s, p

    def close(self):
        self.tun.close()
        self.host.delete()


def wire(name, families=(AF_INET,)):
    def add(func):
        for family in families:
            def run(stack, log, family=family):
                net = Net(stack, family)
                try:
                    func(net, log)
                finally:
                    net.close()
            _same(f"{name}, {FAMILY_NAME[family]}", run, LINUX, ATCP)
        return func
    return add


def alone_on_atcp(name):
    """A case that the kernel's TCP cannot have alike, in each family: func(net)."""
    def add(func):
        for family in FAMILIES:
            def run(family=family):
                if not ATCP.is_atcp:
                    raise Skip("of atcp only")
                net = Net(ATCP, family)
                try:
                    func(net)
                finally:
                    net.close()
            alone(f"{name}, {FAMILY_NAME[family]}")(run)
        return func
    return add
