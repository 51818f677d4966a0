"""When something that failed is tried again: full jitter, so that a region's boxes do not all knock at once."""

from __future__ import annotations

import random

BASE_S = 0.25
CAP_S = 1.8
"""While somebody may be waiting for it: the first event is at the cloud within two seconds of its return."""

LONG_CAP_S = 30.0
LONG_OUTAGE_S = 3600.0
"""After an hour nobody watches the second; a region's boxes then spread their knocking."""

FLOOR = 0.2
"""The least part of a pause: chance alone could make it nothing, several times in a row."""


class Backoff:
    """Counts failures in a row. `next_try` is the monotonic second before which nothing is tried."""

    def __init__(self, chance: random.Random):
        self.next_try = 0.0
        self._chance = chance
        self._failures = 0
        self._since: float | None = None

    def failed(self, began: float, ended: float, at_least_s: float) -> float:
        """A try that `began` has `ended` (monotonic seconds); returns `next_try`. `at_least_s`: what the other side
        asked for."""
        if self._since is None:
            self._since = began
        cap = LONG_CAP_S if began - self._since > LONG_OUTAGE_S else CAP_S
        ceiling = min(cap, BASE_S * 2 ** min(self._failures, 10))
        self._failures += 1
        self.next_try = ended + max(self._chance.uniform(FLOOR * ceiling, ceiling), at_least_s)
        return self.next_try

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return self._failures > 0

    def succeeded(self) -> None:
        self._since = None
        self._failures = 0
