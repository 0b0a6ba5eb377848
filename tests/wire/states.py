# SPDX-License-Identifier: GPL-2.0
"""The eleven states: how a scripted peer and a user bring a stack into each of them.

Words that say what else shall be so:
    full, ts, ws, sackok    options that the peer's SYN offers, besides the MSS
    mss=N                   its MSS
    win=N                   the window that it offers
    data=N                  N octets are sent, and not acknowledged, when the state is entered
    unsent=N                N more octets are queued that the window leaves no room for
    shut                    RCV.WND is zero, and unread text fills the buffer
    early                   CLOSE comes in SYN-RECEIVED already (states of the closing user)
    nolisten                nobody listens on the port any more
    reuse                   the port may be bound again
    small                   its receive buffer is small
    backlog=N               of the listener
    opt=NAME:VALUE          a socket option
    closed                  the user has closed the socket
    timers                  the usual timers, instead of ones that never end
"""

import select
import socket

from atcptest import ANY, attempt, poll, until
from lab import all_rows
from wire.calls import Calls
from wire.end import End
from wire.segment import ACK, FIN, MOD, SYN, options
from wire.written import signed

NAMES = {1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2",
         6: "TIME-WAIT", 7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING"}
SMALL = 4096                    # SO_RCVBUF where the window is to be filled


class Subject:
    """A connection in a state, its user and its peer."""

    def __init__(self, net, port, state, origin, words, far=None):
        self.net, self.port, self.name = net, port, state
        self.words = dict(w.partition("=")[::2] for w in words)
        self.origin = origin
        self.listener, self.user = None, Calls(self)
        self.end = End(net, port, port, far)
        self.end.window = int(self.words.get("win", 65535))
        self.fin_seq = None
        self.mine = options(mss=int(self.words.get("mss", 1460)),
                            wscale=7 if self.words.keys() & {"full", "ws"} else None,
                            sack_ok=bool(self.words.keys() & {"full", "sackok"}),
                            ts=(self.end.tsval, 0) if self.words.keys() & {"full", "ts"} else None)
        getattr(self, state.replace("-", "_").lower())()
        self._begin()

    def has(self, word):
        return word in self.words

    def _begin(self):
        """The numbers of the trace count from here."""
        end, n = self.end, self.end.numbers
        end.fence()
        if self.name not in ("SYN-SENT", "SYN-RECEIVED"):
            assert not end.inbox, f"setting up: {end.inbox[0][1]} was not expected"
        n.rcv, n.irs, n.edge = end.seq, end.iss, end.edge
        if n.rcv == n.irs:              # a SYN is still to come
            n.rcv += 1
        n.snd = end.highest if end.highest is not None else 5000000
        closing = self.fin_seq is not None and self.name in ("FIN-WAIT-1", "CLOSING", "LAST-ACK")
        n.una = (n.snd - int(self.words.get("data", 0)) - closing) % MOD
        if self.name in ("SYN-SENT", "SYN-RECEIVED") or self.has("early"):
            n.una = n.iss
        shown = self.shown()
        want = "CLOSED" if self.name == "LISTEN" else self.name
        assert shown == want, f"setting up: {shown} instead of {want}"

    # --- what /proc shows ---

    def rows(self):
        with self.net.host:
            return [row for row in all_rows(self.net.stack)
                    if row[0][1] == self.end.there or row[0][1] == self.port]

    def shown(self):
        """The connection's state; CLOSED if there is none."""
        found = [NAMES[row[2]] for row in self.rows() if row[1][1] == self.port]
        assert len(found) < 2, f"{len(found)} connections: {found}"
        return found[0] if found else "CLOSED"

    def is_listening(self):
        return any(row[2] == 10 for row in self.rows())

    def check(self, state):
        """What /proc shows must be, or soon become, this state."""
        if state == "LISTENING":        # beside a connection
            assert self.is_listening(), "nobody listens"
            return
        if state == "LISTEN":
            assert self.is_listening(), "nobody listens any more"
            state = "CLOSED"
        until(lambda: self.shown() == state, f"{state}, is {self.shown()}", 2)

    # --- the states ---

    def closed(self):
        self.user.sock = self._socket()

    def _options(self):
        """Socket options that are set before a connection begins: opt=NAME:VALUE."""
        found = []
        if self.has("shut") or self.has("small"):
            found.append((socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL))
        if self.has("reuse"):
            found.append((socket.SOL_SOCKET, socket.SO_REUSEADDR, 1))
        if self.has("opt"):
            name, value = self.words["opt"].split(":")
            level = socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP
            found.append((level, getattr(socket, name), int(value)))
        return found

    def listen(self):
        backlog = int(self.words.get("backlog", 16))
        self.listener = self.net.host.listener(self.net.stack, self.net.family,
                                               ANY[self.net.family], self.port, backlog,
                                               self._options())
        self.listener.setblocking(False)
        self.user.sock = self.listener

    def _socket(self):
        s = self.net.host.socket(self.net.stack, self.net.family, socket.SOCK_NONBLOCK)
        for option in self._options():
            s.setsockopt(*option)
        if self.has("reuse"):
            s.bind((ANY[self.net.family], 0))
        return s

    def syn_sent(self):
        self.user.sock = self._socket()
        self.end.there = None
        self.end.offered = self.mine
        attempt(self.user.sock.connect, (self.end.far, self.port))
        self.end.await_segment(SYN, "SYN")

    def syn_received(self):
        if self.origin == "active":
            self.syn_sent()
            self.end.syn(self.mine)
        else:
            self.listen()
            self.end.syn(self.mine)
        self.end.await_segment(SYN | ACK, "SYN,ACK")

    def established(self):
        if self.origin == "active":
            self.syn_sent()
            self.end.syn(self.mine, SYN | ACK)
            self.end.await_segment(ACK, "ACK of the SYN")
            assert poll(self.user.sock, select.POLLOUT), "never connected"
            self.user.connect()         # as one asks how it ended
        else:
            self.syn_received()
            self.end.send(ACK)
            self._accept()
        if self.has("shut") and self.name in ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"):
            self.fill(0)
        self._send()

    def _accept(self):
        until(lambda: poll(self.listener, select.POLLIN, 0), "a connection to accept")
        self.user.sock, _ = self.listener.accept()
        self.user.sock.setblocking(False)
        if self.has("nolisten"):
            self.listener.close()
            self.listener = None

    def _send(self):
        """Text in flight, and text that has to wait."""
        data, unsent = (int(self.words.get(w, 0)) for w in ("data", "unsent"))
        if data + unsent:
            assert self.user.send(data + unsent) == data + unsent
        while data:
            seg = self.end.await_segment(ACK, "text")
            data -= len(seg.data)
            assert data >= 0, f"setting up: more text than wanted: {seg}"

    def fill(self, left, ack=None):
        """Sends text until the window is so small; nobody reads it."""
        end = self.end
        while (room := signed(end.edge - end.seq) - left) > 0:
            end.send(ACK, min(room, 1000), ack=ack)
            end.fence()
            heard = end.hear(2)
            assert heard, "setting up: text was not acknowledged"
            while end.inbox:
                end.hear(0)
        assert not room, f"setting up: overrun by {-room}"

    def fin_wait_1(self):
        if self.has("early"):
            self.syn_received()
            self.user.shutdown("W")
            self.fin_seq = self.end.await_segment(FIN | ACK, "FIN").seq
        else:
            self.established()
            self._ours()

    def fin_wait_2(self):
        self.fin_wait_1()
        self.end.send(ACK)

    def close_wait(self):
        self.established()
        self._theirs()

    def closing(self):
        self.fin_wait_1()
        self._theirs(acked=False)

    def last_ack(self):
        self.close_wait()
        self._ours()

    def time_wait(self):
        self.fin_wait_1()
        if self.has("shut"):
            self.end.send(ACK)
        self._theirs()
        if self.has("closed"):
            self.user.close()

    def _ours(self):
        """Our FIN, which the peer does not acknowledge yet."""
        if self.has("closed") and self.name != "TIME-WAIT":
            self.user.close()
        else:
            self.user.shutdown("W")
        if not self.has("unsent"):
            self.fin_seq = self.end.await_segment(FIN | ACK, "FIN").seq

    def _theirs(self, acked=True):
        """The peer's FIN, with the last text that the window holds if it is to be shut."""
        end = self.end
        ack = end.ack if acked or self.fin_seq is None else self.fin_seq
        if self.name != "TIME-WAIT":
            ack = (ack - int(self.words.get("data", 0))) % MOD
        if self.has("shut"):
            self.fill(1, ack)
        end.send(FIN | ACK, ack=ack)
        end.await_segment(ACK, "ACK of the FIN")
