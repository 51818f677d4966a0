"""One small virtual device (scanner, scale, display, firmware board) at its cable."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from firmware_bridge.virtual.config import VirtualDesired
from firmware_bridge.virtual.device import LOOK_AGAIN_S, VirtualDevice
from firmware_bridge.virtual.display import VirtualDisplay
from firmware_bridge.virtual.framed_board import VirtualBoard
from firmware_bridge.virtual.peer import Peer
from firmware_bridge.virtual.scale import VirtualScale
from firmware_bridge.virtual.scanner import VirtualScanner

READ_AT_MOST = 4096


def peer_of(desired: VirtualDesired) -> Peer:
    match desired.driver:
        case "scanner":
            return VirtualScanner(desired.ends)
        case "scale":
            return VirtualScale(desired.dialect)
        case "mcu_device":
            return VirtualBoard(desired.model)
        case _:
            return VirtualDisplay(desired.charset)


class SmallDevice(VirtualDevice):
    """A peer of which all is said that the line and its owner need."""

    def __init__(self, desired: VirtualDesired, folder: Path) -> None:
        super().__init__(desired, folder)
        self._peer = peer_of(desired)

    def set_fault(self, fault: str, on: bool) -> None:
        known = self._peer.known_faults
        if fault not in known:
            raise ValueError(f"unknown fault {fault!r}; there are {', '.join(known)}")
        with self._lock:
            (self._peer.faults.add if on else self._peer.faults.discard)(fault)
            if fault == "unplugged" and on == self._wire.plugged:
                (self._wire.unplug if on else self._wire.plug)()
                self._peer.power()
        self._bell.ring()

    def do(self, deed: str, command: dict[str, Any]) -> None:
        with self._lock:
            self._peer.do(deed, command)
        self._bell.ring()

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {
                "kind": self.desired.kind,
                "driver": self.desired.driver,
                "port": self._wire.address,
                "plugged": self._wire.plugged,
                "faults": sorted(self._peer.faults),
                **self._peer.facts(),
            }

    def turn(self) -> tuple[list[int], float]:
        now = time.monotonic()
        data = self._wire.read(READ_AT_MOST)
        self._peer.hear(data)
        for frame in self._peer.say(now):
            self._wire.write(self._peer.on_line(frame))
        if data:
            return [], 0  # more may be behind it
        wish = self._peer.wish(now)
        return self._wire.fds(), LOOK_AGAIN_S if wish is None else max(0.0, wish - time.monotonic())
