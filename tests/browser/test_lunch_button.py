"""The button on the visitor's page that plays a lunch."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from running_demo import RunningDemo

from gateway.demo.lunch import LUNCH, Say

FIRST = next(what for _, what in LUNCH if isinstance(what, Say))
SECONDS = 1000
"""In the milliseconds that Playwright waits in."""


@pytest.fixture
def own() -> Iterator[RunningDemo]:
    """A lunch breaks things for two minutes: nobody else's demo."""
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)


def test_the_button_plays_a_lunch_with_captions_and_orders(own: RunningDemo, open_page: Callable[..., Page]) -> None:
    page = open_page(own.info["demo_url"], "en-GB", 1440, 900)
    button, caption = page.get_by_test_id("lunch"), page.get_by_test_id("caption")
    dishes = page.get_by_test_id("score-dishes").locator("b")
    expect(dishes).to_have_text("0", timeout=10 * SECONDS)
    expect(caption).to_be_empty()
    expect(button).to_have_attribute("aria-disabled", "false")
    button.click()
    expect(caption).to_have_text(FIRST.en, timeout=10 * SECONDS)
    expect(button).to_have_attribute("aria-disabled", "true")
    page.get_by_test_id("language").click()
    expect(caption).to_have_text(FIRST.zh, timeout=10 * SECONDS)
    expect(dishes).to_have_text("4", timeout=15 * SECONDS)  # the first table's
    assert page.foreign == []  # type: ignore[attr-defined]
