# SPDX-License-Identifier: GPL-2.0
"""What a trace needs besides segments and calls: "! NAME [ARGUMENT ...]"."""

import itertools
import time
from socket import AF_INET

from wire.end import TS_BASE
from wire.peer import Peer
from wire.segment import ACK, FIN, MOD, RST, SYN
from wire.written import signed, told

ports = itertools.count(2048)


class Commands:
    """Of a Player."""

    def command(self, text):
        """! NAME [ARGUMENT ...]"""
        name, *args = text.split()
        getattr(self, f"do_{name.replace('-', '_')}")(*args)

    def do_fill_backlog(self, number):
        """Connections that nobody accepts."""
        for _ in range(int(number)):
            other = Peer(self.net.tun, self.family, next(ports), self.port)
            other.connect()

    def do_repeat(self, times, *words):
        """! repeat N LINE | LINE ..."""
        for _ in range(int(times)):
            for line in " ".join(words).split(" | "):
                self.perform(line)

    def do_fill(self, left):
        """Text comes until the window is so small; the numbers count from there."""
        self.subject.fill(int(left), self.end.numbers.una)
        self.end.numbers.rcv = self.end.seq

    def do_optional_ack(self, number):
        """An ACK of this, or nothing."""
        self.end.fence()
        if self.end.inbox:
            self.expect(f". 0(0) ack {number}")

    def do_pieces(self, length, mtu):
        """What was in flight comes again, in order, in pieces that fit."""
        end, at = self.end, self.end.numbers.una
        most = int(mtu) - (40 if self.family == AF_INET else 60)
        left = int(length)
        while left:
            heard = end.hear()
            assert heard, f"{left} octets never came again"
            seg = heard[1]
            assert not seg.flags & FIN or len(seg.data) == left, told(seg, end.numbers)
            assert seg.seq == at and 0 < len(seg.data) <= most, told(seg, end.numbers)
            at, left = seg.seq + len(seg.data), left - len(seg.data)
            end.send(ACK, ack=seg.seq + len(seg.data))

    def do_segments(self, number, length):
        """So many full segments, one after the other."""
        at = self.end.numbers.of_stack(str(getattr(self, "at", 0)))
        for _ in range(int(number)):
            heard = self.end.hear()
            assert heard, "they never came"
            seg = heard[1]
            assert seg.seq == at and len(seg.data) == int(length), told(seg, self.end.numbers)
            at = seg.end
        self.at = signed(at - self.end.numbers.snd)

    def do_new_connection(self):
        """The next SYN,ACK is that of another connection: its numbers are its own."""
        self.before = self.end.highest
        self.end.forget()

    def do_syn_ack_beyond(self):
        """A SYN,ACK whose ISS is beyond all that the connection before sent."""
        heard = self.end.hear()
        assert heard, "no SYN,ACK came"
        seg = heard[1]
        assert seg.flags == SYN | ACK and seg.ack == self.end.seq, told(seg, self.end.numbers)
        assert 0 < signed(seg.seq - self.before), f"its ISS is not beyond {self.before}: {seg}"
        self.end.numbers.snd = seg.end

    def do_has(self, event):
        assert event in self.user.poll().split(), f"poll() says {self.user.poll()}"

    def do_has_not(self, event):
        assert event not in self.user.poll().split(), f"poll() says {self.user.poll()}"

    def do_tsval(self, value):
        """What later segments of the peer carry."""
        self.end.tsval = (TS_BASE + int(value)) % MOD

    def do_window(self, value):
        """What later segments of the peer offer."""
        self.end.window = int(value)

    # --- timers ---

    def _resend(self, heard):
        """What was heard must be a resend of what is in flight; when it came."""
        assert heard, "it never came"
        when, seg = heard
        n = self.end.numbers
        good = 0 <= signed(seg.seq - n.una) and signed(seg.end - self.end.highest) <= 0
        assert good and seg.end != seg.seq, f"no resend: {told(seg, n)}"
        return when

    def do_resent(self, first, last):
        """Text from first up to last comes, in whatever pieces, as it is acknowledged."""
        end, at = self.end, self.end.numbers.of_stack(first)
        most = end.numbers.of_stack(last)
        while signed(most - at) > 0:
            heard = end.hear()
            assert heard, "it never came again"
            if signed(heard[1].seq - at) <= 0 < signed(heard[1].seq + len(heard[1].data) - at):
                at = heard[1].seq + len(heard[1].data)
                end.send(ACK, ack=at)
        end.fence()
        end.inbox.clear()

    def do_until_gone(self, least, most):
        """Resends and probes only, until the connection is no more after so many seconds."""
        end, n, begun = self.end, self.end.numbers, time.monotonic()
        while self.subject.shown() != "CLOSED":
            assert time.monotonic() - begun <= float(most), "it is still there"
            heard = end.hear(max(0.5, (time.monotonic() - begun) / 50))
            if heard and not heard[1].flags & RST:
                seg = heard[1]
                assert -1 <= signed(seg.seq - n.una) and \
                    signed(seg.seq - end.highest) <= 0, f"no resend: {told(seg, n)}"
        end.fence()
        end.inbox = [item for item in end.inbox if not item[1].flags & (RST | SYN)]
        assert not end.inbox or self.subject.shown() == "CLOSED"
        end.inbox.clear()
        took = time.monotonic() - begun
        assert float(least) <= took, f"it was gone after {took:.1f} s"

    def _probe(self, patience):
        """A probe: at most one octet that is new, or a resend."""
        heard = self.end.hear(patience)
        assert heard, "no probe came"
        when, seg = heard
        n = self.end.numbers
        assert seg.flags & ACK and signed(seg.seq - n.una) >= -1 and len(seg.data) <= 20 and \
            signed(seg.seq - self.end.highest) <= 0, f"no probe: {told(seg, n)}"
        return when

    def do_probes(self, number):
        """Probes come, so many; each is answered: the window is still shut."""
        n = self.end.numbers
        shut = n.una if self.subject.name == "LAST-ACK" else n.snd
        for _ in range(int(number)):
            self._probe(400)
            self.end.send(ACK, win=0, ack=shut)

    def do_doubling(self, number):
        """Probes come, each after twice the time of the one before."""
        times = [self._probe(400) for _ in range(int(number))]
        gaps = [b - a for a, b in zip(times, times[1:])]
        for a, b in zip(gaps, gaps[1:]):
            assert 1.7 < b / a < 2.4, f"gaps of {gaps} s"

    def do_quick(self, number):
        """Text comes until no ACK is hurried any more; the numbers count from there."""
        end = self.end
        for _ in range(int(number)):
            end.send(ACK, 1, ack=end.numbers.una)
            end.hear(1)
        end.numbers.rcv = end.seq
