"""What is to be paid, of one visit or one take-away order: signed lines and adjustments."""

from __future__ import annotations

import msgspec

STATES = ("OPEN", "LOCKED", "PAID")
MOVES = {
    ("OPEN", "lock"): "LOCKED",
    ("LOCKED", "unlock"): "OPEN",
    ("LOCKED", "pay"): "PAID",
    ("PAID", "reopen"): "OPEN",
}


class Check(msgspec.Struct):
    id: str
    visit: str | None
    state: str
    currency: str
    lines_total: int = 0
    adjustments_total: int = 0
    paid: int = 0
    version: int = 1

    @property
    def total(self) -> int:
        return self.lines_total + self.adjustments_total
