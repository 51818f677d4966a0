"""A look around for devices that nobody has set up yet. It asks no unknown port anything: behind it may be a modem."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

SERIAL = Path("/dev/serial/by-id")
USB_PRINTERS = Path("/dev/usb")
MOST_PLACES = 64
"""More serial adapters and printers than a shop has sockets for; an answer stays far below 64 KiB."""


def look_around(used: Iterable[str], serial: Path = SERIAL, usb_printers: Path = USB_PRINTERS) -> dict[str, Any]:
    """`places`: each with the `port` to write into the settings, its `kind`, and whether one of our devices has it.

    `used` are the ports of our devices.
    """
    taken = set(used)
    ports = [("serial", path) for path in _in(serial, "*")]
    ports += [("usb_printer", path) for path in _in(usb_printers, "lp*")]
    places = [{"port": str(path), "kind": kind, "used": str(path) in taken} for kind, path in ports]
    return {"places": places[:MOST_PLACES]}


def _in(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.is_dir() else []
