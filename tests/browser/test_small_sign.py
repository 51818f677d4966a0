"""The internet goes away. On the guest's pages and on the kitchen screen one small sign says so, and all goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from running_demo import RunningDemo
from waiting import eventually

SIGN = "sign-offline"
TOLD_MS = 15_000
"""The box notices within ten seconds; a page that polls hears of it with its next question."""

SMALL = 0.08
"""Of the page's area: two lines at the head of a phone are 7 %, the lamp in the bar of a kitchen screen 1 %."""

WORDS = {"zh-CN": ("外网断开，点单照常", "外网断开"), "en-GB": ("Internet is away. Ordering works.", "Internet away")}
"""On the guest's pages, and on the kitchen screen."""


@pytest.fixture
def healed(demo: RunningDemo) -> Iterator[RunningDemo]:
    """The shared demo, given back with its internet."""
    eventually("a house that is well", lambda: demo.staff("GET", "/api/v1/uplink")[1]["state"] == "online")
    yield demo
    demo.drill("wan_down", on=False)
    eventually("the cloud has caught up", lambda: demo.staff("GET", "/api/v1/uplink")[1]["pending"] == 0, 40)


def share(page: Page, sign: Locator) -> float:
    """Of the window's area."""
    box, window = sign.bounding_box(), page.viewport_size
    assert box is not None
    assert window is not None
    return box["width"] * box["height"] / (window["width"] * window["height"])


def others(page: Page) -> int:
    """Signs that say anything else, alarms, and calls to act."""
    return page.locator(
        f".sign:not([data-testid={SIGN}]), [data-testid=stale-frame], [data-testid^=condition-], .lights .is-now"
    ).count()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("lang", WORDS)
def test_without_the_internet_each_page_shows_one_small_sign_and_orders_go_on(
    healed: RunningDemo, open_phone: Callable[..., Page], open_screen: Callable[..., Page], lang: str
) -> None:
    for ticket in healed.tickets("wok"):
        assert healed.act(ticket, "bump")[0] == 200, "every card has its place on the first page"
    healed.order("4", [{"item": "rice"}])  # a guest who waits for a dish: that page asks every 3 s
    guest, kitchen = WORDS[lang]
    menu, phone, screen = open_phone("4", lang), open_phone("4", lang), open_screen("wok", lang)
    phone.goto(f"{phone.url}/status")
    pages = {menu: guest, phone: guest, screen: kitchen}
    expect(menu.get_by_test_id("dish-rice")).to_be_visible()
    expect(screen.get_by_test_id("live")).to_have_attribute("data-state", "live", timeout=10_000)
    for page in pages:
        expect(page.get_by_test_id(SIGN)).to_have_count(0, timeout=TOLD_MS)

    healed.drill("wan_down")
    for page, words in pages.items():
        sign = page.get_by_test_id(SIGN)
        expect(sign).to_have_count(1, timeout=TOLD_MS)
        expect(sign).to_be_in_viewport()
        expect(sign).to_contain_text(words)
        assert share(page, sign) < SMALL, page.url
        assert others(page) == 0, page.url

    menu.get_by_test_id("add-rice").click()
    menu.get_by_test_id("go-order").click()
    menu.get_by_test_id("submit-order").click()
    menu.wait_for_url(re.compile("/status#"))
    number = menu.url.rpartition("#")[2]
    expect(screen.get_by_test_id(f"ticket-{number}")).to_be_visible(timeout=5000)
    eventually("its slip", lambda: any(f"{number}-" in text for text in healed.papers("kitchen")))
    screen.get_by_test_id(f"bump-{number}").click()
    ready = re.compile("ready|served")
    for guests in (menu, phone):
        line = guests.locator(f"[data-testid^='line-{number}-']")
        expect(line).to_have_attribute("data-state", ready, timeout=8000)
    for page in pages:
        expect(page.get_by_test_id(SIGN)).to_have_count(1)
        assert others(page) == 0, page.url

    healed.drill("wan_down", on=False)
    for page in pages:
        expect(page.get_by_test_id(SIGN)).to_have_count(0, timeout=TOLD_MS)
        assert others(page) == 0, page.url
