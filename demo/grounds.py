"""Where the parties of the swarm demo live: each on a machine of its own with a slow line, or, without root, all on loopback."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
from net_lab import NetLab  # noqa: E402 (found by the line above)


class Machines(NetLab):
    """Each party is a network namespace whose line carries so much in each direction. Nothing reaches the real network."""

    per_connection = 0  # the origin's line is what limits it

    def __init__(self, names, mbit):
        super().__init__({name: 1 for name in names}, mbit)
        self.said = f"each party on a machine of its own (a network namespace) with a line of {mbit:g} Mbit/s each way; weir as it comes, nothing configured"

    def config(self, _name):
        return None


class Loopback:
    """Each party has an address of its own, and limits in place of a line."""

    def __init__(self, names, mbit, shares):
        self.addresses = {name: f"127.0.77.{number + 1}" for number, name in enumerate(names)}
        self.rate = int(mbit * 125_000)
        self.per_connection = self.rate // shares
        self.said = (f"no root, so no machines: all on loopback. weir is told its address, limits of {mbit:g} Mbit/s each way, and to look for nobody "
                     f"outside; the origin gives each connection {mbit / shares:.1f} Mbit/s, its line divided by the recipients")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def on(self, _name):
        return []

    def address(self, name):
        return self.addresses[name]

    def config(self, name):
        return {"network.bindTo": self.address(name), "limits.down": str(self.rate), "limits.up": str(self.rate), "bt.dht.enabled": False,
                "bt.lsd": False, "bt.portMapping": False}
