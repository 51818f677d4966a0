"""When a part that does nothing but read rows is asked: in a rush every commit would be a reason, and idle none is."""

from __future__ import annotations

from typing import Protocol

from gateway.domain.now import Now

LOOK_S = 1.0
"""Between two looks at rows that keep changing. The shortest promise of these parts is 5 s; those that name something
within 10 s begin a second and more before that."""

QUIET_S = 5.0
"""So often it is asked although no row has changed: the writer may have refused what it asked for."""


class _Part(Protocol):
    def step(self, now: Now) -> float | None: ...


class Paced:
    """A part around another that sees nothing but rows and the time: it is asked when it wished to be, `pace_s` after
    its last look when something was committed meanwhile, and every `QUIET_S`."""

    def __init__(self, part: _Part, pace_s: float):
        self.changes = 0
        """How many commits there were; whoever steps this says so before."""
        self._part = part
        self._pace_s = pace_s
        self._seen = -1
        self._looked_at = float("-inf")
        self._wish: float | None = None

    def step(self, now: Now) -> float:
        due = self._due()
        if now.monotonic < due:
            return due
        self._seen, self._looked_at = self.changes, now.monotonic
        self._wish = self._part.step(now)
        return self._due()

    def _due(self) -> float:
        wish = float("inf") if self._wish is None else self._wish
        rest = self._pace_s if self.changes != self._seen else max(self._pace_s, QUIET_S)
        return min(wish, self._looked_at + rest)
