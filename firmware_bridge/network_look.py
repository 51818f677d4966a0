"""A look into the network for printers, in a process of its own that ends with it: the library for mDNS would stay in
the bridge's memory (5 MB of the 40 that it may have).

`python -m firmware_bridge.network_look [--scan] [--skip HOST ...]` prints one JSON array of what was found. It asks who
is there; it writes no byte to any printer.
"""

from __future__ import annotations

import argparse
import errno
import json
import select
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, Zeroconf

from firmware_bridge.neighbours import ROUTES, links

RAW_PORT = 9100
"""Where printers take raw bytes, whatever else they offer."""
RAW = "_pdl-datastream._tcp.local."
TYPES = (RAW, "_printer._tcp.local.", "_ipp._tcp.local.")
LISTEN_S = 3.0
"""The question goes out at once and again after a second; a printer answers within a quarter of a second."""
DETAILS_S = 2.0
"""For all whose answer came without address or port; most send everything at once."""
MOST_ANNOUNCED = 64
"""More printers than a shop has; whoever floods us with names is cut off here."""
LONGEST_TEXT = 64
"""Characters of a name or a model, as some stranger on the network says it."""
SCANNED_PREFIX = 24
MOST_NETWORKS = 4
"""A box has a cable, a Wi-Fi and perhaps a private network or two; each takes two seconds."""
AT_ONCE = 128
ANSWER_S = 1.0
"""A printer's network board answers within milliseconds, one whose radio sleeps within a second."""

VIRTUAL = ("docker", "br-", "veth", "virbr", "lxcbr", "lxdbr", "podman", "cni")
"""How the links begin that containers and virtual machines make for themselves. A bridge that a person has made of
real cables is called otherwise (br0)."""

Place = dict[str, str | int]


def announced(seconds: float = LISTEN_S) -> list[Place]:
    """Printers that say by mDNS that they are there: `host`, `port`, `name`, `model`."""
    with Zeroconf(ip_version=IPVersion.V4Only) as network:
        seen: dict[tuple[str, str], None] = {}

        def note(zeroconf: Zeroconf, service_type: str, name: str, state_change: object) -> None:
            if len(seen) < MOST_ANNOUNCED:
                seen[(service_type, name)] = None

        browser = ServiceBrowser(network, list(TYPES), handlers=[note])
        time.sleep(seconds)
        browser.cancel()
        places: dict[str, Place] = {}
        until = time.monotonic() + DETAILS_S
        # What is said of the raw port counts before what is said of the others.
        for kind, name in sorted(seen, key=lambda one: TYPES.index(one[0])):
            info = ServiceInfo(kind, name)
            left = until - time.monotonic()
            if not info.load_from_cache(network) and (left <= 0 or not info.request(network, left * 1000)):
                continue
            for host in info.parsed_addresses(IPVersion.V4Only):
                port = info.port if kind == RAW and info.port else RAW_PORT
                said = places.setdefault(host, {"host": host, "port": port, "name": "", "model": ""})
                said["name"] = said["name"] or _clean(name.removesuffix("." + kind))
                said["model"] = said["model"] or _model(info)
        return list(places.values())


def scan(networks: Iterable[IPv4Network], skip: Iterable[str]) -> list[Place]:
    """Hosts of these networks whose raw port takes a connection, which is closed at once. `skip` are those of our own
    printers: one that takes a single host at a time shall not find a stranger before us."""
    left_out = set(skip)
    hosts = dict.fromkeys(str(host) for network in networks for host in network.hosts())
    wanted = [host for host in hosts if host not in left_out]
    found: list[str] = []
    for at in range(0, len(wanted), AT_ONCE):
        found += _open(wanted[at : at + AT_ONCE])
    return [{"host": host, "port": RAW_PORT, "name": "", "model": ""} for host in found]


def own_networks(routes: Path = ROUTES) -> list[IPv4Network]:
    """The /24s in which this box itself stands, private ones only: what else is there is not ours to try. Those of
    containers only where there are no others."""
    ours = links(routes)
    real = [(name, network) for name, network in ours if not name.startswith(VIRTUAL)]
    found: dict[IPv4Network, None] = {}
    for _, network in real or ours:
        own = _own_address(network)
        if own is not None and own.is_private:
            found[network if network.prefixlen >= SCANNED_PREFIX else _around(own)] = None
    return list(found)[:MOST_NETWORKS]


def _around(own: IPv4Address) -> IPv4Network:
    return IPv4Network((own, SCANNED_PREFIX), strict=False)


def _own_address(network: IPv4Network) -> IPv4Address | None:
    """From which address this box would speak there; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect((str(network[1]), RAW_PORT))
        except OSError:
            return None
        return IPv4Address(line.getsockname()[0])


def _open(hosts: list[str]) -> list[str]:
    lines: dict[int, tuple[socket.socket, str]] = {}
    waiting = select.poll()
    open_: set[int] = set()
    found = []
    try:
        for host in hosts:
            line = socket.socket()
            line.setblocking(False)
            lines[line.fileno()] = (line, host)
            # What is refused at once, such as an address without a way to it, leaves no error behind for the poll.
            if line.connect_ex((host, RAW_PORT)) in (0, errno.EINPROGRESS):
                waiting.register(line, select.POLLOUT)
                open_.add(line.fileno())
        until = time.monotonic() + ANSWER_S
        while open_ and (left := until - time.monotonic()) > 0:
            for fd, _ in waiting.poll(left * 1000):
                waiting.unregister(fd)
                open_.discard(fd)
                if not lines[fd][0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                    found.append(lines[fd][1])
    finally:
        for line, _ in lines.values():
            line.close()
    return sorted(found, key=IPv4Address)


def _model(info: ServiceInfo) -> str:
    said = {key: value or "" for key, value in info.decoded_properties.items()}
    maker = f"{said.get('usb_MFG', '')} {said.get('usb_MDL', '')}"
    return _clean(said.get("ty") or said.get("product", "").strip("()") or maker)


def _clean(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable()).strip()[:LONGEST_TEXT]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0; whatever goes wrong is a traceback for the bridge's log."""
    parser = argparse.ArgumentParser(prog="network_look", description=__doc__)
    parser.add_argument("--scan", action="store_true", help="try every address of our own networks")
    parser.add_argument("--skip", action="append", default=[], metavar="HOST", help="not this one")
    arguments = parser.parse_args(argv)
    places = {place["host"]: place for place in announced()}
    if arguments.scan:
        for place in scan(own_networks(), [*arguments.skip, *map(str, places)]):
            places.setdefault(place["host"], place)
    json.dump(list(places.values()), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
