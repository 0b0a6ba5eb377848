# SPDX-License-Identifier: GPL-2.0
"""What is known of the guests' kernels, which scripts/kernel/build has built."""

import os
from pathlib import Path

CACHE = Path(os.environ.get("ATCP_CACHE") or
             Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "atcp")


def built(name):
    """The directory of the newest, or None."""
    found = [done.parent for done in CACHE.glob(f"kernel/{name}-[0-9]*/.done")]
    return max(found, key=lambda d: (d / ".done").stat().st_mtime, default=None)


def finest():
    """That of the guests in virtual time whose TCP has the finest timers."""
    return "uml-hz1000" if built("uml-hz1000") else "uml"


def frequency(name):
    """HZ: jiffies a second; None when nobody knows."""
    folder = built(name)
    for config in [folder / ".config", *folder.glob("root/boot/config-*")] if folder else ():
        if not config.exists():
            continue
        for line in config.read_text(encoding="utf-8").splitlines():
            if line.startswith("CONFIG_HZ="):
                return int(line.partition("=")[2])
    return None
