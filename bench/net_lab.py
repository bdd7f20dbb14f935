"""Machines on one switch: network namespaces joined by a bridge, each line with a rate of its own if wanted. Needs root."""
import os
import subprocess

from lab import BenchError


def run(*argv, text=None):
    reply = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if reply.returncode != 0:
        raise BenchError(f"{' '.join(argv)}: {reply.stderr.strip()}")


class NetLab:
    """with NetLab({"name": count of addresses, ...}, mbit) as net: programs started with `net.on(name)` before their arguments run there."""

    def __init__(self, machines, mbit=0):
        self.mbit = mbit
        self.spaces = {name: f"weir-{os.getpid()}-{name}" for name in machines}
        self.switch = f"weir-{os.getpid()}-switch"
        self.addresses, number = {}, 0
        for name, count in machines.items():
            self.addresses[name] = [f"10.213.{8 + (number + i) // 200}.{1 + (number + i) % 200}" for i in range(count)]
            number += count

    @staticmethod
    def missing():
        """Why it can't be had here; empty: it can."""
        return "" if os.getuid() == 0 else "network namespaces need root"

    def on(self, name):
        return ["ip", "netns", "exec", self.spaces[name]]

    def address(self, name):
        return self.addresses[name][0]

    def __enter__(self):
        try:
            run("ip", "netns", "add", self.switch)
            run("ip", "-n", self.switch, "link", "add", "switch", "type", "bridge")
            run("ip", "-n", self.switch, "link", "set", "switch", "up")
            for number, name in enumerate(self.spaces):
                self.connect(name, number)
            self.introduce()
            return self
        except BaseException:
            self.__exit__()
            raise

    @staticmethod
    def station(number):
        """The hardware address of a machine."""
        return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"

    def introduce(self):
        """All addresses to all machines. The kernel has one table of neighbours for all namespaces, and a fleet that asks around
        overflows it; what was told does not count there."""
        for here, space in self.spaces.items():
            lines = [f"neigh add {address} lladdr {self.station(number)} dev line nud permanent" for number, name in enumerate(self.spaces)
                     if name != here for address in self.addresses[name]]
            run("ip", "-n", space, "-batch", "-", text="\n".join(lines))

    def connect(self, name, number):
        space, port = self.spaces[name], f"port{number}"
        run("ip", "netns", "add", space)
        run("ip", "-n", space, "link", "set", "lo", "up")
        run("ip", "-n", space, "link", "add", "line", "address", self.station(number), "type", "veth", "peer", "name", port, "netns", self.switch)
        for address in self.addresses[name]:
            run("ip", "-n", space, "address", "add", f"{address}/16", "dev", "line")
        run("ip", "-n", space, "link", "set", "line", "up")
        run("ip", "-n", self.switch, "link", "set", port, "master", "switch", "up")
        if self.mbit:
            for where, device in ((space, "line"), (self.switch, port)):
                # Whole packets, not the kernel's bundles of them, which would need a bucket as large as they are.
                run("tc", "-n", where, "qdisc", "add", "dev", device, "root", "tbf", "rate", f"{self.mbit}mbit", "burst", "64kb", "latency", "50ms")

    def sent(self, name):
        """Bytes that left this machine."""
        reply = subprocess.run([*self.on(name), "cat", "/sys/class/net/line/statistics/tx_bytes"], capture_output=True, text=True, check=True)
        return int(reply.stdout)

    def __exit__(self, *_):
        for space in [*self.spaces.values(), self.switch]:
            subprocess.run(["ip", "netns", "delete", space], capture_output=True, check=False)
