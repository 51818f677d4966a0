"""Which virtual devices there are: `DIR/devices.toml`, or a kitchen and a receipt printer without it."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware_bridge.errors import ConfigError

KINDS = ("pty", "tcp")
KEYS = ("name", "kind", "baud", "columns")


@dataclass(frozen=True)
class VirtualDesired:
    name: str
    kind: str = "pty"
    baud: int = 19200
    columns: int = 48


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
        f"{path}: unknown key {key!r}; there is only [[printer]]" for key in document if key != "printer"
    ]
    tables = document.get("printer", [])
    devices = [_device(table, f"{path}: printer {at}", problems) for at, table in enumerate(tables, 1)]
    names = [device.name for device in devices]
    problems += [
        f"{path}: two printers are named {name!r}" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if problems:
        raise ConfigError(problems)
    return tuple(devices)


def _device(table: dict[str, Any], where: str, problems: list[str]) -> VirtualDesired:
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"
            problems.append(f"{where}: unknown key {key}; {hint}")
    name, kind = str(table.get("name", "")), table.get("kind", "pty")
    baud, columns = table.get("baud", 19200), table.get("columns", 48)
    if not name.replace("-", "").replace("_", "").isalnum():
        problems.append(f"{where}: name {name!r} must be letters, digits, - and _")
    if kind not in KINDS:
        problems.append(f"{where}: kind {kind!r} is none of {', '.join(KINDS)}")
    if not isinstance(baud, int) or not 300 <= baud <= 10_000_000:
        problems.append(f"{where}: baud {baud!r} is not between 300 and 10000000")
        baud = 19200
    if not isinstance(columns, int) or not 24 <= columns <= 72:
        problems.append(f"{where}: columns {columns!r} is not between 24 and 72")
        columns = 48
    return VirtualDesired(name, str(kind), baud, columns)
