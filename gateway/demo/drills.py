"""Faults, played at the wire: by the proxy before the cloud, the virtual devices, the broker's absence."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

Answer = dict[str, Any]

WAN_FAULTS = ("wan_down", "cloud_error", "cloud_slow", "cloud_lost_answer", "captive_portal")
DEVICE_FAULTS = (
    "paper_out",
    "paper_low",
    "cover_open",
    "printer_unplugged",
    "printer_mute",
    "printer_power_cut",
)
BROKER_FAULT = "broker_down"
FAULTS = (*WAN_FAULTS, BROKER_FAULT, *DEVICE_FAULTS)

DEFAULT_TARGET = "kitchen"
MAX_FOR_S = 3600.0
"""A drill that someone forgot ends within the hour."""
DEVICES_ANSWER_S = 1.0
"""The devices are a program on this machine; one that does not answer by then is being started again."""
RETRY_S = 0.25


class Proxy(Protocol):
    def set(self, mode: str) -> None: ...


class Held(Protocol):
    def hold(self) -> None: ...
    def release(self) -> None: ...


@dataclass
class Drill:
    """One fault that is on. `ends_at` is monotonic seconds."""

    fault: str
    target: str | None
    since: datetime
    ends_at: float | None = None

    @property
    def key(self) -> str:
        return f"{self.fault}:{self.target}" if self.target else self.fault

    def document(self, now: float) -> Answer:
        ends_in = None if self.ends_at is None else round(max(0.0, self.ends_at - now), 1)
        since = self.since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"fault": self.fault, "target": self.target, "since": since, "ends_in_s": ends_in}


class DevicesAway(Exception):  # noqa: N818
    """The virtual devices do not answer at the moment."""


def ask_devices(path: Path, device: str, fault: str, on: bool) -> Answer:
    """Raises DevicesAway."""
    line = json.dumps({"device": device, "fault": fault, "on": on}).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(DEVICES_ANSWER_S)
            connection.connect(str(path))
            connection.sendall(line)
            answer = json.loads(connection.makefile("rb").readline(4096))
    except (OSError, ValueError) as error:
        raise DevicesAway(str(error)) from error
    return answer if isinstance(answer, dict) else {"ok": False, "code": "invalid"}


class Drills:
    """What is broken on purpose. Touched only by the supervisor's loop."""

    def __init__(
        self,
        proxy: Proxy,
        broker: Held,
        ask: Callable[[str, str, bool], Answer],
        utc: Callable[[], datetime] | None = None,
    ):
        self._proxy = proxy
        self._broker = broker
        self._ask = ask
        self._utc = utc or (lambda: datetime.now(UTC))
        self._active: dict[str, Drill] = {}
        self._to_tell: dict[tuple[str, str], bool] = {}
        self._tell_at = 0.0

    def active(self, now: float) -> dict[str, Answer]:
        return {key: drill.document(now) for key, drill in self._active.items()}

    def play(self, fault: str, on: bool, target: str | None, for_s: float | None, now: float) -> Answer:
        """Switch one fault. `for_s` (seconds) ends it by itself; switching it on again sets a new end."""
        if fault not in FAULTS:
            return {"ok": False, "code": "unknown_fault", "faults": list(FAULTS)}
        if for_s is not None and not 0 < for_s <= MAX_FOR_S:
            return {
                "ok": False,
                "code": "invalid",
                "detail": f"for_s must be above 0 and at most {MAX_FOR_S:.0f}",
            }
        place = (target or DEFAULT_TARGET) if fault in DEVICE_FAULTS else None
        drill = Drill(fault, place, self._utc(), None if for_s is None else now + for_s)
        if place:
            try:
                answer = self._ask(place, fault, on)
            except DevicesAway:
                self._to_tell[(place, fault)] = on  # they are being started again: tell them when they are back
            else:
                if not answer.get("ok"):
                    return {"ok": False, "code": "invalid", "detail": str(answer.get("error", ""))}
        if on:
            drill.since = self._active[drill.key].since if drill.key in self._active else drill.since
            self._active.pop(drill.key, None)
            self._active[drill.key] = drill
        else:
            self._active.pop(drill.key, None)
        self._apply(fault, on, now)
        return {"ok": True, "active": self.active(now)}

    def devices_started(self, now: float) -> None:
        """The devices' program is new and knows nothing: tell it again what is broken."""
        for drill in self._active.values():
            if drill.target:
                self._to_tell[(drill.target, drill.fault)] = True
        self._tell_at = now

    def step(self, now: float) -> float | None:
        """End what has run its time; tell the devices what they missed. Returns when it next wants to run."""
        for drill in [d for d in self._active.values() if d.ends_at is not None and now >= d.ends_at]:
            self.play(drill.fault, False, drill.target, None, now)
        if self._to_tell and now >= self._tell_at:
            self._tell_devices(now)
        due = [d.ends_at for d in self._active.values() if d.ends_at is not None]
        if self._to_tell:
            due.append(self._tell_at)
        return min(due, default=None)

    def _tell_devices(self, now: float) -> None:
        for (device, fault), on in list(self._to_tell.items()):
            try:
                self._ask(device, fault, on)
            except DevicesAway:
                self._tell_at = now + RETRY_S
                return
            del self._to_tell[(device, fault)]

    def _apply(self, fault: str, on: bool, now: float) -> None:
        if fault == BROKER_FAULT:
            self._broker.hold() if on else self._broker.release()
        elif fault in WAN_FAULTS:
            # One wire has one fault at a time: the one that was switched on last.
            last = next((d.fault for d in reversed(self._active.values()) if d.fault in WAN_FAULTS), "ok")
            self._proxy.set(last)
