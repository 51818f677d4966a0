"""What axe-core says about a page, in lines that a person can act on."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_SETTLED = """() => document.getAnimations().every(
    (a) => a.playState !== "running" || a.effect.getTiming().iterations === Infinity
)"""


def settled(page: Page) -> None:
    """What slides and fades has come to rest."""
    page.wait_for_function(_SETTLED)


def violations(page: Page) -> list[str]:
    """Every violation of every rule that axe knows, once what slides and fades has come to rest."""
    settled(page)
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} | {node['failureSummary'][:200]}"
        for rule in found
        for node in rule["nodes"]
    ]
