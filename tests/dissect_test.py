#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.1
# timeout: 900
"""What tshark, which nobody here wrote, makes of connections with each extension: it sees the
extension where it is due, finds nothing malformed and every checksum good, and has no more to
say of atcp's segments than what the occasion demands, nor of those of the kernel's TCP.

A case is a generator: up to its yield it talks, and there it is given what was seen of that.
All cases have talked before tshark is started, once."""

import functools
import socket
import struct
from socket import AF_INET, IPPROTO_TCP, SOL_SOCKET, SOL_TCP

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, GUEST, HANG, LINUX, PAIRINGS, Hang, Skip, alone,
                      equal, fails_with, hang_limit, is_chosen, main, pattern, recv_exactly,
                      tcp_info, until)
from ecn import CE, ECT_0, NOT_ECT, marks
from firewall import Rules
from lab import Cable
from router import setting
from signed import AO_ADD_KEY, ao_add, kernel_has_ao, set_md5
from traffic import Worker, counters, settle
from tshark import Capture, dissect
from wire import ACK, CWR, ECE, FIN, SYN
from wire.segment import URG

FIRST_PORT = 9000
ECHOES = ECE | CWR | 0x100              # with AE, as tshark has the flags
BOTH = ((ATCP, ATCP),)
# The kernel's TCP alone shows that a list of opinions is not there to excuse atcp.
REFERENCE = ((LINUX, LINUX),)
# Where every check is on, atcp with itself only: of the others it checks no more.
FEW = PAIRINGS[:1] if GUEST == "debug" else PAIRINGS
EACH = FEW if GUEST == "debug" else FEW + REFERENCE

# What tshark says of text that is sent again, and of its being sent again in vain.
AGAIN = {"tcp.analysis.retransmission", "tcp.analysis.fast_retransmission",
         "tcp.analysis.spurious_retransmission", "tcp.analysis.out_of_order",
         "tcp.analysis.duplicate_ack", "tcp.options.sack.dsack"}
# And of each connection that ends in order.
ENDS = {"tcp.connection.fin_active", "tcp.connection.fin_passive"}
OTHER_ZERO = "tcp.checksum.ffff"


class Seen:
    """Segments that a case is to judge."""

    def __init__(self, segments):
        self.segments = segments

    def __iter__(self):
        return iter(self.segments)

    def __len__(self):
        return len(self.segments)

    def where(self, condition):
        return Seen([seg for seg in self if condition(seg)])

    def by(self, client):
        return self.where(lambda seg: seg.client == client)

    def flagged(self, mask, flags):
        return self.where(lambda seg: seg.flags & mask == flags)

    def having(self, *names):
        return self.where(lambda seg: all(name in seg for name in names))

    def noted(self, name):
        """Those of which tshark has this opinion."""
        return self.where(lambda seg: any(name == n for n, _ in seg.expert))

    @property
    def new(self):
        """Those that have octets which no segment before them had; of one direction."""
        edge, found = -1, []
        for seg in self:
            if seg["tcp.nxtseq"] > edge:
                edge = seg["tcp.nxtseq"]
                found.append(seg)
        return Seen(found)

    @property
    def syns(self):
        return self.flagged(SYN | ACK, SYN)

    @property
    def answers(self):
        return self.flagged(SYN | ACK, SYN | ACK)

    @property
    def rest(self):
        return self.flagged(SYN, 0)

    @property
    def text(self):
        return self.where(lambda seg: seg["tcp.len"])


