"""One virtual printer at its cable."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from firmware_bridge.virtual.config import VirtualDesired
from firmware_bridge.virtual.device import LOOK_AGAIN_S, VirtualDevice
from firmware_bridge.virtual.label_printer import VirtualLabelPrinter
from firmware_bridge.virtual.label_sheet import LabelSheet
from firmware_bridge.virtual.printer import VirtualPrinter
from firmware_bridge.virtual.sheet import Sheet
from firmware_bridge.virtual.tray import Tray

TICK_S = 0.002
"""Pace of the line while bytes are waiting: 4 bytes at 19200 baud."""


class PrinterDevice(VirtualDevice):
    """Its slips fall into the tray."""

    def __init__(self, desired: VirtualDesired, folder: Path, tray: Tray) -> None:
        super().__init__(desired, folder)
        self._tray = tray
        self._printer: VirtualPrinter | VirtualLabelPrinter
        if desired.driver == "tspl_printer":
            self._printer = VirtualLabelPrinter(desired.baud, answer=self._wire.write, done=self._on_cut)
        else:
            self._printer = VirtualPrinter(
                desired.columns, desired.baud, answer=self._wire.write, cut=self._on_cut, encoding=desired.encoding,
            )  # fmt: skip
        tray.add_printer(desired.name)

    def set_fault(self, fault: str, on: bool) -> None:
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

    def _on_cut(self, sheet: Sheet | LabelSheet) -> None:
        self._tray.drop(self.desired.name, self.desired.columns, sheet)

    def turn(self) -> tuple[list[int], float]:
        now = time.monotonic()
        got = self._pump(now)
        wish = self._printer.step(now)
        if got:
            # More is probably behind it; the line lets it through at its own pace.
            return [], max(TICK_S, self._printer.pace.next_in)
        # A full buffer leaves the bytes on the line: the fd would be readable for ever.
        fds = [] if self._printer.full else self._wire.fds()
        return fds, LOOK_AGAIN_S if wish is None else max(0.0, wish - time.monotonic())

    def _pump(self, now: float) -> int:
        most = self._printer.may_read(now)
        if most < 1:
            return 0 if self._printer.full else 1
        data = self._wire.read(most)
        if data:
            self._printer.arrive(data, now)
        return len(data)
