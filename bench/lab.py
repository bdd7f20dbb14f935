"""What every benchmark needs: a server on loopback, measured runs of programs, statistics."""
import filecmp
import os
import pathlib
import random
import resource
import shutil
import signal
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field

MIB = 1 << 20
GIB = 1 << 30
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Sample:
    """One run. Seconds, CPU seconds, bytes."""
    complete: float          # until all bytes had come
    durable: float           # until they were synced as well
    cpu: float
    rss: int
    machine: float = 0       # CPU seconds of everything that runs, servers and the kernel's writing too, until durable


@dataclass
class Series:
    samples: list = field(default_factory=list)

    def median(self, name):
        return statistics.median(getattr(s, name) for s in self.samples)

    def spread(self, name):
        values = [getattr(s, name) for s in self.samples]
        return min(values), max(values)


class BenchError(Exception):
    """The run cannot be counted; the message says why."""


def make_random_file(path, size, seed):
    """Random bytes, made once: a file of the right size is taken for the right one."""
    if path.exists() and path.stat().st_size == size:
        return
    source = random.Random(seed)
    with open(path, "wb") as file:
        left = size
        while left:
            piece = source.randbytes(min(left, 4 * MIB))
            file.write(piece)
            left -= len(piece)


def make_small_files(folder, count, seed):
    """`count` files of 4 to 64 KiB."""
    folder.mkdir(exist_ok=True)
    source = random.Random(seed)
    for number in range(count):
        size = source.randint(4 * 1024, 64 * 1024)
        data = source.randbytes(size)
        path = folder / f"{number:05}.bin"
        if not path.exists() or path.stat().st_size != size:
            path.write_bytes(data)


def same_bytes(one, other):
    filecmp.clear_cache()  # it goes by size and time, and both may be the same again
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def sync_volume(path):
    """As `sync -f`: everything on the file system of `path`."""
    subprocess.run(["sync", "-f", str(path)], check=True)


def settle():
    """Nothing of the run before may still be on its way to the disk."""
    os.sync()
    time.sleep(0.2)


