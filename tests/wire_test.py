#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# vm-args uml: --virtual-time
"""What a scripted peer sees on the wire besides the state table (matrix_test.py): options,
windows, retransmission, fragments, headers.  Both stacks run the same script."""

import select
import socket
import struct
import time

from atcptest import (AF_INET, AF_INET6, ATCP, FAMILIES, LINUX, alone, attempt, equal,
                      event_names, main, pattern, poll, reach, readable, recv_exactly, state)
from lab import all_rows
from scripted import FULL, Net, wire
from wire import (ACK, CWR, ECE, FIN, MSS, PSH, RST, SACK, SYN, TS, URG, WSCALE, Segment,
                  ip_packet, options, tcp_bytes)


@wire("passive open, all options offered", FAMILIES)
def _(net, log):
    listener = net.listener()
    p = net.peer()
    p.send(SYN, opts=FULL)
    seg = p.expect(SYN | ACK, ack=1001)
    log(sorted(seg.options), seg.options[MSS], seg.options[TS][1], seg.data)
    assert seg.options[WSCALE] <= 14
    p.ts = (5001, seg.options[TS][0])
    p.send(ACK)
    s, peer = listener.accept()
    log(peer[:2])
    p.send(ACK | PSH, b"hello")
    log(recv_exactly(s, 5), sorted(p.expect(ACK).options))
    s.send(b"world")
    seg = p.expect(ACK)
    log(seg.data, sorted(seg.options))


@wire("passive open, no options: none used", FAMILIES)
def _(net, log):
    listener = net.listener()
    p = net.peer()
    p.send(SYN, opts=b"")
    seg = p.expect(SYN | ACK)
    log(sorted(seg.options))
    p.send(ACK)
    s, _ = listener.accept()
    s.send(b"z" * 3000)
    seg = p.expect(ACK)
    log("default MSS", len(seg.data), sorted(seg.options))


@wire("active open: what the SYN offers", FAMILIES)
def _(net, log):
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    attempt(s.connect, (net.tun.far[net.family], 9999))
    syn = p.expect(SYN, ack=0)
    log(sorted(syn.options), syn.options[MSS], syn.options[TS][1], syn.urgent)
    p.send(SYN | ACK, opts=options(mss=1000))
    log(sorted(p.expect(ACK, seq=p.ack, ack=1001).options))
    s.setblocking(True)
    s.send(b"d" * 5000)
    log(len(p.expect(ACK).data))


@wire("SYN,ACK lost: it is sent again; SYN lost: it is sent again")
def _(net, log):
    listener = net.listener()
    p = net.peer()
    p.send(SYN)
    first = p.expect(SYN | ACK)
    again = p.find(lambda seg: seg.flags == SYN | ACK, "SYN,ACK again")
    log(first.seq == again.seq)
    p.send(ACK)
    log(bool(listener.accept()))
    c, q = net.socket(socket.SOCK_NONBLOCK), net.peer(port=9998, there=None)
    attempt(c.connect, (net.tun.far[net.family], 9998))
    first = q.expect(SYN)
    again = q.expect(SYN)
    log(first.seq == again.seq)


@wire("simultaneous open", FAMILIES)
def _(net, log):
    s, p = net.socket(socket.SOCK_NONBLOCK), net.peer(there=None)
    attempt(s.connect, (net.tun.far[net.family], 9999))
    p.expect(SYN)
    p.send(SYN, opts=options(mss=1460))
    seg = p.expect(SYN | ACK, seq=p.irs, ack=1001)
    log("MSS again", MSS in seg.options)
    # One more SYN,ACK, as Figure 7 has it, is before the window: an ACK comes, and another
    # is wanted in turn (the kernel's TCP makes an exception and takes the SYN,ACK).
    p.send(SYN | ACK, seq=1000, opts=options(mss=1460))
    p.find(lambda g: g.flags == ACK, "ACK")
    p.send(ACK)
    log(event_names(poll(s, select.POLLOUT)), state(s))
    p.send(ACK, b"text")
    log(recv_exactly(s, 4) if readable(s) is None else "")


@wire("FIN with text; text with FIN before all was acknowledged", FAMILIES)
def _(net, log):
    s, p = net.passive()
    p.send(FIN | ACK | PSH, b"last words")
    p.expect(ACK, ack=p.seq)
    log(s.recv(20), s.recv(1), state(s))
    s.send(b"answer")
    log(p.expect(ACK).data)
    s.close()
    fin = p.expect(FIN | ACK)
    p.send(ACK, ack=fin.end)
    p.silence()


@wire("a SYN with ECE and CWR is a SYN", FAMILIES)
def _(net, log):
    listener = net.listener()
    p = net.peer()
    p.send(SYN | ECE | CWR, opts=options(mss=1460))
    p.find(lambda g: g.flags & ~ECE == SYN | ACK, "SYN,ACK")
    p.send(ACK)
    log(bool(listener.accept()))


