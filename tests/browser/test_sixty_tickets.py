"""A kitchen that is behind: sixty open tickets on one screen, each seen once by turning pages, and no tap that makes
the page draw more than it shows. How long it takes is a benchmark (`python -m benchmarks.screen_speed`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.kitchen_pages import Pages
from benchmarks.screen_speed import TICKETS, order
from benchmarks.shop import Shop
from benchmarks.stream_readers import StreamReader

LAYOUTS_A_TAP = 8
"""A page is drawn, measured and drawn again, some seconds tick meanwhile. One layout for each ticket would be sixty."""

IN_VIEW = """() => { const board = document.querySelector('.board').getBoundingClientRect();
  return Array.from(document.querySelectorAll('.tk')).filter((card) => {
    const box = card.getBoundingClientRect();
    return getComputedStyle(card).visibility === 'visible' && box.height > 50
      && box.top >= board.top - 1 && box.bottom <= board.bottom + 1 && box.right <= board.right + 1;
  }).map((card) => card.dataset.id); }"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@pytest.fixture
def behind(browser: Browser) -> Iterator[Page]:
    """A screen of a store whose wok has sixty open tickets, which another screen has proven: so that it turns no page
    by itself while the test does."""
    with Shop() as shop:
        tokens = list(shop.seed().values())
        gateway = shop.gateway().ready()
        other = StreamReader(gateway, shop.passwords.api_token, "wok", "other")
        other.start()
        assert other.live.wait(10)
        order(gateway, tokens, TICKETS)
        with Pages(shop, gateway, browser) as pages:
            page = pages.open("/kds/wok")
            page.get_by_test_id("begin").click()
            expect(page.get_by_test_id("open-count")).to_have_text(str(TICKETS))
            expect(page.get_by_test_id("pager")).not_to_have_class(re.compile("btn-ink"))  # nothing new is left
            yield page
            page.close()
        gateway.stop()
        other.join(10)


def layouts(page: Page) -> int:
    """How often this page was laid out since it was loaded."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return int(found["LayoutCount"])


def test_turning_the_pages_shows_each_of_sixty_tickets_once_and_lays_out_little(behind: Page) -> None:
    pager = behind.get_by_test_id("pager")
    at, count = (int(part) for part in re.findall(r"(\d+)/(\d+)", pager.inner_text())[0])
    assert count >= 5
    seen: list[str] = []
    worst = 0
    for _ in range(count):
        expect(pager).to_contain_text(re.compile(rf"\D?{at}/{count}"))
        behind.evaluate(FRAMES)
        seen += behind.evaluate(IN_VIEW)
        before = layouts(behind)
        pager.click()
        behind.evaluate(FRAMES)
        worst = max(worst, layouts(behind) - before)
        at = at % count + 1
    assert len(seen) == len(set(seen)) == TICKETS
    assert worst <= LAYOUTS_A_TAP, worst


def test_a_bump_among_sixty_touches_no_card_that_it_does_not_move(behind: Page) -> None:
    """Counted by the browser: whose content changed. The sixty cards stay the same elements."""
    behind.evaluate("""() => { window.drawn = new Set(); window.cards = Array.from(document.querySelectorAll('.tk'));
      new MutationObserver((seen) => seen.forEach((one) => {
        const card = one.target.nodeType === 1 && one.target.closest('.tk ul, .tk header h2');
        if (card) window.drawn.add(card.closest('.tk').dataset.id);
      })).observe(document.querySelector('.board'), {childList: true, characterData: true, subtree: true}); }""")
    first = behind.evaluate(IN_VIEW)[0]
    behind.locator(f".tk[data-id='{first}'] [data-testid^=bump-]").click()
    expect(behind.get_by_test_id("open-count")).to_have_text(str(TICKETS - 1))
    behind.evaluate(FRAMES)
    assert behind.evaluate("Array.from(window.drawn)") in ([], [first])
    assert behind.evaluate("window.cards.filter((card) => card.isConnected).length") == TICKETS - 1
