"""Where cut sheets fall: `0001.bin`, `0001.png`, `0001.txt` per sheet, written whole or not at all."""

from __future__ import annotations

import os
import queue
import threading
from pathlib import Path

from firmware_bridge.virtual.label_sheet import LabelSheet
from firmware_bridge.virtual.paper import text_of
from firmware_bridge.virtual.picture import picture_of
from firmware_bridge.virtual.sheet import Sheet

KEEP = 500
"""Sheets a printer; about 15 MB of pictures."""
MOST_WAITING = 1000
"""Sheets not yet drawn; one takes about 30 ms, a printer makes two a second."""
SUFFIXES = (".bin", ".png", ".txt")


class Tray:
    """One thread draws for all printers, so that drawing never disturbs a line's pace."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sheets: queue.Queue[tuple[str, int, Sheet | LabelSheet] | None] = queue.Queue(MOST_WAITING)
        self._numbers: dict[str, int] = {}
        self._thread = threading.Thread(target=self._draw, name="tray", daemon=True)
        self._thread.start()

    def add_printer(self, name: str) -> None:
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        for torn in folder.glob(".*.tmp"):
            torn.unlink()
        numbers = (int(file.stem) for file in folder.iterdir() if file.stem.isdecimal())
        self._numbers[name] = max(numbers, default=0)

    def count(self, name: str) -> int:
        return self._numbers[name]

    def drop(self, name: str, columns: int, sheet: Sheet | LabelSheet) -> None:
        """A cut, or a label. White paper leaves no files. Blocks only when a thousand sheets wait to be drawn."""
        if sheet.inked:
            self._sheets.put((name, columns, sheet))

    def close(self) -> None:
        """Draws what waits, then ends."""
        self._sheets.put(None)
        self._thread.join(5)

    def _draw(self) -> None:
        while (waiting := self._sheets.get()) is not None:
            name, columns, sheet = waiting
            number = self._numbers[name] + 1
            folder = self._folder / name
            if isinstance(sheet, LabelSheet):
                picture, text = sheet.picture(), sheet.text()
            else:
                picture, text = picture_of(sheet, columns), text_of(sheet, columns)
            # The text comes last: who sees it finds all three.
            _write(folder / f"{number:04d}.bin", bytes(sheet.data))
            _write(folder / f"{number:04d}.png", picture)
            _write(folder / f"{number:04d}.txt", text.encode())
            self._numbers[name] = number
            for suffix in SUFFIXES:
                (folder / f"{number - KEEP:04d}{suffix}").unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".{path.name}.tmp")
    fresh.write_bytes(data)
    os.replace(fresh, path)
