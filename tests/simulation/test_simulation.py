"""500 shifts in CI (more by `TABLEPASS_SEEDS=5000`), and planted bugs that the same seeds must find.

A mutant is a small patch in tests/mutants, applied to a copy of the tree: the product holds no test switches.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.simulation.program import main
from gateway.simulation.shift import run_seed

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = sorted((ROOT / "tests" / "mutants").glob("*.patch"))
SEEDS = int(os.environ.get("TABLEPASS_SEEDS", "500"))
SEEDS_FOR_A_MUTANT = 60
SEEDS_FOR_THE_COPY = 12

CORES = 2
AGREED_S = 180.0 * SEEDS / 500
"""500 seeds within 3 minutes, on two cores."""

PROCESSOR_S = 0.9 * CORES * AGREED_S
"""What the workers may use of them: neighbours make a run longer, but hardly change this. Nine tenths, for a worker
also waits: for its disk, and at the end for the other one."""

pytestmark = pytest.mark.timeout(max(600, SEEDS * 1.2))
"""For a run that hangs; with other work beside it, one that is well may be three times as long as agreed."""


def simulate(tree: Path, seeds: int) -> tuple[int, list[dict[str, Any]]]:
    """`gateway simulate` out of this tree and no other. Ends at the first broken seed."""
    ran = subprocess.run(
        [sys.executable, "-m", "gateway.simulation.program", "--seeds", str(seeds), "--workers", "2", "--json"],
        # Workers that are ended in the middle of a seed leave what they hold where it goes with the copy.
        cwd=tree, env={**os.environ, "PYTHONPATH": str(tree), "TMPDIR": str(tree)}, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()]


def copy_of_the_tree(to: Path) -> Path:
    for package in ("gateway", "firmware_bridge"):
        # With what is compiled: a patched file is newer than that, and no other is compiled in each copy again.
        shutil.copytree(ROOT / package, to / package, ignore=shutil.ignore_patterns("static"))
    return to


def apply(patch: Path, tree: Path) -> None:
    subprocess.run(["git", "apply", "-p1", str(patch)], cwd=tree, check=True, env={**os.environ, "GIT_DIR": os.devnull})


def children_s() -> float:
    """Processor seconds of those that have ended and were waited for."""
    used = os.times()
    return used.children_user + used.children_system


def test_every_invariant_holds_in_all_shifts(
    capfd: pytest.CaptureFixture[str], measured: Callable[[str], None]
) -> None:
    words = ["--seed", "1", "--seeds", str(SEEDS), "--workers", "2"]
    began, before = time.monotonic(), children_s()
    code = main(words)
    took, used = time.monotonic() - began, children_s() - before
    said = capfd.readouterr().out
    print(said)
    measured(f"gateway simulate {' '.join(words)} took {took:.0f} s, {used:.0f} s of its workers' processor time")
    assert code == 0, said
    assert SEEDS / 50 < used < PROCESSOR_S, "3 minutes on two cores"


def test_a_seed_replays_exactly() -> None:
    first, again, other = run_seed(2), run_seed(2), run_seed(3)
    assert first == again
    assert first.trace != other.trace
    assert first.steps > 500


def test_a_seed_replays_in_another_process(tmp_path: Path) -> None:
    _, (elsewhere,) = simulate(copy_of_the_tree(tmp_path), 1)
    assert elsewhere["trace"] == run_seed(1).trace


def test_the_copy_without_a_mutant_is_sound(tmp_path: Path) -> None:
    code, outcomes = simulate(copy_of_the_tree(tmp_path), SEEDS_FOR_THE_COPY)
    assert code == 0, outcomes[-1]["broken"]
    assert len(outcomes) == SEEDS_FOR_THE_COPY


@pytest.mark.parametrize("patch", MUTANTS, ids=lambda patch: patch.stem)
def test_the_mutant_is_found(patch: Path, tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    apply(patch, tree)
    code, outcomes = simulate(tree, SEEDS_FOR_A_MUTANT)
    assert code == 1, f"{len(outcomes)} seeds did not see: {patch.read_text().splitlines()[0]}"
    assert outcomes[-1]["broken"]
    assert outcomes[-1]["last"]


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 5