@wire("ESTABLISHED: segment without ACK, with bad checksum, with lying offset: dropped", FAMILIES)
def _(net, log):
    s, p = net.passive()
    p.send(0, b"no ACK", seq=p.seq)
    p.send(PSH, b"no ACK", seq=p.seq)
    p.send(ACK, b"corrupt", seq=p.seq, bad_sum=True)
    p.send(ACK, b"short", seq=p.seq, offset=4)
    p.send(ACK, b"long", seq=p.seq, offset=15)
    p.silence()
    log(attempt(s.recv, 1, socket.MSG_DONTWAIT))
    p.send(ACK, b"good", reserved=7)
    log("reserved bits are ignored", recv_exactly(s, 4))


@wire("malformed options are harmless", FAMILIES)
def _(net, log):
    s, p = net.passive()
    for opts in (b"\2", b"\2\0\0\0", b"\2\1\0\0", b"\2\x28\5\0", b"\10\12\0\0", b"\xfe\2\1\1",
                 b"\xfe\1\0\0", b"\0\2\4\0", b"\5\12" + b"\0" * 8, b"\5\3\0\0", b"\3\3\x0f\0"):
        p.send(ACK, b"x", opts=opts)
        log(opts.hex(), recv_exactly(s, 1))


@wire("out of order: kept, SACKed, delivered once and in order", FAMILIES)
def _(net, log):
    s, p = net.passive(FULL)
    base, text = p.seq, pattern(1000)
    for a, b in ((200, 300), (400, 500), (600, 700)):
        p.send(ACK, text[a:b], seq=base + a)
        seg = p.expect(ACK, ack=base)
        log([(x - base, y - base) for x, y in seg.options.get(SACK, [])])
    p.send(ACK, text[250:450], seq=base + 250)
    seg = p.expect(ACK, ack=base)
    log([(x - base, y - base) for x, y in seg.options.get(SACK, [])][0])
    p.send(ACK, text[0:200], seq=base)
    log(p.expect(ACK).ack - base)
    p.send(ACK, text[450:1000], seq=base + 450)
    log(p.expect(ACK).ack - base, recv_exactly(s, 1000) == text)


@wire("old text again: D-SACK reports it")
def _(net, log):
    s, p = net.passive(FULL)
    base = p.seq
    p.send(ACK, b"0123456789")
    log(recv_exactly(s, 10))
    p.find(lambda seg: seg.ack == base + 10, "ACK")
    p.send(ACK, b"0123456789", seq=base)
    seg = p.expect(ACK, ack=base + 10)
    log([(x - base, y - base) for x, y in seg.options.get(SACK, [])])
    p.send(ACK, b"56789abcde", seq=base + 5)
    log(recv_exactly(s, 5))


