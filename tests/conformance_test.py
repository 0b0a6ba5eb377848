#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
"""Requirements on the wire that no subject of the other tests covers: checksums, addresses,
initial sequence numbers and timestamps, options of TCP and of IP, what IP is told to write.

Nothing is found silent by waiting: what is to be ignored is followed by a SYN that is
answered, and the answer must be the first thing that comes."""

import socket
import struct
import time

from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, Skip, alone, attempt, equal,
                      main, poll, recv_exactly, state, tcp_info, until)
from lab import MODULE, insmod, loaded, rmmod
from scripted import FULL, Net, alone_on_atcp, wire
from wire import (ACK, FIN, MOD, MSS, PSH, RST, SYN, TS, URG, Peer, Segment, checksum, ip_packet,
                  options, parse_options, tcp_bytes)

FENCE = 7000                    # the peer's port of the SYN that ends a silence
STRANGE = b"\1\x1c\4\x80\5\1" + b"\xfd\6odd!"    # NOP, User Timeout, NOP, an unknown one


def silent(net, listener_port=80):
    """Nothing was sent: the next segment answers a SYN of ours. There must be a listener."""
    global FENCE                # pylint: disable=global-statement
    FENCE += 1
    fence = net.peer(FENCE, there=listener_port)
    fence.send(SYN)
    packet = net.tun.receive(30)
    while packet is not None and not Segment(packet).is_tcp:
        packet = net.tun.receive(30)
    assert packet is not None, "not even a SYN is answered"
    seg = Segment(packet)
    assert seg.dport == FENCE and seg.flags == SYN | ACK, f"sent: {seg}"
    fence.send(RST, seq=fence.seq, ack=seg.seq + 1)


def next_tcp(net):
    """The next segment that the host sends, to whomever."""
    while True:
        packet = net.tun.receive(30)
        assert packet is not None, "nothing was sent"
        if Segment(packet).is_tcp:
            return Segment(packet)


# ---- the checksum -----------------------------------------------------------------


# [MUST-2] text of odd and even lengths, options, SYN, FIN and RST, of connections and of none
@wire("every segment has a right checksum", FAMILIES)
def _(net, log):
    s, p = net.passive(FULL)
    seen = [p.last]
    for n in (1, 2, 3, 255, 256, 999, 1400):
        s.send(bytes(255 - i % 256 for i in range(n)))
        seen.append(next_tcp(net))
        p.ack = seen[-1].end
        p.send(ACK)
    s.close()
    seen.append(next_tcp(net))
    q = net.peer(9998, there=99)
    q.send(SYN)                         # nobody listens
    seen.append(next_tcp(net))
    q.send(ACK, ack=0x89abcdef)
    seen.append(next_tcp(net))
    for seg in seen:
        log(seg.flags & ~PSH, len(seg.data), seg.sum_ok)
        assert seg.sum_ok, f"bad checksum: {seg}"


# [MUST-3] short segments, which are summed at once, and long ones
@wire("a segment with a bad checksum might as well not have come", FAMILIES)
def _(net, log):
    listener = net.listener()
    q = net.peer(9997)
    q.send(SYN, bad_sum=True)
    silent(net)
    p = net.peer()
    p.connect()
    s, _ = listener.accept()
    for flags in (ACK, ACK | FIN, RST | ACK, SYN, ACK | URG):
        for length in (0, 3, 1000):
            p.send(flags, b"x" * length, seq=p.seq, bad_sum=True)
    silent(net)
    log(state(s), attempt(s.recv, 3, socket.MSG_DONTWAIT))
    p.send(ACK, b"good")
    log(recv_exactly(s, 4))


# ---- addresses ----------------------------------------------------------------------


# [MUST-57] [MUST-63]: where somebody listens; a port where nobody does is the kernel's to answer
@alone_on_atcp("to and from addresses of no single host: silence")
def _(net):
    listener = net.listener()
    near, far = net.tun.near[net.family], net.tun.far[net.family]
    if net.family == AF_INET:
        pairs = [(far, d) for d in ("10.8.0.255", "255.255.255.255", "224.0.0.1")] + \
            [(s, near) for s in ("224.0.0.5", "255.255.255.255", "10.8.0.255", "0.0.0.0",
                                 "127.0.0.1")]
    else:
        pairs = [(far, "ff02::1"), (far, "ff05::2"), ("ff02::1", near), ("::1", near),
                 ("::", near)]
    for src, dst in pairs:
        for flags in (SYN, ACK, FIN):
            net.tun.send(ip_packet(net.family, src, dst, 6, tcp_bytes(
                net.family, src, dst, 9999, 80, 1, 1 if flags == ACK else 0, flags)))
    silent(net)
    listener.close()


