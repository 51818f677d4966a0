"""A screen that draws nothing, and a kitchen that nothing reaches: what the cook, the staff and the guest are told."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Locator, Page, expect
from running_demo import RunningDemo
from waiting import eventually

OpenPage = Callable[..., Page]

ON_PAPER_S = 10.0
"""The issue's bound: 8 s for the screen, then one slip."""

WITHIN_A_MINUTE_S = 60.0
"""The issue's bound, from the order to what the guest reads: a page that is looked at asks every three seconds."""


def of_station(demo: RunningDemo, station: str) -> str:
    """The first dish that is made there and needs no choice."""
    menu = demo.guest("GET", f"/api/v1/menu?table_token={demo.token('1')}")[1]
    items = [item for category in menu["categories"] for item in category["items"] if item["station"] == station]
    return str(next(i["id"] for i in items if not any(g["min"] for g in i["modifier_groups"]) and not i["variants"]))


def slips(demo: RunningDemo, number: str) -> list[str]:
    return [slip for name in demo.info["printers"] for slip in demo.papers(name) if number in slip]


@pytest.fixture
def screens_alone(demo: RunningDemo, tmp_path: Path) -> Iterator[RunningDemo]:
    """The bar works from its screen alone."""
    before, after = tmp_path / "before.toml", tmp_path / "after.toml"
    assert demo.command("settings", "export", str(before)).returncode == 0
    bar = re.compile(r'(\[\[stations\]\]\s*id = "bar".*?proof = )"both"', re.DOTALL)
    text, changed = bar.subn(r'\1"screen"', before.read_text(encoding="utf-8"), count=1)
    assert changed == 1
    after.write_text(text, encoding="utf-8")
    assert demo.command("settings", "import", str(after)).returncode == 0
    demo.clear_board("bar")
    yield demo
    demo.clear_board("bar")
    assert demo.command("settings", "import", str(before)).returncode == 0


@pytest.mark.timeout(90)
def test_a_frozen_tab_brings_one_slip_within_10_s_and_says_so_when_it_is_back(
    screens_alone: RunningDemo, open_screen: OpenPage
) -> None:
    demo, dish = screens_alone, [{"item": of_station(screens_alone, "bar")}]
    page = open_screen("bar")
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "live", timeout=10_000)
    drawn = str(demo.order("2", dish)["number"])
    eventually("drawn and proven", lambda: demo.tickets("bar")[0]["state"] == "SHOWN", 8)
    tab = page.context.new_cdp_session(page)
    tab.send("Debugger.enable")
    tab.send("Debugger.pause")  # its event loop stands; the browser goes on reading the stream
    began = time.monotonic()
    number = str(demo.order("2", dish)["number"])
    eventually("its slip", lambda: slips(demo, number), ON_PAPER_S + 5)
    assert time.monotonic() - began < ON_PAPER_S
    [slip] = slips(demo, number)
    assert "SCREEN DOWN" in slip
    eventually("proven", lambda: demo.tickets("bar")[-1]["shown_by"].startswith("slip "), 5)
    tab.send("Debugger.disable")
    note, paper = page.get_by_test_id(f"on-paper-{number}"), demo.tickets("bar")[-1]["slip"]["number"]
    expect(note).to_have_text(f"已在纸单 {paper}", timeout=15_000)
    assert len(slips(demo, number)) == 1
    assert slips(demo, drawn) == [], "the negative control: what a screen has drawn comes on no paper"
    expect(page.get_by_test_id(f"on-paper-{drawn}")).to_have_count(0)
    page.goto(page.url.partition("?")[0] + "?lang=en")
    expect(note).to_have_text(f"already on paper {paper}", timeout=10_000)


def apologies(demo: RunningDemo) -> int:
    with closing(sqlite3.connect(demo.store / "gateway" / "gateway.db")) as db:
        return int(db.execute("SELECT count(*) FROM journal WHERE type = 'tablepass.check.apology.v1'").fetchone()[0])


def dead(demo: RunningDemo) -> int:
    """Printers that cannot be reached."""
    return len([c for c in demo.conditions() if c["code"] == "printer_offline"])


@pytest.mark.timeout(180)
def test_with_every_road_to_the_kitchen_dead_staff_and_guest_are_told_and_recovery_clears_it(
    demo: RunningDemo, open_phone: OpenPage
) -> None:
    for printer in demo.info["printers"]:
        demo.drill("printer_unplugged", target=printer)
    before = apologies(demo)
    try:
        eventually("nothing reaches the kitchen", lambda: dead(demo) == len(demo.info["printers"]), 20)
        began = time.monotonic()
        number = str(demo.order("6")["number"])
        second = str(demo.order("6", [{"item": of_station(demo, "bar")}])["number"])

        def called() -> list[dict[str, Any]]:
            return [c for c in demo.conditions() if c["code"] == "ticket_unseen" and number in c["title"]["en"]]

        [told] = eventually("somebody is called", called, 15)
        assert time.monotonic() - began < ON_PAPER_S
        assert "6" in told["title"]["zh-Hans"]
        assert "回锅肉" in told["advice"]["zh-Hans"]
        page = open_phone("6")
        page.goto(page.url.rstrip("/") + "/status")

        def lines_of(state: str) -> Locator:
            """Of these two orders: the table may have eaten before."""
            mine = f"[data-testid=order-{number}], [data-testid=order-{second}]"
            return page.locator(mine).locator(f"[data-state={state}]")

        summary = page.get_by_test_id("summary")
        expect(summary).to_contain_text("我们知道了，店员正在核实", timeout=70_000)
        assert time.monotonic() - began <= WITHIN_A_MINUTE_S
        expect(lines_of("unconfirmed")).to_have_count(2, timeout=10_000)
        assert violations(page) == []
        page.get_by_test_id("lang-en").click()
        expect(summary).to_contain_text("We know; staff is checking", timeout=10_000)
        page.get_by_test_id("lang-zh").click()
        expect(summary).to_contain_text("我们知道了，店员正在核实", timeout=10_000)
        assert apologies(demo) == before + 1, "one, for both orders of the table"
    finally:
        for printer in demo.info["printers"]:
            demo.drill("printer_unplugged", False, target=printer)
    expect(page.get_by_test_id("sorted")).to_contain_text("厨房已确认", timeout=40_000)
    expect(lines_of("confirmed")).to_have_count(2)
    expect(lines_of("unconfirmed")).to_have_count(0)
    eventually("nobody is called any more", lambda: not called(), 5)
    assert {len(slips(demo, one)) for one in (number, second)} == {1}
    assert apologies(demo) == before + 1
