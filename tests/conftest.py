"""What every ring of tests shares."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator

import pytest
from leftovers import Run
from running_demo import Log, RunningDemo


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """Set up before all others, and so torn down after them."""
    run = Run()
    try:
        yield
        left = run.settled()
    finally:
        run.end()
    assert left == [], "the tests leave this behind"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure stands what the demos of this test said."""
    report = yield
    if report.failed:
        report.sections += [(f"log of the demo in {log.path.parent}", log.tail(80)) for log in Log.known]
    if call.when == "teardown":
        Log.forget()
    return report


Measured = Callable[[str], None]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Says a figure in the summary of the run, also from a lane, whose standard output nobody sees."""

    def say(words: str) -> None:
        print(words)
        record_property("measured", words)

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ended = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [
        f"{report.nodeid.rpartition('/')[2]}: {words}"
        for report in ended
        for name, words in report.user_properties
        if name == "measured" and report.when == "call"
    ]
    if lines:
        terminalreporter.section("measured")
        terminalreporter.write("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def demo() -> Iterator[RunningDemo]:
    """One demo for all tests that only use it. A test that breaks it starts its own."""
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)
