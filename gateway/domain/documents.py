"""Orders, tickets and checks as pages and programs get them (docs/http.md). Pure: structs in, JSON values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from gateway.domain.check import Check
from gateway.domain.notice import Notice
from gateway.domain.order import Choice, Line, Order
from gateway.domain.texts import TextMap, pick
from gateway.domain.ticket import Ticket

Json = dict[str, Any]

GUEST_STEPS = ("unconfirmed", "waiting", "confirmed", "started", "ready", "served", "cancelled")
"""From least to most advanced: an order says what the worst of its open lines says."""

_STEP_OF_TICKET = {"SHOWN": "confirmed", "STARTED": "started", "READY": "ready", "SERVED": "served"}


def line_state(line: Line, ticket: Ticket) -> str:
    """A line that nobody has touched by itself goes with its ticket."""
    if line.state == "DONE" and ticket.state == "SERVED":
        return "SERVED"
    if line.state != "FIRED":
        return line.state
    if ticket.is_held:
        return "ON_HOLD"
    return {"READY": "DONE", "SERVED": "SERVED", "CANCELLED": "CANCELLED"}.get(ticket.state, "FIRED")


def line_step(line: Line, ticket: Ticket) -> str:
    """The guest's word for where a line stands. A tick only for what is proven."""
    if line.state in ("CANCELLED", "RETURNED"):
        return "cancelled"
    if line.state == "SERVED":
        return "served"
    if ticket.is_held:
        return "waiting"
    if line.state == "DONE" and ticket.state in ("SHOWN", "STARTED"):
        return "ready"  # another dish of its ticket is cooked once more
    if ticket.state == "QUEUED":
        return "unconfirmed" if ticket.doubt else "waiting"
    return _STEP_OF_TICKET.get(ticket.state, "cancelled")


def decoded(data: bytes) -> Json:
    """An event's data as JSON values."""
    value: Json = msgspec.json.decode(data)
    return value


def _choice(choice: Choice) -> Json:
    return {"id": choice.id, "name": choice.name, "price": choice.price, "removal": choice.removal}


_TICKET_FIELDS = (
    "id", "station", "state", "version", "shown_version", "proof", "doubt", "fired_at", "shown_at", "shown_by",
    "started_at", "ready_at", "served_at", "cleared_at", "updated_at", "updated_by", "hold", "course", "ended",
    "allergy_at", "allergy_by",
)  # fmt: skip

_STAFF_ONLY = ("tickets", "by", "source", "external_id", "prepaid")


def order_document(order: Order) -> Json:
    """The whole order as it is: what the journal carries. Guests get `guest_document` of it."""
    tickets = {t.id: t for t in order.tickets}
    lines = []
    steps = []
    for line in order.lines:
        ticket = tickets[line.ticket]
        step = line_step(line, ticket)
        steps.append(step)
        lines.append(
            {
                "id": str(line.id),
                "item": line.item,
                "name": line.name,
                "kitchen_name": line.kitchen_name,
                "quantity": line.left or line.quantity,
                "ordered": line.quantity,
                "variant": _choice(line.variant) if line.variant else None,
                "modifiers": [_choice(m) for m in line.modifiers],
                "note": line.note,
                "state": line_state(line, ticket),
                "unit_price": line.unit_price,
                "amount": line.amount,
                "station": line.station,
                "ticket": line.ticket,
                "kitchen": step,
                "started_at": ticket.started_at,
                "ready_at": ticket.ready_at,
                "served_at": ticket.served_at,
            }
            | ({"to_cook": line.to_cook} if line.to_cook < line.left else {})
        )
    return {
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "type": order.type,
        "table": order.table,
        "covers": order.covers,
        "kitchen": min((s for s in steps if s != "cancelled"), key=GUEST_STEPS.index, default="cancelled"),
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
        "version": order.version,
        "addition": order.addition,
        "by": order.by,
        "note": order.note,
        "allergies": order.allergies,
        "source": order.source,
        "external_id": order.external_id,
        "pickup_no": order.pickup_no,
        "due_at": order.due_at,
        "prepaid": msgspec.to_builtins(order.prepaid),
        "menu_revision": order.menu_revision,
        "lines": lines,
        "tickets": [
            {name: getattr(t, name) for name in _TICKET_FIELDS}
            | {"slip": _slip(t.slip_number), "notices": [_notice(n) for n in order.notices_of(t.id)]}
            for t in order.tickets
        ],
        "total": order.total,
        "currency": order.currency,
        "check": order.check,
    }


