"""A network device is found again by its hardware address (MAC) when a router has given it another one of its own.

The bridge learns the MAC behind a `socket://` address of its own link at the first connection, and remembers it. From
then on a connection counts only with that device: another one at its old address gets no byte.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from ipaddress import AddressValueError, IPv4Address

from firmware_bridge.device import OpenLine
from firmware_bridge.errors import PortError
from firmware_bridge.journal import Journal, Peer
from firmware_bridge.neighbours import Neighbours
from firmware_bridge.ports.descriptor import Descriptor
from firmware_bridge.ports.opening import open_port
from firmware_bridge.ports.serial_port import FLOWS
from firmware_bridge.ports.tcp_port import SCHEME, TcpPort, host_and_port
from gateway.contract.messages import DeviceDesired

log = logging.getLogger(__name__)

MISSED_S = 10.0
"""Without a connection: a printer that is switched off and on is back by then, and nobody is asked."""
REPLACED_LOOKS = 2
"""Looks that did not find the old device, while another one answers at its address: a person has replaced it."""
MOST_PLACES = 4
"""Addresses of one MAC. One that answers for more is a repeater or a router, and says nothing of who is behind it."""


def way_to(device: DeviceDesired, journal: Journal, neighbours: Neighbours) -> OpenLine:
    """How the line of this device is opened."""
    if device.port.startswith(SCHEME):
        return Following(device.name, journal, neighbours).open
    return partial(open_port, flow=device.options.get("flow", FLOWS[0]))


class Following:
    """The way to one device, for its thread. `open` makes one try: at most CONNECT_S, and CLOSE_S for a stranger."""

    def __init__(
        self, device: str, journal: Journal, neighbours: Neighbours, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._device = device
        self._journal = journal
        self._neighbours = neighbours
        self._clock = clock
        self._tried: dict[str, float] = {}
        self._missed_since: float | None = None
        self._looks_then = 0
        """Looks that had ended when it was first missed."""

    def open(self, url: str, baud: int) -> Descriptor:
        """As `open_port`, for `socket://` only. Raises PortError."""
        try:
            home, port = host_and_port(url)
            IPv4Address(home)
        except (ValueError, AddressValueError):
            return TcpPort(url)  # a name, or IPv6: whoever gives names to addresses follows them already
        peer = self._journal.peer(self._device, url)
        at = home if peer is None else self._choose(home, port, peer)
        self._tried[at] = self._clock()
        try:
            line = TcpPort(f"{SCHEME}{at}:{port}")
        except PortError:
            if self._missed_for(home) >= MISSED_S and peer is not None:
                self._neighbours.look(home)
            raise
        try:
            self._judge(at, home, port, url, peer)
        except PortError:
            line.close()  # to which no byte was written
            raise
        self._tried.clear()
        self._missed_since = None
        line.moved_to = "" if at == home else f"{at}:{port}"
        return line

    def _choose(self, home: str, port: int, peer: Peer) -> str:
        """Where it was last, where the settings say, where the kernel sees it: whatever was not tried for longest."""
        seen = self._neighbours.hosts_of(peer.mac)
        if len(seen) > MOST_PLACES or len(self._owners(peer.mac, port)) > 1:
            return home
        places = dict.fromkeys([peer.host, home, *seen])
        return min(places, key=lambda place: self._tried.get(place, float("-inf")))

    def _missed_for(self, home: str) -> float:
        """Seconds."""
        now = self._clock()
        if self._missed_since is None:
            self._missed_since, self._looks_then = now, self._neighbours.looks(home)
        return now - self._missed_since

    def _judge(self, at: str, home: str, port: int, url: str, peer: Peer | None) -> None:
        """Whether whoever answers at `at` is the one. Remembers who it is; raises PortError when it is not."""
        mac = self._neighbours.mac_of(at)
        if mac is None:
            if at != home:
                raise PortError("unplugged", f"{at} is no neighbour of ours")
            return  # behind a router, or on this machine: nobody can tell who it is
        if peer is None:
            log.info("%s: its hardware address is %s", self._device, mac)
        elif mac != peer.mac:
            self._meet_stranger(at, home, port, mac, peer)
        elif at != peer.host:
            log.warning("%s: %s is at %s now", self._device, mac, at)
        if peer is None or (peer.mac, peer.host) != (mac, at):
            self._journal.remember_peer(self._device, Peer(url, mac, at))

    def _meet_stranger(self, at: str, home: str, port: int, mac: str, peer: Peer) -> None:
        """Returns when a person has put this one in the place of the old one; raises PortError else."""
        self._missed_for(home)
        self._neighbours.look(home)
        if at == home:
            looks = self._neighbours.looks(home) - self._looks_then
            elsewhere = set(self._neighbours.hosts_of(peer.mac)) - {home}
            # Another of our printers, unless it answers elsewhere too: that is a new repeater in front of several.
            ours = self._owners(mac, port) and not set(self._neighbours.hosts_of(mac)) - {home}
            if looks >= REPLACED_LOOKS and not elsewhere and not ours:
                log.warning("%s: %s is nowhere; %s has taken its place at %s", self._device, peer.mac, mac, at)
                self._journal.note_replaced(self._device, peer.port)
                return
        raise PortError("unplugged", f"{at} is another device now: {mac}, not {peer.mac}")

    def _owners(self, mac: str, port: int) -> list[str]:
        """Our devices that are known to be this one; a box with several printers has a port for each."""
        peers = self._journal.peers()
        return [name for name, one in peers.items() if one.mac == mac and host_and_port(one.port)[1] == port]
