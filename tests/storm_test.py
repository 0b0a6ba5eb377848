#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""A storm of harmless segments at every state, through TUN: segments outside the window, with
false acknowledgments, broken checksums, lengths and options, true text in any order, forged
ICMP errors.  None may move the state, and the connection then goes its way with its text
whole.  wild_test.py has the storms of anything at all."""

import random
import socket
import time

from atcptest import (ANY, ATCP, FAMILIES, FAMILY_NAME, GUEST, alone, attempt, equal, hang_limit,
                      main, note, until)
from lab import all_rows
from sky import NUMBER, SEED, SEGMENTS, STATES, TRANSFER, nothing_left, ports, sky
from storm import Reader, Storm, text
from wire import ACK, FIN, MOD, PSH, RST, SYN, TS, options


class Subject:
    """A connection (or what there is instead of one) under a storm."""

    def __init__(self, family, state, rng, full):
        self.sky, self.family, self.state = sky(), family, state
        self.opts = options(mss=1460, wscale=7, sack_ok=True, ts=(5000, 0)) if full else None
        self.s = self.listener = None
        self.said = 0                   # octets of ours that the peer has
        self.given = 0                  # octets that the user has sent
        self.p = None
        self.known = None
        getattr(self, state.lower().replace("-", "_"))(rng)
        self.reader = Reader(self.p.iss + 1)

    def open_passive(self, rng):
        self.listener, port = self.sky.listener(self.family)
        self.p = self.sky.remote(self.family, port, rng)
        self.p.connect(self.opts)
        self.s, _ = self.listener.accept()
        self.listener.close()

    def open_active(self, rng):
        self.s = self.sky.host.socket(ATCP, self.family, socket.SOCK_NONBLOCK)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)
        self.p = self.sky.remote(self.family, None, rng)
        attempt(self.s.connect, (self.sky.tun.far[self.family], self.p.port))
        self.p.expect(SYN)

    def closed(self, rng):
        self.p = self.sky.remote(self.family, next(ports), rng)

    def listen(self, rng):
        self.listener, port = self.sky.listener(self.family)
        self.p = self.sky.remote(self.family, port, rng)

    def syn_sent(self, rng):
        self.open_active(rng)

    def syn_received(self, rng):
        if rng.random() < 0.5:          # simultaneous
            self.open_active(rng)
            self.p.send(SYN, opts=options(mss=1460) if self.opts is None else self.opts)
            self.p._agree(self.opts, self.p.expect(SYN | ACK))
            return
        self.listener, port = self.sky.listener(self.family)
        self.p = self.sky.remote(self.family, port, rng)
        self.p.send(SYN, opts=options(mss=1460) if self.opts is None else self.opts)
        self.p._agree(self.opts, self.p.expect(SYN | ACK))

    def established(self, rng):
        self.open_passive(rng)
        self.known = self.p.ack
        self.given = self.s.send(text(0, 2000))

    def fin_wait_1(self, rng):
        self.open_passive(rng)
        self.s.shutdown(socket.SHUT_WR)
        self.known = self.p.expect(FIN | ACK).seq

    def fin_wait_2(self, rng):
        self.fin_wait_1(rng)
        self.known = None
        self.p.send(ACK)
        until(lambda: NUMBER["FIN-WAIT-2"] in self.sky.rows(self.p), "FIN-WAIT-2")

    def closing(self, rng):
        self.fin_wait_1(rng)
        self.p.send(FIN | ACK, ack=self.known)
        self.p.expect(ACK, ack=self.p.seq)

    def time_wait(self, rng):
        self.closing(rng)
        self.known = None
        self.p.send(ACK)
        until(lambda: NUMBER["TIME-WAIT"] in self.sky.rows(self.p), "TIME-WAIT")

    def close_wait(self, rng):
        self.open_passive(rng)
        self.p.send(FIN | ACK)
        self.p.expect(ACK, ack=self.p.seq)

    def last_ack(self, rng):
        self.close_wait(rng)
        self.s.shutdown(socket.SHUT_WR)
        self.known = self.p.expect(FIN | ACK).seq

    # --- what is true of it ---

    def check_state(self, when):
        number = NUMBER.get(self.state)
        if self.state == "LISTEN":
            with self.sky.host:
                found = [r[2] for r in all_rows(ATCP) if r[0][1] == self.p.there]
        else:
            found = self.sky.rows(self.p)
        equal(found, [] if number is None else [number], f"{self.state} {when}")

    def read(self):
        """Takes what can be read; False at its end."""
        while self.s is not None:
            try:
                data = self.s.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.reader.take(data)
        return True

    def segments(self):
        """Segments of this connection that came since."""
        return [g for g in self.sky.watch.drain()
                if g.dport == self.p.port and g.sport == self.p.there]

    # --- how it goes on after the storm ---

    def finish(self):
        self.segments()                 # answers to the storm
        getattr(self, "after_" + self.state.lower().replace("-", "_"))()
        if self.s is not None:
            self.s.close()
        if self.listener is not None:
            self.listener.close()
        self.reset()

    def reset(self):
        """Ends what may be left (the peer's RST, in its right place)."""
        p = self.p

        def gone():
            if not self.sky.rows(p):
                return True
            p.send(ACK, b"?", seq=p.seq - 5000, ack=p.ack)
            time.sleep(0.01)
            for seg in self.segments():
                if seg.flags & ACK:
                    p.send(RST, seq=seg.ack)
            return False
        until(gone, f"the end of {self.state}")

    def transfer_in(self, n=TRANSFER):
        """All of n octets from p.seq on, though some came already."""
        p, start = self.p, self.p.seq
        acked = sent = 0
        before = self.reader.total - (self.reader.place - start)
        quiet = time.monotonic()
        while acked < n or self.reader.total - before < n:
            while sent < min(n, acked + 20 * 1400):
                size = min(1400, n - sent)
                p.send(ACK | PSH, text(start + sent, size), seq=start + sent)
                sent += size
            self.read()
            for seg in self.segments():
                assert not seg.flags & RST, f"reset: {seg}"
                self.heard(seg)
                got = (seg.ack - start) % MOD
                if acked < got < 1 << 31:
                    acked, quiet = got, time.monotonic()
                    sent = max(sent, acked)
            if time.monotonic() - quiet > 0.5:
                sent, quiet = acked, time.monotonic()
        equal(self.reader.total - before, n, "octets read")
        p.seq = (start + n) % MOD

    def heard(self, seg):
        """Takes the near end's text in order."""
        p = self.p
        if (seg.seq - p.ack) % MOD > 1 << 31 and (seg.end - p.ack) % MOD < 1 << 31 or \
                seg.seq == p.ack:
            p.ack = seg.end
        if TS in seg.options and p.ts is not None:
            p.ts = (p.ts[0], seg.options[TS][0])

    def transfer_out(self, n=TRANSFER):
        p = self.p
        end = (p.irs + 1 + n) % MOD
        while p.ack != end:
            while self.given < n:
                piece = text(self.given, min(40000, n - self.given))
                try:
                    self.given += self.s.send(piece, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    break
            found = self.segments()
            for seg in found:
                assert not seg.flags & RST, f"reset: {seg}"
                self.heard(seg)
            if not found:
                time.sleep(0.01)
            p.send(ACK)

    def after_closed(self):
        listener = self.sky.host.listener(ATCP, self.family, ANY[self.family], self.p.there)
        listener.close()

    def after_listen(self):
        p = self.p = self.sky.remote(self.family, self.p.there, random.Random(1))
        p.connect(self.opts)
        self.s, _ = self.listener.accept()
        self.reader = Reader(p.iss + 1)
        self.transfer_in(10000)
        self.transfer_out(10000)

    def after_syn_sent(self):
        p = self.p
        p.send(SYN | ACK, opts=options(mss=1460))
        until(lambda: any(g.ack == p.seq for g in self.segments()), "the ACK of our SYN")
        self.state = "ESTABLISHED"
        self.check_state("after the handshake")
        self.transfer_in(10000)
        self.transfer_out(10000)

    def after_syn_received(self):
        p = self.p
        p.send(ACK)
        if self.listener:
            self.s, _ = self.listener.accept()
        self.transfer_in(10000)
        self.transfer_out(10000)

    def after_established(self):
        self.transfer_in()
        self.transfer_out()

    def after_fin_wait_1(self):
        self.transfer_in()
        self.p.ack = (self.known + 1) % MOD
        self.p.send(ACK)
        until(lambda: NUMBER["FIN-WAIT-2"] in self.sky.rows(self.p), "FIN-WAIT-2")

    def after_fin_wait_2(self):
        self.transfer_in()
        p = self.p
        p.send(FIN | ACK)
        until(lambda: not self.read(), "end of stream")
        until(lambda: NUMBER["TIME-WAIT"] in self.sky.rows(p), "TIME-WAIT")

    def after_closing(self):
        self.p.ack = (self.known + 1) % MOD
        self.p.send(ACK)
        until(lambda: NUMBER["TIME-WAIT"] in self.sky.rows(self.p), "TIME-WAIT")
        self.nothing_more()

    def after_time_wait(self):
        p = self.p
        self.segments()
        p.send(FIN | ACK, seq=p.seq - 1)
        seg = until(self.segments, "an ACK in TIME-WAIT")[0]
        equal((seg.flags, seg.seq, seg.ack), (ACK, p.ack, p.seq), "its answer")
        self.nothing_more()

    def after_close_wait(self):
        self.nothing_more()
        self.transfer_out()

    def after_last_ack(self):
        self.nothing_more()
        self.p.ack = (self.known + 1) % MOD
        self.p.send(ACK)
        until(lambda: not self.sky.rows(self.p), "CLOSED")

    def nothing_more(self):
        """After the peer's FIN there is no text."""
        equal(self.read(), False, "end of stream")
        equal(self.reader.total, 0, "octets read")


def harmless_storm(family, state):
    hang_limit(60 if GUEST == "uml" else 200)
    for full in (False, True):
        rng = random.Random(f"{SEED} {family} {state} {full}")
        subject = Subject(family, state, rng, full)
        subject.check_state("before the storm")
        storm = Storm(rng, subject.p, state, subject.known)
        for i in range(SEGMENTS):
            kind = rng.random()
            if kind < 0.06:
                packets = storm.icmp()
            elif kind < 0.1 and state == "ESTABLISHED":
                packets = storm.aggregate()
            else:
                packets = storm.harmless()
            for packet, header in packets:
                subject.sky.tun.send(packet, header)
            if i % 16 == 15:
                if state != "TIME-WAIT" and rng.random() < 0.5 and subject.text_may_come():
                    subject.read()
                subject.sky.watch.drain()
        subject.check_state("after the storm")
        subject.finish()


Subject.text_may_come = lambda self: self.state in ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2")


for _state in STATES:
    for _family in FAMILIES:
        alone(f"a harmless storm at {_state}, {FAMILY_NAME[_family]}")(
            lambda f=_family, s=_state: harmless_storm(f, s))


@alone("after all storms nothing is left, each state was left as often as entered, and the module unloads")
def _():
    nothing_left()


if __name__ == "__main__":
    note(f"ATCP_SEED={SEED}")
    main()
