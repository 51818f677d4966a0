"""Every sheet of the kitchen screen and of the pass, open, in both languages: axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe import violations
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from test_kitchen_screen import PORK, RICE, clear, live
from test_pass_pages import at as at
from test_pass_pages import bump, placed
from test_pass_pages import own as own

OpenPage = Callable[..., Page]


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("sheet", ["recall-open", "settings", "allday-open"])
def test_a_sheet_of_the_kitchen_screen(demo: RunningDemo, open_screen: OpenPage, sheet: str, lang: str) -> None:
    clear(demo)
    demo.order("3", [PORK, RICE])
    demo.clear_board("wok")  # one to recall
    demo.order("3", [PORK, RICE], allergies=["peanut"])
    page = open_screen("wok", lang, 800, 1000)  # upright, where the totals are a sheet, too
    live(page)
    expect(page.locator(".box.ask")).to_be_visible()
    page.get_by_test_id(sheet).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("lang", ["zh-Hans", "en"])
@pytest.mark.parametrize("sheet", ["[data-testid^=more-]:visible", "[data-testid=other]"])
def test_a_sheet_of_the_pass(own: RunningDemo, at: OpenPage, sheet: str, lang: str) -> None:
    bump(own, placed(own, "12"), "wok", "bar")
    placed(own, "3")
    page = at("/expo", lang)
    page.locator(sheet).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
