"""When a part that reads nothing but rows is asked, step by step and without a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from gateway.domain.now import Now
from gateway.housekeeping.paced import QUIET_S, Paced

START = datetime(2026, 3, 7, 11, 0, tzinfo=UTC)
STEP_S = 0.1
PACE_S = 1.0
MARGIN_S = 0.5
"""More than a step, and than what a round may be moved to meet others."""


class Part:
    """Keeps when it was asked; `wishes` is what it answers, once each."""

    def __init__(self, *wishes: float):
        self.asked: list[float] = []
        self.wishes = list(wishes)

    def step(self, now: Now) -> float | None:
        self.asked.append(now.monotonic)
        return self.wishes.pop(0) if self.wishes else None


def play(part: Part, seconds: float, commits_every_s: float = float("inf")) -> list[float]:
    """Steps it as its owner would, far more often than it need be. Returns when it was asked, in s from the start."""
    paced, committed_at = Paced(part, PACE_S), 0.0
    for n in range(int(seconds / STEP_S) + 1):
        at = n * STEP_S
        if at - committed_at >= commits_every_s:
            paced.changes += 1
            committed_at = at
        assert paced.step(Now(START + timedelta(seconds=at), "ntp", "boot", at)) > at
    return part.asked


def near(found: list[float], wanted: list[float]) -> bool:
    return len(found) == len(wanted) and all(abs(a - b) <= MARGIN_S for a, b in zip(found, wanted, strict=True))


def test_it_is_asked_when_it_wished_to_be_although_nothing_was_committed() -> None:
    asked = play(Part(2.0), 3.0)
    assert near(asked, [0.0, 2.0]), asked


def test_in_a_rush_it_is_asked_by_its_pace_and_not_for_every_commit() -> None:
    asked = play(Part(), 4.0, commits_every_s=STEP_S)
    assert asked[0] == 0.0
    gaps = [later - former for former, later in pairwise(asked)]
    assert 3 <= len(gaps) <= 5, asked
    assert all(PACE_S - STEP_S / 2 <= gap <= PACE_S + MARGIN_S for gap in gaps), asked


def test_a_wish_is_kept_in_a_rush_too() -> None:
    asked = play(Part(0.5), 0.9, commits_every_s=STEP_S)
    assert len(asked) == 2, "before its pace was over"
    assert 0.5 <= asked[1] <= 0.5 + 2 * STEP_S


def test_while_nothing_changes_it_is_asked_every_quiet_time_all_the_same() -> None:
    asked = play(Part(), 2 * QUIET_S + 2 * MARGIN_S)
    assert near(asked, [0.0, QUIET_S, 2 * QUIET_S]), asked
