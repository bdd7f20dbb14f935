#!/usr/bin/env python3
"""One origin, many recipients: how often the file leaves the origin, and when everybody has it. `weir share` makes what the origin serves;
the recipients get one link to it (aria2: the torrent), nothing more.

    ./dev bench fleet [quick] [CASE...]       cases: weir aria2 plain devices
Needs root: each machine is a network namespace. 20 recipients with lines of 20 Mbit/s each way; `plain` is weir without the torrent;
`devices` is weir on 64 machines with 5 Mbit/s, in a local network.
"""
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from typing import NamedTuple

import contestants as c
from http_bench import Bench, run_bench
from lab import MIB, BenchError, make_random_file, same_bytes
from net_lab import NetLab
from swarm_bench import CONFIG, PYTHON

CASES = ("weir", "aria2", "plain", "devices")
PORT = 7000


class Fleet(NamedTuple):
    """How many recipients, what line each of them and the origin has, and what is to be reached."""

    count: int
    mbit: int
    speedup: float  # the last or mean recipient against one after the other over the origin's line
    of_last: bool
    copies: float
    spread: float  # the last against the mean; 0: no goal


TWENTY = Fleet(20, 20, 10, False, 2, 1.25)
EIGHT = Fleet(8, 20, 4, False, 2, 1.25)
DEVICES = Fleet(64, 5, 16, True, 2.5, 0)


