#!/usr/bin/env python3
"""What the daemon costs: with ten thousand tasks, idle, while limited, and how soon a pause is silence.

    ./dev bench daemon [CASE...]        cases: queue idle limit pause
"""
import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import time

import contestants as c
from lab import MIB, BenchError, process_cpu

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "demo"))
from sample_server import SampleServer  # noqa: E402

CASES = ("queue", "idle", "limit", "pause")


class Rpc:
    """The daemon's socket: frames of a 32-bit length and JSON."""

    def __init__(self, home):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(home / "run" / "weir.sock"))
        self.number = 0
        self.call("session.hello", {"client": "bench", "version": "1", "protocol": 1, "role": "client"})

    def send(self, method, params):
        self.number += 1
        data = json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode()
        self.socket.sendall(struct.pack("<I", len(data)) + data)

    def time(self, method, params):
        """Seconds until the whole reply is here; reading it is another matter."""
        begin = time.monotonic()
        self.send(method, params)
        self.read(struct.unpack("<I", self.read(4))[0])
        return time.monotonic() - begin

    def call(self, method, params):
        self.send(method, params)
        while True:
            reply = json.loads(self.read(struct.unpack("<I", self.read(4))[0]))
            if reply.get("id") == self.number:
                if "error" in reply:
                    raise BenchError(f"{method}: {reply['error'].get('message')}")
                return reply["result"]

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(min(1 << 20, size - len(data)))
            if not piece:
                raise BenchError("the daemon closed the connection")
            data += piece
        return bytes(data)


