"""The ledger's page: the verdict across the room, the figures of each station, and the proof on paper."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

CLASSES = ("cancelled", "returned", "held", "screen", "paper", "hand", "asked", "waiting", "difference")


@pytest.fixture
def open_ledger(open_screen: Callable[..., Page]) -> Callable[..., Page]:
    """The page. It is not at the kitchen screen that the login leads to, so that paper alone proves."""

    def open_(lang: str = "zh-CN", width: int = 1280, height: int = 800) -> Page:
        page = open_screen(lang=lang, width=width, height=height)
        page.goto(page.url.partition("/kds")[0] + "/admin/ledger")
        expect(page.get_by_test_id("verdict")).to_be_visible()
        return page

    return open_


def ledger(demo: RunningDemo) -> dict[str, Any]:
    return dict(demo.staff("GET", "/api/v1/ledger")[1])


def of_station(demo: RunningDemo, station: str, kind: str) -> int:
    found = [one for shift in ledger(demo)["shifts"] for one in shift["stations"] if one["station"] == station]
    return int(found[0][kind]) if found else 0


def taken(page: Page, name: str) -> None:
    """A picture for people who want to look, where the environment names a folder."""
    if folder := os.environ.get("TABLEPASS_PICTURES"):
        page.screenshot(path=str(Path(folder, name)), full_page=True)


@pytest.mark.parametrize(("lang", "words"), [("zh-CN", "对得上"), ("en-GB", "It balances")])
def test_the_page_says_that_it_balances_and_the_classes_add_up(
    open_ledger: Callable[..., Page], demo: RunningDemo, lang: str, words: str
) -> None:
    before = of_station(demo, "wok", "paper")
    demo.order("3", [{"item": "egg-fried-rice", "quantity": 2}, {"item": "cucumber"}])
    eventually("paper has proven it", lambda: of_station(demo, "wok", "paper") == before + 2, 20)
    page = open_ledger(lang)
    expect(page.get_by_test_id("verdict")).to_contain_text(words)
    wok = page.get_by_test_id("station-wok")
    expect(wok.get_by_test_id("class-paper")).to_contain_text(str(before + 2))
    accepted = int(wok.get_attribute("data-accepted") or 0)
    shown = [wok.get_by_test_id(f"class-{kind}").locator("dd") for kind in CLASSES]
    assert sum(int(one.inner_text()) for one in shown if one.count()) == accepted
    expect(wok.get_by_test_id("sum")).to_contain_text(str(accepted))
    assert violations(page) == []
    taken(page, f"ledger-{lang}.png")


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_wider_than_the_screen(
    open_ledger: Callable[..., Page], demo: RunningDemo, width: int
) -> None:
    page = open_ledger(width=width, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    taken(page, f"ledger-{width}.png")


def test_the_proof_comes_out_at_the_printer_that_was_chosen(
    open_ledger: Callable[..., Page], demo: RunningDemo
) -> None:
    demo.order("3", [{"item": "egg-fried-rice"}])
    page = open_ledger("en-GB")
    page.get_by_test_id("printer").select_option("receipt")
    page.get_by_test_id("print").click()
    expect(page.get_by_test_id("said")).to_have_text("Sent to the printer")

    def on_paper() -> bool:
        return any("厨房对账：对得上" in text and "= 接单" in text for text in demo.papers("receipt"))

    eventually("it is on paper, in the printer's language", on_paper, 20, seen=lambda: demo.papers("receipt")[-1:])


def with_a_difference(demo: RunningDemo, order: dict[str, Any] | None = None) -> dict[str, Any]:
    """The ledger of a box that has lost a dish: the answer is the box's own, with one dish of the wok moved."""
    order = order or demo.order("5", [{"item": "egg-fried-rice"}])
    found = ledger(demo)
    found["balanced"] = False
    [wok] = [one for one in found["shifts"][0]["stations"] if one["station"] == "wok"]
    kind = next(kind for kind in CLASSES if wok[kind])
    wok[kind], wok["difference"] = wok[kind] - 1, 1
    lost = {"order": order["id"], "number": order["number"], "table": "5", "station": "wok", "at": found["at"]}
    found["differences"] = [lost | {"quantity": 1, "dishes": {"zh-Hans": "1× 蛋炒饭", "en": "1× Egg fried rice"}}]
    gap = {"station": "wok", "name": wok["name"], "slip": "0041"}
    found["gaps"] = [gap | {"order": order["id"], "number": order["number"], "table": "5"}]
    return found


def test_a_difference_is_named_with_a_way_to_its_order(open_ledger: Callable[..., Page], demo: RunningDemo) -> None:
    """What the page says of a box that has lost a dish: the answer is the box's own, with one dish moved."""
    order = demo.order("5", [{"item": "egg-fried-rice"}])
    page = open_ledger()
    page.route("**/api/v1/ledger", lambda route: route.fulfill(json=with_a_difference(demo, order)))
    page.reload()
    expect(page.get_by_test_id("verdict")).to_contain_text("差 1 份")
    expect(page.get_by_test_id("difference")).to_contain_text("1× 蛋炒饭")
    expect(page.get_by_test_id("gap")).to_contain_text("0041")
    assert violations(page) == []
    taken(page, "ledger-difference.png")
    page.set_viewport_size({"width": 390, "height": 844})
    taken(page, "ledger-difference-390.png")
    page.get_by_test_id("language").click()
    expect(page.get_by_test_id("verdict")).to_contain_text("1 unaccounted for")
    page.get_by_test_id("difference").get_by_role("link").click()
    expect(page.get_by_test_id("stands")).to_be_visible()
