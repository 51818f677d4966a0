"""Negative controls: what the browser tests look for is found when it is there."""

from __future__ import annotations

from collections.abc import Callable

from axe import violations
from playwright.sync_api import Page


def test_a_request_that_leaves_the_box_and_a_picture_without_words_are_seen(open_phone: Callable[..., Page]) -> None:
    page = open_phone()
    assert page.foreign == []  # type: ignore[attr-defined]
    page.goto("about:blank")  # our own pages' policy would not even let it begin
    with page.expect_request("**/elsewhere.png"):
        page.set_content('<html lang="en"><title>x</title><main><img src="http://127.0.0.2:9/elsewhere.png"></main>')
    assert page.foreign == ["http://127.0.0.2:9/elsewhere.png"]  # type: ignore[attr-defined]
    assert any(found.startswith("image-alt ") for found in violations(page))


def test_our_own_pages_may_not_reach_out_even_if_a_script_tried(open_phone: Callable[..., Page]) -> None:
    page = open_phone()
    tried = page.evaluate("fetch('http://127.0.0.2:9/elsewhere').then(() => 'reached', (e) => String(e))")
    assert "TypeError" in tried
    assert page.foreign == []  # type: ignore[attr-defined]
