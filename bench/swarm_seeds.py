#!/usr/bin/python3
"""Seeds, a tracker that names them, and a server with the same file, for swarm_bench.py; ends when its input does.

    swarm_seeds.py JSON     {"torrent", "folder", "seeds": ["ADDRESS:PORT"...], "rate", "tracker": "ADDRESS:PORT", "web": "ADDRESS:PORT", "webRate"}
All but the first two may be missing. `rate`: bytes a second of all seeds together. Run by the distribution's own Python,
which has libtorrent.
"""
import http.server
import json
import os
import pathlib
import socket
import sys
import threading
import time
import urllib.parse

PIECE = 32 << 10


def open_seed(address, torrent, folder, rate):
    import libtorrent as lt
    # A limited seed answers once a tick. Over uTP all clients would show is how it gives way to a busy machine.
    host = address.rsplit(":", 1)[0]
    session = lt.session({"listen_interfaces": address, "outgoing_interfaces": host, "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
                          "enable_natpmp": False, "enable_outgoing_utp": False, "enable_incoming_utp": False, "tick_interval": 50,
                          "rate_limit_ip_overhead": False, "allow_multiple_connections_per_ip": True, "alert_mask": 0})
    wish = lt.add_torrent_params()
    wish.ti = lt.torrent_info(torrent)
    wish.save_path = folder
    wish.trackers = []
    wish.flags = lt.torrent_flags.seed_mode | lt.torrent_flags.override_trackers | lt.torrent_flags.override_web_seeds
    if rate:
        wish.upload_limit = rate
    session.add_torrent(wish)
    return session


class Server(http.server.ThreadingHTTPServer):
    """HTTP/1.1 with one rate for all connections together; counts what it sends."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, handler):
        host, port = address.rsplit(":", 1)
        super().__init__((host, int(port)), handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Rate:
    def __init__(self, bytes_per_second):
        self.rate, self.lock, self.paid = bytes_per_second, threading.Lock(), time.monotonic()

    def take(self, count):
        if not self.rate:
            return
        with self.lock:
            now = time.monotonic()
            self.paid = max(self.paid, now - 0.3) + count / self.rate
            wait = self.paid - now
        if wait > 0:
            time.sleep(wait)


def tracker(address, seeds):
    """Names the seeds, and whoever has announced himself."""
    known = dict.fromkeys(seeds)

    class Tracker(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            me = f"{self.client_address[0]}:{asked['port'][0]}" if "port" in asked else ""
            named = [peer for peer in known if peer != me]
            if me:
                known[me] = None
            peers = b"".join(socket.inet_aton(s.rsplit(":", 1)[0]) + int(s.rsplit(":", 1)[1]).to_bytes(2, "big") for s in named)
            body = b"d8:intervali1800e5:peers%d:%be" % (len(peers), peers)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Server(address, Tracker)


def web(address, folder, rate):
    limit = Rate(rate)

    class Files(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = pathlib.Path(folder) / os.path.basename(self.path)
            if not path.is_file():
                return self.send_error(404)
            size = path.stat().st_size
            first, last, status = 0, size - 1, 200
            if (asked := self.headers.get("Range", "")).startswith("bytes="):
                begin, _, end = asked[6:].partition("-")
                first, last, status = int(begin), min(int(end or size - 1), size - 1), 206
            self.send_response(status)
            self.send_header("Content-Length", str(last - first + 1))
            self.send_header("Accept-Ranges", "bytes")
            if status == 206:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.end_headers()
            with open(path, "rb") as file:
                file.seek(first)
                left = last - first + 1
                while left:
                    piece = file.read(min(left, PIECE))
                    limit.take(len(piece))
                    self.wfile.write(piece)
                    left -= len(piece)

        def log_message(self, *_):
            pass

        def handle(self):
            try:
                super().handle()
            except OSError:
                pass  # the client has gone

    return Server(address, Files)


def main():
    wish = json.loads(sys.argv[1])
    seeds = wish.get("seeds", [])
    rate = wish.get("rate", 0) // max(1, len(seeds))
    parts = [open_seed(s, wish["torrent"], wish["folder"], rate) for s in seeds]
    if "tracker" in wish:
        parts.append(tracker(wish["tracker"], seeds))
    if "web" in wish:
        parts.append(web(wish["web"], wish["folder"], wish.get("webRate", 0)))
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)  # nothing of it is worth an orderly end


if __name__ == "__main__":
    main()
