"""One label printer, its device in the bridge and the cable between them, on a fake clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from label_samples import LABELS
from printer_world import World

from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.virtual.label_printer import VirtualLabelPrinter
from firmware_bridge.virtual.label_sheet import LabelSheet
from gateway.contract.messages import DeviceDesired, PrintCommand


class LabelWorld(World):
    """Every label that came out is in `papers`, as text."""

    def __init__(self, folder: Path, bar_codes: BarCodeBytes, rung: str = "whole", seed: int = 1, **wish: Any) -> None:
        super().__init__(folder, bar_codes, rung, seed)
        self.labels = VirtualLabelPrinter(115200, self.cable.answer, self._done)
        self.printer = self.labels  # type: ignore[assignment]
        self.desired = DeviceDesired("cups", "tspl_printer", "fake", baud=115200, **wish)
        self.change_settings()

    def _done(self, sheet: LabelSheet) -> None:
        self.papers.append(sheet.text())

    def print(self, key: str, attempt: int = 1, copy: int = 1, **changes: Any) -> None:
        slip = msgspec.structs.replace(LABELS["en"]["cup"], place=key, order=key, **changes)
        self.device.offer(PrintCommand("print", key, attempt, slip, copy))

    def came_out(self, key: str) -> int:
        return sum(paper.startswith(f"{key}  ") for paper in self.papers)
