"""Routes: which station makes a dish, and every fault that makes a route useless, in words."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store.shop import MENU, menu, name, rules

from gateway.domain import routing
from gateway.domain import settings as settings_rules
from gateway.domain.fault_words import in_words
from gateway.domain.menu import Menu
from gateway.domain.settings import Settings

AREAS = [
    {"id": "hall", "name": name("大堂", "Hall"), "tables": ["1", "2"]},
    {"id": "terrace", "name": name("露台", "Terrace"), "tables": ["9"]},
]
DISHES = MENU["categories"][0]["items"]
TWO_CATEGORIES = {
    "currency": "CNY",
    "categories": [
        {"id": "hot", "name": name("热菜", "Hot"), "items": [DISHES[0]]},
        {"id": "drinks", "name": name("酒水", "Drinks"), "items": [DISHES[1]]},
    ],
}


def shop_with(*routes: dict[str, Any], **more: Any) -> Settings:
    return rules(routes=list(routes), areas=AREAS, **more)


def sold() -> Menu:
    return msgspec.convert(TWO_CATEGORIES, Menu)


def goes(settings: Settings, item: str, kind: str = "dine_in", area: str = "hall", at: str = "12:00") -> str:
    home = {"tofu": "wok", "tea": "bar"}.get(item, "wok")
    category = {"tofu": "hot", "tea": "drinks"}.get(item, "")
    return routing.station_of(settings, item, category, home, kind, area, routing.minute_of(at))


def test_without_a_route_that_fits_a_dish_is_made_at_its_own_station() -> None:
    assert goes(shop_with(), "tea") == "bar"
    assert goes(shop_with({"items": ["tofu"], "station": "grill"}), "tea") == "bar"


@pytest.mark.parametrize(
    ("route", "order", "station"),
    [
        ({"items": ["tofu"]}, {"item": "tofu"}, "grill"),
        ({"items": ["tofu"]}, {"item": "tea"}, "bar"),
        ({"categories": ["drinks"]}, {"item": "tea"}, "grill"),
        ({"categories": ["drinks"]}, {"item": "tofu"}, "wok"),
        ({"items": ["tofu"], "categories": ["drinks"]}, {"item": "tea"}, "grill"),
        ({"items": ["tofu"], "categories": ["drinks"]}, {"item": "tofu"}, "grill"),
        ({"order_types": ["takeaway", "delivery"]}, {"item": "tofu", "kind": "delivery", "area": ""}, "grill"),
        ({"order_types": ["takeaway", "delivery"]}, {"item": "tofu"}, "wok"),
        ({"areas": ["terrace"]}, {"item": "tofu", "area": "terrace"}, "grill"),
        ({"areas": ["terrace"]}, {"item": "tofu", "area": ""}, "wok"),
        ({}, {"item": "unknown"}, "grill"),
        ({"categories": ["drinks"]}, {"item": "unknown"}, "wok"),
    ],
)
def test_a_route_is_for_what_it_names_and_for_all_of_what_it_does_not(
    route: dict[str, Any], order: dict[str, Any], station: str
) -> None:
    assert goes(shop_with(route | {"station": "grill"}), **order) == station


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        ({"from": "11:00", "until": "14:00"}, ["11:00", "13:59"], ["10:59", "14:00"]),
        ({"from": "22:00", "until": "02:00"}, ["22:00", "23:59", "00:00", "01:59"], ["21:59", "02:00"]),
        ({"from": "17:00"}, ["17:00", "23:59", "03:59"], ["16:59", "04:00"]),
        ({"until": "11:00"}, ["04:00", "10:59"], ["11:00", "03:59"]),
        ({}, ["00:00", "04:00", "23:59"], []),
    ],
)
def test_a_route_has_its_hours_also_over_midnight(
    hours: dict[str, str], inside: list[str], outside: list[str]
) -> None:
    """The business day of the sample begins at 04:00: what has no end ends there."""
    settings = shop_with({"station": "grill"} | hours)
    assert [goes(settings, "tofu", at=at) for at in inside] == ["grill"] * len(inside)
    assert [goes(settings, "tofu", at=at) for at in outside] == ["wok"] * len(outside)


def test_the_first_that_fits_wins() -> None:
    settings = shop_with({"areas": ["terrace"], "station": "bar"}, {"items": ["tofu"], "station": "grill"})
    assert goes(settings, "tofu", area="terrace") == "bar"
    assert goes(settings, "tofu") == "grill"


def faults_of(*routes: dict[str, Any], menu_of: Menu | None = None) -> list[str]:
    settings = shop_with(*routes)
    found = settings_rules.faults(settings) + routing.menu_faults(settings, menu_of or sold())
    assert all(in_words(fault, "zh-Hans") for fault in found)
    return [in_words(fault, "en") for fault in found]


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        (
            [{"station": "moon"}],
            "[[routes]] number 1: no station 'moon'; there are: bar, grill, wok",
        ),
        (
            [{"station": "wok", "areas": ["cellar"]}],
            "[[routes]] number 1: no area 'cellar'; there are: hall, terrace",
        ),
        ([{"station": "wok", "items": ["moon"]}], "[[routes]] number 1: the menu has no item 'moon'"),
        (
            [{"station": "wok", "categories": ["hott"]}],
            "[[routes]] number 1: the menu has no category 'hott'; there are: drinks, hot",
        ),
        (
            [{"station": "wok", "from": "11:00", "until": "11:00"}],
            "[[routes]] number 1: from and until are both 11:00; leave both out for the whole day",
        ),
    ],
)
def test_each_fault_of_a_route_is_named(routes: list[dict[str, Any]], words: str) -> None:
    assert words in faults_of(*routes)


NEVER = "never fits, for earlier ones take all that it could; move it up or leave it out"


@pytest.mark.parametrize(
    ("routes", "never"),
    [
        ([{}, {"items": ["tofu"]}], [2]),
        ([{"categories": ["hot"]}, {"items": ["tofu"]}], [2]),
        ([{"items": ["tofu"]}, {"categories": ["hot"]}], [2]),  # the only dish of its category
        ([{"items": ["tofu"]}, {"categories": ["hot", "drinks"]}], []),
        ([{"from": "11:00", "until": "14:00"}, {"from": "12:00", "until": "13:00"}], [2]),
        ([{"from": "11:00", "until": "14:00"}, {"from": "12:00", "until": "15:00"}], []),
        ([{"from": "22:00", "until": "02:00"}, {"from": "23:00", "until": "01:00"}], [2]),
        # Two together take all of a third, though neither does alone.
        ([{"until": "13:00"}, {"from": "13:00", "until": "15:00"}, {"from": "12:00", "until": "14:00"}], [3]),
        ([{"areas": ["hall"]}, {"areas": ["terrace"]}, {"order_types": ["dine_in"]}], [3]),
        ([{"areas": ["hall"]}, {"areas": ["terrace"]}, {"order_types": ["takeaway"]}], []),
        # A dish that only an integrator knows is of no category: the last one is for it.
        ([{"categories": ["hot", "drinks"]}, {}], []),
    ],
)  # fmt: skip
def test_a_route_that_can_never_fit_is_named(routes: list[dict[str, Any]], never: list[int]) -> None:
    found = faults_of(*({"station": "wok"} | route for route in routes))
    assert found == [f"[[routes]] number {number}: {NEVER}" for number in never]


@pytest.mark.parametrize("text", ["25:00", "9:00", "12:60", "noon", "24:00"])
def test_a_time_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"routes\[0\]\.until"):
        shop_with({"station": "wok", "until": text})


def test_a_dish_that_no_paper_and_no_screen_can_bring_before_a_cook_is_named() -> None:
    stations = [{"id": "wok", "name": name("炒锅", "Wok"), "proof": "paper"}]
    settings = rules(stations=stations, printers=[], default_station="")
    only = menu(lambda raw: raw["categories"][0].update(items=[DISHES[0]]))
    words = [in_words(fault, "en") for fault in routing.menu_faults(settings, only)]
    assert words == ["item 'tofu': station 'wok' has no printer, so nothing brings it before a cook"]


ROUTES = st.fixed_dictionaries(
    {"station": st.sampled_from(["wok", "bar", "grill"])},
    optional={
        "items": st.lists(st.sampled_from(["tofu", "tea"]), max_size=2),
        "categories": st.lists(st.sampled_from(["hot", "drinks"]), max_size=2),
        "order_types": st.lists(st.sampled_from(routing.ORDER_TYPES), max_size=2),
        "areas": st.lists(st.sampled_from(["hall", "terrace"]), max_size=2),
        "from": st.sampled_from(["", "01:00", "11:00", "22:30"]),
        "until": st.sampled_from(["", "02:00", "12:30", "23:00"]),
    },
)


@given(st.lists(ROUTES, max_size=5))
def test_what_the_ways_of_a_dish_say_is_where_each_order_goes(routes: list[dict[str, Any]]) -> None:
    settings = shop_with(*routes)
    for item in sold().items.values():
        found = routing.ways(settings, item, sold().category_of[item.id])
        for kind, area in routing.places(settings):
            for at in ("00:30", "03:59", "04:00", "11:30", "12:30", "22:45", "23:30"):
                minute, said = routing.minute_of(at), set()
                for way in found:
                    begin, end = (routing.minute_of(t) if t else 0 for t in (way.begin, way.end))
                    in_time = not way.begin or (minute - begin) % 1440 < (end - begin) % 1440
                    if in_time and kind in (way.order_types or [kind]) and area in (way.areas or [area]):
                        said.add(way.station)
                assert said == {goes(settings, item.id, kind, area, at)}


@given(st.lists(ROUTES, max_size=5))
def test_a_route_that_is_called_useless_takes_no_order(routes: list[dict[str, Any]]) -> None:
    """Judged by trying every order: leaving the route out changes nothing, and what is not named takes one."""
    settings = shop_with(*routes)
    named = {int(f.where[0][1]) for f in routing.menu_faults(settings, sold()) if f.code == "route_never_fits"}
    starts, taken = routing.minute_of(settings.day_starts), set()
    for item, category in (("tofu", "hot"), ("tea", "drinks"), ("unknown", "")):
        for place in routing.places(settings):
            for minute in range(0, 1440, 30):
                fitting = (
                    number
                    for number, route in enumerate(settings.routes, 1)
                    if route.makes(item, category) and route.fits_order(*place) and route.fits_time(minute, starts)
                )
                taken.add(next(fitting, 0))
    assert named == set(range(1, len(routes) + 1)) - taken


def test_areas_have_printers_of_their_own_and_behind_them_those_of_the_station() -> None:
    wok = {"id": "wok", "name": name("炒锅", "Wok"), "printer": "kitchen"}
    outside = wok | {"areas": [{"area": "terrace", "printer": "counter"}]}
    station = shop_with(stations=[outside]).stations[0]
    assert (station.printers("terrace"), station.printers("hall"), station.printers()) == (
        ["counter", "kitchen"], ["kitchen"], ["kitchen"],
    )  # fmt: skip
    odd = wok | {"areas": [{"area": "moon", "printer": "cellar"}, {"area": "moon", "printer": "kitchen"}]}
    assert [in_words(fault, "en") for fault in settings_rules.faults(shop_with(stations=[odd]))] == [
        "station 'wok': no printer 'cellar'; there are: counter, kitchen",
        "station 'wok': no area 'moon'; there are: hall, terrace",
        "station 'wok': no area 'moon'; there are: hall, terrace",
        "station 'wok', area 'moon' is there twice",
    ]


def test_the_most_routes_over_the_longest_menu_keep_no_import_waiting() -> None:
    """Measured: a quarter of a second; the bound is for a machine that is busy with other tests."""
    items = [DISHES[0] | {"id": f"i{n}"} for n in range(2000)]
    large = menu(lambda raw: raw["categories"][0].update(items=items))
    many = [
        {"station": "wok", "items": [f"i{n}"], "from": f"{n % 24:02d}:{n:02d}", "until": f"{n * 7 % 24:02d}:{n:02d}"}
        for n in range(1, routing.MAX_ROUTES)
        if n % 24 != n * 7 % 24
    ]
    settings = shop_with(*many)
    began = time.process_time()
    assert routing.menu_faults(settings, large) == []
    assert time.process_time() - began < 3
