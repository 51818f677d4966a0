"""What came out of the demo's virtual printers, read off the paper itself."""

from __future__ import annotations

import os
import re
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

PAPERS_SHOWN = 4

SAME_SLIP_S = 12 * 3600
"""Order and slip numbers begin anew with each business day: the same code later is another slip."""

_CODE = re.compile(r"\b([A-Z]+\d{3,})-(\d{4,})\b")

_HEAD = re.compile(r"\s*\S+\s+(\d{4,})\s*$")
"""What ends a slip's first line behind the station's name: the kind of paper and its running number."""

_REPRINT = "REPRINT"


@dataclass(frozen=True)
class Slip:
    """One paper that came out: read once, for it never changes."""

    number: str
    at: float
    code: str
    slip: int
    station: str
    marked: bool
    lines: int
    size: int
    width: int
    height: int


class Papers:
    """The trays of the virtual printers. A look costs one `stat` of each folder while nothing comes out."""

    def __init__(self, folder: Path):
        self.twice = 0
        self.reprints = 0
        self._folder = folder
        self._lock = threading.Lock()
        self._changed: dict[str, int] = {}
        self._read: dict[str, dict[str, Slip]] = {}
        self._last: dict[str, float] = {}

    def look(self, printers: list[str]) -> None:
        with self._lock:
            for printer in printers:
                self._look(printer)

    def newest(self, printer: str) -> list[Slip]:
        with self._lock:
            read = self._read.get(printer, {})
            return [read[number] for number in sorted(read, reverse=True)[:PAPERS_SHOWN]]

    def _look(self, printer: str) -> None:
        folder = self._folder / printer
        try:
            changed = folder.stat().st_mtime_ns
            if self._changed.get(printer) == changed:
                return
            with os.scandir(folder) as listed:
                names = sorted(e.name[:-4] for e in listed if e.name.endswith(".txt") and not e.name.startswith("."))
        except OSError:
            return  # the devices are being started; the next look finds it
        read = self._read.setdefault(printer, {})
        for number in names:
            if number not in read:
                try:
                    read[number] = self._count(printer, _read_slip(folder, number))
                except (OSError, struct.error):
                    return  # thrown away between the two, or half there: the next look tries again
        for number in set(read) - set(names):
            del read[number]
        self._changed[printer] = changed

    def _count(self, printer: str, slip: Slip) -> Slip:
        """A second paper of the same slip without a word of warning is a dish that may be made twice.

        Each station numbers its own slips: two that share a printer both have a slip 0001 of the same order.
        """
        code = f"{printer}:{slip.station}:{slip.code}"
        before = self._last.get(code)
        if slip.marked:
            self.reprints += 1
        elif slip.code and before is not None and slip.at - before < SAME_SLIP_S:
            self.twice += 1
        self._last[code] = slip.at
        return slip


def _read_slip(folder: Path, number: str) -> Slip:
    text_path, picture_path = folder / f"{number}.txt", folder / f"{number}.png"
    text = text_path.read_text(errors="replace")
    found = _CODE.search(text)
    with picture_path.open("rb") as picture:
        width, height = struct.unpack(">II", picture.read(24)[16:24])
    return Slip(
        number=number,
        at=text_path.stat().st_mtime,
        code=found.group() if found else "",
        slip=int(found[2]) if found else 0,
        station=_station_of(text, found[2]) if found else "",
        marked=_REPRINT in text,
        lines=text.count("\n"),
        size=(folder / f"{number}.bin").stat().st_size,
        width=width,
        height=height,
    )


def _station_of(text: str, number: str) -> str:
    """The station's name as it is printed: what stands before the slip's number, under the banner of a reprint."""
    before: list[str] = []
    for line in text.splitlines():
        head = _HEAD.search(line)
        if head and head[1] == number:
            own = line[: head.start()].strip()
            return own or (before[-1] if before else "")
        before.append(line.strip())
    return ""
