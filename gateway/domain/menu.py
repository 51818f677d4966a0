"""The menu as a revision: what can be ordered, at which price, made where."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

import msgspec

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
    """One dish. `station` makes it. `price` is replaced by the chosen variant's price where there are variants."""

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


def faults(menu: Menu, stations: frozenset[str]) -> list[str]:
    """Every reason why this menu cannot be sold, in words; empty when it can."""
    found: list[str] = []
    seen: set[str] = set()
    for category in menu.categories:
        for item in category.items:
            where = f"item {item.id!r}"
            if item.id in seen:
                found.append(f"{where}: the id is there twice")
            seen.add(item.id)
            if item.station not in stations:
                found.append(f"{where}: no station {item.station!r}; there are: {', '.join(sorted(stations))}")
            if not item.name:
                found.append(f"{where}: has no name in any language")
            for group in item.modifier_groups:
                if group.min > group.max or group.max > len(group.modifiers):
                    count = len(group.modifiers)
                    found.append(f"{where}, group {group.id!r}: min {group.min}, max {group.max} of {count}")
    if len(seen) > MAX_ITEMS:
        found.append(f"{len(seen)} items; at most {MAX_ITEMS}")
    if not seen:
        found.append("the menu has no item")
    return found
