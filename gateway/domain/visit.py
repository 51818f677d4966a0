"""One party's stay at a table. A table may hold several visits."""

from __future__ import annotations

import msgspec

STATES = ("OPEN", "CLOSED")
MOVES = {("OPEN", "close"): "CLOSED"}


class Visit(msgspec.Struct, frozen=True):
    id: str
    table: str
    state: str
    covers: int
    opened_at: str
