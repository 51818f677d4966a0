"""A table of four, as people live it: four phones, eleven dishes, an add-on, an allergy, two screens, two printers."""

from __future__ import annotations

import itertools
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect
from running_demo import RunningDemo
from waiting import eventually

TABLE = "包1"

ROUNDS: tuple[tuple[dict[str, int], ...], ...] = (
    (
        {"twice-cooked-pork": 1, "rice": 2, "tomato-egg-soup": 1},
        {"eggplant": 1, "egg-fried-rice": 1},
        {"soy-milk": 1, "edamame": 1},
        {"cucumber": 1, "jasmine-tea": 2},
    ),
    ({"rice": 1, "cucumber": 1},),
)
"""Eleven dishes in one moment, two slips at each printer, and what the first phone adds later, for both."""
ALLERGIC = 1
"""The phone that says so in the first round."""

PLAYS = 3
"""Six pages and another lane of tests share two cores, and now and then a page stands still for a second: a round that
was late is played again, and one play must be in time."""
ON_SCREEN_S = 1.0
"""From the last answer of the moment to the last card on the last screen."""
ON_PAPER_S = 2.0
"""From the first order of the moment to the last slip, also where slips wait for each other at one printer."""


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """Its own, in place of the one that all share: within seconds means of printers that have nothing else to do."""
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)


Dishes = Counter[str]
"""Name -> how many."""

NOTE_ARRIVALS = """() => {
  window.arrived = {};
  new MutationObserver(() => document.querySelectorAll('.tk:not(.off)').forEach((card) => {
    const number = card.dataset.testid.slice('ticket-'.length);
    window.arrived[number] = window.arrived[number] || Date.now();
  })).observe(document.body, {childList: true, subtree: true, attributes: true});
}"""
"""When each card stood on the page in view, by the clock on the wall, whenever somebody looks."""

CARDS = """(table) => Object.fromEntries([...document.querySelectorAll('.tk:not(.off)')]
  .filter((card) => card.querySelector('h2').textContent === table)
  .map((card) => [card.dataset.testid.slice('ticket-'.length), [...card.querySelectorAll('.ln')]
    .map((line) => [line.querySelector('.n').textContent, line.querySelector('.q').textContent])]))"""

LIST = """() => Object.fromEntries([...document.querySelectorAll('section.order')]
  .map((order) => [order.dataset.testid.slice('order-'.length), [...order.querySelectorAll('.line')]
    .map((line) => [line.querySelector('h3').firstChild.textContent, line.querySelector('h3 .num').textContent])]))"""


def as_dishes(lines: dict[str, list[tuple[str, str]]]) -> dict[str, Dishes]:
    """Order number -> what a person reads in it: "2×" on a screen, "×2" on a phone."""
    return {
        number: sum((Counter({name: int(times.strip("×"))}) for name, times in of_order), Dishes())
        for number, of_order in lines.items()
    }


def on_screen(screen: Page) -> dict[str, Dishes]:
    return as_dishes(screen.evaluate(CARDS, TABLE))


def on_phone(phone: Page) -> dict[str, Dishes]:
    return as_dishes(phone.evaluate(LIST))


class MenuOfTheStore:
    """As it is written, in Chinese: what guests read, what cooks read, and who makes it."""

    def __init__(self, demo: RunningDemo):
        menu = tomllib.loads(demo.command("menu", "export", "-").stdout)
        self.items = {item["id"]: item for category in menu["categories"] for item in category["items"]}

    def for_guests(self, cart: dict[str, int]) -> Dishes:
        return Counter({self.items[item]["name"]["zh-Hans"]: times for item, times in cart.items()})

    def for_cooks(self, cart: dict[str, int], station: str) -> Dishes:
        mine = {item: times for item, times in cart.items() if self.items[item]["station"] == station}
        return Counter(
            {
                (self.items[item].get("kitchen_name") or self.items[item]["name"])["zh-Hans"]: times
                for item, times in mine.items()
            }
        )


def visit_orders(demo: RunningDemo) -> list[dict[str, Any]]:
    """In the order in which the box took them."""
    orders: list[dict[str, Any]] = demo.guest("GET", f"/api/v1/visit?table_token={demo.token(TABLE)}")[1]["orders"]
    return orders


def slips_of_table(demo: RunningDemo) -> list[float]:
    """When each slip was cut, by the clock on the wall, whenever somebody looks. The last one is last."""
    folders = [Path(printer["paper"]) for printer in demo.info["printers"].values()]
    papers = [path for folder in folders for path in folder.glob("*.txt")]
    return sorted(path.stat().st_mtime for path in papers if TABLE in path.read_text())


def fill(phone: Page, cart: dict[str, int], allergy: str | None = None) -> None:
    """Up to the last button before the order is sent."""
    for item, quantity in cart.items():
        for _ in range(quantity):
            phone.get_by_test_id(f"add-{item}").click()
    if allergy:
        phone.get_by_test_id("cart-bar").click()
        phone.get_by_test_id(f"allergy-{allergy}").check()
    phone.get_by_test_id("go-order").click()
    expect(phone.get_by_test_id("submit-order")).to_be_enabled()