@wire("text beyond the window is not taken")
def _(net, log):
    s, p = net.passive(options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
    seg = p.last
    window = seg.window
    log("small", window < 8192)
    sent = 0
    block = pattern(20000)
    while sent < len(block):
        p.send(ACK, block[sent:sent + 500])
        sent += 500
        time.sleep(0.001)
    got = b""
    while True:
        part = attempt(s.recv, 4096, socket.MSG_DONTWAIT)
        if part == "EAGAIN":
            break
        got += part
    assert got == block[:len(got)] and 0 < len(got) <= 8192, len(got)
    log(state(s))


@wire("zero window: probes come, and text flows when it opens", FAMILIES)
def _(net, log):
    s, p = net.passive()
    p.window = 0
    p.send(ACK, b"x")
    p.send(ACK)         # Linux 6.1 believes in a smaller window only past the old SEG.SEQ
    log(recv_exactly(s, 1))
    time.sleep(0.1)
    p.tun.drain()
    s.send(b"held back")
    una = p.ack
    for _ in range(2):          # the peer takes nothing of what the probes carry
        probe = p.find(lambda g: g.data or g.seq == (una - 1) % (1 << 32), "a probe")
        assert len(probe.data) <= 1, f"probe with {len(probe.data)} octets"
        p.ack = una
        p.send(ACK)
    p.window = 1000
    p.send(ACK)
    base, got = (p.irs + 1) % (1 << 32), {}
    while b"".join(got[k] for k in sorted(got)) != b"held back":
        seg = p.receive()
        assert seg is not None, f"text never came once the window was open: {got}"
        for i, octet in enumerate(seg.data):
            got[(seg.seq - base + i) % (1 << 32)] = bytes([octet])
    log("all came")


@wire("zero window at the receiver, and the update when the reader reads")
def _(net, log):
    s, p = net.passive(options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
    total, window = 0, 1
    while window:
        n = min(500, window if total else 500)
        p.send(ACK | PSH, pattern(n, total))
        total += n
        seg = p.find(lambda g: g.ack == p.seq, "ACK")
        window = seg.window
        assert total < 1 << 20, "never closed"
    p.send(ACK, b"!", seq=p.seq)
    seg = p.expect(ACK, ack=p.seq)
    log("closed", seg.window)
    got = recv_exactly(s, total)
    update = p.find(lambda g: g.window > 0, "window update")
    log("opened", update.ack == p.seq, len(got) == total, update.data)


@wire("retransmission: same text, backed off, ended by an ACK", FAMILIES)
def _(net, log):
    s, p = net.passive()
    s.send(b"lost text")
    first = p.expect(ACK)
    t0 = time.monotonic()
    again = p.expect(ACK)
    t1 = time.monotonic()
    third = p.expect(ACK)
    t2 = time.monotonic()
    log(first.data == again.data == third.data, first.seq == again.seq == third.seq)
    assert t2 - t1 > (t1 - t0) * 1.2, f"no backoff: {t1 - t0:.3f} s, {t2 - t1:.3f} s"
    p.send(ACK)
    p.silence(1)
    log(state(s))


@wire("three duplicate ACKs: fast retransmission")
def _(net, log):
    s, p = net.passive()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    base = p.ack
    for _ in range(6):
        s.send(b"s" * 1000)
    segs = [p.expect(ACK) for _ in range(6)]
    log([g.seq - base for g in segs])
    for _ in range(3):
        p.send(ACK, ack=base)
    seg = p.expect(ACK, seconds=5)
    log("first again", seg.seq - base)
    p.send(ACK, ack=segs[-1].end)
    p.silence(0.5)


@wire("TIME-WAIT: FIN again is acknowledged, a new SYN opens, an old one does not", FAMILIES)
def _(net, log):
    listener = net.listener()
    p = net.peer()
    p.connect()
    s, _ = listener.accept()
    s.close()
    fin = p.expect(FIN | ACK)
    p.send(FIN | ACK, ack=fin.end)
    p.expect(ACK, ack=p.seq)
    p.send(FIN | ACK, seq=p.seq - 1, ack=fin.end)
    p.expect(ACK, ack=p.seq)
    p.send(SYN, seq=p.seq - 5000)
    seg = p.receive(2)
    # An ACK, or nothing (RFC 6191, section 2).
    log("old SYN", seg is None or seg.flags == ACK)
    time.sleep(0.6)
    p.seq += 100000
    p.send(SYN, opts=options(mss=1460))
    seg = p.expect(SYN | ACK, ack=p.seq)
    log("new ISS is beyond", (seg.seq - fin.end) % (1 << 32) < 1 << 31)
    p.send(ACK)
    log("accepted", bool(listener.accept()))


@wire("urgent pointer", FAMILIES)
def _(net, log):
    s, p = net.passive()
    p.send(ACK | URG, b"abcdef", urgent=3)
    log(event_names(poll(s, select.POLLPRI)), s.recv(1, socket.MSG_OOB), s.recv(9), s.recv(9))
    s.send(b"123", socket.MSG_OOB)
    seg = p.find(lambda g: g.flags & URG, "URG")
    log(seg.data, seg.urgent)


@wire("a close with unread text resets; text after close resets", FAMILIES)
def _(net, log):
    s, p = net.passive()
    p.send(ACK, b"unread")
    readable(s)
    s.close()
    p.find(lambda g: g.flags & RST, "RST")
    s, q = net.passive(port=82)
    s.close()
    fin = q.expect(FIN | ACK)
    q.send(ACK, ack=fin.end)
    q.send(ACK, b"too late")
    log("RST", q.expect(RST).seq == fin.end)


@wire("IPv6 with an IPv4-mapped source is nobody's, and answered by nobody", (AF_INET6,))
def _(net, log):
    near, far = "fd08::10.8.0.1", "::ffff:10.8.0.2"
    net.host.ip(f"addr add {near}/64 dev tun0 nodad")
    listeners = net.listener(80), net.host.listener(net.stack, AF_INET, "0.0.0.0", 81)
    for port in (80, 81):
        for flags in (SYN, ACK):
            net.tun.send(ip_packet(AF_INET6, far, near, 6,
                                   tcp_bytes(AF_INET6, far, near, 9999, port, 1, 1, flags)))
    time.sleep(0.2)
    log([Segment(x) for x in net.tun.drain() if Segment(x).is_tcp])
    for listener in listeners:
        listener.close()


@wire("fragments are put together", FAMILIES)
def _(net, log):
    s, p = net.passive()
    text = pattern(2000)
    whole = tcp_bytes(net.family, p.address, p.near, p.port, p.there, p.seq, p.ack, ACK | PSH,
                      data=text)
    for a, b in ((1200, len(whole)), (0, 1200)):
        net.tun.send(ip_packet(net.family, p.address, p.near, 6, whole[a:b], ident=77, df=False,
                               fragment=(a, b < len(whole))))
    log(recv_exactly(s, 2000) == text)


@wire("IPv6 extension headers before the segment", (AF_INET6,))
def _(net, log):
    s, p = net.passive()
    segment = tcp_bytes(net.family, p.address, p.near, p.port, p.there, p.seq, p.ack, ACK | PSH,
                        data=b"behind options")
    net.tun.send(ip_packet(net.family, p.address, p.near, 60,
                           struct.pack("!BB6s", 6, 0, b"\1\4\0\0\0\0") + segment))
    log(recv_exactly(s, 14))


@wire("a hop limit or TTL below IP_MINTTL is dropped", FAMILIES)
def _(net, log):
    s, p = net.passive()
    if net.family == AF_INET:
        s.setsockopt(socket.IPPROTO_IP, 21, 200)
    else:
        s.setsockopt(socket.IPPROTO_IPV6, 73, 200)
    p.send(ACK, b"far", seq=p.seq, ttl=64)
    time.sleep(0.1)
    log(attempt(s.recv, 3, socket.MSG_DONTWAIT))
    p.send(ACK, b"near", ttl=255)
    log(recv_exactly(s, 4))


@wire("IP_TOS, IP_TTL, traffic class and hop limit go out with segments", FAMILIES)
def _(net, log):
    s, p = net.passive()
    if net.family == AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0x28)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 77)
    else:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0x28)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 77)
    s.send(b"marked")
    seg = p.expect(ACK)
    log(seg.tos, seg.ttl, seg.data)


