"""A scanner that exists only as a program: a hand lays a code before it with `scan`."""

from __future__ import annotations

from collections import deque
from typing import Any

from firmware_bridge.virtual.peer import Peer

ENDS = {"crlf": b"\r\n", "cr": b"\r", "lf": b"\n", "none": b""}
MOST_WAITING = 100


class VirtualScanner(Peer):
    """`ends`: what stands behind a code, one of ENDS."""

    def __init__(self, ends: str) -> None:
        super().__init__()
        self._end = ENDS[ends]
        self._codes: deque[bytes] = deque(maxlen=MOST_WAITING)
        self.scanned = 0

    def say(self, now: float) -> list[bytes]:
        codes = list(self._codes)
        self._codes.clear()
        self.scanned += len(codes)
        return codes

    def do(self, deed: str, command: dict[str, Any]) -> None:
        text = command.get("text")
        if deed != "scan" or not isinstance(text, str):
            raise ValueError("a scanner can scan a text")
        encoding = "gbk" if command.get("encoding") == "gbk" else "utf-8"
        self._codes.append(text.encode(encoding, "replace") + self._end)

    def facts(self) -> dict[str, Any]:
        return {"scanned": self.scanned}
