"""What one submit asked for: the cart as it comes in, and the order as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from gateway.domain.errors import Refused
from gateway.domain.menu import Item, Menu, Variant
from gateway.domain.money import MAX_AMOUNT
from gateway.domain.notice import Notice
from gateway.domain.texts import TextMap, forbidden_character, harmless, tidy
from gateway.domain.ticket import Ticket

STATES = ("AWAITING_RELEASE", "AWAITING_PAYMENT", "PLACED", "CLOSED", "CANCELLED", "EXPIRED")
MOVES = {
    ("AWAITING_RELEASE", "release"): "PLACED",
    ("AWAITING_RELEASE", "cancel"): "CANCELLED",
    ("AWAITING_PAYMENT", "pay"): "PLACED",
    ("AWAITING_PAYMENT", "expire"): "EXPIRED",
    ("PLACED", "close"): "CLOSED",
    ("PLACED", "cancel"): "CANCELLED",
}
LINE_STATES = ("ON_HOLD", "FIRED", "DONE", "SERVED", "CANCELLED", "RETURNED")
LINE_MOVES = {
    ("ON_HOLD", "fire"): "FIRED",
    ("FIRED", "hold"): "ON_HOLD",
    ("FIRED", "done"): "DONE",
    ("DONE", "serve"): "SERVED",
    ("FIRED", "serve"): "SERVED",
    # A recalled ticket is cooked on: its lines are open again.
    ("DONE", "reopen"): "FIRED",
    ("SERVED", "reopen"): "FIRED",
    ("DONE", "refire"): "FIRED",
    ("SERVED", "refire"): "FIRED",
    ("ON_HOLD", "cancel"): "CANCELLED",
    ("FIRED", "cancel"): "CANCELLED",
    ("FIRED", "return"): "RETURNED",
    ("DONE", "return"): "RETURNED",
    ("SERVED", "return"): "RETURNED",
}

MAX_LINES = 60
"""A slip of 60 lines is two metres of paper; a larger cart is a mistake or a prank."""
MAX_NOTE = 200
"""Characters: five lines of a slip. What is longer is said to a waiter."""

MAX_QUANTITY = 99
"""Of one line. Two digits fit before a dish's name on every slip; a banquet takes two lines."""

MAX_DOCUMENT = 48 * 1024
"""Bytes of an order's document. Its tickets and slips then fit into one message of the local broker, 64 KiB, also with
all that happens to them later. Sixty lines with a note of twenty characters each are half of it."""

MenuRevision = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

Text = Annotated[str, msgspec.Meta(max_length=MAX_NOTE)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
OrderType = Literal["dine_in", "takeaway", "delivery"]


class CartComponent(msgspec.Struct, forbid_unknown_fields=True):
    item: Name
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)] = 1
    modifiers: Annotated[list[Name], msgspec.Meta(max_length=20)] = []


class CartLine(msgspec.Struct, forbid_unknown_fields=True):
    item: Name
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)] = 1
    variant: Name | None = None
    modifiers: Annotated[list[Name], msgspec.Meta(max_length=20)] = []
    components: Annotated[list[CartComponent], msgspec.Meta(max_length=20)] = []
    note: Text = ""


class Cart(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The guest's `POST /api/v1/orders`."""

    table_token: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    lines: Annotated[list[CartLine], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    note: Text = ""
    covers: Annotated[int, msgspec.Meta(ge=1, le=200)] | None = None
    allergies: Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(max_length=20)] = []
    menu_revision: MenuRevision | None = None
    confirm_repeat: bool = False


class Prepaid(msgspec.Struct, forbid_unknown_fields=True):
    amount: Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)]
    method: Name
    reference: Annotated[str, msgspec.Meta(max_length=128)] = ""


class GivenLine(CartLine, forbid_unknown_fields=True):
    """A line with its own name and price, from a system that sold it already (`"prices": "given"`). `hold`: it waits
    until it is called; without a word its course decides."""

    name: TextMap = {}
    hold: bool | None = None
    price: Annotated[int, msgspec.Meta(ge=0, le=MAX_AMOUNT)] | None = None


