"""What a benchmark says of a goal that it has missed: `install.sh test` ends with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.figures import Figure, main


@pytest.mark.parametrize(
    ("words", "runs", "code"),
    [
        ([], [False], 0),
        (["--hold"], [True], 0),
        (["--hold"], [False, True], 0),
        (["--hold"], [False, False], 1),
    ],
)
def test_only_what_is_missed_twice_is_missed(
    monkeypatch: pytest.MonkeyPatch, words: list[str], runs: list[bool], code: int
) -> None:
    """A neighbour on the machine may take a moment from one run."""
    met = iter(runs)

    def measure(quick: bool) -> Iterator[Figure]:
        yield Figure("told only", 1.0, "ms")
        yield Figure("a bump paints", 1.0, "ms", goal="<= 100 ms", met=next(met))

    monkeypatch.setattr("sys.argv", ["screen_speed", *words])
    assert main("", measure) == code
    assert list(met) == [], "nothing is measured again without need"
