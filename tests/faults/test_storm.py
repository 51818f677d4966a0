"""The house is killed while a lunch goes on. The script is `storm.py`; here it runs in a small size."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from faults import storm

SECONDS = 600.0 if os.environ.get("TABLEPASS_FULL") == "1" else 60.0
SEED = 20261123


@pytest.fixture(scope="module")
def controls() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Started before the storm itself and with it, each with a house of its own: much of their time is waiting."""
    script = str(pathlib.Path(storm.__file__))
    command = [sys.executable, script, "--seconds", "10", "--seed", str(SEED), "--negative-control"]
    running = {bug: subprocess.Popen([*command, bug], stdout=subprocess.PIPE, text=True) for bug in storm.CONTROLS}
    yield running
    for process in running.values():
        process.send_signal(signal.SIGINT)  # of no effect on those that have ended, as they do
        process.communicate(timeout=30)


@pytest.mark.timeout(400 + SECONDS)
@pytest.mark.usefixtures("controls")
def test_nothing_is_lost_or_doubled_while_everything_is_killed() -> None:
    result = storm.run(SECONDS, SEED)
    print(result)
    assert result["wrong"] == []
    assert set(result["kills"]) == set(storm.VICTIMS), "each program was killed at least once"
    assert result["acknowledged"] == result["rows"] == result["in_cloud"]
    assert result["screen_changes"] > result["acknowledged"], "the screen saw each ticket come and be proven"


@pytest.mark.timeout(200)
@pytest.mark.parametrize("bug", storm.CONTROLS)
def test_the_storm_finds_a_planted_bug(controls: dict[str, subprocess.Popen[str]], bug: str) -> None:
    """The negative control: the same storm against a house with this bug in it must fail."""
    said, _ = controls[bug].communicate()
    print(said)
    assert controls[bug].returncode == 1
    assert any(storm.CONTROLS[bug].told in one for one in json.loads(said)["wrong"])
