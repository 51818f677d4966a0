"""An idle ESC/POS printer on a pty: it answers what it is asked, prints nothing, and notes when each slip began."""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from pathlib import Path

ASK = b"\x10\x04"
"""DLE EOT n: a question in three bytes."""

FENCE, CUT = b"\x1dr\x01", b"\x1dVB\x00"
"""Fences stand in a slip and at its end; behind the last one comes the cut."""

WELL = b"\x12"
"""The answer of a printer that is online, closed, without an error and with paper."""


class IdlePrinter:
    """`began` holds the monotonic second of the first body byte of each slip."""

    def __init__(self, link: Path):
        self._line, self._other = pty.openpty()
        tty.setraw(self._other)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._other))
        self.began: list[float] = []
        self._in_slip = False
        threading.Thread(target=self._serve, name="idle printer", daemon=True).start()

    def _serve(self) -> None:
        left = b""
        while True:
            data = os.read(self._line, 4096)
            at = time.monotonic()
            left = self._take(left + data, at)

    def _take(self, data: bytes, at: float) -> bytes:
        """Handles what has come; returns the beginning of a question that is not whole yet."""
        while data:
            if not self._in_slip:
                if data.startswith(ASK) and len(data) >= 3:
                    os.write(self._line, WELL)
                    data = data[3:]
                    continue
                if ASK.startswith(data[:2]):
                    return data
                self._in_slip = True
                self.began.append(at)
            fence = data.find(FENCE)
            if fence < 0:
                return data[1 - len(FENCE) :]
            data = data[fence:]
            if len(data) < len(FENCE + CUT):
                return data
            os.write(self._line, b"\x00")
            data = data[len(FENCE) :]
            if data.startswith(CUT):
                self._in_slip = False
                data = data[len(CUT) :]
        return data
