# SPDX-License-Identifier: GPL-2.0
"""The wire: segments, a remote end under a test's control, and traces that are played on it."""

from wire.peer import Peer
from wire.segment import (ACK, CWR, ECE, FIN, MOD, MSS, NAMES, PSH, RST, SACK, SACK_OK, SYN,
                          TS, URG, WSCALE, Segment, checksum, flag_names, ip_packet, options,
                          parse_options, tcp_bytes)

__all__ = ["ACK", "CWR", "ECE", "FIN", "MOD", "MSS", "NAMES", "PSH", "RST", "SACK", "SACK_OK",
           "SYN", "TS", "URG", "WSCALE", "Peer", "Segment", "checksum", "flag_names", "ip_packet",
           "options", "parse_options", "tcp_bytes"]
