# SPDX-License-Identifier: GPL-2.0
"""Plays a trace: sends its segments, makes its calls, and compares all that comes back."""

import re
import time
from socket import AF_INET, AF_INET6

from atcptest import attempt
from scripted import Net
from wire import icmp
from wire.commands import Commands, ports
from wire.differences import Failure
from wire.end import PATIENCE, TS_BASE, VIRTUAL
from wire.segment import ACK, MOD, RST, SYN, TS
from wire.states import Subject
from wire.written import Written, made_options, same_options, same_window, signed, told

LINGERS = 0.1           # seconds: longer than an ACK may be delayed on a calm net
_nets = {}
NOWHERE = {"broadcast": ("10.8.0.255", "ff02::1"), "all": ("255.255.255.255", "ff0e::1"),
           "group": ("224.0.0.1", "ff05::5")}
# A path MTU once told is remembered, so who is told one has a far end of its own.
_remotes = {AF_INET: (f"10.8.0.{n}" for n in range(100, 250)),
            AF_INET6: (f"fd08::{n:x}" for n in range(256, 4096))}


def calm(net):
    """Timers that do not run while a case is played: none of their segments comes between."""
    if net.stack.is_atcp:
        net.host.sysctl("atcp/rto_min_ms", 30000)
        net.host.sysctl("atcp/no_metrics_save", 1)
        net.host.sysctl("atcp/early_retrans", 0)
        return
    net.host.sysctl("ipv4/tcp_no_metrics_save", 1)
    net.host.ip("route replace 10.8.0.0/24 dev tun0 src 10.8.0.1 rto_min 30s")
    net.host.ip("route replace fd08::/64 dev tun0 proto kernel metric 256 rto_min 30s")


def net_of(stack, family, words):
    """A host with a far end; cases share it."""
    kind = "timers" if "timers" in words else "calm"
    key = (stack.name, family, kind)
    if key not in _nets:
        net = _nets[key] = Net(stack, family)
        if kind == "calm":
            calm(net)
        if not stack.is_atcp:
            net.host.sysctl("ipv4/tcp_invalid_ratelimit", 0)
    return _nets[key]