def fill_page_cache(folder):
    """A machine in use has no free memory, only clean page cache that gives way. A freshly started virtual machine has: its host took
    that memory back, and each first touch costs as much as the whole transfer. Reading holes makes the one from the other."""
    def free():
        lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("MemFree:")).split()[1]) << 10

    piece, keep = 8 << 20, 768 << 20
    path = pathlib.Path(folder) / "holes"
    if not path.exists():
        with open(path, "wb") as file:
            file.truncate(64 << 30)
    buffer = bytearray(piece)
    with open(path, "rb", buffering=0) as file:
        at = fill_page_cache.at
        for _ in range((64 << 30) // piece):
            if free() < keep:
                break
            os.preadv(file.fileno(), [buffer], at)
            at = (at + piece) % (64 << 30)
        fill_page_cache.at = at


fill_page_cache.at = 0


def run_measured(argv, cwd, env=None, limit=600):
    """Runs to the end; (seconds, CPU seconds, peak RSS). Raises BenchError when it fails."""
    log = pathlib.Path(cwd) / ".." / "last-run.log"
    with open(log, "wb") as out:
        begin = time.monotonic()
        process = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        peak = PeakWatch(process.pid, limit)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
    if peak.finish():
        raise BenchError(f"{argv[0]} did not end within {limit} s")
    if process.returncode != 0:
        tail = log.read_text(errors="replace")[-500:]
        raise BenchError(f"{' '.join(argv[:4])} ... ended with {process.returncode}: {tail}")
    return seconds, usage.ru_utime + usage.ru_stime, peak.bytes


class PeakWatch:
    """Looks at a process's peak memory while it runs (what wait4 tells begins with this program's own), and ends it when it
    takes too long."""

    def __init__(self, pid, limit):
        self.pid, self.bytes, self.killed = pid, 0, False
        self.deadline = time.monotonic() + limit
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.over.wait(0.02):
            self.bytes = max(self.bytes, process_peak(self.pid))
            if time.monotonic() > self.deadline and not self.killed:
                self.killed = True
                os.kill(self.pid, signal.SIGKILL)

    def finish(self):
        self.over.set()
        self.thread.join()
        return self.killed


def process_cpu(pid):
    """CPU seconds of a running process, its ended threads included."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def machine_cpu():
    """CPU seconds that this machine was busy since it started."""
    user, nice, system, _, _, irq, softirq = map(int, pathlib.Path("/proc/stat").read_text().split(None, 8)[1:8])
    return (user + nice + system + irq + softirq) / TICK


def process_peak(pid, reset=False):
    """Peak RSS since the last reset."""
    if reset:
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
        return 0
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_certificate(folder, address="127.0.0.1"):
    key, certificate = folder / "key.pem", folder / f"cert-{address}.pem"
    if not certificate.exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-subj", "/CN=weir bench", "-addext", f"subjectAltName=IP:{address},DNS:localhost",
                        "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return key, certificate


NGINX = """
daemon off;
worker_processes {workers};
pid {state}/nginx.pid;
error_log {state}/error.log warn;
{user}
events {{ worker_connections 4096; }}
http {{
    log_format done '$msec $status $body_bytes_sent';
    access_log {state}/access.log done;
    client_body_temp_path {state}/t1; proxy_temp_path {state}/t2; fastcgi_temp_path {state}/t3;
    uwsgi_temp_path {state}/t4; scgi_temp_path {state}/t5;
    sendfile on; tcp_nopush on; keepalive_timeout 60s; keepalive_requests 1000000;
    default_type application/octet-stream;
    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_session_cache shared:s:1m;
    http2_max_concurrent_streams 128;
    # Connections of 0.5 to 8 MiB/s by turns.
    map $connection $uneven {{ ~[05]$ 512k; ~[16]$ 8m; ~[27]$ 2m; ~[38]$ 4m; default 1m; }}
    server {{
        listen {address}:{http};
        listen {address}:{https} ssl;
        listen {address}:{h2} ssl http2;
        root {root};
        location / {{ }}
        location /capped/ {{ alias {root}/; limit_rate 4m; }}
        location /uneven/ {{ alias {root}/; limit_rate $uneven; }}
    }}
}}
"""
UNEVEN_MEAN = (0.5 + 8 + 2 + 4 + 1) / 5 * MIB


class Nginx:
    """nginx with a configuration and a folder of its own; `prefix` puts it into a network namespace."""

    def __init__(self, state, root, address="127.0.0.1", prefix=()):
        self.state = state
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir(parents=True)
        self.address = address
        self.ports = {name: free_port() for name in ("http", "https", "h2")}
        key, self.certificate = make_certificate(state, address)
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        (state / "nginx.conf").write_text(NGINX.format(
            workers=os.cpu_count(), state=state, user="user root;" if os.getuid() == 0 else "", root=root,
            certificate=self.certificate, key=key, address=address, **self.ports))
        self.process = subprocess.Popen([*prefix, program, "-c", str(state / "nginx.conf"), "-p", str(state), "-e", str(state / "error.log")],
                                        stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not (state / "nginx.pid").exists() or not (state / "nginx.pid").read_text().strip():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchError("nginx did not start: " + (state / "error.log").read_text(errors="replace")[-500:])
            time.sleep(0.02)
        self.log = open(state / "access.log", "r", encoding="ascii")

    def url(self, path, kind="http"):
        scheme = "http" if kind == "http" else "https"
        return f"{scheme}://{self.address}:{self.ports[kind]}/{path}"

    def skip_log(self):
        self.log.seek(0, os.SEEK_END)

    def last_reply(self):
        """When (time.time()) the last reply since skip_log() had been sent."""
        return max((float(line.split()[0]) for line in self.log), default=None)

    def close(self):
        self.log.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)


def versions(programs):
    """The first line of each program's --version."""
    found = {}
    for name, argv in programs.items():
        try:
            reply = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
            text = (reply.stdout + reply.stderr).strip().splitlines()
            found[name] = text[0].strip() if text else "unknown"
        except OSError:
            found[name] = "not there"
    return found


def raise_file_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    return soft
