#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# guests: debug uml debian-6.12 debian-6.1
# timeout: 300
"""Unmodified programs on atcp, by tools/atcp-run, with each other and with the same
programs on the kernel's TCP, over both families."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

from atcptest import (ATCP, FAMILIES, FAMILY_NAME, GUEST, HANG, LINUX, PAIRINGS, SCALE, Pairing,
                      Skip, alone, equal, main, pattern, until)
from lab import Cable, all_rows
from traffic import counters, since

AF_INET, AF_INET6 = FAMILIES
RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools", "atcp-run")
# Where every check of the kernel is on, a program takes seconds to start.
FEW = PAIRINGS[:1] if GUEST == "debug" else PAIRINGS
SIZE = max(1 << 19, int((4 << 20) * SCALE))
IPERF_SIZE = 16 << 20           # more than the buffers of both ends hold
CLIENTS = 10 if GUEST == "debug" else max(50, int(300 * SCALE))     # of each family


class Stage:
    """A cable, a directory with a file, and what runs there."""

    def __init__(self):
        self.cable = Cable()
        self.path = tempfile.mkdtemp(prefix="atcp-programs-")
        os.chmod(self.path, 0o755)
        self.data = pattern(SIZE, 8)
        with open(f"{self.path}/file", "wb") as f:
            f.write(self.data)
        self.processes = []

    @staticmethod
    def words(stack, *argv):
        return [*([RUN] if stack.is_atcp else []), *argv]

    def start(self, host, stack, *argv, **more):
        with host, open(f"{self.path}/log", "ab") as log:
            p = subprocess.Popen(self.words(stack, *argv), stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log, cwd=self.path, **more)
        self.processes.append(p)
        return p

    def log(self):
        with open(f"{self.path}/log", encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def finish(self, host, stack, *argv, **more):
        """Runs a program to its end; its output."""
        with host:
            done = subprocess.run(self.words(stack, *argv), stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False,
                                  cwd=self.path, timeout=HANG / 2, **more)
        assert not done.returncode, \
            f"{argv}: status {done.returncode}: {done.stderr[-500:]!r}; server: {self.log()}"
        return done.stdout

    def listens(self, host, stack, *ports):
        def found():
            with host:
                rows = {local[1] for local, _, state in all_rows(stack) if state == 10}
            return set(ports) <= rows
        try:
            until(found)
        except AssertionError:
            raise AssertionError(f"nobody listens on {ports}: {self.log()}") from None

    def close(self):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            try:
                p.wait(20)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        shutil.rmtree(self.path, ignore_errors=True)
        self.cable.delete()


def program(*needed):
    for name in needed:
        if not shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin"):
            raise Skip(f"{name} is not installed")


def counted(stage):
    """What each stack counted, at both ends."""
    return [(counters(h, ATCP), counters(h, LINUX)) for h in (stage.cable.a, stage.cable.b)]


def went_through(stack, before, after):
    """All segments of an end went through its stack, and none through the other."""
    atcp, linux = (since(x, y) for x, y in zip(before, after))
    mine, other = (atcp, linux) if stack.is_atcp else (linux, atcp)
    assert mine["InSegs"] > 0 and mine["OutSegs"] > 0, f"{stack!r} was not used"
    equal((other["InSegs"], other["OutSegs"]), (0, 0), f"segments of the other beside {stack!r}")
    equal(mine["InErrs"], 0, "InErrs")


def staged(name, *needed, pairings=FEW):
    """A case func(stage, server, client) for each pairing; needed are programs."""
    def add(func):
        for server, client in pairings:
            @alone(f"{name}: {Pairing(server, client)!r}")
            def _(server=server, client=client):
                program(*needed)
                if ATCP.is_atcp and not os.access(RUN, os.X_OK):
                    raise AssertionError(f"{RUN} is missing: make -C tools")
                stage = Stage()
                try:
                    before = counted(stage)
                    func(stage, server, client)
                    if ATCP.is_atcp:
                        for end in zip((server, client), before, counted(stage)):
                            went_through(*end)
                finally:
                    stage.close()
    return add


def url(stage, family, port, name="file"):
    address = stage.cable.address(stage.cable.a, family)
    return f"http://{f'[{address}]' if family == AF_INET6 else address}:{port}/{name}"


def fetch(stage, client, port):
    for family in FAMILIES:
        got = stage.finish(stage.cable.b, client, "curl", "-sgS", "--max-time", str(HANG // 3),
                           url(stage, family, port))
        equal((len(got), hashlib.sha256(got).hexdigest()),
              (SIZE, hashlib.sha256(stage.data).hexdigest()), FAMILY_NAME[family])


def python(stack):
    """The interpreter itself, not a script that finds it: a guest may be slow."""
    del stack
    return os.path.realpath(sys.executable)


@staged("curl from nginx", "curl", "nginx")
def _(stage, server, client):
    with open(f"{stage.path}/nginx.conf", "w", encoding="ascii") as f:
        f.write(f"""
            daemon off; worker_processes 2; user root; pid {stage.path}/pid;
            error_log {stage.path}/log; events {{ }}
            http {{ access_log off; sendfile on; tcp_nopush on;
                client_body_temp_path {stage.path}; proxy_temp_path {stage.path};
                fastcgi_temp_path {stage.path}; uwsgi_temp_path {stage.path};
                scgi_temp_path {stage.path};
                server {{ listen 8080; listen [::]:8080 ipv6only=on; root {stage.path}; }} }}""")
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    stage.start(stage.cable.a, server, nginx, "-c", f"{stage.path}/nginx.conf")
    stage.listens(stage.cable.a, server, 8080)
    fetch(stage, client, 8080)
    # Many at once, with keep-alive, and an upload that is refused.
    urls = [url(stage, FAMILIES[n & 1], 8080) for n in range(8)]
    got = stage.finish(stage.cable.b, client, "curl", "-sgSZ", "--parallel-max", "8", *urls)
    equal(len(got), 8 * SIZE, "octets of eight at once")


@staged("curl from python's http.server", "curl", pairings=() if GUEST == "debug" else PAIRINGS)
def _(stage, server, client):
    stage.start(stage.cable.a, server, python(server), "-m", "http.server", "--bind", "::", "8081")
    stage.listens(stage.cable.a, server, 8081)
    fetch(stage, client, 8081)


@staged("iperf3, both directions", "iperf3")
def _(stage, server, client):
    ways = [(family, way) for way in ((), ("-R",), ("-P", "4")) for family in FAMILIES]
    for family, way in ways[::3] if GUEST == "debug" else ways:
        p = stage.start(stage.cable.a, server, "iperf3", "-s", "-1", "-p", "5201",
                        "-6" if family == AF_INET6 else "-4")
        stage.listens(stage.cable.a, server, 5201)
        out = stage.finish(stage.cable.b, client, "iperf3", "-J", "-p", "5201", "-n",
                           str(IPERF_SIZE), "-c", stage.cable.address(stage.cable.a, family), *way)
        end = json.loads(out)["end"]
        # What is under way when the sender stops is not counted as received.
        assert end["sum_sent"]["bytes"] >= IPERF_SIZE, end["sum_sent"]
        assert end["sum_received"]["bytes"] > 0, end["sum_received"]
        p.wait(HANG / 4)


@staged("socat: a file up, and an echo", "socat")
def _(stage, server, client):
    for family, six in ((AF_INET, ""), (AF_INET6, "6")):
        address = stage.cable.address(stage.cable.a, family)
        address = f"[{address}]" if six else address
        port = 6000 + len(six)
        p = stage.start(stage.cable.a, server, "socat", "-u",
                        f"TCP{six or 4}-LISTEN:{port},reuseaddr",
                        f"OPEN:{stage.path}/up{six},creat")
        stage.listens(stage.cable.a, server, port)
        stage.finish(stage.cable.b, client, "socat", "-u", f"OPEN:{stage.path}/file",
                     f"TCP{six or 4}:{address}:{port}")
        equal(p.wait(HANG / 4), 0, "status of the receiver")
        with open(f"{stage.path}/up{six}", "rb") as f:
            assert f.read() == stage.data, "the file that came is another"


@staged("ssh: keys agreed on, and a command's output", "sshd", "ssh", "ssh-keygen",
        pairings=() if GUEST == "debug" else PAIRINGS)
def _(stage, server, client):
    os.makedirs("/run/sshd", exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        f"{stage.path}/{name}"], check=True)
    shutil.copy(f"{stage.path}/user.pub", f"{stage.path}/authorized")
    sshd = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
    stage.start(stage.cable.a, server, sshd, "-D", "-e", "-f", "/dev/null", "-h",
                f"{stage.path}/host", "-p", "2222", "-o", "PidFile=none", "-o", "UsePAM=no",
                "-o", "StrictModes=no", "-o", "PermitRootLogin=yes",
                "-o", f"AuthorizedKeysFile={stage.path}/authorized")
    stage.listens(stage.cable.a, server, 2222)
    got = stage.finish(stage.cable.b, client, "ssh", "-F", "/dev/null", "-i",
                       f"{stage.path}/user", "-p", "2222", "-o", "StrictHostKeyChecking=no",
                       "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
                       f"root@{stage.cable.address(stage.cable.a, AF_INET6)}",
                       f"head -c 300000 {stage.path}/file")
    assert got == stage.data[:300000], f"{len(got)} octets came"


LOAD_SERVER = """
import asyncio, sys
async def serve(r, w):
    try:
        while line := await r.readline():
            w.write(line[::-1].strip() + b"\\n")
            await w.drain()
    finally:
        w.close()
