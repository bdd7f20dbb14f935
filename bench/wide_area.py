"""A wide-area link between two network namespaces, by the program that WEIR_WANEM names. Needs root and /dev/net/tun."""
import os
import pathlib
import subprocess

from lab import BenchError


def ip(*arguments):
    reply = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if reply.returncode != 0:
        raise BenchError(f"ip {' '.join(arguments)}: {reply.stderr.strip()}")


class WideArea:
    """with WideArea(...) as link: programs started with `link.server` and `link.client` before their arguments are on its two ends."""

    server_address, client_address = "10.213.7.1", "10.213.7.2"

    def __init__(self, work, delay_ms, mbit, loss=0.0, queue_kb=2500, control="cubic"):
        self.numbers = [str(int(delay_ms * 1000)), str(mbit), str(queue_kb), str(int(loss * 1e6))]
        self.work, self.control = pathlib.Path(work), control
        pid = os.getpid()
        self.spaces = [f"weir-a-{pid}", f"weir-b-{pid}"]
        self.devices = [f"weira{pid % 10000}", f"weirb{pid % 10000}"]
        self.process = None

    @staticmethod
    def missing():
        """Why it can't be had here; empty: it can."""
        program = os.environ.get("WEIR_WANEM", "")
        if not program:
            return "WEIR_WANEM does not name the program of a wide-area link"
        if not os.access(program, os.X_OK):
            return f"WEIR_WANEM is {program}, which is no program"
        if os.getuid() != 0:
            return "network namespaces need root"
        return "" if os.path.exists("/dev/net/tun") else "/dev/net/tun is not there"

    @property
    def server(self):
        return ["ip", "netns", "exec", self.spaces[0]]

    @property
    def client(self):
        return ["ip", "netns", "exec", self.spaces[1]]

    def __enter__(self):
        try:
            for space in self.spaces:
                ip("netns", "add", space)
            self.process = subprocess.Popen([os.environ["WEIR_WANEM"], self.spaces[0], self.devices[0], self.spaces[1], self.devices[1],
                                             *self.numbers], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if self.process.stdout.readline().strip() != b"up":
                raise BenchError("the wide-area link did not come up")
            for space, device, address in zip(self.spaces, self.devices, (self.server_address, self.client_address)):
                ip("-n", space, "link", "set", "lo", "up")
                ip("-n", space, "address", "add", f"{address}/24", "dev", device)
                ip("-n", space, "link", "set", device, "up")
                # By route, because the setting of a whole namespace may be out of reach.
                ip("-n", space, "route", "replace", "10.213.7.0/24", "dev", device, "congctl", self.control)
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process:
            self.process.stdin.close()
            self.process.wait(timeout=5)
        for space in self.spaces:
            subprocess.run(["ip", "netns", "delete", space], capture_output=True, check=False)