class Talk:
    """Two hosts, a is the server and b the client, whose connections are captured."""

    def __init__(self, name, make, server, client, family, may, port):
        self.name, self.make, self.may, self.port = name, make, may, port
        self.server, self.client, self.family = server, client, family
        self.error, self.frames, self.resent = None, [], 0

    def run(self):
        """Up to the yield."""
        hang_limit(HANG)
        try:
            self.net = Cable()
            try:
                self._capture()
            finally:
                self.net.delete()
        except (Exception, Hang) as e:
            self.error = e

    def _capture(self):
        self.sides = ((self.net.a, self.server), (self.net.b, self.client))
        # Checksums and segments as on a wire: none is left to the device.
        self.net.one_segment_a_packet()
        self.net.without("tx")
        capture = Capture(self.net.a, self.net.device)
        self.steps = self.make(self)
        next(self.steps)
        self.listener.close()
        settle((self.net.a, self.net.b), {self.server, self.client})
        self.frames = capture.end()
        self.resent = sum(self.count("RetransSegs"))

    def judge(self, segments):
        if self.error:
            raise self.error
        assert segments, "nothing was captured"
        unwanted = []
        for seg in segments:
            seg.client = seg["tcp.dstport"] == self.port
            unwanted += self.check(seg, self.client if seg.client else self.server)
        assert not unwanted, "tshark says\n" + "\n".join(unwanted)
        try:
            self.steps.send(Seen(segments))
        except StopIteration:
            return
        raise AssertionError("it yields twice")

    def check(self, seg, stack):
        """What holds of each segment of each case: all that is said of it, and ought not to be."""
        assert "_ws.malformed" not in seg.layers, f"malformed, sent by {stack}: {seg}"
        # One sum in 65,536 is zero, and Linux writes its other form where it sums up itself.
        zero = OTHER_ZERO in dict(seg.expert)
        equal(seg.all("tcp.checksum.status"), [0 if zero else 1],
              f"TCP's checksum, sent by {stack}, of {seg}")
        if self.family == AF_INET:
            equal(seg.all("ip.checksum.status"), [1], f"IP's checksum, sent by {stack}, of {seg}")
        # Machines stand still for a while, and timers run out: the stack has counted that.
        may = ENDS | self.may | (AGAIN if self.resent else set()) | {OTHER_ZERO}
        return [f"{severity} {name}, sent by {stack}: {seg}" for name, severity in seg.expert
                if severity not in ("chat", "comment") and name not in may]

    # --- for the cases

    def count(self, name):
        """What the server and the client have counted."""
        return [counters(host, stack)[name] for host, stack in self.sides]

    def set(self, name, value, sides=None):
        """A sysctl that both stacks have by the same name."""
        for host, stack in sides or self.sides:
            setting(host, stack, name, value)

    @functools.cached_property
    def listener(self):
        return self.net.a.listener(self.server, self.family,
                                   self.net.address(self.net.a, self.family), self.port)

    def socket(self):
        return self.net.b.socket(self.client, self.family)

    @property
    def address(self):
        return self.net.address(self.net.a, self.family), self.port

    def join(self, c=None):
        """A connection: (client's end, server's end)."""
        c, listener = c or self.socket(), self.listener
        c.connect(self.address)
        return c, listener.accept()[0]

    @staticmethod
    def end(first, other):
        """Closes a connection, this end first."""
        first.close()
        equal(other.recv(1), b"", "the end")
        other.close()


_talks = []


def scene(name, pairings=EACH, families=FAMILIES, may=()):
    """A case func(talk), a generator, for each pair of stacks: of severity note and above
    tshark says nothing but this of any segment."""
    def add(func):
        for server, client in pairings:
            for family in families:
                talk = Talk(f"{name}, {FAMILY_NAME[family]}, server {server}, client {client}",
                            func, server, client, family, set(may), FIRST_PORT + len(_talks))
                _talks.append(talk)
                alone(talk.name)(lambda talk=talk: talk.judge(dissected()[talk.port]))
        return func
    return add


@functools.cache
def dissected():
    """{server's port: segments} of all cases that were chosen."""
    talks = [talk for talk in _talks if is_chosen(talk.name)]
    for talk in talks:
        talk.run()
    hang_limit(HANG)
    found = {talk.port: [] for talk in talks}
    ports = range(FIRST_PORT, FIRST_PORT + len(_talks))
    for seg in dissect([frame for talk in talks for frame in talk.frames], ports):
        found[next(p for p in seg.all("tcp.port") if p in ports)].append(seg)
    return found


def say(a, b, n, seed=0):
    """n octets from a to b."""
    text = pattern(n, seed)
    reading = Worker(recv_exactly, b, n)
    a.sendall(text)
    equal(reading.finish() == text, True, "text")


def some(seen, what):
    assert len(seen), f"never: {what}"
    return seen


# --- what every connection has -----------------------------------------------------------