# [MUST-46] no packet, an error at once
@wire("connect() to broadcast and multicast", FAMILIES)
def _(net, log):
    listener = net.listener()
    for address in ("10.8.0.255", "255.255.255.255", "224.0.0.1") if net.family == AF_INET \
            else ("ff02::1", "ff0e::1"):
        s = net.socket(socket.SOCK_NONBLOCK)
        log(address, attempt(s.connect, (address, 9)))
        s.close()
    silent(net)
    listener.close()


def more_addresses(net):
    """A second address of the host."""
    second = "10.8.0.7" if net.family == AF_INET else "fd08::7"
    net.host.ip(f"addr add {second}/{24 if net.family == AF_INET else 64} dev tun0"
                f"{'' if net.family == AF_INET else ' nodad'}")
    return second


def source_of_syn(net, bound=None, port=9999):
    """(socket, its SYN)"""
    s = net.socket(socket.SOCK_NONBLOCK)
    if bound:
        s.bind((bound, 0))
    attempt(s.connect, (net.tun.far[net.family], port))
    return s, next_tcp(net)


def route(net, source):
    """The host's route to the peer, and the address that it prefers."""
    net.host.ip(f"route replace {net.tun.far[net.family]} dev tun0 src {source}")


# [MUST-43] [MUST-44]
@wire("the address that was bound, or the one that the route prefers", FAMILIES)
def _(net, log):
    first, second = net.tun.near[net.family], more_addresses(net)
    for bound in (first, second):
        s, syn = source_of_syn(net, bound)
        log(bound, syn.src)
        equal(syn.src, bound, "source")
        s.close()
    for wanted in (second, first, second):
        route(net, wanted)
        s, syn = source_of_syn(net)
        equal(syn.src, wanted, "source by the route")
        s.close()
    listener = net.host.listener(net.stack, net.family, second, 80)
    for near, answer in ((second, SYN | ACK), (first, RST | ACK)):
        p = net.peer(9990)
        p.near = near
        p.send(SYN)
        seg = next_tcp(net)
        log(near, seg.src, seg.flags)
        equal((seg.src, seg.flags), (near, answer), "a listener bound to one of two")
    listener.close()


# [MUST-45]
@wire("the address of a connection stays when the route prefers another", FAMILIES)
def _(net, log):
    first, second = net.tun.near[net.family], more_addresses(net)
    route(net, first)
    s, p = net.active()
    t, q = net.passive(port=82)
    route(net, second)
    for sock, peer in ((s, p), (t, q)):
        sock.send(b"text")
        seg = next_tcp(net)
        log(seg.src == first, seg.data)
        equal(seg.src, first, "source")
        peer.ack = seg.end
        peer.send(ACK)
        sock.close()
        equal(next_tcp(net).src, first, "source of FIN")


# ---- what IP writes -------------------------------------------------------------------


def marks(net, tos, ttl):
    if net.family == AF_INET:
        return ((socket.IPPROTO_IP, socket.IP_TOS, tos), (socket.IPPROTO_IP, socket.IP_TTL, ttl))
    return ((socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos),
            (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl))


# [MUST-48] [MUST-49] [SHLD-21] [SHLD-22] before the SYN, and again while connected
@wire("the DS field and TTL that the user set are in each packet", FAMILIES)
def _(net, log):
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    for option in marks(net, 0xb8, 33):
        s.setsockopt(*option)
    attempt(s.connect, (net.tun.far[net.family], 9999))
    syn = p.expect(SYN)
    log(syn.tos, syn.ttl)
    equal((syn.tos, syn.ttl), (0xb8, 33), "of the SYN")
    p.send(SYN | ACK, opts=options(mss=1460))
    ack = p.expect(ACK)
    equal((ack.tos, ack.ttl), (0xb8, 33), "of the ACK")
    assert poll(s, 4), "never connected"
    for tos, ttl in ((0x28, 33), (0x28, 77), (0, 77)):         # one at a time
        for option in marks(net, tos, ttl):
            s.setsockopt(*option)
        s.send(b"marked")
        seg = p.expect(ACK)
        log(seg.tos, seg.ttl, seg.data)
        equal((seg.tos, seg.ttl), (tos, ttl), "of text")
        p.send(ACK)


# [R9293-PMTUD] [R7323-PMTUD]
@wire("what could be fragmented says that it may not be")
def _(net, log):
    s, p = net.passive()
    log(p.last.df)
    s.send(b"x" * 1000)
    seg = p.expect(ACK)
    log(seg.df, len(seg.data))
    assert seg.df, "no DF on text"
    p.send(ACK)
    s.close()
    assert p.expect(FIN | ACK).df, "no DF on FIN"


