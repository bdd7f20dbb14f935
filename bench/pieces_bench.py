#!/usr/bin/env python3
"""How evenly the pieces of a torrent are spread while a swarm fetches it: one seed, eight leechers, lines of 20 Mbit/s each way.

    ./dev bench pieces [quick] [CASE...]      cases: rarest sequential
Needs root: each machine is a network namespace. *copies* of a piece: how many of the eight have it. Pieces that nobody has are
lost when the seed goes; the copies that the seed sends are what everybody waits for.
"""
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import contestants as c
from http_bench import Bench, run_bench
from lab import MIB, BenchError, make_random_file, same_bytes
from net_lab import NetLab
from swarm_bench import CONFIG, Seeds

CASES = ("rarest", "sequential")
LEECHERS = 8
MBIT = 20
AT = (25, 50, 75)  # per cent of the file at the average leecher


class Moment:
    """What the leechers have, each as a string with a '#' for every piece that is there."""

    def __init__(self, maps):
        self.copies = [sum(have == "#" for have in piece) for piece in zip(*maps)]

    @property
    def percent(self):
        return 100 * statistics.mean(self.copies) / LEECHERS

    @property
    def variance(self):
        return statistics.pvariance(self.copies)

    @property
    def nowhere(self):
        return 100 * self.copies.count(0) / len(self.copies)


class PiecesCase:
    def __init__(self, name, moments, times, copies):
        self.name, self.times, self.copies, self.failures = name, times, copies, {}
        self.at = [min(moments, key=lambda moment: abs(moment.percent - wanted)) for wanted in AT]

    def cells(self):
        return [self.name, *[f"{moment.variance:.2f} ({moment.nowhere:.0f} %)" for moment in self.at],
                f"{statistics.mean(self.times):.1f}", f"{max(self.times):.1f}", f"{self.copies:.2f}"]


HEADINGS = ["", *[f"at {wanted} %" for wanted in AT], "mean s", "last s", "seed sent"]


class PiecesBench(Bench):
    def __init__(self, options):
        super().__init__(options)
        self.mib = 10 if self.quick else 40
        self.file = self.root / f"{self.mib}m.bin"
        self.homes = pathlib.Path("/tmp") / f"weir-pieces-{pathlib.Path('/proc/self').resolve().name}"

    def torrent(self, net):
        path = self.work / "pieces.torrent"
        reply = subprocess.run([f"{self.options.bin}/weir", "torrent", "create", str(self.file), "-o", str(path), "--format", "v1", "--piece-size", "128K",
                                "--tracker", f"http://{net.address('seed')}:7000/announce"], capture_output=True, text=True, check=False)
        if reply.returncode != 0:
            raise BenchError(f"weir torrent create: {reply.stderr}")
        return path

    def once(self, name):
        names = [f"l{number}" for number in range(LEECHERS)]
        with NetLab({"seed": 1, **{each: 1 for each in names}}, MBIT) as net:
            torrent = self.torrent(net)
            seeds, weirs, target = Seeds(net, "seed", torrent, self.root), [], self.work / "pieces"
            shutil.rmtree(target, ignore_errors=True)
            try:
                for each in names:
                    weirs.append(c.Weir(each, self.options.bin, self.homes / each, prefix=net.on(each), config={**CONFIG, "bt.seedRatio": "100"}))
                    weirs[-1].open()
                before = net.sent("seed")
                moments, times = self.measure(name, weirs, torrent, target)
                return PiecesCase(name, moments, times, (net.sent("seed") - before) / self.file.stat().st_size)
            finally:
                for weir in weirs:
                    weir.close()
                seeds.close()
                shutil.rmtree(self.homes, ignore_errors=True)
                shutil.rmtree(target, ignore_errors=True)

    def measure(self, name, weirs, torrent, target):
        more = ["--sequential"] if name == "sequential" else []
        begin, moments, times = time.monotonic(), [], {}
        ids = {}
        for weir in weirs:
            folder = target / weir.name
            folder.mkdir(parents=True)
            ids[weir.name] = weir.call("add", "-d", str(folder), *more, str(torrent)).stdout.strip()
        while len(times) < len(weirs):
            if time.monotonic() - begin > 300:
                raise BenchError(f"{name}: not over after 300 s")
            tasks = {weir.name: json.loads(weir.call("show", ids[weir.name], "--json").stdout or "{}") for weir in weirs}
            for each, task in tasks.items():
                if task.get("state") in ("sharing", "done"):
                    times.setdefault(each, time.monotonic() - begin)
            maps = [task.get("pieces", {}).get("map", "") for task in tasks.values()]
            if all(maps):
                moments.append(Moment(maps))
            time.sleep(0.2)
        if wrong := [weir.name for weir in weirs if not same_bytes(target / weir.name / self.file.name, self.file)]:
            raise BenchError(f"{name}: wrong or missing at {', '.join(wrong)}")
        return moments, list(times.values())

    def run(self, names):
        if missing := NetLab.missing():
            raise SystemExit(missing)
        make_random_file(self.file, self.mib * MIB, 13)
        print(f"\n{self.mib} MiB in pieces of 128 KiB, 1 seed, {LEECHERS} leechers, {MBIT} Mbit/s each")
        print("variance of the copies of a piece (share of pieces that no leecher has)")
        print("  " + "".join(f"{heading:>15}" for heading in HEADINGS), flush=True)
        for name in names:
            self.cases.append(self.once(name))
            print("  " + "".join(f"{cell:>15}" for cell in self.cases[-1].cells()), flush=True)

    def markdown(self, command):
        lines = [f"## `{command}`", "", f"{self.mib} MiB in pieces of 128 KiB from 1 seed to {LEECHERS} leechers, lines of {MBIT} Mbit/s. Variance of the "
                 "copies of a piece among the leechers, and the share of pieces that none of them has, when the average one has so much; how many copies left the seed.", "",
                 "| " + " | ".join(HEADINGS) + " |", "|---|" + "--:|" * (len(HEADINGS) - 1)]
        return "\n".join([*lines, *["| " + " | ".join(case.cells()) + " |" for case in self.cases], ""])


if __name__ == "__main__":
    sys.exit(run_bench("pieces", PiecesBench, CASES, __doc__))
