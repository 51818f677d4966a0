"""One printer, its device in the bridge and the cable between them, on a fake clock."""

from __future__ import annotations

import random
import select
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge_rig import a_slip

from firmware_bridge.device import Device
from firmware_bridge.drivers.fences import Fence
from firmware_bridge.errors import PortError
from firmware_bridge.escpos import BarCodeBytes
from firmware_bridge.journal import Journal
from firmware_bridge.virtual.paper import text_of
from firmware_bridge.virtual.printer import VirtualPrinter
from firmware_bridge.virtual.sheet import Sheet
from gateway.contract.messages import (
    FINAL_RESULTS,
    DeviceDesired,
    DeviceEvent,
    DeviceState,
    PrintCommand,
    PrintResult,
)

TICK = 0.002
LAST_LINE = "上一张 0040"
"""Of every slip here."""
LINE_HOLDS = 4096
"""Bytes between the bridge and a printer that reads no more, as in a pty: then the line takes none."""


class Cable:
    """A line between a device and a virtual printer that spoils things as told."""

    def __init__(self, rung: str, seed: int) -> None:
        self.rung = rung
        self._random = random.Random(seed)
        self.to_printer: deque[int] = deque()
        self.to_host: deque[int] = deque()
        self.plugged = True
        self.holds = LINE_HOLDS
        self.taken = 0
        self.unplug_after: int | None = None

    def write(self, data: bytes) -> int:
        self._check()
        if self.unplug_after is not None and self.taken >= self.unplug_after:
            self.plugged = False
            raise PortError("unplugged", "pulled out by the test")
        if len(self.to_printer) >= self.holds:
            return 0
        most = {"byte by byte": 1, "slow": 7}.get(self.rung, 256)
        if self.rung == "slow" and self._random.random() < 0.8:
            return 0
        if self.unplug_after is not None:
            most = min(most, self.unplug_after - self.taken)
        self.taken += len(data[:most])
        self.to_printer.extend(data[:most])
        return len(data[:most])

    def read(self) -> bytes:
        self._check()
        if not self.to_host:
            return b""
        count = 1 if self.rung in ("byte by byte", "slow") else len(self.to_host)
        return bytes(self.to_host.popleft() for _ in range(count))

    def answer(self, data: bytes) -> None:
        for byte in data:
            if self.rung == "lossy" and self._random.random() < 0.15:
                continue
            if self.rung == "noisy" and self._random.random() < 0.15:
                self.to_host.append(self._random.randrange(256))
            self.to_host.append(byte)

    moved_to = ""

    def held(self) -> bool:
        return False

    def fileno(self) -> int:
        raise AssertionError("a fake line is stepped, not waited for")

    def close(self) -> None:
        self.to_host.clear()

    def _check(self) -> None:
        if not self.plugged:
            raise PortError("unplugged", "pulled out by the test")


