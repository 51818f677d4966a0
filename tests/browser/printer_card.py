"""Where a printer stands on the printers page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def card(page: Page, printer: str = "kitchen") -> Locator:
    return page.get_by_test_id(f"printer-{printer}")
