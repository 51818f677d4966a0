"""The house is killed while a lunch goes on. The script is `storm.py`; here it runs in a small size."""

from __future__ import annotations

import os

import pytest
from faults import storm

SECONDS = 600.0 if os.environ.get("TABLEPASS_FULL") == "1" else 60.0
SEED = 20261123


@pytest.mark.timeout(400 + SECONDS)
def test_nothing_is_lost_or_doubled_while_everything_is_killed() -> None:
    result = storm.run(SECONDS, SEED)
    print(result)
    assert result["wrong"] == []
    assert set(result["kills"]) == set(storm.VICTIMS), "each program was killed at least once"
    assert result["acknowledged"] == result["rows"] == result["in_cloud"]
    assert result["screen_changes"] > result["acknowledged"], "the screen saw each ticket come and be proven"


@pytest.mark.timeout(200)
@pytest.mark.parametrize(("bug", "told"), [("late_mark", "without REPRINT"), ("torn_transaction", "a key made two")])
def test_the_storm_finds_a_planted_bug(bug: str, told: str) -> None:
    """The negative control: the same storm against a house with this bug in it must fail."""
    result = storm.run_control(bug, 10.0, SEED)
    print(result)
    assert any(told in one for one in result["wrong"]), result
