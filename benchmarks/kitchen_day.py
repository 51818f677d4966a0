"""Twelve hours of one kitchen screen as fast as the store takes them: by how much its page grows.

720 orders, one a minute; the page gets each through its real stream, a cook's finger bumps, undoes, turns pages and
opens sheets, and the page's own clocks are struck as often as in twelve hours. What counts is what is left after the
browser has collected its garbage, with the board empty each time: a card or an undo more would count as grown.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from benchmarks.figures import Figure, main, note
from benchmarks.kitchen_pages import LIVE, Pages, kitchen
from benchmarks.shop import Gateway, Shop, wait_for

LIMIT_MB = 20.0
ORDERS, HOURS, OPEN = 720, 12, 6
STRIKES = 2 * 60
"""Of a clock that strikes twice a second, in the minute of one order."""

KEEP_CLOCKS = """() => { window.clocks = []; const real = window.setInterval;
  window.setInterval = (f, ms, ...more) => { window.clocks.push([f, ms]); return real(f, ms, ...more); }; }"""
STRIKE = """(strikes) => { for (const [f, ms] of window.clocks) {
  for (let n = 0; n < Math.max(1, strikes * 500 / ms); n += 1) f(); } }"""
TAP = """([number, what]) => { const found = document.querySelector(`[data-testid=${what}${number}]`);
  if (found) found.click(); return !!found; }"""
THERE = "(number) => !!document.querySelector(`[data-testid=ticket-${number}]`)"
DIALOG = "document.querySelector('[role=dialog]')"
"""Asked for its being there: an element that were handed over would be held, and with it all that was drawn with it."""
GONE = "(number) => !document.querySelector(`[data-testid=ticket-${number}]`)"
EMPTY = "() => !!document.querySelector('.empty') && !document.querySelector('.tk, .toast')"
REST_MS = 500
"""A card rests 320 ms after a tap, and its timer holds it as long."""


@dataclass(frozen=True)
class Size:
    """Of a page, garbage collected. `nodes` and `listeners` count those that scripts still hold, too."""

    heap_mb: float
    nodes: int
    listeners: int


def measure(quick: bool) -> Iterator[Figure]:
    orders = 120 if quick else ORDERS
    with Shop() as shop:
        gateway, tokens = kitchen(shop)
        with Pages(shop, gateway) as pages:
            page = watched(pages)
            day = Day(page, gateway, shop.passwords.api_token, tokens)
            day.live(20)
            before = day.size()
            for part in range(4):
                day.live(orders // 4)
                after = day.size()
                note(f"after {(part + 1) * orders // 4} orders: {after}")
    grown = after.heap_mb - before.heap_mb
    yield Figure(
        f"grown by {orders} orders, {HOURS * orders / ORDERS:.0f} hours of a kitchen screen", grown, "MB",
        f"its heap after the first 20 orders {before.heap_mb:.1f} MB", goal=f"<= {LIMIT_MB:.0f} MB",
        met=grown <= LIMIT_MB,
    )  # fmt: skip
    yield Figure(
        "elements grown", after.nodes - before.nodes, "", f"at first {before.nodes}; with their listeners "
        f"{before.listeners} and then {after.listeners}",
    )  # fmt: skip


def watched(pages: Pages, planted: str = "") -> Page:
    """A page of the wok whose clocks can be struck. `planted` runs before its own scripts."""
    page = pages.blank()
    page.add_init_script(f"({KEEP_CLOCKS})(); {planted}")
    page.goto(pages.base + "/kds/wok?screen=day")
    page.get_by_test_id("begin").click()
    page.wait_for_function(LIVE)
    return page


def size(page: Page) -> Size:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("Performance.enable")
    for _ in range(2):  # what the first round lets go of holds other things
        session.send("HeapProfiler.collectGarbage")
    of = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return Size(of["JSHeapUsedSize"] / 1e6, int(of["Nodes"]), int(of["JSEventListeners"]))


class Day:
    """The phones, the cook at this page, and another screen of the station that bumps every third ticket."""

    def __init__(self, page: Page, gateway: Gateway, api_token: str, tokens: list[str]):
        self.count = 0
        self._page, self._gateway, self._api_token, self._tokens = page, gateway, api_token, tokens
        self._open: list[str] = []

    def live(self, orders: int) -> None:
        for _ in range(orders):
            self.count += 1
            number = self._order(self._tokens[self.count % len(self._tokens)])
            self._page.wait_for_function(THERE, arg=number)
            self._open.append(number)
            self._page.evaluate(STRIKE, STRIKES)
            while len(self._open) > OPEN:
                self._end(self._open.pop(0))
            if self.count % 10 == 0:
                self._look_around()

    def size(self) -> Size:
        """Of the page with nothing on its board: the same state each time, so that only what is kept can differ."""
        self._page.evaluate(TAP, ["", "undo"])  # its ticket comes back and goes like the others, without a toast
        wait_for("the board is empty", self._emptied, 20)
        self._open.clear()
        self._page.wait_for_timeout(REST_MS)
        return size(self._page)

    def _order(self, token: str) -> str:
        line = {"item": "egg-fried-rice", "quantity": 1 + self.count % 3, "note": f"少放盐 {self.count}"}
        body = {"table_token": token, "lines": [line, {"item": "mapo-tofu", "modifiers": ["mild"]}]}
        status, found = self._gateway.ask(self._gateway.guest, "POST", "/api/v1/orders", body)
        if status != 201:
            raise RuntimeError(f"refused: {found}")
        return str(found["number"])

    def _end(self, number: str) -> None:
        if self.count % 3 == 0:
            wait_for("another screen bumps it", lambda: self._bumped_elsewhere(number), 10)
        else:
            wait_for("it is tapped", lambda: self._page.evaluate(TAP, [number, "bump-"]), 10)
            if self.count % 7 == 0 and self._page.evaluate(TAP, ["", "undo"]):
                self._page.wait_for_function(THERE, arg=number)
                self._page.wait_for_timeout(350)  # a wet finger taps twice: a card that was just tapped rests so long
                wait_for("it is tapped again", lambda: self._page.evaluate(TAP, [number, "bump-"]), 10)
        self._page.wait_for_function(GONE, arg=number)

    def _bumped_elsewhere(self, number: str) -> bool:
        """The ticket, or with "" each. False when a screen proved one between the two calls: it has another version."""
        ask: Any = self._gateway.ask
        _, found = ask(self._gateway.staff, "GET", "/api/v1/stations/wok/tickets", token=self._api_token)
        for ticket in [one for one in found["tickets"] if number in ("", one["order"]["number"])]:
            body = {"screen": "far", "key": uuid.uuid4().hex, "version": ticket["version"]}
            status, _ = ask(
                self._gateway.staff, "POST", f"/api/v1/tickets/{ticket['id']}/bump", body, token=self._api_token
            )
            if status != 200:
                return False
        return True

    def _emptied(self) -> bool:
        self._bumped_elsewhere("")
        return bool(self._page.evaluate(EMPTY))

    def _look_around(self) -> None:
        for sheet in ("recall-open", "settings"):
            self._page.evaluate(TAP, ["", sheet])
            self._page.wait_for_function(f"() => !!{DIALOG}")
            self._page.keyboard.press("Escape")
            self._page.wait_for_function(f"() => !{DIALOG}")
        self._page.evaluate(TAP, ["", "pager"])


if __name__ == "__main__":
    raise SystemExit(main(__doc__ or "", measure))