def _notice(notice: Notice) -> Json:
    said: Json = {
        "id": notice.id, "number": notice.number, "kind": notice.kind, "version": notice.version,
        "lines": [{"id": str(one.line), "quantity": one.quantity} for one in notice.lines], "reason": notice.reason,
        "from_place": notice.from_place, "by": notice.by, "at": notice.at, "shown_at": notice.shown_at,
        "acked_at": notice.acked_at, "acked_by": notice.acked_by, "slip": _slip(notice.slip_number),
    }  # fmt: skip
    if notice.kind == "change":
        said |= {"note": notice.note, "note_before": notice.note_before}
    return said


def _slip(number: int) -> Json | None:
    return {"number": slip_number(number)} if number else None


def slip_number(number: int) -> str:
    """A station's running slip number as it stands on paper."""
    return f"{number:04d}"


def guest_document(order: Json) -> Json:
    """The order without what only the house needs to know."""
    return {name: value for name, value in order.items() if name not in _STAFF_ONLY}


def ticket_document(order: Json, ticket_id: str, station_names: Mapping[str, TextMap]) -> Json:
    """One ticket, out of its order's document, with all that a screen needs.

    `elsewhere`: how many dishes of the same order other stations make. An order that was written by a former version
    has no notices, and does not say what was ordered.
    """
    ticket = next(t for t in order["tickets"] if t["id"] == ticket_id)
    elsewhere: dict[str, int] = {}
    for line in order["lines"]:
        if line["station"] != ticket["station"] and line["state"] not in ("CANCELLED", "RETURNED"):
            elsewhere[line["station"]] = elsewhere.get(line["station"], 0) + line["quantity"]
    whole: Json = ticket | {
        "order": {
            name: order[name]
            for name in (
                "id", "number", "type", "table", "covers", "placed_at", "by", "note", "addition", "pickup_no", "due_at",
            )
        },
        "allergies": order["allergies"],
        "lines": [
            {
                name: line[name]
                for name in ("id", "item", "name", "kitchen_name", "quantity", "variant", "modifiers", "note", "state")
            }
            | {"ordered": line.get("ordered", line["quantity"]), "quantity": line.get("to_cook", line["quantity"])}
            for line in order["lines"]
            if line["ticket"] == ticket_id
        ],
        "notices": [
            notice | {"lines": [one | _named(order, one["id"]) for one in notice["lines"]]}
            for notice in ticket.get("notices", [])
        ],
        "elsewhere": [
            {"station": s, "name": station_names.get(s, {"und": s}), "quantity": n}
            for s, n in sorted(elsewhere.items())
        ],
    }  # fmt: skip
    return whole


def _named(order: Json, line_id: str) -> Json:
    """A notice may name a line that is on another ticket by now."""
    line = next(line for line in order["lines"] if line["id"] == line_id)
    return {"name": line["name"], "kitchen_name": line["kitchen_name"]}


MOST_NAMED = 3
"""Dishes of a condition: who reads it goes and looks."""


class Named(Protocol):
    @property
    def name(self) -> TextMap: ...


def dishes(lines: Sequence[tuple[Named, int]]) -> TextMap:
    """What is meant, in both languages of the house, for a sentence."""
    return {tag: _listed(lines, tag) for tag in ("zh-Hans", "en")}


def _listed(lines: Sequence[tuple[Named, int]], tag: str) -> str:
    named = [f"{quantity}× {pick(line.name, tag)}" for line, quantity in lines[:MOST_NAMED]]
    return ("、" if tag == "zh-Hans" else ", ").join(named) + ("…" if len(lines) > MOST_NAMED else "")


def is_held(ticket: Json) -> bool:
    """It waits to be called: no screen shows it. What was written before there were courses is not held."""
    return ticket.get("hold") == "held"


def check_document(check: Check, orders: list[Order]) -> Json:
    """The check with every line that is to be paid. total = lines + adjustments (+ taxes not included)."""
    lines = [
        {
            "order": order.number,
            "line": str(line.id),
            "name": line.name,
            "quantity": line.left,
            "unit_price": line.unit_price,
            "amount": line.amount,
        }
        for order in orders
        for line in order.lines
        if not line.is_gone
    ]
    return {
        "id": check.id,
        "status": check.state,
        "currency": check.currency,
        "version": check.version,
        "lines": lines,
        "adjustments": [],
        "taxes": [],
        "total": check.total,
        "paid": check.paid,
        "due": check.total - check.paid,
        "payments": [],
    }
