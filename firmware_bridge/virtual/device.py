"""What every virtual device has: a cable, a thread, and faults that can be switched from other threads."""

from __future__ import annotations

import select
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from firmware_bridge.bell import Bell
from firmware_bridge.virtual.config import VirtualDesired
from firmware_bridge.virtual.wire import PtyWire, TcpWire, Wire

LOOK_AGAIN_S = 1.0
"""A pty without an opener tells no one when it gets one; bytes do. This is for the rest."""


class VirtualDevice(ABC):
    """Started by `start`, ended by `stop`; both, `set_fault` and `do` may be called from other threads."""

    def __init__(self, desired: VirtualDesired, folder: Path) -> None:
        self.desired = desired
        link = folder / "dev" / desired.name
        self._wire: Wire = PtyWire(link) if desired.kind == "pty" else TcpWire(link, desired.listen)
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

    @abstractmethod
    def set_fault(self, fault: str, on: bool) -> None:
        """ValueError when there is no such fault. In force when this returns."""

    @abstractmethod
    def do(self, deed: str, command: dict[str, Any]) -> None:
        """What a person does with it. ValueError when it cannot."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What can be seen of it now."""

    def stats(self) -> dict[str, Any]:
        """Its figures for benchmarks; few have any."""
        return {}

    @abstractmethod
    def turn(self) -> tuple[list[int], float]:
        """One turn at the line, with the lock held: the descriptors and the seconds that the next one waits for."""

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                fds, seconds = self.turn()
            if fds or seconds > 0:
                self._sleep(fds, seconds)

    def _sleep(self, fds: list[int], seconds: float) -> None:
        waiting = select.poll()
        waiting.register(self._bell.fileno(), select.POLLIN)
        for fd in fds:
            waiting.register(fd, select.POLLIN)
        waiting.poll(seconds * 1000)
        self._bell.hush()
