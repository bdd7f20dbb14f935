"""Where the parties of the swarm demo live: each on a machine of its own with a slow line, or, without root, all on loopback."""
import pathlib
import sys

from slow_line import SlowLine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
from net_lab import NetLab  # noqa: E402 (found by the line above)


class Machines(NetLab):
    """Each party is a network namespace whose line carries so much in each direction. Nothing reaches the real network."""

    def __init__(self, names, mbit):
        super().__init__({name: 1 for name in names}, mbit)
        self.said = f"each party on a machine of its own (a network namespace), its line {mbit:g} Mbit/s each way; weir as it comes, nothing configured"

    def config(self, _name):
        return None

    def web_address(self, name, port):
        """Where others find the server that listens on `port`."""
        return f"{self.address(name)}:{port}"


class Loopback:
    """Each party has an address of its own, and limits in place of a line: weir's own ones, and a SlowLine before a web server."""

    def __init__(self, names, mbit):
        self.addresses = {name: f"127.0.77.{number + 1}" for number, name in enumerate(names)}
        self.rate = int(mbit * 125_000)
        self.lines = []
        self.said = (f"no root, so no machines: all on loopback. The servers are behind a relay of {mbit:g} Mbit/s; weir is told its address, limits of as much "
                     "each way, and to look for nobody outside")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for line in self.lines:
            line.close()

    def on(self, _name):
        return []

    def address(self, name):
        return self.addresses[name]

    def config(self, name):
        return {"network.bindTo": self.address(name), "limits.down": str(self.rate), "limits.up": str(self.rate), "bt.dht.enabled": False,
                "bt.lsd": False, "bt.portMapping": False}

    def web_address(self, name, port):
        self.lines.append(SlowLine(self.address(name), port, self.rate))
        return f"{self.address(name)}:{self.lines[-1].port}"
