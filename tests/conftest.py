"""What every ring of tests shares."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from running_demo import RunningDemo


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningDemo]:
    """One demo for all tests that only use it. A test that breaks it starts its own."""
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)
