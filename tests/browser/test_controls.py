"""Negative controls: what the browser tests look for is found when it is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import chromium
import pytest
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


def test_a_browser_is_found_by_each_of_its_names_and_tests_are_skipped_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="needs a browser"):
        chromium.executable()
    for name in reversed(chromium.NAMES):  # each one goes before those already there
        program = tmp_path / name
        program.touch(0o755)
        assert chromium.executable() == str(program)


def test_the_installer_is_content_with_the_same_browsers() -> None:
    script = (Path(__file__).parents[2] / "install.sh").read_text(encoding="utf-8")
    (line,) = [line for line in script.splitlines() if line.endswith("|| echo chromium")]
    assert tuple(re.findall(r"has_program (\S+)", line)) == chromium.NAMES
