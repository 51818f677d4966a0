"""A real Chromium, phone and tablet sizes, through a host name that is no secure context."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from chromium import HOST, launched
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from running_demo import RunningDemo

STATIC = Path(__file__).resolve().parents[2] / "gateway" / "web" / "staff" / "static"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as chromium:
        yield chromium


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page in a context of its own. `page.foreign` fills with every request that leaves the box."""
    contexts: list[BrowserContext] = []

    def open_(url: str, lang: str, width: int, height: int, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=lang, **more)
        contexts.append(context)
        page = context.new_page()
        foreign: list[str] = []
        page.foreign = foreign  # type: ignore[attr-defined]

        def look(request: Any) -> None:
            if urlsplit(request.url).hostname not in (HOST, "127.0.0.1", None):
                foreign.append(request.url)

        page.on("request", look)
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()


def _by_name(url: str) -> str:
    return url.replace("127.0.0.1", HOST)


@pytest.fixture
def open_phone(demo: RunningDemo, open_page: Callable[..., Page]) -> Callable[..., Page]:
    def open_(table: str = "1", lang: str = "zh-CN", width: int = 390, height: int = 844) -> Page:
        url = _by_name(demo.info["tables"][table])
        return open_page(url, lang, width, height, device_scale_factor=2, has_touch=True, is_mobile=True)

    return open_


@pytest.fixture
def open_screen(demo: RunningDemo, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """A kitchen tablet, logged in through the login's own call."""

    def open_(station: str = "wok", lang: str = "zh-CN", width: int = 1280, height: int = 800) -> Page:
        base = _by_name(demo.info["staff_url"])
        page = open_page(f"{base}/login", lang, width, height, has_touch=True)
        staff = demo.info["staff"]
        status = page.evaluate(
            """(login) => fetch("/api/v1/login", {method: "POST", body: JSON.stringify(login)})
            .then((answer) => answer.status)""",
            {"username": staff["username"], "password": staff["password"]},
        )
        assert status == 200
        short = "en" if lang.startswith("en") else "zh-Hans"
        page.goto(f"{base}/kds/{station}?lang={short}")
        return page

    return open_


@pytest.fixture
def open_printers(open_screen: Callable[..., Page]) -> Callable[..., Page]:
    """The printers page, once it says how many are well."""

    def open_(lang: str = "zh-CN", width: int = 1280, height: int = 900) -> Page:
        page = open_screen(lang=lang, width=width, height=height)
        page.goto(page.url.partition("/kds")[0] + "/admin/printers")
        expect(page.get_by_test_id("headline")).to_be_visible()
        return page

    return open_


@pytest.fixture
def in_chromium() -> Iterator[Callable[..., Any]]:
    """Evaluates in an empty page with only these files; in its own thread, beside any other browser's loop."""

    def evaluate(files: str, script: str, arg: Any = None) -> Any:
        with sync_playwright() as playwright, launched(playwright) as browser:
            page = browser.new_page()
            for file in files.split():
                page.add_script_tag(content=(STATIC / file).read_text(encoding="utf-8"))
            return page.evaluate(script, arg)

    with ThreadPoolExecutor(1) as thread:
        yield lambda *args: thread.submit(evaluate, *args).result(timeout=60)
