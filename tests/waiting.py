"""Waiting for what must come: with a deadline, and with words for when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

WITHIN_S = 20.0
"""For a machine that is busy with ten other things. A test that proves a promise of time gives the promise."""

TICK_S = 0.01
WORDS = 2000
"""Of what was last seen, in characters: a failure that fills the screen hides the one before it."""


def eventually(
    what: str, check: Callable[[], T | None], within_s: float = WITHIN_S, *, seen: Callable[[], object] | None = None
) -> T:
    """The first true value of `check`, which is asked at least once, and a last time when `within_s` seconds are over.

    Without one, AssertionError says what was waited for, and the last value of `check`; or that of `seen`, which is
    asked only then, where `check` can only say no. What either raises is not caught.
    """
    deadline = time.monotonic() + within_s
    while True:
        late = time.monotonic() >= deadline
        value = check()
        if value:
            return value
        if late:
            last = repr(value if seen is None else seen())
            raise AssertionError(f"not within {within_s:.1f} s: {what}; last seen: {last[:WORDS]}")
        time.sleep(TICK_S)
