#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml debian-6.12 debian-6.1
"""In each of the eleven states: what is to be thrown away unseen, whatever it says (a bad
checksum, a broadcast, a source quench), what STATUS tells, and OPEN and SEND where they depend
on what else there is.  Both stacks run the same script; good segments at its end show that the
bad ones might have been heard."""

import itertools
import select
import socket
import struct

from atcptest import (ANY, AF_INET, FAMILIES, HANG, attempt, event_names, main, poll, state)
from lab import all_rows
from scripted import wire
from wire import ACK, FIN, RST, SYN, Segment, checksum, flag_names, ip_packet, tcp_bytes

NOBODY = 9
_ports = itertools.count(20000)


class Subject:
    """A connection in a state (or what there is instead of one), and its peer."""

    def __init__(self, net, name):
        self.net, self.name, self.port = net, name, next(_ports)
        self.s, self.p = None, net.peer(port=self.port, there=self.port)
        self.fin = None
        getattr(self, name.replace("-", "_").lower())()

    def listen(self):
        self.s = self.net.host.listener(self.net.stack, self.net.family, ANY[self.net.family],
                                        self.port)

    def closed(self):
        self.s = self.net.socket()

    def syn_sent(self):
        self.s = self.net.socket(socket.SOCK_NONBLOCK)
        self.p.there = None
        attempt(self.s.connect, (self.net.tun.far[self.net.family], self.port))
        self.p.expect(SYN)

    def syn_received(self):
        self.listen()
        self.p.send(SYN)
        self.p.expect(SYN | ACK)

    def established(self):
        self.listen()
        self.p.connect()
        listener = self.s
        self.s, _ = listener.accept()
        listener.close()

    def fin_wait_1(self):
        self.established()
        self.ours()

    def fin_wait_2(self):
        self.fin_wait_1()
        self.p.ack = self.fin.end
        self.p.send(ACK)

    def close_wait(self):
        self.established()
        self.theirs()

    def closing(self):
        self.fin_wait_1()
        self.theirs()

    def last_ack(self):
        self.close_wait()
        self.ours()

    def time_wait(self):
        self.fin_wait_2()
        self.theirs()

    def ours(self):
        """Our FIN, which the peer does not acknowledge yet."""
        self.s.shutdown(socket.SHUT_WR)
        self.fin = self.p.expect(FIN | ACK)
        self.p.ack = self.fin.seq

    def theirs(self):
        self.p.send(FIN | ACK)
        self.p.expect(ACK, ack=self.p.seq)

    def rows(self):
        """The states that /proc shows of it, of the listener's too."""
        with self.net.host:
            return sorted(row[2] for row in all_rows(self.net.stack)
                          if self.port in (row[0][1], row[1][1]))

    def bad_news(self):
        """Segments that would each be heard: some end it, some would be answered."""
        reset = RST | ACK if self.name == "SYN-SENT" else RST
        return (reset, b""), (SYN, b""), (SYN | ACK, b""), (ACK, b"text"), (FIN | ACK, b"end")

    def answers(self):
        """What the host said before it refused a segment that came last; without what
        it sends again by itself."""
        own = self.name in ("SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK")
        self.net.peer(port=next(_ports), there=NOBODY).send(SYN)
        said = []
        while True:
            packet = self.net.tun.receive(HANG / 4)
            assert packet is not None, "the last segment was not answered"
            seg = Segment(packet)
            if not seg.is_tcp:
                continue
            if seg.sport == NOBODY:
                return said
            if not (own and seg.flags & (SYN | FIN)):
                said.append(flag_names(seg.flags))

    def unheard(self, log, states):
        said = self.answers()
        assert said == [] or not self.net.stack.is_atcp, f"{self.name} answered {said}"
        log(self.name, states == self.rows(), self.rows())
        if self.name not in ("CLOSED", "LISTEN", "SYN-RECEIVED"):
            log("text", attempt(self.s.recv, 10, socket.MSG_DONTWAIT))

    def end(self, log):
        """The same segments, good ones, are heard."""
        for flags, data in self.bad_news()[:2]:
            self.p.send(flags, data, seq=self.p.seq)
        log(self.name, "good ones", self.answers(), self.rows())
        self.s.close()


STATES = ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
          "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT")


# STATUS: CL-020 LI-012 SS-009 SR-010 ES-015 F1-010 F2-010 CW-013 CG-007 LA-007 TW-007
@wire("STATUS in every state: TCP_INFO, and /proc", FAMILIES)
def _(net, log):
    for name in STATES:
        subject = Subject(net, name)
        shown, told = subject.rows(), state(subject.s)
        log(name, told, shown)
        # A half-open child has no socket yet, TIME-WAIT none any more.
        assert told == {"SYN-RECEIVED": "LISTEN", "TIME-WAIT": "CLOSED"}.get(name, name), told
        subject.s.close()


# CL-022 LI-013 SS-010 SR-011 ES-016 F1-011 F2-011 CW-014 CG-008 LA-008 TW-008
@wire("a bad checksum in every state: nothing happens", FAMILIES)
def _(net, log):
    for name in STATES:
        subject = Subject(net, name)
        before = subject.rows()
        for flags, data in subject.bad_news():
            subject.p.send(flags, data, seq=subject.p.seq, bad_sum=True)
        subject.unheard(log, before)
        subject.end(log)