class Player(Commands):
    """One case, one stack, one family."""

    def __init__(self, case, stack, family):
        self.case, self.stack, self.family = case, stack, family
        self.net = net_of(stack, family, case.words)
        origin = case.origin or ("passive" if family == AF_INET else "active")
        self.subject = self.lines = None
        self.port = next(ports)
        self.start(case.state, origin, case.words)

    def start(self, state, origin, words):
        self.net.tun.drain()
        self.old = {}
        for name, value in self.case.sysctls:
            self.set_sysctl(name, value)
        far = next(_remotes[self.family]) if self.case.spoils_route else None
        self.subject = Subject(self.net, self.port, state, origin, words, far)
        self.end, self.user = self.subject.end, self.subject.user

    def play(self):
        name = "atcp" if self.stack.is_atcp else "linux"
        lines = [line for line in self.case.lines if line.stack in (None, name)]
        for line, after in zip(lines, lines[1:] + [None]):
            self.end.hear_syns = after is not None and " S" in after.text[:12]
            try:
                self.perform(line.text)
            except AssertionError as e:
                heard = "".join(f"\n    heard: {told(seg, self.end.numbers)}"
                                for _, seg, _ in self.end.inbox)
                raise Failure(line.where, line.text, f"{e}{heard}") from e
        try:
            self.silence(LINGERS if VIRTUAL else 0)
        except AssertionError as e:
            raise Failure(self.case.where, "the end", e) from e

    def set_sysctl(self, name, value):
        """Of the stack that plays; finish() undoes it."""
        name = ("atcp/" if self.stack.is_atcp else "ipv4/tcp_") + name
        self.old.setdefault(name, self.net.host.read(f"/proc/sys/net/{name}").strip())
        self.net.host.sysctl(name, value)

    def finish(self):
        if self.subject:
            self.user.done()
            self.end.reset()
        for name, value in self.old.items():
            self.net.host.sysctl(name, value)

    def perform(self, text):
        if text.startswith("< icmp "):
            self.silence()
            self.icmp(text)
        elif text.startswith("< "):
            self.silence()
            self.send(text[2:])
        elif text == "> nothing":
            self.silence()
        elif text.startswith("> "):
            self.expect(text[2:])
        elif text[0] == "+":
            self.timed(text)
        elif text.startswith("wait "):
            self.silence(float(text[5:]))
        elif text.startswith("= "):
            self.silence()
            self.subject.check(text[2:])
        elif text.startswith("!"):
            self.command(text[1:].strip())
        else:
            self.call(text)

    # --- segments ---

    def silence(self, seconds=0):
        """Nothing came that no line asked for."""
        if seconds:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0 and not self.end.inbox:
                heard = self.end.hear(left)
                if heard:
                    raise AssertionError(f"unexpected: {told(heard[1], self.end.numbers)}")
        self.end.fence()
        assert not self.end.inbox, "unexpected segment"

    def address(self, name):
        """Where no connection goes to."""
        return NOWHERE[name][self.family != AF_INET]

    def timestamps(self, word):
        return TS_BASE + int(word), self.end.tsecr

    def send(self, text):
        w, end = Written(text), self.end
        more = {}
        opts = None
        if w.options is not None:
            opts = made_options(w.options, self.timestamps)
        elif "ts" in w.words:
            opts = made_options([f"ts={w.words['ts']}"], self.timestamps)
        elif "nots" in w.words:
            opts = b""
        elif w.flags & SYN:
            opts = self.subject.mine
        if "from" in w.words:
            more["src"] = self.address(w.words["from"])
        if "to" in w.words:
            more["dst"] = self.address(w.words["to"])
        end.send(w.flags, w.length, seq=end.numbers.of_peer(w.seq),
                 ack=end.numbers.of_stack(w.words["ack"]) if "ack" in w.words else None,
                 win=int(w.words["win"]) if "win" in w.words else None,
                 up=int(w.words.get("up", 0)), opts=opts, bad_sum="bad-sum" in w.words, **more)

    def icmp(self, text):
        match = re.match(r"< icmp (\S+) quoting (\S+)(?: mtu (\d+))?$", text)
        assert match, f"no ICMP: {text}"
        kind, seq, mtu = match.groups()
        end = self.end
        assert end.last_packet, "nothing to quote"
        quote = icmp.quoted(end.last_packet, end.numbers.of_stack(seq))
        packet = icmp.error(self.family, kind, end.near, quote, int(mtu or 0))
        end.stamp = time.monotonic()
        if packet is not None:
            self.net.tun.send(packet)

    def expect(self, text, patience=PATIENCE):
        """The next segment is this one."""
        w, end = Written(text), self.end
        heard = end.hear(patience)
        assert heard, "it never came"
        when, seg = heard
        n = end.numbers
        if seg.flags & SYN and self.subject.name in ("LISTEN", "CLOSED", "TIME-WAIT"):
            n.snd = (seg.seq + 1) % MOD
        got = told(seg, n)
        assert seg.flags == w.flags, f"flags differ, got {got}"
        assert seg.seq == n.of_stack(w.seq), f"SEQ differs, got {got}"
        assert len(seg.data) == w.length, f"length differs, got {got}"
        if "ack" in w.words:
            assert seg.ack == n.of_peer(w.words["ack"]), f"ACK differs, got {got}"
        else:
            assert seg.flags & ACK or not seg.ack, f"ACK number without ACK, got {got}"
        assert seg.urgent == int(w.words.get("up", 0)), f"urgent pointer differs, got {got}"
        if "win" in w.words:
            same_window(w.words["win"], seg)
        if not seg.flags & RST:
            n.edge = end.edge
        if "ecr" in w.words:
            ecr = signed(seg.options[TS][1] - TS_BASE)
            assert ecr == int(w.words["ecr"]), f"TSecr is {ecr}, got {got}"
        same_options(w, seg, end.ts_on, n)
        self.came, end.stamp = when - end.stamp, when

    def timed(self, text):
        match = re.match(r"\+([\d.]+)\.\.([\d.]+) > (.*)$", text)
        assert match, f"no time: {text}"
        least, most = float(match.group(1)), float(match.group(2))
        self.expect(match.group(3), most + 1)
        assert least <= self.came <= most, f"it came after {self.came:.3f} s"

    # --- the user ---

    def call(self, text):
        name, _, want = text.partition(" = ")
        match = re.match(r"(\w+)(?:\(([^)]*)\))?(?: (\w+)\(([^)]*)\))?$", name)
        assert match and want, f"no line of a trace: {text}"
        func, args = match.group(1), match.group(2)
        args = [a.strip() for a in args.split(",")] if args else []
        if match.group(3):
            more = match.group(4)
            args = [match.group(3), *([a.strip() for a in more.split(",")] if more else [])]
        if func not in ("woken",):
            self.silence()
        self.end.stamp = time.monotonic()
        got = str(attempt(getattr(self.user, func), *args))
        assert got == want, f"it is {got}"


def run(case, stack, family):
    """Plays a case; what fails says where."""
    try:
        player = Player(case, stack, family)
    except AssertionError as e:
        raise Failure(case.where, "the beginning", e) from e
    try:
        player.play()
    finally:
        player.finish()
