#!/usr/bin/env python3
"""What it costs that other people's plugins run in processes of their own: the HTTP plugin, once inside the daemon and once, as a copy
that lies elsewhere, in such a process. The same bytes from the same nginx, in turns.

    ./dev bench isolation [quick] [CASE...]        cases: plain
"""
import pathlib
import shutil
import sys

import contestants as c
from http_bench import Bench, Case, at_most, run_bench
from lab import GIB, MIB, make_random_file, process_cpu, process_peak

CASES = ("plain",)


def workers(daemon):
    """The processes of plugins that this daemon has started."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            if parent == daemon and b"--plugin-worker" in (stat.parent / "cmdline").read_bytes():
                found.append(int(stat.parent.name))
        except OSError:
            pass  # it has just ended
    return found


class Elsewhere(c.Weir):
    """weir whose only HTTP plugin lies in a folder that is not its own. Its processes count, too."""

    def __init__(self, *arguments, plugins, trusted=""):
        super().__init__(*arguments)
        self.environment.update(WEIR_PLUGIN_PATH=str(plugins), WEIR_PLUGINS_INPROCESS=trusted)

    def fetch(self, job):
        before = {pid: process_cpu(pid) for pid in workers(self.daemon.pid)}
        sample = super().fetch(job)
        for pid in workers(self.daemon.pid):
            sample.cpu += process_cpu(pid) - before.get(pid, 0)
            sample.rss += process_peak(pid)
        return sample


class IsolationBench(Bench):
    def contestant(self, name, trusted):
        weir = self.weir()
        return Elsewhere(name, self.options.bin, weir.home, plugins=self.work / "plugins", trusted=trusted)

    def both(self):
        return [self.contestant("in the daemon", "http"), self.contestant("isolated", "")]

    def goals(self):
        return [(f"{what} at most 3 % more", at_most("isolated", what, 1.03, ["in the daemon"]))
                for what in ("complete", "durable", "cpu")]

    def plain(self, server):
        return Case("plain", f"One file of {self.big.stat().st_size // MIB} MiB over HTTP",
                    lambda folder: c.Job(server, [server.url(self.big.name)], folder), self.both(), [self.big], self.goals())

    def prepare(self, names):
        self.big = self.root / ("256m.bin" if self.quick else "2g.bin")
        make_random_file(self.big, 256 * MIB if self.quick else 2 * GIB, 1)
        plugins = self.work / "plugins"
        shutil.rmtree(plugins, ignore_errors=True)
        plugins.mkdir()
        shutil.copy(pathlib.Path(self.options.bin).resolve().parent / "lib/weir/plugins/weir-http.so", plugins)


if __name__ == "__main__":
    sys.exit(run_bench("isolation", IsolationBench, CASES, __doc__))
