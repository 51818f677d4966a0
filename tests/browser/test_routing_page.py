"""The page that says which station makes what, as a manager meets it on a tablet and on a phone."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

STATIC = Path(__file__).resolve().parents[2] / "gateway" / "web" / "staff" / "static"
OpenPage = Callable[..., Page]


@pytest.fixture
def open_routing(open_screen: OpenPage) -> OpenPage:
    def open_(lang: str = "zh-CN", width: int = 1280, height: int = 800) -> Page:
        page = open_screen(lang=lang, width=width, height=height)
        page.goto(page.url.partition("/kds")[0] + "/admin/routing")
        expect(page.get_by_test_id("headline")).to_be_visible()
        return page

    return open_


@pytest.fixture
def no_kitchen_paper(demo: RunningDemo) -> Iterator[None]:
    demo.drill("paper_out", target="kitchen")
    eventually("the box knows", lambda: "paper_out" in {c["code"] for c in demo.conditions()})
    yield
    demo.drill("paper_out", on=False, target="kitchen")
    eventually("it prints again", lambda: demo.conditions() == [], 20)


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_every_dish_stands_there_with_its_station_and_axe_finds_nothing(
    demo: RunningDemo, open_routing: OpenPage, lang: str, size: tuple[int, int]
) -> None:
    page = open_routing(lang, *size)
    expect(page.get_by_test_id("headline")).to_have_attribute("data-wrong", "0")
    expect(page.get_by_test_id("dish-twice-cooked-pork")).to_contain_text("炒锅" if lang == "zh-CN" else "Wok")
    menu = demo.staff("GET", "/api/v1/menu")[1]
    expect(page.locator("[data-testid^='dish-']")).to_have_count(sum(len(c["items"]) for c in menu["categories"]))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    assert page.foreign == []  # type: ignore[attr-defined]


def test_a_station_that_no_order_reaches_stands_first_with_what_to_do_and_goes_when_a_screen_comes(
    demo: RunningDemo, open_routing: OpenPage, open_screen: OpenPage, no_kitchen_paper: None
) -> None:
    page = open_routing()
    wrong = page.get_by_test_id("wrong-wok")
    expect(wrong).to_contain_text("炒锅收不到单", timeout=15_000)
    expect(wrong).to_contain_text("后厨打印机")
    expect(page.get_by_test_id("path-wok")).to_have_attribute("data-lives", "false")
    expect(page.get_by_test_id("printer-kitchen")).to_contain_text("打不了")
    expect(page.get_by_test_id("path-bar")).to_have_attribute("data-lives", "true")
    assert violations(page) == []
    screen = open_screen("wok")
    expect(page.get_by_test_id("screen-wok")).to_contain_text("连着", timeout=10_000)
    expect(wrong).to_have_count(0)
    screen.close()


def test_it_is_for_who_is_logged_in(demo: RunningDemo, open_page: OpenPage) -> None:
    page = open_page(demo.info["staff_url"] + "/admin/routing", "zh-CN", 800, 600)
    expect(page).to_have_url(re.compile("/login"))


def test_its_scripts_keep_the_budget_of_a_kitchen_page() -> None:
    shared = STATIC.parents[1] / "static"
    files = [shared / "vendor" / "preact-htm.js", shared / "ui.js", STATIC / "routing-words.js", STATIC / "routing.js"]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 30_000
