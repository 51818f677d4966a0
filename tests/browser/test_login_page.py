"""The page where the staff log in, for every reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe import violations
from chromium import HOST
from playwright.sync_api import Page, expect
from running_demo import RunningDemo

WRONG = {"type": "about:blank", "title": "x", "status": 401, "code": "wrong_login"}


@pytest.mark.parametrize(
    ("lang", "heading", "wrong"), [("zh-CN", "登录", "PIN 码不对"), ("en-GB", "Log in", "not right")]
)
def test_no_barrier_with_a_pin_with_a_name_and_after_a_wrong_one(
    demo: RunningDemo, open_page: Callable[..., Page], lang: str, heading: str, wrong: str
) -> None:
    page = open_page(f"{demo.info['staff_url'].replace('127.0.0.1', HOST)}/login", lang, 1280, 800)
    # Not asked of the box: it counts wrong tries, and others log in there too.
    page.route("**/api/v1/login", lambda route: route.fulfill(status=401, json=WRONG))
    expect(page.locator("h1")).to_have_text(heading)

    def check(where: str) -> None:
        for width, height in ((1280, 800), (360, 780)):
            page.set_viewport_size({"width": width, "height": height})
            assert violations(page) == [], (where, width)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (where, width)

    check("pin")
    page.get_by_test_id("digit-7").click()
    page.get_by_test_id("login-go").click()
    expect(page.get_by_test_id("login-say")).to_contain_text(wrong)
    check("a wrong pin")
    page.get_by_test_id("way-name").click()
    expect(page.locator("input[name=password]")).to_be_visible()
    check("name")
    assert page.foreign == []  # type: ignore[attr-defined]
