"""The menu as a revision: what can be ordered, at which price, made where."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

import msgspec

from gateway.domain.fault import Fault
from gateway.domain.money import MAX_AMOUNT
from gateway.domain.texts import TextMap

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Price = Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)]
Delta = Annotated[int, msgspec.Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]

MAX_ITEMS = 2000
"""Ten times the longest menu that we know of; decoding it stays under 20 ms on a Pi."""


class Modifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id
    name: TextMap
    price: Delta = 0
    allergens: list[Id] = []
    removal: bool = False


class ModifierGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id
    name: TextMap
    modifiers: list[Modifier]
    min: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    max: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id
    name: TextMap
    price: Price


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dish. `station` makes it; `course` is one of the settings' courses, or "".
    `price` is replaced by the chosen variant's price where there are variants."""

    id: Id
    name: TextMap
    price: Price
    station: Id
    kitchen_name: TextMap = {}
    description: TextMap = {}
    price_unit: Literal["each", "100g", "500g", "kg"] = "each"
    variants: list[Variant] = []
    modifier_groups: list[ModifierGroup] = []
    allergens: list[Id] = []
    diets: list[Id] = []
    spicy: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    min_age: int = 0
    sold_out: bool = False
    course: Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,39})?$")] = ""
    search: str = ""


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Id
    name: TextMap
    items: list[Item]


class Menu(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    categories: list[Category]

    @cached_property
    def items(self) -> dict[str, Item]:
        return {item.id: item for category in self.categories for item in category.items}

    @cached_property
    def category_of(self) -> dict[str, str]:
        """The category of each item, by their ids."""
        return {item.id: category.id for category in self.categories for item in category.items}


def faults(menu: Menu, stations: frozenset[str]) -> list[Fault]:
    """Every reason why this menu cannot be sold; empty when it can."""
    found: list[Fault] = []
    seen: set[str] = set()
    for category in menu.categories:
        for item in category.items:
            if item.id in seen:
                found.append(Fault("id_twice", (("item", item.id),)))
            seen.add(item.id)
            found += _item_faults(item, stations)
    if len(seen) > MAX_ITEMS:
        found.append(Fault("too_many_items", (), {"count": len(seen), "most": MAX_ITEMS}))
    if not seen:
        found.append(Fault("no_item"))
    return found


def _item_faults(item: Item, stations: frozenset[str]) -> list[Fault]:
    here = ("item", item.id)
    found: list[Fault] = []
    if item.station not in stations:
        found.append(Fault("no_such_station", (here,), {"station": item.station, "known": tuple(sorted(stations))}))
    if not item.name:
        found.append(Fault("no_name", (here,)))
    for group in item.modifier_groups:
        count = len(group.modifiers)
        if group.min > group.max or group.max > count:
            bounds = {"min": group.min, "max": group.max, "count": count}
            found.append(Fault("group_bounds", (here, ("group", group.id)), bounds))
    return found
