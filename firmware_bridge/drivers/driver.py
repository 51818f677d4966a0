"""What a driver is: the conversation with one device. No I/O, no clock, no thread; the device that owns it hands in
what was read and the time, and asks what shall be written.

A new kind of device is one file with a subclass, and one line in `table.py`. `docs/devices.md` shows one whole.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.journal import Journal
from gateway.contract.messages import (
    DeviceCommand,
    DeviceDesired,
    DeviceEvent,
    DeviceState,
    DeviceStatus,
    PrintCommand,
    PrintResult,
)

log = logging.getLogger(__name__)

Condition = tuple[DeviceStatus, list[str]]
"""What people are told of a device: one word, and its reasons as codes."""

Command = PrintCommand | DeviceCommand


@dataclass(frozen=True)
class Probe:
    """Someone wants to know what the device can do. One of the two is called, once: `answer` with what was found out,
    or `refuse` with why nothing was: `not_possible`, `busy`, `offline`. `sign`: only whether it lives."""

    answer: Callable[[dict[str, Any]], None]
    refuse: Callable[[str], None]
    sign: bool = False


class Outlet(Protocol):
    """Where a device tells its news; every call returns at once."""

    def result(self, printer: str, result: PrintResult) -> None: ...
    def state(self, device: str, state: DeviceState) -> None: ...
    def event(self, device: str, event: DeviceEvent) -> None: ...


@dataclass(frozen=True)
class Surroundings:
    """What a driver is given. `random` gives whole numbers of so many bits, for what must not come twice."""

    desired: DeviceDesired
    journal: Journal
    outlet: Outlet
    bar_codes: BarCodeBytes
    random: Callable[[int], int]


class Driver:
    """A device that listens and says nothing, and of which nothing is known but its line. Times are monotonic seconds.

    The order of calls: `connected`, then `receive`, `outgoing` and `sent` while the line is open, then `disconnected`;
    `take` and `step` at any time. `step` is called before each turn of the line, and again after it when
    bytes have left.
    """

    printer: ClassVar[bool] = False
    """Whether its commands are print jobs."""
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Settings that only this kind has, and what each may be; the first is what it is when nobody says."""
    texts: ClassVar[frozenset[str]] = frozenset()
    """Settings of this kind that may be any text, of which a driver makes what it can; empty when nobody says."""

    def __init__(self, given: Surroundings) -> None:
        self.given = given
        self.name = given.desired.name
        self._life = f"{given.random(64):016x}"
        self._told = 0

    def option(self, name: str) -> str:
        return self.given.desired.options.get(name, self.options[name][0])

    @staticmethod
    def problems(desired: DeviceDesired) -> list[str]:
        """What makes this wish impossible, in words; empty when it can be built."""
        return []

    def connected(self, now: float) -> None:
        """The line is open. Nothing that was said before counts."""

    def disconnected(self, now: float, reason: str) -> None:
        """The line is gone; `reason` is a code such as `unplugged`."""

    def unacknowledged(self, count: int) -> None:
        """Right before `disconnected`, where the line knows it: so many bytes had left and never arrived."""

    def receive(self, data: bytes, now: float) -> None:
        """What the device said."""

    def outgoing(self) -> bytes:
        """What shall leave now. The line takes as much of its head as it can; `sent` says how much."""
        return b""

    def sent(self, count: int, now: float) -> None:
        """So many bytes of `outgoing` have left."""

    def take(self, command: Command) -> None:
        """Something that the store wants of it."""
        log.warning("%s: a device of this kind takes no commands", self.name)

    def probe(self, probe: Probe) -> None:
        """Find out what it can do; `probe` is answered later, from `step`."""
        probe.refuse("not_possible")

    def show_sign(self, on: bool) -> bool:
        """Show that it lives, or what stood there before again; False where it has nothing to show it with."""
        return False

    def abilities(self) -> list[str]:
        """What the device says that it has."""
        return []

    def step(self, now: float) -> float:
        """Do what is due; returns when it next wants to run."""
        return float("inf")

    def condition(self) -> Condition | None:
        """How it is while its line is open. None while it is being asked: what was told before stands."""
        return "online", []

    def identity(self) -> tuple[str, str]:
        """Model and firmware as the device says them; empty where it says nothing."""
        return "", ""

    def retire(self) -> None:
        """Begin nothing more. What is under way may end; `idle` says when."""

    @property
    def idle(self) -> bool:
        return True

    def close(self) -> None:
        """The bridge gives the device up."""

    def tell(self, kind: str, *, key: str = "", age_ms: int = 0, **facts: Any) -> None:
        """Something that the device saw or did, `age_ms` ago. `key` is its own number where it has one."""
        self.tell_facts(kind, facts, key=key, age_ms=age_ms)

    def tell_facts(self, kind: str, facts: dict[str, Any], *, key: str = "", age_ms: int = 0) -> None:
        """The same, where a fact is itself called `key`."""
        self._told += 1
        event = DeviceEvent(key or f"{self._life}-{self._told}", kind, facts, age_ms)
        self.given.outlet.event(self.name, event)


def line_down(problem: str) -> Condition:
    """No open port: `problem` says why, empty before the first try."""
    return ("offline", [problem]) if problem else ("unknown", [])
