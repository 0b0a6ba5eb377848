# SPDX-License-Identifier: GPL-2.0
"""Losses in bursts, by time: for scripts/lossnet.py.

netem's models of bursts go by packets: while nobody sends, the path stays bad, and a
sender that backs off meets the same burst again and again.  Here the path is cut into
slots of time, each of them lost whole with one probability; which, is a hash of its
number and a seed, so that every run with that seed meets the same moments.  A
program for the BPF machine, put at a device's ingress.
"""

import ctypes
import socket
import struct
import time

import rtnl
from atcptest import libc

NR_BPF, PROG_LOAD, SCHED_CLS = 321, 5, 3
NEWQDISC, DELQDISC, NEWTFILTER = 36, 37, 44
CLSACT, CLSACT_HANDLE, INGRESS = 0xfffffff1, 0xffff0000, 0xfffffff2
TCA_KIND, TCA_OPTIONS, BPF_FD, BPF_NAME, BPF_FLAGS, DIRECT = 1, 2, 6, 7, 8, 1
ETH_P_ALL, SHOT, UNSPEC, KTIME_GET_NS = 3, 2, -1, 5
# of the finaliser of MurmurHash3
MIX = (0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53)


def _insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("=BBhi", code, dst | src << 4, off, imm)


def _load(register, value):
    """A constant of 64 bits."""
    low, high = struct.unpack("=ii", struct.pack("=Q", value & (1 << 64) - 1))
    return _insn(0x18, register, imm=low) + _insn(0, imm=high)


def _folded():
    """r0 ^= r0 >> 33"""
    return _insn(0xbf, 2, 0) + _insn(0x77, 2, imm=33) + _insn(0xaf, 0, 2)


def program(start, slot, share, seed):
    """Nanoseconds of the clock and of a slot; the share of slots that are lost."""
    threshold, = struct.unpack("=i", struct.pack("=I", min(int(share * (1 << 32)), (1 << 32) - 1)))
    code = _insn(0x85, imm=KTIME_GET_NS)
    code += _load(1, start) + _insn(0x1f, 0, 1) + _insn(0x37, 0, imm=slot)      # its number
    code += _load(1, seed) + _insn(0x0f, 0, 1)
    for factor in MIX:
        code += _folded() + _load(1, factor) + _insn(0x2f, 0, 1)
    code += _folded() + _insn(0x77, 0, imm=32)
    code += _insn(0xb4, 1, imm=threshold)
    code += _insn(0x3d, 0, 1, off=2)                    # if r0 >= r1: it passes
    code += _insn(0xb7, 0, imm=SHOT) + _insn(0x95)
    return code + _insn(0xb7, 0, imm=UNSPEC) + _insn(0x95)


def load(code):
    """A descriptor of the program in the kernel."""
    insns = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    attr = struct.pack("=IIQQIIQII", SCHED_CLS, len(code) // 8, ctypes.addressof(insns),
                       ctypes.addressof(licence), 0, 0, 0, 0, 0)
    fd = libc.syscall(NR_BPF, PROG_LOAD, attr, len(attr))
    if fd < 0:
        raise OSError(ctypes.get_errno(), "a BPF program for outages was refused")
    return fd


def clear(device):
    """Nothing is lost at a device of the current namespace."""
    head = struct.pack("=BxxxiIII", 0, socket.if_nametoindex(device), CLSACT_HANDLE, CLSACT, 0)
    try:
        rtnl.request(rtnl.NETLINK_ROUTE, DELQDISC, head)
    except OSError:             # there was none
        pass


def outages(device, slot, share, seed):
    """What arrives at a device is lost in a share of all slots, of so many seconds."""
    clear(device)
    index = socket.if_nametoindex(device)
    head = struct.pack("=BxxxiIII", 0, index, CLSACT_HANDLE, CLSACT, 0)
    rtnl.request(rtnl.NETLINK_ROUTE, NEWQDISC, head + rtnl.attribute(TCA_KIND, b"clsact\0"),
                 rtnl.CREATE | rtnl.EXCLUSIVE)
    fd = load(program(time.monotonic_ns(), round(slot * 1e9), share, seed))
    with open(fd, "rb", closefd=True):
        head = struct.pack("=BxxxiIII", 0, index, 0, INGRESS, 1 << 16 | socket.htons(ETH_P_ALL))
        options = rtnl.attribute(BPF_FD, struct.pack("=I", fd)) + \
            rtnl.attribute(BPF_NAME, b"outage\0") + \
            rtnl.attribute(BPF_FLAGS, struct.pack("=I", DIRECT))
        rtnl.request(rtnl.NETLINK_ROUTE, NEWTFILTER, head + rtnl.attribute(TCA_KIND, b"bpf\0") +
                     rtnl.attribute(TCA_OPTIONS, options), rtnl.CREATE | rtnl.EXCLUSIVE)
