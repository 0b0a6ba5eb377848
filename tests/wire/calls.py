# SPDX-License-Identifier: GPL-2.0
"""The user's calls, as traces write them."""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import threading
from socket import AF_INET

from atcptest import (ANY, EVENTS, HANG, LOOPBACK, attempt, errname, libc, poll, state,
                      tcp_info, until)
from wire.end import OUR_TEXT, THEIR_TEXT, text_at

ALL_EVENTS = sum(bit for bit, _ in EVENTS)


class Calls:
    """One user; sent and read count the octets of the two streams."""

    def __init__(self, subject):
        self.subject, self.sock, self.thread = subject, None, None
        self.sent = self.read = self.urgent = 0
        self.more = []          # sockets besides the one

    # --- calls of a trace: each returns a number or None, or raises OSError ---

    def connect(self):
        end = self.subject.end
        if self.status() == "CLOSED":
            end.there = None            # a port is chosen
        return self.sock.connect((end.far, self.subject.port))

    def connect_again(self):
        """Another socket, of the same two addresses and ports."""
        net = self.subject.net
        s = net.host.socket(net.stack, net.family)
        self.more.append(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((net.tun.near[net.family], self.subject.end.there))
        s.connect((self.subject.end.far, self.subject.port))

    def connect_short(self):
        """An address that ends before it says anything."""
        if libc.connect(self.sock.fileno(), struct.pack("=H", self.sock.family), 2):
            raise OSError(ctypes.get_errno(), "connect")

    def connect_group(self):
        """To where many would answer."""
        self.sock.connect(("224.0.0.5" if self.subject.net.family == AF_INET else "ff0e::5",
                           self.subject.port))

    def connect_broadcast(self):
        self.sock.connect(("255.255.255.255", self.subject.port))

    def bind_low(self):
        self.sock.bind((ANY[self.subject.net.family], 80))

    def listen_low(self):
        self.bind_low()
        self.sock.listen(16)

    def as_nobody(self, name):
        """Makes a call without privileges."""
        os.setresuid(-1, 65534, 0)
        try:
            return getattr(self, name)()
        finally:
            os.setresuid(-1, 0, 0)

    def listen_port(self, address=None):
        """A passive OPEN of the port that the peer sends to."""
        net = self.subject.net
        self.sock.bind((address or ANY[net.family], self.subject.port))
        self.sock.listen(16)

    def listen_other(self):
        """The same, of another address of the host."""
        self.listen_port(LOOPBACK[self.subject.net.family])

    def listen(self, backlog="16"):
        self.sock.listen(int(backlog))

    def accept(self):
        self.sock, _ = self.sock.accept()
        self.sock.setblocking(False)

    def send(self, length, flag="0"):
        """The next octets of the stream."""
        data = text_at(THEIR_TEXT, self.sent, int(length))
        n = self.sock.send(data, getattr(socket, f"MSG_{flag}", 0))
        self.sent += n
        return n

    def send_all(self):
        """Queues as much as there is room for."""
        while isinstance(attempt(self.send, 65536), int):
            pass

    def recv(self, length, flag="0"):
        """The octets must be the next ones of the peer's stream."""
        data = self.sock.recv(int(length), getattr(socket, f"MSG_{flag}", 0))
        want = text_at(OUR_TEXT, self.read, len(data))
        assert data == want, f"octets {self.read} and on were {data!r}, expected {want!r}"
        if flag != "PEEK":
            self.read += len(data)
        return len(data)

    def recv_urgent(self):
        """The octet before the urgent pointer, out of band; it is no part of the stream."""
        return len(self.sock.recv(1, socket.MSG_OOB))

    def skip(self, length):
        """Octets that were read by another way."""
        self.read += int(length)

    def at_mark(self):
        return struct.unpack("i", fcntl.ioctl(self.sock, 0x8905, b"\0" * 4))[0]

    def shutdown(self, how):
        self.sock.shutdown({"W": socket.SHUT_WR, "R": socket.SHUT_RD, "RW": socket.SHUT_RDWR}[how])

    def close(self):
        self.sock.close()

    def abort(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def disconnect(self):
        """connect() to AF_UNSPEC: ABORT, and the socket stays."""
        if libc.connect(self.sock.fileno(), struct.pack("=H26x", 0), 28):
            raise OSError(ctypes.get_errno(), "connect")

    def error(self):
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errname(code) if code else 0

    def status(self):
        return state(self.sock)

    def watch_urgent(self):
        """Counts SIGURG from now on."""
        self.urgent = 0

        def count(_number, _frame):
            self.urgent += 1
        signal.signal(signal.SIGURG, count)
        fcntl.fcntl(self.sock, fcntl.F_SETOWN, os.getpid())

    def signals(self):
        return self.urgent

    def drain(self):
        """Reads all there is."""
        while isinstance(n := attempt(self.recv, 65536), int) and n:
            pass

    def receive_errors(self):
        """IP_RECVERR, IPV6_RECVERR: soft errors are told at once."""
        level, name = (socket.IPPROTO_IP, 11) if self.subject.net.family == AF_INET else \
            (socket.IPPROTO_IPV6, 25)
        self.sock.setsockopt(level, name, 1)

    def unacked(self):
        """Segments in flight, in octets where the stack tells octets."""
        return tcp_info(self.sock)["unacked"]

    def option(self, name, value):
        level = {"SO": socket.SOL_SOCKET, "TC": socket.IPPROTO_TCP}[name[:2]]
        self.sock.setsockopt(level, getattr(socket, name), int(value))

    def remote(self):
        """Whom the listener would take: nobody is set before a SYN comes."""
        return self.sock.getpeername()[1]

    def listen_beside(self):
        """Another listener on the port."""
        net = self.subject.net
        s = net.host.socket(net.stack, net.family)
        self.more.append(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((ANY[net.family], self.subject.end.there))
        s.listen(16)

    def listen_beside_plain(self):
        """Another listener on the port, without SO_REUSEADDR."""
        net = self.subject.net
        s = net.host.socket(net.stack, net.family)
        self.more.append(s)
        s.bind((ANY[net.family], self.subject.end.there))
        s.listen(16)

    # --- what waits ---

    def wait_in(self, name, *args):
        """The call, in a thread, blocking; woken() tells how it ended."""
        self.outcome = None
        self.sock.setblocking(True)

        def run():
            self.outcome = attempt(getattr(self, name), *args)
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        self._asleep()

    def _asleep(self):
        """Until the thread sleeps in the call."""
        path = f"/proc/self/task/{self.thread.native_id}/stat"

        def sleeps():
            with open(path, encoding="ascii") as f:
                return f.read().rsplit(")", 1)[1].split()[0] == "S"
        until(sleeps, "asleep")

    def woken(self):
        self.thread.join(HANG / 4)
        assert not self.thread.is_alive(), "the call still waits"
        return self.outcome

    def poll(self):
        mask = poll(self.sock, ALL_EVENTS, 0)
        return " ".join(n for bit, n in EVENTS if mask & bit) or "0"

    def done(self):
        """Ends all that is open."""
        for s in [self.sock, self.subject.listener, *self.more]:
            if s is not None and s.fileno() >= 0:
                try:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                except OSError:
                    pass
                s.close()
