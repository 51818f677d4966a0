"""A cart against a menu: what is sold, what is refused and which field is at fault."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store.shop import menu

from gateway.domain.errors import Refused
from gateway.domain.menu import Menu
from gateway.domain.order import (
    MAX_LINES,
    MAX_NOTE,
    Cart,
    CartLine,
    GivenLine,
    Line,
    StaffCart,
    checked_text,
    given_lines,
    price_changes,
    sold_lines,
)

MENU = menu()


def sold(*lines: dict[str, Any], gone: frozenset[str] = frozenset(), of: Menu = MENU) -> list[Line]:
    return sold_lines(msgspec.convert(list(lines), list[CartLine]), of, gone)


def given_away(*lines: dict[str, Any], of: Menu = MENU) -> tuple[list[Line], list[str]]:
    return given_lines(msgspec.convert(list(lines), list[GivenLine]), of, "wok")


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ({"item": "pizza"}, "lines[1].item", "unknown_item"),
        ({"item": "tofu", "variant": "half"}, "lines[1].variant", "no_variants"),
        ({"item": "chicken", "variant": "huge", "modifiers": ["mild"]}, "lines[1].variant", "unknown_variant"),
        ({"item": "chicken", "variant": "half"}, "lines[1].modifiers", "modifier_count"),
        ({"item": "chicken", "modifiers": ["mild", "hot"]}, "lines[1].modifiers", "modifier_count"),
        ({"item": "chicken", "modifiers": ["mild", "mild"]}, "lines[1].modifiers", "modifier_twice"),
        ({"item": "chicken", "modifiers": ["mild", "gold"]}, "lines[1].modifiers", "unknown_modifier"),
        ({"item": "tofu", "components": [{"item": "tea"}]}, "lines[1].components", "not_a_set"),
        ({"item": "tofu", "note": "\x1b@"}, "lines[1].note", "control_character"),
    ],
)
def test_each_fault_names_its_field_and_reason(line: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        sold({"item": "tea"}, line)
    assert refused.value.code == "invalid"
    assert (refused.value.detail["field"], refused.value.detail["reason"]) == (field, reason)


def test_a_variant_must_be_chosen_where_none_has_the_menus_own_price() -> None:
    def dearer(raw: dict[str, Any]) -> None:
        raw["categories"][0]["items"][4]["price"] = 1

    with pytest.raises(Refused) as refused:
        sold({"item": "chicken", "modifiers": ["mild"]}, of=menu(dearer))
    assert refused.value.detail["reason"] == "variant_missing"


def test_a_program_that_knows_no_variants_gets_the_one_at_the_menus_price() -> None:
    (line,) = sold({"item": "chicken", "modifiers": ["mild"]})
    assert line.variant is not None
    assert (line.variant.id, line.unit_price) == ("whole", 3800)


def test_everything_that_is_sold_out_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        sold({"item": "fish"}, {"item": "tofu"}, {"item": "tea"}, gone=frozenset({"tea"}))
    assert refused.value.code == "sold_out"
    assert refused.value.detail["lines"] == [{"index": 0, "item": "fish"}, {"index": 2, "item": "tea"}]


def test_a_sold_line_keeps_names_choices_and_amounts() -> None:
    (line,) = sold(
        {
            "item": "chicken",
            "variant": "half",
            "quantity": 3,
            "modifiers": ["no-nuts", "nuts", "hot"],
            "note": " less\nsalt ",
        }
    )
    assert [m.id for m in line.modifiers] == ["hot", "nuts", "no-nuts"]  # as the menu lists them
    assert (line.unit_price, line.amount, line.note) == (2500, 7500, "less salt")
    assert [m.removal for m in line.modifiers] == [False, False, True]


def test_price_changes_are_told_for_one_piece_with_its_modifiers() -> None:
    def dearer(raw: dict[str, Any]) -> None:
        items = raw["categories"][0]["items"]
        items[4]["variants"][0]["price"] = 2400
        items.append({"id": "new", "name": {"en": "New"}, "price": 1, "station": "wok"})
        items[4]["modifier_groups"][1]["modifiers"].append({"id": "oil", "name": {"en": "Oil"}})

    lines = msgspec.convert(
        [
            {"item": "chicken", "variant": "half", "modifiers": ["mild", "nuts"], "quantity": 2},
            {"item": "tofu"},
            {"item": "new"},  # was not on the menu that the guest saw
            {"item": "chicken", "variant": "half", "modifiers": ["mild", "oil"]},  # could not be chosen then
        ],
        list[CartLine],
    )
    new = sold_lines(lines, menu(dearer), frozenset())
    assert price_changes(lines, MENU, new) == [{"index": 0, "item": "chicken", "old": 2500, "new": 2700}]


@given(st.lists(st.tuples(st.sampled_from(["tofu", "tea", "lamb"]), st.integers(1, 99)), min_size=1, max_size=20))
def test_the_total_is_the_sum_of_what_was_chosen(chosen: list[tuple[str, int]]) -> None:
    lines = sold(*({"item": item, "quantity": quantity} for item, quantity in chosen))
    prices = {"tofu": 2800, "tea": 500, "lamb": 1200}
    assert [line.amount for line in lines] == [prices[item] * quantity for item, quantity in chosen]
    assert [line.id for line in lines] == list(range(1, len(chosen) + 1))


def test_an_order_paid_elsewhere_keeps_its_own_names_and_prices() -> None:
    lines, unknown = given_away(
        {"item": "tofu", "name": {"en": "Their tofu"}, "price": 1},
        {"item": "X-17", "quantity": 2, "modifiers": ["extra spicy"], "price": 990},
        {"item": "fish"},
    )
    assert unknown == ["X-17"]
    assert [(n.name, n.unit_price, n.station) for n in lines] == [
        ({"en": "Their tofu"}, 1, "wok"),
        ({"und": "X-17"}, 990, "wok"),
        ({"zh-Hans": "鱼", "en": "Fish"}, 6800, "wok"),  # sold out here, and still cooked: it is paid
    ]
    assert lines[1].modifiers[0].name == {"und": "extra spicy"}


def test_an_order_paid_elsewhere_loses_none_of_its_choices() -> None:
    lines, _ = given_away(
        {"item": "chicken", "variant": "half", "modifiers": ["hot", "nuts"]},
        {"item": "chicken", "variant": "family size"},
        {"item": "lunch-set", "components": [{"item": "tea", "quantity": 2}, {"item": "soup"}]},
    )
    assert lines[0].variant is not None
    assert (lines[0].variant.id, lines[0].unit_price) == ("half", 2500)
    assert [m.name for m in lines[1].modifiers] == [{"und": "family size"}]
    assert [m.name for m in lines[2].modifiers] == [{"zh-Hans": "2× 茶", "en": "2× Tea"}, {"und": "1× soup"}]


def test_an_order_paid_elsewhere_is_not_refused_for_a_character_but_the_character_does_not_pass() -> None:
    lines, _ = given_away(
        {"item": "tofu", "note": "a\x1b@b\u202e", "name": {"en": "To\x07fu\nX"}, "modifiers": ["\x00m"]}
    )
    assert (lines[0].note, lines[0].name, lines[0].modifiers[0].name) == ("a@b", {"en": "Tofu X"}, {"und": "m"})


def test_notes_are_one_line_and_name_the_character_at_fault() -> None:
    assert checked_text(" a\r\nb ", "note") == "a b"
    with pytest.raises(Refused) as refused:
        checked_text("a\u202eb", "note")
    assert refused.value.detail == {"field": "note", "reason": "control_character", "character": "U+202E"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"lines": [{"item": "tofu"}] * (MAX_LINES + 1)},
        {"lines": [{"item": "tofu", "quantity": 0}]},
        {"lines": [{"item": "tofu", "quantity": 100}]},
        {"lines": [{"item": ""}]},
        {"lines": [{"item": "tofu", "nonsense": 1}]},
        {"note": "x" * (MAX_NOTE + 1)},
        {"covers": 0},
        {"allergies": ["x"] * 21},
        {"table_token": ""},
        {"typo": True},
    ],
)
def test_a_cart_that_does_not_fit_is_not_decoded(wrong: dict[str, Any]) -> None:
    good = {"table_token": "t", "lines": [{"item": "tofu"}]}
    msgspec.convert(good, Cart)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good | wrong, Cart)


@pytest.mark.parametrize("wrong", [{"type": "picnic"}, {"prices": "mine"}, {"prepaid": {"amount": -1, "method": "x"}}])
def test_a_staff_cart_that_does_not_fit_is_not_decoded(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"lines": [{"item": "tofu"}]} | wrong, StaffCart)