def rss(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise BenchError("no VmRSS")


def wake_ups(pid):
    count = 0
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                count += int(line.split()[1])
    return count


def seconds(action):
    begin = time.monotonic()
    action()
    return time.monotonic() - begin


class DaemonBench:
    def __init__(self, options):
        self.options = options
        self.home = pathlib.Path(f"/tmp/weir-bench-{os.getpid()}")
        self.weir = c.Weir("weir", options.bin, self.home)
        self.lines = []

    def tell(self, what, figure, goal, reached):
        verdict = "reached" if reached else "MISSED"
        self.lines.append((what, figure, goal, verdict))
        print(f"  {verdict:9}{what:58}{figure:>14}   (at most {goal})", flush=True)

    def queue(self):
        count = self.options.tasks
        self.weir.open()
        empty = rss(self.weir.daemon.pid)
        rpc = Rpc(self.home)
        tasks = [{"url": f"http://127.0.0.1:9/files/number-{i:05}.bin", "dir": "/tmp", "held": True} for i in range(count)]
        added = seconds(lambda: [rpc.call("task.add", {"tasks": tasks[at : at + 1000]}) for at in range(0, count, 1000)])
        rate = count / added
        verdict = "reached" if rate >= 5000 else "MISSED"
        self.lines.append(("tasks added a second, in batches of 1,000, durable", f"{rate:.0f}", "at least 5000", verdict))
        print(f"  {verdict:9}{'tasks added a second, in batches of 1,000, durable':58}{rate:14.0f}   (at least 5000)")
        each = (rss(self.weir.daemon.pid) - empty) / count
        self.tell("memory of a queued task", f"{each / 1024:.1f} KiB", "5 KB", each <= 5000)
        thousand = statistics.median(rpc.time("task.list", {"limit": 1000}) for _ in range(9))
        self.tell("1,000 tasks listed over the socket", f"{thousand * 1000:.1f} ms", "10 ms", thousand <= 0.010)
        listed = statistics.median(seconds(lambda: self.weir.call("list", "--json")) for _ in range(5))
        self.tell(f"`list --json` of {count} tasks", f"{listed:.2f} s", "0.5 s", listed <= 0.5)
        self.weir.close()
        with open(self.home / "daemon.out", "ab") as out:
            begin = time.monotonic()
            self.weir.daemon = subprocess.Popen([self.weir.daemon_program, "--foreground"], env=self.weir.environment,
                                                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        while True:
            try:
                Rpc(self.home)
                break
            except (OSError, BenchError):
                if time.monotonic() - begin > 60:
                    raise
                time.sleep(0.005)
        started = time.monotonic() - begin
        self.tell(f"daemon start with {count} tasks", f"{started:.2f} s", "2 s", started <= 2)

    def idle(self):
        self.weir.open()
        pid = self.weir.daemon.pid
        time.sleep(3)
        before, begin = wake_ups(pid), time.monotonic()
        time.sleep(10)
        each = (wake_ups(pid) - before) / (time.monotonic() - begin)
        self.tell("wake-ups a second of an idle daemon", f"{each:.1f}", "2", each <= 2)
        self.tell("memory of an idle daemon", f"{rss(pid) / MIB:.1f} MiB", "25 MB", rss(pid) <= 25e6)

    def limit(self):
        size = 16 * MIB
        site = SampleServer(size)
        self.weir.open()
        pid = self.weir.daemon.pid
        folder = self.home / "out"
        folder.mkdir()
        try:
            rpc = Rpc(self.home)
            task = rpc.call("task.add", {"tasks": [{"url": site.url, "dir": str(folder), "options": {"limit": MIB}}]})["ids"][0]
            while not site.sent:
                time.sleep(0.01)
            first = time.monotonic()
            time.sleep(2)
            cpu, begin = process_cpu(pid), time.monotonic()
            time.sleep(10)
            share = (process_cpu(pid) - cpu) / (time.monotonic() - begin) * 100
            while rpc.call("task.get", {"id": task})["state"] in ("waiting", "running"):
                time.sleep(0.05)
            rate = size / (time.monotonic() - first)
            self.tell("CPU of the daemon at 1 MB/s", f"{share:.1f} %", "2 % of a core", share <= 2)
            self.tell("how far the rate is from its limit", f"{abs(rate / MIB - 1) * 100:.1f} %", "10 %", abs(rate / MIB - 1) <= 0.1)
        finally:
            self.weir.close()
            site.close()

    def pause(self):
        times = []
        for _ in range(5):
            site = SampleServer(1024 * MIB, 10e6)
            self.weir.open()
            folder = self.home / "out"
            folder.mkdir()
            try:
                rpc = Rpc(self.home)
                rpc.call("task.add", {"tasks": [{"url": site.url, "dir": str(folder), "options": {"connections": 8}}]})
                while site.sent < 20 * MIB:
                    time.sleep(0.01)
                begin = last = time.monotonic()
                rpc.call("task.pause", {"all": True})
                sent = site.sent
                while time.monotonic() - last < 1:
                    if site.sent != sent:
                        sent, last = site.sent, time.monotonic()
                    time.sleep(0.002)
                times.append(last - begin)
            finally:
                self.weir.close()
                site.close()
        worst = max(times)
        self.tell("from `pause` to silence, worst of 5", f"{worst * 1000:.0f} ms", "300 ms", worst <= 0.3)

    def run(self, names):
        failed = False
        for name in names:
            print(f"\n{name}", flush=True)
            try:
                getattr(self, name)()
            except (BenchError, OSError) as error:
                failed = True
                print(f"  FAILED: {error}")
            finally:
                self.weir.close()
                shutil.rmtree(self.home, ignore_errors=True)
        return failed


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=here / "build/release/bin")
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("names", nargs="*", metavar="CASE", help=", ".join(CASES))
    options = parser.parse_args()
    if unknown := set(options.names) - set(CASES):
        parser.error(f"unknown case: {', '.join(sorted(unknown))}")
    bench = DaemonBench(options)
    failed = bench.run(options.names or CASES)
    print("\n| what | figure | goal | |\n|---|--:|--:|---|")
    for row in bench.lines:
        print("| " + " | ".join(row) + " |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
