"""Ends what nobody ended before the business day was over: a take-away of a paper kitchen that no scan crossed off."""

from __future__ import annotations

from gateway.domain.actor import HOUSE
from gateway.domain.business_day import day_of
from gateway.domain.now import SURE, Now
from gateway.operations import endings
from gateway.store import Pending, Store, orders, settings

LOOK_EVERY_S = 60.0
"""Nobody waits for it: it keeps yesterday's numbers off this morning's board."""


class DayEnd:
    """A part. Only a clock that somebody has set says that a day is over."""

    def __init__(self, store: Store):
        self._store = store
        self._due = float("-inf")
        self._asked = False

    def step(self, now: Now) -> float | None:
        if now.monotonic < self._due:
            return self._due
        self._due = now.monotonic + LOOK_EVERY_S
        if now.grade not in SURE or self._asked:
            return self._due
        with self._store.read() as rows:
            rules = settings.settings(rows)
            today = day_of(rules, now.utc) if rules else ""
            left = bool(rules) and bool(orders.left_over(rows, today))
        if left:
            self._asked = True
            self._store.submit(endings.end_of_day, HOUSE, today).then(self._settled)
        return self._due

    def _settled(self, pending: Pending) -> None:
        self._asked = False  # what a full disk did not take is asked for at the next look
