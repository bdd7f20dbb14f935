#!/usr/bin/env python3
"""How fast the native host serves a browser: a message there and back, a start with and without a daemon that runs.

    ./dev bench host [CASE...]        cases: trip warm cold first
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import time

CASES = ("trip", "warm", "cold", "first")
ORIGIN = "chrome-extension://bhfmnpfnhmejhpdcildahcplllkdoljb/"


class Host:
    """weir as a browser starts it. Ready when made; `seconds` is how long that took."""

    def __init__(self, options, home):
        begin = time.monotonic()
        self.process = subprocess.Popen([options.bin / "weir", ORIGIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, "WEIR_HOME": str(home)}, bufsize=0)
        first = self.read()
        self.seconds = time.monotonic() - begin
        if first.get("method") != "host.ready":
            raise SystemExit(f"host bench: {first}")
        self.number = 0

    def exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.process.stdout.read(size - len(data))
            if not piece:
                raise SystemExit("host bench: the host ended")
            data += piece
        return data

    def read(self):
        return json.loads(self.exactly(struct.unpack("<I", self.exactly(4))[0]))

    def call(self, method, params):
        self.number += 1
        data = json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}).encode()
        self.process.stdin.write(struct.pack("<I", len(data)) + data)
        return self.read()

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class HostBench:
    def __init__(self, options):
        self.options = options
        self.home = pathlib.Path(f"/tmp/weir-bench-host-{os.getpid()}")
        self.missed = False

    def tell(self, what, seconds, goal=None):
        verdict = "" if goal is None else "reached" if seconds <= goal else "MISSED"
        self.missed = self.missed or verdict == "MISSED"
        limit = "" if goal is None else f"   (at most {goal * 1000:.0f} ms)"
        print(f"  {verdict:9}{what:58}{seconds * 1000:11.2f} ms{limit}", flush=True)

    def end_daemon(self):
        socket = self.home / "run" / "weir.sock"
        if not socket.exists():
            return
        subprocess.run([self.options.bin / "weir", "daemon", "stop"], env={**os.environ, "WEIR_HOME": str(self.home)},
                       stdout=subprocess.DEVNULL, check=True)

    def trip(self):
        host = Host(self.options, self.home)
        for _ in range(100):
            host.call("task.list", {"limit": 1})
        times = []
        for _ in range(self.options.messages):
            begin = time.monotonic()
            host.call("task.list", {"limit": 1})
            times.append(time.monotonic() - begin)
        host.end()
        times.sort()
        self.tell("a message there and back, median", statistics.median(times))
        self.tell("a message there and back, p99", times[int(len(times) * 0.99)], 0.005)
        self.tell("a message there and back, worst", times[-1])

    def warm(self):
        Host(self.options, self.home).end()
        times = []
        for _ in range(self.options.starts):
            host = Host(self.options, self.home)
            times.append(host.seconds)
            host.end()
        self.tell("start of the host, daemon running, median", statistics.median(times))

    def cold(self):
        times = []
        for _ in range(self.options.starts):
            self.end_daemon()
            host = Host(self.options, self.home)
            times.append(host.seconds)
            host.end()
        self.tell("start of host and daemon, median", statistics.median(times), 0.3)
        self.tell("start of host and daemon, worst", max(times))

    def first(self):
        """In a home that is new, where the daemon looks at each plugin in a process of its own."""
        times = []
        for _ in range(self.options.starts):
            self.end_daemon()
            shutil.rmtree(self.home, ignore_errors=True)
            host = Host(self.options, self.home)
            times.append(host.seconds)
            host.end()
        self.tell("first start of all, median", statistics.median(times))

    def run(self, cases):
        try:
            for case in cases:
                print(f"{case}:", flush=True)
                getattr(self, case)()
        finally:
            self.end_daemon()
            shutil.rmtree(self.home, ignore_errors=True)
        return 1 if self.missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--starts", type=int, default=15)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    unknown = [case for case in options.cases if case not in CASES]
    if unknown:
        parser.error(f"there is no case {unknown[0]}: {' '.join(CASES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(HostBench(options).run(options.cases or CASES))


if __name__ == "__main__":
    main()
