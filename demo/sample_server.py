#!/usr/bin/env python3
"""A small HTTP server with one large file, for the demo.

The file's bytes follow from its size alone, ranges and If-Range are answered as RFC 9110 says, and every connection is
held to a rate. Runs by itself (`sample_server.py --port 8000`) or inside another program (`SampleServer`).
"""
import argparse
import hashlib
import http.server
import random
import re
import struct
import sys
import threading
import time

BLOCK = 1 << 20
SLICE = 64 * 1024
PATTERN = random.Random(20250701).randbytes(BLOCK)


def block(number):
    """The file's MiB of that number: no two are alike, so a misplaced one is noticed."""
    return struct.pack("<Q", number) + PATTERN[8:]


def sha256(size):
    digest = hashlib.sha256()
    for number in range(0, (size + BLOCK - 1) // BLOCK):
        digest.update(block(number)[: min(BLOCK, size - number * BLOCK)])
    return digest.hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "weir-sample"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        site = self.server.site
        if self.path != site.path:
            self.send_error(404)
            return
        first, last = 0, site.size - 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        part = asked and (condition is None or condition == site.etag)
        if part:
            first = int(asked[1])
            last = min(last, int(asked[2])) if asked[2] else last
            if first >= site.size or last < first:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{site.size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", f"bytes {first}-{last}/{site.size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", site.etag)
        self.end_headers()
        if body:
            self.send_body(first, last + 1)

    def send_body(self, at, end):
        site = self.server.site
        begin, start = at, time.monotonic()
        with site.lock:
            site.active += 1
            site.peak = max(site.peak, site.active)
        try:
            while at < end:
                inside = at % BLOCK
                data = block(at // BLOCK)[inside : min(BLOCK, inside + SLICE, inside + end - at)]
                self.wfile.write(data)
                at += len(data)
                with site.lock:
                    site.sent += len(data)
                if site.rate:
                    time.sleep(max(0.0, start + (at - begin) / site.rate - time.monotonic()))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with site.lock:
                site.active -= 1


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """Who ends a connection has its reasons."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, address)


class SampleServer:
    """Serves until close(). `sent`, `peak`: bytes of bodies so far, most replies at the same time."""

    def __init__(self, size=256 << 20, rate=0, port=0, name="sample.bin"):
        self.size, self.rate, self.path = size, rate, "/" + name
        self.etag = f'"sample-{size}"'
        self.lock = threading.Lock()
        self.sent = self.active = self.peak = 0
        self.http = Server(("127.0.0.1", port), Handler)
        self.http.site = self
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_address[1]}{self.path}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def main():
    parser = argparse.ArgumentParser(description="Serves one large file with ranges.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mib", type=int, default=256, help="size of the file")
    parser.add_argument("--rate", type=float, default=0, help="MB/s for each connection; 0: no limit")
    options = parser.parse_args()
    site = SampleServer(options.mib << 20, options.rate * 1e6, options.port)
    print(site.url, flush=True)
    try:
        site.thread.join()
    except KeyboardInterrupt:
        site.close()


if __name__ == "__main__":
    main()
