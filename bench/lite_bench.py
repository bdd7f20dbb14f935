#!/usr/bin/env python3
"""What weir costs on a device: the preset `lite`, built for size. Sizes of the stripped files, and the memory of the daemon, idle and while it
downloads, against a budget; the exit status is 1 when one is broken.

    ./dev bench lite
"""
import argparse
import http.server
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import contestants as c

KIB, MIB = 1 << 10, 1 << 20
SIZE_BUDGET = 1_800_000  # bytes: engine = libweir, weir-daemon, http
MEMORY_BUDGET = {"idle": 8 * MIB, "downloading": 16 * MIB}  # private memory: what the system would have more without the daemon
ENGINE = ("lib/libweir.so", "bin/weir-daemon", "lib/weir/plugins/weir-http.so")
BESIDE = ("lib/weir/plugins/weir-metalink.so", "lib/weir/plugins/weir-bt.so", "bin/weir")
FILE = 256 * MIB


def stripped_size(path, folder):
    copy = folder / path.name
    subprocess.run(["strip", "--strip-all", "-o", copy, path.resolve()], check=True)
    return copy.stat().st_size


def memory_of(pid):
    """Private and proportional bytes."""
    rows = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        key, value = line.split(":")
        rows[key] = int(value.split()[0]) * KIB
    return rows["Private_Clean"] + rows["Private_Dirty"], rows["Pss"], rows["Rss"]


class Handler(http.server.BaseHTTPRequestHandler):
    """A file of zeros, of which nothing comes after the first half until `go` is set."""

    protocol_version = "HTTP/1.1"
    half, go = threading.Semaphore(0), threading.Event()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(FILE))
        self.end_headers()
        block = bytes(MIB)
        try:
            for i in range(FILE // MIB):
                if i == FILE // MIB // 2:
                    self.half.release()
                    self.go.wait(60)
                self.wfile.write(block)
        except OSError:
            pass

    def log_message(self, *_):
        pass


class Lite:
    def __init__(self, build):
        self.build, self.broken = build, []

    def check(self, what, value, budget, unit, scale):
        ok = value <= budget
        print(f"  {'kept' if ok else 'BROKEN'}: {what} {value / scale:.2f} {unit}, budget {budget / scale:.2f} {unit}")
        if not ok:
            self.broken.append(what)

    def sizes(self):
        with tempfile.TemporaryDirectory() as folder:
            sizes = {path: stripped_size(self.build / path, pathlib.Path(folder)) for path in ENGINE + BESIDE}
        for path, size in sizes.items():
            print(f"  {size / 1e6:6.3f} MB  {path}{'' if path in ENGINE else '   (beside)'}")
        self.check("engine", sum(sizes[path] for path in ENGINE), SIZE_BUDGET, "MB", 1e6)

    def memory(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = pathlib.Path(tempfile.mkdtemp(prefix="weir-lite-"))
        weir = c.Weir("lite", self.build / "bin", home / "home")
        try:
            weir.open()
            weir.call("list")
            self.tell("idle", memory_of(weir.daemon.pid))
            reply = weir.call("add", "--json", "-x", "1", "-d", str(home), f"http://127.0.0.1:{server.server_port}/zeros.bin")
            if reply.returncode != 0:
                raise SystemExit(f"weir add: {reply.stderr}")
            if not Handler.half.acquire(timeout=60):
                raise SystemExit("the download did not begin")
            self.tell("downloading", memory_of(weir.daemon.pid))
            Handler.go.set()
        finally:
            Handler.go.set()
            weir.close()
            server.shutdown()
            shutil.rmtree(home, ignore_errors=True)

    def tell(self, state, memory):
        private, proportional, resident = memory
        print(f"  {state}: private {private / MIB:.1f} MiB, proportional {proportional / MIB:.1f} MiB, resident {resident / MIB:.1f} MiB")
        self.check(f"memory {state}", private, MEMORY_BUDGET[state], "MiB", MIB)


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=here / "build/lite/bin", type=pathlib.Path, help="folder with weir and weir-daemon")
    lite = Lite(parser.parse_args().bin.resolve().parent)
    lite.sizes()
    lite.memory()
    return 1 if lite.broken else 0


if __name__ == "__main__":
    sys.exit(main())
