"""One virtual printer with its cable and its thread."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path
from typing import Any

from firmware_bridge.bell import Bell
from firmware_bridge.virtual.config import VirtualDesired
from firmware_bridge.virtual.printer import VirtualPrinter
from firmware_bridge.virtual.sheet import Sheet
from firmware_bridge.virtual.tray import Tray
from firmware_bridge.virtual.wire import PtyWire, TcpWire, Wire

TICK_S = 0.002
"""Pace of the line while bytes are waiting: 4 bytes at 19200 baud."""
LOOK_AGAIN_S = 1.0
"""A pty without an opener tells no one when it gets one; bytes do. This is for the rest."""


class VirtualDevice:
    """Started by `start`, ended by `stop`; both and `set_fault` may be called from other threads."""

    def __init__(self, desired: VirtualDesired, folder: Path, tray: Tray) -> None:
        self.desired = desired
        self._tray = tray
        link = folder / "dev" / desired.name
        self._wire: Wire = PtyWire(link) if desired.kind == "pty" else TcpWire(link)
        self._printer = VirtualPrinter(
            desired.columns, desired.baud, answer=self._wire.write, cut=self._on_cut, encoding=desired.encoding,
        )  # fmt: skip
        self._lock = threading.Lock()
        self._stopping = False
        self._bell = Bell()
        self._thread = threading.Thread(target=self._run, name=f"printer:{desired.name}", daemon=True)
        tray.add_printer(desired.name)

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
        with self._lock:
            self._printer.set_fault(fault, on, time.monotonic())
            if fault == "printer_unplugged":
                (self._wire.unplug if on else self._wire.plug)()
        self._bell.ring()

    def do(self, deed: str, command: dict[str, Any]) -> None:
        raise ValueError(f"a printer does not {deed}")

    def state(self) -> dict[str, Any]:
        with self._lock:
            return {
                "kind": self.desired.kind,
                "port": self._wire.address,
                "plugged": self._wire.plugged,
                "faults": sorted(self._printer.faults),
                "slips": self._tray.count(self.desired.name),
                "bytes": self._printer.received,
                "happened": dict(self._printer.happened),
            }

    def stats(self) -> dict[str, Any]:
        with self._lock:
            jobs = [
                {"first_byte_at": record.first_byte_at, "bytes": record.bytes, "cut_at": record.cut_at}
                for record in self._printer.records
            ]
            return {"bytes": self._printer.received, "jobs": jobs}

    def _on_cut(self, sheet: Sheet) -> None:
        self._tray.drop(self.desired.name, self.desired.columns, sheet)

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                now = time.monotonic()
                got = self._pump(now)
                wish = self._printer.step(now)
                # A full buffer leaves the bytes on the line: the fd would be readable for ever.
                fds = [] if self._printer.full else self._wire.fds()
            if got:
                # More is probably behind it; the line lets it through at its own pace.
                self._sleep([], max(TICK_S, self._printer.room_at))
            elif wish is not None:
                self._sleep(fds, max(0.0, wish - time.monotonic()))
            else:
                self._sleep(fds, LOOK_AGAIN_S)

    def _pump(self, now: float) -> int:
        most = self._printer.may_read(now)
        if most < 1:
            return 0 if self._printer.full else 1
        data = self._wire.read(most)
        if data:
            self._printer.arrive(data, now)
        return len(data)

    def _sleep(self, fds: list[int], seconds: float) -> None:
        waiting = select.poll()
        waiting.register(self._bell.fileno(), select.POLLIN)
        for fd in fds:
            waiting.register(fd, select.POLLIN)
        waiting.poll(seconds * 1000)
        self._bell.hush()
