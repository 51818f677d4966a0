"""What may still come for former papers, and how long the next one waits for it. No I/O."""

from __future__ import annotations

QUIET_S = 5.0
"""Without an answer that a former paper may bring, from a printer that answers questions and may print: it holds
nothing of before any more. Two fences are at most 1000 bytes apart, two seconds of the slowest printer."""
QUIET_MOST_S = 30.0
"""Of listening. A printer that never is so quiet, because it says such bytes by itself, gets papers all the same:
unproven ones."""


class FormerAnswers:
    """A printer that was mute, or out of paper, may hold a former paper and answer for it much later; how often nobody
    can say, so only silence ends it. Times are monotonic seconds."""

    def __init__(self, expected: bool) -> None:
        self.expected = expected
        """Whether what comes may be a former paper's."""
        self.disturb()

    def expect(self) -> None:
        """A paper has ended without proof, or somebody else's answers came."""
        self.expected = True

    def disturb(self) -> None:
        """The line was gone, or a paper began: the listening begins anew."""
        self._quiet_at: float | None = None
        self._listening_since: float | None = None
        self._listened_s = 0.0

    def hear(self, now: float) -> None:
        """One has come, so there may be more."""
        if self._quiet_at is not None:
            self._quiet_at = now + QUIET_S

    def step(self, now: float, *, listening: bool) -> None:
        """`listening`: the printer is well and prints nothing, so its silence counts."""
        if self._listening_since is not None:
            self._listened_s += now - self._listening_since
        self._listening_since = now if self.expected and listening else None
        if self._listening_since is None:
            self._quiet_at = None
        elif self._quiet_at is None:
            self._quiet_at = now + QUIET_S
        elif now >= self._quiet_at:
            self.expected = False
            self.disturb()

    def keeps_waiting(self) -> bool:
        """Whether the next paper shall still wait."""
        return self.expected and self._listened_s < QUIET_MOST_S

    @property
    def wish(self) -> float:
        if self._quiet_at is None or self._listening_since is None:
            return float("inf")
        rest = QUIET_MOST_S - self._listened_s
        return min(self._quiet_at, self._listening_since + rest) if rest > 0 else self._quiet_at
