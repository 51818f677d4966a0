"""One slip on its way to a printer, and how it can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FENCE_TRIES = 3
"""A fence whose answer was mixed with other bytes is sent again; each one stands behind the whole slip."""
SPARE_S = 3.0
LINES_PER_S = 15.0
"""The slowest kitchen printers (impact) print about this many lines a second."""


@dataclass
class Sending:
    """The slip on its way. `left` counts bytes that the line has taken."""

    data: bytes
    patience: float
    deadline: float
    left: int = 0
    drained: float = 0.0
    fences: int = 1
    fence_at: float = 0.0
    candidates: bytearray = field(default_factory=bytearray)
    candidate_at: float = 0.0
    mixed: bool = False
    held: str = ""

    @property
    def whole(self) -> bool:
        return self.left >= len(self.data)


@dataclass(frozen=True)
class Outcome:
    """How a slip ended. `answer` is the fence's answer in hex, empty when nothing answered.

    `WAITING`: the line took no byte at all, so the slip may be sent whole later.
    """

    state: Literal["PRINTED", "UNCONFIRMED", "UNKNOWN", "WAITING"]
    reason: str = ""
    answer: str = ""
