"""Answers without a name that may still come for former slips, and how long the next slip waits for them. No I/O."""

from __future__ import annotations

QUIET_S = 5.0
"""Without a fence's answer, from a printer that answers questions and may print: it holds nothing of before any more.
Two fences are at most 1000 bytes apart, two seconds of the slowest printer."""
QUIET_MOST_S = 30.0
"""A printer that never is so quiet, because it says such bytes by itself, gets slips all the same: unproven ones."""


class FormerAnswers:
    """A printer that was mute, or out of paper, may hold a former slip and answer for it much later; how often nobody
    can say, so only silence ends it. Times are monotonic seconds."""

    def __init__(self, expected: bool) -> None:
        self.expected = expected
        """Whether an answer that comes may be a former slip's."""
        self._quiet_at: float | None = None
        self._endured_at = 0.0

    def expect(self) -> None:
        """A slip has ended without proof, or somebody else's answers came."""
        self.expected = True

    def disturb(self) -> None:
        """The printer cannot be listened to now: its silence says nothing."""
        self._quiet_at = None

    def hear(self, now: float) -> None:
        """One has come, so there may be more."""
        if self._quiet_at is not None:
            self._quiet_at = now + QUIET_S

    def step(self, now: float, *, listening: bool) -> None:
        """`listening`: the printer is well and prints nothing, so its silence counts."""
        if not self.expected or not listening:
            self._quiet_at = None
        elif self._quiet_at is None:
            self._quiet_at, self._endured_at = now + QUIET_S, now + QUIET_MOST_S
        elif now >= self._quiet_at:
            self.expected, self._quiet_at = False, None

    def keeps_waiting(self, now: float) -> bool:
        return self.expected and (self._quiet_at is None or now < self._endured_at)

    @property
    def wish(self) -> float | None:
        return self._quiet_at
