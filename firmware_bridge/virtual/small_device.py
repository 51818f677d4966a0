"""One small virtual device (scanner, scale, display, firmware board) with its cable and its thread."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path
from typing import Any

from firmware_bridge.bell import Bell
from firmware_bridge.virtual.config import VirtualDesired
from firmware_bridge.virtual.display import VirtualDisplay
from firmware_bridge.virtual.framed_board import VirtualBoard
from firmware_bridge.virtual.peer import Peer
from firmware_bridge.virtual.scale import VirtualScale
from firmware_bridge.virtual.scanner import VirtualScanner
from firmware_bridge.virtual.wire import PtyWire, TcpWire, Wire

LOOK_AGAIN_S = 1.0
"""A pty without an opener tells no one when it gets one; bytes do. This is for the rest."""
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


class SmallDevice:
    """Started by `start`, ended by `stop`; both, `set_fault` and `do` may be called from other threads."""

    def __init__(self, desired: VirtualDesired, folder: Path) -> None:
        self.desired = desired
        link = folder / "dev" / desired.name
        self._wire: Wire = PtyWire(link) if desired.kind == "pty" else TcpWire(link)
        self._peer = peer_of(desired)
        self._lock = threading.Lock()
        self._stopping = False
        self._bell = Bell()
        self._thread = threading.Thread(target=self._run, name=f"device:{desired.name}", daemon=True)

    def start(self) -> None:
        self._wire.plug()
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._bell.ring()
        self._thread.join(5)
        self._wire.unplug()
        self._bell.close()

    def set_fault(self, fault: str, on: bool) -> None:
        """ValueError when there is no such fault. In force when this returns."""
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
        """What a person does with it. ValueError when it cannot."""
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

    def stats(self) -> dict[str, Any]:
        return {}

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                now = time.monotonic()
                data = self._wire.read(READ_AT_MOST)
                self._peer.hear(data)
                for frame in self._peer.say(now):
                    self._wire.write(self._peer.on_line(frame))
                wish = self._peer.wish(now)
                fds = self._wire.fds()
            if not data:
                self._sleep(fds, LOOK_AGAIN_S if wish is None else max(0.0, wish - time.monotonic()))

    def _sleep(self, fds: list[int], seconds: float) -> None:
        waiting = select.poll()
        waiting.register(self._bell.fileno(), select.POLLIN)
        for fd in fds:
            waiting.register(fd, select.POLLIN)
        waiting.poll(seconds * 1000)
        self._bell.hush()
