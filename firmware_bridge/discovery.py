"""A look around for devices that nobody has set up yet. It asks no unknown port anything: behind it may be a modem."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge.neighbours import Neighbours
from firmware_bridge.ports.tcp_port import SCHEME, host_and_port
from firmware_bridge.ports.usb_port import SCHEME as USB

log = logging.getLogger(__name__)

DEV, SYS = Path("/dev"), Path("/sys")
MOST_PLACES = 64
"""More serial adapters and printers than a shop has sockets for; an answer stays far below 64 KiB."""
NETWORK_S = 25.0
"""For the look into the network: 5 s for what is announced, 8 s for a scan of four networks, and a slow box's start."""
UP_FROM_A_TTY = 4
"""Folders from a tty up to its USB device: tty, port, interface, device."""

Place = dict[str, Any]


class Announced(msgspec.Struct):
    """One of what `network_look` prints."""

    host: str
    port: int
    name: str = ""
    model: str = ""


def look_around(
    used: Iterable[str], network: Callable[[], list[Place] | None], dev: Path = DEV, sys_: Path = SYS
) -> dict[str, Any]:
    """`places`: each with the `port` to write into the settings, its `kind`, and whether one of our devices has it.

    `used` are the ports of our devices; `network` looks for printers there, and gives None when it could not: then
    the answer says so (`network`: false).
    """
    others = network()
    answer: Place = {"places": [*_plugged_in(used, dev, sys_), *(others or [])][:MOST_PLACES]}
    return answer if others is not None else answer | {"network": False}


def unused_ports(used: Iterable[str], dev: Path = DEV, sys_: Path = SYS) -> list[str]:
    """What is plugged in and no device has: folders are listed, nothing is opened."""
    return [place["port"] for place in _plugged_in(used, dev, sys_) if not place["used"]][:MOST_PLACES]


def _plugged_in(used: Iterable[str], dev: Path, sys_: Path) -> list[Place]:
    taken = set(used)
    files = {str(Path(port.removeprefix(USB)).resolve()) for port in taken if port.startswith(("/", USB))}
    places = [(path, "serial") for path in serial_ports(dev, sys_)]
    places += [(path, "usb_printer") for path in _in(dev / "usb", "lp*")]
    return [
        {"port": str(path), "kind": kind, "used": str(path) in taken or str(path.resolve()) in files}
        for path, kind in places
    ]


def serial_ports(dev: Path, sys_: Path) -> list[Path]:
    """One stable name for each: by its own name where the adapter has a serial number, else by the socket it is in. Two
    cheap adapters (CH340) have the same name, and the last one plugged in gets it."""
    by_id, by_path = (
        {path.resolve(): path for path in reversed(_in(dev / "serial" / how, "*"))} for how in ("by-id", "by-path")
    )
    chosen = [
        path if _has_number(tty, sys_) is not False else by_path.get(tty, path) for tty, path in by_id.items()
    ]
    return sorted([*chosen, *(path for tty, path in by_path.items() if tty not in by_id)])


def network_places(ours: Mapping[str, str], neighbours: Neighbours, *, scan: bool) -> list[Place] | None:
    """Printers in the network; None when it could not be looked at. Takes up to NETWORK_S. `ours`: what is behind each
    port of our devices, as a hardware address; empty where it is not known."""
    known = {port: mac for port, mac in ours.items() if port.startswith(SCHEME)}
    hosts = [host_and_port(port)[0] for port in known]
    command = [sys.executable, "-m", "firmware_bridge.network_look", *(["--scan"] if scan else [])]
    command += [word for host in hosts for word in ("--skip", host)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=NETWORK_S, check=True)
        found = msgspec.json.decode(done.stdout, type=list[Announced])
    except subprocess.CalledProcessError as error:
        log.warning("the network could not be looked at: %s", error.stderr.decode(errors="replace")[-2000:])
        return None
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as error:
        log.warning("the network could not be looked at: %s", error)
        return None
    macs = [neighbours.mac_of(one.host) or "" for one in found]
    owned = {(mac, host_and_port(port)[1]) for port, mac in known.items() if macs.count(mac) == 1}
    return [
        {
            "port": (port := f"{SCHEME}{one.host}:{one.port}"), "kind": "network_printer", "name": one.name,
            "model": one.model, "mac": mac, "used": port in known or (mac, one.port) in owned,
        }
        for one, mac in zip(found, macs, strict=True)
    ]  # fmt: skip


def _has_number(tty: Path, sys_: Path) -> bool | None:
    """Whether its USB adapter has a serial number; None when this is no USB adapter, or nobody knows."""
    folder = (sys_ / "class" / "tty" / tty.name / "device").resolve()
    for _ in range(UP_FROM_A_TTY):
        if (folder / "idVendor").is_file():
            return (folder / "serial").is_file()
        folder = folder.parent
    return None


def _in(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.is_dir() else []
