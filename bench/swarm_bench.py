#!/usr/bin/env python3
"""weir beside aria2, transmission and qbittorrent: the same torrent from the same seeds, in turns, in one run; and a file that a
server and a swarm have.

    ./dev bench swarm [quick] [CASE...]       cases: one four p2sp
Needs root: seeds and clients are in network namespaces, since most clients refuse peers on loopback.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import time

import contestants as c
from http_bench import Bench, Case, at_most, run_bench
from lab import MIB, BenchError, Sample, make_random_file, process_cpu, process_peak, sync_volume
from net_lab import NetLab

CASES = ("one", "four", "p2sp")
SHARE = 5_000_000  # bytes a second of the server, and of the swarm
CONFIG = {"bt.seedRatio": "0", "bt.dht.enabled": False, "bt.lsd": False, "bt.portMapping": False}
PYTHON = "/usr/bin/python3"  # the distribution's, which has libtorrent


class Seeds:
    """Seeds on all addresses of `machine`, and a tracker; `web`: a server too. What a Job has as its server."""

    def __init__(self, net, machine, torrent, folder, rate=0, web_rate=0):
        addresses = net.addresses[machine]
        wish = {"torrent": str(torrent), "folder": str(folder), "seeds": [f"{a}:7001" for a in addresses], "rate": rate,
                "tracker": f"{addresses[0]}:7000", "web": f"{addresses[0]}:7002", "webRate": web_rate}
        self.process = subprocess.Popen([*net.on(machine), PYTHON, str(pathlib.Path(__file__).parent / "swarm_seeds.py"), json.dumps(wish)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline().strip() != b"ready":
            raise BenchError("the seeds did not start")

    def skip_log(self):
        pass

    def last_reply(self):
        return None  # a swarm has no log: a client is done when it says so

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


class UntilTold:
    """A client that goes on when it is done: it runs `done_command`, which makes a file, and is ended."""

    def __init__(self, name, work, prefix):
        self.name, self.work, self.prefix = name, pathlib.Path(work), list(prefix)
        self.flag = self.work / f"{name}.done"
        self.script = self.work / f"{name}.sh"

    def open(self):
        self.script.write_text(f"#!/bin/sh\ntouch {self.flag}\n")
        self.script.chmod(0o755)

    def close(self):
        pass

    def wait(self, process, limit=90):
        deadline = time.monotonic() + limit
        while not self.flag.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{self.name} did not finish")
            time.sleep(0.01)

    def measure(self, process, folder, begin, cpu_before=0.0):
        try:
            self.wait(process)
            seconds = time.monotonic() - begin
            cpu, rss = process_cpu(process.pid) - cpu_before, process_peak(process.pid)
            before = time.monotonic()
            sync_volume(folder)
            return Sample(seconds, seconds + time.monotonic() - before, cpu, rss)
        finally:
            self.flag.unlink(missing_ok=True)


class Transmission(UntilTold):
    def fetch(self, job):
        home = self.work / "transmission"
        shutil.rmtree(home, ignore_errors=True)  # it knows what it had
        home.mkdir()
        (home / "settings.json").write_text('{"utp-enabled": false}')  # with it a gigabyte takes minutes
        begin = time.monotonic()
        process = subprocess.Popen([*self.prefix, "transmission-cli", "-g", str(home), "-w", str(job.folder), "-f", str(self.script),
                                    "-M", job.urls[0]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return self.measure(process, job.folder, begin)
        finally:
            process.kill()
            process.wait()


class QBittorrent(UntilTold):
    """It runs already and is asked by its web interface, so that its start does not count."""

    CONFIG = """[LegalNotice]