# [MUST-67]
@wire("MSS is that of the device's MTU", FAMILIES)
def _(net, log):
    listener = net.listener()
    for mtu in (1500, 1400, 1300):
        net.host.ip(f"link set tun0 mtu {mtu}")
        most = mtu - (40 if net.family == AF_INET else 60)
        p = net.peer(9000 + mtu)
        p.send(SYN, opts=options(mss=9000))
        seg = p.expect(SYN | ACK)
        log(mtu, seg.options[MSS])
        assert 536 < seg.options[MSS] <= most, f"SYN,ACK: {seg.options[MSS]} at {mtu}"
        s, syn = source_of_syn(net, port=9000 - mtu)
        log(mtu, syn.options[MSS])
        assert 536 < syn.options[MSS] <= most, f"SYN: {syn.options[MSS]} at {mtu}"
        p.send(RST, seq=p.seq)
        s.close()
    listener.close()


# ---- options -----------------------------------------------------------------------------


def with_ip_options(packet, opts):
    """An IPv4 packet, its header lengthened by options."""
    opts += b"\0" * (-len(opts) % 4)
    head = bytearray(packet[:20])
    head[0] += len(opts) // 4
    head[2:4] = struct.pack("!H", len(packet) + len(opts))
    head[10:12] = b"\0\0"
    head += opts
    head[10:12] = struct.pack("!H", checksum(bytes(head)))
    return bytes(head) + packet[20:]


# [MUST-50]
@wire("IP options that TCP does not know: passed over")
def _(net, log):
    listener = net.listener()
    p = net.peer()
    for number, opts in enumerate((b"\1\1\1\0", b"\x1e\4ab", b"\x5e\3z\1", b"\x07\7\4\0\0\0\0\0")):
        p = net.peer(9100 + number)
        net.tun.send(with_ip_options(p.packet(SYN, opts=options(mss=1460)), opts))
        p.seq += 1
        p.expect(SYN | ACK, ack=p.seq)
        net.tun.send(with_ip_options(p.packet(ACK), opts))
        s, _ = listener.accept()
        net.tun.send(with_ip_options(p.packet(ACK | PSH, b"behind options"), opts))
        log(number, recv_exactly(s, 14), state(s))
        s.close()


# [MUST-5] [R5482-SILENT]
@wire("options in any segment: SYN, text, ACK, FIN and RST count as without", FAMILIES)
def _(net, log):
    listener = net.listener()
    for end in (FIN | ACK, RST | ACK):
        p = net.peer(9200 + end)
        p.send(SYN, opts=STRANGE + options(mss=1000))
        seg = p.expect(SYN | ACK, ack=p.seq)
        equal(set(seg.options), {MSS}, "options that came back")
        p.send(ACK, opts=STRANGE)
        s, _ = listener.accept()
        p.send(ACK | PSH, b"text", opts=STRANGE)
        log(recv_exactly(s, 4))
        s.send(b"a" * 1000)
        p.find(lambda g: len(g.data) == 1000, "text")
        p.send(ACK, opts=STRANGE)
        until(lambda s=s: unacknowledged(s) == 0, "the ACK counts")
        p.send(end, opts=STRANGE)
        assert poll(s, 1), "the end was not seen"
        log(attempt(s.recv, 1))
        s.close()


def unacknowledged(s):
    import fcntl
    return struct.unpack("i", fcntl.ioctl(s, 0x5411, b"\0\0\0\0"))[0]    # SIOCOUTQ


# [MUST-12]
@wire("the user can tell FIN from RST, with text before it and without", FAMILIES)
def _(net, log):
    listener = net.listener()
    for number, (end, text) in enumerate(((FIN | ACK, b""), (RST | ACK, b""), (FIN | ACK, b"last"))):
        p = net.peer(9300 + number)
        p.connect()
        s, _ = listener.accept()
        p.send(end, text)
        assert poll(s, 1), "the end was not seen"
        for _ in range(2 if text else 1):
            got = attempt(s.recv, 10)
            log(got)
        equal(got, b"" if end & FIN else "ECONNRESET", "the end")
        s.close()


# ---- clocks and secrets ----------------------------------------------------------------------


def handshake(net, port, opts=None):
    """(SYN,ACK, the least and the greatest time at which it can have been made)"""
    p = net.peer(port)
    before = time.monotonic()
    p.send(SYN, opts=options(mss=1460) if opts is None else opts)
    seg = p.expect(SYN | ACK)
    after = time.monotonic()
    p.send(RST, seq=p.seq)
    return seg, before, after


