"""What turns a part: a thread that calls `step(now)` when the part wants it, or when someone wakes it."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from gateway.clock import Clock
from gateway.domain.now import Now

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 60.0
"""A part that asks for nothing is still looked at once a minute: a wake-up lost to a bug costs a minute, not a day."""

AFTER_A_BUG_S = 1.0
MAX_BUGS_IN_A_ROW = 10
"""Then the process ends and starts afresh: ten seconds of the same failure will not heal by themselves."""


class Part(Protocol):
    def step(self, now: Now) -> float | None:
        """Does what is due. Returns the monotonic second at which it next wants to run, None until woken."""


class Runner:
    """One named thread for one part. `failed` is set when the part cannot go on."""

    def __init__(self, name: str, part: Part, clock: Clock, on_failure: threading.Event):
        self.name = name
        self.failed: BaseException | None = None
        self.stepped_at = 0.0
        self._part = part
        self._clock = clock
        self._on_failure = on_failure
        self._bell = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._bell.set()

    def stop(self) -> None:
        self._stopping = True
        self._bell.set()

    def join(self, timeout_s: float) -> bool:
        """True when the thread has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        bugs = 0
        while not self._stopping:
            self._bell.clear()
            now = self._clock.now()
            self.stepped_at = now.monotonic
            try:
                wish = self._part.step(now)
                bugs = 0
            except Exception as error:
                bugs += 1
                log.exception("%s failed", self.name)
                if bugs >= MAX_BUGS_IN_A_ROW or getattr(error, "fatal", False):
                    self.failed = error
                    self._on_failure.set()
                    return
                wish = now.monotonic + AFTER_A_BUG_S
            until = now.monotonic + LONGEST_WAIT_S if wish is None else wish
            pause = until - self._clock.now().monotonic
            if pause > 0:
                self._bell.wait(min(pause, LONGEST_WAIT_S))
