#!/usr/bin/env python3
"""weir beside curl, lftp and aria2: the same file from the same vsftpd, in turns, in one run.

An FTP server does not tell to the millisecond when a reply was out, so weir's "complete" is its "durable" time: compare the
durable ones, for which the peers are synced as well.
    ./dev bench ftp [quick] [CASE...]         cases: plain folder
"""
import shutil
import socket
import subprocess
import sys
import time

import contestants as c
from http_bench import Bench, Case, at_most, run_bench
from lab import GIB, MIB, BenchError, free_port, make_random_file, make_small_files

CASES = ("plain", "folder")

CONFIG = """listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
run_as_launching_user=YES
anonymous_enable=YES
no_anon_password=YES
anon_root={root}
allow_writeable_chroot=YES
seccomp_sandbox=NO
xferlog_enable=NO
"""


class Vsftpd:
    """vsftpd for everybody on a port of its own."""

    def __init__(self, state, root):
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir(parents=True)
        self.port = free_port()
        (state / "vsftpd.conf").write_text(CONFIG.format(port=self.port, root=root))
        program = shutil.which("vsftpd") or "/usr/sbin/vsftpd"
        self.process = subprocess.Popen([program, str(state / "vsftpd.conf")], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError("vsftpd did not start")
            time.sleep(0.02)

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, path):
        return f"ftp://127.0.0.1:{self.port}/{path}"

    def skip_log(self):
        pass

    def last_reply(self):
        return None

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)


def lftp(command):
    return lambda job: ["lftp", "-c", f"set net:max-retries 1; {command} {job.urls[0]}"]


class FtpBench(Bench):
    def plain(self, server):
        peers = [c.Peer("curl", c.curl), c.Peer("aria2", c.aria2), c.Peer("aria2 -x4", c.aria2_with(4)), c.Peer("lftp", lftp("get")),
                 c.Peer("lftp pget -n4", lftp("pget -n4"))]
        names = [peer.name for peer in peers]
        return Case("plain", f"One file of {self.big.stat().st_size // MIB} MiB over FTP", lambda folder: c.Job(server, [server.url(self.big.name)], folder),
                    [self.weir(), self.weir("weir -x1", ["-x", "1"])] + peers, [self.big],
                    [("durable at most in the time of the best", at_most("weir", "durable", 1, names)),
                     ("CPU at most that of the best", at_most("weir", "cpu", 1, names))])

    def folder(self, server):
        peers = [c.Peer("lftp mirror", lftp("mirror --no-perms")), c.Peer("lftp mirror -P4", lftp("mirror --no-perms -P4"))]
        case = Case("folder", f"A folder of {self.small_count} files of 4 to 64 KiB over FTP",
                    lambda folder: c.Job(server, [server.url("small/")], folder), [self.weir()] + peers,
                    [self.root / "small" / f"{i:05}.bin" for i in range(self.small_count)],
                    [("durable at most in the time of the best", at_most("weir", "durable", 1, [peer.name for peer in peers]))])
        wrong = case.wrong
        case.wrong = lambda target: wrong(target / "small")
        return case

    def prepare(self, names):
        self.big = self.root / ("128m.bin" if self.quick else "1g.bin")
        if "plain" in names:
            make_random_file(self.big, 128 * MIB if self.quick else GIB, 1)
        self.small_count = 200 if self.quick else 2000
        if "folder" in names:
            make_small_files(self.root / "small", self.small_count, 3)

    def run(self, names):
        self.prepare(names)
        server = Vsftpd(self.work / "vsftpd", self.root)
        try:
            for name in names:
                case = getattr(self, name)(server)
                case.run(self.rounds, self.work)
                self.show(case)
                self.cases.append(case)
        finally:
            server.close()


if __name__ == "__main__":
    sys.exit(run_bench("ftp", FtpBench, CASES, __doc__))
