#!/usr/bin/env python3
"""weir beside curl, wget2 and aria2: the same downloads from the same nginx, in turns, in one run.

Prints a table for each case, the ratios, and whether the figures reach what was set out; writes the same as Markdown.
    ./dev bench http [quick] [CASE...]        cases: plain tls capped uneven small wan
The case `wan` needs root and the program of a wide-area link named by WEIR_WANEM (NS_A DEV_A NS_B DEV_B DELAY_US MBIT
QUEUE_KB LOSS_PPM, until its input closes).
"""
import argparse
import datetime
import os
import pathlib
import platform
import shutil
import sys
import time

import contestants as c
from lab import (GIB, MIB, UNEVEN_MEAN, BenchError, Nginx, Series, fill_page_cache, machine_cpu, make_random_file, make_small_files,
                 raise_file_limit, same_bytes, settle, versions)
from wide_area import WideArea

FITS_FREE_MEMORY = 512 * MIB  # of which fill_page_cache leaves more
CASES = ("plain", "tls", "capped", "uneven", "small", "wan")


class Case:
    """One comparison. `goals`: (sentence, function of the results that gives (reached, figure))."""

    def __init__(self, name, title, job, fields, sources, goals):
        self.name, self.title, self.job, self.fields, self.sources, self.goals = name, title, job, fields, sources, goals
        self.results = {contestant.name: Series() for contestant in fields}
        self.failures = {}

    @property
    def bytes(self):
        return sum(path.stat().st_size for path in self.sources)

    def run(self, rounds, folder):
        print(f"\n{self.title}", flush=True)
        for contestant in self.fields:
            try:
                contestant.open()
            except (BenchError, OSError) as error:
                self.failures[contestant.name] = str(error)
        try:
            for number in range(rounds + 1):
                for contestant in self.fields:
                    if contestant.name not in self.failures:
                        self.once(contestant, number, folder)
        finally:
            for contestant in self.fields:
                contestant.close()

    def wrong(self, target):
        """Names of files that are not there or differ."""
        return [p.name for p in self.sources if not same_bytes(p, target / p.name)]

    def once(self, contestant, number, folder):
        target = folder / "out"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        if self.bytes > FITS_FREE_MEMORY:
            fill_page_cache(folder)
        settle()
        try:
            busy_before = machine_cpu()
            sample = contestant.fetch(self.job(target))
            sample.machine = machine_cpu() - busy_before
            wrong = self.wrong(target)
            if wrong:
                raise BenchError(f"wrong or missing: {', '.join(wrong[:3])}")
        except BenchError as error:
            self.failures[contestant.name] = str(error)
            print(f"  {contestant.name}: {error}", file=sys.stderr)
            return
        finally:
            shutil.rmtree(target, ignore_errors=True)
        if number:  # the first round only warms up
            self.results[contestant.name].samples.append(sample)

    def rows(self):
        """(name, complete, spread, durable, CPU s/GiB, the machine's CPU s/GiB, peak RSS)."""
        for contestant in self.fields:
            series = self.results[contestant.name]
            if not series.samples:
                continue
            low, high = series.spread("complete")
            yield (contestant.name, series.median("complete"), f"{low:.2f}-{high:.2f}", series.median("durable"),
                   series.median("cpu") * GIB / self.bytes, series.median("machine") * GIB / self.bytes,
                   series.median("rss") / MIB)

    def value(self, name, what):
        return self.results[name].median(what) if name in self.results and self.results[name].samples else None

    def verdicts(self):
        for sentence, check in self.goals:
            try:
                reached, figure = check(self)
                yield sentence, "reached" if reached else "MISSED", figure
            except (TypeError, ValueError):  # a contestant of the goal has no figures
                yield sentence, "not measured", "-"


def at_most(name, what, factor, others, other_what=None):
    """`name`'s figure is at most `factor` times the least of the others'."""
    def check(case):
        mine = case.value(name, what)
        theirs = min(v for v in (case.value(o, other_what or what) for o in others) if v is not None)
        return mine <= factor * theirs, f"{mine / theirs:.2f} x"
    return check


