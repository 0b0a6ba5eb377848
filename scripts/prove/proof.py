# SPDX-License-Identifier: GPL-2.0
#
# What the three kinds of proof share: where things are, how a program is run,
# and how a copy of the tree is broken.

import os
import shutil
import subprocess

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
OUT = os.path.join(TOP, "build", "prove")
HERE = os.path.join("scripts", "prove")


class Failure(Exception):
    """A proof that could not be done, or did not hold."""


class Break:
    """One way to break what is proved: text of a file, and what it becomes; or more of
    them, in two tuples.

    expect is what the proof then has to say, or it proves nothing."""

    def __init__(self, name, proof, path, old, new, expect):
        self.name = name
        self.proof = proof
        self.path = path
        self.edits = [(old, new)] if isinstance(old, str) else list(zip(old, new))
        self.expect = expect


def run(command, log, cwd=None, timeout=1800):
    """Runs to the end; returns (status, output), and keeps the output in a log."""
    os.makedirs(os.path.dirname(log), exist_ok=True)
    done = subprocess.run(command, cwd=cwd, timeout=timeout, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    with open(log, "w", encoding="utf-8") as f:
        f.write(" ".join(command) + "\n" + done.stdout)
    return done.returncode, done.stdout


def must(command, log, cwd=None):
    status, output = run(command, log, cwd)
    if status:
        raise Failure("%s failed (log: %s)\n%s" % (command[0], os.path.relpath(log, TOP),
                                                   output[-2000:]))
    return output


def copy_sources(to):
    """The sources that proofs read, to a place where they may be broken."""
    shutil.rmtree(to, ignore_errors=True)
    for part in ("include", "module/core", "scripts/host/include", HERE):
        shutil.copytree(os.path.join(TOP, part), os.path.join(to, part))


def break_copy(to, brk):
    copy_sources(to)
    path = os.path.join(to, brk.path)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for old, new in brk.edits:
        if text.count(old) != 1:
            raise Failure("%s: what is to be broken stands %d times in %s" %
                          (brk.name, text.count(old), brk.path))
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
