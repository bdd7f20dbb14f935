#!/usr/bin/env python3
"""One origin, many recipients, on this machine alone: `weir share` publishes a file, everybody is given the same link, and the origin sends
it little more than once. Then one more recipient with a mirror that lies. As root each party has a machine of its own."""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from grounds import Loopback, Machines  # first: it makes the next two known
from contestants import Weir
from lab import MIB, BenchError, Nginx, make_random_file, same_bytes

NAME = "film.bin"
PATIENCE = 120  # seconds, for everything that is fetched


def say(text=""):
    print(text, flush=True)


class Published:
    """A folder on a web server. `sent`: bytes of its replies so far."""

    def __init__(self, folder, state, ground, party):
        self.server = Nginx(state, folder, ground.address(party), ground.on(party))
        self.address = ground.web_address(party, self.server.ports["http"])
        self.total = 0

    @property
    def sent(self):
        self.total += sum(int(line.split()[2]) for line in self.server.log)
        return self.total

    def url(self, path=""):
        return f"http://{self.address}/{path}"

    def close(self):
        self.server.close()


class Tracker:
    """weir's own."""

    def __init__(self, weir, ground):
        self.process = subprocess.Popen([*ground.on("tracker"), weir, "tracker", "serve", "--bind", ground.address("tracker"), "--port", "0", "--json"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        told = self.process.stdout.readline()
        if not told:
            raise BenchError("the tracker did not start")
        self.announce = next(url for url in json.loads(told)["announce"] if url.startswith("http:"))

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=10)


class Recipient(Weir):
    """Somebody who has weir and a link."""

    def __init__(self, name, bin_folder, folder, ground):
        super().__init__(name, bin_folder, folder / name, prefix=ground.on(name), config=ground.config(name))
        self.target = folder / f"{name}-downloads"
        self.target.mkdir()
        self.process = None
        self.took = None

    def get(self, *arguments):
        self.begin = time.monotonic()
        self.process = subprocess.Popen([*self.prefix, self.program, "get", "-q", "-d", str(self.target), *arguments], env=self.environment,
                                        stdin=subprocess.DEVNULL, start_new_session=True)

    def ended(self):
        if self.took is None and self.process.poll() is not None:
            self.took = time.monotonic() - self.begin
        return self.took is not None

    def task(self):
        reply = self.call("list", "--json")
        rows = json.loads(reply.stdout) if reply.returncode == 0 else []
        return rows[0] if rows else {"id": 0, "done": 0, "uploaded": 0}

    def log(self):
        return self.call("log", str(self.task()["id"])).stdout.splitlines()

    def has(self, file):
        return self.process.returncode == 0 and same_bytes(self.target / NAME, file)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        super().close()


class Show:
    def __init__(self, options, folder, ground):
        self.options, self.ground = options, ground
        self.www, self.lies, self.homes = folder / "www", folder / "lies", folder / "homes"
        for each in (self.www, self.lies, self.homes):
            each.mkdir()
        self.file = self.www / NAME
        self.state = folder / "servers"
        self.open = []  # what is to be closed, in the order in which it was opened

    def keep(self, part):
        self.open.append(part)
        return part

    def close(self):
        while self.open:
            try:
                self.open.pop().close()
            except (OSError, subprocess.SubprocessError) as error:
                say(f"not ended: {error}")

    def recipient(self, name):
        weir = self.keep(Recipient(name, self.options.bin, self.homes, self.ground))
        weir.open()
        return weir

    def publish(self):
        """The link that everybody is given."""
        make_random_file(self.file, int(self.options.mib * MIB), 21)
        self.origin = self.keep(Published(self.www, self.state / "origin", self.ground, "origin"))
        self.tracker = self.keep(Tracker(self.weir, self.ground))
        words = ["share", self.file.name, "--origin", self.origin.url(), "--tracker", self.tracker.announce]
        say(f"Ground:    {self.ground.said}")
        say(f"Publisher: weir {' '.join(words)}")
        reply = subprocess.run([self.weir, *words, "--json"], cwd=self.www, capture_output=True, text=True, check=False)
        if reply.returncode != 0:
            raise BenchError(f"weir share: {reply.stderr.strip()}")
        return json.loads(reply.stdout)["link"]

    @property
    def weir(self):
        return str(pathlib.Path(self.options.bin).resolve() / "weir")

    def seeds(self):
        """As the tracker counts them."""
        torrent = str(self.www / f"{NAME}.torrent")
        reply = subprocess.run([*self.ground.on("tracker"), self.weir, "tracker", "scrape", torrent, "--json"], capture_output=True, text=True, check=False)
        return json.loads(reply.stdout)[0].get("seeds", 0) if reply.returncode == 0 else 0

    def watch(self, recipients):
        size = self.file.stat().st_size
        begin = time.monotonic()
        say("\n     s   from the origin     from peers   of the file, each recipient")
        while True:
            over = all([each.ended() for each in recipients])
            tasks = [each.task() for each in recipients]
            sent, given = self.origin.sent, sum(task["uploaded"] for task in tasks)
            parts = " ".join(f"{100 * task['done'] // size:3} %" for task in tasks)
            say(f"{time.monotonic() - begin:6.1f}   {sent / MIB:6.1f} MiB ({sent / size:.2f}x)  {given / MIB:6.1f} MiB   {parts}")
            if over:
                return
            if time.monotonic() - begin > PATIENCE:
                raise BenchError("not everybody got the file in time")
            until = time.monotonic() + 1
            while time.monotonic() < until and not all([each.ended() for each in recipients]):
                time.sleep(0.05)

    def fleet(self, link):
        """Everybody at once. True: everybody has it, and shares it."""
        count, size = self.options.recipients, self.file.stat().st_size
        recipients = [self.recipient(f"r{number + 1}") for number in range(count)]
        say(f"{count} times:   weir get {link}")
        for each in recipients:
            each.get(link)
        self.watch(recipients)
        right = sum(each.has(self.file) for each in recipients)
        sent, last = self.origin.sent / size, max(each.took for each in recipients)
        plain = count * size / (self.options.mbit * 125_000)
        seeds = self.wait_for_seeds(count)
        say(f"\nCopies:    {right} of {count} byte for byte what the origin has")
        say(f"Time:      {last:.1f} s for the last; over plain HTTP the origin's line alone makes it {plain:.1f} s ({count} x {size / MIB:g} MiB)")
        say(f"Origin:    sent {sent:.2f} copies, plain HTTP {count}")
        say(f"Tracker:   counts {seeds} seeds")
        return right == count and seeds == count

    def wait_for_seeds(self, count):
        """Everybody tells the tracker as soon as he has all; the last one's word may still be on its way."""
        deadline = time.monotonic() + 15
        while (seeds := self.seeds()) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return seeds

    def liar(self, link):
        """The same name, the same size, and a wrong byte every 4 KiB. True: it was found out, and did no harm."""
        wrong = bytearray(self.file.read_bytes())
        for place in range(0, len(wrong), 4096):
            wrong[place] ^= 1
        (self.lies / NAME).write_bytes(wrong)
        mirror = self.keep(Published(self.lies, self.state / "mirror", self.ground, "mirror"))
        late = self.recipient("late")
        say(f"\nOne more, with a mirror that has other bytes under the same name:\n           weir get {link} --mirror {mirror.url(NAME)}")
        late.get(link, "--mirror", mirror.url(NAME))
        try:
            late.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise BenchError("the last recipient got nothing") from error
        late.ended()
        reason = next((line for line in late.log() if mirror.url(NAME) in line and "not asked any more" in line), "")
        right = late.has(self.file)
        say(f"Its log:   {reason or 'says nothing of the mirror'}")
        say(f"Mirror:    sent {mirror.sent / 1024:.0f} KiB" + (" before it was dropped" if reason else ""))
        say(f"Copy:      {'byte for byte what the origin has' if right else 'WRONG'}, after {late.took:.1f} s")
        return right and bool(reason)

    def run(self):
        link = self.publish()
        good = self.fleet(link)
        good = self.liar(link) and good
        say(f"\nResult:    {'everybody has the file' if good else 'FAILED'}")
        return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder with the programs weir and weir-daemon")
    parser.add_argument("--mib", type=float, default=20, help="size of the file")
    parser.add_argument("--recipients", type=int, default=6)
    parser.add_argument("--mbit", type=float, default=20, help="of each line")
    parser.add_argument("--loopback", action="store_true", help="as without root")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = ["origin", "tracker", "mirror", "late", *[f"r{number + 1}" for number in range(options.recipients)]]
    alone = options.loopback or Machines.missing()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-swarm-"))
    try:
        with Loopback(names, options.mbit) if alone else Machines(names, options.mbit) as ground:
            show = Show(options, folder, ground)
            try:
                return 0 if show.run() else 1
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
                show.close()
    except BenchError as error:
        say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nended by Ctrl-C")
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
