"""A few shifts (more by `TABLEPASS_SEEDS=5000`; all 500 in CI by `python -m benchmarks.simulated_shifts`, which also
holds their time), and planted bugs that seeds must find.

A mutant is a small patch in tests/mutants, applied to a copy of the tree: the product holds no test switches.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.simulation.program import main
from gateway.simulation.shift import run_seed

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = sorted((ROOT / "tests" / "mutants").glob("*.patch"))
SEEDS = int(os.environ.get("TABLEPASS_SEEDS", "40"))
SEEDS_FOR_A_MUTANT = 80
SEEDS_FOR_THE_COPY = 12

pytestmark = pytest.mark.timeout(max(600, SEEDS * 1.2))
"""For a run that hangs: a mutant that only its last seed finds may take some minutes with other work beside it."""


def simulate(tree: Path, seeds: int, first: int = 1) -> tuple[int, list[dict[str, Any]]]:
    """`gateway simulate` out of this tree and no other. Ends at the first broken seed."""
    words = ["--seed", str(first), "--seeds", str(seeds), "--workers", "2", "--json"]
    ran = subprocess.run(
        [sys.executable, "-m", "gateway.simulation.program", *words],
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


def test_every_invariant_holds_in_all_shifts(capfd: pytest.CaptureFixture[str]) -> None:
    code = main(["--seed", "1", "--seeds", str(SEEDS), "--workers", "2"])
    said = capfd.readouterr().out
    assert code == 0, said
    assert f"{SEEDS} " in said, "that many were played"


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
    """A patch may say at which seed it was found last (`Seed: 24`): they are played from there."""
    tree = copy_of_the_tree(tmp_path)
    apply(patch, tree)
    last = re.search(r"^Seed: (\d+)$", patch.read_text(), re.MULTILINE)
    code, outcomes = simulate(tree, SEEDS_FOR_A_MUTANT, int(last[1]) if last else 1)
    assert code == 1, f"{len(outcomes)} seeds did not see: {patch.read_text().splitlines()[0]}"
    named = re.search(r"^Found by: (.+)$", patch.read_text(), re.MULTILINE)
    assert outcomes[-1]["broken"]
    assert named is None or named[1] in outcomes[-1]["broken"], "found, but by another promise than its own"
    assert outcomes[-1]["last"]


def test_there_are_enough_mutants() -> None:
    assert len(MUTANTS) >= 14
