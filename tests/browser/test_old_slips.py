"""Slips that waited too long: before they print the kitchen screen asks, and one tap answers."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

LIST = "旧单待确认"


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """Three orders wait for a printer without its cable when the power goes. The hour that the last two have waited is
    written, not waited for. The first is with the bridge, which
    may print it before it is asked about; so it is a young one, which prints by itself."""
    running = RunningDemo()
    running.drill("printer_unplugged", True, "kitchen")
    eventually("nothing begins to print", lambda: "printer_offline" in codes(running))
    for table in ("1", "2", "3"):
        running.order(table)
    running.stop()
    with closing(sqlite3.connect(running.store / "gateway" / "gateway.db")) as database, database:
        young = database.execute("SELECT min(fired_mono) FROM tickets").fetchone()
        database.execute("UPDATE tickets SET fired_mono = fired_mono - 3600 WHERE fired_mono > ?", young)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(running.data)


def codes(demo: RunningDemo) -> list[str]:
    return [condition["code"] for condition in demo.conditions()]


def jobs(demo: RunningDemo) -> dict[str, str]:
    """Slip number -> how its newest paper stands."""
    found: list[dict[str, Any]] = demo.staff("GET", "/api/v1/jobs")[1]["jobs"]
    return {job["number"]: job["state"] for job in reversed(found) if job["number"]}


def slips(demo: RunningDemo) -> list[str]:
    """The papers to cook by; the list of old ones is none."""
    return [paper for paper in demo.papers("kitchen") if LIST not in paper]


def test_each_old_slip_is_printed_or_taken_away_with_one_tap(
    demo: RunningDemo, open_screen: Callable[..., Page]
) -> None:
    page = open_screen("wok")
    eventually(
        "two slips are asked about, and all else is well",
        lambda: codes(demo) == ["slip_stale"] * 2 and jobs(demo)["0001"] == "PRINTED",
        seen=lambda: (codes(demo), jobs(demo)),
    )
    asked = page.get_by_test_id("condition-slip_stale")
    asked.get_by_role("button", name="还有 1 条").click()
    expect(asked).to_have_count(2)
    assert jobs(demo) == {"0001": "PRINTED", "0002": "STALE", "0003": "STALE"}
    assert len(slips(demo)) == 1, "nothing old prints by itself"
    (told,) = eventually("a list of them is on paper", lambda: [p for p in demo.papers("kitchen") if LIST in p])
    assert ("0001" in told, "0002" in told, "0003" in told) == (False, True, True)
    expect(asked.first).to_contain_text("0002")

    asked.first.get_by_role("button", name="打印").click()
    expect(asked).to_have_count(1, timeout=2_000)
    expect(asked).to_contain_text("0003")
    eventually("the wanted slip is on paper", lambda: len(slips(demo)) == 2)

    asked.get_by_role("button", name="取消").click()
    expect(asked).to_have_count(0, timeout=2_000)
    assert jobs(demo)["0003"] == "CANCELLED"
    demo.order("4")  # what comes behind it does print, and nothing else
    printed = eventually("the next slip is on paper", lambda: len(found := slips(demo)) == 3 and found)
    assert [number in slip for number, slip in zip(("0001", "0002", "0004"), printed, strict=True)] == [True] * 3
