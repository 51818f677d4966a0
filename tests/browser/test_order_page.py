"""The page that explains an order, as whoever holds a slip in the hand meets it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

PAGE_KB, JS_KB = 60, 30
"""screens.md, section 6: what a page of the kitchen may weigh, compressed."""


@pytest.fixture
def no_paper(demo: RunningDemo) -> Iterator[None]:
    demo.drill("paper_out", target="kitchen")
    eventually("the box knows", lambda: "paper_out" in {c["code"] for c in demo.conditions()})
    yield
    demo.drill("paper_out", on=False, target="kitchen")
    eventually("it prints again", lambda: demo.conditions() == [], 20)


@pytest.fixture
def open_orders(open_screen: Callable[..., Page]) -> Callable[..., Page]:
    """The page, with a code or with its empty field. It is not at the kitchen screen that the login leads to."""

    def open_(code: str = "", lang: str = "zh-CN", width: int = 1280, height: int = 800) -> Page:
        page = open_screen(lang=lang, width=width, height=height)
        page.goto(page.url.partition("/kds")[0] + ("/orders/" + code if code else "/orders"))
        expect(page.get_by_test_id("code")).to_be_visible()
        return page

    return open_


def slip_of(demo: RunningDemo, order: dict[str, Any]) -> str:
    found = demo.staff("GET", f"/api/v1/orders/{order['id']}")[1]
    return f"{order['number']}-{found['tickets'][0]['slip']['number']}"


def test_a_scanned_slip_says_what_keeps_it_and_the_page_follows(
    open_orders: Callable[..., Page], demo: RunningDemo, no_paper: None
) -> None:
    """A hand scanner types the code and Enter, wherever the focus is. Then somebody puts in a roll."""
    order = demo.order("2", [{"item": "egg-fried-rice"}])
    code = slip_of(demo, order)
    page = open_orders()
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stands")).to_contain_text("没纸")
    expect(page.get_by_test_id("stands")).to_contain_text("换一卷纸")
    expect(page.get_by_test_id("verdict")).to_have_class(re.compile(r"\bnow|soon\b"))
    expect(page).to_have_url(re.compile(f"/orders/{code}$"))
    expect(page.get_by_test_id("station-wok").get_by_test_id("step-slip_made")).to_have_count(1)
    assert violations(page) == []
    demo.drill("paper_out", on=False, target="kitchen")
    expect(page.get_by_test_id("station-wok").get_by_test_id("step-slip_printed")).to_have_count(1, timeout=15_000)
    expect(page.get_by_test_id("stands")).not_to_contain_text("没纸")
    ticket = next(t for t in demo.tickets() if t["order"]["id"] == order["id"])
    assert demo.act(ticket, "bump")[0] == 200
    expect(page.get_by_test_id("verdict")).to_have_class(re.compile(r"\bdone\b"), timeout=5_000)
    assert page.foreign == []  # type: ignore[attr-defined]


def test_in_english_on_a_phone_and_the_next_slip_is_scanned_over_it(
    open_orders: Callable[..., Page], demo: RunningDemo
) -> None:
    first, second = (demo.order("3", [{"item": "egg-fried-rice"}]) for _ in range(2))
    page = open_orders(first["number"], "en-US", 360, 780)
    expect(page.get_by_test_id("verdict")).to_contain_text(first["number"])
    expect(page.get_by_test_id("stands")).to_contain_text(re.compile(r"slip|Wok|way"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.locator("h1").first.click()
    page.keyboard.type(slip_of(demo, second).lower())
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("verdict")).to_contain_text(second["number"])
    page.go_back()
    expect(page.get_by_test_id("verdict")).to_contain_text(first["number"])


@pytest.mark.parametrize("lang", ["zh-CN", "en-US"])
def test_what_nobody_ordered_is_not_found_in_words(open_orders: Callable[..., Page], lang: str) -> None:
    page = open_orders("Z999-0001", lang)
    expect(page.get_by_test_id("none")).to_contain_text("Z999-0001")
    expect(page.get_by_test_id("verdict")).to_have_count(0)
    assert violations(page) == []


def test_the_empty_page_waits_for_a_scanner(open_orders: Callable[..., Page]) -> None:
    page = open_orders()
    expect(page.get_by_test_id("code")).to_be_focused()
    expect(page.get_by_test_id("verdict")).to_have_count(0)
    assert violations(page) == []


def test_without_a_login_the_page_asks_for_one_and_comes_back(
    open_page: Callable[..., Page], demo: RunningDemo
) -> None:
    page = open_page(demo.info["staff_url"] + "/orders/A001-0001", "en-US", 1280, 800)
    expect(page).to_have_url(re.compile(r"/login\?next=/orders/A001-0001$"))


def test_the_page_is_light(open_orders: Callable[..., Page]) -> None:
    page = open_orders()
    weights: dict[str, int] = {}
    page.on("response", lambda r: weights.update({r.url: len(gzip.compress(r.body()))}) if r.ok else None)
    page.reload(wait_until="networkidle")
    scripts = sum(size for url, size in weights.items() if ".js" in url)
    assert len(weights) >= 6, sorted(weights)
    assert scripts <= JS_KB * 1024, weights
    assert sum(weights.values()) <= PAGE_KB * 1024, weights