def send_together(demo: RunningDemo, phones: list[Page]) -> float:
    """Returns the moment of the last answer, by the clock on the wall. The box stands still until all have sent, and
    then finds them all at its door at once."""
    sent: list[Request] = []
    demo.freeze("gateway")
    try:
        for phone in phones:
            with phone.expect_request(lambda r: r.url.endswith("/api/v1/orders")) as request:
                phone.get_by_test_id("submit-order").click()
            sent.append(request.value)
    finally:
        demo.thaw("gateway")
    answers = [request.response() for request in sent]
    assert [answer and answer.status for answer in answers] == [201] * len(phones)
    return max(request.timing["startTime"] + request.timing["responseStart"] for request in sent) / 1000


def test_four_phones_one_table_each_dish_at_its_own_station(
    demo: RunningDemo,
    open_phone: Callable[..., Page],
    open_screen: Callable[..., Page],
    measured: Callable[[str], None],
) -> None:
    menu = MenuOfTheStore(demo)
    screens = {station: open_screen(station, width=1920, height=1400) for station in ("wok", "bar")}
    phones = [open_phone(TABLE) for _ in range(4)]
    for screen in screens.values():
        expect(screen.get_by_test_id("live")).to_have_attribute("data-state", "live", timeout=10_000)
        screen.evaluate(NOTE_ARRIVALS)
    placed: dict[str, dict[str, int]] = {}
    in_time = False
    for carts, play in itertools.product(ROUNDS, range(1, PLAYS + 1)):
        if play > 1 and in_time:
            continue  # it was in time at once
        for n, (phone, cart) in enumerate(zip(phones, carts, strict=False)):
            if placed:
                phone.get_by_test_id("order-more").click()
            fill(phone, cart, "peanut" if n == ALLERGIC and not placed else None)
        answered = send_together(demo, phones[: len(carts)])
        now = {}
        for phone, cart in zip(phones, carts, strict=False):
            phone.wait_for_url(re.compile("/status#"))
            now[phone.url.rpartition("#")[2]] = cart
        placed |= now
        for station, screen in screens.items():
            wanted = {number: dishes for number, cart in placed.items() if (dishes := menu.for_cooks(cart, station))}
            eventually(
                f"{station} shows exactly its dishes",
                lambda screen=screen, wanted=wanted: on_screen(screen) == wanted,
                seen=lambda screen=screen: on_screen(screen),
            )
        arrived = {
            (station, number): at / 1000 - answered
            for station, screen in screens.items()
            for number, at in screen.evaluate("window.arrived").items()
            if number in now
        }
        tickets = [(s, number) for s in screens for number, cart in now.items() if menu.for_cooks(cart, s)]
        assert sorted(arrived) == sorted(tickets)
        measured(f"orders {len(carts)}, cards {len(tickets)}: all shown {max(arrived.values()):.2f} s after the last")
        papers = sum(bool(menu.for_cooks(cart, station)) for cart in placed.values() for station in screens)
        eventually("its slips are on paper", lambda papers=papers: len(slips_of_table(demo)) == papers)
        taken = min(datetime.fromisoformat(one["placed_at"]) for one in visit_orders(demo)[-len(carts) :])
        took = slips_of_table(demo)[-1] - taken.timestamp()
        measured(f"orders {len(carts)}, slips {len(tickets)}: all on paper {took:.2f} s after the first")
        in_time = max(arrived.values()) <= ON_SCREEN_S and took <= ON_PAPER_S
        assert in_time or play < PLAYS, (arrived, took)

    orders = visit_orders(demo)
    assert [o["addition"] for o in orders] == [False] + [True] * (len(placed) - 1)
    assert sum(line["quantity"] for o in orders for line in o["lines"]) == sum(sum(c.values()) for c in placed.values())
    read = {number: menu.for_guests(cart) for number, cart in placed.items()}
    for phone in phones:
        eventually(
            "each phone shows the list of all",
            lambda phone=phone: on_phone(phone) == read,
            8,
            seen=lambda phone=phone: on_phone(phone),
        )

    second = next(o for o in orders if o["number"] == list(placed)[ALLERGIC])
    expect(screens["wok"].get_by_test_id(f"ticket-{second['number']}")).to_contain_text("花生")
    expect(screens["wok"].get_by_test_id(f"bump-{second['number']}")).to_have_count(0)  # before its cook knows
    screens["wok"].get_by_test_id(f"allergy-{second['number']}").click()
    screens["wok"].get_by_test_id(f"bump-{second['number']}").click()
    done = next(line for line in second["lines"] if line["item"] == "eggplant")
    for phone in phones:
        line = phone.get_by_test_id(f"line-{second['number']}-{done['id']}")
        expect(line).to_have_attribute("data-state", re.compile("ready|served"), timeout=8000)
    for page in (*phones, *screens.values()):
        assert page.foreign == []  # type: ignore[attr-defined]