def ticks_between(early, late, per_second):
    """The least and the greatest number of ticks between two of them."""
    return (int((late[1] - early[2]) * per_second) - 2, int((late[2] - early[1]) * per_second) + 2)


# [MUST-8] [SHLD-1] [R6528-ISN]
@alone_on_atcp("the initial sequence number of one flow follows a clock of 4 microseconds")
def _(net):
    listener = net.listener()
    first = handshake(net, 9400)
    for pause in (0.3, 1.1):
        time.sleep(pause)
        again = handshake(net, 9400)
        moved = (again[0].seq - first[0].seq) % MOD
        least, most = ticks_between(first, again, 250000)
        assert least <= moved <= most, f"ISN moved by {moved}, not by {least} to {most}"
    listener.close()


def offsets(net, ports):
    """ISN less the clock, of several flows; good to some thousands."""
    return [(seg.seq - int(before * 250000)) % MOD
            for seg, before, _ in (handshake(net, port) for port in ports)]


# [MUST-9]
@alone_on_atcp("initial sequence numbers of other flows are nowhere near")
def _(net):
    listener = net.listener()
    found = offsets(net, range(9500, 9540))
    assert len({f >> 24 for f in found}) > 20, f"not spread: {[hex(f) for f in found]}"
    steps = {(b - a) % MOD >> 20 for a, b in zip(found, found[1:])}
    assert len(steps) > 35, f"a pattern: {sorted(steps)}"
    listener.close()


# [R6528-SECRET]
@alone("the secret is another one each time that the module is loaded")
def _():
    if not ATCP.is_atcp or not MODULE:
        raise Skip("of atcp only")
    found = []
    net = Net(ATCP, AF_INET)            # one for all: the namespace has a part in it
    for _ in range(3):
        listener = net.listener()
        found += offsets(net, (9600,))
        listener.close()
        rmmod()
        insmod()
        assert loaded(), "not loaded again"
    net.close()
    assert len({f >> 22 for f in found}) == 3, f"the same secret: {[hex(f) for f in found]}"


# [R7323-TSCLK] [R7323-TSOFF]
@alone_on_atcp("timestamps tick by the millisecond, and start elsewhere for each flow")
def _(net):
    listener = net.listener()
    first = handshake(net, 9700, FULL)
    time.sleep(0.7)
    again = handshake(net, 9700, FULL)
    moved = (again[0].options[TS][0] - first[0].options[TS][0]) % MOD
    least, most = ticks_between(first, again, 1000)
    assert least <= moved <= most, f"TSval moved by {moved}, not by {least} to {most}"
    starts = {(handshake(net, port, FULL)[0].options[TS][0]) >> 22 for port in range(9701, 9721)}
    assert len(starts) > 15, f"offsets are alike: {sorted(starts)}"
    listener.close()


# ---- ICMP ---------------------------------------------------------------------------------------


# [MUST-55] not even cwnd moves, and nobody is told
@wire("a source quench that quotes what is in flight: nothing happens")
def _(net, log):
    listener = net.listener(81)
    s, p = net.passive()
    s.setsockopt(socket.IPPROTO_IP, 11, 1)              # IP_RECVERR
    s.send(b"quenched")
    packet = net.tun.receive(30)
    p.ack = Segment(packet).end
    before = tcp_info(s)
    body = struct.pack("!BBHI", 4, 0, 0, 0) + packet[:28]
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    net.tun.send(ip_packet(AF_INET, p.address, p.near, 1, body))
    silent(net, 81)
    after = tcp_info(s)
    for field in ("snd_cwnd", "snd_ssthresh", "unacked", "retransmits"):
        equal(after[field], before[field], field)
    log(state(s), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), poll(s, 1 | 8, 0))
    p.send(ACK)
    until(lambda: unacknowledged(s) == 0, "the ACK counts")
    listener.close()


# ---- TIME-WAIT ----------------------------------------------------------------------------------


# [TW-6191-11]
@wire("a SYN that would end TIME-WAIT, but nobody listens: a challenge ACK", FAMILIES)
def _(net, log):
    s, p = net.passive()
    s.close()
    p.expect(FIN | ACK)
    p.send(FIN | ACK)
    p.expect(ACK, ack=p.seq)
    q = Peer(net.tun, net.family, p.port, p.there, iss=p.seq + 5000)
    q.send(SYN)
    seg = q.receive()
    log(seg.flags, seg.seq == p.ack, seg.ack == p.seq)
    equal((seg.flags, seg.seq, seg.ack), (ACK, p.ack, p.seq), "answer")


assert parse_options(STRANGE) == {28: b"\x80\5", 253: b"odd!"}, "of this file: STRANGE"
main()
