"""What `gateway simulate` tells the person who waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.simulation import program
from gateway.simulation.shift import Outcome


def outcomes(broken: int = 0) -> Iterator[Outcome]:
    for seed in range(1, 251):
        told = "a dish is before no cook" if seed == broken else ""
        yield Outcome(seed, 30, 900, 2, 60.0, "trace", told, ["the last step"])


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def run(monkeypatch: pytest.MonkeyPatch, *args: str, broken: int = 0) -> int:
    def played(_: Any) -> Iterator[Outcome]:
        return outcomes(broken)

    monkeypatch.setattr(program, "_outcomes", played)
    return program.main(["--seeds", "250", *args])


def test_progress_goes_to_standard_error_and_a_summary_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    said = capsys.readouterr()
    *progress, timing = said.err.splitlines()
    assert [line.split(",")[0] for line in progress] == ["100 of 250 seeds", "200 of 250 seeds"]
    assert timing.startswith("It took ")
    counted, verdict = said.out.splitlines()
    assert counted.startswith("250 simulated shifts (seeds 1 to 250): 7500 orders, 500 crashes and power cuts, 4.2 h")
    assert verdict.startswith("Every promise held")


def test_the_summary_of_the_same_seeds_is_the_same_however_long_it_took(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for took in (1.0, 99.0):
        moments = iter([0.0, *[took] * 9])
        monkeypatch.setattr(program.time, "monotonic", lambda moments=moments: next(moments))
        run(monkeypatch)
        told.append(capsys.readouterr())
    assert told[0].out == told[1].out
    assert told[0].err != told[1].err


def test_a_broken_promise_is_told_with_the_way_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, broken=7) == 1
    out = capsys.readouterr().out
    assert "seed 7 is broken" in out
    assert "gateway simulate --seed 7 --verbose" in out
    assert out.endswith("1 broke a promise; the story is above.\n")


def test_programs_get_one_object_a_seed_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--json") == 0
    assert [json.loads(line)["seed"] for line in capsys.readouterr().out.splitlines()] == list(range(1, 251))
