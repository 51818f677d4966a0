"""UUIDv7: sortable by the time they were made in, random enough never to meet another."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

AHEAD = 64
"""Ids for which the kernel is asked for chance at once: every such question gives the interpreter away."""


class Ids(Iterator[str]):
    """Never goes backwards, also when the wall clock does: ids made later sort later.

    `after` is the time part of the newest id of a former life (`newest_tick` of gateway/store/ids.py).
    """

    def __init__(self, after: int = 0) -> None:
        self._lock = threading.Lock()
        self._last = after
        self._chance = b""

    def __next__(self) -> str:
        with self._lock:
            # 48 bits of milliseconds and 12 bits that count within one, as RFC 9562 section 6.2 method 1 allows.
            tick = max((time.time_ns() // 1_000_000) << 12, self._last + 1)
            self._last = tick
            if not self._chance:
                self._chance = os.urandom(8 * AHEAD)
            chance, self._chance = self._chance[:8], self._chance[8:]
        return uuid7(tick, int.from_bytes(chance, "big"))


def uuid7(tick: int, chance: int) -> str:
    """`tick`: milliseconds << 12 plus a counter; `chance`: 62 random bits."""
    time_part = (tick >> 12 & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64
    text = f"{time_part | 0b10 << 62 | chance & (1 << 62) - 1:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
