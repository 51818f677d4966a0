"""A kitchen screen stays open for twelve hours: half an hour of them here, twelve hours by
`python -m benchmarks.kitchen_day`. The real store, the page's real stream, a cook's taps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from benchmarks.kitchen_day import LIMIT_MB, ORDERS, Day, Size, watched
from benchmarks.kitchen_pages import Pages
from benchmarks.shop import Shop

WARM, LIVED, CONTROL = 10, 30, 10
CARD_NODES = 26
"""Elements of the smallest card. Both samples are of the same empty board, so that not one card may have stayed."""

KEEPS_CARDS = """new MutationObserver((seen) => seen.forEach((one) => one.removedNodes.forEach((node) => {
  (window.planted = window.planted || []).push(node);
}))).observe(document, {childList: true, subtree: true});"""
KEEPS_TEXTS = """const parse = JSON.parse; window.planted = [];
JSON.parse = (text) => { window.planted.push(Array.from({length: 16}, () => parse(text))); return parse(text); };"""


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Without a broker: its conditions stand on the page, and no printer is in the way of a fast day."""
    with Shop() as one:
        yield one


def grown(shop: Shop, browser: Browser, orders: int, planted: str = "") -> tuple[Size, Size]:
    """The page's size when it is warm, and so many orders later."""
    tokens = list(shop.seed().values())
    gateway = shop.gateway().ready()
    with Pages(shop, gateway, browser) as pages:
        page = watched(pages, planted)
        day = Day(page, gateway, shop.passwords.api_token, tokens)
        page.get_by_test_id("condition-broker_down").wait_for()  # stands in every sample then
        day.live(WARM)
        before = day.size()
        day.live(orders)
        return before, day.size()


def in_twelve_hours(before: Size, after: Size, orders: int) -> float:
    """MB, if it went on so."""
    return (after.heap_mb - before.heap_mb) * ORDERS / orders


def test_twelve_hours_grow_the_page_by_less_than_20_mb(shop: Shop, browser: Browser) -> None:
    before, after = grown(shop, browser, LIVED)
    assert in_twelve_hours(before, after, LIVED) < LIMIT_MB, (before, after)
    assert after.nodes - before.nodes < CARD_NODES, (before, after)


def test_cards_that_a_page_keeps_are_found(shop: Shop, browser: Browser) -> None:
    before, after = grown(shop, browser, CONTROL, KEEPS_CARDS)
    assert after.nodes - before.nodes > CARD_NODES * CONTROL // 2, (before, after)


def test_events_that_a_page_keeps_are_found(shop: Shop, browser: Browser) -> None:
    before, after = grown(shop, browser, CONTROL, KEEPS_TEXTS)
    assert in_twelve_hours(before, after, CONTROL) > LIMIT_MB, (before, after)