class World:
    """A device, its cable, its printer, and everything that was said and printed."""

    def __init__(
        self, folder: Path, bar_codes: BarCodeBytes, rung: str = "whole", seed: int = 1, fence: Fence = "gs_r",
        baud: int = 115200,
    ) -> None:  # fmt: skip
        self.folder, self.bar_codes = folder, bar_codes
        self.now = 100.0
        self.wall = 1.8e9
        self.cable = Cable(rung, seed)
        self.papers: list[str] = []
        self.sheets: list[Sheet] = []
        self.results: list[PrintResult] = []
        self.states: list[DeviceState] = []
        self.printer = VirtualPrinter(48, baud, self.cable.answer, self._cut)
        self.desired = DeviceDesired("kitchen", "escpos_printer", "fake", baud=baud, fence=fence)
        self.start()

    def start(self) -> None:
        self.journal = Journal(self.folder / "bridge.db", lambda: self.wall)
        self.journal.settle_after_restart()
        self.start_device()

    def start_device(self) -> None:
        self._wish: float | None = 0.0
        self.device = Device(
            self.desired, "b1", self.journal, self, self._open, self.bar_codes, lambda: "2026-01-01T00:00:00Z"
        )

    def kill_bridge(self) -> None:
        """SIGKILL: the object is dropped as it stands; what the line took stays in the line."""
        self.journal.close()
        self.cable.to_host.clear()
        self.start()

    def change_settings(self) -> None:
        """As the bridge does: the device of before ends, another one begins, in the same process."""
        self.device.close()
        self.start_device()

    def _open(self, _url: str, _baud: int) -> Cable:
        if not self.cable.plugged:
            raise PortError("unplugged", "no such port")
        return self.cable

    def _cut(self, sheet: Sheet) -> None:
        if sheet.inked:
            self.sheets.append(sheet)
            self.papers.append(text_of(sheet, 48))

    def result(self, printer: str, result: PrintResult) -> None:
        self.results.append(result)

    def state(self, device: str, state: DeviceState) -> None:
        self.states.append(state)

    def event(self, device: str, event: DeviceEvent) -> None:
        raise AssertionError(f"a printer tells of {event.kind}")

    def print(self, key: str, attempt: int = 1, copy: int = 1, **changes: Any) -> None:
        slip = a_slip(order=key, code="", **changes)
        self.device.offer(PrintCommand("print", key, attempt, slip, copy))

    def withdraw(self, key: str) -> None:
        self.device.offer(PrintCommand("withdraw", key, 1))

    def tick(self) -> None:
        """The device has its turn only where its own thread would wake for it."""
        self.now += TICK
        if self._is_woken():
            self.device._bell.hush()
            self._wish = self.device.step(self.now)
        most = self.printer.may_read(self.now)
        data = bytes(self.cable.to_printer.popleft() for _ in range(min(most, len(self.cable.to_printer))))
        if data:
            self.printer.arrive(data, self.now)
        self.printer.step(self.now)

    def _is_woken(self) -> bool:
        if self._wish is not None and self._wish <= self.now:
            return True
        bell = select.select([self.device._bell], [], [], 0)[0]
        if bell or self.cable.to_host or self.device._line is None:
            return bool(bell or self.cable.to_host)
        takes = len(self.cable.to_printer) < self.cable.holds
        return not self.cable.plugged or (takes and bool(self.device._driver.outgoing()))

    def run(self, seconds: float) -> Iterator[None]:
        for _ in range(int(seconds / TICK)):
            self.tick()
            yield

    def until_final(self, key: str, seconds: float = 60) -> PrintResult:
        for _ in self.run(seconds):
            for result in self.results:
                if result.key == key and result.state in FINAL_RESULTS:
                    return result
        raise AssertionError(f"{key} has no end after {seconds} s: {self.results}")

    def until_told(self, state: str, reason: str, seconds: float = 30) -> None:
        for _ in self.run(seconds):
            if any((each.state, each.reason) == (state, reason) for each in self.results):
                return
        raise AssertionError(f"never {state} {reason}: {self.results}")

    def settle(self, seconds: float = 8) -> None:
        for _ in self.run(seconds):
            pass

    def copies(self, key: str) -> int:
        return sum(f"{key} " in paper and "REPRINT" not in paper for paper in self.papers)

    def is_printed(self, key: str) -> bool:
        """To its last line, whether or not it is cut off by now."""
        papers = [*self.papers, text_of(self.printer._engine.sheet, 48)]
        return any(LAST_LINE in paper.partition(f"{key} ")[2] for paper in papers)


def killed_at(world: World, ticks: int) -> int:
    """Unmarked papers of one job when the bridge dies after `ticks` and the gateway asks again and again."""
    world.settle(0.5)
    world.print("A1")
    for _ in range(ticks):
        world.tick()
    world.kill_bridge()
    for attempt in range(2, 6):
        world.print("A1", attempt)
        world.settle(2)
    return world.copies("A1")
