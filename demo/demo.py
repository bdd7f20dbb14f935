#!/usr/bin/env python3
"""weir's main job in a quarter of a minute: fetch a file over eight connections, lose the daemon to SIGKILL in the middle,
go on, and check every byte; then capture an HLS and a DASH stream and count their packets. Everything happens on loopback and in a temporary folder."""
import argparse
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from sample_server import SampleServer, sha256
from streams import show_streams

MIB = 1 << 20
CONNECTIONS = 8


def say(text):
    print(text, flush=True)


def file_sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(MIB):
            digest.update(data)
    return digest.hexdigest()


class Weir:
    """The program under show, with a home of its own."""

    def __init__(self, folder, home):
        self.program = str(pathlib.Path(folder) / "weir")
        self.environment = dict(os.environ, WEIR_HOME=str(home))

    def start(self, *arguments):
        return subprocess.Popen([self.program, *arguments], env=self.environment)

    def json(self, *arguments):
        reply = subprocess.run([self.program, *arguments, "--json"], env=self.environment, capture_output=True, text=True)
        return json.loads(reply.stdout) if reply.returncode == 0 else None

    def stop(self):
        subprocess.run([self.program, "daemon", "stop"], env=self.environment, capture_output=True)


def kill_in_the_middle(weir, site, told):
    """Waits until half of the file has been sent, then ends the daemon as a crash would."""
    while site.sent < site.size // 2:
        if told["over"]:
            return
        time.sleep(0.01)
    status = weir.json("daemon", "status")
    if not status or not status.get("pid"):
        return
    told["done"] = weir.json("list")[0]["done"]
    told["sent"] = site.sent
    os.kill(status["pid"], signal.SIGKILL)
    told["killed"] = status["pid"]


def show(options, folder):
    site = SampleServer(options.mib * MIB, options.mib * MIB / CONNECTIONS / options.seconds)
    weir = Weir(options.bin, folder / "home")
    target = folder / "downloads"
    target.mkdir()
    told = {"over": False}
    say(f"Server:   {site.url}  ({options.mib} MiB, {site.rate / 1e6:.1f} MB/s for each connection)")
    say(f"Command:  weir get -x {CONNECTIONS} -d {target} {site.url}\n")
    killer = threading.Thread(target=kill_in_the_middle, args=(weir, site, told), daemon=True)
    begin = time.monotonic()
    try:
        get = weir.start("get", "-x", str(CONNECTIONS), "-d", str(target), site.url)
        killer.start()
        status = get.wait(timeout=20 * options.seconds + 60)
        took = time.monotonic() - begin
        told["over"] = True
        killer.join()
    finally:
        weir.stop()
        site.close()

    path = target / site.path.lstrip("/")
    right = path.exists() and file_sha256(path) == sha256(site.size)
    left = sorted(p.name for p in target.iterdir() if p != path)
    say("")
    if "killed" in told:
        say(f"Killed:   the daemon (process {told['killed']}, SIGKILL) with {told['done'] / MIB:.0f} MiB of the file written")
    else:
        say("Killed:   nothing; the download was over before half of the file had been sent")
    say(f"Time:     {took:.1f} s with the crash; the server's limit alone makes it {options.seconds:.1f} s; at most {site.peak} connections")
    say(f"Fetched:  {site.sent / MIB:.1f} MiB for a file of {options.mib} MiB: {(site.sent - site.size) / MIB:.1f} MiB twice")
    say(f"File:     {path.name}, SHA-256 {'as on the server' if right else 'WRONG'}" + (f"; left over: {', '.join(left)}" if left else ""))
    good = status == 0 and right and not left and "killed" in told
    say("Result:   " + ("the file is whole" if good else f"FAILED (exit status {status})"))
    return show_streams(weir, folder, say) and good


def main():
    parser = argparse.ArgumentParser(description="Downloads a file, kills the daemon in the middle, resumes, verifies.")
    parser.add_argument("--bin", required=True, help="folder with the programs weir and weir-daemon")
    parser.add_argument("--mib", type=int, default=256, help="size of the file")
    parser.add_argument("--seconds", type=float, default=10, help="how long the server's limit makes it last")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-demo-"))
    try:
        return 0 if show(options, folder) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
