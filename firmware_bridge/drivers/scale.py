"""A kitchen scale that sends its weight all the time: what is at rest and new is told, in whole grams."""

from __future__ import annotations

from typing import ClassVar

from firmware_bridge.drivers.driver import Condition, Driver, Surroundings
from firmware_bridge.drivers.weighing import Lines, Reading, Yaohua

STEADY_S = 0.5
STEADY_READINGS = 3
"""The same weight for so long and so often is at rest, where the scale does not say it itself. Scales send 5 to 25
readings a second, and a hand that pours does not stop for half a second."""
TELL_EVERY_S = 0.2
"""Five weights a second at most; beyond that the newest counts."""
SILENT_S = 5.0
"""A scale that is set to send continuously is never quiet for so long."""
MOST_UNREADABLE = 256
"""Bytes without one reading among them, some 15 frames: the wrong baud rate or the wrong dialect."""


class Scale(Driver):
    """Tells `weight` with `grams` and `stable`. The dialect `xk3190` does not send its unit, so the store says it."""

    options: ClassVar = {"dialect": ("a_and_d", "xk3190"), "unit": ("kg", "g")}

    def __init__(self, given: Surroundings) -> None:
        super().__init__(given)
        self._begin(0.0)

    def connected(self, now: float) -> None:
        self._begin(now)

    def disconnected(self, now: float, reason: str) -> None:
        self._begin(now)

    def _begin(self, now: float) -> None:
        """The weight of before counts no more; what lies there now is told again."""
        self._codec = Lines() if self.option("dialect") == "a_and_d" else Yaohua(self.option("unit"))
        self._heard_at = now
        self._silent = False
        self._ever_read = False
        self._overload = False
        self._steady: int | None = None
        self._steady_since = now
        self._steady_count = 0
        self._at_rest: int | None = None
        self._told_grams: int | None = None
        self._told_at = float("-inf")

    def receive(self, data: bytes, now: float) -> None:
        self._heard_at = now
        self._silent = False
        for reading in self._codec.feed(data):
            self._ever_read = True
            self._weigh(reading, now)

    def _weigh(self, reading: Reading, now: float) -> None:
        grams = reading.grams
        self._overload = grams is None
        if grams is None or grams != self._steady:
            self._steady, self._steady_since, self._steady_count = grams, now, 0
        self._steady_count += 1
        stable = reading.stable
        if stable is None:
            stable = self._steady_count >= STEADY_READINGS and now - self._steady_since >= STEADY_S
        if grams is None:
            self._told_grams = None
        self._at_rest = grams if stable else None

    def step(self, now: float) -> float:
        self._silent = now - self._heard_at >= SILENT_S
        quiet_at = float("inf") if self._silent else self._heard_at + SILENT_S
        if self._at_rest is None or self._at_rest == self._told_grams:
            return quiet_at
        due = self._told_at + TELL_EVERY_S
        if now < due:
            return min(due, quiet_at)
        self._told_grams, self._told_at = self._at_rest, now
        self.tell("weight", grams=self._at_rest, stable=True)
        return quiet_at

    def condition(self) -> Condition | None:
        if self._silent:
            return "unknown", ["no_answer"]
        if self._codec.unreadable > MOST_UNREADABLE:
            return "degraded", ["unreadable"]
        if not self._ever_read:
            return None
        return ("blocked", ["overload"]) if self._overload else ("online", [])
