# SPDX-License-Identifier: GPL-2.0
"""ICMP errors, as a router on the way sends them."""

import socket
import struct
from socket import AF_INET, AF_INET6

from wire.segment import MOD, checksum, ip_packet

ROUTER = {AF_INET: "10.8.0.9", AF_INET6: "fd08::9"}
# (type, code), by family; a kind that a family lacks is not there.
KINDS = {
    "net": {AF_INET: (3, 0), AF_INET6: (1, 0)},
    "host": {AF_INET: (3, 1), AF_INET6: (1, 3)},
    "protocol": {AF_INET: (3, 2), AF_INET6: (1, 1)},
    "port": {AF_INET: (3, 3), AF_INET6: (1, 4)},
    "source-route": {AF_INET: (3, 5), AF_INET6: (1, 3)},
    "too-big": {AF_INET: (3, 4), AF_INET6: (2, 0)},
    "exceeded": {AF_INET: (11, 0), AF_INET6: (3, 0)},
    "reassembly": {AF_INET: (11, 1), AF_INET6: (3, 1)},
    "parameter": {AF_INET: (12, 0), AF_INET6: (4, 0)},
    "quench": {AF_INET: (4, 0)},
}


def quoted(packet, seq):
    """The packet that is complained of, with another sequence number."""
    at = (20 if packet[0] >> 4 == 4 else 40) + 4
    return packet[:at] + struct.pack("!I", seq % MOD) + packet[at + 4:]


def error(family, kind, near, quote, mtu=0):
    """An ICMP error that quotes a packet; None if the family has no such."""
    if family not in KINDS[kind]:
        return None
    number, code = KINDS[kind][family]
    rest = struct.pack("!HH", 0, mtu) if family == AF_INET else struct.pack("!I", mtu)
    body = struct.pack("!BBH", number, code, 0) + rest + quote[:500]
    pseudo = b""
    if family == AF_INET6:
        pseudo = socket.inet_pton(family, ROUTER[family]) + socket.inet_pton(family, near) + \
            struct.pack("!IHBB", len(body), 0, 0, 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    return ip_packet(family, ROUTER[family], near, 1 if family == AF_INET else 58, body)