class Origin:
    """A server and a tracker."""

    def __init__(self, net, folder):
        wish = {"folder": str(folder), "tracker": f"{net.address('origin')}:{PORT}", "web": f"{net.address('origin')}:{PORT + 1}"}
        self.process = subprocess.Popen([*net.on("origin"), PYTHON, str(pathlib.Path(__file__).parent / "swarm_seeds.py"), json.dumps(wish)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline().strip() != b"ready":
            raise BenchError("the origin did not start")

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


class FleetCase:
    """What one way of fetching gives: the time of each recipient, and the copies that left the origin."""

    def __init__(self, name, fleet, size, times, copies):
        self.name, self.fleet, self.size, self.times, self.copies = name, fleet, size, times, copies
        self.failures = {}
        self.mean, self.last = statistics.mean(times), max(times)
        self.unicast = fleet.count * size / (fleet.mbit * 125_000)

    def row(self):
        return f"{self.name:8} mean {self.mean:6.1f} s   last {self.last:6.1f} s   origin sent {self.copies:5.2f} copies   {self.unicast / self.mean:5.1f} x plain HTTP's ideal"

    def verdicts(self):
        if self.name not in ("weir", "devices"):
            return []
        speedup = self.unicast / (self.last if self.fleet.of_last else self.mean)
        who = "the last done" if self.fleet.of_last else "mean rate"
        goals = [(f"{who} at least {self.fleet.speedup:g} x as fast as plain HTTP's ideal", speedup >= self.fleet.speedup, f"{speedup:.1f} x"),
                 (f"at most {self.fleet.copies:g} copies leave the origin", self.copies <= self.fleet.copies, f"{self.copies:.2f}")]
        if self.fleet.spread:
            goals.append((f"the last within {self.fleet.spread:g} x the mean", self.last <= self.fleet.spread * self.mean, f"{self.last / self.mean:.2f} x"))
        return [f"{'reached' if ok else 'MISSED'}: {sentence} ({figure})" for sentence, ok, figure in goals]


class FleetBench(Bench):
    def __init__(self, options):
        super().__init__(options)
        self.file = self.root / "20m.bin"
        self.homes = pathlib.Path("/tmp") / f"weir-fleet-{pathlib.Path('/proc/self').resolve().name}"

    def share(self, net):
        """What `weir share` says: where the torrent is, and which link to give."""
        address = net.address("origin")
        reply = subprocess.run([f"{self.options.bin}/weir", "share", str(self.file), "--origin", f"http://{address}:{PORT + 1}/", "--piece-size", "256K",
                                "--tracker", f"http://{address}:{PORT}/announce", "--json"], capture_output=True, text=True, check=False)
        if reply.returncode != 0:
            raise BenchError(f"weir share: {reply.stderr}")
        return json.loads(reply.stdout)

    def fleet(self, kind):
        return DEVICES if kind == "devices" else EIGHT if self.quick else TWENTY

    @staticmethod
    def config(kind):
        """Devices stand in one local network and find each other there; recipients elsewhere have the tracker only."""
        return {**CONFIG, "bt.seedRatio": "100", "bt.lsd": kind == "devices"}

    def once(self, kind):
        fleet = self.fleet(kind)
        names = [f"r{i}" for i in range(fleet.count)]
        with NetLab({"origin": 1, **{name: 1 for name in names}}, fleet.mbit) as net:
            shared, origin, weirs = self.share(net), Origin(net, self.root), []
            target = self.work / "fleet"
            shutil.rmtree(target, ignore_errors=True)
            try:
                if kind != "aria2":
                    for name in names:
                        weirs.append(c.Weir(name, self.options.bin, self.homes / name, prefix=net.on(name), config=self.config(kind)))
                        weirs[-1].open()
                return self.measure(kind, net, names, weirs, shared, target)
            finally:
                for weir in weirs:
                    weir.close()
                origin.close()
                shutil.rmtree(self.homes, ignore_errors=True)
                shutil.rmtree(target, ignore_errors=True)

    def measure(self, kind, net, names, weirs, shared, target):
        address, processes, times = net.address("origin"), {}, {}
        what = {"plain": f"http://{address}:{PORT + 1}/{self.file.name}", "aria2": shared["torrent"]}.get(kind, shared["link"])
        sent, begin = net.sent("origin"), time.monotonic()
        for number, name in enumerate(names):
            folder = target / name
            folder.mkdir(parents=True)
            if kind == "aria2":
                argv, environment = ["aria2c", "-q", "--no-conf", "--file-allocation=none", "--seed-time=60", "--enable-dht=false", "--bt-enable-lpd=false",
                                     "--summary-interval=0", "--on-bt-download-complete=/bin/true", f"--torrent-file={what}"], None
            else:
                argv, environment = [weirs[number].program, "get", "-q", "-d", str(folder), what], weirs[number].environment
            processes[name] = subprocess.Popen([*net.on(name), *argv], cwd=folder, env=environment, stdin=subprocess.DEVNULL)
        try:
            while len(times) < len(names) and time.monotonic() - begin < 300:
                for name in set(names) - set(times):
                    path = target / name / self.file.name
                    whole = not pathlib.Path(f"{path}.aria2").exists() and path.exists() and path.stat().st_size == self.file.stat().st_size
                    if kind == "aria2" and whole and path.stat().st_blocks * 512 >= self.file.stat().st_size and same_bytes(path, self.file) or \
                            kind != "aria2" and processes[name].poll() is not None:
                        times[name] = time.monotonic() - begin
                time.sleep(0.1)
        finally:
            for process in processes.values():
                if process.poll() is None:
                    process.kill()
                process.wait()
        wrong = [name for name in names if not same_bytes(target / name / self.file.name, self.file)]
        if wrong:
            raise BenchError(f"{kind}: wrong or missing at {', '.join(wrong[:5])}")
        return FleetCase(kind, self.fleet(kind), self.file.stat().st_size, list(times.values()), (net.sent("origin") - sent) / self.file.stat().st_size)

    def run(self, names):
        if missing := NetLab.missing():
            raise SystemExit(missing)
        make_random_file(self.file, 20 * MIB, 12)
        for name in names:
            fleet = self.fleet(name)
            print(f"\n{self.file.stat().st_size // MIB} MiB from one origin to {fleet.count} recipients, {fleet.mbit} Mbit/s each", flush=True)
            case = self.once(name)
            print("  " + "\n  ".join([case.row(), *case.verdicts()]), flush=True)
            self.cases.append(case)

    def markdown(self, command):
        lines = [f"## `{command}`", "", "20 MiB from one origin.", "", "| | recipients | Mbit/s | mean s | last s | copies from the origin |", "|---|--:|--:|--:|--:|--:|"]
        lines += [f"| {case.name} | {case.fleet.count} | {case.fleet.mbit} | {case.mean:.1f} | {case.last:.1f} | {case.copies:.2f} |" for case in self.cases]
        return "\n".join([*lines, "", *[f"- {verdict}" for case in self.cases for verdict in case.verdicts()], ""])


if __name__ == "__main__":
    sys.exit(run_bench("fleet", FleetBench, CASES, __doc__))
