"""Printers on ptys at the pace of a serial line, all served by one thread: what they are asked they answer, and each
slip is noted with its length and the moment at which its cut came through."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.idle_printer import ASK, CUT, FENCE, WELL

TURN_S = 0.001
"""At 19200 baud two bytes: as fine as a printer's own buffer would tell."""


@dataclass
class Paced:
    """One line. `ended`: (bytes, monotonic second of its last byte) of each slip."""

    line: int
    bytes_per_s: float
    ended: list[tuple[int, float]] = field(default_factory=list)
    _left: bytes = b""
    _count: int = 0
    _may: float = 0.0
    _at: float = 0.0

    def turn(self, now: float) -> None:
        # What was not used while nothing came is not saved up: a line has no memory.
        self._may = min(self._may + (now - self._at) * self.bytes_per_s, 4 * TURN_S * self.bytes_per_s)
        self._at = now
        if self._may < 1:
            return
        try:
            data = os.read(self.line, int(self._may))
        except BlockingIOError:
            return
        self._may -= len(data)
        self._take(data, now)

    def _take(self, data: bytes, now: float) -> None:
        self._left += data
        while self._left:
            if self._left.startswith(ASK[:1]) and not self._count:
                if len(self._left) < len(ASK) + 1:
                    return
                os.write(self.line, WELL)
                self._left = self._left[len(ASK) + 1 :]
                continue
            fence = self._left.find(FENCE)
            if fence < 0:
                kept = len(FENCE) - 1
                self._count += max(0, len(self._left) - kept)
                self._left = self._left[-kept:]
                return
            if len(self._left) < fence + len(FENCE + CUT):
                return
            os.write(self.line, b"\x00")
            self._count += fence + len(FENCE)
            self._left = self._left[fence + len(FENCE) :]
            if self._left.startswith(CUT):
                self._left = self._left[len(CUT) :]
                self.ended.append((self._count + len(CUT), now))
                self._count = 0


class PacedPrinters:
    """`names` are linked below `folder`, as a demo's virtual devices are."""

    def __init__(self, folder: Path, names: list[str], baud: int):
        self.printers: dict[str, Paced] = {}
        for name in names:
            line, other = pty.openpty()
            tty.setraw(other)
            os.set_blocking(line, False)
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(os.ttyname(other))
            self.printers[name] = Paced(line, baud / 10)
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, name="paced printers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopping:
            now = time.monotonic()
            for printer in self.printers.values():
                printer.turn(now)
            time.sleep(TURN_S)
