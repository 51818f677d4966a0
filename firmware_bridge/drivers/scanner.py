"""A QR or bar code scanner on a serial line (USB-CDC or RS-232): a code ends with a line end or with a short rest.

It says codes and nothing else, so of the device itself no more is known than that its line is open.
"""

from __future__ import annotations

import logging
from typing import ClassVar

from firmware_bridge.drivers.driver import Condition, Driver, Surroundings

log = logging.getLogger(__name__)

LONGEST_CODE = 4096
"""Bytes. The fullest QR code holds 2,953; more is two devices on one line, or noise, and is left out to its end."""
GAP_S = 0.05
"""A rest that ends a code: 48 characters of time at 9,600 baud, and nobody scans twice within it."""
LOST_S = 1.0
"""With `ends = "line_end"`: what then still has no end never gets one."""
SAME_S = 1.0
"""A code that is seen again within this is still the same look: scanners on a stand repeat what lies before them."""
MOST_CODES = 10
"""A second, and so many are remembered. A hand makes two; a line full of noise shall not fill the broker."""

GROUP_SEPARATOR = "\x1d"
"""Part of GS1 codes; no other control character belongs to a code (some scanners frame theirs with 02 and 03)."""


def text_of(code: bytes) -> str | None:
    """UTF-8, else GBK, as Chinese codes and scanners have it; None when it is neither. Without control characters."""
    for encoding in ("utf-8", "gbk"):
        try:
            text = code.decode(encoding)
        except UnicodeDecodeError:
            continue
        return "".join(char for char in text if char == GROUP_SEPARATOR or char.isprintable()).strip()
    return None


class Scanner(Driver):
    """Tells `scan` with `text`. `ends`: `either`, or only by `line_end` (then half a code is never taken for a whole
    one, whatever the line does), or only by a `gap`."""

    options: ClassVar = {"ends": ("either", "line_end", "gap")}

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._ends = self.option("ends")
        self._code = bytearray()
        self._heard_at = 0.0
        self._skipping = False
        self._seen: dict[int, float] = {}
        """When a text was last seen, by its hash: ten texts would be forty kilobytes."""
        self._unreadable = False

    def connected(self, now: float) -> None:
        self._forget()

    def disconnected(self, now: float, reason: str) -> None:
        self._forget()

    def _forget(self) -> None:
        """The start of a code whose end went with the cable is no code."""
        self._code.clear()
        self._skipping = self._unreadable = False

    def receive(self, data: bytes, now: float) -> None:
        # However late we are: what has come in by now came without a rest that anybody saw.
        self._heard_at = now
        if self._ends == "gap":
            self._gather(data.replace(b"\r", b"").replace(b"\n", b""))
            return
        *whole, rest = data.replace(b"\n", b"\r").split(b"\r")
        for part in whole:
            self._gather(part)
            self._end(now)
        self._gather(rest)

    def step(self, now: float) -> float:
        if not self._code and not self._skipping:
            return float("inf")
        due = self._heard_at + (LOST_S if self._ends == "line_end" else GAP_S)
        if now < due:
            return due
        if self._ends == "line_end":
            log.warning("%s: %d bytes without a line end are left out", self.name, len(self._code))
            self._code.clear()
        self._end(now)
        return float("inf")

    def condition(self) -> Condition:
        return ("degraded", ["unreadable"]) if self._unreadable else ("online", [])

    def _gather(self, data: bytes) -> None:
        if self._skipping:
            return
        if len(self._code) + len(data) > LONGEST_CODE:
            log.warning("%s: a code of more than %d bytes is left out", self.name, LONGEST_CODE)
            self._code.clear()
            self._skipping = True
            return
        self._code += data

    def _end(self, now: float) -> None:
        if self._skipping:
            self._skipping = False
            self._unreadable = True
            return
        code = bytes(self._code)
        self._code.clear()
        if not code:
            return
        text = text_of(code)
        self._unreadable = text is None
        if text is None:
            log.warning("%s: a code of %d bytes is no text", self.name, len(code))
        elif text:
            self._tell_once(text, now)

    def _tell_once(self, text: str, now: float) -> None:
        self._seen = {each: at for each, at in self._seen.items() if now - at < SAME_S}
        look = hash(text)
        known = look in self._seen
        if not known and len(self._seen) >= MOST_CODES:
            log.warning("%s: more than %d codes within %g s, one is left out", self.name, MOST_CODES, SAME_S)
            return
        self._seen[look] = now
        if not known:
            self.tell("scan", text=text)
