"""What the store may want of a firmware device, checked and put into the operations of the framed link. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from firmware_bridge.frame import Value
from firmware_bridge.link_events import BUZZER, DRAWER, LEDS, PAGER, TEXT

MOST_LAMPS = 32
"""Bits of the mask on the wire."""
LONGEST_TEXT = 200
"""Bytes in UTF-8: with the operation and its heads it fits into the largest payload, 240."""


@dataclass(frozen=True)
class Wish:
    """An operation with its arguments; of an action without its mid. `cap` is what a device must say that it has."""

    op: int
    args: tuple[Value, ...]
    cap: str


@dataclass(frozen=True)
class _Number:
    """An argument between `least` and `most`; without `usual` it must be said."""

    name: str
    least: int
    most: int
    usual: int | None = None


_ACTIONS: dict[str, tuple[int, str, tuple[_Number, ...]]] = {
    # Longer than half a second burns the magnet of a drawer.
    "kick": (DRAWER, "drawer", (_Number("drawer", 0, 7, 0), _Number("ms", 10, 500, 100))),
    "buzz": (BUZZER, "buzzer", (_Number("times", 1, 20, 1), _Number("ms", 10, 2000, 200))),
    "page": (PAGER, "pager", (_Number("pager", 0, 0xFFFF), _Number("seconds", 1, 60, 5))),
}
ACTIONS = tuple(_ACTIONS)
STATES = ("lamps", "text")


def action(op: str, args: Mapping[str, Any]) -> Wish:
    """What `op`, one of ACTIONS, means on the wire. Raises ValueError with words."""
    code, cap, wanted = _ACTIONS[op]
    return Wish(code, tuple(_read(number, args.get(number.name, number.usual)) for number in wanted), cap)


def state(op: str, args: Mapping[str, Any]) -> Wish:
    """What `op`, one of STATES, means on the wire. Raises ValueError with words."""
    if op == "lamps":
        return Wish(LEDS, (_mask(args.get("on", [])), _mask(args.get("blinking", []))), "led")
    lines = args.get("lines")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise ValueError("lines must be texts")
    whole = "\n".join("".join(char for char in line[:LONGEST_TEXT] if char.isprintable()) for line in lines[:8])
    return Wish(TEXT, (whole.encode("utf-8", "replace")[:LONGEST_TEXT].decode("utf-8", "ignore"),), "text")


def _read(number: _Number, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not number.least <= value <= number.most:
        raise ValueError(f"{number.name} must be a whole number from {number.least} to {number.most}")
    return value


def _mask(lamps: object) -> int:
    if not isinstance(lamps, list):
        raise ValueError("on and blinking are lists of lamps")
    lamp = _Number("lamp", 0, MOST_LAMPS - 1)
    mask = 0
    for each in lamps:
        mask |= 1 << _read(lamp, each)
    return mask
