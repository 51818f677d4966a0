"""What is answered about the shop: its menu, tables, uplink, what is wrong, and every refusal. As types, like those of
gateway/web/api/order_answers.py.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from gateway.domain import conditions
from gateway.domain.texts import TextMap
from gateway.web.api.kitchen_answers import Ticket
from gateway.web.api.order_answers import Currency, Time, one_of

Severity = Annotated[str, one_of(*conditions.URGENCY)]


class Health(msgspec.Struct):
    status: Literal["ok"]
    version: str


class Part(msgspec.Struct):
    ready: bool
    reason: str | None


class Readiness(msgspec.Struct):
    ready: bool
    parts: dict[str, Part]


class LoggedIn(msgspec.Struct):
    actor: str
    role: str


class LoggedOut(msgspec.Struct):
    actor: None


# --- the menu ---


class MenuModifier(msgspec.Struct):
    id: str
    name: TextMap
    price: int
    allergens: list[str]
    removal: bool


class MenuModifierGroup(msgspec.Struct):
    id: str
    name: TextMap
    modifiers: list[MenuModifier]
    min: int
    max: int


class MenuVariant(msgspec.Struct):
    id: str
    name: TextMap
    price: int


class MenuItem(msgspec.Struct):
    """`suspended`: guests cannot order it, for no order reaches its station now; it comes back by itself."""

    id: str
    name: TextMap
    price: int
    station: str
    kitchen_name: TextMap
    description: TextMap
    price_unit: Literal["each", "100g", "500g", "kg"]
    variants: list[MenuVariant]
    modifier_groups: list[MenuModifierGroup]
    components: list[dict[str, Any]]
    allergens: list[str]
    diets: list[str]
    spicy: int
    min_age: int
    sold_out: bool
    course: str
    suspended: bool
    remaining: int | None
    photo: str | None
    search: str


class MenuCategory(msgspec.Struct):
    id: str
    name: TextMap
    items: list[MenuItem]


class Shop(msgspec.Struct):
    name: TextMap


class Ordering(msgspec.Struct):
    open: bool
    reason: str | None


class Menu(msgspec.Struct):
    """`table` is null for staff."""

    revision: int
    currency: Currency
    store: Shop
    table: str | None
    ordering: Ordering
    categories: list[MenuCategory]


# --- what staff switch ---


class Table(msgspec.Struct):
    """`path` is the guest's page of this table; its end is the `table_token`."""

    name: str
    area: str
    open: bool
    path: str


class Tables(msgspec.Struct):
    tables: list[Table]


class TableOpened(msgspec.Struct, tag_field="state", tag="OPEN"):
    table: str
    visit: str
    covers: int


class TableClosed(msgspec.Struct, tag_field="state", tag="CLOSED"):
    table: str
    visits_closed: int


class TableAnswered(msgspec.Struct, tag_field="state", tag="ANSWERED"):
    table: str


class TableChanged(msgspec.Struct, tag_field="state", tag="CHANGED"):
    """`lines`: how many of its lines were held, fired or rushed; 0 where the same was asked before."""

    table: str
    lines: int


class TableMoved(msgspec.Struct, tag_field="state", tag="MOVED"):
    """`orders`: how many now belong to the table `to`; 0 where the same was asked before."""

    table: str
    to: str
    orders: int


class ItemSold(msgspec.Struct):
    item: str
    sold_out: bool


class OrderingPaused(msgspec.Struct):
    paused: bool
    reason: str


# --- how it is ---


class UplinkState(msgspec.Struct):
    """`reason` says why it is offline, or `slow`. `empty_in_s` is null while nobody can say."""

    state: Literal["online", "offline"]
    reason: str | None
    since: Time
    epoch: str
    last_seq: int
    applied_upto: int
    pending: int
    oldest_pending_s: int
    rate_per_s: float
    empty_in_s: float | None
    dead: int


class Condition(msgspec.Struct):
    """`job`, `printer`, `station` and `ticket` name what it is about, where it is about such a thing."""

    code: str
    subject: str
    since: Time
    severity: Severity
    title: TextMap
    advice: TextMap
    job: str | None
    printer: str | None
    station: str | None
    ticket: str | None


class Conditions(msgspec.Struct):
    """Most urgent first; empty means well."""

    conditions: list[Condition]


class Playing(msgspec.Struct):
    fault: str
    target: str | None
    since: Time
    ends_in_s: float | None


class Drills(msgspec.Struct):
    """The faults that are on now, by name and target."""

    ok: bool
    active: dict[str, Playing]


# --- refusals ---


class ProblemLine(msgspec.Struct):
    """`old` and `new` (`price_changed`) are amounts of one piece with its modifiers."""

    index: int
    item: str
    old: int | UnsetType = UNSET
    new: int | UnsetType = UNSET


class Problem(msgspec.Struct):
    """A refusal, RFC 9457. Decide by `code`; `title` and `detail` are for people. What comes beside depends on the
    code: the field at fault (`invalid`), the lines (`sold_out`, `price_changed`), the ticket as it is (`stale`), ..."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | UnsetType = UNSET
    lines: list[ProblemLine] | UnsetType = UNSET
    menu_revision: int | UnsetType = UNSET
    ticket: Ticket | UnsetType = UNSET
