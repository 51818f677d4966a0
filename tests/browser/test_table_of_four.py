"""A table of four, as people live it: four phones, eleven dishes, an add-on, an allergy, two screens, two printers."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable

from playwright.sync_api import Page, expect
from running_demo import RunningDemo
from waiting import eventually

TABLE = "包1"
CARTS = (
    {"twice-cooked-pork": 1, "rice": 2, "cucumber": 1},
    {"eggplant": 1, "soy-milk": 1},
    {"egg-fried-rice": 1, "edamame": 1, "tomato-egg-soup": 1},
)
ADD_ON = {"rice": 1, "cucumber": 1}
ON_SCREEN_S = 1.0
ON_PAPER_S = 2.0


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


def slips_of_table(demo: RunningDemo) -> int:
    return sum(TABLE in text for printer in ("kitchen", "receipt") for text in demo.papers(printer))


def order(phone: Page, cart: dict[str, int], allergy: str | None = None) -> float:
    """Fills the cart and sends it; returns the moment of the answer."""
    for item, quantity in cart.items():
        for _ in range(quantity):
            phone.get_by_test_id(f"add-{item}").click()
    if allergy:
        phone.get_by_test_id("cart-bar").click()
        phone.get_by_test_id(f"allergy-{allergy}").check()
    phone.get_by_test_id("go-order").click()
    with phone.expect_response(lambda r: r.url.endswith("/api/v1/orders") and r.status == 201):
        phone.get_by_test_id("submit-order").click()
    answered = time.monotonic()
    phone.wait_for_url(re.compile("/status"))
    return answered


def expected(carts: list[dict[str, int]], station: str, where: dict[str, str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for cart in carts:
        found.update({item: n for item, n in cart.items() if where[item] == station})
    return found


def test_four_phones_one_table_each_dish_at_its_own_station(
    demo: RunningDemo, open_phone: Callable[..., Page], open_screen: Callable[..., Page]
) -> None:
    where = stations(demo)
    screens = {station: open_screen(station) for station in ("wok", "bar")}
    phones = [open_phone(TABLE) for _ in range(4)]
    slips = 0
    sent: list[dict[str, int]] = []
    for phone, cart, allergy in zip(phones, (*CARTS, ADD_ON), (None, "peanut", None, None), strict=True):
        answered = order(phone, cart, allergy)
        sent.append(cart)
        for station, screen in screens.items():
            wanted = expected(sent, station, where)
            eventually(
                f"{station} has exactly its dishes",
                lambda station=station, wanted=wanted: open_dishes(demo, station) == wanted,
                answered + ON_SCREEN_S - time.monotonic(),
            )
            shown = screen.locator(f"[data-testid^='ticket-']:has-text('{TABLE}')")
            expect(shown).to_have_count(
                sum(1 for one in sent if expected([one], station, where)), timeout=ON_SCREEN_S * 1000
            )
        slips += len({where[item] for item in cart})
        eventually(
            "its slips are on paper",
            lambda slips=slips: slips_of_table(demo) == slips,
            max(0.1, answered + ON_PAPER_S - time.monotonic()),
        )

    orders = demo.guest("GET", f"/api/v1/visit?table_token={demo.token(TABLE)}")[1]["orders"]
    assert [o["addition"] for o in orders] == [False, True, True, True]
    assert (
        sum(line["quantity"] for o in orders for line in o["lines"]) == sum(sum(cart.values()) for cart in sent) == 11
    )
    for phone in phones:
        for one in orders:
            expect(phone.get_by_test_id(f"order-{one['number']}")).to_be_visible(timeout=8000)

    second = orders[1]
    expect(screens["wok"].get_by_test_id(f"ticket-{second['number']}")).to_contain_text("花生")
    screens["wok"].get_by_test_id(f"bump-{second['number']}").click()
    done = next(line for line in second["lines"] if line["item"] == "eggplant")
    for phone in phones:
        line = phone.get_by_test_id(f"line-{second['number']}-{done['id']}")
        expect(line).to_have_attribute("data-state", re.compile("ready|served"), timeout=8000)
    for page in (*phones, *screens.values()):
        assert page.foreign == []  # type: ignore[attr-defined]
