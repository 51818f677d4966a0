"""A tablet of staff: logged in through the login's own call, on any demo and by any host name."""

from __future__ import annotations

from collections.abc import Callable

from chromium import HOST
from playwright.sync_api import Page, expect
from running_demo import RunningDemo

HEARD = """window.heard = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  window.heard.push(this.frequency.value);
  return start.call(this, at);
};
"""
"""Every note that the page plays, by its Hz: a browser without a loudspeaker plays all the same."""


def staff_page(
    demo: RunningDemo, open_page: Callable[..., Page], path: str, lang: str = "zh-CN", host: str = HOST,
    width: int = 1280, height: int = 800,
) -> Page:  # fmt: skip
    base = demo.info["staff_url"].replace("127.0.0.1", host)
    page = open_page(f"{base}/login", lang, width, height, has_touch=True)
    status = page.evaluate(
        """(login) => fetch("/api/v1/login", {method: "POST", body: JSON.stringify(login)})
        .then((answer) => answer.status)""",
        {name: demo.info["staff"][name] for name in ("username", "password")},
    )
    assert status == 200
    page.add_init_script(HEARD)
    page.goto(f"{base}{path}?lang={'en' if lang.startswith('en') else 'zh-Hans'}")
    return page


def live(page: Page) -> Page:
    """Once its picture is the box's."""
    expect(page.get_by_test_id("live")).to_have_attribute("data-state", "live", timeout=10_000)
    return page


def let_sound(page: Page) -> Page:
    """By the one tap that a browser wants first, in an empty corner: the button would also ask for the whole tablet."""
    expect(page.get_by_test_id("begin")).to_be_visible()
    page.mouse.click(4, 4)
    expect(page.get_by_test_id("sound")).to_have_attribute("data-state", "on")
    return page