@scene("timestamps, window scale, and either end closes first")
def _(t):
    for first in ("client", "server"):
        c, s = t.join()
        say(c, s, 12000)
        say(s, c, 12000)
        t.end(*((c, s) if first == "client" else (s, c)))
    seen = yield
    for syns in (seen.syns, seen.answers):
        equal([len(syns), len(syns.having("tcp.options.mss", "tcp.options.sack_perm",
                                          "tcp.options.wscale.shift"))], [2, 2], "options of SYNs")
    equal(len(seen.having("tcp.options.timestamp.tsval")), len(seen), "timestamps")
    for client in (True, False):
        sent, came = seen.by(client), seen.by(not client)
        told = {seg["tcp.options.timestamp.tsval"] for seg in came}
        for seg in sent.rest:
            assert seg["tcp.options.timestamp.tsecr"] in told, f"a timestamp never sent: {seg}"
        shift = (sent.syns if client else sent.answers).segments[0]["tcp.options.wscale.shift"]
        for seg in sent.rest:
            equal(seg["tcp.window_size"], seg["tcp.window_size_value"] << shift, f"window of {seg}")
        equal(len(sent.flagged(FIN, FIN)), 2, "FINs")


@scene("a segment is lost, and SACK tells which",
       may=AGAIN - {"tcp.options.sack.dsack"})
def _(t):
    rules = [Rules(host, f"""chain drops {{
        type filter hook prerouting priority -400; policy accept;
        tcp {port} {t.port} meta length > 1000 numgen inc mod 1000000 2 count lost drop
    }}""") for host, port in ((t.net.a, "dport"), (t.net.b, "sport"))]
    c, s = t.join()
    say(c, s, 14000)
    say(s, c, 14000, 1)
    t.end(c, s)
    equal([r.count("lost") for r in rules], [1, 1], "segments lost")
    seen = yield
    for client in (True, False):
        sent, came = seen.by(client), seen.by(not client)
        lost = sent.text.segments[2]
        edge = lost["tcp.nxtseq"]
        first = some(came.having("tcp.options.sack_le"), "SACK").segments[0]
        equal((first["tcp.ack"], first["tcp.options.sack_le"]), (lost["tcp.seq"], edge), "SACK")
        again = sent.text.where(lambda seg: seg["tcp.seq"] == lost["tcp.seq"])
        equal([bool(seg.expert) for seg in again][:2], [False, True], "what was lost, and again")


@scene("text that came before is told by D-SACK", may=AGAIN)
def _(t):
    c, s = t.join()
    # The other side hears nothing of the ACKs until it has sent the text again.
    for a, b, sender, port in ((c, s, 1, "sport"), (s, c, 0, "dport")):
        rules = Rules(t.sides[sender][0], f"""chain drops {{
            type filter hook prerouting priority -400; policy accept;
            tcp {port} {t.port} drop
        }}""")
        say(a, b, 1000)
        until(lambda n=sender: t.count("RetransSegs")[n], "sent again")
        rules.flush("drops")
        until(lambda a=a: not tcp_info(a)["unacked"], "acknowledged")
        rules.delete()
    t.end(c, s)
    seen = yield
    for client in (True, False):
        text = seen.by(client).text.segments[0]
        for seg in some(seen.by(not client).having("tcp.options.sack.dsack_le"), "D-SACK"):
            equal([seg["tcp.options.sack.dsack_le"], seg["tcp.options.sack.dsack_re"]],
                  [text["tcp.seq"], text["tcp.nxtseq"]], "D-SACK")


@scene("urgent text")
def _(t):
    c, s = t.join()
    for a, b in ((c, s), (s, c)):
        b.setsockopt(SOL_SOCKET, socket.SO_OOBINLINE, 1)
        say(a, b, 100)
        a.send(b"look!", socket.MSG_OOB)
        equal(recv_exactly(b, 5), b"look!", "urgent text")
        say(a, b, 100)
    t.end(c, s)
    seen = yield
    for client in (True, False):
        urgent = some(seen.by(client).flagged(URG, URG), "URG").segments[0]
        equal([urgent["tcp.len"], urgent["tcp.urgent_pointer"]], [5, 5], "urgent")
        equal(len(seen.by(client).flagged(URG, 0).where(lambda seg: seg["tcp.urgent_pointer"])), 0,
              "pointers without URG")


