"""Menus and settings: every fault is found at once, in words that name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from store.shop import MENU, SETTINGS, menu, rules

from gateway.domain import menu as menu_rules
from gateway.domain import settings as settings_rules
from gateway.domain.fault import Fault
from gateway.domain.fault_words import in_words

STATIONS = frozenset({"wok", "bar", "grill"})


def test_a_good_menu_and_good_settings_have_no_faults() -> None:
    assert menu_rules.faults(menu(), STATIONS) == []
    assert settings_rules.faults(rules()) == []


def _items(raw: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = raw["categories"][0]["items"]
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: _items(raw).append(_items(raw)[0]), "item 'tofu': the id is there twice"),
        (
            lambda raw: _items(raw)[0].update(station="moon"),
            "item 'tofu': no station 'moon'; there are: bar, grill, wok",
        ),
        (lambda raw: _items(raw)[0].update(name={}), "item 'tofu': has no name in any language"),
        (
            lambda raw: _items(raw)[4]["modifier_groups"][1].update(min=3),
            "item 'chicken', group 'extra': min 3, max 2 of 2",
        ),
        (
            lambda raw: _items(raw)[4]["modifier_groups"][1].update(max=5),
            "item 'chicken', group 'extra': min 0, max 5 of 2",
        ),
        (lambda raw: raw.update(categories=[]), "the menu has no item"),
    ],
)
def test_each_fault_of_a_menu_is_named(change: Callable[[dict[str, Any]], None], words: str) -> None:
    assert words in [in_words(fault, "en") for fault in menu_rules.faults(menu(change), STATIONS)]


def test_a_menu_has_a_bound() -> None:
    def many(raw: dict[str, Any]) -> None:
        one = _items(raw)[0]
        raw["categories"][0]["items"] = [one | {"id": f"i{n}"} for n in range(menu_rules.MAX_ITEMS + 1)]

    assert menu_rules.faults(menu(many), STATIONS) == [
        Fault("too_many_items", (), {"count": menu_rules.MAX_ITEMS + 1, "most": menu_rules.MAX_ITEMS})
    ]


STATION = SETTINGS["stations"][0]
PRINTER = SETTINGS["printers"][0]
AREA = SETTINGS["areas"][0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stations": [STATION, STATION]}, "station 'wok' is there twice"),
        ({"printers": [PRINTER, PRINTER, SETTINGS["printers"][1]]}, "printer 'kitchen' is there twice"),
        ({"areas": [AREA, AREA]}, "area 'hall' is there twice"),
        ({"areas": [AREA, AREA | {"id": "b"}]}, "table '1' is there twice"),
        ({"stations": [STATION | {"printer": "x"}]}, "station 'wok': no printer 'x'; there are: counter, kitchen"),
        ({"stations": [STATION | {"printer": ""}]}, "station 'wok': proof 'both' needs a printer"),
        ({"stations": [STATION | {"soon_s": 600}]}, "station 'wok': soon_s must be smaller than late_s"),
        ({"stations": [], "default_station": ""}, "there is no station"),
        ({"default_station": "moon"}, "default_station: no station 'moon'"),
        ({"time_zone": "Moon/Tycho"}, "time_zone: 'Moon/Tycho' is not a time zone name such as 'Asia/Shanghai'"),
    ],
)
def test_each_fault_of_the_settings_is_named(change: dict[str, Any], words: str) -> None:
    assert words in [in_words(fault, "en") for fault in settings_rules.faults(rules(**change))]


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "yuan"}, {"day_starts": "24:00"}, {"typo": 1}, {"stations": [STATION | {"id": "W OK"}]},
        {"stations": [STATION | {"soon_s": 5}]}, {"printers": [PRINTER | {"columns": 40}]},
        {"printers": [PRINTER | {"baud": 300}]}, {"areas": [AREA | {"tables": [""]}]},
        {"stations": [STATION | {"language": "中文"}]}, {"guards": {"orders_per_10_min": 0}},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_not_decoded(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        rules(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"price": -1}, {"price": 1.5}, {"price": 10**9}, {"id": "To Fu"}, {"spicy": 4}, {"pirce": 1}]
)
def test_an_item_that_does_not_fit_is_not_decoded(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        menu(lambda raw: _items(raw)[0].update(wrong))


def test_what_is_asked_for_by_name_is_found_or_none() -> None:
    settings = rules()
    assert settings.station("bar") is settings.stations[1]
    assert settings.printer("counter") is settings.printers[1]
    assert (settings.station("x"), settings.printer("x")) == (None, None)
    assert settings.tables() == ["1", "2", "包1"]
    assert settings.zone().key == "Asia/Shanghai"
    assert set(menu().items) == {item["id"] for item in MENU["categories"][0]["items"]}