class StaffCart(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The staff form of `POST /api/v1/orders`, and with `key` the MQTT message on `orders`."""

    lines: Annotated[list[GivenLine], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    type: OrderType = "dine_in"
    table: Annotated[str, msgspec.Meta(max_length=12)] | None = None
    table_token: Annotated[str, msgspec.Meta(max_length=128)] | None = None
    source: Annotated[str, msgspec.Meta(max_length=40)] = ""
    external_id: Annotated[str, msgspec.Meta(max_length=128)] = ""
    pickup_no: Annotated[str, msgspec.Meta(max_length=12)] = ""
    due_at: Annotated[str, msgspec.Meta(max_length=40)] = ""
    prepaid: Prepaid | None = None
    prices: Literal["menu", "given"] = "menu"
    note: Text = ""
    covers: Annotated[int, msgspec.Meta(ge=1, le=200)] | None = None
    allergies: Annotated[list[Annotated[str, msgspec.Meta(max_length=40)]], msgspec.Meta(max_length=20)] = []
    menu_revision: MenuRevision | None = None
    confirm_repeat: bool = False
    key: Annotated[str, msgspec.Meta(max_length=128)] = ""


class Choice(msgspec.Struct):
    """A modifier as it was sold."""

    id: str
    name: TextMap
    price: int
    removal: bool = False


class Line(msgspec.Struct):
    """One dish of an order as it was sold: names and prices are snapshots, never looked up again. `quantity` is what
    was ordered; of that many were `cancelled` before they were cooked, or `returned` later. `former` are tickets that
    it has left: the parts of their papers are counted with it. `marked_version` is that of its ticket when a cook last
    marked this line by itself, done or not. `again`: how many were asked for once more the last time; 0
    where that was all of them, or nothing."""

    id: int
    item: str
    name: TextMap
    kitchen_name: TextMap
    quantity: int
    unit_price: int
    station: str
    state: str
    ticket: str
    variant: Choice | None = None
    modifiers: list[Choice] = []
    note: str = ""
    course: str = ""
    cancelled: int = 0
    returned: int = 0
    former: list[str] = []
    marked_version: int = 0
    again: int = 0

    @property
    def left(self) -> int:
        """How many are still wanted."""
        return 0 if self.is_gone else self.quantity - self.cancelled - self.returned

    @property
    def to_cook(self) -> int:
        """How many of it the kitchen makes, as it was asked the last time: all that are wanted, or some once more."""
        return min(self.again, self.left) or self.left

    @property
    def is_gone(self) -> bool:
        return self.state in ("CANCELLED", "RETURNED")

    @property
    def amount(self) -> int:
        return self.left * self.unit_price


class Order(msgspec.Struct):
    """An order with its lines and tickets. `version` counts every change of any of them."""

    id: str
    number: str
    day: str
    status: str
    type: str
    check: str
    visit: str | None
    table: str
    covers: int
    total: int
    currency: str
    menu_revision: int
    placed_at: str
    updated_at: str
    lines: list[Line]
    tickets: list[Ticket]
    notices: list[Notice] = []
    version: int = 1
    addition: bool = False
    by: str = ""
    note: str = ""
    allergies: list[str] = []
    source: str = ""
    external_id: str = ""
    pickup_no: str = ""
    due_at: str = ""
    prepaid: Prepaid | None = None

    def ticket(self, ticket_id: str) -> Ticket:
        return next(t for t in self.tickets if t.id == ticket_id)

    def notices_of(self, ticket_id: str) -> list[Notice]:
        return [notice for notice in self.notices if notice.ticket == ticket_id]

    def line(self, line_id: int) -> Line | None:
        return next((line for line in self.lines if line.id == line_id), None)

    def lines_ever_of(self, ticket_id: str) -> list[Line]:
        """Also those that have left it: by their places the papers of a ticket are told from one another."""
        return [line for line in self.lines if line.ticket == ticket_id or ticket_id in line.former]

    def lines_of(self, ticket_id: str) -> list[Line]:
        return [line for line in self.lines if line.ticket == ticket_id]


def checked_text(text: str, field: str) -> str:
    """The text on one line. Refuses control and bidi characters, naming the field."""
    clean = tidy(text)
    bad = forbidden_character(clean)
    if bad is not None:
        raise Refused("invalid", field=field, reason="control_character", character=f"U+{ord(bad):04X}")
    return clean


def sold_lines(lines: list[CartLine], menu: Menu, sold_out: frozenset[str]) -> list[Line]:
    """The cart's lines as the menu sells them.

    Raises `Refused`: `invalid` with the first field at fault, `sold_out` with every line concerned.
    """
    sold: list[Line] = []
    gone: list[dict[str, Any]] = []
    for index, line in enumerate(lines):
        item = menu.items.get(line.item)
        if item is None:
            raise Refused("invalid", field=f"lines[{index}].item", reason="unknown_item", item=line.item)
        if item.sold_out or item.id in sold_out:
            gone.append({"index": index, "item": item.id})
            continue
        sold.append(_sold_line(index, line, item))
    if gone:
        raise Refused("sold_out", lines=gone)
    return sold


def _sold_line(index: int, line: CartLine, item: Item) -> Line:
    where = f"lines[{index}]"
    if line.components:
        raise Refused("invalid", field=f"{where}.components", reason="not_a_set", item=item.id)
    variant = _chosen_variant(where, line, item)
    modifiers = _chosen_modifiers(where, line, item)
    base = variant.price if variant else item.price
    return Line(
        id=index + 1,
        item=item.id,
        name=item.name,
        kitchen_name=item.kitchen_name,
        quantity=line.quantity,
        unit_price=base + sum(m.price for m in modifiers),
        station=item.station,
        course=item.course,
        state="FIRED",
        ticket="",
        variant=Choice(variant.id, variant.name, variant.price) if variant else None,
        modifiers=modifiers,
        note=checked_text(line.note, f"{where}.note"),
    )


def _chosen_variant(where: str, line: CartLine, item: Item) -> Variant | None:
    if not item.variants:
        if line.variant is not None:
            raise Refused("invalid", field=f"{where}.variant", reason="no_variants", item=item.id)
        return None
    for variant in item.variants:
        # Without a choice it is the one at the menu's own price: what a program that knows no variants means.
        if variant.id == line.variant or (line.variant is None and variant.price == item.price):
            return variant
    reason = "variant_missing" if line.variant is None else "unknown_variant"
    raise Refused("invalid", field=f"{where}.variant", reason=reason, item=item.id)


def _chosen_modifiers(where: str, line: CartLine, item: Item) -> list[Choice]:
    wanted = set(line.modifiers)
    if len(wanted) != len(line.modifiers):
        raise Refused("invalid", field=f"{where}.modifiers", reason="modifier_twice", item=item.id)
    chosen: list[Choice] = []
    for group in item.modifier_groups:
        of_group = [m for m in group.modifiers if m.id in wanted]
        if not group.min <= len(of_group) <= group.max:
            raise Refused(
                "invalid", field=f"{where}.modifiers", reason="modifier_count", item=item.id,
                group=group.id, min=group.min, max=group.max,
            )  # fmt: skip
        chosen += [Choice(m.id, m.name, m.price, m.removal) for m in of_group]
    unknown = wanted - {c.id for c in chosen}
    if unknown:
        raise Refused(
            "invalid", field=f"{where}.modifiers", reason="unknown_modifier", item=item.id, modifier=min(unknown)
        )
    return chosen


def price_changes(lines: Sequence[CartLine], old: Menu, new: list[Line]) -> list[dict[str, Any]]:
    """Which lines cost something else than in the menu that the guest saw; amounts of one piece."""
    changes: list[dict[str, Any]] = []
    for index, (line, sold) in enumerate(zip(lines, new, strict=True)):
        item = old.items.get(line.item)
        if item is None:
            continue
        try:
            before = _sold_line(index, line, item).unit_price
        except Refused:
            continue
        if before != sold.unit_price:
            changes.append({"index": index, "item": sold.item, "old": before, "new": sold.unit_price})
    return changes


def given_lines(lines: list[GivenLine], menu: Menu, default_station: str) -> tuple[list[Line], list[str]]:
    """Lines of an order that was taken and paid elsewhere: never refused. Second value: items unknown here."""
    sold = [_given_line(index, line, menu, default_station) for index, line in enumerate(lines)]
    return sold, [line.item for line in lines if line.item not in menu.items]


def _given_line(index: int, line: GivenLine, menu: Menu, default_station: str) -> Line:
    item = menu.items.get(line.item)
    variant = next((v for v in (item.variants if item else []) if v.id == line.variant), None)
    modifiers = _given_choices(line, item, menu, variant)
    price = (variant.price if variant else item.price if item else 0) + sum(m.price for m in modifiers)
    return Line(
        id=index + 1,
        item=line.item,
        name={tag: harmless(text) for tag, text in line.name.items()} or (item.name if item else _as_given(line.item)),
        kitchen_name=item.kitchen_name if item else {},
        quantity=line.quantity,
        unit_price=line.price if line.price is not None else price,
        station=item.station if item else default_station,
        course=item.course if item else "",
        state="FIRED",
        ticket="",
        variant=Choice(variant.id, variant.name, variant.price) if variant else None,
        modifiers=modifiers,
        note=harmless(line.note),
    )


def _given_choices(line: GivenLine, item: Item | None, menu: Menu, variant: Variant | None) -> list[Choice]:
    """What was chosen, down to what this menu does not know: the cook must read all of it."""
    names = {m.id: m for group in (item.modifier_groups if item else []) for m in group.modifiers}
    unknown = [line.variant] if line.variant and variant is None else []
    chosen = [
        Choice(m, names[m].name, names[m].price, names[m].removal) if m in names else Choice(m, _as_given(m), 0)
        for m in unknown + line.modifiers
    ]
    for part in line.components:
        of = menu.items.get(part.item)
        texts = of.name if of else _as_given(part.item)
        chosen.append(Choice(part.item, {tag: f"{part.quantity}× {text}" for tag, text in texts.items()}, 0))
        chosen += [Choice(m, _as_given(m), 0) for m in part.modifiers]
    return chosen


def _as_given(text: str) -> TextMap:
    return {"und": harmless(text)}
