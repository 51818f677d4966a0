"""A table of four, as people live it: four phones, eleven dishes, an add-on, an allergy, two screens, two printers."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
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

ON_SCREEN_S = 1.0
ON_PAPER_S = 2.0
"""From the first order of the moment to the last slip, also where slips wait for each other at one printer."""


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """Its own, in place of the one that all share: within seconds means of printers that have nothing else to do."""
    running = RunningDemo()
    yield running
    running.stop()
    shutil.rmtree(running.data)


def stations(demo: RunningDemo) -> dict[str, str]:
    menu = demo.staff("GET", "/api/v1/menu")[1]
    return {item["id"]: item["station"] for category in menu["categories"] for item in category["items"]}


def open_dishes(demo: RunningDemo, station: str) -> Counter[str]:
    """What the station's open tickets for this table ask for."""
    found: Counter[str] = Counter()
    for ticket in demo.tickets(station):
        if ticket["order"]["table"] == TABLE:
            found.update({line["item"]: line["quantity"] for line in ticket["lines"]})
    return found


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
    """Returns the moment of the last answer. The box stands still until all have sent, and then finds them all at its
    door at once."""
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
    answered = time.monotonic()
    assert [answer and answer.status for answer in answers] == [201] * len(phones)
    return answered


def expected(carts: Iterable[dict[str, int]], station: str, where: dict[str, str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for cart in carts:
        found.update({item: n for item, n in cart.items() if where[item] == station})
    return found


def slips(carts: Iterable[dict[str, int]], where: dict[str, str]) -> Counter[str]:
    """One of each order at each station that has a dish of it."""
    return Counter(station for cart in carts for station in {where[item] for item in cart})


def test_four_phones_one_table_each_dish_at_its_own_station(
    demo: RunningDemo,
    open_phone: Callable[..., Page],
    open_screen: Callable[..., Page],
    measured: Callable[[str], None],
) -> None:
    where = stations(demo)
    screens = {station: open_screen(station) for station in ("wok", "bar")}
    phones = [open_phone(TABLE) for _ in range(4)]
    sent: list[dict[str, int]] = []
    numbers: list[str] = []
    for carts in ROUNDS:
        for number, (phone, cart) in enumerate(zip(phones, carts, strict=False)):
            if sent:
                phone.get_by_test_id("order-more").click()
            fill(phone, cart, "peanut" if number == ALLERGIC and not sent else None)
        answered = send_together(demo, phones[: len(carts)])
        sent += carts
        for station, screen in screens.items():
            wanted = expected(sent, station, where)
            eventually(
                f"{station} has exactly its dishes",
                lambda station=station, wanted=wanted: open_dishes(demo, station) == wanted,
                answered + ON_SCREEN_S - time.monotonic(),
                seen=lambda station=station: open_dishes(demo, station),
            )
            shown = screen.locator(f"[data-testid^='ticket-']:has-text('{TABLE}')")
            expect(shown).to_have_count(slips(sent, where)[station], timeout=ON_SCREEN_S * 1000)
        papers = slips(sent, where).total()
        eventually("its slips are on paper", lambda papers=papers: len(slips_of_table(demo)) == papers)
        taken = min(datetime.fromisoformat(one["placed_at"]) for one in visit_orders(demo)[-len(carts) :])
        took = slips_of_table(demo)[-1] - taken.timestamp()
        measured(f"orders {len(carts)}, slips {slips(carts, where).total()}: all on paper {took:.2f} s after the first")
        assert took <= ON_PAPER_S
        for phone in phones[: len(carts)]:
            phone.wait_for_url(re.compile("/status#"))
            numbers.append(phone.url.rpartition("#")[2])

    orders = visit_orders(demo)
    assert [o["addition"] for o in orders] == [False] + [True] * 4
    of_phone = [next(o for o in orders if o["number"] == number) for number in numbers]
    assert [Counter({line["item"]: line["quantity"] for line in o["lines"]}) for o in of_phone] == [
        Counter(cart) for cart in sent
    ]
    assert sum(line["quantity"] for o in orders for line in o["lines"]) == 11 + 2
    for phone in phones:
        for one in orders:
            expect(phone.get_by_test_id(f"order-{one['number']}")).to_be_visible(timeout=8000)

    second = of_phone[ALLERGIC]
    expect(screens["wok"].get_by_test_id(f"ticket-{second['number']}")).to_contain_text("花生")
    screens["wok"].get_by_test_id(f"bump-{second['number']}").click()
    done = next(line for line in second["lines"] if line["item"] == "eggplant")
    for phone in phones:
        line = phone.get_by_test_id(f"line-{second['number']}-{done['id']}")
        expect(line).to_have_attribute("data-state", re.compile("ready|served"), timeout=8000)
    for page in (*phones, *screens.values()):
        assert page.foreign == []  # type: ignore[attr-defined]