Accepted=true
[AutoRun]
enabled=true
program={script}
[BitTorrent]
Session\\DHTEnabled=false
Session\\LSDEnabled=false
Session\\Port=6999
[Preferences]
WebUI\\LocalHostAuth=false
WebUI\\Port=8099
WebUI\\HostHeaderValidation=false
"""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.process = None

    def open(self):
        super().open()
        shutil.rmtree(self.work / "qbittorrent", ignore_errors=True)
        folder = self.work / "qbittorrent/qBittorrent/config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "qBittorrent.conf").write_text(self.CONFIG.format(script=self.script))
        self.process = subprocess.Popen([*self.prefix, "qbittorrent-nox", f"--profile={self.work / 'qbittorrent'}"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 15
        while not self.ask("app/version"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError("qbittorrent-nox did not start")
            time.sleep(0.1)

    def ask(self, what, *form):
        fields = [part for field in form for part in ("-F", field)]
        return subprocess.run([*self.prefix, "curl", "-sS", "--fail", *fields, f"http://127.0.0.1:8099/api/v2/{what}"], capture_output=True, check=False).stdout

    def fetch(self, job):
        cpu_before, begin = process_cpu(self.process.pid), time.monotonic()
        process_peak(self.process.pid, reset=True)
        self.ask("torrents/add", f"torrents=@{job.urls[0]}", f"savepath={job.folder}", "root_folder=false")
        try:
            return self.measure(self.process, job.folder, begin, cpu_before)
        finally:
            self.ask("torrents/delete", "hashes=all", "deleteFiles=false")

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=20)


def aria2(job):
    return ["aria2c", "-q", "--no-conf", "--file-allocation=none", "--seed-time=0", "--enable-dht=false", "--bt-enable-lpd=false", *job.urls[1:],
            f"--torrent-file={job.urls[0]}"]


class SwarmBench(Bench):
    def __init__(self, options):
        super().__init__(options)
        self.rounds = options.rounds or 2

    def prepare(self, names):
        if missing := NetLab.missing():
            raise SystemExit(missing)
        self.big = self.root / ("256m.bin" if self.quick else "1g.bin")
        self.medium = self.root / ("64m.bin" if self.quick else "192m.bin")
        for path in {self.big} if {"one", "four"} & set(names) else {}, {self.medium} if "p2sp" in names else {}:
            for file in path:
                make_random_file(file, (256 if self.quick else 1024) * MIB if file == self.big else (64 if self.quick else 192) * MIB, 11)

    def torrent(self, net, file):
        path = self.work / f"{file.stem}.torrent"
        reply = subprocess.run([f"{self.options.bin}/weir", "torrent", "create", str(file), "-o", str(path), "--format", "v1", "--piece-size", "1M",
                                "--tracker", f"http://{net.address('seeds')}:7000/announce"], capture_output=True, text=True, check=False)
        if reply.returncode != 0:
            raise BenchError(f"weir torrent create: {reply.stderr}")
        return path

    def peers(self):
        return {"aria2": ["aria2c", "--version"], "transmission": ["transmission-cli", "--version"], "qbittorrent": ["qbittorrent-nox", "--version"]}

    def seeds_only(self, name, seeds, net, count):
        on = net.on("client")
        others = ["aria2", "transmission", "qbittorrent"]
        fields = [self.weir(prefix=on, config=CONFIG), c.Peer("aria2", aria2, on), QBittorrent("qbittorrent", self.work, on)]
        if self.quick:  # a gigabyte would take it more than a minute each time
            fields.append(Transmission("transmission", self.work, on))
        torrent = str(self.work / f"{self.big.stem}.torrent")
        return Case(name, f"{self.big.stat().st_size // MIB} MiB from {count} local seed{'s' if count > 1 else ''}",
                    lambda folder: c.Job(seeds, [torrent], folder), fields, [self.big],
                    [("at most 1.05 x the fastest", at_most("weir", "complete", 1.05, others)),
                     ("CPU at most that of qbittorrent", at_most("weir", "cpu", 1, ["qbittorrent"])),
                     ("the machine's CPU until durable at most with qbittorrent", at_most("weir", "machine", 1, ["qbittorrent"]))])

    def both(self, seeds, net):
        size = self.medium.stat().st_size
        torrent, url = str(self.work / f"{self.medium.stem}.torrent"), f"http://{net.address('seeds')}:7002/{self.medium.name}"
        weir = self.weir(prefix=net.on("client"), config=CONFIG, options=["--mirror", url])
        aria = c.Peer("aria2", lambda job: aria2(c.Job(job.server, [torrent, url], job.folder)), net.on("client"))

        def fast(case):
            rate = size / case.value("weir", "complete")
            return rate >= 1.9 * SHARE, f"{rate / 1e6:.2f} MB/s"

        return Case("p2sp", f"{size // MIB} MiB, a server with 5 MB/s and a swarm with 5 MB/s", lambda folder: c.Job(seeds, [torrent], folder),
                    [weir, aria], [self.medium], [("both together at least 9.5 MB/s", fast)])

    def run(self, names):
        self.prepare(names)
        for name in names:
            count = 4 if name == "four" else 1
            with NetLab({"seeds": count, "client": 1}) as net:
                mixed = name == "p2sp"
                torrent = self.torrent(net, self.medium if mixed else self.big)
                seeds = Seeds(net, "seeds", torrent, self.root, SHARE if mixed else 0, SHARE if mixed else 0)
                try:
                    case = self.both(seeds, net) if mixed else self.seeds_only(name, seeds, net, count)
                    case.run(min(self.rounds, 2) if mixed else self.rounds, self.work)
                    self.show(case)
                    self.cases.append(case)
                finally:
                    seeds.close()


if __name__ == "__main__":
    sys.exit(run_bench("swarm", SwarmBench, CASES, __doc__))
