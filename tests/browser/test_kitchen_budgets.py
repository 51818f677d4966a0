"""What the pages of the kitchen are allowed: sizes of what is read and what is touched, and whom they ask. Their weight
is in test_kitchen_screen.py and test_pass_pages.py; times are benchmarks/screen_speed.py's and
benchmarks/order_to_card.py's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from test_pass_pages import at as at
from test_pass_pages import bump, placed, taken_away
from test_pass_pages import own as own

LINE_PX, TARGET_PX = 22, 64
OpenPage = Callable[..., Page]

SMALL_TEXT = """(least) => { const found = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const owner = walk.currentNode.parentElement, size = parseFloat(getComputedStyle(owner).fontSize);
    if (walk.currentNode.data.trim() && size < least && owner.getClientRects().length && !owner.closest('script, .sr'))
      found.add(size + ' px: ' + walk.currentNode.data.trim().slice(0, 40));
  }
  return Array.from(found); }"""

SMALL_TARGETS = """(least) => Array.from(document.querySelectorAll('button, a.btn, input, select')).map((one) => {
  const box = one.getBoundingClientRect();
  return box.width && Math.min(box.width, box.height) < least - 0.5 && getComputedStyle(one).visibility === 'visible'
    ? Math.round(box.width) + 'x' + Math.round(box.height) + ': ' + (one.textContent.trim() || one.dataset.testid) : '';
}).filter(Boolean)"""


def large_enough(page: Page, lines: str) -> None:
    assert page.evaluate(SMALL_TEXT, LINE_PX) == []
    assert page.evaluate(SMALL_TARGETS, TARGET_PX) == []
    sizes = page.locator(lines).evaluate_all("(all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize))")
    assert sizes
    assert min(sizes) >= LINE_PX


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
def test_what_a_cook_reads_and_touches_is_large(demo: RunningDemo, open_screen: OpenPage, lang: str) -> None:
    demo.clear_board("wok")
    line = {"item": "kung-pao", "variant": "whole", "modifiers": ["hot", "no-peanuts"], "note": "less oil"}
    number = demo.order("3", [line], allergies=["peanut"], note="window")["number"]
    page = open_screen("wok", lang)
    expect(page.get_by_test_id(f"ticket-{number}")).to_be_visible()
    large_enough(page, ".ln, .ln small, .tk .box, .tk .note")
    for sheet in ("recall-open", "settings"):
        page.get_by_test_id(sheet).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        large_enough(page, ".side h2")
        page.keyboard.press("Escape")
    demo.clear_board("wok")


@pytest.mark.parametrize("lang", ["zh-Hans", "en"])
def test_what_a_runner_reads_and_touches_is_large_and_no_request_leaves_the_box(
    own: RunningDemo, at: OpenPage, lang: str
) -> None:
    bump(own, placed(own, "12"), "wok", "bar")
    number = placed(own, "4")
    taken_away(own, "M31")
    page = at("/expo", lang)
    expect(page.get_by_test_id(f"wait-{number}")).to_have_count(1)
    large_enough(page, ".stn, .what, .miss")
    board = at("/board", lang)
    expect(board.get_by_test_id("preparing")).to_contain_text("M31")
    large_enough(board, ".list li")
    assert page.foreign == board.foreign == []  # type: ignore[attr-defined]


def test_a_small_word_and_a_small_button_are_found(open_page: OpenPage) -> None:
    page = open_page("about:blank", "en-GB", 400, 400)
    page.set_content('<p style="font-size:12px">small</p><button style="width:90px;height:40px">low</button>')
    assert page.evaluate(SMALL_TEXT, LINE_PX)[0] == "12 px: small"
    assert page.evaluate(SMALL_TARGETS, TARGET_PX) == ["90x40: low"]
