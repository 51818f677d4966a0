"""A shop's own network: a switch at which this house hangs, and machines in namespaces, each with a MAC of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import pytest
from bridge_rig import PrinterProcess
from waiting import eventually

LANE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
NET = f"198.18.{80 + LANE}"
"""From the range for tests of networks: no real network has it. Each lane of the tests has its own."""
BOX = f"{NET}.1"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class Machine:
    """One namespace with one cable to the switch."""

    def __init__(self, name: str, mac: str) -> None:
        self.space = f"tp{os.getpid()}-{name}"
        self.mac = mac
        self._host = ""

    def ip(self, words: str) -> None:
        ip("-n", self.space, *words.split())

    def moves_to(self, host: str) -> None:
        """Has this address from now on, and no other. It tells nobody."""
        if self._host:
            self.ip(f"addr del {self._host}/24 dev lan")
        if host:
            self.ip(f"addr add {host}/24 dev lan")
        self._host = host

    def speaks_up(self) -> None:
        """As whatever is switched on does, be it to its router: who hears it knows its address and its MAC."""
        subprocess.run(self.command("bash", "-c", f"echo > /dev/udp/{BOX}/9"), check=True)

    def pull_the_plug(self) -> None:
        self.ip("link set lan down")

    def command(self, *words: str) -> tuple[str, ...]:
        return ("ip", "netns", "exec", self.space, *words)


class ShopNetwork:
    """Use it in a `with`: all of it is gone afterwards, whatever happened inside."""

    def __init__(self) -> None:
        self._switch = f"tps{os.getpid()}"
        self._cables = 0
        self._made = ExitStack()

    def __enter__(self) -> ShopNetwork:
        with ExitStack() as made:
            ip("link", "add", self._switch, "type", "bridge")
            made.callback(ip, "link", "del", self._switch)
            ip("addr", "add", f"{BOX}/24", "dev", self._switch)
            ip("link", "set", self._switch, "up")
            self._made = made.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._made.close()

    def machine(self, name: str, mac: str, host: str = "") -> Machine:
        made = Machine(name, mac)
        self._cables += 1
        cable = f"{self._switch}c{self._cables}"
        ip("netns", "add", made.space)
        self._made.callback(ip, "netns", "del", made.space)
        ip("link", "add", cable, "type", "veth", "peer", "name", "lan", "netns", made.space)
        self._made.callback(ip, "link", "del", cable)  # by its name: a dead connection may hold the namespace for long
        ip("link", "set", cable, "master", self._switch, "up")
        made.ip(f"link set lan address {mac}")
        made.ip("link set lo up")
        made.ip("link set lan up")
        made.moves_to(host)
        return made


def can_make_networks() -> bool:
    """Only root may, and not in every container."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return False
    try:
        with ShopNetwork() as shop:
            subprocess.run(shop.machine("try", "02:00:5e:79:00:fe").command("true"), check=True)
    except subprocess.CalledProcessError:
        return False
    return True


def need_networks() -> None:
    """A person's run without the right is skipped, and says why. Where each change is checked (`CI`) the proof must not
    be missing without anybody noticing."""
    if can_make_networks():
        return
    reason = "only root may make networks, and not in every container"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


class NetworkPrinter(PrinterProcess):
    """A virtual printer on a machine of the shop's network, port 9100."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self.machine = machine
        self.before = machine.command()
        super().__init__(folder, '[[printer]]\nname = "paper"\nkind = "tcp"\nbaud = 115200\nlisten = "0.0.0.0:9100"\n')

    def count(self, number: str) -> int:
        """Papers on which this slip stands."""
        return sum(number in paper for paper in self.papers("paper"))

    def has(self, number: str) -> None:
        """It is on one paper. The proof of a slip comes before its cut."""
        eventually(f"slip {number} falls out", lambda: self.count(number) > 0, seen=lambda: self.papers("paper"))
        assert self.count(number) == 1