def at_most_ideal(name, factor, ideal):
    def check(case):
        mine = case.value(name, "complete")
        return mine <= factor * ideal, f"{mine / ideal:.2f} x of {ideal:.1f} s"
    return check


class Bench:
    def __init__(self, options):
        self.options = options
        self.quick = options.quick
        self.rounds = options.rounds or (2 if self.quick else 5)
        self.work = pathlib.Path(options.work).resolve()
        self.root = self.work / "www"
        self.root.mkdir(parents=True, exist_ok=True)
        self.big = self.root / ("256m.bin" if self.quick else "2g.bin")
        self.medium = self.root / ("64m.bin" if self.quick else "256m.bin")
        self.small_count = 500 if self.quick else 5000
        self.cases = []
        self.weir_homes = []

    def weir(self, name="weir", options=(), prefix=(), config=None):
        # Of each its own, or the second would answer for the first. A socket's path has at most 107 bytes.
        home = f"/tmp/weir-bench-{os.getpid()}-{len(self.weir_homes)}"
        self.weir_homes.append(home)
        return c.Weir(name, self.options.bin, home, options, prefix, config)

    def prepare(self, names):
        if {"plain", "tls"} & set(names):
            make_random_file(self.big, 256 * MIB if self.quick else 2 * GIB, 1)
        if {"capped", "uneven"} & set(names):
            make_random_file(self.medium, 64 * MIB if self.quick else 256 * MIB, 2)
        if {"small", "wan"} & set(names):
            make_small_files(self.root / "small", self.small_count, 3)

    def one_file(self, server, path, kind, file, connections=0):
        return lambda folder: c.Job(server, [server.url(path + file.name, kind)], folder, connections)

    def plain(self, server):
        return Case("plain", f"One file of {self.big.stat().st_size // MIB} MiB over HTTP", self.one_file(server, "", "http", self.big),
                    [self.weir(), c.Peer("curl", c.curl), c.Peer("wget2", c.wget2), c.Peer("aria2", c.aria2),
                     c.Peer("aria2 -x8", c.aria2_with(8))], [self.big],
                    [("wall time at most that of the fastest peer", at_most("weir", "complete", 1, ["curl", "wget2", "aria2", "aria2 -x8"])),
                     ("the same, durable", at_most("weir", "durable", 1, ["curl", "wget2", "aria2", "aria2 -x8"])),
                     ("CPU at most 0.6 x curl's", at_most("weir", "cpu", 0.6, ["curl"]))])

    def tls(self, server):
        return Case("tls", f"One file of {self.big.stat().st_size // MIB} MiB over HTTPS", self.one_file(server, "", "https", self.big),
                    [self.weir(), c.Peer("curl", c.curl), c.Peer("wget2", c.wget2), c.Peer("aria2", c.aria2),
                     c.Peer("aria2 -x8", c.aria2_with(8))], [self.big],
                    [("wall time at most that of the fastest peer", at_most("weir", "complete", 1, ["curl", "wget2", "aria2", "aria2 -x8"])),
                     ("the same, durable", at_most("weir", "durable", 1, ["curl", "wget2", "aria2", "aria2 -x8"])),
                     ("CPU at most 0.9 x curl's", at_most("weir", "cpu", 0.9, ["curl"]))])

    # nginx limits replies, not connections, and gives each of them its first second at once: a client that asks for many
    # small pieces is not limited at all. So only those take part that ask for large ones.
    def capped(self, server):
        size = self.medium.stat().st_size
        ideal = size / (16 * 4 * MIB)
        fields = [self.weir("weir -x16", ["-x", "16"]), self.weir(), c.Peer("aria2 -x16", c.aria2_with(16))]
        return Case("capped", f"{size // MIB} MiB, each connection held to 4 MiB/s", self.one_file(server, "capped/", "http", self.medium), fields,
                    [self.medium], [("-x 16 within 1.1 x the ideal", at_most_ideal("weir -x16", 1.1, ideal)),
                                    ("adaptive within 1.5 x the ideal of 16", at_most_ideal("weir", 1.5, ideal))])

    def uneven(self, server):
        size = self.medium.stat().st_size
        fields = [self.weir("weir -x16", ["-x", "16"]), self.weir(), c.Peer("aria2 -x16", c.aria2_with(16))]
        return Case("uneven", f"{size // MIB} MiB, connections of 0.5 to 8 MiB/s by turns", self.one_file(server, "uneven/", "http", self.medium),
                    fields, [self.medium],
                    [("-x 16 within 1.15 x the ideal", at_most_ideal("weir -x16", 1.15, size / (16 * UNEVEN_MEAN)))])

    def small(self, server):
        names = [f"{i:05}.bin" for i in range(self.small_count)]
        return Case("small", f"{self.small_count} files of 4 to 64 KiB from one host",
                    lambda folder: c.Job(server, [server.url("small/" + n) for n in names], folder),
                    [self.weir(), c.Peer("curl", c.curl), c.Peer("wget2", c.wget2), c.Peer("aria2 -j16", c.aria2)],
                    [self.root / "small" / n for n in names],
                    [("durable within half of aria2's time", at_most("weir", "durable", 0.5, ["aria2 -j16"], "complete"))])

    def wan_cases(self):
        """(case, link) pairs; each has a link of its own."""
        lossy, clean = self.root / "16m.bin", self.root / "128m.bin"
        make_random_file(lossy, 16 * MIB, 4)
        make_random_file(clean, 128 * MIB, 5)
        names = [f"{i:05}.bin" for i in range(min(1000, self.small_count))]

        def fields(link, *peers):
            return [self.weir(prefix=link.client)] + [c.Peer(n, f, link.client) for n, f in peers]

        yield WideArea(self.work, delay_ms=50, mbit=200, loss=0.01), lambda link, server: Case(
            "wan-loss", "16 MiB over 200 Mbit/s, 100 ms, 1 % loss (CUBIC)", self.one_file(server, "", "http", lossy),
            fields(link, ("curl", c.curl), ("aria2 -x16", c.aria2_with(16))), [lossy],
            [("at most the time of the best", at_most("weir", "complete", 1, ["curl", "aria2 -x16"]))])
        yield WideArea(self.work, delay_ms=50, mbit=200), lambda link, server: Case(
            "wan-clean", "128 MiB over 200 Mbit/s, 100 ms", self.one_file(server, "", "http", clean),
            fields(link, ("curl", c.curl), ("aria2 -x8", c.aria2_with(8))), [clean],
            [("at most 1.05 x a single connection's time", at_most("weir", "complete", 1.05, ["curl"]))])
        yield WideArea(self.work, delay_ms=25, mbit=1000), lambda link, server: Case(
            "wan-small", f"{len(names)} files of 4 to 64 KiB over HTTP/2, 50 ms",
            lambda folder: c.Job(server, [server.url("small/" + n, "h2") for n in names], folder, streams=100),
            fields(link, ("curl, 100 streams", c.curl), ("wget2", c.wget2), ("aria2 -j16", c.aria2)), [self.root / "small" / n for n in names],
            [("1,000 within 2 s", lambda case: (case.value("weir", "durable") <= 2, f"{case.value('weir', 'durable'):.2f} s"))])

    def run_wan(self):
        if reason := WideArea.missing():
            print(f"\nwan: skipped: {reason}")
            return
        for link, make in self.wan_cases():
            with link:
                server = Nginx(self.work / "nginx-wan", self.root, link.server_address, link.server)
                try:
                    case = make(link, server)
                    case.run(min(self.rounds, 3), self.work)
                    self.show(case)
                    self.cases.append(case)
                finally:
                    server.close()

    def run(self, names):
        self.prepare(names)
        server = Nginx(self.work / "nginx", self.root)
        try:
            for name in names:
                if name == "wan":
                    continue
                case = getattr(self, name)(server)
                case.run(self.rounds, self.work)
                self.show(case)
                self.cases.append(case)
        finally:
            server.close()
        if "wan" in names:
            self.run_wan()

    def show(self, case):
        print(f"  {'':18}{'complete s':>11}{'spread':>14}{'durable s':>11}{'CPU s/GiB':>11}{'machine':>9}{'peak MiB':>10}{'ratio':>8}")
        rows = list(case.rows())
        mine = next((r[1] for r in rows if r[0] == "weir"), None)
        for name, complete, spread, durable, cpu, machine, rss in rows:
            ratio = f"{complete / mine:.2f}" if mine else "-"
            print(f"  {name:18}{complete:11.2f}{spread:>14}{durable:11.2f}{cpu:11.2f}{machine:9.2f}{rss:10.0f}{ratio:>8}")
        for name, error in case.failures.items():
            print(f"  {name}: FAILED: {error.strip().splitlines()[0]}")
        for sentence, verdict, figure in case.verdicts():
            print(f"  {verdict:13}{sentence}: {figure}")
        sys.stdout.flush()

    def peers(self):
        """How each tells its version."""
        return {"curl": ["curl", "--version"], "wget2": ["wget2", "--version"], "aria2": ["aria2c", "--version"], "nginx": ["nginx", "-v"]}

    def markdown(self, command):
        found = versions({"weir": [str(pathlib.Path(self.options.bin) / "weir"), "version"], **self.peers()})
        lines = [f"## {datetime.date.today().isoformat()}: `{command}`", "",
                 f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}; medians of {self.rounds} runs in turns after a warm-up.",
                 "; ".join(found.values()) + ".",
                 "*complete*: all bytes have come; *durable*: they are synced as well (for the peers with `sync -f` added).",
                 "*ratio*: complete, by weir's. CPU and memory of weir: daemon and command line together. *machine*: CPU s/GiB of all that",
                 "runs until it is durable, server and the kernel's writing too; only on a quiet machine.", ""]
        for case in self.cases:
            rows = list(case.rows())
            mine = next((r[1] for r in rows if r[0] == "weir"), None)
            lines += [f"### {case.title}", "", "| | complete s | spread | durable s | CPU s/GiB | machine | peak MiB | ratio |", "|---|--:|--:|--:|--:|--:|--:|--:|"]
            lines += [f"| {n} | {a:.2f} | {s} | {d:.2f} | {u:.2f} | {m:.2f} | {r:.0f} | {f'{a / mine:.2f}' if mine else '-'} |" for n, a, s, d, u, m, r in rows]
            lines += [""] + [f"- {v}: {s} ({f})" for s, v, f in case.verdicts()] + [f"- {n} failed: {e.splitlines()[0]}" for n, e in case.failures.items()] + [""]
        return "\n".join(lines)


def run_bench(kind, bench_class, cases, description):
    """The command line that all of them share; the exit status."""
    here = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=here / "build/release/bin", help="folder with weir and weir-daemon")
    parser.add_argument("--work", default=here / "build/bench", help="folder for files; on the disk that is to be measured")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("names", nargs="*", metavar="CASE", help=f"quick, {', '.join(cases)}")
    options = parser.parse_args()
    options.quick = "quick" in options.names
    names = [n for n in options.names if n != "quick"] or list(cases)
    if unknown := set(names) - set(cases):
        parser.error(f"unknown case: {', '.join(sorted(unknown))}")
    raise_file_limit()
    bench = bench_class(options)
    begin = time.monotonic()
    try:
        bench.run(names)
    finally:
        for home in bench.weir_homes:
            shutil.rmtree(home, ignore_errors=True)
    report = bench.work / f"{kind}.md"
    report.write_text(bench.markdown(f"./dev bench {kind} " + " ".join(options.names)))
    print(f"\n{time.monotonic() - begin:.0f} s; as Markdown: {report}")
    return 1 if any(case.failures for case in bench.cases) else 0


if __name__ == "__main__":
    sys.exit(run_bench("http", Bench, CASES, __doc__))
