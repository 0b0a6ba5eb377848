# SPDX-License-Identifier: GPL-2.0
"""Packets of a device, whole, as tshark dissects them.

They are taken from a packet socket of this process, which has each of them by the time its
sender goes on: a capturing program would have to be waited for, before and after.  tshark
starts slowly, so it is given all packets at once."""

import os
import socket
import struct
import subprocess
import tempfile
from xml.etree import ElementTree

SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
SOL_PACKET, PACKET_STATISTICS = 263, 6
IPV4, IPV6, TCP = b"\x08\0", b"\x86\xdd", 6
SEVERITIES = {0x100000: "comment", 0x200000: "chat", 0x400000: "note", 0x600000: "warning",
              0x800000: "error"}
LAYERS = "ip ipv6 tcp _ws.malformed"


class Capture:
    """What passes a host's device, as frames, from now on."""

    def __init__(self, host, device):
        with host:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.bind((device, 3))
        self.sock.setblocking(False)

    def end(self):
        """[(time in nanoseconds, frame)] of TCP."""
        found = []
        while True:
            try:
                frame, notes, _flags, _address = self.sock.recvmsg(1 << 17, 64)
            except BlockingIOError:
                break
            # What is in it is for tshark to read: it may be malformed.
            if (frame[12:14], frame[23]) == (IPV4, TCP) or (frame[12:14], frame[20]) == (IPV6, TCP):
                seconds, ns = struct.unpack("=qq", notes[0][2])
                found.append((seconds * 10 ** 9 + ns, frame))
        _, drops = struct.unpack("=II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        assert not drops, f"{drops} packets were not captured"
        self.sock.close()
        return found


class Dissected:
    """A packet: the fields that tshark found in it, by name, and what it thinks of them."""

    def __init__(self, packet):
        self.layers = [layer.get("name") for layer in packet.iter("proto")]
        self.fields = {}
        self.expert = []                # [(name, severity)]
        for field in packet.iter("field"):
            if field.get("name") == "_ws.expert":
                self.expert.append(self._opinion(field))
            else:
                self.fields.setdefault(field.get("name"), []).append(field.get("show"))

    @staticmethod
    def _opinion(field):
        names = [part.get("name") for part in field]
        severity = next(int(part.get("show")) for part in field
                        if part.get("name") == "_ws.expert.severity")
        own = [n for n in names if n and not n.startswith("_ws.expert.")]
        return (own or [field.get("showname")])[0], SEVERITIES[severity]

    def __contains__(self, name):
        return name in self.fields

    def all(self, name):
        """All values of a field, as numbers."""
        return [int(value, 0) for value in self.fields.get(name, ())]

    def __getitem__(self, name):
        return self.all(name)[0]

    @property
    def flags(self):
        return self["tcp.flags"]

    def __repr__(self):
        layer = self.fields
        return (f"<{layer['tcp.flags.str'][0].strip('·')} {layer['tcp.srcport'][0]} to "
                f"{layer['tcp.dstport'][0]}, seq {layer['tcp.seq'][0]}, ack {layer['tcp.ack'][0]}, "
                f"{layer['tcp.len'][0]} octets, options {layer.get('tcp.options', ['-'])[0]}, "
                f"tshark: {[name for name, severity in self.expert if severity != 'chat']}>")


def dissect(frames, ports):
    """Dissected packets, of connections with one of these ports (a range): text is nothing but
    text, and checksums are looked at."""
    with tempfile.TemporaryDirectory(prefix="atcp-") as place:
        path = os.path.join(place, "pcap")
        with open(path, "wb") as f:
            f.write(struct.pack("=IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 1 << 18, 1))
            for ns, frame in frames:
                f.write(struct.pack("=IIII", *divmod(ns, 10 ** 9), len(frame), len(frame)) + frame)
        with open(os.path.join(place, "errors"), "w+", encoding="utf-8") as errors, \
             subprocess.Popen(
                 ["tshark", "-n", "-r", path, "-T", "pdml", "-J", LAYERS,
                  "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
                  "-o", "tcp.read_seq_as_syn_cookie:TRUE",
                  "-d", f"tcp.port=={ports.start}-{ports.stop - 1},data"],
                 stdout=subprocess.PIPE, stderr=errors) as tshark:
            found = []
            for _, element in ElementTree.iterparse(tshark.stdout):
                if element.tag == "packet":
                    found.append(Dissected(element))
                    element.clear()
            status = tshark.wait()
            errors.seek(0)
            assert not status, f"tshark: status {status}: {errors.read()}"
    assert len(found) == len(frames), f"tshark read {len(found)} packets of {len(frames)}"
    return found