@wire("delayed ACK: at most every second full segment, and within half a second")
def _(net, log):
    s, p = net.passive()
    for _ in range(20):         # out of quick ACKs
        p.send(ACK | PSH, b"q")
        p.find(lambda g: g.ack == p.seq, "ACK")
        s.recv(10)
        s.send(b"r")            # makes the exchange interactive
        p.find(lambda g: g.data == b"r", "reply")
        p.send(ACK)
    for _ in range(10):
        p.send(ACK, b"f" * 1460)
    acks = []
    while p.seq not in acks:
        seg = p.receive(0.5)
        assert seg is not None, f"not acknowledged within 0.5 s: {acks}"
        acks.append(seg.ack)
    if net.stack.is_atcp:       # the kernel's TCP may see the ten as one, and say less
        assert len(acks) >= 5, f"ten full segments had {len(acks)} ACKs"


@wire("initial window: at most ten segments before the first ACK")
def _(net, log):
    s, p = net.passive(options(mss=1000, wscale=7))
    import threading
    t = threading.Thread(target=attempt, args=(s.sendall, b"w" * 100000), daemon=True)
    t.start()
    total = 0
    while True:
        seg = p.receive(0.15)
        if seg is None:
            break
        if seg.seq == (p.irs + 1 + total) % (1 << 32):
            total += len(seg.data)
    log(total)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    p.send(RST)
    t.join(30)


@wire("the peer's window is respected, and its scale", FAMILIES)
def _(net, log):
    for scale, window in ((None, 3000), (4, 200)):
        s, p = net.passive(options(mss=1000, wscale=scale), port=80 + bool(scale), window=window)
        s.setblocking(False)
        s.send(b"w" * 50000)
        total = 0
        while True:
            seg = p.receive(0.15)
            if seg is None:
                break
            total = max(total, (seg.end - p.irs - 1) % (1 << 32))
        log(scale, total <= window << (scale or 0), total >= (window << (scale or 0)) - 1000)


@wire("an aggregate of in-order segments: one read gives all", FAMILIES)
def _(net, log):
    s, p = net.passive(FULL)
    text = pattern(30 * 1400)
    for i in range(30):
        p.send(ACK, text[i * 1400:(i + 1) * 1400])
    log(recv_exactly(s, len(text)) == text)


@alone("segments that are not ours stay the kernel's")
def _():
    net = Net(ATCP, AF_INET)
    try:
        ours = net.listener(80)
        theirs = net.host.listener(LINUX, AF_INET, "0.0.0.0", 81)
        kept = []
        for port, listener in ((80, ours), (81, theirs)):
            p = net.peer(port=9000 + port, there=port)
            p.connect()
            s, _ = listener.accept()
            kept.append(s)
            p.send(ACK, b"text")
            equal(recv_exactly(s, 4), b"text", f"port {port}")
            if ATCP.is_atcp:
                equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL),
                      261 if port == 80 else 6, "whose")
                with net.host:
                    rows = [r for r in all_rows(ATCP) if r[2] == 1]
                equal(len(rows), 1, "established connections of atcp")
            reach(s, "ESTABLISHED")
    finally:
        net.close()


if __name__ == "__main__":
    main()
