"""The moment at which something happens. Made only by `gateway/clock.py` (and by the simulation)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

Grade = Literal["ntp", "lan", "rtc", "holdover", "guess"]


SURE = ("ntp", "lan", "rtc")
"""Grades of a clock that somebody has set. What a box without a clock of its own restored from its last life is late by
the night that it was off."""


@dataclass(frozen=True, slots=True)
class Now:
    """`utc` is for people and papers; `monotonic` (seconds, valid within one `boot`) is for every time-out. `began`:
    when this process did, on the same clock; long ago where that says nothing."""

    utc: datetime
    grade: Grade
    boot: str
    monotonic: float
    began: float = float("-inf")

    @property
    def iso(self) -> str:
        return iso(self.utc)

    def since(self, boot: str, monotonic: float) -> float:
        """Seconds since a moment that was kept in a row. A moment of another boot is long ago."""
        return self.monotonic - monotonic if boot == self.boot else float("inf")

    def could_be_seen(self, boot: str, monotonic: float) -> float:
        """Seconds for which a cook could have seen what was fired then: of another boot, since this process began.
        While the box was off no screen showed anything."""
        return self.since(boot, monotonic) if boot == self.boot else self.monotonic - self.began

    def age(self, boot: str, monotonic: float, at: str, grade: str) -> float:
        """Seconds since a moment of which the time of day and the clock's grade were kept too. Of another boot both
        clocks must do: where one of them was not known to be right nobody can say, and the answer is 0."""
        if boot == self.boot:
            return self.monotonic - monotonic
        if self.grade not in SURE or grade not in SURE:
            return 0.0
        return max(0.0, (self.utc - parse_iso(at)).total_seconds())

    def seconds_after(self, at: str) -> float:
        """Since a moment of the wall clock, for what people read: a clock that was set makes it wrong once."""
        return (self.utc - parse_iso(at)).total_seconds()

    def ago(self, seconds: float) -> str:
        return iso(self.utc - timedelta(seconds=seconds))


@lru_cache(maxsize=64)
def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: sorts as text. A batch of orders asks for the same moment many times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    return datetime.fromisoformat(text)
