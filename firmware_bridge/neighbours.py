"""The neighbours of this box on its own links, as the kernel knows them. Nothing here needs root, and nothing here
speaks with what it finds: to be asked for its hardware address (MAC) is all that a neighbour notices.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

TABLE = Path("/proc/net/arp")
ROUTES = Path("/proc/net/route")
COMPLETE = 0x2
"""Flag of a row whose neighbour has answered; others are only asked for."""
ETHERNET = "0x1"
LARGEST_PREFIX = 22
"""At most 1022 addresses: the kernel's table holds 1024 in all (gc_thresh3)."""
LOOK_EVERY_S = 15.0
"""From one look over a network to the next. A row that nobody answers for any more takes the kernel 8 s to give up, so
that the second look no longer sees what had stood there for long."""
SLICE = 128
"""Datagrams at once: each waits in its socket for an address, and the kernel's usual buffer takes about 150."""
SLICE_S = 0.5
ANSWER_S = 1.0
"""A neighbour answers within milliseconds, one whose radio sleeps within a second."""
DISCARD = 9
"""Whoever still listens on this UDP port throws away what comes."""


class Neighbours:
    """One for the whole bridge. Any thread may call; only `look` starts something, and nothing waits."""

    def __init__(
        self, table: Path = TABLE, routes: Path = ROUTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._table = table
        self._routes = routes
        self._clock = clock
        self._lock = threading.Lock()
        self._looking = False
        self._began: dict[IPv4Network, float] = {}
        self._looks: dict[IPv4Network, int] = {}

    def mac_of(self, host: str) -> str | None:
        """The hardware address that answers for this address; None where there is no neighbour: behind a router, on
        loopback, or nobody."""
        return dict(self._rows()).get(host)

    def hosts_of(self, mac: str) -> list[str]:
        """The addresses for which this neighbour has answered, also long ago."""
        return [host for host, its in self._rows() if its == mac]

    def look(self, host: str) -> None:
        """Makes the kernel ask the whole network of this address, in a thread of 2 s for a /24. Does nothing while one
        is under way, within LOOK_EVERY_S of the last one, or where there is no such link."""
        network = self.network_of(host)
        if network is None:
            return
        with self._lock:
            due = self._clock() - self._began.get(network, float("-inf")) >= LOOK_EVERY_S
            if self._looking or not due:
                return
            self._looking = True
            self._began[network] = self._clock()
        threading.Thread(target=self._ask_all, args=(network,), name="neighbours", daemon=True).start()

    def looks(self, host: str) -> int:
        """How many looks over the network of this address have ended."""
        network = self.network_of(host)
        return 0 if network is None else self._looks.get(network, 0)

    def network_of(self, host: str) -> IPv4Network | None:
        """The directly connected network of this address, of a large one the part around it. None behind a router."""
        address = IPv4Address(host)
        for network in connected_networks(self._routes):
            if address in network:
                part = IPv4Network((address, LARGEST_PREFIX), strict=False)
                return network if network.prefixlen >= LARGEST_PREFIX else part
        return None

    def _rows(self) -> Iterator[tuple[str, str]]:
        for line in _lines(self._table):
            match line.split():
                case [host, kind, flags, mac, *_] if kind == ETHERNET and int(flags, 16) & COMPLETE:
                    yield host, mac.lower()

    def _ask_all(self, network: IPv4Network) -> None:
        try:
            hosts = [str(host) for host in network.hosts()]
            for at in range(0, len(hosts), SLICE):
                _ask(hosts[at : at + SLICE])
                time.sleep(SLICE_S)
            time.sleep(ANSWER_S)
        finally:
            with self._lock:
                self._looking = False
                self._looks[network] = self._looks.get(network, 0) + 1


def connected_networks(routes: Path = ROUTES) -> list[IPv4Network]:
    """The networks that need no router: those of our own links. Without point-to-point ones."""
    return [network for _, network in links(routes)]


def links(routes: Path = ROUTES) -> list[tuple[str, IPv4Network]]:
    """The same, each with the name of its link, such as `eth0`."""
    found = []
    for line in _lines(routes):
        match line.split():
            case [name, destination, gateway, _, _, _, _, mask, *_] if int(gateway, 16) == 0 and int(mask, 16):
                network = IPv4Network((_address(destination), str(IPv4Address(_address(mask)))))
                if network.prefixlen <= 30:
                    found.append((name, network))
    return found


def _ask(hosts: list[str]) -> None:
    """One byte to each: before it can leave the kernel must know who has the address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        for host in hosts:
            with suppress(OSError):  # no room, or no way there: the next look asks again
                line.sendto(b"\0", (host, DISCARD))


def _address(word: str) -> int:
    """Of the kernel's hexadecimal number, whose bytes stand in the order of this machine."""
    return int.from_bytes(int(word, 16).to_bytes(4, "little"), "big")


def _lines(table: Path) -> list[str]:
    """Without the heading; none where this kernel has no such table."""
    try:
        return table.read_text(encoding="ascii", errors="replace").splitlines()[1:]
    except OSError:
        return []