@scene("a reset, of either end and by nobody", may={"tcp.connection.rst"})
def _(t):
    for aborts in ("client", "server"):
        c, s = t.join()
        say(c, s, 100)
        say(s, c, 100)
        a, b = (c, s) if aborts == "client" else (s, c)
        a.setsockopt(SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        a.close()
        fails_with("ECONNRESET", b.recv, 1)
        b.close()
    t.listener.close()
    c = t.socket()
    fails_with("ECONNREFUSED", c.connect, t.address)
    c.close()
    seen = yield
    equal([len(seen.by(client).noted("tcp.connection.rst")) for client in (True, False)], [1, 2],
          "resets of the client, of the server")


# --- timers ---------------------------------------------------------------------------------

@scene("keep-alive", may={"tcp.analysis.keep_alive", "tcp.analysis.keep_alive_ack"})
def _(t):
    c, s = t.join()
    say(c, s, 100)
    say(s, c, 100)
    for a, side in ((c, 1), (s, 0)):
        a.setsockopt(SOL_TCP, socket.TCP_KEEPIDLE, 1)
        a.setsockopt(SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        until(lambda n=side: t.count("TCPKeepAlive")[n], "a probe")
        a.setsockopt(SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    t.end(c, s)
    seen = yield
    for client in (True, False):
        some(seen.by(client).noted("tcp.analysis.keep_alive"), "a probe")
        some(seen.by(not client).noted("tcp.analysis.keep_alive_ack"), "its answer")


@scene("a closed window, and probes of it",
       may={"tcp.analysis.zero_window", "tcp.analysis.window_full", "tcp.analysis.keep_alive",
            "tcp.analysis.zero_window_probe", "tcp.analysis.zero_window_probe_ack"})
def _(t):
    t.set("rmem", "4096 8192 8192")
    c, s = t.join()
    for a, b, side in ((c, s, 1), (s, c, 0)):
        sending = Worker(a.sendall, pattern(20000))
        until(lambda n=side: t.count("TCPWinProbe")[n], "a probe")
        equal(recv_exactly(b, 20000) == pattern(20000), True, "text")
        sending.finish()
    t.end(c, s)
    seen = yield
    for client in (True, False):
        some(seen.by(not client).noted("tcp.analysis.zero_window"), "a closed window")


# --- ECN --------------------------------------------------------------------------------------

def ecn_of(seg):
    return (seg.all("ip.dsfield.ecn") or seg.all("ipv6.tclass.ecn"))[0]


def marked(t, asked, asks):
    """A connection in which some of the text is marked, both ways."""
    t.set("ecn", asked, t.sides[:1])
    t.set("ecn", asks, t.sides[1:])
    for host, _ in t.sides:
        Rules(host, marks(8))
    c, s = t.join()
    say(c, s, 40000)
    say(s, c, 40000, 1)
    t.end(c, s)


def echoed(seen):
    """A mark, its echo, the answer, both ways (RFC 3168)."""
    equal([[seg.flags & ECHOES for seg in syns] for syns in (seen.syns, seen.answers)],
          [[ECE | CWR], [ECE]], "SYN and SYN,ACK")
    for client in (True, False):
        sent, came = seen.by(client), seen.by(not client)
        first = some(sent.where(lambda seg: ecn_of(seg) == CE), "a mark").segments[0]
        echo = some(came.rest.flagged(ECE, ECE), "an echo").segments[0]
        assert echo["tcp.ack"] >= first["tcp.nxtseq"], f"{echo} does not cover {first}"
        answer = some(sent.rest.flagged(CWR, CWR), "an answer").segments[0]
        assert answer["tcp.seq"] > first["tcp.seq"] and answer["tcp.len"], f"CWR on {answer}"
        # What goes again carries no ECT (6.1.5), and a machine that stands still makes it go.
        equal({ecn_of(seg) for seg in sent.text.new}, {ECT_0, CE}, "ECN of new text")
        equal({ecn_of(seg) for seg in sent if not seg["tcp.len"]}, {NOT_ECT}, "ECN of the rest")


@scene("ECN (RFC 3168)")
def _(t):
    marked(t, 2, 1)
    echoed((yield))


@scene("AccECN is asked for, and RFC 3168 agreed on", ((LINUX, ATCP),))
def _(t):
    marked(t, 2, 3)
    seen = yield
    equal([seg.flags & ECHOES for seg in seen.syns], [ECHOES], "the SYN")
    equal([seg.flags & ECHOES for seg in seen.answers], [ECE], "the SYN,ACK")
    equal([len(seen.by(client).rest.flagged(ECE, ECE)) > 0 for client in (True, False)],
          [True, True], "echoes")
    equal(len(seen.rest.flagged(0x100, 0x100)), 0, "AE afterwards")


def counted(seen, options):
    """ACE and the option tell of each mark (RFC 9768)."""
    equal([seg.flags & ECHOES for seg in seen.syns], [ECHOES], "the SYN")
    equal([seg.flags & ECHOES for seg in seen.answers], [CWR], "the SYN,ACK")
    equal([len(seen.syns.having("tcp.options.acc_ecn")),
           len(seen.answers.having("tcp.options.acc_ecn"))], [0, options], "options of SYNs")
    names = [f"tcp.options.acc_ecn.{which}" for which in ("ee0b", "eceb")]
    for client in (True, False):
        came, sent = seen.by(not client).rest, seen.by(client).rest
        ce = came.where(lambda seg: ecn_of(seg) == CE)
        octets = [sum(seg["tcp.len"] for seg in came if ecn_of(seg) == mark) for mark in (ECT_0, CE)]
        assert len(ce) > 1, "hardly a mark"
        last = sent.segments[-1]
        equal(last["tcp.flags.ace"], 5 + len(ce) & 7, "the last ACE")
        told = sent.having(*names)
        if options:
            equal([told.segments[-1][name] for name in names], [octets[0] + 1, octets[1]],
                  "octets told")
        else:
            equal(len(sent.having("tcp.options.acc_ecn")), 0, "options")


@scene("AccECN (RFC 9768) with options", BOTH)
def _(t):
    if not ATCP.is_atcp:
        raise Skip("of atcp only")
    marked(t, 3, 3)
    counted((yield), True)


@scene("AccECN (RFC 9768) without options", BOTH)
def _(t):
    if not ATCP.is_atcp:
        raise Skip("of atcp only")
    t.set("ecn_option", 0)
    marked(t, 3, 3)
    counted((yield), False)


# --- how connections begin ------------------------------------------------------------------

MSG_FASTOPEN = 0x20000000


@scene("Fast Open (RFC 7413): a cookie is asked for, and used",
       may={"tcp.analysis.tfo_syn", "tcp.analysis.tfo_ack"})
def _(t):
    t.set("fastopen", 3)
    t.listener.setsockopt(SOL_TCP, socket.TCP_FASTOPEN, 16)
    for _ in range(2):
        c = t.socket()
        equal(c.sendto(b"first", MSG_FASTOPEN, t.address), 5, "octets sent")
        s, _ = t.listener.accept()
        equal(recv_exactly(s, 5), b"first", "the text")
        say(s, c, 100)
        t.end(c, s)
    seen = yield
    asks, uses = seen.syns
    gives, takes = seen.answers
    assert "tcp.options.tfo.request" in asks and not asks["tcp.len"], f"the first SYN: {asks}"
    equal(len(gives.fields["tcp.options.tfo.cookie"][0].split(":")), 8, "octets of the cookie")
    equal(uses.fields["tcp.options.tfo.cookie"], gives.fields["tcp.options.tfo.cookie"], "cookie")
    equal([uses["tcp.len"], takes["tcp.ack"]], [5, 6], "text of the SYN, and the ACK of it")
    equal([seg.fields["tcp.seq"] for seg in seen.noted("tcp.analysis.tfo_syn")],
          [uses.fields["tcp.seq"]], "SYNs with text, as tshark sees it")
    equal(len(seen.noted("tcp.analysis.tfo_ack")), 1, "and what took it")


@scene("SYN cookies, with the options in the timestamp")
def _(t):
    t.set("syncookies", 2, t.sides[:1])
    if not t.server.is_atcp:
        t.set("timestamps", 2, t.sides[:1])     # else a random offset hides what they say
    c, s = t.join()
    say(c, s, 12000)
    say(s, c, 12000)
    for end in (c, s):
        equal(tcp_info(end)["options"] & 7, 7, "options that are on")
    equal([t.count("SyncookiesSent")[0], t.count("SyncookiesRecv")[0]], [1, 1], "cookies")
    t.end(c, s)
    seen = yield
    answer = seen.answers.segments[0]
    note = "tcp.options.timestamp.tsval.syncookie."
    equal([answer[note + "sack"], answer[note + "ecn"], answer[note + "wscale"]],
          [1, 0, seen.syns.segments[0]["tcp.options.wscale.shift"]], "what the cookie keeps")
    assert {"tcp.options.wscale", "tcp.options.sack_perm"} <= set(answer.fields), answer


@scene("the user timeout option (RFC 5482)", FEW)
def _(t):
    if not ATCP.is_atcp:
        raise Skip("of atcp only")
    for side, seconds in zip(t.sides, (0, 700000)):
        if side[1].is_atcp:
            t.set("user_timeout_option", 1, [side])
            t.set("user_timeout_ms", seconds, [side])
    c, s = t.join()
    say(c, s, 3000)
    say(s, c, 3000)
    t.end(c, s)
    seen = yield
    name = "tcp.options.user_to_val"
    for client, stack, told in ((True, t.client, 700), (False, t.server, 300)):
        sent = seen.by(client)
        equal([seg[name] for seg in sent.having(name)], [told] * 2 if stack.is_atcp else [],
              f"time-outs that {stack} told")
        equal({seg["tcp.options.user_to_granularity"] for seg in sent.having(name)},
              {0} if stack.is_atcp else set(), "seconds")
        equal(len(sent.flagged(SYN, SYN).having(name)), int(stack.is_atcp), "on the SYN")


# --- signatures -----------------------------------------------------------------------------

def signed(t, sign, option, fields):
    """A connection in which each segment has the option; sign(socket, peer's address)."""
    a, b = (t.net.address(host, t.family) for host in (t.net.a, t.net.b))
    c = t.socket()
    sign(t.listener, b, True)
    sign(c, a, False)
    c, s = t.join(c)
    say(c, s, 6000)
    say(s, c, 6000)
    t.end(c, s)
    seen = yield
    for seg in seen:
        for name in (option, *fields):
            assert name in seg, f"no {name}: {seg}"


@scene("MD5 signatures (RFC 2385)")
def _(t):
    yield from signed(t, lambda s, peer, _: set_md5(s, peer, b"key"), "tcp.options.md5",
                      ["tcp.options.md5.digest"])


@scene("the authentication option (RFC 5925)")
def _(t):
    if LINUX in (t.server, t.client) and not kernel_has_ao():
        raise Skip("this kernel's TCP has no TCP-AO")

    def sign(s, peer, server):
        ids = (100, 5) if server else (5, 100)
        s.setsockopt(IPPROTO_TCP, AO_ADD_KEY, ao_add(t.family, peer, b"key", *ids))
    names = ["keyid", "rnextkeyid", "mac"]
    yield from signed(t, sign, "tcp.options.ao", [f"tcp.options.ao.{name}" for name in names])


# --- the path's MTU ------------------------------------------------------------------------------

@scene("larger segments are tried (RFC 4821)", may=AGAIN - {"tcp.options.sack.dsack"})
def _(t):
    # More than base_mss, less than what the device takes.
    for host, port in ((t.net.a, "dport"), (t.net.b, "sport")):
        Rules(host, f"""chain narrow {{
            type filter hook prerouting priority -400; policy accept;
            tcp {port} {t.port} meta length > 1400 drop
        }}""")
    t.set("mtu_probing", 2)
    c, s = t.join()
    say(c, s, 60000)
    say(s, c, 60000)
    t.end(c, s)
    seen = yield
    for client in (True, False):
        sizes = [seg["tcp.len"] for seg in seen.by(client).text]
        if not client and not t.server.is_atcp:
            continue                # it begins with what the device takes, and falls back
        equal(sizes[0], 1024, "the first segment")
        assert max(sizes) > 1200, f"nothing larger was tried: {sizes}"


if __name__ == "__main__":
    main()
