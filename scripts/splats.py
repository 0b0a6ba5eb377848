# SPDX-License-Identifier: GPL-2.0
"""What in a kernel log means that the kernel found a mistake.

scripts/vm fails a guest whose log holds any of these, whatever the command
returned.  Messages that fault injection prints by itself (a stack dump, an
allocation failure) are not mistakes, so "Call Trace" alone is not listed, nor
any name of a function.
"""

import re

PATTERNS = [
    r"\bBUG:? ",
    r"kernel BUG at",
    r"\bWARNING: ",
    r"\bOops\b",
    r"Kernel panic",
    r"Kernel mode (fault|signal)",
    r"Segfault with no mm",
    r"general protection fault",
    r"stack segment",
    r"KASAN: ",
    r"KCSAN: ",
    r"UBSAN: ",
    r"KFENCE: ",
    r"ODEBUG: ",
    r"DEBUG_LOCKS_WARN_ON",
    r"possible (recursive locking|circular locking|irq lock inversion|deadlock)",
    r"INFO: possible",
    r"INFO: trying to register non-static key",
    r"INFO: task .* blocked for more than",
    r"suspicious RCU",
    r"inconsistent lock state",
    r"bad unlock balance",
    r"held lock freed",
    r"lock held when returning to user space",
    r"locks? (still )?held by",
    r"sleeping function called",
    r"scheduling while atomic",
    r"Voluntary context switch within RCU",
    r"rcu: INFO: .*(stall|detected)",
    r"(soft|hard) ?LOCKUP|soft lockup|workqueue lockup",
    r"refcount_t: ",
    r"percpu ref .* <= 0",
    r"list_(add|del) corruption",
    r"(Objects|objects) remaining in",
    r"Slab cache still has objects",
    r"Object (already free|padding overwritten)|Redzone|Poison overwritten",
    r"slab error in",
    r"memory corruption",
    r"Bad page (state|map)",
    r"bad: scheduling",
    r"kmemleak: \d+ new suspected",
    r"kmemleak: .*disabled",
    r"unregister_netdevice: waiting",
    r"leaked reference",
    r"ref_tracker: ",
    r"Attempt to release (TCP|alive inet) socket",
    r"hw csum failure",
    r"skb_over_panic|skb_under_panic",
    r"kernel stack overflow|stack guard page was hit|stack-protector",
    r"double fault|invalid opcode",
    r"unable to handle (page fault|kernel)",
    r"Unable to handle kernel",
    r"detected buffer overflow",
    r"usercopy: Kernel memory (exposure|overwrite)",
    r"sysctl (table|duplicate)",
    r"sysfs: cannot create duplicate",
]

SPLAT = re.compile("|".join(f"(?:{p})" for p in PATTERNS))

# Lines that only quote the words above.
HARMLESS = re.compile(
    r"Command line:|Kernel command line:|Unknown kernel command line|"
    r"kmemleak: Kernel memory leak detector|"
    r"Warning: unable to open an initial console|"
    r"\*\*.*\*\*$")


# The kernel's own: nf_tables walks its lists under a mutex that PROVE_RCU_LIST is
# not told of.  One report, from its title to the end of its backtrace.
RCU_TITLE = "WARNING: suspicious RCU usage"
RCU_FOREIGN = re.compile(r"net/netfilter/(nf_tables_api|nft_set_\w+)\.c:\d+ "
                         r"RCU-list traversed in non-reader section")
REPORT_END = "</TASK>"
LONGEST_REPORT = 150


def without_foreign(lines):
    """The lines, less the reports that are about nf_tables alone."""
    at = 0
    while at < len(lines):
        if RCU_TITLE in lines[at] and any(map(RCU_FOREIGN.search, lines[at:at + 5])):
            ends = (i for i, line in enumerate(lines[at:at + LONGEST_REPORT])
                    if REPORT_END in line)
            at += next(ends, 5) + 1
        else:
            yield lines[at]
            at += 1


def find(text):
    """The lines of a kernel log that tell of a mistake, in order."""
    return [line.strip() for line in without_foreign(text.splitlines())
            if SPLAT.search(line) and not HARMLESS.search(line)]
