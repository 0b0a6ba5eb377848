# SPDX-License-Identifier: GPL-2.0
"""What a device sees of ECN: packets as they pass, and what RFC 3168 says of each."""

import socket

from wire import ACK, CWR, ECE, RST, SYN, Segment

NOT_ECT, ECT_1, ECT_0, CE = range(4)
OPT_ECN, OPT_ECN_SEEN = 8, 16           # of tcpi_options
SO_RCVBUFFORCE = 33
OUTGOING = 4
MOD = 1 << 32


def marks(every, what="ip ecn ect0"):
    """A chain that has every so-manieth packet that is ECT leave as if congested."""
    return f"""chain marks {{
        type filter hook postrouting priority 0; policy accept;
        {what} numgen inc mod {every} {every - 1} ip ecn set ce
        {what.replace("ip ", "ip6 ")} numgen inc mod {every} {every - 1} ip6 ecn set ce
    }}"""


def before(a, b):
    return (a - b) % MOD > MOD // 2


class Sight:
    """Packets of a host's device, in order: [(sent by the host, Segment)]."""

    def __init__(self, host, device):
        with host:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.sock.bind((device, 3))
        self.sock.setblocking(False)

    def read(self, port):
        """Those of a port so far."""
        found = []
        while True:
            try:
                packet, address = self.sock.recvfrom(1 << 17)
            except BlockingIOError:
                return found
            if address[1] not in (0x800, 0x86dd):
                continue
            seg = Segment(packet)
            if seg.is_tcp and port in (seg.sport, seg.dport):
                seg.ecn = seg.tos & 3
                found.append((address[2] == OUTGOING, seg))

    def close(self):
        self.sock.close()


class Way:
    """One direction of a connection, as seen at its receiver: text, and the ACKs that go back."""

    def __init__(self):
        self.nxt = None                 # behind all text so far
        self.due = None                 # an ACK of this must have ECE, till CWR comes
        self.marked = self.echoed = self.answered = self.again = 0

    def text(self, seg):
        if self.nxt is None:
            self.nxt = seg.seq
        end = (seg.seq + len(seg.data)) % MOD
        new = not before(seg.seq, self.nxt)
        if not new:
            self.again += 1
            assert seg.ecn == NOT_ECT or before(self.nxt, end), f"sent again, and ECT: {seg}"
        else:
            # One octet may be a probe, of a window that a slow reader left closed.
            assert seg.ecn in (ECT_0, CE) or len(seg.data) == 1, f"text that is not ECT(0): {seg}"
        if seg.flags & CWR:
            assert new, f"CWR on text sent again: {seg}"
            assert self.echoed or self.again, f"CWR without a reason: {seg}"
            self.answered += 1
            self.due = None
        if seg.ecn == CE:
            self.marked += 1
            self.due = end
        if before(self.nxt, end):
            self.nxt = end

    def ack(self, seg):
        """One that goes back: with ECE from the first that covers a marked segment on."""
        if seg.flags & ECE:
            assert self.marked, f"ECE without a mark: {seg}"
            self.echoed += 1
        elif self.due is not None:
            assert before(seg.ack, self.due), f"no ECE on {seg}, which covers a marked one"

    def lively(self, what):
        """Something of it all must have happened."""
        assert self.marked and self.echoed and self.answered, \
            f"{what}: {self.marked} marked, {self.echoed} echoed, {self.answered} times answered"


def judge(packets):
    """Goes through what one end saw, of a connection with ECN: (what came, what was sent)."""
    ways = Way(), Way()
    for out, seg in packets:
        if seg.flags & (SYN | RST):
            assert seg.ecn == NOT_ECT, f"ECT on {seg}"
            continue
        if not seg.data:
            assert seg.ecn == NOT_ECT, f"ECT on {seg}"
            assert not seg.flags & CWR, f"CWR on {seg}"
        if seg.data:
            ways[out].text(seg)
        if out:
            ways[0].ack(seg)
        elif seg.flags & ECE:           # when it was sent is not seen from here
            ways[1].echoed += 1
    return ways


def handshake(packets):
    """The flags of the SYNs and SYN,ACKs, in order, as numbers of ECE and CWR."""
    return [(seg.flags & (SYN | ACK), seg.flags & (ECE | CWR)) for _, seg in packets
            if seg.flags & SYN]
