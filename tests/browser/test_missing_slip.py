"""C11: a later slip of a station is out while an earlier one is not. Its cook reads the number that is missing on the
later one, and on the screen within 10 s what it holds and for whom."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

NAMED_S = 10.0
PORK = [{"item": "twice-cooked-pork", "quantity": 2}]
RICE = [{"item": "egg-fried-rice"}]


def post(demo: RunningDemo, path: str, **more: Any) -> None:
    status, answer = demo.staff("POST", f"/api/v1/{path}", {"key": str(uuid.uuid4()), **more})
    assert status in (200, 202), answer


@pytest.fixture
def elsewhere(demo: RunningDemo) -> Iterator[str]:
    """The other printer, which somebody has put on hold."""
    demo.clear_board("wok")
    post(demo, "printers/receipt/pause")
    yield "receipt"
    demo.drill("paper_out", False, "kitchen")
    post(demo, "printers/receipt/resume")
    demo.clear_board("wok")


def slip_of(demo: RunningDemo, printer: str, number: str) -> list[str]:
    return [text for text in demo.papers(printer) if number in text]


def running_number(demo: RunningDemo, number: str) -> str:
    return str(next(t for t in demo.tickets("wok") if t["order"]["number"] == number)["slip"]["number"])


def told(page: Page) -> Any:
    """The condition on this page, unfolded where others stand before it."""
    if (more := page.locator(".conds [aria-expanded=false]")).count():
        more.click()
    return page.get_by_test_id("condition-slip_missing")


def test_a_number_that_is_missing_stands_on_the_next_slip_and_on_the_screen(
    demo: RunningDemo, open_screen: Callable[..., Page], elsewhere: str
) -> None:
    pages = {"zh": open_screen("wok"), "en": open_screen("wok", lang="en-US")}
    demo.drill("paper_out", True, "kitchen")
    # Known before the order, so that no byte of its slip leaves: then it can go to another printer.
    eventually("the roll is known to be out", lambda: any(c["code"] == "paper_out" for c in demo.conditions()), 15)
    first = demo.order("7", PORK)["number"]

    def waiting() -> dict[str, Any] | None:
        jobs = demo.staff("GET", "/api/v1/jobs")[1]["jobs"]
        here = (j for j in jobs if (j["order_number"], j["printer"], j["state"]) == (first, "kitchen", "WAITING"))
        return next(here, None)

    job = eventually("it waits for paper", waiting, 15)
    post(demo, f"jobs/{job['id']}/divert", printer=elsewhere)
    eventually("it was diverted", lambda: waiting() is None, 15)
    demo.drill("paper_out", False, "kitchen")
    missing = running_number(demo, first)
    later = demo.order("8", RICE)["number"]
    [slip] = eventually("the later one is out", lambda: slip_of(demo, "kitchen", later), 30)
    printed = time.monotonic()
    assert f"缺单 MISSING {missing}" in slip
    eventually("it is named", lambda: any(c["code"] == "slip_missing" for c in demo.conditions()), NAMED_S)
    assert time.monotonic() - printed <= NAMED_S
    expect(told(pages["zh"])).to_contain_text(missing)
    expect(told(pages["zh"])).to_contain_text("2× 回锅肉")
    expect(told(pages["en"])).to_contain_text("2× Twice-cooked pork")
    assert slip_of(demo, elsewhere, first) == []
    post(demo, f"printers/{elsewhere}/resume")
    eventually("it comes out there", lambda: slip_of(demo, elsewhere, first), 30)
    for page in pages.values():
        expect(page.get_by_test_id("condition-slip_missing")).to_have_count(0, timeout=10_000)
    post(demo, f"printers/{elsewhere}/pause")  # as the fixture had it


def test_control_slips_in_their_order_miss_nothing(demo: RunningDemo, open_screen: Callable[..., Page]) -> None:
    demo.clear_board("wok")
    page = open_screen("wok")
    numbers = [demo.order(table, dish)["number"] for table, dish in (("7", PORK), ("8", RICE))]
    slips = [
        eventually("it is out", lambda number=number: slip_of(demo, "kitchen", number), 30)[0] for number in numbers
    ]
    assert not any("MISSING" in slip for slip in slips)
    page.wait_for_timeout(6000)  # one more than the watch gives a slip that is late
    expect(page.get_by_test_id("condition-slip_missing")).to_have_count(0)
    demo.clear_board("wok")
