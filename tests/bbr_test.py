#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: uml
# vm-args: --virtual-time
"""x"""
import socket, struct, threading, time
from atcptest import *
from lab import Cable
from traffic import know_neighbours

@alone("try")
def _():
    for name in (b"reno", b"cubic", b"bbr"):
        for st in (ATCP, LINUX):
            if st is LINUX and name == b"bbr": continue
            cable = Cable()
            cable.one_segment_a_packet()
            know_neighbours(cable)
            cable.a.run("tc", "qdisc", "replace", "dev", cable.device, "root", "netem", "delay", "10ms", "limit", "10000")
            cable.b.run("tc", "qdisc", "replace", "dev", cable.device, "root", "netem", "delay", "10ms", "rate", "50mbit", "loss", "1%", "limit", "1000")
            c, s = cable.pair(LINUX, st)
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name)
            n = 8 << 20
            data = pattern(n)
            t0 = time.monotonic()
            t = threading.Thread(target=c.sendall, args=(data,), daemon=True)
            t.start()
            equal(recv_exactly(s, n), data, "text")
            el = time.monotonic() - t0
            t.join()
            i = tcp_info(c)
            note(f"{name} {st!r} {el:.2f} s {n*8/el/1e6:.1f} Mbit/s cwnd {i['snd_cwnd']} rtt {i['rtt']} min {i['min_rtt']} retr {i['total_retrans']} pacing {i['pacing_rate']*8/1e6}")
            if name == b"bbr":
                ci = c.getsockopt(socket.IPPROTO_TCP, 26, 64)
                note(str(struct.unpack("5I", ci)))
            c.close(); s.close()
            cable.delete()

if __name__ == "__main__":
    main()