async def main():
    for port, address in enumerate(sys.argv[1:], 7000):
        s = await asyncio.start_server(serve, address, port, backlog=1024)
    await s.serve_forever()
asyncio.run(main())
"""
LOAD_CLIENT = """
import asyncio, sys
async def one(n, address, port):
    r, w = await asyncio.open_connection(address, port)
    for i in range(5):
        text = b"%d-%d" % (n, i) * 50
        w.write(text + b"\\n")
        await w.drain()
        assert (await r.readline()).strip() == text[::-1]
    w.close()
    await w.wait_closed()
async def main():
    work = [one(n, address, port) for port, address in enumerate(sys.argv[2:], 7000)
            for n in range(int(sys.argv[1]))]
    await asyncio.gather(*work)
    print("all", len(work))
asyncio.run(main())
"""


@staged(f"asyncio: {2 * CLIENTS} connections at once, of both families")
def _(stage, server, client):
    # One server and one client: where every check is on, they take many seconds to start.
    addresses = [stage.cable.address(stage.cable.a, family) for family in FAMILIES]
    stage.start(stage.cable.a, server, python(server), "-c", LOAD_SERVER, *addresses)
    stage.listens(stage.cable.a, server, 7000, 7001)
    out = stage.finish(stage.cable.b, client, python(client), "-c", LOAD_CLIENT, str(CLIENTS),
                       *addresses)
    equal(out.decode().strip(), f"all {2 * CLIENTS}", "the clients")


if __name__ == "__main__":
    main()
