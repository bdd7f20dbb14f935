"""The programs that are compared: how each is asked for the same thing, and how its run is measured."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

from lab import BenchError, Sample, process_cpu, process_peak, run_measured, sync_volume


class Job:
    """What is to be fetched. `urls`: one file, or many."""

    def __init__(self, server, urls, folder, connections=0, streams=0):
        self.server, self.urls, self.folder = server, urls, folder
        self.connections, self.streams = connections, streams

    @property
    def list_file(self):
        path = self.folder.parent / "urls.txt"
        path.write_text("\n".join(self.urls) + "\n")
        return path


class Peer:
    """A program that runs once and is done. It never syncs, so `sync -f` is added for the durable time."""

    def __init__(self, name, command, prefix=()):
        self.name, self.command, self.prefix = name, command, list(prefix)

    def open(self):
        pass

    def close(self):
        pass

    def fetch(self, job):
        seconds, cpu, rss = run_measured(self.prefix + self.command(job), job.folder)
        begin = time.monotonic()
        sync_volume(job.folder)
        return Sample(seconds, seconds + time.monotonic() - begin, cpu, rss)


class Weir:
    """weir with its daemon in the foreground and a home of its own. CPU and memory are those of daemon and command line
    together. Its `done` is durable; when all bytes had come is read from the server's log."""

    def __init__(self, name, folder, home, options=(), prefix=(), config=None):
        self.name, self.options, self.prefix, self.config = name, list(options), list(prefix), config
        folder = pathlib.Path(folder).resolve()
        self.program = str(folder / "weir")
        self.daemon_program = str(folder / "weir-daemon")
        self.home = pathlib.Path(home)
        self.environment = dict(os.environ, WEIR_HOME=str(home))
        self.daemon = None

    def call(self, *arguments):
        return subprocess.run([*self.prefix, self.program, *arguments], env=self.environment, capture_output=True, text=True, check=False)

    def open(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        if self.config:
            (self.home / "config.json").write_text(json.dumps(self.config))
        with open(self.home / "daemon.out", "wb") as out:
            # In a session of its own: Ctrl-C must end it after its client, who would start it again.
            self.daemon = subprocess.Popen([*self.prefix, self.daemon_program, "--foreground"], env=self.environment,
                                           stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        deadline = time.monotonic() + 10
        while not self.answers():
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                raise BenchError("weir-daemon did not start: " + (self.home / "daemon.out").read_text(errors="replace")[-500:])
            time.sleep(0.02)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(str(self.home / "run" / "weir.sock")) == 0

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()

    def fetch(self, job):
        argv = [*self.prefix, self.program, "get", "-q", "--no-wait-hold", "-d", str(job.folder), *self.options]
        if job.connections:
            argv += ["-x", str(job.connections)]
        if job.urls[0].startswith("https"):
            argv += ["--cacert", str(job.server.certificate)]
        argv += ["-i", str(job.list_file)] if len(job.urls) > 1 else job.urls
        pid = self.daemon.pid
        process_peak(pid, reset=True)
        job.server.skip_log()
        cpu_before, begin = process_cpu(pid), time.time()
        seconds, cpu, rss = run_measured(argv, job.folder, self.environment)
        last = job.server.last_reply()
        return Sample(min(seconds, last - begin) if last else seconds, seconds,
                      cpu + process_cpu(pid) - cpu_before, max(rss, process_peak(pid)))


def curl(job):
    argv = ["curl", "-sS", "--fail"]
    if job.urls[0].startswith("https"):
        argv += ["--cacert", str(job.server.certificate)]
    if len(job.urls) == 1:
        return argv + ["-O", job.urls[0]]
    config = job.folder.parent / "curl.conf"
    config.write_text("".join(f'url = "{url}"\nremote-name\n' for url in job.urls))
    many = ["--parallel", "--parallel-max", str(job.streams), "--http2"] if job.streams else []
    return argv + many + ["-K", str(config)]


def wget2(job):
    argv = ["wget2", "-q", "--no-robots"]
    if job.urls[0].startswith("https"):
        argv += ["--ca-certificate", str(job.server.certificate)]
    if len(job.urls) == 1:
        return argv + [job.urls[0]]
    return argv + ["--max-threads", "16", "-i", str(job.list_file)]


def aria2(job):
    argv = ["aria2c", "-q", "--no-conf", "--file-allocation=none", "--auto-file-renaming=false"]
    if job.urls[0].startswith("https"):
        argv += ["--ca-certificate", str(job.server.certificate)]
    if len(job.urls) == 1:
        n = str(job.connections or 1)
        return argv + ["-x", n, "-s", n, "-k", "1M", job.urls[0]]
    return argv + ["-j", "16", "-i", str(job.list_file)]


def aria2_with(connections):
    def command(job):
        return aria2(Job(job.server, job.urls, job.folder, connections))
    return command