# CL-046 LI-028 LI-029 LI-046 SS-041 SR-012 ES-017 F1-012 F2-012 CW-015 CG-009 LA-009 TW-009
@wire("to, or from, broadcast and multicast in every state: nothing happens", FAMILIES)
def _(net, log):
    near, far = net.tun.near[net.family], net.tun.far[net.family]
    if net.family == AF_INET:
        ways = [(far, "10.8.0.255"), (far, "255.255.255.255"), (far, "224.0.0.1"),
                ("255.255.255.255", near), ("224.0.0.5", near)]
    else:
        ways = [(far, "ff02::1"), (far, "ff0e::1"), ("ff02::5", near), ("ff0e::5", near)]
    for name in STATES:
        subject = Subject(net, name)
        before, p = subject.rows(), subject.p
        more = []
        if net.stack.is_atcp and net.family == AF_INET and name in ("LISTEN", "SYN-RECEIVED"):
            more = [("10.8.0.255", near)]       # which the kernel's TCP would answer
        for src, dst in ways + more:
            for flags, data in subject.bad_news():
                ack = p.ack if flags & ACK else 0
                raw = tcp_bytes(net.family, src, dst, p.port, p.there, p.seq, ack, flags, data=data)
                net.tun.send(ip_packet(net.family, src, dst, 6, raw))
        subject.unheard(log, before)
        subject.end(log)


def opening(net, simultaneous):
    """(socket, peer): an active OPEN under way, in SYN-SENT or SYN-RECEIVED."""
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(port=next(_ports), there=None)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((ANY[net.family], 0))
    attempt(s.connect, (net.tun.far[net.family], p.port))
    p.expect(SYN)
    if simultaneous:
        p.send(SYN)
        p.expect(SYN | ACK)
    return s, p


# CL-011: [MUST-41] [MUST-42]
@wire("a listener on the port of a connection that is being set up", FAMILIES)
def _(net, log):
    for simultaneous in (False, True):
        s, p = opening(net, simultaneous)
        listener = net.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        log.attempt("bind", listener.bind, (ANY[net.family], p.there))
        log.attempt("listen", listener.listen, 5)
        log(state(listener), state(s))
        q = net.peer(port=next(_ports), there=p.there)
        q.connect()
        t, _ = listener.accept()
        log("accepted", state(t), "beside it", state(s))
        for x in (s, t, listener):
            x.close()


# SS-004 SR-004 ES-005 CW-005: SEND waits, or says that it would
@wire("SEND without room", FAMILIES)
def _(net, log):
    for simultaneous in (False, True):
        s, _ = opening(net, simultaneous)
        log(state(s), attempt(s.send, b"x"), state(s))
        s.close()
    for name in ("ESTABLISHED", "CLOSE-WAIT"):
        s = Subject(net, name).s
        s.setblocking(False)
        while (last := attempt(s.send, bytes(100000))) != "EAGAIN":
            assert isinstance(last, int), last
        log(name, state(s), event_names(poll(s, select.POLLOUT, 0)))
        s.close()


# LI-030
@wire("a listener of another address: as if there were none", FAMILIES)
def _(net, log):
    other = "10.8.0.7" if net.family == AF_INET else "fd08::7"
    net.host.ip(f"addr add {other}/24 dev tun0" if net.family == AF_INET else
                f"addr add {other}/64 dev tun0 nodad")
    listener = net.host.listener(net.stack, net.family, other, next(_ports))
    p = net.peer(port=next(_ports), there=listener.getsockname()[1])
    p.send(SYN)
    rst = p.expect(RST | ACK, ack=p.seq)
    log(rst.seq, state(listener))
    p = net.peer(port=next(_ports), there=p.there)
    p.near = other
    p.connect()
    log("its own", state(listener.accept()[0]))


# SS-045 SR-059 ES-066 F1-064 F2-059 CW-058 CG-052 LA-052 TW-050
@wire("a source quench in every state: nothing happens")
def _(net, log):
    near, far = net.tun.near[AF_INET], net.tun.far[AF_INET]
    for name in STATES[2:]:
        subject = Subject(net, name)
        p = subject.p
        if name in ("ESTABLISHED", "CLOSE-WAIT"):
            subject.s.send(b"in flight")
        before = subject.rows()
        for seq in (p.irs, p.ack - 1, p.ack):
            quote = ip_packet(AF_INET, near, far, 6,
                              tcp_bytes(AF_INET, near, far, p.there, p.port, seq, p.seq, ACK))
            body = struct.pack("!BBHI", 4, 0, 0, 0) + quote[:28]
            body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
            net.tun.send(ip_packet(AF_INET, far, near, 1, body))
        subject.answers()
        log(name, before == subject.rows(), subject.rows(),
            subject.s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
            bool(poll(subject.s, select.POLLERR, 0)))
        subject.s.close()


if __name__ == "__main__":
    main()
