"""Which virtual devices there are: `DIR/devices.toml`, or a kitchen and a receipt printer without it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware_bridge.errors import ConfigError

KINDS = ("pty", "tcp")
KEYS = ("name", "kind", "baud", "columns", "encoding", "driver", "listen")
PRINTERS = ("escpos_printer", "tspl_printer")
LOOPBACK = "127.0.0.1:0"
"""Where a tcp printer listens when nobody says: on this machine only, at a port that is free."""
ENCODINGS = ("gbk", "big5", "western")
"""What a printer's two-byte characters are; `modes.FIRMWARE` knows them."""
CHOICES: dict[str, tuple[str, ...]] = {
    "driver": ("scanner", "scale", "pole_display", "ready_board", "mcu_device"),
    "kind": KINDS,
    "ends": ("crlf", "cr", "lf", "none"),
    "dialect": ("a_and_d", "xk3190", "xk3190_reversed"),
    "charset": ("cp437", "gbk"),
    "model": ("bump-bar-8", "call-base"),
}
"""The keys of a [[device]] beside its name. The first is what it is when nobody says, but a driver must be said."""


@dataclass(frozen=True)
class VirtualDesired:
    """A printer, or with another `driver` a small device; `ends` is of scanners, `dialect` of scales, `charset` of
    displays, `model` of firmware devices."""

    name: str
    kind: str = "pty"
    baud: int = 19200
    columns: int = 48
    driver: str = "escpos_printer"
    ends: str = "crlf"
    dialect: str = "a_and_d"
    charset: str = "cp437"
    model: str = "bump-bar-8"
    encoding: str = "gbk"
    listen: str = LOOPBACK


DEFAULT = (VirtualDesired("kitchen"), VirtualDesired("receipt"))


def read_devices(path: Path) -> tuple[VirtualDesired, ...]:
    """Raises ConfigError with every problem found."""
    if not path.exists():
        return DEFAULT
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError([f"{path}: {error}"]) from error
    problems = [
        f"{path}: unknown key {key!r}; there are [[printer]] and [[device]]"
        for key in document
        if key not in ("printer", "device")
    ]
    printers, others = document.get("printer", []), document.get("device", [])
    devices = [_device(table, f"{path}: printer {at}", problems) for at, table in enumerate(printers, 1)]
    devices += [_small(table, f"{path}: device {at}", problems) for at, table in enumerate(others, 1)]
    names = [device.name for device in devices]
    problems += [f"{path}: two devices are named {name!r}" for name in sorted(set(names)) if names.count(name) > 1]
    if problems:
        raise ConfigError(problems)
    return tuple(devices)


def _checked_name(table: dict[str, Any], known: Iterable[str], where: str, problems: list[str]) -> str:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            problems.append(f"{where}: unknown key {key}; {hint}")
    name = str(table.get("name", ""))
    if not name.replace("-", "").replace("_", "").isalnum():
        problems.append(f"{where}: name {name!r} must be letters, digits, - and _")
    return name


def _small(table: dict[str, Any], where: str, problems: list[str]) -> VirtualDesired:
    name = _checked_name(table, ("name", *CHOICES), where, problems)
    said = {key: str(table.get(key, "" if key == "driver" else choice[0])) for key, choice in CHOICES.items()}
    problems += [
        f"{where}: {key} {value!r} is none of {', '.join(CHOICES[key])}"
        for key, value in said.items()
        if value not in CHOICES[key]
    ]
    return VirtualDesired(
        name,
        said["kind"],
        driver=said["driver"],
        ends=said["ends"],
        dialect=said["dialect"],
        charset=said["charset"],
        model=said["model"],
    )


def _device(table: dict[str, Any], where: str, problems: list[str]) -> VirtualDesired:
    name, kind = _checked_name(table, KEYS, where, problems), table.get("kind", "pty")
    baud, columns = table.get("baud", 19200), table.get("columns", 48)
    if kind not in KINDS:
        problems.append(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
    if not isinstance(baud, int) or not 300 <= baud <= 10_000_000:
        problems.append(f"{where}: baud {baud!r} is not between 300 and 10000000")
        baud = 19200
    if not isinstance(columns, int) or not 24 <= columns <= 72:
        problems.append(f"{where}: columns {columns!r} is not between 24 and 72")
        columns = 48
    encoding = table.get("encoding", ENCODINGS[0])
    if encoding not in ENCODINGS:
        problems.append(f"{where}: encoding {encoding!r} is none of {', '.join(ENCODINGS)}")
    driver = table.get("driver", PRINTERS[0])
    if driver not in PRINTERS:
        problems.append(f"{where}: driver {driver!r} is none of {', '.join(PRINTERS)}")
    listen = str(table.get("listen", LOOPBACK))
    if not listen.rpartition(":")[2].isdecimal():
        problems.append(f"{where}: listen {listen!r} is not HOST:PORT")
    return VirtualDesired(name, str(kind), baud, columns, str(driver), encoding=str(encoding), listen=listen)
