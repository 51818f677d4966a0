"""An order's dishes go where the routes send them at that moment, and its slips come out where its table is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store.shop import MENU, SETTINGS, Shop, menu, name, open_shop, rules, staff_cart, tokens

from gateway.contract.messages import DeviceState
from gateway.domain.errors import Refused
from gateway.domain.fault_words import in_words
from gateway.housekeeping import WaitingPapers
from gateway.operations import administration, devices, unproven
from gateway.operations.slips import slip_of

WOK, BAR, GRILL = SETTINGS["stations"]
KITCHEN, COUNTER = SETTINGS["printers"]
TERRACE = {"id": "terrace", "bridge": "bridge-1", "port": "loop://", "name": name("露台打印机", "Terrace printer")}
AREAS = [*SETTINGS["areas"], {"id": "outside", "name": name("露台", "Terrace"), "tables": ["9"]}]
ROUTES = [
    {"order_types": ["takeaway"], "station": "grill"},
    {"items": ["tofu"], "areas": ["outside"], "from": "17:00", "until": "22:00", "station": "bar"},
    {"categories": ["all"], "order_types": ["delivery"], "station": "bar"},
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    wok = WOK | {"areas": [{"area": "outside", "printer": "terrace", "backups": ["counter"]}]}
    change = {"stations": [wok, BAR, GRILL], "printers": [KITCHEN, COUNTER, TERRACE], "areas": AREAS, "routes": ROUTES}
    made = open_shop(tmp_path / "shop", rules(**change))
    yield made
    made.close()


def stations(shop: Shop, order_id: str) -> list[tuple[str, str]]:
    order = shop.order(order_id)
    of_ticket = {ticket.id: ticket.station for ticket in order.tickets}
    assert all(of_ticket[line.ticket] == line.station for line in order.lines)
    return [(line.item, line.station) for line in order.lines]


def staff_order(shop: Shop, *items: str, **more: Any) -> str:
    return str(shop.staff_places(staff_cart(*items, **more)).answer["id"])


def test_a_route_counts_from_the_moment_at_which_the_order_is_placed(shop: Shop) -> None:
    """It is 11:30 in the shop. What was placed stays where it is."""
    noon = shop.place("tofu", "tea", table="9")
    shop.later(5.5 * 3600)
    evening, inside = shop.place("tofu", "tea", table="9"), shop.place("tofu", table="1")
    assert stations(shop, noon) == [("tofu", "wok"), ("tea", "bar")]
    assert stations(shop, evening) == [("tofu", "bar"), ("tea", "bar")]
    assert stations(shop, inside) == [("tofu", "wok")]
    assert len(shop.order(evening).tickets) == 1, "two dishes of one station are one ticket"
    shop.later(5 * 3600)
    assert stations(shop, shop.place("tofu", table="9")) == [("tofu", "wok")]
    assert stations(shop, evening) == [("tofu", "bar"), ("tea", "bar")]


def test_the_kind_of_an_order_routes_it_also_what_was_sold_elsewhere(shop: Shop) -> None:
    assert stations(shop, staff_order(shop, "tofu", "tea", type="takeaway", table=None)) == [
        ("tofu", "grill"), ("tea", "grill"),
    ]  # fmt: skip
    sold = {"prices": "given", "table": None, "lines": [{"item": "moon-cake", "price": 1}, {"item": "tofu"}]}
    # A dish that the menu does not know is of no category; without one, a route takes it too.
    assert stations(shop, staff_order(shop, type="delivery", **sold)) == [("moon-cake", "wok"), ("tofu", "bar")]
    assert stations(shop, staff_order(shop, type="takeaway", **sold)) == [("moon-cake", "grill"), ("tofu", "grill")]


def test_routes_that_do_not_fit_the_menu_are_refused_from_both_sides(shop: Shop) -> None:
    def faults(operation: Any, *args: Any) -> list[str]:
        with pytest.raises(Refused) as told:
            shop.do(operation, *args)
        return [in_words(fault, "en") for fault in told.value.detail["faults"]]

    wrong = rules(routes=[{"items": ["moon"], "station": "wok"}])
    assert faults(administration.import_settings, wrong, tokens([])) == [
        "[[routes]] number 1: the menu has no item 'moon'"
    ]
    assert shop.settings().routes[0].station == "grill", "the old ones go on"
    without = menu(lambda raw: raw["categories"][0].update(items=MENU["categories"][0]["items"][1:]))
    assert faults(administration.import_menu, without) == ["[[routes]] number 2: the menu has no item 'tofu'"]


# --- printers of an area ---


def printer_is(shop: Shop, printer: str, status: str, *reasons: str) -> None:
    shop.do(devices.take_device_state, printer, DeviceState(status, "bridge-1", reasons=list(reasons)))  # type: ignore[arg-type]


def slips(shop: Shop, order_id: str) -> list[tuple[str, str, str]]:
    """(printer, state, the FOR banner) of each of its papers."""
    with shop.read() as rows:
        return [(job.printer, job.state, slip_of(rows, job).instead_of) for job in shop.jobs(order_id)]


def test_a_slip_comes_out_where_the_table_is(shop: Shop) -> None:
    outside, inside = shop.place("tofu", table="9"), shop.place("tofu", table="1")
    assert slips(shop, outside) == [("terrace", "QUEUED", "")]
    assert slips(shop, inside) == [("kitchen", "QUEUED", "")]


@pytest.mark.parametrize(
    ("well", "to"), [(("counter", "kitchen"), "counter"), (("kitchen",), "kitchen")], ids=["next", "of the station"]
)
def test_behind_the_printers_of_an_area_stand_those_of_the_station(shop: Shop, well: tuple[str, ...], to: str) -> None:
    watch = WaitingPapers(shop.store)
    shop.place("tofu", table="9")  # the first may be with its bridge, which would have to give it back
    outside = shop.place("tofu", table="9")
    for printer in ("terrace", "counter", "kitchen"):
        printer_is(shop, printer, "online" if printer in well else "offline")
    watch.step(shop.now)
    watch.step(shop.later(shop.settings().printing.divert_after_s))
    shop.write()
    assert slips(shop, outside) == [("terrace", "DIVERTED", ""), (to, "QUEUED", "露台打印机")]


def test_a_slip_of_another_area_never_comes_out_on_the_terrace(shop: Shop) -> None:
    """The negative control: only the tables of the area have its printers."""
    watch = WaitingPapers(shop.store)
    inside = shop.place("tofu", table="1")
    printer_is(shop, "terrace", "online")
    printer_is(shop, "kitchen", "offline")
    watch.step(shop.now)
    watch.step(shop.later(shop.settings().printing.divert_after_s + 60))
    shop.write()
    assert slips(shop, inside) == [("kitchen", "QUEUED", "")]


def test_a_station_that_needs_paper_now_gets_it_where_the_table_is(tmp_path: Path) -> None:
    bar = BAR | {"printer": "", "areas": [{"area": "outside", "printer": "terrace"}]}
    change = {"stations": [WOK, bar, GRILL], "printers": [KITCHEN, COUNTER, TERRACE], "areas": AREAS}
    shop = open_shop(tmp_path / "shop", rules(**change))
    try:
        outside, inside = shop.place("tea", table="9"), shop.place("tea", table="1")
        for order_id in (outside, inside):
            shop.do(unproven.slip_for_screen, shop.ticket(order_id).id)
        assert [job.printer for job in shop.jobs(outside)] == ["terrace"]
        assert shop.jobs(inside) == [], "there is none"
    finally:
        shop.close()


def test_the_buzzer_calls_where_the_slip_comes_out(tmp_path: Path) -> None:
    wok = WOK | {"buzz": True, "areas": [{"area": "outside", "printer": "terrace"}]}
    printers = [KITCHEN | {"buzzer": "clone"}, COUNTER, TERRACE]
    shop = open_shop(tmp_path / "shop", rules(stations=[wok, BAR, GRILL], printers=printers, areas=AREAS))
    try:
        shop.place("tofu", table="1")
        shop.place("tofu", table="9")
        assert shop.sql("SELECT printer FROM jobs WHERE kind = 'buzzer'") == [("kitchen",)], "none hangs outside"
    finally:
        shop.close()
